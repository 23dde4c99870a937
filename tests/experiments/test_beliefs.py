"""What is read off simulation, against theory and against sums worked out by hand.

Tolerances of random figures are four standard errors, worked out beside them: with fixed seeds the tests are certain,
and a change of streams fails one of them by chance less than once in a thousand.
"""

from datetime import date, timedelta
from math import sqrt

import pytest
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Reader, Study, assets_of
from experiments.playback import Stage
from experiments.problem_of import renewal_problem

PRICE = 0.65  # CNY/kWh, the default
COUNTED_H = 1000.0


def read(one, replications=1, counted_h=COUNTED_H):
    study = Study(replications, counted_h + 200, 200, seed=3, workers=1)
    return Reader(one, one.renewal, study).read()


def read_line(*stations, replications=1, counted_h=COUNTED_H, frame=None, crews=None, **more):
    products = more.pop("products", ({"name": "part", "margin_cny": 50},))
    one = plant(line(*stations, **more), products=products, crews=crews or {}, renewal=renewal(**(frame or {})))
    return read(one, replications, counted_h)


def capacity(beliefs, name, offer=None):
    found = beliefs.new[f"line/{name}", offer] if offer else beliefs.old[f"line/{name}"]
    return found.capacity_per_h[0]


# capacities


def test_capacity_is_that_of_one_machine_by_itself():
    beliefs = read_line(
        station("fast", 360, option(cycle_time_factor=0.5), option("slow", cycle_time_s=720), machines=3),
        station("slow", 900, machines=2),
    )
    assert capacity(beliefs, "fast") == pytest.approx(10)
    assert capacity(beliefs, "fast", "new") == pytest.approx(20)
    assert capacity(beliefs, "fast", "slow") == pytest.approx(5)
    assert capacity(beliefs, "slow") == pytest.approx(4)
    assert beliefs.lines[0].good_per_h == pytest.approx(8)
    assert beliefs.lines[0].efficiency == pytest.approx(1)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_constant_failures_take_their_share(clock):
    stops = [{"clock": clock, "ttf_h": 20, "ttr_h": 5}]
    beliefs = read_line(station("lathe", 360, option(failures=[]), failures=stops))
    assert capacity(beliefs, "lathe") == pytest.approx(10 * 20 / 25)
    assert capacity(beliefs, "lathe", "new") == pytest.approx(10)


def test_random_failures_take_their_share():
    stops = [{"ttf_h": {"exponential": 20}, "ttr_h": {"exponential": 5}}]
    beliefs = read_line(station("lathe", 360, failures=stops, machines=4), replications=3)
    up = 20 / 25
    rounds = 3 * 4 * COUNTED_H / 25
    error = up * (1 - up) * sqrt(2 / rounds)  # alternating renewal process, both times exponential
    assert capacity(beliefs, "lathe") == pytest.approx(10 * up, abs=4 * 10 * error)


def test_a_repair_crew_of_one_is_shared_by_the_machines_of_the_station():
    """Machine repair: 3 machines, 1 repairer, both exponential with mean 10 h: Erlang's formula for the machines up."""
    stops = [{"clock": "calendar", "ttf_h": {"exponential": 10}, "ttr_h": {"exponential": 10}, "crew": "repair"}]
    beliefs = read_line(station("lathe", 3600, failures=stops, machines=3), replications=8, crews={"repair": 1})
    weight = [1, 3, 6, 6]  # of 0, 1, 2, 3 machines down: 3!/(3-n)! * (10/10)^n
    up = sum(w * (3 - n) for n, w in enumerate(weight)) / sum(weight) / 3
    assert capacity(beliefs, "lathe") == pytest.approx(up, rel=0.08)  # 8000 h, states last 7 h: se 2 %


def test_setups_take_their_share():
    # Lots of 10, 360 s each, 1200 s of setup before each lot: 10 in 4800 s.
    beliefs = read_line(
        station("lathe", 360, option(setup_time_s=0), setup_time_s=1200),
        mix={"sequence": ["a", "b"], "lot": 10},
        products=[{"name": "a"}, {"name": "b"}],
    )
    assert capacity(beliefs, "lathe") == pytest.approx(7.5, abs=10 / COUNTED_H)  # a lot may straddle the ends
    assert capacity(beliefs, "lathe", "new") == pytest.approx(10)
    assert beliefs.lines[0].shares == pytest.approx({"a": 0.5, "b": 0.5}, abs=0.01)


def test_products_count_by_their_times():
    beliefs = read_line(
        station("lathe", {"a": 360, "b": 720}),
        mix={"sequence": ["a", "a", "b"]},
        products=[{"name": "a"}, {"name": "b"}],
    )
    assert capacity(beliefs, "lathe") == pytest.approx(3 / (0.1 + 0.1 + 0.2), abs=3 / COUNTED_H)


def test_a_batch_counts_by_its_parts_and_a_furnace_by_its_pace():
    batch = station("batch", 7200, kind="batch", capacity=4, machines=2, buffer=20)
    furnace = {"name": "furnace", "kind": "furnace", "buffer": 5, "places": 6, "pace_s": 720, "charge_every": 2}
    beliefs = read_line(batch, furnace)
    assert capacity(beliefs, "batch") == pytest.approx(2, abs=4 / COUNTED_H)
    assert capacity(beliefs, "furnace") == pytest.approx(2.5, abs=1 / COUNTED_H)


def test_capacity_is_in_good_parts_of_the_line():
    beliefs = read_line(station("first", 360, scrap=0.2), station("second", 360, scrap=0.5), replications=3)
    parts = 3 * 10 * COUNTED_H
    # 8 of 10 parts of the first station are good, and half of those become good units.
    good_per_part = sqrt(0.25 / (0.8 * parts)) / 0.5  # relative error of the second station's yield
    assert capacity(beliefs, "first") == pytest.approx(4, rel=4 * 2 * good_per_part)
    assert capacity(beliefs, "second") == pytest.approx(5, rel=4 * 2 * good_per_part)
    assert beliefs.lines[0].good_per_h == pytest.approx(4, rel=4 * 2 * good_per_part)
    assert beliefs.lines[0].efficiency == pytest.approx(1, abs=0.03)


def test_rework_takes_capacity():
    # A quarter goes round again, so that 4/3 pass for each good part.
    again = {"next": {"first": 0.25, "exit": 0.75}}
    beliefs = read_line(station("first", 360, buffer=None), station("second", 360, **again),
                        source={"demand_per_h": 2}, replications=3)  # fmt: skip
    made = 3 * 2 * COUNTED_H
    assert capacity(beliefs, "first") == pytest.approx(7.5, rel=4 * sqrt(1 / 3 / made) + 0.01)


def test_zero_buffers_take_what_theory_says():
    """Three exponential stations in a row without buffers make 22/39 of what one makes by itself."""
    stations = [station(name, {"exponential": 360}, buffer=0) for name in "abc"]
    beliefs = read_line(*stations, replications=6)
    # Output of 6 x 10,000 parts at a squared variation of about 1, and a capacity read off as many.
    assert beliefs.lines[0].efficiency == pytest.approx(22 / 39, abs=4 * sqrt(2 / 40_000))


def test_age_takes_capacity_and_adds_energy():
    wear = {"cycle_time_per_y": 0.1, "energy_per_y": 0.05}
    beliefs = read_line(
        station("lathe", 360, option(ageing={}), option("other", ageing={"energy_per_y": 0.2}),
                ageing=wear, in_service_since=2025, power_kw={"processing": 10}),
    )  # fmt: skip
    old = beliefs.old["line/lathe"]
    assert old.capacity_per_h[0] == pytest.approx(10)
    assert old.capacity_per_h[2] == pytest.approx(10 / 1.2, abs=1 / COUNTED_H)
    assert old.capacity_per_h[2] < old.capacity_per_h[1] < old.capacity_per_h[0]
    assert old.energy_growth == pytest.approx((1, 1.05, 1.1))
    assert beliefs.new["line/lathe", "new"].capacity_per_h == pytest.approx((10, 10, 10))
    assert beliefs.new["line/lathe", "other"].energy_growth == pytest.approx((1, 1.2, 1.4))
    assert old.energy_cny_per_y == pytest.approx(8760 * 10 * PRICE)


def test_machines_written_out_are_assets_of_their_own():
    listed = [{"name": "A"}, {"name": "B", "cycle_time_s": 720, "power_kw": {"processing": 5}}]
    offer = option(cycle_time_s=180, power_kw={"processing": 0})
    one = plant(line(station("lathe", 360, offer, machines=listed, power_kw={"processing": 10})), renewal=renewal())
    beliefs = read(one)
    assert [asset.name for asset in beliefs.assets] == ["line/lathe#A", "line/lathe#B"]
    assert capacity(beliefs, "lathe#A") == pytest.approx(10)
    assert capacity(beliefs, "lathe#B") == pytest.approx(5)
    assert capacity(beliefs, "lathe#B", "new") == pytest.approx(20)
    # More output counts at what processing a unit takes today: 15 kW for 15 units an hour.
    saved = {"A": 15 - 5 + (25 - 15), "B": 15 - 10 + (30 - 15)}
    for name, kw in saved.items():
        found = beliefs.saving_cny_per_y[f"line/lathe#{name}", "new"]
        assert found == pytest.approx(kw * 8760 * PRICE, rel=1e-3)


def test_machines_only_named_are_one_asset():
    one = plant(line(station("lathe", 360, machines=[{"name": "A"}, {"name": "B"}])), renewal=renewal())
    assert [(a.name, a.machines) for a in assets_of(one)] == [("line/lathe", (0, 1))]


# calendars and demand

SHIFT = {"shifts": ["mon-fri 08:00-16:00"]}


def test_capacity_counts_by_the_scheduled_hour():
    beliefs = read_line(station("lathe", 360), calendar=SHIFT)
    assert capacity(beliefs, "lathe") == pytest.approx(10, rel=0.002)
    assert beliefs.lines[0].good_per_h == pytest.approx(10, rel=0.002)


def test_hours_of_a_period_are_those_of_its_shifts():
    one = plant(line(station("lathe", 3600), calendar=SHIFT),
                line(station("mill", 3600), name="other"), renewal=renewal(period="quarter", years=1))  # fmt: skip
    problem = renewal_problem(one, one.renewal, read(one))
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    by_hand = [8.0 * sum(d.weekday() < 5 and (d.month - 1) // 3 == q for d in days) for q in range(4)]
    assert problem.lines[0].hours == pytest.approx(by_hand)
    assert problem.lines[1].hours == pytest.approx([24 * n for n in (90, 91, 92, 92)])


@pytest.mark.parametrize(
    ("source", "calendar", "orders_per_h"),
    [
        ({"demand_per_h": 2}, None, 2.0),
        ({"demand_per_h": 2, "quantity": 3}, None, 6.0),
        ({"demand_per_h": 2}, SHIFT, 2.0),  # per hour of the shifts
        ({"interarrival_s": 1800}, None, 2.0),
        ({"interarrival_s": {"exponential": 1800}, "quantity": 2}, None, 4.0),
        ({"interarrival_s": 3600}, SHIFT, 8760 / (261 * 8)),  # by the clock, night and day; 261 working days in 2025
        ("saturated", None, None),
    ],
)
def test_demand_is_what_comes_in_a_scheduled_hour(source, calendar, orders_per_h):
    more = {"calendar": calendar} if calendar else {}
    one = plant(line(station("lathe", 360, buffer=None), source=source, **more), renewal=renewal())
    beliefs = read(one)
    demand = renewal_problem(one, one.renewal, beliefs).lines[0].demand_per_h
    assert demand == (pytest.approx(orders_per_h) if orders_per_h else None)
    assert beliefs.lines[0].efficiency == pytest.approx(1, rel=0.1)


def test_demand_counts_in_good_units_where_parts_are_scrapped():
    """Orders are for parts put in: with a fifth scrapped no machine makes more of them good."""
    stations = [station("lathe", 360, option(cycle_time_factor=0.5), buffer=None), station("mill", 360, scrap=0.2)]
    one = plant(line(*stations, source={"demand_per_h": 5}), renewal=renewal())
    beliefs = read(one, replications=2)
    error = sqrt(0.16 / (2 * 5 * COUNTED_H))
    demand = renewal_problem(one, one.renewal, beliefs).lines[0].demand_per_h
    assert demand == pytest.approx(5 * 0.8, abs=4 * 5 * error)
    assert beliefs.lines[0].efficiency == pytest.approx(1, abs=4 * 2 * error)


# energy


def test_a_unit_more_costs_what_processing_takes():
    beliefs = read_line(
        station("slow", 3600, power_kw={"processing": 10}),
        station("quick", 1800, power_kw={"processing": 20, "idle": 5}, use_per_h={"natural_gas_m3": {"processing": 4}},
                use_per_unit={"electricity_kwh": 3, "steam_t": 0.01}),
    )  # fmt: skip
    by_hand = (10 + 10 + 3) * PRICE + 2 * 3.6 + 0.01 * 240
    assert beliefs.lines[0].marginal_energy_cny == pytest.approx(by_hand, rel=2e-3)


def test_co2_with_a_price_counts_for_the_carrier_that_emits_it():
    one = plant(
        line(station("lathe", 3600, power_kw={"processing": 10, "idle": 10}),
             station("oven", 1800, use_per_h={"natural_gas_m3": {"processing": 4, "idle": 40}})),
        energy={"co2_price_cny_per_t": 100}, renewal=renewal(),
    )  # fmt: skip
    by_hand = 10 * (PRICE + 0.0641) + 2 * (3.6 + 0.21622)
    assert read(one).lines[0].marginal_energy_cny == pytest.approx(by_hand, rel=2e-3)


def test_scrap_raises_the_energy_of_a_good_unit():
    beliefs = read_line(station("lathe", 3600, power_kw={"processing": 10}, scrap=0.5), replications=4)
    assert beliefs.lines[0].marginal_energy_cny == pytest.approx(20 * PRICE, rel=4 * sqrt(1 / 4000))


def test_a_tariff_counts_at_its_mean_price():
    # 12 h at 1 CNY, 12 h at 0.4; the demand charge of 30 CNY a month for 10 kW is 7200 kWh a month.
    tariff = {"bands": {"high": 1.0, "low": 0.4}, "hours": [{"band": "low", "hours": ["00:00-12:00"]}]}
    for charge, per_kwh in ((0.0, 0.7), (36.5, 0.7 + 36.5 / 730)):
        one = plant(
            line(station("lathe", 3600, power_kw={"processing": 10})),
            energy={"electricity": {"tariff": {**tariff, "demand_cny_per_kw_month": charge}}},
            renewal=renewal(),
        )
        found = read(one, counted_h=2160 - 200).lines[0].marginal_energy_cny
        assert found == pytest.approx(10 * per_kwh, rel=0.01), charge  # months of 28 to 31 days


def test_saving_is_at_the_same_output():
    """Half the energy, the same pace; then twice the pace at the same energy a unit: that saves nothing."""
    beliefs = read_line(
        station("lathe", 3600, option("thrifty", power_kw={"processing": 5}), option("quick", cycle_time_s=1800,
                power_kw={"processing": 20}), option("both", cycle_time_s=1800, power_kw={"processing": 10}),
                machines=2, power_kw={"processing": 10}),
    )  # fmt: skip
    saved = {name: beliefs.saving_cny_per_y["line/lathe", name] for name in ("thrifty", "quick", "both")}
    assert saved["thrifty"] == pytest.approx(5 * 8760 * PRICE)
    assert saved["quick"] == pytest.approx(0, abs=1)
    assert saved["both"] == pytest.approx(2 * 8760 * 5 * PRICE)  # 2 units an hour at 5 kWh less


def test_idling_saved_counts():
    """A station behind a bottleneck idles half the time; the new machine idles at nothing."""
    offer = option(power_kw={"processing": 10, "idle": 0})
    beliefs = read_line(station("slow", 3600), station("idler", 1800, offer, power_kw={"processing": 10, "idle": 4}))
    assert beliefs.saving_cny_per_y["line/idler", "new"] == pytest.approx(4 * 8760 / 2 * PRICE, rel=2e-3)


def test_stops_saved_count():
    stops = [{"ttf_h": 20, "ttr_h": 5, "cost_cny": 100}]
    offer = option(failures=[{"ttf_h": 45, "ttr_h": 5, "cost_cny": 100}])
    beliefs = read_line(station("lathe", 3600, offer, failures=stops, machines=2))
    assert beliefs.saving_cny_per_y["line/lathe", "new"] == pytest.approx(100 * 8760 * (1 / 25 - 1 / 50), rel=0.03)


def test_running_cost_of_a_machine_written_out_is_its_own():
    listed = [{"name": "A"}, {"name": "B", "running_cost_cny_per_y": 4000}]
    offer = option(running_cost_cny_per_y=1000)
    one = plant(line(station("lathe", 3600, offer, option("as it was"), machines=listed, running_cost_cny_per_y=2000)),
                renewal=renewal(tax={"rate": 0.25}))  # fmt: skip
    assets = {asset.name: asset for asset in renewal_problem(one, one.renewal, read(one)).assets}
    kept = 0.75
    assert assets["line/lathe#A"].running_cost == pytest.approx([2000 * kept] * 3)
    assert assets["line/lathe#B"].running_cost == pytest.approx([4000 * kept] * 3)
    for name, same in (("A", 2000), ("B", 4000)):
        new, as_it_was = assets[f"line/lathe#{name}"].options
        assert new.running_cost == pytest.approx([1000 * kept] * 3)
        assert as_it_was.running_cost == pytest.approx([same * kept] * 3)


def test_what_age_adds_to_the_energy_is_predicted_as_it_is_played():
    """10 kW, 5 % more each year of the old machine, 20 % of the new one, which begins at 6 kW."""
    offer = option(ageing={"energy_per_y": 0.2}, power_kw={"processing": 6})
    lathe = station("lathe", 3600, offer, ageing={"energy_per_y": 0.05}, in_service_since=2025, machines=2,
                    power_kw={"processing": 10})  # fmt: skip
    one = plant(line(lathe), renewal=renewal())
    asset = renewal_problem(one, one.renewal, read(one)).assets[0]
    year_cny = 8760 * PRICE * 0.75
    assert asset.running_cost == pytest.approx([0, 0.05 * 10 * year_cny, 0.1 * 10 * year_cny])
    assert asset.options[0].running_cost == pytest.approx([0, 0.2 * 6 * year_cny, 0.4 * 6 * year_cny])
    [baseline] = Stage(one, one.renewal, 1, 1, workers=1).play([[]])
    grown = (baseline.energy_cny[0] - baseline.energy_cny[0, 0]) * 0.75 / 2
    assert asset.running_cost == pytest.approx(grown, abs=1)


def test_same_seed_same_beliefs_whatever_the_workers():
    stops = [{"ttf_h": {"exponential": 20}, "ttr_h": {"exponential": 5}}]
    one = plant(line(station("a", {"exponential": 360}, option(cycle_time_factor=0.5), failures=stops),
                     station("b", 400)), renewal=renewal())  # fmt: skip
    alone, by_two = (Reader(one, one.renewal, Study(2, 400, 100, seed=3, workers=workers)).read() for workers in (1, 2))
    assert (alone.old, alone.new, alone.saving_cny_per_y, alone.lines) == (
        by_two.old, by_two.new, by_two.saving_cny_per_y, by_two.lines,
    )  # fmt: skip
    other = Reader(one, one.renewal, Study(2, 400, 100, seed=4, workers=1)).read()
    assert other.lines != alone.lines
