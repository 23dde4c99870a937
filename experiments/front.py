"""The choice between goals: a plant's Pareto front, its points played back, each a schedule that can be carried out.

The front is exact for the planning model; the play-back says what its points bring in the simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from experiments.beliefs import Announce, Beliefs, Reader, Study
from experiments.figures import ci
from experiments.money import Money
from experiments.plan_document import Row
from experiments.plant_goals import GOALS, QUANTITIES, same_output, with_goals
from experiments.playback import Dated, Played, Stage, dated, gains
from experiments.problem_of import renewal_problem
from models.errors import DataError, PlanImpossible, Problem
from models.plant import Plant, Renewal
from optimize.evaluate import evaluate
from optimize.pareto import Front, FrontPoint, pareto_front
from optimize.plan import PlannedRenewal
from optimize.problem import RenewalProblem
from scenarios.catalogue import names_in
from scenarios.evidence import assumptions
from sim.engine import DEFAULT, Asked

COLUMNS = {"money": "gain_cny", "output": "more_output", "energy": "saved_tce", "co2": "saved_co2_t"}
"""What a point says of each goal: the difference that the schedule makes over the horizon, better the more."""


def renewal_of(plant: Plant) -> Renewal:
    """Return the plan's frame.

    Raises:
        DataError: There is none, or the plant brings a schedule.
    """
    if plant.renewal is None:
        raise DataError([Problem("renewal", "missing", "a plan needs a renewal section with start, years, period")])
    if plant.schedule:
        found = f"{len(plant.schedule)} renewals"
        raise DataError([Problem("schedule", found, "nothing: a plan makes its own", "leave it out, or use simulate")])
    return plant.renewal


def find_front(
    plant: Plant,
    goals: Sequence[str],
    *,
    seed: int | None = None,
    replications: int | None = None,
    workers: int | None = None,
    step: float = 0.02,
    gap: float = 1e-3,
    time_limit_s: float = 120.0,
    played: int = 6,
    engine: Asked = DEFAULT,
    announce: Announce = lambda stage: None,
) -> Row:
    """Return the document of a plant's Pareto front.

    Args:
        plant: With a ``renewal`` section.
        goals: Two or more of ``money``, ``output``, ``energy``, ``co2``.
        seed: Of the simulations; default the plant file's.
        replications: Of the play-back; default the plan's.
        workers: Processes; default one per core.
        step: Differences of a goal that do not count, as a share of its range.
        gap: How far from efficient a point may be, in units of the ranges; at least a quarter of ``step``.
        time_limit_s: Of the search for the front.
        played: How many points are played back, spread along the front.
        engine: Which engine simulates.
        announce: Called with the name of each stage.

    Raises:
        DataError: The plant has no ``renewal`` section.
        PlanImpossible: No schedule keeps the limits.
    """
    renewal = renewal_of(plant)
    seed = plant.run.seed if seed is None else seed
    reader = Reader(plant, renewal, Study(seed=seed, workers=workers, engine=engine))
    beliefs = reader.read(announce("Simulating stations and options"))
    problem = with_goals(renewal_problem(plant, renewal, beliefs), reader, beliefs, goals)
    announce("Looking for the front")
    front = pareto_front(problem, step=step, gap=max(gap, step / 4), time_limit_s=time_limit_s)
    if front.status == "infeasible":
        raise PlanImpossible([clash.message for clash in front.clash])
    if front.status == "no_plan_yet":
        raise PlanImpossible([f"no point of the front was found within {time_limit_s:g} s; allow more time"])
    stage = Stage(plant, renewal, seed, replications or renewal.replications, workers, engine)
    chosen = spread(front, played)
    schedules = [dated(plant, renewal, beliefs.assets, front.points[n].renewals) for n in chosen]
    baseline, *runs = stage.play([[], *schedules], announce("Playing back points of the front"))
    simulated = {
        n: _simulated(reader, goals, run, baseline, schedule, Money(renewal))
        for n, run, schedule in zip(chosen, runs, schedules, strict=True)
    }
    return _document(plant, renewal, problem, front, goals, simulated, beliefs) | {
        "seed": seed,
        "replications": stage.replications,
        "engine": baseline.document["engine"],
    }


def spread(front: Front, most: int) -> list[int]:
    """Return so many points of a front, in its order: the best of each goal, the preferred, then those farthest off."""
    ranges = [abs(goal.best - (goal.worst or 0.0)) or 1.0 for goal in front.goals]
    at = np.array(
        [[point.goals[g.name] / r for g, r in zip(front.goals, ranges, strict=True)] for point in front.points]
    )
    if len(at) <= most:
        return list(range(len(at)))
    sign = np.array([1.0 if goal.better == "more" else -1.0 for goal in front.goals])
    chosen = list(dict.fromkeys([*([] if front.preferred is None else [front.preferred]), *(at * sign).argmax(axis=0)]))
    chosen = [int(n) for n in chosen][:most]
    while len(chosen) < most:
        distance = np.abs(at[:, None, :] - at[None, chosen, :]).max(axis=2).min(axis=1)
        chosen.append(int(distance.argmax()))
    return sorted(chosen)


def _simulated(
    reader: Reader, goals: Sequence[str], run: Played, baseline: Played, schedule: Sequence[Dated], money: Money
) -> Row:
    """Return what a played schedule brings over renewing nothing, each figure with its interval."""
    more = (run.good - baseline.good).sum(axis=1)
    out: Row = {}
    if "money" in goals:
        out["gain_cny"] = ci(gains(run, baseline, schedule, money))
    out["more_output"] = ci(more.sum(axis=1))
    for goal, quantity, before, after in (
        ("energy", "tce", baseline.tce, run.tce),
        ("co2", "co2_t", baseline.co2_t, run.co2_t),
    ):
        if goal in goals:
            saved = (before - after).sum(axis=1)
            out[COLUMNS[goal]] = ci(same_output(reader, saved, more, run, quantity))
            out[f"more_{quantity}_in_all"] = ci(-saved)
    return out


def _document(
    plant: Plant,
    renewal: Renewal,
    problem: RenewalProblem,
    front: Front,
    goals: Sequence[str],
    simulated: dict[int, Row],
    beliefs: Beliefs,
) -> Row:
    base = evaluate(problem, ()).goals
    labels = renewal.labels()
    return {
        "kind": "front",
        "plant": plant.plant.name,
        "status": front.status,
        "goals": list(goals),
        "columns": {goal: COLUMNS[goal] for goal in goals},
        "ranges": [goal.model_dump() for goal in front.goals],
        "within": front.within,
        "solves": front.solves,
        "preferred": front.preferred,
        "weights": {str(goal): weight for goal, weight in renewal.weights.items() if weight and goal in goals},
        "periods": labels,
        "years": renewal.years,
        "points": [
            {
                "number": n + 1,
                "predicted": _predicted(point, base),
                "simulated": simulated.get(n),
                "capex_cny": sum(renewal.cost for renewal in point.renewals),
                "machines": sum(renewal.machines for renewal in point.renewals),
                "renewals": [renewal_row(renewal, labels) for renewal in point.renewals],
            }
            for n, point in enumerate(front.points)
        ],
        "quantities": {goal: QUANTITIES_OF[goal] for goal in goals if goal in QUANTITIES_OF},
        "renewline": version("renewline"),
        "names": names_in(plant),
        "assumptions": assumptions(plant),
    }


QUANTITIES_OF = {goal: str(how["quantity"]) for goal, how in GOALS.items() if how.get("quantity") in QUANTITIES}


def _predicted(point: FrontPoint, base: Any) -> Row:  # noqa: ANN401 - goals of renewing nothing
    return {
        COLUMNS[name]: value if name == "money" else value - base[name] if name == "output" else base[name] - value
        for name, value in point.goals.items()
    }


def renewal_row(renewal: PlannedRenewal, labels: Sequence[str]) -> Row:
    """Return a renewal as the planning model has it, for a document."""
    return {
        "line": renewal.line,
        "station": renewal.station,
        "asset": renewal.asset,
        "machines": renewal.machines,
        "option": renewal.option,
        "period": labels[renewal.period],
        "capex_cny": renewal.cost,
    }
