"""Where finished parts leave a machine: are they good, which way do they go, and do they find a place there?"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sim.program import SCRAP_AT
from sim.simpy_engine.clock import ENDS
from sim.simpy_engine.part import Part

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.streams import Draws


class Outlet:
    """The way out of one machine; it holds the parts that are finished and wait for a place."""

    # Slots for speed, as in a machine (renewline bench).
    __slots__ = (
        "_bad", "_decided", "_found", "_found_bad", "_plain", "_transfer", "keeps", "line", "machine", "out",
    )  # fmt: skip

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.line = machine.station.line
        self.out: deque[tuple[Part, int]] = deque()  # part and target
        self.keeps = False
        self._decided: int | None = None  # before service
        self._found_bad = False  # the part decided on is bad, and that was found here
        self._plain = False
        self._transfer: Draws | None = None
        streams, station = self.line.run.streams, machine.station
        self._bad = streams.uniform(station.place, "scrap", machine.name)
        self._found = streams.uniform(station.place, "inspect", machine.name)

    def fit_out(self, transfer: Draws | None) -> None:
        """Put the equipment in force; ``transfer`` draws the time on the way."""
        self._transfer = transfer
        self.keeps = transfer is not None
        rig = self.machine.rig
        throws_away = any(SCRAP_AT in way.targets for way in self.machine.station.routes.values())
        self._plain = not (rig.scrap or rig.inspect or rig.per_good_unit or transfer or self.line.loops or throws_away)
        """Nothing but the way on is to be decided for a good part."""

    # before service

    def keep_place(self, part: Part, now: float) -> bool:
        """Decide where the part will go, and have a place kept there; return whether there is one."""
        self._decided = self.decide(part)
        if self._decided < 0 or self.line.stations[self._decided].keep_place(part, self, now):
            return True
        self.keeps = True
        self.line.noticed_blocked(self.machine)
        return False

    def forget(self, part: Part) -> None:
        """The part will not come where a place was kept for it."""
        if self._decided is not None and self._decided >= 0:
            self.line.stations[self._decided].keep_no_more(part)
        self._decided = None

    def waits_for(self) -> int | None:
        """Return the target of the part that waits for a place; None if none does."""
        if self.out:
            return self.out[0][1]
        return self._decided if self.machine.waits_before_service() else None

    # after work

    def decide(self, part: Part) -> int:
        """Return where a part goes: is it bad, is that found here, which way is next."""
        machine, station = self.machine, self.machine.station
        rig = machine.rig
        spoilt = bool(rig.scrap) and self._bad.draw() < rig.scrap * machine.ages.scrap
        if spoilt:
            machine.bad += 1
            part.bad = True
        if part.bad and rig.inspect is not None:
            self._found_bad = self._found.draw() < rig.inspect.detects
            if self._found_bad:
                return rig.bad_to
        elif spoilt and part.product not in station.inspected_ahead:
            return SCRAP_AT  # what came in bad goes on: nobody sees it here
        return station.onward(part)

    def pass_on(self, part: Part, now: float) -> None:
        """Count a finished part, and let it go if there is a place."""
        machine, kept = self.machine, self._decided
        machine.units += 1
        if self._plain and not part.bad and kept is None:
            target = machine.station.only.get(part.product)
            if target is None:
                target = machine.station.onward(part)
        else:
            target = self.decide(part) if kept is None else kept
            self._decided = None
            self._count(part, target, now)
        if kept is not None and kept >= 0:
            station = self.line.stations[kept]
            if station.takes_kept():
                self._leave_for(part, target, now)
                return
            station.keep_no_more(part)
        if self.out or not self._leaves(part, target, now):
            self.out.append((part, target))

    def _count(self, part: Part, target: int, now: float) -> None:
        """Count what is wrong with a part, and what a good one uses."""
        machine, rig = self.machine, self.machine.rig
        mended, self._found_bad = self._found_bad and target != SCRAP_AT, False
        sent_back = 0 <= target <= machine.station.index
        if (part.visits or {}).get(machine.station.index, 1) > 1:
            machine.repeats += 1
        elif part.bad or sent_back or target == SCRAP_AT:
            machine.first_flawed += 1
        machine.reworked += mended or sent_back
        if target == SCRAP_AT:
            machine.scrapped += 1
        elif mended:
            part.bad = False  # mended where it goes
        elif not part.bad:
            for carrier, amount in rig.per_good_unit.items():
                machine.stays.used(carrier, amount, now)

    def scrap(self, part: Part, now: float) -> None:
        """A failure has spoilt the part."""
        machine = self.machine
        machine.units += 1
        machine.bad += 1
        machine.scrapped += 1
        if (part.visits or {}).get(machine.station.index, 1) > 1:
            machine.repeats += 1
        else:
            machine.first_flawed += 1
        part.finished_s, part.bad = now, True
        self.forget(part)
        if self.out or not self._leaves(part, SCRAP_AT, now):
            self.out.append((part, SCRAP_AT))

    def hand_over(self, now: float) -> None:
        """Send finished parts on until one must wait."""
        while self.out and self._leaves(*self.out[0], now):
            self.out.popleft()

    def _leaves(self, part: Part, target: int, now: float) -> bool:
        """Let a part go if there is a place for it; return whether it has left."""
        entered_s = part.entered_s  # before the next station overwrites it
        if target < 0:
            self._gone(part, target, entered_s, now)
            self.line.leave(part, target, now)
            return True
        station = self.line.stations[target]
        if self.keeps:
            if station.keep_place(part, self, now):
                self._leave_for(part, target, now)
                return True
        elif station.accept(part, self, now):
            self._gone(part, target, entered_s, now)
            return True
        self.line.noticed_blocked(self.machine)
        return False

    def _leave_for(self, part: Part, target: int, now: float) -> None:
        """The part sets out for a place that is kept for it."""
        self._gone(part, target, part.entered_s, now)
        station = self.line.stations[target]
        travel_s = self._transfer.draw() if self._transfer is not None else 0.0
        if travel_s == 0.0:
            station.arrive(part, now)
            return
        clock, order = self.machine.clock, ENDS + self.machine.order
        self.line.on_the_way += 1
        clock.at(now + travel_s, order, lambda _: self._arrives(part, target))

    def _arrives(self, part: Part, target: int) -> None:
        self.line.on_the_way -= 1
        self.line.stations[target].arrive(part, self.machine.clock.now)

    def _gone(self, part: Part, target: int, entered_s: float, now: float) -> None:
        station = self.machine.station
        station.number.change(now, -1)
        if station.one_lot:
            station.line.stir(station.index)
        trace = self.line.run.trace
        if trace is not None:
            trace.visit(self.machine, part, target, entered_s, now)

    # who waits for a place

    def may_give(self) -> bool:
        """A failed machine keeps its blocked part, unless its failure says otherwise."""
        return not self.machine.downtime.holds

    def offered_part(self) -> Part:
        """Return the part that waits for a place."""
        if self.out:
            return self.out[0][0]
        assert self.machine.part is not None
        return self.machine.part

    def give(self, now: float) -> Part:
        """Hand the part that waited to who has a place now; :meth:`gave` must follow."""
        part, target = self.out.popleft()
        self._gone(part, target, part.entered_s, now)
        return part

    def place_kept(self, now: float) -> None:
        """A place is kept for the part that waited for one."""
        if not self.out:
            self.keeps = self._transfer is not None
            self.machine.place_is_kept(now)
            return
        part, target = self.out.popleft()
        self._leave_for(part, target, now)
        self.gave(now)

    def gave(self, now: float) -> None:
        """The part has arrived: send the next one, or be free."""
        self.machine.touch()
        self.hand_over(now)
        self.machine.free_again(now)
