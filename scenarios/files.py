"""Plant files: reading with every mistake located and listed, writing, and what ships as example."""

import io
from functools import cache
from importlib import resources
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from models.checks import findings
from models.errors import DataError, Path, Problem
from models.plant import Plant
from models.view import Finding, mapping, nearest, place
from scenarios.catalogue import filled_in
from scenarios.format import schema
from scenarios.messages import field_findings
from scenarios.own_types import brought_types
from scenarios.side_files import brought_in
from scenarios.yaml_text import Document, parse

__all__ = ["read_plant", "read_text", "schema", "shipped", "template_text", "write_plant"]

_PLANTS = resources.files("scenarios") / "data" / "plants"


def read_plant(path_or_name: str | FilePath) -> Plant:
    """Return the plant in a file, or the shipped example of that name.

    Catalogue values hold for everything that a station or option with ``equipment`` does not write itself.

    Raises:
        DataError: The file cannot be read or is wrong; all problems are listed, sorted by line.

    >>> read_plant("machining").lines[0].name
    'shaft line'
    """
    path = FilePath(path_or_name)
    if not path.exists() and path.name == str(path_or_name) and not path.suffix:
        return read_text(template_text(path.name), f"{path.name}.yaml")
    return read_text(_text(path), str(path_or_name), path.parent)


def read_text(text: str, name: str = "plant file", folder: FilePath = FilePath()) -> Plant:
    """Return the plant in a YAML text.

    Args:
        text: The plant file.
        name: What stands for the file in messages.
        folder: Where files are that it names.

    Raises:
        DataError: The text is wrong, or a file of equipment types that it names; all problems of the one or the other
            are listed, sorted by line.
    """
    document = parse(text, name)
    tree, found, elsewhere = brought_types(document.tree, folder)
    if elsewhere:  # without the types that a plant leans on, most of what it lacks would be told for nothing
        raise DataError(elsewhere)
    tree, wrong = filled_in(tree)
    found += wrong
    tree, wrong = brought_in(tree, folder)
    found += wrong
    found += [Finding(path, f"key {path[-1]!r} again, first in line {first}", "each key may stand once")
              for path, first, _ in document.twice]  # fmt: skip
    further = {path: line for path, _, line in document.twice}
    plant = None
    try:
        plant = Plant.model_validate(tree)
    except ValidationError as error:
        found += field_findings(tree, error.errors(include_url=False))
    found += findings(tree)
    if plant is None or found:
        raise DataError(_problems(document, tree, found, further))
    return plant


def _problems(document: Document, tree: Any, found: list[Finding], further: dict[Path, int]) -> list[Problem]:  # noqa: ANN401
    """Return the findings as problems with file, line and place, sorted by line, each place and text once."""
    located = {}
    for finding in found:
        line = further.get(finding.path) if finding.found.endswith("again") else None
        line = line or _line(document, finding.path)
        where = f"{document.name}:{line}: {place(tree, finding.path)}".removesuffix(": ")
        located[line, where, finding.found] = Problem(where, finding.found, finding.allowed, finding.hint)
    return [located[key] for key in sorted(located, key=lambda key: key[0])]


def _line(document: Document, path: Path) -> int:
    """Return the line of a path; of ``equipment`` for what the catalogue filled in."""
    for end in range(len(path), 0, -1):
        if path[:end] in document.lines:
            by_catalogue = (*path[:end], "equipment")
            # A key that is missing, or was filled in: if the catalogue had a part in it, show where it is called.
            return document.lines.get(by_catalogue if end < len(path) else path[:end], document.lines[path[:end]])
    return 1


def _text(path: FilePath) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        examples = ", ".join(shipped())
        hint = nearest(path.stem, shipped())
        raise DataError(
            [Problem(str(path), "no such file", f"a plant file, or an example: {examples}", hint)]
        ) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        found = f"byte {error.object[error.start]:#04x} is not UTF-8 text"
        raise DataError([Problem(f"{path}:{line}", found, "save the file as UTF-8")]) from None
    except OSError as error:
        raise DataError([Problem(str(path), f"not readable: {error.strerror}", "a file that can be read")]) from None


@cache
def shipped() -> tuple[str, ...]:
    """Return the names of the example plants.

    >>> {'machining', 'spinning', 'steel-pipe'} < set(shipped())
    True
    """
    names = [entry.name for entry in _PLANTS.iterdir() if entry.name.endswith(".yaml")]
    return tuple(sorted(name.removesuffix(".yaml") for name in names))


def template_text(name: str) -> str:
    """Return an example plant file as it ships, comments included.

    Raises:
        DataError: There is no example of that name.
    """
    if name not in shipped():
        allowed = f"an existing file, or an example: {', '.join(shipped())}"
        raise DataError([Problem(name, "no such file or example", allowed, nearest(name, shipped()))])
    return (_PLANTS / f"{name}.yaml").read_text(encoding="utf-8")


def write_plant(plant: Plant) -> str:
    """Return a plant as YAML text that reads back as an equal plant; only the fields that were set.

    >>> read_text(write_plant(read_plant("spinning"))) == read_plant("spinning")
    True
    """
    yaml = YAML()
    yaml.width = 110
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_plain(mapping(plant.model_dump(exclude_unset=True, by_alias=True))), out)
    return out.getvalue()


def _plain(node: Any) -> Any:  # noqa: ANN401 - any part of a plant
    """Return the tree with lists for tuples, which YAML does not know."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    return [_plain(item) for item in node] if isinstance(node, list | tuple) else node
