"""Where the energy numbers of a plant come from: defaults of carriers, tariff, grid factors, levels, heating values."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypedDict

from models.energy import CARRIERS, DEFAULTS, GridFactor, factor_year
from models.heat import HEATING_VALUES
from models.levels import EnergyLevel
from models.line import Station
from models.plant import Plant
from models.view import mapping
from scenarios.catalogue import grid_rows, tariffs


class Row(TypedDict):
    """One number in force in a plant, with its origin."""

    what: str
    where: str
    value: str | float
    unit: str
    low: float | None
    high: float | None
    grade: str
    source: str
    note: str


def energy_rows(plant: Plant, horizon_h: float) -> Iterator[Row]:
    """Yield the defaults of the carriers in use, and what comes from the catalogue by name.

    Args:
        plant: The plant.
        horizon_h: Hours simulated from the start of the run.
    """
    yield from _defaults(plant)
    electricity = plant.energy.electricity
    if electricity.tariff is not None:
        tariff = electricity.tariff
        name = next((n for n, t in tariffs().items() if mapping(t).get("bands") == tariff.bands), "")
        bands = ", ".join(f"{band} {price:g}" for band, price in tariff.bands.items())
        note = f"demand charge {tariff.demand_cny_per_kw_month:g} CNY/(kW month)"
        yield _row(f"tariff {name}".strip(), "energy/electricity", bands, "CNY/kWh", tariff.grade, tariff.source, note)
    if electricity.grid_factor is not None:
        yield from _grid(electricity.grid_factor, _years(plant, horizon_h))
    yield from _heating_values(plant)
    made = {name for line in plant.lines for name in plant.mix_of(line)}
    for product in plant.products:
        if product.energy_level is not None and product.name in made:
            yield from _levels(product.name, product.energy_level)


def _row(what: str, where: str, value: str | float, unit: str, grade: str, source: str, note: str = "") -> Row:
    return Row(what=what, where=where, value=value, unit=unit, low=None, high=None, grade=grade, source=source,
               note=note)  # fmt: skip


def _defaults(plant: Plant) -> Iterator[Row]:
    used = {"electricity"} | {key for line in plant.lines for s in line.stations for key in _carriers(s)}
    electricity = plant.energy.electricity
    replaced = {
        "electricity.price_cny_per_kwh": electricity.tariff is not None,
        "electricity.co2_kg_per_kwh": electricity.grid_factor is not None,
    }
    for default in DEFAULTS:
        carrier, field = default.field.split(".")
        given = field in getattr(plant.energy, carrier).model_fields_set
        if carrier in used and not given and not replaced.get(default.field):
            yield _row(field, f"energy/{carrier}", default.value, default.unit, default.grade, default.source)


def _carriers(station: Station) -> Iterator[str]:
    for behaviour in (station, *station.options):
        heated = (behaviour.heat.carrier,) if behaviour.heat else ()
        for key in (*(behaviour.use_per_h or {}), *(behaviour.use_per_unit or {}), *heated):
            yield CARRIERS[key]


def _years(plant: Plant, horizon_h: float) -> list[int]:
    """Return the calendar years that the run, and the plan if there is one, touch."""
    start = plant.run.start
    end = start + timedelta(hours=horizon_h, microseconds=-1)
    years = set(range(start.year, end.year + 1))
    if plant.renewal is not None:
        first, month = (int(part) for part in plant.renewal.start.split("-"))
        years |= set(range(first, first + plant.renewal.years + (month > 1)))
    return sorted(years)


def _grid(factor: GridFactor, years: list[int]) -> Iterator[Row]:
    """Yield the grid factor of each year, and say where it is another year's."""
    table = factor.co2_kg_per_kwh
    origin = {int(row["year"]): row for row in grid_rows() if row["region"] == factor.region}
    for year in years:
        of = factor_year(table, year)
        known = origin.get(of, {})
        parts = () if of == year else (f"no factor for {year}, that of {of} is used",)
        note = "; ".join((*parts, *filter(None, (known.get("note"),))))
        yield _row(f"grid factor {year} {factor.region}".strip(), "energy/electricity", table[of], "kg/kWh",
                   known.get("grade") or factor.grade or "C",
                   known.get("source") or factor.source or "written in the plant file", note)  # fmt: skip


def _heating_values(plant: Plant) -> Iterator[Row]:
    for line in plant.lines:
        for station in line.stations:
            for behaviour in (station, *station.options):
                heat = behaviour.heat
                if heat is not None and heat.heating_value_mj_per_unit is None:
                    value = HEATING_VALUES[heat.carrier]
                    yield _row(f"heating value of {heat.carrier}", f"{line.name}/{station.name}", value.mj_per_unit,
                               "MJ per unit", value.grade, value.source)  # fmt: skip


def _levels(product: str, level: EnergyLevel) -> Iterator[Row]:
    where = f"products/{product}"
    if level.benchmark_level is not None or level.entry_level is not None:
        named = (("benchmark", level.benchmark_level), ("entry", level.entry_level))
        value = ", ".join(f"{name} {number:g}" for name, number in named if number is not None)
        source = ": ".join(filter(None, (level.edition, level.source))) or "written in the plant file"
        yield _row(f"energy level {level.id}".strip(), where, value, level.unit, level.grade or "C", source, level.note)
    if any(grade is not None for grade in level.grades):
        value = ", ".join("-" if grade is None else f"{grade:g}" for grade in level.grades)
        source = ": ".join(filter(None, (level.standard, level.source))) or "written in the plant file"
        yield _row("grades 1 to 3", where, value, level.unit, level.standard_grade or "C", source, level.note)
