"""Hand-written event tables (hours): how parts come, pallets, and what is there at the start. Rules: docs/rules.md."""

from hand_tables import TWO, H, Played, arrivals, fails_at, play, station

from scenarios.files import read_plant

MIXED = {"mix": {"sequence": ["p", "q"]}} | TWO


def between(gap_h, **fields):
    return {"interarrival_s": gap_h if isinstance(gap_h, dict) else gap_h * H} | fields


# sources


def test_each_source_feeds_its_own_station():
    """Numbers in order of coming: 1 to a and 2 to b at 0 h, 3 to b, 4 to a; at b they go by entering."""
    source = [arrivals(0, 2, to="a"), arrivals(0, 0.5, to="b")]
    t = play(4, station("a", 1), station("b", 1), source=source)
    assert t.visits("a", "part enter start leave to") == [(1, 0, 0, 1, "b"), (4, 2, 2, 3, "b")]
    assert t.visits("b", "part enter start leave to") == [
        (1, 1, 2, 3, "exit"),
        (2, 0, 0, 1, "exit"),
        (3, 0.5, 1, 2, "exit"),
        (4, 3, 3, 4, "exit"),
    ]


def test_first_arrival_count_and_quantity():
    """From 0.5 h on every 2 h two parts, twice."""
    t = play(9, station("a", 0.75), source=between(2, first_s=0.5 * H, count=2, quantity=2))
    assert t.visits("a", "part enter start leave") == [
        (1, 0.5, 0.5, 1.25),
        (2, 0.5, 1.25, 2),
        (3, 2.5, 2.5, 3.25),
        (4, 2.5, 3.25, 4),
    ]
    assert t.states("a") == [("starved", 0, 0.5), ("processing", 0.5, 2), ("starved", 2, 2.5), ("processing", 2.5, 4)]


def test_without_a_first_arrival_given_one_interarrival_time_passes():
    t = play(5, station("a", 0.5), source=between(1.5))
    assert [row[1] for row in t.visits("a", "part enter")] == [1.5, 3, 4.5]


def test_the_first_arrival_takes_none_of_the_times_between():
    """At once, then 1 h and 2 h later, and so on again."""
    t = play(6.5, station("a", 0.5), source=between({"sequence": [H, 2 * H]}, first_s=0))
    assert [row[1] for row in t.visits("a", "part enter")] == [0, 1, 3, 4, 6]


def test_a_sequence_of_arrivals_that_ends_brings_no_more():
    t = play(50, station("a", 0.5), source=between({"sequence": [H, 2 * H], "then": "never"}))
    assert t.visits("a", "part enter leave") == [(1, 1, 1.5), (2, 3, 3.5)]


def test_a_sequence_of_arrivals_that_holds_its_last_time():
    t = play(4, station("a", 0.25), source=between({"sequence": [2 * H, 0.5 * H], "then": "last"}))
    assert [row[1] for row in t.visits("a", "part enter")] == [2, 2.5, 3, 3.5]


def test_arrivals_of_a_product_beside_a_saturated_source():
    """a makes p all the time; q come straight to b, where they queue with what a made."""
    source = [{"saturated": True, "to": "a", "product": "p"}, arrivals(0.5, 1.5, product="q", to="b")]
    t = play(3.5, station("a", 1), station("b", 0.5), source=source, **MIXED)
    assert t.visits("a", "part product start leave") == [(1, "p", 0, 1), (3, "p", 1, 2), (5, "p", 2, 3)]
    assert t.visits("b", "part product enter start leave") == [
        (1, "p", 1, 1, 1.5),
        (2, "q", 0.5, 0.5, 1),
        (3, "p", 2, 2, 2.5),
        (4, "q", 1.5, 1.5, 2),
        (5, "p", 3, 3, 3.5),
    ]


def test_a_saturated_source_may_be_used_up():
    t = play(9, station("a", 1), source={"saturated": True, "count": 2})
    assert t.visits("a", "part start leave") == [(1, 0, 1), (2, 1, 2)]
    assert t.states("a") == [("processing", 0, 2)]


PLANT = """
products: [{name: p}, {name: q}]
lines:
  - name: l
    source: {arrivals_s: arrivals.csv}
    mix: {sequence: [p, q]}
    stations: [{name: a, buffer: null, cycle_time_s: 2700}]
"""


def test_arrivals_from_a_file_have_product_and_quantity(tmp_path):
    """Two p at once, a q at 1 h and at 1.5 h, three quarters of an hour each; the file lies beside the plant's."""
    (tmp_path / "arrivals.csv").write_text("time_s,product,quantity\n0,p,2\n3600,q,1\n5400,q,1\n", encoding="utf-8")
    (tmp_path / "plant.yaml").write_text(PLANT, encoding="utf-8")
    t = Played(read_plant(tmp_path / "plant.yaml"), 4)
    assert t.visits("a", "part product enter start leave") == [
        (1, "p", 0, 0, 0.75),
        (2, "p", 0, 0.75, 1.5),
        (3, "q", 1, 1.5, 2.25),
        (4, "q", 1.5, 2.25, 3),
    ]


def test_a_profile_brings_parts_in_its_hours_only():
    """From 08:00 on 100 an hour, from 10:00 on 20, none from noon to 08:00 of each of two days."""
    profile = [{"hours": "08:00-10:00", "per_h": 100}, {"hours": "10:00-12:00", "per_h": 20}]
    t = play(48, station("a", 0.001, machines=99), source={"profile": profile}, run={"start": "2026-01-05T06:00"})
    came = [row[1] % 24 for row in t.visits("a", "part enter")]
    early, late = sum(2 <= h < 4 for h in came), sum(4 <= h < 6 for h in came)
    assert early + late == len(came)
    assert 300 < early < 500  # Poisson of mean 400: five standard deviations
    assert 40 < late < 130  # of mean 80


def test_arrivals_in_mid_line_are_lost_where_there_is_no_place():
    """b is busy with part 1 when part 2 comes at 1.5 h, free when part 3 comes at 2.25 h."""
    source = [arrivals(0, to="a"), arrivals(1.5, 2.25, to="b", when_full="lost")]
    t = play(4, station("a", 1), station("b", 1, buffer=0), source=source)
    assert t.visits("b", "part enter start leave to") == [(1, 1, 1, 2, "exit"), (3, 2.25, 2.25, 3.25, "exit")]


def test_demand_that_finds_the_machine_busy_is_lost():
    """An order an hour, an hour and a half of work, no place: every other order."""
    t = play(7, station("a", 1.5, buffer=0), source={"demand_per_h": 1, "when_full": "lost"})
    assert t.visits("a", "part start leave") == [(1, 1, 2.5), (3, 3, 4.5), (5, 5, 6.5)]


# pallets


def test_pallets_go_round():
    """Two pallets: each is back in front of a the moment it leaves b."""
    t = play(9, station("a", 1), station("b", 2), source={"pallets": 2})
    assert t.visits("a") == [
        (1, 0, 0, 1, 1, "b"),
        (1, 3, 3, 4, 4, "b"),
        (1, 7, 7, 8, 8, "b"),
        (2, 0, 1, 2, 2, "b"),
        (2, 5, 5, 6, 6, "b"),
    ]
    assert t.visits("b") == [
        (1, 1, 1, 3, 3, "exit"),
        (1, 4, 5, 7, 7, "exit"),
        (2, 2, 3, 5, 5, "exit"),
        (2, 6, 7, 9, 9, "exit"),
    ]
    assert t.states("b") == [("starved", 0, 1)]


def test_a_pallet_is_taken_again_at_the_instant_it_comes_back():
    """One pallet, one machine that is never without it; as scrap it comes back too."""
    t = play(3, station("a", 1, next={"sequence": ["exit", "scrap"]}), source={"pallets": 1})
    assert t.visits("a") == [(1, 0, 0, 1, 1, "exit"), (1, 1, 1, 2, 2, "scrap"), (1, 2, 2, 3, 3, "exit")]
    assert t.states("a") == []


def test_a_pallet_whose_part_is_scrapped_in_a_failure_comes_back():
    """Scrapped at 1 h, back in front at once, begun when the machine is repaired at 2 h."""
    t = play(4, station("a", 2, **fails_at(1, 1, part="scrap")), source={"pallets": 1})
    assert t.visits("a", "part enter start leave to") == [(1, 0, 0, 1, "scrap"), (1, 1, 2, 4, "exit")]


# the line at the start


def test_parts_at_the_start_wait_in_front():
    """Two in front of b have numbers 1 and 2; a begins with part 3."""
    t = play(4, station("a", 1), station("b", 2, buffer=3), line_fields={"initial": [{"station": "b", "parts": 2}]})
    assert t.visits("a", "part start leave") == [(3, 0, 1), (4, 1, 2), (5, 2, 3), (6, 3, 4)]
    assert t.visits("b") == [(1, 0, 0, 2, 2, "exit"), (2, 0, 2, 4, 4, "exit")]


def test_parts_at_the_start_go_before_those_of_a_saturated_source():
    t = play(3, station("a", 1), line_fields={"initial": [{"station": "a", "parts": 2}]})
    assert t.visits("a") == [(1, 0, 0, 1, 1, "exit"), (2, 0, 1, 2, 2, "exit"), (3, 2, 2, 3, 3, "exit")]


def test_a_part_at_the_start_may_be_half_done():
    """Part 1 is on the machine with half an hour left, part 2 in front."""
    start = {"initial": [{"station": "a", "parts": 2, "remaining_s": 0.5 * H}]}
    t = play(5, station("a", 2), source=arrivals(3), line_fields=start)
    assert t.visits("a") == [
        (1, 0, 0, 0.5, 0.5, "exit"),
        (2, 0, 0.5, 2.5, 2.5, "exit"),
        (3, 3, 3, 5, 5, "exit"),
    ]


def test_parts_at_the_start_have_products_and_numbers_in_the_order_of_the_file():
    """Part 1 is a q in front of b, part 2 a p on a, which is therefore set up for p."""
    start = [
        {"station": "b", "parts": 1, "product": "q"},
        {"station": "a", "parts": 1, "product": "p", "remaining_s": H},
    ]
    t = play(
        4.5,
        station("a", 2, setup_time_s=0.5 * H),
        station("b", 1),
        source=arrivals(0.5, product="q"),
        line_fields={"initial": start},
        **MIXED,
    )
    assert t.visits("a", "part product enter setup_start start leave") == [
        (2, "p", 0, None, 0, 1),
        (3, "q", 0.5, 1, 1.5, 3.5),
    ]
    assert t.visits("b", "part product start leave") == [(1, "q", 0, 1), (2, "p", 1, 2), (3, "q", 3.5, 4.5)]


def test_each_half_done_part_is_on_a_machine_of_its_own():
    half_done = [{"station": "a", "parts": 1, "remaining_s": left * H} for left in (1, 0.5)]
    t = play(3.5, station("a", 2, machines=2), source=arrivals(0), line_fields={"initial": half_done})
    assert t.visits("a", "machine part start leave") == [("1", 1, 0, 1), ("2", 2, 0, 0.5), ("2", 3, 0.5, 2.5)]


def test_waiting_outside_is_waiting():
    """Work of 2 without a place: parts of 0, 1 and 2 begin at 0, 2 and 4 and have waited 0, 1 and 2."""
    t = play(10, station("a", 2, buffer=0), source=arrivals(0, 1, 2))
    waits = t.line().stations[0].waits
    assert (waits.count, waits.total) == (3, 3.0)
    assert t.visits("a", "part enter start") == [(1, 0, 0), (2, 2, 2), (3, 4, 4)]
