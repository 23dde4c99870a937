"""The solver as a whole: the example of the format, statuses, clashes, and that a plan is checked."""

import json

import numpy as np
import pytest

from optimize import solve as solve_module
from optimize.evaluate import evaluate
from optimize.plan import Renewal
from optimize.problem import parse_problem
from optimize.solve import SolverError, solve

EXAMPLE = {
    "renewal_problem": 1,
    "periods": {"count": 4},
    "discount": {"rate_per_year": 0.1},
    "budget": {"amounts": [150, 150, 0, 0], "carry_over": True},
    "resources": {"crew_d": {"max": 10, "every": "period"}},
    "lines": [
        {
            "name": "shafts",
            "stations": ["turning", "milling"],
            "hours": 1000,
            "margin": 0.02,
            "demand_per_h": 60,
            "downtime_limit_h": 100,
        }
    ],
    "assets": [
        {
            "name": "T",
            "line": "shafts",
            "station": "turning",
            "capacity_per_h": 40,
            "options": [
                {
                    "name": "cnc",
                    "cost": 120,
                    "capacity_gain_per_h": 14,
                    "saving": 6,
                    "downtime_h": 60,
                    "uses": {"crew_d": 6},
                }
            ],
        },
        {
            "name": "M",
            "line": "shafts",
            "station": "milling",
            "capacity_per_h": 45,
            "options": [
                {
                    "name": "centre",
                    "cost": 150,
                    "capacity_gain_per_h": 20,
                    "saving": 9,
                    "downtime_h": 60,
                    "uses": {"crew_d": 6},
                }
            ],
        },
    ],
    "rules": [{"after": {"first": "T", "then": "M", "gap": 1}}],
}


def clash(**more):
    plan = solve(parse_problem(EXAMPLE | more))
    assert plan.status == "infeasible"
    assert plan.gain is None
    assert plan.renewals == ()
    return [(c.constraint, c.where, c.limit, c.needed) for c in plan.clash]


def test_example_of_the_format():
    plan = solve(parse_problem(EXAMPLE))
    assert plan.status == "optimal"
    assert [(r.asset, r.period, r.machines, r.cost) for r in plan.renewals] == [("T", 0, 1, 120), ("M", 1, 1, 150)]
    assert [row.output_per_h["shafts"] for row in plan.by_period] == pytest.approx([37.6, 42.3, 54, 54])
    assert plan.gain == pytest.approx(166.102, abs=5e-4)
    assert plan.baseline_value == pytest.approx(2535.892, abs=5e-4)
    assert plan.value == pytest.approx(plan.gain + plan.baseline_value)
    assert plan.gain <= plan.bound <= plan.gain * (1 + 1e-4)
    assert [row.carried for row in plan.by_period] == [0, 30, 30, 30]
    assert sum(row.value for row in plan.by_period) == pytest.approx(plan.value)


def test_plan_is_plain_json():
    document = json.loads(solve(parse_problem(EXAMPLE)).model_dump_json())
    assert {"status", "gain", "bound", "gap", "value", "baseline_value", "renewals", "by_period"} <= set(document)
    assert {"asset", "line", "station", "machines", "option", "period", "cost"} <= set(document["renewals"][0])
    row = {"period", "cost", "budget", "carried", "resources", "downtime_h", "output_per_h", "quantities", "value"}
    assert row <= set(document["by_period"][0])


def replacement(count, max_renewals):
    """One machine whose running cost climbs with age: when is it worth a new one, again and again?"""
    running, resale = [10, 12, 15, 20, 27, 36, 47, 60], [30, 22, 16, 11, 7, 4, 2, 0]
    new = {"name": "new", "cost": 40, "running_cost": running, "resale": resale, "residual": resale, "starts_after": 0}
    asset = {"name": "A", "age": 3, "running_cost": running, "resale": resale, "options": [new]}
    return parse_problem(
        {
            "renewal_problem": 1,
            "periods": {"count": count},
            "discount": {"rate_per_year": 0.08},
            "assets": [asset | {"max_renewals": max_renewals}],
        }
    )


def value_by_recursion(count):
    """Best value of the replacement problem by dynamic programming over (period, age), any number of renewals."""
    running, resale = [10, 12, 15, 20, 27, 36, 47, 60], [30, 22, 16, 11, 7, 4, 2, 0]
    at = lambda values, age: values[min(age, 8) - 1]  # noqa: E731 - short table look-up
    c, o = [1.08**-t for t in range(count)], [1.08 ** -(t + 1) for t in range(count)]
    best = {age: 1.08**-count * at(resale, age) for age in range(1, count + 1)}
    best |= {("old", age): 0.0 for age in range(3, count + 4)}
    for t in reversed(range(count)):
        now = {}
        new = best[1] - o[t] * running[0] - c[t] * 40
        for age in range(0, t + 1):  # periods served so far by a machine bought within the horizon
            now[age] = best.get(age + 1, 0.0) - o[t] * at(running, age + 1)
            now[age] = max(now[age], new + c[t] * at(resale, age + 1))
        keep = best["old", t + 4] - o[t] * at(running, t + 4)
        now["old", t + 3] = max(keep, new + c[t] * at(resale, t + 4))
        best = now
    return best["old", 3]


@pytest.mark.parametrize("count", [3, 6, 12, 20])
def test_replacement_again_and_again_equals_dynamic_programming(count):
    plan = solve(replacement(count, max_renewals=count), gap=0.0)
    assert plan.value == pytest.approx(value_by_recursion(count))
    if count == 20:
        assert len(plan.renewals) > 2


def test_more_renewals_allowed_is_never_worse_and_ends_at_the_free_optimum():
    gains = [solve(replacement(12, number), gap=0.0).gain for number in range(6)]
    assert gains[0] == 0
    assert gains == sorted(gains)
    assert gains[1] < gains[-1] <= solve(replacement(12, 12), gap=0.0).gain + 1e-9


def test_same_problem_same_plan_whatever_was_solved_before():
    first = solve(parse_problem(EXAMPLE), threads=1)
    solve(replacement(6, 2), threads=2)
    assert solve(parse_problem(EXAMPLE), threads=1) == first
    assert solve(parse_problem(EXAMPLE), threads=2) == first


def test_out_of_time_falls_back_on_a_plan_that_keeps_all_limits():
    plan = solve(parse_problem(EXAMPLE), time_limit_s=0.0)
    assert plan.status == "feasible"
    assert plan.gain >= 0
    chosen = [Renewal(**r.model_dump(exclude={"line", "station", "cost"})) for r in plan.renewals]
    assert evaluate(parse_problem(EXAMPLE), chosen).violations == ()


def test_out_of_time_without_any_plan_is_said():
    # neither renewing nothing nor the ranking, which takes nothing that never pays for itself, keeps the rule
    idle = {"name": "X", "options": [{"name": "new", "cost": 1}]}
    data = EXAMPLE | {"assets": [*EXAMPLE["assets"], idle], "rules": [{"must": "X"}]}
    assert solve(parse_problem(data)).status == "optimal"
    plan = solve(parse_problem(data), time_limit_s=0.0)
    assert (plan.status, plan.gain, plan.renewals) == ("no_plan_yet", None, ())


def test_a_plan_that_breaks_a_limit_is_an_error_of_ours(monkeypatch):
    from optimize.plant_model import PlantModel

    wrong = [Renewal(asset="T", option="cnc", period=0), Renewal(asset="M", option="centre", period=0)]
    monkeypatch.setattr(PlantModel, "renewals", lambda self: wrong)
    with pytest.raises(SolverError, match="270 spent, 150 there"):
        solve(parse_problem(EXAMPLE))


def test_a_claim_that_the_renewals_do_not_keep_is_an_error_of_ours(monkeypatch):
    from optimize.plant_model import PlantModel

    monkeypatch.setattr(PlantModel, "renewals", lambda self: [])
    with pytest.raises(SolverError, match=r"claims a gain of 166\.1"):
        solve_module.solve(parse_problem(EXAMPLE))


def test_clash_of_budget_and_must():
    found = clash(budget={"amounts": [100, 0, 0, 0]}, rules=[{"must": "M", "by": 0}])
    assert found == [("budget", "period 0", 100, pytest.approx(150)), ("must", "rules[0]", None, None)]


def test_clash_of_downtime_limit_and_two_musts():
    found = clash(
        rules=[{"must": "T", "by": 0}, {"must": "M", "by": 0}],
        resources={"crew_d": {"max": 99}},
        budget={"amounts": 999},
    )
    assert found == [
        ("downtime_limit", "shafts, period 0", 100, pytest.approx(120)),
        ("must", "rules[0]", None, None),
        ("must", "rules[1]", None, None),
    ]


def test_clash_of_rules_among_themselves():
    found = clash(rules=[{"exclude": ["T", "M"]}, {"requires": {"if": "T", "then": "M"}}, {"must": "T", "by": 3}])
    assert {name for name, *_ in found} == {"exclude", "requires", "must"}


def test_clash_of_target_and_allowed_periods():
    data = json.loads(json.dumps(EXAMPLE))
    data["assets"][0]["options"][0] |= {"quantities": {"cnc": 1}, "allowed_periods": [2]}
    data["targets"] = [{"quantity": "cnc", "min": 1, "from": 2}]
    plan = solve(parse_problem(data))
    assert plan.status == "infeasible"
    told = [(c.constraint, c.where, c.limit, c.needed) for c in plan.clash]
    assert told == [("allowed_periods", "T", None, None), ("target_min", "cnc, period 2", 1, pytest.approx(0))]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"resources": {"crew_d": {"max": 5}}, "rules": [{"must": "T", "by": 3}]}, "resource_max"),
        ({"resources": {"crew_d": {"min": 99, "every": "horizon"}}}, "resource_min"),
        ({"max_lines_down": 0, "rules": [{"must": "T", "by": 3}]}, "max_lines_down"),
        (
            {"rules": [{"choose": ["T", "M"], "min": 1}, {"exclude": ["T", "M"]}, {"must": "T"}, {"must": "M"}]},
            "exclude",
        ),
        ({"rules": [{"together": ["T", "M"]}, {"must": "T"}], "resources": {"crew_d": {"max": 9}}}, "together"),
        ({"rules": [{"after": {"first": "T", "then": "M", "gap": 4}}, {"must": "M"}]}, "after"),
    ],
)
def test_clash_names_the_limit(more, kind):
    assert kind in {name for name, *_ in clash(**more)}


def test_a_clash_is_one_and_cannot_be_shorter():
    rng = np.random.default_rng(5)
    seen = 0
    while seen < 10:
        musts = [{"must": str(name), "by": int(rng.integers(0, 4))} for name in ("T", "M")]
        data = EXAMPLE | {"rules": musts, "budget": {"amounts": [float(a) for a in rng.integers(0, 200, 4)]}}
        plan = solve(parse_problem(data))
        if plan.status != "infeasible":
            continue
        seen += 1
        rules = [int(c.where[6]) for c in plan.clash if c.constraint == "must"]
        assert rules
        for rule in rules:  # without one of the rules named, and the others not named, the rest can be kept
            assert solve(parse_problem(data | {"rules": [musts[r] for r in rules if r != rule]})).status == "optimal"


PENALTY = {
    "a running cost that forbids the old machine": ("assets", 0, "running_cost", 1e9),
    "a price that forbids an option": ("assets", 0, "cost", 1e12),
    "a demand without limit": ("lines", 0, "demand_per_h", 1e9),
    "a station without limit": ("assets", 1, "capacity_per_h", 1e9),
    "a use that no limit leaves room for": ("assets", 0, "uses", {"crew_d": 1e9}),
    "a budget without limit": ("budget", None, "amounts", 1e20),
}


@pytest.mark.parametrize("name", PENALTY)
def test_a_huge_number_means_what_a_large_one_means(name):
    where, index, field, huge = PENALTY[name]
    plans = []
    for value in (huge, {"crew_d": 1e4} if isinstance(huge, dict) else 1e4):
        data = json.loads(json.dumps(EXAMPLE))
        place = data[where] if index is None else data[where][index]
        if field in ("cost", "uses"):
            place = place["options"][0]
        place[field] = value
        plans.append(solve(parse_problem(data)))
    assert [plan.status for plan in plans] == ["optimal", "optimal"]
    assert plans[0].renewals == plans[1].renewals
    assert plans[0].by_period[-1].output_per_h == pytest.approx(plans[1].by_period[-1].output_per_h)


def test_a_model_that_presolve_calls_infeasible_by_rounding_is_solved():
    data = {
        "renewal_problem": 1,
        "periods": {"count": 3},
        "lines": [{"name": "L", "stations": ["s"], "hours": 74, "margin": 0.05, "demand_per_h": 1e8}],
        "assets": [
            {
                "name": "A",
                "line": "L",
                "station": "s",
                "capacity_per_h": 18,
                "max_renewals": 2,
                "options": [
                    {"name": "o", "starts_after": 0, "cost": 18, "capacity_per_h": 16, "saving": 7, "downtime_h": 31},
                    {"name": "p", "cost": 25, "capacity_gain_per_h": 13, "saving": [2, 15, 8], "downtime_h": 11},
                ],
            }
        ],
    }
    huge = solve(parse_problem(data))
    data["lines"][0]["demand_per_h"] = 60
    usual = solve(parse_problem(data))
    assert (huge.status, huge.gain) == (usual.status, pytest.approx(usual.gain))


def test_infeasible_without_any_clash_is_asked_again_without_presolve(monkeypatch):
    from types import SimpleNamespace

    from pyomo.contrib.solver.common.results import TerminationCondition

    from optimize import highs

    asked = []

    def wrong_at_first(model, *, presolve=True, **settings):
        asked.append(presolve)
        if asked == [True]:
            return SimpleNamespace(termination_condition=TerminationCondition.provenInfeasible)
        return real(model, presolve=presolve, **settings)

    real = highs.run_highs
    monkeypatch.setattr(highs, "run_highs", wrong_at_first)
    plan = solve(parse_problem(EXAMPLE))
    assert asked == [True, False]
    assert plan.status == "optimal"
    assert plan.gain == pytest.approx(166.102, abs=5e-4)
