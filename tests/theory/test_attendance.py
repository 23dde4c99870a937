"""People who walk round: the patrol of Mack, Murphy and Webb, with one and with many heads per machine.

Error rate of each comparison: see theory_tools.holds.
"""

import itertools
import math

import numpy as np
import pytest
from stop_tools import crew, finite_source, services_per_h, state, stops_per_h
from theory_tools import H, figures, holds, plant, records, station


def found(machines, fail, walk_h, service_h):
    """Share of arrivals at which the one who walks finds the machine stopped.

    Mack, Murphy and Webb, "The efficiency of N machines uni-directionally patrolled by one operative when walking time
    and repair times are constants", J. R. Statist. Soc. B 19 (1957) 166-172: of the last N - 1 arrivals s found a
    stop with weight C(N-1, s) prod_{i<s} (exp(fail (N walk + i service)) - 1) exp(fail service); the next machine ran
    through with probability exp(-fail (N walk + s service)).
    """
    weight, total, stopped = 1.0, 0.0, 0.0
    for s in range(machines):
        away = fail * (machines * walk_h + s * service_h)
        share = math.comb(machines - 1, s) * weight
        total += share
        stopped += share * -math.expm1(-away)
        weight *= math.expm1(away) * math.exp(fail * service_h)
    return stopped / total


def rounds(machines, heads, fail, walk_h, service_h):
    """Mean number of heads found stopped at an arrival: stationary over the counts found at the last N arrivals.

    A head that ran is seen again after the services here, the round and the other machines' services; the i-th of d
    heads set going again has run for d - i services less the first i. Constant times, memoryless heads.
    """
    states = list(itertools.product(range(heads + 1), repeat=machines))  # oldest first: the oldest is this machine
    index = {s: i for i, s in enumerate(states)}
    step = np.zeros((len(states), len(states)))
    for s in states:
        before, others = s[0], sum(s[1:])
        away = machines * walk_h + others * service_h
        ran = [away + (before - i) * service_h for i in range(1, before + 1)]
        ran += [away + before * service_h] * (heads - before)
        count = np.array([1.0])
        for hours in ran:
            stops = -math.expm1(-fail * hours)
            count = np.convolve(count, [1 - stops, stops])
        for now, p in enumerate(count):
            step[index[s], index[(*s[1:], now)]] += p
    balance = np.vstack([(step.T - np.eye(len(states)))[:-1], np.ones(len(states))])
    p = np.linalg.solve(balance, np.eye(len(states))[-1])
    return sum(q * s[-1] for s, q in zip(states, p, strict=True))


@pytest.mark.parametrize(
    ("machines", "fail", "walk_h", "service_h"), [(1, 0.7, 0.5, 1.0), (2, 1.1, 0.2, 0.3), (5, 0.5, 0.1, 0.2)]
)
def test_the_formula_is_the_stationary_round(machines, fail, walk_h, service_h):
    assert rounds(machines, 1, fail, walk_h, service_h) == pytest.approx(found(machines, fail, walk_h, service_h))


def test_a_patrol_without_walks_would_be_a_call():
    """As the walk shrinks, services per hour go to those of Palm and Ashcroft: whom one serves first is no matter."""
    stops = found(6, 0.3, 1e-9, 0.5)
    assert stops / (1e-9 + stops * 0.5) == pytest.approx(services_per_h(6, 0.3, 0.5), rel=1e-6)


def patrolled(machines, heads, fail, walk_h, service_h, **fields):
    scope = {"scope": "head"} if heads > 1 else {}
    mode = {"ttf_h": {"exponential": 1 / fail}, "ttr_h": service_h, "crew": "p"} | scope
    people = {"size": 1, "rule": "patrol", "walk_s": walk_h * H}
    work = station("a", cycle_time_s=40 * H, machines=machines, heads=heads, failures=[mode])
    return plant(work | fields, crews={"p": people})


@pytest.mark.parametrize(
    ("machines", "fail", "walk_h", "service_h"),
    [(1, 0.8, 0.6, 0.5), (4, 0.4, 0.1, 0.5), (8, 0.1, 0.25, 0.25), (12, 0.2, 0.05, 0.3)],
)
def test_one_person_on_patrol_round_n_machines(machines, fail, walk_h, service_h):
    stops = found(machines, fail, walk_h, service_h)
    arrival_h = walk_h + stops * service_h
    runs = records(patrolled(machines, 1, fail, walk_h, service_h), 1500, 50, 10)
    per_h = stops / arrival_h
    assert holds(figures(runs, stops_per_h()), per_h, 0.06)
    assert holds(figures(runs, state("processing")), per_h / fail / machines, 0.05)
    assert holds(crew(runs, "utilisation"), per_h * service_h, 0.06)
    assert holds(crew(runs, "rounds_per_h"), 1 / (machines * arrival_h), 0.05)
    wait_h = machines / per_h - 1 / fail - service_h
    assert holds(figures(runs, lambda r: r["stations"][0]["stops"][0]["mean_wait_h"]), wait_h, 0.05)


@pytest.mark.parametrize(
    ("machines", "heads", "fail", "walk_h", "service_h"),
    [(1, 6, 0.5, 0.4, 0.15), (2, 4, 0.6, 0.2, 0.2), (3, 3, 0.4, 0.3, 0.3)],
)
def test_one_person_on_patrol_round_machines_of_many_heads(machines, heads, fail, walk_h, service_h):
    """Heads that stop while others of the machine are served wait for the next round."""
    stops = rounds(machines, heads, fail, walk_h, service_h)
    per_h = stops / (walk_h + stops * service_h)
    model = patrolled(machines, heads, fail, walk_h, service_h, cycle_time_s=H)
    runs = records(model, 800, 20, 10)
    assert holds(figures(runs, stops_per_h()), per_h, 0.045)
    assert holds(figures(runs, lambda r: r["good_per_h"]), per_h / fail / heads, 0.045)
    assert holds(crew(runs, "utilisation"), per_h * service_h, 0.045)


def test_walking_costs_output_against_a_call():
    """The same piecer called to the heads does more, by both formulas and in the simulation."""
    fail, service_h, heads = 0.5, 0.15, 6
    stops = rounds(1, heads, fail, 0.4, service_h)
    patrol = stops / (0.4 + stops * service_h)
    call = services_per_h(heads, fail, service_h)
    assert call > 1.05 * patrol
    mode = {"scope": "head", "ttf_h": {"exponential": 1 / fail}, "ttr_h": service_h, "crew": "p"}
    runs = records(plant(station("a", cycle_time_s=H, heads=heads, failures=[mode]), crews={"p": 1}), 800, 20, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), call / fail / heads, 0.02)


def test_as_many_people_as_machines_by_call_are_one_for_each_head_that_stops():
    """With a person for every head nothing waits: heads run fail-free for 1 / fail and stop for the service."""
    fail, service_h = 0.5, 0.2
    mode = {"scope": "head", "ttf_h": {"exponential": 1 / fail}, "ttr_h": service_h, "crew": "p"}
    runs = records(plant(station("a", cycle_time_s=H, heads=4, failures=[mode]), crews={"p": 4}), 400, 20, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 1 / (1 + fail * service_h), 0.02)


@pytest.mark.parametrize("people", [1, 2])
def test_piecers_by_call_whatever_the_frame(people):
    """Twelve heads on three frames: M/M/r//12, the frames' outputs alike."""
    fail, service = 0.3, 2.0
    p = finite_source(12, people, fail, service)
    up = 12 - p @ np.arange(13)
    mode = {"scope": "head", "ttf_h": {"exponential": 1 / fail}, "ttr_h": {"exponential": 1 / service}, "crew": "p"}
    model = plant(station("a", cycle_time_s=H, machines=3, heads=4, failures=[mode]), crews={"p": people})
    runs = records(model, 400, 20, 12)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 3 * up / 12, 0.1)
    assert holds(figures(runs, stops_per_h()), fail * up, 0.1)
