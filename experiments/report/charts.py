"""The charts of a report, drawn from documents. Every number drawn also stands in a table beside it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.lang import amount
from experiments.report.parts import Document, Writer, carrier, pair
from experiments.report.plan_parts import CASH, EFFECTS, in_time
from experiments.report.run_parts import Runs, carriers_of
from experiments.report.svg import INK, TEXT_PT, Chart, as_svg, drawing, shortened, text_width_in
from experiments.report.timeline import Timeline
from experiments.words import OTHER, STATES

WIDTH_IN = 9.0
ROW_IN = 0.25
MARGIN_IN = 0.35  # above and below the axes, for titles and ticks
LABEL_MOST_IN = 2.6
BEFORE, AFTER, LIMIT, AVAILABLE = "#9aa3ad", "#1f77c4", INK, "#c43c10"
BORROWED = "#bcd7f0"
"""Of capex: what a loan pays."""
CASH_COLOURS = (
    "#5b2a86", "#e07fc0", "#7a6ff0", "#2fb344", "#b5d334", "#1f77c4", "#00936b", "#e69f00", "#c43c10", "#8c564b",
    "#d9a441", "#7f7f7f", "#4d4d4d", "#8fd0f5",
)  # fmt: skip
GANTT_ROWS = 32  # more would not fit on a printed page
STATION_ROWS = 14
LINE_ROWS = 6


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Return the items in groups, so that no chart is taller than a page.

    >>> list(chunks("abcde", 2))
    ['ab', 'cd', 'e']
    """
    return (items[i : i + size] for i in range(0, len(items), size))


def _rows_figure(labels: Sequence[str], rows: float, below_in: float = MARGIN_IN) -> tuple[Figure, Axes, list[str]]:
    """Return a figure of horizontal rows with room for their labels on the left."""
    labels = [shortened(label, LABEL_MOST_IN) for label in labels]
    left = max((text_width_in(label) for label in labels), default=0.0) + 0.2
    height = rows * ROW_IN + 0.1 + below_in
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes(
        (left / WIDTH_IN, below_in / height, 1 - (left + 0.25) / WIDTH_IN, 1 - (below_in + 0.1) / height)
    )
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    return figure, axes, labels


def _columns_figure(height_in: float, panels: int = 1, shared: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure of panels side by side (or of one), with room for number ticks."""
    figure = Figure(figsize=(WIDTH_IN, height_in))
    grid = figure.subplots(1, panels, squeeze=False, sharex=shared)
    figure.subplots_adjust(0.075, 0.3 / height_in, 0.985, 1 - 0.35 / height_in, wspace=0.22)
    for axes in grid[0]:
        axes.grid(axis="y")
        axes.tick_params(axis="x", length=0)
    return figure, list(grid[0])


def _ticks(scale: float, w: Writer) -> FuncFormatter:
    return FuncFormatter(lambda value, _: amount(round(value / scale, 9), "", w.lang))


# --- schedule ---


def gantt(plan: Document, w: Writer) -> list[Chart]:
    """Return the schedule as bars of installation over the periods."""
    rows = in_time(plan["renewals"])
    groups = list(chunks(rows, GANTT_ROWS))
    return [_gantt(group, plan["periods"], f"gantt-{i}", w) for i, group in enumerate(groups)]


def _gantt(rows: Sequence[Document], periods: Sequence[str], chart_id: str, w: Writer) -> Chart:
    time = Timeline(periods)
    title = w.t("Schedule: when which machines are renewed")
    text = w.t("One row per renewal; the dark bar is the installation, the light one the new equipment in service.")
    labels = [f"{r['line']} / {r['station']}" for r in rows]
    with drawing(chart_id):
        figure, axes, labels = _rows_figure(labels, len(rows) + 0.2)
        for y, r in enumerate(rows):
            start, end = time.span(r["period"], r["start"], r["end"])
            width = max(end - start, len(periods) * 0.008)  # a few days must stay visible
            axes.barh(y, len(periods) - start, left=start, height=0.62, color="#cfe3f5")
            axes.barh(y, width, left=start, height=0.62, color=STATES["installing"].colour)
            note = shortened(f"{r['machines']} × {r['option']}", 3.2)
            room = (len(periods) - start - width) / len(periods) > 0.42
            x, side = (start + width + 0.12, "left") if room else (start - 0.12, "right")
            axes.text(x, y, note, ha=side, va="center")
        axes.set(xlim=(0, len(periods)), ylim=(len(rows) - 0.4, -0.6), yticks=range(len(rows)))
        axes.set_yticklabels(labels)
        every = -(-len(periods) // 10)
        axes.set_xticks(range(0, len(periods), every))
        axes.set_xticklabels(list(periods[::every]), ha="left")
        axes.set_xticks(range(len(periods)), minor=True)
        axes.grid(axis="x", which="minor")
        svg = as_svg(figure, chart_id, title, text)
    legend = ((STATES["installing"].colour, w.t("installation")), ("#cfe3f5", w.t("new equipment in service")))
    return Chart(title, text, svg, legend)


# --- money and limits ---


def spending(plan: Document, w: Writer) -> Chart:
    """Return capex by year against the budget."""
    title = w.t("Capex against budget by year")
    text = w.t("Bars: capex ({unit}). Lines across: the year's budget, and what is available with carry-over.")
    text = text.format(unit=w.money_unit)
    years = plan["by_year"]
    with drawing("spending"):
        figure, (axes,) = _columns_figure(2.6)
        own = [y.get("from_budget_cny", y["capex_cny"]) for y in years]
        borrowed = [y["capex_cny"] - paid for y, paid in zip(years, own, strict=True)]
        axes.bar(range(len(years)), own, width=0.5, color=AFTER)
        if any(borrowed):
            axes.bar(range(len(years)), borrowed, bottom=own, width=0.5, color=BORROWED)
        for key, colour, style in (("budget_cny", LIMIT, "solid"), ("available_cny", AVAILABLE, (0, (3, 2)))):
            for x, year in enumerate(years):
                if (limit := pair(year.get(key))[0]) is not None:
                    axes.hlines(limit, x - 0.38, x + 0.38, color=colour, linestyle=style, linewidth=1.8)
        _years(axes, [y["year"] for y in years])
        _money_axis(axes, w)
        axes.margins(y=0.12)
        axes.set_ylim(bottom=0)
        svg = as_svg(figure, "spending", title, text)
    legend = (
        (AFTER, w.t("capex")),
        *([(BORROWED, w.t("of it borrowed"))] if any(borrowed) else []),
        (LIMIT, w.t("budget of the year")),
        (AVAILABLE, w.t("available with carry-over (dashed)")),
    )
    return Chart(title, text, svg, legend)


def _years(axes: Axes, years: Sequence[int]) -> None:
    axes.set_xticks(range(len(years)))
    axes.set_xticklabels([str(year) for year in years])
    axes.set_xlim(-0.6, len(years) - 0.4)


def _money_axis(axes: Axes, w: Writer) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(_ticks(w.money_unit_cny, w))
    axes.set_title(w.money_unit, fontweight="normal")


def downtime(plan: Document, w: Writer) -> list[Chart]:
    """Return downtime for installation by period, a panel for each line that has any."""
    stopped = {p["line"] for p in plan["by_period"] if p["downtime_h"] > 0}
    lines = [line for line in dict.fromkeys(p["line"] for p in plan["by_period"]) if line in stopped]
    return [_downtime(group, plan, f"downtime-{i}", w) for i, group in enumerate(chunks(lines, LINE_ROWS))]


def _downtime(lines: Sequence[str], plan: Document, chart_id: str, w: Writer) -> Chart:
    title = w.t("Downtime for installation against its limit")
    text = w.t("Bars: hours of downtime by period, a panel per line. Lines across: the limit.")
    periods = plan["periods"]
    with drawing(chart_id):
        figure = Figure(figsize=(WIDTH_IN, 1.35 * len(lines) + 0.4))
        panels = figure.subplots(len(lines), 1, squeeze=False, sharex=True)[:, 0]
        height = figure.get_figheight()
        figure.subplots_adjust(0.075, 0.3 / height, 0.985, 1 - 0.3 / height, hspace=0.45)
        for axes, line in zip(panels, lines, strict=True):
            values = {p["period"]: p for p in plan["by_period"] if p["line"] == line}
            for x, period in enumerate(periods):
                value = values.get(period, {})
                axes.bar(x, value.get("downtime_h", 0.0), width=0.7, color=STATES["installing"].colour)
                if (limit := pair(value.get("limit_h"))[0]) is not None:
                    axes.hlines(limit, x - 0.5, x + 0.5, color=AVAILABLE, linewidth=1.4)
            axes.set_title(f"{shortened(line, 6)} (h)")
            axes.set(xlim=(-0.6, len(periods) - 0.4), ylim=(0, None))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.grid(axis="y")
            every = -(-len(periods) // 10)
            axes.set_xticks(range(0, len(periods), every))
            axes.set_xticklabels(list(periods[::every]))
        svg = as_svg(figure, chart_id, title, text)
    legend = ((STATES["installing"].colour, w.t("downtime (h)")), (AVAILABLE, w.t("limit")))
    return Chart(title, text, svg, legend)


def cash_flow(plan: Document, w: Writer) -> Chart:
    """Return the yearly cash flow by part, stacked, and the discounted sum so far."""
    title = w.t("Cash flow by year")
    text = w.t("Bars: parts of the yearly cash flow, as difference to renewing nothing. Line: discounted, cumulative.")
    flows = plan["cash_flow"]
    used = [(key, c) for key, c in zip(CASH, CASH_COLOURS, strict=True) if any(pair(f.get(key))[0] for f in flows)]
    with drawing("cash-flow"):
        figure, (axes,) = _columns_figure(3.2)
        for x, flow in enumerate(flows):
            above = below = 0.0
            for key, colour in used:
                value = pair(flow.get(key))[0] or 0.0
                axes.bar(x, value, bottom=above if value > 0 else below, width=0.55, color=colour)
                above, below = above + max(value, 0.0), below + min(value, 0.0)
        sums = [pair(f.get("discounted_cumulative_cny"))[0] or 0.0 for f in flows]
        axes.plot(range(len(flows)), sums, color=INK, marker="o", markersize=4, markeredgecolor="white", linewidth=1.6)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.use_sticky_edges = False  # room below the lowest bar
        _years(axes, [f["year"] for f in flows])
        _money_axis(axes, w)
        svg = as_svg(figure, "cash-flow", title, text)
    legend = (*((colour, w.t(CASH[key])) for key, colour in used), (INK, w.t("discounted, cumulative (line)")))
    return Chart(title, text, svg, legend)


def loop(plan: Document, w: Writer) -> list[Chart]:
    """Return how bound and simulated value closed by round; nothing where there were no rounds."""
    rounds = plan.get("loop", {}).get("rounds")
    if not rounds:
        return []
    title = w.t("Bound and simulated value by round")
    text = w.t(
        "Upper line: what no schedule can pass. Lower line: the best schedule simulated so far. Dots: each plan."
    )
    at = range(1, len(rounds) + 1)
    with drawing("loop"):
        figure, (axes,) = _columns_figure(2.6)
        axes.plot(at, [row["bound"] for row in rounds], color=AVAILABLE, marker="o", markersize=4)
        axes.plot(at, [row["best"] for row in rounds], color=AFTER, marker="o", markersize=4)
        tried = [(n, row["simulated"]) for n, row in zip(at, rounds, strict=True) if row["simulated"] is not None]
        axes.plot(*zip(*tried, strict=True) if tried else ((), ()), color=BEFORE, marker="o", markersize=4, linewidth=0)
        axes.set_xticks(list(at))
        axes.set_xlim(0.6, len(rounds) + 0.4)
        _money_axis(axes, w)
        svg = as_svg(figure, "loop", title, text)
    legend = (
        (AVAILABLE, w.t("bound")),
        (AFTER, w.t("best schedule so far, simulated")),
        (BEFORE, w.t("schedule of the round, simulated")),
    )
    return [Chart(title, text, svg, legend)]


def effects(plan: Document, w: Writer) -> Chart:
    """Return output and energy by year, without and with the schedule, with intervals."""
    title = w.t("Output and energy by year")
    text = w.t("Two points per year, without and with the schedule; upright lines are 95 % intervals.")
    years = plan["by_year"]
    with drawing("effects"):
        figure, panels = _columns_figure(2.7, len(EFFECTS))
        for axes, key, name in zip(panels, EFFECTS, EFFECTS.values(), strict=True):
            for side, colour, shift in (("_baseline", BEFORE, -0.08), ("", AFTER, 0.08)):
                points = [(x + shift, *pair(y.get(key + side))) for x, y in enumerate(years)]
                _error_line(axes, [(x, mean, half or 0.0) for x, mean, half in points if mean is not None], colour)
            _years(axes, [y["year"] for y in years])
            axes.yaxis.set_major_formatter(_ticks(1.0, w))
            axes.yaxis.set_major_locator(MaxNLocator(5))
            axes.set_title(w.t(name))
        svg = as_svg(figure, "effects", title, text)
    return Chart(title, text, svg, ((BEFORE, w.t("renew nothing")), (AFTER, w.t("this schedule"))))


def _error_line(axes: Axes, points: Sequence[tuple[float, float, float]], colour: str) -> None:
    x, mean, half = zip(*points, strict=True) if points else ((), (), ())
    axes.errorbar(x, mean, half, color=colour, marker="o", markersize=4, linewidth=1.4, elinewidth=1.4, capsize=3)


# --- states and energy ---


class Bar(NamedTuple):
    """A stacked bar: its label, the amounts by state, and the whole with its half-width."""

    label: str
    parts: dict[str, float]
    half_width: float | None = None


def states(runs: Runs, w: Writer) -> list[Chart]:
    """Return the state shares of each line's stations, one bar per run.

    Args:
        runs: Name of the run ("" if there is only one) and its simulate document.
        w: The language.
    """
    charts = []
    for number, line in enumerate(runs[0][1]["lines"]):
        same = [(name, _by_name(run["lines"], line["name"])) for name, run in runs]
        bars = [
            (
                station["name"],
                [Bar(name, _by_name(at["stations"], station["name"])["states"]) for name, at in same if at],
            )
            for station in line["stations"]
        ]
        title = w.t("Machine states at {line}").format(line=line["name"])
        text = w.t("Share of scheduled time in each state, mean over the replications.")
        charts += [
            _stacked(group, f"states-{number}-{i}", title, text, w, lambda v, _: w.percent(v, 0), whole=1.0)
            for i, group in enumerate(chunks(bars, STATION_ROWS // len(runs)))
        ]
    return charts


def _by_name(items: Sequence[Document], name: str) -> Document:
    return next((item for item in items if item["name"] == name), {"states": {}, "stations": []})


def energy(runs: Runs, w: Writer) -> list[Chart]:
    """Return the use of each carrier by line and machine state, one bar per run; lines end in the interval."""
    charts = []
    for number, key in enumerate(carriers_of(*(run for _, run in runs))):
        used = carrier(key)
        bars = []
        for line in runs[0][1]["lines"]:
            same = [(name, _by_name(run["lines"], line["name"])) for name, run in runs]
            bars.append((line["name"], [_energy_bar(name, at["energy"], key) for name, at in same if "energy" in at]))
        title = w.t("Use of {carrier} ({unit})").format(carrier=w.t(used.name), unit=used.unit)
        text = w.t(
            "Over the counted time, by machine state; the line at a bar's end is the 95 % interval of the whole."
        )
        charts += [
            _stacked(group, f"energy-{number}-{i}", title, text, w, _ticks(1.0, w))
            for i, group in enumerate(chunks(bars, STATION_ROWS // len(runs)))
        ]
    return charts


def _energy_bar(name: str, used: Document, key: str) -> Bar:
    half = pair(used.get("by_carrier", {}).get(key))[1]
    parts = {state: float(v) for state, v in used.get("by_state", {}).get(key, {}).items()}
    return Bar(name, parts, half)


def _stacked(
    groups: Sequence[tuple[str, Sequence[Bar]]],
    chart_id: str,
    title: str,
    text: str,
    w: Writer,
    ticks: Callable[[float, int | None], str],
    whole: float | None = None,
) -> Chart:
    """Return horizontal bars stacked by state, in groups (a station's before and after)."""
    known = dict.fromkeys(s for _, bars in groups for bar in bars for s, v in bar.parts.items() if v > 0)
    order = [s for s in STATES if s in known] + [s for s in known if s not in STATES]
    at, y = [], 0.0
    with drawing(chart_id):
        names = [
            f"{group}  {bar.label}".strip() if i == 0 else bar.label
            for group, bars in groups
            for i, bar in enumerate(bars)
        ]
        rows = sum(len(bars) for _, bars in groups) + 0.35 * len(groups)
        figure, axes, labels = _rows_figure(names, rows)
        for _, bars in groups:
            for bar in bars:
                _stack(axes, y, bar, order)
                at.append(y)
                y += 1.0
            y += 0.35
        axes.set(ylim=(y - 0.7, -0.6), yticks=at, xlim=(0, whole))
        axes.set_yticklabels(labels)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(ticks))
        svg = as_svg(figure, chart_id, title, text)
    legend = tuple((STATES.get(s, OTHER).colour, w.state(s)) for s in order)
    return Chart(title, text, svg, legend)


def _stack(axes: Axes, y: float, bar: Bar, order: Sequence[str]) -> None:
    left = 0.0
    for state in order:
        value = bar.parts.get(state, 0.0)
        if value > 0:
            colour = STATES.get(state, OTHER).colour
            axes.barh(y, value, left=left, height=0.78, color=colour, edgecolor="white", linewidth=0.6)
            left += value
    if bar.half_width:
        axes.errorbar(left, y, xerr=bar.half_width, color=INK, elinewidth=1.4, capsize=TEXT_PT / 3)
