"""Hand-written event tables (hours): failures, repair, maintenance, renewal. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, arrivals, option, play, renewal, station


def fails(ttf_h, ttr_h, **fields):
    return {"failures": [{"ttf_h": ttf_h, "ttr_h": ttr_h} | fields]}


def test_a_failure_at_the_very_end_of_a_part_comes_after_it():
    """Two hours of work are full when part 2 ends: it leaves, then the machine fails."""
    t = play(5, station("a", 1, **fails(2, 0.5)))
    assert t.visits("a", "part start finish leave") == [
        (1, 0, 1, 1),
        (2, 1, 2, 2),
        (3, 2.5, 3.5, 3.5),
        (4, 3.5, 4.5, 4.5),
    ]
    assert t.states("a") == [
        ("processing", 0, 2),
        ("failed", 2, 2.5),
        ("processing", 2.5, 4.5),
        ("failed", 4.5, 5),
    ]


@pytest.mark.parametrize(
    ("fate", "table"),
    [
        ("resume", [(1, 0, 2, "exit"), (2, 2, 5, "exit"), (3, 5, 7, "exit")]),
        ("restart", [(1, 0, 2, "exit"), (2, 2, 6, "exit")]),
        ("scrap", [(1, 0, 2, "exit"), (2, 2, 3, "scrap"), (3, 4, 6, "exit")]),
    ],
)
def test_part_in_a_failure(fate, table):
    """Work of 2 h; the machine fails after 3 h of work, halfway through part 2, for 1 h."""
    t = play(7, station("a", 2, **fails({"sequence": [3, 50]}, 1, part=fate)))
    assert t.visits("a", "part start finish to") == table
    assert t.states("a")[:2] == [("processing", 0, 3), ("failed", 3, 4)]


def test_a_failed_machine_keeps_its_blocked_part():
    """Fails by the calendar at 2.5 h while blocked; the next station is free at 3 h but gets the part at 4.5 h."""
    t = play(9, station("a", 1, **fails(2.5, 2, clock="calendar")), station("b", 2, buffer=0))
    assert t.visits("a", "part start finish leave") == [(1, 0, 1, 1), (2, 1, 2, 4.5), (3, 4.5, 5.5, 6.5)]
    assert t.states("a") == [
        ("processing", 0, 2),
        ("blocked", 2, 2.5),
        ("failed", 2.5, 4.5),
        ("processing", 4.5, 5.5),
        ("blocked", 5.5, 6.5),
        ("processing", 6.5, 7),
        ("failed", 7, 9),
    ]
    assert t.states("b") == [("starved", 0, 1), ("processing", 1, 3), ("starved", 3, 4.5), ("processing", 4.5, 8.5)]


def test_another_blocked_machine_passes_the_failed_one():
    """m1 blocks at 2 h and fails at 2.5 h; m2 blocks at 3 h and hands over at 5 h; m1 follows when it can, at 9 h."""
    m1 = {"name": "m1", "cycle_time_s": 7200, **fails({"sequence": [2.5, 99]}, 4, clock="calendar")}
    m2 = {"name": "m2", "cycle_time_s": {"sequence": [3600, 7200, 36000]}}
    t = play(9, station("a", machines=[m1, m2]), station("b", 4, buffer=0))
    assert t.visits("a", "machine part finish leave") == [("m1", 1, 2, 9), ("m2", 2, 1, 1), ("m2", 3, 3, 5)]


def test_operating_clock_counts_work_only():
    """A part of 1 h every 2 h: two hours of work end at 3 h, the next two at 7 h."""
    t = play(8, station("a", 1, **fails(2, 0.5)), source=arrivals(0, 2, 4, 6, 8))
    assert t.states("a") == [
        ("processing", 0, 1),
        ("starved", 1, 2),
        ("processing", 2, 3),
        ("failed", 3, 3.5),
        ("starved", 3.5, 4),
        ("processing", 4, 5),
        ("starved", 5, 6),
        ("processing", 6, 7),
        ("failed", 7, 7.5),
        ("starved", 7.5, 8),
    ]


def test_calendar_clock_counts_always_from_the_end_of_the_repair():
    """Due at 2, 4.5, 7 h. At 2 h the arrival comes first, but the failure before any part moves: it waits."""
    t = play(8, station("a", 1, **fails(2, 0.5, clock="calendar")), source=arrivals(0, 2, 4, 6, 8))
    assert t.states("a") == [
        ("processing", 0, 1),
        ("starved", 1, 2),
        ("failed", 2, 2.5),
        ("processing", 2.5, 3.5),
        ("starved", 3.5, 4),
        ("processing", 4, 4.5),
        ("failed", 4.5, 5),
        ("processing", 5, 5.5),
        ("starved", 5.5, 6),
        ("processing", 6, 7),
        ("failed", 7, 7.5),
        ("starved", 7.5, 8),
    ]
    assert t.visits("a", "part enter start leave")[1] == (2, 2, 2.5, 3.5)


def test_repair_goes_on_after_the_shift():
    """Fails at 3.5 h, repaired at 5.5 h outside the shift; the rest of part 4 is made next morning."""
    t = play(27, station("a", 1, **fails(3.5, 2)), **DAY)
    assert t.visits("a", "part start leave")[3:] == [(4, 3, 24.5), (5, 24.5, 25.5), (6, 25.5, 26.5)]
    assert t.states("a") == [("processing", 0, 3.5), ("failed", 3.5, 4), ("off_shift", 4, 24)]


def test_a_failure_outside_the_shift_is_seen_next_morning():
    """The calendar clock runs at night: due at 10 h, repaired at 25 h."""
    t = play(27, station("a", 3, **fails(10, 15, clock="calendar")), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 3, 27)]
    assert t.states("a") == [
        ("processing", 0, 4),
        ("off_shift", 4, 24),
        ("failed", 24, 25),
    ]


def test_a_shift_end_comes_before_a_failure_of_the_same_instant():
    """Four hours of work are full at the shift end, in mid-part: the machine fails as the next shift begins."""
    t = play(26, station("a", 3, **fails(4, 1)), **DAY)
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24), ("failed", 24, 25)]


def test_one_repairer_goes_by_priority_then_in_order_of_asking():
    """m1, m2, m3 fail at 1, 1.5 and 1.75 h and take 2 h each; m3 is urgent."""
    machines = [
        {"name": f"m{n}", **fails({"sequence": [at, 99]}, 2, crew="fitter", priority=priority, clock="calendar")}
        for n, (at, priority) in enumerate([(1, 0), (1.5, 0), (1.75, -1)], 1)
    ]
    t = play(9, station("a", 50, machines=machines), crews={"fitter": 1})
    assert [t.states("a", f"m{n}") for n in (1, 2, 3)] == [
        [("processing", 0, 1), ("failed", 1, 3)],
        [("processing", 0, 1.5), ("failed", 1.5, 7)],
        [("processing", 0, 1.75), ("failed", 1.75, 5)],
    ]
    (crew,) = t.read().crews
    assert (crew.waits.count, crew.waits.total) == (3, pytest.approx(1.25 + 3.5))


def test_a_second_failure_during_a_repair_follows_it():
    modes = [
        {"name": "x", "clock": "calendar", "ttf_h": {"sequence": [1, 99]}, "ttr_h": 2},
        {"name": "y", "clock": "calendar", "ttf_h": {"sequence": [2, 99]}, "ttr_h": 1},
    ]
    t = play(9, station("a", 6, failures=modes))
    assert t.states("a") == [("processing", 0, 1), ("failed", 1, 4)]
    assert t.visits("a", "start leave") == [(0, 9)]


def test_the_setter_who_also_repairs_leaves_the_setup_for_the_repair():
    """One fitter for both: the machine he sets up fails at 2 h; he repairs it, then finishes the setup."""
    t = play(
        10,
        station(
            "a", 1, setup_time_s=7200, crew={"setup": "fitter", "repair": "fitter"}, **fails(2, 1, clock="calendar")
        ),
        mix={"sequence": ["p", "q"]},
        crews={"fitter": 1},
        **TWO,
    )
    assert t.states("a") == [
        ("processing", 0, 1),
        ("setup", 1, 2),
        ("failed", 2, 3),
        ("setup", 3, 4),
        ("processing", 4, 5),
        ("failed", 5, 6),
        ("setup", 6, 8),
        ("failed", 8, 9),
        ("processing", 9, 10),
    ]


def test_maintenance_by_units():
    t = play(5, station("a", 1, maintenance=[{"every_units": 2, "duration_h": 0.5}]))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        ("processing", 2.5, 4.5),
        ("maintenance", 4.5, 5),
    ]


def test_maintenance_by_the_calendar_waits_for_the_part():
    """Due at 1.5 h, begins when the part ends at 2 h; due again 1.5 h after its end."""
    t = play(5, station("a", 1, maintenance=[{"every_h": 1.5, "clock": "calendar", "duration_h": 0.5}]))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        ("processing", 2.5, 4.5),
        ("maintenance", 4.5, 5),
    ]


def test_maintenance_by_hours_of_work():
    """Every 1.5 h of work: full during part 2, done after it; then after part 4 (counted from 2 h of work)."""
    t = play(5, station("a", 1, maintenance=[{"every_h": 1.5, "duration_h": 0.5}]), source=arrivals(0, 1, 3, 4))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        ("starved", 2.5, 3),
        ("processing", 3, 5),
    ]


def test_a_failure_goes_before_maintenance_that_waits_for_the_part():
    """Maintenance is due at 1 h and waits for the part of 3 h; a failure at 2 h comes at once."""
    upkeep = [{"every_h": 1, "clock": "calendar", "duration_h": 0.5}]
    t = play(4.5, station("a", 3, maintenance=upkeep, **fails({"sequence": [2, 99]}, 1)))
    assert t.states("a") == [("processing", 0, 2), ("failed", 2, 3), ("processing", 3, 4), ("maintenance", 4, 4.5)]


def test_heads_slow_the_machine_down():
    """Two heads; one stops after 1 h of running for 2 h: half speed from 1 to 3 h; the other runs 1.5 h longer.

    Part of 2 h: 1 h whole, 2 h at half speed, done at 3 h.
    """
    t = play(6, station("a", 2, heads=2, **fails({"sequence": [1, 50, 50]}, 2, scope="head")))
    assert t.visits("a", "start leave") == [(0, 3), (3, 5)]
    assert t.states("a") == []  # it never stopped


def test_all_heads_down_stops_the_work():
    """Both heads stop at 1 h; one comes back at 2 h, with half the speed, as each piecing takes 1 h of one person."""
    t = play(
        6,
        station("a", 3, heads=2, **fails({"sequence": [1, 1, 50, 50]}, 1, scope="head", crew="piecer")),
        crews={"piecer": 1},
    )
    # whole speed 0-1, none 1-2, half 2-3, whole from 3: 1 + 0.5 done at 3 h, the rest of 1.5 h at 4.5 h
    assert t.visits("a", "start leave") == [(0, 4.5)]


# renewal


def test_installation_waits_for_the_part_and_the_new_machine_learns():
    """Planned at 3 h, leaves at 4 h, installed for 3 h; its first parts take 2 and 1.5 times the new hour."""
    new = option(install_h=3, cycle_time_s=3600, ramp_up={"cycle_factor_by_unit": [2, 1.5]})
    t = play(12, station("a", 2, options=[new]), schedule=[renewal(3)])
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 2, 4), (3, 7, 9), (4, 9, 10.5), (5, 10.5, 11.5)]
    assert t.states("a") == [("processing", 0, 4), ("installing", 4, 7)]


def test_renewal_of_a_blocked_machine_waits_until_the_part_has_gone():
    new = option(install_h=2)
    t = play(9, station("a", 1, options=[new]), station("b", 4, buffer=0), schedule=[renewal(3)])
    assert t.states("a") == [
        ("processing", 0, 2),
        ("blocked", 2, 5),
        ("installing", 5, 7),
        ("processing", 7, 8),
        ("blocked", 8, 9),
    ]


def test_renewal_of_a_failed_machine_without_a_part_ends_the_repair():
    """The repairer goes to the next machine at once."""
    new = option(install_h=2, failures=[])
    m1 = {"name": "m1", **fails(1, 50, clock="calendar", crew="fitter")}
    m2 = {"name": "m2", **fails({"sequence": [2, 99]}, 1, clock="calendar", crew="fitter")}
    t = play(
        9,
        station("a", 0.5, machines=[m1, m2], options=[new]),
        source=arrivals(0, 8),
        schedule=[renewal(3, machines=["m1"])],
        crews={"fitter": 1},
    )
    assert t.states("a", "m1")[:4] == [
        ("processing", 0, 0.5),
        ("starved", 0.5, 1),
        ("failed", 1, 3),
        ("installing", 3, 5),
    ]
    assert ("failed", 2, 4) in t.states("a", "m2")


def test_renewal_at_night():
    """Days of installation run by the clock; the new machine works in the morning."""
    t = play(27, station("a", 2, options=[option(install_h=3, cycle_time_s=3600)]), schedule=[renewal(10)], **DAY)
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24)]
    assert t.visits("a", "start leave") == [(0, 2), (2, 4), (24, 25), (25, 26), (26, 27)]


def test_new_times_replace_the_old_ones_as_a_whole():
    """Old times by product, one new time for all; old setups are gone with the old machine."""
    new = option(cycle_time_s=1800, setup_time_s={"q": {"p": 900}})
    t = play(
        6,
        station("a", cycle_time_s={"p": 3600, "q": 7200}, setup_time_s=3600, options=[new]),
        mix={"sequence": ["p", "q"]},
        schedule=[renewal(3.5)],
        **TWO,
    )
    # p 0-1, setup 1-2, q 2-4; then p 4-4.5, q at once 4.5-5, setup 5-5.25, p 5.25-5.75
    assert t.visits("a", "product start leave") == [
        ("p", 0, 1),
        ("q", 2, 4),
        ("p", 4, 4.5),
        ("q", 4.5, 5),
        ("p", 5.25, 5.75),
    ]


def test_a_second_renewal_that_comes_during_the_first_follows_it():
    new, newer = option(install_h=3), option("newer", install_h=2, cycle_time_s=1800)
    t = play(
        9,
        station("a", 1, options=[new, newer]),
        schedule=[renewal(2, machines=["1"]), renewal(3, "newer", machines=["1"])],
    )
    assert t.states("a") == [("processing", 0, 2), ("installing", 2, 7)]
    assert t.visits("a", "start leave")[2:] == [(7, 7.5), (7.5, 8), (8, 8.5), (8.5, 9)]


def test_failure_clocks_of_the_new_machine_start_at_zero():
    """Old: failure after 3 h of work; renewed at 2 h, the new one fails 3 h of work later."""
    t = play(6, station("a", 1, options=[option(install_h=1)], **fails(3, 1)), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 2), ("installing", 2, 3), ("processing", 3, 6)]


def test_a_failure_and_a_maintenance_of_one_name_keep_their_own_times():
    work = station(
        "a",
        1,
        failures=[{"name": "x", "ttf_h": 2, "ttr_h": {"uniform": {"low": 1, "high": 2}}}],
        maintenance=[{"name": "x", "every_h": 3, "duration_h": {"uniform": {"low": 5, "high": 6}}}],
    )
    failure, upkeep = play(300, work).line().stations[0].causes
    assert 1 <= failure.lengths.mean() <= 2
    assert 5 <= upkeep.lengths.mean() <= 6
