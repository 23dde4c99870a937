"""The catalogue: what a machine does, by equipment type; tariffs, grid factors and energy levels by name.

Types follow from the evidence by formulas (:mod:`scenarios.equipment_types`); a plant file may bring types of its own
(:mod:`scenarios.own_types`). :mod:`scenarios.evidence` says from which rows each number comes.
"""

import csv
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from models.equipment import Behaviour, Option
from models.errors import Path
from models.own_type import OwnType
from models.plant import Plant
from models.view import Finding, Tree, mapping, number, unknown
from scenarios.equipment_types import Types, unknown_type
from scenarios.own_types import entry_of
from scenarios.sizes import Wanted, scaled
from scenarios.yaml_text import parse

_DATA = resources.files("scenarios") / "data"
_BEHAVIOUR = frozenset(Behaviour.model_fields)
_OPTION = frozenset(Option.model_fields)


def _load(name: str) -> Tree:
    return mapping(parse((_DATA / name).read_text(encoding="utf-8"), name).tree)


@cache
def equipment_types() -> Mapping[str, Tree]:
    """Return every shipped equipment type by its id, with names, pair, side, and the formula of each number."""
    return Types()


@cache
def tariffs() -> dict[str, Tree]:
    """Return every electricity tariff by its name, as it would stand in a plant file."""
    return _load("tariffs.yaml")


@cache
def grid_rows() -> tuple[dict[str, str], ...]:
    """Return the dated grid factors with source and grade, one row a region and year."""
    text = (_DATA / "grid_factors.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def grid_factors() -> dict[str, Tree]:
    """Return the grid factors of every region by its name, as they would stand in a plant file.

    >>> grid_factors()["shandong"]["co2_kg_per_kwh"]
    {2021: 0.6838, 2022: 0.641}
    """
    rows = grid_rows()
    out: dict[str, Tree] = {}
    for region in dict.fromkeys(row["region"] for row in rows):
        mine = [row for row in rows if row["region"] == region]
        out[region] = {
            "co2_kg_per_kwh": {int(row["year"]): float(row["co2_kg_per_kwh"]) for row in mine},
            "region": region,
            "source": "; ".join(f"{row['year']}: {row['source']}" for row in mine),
            "grade": max(row["grade"] for row in mine),
        }
    return out


@cache
def energy_levels() -> dict[str, Tree]:
    """Return every energy level by its id, as it would stand in a plant file.

    >>> energy_levels()["clinker"]["entry_level"]
    117
    """
    return {key: {"id": key, **level} for key, level in _load("energy_levels.yaml")["levels"].items()}


@cache
def incentives() -> dict[str, Tree]:
    """Return every incentive by its name, as it would stand in a plant file.

    >>> incentives()["interest_subsidy"]["points"]
    0.015
    """
    return {name: {"name": name, **entry} for name, entry in _load("incentives.yaml").items()}


def levels_left_out() -> list[Tree]:
    """Return the items of the evidence that are no levels of the catalogue, each with the reason."""
    return list(_load("energy_levels.yaml")["left_out"])


def equipment(name: str) -> Tree:
    """Return one equipment type; KeyError if there is none.

    >>> equipment("engine_lathe")["scrap"]
    0.035
    """
    return equipment_types()[name]


def filled_in(tree: Tree) -> tuple[Tree, list[Finding]]:
    """Return a plant as written with catalogue values filled in, and what the catalogue does not know.

    Types of the plant's own stand under ``catalogue`` already, see :func:`scenarios.own_types.brought_types`.
    """
    found: list[Finding] = []
    types = _with_own(tree)
    lines = [
        {**line, "stations": _each(line["stations"], ("lines", n, "stations"), types, found)}
        if isinstance(line, dict) and isinstance(line.get("stations"), list) else line
        for n, line in enumerate(tree.get("lines", ()) if isinstance(tree.get("lines"), list) else ())
    ]  # fmt: skip
    filled = {**tree, "lines": lines} if isinstance(tree.get("lines"), list) else dict(tree)
    electricity = mapping(mapping(tree.get("energy")).get("electricity"))
    if electricity:
        path: Path = ("energy", "electricity")
        electricity = _by_name(electricity, "tariff", "tariff", tariffs, path, found)
        electricity = _by_name(electricity, "grid_factor", "grid factor", grid_factors, path, found)
        filled["energy"] = {**tree["energy"], "electricity": electricity}
    if isinstance(tree.get("products"), list):
        filled["products"] = [
            _by_name(node, "energy_level", "energy level", energy_levels, ("products", n), found)
            if isinstance(node, dict) else node
            for n, node in enumerate(tree["products"])
        ]  # fmt: skip
    renewal = tree.get("renewal")
    if isinstance(renewal, dict) and isinstance(renewal.get("incentives"), list):
        listed = [_incentive(node, ("renewal", "incentives", n), found) for n, node in enumerate(renewal["incentives"])]
        filled["renewal"] = {**renewal, "incentives": listed}
    return filled, found


def _incentive(node: Any, path: Path, found: list[Finding]) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return an incentive written out: by its name, or ``{like: name, ..}`` with what differs."""
    by_name = isinstance(node, str)
    name = node if by_name else mapping(node).get("like")
    if not isinstance(name, str):
        return node
    found += unknown("incentive", name, incentives(), path if by_name else (*path, "like"))
    known = incentives().get(name)
    if known is None:
        # Anything that passes the fields' own checks: the name alone is what is wrong.
        return {"kind": "grant", "name": name, "share": 0.0}
    return known if by_name else {**known, **{key: value for key, value in node.items() if key != "like"}}


def _by_name(
    node: Tree, key: str, what: str, known: Callable[[], Mapping[str, Tree]], path: Path, found: list[Finding]
) -> Tree:
    """Return ``node`` with what the catalogue knows by the name under ``key``; the catalogue is read only then."""
    name = node.get(key)
    if not isinstance(name, str):
        return node
    found += unknown(what, name, known(), (*path, key))
    return {**node, key: known().get(name)}


def _with_own(tree: Tree) -> Mapping[str, Tree]:
    """Return the shipped types and the plant's own; those that are wrong, which is told elsewhere, give nothing."""
    own = mapping(tree.get("catalogue"))
    out: dict[str, Tree] = {}
    for name, node in own.items():
        try:
            out[name] = entry_of(OwnType.model_validate(node))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            out[name] = {}
    return ChainMap(out, equipment_types()) if out else equipment_types()  # type: ignore[arg-type]


def _each(stations: list[Any], path: Path, types: Mapping[str, Tree], found: list[Finding]) -> list[Any]:
    return [
        _station(node, (*path, n), types, found) if isinstance(node, dict) else node
        for n, node in enumerate(stations)
    ]  # fmt: skip


def _station(node: Tree, path: Path, types: Mapping[str, Tree], found: list[Finding]) -> Tree:
    known = _known(node, path, types, found)
    station = _filled(node, known, wanted(node), _BEHAVIOUR)
    if isinstance(node.get("options"), list):
        station["options"] = [
            _option(option, (*path, "options", n), types, found, node, known) if isinstance(option, dict) else option
            for n, option in enumerate(node["options"])
        ]
    return station


def _option(
    node: Tree, path: Path, types: Mapping[str, Tree], found: list[Finding], station: Tree, replaced: Tree
) -> Tree:
    known = _known(node, path, types, found)
    # A new machine's own cycle time is that of its reference part: on a station the ratio to the old one counts.
    keys = _OPTION - {"cycle_time_s"} if "cycle_time_factor" in known else _OPTION
    option = _filled(node, known, wanted(node, station, known, replaced), keys)
    if "name" not in option and isinstance(node.get("equipment"), str):
        option["name"] = node["equipment"]
    return option


def wanted(node: Tree, station: Tree | None = None, known: Tree | None = None, replaced: Tree | None = None) -> Wanted:
    """Return what a station, or an option on a station, says about size and amount of its catalogue equipment.

    Args:
        node: The station or option as written.
        station: The station of an option.
        known: The type of the option.
        replaced: The type of the station.
    """
    amount = _positive(node.get("amount_per_part")) or _positive(mapping(station).get("amount_per_part")) or 1.0
    size, ratio = _positive(mapping(station).get("size")), 1.0
    if size and known and replaced and _alike(known, replaced):
        ratio = size / replaced["described"].size
    return Wanted(_positive(node.get("size")), amount, ratio)


def _alike(known: Tree, replaced: Tree) -> bool:
    """Return whether one size can be held against the other."""
    return bool(known["described"].unit == replaced["described"].unit)


def _positive(value: object) -> float | None:
    given = number(value)
    return given if given is not None and given > 0 else None


def _known(node: Tree, path: Path, types: Mapping[str, Tree], found: list[Finding]) -> Tree:
    name = node.get("equipment")
    found += unknown_type(name, types, (*path, "equipment"))
    known = types.get(name, {}) if isinstance(name, str) else {}
    if not isinstance(name, str):
        found += [
            Finding((*path, key), f"{key} without equipment", "name the equipment that it scales")
            for key in ("size", "amount_per_part")
            if node.get(key) is not None and not (key == "amount_per_part" and "options" in node)
        ]
    return known


def _filled(node: Tree, known: Tree, asked: Wanted, keys: frozenset[str]) -> Tree:
    if not known:
        return dict(node)
    return {**{k: v for k, v in scaled(known, asked).items() if k in keys - {"name", "equipment"}}, **node}


def names_in(plant: Plant) -> dict[str, dict[str, str]]:
    """Return English and Chinese names of all equipment and options of a plant that have any."""
    stations = [station for line in plant.lines for station in line.stations]
    used = [s.equipment or s.name for s in stations] + [o.name for s in stations for o in s.options]
    return names(used, plant.catalogue)


def names(ids: Iterable[str], own: Mapping[str, OwnType] | None = None) -> dict[str, dict[str, str]]:
    """Return English and Chinese names of those ids that are in the catalogue, or among a plant's own types.

    >>> names(["cnc_lathe", "my own lathe"])
    {'cnc_lathe': {'en': 'CNC lathe or turning centre', 'zh': '数控车床/车削中心'}}
    """
    mine = {name: {"en": one.name_en, "zh": one.name_zh} for name, one in (own or {}).items()}
    known = equipment_types()
    return {
        i: mine[i] if i in mine else {"en": known[i]["name_en"], "zh": known[i]["name_zh"]}
        for i in dict.fromkeys(ids)
        if i in mine or i in known
    }
