"""Problems of many lines: prices of what lines share, the best plan of each line at these prices, and a certified gap.

For any prices, the best priced plans of the lines and the price of what is shared add up to a bound that no plan of the
whole passes. The master finds prices and a plan from the pool of line plans found so far; ``docs/schedule.md`` tells
the algorithm at length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from optimize.combine import MOST_LOOKS, combine
from optimize.line_search import Effort, LinePlan, LineSearch, Priced, Pricer
from optimize.linking import Linking
from optimize.master import Master, MasterPrices, undominated
from optimize.numbers import Array

SAMPLE, SAMPLE_ROUNDS = 30, 12
FEW = 40
"""Most lines for which all plans near the best are looked at."""
MOST_NEAR = 60_000
"""Most labels of a line on the way to its plans near the best."""
MOST_PASSES = 60
EFFORTS = (Effort(100, 60), Effort(150, 300), Effort(150, 1500), Effort(200, 6000), Effort(200, 25_000))
"""The first is for all lines in each round; lines whose bound is the loosest are looked at with the next ones."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands: round, gain of the best plan, bound, seconds."""

    round: int
    gain: float | None
    bound: float
    seconds: float

    @property
    def gap(self) -> float | None:
        """Return (bound - gain) / gain."""
        return None if self.gain is None else (self.bound - self.gain) / max(abs(self.gain), 1e-9)


@dataclass
class ColumnGeneration:
    """The search over a list of lines; ``choice`` is the best plan so far, one number of the pool for each line."""

    lines: Sequence[Pricer]
    links: Linking
    gap: float
    deadline: float
    threads: int
    tell: Callable[[Progress], None]
    stops: Callable[[], bool]
    choice: list[int] | None = None
    gain: float | None = None
    bound: float = np.inf
    at: Array = field(default_factory=lambda: np.zeros(0))
    tops: Array = field(default_factory=lambda: np.zeros(0))
    rounds: int = 0

    def __post_init__(self) -> None:
        self.started = time.monotonic()
        self.master = Master(self.links, len(self.lines), threads=self.threads)
        self.at = np.zeros(self.links.count)

    def run(self, starts: Sequence[Sequence[LinePlan]]) -> None:
        """Search until the gap is reached, the time is over, or nothing more can be gained."""
        for line, plans in enumerate(starts):
            self.master.add(line, plans)
        with ThreadPoolExecutor(max(1, self.threads)) as self.pool:
            duals = self._sample()
            self._passes(duals)
            self._enumerate()

    def _late(self) -> bool:
        return time.monotonic() > self.deadline or self.stops()

    def reached(self) -> bool:
        """Return whether the gap asked for is proven."""
        return self.gain is not None and self.bound - self.gain <= self.gap * max(abs(self.gain), 1e-9)

    def _price(
        self, numbers: Sequence[int], duals: Array, effort: Effort, master: Master, room: float
    ) -> dict[int, Priced]:
        """Return what the lines answer; those that time does not allow are missing."""
        known = master.best_known(duals)

        def ask(number: int) -> tuple[int, Priced | None]:
            late = self._late()
            return number, None if late else self.lines[number].price(duals, float(known[number]), room, effort)

        answers = list(self.pool.map(ask, numbers))
        return {number: priced for number, priced in answers if priced is not None}

    def _sample(self) -> Array:
        """Return prices found on a sample of the lines whose limits are shrunk to their share."""
        total = len(self.lines)
        if total <= 2 * SAMPLE:
            return self.master.prices().duals if self.master.plans else self.at
        chosen = list(range(0, total, total // SAMPLE))[:SAMPLE]
        master = Master(self.links, len(chosen), share=len(chosen) / total, threads=self.threads)
        for place, number in enumerate(chosen):
            master.add(place, [self.master.plans[n] for n in self.master.of_line[number]])
        lines, self.lines = self.lines, [self.lines[number] for number in chosen]
        best, duals, smoothed = np.inf, master.prices().duals, self.at
        for _ in range(SAMPLE_ROUNDS):
            answers = self._price(range(len(chosen)), duals, EFFORTS[0], master, 0.0)
            if len(answers) < len(chosen):
                break
            bound = _bound(np.array([answers[n].bound for n in range(len(chosen))]), duals, *master.limits())
            if bound < best:
                best, smoothed = bound, duals
            if not sum(master.add(n, priced.plans) for n, priced in answers.items()):
                break
            duals = 0.5 * smoothed + 0.5 * master.prices().duals
        self.lines = lines
        return smoothed

    def _passes(self, duals: Array) -> None:
        """Price all lines at prices that are better each time, and harder when better prices do not help any more."""
        few, level, smooth = len(self.lines) <= FEW, 0, True
        if few:
            level = 2
        for _ in range(MOST_PASSES):
            answers = self._price(range(len(self.lines)), duals, EFFORTS[level], self.master, self._room())
            if len(answers) < len(self.lines):
                break
            tops = np.array([answers[n].bound for n in range(len(self.lines))])
            added = sum(self.master.add(n, priced.plans) for n, priced in answers.items())
            bound = _bound(tops, duals, *self.master.limits())
            if bound < self.bound:
                self.bound, self.at, self.tops = bound, duals, tops
            if self.bound == -np.inf:
                return  # one line has no plan that it may follow: nor has the whole
            prices = self.master.prices()
            if self.rounds % 5 == 4 or not few:
                self._choose(prices)
            self.rounds += 1
            self._report()
            if self.reached() or self._late():
                break
            # the pool's linear program and the bound meet but for what the lines' own bounds are loose by
            loose = float(np.maximum(0.0, self.tops - self.master.best_known(self.at)).sum())
            apart = self.bound - prices.value
            if prices.broken < 1e-7 and apart <= max((0.2 if few else 1.2) * loose, 0.1 * self.gap * abs(prices.value)):
                if loose <= 0.3 * self.gap * abs(prices.value) or level + 1 == len(EFFORTS):
                    break
                level += 1
                duals = self.at
                continue
            if not added and not smooth:
                break  # the master's own prices bring no new plan
            smooth = bool(added)
            duals = 0.5 * self.at + 0.5 * prices.duals if smooth else prices.duals
        self._choose(self.master.prices())

    def _enumerate(self) -> None:
        """Take all plans into the pool that a better choice could hold, so that the master's own bound holds for all.

        In a choice that gains more than the one in hand no line falls short of its bound, at the best prices, by
        more than the whole gap. Pays for few lines, where the gap is small against what one of them gains.
        """
        if len(self.lines) > FEW or self.gain is None or not all(isinstance(line, LineSearch) for line in self.lines):
            return
        most = 2_000
        while not self.reached() and not self._late():
            short = self.bound - self.gain * (1 + 0.5 * self.gap)
            reach = short
            found = self._near(reach, most)
            while found is None and reach > 0.1 * short and not self._late():
                reach *= 0.5
                found = self._near(reach, most)
            if found is None:
                most *= 5
                if most > MOST_NEAR:
                    return
                continue
            complete = self._combine(found, short)
            self.rounds += 1
            if complete and reach >= short:
                self.bound = min(self.bound, max(self.gain, self.bound - short))
            self._report()
            if not complete:
                return
            if reach < short:
                most *= 5
                if most > MOST_NEAR:
                    return

    def _combine(self, found: Sequence[Sequence[LinePlan]], short: float) -> bool:
        """Take the best choice among the plans found, if it is nearer to the bound; return whether all were seen."""
        links, kept = self.master.use_limits(), [undominated(plans, self.master.use_of) for plans in found]
        if not all(kept):
            return True  # a line without a plan that could be part of a better choice: there is none
        priced = [np.array([plan.gain - float(self.at @ plan.amounts) for plan in plans]) for plans in kept]
        orders = [np.argsort(-values, kind="stable") for values in priced]
        ranked = [[plans[n] for n in order] for plans, order in zip(kept, orders, strict=True)]
        loss = np.concatenate([top - np.sort(values)[::-1] for top, values in zip(self.tops, priced, strict=True)])
        first = np.cumsum([0, *(len(plans) for plans in kept)])
        use = np.concatenate([self.master.use_of(plans) for plans in ranked])
        price = self.master.use_prices(self.at)
        best, _, complete = combine(first, np.maximum(loss, 0.0), use, links, price, short, MOST_LOOKS)
        if best[0] >= 0:
            plans = [ranked[k][n - first[k]] for k, n in enumerate(best)]
            gain = sum(plan.gain for plan in plans)
            if self.gain is None or gain > self.gain:
                self.gain, self.choice = gain, [self.master.number(k, plan) for k, plan in enumerate(plans)]
        return bool(complete)

    def _near(self, reach: float, most: int) -> list[tuple[LinePlan, ...]] | None:
        """Return the plans of each line that fall short of its bound by no more than ``reach``; None if too many."""

        def ask(number: int) -> tuple[LinePlan, ...] | None:
            line = self.lines[number]
            assert isinstance(line, LineSearch)
            return None if self._late() else line.near(self.at, float(self.tops[number]) - reach, most)

        answers = list(self.pool.map(ask, range(len(self.lines))))
        found = [plans for plans in answers if plans is not None]
        return found if len(found) == len(answers) else None

    def _room(self) -> float:
        """Return how far the bound of one line may lie above its best plan."""
        return 0.3 * self.gap * abs(self.gain or 0.0) / len(self.lines)

    def _choose(self, prices: MasterPrices) -> None:
        """Look for a better plan in the pool."""
        if prices.broken < 1e-7:
            left = self.deadline - time.monotonic()
            seconds = min(max(1.0, 0.2 * (time.monotonic() - self.started)), max(0.1, left))
            found = self.master.choose(prices, 0.2 * self.gap, seconds, self.choice, 30)
            if found.gain is not None and (self.gain is None or found.gain > self.gain):
                self.choice, self.gain = found.choice, found.gain

    def _report(self) -> None:
        self.tell(Progress(self.rounds, self.gain, self.bound, time.monotonic() - self.started))


def _bound(tops: Array, duals: Array, lower: Array, upper: Array) -> float:
    """Return the Lagrangian bound: priced lines, and the price of the limits."""
    limits = np.where(duals > 0, upper, lower)[duals != 0]
    return float(tops.sum() + duals[duals != 0] @ limits)
