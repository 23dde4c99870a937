"""What no single field of goals and scenarios can check: names that refer to nothing, shares that do not add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import fsum

from models.errors import Problem
from optimize.naming import duplicates, unknown_name
from optimize.problem import Goal, RenewalProblem, Scenario

ADDS_UP = 1e-6
"""How far from 1 the probabilities may add up: what is lost by writing them with six digits."""


def goal_errors(problem: RenewalProblem) -> Iterator[Problem]:
    """Return what is wrong with the goals."""
    names = [goal.name for goal in problem.goals]
    yield from duplicates("goals", names)
    for index, goal in enumerate(problem.goals):
        yield from _goal_errors(problem, f"goals[{index}]", goal)
    weights = [goal.weight for goal in problem.goals if goal.weight is not None]
    if weights and not any(weights):
        yield Problem("goals", "all weights are 0", "at least one above 0, or no weights at all")


def _goal_errors(problem: RenewalProblem, place: str, goal: Goal) -> Iterator[Problem]:
    if goal.of in {"gain", "output", "margin"} and goal.better == "less":
        yield Problem(f"{place}.better", f"less of the {goal.of}", "only a quantity or the cost may be better the less")
    if goal.of == "cost" and goal.better == "more":
        yield Problem(f"{place}.better", "more of the cost", "a cost is better the less")
    if goal.of in {"gain", "cost"} and goal.over == "end":
        yield Problem(f"{place}.over", f"{goal.of} of the last period", "gain and cost count over the horizon")
    if goal.of == "quantity":
        known = _quantities(problem)
        if goal.quantity is None:
            yield Problem(f"{place}.quantity", "missing", f"must be one of: {', '.join(sorted(known)) or 'none'}")
        elif goal.quantity not in known:
            yield unknown_name(f"{place}.quantity", goal.quantity, known)
    elif goal.quantity is not None:
        yield Problem(f"{place}.quantity", f"a quantity beside of: {goal.of}", "only with of: quantity")
    yield from _line_errors(problem, place, goal)


def _line_errors(problem: RenewalProblem, place: str, goal: Goal) -> Iterator[Problem]:
    if goal.of not in {"output", "margin"}:
        if goal.line is not None:
            yield Problem(f"{place}.line", f"a line beside of: {goal.of}", "only with of: output or margin")
        return
    lines = {line.name: line for line in problem.lines}
    if goal.line is not None and goal.line not in lines:
        yield unknown_name(f"{place}.line", goal.line, lines)
        return
    meant = [lines[goal.line]] if goal.line is not None else list(problem.lines)
    if not meant:
        yield Problem(f"{place}.of", f"{goal.of}, but no lines", "needs lines")
    mixed = [line.name for line in meant if line.products]
    if goal.of == "output" and mixed:
        found = f"output of {', '.join(mixed)}, which makes several products"
        yield Problem(
            f"{place}.of", found, "one product per line", "pieces of different worth do not add up: of: margin"
        )


def _quantities(problem: RenewalProblem) -> set[str]:
    known = {name for asset in problem.assets for name in asset.quantities}
    return known | {name for asset in problem.assets for option in asset.options for name in option.quantities}


def scenario_errors(problem: RenewalProblem) -> Iterator[Problem]:
    """Return what is wrong with the scenarios."""
    if not problem.scenarios:
        return
    yield from duplicates("scenarios", [scenario.name for scenario in problem.scenarios])
    total = fsum(scenario.probability for scenario in problem.scenarios)
    if abs(total - 1.0) > ADDS_UP:
        yield Problem("scenarios", f"probabilities add up to {total:.10g}", "must add up to 1")
    options = {f"{asset.name}/{option.name}" for asset in problem.assets for option in asset.options}
    assets = {asset.name for asset in problem.assets}
    for index, scenario in enumerate(problem.scenarios):
        place = f"scenarios[{index}]"
        lines = {line.name for line in problem.lines}
        for field, known in (("demand", lines), ("margin", lines), ("price", set(problem.prices))):
            yield from _factor_errors(problem, f"{place}.{field}_factor", getattr(scenario, f"{field}_factor"), known)
        for field in ("capacity", "saving"):
            yield from _factor_errors(
                problem, f"{place}.{field}_factor", getattr(scenario, f"{field}_factor"), options | assets
            )
        yield from _capacity_errors(problem, f"{place}.capacity_factor", scenario)


def _factor_errors(
    problem: RenewalProblem, place: str, factors: Mapping[str, object], known: set[str]
) -> Iterator[Problem]:
    for name, values in factors.items():
        if name != "*" and name not in known:
            yield unknown_name(f"{place}.{name}", name, known | {"*"})
        if isinstance(values, tuple) and len(values) != problem.periods.count:
            found = f"{len(values)} values for {problem.periods.count} periods"
            yield Problem(f"{place}.{name}", found, f"give one number or {problem.periods.count}")


def _capacity_errors(problem: RenewalProblem, place: str, scenario: Scenario) -> Iterator[Problem]:
    from optimize.scenarios import factor_of

    for asset in problem.assets:
        own = asset.capacity_per_h or (0.0,)
        base = own[min(asset.age, len(own) - 1)]
        for option in asset.options:
            gain = factor_of(scenario.capacity_factor, asset.name, option.name) * min(
                option.capacity_gain_per_h or (0.0,)
            )
            if asset.capacity_per_h and base + gain < 0:
                yield Problem(
                    place, f"the capacity of {asset.name}/{option.name} falls below 0", "must stay at least 0"
                )
