"""A plant as it would be in a scenario: other orders, margins and prices, new machines better or worse than hoped."""

from __future__ import annotations

from typing import Any

from models.energy import CARRIERS, Energy
from models.equipment import Option
from models.errors import DataError, Problem
from models.line import Line
from models.plant import Plant, PlantScenario
from models.source import Source
from scenarios.performance import at_end


def plant_in(plant: Plant, scenario: PlantScenario) -> Plant:
    """Return the plant in one scenario.

    Raises:
        DataError: A price is of no carrier, or a time of arrival or work is of a kind that takes no factor.
    """
    products = [p.model_copy(update={"margin_cny": p.margin_cny * scenario.margin_factor}) for p in plant.products]
    return plant.model_copy(
        update={
            "products": tuple(products),
            "energy": _energy(plant.energy, scenario),
            "lines": tuple(_line(line, scenario) for line in plant.lines),
        }
    )


def _energy(energy: Energy, scenario: PlantScenario) -> Energy:
    changes: dict[str, Any] = {}
    for name, factor in scenario.price_factor.items():
        if name == "co2":
            changes["co2_price_cny_per_t"] = energy.co2_price_cny_per_t * factor
        elif name in CARRIERS.values():
            carrier = getattr(energy, name)
            prices = [field for field in type(carrier).model_fields if field.startswith("price_cny_per_")]
            update: dict[str, Any] = {field: getattr(carrier, field) * factor for field in prices}
            if getattr(carrier, "tariff", None) is not None:
                tariff = carrier.tariff
                update["tariff"] = tariff.model_copy(
                    update={
                        "bands": {band: price * factor for band, price in tariff.bands.items()},
                        "demand_cny_per_kw_month": tariff.demand_cny_per_kw_month * factor,
                    }
                )
            changes[name] = carrier.model_copy(update=update)
        else:
            allowed = f"must be one of: {', '.join([*CARRIERS.values(), 'co2'])}"
            where = f"renewal.uncertainty.scenarios, {scenario.name}, price_factor"
            raise DataError([Problem(where, f"unknown {name!r}", allowed)])
    return energy.model_copy(update=changes)


def _line(line: Line, scenario: PlantScenario) -> Line:
    stations = tuple(
        station.model_copy(
            update={"options": tuple(_option(option, scenario, station.pace_s) for option in station.options)}
        )
        for station in line.stations
    )
    changes: dict[str, Any] = {"stations": stations}
    if scenario.demand_factor != 1.0 and line.source != "saturated":
        sources = tuple(_source(source, scenario, line.name) for source in line.sources)
        changes["source"] = sources if isinstance(line.source, tuple) else sources[0]
    return line.model_copy(update=changes)


def _source(source: Source, scenario: PlantScenario, line: str) -> Source:
    factor, where = scenario.demand_factor, f"lines.{line}.source"
    if source.demand_per_h is not None:
        return source.model_copy(update={"demand_per_h": source.demand_per_h * factor})
    if source.profile is not None:
        rates = tuple(rate.model_copy(update={"per_h": rate.per_h * factor}) for rate in source.profile)
        return source.model_copy(update={"profile": rates})
    if source.interarrival_s is not None:
        return source.model_copy(update={"interarrival_s": _slower(source.interarrival_s, 1 / factor, where)})
    return source  # always parts there, or a list of arrivals: orders on hand


def _option(option: Option, scenario: PlantScenario, pace_s: float | None) -> Option:
    """Return an option in a scenario; ``pace_s`` is that of the machine it replaces, which it keeps if it has none."""
    option = at_end(option, scenario.new_machines)
    factor = 1 / scenario.speed_factor
    if factor == 1.0:
        return option
    changes: dict[str, Any] = {"cycle_time_factor": option.cycle_time_factor * factor}
    pace_s = pace_s if option.pace_s is None else option.pace_s
    if pace_s is not None:
        changes["pace_s"] = pace_s * factor
    return option.model_copy(update=changes)


def _slower(time: Any, factor: float, where: str) -> Any:  # noqa: ANN401 - any distribution
    """Return a time multiplied by a factor, its spread in proportion."""
    if isinstance(time, int | float):
        return time * factor
    tree = time.model_dump(exclude_unset=True)
    name, given = next(iter(tree.items()))
    if isinstance(given, int | float) and name == "exponential":
        return type(time).model_validate({name: given * factor})
    if isinstance(given, dict) and set(given) == {"mean", "cv"}:
        return type(time).model_validate({name: {"mean": given["mean"] * factor, "cv": given["cv"]}})
    found = f"a {name} time, with a demand_factor in a scenario"
    raise DataError([Problem(where, found, "demand_per_h, a profile, or a time given by its mean")])
