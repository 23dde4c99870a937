"""What a firm may deduct for a machine year by year, by the rules of mainland China, and what it is worth after."""

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Literal

from models.base import Count, Model, NonNegative, Share


class TaxRules(Model):
    """How a firm's income tax treats new equipment (mainland China, 2024-2027)."""

    rate: Share = 0.25
    """Income tax rate: 25 % (Enterprise Income Tax Law), high-tech enterprise 15 % (art. 28); grade A."""
    depreciation: Literal["straight_line", "one_off", "declining_balance", "sum_of_years", "shortened"] = (
        "straight_line"
    )
    """`one_off` deducts the price in year 1 where the unit price and the date allow it (MOF/STA announcement 2023
    no. 37, bought 2024-2027; grade A), else straight line. `shortened`: straight line over `shortest_life_share` of
    `life_y`; `declining_balance`: twice the straight rate on the book value, the last two years in equal parts;
    `sum_of_years`: falling in equal steps (accelerated depreciation, MOF/STA 2014 no. 75, 2015 no. 106, 2019 no. 66;
    grade B)."""
    life_y: Count = 10
    """Years of depreciation. Least for machinery 10 (Enterprise Income Tax Implementation Regulation art. 60;
    grade B)."""
    shortest_life_share: Share = 0.6
    """`shortened`: share of `life_y`, at least 60 % (MOF/STA 2014 no. 75; grade B)."""
    salvage_share: Share = 0.05
    """Share of the price that is left at the end of life. Engineering estimate; the law lets the firm set it;
    grade C."""
    one_off_limit_cny: NonNegative = 5_000_000.0
    """Highest unit price that may be deducted at once (MOF/STA announcement 2023 no. 37; grade A)."""
    one_off_until: date | None = date(2027, 12, 31)
    """Last day of purchase that may be deducted at once; null = no end (MOF/STA announcement 2023 no. 37; grade A)."""
    other_income_cny_per_y: NonNegative | None = None
    """Taxable income that the plant has without the plan, per year. It bounds what losses and tax credits can save in
    a year; the rest is carried forward. None: always enough."""
    loss_carry_forward_y: Count = 5
    """Years that a loss may be set off against later income (Enterprise Income Tax Law art. 18; high-tech 10;
    grade A)."""


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


def declining_balance(price: float, life_y: int, salvage_share: float = 0.0) -> list[float]:
    """Return the depreciation by double declining balance (双倍余额递减法) of year 1 to `life_y`.

    Each year 2 / life of the book value, salvage not taken off; in the last two years equal parts of what is left
    above the salvage value. No year takes the book value below salvage.

    >>> declining_balance(1000.0, 5, 0.05)
    [400.0, 240.0, 144.0, 83.0, 83.0]
    """
    _check_life(life_y, salvage_share)
    book, salvage, out = price, price * salvage_share, []
    for _ in range(max(0, life_y - 2)):
        out.append(min(book * 2 / life_y, book - salvage))
        book -= out[-1]
    last = min(life_y, 2)
    return [*out, *[(book - salvage) / last] * last]


def sum_of_years(price: float, life_y: int, salvage_share: float = 0.0) -> list[float]:
    """Return the depreciation by the sum of the years' digits (年数总和法) of year 1 to `life_y`.

    >>> sum_of_years(1000.0, 4, 0.0)
    [400.0, 300.0, 200.0, 100.0]
    """
    _check_life(life_y, salvage_share)
    whole = price * (1 - salvage_share)
    return [whole * (life_y - k) / (life_y * (life_y + 1) / 2) for k in range(life_y)]


def tax_depreciation(price: float, rules: TaxRules, bought: date | None = None, unit_price: float | None = None
                     ) -> list[float]:  # fmt: skip
    """Return what the rules let a firm deduct in year 1, 2, .. for a machine of this price (net of VAT).

    Args:
        price: What is written off.
        rules: The method, and its limits.
        bought: Day of purchase; None where its date is not looked at.
        unit_price: Price that the limit of the one-off deduction looks at; default `price`.

    >>> tax_depreciation(6e6, TaxRules(depreciation="one_off"))[0]  # above the limit of the one-off deduction
    570000.0
    >>> tax_depreciation(1e5, TaxRules(depreciation="one_off"), date(2028, 1, 1))[0]  # bought too late for it
    9500.0
    """
    life, salvage = rules.life_y, rules.salvage_share
    if rules.depreciation == "one_off":
        in_time = bought is None or rules.one_off_until is None or bought <= rules.one_off_until
        low = (price if unit_price is None else unit_price) <= rules.one_off_limit_cny
        return one_off(price, price, life, salvage) if in_time and low else straight_line(price, life, salvage)
    if rules.depreciation == "declining_balance":
        return declining_balance(price, life, salvage)
    if rules.depreciation == "sum_of_years":
        return sum_of_years(price, life, salvage)
    if rules.depreciation == "shortened":
        # rounded up, since the law says "not below"; 1e-9 keeps 0.6 x 10 at 6
        life = max(1, -int(-(life * rules.shortest_life_share - 1e-9) // 1))
    return straight_line(price, life, salvage)


def after_tax(benefit: Sequence[float], depreciation: Sequence[float], rate: float) -> list[float]:
    """Return the cash of each year after tax: benefit - rate * (benefit - depreciation).

    A year in which the deduction exceeds the benefit lowers the tax on the firm's other income at once, so
    nothing is carried forward (:func:`models.finance.settle` does that). Interest and tax credits are no part of this.

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
    """Return the straight-line value at an age, never below the salvage value.

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
