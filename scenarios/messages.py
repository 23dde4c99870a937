"""What is wrong with the fields of a plant file, in plain words.

pydantic finds it; here each of its errors becomes: where in the file, what was found, what is allowed.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from models.base import Model
from models.distribution import FAMILIES
from models.errors import Path
from models.view import Finding, nearest
from scenarios.format import fields

_NOT_A_NUMBER = "Value error, not a number"  # models.base.Number

_ALLOWED = {
    "greater_than": "greater than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "finite_number": "a number that is not infinite",
    "string_too_short": "a text of at least {min_length} character(s)",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "string_pattern_mismatch": "a text like {pattern}",
    "invalid_key": "keys that are text",
    "union_tag_invalid": "{discriminator}: one of {expected_tags}",
    "union_tag_not_found": "a mapping with {discriminator}",
    "distribution": "a number, or one of " + ", ".join(FAMILIES),
}
"""What is allowed, by pydantic's type of error, where the value has the right kind of thing in it."""

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "mapping": "a mapping",
    "date": "a date like 2026-01-31",
    "datetime": "a moment like 2026-01-31 06:00",
    "time": "a time like 06:00",
}
"""What is allowed, by the first word of pydantic's type of error, where another kind of thing was found."""

_PATTERNS = {r"^\d{4}-(0[1-9]|1[0-2])$": "2026-01 (year and month)"}


class _Placed(NamedTuple):
    """An error with its place in the data and the union branches it was found in."""

    error: ErrorDetails
    path: Path
    branches: tuple[tuple[Path, str], ...]
    """For each union passed: where it stands, and which alternative was tried."""


def field_findings(tree: Any, errors: Iterable[ErrorDetails]) -> list[Finding]:  # noqa: ANN401
    """Return what pydantic found in ``tree``, each mistake once and in plain words."""
    placed = [_placed(tree, error) for error in errors]
    return [finding for finding in _untangled(placed, 0) if finding is not None]


def _placed(tree: Any, error: ErrorDetails) -> _Placed:  # noqa: ANN401
    """Follow pydantic's location through the data; what is not in the data names an alternative."""
    steps = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    node, path, branches = tree, [], []
    for step in steps:
        if isinstance(node, dict) and step not in node and str(step).isdecimal() and int(step) in node:
            step = int(step)
        inside = (isinstance(node, dict) and step in node) or (
            isinstance(node, list | tuple) and isinstance(step, int) and step < len(node)
        )
        if inside:
            node = node[step]
            path.append(step)
        elif step != "[key]":
            branches.append((tuple(path), str(step)))
    return _Placed(error, tuple(path), tuple(branches))


def _untangled(errors: list[_Placed], depth: int) -> Iterator[Finding | None]:
    """Yield one finding for each mistake: where there are alternatives, look at the nearest one only."""
    plain = [e for e in errors if len(e.branches) <= depth]
    yield from (_finding(e) for e in plain)
    tangled = sorted((e for e in errors if len(e.branches) > depth), key=lambda e: _sortable(e.branches[depth][0]))
    for union, group in groupby(tangled, key=lambda e: e.branches[depth][0]):
        by_branch: dict[str, list[_Placed]] = {}
        for error in group:
            by_branch.setdefault(error.branches[depth][1], []).append(error)
        fitting = [b for b in by_branch.values() if not any(_wrong_kind(e, union) for e in b)]
        meant = next((b for b in by_branch.values() if any(_misspelt_family(e) for e in b)), None)
        if meant is not None or len(by_branch) == 1:
            yield from _untangled(meant or next(iter(by_branch.values())), depth + 1)
        elif fitting:
            yield from _untangled(fitting[0], depth + 1)
        else:
            wrong = [e for b in by_branch.values() for e in b if e.path == union]
            allowed = dict.fromkeys(_allowed(e) for e in wrong)
            yield Finding(union, f"found {shown(wrong[0].error['input'])}", f"{' or '.join(allowed)} is allowed")


def _sortable(path: Path) -> list[tuple[bool, str | int]]:
    return [(isinstance(step, str), step) for step in path]


def _wrong_kind(placed: _Placed, union: Path) -> bool:
    """Return whether the alternative wants another kind of thing than was found."""
    error = placed.error
    kinds = ("_type", "_parsing", "_inexact", "literal_error", "distribution")
    return placed.path == union and (error["type"].endswith(kinds) or error["msg"] == _NOT_A_NUMBER)


def _misspelt_family(placed: _Placed) -> bool:
    found = placed.error["input"]
    return (
        placed.error["type"] == "distribution"
        and isinstance(found, dict)
        and any(nearest(key, FAMILIES) for key in found)
    )


def _finding(placed: _Placed) -> Finding | None:
    error, path = placed.error, placed.path
    kind, found = error["type"], error["input"]
    if kind == "missing":
        key = str(error["loc"][-1])
        return Finding(path, f"key {key!r} is missing", _meaning(key, fields(path).get(key, "")))
    if kind == "extra_forbidden":
        known = fields(path[:-1])
        return Finding(path, f"unknown key {path[-1]!r}", f"known: {', '.join(known)}", nearest(path[-1], known))
    if kind == "too_short" and found:
        return None  # its items are wrong and were left out; they are listed themselves
    if kind == "value_error" and error["msg"] != _NOT_A_NUMBER:
        return Finding(path, f"found {shown(found)}", _allowed(placed))
    hint = ""
    if kind == "distribution" and isinstance(found, dict):
        hint = next(filter(None, (nearest(key, FAMILIES) for key in found)), "")
    elif kind == "literal_error":
        hint = nearest(found, str(error.get("ctx", {}).get("expected", "")).replace("'", "").split(" or "))
    elif isinstance(found, str) and _number_within(found) and "number" in _allowed(placed):
        hint = "without quotes and unit; the unit is part of the key's name"
    return Finding(path, f"found {shown(found)}", f"{_allowed(placed)} is allowed", hint)


def _meaning(key: str, meaning: str) -> str:
    return f"it is required: {meaning.rstrip('.')}" if meaning else "it is required"


def _allowed(placed: _Placed) -> str:
    """Return what may stand there."""
    error = placed.error
    kind = error["type"]
    if error["msg"] == _NOT_A_NUMBER:
        return "a number"
    if kind in _ALLOWED:
        context = {**error.get("ctx", {})}
        context["pattern"] = _PATTERNS.get(str(context.get("pattern")), context.get("pattern"))
        return _ALLOWED[kind].format(**context)
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return _WANTED.get(kind.split("_")[0], error["msg"])


def _number_within(text: str) -> bool:
    return any(c.isdigit() for c in text)


def shown(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    """Return a value as a reader knows it from the file.

    >>> shown("fast"), shown({"mean": 1}), shown(None)
    ("the text 'fast'", 'a mapping with mean', 'nothing')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {value[:40]!r}" + ("..." if len(value) > 40 else "")
    if isinstance(value, Model):
        value = value.model_dump(exclude_unset=True)
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(str, value))}" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return f"{value:g}" if isinstance(value, float) else str(value)
