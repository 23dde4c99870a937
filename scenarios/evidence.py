"""Where the numbers of a plant come from: value, range, grade and source of everything nobody measured there."""

from collections.abc import Iterator
from typing import Any

from models.equipment import Behaviour, Option
from models.line import Line, Station
from models.own_type import OwnType
from models.plant import Plant
from models.view import Tree, mapping
from scenarios.catalogue import equipment_types, wanted
from scenarios.energy_evidence import Row, energy_rows
from scenarios.money_evidence import money_rows
from scenarios.own_types import entry_of, known_of
from scenarios.quantities import Known, behind
from scenarios.sizes import Wanted, factor_of, numbers, scaled
from scenarios.units import unit_of


def origin(name: str, path: str) -> Known:
    """Return what stands behind one number of a shipped type; its range takes every name at both ends.

    Args:
        name: Equipment type.
        path: The number, as in its ``basis``.

    >>> origin("engine_lathe", "scrap")["high"]
    0.06
    """
    return origin_in(equipment_types()[name], path)


def origin_in(entry: Tree, path: str) -> Known:
    """Return what stands behind one number of a type, shipped or a user's own."""
    if path in entry.get("own", ()):
        return known_of(path, entry["own"][path])
    base = equipment_types()[entry["like"]] if entry.get("like") else entry
    known = behind(path, entry["basis"][path], base["pair"], base["side"])
    if not entry.get("like") or entry["described"].size == base["described"].size:
        return known
    factor = factor_of(path, base["described"], Wanted(entry["described"].size))
    ends: Known = {**known, "low": known["low"] * factor, "high": known["high"] * factor}
    return {**ends, "typical": known["typical"] * factor}


def assumptions(plant: Plant, horizon_h: float | None = None) -> list[Row]:
    """Return every number in force that came from the catalogue or is a default, and the plant's own assumptions.

    A station or option that writes a field itself does not lean on the catalogue there, unless with the same value.

    Args:
        plant: The plant.
        horizon_h: Hours simulated, which tell the years that need a grid factor; default the plant's own.
    """
    rows = [row for line in plant.lines for station in line.stations for row in _of_station(plant, line, station)]
    own = [
        Row(what=a.what, where="plant file", value=a.value, unit="", low=None, high=None, grade=a.grade,
            source=a.source, note=a.note)
        for a in plant.assumptions
    ]  # fmt: skip
    return [*rows, *energy_rows(plant, horizon_h or plant.run.horizon_h), *money_rows(plant), *own]


def _of_station(plant: Plant, line: Line, station: Station) -> Iterator[Row]:
    where = f"{line.name}/{station.name}"
    entry, written = _entry(plant, station.equipment), station.model_dump(include={"size", "amount_per_part"})
    yield from _of_equipment(station, entry, wanted(written), where)
    for option in station.options:
        new, size = _entry(plant, option.equipment), option.model_dump(include={"size", "amount_per_part"})
        yield from _of_equipment(option, new, wanted(size, written, new, entry), f"{where}/{option.name}")


def _entry(plant: Plant, name: str | None) -> Tree:
    own: OwnType | None = plant.catalogue.get(name or "")
    return entry_of(own) if own else mapping(equipment_types().get(name or ""))


def _of_equipment(behaviour: Behaviour, entry: Tree, asked: Wanted, where: str) -> Iterator[Row]:
    if not entry:
        return
    mine = scaled(entry, asked)
    in_force = {key for key in type(behaviour).model_fields if key in mine and _same(behaviour, key, mine[key])}
    if isinstance(behaviour, Option) and "cycle_time_factor" in mine:
        in_force -= {"cycle_time_s"}
    for path in numbers(entry):
        if path.split(".")[0] in in_force:
            factor = factor_of(path, entry["described"], asked)
            known = origin_in(entry, path)
            note = "; ".join(part for part in (entry["basis"].get(path), known["note"], _scaled(factor)) if part)
            yield Row(what=path, where=where, value=_at(mine, path), unit=unit_of(path), low=known["low"] * factor,
                      high=known["high"] * factor, grade=known["grade"], source=known["source"], note=note)  # fmt: skip


def _scaled(factor: float) -> str:
    return "" if factor == 1.0 else f"x {factor:.4g} for its size and the amount in a part"


def _same(behaviour: Behaviour, key: str, value: Any) -> bool:  # noqa: ANN401 - any field
    """Return whether a field has the catalogue's value."""
    read = Option.model_validate({"name": "any", "capex_cny": 0, key: value})
    return bool(getattr(behaviour, key) == getattr(read, key))


def _at(entry: Tree, path: str) -> float:
    node: Any = entry
    for step in path.split("."):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return float(node)
