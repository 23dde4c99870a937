"""A station: a buffer, the machines behind it, and how parts move in and on.

Blocking after service: a finished part stays on its machine until the next buffer has a place; those who wait hand
over in the order in which they blocked. A failed machine keeps its blocked part and is passed over, unless its
failure says otherwise. A place may also be kept for a part that comes later (on its way, or before service begins).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING

from sim.program import StationProgram
from sim.simpy_engine.clock import STOPS
from sim.simpy_engine.part import Giver, Part
from sim.simpy_engine.queues import first_of, queue_of
from sim.tally import Levels, Presence, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.source import Feed
    from sim.simpy_engine.stops import Cause


class Station:
    """One station of a running line."""

    # Slots for speed, as in a machine (renewline bench).
    __slots__ = (
        "_chance", "_kept", "_route", "_taking", "_turn", "bit", "buffer", "choose", "coming", "feeds", "index",
        "inspected_ahead", "kind", "line", "machines", "name", "number", "one_lot", "only", "parameters",
        "place", "plain", "queue", "queued", "ready", "retired", "routes", "sleepers", "waiting", "waits",
        "working",
    )  # fmt: skip

    def __init__(self, line: LineRun, index: int, program: StationProgram) -> None:
        self.line: LineRun = line
        self.index = index
        self.bit = 1 << index
        self.plain = type(self) is Station and not program.one_lot  # whether only the number in front counts
        self.name = program.name
        self.kind = program.kind
        self.parameters = program.parameters
        self.place: str = f"{line.name}/{program.name}"
        self.buffer = program.buffer
        self.routes = program.routes
        self.one_lot = program.one_lot
        self.inspected_ahead = program.inspected_ahead
        self.choose = program.choose
        self.queue = queue_of(program.queue, line.program.priority, index)
        self.waiting: deque[Giver] = deque()
        self.coming = 0  # parts that a place is kept for,
        self._kept: list[Part] = []  # and which
        self._taking: Part | None = None  # on its way to a machine that still counts as ready
        self.ready: dict[Machine, None] = {}  # in the order in which they became idle
        self.machines: list[Machine] = []
        self.sleepers: dict[Machine, None] = {}  # machines in standby
        self.feeds: list[Feed] = []  # saturated sources that give here
        self.retired: list[Cause] = []  # causes of equipment that was renewed, for the statistics
        streams = line.run.streams
        self._route = streams.uniform(self.place, "route")
        self._chance = streams.uniform(self.place, "machine") if program.choose == "random" else None
        self._turn: dict[str, int] = {}
        self.only = {p: way.targets[0] for p, way in program.routes.items() if len(way.targets) == 1}
        self.queued = Presence()
        self.number = Levels()
        self.working = Levels()
        self.waits = Sample()

    # parts come in

    def accept(self, part: Part, giver: Giver, now: float) -> bool:
        """Take the part into the buffer, or note who waits for a place; return whether it went in."""
        if self.ready or self.sleepers:
            self.line.stirred |= self.bit
        if len(self.queue) + self.coming < self.buffer if self.plain else self.room_for(part):
            self._enter(part, now)
            return True
        self.waiting.append(giver)
        return False

    def room_for(self, part: Part) -> bool:
        """Return whether the buffer has a place for the part."""
        return len(self.queue) + self.coming < self.buffer and (not self.one_lot or self._clear_for(part.lot))

    def keep_place(self, part: Part, giver: Giver, now: float) -> bool:
        """Keep a place, or a ready machine, for a part that comes later; else note who waits for one."""
        if self._place_to_keep(part) and not any(giver.keeps and giver.may_give() for giver in self.waiting):
            self._keep(part)
            return True
        self.waiting.append(giver)
        self.line.stirred |= self.bit
        return False

    def _place_to_keep(self, part: Part) -> bool:
        if self.one_lot and not self._clear_for(part.lot):
            return False
        return len(self.queue) + self.coming < self.buffer + len(self.ready) - (self._taking is not None)

    def takes_kept(self) -> bool:
        """Return whether a part finds the place that was kept for it: a machine may have failed meanwhile."""
        return len(self.queue) < self.buffer + len(self.ready)

    def _keep(self, part: Part) -> None:
        self.coming += 1
        self._kept.append(part)

    def arrive(self, part: Part, now: float) -> None:
        """A part comes for which a place was kept."""
        self.coming -= 1
        self._kept.remove(part)
        self.line.stirred |= self.bit
        self._enter(part, now)

    def _enter(self, part: Part, now: float) -> None:
        self.take_in(part, now)
        self.queue.append(part)
        if self.kind == "batch":
            self._look_again(now)

    def put(self, part: Part, now: float) -> None:
        """Put a part in front at the start of the run."""
        self._enter(part, now)

    def keep_no_more(self, part: Part) -> None:
        """A part for which a place was kept will not come."""
        self.coming -= 1
        self._kept.remove(part)
        self.line.stir(self.index)

    def take_in(self, part: Part, now: float) -> None:
        """A part is here from now on, in the buffer or on a machine."""
        part.entered_s = now
        if self.line.loops:
            visits = part.visits = part.visits or {}
            visits[self.index] = visits.get(self.index, 0) + 1
        self.number.change(now, 1)

    def _look_again(self, now: float) -> None:
        """Have a charge started when the part that entered now has waited longest."""
        for wait_s in {m.rig.max_wait_s for m in self.machines}:
            if wait_s < float("inf"):
                order = STOPS + self.machines[0].order
                self.line.clock.at(now + wait_s, order, lambda _: self.line.stir(self.index))

    def helped_by(self, product: str, lots: bool) -> bool:
        """Return whether an arrival may change anything where nothing moves; ``lots``: it may be of a lot here."""
        if self.one_lot and (self.queue or self._kept or any(m.parts() for m in self.machines)):
            return lots
        return len(self.queue) + self.coming < self.buffer or (bool(self.ready) and not self.waiting)

    def accepts_arrival(self, part: Part) -> bool:
        """Return whether an arriving part finds a place in the buffer or a machine that takes it at once."""
        if self.one_lot and not self._clear_for(part.lot):
            return False
        at_once = sum(m.takes_at_once() for m in self.ready)
        before_it = len(self.queue) + self.coming + sum(giver.may_give() for giver in self.waiting)
        return before_it < self.buffer + at_once

    def _clear_for(self, lot: int) -> bool:
        """Line clearance: return whether only parts of this lot are here."""
        taking = [self._taking] if self._taking is not None else []
        return all(part.lot == lot for part in (*self.present(), *self._kept, *taking))

    # machines take parts

    def pull(self, now: float) -> None:
        """Step 4 of an instant: ready machines take parts, then places are filled from behind."""
        if self.ready:
            passed = False  # whether a machine has left the first part to others: it may take the next
            for machine in list(self.ready) if self.choose == "longest_idle" else self._in_order():
                if not machine.load(now):
                    break
                if machine in self.ready:
                    passed = True
                elif passed:
                    self.line.stirred |= self.bit
        if self.waiting:
            waited = len(self.waiting)
            self._refill(now)
            if self.ready and len(self.waiting) < waited:
                self.line.stirred |= self.bit  # what came in now may make a charge, or a lot, complete
        if self.sleepers:
            self._wake(now)

    def _wake(self, now: float) -> None:
        """Have machines start up from standby, one for every so many parts that wait."""
        starting = sum(m.sleep is not None and m.sleep.starting for m in self.sleepers)
        for machine in list(self.sleepers):
            sleep = machine.sleep
            if sleep is None or not sleep.may_wake(now):
                continue
            if not self.enough_wait((starting + 1) * sleep.rule.wake_at_parts):
                return
            starting += 1
            sleep.wake(now)

    def enough_wait(self, parts: int) -> bool:
        """Return whether so many parts wait, in the buffer or blocked before it."""
        places = self.buffer + len(self.ready) + 1 - len(self.queue) - self.coming  # with one machine more awake
        free = [g for g in self.waiting if g.may_give() and (places > 0 or not (g.keeps or self.coming))]
        blocked = sum(not self.one_lot or self._clear_for(giver.offered_part().lot) for giver in free)
        return len(self.queue) + blocked >= parts or self._feed() is not None

    def _in_order(self) -> Iterator[Machine]:
        """Yield the ready machines in the order in which they are chosen."""
        if self._chance is None:
            yield from sorted(self.ready, key=attrgetter("order"))
        else:
            left = sorted(self.ready, key=attrgetter("order"))
            while left and self.has_part():
                yield left.pop(int(self._chance.draw() * len(left)) if len(left) > 1 else 0)
            yield from left  # what moves by strokes goes on without a part

    def has_part(self) -> bool:
        """Return whether a machine would find a part."""
        return bool(self.queue) or self._waiter() is not None or self._feed() is not None

    def next_product(self) -> str | None:
        """Return the product of the part that a machine would take; None if there is none."""
        if self.queue:
            return first_of(self.queue).product
        giver = self._waiter()
        if giver is not None:
            return giver.offered_part().product
        feed = self._feed()
        return feed.upcoming() if feed else None

    def next_part(self, now: float) -> Part | None:
        """Return the part that a free machine takes: from the buffer, from who waits, or from a saturated source."""
        if self.queue:
            part = self.queue.popleft()
            self.queued.left(part.entered_s, now)
            if self.waiting:
                self._refill_behind(part, now)
            return part
        if self.waiting:
            giver = self._waiter()
            if giver is not None:
                return self._from_hand(giver, now)
        if self.feeds:
            feed = self._feed()
            if feed is not None:
                part = feed.take(now)
                self.take_in(part, now)  # to a machine, without having been in the buffer
                return part
        return None

    def _from_hand(self, giver: Giver, now: float) -> Part:
        self.waiting.remove(giver)
        part = giver.give(now)
        self.take_in(part, now)  # to a machine, without having been in the buffer
        self._taking = part
        giver.gave(now)
        self._taking = None
        return part

    def _refill_behind(self, part: Part, now: float) -> None:
        """The same, while a part that has just been taken goes to its machine."""
        self._taking = part
        self._refill(now)
        self._taking = None

    def _waiter(self) -> Giver | None:
        """Return the first of those who wait that may hand a part straight to a ready machine."""
        if self.coming and len(self.ready) - 1 < self.coming - (self.buffer - len(self.queue)):
            return None  # the ready machines are kept for parts on their way
        for giver in self.waiting:
            if giver.may_give() and not giver.keeps and (not self.one_lot or self._clear_for(giver.offered_part().lot)):
                return giver
        return None

    def _feed(self) -> Feed | None:
        """Return the saturated source that gives next."""
        for feed in self.feeds:
            if feed.upcoming() is not None and (not self.one_lot or self._clear_for(feed.upcoming_lot())):
                return feed
        return None

    def _refill(self, now: float) -> None:
        """Move parts that wait into the places that came free, and keep places for those that come later."""
        moved = True
        while moved and self.waiting:
            moved = False
            for giver in self.waiting:
                if not giver.may_give():
                    continue
                part = giver.offered_part()
                if giver.keeps and self._place_to_keep(part):
                    self.waiting.remove(giver)
                    self._keep(part)
                    giver.place_kept(now)
                elif not giver.keeps and self.room_for(part):
                    self.waiting.remove(giver)
                    self._enter(giver.give(now), now)
                    giver.gave(now)
                else:
                    continue
                moved = True
                break

    # parts move on

    def onward(self, part: Part) -> int:
        """Return where a good part goes: a station's index, or EXIT_AT, SCRAP_AT."""
        way, product = self.routes[part.product], part.product
        if len(way.targets) == 1:
            return way.targets[0]
        if not way.ends:
            turn = self._turn.get(product, 0)
            self._turn[product] = turn + 1
            return way.targets[turn % len(way.targets)]
        u = self._route.draw()
        for target, up_to in zip(way.targets, way.ends, strict=True):
            if u < up_to:
                return target
        return way.targets[-1]

    def oldest_s(self) -> float:
        """Return when the part came that has waited longest in the buffer."""
        return min(part.entered_s for part in self.queue)

    def present(self) -> list[Part]:
        """Return the parts in front and on the machines."""
        return [*self.queue, *(part for machine in self.machines for part in machine.parts())]

    def causes(self) -> list[Cause]:
        """Return the causes of stops of all machines, also of those renewed."""
        return self.retired + [cause for machine in self.machines for cause in machine.stops.causes]

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        for cause in self.causes():
            cause.reset()
        self.queued.reset(now)
        self.number.reset(now)
        self.working.reset(now)
        self.waits.reset()
