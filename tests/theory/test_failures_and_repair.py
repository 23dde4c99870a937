"""Failures, crews, heads, renewal counts and ageing against formulas and chains.

Error rate of each comparison: see theory_tools.holds.
"""

import math

import numpy as np
import pytest
from theory_tools import H, chain, figures, holds, mean, plant, records, station

FAIL, REPAIR = 0.1, 0.5


def finite_source(n, crew, fail=FAIL, repair=REPAIR):
    """P(k of n machines are down) with exponential times and ``crew`` people (M/M/r//N)."""
    p = [1.0]
    for k in range(n):
        p.append(p[-1] * (n - k) * fail / (min(k + 1, crew) * repair))
    return np.array(p) / sum(p)


def failing(fail=FAIL, repair=REPAIR, **fields):
    return {"ttf_h": {"exponential": 1 / fail}, "ttr_h": {"exponential": 1 / repair}} | fields


def state(name, n=0):
    return lambda line: line["stations"][n]["states"][name]


@pytest.mark.parametrize(("machines", "crew"), [(4, 1), (6, 2), (5, 5)])
@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_machine_repair_with_r_people(machines, crew, clock):
    """Machines that never wait: both clocks run alike, and the failed ones are a finite-source queue."""
    p = finite_source(machines, crew)
    model = plant(
        station("a", cycle_time_s=5 * H, machines=machines, failures=[failing(clock=clock, crew="fitters")]),
        crews={"fitters": crew},
    )
    runs = records(model, 1500, 100)
    down = p @ np.arange(machines + 1)
    assert holds(figures(runs, state("failed")), down / machines, 0.1)
    busy = p @ np.minimum(np.arange(machines + 1), crew)
    assert holds([r["crews"][0]["utilisation"] for r in runs], busy / crew, 0.1)
    per_h = FAIL * (machines - down)
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"]), per_h, 0.1)
    if crew < machines:
        wait_h = (down - busy) / per_h  # Little's law for those who wait
        assert holds([r["crews"][0]["waiting_time_h"] for r in runs], wait_h, 0.4)
        assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["mean_wait_h"]), wait_h, 0.4)


def test_urgent_repairs_go_first_without_breaking_off_others():
    """Two stations of three machines share one person; station a goes first, not preemptive."""
    n, fail, repair = 3, (0.06, 0.05), (0.5, 0.3)

    def moves(s):
        down_a, down_b, serving = s  # numbers waiting or served; who is served: 0, 1 or nobody (2)
        down = [down_a, down_b]
        for i in (0, 1):
            if down[i] < n:
                grown = [down[0] + (i == 0), down[1] + (i == 1)]
                yield (*grown, i if serving == 2 else serving), (n - down[i]) * fail[i]
        if serving < 2:
            left = [down[0] - (serving == 0), down[1] - (serving == 1)]
            yield (*left, 0 if left[0] else 1 if left[1] else 2), repair[serving]

    p = chain((0, 0, 2), moves)
    stations = [
        station(
            name,
            cycle_time_s=2 * H,
            machines=n,
            failures=[failing(fail[i], repair[i], crew="fitter", priority=i, clock="calendar")],
        )
        for i, name in enumerate("ab")
    ]
    runs = records(plant(*stations, crews={"fitter": 1}), 1500, 100)
    for i in (0, 1):
        exact = mean(p, lambda s, i=i: s[i]) / n
        assert holds(figures(runs, state("failed", i)), exact, 0.2)
    fifo_would_be = sum(mean(p, lambda s, i=i: s[i]) for i in (0, 1)) / 2 / n
    assert abs(mean(p, lambda s: s[0]) / n - fifo_would_be) > 0.02  # the priority is there to be seen


@pytest.mark.parametrize("people", [1, 3])
def test_heads_with_piecers_are_a_finite_source_queue(people):
    """A machine of 20 heads works at the share that runs; its stopped heads wait for piecers."""
    heads, fail, repair = 20, 0.2, 2.5
    p = finite_source(heads, people, fail, repair)
    model = plant(
        station("frame", cycle_time_s=H / 2, heads=heads, failures=[failing(fail, repair, scope="head", crew="p")]),
        crews={"p": people},
    )
    runs = records(model, 400, 20)
    down = p @ np.arange(heads + 1)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 2 * (1 - down / heads), 0.05)
    assert holds([r["crews"][0]["utilisation"] for r in runs], p @ np.minimum(range(heads + 1), people) / people, 0.05)
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"]), fail * (heads - down), 0.05)


def renewals(cdf, until, steps=4000):
    """Mean number of renewals in [0, until], by the renewal equation on a grid (trapezoid in the distribution)."""
    t = np.linspace(0, until, steps + 1)
    f = cdf(t)
    increments = np.diff(f)
    m = np.zeros(steps + 1)
    for k in range(1, steps + 1):
        middle = (m[k - 1 :: -1] + m[k:0:-1]) / 2  # m half a step before and after
        middle[0] = m[k - 1] / 2  # m[k] itself is not known yet
        m[k] = (f[k] + middle @ increments[:k]) / (1 - increments[0] / 2)
    return m[-1]


def test_weibull_failures_are_counted_as_renewal_theory_says():
    scale, shape, hours = 40.0, 2.5, 300.0
    exact = renewals(lambda t: 1 - np.exp(-((t / scale) ** shape)), hours)
    assert renewals(lambda t: 1 - np.exp(-t / scale), hours) == pytest.approx(hours / scale, rel=1e-3)
    assert exact < hours / (scale * math.gamma(1 + 1 / shape))  # fewer than in the long run: all start new
    wear_out = {"clock": "calendar", "ttf_h": {"weibull": {"scale": scale, "shape": shape}}, "ttr_h": 0}
    runs = records(plant(station("a", cycle_time_s=100 * H, machines=60, failures=[wear_out])), hours)
    counts = figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"] * hours / 60)
    assert holds(counts, exact, 0.03)


def test_availability_on_the_calendar_clock_needs_only_the_means():
    mode = {
        "clock": "calendar",
        "ttf_h": {"weibull": {"scale": 20, "shape": 1.8}},
        "ttr_h": {"lognormal": {"mean": 5, "cv": 1}},
    }
    up = 20 * math.gamma(1 + 1 / 1.8)
    runs = records(plant(station("a", cycle_time_s=4 * H, machines=10, failures=[mode])), 900, 200)
    assert holds(figures(runs, state("failed")), 5 / (5 + up), 0.08)


def test_operating_clock_stands_still_while_waiting():
    """Arrivals at half the capacity: failures per hour are those of a machine that works half the time."""
    model = plant(
        station("a", cycle_time_s=0.5 * H, failures=[{"ttf_h": {"exponential": 10}, "ttr_h": 0.1}]),
        source={"interarrival_s": H},
    )
    runs = records(model, 1500)
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"]), 0.05, 0.15)


def ageing_plant(ttf, **ageing):
    mode = {"clock": "calendar", "ttf_h": ttf, "ttr_h": 0}
    return plant(
        station("a", cycle_time_s=2000 * H, failures=[mode], ageing=ageing, in_service_since=2016),
        run={"start": "2026-01-01"},
    )


def test_ageing_multiplies_the_failure_rate_year_by_year():
    """Growth exp(k) a year. A clock under way keeps its pace: the first failure of a year still comes at the old
    rate, so that a year of T hours after one at rate r has 1 + r' (T - 1 / r) failures in the mean."""
    rate, growth, year_h = 0.05, 0.4, 8760
    model = ageing_plant({"exponential": 1 / rate}, failure_rate_per_y=growth)
    exact, before = rate * year_h, rate
    for n in range(1, 3):
        now = rate * math.exp(growth * n)
        exact += 1 + now * (year_h - 1 / before)
        before = now
    runs = records(model, 3 * year_h)
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"] * 3 * year_h), exact, 0.03)


@pytest.mark.parametrize(("onset", "factor"), [(0.0, 2.0), (10.5, math.sqrt(2)), (20.0, 1.0)])
def test_ageing_with_constant_times_is_exact(onset, factor):
    """Every 100 h in the first year; the failure set at 8,700 h comes at 8,800 h; then every 100 / factor h.

    Ten years in service at the start: wear after a year counts from the onset only.
    """
    (run,) = records(ageing_plant(100, failure_rate_per_y=math.log(2), onset_y=onset), 17_520, replications=1)
    stops = run["lines"][0]["stations"][0]["stops"][0]
    assert stops["per_h"] * 17_520 == pytest.approx(88 + math.floor((17_520 - 8_800) * factor / 100), abs=1e-6)


def test_wear_of_times_scrap_and_energy_is_linear_from_the_value_at_the_start():
    from models.equipment import Ageing
    from sim.ageing import aged

    wear = Ageing(
        onset_y=8,
        repair_time_per_y=0.1,
        cycle_time_per_y=0.02,
        scrap_per_y=0.05,
        energy_per_y=0.01,
        failure_rate_per_y=0.2,
    )
    now = aged(wear, 10, 13)
    assert now.repair_time == pytest.approx(1.5 / 1.2)
    assert now.cycle_time == pytest.approx(1.1 / 1.04)
    assert now.scrap == pytest.approx(1.25 / 1.1)
    assert now.energy == pytest.approx(1.13 / 1.10)
    assert now.failure_rate == pytest.approx(math.exp(0.6))


def test_wear_slows_the_second_year():
    """Cycle of 1 h, 10 % more after a year: 8,760 parts, then one every 1.1 h; no part is stretched midway."""
    model = plant(station("a", cycle_time_s=H, ageing={"cycle_time_per_y": 0.1}, in_service_since=2026))
    (run,) = records(model, 17_520 - 1, replications=1)
    made = run["lines"][0]["good_per_h"] * (17_520 - 1)
    assert made == pytest.approx(8_760 + math.floor(8_759 / 1.1))


@pytest.mark.parametrize("start", ["2026-01-01", "2025-07-01"])
def test_ramp_up_along_the_learning_curve(start):
    """Each cycle takes c / (1 - (1 - s) exp(-t / tau)) with t at its start; installed for two days from hour 24."""
    initial, tau_d, cycle_h = 0.5, 4.0, 2.0
    option = {"name": "new", "capex_cny": 1, "install_d": 2, "ramp_up": {"initial": initial, "time_constant_d": tau_d}}
    model = plant(
        station("a", cycle_time_s=cycle_h * H, options=[option]),
        schedule=[{"line": "l", "station": "a", "option": "new", "at": 24}],
        run={"start": start},
    )
    (run,) = records(model, 400, replications=1)
    made, t = 12, 0.0  # twelve parts of the old machine
    while True:
        t += cycle_h / (1 - (1 - initial) * math.exp(-t / 24 / tau_d))
        if 72 + t > 400:
            break
        made += 1
    assert run["lines"][0]["good_per_h"] * 400 == pytest.approx(made)
    assert run["lines"][0]["stations"][0]["hours"]["installing"] == pytest.approx(48)
