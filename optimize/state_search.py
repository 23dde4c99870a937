"""The best way through the states of all lines, period by period: exact, whatever the worth of a state is.

The worth of a state in a period is any table: it need not be made of station capacities. Lines are tied together by
money and other limits. Prices on these limits (Lagrange multipliers) let each line be searched by itself, which gives
a bound; states that no plan worth having can pass through are dropped; over those that are left all lines are searched
together, where the money spent is known from the states. Rules between lines, and limits over several periods other
than the budget, are priced or left out: what comes out is then still a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimize.numbers import by_period, windows
from optimize.plan import Renewal
from optimize.problem import After, Exclude, Must, RenewalProblem, Requires, Together
from optimize.states import Flags, LineStates, Places, State, capital_by_kind

Array = NDArray[np.float64]
MOST_JOINT = 4_000_000
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Worth:
    """What a line is worth (present value) in each period, by the state it is in and the move that led there.

    The worth of a period is that of a scene that speaks for the move and the state, plus what is known of the state
    itself, which may be two things: the scene says which.
    """

    values: Array
    """Shape (periods, scenes)."""
    of_state: Array
    """Shape (kinds of scenes, periods, states)."""
    kind: NDArray[np.int8]
    """By scene."""
    scene: NDArray[np.int16]
    """Shape (moves, states)."""

    def of(self, period: int, moves: Any, states: Any) -> Array:  # noqa: ANN401 - numbers or arrays of them
        """Return the worth of moves that lead to states."""
        scene = self.scene[moves, states]
        out: Array = self.values[period][scene] + self.of_state[self.kind[scene], period, states]
        return out


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the states: moves by line and period, and its worth under the tables it was found with."""

    value: float
    moves: tuple[tuple[int, ...], ...]
    """Number of the move, by line and period."""
    states: tuple[tuple[int, ...], ...]
    """Number of the state after the move, likewise."""


@dataclass(frozen=True, slots=True)
class PricedRow:
    """A limit on a sum over installations: what one machine of a kind uses by period, and how much there is."""

    name: str
    uses: Array
    """Shape (kinds of all lines, periods)."""
    limit: float


class Search:
    """Searches the states of all lines of a problem."""

    def __init__(self, problem: RenewalProblem, lines: Sequence[LineStates]) -> None:
        self.problem, self.lines = problem, list(lines)
        self.count = problem.periods.count
        capital = capital_by_kind(problem)
        self.capital = [np.array([capital[k] for k in line.kinds]).reshape(-1, self.count) for line in lines]
        self.cost = [_cost(problem, line) for line in lines]
        self.money = cumulative_budget(problem)
        self.rows = _rows(problem, self.lines)
        self.prices = np.zeros(len(self.rows))
        self.kept: list[Flags] = [self._affordable(n) for n in range(len(self.lines))]

    def _affordable(self, n: int) -> Flags:
        if self.money is None:
            return np.ones(self.lines[n].size, dtype=bool)
        out: Flags = np.asarray(self.spent[n] <= self.money[-1] * (1 + TINY) + TINY)
        return out

    @cached_property
    def spent(self) -> list[Array]:
        """Return what has been spent on each state, by line; least where a price changes with the period."""
        return [line.counts @ cost.min(axis=1) for line, cost in zip(self.lines, self.cost, strict=True)]

    @cached_property
    def installs(self) -> list[Array]:
        """Return the machines by move and kind, by line."""
        return [
            np.array([[n for row in move.installs for n in row] for move in line.moves], dtype=float).reshape(
                len(line.moves), len(line.kinds)
            )
            for line in self.lines
        ]

    @cached_property
    def _open(self) -> list[NDArray[np.bool_]]:
        """Return which moves a period allows, by line; shape (periods, moves)."""
        return [_allowed_moves(self.problem, line) for line in self.lines]

    @cached_property
    def _reachable(self) -> list[NDArray[np.bool_]]:
        """Return which states a period allows after its moves, by line; shape (periods, states)."""
        out = []
        for n, line in enumerate(self.lines):
            allowed = _allowed_states(self.problem, line)
            if self.money is not None:
                allowed &= self.spent[n][None, :] <= self.money[:, None] * (1 + TINY) + TINY
            out.append(allowed)
        return out

    def keep_all(self) -> None:
        """Take back what was dropped."""
        self.kept = [self._affordable(n) for n in range(len(self.lines))]

    def arcs(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the moves of a line, and the states they lead to, that are possible between kept states."""
        narrow = self.narrowed(n)
        possible = (narrow.to >= 0) & np.asarray(narrow.allowed.any(axis=0))[:, None]
        moves, states = np.nonzero(possible)
        return moves, narrow.states[narrow.to[moves, states]].astype(np.int64)

    def narrowed(self, n: int) -> Narrow:
        """Return the states of a line that are still kept, with the moves between them."""
        return Narrow(self.lines[n], np.flatnonzero(self.kept[n]).astype(np.int32), self._reachable[n], self._open[n])

    def price_of_moves(self, n: int, priced: bool = True) -> Array:
        """Return what each move brings besides operation, less the price of what it uses; shape (periods, moves)."""
        each = self.capital[n].copy()
        if priced:
            start = sum(len(line.kinds) for line in self.lines[:n])
            mine = slice(start, start + len(self.lines[n].kinds))
            for price, row in zip(self.prices, self.rows, strict=True):
                each -= price * row.uses[mine]
        out: Array = (self.installs[n] @ each).T
        return out

    # --- each line by itself, at the prices in force ---

    def priced_bound(self, worths: Sequence[Worth], steps: int, aim: float) -> float:
        """Return the least bound found in so many steps of the prices; the prices of that bound stay in force.

        Args:
            worths: By line, on all its states.
            steps: Most changes of the prices.
            aim: A value that a plan is known to have: steps aim at it.
        """
        best, best_prices, scale = np.inf, self.prices, 1.0
        for step in range(steps + 1):
            found = [self._line_best(n, worths[n]) for n in range(len(self.lines))]
            use = self._use([moves for _, moves in found])
            slack = np.array([row.limit for row in self.rows]) - use
            bound = sum(value for value, _ in found) + float(self.prices @ [row.limit for row in self.rows])
            if bound < best - TINY:
                best, best_prices = bound, self.prices
            else:
                scale *= 0.7
            over = np.where((self.prices <= 0) & (slack > 0), 0.0, slack)
            if step == steps or not over.any() or bound <= aim:
                break
            length = scale * max(bound - aim, TINY) / float(over @ over)
            self.prices = np.maximum(0.0, self.prices - length * over)
        self.prices = best_prices
        return best

    def _use(self, moves: Sequence[Sequence[int]]) -> Array:
        per_kind = np.concatenate(
            [self.installs[n][list(row)].T for n, row in enumerate(moves)], axis=0
        )  # shape (kinds, periods)
        return np.array([float((row.uses * per_kind).sum()) for row in self.rows])

    def _line_best(self, n: int, worth: Worth) -> tuple[float, list[int]]:
        narrow = self.narrowed(n)
        table = narrow.backward(self.price_of_moves(n), worth)
        return float(table[0][narrow.start]), narrow.follow(table, self.price_of_moves(n), worth)

    def priced_path(self, worths: Sequence[Worth]) -> Path:
        """Return each line's best way at the prices in force; together they may spend more than there is."""
        found = [self._line_best(n, worths[n]) for n in range(len(self.lines))]
        states = []
        for line, (_, moves) in zip(self.lines, found, strict=True):
            here, row = 0, []
            for move in moves:
                here = int(line.moves[move].to[here])
                row.append(here)
            states.append(tuple(row))
        return Path(sum(value for value, _ in found), tuple(tuple(moves) for _, moves in found), tuple(states))

    def drop(self, worths: Sequence[Worth], floor: float) -> None:
        """Drop the states that no plan of at least this value passes through, by the bound at the prices in force."""
        forth_back = []
        for n in range(len(self.lines)):
            narrow, price = self.narrowed(n), self.price_of_moves(n)
            back = narrow.backward(price, worths[n])
            forth_back.append((narrow, back, narrow.forward(price, worths[n])))
        constant = float(self.prices @ np.array([row.limit for row in self.rows])) if self.rows else 0.0
        total = sum(float(back[0][narrow.start]) for narrow, back, _ in forth_back) + constant
        for n, (narrow, back, forth) in enumerate(forth_back):
            through = (forth + back[1:]).max(axis=0) + total - float(back[0][narrow.start])
            through[narrow.start] = np.inf
            kept = np.zeros(self.lines[n].size, dtype=bool)
            kept[narrow.states[through >= floor]] = True
            self.kept[n] = kept

    # --- all lines together ---

    @property
    def joint_size(self) -> int:
        """Return how many states all lines together still have."""
        size = 1
        for kept in self.kept:
            size *= int(kept.sum())
        return size

    def best(self, worths: Sequence[Worth]) -> Path:
        """Return the best way through the joint states that are kept."""
        return Joint(self, worths).path()

    def renewals(self, path: Path) -> list[Renewal]:
        """Return a way as renewals."""
        return [
            renewal
            for line, moves in zip(self.lines, path.moves, strict=True)
            for period, number in enumerate(moves)
            for renewal in line.renewals(line.moves[number].installs, period)
        ]

    def follow(self, renewals: Sequence[Renewal]) -> list[list[tuple[State, State]]]:
        """Return, by line and period, state after the period's installations and what they were."""
        out = []
        for line in self.lines:
            place = {(self.problem.assets[n].name, option.name): (a, o)
                     for a, n in enumerate(line.assets)
                     for o, option in enumerate(self.problem.assets[n].options)}  # fmt: skip
            here = [[0] * len(self.problem.assets[n].options) for n in line.assets]
            rows = []
            for period in range(self.count):
                more = [[0] * len(row) for row in here]
                for item in renewals:
                    if item.period == period and (item.asset, item.option) in place:
                        a, o = place[item.asset, item.option]
                        more[a][o] += item.machines
                        here[a][o] += item.machines
                rows.append((tuple(map(tuple, here)), tuple(map(tuple, more))))
            out.append(rows)
        return out


class Narrow:
    """Some states of a line and the moves between them, numbered anew."""

    def __init__(self, line: LineStates, states: Places, reachable: Flags, allowed: Flags) -> None:
        self.line, self.states = line, states
        again = np.full(line.size, -1, dtype=np.int32)
        again[states] = np.arange(len(states), dtype=np.int32)
        self.start = int(again[0])
        self.reachable, self.allowed = np.ascontiguousarray(reachable[:, states]), allowed
        to = np.array([move.to[states] for move in line.moves], dtype=np.int32)
        self.to: Places = np.where(to >= 0, again[to], -1).astype(np.int32)

    @property
    def size(self) -> int:
        """Return the number of states."""
        return len(self.states)

    def worth(self, worth: Worth) -> Worth:
        """Return the worth of the states that are left."""
        return Worth(
            worth.values,
            np.ascontiguousarray(worth.of_state[:, :, self.states]),
            worth.kind,
            np.ascontiguousarray(worth.scene[:, self.states]),
        )

    def backward(self, price: Array, worth: Worth) -> Array:
        """Return the best value from each period on by state before its moves; shape (periods + 1, states)."""
        w = self.worth(worth)
        table: Array = kernels().backward(
            self.to, w.scene, w.values, w.of_state, w.kind, price, self.allowed, self.reachable
        )
        return table

    def forward(self, price: Array, worth: Worth) -> Array:
        """Return the best value up to each period by state after its moves; shape (periods, states)."""
        w = self.worth(worth)
        table: Array = kernels().forward(
            self.to, w.scene, w.values, w.of_state, w.kind, price, self.allowed, self.reachable, self.start
        )
        return table

    def follow(self, table: Array, price: Array, worth: Worth) -> list[int]:
        """Return the moves of a best way, given what :meth:`backward` returned."""
        here, moves = self.start, []
        for t in range(len(price)):
            to = self.to[:, here]
            possible = self.allowed[t] & (to >= 0) & self.reachable[t, to]
            value = price[t] + worth.of(t, np.arange(len(to)), self.states[to]) + table[t + 1][to]
            chosen = int(np.argmax(np.where(possible, value, -np.inf)))
            moves.append(chosen)
            here = int(to[chosen])
        return moves


def kernels() -> Any:  # noqa: ANN401 - a module
    """Return the compiled loops, which nobody loads who does not search states."""
    return import_module("optimize.state_kernels")


class Joint:
    """All lines together on the states that are kept."""

    def __init__(self, search: Search, worths: Sequence[Worth]) -> None:
        self.search = search
        self.narrow = [search.narrowed(n) for n in range(len(search.lines))]
        self.worths = [narrow.worth(worth) for narrow, worth in zip(self.narrow, worths, strict=True)]
        self.shape = tuple(narrow.size for narrow in self.narrow)
        # the budget is kept exactly here, so that only what no state tells is priced
        held = [row.name == "budget" and search.money is not None for row in search.rows]
        kept_prices = search.prices
        search.prices = np.where(held, 0.0, kept_prices)
        self.constant = float(search.prices @ np.array([row.limit for row in search.rows])) if search.rows else 0.0
        self.price = [search.price_of_moves(n) for n in range(len(search.lines))]
        search.prices = kept_prices

    @cached_property
    def _spent(self) -> Array:
        total = np.zeros(self.shape)
        for axis, narrow in enumerate(self.narrow):
            form = [1] * len(self.shape)
            form[axis] = -1
            total = total + self.search.spent[axis][narrow.states].reshape(form)
        return total

    def path(self) -> Path:
        """Return the best way."""
        count, lines = self.search.count, len(self.narrow)
        choices: list[list[NDArray[np.int16]]] = []
        later = np.zeros(self.shape)
        for t in reversed(range(count)):
            if self.search.money is not None:
                later = np.where(self._spent <= self.search.money[t] * (1 + TINY) + TINY, later, -np.inf)
            chosen: list[NDArray[np.int16]] = [np.zeros(0, dtype=np.int16)] * lines
            for axis in reversed(range(lines)):
                later, chosen[axis] = self._step(t, axis, later)
            choices.append(chosen)
        choices.reverse()
        here = [narrow.start for narrow in self.narrow]
        moves: list[list[int]] = [[] for _ in self.narrow]
        states: list[list[int]] = [[] for _ in self.narrow]
        value = float(later[tuple(here)]) + self.constant
        for t in range(count):
            for axis, narrow in enumerate(self.narrow):
                number = int(choices[t][axis][tuple(here)])
                full = narrow.line.moves[number].to[narrow.states[here[axis]]]
                here[axis] = int(np.searchsorted(narrow.states, full))
                moves[axis].append(number)
                states[axis].append(int(full))
        return Path(value, tuple(map(tuple, moves)), tuple(map(tuple, states)))

    def _step(self, t: int, axis: int, later: Array) -> tuple[Array, NDArray[np.int16]]:
        """Return the value before the moves of one line in a period, and the best move."""
        narrow, w = self.narrow[axis], self.worths[axis]
        after = np.ascontiguousarray(np.moveaxis(later, axis, 0)).reshape(narrow.size, -1)
        out, chosen = kernels().joint_step(
            narrow.to, w.scene, w.values[t], w.of_state, w.kind, t, self.price[axis][t], narrow.allowed[t],
            narrow.reachable[t], after,
        )  # fmt: skip
        rest = tuple(size for n, size in enumerate(self.shape) if n != axis)
        back = np.moveaxis(out.reshape(narrow.size, *rest), 0, axis)
        return back, np.moveaxis(chosen.reshape(narrow.size, *rest), 0, axis)


def cumulative_budget(problem: RenewalProblem) -> Array | None:
    """Return what may have been spent up to each period; without carry-over this is less than the budget says."""
    if problem.budget is None:
        return None
    parts = windows(problem, problem.budget.every)
    income = np.zeros(problem.periods.count)
    for amount, window in zip(by_period(problem.budget.amounts, len(parts)), parts, strict=True):
        income[window.start] = amount
    out: Array = income.cumsum()
    return out


def _cost(problem: RenewalProblem, line: LineStates) -> Array:
    """Return the price of one machine by kind and period, what is due within the horizon."""
    rows = []
    for n, o in line.kinds:
        option = problem.assets[n].options[o]
        row = np.zeros(problem.periods.count)
        for t in range(problem.periods.count):
            due = option.cost if option.cost_by_period is None else option.cost_by_period[t : t + 1]
            row[t] = sum((due or ())[:1])
        rows.append(row)
    return np.array(rows).reshape(-1, problem.periods.count)


def _rows(problem: RenewalProblem, lines: Sequence[LineStates]) -> list[PricedRow]:
    """Return the limits that tie lines together: budget, further resources."""
    count = problem.periods.count
    kinds = [kind for line in lines for kind in line.kinds]
    cost = np.concatenate([_cost(problem, line) for line in lines], axis=0)
    out = []
    if problem.budget is not None:
        parts = windows(problem, problem.budget.every)
        amounts, total = by_period(problem.budget.amounts, len(parts)), 0.0
        for amount, window in zip(amounts, parts, strict=True):
            total += amount
            first = 0 if problem.budget.carry_over else window.start
            during = (np.arange(count) >= first) & (np.arange(count) < window.stop)
            limit, name = (total, "budget") if problem.budget.carry_over else (float(amount), "yearly budget")
            out.append(PricedRow(name, cost * during, float(limit)))
    for name, resource in problem.resources.items():
        if resource.max is None:
            continue
        parts = windows(problem, resource.every)
        use = [(problem.assets[n].options[o].uses.get(name) or (0.0,))[0] for n, o in kinds]
        for most, window in zip(by_period(resource.max, len(parts)), parts, strict=True):
            during = (np.arange(count) >= window.start) & (np.arange(count) < window.stop)
            out.append(PricedRow(name, np.array(use)[:, None] * during, float(most)))
    return out


def _allowed_moves(problem: RenewalProblem, line: LineStates) -> Flags:
    """Return which moves keep the downtime limit, the allowed periods and rules within a period."""
    count = problem.periods.count
    installs = np.array([[n for row in move.installs for n in row] for move in line.moves]).reshape(
        len(line.moves), len(line.kinds)
    )
    options = [problem.assets[n].options[o] for n, o in line.kinds]
    out = np.ones((count, len(line.moves)), dtype=bool)
    if line.line.downtime_limit_h is not None:
        hours = np.array([option.downtime_h[0] if option.downtime_h else 0.0 for option in options])
        limits = by_period(line.line.downtime_limit_h, count)
        out &= (installs @ hours)[None, :] <= limits[:, None] * (1 + 1e-7)
    for k, option in enumerate(options):
        for allowed in (option.allowed_periods, line.line.allowed_periods):
            if allowed is not None:
                closed = np.array([t not in allowed for t in range(count)])
                out &= ~(closed[:, None] & (installs[:, k] > 0)[None, :])
        if option.follows is not None and problem.assets[line.kinds[k][0]].name not in option.follows:
            out &= (installs[:, k] == 0)[None, :]
    for rule in problem.rules:
        if isinstance(rule, Together):
            columns = [_columns(problem, line, name) for name in rule.together]
            if all(columns):
                there = np.array([installs[:, c].sum(axis=1) > 0 for c in columns])
                out &= np.asarray(there.all(axis=0) | ~there.any(axis=0))[None, :]
    return out


def _allowed_states(problem: RenewalProblem, line: LineStates) -> Flags:
    """Return which states keep the rules that a state tells, by period."""
    count = problem.periods.count
    out = np.ones((count, line.size), dtype=bool)

    def done(name: str) -> NDArray[np.int64] | None:
        columns = _columns(problem, line, name)
        return line.counts[:, columns].sum(axis=1) if columns else None

    for rule in problem.rules:
        match rule:
            case Exclude():
                found = [machines for name in rule.exclude if (machines := done(name)) is not None]
                if found:
                    out &= np.asarray(np.sum([m > 0 for m in found], axis=0) <= 1)[None, :]
            case Must():
                machines, by = done(rule.must), count - 1 if rule.by is None else rule.by
                if machines is not None:
                    out[by:] &= (machines >= _machines(problem, rule.must))[None, :]
            case Requires():
                first, then = done(rule.requires.when), done(rule.requires.then)
                if first is not None and then is not None:
                    out[-1] &= (first == 0) | (then >= _machines(problem, rule.requires.then))
            case After():
                first, then = done(rule.after.first), done(rule.after.then)
                if first is not None and then is not None:
                    out &= ((then == 0) | (first >= _machines(problem, rule.after.first)))[None, :]
    return out


def _columns(problem: RenewalProblem, line: LineStates, name: str) -> list[int]:
    """Return the kinds of a line that a reference means."""
    return [
        k
        for k, (n, o) in enumerate(line.kinds)
        if name in (problem.assets[n].name, f"{problem.assets[n].name}/{problem.assets[n].options[o].name}")
    ]


def _machines(problem: RenewalProblem, name: str) -> int:
    asset = next(a for a in problem.assets if name == a.name or name.startswith(a.name + "/"))
    return asset.count
