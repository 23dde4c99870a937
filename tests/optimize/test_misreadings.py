"""Wrong problems are told whole, each mistake with its place, and no input ends in a traceback."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_problems import random_problem

from models.errors import DataError
from optimize.problem import RenewalProblem, parse_problem, read_problem

LATHE = {"name": "lathe", "options": [{"name": "cnc", "cost": 100}]}


def problem(**more):
    return {"renewal_problem": 1, "periods": {"count": 4}, "assets": [LATHE]} | more


def told(data):
    with pytest.raises(DataError) as caught:
        parse_problem(data)
    return {wrong.where: f"{wrong.found}; {wrong.allowed}" for wrong in caught.value.problems}


def test_wrong_fields_and_wrong_names_are_told_together():
    found = told(
        problem(
            assets=[
                LATHE | {"age": -1},
                {"name": "saw", "options": [{"name": "new", "cost": "9", "uses": {"crew": 1}}]},
            ],
            budget={"amounts": [1, 2, 3]},
            rules=[{"must": 3}, {"must": "mill"}, {"exclude": ["saw", "saw"]}],
        )
    )
    assert sorted(found) == [
        "assets[0].age",
        "assets[1].options[0].cost",
        "assets[1].options[0].uses",
        "budget.amounts",
        "rules[0].must",
        "rules[1].must",
        "rules[2]",
    ]
    assert found["budget.amounts"] == "3 values for 4 periods; give one number or 4"


def test_what_is_unknown_only_because_its_name_is_wrong_is_not_told():
    data = problem(assets=[{"name": 7, "options": []}], rules=[{"must": "lathe"}])
    assert list(told(data)) == ["assets[0].name"]
    data = problem(assets=[LATHE | {"quantities": {"kw": "9"}}], targets=[{"quantity": "kw", "max": 1}])
    assert list(told(data)) == ["assets[0].quantities.kw"]


def test_a_wrong_number_of_periods_is_told_alone():
    assert list(told(problem(periods={"count": 0}, budget={"amounts": [1, 2]}))) == ["periods.count"]


def test_unknown_keys_name_the_nearest_and_all_that_may_stand_there():
    found = told(problem(assets=[{"name": "A", "optoins": [], "options": [{"name": "n", "cost": 1, "form": ["A"]}]}]))
    assert found["assets[0].optoins"].startswith("unknown key; must be one of: name, line, station, count, ")
    with pytest.raises(DataError, match=r"did you mean 'from'\?"):
        parse_problem(problem(assets=[{"name": "A", "options": [{"name": "n", "cost": 1, "form": ["A"]}]}]))
    assert "first, then, gap" in told(problem(rules=[{"after": {"first": "lathe", "next": 1}}]))["rules[0].after.next"]


@pytest.mark.parametrize(
    ("more", "place", "text"),
    [
        ({"assets": 3}, "assets", "3; must be a list"),
        ({"prices": {"number": ["x", 1, 2, 3]}}, "prices.number[0]", "'x'; must be a number"),
        ({"assets": [LATHE | {"count": 1.5}]}, "assets[0].count", "1.5; must be a whole number"),
        ({"assets": [LATHE | {"count": True}]}, "assets[0].count", "True; must be a whole number"),
        ({"assets": [{"options": []}]}, "assets[0].name", "missing; is required"),
        ({"assets": [LATHE | {"resale": math.nan}]}, "assets[0].resale[0]", "nan; must be a finite number"),
        ({"budget": {"amounts": 1, "carry_over": 3}}, "budget.carry_over", "3; must be true or false"),
        ({"rules": [{"choose": []}]}, "rules[0].choose", "[]; "),
        ({"rules": [{"must": "lathe", "by": -1}]}, "rules[0].by", "-1; must be greater than or equal to 0"),
        ({"rules": ["must"]}, "rules[0]", "'must'; a rule is one of together, after"),
        ({"discount": {"rate_per_year": -1}}, "discount.rate_per_year", "-1; must be greater than -1"),
    ],
)
def test_what_was_found_and_what_is_allowed(more, place, text):
    found = told(problem(**more))
    assert list(found) == [place]
    assert found[place].startswith(text)


@pytest.mark.parametrize("data", [None, 3, "x", [], {}, {"renewal_problem": 2, "periods": []}])
def test_what_is_no_problem_at_all(data):
    assert told(data)


def test_whole_numbers_may_be_written_with_a_point_and_labels_as_numbers():
    read = parse_problem({"renewal_problem": 1.0, "periods": {"count": 2.0, "labels": [2026, 2027]}})
    assert (read.periods.count, read.periods.labels) == (2, ("2026", "2027"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff\xfe", "not UTF-8 text"),
        (b'{"renewal_problem": 1, "periods": {"count": 1, "count": 2}}', "key 'count' twice"),
        (b"[" * 100_000, "cannot be read"),
        (b"1" * 5000, "cannot be read"),
        (b'{"renewal_problem": 1, "periods": {"count": 1}, "prices": {"gas": NaN}}', "must be a finite number"),
        (b'{"renewal_problem": 1, "periods": {"count": 1}, "prices": {"gas": 1e999}}', "must be a finite number"),
    ],
)
def test_files_that_cannot_be_read(text, says, tmp_path):
    (tmp_path / "p.json").write_bytes(text)
    with pytest.raises(DataError, match=says):
        read_problem(tmp_path / "p.json")


def test_a_file_with_the_mark_of_windows_is_read(tmp_path):
    (tmp_path / "p.json").write_bytes(b'\xef\xbb\xbf{"renewal_problem": 1, "periods": {"count": 1}}')
    assert read_problem(tmp_path / "p.json").periods.count == 1


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3) | st.integers(10**300, 10**310),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def places(node, path=()):
    yield path
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in steps:
        yield from places(inner, (*path, key))


def changed(data, path, value, how):
    """A copy of the data with something else at a place: another value, none, or one more key."""
    data = json.loads(json.dumps(data))
    node = data
    for step in path[:-1]:
        node = node[step]
    if not path:
        return value
    if how == "drop":
        del node[path[-1]]
    elif how == "add" and isinstance(node, dict):
        node["further"] = value
    else:
        node[path[-1]] = value
    return data


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(0, 40), st.data())
def test_no_problem_ends_in_a_traceback(seed, draw):
    data = random_problem(seed)
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(list(places(data))))
        data = changed(data, path, draw.draw(JUNK), draw.draw(st.sampled_from(["set", "drop", "add"])))
        if not isinstance(data, dict):
            break
    try:
        read = parse_problem(data)
    except DataError as error:
        assert error.problems
        assert all(wrong.where and wrong.found and wrong.allowed for wrong in error.problems)
        assert str(error)
    else:
        assert isinstance(read, RenewalProblem)
