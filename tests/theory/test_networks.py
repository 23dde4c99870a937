"""Open networks: branches by share, by product, in turn; rework; travel between stations; arrivals by profile and list.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import numpy as np
import pytest
from flow_solvers import erlang_c, found_busy
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station

TWO = [{"name": "p"}, {"name": "q"}]


def visits(shares, entry):
    """Visits per arrival from the traffic equations; ``shares[i][j]``: share of what leaves i that goes to j."""
    return np.linalg.solve(np.eye(len(entry)) - np.asarray(shares).T, entry)


def holds_as_jackson(runs, arrivals, visits, service, servers=None):
    """Every station is an M/M/c of its own; its number, its visits, and the lead time by Little's law."""
    total = 0.0
    for n, (v, s) in enumerate(zip(visits, service, strict=True)):
        c, offered = (servers[n] if servers else 1), arrivals * v * s
        number = offered + erlang_c(c, offered) * offered / (c - offered)
        total += number
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["number"]), number, 0.4)
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"]), arrivals * v, 0.08)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), total / arrivals, 0.25)
    return True


JACKSON = {
    "fork": ([[0, 0.3, 0.5], [0, 0, 0], [0.25, 0, 0]], [0.8, 1.6, 1.1], [1, 1, 1]),
    "loops": ([[0, 1, 0], [0.2, 0, 0.8], [0.1, 0.15, 0]], [0.7, 0.6, 0.8], [1, 1, 1]),
    "several machines": ([[0.1, 0.4, 0.5], [0.2, 0, 0.3], [0, 0, 0]], [2.2, 1.0, 4.0], [3, 1, 4]),
}


@pytest.mark.parametrize("name", JACKSON)
def test_branches_by_share_and_rework_make_a_jackson_network(name):
    shares, service, machines = JACKSON[name]
    arrivals, names = 0.5, ["a", "b", "c"]
    stations = []
    for own, row, mean_h, count in zip(names, shares, service, machines, strict=True):
        route = {to: share for to, share in zip(names, row, strict=True) if share}
        leaves = 1 - sum(row)
        route |= {"exit": leaves} if leaves > 1e-9 else {}
        stations.append(station(own, mean_h, next=route, machines=count))
    runs = records(plant(*stations, source=poisson(arrivals)), 3000, 300)
    assert holds_as_jackson(runs, arrivals, visits(shares, [1, 0, 0]), service, machines)


def test_branches_by_product():
    """p passes a, b, c; q passes a and then half b, half c: two classes with the same work at each station."""
    arrivals, share = 0.6, 0.7
    model = plant(
        station("a", 1.0, next={"p": "b", "q": {"b": 0.5, "c": 0.5}}),
        station("b", 0.9, next={"p": "c", "q": "exit"}),
        station("c", 1.1),
        source=poisson(arrivals),
        mix={"shares": {"p": share, "q": 1 - share}},
        products=TWO,
    )
    at_b = share + (1 - share) / 2
    runs = records(model, 3000, 300)
    assert holds_as_jackson(runs, arrivals, [1, at_b, at_b], [1.0, 0.9, 1.1])
    times = [s / (1 - arrivals * v * s) for s, v in zip([1.0, 0.9, 1.1], [1, at_b, at_b], strict=True)]
    assert holds(figures(runs, lambda r: r["products"][0]["lead_time_h"]["mean"]), sum(times), 0.25)
    other = times[0] + (times[1] + times[2]) / 2
    assert holds(figures(runs, lambda r: r["products"][1]["lead_time_h"]["mean"]), other, 0.25)


def test_each_second_part_of_a_poisson_stream_is_an_erlang_stream():
    """What leaves an M/M/1 is Poisson (Burke); b gets each second part, c each fourth: E2/M/1 and E4/M/1."""
    arrivals = 1.2
    model = plant(
        station("a", 0.5, next={"sequence": ["b", "c", "b", "d"]}),
        station("b", 1.0, next="exit"),
        station("c", 2.0, next="exit"),
        station("d", 1.0),
        source=poisson(arrivals),
    )
    runs = records(model, 2400, 200)
    for n, stages, service in ((1, 2, 1.0), (2, 4, 2.0), (3, 4, 1.0)):
        s = found_busy(lambda x, k=stages: (arrivals / (arrivals + x)) ** k, 1 / service)
        waits = figures(runs, lambda r, n=n: r["stations"][n]["waiting_time_h"])
        assert holds([w["positive_share"] for w in waits], s, 0.15)
        assert holds([w["mean"] for w in waits], service * s / (1 - s), 0.35)


def test_routes_in_turn_for_one_product_and_by_share_to_scrap_for_another():
    """A part each hour, p and q in turn: p goes b, b, c; of q a quarter is scrapped and the rest leaves good."""
    model = plant(
        station("a", cycle_time_s=H, next={"p": {"sequence": ["b", "b", "c"]}, "q": {"exit": 0.75, "scrap": 0.25}}),
        station("b", cycle_time_s=0.1 * H, next="exit"),
        station("c", cycle_time_s=0.1 * H),
        mix={"sequence": ["p", "q"]},
        products=TWO,
    )
    runs = records(model, 1201, 1)
    for n, per_h in ((0, 1.0), (1, 1 / 3), (2, 1 / 6)):
        counted = figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"] * 1200)
        assert counted == pytest.approx([1200 * per_h] * len(runs), abs=1.01)
    assert holds(figures(runs, lambda r: r["products"][1]["good_per_h"]), 0.5 * 0.75, 0.025)
    assert figures(runs, lambda r: r["throughput_per_h"]) == pytest.approx([1.0] * len(runs), abs=1e-3)


@pytest.mark.parametrize("travel", [2 * H, {"lognormal": {"mean": 2 * H, "cv": 1.2}}])
def test_time_on_the_way_adds_to_the_lead_time_alone(travel):
    """M/M/1, then a delay for any number at once (Poisson again), then M/M/1."""
    arrivals = 0.6
    runs = records(plant(station("a", transfer_s=travel), station("b"), source=poisson(arrivals)), 2400, 200)
    queue = arrivals / (1 - arrivals)
    lead = 2 * queue / arrivals + 2
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), lead, 0.15)
    assert holds(figures(runs, lambda r: r["wip"]), arrivals * lead, 0.2)
    for n in (0, 1):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["waiting_time_h"]["mean"]), queue, 0.35)


def test_a_part_on_the_way_holds_its_place():
    """Saturated, no places at b, all exponential: while a part travels b is kept for it and a is blocked.

    State: a works or is blocked; b is free, waited for, or works.
    """
    mu_a, mu_b, way = 1.0, 1.5, 2.0

    def moves(state):
        a, b = state
        if a == "works":
            yield ("works", "awaits") if b == "free" else ("blocked", b), mu_a
        if b == "awaits":
            yield (a, "works"), way
        if b == "works":
            yield ("works", "awaits") if a == "blocked" else (a, "free"), mu_b

    p = chain(("works", "free"), moves)
    model = plant(station("a", 1 / mu_a, transfer_s={"exponential": H / way}), station("b", 1 / mu_b, buffer=0))
    runs = records(model, 1400, 50)
    assert holds(figures(runs, lambda r: r["good_per_h"]), mean(p, lambda s: s[1] == "works") * mu_b, 0.04)
    blocked = mean(p, lambda s: s[0] == "blocked")
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["blocked"]), blocked, 0.06)


@pytest.mark.parametrize("hours", [10, 24, 40])
def test_profile_is_a_poisson_stream_of_changing_rate(hours):
    """8 an hour from 8 to 12, 3 from 12 to 20, none else: mean and variance of the count up to some hour."""
    profile = [{"hours": "08:00-12:00", "per_h": 8}, {"hours": "12:00-20:00", "per_h": 3}]
    model = plant(station("a", cycle_time_s=1), source={"profile": profile}, run={"start": "2026-01-05T00:00:00"})
    expected = {10: 16, 24: 32 + 24, 40: 32 + 24 + 32 + 12}[hours]
    runs = records(model, hours, replications=400)
    counts = [round(n * hours) for n in figures(runs, lambda r: r["sources"][0]["offered_per_h"])]
    assert holds(counts, expected, 0.08)
    assert holds([(n - expected) ** 2 for n in counts], expected, 0.4)


def test_profile_with_machines_for_all():
    """Number at work at M(t)/G/infinity: from 8 to 12 the mean is r (1 - exp(-t)), work exponential, mean 1 h."""
    rate = 6.0
    source = {"profile": [{"hours": "08:00-12:00", "per_h": rate}]}
    model = plant(station("a", machines=26), source=source, run={"start": "2026-01-05T00:00:00"})
    grown = rate * (4 - (1 - np.exp(-4)))
    fallen = rate * (1 - np.exp(-4)) * (1 - np.exp(-8))
    runs = records(model, 12, 8, replications=120)
    assert holds(figures(runs, lambda r: r["wip"]), grown / 4, 0.12)
    runs = records(model, 20, replications=100)
    assert holds(figures(runs, lambda r: r["wip"]), (grown + fallen) / 20, 0.12)


def test_listed_arrivals_with_product_and_quantity():
    """Work of 1 h each: 3 of p at 0, 2 of q at 1.5, one p at 9; they leave at 1 to 5, and at 10."""
    listed = [
        {"time_s": 0, "product": "p", "quantity": 3},
        {"time_s": 1.5 * H, "product": "q", "quantity": 2},
        {"time_s": 9 * H, "product": "p"},
    ]
    (run,) = records(
        plant(station("a", cycle_time_s=H), source={"arrivals_s": listed}, products=TWO), 12, replications=1
    )
    line = run["lines"][0]
    made = {p["name"]: p for p in line["products"]}
    assert made["p"]["throughput_per_h"] * 12 == pytest.approx(4)
    assert made["q"]["throughput_per_h"] * 12 == pytest.approx(2)
    assert made["p"]["lead_time_h"]["mean"] == pytest.approx((1 + 2 + 3 + 1) / 4)
    assert made["q"]["lead_time_h"]["mean"] == pytest.approx((2.5 + 3.5) / 2)
    assert line["wip"] * 12 == pytest.approx(1 + 2 + 3 + 1 + 2.5 + 3.5)
    assert line["stations"][0]["waiting_time_h"]["mean"] == pytest.approx((0 + 1 + 2 + 1.5 + 2.5 + 0) / 6)
