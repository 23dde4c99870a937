"""How the compiled engine fills a trace: what of a part and of a machine goes into a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from models.equipment import STATES
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.live import Live
from sim.compiled_engine.memory import WORD, Ref
from sim.trace import LOST, NAMES, Trace

if TYPE_CHECKING:
    from sim.compiled_engine.lower import Lowered

STANDS = (c.FAILED, c.MAINTENANCE)


class Recorder:
    """Writes down what a run does, into the rows of a trace."""

    def __init__(self, trace: Trace, lowered: Lowered, live: Live) -> None:
        self._trace = trace
        self._program = lowered.program
        self._places = lowered.places
        self._rules = {cause.ref: cause.rule for causes in lowered.causes.values() for cause in causes}
        self._live = live
        self._stays: dict[Ref, tuple[float, int | None, str | None]] = {}  # since, part, cause
        self._served: dict[Ref, float] = {}
        self.answers = {
            c.TRACE_VISIT: self._visit, c.TRACE_LOST: self._lost, c.TRACE_STATE: self._state,
            c.TRACE_SERVED: self._serves,
        }  # fmt: skip
        """By what is asked."""

    # visits

    def _visit(self, ref: Ref, entered_s: float) -> None:
        line, station, number = self._places[ref]
        live, program = self._live, self._program.lines[line]
        part = live.record(r.Part, live.get(r.World, 0, "trace_part"))
        target = part["target"]
        to = NAMES.get(target) or program.stations[target].name
        machine = program.stations[station].machines[number].name
        self._row(line, station, machine, part, entered_s, live.get(r.World, 0, "now"), to)

    def _lost(self, ref: Ref, now: float) -> None:
        live = self._live
        line = live.get(r.Line, live.get(r.Station, ref, "line"), "number")
        part = live.record(r.Part, live.get(r.World, 0, "trace_part"))
        self._row(line, live.get(r.Station, ref, "index"), None, part, now, now, LOST)

    def _row(
        self, line: int, station: int, machine: str | None, part: dict[str, Any], entered_s: float,
        left_s: float | None, to: str | None,
    ) -> None:  # fmt: skip
        program = self._program.lines[line]
        worked = machine is not None
        visits = 1
        if self._visits_count(line) and to != LOST:
            visits = max(1, int(self._live.whole_row(part["visits"] + station * WORD, 1)[0]))

        def moment(name: str) -> float | None:
            return part[name] if worked and part[name] >= 0.0 else None

        self._trace.visit({
            "line": program.name, "station": program.stations[station].name, "machine": machine,
            "part": part["number"], "product": program.products[part["product"]], "lot": part["lot"], "visit": visits,
            "batch": (part["batch"] or None) if worked else None, "enter_s": entered_s,
            "setup_start_s": moment("setup_began_s"), "setup_end_s": moment("setup_ended_s"),
            "start_s": moment("started_s"), "finish_s": moment("finished_s"), "leave_s": left_s, "to": to,
        })  # fmt: skip

    def _visits_count(self, line: int) -> bool:
        live = self._live
        return bool(live.get(r.Line, live.get(r.World, 0, "lines") + line * r.LINE, "loops"))

    # stays

    def _state(self, ref: Ref, state: float) -> None:
        """A machine's state is noted: does a stay end, and another begin?"""
        live, new = self._live, int(state)
        old, part = live.get(r.Machine, ref, "state"), self._part(ref)
        entry = self._stays.get(ref)
        other_part = entry is not None and new == c.PROCESSING and entry[1] != part
        if new == old and not other_part:
            return
        now = live.get(r.World, 0, "now")
        self._left(ref, now)
        stop, cause = live.get(r.Machine, ref, "stop"), None
        if stop:
            why = live.get(r.Stop, stop, "cause")
            cause = self._rules[why].name if new == live.get(r.Cause, why, "state") else None
            served_s = live.get(r.Stop, stop, "served_s")
            if served_s >= 0.0:
                self._served[ref] = served_s
        self._stays[ref] = now, part, cause

    def _left(self, ref: Ref, now: float) -> None:
        """A machine's stay is over."""
        line, station, number = self._places[ref]
        program = self._program.lines[line]
        since, part, cause = self._stays.get(ref, (0.0, None, None))
        state = self._live.get(r.Machine, ref, "state")
        rates = self._live.get(r.Machine, ref, "rates")
        self._trace.state({
            "line": program.name, "station": program.stations[station].name,
            "machine": program.stations[station].machines[number].name, "state": STATES[state], "start_s": since,
            "end_s": now, "part": part, "cause": cause, "served_s": self._served.pop(ref, None),
            "power_kw": float(self._live.real_row(rates + state * WORD, 1)[0]),
        })  # fmt: skip

    def _serves(self, ref: Ref, now: float) -> None:
        """People have come to a machine that stands."""
        if ref in self._stays and self._live.get(r.Machine, ref, "state") in STANDS:
            self._served[ref] = now

    def _part(self, ref: Ref) -> int | None:
        live = self._live
        part = live.get(r.Machine, ref, "part") or live.get(r.Machine, ref, "out_first")
        return live.get(r.Part, part, "number") if part else None

    # the end of the run

    def close(self) -> None:
        """The run is over: what has not ended goes out too, visits without an end, stays up to now."""
        live, now = self._live, self._live.get(r.World, 0, "now")
        for machine, (line, station, number) in self._places.items():
            where = live.get(r.Machine, machine, "station")
            if number == 0:
                for part in waiting(live, where):
                    self._open(line, station, None, part)
            for part in held(live, machine):
                self._open(line, station, self._program.lines[line].stations[station].machines[number].name, part)
            self._left(machine, now)
        self._stays.clear()

    def _open(self, line: int, station: int, machine: str | None, ref: Ref) -> None:
        part = self._live.record(r.Part, ref)
        self._row(line, station, machine, part, part["entered_s"], None, None)


def waiting(live: Live, station: Ref) -> Iterator[Ref]:
    """Yield the parts in front of a station."""
    queues = live.get(r.Station, station, "queues")
    for n in range(live.get(r.Station, station, "queues_n")):
        yield from chained(live, live.get(r.Queue, queues + n * r.QUEUE, "first"))


def held(live: Live, machine: Ref) -> Iterator[Ref]:
    """Yield the parts on a machine, in work and finished."""
    charge, part = live.get(r.Machine, machine, "charge_first"), live.get(r.Machine, machine, "part")
    if charge:
        yield from chained(live, charge)
    elif part:
        yield part
    yield from chained(live, live.get(r.Machine, machine, "out_first"))


def chained(live: Live, first: Ref) -> Iterator[Ref]:
    """Yield parts of which each knows the next."""
    while first:
        yield first
        first = live.get(r.Part, first, "next")
