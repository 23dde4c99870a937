"""Which station holds a line back, by two named methods, and how sure that is.

**Active period** (Roser, Nakano, Tanaka 2001; with shifting shares 2003). A machine is active unless it waits for
parts or places; an active period lasts from one wait to the next. At each instant the machine in the longest active
period, counted from its start to its end, is the momentary bottleneck, and its whole period is a bottleneck period.
Where several bottleneck periods overlap the bottleneck is shifting between them; where there is one, it is the sole
bottleneck. The station with the largest share of time, sole and shifting, is named.

**Turning point** (Li, Chang, Ni 2009), for serial lines. Up to the bottleneck stations are more often blocked than
starved, behind it more often starved than blocked, and the bottleneck itself is less often blocked or starved
than its neighbours.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from math import inf, isfinite, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

from sim.output_analysis import interval

Record = Mapping[str, Any]

ACTIVE_STATES = frozenset({
    "processing", "setup", "failed", "maintenance", "waiting_crew", "start_up", "heat_up", "installing", "overtime",
})  # fmt: skip
"""States in which a machine makes others wait: work, and whatever keeps it from working but is not a lack of
parts or places. The others (starved, blocked, standby, off, off_shift, holding) end an active period; so does the end
of a shift, and each shift is judged by itself."""
WAITS_FOR_PARTS = ("starved", "standby", "off")

NOT_SERIAL = "the line is not serial"
NO_TURN = "no station turns from more blocked to more starved and waits less than its neighbours"
SEVERAL_TURNS = "several turning points; of these the station that waits least"


class _Period(NamedTuple):
    """An active period that may be a bottleneck period; ``after`` is the end of the last one before it as long."""

    machine: int
    start: float
    end: float
    after: float

    def shows_before(self, then: float) -> bool:
        """Return whether it is the longest at some instant, if a longer one starts at ``then``."""
        return max(self.start, self.after) < min(self.end, then)


class _Shares:
    """Time as sole and as shifting bottleneck, from bottleneck periods in order of their starts (and ends)."""

    def __init__(self, groups: Sequence[int]) -> None:
        self.groups = groups
        self.from_s = 0.0
        count = max(groups, default=-1) + 1
        self._counted_to = [-inf] * count
        self._last: tuple[int, float, float] | None = None
        self._before = -inf  # end of the one before the last
        self.clear()

    def clear(self) -> None:
        self.sole = [0.0] * len(self._counted_to)
        self.shifting = [0.0] * len(self._counted_to)
        self.held = 0.0

    def restore(
        self, from_s: float, last: tuple[int, float, float] | None, before: float, held: float,
        counted_to: list[float], sole: list[float], shifting: list[float],
    ) -> None:  # fmt: skip
        self.from_s, self._last, self._before, self.held = from_s, last, before, held
        self._counted_to, self.sole, self.shifting = counted_to, sole, shifting

    def add(self, machine: int, start: float, end: float) -> None:
        group = self.groups[machine]
        if self._last is not None:
            last_group, last_start, last_end = self._last
            if group == last_group and start <= last_end:  # from machine to machine of one station is no shift
                self._last = group, last_start, end
                return
            self.close(start)
            self._before = last_end
        self._last = group, start, end

    def close(self, next_start: float) -> None:
        """Count the last period, now that it is known when the next one starts."""
        if self._last is None:
            return
        group, start, end = self._last
        alone_from = max(start, self._before, self.from_s)
        sole = max(0.0, min(end, next_start) - alone_from)
        self.sole[group] += sole
        self.shifting[group] += max(0.0, end - max(start, self._counted_to[group], self.from_s)) - sole
        self.held += max(0.0, end - alone_from)
        self._counted_to[group] = end


class ActivePeriods:
    """Shares of time in which each machine, or group of machines, is sole or shifting bottleneck.

    Exact, although periods are compared by their whole length, and in bounded memory: a period within another
    one that lasts longer never is the longest, so only the oldest period under way and at most one finished
    period of each machine matter. A change costs a few dictionary steps.

    >>> line = ActivePeriods(2)
    >>> line.change(0, True, 0.0); line.change(1, True, 6.0); line.change(0, False, 8.0)
    >>> line.shares(10.0)  # machine 0 alone until 6, both until 8
    ([0.6, 0.2], [0.2, 0.2])

    Args:
        machines: How many; they are numbered from 0 and wait at time 0.
        groups: The group (station) of each machine, numbered from 0; default: each by itself.
    """

    def __init__(self, machines: int, groups: Sequence[int] | None = None) -> None:
        self._since: dict[int, float] = {}  # active machines in order of their starts
        self._waiting: list[_Period] = []  # ever shorter, all around one instant: not known yet if longest anywhere
        self._shares = _Shares(range(machines) if groups is None else groups)

    @classmethod
    def restored(
        cls,
        groups: Sequence[int],
        since: dict[int, float],
        waiting: Sequence[tuple[int, float, float, float]],
        **shares: Any,  # noqa: ANN401 - numbers and lists of numbers
    ) -> "ActivePeriods":
        """Return the periods as another engine has kept them.

        Args:
            groups: The group of each machine.
            since: Active machines and their starts, in order of these.
            waiting: Periods not known yet to be bottleneck periods: machine, start, end, end of the one before.
            shares: What is counted: ``from_s``, ``last``, ``before``, ``held``; by group ``counted_to``, ``sole``,
                ``shifting``.
        """
        made = cls(len(groups), groups)
        made._since, made._waiting = since, [_Period(*period) for period in waiting]
        made._shares.restore(**shares)
        return made

    def change(self, machine: int, active: bool, now: float) -> None:
        """A machine begins or ceases to be active; call it with the state that stands when an instant is over."""
        since = self._since
        if active:
            if machine not in since:
                since[machine] = now
        elif machine in since:
            oldest = next(iter(since)) == machine
            start = since.pop(machine)
            if oldest:
                self._ended(machine, start, now)

    def _ended(self, machine: int, start: float, end: float) -> None:
        """The oldest period ended: of those that do, starts and ends both come in order."""
        waiting = self._waiting
        while waiting and waiting[-1].end - waiting[-1].start < end - start:
            top = waiting.pop()
            if top.shows_before(start):  # then those under it end before, and nothing longer can come over them
                self._confirm([*waiting, top])
                waiting.clear()
        if start == end or (waiting and waiting[-1].end >= end):
            return
        after = waiting[-1].end if waiting else -inf
        over = sum(period.end <= start for period in waiting)
        self._confirm(waiting[:over])
        del waiting[:over]
        waiting.append(_Period(machine, start, end, after))

    def _confirm(self, periods: Sequence[_Period]) -> None:
        for machine, start, end, _ in periods:
            self._shares.add(machine, start, end)

    def shares(self, now: float) -> tuple[list[float], list[float]]:
        """Return the shares of time as sole and as shifting bottleneck, by machine or group.

        They are shares of the time since the last reset in which any machine was active; sole shares and the
        share in which the bottleneck shifts add up to 1. Periods under way count with their length so far.
        """
        done = deepcopy(self)
        if done._since:
            machine, start = next(iter(done._since.items()))
            done._ended(machine, start, now)
        done._confirm(done._waiting)
        found = done._shares
        found.close(inf)
        if found.held <= 0.0:
            return [0.0] * len(found.sole), [0.0] * len(found.sole)
        return [s / found.held for s in found.sole], [s / found.held for s in found.shifting]

    def reset(self, now: float) -> None:
        """Count from ``now`` on; periods that began before keep their length."""
        self._shares.from_s = now
        self._shares.clear()


# --- turning point ---


class TurningPoint(NamedTuple):
    """The station's number, or None; and why none, or with what reserve."""

    station: int | None
    reason: str | None = None


def is_serial(targets: Sequence[Collection[int]]) -> bool:
    """Return whether each station hands on to the next only, the last one out of the line; scrap may leave anywhere.

    Args:
        targets: Where parts go from each station: stations by number, negative = out of the line.

    >>> is_serial([{1, -2}, {2}, {-1}]), is_serial([{1, 2}, {2}, {-1}])
    (True, False)
    """
    last = len(targets) - 1
    return all({t for t in to if t >= 0} == ({n + 1} if n < last else set()) for n, to in enumerate(targets))


def turning_point(blocked: Sequence[float], starved: Sequence[float]) -> TurningPoint:
    """Return the turning point of a serial line from the shares of time its stations are blocked and starved.

    >>> turning_point([0.2, 0.0, 0.0], [0.0, 0.05, 0.3])
    TurningPoint(station=1, reason=None)
    """
    n = len(blocked)
    waits = [b + s for b, s in zip(blocked, starved, strict=True)]
    turns = [
        j
        for j in range(n)
        if (j == 0 or (blocked[j - 1] > starved[j - 1] and waits[j] < waits[j - 1]))
        and (j == n - 1 or (blocked[j + 1] < starved[j + 1] and waits[j] < waits[j + 1]))
    ]
    if not turns:
        return TurningPoint(None, NO_TURN)
    return TurningPoint(min(turns, key=waits.__getitem__), SEVERAL_TURNS if len(turns) > 1 else None)


# --- over replications ---


def wilson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Wilson interval of a share seen ``hits`` times in ``n``.

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre, spread = hits + z * z / 2, z * sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, (centre - spread) / (n + z * z)), min(1.0, (centre + spread) / (n + z * z))


def verdict(lines: Sequence[Record]) -> dict[str, Any]:
    """Return what the replications of a line say about its bottleneck: both methods, and whether they agree.

    Args:
        lines: The record of each replication: ``stations[]: {name, states}``, ``active_period: {station: [sole,
            shifting]}`` and ``serial``.

    Returns:
        ``active_period: {name, share_named, sole, shifting}``, ``turning_point: {name, reason, share_named}``,
        ``agree`` (null if a method names none), ``separated`` (does the active period tell the leading two
        apart with 95 % confidence; null for one replication), ``leaders`` and ``warning`` (a sentence, or null).
    """
    stations = [station["name"] for station in lines[0]["stations"]]
    held = {s: [sum(line["active_period"][s]) for line in lines] for s in stations}
    sole, shifting = ({s: [line["active_period"][s][k] for line in lines] for s in stations} for k in (0, 1))
    named = [_most_active(stations, line["active_period"]) for line in lines]
    leaders = sorted(stations, key=lambda s: -sum(held[s]))[:2]
    most_active = _most_often(named, leaders)
    by_activity = {
        "name": most_active,
        "share_named": _shares_named(named),
        "sole": {s: _mean(values) for s, values in sole.items()},
        "shifting": {s: _mean(values) for s, values in shifting.items()},
    }
    by_turn = _turning_points(stations, lines)
    names: tuple[str | None, str | None] = most_active, by_turn["name"]
    agree = None if None in names else names[0] == names[1]
    separated = _separated(*(held[s] for s in leaders)) if len(leaders) > 1 else True
    return {
        "active_period": by_activity,
        "turning_point": by_turn,
        "agree": agree,
        "leaders": leaders,
        "separated": separated,
        "warning": _warning(names, agree, leaders, separated),
    }


def _most_active(stations: Sequence[str], shares: Mapping[str, Sequence[float]]) -> str | None:
    best = max(stations, key=lambda s: (sum(shares[s]), shares[s][0]))
    return best if sum(shares[best]) > 0 else None


def _turning_points(stations: Sequence[str], lines: Sequence[Record]) -> dict[str, Any]:
    if not lines[0]["serial"]:
        return {"name": None, "reason": NOT_SERIAL, "share_named": {}}
    points = [_turning_point_of(line["stations"]) for line in lines]
    named = [None if p.station is None else stations[p.station] for p in points]
    name = _most_often(named, stations)
    reasons = [p.reason for p, n in zip(points, named, strict=True) if n == name]
    return {"name": name, "reason": _most_often(reasons, (NO_TURN,)), "share_named": _shares_named(named)}


def _turning_point_of(stations: Sequence[Record]) -> TurningPoint:
    states = [station["states"] for station in stations]
    return turning_point(
        [s["blocked"] for s in states],
        [sum(s.get(state, 0.0) for state in WAITS_FOR_PARTS) for s in states],
    )


def _most_often(named: Sequence[str | None], first: Sequence[str]) -> str | None:
    """Return the name found most often; of equals the one that stands first in ``first``, None behind all."""
    order = {name: -n for n, name in enumerate(first)}
    return max(dict.fromkeys(named), key=lambda name: (named.count(name), order.get(name or "", -len(first) - 1)))


def _shares_named(named: Sequence[str | None]) -> dict[str, dict[str, float]]:
    n = len(named)
    counts = {name: named.count(name) for name in named if name is not None}
    ends = {name: wilson(hits, n) for name, hits in counts.items()}
    return {
        name: {"share": hits / n, "low": ends[name][0], "high": ends[name][1]}
        for name, hits in sorted(counts.items(), key=lambda item: -item[1])
    }


def _mean(values: Sequence[float]) -> dict[str, float]:
    found = interval(values)
    return {"mean": found.mean, "half_width": found.half_width}


def _separated(first: Sequence[float], second: Sequence[float]) -> bool | None:
    """Return whether the first is ahead with 95 % confidence, paired by replication; None if that cannot be told."""
    ahead = interval([a - b for a, b in zip(first, second, strict=True)])
    return ahead.mean > ahead.half_width if isfinite(ahead.half_width) else None


def _warning(
    names: tuple[str | None, str | None], agree: bool | None, leaders: Sequence[str], separated: bool | None
) -> str | None:
    said = []
    if agree is False:
        said.append(f"The methods disagree: active period names {names[0]}, turning point {names[1]}.")
    if separated is False:
        said.append(
            f"{leaders[0]} and {leaders[1]} are bottleneck about as often; more replications may tell them apart."
        )
    return " ".join(said) or None
