"""How the numbers of a renewal problem are read: lists by period and age, discount factors, years, references."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimize.problem import RenewalProblem

Array = npt.NDArray[np.float64]


def at_age(values: Sequence[float], age: int) -> float:
    """Return the value for a machine in its ``age``-th period in service; the last value repeats.

    A machine that has not been in service yet (age 0) has the first value.

    >>> [at_age((9.0, 5.0), age) for age in (0, 1, 2, 3)]
    [9.0, 9.0, 5.0, 5.0]
    """
    return values[min(max(age, 1), len(values)) - 1]


def by_period(values: float | Sequence[float], count: int) -> Array:
    """Return one value for each period; a number holds always.

    >>> by_period(2.0, 3)
    array([2., 2., 2.])
    """
    return np.broadcast_to(np.asarray(values, dtype=float), (count,)).copy()


def discount_factors(problem: RenewalProblem) -> tuple[Array, Array, float]:
    """Return the present value of one unit of money: capex by period, operation by period, and at the end.

    >>> from optimize.problem import parse_problem
    >>> p = parse_problem({"renewal_problem": 1, "periods": {"count": 2}, "discount": {"rate_per_year": 0.25}})
    >>> discount_factors(p)
    (array([1. , 0.8]), array([0.8 , 0.64]), 0.64)
    """
    count, discount = problem.periods.count, problem.discount
    if discount.factors is not None:
        factors = np.array(discount.factors)
        return factors, factors, float(factors[-1])
    base = 1.0 + (discount.rate_per_year or 0.0)
    shift = {"start": 0.0, "middle": 0.5, "end": 1.0}
    years, periods = problem.periods.years_each, np.arange(count)
    capex = base ** (-years * (periods + shift[discount.capex]))
    operation = base ** (-years * (periods + shift[discount.operation]))
    return np.asarray(capex, dtype=float), np.asarray(operation, dtype=float), float(base ** (-years * count))


def periods_per_year(problem: RenewalProblem) -> int | None:
    """Return how many periods fill a year, or None if they do not (a hundredth of a year off is let pass)."""
    years = problem.periods.years_each
    number = max(1, round(1.0 / years))
    return number if abs(number * years - 1.0) < 0.01 else None


def year_count(problem: RenewalProblem) -> int:
    """Return the number of years begun within the horizon."""
    return ceil(problem.periods.count / (periods_per_year(problem) or 1))


def windows(problem: RenewalProblem, every: str) -> list[range]:
    """Return the periods that share one limit: each period, each year, or the whole horizon.

    >>> from optimize.problem import parse_problem
    >>> p = parse_problem({"renewal_problem": 1, "periods": {"count": 3, "years_each": 0.5}})
    >>> windows(p, "year")
    [range(0, 2), range(2, 3)]
    """
    count = problem.periods.count
    step = {"period": 1, "year": periods_per_year(problem) or 1, "horizon": count}[every]
    return [range(start, min(start + step, count)) for start in range(0, count, step)]


def window_name(problem: RenewalProblem, every: str, window: range) -> str:
    """Return what a reader calls a window: ``period 3``, ``year 1``, ``the horizon``."""
    if every == "horizon":
        return "the horizon"
    if every == "year":
        labels = problem.periods.labels
        if labels:
            return f"the year from {labels[window.start]}"
        return f"year {window.start // (periods_per_year(problem) or 1)}"
    return period_name(problem, window.start)


def period_name(problem: RenewalProblem, period: int) -> str:
    """Return ``period 3``, with its label if it has one: ``period 3 (2026Q4)``."""
    labels = problem.periods.labels
    return f"period {period} ({labels[period]})" if labels else f"period {period}"


def reference_table(problem: RenewalProblem) -> tuple[dict[str, tuple[int, int | None]], list[str]]:
    """Return (asset index, option index or None) by reference, and the references that mean two things."""
    table: dict[str, tuple[int, int | None]] = {}
    meant: dict[str, tuple[str, str]] = {}
    unclear: list[str] = []
    for index, asset in enumerate(problem.assets):
        table[asset.name] = (index, None)
        unclear += [asset.name] if meant.setdefault(asset.name, (asset.name, "")) != (asset.name, "") else []
        for number, option in enumerate(asset.options):
            name, pair = f"{asset.name}/{option.name}", (asset.name, option.name)
            table[name] = (index, number)
            unclear += [name] if meant.setdefault(name, pair) != pair else []
    return table, unclear
