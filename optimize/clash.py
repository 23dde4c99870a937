"""Why no plan is possible: the fewest limits and rules that contradict each other, with numbers.

First an elastic filter (Chinneck and Dravnieks, 1991): every limit may give way at a price; those that do give way
cannot all be kept, so they are enforced and the others asked again, until nothing can give way enough. What was
enforced then contradicts itself; limits that it can do without are dropped one by one. Last, for each limit left:
how far would it have to give way, all else kept?
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pyomo.environ as pyo
from pyomo.contrib.solver.common.results import TerminationCondition

from optimize.formulation import Row
from optimize.highs import run_highs
from optimize.numbers import period_name
from optimize.plan import Clash
from optimize.plant_model import PlantModel, RowKey, build_model, row_scale
from optimize.problem import After, Choose, Exclude, Must, RenewalProblem, Requires, Rule, Together

GIVES_WAY = 1e-6
"""Least slack, in units of a row's greatest coefficient, that is more than rounding."""


WORDS = {
    "budget": "budget",
    "resource_max": "resource",
    "resource_min": "resource",
    "downtime_limit": "hours of downtime for installation",
    "max_lines_down": "lines down at once",
    "target_min": "target",
    "target_max": "target",
    "goal_min": "goal",
    "goal_max": "goal",
}
"""Limits that have a number of their own, and what to call them."""


@dataclass
class _Elastic:
    """The elastic model, asked again and again with other limits enforced."""

    plant: PlantModel
    deadline: float
    threads: int
    seed: int

    def least_slack(self, free: Collection[RowKey]) -> dict[RowKey, float] | None:
        """Return how far each free row gives way at least (the others enforced), or None if that is not enough.

        Raises:
            TimeoutError: There is no time left.
        """
        model = self.plant.model
        for slacks in (model.over, model.under):
            for key in slacks:
                slacks[key].setub(None if key in free else 0.0)
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        results = run_highs(model, gap=0.0, time_limit_s=left_s, threads=self.threads, seed=self.seed)
        if results.termination_condition == TerminationCondition.maxTimeLimit:
            raise TimeoutError
        if results.termination_condition != TerminationCondition.convergenceCriteriaSatisfied:
            return None
        results.solution_loader.load_vars()
        slack: dict[RowKey, float] = {}
        for part, sign in ((model.over, 1.0), (model.under, -1.0)):
            for key, variable in part.items():
                amount = pyo.value(variable)
                if key in free and amount > GIVES_WAY:
                    slack[key] = slack.get(key, 0.0) + sign * amount
        return slack

    @property
    def soft(self) -> list[RowKey]:
        """Return the rows that can give way."""
        keys = [*self.plant.model.over, *self.plant.model.under]
        return list(dict.fromkeys(keys))


def find_clash(
    problem: RenewalProblem, *, time_limit_s: float, threads: int, seed: int, without: Collection[str] = ()
) -> list[Clash]:
    """Return limits and rules that contradict each other, none of which can be left out of the list.

    Args:
        problem: A problem without any plan.
        time_limit_s: Time for the search; when it is over, the list may be longer than need be.
        threads: Processor cores to use.
        seed: Of the solver.
        without: Names of limits and rules to disregard.
    """
    deadline = time.monotonic() + time_limit_s
    elastic = _Elastic(build_model(problem, without, elastic=True), deadline, threads, seed)
    clashing: list[RowKey] = []
    needed: dict[RowKey, float] = {}
    enough: set[RowKey] = set()
    try:
        clashing, needed = _elastic_filter(elastic)
        clashing = _without_bystanders(elastic, clashing)
        for key in clashing:
            alone = elastic.least_slack(_moves_with(elastic, problem, key))
            if alone is not None:
                needed[key] = alone.get(key, 0.0)
                enough.add(key)
    except TimeoutError:
        pass  # what has been found so far still contradicts itself, with some limits too many
    return _told(elastic.plant, clashing, needed, enough)


def _moves_with(elastic: _Elastic, problem: RenewalProblem, key: RowKey) -> set[RowKey]:
    """Return the limits that give way with one: money added to a budget with carry-over is there later, too."""
    if key[0] == "budget" and problem.budget is not None and problem.budget.carry_over:
        budgets = [other for other in elastic.soft if other[0] == "budget"]
        return set(budgets[budgets.index(key) :])
    return {key}


def _elastic_filter(elastic: _Elastic) -> tuple[list[RowKey], dict[RowKey, float]]:
    enforced: list[RowKey] = []
    first: dict[RowKey, float] = {}
    while True:
        free = [key for key in elastic.soft if key not in set(enforced)]
        slack = elastic.least_slack(free)
        if slack is None:
            return enforced, first
        if not slack:  # what stands in the way is smaller than rounding
            return enforced, first
        first = first or dict(slack)
        enforced += slack


def _without_bystanders(elastic: _Elastic, clashing: list[RowKey]) -> list[RowKey]:
    """Drop each limit without which the others still contradict each other."""
    kept = list(clashing)
    for key in reversed(clashing):  # so that the earliest of several that say the same is told
        others = [other for other in kept if other != key]
        if elastic.least_slack([other for other in elastic.soft if other not in others]) is None:
            kept = others
    return kept


def _told(
    plant: PlantModel, clashing: Iterable[RowKey], needed: Mapping[RowKey, float], enough: Collection[RowKey]
) -> list[Clash]:
    order = {key: place for place, key in enumerate(plant.rows)}
    told: dict[tuple[str, str], Clash] = {}
    for key in sorted(clashing, key=lambda k: order[k]):
        row = plant.rows[key]
        slack = needed.get(key)
        clash = _clash(plant, key, row, None if slack is None else slack * row_scale(row), key in enough)
        told.setdefault((clash.constraint, clash.where), clash)
    return list(told.values())


def _clash(plant: PlantModel, key: RowKey, row: Row, slack: float | None, enough: bool) -> Clash:
    name = key[0]
    limit = row.upper if row.upper is not None else row.lower
    if name not in WORDS or limit is None:
        rule = _rule_text(plant.form.problem, row.where) or f"{name}: {row.where}"
        return Clash(constraint=name, where=row.where, limit=None, needed=None, message=rule)
    limit += row.base
    needed = None if slack is None else limit + slack
    side = "at most" if row.upper is not None else "at least"
    message = f"{WORDS[name]}, {row.where}: {side} {limit:,.10g} allowed"
    if needed is not None:
        message += f"; {needed:,.10g} would do" + (", all else kept" if enough else " if other limits gave way too")
    return Clash(constraint=name, where=row.where, limit=limit, needed=needed, message=message)


def _rule_text(problem: RenewalProblem, where: str) -> str:
    """Return a rule in words; empty if ``where`` is no rule."""
    for index, rule in enumerate(problem.rules):
        if where == f"rules[{index}]":
            return f"rule {index + 1}: {_in_words(problem, rule)}"
    return ""


def _in_words(problem: RenewalProblem, rule: Rule) -> str:
    match rule:
        case Together():
            return f"{' and '.join(rule.together)} are renewed in the same period"
        case After():
            return f"{rule.after.then} is renewed at least {rule.after.gap} periods after {rule.after.first}"
        case Exclude():
            return f"only one of {' and '.join(rule.exclude)} is renewed"
        case Requires():
            return f"{rule.requires.when} is renewed only with {rule.requires.then}"
        case Choose():
            most = len(rule.choose) if rule.max is None else rule.max
            return f"{rule.min} to {most} of {', '.join(rule.choose)} are renewed"
        case Must():
            by = "within the horizon" if rule.by is None else f"by {period_name(problem, rule.by)}"
            return f"{rule.must} must be renewed {by}"
