"""Working windows: machines pause at their end, or finish what they have begun, and go on with the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calendar import Calendar
from sim.simpy_engine.clock import ENDS, STOPS
from sim.arrivals import FAR_S

if TYPE_CHECKING:
    from datetime import datetime

    from sim.simpy_engine.clock import Clock
    from sim.simpy_engine.machine import Machine

NEVER = float("inf")


class Shift:
    """The windows of one calendar, for the machines that keep them."""

    def __init__(self, calendar: Calendar, clock: Clock, start: datetime, rank: int) -> None:
        self.closes_s = NEVER
        self._clock = clock
        self._rank = rank
        self._windows = calendar.windows(start, FAR_S)
        self._machines: list[Machine] = []

    def begin(self, machines: list[Machine]) -> None:
        """Start with the run."""
        self._machines = machines
        for machine in machines:
            machine.shift = self
        opens, self.closes_s = next(self._windows, (NEVER, NEVER))
        if opens > 0.0:
            for machine in machines:
                machine.shift_ends(0.0)
            self._clock.at(opens, ENDS + self._rank, lambda _: self._open())
        else:
            self._clock.at(self.closes_s, STOPS + self._rank, lambda _: self._close())

    def allows(self, machine: Machine, now: float) -> bool:
        """Return whether a machine may start its next part: not too late, and with ``fit`` only what ends in time."""
        rig = machine.rig
        if rig.no_start_within_s and self.closes_s - now < rig.no_start_within_s:
            return False
        product = machine.station.next_product()
        if rig.shift_end != "fit" or product is None:
            return True
        return now + machine.times.beforehand_s(machine.setup_for, product, now) <= self.closes_s

    def _open(self) -> None:
        for machine in sorted(self._machines, key=lambda m: m.turn):  # people go on in the order of asking
            machine.shift_begins(self._clock.now)
        self._clock.at(self.closes_s, STOPS + self._rank, lambda _: self._close())

    def _close(self) -> None:
        for machine in self._machines:
            machine.shift_ends(self._clock.now)
        opens, self.closes_s = next(self._windows, (NEVER, NEVER))
        if opens < NEVER:
            self._clock.at(opens, ENDS + self._rank, lambda _: self._open())
