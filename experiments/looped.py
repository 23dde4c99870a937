"""What became of a plan in the loop with the simulator: the plan kept, its bound, and what a document says of it.

Where the states of a plant cannot be listed there are no rounds: the plan is the best by the beliefs, and its bound
takes every line to be as quick as its slowest station by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from experiments.beliefs import Beliefs, Progress, freed
from experiments.loop_settings import LoopSettings
from experiments.playback import Stage
from optimize.evaluate import Evaluation, evaluate
from optimize.plan import Plan, Renewal
from optimize.problem import RenewalProblem

if TYPE_CHECKING:
    from experiments.loop import Certificate, Round

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Looped:
    """A plan after the loop."""

    plan: Plan
    """Its gain is the prediction by the beliefs, bound and gap are the loop's."""
    bound_cny: float
    stage: Stage
    """On which plan and bound were simulated at the end."""
    certificate: Certificate | None
    not_looped: str | None = None
    """Why there were no rounds."""
    by_capacity_cny: float | None = None
    """Bound that needs no order of the states, where simulation refuted it."""

    def document(self, labels: list[str]) -> Row:
        """Return the section ``loop`` of the plan document."""
        found = self.certificate
        if found is None:
            return {"rounds": [], "states_simulated": 0, "ended": "not_possible", "reason": self.not_looped}
        return {
            "rounds": [_round(row, labels) for row in found.rounds],
            "ended": found.ended,
            "states_simulated": found.states_simulated,
            "confidence": found.confidence,
            "replications": {"search": found.replications, "final": len(found.simulated_cny)},
            "bound_mean_cny": found.bound_mean_cny,
            "monotone": {
                "checked": found.checked,
                "refuted": [
                    {"line": row.line, "fewer": row.fewer, "more": row.more, "lost_share": row.lost_share}
                    for row in found.refuted
                ],
                "loosened_cny": found.loosened_cny,
                "bound_by_capacity_cny": self.by_capacity_cny,
            },
        }


def _round(row: Round, labels: list[str]) -> Row:
    return {
        "plan": [
            {"asset": r.asset, "option": r.option, "period": labels[r.period], "machines": r.machines}
            for r in row.plan
        ],
        "bound": row.bound_cny,
        "simulated": row.simulated_cny,
        "best": row.best_cny,
        "states": row.states,
    }  # fmt: skip


def looped_plan(
    stage: Stage,
    problem: RenewalProblem,
    beliefs: Beliefs,
    plan: Plan,
    ranking: Evaluation,
    settings: LoopSettings,
    announce: Callable[[str], Progress | None],
) -> Looped:
    """Return the best plan that the loop finds, starting from the best by the beliefs and the payback ranking."""
    from experiments.loop import Loop
    from optimize.states import listable

    reason = listable(problem) or _sale(stage)
    if stage.replications < 2:
        reason = "one replication tells nothing of chance"
    if reason is not None:
        announce("Bounding the schedule by station capacities")
        bound = capacity_bound(problem, beliefs)
        return Looped(plan, bound, stage, None, reason)
    first = [_schedule(plan.renewals), *([] if ranking.violations else [_schedule(ranking.renewals)])]
    found = Loop(stage, problem, beliefs, settings, announce).run(first)
    predicted = evaluate(problem, found.schedule)
    return Looped(
        plan=Plan(
            status="optimal" if found.gap <= settings.gap else "feasible",
            gain=predicted.gain,
            bound=found.bound_cny,
            gap=found.gap,
            value=predicted.value,
            baseline_value=predicted.baseline_value,
            renewals=predicted.renewals,
            by_period=predicted.by_period,
        ),
        bound_cny=found.bound_cny,
        stage=replace(
            stage,
            replications=len(found.simulated_cny),
            first_replication=stage.first_replication + stage.replications,
        ),
        certificate=found,
        by_capacity_cny=capacity_bound(problem, beliefs) if found.refuted else None,
    )


def _sale(stage: Stage) -> str | None:
    """Return which option sells a machine: a state without it cannot be simulated. None if none does."""
    for line in stage.plant.lines:
        for station in line.stations:
            for option in station.options:
                if option.removes:
                    return f"{option.name} of {line.name}/{station.name} removes a machine"
    return None


def _schedule(renewals: Any) -> tuple[Renewal, ...]:  # noqa: ANN401 - planned renewals
    return tuple(
        Renewal(**r.model_dump(include={"asset", "option", "period", "machines", "replaces"})) for r in renewals
    )


def capacity_bound(problem: RenewalProblem, beliefs: Beliefs, time_limit_s: float = 60.0) -> float:
    """Return a bound on the gain that takes every line to be as quick as its slowest station by itself, free of scrap.

    Simulated stations wait for one another, so that a line makes less than that. What it makes as it is, from which the
    gain counts, is as simulated.
    """
    from optimize.solve import solve

    efficiency = {line.name: freed(beliefs.lines[n]) for n, line in enumerate(problem.lines)}
    assets = []
    for asset in problem.assets:
        share = efficiency.get(asset.line or "", 1.0)
        options = [
            option.model_copy(update={"capacity_per_h": tuple(c / share for c in option.capacity_per_h or ())})
            for option in asset.options
        ]
        own = tuple(c / share for c in asset.capacity_per_h or ())
        assets.append(asset.model_copy(update={"capacity_per_h": own, "options": tuple(options)}))
    quicker = problem.model_copy(update={"assets": tuple(assets)})
    plan = solve(quicker, time_limit_s=time_limit_s)
    bound = plan.bound if plan.bound is not None else float("inf")
    return bound + plan.baseline_value - evaluate(problem, ()).value
