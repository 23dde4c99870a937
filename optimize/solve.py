"""Finds the best plan of a renewal problem with Pyomo on HiGHS, and checks it before anyone believes it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from optimize.evaluate import Evaluation, Evaluator, evaluate
from optimize.goals import weighted, weights
from optimize.plan import Clash, Objective, Plan, Renewal, Status
from optimize.problem import RenewalProblem

if TYPE_CHECKING:
    from optimize.column_generation import Progress

LARGEST_WHOLE = 300
"""Most assets for which the one model is tried when column generation finds no plan."""


class SolverError(RuntimeError):
    """The solver's plan does not stand up to the check, or the solver failed: a fault of ours, not of the data."""


def solve(
    problem: RenewalProblem,
    gap: float = 1e-9,
    time_limit_s: float = 60.0,
    threads: int = 1,
    seed: int = 0,
    without: Collection[str] = (),
    start: Sequence[Renewal] = (),
    tell: Callable[[Progress], None] = lambda _: None,
    stops: Callable[[], bool] = lambda: False,
) -> Plan:
    """Return the best plan, with a bound that no plan passes.

    Best is the greatest gain, or the greatest weighted sum of the goals where they have weights. The same problem and
    settings give the same plan, unless the time limit cuts the search short.

    Args:
        problem: What may be renewed, and within which limits.
        gap: Stop when (bound - gain) / gain is no more than this. The default is a proof: what is left is rounding.
        time_limit_s: Stop after so many seconds with the best plan found, status ``feasible``, or ``no_plan_yet``.
        threads: Processor cores to use.
        seed: Of the solver's own random choices.
        without: Names of limits and rules to disregard (see :mod:`optimize.constraints`).
        start: A plan to begin with, where many lines are solved one by one (see :mod:`optimize.column_generation`).
        tell: Called with the progress of such a search.
        stops: Asked now and then whether to stop such a search with the best plan so far.

    >>> from optimize.problem import parse_problem
    >>> plan = solve(parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 3},
    ...     "assets": [{"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}]}))
    >>> plan.status, plan.gain, [(r.asset, r.option, r.period) for r in plan.renewals]
    ('optimal', 20.0, [('lathe', 'cnc', 0)])
    """
    started = time.monotonic()
    from optimize.decompose import parts_of
    from optimize.many_lines import solve_lines

    deadline = started + time_limit_s
    evaluator = Evaluator(problem)
    parts = parts_of(evaluator, without, lambda: deadline - time.monotonic())
    if parts is None:
        return _solve_whole(problem, gap, time_limit_s, threads, seed, without)
    found = solve_lines(evaluator, parts, gap, deadline, threads, start, tell, stops)
    bound = found.bound if math.isfinite(found.bound) else None
    if found.renewals is None:
        left_s = deadline - time.monotonic()
        if len(problem.assets) <= LARGEST_WHOLE and left_s > 0:
            return _solve_whole(problem, gap, left_s, threads, seed, without)
        return _without_solver(problem, bound, without)
    return _plan(problem, _checked(evaluator, found.renewals, without), bound, gap)


def _solve_whole(
    problem: RenewalProblem, gap: float, time_limit_s: float, threads: int, seed: int, without: Collection[str]
) -> Plan:
    """Solve the problem as one model."""
    from pyomo.contrib.solver.common.results import TerminationCondition

    from optimize.clash import find_clash
    from optimize.highs import run_highs
    from optimize.plant_model import build_model

    started = time.monotonic()
    evaluator = Evaluator(problem)
    plant = build_model(problem, without)
    left_s = max(0.0, time_limit_s - (time.monotonic() - started))
    results = run_highs(plant.model, gap=gap, time_limit_s=left_s, threads=threads, seed=seed)
    none = {TerminationCondition.provenInfeasible, TerminationCondition.infeasibleOrUnbounded}
    if results.termination_condition in none:
        clash = find_clash(problem, time_limit_s=time_limit_s, threads=threads, seed=seed, without=without)
        if not clash:  # all limits can be kept: what HiGHS met in its presolve was rounding
            left_s = max(1.0, time_limit_s - (time.monotonic() - started))
            results = run_highs(plant.model, gap=gap, time_limit_s=left_s, threads=threads, seed=seed, presolve=False)
        if results.termination_condition in none:
            return _no_plan(problem, "infeasible", None, clash=clash)
    ended = results.termination_condition
    if ended not in {TerminationCondition.convergenceCriteriaSatisfied, TerminationCondition.maxTimeLimit}:
        raise SolverError(f"HiGHS stopped: {ended}")
    bound = _finite(results.objective_bound, plant.money)  # of what is maximised
    if results.incumbent_objective is None:
        return _without_solver(problem, bound, without)
    results.solution_loader.load_vars()
    checked = _checked(evaluator, plant.renewals(), without)
    claimed, found = results.incumbent_objective * plant.money, weighted(problem, checked.gain, checked.goals)
    if abs(claimed - found) > 1e-5 * max(1.0, abs(claimed), abs(checked.value)):
        raise SolverError(f"HiGHS claims a gain of {claimed:.10g}, the plan brings {found:.10g}")
    finished = ended == TerminationCondition.convergenceCriteriaSatisfied
    return _plan(problem, checked, bound, math.inf if finished else -math.inf)


def _checked(evaluator: Evaluator, renewals: Sequence[Renewal], without: Collection[str]) -> Evaluation:
    """Return the evaluation of a plan that is meant to keep all limits."""
    checked = evaluator.evaluate(renewals)
    broken = [violation.message for violation in checked.violations if violation.constraint not in without]
    if broken:
        raise SolverError(f"the solver's plan breaks limits: {'; '.join(broken)}")
    return checked


def _plan(problem: RenewalProblem, checked: Evaluation, bound: float | None, gap: float) -> Plan:
    """Return the plan; it is optimal if its own gap is no more than the one asked for."""
    found, of_goals = weighted(problem, checked.gain, checked.goals), weights(problem)
    if bound is not None:
        bound = max(found, bound)  # a plan in hand proves at least its own gain; the rest is rounding
    reached = math.inf if bound is None else (bound - found) / max(abs(found), 1e-9)
    own = None if bound is None else reached
    return Plan(
        status="optimal" if gap == math.inf or reached <= gap else "feasible",
        gain=checked.gain,
        bound=None if of_goals else bound,
        gap=own,
        goals=dict(checked.goals) or None,
        objective=Objective(weights=of_goals, value=found, bound=bound, gap=own) if of_goals else None,
        value=checked.value,
        baseline_value=checked.baseline_value,
        renewals=checked.renewals,
        by_period=checked.by_period,
    )


def _without_solver(problem: RenewalProblem, bound: float | None, without: Collection[str]) -> Plan:
    """Return the better of renewing nothing and the payback ranking, where the solver ran out of time."""
    from optimize.ranking import payback_ranking

    plans = [evaluate(problem, renewals) for renewals in ((), payback_ranking(problem))]
    allowed = [plan for plan in plans if all(broken.constraint in without for broken in plan.violations)]
    if not allowed:
        return _no_plan(problem, "no_plan_yet", None if weights(problem) else bound)
    best = max(allowed, key=lambda plan: weighted(problem, plan.gain, plan.goals))
    return _plan(problem, best, bound, -math.inf)


def _no_plan(problem: RenewalProblem, status: Status, bound: float | None, clash: Sequence[Clash] = ()) -> Plan:
    return Plan(
        status=status,
        gain=None,
        bound=bound,
        gap=None,
        value=None,
        baseline_value=evaluate(problem, ()).value,
        clash=tuple(clash),
    )


def _finite(bound: float | None, money: float) -> float | None:
    return None if bound is None or not math.isfinite(bound) else bound * money
