"""Public money for renewals as data: grants, tax credits, interest subsidies, cheaper loans, each with its dates.

An option gets an incentive if it is bought on a day from ``valid_from`` to ``valid_until``; a purchase counts as made
on the first day of its plan period.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from models.base import Count, Model, NonNegative, Places, Positive, Share


class Dated(Model):
    """What every incentive has."""

    name: str = Field(min_length=1)
    """What reports call it."""
    name_zh: str = ""
    """The same in Chinese."""
    valid_from: date | None = None
    """First day of purchase (of the grant of a loan) that counts."""
    valid_until: date | None = None
    """Last such day."""
    options: tuple[str, ...] | None = None
    """Names of the options or of their equipment that it is for; none = all."""
    not_with: tuple[str, ...] = ()
    """Incentives that do not go together with it."""
    source: str = ""
    """Where the rule was read."""
    grade: Literal["A", "B", "C", ""] = ""
    """How sure it is: A official text, B secondary text or a well-known figure, C estimate."""
    note: str = ""
    """Doubts and conditions."""

    @model_validator(mode="after")
    def _ordered(self) -> "Dated":
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValueError("valid_from is after valid_until")
        return self

    def holds(self, bought: date, names: tuple[str, ...] = ()) -> bool:
        """Return whether something of one of these names, bought on that day, gets it.

        >>> credit = TaxCredit(kind="tax_credit", name="credit", valid_until=date(2027, 12, 31))
        >>> credit.holds(date(2027, 12, 31)), credit.holds(date(2028, 1, 1))
        (True, False)
        """
        in_time = (self.valid_from is None or self.valid_from <= bought) and (
            self.valid_until is None or bought <= self.valid_until
        )
        return in_time and (self.options is None or bool(set(names) & set(self.options)))


class Grant(Dated):
    """A share of the price paid back by a public body, at the end of the acceptance year."""

    kind: Literal["grant"]
    """``grant``."""
    share: Share
    """Share of the price."""
    cap_per_machine_cny: NonNegative | None = None
    """Most per machine."""
    cap_per_project_cny: NonNegative | None = None
    """Most over all machines of the plan, in the order in which they are bought."""
    award_probability: Share = 1.0
    """Chance that the project is chosen; the expected amount counts."""
    taxed: bool = True
    """Taxable income when it is paid. If not, what it pays for is not written off."""
    paid_after_y: Places = 0
    """Years from the end of the acceptance year to payment."""


class TaxCredit(Dated):
    """Income tax saved by buying listed special equipment; the price less grants is its base."""

    kind: Literal["tax_credit"]
    """``tax_credit``."""
    share: Share = 0.10
    """Share of the price (Enterprise Income Tax Law art. 34, Implementation Regulation art. 100; grade B)."""
    carry_forward_y: Count = 5
    """Years after the year of purchase in which what is left may be used."""


class RetrofitCredit(Dated):
    """Income tax saved by retrofitting special equipment (MOF/STA announcement 2024 no. 9)."""

    kind: Literal["retrofit_credit"]
    """``retrofit_credit``."""
    share: Share = 0.10
    """Share of the spending (grade A)."""
    basis_share: Share = 0.50
    """Spending counts up to this share of the original tax basis (grade A)."""
    carry_forward_y: Count = 5
    """Years after the year of the retrofit in which what is left may be used (grade A)."""


class InterestSubsidy(Dated):
    """Interest paid by a public body for some years from drawdown: points of interest on what is owed."""

    kind: Literal["interest_subsidy"]
    """``interest_subsidy``."""
    points: Share
    """Points of interest per year, 0.015 = 1.5; never more than the loan's rate."""
    years: Positive = 2.0
    """Years from drawdown."""


class LoanRate(Dated):
    """A cheaper loan, e.g. from relending of the central bank: its rate in place of the loan's own."""

    kind: Literal["loan_rate"]
    """``loan_rate``."""
    rate: NonNegative
    """Interest per year."""


Incentive = Annotated[
    Grant | TaxCredit | RetrofitCredit | InterestSubsidy | LoanRate,
    Field(discriminator="kind"),
]
"""One incentive, told apart by its ``kind``."""
