"""Why a machine stops: failures on their clocks, and planned maintenance.

A failure of clock ``operating`` falls due when the machine has processed for so long; of clock ``calendar`` so long
after the end of the last repair. A stop that falls due during another one follows it.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from models.equipment import Failure, Maintenance
from sim.account import STATE
from sim.simpy_engine.clock import ENDS, STOPS, Tick
from sim.simpy_engine.people import Request
from sim.tally import Sample

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.streams import Draws

H = 3600.0
NEVER = float("inf")


class Cause:
    """One failure mode or maintenance rule of one machine, with its clock and statistics."""

    def __init__(self, machine: Machine, rule: Failure | Maintenance) -> None:
        self.machine = machine
        self.rule = rule
        self.name = rule.name
        self.failure = isinstance(rule, Failure)
        self.state = STATE["failed" if self.failure else "maintenance"]
        streams, place = machine.station.line.run.streams, machine.station.place
        self._time_to: Draws | None = None
        lasts = rule.duration_h if isinstance(rule, Maintenance) else rule.ttr_h
        if isinstance(rule, Failure):
            self._time_to = streams.open(rule.ttf_h, place, f"ttf {rule.name}", machine.name)
        what = "ttr" if self.failure else "upkeep"  # a failure and a maintenance may have one name
        self.lasts = streams.open(lasts, place, f"{what} {rule.name}", machine.name)
        self.waits = Sample()
        self.lengths = Sample()
        self.tick: Tick | None = None
        self.due_s = NEVER  # on the operating clock
        self.by_units = rule.every_units or 0 if isinstance(rule, Maintenance) else 0
        self.units = 0  # since the last time

    def time_to_s(self) -> float:
        """Return a new time to the next event on this cause's clock."""
        if self._time_to is not None:
            return self._time_to.draw() * H / self.machine.ages.failure_rate
        assert isinstance(self.rule, Maintenance)
        return NEVER if self.rule.every_h is None else self.rule.every_h * H

    def length_s(self) -> float:
        """Return how long the stop lasts once people are there."""
        factor = self.machine.ages.repair_time if self.failure else 1.0
        return self.lasts.draw() * H * factor

    def reset(self) -> None:
        """Count from now on."""
        self.waits.reset()
        self.lengths.reset()


class Stop:
    """One stop of a machine, waited for or under way."""

    __slots__ = ("began_s", "cause", "due_s", "request", "tick")

    def __init__(self, cause: Cause, due_s: float) -> None:
        self.cause = cause
        self.due_s = due_s
        self.began_s = due_s
        self.request: Request | None = None
        self.tick: Tick | None = None


class Stops:
    """The clocks of one machine's causes."""

    def __init__(self, machine: Machine, now: float) -> None:
        rig = machine.rig
        self.machine = machine
        machine_wide = [Cause(machine, f) for f in rig.failures if f.scope == "machine"]
        self.heads = [Heads(Cause(machine, f), rig.heads) for f in rig.failures if f.scope == "head"]
        upkeep = [Cause(machine, m) for m in rig.maintenance]
        self.causes = [*machine_wide, *(h.cause for h in self.heads), *upkeep]
        self.none = not self.causes
        """Nothing ever stops this machine."""
        self._failures: list[Cause] = []  # on the operating clock
        self._upkeep: list[Cause] = []  # on the operating clock, or by units
        for cause in [*machine_wide, *upkeep]:
            if cause.by_units:
                self._upkeep.append(cause)
            elif cause.rule.clock == "operating":
                cause.due_s = cause.time_to_s()
                (self._failures if cause.failure else self._upkeep).append(cause)
            else:
                self._wind(cause, now)

    # clocks

    def next_due_s(self) -> float:
        """Return the operating time at which the next failure is due."""
        due = NEVER
        for cause in self._failures:
            if cause.due_s < due:
                due = cause.due_s
        for heads in self.heads:
            if heads.due and heads.due[0] < due:
                due = heads.due[0]
        return due

    def fall_due(self, operated_s: float, now: float) -> None:
        """The operating clock reached the next failure: stop the machine, or one of its heads."""
        for cause in self._failures:
            if cause.due_s <= operated_s:
                cause.due_s = NEVER  # wound up again when repaired
                self.machine.stop(Stop(cause, now))
        for heads in self.heads:
            while heads.due and heads.due[0] <= operated_s:
                heads.stop_one(now)

    def units_done(self, units: int, operated_s: float, now: float) -> None:
        """Parts are finished: maintenance that waited for them is due now."""
        for cause in self._upkeep:
            cause.units += units
            if cause.due_s <= operated_s or (cause.by_units and cause.units >= cause.by_units):
                cause.due_s, cause.units = NEVER, 0
                self._call(cause, now)

    def _call(self, cause: Cause, now: float) -> None:
        clock, order = self.machine.clock, self.machine.order
        cause.tick = clock.at(now, STOPS + order, lambda tick: self._calendar_due(cause, tick))

    def _wind(self, cause: Cause, now: float) -> None:
        """Start a calendar clock."""
        due = now + cause.time_to_s()
        if due < NEVER:
            order = STOPS + self.machine.order
            cause.tick = self.machine.clock.at(due, order, lambda tick: self._calendar_due(cause, tick))

    def _calendar_due(self, cause: Cause, tick: Tick) -> None:
        if tick is cause.tick:
            cause.tick = None
            self.machine.stop(Stop(cause, self.machine.clock.now))

    def done(self, cause: Cause, now: float) -> None:
        """A stop is over: its clock starts anew."""
        if cause.by_units:
            return  # counts on by itself
        if cause.rule.clock == "operating":
            cause.due_s = self.machine.operated_s + cause.time_to_s()
        else:
            self._wind(cause, now)

    def silence(self) -> None:
        """Forget all clocks: the machine is taken out."""
        for cause in self.causes:
            cause.tick = None
        for heads in self.heads:
            heads.silence(self.machine.clock.now)


class Heads:
    """Positions of a machine that stop singly (spindles): each has its own clock of running time."""

    def __init__(self, cause: Cause, count: int) -> None:
        self.cause = cause
        self.down = 0
        self.due = [cause.time_to_s() for _ in range(count)]
        heapify(self.due)
        self._stops: dict[Stop, None] = {}

    def stop_one(self, now: float) -> None:
        """The head whose clock ran out stops and asks for someone to set it going."""
        heappop(self.due)
        self.down += 1
        stop = Stop(self.cause, now)
        self._stops[stop] = None
        crew = self.cause.machine.crew(self.cause.rule.crew)
        if crew is None:
            self._attend(stop, now)
        else:
            stop.request = crew.ask(now, self.cause.rule.priority, lambda at: self._attend(stop, at))

    def _attend(self, stop: Stop, now: float) -> None:
        if stop not in self._stops:
            return
        stop.began_s = now
        self.cause.waits.add((now - stop.due_s) / H)
        machine = self.cause.machine
        ends = now + self.cause.length_s()
        stop.tick = machine.clock.at(ends, ENDS + machine.order, lambda _: self._run_again(stop))

    def _run_again(self, stop: Stop) -> None:
        machine = self.cause.machine
        now = machine.clock.now
        if stop not in self._stops:
            return
        del self._stops[stop]
        self.cause.lengths.add((now - stop.began_s) / H)
        machine.pause(now)
        self.down -= 1
        heappush(self.due, machine.operated_s + self.cause.time_to_s())
        machine.carry_on(now)
        if stop.request is not None:
            machine.release(self.cause.rule.crew, stop.request, now)

    def silence(self, now: float) -> None:
        """Forget all heads: people go back."""
        for stop in list(self._stops):
            if stop.request is not None:
                self.cause.machine.release(self.cause.rule.crew, stop.request, now)
        self._stops.clear()
        self.due.clear()
