"""Goals beside the gain: what a plan reaches of each, and the same as sums over the variables of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from optimize.numbers import Array, by_period
from optimize.problem import Goal, Line, Product, RenewalProblem

if TYPE_CHECKING:
    import pyomo.environ as pyo

    from optimize.evaluate import Totals
    from optimize.formulation import Formulation, Terms

Made = Mapping[str, Mapping[str, Array]]
"""Output per hour by line, product (the line itself where it makes one) and period."""


def counted_lines(problem: RenewalProblem) -> set[str]:
    """Return the lines whose output is counted by a goal, even where it is worth nothing today."""
    wanted = [goal.line for goal in problem.goals if goal.of in {"output", "margin"}]
    return {line.name for line in problem.lines if line.name in wanted or None in wanted}


def weights(problem: RenewalProblem) -> dict[str, float]:
    """Return what one unit of each weighted goal counts in the sum that is maximised; empty: the gain alone counts."""
    return {goal.name: goal.sign * goal.weight for goal in problem.goals if goal.weight}


def weighted(problem: RenewalProblem, gain: float, reached: Mapping[str, float]) -> float:
    """Return what is maximised: the weighted sum of the goals, or the gain where no goal has a weight."""
    found = weights(problem)
    return sum(weight * reached[name] for name, weight in found.items()) if found else gain


def reached(problem: RenewalProblem, totals: Totals, gain: float, made: Made) -> dict[str, float]:
    """Return what renewals reach of each goal.

    Args:
        problem: With its goals.
        totals: Of the renewals.
        gain: Over renewing nothing.
        made: Output of the lines.
    """
    return {goal.name: _reached(problem, goal, totals, gain, made) for goal in problem.goals}


def _reached(problem: RenewalProblem, goal: Goal, totals: Totals, gain: float, made: Made) -> float:
    count = problem.periods.count
    if goal.of == "gain":
        return gain
    if goal.of == "cost":
        return float(totals.cost.sum())
    if goal.of == "quantity":
        assert goal.quantity is not None
        return _over(goal, totals.quantities.get(goal.quantity, np.zeros(count)))
    amounts = np.zeros(count)
    for line in problem.lines:
        if goal.line in (None, line.name):
            for product in line.products or (line,):
                amounts += per_unit(goal, line, product, count) * made[line.name][product.name]
    return _over(goal, amounts)


def _over(goal: Goal, amounts: Array) -> float:
    return float(amounts[-1] if goal.over == "end" else amounts.sum())


def per_unit(goal: Goal, line: Line, product: Line | Product, count: int) -> Array:
    """Return what one unit per hour of a product adds in each period to a goal of output or margin."""
    hours = by_period(line.hours, count)
    if goal.of == "output":
        return hours
    return hours * by_period(product.margin if product.margin is not None else 0.0, count)


def goal_terms(form: Formulation, goal: Goal) -> tuple[Terms, float]:
    """Return a goal as a sum over the variables of the model, and what renewing nothing adds to it."""
    if goal.of == "gain":
        return gain_terms(form)
    if goal.of == "cost":
        return form.total([float(step.cost.sum()) for step in form.steps]), 0.0
    if goal.of == "quantity":
        assert goal.quantity is not None
        zero = np.zeros(form.count)
        changes = [_over(goal, step.quantities.get(goal.quantity, zero)) for step in form.steps]
        return form.total(changes), _over(goal, form.start.quantities.get(goal.quantity, zero))
    lines = {line.name: line for line in form.problem.lines}
    terms: Terms = []
    for name, product, period in form.worth_per_h:
        line = lines[name]
        if goal.line in (None, name) and (goal.over == "horizon" or period == form.count - 1):
            of = next(made for made in line.products or (line,) if made.name == product)
            amount = float(per_unit(goal, line, of, form.count)[period])
            if amount:
                terms.append((amount, form.model.output[name, product, period]))
    return terms, 0.0


def gain_terms(form: Formulation) -> tuple[Terms, float]:
    """Return the gain over renewing nothing as a sum, and its constant.

    Output counts in full in the sum, so the constant takes off what the lines make without any renewal.
    """
    terms: Terms = [(step.worth, form.model.step[number]) for number, step in enumerate(form.steps)]
    terms += [(worth, form.model.output[key]) for key, worth in form.worth_per_h.items()]
    for pool in form.problem.pools:
        worth_of_pool = form.evaluator.pool_worth(pool)
        terms += [(float(worth_of_pool[t]), form.model.paid[pool, t]) for t in range(form.count) if worth_of_pool[t]]
    return terms, float(form.start.worth.sum()) - form.evaluator.baseline_value


def objective_terms(form: Formulation) -> tuple[Terms, float]:
    """Return what is maximised, weighted goals or the gain, as a sum and a constant; each variable stands once."""
    found = weights(form.problem)
    if not found:
        return gain_terms(form)
    return weighted_terms(form, found)


def weighted_terms(form: Formulation, factors: Mapping[str, float]) -> tuple[Terms, float]:
    """Return a sum of goals, each times its factor; each variable stands once."""
    goals = {goal.name: goal for goal in form.problem.goals}
    return summed((factor, *goal_terms(form, goals[name])) for name, factor in factors.items())


def summed(parts: Iterable[tuple[float, Terms, float]]) -> tuple[Terms, float]:
    """Return the sum of several sums with their constants, each times a factor; each variable stands once."""
    added: dict[int, tuple[float, pyo.Var]] = {}
    constant = 0.0
    for factor, terms, base in parts:
        constant += factor * base
        for value, variable in terms:
            before = added.get(id(variable), (0.0, variable))[0]
            added[id(variable)] = (before + factor * value, variable)
    return list(added.values()), constant
