"""Hand-written event tables (hours): who is there when people are needed. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, H, Played, fails_at, option, play, renewal, station


def broken(*at_h, lasts_h=1, of="", **fields):
    """Failures at these hours of the clock, each repaired at once where no crew is named.

    Machines of one station that fail at the same hour are told apart by ``of``: a sequence is shared by a station.
    """
    modes = [fails_at(at, lasts_h, name=f"at {at} {of}", **fields)["failures"][0] for at in at_h]
    return {"failures": modes}


def failed(t, *machines):
    return [[row[1:] for row in t.states("a", m) if row[0] == "failed"] for m in machines]


# loading and unloading


def test_loading_and_unloading_without_people():
    """Half an hour to load, an hour of work, a quarter to unload; both are setup, work alone is processing."""
    t = play(3.5, station("a", 1, load_s=0.5 * H, unload_s=0.25 * H))
    assert t.visits("a", "part enter setup_start start finish leave") == [
        (1, 0, None, 0.5, 1.5, 1.75),
        (2, 1.75, None, 2.25, 3.25, 3.5),
    ]
    assert t.states("a") == [
        ("setup", 0, 0.5),
        ("processing", 0.5, 1.5),
        ("setup", 1.5, 2.25),
        ("processing", 2.25, 3.25),
    ]


def test_loading_comes_before_setup_and_unloading_after_work():
    """p, then q: load a quarter, set up half an hour, work 1 h, unload a quarter."""
    t = play(
        3.5,
        station("a", 1, load_s=0.25 * H, unload_s=0.25 * H, setup_time_s=0.5 * H),
        mix={"sequence": ["p", "q"]},
        **TWO,
    )
    assert t.visits("a", "part enter setup_start setup_end start finish leave") == [
        (1, 0, None, None, 0.25, 1.25, 1.5),
        (2, 1.5, 1.75, 2.25, 2.25, 3.25, 3.5),
    ]
    assert t.states("a") == [
        ("setup", 0, 0.25),
        ("processing", 0.25, 1.25),
        ("setup", 1.25, 2.25),
        ("processing", 2.25, 3.25),
    ]


def test_one_person_loads_two_machines():
    """Half an hour each: m2 waits for m1 at the start; from then on nobody waits."""
    t = play(
        3,
        station("a", 1, machines=2, load_s=0.5 * H, crew={"load": "hand"}),
        crews={"hand": 1},
    )
    assert t.visits("a", "machine part enter start finish") == [
        ("1", 1, 0, 0.5, 1.5),
        ("2", 2, 0, 1, 2),
        ("1", 3, 1.5, 2, 3),
    ]
    assert t.states("a", "1") == [("setup", 0, 0.5), ("processing", 0.5, 1.5), ("setup", 1.5, 2), ("processing", 2, 3)]
    assert t.states("a", "2") == [
        ("waiting_crew", 0, 0.5),
        ("setup", 0.5, 1),
        ("processing", 1, 2),
        ("setup", 2, 2.5),
    ]


def test_one_person_unloads_two_machines():
    """Both end at 1 h; m1 is unloaded first, m2 waits for it with its finished part."""
    t = play(
        2.5,
        station("a", 1, machines=2, unload_s=0.5 * H, crew={"unload": "hand"}),
        crews={"hand": 1},
    )
    assert t.visits("a", "machine part start finish leave") == [("1", 1, 0, 1, 1.5), ("2", 2, 0, 1, 2)]
    assert t.states("a", "1") == [("processing", 0, 1), ("setup", 1, 1.5), ("processing", 1.5, 2.5)]
    assert t.states("a", "2") == [("processing", 0, 1), ("waiting_crew", 1, 1.5), ("setup", 1.5, 2)]


def test_a_part_is_unloaded_before_it_waits_for_a_place():
    """Unloaded from 2.5 to 3 h, then blocked until b is free at 4.5 h."""
    t = play(4.5, station("a", 1, unload_s=0.5 * H), station("b", 3, buffer=0))
    assert t.visits("a", "part start finish leave") == [(1, 0, 1, 1.5), (2, 1.5, 2.5, 4.5)]
    assert t.states("a") == [
        ("processing", 0, 1),
        ("setup", 1, 1.5),
        ("processing", 1.5, 2.5),
        ("setup", 2.5, 3),
        ("blocked", 3, 4.5),
    ]


def test_an_urgent_repair_goes_before_a_load_that_has_waited_longer():
    """m1 is loaded to 1 h; m2 waits from 0 h, the repair from 0.5 h, but its priority is smaller."""
    work = {"load_s": H, "crew": {"load": "hand"}}
    t = play(
        4,
        station("a", 2, machines=2, **work),
        station("b", 50, buffer=1, **broken(0.5, crew="hand", priority=-1)),
        crews={"hand": 1},
    )
    assert t.states("a", "2")[:2] == [("waiting_crew", 0, 2), ("setup", 2, 3)]
    assert t.states("b")[:2] == [("starved", 0, 0.5), ("failed", 0.5, 2)]


def test_two_lines_share_one_fitter_in_the_order_of_the_file():
    """Both machines fail at 1 h."""
    lines = [
        {"name": name, "source": "saturated", "stations": [station(work, 50, **broken(1, crew="fitter"))]}
        for name, work in (("second by name", "z"), ("first by name", "a"))
    ]
    t = Played({"lines": lines, "crews": {"fitter": 1}}, 5)
    assert [t.states(name) for name in ("z", "a")] == [
        [("processing", 0, 1), ("failed", 1, 2)],
        [("processing", 0, 1), ("failed", 1, 3)],
    ]


# working with people


def test_two_workers_for_three_machines():
    """Who has waited goes on at the end of another's part: m3 at 1 h, m2 at 2 h."""
    t = play(
        3,
        station("a", 1, machines=3, crew={"processing": "worker"}),
        crews={"worker": 2},
    )
    assert t.visits("a", "machine part enter start finish") == [
        ("1", 1, 0, 0, 1),
        ("2", 2, 0, 0, 1),
        ("3", 3, 0, 1, 2),
        ("1", 4, 1, 1, 2),
        ("2", 5, 1, 2, 3),
        ("1", 6, 2, 2, 3),
    ]
    assert t.states("a", "2") == [("processing", 0, 1), ("waiting_crew", 1, 2), ("processing", 2, 3)]
    assert t.states("a", "3") == [("waiting_crew", 0, 1), ("processing", 1, 2), ("waiting_crew", 2, 3)]


# several people together, skills


def test_several_crews_are_taken_together_and_none_is_kept_waiting():
    """m2 needs both from 2 h on: it takes neither until 4.5 h; the electrician meanwhile serves m3."""
    machines = [
        {"name": "m1", **broken(1, lasts_h=2, crew="mechanic")},
        {"name": "m2", **broken(2, crew={"mechanic": 1, "electrician": 1})},
        {"name": "m3", **broken(2.5, lasts_h=2, crew="electrician")},
    ]
    t = play(9, station("a", 50, machines=machines), crews={"mechanic": 1, "electrician": 1})
    assert failed(t, "m1", "m2", "m3") == [[(1, 3)], [(2, 5.5)], [(2.5, 4.5)]]


def test_two_of_one_crew_are_taken_together():
    """One of two is busy until 4 h; m2 needs both, m3 one, which it gets at once."""
    machines = [
        {"name": "m1", **broken(1, lasts_h=3, crew="fitter")},
        {"name": "m2", **broken(2, crew={"fitter": 2})},
        {"name": "m3", **broken(2.5, crew={"fitter": 1})},
    ]
    t = play(9, station("a", 50, machines=machines), crews={"fitter": 2})
    assert failed(t, "m1", "m2", "m3") == [[(1, 4)], [(2, 5)], [(2.5, 3.5)]]


def test_a_skill_is_served_by_whoever_has_it_in_file_order():
    """Anna has both skills and is asked first; the mechanic's work waits for her, the electrician's goes to Bert."""
    machines = [
        {"name": "m1", **broken(1, lasts_h=2, crew="electrics")},
        {"name": "m2", **broken(1.5, crew="mechanics")},
        {"name": "m3", **broken(1.75, crew="electrics")},
    ]
    crews = {"anna": {"size": 1, "skills": ["mechanics", "electrics"]}, "bert": {"size": 1, "skills": ["electrics"]}}
    t = play(9, station("a", 50, machines=machines), crews=crews)
    assert failed(t, "m1", "m2", "m3") == [[(1, 3)], [(1.5, 4)], [(1.75, 2.75)]]


def test_a_crew_may_be_named_beside_a_skill_of_the_same_people():
    """m1 takes Bert by name; the skill of both is then served by Anna, and the next waits for Bert."""
    machines = [
        {"name": "m1", **broken(1, lasts_h=2, crew="bert")},
        {"name": "m2", **broken(1.25, lasts_h=9, crew="electrics")},
        {"name": "m3", **broken(1.5, crew="electrics")},
    ]
    crews = {"anna": {"size": 1, "skills": ["electrics"]}, "bert": {"size": 1, "skills": ["electrics"]}}
    t = play(12, station("a", 50, machines=machines), crews=crews)
    assert failed(t, "m1", "m2", "m3") == [[(1, 3)], [(1.25, 10.25)], [(1.5, 4)]]


# when people are there


def test_people_finish_the_service_in_hand_and_come_back_with_their_shift():
    """On duty 0-2 and 24-26 h: the repair begun at 1.5 h goes on to 2.5 h, the failure of 4.5 h waits to 24 h."""
    crews = {"fitter": {"size": 1, "calendar": {"shifts": ["mon-sun 08:00-10:00"]}}}
    t = play(26, station("a", 50, **broken(1.5, 4.5, crew="fitter")), crews=crews, run={"start": "2026-01-05T08:00"})
    assert failed(t, "1") == [[(1.5, 2.5), (4.5, 25)]]


def test_people_are_as_many_as_the_shift_says():
    """Two until 2 h, then one: both machines are repaired together at 1 h, one after the other at 2.5 h."""
    machines = [{"name": name, **broken(1, 2.5, lasts_h=0.5, of=name, crew="fitter")} for name in ("m1", "m2")]
    duty = [{"shift": "mon-sun 08:00-10:00", "size": 2}, {"shift": "mon-sun 10:00-12:00", "size": 1}]
    crews = {"fitter": {"on_duty": duty}}
    t = play(4, station("a", 50, machines=machines), crews=crews, run={"start": "2026-01-05T08:00"})
    assert failed(t, "m1", "m2") == [[(1, 1.5), (2.5, 3)], [(1, 1.5), (2.5, 3.5)]]


def test_one_setter_and_two_setups_over_a_shift_end():
    """p to q takes 2 h from 3 h on; m2 waits for the setter before and after the night."""
    t = play(
        28,
        station("a", 3, machines=2, setup_time_s={"p": {"q": 2 * H}, "q": {"p": 9 * H}}, crew={"setup": "setter"}),
        mix={"sequence": ["p", "p", "q", "q"]},
        crews={"setter": 1},
        **TWO,
        **DAY,
    )
    assert t.states("a", "1") == [
        ("processing", 0, 3),
        ("setup", 3, 4),
        ("off_shift", 4, 24),
        ("setup", 24, 25),
        ("processing", 25, 28),
    ]
    assert t.states("a", "2") == [
        ("processing", 0, 3),
        ("waiting_crew", 3, 4),
        ("off_shift", 4, 24),
        ("waiting_crew", 24, 25),
        ("setup", 25, 27),
        ("processing", 27, 28),
    ]
    assert t.visits("a", "part setup_start setup_end start leave") == [
        (1, None, None, 0, 3),
        (2, None, None, 0, 3),
        (3, 3, 25, 25, 28),
    ]


def test_a_renewal_waits_for_a_setup_that_waits_for_people():
    """m2 waits for the setter from 1 h on, is planned to leave at 1.5 h, and leaves with its part done at 4 h."""
    t = play(
        6,
        station("a", 1, machines=2, setup_time_s=H, crew={"setup": "setter"}, options=[option(install_h=1)]),
        mix={"sequence": ["p", "p", "q", "q"]},
        crews={"setter": 1},
        schedule=[renewal(1.5, machines=["2"])],
        **TWO,
    )
    assert t.states("a", "2")[:5] == [
        ("processing", 0, 1),
        ("waiting_crew", 1, 2),
        ("setup", 2, 3),
        ("processing", 3, 4),
        ("installing", 4, 5),
    ]


# patrol


def patrol(size=1, walk_h=0.25):
    return {"crews": {"round": {"size": size, "rule": "patrol", "walk_s": walk_h * H}}}


def test_one_person_on_patrol_sees_a_stop_on_the_next_round():
    """Four machines, a quarter of an hour apart. m3 stops just after it was passed at 0.5 h: seen at 1.5 h.

    m2 stops after 1.25 h: the person leaves m3 at 2 h, passes m4 and m1 and is there at 2.75 h.
    """
    stops = {"m1": [], "m2": [1.375], "m3": [0.625], "m4": []}
    machines = [{"name": m, **broken(*at, 40, lasts_h=0.5, crew="round")} for m, at in stops.items()]
    t = play(5, station("a", 50, machines=machines), **patrol())
    assert failed(t, *stops) == [[], [(1.375, 3.25)], [(0.625, 2)], []]


def test_two_people_on_patrol_start_apart_and_pass_what_another_serves():
    """One starts at m1, one at m3, a quarter of an hour from machine to machine; a repair takes 0.625 h.

    m3 stops at 0.625 h and is seen by the second at 1 h, who stays to 1.625 h; the first passes it at 1.5 h, finds
    m4, stopped at 1.375 h, at 1.75 h and stays to 2.375 h; the second passes m4 at 1.875 h and m1 at 2.125 h.
    m1 stops at 2.25 h: the first is there at 2.625 h.
    """
    stops = {"m1": [2.25], "m2": [], "m3": [0.625], "m4": [1.375]}
    machines = [{"name": m, **broken(*at, 40, lasts_h=0.625, crew="round")} for m, at in stops.items()]
    t = play(5, station("a", 50, machines=machines), **patrol(size=2))
    assert failed(t, *stops) == [[(2.25, 3.25)], [], [(0.625, 1.625)], [(1.375, 2.375)]]


def test_on_patrol_each_stopped_head_is_served_in_turn():
    """Four heads; a stop of 1.5 h and one of 1.75 h are served from 2 h on, a quarter of an hour each.

    The stop of 2.125 h came after the person did: it waits for the next round. There and back takes 1 h each way:
    2.5 h, m2 at 3.5 h, m1 at 4.5 h. Work done: 1.5 h whole, then 3/4, 2/4, 1/4, 2/4, 3/4 of the speed up to 1.75,
    2.125, 2.25, 2.5 and 4.75 h: 3.71875 h; the rest of the 4 h takes 0.28125 h.
    """
    running = {"sequence": [1.5, 1.75, 2.125, 50], "then": "last"}
    head = {"scope": "head", "ttf_h": running, "ttr_h": 0.25, "crew": "round"}
    machines = [{"name": "m1", "heads": 4, "failures": [head]}, {"name": "m2", **broken(40, crew="round")}]
    t = play(6, station("a", 4, machines=machines), **patrol(walk_h=1))
    assert t.visits("a", "machine start leave")[0] == ("m1", 0, 5.03125)


@pytest.mark.parametrize(("size", "seen_h"), [(1, 2), (2, 1.25), (4, 1), (6, 0.75)])
def test_more_people_on_patrol_come_sooner(size, seen_h):
    """m3 of six stops at 0.5625 h. The next to come started at m1 and is on the second round, at m4, m5, or m6."""
    machines = [{"name": f"m{n}", **broken(0.5625 if n == 3 else 40, crew="round")} for n in range(1, 7)]
    t = play(5, station("a", 50, machines=machines), **patrol(size=size))
    assert failed(t, "m3") == [[(0.5625, seen_h + 1)]]
