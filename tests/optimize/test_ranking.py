"""The ranking by simple payback, by hand."""

import pytest

from optimize.evaluate import evaluate
from optimize.problem import parse_problem
from optimize.ranking import payback_ranking, paybacks


def plant(**more):
    """T makes 40 per h, M 45. T with cnc makes 5 more (then M is the narrowest): 5 * 1000 * 0.02 = 100."""
    data = {
        "renewal_problem": 1,
        "periods": {"count": 4, "years_each": 0.5},
        "lines": [{"name": "L", "stations": ["t", "m"], "hours": 1000, "margin": 0.02, "demand_per_h": 60}],
        "assets": [
            {
                "name": "T",
                "line": "L",
                "station": "t",
                "capacity_per_h": 40,
                "options": [
                    {"name": "cnc", "cost": 212, "capacity_gain_per_h": 14, "saving": 6},
                    {"name": "retrofit", "cost": 60, "saving": 6},
                ],
            },
            {
                "name": "M",
                "line": "L",
                "station": "m",
                "capacity_per_h": 45,
                "running_cost": 5,
                "options": [{"name": "centre", "cost": 28, "capacity_gain_per_h": 20, "saving": 9, "running_cost": 7}],
            },
            {"name": "never", "options": [{"name": "x", "cost": 1}]},
        ],
    }
    return parse_problem(data | more)


def test_payback_years_by_hand():
    # per half year: cnc 6 + 100, retrofit 6 (10 half years); centre 9 - 7 + 5 (M alone is not the bottleneck)
    assert [(p.asset, p.option, p.years) for p in paybacks(plant())] == [("T", "cnc", 1.0), ("M", "centre", 2.0)]


def test_ranked_machines_go_to_the_earliest_period_that_fits():
    data = plant(budget={"amounts": [30, 250, 0, 0]}, rules=[{"exclude": ["M", "never"]}])
    chosen = payback_ranking(data)
    assert [(r.asset, r.option, r.period) for r in chosen] == [("M", "centre", 0), ("T", "cnc", 1)]
    data = plant(budget={"amounts": [230, 0, 0, 28]})
    assert [(r.asset, r.period) for r in payback_ranking(data)] == [("T", 0), ("M", 3)]
    assert evaluate(data, payback_ranking(data)).violations == ()


def test_a_machine_that_fits_nowhere_is_left_out():
    assert [r.asset for r in payback_ranking(plant(budget={"amounts": 100}))] == ["M"]


@pytest.mark.parametrize(("amount", "periods"), [(100, [0, 1, 2]), (200, [0, 1])])
def test_machines_of_a_group_are_renewed_one_by_one(amount, periods):
    data = parse_problem(
        {
            "renewal_problem": 1,
            "periods": {"count": 3},
            "budget": {"amounts": amount},
            "assets": [{"name": "A", "count": 3, "options": [{"name": "x", "cost": 100, "saving": 50}]}],
        }
    )
    chosen = payback_ranking(data)
    assert [r.period for r in chosen] == periods
    assert sum(r.machines for r in chosen) == 3


def tied(*rules, **more):
    """A pays back in 1 year, B never; together 300 / 160 a year."""
    assets = [
        {"name": "A", "options": [{"name": "x", "cost": 100, "saving": 100, "starts_after": 0}]},
        {"name": "B", "options": [{"name": "x", "cost": 200, "saving": 60, "starts_after": 0}]},
        {"name": "C", "options": [{"name": "x", "cost": 100, "saving": 90, "starts_after": 0}]},
    ]
    data = {"renewal_problem": 1, "periods": {"count": 4}, "assets": assets, "rules": list(rules)}
    return parse_problem(data | more)


def test_machines_tied_by_a_rule_are_one_investment():
    rule = {"together": ["A", "B/x"]}
    chosen = payback_ranking(tied(rule, budget={"amounts": [300, 300, 0, 0]}))
    # C (100 / 90) comes before A and B together (300 / 160), which then fit a year later only
    assert [(r.asset, r.period) for r in chosen] == [("C", 0), ("A", 1), ("B", 1)]
    assert [r.asset for r in payback_ranking(tied(rule, budget={"amounts": 250}))] == ["C"]


def test_a_group_tied_to_one_machine_is_renewed_in_one_period():
    group = {"name": "A", "count": 3, "options": [{"name": "x", "cost": 10, "saving": 20, "starts_after": 0}]}
    one = {"name": "B", "options": [{"name": "x", "cost": 50, "saving": 5, "starts_after": 0}]}
    data = {"renewal_problem": 1, "periods": {"count": 4}, "assets": [group, one],
            "rules": [{"together": ["A", "B"]}], "budget": {"amounts": [60, 200, 0, 0]}}  # fmt: skip
    chosen = payback_ranking(parse_problem(data))
    assert [(r.asset, r.machines, r.period) for r in chosen] == [("A", 1, 0), ("B", 1, 0)]  # no money for two more
    data["budget"] = {"amounts": [80, 0, 0, 0]}
    assert {(r.asset, r.machines, r.period) for r in payback_ranking(parse_problem(data))} == {("A", 3, 0), ("B", 1, 0)}


def test_own_capacity_credits_what_the_line_cannot_use():
    # M alone makes the line no quicker (T is narrower): it brings 9 + 5 - 7; its own 20 per h are credited with 400
    payback = {p.asset: p.years for p in paybacks(plant(), own_capacity=True)}
    assert payback["M"] == pytest.approx(28 / (2 * 407))
    assert payback["T"] == pytest.approx(212 / (2 * (6 + 14 * 20)))
    chosen = payback_ranking(plant(budget={"amounts": [100, 0, 0, 0]}), own_capacity=True)
    assert [(r.asset, r.period) for r in chosen] == [("M", 0)]
