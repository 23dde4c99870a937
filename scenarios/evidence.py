"""Where the numbers of a plant come from: value, range, grade and source of everything nobody measured there."""

import ast
import csv
import operator
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import product
from typing import Any, TypedDict

from models.equipment import Behaviour, Option
from models.line import Line, Station
from models.plant import Plant
from models.view import Tree
from scenarios.catalogue import equipment_types
from scenarios.energy_evidence import Row, energy_rows
from scenarios.money_evidence import money_rows

_DATA = resources.files("scenarios") / "data"
_SIDES = ("old", "new")
_STEPS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_UNITS = (
    ("_cny", "CNY"), ("_kw", "kW"), ("_s", "s"), ("_h", "h"), ("_d", "d"), ("_per_y", "1/a"), ("_y", "a"),
    ("_m3", "m3/h"),
)  # fmt: skip


class Known(TypedDict):
    """What is known of one quantity."""

    low: float
    typical: float
    high: float
    grade: str
    source: str
    note: str


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a data table, ``equipment`` or ``estimates``."""
    text = (_DATA / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def known(pair: str, side: str) -> Mapping[str, Known]:
    """Return the quantities a formula of this side may name: rows of the pair, and estimates.

    ``old_`` and ``new_`` before a name choose a side; without them it is this side, or the new one where the row
    has no old values (prices, service lives).
    """
    out = {row["name"]: _known(row, "") for row in table("estimates")}
    for row in table("equipment"):
        if row["pair_id"] != pair:
            continue
        filled = [s for s in _SIDES if row[f"{s}_typical"]]
        out |= {f"{s}_{row['parameter']}": _known(row, f"{s}_") for s in filled}
        out[row["parameter"]] = _known(row, f"{side if side in filled else 'new'}_")
    return out


def _known(row: Mapping[str, str], prefix: str) -> Known:
    low, typical, high = (float(row[prefix + key]) for key in ("low", "typical", "high"))
    return {"low": low, "typical": typical, "high": high, **{k: row[k] for k in ("grade", "source", "note")}}  # type: ignore[typeddict-item]


def worth(formula: str, values: Mapping[str, float]) -> float:
    """Return the value of a formula of names, numbers, ``+ - * /`` and brackets.

    >>> worth("setup * 3600", {"setup": 0.5})
    1800.0
    """
    return _worth(ast.parse(formula, mode="eval").body, values)


def _worth(node: ast.expr, values: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp):
        return float(_STEPS[type(node.op)](_worth(node.left, values), _worth(node.right, values)))
    if isinstance(node, ast.Name):
        return values[node.id]
    assert isinstance(node, ast.Constant)
    return float(node.value)  # type: ignore[arg-type]


def named(formula: str) -> tuple[str, ...]:
    """Return the names in a formula, each once.

    >>> named("a / (a + 2 * b)")
    ('a', 'b')
    """
    found = [node.id for node in ast.walk(ast.parse(formula)) if isinstance(node, ast.Name)]
    return tuple(sorted(set(found)))


def origin(name: str, path: str) -> Known:
    """Return what stands behind one number of an equipment type; its range takes every name at both ends.

    Args:
        name: Equipment type.
        path: The number, as in its ``basis``.

    >>> origin("engine_lathe", "scrap")["high"]
    0.06
    """
    entry = equipment_types()[name]
    formula = entry["basis"][path]
    quantities = known(entry["pair"], entry["side"])
    used = {n: quantities[n] for n in named(formula)}
    ends = [
        worth(formula, dict(zip(used, corner, strict=True)))
        for corner in product(*((q["low"], q["high"]) for q in used.values()))
    ]
    return {
        "low": min(ends), "typical": worth(formula, {n: q["typical"] for n, q in used.items()}), "high": max(ends),
        "grade": max(q["grade"] for q in used.values()),
        "source": "; ".join(dict.fromkeys(q["source"] for q in used.values())),
        "note": "; ".join(dict.fromkeys(q["note"] for q in used.values() if q["note"])),
    }  # fmt: skip


def assumptions(plant: Plant, horizon_h: float | None = None) -> list[Row]:
    """Return every number in force that came from the catalogue or is a default, and the plant's own assumptions.

    A station or option that writes a field itself does not lean on the catalogue there, unless with the same value.

    Args:
        plant: The plant.
        horizon_h: Hours simulated, which tell the years that need a grid factor; default the plant's own.
    """
    rows = [row for line in plant.lines for station in line.stations for row in _of_station(line, station)]
    own = [
        Row(what=a.what, where="plant file", value=a.value, unit="", low=None, high=None, grade=a.grade,
            source=a.source, note=a.note)
        for a in plant.assumptions
    ]  # fmt: skip
    return [*rows, *energy_rows(plant, horizon_h or plant.run.horizon_h), *money_rows(plant), *own]


def _of_station(line: Line, station: Station) -> Iterator[Row]:
    where = f"{line.name}/{station.name}"
    yield from _of_equipment(station, station.equipment, where)
    for option in station.options:
        yield from _of_equipment(option, option.equipment, f"{where}/{option.name}")


def _of_equipment(behaviour: Behaviour, name: str | None, where: str) -> Iterator[Row]:
    if name is None or name not in equipment_types():
        return
    entry = equipment_types()[name]
    in_force = {key for key in type(behaviour).model_fields if key in entry and _same(behaviour, key, entry[key])}
    for path, formula in entry["basis"].items():
        if path.split(".")[0] in in_force:
            behind = origin(name, path)
            note = "; ".join(part for part in (formula, behind["note"]) if part)
            yield Row(what=path, where=where, value=_at(entry, path), unit=_unit(path), low=behind["low"],
                      high=behind["high"], grade=behind["grade"], source=behind["source"], note=note)  # fmt: skip


def _same(behaviour: Behaviour, key: str, value: Any) -> bool:  # noqa: ANN401 - any field
    """Return whether a field has the catalogue's value."""
    read = Option.model_validate({"name": "any", "capex_cny": 0, key: value})
    return bool(getattr(behaviour, key) == getattr(read, key))


def _at(entry: Tree, path: str) -> float:
    node: Any = entry
    for step in path.split("."):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return float(node)


def _unit(path: str) -> str:
    """Return the unit that the innermost name with a unit tells.

    >>> _unit("failures.0.ttr_h.lognormal.mean"), _unit("scrap")
    ('h', '-')
    """
    if path.endswith(".cv"):
        return "-"
    for step in reversed(path.split(".")):
        for ending, unit in _UNITS:
            if step.endswith(ending):
                return unit
    return "-"
