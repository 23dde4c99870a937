"""What is wrong in the fields of a renewal problem, in plain words, and what can still be checked beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.errors import DataError, Path, Problem, written

WANTED = {
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a text",
    "string_too_short": "must be a text of at least one character",
    "tuple_type": "must be a number or a list of numbers",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "missing": "is required",
    "finite_number": "must be a finite number",
}
"""What is allowed, by pydantic's type of error; elsewhere its own message says it well."""

LISTS = {"assets", "lines", "rules", "targets", "options", "stations", "products", "labels", "factors"}
LISTS |= {"cost_by_period", "allowed_periods", "from", "together", "exclude", "choose"}
"""Fields that hold a list and nothing else."""

NAMES = {"name", "stations", "options", "lines", "assets", "resources", "prices", "quantities"}
"""Fields that others refer to: while one of them is wrong, nothing can be said of what is unknown."""


def problems_of(model: type[BaseModel], data: object, error: ValidationError) -> list[Problem]:
    """Return all that is wrong: the fields, and, beside them, the names and lengths of what is right.

    Args:
        model: What the data were meant to be.
        data: What was read.
        error: What pydantic found in it.
    """
    details = error.errors(include_url=False)
    found = [problem for item in details for problem in _told(model, data, item)]
    if any(isinstance(item.get("ctx", {}).get("error"), DataError) for item in details):
        return found  # every field is right
    return [*found, *_beside(model, data, details)]


def _told(model: type[BaseModel], data: object, item: ErrorDetails) -> Iterator[Problem]:
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, DataError):  # our own check of names and lengths
        yield from cause.problems
        return
    kind, path = item["type"], place_of(data, item)
    if kind == "extra_forbidden":
        known = _fields_at(model, path[:-1])
        close = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else ""
        yield Problem(written(path), "unknown key", f"must be one of: {', '.join(known)}", hint)
        return
    message = item["msg"][:1].lower() + item["msg"][1:]
    if kind == "tuple_type" and path[-1] in LISTS:
        message = "must be a list"
    else:
        message = WANTED.get(kind, message.replace("input should be", "must be"))
    yield Problem(written(path) or "the file", _shown(item), message)


def place_of(data: object, item: ErrorDetails) -> Path:
    """Return where an error is, without the names of alternatives that pydantic puts into its place."""
    steps, node, path = list(item["loc"]), data, []
    if len(steps) > 2 and steps[0] == "rules":
        del steps[2]  # the kind of rule that was tried
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        inside = (isinstance(node, Mapping) and step in node) or (
            isinstance(node, list | tuple) and isinstance(step, int) and step < len(node)
        )
        if inside:
            node = node[step]  # type: ignore[index]
            path.append(step)
        elif (last and item["type"] == "missing") or not isinstance(step, str) or isinstance(node, Mapping):
            path.append(step)
    return tuple(path)


def _shown(item: ErrorDetails) -> str:
    if item["type"] == "missing":
        return "missing"
    found = repr(item["input"])
    return found if len(found) <= 60 else found[:57] + "..."


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand at a place, as a user writes them."""
    schema = model.model_json_schema(by_alias=True)
    node: Any = schema
    for step in path:
        node = _inside(schema, node, step)
        if node is None:
            return []
    options = [_resolved(schema, option) for option in node.get("oneOf", node.get("anyOf", [node]))]
    return list(dict.fromkeys(name for option in options for name in option.get("properties", ())))


def _inside(schema: Any, node: Any, step: str | int) -> Any:  # noqa: ANN401 - any part of a schema
    for option in node.get("oneOf", node.get("anyOf", [node])):
        option = _resolved(schema, option)
        inner = option.get("items") if isinstance(step, int) else option.get("properties", {}).get(step)
        inner = inner or (None if isinstance(step, int) else option.get("additionalProperties"))
        if isinstance(inner, dict):
            return _resolved(schema, inner)
    return None


def _resolved(schema: Any, node: Any) -> Any:  # noqa: ANN401 - any part of a schema
    return schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node


# --- names and lengths beside wrong fields ---


def _beside(model: type[BaseModel], data: object, details: Iterable[ErrorDetails]) -> list[Problem]:
    """Return what the checks of names and lengths find once the wrong fields are out of the way."""
    if not isinstance(data, dict):
        return []
    places = [place_of(data, item) for item in details]
    if any(place[:1] in {("periods",), ("renewal_problem",)} for place in places):
        return []  # every length hangs on these
    rest, kept = _without(data, list(zip(places, (item["type"] for item in details), strict=True)))
    try:
        model.model_validate(rest)
    except ValidationError as error:
        causes = [item.get("ctx", {}).get("error") for item in error.errors(include_url=False)]
        further = [problem for cause in causes if isinstance(cause, DataError) for problem in cause.problems]
    else:
        return []
    doubtful = any(_names_others_use(place) for place in places)
    wrong = [written(place) for place in places]
    return [
        problem
        for problem in (_moved_back(problem, kept) for problem in further)
        if not (doubtful and problem.found.startswith(("unknown", "'")))
        and not any(problem.where.startswith(place) or place.startswith(problem.where) for place in wrong)
    ]


def _names_others_use(place: Path) -> bool:
    *above, last = [step for step in place if isinstance(step, str)] or [""]
    mapped = above[-1:] in (["resources"], ["prices"], ["quantities"]) and not isinstance(place[-1], int)
    return mapped or last in NAMES


def _without(data: dict[str, Any], faults: list[tuple[Path, str]]) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """Return the data with each wrong field left out or harmless, and which rules and targets are still there."""
    rest = deepcopy(data)
    dropped: dict[str, set[int]] = {"rules": set(), "targets": set()}
    for place, kind in faults:
        top = place[0] if place else None
        if top in dropped and len(place) > 1 and isinstance(place[1], int):
            dropped[str(top)].add(place[1])
        elif top in {"budget", "discount", *dropped}:
            rest.pop(str(top), None)
        else:
            _mend(rest, place, kind)
    kept: dict[str, list[int]] = {}
    for name, numbers in dropped.items():
        if isinstance(rest.get(name), list):
            kept[name] = [number for number in range(len(rest[name])) if number not in numbers]
            rest[name] = [rest[name][number] for number in kept[name]]
    return rest, kept


def _mend(rest: dict[str, Any], place: Path, kind: str) -> None:
    """Leave out a wrong optional field; make a required one harmless."""
    node: Any = rest
    for step in place[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return  # something above it is wrong, too, and out already
    harmless = {"name": f"\0{place}", "stations": [], "hours": 0, "margin": 0, "cost": 0}
    last = place[-1]
    if isinstance(node, list) and isinstance(last, int) and last < len(node):
        node[last] = 0 if kind.startswith(("float", "finite", "greater")) else {"name": f"\0{place}"}
    elif isinstance(node, dict):
        if last in harmless and kind != "extra_forbidden":
            node[last] = harmless[str(last)]
        else:
            node.pop(last, None)


def _moved_back(problem: Problem, kept: Mapping[str, list[int]]) -> Problem:
    """Return a problem with the number that its rule or target has in the file."""
    for name, numbers in kept.items():
        head, bracket, tail = problem.where.partition("]")
        if bracket and head.startswith(f"{name}["):
            number = numbers[int(head.removeprefix(f"{name}["))]
            return Problem(f"{name}[{number}]{tail}", problem.found, problem.allowed, problem.hint)
    return problem
