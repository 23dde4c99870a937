"""Rolling horizon: each year the plan is made again by what has happened, and what was bought stays.

A scenario is one way the world goes. At the start of a year the planner has seen the years before: scenarios that would
have shown something else are out, those left keep their probabilities in proportion. Demand, margins and prices are
seen as they come; what an option is worth is seen once a machine renewed with it was in service. The plan with the
greatest mean gain over what is left is made, the renewals of earlier years held and the budget less what they cost; its
renewals of this year are carried out. The horizon keeps its end.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from optimize.evaluate import evaluate
from optimize.numbers import by_period, periods_per_year, window_name, windows
from optimize.plan import Clash, PlannedRenewal, Renewal, Status
from optimize.problem import Line, Product, RenewalProblem
from optimize.robust import Chosen, ScenarioModel, Settings, as_written, scenario_problems, shares
from optimize.scenarios import expected, gains_in


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RollingYear(_Frozen):
    """The start of one year: what may still be the case, and what is bought in it."""

    year: str
    possible: tuple[str, ...]
    renewals: tuple[PlannedRenewal, ...]


class RollingPath(_Frozen):
    """One scenario as it comes true: gains of the plan made once, made again each year, and made knowing it all.

    No schedule gains more than ``bound`` in it.
    """

    name: str
    probability: float
    once: float
    rolling: float
    foresight: float
    bound: float
    years: tuple[RollingYear, ...]


class Rolling(_Frozen):
    """All scenarios, and the means over them: what planning again and what knowing beforehand is worth."""

    status: Status
    once: float | None = None
    rolling: float | None = None
    foresight: float | None = None
    bound: float | None = None
    paths: tuple[RollingPath, ...] = ()
    clash: tuple[Clash, ...] = ()


Plan = tuple[Renewal, ...]


@dataclass
class _Planner:
    """Makes plans over the scenarios left; the same question is answered once."""

    problem: RenewalProblem
    problems: Sequence[RenewalProblem]
    probabilities: Sequence[float]
    model: ScenarioModel
    deadline: float
    settings: Settings
    finished: bool = True
    _answers: dict[tuple[tuple[int, ...], int, Plan], Plan] = field(default_factory=dict)

    def ask(self, factors: Sequence[float]) -> Chosen | None:
        """Return the schedule with the greatest sum of gains, each times its factor; see :meth:`ScenarioModel.ask`."""
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        asked = self.settings
        found = self.model.ask(
            "expected", factors, gap=asked.gap, time_limit_s=left_s, threads=asked.threads, seed=asked.seed
        )
        self.finished = self.finished and (found is None or found.finished)
        return found

    def again(self, left: tuple[int, ...], now: int, plan: Plan) -> Plan:
        """Return the plan made again at period ``now`` with the scenarios left; the old one if none is better."""
        key = (left, now, plan)
        if key not in self._answers:
            self._answers[key] = self._again(left, now, plan)
        return self._answers[key]

    def _again(self, left: tuple[int, ...], now: int, plan: Plan) -> Plan:
        total = sum(self.probabilities[n] for n in left)
        if not total:  # nobody expects what has come; each of them is as likely
            factors = [float(n in left) / len(left) for n in range(len(self.problems))]
        else:
            factors = [self.probabilities[n] / total if n in left else 0.0 for n in range(len(self.problems))]
        self.model.fix([renewal for renewal in plan if renewal.period < now], now)
        found = self.ask(factors)
        if found is None:
            return plan
        new = tuple(found.renewals)
        return new if self._mean(factors, new) > self._mean(factors, plan) else plan

    def _mean(self, factors: Sequence[float], plan: Plan) -> float:
        return expected(factors, gains_in(self.problems, plan))


def rolling(
    problem: RenewalProblem,
    *,
    gap: float = 1e-4,
    time_limit_s: float = 60.0,
    threads: int = 1,
    seed: int = 0,
    without: Collection[str] = (),
) -> Rolling:
    """Return what planning again each year brings in each scenario, beside one plan and perfect foresight.

    Args:
        problem: With scenarios.
        gap: Stop each solution at this gap.
        time_limit_s: Of all solutions together.
        threads: Processor cores to use.
        seed: Of the solver.
        without: Names of limits and rules to disregard.

    Raises:
        DataError: There are no scenarios.

    >>> from optimize.problem import parse_problem
    >>> found = rolling(parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 3}, "prices": {"gas": 1},
    ...     "scenarios": [{"name": "dear", "probability": 0.15, "price_factor": {"gas": 2}},
    ...                   {"name": "cheap", "probability": 0.85, "price_factor": {"gas": 0.25}}],
    ...     "assets": [{"name": "kiln", "options": [
    ...         {"name": "new", "cost": 100, "starts_after": 0, "carrier_saving": {"gas": 60}}]}]}))
    >>> found.once, found.rolling, found.foresight  # wait a year, buy if gas is dear
    (0.0, 21.0, 39.0)
    """
    named = [(scenario.name, share) for scenario, share in zip(problem.scenarios, shares(problem), strict=True)]
    asked = Settings(gap, time_limit_s, threads, seed, without)
    return rolling_over(as_written(problem), scenario_problems(problem), named, asked)


def rolling_over(
    base: RenewalProblem, problems: Sequence[RenewalProblem], named: Sequence[tuple[str, float]], settings: Settings
) -> Rolling:
    """Return the same over problems that differ in what schedules are worth; see :func:`rolling`.

    Args:
        base: Whose limits and rules hold.
        problems: That of each scenario.
        named: Name and probability of each.
        settings: Of the solver.
    """
    model = ScenarioModel(base, problems, settings.without)
    deadline = time.monotonic() + settings.time_limit_s
    planner = _Planner(base, problems, [share for _, share in named], model, deadline, settings)
    try:
        once = planner.ask(planner.probabilities)
        if once is None:
            from optimize.clash import find_clash

            left_s = max(1.0, deadline - time.monotonic())
            clash = find_clash(
                base,
                time_limit_s=left_s,
                threads=settings.threads,
                seed=settings.seed,
                without=settings.without,
            )
            return Rolling(status="infeasible", clash=tuple(clash))
        count = len(problems)
        alone = [planner.ask([float(n == other) for other in range(count)]) for n in range(count)]
        ends = [_follow(planner, truth, tuple(once.renewals)) for truth in range(count)]
    except TimeoutError:
        return Rolling(status="no_plan_yet")
    return _told(named, planner, once, [found for found in alone if found is not None], ends)


def _follow(planner: _Planner, truth: int, plan: Plan) -> tuple[Plan, list[tuple[range, tuple[int, ...]]]]:
    """Return the schedule carried out when one scenario comes true, and what was possible at the start of each year."""
    every = "year" if periods_per_year(planner.problem) else "period"
    left = tuple(range(len(planner.problems)))
    seen = []
    for year in windows(planner.problem, every):
        if year.start:
            left = tuple(n for n in left if _alike(planner.problems[n], planner.problems[truth], year.start, plan))
            plan = planner.again(left, year.start, plan)
        seen.append((year, left))
    return plan, seen


def _alike(one: RenewalProblem, other: RenewalProblem, now: int, plan: Plan) -> bool:
    """Return whether two scenarios have shown the same before period ``now`` to those who carried out a plan."""
    count = one.periods.count

    def same(a: object, b: object) -> bool:
        if a is None or b is None:
            return a is b
        early = [tuple(by_period(values, count)[:now]) for values in (a, b)]  # type: ignore[arg-type]
        return early[0] == early[1]

    for mine, theirs in zip(one.lines, other.lines, strict=True):
        pairs: list[tuple[Line | Product, Line | Product]] = [(mine, theirs)]
        pairs += zip(mine.products, theirs.products, strict=True)
        if not all(same(a.margin, b.margin) and same(a.demand_per_h, b.demand_per_h) for a, b in pairs):
            return False
    if not all(same(price, other.prices[name]) for name, price in one.prices.items()):
        return False
    assets = {asset.name: (asset, other.assets[n]) for n, asset in enumerate(one.assets)}
    for renewal in plan:
        before, after = assets[renewal.asset]
        number = [option.name for option in before.options].index(renewal.option)
        served = renewal.period + before.options[number].starts_after < now
        if served and before.options[number] != after.options[number]:
            return False
    return True


def _told(
    named: Sequence[tuple[str, float]],
    planner: _Planner,
    once: Chosen,
    alone: Sequence[Chosen],
    ends: Sequence[tuple[Plan, list[tuple[range, tuple[int, ...]]]]],
) -> Rolling:
    paths, problem = [], planner.problem
    first = gains_in(planner.problems, once.renewals)
    every = "year" if periods_per_year(problem) else "period"
    for n, ((name, share), (plan, seen)) in enumerate(zip(named, ends, strict=True)):
        checked = evaluate(planner.problem, plan)
        years = [
            RollingYear(
                year=window_name(problem, every, year),
                possible=tuple(named[k][0] for k in left),
                renewals=tuple(renewal for renewal in checked.renewals if renewal.period in year),
            )
            for year, left in seen
        ]
        gain = gains_in([planner.problems[n]], plan)[0]
        best = max(alone[n].objective, gain, first[n])
        paths.append(
            RollingPath(
                name=name,
                probability=share,
                once=first[n],
                rolling=gain,
                foresight=best,
                bound=max(alone[n].bound, best),
                years=tuple(years),
            )
        )
    means = {
        key: expected(planner.probabilities, [getattr(path, key) for path in paths])
        for key in ("once", "rolling", "foresight", "bound")
    }
    return Rolling(status="optimal" if planner.finished else "feasible", paths=tuple(paths), **means)
