"""What a row of the two tables says beside its times: lot, visit, charge; cause and when people came."""

from hand_tables import TWO, H, arrivals, fails_at, play, station


def columns(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_the_lot_of_each_part():
    """Lots of two, of p and q: parts 1 and 2, 3 and 4 share a lot each."""
    t = play(4, station("a", 1), mix={"sequence": ["p", "q"], "lot": 2}, **TWO)
    assert columns(t.trace.visits, "part", "product", "lot") == [(1, "p", 1), (2, "p", 1), (3, "q", 2), (4, "q", 2)]


def test_visits_of_a_part_to_a_station_are_counted():
    """Part 1 comes to a and to b three times: after the first and second visit to b it goes back."""
    t = play(6, station("a", 1), station("b", 1, next={"sequence": ["a", "a", "exit"]}), source=arrivals(0))
    assert columns(t.trace.visits, "station", "visit", "to") == [
        ("a", 1, "b"),
        ("b", 1, "a"),
        ("a", 2, "b"),
        ("b", 2, "a"),
        ("a", 3, "b"),
        ("b", 3, "exit"),
    ]


def test_parts_of_one_charge_have_its_number():
    t = play(3, station("a", 1, kind="batch", capacity=2), source=arrivals(0, 0, 0.5, 1.5))
    charges = dict(columns(t.trace.visits, "part", "batch"))
    assert charges == {1: 1, 2: 1, 3: 2, 4: 3}


def test_a_stop_names_its_cause_and_when_people_came():
    """Both fail at 1 h: m1 is served at once, m2 at 2 h."""
    machines = [{"name": name, **fails_at(1, 1, name=f"belt of {name}", crew="fitter")} for name in ("m1", "m2")]
    t = play(4, station("a", 50, machines=machines), crews={"fitter": 1})
    stops = [row for row in t.trace.states if row["state"] == "failed"]
    assert columns(stops, "machine", "cause", "start_s", "served_s", "end_s") == [
        ("m1", "belt of m1", H, H, 2 * H),
        ("m2", "belt of m2", H, 2 * H, 3 * H),
    ]


def test_work_names_its_part():
    """Part 1 from 0 to 1 h, part 2 from 2 h on, in two pieces, before and after the failure of 2.5 h."""
    t = play(4, station("a", 1, **fails_at(2.5, 0.5)), source=arrivals(0, 2))
    work = [row for row in t.trace.states if row["state"] == "processing"]
    assert columns(work, "part", "start_s", "end_s") == [(1, 0, H), (2, 2 * H, 2.5 * H), (2, 3 * H, 3.5 * H)]
