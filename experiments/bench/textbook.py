"""The lines of the benchmark as SimPy's own examples would write them: processes and stores, only the parts counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from random import Random
from typing import Any

import simpy

Draw = Callable[[], float]


class Textbook:
    """Machines in a row with buffers between them; each machine is one process."""

    def __init__(
        self,
        stations: int,
        machines: int,
        places: int,
        cycle_s: Draw,
        ttf_s: Draw | None = None,
        ttr_s: Draw | None = None,
    ) -> None:
        self.env = simpy.Environment()
        self.visits = 0
        stores = [simpy.Store(self.env, places) for _ in range(stations - 1)]
        for n in range(stations):
            before = stores[n - 1] if n else None
            after = stores[n] if n < stations - 1 else None
            for _ in range(machines):
                self.env.process(self._machine(before, after, cycle_s, ttf_s, ttr_s))

    def _machine(
        self,
        before: simpy.Store | None,
        after: simpy.Store | None,
        cycle_s: Draw,
        ttf_s: Draw | None,
        ttr_s: Draw | None,
    ) -> Generator[simpy.Event, Any, None]:
        env = self.env
        left = ttf_s() if ttf_s else math.inf
        while True:
            part = (yield before.get()) if before is not None else 1
            work = cycle_s()
            while work > left:
                yield env.timeout(left)
                work -= left
                yield env.timeout(ttr_s() if ttr_s else 0)
                left = ttf_s() if ttf_s else math.inf
            yield env.timeout(work)
            left -= work
            self.visits += 1
            if after is not None:
                yield after.put(part)

    def play(self, until_s: float) -> None:
        """Run to ``until_s``."""
        self.env.run(until_s)


def w1(seed: int) -> Textbook:
    """Return 5 exponential machines, mean 1 s, buffers of 10."""
    luck = Random(seed)
    return Textbook(5, 1, 10, lambda: luck.expovariate(1.0))


def w2(seed: int) -> Textbook:
    """Return 5 machines of 1 s that fail after 100 s of work, for 10 s."""
    luck = Random(seed)
    return Textbook(5, 1, 10, lambda: 1.0, lambda: luck.expovariate(0.01), lambda: luck.expovariate(0.1))


def w3(seed: int) -> Textbook:
    """Return 20 stations of 2 machines, lognormal with mean 1 s and cv 0.5, buffers of 20."""
    luck = Random(seed)
    variance = math.log(1 + 0.5**2)
    mu, sigma = -variance / 2, math.sqrt(variance)
    return Textbook(20, 2, 20, lambda: luck.lognormvariate(mu, sigma))
