"""One schedule for all scenarios: one Pyomo model that shares the schedule and has the output of each scenario.

Three questions. ``expected``: the greatest mean gain. ``worst``: the greatest gain in the worst scenario. ``regret``:
the least of the greatest regret, the regret in a scenario being what its own best schedule gains more there. A gain is
always over renewing nothing in the same scenario.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from types import SimpleNamespace
from typing import Literal

import pyomo.environ as pyo
from pydantic import BaseModel, ConfigDict

from models.errors import DataError, Problem
from optimize.constraints import CONSTRAINTS
from optimize.evaluate import evaluate
from optimize.formulation import Formulation, Row, Terms
from optimize.goals import gain_terms, summed
from optimize.highs import run_highs
from optimize.plan import Clash, PlannedRenewal, Renewal, Status
from optimize.plant_model import PlantModel, add_rows, build_model, maximise
from optimize.problem import RenewalProblem
from optimize.scenarios import expected, gains_in, problem_in
from optimize.solve import SolverError, solve

Mode = Literal["expected", "worst", "regret"]
OUTPUT_LIMITS = ("station_capacity", "demand")
"""Limits on what lines make, which each scenario has for itself."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InScenario(_Frozen):
    """One scenario: its best schedule's gain if it were known beforehand, and what no schedule gains more."""

    name: str
    probability: float
    best: float
    bound: float


class ScheduleRow(_Frozen):
    """One schedule over the scenarios: gains and regrets in their order."""

    name: str
    gains: tuple[float, ...]
    regrets: tuple[float, ...]
    expected: float
    worst: float
    greatest_regret: float
    allowed: bool
    """Whether it keeps all limits and rules."""
    renewals: tuple[PlannedRenewal, ...]


class Robust(_Frozen):
    """The schedule found and what it was held against.

    ``value`` is what ``mode`` asks for (a regret is the better the less), ``bound`` what no schedule betters, and
    ``gap`` their difference over max(abs(value), 1e-9). A regret's ``value`` is counted from the bounds of the
    scenarios' best schedules, so that the true one is no greater.
    """

    status: Status
    mode: Mode
    value: float | None
    bound: float | None
    gap: float | None
    scenarios: tuple[InScenario, ...] = ()
    renewals: tuple[PlannedRenewal, ...] = ()
    schedules: tuple[ScheduleRow, ...] = ()
    """The first is the one found."""
    clash: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What one run of the model over scenarios says."""

    renewals: list[Renewal]
    objective: float
    bound: float
    finished: bool


class _ScenarioForm(Formulation):
    """One scenario's view of the model: its own worth and output, the schedule of the whole."""

    def __init__(self, problem: RenewalProblem, whole: Formulation, name: str) -> None:
        self._whole, self._name = whole, name
        super().__init__(problem)
        if [step.after for step in self.steps] != [step.after for step in whole.steps]:
            raise SolverError(f"{name} allows other steps than the problem as written")

    def _define_variables(self) -> None:
        worth = {
            (line.name, product.name, period): value
            for line in self.problem.lines
            for product in line.products or (line,)
            for period, value in enumerate(self.output_worth(line, product))
            if value > 0
        }
        self.worth_per_h = worth
        output = pyo.Var(list(worth), domain=pyo.NonNegativeReals)
        self._whole.model.add_component(self._name, output)
        self.model = SimpleNamespace(step=self._whole.model.step, output=output)


class ScenarioModel:
    """The model over scenarios; asked for a mode, with or without renewals that have already happened."""

    def __init__(
        self, problem: RenewalProblem, problems: Sequence[RenewalProblem], without: Collection[str] = ()
    ) -> None:
        self.problem, self.problems, self.without = problem, problems, without
        self.plant: PlantModel = build_model(problem, without)
        form = self.plant.form
        self.gains: list[tuple[Terms, float]] = []
        for number, one in enumerate(problems):
            view = _ScenarioForm(one, form, f"output_{number}")
            rows = [row for limit in CONSTRAINTS if limit.name in OUTPUT_LIMITS for row in limit.rows(view)]
            add_rows(form.model, f"scenario_{number}", rows)
            self.gains.append(gain_terms(view))
        form.model.level = pyo.Var(domain=pyo.Reals)

    def fix(self, done: Iterable[Renewal], before: int) -> None:
        """Have the renewals in periods before ``before`` be those done, and leave the later ones open."""
        wanted: dict[tuple[int, int, int, tuple[int, int]], int] = {}
        form = self.plant.form
        for renewal in done:
            key = self._key(renewal)
            wanted[key] = wanted.get(key, 0) + renewal.machines
        for number, step in enumerate(form.steps):
            variable = form.model.step[number]
            if step.period >= before:
                variable.unfix()
                continue
            key = (form.units[step.unit].asset, step.option, step.period, step.before[:2] if step.before else (-1, -1))
            taken = min(wanted.get(key, 0), form.units[step.unit].machines)
            variable.fix(taken)
            wanted[key] = wanted.get(key, 0) - taken
        if any(left > 0 for left in wanted.values()):
            raise SolverError("renewals that were done are no steps of the model")

    def _key(self, renewal: Renewal) -> tuple[int, int, int, tuple[int, int]]:
        index = self.plant.form.evaluator.assets[renewal.asset]
        names = [option.name for option in self.problem.assets[index].options]
        old = renewal.replaces
        before = (-1, -1) if old is None else (names.index(old.option), old.period)
        return index, names.index(renewal.option), renewal.period, before

    def ask(
        self, mode: Mode, factors: Sequence[float], *, gap: float, time_limit_s: float, threads: int, seed: int
    ) -> Chosen | None:
        """Return the best schedule; None where there is none.

        Args:
            mode: What is best.
            factors: ``expected``: the probabilities; ``regret``: the best gain of each scenario; else not used.
            gap: Stop at this gap.
            time_limit_s: Stop after so many seconds.
            threads: Processor cores.
            seed: Of the solver.

        Raises:
            TimeoutError: No schedule was found in time.
        """
        from pyomo.contrib.solver.common.results import TerminationCondition

        model = self.plant.model
        rows: list[Row] = []
        if mode == "expected":
            parts = zip(factors, self.gains, strict=True)
            terms, constant = summed((factor, *gain) for factor, gain in parts)
        else:
            shift = factors if mode == "regret" else [0.0] * len(self.gains)
            for (gain, base), best in zip(self.gains, shift, strict=True):
                rows.append(Row("", [*gain, (-1.0, model.level)], lower=best - base))  # gain - best >= level
            terms, constant = [(1.0, model.level)], 0.0  # less the regret, or the least gain
        add_rows(model, "levels", rows)
        unit = maximise(self.plant.form, terms, constant)
        results = run_highs(model, gap=gap, time_limit_s=max(0.0, time_limit_s), threads=threads, seed=seed)
        ended = results.termination_condition
        if ended in {TerminationCondition.provenInfeasible, TerminationCondition.infeasibleOrUnbounded}:
            return None
        if ended not in {TerminationCondition.convergenceCriteriaSatisfied, TerminationCondition.maxTimeLimit}:
            raise SolverError(f"HiGHS stopped: {ended}")
        if results.incumbent_objective is None or not math.isfinite(results.objective_bound):
            raise TimeoutError
        results.solution_loader.load_vars()
        finished = ended == TerminationCondition.convergenceCriteriaSatisfied
        return Chosen(
            self.plant.renewals(), results.incumbent_objective * unit, results.objective_bound * unit, finished
        )


def scenario_problems(problem: RenewalProblem) -> list[RenewalProblem]:
    """Return the problem of each scenario.

    Raises:
        DataError: There are no scenarios.
    """
    if not problem.scenarios:
        raise DataError([Problem("scenarios", "missing", "a list of scenarios with name and probability")])
    return [problem_in(problem, scenario) for scenario in problem.scenarios]


def shares(problem: RenewalProblem) -> list[float]:
    """Return the probabilities of the scenarios, what rounding took from their sum made up for."""
    total = fsum(scenario.probability for scenario in problem.scenarios)
    return [scenario.probability / total for scenario in problem.scenarios]


def as_written(problem: RenewalProblem) -> RenewalProblem:
    """Return the problem without weights on its goals, so that its best schedule is that with the greatest gain."""
    goals = tuple(goal.model_copy(update={"weight": None}) for goal in problem.goals)
    return problem.model_copy(update={"goals": goals, "scenarios": ()})


def robust(
    problem: RenewalProblem,
    mode: Mode = "expected",
    *,
    gap: float = 1e-4,
    time_limit_s: float = 60.0,
    threads: int = 1,
    seed: int = 0,
    without: Collection[str] = (),
    others: Mapping[str, Sequence[Renewal]] | None = None,
) -> Robust:
    """Return the schedule that is best over all scenarios, beside the others that a reader will ask about.

    Args:
        problem: With scenarios.
        mode: What is best: ``expected``, ``worst`` or ``regret``.
        gap: Stop each solution at this gap.
        time_limit_s: Of all solutions together.
        threads: Processor cores to use.
        seed: Of the solver.
        without: Names of limits and rules to disregard.
        others: Further schedules to show in the table, by name.

    Raises:
        DataError: There are no scenarios.

    >>> from optimize.problem import parse_problem
    >>> found = robust(parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 2}, "prices": {"gas": 1},
    ...     "scenarios": [{"name": "dear", "probability": 0.5, "price_factor": {"gas": 2}},
    ...                   {"name": "cheap", "probability": 0.5, "price_factor": {"gas": 0.5}}],
    ...     "assets": [{"name": "kiln", "options": [
    ...         {"name": "new", "cost": 100, "starts_after": 0, "carrier_saving": {"gas": 60}}]}]}), "worst")
    >>> found.value, [(row.name, row.gains) for row in found.schedules][:2]
    (0.0, [('robust', (0.0, 0.0)), ('as written', (140.0, -40.0))])
    """
    named = [(scenario.name, share) for scenario, share in zip(problem.scenarios, shares(problem), strict=True)]
    asked = Settings(gap, time_limit_s, threads, seed, without)
    return robust_over(as_written(problem), scenario_problems(problem), named, mode, asked, others)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the solver is run: gap, seconds in all, cores, seed, limits to disregard."""

    gap: float = 1e-4
    time_limit_s: float = 60.0
    threads: int = 1
    seed: int = 0
    without: Collection[str] = ()


def robust_over(
    base: RenewalProblem,
    problems: Sequence[RenewalProblem],
    named: Sequence[tuple[str, float]],
    mode: Mode,
    settings: Settings,
    others: Mapping[str, Sequence[Renewal]] | None = None,
) -> Robust:
    """Return the schedule best over problems that differ in what schedules are worth; see :func:`robust`.

    Args:
        base: Whose limits and rules hold.
        problems: That of each scenario.
        named: Name and probability of each.
        mode: What is best.
        settings: Of the solver.
        others: Further schedules to show in the table.
    """
    probabilities = [share for _, share in named]
    deadline = time.monotonic() + settings.time_limit_s
    without, threads, seed = settings.without, settings.threads, settings.seed

    def left_s() -> float:
        return deadline - time.monotonic()

    asked = {"gap": settings.gap, "threads": threads, "seed": seed}
    model = ScenarioModel(base, problems, without)
    alone = []
    try:
        for one in range(len(problems)):  # knowing the scenario beforehand
            only = [float(one == other) for other in range(len(problems))]
            share_s = left_s() / (len(problems) - one + 1)
            found = model.ask("expected", only, time_limit_s=share_s, **asked)  # type: ignore[arg-type]
            if found is None:
                return _infeasible(base, mode, without, left_s(), threads, seed)
            alone.append(found)
        best = [found.objective for found in alone]
        factors = best if mode == "regret" else probabilities
        chosen = model.ask(mode, factors, time_limit_s=left_s(), **asked)  # type: ignore[arg-type]
    except TimeoutError:
        return Robust(status="no_plan_yet", mode=mode, value=None, bound=None, gap=None)
    assert chosen is not None  # the same schedules are allowed as for each scenario by itself
    table = _Table(base, problems, probabilities, [max(f.bound, f.objective) for f in alone], without)
    schedules = {"robust": chosen.renewals}
    written = solve(base, time_limit_s=max(1.0, left_s()), without=without, **asked)  # type: ignore[arg-type]
    if written.gain is not None:
        schedules["as written"] = list(written.renewals)
    for (name, _), found in zip(named, alone, strict=True):
        schedules[f"knowing {name}"] = found.renewals
    schedules.update({name: list(renewals) for name, renewals in (others or {}).items()})
    schedules["nothing"] = []
    rows = [table.row(name, renewals) for name, renewals in schedules.items()]
    return _told(mode, chosen, alone, rows, table, named)


def _infeasible(
    base: RenewalProblem, mode: Mode, without: Collection[str], left_s: float, threads: int, seed: int
) -> Robust:
    from optimize.clash import find_clash

    clash = find_clash(base, time_limit_s=left_s, threads=threads, seed=seed, without=without)
    return Robust(status="infeasible", mode=mode, value=None, bound=None, gap=None, clash=tuple(clash))


@dataclass(frozen=True, slots=True)
class _Table:
    """Works out schedules over scenarios."""

    base: RenewalProblem
    problems: Sequence[RenewalProblem]
    probabilities: Sequence[float]
    bounds: Sequence[float]
    """What no schedule gains more, by scenario: regrets are counted from here, so that none is told too small."""
    without: Collection[str]

    def row(self, name: str, renewals: Sequence[Renewal]) -> ScheduleRow:
        """Return the row of one schedule."""
        gains = gains_in(self.problems, renewals)
        regrets = [max(0.0, best - gain) for best, gain in zip(self.bounds, gains, strict=True)]
        checked = evaluate(self.base, renewals)
        broken = [violation for violation in checked.violations if violation.constraint not in self.without]
        return ScheduleRow(
            name=name,
            gains=tuple(gains),
            regrets=tuple(regrets),
            expected=expected(self.probabilities, gains),
            worst=min(gains),
            greatest_regret=max(regrets),
            allowed=not broken,
            renewals=checked.renewals,
        )


def _told(
    mode: Mode,
    chosen: Chosen,
    alone: Sequence[Chosen],
    rows: Sequence[ScheduleRow],
    table: _Table,
    named: Sequence[tuple[str, float]],
) -> Robust:
    """Return the answer, after a look at whether schedule and model agree."""
    found = rows[0]
    if not found.allowed:
        raise SolverError("the schedule for all scenarios breaks limits")
    claimed, value, bound = chosen.objective, *_value(mode, chosen, found)
    told = {"expected": found.expected, "worst": found.worst}.get(mode)
    if told is None:  # the model counts from the best found, the table from the bounds
        told = -max(one.objective - gain for one, gain in zip(alone, found.gains, strict=True))
    if abs(told - claimed) > 1e-5 * max(1.0, abs(claimed), *map(abs, found.gains)):
        raise SolverError(f"HiGHS claims {claimed:.10g} over the scenarios, the schedule brings {told:.10g}")
    finished = chosen.finished and all(one.finished for one in alone)
    scenarios = zip(named, alone, table.bounds, strict=True)
    return Robust(
        status="optimal" if finished else "feasible",
        mode=mode,
        value=value,
        bound=bound,
        gap=abs(bound - value) / max(abs(value), 1e-9),
        scenarios=tuple(
            InScenario(name=name, probability=share, best=one.objective, bound=most)
            for (name, share), one, most in scenarios
        ),
        renewals=found.renewals,
        schedules=tuple(rows),
    )


def _value(mode: Mode, chosen: Chosen, found: ScheduleRow) -> tuple[float, float]:
    """Return what the mode asks for, and what no schedule betters."""
    if mode == "expected":
        return found.expected, max(chosen.bound, found.expected)
    if mode == "worst":
        return found.worst, max(chosen.bound, found.worst)
    return found.greatest_regret, min(max(0.0, -chosen.bound), found.greatest_regret)
