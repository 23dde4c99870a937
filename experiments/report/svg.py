"""From a matplotlib figure to SVG that can stand in an HTML page many times over.

Text stays text: matplotlib measures it with its own font, the reader's browser draws it with one that has the
glyphs. The same figure gives the same bytes.
"""

import html
import io
import re
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
TEXT_PT = 9.0
INK = "#1d2329"
_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a plant may be called "$5 works$"
    "font.family": ["DejaVu Sans"],  # comes with matplotlib; only measures, see FONTS
    "font.size": TEXT_PT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8a9099",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.titlesize": TEXT_PT,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#d9dde2",
    "grid.linewidth": 0.6,
    "patch.linewidth": 0.0,
    "savefig.transparent": True,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart with what a reader who cannot see it is told."""

    title: str
    description: str
    svg: str
    legend: tuple[tuple[str, str], ...] = ()
    """Colour and name of each thing drawn; the page writes it, so that it wraps on a phone."""


@contextmanager
def drawing(chart_id: str) -> Iterator[None]:
    """Set the look of charts; drawing and :func:`as_svg` happen inside."""
    with mpl.rc_context({**_RC, "svg.hashsalt": chart_id}), warnings.catch_warnings():
        # Chinese is only measured with the wrong glyphs here, never drawn with them.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from", category=UserWarning)
        yield


def as_svg(figure: Figure, chart_id: str, title: str, description: str) -> str:
    """Return the figure as an ``<svg>`` element whose ids begin with ``chart_id``."""
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = file.getvalue().decode("utf-8")
    text = text[text.index("<svg") :]
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)[0]
    body = text[text.index(">") + 1 :].strip()
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", body, flags=re.S)
    body = body.replace("xlink:href=", "href=")
    body = re.sub(r'\bid="', f'id="{chart_id}-', body)
    body = re.sub(r'href="#', f'href="#{chart_id}-', body)
    body = re.sub(r"url\(#", f"url(#{chart_id}-", body)
    body = re.sub(r"font: ([\w ]*?)([\d.]+px) 'DejaVu Sans'[^;\"]*", _font, body)
    head = (
        f'<svg class="drawing" viewBox="0 0 {width} {height}" role="img" style="font-family: {html.escape(FONTS)}" '
        f'aria-labelledby="{chart_id}-title {chart_id}-text">'
        f'<title id="{chart_id}-title">{html.escape(title)}</title>'
        f'<desc id="{chart_id}-text">{html.escape(description)}</desc>'
    )
    return head + body


def _font(match: re.Match[str]) -> str:
    weight = "; font-weight: bold" if "bold" in match[1] or "700" in match[1] else ""
    return f"font-size: {match[2]}{weight}"  # the family is inherited from the <svg>


def text_width_in(text: str, size_pt: float = TEXT_PT) -> float:
    """Return how wide a browser draws a text at most, about, in inches; a Chinese glyph is a full em.

    >>> text_width_in("中中") > text_width_in("ab")
    True
    """
    return sum(map(_ems, text)) * size_pt / 72


def _ems(glyph: str) -> float:
    if unicodedata.east_asian_width(glyph) in "WF" or glyph in "WMmw@%":
        return 1.0
    return 0.75 if glyph.isupper() else 0.56


def shortened(text: str, most_in: float) -> str:
    """Return a text cut to a width, on one line.

    >>> shortened("turning", 10)
    'turning'
    """
    text = " ".join(text.split())
    if text_width_in(text) <= most_in:
        return text
    while text and text_width_in(text + "…") > most_in:
        text = text[:-1]
    return text + "…"
