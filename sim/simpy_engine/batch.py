"""Machines that hold several parts: batch machines (heat treatment, washing, painting) and vehicles."""

from __future__ import annotations

from sim.program import MachineProgram, Rig
from sim.simpy_engine.machine import AWAY, EMPTY, Machine
from sim.simpy_engine.part import Part
from sim.simpy_engine.station import Station


class BatchMachine(Machine):
    """Starts when ``min_load`` parts wait or the oldest has waited long enough; none joins later."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        super().__init__(station, number, program)
        self._charge: list[Part] = []
        self.charges = 0
        self.charged = 0

    def _blocks_before_service(self) -> bool:
        return False

    def load(self, now: float) -> bool:
        """Start a charge if enough parts wait; return whether the next machine may try too."""
        station, rig = self.station, self.rig
        if not self.may_start(now):
            return True
        there = self._there()
        if not self._enough(there, now):
            return True  # for the next it may be enough
        charge = self._charge = []
        while len(charge) < min(there, rig.capacity) and (part := station.next_part(now)) is not None:
            charge.append(part)  # one by one: each is seen by line clearance
        if not charge:
            return False
        number = station.line.next_batch()
        for part in charge[1:]:
            part.started_s = part.finished_s = part.setup_began_s = part.setup_ended_s = None
        del station.ready[self]
        self.touch()
        self.place(charge[0], now)
        for part in charge:
            part.batch = number
        if self.heating:
            self.heating.charged(now)
        return True

    def _enough(self, there: int, now: float) -> bool:
        station, rig = self.station, self.rig
        return there >= rig.min_load or (len(station.queue) > 0 and now >= station.oldest_s() + rig.max_wait_s)

    def would_begin(self, now: float) -> bool:
        """Return whether a charge would be started by the rules, were the machine ready."""
        return self._enough(self._there(), now) and super().would_begin(now)

    def _there(self) -> int:
        """Return how many parts a charge finds: in front, or where there are no places, blocked before it."""
        station = self.station
        if station.feeds and station.next_product() is not None:
            return self.rig.capacity
        before_it = sum(giver.may_give() and not giver.keeps for giver in station.waiting) if station.buffer == 0 else 0
        return len(station.queue) + before_it

    def may_begin_later(self) -> bool:
        """Return whether a charge will be started when its oldest part has waited long enough."""
        queue, longest_s = self.station.queue, self.rig.max_wait_s
        waits = len(queue) > 0 and self.clock.now < self.station.oldest_s() + longest_s < float("inf")
        return super().may_begin_later() or (waits and self.is_empty())

    def takes_at_once(self) -> bool:
        """A part alone starts a charge only if one part is a load."""
        return self.rig.min_load == 1

    def _started(self, part: Part, now: float) -> None:
        for each in self._charge:
            super()._started(each, now)
        if self.heating:
            self.heating.inside(self._charge, self._whole_s, now)

    def _finish(self, now: float) -> None:
        for part in self._charge:
            part.finished_s = now
        super()._finish(now)

    def _over(self, now: float) -> None:
        charge, self._charge = self._charge, []
        self.part, self.phase = None, EMPTY
        if self.heating:
            self.heating.inside([], 0.0, now)
        self.charges += 1
        self.charged += len(charge)
        for part in charge:
            self.outlet.pass_on(part, now)
        self._units_done(len(charge), now)

    def scrap_in_work(self, now: float) -> None:
        """A failure spoils the whole charge."""
        charge, self._charge = self._charge, []
        if self.heating:
            self.heating.inside([], 0.0, now)
        self.part, self.phase = None, EMPTY
        for part in charge:
            self.outlet.scrap(part, now)

    def parts(self) -> list[Part]:
        """Return the parts of the charge in work, and those finished."""
        return [*self._charge, *(part for part, _ in self.out)]

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        super().reset(now)
        self.charges = self.charged = 0


class Vehicle(BatchMachine):
    """Takes up to ``capacity`` parts along, hands them over, comes back empty."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        super().__init__(station, number, program)
        self._owes_return = False
        self._returning = self._open(self.rig.return_s, "return")

    def commission(self, rig: Rig, now: float) -> None:
        """A new vehicle starts at the near end."""
        super().commission(rig, now)
        self._owes_return = False
        self._returning = self._open(self.rig.return_s, "return")

    def _finish(self, now: float) -> None:
        if self.phase == AWAY:
            self.phase = EMPTY
            self._units_done(0, now)
        else:
            super()._finish(now)

    def _over(self, now: float) -> None:
        self._owes_return = bool(self.rig.return_s)
        super()._over(now)

    def free_again(self, now: float) -> None:
        """Drive back once the last part has been handed over."""
        if self._owes_return and self.phase == EMPTY and not self.out:
            self._owes_return = False
            self._begin(AWAY, self._returning.draw(), {}, now)
            return
        super().free_again(now)

    def is_free(self) -> bool:
        """Return whether the vehicle stands at the near end without a part."""
        return self.phase == EMPTY and not self._owes_return and super().is_free()

    def scrap_in_work(self, now: float) -> None:
        """What is spoilt on the way leaves; the vehicle drives back."""
        self._owes_return = bool(self.rig.return_s)
        super().scrap_in_work(now)
