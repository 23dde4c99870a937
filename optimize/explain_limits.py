"""What a little more of each limit brings: prices of budgets by finite difference, hours, resources, the curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimize.evaluate import Evaluator
from optimize.explain_document import Between, BudgetPrice, CurvePoint, MoreOf
from optimize.explain_parts import gained, middle, moves, not_negative
from optimize.limits import budget_by_period
from optimize.numbers import Array, windows
from optimize.plan import Renewal
from optimize.problem import RenewalProblem
from optimize.relaxed import (
    Limit,
    budget_amounts,
    limits_of,
    more_budget,
    more_downtime,
    more_resource,
    parts_of,
    scaled_budget,
)
from optimize.resolve import NOT_ASKED, Asker, Found

CURVE = (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
"""Shares of the budget at which the best gain is worked out."""
NOTHING = Between(at_least=0.0, at_most=0.0)


@dataclass
class LimitsStudy:
    """Asks what more or less of a limit would change; all against the best plan of the unchanged problem."""

    problem: RenewalProblem
    asker: Asker
    tolerance: float
    step: float | None = None

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.problem)
        self.base = self.asker.base
        self.whole = {limit.key: limit for limit in limits_of(self.problem)}

    # --- budgets ---

    @property
    def budget_step(self) -> float:
        """Return the step of the finite difference."""
        if self.step is not None:
            return self.step
        return max(sum(max(0.0, amount) for amount in budget_amounts(self.problem)) / 20.0, 1e-6)

    def budgets(self) -> tuple[BudgetPrice, ...]:
        """Return the price of each budget; none where there is no budget or no time."""
        if self.problem.budget is None or self.base.gain is None:
            return ()
        amounts, parts = budget_amounts(self.problem), windows(self.problem, self.problem.budget.every)
        whole = next(limit for limit in self.whole.values() if limit.kind == "budget")
        unlimited = self.asker.lift([whole])[whole.key]
        helps = (gained(unlimited, self.base) or NOTHING).at_most
        asked: dict[tuple[str, int], RenewalProblem] = {}
        for number, amount in enumerate(amounts):
            if helps is None or helps > self.tolerance:  # else no budget anywhere brings anything
                asked["more", number] = more_budget(self.problem, number, self.budget_step)
            if self.unused[number] < self._less(amount):
                asked["less", number] = more_budget(self.problem, number, -self._less(amount))
        found = self.asker.ask_all(asked)
        doubtful = [n for n in range(len(parts)) if self._brings(found.get(("more", n))) is not True]
        years = parts_of(self.problem, whole)
        plans = self.asker.lift([years[n] for n in doubtful if ("more", n) in asked])
        lifted = {n: plans[year.key] for n, year in enumerate(years) if year.key in plans}
        return tuple(
            self._price(number, window.start, amounts[number], found, lifted.get(number), ("more", number) in asked)
            for number, window in enumerate(parts)
        )

    def _less(self, amount: float) -> float:
        return min(self.budget_step, amount) if amount > 0 else self.budget_step

    def _brings(self, found: Found | None) -> bool | None:
        """Return whether a changed problem surely gains more; None if that is not known."""
        more = None if found is None else gained(found, self.base)
        if more is None:
            return None
        return more.at_least is not None and more.at_least > self.tolerance

    @property
    def unused(self) -> Array:
        """Return how much of each budget could be taken away and the plan still be paid."""
        return unused_budget(self.problem, self.evaluator, self.base.renewals)

    def _price(
        self,
        number: int,
        period: int,
        amount: float,
        found: Mapping[tuple[str, int], Found],
        lifted: Found | None,
        asked: bool,
    ) -> BudgetPrice:
        step, less_step = self.budget_step, self._less(amount)
        up = found.get(("more", number), NOT_ASKED if asked else self.base)
        more = NOTHING if not asked else not_negative(gained(up, self.base))
        down = found.get(("less", number))
        less = NOTHING if down is None else not_negative(gained(self.base, down))
        if down is not None and down.outcome == "impossible":
            less = None
        unlimited = NOTHING if not asked else None if lifted is None else not_negative(gained(lifted, self.base))
        useless = unlimited is not None and unlimited.at_most is not None and unlimited.at_most <= self.tolerance
        return BudgetPrice(
            window=number,
            period=period,
            amount=amount,
            unused=float(self.unused[number]),
            step=step,
            more=more,
            less=less,
            less_step=less_step,
            price_more=None if more is None else _rounded(middle(more) / step, self.tolerance / step),
            price_less=None if less is None else _rounded(middle(less) / less_step, self.tolerance / less_step),
            plan_until=amount + step - self._left(number, step, up),
            less_from=amount - less_step + (0.0 if down is None else self._left(number, -less_step, down)),
            lifted=unlimited,
            useless=useless,
            moves=moves(self.base.renewals, up.renewals) if self._brings(up) else (),
        )

    def _left(self, number: int, more: float, found: Found) -> float:
        """Return how much of a changed budget its plan leaves unused: the plan stays best over that amount."""
        if found.gain is None:
            return 0.0
        changed = more_budget(self.problem, number, more)
        left = float(unused_budget(changed, Evaluator(changed), found.renewals)[number])
        return min(left, abs(more)) if math.isfinite(left) else abs(more)

    def next_window(self, budgets: Sequence[BudgetPrice]) -> int | None:
        """Return the budget to which more money brings most; None if none does."""
        best = max(budgets, key=lambda b: middle(b.more) if b.more else 0.0, default=None)
        if best is None or best.more is None or middle(best.more) <= self.tolerance:
            return None
        return best.window

    def curve(self) -> tuple[CurvePoint, ...]:
        """Return the best gain over the total budget; the point without a limit last."""
        if self.problem.budget is None or sum(budget_amounts(self.problem)) <= 0 or self.base.gain is None:
            return ()
        whole = next(limit for limit in self.whole.values() if limit.kind == "budget")
        problems: dict[float, RenewalProblem] = {f: scaled_budget(self.problem, f) for f in CURVE if f != 1.0}
        found = {1.0: self.base, math.inf: self.asker.lift([whole])[whole.key], **self.asker.ask_all(problems)}
        points: list[CurvePoint] = []
        before: Sequence[Renewal] = ()
        best = NOT_ASKED
        for factor in sorted(found):
            plan = _better(found[factor], best)  # a plan for less money is possible with more
            if plan.gain is None:
                continue
            best = plan
            total = None if math.isinf(factor) else factor * sum(budget_amounts(self.problem))
            points.append(
                CurvePoint(
                    factor=None if math.isinf(factor) else factor,
                    budget=total,
                    spent=sum(r.cost for r in plan.renewals),
                    gain=plan.gain,
                    bound=plan.bound,
                    moves=moves(before, plan.renewals),
                )
            )
            before = plan.renewals
        return tuple(points)

    # --- hours and resources ---

    def more(self) -> tuple[MoreOf, ...]:
        """Return what one unit more of downtime, of each resource, of lines down at once would bring."""
        asked = [limit for limit in self.whole.values() if limit.kind in {"downtime", "resource", "lines_down"}]
        lifted = self.asker.lift(asked)
        helps = [limit for limit in asked if self._brings(lifted[limit.key]) is not False]
        found = self.asker.ask_all({limit.key: self._one_more(limit) for limit in helps})
        out = []
        for limit in asked:
            without = not_negative(gained(lifted[limit.key], self.base))
            if without is None:
                continue
            one = not_negative(gained(found[limit.key], self.base)) if limit.key in found else NOTHING
            unknown = Between(at_least=0.0, at_most=without.at_most)  # no more than what lifting it brings
            out.append(
                MoreOf(
                    kind=limit.kind,
                    line=limit.line,
                    name=limit.name,
                    unit=1.0,
                    gain=one or unknown,
                    enough=self._enough(limit, lifted[limit.key]) if limit.key in found else None,
                    lifted=without,
                    moves=moves(self.base.renewals, lifted[limit.key].renewals) if limit.key in found else (),
                )
            )
        return tuple(out)

    def _one_more(self, limit: Limit) -> RenewalProblem:
        if limit.kind == "downtime":
            return more_downtime(self.problem, str(limit.line), 1.0)
        if limit.kind == "resource":
            return more_resource(self.problem, str(limit.name), 1.0)
        most = self.problem.max_lines_down or 0
        return self.problem.model_copy(update={"max_lines_down": most + 1})

    def _enough(self, limit: Limit, found: Found) -> float:
        """Return by how much the best plan without a limit passes it at most."""
        kind = {"downtime": "downtime_limit", "resource": "resource_max", "lines_down": "max_lines_down"}[limit.kind]
        name = limit.line if limit.kind == "downtime" else limit.name
        over = [
            v.found - v.limit
            for v in self.evaluator.evaluate(found.renewals).violations
            if v.constraint == kind and (name is None or v.where.startswith(f"{name}, "))
            and v.found is not None and v.limit is not None
        ]  # fmt: skip
        return float(max(over, default=0.0))


def _better(one: Found, other: Found) -> Found:
    """Return a plan, or another one that gains more, with the first one's bound."""
    if one.outcome == "impossible" or other.gain is None or (one.gain is not None and one.gain >= other.gain):
        return one
    return Found("found", other.gain, one.bound, other.value, other.renewals, False)


def unused_budget(problem: RenewalProblem, evaluator: Evaluator, renewals: Sequence[Renewal]) -> Array:
    """Return, for each budget, how much less of it would still pay for a plan.

    >>> from optimize.problem import parse_problem
    >>> lathe = {"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 2}, "assets": [lathe],
    ...                          "budget": {"amounts": [120, 30], "carry_over": True}})
    >>> unused_budget(problem, Evaluator(problem), [Renewal(asset="lathe", option="cnc", period=1)])
    array([50., 30.])
    """
    budget = problem.budget
    assert budget is not None
    cost = evaluator.totals(sorted(renewals, key=lambda r: r.period)).cost
    income, carried = budget_by_period(problem, cost)
    assert income is not None
    assert carried is not None
    parts = windows(problem, budget.every)
    amounts = np.array(budget_amounts(problem))
    left = np.array([income[w.start] + carried[w.start] - cost[w.start : w.stop].sum() for w in parts])
    if budget.carry_over:  # what a year leaves is there later, too: the least left from here on can be spared
        left = np.minimum.accumulate(left[::-1])[::-1]
    out: Array = np.clip(left, 0.0, np.maximum(amounts, 0.0))
    return out


def _rounded(price: float, tolerance: float) -> float:
    """Return a price, 0 where it is no more than rounding of the solver."""
    return 0.0 if abs(price) <= tolerance else price
