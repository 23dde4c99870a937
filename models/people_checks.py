"""Cross-checks of people: crews and skills that are asked for exist, and are enough."""

from collections.abc import Callable, Iterator
from typing import Any

from models.errors import Path
from models.view import Finding, View, mapping, number, rows, texts, unknown

PHASES = ("setup", "load", "unload", "processing", "repair")


def _people_known(view: View) -> Iterator[Finding]:
    sizes = {name: _most(crew) for name, crew in view.crews.items() if isinstance(name, str)}
    skilled: dict[str, float | None] = {}
    for crew in view.crews.values():
        for skill in texts(mapping(crew).get("skills")):
            skilled[skill] = _sum(skilled.get(skill, 0.0), _most(crew))
    known = {**skilled, **sizes}
    for path, needs in _asked(view):
        yield from _needs(needs, known, path, view)


def _asked(view: View) -> Iterator[tuple[Path, Any]]:
    for layer in view.layers():
        for phase in PHASES:
            yield (*layer.path, "crew", phase), mapping(layer.node.get("crew")).get(phase)
        for key in ("failures", "maintenance"):
            for n, row in rows(layer.node, key):
                yield (*layer.path, key, n, "crew"), row.get("crew")


def _needs(needs: Any, known: dict[str, float | None], path: Path, view: View) -> Iterator[Finding]:  # noqa: ANN401
    listed = {needs: 1} if isinstance(needs, str) else mapping(needs)
    patrols = [name for name in listed if mapping(view.crews.get(name)).get("rule") == "patrol"]
    if patrols and (len(listed) > 1 or listed[patrols[0]] != 1):
        yield Finding(path, f"patrol {patrols[0]!r} together with others", "one person of one patrol, or crews by call")
    for name, wanted in listed.items():
        where = path if isinstance(needs, str) else (*path, name)
        yield from unknown("crew", name, known, where)
        there, asked = known.get(name), number(wanted)
        if there == 0:
            yield Finding(where, f"crew {name!r} has nobody", "at least 1 person, or no crew at all")
        elif there is not None and asked is not None and asked > there:
            yield Finding(where, f"{asked:g} of crew {name!r}", f"at most the {there:g} there are")


def _most(crew: Any) -> float | None:  # noqa: ANN401 - whatever the file holds
    """Return the most people of a crew that are there at one time."""
    if not isinstance(crew, dict):
        return number(crew)
    duty = [number(row.get("size")) for _, row in rows(crew, "on_duty")]
    given = [size for size in duty if size is not None]
    return sum(given) if given else number(crew.get("size"))


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _unused_patrols(view: View) -> Iterator[Finding]:
    """A patrol walks round the machines that name it."""
    named = {name for _, needs in _asked(view) for name in ([needs] if isinstance(needs, str) else mapping(needs))}
    for name, crew in view.crews.items():
        if mapping(crew).get("rule") == "patrol" and name not in named:
            yield Finding(
                ("crews", name), f"patrol {name!r} that no machine names", "a machine that names it, or no crew"
            )


PEOPLE_CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (_people_known, _unused_patrols)
"""Every check of the people."""
