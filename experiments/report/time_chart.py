"""Charts over clock time, written as SVG by hand: thousands of small marks, each with a text on hover.

:class:`Sheet` collects the marks of one chart; a page shows it as it is, a file shows several below each other with
their titles and legends.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from experiments.report.parts import Writer
from experiments.report.svg import FONTS, INK, TEXT_PT, Chart, shortened, text_width_in
from experiments.words import OTHER, STATES

WIDTH = 864.0
TEXT = 12.0
RIGHT = 14.0
AXIS = 34.0  # two lines of text
LABEL_MOST = 210.0
GRID, EDGE = "#d9dde2", "#8a9099"
STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_419_200)
MOST_TICKS = 12


def width_of(text: str, size: float = TEXT) -> float:
    """Return how wide a text is drawn at most, about."""
    return text_width_in(text, size) * 72


def cut(text: str, most: float) -> str:
    """Return a text cut to a width."""
    return shortened(text, most / 72 * TEXT_PT / TEXT)


def n(value: float) -> str:
    """Return a coordinate as short as it can be written.

    >>> n(12.0), n(3.14159)
    ('12', '3.14')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Clock:
    """The time axis of a window: where a moment is, and what the clock says."""

    run_start: datetime
    start_s: float
    end_s: float
    left: float

    def x(self, time_s: float) -> float:
        """Return where a moment is drawn."""
        return self.left + (time_s - self.start_s) / (self.end_s - self.start_s) * (WIDTH - RIGHT - self.left)

    def said(self, time_s: float) -> str:
        """Return date and time to the second."""
        return f"{self.run_start + timedelta(seconds=round(time_s)):%Y-%m-%d %H:%M:%S}"

    def span(self, start_s: float, end_s: float, w: Writer) -> str:
        """Return from when to when, and how long."""
        from_s, to_s = self.said(start_s), self.said(end_s)
        to_s = to_s[11:] if to_s[:10] == from_s[:10] else to_s
        return f"{from_s} – {to_s} ({lasting(end_s - start_s, w)})"

    def ticks(self) -> list[tuple[float, str, str]]:
        """Return (time in s, label, date or "") of each tick; ticks stand at round clock times."""
        span = self.end_s - self.start_s
        step = next((s for s in STEPS_S if span / s <= MOST_TICKS), STEPS_S[-1])
        while span / step > MOST_TICKS:
            step *= 2
        midnight = self.run_start.replace(hour=0, minute=0, second=0, microsecond=0)
        into = (self.run_start - midnight).total_seconds()
        k = -int(-(self.start_s + into) // step)
        out: list[tuple[float, str, str]] = []
        shown = ""
        while (time_s := k * step - into) <= self.end_s + 1e-6:
            at = midnight + timedelta(seconds=k * step)
            day = f"{at:%m-%d}"
            by_day = step >= 86_400
            out.append((time_s, day if by_day else f"{at:%H:%M}", "" if by_day or day == shown else day))
            shown, k = day, k + 1
        return out


def lasting(seconds: float, w: Writer) -> str:
    """Return a length of time in the unit a reader would say."""
    for unit, unit_s in (("h", 3600.0), ("min", 60.0)):
        if seconds >= unit_s:
            return f"{w.num(seconds / unit_s, 3)} {unit}"
    return f"{w.num(seconds, 3)} s"


@dataclass(slots=True)
class Sheet:
    """One chart: marks, and what a reader who cannot see it is told."""

    chart_id: str
    title: str
    description: str
    height: float
    legend: tuple[tuple[str, str], ...] = ()
    marks: list[str] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, anchor: str = "start", colour: str = INK, bold: bool = False) -> None:
        """Write a text; ``y`` is its base line."""
        weight = ' font-weight="600"' if bold else ""
        said = html.escape(text, quote=False)
        self.marks.append(f'<text x="{n(x)}" y="{n(y)}" text-anchor="{anchor}" fill="{colour}"{weight}>{said}</text>')

    def path(self, d: str, fill: str = "none", stroke: str = "", width: float = 1.0, hover: str = "") -> None:
        """Draw a path, with a text on hover."""
        line = f' stroke="{stroke}" stroke-width="{n(width)}"' if stroke else ""
        inside = f"<title>{html.escape(hover, quote=False)}</title></path>" if hover else "</path>"
        self.marks.append(f'<path d="{d}" fill="{fill}"{line}>{inside}')

    def axis(self, clock: Clock, bottom: float) -> None:
        """Draw ticks with clock times below, and grid lines above them; call before what lies on the grid."""
        ticks = clock.ticks()
        lines = "".join(f"M{n(clock.x(t))} 4V{n(bottom)}" for t, _, _ in ticks)
        self.path(lines, stroke=GRID, width=0.8)
        self.path(f"M{n(clock.left)} {n(bottom)}H{n(WIDTH - RIGHT)}", stroke=EDGE)
        for time_s, label, date in ticks:
            x = min(clock.x(time_s), WIDTH - width_of(label) / 2)
            self.text(x, bottom + TEXT + 3, label, "middle")
            if date:
                self.text(x, bottom + 2 * TEXT + 5, date, "middle", "#505a64")

    def chart(self) -> Chart:
        """Return the chart as a page shows it."""
        head = (
            f'<svg class="drawing" viewBox="0 0 {n(WIDTH)} {n(self.height)}" role="img" font-size="{n(TEXT)}" '
            f'style="font-family: {html.escape(FONTS)}" aria-labelledby="{self.chart_id}-title {self.chart_id}-text">'
            f'<title id="{self.chart_id}-title">{html.escape(self.title)}</title>'
            f'<desc id="{self.chart_id}-text">{html.escape(self.description)}</desc>'
        )
        return Chart(self.title, self.description, head + "\n".join(self.marks) + "</svg>", self.legend)


def as_file(sheets: Sequence[Sheet]) -> str:
    """Return charts below each other as an SVG file that stands by itself: titles, legends, white ground."""
    y, body = 12.0, []
    for sheet in sheets:
        top = Sheet("", "", "", 0)
        top.text(10, y + 14, sheet.title, bold=True)
        y += 24
        y = _legend(top, sheet.legend, y)
        body += [*top.marks, f'<g transform="translate(0 {n(y)})">', *sheet.marks, "</g>"]
        y += sheet.height + 14
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{n(WIDTH)}" height="{n(y)}" viewBox="0 0 {n(WIDTH)} {n(y)}" '
        f'font-size="{n(TEXT)}" style="font-family: {html.escape(FONTS)}">'
        f'<rect width="{n(WIDTH)}" height="{n(y)}" fill="#fff"/>'
    )
    return head + "\n".join(body) + "</svg>\n"


def _legend(sheet: Sheet, legend: Sequence[tuple[str, str]], y: float) -> float:
    """Draw a legend that wraps; return where it ends."""
    if not legend:
        return y
    x = 10.0
    for colour, name in legend:
        needed = 18 + width_of(name) + 16
        if x + needed > WIDTH and x > 10:
            x, y = 10.0, y + 18
        sheet.path(f"M{n(x)} {n(y)}h12v12h-12z", colour, EDGE, 0.8)
        sheet.text(x + 17, y + 10.5, name)
        x += needed
    return y + 22


def colour_of(state: str) -> str:
    """Return the colour of a machine state."""
    return STATES.get(state, OTHER).colour


def name_of(state: str, w: Writer) -> str:
    """Return the name of a machine state."""
    return w.state(state) if state in STATES else state.replace("_", " ")


def in_order(states: Sequence[str]) -> list[str]:
    """Return states in the order in which bars stack them."""
    return sorted(states, key=lambda s: list(STATES).index(s) if s in STATES else len(STATES))
