"""How the SimPy engine fills a trace: what of a part and of a machine goes into a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.equipment import STATES
from sim.trace import LOST, NAMES, Trace

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.part import Part
    from sim.simpy_engine.run import Run


class Recorder:
    """Writes down what a run does, into the rows of a trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._stays: dict[Machine, tuple[float, int | None, str | None]] = {}  # since, part, cause
        self._served: dict[Machine, float] = {}

    # visits

    def visit(self, machine: Machine, part: Part, target: int, entered_s: float, now: float) -> None:
        """A part leaves a machine."""
        line = machine.line
        self._visit(line, machine.station.name, machine.name, part, entered_s, now,
                    NAMES.get(target) or line.stations[target].name, machine.station.index)  # fmt: skip

    def lost(self, line: LineRun, station: str, part: Part, now: float) -> None:
        """An arrival finds no place."""
        self._visit(line, station, None, part, now, now, LOST, -1)

    def _visit(
        self, line: LineRun, station: str, machine: str | None, part: Part, entered_s: float,
        left_s: float | None, to: str | None, index: int,
    ) -> None:  # fmt: skip
        worked = machine is not None
        row = {
            "line": line.name, "station": station, "machine": machine, "part": part.number, "product": part.product,
            "lot": part.lot, "visit": (part.visits or {}).get(index, 1), "batch": part.batch if worked else None,
            "enter_s": entered_s, "setup_start_s": part.setup_began_s if worked else None,
            "setup_end_s": part.setup_ended_s if worked else None, "start_s": part.started_s if worked else None,
            "finish_s": part.finished_s if worked else None, "leave_s": left_s, "to": to,
        }  # fmt: skip
        self._trace.visit(row)

    # stays

    def changes(self, machine: Machine, state: int) -> bool:
        """Return whether a stay ends: another state, or work on another part."""
        if state != machine.stays.state:
            return True
        entry = self._stays.get(machine)
        return entry is not None and STATES[state] == "processing" and entry[1] != self._part(machine)

    def left(self, machine: Machine, now: float) -> None:
        """A machine's stay is over."""
        since, part, cause = self._stays.get(machine, (0.0, None, None))
        stays, station = machine.stays, machine.station
        row = {
            "line": station.line.name, "station": station.name, "machine": machine.name,
            "state": STATES[stays.state], "start_s": since, "end_s": now, "part": part, "cause": cause,
            "served_s": self._served.pop(machine, None), "power_kw": stays.kw(),
        }  # fmt: skip
        self._trace.state(row)

    def entered(self, machine: Machine, now: float) -> None:
        """A machine's next stay begins."""
        stop = machine.downtime.stop
        cause = stop.cause.name if stop is not None and machine.stays.state == stop.cause.state else None
        self._stays[machine] = now, self._part(machine), cause
        if stop is not None and stop.served_s is not None:
            self._served[machine] = stop.served_s

    def served(self, machine: Machine, now: float) -> None:
        """People have come to a machine that stands."""
        if machine in self._stays and STATES[machine.stays.state] in ("failed", "maintenance"):
            self._served[machine] = now

    def _part(self, machine: Machine) -> int | None:
        if machine.part is not None:
            return machine.part.number
        return machine.out[0][0].number if machine.out else None

    # the end of the run

    def close(self, run: Run) -> None:
        """The run is over: what has not ended goes out too, visits without an end, stays up to now."""
        now = run.now
        for line in run.lines:
            for station in line.stations:
                for part in station.queue:
                    self._visit(line, station.name, None, part, part.entered_s, None, None, station.index)
                for machine in station.machines:
                    for part in machine.parts():
                        self._open(machine, part)
                    self.left(machine, now)
        self._stays.clear()

    def _open(self, machine: Machine, part: Part) -> None:
        self._visit(machine.line, machine.station.name, machine.name, part, part.entered_s, None, None,
                    machine.station.index)  # fmt: skip
