"""Which limits and rules a list of renewals breaks, found by looking at the renewals themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimize.evaluate import Life, Totals, Violation
from optimize.numbers import Array, by_period, period_name, reference_table, window_name, windows
from optimize.problem import (
    After,
    Asset,
    Choose,
    Exclude,
    Line,
    Must,
    RenewalProblem,
    Requires,
    Rule,
    Together,
)

TOLERANCE = 1e-7
"""Share of a limit that counts as kept: room for rounding, far below what a plant can measure."""


def violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    """Return every limit and rule that is broken, in the order of the problem."""
    lines = {line.name: line for line in problem.lines}
    for asset, lives in zip(problem.assets, totals.lives, strict=True):
        for life in sorted(set(lives)):
            yield from _life_violations(problem, asset, lines.get(asset.line or ""), life)
    yield from _budget_violations(problem, totals)
    yield from _resource_violations(problem, totals)
    yield from _downtime_violations(problem, totals)
    yield from _lines_down_violations(problem, totals)
    yield from _target_violations(problem, totals)
    yield from _goal_violations(problem, totals)
    events = _Events(problem, totals)
    for index, rule in enumerate(problem.rules):
        yield from _rule_violations(problem, events, index, rule)


def budget_by_period(problem: RenewalProblem, cost: Array) -> tuple[Array | None, Array | None]:
    """Return what comes in and what earlier periods left, by period; both None without a budget."""
    budget = problem.budget
    if budget is None:
        return None, None
    parts = windows(problem, budget.every)
    amounts = by_period(budget.amounts, len(parts))
    income, carried = np.zeros(problem.periods.count), np.zeros(problem.periods.count)
    left = 0.0
    for amount, window in zip(amounts, parts, strict=True):
        income[window.start] = amount
        for period in window:
            carried[period] = left
            left += income[period] - cost[period]
        if not budget.carry_over:
            left = 0.0
    return income, carried


def _above(found: float, limit: float) -> bool:
    return found > limit + TOLERANCE * max(1.0, abs(limit), abs(found))


def _life_violations(problem: RenewalProblem, asset: Asset, line: Line | None, life: Life) -> Iterator[Violation]:
    if len(life) > asset.max_renewals:
        text = f"{asset.name}: a machine is renewed {len(life)} times, {asset.max_renewals} allowed"
        yield Violation("max_renewals", asset.name, len(life), asset.max_renewals, text)
    before, age, most, start = asset.name, asset.age, asset.max_age, 0
    for number, period in life:
        option = asset.options[number]
        for allowed, who in (
            (option.allowed_periods, option.name),
            (line and line.allowed_periods, asset.line),
        ):
            if allowed is not None and period not in allowed:
                text = (
                    f"{asset.name}/{option.name}: renewed in {period_name(problem, period)}, which {who} does not allow"
                )
                yield Violation("allowed_periods", asset.name, period, None, text)
        if option.follows is not None and before not in option.follows:
            text = f"{asset.name}/{option.name}: follows {before}, may follow {', '.join(option.follows) or 'nothing'}"
            yield Violation("from", f"{asset.name}/{option.name}", None, None, text)
        end = min(period + option.starts_after, problem.periods.count)
        yield from _age_violation(asset, before, age + end - start, most)
        before, age, most, start = option.name, 0, option.max_age, end
    yield from _age_violation(asset, before, age + problem.periods.count - start, most)


def _age_violation(asset: Asset, name: str, served: int, most: int | None) -> Iterator[Violation]:
    if most is not None and served > most:
        text = f"{asset.name}: {name} stays {served} periods in service, at most {most}"
        yield Violation("max_age", asset.name, served, most, text)


def _budget_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    budget = problem.budget
    income, carried = budget_by_period(problem, totals.cost)
    if budget is None or income is None or carried is None:
        return
    for window in windows(problem, budget.every):
        there = float(income[window.start] + carried[window.start])
        spent = float(totals.cost[window.start : window.stop].sum())
        if _above(spent, there):
            name = window_name(problem, budget.every, window)
            yield Violation("budget", name, spent, there, f"budget, {name}: {spent:.10g} spent, {there:.10g} there")


def _resource_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    for name, resource in problem.resources.items():
        parts = windows(problem, resource.every)
        for number, window in enumerate(parts):
            used = float(totals.resources[name][window.start : window.stop].sum())
            where = f"{name}, {window_name(problem, resource.every, window)}"
            if resource.max is not None:
                most = float(by_period(resource.max, len(parts))[number])
                if _above(used, most):
                    yield Violation(
                        "resource_max", where, used, most, f"{where}: {used:.10g} used, at most {most:.10g}"
                    )
            if resource.min is not None:
                least = float(by_period(resource.min, len(parts))[number])
                if _above(least, used):
                    yield Violation(
                        "resource_min",
                        where,
                        used,
                        least,
                        f"{where}: {used:.10g} used, at least {least:.10g}",
                    )


def _downtime_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    for line in problem.lines:
        if line.downtime_limit_h is None:
            continue
        limits = by_period(line.downtime_limit_h, problem.periods.count)
        for period, (hours, most) in enumerate(zip(totals.downtime_h[line.name], limits, strict=True)):
            if _above(float(hours), float(most)):
                where = f"{line.name}, {period_name(problem, period)}"
                text = f"{where}: {hours:.10g} h standstill, at most {most:.10g} h"
                yield Violation("downtime_limit", where, float(hours), float(most), text)


def _lines_down_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    if problem.max_lines_down is None:
        return
    for period in range(problem.periods.count):
        down = {
            asset.line
            for asset, lives in zip(problem.assets, totals.lives, strict=True)
            if asset.line is not None and any(period == p for life in lives for _, p in life)
        }
        if len(down) > problem.max_lines_down:
            where = period_name(problem, period)
            text = f"{where}: {len(down)} lines with a renewal, at most {problem.max_lines_down}"
            yield Violation("max_lines_down", where, len(down), problem.max_lines_down, text)


def _target_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    for target in problem.targets:
        amounts = totals.quantities.get(target.quantity, np.zeros(problem.periods.count))
        for period in range(target.start, problem.periods.count):
            found, where = float(amounts[period]), f"{target.quantity}, {period_name(problem, period)}"
            if target.min is not None and _above(target.min, found):
                text = f"{where}: {found:.10g}, at least {target.min:.10g}"
                yield Violation("target_min", where, found, target.min, text)
            if target.max is not None and _above(found, target.max):
                text = f"{where}: {found:.10g}, at most {target.max:.10g}"
                yield Violation("target_max", where, found, target.max, text)


def _goal_violations(problem: RenewalProblem, totals: Totals) -> Iterator[Violation]:
    for goal in problem.goals:
        if goal.limit is None:
            continue
        found, limit = totals.goals[goal.name], goal.limit
        if goal.sign > 0 and _above(limit, found):
            text = f"{goal.name}: {found:.10g}, at least {limit:.10g}"
            yield Violation("goal_min", goal.name, found, limit, text)
        if goal.sign < 0 and _above(found, limit):
            yield Violation("goal_max", goal.name, found, limit, f"{goal.name}: {found:.10g}, at most {limit:.10g}")


class _Events:
    """When which machines of each reference are renewed."""

    def __init__(self, problem: RenewalProblem, totals: Totals) -> None:
        self.problem, self.totals = problem, totals
        self.table = reference_table(problem)[0] if problem.rules else {}

    def periods(self, name: str) -> list[list[int]]:
        """Return, for each machine, the periods in which it is renewed so."""
        asset, option = self.table[name]
        return [[p for o, p in life if option is None or o == option] for life in self.totals.lives[asset]]

    def any(self, name: str) -> set[int]:
        return {p for periods in self.periods(name) for p in periods}

    def all_by(self, name: str, period: int) -> bool:
        return all(any(p <= period for p in periods) for periods in self.periods(name))


def _rule_violations(problem: RenewalProblem, events: _Events, index: int, rule: Rule) -> Iterator[Violation]:
    text = _broken(problem, events, rule)
    if text:
        kind = type(rule).__name__.lower()
        yield Violation(kind, f"rules[{index}]", None, None, f"rules[{index}] {text}")


def _broken(problem: RenewalProblem, events: _Events, rule: Rule) -> str:
    """Return how a rule is broken; empty if it is kept."""
    last = problem.periods.count - 1
    match rule:
        case Together():
            when = {name: sorted(events.any(name)) for name in rule.together}
            same = all(periods == when[rule.together[0]] for periods in when.values())
            return "" if same else f"together: renewed in {when}"
        case After():
            order = rule.after
            early = [p for p in sorted(events.any(order.then)) if not events.all_by(order.first, p - order.gap)]
            return f"after: {order.then} in {early}, {order.first} not {order.gap} before" if early else ""
        case Exclude():
            both = [name for name in rule.exclude if events.any(name)]
            return f"exclude: {' and '.join(both)} are renewed" if len(both) > 1 else ""
        case Requires():
            needs = rule.requires
            kept = not events.any(needs.when) or events.all_by(needs.then, last)
            return "" if kept else f"requires: {needs.when} is renewed, {needs.then} is not"
        case Choose():
            number = sum(bool(events.any(name)) for name in rule.choose)
            most = len(rule.choose) if rule.max is None else rule.max
            return "" if rule.min <= number <= most else f"choose: {number} renewed, allowed {rule.min} to {most}"
        case Must():
            by = last if rule.by is None else rule.by
            return "" if events.all_by(rule.must, by) else f"must: {rule.must} is not renewed by period {by}"
