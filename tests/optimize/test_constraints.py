"""Each limit and rule of the table binds on an instance of its own: left out, the answer is another."""

import json

import pytest

from models.errors import DataError
from optimize.constraints import CONSTRAINTS, constraints_doc
from optimize.evaluate import evaluate
from optimize.highs import run_highs
from optimize.plant_model import build_model
from optimize.problem import parse_problem
from optimize.solve import solve


def machine(name="A", line=None, **more):
    option = {"name": "new", "cost": 10, "saving": 10}
    option |= more.pop("option", {})
    place = {"line": line, "station": "s", "capacity_per_h": 10} if line else {}
    return {"name": name, "options": [option]} | place | more


def problem(assets, count=3, lines=(), **more):
    return {"renewal_problem": 1, "periods": {"count": count}, "assets": assets, "lines": list(lines)} | more


def line(name="L", **more):
    return {"name": name, "stations": ["s"], "hours": 10, "margin": 1} | more


PAIR = [machine("A"), machine("B", option={"saving": 0})]
BOTH = [machine("A"), machine("B")]
# name of the constraint: the instance, the best gain with it and without it, worked out by hand. A machine renewed in
# period 0 saves 10 in each of the periods 1 and 2 for a price of 10: a gain of 10; in period 1: 0
INSTANCES = {
    # the gain of a renewal in period 0 once; without the limit also those of period 1 (worth 0) and of a second option
    "one_life": (problem([machine() | {"options": [{"name": n, "cost": 10, "saving": 10} for n in "ab"]}]), 10, 20),
    # second renewals alone, as if the machine to be replaced were there: resale 50 each of a machine that costs 60
    "next_step": (
        problem(
            [machine(max_renewals=2, option={"cost": 60, "saving": 0, "resale": 100, "allowed_periods": [0, 1]})],
            count=2,
        ),
        0,
        40,
    ),
    # 100 units per hour wanted instead of 10: worth 10 h * 90 more in each of 3 periods
    "station_capacity": (problem([machine(line="L", options=[])], lines=[line(demand_per_h=100)]), 0, 2700),
    # 5 wanted and made anyway; else 10, 20 and 20 in the three periods instead of 5: 10 h * 35 for a price of 10
    "demand": (
        problem([machine(line="L", option={"saving": 0, "capacity_per_h": 20})], lines=[line(demand_per_h=5)]),
        0,
        340,
    ),
    # 5 of the pool with the renewal; without the limit all of it, renewal or not
    "pool_claims": (problem([machine(option={"claims": {"grant": 5}})], pools={"grant": {"max": 7}}), 15, 17),
    "pool_max": (problem([machine(option={"claims": {"grant": 5}})], pools={"grant": {"max": 3}}), 13, 15),
    "max_age": (problem([machine(age=5, max_age=6, option={"saving": 0})]), -10, 0),
    "allowed_periods": (problem([machine(option={"allowed_periods": [1]})]), 0, 10),
    "from": (problem([machine(option={"from": ["new"]})]), 0, 10),
    "budget": (problem([machine()], budget={"amounts": [9, 9, 9]}), 0, 10),
    "resource_max": (problem([machine(option={"uses": {"crew": 2}})], resources={"crew": {"max": 1}}), 0, 10),
    "resource_min": (
        problem(
            [machine(option={"saving": 0, "uses": {"crew": 2}})],
            resources={"crew": {"min": 1, "every": "horizon"}},
        ),
        -10,
        0,
    ),
    "downtime_limit": (
        problem([machine(line="L", option={"downtime_h": 1})], lines=[line(margin=0, downtime_limit_h=0)]),
        0,
        10,
    ),
    "max_lines_down": (
        problem([machine("A", "L"), machine("B", "K")], lines=[line("L"), line("K")], max_lines_down=1),
        10,
        20,
    ),
    "target_min": (
        problem(
            [machine(option={"saving": 0, "quantities": {"cnc": 1}})],
            targets=[{"quantity": "cnc", "min": 1, "from": 2}],
        ),
        -10,
        0,
    ),
    "target_max": (
        problem([machine(option={"quantities": {"kw": 5}})], targets=[{"quantity": "kw", "max": 4, "from": 1}]),
        0,
        10,
    ),
    # 10 h * (10 + 20 + 20) made if renewed in period 0, 300 if not
    "goal_min": (
        problem(
            [machine(line="L", option={"saving": 0, "capacity_per_h": 20})],
            lines=[line(margin=0)],
            goals=[{"name": "parts", "of": "output", "limit": 500}],
        ),
        -10,
        0,
    ),
    # renewed in period 0 it is in service twice
    "goal_max": (
        problem(
            [machine(option={"quantities": {"kwh": 5}})],
            goals=[{"name": "kwh", "of": "quantity", "quantity": "kwh", "limit": 9}],
        ),
        0,
        10,
    ),
    "together": (problem(PAIR, rules=[{"together": ["A", "B"]}]), 0, 10),
    "after": (problem(PAIR, rules=[{"after": {"first": "B", "then": "A"}}]), 0, 10),
    "exclude": (problem(BOTH, rules=[{"exclude": ["A", "B/new"]}]), 10, 20),
    "requires": (problem(PAIR, rules=[{"requires": {"if": "A", "then": "B"}}]), 0, 10),
    "choose": (problem(BOTH, rules=[{"choose": ["A", "B"], "min": 0, "max": 1}]), 10, 20),
    "must": (problem([machine(option={"saving": 0})], rules=[{"must": "A", "by": 1}]), -10, 0),
}


def best_gain(data, without=()):
    plant = build_model(parse_problem(data), without)
    results = run_highs(plant.model, gap=0.0, time_limit_s=20, threads=1, seed=0)
    return results.incumbent_objective * plant.money


def test_every_constraint_of_the_table_has_its_instance():
    assert set(INSTANCES) == {constraint.name for constraint in CONSTRAINTS}


@pytest.mark.parametrize("name", INSTANCES)
def test_constraint_binds(name):
    data, kept, left_out = INSTANCES[name]
    assert best_gain(data) == pytest.approx(kept, abs=1e-6)
    assert best_gain(data, without=[name]) == pytest.approx(left_out, abs=1e-6)
    assert kept != left_out


@pytest.mark.parametrize("name", [constraint.name for constraint in CONSTRAINTS if not constraint.natural])
def test_best_plan_is_another_without_the_constraint(name):
    data, kept, left_out = INSTANCES[name]
    plans = [solve(parse_problem(data), without=without) for without in ((), [name])]
    assert [plan.status for plan in plans] == ["optimal", "optimal"]
    assert [plan.gain for plan in plans] == pytest.approx([kept, left_out])
    assert plans[0].renewals != plans[1].renewals
    broken = evaluate(parse_problem(data), plans[1].renewals).violations
    assert {violation.constraint for violation in broken} == {name}


PAIR_OF_OPTIONS = [{"name": "a", "cost": 10, "saving": 10}, {"name": "b", "cost": 10}]
CREW = {"uses": {"crew": 1}}
TWO = [machine("A", option=CREW), machine("B", option=CREW)]
# a field of a limit or rule: the instance without it, what it adds, the best gain before and after. A machine renewed
# in period 0, 1, 2 of three gains 10, 0, -10
FIELDS = {
    "budget.carry_over": (
        problem([machine(option={"saving": 30})], budget={"amounts": [5, 5, 0]}),
        {"budget": {"amounts": [5, 5, 0], "carry_over": True}},
        0,
        20,
    ),
    "budget.carry_over is spent once": (
        problem([machine("A"), machine("B")], budget={"amounts": [10, 10, 0], "carry_over": True}),
        {
            "assets": [machine("A", option={"saving": 30}), machine("B", option={"saving": 30})],
            "budget": {"amounts": [10, 0, 0], "carry_over": True},
        },
        10,
        50,
    ),
    "budget.every": (
        problem([machine()], budget={"amounts": 5}, periods={"count": 3, "years_each": 0.5}),
        {"budget": {"amounts": [10, 0], "every": "year"}},
        0,
        10,
    ),
    "resource.every year": (
        problem(TWO, resources={"crew": {"max": 1}}, periods={"count": 3, "years_each": 0.5}),
        {"resources": {"crew": {"max": [2, 0], "every": "year"}}},
        10,
        20,
    ),
    "resource.every horizon": (
        problem(
            [machine("A", option=CREW | {"saving": 50}), machine("B", option=CREW | {"saving": 50})],
            resources={"crew": {"max": 1}},
        ),
        {"resources": {"crew": {"max": 1, "every": "horizon"}}},
        90 + 40,
        90,
    ),
    "line.allowed_periods": (
        problem([machine(line="L")], lines=[line(margin=0)]),
        {"lines": [line(margin=0, allowed_periods=[1, 2])]},
        10,
        0,
    ),
    "downtime_limit by period": (
        problem([machine(line="L", option={"downtime_h": 1, "saving": 30})], lines=[line(margin=0)]),
        {"lines": [line(margin=0, downtime_limit_h=[0, 1, 1])]},
        50,
        20,
    ),
    "after.gap": (
        problem(BOTH, rules=[{"after": {"first": "A", "then": "B", "gap": 0}}]),
        {"rules": [{"after": {"first": "A", "then": "B", "gap": 2}}]},
        20,
        10,
    ),
    "choose.min": (
        problem([machine("A"), machine("B", option={"saving": 0})], rules=[{"choose": ["A", "B"]}]),
        {"rules": [{"choose": ["A", "B"], "min": 2}]},
        10,
        0,
    ),
    "must.by": (
        problem([machine(option={"cost_by_period": [10, 5, 2], "cost": None, "saving": 0})], rules=[{"must": "A"}]),
        {"rules": [{"must": "A", "by": 1}]},
        -2,
        -5,
    ),
    "target.from": (
        problem(
            [machine(option={"saving": 0, "cost_by_period": [9, 6, 3], "cost": None, "quantities": {"cnc": 1}})],
            targets=[{"quantity": "cnc", "min": 1, "from": 2}],
        ),
        {"targets": [{"quantity": "cnc", "min": 1, "from": 1}]},
        -6,
        -9,
    ),
    "option.max_age": (
        problem([machine(option={"starts_after": 0})]),
        {"assets": [machine(option={"starts_after": 0, "max_age": 2})]},
        20,
        10,
    ),
    "asset.max_renewals": (
        problem([machine(option={"starts_after": 0, "saving": [30, 0]})]),
        {"assets": [machine(option={"starts_after": 0, "saving": [30, 0]}, max_renewals=3)]},
        20,
        60,
    ),
    "rule on one option": (
        problem([machine() | {"options": PAIR_OF_OPTIONS}], rules=[{"must": "A"}]),
        {"rules": [{"must": "A/b"}]},
        10,
        -10,
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_field_of_a_limit_counts(name):
    data, change, before, after = FIELDS[name]
    assert solve(parse_problem(data)).gain == pytest.approx(before)
    assert solve(parse_problem(data | change)).gain == pytest.approx(after)


# what a rule asks of a group of two machines: the rule, what A and each machine of the group save in a period, the best
# gain. One that saves s gains 2 s - 10 if renewed in period 0, s - 10 in period 1
GROUPS = {
    "together: one machine of the group is enough": ({"together": ["A", "G"]}, 20, 2, 30 - 6),
    "after: all of the group come first": ({"after": {"first": "G", "then": "A", "gap": 1}}, 25, 2, 15 - 12),
    "exclude: any machine counts": ({"exclude": ["A", "G"]}, 10, 10, 20),
    "requires: all of the group": ({"requires": {"if": "A", "then": "G"}}, 20, 2, 30 - 12),
    "choose: a group counts once": ({"choose": ["A", "G"], "min": 2, "max": 2}, 20, 2, 30 - 6),
    "must: all of the group": ({"must": "G", "by": 1}, 20, 2, 30 - 12),
}


@pytest.mark.parametrize("name", GROUPS)
def test_what_a_rule_asks_of_a_group(name):
    rule, alone, each, gain = GROUPS[name]
    assets = [machine("A", option={"saving": alone}), machine("G", count=2, option={"saving": each})]
    assert solve(parse_problem(problem(assets, rules=[rule]))).gain == pytest.approx(gain)


def test_a_machine_renewed_twice_does_not_stand_for_two():
    # renewed again, a machine brings 8 for the one it replaces: 10 + 10 - 8 would be cheaper than two machines for 10
    option = {"saving": 0, "resale": 8, "starts_after": 0}
    group = machine("G", count=2, max_renewals=2, option=option)
    assert solve(parse_problem(problem([group], rules=[{"must": "G/new"}]))).gain == pytest.approx(-20)


def test_page_names_each_constraint_with_formula_unit_fields_and_example():
    page = constraints_doc()
    for constraint in CONSTRAINTS:
        assert f"## {constraint.name}\n" in page
        assert constraint.sentence in page
        assert f"    {constraint.formula}\n" in page
        assert f"Unit: {constraint.unit}. From: {constraint.fields}." in page
        assert f"{{{constraint.example}}}" in page
        assert constraint.sentence.endswith(".") and constraint.fields and constraint.unit


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: constraint.name)
def test_example_of_a_constraint_has_fields_that_there_are(constraint):
    ((section, value),) = json.loads(f"{{{constraint.example}}}").items()
    part = {"assets": [{"name": "A", "options": value}]} if section == "options" else {section: value}
    try:
        parse_problem({"renewal_problem": 1, "periods": {"count": 9}} | part)
    except DataError as error:  # an example names machines that stand elsewhere; its keys and numbers are right
        assert all(
            problem.found.startswith(("unknown '", "missing", "2 values", "4 values")) for problem in error.problems
        )
