"""What renewals and output are worth after tax: one set of formulas for the prediction and for the simulated plan.

Operation counts at the end of its period, capital at the start. Operating gains are taxed at the plant's rate, with
losses set off against the firm's other income; depreciation lowers the tax. At the end of the plan a machine is
counted at what is left of its price over its service life, taxed as if sold, less what is still owed for it. What
depends on a whole plan (caps of grants, tax against real income) is in :mod:`experiments.cash_flow`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.equipment import Option
from models.finance import (
    Grant,
    Grid,
    Purchase,
    PurchaseFlows,
    Terms,
    purchase_flows,
    residual_value,
    tax_depreciation,
)
from models.finance.purchase import grant_claims
from models.plant import PERIODS_PER_YEAR, Renewal


@dataclass(frozen=True, slots=True)
class Money:
    """Discounting, tax and incentives over the periods of a plan."""

    renewal: Renewal

    @property
    def per_year(self) -> int:
        """Return the periods in a year."""
        return PERIODS_PER_YEAR[self.renewal.period]

    @property
    def kept(self) -> float:
        """Return the share of an operating gain that is left after tax."""
        return 1.0 - self.renewal.tax.rate

    def at_start(self, period: int) -> float:
        """Return the present value of one yuan at the start of a period."""
        return float((1 + self.renewal.discount_rate) ** (-period / self.per_year))

    def at_end(self, period: int) -> float:
        """Return the present value of one yuan at the end of a period."""
        return self.at_start(period + 1)

    @property
    def terms(self) -> Terms:
        """Return tax, loan and incentives in force."""
        renewal = self.renewal
        return Terms(renewal.tax, Grid(renewal.periods, self.per_year), renewal.loan, renewal.incentives)

    def price(self, option: Option, period: int) -> float:
        """Return the price of one machine bought in a period."""
        path = self.renewal.prices.equipment
        if path is None:
            return option.capex_cny
        years = self.renewal.calendar_years()
        return option.capex_cny * path.by_year(years)[period // self.per_year]

    def own_share(self) -> float:
        """Return the share of a price that the budget pays; the rest is borrowed."""
        return 1.0 - (self.renewal.loan.share if self.renewal.loan else 0.0)

    def purchase(self, option: Option, period: int, until: int | None = None) -> Purchase:
        """Return one machine as it is bought in a period (and replaced in ``until``)."""
        names = (option.name,) if option.equipment is None else (option.name, option.equipment)
        return Purchase(
            price=self.price(option, period),
            period=period,
            bought=self.renewal.bounds()[period].date(),
            names=names,
            service_life_y=option.service_life_y,
            resale=option.resale_cny,
            old_book=option.resale_book_cny,
            old_book_left_y=option.resale_book_left_y,
            special_equipment=option.special_equipment,
            retrofit_basis=option.retrofit_basis_cny,
            until=until,
        )

    def flows(
        self, option: Option, period: int, granted: Mapping[str, float] | None = None, until: int | None = None
    ) -> PurchaseFlows:
        """Return the flows of one renewal without its operation.

        Args:
            option: What is bought.
            period: When.
            granted: What it gets of each grant if awarded; default all that it may claim.
            until: Period in which the machine is replaced in turn.
        """
        return purchase_flows(self.purchase(option, period, until), self.terms, granted)

    def present(self, flows: PurchaseFlows) -> float:
        """Return the present value of flows."""
        periods = range(self.renewal.periods)
        return flows.present([self.at_start(t) for t in periods], [self.at_end(t) for t in periods])

    def claims(self, option: Option, period: int) -> dict[str, float]:
        """Return what one machine may claim of each grant that is awarded."""
        return grant_claims(self.purchase(option, period), self.terms)

    @property
    def capped(self) -> dict[str, float]:
        """Return the grants with a cap over all machines, and the cap."""
        return {
            x.name: x.cap_per_project_cny
            for x in self.renewal.incentives
            if isinstance(x, Grant) and x.cap_per_project_cny is not None
        }

    def capital(self, option: Option, period: int) -> float:
        """Return the present value of one renewal without its operation, its grants in full, in service to the end."""
        return self.present(self.flows(option, period))

    def shield(self, option: Option, period: int = 0) -> list[float]:
        """Return the tax saved by depreciation of one machine, by period from the renewal on."""
        price, bought = self.price(option, period), self.renewal.bounds()[period].date()
        yearly = tax_depreciation(price, self.renewal.tax, bought) if price else []
        n = self.per_year
        return [self.renewal.tax.rate * amount / n for amount in yearly for _ in range(n)][: self.renewal.periods]

    def residual(self, option: Option) -> list[float]:
        """Return the value after tax of one machine at the end, by its periods in service (1, 2, ..)."""
        if not option.capex_cny:
            return [0.0]
        rate, last = self.renewal.tax.rate, self.renewal.periods
        values = []
        for served, worth in enumerate(self.worth_left(option), start=1):
            price = self.price(option, last - served)
            booked = price - sum(self.shield(option, last - served)[:served]) / rate if rate else 0.0
            values.append(worth * (1 - rate) + rate * booked)
        return values

    def worth_left(self, option: Option) -> list[float]:
        """Return what one machine is worth before tax at the end, by its periods in service (1, 2, ..)."""
        last, n = self.renewal.periods, self.per_year
        return [
            residual_value(self.price(option, last - served), served / n, option.service_life_y)
            for served in range(1, last + 1)
        ]

    def resale(self, option: Option) -> float:
        """Return what is left after tax of selling the machine that is replaced (its book value is 0)."""
        return option.resale_cny * self.kept
