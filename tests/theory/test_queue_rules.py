"""Who goes first, and on which machine: priority, last in first out, returns first, choice among free machines.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import math

import pytest
from flow_solvers import mg1_wait
from scipy import integrate, optimize, special
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station


def lead_h(product):
    return lambda line: next(p for p in line["products"] if p["name"] == product)["lead_time_h"]["mean"]


WAIT = {"first": lambda line: line["stations"][0]["waiting_time_h"]}


def priority_waits(arrivals, first, second):
    """Mean waits without breaking off work, most urgent class first (Cobham)."""
    residual = sum(a * s for a, s in zip(arrivals, second, strict=True)) / 2
    loads = [a * f for a, f in zip(arrivals, first, strict=True)]
    return [residual / (1 - sum(loads[:k])) / (1 - sum(loads[: k + 1])) for k in range(len(loads))]


@pytest.mark.parametrize("queue", ["priority", "fifo"])
def test_priority_of_three_products_by_shares(queue):
    """M/G/1 with classes: urgent, plain, late; constant, exponential and uniform work."""
    shares, arrivals = [0.2, 0.5, 0.3], 0.75
    each = [arrivals * s for s in shares]
    first, second = [0.5, 1.0, 1.2], [0.25, 2.0, 1.2**2 + 1.6**2 / 12]
    work = {"late": {"uniform": {"low": 0.4 * H, "high": 2.0 * H}}, "plain": {"exponential": H}, "urgent": 0.5 * H}
    model = plant(
        station("a", queue=queue, cycle_time_s=work),
        source=poisson(arrivals),
        mix={"shares": dict(zip(["urgent", "plain", "late"], shares, strict=True))},
        products=[
            {"name": "late", "priority": 4},
            {"name": "plain", "priority": 0},
            {"name": "urgent", "priority": -1},
        ],
    )
    waits = priority_waits(each, first, second)
    if queue == "fifo":
        second_moment = sum(s * m for s, m in zip(shares, second, strict=True))
        waits = [mg1_wait(arrivals, sum(s * f for s, f in zip(shares, first, strict=True)), second_moment)] * 3
    runs = records(model, 2400, 300)
    for n, name in enumerate(["urgent", "plain", "late"]):
        assert holds(figures(runs, lead_h(name)), waits[n] + first[n], 0.35)


def test_priority_with_a_source_for_each_product():
    arrivals = [0.3, 0.4]
    model = plant(
        station("a", queue="priority"),
        source=[poisson(arrivals[1], product="q", to="a"), poisson(arrivals[0], product="p", to="a")],
        mix={"sequence": ["p", "q"]},
        products=[{"name": "p", "priority": 1}, {"name": "q", "priority": 2}],
    )
    runs = records(model, 2400, 300)
    for name, wait in zip("pq", priority_waits(arrivals, [1, 1], [2, 2]), strict=True):
        assert holds(figures(runs, lead_h(name)), wait + 1, 0.35)


def busy_beyond(load, x):
    """Probability that a busy period of M/M/1 (mean work 1) is longer than x."""

    def density(t):
        z = 2 * t * math.sqrt(load)
        return special.ive(1, z) * math.exp(z - (1 + load) * t) / t / math.sqrt(load)

    return 1 - integrate.quad(density, 0, x, limit=500)[0]


def test_last_in_first_out_has_the_same_mean_wait_and_longer_tails():
    """Who waits at LIFO M/M/1 waits for a busy period: it begins with the rest of the work under way."""
    load = 0.6
    late = optimize.brentq(lambda x: load * busy_beyond(load, x) - 0.1, 0.5, 200)
    plain = math.log(load / 0.1) / (1 - load)
    assert late < 0.9 * plain  # more of those who wait are soon served ..
    last = optimize.brentq(lambda x: load * busy_beyond(load, x) - 0.01, 0.5, 400)
    assert last > 1.3 * math.log(load / 0.01) / (1 - load)  # .. and a few much later
    for queue, p90, p99 in (("lifo", late, last), ("fifo", plain, math.log(load / 0.01) / (1 - load))):
        runs = records(plant(station("a", queue=queue), source=poisson(load)), 3000, 300)
        waits = figures(runs, WAIT["first"])
        assert holds([w["mean"] for w in waits], load / (1 - load), 0.25)
        assert holds([w["positive_share"] for w in waits], load, 0.06)
        assert holds([w["p90"] for w in waits], p90, 0.25)
        assert holds([w["p99"] for w in waits], p99, 0.35)


def test_returns_first_serves_a_part_to_its_end():
    """Constant work, repeated with probability f: M/G/1 with a geometric number of works; returns never wait."""
    again, work, arrivals = 0.4, 0.6, 0.6
    first, second = work / (1 - again), work**2 * (1 + again) / (1 - again) ** 2
    route = {"a": again, "exit": 1 - again}
    model = plant(station("a", cycle_time_s=work * H, queue="returns_first", next=route), source=poisson(arrivals))
    runs = records(model, 2400, 200)
    wait = mg1_wait(arrivals, first, second)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), wait + first, 0.2)
    assert holds(figures(runs, lambda r: WAIT["first"](r)["mean"]), wait * (1 - again), 0.25)
    assert holds(figures(runs, lambda r: WAIT["first"](r)["positive_share"]), arrivals * first * (1 - again), 0.08)


def test_returns_first_goes_before_priority():
    """Two products; a return of the less urgent goes before a first visit of the more urgent.

    Exponential work is then geometric sums of it, exponential too: priority without breaking off, class by class.
    """
    again, arrivals = 0.5, [0.3, 0.4]
    model = plant(
        station("a", 0.5, queue="returns_first", next={"a": again, "exit": 1 - again}),
        source=[poisson(arrivals[0], product="p", to="a"), poisson(arrivals[1], product="q", to="a")],
        mix={"sequence": ["p", "q"]},
        products=[{"name": "p", "priority": 0}, {"name": "q", "priority": 5}],
    )
    runs = records(model, 2400, 300)
    for name, wait in zip("pq", priority_waits(arrivals, [1, 1], [2, 2]), strict=True):
        assert holds(figures(runs, lead_h(name)), wait + 1, 0.35)


def two_unlike(rule, arrivals, rates, cut=80):
    """M/M/2 with unlike machines; state: (waiting, machines at work in order of having begun to be idle or at work).

    Idle machines are held in the order in which they became idle; who chooses by place in the file ignores it.
    """

    def moves(state):
        waiting, busy, idle = state
        if not idle:
            if waiting < cut:
                yield (waiting + 1, busy, idle), arrivals
        else:
            first = {"first_listed": [min(idle)], "longest_idle": [idle[0]], "random": list(idle)}[rule]
            for chosen in first:
                rest = tuple(m for m in idle if m != chosen)
                yield (0, tuple(sorted({*busy, chosen})), rest), arrivals / len(first)
        for m in busy:
            if waiting:
                yield (waiting - 1, busy, idle), rates[m]
            else:
                yield (0, tuple(b for b in busy if b != m), (*idle, m)), rates[m]

    return chain((0, (), (0, 1)), moves)


@pytest.mark.parametrize("rule", ["first_listed", "longest_idle", "random"])
@pytest.mark.parametrize("rates", [(1.6, 0.5), (0.5, 1.6)])
def test_choice_between_two_unlike_machines(rule, rates):
    arrivals = 1.0
    p = two_unlike(rule, arrivals, rates)
    machines = [{"name": f"m{n}", "cycle_time_s": {"exponential": H / r}} for n, r in enumerate(rates)]
    model = plant(station("a", machines=machines, choose_machine=rule), source=poisson(arrivals))
    runs = records(model, 1600, 100)
    for m in (0, 1):
        busy = mean(p, lambda s, m=m: m in s[1])
        states = figures(runs, lambda r, m=m: r["stations"][0]["machine"][m]["states"]["processing"])
        assert holds(states, busy, 0.06)
    number = mean(p, lambda s: s[0] + len(s[1]))
    assert holds(figures(runs, lambda r: r["stations"][0]["number"]), number, 0.15)


def test_first_listed_differs_from_the_others_by_the_chain():
    busy = {rule: mean(two_unlike(rule, 1.0, (1.6, 0.5)), lambda s: 0 in s[1]) for rule in ("first_listed", "random")}
    assert busy["first_listed"] > 1.1 * busy["random"]


def test_longest_idle_takes_turns_where_random_throws_dice():
    """Both have the same chain above. Parts every 2 h, work of 1 h, both machines idle whenever a part comes.

    Of n = 400 parts the first machine gets all, each second, or a binomial number: variance n / 4 = 100, and a
    squared distance from n / 2 whose own mean is that.
    """
    for rule in ("first_listed", "longest_idle", "random"):
        model = plant(
            station("a", machines=2, choose_machine=rule, cycle_time_s=H),
            source={"interarrival_s": 2 * H, "count": 400},
        )
        runs = records(model, 900, replications=1 if rule != "random" else 200)
        units = figures(runs, lambda r: r["stations"][0]["machine"][0]["units"])
        if rule == "random":
            assert holds(units, 200, 0.025)
            assert holds([(u - 200) ** 2 for u in units], 100, 0.6)
        else:
            assert units == [400 if rule == "first_listed" else 200]
