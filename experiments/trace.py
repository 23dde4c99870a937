"""The trace of a run as two tables on disk, ``visits.csv`` and ``states.csv``: every stay of every part and machine.

Rows go to disk as they come up, so memory does not grow with simulated time. Each replication writes files of its
own; these are put together in the order of the replications, so any number of workers leaves the same bytes.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.plant import Plant
from sim.engine import EngineName, open_run
from sim.parallel import map_jobs
from sim.program import H, Program, lower
from sim.trace import STATES, VISITS, Trace

TABLES = {"visits": VISITS, "states": STATES}
"""Columns of each table; ``replication`` stands before them."""


class CsvSink:
    """Writes rows as CSV: numbers in full (what Python's ``repr`` says), empty where there is nothing."""

    def __init__(self, replication: int, visits: Any, states: Any) -> None:  # noqa: ANN401 - csv's own writers
        self._replication = replication
        self._visits, self._states = visits, states

    def visit(self, row: dict[str, Any]) -> None:
        """Write a row of visits.csv."""
        self._visits.writerow([self._replication, *map(row.get, VISITS)])

    def state(self, row: dict[str, Any]) -> None:
        """Write a row of states.csv."""
        self._states.writerow([self._replication, *map(row.get, STATES)])


@dataclass(frozen=True, slots=True)
class _Job:
    """One replication to be traced into files of its own."""

    program: Program
    seed: int
    replication: int
    horizon_s: float
    folder: Path
    engine: EngineName

    def file(self, table: str) -> Path:
        return self.folder / f".{table}-{self.replication}.part"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a trace got."""

    bytes: int

    def __str__(self) -> str:
        value, unit = float(self.bytes), "bytes"
        for larger in ("kB", "MB", "GB", "TB"):
            if value < 1000:
                break
            value, unit = value / 1000, larger
        return f"{value:.3g} {unit}" if unit != "bytes" else f"{self.bytes} bytes"


def prepare(folder: Path) -> None:
    """Make the folder with both tables, still empty, so that a folder without leave to write shows before the run.

    Raises:
        OSError: With the name of the file or folder that could not be made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in TABLES.items():
        with _named(folder / f"{table}.csv") as path, path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(("replication", *columns))


def write(
    plant: Plant,
    folder: Path,
    seed: int,
    replications: int,
    horizon_h: float,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    engine: EngineName = "simpy",
) -> Size:
    """Play all replications again, write their trace into ``folder``, and return how large it got.

    The same seed gives the very run that was simulated before, warm-up included.

    Raises:
        OSError: A file could not be written (its name is in the error); nothing half-written is left behind.
    """
    prepare(folder)
    program = lower(plant)
    jobs = [_Job(program, seed, r, horizon_h * H, folder, engine) for r in range(replications)]
    whole = {table: folder / f"{table}.csv" for table in TABLES}
    try:
        map_jobs(_play, jobs, workers, progress)
        for table, path in whole.items():
            _join([job.file(table) for job in jobs], path)
    except BaseException:
        for path in whole.values():
            path.unlink(missing_ok=True)
        raise
    finally:
        for job in jobs:
            for table in TABLES:
                job.file(table).unlink(missing_ok=True)
    return Size(sum(path.stat().st_size for path in whole.values()))


def _play(job: _Job) -> None:
    with (
        _named(job.file("visits")) as visits,
        visits.open("w", encoding="utf-8", newline="") as visits_file,
        _named(job.file("states")) as states,
        states.open("w", encoding="utf-8", newline="") as states_file,
    ):
        sink = CsvSink(
            job.replication,
            csv.writer(visits_file, lineterminator="\n"),
            csv.writer(states_file, lineterminator="\n"),
        )
        run = open_run(job.engine, job.program, job.seed, job.replication, Trace(sink))
        run.play(job.horizon_s)
        run.close()


def _join(parts: list[Path], whole: Path) -> None:
    """Append the parts in order; each is deleted at once, so the disk holds little twice."""
    with _named(whole), whole.open("ab") as out:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
            part.unlink()


@contextmanager
def _named(path: Path) -> Iterator[Path]:
    """Name the table in errors that do not say which file they mean (a full disk)."""
    try:
        yield path
    except OSError as error:
        if error.filename is None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
