"""Values, rows and broken limits by hand."""

import pytest

from optimize.evaluate import evaluate
from optimize.plan import Renewal, Replaced
from optimize.problem import parse_problem


def problem(assets, count=4, **more):
    return parse_problem({"renewal_problem": 1, "periods": {"count": count}, "assets": assets} | more)


def machine(name="A", **option):
    return {"name": name, "options": [{"name": "new", "cost": 0} | option]}


def renew(asset="A", period=0, option="new", **more):
    return Renewal(asset=asset, option=option, period=period, **more)


def broken(result):
    return [violation.constraint for violation in result.violations]


def test_new_machine_serves_from_the_period_after_and_ages_from_one():
    aged = problem([machine(saving=[8, 4, 2]) | {"running_cost": [1, 3]}])
    result = evaluate(aged, [renew(period=0)])
    # before: running cost 1, 3, 3, 3; after: 1 in period 0, then the savings of periods 1, 2, 3 in service
    assert [row.value for row in result.by_period] == [-1, 8, 4, 2]
    assert result.baseline_value == -10
    assert result.gain == 23


def test_starts_after_nil_serves_at_once_and_age_counts_for_the_old_machine():
    aged = problem([machine(saving=5, starts_after=0) | {"running_cost": [1, 2, 3, 4], "age": 2}])
    result = evaluate(aged, [renew(period=2)])
    assert [row.value for row in result.by_period] == [-3, -4, 5, 5]


def test_residual_value_by_periods_in_service_is_discounted_to_the_end():
    aged = problem([machine(cost=100, residual=[90, 70, 40])], discount={"rate_per_year": 0.25})
    # bought in 1, in service 2 and 3: two periods; 0.8 for the price at the start of 1, 0.8^4 at the end
    result = evaluate(aged, [renew(period=1)])
    assert result.gain == pytest.approx(-100 * 0.8 + 70 * 0.8**4)
    assert result.by_period[3].value == pytest.approx(70 * 0.8**4)
    # bought in the last period: never in service, so as good as new
    assert evaluate(aged, [renew(period=3)]).gain == pytest.approx(-100 * 0.8**3 + 90 * 0.8**4)


def test_resale_is_that_of_the_machine_replaced_at_its_age_in_that_period():
    asset = {
        "name": "A",
        "age": 1,
        "resale": [50, 40, 30, 20],
        "max_renewals": 2,
        "options": [{"name": "new", "cost": 0, "resale": [9, 7, 5]}],
    }
    aged = problem([asset])
    result = evaluate(aged, [renew(period=1), renew(period=3, replaces=Replaced(option="new", period=1))])
    # the old machine is in its third period of service in 1, the new one (from 2 on) in its second in 3
    assert [row.value for row in result.by_period] == [0, 30, 0, 7]
    assert result.violations == ()


def test_lists_from_p_on_end_at_the_horizon_and_cash_is_not_budget():
    staged = problem(
        [machine(cost=[10, 20, 30], cash=[0, 5, 5], uses={"crew": [1, 2]})],
        count=3,
        resources={"crew": {"max": 9, "every": "horizon"}},
        budget={"amounts": [0, 10, 19]},
    )
    result = evaluate(staged, [renew(period=1)])
    assert [row.cost for row in result.by_period] == [0, 10, 20]
    assert [row.value for row in result.by_period] == [0, -10, -15]
    assert [row.resources["crew"] for row in result.by_period] == [0, 1, 2]
    assert result.renewals[0].cost == 30
    assert [v.message for v in result.violations] == ["budget, period 2: 20 spent, 19 there"]


def test_price_by_period_of_purchase():
    assert evaluate(problem([machine(cost=None, cost_by_period=[9, 8, 7, 6])]), [renew(period=2)]).gain == -7


def test_carrier_saving_is_valued_by_the_price_of_the_period():
    gas = problem([machine(carrier_saving={"gas": [10, 20]})], prices={"gas": [1, 2, 3, 4]})
    assert [row.value for row in evaluate(gas, [renew(period=1)]).by_period] == [0, 0, 30, 80]


@pytest.mark.parametrize(
    ("carry_over", "carried", "fits"), [(True, [0, 60, 20, 30], True), (False, [0, 0, 0, 0], False)]
)
def test_budget_carry_over_by_hand(carry_over, carried, fits):
    bought = [renew("A", 0), renew("B", 1)]
    data = problem(
        [machine("A", cost=40), machine("B", cost=50)],
        budget={"amounts": [100, 10, 10, 10], "carry_over": carry_over},
    )
    result = evaluate(data, bought)
    assert [row.budget for row in result.by_period] == [100, 10, 10, 10]
    assert [row.carried for row in result.by_period] == carried
    assert (broken(result) == []) is fits


def test_yearly_budget_is_shared_by_its_periods():
    data = problem(
        [machine("A", cost=40), machine("B", cost=50)],
        periods={"count": 4, "years_each": 0.5},
        budget={"amounts": [90, 30], "every": "year"},
    )
    assert broken(evaluate(data, [renew("A", 0), renew("B", 1)])) == []
    result = evaluate(data, [renew("A", 2), renew("B", 1)])
    assert [v.message for v in result.violations] == ["budget, year 1: 40 spent, 30 there"]


def line_problem(**line):
    stations = [
        {"name": "A", "line": "L", "station": "s", "capacity_per_h": 10, "count": 2},
        {"name": "B", "line": "L", "station": "t", "capacity_per_h": [24, 18]},
    ]
    stations[0]["options"] = [{"name": "new", "cost": 0, "capacity_gain_per_h": 5, "downtime_h": [30, 10]}]
    base = {"name": "L", "stations": ["s", "t"], "hours": 100, "margin": 1}
    return problem(stations, count=3, lines=[base | line])


def test_output_is_that_of_the_weakest_station_or_the_demand():
    # station t: 24, then 18. Station s with both machines renewed in 0: 2*10*0.7, 2*15*0.9, 30
    result = evaluate(line_problem(demand_per_h=[99, 99, 17]), [renew(machines=2)])
    assert [row.output_per_h["L"] for row in result.by_period] == pytest.approx([14, 18, 17])
    assert [row.value for row in result.by_period] == pytest.approx([1400, 1800, 1700])
    assert result.baseline_value == pytest.approx(2000 + 1800 + 1700)


def test_downtime_adds_up_over_the_machines_of_a_line():
    result = evaluate(line_problem(downtime_limit_h=[50, 20, 0]), [renew(machines=2)])
    assert [row.downtime_h["L"] for row in result.by_period] == [60, 20, 0]
    assert [v.message for v in result.violations] == ["L, period 0: 60 h standstill, at most 50 h"]


def test_several_products_share_the_stations_to_most_value():
    stations = [{"name": "A", "line": "L", "station": "s", "capacity_per_h": 12}]
    products = [
        {"name": "small", "margin": 2, "load": {"s": 1}},
        {"name": "large", "margin": 5, "load": {"s": 2}, "demand_per_h": 4},
    ]
    data = problem(stations, count=1, lines=[{"name": "L", "stations": ["s"], "hours": 10, "products": products}])
    result = evaluate(data, [])
    assert result.by_period[0].output_per_h["L"] == pytest.approx({"small": 4, "large": 4})
    assert result.value == pytest.approx(10 * (2 * 4 + 5 * 4))


def test_quantities_of_what_is_in_service():
    asset = machine(quantities={"kw": [3, 2]}) | {"count": 3, "quantities": {"kw": 10, "old": 1}}
    result = evaluate(problem([asset]), [renew(period=0, machines=2)])
    assert [row.quantities["kw"] for row in result.by_period] == [30, 16, 14, 14]
    assert [row.quantities["old"] for row in result.by_period] == [3, 1, 1, 1]


def test_groups_break_rules_machine_by_machine():
    data = problem(
        [machine("A") | {"count": 2}, machine("B")],
        rules=[
            {"after": {"first": "A", "then": "B"}},
            {"must": "A", "by": 1},
            {"requires": {"if": "B", "then": "A"}},
            {"together": ["A", "B"]},
        ],
    )
    one = evaluate(data, [renew("A", 0), renew("B", 2)])
    assert broken(one) == ["after", "must", "requires", "together"]
    both = evaluate(data, [renew("A", 0), renew("A", 1), renew("B", 2)])
    assert broken(both) == ["together"]


def test_renewals_that_cannot_be_are_told():
    twice = evaluate(problem([machine()]), [renew(period=0), renew(period=2)])
    assert broken(twice) == ["max_renewals"]
    too_many = evaluate(problem([machine()]), [renew(period=0, machines=2)])
    assert broken(too_many) == ["one_life"]
    too_early = evaluate(problem([machine(starts_after=2) | {"max_renewals": 2}]), [renew(period=0), renew(period=1)])
    assert broken(too_early) == ["one_life"]


def test_greatest_age_counts_periods_in_service():
    data = problem([machine() | {"age": 3, "max_age": 5}])
    # in its fourth period of service in 0, its fifth in 1; renewed in 1 the new one serves from 2 on
    assert broken(evaluate(data, [renew(period=1)])) == []
    assert broken(evaluate(data, [renew(period=2)])) == ["max_age"]
    assert broken(evaluate(data, [])) == ["max_age"]
