"""What was counted in a replication up to one moment: plain data, the same whichever engine made the run.

An engine's ``read()`` makes a :class:`Reading`; KPIs, counts, energy figures and the ledger are made from nothing
else. A reading changes nothing, and stands when the run goes on. Times are seconds, unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.energy import SLOTS_PER_DAY
from models.source import Source
from models.stops import Failure, Maintenance
from sim.program import LineProgram, Program
from sim.tally import Sample


@dataclass(slots=True)
class Tally:
    """How many values, and their sum.

    >>> Tally(2, 3.0).mean(), Tally(0, 0.0).mean()
    (1.5, 0.0)
    """

    count: int
    total: float

    def mean(self) -> float:
        """Return the mean; 0 without values."""
        return self.total / self.count if self.count else 0.0


@dataclass(slots=True)
class Occupancy:
    """A count over time: its integral, and for how long it was 0, 1, .. up to the highest value that lasted."""

    area: float
    seconds: list[float]

    def shares(self) -> list[float]:
        """Return the times as shares of all time.

        >>> Occupancy(20.0, [10.0, 0.0, 30.0]).shares()
        [0.25, 0.0, 0.75]
        """
        total_s = sum(self.seconds)
        return [time_s / total_s for time_s in self.seconds]


@dataclass(slots=True)
class CauseReading:
    """One failure mode or maintenance rule of one machine."""

    rule: Failure | Maintenance
    waits: Tally
    """Hours until people were there, one value an event."""
    lengths: Tally
    """Hours with people there, one value an event."""


@dataclass(slots=True)
class StopReading:
    """All causes of one name at a station, together."""

    name: str
    waits: Tally
    lengths: Tally
    cost_cny: float


def stops_of(causes: Sequence[CauseReading]) -> list[StopReading]:
    """Return causes by name, in the order in which the names come up."""
    rows: dict[str, StopReading] = {}
    for cause in causes:
        name = cause.rule.name
        row = rows.setdefault(name, StopReading(name, Tally(0, 0.0), Tally(0, 0.0), 0.0))
        for mine, other in ((row.waits, cause.waits), (row.lengths, cause.lengths)):
            mine.count += other.count
            mine.total += other.total
        row.cost_cny += cause.waits.count * cause.rule.cost_cny
    return list(rows.values())


@dataclass(slots=True)
class MachineReading:
    """One machine."""

    name: str
    state: int
    """Its state now, by its place in STATES."""
    seconds: list[float]
    """In each state, in the order of STATES."""
    amounts: dict[str, list[float]]
    """What each state used, by carrier."""
    per_unit: dict[str, float]
    """What the parts used, by carrier."""
    cost_cny: float
    """Running cost."""
    units: int
    bad: int
    scrapped: int
    reworked: int
    repeats: int
    """Parts not here for the first time."""
    first_flawed: int
    """Of the others, those not right."""
    planned_s: float
    """Planned run time of the parts made."""
    operated_s: float
    """Reading of the operating clock."""
    first_failure_s: float | None
    """The same at the first failure; None: none yet."""
    commissioned: bool
    """Whether it came during the run."""
    had_age: bool
    """Whether a failure of its equipment began with an age."""
    starts: int | None
    """How often it came back from standby; None: it has none."""
    charges: int
    """Batch machines and vehicles; 0 for others."""
    charged: int
    """Parts in these charges."""


@dataclass(slots=True)
class StationReading:
    """One station."""

    name: str
    kind: str
    machines: list[MachineReading]
    causes: list[CauseReading]
    """Of all machines, those of equipment that was renewed first."""
    stops: list[StopReading]
    """The same by name, see :func:`stops_of`."""
    queued_area: float
    """Integral of the number waiting in the buffer."""
    number: Occupancy
    """Parts there, waiting and on machines."""
    working: Occupancy
    """Machines that process."""
    waits: Sample
    """Hours that parts waited for work."""


@dataclass(slots=True)
class OutputReading:
    """Parts of one product that left the line."""

    good: int
    bad: int
    scrapped: int
    lead: Sample
    """Hours that the good ones were in the line."""


@dataclass(slots=True)
class FeedReading:
    """One source."""

    rules: Source
    offered: int
    lost: int
    outside: int
    """Parts that wait outside now."""


@dataclass(slots=True)
class MeterReading:
    """The electricity of one line by the quarter hours of the clock, up to now.

    A window under way is counted in its band, its slot and its year, but has made no peak yet.
    """

    bands: list[str]
    prices: list[float]
    """CNY per kWh by band."""
    table: list[list[int]]
    """Band of each quarter hour of the day, for each calendar month."""
    kwh_by_band: list[float]
    kwh_by_slot: list[float]
    """By quarter hour of the day."""
    s_by_slot: list[float]
    """Time counted in each."""
    highest_kw_by_slot: list[float]
    """Highest mean of a window that ended."""
    kwh_by_year: dict[int, float]
    s_by_month: list[float]
    """Time counted in each calendar month, January first."""
    peaks_kw: list[float]
    """Highest quarter-hour mean of each calendar month."""
    peak_kw: float
    peak_at: datetime | None
    """When the window of the peak began; None: no window had any power."""
    demand_cny: float
    """Demand charge of all months, the one under way with its part."""

    def cost_cny(self) -> float:
        """Return what the energy counted costs, demand charge included."""
        return sum(k * p for k, p in zip(self.kwh_by_band, self.prices, strict=True)) + self.demand_cny

    def profile_kw(self) -> list[float]:
        """Return the mean power in each quarter hour of the day, over all days counted."""
        return [k / s * 3600.0 if s else 0.0 for k, s in zip(self.kwh_by_slot, self.s_by_slot, strict=True)]

    def usual_bands(self) -> list[str]:
        """Return the tariff band of each quarter hour of the day: the one most often in force while counting."""
        out = []
        counted = [(row, weight) for row, weight in zip(self.table, self.s_by_month, strict=True) if weight]
        for slot in range(SLOTS_PER_DAY):
            seconds = [0.0] * len(self.bands)
            for row, weight in counted:
                seconds[row[slot]] += weight
            out.append(self.bands[seconds.index(max(seconds))])
        return out


@dataclass(slots=True)
class LineReading:
    """One line."""

    name: str
    program: LineProgram
    wip: int
    wip_area: float
    outputs: dict[str, OutputReading]
    """By product, in the order of the program."""
    feeds: list[FeedReading]
    sole: list[float]
    """Share of time as sole bottleneck, by station (:class:`sim.bottleneck.ActivePeriods`)."""
    shifting: list[float]
    """The same as shifting bottleneck."""
    meter: MeterReading
    stations: list[StationReading]


@dataclass(slots=True)
class CrewReading:
    """One crew."""

    name: str
    size: int
    on_duty_area: float
    busy: Occupancy
    waits: Tally
    """Hours until they came, one value a request and crew."""
    waiting_area: float
    """Integral of the number of requests that wait."""
    walks: int | None
    """Machines walked to on the round; None: the crew comes when called."""
    round_length: int
    """Machines on the round."""


@dataclass(slots=True)
class Reading:
    """One replication."""

    program: Program
    now: float
    lines: list[LineReading]
    crews: list[CrewReading]
    """In file order."""
    renewals: list[float | None]
    """When the old machine left, for each of the program's swaps; None: not yet."""
