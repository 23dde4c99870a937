"""Loans: what is drawn, repaid and paid as interest, period by period."""

import math
from dataclasses import dataclass
from typing import Literal

from models.base import Count, Model, NonNegative, Share


class Loan(Model):
    """How purchases are financed: a share of every price is borrowed on the day it is paid.

    The equipment budget pays the rest; interest and repayment come out of operation.
    """

    share: Share
    """Share of the price that is borrowed."""
    rate: NonNegative = 0.039
    """Interest per year: typical medium-term loan to a manufacturing SME, engineering estimate; grade C."""
    years: Count = 5
    """Years to repayment. Engineering estimate; grade C."""
    repayment: Literal["equal_principal", "annuity"] = "equal_principal"
    """Equal parts of the principal (等额本金), or equal payments (等额本息), at the end of each plan period."""
    ceiling_cny: NonNegative | None = None
    """Most that may be owed at any time; none = no limit."""


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One period of a loan; ``owed`` is the principal at its start."""

    owed: float
    interest: float
    principal: float


def repayment_plan(amount: float, loan: Loan, per_year: int = 1) -> list[LoanRow]:
    """Return the periods of a loan from drawdown on; payments at their ends.

    Interest of a period is its part of the yearly rate (rate / periods per year) on what is owed.

    Args:
        amount: What is drawn.
        loan: Rate, years, way of repayment.
        per_year: Periods in a year.

    >>> [round(r.interest + r.principal, 2) for r in repayment_plan(1000, Loan(share=1, rate=0.1, years=2))]
    [600.0, 550.0]
    >>> equal = Loan(share=1, rate=0.1, years=2, repayment="annuity")
    >>> [round(r.interest + r.principal, 2) for r in repayment_plan(1000, equal)]
    [576.19, 576.19]
    """
    count, rate = loan.years * per_year, loan.rate / per_year
    rows, owed = [], amount
    for n in range(count):
        interest = owed * rate
        if loan.repayment == "equal_principal" or rate == 0:
            principal = amount / count
        else:
            # 1 - (1 + rate)^-count, exact for small rates too
            principal = amount * rate / -math.expm1(-count * math.log1p(rate)) - interest
        if n == count - 1:
            principal = owed  # what rounding left
        rows.append(LoanRow(owed, interest, principal))
        owed -= principal
    return rows
