import json
import subprocess
import sys

import pytest

from models.errors import DataError
from optimize.numbers import discount_factors, window_name, windows
from optimize.problem import parse_problem, read_problem, write_problem

LATHE = {"name": "lathe", "options": [{"name": "cnc", "cost": 100}]}


def problem(**more):
    return {"renewal_problem": 1, "periods": {"count": 4}, "assets": [LATHE]} | more


def places(data):
    with pytest.raises(DataError) as caught:
        parse_problem(data)
    return [wrong.where for wrong in caught.value.problems]


def test_all_wrong_fields_are_told_at_once():
    data = problem(budgett={}, max_lines_down=-1, periods={"count": "four"})
    assert sorted(places(data)) == ["budgett", "max_lines_down", "periods.count"]


def test_all_wrong_references_are_told_at_once():
    data = problem(
        lines=[{"name": "L", "stations": ["s", "empty"], "hours": [1, 2], "margin": 1}],
        assets=[
            LATHE,
            {"name": "mill", "line": "L", "station": "t", "capacity_per_h": 1, "options": [{"name": "x"}]},
            {"name": "saw", "line": "M", "station": "s"},
            {"name": "drill", "line": "L", "station": "s"},
        ],
        rules=[{"must": "lathe/cmc"}, {"after": {"first": "lathe", "then": "nothing"}}, {"exclude": ["saw", "saw"]}],
        targets=[{"quantity": "kwh", "max": 1, "from": 9}],
        budget={"amounts": [1, 2, 3]},
    )
    assert sorted(places(data)) == sorted(
        [
            "budget.amounts",
            "lines[0].hours",
            "assets[1].station",
            "assets[1].options[0]",
            "assets[2].line",
            "assets[2].capacity_per_h",
            "assets[3].capacity_per_h",
            "rules[0].must",
            "rules[1].after.then",
            "rules[2]",
            "targets[0].quantity",
            "targets[0].from",
        ]
    )


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"discount": {"rate_per_year": 0.1, "factors": [1, 1, 1, 1]}}, "discount"),
        ({"discount": {"factors": [1, 1]}}, "discount.factors"),
        ({"rules": [{"musst": "lathe"}]}, "rules[0]"),
        ({"rules": [{"must": "lathe", "by": 4}]}, "rules[0].by"),
        ({"rules": [{"choose": ["lathe"], "min": 2, "max": 1}]}, "rules[0].max"),
        ({"assets": [LATHE, LATHE]}, "assets[1].name"),
        ({"periods": {"count": 4, "years_each": 2}, "budget": {"amounts": 1, "every": "year"}}, "budget.amounts"),
        ({"assets": [LATHE | {"options": [{"name": "a", "cost": True}]}]}, "assets[0].options[0].cost[0]"),
        ({"assets": [LATHE | {"options": [{"name": "a", "cost": "7"}]}]}, "assets[0].options[0].cost"),
        (
            {"assets": [LATHE | {"options": [{"name": "a", "cost": 7, "uses": {"crew": 1}}]}]},
            "assets[0].options[0].uses",
        ),
        (
            {"assets": [LATHE | {"options": [{"name": "a", "cost": 7, "carrier_saving": {"gas": 1}}]}]},
            "assets[0].options[0].carrier_saving",
        ),
        ({"assets": [LATHE | {"options": [{"name": "a", "cost": 7, "from": ["b"]}]}]}, "assets[0].options[0].from"),
        ({"lines": [{"name": "L", "stations": [], "hours": 1, "margin": 1}]}, "lines[0]"),
        ({"assets": [LATHE | {"line": "L"}]}, "assets[0]"),
    ],
)
def test_wrong_data_are_refused_with_their_place(more, place):
    assert places(problem(**more)) == [place]


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'lathe/cnc'"):
        parse_problem(problem(rules=[{"must": "lathe/cnk"}]))


def test_a_file_that_is_no_json_names_line_and_column(tmp_path):
    (tmp_path / "problem.json").write_text('{"renewal_problem": 1,\n "periods" 3}')
    with pytest.raises(DataError, match=r"problem\.json line 2 column 12"):
        read_problem(tmp_path / "problem.json")


def test_written_problem_is_read_back_the_same(tmp_path):
    data = problem(
        budget={"amounts": [1, 2, 3, 4]},
        rules=[{"must": "lathe", "by": 2}, {"choose": ["lathe/cnc"], "max": 1}],
        targets=[],
        lines=[{"name": "L", "stations": [], "hours": 1, "margin": [1, 2, 3, 4], "demand_per_h": 3}],
    )
    before = parse_problem(data)
    write_problem(before, tmp_path / "again.json")
    assert read_problem(tmp_path / "again.json") == before
    assert json.loads((tmp_path / "again.json").read_text())["renewal_problem"] == 1


def test_discount_factors_at_start_middle_and_end():
    data = problem(
        periods={"count": 2, "years_each": 0.5},
        discount={"rate_per_year": 0.21, "capex": "middle", "operation": "start"},
    )
    capex, operation, end = discount_factors(parse_problem(data))
    assert capex == pytest.approx([1.21**-0.25, 1.21**-0.75])
    assert operation == pytest.approx([1, 1 / 1.1])
    assert end == pytest.approx(1 / 1.21)


def test_given_discount_factors_serve_capex_operation_and_end():
    data = problem(discount={"factors": [1, 0.9, 0.8, 0.7]})
    capex, operation, end = discount_factors(parse_problem(data))
    assert list(capex) == list(operation) == [1, 0.9, 0.8, 0.7]
    assert end == 0.7


def test_years_gather_periods_and_the_last_may_be_short():
    quarters = parse_problem(problem(periods={"count": 6, "years_each": 0.25}))
    assert windows(quarters, "year") == [range(4), range(4, 6)]
    assert window_name(quarters, "year", range(4, 6)) == "year 1"
    assert windows(quarters, "horizon") == [range(6)]
    months = parse_problem(problem(periods={"count": 24, "years_each": 0.0833}))  # a twelfth as people write it
    assert windows(months, "year") == [range(12), range(12, 24)]


def test_reading_a_problem_loads_no_solver():
    code = (
        "import sys, optimize.problem; print([m for m in sys.modules if m in ('pyomo', 'highspy', 'scipy', 'numpy')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
