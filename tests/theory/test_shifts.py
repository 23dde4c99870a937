"""What a shift makes: parts that pause, finish, or do not begin; overtime; repairs at night; days off.

Open 8 h a day from Monday 08:00 on, unless said otherwise; the machine always finds a part. Error rate of each
comparison: see theory_tools.holds.
"""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats
from stop_tools import failing, generator, periodic, renewal_curve, state
from theory_tools import H, figures, holds, plant, poisson, records, station

OPEN_H, DAYS = 8.0, 300
START = {"start": "2026-01-05T08:00:00"}
DAILY = {"shifts": ["mon-sun 08:00-16:00"]}


def shift_plant(cycle_time_s, **fields):
    return plant(station("a", cycle_time_s=cycle_time_s, **fields), calendar=DAILY, run=START)


def per_day(runs, read):
    return [read(run["lines"][0]) * 24 for run in runs]


def made(line):
    return line["good_per_h"]


def overtime(line):
    return line["stations"][0]["hours"]["overtime"] / (24 * DAYS)


def daily(model, replications=10):
    return records(model, 24 * DAYS, replications=replications)


UNIFORM = {"uniform": {"low": 0.5 * H, "high": 3.5 * H}}
STARTED = renewal_curve(stats.uniform(0.5, 3.0).cdf, OPEN_H)


def starts(until_h):
    """Mean number of uniform parts begun before ``until_h`` when one begins at 0: one more than renewals."""
    return float(np.interp(until_h, *STARTED)) + 1


@pytest.mark.parametrize("cycle_h", [0.7, 3.0, 2.0])
def test_finish_with_constant_parts(cycle_h):
    """The last part begun in the shift is finished; one that ends with the shift makes no overtime."""
    n = math.ceil(OPEN_H / cycle_h - 1e-9)
    (run,) = daily(shift_plant(cycle_h * H, shift_end="finish"), 1)
    line = run["lines"][0]
    assert made(line) * 24 == pytest.approx(n)
    assert overtime(line) * 24 == pytest.approx(n * cycle_h - OPEN_H, abs=1e-9)
    assert state("processing")(line) == pytest.approx(1)
    hours = line["stations"][0]["hours"]
    assert hours["off_shift"] == pytest.approx(DAYS * 16)  # overtime lies inside it
    assert sum(hours.values()) == pytest.approx(DAYS * 24 + hours["overtime"])


def test_finish_with_exponential_parts():
    """No memory: what is left at the end of the shift takes a whole part's time again."""
    cycle_h = 1.5
    runs = daily(shift_plant({"exponential": cycle_h * H}, shift_end="finish"), 12)
    assert holds(per_day(runs, made), OPEN_H / cycle_h + 1, 0.05)
    assert holds(per_day(runs, overtime), cycle_h, 0.08)


def test_finish_with_uniform_parts():
    """Parts begun in a shift: one more than renewals in it; overtime by Wald's equation."""
    runs = daily(shift_plant(UNIFORM, shift_end="finish"), 12)
    assert holds(per_day(runs, made), starts(OPEN_H), 0.02)
    assert holds(per_day(runs, overtime), 2 * starts(OPEN_H) - OPEN_H, 0.06)


def test_overtime_draws_the_power_of_work():
    power = {"processing": 10, "off": 1}
    (run,) = daily(shift_plant(3 * H, shift_end="finish", power_kw=power), 1)
    assert run["lines"][0]["energy"]["mean_power_kw"] == pytest.approx((9 * 10 + 15 * 1) / 24)


def kept_parts(values, weights, open_h):
    """Mean parts per shift when the part that does not fit is kept for the next: next-fit packing as a chain.

    State: the part that opens the shift (by its length). Later ones are drawn until one does not end in the shift.
    """
    p = dict(zip(values, np.asarray(weights, dtype=float) / sum(weights), strict=True))
    index = {v: i for i, v in enumerate(values)}
    step, parts = np.zeros((len(values), len(values))), np.zeros(len(values))

    def fill(first, used, chance):
        parts[first] += chance
        for value, q in p.items():
            if used + value <= open_h:
                fill(first, used + value, chance * q)
            else:
                step[first, index[value]] += chance * q

    for value, i in index.items():
        fill(i, value, 1.0)
    balance = np.vstack([(step.T - np.eye(len(values)))[:-1], np.ones(len(values))])
    return float(np.linalg.solve(balance, np.eye(len(values))[-1]) @ parts)


def drawn_anew(values, weights, open_h):
    """The same if each shift began with a fresh draw."""
    p = np.asarray(weights, dtype=float) / sum(weights)

    def more(used):
        return sum(q * (1 + more(used + v)) for v, q in zip(values, p, strict=True) if used + v <= open_h)

    return more(0.0)


@pytest.mark.parametrize(
    ("values", "weights", "within"),
    [((1, 4.5), (1, 1), 0.04), ((1, 2, 5.25), (2, 1, 2), 0.03), ((2, 3, 4), (1, 1, 1), 0.02)],
)
def test_fit_keeps_the_part_that_does_not_fit(values, weights, within):
    """The time is drawn beforehand and kept: what did not fit today is tomorrow's first. The last set fits exactly
    at times: what ends with the shift is in time."""
    exact = kept_parts(values, weights, OPEN_H)
    assert abs(drawn_anew(values, weights, OPEN_H) - exact) > within * exact
    dist = {"empirical": {"values": [v * H for v in values], "weights": weights}}
    runs = daily(shift_plant(dist, shift_end="fit"), 12)
    assert holds(per_day(runs, made), exact, within)
    assert overtime(runs[0]["lines"][0]) == 0
    work = exact_hours(values, weights)
    assert holds(figures(runs, state("processing")), work / OPEN_H, 0.02)


def exact_hours(values, weights):
    """Mean hours of work a shift: every drawn part is made in the end, none is lost."""
    mean_h = sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
    return kept_parts(values, weights, OPEN_H) * mean_h


@pytest.mark.parametrize("cycle_h", [0.7, 3.0, 2.0])
def test_fit_with_constant_parts(cycle_h):
    (run,) = daily(shift_plant(cycle_h * H, shift_end="fit"), 1)
    assert made(run["lines"][0]) * 24 == pytest.approx(math.floor(OPEN_H / cycle_h + 1e-9))


def test_fit_counts_the_setup_too():
    """Work 1.5 h, a setup of 1 h before each: three fit into 8 h; two products in turn."""
    model = plant(
        station("a", cycle_time_s=1.5 * H, setup_time_s=H, shift_end="fit", setup_initial="q"),
        calendar=DAILY,
        run=START,
        mix={"sequence": ["p", "q"]},
        products=[{"name": "p"}, {"name": "q"}],
    )
    (run,) = daily(model, 1)
    assert made(run["lines"][0]) * 24 == pytest.approx(3)


@pytest.mark.parametrize("last_h", [0.5, 2.0])
def test_no_start_in_the_last_hours_with_finish(last_h):
    runs = daily(shift_plant(UNIFORM, shift_end="finish", no_start_within_s=last_h * H), 12)
    assert holds(per_day(runs, made), starts(OPEN_H - last_h), 0.03)


def test_no_start_so_early_that_all_parts_end_in_the_shift():
    """Parts of at most 3.5 h, none begun in the last 3.6 h: no overtime, and the rest of the shift is lost."""
    n = starts(OPEN_H - 3.6)
    for rule in ("resume", "finish"):
        runs = daily(shift_plant(UNIFORM, shift_end=rule, no_start_within_s=3.6 * H), 12)
        assert holds(per_day(runs, made), n, 0.02)
        assert holds(figures(runs, state("starved")), 1 - 2 * n / OPEN_H, 0.03)
        assert max(figures(runs, overtime)) == 0


def test_no_start_in_the_last_hours_with_resume():
    """Exponential parts: the one begun in time works on into the last hours, and into the next shift if need be."""
    cycle_h, last_h = 1.5, 2.0
    work = OPEN_H - last_h - cycle_h * math.expm1(-last_h / cycle_h)
    runs = daily(shift_plant({"exponential": cycle_h * H}, no_start_within_s=last_h * H), 12)
    assert holds(figures(runs, state("processing")), work / OPEN_H, 0.01)
    assert holds(per_day(runs, made), work / cycle_h, 0.06)


@pytest.mark.parametrize("last_h", [0.4, 1.1])
def test_no_start_with_constant_parts_that_resume(last_h):
    """By hand: a part is begun while the clock is short of the last hours; what is left at the end is for tomorrow."""
    cycle_h, n, left = 1.7, 0, 0.0
    for _ in range(DAYS):
        t = left
        n += left > 0
        left = 0.0
        while t < OPEN_H - last_h - 1e-9:
            t += cycle_h
            if t > OPEN_H + 1e-9:
                left = t - OPEN_H
            else:
                n += 1
    (run,) = daily(shift_plant(cycle_h * H, no_start_within_s=last_h * H), 1)
    assert made(run["lines"][0]) * 24 * DAYS == pytest.approx(n)


def test_repairs_go_on_at_night():
    """Failures by hours of work, exponential; down at the opening only if the repair outlasted the night."""
    fail, repair = 0.2, 0.12
    steady, kept = fail / (fail + repair), math.exp(-(fail + repair) * OPEN_H)
    night = math.exp(-repair * 16)
    opening = steady * (1 - kept) * night / (1 - kept * night)
    by_day = steady + (opening - steady) * (1 - kept) / (fail + repair) / OPEN_H
    assert abs(steady - by_day) > 0.1 * steady  # repair by day only would be seen
    runs = daily(shift_plant(50 * H, machines=6, failures=[failing(fail, repair)]), 12)
    assert holds(figures(runs, state("failed")), by_day, 0.05)


def test_calendar_failures_come_at_night_too():
    """Down by the clock whatever the shift: the same share by day."""
    runs = daily(shift_plant(50 * H, machines=5, failures=[failing(0.1, 0.2, clock="calendar")]), 12)
    assert holds(figures(runs, state("failed")), 1 / 3, 0.06)


def test_named_and_spread_days_off():
    """Mon-fri 08:00-16:00 over 2026, six named days (one a Saturday), and eleven more spread over the year."""
    named = ["2026-01-01", "2026-04-06", "2026-05-01", "2026-10-01", "2026-10-02", "2026-10-03"]
    spread = {date(2026, 1, 1) + timedelta(days=math.floor((k + 0.5) * 365 / 11)) for k in range(11)}
    for more, off in ((0, set()), (11, spread)):
        off = off | {date.fromisoformat(day) for day in named}
        days = [date(2026, 1, 1) + timedelta(days=k) for k in range(365)]
        working = sum(day.weekday() < 5 and day not in off for day in days)
        calendar = {"shifts": ["mon-fri 08:00-16:00"], "holidays": named, "holidays_d_per_y": more}
        model = plant(station("a", cycle_time_s=600), calendar=calendar, run={"start": "2026-01-01"})
        (run,) = records(model, 8760, replications=1)
        assert made(run["lines"][0]) * 8760 == pytest.approx(working * 8 * 6)


def test_two_shifts_that_meet_are_one_and_make_one_overtime():
    cycle_h, gap = 3.0, {"shifts": ["mon-sun 06:00-14:00", "mon-sun 14:00-22:00"]}
    model = plant(
        station("a", cycle_time_s=cycle_h * H, shift_end="finish"), calendar=gap, run={"start": "2026-01-05T06:00"}
    )
    (run,) = daily(model, 1)
    assert made(run["lines"][0]) * 24 == pytest.approx(6)  # 18 h of work begun in 16 h
    assert overtime(run["lines"][0]) * 24 == pytest.approx(2)


def test_a_station_with_shifts_of_its_own():
    """Round the clock, a part an hour, before a station that is open 12 h of 24: it works twice as much while open."""
    own = {"shifts": ["mon-sun 08:00-20:00"]}
    model = plant(station("a", cycle_time_s=H), station("b", cycle_time_s=0.4 * H, calendar=own), run=START)
    (run,) = records(model, 24 * 100, 24 * 10, replications=1)
    line = run["lines"][0]
    assert state("processing", 1)(line) == pytest.approx(0.8, abs=1e-6)
    assert line["stations"][1]["hours"]["off_shift"] == pytest.approx(90 * 12)
    assert state("processing", 0)(line) == pytest.approx(1)
    assert made(line) == pytest.approx(1, rel=1e-3)


def test_a_queue_that_is_served_by_day_only():
    """Poisson arrivals round the clock, exponential work paused at night: a chain that changes with the hour."""
    rate, work, top = 0.2, 1.0, 60
    states = list(range(top + 1))

    def moves(n, open_):
        if n < top:
            yield n + 1, rate
        if n and open_:
            yield n - 1, work

    phases = [(OPEN_H if open_ else 16.0, generator(states, lambda n, o=open_: moves(n, o)), None) for open_ in (1, 0)]
    exact = periodic(phases, np.array(states, dtype=float))
    model = plant(station("a"), source=poisson(rate), calendar=DAILY, run=START)
    runs = records(model, 24 * 400, 24 * 20, 12)
    assert holds(figures(runs, lambda r: r["wip"]), exact, 0.15)


def test_the_sum_of_a_day_is_a_day():
    """Whatever the rule at the end of the shift: hours add up to the counted time and the overtime."""
    rules = [("resume", UNIFORM), ("resume", {"exponential": H}), ("finish", UNIFORM), ("fit", UNIFORM)]
    for rule, cycle in rules:
        (run,) = daily(shift_plant(cycle, shift_end=rule, failures=[failing(0.1, 0.5)]), 1)
        hours = run["lines"][0]["stations"][0]["hours"]
        assert sum(hours.values()) == pytest.approx(24 * DAYS + hours["overtime"])
        assert (hours["overtime"] > 0) == (rule == "finish")
