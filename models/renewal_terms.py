"""What a plan may ask for and must keep beyond money and rules: limits, windows, targets, price paths."""

from typing import Annotated

from annotated_types import Ge, Le, MinLen
from pydantic import Field, model_validator

from models.base import Count, Model, Number, Share
from models.finance import PricePath

Year = Annotated[int, Field(ge=1980, le=2200)]
Month = Annotated[Count, Le(12)]
ByYear = Number | Annotated[dict[Year, Number], MinLen(1)]
"""A number that always holds, or one by plan year; a year left out takes the latest earlier one."""
ByDate = Number | Annotated[dict[Year, Number], MinLen(1)]
"""What must hold from the last period of a year on: by year; a number alone is for the last period of the plan."""
ShareByDate = Share | Annotated[dict[Year, Share], MinLen(1)]
EVERY = ("period", "year", "horizon")


class Limit(Model):
    """A limit on a resource; options say what they use."""

    max: ByYear | None = None
    """Most."""
    min: ByYear | None = None
    """Least, e.g. a quota that must be spent."""
    every: Annotated[str, Field(pattern=r"^(period|year|horizon)$")] = "period"
    """``period``, ``year`` or ``horizon``: what the limit is for."""

    @model_validator(mode="after")
    def _some(self) -> "Limit":
        if self.max is None and self.min is None:
            raise ValueError("give max, min or both")
        if isinstance(self.max, float | int) and isinstance(self.min, float | int) and self.min > self.max:
            raise ValueError("min is above max")
        if self.every == "horizon" and (isinstance(self.max, dict) or isinstance(self.min, dict)):
            raise ValueError("one number holds for the whole horizon; give no years")
        return self


class Window(Model):
    """When a line may stand still for installation."""

    months: Annotated[tuple[Month, ...], MinLen(1)] | None = None
    """Months 1 to 12, e.g. of the holiday shutdown; a period counts if one of them is in it, and its installations
    begin in that month."""
    periods: Annotated[tuple[str, ...], MinLen(1)] | None = None
    """Periods by their names, e.g. ``2027-Q1``."""

    @model_validator(mode="after")
    def _one_way(self) -> "Window":
        if (self.months is None) == (self.periods is None):
            raise ValueError("give months or periods")
        return self


class Bounds(Model):
    """What a sum of quantities must reach, and may not pass."""

    min: ByDate | None = None
    """At least."""
    max: ByDate | None = None
    """At most."""

    @model_validator(mode="after")
    def _some(self) -> "Bounds":
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self


class Targets(Model):
    """What the plan must reach, each from the last period of the year given on; a number alone: in the last period.

    Savings are those of the renewals in service at the output of today, as simulated before anything is renewed.
    """

    energy_saving_tce_per_y: ByDate | None = None
    """Standard coal saved a year, at least."""
    co2_saving_t_per_y: ByDate | None = None
    """CO2 saved a year, at least."""
    co2_t_per_y: ByDate | None = None
    """CO2 emitted a year, at most: that of today less what is saved."""
    nc_rate: ShareByDate | None = None
    """Share of machines under numerical control (数控化率), at least, of those that say so by ``nc``."""
    benchmark_share: ShareByDate | None = None
    """Share of machines at benchmark level, at least, of those that say so by ``energy_standing``."""
    quantities: dict[str, Bounds] = {}
    """Own quantities: sums over the machines in service of what they write under ``quantities``."""


class Prices(Model):
    """How prices develop over the plan years: a growth rate, or factors by calendar year."""

    electricity: PricePath | None = None
    """Electricity, its whole tariff."""
    natural_gas: PricePath | None = None
    """Natural gas."""
    coal: PricePath | None = None
    """Coal."""
    steam: PricePath | None = None
    """Steam."""
    compressed_air: PricePath | None = None
    """Compressed air."""
    equipment: PricePath | None = None
    """Prices of options."""
    margin: PricePath | None = None
    """Margins of products."""


CO2Price = Annotated[dict[Year, Annotated[Number, Ge(0)]], MinLen(1)]
"""CNY per tonne by calendar year; a year left out takes the latest earlier one, before all of them the first."""


def in_year(value: float | dict[int, float], years: list[int]) -> list[float]:
    """Return a value for each plan year; a year left out takes the latest earlier one, before all the first.

    >>> in_year(3.0, [2026, 2027]), in_year({2027: 5.0}, [2026, 2027, 2028])
    ([3.0, 3.0], [5.0, 5.0, 5.0])
    """
    if not isinstance(value, dict):
        return [float(value)] * len(years)
    return [value[max([y for y in value if y <= year], default=min(value))] for year in years]
