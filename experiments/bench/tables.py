"""What a benchmark says: rates and ratios case by case, the marks, and what it was measured on."""

from __future__ import annotations

import math

from experiments.lang import fixed, mark
from experiments.report.parts import MISSING, Column, Document, Table, Writer, joined, known

PROGRAMS = {"plain": mark("plain SimPy"), "simpy": mark("our SimPy"), "compiled": mark("compiled")}
"""Who plays, as tables and chart name them."""
RATIOS = {
    "simpy_to_plain": mark("ours / plain"),
    "compiled_to_plain": mark("compiled / plain"),
    "compiled_to_simpy": mark("compiled / ours"),
}
MEASURES = {
    "times_one": mark("Replications of W4: 1 process / 2"),
    "times_kernel": mark("Short runs of W1: time / kernel"),
    "first_call_s": mark("First call ever (s)"),
    "warm_start_s": mark("Later start, over one of SimPy (s)"),
}


def tables(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    """Return what was measured on what, in sentences, and its tables."""
    return answer(document, w), [rates(document, w), marks(document, w)]


def answer(document: Document, w: Writer) -> list[str]:
    """Return on what it was measured and how, in sentences."""
    on, versions = document["machine"], document["machine"]["versions"]
    names = {"simpy": "SimPy", "numba": "Numba"}
    libraries = [f"{names[key]} {versions[key]}" for key in names if versions.get(key)]
    python = f"Python {on['python']}"
    text = w.t("Measured on {system}, {architecture}, cores to use: {cores}; {software}.")
    said = [
        text.format(
            system=on["system"],
            architecture=on["architecture"],
            cores=on["cores"],
            software=joined([python, *libraries], w.t),
        )
    ]
    if "compiled" not in document["engines"]:
        said.append(w.t("The compiled engine is not installed: its columns stay empty."))
    return said


def rates(document: Document, w: Writer) -> Table:
    """Return rates and ratios, a row for each case."""
    columns = (
        *w.words("Case"),
        Column(w.t("Line or plant"), number=False, date=True),  # on one line, as dates are
        *w.numbers(*PROGRAMS.values(), *RATIOS.values()),
    )
    rows = [
        [
            case["name"],
            w.t(short),
            *(_rate(case["visits_per_s"][program]) for program in PROGRAMS),
            *(_median(case["ratios"][ratio]) for ratio in RATIOS),
        ]
        for case, short in ((case, case["short"]) for case in document["cases"])
    ]
    title = w.t("Station visits by CPU second, in thousands; medians of {repeats}")
    return Table(title.format(repeats=document["repeats"]), columns, rows)


def _rate(found: Document | None) -> str:
    return MISSING if found is None else times(rounded(found["median"] / 1000, 3))


def _median(found: Document | None) -> str:
    return MISSING if found is None else times(found["median"])


def rounded(value: float, digits: int) -> float:
    """Return a number with so many significant digits.

    >>> rounded(34_567.0, 3), rounded(0.0, 3)
    (34600.0, 0.0)
    """
    return round(value, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0.0


def times(value: float | None) -> str:
    """Return a ratio with three digits, whole from 100 on.

    >>> times(1.0), times(34.567), times(181.4), times(None)
    ('1.00', '34.6', '181', '–')
    """
    if not known(value):
        return MISSING
    return fixed(value, 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0)


def marks(document: Document, w: Writer) -> Table:
    """Return what is to be reached beside what was measured."""
    columns = (*w.words("Measure"), *w.numbers("Measured", "Lowest", "Highest", "Mark"), *w.words("Reached"))
    rows = [
        [
            _label(row, w),
            times(row["measured"]),
            times(row["low"]),
            times(row["high"]),
            f"{'≥' if row['better'] == 'more' else '≤'} {row['mark']:g}",
            verdict(row["met"], w),
        ]
        for row in document["marks"]
    ]
    title = w.t("Marks: the median of the rounds, the lowest and the highest")
    return Table(title, columns, rows)


def verdict(met: bool | None, w: Writer) -> str:
    """Return whether a mark is reached."""
    if met is None:
        return MISSING
    return w.t("met") if met else w.t("not met")


def _label(row: Document, w: Writer) -> str:
    of = row["of"]
    if of in MEASURES:
        return w.t(MEASURES[of])
    name = w.t("W1-W3 together") if row["name"] == "W1-W3" else row["name"]
    return f"{name}: {w.t(RATIOS[of])}"
