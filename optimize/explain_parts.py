"""The value of a plan taken apart, and what one plan does otherwise than another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from optimize.evaluate import Evaluator, Life, machine_in_service
from optimize.explain_document import Between, Move, Parts
from optimize.numbers import at_age
from optimize.plan import Renewal
from optimize.resolve import Found

Pair = tuple[str, str]
"""An asset and its option."""


def parts_of_value(evaluator: Evaluator, renewals: Sequence[Renewal]) -> Parts:
    """Return the value of a plan taken apart.

    Output is margin on what the lines make; saving is against the machine as it was; running cost is negative;
    capital is all the rest: price, resale, further cash (grants, tax saved), residual value.
    """
    totals = evaluator.totals(sorted(renewals, key=lambda r: r.period))
    value = evaluator.evaluate(renewals).value
    saving = running = 0.0
    for index, lives in enumerate(totals.lives):
        for life in lives:
            saved, run = _operation(evaluator, index, life)
            saving += saved
            running += run
    worth = float(totals.worth.sum())
    return Parts(output=value - worth, saving=saving, running_cost=-running, capital=worth - saving + running)


def _operation(evaluator: Evaluator, index: int, life: Life) -> tuple[float, float]:
    """Return the present value of what a machine saves and of what it costs to run."""
    asset, saving, running = evaluator.problem.assets[index], 0.0, 0.0
    for period in range(evaluator.count):
        option, age = machine_in_service(asset, life, period)
        factor = float(evaluator.operation_factor[period])
        running += factor * at_age((option or asset).running_cost, age)
        if option is not None:
            saving += factor * at_age(option.saving, age)
            for carrier, amount in option.carrier_saving.items():
                saving += factor * at_age(amount, age) * float(evaluator.prices[carrier][period])
    return saving, running


def difference(more: Parts, less: Parts) -> Parts:
    """Return one value less another, part by part."""
    return Parts(
        output=more.output - less.output,
        saving=more.saving - less.saving,
        running_cost=more.running_cost - less.running_cost,
        capital=more.capital - less.capital,
    )


def by_period(renewals: Iterable[Renewal]) -> dict[Pair, dict[int, int]]:
    """Return machines by period for each asset and option."""
    out: dict[Pair, dict[int, int]] = {}
    for r in sorted(renewals, key=lambda r: r.period):
        mine = out.setdefault((r.asset, r.option), {})
        mine[r.period] = mine.get(r.period, 0) + r.machines
    return out


def moves(before: Iterable[Renewal], after: Iterable[Renewal]) -> tuple[Move, ...]:
    """Return what the second plan does otherwise than the first.

    >>> old = [Renewal(asset="lathe", option="cnc", period=0)]
    >>> new = [Renewal(asset="lathe", option="cnc", period=2), Renewal(asset="mill", option="new", period=0)]
    >>> [(m.asset, m.before, m.after, m.machines) for m in moves(old, new)]
    [('lathe', {0: 1}, {2: 1}, 0), ('mill', {}, {0: 1}, 1)]
    """
    old, new = by_period(before), by_period(after)
    return tuple(
        Move(asset=asset, option=option, before=old.get((asset, option), {}), after=new.get((asset, option), {}))
        for asset, option in dict.fromkeys([*old, *new])
        if old.get((asset, option)) != new.get((asset, option))
    )


def gained(more: Found, less: Found) -> Between | None:
    """Return by how much the best plan of one problem beats that of another; None where either is not known."""
    if more.gain is None or less.gain is None:
        return None
    return Between(
        at_least=None if less.bound is None else more.gain - less.bound,
        at_most=None if more.bound is None else more.bound - less.gain,
    )


def not_negative(between: Between | None) -> Between | None:
    """Return an interval of what cannot be negative: more of a limit never makes the best plan worse."""
    if between is None or between.at_least is None:
        return between
    most = None if between.at_most is None else max(0.0, between.at_most)
    return Between(at_least=max(0.0, between.at_least), at_most=most)


def not_positive(between: Between | None) -> Between | None:
    """Return an interval of what cannot be positive: what is forced never makes the best plan better."""
    if between is None or between.at_most is None:
        return between
    least = None if between.at_least is None else min(0.0, between.at_least)
    return Between(at_least=least, at_most=min(0.0, between.at_most))


def middle(between: Between) -> float:
    """Return the middle of an interval, or the end that is known."""
    ends = [end for end in (between.at_least, between.at_most) if end is not None]
    return float(np.mean(ends)) if ends else 0.0
