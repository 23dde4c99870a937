"""The rules of a problem as rows of the plant model.

What a rule forbids it forbids to each machine of a group; what it demands it demands of every machine of the group.
"""

from __future__ import annotations

from collections.abc import Iterator

from optimize.formulation import Formulation, Row, Terms
from optimize.problem import After, Choose, Exclude, Must, Requires, Together


def together_rows(form: Formulation) -> Iterator[Row]:
    """In every period each of them is renewed (at least one machine of it), or none."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, Together):
            for period in range(form.count):
                first, *others = (form.any_in(name, period) for name in rule.together)
                for other in others:
                    yield Row(f"rules[{index}]", [*first, *_minus(other)], lower=0.0, upper=0.0)


def after_rows(form: Formulation) -> Iterator[Row]:
    """A machine of ``then`` is renewed only once every machine of ``first`` was, ``gap`` periods before."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, After):
            order = rule.after
            for period in range(form.count):
                if form.size(order.then) == 1 and form.once(order.then):
                    later = form.renewed(order.then, 0, period)  # all up to now: a tighter sum than this period's alone
                else:
                    later = form.any_in(order.then, period)
                for done, machines in form.done_by(order.first, period - order.gap):
                    yield Row(f"rules[{index}]", [*_times(later, machines), *_minus(done)], upper=0.0)


def exclude_rows(form: Formulation) -> Iterator[Row]:
    """At most one of them is ever renewed."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, Exclude):
            yield Row(f"rules[{index}]", _sum_of_any(form, rule.exclude), upper=1.0)


def requires_rows(form: Formulation) -> Iterator[Row]:
    """If any machine of ``if`` is ever renewed, every machine of ``then`` is."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, Requires):
            for done, machines in form.done_by(rule.requires.then, form.count - 1):
                needs = _times(form.any_ever(rule.requires.when), machines)
                yield Row(f"rules[{index}]", [*needs, *_minus(done)], upper=0.0)


def choose_rows(form: Formulation) -> Iterator[Row]:
    """At least ``min`` and at most ``max`` of them are ever renewed."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, Choose):
            upper = None if rule.max is None else float(rule.max)
            yield Row(f"rules[{index}]", _sum_of_any(form, rule.choose), lower=float(rule.min), upper=upper)


def must_rows(form: Formulation) -> Iterator[Row]:
    """Every machine is renewed in period ``by`` at the latest."""
    for index, rule in enumerate(form.problem.rules):
        if isinstance(rule, Must):
            by = form.count - 1 if rule.by is None else rule.by
            for done, machines in form.done_by(rule.must, by):
                yield Row(f"rules[{index}]", done, lower=float(machines))


def _sum_of_any(form: Formulation, names: tuple[str, ...]) -> Terms:
    return [term for name in names for term in form.any_ever(name)]


def _minus(terms: Terms) -> Terms:
    return _times(terms, -1.0)


def _times(terms: Terms, factor: float) -> Terms:
    return [(factor * coefficient, variable) for coefficient, variable in terms]
