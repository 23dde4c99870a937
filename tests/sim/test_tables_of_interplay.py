"""Hand-written event tables (hours): two rules at once. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, H, arrivals, fails_at, option, play, renewal, station

from models.errors import DataError

BEFORE = {"blocking": "before_service"}


# blocking before service, and ..


def test_a_part_that_waits_for_a_place_is_not_finished_after_the_shift():
    """Placed at 1 h, not begun: a stops with the shift at 4 h and begins when b is empty, at 24.5 h."""
    t = play(25.5, station("a", 1, shift_end="finish"), station("b", 3.5, buffer=0), line_fields=BEFORE, **DAY)
    assert t.states("a") == [
        ("processing", 0, 1),
        ("blocked", 1, 4),
        ("off_shift", 4, 24),
        ("blocked", 24, 24.5),
        ("processing", 24.5, 25.5),
    ]


def test_a_part_that_gets_its_place_at_night_is_begun_in_the_morning():
    """b works round the clock and is empty at 4.5 h; a, which has its hours, begins at 24 h."""
    always = {"shifts": ["mon-sun 00:00-24:00"]}
    t = play(
        25, station("a", 1, shift_end="finish"), station("b", 3.5, buffer=0, calendar=always), line_fields=BEFORE, **DAY
    )
    assert t.visits("a", "part enter start leave") == [(1, 0, 0, 1), (2, 1, 24, 25)]


def test_a_kept_machine_that_fails_takes_the_part_after_its_repair():
    """b is kept for part 1 and fails empty from 0.5 to 3 h: the part is finished at 1 h and waits for it on a."""
    t = play(5, station("a", 1), station("b", 1, buffer=0, **fails_at(0.5, 2.5)), line_fields=BEFORE)
    assert t.visits("a", "part enter start finish leave") == [(1, 0, 0, 1, 3), (2, 3, 4, 5, 5)]
    assert t.visits("b", "part enter start leave") == [(1, 3, 3, 4)]
    assert t.states("a") == [("processing", 0, 1), ("blocked", 1, 4), ("processing", 4, 5)]


def test_a_kept_machine_that_fails_takes_a_part_that_it_may_accept():
    """The same with accepts_part: part 1 is put on b at 1 h, where its work begins at 3 h."""
    t = play(5, station("a", 1), station("b", 1, buffer=0, **fails_at(0.5, 2.5, accepts_part=True)), line_fields=BEFORE)
    assert t.visits("a", "part enter start finish leave") == [(1, 0, 0, 1, 1), (2, 1, 4, 5, 5)]
    assert t.visits("b", "part enter start leave") == [(1, 1, 3, 4)]


def test_who_waits_longest_for_a_place_gets_it_before_one_that_asks_now():
    """b, listed first, ends at 3 h, when m1 has just been loaded; m2 has waited since 1 h and goes first."""
    t = play(
        5,
        station("b", 1, buffer=0, next="exit"),
        station("a", 1, machines=2, load_s=H, next="b"),
        source={"saturated": True, "to": "a"},
        line_fields=BEFORE,
    )
    assert t.visits("a", "machine part enter start finish") == [("1", 1, 0, 1, 2), ("2", 2, 0, 3, 4)]
    assert t.visits("b", "part start leave") == [(1, 2, 3), (2, 4, 5)]


# the end of a shift, and ..


def test_a_part_that_waits_for_a_worker_is_not_begun_after_the_shift():
    """One worker: m1 to 3 h, m2 from 3 to 6 h, two hours of them overtime; m1's next part is begun at 24 h."""
    t = play(
        27,
        station("a", 3, machines=2, shift_end="finish", crew={"processing": "worker"}),
        crews={"worker": 1},
        **DAY,
    )
    assert t.visits("a", "machine part enter start finish") == [
        ("1", 1, 0, 0, 3),
        ("2", 2, 0, 3, 6),
        ("1", 3, 3, 24, 27),
    ]
    assert t.states("a", "1")[:3] == [("processing", 0, 3), ("waiting_crew", 3, 4), ("off_shift", 4, 24)]
    assert t.states("a", "2")[:3] == [("waiting_crew", 0, 3), ("processing", 3, 4), ("overtime", 4, 6)]


def test_a_setup_begun_before_the_night_is_finished_before_another_is_begun():
    """m2 is set up from 3 h on, m1 asks at 3.5 h; in the morning the setter goes on with m2 until 25 h."""
    machines = [{"name": "m1", "cycle_time_s": 3.5 * H}, {"name": "m2", "cycle_time_s": 3 * H}]
    t = play(
        27,
        station("a", machines=machines, setup_time_s=2 * H, crew={"setup": "setter"}),
        mix={"sequence": ["p", "p", "q", "q"]},
        crews={"setter": 1},
        **TWO,
        **DAY,
    )
    assert t.states("a", "m2")[:4] == [("processing", 0, 3), ("setup", 3, 4), ("off_shift", 4, 24), ("setup", 24, 25)]
    assert t.states("a", "m1") == [
        ("processing", 0, 3.5),
        ("waiting_crew", 3.5, 4),
        ("off_shift", 4, 24),
        ("waiting_crew", 24, 25),
        ("setup", 25, 27),
    ]


# line clearance, and what looks like a deadlock


def test_a_charge_that_waits_for_its_longest_wait_is_no_deadlock():
    """Lots of one. Part 2 may not enter while part 1 waits for a charge of two, which starts alone at 4 h."""
    t = play(
        9,
        station("m", 1),
        station("a", 1, kind="batch", capacity=2, min_load=2, max_wait_s=3 * H, buffer=5, one_lot_at_a_time=True),
    )
    assert t.visits("m", "part start finish leave") == [(1, 0, 1, 1), (2, 1, 2, 5), (3, 5, 6, 9)]
    assert t.visits("a", "part enter start leave") == [(1, 1, 4, 5), (2, 5, 8, 9)]


def test_work_that_does_not_fit_before_the_night_is_no_deadlock():
    """At 3.5 h b is empty, but 2.5 h do not fit any more: a keeps part 2 until 24 h."""
    b = station("b", 2.5, buffer=0, shift_end="fit", one_lot_at_a_time=True)
    t = play(26.5, station("a", 1), b, **DAY)
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 24)]
    assert t.visits("b", "part start leave") == [(1, 1, 3.5), (2, 24, 26.5)]


def test_lots_that_wait_for_each_other_are_told():
    """A join of two of one lot with two places in front holds 1 of p and 1 of q; nothing more can come in."""
    source = [
        {"arrivals_s": [{"time_s": 0, "product": "p"}, {"time_s": 0, "product": "q"}, {"time_s": 0, "product": "r"}]},
    ]
    with pytest.raises(DataError, match="join"):
        play(
            9,
            station("a", 1),
            station("join", 1, kind="join", pieces=2, buffer=2),
            source=source,
            products=[{"name": n} for n in "pqr"],
        )


# on the way, and ..


def test_a_part_on_its_way_to_a_vehicle_without_a_place_is_taken_along():
    """Half an hour to the vehicle, which waits for the part; away for an hour, so part 2 sets out at 2.5 h."""
    vehicle = station("t", kind="transport", travel_s=0.5 * H, return_s=0.5 * H, buffer=0)
    t = play(3.5, station("a", 1, transfer_s=0.5 * H), vehicle)
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 2.5)]
    assert t.visits("t", "part enter start leave") == [(1, 1.5, 1.5, 2), (2, 3, 3, 3.5)]


# standby, and ..


def test_a_part_on_a_failed_machine_wakes_nobody():
    """a fails with the finished part 2 from 2.5 to 5.5 h; b goes down at 4.5 h and starts up when it can have it."""
    down = {"standby": {"after_s": 1.5 * H, "wake_at_parts": 1, "start_up_s": 0.5 * H}}
    t = play(8, station("a", 1, **fails_at(2.5, 3)), station("b", 2, buffer=0, **down))
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 6), (3, 7, 8)]
    assert t.states("b") == [
        ("starved", 0, 1),
        ("processing", 1, 3),
        ("starved", 3, 4.5),
        ("standby", 4.5, 5.5),
        ("start_up", 5.5, 6),
    ]


def test_a_part_that_waits_behind_one_on_its_way_wakes_nobody():
    """3 h on the way. b, kept for part 1, goes down at 1.75 h; part 2 waits from 2.25 h, but b is not for it yet."""
    down = {"standby": {"after_s": 0.5 * H, "wake_at_parts": 1, "start_up_s": 0.25 * H}}
    t = play(7, station("a", 1, transfer_s=3 * H), station("b", 1, buffer=0, **down))
    assert t.visits("a", "part finish leave") == [(1, 1, 1.25), (2, 2.25, 5.5)]
    assert t.states("b") == [
        ("starved", 0, 0.5),
        ("standby", 0.5, 1),
        ("start_up", 1, 1.25),
        ("starved", 1.25, 1.75),
        ("standby", 1.75, 4.25),
        ("start_up", 4.25, 4.5),
        ("processing", 4.5, 5.5),
        ("starved", 5.5, 6),
    ]


def test_a_new_machine_in_place_of_one_in_standby_is_awake():
    """Renewed at 2.5 h while down; the parts of 4 h are taken at once, and it starts up only once, from 7 h on."""
    down = {"standby": {"after_s": H, "wake_at_parts": 1, "start_up_s": 0.5 * H}}
    t = play(
        8,
        station("a", 0.5, options=[option(install_h=1)], **down),
        source=arrivals(0, 4, 4, 4, 7),
        schedule=[renewal(2.5)],
    )
    assert t.visits("a", "part start leave") == [(1, 0, 0.5), (2, 4, 4.5), (3, 4.5, 5), (4, 5, 5.5), (5, 7.5, 8)]
    assert t.states("a")[3:] == [
        ("installing", 2.5, 3.5),
        ("starved", 3.5, 4),
        ("processing", 4, 5.5),
        ("starved", 5.5, 6.5),
        ("standby", 6.5, 7),
        ("start_up", 7, 7.5),
        ("processing", 7.5, 8),
    ]
