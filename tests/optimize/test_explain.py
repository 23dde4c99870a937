"""Explanations by hand, and against enumeration of all plans of the problem that is otherwise."""

import pytest
from random_problems import random_problem
from small_problems import best_by_enumeration

from optimize.evaluate import Evaluator, evaluate
from optimize.explain import explain
from optimize.explain_parts import by_period, parts_of_value
from optimize.plan import Renewal
from optimize.problem import parse_problem
from optimize.relaxed import (
    budget_amounts,
    counted,
    dearer,
    forbidden,
    limits_of,
    more_budget,
    more_downtime,
    more_resource,
    scaled_budget,
)
from optimize.solve import solve


def machine(name, cost, saving, **more):
    return {"name": name, "options": [{"name": "new", "cost": cost, "saving": saving, "starts_after": 0, **more}]}


def problem_of(*assets, periods=3, **more):
    return parse_problem({"renewal_problem": 1, "periods": {"count": periods}, "assets": list(assets), **more})


def why_of(problem, **more):
    plan = solve(problem, gap=0.0)
    assert plan.status == "optimal"
    return explain(problem, plan.renewals, workers=1, **more)


def missing(why, asset):
    return next(m for m in why.missing if m.asset == asset)


def two_machines(amounts, **more):
    """The lathe gains 3 * 60 - 100 = 80 in period 0, 20 in period 1; the mill 3 * 50 - 100 = 50, then 0."""
    return problem_of(machine("lathe", 100, 60), machine("mill", 100, 50), budget={"amounts": amounts, **more})


# --- prices of budgets, by hand ---


def test_the_price_of_a_budget_by_hand():
    why = why_of(two_machines([120, 0, 0]), step=100.0)
    first = why.budgets[0]
    # 100 more buys the mill in period 0: 50; 20 are left over now, and again then
    assert (first.amount, first.unused, first.plan_until) == (120, 20, 200)
    assert first.more.at_least == pytest.approx(50) and first.more.at_most == pytest.approx(50)
    assert first.price_more == pytest.approx(0.5)
    # 100 less buys nothing: the lathe's 80 are lost
    assert first.less.at_least == pytest.approx(80)
    assert first.price_less == pytest.approx(0.8)
    assert first.less_from == 40  # of the 20 left then, nothing is spent
    assert first.moves[0].asset == "mill" and first.moves[0].after == {0: 1}
    assert why.next_window == 0
    assert [b.useless for b in why.budgets] == [False, True, True]  # 100 in period 1 would buy the mill for a gain of 0


def test_money_of_a_later_year_is_worth_what_it_buys_then():
    why = why_of(problem_of(machine("lathe", 100, 60), budget={"amounts": [0, 60, 0]}), step=40.0)
    assert [b.more.at_least for b in why.budgets] == pytest.approx([0, 20, 0])  # without carry-over only there
    why = why_of(problem_of(machine("lathe", 100, 60), budget={"amounts": [0, 60, 0], "carry_over": True}), step=40.0)
    assert [b.more.at_least for b in why.budgets] == pytest.approx([20, 20, 0])
    assert [b.useless for b in why.budgets] == [False, False, True]


def test_the_curve_rises_with_the_budget_and_ends_without_a_limit():
    why = why_of(two_machines([100, 0, 0]))
    gains = {p.factor: p.gain for p in why.curve}
    assert gains == pytest.approx({f: 0 if f < 1 else 80 if f < 2 else 130 for f in gains if f} | {0: 0, None: 130})
    assert [m.asset for p in why.curve for m in p.moves] == ["lathe", "mill"]


# --- measures ---


def test_what_a_measure_adds_and_at_which_price_no_more():
    why = why_of(two_machines([100, 0, 0]), step=100.0)
    (lathe,) = why.measures
    assert lathe.adds_rest_fixed == pytest.approx(80)
    assert lathe.adds_replanned.at_least == pytest.approx(30)  # the mill would take its place
    assert [(m.asset, m.machines) for m in lathe.without] == [("lathe", -1), ("mill", 1)]
    assert lathe.parts.saving == pytest.approx(180) and lathe.parts.capital == pytest.approx(-100)
    assert lathe.break_even_price == pytest.approx(130) and lathe.break_even_exact
    for surcharge, taken in ((29, "lathe"), (31, "mill")):
        plan = solve(dearer(two_machines([100, 0, 0]), "lathe", "new", surcharge))
        assert [r.asset for r in plan.renewals] == [taken]


def test_break_even_of_some_machines_of_a_group_is_not_that_of_the_first():
    # each machine has its own period of the budget: 3 * 60, 2 * 60, 1 * 60 against 50
    problem = problem_of({**machine("A", 50, 60), "count": 3}, budget={"amounts": 50})
    (group,) = why_of(problem).measures
    assert group.adds_rest_fixed == pytest.approx(130 + 70 + 10)
    assert group.break_even_price == pytest.approx(180) and group.break_even_exact  # one, from the start


def test_a_measure_that_a_rule_demands_is_required():
    problem = problem_of(machine("lathe", 100, 10), rules=[{"must": "lathe"}])
    (lathe,) = why_of(problem).measures
    assert lathe.required and lathe.adds_replanned is None
    assert lathe.adds_rest_fixed < 0
    assert any("must" in text for text in lathe.rest_breaks)


def test_parts_add_up_to_the_gain():
    compared = 0
    for seed in range(30):
        problem = parse_problem(random_problem([seed, 3], True))
        plan = solve(problem)
        if plan.gain is None:
            continue
        evaluator = Evaluator(problem)
        parts, nothing = (parts_of_value(evaluator, r) for r in (plan.renewals, ()))
        assert parts.total == pytest.approx(plan.value)
        assert parts.total - nothing.total == pytest.approx(plan.gain, abs=1e-6)
        compared += bool(plan.renewals)
    assert compared > 8


# --- why not ---


def line_of_two(**more):
    """T makes 40, M 45 an hour; each option adds 20 for 100; 1000 h at 0.02: 20 an hour and period."""

    def at(name, station, capacity, cost):
        option = {"name": "new", "cost": cost, "capacity_gain_per_h": 20, "starts_after": 0, "downtime_h": 60}
        return {"name": name, "line": "L", "station": station, "capacity_per_h": capacity, "options": [option]}

    line = {"name": "L", "stations": ["t", "m"], "hours": 1000, "margin": 0.02, **more.pop("line", {})}
    return problem_of(at("T", "t", 40, 100), at("M", "m", 45, 250), lines=[line], **more)


def test_a_bottleneck_elsewhere_blocks():
    # without T at 40 the mill would bring 15 an hour or more; with T renewed (60) it brings 15 * 20 * 3 = 900
    problem = line_of_two(rules=[{"exclude": ["T", "M"]}])
    why = why_of(problem)
    kinds = {b.kind: b for b in missing(why, "M").blockers}
    assert set(kinds) == {"rule", "bottleneck"}
    assert (kinds["bottleneck"].line, kinds["bottleneck"].station) == ("L", "t")
    assert kinds["rule"].rule == 0


def test_a_demand_blocks():
    why = why_of(line_of_two(line={"demand_per_h": 44}))
    assert [b.kind for b in missing(why, "M").blockers] == ["demand"]


def test_a_downtime_limit_blocks_and_the_hours_that_would_do_are_told():
    problem = line_of_two(line={"downtime_limit_h": 50}, budget={"amounts": [400, 0, 0]})
    why = why_of(problem)
    blocker = missing(why, "T").blockers[0]
    assert (blocker.kind, blocker.line) == ("downtime", "L")
    (hours,) = why.more
    assert hours.enough == pytest.approx(70)  # both in period 0: 120 h, 50 allowed
    assert hours.gain.at_most == pytest.approx(0)
    assert hours.lifted.at_least > 0
    assert solve(more_downtime(problem, "L", 69.0)).gain < hours.lifted.at_least - 1
    assert solve(more_downtime(problem, "L", 70.0)).gain == pytest.approx(hours.lifted.at_least)


def test_a_resource_blocks_and_one_unit_more_is_enough():
    problem = problem_of(
        machine("lathe", 100, 60, uses={"crew": 2}),
        machine("mill", 100, 50, uses={"crew": 2}),
        resources={"crew": {"max": 3, "every": "horizon"}},
    )
    why = why_of(problem)
    (blocker,) = missing(why, "mill").blockers
    assert (blocker.kind, blocker.name, blocker.machines) == ("resource", "crew", 1)
    (crew,) = why.more
    assert crew.gain.at_least == pytest.approx(50) and crew.enough == pytest.approx(1)


def test_each_year_of_the_budget_that_would_be_enough_is_named():
    why = why_of(two_machines([100, 0, 0], carry_over=True))
    (blocker,) = missing(why, "mill").blockers
    assert blocker.periods == (0,)  # a year later the mill saves no more than it costs


def test_rival_not_worth_it_and_several_limits():
    rivals = {"name": "A", "options": [
        {"name": "good", "cost": 50, "saving": 60, "starts_after": 0},
        {"name": "poor", "cost": 50, "saving": 40, "starts_after": 0}]}  # fmt: skip
    why = why_of(problem_of(rivals, machine("B", 100, 10)))
    assert (missing(why, "A").reason, missing(why, "A").rival) == ("rival", "good")
    assert missing(why, "B").reason == "not_worth_it"
    assert missing(why, "B").forced.at_least == pytest.approx(-70)
    assert missing(why, "B").alone.saving == pytest.approx(30)
    both = problem_of(machine("A", 100, 60, uses={"crew": 2}), budget={"amounts": 50},
                      resources={"crew": {"max": 1, "every": "horizon"}})  # fmt: skip
    assert missing(why_of(both), "A").reason == "several_limits"
    assert missing(why_of(both), "A").forced_impossible


def test_no_time_says_so():
    problem = two_machines([100, 0, 0])
    why = explain(problem, solve(problem).renewals, time_limit_s=0.0)
    assert why.unfinished > 0
    assert why.measures[0].adds_replanned is None
    assert why.measures[0].adds_rest_fixed == pytest.approx(80)
    assert {m.reason for m in why.missing} == {"unknown"}
    assert why.budgets == ()


# --- against enumeration ---


def same(found, gain, problem):
    """Whether a figure given as an interval is the difference of two enumerated gains."""
    tolerance = 2e-6 * max(1.0, abs(problem))
    return found.at_least - tolerance <= gain <= found.at_most + tolerance


def check(seed, second):
    """Hold every figure of an explanation against enumeration; return which kinds were met."""
    problem = parse_problem(random_problem([seed, second, 5], second))
    best = best_by_enumeration(problem, most=600)
    if best in ("too many", None):
        return set()
    plan = solve(problem, gap=0.0)
    why = explain(problem, plan.renewals, workers=1)
    met = set()
    for m in why.measures:
        left = best_by_enumeration(forbidden(problem, m.asset, m.option))
        assert m.required == (left is None)
        if left is not None:
            assert same(m.adds_replanned, best - left, best)
            met.add("without")
    for b in why.budgets:
        more = best_by_enumeration(more_budget(problem, b.window, b.step))
        assert same(b.more, more - best, best)
        less = best_by_enumeration(more_budget(problem, b.window, -b.less_step))
        assert less is None if b.less is None else same(b.less, best - less, best)
        kept = best_by_enumeration(more_budget(problem, b.window, -b.unused))
        assert kept == pytest.approx(best, abs=1e-6)
        if more > best + 1e-6:
            met.add("budget")
            begins = best_by_enumeration(more_budget(problem, b.window, b.plan_until - b.amount + 1e-6))
            assert begins == pytest.approx(more, abs=1e-5)
    limits = {limit.key: limit for limit in limits_of(problem)}
    taken = {pair: sum(machines.values()) for pair, machines in by_period(plan.renewals).items()}
    for m in why.missing:
        now = taken.get((m.asset, m.option), 0)
        forced = best_by_enumeration(counted(problem, m.asset, m.option, least=now + 1))
        assert m.forced_impossible == (forced is None)
        if forced is not None:
            assert same(m.forced, forced - best, best)
        for b in m.blockers:
            lifted = limits[b.kind, b.line, b.station, b.name, None, b.rule].lifted
            gain = best_by_enumeration(lifted)
            fewer = best_by_enumeration(counted(lifted, m.asset, m.option, most=now))
            assert same(b.adds, gain - fewer, gain) and gain > fewer
            met.add(b.kind)
    for more in why.more:
        changed = (
            more_downtime(problem, more.line, 1.0) if more.kind == "downtime"
            else more_resource(problem, more.name, 1.0) if more.kind == "resource"
            else problem.model_copy(update={"max_lines_down": problem.max_lines_down + 1})
        )  # fmt: skip
        assert same(more.gain, best_by_enumeration(changed) - best, best)
    for point in why.curve:
        if point.factor is not None:
            found = best_by_enumeration(scaled_budget(problem, point.factor))
            assert point.gain - 1e-6 <= found <= point.bound + 1e-4  # certain; a point may be left unfinished
    return met


def test_explanations_of_random_problems_are_true_by_enumeration():
    met = [kind for seed in range(40) for kind in check(seed, False)]
    assert {"without"} <= set(met)


@pytest.mark.slow
@pytest.mark.parametrize("second", [False, True])
def test_explanations_of_many_random_problems_are_true_by_enumeration(second):
    met = [kind for seed in range(40, 160 if second else 90) for kind in check(seed, second)]
    assert {"without", "budget"} <= set(met)


def test_more_budget_is_added_to_its_own_year():
    problem = two_machines([1, 2, 3])
    assert budget_amounts(more_budget(problem, 1, 5.0)) == [1, 7, 3]
    assert evaluate(problem, [Renewal(asset="lathe", option="new", period=0)]).violations
