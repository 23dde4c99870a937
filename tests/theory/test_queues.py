"""Single stations against queueing theory; error rate of each comparison: see theory_tools.holds."""

import math

import pytest
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station


def first(key):
    return lambda line: line["stations"][0][key]


def wait_h(line):
    return line["stations"][0]["waiting_time_h"]["mean"]


def test_mm1_number_time_and_wait():
    rho = 0.6
    runs = records(plant(station("a"), source=poisson(rho)), 2500, 300)
    assert holds(figures(runs, first("number")), rho / (1 - rho), 0.35)
    assert holds(figures(runs, lambda r: r["wip"]), rho / (1 - rho), 0.35)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), 1 / (1 - rho), 0.35)
    assert holds(figures(runs, wait_h), rho / (1 - rho), 0.35)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["positive_share"]), rho, 0.05)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), rho, 0.05)


def test_mm1_quantiles_of_the_lead_time():
    """The time in an M/M/1 is exponential with rate mu - lambda."""
    runs = records(plant(station("a"), source=poisson(0.5)), 2500, 300, seed=2)
    for key, p in (("p50", 0.5), ("p90", 0.9)):
        assert holds(figures(runs, lambda r, key=key: r["lead_time_h"][key]), -math.log(1 - p) / 0.5, 0.35)


def test_mmc_erlang_c():
    c, offered = 3, 2.1
    rho = offered / c
    tail = offered**c / math.factorial(c) / (1 - rho)
    waits = tail / (sum(offered**k / math.factorial(k) for k in range(c)) + tail)
    runs = records(plant(station("a", machines=c), source=poisson(offered)), 1200, 100)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["positive_share"]), waits, 0.15)
    assert holds(figures(runs, wait_h), waits / (c - offered), 0.35)
    assert holds(figures(runs, first("queue_length")), waits * offered / (c - offered), 0.35)


@pytest.mark.parametrize(("load", "places"), [(0.8, 2), (1.5, 0), (1.0, 4)])
def test_mm1k_arrivals_that_find_it_full_are_lost(load, places):
    p = [load**n for n in range(places + 2)]
    lost = p[-1] / sum(p)
    source = poisson(load, when_full="lost")
    runs = records(plant(station("a", buffer=places), source=source), 1500, 100)
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), lost, 0.2)
    assert holds(figures(runs, first("number")), sum(n * q for n, q in enumerate(p)) / sum(p), 0.2)


def test_waiting_outside_changes_nothing_for_the_one_who_waits():
    """M/M/1 with two places in front and the rest outside: the same number in the system."""
    runs = records(plant(station("a", buffer=2), source=poisson(0.6, when_full="wait")), 2500, 300)
    assert holds(figures(runs, lambda r: r["wip"]), 1.5, 0.35)


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.5])
def test_mg1_pollaczek_khinchine(cv):
    rho = 0.6
    work = station("a", cycle_time_s={"lognormal": {"mean": H, "cv": cv}})
    runs = records(plant(work, source=poisson(rho)), 2000, 200, seed=3)
    assert holds(figures(runs, wait_h), rho * (1 + cv**2) / 2 / (1 - rho), 0.5 if cv > 1 else 0.3)


def test_md1_with_a_constant():
    runs = records(plant(station("a", cycle_time_s=H), source=poisson(0.7)), 2000, 200)
    assert holds(figures(runs, first("queue_length")), 0.7**2 / 2 / 0.3, 0.3)


def test_random_product_mix_is_a_mixture_of_service_times():
    """Two products with exponential times: hyperexponential service, Pollaczek-Khinchine."""
    share, short, long = 0.75, 0.4, 1.6
    work = station("a", cycle_time_s={"p": {"exponential": short * H}, "q": {"exponential": long * H}})
    model = plant(
        work,
        source=poisson(0.8),
        mix={"shares": {"p": share, "q": 1 - share}},
        products=[{"name": "p"}, {"name": "q"}],
    )
    first_moment = share * short + (1 - share) * long
    second_moment = 2 * (share * short**2 + (1 - share) * long**2)
    runs = records(model, 2000, 200)
    assert holds(figures(runs, wait_h), 0.8 * second_moment / 2 / (1 - 0.8 * first_moment), 0.35)
    assert holds(figures(runs, lambda r: r["products"][0]["throughput_per_h"]), 0.8 * share, 0.05)


def test_feedback_queue_is_a_queue_with_more_arrivals():
    again = 0.25
    rho = 0.5 / (1 - again)
    runs = records(plant(station("a", next={"a": again, "exit": 1 - again}), source=poisson(0.5)), 1500, 150)
    assert holds(figures(runs, first("number")), rho / (1 - rho), 0.3)
    assert holds(figures(runs, first("visits_per_h")), 0.5 / (1 - again), 0.05)


def test_rework_to_an_earlier_station_is_a_jackson_network():
    """Station b sends one part in five back to a; both are then M/M/1 queues of their own."""
    a, b = station("a"), station("b", 0.8, next={"a": 0.2, "exit": 0.8})
    runs = records(plant(a, b, source=poisson(0.5)), 1500, 150)
    for n, mean_h in enumerate((1.0, 0.8)):
        rho = 0.5 / 0.8 * mean_h
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["number"]), rho / (1 - rho), 0.3)


@pytest.mark.parametrize(("least", "most"), [(1, 3), (2, 4), (3, 3)])
def test_batch_station_is_a_bulk_service_queue(least, most):
    """Poisson arrivals, exponential charges of `least` to `most` parts; the chain is cut far out in the tail."""
    arrivals, rate, cut = 1.5, 1.0, 120

    def moves(state):
        waiting, busy = state
        if waiting < cut:
            grown = waiting + 1
            start = not busy and grown >= least
            yield ((grown - min(grown, most), True) if start else (grown, busy)), arrivals
        if busy:
            yield (((waiting - min(waiting, most), True) if waiting >= least else (waiting, False)), rate)

    p = chain((0, False), moves)
    work = station("a", kind="batch", capacity=most, min_load=least)
    runs = records(plant(work, source=poisson(arrivals)), 1500, 150)
    assert holds(figures(runs, first("queue_length")), mean(p, lambda s: s[0]), 0.3)
    busy = mean(p, lambda s: s[1])
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), busy, 0.05)
    assert holds(figures(runs, first("mean_load")), arrivals / (busy * rate), 0.05)
