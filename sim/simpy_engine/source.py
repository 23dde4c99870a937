"""Where parts come from: always one (saturated), arrivals, or a closed loop of pallets.

Parts without a place wait outside, or are lost. All sources of a line number their parts together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from models.source import DAY_S, Source, span_s
from sim.program import LineProgram, SourceProgram
from sim.simpy_engine.clock import ARRIVALS, Tick
from sim.simpy_engine.part import Part
from sim.simpy_engine.people import FAR_S

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.station import Station
    from sim.streams import Draws

H = 3600.0
NEVER = float("inf")
Arrived = tuple[float, str | None, int]
"""Moment, product (None: the source's), quantity."""


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
        self.products = self._made_of(program)
        self.lot_size = program.lot if self.rules.product is None else self.rules.quantity
        self._mix = self._products(program)
        self._made = 0
        self.armed = False  # whether another arrival will come
        self._upcoming: tuple[str, int, bool] | None = None
        self._arrivals = self._moments(program)

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

    def _made_of(self, program: LineProgram) -> list[str]:
        """Return the products that may come."""
        given = [getattr(row, "product", None) or self.rules.product for row in self.rules.arrivals_s or ()]
        given = given or [self.rules.product]
        ends = [0.0, *(end for _, end in program.shares)]
        shares = [(name, end - before) for (name, end), before in zip(program.shares, ends, strict=False)]
        drawn = program.sequence or [name for name, share in shares if share > 0]
        return list(dict.fromkeys(name for product in given for name in ([product] if product else drawn)))

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
        draws = self.line.run.streams.uniform(program.name, self._cause("mix"))
        while True:
            yield names[min(bisect_right(ends, draws.draw()), len(names) - 1)]

    def _cause(self, what: str) -> str:
        return f"{what} {self.number + 1}" if self.number else what

    # when

    def _moments(self, program: LineProgram) -> Iterator[Arrived]:
        rules = self.rules
        if rules.arrivals_s is not None:
            rows = [(a, None, rules.quantity) if isinstance(a, int | float) else (a.time_s, a.product, a.quantity)
                    for a in rules.arrivals_s]  # fmt: skip
            yield from sorted(rows, key=lambda row: row[0])
            return
        if rules.demand_per_h is not None:
            moments = self._even(H / rules.demand_per_h, program)
        elif rules.profile is not None:
            moments = self._by_the_hour(program)
        elif rules.interarrival_s is not None:
            moments = self._renewals(program)
        else:
            return
        yield from ((moment, None, rules.quantity) for moment in moments)

    def _renewals(self, program: LineProgram) -> Iterator[float]:
        rules, streams = self.rules, self.line.run.streams
        assert rules.interarrival_s is not None
        between: Draws = streams.open(rules.interarrival_s, program.name, self._cause("interarrival"))
        first = between
        if rules.first_s is not None:
            first = streams.open(rules.first_s, program.name, self._cause("first arrival"))
        now = first.draw()
        while True:
            yield now
            now += between.draw()

    def _even(self, every_s: float, program: LineProgram) -> Iterator[float]:
        """Yield moments evenly spaced in the line's scheduled time."""
        start, calendar = self.line.run.program.start, program.calendar
        windows = calendar.windows(start, FAR_S) if calendar else iter([(0.0, FAR_S)])
        debt = every_s
        for opens, closes in windows:
            now = opens + debt
            while now <= closes:
                yield now
                now += every_s
            debt = now - closes

    def _by_the_hour(self, program: LineProgram) -> Iterator[float]:
        """Yield Poisson arrivals: unit exponentials along the integral of the rate."""
        spans = sorted((*span_s(row.hours), row.per_h / H) for row in self.rules.profile or ())
        draws = self.line.run.streams.exponential(program.name, self._cause("interarrival"))
        start = self.line.run.program.start
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        day_s, left = (midnight - start) / timedelta(seconds=1), draws.draw()
        while any(rate for _, _, rate in spans):
            for first, last, rate in spans:
                now, end = max(0.0, day_s + first), day_s + last
                while now < end and left <= rate * (end - now):
                    now += left / rate
                    yield now
                    left = draws.draw()
                left -= rate * max(0.0, end - now)
            day_s += DAY_S

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
