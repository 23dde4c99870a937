"""The schedule found: limits recomputed from it alone, against all other schedules, and its money taken apart."""

import itertools
from collections import Counter
from datetime import date, timedelta

import pytest
from small_plants import line, option, plant, renewal, station

from experiments.money import Money
from experiments.plan import document_of, find_plan
from experiments.playback import Stage, dated, gains
from experiments.problem_of import period_of
from experiments.run_folder import as_json
from models.errors import DataError, PlanImpossible
from models.plant import Plant, Renewal
from optimize.evaluate import evaluate
from optimize.plan import Renewal as Chosen

H = 3600.0


def found(one, **more):
    return find_plan(one, workers=1, **more)


def chosen_of(document):
    return [(r["line"], r["station"], r["option"], r["period"], r["machines"]) for r in document["renewals"]]


# a plant with a bit of everything


def everything():
    """Return two lines, one of them in shifts, machines counted and written out, failures, two products, all limits."""
    failing = [{"ttf_h": {"exponential": 40}, "ttr_h": {"exponential": 6}, "crew": "repair", "cost_cny": 200}]
    listed = [{"name": "A"}, {"name": "B", "cycle_time_s": 8 * H, "running_cost_cny_per_y": 9000}]
    shafts = line(
        station("turning", {"a": 4 * H, "b": 6 * H}, option("cnc", 120_000, cycle_time_factor=0.5, install_d=6,
                power_kw={"processing": 8}, resale_cny=5000, uses={"riggers": 1}),
                option("refit", 40_000, cycle_time_factor=0.8, install_d=3, uses={"riggers": 1}),
                machines=3, failures=failing, power_kw={"processing": 12, "idle": 4}),
        station("milling", 5 * H, option("centre", 150_000, cycle_time_s=3 * H, install_d=5,
                running_cost_cny_per_y=2000), machines=listed, power_kw={"processing": 10, "idle": 3}, setup_time_s=600,
                running_cost_cny_per_y=5000),
        name="shafts", mix={"sequence": ["a", "b"], "lot": 4},
    )  # fmt: skip
    covers = line(
        station("boring", 4 * H, option("borer", 90_000, cycle_time_factor=0.6, install_d=8), machines=2, buffer=None,
                scrap=0.03, failures=failing),
        station("drilling", 3 * H, option("drill", 60_000, cycle_time_factor=0.7, install_d=4)),
        name="covers", source={"demand_per_h": 0.6}, calendar={"shifts": ["mon-sat 06:00-22:00"]},
    )  # fmt: skip
    return plant(
        shafts, covers,
        products=[{"name": "a", "margin_cny": 180}, {"name": "b", "margin_cny": 280}],
        crews={"repair": 1},
        renewal={
            "start": "2025-04", "years": 2, "period": "quarter", "replications": 2,
            "budget_cny": {2025: 310_000, 2026: 200_000},
            "downtime_h_per_period": {"shafts": 300, "covers": 200},
            "limits": {"riggers": 2},
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def answer():
    return found(everything(), seed=5)


@pytest.fixture(scope="module")
def document(answer):
    return document_of(answer)


def test_the_plan_does_something_and_says_what_the_simulation_makes_of_it(document):
    assert document["status"] == "optimal"
    assert len(document["renewals"]) >= 3
    gain = document["npv_gain_cny"]
    assert gain["simulated"]["mean"] > 0
    assert 0 < gain["predicted"] <= gain["bound"] <= gain["predicted"] * (1 + 1.1e-3)
    assert document["gap"] == pytest.approx(gain["bound"] / gain["predicted"] - 1)


def test_no_machine_is_renewed_twice(document):
    counts = Counter()
    for row in document["renewals"]:
        counts[row["line"], row["station"]] += row["machines"]
    there = {(ln.name, s.name): s.count for ln in everything().lines for s in ln.stations}
    assert all(n <= there[place] for place, n in counts.items())


def price(row):
    station = everything().line(row["line"]).station(row["station"])
    return row["machines"] * next(o.capex_cny for o in station.options if o.name == row["option"])


def test_the_budget_holds_recomputed_from_the_renewals(document):
    quarters = document["periods"]
    assert quarters == ["2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"]
    left = 0.0
    for n, (year, amount) in enumerate({2025: 310_000, 2026: 200_000}.items()):
        spent = sum(price(row) for row in document["renewals"] if quarters.index(row["period"]) // 4 == n)
        told = document["by_year"][n]
        assert (told["year"], told["capex_cny"], told["budget_cny"]) == (year, spent, amount)
        assert told["available_cny"] == pytest.approx(amount + left)
        left += amount - spent
        assert left >= 0
        assert document["cash_flow"][n]["capex_cny"] == -spent
    assert all(row["capex_cny"] == price(row) for row in document["renewals"])


def test_downtime_and_riggers_hold_recomputed_from_the_renewals(document):
    working = [date(2025, 4, 1) + timedelta(days=n) for n in range(730)]
    share = {"shafts": 1.0, "covers": sum(d.weekday() < 6 for d in working) * 16 / (730 * 24)}
    limits = {"shafts": 300, "covers": 200}
    told = {(row["period"], row["line"]): row for row in document["by_period"]}
    for period in document["periods"]:
        riggers = 0
        for name, limit in limits.items():
            hours = 0.0
            for row in document["renewals"]:
                if (row["period"], row["line"]) == (period, name):
                    one = next(o for o in everything().line(name).station(row["station"]).options
                               if o.name == row["option"])  # fmt: skip
                    hours += row["machines"] * one.install_d * 24 * share[name]
                    riggers += row["machines"] * one.uses.get("riggers", 0)
            assert hours <= limit + 1e-6
            assert told[period, name] == {
                "period": period, "line": name, "downtime_h": pytest.approx(hours), "limit_h": limit,
            }  # fmt: skip
        assert riggers <= 2
    for n, year in enumerate(document["by_year"]):
        quarters = document["periods"][4 * n : 4 * n + 4]
        assert year["downtime_h"] == pytest.approx(sum(r["downtime_h"] for (q, _), r in told.items() if q in quarters))


def test_the_played_installations_take_the_hours_that_were_planned(document):
    """Round the clock every day of installation stands in the states of the machines."""
    planned = sum(row["downtime_h"] for row in document["by_period"] if row["line"] == "shafts")
    stations = document["planned"]["lines"][0]["stations"]
    assert sum(s["hours"]["installing"] * s["machines"] for s in stations) == pytest.approx(planned)
    stations = document["baseline"]["lines"][0]["stations"]
    assert sum(s["hours"]["installing"] for s in stations) == 0


def test_dates_lie_in_their_period(document):
    bounds = everything().renewal.bounds()
    for row in document["renewals"]:
        at = document["periods"].index(row["period"])
        begins, ends = date.fromisoformat(row["start"]), date.fromisoformat(row["end"])
        assert bounds[at].date() <= begins < ends <= bounds[at + 1].date()


def mean(value):
    return value["mean"] if isinstance(value, dict) else value


def test_the_cash_flow_adds_up_to_the_simulated_gain(answer, document):
    flow = document["cash_flow"]
    parts = ("capex_cny", "resale_cny", "margin_cny", "energy_cny", "running_cny", "tax_cny", "residual_cny")
    for row in flow:
        assert mean(row["net_cny"]) == pytest.approx(sum(mean(row[part]) for part in parts))
    assert flow[-1]["discounted_cumulative_cny"] == pytest.approx(document["npv_gain_cny"]["simulated"])
    # Undiscounted, year by year, against the play-back.
    per_year = {"margin_cny": 1, "energy_cny": -1, "running_cny": -1}
    for name, sign in per_year.items():
        difference = (getattr(answer.planned, name) - getattr(answer.baseline, name)).mean(axis=0)
        for n, row in enumerate(flow):
            assert mean(row[name]) == pytest.approx(sign * difference[4 * n : 4 * n + 4].sum()), name
    assert [row["residual_cny"] > 0 for row in flow] == [False, True]


def test_the_cash_flow_discounted_by_hand(answer, document):
    """Operation and tax at quarter ends, price and resale at quarter starts, residual at the end."""
    money = Money(answer.renewal)
    total = 0.0
    for quarter in range(8):
        more = (answer.planned.operating_cny - answer.baseline.operating_cny)[:, quarter].mean()
        saved_tax = 0.0
        for item in answer.schedule:
            if item.period <= quarter:  # 10 years, 5 % salvage, 25 % tax
                saved_tax += 0.25 * item.option.capex_cny * 0.95 / 10 / 4
            if item.period == quarter:
                total += (0.75 * item.option.resale_cny - item.option.capex_cny) / 1.1 ** (quarter / 4)
        total += (0.75 * more + saved_tax) / 1.1 ** ((quarter + 1) / 4)
    residual = sum(money.residual(item.option)[8 - item.period - 1] for item in answer.schedule)
    assert document["cash_flow"][-1]["residual_cny"] == pytest.approx(residual)
    assert document["npv_gain_cny"]["simulated"]["mean"] == pytest.approx(total + residual / 1.1**2)


def test_the_difference_of_prediction_and_simulation_is_told_in_full(document):
    told = document["explained"]
    gain = document["npv_gain_cny"]
    assert sum(row["predicted_cny"] for row in told) == pytest.approx(gain["predicted"])
    assert sum(mean(row["simulated_cny"]) for row in told) == pytest.approx(gain["simulated"]["mean"])


def test_years_add_up_to_the_simulated_run(document):
    for side, suffix in (("planned", ""), ("baseline", "_baseline")):
        whole = document[side]
        for key, name in (("tce", "energy_tce"), ("co2_t", "co2_t")):
            total = sum(n["energy"][key]["mean"] for n in whole["lines"])
            assert sum(y[name + suffix]["mean"] for y in document["by_year"]) == pytest.approx(total)
        made = sum(n["good_per_h"]["mean"] for n in whole["lines"]) * 730 * 24
        assert sum(y["output" + suffix]["mean"] for y in document["by_year"]) == pytest.approx(made)
    assert sum(row["simulated_output_per_y"]["mean"] for row in document["by_line"]) == pytest.approx(
        document["by_year"][-1]["output"]["mean"]
    )


def test_the_plan_is_predicted_to_be_no_worse_than_the_ranking_by_payback(document):
    ranking = document["against"]["payback_ranking"]
    assert ranking["npv_gain_cny"]["predicted"] <= document["npv_gain_cny"]["bound"]
    assert ranking["capex_cny"] == sum(row["capex_cny"] for row in ranking["renewals"])
    assert document["against"]["baseline"]["npv_cny"]["mean"] > 0


def test_payback_is_price_over_what_a_renewal_saves_a_year(answer, document):
    rows = {(r["station"], r["option"]): r for r in document["renewals"] if r["machines"] == 1}
    for (name, offer), row in rows.items():
        if name == "milling":  # written out: A costs 5,000 a year, B 9,000, either 2,000 as a centre
            item = next(d for d in answer.schedule if (d.station, d.period) == (name, period_index(document, row)))
            saved = answer.beliefs.saving_cny_per_y[f"shafts/milling#{item.machine}", offer]
            saved += {"A": 3000, "B": 7000}[item.machine]
            assert row["payback_y"] == pytest.approx(150_000 / saved)
            return
    pytest.fail("the example renews no milling machine by itself")


def period_index(document, row):
    return document["periods"].index(row["period"])


def test_same_seed_same_bytes_whatever_the_workers(document):
    again = document_of(find_plan(everything(), seed=5, workers=2))
    assert as_json(again) == as_json(document)


# deterministic plants


def test_one_machine_every_yuan_of_the_difference_is_known():
    """Prediction and play-back agree to the last yuan: the new machine counts from the first day, less 10 days."""
    new = option(cycle_time_s=1800, install_d=10, power_kw={"processing": 12})
    one = plant(line(station("lathe", 3600, new, power_kw={"processing": 10})),
                renewal=renewal(budget_cny={2026: 100_000}))  # fmt: skip
    result = document_of(found(one))
    assert chosen_of(result) == [("line", "lathe", "new", "2026", 1)]
    output, energy, capital = result["explained"]
    worth, ends = 0.75 * (50 - 10 * 0.65), 1.1**2
    more = (8520 * 2 - 8760) / ends + 8760 / 1.1**3
    assert output["predicted_cny"] == pytest.approx(worth * more)
    assert mean(output["simulated_cny"]) == pytest.approx(worth * more)
    saved = 0.75 * 4 * 0.65  # 6 kWh a part instead of 10
    assert energy["predicted_cny"] == pytest.approx(saved * 17_520 * (1 / ends + 1 / 1.1**3))
    # The saving is predicted for the whole first year, ten days of installation included.
    assert mean(energy["simulated_cny"]) == pytest.approx(energy["predicted_cny"] - saved * 480 / ends)
    assert capital["predicted_cny"] == capital["simulated_cny"]
    assert result["by_line"][0]["predicted_output_per_y"] == pytest.approx(17_520)
    assert result["by_line"][0]["simulated_output_per_y"]["mean"] == 17_520
    assert result["by_line"][0]["gain_output_share"]["mean"] == pytest.approx(1)
    assert result["renewals"][0]["payback_y"] == pytest.approx(100_000 / (4 * 0.65 * 17_520))


def test_in_a_deterministic_line_the_slowest_station_rules_before_and_after():
    """Predicted and simulated output are the same: constant times, no failures, room between the stations."""
    one = plant(
        line(station("a", 18_000, option(cycle_time_s=12_000), machines=2),
             station("b", 14_400, option(cycle_time_s=7200)), station("c", 8000)),
        products=[{"name": "part", "margin_cny": 5000}],
        renewal=renewal(),
    )  # fmt: skip
    result = found(one)
    document = document_of(result)
    base = 8760 * H / 14_400
    after = 8760 * H / 8000
    assert {(r[1], r[3]) for r in chosen_of(document)} == {("a", "2025"), ("b", "2025")}
    assert [y["output_baseline"]["mean"] for y in document["by_year"]] == pytest.approx([base] * 3, abs=5)
    rows = [row.output_per_h["line"] * 8760 for row in result.plan.by_period]
    assert rows == pytest.approx([after, after, after], rel=0.005)
    simulated = [y["output"]["mean"] for y in document["by_year"]]
    assert simulated == pytest.approx([after] * 3, abs=5)
    assert document["by_line"][0]["bottleneck_after"] == "c"
    assert document["by_line"][0]["bottleneck_before"] == "b"


def three_machines(**frame):
    kw_14, kw_10, kw_8, kw_4 = ({"processing": n} for n in (14, 10, 8, 4))
    a = option(cycle_time_s=18_000, install_d=5, capex=200_000)
    b = option(cycle_time_s=18_000, install_d=5, capex=150_000, power_kw=kw_8)
    c = option(cycle_time_s=14_400, install_d=5, capex=90_000, power_kw=kw_4)
    return plant(
        line(station("a", 28_800, a), station("b", 36_000, b, power_kw=kw_14), station("c", 24_000, c, power_kw=kw_10)),
        products=[{"name": "part", "margin_cny": 900}],
        renewal=renewal(**frame),
    )


def all_schedules(answer):
    """Yield every schedule of one machine a station: none, or the option in one of the periods."""
    assets = [asset for asset in answer.problem.assets if asset.options]
    choices = []
    for asset in assets:
        renewals = itertools.product([option.name for option in asset.options], range(answer.renewal.periods))
        choices.append([None, *(Chosen(asset=asset.name, option=o, period=t) for o, t in renewals)])
    for combination in itertools.product(*choices):
        yield [item for item in combination if item is not None]


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"budget_cny": {2025: 250_000, 2026: 150_000, 2027: 100_000}},
        {"budget_cny": {2025: 160_000, 2026: 100_000, 2027: 300_000}, "carry_over": False},
        {"downtime_h_per_period": {"line": 120}},
        {"max_lines_down": 1, "discount_rate": 0.3, "downtime_h_per_period": {"line": 240}},
        {"period": "quarter", "years": 1, "budget_cny": {2025: 350_000}, "downtime_h_per_period": {"line": 130}},
    ],
)
def test_no_schedule_is_predicted_to_be_better(frame):
    answer = found(three_machines(**frame))
    best = max(
        result.gain
        for result in (evaluate(answer.problem, schedule) for schedule in all_schedules(answer))
        if not result.violations
    )
    assert answer.plan.gain == pytest.approx(best, rel=1e-3)
    assert best <= answer.plan.bound * (1 + 1e-9)


def test_no_schedule_is_better_when_all_are_played():
    one = three_machines(budget_cny={2025: 250_000, 2026: 150_000, 2027: 100_000}, replications=1)
    answer = found(one)
    money = Money(one.renewal)
    schedules = [
        dated(one, one.renewal, answer.beliefs.assets, schedule)
        for schedule in all_schedules(answer)
        if not evaluate(answer.problem, schedule).violations
    ]
    played = Stage(one, one.renewal, 1, 1, workers=1).play(schedules)
    worth = [gains(p, answer.baseline, s, money)[0] for p, s in zip(played, schedules, strict=True)]
    assert len(worth) == 52
    assert gains(answer.planned, answer.baseline, answer.schedule, money)[0] == pytest.approx(max(worth))


def test_the_order_of_options_changes_nothing():
    offers = [option("slow", 60_000, cycle_time_s=24_000), option("fast", 100_000, cycle_time_s=14_400),
              option("dear", 900_000, cycle_time_s=14_000)]  # fmt: skip
    rest = station("b", 16_000)
    plans = []
    for order in (offers, offers[::-1]):
        one = plant(line(station("a", 28_800, *order), rest), products=[{"name": "part", "margin_cny": 900}],
                    renewal=renewal(budget_cny={2025: 200_000}))  # fmt: skip
        plans.append(document_of(found(one)))
    assert [chosen_of(p) for p in plans] == [[("line", "a", "fast", "2025", 1)]] * 2
    assert len({p["npv_gain_cny"]["predicted"] for p in plans}) == 1


def test_a_renewal_that_does_not_pay_is_left_out():
    one = plant(line(station("a", 28_800, option(capex=5_000_000, cycle_time_factor=0.5))), renewal=renewal())
    result = document_of(found(one))
    assert result["renewals"] == []
    assert result["npv_gain_cny"]["predicted"] == 0
    assert result["npv_gain_cny"]["simulated"]["mean"] == 0
    assert result["status"] == "optimal"


def test_a_plant_without_options_has_the_empty_plan():
    result = document_of(found(plant(line(station("a", 28_800)), renewal=renewal(years=1))))
    assert result["renewals"] == []
    assert result["npv_gain_cny"]["predicted"] == 0


@pytest.mark.parametrize(("carry_over", "when"), [(True, ["2026"]), (False, [])])
def test_money_left_over_buys_in_the_next_year_only_if_it_may(carry_over, when):
    one = plant(line(station("a", 28_800, option(capex=100_000, cycle_time_factor=0.5))),
                products=[{"name": "part", "margin_cny": 900}],
                renewal=renewal(budget_cny={2025: 60_000, 2026: 60_000}, carry_over=carry_over))  # fmt: skip
    result = document_of(found(one))
    assert [row["period"] for row in result["renewals"]] == when
    available = [60_000, 120_000, 20_000] if carry_over else [60_000, 60_000, 0]
    assert [y["available_cny"] for y in result["by_year"]] == available


# rules of the plant file

PLACES = ("one/a", "one/b", "two/a")


def ruled(*rules, price=1.0, **frame):
    """Return three machines that all pay by energy alone, in any year, the sooner the better."""

    def saver(name):
        return station(name, 28_800, option(capex=100_000, power_kw={"processing": 5}, install_d=1),
                       option("half", 60_000, power_kw={"processing": 15}), power_kw={"processing": 30})  # fmt: skip

    frame = {"years": 2, "period": "quarter", "discount_rate": 0.15, **frame}
    lines = line(saver("a"), saver("b"), name="one"), line(saver("a"), name="two")
    energy = {"electricity": {"price_cny_per_kwh": price}}
    return plant(*lines, energy=energy, renewal=renewal(rules=rules, **frame))


def periods_by_place(one):
    result = found(one)
    labels = one.renewal.labels()
    return {
        f"{line}/{station}": (option, labels.index(period))
        for line, station, option, period, _ in chosen_of(document_of(result))
    }


def test_without_rules_all_is_renewed_at_once():
    assert periods_by_place(ruled()) == dict.fromkeys(PLACES, ("new", 0))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"exclude": ["one/a", "two/a"]}, [{"one/a", "one/b"}, {"one/b", "two/a"}]),
        ({"exclude": ["one/a", "one/b", "two/a"]}, [{"one/a"}, {"one/b"}, {"two/a"}]),
    ],
)
def test_exclude(rule, expected):
    assert set(periods_by_place(ruled(rule))) in expected


def test_exclude_one_option_only():
    options = {place: o for place, (o, _) in periods_by_place(ruled({"exclude": ["one/a/new", "two/a/new"]})).items()}
    assert sorted(options[place] for place in ("one/a", "two/a")) == ["half", "new"]


def test_after_keeps_its_gap():
    when = periods_by_place(ruled({"after": {"first": "one/a", "then": "two/a", "gap": 2}}))
    assert when == {"one/a": ("new", 0), "one/b": ("new", 0), "two/a": ("new", 2)}


def test_together_in_one_period():
    # Money for one machine a year, but for two in the second.
    budget = {"budget_cny": {2025: 110_000, 2026: 220_000}, "carry_over": False}
    assert len({t for _, t in periods_by_place(ruled(**budget)).values()}) == 2
    when = periods_by_place(ruled({"together": ["one/a", "two/a"]}, **budget))
    assert when == {"one/a": ("new", 4), "two/a": ("new", 4), "one/b": ("new", 0)}


def test_requires():
    when = periods_by_place(ruled({"requires": {"if": "one/a", "then": "one/b/half"}}))
    assert when["one/a"][0] == "new"
    assert when["one/b"][0] == "half"


def test_must_by_a_month():
    loses = {"discount_rate": 0.9, "price": 0.1}
    assert periods_by_place(ruled(**loses)) == {}
    when = periods_by_place(ruled({"must": "one/a", "by": "2025-08"}, **loses))
    assert set(when) == {"one/a"}
    assert when["one/a"][1] == 2  # as late as may be


def test_rules_hold_for_each_machine_written_out():
    def saver(name, **more):
        return station(name, 28_800, option(capex=100_000, power_kw={"processing": 5}), power_kw={"processing": 30},
                       **more)  # fmt: skip

    listed = [{"name": "A"}, {"name": "B", "power_kw": {"processing": 31}}]
    frame = renewal(years=1, period="quarter", rules=[{"after": {"first": "line/b", "then": "line/a"}}])
    one = plant(line(saver("a", machines=listed), saver("b")), renewal=frame,
                energy={"electricity": {"price_cny_per_kwh": 2}})  # fmt: skip
    result = found(one)
    assert [(d.station, d.machine, d.period) for d in result.schedule] == [("b", "1", 0), ("a", "A", 1), ("a", "B", 1)]


@pytest.mark.parametrize(
    ("period", "month", "expected"),
    [("quarter", "2026-03", 3), ("quarter", "2026-04", 4), ("month", "2026-03", 11), ("year", "2026-03", 0)],
)
def test_a_month_lies_in_its_period(period, month, expected):
    assert period_of(Renewal(start="2025-04", years=2, period=period), month) == expected


# no plan


def test_limits_that_clash_are_named():
    one = ruled(
        {"must": "one/a", "by": "2025-06"}, {"must": "one/b", "by": "2025-09"}, budget_cny={2025: 110_000, 2026: 9e6}
    )
    with pytest.raises(PlanImpossible) as told:
        found(one)
    text = "\n".join(told.value.clash)
    assert "budget" in text
    assert "110,000" in text
    assert "120,000" in text  # two of the cheaper option
    assert "one/a" in text
    assert "one/b" in text
    assert "downtime" not in text


def test_rules_that_clash_are_named():
    one = ruled(
        {"must": "one/a", "by": "2025-03"},
        {"after": {"first": "two/a", "then": "one/a"}},
        {"must": "two/a", "by": "2026-12"},
    )
    with pytest.raises(PlanImpossible) as told:
        found(one)
    text = "\n".join(told.value.clash)
    assert "one/a is renewed at least 1 period" in text
    assert "after two/a" in text
    assert "one/a must be renewed" in text
    assert "two/a must be renewed" not in text  # not needed for the contradiction


def test_downtime_too_short_for_a_must():
    one = ruled({"must": "one/a", "by": "2026-12"}, downtime_h_per_period={"one": 10}, limits={})
    short = one.model_copy(
        update={
            "lines": (one.lines[0].model_copy(update={"stations": tuple(
                s.model_copy(update={"options": s.options[:1]}) for s in one.lines[0].stations
            )}), one.lines[1]),
        }
    )  # fmt: skip
    with pytest.raises(PlanImpossible) as told:
        found(short)
    text = "\n".join(told.value.clash)
    assert "downtime" in text
    assert "24" in text  # one day is what it takes


def test_a_plant_without_a_renewal_section_says_so():
    with pytest.raises(DataError, match="renewal: missing"):
        found(plant(line(station("a", 3600))))


def test_a_plan_makes_its_own_schedule():
    one = plant(line(station("a", 3600, option(cycle_time_s=1800))), renewal=renewal())
    entry = {"line": "line", "station": "a", "option": "new", "at": 24}
    with pytest.raises(DataError, match="a plan makes its own"):
        find_plan(Plant.model_validate({**one.model_dump(exclude_unset=True), "schedule": [entry]}))
