"""The front and the scenarios as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.bench.chart import chinese_fonts
from experiments.lang import amount
from experiments.report.goal_parts import FIGURES, columns_of, schedule_name
from experiments.report.parts import Document, Writer, pair
from experiments.report.svg import INK, Chart, as_svg, drawing

WIDTH_IN, PANEL_IN = 9.0, 3.1
PREDICTED, SIMULATED, CHOSEN = "#9aa3ad", "#1f77c4", "#c43c10"
SCHEDULE_COLOURS = ("#1f77c4", "#9aa3ad")
NUMBERED = 25
"""With more points their numbers would cover one another."""


class Shown(NamedTuple):
    """One goal as an axis: its label, how many of its units one tick unit is, and whether less of it is better."""

    label: str
    unit: float = 1.0
    less: bool = False


class Dot(NamedTuple):
    """A point: its number, what is predicted by goal, and what is simulated with half-widths, if it was played."""

    number: int
    predicted: Sequence[float]
    simulated: Sequence[tuple[float, float | None]] | None


def front(document: Document, w: Writer) -> Chart:
    """Return a plant's front: one panel for each pair of goals."""
    keys = columns_of(document)
    title = w.t("The choice between goals")
    text = w.t(
        "Each point is a schedule, numbered as in the table: grey as predicted, blue as simulated with 95 % intervals; "
        "a thin line joins the two. Up and to the right is better."
    )
    axes = [Shown(w.name(FIGURES[key]), w.money_unit_cny if FIGURES[key].is_money else 1.0) for key in keys]
    dots = [_dot(point, keys) for point in document["points"]]
    with drawing("front"):
        figure = draw(axes, dots, document["preferred"], w)
        svg = as_svg(figure, "front", title, text)
    legend = [(PREDICTED, w.t("predicted")), (SIMULATED, w.t("simulated"))]
    if document["preferred"] is not None:
        legend.append((CHOSEN, w.t("best by the weights (ring)")))
    return Chart(title, text, svg, tuple(legend))


def _dot(point: Document, keys: Sequence[str]) -> Dot:
    found = point["simulated"]
    simulated = None if found is None else [(float(pair(found[key])[0] or 0.0), pair(found[key])[1]) for key in keys]
    return Dot(point["number"], [point["predicted"][key] for key in keys], simulated)


def write_front(found: Document, path: Path, lang: str) -> None:
    """Draw the front of a renewal problem as the picture that the name of the file asks for (.svg, .png, .pdf)."""
    fonts = chinese_fonts() if lang == "zh" else []
    w = Writer("zh" if fonts else "en")
    less, more = w.t("{goal} (less is better)"), w.t("{goal} (more is better)")
    axes = [
        Shown((less if goal["better"] == "less" else more).format(goal=goal["name"]), less=goal["better"] == "less")
        for goal in found["goals"]
    ]
    names = [goal["name"] for goal in found["goals"]]
    dots = [Dot(n + 1, [point["goals"][name] for name in names], None) for n, point in enumerate(found["points"])]
    with drawing("front"), mpl.rc_context({"font.family": [*fonts, "DejaVu Sans"]}):
        figure = draw(axes, dots, found["preferred"], w)
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=160, facecolor="white", transparent=False, metadata=metadata)


def draw(shown: Sequence[Shown], dots: Sequence[Dot], preferred: int | None, w: Writer) -> Figure:
    """Return the figure: a panel for each pair of goals, two to a row."""
    pairs = list(combinations(range(len(shown)), 2))
    across = min(2, len(pairs))
    down = -(-len(pairs) // across)
    figure = Figure(figsize=(WIDTH_IN if across > 1 else 0.7 * WIDTH_IN, PANEL_IN * down))
    grid = figure.subplots(down, across, squeeze=False)
    for number, axes in enumerate(grid.flat):
        if number >= len(pairs):
            axes.set_axis_off()
            continue
        x, y = pairs[number]
        _panel(axes, x, y, shown, dots, preferred)
        for axis, one in ((axes.xaxis, shown[x]), (axes.yaxis, shown[y])):
            axis.set_major_locator(MaxNLocator(5))
            axis.set_major_formatter(FuncFormatter(lambda value, _: amount(round(value, 9), "", w.lang)))
            axis.set_label_text(one.label)
            axis.set_inverted(one.less)  # up and to the right is better in every panel
        axes.grid()
    figure.tight_layout(pad=0.6, w_pad=2.0, h_pad=1.2)
    return figure


def _panel(axes: Axes, x: int, y: int, shown: Sequence[Shown], dots: Sequence[Dot], preferred: int | None) -> None:
    def at(values: Sequence[float]) -> tuple[float, float]:
        return values[x] / shown[x].unit, values[y] / shown[y].unit

    places = [at(dot.predicted) for dot in dots]
    colour = PREDICTED if any(dot.simulated is not None for dot in dots) else SIMULATED
    if len(shown) == 2:
        axes.plot(*zip(*places, strict=True), color=colour, linewidth=1.0, zorder=1)
    axes.scatter([a for a, _ in places], [b for _, b in places], s=22, color=colour, zorder=2)
    for dot, place in zip(dots, places, strict=True):
        if dot.simulated is not None:
            mean = at([value for value, _ in dot.simulated])
            half = at([half or 0.0 for _, half in dot.simulated])
            axes.plot(*zip(place, mean, strict=True), color=SIMULATED, linewidth=0.5, zorder=1)
            axes.errorbar(*mean, yerr=half[1], xerr=half[0], color=SIMULATED, marker="o", markersize=4,
                          elinewidth=1.1, capsize=2.5, zorder=3)  # fmt: skip
            _number(axes, dot.number, mean, SIMULATED)
        if len(dots) <= NUMBERED:
            _number(axes, dot.number, place, INK)
    if preferred is not None:
        x_at, y_at = places[preferred]
        axes.scatter([x_at], [y_at], s=90, facecolors="none", edgecolors=CHOSEN, linewidths=1.6, zorder=4)


def _number(axes: Axes, number: int, place: tuple[float, float], colour: str) -> None:
    axes.annotate(str(number), place, (4, 4), textcoords="offset points", fontsize=7.5, color=colour)


def scenarios(document: Document, w: Writer) -> Chart:
    """Return the simulated gain in every scenario of the schedules that were played back."""
    title = w.t("Gain in each scenario")
    text = w.t("Simulated gain over renewing nothing in the same scenario; upright lines are 95 % intervals.")
    rows = [row for row in document["schedules"] if row.get("simulated") is not None]
    labels = [f"{row['name']}\n{w.percent(row['probability'], 0)}" for row in document["scenarios"]] + [w.t("mean")]
    with drawing("scenarios"):
        figure = Figure(figsize=(WIDTH_IN, 2.9))
        axes = figure.subplots()
        for n, (row, colour) in enumerate(zip(rows, SCHEDULE_COLOURS, strict=False)):
            found = [pair(value) for value in (*row["simulated"]["gains"], row["simulated"]["expected"])]
            x = [k + (n - (len(rows) - 1) / 2) * 0.2 for k in range(len(found))]
            mean = [(value or 0.0) / w.money_unit_cny for value, _ in found]
            half = [(half or 0.0) / w.money_unit_cny for _, half in found]
            axes.errorbar(x, mean, half, color=colour, marker="o", markersize=5, linestyle="none", elinewidth=1.4,
                          capsize=3)  # fmt: skip
        axes.axhline(0.0, color=INK, linewidth=0.8)
        axes.set_xticks(range(len(labels)), labels)
        axes.set_xlim(-0.5, len(labels) - 0.5)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(round(value, 9), "", w.lang)))
        axes.set_title(w.t("Gain ({unit})").format(unit=w.money_unit))
        axes.grid(axis="y")
        figure.tight_layout(pad=0.6)
        svg = as_svg(figure, "scenarios", title, text)
    names = [(colour, schedule_name(row["name"], w)) for row, colour in zip(rows, SCHEDULE_COLOURS, strict=False)]
    return Chart(title, text, svg, tuple(names))
