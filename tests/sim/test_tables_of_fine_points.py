"""Hand-written event tables (hours) of fine points that the other tables pass by. Rules: docs/rules.md."""

from hand_tables import DAY, TWO, H, fails_at, play, station

MONDAY = {"run": {"start": "2026-01-05T08:00"}}


def test_the_operating_clock_stands_still_in_a_setup_cut_in_two_by_the_night():
    """A setup from 3.5 to 24.5 over the night; 5 h of work are full at 26, 1.5 h after it."""
    failures = [{"ttf_h": {"sequence": [5], "then": "never"}, "ttr_h": 0.5}]
    t = play(27, station("a", 3.5, setup_time_s=H, failures=failures), mix={"sequence": ["p", "q"]}, **TWO, **DAY)
    assert t.states("a") == [
        ("processing", 0, 3.5),
        ("setup", 3.5, 4),
        ("off_shift", 4, 24),
        ("setup", 24, 24.5),
        ("processing", 24.5, 26),
        ("failed", 26, 26.5),
    ]


def test_who_asked_first_is_repaired_first():
    """m1 is repaired from 1 to 4; m2 and m3, which failed at 2 and 3, follow in that order."""
    machines = [{"name": f"m{n}", **fails_at(n, 3, name=f"of m{n}", crew="fitter")} for n in (1, 2, 3)]
    t = play(11, station("a", 50, machines=machines), crews={"fitter": 1})
    assert [t.states("a", f"m{n}")[1] for n in (1, 2, 3)] == [("failed", 1, 4), ("failed", 2, 7), ("failed", 3, 10)]


def test_a_patrol_off_duty_stands_where_it_is():
    """On duty from 0 to 4, walking 1.5 h: at the only machine at 0, 1.5, 3. What fails at 3.5 is served at 24."""
    people = {"size": 1, "rule": "patrol", "walk_s": 1.5 * H, "calendar": {"shifts": ["mon-sun 08:00-12:00"]}}
    t = play(26, station("a", 50, **fails_at(3.5, 0.5, crew="walker")), crews={"walker": people}, **MONDAY)
    assert t.states("a") == [("processing", 0, 3.5), ("failed", 3.5, 24.5)]


def test_a_fixed_grid_of_working_hours_stays_where_it_is_though_it_waits_for_parts():
    """Due after 3, 6 and 9 h of work; parts of 2 h end after 4, 6 and 10."""
    rule = {"every_h": 3, "clock": "operating", "policy": "block", "duration_h": 1}
    t = play(13.5, station("a", 2, maintenance=[rule]))
    assert [row[1:] for row in t.states("a") if row[0] == "maintenance"] == [(4, 5), (7, 8), (12, 13)]


def test_a_moment_of_the_grid_during_its_own_maintenance_passes():
    """Due at 2, 4 and 6, lasting 3 h: the one of 4 falls into the one of 2."""
    t = play(9.5, station("a", 50, maintenance=[{"every_h": 2, "clock": "calendar", "policy": "block",
                                                 "duration_h": 3, "interrupts_part": True}]))  # fmt: skip
    assert t.states("a") == [("processing", 0, 2), ("maintenance", 2, 5), ("processing", 5, 6), ("maintenance", 6, 9)]


def test_a_clock_that_maintenance_renews_stands_meanwhile():
    """Maintenance from 1 to 2 takes away the failure of 1.5; the next comes 4 h after its end."""
    mode = {"clock": "calendar", "ttf_h": {"sequence": [1.5, 4], "then": "never"}, "ttr_h": 1}
    rule = {"at": "mon 09:00", "duration_h": 1, "interrupts_part": True, "renews": "all"}
    t = play(8, station("a", 50, failures=[mode], maintenance=[rule]), **MONDAY)
    assert t.states("a") == [("processing", 0, 1), ("maintenance", 1, 2), ("processing", 2, 6), ("failed", 6, 7)]


def test_maintenance_that_renews_starts_the_clocks_of_the_heads_anew():
    """Both heads would stop after 2 h of work; renewed after 1 h, they stop 4 h later, when the part is gone."""
    stops = {"scope": "head", "ttf_h": {"sequence": [2, 2, 4, 4], "then": "never"}, "ttr_h": 0.5}
    rule = {"at": "mon 09:00", "duration_h": 0.5, "interrupts_part": True, "renews": "all"}
    t = play(5, station("a", 4, heads=2, failures=[stops], maintenance=[rule]), **MONDAY)
    assert t.visits("a", "start leave") == [(0, 4.5)]
    t = play(5, station("a", 4, heads=2, failures=[stops], maintenance=[rule | {"renews": []}]), **MONDAY)
    assert t.visits("a", "start leave") == [(0, 5)]


def test_a_part_may_still_be_begun_at_the_first_of_the_last_minutes():
    """None is begun less than an hour before the end: at 3 exactly one may, half an hour later none."""
    t = play(25, station("a", 1.5, no_start_within_s=H), **DAY)
    assert t.visits("a", "start leave") == [(0, 1.5), (1.5, 3), (3, 24.5)]
    t = play(25, station("a", 1.75, no_start_within_s=H), **DAY)
    assert [row for row in t.states("a") if row[0] == "starved"] == [("starved", 3.5, 4)]


def test_a_machine_that_is_loaded_needs_no_setup_between_parts_of_one_product():
    t = play(4, station("a", 1, load_s=0.5 * H, setup_time_s=H))
    assert t.visits("a", "start leave") == [(0.5, 1.5), (2, 3)]
