"""Setup, scrap, mix, shifts and energy against exact shares; error rate: see theory_tools.holds."""

import pytest
from theory_tools import H, figures, holds, plant, records, station

TWO = [{"name": "p"}, {"name": "q"}]
POWER = {"processing": 12.0, "idle": 3.0, "setup": 5.0, "standby": 1.0, "failed": 2.0, "off": 0.25}


@pytest.mark.parametrize("lot", [1, 4, 10])
def test_setup_share_with_lots(lot):
    """A lot of L parts of 0.1 h and one setup of 0.5 h; the first lot needs none."""
    model = plant(
        station("a", cycle_time_s=0.1 * H, setup_time_s=0.5 * H),
        mix={"sequence": ["p", "q"], "lot": lot},
        products=TWO,
    )
    round_h = 0.1 * lot + 0.5
    (run,) = records(model, 40 * round_h, warm_up_h=4 * round_h, replications=1)
    line = run["lines"][0]
    assert line["stations"][0]["states"]["setup"] == pytest.approx(0.5 / round_h)
    assert line["good_per_h"] == pytest.approx(lot / round_h)
    assert line["products"][0]["throughput_per_h"] == pytest.approx(line["products"][1]["throughput_per_h"])


def test_yield_of_two_stations_with_scrap():
    model = plant(station("a", cycle_time_s=H, scrap=0.1), station("b", cycle_time_s=H, scrap=0.25))
    runs = records(model, 1000, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 0.9 * 0.75, 0.03)
    assert holds(figures(runs, lambda r: r["stations"][0]["quality"]), 0.9, 0.02)
    assert holds(figures(runs, lambda r: r["stations"][1]["quality"]), 0.75, 0.03)
    assert holds(figures(runs, lambda r: r["stations"][1]["visits_per_h"]), 0.9, 0.02)
    assert holds(figures(runs, lambda r: r["throughput_per_h"]), 1.0, 0.01)


def test_oee_of_a_machine_that_fails_and_scraps():
    """Availability 10 / 12, effectiveness 1, quality 0.9."""
    model = plant(station("a", cycle_time_s=0.1 * H, scrap=0.1, failures=[{"ttf_h": 10, "ttr_h": 2}]))
    runs = records(model, 300)
    assert holds(figures(runs, lambda r: r["stations"][0]["availability"]), 10 / 12, 1e-6)
    assert holds(figures(runs, lambda r: r["stations"][0]["oee"]), 0.75, 0.03)


def test_mix_by_shares():
    model = plant(station("a", cycle_time_s=H), mix={"shares": {"p": 3, "q": 1}, "lot": 2}, products=TWO)
    runs = records(model, 1000)
    assert holds(figures(runs, lambda r: r["products"][0]["throughput_per_h"]), 0.75, 0.05)


@pytest.mark.parametrize(("shifts", "share"), [("mon-fri 08:00-16:00", 5 / 21), ("mon-sun 20:00-08:00", 1 / 2)])
def test_output_scales_with_the_open_hours(shifts, share):
    model = plant(station("a", cycle_time_s=600), calendar={"shifts": [shifts]}, run={"start": "2026-01-05"})
    (run,) = records(model, 4 * 168, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] == pytest.approx(6 * share)
    assert line["stations"][0]["states"]["processing"] == pytest.approx(1)
    assert line["stations"][0]["hours"]["off_shift"] == pytest.approx(672 * (1 - share))


def eventful():
    """A line that passes through most states."""
    break_down = {"ttf_h": {"exponential": 6}, "ttr_h": {"exponential": 1}}
    upkeep = [{"every_h": 11, "clock": "calendar", "duration_h": 0.4}]
    stations = [
        station(
            "a", 0.2, power_kw=POWER, setup_time_s=300, failures=[break_down], use_per_unit={"electricity_kwh": 0.5}
        ),
        station("b", 0.25, buffer=2, power_kw=POWER | {"blocked": 4.0}, maintenance=upkeep),
        station("c", 0.2, buffer=1, power_kw=POWER, use_per_h={"natural_gas_m3": {"processing": 7, "idle": 2}}),
    ]
    tariff = {
        "bands": {"flat": 0.6, "peak": 1.0},
        "hours": [{"band": "peak", "hours": ["08:00-11:00", "18:30-21:00"]}],
        "demand_cny_per_kw_month": 38,
    }
    return plant(
        *stations,
        mix={"sequence": ["p", "q"], "lot": 3},
        products=TWO,
        calendar={"shifts": ["mon-sat 07:00-23:00"]},
        energy={"electricity": {"tariff": tariff}},
        run={"start": "2026-01-05T06:20:00"},
    )


def test_energy_is_hours_times_power_in_every_state():
    """Electricity by state, recomputed from the hours; the quarter-hour meter counts the same energy."""
    (run,) = records(eventful(), 500.3, 20.1, replications=1)
    line = run["lines"][0]
    idle = dict.fromkeys(["starved", "blocked", "waiting_crew"], 3.0)
    by_station = [
        {"processing": 12, "setup": 5, "failed": 1 + 1, "maintenance": 1, "off_shift": 0.25} | idle,
        {"processing": 12, "setup": 5, "failed": 2, "maintenance": 1, "off_shift": 0.25} | idle | {"blocked": 4.0},
        {"processing": 12, "setup": 5, "failed": 2, "maintenance": 1, "off_shift": 0.25} | idle,
    ]
    kwh = {}
    for row, power in zip(line["stations"], by_station, strict=True):
        for name, hours in row["hours"].items():
            if hours:
                kwh[name] = kwh.get(name, 0.0) + hours * power[name]
    kwh["per_unit"] = 0.5 * line["stations"][0]["visits_per_h"] * 480.2
    assert line["energy"]["by_state"]["electricity_kwh"] == pytest.approx(kwh, rel=1e-9)
    assert len(kwh) >= 7
    assert sum(line["energy"]["by_band_kwh"].values()) == pytest.approx(sum(kwh.values()), rel=1e-9)
    gas = line["stations"][2]["hours"]
    m3 = 7 * gas["processing"] + 2 * (gas["starved"] + gas["blocked"] + gas["setup"])
    assert line["energy"]["by_carrier"]["natural_gas_m3"] == pytest.approx(m3, rel=1e-9)


def test_carriers_add_up_to_standard_coal_carbon_and_cost():
    (run,) = records(eventful(), 300, replications=1)
    energy = run["lines"][0]["energy"]
    kwh, m3 = (energy["by_carrier"][c] for c in ("electricity_kwh", "natural_gas_m3"))
    assert energy["tce"] == pytest.approx((kwh * 0.1229 + m3 * 1.2143) / 1000)
    assert energy["co2_t"] == pytest.approx((kwh * 0.641 + m3 * 2.1622) / 1000)
    bands = energy["by_band_kwh"]
    work = bands["flat"] * 0.6 + bands["peak"] * 1.0 + m3 * 3.6
    demand = 38 * energy["peak_kw"] * 300 / (31 * 24)  # a part of a month pays its part
    assert energy["cost_cny"] == pytest.approx(work + demand)
    good = run["lines"][0]["good_per_h"] * 300
    assert energy["kwh_per_unit"] == pytest.approx(kwh / good)
    assert energy["kgce_per_unit"] == pytest.approx(energy["tce"] * 1000 / good)


@pytest.mark.parametrize("ahead", [60, 90])
def test_furnace_with_even_arrivals(ahead):
    """Five places of 60 s: a part every stroke or less; each stays 300 s; Little's law gives the content.

    Every 90 s a part waits for the end of a stroke under way every second time: 30 s, so 15 s in the mean.
    """
    work = {"name": "f", "kind": "furnace", "buffer": None, "places": 5, "pace_s": 60}
    (run,) = records(plant(work, source={"interarrival_s": ahead}), 100, 1, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] == pytest.approx(H / ahead)
    wait = 0 if ahead == 60 else 15
    assert line["lead_time_h"]["mean"] * H == pytest.approx(300 + wait)
    assert line["wip"] == pytest.approx((300 + wait) / ahead, rel=1e-3)
