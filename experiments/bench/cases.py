"""The five cases of the benchmark, each as a plant and, where one page is enough, as a textbook program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple, Protocol

from experiments.lang import mark
from models.plant import Plant, ScheduledRenewal
from scenarios.files import read_plant
from sim.program import H, Program, lower


class Line(Protocol):
    """A textbook program: it plays, and counts how many parts its machines have made."""

    visits: int

    def play(self, until_s: float) -> None:
        """Run to ``until_s``."""


class Span(NamedTuple):
    """How much a program plays in one measurement, so that it takes about as long as the others."""

    horizon_s: float
    runs: int = 1
    """Replications, one after the other."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line or plant that is measured."""

    name: str
    short: str
    """What it is, in a word or two."""
    what: str
    """The same in a sentence."""
    plant: Callable[[], Plant]
    spans: Mapping[str, Span]
    """By program: ``plain`` (the textbook program), ``simpy``, ``compiled``."""
    textbook: Callable[[int], Line] | None = None
    """Returns the textbook program with its own luck."""

    def program(self) -> Program:
        """Return the plant as engines read it."""
        return _lowered(self.name)


@cache
def _lowered(name: str) -> Program:
    return lower(CASES[name].plant())


def _row(stations: int, machines: int, places: int, cycle_s: Any, **more: Any) -> Plant:  # noqa: ANN401 - fields of a plant
    """Return stations in a row with states and energy, as every plant has them."""
    power = {"processing": 5, "idle": 2}
    row = [
        {"name": str(n), "machines": machines, "buffer": places, "cycle_time_s": cycle_s, "power_kw": power, **more}
        for n in range(stations)
    ]
    return Plant.model_validate({"lines": [{"name": "line", "source": "saturated", "stations": row}]})


def _w1() -> Plant:
    return _row(5, 1, 10, {"exponential": 1})


def _w2() -> Plant:
    return _row(5, 1, 10, 1, failures=[{"ttf_h": {"exponential": 100 / H}, "ttr_h": {"exponential": 10 / H}}])


def _w3() -> Plant:
    return _row(20, 2, 20, {"lognormal": {"mean": 1, "cv": 0.5}})


def _textbook(name: str) -> Callable[[int], Line]:
    def begin(seed: int) -> Line:
        from experiments.bench import textbook  # SimPy is loaded by who needs it

        line: Line = getattr(textbook, name)(seed)
        return line

    return begin


SHAFTS = "shaft line"
SCHEDULE = (
    ("rough turning", 1, "cnc_lathe", date(2026, 1, 1)),
    ("finish turning", 1, "turning_centre", date(2026, 1, 6)),
    ("milling", 1, "vertical_machining_centre", date(2026, 1, 11)),
    ("rough turning", 2, "cnc_lathe", date(2027, 1, 1)),
    ("finish turning", 1, "turning_centre", date(2027, 1, 11)),
    ("rough turning", 3, "cnc_lathe", date(2027, 4, 1)),
    ("finish turning", 1, "turning_centre", date(2028, 1, 1)),
    ("milling", 1, "vertical_machining_centre", date(2028, 1, 6)),
    ("grinding", 1, "CNC grinder", date(2028, 1, 12)),
    ("hardening", 1, "atmosphere_furnace", date(2028, 4, 1)),
    ("milling", 2, "vertical_machining_centre", date(2028, 7, 1)),
    ("milling", 1, "vertical_machining_centre", date(2029, 1, 1)),
)
"""What ``renewline plan machining`` chose once: station, machines, option, day. It stays as it is, so that W4 does."""


def _w4() -> Plant:
    schedule = tuple(
        ScheduledRenewal(line=SHAFTS, station=station, machines=machines, option=option, at=at, one_by_one=True)
        for station, machines, option, at in SCHEDULE
    )
    return read_plant("machining").model_copy(update={"schedule": schedule})


FIVE_YEARS_S = (5 * 365 + 1) * 24 * H  # 2028 is a leap year
MONTH_S = 30 * 24 * H

CASES = {
    case.name: case
    for case in (
        Case(
            "W1",
            mark("exponential"),
            mark("5 exponential machines in a row, buffers of 10"),
            _w1,
            {"plain": Span(20_000.0), "simpy": Span(20_000.0), "compiled": Span(4_000_000.0)},
            _textbook("w1"),
        ),
        Case(
            "W2",
            mark("failures"),
            mark("5 machines of 1 s, failures after 100 s of work, repairs of 10 s"),
            _w2,
            {"plain": Span(20_000.0), "simpy": Span(20_000.0), "compiled": Span(8_000_000.0)},
            _textbook("w2"),
        ),
        Case(
            "W3",
            mark("lognormal"),
            mark("20 stations of 2 machines, lognormal, buffers of 20"),
            _w3,
            {"plain": Span(2_500.0), "simpy": Span(2_500.0), "compiled": Span(400_000.0)},
            _textbook("w3"),
        ),
        # The renewals belong to the case, so every engine plays all five years.
        Case(
            "W4",
            mark("machining"),
            mark("machining, five years with a schedule of renewals"),
            _w4,
            {"simpy": Span(FIVE_YEARS_S), "compiled": Span(FIVE_YEARS_S, 4)},
        ),
        Case(
            "W5",
            mark("spinning"),
            mark("spinning, one month, stops attended by crews"),
            lambda: read_plant("spinning"),
            {"simpy": Span(MONTH_S), "compiled": Span(30 * MONTH_S)},
        ),
    )
}
