"""The rates of a benchmark as a picture: a group of bars for each case, the marks across them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter

from experiments.bench.tables import PROGRAMS, rounded, times
from experiments.report.parts import Document, Writer
from experiments.report.svg import drawing, text_width_in

COLOURS = {"plain": "#9aa3ad", "simpy": "#8fd0f5", "compiled": "#1f77c4"}
MARK, GREY = "#c43c10", "#5b6570"
BAR = 0.26
"""Of the distance between two cases."""
SMALL_PT = 7.5
CASE_IN, HEIGHT_IN, BELOW_IN = 1.75, 4.2, 1.05
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Droid Sans Fallback",
)
"""Fonts that have the glyphs; a picture, unlike a page, cannot leave them to the reader's browser."""


def write_chart(document: Document, path: Path, lang: str) -> Path | None:
    """Draw the rates as a PNG and return its path; None, and no file, if no case was measured.

    Without a Chinese font on this machine the words are English.
    """
    if not document["cases"]:
        return None
    fonts = chinese_fonts() if lang == "zh" else []
    w = Writer("zh" if fonts else "en")
    with drawing("bench"), mpl.rc_context({"font.family": [*fonts, "DejaVu Sans"]}):
        figure = draw(document, w)
        figure.savefig(path, dpi=160, facecolor="white", transparent=False, metadata={"Software": None})
    return path


def chinese_fonts() -> list[str]:
    """Return the fonts with Chinese glyphs that are installed, the best first."""
    found = _known_fonts()
    if not found:
        seen = {font.fname for font in fontManager.ttflist}
        for path in set(findSystemFonts()) - seen:  # installed after matplotlib wrote its list
            with suppress(OSError, RuntimeError):  # a font it cannot read is no font to draw with
                fontManager.addfont(path)
        found = _known_fonts()
    return found


def _known_fonts() -> list[str]:
    there = {font.name for font in fontManager.ttflist}
    return [name for name in CHINESE if name in there]


def draw(document: Document, w: Writer) -> Figure:
    """Return the figure; one group for each case, on a logarithmic scale."""
    cases = document["cases"]
    width = max(len(cases) * CASE_IN + 0.8, 5.2)
    figure = Figure(figsize=(width, HEIGHT_IN))
    axes = figure.add_axes((0.7 / width, BELOW_IN / HEIGHT_IN, 1 - 0.8 / width, 1 - (BELOW_IN + 0.75) / HEIGHT_IN))
    for x, case in enumerate(cases):
        _bars(axes, x, case, {mark["name"]: mark for mark in document["marks"]}.get(case["name"]), w)
        _words(axes, x, case, w)
    axes.set(yscale="log", xlim=(-0.55, len(cases) - 0.45), xticks=[])
    axes.set_ylim(10 ** math.floor(math.log10(_lowest(cases) / 1.5)), axes.get_ylim()[1] * 1.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: w.num(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y")
    title = w.t("Station visits by CPU second, in thousands, on a logarithmic scale")
    figure.text(0.12 / width, 1 - 0.1 / HEIGHT_IN, title, fontsize=10.5, fontweight="bold", va="top")
    _legend(figure, document, w, 0.05 / width, 1 - 0.3 / HEIGHT_IN)
    return figure


def _lowest(cases: Sequence[Document]) -> float:
    return min(float(case["visits_per_s"][program]["median"]) for case in cases for program in _there(case)) / 1000


def _bars(axes: Axes, x: int, case: Document, mark: Document | None, w: Writer) -> None:
    """Draw the programs that played a case side by side, centred, with their figures and the mark."""
    there = _there(case)
    for n, program in enumerate(there):
        value = top = case["visits_per_s"][program]["median"] / 1000
        at = x + (n - (len(there) - 1) / 2) * BAR
        axes.bar(at, value, BAR * 0.92, color=COLOURS[program])
        if mark is not None and mark["measured"] is not None and mark["of"].startswith(program):
            level = mark["mark"] * case["visits_per_s"][mark["of"].split("_to_")[1]]["median"] / 1000
            ends = [at - BAR * 0.58, at + BAR * 0.58]
            axes.plot(ends, [level, level], color=MARK, linewidth=1.6, solid_capstyle="butt")
            top = level if value < level * 1.05 else value
        text = times(rounded(value, 3))
        axes.annotate(text, (at, top), (0, 2.5), textcoords="offset points", ha="center", fontsize=SMALL_PT)


def _words(axes: Axes, x: int, case: Document, w: Writer) -> None:
    """Write below a group what was played, and how many times as fast the last program is as the first."""

    def write(text: str, down_pt: float, **look: Any) -> None:  # noqa: ANN401 - how matplotlib draws text
        axes.annotate(text, (x, 0), (0, -down_pt), xycoords=("data", "axes fraction"), textcoords="offset points",
                      ha="center", va="top", **look)  # fmt: skip

    there, what = _there(case), case["what"]
    ratio = case["ratios"].get(f"{there[-1]}_to_{there[0]}")
    write(case["name"], 5, fontweight="bold")
    write(f"{times(ratio['median'])} × {w.t(PROGRAMS[there[0]])}" if ratio else "", 18)
    write("\n".join(wrapped(w.t(what), CASE_IN - 0.12, SMALL_PT)), 33, fontsize=SMALL_PT, linespacing=1.3, color=GREY)


def _there(case: Document) -> list[str]:
    return [program for program in PROGRAMS if case["visits_per_s"][program] is not None]


def _legend(figure: Figure, document: Document, w: Writer, left: float, top: float) -> None:
    drawn = [p for p in PROGRAMS if any(p in _there(case) for case in document["cases"])]
    handles: list[Patch | Line2D] = [Patch(color=COLOURS[p], label=w.t(PROGRAMS[p])) for p in drawn]
    if any(mark["measured"] is not None for mark in document["marks"]):
        handles.append(Line2D([], [], color=MARK, linewidth=1.6, label=w.t("mark")))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(left, top), ncols=len(handles), frameon=False,
                  handlelength=1.2, borderaxespad=0.0, columnspacing=1.6)  # fmt: skip


def wrapped(text: str, most_in: float, size_pt: float) -> list[str]:
    """Return a text in lines of a width; broken between words, Chinese between any two characters.

    >>> wrapped("five machines in a row", 1.0, 9.0)
    ['five machines', 'in a row']
    """
    pieces = re.findall(r"(?:[!-~]+|\S)[，。、；：）]?\s*", text)
    lines = [""]
    for piece in pieces:
        if lines[-1] and text_width_in((lines[-1] + piece).rstrip(), size_pt) > most_in:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]
