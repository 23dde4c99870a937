"""A plant's schedule under uncertainty: beliefs, schedules and play-back in every scenario.

Each scenario is a plant of its own, simulated like any other; only the schedule is shared. So a scenario's gain holds
what its orders, prices and machines do to blocking and starving, not just to a factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from experiments.beliefs import Announce, Beliefs, Reader, Study
from experiments.figures import ci
from experiments.front import renewal_of, renewal_row
from experiments.money import Money
from experiments.plan_document import Row
from experiments.plant_scenarios import plant_in
from experiments.playback import Array, Stage, dated, gains
from experiments.problem_of import renewal_problem
from models.errors import DataError, PlanImpossible, Problem
from models.plant import Plant, PlantScenario, Renewal
from optimize.plan import Renewal as Chosen
from optimize.problem import RenewalProblem
from optimize.ranking import payback_ranking
from optimize.robust import Mode, Robust, Settings, robust_over
from optimize.rolling import Rolling, rolling_over
from scenarios.catalogue import names_in
from scenarios.evidence import assumptions
from sim.engine import DEFAULT, Asked

SIMULATED = ("robust", "as written")
"""Schedules of the table that are played back in every scenario."""


@dataclass(frozen=True, slots=True)
class World:
    """One scenario: the plant as it would be, and its renewal problem."""

    scenario: PlantScenario
    plant: Plant
    problem: RenewalProblem


@dataclass(frozen=True, slots=True)
class Frame:
    """What all scenarios share."""

    plant: Plant
    renewal: Renewal
    seed: int
    replications: int
    workers: int | None
    engine: Asked

    def stage(self, plant: Plant) -> Stage:
        """Return where schedules of a plant are played."""
        return Stage(plant, self.renewal, self.seed, self.replications, self.workers, self.engine)


def find_robust(
    plant: Plant,
    mode: Mode,
    *,
    rolling: bool = False,
    seed: int | None = None,
    replications: int | None = None,
    workers: int | None = None,
    gap: float = 1e-3,
    time_limit_s: float = 120.0,
    engine: Asked = DEFAULT,
    announce: Announce = lambda stage: None,
) -> Row:
    """Return the document of a plant's schedule for all scenarios.

    Args:
        plant: With a ``renewal`` section that has ``uncertainty``.
        mode: What is best: ``expected``, ``worst`` or ``regret``.
        rolling: Also make the plan again each year in each scenario.
        seed: Of the simulations; default the plant file's.
        replications: Of the play-back; default the plan's.
        workers: Processes; default one per core.
        gap: Largest gap at which the solver stops.
        time_limit_s: Of the solver.
        engine: Which engine simulates.
        announce: Called with the name of each stage.

    Raises:
        DataError: The plant has no scenarios.
        PlanImpossible: No schedule keeps the limits.
    """
    renewal = renewal_of(plant)
    if renewal.uncertainty is None:
        allowed = "scenarios with name and probability"
        raise DataError([Problem("renewal.uncertainty", "missing", allowed, "see docs/uncertainty.md")])
    seed = plant.run.seed if seed is None else seed
    frame = Frame(plant, renewal, seed, replications or renewal.replications, workers, engine)
    study = Study(seed=seed, workers=workers, engine=engine)
    beliefs = Reader(plant, renewal, study).read(announce("Simulating stations and options"))
    base = renewal_problem(plant, renewal, beliefs)
    plants = [plant_in(plant, scenario) for scenario in renewal.uncertainty.scenarios]  # all faults before any run
    worlds = []
    for scenario, one in zip(renewal.uncertainty.scenarios, plants, strict=True):
        found = Reader(one, renewal, study).read(announce("Simulating stations and options in each scenario"))
        worlds.append(World(scenario, one, renewal_problem(one, renewal, found)))
    announce("Solving over all scenarios")
    answer, again = _solved(base, worlds, mode, Settings(gap, time_limit_s), rolling)
    progress = "Playing back in each scenario"
    shown = [row.renewals for row in answer.schedules if row.name in SIMULATED]
    simulated = [_gains(frame, beliefs, world, shown, announce(progress)) for world in worlds]
    document = _document(frame, worlds, answer, simulated)
    if again is not None:
        document["rolling"] = _rolling(frame, beliefs, worlds, again, announce)
    return document


def _solved(
    base: RenewalProblem, worlds: Sequence[World], mode: Mode, settings: Settings, rolling: bool
) -> tuple[Robust, Rolling | None]:
    named = [(world.scenario.name, world.scenario.probability) for world in worlds]
    problems = [world.problem for world in worlds]
    ranked = {"payback ranking": payback_ranking(base)}
    answer = robust_over(base, problems, named, mode, settings, ranked)
    if answer.status == "infeasible":
        raise PlanImpossible([clash.message for clash in answer.clash])
    if answer.status == "no_plan_yet":
        raise PlanImpossible([f"no schedule was found within {settings.time_limit_s:g} s; allow more time"])
    return answer, rolling_over(base, problems, named, settings) if rolling else None


def _gains(
    frame: Frame, beliefs: Beliefs, world: World, chosen: Sequence[Sequence[Chosen]], progress: object
) -> list[Array]:
    """Return the simulated gain of schedules in one scenario over renewing nothing there, by replication."""
    schedules = [dated(world.plant, frame.renewal, beliefs.assets, renewals) for renewals in chosen]
    baseline, *runs = frame.stage(world.plant).play([[], *schedules], progress)  # type: ignore[arg-type]
    money = Money(frame.renewal)
    return [gains(run, baseline, schedule, money) for run, schedule in zip(runs, schedules, strict=True)]


def _document(frame: Frame, worlds: Sequence[World], answer: Robust, simulated: Sequence[Sequence[Array]]) -> Row:
    plant, labels = frame.plant, frame.renewal.labels()
    probabilities = np.array([world.scenario.probability for world in worlds])
    rows = []
    for row in answer.schedules:
        shown: Row = row.model_dump(exclude={"renewals"})
        shown["capex_cny"] = sum(renewal.cost for renewal in row.renewals)
        if row.name in SIMULATED:
            mine = [gains_[SIMULATED.index(row.name)] for gains_ in simulated]
            shown["simulated"] = {
                "gains": [ci(values) for values in mine],
                # all scenarios meet the same luck, so that the mean has an interval of its own
                "expected": ci(np.tensordot(probabilities, np.array(mine), axes=1)),
                "worst": ci(min(mine, key=lambda values: float(values.mean()))),
            }
        rows.append(shown)
    return {
        "kind": "robust",
        "plant": plant.plant.name,
        "mode": answer.mode,
        "status": answer.status,
        "value_cny": answer.value,
        "bound_cny": answer.bound,
        "gap": answer.gap,
        "scenarios": [
            {**world.scenario.model_dump(), "best_cny": one.best, "bound_cny": one.bound}
            for world, one in zip(worlds, answer.scenarios, strict=True)
        ],
        "schedules": rows,
        "periods": labels,
        "years": frame.renewal.years,
        "renewals": [renewal_row(renewal, labels) for renewal in answer.renewals],
        "seed": frame.seed,
        "replications": frame.replications,
        "engine": frame.engine,
        "renewline": version("renewline"),
        "names": names_in(plant),
        "assumptions": assumptions(plant),
    }


def _rolling(frame: Frame, beliefs: Beliefs, worlds: Sequence[World], again: Rolling, announce: Announce) -> Row:
    """Return the rolling horizon's part: predicted everywhere, what was carried out also simulated."""
    labels = frame.renewal.labels()
    paths = []
    for world, path in zip(worlds, again.paths, strict=True):
        bought = [renewal for year in path.years for renewal in year.renewals]
        found = _gains(frame, beliefs, world, [bought], announce("Playing back the plan made again each year"))[0]
        shown = path.model_dump(exclude={"years"})
        years = [
            {
                "year": year.year,
                "possible": list(year.possible),
                "renewals": [renewal_row(r, labels) for r in year.renewals],
            }
            for year in path.years
        ]
        paths.append({**shown, "simulated": ci(found), "years": years})
    means = again.model_dump(include={"status", "once", "rolling", "foresight", "bound"})
    return {**means, "paths": paths}
