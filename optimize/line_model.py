"""A line that the search does not know, priced by its own Pyomo model: same answers, slower."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

from optimize.evaluate import Evaluator
from optimize.highs import run_highs
from optimize.line_search import Effort, LinePlan, Priced
from optimize.linking import Linking
from optimize.numbers import Array
from optimize.plan import Renewal
from optimize.plant_model import build_model
from optimize.problem import RenewalProblem, Resource, Rule

_one_at_a_time = threading.Lock()  # HiGHS keeps one pool of threads for all


def part_of(problem: RenewalProblem, assets: Sequence[int], rules: Sequence[Rule]) -> RenewalProblem:
    """Return the part of a problem that is about some assets and their lines, without what they share with others."""
    chosen = tuple(problem.assets[index] for index in assets)
    names = {asset.line for asset in chosen}
    return problem.model_copy(
        update={
            "budget": None,
            "resources": {name: Resource() for name in problem.resources},
            "targets": (),
            "max_lines_down": None,
            "lines": tuple(line for line in problem.lines if line.name in names),
            "assets": chosen,
            "rules": tuple(rules),
        }
    )


class LineModel:
    """Prices the plans of some assets by the model of their part of the problem."""

    def __init__(
        self,
        problem: RenewalProblem,
        assets: Sequence[int],
        rules: Sequence[Rule],
        links: Linking,
        without: Collection[str],
        seconds_left: Callable[[], float],
    ) -> None:
        self.part = part_of(problem, assets, rules)
        self.evaluator = Evaluator(self.part)
        self.plant = build_model(self.part, without)
        self.seconds_left = seconds_left
        form = self.plant.form
        self.form, self.model = form, self.plant.model
        self.amounts = np.zeros((len(form.steps), links.count))
        for number, step in enumerate(form.steps):
            whose = (assets[form.units[step.unit].asset], np.array([step.option]), np.array([step.period]))
            uses = {name: use[None] for name, use in step.uses.items()}
            quantities = {name: amount[None] for name, amount in step.quantities.items()}
            self.amounts[number] = links.amounts(step.cost[None], uses, quantities, whose)[0]
        self.output = [(worth, self.model.output[key]) for key, worth in form.worth_per_h.items()]
        self.at_start = self.evaluator.baseline_value - float(form.start.worth.sum())

    def price(self, duals: Array, known: float, room: float, effort: Effort) -> Priced:
        """Return bound and plan at prices of the linking rows."""
        with _one_at_a_time:
            return self._price(duals, effort)

    def _price(self, duals: Array, effort: Effort) -> Priced:
        model, steps = self.model, range(len(self.form.steps))
        worths = [step.worth for step in self.form.steps] - self.amounts @ duals
        money = max([*np.abs(worths), *(worth for worth, _ in self.output), 1e-9]) / 1000.0
        terms = LinearExpression(
            linear_coefs=[*(float(w) / money for w in worths), *(w / money for w, _ in self.output), 1.0],
            linear_vars=[*(model.step[n] for n in steps), *(variable for _, variable in self.output), model.nothing],
        )
        model.del_component("objective")
        model.objective = pyo.Objective(expr=terms, sense=pyo.maximize)
        gap = 1e-3 if effort.width <= 300 else 1e-6
        limit_s = min(10.0 + 0.01 * effort.width, self.seconds_left())
        results = run_highs(model, gap=gap, time_limit_s=max(0.1, limit_s), threads=1, seed=0)
        if results.objective_bound is None or not np.isfinite(results.objective_bound):
            nothing = "nfeasible" in str(results.termination_condition)
            return Priced(-np.inf if nothing else np.inf, ())
        bound = results.objective_bound * money - self.at_start
        if results.incumbent_objective is None:
            return Priced(bound, ())
        results.solution_loader.load_vars()
        taken = np.array([round(pyo.value(model.step[n])) for n in steps])
        renewals = tuple(self.plant.renewals())
        gain = self.evaluator.evaluate(renewals).gain
        plan = LinePlan(gain, taken @ self.amounts if len(taken) else np.zeros(len(duals)), renewals)
        return Priced(max(bound, gain - float(duals @ plan.amounts)), (plan,))

    def renewals(self, plan: LinePlan) -> list[Renewal]:
        """Return the renewals of a plan."""
        return [renewal for renewal in plan.renewals if isinstance(renewal, Renewal)]
