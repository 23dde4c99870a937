"""Hand-written event tables (hours): split, join, assembly, transport, conveyor, lots. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, H, arrivals, fails_at, play, station


def split(cycle_h, pieces, **fields):
    return station("s", cycle_h, kind="split", pieces=pieces, **fields)


def join(cycle_h, pieces, **fields):
    return station("j", cycle_h, kind="join", pieces=pieces, **fields)


# split


def test_split_hands_over_its_pieces_one_by_one():
    """Part 1 becomes 2, 3, 4 at 1 h; b has one place: 2 is worked on, 3 waits there, 4 on the saw until 1.25 h."""
    t = play(2.25, split(1, 3), station("b", 0.25, buffer=1))
    assert t.states("s") == [("processing", 0, 1), ("blocked", 1, 1.25), ("processing", 1.25, 2.25)]
    assert t.visits("b", "part enter start leave") == [(2, 1, 1, 1.25), (3, 1, 1.25, 1.5), (4, 1.25, 1.5, 1.75)]


def test_pieces_are_of_the_output_product():
    """Each bar gives two q; b works 1 h on a q, would work 9 h on a p."""
    t = play(
        3,
        split(1, 2, output="q"),
        station("b", cycle_time_s={"p": 9 * H, "q": H}),
        source=arrivals(0),
        **TWO,
    )
    assert t.visits("b", "part product enter start leave") == [(2, "q", 1, 1, 2), (3, "q", 1, 2, 3)]


def test_one_into_a_hundred():
    t = play(6, split(1, 100), station("b", 0.03125), source=arrivals(0))
    assert [row[0] for row in t.visits("b", "part")] == list(range(2, 102))
    assert t.visits("b", "start leave")[-1] == (1 + 99 / 32, 1 + 100 / 32)


# join


def test_join_takes_two_that_wait_and_makes_one():
    """Pairs are complete at 0.5 and 2 h; the pair has the number of its first part."""
    t = play(3, join(0.5, 2), station("b", 0.25), source=arrivals(0, 0.5, 1, 2))
    assert t.states("j") == [("starved", 0, 0.5), ("processing", 0.5, 1), ("starved", 1, 2), ("processing", 2, 2.5)]
    assert t.visits("b", "part enter start leave") == [(1, 1, 1, 1.25), (3, 2.5, 2.5, 2.75)]


def test_join_pairs_parts_of_one_product():
    """p and q in turn: the first two p are joined at 1 h, the first two q after them; each makes a part of its kind."""
    t = play(
        3,
        join(0.75, 2),
        station("b", 0.25),
        source=arrivals(0, 0.5, 1, 1.5),
        mix={"sequence": ["p", "q"]},
        **TWO,
    )
    assert t.visits("b", "part product enter") == [(1, "p", 1.75), (2, "q", 2.5)]


def test_join_takes_the_pieces_of_one_lot():
    """Lots of two. m2 keeps part 2 to 2.5 h: lot 1 is complete then, lot 2 (3 and 4) at 3 h, while lot 1 is joined."""
    machines = [{"name": "m1", "cycle_time_s": H}, {"name": "m2", "cycle_time_s": 2.5 * H}]
    t = play(
        4.75,
        station("a", machines=machines),
        join(1, 2),
        station("b", 0.25),
        mix={"sequence": ["p", "q"], "lot": 2},
        **TWO,
    )
    assert t.visits("a", "machine part product leave") == [
        ("m1", 1, "p", 1),
        ("m2", 2, "p", 2.5),
        ("m1", 3, "q", 2),
        ("m1", 4, "q", 3),
        ("m1", 6, "p", 4),
    ]
    assert t.visits("b", "part product enter") == [(1, "p", 3.5), (3, "q", 4.5)]


def test_pieces_that_are_joined_become_the_part_again():
    """Part 1 into 2 and 3, part 4 into 5 and 6, an hour of work on each piece, and together again."""
    t = play(
        5,
        split(0.5, 2),
        station("m", 1),
        join(0.25, 2),
        station("b", 0.25),
        source={"saturated": True, "count": 2},
    )
    assert t.visits("m", "part enter start leave") == [
        (2, 0.5, 0.5, 1.5),
        (3, 0.5, 1.5, 2.5),
        (5, 1, 2.5, 3.5),
        (6, 1, 3.5, 4.5),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 2.75, 2.75, 3), (4, 4.75, 4.75, 5)]


# one lot at a time


def test_one_lot_at_a_time_waits_for_the_line_to_be_clear():
    """Lots of two. Part 3, done at 1.5 h, waits until part 2 has left b at 2 h; part 5 until 4 has left at 3.5 h."""
    t = play(
        3.5,
        station("a", 0.5),
        station("b", 1, buffer=2, machines=2, one_lot_at_a_time=True),
        mix={"sequence": ["p", "q"], "lot": 2},
        **TWO,
    )
    assert t.visits("a", "part start finish leave") == [
        (1, 0, 0.5, 0.5),
        (2, 0.5, 1, 1),
        (3, 1, 1.5, 2),
        (4, 2, 2.5, 2.5),
        (5, 2.5, 3, 3.5),
    ]
    assert t.visits("b", "machine part enter start leave") == [
        ("1", 1, 0.5, 0.5, 1.5),
        ("2", 2, 1, 1, 2),
        ("1", 3, 2, 2, 3),
        ("2", 4, 2.5, 2.5, 3.5),
    ]


def test_one_lot_at_a_time_counts_the_part_that_goes_to_the_machine():
    """At 1.5 h b takes part 2, the last of its lot: part 3 still waits, until 2.5 h."""
    t = play(
        3.5,
        station("a", 0.5),
        station("b", 1, buffer=2, one_lot_at_a_time=True),
        mix={"sequence": ["p", "q"], "lot": 2},
        **TWO,
    )
    assert t.visits("a", "part finish leave") == [(1, 0.5, 0.5), (2, 1, 1), (3, 1.5, 2.5), (4, 3, 3)]
    assert t.visits("b", "part enter start leave") == [(1, 0.5, 0.5, 1.5), (2, 1, 1.5, 2.5), (3, 2.5, 2.5, 3.5)]


# assembly

CARS = {"products": [{"name": n} for n in ("body", "wheel", "car")]}
BODY_AND_WHEELS = {"body": 1, "wheel": 2}


def test_assembly_takes_its_quantities_and_holds_up_its_feeders():
    """A body an hour, a wheel every half: the first car is begun at 1 h and takes 2 h.

    In front are one place for bodies, two for wheels. The wheels of 1.5 and 2 h fill theirs, the one of 2.5 h waits on
    the press until the car begun at 3 h makes room; the body of 2 h fills the place, the one of 3 h finds it free.
    """
    source = [
        {"saturated": True, "to": "press", "product": "wheel"},
        {"saturated": True, "to": "weld", "product": "body"},
    ]
    t = play(
        5.5,
        station("press", 0.5, next="assembly"),
        station("weld", 1, next="assembly"),
        station("assembly", 2, kind="assembly", inputs=BODY_AND_WHEELS, output="car", buffer=BODY_AND_WHEELS),
        station("pack", 0.5),
        source=source,
        mix={"sequence": ["wheel", "body"]},
        **CARS,
    )
    assert t.visits("press", "part start finish leave")[:5] == [
        (2, 0, 0.5, 0.5),
        (3, 0.5, 1, 1),
        (5, 1, 1.5, 1.5),
        (6, 1.5, 2, 2),
        (8, 2, 2.5, 3),
    ]
    assert t.visits("weld", "part start finish leave")[:3] == [(1, 0, 1, 1), (4, 1, 2, 2), (7, 2, 3, 3)]
    assert t.states("press")[:2] == [("processing", 0, 2.5), ("blocked", 2.5, 3)]
    assert t.states("assembly")[0] == ("starved", 0, 1)
    assert t.visits("pack", "part product enter start leave") == [(1, "car", 3, 3, 3.5), (4, "car", 5, 5, 5.5)]


def test_assembly_places_of_one_product_are_no_places_of_another():
    """One place for each product: four wheels do not keep the body of 1 h out; three of them wait outside."""
    t = play(
        3.25,
        station("assembly", 1, kind="assembly", inputs={"body": 1, "wheel": 1}, output="car", buffer=1),
        station("pack", 0.25),
        source=[arrivals(0, quantity=4, product="wheel"), arrivals(1, 1.5, product="body")],
        mix={"sequence": ["wheel", "body"]},
        **CARS,
    )
    assert t.states("assembly") == [("starved", 0, 1), ("processing", 1, 3)]
    assert t.visits("pack", "part product start") == [(5, "car", 2), (6, "car", 3)]


def test_assembly_waits_for_the_last_of_its_parts():
    """Two wheels are there at 0.5 h, the body at 2 h; the third wheel, of 3 h, waits for a fourth."""
    t = play(
        9,
        station("assembly", 1, kind="assembly", inputs=BODY_AND_WHEELS, output="car", buffer=None),
        station("pack", 0.25),
        source=[arrivals(0, 0.5, 3, product="wheel"), arrivals(2, 2.5, product="body")],
        mix={"sequence": ["wheel", "body"]},
        **CARS,
    )
    assert t.states("assembly") == [("starved", 0, 2), ("processing", 2, 3)]
    assert t.visits("pack", "product enter") == [("car", 3)]


# transport


def transport(travel_h, return_h, **fields):
    return station("t", kind="transport", travel_s=travel_h * H, return_s=return_h * H, **fields)


def test_one_vehicle_goes_and_comes_back():
    """Half an hour there, half an hour back; part 2 waits from 1.5 h to 1.75 h, part 3 from 2.25 to 2.75 h."""
    t = play(3.25, station("a", 0.75), transport(0.5, 0.5), station("b", 0.25))
    assert t.visits("t", "part enter start finish leave") == [
        (1, 0.75, 0.75, 1.25, 1.25),
        (2, 1.5, 1.75, 2.25, 2.25),
        (3, 2.25, 2.75, 3.25, 3.25),
    ]
    assert t.states("t") == [("starved", 0, 0.75)]  # under way from then on
    assert t.visits("b", "part enter start leave") == [(1, 1.25, 1.25, 1.5), (2, 2.25, 2.25, 2.5)]


def test_two_vehicles_of_two():
    """Three parts leave at once with both; 4 and 5 wait for the return at 1.5 h and go together with the first."""
    t = play(4, transport(1, 0.5, vehicles=2, capacity=2), source=arrivals(0, 0, 0, 0.25, 1))
    assert t.visits("t", "part machine enter start leave") == [
        (1, "1", 0, 0, 1),
        (2, "1", 0, 0, 1),
        (3, "2", 0, 0, 1),
        (4, "1", 0.25, 1.5, 2.5),
        (5, "1", 1, 1.5, 2.5),
    ]
    assert t.states("t", "1") == [("processing", 0, 3)]
    assert t.states("t", "2") == [("processing", 0, 1.5)]


def test_a_vehicle_returns_when_its_last_part_is_gone():
    """Two parts arrive at 0.5 h before a machine of 1 h without a place: the second is unloaded at 1.5 h."""
    t = play(3, transport(0.5, 0.25, capacity=2), station("b", 1, buffer=0), source=arrivals(0, 0, 2.5))
    assert t.visits("t", "part enter start finish leave") == [
        (1, 0, 0, 0.5, 0.5),
        (2, 0, 0, 0.5, 1.5),
        (3, 2.5, 2.5, 3, 3),
    ]
    assert t.states("t")[:4] == [
        ("processing", 0, 0.5),
        ("blocked", 0.5, 1.5),
        ("processing", 1.5, 1.75),
        ("starved", 1.75, 2.5),
    ]


def test_a_vehicle_on_the_way_at_the_shift_end_goes_on_next_morning():
    """Away from 3.5 h: half an hour of the way before the night, half an hour after it, then back."""
    t = play(26, transport(1, 0.5), source=arrivals(3.5, 3.75), **DAY)
    assert t.visits("t", "part enter start finish leave") == [(1, 3.5, 3.5, 24.5, 24.5), (2, 3.75, 25, 26, 26)]


# conveyor


def conveyor(places, pace_h, **fields):
    return station("a", kind="conveyor", places=places, pace_s=pace_h * H, **fields)


def test_conveyor_moves_by_strokes():
    """Three places of half an hour: a part comes on at once when it is empty, else at the end of a stroke."""
    t = play(6, conveyor(3, 0.5), source=arrivals(0, 0.25, 4.25))
    assert t.visits("a", "part enter start finish leave") == [
        (1, 0, 0, 1.5, 1.5),
        (2, 0.25, 0.5, 2, 2),
        (3, 4.25, 4.25, 5.75, 5.75),
    ]
    assert t.states("a") == [("processing", 0, 2), ("starved", 2, 4.25), ("processing", 4.25, 5.75)]


def test_conveyor_stops_with_a_part_at_its_end():
    t = play(8, conveyor(2, 1), station("b", 3, buffer=0))
    assert t.visits("a", "part start finish leave") == [(1, 0, 2, 2), (2, 1, 3, 5), (3, 2, 6, 8)]
    assert t.states("a") == [("processing", 0, 3), ("blocked", 3, 5), ("processing", 5, 6), ("blocked", 6, 8)]


def test_conveyor_that_fails_completes_its_stroke():
    """Fails by the clock at 1.5 h for 1 h, half a stroke left."""
    t = play(4, conveyor(2, 1, **fails_at(1.5, 1)))
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 1, 4)]
    assert t.states("a") == [("processing", 0, 1.5), ("failed", 1.5, 2.5)]


def test_conveyor_stands_at_night():
    """Strokes of 3 h: from 0 to 3 h, from 3 to 4 and 24 to 26 h, ..; outside the shift it holds no heat, it is off."""
    t = play(27, conveyor(2, 3), **DAY)
    assert t.visits("a", "part start leave") == [(1, 0, 26)]
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24)]


# batch


def test_a_wait_that_is_over_while_the_machine_is_busy_starts_a_charge_as_it_comes_free():
    """Longest wait 1 h. Part 3 of 0.5 h has waited 1.5 h when the machine is free, part 4 of 3.25 h only 0.75 h."""
    t = play(
        6.25,
        station("a", 2, kind="batch", capacity=3, min_load=2, max_wait_s=H),
        source=arrivals(0, 0, 0.5, 3.25),
    )
    assert t.visits("a", "part enter start leave") == [
        (1, 0, 0, 2),
        (2, 0, 0, 2),
        (3, 0.5, 2, 4),
        (4, 3.25, 4.25, 6.25),
    ]
    assert t.states("a") == [("processing", 0, 4), ("starved", 4, 4.25), ("processing", 4.25, 6.25)]


@pytest.mark.parametrize(
    ("fate", "table"),
    [
        ("resume", [(1, 0, 3, "exit"), (2, 0, 3, "exit")]),
        ("restart", [(1, 0, 4, "exit"), (2, 0, 4, "exit")]),
        ("scrap", [(1, 0, 1, "scrap"), (2, 0, 1, "scrap")]),
    ],
)
def test_a_charge_in_a_failure(fate, table):
    """A charge of two takes 2 h; the machine fails at 1 h for 1 h."""
    t = play(5, station("a", 2, kind="batch", capacity=2, **fails_at(1, 1, part=fate)), source=arrivals(0, 0))
    assert t.visits("a", "part start leave to") == table


def test_the_operating_clock_of_a_vehicle_runs_on_the_way_back_too():
    """There 1, back 1; a failure after 3.5 hours of driving comes on the second way back and takes 2."""
    mode = {"ttf_h": {"sequence": [3.5], "then": "never"}, "ttr_h": 2}
    cart = station("a", kind="transport", travel_s=H, return_s=H, buffer=9, failures=[mode])
    t = play(9, cart, source=arrivals(0, 0, 0))
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 2, 3), (3, 6, 7)]
    assert t.states("a") == [("processing", 0, 3.5), ("failed", 3.5, 5.5), ("processing", 5.5, 8)]
