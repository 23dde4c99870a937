"""Bottlenecks: active periods against their definition taken literally, turning points and verdicts by hand."""

import itertools
import math
import random

import pytest

from models.equipment import STATES
from sim.bottleneck import (
    ACTIVE_STATES,
    NO_TURN,
    NOT_SERIAL,
    SEVERAL_TURNS,
    WAITS_FOR_PARTS,
    ActivePeriods,
    is_serial,
    turning_point,
    verdict,
    wilson,
)


def literal(periods, groups, from_s, to_s):
    """Sole and shifting shares straight from the definition; ``periods``: (machine, start, end), ends known."""
    periods = [p for p in periods if p[1] < min(p[2], to_s)]
    periods = [(m, a, min(b, to_s)) for m, a, b in periods]  # in order of their beginnings
    cuts = sorted({t for _, a, b in periods for t in (a, b)} | {from_s, to_s})
    spans = list(itertools.pairwise(cuts))

    def around(a, b):
        return [p for p in periods if p[1] <= a and b <= p[2]]

    # of equally long ones the first to begin, and of those the first named
    kept = {max(around(a, b), key=lambda p: (p[2] - p[1], -p[1])) for a, b in spans if around(a, b)}
    count = max(groups) + 1
    sole, shifting, held = [0.0] * count, [0.0] * count, 0.0
    for a, b in spans:
        here = {groups[p[0]] for p in around(a, b) if p in kept}
        if here and a >= from_s:
            held += b - a
            for group in here:
                (sole if len(here) == 1 else shifting)[group] += b - a
    return [s / held if held else 0.0 for s in sole], [s / held if held else 0.0 for s in shifting]


def play(rng, machines, steps, coarse, busy):
    """Return random changes in order of time and the active periods they make."""
    now, active, events, periods = 0.0, {}, [], []
    for _ in range(steps):
        now += rng.randint(1, 4) if coarse else rng.expovariate(1.0)
        turned = rng.sample(range(machines), rng.randint(1, min(3, machines)) if coarse else 1)
        for m in turned:
            if m in active and rng.random() > busy[m]:
                periods.append((m, active.pop(m), now))
                events.append((m, False, now))
            elif m not in active:
                active[m] = now
                events.append((m, True, now))
    began = {(m, now): n for n, (m, starts, now) in enumerate(events) if starts}
    periods += [(m, a, math.inf) for m, a in active.items()]
    return events, sorted(periods, key=lambda p: began[p[:2]]), now


@pytest.mark.parametrize("coarse", [False, True], ids=["no ties", "many ties"])
@pytest.mark.parametrize("seed", range(60))
def test_shares_are_those_of_the_definition(seed, coarse):
    rng = random.Random(f"{seed} {coarse}")
    machines = rng.randint(1, 6)
    groups = rng.choice([list(range(machines)), sorted(rng.randint(0, 2) for _ in range(machines))])
    events, periods, end = play(rng, machines, rng.randint(1, 120), coarse, [rng.random() for _ in range(machines)])
    line, from_s = ActivePeriods(machines, groups), 0.0
    reset_at = rng.choice([None, len(events) // 3, len(events) // 2])
    for n, (machine, active, now) in enumerate(events):
        if n == reset_at:
            from_s = now
            line.reset(now)
        line.change(machine, active, now)
        if rng.random() < 0.02:
            line.shares(now)  # looking changes nothing
        assert len(line._waiting) <= machines  # memory
    assert line.shares(end + 3.0) == (
        pytest.approx(literal(periods, groups, from_s, end + 3.0)[0]),
        pytest.approx(literal(periods, groups, from_s, end + 3.0)[1]),
    )


def shares(periods, machines, now, groups=None, reset=None):
    line = ActivePeriods(machines, groups)
    changes = [(b, False, m) for m, _, b in periods] + [(a, True, m) for m, a, _ in periods]
    for time, active, machine in sorted(changes, key=lambda c: c[:2]):
        if reset is not None and time >= reset:
            line.reset(reset)
            reset = None
        line.change(machine, active, time)
    return line.shares(now)


def test_the_bottleneck_shifts_while_periods_overlap():
    # machine 0 active 0-10, machine 1 8-30 (longer: bottleneck from 8 on), machine 2 12-14 within it: never
    sole, shifting = shares([(0, 0, 10), (1, 8, 30), (2, 12, 14)], 3, 40.0)
    assert sole == pytest.approx([8 / 30, 20 / 30, 0])
    assert shifting == pytest.approx([2 / 30, 2 / 30, 0])


def test_a_period_hidden_between_two_longer_ones_is_no_bottleneck():
    sole, shifting = shares([(0, 0, 10), (1, 7, 13), (2, 9, 30)], 3, 30.0)
    assert sole == pytest.approx([9 / 30, 0, 20 / 30])
    assert shifting == pytest.approx([1 / 30, 0, 1 / 30])


def test_the_length_decides_and_not_who_began_first():
    # at 5 both are active; machine 0 began first, but machine 1's period becomes the longer one
    sole, shifting = shares([(0, 0, 6), (1, 4, 20)], 2, 20.0)
    assert sole == pytest.approx([4 / 20, 14 / 20])
    assert shifting == pytest.approx([2 / 20, 2 / 20])


def test_parallel_machines_of_a_station_relieve_each_other():
    periods = [(0, 0, 10), (1, 8, 20), (2, 18, 40)]
    sole, shifting = shares(periods, 3, 40.0, groups=[0, 0, 1])
    assert sole == pytest.approx([18 / 40, 20 / 40])
    assert shifting == pytest.approx([2 / 40, 2 / 40])


def test_periods_keep_their_length_over_the_warm_up_but_only_counted_time_counts():
    periods = [(0, 0, 12), (1, 10, 18)]  # cut at the reset machine 1 would be the longer one
    sole, shifting = shares(periods, 2, 18.0, reset=10)
    assert sole == pytest.approx([0, 6 / 8])
    assert shifting == pytest.approx([2 / 8, 2 / 8])


def test_one_machine_is_its_line_s_bottleneck_whenever_it_works():
    assert shares([(0, 2, 4), (0, 7, 9)], 1, 10.0) == ([1.0], [0.0])
    assert shares([], 1, 10.0) == ([0.0], [0.0])


def test_every_state_is_known_as_active_or_not():
    waiting = {"blocked", "holding", "off_shift", *WAITS_FOR_PARTS}
    assert set(STATES) <= ACTIVE_STATES | waiting
    assert ACTIVE_STATES.isdisjoint(waiting)


# --- turning point ---


@pytest.mark.parametrize(
    ("blocked", "starved", "station", "reason"),
    [
        ([0.3, 0.2, 0.0, 0.0], [0.0, 0.1, 0.05, 0.3], 2, None),
        ([0.0, 0.0, 0.0], [0.01, 0.2, 0.3], 0, None),  # the first
        ([0.3, 0.2, 0.0], [0.0, 0.0, 0.02], 2, None),  # the last
        ([0.0], [0.4], 0, None),  # the only one
        ([0.0, 0.0], [0.0, 0.0], None, NO_TURN),  # balanced to the last
        ([0.3, 0.0, 0.2, 0.0], [0.0, 0.05, 0.15, 0.1], 1, SEVERAL_TURNS),  # 1 and 3
    ],
)
def test_turning_points_by_hand(blocked, starved, station, reason):
    if reason == SEVERAL_TURNS:
        blocked, starved = [0.3, 0.0, 0.1, 0.2, 0.0], [0.0, 0.05, 0.2, 0.1, 0.1]
    assert turning_point(blocked, starved) == (station, reason)


@pytest.mark.parametrize(
    ("targets", "serial"),
    [
        ([{-1}], True),
        ([{1}, {2, -2}, {-1, -2}], True),  # scrap leaves anywhere
        ([{1}, {0, 2}, {-1}], False),  # rework
        ([{1}, {1, 2}, {-1}], False),  # again at the same station
        ([{1, 2}, {2}, {-1}], False),  # branch
        ([{1}, {-1}, {-1}], False),  # two lines in one
    ],
)
def test_what_a_serial_line_is(targets, serial):
    assert is_serial(targets) is serial


# --- over replications ---


def replication(active, blocked, starved, serial=True):
    states = [{"blocked": b, "starved": s} for b, s in zip(blocked, starved, strict=True)]
    return {
        "stations": [{"name": name, "states": s} for name, s in zip(active, states, strict=True)],
        "active_period": active, "serial": serial,
    }  # fmt: skip


CLEAR = replication({"a": [0.1, 0.1], "b": [0.8, 0.1], "c": [0.0, 0.0]}, [0.3, 0.0, 0.0], [0.0, 0.1, 0.4])


def test_both_methods_agree_and_nothing_is_to_be_warned_of():
    other = replication({"a": [0.2, 0.1], "b": [0.7, 0.1], "c": [0.0, 0.0]}, [0.3, 0.0, 0.0], [0.0, 0.1, 0.4])
    found = verdict([CLEAR, other, CLEAR, other])
    assert (found["active_period"]["name"], found["turning_point"]["name"]) == ("b", "b")
    assert (found["agree"], found["separated"], found["warning"]) == (True, True, None)
    assert found["turning_point"]["reason"] is None
    assert found["active_period"]["sole"]["b"]["mean"] == pytest.approx(0.75)
    # t(3, 0.975) = 3.182, sd of 0.8, 0.7, 0.8, 0.7 = 0.0577
    assert found["active_period"]["sole"]["b"]["half_width"] == pytest.approx(3.182 * 0.05774 / 2, rel=1e-3)
    assert found["active_period"]["share_named"] == {
        "b": {"share": 1.0, "low": pytest.approx(0.5101, abs=1e-4), "high": 1.0}
    }


def test_a_disagreement_is_said():
    other = replication({"a": [0.1, 0.1], "b": [0.8, 0.1], "c": [0.0, 0.0]}, [0.3, 0.3, 0.0], [0.0, 0.0, 0.1])
    found = verdict([other] * 3)
    assert (found["agree"], found["turning_point"]["name"]) == (False, "c")
    assert found["warning"] == "The methods disagree: active period names b, turning point c."


def test_leaders_that_chance_cannot_tell_apart_are_said():
    mirrored = replication({"a": [0.8, 0.1], "b": [0.1, 0.1], "c": [0.0, 0.0]}, [0.0, 0.0, 0.0], [0.1, 0.2, 0.4])
    found = verdict([CLEAR, mirrored, CLEAR, CLEAR, mirrored])
    assert found["active_period"]["name"] == "b"
    assert [found["active_period"]["share_named"][s]["share"] for s in ("b", "a")] == [0.6, 0.4]
    assert (found["leaders"], found["separated"]) == (["b", "a"], False)
    assert "b and a are bottleneck about as often" in found["warning"]


def test_one_replication_cannot_tell_and_one_station_need_not():
    assert verdict([CLEAR])["separated"] is None
    assert verdict([CLEAR])["warning"] is None
    alone = replication({"a": [1.0, 0.0]}, [0.0], [0.3])
    found = verdict([alone, alone])
    assert (found["agree"], found["separated"], found["warning"]) == (True, True, None)


def test_branches_have_no_turning_point_and_it_says_why():
    found = verdict([{**CLEAR, "serial": False}] * 2)
    assert found["turning_point"] == {"name": None, "reason": NOT_SERIAL, "share_named": {}}
    assert (found["agree"], found["active_period"]["name"]) == (None, "b")


def test_a_line_at_rest_has_no_bottleneck():
    rest = replication({"a": [0.0, 0.0], "b": [0.0, 0.0]}, [0.0, 0.0], [1.0, 1.0])
    found = verdict([rest, rest])
    assert (found["active_period"]["name"], found["turning_point"]["name"]) == (None, None)
    assert found["turning_point"]["reason"] == NO_TURN
    assert found["agree"] is None


def test_wilson_interval_by_the_book():
    # solves |p - h/n| = z sqrt(p (1 - p) / n)
    for hits, n in [(0, 10), (3, 10), (10, 10), (57, 90)]:
        for p in wilson(hits, n):
            assert abs(p - hits / n) == pytest.approx(1.959964 * math.sqrt(p * (1 - p) / n), rel=1e-5, abs=1e-8)
