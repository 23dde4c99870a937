"""A schedule played back: every renewal on its day, from the first day of the plan to the last, beside the baseline.

Both runs meet the same streams, so that every gain is a paired difference by replication.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.beliefs import Asset, Progress
from experiments.money import Money
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
    taken: dict[str, int] = {}
    order = {asset.name: n for n, asset in enumerate(assets)}
    for item in sorted(chosen, key=lambda c: (c.period, order[c.asset])):
        asset = by_name[item.asset]
        station = plant.lines[asset.line].stations[asset.station]
        option = next(o for o in station.options if o.name == item.option)
        for _ in range(item.machines):
            rows.append((asset, asset.machines[taken.get(asset.name, 0)], option, item.period))
            taken[asset.name] = taken.get(asset.name, 0) + 1
    out: list[Dated] = []
    for line in range(len(plant.lines)):
        for period in range(renewal.periods):
            together = [row for row in rows if row[0].line == line and row[3] == period]
            starts = installation_days(
                [row[2].install_d for row in together], (bounds[period + 1] - bounds[period]).days
            )
            for (asset, machine, option, _), day in zip(together, starts, strict=True):
                station = plant.lines[line].stations[asset.station]
                begins = bounds[period] + timedelta(days=day)
                out.append(Dated(plant.lines[line].name, station.name, station.names[machine], option, period, begins))
    return sorted(out, key=lambda d: (d.start, d.line, d.station, d.machine))


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
        return [self._played(outcomes[k * n : (k + 1) * n], bounds[-1] / H, engine) for k in range(len(schedules))]

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
        return self.plant.model_copy(update={"schedule": entries})

    def _played(self, outcomes: Sequence[Outcome], horizon_h: float, engine: EngineName) -> Played:
        settings = Settings(self.seed, self.replications, horizon_h, 0.0, self.workers, engine=engine)
        margins = {product.name: product.margin_cny for product in self.plant.products}

        def table(read: Any) -> Array:  # noqa: ANN401 - a function of one line's ledger
            return np.array([[sum(read(line) for line in period) for period in o.periods] for o in outcomes])

        def earned(row: dict[str, Any]) -> float:
            margin = sum(n * margins.get(p, 0.0) for p, n in row["good"].items())
            return float(margin - row["energy_cny"] - row["running_cny"])

        return Played(
            document=document(self.plant, settings, [o.record for o in outcomes]),
            margin_cny=table(lambda row: sum(n * margins.get(p, 0.0) for p, n in row["good"].items())),
            energy_cny=table(lambda row: row["energy_cny"]),
            running_cny=table(lambda row: row["running_cny"]),
            tce=table(lambda row: row["energy_tce"]),
            co2_t=table(lambda row: row["co2_t"]),
            good=np.array(
                [[[sum(line["good"].values()) for line in period] for period in o.periods] for o in outcomes]
            ),
            operating_by_line=np.array([[[earned(line) for line in period] for period in o.periods] for o in outcomes]),
        )


def capital_cny(schedule: Sequence[Dated], money: Money) -> float:
    """Return the present value of all renewals without their operation: price, resale, tax saved, residual value."""
    return sum(money.capital(d.option, d.period) for d in schedule)


def gains(played: Played, baseline: Played, schedule: Sequence[Dated], money: Money) -> Array:
    """Return the net present value gained over the baseline, by replication."""
    ends = np.array([money.at_end(t) for t in range(played.margin_cny.shape[1])])
    operating = (played.operating_cny - baseline.operating_cny) @ ends * money.kept
    out: Array = operating + capital_cny(schedule, money)
    return out
