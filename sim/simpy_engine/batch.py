"""A batch machine: a charge of parts is worked on together (heat treatment, washing, painting)."""

from __future__ import annotations

from sim.program import SHARED, MachineProgram
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.station import Part, Station


class BatchMachine(Machine):
    """Starts when ``min_load`` parts wait or the oldest has waited long enough; none joins later."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        super().__init__(station, number, program)
        self._charge: list[Part] = []
        self.charges = 0
        self.charged = 0

    def load(self, now: float) -> bool:
        """Start a charge if enough parts wait; return whether the next machine may try too."""
        station, rig = self.station, self.rig
        waiting = len(station.queue)
        if station.saturated:
            waiting = rig.capacity
        elif waiting == 0 or (waiting < rig.min_load and now < station.queue[0].entered_s + rig.max_wait_s):
            return False
        charge = [station.next_part(now) for _ in range(min(waiting, rig.capacity))]
        self._charge = [part for part in charge if part is not None]
        if not self._charge:
            return False
        del station.ready[self]
        station.line.touched[self] = None
        self._take(self._charge[0], now)
        return True

    def takes_at_once(self) -> bool:
        """A part alone starts a charge only if one part is a load."""
        return self.rig.min_load == 1

    def _begin_work(self, now: float) -> None:
        for part in self._charge[1:]:
            part.setup_began_s = part.setup_ended_s = None
            self.station.started(part, now)
        super()._begin_work(now)

    def _finish(self, now: float) -> None:
        charge, self._charge = self._charge, []
        self.part = None
        self.charges += 1
        self.charged += len(charge)
        self.planned_s += self._planned_s.get(charge[0].product, self._planned_s.get(SHARED, 0.0))
        for part in charge:
            self._pass_on(part, now)
        self._units_done(len(charge), now)

    def _scrap_in_work(self, now: float) -> None:
        charge, self._charge = self._charge, []
        self.part = None
        for part in charge:
            self._scrap(part, now)

    def parts(self) -> list[Part]:
        """Return the parts of the charge in work, and those finished."""
        return [*self._charge, *(part for part, _ in self.out)]

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        super().reset(now)
        self.charges = self.charged = 0
