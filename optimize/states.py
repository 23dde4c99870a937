"""The renewal states of a line: how many machines of each asset are in service with which option.

A line has few assets, so that its states can be listed. They are what a simulated output belongs to: a line in one
state, whenever and however it got there. A move is what is installed in one period; it leads from a state to a state.

Renewing every machine at most once is what makes a state tell what has been spent on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, inf, prod

import numpy as np
from numpy.typing import NDArray

from optimize.evaluate import Evaluator, capacity_per_h
from optimize.numbers import by_period
from optimize.plan import Renewal
from optimize.problem import Asset, RenewalProblem

Flags = NDArray[np.bool_]
Places = NDArray[np.int32]
Counts = tuple[int, ...]
"""Machines by option."""
State = tuple[Counts, ...]
"""Machines by asset (those of the line with options, in the order of the problem) and option."""
MOST_STATES = 200_000
MOST_MOVES = 4_000
ALIKE = 0.005
"""Capacities by simulation that differ by no more than this share count as equal."""


@dataclass(frozen=True, slots=True)
class Move:
    """What is installed on a line in one period, and where it leads from each state (-1: not possible)."""

    installs: State
    to: Places

    @property
    def machines(self) -> int:
        """Return how many machines are installed."""
        return sum(map(sum, self.installs))


class LineStates:
    """All states and moves of one line.

    >>> from optimize.problem import parse_problem
    >>> new = {"name": "new", "cost": 5, "capacity_per_h": 2, "starts_after": 0}
    >>> saw = {"name": "saw", "line": "a", "station": "s", "count": 2, "capacity_per_h": 1, "options": [new]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 3}, "assets": [saw],
    ...                          "lines": [{"name": "a", "stations": ["s"], "hours": 9, "margin": 1}]})
    >>> states = LineStates(problem, "a")
    >>> states.size, [states.state(n) for n in range(3)], len(states.moves)
    (3, [((0,),), ((1,),), ((2,),)], 3)
    """

    def __init__(self, problem: RenewalProblem, line: str) -> None:
        self.problem, self.name = problem, line
        self.line = next(row for row in problem.lines if row.name == line)
        self.assets = [n for n, asset in enumerate(problem.assets) if asset.line == line and asset.options]
        self.local = [_local_states(problem.assets[n]) for n in self.assets]
        self.shape = tuple(len(rows) for rows in self.local)
        self.size = prod(self.shape)
        self._place = [{row: n for n, row in enumerate(rows)} for rows in self.local]

    @cached_property
    def parts(self) -> list[Places]:
        """Return, for each asset, the number of its own state in each state of the line."""
        return [part.astype(np.int32) for part in np.unravel_index(np.arange(self.size), self.shape or (1,))]

    @cached_property
    def counts(self) -> NDArray[np.int16]:
        """Return the machines by state and kind (asset and option, in order)."""
        columns = [np.array(rows, dtype=np.int16)[part] for rows, part in zip(self.local, self.parts, strict=False)]
        return np.concatenate(columns, axis=1) if columns else np.zeros((1, 0), dtype=np.int16)

    @cached_property
    def kinds(self) -> list[tuple[int, int]]:
        """Return (asset index in the problem, option index) of each kind."""
        return [(n, o) for n in self.assets for o in range(len(self.problem.assets[n].options))]

    def state(self, number: int) -> State:
        """Return a state by its number."""
        if not self.shape:
            return ()
        return tuple(rows[n] for rows, n in zip(self.local, np.unravel_index(number, self.shape), strict=True))

    def number(self, state: State) -> int:
        """Return the number of a state."""
        if not self.shape:
            return 0
        return int(np.ravel_multi_index([p[row] for p, row in zip(self._place, state, strict=True)], self.shape))

    @cached_property
    def full(self) -> State:
        """Return the state with every machine renewed with the option of greatest capacity."""
        out = []
        for n in self.assets:
            asset, rank = self.problem.assets[n], _ranks(self.problem.assets[n])
            best = max(range(len(asset.options)), key=lambda o: rank[o + 1])
            out.append(tuple(asset.count if o == best else 0 for o in range(len(asset.options))))
        return tuple(out)

    @cached_property
    def at_most(self) -> list[Flags]:
        """Return for each asset whether its state i has no machine that state j has not as good or better.

        Good is measured by the capacity of the machine by itself; shape (states, states) of the asset.
        """
        out: list[Flags] = []
        for n, rows in zip(self.assets, self.local, strict=True):
            above = _above(self.problem.assets[n], rows)
            out.append(np.asarray(np.all(above[:, None, :] <= above[None, :, :], axis=2)))
        return out

    @cached_property
    def levels(self) -> NDArray[np.int64]:
        """Return how many machines are at least so good, by state, asset and step of the order of its options."""
        columns = [
            _above(self.problem.assets[n], rows)[part]
            for n, rows, part in zip(self.assets, self.local, self.parts, strict=False)
        ]
        return np.concatenate(columns, axis=1) if columns else np.zeros((1, 0), dtype=np.int64)

    def below(self, state: State) -> Flags:
        """Return which states have no renewal more than this one."""
        out = np.ones(self.size, dtype=bool)
        for part, order, place, row in zip(self.parts, self.at_most, self._place, state, strict=False):
            out &= order[:, place[row]][part]
        return out

    def not_more(self, small: State, large: State) -> bool:
        """Return whether the first state has no renewal more than the second."""
        return all(
            order[place[a], place[b]]
            for order, place, a, b in zip(self.at_most, self._place, small, large, strict=True)
        )

    @cached_property
    def moves(self) -> list[Move]:
        """Return all moves that the downtime limit lets happen in one period; the first installs nothing."""
        found = list(_installs(self.problem, self))
        return [Move(state, self._leads_to(state)) for state in sorted(found, key=lambda s: (sum(map(sum, s)), s))]

    def _leads_to(self, installs: State) -> Places:
        to, possible = np.zeros(self.size, dtype=np.int32), np.ones(self.size, dtype=bool)
        stride = self.size
        for rows, place, part, more in zip(self.local, self._place, self.parts, installs, strict=False):
            stride //= len(rows)
            then = np.array([place.get(tuple(a + b for a, b in zip(row, more, strict=True)), -1) for row in rows])
            to += (then[part] * stride).astype(np.int32)
            possible &= then[part] >= 0
        return np.where(possible, to, -1).astype(np.int32)

    def renewals(self, installs: State, period: int) -> list[Renewal]:
        """Return a move as renewals."""
        return [
            Renewal(asset=self.problem.assets[n].name, option=self.problem.assets[n].options[o].name,
                    period=period, machines=count)
            for n, row in zip(self.assets, installs, strict=True)
            for o, count in enumerate(row)
            if count
        ]  # fmt: skip


def listable(problem: RenewalProblem) -> str | None:
    """Return why the states of a problem cannot be listed, None if they can."""
    if problem.pools:
        return "money that renewals claim together belongs to no state"
    for asset in problem.assets:
        if asset.options and asset.line is None:
            return f"{asset.name} belongs to no line"
        if asset.max_renewals > 1:
            return f"{asset.name} may be renewed more than once"
        if any(option.starts_after for option in asset.options):
            return f"{asset.name} has an option that does not work in the period of its renewal"
    for line in problem.lines:
        assets = [asset for asset in problem.assets if asset.line == line.name and asset.options]
        size = prod(comb(asset.count + len(asset.options), len(asset.options)) for asset in assets)
        if size > MOST_STATES:
            return f"{line.name} has {size} states, more than {MOST_STATES}"
        most = _most_installs(problem, line.name)
        if (
            prod(most) > 100 * MOST_MOVES
            or sum(1 for _ in _installs(problem, LineStates(problem, line.name))) > MOST_MOVES
        ):
            return f"{line.name} has more than {MOST_MOVES} ways to install machines in one period"
    return None


def _local_states(asset: Asset) -> list[Counts]:
    """Return every way to share the machines of an asset among its options."""
    options = range(asset.count + 1)
    rows = product(options, repeat=len(asset.options))
    return [row for row in rows if sum(row) <= asset.count]


def _above(asset: Asset, rows: list[Counts]) -> NDArray[np.int64]:
    """Return for each way to share the machines how many are at least as good as each step of the order."""
    rank = _ranks(asset)
    there = np.array([(asset.count - sum(row), *row) for row in rows])
    above: NDArray[np.int64] = there @ (rank[:, None] >= np.arange(1, len(rank))[None, :])
    return above


def _ranks(asset: Asset) -> NDArray[np.int64]:
    """Return the order by capacity of one machine as it is (first) and with each option.

    Capacities less than ALIKE apart count as equal and keep the order of the file, the machine as it is first.
    """
    own = capacity_per_h(asset, None, asset.age + 1)
    capacity = [own, *(capacity_per_h(asset, option, 1) for option in asset.options)]
    order = sorted(range(len(capacity)), key=lambda n: (capacity[n], n))
    for _ in order:  # those alike change places until the order of the file holds among neighbours
        for k in range(len(order) - 1):
            low, high = order[k], order[k + 1]
            if low > high and capacity[high] - capacity[low] <= ALIKE * capacity[high]:
                order[k], order[k + 1] = high, low
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _downtime(asset: Asset, option: int) -> float:
    listed = asset.options[option].downtime_h
    return listed[0] if listed else 0.0


def _downtime_limit(problem: RenewalProblem, line: str) -> float:
    found = next(row for row in problem.lines if row.name == line)
    if found.downtime_limit_h is None:
        return inf
    return float(by_period(found.downtime_limit_h, problem.periods.count).max()) * (1 + 1e-7)


def _most_installs(problem: RenewalProblem, line: str) -> list[int]:
    """Return for each asset of a line at least how many ways there are to install its machines in one period."""
    limit, out = _downtime_limit(problem, line), []
    for asset in problem.assets:
        if asset.line == line and asset.options:
            least = min(_downtime(asset, o) for o in range(len(asset.options)))
            most = asset.count if least <= 0 else int(min(asset.count, limit // least))
            out.append(comb(most + len(asset.options), len(asset.options)))
    return out


def _installs(problem: RenewalProblem, states: LineStates) -> Iterator[State]:
    limit = _downtime_limit(problem, states.name)

    def rest(at: int, left_h: float) -> Iterator[State]:
        if at == len(states.assets):
            yield ()
            return
        asset = problem.assets[states.assets[at]]
        for row in states.local[at]:
            used = sum(n * _downtime(asset, o) for o, n in enumerate(row) if n)
            if used <= left_h:
                for others in rest(at + 1, left_h - used):
                    yield (row, *others)

    yield from rest(0, limit)


def capital_by_kind(problem: RenewalProblem) -> Mapping[tuple[int, int], NDArray[np.float64]]:
    """Return the present value of renewing one machine without its operation, by (asset, option) and period."""
    bare = {"saving": (0.0,), "running_cost": (0.0,), "carrier_saving": {}}
    assets = tuple(
        asset.model_copy(update={
            "running_cost": (0.0,),
            "options": tuple(option.model_copy(update=bare) for option in asset.options),
        })
        for asset in problem.assets
    )  # fmt: skip
    evaluator = Evaluator(problem.model_copy(update={"assets": assets}))
    return {
        (n, o): np.array([
            float((evaluator.figures(n, ((o, t),)).worth - evaluator.figures(n, ()).worth).sum())
            for t in range(problem.periods.count)
        ])
        for n, asset in enumerate(assets)
        for o in range(len(asset.options))
    }  # fmt: skip
