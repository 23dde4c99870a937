"""What replications say together beyond the mean of each figure: indicators, bottlenecks, more half-widths."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sim.bottleneck import verdict
from sim.iso22400 import Counts, CrewCounts, LineCounts, StationCounts, over_replications
from sim.output_analysis import interval

Record = Mapping[str, Any]
RAW = frozenset({"counts", "active_period", "serial"})
"""Keys of a replication's record that are read here and do not go into the document."""
QUANTILE = re.compile(r"p\d+")


def summed_up(combined: Record, records: Sequence[Record]) -> dict[str, Any]:
    """Return the lines and crews of a document with all that is no plain mean over replications.

    Args:
        combined: ``lines`` and ``crews`` of :func:`sim.simulate.combine`.
        records: The records of the replications (:func:`sim.kpis.record`). Beside the figures they hold ``counts``
            of lines, stations and crews (fields of :mod:`sim.iso22400`'s counts), and of lines ``active_period`` and
            ``serial`` (:func:`sim.bottleneck.verdict`).
    """
    return {
        **combined,
        "lines": [_line(line, [r["lines"][n] for r in records]) for n, line in enumerate(combined["lines"])],
        "crews": [_crew(crew, [r["crews"][n] for r in records]) for n, crew in enumerate(combined["crews"])],
    }


def _line(line: Record, records: Sequence[Record]) -> dict[str, Any]:
    found = verdict(records)
    return {
        **_shown(line, records),
        "bottleneck": found["active_period"]["name"],
        "bottlenecks": found,
        "iso22400": _indicators(LineCounts, records),
        "stations": [
            _station(station, [r["stations"][n] for r in records]) for n, station in enumerate(line["stations"])
        ],
    }


def _station(station: Record, records: Sequence[Record]) -> dict[str, Any]:
    states = [r["states"] for r in records]
    return {
        **_shown(station, records),
        "states_half_width": {state: _half_width([s[state] for s in states]) for state in states[0]},
        "iso22400": _indicators(StationCounts, records),
    }


def _crew(crew: Record, records: Sequence[Record]) -> dict[str, Any]:
    return {**_shown(crew, records), "iso22400": _indicators(CrewCounts, records)}


def _shown(part: Record, records: Sequence[Record]) -> dict[str, Any]:
    """Return a part of the document without what is only read here, its samples with half-widths of quantiles."""
    out = {key: value for key, value in part.items() if key not in RAW}
    for key, value in out.items():
        if isinstance(value, Mapping) and (quantiles := [q for q in value if QUANTILE.fullmatch(q)]):
            halves = {q: _half_width([r[key][q] for r in records]) for q in quantiles}
            out[key] = {**value, "quantile_half_width": halves}
    return out


def _indicators(kind: type[Counts], records: Sequence[Record]) -> dict[str, dict[str, float] | None]:
    return over_replications([kind(**r["counts"]) for r in records])


def _half_width(values: Sequence[float]) -> float:
    return interval(values).half_width
