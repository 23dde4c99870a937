"""A benchmark from its names to its document."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from experiments.bench.cases import CASES, Span
from experiments.bench.marks import marks
from experiments.bench.rates import SEED, Document, Progress, engines, measure_case, programs_of, warm_up
from experiments.bench.scale import Sizes, measure_cores, measure_replications, measure_start
from models.view import nearest
from sim.engine import EngineName
from sim.parallel import cores

Announce = Callable[[str], Progress | None]

EXTRAS = ("cores", "replications", "start")
"""What is measured beside the cases; all three of the compiled engine."""
NAMES = (*CASES, *EXTRAS)
DEFAULT = Sizes()
LIBRARIES = ("renewline", "simpy", "numpy", "numba", "llvmlite")


def bench(
    names: Sequence[str] = NAMES,
    repeats: int = 5,
    announce: Announce = lambda stage: None,
    sizes: Sizes = DEFAULT,
    spans: Mapping[str, Span] | None = None,
) -> Document:
    """Return the document of a benchmark.

    Args:
        names: What is measured, of :data:`NAMES`.
        repeats: Rounds of each case; the rest makes at most as many as ``sizes`` says.
        announce: Called with the name of each stage; returns where its progress goes.
        sizes: How much the measures beside the cases play.
        spans: How much each program plays of a case, instead of the case's own.
    """
    sizes = replace(sizes, rounds=min(sizes.rounds, repeats))
    installed = engines()
    cases = []
    for name in (name for name in CASES if name in names):
        case = CASES[name] if spans is None else replace(CASES[name], spans=spans)
        programs = programs_of(case, installed)
        progress = announce(f"Measuring {name}")
        warm_up(case, programs)
        cases.append(measure_case(case, programs, repeats, progress))
    extras = {name: _extra(name, installed, sizes, announce) for name in EXTRAS if name in names}
    return {
        "kind": "bench",
        "renewline": version("renewline"),
        "machine": machine(),
        "seed": SEED,
        "repeats": repeats,
        "engines": list(installed),
        "cases": cases,
        **extras,
        "marks": marks(cases, extras),
    }


def _extra(name: str, installed: Sequence[EngineName], sizes: Sizes, announce: Announce) -> Document | None:
    """Return one of the measures beside the cases; None where it cannot be made."""
    if "compiled" not in installed or (name == "cores" and cores() < 2):
        return None
    if name == "start":
        return measure_start("compiled", sizes.rounds, announce("Measuring starts"))
    case = CASES["W4" if name == "cores" else "W1"]
    warm_up(case, ["compiled"])
    if name == "cores":
        progress = announce(f"Measuring {sizes.plants} replications of W4 on one process and on two")
        return measure_cores("compiled", case.name, case.spans["compiled"].horizon_s, sizes, progress)
    progress = announce(f"Measuring {sizes.lines} replications of W1")
    return measure_replications("compiled", case.name, sizes, progress)


def parse_names(text: str) -> tuple[str, ...]:
    """Return the names in a text like ``W1,W2,start``, in any case.

    Raises:
        ValueError: A name is none of :data:`NAMES`; all wrong ones are told, and what is known.

    >>> parse_names("w2, W1,start")
    ('W2', 'W1', 'start')
    """
    known = {name.casefold(): name for name in NAMES}
    given = [part.strip() for part in text.split(",")]
    wrong = [f"{part!r} is not known{_guess(part)}" for part in given if part.casefold() not in known]
    if wrong:
        raise ValueError(f"{'; '.join(wrong)}; known: {', '.join(NAMES)}; joined by commas")
    return tuple(dict.fromkeys(known[part.casefold()] for part in given))


def _guess(part: str) -> str:
    question = nearest(part, NAMES)
    return f" ({question})" if question else ""


def machine() -> Document:
    """Return what the figures depend on: cores, architecture, Python and libraries; no names of machines."""
    return {
        "cores": cores(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
