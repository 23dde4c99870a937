"""Hand-written event tables (hours): standby and start-up; renewal in stages, one by one, in awkward states.

Rules: docs/rules.md. More on renewal is in test_tables_of_stops.py.
"""

from hand_tables import DAY, H, arrivals, fails_at, option, play, renewal, station


def standby(after_h=1.0, wake=1, start_up_h=0.5):
    return {"standby": {"after_s": after_h * H, "wake_at_parts": wake, "start_up_s": start_up_h * H}}


# standby


def test_standby_after_an_hour_wakes_at_two_parts_and_works_until_none_is_left():
    """Idle from 0.5 h, down at 1.5 h. One part waits from 2 h, the second of 2.75 h starts it up until 3.25 h.

    A third of 4 h is taken alone, as the machine works until no part is left, and a fourth of 5 h as it is not yet
    down: after it has been without a part for an hour it goes down again, at 6.5 h.
    """
    t = play(8, station("a", 0.5, **standby(wake=2)), source=arrivals(0, 2, 2.75, 4, 5, 8))
    assert t.visits("a", "part enter start leave") == [
        (1, 0, 0, 0.5),
        (2, 2, 3.25, 3.75),
        (3, 2.75, 3.75, 4.25),
        (4, 4, 4.25, 4.75),
        (5, 5, 5, 5.5),
    ]
    assert t.states("a") == [
        ("processing", 0, 0.5),
        ("starved", 0.5, 1.5),
        ("standby", 1.5, 2.75),
        ("start_up", 2.75, 3.25),
        ("processing", 3.25, 4.75),
        ("starved", 4.75, 5),
        ("processing", 5, 5.5),
        ("starved", 5.5, 6.5),
    ]


def test_a_part_of_the_moment_of_the_time_out_finds_the_machine_down():
    """The arrival of 1.5 h comes before the time-out, the time-out before any part moves: started up to 2 h."""
    t = play(3, station("a", 0.5, **standby()), source=arrivals(0, 1.5))
    assert t.visits("a", "part enter start leave") == [(1, 0, 0, 0.5), (2, 1.5, 2, 2.5)]
    assert t.states("a") == [
        ("processing", 0, 0.5),
        ("starved", 0.5, 1.5),
        ("start_up", 1.5, 2),
        ("processing", 2, 2.5),
    ]


def test_a_part_taken_at_the_end_of_another_starts_no_time_out():
    """Never without a part until 3 h; a part of 3.75 h is taken at once, 0.25 h before the machine would go down."""
    t = play(5, station("a", 1, **standby()), source=arrivals(0, 0.5, 1.5, 3.75))
    assert t.states("a") == [("processing", 0, 3), ("starved", 3, 3.75), ("processing", 3.75, 4.75)]


def test_standby_from_the_start():
    t = play(3, station("a", 0.5, initial_state="standby", **standby()), source=arrivals(1))
    assert t.states("a") == [("standby", 0, 1), ("start_up", 1, 1.5), ("processing", 1.5, 2), ("starved", 2, 3)]


def test_off_at_the_start_is_switched_on_by_parts():
    """Off until two parts wait, at 1.25 h; later it goes to standby only."""
    t = play(5, station("a", 0.5, initial_state="off", **standby(wake=2)), source=arrivals(1, 1.25))
    assert t.states("a") == [
        ("off", 0, 1.25),
        ("start_up", 1.25, 1.75),
        ("processing", 1.75, 2.75),
        ("starved", 2.75, 3.75),
    ]


def test_parts_blocked_in_front_count_for_waking_up():
    """One part in the place of 1 h, one blocked on a from 2 h on: two wait, b starts up for a quarter of an hour."""
    down = {"initial_state": "standby", **standby(after_h=0.75, wake=2, start_up_h=0.25)}
    t = play(3.75, station("a", 1), station("b", 0.5, buffer=1, **down))
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 2.25), (3, 3.25, 3.25)]
    assert t.states("b") == [("standby", 0, 2), ("start_up", 2, 2.25), ("processing", 2.25, 3.75)]


def test_each_machine_goes_down_by_itself():
    """m2 works until 3 h and goes down at 4 h, m1, idle from 1 h on, at 2 h; the part of 3.5 h goes to m2."""
    machines = [{"name": "m1", "cycle_time_s": H}, {"name": "m2", "cycle_time_s": 3 * H}]
    t = play(7, station("a", machines=machines, **standby()), source=arrivals(0, 0, 3.5))
    assert t.visits("a", "machine part start leave") == [("m1", 1, 0, 1), ("m2", 2, 0, 3), ("m2", 3, 3.5, 6.5)]
    assert t.states("a", "m1") == [("processing", 0, 1), ("starved", 1, 2)]


def test_a_batch_in_standby_wakes_at_more_than_its_least_load():
    """At least two in a charge, but three to start it up: they are there at 4 h."""
    work = station("a", 1, kind="batch", capacity=3, min_load=2, **standby(wake=3))
    t = play(6, work, source=arrivals(0, 0, 3, 3.25, 4))
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 0, 1), (3, 4.5, 5.5), (4, 4.5, 5.5), (5, 4.5, 5.5)]
    assert t.states("a") == [
        ("processing", 0, 1),
        ("starved", 1, 2),
        ("standby", 2, 4),
        ("start_up", 4, 4.5),
        ("processing", 4.5, 5.5),
    ]


def test_a_start_up_broken_off_by_the_shift_end_begins_anew():
    """Woken at 3.75 h, a quarter of an hour before the end: half an hour again from 24 h on, like a heat-up."""
    t = play(25.5, station("a", 0.5, initial_state="standby", **standby()), source=arrivals(3.75), **DAY)
    assert t.states("a") == [
        ("standby", 0, 3.75),
        ("start_up", 3.75, 4),
        ("off_shift", 4, 24),
        ("start_up", 24, 24.5),
        ("processing", 24.5, 25),
    ]


def test_a_machine_in_standby_may_fail():
    """The calendar runs on: stopped from 2 to 3 h; the part of 2.5 h waits for repair and start-up."""
    t = play(5, station("a", 0.5, **standby(), **fails_at(2, 1)), source=arrivals(0, 2.5))
    assert t.states("a")[:4] == [("processing", 0, 0.5), ("starved", 0.5, 1.5), ("standby", 1.5, 2), ("failed", 2, 3)]
    assert t.visits("a", "part start")[1] == (2, 3.5)


def test_a_failure_breaks_off_a_start_up():
    """Woken at 2.5 h, stopped from 2.75 to 3.75 h: half an hour again, to 4.25 h."""
    t = play(5, station("a", 0.5, **standby(), **fails_at(2.75, 1)), source=arrivals(0, 2.5))
    assert t.states("a")[2:] == [
        ("standby", 1.5, 2.5),
        ("start_up", 2.5, 2.75),
        ("failed", 2.75, 3.75),
        ("start_up", 3.75, 4.25),
        ("processing", 4.25, 4.75),
    ]


def test_standby_before_a_saturated_source_is_over_at_once():
    t = play(3, station("a", 1, initial_state="standby", **standby()))
    assert t.visits("a", "start leave") == [(0.5, 1.5), (1.5, 2.5)]
    assert t.states("a") == [("start_up", 0, 0.5)]


def test_renewal_of_a_machine_in_standby_begins_at_once():
    """Down from 1.5 h; taken out at 2.5 h; the new one is idle for an hour, then goes down."""
    t = play(
        5, station("a", 0.5, options=[option(install_h=1)], **standby()), source=arrivals(0), schedule=[renewal(2.5)]
    )
    assert t.states("a") == [
        ("processing", 0, 0.5),
        ("starved", 0.5, 1.5),
        ("standby", 1.5, 2.5),
        ("installing", 2.5, 3.5),
        ("starved", 3.5, 4.5),
    ]


# renewal


def test_ramp_up_by_stages():
    """Half speed for 1.5 h, 0.8 for 2.5 h more, then full; a part keeps the speed with which it was begun."""
    stages = [{"for_d": 1.5 / 24, "speed": 0.5}, {"for_d": 2.5 / 24, "speed": 0.8}]
    new = option(install_h=1, ramp_up={"stages": stages})
    t = play(9.5, station("a", 1, options=[new]), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 2), ("installing", 2, 3)]
    assert t.visits("a", "part start leave") == [
        (1, 0, 1),
        (2, 1, 2),
        (3, 3, 5),
        (4, 5, 6.25),
        (5, 6.25, 7.5),
        (6, 7.5, 8.5),
        (7, 8.5, 9.5),
    ]


def test_machines_of_one_entry_follow_each_other_one_by_one():
    """Each takes 2 h: m1 leaves at 2 h, m2 when m1 works again at 4 h, m3 at 6 h."""
    t = play(
        8,
        station("a", 1, machines=3, options=[option(install_h=2)]),
        schedule=[renewal(2, machines=3, one_by_one=True)],
    )
    assert [[row[1:] for row in t.states("a", m) if row[0] == "installing"] for m in "123"] == [
        [(2, 4)],
        [(4, 6)],
        [(6, 8)],
    ]
    assert t.states("a", "3")[0] == ("processing", 0, 6)


def test_one_by_one_waits_for_the_part_of_the_next_machine():
    """m2 works 4 h on a part: told at 3 h, when m1 works again, it leaves at 4 h."""
    machines = [{"name": "m1", "cycle_time_s": H}, {"name": "m2", "cycle_time_s": 4 * H}]
    t = play(
        8,
        station("a", machines=machines, options=[option(install_h=2, cycle_time_s=0.5 * H)]),
        schedule=[renewal(1, machines=["m1", "m2"], one_by_one=True)],
    )
    assert t.states("a", "m1") == [("processing", 0, 1), ("installing", 1, 3)]
    assert t.states("a", "m2") == [("processing", 0, 4), ("installing", 4, 6)]


def test_without_one_by_one_all_leave_together():
    t = play(4, station("a", 1, machines=2, options=[option(install_h=2)]), schedule=[renewal(2, machines=2)])
    assert [t.states("a", m) for m in "12"] == [[("processing", 0, 2), ("installing", 2, 4)]] * 2


def test_renewal_of_a_failed_machine_that_waits_for_people_with_a_part():
    """Fails at 1 h in its part; the fitter comes at 3 h, repairs to 4 h; the part ends at 5 h, then it leaves."""
    machines = [
        {"name": "m1", "cycle_time_s": 90 * H, **fails_at(0.5, 2.5, crew="fitter")},
        {"name": "m2", "cycle_time_s": 2 * H, **fails_at(1, 1, crew="fitter")},
    ]
    t = play(
        6,
        station("a", machines=machines, options=[option(install_h=1)]),
        schedule=[renewal(2, machines=["m2"])],
        crews={"fitter": 1},
    )
    assert t.states("a", "m2") == [("processing", 0, 1), ("failed", 1, 4), ("processing", 4, 5), ("installing", 5, 6)]


def test_maintenance_that_interrupts_a_part_does_so_until_the_machine_leaves():
    """Renewed at 1.25 h, with a part of 2 h on it; maintenance after 1.5 h of work puts its end off to 2.25 h."""
    upkeep = [{"every_h": 1.5, "duration_h": 0.25, "interrupts_part": True}]
    new = option(install_h=1, maintenance=[])
    t = play(6, station("a", 2, maintenance=upkeep, options=[new]), schedule=[renewal(1.25)])
    assert t.states("a") == [
        ("processing", 0, 1.5),
        ("maintenance", 1.5, 1.75),
        ("processing", 1.75, 2.25),
        ("installing", 2.25, 3.25),
    ]


def test_equipment_that_is_renewed_takes_its_idle_time_along():
    """Idle from 0.5 h, renewed at 0.75 h without loss of time: the new machine is not down at 1.5 h, but at 1.75 h.

    So it takes the part of 1.625 h at once; after an hour without another one it goes down, at 3.125 h.
    """
    fields = {"schedule": [renewal(0.75)]}
    t = play(4, station("a", 0.5, options=[option()], **standby()), source=arrivals(0, 1.625), **fields)
    assert t.states("a") == [
        ("processing", 0, 0.5),
        ("starved", 0.5, 1.625),
        ("processing", 1.625, 2.125),
        ("starved", 2.125, 3.125),
    ]
    (machine,) = t.run.read().lines[0].stations[0].machines
    assert machine.starts == 0
