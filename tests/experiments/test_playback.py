"""Schedules played back: days, output, energy and money of deterministic plants, worked out by hand."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import assets_of
from experiments.money import Money
from experiments.playback import Stage, capital_cny, dated, gains
from optimize.plan import Renewal as Chosen

PRICE, KGCE, CO2_KG = 0.65, 0.1229, 0.641  # of a kWh, the defaults


def chosen(asset, period, machines=1, name="new"):
    return Chosen(asset=asset, option=name, period=period, machines=machines)


def days_of(one, *choices):
    return dated(one, one.renewal, assets_of(one), choices)


def play(one, *schedules, replications=1, seed=1):
    return Stage(one, one.renewal, seed, replications, workers=1).play(schedules)


# days


def test_installations_of_a_line_follow_one_another_from_the_first_day_of_the_period():
    one = plant(
        line(station("turn", 3600, option(install_d=10), machines=3), station("mill", 3600, option(install_d=4.5))),
        line(station("weave", 3600, option(install_d=7)), name="other"),
        renewal=renewal(period="quarter", start="2026-01"),
    )
    found = days_of(one, chosen("line/mill", 1), chosen("line/turn", 1, 2), chosen("other/weave", 1),
                    chosen("line/turn", 3))  # fmt: skip
    april = datetime(2026, 4, 1)
    assert [(d.line, d.station, d.machine, d.period, d.start) for d in found] == [
        ("line", "turn", "1", 1, april),
        ("other", "weave", "1", 1, april),
        ("line", "turn", "2", 1, april + timedelta(days=10)),
        ("line", "mill", "1", 1, april + timedelta(days=20)),
        ("line", "turn", "3", 3, datetime(2026, 10, 1)),
    ]
    assert found[3].end == datetime(2026, 4, 25, 12)


@pytest.mark.parametrize("period", ["month", "quarter", "year"])
@pytest.mark.parametrize("install_d", [0, 3, 20, 28])
def test_every_installation_ends_within_its_period_where_one_by_itself_would(period, install_d):
    one = plant(line(station("turn", 3600, option(install_d=install_d), machines=20)),
                renewal=renewal(period=period, start="2027-02", years=1))  # fmt: skip
    bounds = one.renewal.bounds()
    for at in range(one.renewal.periods):
        found = days_of(one, chosen("line/turn", at, 20))
        assert len({d.machine for d in found}) == 20
        assert all(bounds[at] <= d.start and d.end <= bounds[at + 1] for d in found)


def test_no_machine_is_renewed_twice():
    one = plant(line(station("turn", 3600, option("a"), option("b"), machines=4)), renewal=renewal())
    found = days_of(one, chosen("line/turn", 2, 1, "a"), chosen("line/turn", 0, 1, "b"), chosen("line/turn", 0, 2, "a"))
    assert sorted(d.machine for d in found) == ["1", "2", "3", "4"]
    assert [(d.option.name, d.period) for d in found] == [("b", 0), ("a", 0), ("a", 0), ("a", 2)]


def test_machines_written_out_are_renewed_by_name():
    listed = [{"name": "old one"}, {"name": "older one", "cycle_time_s": 4000}]
    one = plant(line(station("turn", 3600, option(), machines=listed)), renewal=renewal())
    assert [d.machine for d in days_of(one, chosen("line/turn#older one", 1))] == ["older one"]


# output, energy, money

# One lathe makes a part an hour at 10 kW; the new one two at 12 kW, from 10 days into 2026 on.
LATHE = station(
    "lathe", 3600, option(cycle_time_s=1800, power_kw={"processing": 12}, install_d=10, resale_cny=8000,
    running_cost_cny_per_y=500), power_kw={"processing": 10, "off": 2}, running_cost_cny_per_y=1500,
)  # fmt: skip


def test_a_renewal_in_the_second_year_by_hand():
    one = plant(line(LATHE), renewal=renewal())
    schedule = days_of(one, chosen("line/lathe", 1))
    baseline, planned = play(one, [], schedule)
    assert baseline.good[0, :, 0].tolist() == [8760, 8760, 8760]
    made = [8760, (8760 - 240) * 2, 8760 * 2]
    assert planned.good[0, :, 0].tolist() == made
    assert planned.margin_cny[0] == pytest.approx([50 * n for n in made])
    kwh = [10 * 8760, 2 * 240 + 12 * (8760 - 240), 12 * 8760]  # old machine off during installation
    assert planned.energy_cny[0] == pytest.approx([PRICE * n for n in kwh])
    assert planned.tce[0] == pytest.approx([KGCE * n / 1000 for n in kwh])
    assert planned.co2_t[0] == pytest.approx([CO2_KG * n / 1000 for n in kwh])
    assert planned.running_cny[0] == pytest.approx([1500, 1500 * 240 / 8760 + 500 * 8520 / 8760, 500])
    assert baseline.running_cny[0] == pytest.approx([1500] * 3)

    by_hand = capital_cny(schedule, Money(one.renewal))
    for year in (1, 2):
        running = 1500 - (1500 * 240 + 500 * 8520) / 8760 if year == 1 else 1000
        more = 50 * (made[year] - 8760) - PRICE * (kwh[year] - 87_600) + running
        by_hand += 0.75 * more / 1.1 ** (year + 1)
    assert gains(planned, baseline, schedule, Money(one.renewal))[0] == pytest.approx(by_hand)


def test_npv_of_one_renewal_against_a_plain_calculation():
    """The whole chain beside twenty lines that know nothing of the project."""
    one = plant(line(LATHE), renewal=renewal())
    schedule = days_of(one, chosen("line/lathe", 1))
    baseline, planned = play(one, [], schedule)

    npv, rate, tax, price = 0.0, 0.10, 0.25, 100_000
    for year in range(3):
        hours, profit = 8760, 0.0
        for hour in range(hours):
            installing = year == 1 and hour < 240
            renewed = year == 2 or (year == 1 and not installing)
            old_profit = 50 - 10 * 0.65 - 1500 / hours
            new_profit = 2 * 50 - 12 * 0.65 - 500 / hours if renewed else old_profit
            if installing:
                new_profit = -2 * 0.65 - 1500 / hours
            profit += new_profit - old_profit
        written_off = price * 0.95 / 10 if year >= 1 else 0
        npv += (profit - tax * (profit - written_off)) / (1 + rate) ** (year + 1)
        if year == 1:
            npv += (8000 * (1 - tax) - price) / (1 + rate) ** year
    sold_for, booked = price * 8 / 10, price - 2 * price * 0.95 / 10
    npv += (sold_for - tax * (sold_for - booked)) / (1 + rate) ** 3

    assert gains(planned, baseline, schedule, Money(one.renewal))[0] == pytest.approx(npv, rel=1e-9)


def test_a_renewal_on_the_first_day():
    """Nothing is started from the planned moment on; no part is in work before it."""
    one = plant(line(LATHE), renewal=renewal(years=1))
    [planned] = play(one, days_of(one, chosen("line/lathe", 0)))
    assert planned.good[0, 0, 0] == (8760 - 240) * 2


def test_a_machine_finishes_its_part_before_it_leaves():
    # Parts take 7 h: the 1252nd is in work when 2026 begins, and leaves at 8764 h.
    one = plant(line(station("lathe", 25_200, option(install_d=10, cycle_time_s=3600))), renewal=renewal())
    [planned] = play(one, days_of(one, chosen("line/lathe", 1)))
    assert planned.good[0, :, 0].tolist() == [1251, 1 + (8760 - 4 - 240), 8760]


def test_learning_takes_its_time():
    learning = {"cycle_factor_by_unit": [3, 2]}
    one = plant(line(station("lathe", 3600, option(install_d=10, ramp_up=learning))), renewal=renewal())
    [planned] = play(one, days_of(one, chosen("line/lathe", 1)))
    assert planned.good[0, :, 0].tolist() == [8760, 8760 - 240 - 3, 8760]


def test_the_rest_of_a_station_works_on_during_installation():
    one = plant(line(station("lathe", 3600, option(install_d=30, cycle_time_s=1800), machines=4)), renewal=renewal())
    [planned] = play(one, days_of(one, chosen("line/lathe", 1, 2)))
    first = 720  # the second installation begins when the first ends
    made_2026 = 2 * 8760 + (8760 - first) * 2 + first + (8760 - 2 * first) * 2
    assert planned.good[0, :, 0].tolist() == [4 * 8760, made_2026, 6 * 8760]


def test_products_count_with_their_own_margin():
    one = plant(
        line(station("lathe", {"a": 3600, "b": 7200}), mix={"sequence": ["a", "b"]}),
        products=[{"name": "a", "margin_cny": 10}, {"name": "b", "margin_cny": 100}],
        renewal=renewal(years=1),
    )
    [baseline] = play(one, [])
    assert baseline.margin_cny[0, 0] == pytest.approx(8760 / 3 * 110)


def test_stops_cost_what_they_cost():
    stops = [{"ttf_h": 20, "ttr_h": 5, "cost_cny": 100}]
    one = plant(line(station("lathe", 3600, option(failures=[]), failures=stops)), renewal=renewal(years=2))
    baseline, planned = play(one, [], days_of(one, chosen("line/lathe", 1)))
    events = [n for n in range(1, 800) if 25 * n - 5 <= 17_520]
    in_2025 = sum(25 * n - 5 <= 8760 for n in events)
    assert baseline.running_cny[0].tolist() == [100 * in_2025, 100 * (len(events) - in_2025)]
    assert planned.running_cny[0].tolist() == [100 * in_2025, 0]


def test_shifts_and_installation_days_by_the_calendar():
    """Ten days of installation take the eight working days that lie in them."""
    one = plant(line(station("lathe", 3600, option(install_d=10)), calendar={"shifts": ["mon-fri 08:00-16:00"]}),
                renewal=renewal())  # fmt: skip
    baseline, planned = play(one, [], days_of(one, chosen("line/lathe", 1)))
    assert baseline.good[0, :, 0].tolist() == [261 * 8] * 3
    assert planned.good[0, :, 0].tolist() == [261 * 8, (261 - 7) * 8, 261 * 8]  # 1 to 10 January 2026: thu to sat


RANDOM = station(
    "lathe", {"lognormal": {"mean": 3600, "cv": 0.5}}, option(cycle_time_factor=0.5), machines=2, scrap=0.1,
    power_kw={"processing": 10, "idle": 3}, use_per_h={"natural_gas_m3": {"processing": 1}},
    failures=[{"ttf_h": {"exponential": 50}, "ttr_h": {"exponential": 5}, "cost_cny": 10}],
)  # fmt: skip
GRIND = station("grind", {"exponential": 1700}, power_kw={"processing": 4, "idle": 1})


def test_periods_add_up_to_the_whole_run():
    tariff = {"bands": {"high": 1.0, "low": 0.4}, "hours": [{"band": "low", "hours": ["00:00-08:00"]}],
              "demand_cny_per_kw_month": 30}  # fmt: skip
    one = plant(line(RANDOM, GRIND), line(RANDOM, name="other"),
                energy={"electricity": {"tariff": tariff}, "co2_price_cny_per_t": 50},
                renewal=renewal(period="quarter", years=1))  # fmt: skip
    [planned] = play(one, days_of(one, chosen("line/lathe", 1, 2)), replications=2)
    lines = planned.document["lines"]
    assert planned.good.sum(axis=1).mean(axis=0) == pytest.approx([n["good_per_h"]["mean"] * 8760 for n in lines])
    for table, key in ((planned.tce, "tce"), (planned.co2_t, "co2_t"), (planned.energy_cny, "cost_cny")):
        whole = sum(n["energy"][key]["mean"] for n in lines)
        assert table.sum(axis=1).mean() == pytest.approx(whole), key
    events = sum(stop["cost_cny_per_h"] for n in lines for s in n["stations"] for stop in s["stops"]) * 8760
    assert planned.running_cny.sum(axis=1).mean() == pytest.approx(events)


def test_what_is_not_touched_meets_the_same_luck():
    one = plant(line(RANDOM), line(RANDOM, name="other"), renewal=renewal(period="quarter", years=1))
    baseline, planned = play(one, [], days_of(one, chosen("line/lathe", 1, 2)), replications=2)
    assert np.array_equal(planned.good[:, :, 1], baseline.good[:, :, 1])
    assert np.array_equal(planned.good[:, 0, 0], baseline.good[:, 0, 0])  # before the renewal
    assert (planned.good[:, 1:, 0] > baseline.good[:, 1:, 0]).all()


def test_every_replication_is_its_own_and_a_seed_gives_the_same_again():
    one = plant(line(RANDOM), renewal=renewal(years=1))
    [first] = play(one, [], replications=2)
    [again] = play(one, [], replications=2)
    [other] = play(one, [], replications=2, seed=2)
    assert first.document == again.document
    assert first.good[0, 0, 0] != first.good[1, 0, 0]
    assert not np.array_equal(first.energy_cny, other.energy_cny)


def test_a_schedule_in_the_file_gives_way_to_the_one_played():
    entry = {"line": "line", "station": "lathe", "machines": 1, "option": "new", "at": 100}
    one = plant(line(LATHE), renewal=renewal(years=1), schedule=[entry])
    [baseline] = play(one, [])
    assert baseline.good[0, 0, 0] == 8760
