"""Station visits a second: a textbook program and the engines play the same case in turn."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Literal

from experiments.bench.cases import Case
from sim.engine import EngineName, Playing, open_run
from sim.program import Program

Document = dict[str, Any]
Progress = Callable[[int, int], None]

Who = Literal["plain", "simpy", "compiled"]
PROGRAMS: tuple[Who, ...] = ("plain", "simpy", "compiled")
"""Who plays: the textbook program, our SimPy engine, the compiled engine."""
RATIOS: tuple[tuple[Who, Who], ...] = (("simpy", "plain"), ("compiled", "plain"), ("compiled", "simpy"))
SEED = 1
WARM_UP_ROUNDS = 3
"""Of the compiled engine."""
WARM_UP_S = 60.0
"""So much is played before anything is measured: what is loaded or compiled at the first call is then there."""


def opened(engine: EngineName, program: Program, replication: int) -> Playing:
    """Return a replication at its start."""
    return open_run(engine, program, SEED, replication)


def visits(run: Playing) -> int:
    """Return how many parts the machines of a replication have made."""
    lines = run.read().lines
    return sum(machine.units for line in lines for station in line.stations for machine in station.machines)


def engines() -> tuple[EngineName, ...]:
    """Return the engines that are installed."""
    there = find_spec("sim.compiled_engine") is not None and find_spec("numba") is not None
    return ("simpy", "compiled") if there else ("simpy",)


def programs_of(case: Case, installed: Sequence[EngineName]) -> tuple[Who, ...]:
    """Return the programs that can play a case.

    >>> from experiments.bench.cases import CASES
    >>> programs_of(CASES["W1"], ["simpy"]), programs_of(CASES["W4"], ["simpy", "compiled"])
    (('plain', 'simpy'), ('simpy', 'compiled'))
    """
    there = ("plain", *installed) if case.textbook is not None else tuple(installed)
    return tuple(program for program in PROGRAMS if program in there)


def prepared(case: Case, program: Who, replication: int) -> tuple[Callable[[float], None], Callable[[], int]]:
    """Return how to play a program that is ready to do so, and how to count its visits."""
    if program == "plain":
        assert case.textbook is not None
        line = case.textbook(SEED + replication)
        return line.play, lambda: line.visits
    run = opened(program, case.program(), replication)
    return run.play, lambda: visits(run)


def warm_up(case: Case, programs: Sequence[Who]) -> None:
    """Play with each program, so that nothing measured has to be loaded or compiled.

    The compiled engine plays as much as in some measurements: when a case has been played for a while, it makes code
    for that alone.
    """
    for program in programs:
        if program == "compiled":
            for turn in range(WARM_UP_ROUNDS):
                rate(case, program, turn)
        play, _ = prepared(case, program, 0)
        play(min(WARM_UP_S, case.spans[program].horizon_s))


def rate(case: Case, program: Who, turn: int) -> float:
    """Return the visits a second of CPU time that a program makes of a case, what it takes to set it up left out."""
    span = case.spans[program]
    made, spent = 0, 0.0
    gc.collect()
    for n in range(span.runs):
        play, count = prepared(case, program, turn * span.runs + n)
        started = time.process_time()
        play(span.horizon_s)
        spent += time.process_time() - started
        made += count()
    return made / spent


def measure_case(
    case: Case,
    programs: Sequence[Who],
    repeats: int,
    progress: Progress | None = None,
    rate: Callable[[Case, Who, int], float] = rate,
) -> Document:
    """Return the rates of a case, round by round, and their ratios.

    Args:
        case: What is measured.
        programs: Who takes part, in turn.
        repeats: Rounds.
        progress: Called with (done, of) after each measurement.
        rate: Measures one program once.
    """
    found: dict[Who, list[float]] = {program: [] for program in programs}
    for turn in range(repeats):
        for n, program in enumerate(programs, 1):
            found[program].append(rate(case, program, turn))
            if progress is not None:
                progress(turn * len(programs) + n, repeats * len(programs))
    return {
        "name": case.name,
        "short": case.short,
        "what": case.what,
        "visits_per_s": {program: spread(found[program]) if program in found else None for program in PROGRAMS},
        "ratios": ratios(found),
    }


def ratios(rates: Mapping[Who, Sequence[float]]) -> Document:
    """Return the ratios of programs, each taken within a round; None where one did not take part.

    >>> found = ratios({"plain": [1.0, 2.0], "simpy": [3.0, 4.0]})
    >>> found["simpy_to_plain"]["median"], found["compiled_to_plain"]
    (2.5, None)
    """
    return {
        f"{a}_to_{b}": spread([x / y for x, y in zip(rates[a], rates[b], strict=True)])
        if a in rates and b in rates
        else None
        for a, b in RATIOS
    }


def spread(values: Sequence[float]) -> Document:
    """Return the median of some measurements, the lowest, the highest, and all.

    >>> spread([3.0, 1.0, 2.0])
    {'median': 2.0, 'low': 1.0, 'high': 3.0, 'all': [3.0, 1.0, 2.0]}
    """
    return {"median": statistics.median(values), "low": min(values), "high": max(values), "all": list(values)}
