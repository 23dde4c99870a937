"""Hand-written event tables (hours) of fine points that the other tables pass by. Rules: docs/rules.md."""

import pytest
from hand_tables import DAY, TWO, H, arrivals, fails_at, option, play, renewal, station

from models.equipment import STATES

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


def test_what_leaves_bad_is_not_good_whether_found_or_not():
    """All parts of a are bad: b finds all of them, or none."""
    for detects, counted in ((1, (0, 0, 2)), (0, (0, 2, 0))):
        t = play(3.5, station("a", 1, scrap=1), station("b", 1, inspect={"detects": detects}))
        (output,) = t.line().outputs.values()
        assert (output.good, output.bad, output.scrapped) == counted


def test_a_bad_part_uses_nothing_of_what_a_good_one_uses():
    """Bad parts of a leave there, or go on to an inspection."""
    inspection = station("b", 1, inspect={"detects": 1})
    for scrap, behind, kwh in ((0, [], {"electricity_kwh": 6}), (1, [], {}), (1, [inspection], {})):
        t = play(3.5, station("a", 1, scrap=scrap, use_per_unit={"electricity_kwh": 2}), *behind)
        assert t.machine().per_unit == kwh


def test_a_charge_starts_when_the_oldest_has_waited_long_enough():
    """Parts at 0 and 1; three make a load, but none waits longer than 2 h."""
    t = play(5, station("a", 1, kind="batch", capacity=3, min_load=3, max_wait_s=2 * H), source=arrivals(0, 1))
    assert t.visits("a", "enter start leave") == [(0, 2, 3), (1, 2, 3)]


def test_join_leaves_a_piece_whose_lot_is_not_complete_where_it_is():
    """Parts 1 and 2 are cut at 1 and 2; piece 4 takes 4 h, so that the pieces of part 2 are together first."""
    b = station("b", machines=[{"name": f"m{n}", "cycle_time_s": n * H} for n in (1, 4)])
    a = station("a", 1, kind="split", pieces=2)
    t = play(8, a, b, station("c", 0.5, kind="join", pieces=2), source=arrivals(0, 0))
    assert t.visits("b", "part machine start leave") == [
        (3, "m1", 1, 2), (4, "m4", 1, 5), (5, "m1", 2, 3), (6, "m1", 3, 4),
    ]  # fmt: skip
    assert t.visits("c", "part start leave") == [(1, 5, 5.5), (2, 4, 4.5)]


@pytest.mark.parametrize(("work_h", "ends_h"), [(3, 3.5), (4, 5)])
def test_a_head_that_runs_again_stops_again(work_h, ends_h):
    """One of two heads stops after 1 h for 1 h, and again after 2 more; meanwhile work goes on at half speed."""
    stops = {"scope": "head", "ttf_h": {"sequence": [1, 99, 2], "then": "never"}, "ttr_h": 1}
    t = play(6, station("a", work_h, heads=2, failures=[stops]))
    assert t.visits("a", "start leave")[0] == (0, ends_h)


def used(t):
    """What the first machine used of electricity, by state and per part."""
    machine = t.machine()
    by_state = dict(zip(STATES, machine.amounts["electricity_kwh"], strict=True))
    return {state: kwh for state, kwh in by_state.items() if kwh} | machine.per_unit


def test_heat_of_a_charge():
    """Two charges of two parts of 3 kWh, in 2 h each; walls of 4 kW, empty or not; a door of 5 kWh."""
    heat = {"carrier": "electricity_kwh", "load_kwh_per_part": 3, "wall_loss_kw": 4,
            "opening_loss_kwh": 5}  # fmt: skip
    t = play(6, station("a", 2, kind="batch", capacity=2, min_load=2, heat=heat), source=arrivals(0, 0, 3, 3))
    assert used(t) == pytest.approx({"processing": 2 * 2 * 3 + 4 * 4, "starved": 2 * 4, "electricity_kwh": 2 * 5})


def test_heat_of_a_furnace_that_fails():
    """A part of 2 kWh in four strokes of 1 h; a failure of 1 h at 1.5, then 1 h of heat-up that takes 7 kWh."""
    heat = {"carrier": "electricity_kwh", "load_kwh_per_part": 2, "heat_up_kwh": {"from_hold": 7}}
    four = {"kind": "furnace", "places": 4, "pace_s": H, "heat": heat, "heat_up_h": {"from_hold": 1}}
    t = play(8, station("a", **four, **fails_at(1.5, 1)), source=arrivals(0))
    assert t.visits("a", "start finish") == [(0, 6)]
    assert used(t) == pytest.approx({"processing": 2, "heat_up": 7})


def test_a_failure_of_the_old_machine_does_not_stop_the_new_one():
    """The old one would have failed at 5; renewed from 2 to 3."""
    new = option(install_h=1, failures=[])
    t = play(8.5, station("a", 1, options=[new], **fails_at(5, 1)), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 2), ("installing", 2, 3)]
    assert t.machine().units == 7


def test_an_arrival_comes_before_a_failure_of_the_same_moment():
    """The part of 2 finds the machine idle and is not lost; then the machine fails, and takes it after the repair."""
    t = play(5, station("a", 1, buffer=0, **fails_at(2, 1)), source=arrivals(2, 2.5, when_full="lost"))
    assert t.visits("a", "part start leave") == [(1, 3, 4)]
    assert t.line().feeds[0].lost == 1


def test_an_arrival_comes_before_a_time_out_of_the_same_moment():
    """The part of 2 finds the machine idle and is not lost; then the machine goes to standby, and starts up for it."""
    standby = {"after_s": 2 * H, "start_up_s": H}
    t = play(5, station("a", 1, buffer=0, standby=standby), source=arrivals(2, when_full="lost"))
    assert t.visits("a", "part start leave") == [(1, 3, 4)]
    assert t.states("a") == [("starved", 0, 2), ("start_up", 2, 3), ("processing", 3, 4)]


def test_a_shift_begins_before_an_arrival_of_the_same_moment():
    """Open from 1 on: the part of 1 finds the machine at work already."""
    day = {"calendar": {"shifts": ["mon-sun 09:00-12:00"]}} | MONDAY
    t = play(3, station("a", 1, buffer=0), source=arrivals(1, when_full="lost"), **day)
    assert t.visits("a", "part start leave") == [(1, 1, 2)]


def test_a_machine_is_a_year_older_for_a_failure_of_its_birthday():
    """A repair of 1 h takes 2 h after a year; the failure comes when the year is full."""
    year_h = 365 * 24
    t = play(year_h + 9, station("a", 20_000, ageing={"repair_time_per_y": 1, "onset_y": 0}, **fails_at(year_h, 1)))
    assert t.states("a") == [("processing", 0, year_h), ("failed", year_h, year_h + 2)]


def test_who_walks_sees_what_ends_at_the_moment_of_arriving():
    """One person walks an hour from the only machine back to it, and unloads what is done at that very moment."""
    walker = {"size": 1, "rule": "patrol", "walk_s": H}
    t = play(3, station("a", 1, unload_s=0.25 * H, crew={"unload": "walker"}), crews={"walker": walker})
    assert t.visits("a", "start finish leave") == [(0, 1, 1.25), (1.25, 2.25, 2.5)]
