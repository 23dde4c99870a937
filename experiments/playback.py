"""A schedule played back: every renewal on its day, from the first day of the plan to the last, beside the baseline.

Both runs meet the same streams, so that every gain is a paired difference by replication.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.beliefs import HOURS_PER_Y, Asset, Progress, running_cost_cny_per_y
from experiments.cash_flow import CashFlow, bought
from experiments.ledger import ledger, table
from experiments.money import Money
from experiments.paths import Paths, with_growing_orders
from models.energy import CARRIERS
from models.equipment import Option
from models.plant import Plant, Renewal, ScheduledRenewal
from optimize.plan import Renewal as Chosen
from sim.engine import DEFAULT, Asked, EngineName, choose_for
from sim.parallel import map_jobs
from sim.program import H, lower
from sim.simulate import Job, Outcome, Settings, document, replicate

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dated:
    """One machine's renewal with its day."""

    line: str
    station: str
    machine: str
    option: Option
    period: int
    start: datetime

    @property
    def end(self) -> datetime:
        """Return when installation ends if it begins on its day."""
        return self.start + timedelta(days=self.option.install_d)


def dated(plant: Plant, renewal: Renewal, assets: Sequence[Asset], chosen: Sequence[Chosen]) -> list[Dated]:
    """Return every machine's renewal with its day.

    Installations of a line follow one another from the start of their period; where they would run past its end,
    their starts are spread evenly over what is left.
    """
    by_name = {asset.name: asset for asset in assets}
    bounds = renewal.bounds()
    rows: list[tuple[Asset, int, Option, int]] = []
    last: dict[str, list[tuple[str, int] | None]] = {asset.name: [None] * len(asset.machines) for asset in assets}
    order = {asset.name: n for n, asset in enumerate(assets)}
    for item in sorted(chosen, key=lambda c: (c.period, order[c.asset])):
        asset = by_name[item.asset]
        station = plant.lines[asset.line].stations[asset.station]
        option = next(o for o in station.options if o.name == item.option)
        for place in _leaving(item, last[asset.name]):
            rows.append((asset, asset.machines[place], option, item.period))
            last[asset.name][place] = (option.name, item.period)
    out: list[Dated] = []
    for line in range(len(plant.lines)):
        for period in range(renewal.periods):
            together = [row for row in rows if row[0].line == line and row[3] == period]
            starts = installation_days(
                [row[2].install_d for row in together], (bounds[period + 1] - bounds[period]).days
            )
            for (asset, machine, option, _), day in zip(together, starts, strict=True):
                station = plant.lines[line].stations[asset.station]
                window = renewal.window_in(plant.lines[line].name, period)
                begins = (window[0] if window else bounds[period]) + timedelta(days=day)
                out.append(Dated(plant.lines[line].name, station.name, station.names[machine], option, period, begins))
    return sorted(out, key=lambda d: (d.start, d.line, d.station, d.machine))


def _leaving(item: Chosen, last: Sequence[tuple[str, int] | None]) -> list[int]:
    """Return which machines of an asset a renewal replaces: those as they were first, or those it names."""
    if item.replaces is not None:
        wanted = (item.replaces.option, item.replaces.period)
        return [n for n, renewed in enumerate(last) if renewed == wanted][: item.machines]
    free = [n for n, renewed in enumerate(last) if renewed is None or renewed[1] < item.period]
    return sorted(free, key=lambda n: -1 if (renewed := last[n]) is None else renewed[1])[: item.machines]


def installation_days(lengths_d: list[float], period_d: int) -> list[float]:
    """Return the first days of installations that share a period.

    >>> installation_days([10, 20, 5], 90), installation_days([60, 60], 90)
    ([0.0, 10.0, 30.0], [0.0, 15.0])
    """
    if sum(lengths_d) <= period_d:
        return [float(sum(lengths_d[:n])) for n in range(len(lengths_d))]
    room = max(0.0, period_d - max(lengths_d))
    return [room * n / len(lengths_d) for n in range(len(lengths_d))]


@dataclass(frozen=True, slots=True)
class Played:
    """A schedule over the whole horizon: its simulation document, and money and energy by period."""

    document: dict[str, Any]
    margin_cny: Array
    """Shape (replications, periods); likewise the others."""
    energy_cny: Array
    running_cny: Array
    tce: Array
    co2_t: Array
    good: Array
    """Shape (replications, periods, lines)."""
    operating_by_line: Array
    """Likewise: margin less energy and running cost."""
    units: dict[str, Array] = field(default_factory=dict)
    """Good units by product."""
    amounts: dict[str, Array] = field(default_factory=dict)
    """Energy used by carrier."""

    @property
    def operating_cny(self) -> Array:
        """Return the operating gain before tax."""
        return self.margin_cny - self.energy_cny - self.running_cny


@dataclass(frozen=True, slots=True)
class Stage:
    """Where schedules are played: a plant, its plan's frame, seed and replications."""

    plant: Plant
    renewal: Renewal
    seed: int
    replications: int
    workers: int | None = None
    engine: Asked = DEFAULT
    first_replication: int = 0
    """Streams: those of this replication and the following ones."""

    def play(self, schedules: Sequence[Sequence[Dated]], progress: Progress | None = None) -> list[Played]:
        """Return each schedule played back on the same streams; all replications share one pool of processes."""
        bounds = [(moment - self.renewal.begins).total_seconds() for moment in self.renewal.bounds()][1:]
        programs = [lower(self._scheduled(s), self.renewal.begins) for s in schedules]
        engine = choose_for(programs, self.engine, bounds[-1], self.replications)
        jobs = [
            Job(program, self.seed, self.first_replication + r, bounds[-1], 0.0, tuple(bounds), engine)
            for program in programs
            for r in range(self.replications)
        ]
        outcomes = map_jobs(replicate, jobs, self.workers, progress)
        n = self.replications
        return [
            self._played(outcomes[k * n : (k + 1) * n], bounds[-1] / H, engine, schedule)
            for k, schedule in enumerate(schedules)
        ]

    def _scheduled(self, schedule: Sequence[Dated]) -> Plant:
        entries = tuple(
            ScheduledRenewal(
                line=d.line,
                station=d.station,
                machines=(d.machine,),
                option=d.option.name,
                at=(d.start - self.renewal.begins).total_seconds() / H,
            )
            for d in schedule
        )
        return with_growing_orders(self.plant, self.renewal).model_copy(update={"schedule": entries})

    def _running_of_sold(self, schedule: Sequence[Dated]) -> Array:
        """Return the running cost, by period and line, of sold machines: the simulation goes on counting it."""
        bounds = self.renewal.bounds()
        lines = [line.name for line in self.plant.lines]
        out = np.zeros((self.renewal.periods, len(lines)))
        for item in schedule:
            if item.option.removes:
                station = self.plant.line(item.line).station(item.station)
                cost = running_cost_cny_per_y(station, station.names.index(item.machine))
                place = (item.line, item.station, item.machine)
                before = [d for d in schedule if (d.line, d.station, d.machine) == place and d.start < item.start]
                if before and (own := max(before, key=lambda d: d.start).option.running_cost_cny_per_y) is not None:
                    cost = own
                for t, (begin, end) in enumerate(pairwise(bounds)):
                    gone_h = max(0.0, (end - max(begin, item.start)).total_seconds()) / H
                    out[t, lines.index(item.line)] += cost * gone_h / HOURS_PER_Y
        return out

    def _played(
        self, outcomes: Sequence[Outcome], horizon_h: float, engine: EngineName, schedule: Sequence[Dated]
    ) -> Played:
        settings = Settings(self.seed, self.replications, horizon_h, 0.0, self.workers, engine=engine)
        book = ledger(Paths(self.plant, self.renewal), outcomes)
        running = book.running_cny - self._running_of_sold(schedule)

        def whole(read: Any) -> Array:  # noqa: ANN401 - a function of one line's row
            out: Array = table(outcomes, read).sum(axis=2)
            return out

        amounts = {c: whole(lambda row, c=c: row["amounts"].get(c, 0.0)) for c in CARRIERS}
        return Played(
            document=document(self.plant, settings, [o.record for o in outcomes]),
            margin_cny=book.margin_cny.sum(axis=2),
            energy_cny=book.energy_cny.sum(axis=2),
            running_cny=running.sum(axis=2),
            tce=whole(lambda row: row["energy_tce"]),
            co2_t=whole(lambda row: row["co2_t"]),
            good=table(outcomes, lambda row: sum(row["good"].values())),
            operating_by_line=book.margin_cny - book.energy_cny - running,
            units={p.name: whole(lambda row, p=p: row["good"].get(p.name, 0.0)) for p in self.plant.products},
            amounts={c: values for c, values in amounts.items() if values.any()},
        )


def capital_cny(schedule: Sequence[Dated], money: Money) -> float:
    """Return the present value of all renewals without their operation: price, loan, public money, residual value."""
    return sum(money.present(one.flows) for one in bought(schedule, money))


def gains(played: Played, baseline: Played, schedule: Sequence[Dated], money: Money) -> Array:
    """Return the net present value gained over the baseline, by replication."""
    return CashFlow(played, baseline, schedule, money).npv()
