"""The loop with the simulator: states the best plan passes through are simulated until value and bound meet.

Each round finds the best way through the renewal states under the ceilings known so far: its worth is a bound. The
plan it means is played back over the whole horizon, and the states and installations it passes through, and those of
the next best ways, are simulated and become ceilings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from experiments.beliefs import Beliefs, Progress
from experiments.loop_ceilings import Ceiling, Refuted
from experiments.loop_runs import Lab, Scene
from experiments.money import Money
from experiments.playback import Array, Dated, Played, Stage, dated, gains
from optimize.evaluate import Evaluator
from optimize.plan import Renewal
from optimize.problem import RenewalProblem
from optimize.state_search import MOST_JOINT, Path, Search
from optimize.states import LineStates, listable

PRICE_STEPS = 40
WAYS_A_ROUND = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """How far the loop goes."""

    rounds: int = 10
    gap: float = 0.01
    confidence: float = 0.95
    time_limit_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Round:
    bound: float
    simulated: float
    plan: tuple[Renewal, ...]
    plan_value: float | None
    states: int
    seconds: float


@dataclass
class Loop:
    stage: Stage
    renewal_problem: RenewalProblem
    beliefs: Beliefs
    asked: Asked
    money: Money
    announce: Callable[[str], Progress | None]

    def __post_init__(self) -> None:
        problem, plant = self.renewal_problem, self.stage.plant
        names = [line.name for line in plant.lines]
        self.lines = {
            names.index(line.name): LineStates(problem, line.name)
            for line in problem.lines
            if any(asset.line == line.name and asset.options for asset in problem.assets)
        }
        self.lab = Lab(self.stage, self.beliefs.assets, self.lines)
        self.search = Search(problem, list(self.lines.values()))
        self.evaluator = Evaluator(problem)
        self.played: dict[tuple[Renewal, ...], tuple[list[Dated], Played]] = {}
        self.rounds: list[Round] = []
        self.drop_held, self.drop_installs = [], []

    @property
    def factor(self) -> Array:
        return np.array([self.money.at_end(t) for t in range(self.renewal_problem.periods.count)]) * self.money.kept

    def starts(self) -> list[Scene]:
        """Return the scenes to begin with: as it is, all renewed, one asset less than all renewed."""
        out = []
        for n, states in self.lines.items():
            full, base = states.full, self.lab.base(n)
            out += [base, Scene(n, full, base.state)]
            for a, rows in enumerate(states.local):
                for row in rows:
                    if sum(1 for k in row if k) <= 1 and sum(row) in (0, -(-sum(full[a]) // 2), sum(full[a])):
                        out.append(Scene(n, (*full[:a], row, *full[a + 1 :]), base.state))
                for o, k in enumerate(full[a]):
                    if k:
                        one = tuple(1 if i == o else 0 for i in range(len(full[a])))
                        out.append(Scene(n, full, (*base.state[:a], one, *base.state[a + 1 :])))
        return out

    def play(self, plans: Sequence[tuple[Renewal, ...]]) -> None:
        new = [plan for plan in dict.fromkeys(plans) if plan not in self.played]
        if new:
            schedules = [dated(self.stage.plant, self.stage.renewal, self.beliefs.assets, plan) for plan in new]
            for plan, schedule, played in zip(new, schedules, self.stage.play(schedules), strict=True):
                self.played[plan] = (schedule, played)

    def value(self, plan: tuple[Renewal, ...]) -> Array:
        schedule, played = self.played[plan]
        return gains(played, self.played[()][1], schedule, self.money)

    def run(self, first: Sequence[tuple[Renewal, ...]]) -> None:
        began = time.monotonic()
        self.play([(), *first])
        self.lab.look(self.starts(), self.announce("Simulating first states"))
        print('starts', time.monotonic() - began, len(self.lab.seen))
        self.ceilings = {
            n: Ceiling(states, self.factor, self.lab.seen, self.lab.base(n), self.asked.confidence,
                       self.beliefs.lines[n].efficiency, self.money.kept)
            for n, states in self.lines.items()
        }
        best = max(self.played, key=lambda p: self.value(p).mean())
        crews = self.crew_effect()
        print('crews', crews.mean())
        for number in range(1, self.asked.rounds + 1):
            t0 = time.monotonic()
            aim = float(self.value(best).mean()) - float(crews.mean())
            worths = [c.worth for c in self.ceilings.values()]
            priced = self.search.priced_bound(worths, PRICE_STEPS, aim)
            t1 = time.monotonic()
            before = [int(k.sum()) for k in self.search.kept]
            self.search.drop(worths, aim - 0.005 * abs(aim))
            print(f"  priced {priced:.0f} in {t1-t0:.1f}s, dropped {before}->{[int(k.sum()) for k in self.search.kept]}", time.monotonic() - t1)
            t1 = time.monotonic()
            if self.search.joint_size > MOST_JOINT:
                path = self.search.priced_path(worths)
                bound = priced
            else:
                path = self.search.best(worths)
                bound = min(path.value, priced)
            print(f"  joint {path.value:.0f} in {time.monotonic()-t1:.1f}s")
            t1 = time.monotonic()
            plan = tuple(self.search.renewals(path))
            broken = self.evaluator.evaluate(plan).violations
            if not broken:
                self.play([plan])
                if self.value(plan).mean() > self.value(best).mean():
                    best = plan
            deviation = self.deviation(path) + crews
            upper = bound + crews.mean() + stats.t.ppf(self.asked.confidence, len(deviation) - 1) * deviation.std(ddof=1) / len(deviation) ** 0.5
            v = self.value(best)
            gap = (upper - v.mean()) / abs(v.mean())
            print(f"round {number}: bound {bound + crews.mean():.0f} upper {upper:.0f} this plan {None if broken else self.value(plan).mean()} best {v.mean():.0f} +- {v.std(ddof=1)/len(v)**.5:.0f} gap {gap:.4f} broken {[b.message for b in broken][:2]} play {time.monotonic()-t1:.1f}s")
            if gap <= self.asked.gap:
                break
            t1 = time.monotonic()
            wanted = self.next_scenes(path)
            t2 = time.monotonic()
            n = self.lab.look([scene for scene in wanted], None)
            print(f"  chose {len(wanted)} in {t2-t1:.1f}s, simulated {n} in {time.monotonic()-t2:.1f}s")
            for (scene, (line, move, state, before_)) in wanted.items():
                drop = before_ - float(self.ceilings[line].gain(scene).mean(axis=0).sum())
                (self.drop_held if scene.held else self.drop_installs).append(drop)
            for k, c in enumerate(self.ceilings.values()):
                if c.update():
                    print("  reset", c.states.name, c.ordered, c.loosened.round(), c.refuted[:3])
                    self.search.kept[k] = self.search._affordable(k)
                    for j in range(len(self.search.kept)): self.search.kept[j] = self.search._affordable(j)
        print('total', time.monotonic() - began, 'scenes', len(self.lab.seen))

    def crew_effect(self) -> Array:
        alone = sum((self.lab.seen[self.lab.base(n)].operating_cny @ self.factor for n in self.lines), np.zeros(self.stage.replications))
        others = [n for n in range(len(self.stage.plant.lines)) if n not in self.lines]
        assert not others
        return alone - self.played[()][1].operating_cny @ self.factor

    def deviation(self, path: Path) -> Array:
        out = np.zeros(self.stage.replications)
        for c, moves, states in zip(self.ceilings.values(), path.moves, path.states, strict=True):
            for t, (m, s) in enumerate(zip(moves, states, strict=True)):
                k = int(c.worth.scene[m, s])
                if k >= 0:
                    g = c.gain(c._scenes[k])[:, t]
                    out += g - g.mean()
        return out

    def next_scenes(self, path: Path) -> dict[Scene, Any]:
        wanted: dict[Scene, Any] = {}
        typical_h = float(np.median(self.drop_held)) if self.drop_held else 0.01 * abs(path.value)
        typical_i = float(np.median(self.drop_installs)) if self.drop_installs else 0.01 * abs(path.value)
        for way in range(WAYS_A_ROUND):
            here: list[tuple[Ceiling, int, int, Scene]] = []
            for (n, c), moves, states in zip(self.ceilings.items(), path.moves, path.states, strict=True):
                nothing = self.lab.base(n).state
                for m, s in zip(moves, states, strict=True):
                    state = c.states.state(s)
                    for move, scene in ((0, Scene(n, state, nothing)), (m, Scene(n, state, c.states.moves[m].installs))):
                        if scene not in self.lab.seen and scene not in wanted:
                            value = sum(float(c.worth.of(t, move, s)) for t in range(len(self.factor)))
                            wanted[scene] = (n, move, s, value)
                            here.append((c, move, s, scene))
            for c, move, s, scene in here:
                c.suppose(move, s, max(0.0, typical_h if scene.held else typical_i))
            if way + 1 < WAYS_A_ROUND:
                if self.search.joint_size > MOST_JOINT: break
                path = self.search.best([c.worth for c in self.ceilings.values()])
        return wanted
