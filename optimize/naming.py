"""What is said of names in a problem: unknown ones, with the nearest that is known, and ones that stand twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.errors import Problem
from models.view import nearest


def unknown_name(place: str, name: str, known: Iterable[str]) -> Problem:
    """Return what to say of a name that is none of those known.

    >>> print(unknown_name("rules[0].must", "lath", ["lathe"]))
    rules[0].must: unknown 'lath'; must be one of: lathe (did you mean 'lathe'?)
    """
    names = sorted(known)
    return Problem(
        place, f"unknown {name!r}", f"must be one of: {', '.join(names) or 'none there are'}", nearest(name, names)
    )


def duplicates(place: str, names: Iterable[str]) -> Iterator[Problem]:
    """Yield what to say of each name that stood before."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Problem(f"{place}[{index}].name", f"{name!r} is used twice", "names must differ")
        seen.add(name)
