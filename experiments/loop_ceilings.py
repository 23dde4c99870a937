"""The most that a line can earn in each of its states, as far as simulated states tell.

What machines earn by themselves (energy at the same output, running cost) is taken off; what is left is the worth of
the output, and more renewal never makes less of it. So every simulated state is a ceiling for all states with no more
renewals, and a simulated installation is one for every state with no more renewals in which at least so much is
installed. Where simulated states contradict this:

- in the money: the own gains are loosened as little as agrees with all of them (a linear programme);
- in the output itself, beyond chance: the line falls back to ceilings that need no such order: a simulated state
  speaks for itself alone, all others have the least capacity of their stations by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linprog

from experiments.loop_runs import Scene, Seen
from experiments.playback import Array
from optimize.evaluate import capacity_per_h
from optimize.numbers import at_age, by_period
from optimize.state_search import Worth
from optimize.states import LineStates, State

OUTPUT_TOLERANCE = 0.002
"""Share of the output that a contradiction must exceed, besides chance, to count as one."""


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
    """Output as it is over the least station capacity, which the problem's capacities have been lowered by."""
    kept: float
    """Share of an operating result that is left after tax."""
    ordered: bool = True
    """Whether more renewal is taken to make no less."""
    loosened: Array = field(default_factory=lambda: np.zeros(0))
    """By step of the order: present value over the whole plan by which the own gain of one machine is lowered."""
    refuted: list[Refuted] = field(default_factory=list)
    checked: int = 0
    _scenes: list[Scene] = field(default_factory=list)
    _values: Array = field(default_factory=lambda: np.zeros((0, 0)))
    _worth: Worth | None = None
    _below: dict[State, NDArray[np.bool_]] = field(default_factory=dict)
    own_of_state: Array = field(init=False)
    share: Array = field(init=False)
    _of_state: Array = field(init=False)

    def __post_init__(self) -> None:
        own = own_gains(self.states) * self.after_tax[:, None]
        self.own_of_state = own @ self.states.counts.T.astype(float)
        self.share = self.factor / self.factor.sum()
        self.loosened = np.zeros(self.states.levels.shape[1])
        self.update()

    @property
    def after_tax(self) -> Array:
        """Return the present value of one CNY that has been taxed, as own gains of the problem are."""
        return self.factor / self.kept

    # --- what simulation says ---

    def gain(self, scene: Scene) -> Array:
        """Return present value gained over the line as it is, by replication and period."""
        out: Array = (self.seen[scene].operating_cny - self.seen[self.base].operating_cny) * self.factor
        return out

    def update(self) -> bool:
        """Take in what has been simulated since; return whether anything that was a ceiling no longer is one."""
        mine = [scene for scene in self.seen if scene.line == self.base.line]
        self._scenes, self._worth = mine, None
        before = self.ordered, self.loosened.copy()
        if self.ordered:
            self._check()
            self._loosen()
        mean = np.array([self.gain(scene).mean(axis=0) for scene in mine])
        levels, own = self._levels(mine), self.own_of_state[:, self._numbers(mine)].T
        self._values = (mean - own + np.outer(levels @ self.loosened, self.share)).T  # (periods, scenes)
        self._of_state = self.own_of_state - np.outer(self.share, self.states.levels @ self.loosened)
        return before[0] != self.ordered or bool((self.loosened > before[1] + 1.0).any())

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

    def _check(self) -> None:
        """Look for states with more renewals that make less, beyond chance."""
        pairs = self._pairs()
        self.checked = len(pairs)
        if not pairs:
            return
        output = [self.seen[scene].margin_cny @ self.factor for scene in self._scenes]
        n = len(output[0])
        limit = stats.t.ppf(1 - (1 - self.confidence) / len(pairs), n - 1) if n > 1 else np.inf
        for a, b in pairs:
            lost = output[a] - output[b]
            total = float(output[a].mean()) or 1.0
            error = float(lost.std(ddof=1)) / n**0.5 if n > 1 else 0.0
            if lost.mean() > OUTPUT_TOLERANCE * total and lost.mean() > limit * error:
                found = Refuted(self.states.name, self._scenes[a].state, self._scenes[b].state, lost.mean() / total)
                self.refuted.append(found)
        self.ordered = not self.refuted

    def _loosen(self) -> None:
        """Lower the own gains as little as agrees with every simulated pair."""
        held = [n for n, scene in enumerate(self._scenes) if scene.held]
        own = self.own_of_state.sum(axis=0)
        rest = {n: float(self.gain(self._scenes[n]).mean(axis=0).sum()) - own[self._numbers([self._scenes[n]])[0]]
                for n in held}  # fmt: skip
        levels = self._levels(self._scenes)
        broken = [(levels[b] - levels[a], rest[a] - rest[b]) for a, b in self._pairs() if rest[a] > rest[b]]
        if not broken:
            return
        steps, short = np.array([row for row, _ in broken]), np.array([amount for _, amount in broken])
        found = linprog(self.states.levels.max(axis=0), A_ub=-steps, b_ub=-short, bounds=[(x, None) for x in self.loosened])
        if found.success:
            self.loosened = np.maximum(self.loosened, found.x)

    # --- ceilings ---

    @property
    def worth(self) -> Worth:
        """Return the most that each state can earn in each period, present value over the line as it is."""
        if self._worth is None:
            scene = np.full((len(self.states.moves), self.states.size), -1, dtype=np.int16)
            total = self._values.sum(axis=0)
            for n in sorted(range(len(self._scenes)), key=lambda n: -total[n]):  # the least comes last and stays
                self._put(scene, n, total)
            self._put_exact(scene)
            otherwise = self._of_state if self.ordered else self._by_capacity
            self._worth = Worth(self._values, self._of_state, otherwise, scene)
        return self._worth

    def _put(self, scene: NDArray[np.int16], n: int, total: Array) -> None:
        """Let a scene be the ceiling of all that has no more renewals and at least its installations."""
        mine = self._scenes[n]
        if self.ordered:
            moves = np.array([_part_of(mine.installs, move.installs) for move in self.states.moves])
            scene[np.ix_(moves, self._below_of(mine.state))] = n
        else:  # a state held bounds what is installed on it, since installing takes away
            at = self.states.number(mine.state)
            for number, move in enumerate(self.states.moves):
                if _part_of(mine.installs, move.installs):
                    scene[number, at] = n

    def _put_exact(self, scene: NDArray[np.int16]) -> None:
        """Let every scene speak for itself, even where another one promises less by chance."""
        numbers = {move.installs: number for number, move in enumerate(self.states.moves)}
        for n, mine in enumerate(self._scenes):
            if mine.installs in numbers:
                scene[numbers[mine.installs], self.states.number(mine.state)] = n

    def _below_of(self, state: State) -> NDArray[np.bool_]:
        if state not in self._below:
            self._below[state] = self.states.below(state)
        return self._below[state]

    def suppose(self, move: int, state: int, less: float) -> None:
        """Take a scene as simulated, with so much less (present value over the whole plan) than its ceiling."""
        worth = self.worth
        value = np.array([worth.of(t, move, state) for t in range(len(self.factor))]) - less * self.share
        n, installs = len(self._scenes), self.states.moves[move].installs
        self._scenes = [*self._scenes, Scene(self.base.line, self.states.state(state), installs)]
        self._values = np.concatenate([self._values, (value - self._of_state[:, state])[:, None]], axis=1)
        total = self._values.sum(axis=0)
        scene = worth.scene.copy()
        moves = np.array([_part_of(installs, m.installs) for m in self.states.moves])
        where = np.ix_(moves, self._below_of(self.states.state(state)))
        scene[where] = np.where(total[scene[where]] > total[n], n, scene[where])
        scene[move, state] = n
        self._worth = Worth(self._values, self._of_state, worth.otherwise, scene)

    @property
    def _by_capacity(self) -> Array:
        """Return the ceiling by the least station capacity, by period and state."""
        line, problem = self.states.line, self.states.problem
        count = problem.periods.count
        least = np.full((count, self.states.size), np.inf)
        for station in line.stations:
            there = np.zeros((count, self.states.size))
            known = False
            for asset in problem.assets:
                if asset.line == line.name and asset.station == station and asset.capacity_per_h is not None:
                    known = True
                    there += asset.count * _old_capacity(asset, count)[:, None]
            for k, (n, o) in enumerate(self.states.kinds):
                asset = problem.assets[n]
                if asset.station == station:
                    best = max(capacity_per_h(asset, asset.options[o], age) for age in range(1, count + 1))
                    there += np.outer(best - _old_capacity(asset, count), self.states.counts[:, k])
            if known:
                least = np.minimum(least, there / self.efficiency)
        if line.demand_per_h is not None:
            least = np.minimum(least, by_period(line.demand_per_h, count)[:, None])
        hours, margin = by_period(line.hours, count), by_period(line.margin or 0.0, count)  # type: ignore[arg-type]
        made = self.seen[self.base].good.mean(axis=0)
        out: Array = (margin * self.after_tax)[:, None] * (least * hours[:, None] - made[:, None]) + self.own_of_state
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


def _old_capacity(asset, count: int) -> Array:  # noqa: ANN001
    return np.array([capacity_per_h(asset, None, asset.age + t + 1) for t in range(count)])


def _part_of(some: State, installs: State) -> bool:
    """Return whether a move contains another."""
    return all(a <= b for row, more in zip(some, installs, strict=True) for a, b in zip(row, more, strict=True))
