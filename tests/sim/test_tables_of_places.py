"""Hand-written event tables (hours): who gets which place, blocking before service, the way between stations, deadlock.

Rules: docs/rules.md.
"""

import pytest
from hand_tables import DAY, H, arrivals, fails_at, play, station

from models.errors import DataError

BEFORE = {"blocking": "before_service"}


# after service


def test_machines_blocked_at_one_instant_hand_over_in_file_order():
    """Both end at 1 h: m1 hands over, m2 at 4 h; m1, blocked at 2 h, at 7 h; m2, blocked at 5 h, at 10 h."""
    t = play(10, station("a", 1, machines=2), station("b", 3, buffer=0))
    assert t.visits("a", "machine part start finish leave") == [
        ("1", 1, 0, 1, 1),
        ("2", 2, 0, 1, 4),
        ("1", 3, 1, 2, 7),
        ("2", 4, 4, 5, 10),
    ]


def test_a_place_in_a_buffer_goes_to_who_blocked_first():
    """m3 fills the place at 1 h; m2 blocks at 2 h, m1 at 3 h, m3 at 4 h; the place comes free at 5 and 9 h."""
    times = {"m1": 3, "m2": 2, "m3": 1}
    machines = [{"name": name, "cycle_time_s": {"sequence": [h * H, 90 * H]}} for name, h in times.items()]
    machines[2]["cycle_time_s"] = {"sequence": [H, 3 * H, 90 * H]}
    start = {"initial": [{"station": "b", "parts": 1, "remaining_s": 5 * H}]}
    t = play(9, station("a", machines=machines), station("b", 4, buffer=1), line_fields=start)
    assert t.visits("a", "machine part start finish leave") == [
        ("m1", 2, 0, 3, 9),
        ("m2", 3, 0, 2, 5),
        ("m3", 4, 0, 1, 1),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 0, 0, 5), (4, 1, 5, 9)]
    assert t.states("a", "m2") == [("processing", 0, 2), ("blocked", 2, 5)]


# before service


def test_before_service_with_a_place_in_between():
    """Work of 1 h, then 3 h behind one place: part 3 is put on at 2 h and begun when the place is free at 4 h."""
    t = play(8, station("a", 1), station("b", 3, buffer=1), line_fields=BEFORE)
    assert t.visits("a", "part enter start finish leave") == [
        (1, 0, 0, 1, 1),
        (2, 1, 1, 2, 2),
        (3, 2, 4, 5, 5),
        (4, 5, 7, 8, 8),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 1, 1, 4), (2, 2, 4, 7)]
    assert t.states("a") == [
        ("processing", 0, 2),
        ("blocked", 2, 4),
        ("processing", 4, 5),
        ("blocked", 5, 7),
        ("processing", 7, 8),
    ]


def test_before_service_without_a_place_waits_for_the_empty_machine():
    """Work of 1 h begins only when the next machine is empty, which then waits that hour."""
    t = play(7, station("a", 1), station("b", 2, buffer=0), line_fields=BEFORE)
    assert t.visits("a", "part enter start finish leave") == [(1, 0, 0, 1, 1), (2, 1, 3, 4, 4), (3, 4, 6, 7, 7)]
    assert t.states("a") == [
        ("processing", 0, 1),
        ("blocked", 1, 3),
        ("processing", 3, 4),
        ("blocked", 4, 6),
        ("processing", 6, 7),
    ]
    assert t.states("b") == [
        ("starved", 0, 1),
        ("processing", 1, 3),
        ("starved", 3, 4),
        ("processing", 4, 6),
        ("starved", 6, 7),
    ]


def test_before_service_two_machines_want_the_one_place():
    """Kept for m1 at 0 h; then for m2, which waits since 0 h, at 2 h; for m1, which waits since 1 h, at 4 h."""
    t = play(7, station("a", 1, machines=2), station("b", 1, buffer=0), line_fields=BEFORE)
    assert t.visits("a", "machine part enter start finish leave") == [
        ("1", 1, 0, 0, 1, 1),
        ("2", 2, 0, 2, 3, 3),
        ("1", 3, 1, 4, 5, 5),
        ("2", 4, 3, 6, 7, 7),
    ]
    assert t.states("a", "1") == [("processing", 0, 1), ("blocked", 1, 4), ("processing", 4, 5)]
    assert t.states("a", "2") == [("blocked", 0, 2), ("processing", 2, 3), ("blocked", 3, 6), ("processing", 6, 7)]


def test_before_service_a_part_that_will_be_scrap_needs_no_place():
    """b is busy for long, all parts of a are bad: a works on."""
    start = {"initial": [{"station": "b", "parts": 1, "remaining_s": 50 * H}]}
    t = play(3, station("a", 1, scrap=1), station("b", 1, buffer=0), line_fields=BEFORE | start)
    assert t.visits("a", "part start leave to") == [(2, 0, 1, "scrap"), (3, 1, 2, "scrap"), (4, 2, 3, "scrap")]


def test_before_service_the_last_station_is_never_blocked():
    t = play(3, station("a", 1, buffer=0), source=arrivals(0, 0, 0), line_fields=BEFORE)
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 1, 2), (3, 2, 3)]
    assert t.states("a") == [("processing", 0, 3)]


def test_before_service_an_empty_machine_and_a_place_before_it_are_two_places():
    """Both may begin at once, before b's empty machine and the place in front; then one as each place comes free."""
    t = play(8, station("a", 1, machines=2), station("b", 3, buffer=1), line_fields=BEFORE)
    assert t.visits("a", "machine part enter start finish leave") == [
        ("1", 1, 0, 0, 1, 1),
        ("2", 2, 0, 0, 1, 1),
        ("1", 3, 1, 4, 5, 5),
        ("2", 4, 1, 7, 8, 8),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 1, 1, 4), (2, 1, 4, 7)]


def test_before_service_an_assembly_has_places_by_product():
    """Two places for wheels: the third is put on at 1 h and begun when the body of 3 h makes the first car possible."""
    wheels, body = {"saturated": True, "to": "a", "product": "wheel"}, arrivals(3, to="cars", product="body")
    inputs = {"body": 1, "wheel": 2}
    t = play(
        3.5,
        station("a", 0.5),
        station("cars", 1, kind="assembly", inputs=inputs, output="car", buffer=inputs),
        source=[wheels, body],
        products=[{"name": n} for n in ("wheel", "body", "car")],
        line_fields=BEFORE,
    )
    assert t.visits("a", "part enter start finish leave") == [
        (1, 0, 0, 0.5, 0.5),
        (2, 0.5, 0.5, 1, 1),
        (3, 1, 3, 3.5, 3.5),
    ]
    assert t.states("a") == [("processing", 0, 1), ("blocked", 1, 3)]


def test_before_service_a_kept_place_is_kept_through_a_repair():
    """m1, for which b is kept, stops from 0.5 to 2.5 h; m2 may not begin until b is empty again at 4 h."""
    machines = [{"name": "m1", **fails_at(0.5, 2)}, {"name": "m2"}]
    t = play(5, station("a", 1, machines=machines), station("b", 1, buffer=0), line_fields=BEFORE)
    assert t.visits("a", "machine part start finish leave") == [("m1", 1, 0, 3, 3), ("m2", 2, 4, 5, 5)]
    assert t.states("b") == [("starved", 0, 3), ("processing", 3, 4), ("starved", 4, 5)]


def test_before_service_a_part_scrapped_in_a_failure_gives_its_place_back():
    """m1 loses its part at 0.5 h: b is kept for m2 from then on."""
    machines = [{"name": "m1", **fails_at(0.5, 9, part="scrap")}, {"name": "m2"}]
    t = play(3, station("a", 1, machines=machines), station("b", 1, buffer=0), line_fields=BEFORE)
    assert t.visits("a", "machine part start leave to") == [("m1", 1, 0, 0.5, "scrap"), ("m2", 2, 0.5, 1.5, "b")]
    assert t.visits("b", "part enter start leave") == [(2, 1.5, 1.5, 2.5)]


def test_before_service_the_place_is_kept_on_the_way_too():
    """Half an hour on the way: begun at 3.5 h, when b is empty, part 2 is there at 5 h."""
    t = play(7, station("a", 1, transfer_s=0.5 * H), station("b", 2, buffer=0), line_fields=BEFORE)
    assert t.visits("a", "part enter start finish leave") == [(1, 0, 0, 1, 1), (2, 1, 3.5, 4.5, 4.5)]
    assert t.visits("b", "part enter start leave") == [(1, 1.5, 1.5, 3.5), (2, 5, 5, 7)]


def test_before_service_the_way_a_part_takes_is_known_when_work_begins():
    """To b, which is busy to 9 h, and to c in turn: part 2, for b, is not begun; one machine waits, the other works."""
    start = {"initial": [{"station": "b", "parts": 1, "remaining_s": 9 * H}]}
    t = play(
        4,
        station("a", 1, machines=2, next={"sequence": ["b", "c", "c", "c"]}),
        station("b", 1, buffer=0, next="exit"),
        station("c", 0.5),
        line_fields=BEFORE | start,
    )
    assert t.states("a", "1") == []  # blocked from the start
    assert t.visits("a", "machine part start leave to") == [
        ("2", 3, 0, 1, "c"),
        ("2", 4, 1, 2, "c"),
        ("2", 5, 2, 3, "c"),
    ]


# on the way


def test_on_the_way_a_part_holds_its_place_in_the_buffer():
    """Half an hour from a to b. At 3 h the only place holds part 2, so part 3 sets out at 3.5 h."""
    t = play(5.5, station("a", 1, transfer_s=0.5 * H), station("b", 2, buffer=1))
    assert t.visits("a", "part start finish leave to") == [
        (1, 0, 1, 1, "b"),
        (2, 1, 2, 2, "b"),
        (3, 2, 3, 3.5, "b"),
        (4, 3.5, 4.5, 5.5, "b"),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 1.5, 1.5, 3.5), (2, 2.5, 3.5, 5.5)]


def test_on_the_way_a_part_holds_the_machine_where_there_is_no_buffer():
    """An hour on the way: b, kept for the part, waits for it; the next sets out when b is empty again."""
    t = play(6.5, station("a", 0.5, transfer_s=H), station("b", 2, buffer=0))
    assert t.visits("a", "part start finish leave") == [(1, 0, 0.5, 0.5), (2, 0.5, 1, 3.5), (3, 3.5, 4, 6.5)]
    assert t.visits("b", "part enter start leave") == [(1, 1.5, 1.5, 3.5), (2, 4.5, 4.5, 6.5)]
    assert t.states("b") == [
        ("starved", 0, 1.5),
        ("processing", 1.5, 3.5),
        ("starved", 3.5, 4.5),
        ("processing", 4.5, 6.5),
    ]


def test_parts_without_limit_on_places_follow_each_other_on_the_way():
    """Three on the way at once, each 2 h."""
    t = play(4, station("a", 0.5, transfer_s=2 * H), station("b", 0.5), source=arrivals(0, 0, 0))
    assert t.visits("a", "part leave") == [(1, 0.5), (2, 1), (3, 1.5)]
    assert t.visits("b", "part enter start leave") == [(1, 2.5, 2.5, 3), (2, 3, 3, 3.5), (3, 3.5, 3.5, 4)]


# deadlock

RING = (station("mill", 1, buffer=0, next="lathe"), station("lathe", 1, buffer=0, next="mill"))


def test_two_stations_that_wait_for_each_other_are_named_with_the_hour():
    """Part 1 comes back from the lathe at 2 h, when the mill has part 2 for it."""
    with pytest.raises(DataError) as told:
        play(50, *RING, source=arrivals(0, 1))
    assert "mill" in str(told.value)
    assert "lathe" in str(told.value)
    assert "2 h" in str(told.value)


def test_a_deadlock_is_told_though_the_rest_of_the_line_runs_on():
    """Packing has a source of its own and never stops."""
    ring = [station("mill", 1, buffer=0, next="lathe"), station("lathe", 1, buffer=0, next="mill")]
    source = [arrivals(0, 1, to="mill"), {"interarrival_s": H, "to": "packing"}]
    with pytest.raises(DataError, match="mill") as told:
        play(50, *ring, station("packing", 0.5), source=source)
    assert "lathe" in str(told.value)
    assert "packing" not in str(told.value)


def test_a_circle_of_three_with_a_buffer_in_it_is_full_when_the_buffer_is():
    """Two stations and one place between them hold three parts: no deadlock with two, one with three."""
    ring = [station("mill", 1, buffer=1, next="lathe"), station("lathe", 1, buffer=0, next="mill")]
    t = play(6, *ring, source=arrivals(0, 0))
    assert t.visits("mill", "part enter start leave") == [
        (1, 0, 0, 1),
        (1, 2, 2, 3),
        (1, 4, 4, 5),
        (2, 0, 1, 2),
        (2, 3, 3, 4),
        (2, 5, 5, 6),
    ]
    with pytest.raises(DataError, match="lathe"):
        play(50, *ring, source=arrivals(0, 0, 0))


def test_a_station_that_waits_for_its_own_place_is_named():
    with pytest.raises(DataError, match="mill"):
        play(5, station("mill", 1, buffer=0, next={"sequence": ["mill", "exit"]}), source=arrivals(0))


def test_one_part_alone_goes_round_for_ever():
    t = play(4, *RING, source=arrivals(0))
    assert t.visits("mill", "start leave") == [(0, 1), (2, 3)]
    assert t.visits("lathe", "start leave") == [(1, 2), (3, 4)]


def loop():
    return [
        station("load", 1, buffer=0, next="mill"),
        station("mill", 1, buffer=1, next="wash"),
        station("wash", 1, buffer=0, next="load"),
        station("packing", 1),
    ]


def test_a_loop_with_too_many_pallets_locks_itself():
    """Four places and four pallets: when none is free any more, the three stations are named, packing is not."""
    with pytest.raises(DataError) as told:
        play(50, *loop(), source={"pallets": 4})
    message = str(told.value)
    assert [name in message for name in ("load", "mill", "wash", "packing")] == [True, True, True, False]


def test_a_loop_with_one_pallet_less_runs():
    t = play(30, *loop(), source={"pallets": 3})
    assert len(t.visits("load", "part")) == 30  # three pallets, three hours each: an hour a pallet


def test_a_circle_that_a_third_machine_will_break_is_no_deadlock():
    """From 5 to 7 h a waits for b and m1 of b for a; but m2 ends at 7 h, its part leaves, and all moves on."""
    b = [{"name": "m1", "cycle_time_s": H}, {"name": "m2", "cycle_time_s": 5 * H}]
    t = play(
        7,
        station("a", 1, buffer=0),
        station("b", machines=b, buffer=0, next={"sequence": ["a", "exit"]}),
        source=arrivals(0, 1, 3, 4),
    )
    assert t.visits("a") == [
        (1, 0, 0, 1, 1, "b"),
        (1, 2, 2, 3, 3, "b"),
        (2, 1, 1, 2, 2, "b"),
        (3, 3, 3, 4, 4, "b"),
        (4, 4, 4, 5, 7, "b"),
    ]
    assert t.visits("b", "part machine start finish leave to") == [
        (1, "m1", 1, 2, 2, "a"),
        (1, "m1", 3, 4, 4, "exit"),
        (2, "m2", 2, 7, 7, "exit"),
        (3, "m1", 4, 5, 7, "a"),
    ]


def test_a_circle_that_a_repair_will_break_is_no_deadlock():
    """a waits for b, m1 of b for a; m2 fails at 6 h, an hour before its end, until 9 h."""
    b = [
        {"name": "m1", "cycle_time_s": H},
        {"name": "m2", "cycle_time_s": 5 * H, **fails_at(6, 3)},
    ]
    t = play(
        10,
        station("a", 1, buffer=0),
        station("b", machines=b, buffer=0, next={"sequence": ["a", "exit"]}),
        source=arrivals(0, 1, 3, 4),
    )
    assert t.visits("b", "part machine start finish leave to")[2:] == [
        (2, "m2", 2, 10, 10, "exit"),
        (3, "m1", 4, 5, 10, "a"),
    ]


def test_a_line_blocked_over_night_is_no_deadlock():
    """a is blocked from 2 h on; b ends at 4 h with the shift and takes the part in the morning."""
    t = play(27, station("a", 1), station("b", 3, buffer=0), **DAY)
    assert t.visits("a", "part finish leave") == [(1, 1, 1), (2, 2, 24), (3, 25, 27)]
