"""When parts come to a line, and which: the moments of each kind of source, the same in both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import repeat

from models.source import DAY_S, Source, span_s
from sim.program import H, LineProgram
from sim.streams import Streams

FAR_S = 100 * 366 * 86_400.0
Arrived = tuple[float, str | None, int]
"""Moment, product (None: the source's), quantity."""


def made_of(rules: Source, line: LineProgram) -> list[str]:
    """Return the products that may come from a source."""
    given = [getattr(row, "product", None) or rules.product for row in rules.arrivals_s or ()]
    given = given or [rules.product]
    ends = [0.0, *(end for _, end in line.shares)]
    shares = [(name, end - before) for (name, end), before in zip(line.shares, ends, strict=False)]
    drawn = line.sequence or [name for name, share in shares if share > 0]
    return list(dict.fromkeys(name for product in given for name in ([product] if product else drawn)))


def cause_of(what: str, number: int) -> str:
    """Return what a stream of a source is called: the first source of a line has no number."""
    return f"{what} {number + 1}" if number else what


def moments(rules: Source, number: int, line: LineProgram, start: datetime, streams: Streams) -> Iterator[Arrived]:
    """Yield the arrivals of a source in time; none if parts are always there, or go round.

    Args:
        rules: The source.
        number: Its number among the sources of its line.
        line: The line.
        start: Start of the run.
        streams: Of the replication.
    """
    if rules.arrivals_s is not None:
        rows = [(a, None, rules.quantity) if isinstance(a, int | float) else (a.time_s, a.product, a.quantity)
                for a in rules.arrivals_s]  # fmt: skip
        return iter(sorted(rows, key=lambda row: row[0]))
    if rules.demand_per_h is not None:
        times = _even(H / rules.demand_per_h, line, start)
    elif rules.profile is not None:
        times = _by_the_hour(rules, number, line, start, streams)
    elif rules.interarrival_s is not None:
        times = _renewals(rules, number, line, streams)
    else:
        return iter(())
    return zip(times, repeat(None), repeat(rules.quantity))


def _renewals(rules: Source, number: int, line: LineProgram, streams: Streams) -> Iterator[float]:
    assert rules.interarrival_s is not None
    between = streams.open(rules.interarrival_s, line.name, cause_of("interarrival", number))
    first = between
    if rules.first_s is not None:
        first = streams.open(rules.first_s, line.name, cause_of("first arrival", number))
    now = first.draw()
    while True:
        yield now
        now += between.draw()


def _even(every_s: float, line: LineProgram, start: datetime) -> Iterator[float]:
    """Yield moments evenly spaced in the line's scheduled time."""
    windows = line.calendar.windows(start, FAR_S) if line.calendar else iter([(0.0, FAR_S)])
    debt = every_s
    for opens, closes in windows:
        now = opens + debt
        while now <= closes:
            yield now
            now += every_s
        debt = now - closes


def _by_the_hour(rules: Source, number: int, line: LineProgram, start: datetime, streams: Streams) -> Iterator[float]:
    """Yield Poisson arrivals: unit exponentials along the integral of the rate."""
    spans = sorted((*span_s(row.hours), row.per_h / H) for row in rules.profile or ())
    draws = streams.exponential(line.name, cause_of("interarrival", number))
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    day_s, left = (midnight - start) / timedelta(seconds=1), draws.draw()
    while any(rate for _, _, rate in spans):
        for first, last, rate in spans:
            now, end = max(0.0, day_s + first), day_s + last
            while now < end and left <= rate * (end - now):
                now += left / rate
                yield now
                left = draws.draw()
            left -= rate * max(0.0, end - now)
        day_s += DAY_S
