"""Hand-written event tables (hours) of cases that random plants have brought up. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, H, arrivals, play, station

from models.errors import DataError

# who takes what, at one instant


def test_a_part_that_comes_in_when_the_line_is_cleared_starts_a_charge_at_once():
    """Part 2, of another lot, waits on a until part 1 leaves b at 3.5 h."""
    b = station("b", 2.5, kind="batch", capacity=2, buffer=3, one_lot_at_a_time=True)
    t = play(7, station("a", 1), b, source=arrivals(0, 1))
    assert t.visits("b", "part enter start leave") == [(1, 1, 1, 3.5), (2, 3.5, 3.5, 6)]


def test_a_machine_for_which_the_first_part_is_too_long_takes_the_second():
    """Two hours before the night m1 leaves part 1 (3 h) to m2, and takes part 2 (1 h) at the same instant."""
    two = [{"name": "m1", "shift_end": "fit"}, {"name": "m2"}]
    a = station("a", {"p": 3, "q": 1}, machines=two)
    t = play(25.5, a, source=arrivals(2, 2), mix={"sequence": ["p", "q"]}, **TWO, **DAY)
    assert t.visits("a", "part machine start leave") == [(1, "m2", 2, 25), (2, "m1", 2, 3)]


def test_a_conveyor_chosen_at_random_moves_on_when_nothing_waits():
    t = play(9, station("a", kind="conveyor", places=2, pace_s=H, choose_machine="random"), source=arrivals(0, 5))
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 5, 7)]


def test_a_part_alone_is_enough_for_the_second_machine():
    """m1 waits for two parts; m2, which is content with one, takes it."""
    two = [{"name": "m1", "min_load": 2}, {"name": "m2"}]
    t = play(3, station("a", 2, kind="batch", capacity=2, machines=two), source=arrivals(0.5))
    assert t.visits("a", "part machine start leave") == [(1, "m2", 0.5, 2.5)]


def test_a_vehicle_takes_along_parts_of_one_lot_only():
    """Parts 2 and 3, of two lots, wait on a when the vehicle is back at 3 h: one ride for each."""
    cart = station("cart", kind="transport", buffer=0, capacity=2, travel_s=H, return_s=H, one_lot_at_a_time=True)
    t = play(8, station("a", 1, machines=2), cart, source=arrivals(0, 0.5, 1))
    assert t.visits("cart", "part start leave") == [(1, 1, 2), (2, 3, 4), (3, 5, 6)]


def test_a_mixed_source_gives_what_comes_next_until_a_kit_is_complete():
    """In turn p, q, p, p, q, p: the first kit of two p and a q takes parts 1, 3 and 2, the second 4, 6 and 5."""
    kit = station("kit", 1, kind="assembly", inputs={"p": 2, "q": 1})
    t = play(2.5, kit, mix={"sequence": ["p", "q", "p"]}, **TWO)
    assert t.visits("kit", "part start leave") == [(1, 0, 1), (4, 1, 2)]


def test_a_mixed_source_gives_no_more_than_a_kit_needs_of_it():
    """The kit lacks r until 3 h: p and q wait in front, one of each; at 4 h the next of each."""
    kit = station("kit", 1, kind="assembly", inputs={"p": 1, "q": 1, "r": 1})
    late = arrivals(3, to="kit", product="r")
    products = [{"name": n} for n in "pqr"]
    t = play(5, kit, source=[{"saturated": True}, late], mix={"sequence": ["p", "q"]}, products=products)
    assert t.visits("kit", "part enter start leave") == [(1, 0, 3, 4)]
    assert len(t.waiting("kit")) == 2


def test_a_source_that_is_used_up_leaves_a_kit_unfinished():
    """Of three parts a kit of two leaves one over."""
    kit = station("kit", 1, kind="assembly", inputs={"p": 2})
    t = play(9, kit, source={"saturated": True, "count": 3}, **TWO)
    assert t.visits("kit", "part start leave") == [(1, 0, 1)]


def test_a_source_whose_lots_are_too_small_for_a_joining_gives_nothing():
    """Three of one lot are joined, but lots have two parts."""
    t = play(9, station("a", 1, kind="join", pieces=3), mix={"sequence": ["p"], "lot": 2}, **TWO)
    assert t.visits("a") == []
    assert t.waiting("a") == []


# people


def test_a_part_in_work_at_the_start_needs_its_worker():
    """The worker comes at 1 h; one hour was left."""
    late = {"worker": {"on_duty": [{"shift": "mon-sun 09:00-17:00", "size": 1}]}}
    a = station("a", 2, crew={"processing": "worker"})
    t = play(3, a, source=arrivals(9), line_fields={"initial": [{"station": "a", "remaining_s": H}]}, crews=late,
             run={"start": "2026-01-05T08:00"})  # fmt: skip
    assert t.visits("a", "start leave") == [(1, 2)]
    assert t.states("a") == [("waiting_crew", 0, 1), ("processing", 1, 2)]


# standby


def test_a_machine_wakes_for_nothing_that_it_may_not_begin():
    """No start in the last hour: the part of 3.5 h wakes the machine in the morning, not again and again at night."""
    a = station("a", 1, no_start_within_s=H, standby={"after_s": 0, "start_up_s": 0})
    t = play(26, a, source=arrivals(3.5), **DAY)
    assert t.visits("a", "start leave") == [(24, 25)]
    assert t.states("a")[:2] == [("standby", 0, 4), ("off_shift", 4, 24)]


def test_a_batch_machine_wakes_for_a_charge():
    """One part of two waits from 1 h: the machine sleeps on, until the second comes at 3 h."""
    a = station("a", 1, kind="batch", capacity=2, min_load=2, standby={"after_s": 0, "start_up_s": H / 2})
    t = play(5, a, source=arrivals(1, 3))
    assert t.states("a") == [("standby", 0, 3), ("start_up", 3, 3.5), ("processing", 3.5, 4.5)]


def test_a_part_that_must_wait_for_one_on_its_way_wakes_nobody():
    """c's only machine is kept from 1 h on for part 1, which comes at 2 h: b's part of 1.5 h waits until 3 h."""
    a = station("a", 1, transfer_s=H, next="c")
    c = station("c", 1, buffer=0, standby={"after_s": 0})
    t = play(5, a, station("b", 1.5), c, source=[arrivals(0, to="a"), arrivals(0, to="b")])
    assert t.visits("c", "part enter start leave") == [(1, 2, 2, 3), (2, 3, 3, 4)]


def test_a_joining_machine_does_not_wake_for_a_source_that_is_used_up():
    """Of three parts one is left over; the machine sleeps from 1 h on."""
    a = station("a", 1, kind="join", pieces=2, standby={"after_s": 0})
    t = play(3, a, source={"saturated": True, "count": 3})
    assert t.visits("a", "part start leave") == [(1, 0, 1)]
    assert t.state() == "standby"


def test_a_part_of_another_lot_wakes_nobody():
    """The second machine may not take part 2 before part 1, of another lot, has left."""
    a = station("a", 1, machines=2, one_lot_at_a_time=True, standby={"after_s": 0})
    t = play(4, a, source=arrivals(1, 1))
    assert t.visits("a", "part start leave") == [(1, 1, 2), (2, 2, 3)]


# what stands for ever


def test_machines_that_sleep_until_more_parts_wait_than_can_come_are_told():
    """b wakes for three parts, but one place and one machine before it hold two: from 2 h on nothing moves."""
    b = station("b", 1, buffer=1, initial_state="standby", standby={"after_s": 0, "wake_at_parts": 3})
    with pytest.raises(DataError, match="deadlock 2 h after the start: a -> b -> a"):
        play(9, station("a", 1), b)


def test_arrivals_that_cannot_come_in_help_nobody():
    """The pusher moves part 1 on when part 2 comes, which its line clearance forbids; parts go on to wait outside."""
    b = station("b", kind="conveyor", places=2, pace_s=H, gaps=False, buffer=1, one_lot_at_a_time=True)
    with pytest.raises(DataError, match="deadlock 3 h after the start: a -> b -> a"):
        play(9, station("a", 1, buffer=1, one_lot_at_a_time=True, machines=2), b, source={"interarrival_s": H})


def test_a_line_that_stands_is_told_though_its_stations_are_never_open_together():
    """a takes back what b found bad only when it is clear, but holds part 2 for b, whose place is taken."""
    nights = {"shifts": ["mon-sun 20:00-04:00"]}
    a = station("a", 1, machines=2, one_lot_at_a_time=True)
    b = station("b", 1, buffer=0, scrap=1, inspect={"bad_to": "a"})
    with pytest.raises(DataError, match="deadlock 2 h after the start: a -> b -> a"):
        play(99, a, b, station("c", 1, calendar=nights), run={"start": "2026-01-05T08:00"})


def test_arrivals_behind_what_is_blocked_help_nobody():
    """b joins two parts, but lets only one lot in: part 2 waits on a for ever, and part 3 behind it."""
    b = station("b", 1, kind="join", pieces=2, buffer=4, one_lot_at_a_time=True)
    with pytest.raises(DataError, match="deadlock 2 h after the start: a -> b -> a"):
        play(9, station("a", 1), b, source=arrivals(0, 0, 2.5, 3.5))


def test_a_pusher_that_is_charged_in_the_morning_sets_its_line_going():
    """c sleeps until two parts wait on b: part 1 from 5 h on, part 2 when a, closed from 4 h on, has moved at 24 h."""
    a = station("a", kind="conveyor", places=4, pace_s=H, gaps=False, calendar=DAY["calendar"])
    c = station("c", 1, buffer=0, initial_state="standby", standby={"after_s": 9, "wake_at_parts": 2})
    t = play(27.5, a, station("b", 1, machines=2), c, run=DAY["run"])
    assert t.visits("b", "part start finish")[:2] == [(1, 4, 5), (2, 25, 26)]
    assert t.visits("c", "part start leave") == [(1, 26, 27)]


def test_a_part_that_waits_for_a_machine_to_be_kept_in_the_morning_is_no_deadlock():
    """Maintenance of b begins with the night at 4 h and ends at 5 h; at 24 h b is kept for part 5, which a begins."""
    a = station("a", 0.5, kind="join", pieces=1, one_lot_at_a_time=True)
    b = station("b", 0.5, buffer=0, maintenance=[{"every_units": 4, "duration_h": 1}])
    t = play(25.2, a, b, line_fields={"blocking": "before_service"}, **DAY)
    assert t.visits("a", "part start leave")[-2:] == [(4, 3, 3.5), (5, 24, 24.5)]
    assert t.visits("b", "part start leave")[-2:] == [(4, 3.5, 4), (5, 24.5, 25)]


def test_a_longest_wait_that_is_over_wakes_nobody():
    """Line clearance keeps part 2 from b, which sleeps until two parts wait: they never will."""
    sleeps = {"initial_state": "standby", "standby": {"after_s": 9, "wake_at_parts": 2}}
    b = station("b", 1, kind="batch", capacity=2, max_wait_s=H / 2, buffer=2, one_lot_at_a_time=True, **sleeps)
    with pytest.raises(DataError, match="deadlock 2 h after the start: a -> b -> a"):
        play(9, station("a", 1), b)
