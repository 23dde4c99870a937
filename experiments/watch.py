"""A window of a run as it would be seen from above: what stands where, from instant to instant.

A :class:`Record` holds, for every line, the counts of parts, for every station how many wait in front and are there
at all, for every machine its state (and how many parts it holds, if it can hold several): the values at the window's
start, and each change after that.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from models.equipment import STATES
from sim.program import H, Program, StationProgram
from sim.simpy_engine.run import Run

LINE_SIGNALS = ("entered", "left", "scrapped", "wip")
LOOK_AHEAD_S = 14 * 24 * H
"""How far after the warm-up the first work is looked for: further than any holiday."""
STEP_S = 900.0
PROCESSING = STATES.index("processing")
MOST_CHANGES = 2_000_000
"""So many changes are recorded (32 MB); a window with more ends early."""
MOST_LOOKS = 60_000_000
"""The same for looks at a signal: some seconds."""


class Signal(NamedTuple):
    """One thing that is watched."""

    line: int
    station: int | None
    machine: int | None
    what: str
    """``entered``, ``left``, ``scrapped``, ``wip`` of a line; ``front`` and ``number`` (there at all)
    of a station; ``state`` (a number, see STATES) or ``held`` (parts) of a machine."""


@dataclass(slots=True)
class Record:
    """What was seen from ``start_s`` to ``end_s``."""

    start_s: float
    end_s: float
    signals: tuple[Signal, ...]
    initial: list[int]
    times: array[float]
    which: array[int]
    values: array[int]
    cut: bool = False
    """Whether the window ended early because too much happened."""

    def changes(self) -> Iterator[tuple[float, int, int]]:
        """Yield (time in s, number of the signal, new value), in time."""
        return zip(self.times, self.which, self.values, strict=True)

    def at(self, time_s: float) -> list[int]:
        """Return all values when the instant ``time_s`` is over."""
        now = list(self.initial)
        for t, which, value in self.changes():
            if t > time_s:
                break
            now[which] = value
        return now


def signals_of(program: Program) -> tuple[Signal, ...]:
    """Return what is watched, in the order in which :func:`look` sees it."""
    out = []
    for n, line in enumerate(program.lines):
        out += [Signal(n, None, None, what) for what in LINE_SIGNALS]
        for s, station in enumerate(line.stations):
            out += [Signal(n, s, None, "front"), Signal(n, s, None, "number")]
            out += [Signal(n, s, m, "state") for m in range(len(station.machines))]
            if hold_many(station):
                out += [Signal(n, s, m, "held") for m in range(len(station.machines))]
    return tuple(out)


def hold_many(station: StationProgram) -> bool:
    """Return whether a machine of the station may hold several parts (a user's own kind may)."""
    return station.kind not in ("machine", "assembly", "join")


def look(run: Run) -> list[int]:
    """Return the values of all signals now."""
    out: list[int] = []
    for n, line in enumerate(run.lines):
        entered = sum(feed.offered - feed.lost for feed in line.feeds)
        left = sum(output.good + output.bad for output in line.outputs.values())
        scrapped = sum(output.scrapped for output in line.outputs.values())
        out += (entered, left, scrapped, line.wip.value)
        for station, program in zip(line.stations, run.program.lines[n].stations, strict=True):
            out += (len(station.queue), station.number.value)
            out += [machine.stays.state for machine in station.machines]
            if hold_many(program):
                out += [len(machine.parts()) for machine in station.machines]
    return out


def watch(run: Run, end_s: float, most: int = MOST_CHANGES) -> Record:
    """Play a run on from where it stands to ``end_s`` and return what was seen, of at most so many changes."""
    signals = signals_of(run.program)
    seen = Record(run.clock.now, end_s, signals, look(run), array("d"), array("I"), array("i"))
    values, looks = list(seen.initial), MOST_LOOKS

    def settle_and_look(at_s: float) -> None:
        nonlocal values, looks
        run._settle(at_s)
        if seen.cut:
            return
        now = look(run)
        looks -= len(now)
        if now != values:
            _note(seen, at_s, values, now)
            values = now
        if looks < 0 or len(seen.times) >= most:
            seen.cut, seen.end_s = True, run.clock.now

    while run.clock.now < end_s and not seen.cut:
        run.clock.play(min(run.clock.now + STEP_S, end_s), settle_and_look)
    return seen


def _note(seen: Record, now_s: float, before: list[int], now: list[int]) -> None:
    for which, (a, b) in enumerate(zip(before, now, strict=True)):
        if a != b:
            seen.times.append(now_s)
            seen.which.append(which)
            seen.values.append(b)


def record(
    program: Program, seed: int, replication: int, start_s: float, end_s: float, most: int = MOST_CHANGES
) -> Record:
    """Return what is seen of one replication from ``start_s`` to ``end_s``: the run itself, played again."""
    run = Run(program, seed, replication)
    run.play(start_s)
    return watch(run, end_s, most)


def record_work(
    program: Program,
    seed: int,
    replication: int,
    from_s: float,
    horizon_s: float,
    length_s: float,
    most: int = MOST_CHANGES,
) -> Record:
    """Return what is seen from the first work after ``from_s`` on, looked for every quarter of an hour.

    If nothing works before the horizon (or for :data:`LOOK_AHEAD_S`), the window begins at ``from_s``.
    """
    run = Run(program, seed, replication)
    start_s = from_s
    while start_s < min(from_s + LOOK_AHEAD_S, horizon_s):
        run.play(start_s)
        if any(machine.stays.state == PROCESSING for machine in run.machines()):
            return watch(run, min(start_s + length_s, horizon_s), most)
        start_s += STEP_S
    return record(program, seed, replication, from_s, min(from_s + length_s, horizon_s), most)
