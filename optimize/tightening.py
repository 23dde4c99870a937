"""Rows of the plant model without numbers that are larger than what they can do.

A demand of 1e9 "without limit", a use of 1e9 that forbids an option: beside numbers of the usual size they cost a
solver its precision, and with tight tolerances it may then call a model infeasible that is not. What such a number
means can be said with a small one: a limit that nothing reaches needs no row, a machine that makes more than the line
could ever use makes as much as the line can use, and what alone is above a limit does not happen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from optimize.formulation import Formulation, Row, Terms
from optimize.numbers import by_period

FORBIDDEN = 10.0
"""A use so many times above what the limit leaves is not taken at all; below, the solver sees to it exactly."""


def bound_output(form: Formulation) -> None:
    """Give each output the upper bound that follows from the demand and from the most that its stations can."""
    most = {key: capacity.copy() for key, capacity in form.start.station_per_h.items()}
    for step in form.steps:
        asset = form.problem.assets[form.units[step.unit].asset]
        if asset.line is not None and asset.station is not None:
            most[asset.line, asset.station] += form.units[step.unit].machines * step.capacity_per_h.clip(min=0.0)
    for line in form.problem.lines:
        for product in line.products or (line,):
            loads = getattr(product, "load", {})
            wanted = math.inf if product.demand_per_h is None else product.demand_per_h
            demand = by_period(wanted, form.count)
            for period in range(form.count):
                if (line.name, product.name, period) in form.worth_per_h:
                    least = min(
                        [float(demand[period])]
                        + [
                            float(most[line.name, station][period]) / loads.get(station, 1.0)
                            for station in line.stations
                            if loads.get(station, 1.0) > 0
                        ]
                    )
                    form.model.output[line.name, product.name, period].setub(least)


def tightened(rows: Mapping[tuple[str, int], Row]) -> dict[tuple[str, int], Row]:
    """Return the rows that can bind, with coefficients no larger than what they can do.

    What can be taken of a variable is read off its bounds; variables that a row alone forbids are fixed at 0.
    """
    kept = {}
    for key, row in rows.items():
        new: Row | None = row
        if row.upper is not None and row.lower is None:
            new = _upper(row, row.terms, row.upper, 1.0)
        elif row.lower is not None and row.upper is None:
            new = _upper(row, [(-value, variable) for value, variable in row.terms], -row.lower, -1.0)
        if new is not None:
            kept[key] = new
    return kept


def _upper(row: Row, terms: Terms, upper: float, sign: float) -> Row | None:
    """Return the row ``terms <= upper`` tightened, None if nothing can pass its limit."""
    bounded = [(value, variable, _most(variable)) for value, variable in terms]
    most = sum(value * ub for value, _, ub in bounded if value > 0)
    least = sum(value * ub for value, _, ub in bounded if value < 0)
    if most <= upper:
        return None
    if not (math.isfinite(most) and math.isfinite(least)):
        return row
    left = max(upper - least, 0.0)
    smallest = min((abs(value) for value, _ in terms if value), default=0.0)
    new: Terms = []
    for value, variable, ub in bounded:
        if value < upper - most and variable.is_integer():
            value = upper - most  # one of these is enough, however much the others take
        elif value > FORBIDDEN * max(left, smallest) and variable.is_integer() and ub > 0:
            variable.setub(0)
            continue
        new.append((value, variable))
    if all(value == old for (value, _), (old, _) in zip(new, terms, strict=False)) and len(new) == len(terms):
        return row
    limit = sign * upper
    lower, upper_limit = (None, limit) if sign > 0 else (limit, None)
    return Row(row.where, [(sign * value, v) for value, v in new], lower, upper_limit, row.fixed, row.base)


def _most(variable: object) -> float:
    ub = getattr(variable, "ub", None)
    return math.inf if ub is None else float(ub)
