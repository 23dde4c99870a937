"""Money over the years: present value, annuities, payback, the best age to replace, tax.

Amounts are in one currency of the user's choice, rates are shares per year (0.10 = 10 %), flows stand at year
ends with flow 0 now. Nothing is rounded.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Literal

from models.base import Count, Model, NonNegative, Share

Flows = Sequence[float]


class TaxRules(Model):
    """How a firm's income tax treats new equipment (mainland China, 2024-2027)."""

    rate: Share = 0.25
    """Income tax rate: 25 % (Enterprise Income Tax Law), high-tech enterprise 15 % (art. 28); grade A."""
    depreciation: Literal["straight_line", "one_off"] = "straight_line"
    """`one_off` deducts the price in year 1 where the unit price allows it (MOF/STA announcement 2023 no. 37,
    bought 2024-2027; grade A)."""
    life_y: Count = 10
    """Years of depreciation. Least for machinery 10, shortened to 6 if accelerated (Enterprise Income Tax
    Implementation Regulation art. 60; MOF/STA 2014 no. 75; grade B)."""
    salvage_share: Share = 0.05
    """Share of the price that is left at the end of life. Engineering estimate; the law lets the firm set it;
    grade C."""
    one_off_limit_cny: NonNegative = 5_000_000.0
    """Highest unit price that may be deducted at once (MOF/STA announcement 2023 no. 37; grade A)."""


def npv(rate: float, flows: Flows) -> float:
    """Return the value now of flows[0] now, flows[1] in one year, and so on.

    Args:
        rate: Discount rate per year, above -1.
        flows: Money by year, starting now; negative = paid.

    >>> round(npv(0.10, [-100, 60, 60]), 2)
    4.13
    """
    if not rate > -1:
        raise ValueError(f"rate is {rate}; must be above -1")
    return math.fsum(flow / (1 + rate) ** year for year, flow in enumerate(flows))


def annuity(rate: float, years: int) -> float:
    """Return the equal payment at the end of each of `years` years that is worth 1 now.

    Also called the capital recovery factor. Its inverse is the value now of 1 a year.

    Args:
        rate: Discount rate per year, above -1; 0 gives 1/years.
        years: Number of payments, at least 1.

    >>> round(annuity(0.10, 10), 5)
    0.16275
    """
    if years < 1:
        raise ValueError(f"years is {years}; must be at least 1")
    return 1 / npv(rate, [0.0] + [1.0] * years)


def irr(flows: Flows) -> float | None:
    """Return the rate per year at which the flows are worth 0, or None where no rate above -99 % does that.

    Flows that change sign more than once can have several such rates; the one nearest 0 is returned.

    Args:
        flows: Money by year, starting now.

    >>> round(irr([-100, 60, 60]), 4)
    0.1307
    """
    if min(flows, default=0) >= 0 or max(flows, default=0) <= 0:
        return None
    from scipy.optimize import brentq  # here, so that reading a plant file needs no solver

    def worth(rate: float) -> float:
        # Now or at the end, whichever keeps the powers from overflowing; the sign is the same.
        if rate >= 0:
            return math.fsum(flow * (1 / (1 + rate)) ** year for year, flow in enumerate(flows))
        return math.fsum(flow * (1 + rate) ** year for year, flow in enumerate(reversed(flows)))

    # 1 + rate from 0.01 to 10,000 in steps of 2 %, searched outwards from 0.
    steps = itertools.pairwise(1.02**n - 1 for n in range(-232, 466))
    for low, high in sorted(steps, key=lambda step: min(abs(step[0]), abs(step[1]))):
        ends = worth(low), worth(high)
        if min(ends) <= 0 <= max(ends):
            return float(brentq(worth, low, high, xtol=1e-13))
    return None


def simple_payback_y(capex: float, saving_per_y: float) -> float:
    """Return the years in which an equal yearly saving repays `capex`; infinite if nothing is saved.

    >>> simple_payback_y(100.0, 40.0)
    2.5
    """
    if capex <= 0:
        return 0.0
    return capex / saving_per_y if saving_per_y > 0 else math.inf


def discounted_payback_y(rate: float, flows: Flows) -> float:
    """Return the years until the discounted flows add up to 0 for the first time; infinite if they never do.

    Within a year the discounted flow is taken to come in evenly.

    Args:
        rate: Discount rate per year, above -1.
        flows: Money by year, starting now.

    >>> discounted_payback_y(0.0, [-100, 40, 40, 40])
    2.5
    """
    total = 0.0
    for year, flow in enumerate(flows):
        present = npv(rate, [0.0] * year + [flow])
        if total + present >= 0:
            return year - 1 + -total / present if year and present > 0 else float(year)
        total += present
    return math.inf


def equivalent_annual_cost(price: float, resale: Flows, operating: Flows, rate: float) -> list[float]:
    """Return the cost per year, spread evenly, of keeping a machine 1, 2, .. years.

    The price is paid now; operating costs and the resale value come at year ends.

    Args:
        price: Price of the machine.
        resale: Resale value after 1, 2, .. years.
        operating: Cost of running it in year 1, 2, ..; as many.
        rate: Discount rate per year, above -1.

    >>> [round(cost, 2) for cost in equivalent_annual_cost(100, [60, 40], [10, 20], 0.10)]
    [60.0, 53.33]
    """
    _check_lengths(resale, operating)
    costs = []
    for years in range(1, len(resale) + 1):
        flows = [price, *operating[:years]]
        flows[years] -= resale[years - 1]
        costs.append(npv(rate, flows) * annuity(rate, years))
    return costs


def marginal_annual_cost(price: float, resale: Flows, operating: Flows, rate: float) -> list[float]:
    """Return what keeping the machine for year 1, 2, .. costs at the end of that year.

    Year n costs the resale value given up a year ago with interest, less that of now, plus running it.
    While this is below the equivalent annual cost of a successor, keeping is cheaper. Arguments as in
    `equivalent_annual_cost`.

    >>> [round(cost, 2) for cost in marginal_annual_cost(100, [60, 40], [10, 20], 0.10)]
    [60.0, 46.0]
    """
    _check_lengths(resale, operating)
    held = itertools.pairwise([price, *resale])
    return [old * (1 + rate) - new + run for (old, new), run in zip(held, operating, strict=True)]


def economic_life(price: float, resale: Flows, operating: Flows, rate: float) -> tuple[int, float]:
    """Return (years, cost): the age at which to replace so that the equivalent annual cost is least.

    The first of equals; arguments as in `equivalent_annual_cost`.

    >>> economic_life(100, [60, 40, 30], [10, 20, 90], 0.0)
    (2, 45.0)
    """
    costs = equivalent_annual_cost(price, resale, operating, rate)
    if not costs:
        raise ValueError("resale and operating are empty; give at least one year")
    least = min(costs)
    return costs.index(least) + 1, least


def straight_line(price: float, life_y: int, salvage_share: float = 0.0) -> list[float]:
    """Return the depreciation of year 1 to `life_y`: equal parts of price * (1 - salvage_share).

    >>> straight_line(100.0, 4, 0.2)
    [20.0, 20.0, 20.0, 20.0]
    """
    _check_life(life_y, salvage_share)
    return [price * (1 - salvage_share) / life_y] * life_y


def one_off(price: float, limit: float, life_y: int, salvage_share: float = 0.0) -> list[float]:
    """Return the deduction of year 1 to `life_y`: the whole price in year 1, or straight line above `limit`.

    >>> one_off(100.0, 100.0, 4), one_off(100.0, 99.0, 4)
    ([100.0, 0.0, 0.0, 0.0], [25.0, 25.0, 25.0, 25.0])
    """
    _check_life(life_y, salvage_share)
    if price > limit:
        return straight_line(price, life_y, salvage_share)
    return [price] + [0.0] * (life_y - 1)


def tax_depreciation(price: float, rules: TaxRules) -> list[float]:
    """Return what the rules let a firm deduct in year 1, 2, .. for a machine of this price (net of VAT).

    >>> tax_depreciation(6e6, TaxRules(depreciation="one_off"))[0]  # above the limit of the one-off deduction
    570000.0
    """
    if rules.depreciation == "one_off":
        return one_off(price, rules.one_off_limit_cny, rules.life_y, rules.salvage_share)
    return straight_line(price, rules.life_y, rules.salvage_share)


def after_tax(benefit: Flows, depreciation: Flows, rate: float) -> list[float]:
    """Return the cash of each year after tax: benefit - rate * (benefit - depreciation).

    A year in which the deduction exceeds the benefit lowers the tax on the firm's other income at once, so
    nothing is carried forward; a firm without other profit gets that money later than shown. Interest and
    tax credits are no part of this.

    Args:
        benefit: Operating benefit of year 1, 2, .. before tax.
        depreciation: Deduction of year 1, 2, ..; the shorter list is taken as 0 beyond its end.
        rate: Income tax rate, 0 to 1.

    >>> after_tax([100.0, 100.0], [40.0], 0.25)
    [85.0, 75.0]
    """
    pairs = itertools.zip_longest(benefit, depreciation, fillvalue=0.0)
    return [gain - rate * (gain - deducted) for gain, deducted in pairs]


def residual_value(price: float, age_y: float, life_y: int, salvage_share: float = 0.0) -> float:
    """Return the straight-line book value at an age, never below the salvage value.

    Args:
        price: Price when new.
        age_y: Years since then, >= 0; parts of a year count.
        life_y: Years of depreciation, at least 1.
        salvage_share: Share of the price that is left at the end of life, 0 to 1.

    >>> residual_value(100.0, 2.5, 10, 0.04), residual_value(100.0, 30, 10, 0.04)
    (76.0, 4.0)
    """
    _check_life(life_y, salvage_share)
    if not age_y >= 0:
        raise ValueError(f"age_y is {age_y}; must be >= 0")
    return price - price * (1 - salvage_share) * min(age_y / life_y, 1.0)


def _check_life(life_y: int, salvage_share: float) -> None:
    if life_y < 1 or not 0 <= salvage_share <= 1:
        raise ValueError(f"life_y is {life_y}, salvage_share {salvage_share}; must be >= 1 and from 0 to 1")


def _check_lengths(resale: Flows, operating: Flows) -> None:
    if len(resale) != len(operating):
        raise ValueError(f"resale has {len(resale)} years, operating {len(operating)}; must be as many")
