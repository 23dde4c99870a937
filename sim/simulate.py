"""Replications of a plant and what they say together: every figure with its 95 % interval.

>>> from models.plant import Plant
>>> plant = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [
...     {"name": "lathe", "buffer": None, "cycle_time_s": 360}]}]})
>>> simulate(plant, Settings(replications=2, horizon_h=100))["lines"][0]["good_per_h"]
{'mean': 10.0, 'half_width': 0.0}
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from models.plant import Plant
from sim import kpis
from sim.energy_kpis import settle
from sim.output_analysis import interval
from sim.parallel import map_jobs
from sim.program import H, Program, lower
from sim.simpy_engine.run import Run
from sim.summary import summed_up

ENGINE = "simpy"
Progress = Callable[[int, int], None]
Document = dict[str, Any]

INTERVALS = frozenset({
    "throughput_per_h", "good_per_h", "wip", "lead_time_h", "mean_power_kw", "kwh_per_unit", "kgce_per_unit", "tce",
    "tce_equivalent", "tce_equal", "co2_t", "cost_cny", "peak_kw", "by_carrier", "oee", "visits_per_h", "queue_length",
    "number", "waiting_time_h", "per_h", "utilisation", "running_cost_cny_per_h",
})  # fmt: skip
"""Keys whose value is given as mean and half-width; the others as the mean alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run: the plant file's ``run`` unless told otherwise."""

    seed: int = 1
    replications: int = 10
    horizon_h: float = 8760.0
    warm_up_h: float = 0.0
    workers: int | None = None

    @classmethod
    def of(cls, plant: Plant, **given: Any) -> "Settings":  # noqa: ANN401 - any of the fields
        """Return the plant's settings with what was given in their place; None counts as not given."""
        run = plant.run
        file = {
            "seed": run.seed,
            "replications": run.replications,
            "horizon_h": run.horizon_h,
            "warm_up_h": run.warm_up_h,
        }
        return cls(**{**file, **{key: value for key, value in given.items() if value is not None}})


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one replication counted: KPIs over the whole run, and the ledger of each period, line by line."""

    record: kpis.Record
    periods: tuple[list[kpis.Record], ...]


def replicate(job: Job) -> Outcome:
    """Run one replication. Counted: warm-up < time <= horizon."""
    run = Run(job.program, job.seed, job.replication)
    if job.warm_up_s:
        run.play(job.warm_up_s)
        run.reset()
    totals = []
    for bound_s in job.bounds_s:
        run.play(bound_s)
        totals.append(kpis.ledger(run))
    run.play(job.horizon_s)
    periods = tuple(
        [since(now, before) for now, before in zip(total, totals[n - 1], strict=True)] if n else total
        for n, total in enumerate(totals)
    )
    return Outcome(kpis.record(run, job.horizon_s - job.warm_up_s), periods)


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
    return [
        Job(program, settings.seed, r, settings.horizon_h * H, settings.warm_up_h * H, tuple(bounds_s))
        for r in range(settings.replications)
    ]


def simulate(plant: Plant, settings: Settings, progress: Progress | None = None) -> Document:
    """Return the simulation document of a plant (docs/results.md)."""
    outcomes = map_jobs(replicate, jobs_of(plant, settings), settings.workers, progress)
    return document(plant, settings, [o.record for o in outcomes])


def document(plant: Plant, settings: Settings, records: list[kpis.Record]) -> Document:
    """Return the document that several replications make."""
    together = summed_up(combine(records), records)
    settle(together["lines"], records)
    return {
        "kind": "simulate",
        "renewline": version("renewline"),
        "plant": plant.plant.name,
        "engine": ENGINE,
        "seed": settings.seed,
        "replications": settings.replications,
        "horizon_h": settings.horizon_h,
        "warm_up_h": settings.warm_up_h,
        **together,
        "by_replication": by_replication(records),
    }


def combine(values: list[Any], key: str = "", inside: bool = False) -> Any:  # noqa: ANN401 - nested records
    """Return one record from those of the replications: means, with half-widths where :data:`INTERVALS` says so."""
    first = values[0]
    inside = inside or key in INTERVALS
    if isinstance(first, dict):
        if set(first) >= {"mean"}:  # a sample: the interval is of its mean
            rest = {k: combine([v[k] for v in values]) for k in first if k != "mean"}
            return {**_interval([v["mean"] for v in values]), **rest}
        keys = list(dict.fromkeys(k for v in values for k in v))
        return {
            k: combine([v.get(k, 0.0) if _is_number(first.get(k, 0.0)) else v[k] for v in values], k, inside)
            for k in keys
        }
    if isinstance(first, list):
        longest = max(map(len, values))
        if all(_is_number(item) for v in values for item in v):  # shares of time at 0, 1, ..
            values = [[*v, *[0.0] * (longest - len(v))] for v in values]
        return [combine([v[n] for v in values]) for n in range(longest)]
    if None in values and any(_is_number(v) for v in values):
        values = [v for v in values if v is not None]
        first = values[0]
    if not _is_number(first):
        return max(set(values), key=lambda v: (values.count(v), str(v)))  # a name: the one most often found
    if inside:
        return _interval(values)
    mean = sum(values) / len(values)
    return first if all(v == first for v in values) else mean


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _interval(values: list[float]) -> dict[str, float]:
    result = interval(values)
    return {"mean": result.mean, "half_width": result.half_width}


def by_replication(records: list[kpis.Record]) -> dict[str, list[float]]:
    """Return the figures of each replication by name, e.g. ``shaft line/turning/oee``."""
    out: dict[str, list[float]] = {}
    for record in records:
        for line in record["lines"]:
            _note(out, line["name"], line)
            _note(out, line["name"], line["energy"])
            for station in line["stations"]:
                _note(out, f"{line['name']}/{station['name']}", station)
    return out


def _note(out: dict[str, list[float]], place: str, record: kpis.Record) -> None:
    for key in sorted(INTERVALS & record.keys()):
        value = record[key]["mean"] if isinstance(record[key], dict) and "mean" in record[key] else record[key]
        if _is_number(value):
            out.setdefault(f"{place}/{key}", []).append(value)
