"""Pools of money: a cap over all renewals, what one is worth by hand, and against all schedules there are."""

import itertools
import random

import pytest

from models.errors import DataError
from optimize.evaluate import evaluate
from optimize.plan import Renewal
from optimize.problem import parse_problem
from optimize.solve import solve


def problem(pools, assets, count=3, rate=0.0, **more):
    return parse_problem({
        "renewal_problem": 1, "periods": {"count": count}, "discount": {"rate_per_year": rate}, "pools": pools,
        "assets": assets, **more,
    })  # fmt: skip


def machine(name, cost, saving, claim, **more):
    return {"name": name, "options": [{"name": "new", "cost": cost, "saving": saving, "claims": claim, **more}]}


def renewed(*at):
    return [Renewal(asset=name, option="new", period=period) for name, period in at]


def test_a_pool_pays_no_more_than_it_holds():
    two = problem({"grant": {"max": 15}}, [machine("a", 100, 40, {"grant": 10}), machine("b", 100, 40, {"grant": 10})])
    # 3 periods of saving 40 each less 100, and 10 of the grant; the second machine finds only 5 left
    assert evaluate(two, renewed(("a", 0))).gain == pytest.approx(-100 + 80 + 10)
    assert evaluate(two, renewed(("a", 0), ("b", 0))).gain == pytest.approx(2 * (-100 + 80) + 15)


def test_what_is_paid_counts_where_it_is_worth_most():
    falling = problem({"grant": {"max": 10, "worth": [1.0, 0.5, 0.25]}},
                      [machine("a", 0, 0, {"grant": 10}), machine("b", 0, 0, {"grant": 10})])  # fmt: skip
    assert evaluate(falling, renewed(("a", 2), ("b", 1))).gain == pytest.approx(5)


def test_claims_and_cash_by_the_period_of_purchase():
    dated = problem({"grant": {"max": 99}}, [machine("a", 0, 0, {"grant": [8, 4, 0]}, cash_by_period=[1, 2, 3])])
    assert [evaluate(dated, renewed(("a", t))).gain for t in range(3)] == [9, 6, 3]
    plan = solve(dated)
    assert (plan.gain, plan.renewals[0].period) == (pytest.approx(9), 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_plan_is_the_best_of_all(seed):
    rng = random.Random(seed)
    pools = {"grant": {"max": rng.randint(0, 30), "worth": [rng.choice([0.5, 0.75, 1.0]) for _ in range(3)]}}
    assets = [
        machine(name, rng.randint(20, 90), rng.randint(0, 30), {"grant": [rng.randint(0, 20) for _ in range(3)]},
                cash_by_period=[rng.randint(-20, 20) for _ in range(3)])
        for name in "abc"
    ]  # fmt: skip
    one = problem(pools, assets, rate=0.1, budget={"amounts": [60, 60, 60], "carry_over": True})
    choices = itertools.product([None, 0, 1, 2], repeat=3)
    found = [evaluate(one, renewed(*((n, t) for n, t in zip("abc", c, strict=True) if t is not None))) for c in choices]
    best = max(e.gain for e in found if not e.violations)
    plan = solve(one, gap=0.0)
    assert plan.gain == pytest.approx(best)
    assert plan.bound >= best - 1e-6


def test_wrong_pools_are_refused_all_at_once():
    with pytest.raises(DataError) as caught:
        problem({"grant": {"max": 1, "worth": [1, 1]}}, [machine("a", 1, 1, {"grnt": 1}, cash_by_period=[1])])
    assert [p.where for p in caught.value.problems] == [
        "pools.grant.worth", "assets[0].options[0].cash_by_period", "assets[0].options[0].claims",
    ]  # fmt: skip
