"""The optimiser against every plan of small problems over all fields, limits and rules of the format.

Two things that know nothing of each other are compared twice: the plan with the best of all plans, and the judge of
plans (:mod:`optimize.evaluate`, which the enumeration asks) with one written from the format alone.
"""

from collections import Counter
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from by_the_format import broken, value
from random_problems import random_problem

from optimize.constraints import CONSTRAINTS
from optimize.evaluate import Evaluator
from optimize.limits import violations
from optimize.plan import Renewal, Replaced
from optimize.problem import parse_problem
from optimize.solve import solve


def machine_histories(problem, asset):
    """All lives of one machine as lists of (option, period), at most ``max_renewals`` long."""
    histories, last = [()], [()]
    for _ in range(asset.max_renewals):
        last = [
            (*life, (o, p))
            for life in last
            for o, option in enumerate(asset.options)
            for p in range(problem.periods.count)
            if not life or p >= life[-1][1] + max(1, asset.options[life[-1][0]].starts_after)
        ]
        histories += last
    return histories


def plan_count(problem):
    size = 1
    for asset in problem.assets:
        n = len(machine_histories(problem, asset))
        size *= n if asset.count == 1 else n * (n + 1) // 2
    return size


def all_plans(problem):
    """Every way to give each machine a history; machines of a group are alike."""
    choices = [list(combinations_with_replacement(machine_histories(problem, a), a.count)) for a in problem.assets]
    return product(*choices)


def as_renewals(problem, plan):
    renewals = []
    for asset, histories in zip(problem.assets, plan, strict=True):
        for life in histories:
            before = None
            for o, p in life:
                name = asset.options[o].name
                renewals.append(Renewal(asset=asset.name, option=name, period=p, replaces=before))
                before = Replaced(option=name, period=p)
    return renewals


def judged(evaluator, plan):
    """The gain of a plan and the names of the limits and rules that it breaks."""
    renewals = sorted(as_renewals(evaluator.problem, plan), key=lambda renewal: renewal.period)
    totals = evaluator.totals(renewals)
    assert not totals.unplaced
    broken_here = frozenset(violation.constraint for violation in violations(evaluator.problem, totals))
    return float(sum(evaluator._values(totals)[0])) - evaluator.baseline_value, broken_here


def best_by_what_is_broken(problem):
    """The greatest gain over all plans for each set of limits that plans break; the empty set is what is allowed."""
    evaluator, best = Evaluator(problem), {}
    for plan in all_plans(problem):
        gain, broken_here = judged(evaluator, plan)
        best[broken_here] = max(gain, best.get(broken_here, gain))
    return best


def matter(best):
    """The limits and rules without which a better plan, or any plan, would be allowed."""
    allowed = best.get(frozenset(), -np.inf)
    alone = {next(iter(names)): gain for names, gain in best.items() if len(names) == 1}
    return {name for name, gain in alone.items() if gain > allowed + 1e-6}


def fields(data, place="problem"):
    """Every field that a problem uses, each with the kind of its value."""
    if isinstance(data, dict):
        for key, item in data.items():
            kind = "list" if isinstance(item, list) else "choice" if isinstance(item, str | bool) else "value"
            yield f"{place}.{key} {item if kind == 'choice' and key not in FREE else kind}"
            yield from fields(item, key)
    elif isinstance(data, list):
        for item in data:
            yield from fields(item, place)


FREE = {"name", "first", "then", "if", "must", "quantity", "line", "station"}
"""Fields whose text is a name, not a choice."""


def check(seed, second, census, most_plans):
    """Solve one problem and look at all plans of it; what occurs and what matters is counted."""
    data = random_problem(seed, second)
    problem = parse_problem(data)
    if plan_count(problem) > most_plans:
        census["too many plans"] += 1
        return
    best = best_by_what_is_broken(problem)
    census.update(set(fields(data)) | {f"{name} matters" for name in matter(best)})
    plan = solve(problem)
    if frozenset() not in best:
        census["infeasible"] += 1
        assert plan.status == "infeasible"
        return
    optimum = best[frozenset()]
    census["solved"] += 1
    census["second renewal in the best plan"] += any(r.replaces is not None for r in plan.renewals)
    assert plan.status == "optimal"
    assert plan.gain == pytest.approx(optimum, rel=1e-7, abs=1e-6)
    assert plan.bound >= optimum - 1e-7 * max(1.0, abs(optimum))
    assert plan.bound >= plan.gain
    assert plan.gap == (plan.bound - plan.gain) / max(abs(plan.gain), 1e-9)


LIMITS = [c.name for c in CONSTRAINTS if not c.natural and not c.name.startswith("goal_")]  # test_goals has those
NEEDED = """problem.prices value|problem.max_lines_down value|problem.targets list
periods.labels list|periods.years_each value|discount.factors list|discount.rate_per_year value
discount.capex start|discount.capex middle|discount.capex end
discount.operation start|discount.operation middle|discount.operation end
budget.amounts value|budget.amounts list|budget.every period|budget.every year|budget.carry_over True
crew.max value|crew.max list|crew.min value|crew.min list|crew.every period|crew.every year|crew.every horizon
lines.hours value|lines.hours list|lines.margin value|lines.margin list|lines.demand_per_h value|lines.demand_per_h list
lines.downtime_limit_h value|lines.downtime_limit_h list|lines.allowed_periods list|lines.products list
products.load value|products.demand_per_h list
assets.line choice|assets.count value|assets.age value|assets.max_age value|assets.capacity_per_h value
assets.capacity_per_h list|assets.running_cost list|assets.resale list|assets.max_renewals value
options.cost value|options.cost list|options.cost_by_period list|options.capacity_per_h list|options.saving list
options.capacity_per_h value|options.capacity_gain_per_h value|options.capacity_gain_per_h list
options.saving value|options.running_cost list|options.carrier_saving value|options.cash value|options.cash list
options.downtime_h value|options.downtime_h list|uses.crew value|uses.crew list|options.resale list
options.residual value|options.residual list|options.max_age value|options.starts_after value|options.from list
options.allowed_periods list|rules.together list|after.gap value|rules.exclude list|requires.if choice
rules.choose list|rules.min value|rules.max value|rules.must choice|rules.by value
targets.min value|targets.max value|targets.from value"""


def never(census, least):
    """What the format has and the problems had less often than ``least`` times, and limits that never mattered."""
    names = NEEDED.replace("\n", "|").split("|")
    return [name for name in (*names, *(f"{limit} matters" for limit in LIMITS)) if census[name] < least]


QUICK = 45


def test_plan_is_the_best_of_all_plans():
    census = Counter()
    for second in (False, True):
        for seed in range(QUICK):
            check(seed, second, census, most_plans=600)
    assert census["solved"] >= 30
    assert census["infeasible"] >= 5
    assert census["second renewal in the best plan"] >= 2


@pytest.mark.slow
def test_plan_is_the_best_of_all_plans_on_many_problems_and_everything_occurs():
    census = Counter()
    for second in (False, True):
        for seed in range(QUICK, 220):
            check(seed, second, census, most_plans=4000)
    assert census["solved"] >= 200
    assert never(census, least=5) == []


@pytest.mark.parametrize("problems", [60, pytest.param(600, marks=pytest.mark.slow)])
def test_judge_of_plans_agrees_with_the_sentences_of_the_format(problems):
    rng, seen = np.random.default_rng(1), Counter()
    for seed in range(problems):
        data = random_problem(seed, second=bool(seed % 2))
        problem = parse_problem(data)
        evaluator = Evaluator(problem)
        histories = [machine_histories(problem, asset) for asset in problem.assets]
        baseline = value(data, [[()] * asset.count for asset in problem.assets])
        assert evaluator.baseline_value == pytest.approx(baseline, rel=1e-9, abs=1e-9)
        for _ in range(5):
            plan = [
                sorted(lives[int(rng.integers(len(lives)))] if rng.random() < 0.8 else () for _ in range(asset.count))
                for asset, lives in zip(problem.assets, histories, strict=True)
            ]
            gain, broken_here = judged(evaluator, plan)
            assert gain == pytest.approx(value(data, plan) - baseline, rel=1e-9, abs=1e-8)
            assert broken_here == broken(data, plan)
            seen.update(broken_here or {"nothing"})
    assert all(seen[name] >= problems / 60 for name in (*LIMITS, "nothing")), seen
