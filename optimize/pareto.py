"""The Pareto front of several goals: every schedule that no other beats in one goal without losing in another.

Augmented epsilon-constraint method on search zones. A zone is a corner of the space of goals in which a schedule not
yet known may lie: better than the corner in every goal. In a zone the sum of all goals, each in units of its range, is
maximised with every goal held above the corner by an epsilon row; since all goals are in the sum, what comes out is
efficient. The point found cuts a zone into one per goal (Klamroth, Lacour and Vanderpooten, 2015, for any number of
goals), and a zone without a schedule is done. When none is left the front is complete. The zone with most room comes
first, so that a search cut short has points all along the front, and its room says how far from complete it is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict

from optimize.evaluate import Evaluation
from optimize.formulation import Row
from optimize.goals import goal_terms, weighted, weighted_terms, weights
from optimize.highs import run_highs
from optimize.plan import Clash, PlannedRenewal
from optimize.plant_model import PlantModel, add_rows, build_model, maximise, row_scale
from optimize.problem import Goal, RenewalProblem
from optimize.solve import SolverError

ROUNDING = 1e-7
"""Least step, in units of a goal's greatest coefficient: a hundred times what the solver's rows may be off."""

END_GAP = 1e-3
"""Largest gap with which the best of a goal by itself is found, where the search may be inexact at all."""

Point = tuple[float, ...]
"""One number for each goal, turned so that more is better."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrontGoal(_Frozen):
    """One goal: the best that any schedule reaches, the worst on the front, what was told apart."""

    name: str
    better: Literal["more", "less"]
    best: float
    worst: float | None
    step: float


class FrontPoint(_Frozen):
    """One efficient schedule and what it reaches of each goal."""

    goals: Mapping[str, float]
    gain: float
    renewals: tuple[PlannedRenewal, ...]


FrontStatus = Literal["complete", "time_limit", "point_limit", "infeasible", "no_plan_yet"]


class Front(_Frozen):
    """The front, best in the first goal first.

    ``complete``: for every schedule there is a point that is at least as good in every goal, but for less than
    ``step``. Otherwise that holds but for ``within`` times the range from ``worst`` to ``best``. ``preferred`` is the
    number of the point with the greatest sum by the weights of the goals, where they have some.
    """

    status: FrontStatus
    goals: tuple[FrontGoal, ...] = ()
    points: tuple[FrontPoint, ...] = ()
    within: float | None = None
    preferred: int | None = None
    solves: int = 0
    clash: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A schedule: what it reaches, turned so that more is better, and all else of it."""

    at: Point
    checked: Evaluation
    bound: float


@dataclass
class _Search:
    """The zones still open, the points found, and the model that is asked again and again."""

    problem: RenewalProblem
    goals: Sequence[Goal]
    plant: PlantModel
    deadline: float
    threads: int
    seed: int
    without: Collection[str]
    gap: float
    best: list[float] = field(default_factory=list)
    range: list[float] = field(default_factory=list)
    step: list[float] = field(default_factory=list)
    points: list[_Found] = field(default_factory=list)
    zones: dict[Point, list[float]] = field(default_factory=dict)
    """The corner of each zone, and its ends: what no schedule in it passes, since it would beat a point found."""
    solves: int = 0

    def measure(self, step: float) -> bool:
        """Find the best of each goal by itself, hence the scale of all; return whether there is a schedule at all."""
        alone = []
        for goal in self.goals:
            found = self._ask({goal.name: goal.sign}, 0.0, None, min(self.gap, END_GAP))
            if found is None:
                return False
            alone.append(found)
        self.best = [max(found.bound, found.at[k]) for k, found in enumerate(alone)]
        worst = [min(found.at[k] for found in alone) for k in range(len(self.goals))]
        for goal, best, least in zip(self.goals, self.best, worst, strict=True):
            reach = best - least if best - least > ROUNDING * max(1.0, abs(best)) else max(1.0, abs(best))
            terms, _ = goal_terms(self.plant.form, goal)
            self.range.append(reach)
            self.step.append(max(step * reach, ROUNDING * row_scale(Row("", terms))))
        self.zones = {(-math.inf,) * len(self.goals): list(self.best)}
        for k, found in enumerate(alone):
            self._add_end(k, found.at[k])
        return True

    def _add_end(self, k: int, best: float) -> None:
        """Add the schedule that is best in one goal and, that kept, reaches most of the others."""
        found = self._sum_in(
            tuple(
                best - ROUNDING * self.range[k] - self.step[k] if j == k else -math.inf for j in range(len(self.goals))
            )
        )
        if found is not None and any(self._inside(found, zone) for zone in self.zones):
            self._learn(found)  # else it is the end of another goal, too

    def next_point(self) -> _Found | None:
        """Return the best schedule of the zone with most room, None where it holds none."""
        zone = max(self.zones, key=self.room)
        found = self._sum_in(zone)
        if found is None:
            del self.zones[zone]
            return None
        if not self._inside(found, zone):
            raise SolverError(f"HiGHS leaves the zone {zone} for {found.at}")
        self._learn(found)
        return found

    def _sum_in(self, zone: Point) -> _Found | None:
        """Return the schedule with the greatest sum of all goals in a zone, each in units of its range."""
        factors = {goal.name: goal.sign / reach for goal, reach in zip(self.goals, self.range, strict=True)}
        ideal = sum(best / reach for best, reach in zip(self.best, self.range, strict=True))
        return self._ask(factors, -ideal, zone, 0.0)

    def _inside(self, found: _Found, zone: Point) -> bool:
        return all(at >= corner + step / 2 for at, corner, step in zip(found.at, zone, self.step, strict=True))

    def room(self, zone: Point) -> float:
        """Return by how much a schedule in a zone can pass all points found in every goal, in units of the ranges."""
        ends = zip(self.zones[zone], zone, self.range, strict=True)
        return min((end - max(corner, end - reach)) / reach for end, corner, reach in ends)

    def _learn(self, found: _Found) -> None:
        """Add a point: cut the zones that it lies in, and bring the ends of all zones up to date."""
        self.points.append(found)
        left = _cut(list(self.zones), found.at)
        for zone in left:
            news = [found] if zone in self.zones else self.points
            ends = list(self.zones.get(zone, self.best))
            for point in news:
                for k in range(len(zone)):
                    if all(point.at[j] <= corner for j, corner in enumerate(zone) if j != k):
                        ends[k] = min(ends[k], point.at[k] + self.gap * self.range[k])
            self.zones[zone] = ends
        self.zones = {zone: self.zones[zone] for zone in left if not self._too_small(zone)}

    def _too_small(self, zone: Point) -> bool:
        return any(end < u + step for end, u, step in zip(self.zones[zone], zone, self.step, strict=True))

    def _ask(self, factors: Mapping[str, float], constant: float, zone: Point | None, rel_gap: float) -> _Found | None:
        """Return the schedule with the greatest sum of goals in a zone; None where there is none.

        Raises:
            TimeoutError: There is no time left.
        """
        from pyomo.contrib.solver.common.results import TerminationCondition

        form = self.plant.form
        terms, base = weighted_terms(form, factors)
        unit = maximise(form, terms, base + constant)
        add_rows(form.model, "epsilon", [] if zone is None else self._epsilon_rows(zone))
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        abs_gap = max(1e-9, self.gap / unit) if zone is not None else 1e-9
        results = run_highs(
            form.model, gap=rel_gap, abs_gap=abs_gap, time_limit_s=left_s, threads=self.threads, seed=self.seed
        )
        self.solves += 1
        ended = results.termination_condition
        if ended in {TerminationCondition.provenInfeasible, TerminationCondition.infeasibleOrUnbounded}:
            return None
        if ended == TerminationCondition.maxTimeLimit:
            raise TimeoutError
        if ended != TerminationCondition.convergenceCriteriaSatisfied:
            raise SolverError(f"HiGHS stopped: {ended}")
        results.solution_loader.load_vars()
        checked = form.evaluator.evaluate(self.plant.renewals())
        self._check(checked, factors, constant, results.incumbent_objective * unit)
        at = tuple(goal.sign * checked.goals[goal.name] for goal in self.goals)
        return _Found(at, checked, results.objective_bound * unit)

    def _epsilon_rows(self, zone: Point) -> list[Row]:
        rows = []
        for goal, corner, step in zip(self.goals, zone, self.step, strict=True):
            if corner > -math.inf:
                terms, base = goal_terms(self.plant.form, goal)
                turned = [(goal.sign * value, variable) for value, variable in terms]
                rows.append(Row(goal.name, turned, lower=corner + step - goal.sign * base))
        return rows

    def _check(self, checked: Evaluation, factors: Mapping[str, float], constant: float, claimed: float) -> None:
        broken = [violation.message for violation in checked.violations if violation.constraint not in self.without]
        if broken:
            raise SolverError(f"the solver's plan breaks limits: {'; '.join(broken)}")
        parts = [factor * checked.goals[name] for name, factor in factors.items()]
        found = sum(parts) + constant
        if abs(claimed - found) > 1e-6 * max(1.0, *map(abs, parts)):
            raise SolverError(f"HiGHS claims goals that add up to {claimed:.10g}, the plan reaches {found:.10g}")


def _cut(zones: Sequence[Point], point: Point) -> list[Point]:
    """Return the zones that are left when a point is known: none holds what the point is as good as.

    >>> _cut([(0.0, 0.0)], (3.0, 5.0))
    [(3.0, 0.0), (0.0, 5.0)]
    """
    kept, new = [], []
    for zone in zones:
        if all(corner < at for corner, at in zip(zone, point, strict=True)):
            new += [(*zone[:k], at, *zone[k + 1 :]) for k, at in enumerate(point)]
        else:
            kept.append(zone)
    new = list(dict.fromkeys(new))
    every = [*kept, *new]  # a zone that was there lies in no new one, which is part of another that was there
    return kept + [zone for zone in new if not any(_holds(other, zone) for other in every if other != zone)]


def _holds(zone: Point, other: Point) -> bool:
    return all(a <= b for a, b in zip(zone, other, strict=True))


def pareto_front(
    problem: RenewalProblem,
    goals: Sequence[str] = (),
    *,
    step: float = 1e-6,
    gap: float = 0.0,
    time_limit_s: float = 60.0,
    most: int | None = None,
    threads: int = 1,
    seed: int = 0,
    without: Collection[str] = (),
) -> Front:
    """Return the efficient schedules of a problem with several goals.

    The same problem and settings give the same front, unless the time limit cuts the search short.

    Args:
        problem: With two goals or more.
        goals: Names of those to weigh against each other; default all.
        step: Differences of a goal that do not count, as a share of its range.
        gap: How far, in units of the ranges, a point may be from what a perfect search of its zone would find;
            0 makes every point efficient.
        time_limit_s: Stop after so many seconds with the points found.
        most: Stop after so many points.
        threads: Processor cores to use.
        seed: Of the solver's own random choices.
        without: Names of limits and rules to disregard (see :mod:`optimize.constraints`).

    >>> from optimize.problem import parse_problem
    >>> front = pareto_front(parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 1},
    ...     "goals": [{"name": "gain", "of": "gain"}, {"name": "coal", "of": "quantity", "quantity": "coal"}],
    ...     "assets": [{"name": name, "quantities": {"coal": 9}, "options": [
    ...         {"name": "new", "cost": cost, "starts_after": 0, "quantities": {"coal": coal}}]}
    ...         for name, cost, coal in (("kiln", 50, 4), ("oven", 30, 6), ("dryer", 40, 8))]}))
    >>> front.status, [tuple(point.goals.values()) for point in front.points]
    ('complete', [(0.0, 27.0), (-30.0, 24.0), (-50.0, 22.0), (-80.0, 19.0), (-120.0, 18.0)])
    """
    chosen = [goal for goal in problem.goals if not goals or goal.name in goals]
    deadline = time.monotonic() + time_limit_s
    search = _Search(problem, chosen, build_model(problem, without), deadline, threads, seed, without, gap)
    status: FrontStatus = "complete"
    try:
        if not search.measure(step):
            return _infeasible(search, time_limit_s)
        while search.zones:
            if most is not None and len(search.points) >= most:
                status = "point_limit"
                break
            search.next_point()
    except TimeoutError:
        status = "time_limit" if search.points else "no_plan_yet"
    return _front(search, status, step)


def _infeasible(search: _Search, time_limit_s: float) -> Front:
    from optimize.clash import find_clash

    clash = find_clash(
        search.problem, time_limit_s=time_limit_s, threads=search.threads, seed=search.seed, without=search.without
    )
    return Front(status="infeasible", solves=search.solves, clash=tuple(clash))


def _front(search: _Search, status: FrontStatus, step: float) -> Front:
    kept = [
        found
        for found in search.points
        if not any(_holds(found.at, other.at) and other.at != found.at for other in search.points)
    ]
    kept.sort(key=lambda found: found.at, reverse=True)
    points = tuple(
        FrontPoint(
            goals={goal.name: found.checked.goals[goal.name] for goal in search.goals},
            gain=found.checked.gain,
            renewals=found.checked.renewals,
        )
        for found in kept
    )
    sums = [weighted(search.problem, found.checked.gain, found.checked.goals) for found in kept]
    return Front(
        status=status,
        goals=tuple(_goal(search, k, [found.at[k] for found in kept]) for k in range(len(search.best))),
        points=points,
        within=step if status == "complete" else max(map(search.room, search.zones), default=None),
        preferred=max(range(len(sums)), key=sums.__getitem__) if sums and weights(search.problem) else None,
        solves=search.solves,
    )


def _goal(search: _Search, k: int, reached: Sequence[float]) -> FrontGoal:
    goal = search.goals[k]
    return FrontGoal(
        name=goal.name,
        better="more" if goal.sign > 0 else "less",
        best=goal.sign * search.best[k],
        worst=goal.sign * min(reached) if reached else None,
        step=search.step[k],
    )
