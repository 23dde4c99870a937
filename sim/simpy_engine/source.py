"""Where parts come from: always one (saturated), arrivals, or a closed loop of pallets.

Parts without a place wait outside, or are lost. All sources of a line number their parts together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.source import Source
from sim.arrivals import cause_of, made_of, moments
from sim.program import LineProgram, SourceProgram
from sim.simpy_engine.clock import ARRIVALS, Tick
from sim.simpy_engine.part import Part

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.station import Station

NEVER = float("inf")


class Feed:
    """One source of a running line."""

    keeps = False

    def __init__(self, line: LineRun, number: int, source: SourceProgram, program: LineProgram) -> None:
        self.line = line
        self.number = number
        self.rules: Source = source.rules
        self.to = source.to
        self.offered = self.lost = 0
        self._outside: deque[Part] = deque()
        self.products = made_of(self.rules, program)
        self.lot_size = program.lot if self.rules.product is None else self.rules.quantity
        self._mix = self._products(program)
        self._made = 0
        self.armed = False  # whether another arrival will come
        self._upcoming: tuple[str, int, bool] | None = None
        self._arrivals = moments(self.rules, number, program, line.run.program.start, line.run.streams)

    def start(self) -> None:
        """Arm the first arrival, mark the station as saturated, or put the pallets there."""
        station = self.line.stations[self.to]
        if self.rules.saturated:
            station.feeds.append(self)
        elif self.rules.pallets is not None:
            for _ in range(self.rules.pallets):
                part = self._new(0.0)
                part.home = self
                self.offered += 1
                self._come_in(part, 0.0)
        else:
            self._arm()

    # which product

    def _products(self, program: LineProgram) -> Iterator[tuple[str, int, bool]]:
        """Yield product, lot and whether the lot has several parts, of each part in turn."""
        lots, product, several = self.line.lots, self.rules.product, program.lot > 1
        if product is not None:
            while True:
                lot, size = next(lots), self.rules.quantity
                yield from ((product, lot, size > 1) for _ in range(size))
        while True:
            for drawn in program.sequence or self._drawn(program):
                lot = next(lots)
                yield from ((drawn, lot, several) for _ in range(program.lot))

    def _drawn(self, program: LineProgram) -> Iterator[str]:
        names = [name for name, _ in program.shares]
        ends = [end for _, end in program.shares]
        draws = self.line.run.streams.uniform(program.name, cause_of("mix", self.number))
        while True:
            yield names[min(bisect_right(ends, draws.draw()), len(names) - 1)]

    # when

    def _arm(self) -> None:
        self.armed = False
        limit = self.rules.count
        if limit is not None and self._made >= limit:
            return
        moment, product, quantity = next(self._arrivals, (NEVER, None, 0))
        if moment < NEVER:
            self._made += 1
            self.armed = True
            order = ARRIVALS + self.line.rank + self.number
            self.line.clock.at(moment, order, lambda tick: self._arrive(tick, product, quantity))

    def _arrive(self, _: Tick, product: str | None, quantity: int) -> None:
        now = self.line.clock.now
        lot = next(self.line.lots) if product is not None else 0
        for _number in range(quantity):
            part = self._new(now) if product is None else self.line.new_part(product, now, lot, quantity > 1)
            self.offered += 1
            if self.rules.when_full == "lost" and not self.line.stations[self.to].accepts_arrival(part):
                self.lost += 1
                self.line.turned_away(part, self.to, now)
                continue
            self._come_in(part, now)
        self._arm()

    def _come_in(self, part: Part, now: float) -> None:
        self.line.wip.change(now, 1)
        if not self.line.stations[self.to].accept(part, self, now):
            self._outside.append(part)

    # parts that are always there

    def upcoming(self) -> str | None:
        """Return the product that a saturated source gives next; None when its count is used up."""
        if self.rules.count is not None and self._made >= self.rules.count:
            return None
        return self._peek()[0]

    def left(self) -> float:
        """Return how many parts a saturated source will give yet."""
        return NEVER if self.rules.count is None else self.rules.count - self._made

    def upcoming_lot(self) -> int:
        """Return the lot of the part that a saturated source gives next."""
        return self._peek()[1]

    def _peek(self) -> tuple[str, int, bool]:
        if self._upcoming is None:
            self._upcoming = next(self._mix)
        return self._upcoming

    def take(self, now: float) -> Part:
        """Return the next part of a saturated source."""
        self._made += 1
        self.offered += 1
        self.line.wip.change(now, 1)
        return self._new(now)

    def _new(self, now: float) -> Part:
        product, lot, several = self._peek()
        self._upcoming = None
        return self.line.new_part(product, now, lot, several)

    def come_back(self, part: Part, now: float) -> None:
        """A pallet has left the line: it comes in again at once, with a new life and perhaps another product."""
        part.product, part.lot, part.of_lot = self._peek()
        self._upcoming = None
        part.born_s = now
        part.bad, part.visits, part.parent, part.fresh = False, None, None, True
        self.offered += 1
        self._come_in(part, now)

    def may_help(self, station: Station) -> bool:
        """Return whether a further arrival may set a station going in which nothing moves."""
        lots = self.line.program.lot > 1 or self.rules.quantity > 1 or bool(self.rules.arrivals_s)
        return self.armed and any(station.helped_by(product, lots) for product in self.products)

    # parts outside

    def waiting(self) -> int:
        """Return how many parts wait outside."""
        return len(self._outside)

    def may_give(self) -> bool:
        """A part outside may always come in."""
        return True

    def offered_part(self) -> Part:
        """Return the part that has waited outside longest."""
        return self._outside[0]

    def give(self, now: float) -> Part:
        """Hand over the part that has waited outside longest."""
        return self._outside.popleft()

    def gave(self, now: float) -> None:
        """Nothing follows: each part outside asks by itself."""

    def place_kept(self, now: float) -> None:
        """Never asked for: a part outside comes in at once."""

    def reset(self) -> None:
        """Count from now on."""
        self.offered = self.lost = 0
