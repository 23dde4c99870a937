"""One station against queueing theory: general service, general arrivals, several servers, losses, groups.

Error rate of each comparison: see theory_tools.holds (99.9 % interval). Hours; the mean service time is 1 unless said.
"""

import math

import pytest
from flow_solvers import erlang_c, found_busy, mg1_wait, mmck
from scipy import integrate, stats
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station


def of_first(*keys):
    """Read a figure of the first station."""

    def read(line):
        value = line["stations"][0]
        for key in keys:
            value = value[key]
        return value

    return read


WAIT = of_first("waiting_time_h", "mean")
WAITS = of_first("waiting_time_h", "positive_share")


def share_of_time(runs, number):
    """Share of time with so many parts at the first station, in each replication."""
    return [
        shares[number] if number < len(shares) else 0.0
        for shares in (run["lines"][0]["stations"][0]["number_share"] for run in runs)
    ]


@pytest.mark.parametrize(("servers", "offered"), [(2, 1.3), (5, 3.5)])
def test_mmc_wait_share_of_waits_and_distribution_of_the_number(servers, offered):
    waits = erlang_c(servers, offered)
    p = mmck(servers, 300, offered)
    runs = records(plant(station("a", machines=servers), source=poisson(offered)), 2000 / offered, 200)
    assert holds(figures(runs, WAITS), waits, 0.15)
    assert holds(figures(runs, WAIT), waits / (servers - offered), 0.35)
    for number in range(servers + 2):
        assert holds(share_of_time(runs, number), p[number], 0.35)
    at_work = [r["lines"][0]["stations"][0]["machines_processing"] for r in runs]
    assert holds([p[1] for p in at_work], p[1], 0.2)
    assert holds([p[servers] for p in at_work], waits, 0.15)  # all at work: time average = what arrivals see


def test_md1_distribution_of_the_number():
    """Constant service: p0 = 1 - r, p1 = (1 - r)(e^r - 1), p2 = (1 - r) e^r (e^r - 1 - r)."""
    r = 0.6
    runs = records(plant(station("a", cycle_time_s=H), source=poisson(r)), 2000, 100)
    grown = math.exp(r)
    for number, p in enumerate([1 - r, (1 - r) * (grown - 1), (1 - r) * grown * (grown - 1 - r)]):
        assert holds(share_of_time(runs, number), p, 0.08)
    assert holds(figures(runs, WAIT), r / 2 / (1 - r), 0.2)


def weibull(shape):
    return 1 / math.gamma(1 + 1 / shape)


SERVICES = {
    "lognormal": ({"lognormal": {"mean": H, "cv": 0.8}}, 1 + 0.8**2),
    "gamma": ({"gamma": {"mean": H, "cv": 1.4}}, 1 + 1.4**2),
    "uniform": ({"uniform": {"low": 0.2 * H, "high": 1.8 * H}}, 1 + 1.6**2 / 12),
    "triangular": (
        {"triangular": {"low": 0, "mode": 0.6 * H, "high": 2.4 * H}},
        1 + (2.4**2 + 0.6**2 - 2.4 * 0.6) / 18,
    ),
    "erlang": ({"erlang": {"mean": H, "stages": 3}}, 1 + 1 / 3),
    "weibull": (
        {"weibull": {"scale": weibull(0.8) * H, "shape": 0.8}},
        math.gamma(1 + 2 / 0.8) / math.gamma(1 + 1 / 0.8) ** 2,
    ),
    "empirical": ({"empirical": {"values": [0.25 * H, H, 4 * H], "weights": [4, 3, 1]}}, None),
    "mixture": (
        {
            "mixture": [
                {"weight": 9, "dist": {"exponential": 0.5 * H}},
                {"weight": 1, "dist": {"exponential": 5.5 * H}},
            ]
        },
        2 * (0.9 * 0.5**2 + 0.1 * 5.5**2),
    ),
    "sum": ({"sum": [0.4 * H, {"exponential": 0.6 * H}]}, 1 + 0.6**2),
}
"""Service times of mean 1 h and their second moments (the empirical one has mean 1 too: (4 x 0.25 + 3 + 4) / 8)."""


@pytest.mark.parametrize("name", SERVICES)
def test_mg1_wait_of_every_family(name):
    service, second = SERVICES[name]
    if second is None:
        second = (4 * 0.25**2 + 3 * 1**2 + 1 * 4**2) / 8
    arrivals = 0.5
    runs = records(plant(station("a", cycle_time_s=service), source=poisson(arrivals)), 2400, 200)
    within = min(0.35, 0.1 * second)
    assert holds(figures(runs, WAIT), mg1_wait(arrivals, 1.0, second), within)
    assert holds(figures(runs, WAITS), arrivals, 0.1)
    assert holds(figures(runs, of_first("queue_length")), arrivals * mg1_wait(arrivals, 1.0, second), within)


def erlang_2(mean_h):
    return lambda s: (1 / (1 + s * mean_h / 2)) ** 2


def uniform_gap(low, high):
    return lambda s: 1.0 if s == 0 else (math.exp(-s * low) - math.exp(-s * high)) / s / (high - low)


def two_exponentials(s):
    return 0.7 / (1 + 0.6 * s) + 0.3 / (1 + 3.2 * s)


def lognormal_gap(mean_h, cv):
    sigma2 = math.log(1 + cv**2)
    law = stats.lognorm(math.sqrt(sigma2), scale=mean_h * math.exp(-sigma2 / 2))
    return lambda s: integrate.quad(lambda x: math.exp(-s * law.ppf(x)), 0, 1, limit=200)[0]


GAPS = {
    "E2": ({"erlang": {"mean": 1.4 * H, "stages": 2}}, erlang_2(1.4)),
    "constant": (1.3 * H, lambda s: math.exp(-1.3 * s)),
    "uniform": ({"uniform": {"low": 0.5 * H, "high": 2.5 * H}}, uniform_gap(0.5, 2.5)),
    "H2": (
        {
            "mixture": [
                {"weight": 0.7, "dist": {"exponential": 0.6 * H}},
                {"weight": 0.3, "dist": {"exponential": 3.2 * H}},
            ]
        },
        two_exponentials,
    ),
    "lognormal": ({"lognormal": {"mean": 1.5 * H, "cv": 0.6}}, lognormal_gap(1.5, 0.6)),
}


@pytest.mark.parametrize("name", GAPS)
def test_gm1_wait_and_share_of_waits(name):
    """Exponential service of mean 1 h: an arrival waits with probability s, then 1 / (1 - s) hours in the mean."""
    gap, transform = GAPS[name]
    s = found_busy(transform, 1.0)
    runs = records(plant(station("a"), source={"interarrival_s": gap}), 3000, 200)
    assert holds(figures(runs, WAITS), s, 0.1)
    assert holds(figures(runs, WAIT), s / (1 - s), 0.4)


@pytest.mark.parametrize(("servers", "places", "offered"), [(3, 2, 2.5), (2, 0, 1.5), (4, 3, 5.0)])
def test_mmck_losses_and_number(servers, places, offered):
    p = mmck(servers, places, offered)
    source = poisson(offered, when_full="lost")
    runs = records(plant(station("a", machines=servers, buffer=places), source=source), 1600 / offered, 50)
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), p[-1], 0.15)
    assert holds(figures(runs, of_first("number")), mean(dict(enumerate(p)), lambda n: n), 0.08)


@pytest.mark.parametrize("service", [H, {"lognormal": {"mean": H, "cv": 1.5}}])
def test_losses_without_places_do_not_depend_on_the_service_law(service):
    """M/G/c/c: Erlang's loss formula with the mean alone."""
    p = mmck(3, 0, 2.0)
    model = plant(station("a", machines=3, buffer=0, cycle_time_s=service), source=poisson(2.0, when_full="lost"))
    runs = records(model, 1400, 50)
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), p[-1], 0.15)


@pytest.mark.parametrize(("every_h", "places"), [(1.0, 1), (0.8, 3)])
def test_even_demand_that_finds_it_full_is_short(every_h, places):
    """D/M/1 with losses: the number found by orders is a chain; between two a Poisson number of parts is finished."""
    room = places + 1

    def step(found):
        there = min(found + 1, room)
        law = [math.exp(-every_h) * every_h**k / math.factorial(k) for k in range(there)]
        return [(there - k, q) for k, q in enumerate(law)] + [(0, 1 - sum(law))]

    p = chain(0, step)  # stationary law of a jump chain: each step at rate 1
    source = {"demand_per_h": 1 / every_h, "when_full": "lost"}
    runs = records(plant(station("a", buffer=places), source=source), 2000, 50)
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), p[room], 0.1)
    assert holds(figures(runs, lambda r: r["good_per_h"]), (1 - p[room]) / every_h, 0.04)


@pytest.mark.parametrize("group", [2, 5])
def test_arrivals_in_groups(group):
    """M[b]/M/1: number r (1 + b) / 2 / (1 - r)."""
    r = 0.6
    source = poisson(r / group, quantity=group)
    runs = records(plant(station("a"), source=source), 3000, 300)
    assert holds(figures(runs, of_first("number")), r * (1 + group) / 2 / (1 - r), 0.25)
    assert holds(figures(runs, lambda r: r["sources"][0]["offered_per_h"]), r, 0.06)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), (1 + group) / 2 / (1 - r), 0.25)


@pytest.mark.parametrize(("group", "places"), [(3, 2), (2, 5)])
def test_of_a_group_as_many_come_in_as_there_are_places(group, places):
    """M[b]/M/1/K: parts are lost one by one, not the group as a whole."""
    arrivals, room = 0.4, places + 1

    def moves(n):
        if n < room:
            yield min(n + group, room), arrivals
        if n:
            yield n - 1, 1.0

    p = chain(0, moves)
    source = poisson(arrivals, quantity=group, when_full="lost")
    runs = records(plant(station("a", buffer=places), source=source), 2400, 50)
    lost = mean(p, lambda n: max(0, n + group - room)) / group
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), lost, 0.15)
    assert holds(figures(runs, of_first("number")), mean(p, lambda n: n), 0.08)


def test_first_arrival_and_count():
    """First at 5 h, then each 2 h, four in all, two parts each: work 0.5 h, so the second of each leaves 1 h later."""
    source = {"interarrival_s": 2 * H, "first_s": 5 * H, "count": 4, "quantity": 2}
    (run,) = records(plant(station("a", cycle_time_s=0.5 * H), source=source), 20, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] * 20 == pytest.approx(8)
    assert line["wip"] * 20 == pytest.approx(4 * (0.5 + 1.0))
    (early,) = records(plant(station("a", cycle_time_s=0.5 * H), source=source), 5.4, replications=1)
    assert early["lines"][0]["wip"] * 5.4 == pytest.approx(2 * 0.4)
