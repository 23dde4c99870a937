"""A station: a buffer, the machines behind it, and how parts move in and on.

Blocking after service: a finished part stays on its machine until the next buffer has a place; those who wait
hand over in the order in which they blocked. A failed machine keeps its blocked part and is passed over.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from sim.program import StationProgram
from sim.simpy_engine.clock import STOPS
from sim.tally import Presence, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.stops import Cause


class Part:
    """One part on its way."""

    __slots__ = (
        "born_s", "entered_s", "finished_s", "number", "product", "setup_began_s", "setup_ended_s", "started_s",
    )  # fmt: skip

    def __init__(self, number: int, product: str, born_s: float) -> None:
        self.number = number
        self.product = product
        self.born_s = born_s
        self.entered_s = born_s
        self.started_s = self.finished_s = born_s
        self.setup_began_s: float | None = None
        self.setup_ended_s: float | None = None


class Giver(Protocol):
    """Who holds parts that wait for a place: a machine, or the source."""

    def may_give(self) -> bool:
        """Return whether the part may leave now."""

    def give(self, now: float) -> Part:
        """Hand over the oldest part that waits."""

    def gave(self, now: float) -> None:
        """The part handed over has arrived."""


class Station:
    """One station of a running line."""

    def __init__(self, line: LineRun, index: int, program: StationProgram) -> None:
        self.line: LineRun = line
        self.index = index
        self.name = program.name
        self.kind = program.kind
        self.place: str = f"{line.name}/{program.name}"
        self.buffer = program.buffer
        self.routes = program.routes
        self.queue: deque[Part] = deque()
        self.waiting: deque[Giver] = deque()
        self.ready: dict[Machine, None] = {}  # in the order in which they became idle
        self.machines: list[Machine] = []
        self.saturated = False
        self._route = line.run.streams.uniform(self.place, "route")
        self.retired: list[Cause] = []  # causes of equipment that was renewed, for the statistics
        self.queued = Presence()
        self.number = Presence()
        self.waits = Sample()

    # parts come in

    def room(self) -> bool:
        """Return whether the buffer has a place."""
        return len(self.queue) < self.buffer

    def accepts_arrival(self) -> bool:
        """Return whether an arriving part finds a place in the buffer or a machine that takes it at once."""
        at_once = sum(m.takes_at_once() for m in self.ready) if self.ready else 0
        before_it = len(self.queue) + sum(giver.may_give() for giver in self.waiting)
        return before_it < self.buffer + at_once

    def accept(self, part: Part, giver: Giver, now: float) -> bool:
        """Take the part into the buffer, or note who waits for a place; return whether it went in."""
        self.line.stir(self.index)
        if len(self.queue) < self.buffer:
            self._enter(part, now)
            return True
        self.waiting.append(giver)
        return False

    def _enter(self, part: Part, now: float) -> None:
        part.entered_s = now
        self.queue.append(part)
        if self.kind == "batch":
            self._look_again(now)

    def next_part(self, now: float) -> Part | None:
        """Return the part that a free machine takes: from the buffer, from who waits, or from the source."""
        if self.queue:
            part = self.queue.popleft()
            self.queued.left(part.entered_s, now)
            if self.waiting:
                self._refill(now)
            return part
        for giver in self.waiting:
            if giver.may_give():
                self.waiting.remove(giver)
                part = giver.give(now)
                part.entered_s = now
                giver.gave(now)
                return part
        return self.line.source.take(now) if self.saturated else None

    def _refill(self, now: float) -> None:
        """Move parts that wait into the places that came free."""
        while self.waiting and len(self.queue) < self.buffer:
            giver = next((g for g in self.waiting if g.may_give()), None)
            if giver is None:
                return
            self.waiting.remove(giver)
            self._enter(giver.give(now), now)
            giver.gave(now)

    def _look_again(self, now: float) -> None:
        """Have a charge started when the part that entered now has waited longest."""
        waits = {m.rig.max_wait_s for m in self.machines}
        for wait_s in waits:
            if wait_s < float("inf"):
                order = STOPS + self.machines[0].order
                self.line.clock.at(now + wait_s, order, lambda _: self.line.stir(self.index))

    # parts move on

    def pull(self, now: float) -> None:
        """Step 4 of an instant: ready machines take parts, then places are filled from behind."""
        for machine in list(self.ready):
            if not machine.load(now):
                break
        if self.waiting:
            self._refill(now)

    def started(self, part: Part, now: float) -> None:
        """Work on a part begins."""
        part.started_s = now
        self.waits.add((now - part.entered_s) / 3600.0)

    def onward(self, part: Part) -> int:
        """Return where a good part goes: a station's index, or EXIT_AT, SCRAP_AT."""
        route = self.routes[part.product]
        if len(route) == 1:
            return route[0][0]
        u = self._route.draw()
        for target, up_to in route:
            if u < up_to:
                return target
        return route[-1][0]

    def send(self, part: Part, target: int, giver: Giver, now: float) -> bool:
        """Send a part to ``target``; return whether it has left."""
        if target >= 0:
            return self.line.stations[target].accept(part, giver, now)
        self.line.leave(part, target, now)
        return True

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
        self.waits.reset()
