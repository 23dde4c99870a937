"""The world in scenarios: the problem as it would be in each, and what a schedule is worth there.

A scenario changes what output, energy and new machines are worth, never what a schedule costs or whether it is allowed:
the same schedules are possible in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import Any

from optimize.evaluate import evaluate
from optimize.numbers import by_period
from optimize.plan import Renewal
from optimize.problem import Asset, Line, Option, Product, RenewalProblem, Scenario


def factor_of(factors: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - a number or a list by period
    """Return the factor for a name, else for what stands for all others, else 1.

    >>> factor_of({"lathe": 0.9, "*": 1.1}, "lathe", "cnc"), factor_of({"*": 1.1}, "saw", "new"), factor_of({}, "saw")
    (0.9, 1.1, 1.0)
    """
    whole = "/".join(names)
    for name in (whole, names[0], "*"):
        if name in factors:
            return factors[name]
    return 1.0


def problem_in(problem: RenewalProblem, scenario: Scenario) -> RenewalProblem:
    """Return the problem as it would be in one scenario, without weights and limits on goals.

    >>> from optimize.problem import parse_problem
    >>> problem = parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 2}, "prices": {"gas": [2, 3]},
    ...     "scenarios": [{"name": "dear gas", "probability": 1, "price_factor": {"gas": [1, 2]}}]})
    >>> problem_in(problem, problem.scenarios[0]).prices
    {'gas': (2.0, 6.0)}
    """
    count = problem.periods.count
    return problem.model_copy(
        update={
            "lines": tuple(_line(line, scenario, count) for line in problem.lines),
            "prices": {
                name: _times(price, factor_of(scenario.price_factor, name), count)
                for name, price in problem.prices.items()
            },
            "assets": tuple(_asset(asset, scenario) for asset in problem.assets),
            "goals": (),
            "scenarios": (),
        }
    )


def gains_in(problems: Sequence[RenewalProblem], renewals: Iterable[Renewal]) -> list[float]:
    """Return the gain of one schedule over renewing nothing, in each scenario's problem."""
    listed = list(renewals)
    return [evaluate(problem, listed).gain for problem in problems]


def expected(probabilities: Sequence[float], values: Sequence[float]) -> float:
    """Return the mean over the scenarios.

    >>> expected([0.25, 0.75], [4.0, 8.0])
    7.0
    """
    return fsum(p * value for p, value in zip(probabilities, values, strict=True))


def _line(line: Line, scenario: Scenario, count: int) -> Line:
    demand = factor_of(scenario.demand_factor, line.name)
    margin = factor_of(scenario.margin_factor, line.name)
    changed = {
        "margin": _times(line.margin, margin, count),
        "demand_per_h": _times(line.demand_per_h, demand, count),
        "products": tuple(_product(product, margin, demand, count) for product in line.products),
    }
    return line.model_copy(update=changed)


def _product(product: Product, margin: Any, demand: Any, count: int) -> Product:  # noqa: ANN401
    changed = {
        "margin": _times(product.margin, margin, count),
        "demand_per_h": _times(product.demand_per_h, demand, count),
    }
    return product.model_copy(update=changed)


def _times(values: Any, factor: Any, count: int) -> Any:  # noqa: ANN401 - None, a number or a list by period
    if values is None:
        return None
    if isinstance(values, tuple) or isinstance(factor, tuple):
        return tuple(float(value) for value in by_period(values, count) * by_period(factor, count))
    return values * factor


def _asset(asset: Asset, scenario: Scenario) -> Asset:
    return asset.model_copy(
        update={"options": tuple(_option(asset.name, option, scenario) for option in asset.options)}
    )


def _option(asset: str, option: Option, scenario: Scenario) -> Option:
    capacity = factor_of(scenario.capacity_factor, asset, option.name)
    saving = factor_of(scenario.saving_factor, asset, option.name)

    def scaled(values: tuple[float, ...] | None, factor: float) -> tuple[float, ...] | None:
        return None if values is None else tuple(value * factor for value in values)

    return option.model_copy(
        update={
            "capacity_per_h": scaled(option.capacity_per_h, capacity),
            "capacity_gain_per_h": scaled(option.capacity_gain_per_h, capacity),
            "saving": scaled(option.saving, saving),
            "carrier_saving": {name: scaled(values, saving) for name, values in option.carrier_saving.items()},
        }
    )
