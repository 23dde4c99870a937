"""``renewline plan``: the plan explained, and held against other choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from experiments.answer import Answer
from experiments.beliefs import Progress, assets_of
from experiments.own_list import read_own_list
from experiments.why import explain_plan, play_against
from models.plant import Plant
from optimize.plan import Renewal
from optimize.problem import RenewalProblem, parse_problem
from optimize.ranking import payback_ranking

if TYPE_CHECKING:
    from experiments.commands import Request

Document = dict[str, Any]


def choices(plant: Plant, against: str | None) -> dict[str, Sequence[Renewal]]:
    """Return the user's own list, read before anything is simulated, so that errors come at once."""
    if against is None or plant.renewal is None:
        return {}
    return {"own_list": read_own_list(against, _frame(plant))}


def _frame(plant: Plant) -> RenewalProblem:
    """Return a problem that has the names of a plant and nothing else: what a list of renewals refers to."""
    assert plant.renewal is not None
    stations = {line.name: [station.name for station in line.stations] for line in plant.lines}
    return parse_problem({
        "renewal_problem": 1,
        "periods": {"count": plant.renewal.periods, "labels": plant.renewal.labels()},
        "lines": [{"name": name, "stations": own, "hours": 1, "margin": 0} for name, own in stations.items()],
        "assets": [
            {
                "name": asset.name, "line": (line := plant.lines[asset.line]).name,
                "station": (station := line.stations[asset.station]).name, "count": len(asset.machines),
                "capacity_per_h": 0, "options": [{"name": option.name, "cost": 0} for option in station.options],
            }
            for asset in assets_of(plant)
        ],
    })  # fmt: skip


def explained(
    answer: Answer,
    document: Document,
    own: dict[str, Sequence[Renewal]],
    why_time_s: float | None,
    request: Request,
    announce: Callable[[str], Progress | None],
) -> Document:
    """Return the plan's document with other choices played back and, if time is given for it, with ``why``."""
    others: dict[str, Sequence[Renewal]] = dict(own)
    if why_time_s is not None:
        others = {"own_capacity_ranking": payback_ranking(answer.problem, own_capacity=True), **others}
    played = play_against(answer, others, workers=request.workers, engine=request.engine, announce=announce)
    document = {**document, "against": {**document["against"], **played}}
    if why_time_s is None:
        return document
    progress = announce("Explaining the schedule")
    return {**document, "why": explain_plan(answer, time_limit_s=why_time_s, progress=progress)}
