"""What is to be reached, and whether it was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

Document = dict[str, Any]


class Mark(NamedTuple):
    """A figure to reach."""

    name: str
    """A case, or another measure."""
    place: tuple[str, ...]
    """Where it stands in the document of the case, or in that of the other measure."""
    value: float
    better: Literal["more", "less"] = "more"

    def met(self, measured: float | None) -> bool | None:
        """Return whether a value reaches it; None for what was not measured."""
        if measured is None:
            return None
        return measured >= self.value if self.better == "more" else measured <= self.value


TOGETHER = ("W1", "W2", "W3")
"""The cases with a textbook program; W1-W3 is their geometric mean."""
PLAIN, SIMPY = ("ratios", "compiled_to_plain"), ("ratios", "compiled_to_simpy")
MARKS = (
    *(Mark(name, PLAIN, 100.0) for name in TOGETHER),
    Mark("W1-W3", PLAIN, 150.0),
    *(Mark(name, SIMPY, 60.0) for name in ("W4", "W5")),
    Mark("cores", ("cores", "times_one"), 1.8),
    Mark("replications", ("replications", "times_kernel"), 1.1, "less"),
    Mark("first_call", ("start", "first_call_s"), 20.0, "less"),
    Mark("warm_start", ("start", "warm_start_s"), 0.7, "less"),
)


def marks(cases: Sequence[Document], extras: Mapping[str, Document | None]) -> list[Document]:
    """Return the marks of all that was asked for, each with what was measured and whether it is met.

    Args:
        cases: Documents of cases (``rates.measure_case``).
        extras: Documents of the other measures by name; None for one that could not be made.
    """
    by_name = {case["name"]: case for case in cases}
    asked = {*by_name, *extras}
    out = []
    for mark in MARKS:
        if mark.name == "W1-W3":
            if asked >= set(TOGETHER):
                out.append(_marked(mark, _together([by_name[name] for name in TOGETHER], mark.place)))
        elif mark.name in by_name:
            out.append(_marked(mark, _at(by_name[mark.name], mark.place)))
        elif mark.place[0] in asked:
            out.append(_marked(mark, _at(extras, mark.place)))
    return out


def _at(node: Any, place: Sequence[str]) -> Any:  # noqa: ANN401 - any part of a document
    """Return what stands at a place of a document; None if there is nothing on the way."""
    for key in place:
        node = None if node is None else node[key]
    return node


def _together(cases: Sequence[Document], place: Sequence[str]) -> float | None:
    found = [_at(case, (*place, "median")) for case in cases]
    return None if None in found else geometric_mean(found)


def _marked(mark: Mark, found: float | Document | None) -> Document:
    """Return a mark's row; ``found`` is a number or a spread."""
    low, measured, high = (
        (found["low"], found["median"], found["high"]) if isinstance(found, dict) else (None, found, None)
    )
    return {
        "name": mark.name,
        "of": mark.place[-1],
        "measured": measured,
        "low": low,
        "high": high,
        "mark": mark.value,
        "better": mark.better,
        "met": mark.met(measured),
    }


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean.

    >>> geometric_mean([100.0, 225.0])
    150.0
    """
    return math.prod(values) ** (1 / len(values))
