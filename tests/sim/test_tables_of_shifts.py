"""Hand-written event tables (hours): the end of a shift, stations with hours of their own, days off.

Rules: docs/rules.md.
"""

from hand_tables import DAY, TWO, H, arrivals, fails_at, play, station

# finish


def test_a_started_part_may_be_finished_after_the_shift():
    """Parts of 3 h in shifts of 4 h: the second is finished at 6 h, 2 h of it overtime; b takes it next morning."""
    t = play(30, station("a", 3, shift_end="finish"), station("b", 1), **DAY)
    assert t.visits("a", "part enter start finish leave") == [
        (1, 0, 0, 3, 3),
        (2, 3, 3, 6, 6),
        (3, 24, 24, 27, 27),
        (4, 27, 27, 30, 30),
    ]
    assert t.states("a") == [
        ("processing", 0, 4),
        ("overtime", 4, 6),
        ("off_shift", 6, 24),
        ("processing", 24, 28),
        ("overtime", 28, 30),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 3, 3, 4), (2, 6, 24, 25), (3, 27, 27, 28)]


def test_a_part_that_ends_with_the_shift_needs_no_overtime():
    t = play(26, station("a", 2, shift_end="finish"), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 2, 4), (3, 24, 26)]
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24)]


def test_only_a_started_part_is_finished_after_the_shift():
    """The part that waits in front since 2 h is begun at 24 h."""
    t = play(27, station("a", 3, shift_end="finish"), source=arrivals(1.5, 2), **DAY)
    assert t.visits("a", "part enter start leave") == [(1, 1.5, 1.5, 4.5), (2, 2, 24, 27)]


def test_a_failure_in_overtime_is_repaired_and_the_part_finished():
    """Work of 3 h from 3 h on, stopped from 5 to 5.5 h: finished at 6.5 h."""
    t = play(24, station("a", 3, shift_end="finish", **fails_at(5, 0.5)), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 3, 6.5)]


def test_a_charge_is_finished_after_the_shift():
    """Two charges of 3 h: the second, begun at 3 h, ends at 6 h; the parts of 4 h, too late, are begun at 24 h."""
    work = station("a", 3, kind="batch", capacity=2, shift_end="finish")
    t = play(27, work, source=arrivals(0, 1, 2, 4), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 3, 6), (3, 3, 6), (4, 24, 27)]
    assert t.states("a") == [("processing", 0, 4), ("overtime", 4, 6), ("off_shift", 6, 24), ("processing", 24, 27)]


# fit


def test_fit_begins_only_what_ends_within_the_shift():
    """Parts of 3, 3 and 1 h. At 3 h the second does not fit any more, and the third does not overtake it."""
    t = play(28, station("a", shift_end="fit", cycle_time_s={"sequence": [3 * H, 3 * H, H]}), **DAY)
    assert t.visits("a", "part enter start leave") == [(1, 0, 0, 3), (2, 24, 24, 27), (3, 27, 27, 28)]
    assert t.states("a") == [
        ("processing", 0, 3),
        ("starved", 3, 4),
        ("off_shift", 4, 24),
        ("processing", 24, 28),
    ]


def test_what_ends_with_the_shift_fits():
    t = play(26, station("a", 2, shift_end="fit"), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 2, 4), (3, 24, 26)]


def test_fit_counts_the_setup():
    """At 2 h work of 1.5 h would fit, with its setup of 1 h it does not; the part stays in front until 24 h."""
    t = play(
        26.5,
        station("a", cycle_time_s={"p": 2 * H, "q": 1.5 * H}, setup_time_s=H, shift_end="fit"),
        source=arrivals(0, 0),
        mix={"sequence": ["p", "q"]},
        **TWO,
        **DAY,
    )
    assert t.visits("a", "part enter setup_start setup_end start leave") == [
        (1, 0, None, None, 0, 2),
        (2, 0, 24, 25, 25, 26.5),
    ]
    assert t.states("a") == [
        ("processing", 0, 2),
        ("starved", 2, 4),
        ("off_shift", 4, 24),
        ("setup", 24, 25),
        ("processing", 25, 26.5),
    ]


def test_what_does_not_fit_blocks_the_machine_before():
    """b has no place in front: a holds part 2 for it from 2 to 24 h, part 3 from 25 h to the third day."""
    t = play(48, station("a", 1), station("b", 2.5, buffer=0, shift_end="fit"), **DAY)
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 24), (3, 25, 48)]
    assert t.visits("b", "part start leave") == [(1, 1, 3.5), (2, 24, 26.5)]


# no start within


def test_nothing_is_begun_shortly_before_the_end():
    """Half an hour is left at 3.5 h, where the last part may be begun 0.75 h before the end."""
    t = play(27.5, station("a", 1.75, no_start_within_s=0.75 * H), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 1.75), (2, 1.75, 3.5), (3, 24, 25.75), (4, 25.75, 27.5)]
    assert t.states("a")[:3] == [("processing", 0, 3.5), ("starved", 3.5, 4), ("off_shift", 4, 24)]


def test_what_was_begun_before_that_is_paused_and_resumed():
    """At 3 h a whole hour is left: begun, paused at 4 h, ended at 24.5 h."""
    t = play(24.5, station("a", 1.5, no_start_within_s=0.75 * H), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 1.5), (2, 1.5, 3), (3, 3, 24.5)]


# stations with hours of their own


def test_a_station_with_hours_of_its_own():
    """a works round the clock, b from 0 to 4 and from 24 to 28 h: a is blocked over night."""
    t = play(
        27,
        station("a", 3),
        station("b", 1, buffer=1, calendar=DAY["calendar"]),
        run=DAY["run"],
    )
    assert t.visits("a", "part start finish leave") == [(1, 0, 3, 3), (2, 3, 6, 6), (3, 6, 9, 24), (4, 24, 27, 27)]
    assert t.visits("b", "part enter start leave") == [(1, 3, 3, 4), (2, 6, 24, 25), (3, 24, 25, 26)]
    assert t.states("b") == [
        ("starved", 0, 3),
        ("processing", 3, 4),
        ("off_shift", 4, 24),
        ("processing", 24, 26),
        ("starved", 26, 27),
    ]


def test_a_station_of_two_shifts_in_a_line_of_one():
    """The line works from 0 to 4 h, b from 0 to 8 h: what a made by 4 h is worked off by 6 h."""
    longer = {"shifts": ["mon-sun 08:00-16:00"]}
    t = play(24, station("a", 1), station("b", 1.25, calendar=longer), **DAY)
    assert t.visits("b", "part enter start leave") == [
        (1, 1, 1, 2.25),
        (2, 2, 2.25, 3.5),
        (3, 3, 3.5, 4.75),
        (4, 4, 4.75, 6),
    ]
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24)]
    assert t.states("b")[-2:] == [("starved", 6, 8), ("off_shift", 8, 24)]


# days off


def test_a_holiday_is_no_working_day():
    """The second day is off: the part begun at 3 h is finished at 50 h."""
    off = {"calendar": DAY["calendar"] | {"holidays": ["2026-01-06"]}, "run": DAY["run"]}
    t = play(50, station("a", 3), **off)
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 3, 50)]
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 48)]


def test_a_holiday_of_the_plant_is_none_of_a_station_with_hours_of_its_own():
    """The line is off on the second day; b, with a calendar of its own, works off what it has in front."""
    off = {"calendar": DAY["calendar"] | {"holidays": ["2026-01-06"]}, "run": DAY["run"]}
    t = play(48, station("a", 1), station("b", 2, calendar=DAY["calendar"]), **off)
    assert t.visits("a", "part leave") == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert t.visits("b", "part start leave") == [(1, 1, 3), (2, 3, 25), (3, 25, 27)]


def test_demand_comes_in_the_hours_of_the_line_whatever_a_station_does():
    """One order an hour of the line: 1, 2, 3, 4, 25 h; b works round the clock."""
    always = {"shifts": ["mon-sun 00:00-24:00"]}
    t = play(26, station("a", 0.5, calendar=always), source={"demand_per_h": 1}, **DAY)
    assert t.visits("a", "part enter start leave") == [
        (1, 1, 1, 1.5),
        (2, 2, 2, 2.5),
        (3, 3, 3, 3.5),
        (4, 4, 4, 4.5),
        (5, 25, 25, 25.5),
    ]
