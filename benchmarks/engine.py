"""Station visits a second: our SimPy engine, all accounting on, against SimPy as its own examples use it.

Run: ``python benchmarks/engine.py``. The two take turns in one run; what counts is the ratio, not the figure.

- W1: 5 exponential machines in a row, buffers of 10
- W2: 5 machines with a cycle of 1 s, failures after 100 s of work, repairs of 10 s, buffers of 10
- W3: 20 stations of 2 machines, lognormal cycle times, buffers of 20
"""

import random
import statistics
import time
from collections.abc import Callable, Generator
from typing import Any

import simpy

from models.plant import Plant
from sim.program import lower
from sim.simpy_engine.run import Run

H = 3600.0
POWER = {"processing": 5, "idle": 2}
Draw = Callable[[], float]


class Textbook:
    """A line as SimPy's documentation would write it: processes and stores, nothing counted but the parts."""

    def __init__(
        self, stations: int, machines: int, places: int, cycle: Draw, ttf: Draw | None, ttr: Draw | None
    ) -> None:
        self.env = simpy.Environment()
        self.done = 0
        stores = [simpy.Store(self.env, places) for _ in range(stations - 1)]
        for n in range(stations):
            before = stores[n - 1] if n else None
            after = stores[n] if n < stations - 1 else None
            for _ in range(machines):
                self.env.process(self._machine(before, after, cycle, ttf, ttr))

    def _machine(
        self, before: simpy.Store | None, after: simpy.Store | None, cycle: Draw, ttf: Draw | None, ttr: Draw | None
    ) -> Generator[simpy.Event, Any, None]:
        env = self.env
        left = ttf() if ttf else float("inf")
        while True:
            part = (yield before.get()) if before is not None else 1
            work = cycle()
            while work > left:
                yield env.timeout(left)
                work -= left
                yield env.timeout(ttr() if ttr else 0)
                left = ttf() if ttf else float("inf")
            yield env.timeout(work)
            left -= work
            self.done += 1
            if after is not None:
                yield after.put(part)


def exponential(mean: float) -> Draw:
    """Return draws with this mean."""
    return lambda: random.expovariate(1 / mean)


def plant(stations: int, machines: int, places: int, cycle: Any, **more: Any) -> Plant:
    """Return the same line as a plant."""
    row = [
        {"name": str(n), "machines": machines, "buffer": places, "cycle_time_s": cycle, "power_kw": POWER, **more}
        for n in range(stations)
    ]
    return Plant.model_validate({"lines": [{"name": "line", "source": "saturated", "stations": row}]})


FAILURES: list[dict[str, Any]] = [{"ttf_h": {"exponential": 100 / H}, "ttr_h": {"exponential": 10 / H}}]
CASES: dict[str, tuple[Callable[[], Textbook], Plant, float]] = {
    "W1": (
        lambda: Textbook(5, 1, 10, exponential(1), None, None),
        plant(5, 1, 10, {"exponential": 1}),
        20_000.0,
    ),
    "W2": (
        lambda: Textbook(5, 1, 10, lambda: 1.0, exponential(100), exponential(10)),
        plant(5, 1, 10, 1, failures=FAILURES),
        20_000.0,
    ),
    "W3": (
        lambda: Textbook(20, 2, 20, lambda: random.lognormvariate(-0.1116, 0.4724), None, None),
        plant(20, 2, 20, {"lognormal": {"mean": 1, "cv": 0.5}}),
        2_500.0,
    ),
}


def textbook_rate(case: str) -> float:
    """Return station visits a second of the textbook program."""
    line, until = CASES[case][0](), CASES[case][2]
    started = time.process_time()
    line.env.run(until)
    return line.done / (time.process_time() - started)


def our_rate(case: str) -> float:
    """Return station visits a second of our SimPy engine."""
    run, until = Run(lower(CASES[case][1]), 1, 0), CASES[case][2]
    started = time.process_time()
    run.play(until)
    return sum(m.units for m in run.machines()) / (time.process_time() - started)


def main() -> None:
    """Print the table."""
    random.seed(1)
    print(f"{'case':6}{'textbook':>12}{'ours':>12}{'ratio':>8}   visits a second and core, medians of 5")
    for case in CASES:
        pairs = [(textbook_rate(case), our_rate(case)) for _ in range(5)]
        ratio = statistics.median(b / a for a, b in pairs)
        a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"{case:6}{a:12,.0f}{b:12,.0f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
