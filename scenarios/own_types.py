"""Equipment types that a user adds: read from YAML files of their own, checked, and merged with the shipped ones."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from models.equipment import Behaviour, Option
from models.errors import DataError, Path, Problem
from models.own_type import OwnType, Quantity
from models.view import Finding, Tree, mapping, nearest, unknown
from scenarios.equipment_types import Types, put, unknown_type
from scenarios.messages import field_findings
from scenarios.quantities import Known, pairs
from scenarios.sizes import Described, Wanted, scaled
from scenarios.units import unit_of
from scenarios.yaml_text import Document, parse

KEY = "catalogue"
_CONVERTED = {
    ("min", "s"): 60.0, ("h", "s"): 3600.0, ("d", "h"): 24.0, ("min", "h"): 1 / 60, ("%", "-"): 0.01,
    ("W", "kW"): 0.001, ("MW", "kW"): 1000.0, ("a", "d"): 365.0,
    ("10,000 CNY", "CNY"): 10_000.0, ("万元", "CNY"): 10_000.0, ("万元/年", "CNY/a"): 10_000.0,
}  # fmt: skip
"""Units that a number may be given in instead of its field's own, with what it is then multiplied by."""

_NO_NUMBERS = (
    "name", "equipment", "size", "amount_per_part", "shift_end", "crew", "inputs", "output", "gaps",
    "hold_off_shift", "uses",
)  # fmt: skip
"""Fields of an option that a type gives no number for."""
_NOTHING: Tree = {"pair": "", "basis": {}, "described": Described("-", False, 0.65, 1.0)}
"""What a type stands on that is like no other."""


class _File(BaseModel):
    catalogue: dict[str, OwnType]


def brought_types(tree: Tree, folder: FilePath) -> tuple[Tree, list[Finding], list[Problem]]:
    """Return a plant with the types of the files that its ``catalogue`` names, and what is wrong with them.

    Args:
        tree: The plant as written.
        folder: Where the files are.

    Returns:
        The plant with the types written out; findings in the plant file; problems in the files named.
    """
    named = tree.get(KEY)
    if isinstance(named, dict) or named is None:
        return tree, type_findings(mapping(named), (KEY,)), []
    out: Tree = {}
    found: list[Finding] = []
    problems: list[Problem] = []
    for name in [named] if isinstance(named, str) else named if isinstance(named, list) else ():
        if not isinstance(name, str):
            continue
        types, wrong = read_types(folder / name)
        problems += wrong
        found += [
            Finding((KEY,), f"type {twice!r} again, in {name}", "each type may stand in one file")
            for twice in out.keys() & types.keys()
        ]
        out |= types
    if isinstance(named, str) or (isinstance(named, list) and all(isinstance(n, str) for n in named)):
        return {**tree, KEY: {} if problems else out}, found, problems
    return tree, found, problems


def read_types(file: FilePath) -> tuple[Tree, list[Problem]]:
    """Return the types in a file as written, and every problem with file, line and place.

    Returns:
        Types by their id; an empty list if all is well.
    """
    try:
        document = parse(file.read_text(encoding="utf-8-sig"), str(file))
    except OSError as error:
        return {}, [Problem(str(file), f"not readable: {error.strerror}", "a YAML file of equipment types")]
    except UnicodeDecodeError:
        return {}, [Problem(str(file), "not UTF-8 text", "save the file as UTF-8")]
    except DataError as error:
        return {}, list(error.problems)
    return document.tree, _problems(document)


def _problems(document: Document) -> list[Problem]:
    whole = {KEY: document.tree}
    found = [
        Finding((KEY, *path), f"key {path[-1]!r} again, first in line {first}", "each key may stand once")
        for path, first, _ in document.twice
    ]
    try:
        _File.model_validate(whole)
    except ValidationError as error:
        found += field_findings(whole, error.errors(include_url=False))
    found += type_findings(document.tree, (KEY,))
    rows = {(document.line(f.path[1:]), ".".join(map(str, f.path[1:])), f.found): f for f in found}
    return [
        Problem(f"{document.name}:{line}: {where}", f.found, f.allowed, f.hint)
        for (line, where, _), f in sorted(rows.items(), key=lambda row: row[0][0])
    ]


def type_findings(types: Tree, path: Path) -> list[Finding]:
    """Return what is wrong with types beyond the form of their fields."""
    found: list[Finding] = []
    for name, node in types.items():
        if isinstance(node, dict):
            found += _of_type(str(name), node, (*path, name))
    return found


def _of_type(name: str, node: Tree, path: Path) -> list[Finding]:
    found: list[Finding] = []
    if name in Types():
        hint = f"choose another name, and `like: {name}` to take over its numbers"
        found.append(Finding(path, f"{name!r} is a type of the catalogue already", "a name of its own", hint))
    found += unknown_type(node.get("like") or None, Types(), (*path, "like"))
    found += unknown("pair", node.get("pair") or None, pairs(), (*path, "pair"))
    found += [
        finding
        for key, quantity in mapping(node.get("numbers")).items()
        for finding in _of_number(str(key), mapping(quantity), (*path, "numbers", key))
    ]
    if found:
        return found
    try:
        own = OwnType.model_validate(node)
    except ValidationError:
        return found  # told by the fields' own check
    like = Types()[own.like] if own.like else None
    if own.size and like and own.size.unit != like["described"].unit:
        allowed = f"the unit of {own.like}, {like['described'].unit}"
        return [Finding((*path, "size", "unit"), f"unit {own.size.unit!r}", allowed)]
    return _as_fields(name, own, path)


def _of_number(key: str, quantity: Tree, path: Path) -> list[Finding]:
    field = key.split(".")[0]
    known = [f for f in Option.model_fields if f not in _NO_NUMBERS]
    found = list(unknown("field", field, known, path))
    unit, wanted = quantity.get("unit"), unit_of(key)
    others = [a for a, b in _CONVERTED if b == wanted]
    if not found and isinstance(unit, str) and unit not in (wanted, *others):
        allowed = f"{key} is in {wanted}" + (f"; also {', '.join(others)}" if others else "")
        found.append(Finding((*path, "unit"), f"unit {unit!r}", allowed, nearest(unit, [wanted, *others])))
    return found


def _as_fields(name: str, own: OwnType, path: Path) -> list[Finding]:
    """Return what is wrong with the fields that the numbers make together."""
    fields = scaled(entry_of(own), Wanted())
    try:
        if own.side == "new":
            Option.model_validate({"name": name, **fields})
        else:
            Behaviour.model_validate({key: value for key, value in fields.items() if key in Behaviour.model_fields})
    except ValidationError as error:
        return [_back(own, finding, path) for finding in field_findings(fields, error.errors(include_url=False))]
    return []


def _back(own: OwnType, finding: Finding, path: Path) -> Finding:
    """Return a finding in the fields as one at the number that gave them."""
    at = ".".join(map(str, finding.path))
    key = next((k for k in own.numbers if k == at or k.startswith(f"{at}.") or at.startswith(f"{k}.")), None)
    if key is None:
        return Finding((*path, "numbers"), f"{at}: {finding.found}".removeprefix(": "), finding.allowed, finding.hint)
    return Finding((*path, "numbers", key), finding.found, finding.allowed, finding.hint)


def entry_of(own: OwnType) -> Tree:
    """Return a type in the form of the shipped ones; ``own`` in it holds what the user knows of each number."""
    base: Tree = Types()[own.like] if own.like else _NOTHING
    described = base["described"]
    if own.size is not None:
        described = Described(own.size.unit, own.size.is_rate, own.size.price_exponent, own.size.value)
    entry = scaled(base, Wanted(own.size.value if own.size and own.like else None))
    kept = {p: f for p, f in base["basis"].items() if not any(_overlap(p, key) for key in own.numbers)}
    for path in base["basis"].keys() - kept.keys():
        _remove(entry, path)
    for path, quantity in own.numbers.items():
        value = quantity.typical * _factor(path, quantity)
        put(entry, path, int(value) if value == int(value) else value)
    for number, failure in enumerate(entry.get("failures", ())):
        if number < len(own.stops):
            failure["name"] = own.stops[number]
        failure.setdefault("name", "breakdown" if number == 0 else f"stop {number + 1}")
    names = {"name_en": own.name_en, "name_zh": own.name_zh, "pair": own.pair or base["pair"], "side": own.side}
    return {**entry, **names, "described": described, "basis": kept, "own": own.numbers, "like": own.like}


def _overlap(path: str, key: str) -> bool:
    return path == key or path.startswith(f"{key}.") or key.startswith(f"{path}.")


def _remove(node: Any, path: str) -> None:  # noqa: ANN401 - any part of a type
    """Take a number out, and what is empty without it."""
    step, _, rest = path.partition(".")
    key: Any = int(step) if isinstance(node, list) else step
    if rest:
        _remove(node[key], rest)
    if not rest or node[key] == {}:
        del node[key]


def _factor(path: str, quantity: Quantity) -> float:
    return _CONVERTED.get((quantity.unit, unit_of(path)), 1.0)


def known_of(path: str, quantity: Quantity) -> Known:
    """Return what a user knows of a number, in the unit of its field."""
    factor = _factor(path, quantity)
    low, high = quantity.ends
    told = {"grade": quantity.grade, "source": quantity.source, "note": quantity.note}
    return {"low": low * factor, "typical": quantity.typical * factor, "high": high * factor, **told}  # type: ignore[typeddict-item]


def merged(own: Mapping[str, OwnType]) -> dict[str, Tree]:
    """Return the types of a user by id, in the form of the shipped ones."""
    return {name: entry_of(one) for name, one in own.items()}
