"""A plant as written, before it is validated: plain dicts and lists, anything in them possibly wrong.

The cross-checks read a plant through this view, so that they run, and list what they find, even where
other fields of the file are wrong.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from models.errors import Path
from models.line import EXIT, SCRAP

Tree = dict[Any, Any]


class Finding(NamedTuple):
    """One thing wrong, by its path in the tree."""

    path: Path
    found: str
    allowed: str
    hint: str = ""


class Layer(NamedTuple):
    """One layer of behaviour: a station, a machine of a list, or an option, with what it stands on."""

    path: Path
    node: Tree
    below: tuple[Tree, ...]
    """The layers that hold where this one says nothing, nearest first."""
    at: "At"

    def get(self, key: str) -> Any:  # noqa: ANN401 - whatever the file holds
        """Return the value in force."""
        for node in (self.node, *self.below):
            if node.get(key) is not None:
                return node[key]
        return None


@dataclass(frozen=True)
class At:
    """One station of the tree, with its line."""

    path: Path
    node: Tree
    line: Tree
    number: int

    @property
    def kind(self) -> object:
        """Return the kind as written."""
        return self.node.get("kind", "machine")

    @property
    def machines(self) -> list[Tree]:
        """Return the machines that are listed by name."""
        return [node for _, node in rows(self.node, "machines")]

    @property
    def count(self) -> int | None:
        """Return the number of machines; None if it is not written rightly."""
        machines = self.node.get("vehicles", self.node.get("machines", 1))
        return machines if isinstance(machines, int) else len(self.machines) or None

    @property
    def saturated(self) -> bool:
        """Return whether the station takes its parts from a saturated source."""
        return any(
            source.get("saturated") is True and self.is_fed_by(source) for _, source in sources_of(self.line, ())
        )

    def is_fed_by(self, source: Tree) -> bool:
        """Return whether the parts of a source come in here."""
        to = source.get("to")
        return self.number == 0 if to is None else to == self.node.get("name")

    def layers(self) -> Iterator[Layer]:
        """Yield the behaviour of the station, of its machines, and of its options on the station."""
        yield Layer(self.path, self.node, (), self)
        for key in ("machines", "options"):
            for number, node in rows(self.node, key):
                yield Layer((*self.path, key, number), node, (self.node,), self)

    def base_layers(self) -> list[Layer]:
        """Return the behaviour of each listed machine, or of the station if they are only counted."""
        layers = list(self.layers())
        return [layer for layer in layers if "machines" in layer.path] or layers[:1]


@dataclass(frozen=True)
class View:
    """The tree and the names that others may refer to."""

    tree: Tree

    @cached_property
    def products(self) -> list[str]:
        """Return the names of the products."""
        return list(dict.fromkeys(names(self.tree, "products"))) or ["part"]

    @cached_property
    def crews(self) -> Tree:
        """Return the crews as written."""
        return mapping(self.tree.get("crews"))

    @cached_property
    def lines(self) -> list[tuple[Path, Tree]]:
        """Return the lines with their paths."""
        return [(("lines", number), node) for number, node in rows(self.tree, "lines")]

    @cached_property
    def stations(self) -> list[At]:
        """Return the stations of all lines."""
        return [
            At((*path, "stations", number), node, line, number)
            for path, line in self.lines
            for number, node in rows(line, "stations")
        ]

    def layers(self) -> Iterator[Layer]:
        """Yield all layers of all stations."""
        for at in self.stations:
            yield from at.layers()

    def drawn(self, line: Tree) -> list[str]:
        """Return the products of a line's mix."""
        mix = mapping(line.get("mix"))
        return texts(mix.get("sequence")) or texts(mix.get("shares")) or self.products[:1]

    def from_source(self, line: Tree, source: Tree) -> list[str]:
        """Return the products that a source brings."""
        arrivals = source.get("arrivals_s")
        rows_ = [a.get("product") if isinstance(a, dict) else None for a in arrivals] if isinstance(
            arrivals, list | tuple) else [None]  # fmt: skip
        given = [source.get("product") if row is None else row for row in rows_]
        found = [p for p in given if isinstance(p, str)]
        return list(dict.fromkeys([*(self.drawn(line) if None in given else []), *found]))

    def made_on(self, line: Tree) -> list[str]:
        """Return the products found on a line, as far as they are known."""
        made = [p for _, source in sources_of(line, ()) for p in self.from_source(line, source)]
        made += texts([row.get("product") for _, row in rows(line, "initial")])
        made += [layer.node["output"] for at in self.stations if at.line is line for layer in at.layers()
                 if isinstance(layer.node.get("output"), str)]  # fmt: skip
        return [p for p in dict.fromkeys(made or self.drawn(line)) if p in self.products]

    def targets(self, line: Tree) -> list[str]:
        """Return where a part may go from a station of this line."""
        return [*names(line, "stations"), EXIT, SCRAP]

    def references(self) -> dict[str, int | None]:
        """Return ``line/station`` and ``line/station/option`` of everything that can be renewed."""
        out: dict[str, int | None] = {}
        for at in self.stations:
            place = f"{at.line.get('name')}/{at.node.get('name')}"
            out[place] = at.count
            out |= {f"{place}/{option}": at.count for option in names(at.node, "options")}
        return out


def sources_of(line: Tree, path: Path) -> list[tuple[Path, Tree]]:
    """Return the sources of a line as mappings, with their paths below that of the line."""
    source = line.get("source")
    if source == "saturated":
        return [((*path, "source"), {"saturated": True})]
    if isinstance(source, list | tuple):
        return [((*path, "source", n), row) for n, row in enumerate(source) if isinstance(row, dict)]
    return [((*path, "source"), mapping(source))]


def mapping(node: Any) -> Tree:  # noqa: ANN401 - whatever the file holds
    """Return ``node`` if it is a mapping, else an empty one."""
    return node if isinstance(node, dict) else {}


def rows(node: Tree, key: str) -> list[tuple[int, Tree]]:
    """Return the mappings in the list ``node[key]`` with their numbers."""
    listed = node.get(key)
    if not isinstance(listed, list | tuple):
        return []
    return [(number, row) for number, row in enumerate(listed) if isinstance(row, dict)]


def texts(node: Any) -> list[str]:  # noqa: ANN401 - whatever the file holds
    """Return the texts in a list or among the keys of a mapping."""
    return [t for t in node if isinstance(t, str)] if isinstance(node, list | tuple | dict) else []


def names(node: Tree, key: str) -> list[str]:
    """Return the names of what is listed in ``node[key]``."""
    return texts([row.get("name") for _, row in rows(node, key)])


def number(value: Any) -> float | None:  # noqa: ANN401 - whatever the file holds
    """Return ``value`` if it is a number."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def nearest(word: object, known: Iterable[str]) -> str:
    """Return a question that offers the known word nearest to ``word``, or nothing.

    >>> nearest("buffr", ["buffer", "name"])
    "did you mean 'buffer'?"
    """
    found = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}?" if found else ""


def unknown(what: str, word: object, known: Iterable[str], path: Path) -> Iterator[Finding]:
    """Yield a finding if ``word`` is none of ``known``; a wrong type is for the fields' own checks."""
    choices = list(dict.fromkeys(known))
    if isinstance(word, str) and word not in choices:
        allowed = f"known: {', '.join(choices)}" if choices else "none is given in this file"
        yield Finding(path, f"unknown {what} {word!r}", allowed, nearest(word, choices))


def place(tree: Any, path: Path) -> str:  # noqa: ANN401 - whatever the file holds
    """Return a path as a user reads it, list items with their names.

    >>> place({"lines": [{"name": "a", "stations": [{"name": "milling"}]}]}, ("lines", 0, "stations", 0, "buffer"))
    'lines[0].stations[0] (milling).buffer'
    """
    out, node = "", tree
    for at, step in enumerate(path):
        if isinstance(step, int) and not isinstance(node, dict):
            node = node[step] if isinstance(node, list | tuple) and step < len(node) else None
            name = mapping(node).get("name")
            plain_line = path[0] == "lines" and at == 1 and len(path) > 2
            out += f"[{step}]" + (f" ({name})" if isinstance(name, str) and not plain_line else "")
        else:
            node = mapping(node).get(step)
            out += f".{step}" if out else str(step)
    return out
