"""A furnace or conveyor: K places that move on together by one stroke; a furnace has heat to hold and to win back.

A part is charged at the end of a stroke, at least ``charge_every`` strokes after the last one, or at once into an
empty furnace; it leaves at the end of stroke ``places``. While the exit is blocked, or the furnace has failed,
nothing moves or enters. A pusher (``gaps: false``) moves only when a part is charged. After a stop in which it held
its temperature the furnace heats up for ``from_hold`` hours, after being off or installed for ``cold`` hours.
"""

from __future__ import annotations

from collections import deque

from sim.program import MachineProgram, Rig
from sim.simpy_engine.clock import ENDS, Tick
from sim.simpy_engine.machine import BLOCKED, EMPTY, HEAT_UP, PROCESSING, STARVED, WORK, Machine
from sim.simpy_engine.part import Part
from sim.simpy_engine.station import Station

LONG_AGO = -(10**9)


class Furnace(Machine):
    """One furnace of a running line; its phase is WORK during a stroke."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        self._inside: deque[tuple[Part, int]] = deque()  # part and the stroke at whose end it leaves
        self._stroke = 0
        self._last_charge = LONG_AGO
        self._heating: Tick | None = None
        self._owed_s = 0.0  # heat-up not yet finished
        super().__init__(station, number, program)

    def _blocks_before_service(self) -> bool:
        return False

    # strokes

    def is_free(self) -> bool:
        """Return whether the furnace stands between two strokes."""
        held_up = self.off or self.downtime.refuses or self.renewal.installing or self._heating
        return not (self.phase != EMPTY or self.out or held_up or (self.sleep and self.sleep.asleep))

    def takes_at_once(self) -> bool:
        """A part that arrives enters at once if the furnace may be charged now."""
        return self._may_charge()

    def _may_charge(self) -> bool:
        if self.renewal.pending or self.downtime.stop:
            return False
        return not self._inside or self._stroke - self._last_charge >= self.rig.charge_every

    def load(self, now: float) -> bool:
        """Charge a part if there is one, and start the next stroke; every furnace gets its turn."""
        part = self.station.next_part(now) if self._may_charge() else None
        if part is not None:
            part.finished_s = part.setup_began_s = part.setup_ended_s = part.batch = None
            self._started(part, now)
            self._inside.append((part, self._stroke + self.rig.places))
            self._last_charge = self._stroke
            self.touch()
            if self.heating:
                self.heating.charged(now)
        moves_empty = self.rig.gaps or self.renewal.pending is not None
        if self._inside and (part is not None or moves_empty):
            del self.station.ready[self]
            self.touch()
            stroke_s = self.rig.pace_s * self.rig.cycle_factor * self.ages.cycle_time * self.times.ramp_up(now)
            if self.heating:  # each part inside takes up its heat evenly over its strokes
                self.heating.inside([part for part, _ in self._inside], self.rig.places * stroke_s, now)
            self._begin(WORK, stroke_s, {}, now)
        return True

    def is_empty(self) -> bool:
        """Return whether nothing is inside or waits at the exit."""
        return not (self._inside or self.out or self.phase != EMPTY)

    def under_way(self) -> bool:
        """Return whether a stroke is under way, or will be without further parts."""
        goes_on = self.rig.gaps or self.renewal.pending is not None
        return super().under_way() or (len(self._inside) > 0 and not self.out and goes_on)

    def may_run(self) -> bool:
        """Return whether nothing holds up the stroke under way."""
        return super().may_run() and self._heating is None

    def _finish(self, now: float) -> None:
        self.phase = EMPTY
        self._stroke += 1
        if self._inside and self._inside[0][1] <= self._stroke:
            part, _ = self._inside.popleft()
            part.finished_s = now
            self.planned_s += self.rig.pace_s * self.rig.cycle_factor * self.rig.charge_every
            self.outlet.pass_on(part, now)
            self._units_done(1, now)
        else:
            self.downtime.next(now)
            self.free_again(now)

    def parts(self) -> list[Part]:
        """Return the parts inside, and one that waits at the exit."""
        return [*(part for part, _ in self._inside), *(part for part, _ in self.out)]

    # heat

    def _heat(self, seconds: float, now: float) -> None:
        """Heat up before anything moves again; at least as long as the heat-up broken off."""
        self._owed_s = max(self._owed_s, seconds)
        if self.heating:
            self.heating.heats_up(self._owed_s >= self.rig.heat_up_cold_s > self.rig.heat_up_from_hold_s, now)
        if self._owed_s > 0 and not (self.off or self.downtime.stop or self.renewal.installing):
            self._heating = self.clock.at(now + self._owed_s, ENDS + self.order, self._hot)
            self.withdraw()

    def _hot(self, tick: Tick) -> None:
        if tick != self._heating:
            return
        self._heating = None
        self._owed_s = 0.0
        self.touch()
        super().after_stop(self.clock.now)

    def hold_up(self, now: float) -> None:
        """Stop the stroke under way; a heat-up broken off starts again afterwards."""
        self._heating = None
        super().hold_up(now)

    def after_stop(self, now: float) -> None:
        """A stop is over: heat up, then go on."""
        self._heat(self.rig.heat_up_from_hold_s, now)
        super().after_stop(now)

    def shift_begins(self, now: float) -> None:
        """Heat up if need be, then go on where the last shift stopped."""
        self.off = False
        rig = self.rig
        self._heat(rig.heat_up_from_hold_s if rig.hold_off_shift else rig.heat_up_cold_s, now)
        super().shift_begins(now)

    def commission(self, rig: Rig, now: float) -> None:
        """A new furnace is cold."""
        self._heating = None
        self._owed_s = 0.0
        super().commission(rig, now)
        self._stroke, self._last_charge = 0, LONG_AGO
        self._heat(rig.heat_up_cold_s, now)

    def state(self) -> int:
        """Return the state the furnace is in, by what holds it up most."""
        above = super().state()
        if above in (BLOCKED, STARVED, PROCESSING) and self._heating is not None:
            return HEAT_UP
        return above
