"""The main job: read beliefs off simulation, find the schedule, play it back, compare, explain.

The optimiser's gain is a prediction from capacities and energy of stations by themselves; the simulated gain is what
counts. Both are told, with their difference.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from experiments.answer import Answer
from experiments.beliefs import Announce, Reader, Study
from experiments.loop_settings import LoopSettings
from experiments.plan_document import plan_document
from experiments.playback import Stage, dated
from experiments.problem_of import renewal_problem
from experiments.why_clash import NoSchedule
from models.errors import DataError, PlanImpossible, Problem
from models.plant import Plant
from optimize.evaluate import Evaluation, evaluate
from optimize.plan import Plan
from optimize.problem import RenewalProblem
from scenarios.catalogue import names_in
from scenarios.evidence import assumptions
from sim.engine import DEFAULT, Asked


def find_plan(
    plant: Plant,
    *,
    seed: int | None = None,
    replications: int | None = None,
    workers: int | None = None,
    gap: float = 1e-3,
    time_limit_s: float = 120.0,
    engine: Asked = DEFAULT,
    loop: LoopSettings | None = None,
    announce: Announce = lambda stage: None,
) -> Answer:
    """Return the best schedule of renewals of a plant, played back beside the baseline and a payback ranking.

    Args:
        plant: With a ``renewal`` section.
        seed: Of the simulations; default the plant file's.
        replications: Of the play-back; default the plan's.
        workers: Processes; default one per core.
        gap: Largest gap to the solver's bound at which it stops.
        time_limit_s: Of the solver.
        engine: Which engine simulates and plays back.
        loop: How far value and bound are brought together by simulating states (:mod:`experiments.loop`); default
            not at all: the plan is the best by the beliefs.
        announce: Called with the name of each stage.

    Raises:
        DataError: The plant has no ``renewal`` section.
        PlanImpossible: No schedule keeps the limits; says which clash.
    """
    renewal = plant.renewal
    if renewal is None:
        raise DataError([Problem("renewal", "missing", "a plan needs a renewal section with start, years, period")])
    if plant.schedule:
        found = f"{len(plant.schedule)} renewals"
        raise DataError([Problem("schedule", found, "nothing: a plan makes its own", "leave it out, or use simulate")])
    seed = plant.run.seed if seed is None else seed
    stage = Stage(plant, renewal, seed, replications or renewal.replications, workers, engine)
    reader = Reader(plant, renewal, Study(seed=seed, workers=workers, engine=engine))
    beliefs = reader.read(announce("Simulating stations and options"))
    problem = renewal_problem(plant, renewal, beliefs)
    plan, ranking = _schedules(problem, gap, time_limit_s, announce)
    looped = None
    if loop is not None and loop.rounds > 0:
        from experiments.looped import looped_plan  # only who asks for it pays for it

        looped = looped_plan(stage, problem, beliefs, plan, ranking, loop, announce)
        plan, stage = looped.plan, looped.stage
    schedule = dated(plant, renewal, beliefs.assets, plan.renewals)
    ranked = dated(plant, renewal, beliefs.assets, ranking.renewals)
    progress = announce("Playing back plan and baseline")
    baseline, planned, by_ranking = stage.play([[], schedule, ranked], progress)
    return Answer(
        plant, renewal, beliefs, problem, plan, ranking, schedule, ranked,
        baseline, planned, by_ranking, seed, stage.replications, looped, stage.first_replication,
    )  # fmt: skip


def _schedules(problem: RenewalProblem, gap: float, time_limit_s: float, announce: Announce) -> tuple[Plan, Evaluation]:
    """Return the best plan and what ranking by payback would do."""
    from optimize.ranking import payback_ranking
    from optimize.solve import solve

    announce("Solving the schedule")
    plan = solve(problem, gap=gap, time_limit_s=time_limit_s)
    if plan.status == "infeasible":
        raise NoSchedule(problem, plan.clash)
    if plan.status == "no_plan_yet":
        raise PlanImpossible([f"no schedule was found within {time_limit_s:g} s; allow more time"])
    return plan, evaluate(problem, payback_ranking(problem))


def document_of(answer: Answer) -> dict[str, Any]:
    """Return the plan document (docs/results.md), with the catalogue's names and the assumptions in force."""
    return {
        **plan_document(answer),
        "renewline": version("renewline"),
        "names": names_in(answer.plant),
        "assumptions": assumptions(answer.plant),
    }
