"""Pictures of why: best gain over the budget, what each renewal adds, the abatement curve."""

from experiments.report.charts import AFTER, AVAILABLE, BEFORE, _columns_figure, _rows_figure, _ticks
from experiments.report.parts import Document, Writer
from experiments.report.svg import INK, Chart, as_svg, drawing, shortened
from experiments.report.why_parts import least, place

PAYS, COSTS = "#9fc8ea", "#f0a58c"  # light, for names are written on them


def adds(plan: Document, w: Writer) -> list[Chart]:
    """Return what each renewal adds, as bars: the rest as planned, and planned anew."""
    rows = plan["why"]["measures"]
    if not rows:
        return []
    title = w.t("What each renewal adds")
    text = w.t("Net present value ({unit}) that the plan loses without the renewal.").format(unit=w.money_unit)
    scale = w.money_unit_cny
    with drawing("why-adds"):
        figure, axes, labels = _rows_figure([place(m, w) for m in rows], 1.3 * len(rows) + 0.4)
        for y, m in enumerate(rows):
            axes.barh(y - 0.2, m["adds_rest_fixed_cny"] / scale, height=0.36, color=BEFORE)
            again = least(m["adds_replanned_cny"])
            if again is not None:
                axes.barh(y + 0.2, again / scale, height=0.36, color=AFTER)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set(ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
        axes.set_yticklabels(labels)
        axes.xaxis.set_major_formatter(_ticks(1.0, w))
        svg = as_svg(figure, "why-adds", title, text)
    legend = ((BEFORE, w.t("rest as planned")), (AFTER, w.t("rest planned anew")))
    return [Chart(title, text, svg, legend)]


def curve(plan: Document, w: Writer) -> list[Chart]:
    """Return the best gain over the total budget."""
    points = [p for p in plan["why"]["curve"] if p["budget_cny"] is not None]
    if len(points) < 3:
        return []
    title = w.t("Best gain over the total budget")
    text = w.t("Each point is a plan of its own ({unit}); the broken line is the gain without a budget limit.")
    text, scale = text.format(unit=w.money_unit), w.money_unit_cny
    with drawing("why-curve"):
        figure, (axes,) = _columns_figure(2.6)
        x, y = ([p[key] / scale for p in points] for key in ("budget_cny", "gain_cny"))
        axes.plot(x, y, marker="o", markersize=4, color=AFTER)
        for p in plan["why"]["curve"]:
            if p["factor"] == 1.0:
                axes.plot([p["budget_cny"] / scale], [p["gain_cny"] / scale], marker="o", markersize=8, color=INK)
            elif p["factor"] is None:
                axes.axhline(p["gain_cny"] / scale, color=AVAILABLE, linewidth=1.0, linestyle=(0, (4, 3)))
        axes.set_ylim(bottom=min(0.0, *y))
        axes.xaxis.set_major_formatter(_ticks(1.0, w))
        axes.yaxis.set_major_formatter(_ticks(1.0, w))
        svg = as_svg(figure, "why-curve", title, text)
    return [Chart(title, text, svg, ((INK, w.t("this schedule")), (AVAILABLE, w.t("no budget limit"))))]


def abatement(plan: Document, w: Writer) -> list[Chart]:
    """Return the abatement curve: width is CO2 avoided; height is net cost, per tonne only where it is positive.

    Measures that pay for themselves have no height per tonne that could rank them; they are drawn at the mean cost per
    tonne of their front, hatched, so that the area still says what the front brings.
    """
    found = plan["why"].get("abatement")
    if not found or not found["measures"]:
        return []
    title = w.t("Abatement curve")
    text = w.t(
        "Width: CO2 avoided over the plan (t). Height: CNY per t CO2; measures that pay for themselves are drawn front "
        "by front at the mean of their front, not ranked by it."
    )
    with drawing("why-abatement"):
        figure, (axes,) = _columns_figure(3.0)
        at = 0.0
        for m in found["measures"]:
            height = m["cost_cny_per_t"] if m["front"] is None else _of_front(found["measures"], m["front"])
            pays = m["front"] is not None
            axes.bar(at, height, width=m["abated_t"], align="edge", color=PAYS if pays else COSTS, linewidth=0.6,
                     edgecolor="white", hatch="//" if pays else None)  # fmt: skip
            axes.text(at + m["abated_t"] / 2, height / 2, shortened(m["option"], 1.4), ha="center", va="center",
                      rotation=90 if m["abated_t"] < 0.12 * _width(found["measures"]) else 0)  # fmt: skip
            at += m["abated_t"]
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.xaxis.set_major_formatter(_ticks(1.0, w))
        axes.yaxis.set_major_formatter(_ticks(1.0, w))
        svg = as_svg(figure, "why-abatement", title, text)
    legend = ((PAYS, w.t("pays for itself (by fronts)")), (COSTS, w.t("costs something (by cost per tonne)")))
    return [Chart(title, text, svg, legend)]


def _of_front(measures: list[Document], front: int) -> float:
    own = [m for m in measures if m["front"] == front]
    return float(sum(m["net_cost_cny"] for m in own) / sum(m["abated_t"] for m in own))


def _width(measures: list[Document]) -> float:
    return float(sum(m["abated_t"] for m in measures))
