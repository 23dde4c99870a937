"""The most that a line can earn in each of its states, as far as simulated states tell.

What machines earn by themselves (energy at the same output, running cost) is taken off; what is left is the worth of
the output, and more renewal should make no less of it. So every simulated state is a ceiling for all states with no
more renewals, and a simulated installation is one for every state with no more renewals in which at least so much is
installed. Every pair of simulated states is a test of this. Where one fails, the ceilings are loosened: a renewal is
allowed to cost what agrees with every pair (the least greatest amount, a linear programme). Pairs that
fail in the output itself, beyond chance, are reported; what they cost loosens the ceilings that come from states with
no more renewals than theirs, not those of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog

from experiments.loop_runs import Scene, Seen
from experiments.playback import Array
from optimize.evaluate import capacity_per_h
from optimize.numbers import at_age, by_period
from optimize.problem import Asset
from optimize.state_search import Worth
from optimize.states import LineStates, State

OUTPUT_TOLERANCE = 0.002
"""Share of the output that a contradiction must exceed, besides chance, to count as one."""

LOOSENED_BEYOND = 2.0
"""Standard errors of a pair's difference that are put down to chance before ceilings are loosened."""

BY_CAPACITY = 2
"""Kind of ceiling: the least capacity of stations by themselves."""


@dataclass(frozen=True, slots=True)
class Refuted:
    """Two simulated states of which the one with more renewals makes less."""

    line: str
    fewer: State
    more: State
    lost_share: float
    """By how much the output (its margin) is less."""


@dataclass(slots=True)
class Ceiling:
    """What is known of one line."""

    states: LineStates
    factor: Array
    """Present value after tax of one CNY of operating result, by period."""
    seen: dict[Scene, Seen]
    base: Scene
    confidence: float
    efficiency: float
    """What the problem's capacities are divided by so that no line passes them (:func:`experiments.beliefs.freed`)."""
    kept: float
    """Share of an operating result that is left after tax."""
    loosened: Array = field(default_factory=lambda: np.zeros((2, 0)))
    """By step of the order: what renewing one machine may cost, present value over the whole plan. First for ceilings
    from states where the output keeps the order, then for those from states where it does not."""
    refuted: list[Refuted] = field(default_factory=list)
    checked: int = 0
    _scenes: list[Scene] = field(default_factory=list)
    _values: Array = field(default_factory=lambda: np.zeros((0, 0)))
    _worth: Worth | None = None
    _below: dict[State, NDArray[np.bool_]] = field(default_factory=dict)
    own_of_state: Array = field(init=False)
    share: Array = field(init=False)
    unordered: NDArray[np.bool_] = field(init=False)
    """States with no more renewals than one that makes less than it should."""

    def __post_init__(self) -> None:
        own = own_gains(self.states) * self.after_tax[:, None]
        self.own_of_state = own @ self.states.counts.T.astype(float)
        self.share = self.factor / self.factor.sum()
        self.loosened = np.zeros((2, self.states.levels.shape[1]))
        self.unordered = np.zeros(self.states.size, dtype=bool)
        self.update()

    @property
    def after_tax(self) -> Array:
        """Return the present value of one CNY that has been taxed, as own gains of the problem are."""
        return self.factor / self.kept

    # --- what simulation says ---

    def gain(self, scene: Scene, seen: dict[Scene, Seen] | None = None) -> Array:
        """Return present value gained over the line as it is, by replication and period."""
        seen = self.seen if seen is None else seen
        out: Array = (seen[scene].operating_cny - seen[self.base].operating_cny) * self.factor
        return out

    def _lifted(self, scene: Scene, seen: dict[Scene, Seen]) -> Array:
        """Return the mean gain of a scene by period without the own gains of its machines, loosened."""
        number = self.states.number(scene.state)
        loose = float(self.states.levels[number] @ self.loosened[self._kind(scene)])
        out: Array = self.gain(scene, seen).mean(axis=0) - self.own_of_state[:, number] + loose * self.share
        return out

    def _kind(self, scene: Scene) -> int:
        return int(self.unordered[self.states.number(scene.state)])

    def update(self) -> bool:
        """Take in what has been simulated since; return whether any ceiling may have risen."""
        mine = [scene for scene in self.seen if scene.line == self.base.line]
        self._scenes, self._worth = mine, None
        before = self.loosened.copy()
        pairs = self._pairs()
        self._check(pairs)
        self._loosen(pairs)
        self._values = np.array([self._lifted(scene, self.seen) for scene in mine]).T.copy()
        return bool((self.loosened > before + 1.0).any())

    def _numbers(self, scenes: list[Scene]) -> list[int]:
        return [self.states.number(scene.state) for scene in scenes]

    def _levels(self, scenes: list[Scene]) -> Array:
        return self.states.levels[self._numbers(scenes)].astype(float)

    def _pairs(self) -> list[tuple[int, int]]:
        """Return (fewer, more) of the simulated scenes in which nothing is installed."""
        held = [n for n, scene in enumerate(self._scenes) if scene.held]
        levels = self._levels(self._scenes)
        return [
            (a, b) for a in held for b in held if a != b and (levels[a] <= levels[b]).all()
        ]  # fmt: skip

    def _check(self, pairs: list[tuple[int, int]]) -> None:
        """Look for states with more renewals that make less, beyond chance."""
        self.checked = len(pairs)
        output = np.array([self.seen[scene].margin_cny @ self.factor for scene in self._scenes])
        lost, error = _differences(output, pairs)
        beyond = float(stats.norm.ppf(1 - (1 - self.confidence) / max(len(pairs), 1)))
        known = {(row.fewer, row.more) for row in self.refuted}
        for n, (a, b) in enumerate(pairs):
            total = float(output[a].mean())
            if lost[n] > max(OUTPUT_TOLERANCE * total, beyond * error[n]):
                fewer, more = self._scenes[a].state, self._scenes[b].state
                self.unordered |= self._below_of(more)
                if (fewer, more) not in known:
                    self.refuted.append(Refuted(self.states.name, fewer, more, float(lost[n]) / total))

    def _loosen(self, pairs: list[tuple[int, int]]) -> None:
        """Lower the own gains as little as agrees, within chance, with every simulated pair."""
        own = self.own_of_state.sum(axis=0)[self._numbers(self._scenes)]
        rest = np.array([self.gain(scene).sum(axis=1) for scene in self._scenes]) - own[:, None]
        lost, error = _differences(rest, pairs)
        levels, short = self._levels(self._scenes), lost - LOOSENED_BEYOND * error
        for kind in (0, 1):
            broken = [n for n, (_, b) in enumerate(pairs) if short[n] > 0 and self._kind(self._scenes[b]) == kind]
            steps = np.array([levels[pairs[n][1]] - levels[pairs[n][0]] for n in broken])
            self.loosened[kind] = _least(steps, short[broken]) if broken else 0.0

    # --- ceilings ---

    @property
    def worth(self) -> Worth:
        """Return the most that each state can earn in each period, present value over the line as it is."""
        if self._worth is None:
            kind = np.array([*map(self._kind, self._scenes), BY_CAPACITY], dtype=np.int8)
            of_state = np.concatenate([self._of_state, self._by_capacity(self.seen)[None]])
            values = np.concatenate([self._values, np.zeros((len(self.factor), 1))], axis=1)
            self._worth = Worth(
                values, of_state, kind, self._ceilings(kind, (of_state[BY_CAPACITY] - self.own_of_state).sum(axis=0))
            )
        return self._worth

    @property
    def _of_state(self) -> Array:
        """Return what is known of a state itself, by kind of scene: shape (kinds, periods, states)."""
        out: Array = self.own_of_state[None] - self.share[None, :, None] * self._looser[:, None, :]
        return out

    @property
    def _looser(self) -> Array:
        return self.loosened @ self.states.levels.T

    def _ceilings(self, kind: NDArray[np.int8], by_capacity: Array) -> NDArray[np.int16]:
        """Return the scene with the least worth over the whole plan among those that hold, by move and state.

        Number one past the last scene: the capacities of stations, which need no scene.
        """
        total, looser = self._values.sum(axis=0), self._looser
        groups: dict[State, tuple[Array, NDArray[np.int16]]] = {
            self.base.installs: (by_capacity.copy(), np.full(self.states.size, len(self._scenes), dtype=np.int16))
        }
        for n, scene in enumerate(self._scenes):
            least, which = groups.setdefault(
                scene.installs,
                (np.full(self.states.size, np.inf), np.full(self.states.size, -1, dtype=np.int16)),
            )
            value = total[n] - looser[kind[n]]
            lower = self._below_of(scene.state) & (value < least)
            least[lower], which[lower] = value[lower], n
        rows = []
        for move in self.states.moves:
            least, row = np.full(self.states.size, np.inf), np.full(self.states.size, -1, dtype=np.int16)
            for installs, (value, which) in groups.items():
                if _part_of(installs, move.installs):
                    row = np.where(value < least, which, row)
                    least = np.minimum(least, value)
            rows.append(row)
        scene_of = np.array(rows, dtype=np.int16)
        numbers = {move.installs: number for number, move in enumerate(self.states.moves)}
        for n, scene in enumerate(self._scenes):  # each speaks for itself, even where chance makes another lower
            if scene.installs in numbers:
                scene_of[numbers[scene.installs], self.states.number(scene.state)] = n
        return scene_of

    @property
    def known(self) -> Worth:
        """Return the worth of simulated states alone: what has not been simulated is worth nothing at all.

        Where a move to a state has not been simulated, it is as the state held.
        """
        numbers = {move.installs: number for number, move in enumerate(self.states.moves)}
        scene_of = np.full((len(numbers), self.states.size), len(self._scenes), dtype=np.int16)
        for exact in (False, True):
            for n, scene in enumerate(self._scenes):
                at = self.states.number(scene.state)
                if scene.held and not exact:
                    scene_of[:, at] = n
                elif not scene.held and exact and scene.installs in numbers:
                    scene_of[numbers[scene.installs], at] = n
        nothing = np.full((len(self.factor), 1), -np.inf)
        worth = self.worth
        values = np.concatenate([self._values, nothing], axis=1)
        return Worth(values, worth.of_state, worth.kind, scene_of)

    def _below_of(self, state: State) -> NDArray[np.bool_]:
        if state not in self._below:
            self._below[state] = self.states.below(state)
        return self._below[state]

    def scene(self, move: int, state: int) -> Scene:
        """Return the scene of a move that leads to a state."""
        return Scene(self.base.line, self.states.state(state), self.states.moves[move].installs)

    def over_the_plan(self, move: int, state: int) -> float:
        """Return the ceiling of a scene, summed over the whole plan."""
        return float(sum(self.worth.of(t, move, state) for t in range(len(self.factor))))

    def scenes_of(self, arcs: tuple[NDArray[np.int64], NDArray[np.int64]]) -> list[Scene]:
        """Return the scenes that are the ceilings of moves and the states they lead to."""
        return [self._scenes[n] for n in np.unique(self.worth.scene[arcs]) if n < len(self._scenes)]

    def anew(self, seen: dict[Scene, Seen]) -> Worth:
        """Return the ceilings with the same scenes for the same states, as they came out in other replications.

        Scenes that were not simulated again have none; they must not be needed.
        """
        worth = self.worth
        mean = [self._lifted(scene, seen) if scene in seen else np.full(len(self.factor), -np.inf)
                for scene in self._scenes]  # fmt: skip
        values = np.array([*mean, np.zeros(len(self.factor))]).T.copy()
        of_state = np.concatenate([self._of_state, self._by_capacity(seen)[None]])
        return Worth(values, of_state, worth.kind, worth.scene)

    def chance(self, seen: dict[Scene, Seen], moves: Sequence[int], states: Sequence[int]) -> Array:
        """Return by how much the ceilings of a way differ from their mean in each replication."""
        out = np.zeros(len(seen[self.base].margin_cny))
        for t, (move, state) in enumerate(zip(moves, states, strict=True)):
            n = int(self.worth.scene[move, state])
            if n < len(self._scenes):
                gain = self.gain(self._scenes[n], seen)[:, t]
                out += gain - gain.mean()
        return out

    def suppose(self, move: int, state: int, less: float) -> None:
        """Take a scene as simulated, with so much less (present value over the whole plan) than its ceiling."""
        worth = self.worth
        kind = int(self.unordered[state])
        value = np.array([worth.of(t, move, state) for t in range(len(self.factor))]) - less * self.share
        installs = self.states.moves[move].installs
        column = (value - worth.of_state[kind][:, state])[:, None]
        values = np.concatenate([worth.values, column], axis=1)  # supposed scenes come after the capacities
        kinds = np.append(worth.kind, np.int8(kind))
        n, total, scene = values.shape[1] - 1, values.sum(axis=0), worth.scene.copy()
        looser = -worth.of_state.sum(axis=1)
        moves = np.array([_part_of(installs, m.installs) for m in self.states.moves])
        states = self._below_of(self.states.state(state))
        where = np.ix_(moves, states)
        now, mine = scene[where], (total[n] - looser[kind])[states][None, :]
        held = total[now] - looser[kinds[now], np.flatnonzero(states)[None, :]]
        scene[where] = np.where(mine < held, n, now)
        scene[move, state] = n
        self._worth = Worth(values, worth.of_state, kinds, scene)

    def _by_capacity(self, seen: dict[Scene, Seen]) -> Array:
        """Return the ceiling by the least station capacity, by period and state; it needs no order of the states."""
        line, problem = self.states.line, self.states.problem
        count = problem.periods.count
        least = np.full((count, self.states.size), np.inf)
        for station in line.stations:
            there = np.zeros((count, self.states.size))
            mine = [a for a in problem.assets if (a.line, a.station) == (line.name, station)]
            for asset in mine:
                there += asset.count * _old_capacity(asset, count)[:, None]
            for k, (n, o) in enumerate(self.states.kinds):
                asset = problem.assets[n]
                if asset.station == station:
                    best = max(capacity_per_h(asset, asset.options[o], age) for age in range(1, count + 1))
                    there += np.outer(best - _old_capacity(asset, count), self.states.counts[:, k])
            if mine and all(asset.capacity_per_h is not None for asset in mine):
                least = np.minimum(least, there / self.efficiency)
        if line.demand_per_h is not None:
            least = np.minimum(least, by_period(line.demand_per_h, count)[:, None])
        hours, margin = by_period(line.hours, count), by_period(line.margin or 0.0, count)
        made = seen[self.base].good.mean(axis=0)
        output = (margin * self.after_tax)[:, None] * (least * hours[:, None] - made[:, None])
        out: Array = output + self.own_of_state + np.outer(self.share, self.states.levels @ self._more(output, seen))
        return out

    def _more(self, output: Array, seen: dict[Scene, Seen]) -> Array:
        """Return by how much machines earn more by themselves than believed, so that no simulated state passes this."""
        held = [scene for scene in seen if scene.line == self.base.line and scene.held]
        numbers = self._numbers(held)
        gains = np.array([float(self.gain(scene, seen).mean(axis=0).sum()) for scene in held])
        short = gains - (self.own_of_state + output)[:, numbers].sum(axis=0)
        steps = self._levels(held)
        passed = (short > 0) & steps.any(axis=1)
        return _least(steps[passed], short[passed]) if passed.any() else np.zeros(self.states.levels.shape[1])


def _old_capacity(asset: Asset, count: int) -> Array:
    return np.array([capacity_per_h(asset, None, asset.age + t + 1) for t in range(count)])


def _differences(values: Array, pairs: list[tuple[int, int]]) -> tuple[Array, Array]:
    """Return mean and standard error of the first less the second of each pair, replication by replication.

    Few replications tell little of a single pair's error: it counts as no less than that of half of all pairs.
    """
    if not pairs:
        return np.zeros(0), np.zeros(0)
    first, second = np.array(pairs).T
    each = values[first] - values[second]
    n = each.shape[1]
    error = each.std(axis=1, ddof=1) / n**0.5 if n > 1 else np.full(len(pairs), np.inf)
    return each.mean(axis=1), np.maximum(error, np.median(error))


def _least(steps: Array, short: Array) -> Array:
    """Return amounts by step of the order, the greatest as small as can be, that make up for what pairs fall short."""
    n = steps.shape[1]
    rows = np.concatenate([
        np.concatenate([-steps, np.zeros((len(steps), 1))], axis=1),
        np.concatenate([np.eye(n), -np.ones((n, 1))], axis=1),
    ])  # fmt: skip
    found = linprog(
        np.append(np.full(n, 1e-3), 1.0), A_ub=rows, b_ub=np.append(-short, np.zeros(n)), bounds=[(0, None)] * (n + 1)
    )
    out: Array = np.asarray(found.x)[:n] if found.success else np.full(n, short.max())
    return out


def own_gains(states: LineStates) -> Array:
    """Return what one machine of each kind earns by itself in each period, after tax: shape (periods, kinds)."""
    count = states.problem.periods.count
    out = np.zeros((count, len(states.kinds)))
    for k, (n, o) in enumerate(states.kinds):
        asset = states.problem.assets[n]
        option = asset.options[o]
        saving = max(at_age(option.saving, age) for age in range(1, count + 1))
        running = min(at_age(option.running_cost, age) for age in range(1, count + 1))
        out[:, k] = [saving - running + at_age(asset.running_cost, asset.age + t + 1) for t in range(count)]
    return out


def _part_of(some: State, installs: State) -> bool:
    """Return whether a move contains another."""
    return all(a <= b for row, more in zip(some, installs, strict=True) for a, b in zip(row, more, strict=True))
