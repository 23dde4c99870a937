"""The abatement curve: order of measures that pay, interactions, and what is avoided."""

import pytest

from optimize.abatement import abatement_curve, fronts, ordered
from optimize.explain_document import Abatement
from optimize.plan import Renewal
from optimize.problem import parse_problem


def measure(name, net_cost, abated):
    per_unit = net_cost / abated if net_cost > 0 else None
    return Abatement(
        asset=name, option="x", machines=1, abated=abated, net_cost=net_cost, cost_per_unit=per_unit, front=None
    )


def test_measures_that_pay_are_not_ranked_by_cost_per_tonne():
    # by cost per tonne "small" (-100 a tonne) would come before "large" (-10), which earns ten times as much
    large, small, poor = measure("large", -1000, 100), measure("small", -100, 1), measure("poor", -50, 50)
    dear, cheap = measure("dear", 90, 10), measure("cheap", 80, 20)
    found = ordered([dear, small, poor, cheap, large])
    assert [(m.asset, m.front) for m in found] == [
        ("large", 1), ("small", 2), ("poor", 2), ("cheap", None), ("dear", None)
    ]  # fmt: skip
    assert [m.cost_per_unit for m in found[:3]] == [None] * 3


def test_fronts_peel_off():
    assert fronts({0: (3, 1), 1: (1, 3), 2: (2, 1), 3: (0, 0), 4: (3, 1)}) == {0: 1, 1: 1, 2: 2, 3: 3, 4: 1}


def test_effects_in_the_order_in_which_measures_are_taken():
    def at(name, station, capacity, saved):
        option = {"name": "x", "cost": 10, "capacity_per_h": 20, "starts_after": 0, "carrier_saving": {"co2_t": saved}}
        return {"name": name, "line": "L", "station": station, "capacity_per_h": capacity, "options": [option]}

    problem = parse_problem({
        "renewal_problem": 1, "periods": {"count": 2}, "prices": {"co2_t": 1.0},
        "lines": [{"name": "L", "stations": ["s", "t"], "hours": 1, "margin": 5}],
        "assets": [at("A", "s", 10, 3.0), at("B", "t", 10, 0.0)]})  # fmt: skip
    plan = [Renewal(asset="A", option="x", period=0), Renewal(asset="B", option="x", period=0)]
    curve = abatement_curve(problem, plan, "co2_t")
    # A alone makes no more (B is as narrow): 10 paid, 6 of CO2 saved; B then brings 10 an hour, 5 each, twice
    (first,) = curve.measures
    assert (first.asset, first.abated, first.net_cost) == ("A", 6.0, 4.0)
    assert first.cost_per_unit == pytest.approx(4 / 6)
    assert curve.no_effect == ("B/x",)
    assert curve.alone_sum == pytest.approx(4 + 10)  # each alone costs; together they gain 86
    given = abatement_curve(problem, plan, "co2_t", {("B", "x"): (2.0, 1.0)})
    assert [(m.asset, m.abated, m.net_cost) for m in given.measures] == [("B", 3.0, -90.0)]
