"""The loop with the simulator: states the best plan passes through are simulated until value and bound meet.

Each round finds the best way through the renewal states under the ceilings known so far: its worth is a bound. The
plan it means is played back over the whole horizon; the states and installations it passes through, and those of the
next best ways, are simulated and become ceilings. At the end all that the bound rests on, and the plan, are simulated
again on fresh streams: what was chosen by luck is judged without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Literal

import numpy as np
from scipy import stats

from experiments.beliefs import Beliefs, Progress, freed
from experiments.loop_ceilings import Ceiling, Refuted
from experiments.loop_runs import Lab, Scene
from experiments.loop_settings import LoopSettings
from experiments.money import Money
from experiments.playback import Array, Dated, Played, Stage, dated, gains
from optimize.evaluate import Evaluator
from optimize.plan import Renewal
from optimize.problem import RenewalProblem
from optimize.state_search import MOST_JOINT, Path, Search, Worth
from optimize.states import LineStates

PRICE_STEPS = 40
WAYS_A_ROUND = 3
MARGIN = 0.01
"""States are dropped that no plan passes through whose ceiling comes within this share of the best plan's value."""
SEARCH_SHARE = 0.6
"""Share of the gap asked for at which the search ends: the rest is left to chance in what is simulated afresh."""
NARROW_MARGIN = 0.0025
"""Likewise at the end, for what is simulated afresh."""
MOST_REPLICATIONS = 24
LEAST_REPLICATIONS = 6
FINAL_EFFORT = 1.5
"""Most runs at the end, as a multiple of those of the search."""
ROOM_SHARE = 0.25
"""Share of the gap asked for that chance is to fit into where the ceilings leave no more."""
TYPICAL_DROP = 0.01

Schedule = tuple[Renewal, ...]
Ended = Literal["gap", "rounds", "time", "nothing_left"]


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the plan under the ceilings, their bound, and the best value simulated so far (means)."""

    plan: Schedule
    bound_cny: float
    simulated_cny: float | None
    """Of this round's plan; None if it breaks a rule that the search does not know."""
    best_cny: float
    states: int
    """Simulated so far."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the loop found: the best plan played back, and the bound that no schedule beats."""

    schedule: Schedule
    simulated_cny: Array
    """Gain of the schedule by fresh replication."""
    bound_cny: float
    bound_mean_cny: float
    """The bound without its allowance for chance."""
    rounds: tuple[Round, ...]
    ended: Ended
    states_simulated: int
    replications: int
    """Of the search; the result has as many as ``simulated_cny``."""
    confidence: float
    checked: int
    """Pairs of simulated states of which one has no renewal more than the other."""
    refuted: tuple[Refuted, ...]
    loosened_cny: float
    """Most that the own gain of one machine had to be lowered by to agree with all of them, over the whole plan."""

    @property
    def gap(self) -> float:
        """Return (bound - simulated) / |simulated|."""
        value = float(self.simulated_cny.mean())
        return (self.bound_cny - value) / max(abs(value), 1e-9)


@dataclass
class Loop:
    """Everything the rounds share."""

    stage: Stage
    problem: RenewalProblem
    beliefs: Beliefs
    asked: LoopSettings
    announce: Callable[[str], Progress | None] = lambda stage: None
    told: Callable[[Round], None] | None = None
    """Is told of every round."""
    rounds: list[Round] = field(default_factory=list)
    _played: dict[Schedule, tuple[list[Dated], Played]] = field(default_factory=dict)
    _drops: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    """How much lower simulated states came out than their ceilings: held, and with installations."""

    def __post_init__(self) -> None:
        self.money = Money(self.stage.renewal)
        names = [line.name for line in self.stage.plant.lines]
        self.lines = {
            names.index(line.name): LineStates(self.problem, line.name)
            for line in self.problem.lines
            if any(asset.line == line.name and asset.options for asset in self.problem.assets)
        }
        self.lab = Lab(self.stage, self.beliefs.assets, self.lines)
        self.search = Search(self.problem, list(self.lines.values()))
        self.evaluator = Evaluator(self.problem)

    def run(self, first: Sequence[Schedule]) -> Certificate:
        """Return the best schedule found with its bound.

        Args:
            first: Schedules to begin with, which keep all limits.
        """
        began = time.monotonic()
        self._play([(), *first])
        self.lab.look(self._starts(), self.announce("Simulating the first states of each line"))
        self.ceilings = [
            Ceiling(states, self._factor, self.lab.seen, self.lab.base(n), self.asked.confidence,
                    freed(self.beliefs.lines[n]), self.money.kept)
            for n, states in self.lines.items()
        ]  # fmt: skip
        ended: Ended = "rounds"
        while len(self.rounds) < self.asked.rounds:
            path = self._round()
            if self.told is not None:
                self.told(self.rounds[-1])
            best = self.rounds[-1].best_cny
            if self.rounds[-1].bound_cny - best <= SEARCH_SHARE * self.asked.gap * abs(best):
                ended = "gap"
                break
            if time.monotonic() - began > self.asked.time_limit_s:
                ended = "time"
                break
            if not self._simulate_more(path):
                ended = "nothing_left"
                break
        return self._confirmed(ended)

    @property
    def _factor(self) -> Array:
        """Return the present value after tax of one CNY of operating result, by period."""
        ends = [self.money.at_end(t) for t in range(self.problem.periods.count)]
        return np.array(ends) * self.money.kept

    def _starts(self) -> list[Scene]:
        """Return the scenes to begin with: as it is, all renewed, and all renewed but for one asset."""
        out = []
        for n, states in self.lines.items():
            full, base = states.full, self.lab.base(n)
            out += [base, replace(base, state=full)]
            for a, rows in enumerate(states.local):
                most = sum(full[a])
                chosen = [row for row in rows if sum(map(bool, row)) <= 1 and sum(row) in (0, -(-most // 2), most)]
                out += [Scene(n, (*full[:a], row, *full[a + 1 :]), base.state) for row in chosen]
                one = tuple(min(1, k) for k in full[a])
                out.append(Scene(n, full, (*base.state[:a], one, *base.state[a + 1 :])))
        return out

    # --- plans played back ---

    def _play(self, plans: Sequence[Schedule]) -> None:
        new = [plan for plan in dict.fromkeys(plans) if plan not in self._played]
        if new:
            self._played |= play(self.stage, self.beliefs, new)

    def _value(self, plan: Schedule) -> float:
        return float(value_of(self._played, plan, self.money).mean())

    @property
    def _best(self) -> Schedule:
        return max(self._played, key=self._value)

    def _crews(self, lab: Lab, baseline: Played) -> Array:
        """Return by how much lines with the crews for themselves earn more as they are, by replication."""
        alone = [lab.seen[lab.base(n)].operating_cny for n in self.lines]
        together = baseline.operating_by_line[:, :, list(self.lines)].sum(axis=2)
        out: Array = (np.sum(alone, axis=0) - together) @ self._factor
        return out

    # --- a round ---

    def _round(self) -> Path:
        """Find the best way under the ceilings, play its plan, note the round."""
        crews = float(self._crews(self.lab, self._played[()][1]).mean())
        worths = [ceiling.worth for ceiling in self.ceilings]
        aim = self._value(self._best) - crews
        bound = self.search.priced_bound(worths, PRICE_STEPS, aim)
        self.search.drop(worths, aim - MARGIN * abs(aim))
        path = self._way(worths)
        if self.search.joint_size <= MOST_JOINT:
            bound = min(bound, path.value)
        plan = tuple(self.search.renewals(path))
        allowed = not self.evaluator.evaluate(plan).violations
        self._play([plan] if allowed else [])
        self._play_known()
        self.rounds.append(
            Round(plan, max(bound + crews, self._value(self._best)), self._value(plan) if allowed else None,
                  self._value(self._best), len(self.lab.seen))
        )  # fmt: skip
        return path

    def _play_known(self) -> None:
        """Play the best plan that passes through simulated states alone: what it is worth is nearly known."""
        if self.search.joint_size <= MOST_JOINT:
            known = self.search.best([ceiling.known for ceiling in self.ceilings])
            plan = tuple(self.search.renewals(known))
            if not self.evaluator.evaluate(plan).violations:
                self._play([plan])

    def _way(self, worths: Sequence[Worth]) -> Path:
        return self.search.best(worths) if self.search.joint_size <= MOST_JOINT else self.search.priced_path(worths)

    def _simulate_more(self, path: Path) -> bool:
        """Simulate what the best ways pass through; return whether there was anything new."""
        wanted = self._next(path)
        self.lab.look(wanted, self.announce(f"Simulating states, round {len(self.rounds)}"))
        place = {n: k for k, n in enumerate(self.lines)}
        for scene, ceiling_cny in wanted.items():
            found = float(self.ceilings[place[scene.line]].gain(scene).mean(axis=0).sum())
            self._drops[scene.held].append(ceiling_cny - found)
        if any([ceiling.update() for ceiling in self.ceilings]):  # noqa: C419 - every one is to take in what is new
            self.search.keep_all()  # some ceilings rose: what was dropped under them comes back
        return bool(wanted)

    def _next(self, path: Path) -> dict[Scene, float]:
        """Return the scenes on the best ways that have not been simulated, with their ceilings over the whole plan.

        Once the scenes of a way are known, they will come out lower than their ceilings by about as much as those
        before: under that supposition the next best way is looked for.
        """
        wanted: dict[Scene, float] = {}
        for way in range(WAYS_A_ROUND):
            new: list[tuple[Ceiling, int, int, Scene]] = []
            for ceiling, moves, states in zip(self.ceilings, path.moves, path.states, strict=True):
                for move, state in zip(moves, states, strict=True):
                    for number in dict.fromkeys((0, move)):
                        scene = ceiling.scene(number, state)
                        if scene not in self.lab.seen and scene not in wanted:
                            wanted[scene] = ceiling.over_the_plan(number, state)
                            new.append((ceiling, number, state, scene))
            if not new or way + 1 == WAYS_A_ROUND:
                break
            for ceiling, number, state, scene in new:
                drops = self._drops[scene.held]
                ceiling.suppose(number, state, max(0.0, float(np.median(drops)) if drops else self._first_drop))
            path = self._way([ceiling.worth for ceiling in self.ceilings])
        return wanted

    @property
    def _first_drop(self) -> float:
        return TYPICAL_DROP * abs(self.rounds[-1].bound_cny)

    # --- the end ---

    def _confirmed(self, ended: Ended) -> Certificate:
        """Return the best plan and the bound, both simulated on fresh streams."""
        best = self._best
        aim = self._value(best)
        worths = [ceiling.worth for ceiling in self.ceilings]
        crews = float(self._crews(self.lab, self._played[()][1]).mean())
        # a plan may have been luckier than its ceilings: what bounds it is kept in any case
        self.search.drop(worths, min(aim - crews, self._way(worths).value) - NARROW_MARGIN * abs(aim))
        needed = [scene for n, ceiling in enumerate(self.ceilings) for scene in ceiling.scenes_of(self.search.arcs(n))]
        lab = self._fresh_lab(self._way(worths), len(needed))
        bases = [lab.base(n) for n in self.lines]
        lab.look([*bases, *needed], self.announce("Simulating what the bound rests on, on fresh streams"))
        played = play(lab.stage, self.beliefs, [(), best])
        worths = [ceiling.anew(lab.seen) for ceiling in self.ceilings]
        path = self._way(worths)
        mean = path.value
        if self.search.joint_size > MOST_JOINT:
            mean = self.search.priced_bound(worths, PRICE_STEPS, 0.0)
        alone = self._crews(lab, played[()][1])
        chance = alone + self._chance(lab, path)
        n = lab.stage.replications
        found = value_of(played, best, self.money)
        quantile = float(stats.t.ppf(self.asked.confidence, n - 1)) / n**0.5
        mean += float(alone.mean())
        return Certificate(
            schedule=best,
            simulated_cny=found,
            # no less than the schedule itself may be worth at this confidence
            bound_cny=max(
                mean + quantile * float(chance.std(ddof=1)), float(found.mean()) + quantile * float(found.std(ddof=1))
            ),
            bound_mean_cny=mean,
            rounds=tuple(self.rounds),
            ended=ended,
            states_simulated=len(self.lab.seen),
            replications=self.stage.replications,
            confidence=self.asked.confidence,
            checked=sum(ceiling.checked for ceiling in self.ceilings),
            refuted=tuple(row for ceiling in self.ceilings for row in ceiling.refuted),
            loosened_cny=max((float(c.loosened.max(initial=0.0)) for c in self.ceilings), default=0.0),
        )

    def _fresh_lab(self, path: Path, scenes: int) -> Lab:
        """Return where the end is simulated: as many replications as chance needs to fit into the gap, within reason.

        It is not to take much longer than the search did.
        """
        last, searched = self.rounds[-1], self.stage.replications
        allowed = self.asked.gap * abs(last.best_cny)
        room = max(allowed - max(0.0, last.bound_cny - last.best_cny), ROOM_SHARE * allowed)
        needed = ceil((float(stats.norm.ppf(self.asked.confidence)) * self._spread(path) / max(room, 1e-9)) ** 2)
        affordable = ceil(FINAL_EFFORT * searched * len(self.lab.seen) / max(scenes, 1))
        n = max(searched, LEAST_REPLICATIONS, min(MOST_REPLICATIONS, needed + 2, affordable))
        stage = replace(self.stage, replications=n, first_replication=self.stage.first_replication + searched)
        return Lab(stage, self.beliefs.assets, self.lines)

    def _spread(self, path: Path) -> float:
        """Return the standard deviation of the bound in one replication."""
        chance = self._chance(self.lab, path) + self._crews(self.lab, self._played[()][1])
        return float(chance.std(ddof=1)) if len(chance) > 1 else 0.0

    def _chance(self, lab: Lab, path: Path) -> Array:
        """Return by how much the worth of a way differs from its mean in each replication."""
        found = [
            ceiling.chance(lab.seen, moves, states)
            for ceiling, moves, states in zip(self.ceilings, path.moves, path.states, strict=True)
        ]
        out: Array = np.sum(found, axis=0)
        return out


Plays = dict[Schedule, tuple[list[Dated], Played]]


def play(stage: Stage, beliefs: Beliefs, plans: Sequence[Schedule]) -> Plays:
    """Return schedules played back over the whole plan."""
    schedules = [dated(stage.plant, stage.renewal, beliefs.assets, plan) for plan in plans]
    played = stage.play(schedules)
    return dict(zip(plans, zip(schedules, played, strict=True), strict=True))


def value_of(played: Plays, plan: Schedule, money: Money) -> Array:
    """Return the simulated gain of a schedule over the baseline (the empty schedule) by replication."""
    schedule, found = played[plan]
    return gains(found, played[()][1], schedule, money)
