"""YAML text read with the line of every key, so that a mistake can be shown where it was made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import ConstructorError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from models.errors import DataError, Path, Problem

MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML text says, and in which line it says so."""

    name: str
    tree: Any
    lines: dict[Path, int] = field(default_factory=dict)
    """Line, from 1, of each key or list item by its path."""
    twice: tuple[tuple[Path, int, int], ...] = ()
    """Keys that are written twice: path, first line, further line."""

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of what it is in, if it is not written itself."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str, name: str) -> Document:
    r"""Return the document in ``text``; ``name`` is the file's name in messages.

    Raises:
        DataError: The text is no YAML, or holds no mapping.

    >>> document = parse("plant: {name: works}\nlines: []", "x.yaml")
    >>> document.tree, document.line(("lines",))
    ({'plant': {'name': 'works'}, 'lines': []}, 2)
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.allow_duplicate_keys = True  # found below, all of them and with their lines
    try:
        constructor, _parser = yaml.get_constructor_parser(text)
        node = constructor.composer.get_single_node()
        lines: dict[Path, int] = {}
        twice: list[tuple[Path, int, int]] = []
        if node is not None:
            _walk(node, (), lines, twice, ())
        tree = None if node is None else constructor.construct_document(node)
    except MarkedYAMLError as error:
        raise DataError([_syntax(error, name)]) from None
    except (YAMLError, ValueError, TypeError, LookupError, RecursionError) as error:  # the scanner may slip
        what = " ".join(str(error).split()) or type(error).__name__
        raise DataError([Problem(name, f"not YAML: {what}", "a YAML text is allowed")]) from None
    if not isinstance(tree, dict):
        found = "the file is empty" if tree is None else "the file holds no mapping"
        raise DataError([Problem(f"{name}:1", found, "allowed: keys with values, like 'lines: [...]'")])
    return Document(name, tree, lines, tuple(twice))


def _syntax(error: MarkedYAMLError, name: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    where = f"{name}:{mark.line + 1}" if mark is not None else name
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    if isinstance(error, ConstructorError):
        return Problem(where, f"not readable: {what}", "plain text, numbers, lists and mappings are allowed")
    hint = "look at indentation, colons, quotes and brackets here and in the line above"
    return Problem(where, f"not YAML: {what}", "a YAML text is allowed", hint)


def _walk(
    node: Node,
    path: Path,
    lines: dict[Path, int],
    twice: list[tuple[Path, int, int]],
    around: tuple[Node, ...],
) -> None:
    """Note the line of everything below ``node``."""
    if any(node is outer for outer in around):
        mark = node.start_mark
        raise ConstructorError(None, None, "an alias that refers to what it is in", mark)
    around = (*around, node)
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            lines[(*path, number)] = item.start_mark.line + 1
            _walk(item, (*path, number), lines, twice, around)
    elif isinstance(node, MappingNode):
        seen: dict[str | int, int] = {}
        merged = []
        for key, value in node.value:
            name = _key(key)
            if name == MERGE:
                merged.append(value)
                continue
            line = key.start_mark.line + 1
            if name in seen:
                twice.append(((*path, name), seen[name], line))
            seen.setdefault(name, line)
            lines[(*path, name)] = line
            _walk(value, (*path, name), lines, twice, around)
        for inherited in merged:
            for part in _parts(inherited):
                _inherit(part, path, lines, around)


def _inherit(node: Node, path: Path, lines: dict[Path, int], around: tuple[Node, ...]) -> None:
    """Note the lines of a merged mapping (``<<: *anchor``) for the keys that are not overridden."""
    own: dict[Path, int] = {}
    _walk(node, path, own, [], around)
    written = {p[len(path)] for p in lines if len(p) > len(path) and p[: len(path)] == path}
    lines.update({p: line for p, line in own.items() if p[len(path)] not in written})


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode):
        yield from node.value
    else:
        yield node


def _key(node: Node) -> str | int:
    """Return a key as it stands in the tree: years are numbers, all else is text."""
    if isinstance(node, ScalarNode):
        text = str(node.value)
        return int(text) if node.tag == "tag:yaml.org,2002:int" and text.isdecimal() else text
    return "?"
