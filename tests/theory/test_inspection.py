"""Yield, inspection that misses some, rework with loops: shares of good, bad and scrapped parts are exact.

Error rate of each comparison: see theory_tools.holds (99.9 % interval). Constant times, so that only quality is random.
"""

import numpy as np
import pytest
from theory_tools import H, figures, holds, plant, poisson, records, station


def made(name, cycle_h=1.0, **fields):
    return station(name, cycle_time_s=cycle_h * H, **fields)


def holds_outflow(runs, entering, good, bad, scrapped):
    """Good parts, bad parts that leave unseen, scrap, all per hour, from shares of what entered."""
    for key, share in {
        "good_per_h": good,
        "undetected_per_h": bad,
        "scrap_per_h": scrapped,
        "throughput_per_h": good + bad + scrapped,
    }.items():
        counted = figures(runs, lambda r, key=key: r[key])
        assert counted == [0.0] * len(runs) if share == 0 else holds(counted, entering * share, 0.25)
    return True


def test_yield_of_four_stations_without_inspection():
    """A bad part leaves where it is made: station k sees what the ones before left."""
    scrap = [0.1, 0.05, 0.2, 0.02]
    runs = records(plant(*(made(f"s{n}", scrap=s) for n, s in enumerate(scrap))), 1000, 10)
    left = np.cumprod([1 - s for s in scrap])
    assert holds_outflow(runs, 1.0, left[-1], 0.0, 1 - left[-1])
    for n in (1, 2, 3):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"]), left[n - 1], 0.05)


@pytest.mark.parametrize(("scrap", "detects"), [(0.2, 0.9), (0.1, 0.5), (0.3, 1.0), (0.2, 0.0)])
def test_inspection_finds_a_share_of_the_bad_parts(scrap, detects):
    """All parts go on to the station in between; the inspection scraps what it finds; the rest leaves as bad."""
    model = plant(made("make", scrap=scrap), made("work"), made("look", inspect={"detects": detects}), made("pack"))
    runs = records(model, 1000, 10)
    found = scrap * detects
    assert holds_outflow(runs, 1.0, 1 - scrap, scrap - found, found)
    for n, share in ((1, 1.0), (2, 1.0), (3, 1 - found)):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"]), share, 0.05)


def test_a_station_inspects_its_own_work():
    scrap, detects = 0.25, 0.8
    runs = records(plant(made("a", scrap=scrap, inspect={"detects": detects}), made("b")), 1000, 10)
    found = scrap * detects
    assert holds_outflow(runs, 1.0, 1 - scrap, scrap - found, found)
    assert holds(figures(runs, lambda r: r["stations"][1]["visits_per_h"]), 1 - found, 0.05)


def test_two_inspections_in_a_row():
    """Bad from either of two stations; the second look finds a share of what the first missed."""
    first, second = 0.15, 0.1
    model = plant(
        made("a", scrap=first),
        made("look", inspect={"detects": 0.6}),
        made("b", scrap=second),
        made("look again", inspect={"detects": 0.7}),
    )
    runs = records(model, 1500, 10)
    found = first * 0.6
    bad = first * 0.4 + (1 - first) * second  # in front of the second look; bad stays bad
    good = (1 - first) * (1 - second)
    assert holds_outflow(runs, 1.0, good, bad * 0.3, found + bad * 0.7)


def test_scrap_behind_the_last_inspection_leaves_at_once():
    model = plant(made("a", scrap=0.1), made("look", inspect={"detects": 0.5}), made("b", scrap=0.2), made("c"))
    runs = records(model, 1500, 10)
    passed = 1 - 0.05
    good = 0.9 * 0.8
    # at b one part in five is made bad and leaves there, be it good or bad before; unseen bad ones go on to the exit
    assert holds_outflow(runs, 1.0, good, 0.05 * 0.8, 0.05 + passed * 0.2)
    assert holds(figures(runs, lambda r: r["stations"][3]["visits_per_h"]), passed * 0.8, 0.05)


@pytest.mark.parametrize(("scrap", "detects"), [(0.2, 0.9), (0.4, 0.75)])
def test_rework_at_the_same_station_until_it_passes(scrap, detects):
    """Found bad it goes back and is made anew: a part comes 1 / (1 - scrap detects) times; none is scrapped."""
    arrivals = 0.5
    again = scrap * detects
    model = plant(
        made("make", scrap=scrap),
        made("look", inspect={"detects": detects, "bad_to": "make"}),
        source=poisson(arrivals),
    )
    runs = records(model, 2000, 100)
    good = (1 - scrap) / (1 - again)
    assert holds_outflow(runs, arrivals, good, 1 - good, 0.0)
    for n in (0, 1):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"]), arrivals / (1 - again), 0.05)


def test_rework_at_a_station_of_its_own():
    """make -> look -> exit, found bad -> mend -> look; mending fails one time in four. Absorbing chain of a part."""
    scrap, fails, detects, arrivals = 0.3, 0.25, 0.8, 0.5
    model = plant(
        made("make", scrap=scrap),
        made("look", 0.5, inspect={"detects": detects, "bad_to": "mend"}, next="exit"),
        made("mend", scrap=fails, next="look"),
        source=poisson(arrivals),
    )
    # at look: bad share found goes to mend; from mend it comes back bad with probability `fails`
    found = scrap * detects / (1 - fails * detects)  # visits to mend per part
    bad = scrap * (1 - detects) + found * fails * (1 - detects)
    runs = records(model, 2000, 100)
    assert holds_outflow(runs, arrivals, 1 - bad, bad, 0.0)
    assert holds(figures(runs, lambda r: r["stations"][2]["visits_per_h"]), arrivals * found, 0.08)
    assert holds(figures(runs, lambda r: r["stations"][1]["visits_per_h"]), arrivals * (1 + found), 0.05)


def test_rework_over_two_stations_with_scrap_in_the_loop():
    """a and b may each spoil a part; look sends what it finds back to a; b is in the loop, so visits are geometric."""
    first, second, detects, arrivals = 0.1, 0.15, 0.9, 0.4
    bad_ahead = 1 - (1 - first) * (1 - second)
    again = bad_ahead * detects
    model = plant(
        made("a", scrap=first),
        made("b", scrap=second),
        made("look", inspect={"detects": detects, "bad_to": "a"}),
        source=poisson(arrivals),
    )
    runs = records(model, 2000, 100)
    good = (1 - bad_ahead) / (1 - again)
    assert holds_outflow(runs, arrivals, good, 1 - good, 0.0)
    for n in (0, 1, 2):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["visits_per_h"]), arrivals / (1 - again), 0.05)


def test_inspection_sends_parts_on_by_the_route_of_the_station():
    """Good and unseen bad parts follow `next` by share; only what is found goes to scrap."""
    model = plant(
        made("make", scrap=0.2),
        made("look", inspect={"detects": 0.5}, next={"b": 0.7, "exit": 0.3}),
        made("b"),
    )
    runs = records(model, 1500, 10)
    assert holds_outflow(runs, 1.0, 0.8, 0.1, 0.1)
    assert holds(figures(runs, lambda r: r["stations"][2]["visits_per_h"]), 0.9 * 0.7, 0.05)
