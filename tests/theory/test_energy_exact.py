"""Energy from exact shares of states: queues, lines that block, failures, furnaces, tariff bands, demand charge.

Error rate of each comparison: see theory_tools.holds.
"""

import itertools
import math

import numpy as np
import pytest
from stop_tools import failing
from theory_tools import H, chain, figures, holds, line_chain, line_output, mean, plant, poisson, records, station

POWER = {"processing": 12.0, "idle": 3.0, "blocked": 5.0, "starved": 2.0, "failed": 1.0, "setup": 7.0, "off": 0.25}


def power(line):
    return line["energy"]["mean_power_kw"]


def used(carrier):
    return lambda line: line["energy"]["by_carrier"][carrier]


@pytest.mark.parametrize("rho", [0.3, 0.7])
def test_a_queue_draws_work_and_waiting_by_its_load(rho):
    runs = records(plant(station("a", power_kw=POWER), source=poisson(rho)), 3000, 200, 12)
    exact = rho * 12 + (1 - rho) * 2
    assert holds(figures(runs, power), exact, 0.05)
    assert holds(figures(runs, lambda r: r["energy"]["kwh_per_unit"]), exact / rho, 0.06)


def test_a_queue_of_three_machines_draws_by_the_number_at_work():
    rate, machines = 2.0, 3
    runs = records(plant(station("a", machines=machines, power_kw=POWER), source=poisson(rate)), 800, 100, 12)
    assert holds(figures(runs, power), rate * 12 + (machines - rate) * 2, 0.03)


def test_a_line_that_blocks_and_fails_draws_by_its_states():
    """Two machines, two places, failures by hours of work: power of each state times its share in the chain."""
    rates, fail, repair = [1.0, 1.1], [0.08, 0.1], [0.4, 0.5]
    p = line_chain(rates, [2], fail=fail, repair=repair)

    def kw(s):
        _, working, blocked, failed, _ = s
        return 12 * working + 5 * blocked + 1 * failed + 2 * (1 - working - blocked - failed)

    exact = mean(p, lambda line: sum(kw(s) for s in line))
    stations = [
        station(n, 1 / r, buffer=b, power_kw=POWER, failures=[failing(f, m)])
        for n, r, b, f, m in zip("ab", rates, (None, 2), fail, repair, strict=True)
    ]
    runs = records(plant(*stations), 2500, 200, 12)
    assert holds(figures(runs, power), exact, 0.04)
    unit = exact / line_output(p, rates[-1])
    assert holds(figures(runs, lambda r: r["energy"]["kwh_per_unit"]), unit, 0.04)


@pytest.mark.parametrize(("missing", "like"), [("blocked", "idle"), ("starved", "idle"), ("setup", "idle")])
def test_states_without_a_rate_of_their_own_idle(missing, like):
    """Deterministic line: a works 1 of 4 h, then waits for b, which has no place in front and works 4 h."""
    rates = {k: v for k, v in POWER.items() if k != missing}
    mix = {"mix": {"sequence": ["p", "q"]}, "products": [{"name": "p"}, {"name": "q"}]}
    model = plant(
        station("a", cycle_time_s=H, power_kw=rates),
        station("b", cycle_time_s=3 * H, setup_time_s=H, buffer=0, power_kw=rates),
        station("c", cycle_time_s=H, buffer=0, power_kw=rates),
        **mix,
    )
    (run,) = records(model, 400, 40, 1)
    kw = POWER | {missing: POWER[like]}
    exact = (12 + 3 * kw["blocked"] + 3 * 12 + kw["setup"] + 12 + 3 * kw["starved"]) / 4
    assert power(run["lines"][0]) == pytest.approx(exact)


def test_other_carriers_by_state_and_per_good_part():
    """Gas by state in an M/M/1, compressed air and electricity per good part with a tenth scrapped."""
    rho, scrap = 0.6, 0.1
    work = station(
        "a",
        scrap=scrap,
        power_kw={"processing": 8},
        use_per_h={"natural_gas_m3": {"processing": 31, "starved": 12}},
        use_per_unit={"compressed_air_m3": 5, "electricity_kwh": 3},
    )
    runs = records(plant(work, source=poisson(rho)), 3000, 200, 12)
    assert holds(figures(runs, used("natural_gas_m3")), 2800 * (31 * rho + 12 * (1 - rho)), 0.04)
    assert holds(figures(runs, used("compressed_air_m3")), 2800 * 5 * rho * (1 - scrap), 0.05)
    assert holds(figures(runs, power), rho * 8 + 3 * rho * (1 - scrap), 0.05)
    by_good = [air / good / 2800 for air, good in zip(
        figures(runs, used("compressed_air_m3")), figures(runs, lambda r: r["good_per_h"]), strict=True
    )]  # fmt: skip
    assert by_good == pytest.approx([5] * 12)


def test_tariff_bands_of_a_line_that_beats_the_quarter_hour():
    """A part every 15 min works 10 min at 12 kW and waits 5 min at 2 kW: every window means 26/3 kW."""
    tariff = {
        "bands": {"valley": 0.3, "flat": 0.6, "peak": 1.1},
        "hours": [
            {"band": "flat", "hours": ["06:00-22:00"]},
            {"band": "peak", "hours": ["08:30-11:45", "18:00-21:00"]},
            {"band": "peak", "hours": ["21:00-22:00"], "months": [2]},
        ],
        "demand_cny_per_kw_month": 30,
    }
    model = plant(
        station("a", cycle_time_s=600, power_kw=POWER),
        source={"interarrival_s": 900, "first_s": 0},
        energy={"electricity": {"tariff": tariff}},
        run={"start": "2026-01-01"},
    )
    (run,) = records(model, 59 * 24, replications=1)  # January and February
    energy, kw = run["lines"][0]["energy"], 26 / 3
    bands = {"valley": 59 * 8, "peak": 59 * 6.25 + 28, "flat": 59 * 9.75 - 28}
    for band, hours in bands.items():
        assert energy["by_band_kwh"][band] == pytest.approx(kw * hours)
    assert energy["peak_kw"] == pytest.approx(kw)
    work = kw * (bands["valley"] * 0.3 + bands["flat"] * 0.6 + bands["peak"] * 1.1)
    assert energy["cost_cny"] == pytest.approx(work + 2 * 30 * kw)


def test_demand_is_the_mean_of_a_window_not_the_highest_power():
    """20 min at 12 kW, 40 min at 2 kW, from the full hour: windows of 12, 16/3, 2 and 2 kW; an hour later by 5 min:
    windows of 26/3, 26/3, 2, 2 kW."""
    for first_s, peak in ((0, 12.0), (300, 26 / 3 + 0.0)):
        model = plant(
            station("a", cycle_time_s=1200, power_kw=POWER),
            source={"interarrival_s": 3600, "first_s": first_s},
            energy={"electricity": {"tariff": {"bands": {"flat": 1.0}, "demand_cny_per_kw_month": 40}}},
            run={"start": "2026-06-01"},
        )
        (run,) = records(model, 30 * 24, replications=1)
        energy = run["lines"][0]["energy"]
        kwh = 720 * (12 + 2 * 2) / 3
        windows = [12.0] if first_s == 0 else [(300 * 2 + 600 * 12) / 900, (600 * 12 + 300 * 2) / 900]
        assert max(windows) == pytest.approx(peak)
        assert energy["peak_kw"] == pytest.approx(max(windows))
        assert energy["cost_cny"] == pytest.approx(kwh + 40 * max(windows), rel=1e-3)


@pytest.mark.parametrize(("apart_s", "strokes"), [(60, 1), (180, 3), (900, None)])
def test_furnace_with_even_arrivals_burns_by_its_strokes(apart_s, strokes):
    """Eight places of 60 s. Parts at most 480 s apart keep it moving; further apart it empties between them."""
    work = {
        "name": "f",
        "kind": "furnace",
        "buffer": None,
        "places": 8,
        "pace_s": 60,
        "power_kw": {"processing": 90, "starved": 40},
        "use_per_h": {"natural_gas_m3": {"processing": 31, "starved": 12}},
    }
    (run,) = records(plant(work, source={"interarrival_s": apart_s}), 200, 20, 1)
    line = run["lines"][0]
    moving = 1.0 if strokes else 480 / apart_s
    assert power(line) == pytest.approx(90 * moving + 40 * (1 - moving))
    assert used("natural_gas_m3")(line) == pytest.approx(180 * (31 * moving + 12 * (1 - moving)))
    assert line["energy"]["kwh_per_unit"] == pytest.approx(power(line) * apart_s / H)


@pytest.mark.parametrize("rate_per_stroke", [0.25, 0.6])
def test_furnace_with_random_arrivals(rate_per_stroke):
    """Three places; state at a stroke's end: who waits, which places are taken; one who comes to an empty furnace
    goes in at once. Moving share, mean content and power from the chain."""
    top = 60
    arrivals = [math.exp(-rate_per_stroke) * rate_per_stroke**k / math.factorial(k) for k in range(40)]
    states = list(itertools.product(range(top + 1), itertools.product((0, 1), repeat=3)))
    index = {s: i for i, s in enumerate(states)}
    step = np.zeros((len(states), len(states)))
    for (waiting, taken), i in index.items():
        # taken[0] is the place just charged into; the part in the last place leaves at the end of this stroke
        busy = taken if any(taken) else (1, 0, 0)  # an empty furnace waits for its next part first
        for k, p in enumerate(arrivals):
            n = min(waiting + k, top)
            step[i, index[(n - 1, (1, *busy[:2])) if n else (0, (0, *busy[:2]))]] += p
    balance = np.vstack([(step.T - np.eye(len(states)))[:-1], np.ones(len(states))])
    p = np.linalg.solve(balance, np.eye(len(states))[-1])
    empty = sum(q for (_, taken), q in zip(states, p, strict=True) if not any(taken))
    moving = 1 / (1 + empty / rate_per_stroke)  # per stroke: the wait of an empty furnace for a part
    inside = sum(q * (sum(taken) or 1) for (_, taken), q in zip(states, p, strict=True)) * moving
    assert inside == pytest.approx(3 * rate_per_stroke, rel=1e-6)  # Little's law: three strokes each
    pace_s = 60
    work = {"name": "f", "kind": "furnace", "buffer": None, "places": 3, "pace_s": pace_s}
    work["power_kw"] = {"processing": 90, "starved": 40}
    model = plant(work, source={"interarrival_s": {"exponential": pace_s / rate_per_stroke}})
    runs = records(model, 150, 10, 10)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), moving, 0.02)
    assert holds(figures(runs, power), 90 * moving + 40 * (1 - moving), 0.02)


def test_furnace_that_holds_at_night_and_heats_up():
    """Open 8 h; holds 16 h at 20 kW, heats up 1 h at 150 kW, then strokes at 90 kW with a part at every stroke."""
    work = {
        "name": "f",
        "kind": "furnace",
        "buffer": None,
        "places": 4,
        "pace_s": 120,
        "hold_off_shift": True,
        "heat_up_h": {"from_hold": 1, "cold": 5},
        "power_kw": {"processing": 90, "holding": 20, "heat_up": 150},
    }
    calendar = {"shifts": ["mon-sun 08:00-16:00"]}
    model = plant(work, calendar=calendar, run={"start": "2026-01-05T16:00:00"})
    (run,) = records(model, 24 * 20, replications=1)
    line = run["lines"][0]
    by_state = line["energy"]["by_state"]["electricity_kwh"]
    assert by_state["holding"] == pytest.approx(20 * 16 * 20)
    assert by_state["heat_up"] == pytest.approx(20 * 1 * 150)
    assert by_state["processing"] == pytest.approx(20 * 7 * 90)


def test_energy_of_a_shift_and_its_night():
    """Output by the hours open, energy by those and by the hours off: per unit it is dearer than round the clock."""
    calendar = {"shifts": ["mon-fri 06:00-22:00"]}
    model = plant(station("a", cycle_time_s=600, power_kw=POWER), calendar=calendar, run={"start": "2026-01-05"})
    (run,) = records(model, 168 * 4, replications=1)
    energy = run["lines"][0]["energy"]
    assert energy["kwh_per_unit"] == pytest.approx((80 * 12 + 88 * 0.25) / (80 * 6))
    assert energy["by_state"]["electricity_kwh"]["off_shift"] == pytest.approx(4 * 88 * 0.25)


def test_scheduled_time_before_it_is_first_switched_on():
    """Off at the start: the first part, at 6 h, finds it so and waits for its start-up."""
    rates = {"processing": 10, "idle": 4, "standby": 1, "start_up": 20, "off": 0.5}
    for initial, kw in (("idle", 4.0), ("standby", 1.0), ("off", 0.5)):
        rule = {"after_s": 100 * H, "start_up_s": 0.5 * H}
        model = plant(
            station("a", cycle_time_s=H, power_kw=rates, standby=rule, initial_state=initial),
            source={"interarrival_s": 6 * H, "count": 1},
        )
        (run,) = records(model, 10, replications=1)
        line = run["lines"][0]
        started = 0.0 if initial == "idle" else 0.5
        exact = 6 * kw + started * 20 + 10 + (3 - started) * 4
        assert power(line) * 10 == pytest.approx(exact)
        assert line["lead_time_h"]["mean"] == pytest.approx(1 + started)


def test_a_machine_of_a_chain_with_calendar_failures_draws_its_failed_power_while_empty():
    """Down and up whatever it does: in an M/M/1 the failed share is that of the clock, work that of the arrivals."""
    rate, fail, repair = 0.4, 0.1, 0.4
    mode = failing(fail, repair, clock="calendar")
    runs = records(plant(station("a", power_kw=POWER, failures=[mode]), source=poisson(rate)), 4000, 300, 12)
    down = fail / (fail + repair)
    assert holds(figures(runs, power), 12 * rate + down * 1 + (1 - rate - down) * 2, 0.05)


def test_oee_is_availability_times_effectiveness_times_quality():
    """Restart after failures, upkeep by units, scrap: good parts' planned time over the time that was not upkeep.

    Restart: exp(fail c) - 1 over fail c is work per part over c; a twentieth is scrap.
    """
    fail, repair_h, cycle_h, upkeep_h, every = 0.2, 1.0, 2.0, 3.0, 10
    growth = math.expm1(fail * cycle_h)
    per_part = (1 / fail + repair_h) * growth
    good = 0.95 / (per_part + upkeep_h / every)
    model = plant(
        station(
            "a",
            cycle_time_s=cycle_h * H,
            scrap=0.05,
            failures=[failing(fail, 1 / repair_h, part="restart")],
            maintenance=[{"every_units": every, "duration_h": upkeep_h}],
        )
    )
    runs = records(model, 6000, 100, 12)
    assert holds(figures(runs, lambda r: r["good_per_h"]), good, 0.03)
    assert holds(figures(runs, lambda r: r["stations"][0]["oee"]), 0.95 * cycle_h / per_part, 0.03)
    assert holds(figures(runs, lambda r: r["stations"][0]["availability"]), 1 / (1 + fail * repair_h), 0.03)
    assert holds(figures(runs, lambda r: r["stations"][0]["performance"]), fail * cycle_h / growth, 0.03)
    assert holds(figures(runs, lambda r: r["stations"][0]["quality"]), 0.95, 0.01)


def test_the_chain_of_a_station_without_a_place_and_its_power():
    """Erlang's loss formula times power: two machines, no place, arrivals lost when both work."""
    load = 1.5
    p = chain(0, lambda n: [(n + 1, load)] * (n < 2) + [(n - 1, float(n))] * (n > 0))
    at_work = mean(p, float)
    assert at_work == pytest.approx(load * (1 - load**2 / 2 / (1 + load + load**2 / 2)))
    model = plant(station("a", machines=2, buffer=0, power_kw=POWER), source=poisson(load, when_full="lost"))
    runs = records(model, 2000, 50, 10)
    assert holds(figures(runs, power), 12 * at_work + 2 * (2 - at_work), 0.02)
