"""Takes a problem apart into lines that only share limits, and says what each of them is priced by.

:func:`parts_of` is the one place that says what column generation knows: problems with anything else go to the one
model of the whole plant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from optimize.evaluate import Evaluator
from optimize.line_graph import line_graph
from optimize.line_model import LineModel
from optimize.line_search import LineSearch, Pricer
from optimize.linking import Linking, link
from optimize.problem import (
    Asset,
    Budget,
    Discount,
    Line,
    Must,
    Option,
    PeriodGrid,
    RenewalProblem,
    Resource,
    Rule,
    Target,
)
from optimize.references import rule_references

FEW_LINES, FEW_STEPS = 4, 600
"""Below so many lines or renewals to choose from, the one model is quicker."""
MOST_MODELS = 20
"""Most lines priced by their own models for the sake of a rule that rows of the master can state as well."""
SHARED = frozenset({"budget", "resource_max", "resource_min", "target_min", "target_max", "downtime_limit"})
"""Limits that may be left out without the search minding."""
KNOWN: dict[type, frozenset[str]] = {
    PeriodGrid: frozenset({"count", "years_each", "labels"}),
    Discount: frozenset({"rate_per_year", "capex", "operation", "factors"}),
    Budget: frozenset({"amounts", "every", "carry_over"}),
    Resource: frozenset({"max", "min", "every"}),
    Line: frozenset(
        {"name", "stations", "hours", "margin", "demand_per_h", "products", "downtime_limit_h", "allowed_periods"}
    ),
    Option: frozenset(
        {
            "name",
            "cost",
            "cost_by_period",
            "capacity_per_h",
            "capacity_gain_per_h",
            "saving",
            "running_cost",
            "carrier_saving",
            "cash",
            "downtime_h",
            "uses",
            "quantities",
            "resale",
            "residual",
            "max_age",
            "starts_after",
            "follows",
            "allowed_periods",
        }
    ),
    Asset: frozenset(
        {
            "name",
            "line",
            "station",
            "count",
            "capacity_per_h",
            "running_cost",
            "resale",
            "age",
            "max_age",
            "quantities",
            "max_renewals",
            "options",
        }
    ),
    Target: frozenset({"quantity", "min", "max", "start"}),
    RenewalProblem: frozenset(
        {
            "renewal_problem",
            "periods",
            "discount",
            "budget",
            "resources",
            "prices",
            "lines",
            "assets",
            "rules",
            "targets",
        }
    ),
}
"""Fields that are understood here; one that is set and not listed sends the problem to the one model."""


def _understood(problem: RenewalProblem) -> bool:
    parts: Iterable[object] = (
        problem,
        problem.periods,
        problem.discount,
        *((problem.budget,) if problem.budget else ()),
        *problem.resources.values(),
        *problem.lines,
        *problem.targets,
        *problem.assets,
        *(option for asset in problem.assets for option in asset.options),
    )
    return all(
        getattr(part, name) == type(part).model_fields[name].default  # type: ignore[attr-defined]
        for part in parts
        for name in part.model_fields_set - KNOWN[type(part)]  # type: ignore[attr-defined]
    )


@dataclass
class Parts:
    """The lines, what ties them together, and which assets each holds."""

    lines: list[Pricer]
    links: Linking
    assets: list[list[int]]


@dataclass
class _Grouping:
    """Assets by line; groups that a rule ties too closely become one."""

    evaluator: Evaluator
    group_of: list[int] = field(default_factory=list)
    members: dict[int, list[int]] = field(default_factory=dict)
    needs_model: set[int] = field(default_factory=set)
    linking_rules: list[Rule] = field(default_factory=list)
    musts: list[Must] = field(default_factory=list)
    own_rules: list[Rule] = field(default_factory=list)

    def __post_init__(self) -> None:
        first: dict[str, int] = {}
        for index, asset in enumerate(self.evaluator.problem.assets):
            group = index if asset.line is None else first.setdefault(asset.line, index)
            self.group_of.append(group)
            self.members.setdefault(group, []).append(index)

    def assets(self, rule: Rule) -> list[int]:
        return [self.evaluator.references[name][0] for _, name in rule_references(rule)]

    def groups(self, rule: Rule) -> list[int]:
        return sorted({self.group_of[index] for index in self.assets(rule)})

    def simple(self, rule: Rule) -> bool:
        """Return whether a rule is about single machines renewed at most once."""
        assets = self.evaluator.problem.assets
        return all(assets[index].count == 1 and assets[index].max_renewals <= 1 for index in self.assets(rule))

    def join(self, groups: list[int]) -> None:
        first, *others = groups
        for group in others:
            for index in self.members[group]:
                self.group_of[index] = first
            self.members[first] += self.members.pop(group)


def _group(evaluator: Evaluator) -> _Grouping:
    """Return the lines as groups of assets, with each rule where it belongs."""
    grouping = _Grouping(evaluator)
    rules = evaluator.problem.rules
    close = [rule for rule in rules if not grouping.simple(rule)]
    for rule in close:
        grouping.join(grouping.groups(rule))
    within: list[Rule] = []
    for rule in rules:
        if rule in close:
            continue
        if isinstance(rule, Must):
            grouping.musts.append(rule)
        elif len(grouping.groups(rule)) > 1:
            grouping.linking_rules.append(rule)
        else:
            within.append(rule)
    for rule in close:
        grouping.needs_model.update(grouping.groups(rule))
    own = {group for rule in within for group in grouping.groups(rule)}
    if len(own) > MOST_MODELS:
        grouping.linking_rules += [rule for rule in within if grouping.groups(rule)[0] not in grouping.needs_model]
        within = [rule for rule in within if grouping.groups(rule)[0] in grouping.needs_model]
    grouping.needs_model.update(group for rule in within for group in grouping.groups(rule))
    grouping.own_rules = [*close, *within, *grouping.musts]
    return grouping


def parts_of(evaluator: Evaluator, without: Collection[str], seconds_left: Callable[[], float]) -> Parts | None:
    """Return the problem as lines that only share limits; None if the one model is to solve it.

    Args:
        evaluator: Holds the problem.
        without: Limits to leave out.
        seconds_left: Tells how long lines priced by a model may take.
    """
    problem = evaluator.problem
    choices = sum(len(asset.options) for asset in problem.assets) * evaluator.count
    if choices < FEW_STEPS or not set(without) <= SHARED or not _understood(problem):
        return None
    grouping = _group(evaluator)
    if len(grouping.members) < FEW_LINES:
        return None
    links = link(evaluator, grouping.linking_rules, without)
    lines: list[Pricer] = []
    for group, assets in grouping.members.items():
        line: Pricer | None = _searched(evaluator, grouping, group, links, "downtime_limit" not in without)
        if line is None:
            if len(assets) > 0.5 * len(problem.assets):
                return None
            rules = [rule for rule in grouping.own_rules if grouping.groups(rule) == [group]]
            line = LineModel(problem, assets, rules, links, without, seconds_left)
        lines.append(line)
    return Parts(lines, links, list(grouping.members.values()))


def _searched(
    evaluator: Evaluator, grouping: _Grouping, group: int, links: Linking, limited: bool
) -> LineSearch | None:
    """Return the search for one group of assets, or None if it does not know all that the group has."""
    assets = [evaluator.problem.assets[index] for index in grouping.members[group]]
    names = {asset.line for asset in assets}
    line = evaluator.lines[assets[0].line] if assets[0].line is not None else None
    if group in grouping.needs_model or len(names) > 1 or (line is None and len(assets) > 1):
        return None
    if any(asset.max_renewals > 1 for asset in assets) or (line is not None and line.products):
        return None
    of_assets = {name for asset in assets for name in (asset.name, *(f"{asset.name}/{o.name}" for o in asset.options))}
    musts = [must for must in grouping.musts if must.must in of_assets]
    graph = line_graph(evaluator, line, grouping.members[group], musts, links, limited)
    return None if graph is None else LineSearch(evaluator.problem, graph, links.count)
