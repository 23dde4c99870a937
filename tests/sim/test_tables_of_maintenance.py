"""Hand-written event tables (hours): when maintenance is due, and which clocks it restarts. Rules: docs/rules.md."""

import pytest
from hand_tables import fails_at, play, station


def upkeep(lasts_h, **fields):
    return {"maintenance": [{"duration_h": lasts_h} | fields]}


def test_maintenance_at_a_clock_time_of_every_week():
    """The run starts on a Sunday at 06:00: due at 2 h, then 170 h; each time the part in progress is finished."""
    t = play(172, station("a", 0.75, **upkeep(1, at="sun 08:00")), run={"start": "2026-01-04T06:00"})
    assert t.states("a") == [
        ("processing", 0, 2.25),
        ("maintenance", 2.25, 3.25),
        ("processing", 3.25, 170.5),
        ("maintenance", 170.5, 171.5),
    ]


def test_maintenance_at_the_clock_time_at_which_the_run_starts():
    """Monday 08:00 is the first instant: maintained before the first part."""
    t = play(3, station("a", 1, **upkeep(0.5, at="mon 08:00")), run={"start": "2026-01-05T08:00"})
    assert t.states("a") == [("maintenance", 0, 0.5)]
    assert t.visits("a", "start leave") == [(0.5, 1.5), (1.5, 2.5)]


@pytest.mark.parametrize(
    ("policy", "table"),
    [
        ("age", [("processing", 0, 2), ("failed", 2, 3), ("processing", 3, 7), ("maintenance", 7, 7.5)]),
        (
            "block",
            [
                ("processing", 0, 2),
                ("failed", 2, 3),
                ("processing", 3, 4),
                ("maintenance", 4, 4.5),
                ("processing", 4.5, 8),
                ("maintenance", 8, 8.5),
            ],
        ),
    ],
)
def test_age_counts_from_the_last_repair_and_block_does_not(policy, table):
    """Every 4 h by the calendar; x is repaired at 3 h. By age due at 7 h, on the fixed grid at 4 and 8 h."""
    rule = upkeep(0.5, every_h=4, clock="calendar", policy=policy, renews=["x"])
    t = play(table[-1][2], station("a", 0.5, **fails_at(2, 1, name="x"), **rule))
    assert t.states("a") == table


def test_a_repair_of_another_mode_leaves_the_maintenance_clock_alone():
    """Only y is renewed by the maintenance; the repair of x at 3 h changes nothing: due at 4 h."""
    modes = [fails_at(2, 1, name="x")["failures"][0], fails_at(90, 1, name="y")["failures"][0]]
    rule = upkeep(0.5, every_h=4, clock="calendar", renews=["y"])
    t = play(4.5, station("a", 0.5, failures=modes, **rule))
    assert t.states("a")[-1] == ("maintenance", 4, 4.5)


def test_age_by_hours_of_work_counts_from_the_last_repair():
    """Every 3 h of work; x is repaired at 3 h, after 2 h of work: due after 3 h more, at 6 h."""
    rule = upkeep(0.5, every_h=3, policy="age", renews="all")
    t = play(6.5, station("a", 0.5, **fails_at(2, 1, name="x"), **rule))
    assert t.states("a") == [("processing", 0, 2), ("failed", 2, 3), ("processing", 3, 6), ("maintenance", 6, 6.5)]


@pytest.mark.parametrize(
    ("renews", "between"),
    [
        ([], [("processing", 2.5, 3), ("failed", 3, 3.25), ("processing", 3.25, 4.25), ("failed", 4.25, 4.5)]),
        (["x"], [("processing", 2.5, 4.25), ("failed", 4.25, 4.5)]),
        ("all", [("processing", 2.5, 4.5)]),
    ],
)
def test_maintenance_restarts_the_clocks_it_renews(renews, between):
    """x is due 3 h, y 4.25 h after the start of its clock; maintenance every 2 h, from 2 and from 4.5 h on."""
    modes = [
        {"name": name, "clock": "calendar", "ttf_h": ttf_h, "ttr_h": 0.25} for name, ttf_h in (("x", 3), ("y", 4.25))
    ]
    t = play(5, station("a", 0.25, failures=modes, **upkeep(0.5, every_h=2, clock="calendar", renews=renews)))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        *between,
        ("maintenance", 4.5, 5),
    ]


def test_renewing_restarts_an_operating_clock_too():
    """x fails after 3 h of work, maintenance after every 2 h of work restarts it: it never fails."""
    mode = {"name": "x", "ttf_h": 3, "ttr_h": 1}
    t = play(7.5, station("a", 0.5, failures=[mode], **upkeep(0.5, every_h=2, renews="all")))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        ("processing", 2.5, 4.5),
        ("maintenance", 4.5, 5),
        ("processing", 5, 7),
        ("maintenance", 7, 7.5),
    ]


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_maintenance_may_interrupt_the_part(clock):
    """Every 2 h, parts of 3 h: stopped at 2 and 4.5 h; on both clocks the same, as the machine works all the time."""
    t = play(5, station("a", 3, **upkeep(0.5, every_h=2, clock=clock, interrupts_part=True)))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.5),
        ("processing", 2.5, 4.5),
        ("maintenance", 4.5, 5),
    ]
    assert t.visits("a", "part start finish") == [(1, 0, 3.5)]


def test_maintenance_on_the_fixed_grid_waits_for_the_part_and_keeps_the_grid():
    """Due at 2, 4, 6 h; parts of 1.5 h: begun at 3 h, then (part of 3.5 to 5 h) at 5 h, then at 7 h."""
    t = play(7.5, station("a", 1.5, **upkeep(0.5, every_h=2, clock="calendar", policy="block")))
    assert t.states("a") == [
        ("processing", 0, 3),
        ("maintenance", 3, 3.5),
        ("processing", 3.5, 5),
        ("maintenance", 5, 5.5),
        ("processing", 5.5, 7),
        ("maintenance", 7, 7.5),
    ]


def test_tools_are_changed_by_count_and_by_one_person():
    """Every two parts a change of a quarter of an hour; one person, so that m2 waits for m1."""
    t = play(
        4,
        station("a", 1, machines=2, **upkeep(0.25, every_units=2, crew="setter")),
        crews={"setter": 1},
    )
    assert t.visits("a", "machine part start leave") == [
        ("1", 1, 0, 1),
        ("2", 2, 0, 1),
        ("1", 3, 1, 2),
        ("2", 4, 1, 2),
        ("1", 5, 2.25, 3.25),
        ("2", 6, 2.5, 3.5),
    ]
    assert t.states("a", "1")[:2] == [("processing", 0, 2), ("maintenance", 2, 2.25)]


def test_two_tools_have_counts_of_their_own():
    """A quarter of an hour after every 2 parts, half an hour after every 3: both after part 6."""
    rules = [{"name": f"tool {n}", "every_units": n, "duration_h": n / 4 - 0.25} for n in (2, 3)]
    t = play(7.75, station("a", 1, maintenance=rules))
    assert t.states("a") == [
        ("processing", 0, 2),
        ("maintenance", 2, 2.25),
        ("processing", 2.25, 3.25),
        ("maintenance", 3.25, 3.75),
        ("processing", 3.75, 4.75),
        ("maintenance", 4.75, 5),
        ("processing", 5, 7),
        ("maintenance", 7, 7.75),
    ]


def test_a_failure_that_falls_due_during_maintenance_follows_it():
    t = play(4, station("a", 0.5, **fails_at(1.25, 1), **upkeep(0.5, every_h=1, clock="calendar", policy="block")))
    assert t.states("a")[:3] == [("processing", 0, 1), ("maintenance", 1, 1.5), ("failed", 1.5, 2.5)]


def test_a_blocked_machine_may_be_maintained():
    """Due at 3 h, when the part of the machine is finished and waits for b, which takes it at 5 h."""
    t = play(5.5, station("a", 1, **upkeep(0.5, every_h=3, clock="calendar")), station("b", 4, buffer=0))
    assert t.states("a") == [("processing", 0, 2), ("blocked", 2, 3), ("maintenance", 3, 3.5), ("blocked", 3.5, 5)]
