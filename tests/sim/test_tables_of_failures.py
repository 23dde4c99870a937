"""Hand-written event tables (hours): failure clocks, what a repair restores, parts on failed machines.

Rules: docs/rules.md. More on failures is in test_tables_of_stops.py.
"""

import pytest
from hand_tables import DAY, TWO, H, arrivals, fails_at, option, play, renewal, station

from models.checks import check_plant
from models.errors import DataError
from models.plant import Plant


def fails(ttf_h, ttr_h, **fields):
    return {"failures": [{"ttf_h": ttf_h, "ttr_h": ttr_h} | fields]}


# clocks


def test_start_to_start_counts_from_the_last_failure():
    """Every 3 h, whatever the repair of 1 h takes."""
    t = play(10, station("a", 50, **fails(3, 1, clock="start_to_start")))
    assert t.states("a") == [
        ("processing", 0, 3),
        ("failed", 3, 4),
        ("processing", 4, 6),
        ("failed", 6, 7),
        ("processing", 7, 9),
        ("failed", 9, 10),
    ]


def test_start_to_start_due_during_the_repair_follows_it():
    """Due at 2 h, repaired to 4 h; due again at 3.5 h: begins at 4 h, from where the next 4 h count."""
    t = play(10, station("a", 50, **fails({"sequence": [2, 1.5, 4, 90]}, 2, clock="start_to_start")))
    assert t.states("a") == [("processing", 0, 2), ("failed", 2, 6), ("processing", 6, 8), ("failed", 8, 10)]


def test_start_to_start_runs_at_night():
    """Due at 3, 23 and 43 h: the first is seen, the second repaired before the morning, the third lasts to 49 h."""
    mode = fails({"sequence": [3, 20, 20, 999]}, {"sequence": [0.5, 0.5, 6]}, clock="start_to_start")
    t = play(52, station("a", 0.5, **mode), **DAY)
    assert t.states("a") == [
        ("processing", 0, 3),
        ("failed", 3, 3.5),
        ("processing", 3.5, 4),
        ("off_shift", 4, 24),
        ("processing", 24, 28),
        ("off_shift", 28, 48),
        ("failed", 48, 49),
        ("processing", 49, 52),
    ]


def test_the_operating_clock_stands_still_in_a_setup():
    """1.5 h of work are full half an hour after the setup of 1 to 1.5 h."""
    t = play(
        3,
        station("a", 1, setup_time_s=0.5 * H, **fails({"sequence": [1.5], "then": "never"}, 0.5)),
        mix={"sequence": ["p", "q"]},
        **TWO,
    )
    assert t.states("a") == [
        ("processing", 0, 1),
        ("setup", 1, 1.5),
        ("processing", 1.5, 2),
        ("failed", 2, 2.5),
        ("processing", 2.5, 3),
    ]


def test_a_sequence_of_failures_ends_with_never_or_holds_its_last():
    """Failures after 1 and then 2 h of work, of half an hour each; then none, or one every 2 h of work."""
    both = [("processing", 0, 1), ("failed", 1, 1.5), ("processing", 1.5, 3.5), ("failed", 3.5, 4)]
    t = play(9, station("a", 50, **fails({"sequence": [1, 2], "then": "never"}, 0.5)))
    assert t.states("a") == both
    t = play(9, station("a", 50, **fails({"sequence": [1, 2], "then": "last"}, 0.5)))
    assert t.states("a") == [
        *both,
        ("processing", 4, 6),
        ("failed", 6, 6.5),
        ("processing", 6.5, 8.5),
        ("failed", 8.5, 9),
    ]


def test_age_at_the_start_is_on_the_clock():
    """Fails at an age of 5 h and is 2 h old: after 3 h, then every 5 h of work."""
    t = play(10, station("a", 50, **fails(5, 1, age_h=2)))
    assert t.states("a") == [("processing", 0, 3), ("failed", 3, 4), ("processing", 4, 9), ("failed", 9, 10)]


def test_a_new_machine_has_no_age():
    """Renewed at 2 h, an hour before its failure: the next comes after 5 h of work."""
    t = play(9, station("a", 1, options=[option(install_h=1)], **fails(5, 1, age_h=2)), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 2), ("installing", 2, 3), ("processing", 3, 8), ("failed", 8, 9)]


# what a repair restores


def work_between_failures(restores):
    """The hours of work before each of the failures of a life between 2 and 3 h."""
    life = {"uniform": {"low": 2, "high": 3}}
    t = play(30, station("a", 500, **fails(life, 1, restores=restores)))
    return [end - start for state, start, end in t.states("a") if state == "processing"]


def test_as_good_as_new_lives_two_hours_or_more_each_time():
    worked = work_between_failures("new")
    assert len(worked) >= 30 // 4
    assert all(2 <= hours <= 3 for hours in worked)


def test_minimal_repair_leaves_the_age_reached():
    """The first life is 2 h or more; all the others come before an age of 3 h, each later than the last."""
    worked = work_between_failures("minimal")
    assert 2 <= worked[0] < 3
    assert len(worked) > 5
    assert all(hours > 0 for hours in worked)
    assert sum(worked) <= 3 + 1e-9


@pytest.mark.parametrize("ttf_h", [3, {"sequence": [2, 5, 9]}])
def test_minimal_repair_of_a_life_without_chance_is_refused(ttf_h):
    """What always fails at 3 h would fail again at once; what is given in order has no chances to be conditioned."""
    work = station("a", 1, **fails(ttf_h, 1, restores="minimal"))
    plant = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [work]}]})
    with pytest.raises(DataError, match="minimal"):
        check_plant(plant)


# parts on failed machines


def test_a_blocked_part_may_leave_a_failed_machine_that_releases_it():
    """Fails at 2.5 h with a finished part, which leaves at 3 h all the same; the repair ends at 4.5 h."""
    failure = fails_at(2.5, 2, releases_blocked_part=True)
    t = play(7.5, station("a", 1, **failure), station("b", 2, buffer=0))
    assert t.visits("a", "part start finish leave") == [
        (1, 0, 1, 1),
        (2, 1, 2, 3),
        (3, 4.5, 5.5, 5.5),
        (4, 5.5, 6.5, 7.5),
    ]
    assert t.states("a") == [
        ("processing", 0, 2),
        ("blocked", 2, 2.5),
        ("failed", 2.5, 4.5),
        ("processing", 4.5, 6.5),
        ("blocked", 6.5, 7.5),
    ]
    assert t.states("b") == [("starved", 0, 1), ("processing", 1, 5), ("starved", 5, 5.5)]


def test_a_released_part_keeps_its_turn():
    """m1 blocks at 2 h and fails; m2 blocks at 3 h; the place of 5 h goes to m1, whose part is released."""
    m1 = {"name": "m1", "cycle_time_s": 2 * H, **fails_at(2.5, 4, releases_blocked_part=True)}
    m2 = {"name": "m2", "cycle_time_s": {"sequence": [H, 2 * H, 10 * H]}}
    t = play(9, station("a", machines=[m1, m2]), station("b", 4, buffer=0))
    assert t.visits("a", "machine part finish leave") == [("m1", 1, 2, 5), ("m2", 2, 1, 1), ("m2", 3, 3, 9)]


@pytest.mark.parametrize(
    ("accepts", "a", "b"),
    [
        (
            True,
            [(1, 0, 0, 1, 1), (2, 1, 1, 2, 2), (3, 2, 2, 3, 4.25)],
            [(1, 1, 1, 1.5, 1.5), (2, 2, 3.75, 4.25, 4.25), (3, 4.25, 4.25, 4.75, 4.75)],
        ),
        (
            False,
            [(1, 0, 0, 1, 1), (2, 1, 1, 2, 3.75), (3, 3.75, 3.75, 4.75, 4.75)],
            [(1, 1, 1, 1.5, 1.5), (2, 3.75, 3.75, 4.25, 4.25)],
        ),
    ],
)
def test_a_failed_machine_may_accept_a_part(accepts, a, b):
    """b, without a place in front, fails empty from 1.75 to 3.75 h: part 2 of 2 h is put on it, or waits on a."""
    t = play(4.75, station("a", 1), station("b", 0.5, buffer=0, **fails_at(1.75, 2, accepts_part=accepts)))
    columns = "part enter start finish leave"
    assert t.visits("a", columns) == a
    assert t.visits("b", columns) == b
    assert ("failed", 1.75, 3.75) in t.states("b")


def test_a_part_kept_on_a_failed_machine_holds_up_the_line():
    """The same failure with the part kept and with the part released: b starves for 1.5 h more, and so does c."""

    def line(releases):
        a = station("a", 1, **fails_at(2.5, 2, releases_blocked_part=releases))
        t = play(9, a, station("b", 2, buffer=0), station("c", 1, buffer=0))
        return t.visits("c", "part start")

    assert line(False) == [(1, 3), (2, 6.5)]
    assert line(True) == [(1, 3), (2, 5), (3, 7.5)]


def test_a_failure_in_a_setup_by_the_calendar_keeps_the_part():
    """Set up from 1 to 3 h, stopped from 2 to 4 h: the setup ends at 5 h."""
    work = station("a", 1, setup_time_s=2 * H, **fails_at(2, 2, part="scrap"))
    t = play(6, work, mix={"sequence": ["p", "q"]}, **TWO)
    assert t.visits("a", "part setup_start setup_end start leave to") == [
        (1, None, None, 0, 1, "exit"),
        (2, 1, 5, 5, 6, "exit"),
    ]


# all at one moment


def test_an_end_an_arrival_the_shift_end_and_a_failure_at_one_moment():
    """At 4 h the part leaves, the next enters, the shift ends, and the machine fails, to be repaired at night."""
    t = play(26, station("a", 2, **fails_at(4, 1)), source=arrivals(2, 4), **DAY)
    assert t.visits("a") == [(1, 2, 2, 4, 4, "exit"), (2, 4, 24, 26, 26, "exit")]
    assert t.states("a")[:3] == [("starved", 0, 2), ("processing", 2, 4), ("off_shift", 4, 24)]


def test_a_repair_ends_before_a_part_arrives_and_another_mode_fails():
    """At 2 h x is repaired, a part comes, y is due: no work is done between the two."""
    modes = [fails_at(1, 1, name="x")["failures"][0], fails_at(2, 1, name="y")["failures"][0]]
    t = play(4, station("a", 1, failures=modes), source=arrivals(2))
    assert t.states("a") == [("starved", 0, 1), ("failed", 1, 3), ("processing", 3, 4)]
    assert t.visits("a") == [(1, 2, 3, 4, 4, "exit")]


def test_an_end_hands_over_before_the_next_machine_fails():
    """At 1 h a ends and b fails: the part is in the place in front of b, and stays there until 3 h."""
    t = play(4, station("a", 1), station("b", 1, buffer=1, **fails_at(1, 2)))
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 3), (3, 4, 4)]
    assert t.visits("b", "part enter start leave") == [(1, 1, 3, 4)]
