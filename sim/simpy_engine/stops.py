"""Why a machine stops, and when: failures and maintenance on their clocks.

A clock ``operating`` runs while the machine processes, ``calendar`` always; a failure's from the end of its last
repair, with ``start_to_start`` from the beginning of its last failure.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from models.people import needed
from models.stops import Failure, Maintenance, first_of_week_s
from sim.account import STATE
from sim.simpy_engine.clock import ENDS, STOPS, Tick
from sim.simpy_engine.downtime import Stop
from sim.tally import Sample

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine

H, WEEK_S = 3600.0, 7 * 86_400.0
NEVER = float("inf")


class Cause:
    """One failure mode or maintenance rule of one machine, with its clock and statistics."""

    def __init__(self, machine: Machine, rule: Failure | Maintenance) -> None:
        self.machine = machine
        self.rule = rule
        self.name = rule.name
        self.failure = isinstance(rule, Failure)
        self.state = STATE["failed" if self.failure else "maintenance"]
        streams, place = machine.line.run.streams, machine.station.place
        lasts = rule.duration_h if isinstance(rule, Maintenance) else rule.ttr_h
        what = "ttr" if self.failure else "upkeep"  # a failure and a maintenance may have one name
        self.lasts = streams.open(lasts, place, f"{what} {rule.name}", machine.name)
        self._time_to = streams.open(rule.ttf_h, place, f"ttf {rule.name}", machine.name) if isinstance(
            rule, Failure) else None  # fmt: skip
        self.waits = Sample()
        self.lengths = Sample()
        self.tick: Tick | None = None  # on the calendar clock
        self.due_s = NEVER  # on the operating clock
        self.units = 0  # parts since the last time
        self._age_h = rule.age_h if isinstance(rule, Failure) and machine.age.commissioned_s is None else 0.0
        self._drawn_h = 0.0
        self._grid = -1  # maintenance by a fixed grid: how often it was due

    @property
    def by_units(self) -> int:
        """Return after how many parts it is due; 0 if parts do not count."""
        return (self.rule.every_units or 0) if isinstance(self.rule, Maintenance) else 0

    @property
    def operating(self) -> bool:
        """Return whether its clock runs only while the machine processes."""
        weekly_ = isinstance(self.rule, Maintenance) and self.rule.at is not None
        return self.rule.clock == "operating" and not weekly_ and not self.by_units

    @property
    def interrupts(self) -> bool:
        """Return whether it stops the part in progress."""
        return self.failure or (isinstance(self.rule, Maintenance) and self.rule.interrupts_part)

    def wind(self, now: float) -> None:
        """Start the clock: draw the time to the next event, given the age reached."""
        self.tick = None
        if self.by_units:
            self.units = 0
            return
        machine = self.machine
        reading = machine.operated_s if self.operating else now
        due_s = self.next_after(reading)
        if self.operating:
            self.due_s = due_s
            machine.stops.look()
        elif due_s < NEVER:
            self.tick = machine.clock.at(due_s, STOPS + machine.order, lambda tick: self._calendar_due(tick))

    def next_after(self, reading_s: float) -> float:
        """Return the clock reading at which the next event is due."""
        rule = self.rule
        if isinstance(rule, Failure):
            rate = self.machine.ages.failure_rate
            assert self._time_to is not None
            if self._age_h > 0.0:
                self._drawn_h = self._time_to.draw_beyond(self._age_h * rate) / rate
            else:
                self._drawn_h = self._time_to.draw() / rate
            return reading_s + self._drawn_h * H
        if rule.at is not None:
            return self._weekly_s(rule.at, reading_s)
        assert rule.every_h is not None
        if rule.policy == "age":
            return reading_s + rule.every_h * H
        self._grid = max(1, self._grid + 1, int(reading_s / (rule.every_h * H) + 1e-9) + (reading_s > 0))
        return self._grid * rule.every_h * H

    def _weekly_s(self, at: str, now: float) -> float:
        first = first_of_week_s(at, self.machine.line.run.program.start)
        self._grid = max(self._grid + 1, int((now - first) // WEEK_S) + 1 if now > first else 0)
        while first + self._grid * WEEK_S < now or first + self._grid * WEEK_S < 0:
            self._grid += 1
        return first + self._grid * WEEK_S

    def _calendar_due(self, tick: Tick) -> None:
        if tick != self.tick:
            return
        now = self.machine.clock.now
        self.tick = None
        again = self.machine.downtime.pending(self)
        if isinstance(self.rule, Maintenance) and (self.rule.at or self.rule.policy == "block"):
            self.wind(now)  # the grid goes on whatever happens
            if again:
                return
        self.machine.downtime.fall_due(self, now)

    def began(self, now: float) -> None:
        """Its stop begins."""
        self._age_h += self._drawn_h
        if self.rule.clock == "start_to_start":
            self._age_h = 0.0
            self.wind(now)

    def done(self, now: float) -> None:
        """Its stop is over: a clock that stood starts again."""
        rule = self.rule
        if isinstance(rule, Maintenance) and (rule.at or rule.policy == "block"):
            return
        if rule.clock == "start_to_start":
            return
        if isinstance(rule, Failure) and rule.restores == "new":
            self._age_h = 0.0
        if not self.by_units:
            self.wind(now)

    def as_new(self, now: float) -> None:
        """Something else restored what wears here: the clock starts anew."""
        self._age_h = 0.0
        self.wind(now)

    def stand(self) -> None:
        """The clock stands until it is wound up again."""
        self.tick, self.due_s = None, NEVER
        self.machine.stops.look()

    def length_s(self) -> float:
        """Return how long the stop lasts once people are there."""
        factor = self.machine.ages.repair_time if self.failure else 1.0
        return self.lasts.draw() * H * factor

    def reset(self) -> None:
        """Count from now on."""
        self.waits.reset()
        self.lengths.reset()


class Stops:
    """The clocks of one machine's causes."""

    def __init__(self, machine: Machine) -> None:
        rig = machine.rig
        self.machine = machine
        machine_wide = [Cause(machine, f) for f in rig.failures if f.scope == "machine"]
        self.heads = [Heads(Cause(machine, f), rig.heads) for f in rig.failures if f.scope == "head"]
        upkeep = [Cause(machine, m) for m in rig.maintenance]
        self.causes = [*machine_wide, *(h.cause for h in self.heads), *upkeep]
        self.none = not self.causes
        """Nothing ever stops this machine."""
        self._at_once = [c for c in (*machine_wide, *upkeep) if c.operating and c.interrupts]
        self.at_the_end = [c for c in upkeep if c.by_units or (c.operating and not c.interrupts)]
        self._renewed = {m: [c for c in machine_wide if m.rule.renews == "all" or c.name in m.rule.renews]
                         for m in upkeep if isinstance(m.rule, Maintenance)}  # fmt: skip
        self.due_s = NEVER
        """Operating time at which the next stop that does not wait for the part is due."""

    def start(self, now: float) -> None:
        """Start all clocks."""
        for cause in self.causes:
            if not self._of_heads(cause):
                cause.wind(now)
        self.look()

    def _of_heads(self, cause: Cause) -> bool:
        return any(heads.cause is cause for heads in self.heads)

    # by the operating clock, and by parts

    def look(self) -> None:
        """Find the stop that is due next by the operating clock."""
        dues = [cause.due_s for cause in self._at_once]
        self.due_s = min([*dues, *(heads.due[0] for heads in self.heads if heads.due)], default=NEVER)

    def fall_due(self, operated_s: float, now: float) -> None:
        """The operating clock reached the next stop: of the machine, or of one of its heads."""
        for cause in self._at_once:
            if cause.due_s <= operated_s:
                self._due(cause, now)
        for heads in self.heads:
            while heads.due and heads.due[0] <= operated_s:
                heads.stop_one(now)
        self.look()

    def units_done(self, units: int, operated_s: float, now: float) -> None:
        """Parts are finished: maintenance that waited for them is due now."""
        for cause in self.at_the_end:
            cause.units += units
            if cause.due_s <= operated_s or (cause.by_units and cause.units >= cause.by_units):
                cause.units = 0
                clock, order = self.machine.clock, STOPS + self.machine.order
                cause.due_s = NEVER
                cause.tick = clock.at(now, order, lambda tick, cause=cause: self._called(cause, tick, now))  # type: ignore[misc]

    def _called(self, cause: Cause, tick: Tick, now: float) -> None:
        if tick == cause.tick:
            cause.tick = None
            self._due(cause, now)

    def _due(self, cause: Cause, now: float) -> None:
        cause.due_s = NEVER  # wound up again when it is over
        if isinstance(cause.rule, Maintenance) and cause.rule.policy == "block":
            cause.wind(now)
        self.machine.downtime.fall_due(cause, now)

    # what a stop does to the clocks

    def began(self, cause: Cause, now: float) -> None:
        """A stop begins: clocks that will start anew when it is over stand."""
        cause.began(now)
        for other in self._others(cause):
            other.stand()

    def done(self, cause: Cause, now: float) -> None:
        """A stop is over."""
        cause.done(now)
        for other in self._others(cause):
            if not self.machine.downtime.pending(other):
                other.as_new(now)
        if isinstance(cause.rule, Maintenance):
            for heads in self.heads:
                if cause.rule.renews == "all" or heads.cause.name in cause.rule.renews:
                    heads.as_new()

    def _others(self, cause: Cause) -> list[Cause]:
        """Return the clocks that start anew with a stop: failures renewed, maintenance counted from a repair."""
        if cause in self._renewed:
            return self._renewed[cause]
        by_age = [
            m for m in self._renewed if isinstance(m.rule, Maintenance) and m.rule.policy == "age" and not m.rule.at
        ]
        return [m for m in by_age if cause in self._renewed[m]]

    def silence(self) -> None:
        """Forget all clocks: the machine is taken out."""
        for cause in self.causes:
            cause.stand()
        for heads in self.heads:
            heads.silence(self.machine.clock.now)


class Heads:
    """Positions of a machine that stop singly (spindles): each has its own clock of running time."""

    def __init__(self, cause: Cause, count: int) -> None:
        self.cause = cause
        self.down = 0
        self.due = [cause.next_after(0.0) for _ in range(count)]
        heapify(self.due)
        self._stops: dict[Stop, None] = {}

    def stop_one(self, now: float) -> None:
        """The head whose clock ran out stops and asks for someone to set it going."""
        heappop(self.due)
        self.down += 1
        stop = Stop(self.cause, now)
        self._stops[stop] = None
        machine, rule = self.cause.machine, self.cause.rule
        needs = needed(rule.crew)
        if not needs:
            self._attend(stop, now)
        else:
            stop.request = machine.board.ask(now, needs, rule.priority, lambda at: self._attend(stop, at), machine)

    def _attend(self, stop: Stop, now: float) -> None:
        if stop not in self._stops:
            return
        stop.served_s = now
        self.cause.waits.add((now - stop.due_s) / H)
        machine = self.cause.machine
        ends = now + self.cause.length_s()
        stop.tick = machine.clock.at(ends, ENDS + machine.order, lambda _: self._run_again(stop))

    def _run_again(self, stop: Stop) -> None:
        machine = self.cause.machine
        now = machine.clock.now
        if stop not in self._stops or stop.served_s is None:
            return
        del self._stops[stop]
        self.cause.lengths.add((now - stop.served_s) / H)
        machine.pause(now)
        self.down -= 1
        heappush(self.due, self.cause.next_after(machine.operated_s))
        machine.stops.look()
        machine.carry_on(now)
        if stop.request is not None:
            machine.board.release(now, stop.request)

    def as_new(self) -> None:
        """Maintenance restored the heads that run: their clocks start anew."""
        now_s = self.cause.machine.operated_s
        self.due = [self.cause.next_after(now_s) for _ in self.due]
        heapify(self.due)
        self.cause.machine.stops.look()

    def services(self) -> list[Stop]:
        """Return the stops of heads that are not over."""
        return list(self._stops)

    def silence(self, now: float) -> None:
        """Forget all heads: people go back."""
        for stop in list(self._stops):
            if stop.request is not None:
                self.cause.machine.board.release(now, stop.request)
        self._stops.clear()
        self.due.clear()
