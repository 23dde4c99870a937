"""What one renewal of a machine adds, for every option and period at once.

The same figures as :meth:`optimize.evaluate.Evaluator.figures` for machines that are renewed once, many times quicker:
problems of thousands of machines are read this way. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optimize.evaluate import Evaluator, share_running
from optimize.numbers import Array
from optimize.problem import Asset, Option

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Renewals:
    """First renewals of one machine; ``[step]`` or ``[step, period]``. Money and quantities are over renewing nothing.

    ``capacity_per_h`` counts standstill, ``steady_per_h`` does not.
    """

    option: Whole
    period: Whole
    worth: Array
    capacity_per_h: Array
    steady_per_h: Array
    cost: Array
    downtime_h: Array
    uses: Mapping[str, Array]
    quantities: Mapping[str, Array]


@lru_cache(maxsize=4)
def _since(count: int) -> Whole:
    """Return how many periods after period p (row) period t (column) is; negative before."""
    periods = np.arange(count)
    return periods[None, :] - periods[:, None]


def at_ages(values: Sequence[float], ages: Whole) -> Array:
    """Return the values of a list by age; see :func:`optimize.numbers.at_age`."""
    if len(values) == 1:
        return np.full(ages.shape, values[0])
    return np.asarray(values, dtype=float)[np.clip(ages, 1, len(values)) - 1]


def _from(values: Sequence[float], since: Whole) -> Array:
    """Return a list from the renewal on, by period of the renewal and period."""
    padded = np.zeros(max(since.shape[0], len(values)) + 1)
    padded[: len(values)] = values
    return padded[np.where(since < 0, len(padded) - 1, since)]


def first_renewals(evaluator: Evaluator, index: int, allowed: Sequence[tuple[int, int]]) -> Renewals:
    """Return what the allowed first renewals, (option, period) each, of a machine of asset ``index`` add."""
    asset, count = evaluator.problem.assets[index], evaluator.count
    numbers = sorted({option for option, _ in allowed})
    of = {o: np.array([p for option, p in allowed if option == o], dtype=np.int64) for o in numbers}
    blocks = [_option(evaluator, asset, asset.options[o], of[o]) for o in numbers]
    none = np.zeros((0, count))

    def joined(name: str) -> Array:
        return np.concatenate([block[name] for block in blocks]) if blocks else none

    uses = {name for o in numbers for name in asset.options[o].uses}
    quantities = set(asset.quantities) | {name for o in numbers for name in asset.options[o].quantities}
    return Renewals(
        option=np.repeat(numbers, [len(of[o]) for o in numbers]).astype(np.int64),
        period=np.concatenate([of[o] for o in numbers]) if blocks else np.zeros(0, dtype=np.int64),
        worth=joined("worth") if blocks else np.zeros(0),
        capacity_per_h=joined("capacity"),
        steady_per_h=joined("steady"),
        cost=joined("cost"),
        downtime_h=joined("downtime"),
        uses={name: joined(f"uses {name}") for name in sorted(uses)} if blocks else {},
        quantities={name: joined(f"quantity {name}") for name in sorted(quantities)} if blocks else {},
    )


class _Block(dict[str, Array]):
    """Figures of one option by name; what the option does not name is nil."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape

    def __missing__(self, name: str) -> Array:
        return np.zeros(self.shape)


def _option(evaluator: Evaluator, asset: Asset, option: Option, periods: Whole) -> _Block:
    count, since = evaluator.count, _since(evaluator.count)[periods]
    block = _Block(since.shape)
    serves, age = since >= option.starts_after, since - option.starts_after + 1
    old_age = asset.age + np.arange(count) + 1
    block["cost"] = _cost(option, periods, since)
    block["downtime"] = _from(option.downtime_h, since) if option.downtime_h else np.zeros(since.shape)
    for name, use in option.uses.items():
        block[f"uses {name}"] = _from(use, since)
    for name in {*asset.quantities, *option.quantities}:
        new, old = option.quantities.get(name, (0.0,)), asset.quantities.get(name, (0.0,))
        block[f"quantity {name}"] = np.where(serves, at_ages(new, age) - at_ages(old, old_age), 0.0)
    money = at_ages(option.saving, age) - at_ages(option.running_cost, age) + at_ages(asset.running_cost, old_age)
    for carrier, amount in option.carrier_saving.items():
        money = money + at_ages(amount, age) * evaluator.prices[carrier]
    worth = np.where(serves, money, 0.0) @ evaluator.operation_factor - block["cost"] @ evaluator.capex_factor
    if option.cash:
        worth += _from(option.cash, since) @ evaluator.operation_factor
    worth += evaluator.capex_factor[periods] * at_ages(asset.resale, old_age[periods])
    served = np.maximum(0, count - periods - option.starts_after)
    block["worth"] = worth + evaluator.end_factor * at_ages(option.residual, served)
    block["steady"] = np.zeros(since.shape)
    if asset.line is not None:
        own = asset.capacity_per_h or (0.0,)
        if option.capacity_per_h is not None:
            capacity = at_ages(option.capacity_per_h, age)
        else:
            first = own[min(asset.age + 1, len(own)) - 1]
            capacity = first + at_ages(option.capacity_gain_per_h or (0.0,), age)
        block["steady"] = np.where(serves, capacity, at_ages(own, old_age))
        block["capacity"] = block["steady"] * share_running(block["downtime"], evaluator.hours[asset.line])
    else:
        block["capacity"] = block["steady"]
    return block


def _cost(option: Option, periods: Whole, since: Whole) -> Array:
    if option.cost_by_period is not None:
        paid = np.zeros(since.shape)
        paid[np.arange(len(periods)), periods] = np.asarray(option.cost_by_period)[periods]
        return paid
    return _from(option.cost or (), since)
