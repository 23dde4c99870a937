"""A renewal problem with one thing otherwise: a limit lifted, some more money, an option forced or forbidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from optimize.evaluate import Evaluator
from optimize.numbers import by_period, periods_per_year, windows
from optimize.problem import Asset, Line, Option, Product, RenewalProblem, Resource

LimitKind = Literal[
    "budget", "downtime", "resource", "lines_down", "bottleneck", "demand", "rule", "target", "allowed_periods"
]
PLENTY = 1e3
"""How many times what could ever be needed stands for no limit where a number must stand."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a problem, and the problem without it.

    ``line``, ``station``, ``name`` (resource, quantity), ``period`` (of a budget: first period of its window; of a
    rule or target: None) and ``rule`` say which one; what does not apply is None.
    """

    kind: LimitKind
    lifted: RenewalProblem
    line: str | None = None
    station: str | None = None
    name: str | None = None
    period: int | None = None
    rule: int | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells one limit from another."""
        return self.kind, self.line, self.station, self.name, self.period, self.rule


def limits_of(problem: RenewalProblem) -> list[Limit]:
    """Return every limit of a problem that could be lifted alone, a budget or downtime limit for all periods."""
    return [limit for find in _FINDERS for limit in find(problem)]


def _budget(problem: RenewalProblem) -> Iterator[Limit]:
    if problem.budget is not None:
        yield Limit("budget", problem.model_copy(update={"budget": None}))


def _downtime(problem: RenewalProblem) -> Iterator[Limit]:
    for line in problem.lines:
        if line.downtime_limit_h is not None:
            yield Limit("downtime", _line(problem, line.name, downtime_limit_h=None), line=line.name)


def _resources(problem: RenewalProblem) -> Iterator[Limit]:
    for name, resource in problem.resources.items():
        if resource.max is not None:
            yield Limit("resource", _resource(problem, name, max=None), name=name)


def _lines_down(problem: RenewalProblem) -> Iterator[Limit]:
    if problem.max_lines_down is not None:
        yield Limit("lines_down", problem.model_copy(update={"max_lines_down": None}))


def _stations(problem: RenewalProblem) -> Iterator[Limit]:
    for line in problem.lines:
        for station in line.stations if len(line.stations) > 1 else ():
            yield Limit("bottleneck", _wide(problem, line, station), line=line.name, station=station)


def _demand(problem: RenewalProblem) -> Iterator[Limit]:
    for line in problem.lines:
        if any(product.demand_per_h is not None for product in line.products or (line,)):
            yield Limit("demand", _unlimited_demand(problem, line), line=line.name)


def _rules(problem: RenewalProblem) -> Iterator[Limit]:
    for number in range(len(problem.rules)):
        yield Limit("rule", without_rule(problem, number), rule=number)


def _targets(problem: RenewalProblem) -> Iterator[Limit]:
    for number, target in enumerate(problem.targets):
        left = problem.targets[:number] + problem.targets[number + 1 :]
        yield Limit("target", problem.model_copy(update={"targets": left}), name=target.quantity, rule=number)


def _windows_of_time(problem: RenewalProblem) -> Iterator[Limit]:
    for line in problem.lines:
        if line.allowed_periods is not None:
            yield Limit("allowed_periods", _line(problem, line.name, allowed_periods=None), line=line.name)
    for asset in problem.assets:
        for option in asset.options:
            if option.allowed_periods:  # no period at all means that it is not on offer
                lifted = _option(problem, asset.name, option.name, allowed_periods=None)
                yield Limit("allowed_periods", lifted, name=f"{asset.name}/{option.name}")


_FINDERS: tuple[Callable[[RenewalProblem], Iterator[Limit]], ...] = (
    _budget, _downtime, _resources, _lines_down, _stations, _demand, _rules, _targets, _windows_of_time,
)  # fmt: skip


def parts_of(problem: RenewalProblem, limit: Limit) -> list[Limit]:
    """Return a budget year by year and a downtime limit period by period, each lifted alone; else nothing."""
    if limit.kind == "budget" and problem.budget is not None:
        parts = windows(problem, problem.budget.every)
        most = PLENTY * (1.0 + price_of_everything(problem))
        return [
            Limit("budget", more_budget(problem, number, most), period=window.start)
            for number, window in enumerate(parts)
        ]
    if limit.kind == "downtime" and limit.line is not None:
        return [
            Limit("downtime", more_downtime(problem, limit.line, np.inf, [t]), line=limit.line, period=t)
            for t in range(problem.periods.count)
        ]
    return []


def without_limits(problem: RenewalProblem) -> RenewalProblem:
    """Return the problem without any limit of money, downtime, resources, lines down and time; rules stay."""
    lines = tuple(line.model_copy(update={"downtime_limit_h": None, "allowed_periods": None}) for line in problem.lines)
    resources = {name: resource.model_copy(update={"max": None}) for name, resource in problem.resources.items()}
    changed = {"budget": None, "max_lines_down": None, "lines": lines, "resources": resources}
    return problem.model_copy(update=changed)


def without_rule(problem: RenewalProblem, number: int) -> RenewalProblem:
    """Return the problem without one rule."""
    return problem.model_copy(update={"rules": problem.rules[:number] + problem.rules[number + 1 :]})


def more_budget(problem: RenewalProblem, window: int, amount: float) -> RenewalProblem:
    """Return the problem with so much more (or less) budget in one period or year, counted from 0."""
    assert problem.budget is not None
    amounts = budget_amounts(problem)
    amounts[window] += amount
    return _amounts(problem, amounts)


def scaled_budget(problem: RenewalProblem, factor: float) -> RenewalProblem:
    """Return the problem with all budgets multiplied by a factor."""
    return _amounts(problem, [factor * amount for amount in budget_amounts(problem)])


def budget_amounts(problem: RenewalProblem) -> list[float]:
    """Return the budget of each period or year."""
    assert problem.budget is not None
    count = len(windows(problem, problem.budget.every))
    return [float(amount) for amount in by_period(problem.budget.amounts, count)]


def _amounts(problem: RenewalProblem, amounts: Sequence[float]) -> RenewalProblem:
    assert problem.budget is not None
    budget = problem.budget.model_copy(update={"amounts": tuple(amounts)})
    return problem.model_copy(update={"budget": budget})


def more_downtime(
    problem: RenewalProblem, line: str, hours: float, periods: Sequence[int] | None = None
) -> RenewalProblem:
    """Return the problem with more hours of downtime on a line, in some periods or in all; infinity lifts them."""
    own = next(entry for entry in problem.lines if entry.name == line)
    limits = by_period(own.downtime_limit_h or 0.0, problem.periods.count)
    most = sum(
        asset.count * asset.max_renewals * max((sum(o.downtime_h) for o in asset.options), default=0.0)
        for asset in problem.assets
        if asset.line == line
    )
    for period in range(problem.periods.count) if periods is None else periods:
        limits[period] = min(limits[period] + hours, max(limits[period], 1.0 + most))
    return _line(problem, line, downtime_limit_h=tuple(float(limit) for limit in limits))


def more_resource(problem: RenewalProblem, name: str, amount: float) -> RenewalProblem:
    """Return the problem with so much more of a resource in each period, year or over the horizon."""
    most = problem.resources[name].max
    assert most is not None
    more = most + amount if isinstance(most, float | int) else tuple(part + amount for part in most)
    return _resource(problem, name, max=more)


def forbidden(problem: RenewalProblem, asset: str, option: str) -> RenewalProblem:
    """Return the problem in which no machine of an asset is renewed with an option."""
    return _option(problem, asset, option, allowed_periods=())


def alone_on_offer(problem: RenewalProblem, asset: str, option: str) -> RenewalProblem:
    """Return the problem in which an asset has no other option."""
    for other in _asset_of(problem, asset).options:
        if other.name != option:
            problem = forbidden(problem, asset, other.name)
    return problem


def counted(
    problem: RenewalProblem, asset: str, option: str, *, least: int | None = None, most: int | None = None
) -> RenewalProblem:
    """Return the problem in which at least or at most so many machines of an asset are renewed with an option."""
    name = f"machines of {asset} renewed with {option}"
    asked = Resource(min=None if least is None else float(least), max=None if most is None else float(most),
                     every="horizon")  # fmt: skip
    uses = {**_option_of(problem, asset, option).uses, name: (1.0,)}
    changed = _option(problem, asset, option, uses=uses)
    return changed.model_copy(update={"resources": {**changed.resources, name: asked}})


def dearer(problem: RenewalProblem, asset: str, option: str, surcharge: float) -> RenewalProblem:
    """Return the problem in which an option costs more, paid with its price but not from the budget."""
    evaluator = Evaluator(problem)
    # a surcharge is discounted like the price; cash counts with the factor of operation
    factors = [c / o for c, o in zip(evaluator.capex_factor, evaluator.operation_factor, strict=True) if o > 0]
    cash = list(_option_of(problem, asset, option).cash) or [0.0]
    cash[0] -= surcharge * (factors[0] if factors else 1.0)
    return _option(problem, asset, option, cash=tuple(cash))


def price_of_everything(problem: RenewalProblem) -> float:
    """Return what it costs to renew every machine with its dearest option as often as is allowed."""
    return sum(
        asset.count * asset.max_renewals * max((_price(option) for option in asset.options), default=0.0)
        for asset in problem.assets
    )


def _price(option: Option) -> float:
    return max(sum(abs(c) for c in option.cost or ()), max((abs(c) for c in option.cost_by_period or ()), default=0.0))


def _asset_of(problem: RenewalProblem, name: str) -> Asset:
    return next(asset for asset in problem.assets if asset.name == name)


def _option_of(problem: RenewalProblem, asset: str, name: str) -> Option:
    return next(option for option in _asset_of(problem, asset).options if option.name == name)


def _line(problem: RenewalProblem, name: str, **changed: Any) -> RenewalProblem:  # noqa: ANN401 - fields of a line
    lines = tuple(line.model_copy(update=changed) if line.name == name else line for line in problem.lines)
    return problem.model_copy(update={"lines": lines})


def _resource(problem: RenewalProblem, name: str, **changed: Any) -> RenewalProblem:  # noqa: ANN401 - its fields
    resource = problem.resources[name].model_copy(update=changed)
    return problem.model_copy(update={"resources": {**problem.resources, name: resource}})


def _option(problem: RenewalProblem, asset: str, name: str, **changed: Any) -> RenewalProblem:  # noqa: ANN401
    options = tuple(o.model_copy(update=changed) if o.name == name else o for o in _asset_of(problem, asset).options)
    return _assets(problem, {asset: {"options": options}})


def _assets(problem: RenewalProblem, changed: dict[str, dict[str, Any]]) -> RenewalProblem:
    assets = tuple(asset.model_copy(update=changed.get(asset.name, {})) for asset in problem.assets)
    return problem.model_copy(update={"assets": assets})


def _wide(problem: RenewalProblem, line: Line, station: str) -> RenewalProblem:
    """Return the problem in which a station is never the bottleneck: each machine can do all that the line could."""
    own = [asset for asset in problem.assets if asset.line == line.name]
    most = sum(asset.count * max(_capacities(asset)) for asset in own)
    load = max((value for product in line.products for value in product.load.values()), default=1.0)
    wide = (10.0 * max(1.0, load) * (most or 1.0),)
    changed = {
        asset.name: {
            "capacity_per_h": wide,
            "options": tuple(
                option.model_copy(update={"capacity_per_h": wide, "capacity_gain_per_h": None})
                for option in asset.options
            ),
        }
        for asset in own
        if asset.station == station
    }
    return _assets(problem, changed)


def _capacities(asset: Asset) -> list[float]:
    start = max(asset.capacity_per_h or (0.0,))
    own = [max(option.capacity_per_h or (0.0,)) for option in asset.options]
    gains = [start + max(option.capacity_gain_per_h or (0.0,)) for option in asset.options]
    return [start, *own, *gains]


def _unlimited_demand(problem: RenewalProblem, line: Line) -> RenewalProblem:
    def wide(part: Line | Product) -> tuple[float, ...] | None:
        if part.demand_per_h is None:
            return None
        ceiling = PLENTY * (1.0 + float(np.max(by_period(part.demand_per_h, problem.periods.count))))
        return (ceiling,) * problem.periods.count

    if line.products:
        products = tuple(p.model_copy(update={"demand_per_h": wide(p)}) for p in line.products)
        return _line(problem, line.name, products=products)
    # where stations limit the output, no demand is needed at all
    return _line(problem, line.name, demand_per_h=None if line.stations else wide(line))


def year_of(problem: RenewalProblem, period: int) -> int:
    """Return the number of the year that a period lies in."""
    return period // (periods_per_year(problem) or 1)
