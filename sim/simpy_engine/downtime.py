"""A machine that stands: stops fall due, wait their turn and for people, last, and end.

A stop that falls due during another follows it; a failure goes before maintenance that waits for the part.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.people import needed
from models.stops import Failure, Maintenance
from sim.simpy_engine.clock import ENDS, Tick
from sim.simpy_engine.people import Request

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.stops import Cause

H = 3600.0


class Stop:
    """One stop of a machine, waited for or under way."""

    __slots__ = ("began_s", "cause", "due_s", "request", "served_s", "tick")

    def __init__(self, cause: Cause, due_s: float) -> None:
        self.cause = cause
        self.due_s = due_s
        self.began_s = due_s
        self.served_s: float | None = None
        self.request: Request | None = None
        self.tick: Tick | None = None


class Downtime:
    """What stops a machine, and what stands in line to stop it."""

    # Slots for speed, as in a machine (renewline bench).
    __slots__ = (
        "due", "holds", "machine", "refuses", "stop",
    )  # fmt: skip

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.stop: Stop | None = None
        self.due: deque[Stop] = deque()
        self.refuses = False
        """Whether no part may be placed on the machine."""
        self.holds = False
        """Whether a finished part must stay on it."""

    def _changed(self) -> None:
        """What stands, or stands in line, is another: does it refuse parts, does it hold a finished one?"""
        rule = self.stop.cause.rule if self.stop is not None else None
        failure = rule if isinstance(rule, Failure) else None
        self.refuses = bool(self.due) or (rule is not None and not (failure is not None and failure.accepts_part))
        self.holds = rule is not None and not (failure is not None and failure.releases_blocked_part)

    def pending(self, cause: Cause) -> bool:
        """Return whether a stop of this cause is under way or waits."""
        stops = [*self.due, *([self.stop] if self.stop else [])]
        return any(stop.cause is cause for stop in stops)

    def fall_due(self, cause: Cause, now: float) -> None:
        """A stop falls due; maintenance may wait for the part in progress."""
        if self.machine.renewal.installing:
            return
        self.due.append(Stop(cause, now))
        self._changed()
        self.machine.withdraw()
        self.next(now)

    def next(self, now: float) -> None:
        """Begin the next stop that may begin."""
        if self.stop is not None or not self.due:
            return
        stop = next((s for s in self.due if self._may_begin(s)), None)
        if stop is not None:
            self.due.remove(stop)
            self._begin(stop, now)

    def _may_begin(self, stop: Stop) -> bool:
        rule = stop.cause.rule
        waits = isinstance(rule, Maintenance) and not rule.interrupts_part
        return not (waits and self.machine.is_active())

    def _begin(self, stop: Stop, now: float) -> None:
        machine, rule = self.machine, stop.cause.rule
        machine.hold_up(now)
        self.stop = stop
        self._changed()
        stop.began_s = now
        machine.withdraw()
        machine.stops.began(stop.cause, now)
        if isinstance(rule, Failure):
            if machine.first_failure_s is None:
                machine.first_failure_s = machine.operated_s
            self._spoil(rule, now)
            if rule.accepts_part:
                machine.offer()
        needs = needed(rule.crew)
        if not needs:
            self._attend(stop, now)
        else:
            stop.request = machine.board.ask(now, needs, rule.priority, lambda at: self._attend(stop, at), machine)

    def _spoil(self, rule: Failure, now: float) -> None:
        """What becomes of the part in work."""
        if rule.part == "resume" or not self.machine.is_working():
            return
        if rule.part == "restart":
            self.machine.restart_work()
        else:
            self.machine.scrap_in_work(now)

    def _attend(self, stop: Stop, now: float) -> None:
        if self.stop is not stop:
            return
        stop.served_s = now
        stop.cause.waits.add((now - stop.began_s) / H)
        trace = self.machine.line.run.trace
        if trace is not None:
            trace.served(self.machine, now)
        ends_s = now + stop.cause.length_s()
        stop.tick = self.machine.clock.at(ends_s, ENDS + self.machine.order, self._ends)

    def _ends(self, tick: Tick) -> None:
        stop, machine = self.stop, self.machine
        if stop is None or tick != stop.tick:
            return
        now = machine.clock.now
        self.stop = None
        self._changed()
        machine.touch()
        assert stop.served_s is not None
        stop.cause.lengths.add((now - stop.served_s) / H)
        if stop.request is not None:
            machine.board.release(now, stop.request)
        machine.stops.done(stop.cause, now)
        machine.station.ready.pop(machine, None)
        target = machine.outlet.waits_for()
        if target is not None and target >= 0:
            machine.line.stir(target)
        self.next(now)
        if self.stop is None:
            machine.after_stop(now)

    def clear(self, now: float) -> None:
        """The machine is taken out: nothing stops it any more."""
        if self.stop is not None and self.stop.request is not None:
            self.machine.board.release(now, self.stop.request)
        self.stop = None
        self.due.clear()
        self._changed()
