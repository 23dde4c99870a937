"""Where no plan is possible: by how little each clashing limit or rule could give way, and what that would bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from optimize.numbers import by_period, period_name, window_name, windows
from optimize.plan import Clash, Relaxation
from optimize.problem import After, Asset, Choose, Must, RenewalProblem, Resource
from optimize.relaxed import budget_amounts, more_budget, more_downtime, without_rule
from optimize.resolve import Asker, Found

ROOM = 1e-7
"""Share added to an amount that only just lets the others stand, for the solver's rounding."""
HALVINGS = 40

Change = Callable[[float], RenewalProblem]
How = Literal["more", "less", "later", "gap", "longer", "drop"]


@dataclass(frozen=True, slots=True)
class Place:
    """Which limit a clash speaks of; what does not apply is None."""

    period: int | None = None
    line: str | None = None
    name: str | None = None
    """Resource, quantity or asset."""
    rule: int | None = None
    window: int | None = None
    """Number of the budget, or of the part of the resource."""


def with_relaxations(
    problem: RenewalProblem, clash: Iterable[Clash], *, time_limit_s: float = 30.0, workers: int = 2
) -> tuple[Clash, ...]:
    """Return the clashing limits, each with its least relaxation and the best gain then (all else kept).

    >>> from optimize.problem import parse_problem
    >>> from optimize.solve import solve
    >>> lathe = {"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 3}, "assets": [lathe],
    ...                          "budget": {"amounts": [80, 0, 0], "carry_over": True}, "rules": [{"must": "lathe"}]})
    >>> for clash in with_relaxations(problem, solve(problem).clash):
    ...     print(clash.constraint, clash.relaxation.how, round(clash.relaxation.amount or 0), clash.relaxation.gain)
    budget more 20 -100.0
    must drop 0 0.0
    """
    asker = Asker(problem, time_limit_s=time_limit_s, workers=workers)
    return tuple(entry.model_copy(update={"relaxation": _relaxation(asker, entry)}) for entry in clash)


def place_of(problem: RenewalProblem, clash: Clash) -> Place:
    """Return which limit a clash speaks of."""
    for constraint, where, place in _places(problem):
        if (constraint, where) == (clash.constraint, clash.where):
            return place
    return Place(name=clash.where)  # limits of single machines: their asset


def _places(problem: RenewalProblem) -> Iterator[tuple[str, str, Place]]:
    periods = range(problem.periods.count)
    if problem.budget is not None:
        for n, window in enumerate(windows(problem, problem.budget.every)):
            name = window_name(problem, problem.budget.every, window)
            yield "budget", name, Place(period=window.start, window=n)
    for resource, entry in problem.resources.items():
        for n, window in enumerate(windows(problem, entry.every)):
            where = f"{resource}, {window_name(problem, entry.every, window)}"
            for kind in ("resource_max", "resource_min"):
                yield kind, where, Place(period=window.start, name=resource, window=n)
    for t in periods:
        name = period_name(problem, t)
        yield "max_lines_down", name, Place(period=t)
        for line in problem.lines:
            yield "downtime_limit", f"{line.name}, {name}", Place(period=t, line=line.name)
        for number, target in enumerate(problem.targets):
            for kind in ("target_min", "target_max"):
                yield kind, f"{target.quantity}, {name}", Place(period=t, name=target.quantity, rule=number)
    for number, rule in enumerate(problem.rules):
        yield type(rule).__name__.lower(), f"rules[{number}]", Place(rule=number)


def _relaxation(asker: Asker, clash: Clash) -> Relaxation | None:
    problem, place = asker.problem, place_of(asker.problem, clash)
    if place.rule is not None and clash.constraint not in {"target_min", "target_max"}:
        return _of_rule(asker, place.rule)
    if clash.constraint in {"max_age", "allowed_periods", "from"}:
        return _of_asset(asker, clash.constraint, clash.where)
    change = _change(problem, clash, place)
    if change is None or clash.needed is None or clash.limit is None:
        return None
    return _of_amount(asker, clash, change)


def _change(problem: RenewalProblem, clash: Clash, place: Place) -> Change | None:
    """Return the problem as a function of the amount by which a limit gives way."""
    match clash.constraint:
        case "budget":
            return lambda amount: more_budget(problem, int(place.window or 0), amount)
        case "downtime_limit":
            return lambda amount: more_downtime(problem, str(place.line), amount, [place.period or 0])
        case "max_lines_down":
            most = problem.max_lines_down or 0
            return lambda amount: problem.model_copy(update={"max_lines_down": most + round(amount)})
        case "resource_max":
            return lambda amount: _resource(problem, place, "max", amount)
        case "resource_min":
            return lambda amount: _resource(problem, place, "min", -amount)
        case "target_max":
            return lambda amount: _target(problem, place, "max", amount)
        case "target_min":
            return lambda amount: _target(problem, place, "min", -amount)
    return None


def _resource(problem: RenewalProblem, place: Place, side: str, amount: float) -> RenewalProblem:
    resource: Resource = problem.resources[str(place.name)]
    limits = by_period(getattr(resource, side), len(windows(problem, resource.every)))
    limits[place.window or 0] += amount
    changed = resource.model_copy(update={side: tuple(float(limit) for limit in limits)})
    return problem.model_copy(update={"resources": {**problem.resources, str(place.name): changed}})


def _target(problem: RenewalProblem, place: Place, side: str, amount: float) -> RenewalProblem:
    """Return the problem with one target changed in all its periods: a plant has one number for it."""
    targets = tuple(
        t.model_copy(update={side: getattr(t, side) + amount})
        if t.quantity == place.name and getattr(t, side) is not None else t
        for t in problem.targets
    )  # fmt: skip
    return problem.model_copy(update={"targets": targets})


def _of_amount(asker: Asker, clash: Clash, change: Change) -> Relaxation | None:
    """Return how far a limit with a number must give way; first by what the search for the clash found."""
    assert clash.limit is not None
    assert clash.needed is not None
    low, high = 0.0, abs(clash.needed - clash.limit) * (1 + ROOM)
    found = asker.ask(change(high))
    if found.gain is None:  # it gave way together with others then
        high, found = _enough(asker, change, max(high, 1e-3 * max(1.0, abs(clash.limit))))
        for _ in range(HALVINGS):
            if found.gain is None or high - low <= ROOM * high:
                break
            middle = (low + high) / 2
            tried = asker.ask(change(middle))
            low, high, found = (low, middle, tried) if tried.gain is not None else (middle, high, found)
    lower = clash.constraint in {"resource_min", "target_min"}
    to = clash.limit - high if lower else clash.limit + high
    return _told(found, "less" if lower else "more", high, to)


def _enough(asker: Asker, change: Change, amount: float) -> tuple[float, Found]:
    """Return an amount that is enough, found by doubling, and the plan then."""
    found = asker.ask(change(amount))
    for _ in range(HALVINGS):
        if found.gain is not None or found.outcome == "not_asked":
            break
        amount *= 2
        found = asker.ask(change(amount))
    return amount, found


def _of_rule(asker: Asker, number: int) -> Relaxation | None:
    """Return how a rule must give way: a date later, a gap shorter, or the rule dropped."""
    problem, rule = asker.problem, asker.problem.rules[number]
    milder: list[tuple[How, float, Any]] = []
    if isinstance(rule, Must) and rule.by is not None:
        later = range(rule.by + 1, problem.periods.count)
        milder = [("later", by, rule.model_copy(update={"by": by})) for by in later]
    elif isinstance(rule, After):
        shorter = range(rule.after.gap - 1, -1, -1)
        milder = [("gap", gap, After(after=rule.after.model_copy(update={"gap": gap}))) for gap in shorter]
    elif isinstance(rule, Choose):
        fewer = range(rule.min - 1, -1, -1)
        milder = [("less", least, rule.model_copy(update={"min": least})) for least in fewer]
    for how, to, changed in milder:
        rules = (*problem.rules[:number], changed, *problem.rules[number + 1 :])
        found = asker.ask(problem.model_copy(update={"rules": rules}))
        if found.gain is not None:
            return _told(found, how, None, to)
    return _told(asker.ask(without_rule(problem, number)), "drop", None, None)


def _of_asset(asker: Asker, constraint: str, name: str) -> Relaxation | None:
    """Return how a limit of one machine must give way."""
    if constraint == "max_age":
        for more in range(1, asker.problem.periods.count + 1):
            found = asker.ask(_one_asset(asker.problem, name, lambda asset, more=more: _older(asset, more)))  # type: ignore[misc]
            if found.gain is not None:
                return _told(found, "longer", float(more), None)
        return None
    field = "follows" if constraint == "from" else "allowed_periods"
    changed = _one_asset(asker.problem, name, lambda asset: _free(asset, field))
    line = next((asset.line for asset in asker.problem.assets if asset.name == name), None)
    if constraint == "allowed_periods" and line is not None:
        lines = tuple(
            entry.model_copy(update={"allowed_periods": None}) if entry.name == line else entry
            for entry in changed.lines
        )
        changed = changed.model_copy(update={"lines": lines})
    return _told(asker.ask(changed), "drop", None, None)


def _one_asset(problem: RenewalProblem, name: str, change: Callable[[Asset], Asset]) -> RenewalProblem:
    assets = tuple(change(asset) if asset.name == name else asset for asset in problem.assets)
    return problem.model_copy(update={"assets": assets})


def _older(asset: Asset, more: int) -> Asset:
    options = tuple(
        option.model_copy(update={"max_age": None if option.max_age is None else option.max_age + more})
        for option in asset.options
    )
    most = None if asset.max_age is None else asset.max_age + more
    return asset.model_copy(update={"options": options, "max_age": most})


def _free(asset: Asset, field: str) -> Asset:
    return asset.model_copy(update={"options": tuple(o.model_copy(update={field: None}) for o in asset.options)})


def _told(found: Found, how: How, amount: float | None, to: float | None) -> Relaxation | None:
    if found.gain is None:
        return None
    return Relaxation(how=how, amount=amount, to=to, gain=found.gain, bound=found.bound)


def budget_of(problem: RenewalProblem, place: Place) -> float:
    """Return the amount of the budget that a clash speaks of, without what is carried over."""
    return budget_amounts(problem)[place.window or 0]
