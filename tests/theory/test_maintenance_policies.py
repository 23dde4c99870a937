"""Planned stops: age and block replacement, overhaul with minimal repair, by units, weekly, waiting for the part.

Error rate of each comparison: see theory_tools.holds.
"""

import math

import numpy as np
import pytest
from scipy import stats
from stop_tools import failing, finite_source, renewal_curve, renewals, state, stops_per_h
from theory_tools import H, figures, holds, plant, records, station

SCALE, SHAPE = 60.0, 2.5
WEAR = {"weibull": {"scale": SCALE, "shape": SHAPE}}
DIST = stats.weibull_min(SHAPE, scale=SCALE)
REPAIR_H, UPKEEP_H = 8.0, 2.0


def busy_plant(failures, maintenance, machines=20, cycle_h=40.0, **fields):
    fields = {"cycle_time_s": cycle_h * H, "machines": machines} | fields
    return plant(station("a", failures=failures, maintenance=maintenance, **fields))


def survival_area(until):
    """Integral of the survival function: mean of the time to failure cut at ``until``."""
    t = np.linspace(0, until, 4001)
    return np.trapezoid(DIST.sf(t), t)


def cost(number):
    return lambda line: line["stations"][0]["stops"][number]["cost_cny_per_h"]


@pytest.mark.parametrize("every_h", [35, 70])
def test_age_replacement(every_h):
    """A cycle runs to failure or to the age T: mean work is the integral of the survival function up to T."""
    work, fails = survival_area(every_h), DIST.cdf(every_h)
    cycle = work + fails * REPAIR_H + (1 - fails) * UPKEEP_H
    mode = {"name": "wear", "ttf_h": WEAR, "ttr_h": {"exponential": REPAIR_H}, "cost_cny": 900}
    upkeep = {"every_h": every_h, "renews": "all", "duration_h": UPKEEP_H, "interrupts_part": True, "cost_cny": 100}
    runs = records(busy_plant([mode], [upkeep]), 3000, 500, 10)
    assert holds(figures(runs, state("processing")), work / cycle, 0.01)
    assert holds(figures(runs, stops_per_h(0)), 20 * fails / cycle, 0.12)
    assert holds(figures(runs, stops_per_h(1)), 20 * (1 - fails) / cycle, 0.12)
    assert holds(figures(runs, cost(0)), 20 * 900 * fails / cycle, 0.12)
    assert holds(figures(runs, cost(1)), 20 * 100 * (1 - fails) / cycle, 0.12)


def test_age_replacement_of_one_mode_of_two():
    """The other mode neither starts the maintenance clock anew nor is renewed; it strikes by the hours worked."""
    every_h, other, other_h = 50, 0.02, 5.0
    work, fails = survival_area(every_h), DIST.cdf(every_h)
    cycle = work * (1 + other * other_h) + fails * REPAIR_H + (1 - fails) * UPKEEP_H
    modes = [{"name": "wear", "ttf_h": WEAR, "ttr_h": REPAIR_H}, failing(other, 1 / other_h, name="other")]
    upkeep = {"every_h": every_h, "renews": ["wear"], "duration_h": UPKEEP_H, "interrupts_part": True}
    runs = records(busy_plant(modes, [upkeep]), 3000, 500, 10)
    for n, exact in enumerate([fails, other * work, 1 - fails]):
        assert holds(figures(runs, stops_per_h(n)), 20 * exact / cycle, 0.08)


def test_maintenance_that_renews_nothing_leaves_the_failures_alone():
    every_h = 35
    work = 1 / (1 + REPAIR_H / DIST.mean() + UPKEEP_H / every_h)
    mode = {"ttf_h": WEAR, "ttr_h": {"exponential": REPAIR_H}}
    upkeep = {"every_h": every_h, "duration_h": UPKEEP_H, "interrupts_part": True}
    runs = records(busy_plant([mode], [upkeep]), 3000, 500, 10)
    assert holds(figures(runs, state("processing")), work, 0.01)
    assert holds(figures(runs, stops_per_h(0)), 20 * work / DIST.mean(), 0.04)
    assert holds(figures(runs, stops_per_h(1)), 20 * work / every_h, 0.02)


@pytest.mark.parametrize("every_h", [40, 90])
def test_block_replacement_on_the_operating_clock(every_h):
    """Every T hours of work whatever happened: the renewal function of T failures between two."""
    fails = renewals(DIST.cdf, every_h)
    cycle = every_h + fails * REPAIR_H + UPKEEP_H
    mode = {"ttf_h": WEAR, "ttr_h": {"exponential": REPAIR_H}}
    upkeep = {"every_h": every_h, "policy": "block", "renews": "all", "duration_h": UPKEEP_H, "interrupts_part": True}
    runs = records(busy_plant([mode], [upkeep]), 3000, 500, 10)
    assert holds(figures(runs, stops_per_h(0)), 20 * fails / cycle, 0.08)
    assert holds(figures(runs, stops_per_h(1)), 20 / cycle, 0.02)


def test_block_replacement_by_the_calendar_keeps_its_grid():
    """Due at T, 2 T, .. though each takes a while: T less its length remains for failures."""
    every_h = 70
    fails = renewals(DIST.cdf, every_h - 4)
    mode = {"clock": "calendar", "ttf_h": WEAR, "ttr_h": 0}
    upkeep = {"every_h": every_h, "clock": "calendar", "policy": "block", "renews": "all", "duration_h": 4}
    runs = records(busy_plant([mode], [upkeep | {"interrupts_part": True}]), 70 * 40 + 4, 70 * 4 + 4, 10)
    assert holds(figures(runs, stops_per_h(0)), 20 * fails / every_h, 0.06)
    assert figures(runs, stops_per_h(1)) == pytest.approx([20 / every_h] * 10)
    assert figures(runs, state("maintenance")) == pytest.approx([4 / every_h] * 10)


@pytest.mark.parametrize(("policy", "apart"), [("age", 36), ("block", 30)])
def test_age_counts_from_the_end_and_block_from_the_start(policy, apart):
    upkeep = {"every_h": 30, "clock": "calendar", "policy": policy, "duration_h": 6, "interrupts_part": True}
    (run,) = records(busy_plant([], [upkeep], machines=1), 30 + apart * 40, 30, 1)
    assert stops_per_h()(run["lines"][0]) == pytest.approx(1 / apart)
    assert state("maintenance")(run["lines"][0]) == pytest.approx(6 / apart)


def test_overhaul_with_minimal_repair_between():
    """Barlow and Hunter 1960: (T / scale) ** shape minimal repairs between two overhauls, T hours of work apart."""
    every_h = 90
    fails = (every_h / SCALE) ** SHAPE
    cycle = every_h + fails * 3 + UPKEEP_H
    mode = {"ttf_h": WEAR, "ttr_h": 3, "restores": "minimal"}
    upkeep = {"every_h": every_h, "policy": "block", "renews": "all", "duration_h": UPKEEP_H, "interrupts_part": True}
    runs = records(busy_plant([mode], [upkeep]), 3000, 500, 10)
    assert holds(figures(runs, stops_per_h(0)), 20 * fails / cycle, 0.08)
    assert holds(figures(runs, stops_per_h(1)), 20 / cycle, 0.03)
    assert abs(fails - renewals(DIST.cdf, every_h)) > 0.3 * fails  # renewal by repair would be seen


def test_tools_are_changed_by_count():
    """Two tools of 7 and 5 parts, changes of 0.5 h and 0.3 h, on top of failures by hours of work."""
    cycle_h, fail = 0.4, 0.1
    part = cycle_h * (1 + fail * 1.2) + 0.5 / 7 + 0.3 / 5
    tools = [
        {"name": "drill", "every_units": 7, "duration_h": {"uniform": {"low": 0.2, "high": 0.8}}},
        {"name": "tap", "every_units": 5, "duration_h": 0.3},
    ]
    model = busy_plant([failing(fail, 1 / 1.2)], tools, machines=1, cycle_time_s={"exponential": cycle_h * H})
    runs = records(model, 1800, 100, 12)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 1 / part, 0.04)
    assert holds(figures(runs, stops_per_h(1)), 1 / part / 7, 0.04)
    assert holds(figures(runs, state("maintenance")), (0.5 / 7 + 0.3 / 5) / part, 0.05)


def test_one_setter_changes_the_tools_of_many_machines():
    """A change after every part, work and change exponential: the finite-source queue."""
    n, work, change = 5, 0.5, 1.5
    p = finite_source(n, 1, work, change)
    down = p @ np.arange(n + 1)
    upkeep = {"every_units": 1, "duration_h": {"exponential": 1 / change}, "crew": "setter"}
    model = plant(station("a", 1 / work, machines=n, maintenance=[upkeep]), crews={"setter": 1})
    runs = records(model, 1000, 50, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), work * (n - down), 0.04)
    assert holds(figures(runs, state("maintenance")), down / n, 0.06)
    wait_h = down / (work * (n - down)) - 1 / change
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["mean_wait_h"]), wait_h, 0.1)


@pytest.mark.parametrize(("weekly", "first_h"), [("sun 08:00", 80), ("wed 14:30", 158.5)])
def test_maintenance_once_a_week_at_its_hour(weekly, first_h):
    """The run starts on a Thursday at midnight. Work of exactly 1 h: the part in progress is waited for."""
    upkeep = {"at": weekly, "duration_h": 6}
    (run,) = records(busy_plant([], [upkeep], machines=1, cycle_h=1.0), 168 * 10, replications=1)
    line = run["lines"][0]
    assert stops_per_h()(line) == pytest.approx(10 / 1680)
    lost = sum(min(6, 1680 - math.ceil(first_h) - 168 * k) for k in range(10))
    assert state("maintenance")(line) == pytest.approx(lost / 1680)
    assert line["good_per_h"] * 1680 == pytest.approx(1680 - lost)


def overshoot(every_h):
    """Mean work at the first end of a part at or after T, for parts of 2 h to 10 h: Wald's E[c] (M(T) + 1)."""
    return 6 * (renewal_curve(stats.uniform(2, 8).cdf, every_h)[1][-1] + 1)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
@pytest.mark.parametrize("interrupts", [False, True])
def test_maintenance_waits_for_the_part_or_interrupts_it(clock, interrupts):
    """Uniform work of 2 h to 10 h, due after 20 h; by both clocks a machine without failures works all that time.

    An interrupted part is resumed; one waited for lets the new count start with a new part.
    """
    every_h, upkeep_h = 20, 3
    work = every_h if interrupts else overshoot(every_h)
    assert overshoot(every_h) > 1.1 * every_h
    upkeep = {"every_h": every_h, "clock": clock, "duration_h": upkeep_h, "interrupts_part": interrupts}
    model = busy_plant([], [upkeep], machines=10, cycle_time_s={"uniform": {"low": 2 * H, "high": 10 * H}})
    runs = records(model, 23 * 60, 23 * 10, 10)  # whole rounds where nothing is random
    assert holds(figures(runs, stops_per_h()), 10 / (work + upkeep_h), 0.02)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 10 / 6 * work / (work + upkeep_h), 0.02)


def test_two_rules_with_their_own_clocks():
    """Every 25 h and every 60 h of work, lasting 1 h and 6 h: both by the hours worked, in step every 300 h."""
    rules = [
        {"name": "small", "every_h": 25, "duration_h": 1, "interrupts_part": True},
        {"name": "great", "every_h": 60, "duration_h": 6, "interrupts_part": True},
    ]
    round_h = 300 + 12 * 1 + 5 * 6
    (run,) = records(busy_plant([], rules, machines=1), 20 * round_h, replications=1)
    line = run["lines"][0]
    assert state("processing")(line) == pytest.approx(300 / round_h)
    assert [stops_per_h(n)(line) * round_h for n in (0, 1)] == pytest.approx([12, 5])


@pytest.mark.slow
def test_the_best_age_is_where_theory_puts_it():
    """Cost per hour at half, at, and at twice the age at which the cost integral is least."""
    ages = np.linspace(15, 150, 271)
    rates = [
        (900 * DIST.cdf(t) + 100 * DIST.sf(t)) / (survival_area(t) + DIST.cdf(t) * REPAIR_H + DIST.sf(t) * UPKEEP_H)
        for t in ages
    ]
    best = ages[int(np.argmin(rates))]
    for age in (best / 2, best, 2 * best):
        fails = DIST.cdf(age)
        exact = (
            20 * (900 * fails + 100 * (1 - fails)) / (survival_area(age) + fails * REPAIR_H + (1 - fails) * UPKEEP_H)
        )
        mode = {"ttf_h": WEAR, "ttr_h": REPAIR_H, "cost_cny": 900}
        upkeep = {"every_h": age, "renews": "all", "duration_h": UPKEEP_H, "interrupts_part": True, "cost_cny": 100}
        runs = records(busy_plant([mode], [upkeep]), 20_000, 1000, 10)
        assert holds(figures(runs, lambda r: r["running_cost_cny_per_h"]), exact, 0.02)
