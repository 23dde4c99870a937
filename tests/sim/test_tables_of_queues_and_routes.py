"""Hand-written event tables (hours): who is next, on which machine, and where a part goes. Rules: docs/rules.md."""

import pytest
from hand_tables import TWO, arrivals, play, station

URGENT = {"products": [{"name": "p", "priority": 1}, {"name": "q"}]}
"""q, of priority 0, goes before p."""


def of_product(product, *at_h, **fields):
    return arrivals(*at_h, product=product, **fields)


# queue


def test_lifo_takes_the_part_that_came_last():
    """Part 5 comes at 2 h, the moment the machine is free, and is taken before those that wait."""
    t = play(5, station("a", 1, queue="lifo"), source=arrivals(0, 0.25, 0.5, 0.75, 2))
    assert t.visits("a", "part enter start leave") == [
        (1, 0, 0, 1),
        (2, 0.25, 4, 5),
        (3, 0.5, 3, 4),
        (4, 0.75, 1, 2),
        (5, 2, 2, 3),
    ]


def test_lifo_of_two_places_lets_those_outside_in_in_order():
    """Two wait in front, two outside: at 1 h part 3 is taken and 4 comes in, at 2 h part 4 and 5 comes in."""
    t = play(5, station("a", 1, buffer=2, queue="lifo"), source=arrivals(0, 0.25, 0.5, 0.625, 0.75))
    assert t.visits("a", "part enter start") == [(1, 0, 0), (2, 0.25, 4), (3, 0.5, 1), (4, 1, 2), (5, 2, 3)]


def test_priority_goes_by_product_then_in_order_of_entering():
    """The urgent q of 0.75 and 1.5 h overtake the two p that wait since 0.25 and 0.5 h; nobody is taken off."""
    source = [of_product("p", 0, 0.25, 0.5), of_product("q", 0.75, 1.5)]
    t = play(5, station("a", 1, queue="priority"), source=source, mix={"sequence": ["p", "q"]}, **URGENT)
    assert t.visits("a", "part product enter start leave") == [
        (1, "p", 0, 0, 1),
        (2, "p", 0.25, 3, 4),
        (3, "p", 0.5, 4, 5),
        (4, "q", 0.75, 1, 2),
        (5, "q", 1.5, 2, 3),
    ]


def test_priority_counts_among_those_in_front_only():
    """One place: the p of 0.5 h and the urgent q of 0.75 h wait outside and come in in the order in which they came."""
    source = [of_product("p", 0, 0.25, 0.5), of_product("q", 0.75)]
    t = play(4, station("a", 1, buffer=1, queue="priority"), source=source, mix={"sequence": ["p", "q"]}, **URGENT)
    assert t.visits("a", "part product enter start") == [
        (1, "p", 0, 0),
        (2, "p", 0.25, 1),
        (3, "p", 1, 2),
        (4, "q", 2, 3),
    ]


def test_fifo_does_not_ask_for_priority():
    source = [of_product("p", 0, 0.25), of_product("q", 0.5)]
    t = play(3, station("a", 1), source=source, mix={"sequence": ["p", "q"]}, **URGENT)
    assert t.visits("a", "part product start") == [(1, "p", 0), (2, "p", 1), (3, "q", 2)]


def test_returns_first_lets_rework_overtake():
    """Every other part out of b goes back to a, where part 1 overtakes the waiting part 3 at 2 h."""
    t = play(
        5,
        station("a", 1, queue="returns_first"),
        station("b", 1, next={"sequence": ["a", "exit"]}),
        source=arrivals(0, quantity=3),
    )
    assert t.visits("a", "part enter start leave to") == [
        (1, 0, 0, 1, "b"),
        (1, 2, 2, 3, "b"),
        (1, 4, 4, 5, "b"),
        (2, 0, 1, 2, "b"),
        (3, 0, 3, 4, "b"),
    ]
    assert t.visits("b", "part enter start leave to") == [
        (1, 1, 1, 2, "a"),
        (1, 3, 3, 4, "a"),
        (2, 2, 2, 3, "exit"),
        (3, 4, 4, 5, "exit"),
    ]


def test_returns_first_then_goes_by_priority():
    """No part has been there before: the urgent q of 0.5 h goes before the p of 0.25 h."""
    source = [of_product("p", 0, 0.25), of_product("q", 0.5)]
    t = play(3, station("a", 1, queue="returns_first"), source=source, mix={"sequence": ["p", "q"]}, **URGENT)
    assert t.visits("a", "part start") == [(1, 0), (2, 2), (3, 1)]


# choose_machine


def test_the_first_listed_machine_takes_whenever_it_is_free():
    """m1 is free from 2 h, m2 from 1 h: by the list the part of 3 h goes to m1 all the same."""
    slow, fast = {"name": "m1", "cycle_time_s": 7200}, {"name": "m2", "cycle_time_s": 3600}
    t = play(
        6, station("a", machines=[slow, fast], choose_machine="first_listed"), source=arrivals(0, 0, 3, 3.5, 5, 5.5)
    )
    assert t.visits("a", "part machine start leave") == [
        (1, "m1", 0, 2),
        (2, "m2", 0, 1),
        (3, "m1", 3, 5),
        (4, "m2", 3.5, 4.5),
    ]
    assert t.states("a", "m2")[-1] == ("starved", 4.5, 5.5)  # m1 took the part of 5 h


# next


@pytest.mark.parametrize(("shares", "to"), [({"b": 0, "c": 1}, "c"), ({"b": 1, "c": 0}, "b")])
def test_a_share_of_nought_gets_nothing(shares, to):
    t = play(9, station("a", 1, next=shares), station("b", 1, next="exit"), station("c", 1))
    assert t.visits("a", "part to") == [(n, to) for n in range(1, 10)]


def test_branches_in_sequence():
    """To b, c, c, then again; b takes 2.5 h and holds up nobody."""
    t = play(6, station("a", 1, next={"sequence": ["b", "c", "c"]}), station("b", 2.5, next="exit"), station("c", 1))
    assert t.visits("a", "part to") == [(1, "b"), (2, "c"), (3, "c"), (4, "b"), (5, "c"), (6, "c")]
    assert t.visits("b", "part enter start leave to") == [(1, 1, 1, 3.5, "exit")]
    assert t.visits("c", "part enter start leave to") == [
        (2, 2, 2, 3, "exit"),
        (3, 3, 3, 4, "exit"),
        (5, 5, 5, 6, "exit"),
    ]


def test_branches_by_product_of_a_sequence_and_of_shares():
    """p goes to b and out in turn, q always to b; the sequence of p counts p alone."""
    t = play(
        6,
        station("a", 1, next={"p": {"sequence": ["b", "exit"]}, "q": {"b": 1, "exit": 0}}),
        station("b", 0.5),
        mix={"sequence": ["p", "q", "q", "p", "p", "q"]},
        **TWO,
    )
    assert t.visits("a", "part product to") == [
        (1, "p", "b"),
        (2, "q", "b"),
        (3, "q", "b"),
        (4, "p", "exit"),
        (5, "p", "b"),
        (6, "q", "b"),
    ]


def test_next_may_be_scrap():
    t = play(3, station("a", 1, next={"sequence": ["scrap", "exit"]}))
    assert t.visits("a", "part leave to") == [(1, 1, "scrap"), (2, 2, "exit"), (3, 3, "scrap")]


# scrap and inspection


def test_scrap_without_an_inspection_ahead_leaves_at_once():
    t = play(2, station("a", 1, scrap=1), station("b", 1))
    assert t.visits("a", "part leave to") == [(1, 1, "scrap"), (2, 2, "scrap")]
    assert t.visits("b") == []


@pytest.mark.parametrize(("detects", "to"), [(1, "scrap"), (0, "exit")])
def test_an_inspection_ahead_lets_bad_parts_go_on(detects, to):
    """All parts are bad: found by b, or not, c being passed on the way; the station of the inspection takes 1 h."""
    t = play(
        4,
        station("a", 1, scrap=1),
        station("c", 1),
        station("b", 1, inspect={"detects": detects, "bad_to": "scrap"}),
    )
    assert t.visits("a", "part leave to") == [(1, 1, "c"), (2, 2, "c"), (3, 3, "c"), (4, 4, "c")]
    assert t.visits("b", "part start leave to") == [(1, 2, 3, to), (2, 3, 4, to)]


def test_what_is_found_bad_is_reworked_and_good_again():
    """a makes bad parts; b finds them, r makes them good, b lets them go."""
    t = play(
        3,
        station("a", 0.5, scrap=1),
        station("b", 0.25, inspect={"detects": 1, "bad_to": "r"}, next="exit"),
        station("r", 1, next="b"),
        source=arrivals(0),
    )
    assert t.visits("b", "part enter start leave to") == [(1, 0.5, 0.5, 0.75, "r"), (1, 1.75, 1.75, 2, "exit")]
    assert t.visits("r", "part enter start leave to") == [(1, 0.75, 0.75, 1.75, "b")]


def test_rework_where_it_was_made_bad_makes_it_bad_anew():
    t = play(
        2.25,
        station("a", 0.5, scrap=1),
        station("b", 0.25, inspect={"detects": 1, "bad_to": "a"}),
        source=arrivals(0),
    )
    assert t.visits("a", "part start leave to") == [(1, 0, 0.5, "b"), (1, 0.75, 1.25, "b"), (1, 1.5, 2, "b")]
    assert t.visits("b", "part leave to") == [(1, 0.75, "a"), (1, 1.5, "a"), (1, 2.25, "a")]


def test_a_station_inspects_what_it_makes_itself():
    """b spoils every part and finds it; a good part would have left."""
    t = play(
        2,
        station("a", 0.5),
        station("b", 0.5, scrap=1, inspect={"detects": 1, "bad_to": "a"}),
        source=arrivals(0),
    )
    assert t.visits("b", "part leave to") == [(1, 1, "a"), (1, 2, "a")]
