"""Why this plan: what each renewal adds, what keeps the others out, what a little more of each limit would bring.

Every answer comes from planning anew with one thing otherwise (:mod:`optimize.relaxed`), so it counts what the rest
of the plan would make of it. Order of the questions: what an owner asks first comes first, for when time runs out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from optimize.abatement import Saved, abatement_curve, is_counted
from optimize.evaluate import Evaluator
from optimize.explain_document import Between, Explanation, Measure, Missing, Parts
from optimize.explain_limits import LimitsStudy
from optimize.explain_missing import MissingStudy
from optimize.explain_parts import Pair, by_period, difference, gained, moves, parts_of_value
from optimize.plan import PlannedRenewal, Renewal
from optimize.problem import RenewalProblem
from optimize.relaxed import dearer, forbidden
from optimize.resolve import Asker, Found, Progress

SHARE_THAT_COUNTS = 1e-5
"""Least change of the gain, as a share of it, that is more than rounding of the solver."""
BREAK_EVEN_STEPS = 6
"""Most steps towards a break-even price; two or three are usual."""

CO2 = "co2_t"
"""What a problem made from a plant calls tonnes of CO2."""


def explain(
    problem: RenewalProblem,
    renewals: Sequence[Renewal],
    *,
    step: float | None = None,
    quantity: str | None = None,
    saved: Saved | None = None,
    time_limit_s: float = 60.0,
    each_s: float = 6.0,
    workers: int = 2,
    progress: Progress | None = None,
) -> Explanation:
    """Return why a plan is as it is.

    Args:
        problem: What the plan is for.
        renewals: The plan; it keeps all limits and rules.
        step: Amount of budget for "what would so much more buy"; default a twentieth of all budgets.
        quantity: Whose abatement the curve shows (less is better); default ``co2_t`` where the problem counts it.
        saved: What machines save of it, by asset and option and period in service, where the problem does not say.
        time_limit_s: For all questions; what is not answered by then is said to be unknown.
        each_s: For one question.
        workers: Questions asked side by side.
        progress: Called with questions answered and known so far.

    >>> from optimize.problem import parse_problem
    >>> lathe = {"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}
    >>> mill = {"name": "mill", "options": [{"name": "new", "cost": 100, "saving": 55}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 3}, "assets": [lathe, mill],
    ...                          "budget": {"amounts": [100, 0, 0]}})
    >>> why = explain(problem, [Renewal(asset="lathe", option="cnc", period=0)], step=100.0)
    >>> [(m.asset, m.adds_rest_fixed, round(m.adds_replanned.at_least, 6)) for m in why.measures]
    [('lathe', 20.0, 10.0)]
    >>> [(m.asset, m.reason, m.blockers[0].kind) for m in why.missing]
    [('mill', 'blocked', 'budget')]
    """
    begun, counted = time.monotonic(), quantity or CO2
    asker = Asker(problem, time_limit_s=time_limit_s, each_s=each_s, workers=workers, progress=progress)
    study = PlanStudy(problem, asker, Evaluator(problem).evaluate(renewals).renewals)
    measures = study.measures()
    missing: tuple[Missing, ...] = MissingStudy(problem, asker, study.renewals, study.tolerance).missing()
    limits = LimitsStudy(problem, asker, study.tolerance, step)
    budgets, more, curve = limits.budgets(), limits.more(), limits.curve()
    measures = study.with_break_even(measures)
    abates = bool(saved) or (saved is None and is_counted(problem, counted))
    return Explanation(
        gain=study.gain,
        best_gain=study.best_gain,
        bound=asker.base.bound,
        measures=measures,
        missing=missing,
        budgets=budgets,
        next_window=limits.next_window(budgets),
        more=more,
        curve=curve,
        abatement=abatement_curve(problem, study.renewals, counted, saved) if abates else None,
        asked=asker.asked,
        unfinished=asker.unfinished,
        seconds=time.monotonic() - begun,
    )


@dataclass
class PlanStudy:
    """What each measure of the plan (an option of an asset, all its machines) adds."""

    problem: RenewalProblem
    asker: Asker
    renewals: tuple[PlannedRenewal, ...]

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.problem)
        self.whole = self.evaluator.evaluate(self.renewals)
        self.gain = self.whole.gain
        best = self.asker.base.gain
        self.best_gain = self.gain if best is None else max(self.gain, best)

    @property
    def tolerance(self) -> float:
        """Return the least change of gain that counts."""
        return SHARE_THAT_COUNTS * max(1.0, abs(self.best_gain))

    @property
    def plan(self) -> Found:
        """Return the plan that is explained as if it had been found."""
        bound = self.asker.base.bound
        return Found("found", self.gain, self.gain if bound is None else bound, self.whole.value, self.renewals, True)

    @cached_property
    def pairs(self) -> dict[Pair, dict[int, int]]:
        """Return the machines by period of each measure."""
        return by_period(self.renewals)

    @cached_property
    def parts(self) -> Parts:
        """Return the value of the plan, taken apart."""
        return parts_of_value(self.evaluator, self.renewals)

    @cached_property
    def without(self) -> dict[Pair, Found]:
        """Return the best plan without each measure."""
        return self.asker.ask_all({pair: forbidden(self.problem, *pair) for pair in self.pairs})

    def measures(self) -> tuple[Measure, ...]:
        """Return the measures, the one that adds most by planning anew first."""
        found = [self._measure(pair, machines) for pair, machines in self.pairs.items()]
        return tuple(sorted(found, key=_by_worth, reverse=True))

    def _measure(self, pair: Pair, machines: dict[int, int]) -> Measure:
        asset = self.problem.assets[self.evaluator.assets[pair[0]]]
        rest = [r for r in self.renewals if (r.asset, r.option) != pair]
        left = self.evaluator.evaluate(rest)
        again = self.without[pair]
        mine = [r for r in self.renewals if (r.asset, r.option) == pair]
        adds = gained(Found("found", self.gain, self.gain), again)
        count = sum(machines.values())
        paid = self._paid(pair, machines)
        worth = None if adds is None else adds.at_least
        price = sum(r.cost for r in mine) / count
        return Measure(
            asset=asset.name,
            option=pair[1],
            line=asset.line,
            station=asset.station,
            machines=count,
            of=asset.count,
            by_period=machines,
            cost=sum(r.cost for r in mine),
            adds_rest_fixed=self.gain - left.gain,
            parts=difference(self.parts, parts_of_value(self.evaluator, rest)),
            rest_breaks=tuple(broken.message for broken in left.violations),
            adds_replanned=adds,
            without=moves(self.renewals, again.renewals) if again.gain is not None else (),
            required=again.outcome == "impossible",
            price=price,
            break_even_price=price + worth / paid if worth is not None and paid > 0 else None,
            break_even_exact=False,
        )

    def _paid(self, pair: Pair, machines: dict[int, int]) -> float:
        """Return the present value of one unit of money on the price of every machine of a measure."""
        return sum(count * float(self.evaluator.capex_factor[period]) for period, count in machines.items())

    def with_break_even(self, measures: Sequence[Measure]) -> tuple[Measure, ...]:
        """Return the measures with their break-even prices made exact where time allows.

        The price is raised until no plan with the measure gains more than the best without it. The best gain falls
        with the price, is convex in it, and is linear for one plan: the price at which the best plan found is no better
        than none of it lies below the true one, and a few steps reach it (Dinkelbach, 1967).
        """
        prices = {(m.asset, m.option): m.break_even_price - m.price for m in measures if m.break_even_price is not None}
        exact: set[Pair] = set()
        open_pairs = [pair for pair in prices if self.without[pair].finished]
        for _ in range(BREAK_EVEN_STEPS):
            asked = {pair: dearer(self.problem, *pair, prices[pair]) for pair in open_pairs}
            answers = self.asker.ask_all(asked)
            steps = {pair: self._raised(pair, found) for pair, found in answers.items() if found.finished}
            exact |= {pair for pair, step in steps.items() if step == 0.0}
            open_pairs = [pair for pair, step in steps.items() if step > 0.0]
            for pair in open_pairs:
                prices[pair] += steps[pair]
        return tuple(self._priced(m, prices.get((m.asset, m.option)), exact) for m in measures)

    def _raised(self, pair: Pair, found: Found) -> float:
        """Return by how much a price may rise until the plan found is no better than the best without the measure."""
        without = self.without[pair]
        if found.gain is None or without.gain is None:
            return 0.0
        paid = self._paid(pair, by_period(found.renewals).get(pair, {}))
        more = found.gain - without.gain
        return more / paid if more > self.tolerance and paid > 0 else 0.0

    def _priced(self, measure: Measure, surcharge: float | None, exact: set[Pair]) -> Measure:
        if surcharge is None:
            return measure
        found = {
            "break_even_price": measure.price + surcharge,
            "break_even_exact": (measure.asset, measure.option) in exact,
        }
        return measure.model_copy(update=found)


def _by_worth(measure: Measure) -> float:
    adds: Between | None = measure.adds_replanned
    if measure.required:
        return float("inf")
    return measure.adds_rest_fixed if adds is None or adds.at_least is None else adds.at_least
