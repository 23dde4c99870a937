"""How long the warm-up lasts: MSER on the mean of pilot replications, of every line's WIP and output.

Pilot replications (Welch 1983: several, averaged bucket by bucket) have streams of their own and do not count.
On each averaged series the marginal standard error rule (MSER; White 1997) finds the cut after which the mean is
told best; the greatest of all cuts holds. Memory does not grow with the horizon: the number of buckets is fixed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.plant import Plant
from sim.engine import EngineName, reopen_run
from sim.output_analysis import mser
from sim.parallel import map_jobs
from sim.program import H, Program

PILOTS = 10
BUCKETS = 2000
BATCH = 5
"""Buckets to a batch: the 5 of MSER-5."""
POINTS = BUCKETS // BATCH
"""Most points of a series: its batch means."""
MAX_FRACTION = 0.5
FIRST_PILOT = 1_000_000
"""Number of the first pilot: far from those of the replications that count."""
CYCLES_H = (168.0, 24.0)
LEAST_CYCLES = 20
FIGURES = ("wip", "output_per_h")
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Buckets:
    """How time is cut: so many buckets of so many seconds, so many of them to a batch."""

    count: int
    bucket_s: float
    batch: int


@dataclass(frozen=True, slots=True)
class Series:
    """One averaged series: its batch means, where MSER cuts it, and the mean after the cut."""

    run: str
    line: str
    figure: str
    delete_h: float
    statistic: float
    mean_after: float
    enough: bool
    """Whether the cut lies before the last one allowed; if not, the series is too short to tell."""
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class WarmUp:
    """The warm-up found, and the series it was found on."""

    warm_up_h: float
    buckets: Buckets
    series: tuple[Series, ...]
    renewals: bool
    """Whether machines are renewed during the run, so that there is no one steady state."""

    @property
    def enough(self) -> bool:
        """Whether every series was long enough to tell."""
        return all(series.enough for series in self.series)

    def section(self) -> dict[str, Any]:
        """Return the ``warm_up`` section of a document."""
        bucket_h = self.buckets.bucket_s / H
        return {
            "method": f"MSER-{self.buckets.batch}",
            "warm_up_h": self.warm_up_h,
            "bucket_h": bucket_h,
            "batch": self.buckets.batch,
            "point_h": bucket_h * self.buckets.batch,
            "pilot_replications": PILOTS,
            "max_fraction": MAX_FRACTION,
            "enough": self.enough,
            "renewals": self.renewals,
            "series": [
                {
                    **({"run": s.run} if s.run else {}),
                    "line": s.line,
                    "figure": s.figure,
                    "delete_h": s.delete_h,
                    "statistic": s.statistic,
                    "mean_after": s.mean_after,
                    "enough": s.enough,
                    "mean": list(s.means),
                }
                for s in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class Pilot:
    """One pilot replication of a program."""

    program: Program
    seed: int
    replication: int
    buckets: Buckets
    engine: EngineName = "simpy"


def find_warm_up(
    programs: Mapping[str, Program],
    cuts: Buckets,
    seed: int,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    engine: EngineName = "simpy",
) -> WarmUp:
    """Return the warm-up that is long enough for every line of every program.

    Args:
        programs: By name; the name is "" if there is only one.
        cuts: How the horizon is cut, see :func:`cut`.
        seed: Of the random streams.
        workers: Processes to use.
        progress: Called with (done, of).
        engine: Plays the pilots.
    """
    jobs = [Pilot(p, seed, FIRST_PILOT + r, cuts, engine) for p in programs.values() for r in range(PILOTS)]
    tables = map_jobs(pilot, jobs, workers, progress)
    series: list[Series] = []
    for n, (name, program) in enumerate(programs.items()):
        mean = np.mean(tables[n * PILOTS : (n + 1) * PILOTS], axis=0)
        for line, rows in zip(program.lines, mean, strict=True):
            series += [judged(row, cuts, name, line.name, figure) for row, figure in zip(rows, FIGURES, strict=True)]
    renewals = any(program.swaps for program in programs.values())
    return WarmUp(max(s.delete_h for s in series), cuts, tuple(series), renewals)


def judged(values: Vector, cuts: Buckets, run: str, line: str, figure: str) -> Series:
    """Return a series with its cut."""
    batches = len(values) // cuts.batch
    found = mser(values, cuts.batch, MAX_FRACTION)
    means = values[: batches * cuts.batch].reshape(batches, cuts.batch).mean(axis=1)
    most = int(MAX_FRACTION * batches + 1e-9) * cuts.batch
    delete_h = found.delete * cuts.bucket_s / H
    return Series(
        run, line, figure, delete_h, found.statistic, found.mean, found.delete < most, tuple(means.tolist())
    )  # fmt: skip


def pilot(job: Pilot) -> Vector:
    """Run one pilot; the result has the axes line, figure (:data:`FIGURES`), bucket."""
    run = reopen_run(job.engine, job.program, job.seed, job.replication)
    cuts = job.buckets
    readings = np.zeros((len(job.program.lines), len(FIGURES), cuts.count + 1))
    for n in range(1, cuts.count + 1):
        run.play(n * cuts.bucket_s)
        for (wip_area, left), row in zip(run.progress(), readings, strict=True):
            row[0, n] = wip_area / cuts.bucket_s
            row[1, n] = left / (cuts.bucket_s / H)
    return np.asarray(np.diff(readings, axis=2))


def cut(plant: Plant, horizon_s: float) -> Buckets:
    """Return how to cut the horizon: equal buckets; where shifts come and go, whole weeks (or days if it is short).

    A bucket of less than a cycle of the calendar would show the nights, not the warm-up.
    """
    cycle_s = next((c * H for c in CYCLES_H if horizon_s >= LEAST_CYCLES * c * H), None) if _has_cycle(plant) else None
    if cycle_s is None:
        return Buckets(BUCKETS, horizon_s / BUCKETS, BATCH)
    cycles = int(horizon_s / cycle_s + 1e-9)
    a_bucket = -(-cycles // BUCKETS)
    buckets = cycles // a_bucket
    return Buckets(buckets, a_bucket * cycle_s, BATCH if buckets > POINTS else 1)


def _has_cycle(plant: Plant) -> bool:
    """Return whether anything in the plant goes by the clock of the day or the week."""
    return _mentions(plant.model_dump(include={"calendar", "lines", "crews"}), ("calendar", "profile", "on_duty"))


def _mentions(node: object, keys: Sequence[str]) -> bool:
    if isinstance(node, dict):
        return any((key in keys and bool(value)) or _mentions(value, keys) for key, value in node.items())
    return isinstance(node, list | tuple) and any(_mentions(item, keys) for item in node)
