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
