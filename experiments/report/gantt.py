"""Machine states over time, one row per machine; and parts over time, one row per line and station."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from experiments.report.parts import Writer
from experiments.report.svg import Chart
from experiments.report.time_chart import (
    AXIS,
    EDGE,
    LABEL_MOST,
    TEXT,
    Clock,
    Sheet,
    as_file,
    colour_of,
    cut,
    in_order,
    n,
    name_of,
    width_of,
)

Seen = Mapping[str, Any]
ROW, BAR = 16.0, 12.0
ROWS = 44  # more would not fit on a printed page
WIP_ROW, WIP_LINE_ROW = 36.0, 60.0
WIP_ROWS = 16
AREA, STROKE = "#cfe3f5", "#11508a"


def gantt(seen: Seen, w: Writer) -> list[Chart]:
    """Return the charts of machine states, line by line."""
    return [sheet.chart() for sheet in _gantts(seen, w)]


def gantt_file(seen: Seen, w: Writer) -> str:
    """Return all charts of machine states as one SVG file."""
    return as_file(_gantts(seen, w))


def wip(seen: Seen, w: Writer) -> list[Chart]:
    """Return the charts of parts over time, line by line."""
    return [sheet.chart() for sheet in _wips(seen, w)]


def wip_file(seen: Seen, w: Writer) -> str:
    """Return all charts of parts over time as one SVG file."""
    return as_file(_wips(seen, w))


def _clock(seen: Seen, labels: Sequence[str]) -> Clock:
    left = min(max((width_of(label) for label in labels), default=0.0), LABEL_MOST) + 16
    return Clock(datetime.fromisoformat(seen["run_start"]), seen["start_s"], seen["end_s"], left)


# --- machine states ---


def _gantts(seen: Seen, w: Writer) -> list[Sheet]:
    return [
        _gantt(seen, line, line["rows"][first : first + ROWS], f"seen-states-{number}-{first}", w)
        for number, line in enumerate(seen["lines"])
        for first in range(0, len(line["rows"]), ROWS)
    ]


def _gantt(seen: Seen, line: Seen, rows: Sequence[Seen], chart_id: str, w: Writer) -> Sheet:
    labels = [_label(line, row, first=k == 0 or rows[k - 1]["station"] != row["station"]) for k, row in enumerate(rows)]
    clock = _clock(seen, labels)
    used = in_order(list({seen["states"][s] for row in rows for s in _states_in(row)}))
    sheet = Sheet(
        chart_id,
        w.t("Machine states over time at {line}").format(line=line["name"]),
        _gantt_text(line, rows, w),
        len(rows) * ROW + 8 + AXIS,
        tuple((colour_of(s), name_of(s, w)) for s in used),
    )
    bottom = len(rows) * ROW + 6
    sheet.axis(clock, bottom)
    for k, (row, label) in enumerate(zip(rows, labels, strict=True)):
        y = k * ROW + 5
        sheet.text(clock.left - 8, y + TEXT - 2, label, "end")
        _draw_row(sheet, clock, row, f"{line['stations'][row['station']]['name']} {row['machine']}", y, seen, w)
        sheet.path(f"M{n(clock.left)} {n(y)}H{n(clock.x(seen['end_s']))}v{n(BAR)}H{n(clock.left)}z", "none", EDGE, 0.5)
    return sheet


def _gantt_text(line: Seen, rows: Sequence[Seen], w: Writer) -> str:
    said = [w.t("One row per machine; the axis is clock time. Point at a stay to read its state and times.")]
    if any("cells" in row for row in rows):
        said.append(
            w.t("Where states change too often to be drawn singly, a column is divided by their shares of time.")
        )
    if line["hidden"]:
        said.append(w.t("{n} further machines are not drawn.").format(n=line["hidden"]))
    return " ".join(said)


def _label(line: Seen, row: Seen, first: bool) -> str:
    station = line["stations"][row["station"]]
    if len(station["machines"]) == 1:
        return cut(station["name"], LABEL_MOST)
    machine = cut(row["machine"], LABEL_MOST / 2)
    if not first:
        return machine
    return f"{cut(station['name'], LABEL_MOST - width_of(machine) - TEXT)}  {machine}"


def _states_in(row: Seen) -> set[int]:
    if "stays" in row:
        return {stay[0] for stay in row["stays"]}
    return {state for cell in row["cells"] for state, _ in cell}


def _draw_row(sheet: Sheet, clock: Clock, row: Seen, name: str, y: float, seen: Seen, w: Writer) -> None:
    states, name = seen["states"], cut(name, 2 * LABEL_MOST)
    if "stays" in row:
        for state, start_s, end_s in row["stays"]:
            a, b = clock.x(start_s), clock.x(end_s)
            hover = f"{name}: {name_of(states[state], w)}\n{clock.span(start_s, end_s, w)}"
            sheet.path(f"M{n(a)} {n(y)}H{n(b)}v{n(BAR)}H{n(a)}z", colour_of(states[state]), hover=hover)
        return
    boxes, shares = _cell_boxes(row["cells"], clock, y, in_order(states), states)
    for state, d in boxes.items():
        share = shares[state] / len(row["cells"])
        hover = w.t("{machine}: {state}, {share} of the time").format(
            machine=name, state=name_of(state, w), share=w.percent(share)
        )
        sheet.path("".join(d), colour_of(state), hover=hover)


def _cell_boxes(
    cells: Sequence[Any], clock: Clock, y: float, order: Sequence[str], states: Sequence[str]
) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Return by state the boxes of its shares, stacked in each cell, and the sum of the shares."""
    width = (clock.x(clock.end_s) - clock.left) / len(cells)
    boxes: dict[str, list[str]] = {}
    sums: dict[str, float] = {}
    for k, cell in enumerate(cells):
        x, bottom = clock.left + k * width, y + BAR
        for state, share in sorted(((states[s], share) for s, share in cell), key=lambda p: order.index(p[0])):
            high = share * BAR
            boxes.setdefault(state, []).append(f"M{x:.1f} {bottom:.1f}v{-high:.1f}h{width:.1f}v{high:.1f}z")
            sums[state] = sums.get(state, 0.0) + share
            bottom -= high
    return boxes, sums


# --- parts over time ---


def _wips(seen: Seen, w: Writer) -> list[Sheet]:
    sheets: list[Sheet] = []
    for number, line in enumerate(seen["lines"]):
        rows = [(w.t("whole line"), line["wip"], WIP_LINE_ROW)]
        rows += [(s["name"], f, WIP_ROW) for s, f in zip(line["stations"], line["at_station"], strict=True)]
        sheets += [
            _wip(seen, line, rows[first : first + WIP_ROWS], f"seen-parts-{number}-{first}", w)
            for first in range(0, len(rows), WIP_ROWS)
        ]
    return sheets


def _wip(seen: Seen, line: Seen, rows: Sequence[tuple[str, Seen, float]], chart_id: str, w: Writer) -> Sheet:
    notes = [
        w.t("mean {mean}, most {most}").format(mean=w.num(found["mean"], 3), most=w.num(found["most"]))
        for _, found, _ in rows
    ]
    clock = _clock(seen, [*(name for name, _, _ in rows), *notes])
    said = [
        w.t("Each row has its own scale, from 0 to its highest number. At a station: in front and on its machines.")
    ]
    if any("cells" in found for _, found, _ in rows):
        said.append(w.t("Where numbers change too often to be drawn, the band is from the least to the most."))
    bottom = sum(high for _, _, high in rows) + 6
    title = w.t("Parts over time at {line}").format(line=line["name"])
    sheet = Sheet(chart_id, title, " ".join(said), bottom + 2 + AXIS)
    sheet.axis(clock, bottom)
    y = 4.0
    for (name, found, high), note in zip(rows, notes, strict=True):
        sheet.text(clock.left - 8, y + high / 2 - 1, cut(name, LABEL_MOST), "end", bold=high == WIP_LINE_ROW)
        sheet.text(clock.left - 8, y + high / 2 + TEXT, note, "end", "#505a64")
        _draw_parts(sheet, clock, found, y + 3, high - 6, f"{name}: {note}")
        y += high
    return sheet


def _draw_parts(sheet: Sheet, clock: Clock, found: Seen, y: float, high: float, hover: str) -> None:
    unit, base = high / max(found["most"], 1), y + high
    right = clock.x(clock.end_s)
    if "steps" in found:
        steps = found["steps"]
        ends = [*(t for t, _ in steps[1:]), clock.end_s]
        line = "".join(f"V{n(base - v * unit)}H{n(clock.x(b))}" for (_, v), b in zip(steps, ends, strict=True))
        sheet.path(f"M{n(clock.left)} {n(base)}{line}V{n(base)}z", AREA, STROKE, 1.2, hover)
    else:
        cells = found["cells"]
        width = (right - clock.left) / len(cells)
        xs = [clock.left + k * width for k in range(1, len(cells) + 1)]
        top = "".join(f"V{n(base - c[2] * unit)}H{n(x)}" for c, x in zip(cells, xs, strict=True))
        under = "".join(
            f"V{n(base - c[0] * unit)}H{n(x - width)}" for c, x in zip(reversed(cells), reversed(xs), strict=True)
        )
        area = f"M{n(clock.left)} {n(base)}{top}{under}z"
        means = "".join(f"V{n(base - c[1] * unit)}H{n(x)}" for c, x in zip(cells, xs, strict=True))
        sheet.path(area, AREA, hover=hover)
        sheet.path(f"M{n(clock.left)} {n(base - cells[0][1] * unit)}{means}", stroke=STROKE, width=1.2)
        sheet.path(f"M{n(clock.left)} {n(base)}H{n(right)}", stroke=EDGE, width=0.8)
