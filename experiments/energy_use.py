"""What a simulation says of energy, carrier by carrier: cost, standard coal and CO2, as sums that can be added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.energy import Energy
from sim.kpis import Record

ELECTRICITY = "electricity_kwh"


@dataclass(frozen=True, slots=True)
class Use:
    """Energy used, or saved, in some time: CNY by carrier at the file's prices without CO2, tce, tonnes of CO2."""

    cny: Mapping[str, float] = field(default_factory=dict)
    tce: float = 0.0
    co2_t: float = 0.0

    def __add__(self, other: Use) -> Use:
        keys = {**self.cny, **other.cny}
        cny = {key: self.cny.get(key, 0.0) + other.cny.get(key, 0.0) for key in keys}
        return Use(cny, self.tce + other.tce, self.co2_t + other.co2_t)

    def __mul__(self, factor: float) -> Use:
        return Use({key: factor * cny for key, cny in self.cny.items()}, factor * self.tce, factor * self.co2_t)

    def __sub__(self, other: Use) -> Use:
        return self + other * -1.0

    def cost(self, co2_cny_per_t: float) -> float:
        """Return the cost, CO2 included.

        >>> Use({"electricity_kwh": 10.0}, co2_t=2.0).cost(50.0)
        110.0
        """
        return sum(self.cny.values()) + self.co2_t * co2_cny_per_t


def of_line(row: Record, energy: Energy) -> Use:
    """Return what a line used in the counted time."""
    used = row["energy"]
    cny = {c: a * energy.carrier(c).per_unit("price_cny") for c, a in used["by_carrier"].items() if c != ELECTRICITY}
    cny[ELECTRICITY] = used["cost_cny"] - sum(cny.values()) - used["co2_t"] * energy.co2_price_cny_per_t
    return Use(cny, used["tce"], used["co2_t"])


def of_amounts(amounts: Mapping[str, float], row: Record, energy: Energy) -> Use:
    """Return the use that these amounts of carriers stand for, electricity at the line's mean price and factors."""
    used = row["energy"]
    kwh = used["by_carrier"].get(ELECTRICITY, 0.0)
    line = of_line(row, energy)
    fuels = {c: a for c, a in used["by_carrier"].items() if c != ELECTRICITY}
    total = Use()
    for carrier, amount in amounts.items():
        if carrier != ELECTRICITY:
            kept = energy.carrier(carrier)
            cny = {carrier: amount * kept.per_unit("price_cny")}
            total += Use(cny, amount * kept.per_unit("kgce") / 1000.0, amount * kept.per_unit("co2_kg") / 1000.0)
        elif kwh:
            fuel_tce = sum(a * energy.carrier(c).per_unit("kgce") for c, a in fuels.items()) / 1000.0
            fuel_co2 = sum(a * energy.carrier(c).per_unit("co2_kg") for c, a in fuels.items()) / 1000.0
            share = amount / kwh
            total += Use({ELECTRICITY: line.cny[ELECTRICITY]}, line.tce - fuel_tce, line.co2_t - fuel_co2) * share
    return total


def of_a_unit(row: Record, energy: Energy, good: float) -> Use:
    """Return what processing one more good unit uses; nothing where nothing good was made."""
    if not good:
        return Use()
    states = row["energy"]["by_state"]
    with_parts = {c: s.get("processing", 0.0) + s.get("per_unit", 0.0) for c, s in states.items()}
    return of_amounts(with_parts, row, energy) * (1.0 / good)
