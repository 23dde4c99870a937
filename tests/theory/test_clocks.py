"""When failures fall due: the three clocks, several modes, renewal counts, age at the start, minimal repair.

Machines always have a part, so that they fail or run. Error rate of each comparison: see theory_tools.holds.
"""

import math

import pytest
from scipy import integrate, stats
from stop_tools import failing, family, renewals, renewals_of_values, state, stops_per_h
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station

DISTRIBUTIONS = [
    ("weibull", {"scale": 40, "shape": 2.5}),
    ("weibull", {"scale": 25, "shape": 0.7}),
    ("gamma", {"mean": 40, "cv": 0.5}),
    ("lognormal", {"mean": 40, "cv": 0.8}),
    ("uniform", {"low": 10, "high": 70}),
    ("triangular", {"low": 10, "mode": 20, "high": 90}),
]
CLOCKS = ("operating", "calendar")


def busy_plant(*modes, machines=20, cycle_h=60.0):
    return plant(station("a", cycle_time_s=cycle_h * H, machines=machines, failures=list(modes)))


@pytest.mark.parametrize(("clock", "name", "args"), [(CLOCKS[n % 2], *d) for n, d in enumerate(DISTRIBUTIONS)])
def test_availability_needs_only_the_means(clock, name, args):
    ttf, dist = family(name, **args)
    ttr, _ = family("lognormal", mean=6, cv=1)
    runs = records(busy_plant({"clock": clock, "ttf_h": ttf, "ttr_h": ttr}), 2000, 500, 12)
    assert holds(figures(runs, state("failed")), 6 / (6 + dist.mean()), 0.1)
    assert holds(figures(runs, stops_per_h()), 20 / (6 + dist.mean()), 0.06)


def greater(ttf, ttr):
    """Mean of the greater of two independent times."""
    top = max(ttf.ppf(1 - 1e-9), ttr.ppf(1 - 1e-9))
    value, _ = integrate.quad(lambda x: 1 - ttf.cdf(x) * ttr.cdf(x), 0, top, limit=400, points=[top / 100, top / 10])
    return value


@pytest.mark.parametrize(
    ("ttf", "ttr"),
    [
        (("gamma", {"mean": 20, "cv": 1}), ("gamma", {"mean": 10, "cv": 1})),
        (("uniform", {"low": 5, "high": 15}), ("gamma", {"mean": 8, "cv": 1})),
        (("weibull", {"scale": 20, "shape": 2}), ("lognormal", {"mean": 12, "cv": 0.7})),
    ],
)
def test_start_to_start_failures_are_the_greater_of_both_times_apart(ttf, ttr):
    """The clock starts anew when a failure begins; one that falls due in the repair begins when that ends."""
    (ttf_h, due), (ttr_h, repair) = family(ttf[0], **ttf[1]), family(ttr[0], **ttr[1])
    apart = greater(due, repair)
    if ttf[0] == "gamma":
        assert apart == pytest.approx(20 + 10 - 1 / (1 / 20 + 1 / 10), rel=1e-6)  # two exponential times
    mode = {"clock": "start_to_start", "ttf_h": ttf_h, "ttr_h": ttr_h}
    runs = records(busy_plant(mode), 1200, 300, 12)
    assert holds(figures(runs, stops_per_h()), 20 / apart, 0.05)
    assert holds(figures(runs, state("failed")), repair.mean() / apart, 0.06)
    assert apart < 0.9 * (due.mean() + repair.mean())  # the calendar clock would be seen


def test_start_to_start_at_constant_times():
    """Due every 10 h by the clock; repairs take 4 h, then 12 h in turn: starts at 10, 20, 32, 42, 54, .."""
    mode = {"clock": "start_to_start", "ttf_h": 10, "ttr_h": {"sequence": [4, 12]}}
    (run,) = records(busy_plant(mode, machines=1), 10 + 22 * 50, 10, 1)
    assert stops_per_h()(run["lines"][0]) == pytest.approx(2 / 22)
    assert state("failed")(run["lines"][0]) == pytest.approx(16 / 22)


FAIL, REPAIR = (0.08, 0.05), (0.3, 0.2)


def two_modes(clocks):
    """Chain of (mode under repair or None, modes that fell due meanwhile) with exponential times.

    While one is under repair an operating clock stands still; the other's calendar or start-to-start clock runs;
    of the mode under repair only a start-to-start clock runs.
    """

    def moves(now):
        down, due = now
        if down is None:
            yield from (((i, ()), FAIL[i]) for i in (0, 1))
            return
        for i in (0, 1):
            runs = clocks[i] == "start_to_start" or (clocks[i] == "calendar" and i != down)
            if runs and i not in due:
                yield (down, (*due, i)), FAIL[i]
        yield ((due[0], due[1:]) if due else (None, ())), REPAIR[down]

    return chain((None, ()), moves)


@pytest.mark.parametrize(
    "clocks",
    [
        ("operating", "operating"),
        ("calendar", "operating"),
        ("calendar", "calendar"),
        ("start_to_start", "operating"),
        ("start_to_start", "calendar"),
    ],
)
def test_two_modes_of_one_machine(clocks):
    p = two_modes(clocks)
    modes = [failing(FAIL[i], REPAIR[i], clock=clocks[i], name=f"m{i}") for i in (0, 1)]
    runs = records(busy_plant(*modes), 1200, 100, 12)
    down = [mean(p, lambda s, i=i: s[0] == i) for i in (0, 1)]
    if clocks == ("operating", "operating"):
        assert sum(down) == pytest.approx(1 - 1 / (1 + FAIL[0] / REPAIR[0] + FAIL[1] / REPAIR[1]))
    assert holds(figures(runs, state("failed")), sum(down), 0.05)
    for i in (0, 1):
        assert holds(figures(runs, stops_per_h(i)), 20 * down[i] * REPAIR[i], 0.06)


def test_three_operating_modes_and_micro_stops():
    """Minutes, hours, days: on the operating clock the ratios of repair to running time add up."""
    modes = [
        {"name": "jam", "ttf_h": {"exponential": 1}, "ttr_h": {"uniform": {"low": 0.01, "high": 0.07}}},
        {"name": "tool", "ttf_h": {"weibull": {"scale": 12, "shape": 3}}, "ttr_h": {"gamma": {"mean": 0.8, "cv": 0.5}}},
        {"name": "drive", "ttf_h": {"exponential": 60}, "ttr_h": {"lognormal": {"mean": 4, "cv": 1}}},
    ]
    running = [1, 12 * math.gamma(4 / 3), 60]
    work = 1 / (1 + 0.04 / running[0] + 0.8 / running[1] + 4 / running[2])
    runs = records(busy_plant(*modes, machines=4, cycle_h=0.5), 600, 50, 12)
    assert holds(figures(runs, state("processing")), work, 0.02)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 4 * work / 0.5, 0.02)
    for n, mean_h in enumerate(running):
        assert holds(figures(runs, stops_per_h(n)), 4 * work / mean_h, 0.3 if n == 2 else 0.05)


def test_an_operating_clock_sees_only_work_in_a_queue():
    """M/M/1 whose server fails at work: an M/G/1 queue with the repairs in its service times."""
    rate, fail, repair_h = 0.5, 0.2, 1.0  # work of 1 h
    service, second = 1 + fail * repair_h, 2 * (1 + fail * repair_h) ** 2 + fail * 2 * repair_h**2
    wait = rate * second / 2 / (1 - rate * service)
    model = plant(station("a", failures=[failing(fail, 1 / repair_h)]), source=poisson(rate))
    runs = records(model, 4000, 400)
    assert holds(figures(runs, lambda r: r["wip"]), rate * (wait + service), 0.2)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), wait, 0.25)
    assert holds(figures(runs, state("failed")), rate * fail * repair_h, 0.1)


def test_a_calendar_clock_also_runs_in_an_empty_station():
    """M/M/1 whose server goes down and up whatever it does (White and Christie 1958)."""
    rate, fail, repair = 0.4, 0.15, 0.5
    up = repair / (repair + fail)
    number = rate * (1 + fail / (fail + repair) ** 2) / (up - rate)

    def moves(s):
        n, works = s
        yield (min(n + 1, 300), works), rate
        yield (n, 1 - works), fail if works else repair
        if n and works:
            yield (n - 1, works), 1.0

    assert mean(chain((0, 1), moves), lambda s: s[0]) == pytest.approx(number, rel=1e-4)
    mode = failing(fail, repair, clock="calendar")
    runs = records(plant(station("a", failures=[mode]), source=poisson(rate)), 4000, 400)
    assert holds(figures(runs, lambda r: r["wip"]), number, 0.2)
    assert holds(figures(runs, state("failed")), 1 - up, 0.1)


def counting(ttf, hours, machines=100, **fields):
    """Failures per machine in the first hours of many new machines whose repair takes no time."""
    mode = {"clock": "calendar", "ttf_h": ttf, "ttr_h": 0} | fields
    runs = records(busy_plant(mode, machines=machines, cycle_h=5 * hours), hours)
    return figures(runs, lambda r: r["stations"][0]["stops"][0]["per_h"] * hours / machines)


@pytest.mark.parametrize(("name", "args"), DISTRIBUTIONS)
@pytest.mark.parametrize(("hours", "age_h"), [(50, 30)])
def test_renewals_are_counted_as_the_renewal_equation_says(name, args, hours, age_h):
    """With an age the first time is drawn given that it was reached."""
    ttf, dist = family(name, **args)
    assert holds(
        counting(ttf, hours, age_h=age_h), renewals(dist.cdf, hours, age_h), 0.1 if args.get("shape") == 0.7 else 0.07
    )


@pytest.mark.parametrize(("weights", "hours"), [((1, 1, 1), 50.5), ((5, 1, 4), 32.5)])
def test_renewals_of_observed_values(weights, hours):
    values = (5, 8, 21)
    exact = renewals_of_values(values, weights, hours)
    assert holds(counting({"empirical": {"values": values, "weights": weights}}, hours), exact, 0.06)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_renewals_with_constant_repair(clock):
    """The n-th failure comes after n gamma times and n - 1 repairs of 7 h, on both clocks for a busy machine."""
    shape, scale, repair_h, hours = 2.5, 8.0, 7.0, 100.0
    exact = sum(stats.gamma.cdf(hours - (n - 1) * repair_h, n * shape, scale=scale) for n in range(1, 16))
    ttf = {"gamma": {"mean": shape * scale, "cv": shape**-0.5}}
    assert holds(counting(ttf, hours, clock=clock, ttr_h=repair_h), exact, 0.03)


@pytest.mark.parametrize(
    ("age_h", "name", "args"),
    [(0, *DISTRIBUTIONS[0]), (35, *DISTRIBUTIONS[0]), (0, *DISTRIBUTIONS[2]), (35, *DISTRIBUTIONS[3])],
)
def test_minimal_repair_goes_on_from_the_age_reached(name, args, age_h):
    """Failures are a Poisson process with the failure rate of the first one; Weibull: (t / scale) ** shape."""
    ttf, dist = family(name, **args)
    hours = 80
    exact = dist.logsf(age_h) - dist.logsf(age_h + hours)
    if name == "weibull":
        assert exact == pytest.approx(((age_h + hours) / 40) ** 2.5 - (age_h / 40) ** 2.5)
    assert abs(renewals(dist.cdf, hours, age_h) - exact) > 0.1 * exact  # renewal would be seen
    assert holds(counting(ttf, hours, 50, age_h=age_h, restores="minimal"), exact, 0.1)


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_minimal_repair_does_not_age_in_the_repair(clock):
    """The n-th failure comes at the n-th point of the process and n - 1 repairs: Gamma(n) below the mean count."""
    scale, shape, repair_h, hours = 30.0, 2.0, 12.0, 120.0
    reached = [((hours - (n - 1) * repair_h) / scale) ** shape for n in range(1, 11)]
    exact = sum(stats.gamma.cdf(top, n) for n, top in enumerate(reached, 1))
    ttf = {"weibull": {"scale": scale, "shape": shape}}
    counts = counting(ttf, hours, 50, clock=clock, ttr_h=repair_h, restores="minimal")
    assert holds(counts, exact, 0.03)
