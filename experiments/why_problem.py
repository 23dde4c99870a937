"""``renewline optimize PROBLEM.json`` with ``--why`` and ``--against``: the same answers in plain numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.own_list import read_own_list
from experiments.why_clash import relaxed_messages
from models.errors import PlanImpossible
from optimize.evaluate import Evaluator
from optimize.explain import explain
from optimize.plan import Plan, Renewal
from optimize.problem import RenewalProblem
from optimize.ranking import payback_ranking
from optimize.relaxations import with_relaxations

Row = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks beside the plan."""

    why: bool = False
    against: str | None = None
    step: float | None = None
    quantity: str | None = None
    time_limit_s: float = 60.0

    @property
    def anything(self) -> bool:
        """Whether more is asked than the plan."""
        return self.why or self.against is not None


def asked_for(options: Mapping[str, Any]) -> Asked:
    """Return what the options of the command line ask for."""
    return Asked(
        options["why"], options["against"], options["why_step"], options["why_quantity"], options["why_time_s"]
    )


def own_renewals(problem: RenewalProblem, asked: Asked) -> Sequence[Renewal] | None:
    """Return the user's own list, if there is one; read before anything is solved, so that errors come at once."""
    return None if asked.against is None else read_own_list(asked.against, problem)


def plan_with_more(
    problem: RenewalProblem, plan: Plan, asked: Asked, own: Sequence[Renewal] | None, progress: Progress | None = None
) -> str:
    """Return the plan as JSON, with ``against`` and ``why`` where they were asked for."""
    document: Row = plan.model_dump(mode="json")
    if plan.gain is not None:
        if asked.anything:
            document["against"] = against(problem, own)
        if asked.why:
            found = explain(problem, plan.renewals, step=asked.step, quantity=asked.quantity,
                            time_limit_s=asked.time_limit_s, progress=progress)  # fmt: skip
            document["why"] = found.model_dump(mode="json")
    return json.dumps(document, indent=1, ensure_ascii=False)


def against(problem: RenewalProblem, own: Sequence[Renewal] | None) -> Row:
    """Return other choices: renewals, gain, and the limits they break (their value is given all the same)."""
    choices: dict[str, Sequence[Renewal]] = {
        "nothing": (),
        "payback_ranking": payback_ranking(problem),
        "own_capacity_ranking": payback_ranking(problem, own_capacity=True),
    }
    if own is not None:
        choices["own_list"] = own
    evaluator = Evaluator(problem)
    rows = {}
    for name, renewals in choices.items():
        found = evaluator.evaluate(renewals)
        rows[name] = {
            "gain": found.gain,
            "renewals": [renewal.model_dump(mode="json") for renewal in found.renewals],
            "breaks": [violation.message for violation in found.violations],
        }
    return rows


def impossible(problem: RenewalProblem, plan: Plan, time_limit_s: float) -> tuple[Plan, PlanImpossible]:
    """Return a plan without schedule with the relaxations of its clash, and the error that tells them."""
    clash = with_relaxations(problem, plan.clash, time_limit_s=time_limit_s)
    return plan.model_copy(update={"clash": clash}), PlanImpossible(relaxed_messages(clash))
