"""What happens first at one instant, and what may go wrong with time: the same in both engines.

At one instant: (1) ends of work, setup, repair, installation, shift breaks; (2) arrivals; (3) stops: failures,
maintenance, shift ends, renewals; (4) parts move and work starts. Within a step: file order, machine number.
"""

from collections.abc import Sequence

from models.errors import DataError, Problem

ENDS, ARRIVALS, STOPS = 1 << 40, 2 << 40, 3 << 40
"""Steps of one instant; an order is a step plus a rank within it."""
WALKS = ENDS + (1 << 39)
"""Who walks round sees what ended at that instant; rank by person."""
MACHINES = 4096
"""More machines than a station has: ranks of stations lie so far apart."""
MOST_EVENTS_AT_ONCE = 100_000
"""More than any plant has at one instant: beyond this, time does not move on."""
H = 3600.0
LONGEST_Y = 250
LONGEST_S = LONGEST_Y * 365 * 24 * H
"""The compiled engine plays so long a run at most: it counts electricity year by year."""


def line_rank(line: int) -> int:
    """Return the rank of a line by its number in the file; those of its stations and machines follow."""
    return line << 24


def too_long(until_s: float) -> DataError:
    """Return the error that says that the compiled engine plays no run so long."""
    return DataError([Problem(
        "the run",
        f"a horizon of {until_s / H:,.0f} h",
        f"at most {LONGEST_S / H:,.0f} h ({LONGEST_Y} years) with the compiled engine",
        "a shorter horizon with more replications, or --engine simpy",
    )])  # fmt: skip


def standstill(now: float) -> DataError:
    """Return the error that says that time stands still."""
    return DataError([Problem(
        "the run",
        f"time stands still {now / H:g} h after the start: events without end at one instant",
        "a cycle time, or a time between arrivals, above 0 on every line",
    )])  # fmt: skip


def deadlock(line: str, stations: Sequence[str], now: float) -> DataError:
    """Return the error that names the stations of a line that wait for each other."""
    names = " -> ".join([*stations, stations[0]])
    return DataError([Problem(
        f"line {line!r}",
        f"deadlock {now / H:.6g} h after the start: {names} wait for each other for ever",
        "a way on for at least one part of the circle",
        "more places in a buffer of the circle, fewer pallets, or another order of the products",
    )])  # fmt: skip
