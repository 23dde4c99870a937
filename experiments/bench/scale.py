"""What cores, many short replications and a start cost. Wall time, since people wait for it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from experiments.bench.cases import CASES
from experiments.bench.rates import SEED, WARM_UP_S, Document, Progress, opened, spread
from sim.engine import EngineName
from sim.parallel import map_jobs
from sim.program import H
from sim.replications import Several, runs
from sim.simulate import Job, replicate

CACHE = "RENEWLINE_CACHE"
"""The variable that says where compiled code is kept, as :mod:`sim.compiled_engine.kept` reads it."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is played."""

    rounds: int = 3
    """Of one process against two, and of starts."""
    plants: int = 100
    """Replications of W4, on one process and on two."""
    lines: int = 10_000
    """Replications of W1, each of ``line_s``."""
    line_s: float = 11_650.0
    """In which W1 makes about 10,000 parts."""


def measure_cores(
    engine: EngineName, case: str, horizon_s: float, sizes: Sizes, progress: Progress | None = None
) -> Document:
    """Return how much sooner two processes end the replications of a case than one does, figures and all."""
    program = CASES[case].program()
    jobs = [Job(program, SEED, r, horizon_s, engine=engine) for r in range(sizes.plants)]
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(sizes.rounds):
        for workers in (1, 2):
            started = time.perf_counter()
            map_jobs(replicate, jobs, workers)
            seconds[workers].append(time.perf_counter() - started)
            if progress is not None:
                progress(2 * turn + workers, 2 * sizes.rounds)
    return {
        "case": case,
        "replications": sizes.plants,
        "one_s": spread(seconds[1]),
        "two_s": spread(seconds[2]),
        "times_one": spread([one / two for one, two in zip(seconds[1], seconds[2], strict=True)]),
    }


HEADLINES = ("throughput_per_h", "good_per_h", "wip", "lead_time_h")
"""What is asked of a short replication, of each line."""


def measure_replications(engine: EngineName, case: str, sizes: Sizes, progress: Progress | None = None) -> Document:
    """Return the wall time of many short replications and their figures, against the time in the rules and draws."""
    program = CASES[case].program()
    wanted = [(line.name, key) for line in program.lines for key in HEADLINES]
    names = tuple("/".join(name) for name in wanted)
    parts, inside = 0, 0.0
    started = time.perf_counter()
    job = Several(program, names, SEED, range(sizes.lines), sizes.line_s, 0.0, engine)
    for n, run in enumerate(runs(job)):
        run.play(sizes.line_s)
        found = run.figures(wanted, sizes.line_s)
        parts += sum(round(per_h * sizes.line_s / H) for per_h in found[:: len(HEADLINES)])
        inside += run.kernel_s
        if progress is not None and n % 100 == 99:
            progress(n + 1, sizes.lines)
    wall = time.perf_counter() - started
    return {
        "case": case,
        "replications": sizes.lines,
        "horizon_s": sizes.line_s,
        "parts": parts,
        "wall_s": wall,
        "kernel_s": inside,
        "times_kernel": wall / inside,
    }


def begin(engine: EngineName) -> None:
    """Play a minute of W1: all that a process does whose start is measured."""
    opened(engine, CASES["W1"].program(), 0).play(WARM_UP_S)


def start_s(engine: EngineName, cache: Path) -> float:
    """Return how long a new process takes from nothing to a minute of W1, its compiled code kept in ``cache``.

    Raises:
        RuntimeError: The process failed; the end of what it printed follows.
    """
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    code = f"from experiments.bench.scale import begin; begin({engine!r})"
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, CACHE: str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"a start with the {engine} engine failed: {done.stderr[-2000:]}")
    return seconds


def measure_start(engine: EngineName, rounds: int, progress: Progress | None = None) -> Document:
    """Return what the first call costs with nothing compiled yet, and a later start over one of the SimPy engine."""
    warm, without = [], []
    with tempfile.TemporaryDirectory() as cache:
        first = start_s(engine, Path(cache))
        for n in range(rounds):
            warm.append(start_s(engine, Path(cache)))
            without.append(start_s("simpy", Path(cache)))
            if progress is not None:
                progress(n + 1, rounds)
    return {
        "first_call_s": first,
        "warm_s": spread(warm),
        "without_s": spread(without),
        "warm_start_s": spread([a - b for a, b in zip(warm, without, strict=True)]),
    }
