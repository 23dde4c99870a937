"""What no single field can check: names that refer to each other, and lists as long as there are periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from models.errors import Problem
from optimize.goal_references import goal_errors, scenario_errors
from optimize.naming import duplicates, unknown_name
from optimize.numbers import periods_per_year, reference_table, year_count
from optimize.problem import (
    After,
    Asset,
    Choose,
    Exclude,
    Line,
    Must,
    Option,
    RenewalProblem,
    Requires,
    Rule,
    Target,
    Together,
)


def reference_errors(problem: RenewalProblem) -> list[Problem]:
    """Return one problem for each name that refers to nothing and each list of wrong length.

    >>> from optimize.problem import parse_problem
    >>> parse_problem({"renewal_problem": 1, "periods": {"count": 1}, "assets": [{"name": "lathe"}],
    ...                "rules": [{"must": "lath"}]})
    Traceback (most recent call last):
    models.errors.DataError: rules[0].must: unknown 'lath'; must be one of: lathe (did you mean 'lathe'?)
    """
    lines = {line.name: line for line in problem.lines}
    return [
        *_period_errors(problem),
        *duplicates("lines", [line.name for line in problem.lines]),
        *duplicates("assets", [asset.name for asset in problem.assets]),
        *_resource_errors(problem),
        *(error for index, line in enumerate(problem.lines) for error in _line_errors(problem, index, line)),
        *(error for index, asset in enumerate(problem.assets) for error in _asset_errors(problem, index, asset, lines)),
        *_rule_errors(problem),
        *(error for index, target in enumerate(problem.targets) for error in _target_errors(problem, index, target)),
        *goal_errors(problem),
        *scenario_errors(problem),
    ]


def rule_references(rule: Rule) -> list[tuple[str, str]]:
    """Return the places and references of one rule, e.g. ``[("must", "lathe/cnc")]``."""
    match rule:
        case Together():
            return [(f"together[{i}]", name) for i, name in enumerate(rule.together)]
        case After():
            return [("after.first", rule.after.first), ("after.then", rule.after.then)]
        case Exclude():
            return [(f"exclude[{i}]", name) for i, name in enumerate(rule.exclude)]
        case Requires():
            return [("requires.if", rule.requires.when), ("requires.then", rule.requires.then)]
        case Choose():
            return [(f"choose[{i}]", name) for i, name in enumerate(rule.choose)]
        case Must():
            return [("must", rule.must)]


def _length(place: str, values: object, expected: int, what: str = "periods") -> Iterator[Problem]:
    if isinstance(values, tuple) and len(values) != expected:
        yield Problem(place, f"{len(values)} values for {expected} {what}", f"give one number or {expected}")


def _in_horizon(place: str, periods: tuple[int, ...] | None, count: int) -> Iterator[Problem]:
    for period in periods or ():
        if period >= count:
            yield Problem(place, f"period {period} is outside the horizon", f"must be 0 .. {count - 1}")


def _period_errors(problem: RenewalProblem) -> Iterator[Problem]:
    count, discount = problem.periods.count, problem.discount
    yield from _length("periods.labels", problem.periods.labels, count)
    yield from _length("discount.factors", discount.factors, count)
    if discount.factors is not None and discount.rate_per_year is not None:
        yield Problem("discount", "rate_per_year and factors", "give one of them")
    for carrier, price in problem.prices.items():
        yield from _length(f"prices.{carrier}", price, count)
    for name, pool in problem.pools.items():
        yield from _length(f"pools.{name}.worth", pool.worth, count)


def _window_errors(problem: RenewalProblem, place: str, values: object, every: str) -> Iterator[Problem]:
    if every == "year":
        if periods_per_year(problem) is None:
            found = f"every: year with periods of {problem.periods.years_each} years"
            yield Problem(place, found, "needs periods that fill a year (years_each 1, 0.5, 0.25, ..)")
            return
        yield from _length(place, values, year_count(problem), "years")
    else:
        yield from _length(place, values, 1 if every == "horizon" else problem.periods.count, f"{every}s")


def _resource_errors(problem: RenewalProblem) -> Iterator[Problem]:
    if problem.budget:
        yield from _window_errors(problem, "budget.amounts", problem.budget.amounts, problem.budget.every)
    for name, resource in problem.resources.items():
        yield from _window_errors(problem, f"resources.{name}.max", resource.max, resource.every)
        yield from _window_errors(problem, f"resources.{name}.min", resource.min, resource.every)


def _line_errors(problem: RenewalProblem, index: int, line: Line) -> Iterator[Problem]:
    place, count = f"lines[{index}]", problem.periods.count
    for field in ("hours", "margin", "demand_per_h", "downtime_limit_h"):
        yield from _length(f"{place}.{field}", getattr(line, field), count)
    yield from _in_horizon(f"{place}.allowed_periods", line.allowed_periods, count)
    for number, station in enumerate(line.stations):
        if station in line.stations[:number]:
            yield Problem(f"{place}.stations[{number}]", f"{station!r} is named twice", "names must differ")
    if line.products:
        if line.margin is not None or line.demand_per_h is not None:
            yield Problem(place, "margin or demand_per_h beside products", "give them for each product")
        yield from _product_errors(place, line, count)
        return
    if line.margin is None:
        yield Problem(f"{place}.margin", "missing", "required, unless the line has products")
    if not line.stations and line.demand_per_h is None:
        yield Problem(place, "neither stations nor demand_per_h", "one of them must limit the output")


def _product_errors(place: str, line: Line, count: int) -> Iterator[Problem]:
    yield from duplicates(f"{place}.products", [product.name for product in line.products])
    for index, product in enumerate(line.products):
        where = f"{place}.products[{index}]"
        yield from _length(f"{where}.margin", product.margin, count)
        yield from _length(f"{where}.demand_per_h", product.demand_per_h, count)
        for station in product.load:
            if station not in line.stations:
                yield unknown_name(f"{where}.load", station, line.stations)
        if product.demand_per_h is None and not any(product.load.get(s, 1.0) > 0 for s in line.stations):
            yield Problem(where, "neither demand_per_h nor a station with load > 0", "one must limit the output")


def _asset_errors(problem: RenewalProblem, index: int, asset: Asset, lines: Mapping[str, Line]) -> Iterator[Problem]:
    place = f"assets[{index}]"
    if (asset.line is None) != (asset.station is None):
        yield Problem(place, "only one of line and station", "give both, or neither")
    elif asset.line is not None and asset.line not in lines:
        yield unknown_name(f"{place}.line", asset.line, lines)
    elif asset.line is not None and asset.station not in lines[asset.line].stations:
        yield unknown_name(f"{place}.station", str(asset.station), lines[asset.line].stations)
    if asset.station is not None and asset.capacity_per_h is None:
        yield Problem(f"{place}.capacity_per_h", "missing", "required for a machine of a station")
    yield from duplicates(f"{place}.options", [option.name for option in asset.options])
    for number, option in enumerate(asset.options):
        yield from _option_errors(problem, f"{place}.options[{number}]", asset, option)


def _option_errors(problem: RenewalProblem, place: str, asset: Asset, option: Option) -> Iterator[Problem]:
    count = problem.periods.count
    if (option.cost is None) == (option.cost_by_period is None):
        found = "neither cost nor cost_by_period" if option.cost is None else "cost and cost_by_period"
        yield Problem(place, found, "give one of them")
    if option.cost_by_period is not None:
        yield from _length(f"{place}.cost_by_period", option.cost_by_period, count)
    if option.capacity_per_h is not None and option.capacity_gain_per_h is not None:
        yield Problem(place, "capacity_per_h and capacity_gain_per_h", "give one of them")
    yield from _in_horizon(f"{place}.allowed_periods", option.allowed_periods, count)
    if asset.capacity_per_h and option.capacity_gain_per_h and _falls_below_zero(asset, option):
        yield Problem(f"{place}.capacity_gain_per_h", "the capacity falls below 0", "must stay at least 0")
    for resource in option.uses:
        if resource not in problem.resources:
            yield unknown_name(f"{place}.uses", resource, problem.resources)
    for carrier in option.carrier_saving:
        if carrier not in problem.prices:
            yield unknown_name(f"{place}.carrier_saving", carrier, problem.prices)
    if option.cash_by_period is not None:
        yield from _length(f"{place}.cash_by_period", option.cash_by_period, count)
    for pool, amount in option.claims.items():
        yield from _length(f"{place}.claims.{pool}", amount, count)
        if pool not in problem.pools:
            yield unknown_name(f"{place}.claims", pool, problem.pools)
    known = [asset.name, *(other.name for other in asset.options)]
    for name in option.follows or ():
        if name not in known:
            yield unknown_name(f"{place}.from", name, known)


def _falls_below_zero(asset: Asset, option: Option) -> bool:
    start = asset.capacity_per_h or (0.0,)
    base = start[min(asset.age, len(start) - 1)]
    return base + min(option.capacity_gain_per_h or (0.0,)) < 0


def _rule_errors(problem: RenewalProblem) -> Iterator[Problem]:
    known, twice = reference_table(problem)
    for name in twice:
        yield Problem("assets", f"{name!r} may mean two things", "rename the asset or the option")
    for index, rule in enumerate(problem.rules):
        references = rule_references(rule)
        for place, name in references:
            if name not in known:
                yield unknown_name(f"rules[{index}].{place}", name, known)
        names = [name for _, name in references]
        if len(set(names)) < len(names):
            yield Problem(f"rules[{index}]", "the same name twice", "names must differ")
        if isinstance(rule, Must) and rule.by is not None:
            yield from _in_horizon(f"rules[{index}].by", (rule.by,), problem.periods.count)
        if isinstance(rule, Choose) and rule.max is not None and rule.max < rule.min:
            yield Problem(f"rules[{index}].max", f"{rule.max} is below min {rule.min}", "must be at least min")


def _target_errors(problem: RenewalProblem, index: int, target: Target) -> Iterator[Problem]:
    known = {name for asset in problem.assets for name in asset.quantities}
    known |= {name for asset in problem.assets for option in asset.options for name in option.quantities}
    if target.quantity not in known:
        yield unknown_name(f"targets[{index}].quantity", target.quantity, known)
    yield from _in_horizon(f"targets[{index}].from", (target.start,), problem.periods.count)
