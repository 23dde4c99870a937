"""How little clashing limits must give way: by hand, and checked by letting them give way."""

import pytest
from random_problems import random_problem
from small_problems import best_by_enumeration

from optimize.problem import parse_problem
from optimize.relaxations import place_of, with_relaxations
from optimize.relaxed import more_budget, more_resource
from optimize.solve import solve


def machine(name, cost, saving, **more):
    return {"name": name, "options": [{"name": "new", "cost": cost, "saving": saving, "starts_after": 0, **more}]}


def relaxed(*assets, periods=4, **more):
    problem = parse_problem({"renewal_problem": 1, "periods": {"count": periods}, "assets": list(assets), **more})
    plan = solve(problem)
    assert plan.status == "infeasible"
    return problem, {c.constraint: c for c in with_relaxations(problem, plan.clash)}


def test_a_date_and_a_budget_that_clash():
    budget = {"amounts": [50, 0, 70, 0], "carry_over": True}
    problem, clash = relaxed(machine("lathe", 100, 60), budget=budget, rules=[{"must": "lathe", "by": 1}])
    must, money = clash["must"].relaxation, clash["budget"].relaxation
    assert (must.how, must.to, must.gain) == ("later", 2, pytest.approx(20))  # 120 in period 2
    assert (money.how, money.amount, money.gain) == ("more", pytest.approx(50), pytest.approx(80))
    place = place_of(problem, clash["budget"])
    assert place.window == 1  # money of period 1: 80 gained
    short = more_budget(problem, place.window, money.amount - 1)
    assert solve(short).status == "infeasible"


def test_a_rule_that_must_go_and_a_resource_that_must_give_way():
    crew = {"crew": {"max": 3, "every": "horizon"}}
    problem, clash = relaxed(
        machine("A", 10, 20, uses={"crew": 2}), machine("B", 10, 20, uses={"crew": 2}),
        resources=crew, rules=[{"must": "A"}, {"requires": {"if": "A", "then": "B"}}],
    )  # fmt: skip
    assert clash["requires"].relaxation.how == "drop"
    assert clash["requires"].relaxation.gain == pytest.approx(70)
    assert clash["must"].relaxation.gain == pytest.approx(70)  # B alone
    assert clash["resource_max"].relaxation.amount == pytest.approx(1)
    assert clash["resource_max"].relaxation.to == pytest.approx(4)
    assert solve(more_resource(problem, "crew", 0.9)).status == "infeasible"


def test_an_order_with_a_shorter_gap():
    after = {"after": {"first": "A", "then": "B", "gap": 3}}
    _, clash = relaxed(machine("A", 10, 20), machine("B", 10, 20), rules=[after, {"must": "B", "by": 2}])
    assert (clash["after"].relaxation.how, clash["after"].relaxation.to) == ("gap", 2)
    assert (clash["must"].relaxation.how, clash["must"].relaxation.to) == ("later", 3)


def test_a_machine_that_may_stay_longer():
    old = {**machine("A", 100, 20), "age": 3, "max_age": 4}
    _, clash = relaxed(old, budget={"amounts": [0, 0, 0, 100]})
    assert (clash["max_age"].relaxation.how, clash["max_age"].relaxation.amount) == ("longer", 2)  # to period 3


def test_relaxations_of_random_problems_are_true_by_enumeration():
    seen = 0
    for seed in range(400):
        problem = parse_problem(random_problem([seed, False]))
        if best_by_enumeration(problem, most=150) is not None:
            continue
        for clash in with_relaxations(problem, solve(problem).clash):
            place, found = place_of(problem, clash), clash.relaxation
            if found is None or clash.constraint != "budget":
                continue
            best = best_by_enumeration(more_budget(problem, place.window, found.amount + 1e-4))
            assert best == pytest.approx(found.gain, abs=1e-3)
            assert best_by_enumeration(more_budget(problem, place.window, found.amount - 1e-2)) is None
            seen += 1
        if seen >= 5:
            break
    assert seen >= 4
