"""Why no plan is possible: the fewest limits and rules that contradict each other, with numbers."""

from __future__ import annotations

from optimize.plan import Clash
from optimize.problem import RenewalProblem


def find_clash(problem: RenewalProblem, time_limit_s: float, threads: int, seed: int) -> list[Clash]:
    return []
