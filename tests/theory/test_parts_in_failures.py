"""What a failure does to parts: resume, restart, scrap; finished parts on failed machines; parts put on them.

Error rate of each comparison: see theory_tools.holds.
"""

import math
from itertools import pairwise

import pytest
from stop_tools import failing, state, stops_per_h, wait_in_queue
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station

FAIL = 0.25
REPAIR_H = 1.5


def breaking(part, **fields):
    return failing(FAIL, 1 / REPAIR_H, part=part) | fields


def output(line):
    return line["good_per_h"]


CYCLES = {
    "constant": (2 * H, lambda s: math.exp(2 * s), 2.0),
    "uniform": (
        {"uniform": {"low": 0.5 * H, "high": 6 * H}},
        lambda s: (math.exp(6 * s) - math.exp(0.5 * s)) / (5.5 * s),
        3.25,
    ),
    "two values": (
        {"empirical": {"values": [H, 5 * H], "weights": [3, 1]}},
        lambda s: 0.75 * math.exp(s) + 0.25 * math.exp(5 * s),
        2.0,
    ),
}


@pytest.mark.parametrize("cycle", CYCLES)
def test_resumed_parts_lose_the_repairs_only(cycle):
    dist, _, cycle_h = CYCLES[cycle]
    runs = records(plant(station("a", cycle_time_s=dist, failures=[breaking("resume")])), 3000, 50)
    assert holds(figures(runs, output), 1 / (cycle_h * (1 + FAIL * REPAIR_H)), 0.03)


@pytest.mark.parametrize("cycle", CYCLES)
def test_restarted_parts_take_the_same_time_again(cycle):
    """Mean time to finish a part of length c: (1 / fail + repair) (exp(fail c) - 1); c is drawn once."""
    dist, growth, _ = CYCLES[cycle]
    exact = 1 / ((1 / FAIL + REPAIR_H) * (growth(FAIL) - 1))
    drawn_anew = growth(-FAIL) / ((1 - growth(-FAIL)) * (1 / FAIL + REPAIR_H))
    assert cycle == "constant" or drawn_anew > 1.1 * exact  # would be seen
    runs = records(plant(station("a", cycle_time_s=dist, failures=[breaking("restart")])), 5000, 50)
    assert holds(figures(runs, output), exact, 0.05)
    work = 1 / (1 + FAIL * REPAIR_H)
    assert holds(figures(runs, state("processing")), work, 0.02)


@pytest.mark.parametrize("cycle", CYCLES)
def test_scrapped_parts_yield_the_chance_to_live_through_the_work(cycle):
    """Good with probability exp(-fail c); a failure ends the part and takes a repair."""
    dist, growth, _ = CYCLES[cycle]
    good = growth(-FAIL)
    per_part = (1 - good) * (1 / FAIL + REPAIR_H)  # work up to the end or the failure, and the repair
    runs = records(plant(station("a", cycle_time_s=dist, failures=[breaking("scrap")])), 3000, 50)
    assert holds(figures(runs, output), good / per_part, 0.04)
    assert holds(figures(runs, stops_per_h()), (1 - good) / per_part, 0.04)
    assert holds(figures(runs, lambda r: r["throughput_per_h"]), 1 / per_part, 0.03)


def test_a_restart_by_weibull_failures():
    """The clock is new after each repair, but not after each part: uptimes are cut into parts of c.

    An uptime X begins with a part begun anew; floor(X / c) parts come out of it.
    """
    scale, shape, cycle_h, repair_h = 12.0, 2.2, 5.0, 2.0
    parts = sum(math.exp(-((k * cycle_h / scale) ** shape)) for k in range(1, 20))
    uptime = scale * math.gamma(1 + 1 / shape)
    mode = {"ttf_h": {"weibull": {"scale": scale, "shape": shape}}, "ttr_h": repair_h, "part": "restart"}
    runs = records(plant(station("a", cycle_time_s=cycle_h * H, failures=[mode])), 8000, 0)
    assert holds(figures(runs, output), parts / (uptime + repair_h), 0.03)


def occupied(part, work_h):
    """Mean and second moment of the time a part of constant work keeps the machine, repairs included."""
    again = math.exp(-FAIL * work_h)
    if part == "resume":  # Poisson(fail work) repairs
        n = FAIL * work_h
        return work_h + n * REPAIR_H, (work_h + n * REPAIR_H) ** 2 + n * 2 * REPAIR_H**2
    lost = 1 / FAIL - work_h * again / (1 - again)  # mean of a time to failure below the work
    lost2 = (2 / FAIL**2 - again * (work_h**2 + 2 * work_h / FAIL + 2 / FAIL**2)) / (1 - again)
    once, spread = lost + REPAIR_H, lost2 - lost**2 + REPAIR_H**2
    if part == "restart":  # a geometric number of attempts that fail
        n, var_n = (1 - again) / again, (1 - again) / again**2
        first = work_h + n * once
        return first, first**2 + n * spread + var_n * once**2
    first = again * work_h + (1 - again) * once
    return first, again * work_h**2 + (1 - again) * (spread + once**2)


@pytest.mark.parametrize("part", ["resume", "restart", "scrap"])
def test_failures_make_a_queue_longer(part):
    """M/G/1: the part, its repeats and its repairs are one service (a repair goes on when its part is scrapped)."""
    rate, work_h = 0.15, 2.0
    service, second = occupied(part, work_h)
    wait = wait_in_queue(rate, service, second)
    runs = records(
        plant(station("a", cycle_time_s=work_h * H, failures=[breaking(part)]), source=poisson(rate)), 8000, 500, 15
    )
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), wait, 0.25)
    assert holds(figures(runs, state("starved")), 1 - rate * service, 0.06)


# finished parts on failed machines, parts put on failed machines: two machines on calendar clocks


def settle(line, places, releases, accepts):
    """Move parts until nothing moves. Line: (first part, first up, waiting, second part, second up);
    part 0 none, 1 in work, 2 finished (the second hands over at once unless it is failed)."""
    a, up_a, waiting, b, up_b = line
    while True:
        before = a, waiting, b
        if b == 2 and (up_b or releases):
            b = 0
        if b == 0 and waiting and (up_b or accepts):
            waiting, b = waiting - 1, 1
        if a == 2 and (up_a or releases):
            if waiting < places:
                a, waiting = 0, waiting + 1
            elif places == 0 and b == 0 and (up_b or accepts):
                a, b = 0, 1
        if a == 0 and (up_a or accepts):
            a = 1
        if before == (a, waiting, b):
            return a, up_a, waiting, b, up_b


def two_machines(rates, fail, repair, places, releases, accepts):
    def moves(s):
        a, up_a, waiting, b, up_b = s

        def to(*line):
            return settle(line, places, releases, accepts)

        if a == 1 and up_a:
            yield to(2, up_a, waiting, b, up_b), rates[0]
        if b == 1 and up_b:
            yield to(a, up_a, waiting, 2, up_b), rates[1]
        yield to(a, 1 - up_a, waiting, b, up_b), fail[0] if up_a else repair[0]
        yield to(a, up_a, waiting, b, 1 - up_b), fail[1] if up_b else repair[1]

    return chain(settle((0, 1, 0, 0, 1), places, releases, accepts), moves)


RATES, FAILS, REPAIRS = (2.0, 1.0), (0.5, 0.5), (0.25, 0.3)


def made(releases, accepts, places):
    p = two_machines(RATES, FAILS, REPAIRS, places, releases, accepts)
    return mean(p, lambda s: RATES[1] * (s[3] == 1 and s[4])), p


@pytest.mark.parametrize(
    ("places", "releases", "accepts"),
    [(0, False, False), (0, False, True), (0, True, False), (0, True, True), (2, True, False)],
)
def test_parts_leave_and_enter_failed_machines_as_the_file_says(places, releases, accepts):
    exact, p = made(releases, accepts, places)
    flags = {"clock": "calendar", "releases_blocked_part": releases, "accepts_part": accepts}
    stations = [
        station(name, 1 / rate, buffer=buffer, failures=[failing(f, r, **flags)])
        for name, rate, buffer, f, r in zip("ab", RATES, (None, places), FAILS, REPAIRS, strict=True)
    ]
    runs = records(plant(*stations), 4500, 200, 12, seed=3)
    assert holds(figures(runs, output), exact, 0.06)
    assert holds(figures(runs, lambda r: r["wip"]), content(p), 0.05)
    blocked = mean(p, lambda s: s[0] == 2 and s[1])
    assert holds(figures(runs, state("blocked")), blocked, 0.12)


def content(p):
    return mean(p, lambda s: s[2] + (s[0] > 0) + (s[3] > 0))


def test_the_four_rules_make_four_outputs():
    """What the test above can tell apart; releasing and accepting can only help."""
    values = {(r, a): made(r, a, 0)[0] for r in (False, True) for a in (False, True)}
    assert values[False, False] < values[True, False] < values[True, True]
    assert values[False, False] < values[False, True] < values[True, True]
    rows = sorted(values.values())
    assert min(b - a for a, b in pairwise(rows)) > 0.05 * rows[0]


@pytest.mark.parametrize("accepts", [False, True])
def test_a_failed_machine_without_a_place_in_front_loses_arrivals_or_takes_one(accepts):
    """One place, arrivals lost when it is taken; the machine goes down and up whatever it does."""
    rate, work, fail, repair = 0.8, 1.0, 0.4, 0.3

    def moves(s):
        part, up = s
        if not part and (up or accepts):
            yield (1, up), rate
        if part and up:
            yield (0, up), work
        yield (part, 1 - up), fail if up else repair

    p = chain((0, 1), moves)
    lost = mean(p, lambda s: s[0] == 1 or not (s[1] or accepts))
    mode = failing(fail, repair, clock="calendar", accepts_part=accepts)
    model = plant(station("a", 1 / work, buffer=0, failures=[mode]), source=poisson(rate, when_full="lost"))
    runs = records(model, 2500, 50)
    assert holds(figures(runs, lambda r: r["sources"][0]["lost_share"]), lost, 0.06)
    assert holds(figures(runs, lambda r: r["wip"]), mean(p, lambda s: s[0]), 0.06)
