"""What renewals and output are worth after tax: one set of formulas for the prediction and for the simulated plan.

Operation counts at the end of its period, capital at the start. Operating gains are taxed at the plant's rate, with
losses set off against the firm's other income; depreciation lowers the tax. At the end of the plan a machine is
counted at what is left of its price over its service life, taxed as if sold.
"""

from dataclasses import dataclass

from models.equipment import Option
from models.finance import residual_value, tax_depreciation
from models.plant import PERIODS_PER_YEAR, Renewal


@dataclass(frozen=True, slots=True)
class Money:
    """Discounting and tax over the periods of a plan."""

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

    def shield(self, option: Option) -> list[float]:
        """Return the tax saved by depreciation of one machine, by period from the renewal on."""
        yearly = tax_depreciation(option.capex_cny, self.renewal.tax) if option.capex_cny else []
        n = self.per_year
        return [self.renewal.tax.rate * amount / n for amount in yearly for _ in range(n)][: self.renewal.periods]

    def residual(self, option: Option) -> list[float]:
        """Return the value after tax of one machine at the end, by its periods in service (1, 2, ..)."""
        if not option.capex_cny:
            return [0.0]
        rate, n = self.renewal.tax.rate, self.per_year
        yearly = tax_depreciation(option.capex_cny, self.renewal.tax)
        values = []
        for served in range(1, self.renewal.periods + 1):
            worth = residual_value(option.capex_cny, served / n, option.service_life_y)
            booked = option.capex_cny - sum(yearly[k // n] / n for k in range(served) if k // n < len(yearly))
            values.append(worth * (1 - rate) + rate * booked)
        return values

    def resale(self, option: Option) -> float:
        """Return what is left after tax of selling the machine that is replaced (its book value is 0)."""
        return option.resale_cny * self.kept

    def capital(self, option: Option, period: int) -> float:
        """Return the present value of one renewal without its operation: price, resale, tax saved, residual."""
        last = self.renewal.periods
        shields = sum(self.at_end(period + k) * s for k, s in enumerate(self.shield(option)) if period + k < last)
        residuals = self.residual(option)
        residual = residuals[min(last - period, len(residuals)) - 1]
        start = self.at_start(period) * (self.resale(option) - option.capex_cny)
        return start + shields + self.at_end(last - 1) * residual
