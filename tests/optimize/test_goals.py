"""Goals, weights and limits: the model against all schedules, and what the file may not say."""

import numpy as np
import pytest
from small_problems import as_renewals, data_of, plans_of
from test_pareto import GOALS

from models.errors import DataError
from optimize.evaluate import Evaluator, evaluate
from optimize.plan import Renewal
from optimize.problem import parse_problem
from optimize.solve import solve

SMALL = {
    "renewal_problem": 1,
    "periods": {"count": 3},
    "discount": {"rate_per_year": 0.1},
    "lines": [{"name": "L", "stations": ["s"], "hours": 10, "margin": 2}],
    "assets": [
        {
            "name": "A",
            "line": "L",
            "station": "s",
            "capacity_per_h": 5,
            "quantities": {"kwh": [7, 8]},
            "options": [{"name": "new", "cost": 100, "capacity_per_h": 8, "quantities": {"kwh": 3}}],
        }
    ],
}


def test_what_a_schedule_reaches_of_each_goal_by_hand():
    kinds = ["gain", "output", "margin", "cost"]
    goals = [{"name": kind, "of": kind} for kind in kinds]
    goals += [{"name": f"{kind} end", "of": kind, "over": "end"} for kind in ("output", "margin")]
    goals += [{"name": f"kwh {over}", "of": "quantity", "quantity": "kwh", "over": over} for over in ("horizon", "end")]
    found = evaluate(parse_problem(SMALL | {"goals": goals}), [Renewal(asset="A", option="new", period=1)])
    assert found.goals == pytest.approx(
        {
            "gain": 2 * 10 * 3 / 1.1**3 - 100 / 1.1,  # new from period 2 on
            "output": 10 * (5 + 5 + 8),
            "margin": 2 * 10 * (5 + 5 + 8),
            "cost": 100,
            "output end": 80,
            "margin end": 160,
            "kwh horizon": 7 + 8 + 3,
            "kwh end": 3,
        }
    )


@pytest.mark.parametrize("kind", range(4))
def test_weighted_sum_and_limit_are_those_of_the_best_of_all_schedules(kind):
    compared = 0
    for seed in range(30):
        rng = np.random.default_rng([seed, 31])
        data = data_of([seed, 32], seed % 3 == 0)
        goals = [goal | {"weight": float(rng.integers(1, 5))} for goal in GOALS[kind]]
        first = parse_problem(data | {"goals": goals}) if data["lines"] else None
        if first is None or (plans := plans_of(first, most=250)) is None:
            continue
        middle = Evaluator(first).evaluate([]).goals[goals[-1]["name"]]
        goals[-1]["limit"] = round(middle * (1.05 if first.goals[-1].sign > 0 else 0.95), 3)
        problem = parse_problem(data | {"goals": goals})
        evaluator, best = Evaluator(problem), None
        for plan in plans:
            found = evaluator.evaluate(as_renewals(problem, plan))
            if not found.violations:
                total = sum(g.sign * g.weight * found.goals[g.name] for g in problem.goals)
                best = total if best is None else max(best, total)
        plan = solve(problem, gap=0.0)
        if best is None:
            assert plan.status == "infeasible"
            continue
        assert plan.objective.value == pytest.approx(best, rel=1e-7, abs=1e-6)
        assert plan.objective.bound >= best - 1e-6
        assert plan.bound is None
        assert plan.gap == plan.objective.gap
        compared += 1
    assert compared >= 2


def test_the_plan_says_what_was_maximised():
    goals = [
        {"name": "gain", "of": "gain", "weight": 1},
        {"name": "kwh", "of": "quantity", "quantity": "kwh", "weight": 20},
    ]
    plan = solve(parse_problem(SMALL | {"goals": goals}))
    assert plan.objective.weights == {"gain": 1, "kwh": -20}
    assert plan.objective.value == pytest.approx(plan.goals["gain"] - 20 * plan.goals["kwh"])
    assert plan.gain == pytest.approx(plan.goals["gain"])
    assert plan.renewals  # worth less than nothing in money, but for the energy
    unweighted = solve(parse_problem(SMALL | {"goals": [{"name": "gain", "of": "gain"}]}))
    assert unweighted.objective is None
    assert unweighted.renewals == ()
    assert unweighted.goals == {"gain": 0.0}


def test_limits_on_goals_that_clash_are_named():
    goals = [{"name": "kwh", "of": "quantity", "quantity": "kwh", "limit": 5}]
    plan = solve(parse_problem(SMALL | {"goals": goals}))
    assert plan.status == "infeasible"
    assert [(clash.constraint, clash.where) for clash in plan.clash] == [("goal_max", "kwh")]
    assert "at most 5 allowed; 13 would do" in plan.clash[0].message


@pytest.mark.parametrize(
    ("goal", "place"),
    [
        ({"of": "gain", "better": "less"}, "goals[0].better"),
        ({"of": "cost", "better": "more"}, "goals[0].better"),
        ({"of": "gain", "over": "end"}, "goals[0].over"),
        ({"of": "quantity"}, "goals[0].quantity"),
        ({"of": "quantity", "quantity": "kw"}, "goals[0].quantity"),
        ({"of": "gain", "quantity": "kwh"}, "goals[0].quantity"),
        ({"of": "output", "line": "M"}, "goals[0].line"),
        ({"of": "gain", "line": "L"}, "goals[0].line"),
        ({"of": "gain", "weight": 0}, "goals"),
    ],
)
def test_a_wrong_goal_is_refused_with_its_place(goal, place):
    with pytest.raises(DataError) as error:
        parse_problem(SMALL | {"goals": [{"name": "g"} | goal]})
    assert [problem.where for problem in error.value.problems] == [place]


def test_pieces_of_several_products_are_not_added_up():
    line = {"name": "L", "stations": ["s"], "hours": 10, "products": [{"name": "p", "margin": 1}]}
    with pytest.raises(DataError, match="several products"):
        parse_problem(SMALL | {"lines": [line], "goals": [{"name": "g", "of": "output"}]})
    with pytest.raises(DataError, match="needs lines"):
        parse_problem({"renewal_problem": 1, "periods": {"count": 1}, "goals": [{"name": "g", "of": "output"}]})
