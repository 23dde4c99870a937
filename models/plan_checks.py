"""Cross-checks of the renewal plan: years, lines, rules and resources that it names."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from models.errors import Path
from models.money_checks import MONEY_CHECKS, frame_of
from models.plant import Renewal
from models.view import Finding, View, mapping, names, number, rows, texts, unknown

_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


def _budget_years(view: View) -> Iterator[Finding]:
    frame = frame_of(view)
    budget = mapping(mapping(view.tree.get("renewal")).get("budget_cny"))
    if frame is None:
        return
    years = frame.calendar_years()
    for key in budget:
        year = int(key) if str(key).isdecimal() else None
        if year is not None and year not in years:
            allowed = f"years of the plan: {years[0]} to {years[-1]}" if len(years) > 1 else f"only {years[0]}"
            yield Finding(
                ("renewal", "budget_cny", key), f"a budget for {year}", allowed, "see renewal.start and years"
            )


def _downtime_lines(view: View) -> Iterator[Finding]:
    limits = mapping(mapping(view.tree.get("renewal")).get("downtime_h_per_period"))
    for name in texts(limits):
        yield from unknown("line", name, names(view.tree, "lines"), ("renewal", "downtime_h_per_period", name))


def _resources(view: View) -> Iterator[Finding]:
    renewal = view.tree.get("renewal")
    if not isinstance(renewal, dict):
        return
    for layer in view.layers():
        for name in texts(mapping(layer.node.get("uses"))):
            known = texts(mapping(renewal.get("limits")))
            yield from unknown("resource", name, known, (*layer.path, "uses", name))


def _rules(view: View) -> Iterator[Finding]:
    known = list(view.references())
    for at, rule in rows(mapping(view.tree.get("renewal")), "rules"):
        path: Path = ("renewal", "rules", at)
        for where, reference in _references(rule, path):
            yield from unknown("station or option", reference, known, where)
        yield from _ordered(rule, path)
        for key in ("by", "must_by"):
            if key in rule:
                yield from _month(rule[key], frame_of(view), (*path, key))


def _month(written: object, frame: Renewal | None, path: Path) -> Iterator[Finding]:
    month = _MONTH.match(str(written))
    if month is None:
        yield Finding(path, f"found {written!r}", "a month like 2027-12 is allowed")
    elif frame is not None:
        bounds = frame.bounds()
        if not bounds[0] <= datetime(int(month[1]), int(month[2]), 1) < bounds[-1]:
            allowed = f"a month of the plan: {bounds[0]:%Y-%m} to before {bounds[-1]:%Y-%m}"
            yield Finding(path, f"found {written}", allowed)


def _references(rule: dict[Any, Any], path: Path) -> Iterator[tuple[Path, object]]:
    for key in ("together", "exclude", "choose", "exactly_one"):
        for number_, reference in enumerate(texts(rule.get(key))):
            yield (*path, key, number_), reference
    for key, parts in (("after", ("first", "then")), ("requires", ("if", "then"))):
        for part in parts:
            yield (*path, key, part), mapping(rule.get(key)).get(part)
    yield (*path, "must"), rule.get("must")


def _ordered(rule: dict[Any, Any], path: Path) -> Iterator[Finding]:
    after = mapping(rule.get("after"))
    if after and after.get("first") == after.get("then") and (number(after.get("gap", 1)) or 0) > 0:
        yield Finding((*path, "after"), f"{after.get('first')!r} after itself", "two different things")
    for key in ("together", "exclude", "exactly_one"):
        if len(texts(rule.get(key))) == 1:
            yield Finding((*path, key), "only one thing named", "at least two")


PLAN_CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _budget_years,
    _downtime_lines,
    _resources,
    _rules,
    *MONEY_CHECKS,
)
"""Every check of the plan."""
