"""The possible lives of a machine, as steps from one renewal to the next.

A life is a path: the machine as it was, renewed with option a in period p, with option b in a later period, and so
on. Each step has a variable in the model: how many machines of the group take it. What a step adds (money, capacity,
cost, ..) is the difference between two lives worked out by :mod:`optimize.evaluate`: the life up to and with the step,
the new machine then kept to the end, less the life before it. So the steps of a path add up to the whole life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimize.evaluate import Evaluator, Life, LifeFigures, ready_again
from optimize.numbers import Array
from optimize.problem import After, Asset, Must, RenewalProblem, Requires

State = tuple[int, int, int, tuple[tuple[int, float], ...]]
"""Where a machine stands after a renewal: option index, period, how many renewals so far (0 where that sets no
limit), and the standstill hours by period that still come from earlier renewals."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Machines of one asset that share variables: the group, or one where a rule must tell them apart."""

    asset: int
    machines: int


@dataclass(frozen=True, slots=True)
class Step:
    """One renewal in the life of a machine, from a state (None: as it was) to a state, and what it adds."""

    unit: int
    before: State | None
    after: State
    breaks: frozenset[str]
    worth: float
    capacity_per_h: Array
    cost: Array
    downtime_h: Array
    uses: Mapping[str, Array]
    quantities: Mapping[str, Array]
    claims: Mapping[str, Array] = field(default_factory=dict)

    @property
    def option(self) -> int:
        """Return the index of the option the machine is renewed with."""
        return self.after[0]

    @property
    def period(self) -> int:
        """Return the period of the renewal."""
        return self.after[1]


def make_units(problem: RenewalProblem) -> list[Unit]:
    """Return the groups of machines that share variables.

    Whether every machine of a group has had one particular option cannot be told from sums over machines that are
    renewed several times: a group that a rule asks this of is taken apart.
    """
    asked = set()
    for rule in problem.rules:
        match rule:
            case Must():
                asked.add(rule.must)
            case Requires():
                asked.add(rule.requires.then)
            case After():
                asked.add(rule.after.first)
    units = []
    for index, asset in enumerate(problem.assets):
        names = {f"{asset.name}/{option.name}" for option in asset.options}
        if asset.count > 1 and asset.max_renewals > 1 and names & asked:
            units += [Unit(index, 1)] * asset.count
        else:
            units.append(Unit(index, asset.count))
    return units


def make_steps(evaluator: Evaluator, unit: int, index: int, kept: frozenset[str]) -> list[Step]:
    """Return all steps of the machines of one asset.

    Args:
        evaluator: Works out what a life brings.
        unit: Number of the unit that the steps belong to.
        index: Number of the asset.
        kept: Limits whose breach does not remove a step (``allowed_periods``, ``from``, ``max_age``).
    """
    asset = evaluator.problem.assets[index]
    count = evaluator.count
    gaps = [max(1, option.starts_after) for option in asset.options]
    # the number of renewals so far is part of a state only where it can forbid the next one
    counted = asset.max_renewals < -(-count // min(gaps, default=count))
    steps: list[Step] = []
    known: dict[State, Life] = {}
    waiting: list[tuple[State | None, Life]] = [(None, ())] if asset.max_renewals else []
    while waiting:
        before, life = waiting.pop(0)
        for number in range(len(asset.options)):
            for period in range(ready_again(asset, life), count):
                breaks = _breaks(evaluator, asset, life, number, period)
                if breaks - kept:
                    continue
                longer = (*life, (number, period))
                after = (number, period, len(longer) if counted else 0, _pending(evaluator, asset, longer))
                steps.append(_step(evaluator, unit, index, before, after, breaks, (life, longer)))
                if after not in known and len(longer) < asset.max_renewals:
                    known[after] = longer
                    waiting.append((after, longer))
    return steps


def too_old_at_end(evaluator: Evaluator, index: int, state: State | None) -> bool:
    """Return whether a machine that stays in this state to the end passes its greatest age."""
    asset = evaluator.problem.assets[index]
    if state is None:
        return asset.max_age is not None and asset.age + evaluator.count > asset.max_age
    option = asset.options[state[0]]
    return option.max_age is not None and evaluator.count - state[1] - option.starts_after > option.max_age


def _breaks(evaluator: Evaluator, asset: Asset, life: Life, number: int, period: int) -> frozenset[str]:
    option, breaks = asset.options[number], set()
    allowed = [option.allowed_periods]
    if asset.line is not None:
        allowed.append(evaluator.lines[asset.line].allowed_periods)
    if any(periods is not None and period not in periods for periods in allowed):
        breaks.add("allowed_periods")
    before = asset.options[life[-1][0]] if life else None
    if option.follows is not None and (before.name if before else asset.name) not in option.follows:
        breaks.add("from")
    end = min(period + option.starts_after, evaluator.count)
    start = life[-1][1] + before.starts_after if before else -asset.age
    most = before.max_age if before else asset.max_age
    if most is not None and end - start > most:
        breaks.add("max_age")
    return frozenset(breaks)


def _pending(evaluator: Evaluator, asset: Asset, life: Life) -> tuple[tuple[int, float], ...]:
    """Return the standstill that earlier renewals still cause once the last one may be followed by another."""
    hours: dict[int, float] = {}
    if asset.line is not None:
        for number, bought in life[:-1]:
            for later, entry in enumerate(asset.options[number].downtime_h):
                if entry and ready_again(asset, life) <= bought + later < evaluator.count:
                    hours[bought + later] = hours.get(bought + later, 0.0) + entry
    return tuple(sorted(hours.items()))


def _step(
    evaluator: Evaluator,
    unit: int,
    index: int,
    before: State | None,
    after: State,
    breaks: frozenset[str],
    lives: tuple[Life, Life],
) -> Step:
    old, new = (evaluator.figures(index, life) for life in lives)
    return Step(
        unit=unit,
        before=before,
        after=after,
        breaks=breaks,
        worth=float(np.sum(new.worth - old.worth)),
        capacity_per_h=new.capacity_per_h - old.capacity_per_h,
        cost=new.cost - old.cost,
        downtime_h=new.downtime_h - old.downtime_h,
        uses=_difference(new, old, "uses"),
        quantities=_difference(new, old, "quantities"),
        claims=_difference(new, old, "claims"),
    )


def _difference(new: LifeFigures, old: LifeFigures, field: str) -> dict[str, Array]:
    later: Mapping[str, Array] = getattr(new, field)
    sooner: Mapping[str, Array] = getattr(old, field)
    zero = np.zeros_like(new.cost)
    return {name: later.get(name, zero) - sooner.get(name, zero) for name in {**later, **sooner}}
