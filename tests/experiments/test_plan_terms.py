"""What a plan file asks for beyond money: targets, limits, windows, rules, second renewals, sale, growing orders.

Each by hand: what the optimiser is told, what it then does, and what the play-back makes of it.
"""

from datetime import datetime

import pytest
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Beliefs, Fitted, LineBelief, Reader, Study, assets_of
from experiments.energy_use import Use
from experiments.paths import with_growing_orders
from experiments.plan import find_plan
from experiments.playback import Stage, dated
from experiments.problem_of import renewal_problem
from models.errors import DataError, PlanImpossible
from models.plant import Plant
from optimize.evaluate import evaluate
from optimize.plan import Renewal as Chosen
from optimize.plan import Replaced
from optimize.solve import solve

NOTHING = Use()


def told(*stations, saved=NOTHING, saving=0.0, lines=None, co2_t=0.0, **frame):
    """Return a plant and what the optimiser is told of it, if renewals save ``saving`` CNY a year and no more."""
    one = plant(*(lines or [line(*stations)]), renewal=renewal(**{"tax": {"rate": 0.0}, **frame}))
    assets = assets_of(one)
    still = Fitted((1.0,) * one.renewal.years, 0.0, (1.0,) * one.renewal.years)
    pairs = [(a.name, o.name) for a in assets for o in one.lines[a.line].stations[a.station].options]
    beliefs = Beliefs(
        assets, [LineBelief(3.0, {}, 0.0, 1.0, 1.0, use_per_y=Use(co2_t=co2_t)) for _ in one.lines],
        {a.name: still for a in assets}, dict.fromkeys(pairs, still), dict.fromkeys(pairs, saving),
        dict.fromkeys(pairs, saved),
    )  # fmt: skip
    return one, renewal_problem(one, one.renewal, beliefs)


def lathe(*options, name="lathe", **more):
    return station(name, 3 * 3600, *(options or [option(capex=1000)]), **more)


def when(problem, **more):
    return sorted((r.asset, r.option, r.period) for r in solve(problem, **more).renewals for _ in range(r.machines))


# targets


def test_a_target_of_energy_is_met_at_the_end_of_its_year():
    """Two machines of 30 tce each; 25 by the end of the second year, 50 by that of the third."""
    _, problem = told(lathe(machines=2), saved=Use(tce=30.0), targets={"energy_saving_tce_per_y": {2026: 25, 2027: 50}})
    assert [(t.quantity, t.min, t.start) for t in problem.targets] == [
        ("energy_saving_tce_per_y", 25, 1), ("energy_saving_tce_per_y", 50, 2),
    ]  # fmt: skip
    assert when(problem) == [("line/lathe", "new", 1), ("line/lathe", "new", 2)]


def test_a_number_alone_is_for_the_last_period_of_the_plan():
    _, problem = told(lathe(), saved=Use(co2_t=3.0), targets={"co2_saving_t_per_y": 3}, period="quarter", years=1)
    assert when(problem) == [("line/lathe", "new", 3)]


def test_a_ceiling_of_co2_counts_from_what_is_emitted_today():
    _, problem = told(lathe(machines=4), saved=Use(co2_t=20.0), co2_t=100.0, targets={"co2_t_per_y": {2027: 65}})
    assert len(when(problem)) == 2


def test_nc_rate_counts_the_machines_that_say_so():
    """3 of 4 machines not under numerical control; a furnace does not count."""
    furnace = {"name": "oven", "kind": "batch", "buffer": 9, "capacity": 4, "cycle_time_s": 7200}
    turning = lathe(option(capex=1000, nc=True), nc=False,
                    machines=[{"name": "A"}, {"name": "B"}, {"name": "C"}, {"name": "D", "nc": True}])  # fmt: skip
    _, problem = told(turning, furnace, targets={"nc_rate": {2026: 0.5, 2027: 0.75}})
    assert [p for _, _, p in when(problem)] == [1, 2]


def test_benchmark_share_and_own_quantities():
    turning = lathe(option(capex=1000, energy_standing="benchmark", quantities={"robots": 2}), machines=2,
                    energy_standing="below_entry")  # fmt: skip
    _, problem = told(turning, targets={"benchmark_share": {2025: 0.5}, "quantities": {"robots": {"min": {2027: 4}}}})
    assert [p for _, _, p in when(problem)] == [0, 2]
    _, problem = told(turning, saving=9000.0, targets={"quantities": {"robots": {"max": {2025: 2}}}})
    assert len(when(problem)) == 1


def test_a_target_out_of_reach_is_told_with_its_numbers():
    one, problem = told(lathe(), saved=Use(tce=30.0), targets={"energy_saving_tce_per_y": 50})
    plan = solve(problem)
    assert plan.status == "infeasible"
    assert any("energy_saving_tce_per_y" in clash.message and "50" in clash.message for clash in plan.clash)
    with pytest.raises(PlanImpossible, match="energy_saving_tce_per_y"):
        find_plan(one, workers=1)


# limits, windows, rules


@pytest.mark.parametrize(
    ("limit", "periods"),
    [
        (2, [0, 1]),
        ({"max": {2025: 2, 2026: 0, 2027: 4}}, [0, 2]),
        ({"max": {2025: 2, 2026: 0, 2027: 4}, "every": "year"}, [0, 2]),
        ({"max": 2, "every": "horizon"}, [0]),
        ({"min": 4, "max": 4, "every": "horizon"}, [0, 0]),
    ],
)
def test_limits_by_period_year_and_horizon(limit, periods):
    _, problem = told(lathe(option(capex=1000, uses={"crew_d": 2}), machines=2), saving=900.0, limits={"crew_d": limit})
    assert [p for _, _, p in when(problem)] == periods


def test_installation_falls_into_the_window_of_its_line():
    both = [line(lathe(option(capex=1000, install_d=3)), name=name) for name in ("hall", "yard")]
    one, problem = told(lines=both, saving=9000.0, period="quarter", years=1,
                        windows={"hall": {"months": [5, 6, 10]}, "yard": {"periods": ["2025-Q4"]}})  # fmt: skip
    assert problem.lines[0].allowed_periods == (1, 3)
    assert problem.lines[1].allowed_periods == (3,)
    chosen = solve(problem).renewals
    assert {r.asset: r.period for r in chosen} == {"hall/lathe": 1, "yard/lathe": 3}
    days = {d.line: d.start for d in dated(one, one.renewal, assets_of(one), chosen)}
    assert days == {"hall": datetime(2025, 5, 1), "yard": datetime(2025, 10, 1)}


def test_choose_and_exactly_one():
    three = [lathe(name=name) for name in "abc"]
    _, problem = told(*three, saving=9000.0, rules=[{"exactly_one": ["line/a", "line/b"]}])
    assert len(when(problem)) == 2
    assert sum(name in ("line/a", "line/b") for name, _, _ in when(problem)) == 1
    _, problem = told(*three, rules=[{"choose": ["line/a", "line/b", "line/c"], "min": 2, "max": 2}])
    assert len(when(problem)) == 2


def test_what_is_below_entry_level_is_renewed_by_the_date():
    bad = lathe(name="bad", machines=2, energy_standing="below_entry")
    good = lathe(name="good", energy_standing="between")
    _, problem = told(bad, good, rules=[{"must_by": "2026-05", "when": "below_entry_level"}])
    assert when(problem) == [("line/bad", "new", 1)] * 2  # not before it must be, and no other


def test_a_rule_of_the_machines_that_are_written_out():
    listed = [{"name": "A", "energy_standing": "below_entry"}, {"name": "B", "energy_standing": "benchmark"}]
    _, problem = told(lathe(machines=listed), rules=[{"must_by": "2025-12", "when": "below_entry_level"}])
    assert when(problem) == [("line/lathe#A", "new", 0)]


# second renewals, sale, growing orders


def twice(**more):
    """Return a station whose machines may be retrofitted and later replaced."""
    return lathe(
        option("retrofit", capex=100, cycle_time_factor=0.5, **{"from": ["existing"]}),
        option("replace", capex=1000, cycle_time_factor=0.25, **{"from": ["retrofit"]}),
        max_renewals=2, **more,
    )  # fmt: skip


def test_retrofit_then_replace_is_planned_and_played():
    one, problem = told(twice(machines=2), rules=[{"must": "line/lathe/replace", "by": "2027-01"}])
    plan = solve(problem)
    assert [r.option for r in plan.renewals].count("retrofit") >= 1
    with pytest.raises(DataError):
        plant(line(lathe(option("b", **{"from": ["a"]}), option("a"))), renewal=renewal())
    chosen = [
        Chosen(asset="line/lathe", option="retrofit", period=0, machines=2),
        Chosen(asset="line/lathe", option="replace", period=1, replaces=Replaced(option="retrofit", period=0)),
    ]
    assert not evaluate(problem, [*chosen, chosen[1].model_copy(update={"period": 2})]).violations
    schedule = dated(one, one.renewal, assets_of(one), chosen)
    assert [(d.machine, d.option.name, d.period) for d in schedule] == [
        ("1", "retrofit", 0), ("2", "retrofit", 0), ("1", "replace", 1),
    ]  # fmt: skip
    played, *_ = Stage(one, one.renewal, 1, 1, workers=1).play([schedule])
    per_h = 1 / 3
    # two machines at half the time; then one of them at a quarter
    by_hand = [8760 * per_h * k for k in (4, 6, 6)]
    assert played.good[0, :, 0] == pytest.approx(by_hand, rel=1e-3)


def test_the_money_of_second_renewals_is_predicted_as_it_is_played():
    one, problem = told(twice(), tax={"rate": 0.25})
    from experiments.money import Money
    from experiments.playback import capital_cny

    chosen = [
        Chosen(asset="line/lathe", option="retrofit", period=0),
        Chosen(asset="line/lathe", option="replace", period=2, replaces=Replaced(option="retrofit", period=0)),
    ]
    exact = capital_cny(dated(one, one.renewal, assets_of(one), chosen), Money(one.renewal))
    assert evaluate(problem, chosen).gain == pytest.approx(exact)


def test_a_machine_that_is_sold_leaves_its_place_empty():
    """Running it costs 500 a year; it brings 300. Two of three are idle: the plan sells what the line does not need."""
    sale = {"name": "sell", "capex_cny": 0, "removes": True, "resale_cny": 300}
    spare = station("lathe", 3600, sale, machines=3, running_cost_cny_per_y=500)
    slow = station("mill", 3 * 3600)
    one = plant(line(spare, slow), renewal=renewal(tax={"rate": 0.0}))
    answer = find_plan(one, workers=1)
    assert [(r.option, r.period, r.machines) for r in answer.plan.renewals] == [("sell", 0, 2)]
    by_hand = 2 * (300 + sum(500 / 1.1**t for t in (1, 2, 3)))
    assert answer.plan.gain == pytest.approx(by_hand, rel=1e-3)
    assert answer.gain(answer.planned, answer.schedule)["mean"] == pytest.approx(by_hand, rel=1e-3)
    made = answer.planned.good.sum() / answer.baseline.good.sum()
    assert made == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_what_is_sold_is_gone_in_both_engines(engine):
    """Two machines of 1/3 per hour; one leaves after a year, and its running cost of 500 a year with it."""
    sale = {"name": "sell", "capex_cny": 0, "removes": True, "resale_cny": 300}
    one, _ = told(lathe(sale, machines=2, running_cost_cny_per_y=500))
    chosen = [Chosen(asset="line/lathe", option="sell", period=1)]
    schedule = dated(one, one.renewal, assets_of(one), chosen)
    [played] = Stage(one, one.renewal, 1, 1, workers=1, engine=engine).play([schedule])
    assert played.good[0, :, 0] == pytest.approx([8760 / 3 * k for k in (2, 1, 1)], abs=2)
    assert played.running_cny[0] == pytest.approx([1000, 500, 500])


def test_orders_grow_in_prediction_and_playback():
    one = plant(
        line(station("lathe", 600, buffer=None), source={"demand_per_h": 2}),
        calendar={"shifts": ["mon-fri 08:00-16:00"]},
        renewal=renewal(demand={"line": {2026: 1.5, 2027: 2.0}}),
    )
    beliefs = Reader(one, one.renewal, Study(1, 2200, 200, workers=1)).read()
    assert renewal_problem(one, one.renewal, beliefs).lines[0].demand_per_h == pytest.approx([2, 3, 4], rel=0.01)
    [played] = Stage(one, one.renewal, 1, 1, workers=1).play([[]])
    hours = renewal_problem(one, one.renewal, beliefs).lines[0].hours
    assert played.good[0, :, 0] == pytest.approx([h * f for h, f in zip(hours, (2, 3, 4), strict=True)], abs=2)


def test_orders_that_do_not_grow_come_as_before():
    one = plant(line(station("lathe", 600, buffer=None), source={"demand_per_h": 2}), renewal=renewal(years=1))
    same = one.model_copy(update={"renewal": one.renewal.model_copy(update={"demand": {"line": path()}})})
    times = with_growing_orders(same, same.renewal).lines[0].sources[0].arrivals_s
    assert times[:3] == pytest.approx((1800, 3600, 5400))
    assert len(times) == pytest.approx(2 * 8760, abs=1)
    assert with_growing_orders(one, one.renewal) is one
    assert isinstance(one, Plant)


def path():
    from models.finance import PricePath

    return PricePath(growth_per_y=0.0)
