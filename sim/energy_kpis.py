"""What a line's energy comes to: by carrier, state, band and year; standard coal, CO2, cost; load profile; levels.

Electricity counts in standard coal by the convention that the plant file chooses (equivalent value 当量值 unless it
says otherwise); both are given. CO2 is the sum over calendar years of kWh x the year's grid factor, plus the fuels.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from models.energy import Electricity, Energy
from models.equipment import STATES
from models.levels import UNKNOWN, EnergyLevel
from models.line import Product
from sim.output_analysis import interval
from sim.program import ELECTRICITY, Program
from sim.reading import LineReading, MeterReading

H = 3600.0
Record = dict[str, Any]
KG_PER_CASE = 50.0  # a weight case of flat glass


def amounts(line: LineReading) -> dict[str, dict[str, float]]:
    """Return what the line used: by carrier, then by state, ``per_unit`` for what goes with each part."""
    out: dict[str, defaultdict[str, float]] = {ELECTRICITY: defaultdict(float)}
    for station in line.stations:
        for machine in station.machines:
            for carrier, by_state in machine.amounts.items():
                row = out.setdefault(carrier, defaultdict(float))
                for state, amount in zip(STATES, by_state, strict=True):
                    if amount:
                        row[state] += amount
            for carrier, amount in machine.per_unit.items():
                out.setdefault(carrier, defaultdict(float))["per_unit"] += amount
    return {carrier: dict(row) for carrier, row in out.items()}


def use(line: LineReading, program: Program) -> Record:
    """Return what the line used since the last reset: amounts, standard coal, CO2, cost."""
    by_state = amounts(line)
    total = {carrier: sum(row.values()) for carrier, row in by_state.items()}
    carriers, meter = program.energy, line.meter
    fuels = {carrier: amount for carrier, amount in total.items() if carrier != ELECTRICITY}
    fuel_kgce = sum(a * carriers.carrier(c).per_unit("kgce") for c, a in fuels.items())
    fuel_co2_kg = sum(a * carriers.carrier(c).per_unit("co2_kg") for c, a in fuels.items())
    fuel_cny = sum(a * carriers.carrier(c).per_unit("price_cny") for c, a in fuels.items())
    years = by_year(line.meter, program.energy.electricity)
    electricity = carriers.electricity
    tce = {
        "equivalent": (fuel_kgce + total[ELECTRICITY] * electricity.kgce_per_kwh) / 1000.0,
        "equal": (fuel_kgce + sum(y["kwh"] * electricity.equal_kgce(y["year"]) for y in years)) / 1000.0,
    }
    co2_t = fuel_co2_kg / 1000.0 + sum(y["co2_t"] for y in years)
    return {
        "tce": tce[electricity.convention],
        "tce_convention": electricity.convention,
        **{f"tce_{convention}": value for convention, value in tce.items()},
        "co2_t": co2_t,
        "cost_cny": meter.cost_cny() + fuel_cny + co2_t * carriers.co2_price_cny_per_t,
        "by_carrier": total,
        "by_state": by_state,
        "by_band_kwh": dict(zip(meter.bands, meter.kwh_by_band, strict=True)),
        "by_year": years,
    }


def by_year(meter: MeterReading, electricity: Electricity) -> list[Record]:
    """Return electricity by calendar year, with the grid factor in force and the year it was made for."""
    rows = []
    for year, kwh in meter.kwh_by_year.items():
        factor = electricity.per_unit("co2_kg", year)
        rows.append({
            "year": year,
            "kwh": kwh,
            "co2_kg_per_kwh": factor,
            "factor_year": electricity.co2_year(year),
            "co2_t": kwh * factor / 1000.0,
        })  # fmt: skip
    return rows


def energy(line: LineReading, program: Program, counted_s: float) -> Record:
    """Return all energy figures of a line over the counted time."""
    good = {name: output.good for name, output in line.outputs.items()}
    meter, used = line.meter, use(line, program)
    return {
        **of_each_part(used, sum(good.values()), counted_s),
        **used,
        "peak_kw": meter.peak_kw,
        "peak_at": meter.peak_at.isoformat(" ", "minutes") if meter.peak_at else "",
        "peak_kw_by_month": {str(month): kw for month, kw in enumerate(meter.peaks_kw, 1)},
        "load_profile_kw": meter.profile_kw(),
        "load_profile_highest_kw": meter.highest_kw_by_slot,
        "load_profile_band": meter.usual_bands(),
        "levels": [
            _level(product, product.energy_level, program, good, used["by_carrier"])
            for product in program.products
            if product.energy_level is not None and product.name in good
        ],
    }


def of_each_part(used: Record, good: int, counted_s: float) -> Record:
    """Return the mean power, and what each good part took; 0 without any."""
    kwh = used["by_carrier"][ELECTRICITY]
    return {
        "mean_power_kw": kwh / (counted_s / H),
        "kwh_per_unit": kwh / good if good else 0.0,
        "kgce_per_unit": used["tce"] * 1000.0 / good if good else 0.0,
    }


# specific energy against levels


def _level(
    product: Product, level: EnergyLevel, program: Program, good: dict[str, int], used: dict[str, float]
) -> Record:
    """Return the line's specific energy beside the levels of one product.

    The meter cannot tell products apart, so that a line of several shares its energy evenly over all it makes.
    """
    output, why = _output(level, good, {p.name: p for p in program.products})
    value = _counted(level, program.energy, used) / output if output else math.nan
    return {
        "product": product.name,
        "level": level.id,
        "name_en": level.name_en,
        "name_zh": level.name_zh,
        "unit": level.unit,
        "counts": level.counts,
        "shared_by": len(good),
        "value": value,
        "unknown_because": why,
        "benchmark_level": level.benchmark_level,
        "entry_level": level.entry_level,
        "standing": level.standing(value) if output else UNKNOWN,
        "edition": level.edition,
        "grade": level.grade,
        "standard": level.standard,
        "grades": list(level.grades),
        "standard_grade": level.standard_grade,
        "source": level.source,
    }


def _counted(level: EnergyLevel, carriers: Energy, used: dict[str, float]) -> float:
    """Return what counts for a level: kWh, or kgce with electricity at its equivalent value."""
    kwh = used[ELECTRICITY]
    if level.unit.startswith("kWh"):
        return kwh
    kgce = {c: a * carriers.carrier(c).per_unit("kgce") for c, a in used.items() if c != ELECTRICITY}
    kgce[ELECTRICITY] = kwh * carriers.electricity.kgce_per_kwh
    of = {"all": tuple(kgce), "electricity": (ELECTRICITY,), "coal": ("coal_kg",)}[level.counts]
    return sum(kgce.get(c, 0.0) for c in of)


def _output(level: EnergyLevel, good: dict[str, int], products: dict[str, Product]) -> tuple[float, str]:
    """Return the good output in the level's measure, 0 with the reason where it is not known."""
    field = "area_m2" if level.unit.endswith("m2") else "mass_kg"
    sizes = {name: getattr(products[name], field) if name in products else None for name in good}
    without = [name for name, size in sizes.items() if size is None]
    if without:
        return 0.0, f"no {field} for {', '.join(without)}"
    total = sum(parts * float(sizes[name] or 0.0) for name, parts in good.items())
    per = 1.0 if field == "area_m2" else KG_PER_CASE if "50 kg" in level.unit else 1000.0
    return total / per, "" if total else "no good part was made"


def settle(lines: Sequence[Record], records: Sequence[Record]) -> None:
    """Complete the means of several replications by what is no mean: the highest peak, intervals and standings.

    Args:
        lines: Lines of the document; changed in place.
        records: The replications that they were made from.
    """
    for number, line in enumerate(lines):
        runs = [record["lines"][number]["energy"] for record in records]
        energy = line["energy"]
        highest = max(runs, key=lambda run: run["peak_kw"])
        energy["peak_at"], energy["peak_highest_kw"] = highest["peak_at"], highest["peak_kw"]
        for at, level in enumerate(energy["levels"]):
            level.update(_together([run["levels"][at] for run in runs]))


def _together(levels: Sequence[Record]) -> Record:
    """Return value, standing and grade of a level over the replications."""
    values = [level["value"] for level in levels]
    missing = next((level["unknown_because"] for level in levels if level["unknown_because"]), "")
    if missing:
        nothing = {"value": None, "standing_certain": False, "grade_reached": None}
        return {**nothing, "standing": UNKNOWN, "unknown_because": missing}
    found, first = interval(values), levels[0]
    of = EnergyLevel.model_validate({key: first[key] for key in EnergyLevel.model_fields if key in first})
    ends = {of.standing(found.mean - found.half_width), of.standing(found.mean + found.half_width)}
    return {
        "value": {"mean": found.mean, "half_width": found.half_width},
        "standing": of.standing(found.mean),
        "standing_certain": len(ends) == 1,
        "grade_reached": of.reached(found.mean),
    }
