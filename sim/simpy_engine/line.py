"""A running line: its sources, its stations, and the last step of every instant."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from models.calendar import Calendar
from models.equipment import STATES
from sim.account import STATE, Meter
from sim.bottleneck import ACTIVE_STATES, ActivePeriods
from sim.order import MACHINES, line_rank
from sim.program import EXIT_AT, LineProgram, Present, StationProgram
from sim.simpy_engine import deadlock
from sim.simpy_engine.kinds import kind_of
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.part import Part
from sim.simpy_engine.shifts import Shift
from sim.simpy_engine.source import Feed
from sim.simpy_engine.standby import OFF, STANDBY
from sim.tally import Level, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.run import Run

ACTIVE = [state in ACTIVE_STATES for state in STATES]
PROCESSING, STARVED = STATE["processing"], STATE["starved"]
IDLE = [state in ("starved", "blocked", "standby", "off", "off_shift", "holding") for state in STATES]
"""States in which a machine does nothing; if all do, a line may stand for ever."""


def _may_stand(station: StationProgram) -> bool:
    """Return whether parts may wait at a station, though its machines are free, for parts that never come."""
    wakes = [m.rig.standby.wake_at_parts for m in station.machines if m.rig.standby]
    return station.kind in ("assembly", "join") or station.one_lot or max(wakes, default=1) > 1


class Output:
    """Parts of one product that left the line."""

    def __init__(self) -> None:
        self.good = self.bad = self.scrapped = 0
        self.lead = Sample()

    def reset(self) -> None:
        """Count from now on."""
        self.good = self.bad = self.scrapped = 0
        self.lead.reset()


class LineRun:
    """One line in one replication."""

    def __init__(self, run: Run, index: int, program: LineProgram) -> None:
        self.run = run
        self.program = program
        self.clock = run.clock
        self.name = program.name
        self.rank = line_rank(index)
        self.loops = program.has_loops()
        self.meter = Meter(run.program.energy.electricity, run.program.start)
        self.wip = Level()
        self.outputs = {product: Output() for product in program.products}
        self.initial = 0  # parts that were there at the start
        self.merged = 0  # parts that became part of another, less those that came of splitting
        self.on_the_way = 0  # parts between two stations
        self.touched: dict[Machine, None] = {}  # machines whose state is looked at when the instant is over
        self.stirred = 0  # bit n: something may move at station n
        self.lots = count(1)
        self._numbers = count(1)
        self._batches = count(1)
        self._blocked: Machine | None = None
        self._idle = 0  # machines that do nothing
        self._may_stand = any(map(_may_stand, program.stations))
        kinds = [kind_of(s.kind) for s in program.stations]
        self.stations = [station(self, n, s) for n, (s, (station, _)) in
                         enumerate(zip(program.stations, kinds, strict=True))]  # fmt: skip
        for station, s, (_, machine) in zip(self.stations, program.stations, kinds, strict=True):
            station.machines = [machine(station, n, m) for n, m in enumerate(s.machines)]
            for each in station.machines:
                each.setup_for = s.setup_initial
                each.begin({"standby": STANDBY, "off": OFF}.get(s.initial_state))
            self.stir(station.index)
        self.machines = [m for s in self.stations for m in s.machines]
        self._idle = len(self.machines)
        for n, one in enumerate(self.machines):
            one.index = n
        self.active = ActivePeriods(len(self.machines), [m.station.index for m in self.machines])
        for present in program.initial:
            self._put(present)
        self.feeds = [Feed(self, n, source, program) for n, source in enumerate(program.sources)]
        for feed in self.feeds:
            feed.start()
        self._start_shifts(program)

    def _start_shifts(self, program: LineProgram) -> None:
        own: dict[int, Calendar | None] = {n: s.calendar for n, s in enumerate(program.stations)}
        shared = [m for n, s in enumerate(self.stations) if own[n] == program.calendar for m in s.machines]
        if program.calendar is not None and shared:
            Shift(program.calendar, self.clock, self.run.program.start, self.rank).begin(shared)
        for station in self.stations:
            calendar = own[station.index]
            if calendar is not None and calendar != program.calendar:
                rank = self.rank + station.index * MACHINES
                Shift(calendar, self.clock, self.run.program.start, rank).begin(station.machines)

    def _put(self, present: Present) -> None:
        """Put the parts there that are in the line at the start."""
        station = self.stations[present.station]
        for n in range(present.parts):
            part = self.new_part(present.product, 0.0, next(self.lots), several=False)
            self.wip.change(0.0, 1)
            self.initial += 1
            if n == 0 and present.remaining_s is not None:
                machine = next(m for m in station.machines if m in station.ready)
                del station.ready[machine]
                station.take_in(part, 0.0)
                machine.begin_with(part, present.remaining_s)
            else:
                station.put(part, 0.0)

    # parts

    def new_part(self, product: str, now: float, lot: int, several: bool) -> Part:
        """Return a new part; the parts of a line are numbered in the order in which they come."""
        return Part(next(self._numbers), product, now, lot, several)

    def next_batch(self) -> int:
        """Return the number of the next charge."""
        return next(self._batches)

    def split(self, whole: Part, pieces: int, product: str, now: float) -> list[Part]:
        """Return the parts that one part becomes; they are a lot."""
        lot = next(self.lots)
        made: list[Part] = []
        for _ in range(pieces):
            piece = self.new_part(product, whole.born_s, lot, pieces > 1)
            piece.entered_s, piece.started_s, piece.finished_s = whole.entered_s, whole.started_s, now
            piece.bad, piece.fresh, piece.parent = whole.bad, False, (whole, pieces)
            piece.home = None if made else whole.home  # a pallet goes on with the first piece
            made.append(piece)
        self.wip.change(now, pieces - 1)
        self.merged -= pieces - 1
        return made

    def merge(self, parts: list[Part], now: float) -> None:
        """These parts are now inside another one."""
        self.wip.change(now, -len(parts))
        self.merged += len(parts)

    def turned_away(self, part: Part, station: int, now: float) -> None:
        """An arrival finds no place and is lost."""
        if self.run.trace is not None:
            self.run.trace.lost(self, self.stations[station].name, part, now)

    def leave(self, part: Part, target: int, now: float) -> None:
        """A part leaves the line, good, bad without being found so, or as scrap."""
        self.wip.change(now, -1)
        output = self.outputs[part.product]
        if target != EXIT_AT:
            output.scrapped += 1
        elif part.bad:
            output.bad += 1
        else:
            output.good += 1
            output.lead.add((now - part.born_s) / 3600.0)
        if part.home is not None:
            part.home.come_back(part, now)

    # the last step of an instant

    def stir(self, station: int) -> None:
        """Something may move at a station: look at it when the events of this instant are through."""
        self.stirred |= 1 << station

    def noticed_blocked(self, machine: Machine) -> None:
        """A part could not leave a machine."""
        if self.loops:
            self._blocked = machine

    def settle(self, now: float) -> None:
        """Move parts from the last station to the first, again until nothing moves; then note the states."""
        stations, ahead = self.stations, -1  # of the stirred stations, those still ahead in this pass
        while self.stirred:
            of_this_pass = self.stirred & ahead
            if of_this_pass:
                station = stations[of_this_pass.bit_length() - 1]
                self.stirred ^= station.bit
                ahead = station.bit - 1
                station.pull(now)
            else:
                ahead = -1
        if self.touched:
            self._note_states(now)
        if self._blocked is not None or self.is_idle():
            self._look_for_deadlock(now)

    def is_idle(self) -> bool:
        """Return whether no machine does anything in a line that may stand for ever."""
        return self._may_stand and self._idle == len(self.machines)

    def _note_states(self, now: float) -> None:
        trace = self.run.trace
        for machine in self.touched:
            state, before = machine.state(), machine.stays.state
            if trace is not None and trace.changes(machine, state):
                trace.left(machine, now)
                if state == before:
                    trace.entered(machine, now)
            if machine.sleep is not None:  # from the first instant on, and for new equipment
                machine.sleep.idle(now) if state == STARVED else machine.sleep.busy()
            if state == before:
                continue
            machine.stays.enter(state, now)
            if state == PROCESSING:
                machine.station.working.change(now, 1)
            elif before == PROCESSING:
                machine.station.working.change(now, -1)
            active = ACTIVE[state]
            if active is not ACTIVE[before]:
                self.active.change(machine.index, active, now)
            self._idle += IDLE[state] - IDLE[before]
            if trace is not None:
                trace.entered(machine, now)
        self.touched.clear()

    def _look_for_deadlock(self, now: float) -> None:
        machine, self._blocked = self._blocked, None
        stations = deadlock.circle(self, machine) if machine is not None else []
        if not stations and self.is_idle():
            stations = deadlock.stands(self)
        if stations:
            raise deadlock.told(self, stations, now)

    # counting

    def flush(self, now: float) -> None:
        """Book time and energy up to ``now``."""
        for machine in self.machines:
            machine.stays.flush(now)
        self.meter.flush(now, sum(m.stays.kw() for m in self.machines))

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.flush(now)
        self.meter.reset()
        self.wip.reset(now)
        self.merged = 0
        self.active.reset(now)
        for feed in self.feeds:
            feed.reset()
        for output in self.outputs.values():
            output.reset()
        for station in self.stations:
            station.reset(now)
            for machine in station.machines:
                machine.reset(now)
