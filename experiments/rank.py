"""Which of several variants of a plant is best, with a stated probability of being right.

``kn``: the fully sequential procedure of Kim and Nelson (2001), on common random numbers. Variants that fall behind
go; what is left is the best with probability 1 - alpha if it leads by ``delta``. ``ocba``: runs go where they tell
most (Chen and others 2000), on streams of each variant's own, until the estimated probability of a right choice is
1 - alpha or the runs are used up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal

import numpy as np

from experiments.compare import Change, parse_changes, per_year, renewed
from experiments.words import CARRIERS
from models.errors import DataError, Problem
from models.plant import Plant
from scenarios.catalogue import names
from sim.kpis import Record
from sim.output_analysis import interval, kn_select, ocba_allocation, paired_interval, probability_correct_selection
from sim.parallel import cores, map_jobs
from sim.program import H, Program
from sim.simulate import Job, Outcome, Progress, Settings, replicate, warmed_up

AS_IT_IS = "as it is"
MORE = ("value_cny_per_y", "good_per_h", "throughput_per_h", "output_per_y")
"""What is better when there is more of it."""
LESS = (
    "wip", "lead_time_h", "kwh_per_unit", "kgce_per_unit", "energy_tce_per_y", "co2_t_per_y", "energy_cost_cny_per_y",
    "running_cost_cny_per_y", "scrap_per_y", "kwh_per_y", *(f"{key}_per_y" for key in CARRIERS if key[-4:] != "_kwh"),
)  # fmt: skip
"""What is better when there is less of it."""
GROWTH = 0.2
"""By how much OCBA raises the number of runs before it looks again."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A plant with some changes; with none it is the plant as it is."""

    name: str
    changes: list[Change]

    @property
    def capex_cny(self) -> float:
        """Return what the changes cost."""
        return sum(c.option.capex_cny * c.machines for c in self.changes)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which variant has the best ``metric``, how sure, at most how many runs."""

    metric: str = "value_cny_per_y"
    delta: float | None = None
    """Smallest difference worth finding; ``kn`` needs it."""
    alpha: float = 0.05
    method: Literal["kn", "ocba"] = "kn"
    first: int = 10
    most: int = 2000

    @property
    def sign(self) -> float:
        """Return 1 where more is better, -1 where less is."""
        return 1.0 if self.metric in MORE else -1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What came out: the best, runs of each variant, after how many each went, and the estimated probability."""

    best: int
    runs: list[int]
    gone: dict[int, int]
    decided: bool
    probability: float | None = None


def parse_variants(plant: Plant, texts: Sequence[str]) -> list[Variant]:
    """Return the variants written as ``name=change+change``; a change as ``compare`` takes it.

    Nothing behind the ``=`` is the plant as it is. Without any text: the plant as it is, and each option of each
    station on all its machines.

    Raises:
        DataError: A text cannot be read, two have one name, or there are fewer than two.
    """
    if not texts:
        stations = [s.name for line in plant.lines for s in line.stations]
        single = [
            Variant(
                f"{s.name if stations.count(s.name) == 1 else f'{line.name}/{s.name}'}: {o.name}",
                [Change(line.name, s.name, s.count, o)],
            )
            for line in plant.lines
            for s in line.stations
            for o in s.options
        ]
        return _enough([Variant(AS_IT_IS, []), *single])
    problems: list[Problem] = []
    variants: list[Variant] = []
    for text in texts:
        name, equals, rest = (part.strip() for part in text.partition("="))
        where = f"--variant {text}"
        if not name or not equals:
            problems.append(Problem(where, "no name", "write name=line/station=option:machines, several joined by +"))
            continue
        if any(name == v.name for v in variants):
            problems.append(Problem(where, f"{name!r} for the second time", "each variant has a name of its own"))
        try:
            changes = parse_changes(plant, tuple(c.strip() for c in rest.split("+")), where) if rest else []
        except DataError as error:
            problems += error.problems
            continue
        variants.append(Variant(name, changes))
    if problems:
        raise DataError(problems)
    return _enough(variants)


def _enough(variants: list[Variant]) -> list[Variant]:
    if len(variants) < 2:
        found = f"{len(variants)} variant{'' if len(variants) == 1 else 's'}"
        raise DataError([Problem("--variant", found, "a choice needs at least two", "name= is the plant as it is")])
    return variants


def rank(
    plant: Plant, variants: list[Variant], question: Question, settings: Settings, progress: Progress | None = None
) -> dict[str, Any]:
    """Return the ranking document (docs/results.md).

    The same whatever the number of workers: runs simulated ahead of need are not used.

    Raises:
        DataError: The metric is none that is known.
    """
    if question.metric not in MORE + LESS:
        known = f"more is better: {', '.join(MORE)}; less is better: {', '.join(LESS)}"
        raise DataError([Problem("--metric", f"no figure {question.metric!r}", known)])
    programs = [renewed(plant, v.changes) for v in variants]
    named = {v.name: program for v, program in zip(variants, programs, strict=True)}
    settings = replace(settings, engine=settings.played_by(programs, question.first))
    settings, chosen = warmed_up(plant, named, settings, progress)
    runs = Runs(plant, programs, question, settings, progress)
    choice = _kn(runs, question) if question.method == "kn" else _ocba(runs, question)
    return {
        "kind": "rank",
        "renewline": version("renewline"),
        "plant": plant.plant.name,
        "engine": settings.engine,
        "seed": settings.seed,
        "horizon_h": settings.horizon_h,
        "warm_up_h": settings.warm_up_h,
        "metric": question.metric,
        "better": "more" if question.sign > 0 else "less",
        "method": question.method,
        "delta": question.delta,
        "alpha": question.alpha,
        "first_runs": question.first,
        "max_runs": question.most,
        "best": variants[choice.best].name,
        "decided": choice.decided,
        "probability": choice.probability,
        "runs": sum(choice.runs),
        "replications": max(choice.runs),
        "names": names((c.option.name for v in variants for c in v.changes), plant.catalogue),
        "variants": [_row(n, variants[n], runs, choice, question) for n in range(len(variants))],
        **chosen,
    }


def _row(n: int, variant: Variant, runs: Runs, choice: Choice, question: Question) -> dict[str, Any]:
    mine, best = (runs.values[i][: choice.runs[i]] for i in (n, choice.best))
    own = interval(mine)
    common = min(len(mine), len(best))
    if question.method == "kn":
        apart = paired_interval(best[:common], mine[:common])
        behind = {"mean": apart.mean, "half_width": apart.half_width}
    else:
        other = interval(best)
        behind = {"mean": own.mean - other.mean, "half_width": math.hypot(own.half_width, other.half_width)}
    return {
        "name": variant.name,
        "options": [
            {"line": c.line, "station": c.station, "machines": c.machines, "option": c.option.name}
            for c in variant.changes
        ],
        "capex_cny": variant.capex_cny,
        "value": {"mean": own.mean, "half_width": own.half_width},
        "less_best": None if n == choice.best else behind,
        "runs": choice.runs[n],
        "eliminated_after": choice.gone.get(n),
    }


class Runs:
    """The metric of each variant, run by run, simulated when it is asked for; several runs at once."""

    def __init__(
        self,
        plant: Plant,
        programs: list[Program],
        question: Question,
        settings: Settings,
        progress: Progress | None = None,
    ) -> None:
        self.values: list[list[float]] = [[] for _ in programs]
        self.asked = [0] * len(programs)
        self._engine = settings.played_by(programs, question.first)
        self._programs, self._question, self._settings, self._progress = programs, question, settings, progress
        self._margins = {product.name: product.margin_cny for product in plant.products}

    def sample(self, variant: int, run: int) -> float:
        """Return a result, larger is better.

        Raises:
            OutOfRunsError: A new round would begin, and there are no runs left for it.
        """
        first, most = self._question.first, self._question.most
        if run >= first and run == max(self.asked) and sum(self.asked) >= most:
            raise OutOfRunsError
        if run >= len(self.values[variant]):
            if run < first:
                self.make([first] * len(self.values))
            else:  # all that made the last round will make this one, but for those that have just gone
                on = [n for n, asked in enumerate(self.asked) if asked >= run]
                ahead = run + max(1, -(-2 * (self._settings.workers or cores()) // len(on)))
                self.make([ahead if n in on else 0 for n in range(len(self.values))])
        self.asked[variant] = max(self.asked[variant], run + 1)
        return self._question.sign * self.values[variant][run]

    def make(self, wanted: Sequence[int]) -> None:
        """Simulate until each variant has so many runs."""
        s, k = self._settings, len(self.values)
        common = self._question.method == "kn"
        todo = [(n, r) for n in range(k) for r in range(len(self.values[n]), wanted[n])]
        jobs = [
            Job(
                self._programs[n],
                s.seed,
                r if common else r * k + n,
                s.horizon_h * H,
                s.warm_up_h * H,
                engine=self._engine,
            )
            for n, r in todo
        ]
        made: list[Outcome] = map_jobs(replicate, jobs, s.workers, self._progress)
        for (n, _), outcome in zip(todo, made, strict=True):
            self.values[n].append(self._read(outcome.record))

    def _read(self, record: Record) -> float:
        return figure(record, self._question.metric, self._settings.horizon_h - self._settings.warm_up_h, self._margins)


class OutOfRunsError(Exception):
    """The runs allowed are used up."""


def figure(record: Record, metric: str, counted_h: float, margins: dict[str, float]) -> float:
    """Return a metric of the whole plant in one replication.

    Sums over the lines; lead time and energy per unit are means over the parts.
    """
    lines = record["lines"]
    if metric in ("good_per_h", "throughput_per_h", "wip"):
        return float(sum(line[metric] for line in lines))
    if metric in ("lead_time_h", "kwh_per_unit", "kgce_per_unit"):
        good = sum(line["good_per_h"] for line in lines)
        values = (line[metric]["mean"] if metric == "lead_time_h" else line["energy"][metric] for line in lines)
        return float(sum(v * line["good_per_h"] for v, line in zip(values, lines, strict=True)) / good) if good else 0.0
    return per_year(record, list(range(len(lines))), counted_h, margins).get(metric, 0.0)


def _kn(runs: Runs, question: Question) -> Choice:
    assert question.delta is not None  # asked for where the question is read
    k = len(runs.values)
    try:
        found = kn_select(runs.sample, question.delta, question.alpha, question.first, systems=k)
    except OutOfRunsError:
        last = max(runs.asked)
        gone = {n: made for n, made in enumerate(runs.asked) if made < last}
        left = [n for n in range(k) if n not in gone]
        best = max(left, key=lambda n: question.sign * float(np.mean(runs.values[n][:last])))
        return Choice(best, runs.asked, gone, decided=False)
    return Choice(found.best, runs.asked, {n: made for made, n in found.eliminations}, decided=True)


def _ocba(runs: Runs, question: Question) -> Choice:
    made = [question.first] * len(runs.values)
    while True:
        runs.make(made)
        means = [question.sign * float(np.mean(v)) for v in runs.values]
        variances = [float(np.var(v, ddof=1)) for v in runs.values]
        best = int(np.argmax(means))
        ahead = [m + (question.delta or 0.0) * (n == best) for n, m in enumerate(means)]
        probability = probability_correct_selection(ahead, np.sqrt(variances), made).pcs
        decided = probability >= 1 - question.alpha
        step = min(question.most - sum(made), max(len(made), round(GROWTH * sum(made))))
        if decided or step <= 0:
            return Choice(best, made, {}, decided, probability)
        made = [have + more for have, more in zip(made, _shares(means, variances, made, step), strict=True)]


def _shares(means: list[float], variances: list[float], made: list[int], step: int) -> list[int]:
    """Return how many of the next ``step`` runs each variant gets, largest remainders first."""
    floor = 1e-12 * max(variances) or 1.0  # a variant that never varies must not be divided by
    target = ocba_allocation(means, [max(v, floor) for v in variances], float(sum(made) + step))
    lacks = np.maximum(0.0, target - np.array(made))
    exact = step * lacks / lacks.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: step - int(whole.sum())]] += 1
    return [int(n) for n in whole]
