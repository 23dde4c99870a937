"""Solves a problem of many lines by column generation, and hands back its best plan with the bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimize.column_generation import ColumnGeneration, Progress
from optimize.decompose import Parts
from optimize.evaluate import Evaluator
from optimize.line_model import part_of
from optimize.line_search import LinePlan, LineSearch
from optimize.plan import Renewal


@dataclass(frozen=True, slots=True)
class Found:
    """The best plan (None: none found), and a bound that no plan's gain passes."""

    renewals: list[Renewal] | None
    bound: float


def solve_lines(
    evaluator: Evaluator,
    parts: Parts,
    gap: float,
    deadline: float,
    threads: int,
    start: Sequence[Renewal],
    tell: Callable[[Progress], None],
    stops: Callable[[], bool],
) -> Found:
    """Return the best plan found before the deadline (``time.monotonic()``), and the bound."""
    search = ColumnGeneration(parts.lines, parts.links, gap, deadline, threads, tell, stops)
    search.run(_first_plans(evaluator, parts, start))
    if search.choice is None:
        return Found(None, search.bound)
    pool = search.master
    renewals = [renewal for n in search.choice for renewal in parts.lines[pool.line_of[n]].renewals(pool.plans[n])]
    return Found(renewals, search.bound)


def _first_plans(evaluator: Evaluator, parts: Parts, start: Sequence[Renewal]) -> list[list[LinePlan]]:
    """Return what each line has to begin with: renewing nothing where that is allowed, and its part of a plan given."""
    own: dict[str, list[Renewal]] = {}
    for renewal in start:
        own.setdefault(renewal.asset, []).append(renewal)
    plans = []
    for line, assets in zip(parts.lines, parts.assets, strict=True):
        first = []
        if isinstance(line, LineSearch):
            if line.allows_nothing():
                first.append(LinePlan(0.0, np.zeros(parts.links.count), ()))
            renewals = [renewal for index in assets for renewal in own.get(evaluator.problem.assets[index].name, ())]
            steps = line.steps_of(renewals) if renewals else None
            if steps:
                gain = Evaluator(part_of(evaluator.problem, assets, ())).gain_if_allowed(renewals)
                if gain is not None:
                    first.append(line.plan_of(steps, gain))
        plans.append(first)
    return plans
