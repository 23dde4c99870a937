"""Income tax year by year against the income there is: losses and tax credits carried forward, what lapses."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaxYear:
    """One tax year of a plan, as difference to the plant without it."""

    extra_tax: float
    """Tax over that of the plant without the plan; negative = less."""
    loss_set_off: float
    """Loss of earlier years deducted."""
    loss_carried: float
    """Loss still to be set off after the year."""
    credit_earned: float
    credit_used: float
    credit_lapsed: float
    """Credit that passed its last year unused."""
    credit_carried: float
    """Credit still to be used after the year."""


def settle(
    extra_income: Sequence[float],
    credits: Sequence[float],
    rate: float,
    other_income: float | None,
    loss_y: int = 5,
    credit_y: int = 5,
) -> list[TaxYear]:
    """Return the tax years of a plan.

    Taxable income of a year is that of the plant without the plan plus what the plan adds. Below 0 it is a loss, set
    off against the income of the next ``loss_y`` years, the oldest first. A credit is used up to the tax payable, the
    oldest first, in the year it is earned or the ``credit_y`` years after it; then it lapses.

    Args:
        extra_income: What the plan adds to taxable income, by year.
        credits: Tax credit earned in each year; as many.
        rate: Income tax rate.
        other_income: Taxable income without the plan, per year, >= 0; None = always more than enough.
        loss_y: Years a loss lasts after its year.
        credit_y: Years a credit lasts after its year.

    >>> [(y.extra_tax, y.credit_carried) for y in settle([100.0, 100.0], [60.0, 0.0], 0.25, 60.0)]
    [(-15.0, 20.0), (5.0, 0.0)]
    """
    if other_income is None:
        return [
            TaxYear(rate * income - credit, 0.0, 0.0, credit, credit, 0.0, 0.0)
            for income, credit in zip(extra_income, credits, strict=True)
        ]
    losses: list[list[float]] = []  # [last year in which it counts, amount], the oldest first
    open_credits: list[list[float]] = []
    rows = []
    for year, (extra, earned) in enumerate(zip(extra_income, credits, strict=True)):
        income = other_income + extra
        losses = [loss for loss in losses if loss[0] >= year]
        set_off = _use(losses, income)
        if income < 0:
            losses.append([year + loss_y, -income])
        if earned:
            open_credits.append([year + credit_y, earned])
        payable = rate * max(0.0, income - set_off)
        used = _use(open_credits, payable)
        lapsed = sum(amount for last, amount in open_credits if last <= year)
        open_credits = [credit for credit in open_credits if credit[0] > year]
        rows.append(
            TaxYear(
                extra_tax=payable - used - rate * other_income,
                loss_set_off=set_off,
                loss_carried=sum(amount for _, amount in losses),
                credit_earned=earned,
                credit_used=used,
                credit_lapsed=lapsed,
                credit_carried=sum(amount for _, amount in open_credits),
            )
        )
    return rows


def _use(stock: list[list[float]], most: float) -> float:
    """Take up to ``most`` out of the stock, the oldest first; return how much was taken."""
    left = max(0.0, most)
    for entry in stock:
        taken = min(entry[1], left)
        entry[1] -= taken
        left -= taken
    return max(0.0, most) - left
