"""One Pyomo model for the whole plant, put together from the variables and the table of limits and rules.

The objective is the gain over renewing nothing, or the weighted sum of the goals where they have weights. Rows are
scaled by their greatest coefficient and the objective to a fixed size, because the solver's tolerances are absolute.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

from optimize.constraints import CONSTRAINTS
from optimize.formulation import Formulation, Row, Terms
from optimize.goals import objective_terms
from optimize.plan import Renewal, Replaced
from optimize.problem import RenewalProblem
from optimize.tightening import bound_output, tightened

LARGEST_WORTH = 1e6
"""Size of the greatest worth in the objective: 1e12 times the least that a solver sees, for penalties of 1e9."""

WIDEST = 1e6
"""Greatest coefficient of a row over its least, up to which the greatest becomes 1; the solver drops what is < 1e-9."""

STEP_LIMITS = frozenset({"allowed_periods", "from", "max_age"})
"""Limits that forbid single steps, which are then left out of the model."""

RowKey = tuple[str, int]
"""Name of the constraint and number of its row."""


@dataclass
class PlantModel:
    """The Pyomo model, what its rows are, and how many units of what is maximised one unit of its objective is."""

    form: Formulation
    rows: dict[RowKey, Row]
    money: float

    @property
    def model(self) -> pyo.ConcreteModel:
        """Return the Pyomo model."""
        return self.form.model

    def renewals(self) -> list[Renewal]:
        """Return the renewals that the values of the variables stand for."""
        form = self.form
        machines: dict[tuple[int, int, int, tuple[int, int]], int] = {}
        for number, step in enumerate(form.steps):
            taken = round(pyo.value(form.model.step[number]))
            if taken:
                before = step.before[:2] if step.before else (-1, -1)
                key = (step.period, form.units[step.unit].asset, step.option, before)
                machines[key] = machines.get(key, 0) + taken
        return [self._renewal(key, taken) for key, taken in sorted(machines.items())]

    def _renewal(self, key: tuple[int, int, int, tuple[int, int]], machines: int) -> Renewal:
        period, index, option, (old, since) = key
        asset = self.form.problem.assets[index]
        return Renewal(
            asset=asset.name,
            option=asset.options[option].name,
            period=period,
            machines=machines,
            replaces=None if old < 0 else Replaced(option=asset.options[old].name, period=since),
        )


def build_model(problem: RenewalProblem, without: Collection[str] = (), elastic: bool = False) -> PlantModel:
    """Return the plant model.

    Args:
        problem: What may be renewed.
        without: Names of limits and rules to leave out.
        elastic: Let every limit and rule that is not natural give way (variables ``over`` and ``under``); the
            objective is then the least sum of what gives way, each row in units of its greatest coefficient.
    """
    form = Formulation(problem, STEP_LIMITS if elastic else STEP_LIMITS & set(without))
    rows: dict[RowKey, Row] = {}
    for constraint in CONSTRAINTS:
        if constraint.name not in without:
            rows.update(((constraint.name, n), row) for n, row in enumerate(constraint.rows(form)))
    rows.update((("meaning", n), row) for n, row in enumerate(form.meanings))
    natural = {constraint.name for constraint in CONSTRAINTS if constraint.natural}
    if not {"station_capacity", "demand"} & set(without):
        bound_output(form)
    hard = {key: row for key, row in rows.items() if not elastic or key[0] in natural}
    tight = tightened(hard)
    rows = {key: tight.get(key, row) for key, row in rows.items() if key in tight or key not in hard}
    soft = {key: row for key, row in rows.items() if elastic and not row.fixed and key[0] not in natural}
    model = form.model
    model.over = pyo.Var([k for k, row in soft.items() if row.upper is not None], domain=pyo.NonNegativeReals)
    model.under = pyo.Var([k for k, row in soft.items() if row.lower is not None], domain=pyo.NonNegativeReals)
    model.nothing = pyo.Var(bounds=(0, 0))  # stands in rows that nobody's renewal can change
    for name in {key[0]: None for key in rows}:
        numbers = [number for other, number in rows if other == name]
        model.add_component(
            name,
            pyo.Constraint(numbers, rule=lambda _, n, name=name: _bounded(model, (name, n), rows[name, n])),
        )
    if elastic:
        slacks = [(1.0, slack) for slack in (*model.over.values(), *model.under.values())]
        model.objective = pyo.Objective(expr=_linear([*slacks, (1.0, model.nothing)]), sense=pyo.minimize)
        return PlantModel(form, rows, 1.0)
    return PlantModel(form, rows, maximise(form, *objective_terms(form)))


def add_rows(model: pyo.ConcreteModel, name: str, rows: Sequence[Row]) -> None:
    """Set further rows of the model, in place of those that had this name."""
    model.del_component(name)

    def bounded(_: pyo.ConcreteModel, number: int) -> tuple[float | None, LinearExpression, float | None]:
        return _bounded(model, (name, number), rows[number])

    model.add_component(name, pyo.Constraint(range(len(rows)), rule=bounded))


def row_scale(row: Row) -> float:
    """Return what a row is divided by: its greatest coefficient, unless the least would be lost (1 if it has none)."""
    sizes = [abs(value) for value, _ in row.terms if value]
    return min(max(sizes), WIDEST * min(sizes)) if sizes else 1.0


def _bounded(model: pyo.ConcreteModel, key: RowKey, row: Row) -> tuple[float | None, LinearExpression, float | None]:
    """Return one row: lower limit, sum, upper limit, all divided by its scale."""
    scale = row_scale(row)
    terms: Terms = [(value / scale, variable) for value, variable in row.terms]
    if key in model.over:
        terms.append((-1.0, model.over[key]))
    if key in model.under:
        terms.append((1.0, model.under[key]))
    lower = None if row.lower is None else row.lower / scale
    upper = None if row.upper is None else row.upper / scale
    return lower, _linear(terms or [(1.0, model.nothing)]), upper


def _linear(terms: Terms) -> LinearExpression:
    """Return a sum as Pyomo writes it, quicker than by adding up term by term."""
    return LinearExpression(linear_coefs=[value for value, _ in terms], linear_vars=[variable for _, variable in terms])


def maximise(form: Formulation, terms: Terms, constant: float) -> float:
    """Set the objective to a sum and a constant; return how many of its units one unit of the model's objective is."""
    form.model.del_component("objective")
    unit = max((abs(value) for value, _ in terms), default=0.0) / LARGEST_WORTH or 1.0
    scaled = _linear([*((value / unit, variable) for value, variable in terms), (1.0, form.model.nothing)])
    form.model.objective = pyo.Objective(expr=scaled + constant / unit, sense=pyo.maximize)
    return unit
