"""Machines that grow old and machines that learn: year by year, and from commissioning on.

Error rate of each comparison: see theory_tools.holds.
"""

import math

import pytest
from stop_tools import state
from theory_tools import H, figures, holds, plant, records, station

YEAR_H = 8760


def ageing_plant(ageing, years=10, **fields):
    fields = {"cycle_time_s": 12 * H} | fields
    work = station("a", ageing=ageing, in_service_since=2026 - years, **fields)
    return plant(work, run={"start": "2026-01-01"})


def growth(k, onset, years):
    """Factor of linear wear after so many years more than ten in service."""
    return (1 + k * max(0, 10 + years - onset)) / (1 + k * max(0, 10 - onset))


@pytest.mark.parametrize("onset", [0, 11.5])
def test_energy_and_scrap_of_four_years(onset):
    """Power grows from the first year on, scrap from the onset on; both relative to their value at the start."""
    wear = {"onset_y": onset, "energy_per_y": 0.02, "scrap_per_y": 0.3}
    model = ageing_plant(wear, scrap=0.2, power_kw={"processing": 10})
    runs = records(model, 4 * YEAR_H, replications=12)
    kw = 10 * sum((1 + 0.02 * (10 + y)) / 1.2 for y in range(4)) / 4
    assert figures(runs, lambda r: r["energy"]["mean_power_kw"]) == pytest.approx([kw] * 12)
    scrap = 0.2 * sum(growth(0.3, onset, y) for y in range(4)) / 4
    assert holds(figures(runs, lambda r: 1 - r["good_per_h"] * 12), scrap, 0.05)


def test_repairs_grow_longer_and_failures_more_frequent_by_the_year():
    """Constant times: every 100 h of work in the first year and 5 h each; then by the year's factors. A clock under
    way keeps its pace, a repair takes the length of the year in which it begins."""
    wear = {"failure_rate_per_y": 0.3, "repair_time_per_y": 0.1}
    mode = {"ttf_h": 100, "ttr_h": 5}
    (run,) = records(ageing_plant(wear, failures=[mode], cycle_time_s=4000 * H), 3 * YEAR_H, replications=1)
    t, n, down = 0.0, 0, 0.0

    def year():
        return int(t // YEAR_H)

    while True:
        t += 100 / math.exp(0.3 * year())
        if t > 3 * YEAR_H:
            break
        n += 1
        repair = 5 * growth(0.1, 0, year())
        down += min(repair, 3 * YEAR_H - t)
        t += repair
    line = run["lines"][0]
    assert line["stations"][0]["stops"][0]["per_h"] * 3 * YEAR_H == pytest.approx(n)
    assert state("failed")(line) * 3 * YEAR_H == pytest.approx(down)


def test_random_failures_of_three_years():
    """Failures by the calendar without repair time: a Poisson rate r exp(k y) a year, but for the clock under way at
    each birthday, which keeps the old pace: one failure, and the rest of the year after it at the new one."""
    rate, k = 0.01, 0.5
    exact, before = rate * YEAR_H, rate
    for y in (1, 2):
        now = rate * math.exp(k * y)
        exact += 1 + now * (YEAR_H - 1 / before)
        before = now
    mode = {"clock": "calendar", "ttf_h": {"exponential": 1 / rate}, "ttr_h": 0}
    model = ageing_plant({"failure_rate_per_y": k}, failures=[mode], cycle_time_s=4000 * H, machines=6)
    runs = records(model, 3 * YEAR_H, replications=12)
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"] * 3 * YEAR_H / 6), exact, 0.04)


def renewed(option, cycle_h=2.0, at=24, hours=600.0, **fields):
    model = plant(
        station("a", cycle_time_s=cycle_h * H, options=[{"name": "new", "capex_cny": 1, "install_d": 1} | option]),
        schedule=[{"line": "l", "station": "a", "option": "new", "at": at}],
        **fields,
    )
    (run,) = records(model, hours, replications=1)
    return run["lines"][0]


def parts(length_h, hours):
    """Parts made in so many hours when the n-th, begun at t, takes ``length_h(n, t)``."""
    n, t = 0, 0.0
    while True:
        t += length_h(n, t)
        if t > hours + 1e-9:
            return n
        n += 1


def test_ramp_up_by_units():
    """The first four parts take longer; from the fifth on the new cycle of 1 h holds."""
    factors = [3, 2, 1.5, 1.25]
    line = renewed({"cycle_time_s": H, "ramp_up": {"cycle_factor_by_unit": factors}})
    made = 12 + parts(lambda n, t: factors[n] if n < 4 else 1.0, 600 - 48)
    assert line["good_per_h"] * 600 == pytest.approx(made)
    assert made == 12 + 4 + math.floor(600 - 48 - sum(factors))


def test_ramp_up_by_time_loses_the_integral_of_the_missing_speed():
    """Speed 1 - 0.6 exp(-t / 5 d): the loss against full speed is 0.6 x 5 d x (1 - exp(-T / 5 d)) of output."""
    initial, tau_h, cycle_h = 0.4, 5 * 24.0, 0.05
    option = {"cycle_time_factor": cycle_h / 2, "ramp_up": {"initial": initial, "time_constant_d": 5}}
    line = renewed(option)
    hours = 600 - 48
    made = 12 + parts(lambda n, t: cycle_h / (1 - 0.6 * math.exp(-t / tau_h)), hours)
    assert line["good_per_h"] * 600 == pytest.approx(made)
    smooth = 12 + (hours - 0.6 * tau_h * (1 - math.exp(-hours / tau_h))) / cycle_h
    assert made == pytest.approx(smooth, rel=1e-3)


def test_ramp_up_in_stages():
    """Half speed for four days, three quarters for six, then full; the speed at a part's beginning holds for it."""
    stages = [{"for_d": 4, "speed": 0.5}, {"for_d": 6, "speed": 0.75}]

    def length(n, t):
        return 0.7 / (0.5 if t < 96 - 1e-9 else 0.75 if t < 240 - 1e-9 else 1.0)

    line = renewed({"cycle_time_s": 0.7 * H, "ramp_up": {"stages": stages}})
    assert line["good_per_h"] * 600 == pytest.approx(12 + parts(length, 552))
    smooth = 12 + (96 * 0.5 + 144 * 0.75 + 312) / 0.7
    assert line["good_per_h"] * 600 == pytest.approx(smooth, abs=3)


def test_a_new_machine_starts_its_clocks_and_its_age_anew():
    """Wear of 10 % a year on the cycle; renewed after two years: a year at 1.1, then 1 h again for the third."""
    option = {"name": "new", "capex_cny": 1, "install_d": 10, "cycle_time_s": H}
    work = station("a", cycle_time_s=H, ageing={"cycle_time_per_y": 0.1}, in_service_since=2026, options=[option])
    schedule = [{"line": "l", "station": "a", "option": "new", "at": "2028-01-01"}]
    model = plant(work, schedule=schedule, run={"start": "2026-01-01"})
    (run,) = records(model, 3 * YEAR_H, replications=1)
    made = YEAR_H + math.floor(YEAR_H / 1.1)
    end = YEAR_H + (made - YEAR_H + 1) * 1.1  # the part in progress is finished first
    made += 1 + math.floor(3 * YEAR_H - end - 240)
    assert run["lines"][0]["good_per_h"] * 3 * YEAR_H == pytest.approx(made)
