"""Problems of many lines: prices of what lines share, the best plan of each line at these prices, and a certified gap.

For any prices, the best priced plans of the lines and the price of what is shared add up to a bound that no plan of the
whole passes. The master finds prices and a plan from the pool of line plans found so far; ``docs/schedule.md`` tells the
algorithm at length.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from optimize.line_search import Effort, LinePlan, Priced, Pricer
from optimize.linking import Linking
from optimize.master import Master, MasterPrices
from optimize.numbers import Array

SAMPLE, SAMPLE_ROUNDS = 30, 12
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
            self._deepen()

    def _late(self) -> bool:
        return time.monotonic() > self.deadline or self.stops()

    def reached(self) -> bool:
        """Return whether the gap asked for is proven."""
        return self.gain is not None and self.bound - self.gain <= self.gap * max(abs(self.gain), 1e-9)

    def _price(self, numbers: Sequence[int], duals: Array, effort: Effort, master: Master, room: float) -> dict[int, Priced]:
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
        """Price all lines at prices that are better each time."""
        for _ in range(40):
            answers = self._price(range(len(self.lines)), duals, EFFORTS[0], self.master, self._room())
            if len(answers) < len(self.lines):
                return
            tops = np.array([answers[n].bound for n in range(len(self.lines))])
            added = sum(self.master.add(n, priced.plans) for n, priced in answers.items())
            before = self.bound
            bound = _bound(tops, duals, *self.master.limits())
            if bound < self.bound:
                self.bound, self.at, self.tops = bound, duals, tops
            prices = self.master.prices()
            self._choose(prices)
            if self.reached() or self._late():
                return
            # what the pool's own prices leave between its program and the bound is all that further passes can close
            loose = float(np.maximum(0.0, self.tops - self.master.best_known(self.at)).sum())
            small = before - self.bound < 0.1 * max(0.0, self.bound - (self.gain or 0.0))
            if not added or (small and self.bound - prices.value <= 1.3 * loose):
                return
            duals = 0.5 * self.at + 0.5 * prices.duals

    def _deepen(self) -> None:
        """Look harder at the lines whose bounds are loosest, at the best prices and around them."""
        level = np.zeros(len(self.lines), dtype=int)
        while not self.reached() and not self._late() and np.isfinite(self.bound):
            loose = np.maximum(0.0, self.tops - self.master.best_known(self.at))
            room = self._room()
            want = [n for n in np.argsort(-loose, kind="stable") if loose[n] > 1.01 * room and level[n] + 1 < len(EFFORTS)]
            if not want:
                break
            least = min(level[n] for n in want)
            want = [int(n) for n in want if level[n] == least]
            answers = self._price(want, self.at, EFFORTS[least + 1], self.master, room)
            for n, priced in answers.items():
                level[n] += 1
                self.tops[n] = min(self.tops[n], priced.bound)
                self.master.add(n, priced.plans)
            self.bound = min(self.bound, _bound(self.tops, self.at, *self.master.limits()))
            self._choose(self.master.prices())

    def _room(self) -> float:
        """Return how far the bound of one line may lie above its best plan."""
        return 0.3 * self.gap * abs(self.gain or 0.0) / len(self.lines)

    def _choose(self, prices: MasterPrices) -> None:
        """Look for a better plan in the pool."""
        self.rounds += 1
        if prices.broken < 1e-7:
            left = self.deadline - time.monotonic()
            seconds = min(max(1.0, 0.2 * (time.monotonic() - self.started)), max(0.1, left))
            found = self.master.choose(prices, 0.2 * self.gap, seconds, self.choice, 12)
            if found is not None:
                gain = sum(self.master.plans[n].gain for n in found)
                if self.gain is None or gain > self.gain:
                    self.choice, self.gain = found, gain
        self.tell(Progress(self.rounds, self.gain, self.bound, time.monotonic() - self.started))


def _bound(tops: Array, duals: Array, lower: Array, upper: Array) -> float:
    """Return the Lagrangian bound: priced lines, and the price of the limits."""
    limits = np.where(duals > 0, upper, lower)[duals != 0]
    return float(tops.sum() + duals[duals != 0] @ limits)
