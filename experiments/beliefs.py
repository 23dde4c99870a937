"""What the optimiser is told of a plant, read from simulation: capacities, energy, how a line falls short of them.

For each line and station: the capacity per machine (station by itself, always parts in front and room behind), as it
is now, worn by years, and with each option. For each line and option: what the swap alone changes in energy and stops
(line simulated before and after, on the same streams). All of it is a belief: the schedule is played back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from experiments.energy_use import Use, of_a_unit, of_amounts, of_line
from models.calendar import Calendar, scheduled_s
from models.distribution import mean
from models.equipment import Option, layered
from models.line import Line, Station
from models.plant import Plant, Renewal
from models.source import Source, span_s
from sim.ageing import aged
from sim.engine import DEFAULT, Asked, choose_for
from sim.kpis import Record
from sim.parallel import map_jobs
from sim.program import H, Program, lower, rig, targets_of
from sim.simulate import Job, replicate
from sim.variants import alone, changed, only_line

Progress = Callable[[int, int], None]
Announce = Callable[[str], Progress | None]
"""Says which stage begins and returns where its progress goes."""
HOURS_PER_Y = 8760.0


@dataclass(frozen=True, slots=True)
class Asset:
    """Machines that are renewed as equals: those of a station, or one of them where they differ."""

    name: str
    line: int
    station: int
    machines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """How long and how often beliefs are simulated."""

    replications: int = 3
    horizon_h: float = 2200.0
    warm_up_h: float = 200.0
    seed: int = 1
    workers: int | None = None
    engine: Asked = DEFAULT


@dataclass(frozen=True, slots=True)
class Fitted:
    """One machine in one state: old, or with an option."""

    capacity_per_h: tuple[float, ...]
    """Good output of the line per scheduled hour that one machine allows, by year."""
    energy_cny_per_y: float
    """Energy of one machine in the line as it was simulated."""
    energy_growth: tuple[float, ...]
    """Energy by year, relative to the first."""
    energy: Use = field(default_factory=Use)
    """The same energy a year by carrier."""


@dataclass(frozen=True, slots=True)
class LineBelief:
    """One line as it stands, by simulation."""

    good_per_h: float
    """Good output per scheduled hour."""
    shares: dict[str, float]
    """Products by share of the good output."""
    marginal_energy_cny: float
    """Energy that one more unit costs: what processing uses, not idling."""
    efficiency: float
    """Simulated output over the least station capacity: what blocking and starving take."""
    good_share: float
    """Good units of all parts that leave the line."""
    unit_use: Use = field(default_factory=Use)
    """What one more unit uses, by carrier."""
    use_per_y: Use = field(default_factory=Use)
    """What the whole line uses a year."""


def freed(line: LineBelief) -> float:
    """Return what capacities by which a plan is made are divided by, so that no renewal lets the line pass them.

    They are lowered by what blocking and starving take today, and count parts that are lost further on today.
    """
    return line.efficiency * line.good_share


@dataclass(slots=True)
class Beliefs:
    """All that was read off."""

    assets: list[Asset]
    lines: list[LineBelief]
    old: dict[str, Fitted] = field(default_factory=dict)
    new: dict[tuple[str, str], Fitted] = field(default_factory=dict)
    saving_cny_per_y: dict[tuple[str, str], float] = field(default_factory=dict)
    """Energy and stops that one machine's renewal saves a year at the same output."""
    saved_per_y: dict[tuple[str, str], Use] = field(default_factory=dict)
    """The energy in it, by carrier."""


def assets_of(plant: Plant) -> list[Asset]:
    """Return the assets of a plant: machines written alike form one."""
    out = []
    for n, line in enumerate(plant.lines):
        for s, station in enumerate(line.stations):
            place = f"{line.name}/{station.name}"
            if isinstance(station.machines, int) or all(m.model_fields_set <= {"name"} for m in station.machines):
                out.append(Asset(place, n, s, tuple(range(station.count))))
            else:
                out += [Asset(f"{place}#{m.name}", n, s, (k,)) for k, m in enumerate(station.machines)]
    return out


class Questions:
    """Simulations to be run, each asked once; answers by name."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._programs: dict[tuple[object, ...], Program] = {}
        self._answers: dict[tuple[object, ...], list[Record]] = {}

    def ask(self, key: tuple[object, ...], program: Program) -> None:
        """Note a simulation to be run."""
        self._programs.setdefault(key, program)

    def run(self, progress: Progress | None) -> None:
        """Run all that was asked."""
        s = self.study
        keys = list(self._programs)
        engine = choose_for(self._programs.values(), s.engine, s.horizon_h * H, s.replications)
        jobs = [
            Job(self._programs[key], s.seed, r, s.horizon_h * H, s.warm_up_h * H, engine=engine)
            for key in keys
            for r in range(s.replications)
        ]
        outcomes = map_jobs(replicate, jobs, s.workers, progress)
        for n, key in enumerate(keys):
            self._answers[key] = [o.record for o in outcomes[n * s.replications : (n + 1) * s.replications]]

    def mean(self, key: tuple[object, ...], read: Callable[[Record], float]) -> float:
        """Return the mean over replications of a figure of the (only) line."""
        rows = self._answers[key]
        return sum(read(row["lines"][0]) for row in rows) / len(rows)

    def mean_use(self, key: tuple[object, ...], read: Callable[[Record], Use]) -> Use:
        """Return the mean over replications of an energy use of the (only) line."""
        rows = self._answers[key]
        return sum((read(row["lines"][0]) for row in rows), Use()) * (1.0 / len(rows))


class Reader:
    """Asks the questions of one plant and reads beliefs off the answers."""

    def __init__(self, plant: Plant, renewal: Renewal, study: Study) -> None:
        self.plant = plant
        self.renewal = renewal
        self.program = lower(plant, renewal.begins)
        self.assets = assets_of(plant)
        self.questions = Questions(study)

    def read(self, progress: Progress | None = None) -> Beliefs:
        """Run all simulations and return what they say."""
        for line in range(len(self.plant.lines)):
            self.questions.ask(("line", line), only_line(self.program, line))
        for asset in self.assets:
            self._ask_capacities(asset)
            self._ask_options(asset)
        self.questions.run(progress)
        beliefs = Beliefs(self.assets, [self._line(n) for n in range(len(self.plant.lines))])
        for asset in self.assets:
            beliefs.old[asset.name] = self._fitted(asset, None)
            for option in self._station(asset).options:
                beliefs.new[asset.name, option.name] = self._fitted(asset, option)
                key = asset.name, option.name
                if option.removes:  # its place stays empty: no capacity; what its idling cost is not credited
                    beliefs.new[key] = Fitted((0.0,) * self.renewal.years, 0.0, (1.0,) * self.renewal.years)
                    beliefs.saving_cny_per_y[key], beliefs.saved_per_y[key] = 0.0, Use()
                    continue
                beliefs.saving_cny_per_y[key] = self._saving(asset, option)
                beliefs.saved_per_y[key] = self._saved(asset, option)
        return beliefs

    # questions

    def _station(self, asset: Asset) -> Station:
        return self.plant.lines[asset.line].stations[asset.station]

    def _with(self, asset: Asset, option: Option | None, years: int = 0) -> Program:
        station = self._station(asset)
        if option is None:
            return changed(self.program, asset.line, asset.station, asset.machines, years=years)
        first = asset.machines[0]
        new = rig(station, *station.listed[first : first + 1], option, targets=targets_of(self.plant.lines[asset.line]))
        return changed(self.program, asset.line, asset.station, asset.machines, new, years)

    def _ages(self, asset: Asset, option: Option | None) -> list[int]:
        """Return the years of wear that need a simulation of their own: first and last, if the machine ages."""
        machine = self._with(asset, option).lines[asset.line].stations[asset.station].machines[asset.machines[0]]
        last = self.renewal.years - 1
        return [0, last] if machine.rig.ageing is not None and last > 0 else [0]

    def _ask_capacities(self, asset: Asset) -> None:
        for option in (None, *self._station(asset).options):
            for years in self._ages(asset, option):
                program = alone(self._with(asset, option, years), asset.line, asset.station, asset.machines)
                self.questions.ask(self._alone_key(asset, option, years), program)

    def _ask_options(self, asset: Asset) -> None:
        for option in self._station(asset).options:
            key = ("line", asset.line, asset.name, option.name)
            self.questions.ask(key, only_line(self._with(asset, option), asset.line))

    @staticmethod
    def _alone_key(asset: Asset, option: Option | None, years: int) -> tuple[object, ...]:
        return "alone", asset.name, option.name if option else None, years

    # answers

    @cached_property
    def _open_share(self) -> list[float]:
        """Return the scheduled share of the simulated time, by line."""
        study = self.questions.study
        begin, end = study.warm_up_h * H, study.horizon_h * H
        calendars = [self.plant.calendar_of(line) for line in self.plant.lines]
        return [scheduled_s(c, self.renewal.begins, begin, end) / (end - begin) for c in calendars]

    def _line(self, n: int) -> LineBelief:
        mean, key = self.questions.mean, ("line", n)
        good = mean(key, lambda row: row["good_per_h"])
        names = self.program.lines[n].products
        made = [mean(key, lambda row, k=k: row["products"][k]["throughput_per_h"]) for k in range(len(names))]  # type: ignore[misc]
        total = sum(made) or 1.0
        left = mean(key, lambda row: row["throughput_per_h"])
        good_share = good / left if left else 1.0
        scheduled = good / self._open_share[n] if self._open_share[n] else 0.0
        least = min(self._station_capacity(n, s) for s in range(len(self.plant.lines[n].stations)))
        orders = demand_per_h(self.plant, self.plant.lines[n], self.renewal)
        ceiling = least if orders is None else min(least, orders * good_share)
        return LineBelief(
            good_per_h=scheduled,
            shares={name: amount / total for name, amount in zip(names, made, strict=True)},
            marginal_energy_cny=mean(key, self._marginal),
            efficiency=min(1.0, scheduled / ceiling) if ceiling else 1.0,
            good_share=good_share,
            unit_use=self.questions.mean_use(key, self._unit_use),
            use_per_y=self.questions.mean_use(key, lambda row: of_line(row, self.plant.energy)) * self._per_y,
        )

    def _station_capacity(self, line: int, station: int) -> float:
        mine = [a for a in self.assets if (a.line, a.station) == (line, station)]
        return sum(self._capacity(a, None, 0) * len(a.machines) for a in mine)

    def _capacity(self, asset: Asset, option: Option | None, years: int) -> float:
        """Return the good line output per scheduled hour that one machine of the asset allows."""
        alone_good = self.questions.mean(self._alone_key(asset, option, years), lambda row: row["good_per_h"])
        per_machine = alone_good / len(asset.machines) / (self._open_share[asset.line] or 1.0)
        return per_machine / self._passes(asset)

    def _passes(self, asset: Asset) -> float:
        """Return how many good parts the station passes on for one good unit of the line (losses behind it, rework)."""

        def read(row: Record) -> float:
            station = row["stations"][asset.station]
            return float(station["visits_per_h"] * station["quality"] / row["good_per_h"]) if row["good_per_h"] else 1.0

        return self.questions.mean(("line", asset.line), read) or 1.0

    def _marginal(self, row: Record) -> float:
        """Return the energy cost of processing one good unit."""
        used, good_h = row["energy"], row["good_per_h"]
        if not good_h:
            return 0.0
        study = self.questions.study
        good = good_h * (study.horizon_h - study.warm_up_h)
        with_parts = {c: s.get("processing", 0.0) + s.get("per_unit", 0.0) for c, s in used["by_state"].items()}
        prices = self._prices(row)
        return float(sum(amount * prices[c] for c, amount in with_parts.items()) / good)

    def _prices(self, row: Record) -> dict[str, float]:
        """Return the mean price of each carrier in a simulation, CO2 included; electricity with its whole tariff."""
        used, energy = row["energy"], self.plant.energy
        per_kg = energy.co2_price_cny_per_t / 1000.0
        carriers = {c: energy.carrier(c) for c in used["by_carrier"]}
        prices = {c: found.per_unit("price_cny") + found.per_unit("co2_kg") * per_kg for c, found in carriers.items()}
        others = sum(a * prices[c] for c, a in used["by_carrier"].items() if c != "electricity_kwh")
        kwh = used["by_carrier"]["electricity_kwh"]
        if kwh:
            prices["electricity_kwh"] = (used["cost_cny"] - others) / kwh
        return prices

    def _yearly(self, row: Record) -> float:
        """Return energy and stops of a line, CNY a year."""
        study = self.questions.study
        energy = row["energy"]["cost_cny"] / (study.horizon_h - study.warm_up_h)
        stops = sum(stop["cost_cny_per_h"] for s in row["stations"] for stop in s["stops"])
        return float((energy + stops) * HOURS_PER_Y)

    def _saving(self, asset: Asset, option: Option) -> float:
        mean, before, after = self.questions.mean, ("line", asset.line), ("line", asset.line, asset.name, option.name)
        more = (mean(after, _good) - mean(before, _good)) * HOURS_PER_Y
        whole = mean(before, self._yearly) - mean(after, self._yearly) + more * mean(before, self._marginal)
        return whole / len(asset.machines)

    @property
    def _per_y(self) -> float:
        """Return what turns an amount of the counted time into one a year."""
        study = self.questions.study
        return HOURS_PER_Y / (study.horizon_h - study.warm_up_h)

    def _unit_use(self, row: Record) -> Use:
        study = self.questions.study
        return of_a_unit(row, self.plant.energy, row["good_per_h"] * (study.horizon_h - study.warm_up_h))

    def _saved(self, asset: Asset, option: Option) -> Use:
        """Return the energy in :meth:`_saving`, carrier by carrier."""
        questions, before = self.questions, ("line", asset.line)
        after = ("line", asset.line, asset.name, option.name)
        more = (questions.mean(after, _good) - questions.mean(before, _good)) * HOURS_PER_Y
        used = [questions.mean_use(key, lambda row: of_line(row, self.plant.energy)) for key in (before, after)]
        whole = (used[0] - used[1]) * self._per_y + questions.mean_use(before, self._unit_use) * more
        return whole * (1.0 / len(asset.machines))

    def _fitted(self, asset: Asset, option: Option | None) -> Fitted:
        years = range(self.renewal.years)
        ages = self._ages(asset, option)
        first, last = (self._capacity(asset, option, a) for a in (ages[0], ages[-1]))
        span = max(1, self.renewal.years - 1)
        machine = self._with(asset, option).lines[asset.line].stations[asset.station].machines[asset.machines[0]]
        factors = [aged(machine.rig.ageing, machine.age_y, machine.age_y + y) for y in years]
        key = ("line", asset.line, asset.name, option.name) if option else ("line", asset.line)

        def energy(row: Record) -> float:
            prices, station = self._prices(row), row["stations"][asset.station]
            cost = sum(amount * prices[c] for c, amount in station["by_carrier"].items())
            study = self.questions.study
            return float(cost / (study.horizon_h - study.warm_up_h) * HOURS_PER_Y / station["machines"])

        def machine_use(row: Record) -> Use:
            station = row["stations"][asset.station]
            share = self._per_y / float(station["machines"])
            return of_amounts(station["by_carrier"], row, self.plant.energy) * share

        return Fitted(
            capacity_per_h=tuple(first + (last - first) * y / span for y in years),
            energy_cny_per_y=self.questions.mean(key, energy),
            energy_growth=tuple(f.energy for f in factors),
            energy=self.questions.mean_use(key, machine_use),
        )


def _good(row: Record) -> float:
    return float(row["good_per_h"])


def running_cost_cny_per_y(station: Station, machine: int) -> float:
    """Return what running a machine of a station costs a year as it is."""
    own = station.listed[machine : machine + 1]
    return layered(station, *own).running_cost_cny_per_y or 0.0


def demand_per_h(plant: Plant, line: Line, renewal: Renewal) -> float | None:
    """Return the orders (parts put in) a line gets per scheduled hour; None for a saturated source."""
    rates = [_arrivals_per_h(source, plant.calendar_of(line), renewal) for source in line.sources]
    given = [rate for rate in rates if rate is not None]
    return sum(given) if given and len(given) == len(rates) else None


def _arrivals_per_h(source: Source, calendar: Calendar | None, renewal: Renewal) -> float | None:
    """Return the parts that a source brings per scheduled hour; None where it always has some, or lists them."""
    if source.demand_per_h is not None:
        return source.demand_per_h * source.quantity
    year = HOURS_PER_Y * H
    open_share = scheduled_s(calendar, renewal.begins, 0.0, year) / year
    if source.profile is not None:
        per_day = sum(row.per_h * (last - first) / H for row in source.profile for first, last in [span_s(row.hours)])
        return source.quantity * per_day / 24.0 / open_share if open_share else None
    if source.interarrival_s is None:
        return None
    between = mean(source.interarrival_s)
    return source.quantity * H / between / open_share if between and open_share else None
