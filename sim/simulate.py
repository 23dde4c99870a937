"""Replications of a plant and what they say together: every figure with its 95 % interval.

>>> from models.plant import Plant
>>> plant = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [
...     {"name": "lathe", "buffer": None, "cycle_time_s": 360}]}]})
>>> simulate(plant, Settings(replications=2, horizon_h=100))["lines"][0]["good_per_h"]
{'mean': 10.0, 'half_width': 0.0}
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from models.plant import Plant
from sim import kpis
from sim.energy_kpis import settle
from sim.engine import DEFAULT, Asked, EngineName, choose_for, reopen_run
from sim.one_run import LongRun, alike, read_off, section, with_half_widths
from sim.output_analysis import interval
from sim.parallel import map_jobs
from sim.precision import FIRST, Precision, wanted_figures
from sim.precision import replications as enough
from sim.program import H, Program, lower
from sim.summary import summed_up
from sim.warm_up import cut, find_warm_up

Progress = Callable[[int, int], None]
Document = dict[str, Any]

INTERVALS = frozenset({
    "throughput_per_h", "good_per_h", "scrap_per_h", "undetected_per_h", "wip", "lead_time_h", "mean_power_kw",
    "kwh_per_unit", "kgce_per_unit", "tce",
    "tce_equivalent", "tce_equal", "co2_t", "cost_cny", "peak_kw", "by_carrier", "oee", "visits_per_h", "queue_length",
    "number", "waiting_time_h", "per_h", "utilisation", "running_cost_cny_per_h",
})  # fmt: skip
"""Keys whose value is given as mean and half-width; the others as the mean alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run: the plant file's ``run`` unless told otherwise."""

    seed: int = 1
    replications: int = 10
    """Independent runs; with ``precision`` those made once it is known how many."""
    horizon_h: float = 8760.0
    warm_up_h: float = 0.0
    workers: int | None = None
    auto_warm_up: bool = False
    """The warm-up is found first, by pilot replications."""
    precision: Precision | None = None
    """Replications are made until this is reached."""
    batches: int | None = None
    """Instead of replications one run, cut into so many batches."""
    engine: Asked = DEFAULT
    """Which engine plays (:mod:`sim.engine`); ``auto`` until it is known what is played."""

    @classmethod
    def of(cls, plant: Plant, **given: Any) -> "Settings":  # noqa: ANN401 - any field of the plant file's run
        """Return the plant's settings with what was given in their place; None counts as not given.

        Args:
            plant: The plant.
            given: ``workers``, ``engine``, and fields of the plant file's ``run``, also ``warm_up_h`` and
                ``replications`` as ``auto``.
        """
        asked = {key: value for key, value in given.items() if value is not None}
        if "replications" in asked and "batches" not in asked:
            asked["batches"] = None
        run = plant.run.model_copy(
            update={key: value for key, value in asked.items() if key not in ("workers", "engine")}
        )
        return cls(
            seed=run.seed,
            replications=FIRST if run.replications == "auto" else run.replications,
            horizon_h=run.horizon_h,
            warm_up_h=0.0 if run.warm_up_h == "auto" else run.warm_up_h,
            workers=asked.get("workers"),
            auto_warm_up=run.warm_up_h == "auto",
            precision=Precision(run.precision, tuple(run.precision_of), run.max_replications)
            if run.replications == "auto"
            else None,
            batches=run.batches,
            engine=asked.get("engine", DEFAULT),
        )

    def played_by(self, programs: Iterable[Program], replications: int | None = None) -> EngineName:
        """Return the engine that plays some programs, each so often (default: as often as these settings say).

        Raises:
            DataError: It is the compiled one, and a station is the user's own.
        """
        times = self.replications if replications is None else replications
        return choose_for(programs, self.engine, self.horizon_h * H, times)

    @property
    def first(self) -> int | None:
        """Return how many first replications tell the variance, if their number was chosen by it."""
        return FIRST if self.precision else None


@dataclass(frozen=True, slots=True)
class Job:
    """One replication of one program."""

    program: Program
    seed: int
    replication: int
    horizon_s: float
    warm_up_s: float = 0.0
    bounds_s: tuple[float, ...] = ()
    """Ends of periods at which output, energy and costs are read off."""
    engine: EngineName = "simpy"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one replication counted: KPIs over the whole run, and the ledger of each period, line by line."""

    record: kpis.Record
    periods: tuple[list[kpis.Record], ...]


def replicate(job: Job) -> Outcome:
    """Run one replication. Counted: warm-up < time <= horizon."""
    run = reopen_run(job.engine, job.program, job.seed, job.replication)
    if job.warm_up_s:
        run.play(job.warm_up_s)
        run.reset()
    totals = []
    for bound_s in job.bounds_s:
        run.play(bound_s)
        totals.append(kpis.ledger(run.read_money()))
    run.play(job.horizon_s)
    periods = tuple(
        [since(now, before) for now, before in zip(total, totals[n - 1], strict=True)] if n else total
        for n, total in enumerate(totals)
    )
    return Outcome(kpis.record(run.read(), job.horizon_s - job.warm_up_s), periods)


def since(now: Any, before: Any) -> Any:  # noqa: ANN401 - nested mappings of numbers
    """Return what was counted between two readings.

    >>> since({"good": {"shaft": 7}}, {"good": {"shaft": 4}})
    {'good': {'shaft': 3}}
    """
    if isinstance(now, dict):
        return {key: since(value, before[key]) if key in before else value for key, value in now.items()}
    return now - before


def jobs_of(
    plant: Plant, settings: Settings, bounds_s: Sequence[float] = (), program: Program | None = None
) -> list[Job]:
    """Return the replications of a plant as jobs."""
    program = program or lower(plant)
    engine = settings.played_by([program])
    return [
        Job(program, settings.seed, r, settings.horizon_h * H, settings.warm_up_h * H, tuple(bounds_s), engine)
        for r in range(settings.replications)
    ]


@dataclass(frozen=True, slots=True)
class Played:
    """Replications of one or several programs, on the same streams, and how their number was chosen."""

    settings: Settings
    """With the engine, the warm-up and the number of replications as they came out."""
    records: dict[str, list[kpis.Record]]
    """By name of the program."""
    chosen: Document
    """Sections of the document: ``warm_up``, ``precision``; those that were asked for."""


def play(plant: Plant, programs: dict[str, Program], settings: Settings, progress: Progress | None = None) -> Played:
    """Return the replications of some programs of a plant, warm-up and number chosen as the settings ask.

    Replication r of every program meets the same luck.
    """
    settings, chosen = warmed_up(plant, programs, settings, progress)
    records: dict[str, list[kpis.Record]] = {name: [] for name in programs}
    asked, wanted, engine = settings.precision, settings.replications, settings.played_by(programs.values())
    rounds: tuple[int, ...] = ()
    while True:
        jobs = [
            Job(program, settings.seed, r, settings.horizon_h * H, settings.warm_up_h * H, engine=engine)
            for name, program in programs.items()
            for r in range(len(records[name]), wanted)
        ]
        made = iter(map_jobs(replicate, jobs, settings.workers, progress))
        for mine in records.values():
            mine += [next(made).record for _ in range(len(mine), wanted)]
        if asked is None:
            return Played(settings, records, chosen)
        wanted, reached = enough(_figures(records, asked), asked, rounds)
        rounds = reached.rounds
        if wanted <= rounds[-1]:
            settings = replace(settings, replications=rounds[-1])
            return Played(settings, records, {**chosen, "precision": reached.section()})


def warmed_up(
    plant: Plant, programs: dict[str, Program], settings: Settings, progress: Progress | None = None
) -> tuple[Settings, Document]:
    """Return the settings with the engine and a warm-up in hours, and the ``warm_up`` section if it had to be found."""
    engine = settings.played_by(programs.values())
    settings = replace(settings, engine=engine)
    if not settings.auto_warm_up:
        return settings, {}
    cuts = cut(plant, settings.horizon_h * H)
    found = find_warm_up(programs, cuts, settings.seed, settings.workers, progress, engine)
    return replace(settings, warm_up_h=found.warm_up_h, auto_warm_up=False), {"warm_up": found.section()}


def _figures(records: dict[str, list[kpis.Record]], asked: Precision) -> dict[str, list[float]]:
    """Return the figures whose precision is asked for, of all programs."""
    out = {}
    for name, mine in records.items():
        figures = by_replication(mine)
        lines = [line["name"] for line in mine[0]["lines"]]
        for figure in wanted_figures(figures, lines, asked.of):
            out[f"{name}: {figure}" if name else figure] = figures[figure]
    return out


def simulate(plant: Plant, settings: Settings, progress: Progress | None = None) -> Document:
    """Return the simulation document of a plant (docs/results.md)."""
    if settings.batches is not None:
        return _long_run(plant, settings, settings.batches, progress)
    played = play(plant, {"": lower(plant)}, settings, progress)
    return {**document(plant, played.settings, played.records[""]), **played.chosen}


def _long_run(plant: Plant, settings: Settings, batches: int, progress: Progress | None) -> Document:
    """Return the document of one long run, its half-widths by batch means."""
    program = lower(plant)
    settings, chosen = warmed_up(plant, {"": program}, replace(settings, replications=1, precision=None), progress)
    horizon_s, warm_up_s = settings.horizon_h * H, settings.warm_up_h * H
    jobs = [
        LongRun(program, settings.seed, horizon_s, warm_up_s, n, settings.played_by([program])) for n in (1, batches)
    ]
    whole, cut_up = map_jobs(read_off, jobs, settings.workers, progress)
    figures = by_replication(cut_up)
    names = [f"{line['name']}/{key}" for line in cut_up[0]["lines"] for key in Precision().of]
    of_batches = summed_up(combine(alike(cut_up)), cut_up)
    return {
        **with_half_widths(document(plant, settings, whole), of_batches, batches),
        "method": "batch_means",
        **chosen,
        "batch_means": section(figures, names, batches, (settings.horizon_h - settings.warm_up_h) / batches),
        "by_batch": figures,
    }


def document(plant: Plant, settings: Settings, records: list[kpis.Record]) -> Document:
    """Return the document that several replications make.

    Args:
        plant: The plant.
        settings: As they came out: with the engine that played, and the replications that were made.
        records: What each replication said.
    """
    together = summed_up(combine(records, first=settings.first), records)
    settle(together["lines"], records)
    return {
        "kind": "simulate",
        "renewline": version("renewline"),
        "plant": plant.plant.name,
        "engine": settings.engine,
        "seed": settings.seed,
        "replications": settings.replications,
        "horizon_h": settings.horizon_h,
        "warm_up_h": settings.warm_up_h,
        "method": "replications",
        **({"first_replications": settings.first} if settings.first else {}),
        **together,
        "by_replication": by_replication(records),
    }


def combine(values: list[Any], key: str = "", inside: bool = False, first: int | None = None) -> Any:  # noqa: ANN401
    """Return one record from those of the replications: means, with half-widths where :data:`INTERVALS` says so.

    Args:
        values: What each replication has there, e.g. its record.
        key: What it is called.
        inside: Whether it belongs to something that has half-widths.
        first: How many first replications tell the variance; default all.
    """
    one = values[0]
    inside = inside or key in INTERVALS
    if isinstance(one, dict):
        if set(one) >= {"mean"}:  # a sample: the interval is of its mean
            rest = {k: combine([v[k] for v in values]) for k in one if k != "mean"}
            return {**_interval([v["mean"] for v in values], first), **rest}
        keys = list(dict.fromkeys(k for v in values for k in v))
        return {
            k: combine([v.get(k, 0.0) if _is_number(one.get(k, 0.0)) else v[k] for v in values], k, inside, first)
            for k in keys
        }
    if isinstance(one, list):
        return [combine(found, first=first) for found in _by_place(values)]
    if None in values and any(_is_number(v) for v in values):
        values = [v for v in values if v is not None]
        one = values[0]
    if not _is_number(one):
        return max(set(values), key=lambda v: (values.count(v), str(v)))  # a name: the one most often found
    if inside:
        return _interval(values, first)
    mean = sum(values) / len(values)
    return one if all(v == one for v in values) else mean


def _by_place(lists: list[list[Any]]) -> list[list[Any]]:
    """Return what stands at each place of some lists: a number that one of them has not is 0, a record is left out."""
    longest = max(lists, key=len)
    if longest and _is_number(longest[0]):
        return [[v[n] if n < len(v) else 0.0 for v in lists] for n in range(len(longest))]
    return [[v[n] for v in lists if n < len(v)] for n in range(len(longest))]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _interval(values: list[float], first: int | None) -> dict[str, float]:
    result = interval(values, first=first)
    return {"mean": result.mean, "half_width": result.half_width}


def by_replication(records: list[kpis.Record]) -> dict[str, list[float]]:
    """Return the figures of each replication by name.

    ``shaft line/wip``, ``shaft line/products/shaft/throughput_per_h``, ``shaft line/turning/oee``,
    ``shaft line/turning/states/processing``, ``shaft line/turning/stops/drive/per_h``, ``crews/repair/utilisation``.
    """
    out: dict[str, list[float]] = {}
    for record in records:
        for crew in record["crews"]:
            _note(out, f"crews/{crew['name']}", crew)
        for line in record["lines"]:
            _note(out, line["name"], line)
            _note(out, line["name"], line["energy"])
            for product in line["products"]:
                _note(out, f"{line['name']}/products/{product['name']}", product)
            for station in line["stations"]:
                place = f"{line['name']}/{station['name']}"
                _note(out, place, station)
                for state, share in station["states"].items():
                    out.setdefault(f"{place}/states/{state}", []).append(share)
                for stop in station["stops"]:
                    _note(out, f"{place}/stops/{stop['name']}", stop)
    return out


def _note(out: dict[str, list[float]], place: str, record: kpis.Record) -> None:
    for key in sorted(INTERVALS & record.keys()):
        value = record[key]["mean"] if isinstance(record[key], dict) and "mean" in record[key] else record[key]
        if _is_number(value):
            out.setdefault(f"{place}/{key}", []).append(value)
