"""Prices and orders that change over the plan years, by period: one set of factors for prediction and play-back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property

from models.calendar import Calendar
from models.energy import CARRIERS
from models.finance import PricePath
from models.line import Line
from models.plant import PERIODS_PER_YEAR, Plant, Renewal
from models.renewal_terms import in_year

H = 3600.0
CO2 = "co2_t"


class Paths:
    """Price factors of a plan by period: times the price in the plant file; CO2 in CNY per tonne."""

    def __init__(self, plant: Plant, renewal: Renewal) -> None:
        self.plant, self.renewal = plant, renewal
        self.years = renewal.calendar_years()

    def _factors(self, path: PricePath | None) -> list[float]:
        by_year = [1.0] * len(self.years) if path is None else path.by_year(self.years)
        return [f for f in by_year for _ in range(PERIODS_PER_YEAR[self.renewal.period])]

    def carrier(self, key: str) -> list[float]:
        """Return the factors of a carrier by its key, e.g. ``electricity_kwh``."""
        return self._factors(getattr(self.renewal.prices, CARRIERS[key]))

    @cached_property
    def equipment(self) -> list[float]:
        """Return the factors of equipment prices."""
        return self._factors(self.renewal.prices.equipment)

    @cached_property
    def margin(self) -> list[float]:
        """Return the factors of margins."""
        return self._factors(self.renewal.prices.margin)

    @cached_property
    def co2_cny_per_t(self) -> list[float]:
        """Return the price of CO2."""
        base = self.plant.energy.co2_price_cny_per_t
        by_year = in_year(self.renewal.co2_price_cny_per_t or base, self.years)
        return [price for price in by_year for _ in range(PERIODS_PER_YEAR[self.renewal.period])]

    def demand(self, line: str) -> list[float]:
        """Return the factors of a line's orders."""
        return self._factors(self.renewal.demand.get(line))

    @property
    def energy_changes(self) -> bool:
        """Return whether the price of a carrier or of CO2 changes at all."""
        named = [getattr(self.renewal.prices, name) for name in CARRIERS.values()]
        return self.renewal.co2_price_cny_per_t is not None or any(path is not None for path in named)

    def extra_energy_cny(self, cost_cny: float, amounts: Mapping[str, float], co2_t: float, period: int) -> float:
        """Return what energy of a period costs more than at the prices of the plant file.

        Args:
            cost_cny: Cost at the file's prices, CO2 included; what no other carrier explains is electricity.
            amounts: Use by carrier.
            co2_t: CO2 emitted.
            period: The period.
        """
        energy = self.plant.energy
        fuels = {
            key: amount * energy.carrier(key).per_unit("price_cny")
            for key, amount in amounts.items()
            if key != "electricity_kwh"
        }
        electricity = cost_cny - sum(fuels.values()) - co2_t * energy.co2_price_cny_per_t
        parts = {**fuels, "electricity_kwh": electricity}
        more = sum(cny * (self.carrier(key)[period] - 1) for key, cny in parts.items() if cny)
        return more + co2_t * (self.co2_cny_per_t[period] - energy.co2_price_cny_per_t)


def with_growing_orders(plant: Plant, renewal: Renewal) -> Plant:
    """Return the plant with every order of a line whose demand grows written out, one by one, over the plan."""
    if not renewal.demand:
        return plant
    paths = Paths(plant, renewal)
    lines = []
    for line in plant.lines:
        if line.name in renewal.demand:
            calendar, factors = plant.calendar_of(line), paths.demand(line.name)
            sources = tuple(
                source.model_copy(
                    update={
                        "demand_per_h": None,
                        "arrivals_s": tuple(_orders(calendar, renewal, factors, source.demand_per_h)),
                    }
                )
                for source in line.sources
                if source.demand_per_h is not None
            )
            line = _with_sources(line, sources)
        lines.append(line)
    return plant.model_copy(update={"lines": tuple(lines)})


def _with_sources(line: Line, sources: tuple[object, ...]) -> Line:
    return line.model_copy(update={"source": sources})


def _orders(
    calendar: Calendar | None, renewal: Renewal, factors: list[float], demand_per_h: float | None
) -> Iterator[float]:
    """Yield moments in seconds: one order every 1 / demand hours of scheduled time, demand that of the period."""
    assert demand_per_h is not None
    begins, bounds = renewal.begins, renewal.bounds()
    ends = [_seconds(begins, moment) for moment in bounds[1:]]
    windows = calendar.windows(begins, ends[-1]) if calendar else iter([(0.0, ends[-1])])
    left, period = 1.0, 0  # orders until the next one falls due
    for opens, closes in windows:
        now = opens
        while now < min(closes, ends[-1]):
            while now >= ends[period]:
                period += 1
            rate = demand_per_h * factors[period] / H
            end = min(closes, ends[period])
            if rate * (end - now) < left:
                left -= rate * (end - now)
                now = end
            else:
                now += left / rate
                left = 1.0
                yield now


def _seconds(begins: datetime, moment: datetime) -> float:
    return (moment - begins).total_seconds()
