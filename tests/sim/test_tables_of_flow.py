"""Hand-written event tables (hours): how parts move. Rules: docs/rules.md."""

from hand_tables import DAY, TWO, arrivals, play, station

from sim.streams import Streams


def test_serial_line_blocks_after_service():
    """Work of 1 h, then of 2.5 h behind one place."""
    t = play(9, station("a", 1), station("b", 2.5, buffer=1))
    assert t.visits("a") == [
        (1, 0, 0, 1, 1, "b"),
        (2, 1, 1, 2, 2, "b"),
        (3, 2, 2, 3, 3.5, "b"),
        (4, 3.5, 3.5, 4.5, 6, "b"),
        (5, 6, 6, 7, 8.5, "b"),
    ]
    assert t.visits("b") == [
        (1, 1, 1, 3.5, 3.5, "exit"),
        (2, 2, 3.5, 6, 6, "exit"),
        (3, 3.5, 6, 8.5, 8.5, "exit"),
    ]
    assert t.states("a") == [
        ("processing", 0, 3),
        ("blocked", 3, 3.5),
        ("processing", 3.5, 4.5),
        ("blocked", 4.5, 6),
        ("processing", 6, 7),
        ("blocked", 7, 8.5),
    ]
    assert t.states("b") == [("starved", 0, 1)]


def test_two_blocked_machines_hand_over_in_the_order_in_which_they_blocked():
    """m2 blocks at 2 and m1 at 2.5; the next station takes from m2 at 5, from m1 at 9, from m2 again at 13."""
    slow, fast = {"name": "m1", "cycle_time_s": 9000}, {"name": "m2", "cycle_time_s": 3600}
    t = play(13, station("a", machines=[slow, fast]), station("b", 4, buffer=0))
    assert t.visits("a", "machine part start finish leave") == [
        ("m1", 1, 0, 2.5, 9),
        ("m2", 2, 0, 1, 1),
        ("m2", 3, 1, 2, 5),
        ("m2", 4, 5, 6, 13),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 9, 9, 13), (2, 1, 1, 5), (3, 5, 5, 9)]


def test_parts_move_from_the_last_station_to_the_first_at_one_instant():
    """Equal times and no buffers: all move at once, nobody is blocked."""
    t = play(4, station("a", 1), station("b", 1, buffer=0), station("c", 1, buffer=0))
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4)]
    assert t.visits("c", "part start leave") == [(1, 2, 3), (2, 3, 4)]
    assert t.states("a") == []
    assert t.states("c") == [("starved", 0, 2)]


def test_an_end_makes_room_for_an_arrival_of_the_same_instant():
    """No place in front and arrivals that do not wait: the part of 1 h finds the machine free, the one of 1.5 not."""
    t = play(5, station("a", 1, buffer=0), source=arrivals(0, 1, 1.5, 2, when_full="lost"))
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 1, 2), (4, 2, 3)]
    assert t.line().feeds[0].lost == 1


def test_arrivals_together_fill_what_there_is_and_the_rest_is_lost():
    """Four at once before one machine and one place: two go in."""
    t = play(9, station("a", 1, buffer=1), source=arrivals(0, 4, quantity=4, when_full="lost"))
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 1, 2), (5, 4, 5), (6, 5, 6)]
    (feed,) = t.line().feeds
    assert (feed.offered, feed.lost) == (8, 4)


def test_arrivals_without_a_place_wait_outside_in_order():
    t = play(4, station("a", 1, buffer=1), source=arrivals(0, quantity=4))
    assert t.visits("a", "part enter start leave") == [(1, 0, 0, 1), (2, 0, 1, 2), (3, 1, 2, 3), (4, 2, 3, 4)]


def test_free_machines_take_in_file_order_then_longest_idle_first():
    """m2 is idle from 1 h, m1 from 2 h: the part of 3 h goes to m2."""
    slow, fast = {"name": "m1", "cycle_time_s": 7200}, {"name": "m2", "cycle_time_s": 3600}
    t = play(6, station("a", machines=[slow, fast]), source=arrivals(0, 0, 3, 3.5))
    assert t.visits("a", "part machine start leave") == [
        (1, "m1", 0, 2),
        (2, "m2", 0, 1),
        (3, "m2", 3, 4),
        (4, "m1", 3.5, 5.5),
    ]


def test_machines_that_end_together_take_in_file_order():
    t = play(2, station("a", 1, machines=3))
    first_six = [(n, str((n - 1) % 3 + 1), (n - 1) // 3) for n in range(1, 7)]
    assert t.visits("a", "part machine start") == first_six


def test_rework_goes_to_an_earlier_station():
    """The first part out of b goes back, the next two leave: a seed whose route numbers say so."""
    wanted = [True, False, False]
    for seed in range(100):
        draws = Streams(seed, 0).uniform("l/b", "route")
        if [draws.draw() < 0.5 for _ in wanted] == wanted:
            break
    t = play(4, station("a", 1), station("b", 1, next={"a": 0.5, "exit": 0.5}), source=arrivals(0, 0.5), seed=seed)
    assert t.visits("a") == [(1, 0, 0, 1, 1, "b"), (1, 2, 2, 3, 3, "b"), (2, 0.5, 1, 2, 2, "b")]
    assert t.visits("b") == [(1, 1, 1, 2, 2, "a"), (1, 3, 3, 4, 4, "exit"), (2, 2, 2, 3, 3, "exit")]


def test_routes_by_product():
    """p goes over b, q leaves at once."""
    t = play(
        4,
        station("a", 1, next={"p": "b", "q": "exit"}),
        station("b", 1),
        mix={"sequence": ["p", "q"]},
        **TWO,
    )
    assert t.visits("a", "part product to") == [(1, "p", "b"), (2, "q", "exit"), (3, "p", "b"), (4, "q", "exit")]
    assert t.visits("b", "part product start") == [(1, "p", 1), (3, "p", 3)]


def test_setup_with_a_sequence_of_lots():
    """Two p, two q: a setup of half an hour before the third part, before the fifth, .."""
    t = play(6.5, station("a", 1, setup_time_s=1800), mix={"sequence": ["p", "q"], "lot": 2}, **TWO)
    assert t.visits("a", "part product enter setup_start setup_end start leave") == [
        (1, "p", 0, None, None, 0, 1),
        (2, "p", 1, None, None, 1, 2),
        (3, "q", 2, 2, 2.5, 2.5, 3.5),
        (4, "q", 3.5, None, None, 3.5, 4.5),
        (5, "p", 4.5, 4.5, 5, 5, 6),
    ]
    assert t.states("a") == [("processing", 0, 2), ("setup", 2, 2.5), ("processing", 2.5, 4.5), ("setup", 4.5, 5)]


def test_setup_matrix_and_initial_product():
    """Set up for q at the start: 1 h to p, 0.25 h from p to q."""
    matrix = {"p": {"q": 900}, "q": {"p": 3600}}
    t = play(6, station("a", 1, setup_time_s=matrix, setup_initial="q"), mix={"sequence": ["p", "q"]}, **TWO)
    assert t.visits("a", "part setup_start setup_end leave") == [
        (1, 0, 1, 2),
        (2, 2, 2.25, 3.25),
        (3, 3.25, 4.25, 5.25),
    ]


def test_two_machines_share_one_setter():
    """At 2 h both change product; machine 1 is served first, machine 2 waits for people until 3 h."""
    t = play(
        5,
        station("a", 1, machines=2, setup_time_s=3600, setup_initial="p", crew={"setup": "setter"}),
        mix={"sequence": ["p", "q"]},
        crews={"setter": 1},
        **TWO,
    )
    assert t.visits("a", "part machine setup_start setup_end start leave") == [
        (1, "1", None, None, 0, 1),
        (2, "2", 0, 1, 1, 2),
        (3, "1", None, None, 1, 2),
        (4, "1", 2, 3, 3, 4),
        (5, "2", 2, 4, 4, 5),
        (6, "1", None, None, 4, 5),
    ]
    assert t.states("a", "1")[:2] == [("processing", 0, 2), ("setup", 2, 3)]
    assert t.states("a", "2") == [
        ("setup", 0, 1),
        ("processing", 1, 2),
        ("waiting_crew", 2, 3),
        ("setup", 3, 4),
        ("processing", 4, 5),
    ]


def test_shift_end_pauses_and_the_next_shift_resumes():
    t = play(27, station("a", 3), **DAY)
    assert t.visits("a", "part start finish leave") == [(1, 0, 3, 3), (2, 3, 26, 26)]
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24)]


def test_a_line_closed_at_the_start_opens_with_its_shift():
    """The run starts at 06:00; a part that came at 0.5 h waits for the shift at 2 h."""
    late = DAY | {"run": {"start": "2026-01-05T06:00"}}
    t = play(7, station("a", 1), source=arrivals(0.5, 5.5), **late)
    assert t.visits("a", "part enter start leave") == [(1, 0.5, 2, 3)]
    assert t.states("a") == [("off_shift", 0, 2), ("processing", 2, 3), ("starved", 3, 5.5), ("processing", 5.5, 6)]


def test_setup_pauses_over_a_shift_end():
    t = play(26, station("a", 3, setup_time_s=7200), mix={"sequence": ["p", "q"]}, **TWO, **DAY)
    assert t.states("a") == [("processing", 0, 3), ("setup", 3, 4), ("off_shift", 4, 24), ("setup", 24, 25)]


def test_demand_is_spread_over_the_scheduled_time_only():
    """One order every 1.5 scheduled hours: 1.5, 3, then 4.5 = half an hour into the second shift, .."""
    t = play(30, station("a", 0.25), source={"demand_per_h": 1 / 1.5}, **DAY)
    assert [row[1] for row in t.visits("a", "part enter")] == [1.5, 3, 24.5, 26, 27.5]


def test_the_products_of_a_random_mix_follow_their_stream():
    """The product is the first whose cumulative share lies above the uniform number."""
    t = play(5, station("a", 1), mix={"shares": {"p": 1, "q": 3}}, **TWO)
    draws = Streams(1, 0).uniform("l", "mix")
    assert [p for _, p in t.visits("a", "part product")] == ["p" if draws.draw() < 0.25 else "q" for _ in range(5)]
