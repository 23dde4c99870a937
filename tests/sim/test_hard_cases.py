"""Plants at the edge: no time passing, nobody there, nothing moving, renewal at awkward moments."""

import pytest
from hand_tables import DAY, TWO, H, arrivals, option, play, renewal, station

from models.errors import DataError


def test_the_engine_that_a_test_names_plays_it(engine):
    assert type(play(1, station("a", 1)).run).__module__ == f"sim.{engine}_engine.run"


@pytest.mark.parametrize(
    ("cycle", "source"),
    [
        ({"uniform": {"low": 0, "high": 0}}, "saturated"),
        (3600, {"interarrival_s": {"sequence": [0]}}),
    ],
)
def test_time_that_stands_still_is_told(cycle, source):
    with pytest.raises(DataError, match="time stands still 0 h after the start"):
        play(1, station("a", cycle_time_s=cycle), source=source)


def test_stations_that_take_no_time_pass_parts_on_at_once():
    t = play(2, station("a", 0), station("b", 0, buffer=0), station("c", 1, buffer=0), source=arrivals(0, 0, 1))
    assert t.visits("c", "part enter start leave") == [(1, 0, 0, 1), (2, 1, 1, 2)]


def test_a_crew_of_nobody_never_comes():
    mode = {"ttf_h": 2, "ttr_h": 1, "crew": "nobody"}
    t = play(100, station("a", 1, failures=[mode]), crews={"nobody": 0})
    assert t.states("a") == [("processing", 0, 2)]
    assert t.state() == "failed"  # to the end


def test_a_ring_of_blocked_machines_is_a_deadlock_and_told():
    """Each waits for the other's place: at 2 nothing will ever move again."""
    with pytest.raises(DataError, match="deadlock 2 h after the start: b -> a -> b wait for each other"):
        play(50, station("a", 1, buffer=0, next="b"), station("b", 1, buffer=0, next="a"))


def test_a_sequence_that_ends_never_fails_again():
    mode = {"ttf_h": {"sequence": [2], "then": "never"}, "ttr_h": 1}
    t = play(50, station("a", 1, failures=[mode]))
    assert t.states("a") == [("processing", 0, 2), ("failed", 2, 3)]


@pytest.mark.parametrize("start", ["2026-01-05T13:07", "2026-12-31T23:59"])
@pytest.mark.parametrize("until_h", [0.1, 7.77, 33.333])
def test_horizon_and_start_need_no_round_figures(start, until_h):
    """Work at 10 kW throughout: energy, hours and bands agree to the second."""
    t = play(until_h, station("a", 0.31, power_kw={"processing": 10}), run={"start": start})
    line = t.line()
    assert sum(line.meter.kwh_by_band) == pytest.approx(10 * until_h, rel=1e-12)
    assert sum(t.machine().seconds) == pytest.approx(until_h * H, rel=1e-12)
    assert line.meter.peak_kw <= 10 * (1 + 1e-12)


def test_renewal_at_the_start_and_without_installation_time():
    t = play(3, station("a", 2, options=[option(cycle_time_s=3600)]), schedule=[renewal(0)])
    assert t.visits("a", "start leave") == [(0, 1), (1, 2), (2, 3)]


def test_renewal_during_a_failure_with_a_part_waits_for_repair_and_part():
    """Fails at 1 h with 1 h of work left, repaired at 3 h, part out at 4 h, then installed for 1 h."""
    mode = {"ttf_h": {"sequence": [1, 99]}, "ttr_h": 2}
    t = play(5, station("a", 2, failures=[mode], options=[option(install_h=1)]), schedule=[renewal(2)])
    assert t.states("a") == [("processing", 0, 1), ("failed", 1, 3), ("processing", 3, 4), ("installing", 4, 5)]


def test_renewal_during_a_setup_waits_for_the_part():
    t = play(
        6,
        station("a", 1, setup_time_s=3600, options=[option(install_h=1)]),
        mix={"sequence": ["p", "q"]},
        schedule=[renewal(1.5)],
        **TWO,
    )
    assert t.states("a") == [
        ("processing", 0, 1),
        ("setup", 1, 2),
        ("processing", 2, 3),
        ("installing", 3, 4),
        ("processing", 4, 5),
        ("setup", 5, 6),
    ]


def test_renewal_while_a_part_rests_over_night():
    """The part of the evening is finished in the morning, then the machine leaves."""
    t = play(28, station("a", 3, options=[option(install_h=1)]), schedule=[renewal(10)], **DAY)
    assert t.states("a") == [
        ("processing", 0, 4),
        ("off_shift", 4, 24),
        ("processing", 24, 26),
        ("installing", 26, 27),
        ("processing", 27, 28),
    ]


def test_renewal_of_a_blocked_furnace():
    """Exit blocked until 5 h: the part leaves then, the next at 6 h waits until 8 h, and the furnace goes."""
    work = station("a", kind="furnace", places=2, pace_s=H, options=[option(install_h=1)])
    t = play(9, work, station("b", 3, buffer=0), schedule=[renewal(4)])
    assert t.visits("a", "part start finish leave") == [(1, 0, 2, 2), (2, 1, 3, 5), (3, 2, 6, 8)]
    assert t.states("a")[-2:] == [("blocked", 6, 8), ("installing", 8, 9)]


def test_two_causes_at_one_instant_follow_each_other():
    modes = [{"name": n, "clock": "calendar", "ttf_h": {"sequence": [1, 99]}, "ttr_h": 1} for n in "xy"]
    t = play(4, station("a", 1, failures=modes))
    assert t.states("a") == [("processing", 0, 1), ("failed", 1, 3)]


def test_a_line_on_holiday_all_along_makes_nothing():
    t = play(20, station("a", 1), calendar={"shifts": ["mon 08:00-16:00"]}, run={"start": "2026-01-06"})
    assert t.visits("a") == []
    assert t.state() == "off_shift"


def test_after_the_warm_up_only_what_follows_counts():
    """One part on the machine and one in front all along; the fitter busy: 3 hours of each are left after 5 of 8."""
    mode = {"ttf_h": {"sequence": [2, 99]}, "ttr_h": 50, "crew": "fitter"}
    t = play(5, station("a", 10, failures=[mode]), source=arrivals(0, 1), crews={"fitter": 1})
    t.run.reset()
    t.run.play(8 * H)
    line = t.line()
    (there,), (fitter,) = line.stations, t.read().crews
    areas = {
        "in the line": line.wip_area,
        "at the station": there.number.area,
        "in front": there.queued_area,
        "fitters busy": fitter.busy.area,
    }
    assert {name: area / H for name, area in areas.items()} == {
        "in the line": 6,
        "at the station": 6,
        "in front": 3,
        "fitters busy": 3,
    }
    assert sum(t.machine().seconds) == 3 * H


def test_maintenance_by_units_counts_the_parts_of_a_charge():
    """Charges of two: four parts, the second charge, make maintenance due."""
    t = play(
        7,
        station("a", 1, kind="batch", capacity=2, maintenance=[{"every_units": 4, "duration_h": 1}]),
    )
    assert t.states("a") == [("processing", 0, 2), ("maintenance", 2, 3), ("processing", 3, 5), ("maintenance", 5, 6)]
