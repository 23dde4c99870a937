"""Which engine plays a program: the readable SimPy engine, or the compiled one, on the same events.

Nothing outside this module decides it. Each engine is imported when it is opened, so that a run brings along only
what its own engine needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from math import prod
from threading import local
from typing import Any, Literal, Protocol, get_args

from models import distribution as d
from models.calendar import Calendar, scheduled_s
from models.errors import DataError, Problem
from models.source import Source, span_s
from sim.order import LONGEST_S
from sim.program import FURNACES, D, H, LineProgram, MachineProgram, Program, StationProgram
from sim.reading import Reading
from sim.trace import Trace

EngineName = Literal["compiled", "simpy"]
Asked = Literal["auto", "compiled", "simpy"]
ENGINES: tuple[Asked, ...] = get_args(Asked)
DEFAULT: Asked = "auto"
FEW_VISITS = 1e5
"""With fewer visits of parts to machines expected, loading the compiled engine takes longer than it saves."""
COMPILED_READY = True
"""Whether ``auto`` may choose the compiled engine."""
NEVER = float("inf")
LOOKED_AT_S = 28 * D
"""So much of the calendar tells which share of time is scheduled."""


class Playing(Protocol):
    """A replication in motion, as either engine has it."""

    @property
    def program(self) -> Program:
        """What is played."""

    @property
    def now(self) -> float:
        """The time reached."""

    def play(self, until_s: float) -> None:
        """Run to ``until_s`` inclusive.

        Raises:
            DataError: Stations wait for each other for ever, or time stands still.
        """

    def reset(self) -> None:
        """Count from now on: the warm-up is over."""

    def read(self) -> Reading:
        """Return what was counted since the last reset."""

    def read_money(self) -> Reading:
        """Return what :func:`sim.kpis.ledger` needs, since the last reset; the rest of the reading may be empty."""

    def progress(self) -> list[tuple[float, int]]:
        """Return for each line the integral of its WIP, and how many parts left, since the last reset.

        Cheap: a pilot run asks for it thousands of times.
        """

    def close(self) -> None:
        """The run is over: hand to the trace what has not ended."""


def choose(program: Program, engine: Asked, visits: float) -> EngineName:
    """Return the engine that plays a program.

    ``auto`` takes the SimPy engine for a plant with a station of the user's own, and where so little is to be played
    that the compiled engine is not worth loading; else the compiled one.

    Args:
        program: What is played.
        engine: What was asked for.
        visits: How many visits of parts to machines are expected in all, see :func:`expected_visits`.

    Raises:
        DataError: The compiled engine was asked for, and a station is the user's own: a SimPy process.
    """
    own = [(line.name, s) for line in program.lines for s in line.stations if is_own(s)]
    if engine == "compiled" and own:
        raise DataError([_refused(line, station) for line, station in own])
    if engine != "auto":
        return engine
    return "compiled" if COMPILED_READY and not own and visits >= FEW_VISITS else "simpy"


def choose_for(programs: Iterable[Program], engine: Asked, horizon_s: float, replications: int) -> EngineName:
    """Return the one engine that plays several programs, each so often up to the horizon.

    Raises:
        DataError: As for :func:`choose`.
    """
    programs = list(programs)
    if engine == "auto" and horizon_s > LONGEST_S:
        return "simpy"
    visits = replications * sum(expected_visits(program, horizon_s) for program in programs)
    chosen = {choose(program, engine, visits) for program in programs}
    return "simpy" if "simpy" in chosen else "compiled"


def is_own(station: StationProgram) -> bool:
    """Return whether a station is of the user's own: a class in a Python file, as the kinds of the format are not."""
    return ".py:" in station.kind


def _refused(line: str, station: StationProgram) -> Problem:
    return Problem(
        f"{line}/{station.name}",
        f"kind {station.kind!r} is a SimPy process of your own",
        "the compiled engine plays the kinds that come with renewline",
        "leave --engine out, or write --engine simpy",
    )


def open_run(engine: EngineName, program: Program, seed: int, replication: int, trace: Trace | None = None) -> Playing:
    """Return a replication at its start.

    Args:
        engine: Which engine plays it, see :func:`choose`.
        program: What is played.
        seed: Of the random streams.
        replication: Number of the replication, from 0.
        trace: Takes a row for every visit and every stay.
    """
    run: Any = import_module(f"sim.{engine}_engine.run").Run
    playing: Playing = run(program, seed, replication, trace)
    return playing


def reopen_run(engine: EngineName, program: Program, seed: int, replication: int) -> Playing:
    """Return a replication at its start, for one who plays many and is done with the one before.

    An engine that can do so (``again``) begins it in the memory of the run that was opened here last, if that was of
    the same program.
    """
    last: Any = getattr(_OPENED, "run", None)
    if last is not None and _OPENED.engine == engine and last.program is program:
        last.again(seed, replication)
        again: Playing = last
        return again
    run = open_run(engine, program, seed, replication)
    _OPENED.engine, _OPENED.run = engine, run if hasattr(run, "again") else None
    return run


_OPENED = local()
"""The run that this thread opened last, if it can begin again, and its engine."""


# how much is to be played


def expected_visits(program: Program, horizon_s: float) -> float:
    """Return about how many visits parts make to machines in one replication, rather too many than too few.

    Parts come as the sources say, but no faster than the slowest station on their only way can work; each visits every
    station that it may come to once, as far as that station can work so fast. Stations by themselves: no stops, scrap
    or rework, work in scheduled time only. The figure is good for its order of magnitude.
    """
    return sum(_visits(line, program, horizon_s) for line in program.lines) if horizon_s > 0 else 0.0


def _visits(line: LineProgram, program: Program, horizon_s: float) -> float:
    looked_at_s, hours = min(horizon_s, LOOKED_AT_S), horizon_s / H

    def open_share(calendar: Calendar | None) -> float:
        return scheduled_s(calendar, program.start, 0.0, looked_at_s) / looked_at_s

    able = [_able_per_h(s) * share if (share := open_share(s.calendar)) else 0.0 for s in line.stations]
    total = 0.0
    for source in line.sources:
        per_h, most = _brings(source.rules, open_share(line.calendar))
        parts = min(min([per_h, *(able[n] for n in _only_way(line, source.to))]) * hours, most)
        met = _may_meet(line, source.to)
        pieces = prod(
            m.rig.pieces for n in met if line.stations[n].kind == "split" for m in line.stations[n].machines[:1]
        )
        total += sum(min(parts * pieces, able[n] * hours) for n in met)
    return total


def _brings(rules: Source, open_share: float) -> tuple[float, float]:
    """Return how many parts a source brings an hour of the clock, and at most in all; infinite if the line decides."""
    most = NEVER if rules.count is None else float(rules.count * rules.quantity)
    if rules.arrivals_s is not None:
        listed = [rules.quantity if isinstance(a, int | float) else a.quantity for a in rules.arrivals_s]
        return NEVER, min(most, float(sum(listed)))
    if rules.interarrival_s is not None:
        between_s = _mean(rules.interarrival_s)
        return (rules.quantity * H / between_s if between_s > 0 else NEVER), most
    if rules.profile is not None:
        spans = [(span_s(row.hours), row.per_h) for row in rules.profile]
        return rules.quantity * sum((last - first) * per_h for (first, last), per_h in spans) / D, most
    if rules.demand_per_h is not None:
        return rules.quantity * rules.demand_per_h * open_share, most
    return NEVER, NEVER if rules.pallets is not None else most


def _onward(line: LineProgram, station: int) -> set[int]:
    return {target for way in line.stations[station].routes.values() for target in way.targets}


def _only_way(line: LineProgram, start: int) -> list[int]:
    """Return the stations that every part comes to from ``start`` on, as far as there is one way only."""
    way = [start]
    while len(onward := _onward(line, way[-1])) == 1:
        (target,) = onward
        if target < 0 or target in way:
            break
        way.append(target)
    return way


def _may_meet(line: LineProgram, start: int) -> set[int]:
    """Return the stations that a part may come to from ``start`` on, that included."""
    seen, ahead = {start}, [start]
    while ahead:
        new = {target for target in _onward(line, ahead.pop()) if target >= 0} - seen
        seen |= new
        ahead += new
    return seen


def _able_per_h(station: StationProgram) -> float:
    """Return how many parts a station takes an hour when nothing stops it; no limit for one of the user's own."""
    if is_own(station):
        return NEVER
    return sum(_machine_per_h(station.kind, machine) for machine in station.machines)


def _mean(dist: d.Dist) -> float:
    """Return the mean of a distribution, without limit where it is beyond all numbers (a Weibull of tiny shape)."""
    try:
        return d.mean(dist)
    except OverflowError:
        return NEVER


def _machine_per_h(kind: str, machine: MachineProgram) -> float:
    rig = machine.rig
    if kind in FURNACES:
        return H / (rig.pace_s * rig.charge_every)
    takes_s = _mean(rig.load_s) + _mean(rig.unload_s) + _mean(rig.return_s)
    takes_s += min(map(_mean, rig.cycle_s.values()), default=0.0) * rig.cycle_factor
    at_once = max(rig.capacity, sum(rig.inputs.values()), rig.pieces if kind == "join" else 1)
    return at_once * H / takes_s if takes_s > 0 else NEVER
