"""One problem asked again and again with small changes: each answer with its plan and a bound.

What a plan is worth is explained by asking what the best plan would be if something were otherwise. That takes
dozens of solves of nearly the same problem, so each begins from the plan of the unchanged one, several run side by
side, and none begins after the time for all of them is over.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import highspy
import numpy as np
import pyomo.environ as pyo
from highspy._core import _Highs

from optimize.highs import FEASIBILITY, use_threads
from optimize.plan import PlannedRenewal
from optimize.plant_model import PlantModel, RowKey, build_model, row_scale
from optimize.problem import RenewalProblem
from optimize.relaxed import Limit

Key = TypeVar("Key", bound=Hashable)
Outcome = Literal["found", "impossible", "not_asked"]
Progress = Callable[[int, int], None]
StepKey = tuple[object, ...]

ONE_MODEL_STEPS = 6000
"""Renewal steps up to which one model answers within seconds; a larger problem goes to :func:`optimize.solve.solve`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan of a changed problem. ``gain`` is over renewing nothing in the changed problem.

    ``bound`` is what no plan passes; ``outcome`` is ``not_asked`` where time was over before a plan was found.
    """

    outcome: Outcome
    gain: float | None = None
    bound: float | None = None
    value: float | None = None
    renewals: tuple[PlannedRenewal, ...] = ()
    finished: bool = False

    def machines(self, asset: str, option: str) -> int:
        """Return how many machines of an asset the plan renews with an option."""
        return sum(r.machines for r in self.renewals if (r.asset, r.option) == (asset, option))


NOT_ASKED = Found("not_asked")
IMPOSSIBLE = Found("impossible", finished=True)


@dataclass
class Asker:
    """Answers questions about changed problems until its time is over.

    Args:
        problem: The unchanged problem; its plan is where every search begins.
        gap: Relative gap at which an answer counts as exact.
        time_limit_s: For all questions together.
        each_s: For one question, so that a hard one does not starve the others; its answer then has a bound only.
        workers: Questions asked side by side.
        progress: Called with questions answered and questions known so far.

    >>> from optimize.problem import parse_problem
    >>> lathe = {"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 3}, "assets": [lathe]})
    >>> asker = Asker(problem)
    >>> asker.base.gain, asker.ask(problem.model_copy(update={"assets": ()})).gain
    (20.0, 0.0)
    """

    problem: RenewalProblem
    gap: float = 1e-6
    time_limit_s: float = 60.0
    each_s: float = 6.0
    workers: int = 2
    progress: Progress | None = None
    _start: dict[StepKey, float] = field(default_factory=dict)
    _lifted: dict[tuple[object, ...], Found] = field(default_factory=dict)
    _building: threading.Lock = field(default_factory=threading.Lock)
    asked: int = 0
    unfinished: int = 0
    _known: int = 0

    def __post_init__(self) -> None:
        use_threads(1)
        self.deadline = time.monotonic() + self.time_limit_s
        steps = sum(len(a.options) * a.max_renewals for a in self.problem.assets) * self.problem.periods.count
        self.one_model = steps <= ONE_MODEL_STEPS
        self.base = self.ask(self.problem)

    @property
    def left_s(self) -> float:
        """Return the seconds that are left."""
        return self.deadline - time.monotonic()

    def ask(self, problem: RenewalProblem) -> Found:
        """Return the best plan of a problem."""
        return self.ask_all({0: problem})[0]

    def ask_all(self, problems: Mapping[Key, RenewalProblem]) -> dict[Key, Found]:
        """Return the best plan of each problem."""
        self._known += len(problems)
        if len(problems) <= 1 or self.workers <= 1:
            return {key: self._best(problem) for key, problem in problems.items()}
        with ThreadPoolExecutor(self.workers) as pool:
            futures = {key: pool.submit(self._best, problem) for key, problem in problems.items()}
            return {key: future.result() for key, future in futures.items()}

    def lift(self, limits: Iterable[Limit]) -> dict[tuple[object, ...], Found]:
        """Return the best plan without each limit alone, by the limit's key; each is asked once."""
        known = {limit.key: limit for limit in limits}
        self._lifted |= self.ask_all({key: n.lifted for key, n in known.items() if key not in self._lifted})
        return {key: self._lifted[key] for key in known}

    def _count(self, finished: bool) -> None:
        self.asked += 1
        self.unfinished += not finished
        if self.progress is not None:
            self.progress(self.asked, max(self._known, self.asked))

    def _best(self, problem: RenewalProblem) -> Found:
        if self.left_s <= 0:
            found = NOT_ASKED
        elif not self.one_model:
            found = self._by_solve(problem)
        else:
            with self._building:
                model = _Model(build_model(problem))
            found = model.best(self._start, self.gap, self._time_s)
            if not self._start and found.outcome == "found":  # the first question is the unchanged problem
                self._start = model.taken()
        self._count(found.finished)
        return found

    @property
    def _time_s(self) -> float:
        """Return the time for one question; what all else is held against may take what it needs."""
        return self.left_s if self.asked == 0 else min(self.left_s, self.each_s)

    def _by_solve(self, problem: RenewalProblem) -> Found:
        from optimize.solve import solve

        plan = solve(problem, gap=max(self.gap, 1e-4), time_limit_s=self._time_s)
        if plan.status == "infeasible":
            return IMPOSSIBLE
        if plan.status == "no_plan_yet":
            return NOT_ASKED
        return Found("found", plan.gain, plan.bound, plan.value, plan.renewals, plan.status == "optimal")


class _Model:
    """The plant model as HiGHS holds it."""

    def __init__(self, plant: PlantModel) -> None:
        self.plant, form = plant, plant.form
        variables = [v for part in (form.model.step, form.model.output, form.model.flag, form.model.done)
                     for v in part.values()] + [form.model.nothing]  # fmt: skip
        self.column = {id(variable): number for number, variable in enumerate(variables)}
        self.steps = len(form.steps)
        worth = np.zeros(len(variables))
        worth[: self.steps] = [step.worth for step in form.steps]
        for key, value in form.worth_per_h.items():
            worth[self.column[id(form.model.output[key])]] = value
        self.worth = worth
        # output counts in full, so what the lines make without any renewal is taken off
        self.start_worth = form.evaluator.baseline_value - float(form.start.worth.sum())
        self.rows: list[RowKey] = list(plant.rows)
        self.highs: Any = _Highs()  # the class around it has callbacks, and prints as it sets them up
        self.highs.setOptionValue("output_flag", False)
        self._pass(variables)

    def _pass(self, variables: Sequence[Any]) -> None:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(variables), len(self.rows)
        lp.col_cost_ = self.worth / self.plant.money
        lp.sense_ = highspy.ObjSense.kMaximize
        inf = highspy.kHighsInf
        lp.col_lower_ = np.array([-inf if v.lb is None else v.lb for v in variables], dtype=float)
        lp.col_upper_ = np.array([inf if v.ub is None else v.ub for v in variables], dtype=float)
        whole, part = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        lp.integrality_ = [whole if v.is_integer() or v.is_binary() else part for v in variables]
        starts, lower, upper = [0], list[float](), list[float]()
        index, values = list[int](), list[float]()
        for key in self.rows:
            row = self.plant.rows[key]
            scale = row_scale(row)
            sums: dict[int, float] = {}
            for value, variable in row.terms:
                number = self.column[id(variable)]
                sums[number] = sums.get(number, 0.0) + value / scale
            index += sums.keys()
            values += sums.values()
            starts.append(len(index))
            lower.append(-inf if row.lower is None else row.lower / scale)
            upper.append(inf if row.upper is None else row.upper / scale)
        lp.row_lower_, lp.row_upper_ = np.array(lower, dtype=float), np.array(upper, dtype=float)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(values, dtype=float)
        self.highs.passModel(lp)

    def best(self, start: Mapping[StepKey, float], gap: float, time_limit_s: float) -> Found:
        """Return the plan that gains most."""
        if start:
            own = [(n, start.get(key, 0.0)) for n, key in enumerate(self._keys())]
            numbers, amounts = [n for n, _ in own], [amount for _, amount in own]
            self.highs.setSolution(len(own), np.asarray(numbers, dtype=np.int32), np.asarray(amounts, dtype=np.float64))
        finished = self._run(gap, time_limit_s)
        if finished is None:
            return IMPOSSIBLE
        found = self._plan()
        if found is None:
            return NOT_ASKED
        gain, renewals = found
        bound = float(self.highs.getInfo().mip_dual_bound) * self.plant.money - self.start_worth
        bound = gain if finished and not math.isfinite(bound) else bound
        value = gain + self.plant.form.evaluator.baseline_value
        return Found("found", gain, max(bound, gain), value, renewals, finished)

    def _run(self, gap: float, time_limit_s: float) -> bool | None:
        """Run HiGHS; return whether it came to the end, None where there is no plan at all."""
        options = {
            "threads": 1,
            "time_limit": max(0.05, time_limit_s),
            "mip_rel_gap": gap,
            "mip_abs_gap": 1e-9,
            # measured on plants of 25 and 45 machines: 1.2 s becomes 0.8 s, and 0.9 s becomes 0.2 s
            "mip_allow_restart": False,
            "mip_heuristic_run_feasibility_jump": False,
            "mip_feasibility_tolerance": FEASIBILITY,
            "primal_feasibility_tolerance": FEASIBILITY,
        }
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        self.highs.run()
        status, named = self.highs.getModelStatus(), highspy.HighsModelStatus
        if status in {named.kInfeasible, named.kUnboundedOrInfeasible}:
            return None
        return bool(status in {named.kOptimal, named.kModelEmpty})

    def _plan(self) -> tuple[float, tuple[PlannedRenewal, ...]] | None:
        """Return gain and renewals of the plan that HiGHS holds, the gain worked out from the renewals."""
        if self.highs.getInfo().primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
            return None
        values = np.asarray(self.highs.getSolution().col_value)
        for number in range(self.steps):
            self.plant.form.model.step[number].set_value(round(values[number]), skip_validation=True)
        checked = self.plant.form.evaluator.evaluate(self.plant.renewals())
        return checked.gain, checked.renewals

    def _keys(self) -> list[StepKey]:
        units = [unit.asset for unit in self.plant.form.units]
        return [(step.unit, units[step.unit], step.before, step.after) for step in self.plant.form.steps]

    def taken(self) -> dict[StepKey, float]:
        """Return the steps of the plan in hand and how many machines take each."""
        model = self.plant.form.model
        amounts = [float(pyo.value(model.step[n])) for n in range(self.steps)]
        return {key: amount for key, amount in zip(self._keys(), amounts, strict=True) if amount}
