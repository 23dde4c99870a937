"""One replication of a plant: build it, play it, read what was counted."""

from __future__ import annotations

from models.equipment import STATES
from sim.program import EXIT_AT, SCRAP_AT, Program, Swap
from sim.simpy_engine.clock import ENDS, STOPS, Clock
from sim.simpy_engine.line import LineRun
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.people import Crew
from sim.simpy_engine.station import Part
from sim.streams import Streams

YEAR_S = 365 * 86_400.0


class Trace:
    """All visits and stays of one replication, for tests and for looking at short runs."""

    def __init__(self) -> None:
        self.visits: list[dict[str, object]] = []
        self.states: list[dict[str, object]] = []
        self._since: dict[Machine, float] = {}

    def visit(self, machine: Machine, part: Part, target: int, entered_s: float, now: float) -> None:
        """A part leaves a machine."""
        station = machine.station
        names = {EXIT_AT: "exit", SCRAP_AT: "scrap"}
        self.visits.append({
            "line": station.line.name, "station": station.name, "machine": machine.name, "part": part.number,
            "product": part.product, "enter_s": entered_s, "setup_start_s": part.setup_began_s,
            "setup_end_s": part.setup_ended_s, "start_s": part.started_s, "finish_s": part.finished_s,
            "leave_s": now, "to": names.get(target) or station.line.stations[target].name,
        })  # fmt: skip

    def state(self, machine: Machine, now: float) -> None:
        """A machine leaves its state."""
        stays, station = machine.stays, machine.station
        self.states.append({
            "line": station.line.name, "station": station.name, "machine": machine.name,
            "state": STATES[stays.state], "start_s": self._since.get(machine, 0.0), "end_s": now,
            "power_kw": stays.kw(),
        })  # fmt: skip
        self._since[machine] = now


class Run:
    """A plant in motion."""

    def __init__(self, program: Program, seed: int, replication: int, trace: Trace | None = None) -> None:
        self.program = program
        self.trace = trace
        self.clock = Clock()
        self.streams = Streams(seed, replication)
        self.crews = {name: Crew(name, size) for name, size in program.crews.items()}
        self.lines = [LineRun(self, n, line) for n, line in enumerate(program.lines)]
        for swap in program.swaps:
            self._plan(swap)
        self._year(0)
        self.clock.at(0.0, ENDS, lambda _: None)  # the first instant settles like any other

    def _plan(self, swap: Swap) -> None:
        machine = self.lines[swap.line].stations[swap.station].machines[swap.machine]
        self.clock.at(swap.at_s, STOPS + machine.order, lambda _: machine.renew(swap, self.clock.now))

    def _year(self, years: int) -> None:
        """All machines grow a year older, again and again."""
        if years:
            for machine in self.machines():
                machine.grow_older(self.clock.now, years)
        self.clock.at((years + 1) * YEAR_S, STOPS, lambda _: self._year(years + 1))

    def machines(self) -> list[Machine]:
        """Return all machines of the plant."""
        return [m for line in self.lines for s in line.stations for m in s.machines]

    def play(self, until_s: float) -> None:
        """Run to ``until_s`` inclusive."""
        self.clock.play(until_s, self._settle)

    def _settle(self) -> None:
        now = self.clock.now
        for line in self.lines:
            if line.stirred or line.touched:
                line.settle(now)

    def reset(self) -> None:
        """Count from now on: the warm-up is over."""
        now = self.clock.now
        for line in self.lines:
            line.reset(now)
        for crew in self.crews.values():
            crew.reset(now)
