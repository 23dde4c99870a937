"""A few figures of many replications: what sweeps, intervals and comparisons by the thousand need.

A replication leaves nothing behind but the figures that were asked for, so that memory does not grow with their number.
:func:`sim.simulate.simulate` makes the full document instead.

>>> from models.plant import Plant
>>> from sim.program import lower
>>> plant = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [
...     {"name": "lathe", "buffer": None, "cycle_time_s": 360}]}]})
>>> figures(lower(plant), ["l/good_per_h", "l/lathe/oee"], replications=2, horizon_s=360_000.0).tolist()
[[10.0, 1.0], [10.0, 1.0]]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from models.errors import DataError, Problem
from models.view import nearest
from sim import kpis
from sim.engine import DEFAULT, Asked, EngineName, Playing, choose_for, reopen_run
from sim.parallel import cores, map_jobs, turns
from sim.program import Program
from sim.simulate import by_replication

HEADLINES = frozenset({*kpis.FLOW, "lead_time_h", *kpis.SPENT})
"""Figures of a line that the compiled engine reads straight off its counters."""
PER_JOB = 256
"""Replications are played in jobs of at most so many."""
Figures = NDArray[np.float64]


class Counting(Playing, Protocol):
    """A run that says figures without a reading, as the compiled engine has it."""

    @property
    def kernel_s(self) -> float:
        """Seconds spent in the rules, the drawing of numbers included."""

    def figures(self, names: Sequence[tuple[str, str]], counted_s: float) -> list[float]:
        """Return main figures of lines, given by line and key."""


@dataclass(frozen=True, slots=True)
class Several:
    """Replications of one program, one after the other."""

    program: Program
    names: tuple[str, ...]
    seed: int
    replications: range
    horizon_s: float
    warm_up_s: float
    engine: EngineName


def figures(
    program: Program,
    names: Sequence[str],
    *,
    seed: int = 1,
    replications: int | range = 10,
    horizon_s: float,
    warm_up_s: float = 0.0,
    engine: Asked = DEFAULT,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Figures:
    """Return figures of a program's replications, shape (replications, names).

    They are exactly those of the full records. What :data:`HEADLINES` names costs next to nothing, on the compiled
    engine; other figures make the full record of each replication, and throw the rest of it away.

    Args:
        program: What is played.
        names: As :func:`sim.simulate.by_replication` has them, e.g. ``shaft line/good_per_h``,
            ``shaft line/turning/oee``.
        seed: Of all streams.
        replications: How many, from 0 on; or which.
        horizon_s: How long each is played.
        warm_up_s: So long nothing is counted.
        engine: Which engine plays.
        workers: Processes; default one per core.
        progress: Called with (done, of).

    Raises:
        DataError: A name is none of the program's figures; a line deadlocks, or stands still.
    """
    which = range(replications) if isinstance(replications, int) else replications
    player = choose_for([program], engine, horizon_s, len(which))
    jobs = [
        Several(program, tuple(names), seed, which[turn.start : turn.stop], horizon_s, warm_up_s, player)
        for turn in turns(len(which), workers or cores(), share=4, most=PER_JOB)
    ]
    tables = map_jobs(play_several, jobs, workers, progress)
    return np.concatenate(tables) if tables else np.empty((0, len(names)))


def play_several(job: Several) -> Figures:
    """Return the figures of some replications."""
    out = np.empty((len(job.replications), len(job.names)))
    wanted = _headlines(job.program, job.names) if job.engine == "compiled" else None
    counted_s = job.horizon_s - job.warm_up_s
    for row, run in zip(out, runs(job), strict=True):
        if job.warm_up_s:
            run.play(job.warm_up_s)
            run.reset()
        run.play(job.horizon_s)
        row[:] = _of_record(run, job.names, counted_s) if wanted is None else run.figures(wanted, counted_s)
    return out


def runs(job: Several) -> Iterator[Counting]:
    """Yield the replications of a job, each at its start, once the one before is over."""
    for replication in job.replications:
        yield cast("Counting", reopen_run(job.engine, job.program, job.seed, replication))


def _headlines(program: Program, names: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return line and key of each name; None if one is not of :data:`HEADLINES`."""
    lines = {line.name for line in program.lines}
    parts = [name.rpartition("/") for name in names]
    if any(line not in lines or key not in HEADLINES for line, _, key in parts):
        return None
    return [(line, key) for line, _, key in parts]


def _of_record(run: Playing, names: Sequence[str], counted_s: float) -> list[float]:
    found = by_replication([kpis.record(run.read(), counted_s)])
    wrong = [name for name in names if name not in found]
    if wrong:
        allowed = f"known: {', '.join(found)}"
        raise DataError([Problem("names", f"no figure is called {n!r}", allowed, nearest(n, found)) for n in wrong])
    return [found[name][0] for name in names]
