"""Make a plant that shows a fault smaller, in bounded time, for a reader: what can go without losing the fault goes."""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from models.checks import check_plant
from models.distribution import family
from models.errors import DataError
from models.plant import Plant

Tree = dict[str, Any]
Place = tuple[str | int, ...]
GONE = object()
KEPT = ("run", "horizon_h", "seed")


def smaller(tree: Tree, fails: Callable[[Tree], bool], seconds: float) -> Tree:
    """Return the smallest plant found that still fails.

    Args:
        tree: A plant, as in a file, that fails.
        fails: Whether a valid plant fails.
        seconds: How long to look for a smaller one.

    >>> tree = {"lines": [{"name": "l", "source": "saturated", "stations": [
    ...     {"name": "a", "buffer": 3, "cycle_time_s": {"exponential": 9}, "scrap": 0.1},
    ...     {"name": "b", "buffer": None, "cycle_time_s": 8}]}]}
    >>> smaller(tree, lambda tree: "scrap" in tree["lines"][0]["stations"][0], 10)["lines"][0]["stations"]
    [{'name': 'a', 'buffer': 1, 'cycle_time_s': 9, 'scrap': 0.1}]

    Times are not made shorter, nor the horizon longer: runs stay as short as they are.
    """
    until = time.monotonic() + seconds
    again = True
    while again:
        again = False
        steps = list(_steps(tree))
        for place, value in steps:
            if time.monotonic() > until:
                return tree
            tried = _with(tree, place, value)
            if tried is not None and _valid(tried) and fails(tried):
                tree, again = tried, True
    return tree


def _valid(tree: Tree) -> bool:
    try:
        check_plant(Plant.model_validate(tree))
    except (DataError, ValidationError):
        return False
    return True


def _steps(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield what may be left out or made plainer, the large things first; from the end, so that places stay right."""
    if place[-1:] == ("horizon_h",):
        yield from ((place, node // part) for part in (10, 2) if node // part >= 1)
    elif isinstance(node, dict):
        yield from (((*place, key), GONE) for key in reversed(node) if key not in KEPT)
        if family(node) not in (None, "constant"):
            yield place, max(_numbers(node), default=1)
    elif isinstance(node, list):
        yield from (((*place, n), GONE) for n in reversed(range(len(node))))
    elif isinstance(node, int) and not isinstance(node, bool) and node > 1 and not _is_time(place):
        yield place, 1
    children = reversed(node.items()) if isinstance(node, dict) else []
    if isinstance(node, list):
        children = reversed(list(enumerate(node)))
    for key, value in children:
        yield from _steps(value, (*place, key))


def _is_time(place: Place) -> bool:
    return any(str(step).endswith(("_s", "_h", "_d")) for step in place)


def _numbers(node: Any) -> Iterator[float]:
    if isinstance(node, dict | list):
        for value in node.values() if isinstance(node, dict) else node:
            yield from _numbers(value)
    elif isinstance(node, int | float):
        yield node


def _with(tree: Tree, place: Place, value: Any) -> Tree | None:
    """Return the tree with another value at a place, or without it; None if the place has gone meanwhile."""
    out = copy.deepcopy(tree)
    node: Any = out
    try:
        for step in place[:-1]:
            node = node[step]
        if value is GONE:
            del node[place[-1]]
        elif node[place[-1]] == value:
            return None
        else:
            node[place[-1]] = value
    except (KeyError, IndexError, TypeError):
        return None
    return out
