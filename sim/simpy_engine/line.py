"""A running line: its source, its stations, its calendar, and the last step of every instant."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

from sim.account import Meter
from sim.program import EXIT_AT, LineProgram
from sim.simpy_engine.batch import BatchMachine
from sim.simpy_engine.clock import ARRIVALS, ENDS, STOPS, Tick
from sim.simpy_engine.furnace import Furnace
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.station import Part, Station
from sim.tally import Level, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.run import Run

NEVER = float("inf")
FAR_S = 100 * 366 * 86_400.0
"""How far a calendar is looked up: after its last holiday a line that works round the clock has no next stop."""
KINDS = {"machine": Machine, "batch": BatchMachine, "furnace": Furnace}


class Source:
    """Where parts come from: always one (saturated), or arrivals; parts without a place wait outside."""

    def __init__(self, line: LineRun, program: LineProgram) -> None:
        self.line = line
        self.rules = program.source
        self.offered = self.lost = 0
        self._outside: deque[Part] = deque()
        self._numbers = count(1)
        self._products = self._mix(program)
        self._made = 0
        self._arrivals = self._moments(program)

    def start(self) -> None:
        """Arm the first arrival, or mark the first station as saturated."""
        if self.rules.saturated:
            self.line.stations[0].saturated = True
        else:
            self._arm()

    def _mix(self, program: LineProgram) -> Iterator[str]:
        """Yield the product of each part in turn."""
        if self.rules.product:
            while True:
                yield self.rules.product
        if program.sequence:
            while True:
                for product in program.sequence:
                    for _ in range(program.lot):
                        yield product
        names = [name for name, _ in program.shares]
        ends = [end for _, end in program.shares]
        draws = self.line.run.streams.uniform(program.name, "mix")
        while True:
            product = names[min(bisect_right(ends, draws.draw()), len(names) - 1)]
            for _ in range(program.lot):
                yield product

    def _moments(self, program: LineProgram) -> Iterator[float]:
        """Yield the moments of arrival."""
        rules, streams = self.rules, self.line.run.streams
        if rules.arrivals_s is not None:
            yield from sorted(rules.arrivals_s)
            return
        if rules.demand_per_h is not None:
            yield from self._even(3600.0 / rules.demand_per_h, program)
            return
        if rules.interarrival_s is None:
            return
        between = streams.open(rules.interarrival_s, program.name, "interarrival")
        first = streams.open(rules.first_s, program.name, "first arrival") if rules.first_s is not None else between
        now = first.draw()
        while True:
            yield now
            now += between.draw()

    def _even(self, every_s: float, program: LineProgram) -> Iterator[float]:
        """Yield moments evenly spaced in the line's scheduled time."""
        run = self.line.run
        windows = program.calendar.windows(run.program.start, FAR_S) if program.calendar else iter([(0.0, FAR_S)])
        debt = every_s
        for opens, closes in windows:
            now = opens + debt
            while now <= closes:
                yield now
                now += every_s
            debt = now - closes

    def _arm(self) -> None:
        limit = self.rules.count
        if limit is not None and self._made >= limit:
            return
        moment = next(self._arrivals, None)
        if moment is not None and moment < float("inf"):
            self._made += 1
            self.line.clock.at(moment, ARRIVALS + self.line.rank, self._arrive)

    def _arrive(self, _: Tick) -> None:
        now = self.line.clock.now
        station = self.line.stations[0]
        for _number in range(self.rules.quantity):
            part = self._new(now)
            self.offered += 1
            if self.rules.when_full == "lost" and not station.accepts_arrival():
                self.lost += 1
                continue
            self.line.wip.change(now, 1)
            if station.room():
                station.accept(part, self, now)
            else:
                self._outside.append(part)
                station.accept(part, self, now)
        self._arm()

    def _new(self, now: float) -> Part:
        return Part(next(self._numbers), next(self._products), now)

    def take(self, now: float) -> Part | None:
        """Return the next part of a saturated source; None when its count is used up."""
        if self.rules.count is not None and self._made >= self.rules.count:
            return None
        self._made += 1
        self.offered += 1
        self.line.wip.change(now, 1)
        return self._new(now)

    def may_give(self) -> bool:
        """A part outside may always come in."""
        return True

    def give(self, now: float) -> Part:
        """Hand over the part that has waited outside longest."""
        return self._outside.popleft()

    def gave(self, now: float) -> None:
        """Nothing follows: each part outside asks by itself."""

    def reset(self) -> None:
        """Count from now on."""
        self.offered = self.lost = 0


class Output:
    """Parts of one product that left the line."""

    def __init__(self) -> None:
        self.good = 0
        self.lead = Sample()


class LineRun:
    """One line in one replication."""

    def __init__(self, run: Run, index: int, program: LineProgram) -> None:
        self.run = run
        self.clock = run.clock
        self.name = program.name
        self.rank = index << 24
        self.meter = Meter(run.program.energy.electricity, run.program.start)
        self.wip = Level()
        self.scrapped = 0
        self.outputs = {product: Output() for product in program.products}
        self.touched: dict[Machine, None] = {}  # machines whose state is looked at when the instant is over
        self.stirred = 0  # bit n: something may move at station n
        self.stations = [Station(self, n, s) for n, s in enumerate(program.stations)]
        for station, s in zip(self.stations, program.stations, strict=True):
            station.machines = [KINDS[s.kind](station, n, m) for n, m in enumerate(s.machines)]
            for machine in station.machines:
                machine.setup_for = s.setup_initial
                station.ready[machine] = None
            self.stir(station.index)
        self.source = Source(self, program)
        self.source.start()
        self._windows = program.calendar.windows(run.program.start, FAR_S) if program.calendar is not None else None
        self._start_calendar()

    # shifts

    def _start_calendar(self) -> None:
        if self._windows is None:
            return
        opens, closes = next(self._windows, (NEVER, NEVER))
        if opens > 0.0:
            for station in self.stations:
                for machine in station.machines:
                    machine.shift_ends(0.0)
            self.clock.at(opens, ENDS + self.rank, lambda _: self._open(closes))
        else:
            self.clock.at(closes, STOPS + self.rank, lambda _: self._close())

    def _open(self, closes: float) -> None:
        for station in self.stations:
            for machine in station.machines:
                machine.shift_begins(self.clock.now)
        self.clock.at(closes, STOPS + self.rank, lambda _: self._close())

    def _close(self) -> None:
        assert self._windows is not None
        for station in self.stations:
            for machine in station.machines:
                machine.shift_ends(self.clock.now)
        opens, closes = next(self._windows, (NEVER, NEVER))
        self.clock.at(opens, ENDS + self.rank, lambda _: self._open(closes))

    # the last step of an instant

    def stir(self, station: int) -> None:
        """Something may move at a station: look at it when the events of this instant are through."""
        self.stirred |= 1 << station

    def stir_target(self, target: int) -> None:
        """The same for where a part wants to go."""
        if target >= 0:
            self.stir(target)

    def settle(self, now: float) -> None:
        """Move parts from the last station to the first, again until nothing moves; then note the states."""
        below = len(self.stations)
        while self.stirred:
            of_this_pass = self.stirred & ((1 << below) - 1)
            if not of_this_pass:
                below = len(self.stations)
                continue
            below = of_this_pass.bit_length() - 1
            self.stirred &= ~(1 << below)
            self.stations[below].pull(now)
        for machine in self.touched:
            state = machine.state()
            if state != machine.stays.state:
                if self.run.trace is not None:
                    self.run.trace.state(machine, now)
                machine.stays.enter(state, now)
        self.touched.clear()

    # parts leave

    def leave(self, part: Part, target: int, now: float) -> None:
        """A part leaves the line, good or as scrap."""
        self.wip.change(now, -1)
        if target == EXIT_AT:
            output = self.outputs[part.product]
            output.good += 1
            output.lead.add((now - part.born_s) / 3600.0)
        else:
            self.scrapped += 1

    # counting

    def flush(self, now: float) -> None:
        """Book time and energy up to ``now``."""
        for station in self.stations:
            for machine in station.machines:
                machine.stays.flush(now)
        self.meter.flush(now, sum(m.stays.kw() for s in self.stations for m in s.machines))

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.flush(now)
        self.meter.reset()
        self.wip.reset(now)
        self.source.reset()
        self.scrapped = 0
        for output in self.outputs.values():
            output.good = 0
            output.lead.reset()
        for station in self.stations:
            station.reset(now)
            for machine in station.machines:
                machine.reset(now)
