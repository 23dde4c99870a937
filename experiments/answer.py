"""A plan, found and played back: all that its document is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.beliefs import Beliefs
from experiments.figures import ci
from experiments.looped import Looped
from experiments.money import Money
from experiments.playback import Dated, Played, gains
from models.plant import Plant, Renewal
from optimize.evaluate import Evaluation
from optimize.plan import Plan
from optimize.problem import RenewalProblem


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan, found and played back."""

    plant: Plant
    renewal: Renewal
    beliefs: Beliefs
    problem: RenewalProblem
    plan: Plan
    ranking: Evaluation
    schedule: list[Dated]
    ranked: list[Dated]
    baseline: Played
    planned: Played
    by_ranking: Played
    seed: int
    replications: int
    looped: Looped | None = None
    first_replication: int = 0
    """Of the streams on which all was played back."""

    @property
    def money(self) -> Money:
        """Return the discounting and tax in force."""
        return Money(self.renewal)

    def gain(self, played: Played, schedule: Sequence[Dated]) -> dict[str, float]:
        """Return the simulated net present value over the baseline, with its interval."""
        return ci(gains(played, self.baseline, schedule, self.money))
