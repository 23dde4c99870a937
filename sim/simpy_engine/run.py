"""One replication of a plant: build it, play it, read what was counted."""

from __future__ import annotations

from sim.program import Program, Swap
from sim.reading import Reading
from sim.simpy_engine.clock import ENDS, STOPS, Clock
from sim.simpy_engine.line import LineRun
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.patrol import Patrol
from sim.simpy_engine.people import Board, Crew
from sim.simpy_engine.reading import progress, read
from sim.simpy_engine.trace import Recorder
from sim.streams import Streams
from sim.trace import Trace

__all__ = ["Run", "Trace"]
YEAR_S = 365 * 86_400.0


class Run:
    """A plant in motion."""

    def __init__(self, program: Program, seed: int, replication: int, trace: Trace | None = None) -> None:
        self.program = program
        self.trace = Recorder(trace) if trace is not None else None
        self.clock = Clock()
        self.streams = Streams(seed, replication)
        self.board = Board(program.crews, self.clock, program.start)
        self.renewed: list[tuple[Machine, Swap, float]] = []
        """Renewals so far: the machine, what was planned, when it left."""
        self.lines = [LineRun(self, n, line) for n, line in enumerate(program.lines)]
        for patrol in self.board.patrols.values():
            patrol.begin([m for m in self.machines() if self._named(m, patrol.name)])
        for swap in program.swaps:
            self._plan(swap)
        self._year(0)
        self.clock.at(0.0, ENDS, lambda _: None)  # the first instant settles like any other

    @property
    def now(self) -> float:
        """The time reached."""
        return self.clock.now

    @property
    def crews(self) -> dict[str, Crew | Patrol]:
        """Return the crews by name."""
        return {crew.name: crew for crew in self.board.all()}

    def _named(self, machine: Machine, crew: str) -> bool:
        """Return whether a machine, as it is or will be renewed, names a crew."""
        place = (machine.line.rank >> 24, machine.station.index, machine.station.machines.index(machine))
        rigs = [machine.rig, *(s.rig for s in self.program.swaps if (s.line, s.station, s.machine) == place)]
        return any(crew in named for rig in rigs for named in rig.named())

    def _plan(self, swap: Swap) -> None:
        machines = self.lines[swap.line].stations[swap.station].machines
        machine = machines[swap.machine]
        if swap.after is not None:
            machines[swap.after].renewal.follow(machine, swap)
            return
        self.clock.at(swap.at_s, STOPS + machine.order, lambda _: machine.renewal.due(swap, self.clock.now))

    def _year(self, years: int) -> None:
        """All machines grow a year older, again and again."""
        if years:
            for machine in self.machines():
                machine.grow_older(self.clock.now, years)
        self.clock.at((years + 1) * YEAR_S, STOPS, lambda _: self._year(years + 1))

    def machines(self) -> list[Machine]:
        """Return all machines of the plant."""
        return [m for line in self.lines for m in line.machines]

    def play(self, until_s: float) -> None:
        """Run to ``until_s`` inclusive.

        Raises:
            DataError: Stations wait for each other for ever, or time stands still.
        """
        self.clock.play(until_s, self.lines[0].settle if len(self.lines) == 1 else self._settle)

    def _settle(self, now: float) -> None:
        for line in self.lines:
            if line.stirred or line.touched or line.is_idle():
                line.settle(now)

    def reset(self) -> None:
        """Count from now on: the warm-up is over."""
        now = self.clock.now
        for line in self.lines:
            line.reset(now)
        self.board.reset(now)

    def read(self) -> Reading:
        """Return what was counted since the last reset."""
        return read(self)

    def read_money(self) -> Reading:
        """Return the same."""
        return self.read()

    def progress(self) -> list[tuple[float, int]]:
        """Return for each line the integral of its WIP, and how many parts left, since the last reset."""
        return progress(self)

    def close(self) -> None:
        """The run is over: hand to the trace what has not ended."""
        if self.trace is not None:
            self.trace.close(self)
