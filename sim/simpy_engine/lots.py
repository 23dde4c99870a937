"""Stations where parts become other parts: assembly, splitting a part into pieces, joining the pieces of a lot."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.program import StationProgram
from sim.simpy_engine.machine import EMPTY, Machine
from sim.simpy_engine.part import Giver, Part
from sim.simpy_engine.station import Station

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun


class Kits:
    """Parts that wait, in a queue for each product."""

    def __init__(self, inputs: dict[str, int]) -> None:
        self._inputs = inputs
        self.of: dict[str, deque[Part]] = {product: deque() for product in inputs}

    def append(self, part: Part) -> None:
        """Add a part."""
        self.of[part.product].append(part)

    def popleft(self) -> Part:
        """Return a part of the first product."""
        return next(q for q in self.of.values() if q).popleft()

    def __len__(self) -> int:
        return sum(map(len, self.of.values()))

    def __iter__(self) -> Iterator[Part]:
        return (part for queue in self.of.values() for part in queue)


class AssemblyStation(Station):
    """Takes several parts together, ``{product: quantity}``, each from its own places in front."""

    def __init__(self, line: LineRun, index: int, program: StationProgram) -> None:
        super().__init__(line, index, program)
        self.inputs = program.machines[0].rig.inputs
        self.places = program.buffers
        self.kits = Kits(self.inputs)
        self.queue = self.kits

    def room_for(self, part: Part) -> bool:
        """Return whether the part's product has a place."""
        kept = sum(p.product == part.product for p in self._kept)
        return len(self.kits.of[part.product]) + kept < self.places[part.product] and (
            not self.one_lot or self._clear_for(part.lot)
        )

    def _place_to_keep(self, part: Part) -> bool:
        return self.room_for(part)

    def helped_by(self, product: str, lots: bool) -> bool:
        """Return whether an arrival of a product finds a place, or is missing for a kit."""
        here = len(self.kits.of[product]) + sum(part.product == product for part in self._kept)
        return here < self.places[product] or self._there(product) < self.inputs[product]

    def accepts_arrival(self, part: Part) -> bool:
        """Return whether an arriving part finds a place."""
        ahead = sum(g.may_give() and g.offered_part().product == part.product for g in self.waiting)
        return len(self.kits.of[part.product]) + ahead < self.places[part.product]

    def has_part(self) -> bool:
        """Return whether all that is needed is there."""
        return all(self._there(product) >= number for product, number in self.inputs.items())

    def _there(self, product: str) -> float:
        waiting = sum(1 for giver in self._givers(product))
        fed = sum(feed.left() for feed in self.feeds if feed.products == [product])
        return len(self.kits.of[product]) + waiting + fed

    def feed(self, now: float) -> None:
        """Let saturated sources of several products give, in their order, until their share of a kit is there."""
        for feed in self.feeds:
            own = [p for p in feed.products if p in self.inputs]
            while len(feed.products) > 1 and any(self._there(p) < self.inputs[p] for p in own):
                product = feed.upcoming()
                if product is None or len(self.kits.of[product]) >= max(self.places[product], self.inputs[product]):
                    break
                self._enter(feed.take(now), now)

    def _givers(self, product: str) -> list[Giver]:
        return [g for g in self.waiting if not g.keeps and g.may_give() and g.offered_part().product == product]

    def next_product(self) -> str | None:
        """Return the product that comes out next; None if something is missing."""
        return next(iter(self.inputs)) if self.has_part() else None

    def take_kit(self, now: float) -> list[Part]:
        """Return the parts of one kit, in the order of the inputs."""
        return [self._take(product, now) for product, number in self.inputs.items() for _ in range(number)]

    def _take(self, product: str, now: float) -> Part:
        queue = self.kits.of[product]
        if queue:
            part = queue.popleft()
            self.queued.left(part.entered_s, now)
            if self.waiting:
                self._refill_behind(part, now)
            return part
        for giver in self._givers(product):
            return self._from_hand(giver, now)
        feed = next(feed for feed in self.feeds if feed.products == [product] and feed.left())
        part = feed.take(now)
        self.take_in(part, now)
        return part

    def enough_wait(self, parts: int) -> bool:
        """Return whether so many kits wait."""
        return all(self._there(product) >= parts * number for product, number in self.inputs.items())


class AssemblyMachine(Machine):
    """Makes one part of the first input and what goes into it."""

    def load(self, now: float) -> bool:
        """Take a kit and begin."""
        station = self.station
        assert isinstance(station, AssemblyStation)
        if station.feeds:
            station.feed(now)
        if not station.has_part():
            return False
        if not self.may_start(now):
            return True
        kit = station.take_kit(now)
        part = kit[0]
        station.number.change(now, 1 - len(kit))
        self.line.merge(kit[1:], now)
        part.bad = any(p.bad for p in kit)
        part.home = next((p.home for p in kit if p.home is not None), None)
        part.product = self.rig.output or part.product
        station.ready.pop(self, None)
        self.touch()
        self.place(part, now)
        return True

    def takes_at_once(self) -> bool:
        """A part that arrives waits for the others."""
        return False


class JoinStation(Station):
    """Takes so many pieces of one lot together."""

    def complete(self, pieces: int) -> list[Part] | None:
        """Return the pieces of the first lot that is complete; None if there is none."""
        lots: dict[object, list[Part]] = {}
        for part in self.queue:
            lot = lots.setdefault(("lot", part.lot) if part.of_lot else ("product", part.product), [])
            lot.append(part)
            if len(lot) == pieces:
                return lot
        return None

    def feed(self, pieces: int, now: float) -> None:
        """Let a saturated source give until a lot is complete."""
        feed = self._feed()
        while feed is not None and self.complete(pieces) is None:
            if 1 < feed.lot_size < pieces:
                return  # none of its lots would ever be complete
            self._enter(feed.take(now), now)
            feed = self._feed()

    def has_part(self) -> bool:
        """Return whether a lot is complete."""
        pieces, feed = self.machines[0].rig.pieces, self._feed()
        fed = feed is not None and not 1 < feed.lot_size < pieces
        return fed or self.complete(pieces) is not None

    def pick(self, chosen: list[Part], now: float) -> None:
        """Take certain parts out of the buffer."""
        rest = [part for part in self.queue if part not in chosen]
        while self.queue:
            self.queue.popleft()
        for part in rest:
            self.queue.append(part)
        for part in chosen:
            self.queued.left(part.entered_s, now)
        if self.waiting:
            self._refill_behind(chosen[0], now)

    def enough_wait(self, parts: int) -> bool:
        """Return whether a lot is complete."""
        return self.has_part()


class JoinMachine(Machine):
    """Makes one part of the pieces of a lot."""

    def load(self, now: float) -> bool:
        """Take the pieces of a complete lot and begin."""
        station, pieces = self.station, self.rig.pieces
        assert isinstance(station, JoinStation)
        if station.feeds:
            station.feed(pieces, now)
        chosen = station.complete(pieces)
        if chosen is None:
            return False
        if not self.may_start(now):
            return True
        station.pick(chosen, now)
        part = self._joined(chosen, now)
        station.ready.pop(self, None)
        self.touch()
        self.place(part, now)
        return True

    def _joined(self, pieces: list[Part], now: float) -> Part:
        """Return what the pieces become: the part they were split from if all are there, else the first of them."""
        first = pieces[0]
        whole, number = first.parent or (first, 0)
        bad = any(part.bad for part in pieces)
        home = next((part.home for part in pieces if part.home is not None), None)
        self.station.number.change(now, 1 - len(pieces))
        self.line.merge(pieces[1:], now)
        if first.parent is not None and number == len(pieces):
            whole.entered_s = first.entered_s
            whole.visits = first.visits
            first = whole
        elif first.parent is not None:
            first.lot, first.of_lot, first.parent = whole.lot, whole.of_lot, whole.parent
        first.bad, first.home = bad, home
        first.product = self.rig.output or first.product
        return first

    def takes_at_once(self) -> bool:
        """A piece that arrives waits for the others."""
        return self.rig.pieces == 1


class SplitMachine(Machine):
    """Makes several parts of one."""

    def _blocks_before_service(self) -> bool:
        return False

    def _over(self, now: float) -> None:
        whole, self.part = self.part, None
        self.phase = EMPTY
        assert whole is not None
        pieces = self.line.split(whole, self.rig.pieces, self.rig.output or whole.product, now)
        self.station.number.change(now, len(pieces) - 1)
        for piece in pieces:
            self.outlet.pass_on(piece, now)
        self._units_done(1, now)
