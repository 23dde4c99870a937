"""Charts of certainty: the warm-up with its cut, and variants with their intervals."""

from collections.abc import Sequence
from itertools import islice

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.lang import amount
from experiments.report.parts import Document, Writer, pair
from experiments.report.rank_parts import ordered, quantity_of
from experiments.report.statistics_parts import figure as figure_of
from experiments.report.svg import INK, Chart, as_svg, drawing, shortened, text_width_in

WIDTH_IN = 9.0
PANELS = 8
"""Panels to a chart; more would not fit on a page."""
ABREAST = 2
SERIES, AFTER, CUT, DELETED = "#1f77c4", "#c43c10", INK, "#eceff2"
BEST, OTHERS = "#1f77c4", "#9aa3ad"
ROWS = 32


def warm_up(run: Document, w: Writer) -> list[Chart]:
    """Return the series in which the warm-up was looked for, with the cut and the mean after it."""
    found = run.get("warm_up")
    if not found:
        return []
    series = iter(found["series"])
    groups = iter(lambda: list(islice(series, PANELS)), [])
    return [_warm_up(group, found, f"warm-up-{i}", w) for i, group in enumerate(groups)]


def _warm_up(series: Sequence[Document], found: Document, chart_id: str, w: Writer) -> Chart:
    title = w.t("Warm-up: what happens from the start of the run")
    text = w.t(
        "Mean of the pilot runs over time (h). Grey: the warm-up of {hours} h, which does not count. Dotted: where "
        "this series alone would be cut; from there the mean of the rest."
    ).format(hours=w.num(found["warm_up_h"]))
    rows = -(-len(series) // ABREAST)
    height = 1.55 * rows + 0.35
    with drawing(chart_id):
        figure = Figure(figsize=(WIDTH_IN, height))
        panels = figure.subplots(rows, ABREAST, squeeze=False).flatten()
        figure.subplots_adjust(0.075, 0.3 / height, 0.985, 1 - 0.3 / height, wspace=0.16, hspace=0.55)
        for axes, one in zip(panels, series, strict=False):
            _series(axes, one, found, w)
        for axes in panels[len(series) :]:
            axes.set_axis_off()
        svg = as_svg(figure, chart_id, title, text)
    legend = (
        (SERIES, w.t("mean of the pilot runs")),
        (DELETED, w.t("warm-up")),
        (CUT, w.t("cut of this series (dotted)")),
        (AFTER, w.t("mean after it")),
    )
    return Chart(title, text, svg, legend)


def _series(axes: Axes, one: Document, found: Document, w: Writer) -> None:
    step, means = found["point_h"], one["mean"]
    end = step * len(means)
    axes.axvspan(0, found["warm_up_h"], color=DELETED)
    axes.plot([step * (n + 0.5) for n in range(len(means))], means, color=SERIES, linewidth=1.1)
    axes.axvline(one["delete_h"], color=CUT, linewidth=1.1, linestyle=(0, (1, 2)))
    axes.hlines(one["mean_after"], one["delete_h"], end, color=AFTER, linewidth=1.4)
    run = f"{w.t(one['run'])}: " if one.get("run") else ""
    axes.set_title(shortened(f"{run}{one['line']}: {w.name(figure_of(one))}", WIDTH_IN / ABREAST - 0.5))
    axes.set(xlim=(0, end), ylim=(0, 1.1 * max(means) or 1.0))
    axes.grid(axis="y")
    for axis, count in ((axes.xaxis, 6), (axes.yaxis, 4)):
        axis.set_major_locator(MaxNLocator(count))
        axis.set_major_formatter(FuncFormatter(lambda value, _: amount(round(value, 9), "", w.lang)))


def ranking(document: Document, w: Writer) -> Chart:
    """Return the variants with their means and intervals, the best on top."""
    quantity = quantity_of(document)
    title = w.t("Variants: {metric}").format(metric=w.name(quantity))
    text = w.t("Mean of the runs made by each variant; the lines across are 95 % intervals, each for itself.")
    rows = ordered(document)[:ROWS]
    scale = w.money_unit_cny if quantity.is_money else 1.0
    labels = [shortened(row["name"], 2.6) for row in rows]
    left = max(map(text_width_in, labels)) + 0.2
    height = 0.3 * len(rows) + 0.5
    with drawing("ranking"):
        figure = Figure(figsize=(WIDTH_IN, height))
        axes = figure.add_axes((left / WIDTH_IN, 0.35 / height, 1 - (left + 0.25) / WIDTH_IN, 1 - 0.45 / height))
        for y, row in enumerate(rows):
            mean, half = pair(row["value"])
            colour = BEST if row["name"] == document["best"] else OTHERS
            error = None if half is None else half / scale
            axes.errorbar((mean or 0.0) / scale, y, xerr=error, color=colour, marker="o", markersize=5, capsize=3)
        axes.set(ylim=(len(rows) - 0.5, -0.5), yticks=range(len(rows)))
        axes.set_yticklabels(labels)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(round(value, 9), "", w.lang)))
        svg = as_svg(figure, "ranking", title, text)
    return Chart(title, text, svg, ((BEST, w.t("the best")), (OTHERS, w.t("others"))))
