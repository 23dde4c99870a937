"""Hand-written event tables (hours): batch stations and furnaces. Rules: docs/rules.md."""

from hand_tables import DAY, TWO, H, arrivals, option, play, renewal, station


def batch(cycle_h, capacity, **fields):
    return station("a", cycle_h, kind="batch", capacity=capacity, **fields)


def furnace(places=2, pace_h=1, **fields):
    return station("a", kind="furnace", places=places, pace_s=pace_h * H, **fields)


def test_batch_with_least_load_and_longest_wait():
    """Two parts start a charge; one alone starts after 1 h of waiting; three fit in; none joins later."""
    t = play(10, batch(2, 3, min_load=2, max_wait_s=3600), source=arrivals(0, 3, 3.5, 4, 4.25, 4.5, 4.75))
    assert t.visits("a", "part enter start leave") == [
        (1, 0, 1, 3),
        (2, 3, 3.5, 5.5),
        (3, 3.5, 3.5, 5.5),
        (4, 4, 5.5, 7.5),
        (5, 4.25, 5.5, 7.5),
        (6, 4.5, 5.5, 7.5),
        (7, 4.75, 7.5, 9.5),
    ]
    assert t.states("a") == [
        ("starved", 0, 1),
        ("processing", 1, 3),
        ("starved", 3, 3.5),
        ("processing", 3.5, 9.5),
    ]


def test_batch_without_longest_wait_waits_for_its_load():
    t = play(9, batch(1, 3, min_load=3), source=arrivals(0, 2, 5, 6))
    assert t.visits("a", "part start leave") == [(1, 5, 6), (2, 5, 6), (3, 5, 6)]


def test_batch_hands_over_one_by_one_into_a_small_buffer():
    """Three parts end at 1 h: one goes on the machine behind, one into its only place, the third waits until 2 h."""
    t = play(4, batch(1, 3, min_load=3), station("b", 1, buffer=1), source=arrivals(0, 1.5, quantity=3))
    assert t.visits("a", "part start finish leave") == [
        (1, 0, 1, 1),
        (2, 0, 1, 1),
        (3, 0, 1, 2),
        (4, 2, 3, 3),
        (5, 2, 3, 4),
    ]
    assert t.visits("b", "part enter start leave") == [(1, 1, 1, 2), (2, 1, 2, 3), (3, 2, 3, 4)]
    assert t.states("a") == [("processing", 0, 1), ("blocked", 1, 2), ("processing", 2, 3)]


def test_a_batch_failure_scraps_the_whole_charge():
    failing = [{"ttf_h": {"sequence": [3, 99]}, "ttr_h": 1, "part": "scrap"}]
    t = play(6, batch(2, 2, failures=failing))
    assert t.visits("a", "part start leave to") == [
        (1, 0, 2, "exit"),
        (2, 0, 2, "exit"),
        (3, 2, 3, "scrap"),
        (4, 2, 3, "scrap"),
        (5, 4, 6, "exit"),
        (6, 4, 6, "exit"),
    ]


def test_two_batch_machines_share_what_waits():
    """Five parts at once: three in the first machine, two in the second."""
    t = play(2, batch(1, 3, machines=2), source=arrivals(0, quantity=5))
    assert [row[:2] for row in t.visits("a", "part machine")] == [(1, "1"), (2, "1"), (3, "1"), (4, "2"), (5, "2")]


def test_a_charge_takes_the_time_of_its_first_part():
    """Products p, q: charge of p and q 1 h, then of q and p after a setup 2 h."""
    t = play(
        4,
        station("a", kind="batch", capacity=2, cycle_time_s={"p": 3600, "q": 7200}, setup_time_s=1800),
        mix={"sequence": ["p", "q", "q", "p"]},
        **TWO,
    )
    assert t.visits("a", "part product start leave") == [
        (1, "p", 0, 1),
        (2, "q", 0, 1),
        (3, "q", 1.5, 3.5),
        (4, "p", 1.5, 3.5),
    ]


def test_furnace_with_gaps():
    """Three places: charged at once when empty, else at the end of a stroke; empty places move on."""
    t = play(8, furnace(3), source=arrivals(0, 0.5, 4.5))
    assert t.visits("a", "part enter start finish leave") == [
        (1, 0, 0, 3, 3),
        (2, 0.5, 1, 4, 4),
        (3, 4.5, 4.5, 7.5, 7.5),
    ]
    assert t.states("a") == [("processing", 0, 4), ("starved", 4, 4.5), ("processing", 4.5, 7.5)]


def test_furnace_charged_every_second_stroke():
    t = play(7, furnace(3, charge_every=2))
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 2, 5), (3, 4, 7)]


def test_pusher_moves_only_when_a_part_is_charged():
    """Two places: the part of 0 h leaves with the stroke of the second, the second with that of the third."""
    t = play(6, furnace(gaps=False), source=arrivals(0, 1.5, 4))
    assert t.visits("a", "part start leave") == [(1, 0, 2.5), (2, 1.5, 5)]
    assert t.states("a") == [
        ("processing", 0, 1),
        ("starved", 1, 1.5),
        ("processing", 1.5, 2.5),
        ("starved", 2.5, 4),
        ("processing", 4, 5),
    ]


def test_furnace_stops_while_its_exit_is_blocked():
    """Parts reach the exit at 2 and 3 h; the machine behind takes 3 h and has no place in front."""
    t = play(8, furnace(), station("b", 3, buffer=0))
    assert t.visits("a", "part start finish leave") == [(1, 0, 2, 2), (2, 1, 3, 5), (3, 2, 6, 8)]
    assert t.states("a") == [("processing", 0, 3), ("blocked", 3, 5), ("processing", 5, 6), ("blocked", 6, 8)]


def test_furnace_completes_its_stroke_after_a_failure_and_heat_up():
    """Fails half a stroke after 2.5 h of work; 1 h of repair, half an hour of heat-up, then the rest of the stroke."""
    failing = [{"ttf_h": {"sequence": [2.5, 99]}, "ttr_h": 1}]
    t = play(6, furnace(failures=failing, heat_up_h={"from_hold": 0.5}))
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 1, 4.5), (3, 2, 5.5)]
    assert t.states("a") == [("processing", 0, 2.5), ("failed", 2.5, 3.5), ("heat_up", 3.5, 4)]


def test_furnace_holds_at_night_and_heats_up_in_the_morning():
    t = play(28, furnace(pace_h=1.5, heat_up_h={"from_hold": 0.5}), **DAY)
    assert t.states("a") == [("processing", 0, 4), ("holding", 4, 24), ("heat_up", 24, 24.5), ("processing", 24.5, 28)]
    # strokes 0-1.5, 1.5-3, 3-4 and 24.5-25, 25-26.5, 26.5-28
    assert t.visits("a", "part start leave") == [(1, 0, 3), (2, 1.5, 25), (3, 3, 26.5), (4, 25, 28)]


def test_furnace_that_goes_cold_at_night():
    t = play(28, furnace(hold_off_shift=False, heat_up_h={"from_hold": 0.5, "cold": 2}), **DAY)
    assert t.states("a") == [("processing", 0, 4), ("off_shift", 4, 24), ("heat_up", 24, 26), ("processing", 26, 28)]


def test_a_failure_breaks_off_a_heat_up_which_starts_again():
    """Cold heat-up of 3 h from 24 h; a failure at 25 h for 1 h; 3 h of heat-up again."""
    failing = [{"clock": "calendar", "ttf_h": {"sequence": [25, 999]}, "ttr_h": 1}]
    day = DAY | {"calendar": {"shifts": ["mon-sun 08:00-18:00"]}}
    t = play(30, furnace(hold_off_shift=False, heat_up_h={"cold": 3}, failures=failing), **day)
    assert t.states("a") == [
        ("processing", 0, 10),
        ("off_shift", 10, 24),
        ("heat_up", 24, 25),
        ("failed", 25, 26),
        ("heat_up", 26, 29),
    ]


def test_renewal_of_a_furnace_waits_until_it_is_empty():
    """Planned at 1.5 h: no part enters any more; the two inside leave by 3 h. Installed, then heated from cold."""
    new = option(install_h=2, heat_up_h={"cold": 1})
    t = play(9, furnace(options=[new]), schedule=[renewal(1.5)])
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 1, 3), (3, 6, 8), (4, 7, 9)]
    assert t.states("a") == [("processing", 0, 3), ("installing", 3, 5), ("heat_up", 5, 6)]


def test_renewal_between_two_strokes_does_not_leave_parts_behind():
    """Planned at the very end of a stroke, and for a pusher at rest: both move on until empty."""
    new = option(install_h=2)
    t = play(5, furnace(options=[new]), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 3), ("installing", 3, 5)]
    t = play(7, furnace(gaps=False, options=[new]), source=arrivals(0, 1.5, 3.5), schedule=[renewal(3)])
    assert t.visits("a", "part start leave") == [(1, 0, 2.5), (2, 1.5, 4)]
    assert t.states("a")[-3:] == [("processing", 3, 4), ("installing", 4, 6), ("processing", 6, 7)]


def test_a_furnace_option_may_be_faster_by_a_factor():
    """Half the time per stroke from 4 h on."""
    t = play(7, furnace(options=[option(cycle_time_factor=0.5)]), source=arrivals(0, 4.5, 5.25), schedule=[renewal(4)])
    assert t.visits("a", "part start leave") == [(1, 0, 2), (2, 4.5, 5.5), (3, 5.5, 6.5)]
