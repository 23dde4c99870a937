"""Standby: a machine without work switches down after a while, and starts up when enough parts wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.equipment import Standby
from sim.account import STATE
from sim.simpy_engine.clock import ENDS, STOPS, Tick

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine

STARVED, STANDBY, START_UP, OFF = (STATE[s] for s in ("starved", "standby", "start_up", "off"))


class Sleep:
    """One machine's standby."""

    def __init__(self, machine: Machine, rule: Standby) -> None:
        self.machine = machine
        self.rule = rule
        streams, place = machine.line.run.streams, machine.station.place
        self._after = streams.open(rule.after_s, place, "standby after", machine.name)
        self._start_up = streams.open(rule.start_up_s, place, "start-up", machine.name)
        self.down: int | None = None  # STANDBY or OFF
        self._starting: Tick | None = None
        self._idle: Tick | None = None
        self.starts = 0

    @property
    def asleep(self) -> bool:
        """Return whether the machine takes no part now."""
        return self.down is not None

    @property
    def starting(self) -> bool:
        """Return whether it starts up."""
        return self._starting is not None

    def state(self) -> int:
        """Return the state of a machine without a part."""
        if self.down is None:
            return STARVED
        return START_UP if self._starting is not None else self.down

    def idle(self, now: float) -> None:
        """The machine is ready and has no part: count the time."""
        machine = self.machine
        if self._idle is None:
            self._idle = machine.clock.at(now + self._after.draw(), STOPS + machine.order, self._time_out)

    def busy(self) -> None:
        """The machine is ready without a part no longer."""
        self._idle = None

    def _time_out(self, tick: Tick) -> None:
        if tick == self._idle:
            self._idle = None
            self.go_down(STANDBY)

    def go_down(self, state: int) -> None:
        """Switch down; wake at once if enough parts wait already."""
        self.down = state
        self.machine.withdraw()
        self.machine.station.sleepers[self.machine] = None
        self.machine.line.stir(self.machine.station.index)

    def wake(self, now: float) -> None:
        """Start up."""
        machine = self.machine
        machine.touch()
        self._starting = machine.clock.at(now + self._start_up.draw(), ENDS + machine.order, self._up)

    def _up(self, tick: Tick) -> None:
        if tick != self._starting:
            return
        self._starting = None
        self.down = None
        self.starts += 1
        self.machine.station.sleepers.pop(self.machine, None)
        self.machine.touch()
        self.machine.offer()

    def broken_off(self) -> None:
        """A stop or the end of the shift breaks off a start-up; it begins anew afterwards."""
        self._starting = None

    def silence(self) -> None:
        """The machine is taken out: what its standby waits for does not come."""
        self._idle = self._starting = None

    def may_wake(self, now: float) -> bool:
        """Return whether nothing but sleep holds the machine up: awake, it would take what waits."""
        machine = self.machine
        held = machine.off or machine.downtime.stop or machine.renewal.pending or machine.renewal.installing
        return self._starting is None and not held and machine.would_begin(now)
