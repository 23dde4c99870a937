"""Switching down without work and waking up: M/G/1 with delayed off, start-up and N-policy, exact times and power.

Error rate of each comparison: see theory_tools.holds.
"""

import math

import pytest
from stop_tools import state, wait_in_queue
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station

POWER = {"processing": 10.0, "idle": 4.0, "standby": 0.5, "start_up": 14.0}


class Resting:
    """M/G/1 whose machine, when it has waited long enough, sleeps until so many parts wait, then starts up.

    Decomposition (Fuhrmann and Cooper 1985): the number in the system is that of the plain M/G/1 plus an independent
    one as found at a random moment without work. ``stays``: share of idle times that end with a part before the
    machine sleeps; start-up with mean and second moment.
    """

    def __init__(self, rate, service, second, stays, wake_at=1, start_h=0.0, start_second=0.0):
        sleeps = 1 - stays
        idle, standby, start_up = stays / rate, sleeps * wake_at / rate, sleeps * start_h
        no_work = idle + standby + start_up
        waiting = sleeps * (wake_at * (wake_at - 1) / 2 / rate + wake_at * start_h + rate * start_second / 2)
        self.work = rate * service
        rest = 1 - self.work
        self.states = {
            "processing": self.work,
            "starved": rest * idle / no_work,
            "standby": rest * standby / no_work,
            "start_up": rest * start_up / no_work,
        }
        self.start_ups_per_h = rest * sleeps / no_work
        self.wait = wait_in_queue(rate, service, second) + waiting / no_work / rate
        self.number = rate * (self.wait + service)
        kw = POWER | {"starved": POWER["idle"]}
        self.power = sum(share * kw[name] for name, share in self.states.items())


def compare(model, exact, hours=3000, number_within=0.2):
    runs = records(model, hours, 200, 15, seed=6)
    assert holds(figures(runs, lambda r: r["wip"]), exact.number, number_within)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), exact.wait, number_within)
    for name, share in exact.states.items():
        assert holds(figures(runs, state(name)), share, 0.15)
    assert holds(figures(runs, lambda r: r["energy"]["mean_power_kw"]), exact.power, 0.06)
    assert holds(figures(runs, lambda r: r["stations"][0]["start_ups_per_h"]), exact.start_ups_per_h, 0.1)


def resting_plant(rate, after_s, **rule):
    return plant(station("a", power_kw=POWER, standby={"after_s": after_s} | rule), source=poisson(rate))


def test_the_decomposition_is_the_chain():
    """All times exponential: idle, asleep, starting and working states of a chain, cut at 400 parts."""
    rate, off, start, wake_at = 0.5, 0.7, 0.4, 3

    def moves(s):
        how, n = s
        if n < 400:
            if how == "idle":
                yield ("work", 1), rate
            elif how == "sleep":
                yield ("start" if n + 1 == wake_at else "sleep", n + 1), rate
            else:
                yield (how, n + 1), rate
        if how == "idle":
            yield ("sleep", 0), off
        if how == "start":
            yield ("work", n), start
        if how == "work":
            yield ("work", n - 1) if n > 1 else ("idle", 0), 1.0

    p = chain(("idle", 0), moves)
    exact = Resting(rate, 1, 2, rate / (rate + off), wake_at, 1 / start, 2 / start**2)
    assert mean(p, lambda s: s[1]) == pytest.approx(exact.number, rel=1e-6)
    for how, name in (("idle", "starved"), ("sleep", "standby"), ("start", "start_up"), ("work", "processing")):
        assert mean(p, lambda s, how=how: s[0] == how) == pytest.approx(exact.states[name], rel=1e-6)


def test_instant_off_with_exponential_start_up():
    """M/M/1 with setup: W = 1 / (mu - lambda) + 1 / start, whatever the load (Welch 1964)."""
    rate, start_h = 0.6, 1.5
    exact = Resting(rate, 1, 2, 0.0, 1, start_h, 2 * start_h**2)
    assert exact.wait + 1 == pytest.approx(1 / (1 - rate) + start_h)
    compare(resting_plant(rate, 0, start_up_s={"exponential": start_h * H}), exact, number_within=0.2)


@pytest.mark.parametrize("after_h", [0.5, 2.5])
def test_delayed_off_after_a_constant_time(after_h):
    """A part comes before the time-out with probability 1 - exp(-lambda t)."""
    rate, start_h = 0.4, 1.0
    exact = Resting(rate, 1, 2, -math.expm1(-rate * after_h), 1, start_h, start_h**2)
    compare(resting_plant(rate, after_h * H, start_up_s=start_h * H), exact)


@pytest.mark.parametrize("after", [{"exponential": 2 * H}, {"uniform": {"low": 0.5 * H, "high": 4 * H}}])
def test_delayed_off_after_a_random_time(after):
    rate, start_h = 0.4, 2.0
    if "exponential" in after:
        stays = rate / (rate + 0.5)
    else:
        stays = 1 - (math.exp(-0.5 * rate) - math.exp(-4 * rate)) / 3.5 / rate
    exact = Resting(rate, 1, 2, stays, 1, start_h, 1.25 * start_h**2)
    start_up = {"gamma": {"mean": start_h * H, "cv": 0.5}}
    compare(resting_plant(rate, after, start_up_s=start_up), exact)


@pytest.mark.parametrize("wake_at", [2, 5])
def test_n_policy(wake_at):
    """Asleep at once, awake when N parts wait, no start-up: (N - 1) / 2 lambda longer to wait (Yadin and Naor 1963)."""
    rate = 0.5
    exact = Resting(rate, 1, 2, 0.0, wake_at)
    assert exact.wait == pytest.approx(rate / (1 - rate) + (wake_at - 1) / 2 / rate)
    compare(resting_plant(rate, 0, wake_at_parts=wake_at), exact)


def test_n_policy_with_start_up_and_constant_work():
    """M/D/1 that sleeps at once, wakes at four parts and starts up for a constant time."""
    rate, work, start_h = 0.5, 1.2, 1.5
    exact = Resting(rate, work, work**2, 0.0, 4, start_h, start_h**2)
    rule = {"after_s": 0, "wake_at_parts": 4, "start_up_s": start_h * H}
    model = plant(station("a", cycle_time_s=work * H, power_kw=POWER, standby=rule), source=poisson(rate))
    compare(model, exact)


def test_delayed_off_with_n_policy():
    """While the machine still waits one part is enough; once asleep it takes three."""
    rate, after_h, start_h = 0.5, 1.5, 1.0
    exact = Resting(rate, 1, 2, -math.expm1(-rate * after_h), 3, start_h, 2 * start_h**2)
    model = resting_plant(rate, after_h * H, wake_at_parts=3, start_up_s={"exponential": start_h * H})
    compare(model, exact)


def test_a_part_that_comes_in_the_start_up_does_not_hurry_it():
    """Constant arrivals every 3 h, work 0.5 h, sleep after 1 h, start-up 1 h: from the second part on a rhythm of
    work 0.5, idle 1, asleep 0.5, start-up 1 h; every part waits for the start-up."""
    model = plant(
        station("a", cycle_time_s=0.5 * H, power_kw=POWER, standby={"after_s": H, "start_up_s": H}),
        source={"interarrival_s": 3 * H},
    )
    (run,) = records(model, 303, 3, 1)
    line = run["lines"][0]
    shares = {"start_up": 1 / 3, "processing": 0.5 / 3, "starved": 1 / 3, "standby": 0.5 / 3}
    for name, share in shares.items():
        assert state(name)(line) == pytest.approx(share)
    assert line["stations"][0]["waiting_time_h"]["mean"] == pytest.approx(1)
    power = (14 + 0.5 * 10 + 4 + 0.5 * 0.5) / 3
    assert line["energy"]["mean_power_kw"] == pytest.approx(power)
    assert line["energy"]["by_state"]["electricity_kwh"]["start_up"] == pytest.approx(14 * 100)


def test_two_sleeping_stations_in_a_row():
    """A part that waits at the first makes the second none the wiser: it sleeps until a part reaches its buffer."""
    model = plant(
        station("a", cycle_time_s=0.5 * H, standby={"after_s": 0, "start_up_s": 0.25 * H}),
        station("b", cycle_time_s=0.5 * H, standby={"after_s": 0, "start_up_s": 0.75 * H}),
        source={"interarrival_s": 4 * H},
    )
    (run,) = records(model, 404, 4, 1)
    line = run["lines"][0]
    assert line["lead_time_h"]["mean"] == pytest.approx(0.25 + 0.5 + 0.75 + 0.5)
    assert state("standby", 1)(line) == pytest.approx((4 - 0.75 - 0.5) / 4)


@pytest.mark.slow
@pytest.mark.parametrize("wake_at", [1, 4])
def test_resting_long(wake_at):
    """A tighter interval on the same formulas."""
    rate, after_h, start_h = 0.6, 1.0, 2.0
    exact = Resting(rate, 1, 2, -math.expm1(-rate * after_h), wake_at, start_h, start_h**2)
    model = resting_plant(rate, after_h * H, wake_at_parts=wake_at, start_up_s=start_h * H)
    runs = records(model, 60_000, 500, 15, seed=9)
    assert holds(figures(runs, lambda r: r["wip"]), exact.number, 0.03)
    assert holds(figures(runs, lambda r: r["energy"]["mean_power_kw"]), exact.power, 0.01)
