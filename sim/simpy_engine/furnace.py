"""A furnace: K places that move on together by one stroke, with heat to hold and to win back.

A part is charged at the end of a stroke, at least ``charge_every`` strokes after the last one, or at once into an
empty furnace; it leaves at the end of stroke ``places``. While the exit is blocked, or the furnace has failed,
nothing moves or enters. A pusher (``gaps: false``) moves only when a part is charged. After a stop in which it held
its temperature the furnace heats up for ``from_hold`` hours, after being off or installed for ``cold`` hours.
"""

from __future__ import annotations

from collections import deque

from sim.program import MachineProgram, Rig
from sim.simpy_engine.clock import ENDS, Tick
from sim.simpy_engine.machine import BLOCKED, HEAT_UP, PROCESSING, STARVED, Machine
from sim.simpy_engine.station import Part, Station


class Furnace(Machine):
    """One furnace of a running line."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        self._inside: deque[tuple[Part, int]] = deque()  # part and the stroke at whose end it leaves
        self._stroke = 0
        self._last_charge = -(10**9)
        self._stroking = False
        self._heating: Tick | None = None
        self._owed_s = 0.0  # heat-up not yet finished
        super().__init__(station, number, program)

    # strokes

    def is_free(self) -> bool:
        """Return whether the furnace stands between two strokes."""
        held_up = self.off or self.down or self._stops_due or self.installing or self._heating
        return not (self._stroking or self.out or held_up)

    def takes_at_once(self) -> bool:
        """A part that arrives enters at once if the furnace may be charged now."""
        return self._may_charge()

    def _may_charge(self) -> bool:
        if self._swap is not None:
            return False
        return not self._inside or self._stroke - self._last_charge >= self.rig.charge_every

    def load(self, now: float) -> bool:
        """Charge a part if there is one, and start the next stroke; every furnace gets its turn."""
        part = self.station.next_part(now) if self._may_charge() else None
        if part is not None:
            part.setup_began_s = part.setup_ended_s = None
            self.station.started(part, now)
            self._inside.append((part, self._stroke + self.rig.places))
            self._last_charge = self._stroke
        moves_empty = self.rig.gaps or self._swap is not None
        if self._inside and (part is not None or moves_empty):
            del self.station.ready[self]
            self.station.line.touched[self] = None
            self._stroking = True
            pace_s = self.rig.pace_s * self.rig.cycle_factor
            self._left_s = self._whole_s = pace_s * self.ages.cycle_time * self._ramp_up(now)
            self.carry_on(now)
        return True

    def _is_active(self) -> bool:
        return self._stroking

    def _is_empty(self) -> bool:
        return not (self._inside or self.out or self._stroking)

    def _may_run(self) -> bool:
        return super()._may_run() and self._heating is None

    def _finish(self, now: float) -> None:
        self._stroking = False
        self._stroke += 1
        if self._inside and self._inside[0][1] <= self._stroke:
            part, _ = self._inside.popleft()
            self.planned_s += self.rig.pace_s * self.rig.cycle_factor * self.rig.charge_every
            self._pass_on(part, now)
            self._units_done(1, now)
        else:
            self._next_stop(now)
            self._free_again(now)

    def parts(self) -> list[Part]:
        """Return the parts inside, and one that waits at the exit."""
        return [*(part for part, _ in self._inside), *(part for part, _ in self.out)]

    # heat

    def _heat(self, seconds: float, now: float) -> None:
        """Heat up before anything moves again; at least as long as the heat-up broken off."""
        self._owed_s = max(self._owed_s, seconds)
        if self._owed_s > 0 and not (self.off or self.down or self.installing):
            self._heating = self.clock.at(now + self._owed_s, ENDS + self.order, self._hot)
            self.station.ready.pop(self, None)
            self.station.line.touched[self] = None

    def _hot(self, tick: Tick) -> None:
        if tick is not self._heating:
            return
        now = self.clock.now
        self._heating = None
        self._owed_s = 0.0
        self.station.line.touched[self] = None
        super()._after_stop(now)

    def _cool(self) -> None:
        """A stop breaks off a heat-up; it starts again afterwards."""
        self._heating = None

    def pause(self, now: float) -> None:
        """Stop the stroke under way, and a heat-up."""
        self._cool()
        super().pause(now)

    def _after_stop(self, now: float) -> None:
        self._heat(self.rig.heat_up_from_hold_s, now)
        super()._after_stop(now)

    def shift_begins(self, now: float) -> None:
        """Heat up if need be, then go on where the last shift stopped."""
        self.off = False
        rig = self.rig
        self._heat(rig.heat_up_from_hold_s if rig.hold_off_shift else rig.heat_up_cold_s, now)
        super().shift_begins(now)

    def _commission(self, rig: Rig) -> None:
        self._cool()
        self._owed_s = 0.0
        super()._commission(rig)
        self._stroke, self._last_charge = 0, -(10**9)
        self._heat(rig.heat_up_cold_s, self.clock.now)

    def state(self) -> int:
        """Return the state the furnace is in, by what holds it up most."""
        above = super().state()
        if above not in (BLOCKED, STARVED):
            return above
        if self._heating is not None:
            return HEAT_UP
        if self.out:
            return BLOCKED
        return PROCESSING if self._stroking else STARVED
