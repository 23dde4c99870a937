"""A reading holds what the engine has counted, changes nothing, and stands when the run goes on."""

import pytest
from hand_tables import play, station
from hypothesis import HealthCheck, given, settings
from random_plants import plants

from models.equipment import STATES
from models.errors import DataError
from models.stops import Failure
from sim import kpis
from sim.program import lower
from sim.reading import CauseReading, Occupancy, Tally, stops_of
from sim.simpy_engine.run import Run
from sim.trace import STATES as STAY_COLUMNS
from sim.trace import VISITS, Trace

H = 3600.0
QUICK = settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def played(plant, hours, trace=None):
    """A run with a warm-up of ten hours, up to where it stands or to a deadlock."""
    run = Run(lower(plant), 3, 0, trace)
    try:
        run.play(10 * H)
        run.reset()
        run.play(hours * H)
    except DataError:
        pass
    return run


def check_line(line, found, counted_s):
    assert (found.name, found.program, found.wip) == (line.name, line.program, line.wip.value)
    assert {n: (o.good, o.bad, o.scrapped, o.lead.count) for n, o in found.outputs.items()} == {
        n: (o.good, o.bad, o.scrapped, o.lead.count) for n, o in line.outputs.items()
    }
    assert [(f.rules, f.offered, f.lost, f.outside) for f in found.feeds] == [
        (f.rules, f.offered, f.lost, f.waiting()) for f in line.feeds
    ]
    assert found.meter.kwh_by_band == line.meter.kwh_by_band
    assert found.meter.peak_kw == line.meter.peak_kw == max(found.meter.peaks_kw)
    assert sum(found.meter.s_by_month) == pytest.approx(counted_s)
    for here, its in zip(line.stations, found.stations, strict=True):
        check_station(here, its, counted_s)


def check_station(station, found, counted_s):
    assert (found.name, found.kind) == (station.name, station.kind)
    assert found.waits.count == station.waits.count
    assert [c.rule for c in found.causes] == [c.rule for c in station.causes()]
    assert sum(found.number.seconds) == pytest.approx(counted_s)
    assert found.number.area == pytest.approx(sum(n * s for n, s in enumerate(found.number.seconds)))
    for machine, its in zip(station.machines, found.machines, strict=True):
        for key in (
            "name",
            "units",
            "bad",
            "scrapped",
            "reworked",
            "repeats",
            "first_flawed",
            "planned_s",
            "operated_s",
        ):
            assert getattr(its, key) == getattr(machine, key), key
        assert its.first_failure_s == machine.first_failure_s
        assert (its.starts is None) == (machine.sleep is None)
        assert its.commissioned == (machine.age.commissioned_s is not None)
        assert (its.charges > 0) == (getattr(machine, "charges", 0) > 0)
        assert STATES[its.state] == STATES[machine.stays.state]
        assert sum(its.seconds) == pytest.approx(counted_s)


@given(plant=plants())
@QUICK
def test_a_reading_is_what_the_engine_has_counted(plant):
    run = played(plant, 90)
    reading, counted_s = run.read(), run.now - 10 * H if run.now > 10 * H else run.now
    assert (reading.program, reading.now) == (run.program, run.now)
    for line, found in zip(run.lines, reading.lines, strict=True):
        check_line(line, found, counted_s)
    assert [c.name for c in reading.crews] == list(run.crews)
    for crew in reading.crews:
        of = run.crews[crew.name]
        assert (crew.size, crew.waits.count) == (of.size, of.waits.count)
        assert (crew.walks is None) == (not hasattr(of, "walks"))
    assert sorted(at for at in reading.renewals if at is not None) == sorted(at for _, _, at in run.renewed)


@given(plant=plants())
@QUICK
def test_a_reading_stands_when_the_run_goes_on_and_changes_nothing_in_it(plant):
    one, other = played(plant, 40), played(plant, 40)
    reading = one.read()
    then = repr(kpis.record(reading, 30 * H))
    for run in (one, other):
        try:
            run.play(80 * H)
        except DataError:
            return
    assert repr(kpis.record(reading, 30 * H)) == then
    counted = [
        [(m.seconds, m.units, m.operated_s) for s in line.stations for m in s.machines]
        for run in (one, other)
        for line in run.read().lines
    ]
    half = len(counted) // 2
    for mine, its in zip(counted[:half], counted[half:], strict=True):
        for (seconds, *counts), (its_seconds, *its_counts) in zip(mine, its, strict=True):
            assert seconds == pytest.approx(its_seconds)  # cut at another moment, so rounded another way
            assert counts == its_counts


@given(plant=plants())
@QUICK
def test_progress_is_part_of_the_reading(plant):
    run = played(plant, 60)
    assert run.progress() == [
        (line.wip_area, sum(o.good + o.bad + o.scrapped for o in line.outputs.values())) for line in run.read().lines
    ]


@given(plant=plants())
@QUICK
def test_stops_by_name_are_the_causes_of_that_name(plant):
    for line in played(plant, 150).read().lines:
        for here in line.stations:
            plainly = stops_of(here.causes)
            assert [s.name for s in here.stops] == [s.name for s in plainly]
            for mine, its in zip(here.stops, plainly, strict=True):
                assert (mine.waits.count, mine.lengths.count) == (its.waits.count, its.lengths.count)
                assert mine.lengths.mean() == pytest.approx(its.lengths.mean())
                assert mine.waits.mean() == pytest.approx(its.waits.mean(), abs=1e-12)
                assert mine.cost_cny == pytest.approx(its.cost_cny)


def test_stops_of_one_name_are_added_up():
    wear, jam = Failure(name="wear", ttf_h=9, ttr_h=1, cost_cny=50), Failure(name="jam", ttf_h=9, ttr_h=1)
    causes = [CauseReading(wear, Tally(2, 1.0), Tally(1, 4.0)), CauseReading(jam, Tally(1, 0.5), Tally(1, 2.0)),
              CauseReading(wear, Tally(1, 0.0), Tally(1, 1.0))]  # fmt: skip
    first, second = stops_of(causes)
    assert (first.name, first.waits, first.lengths, first.cost_cny) == ("wear", Tally(3, 1.0), Tally(2, 5.0), 150)
    assert (second.name, second.waits, second.lengths, second.cost_cny) == ("jam", Tally(1, 0.5), Tally(1, 2.0), 0)


def test_an_occupancy_before_any_time_has_no_shares():
    assert Occupancy(0.0, []).shares() == []
    assert Occupancy(6.0, [1.0, 0.0, 3.0]).shares() == [0.25, 0.0, 0.75]


def test_when_a_renewal_began_is_told_in_the_order_of_the_program():
    new = {"name": "new", "capex_cny": 1, "install_d": 1, "cycle_time_s": H}
    run = play(
        40, station("a", 2, None, machines=2, options=[new]),
        schedule=[{"line": "l", "station": "a", "option": "new", "machines": ["2"], "at": 7},
                  {"line": "l", "station": "a", "option": "new", "machines": ["1"], "at": 90}],
    ).run  # fmt: skip
    assert run.read().renewals == [8 * H, None]  # the part begun at 6 h is finished first
    assert [m.commissioned for m in run.read().lines[0].stations[0].machines] == [False, True]


@given(plant=plants())
@QUICK
def test_the_rows_of_a_trace_have_its_columns_and_cover_all_time(plant):
    trace = Trace()
    run = played(plant, 30, trace)
    before = len(trace.states)
    run.close()
    machines = [(m.line.name, m.station.name, m.name) for m in run.machines()]
    assert len(trace.states) == before + len(machines)
    assert {tuple(row) for row in trace.states} == {STAY_COLUMNS}
    assert {tuple(row) for row in trace.visits} <= {VISITS}
    for place in machines:
        stays = [r for r in trace.states if (r["line"], r["station"], r["machine"]) == place]
        assert sum(r["end_s"] - r["start_s"] for r in stays) == pytest.approx(run.now)
    inside = sum(len(s.queue) + sum(len(m.parts()) for m in s.machines) for line in run.lines for s in line.stations)
    assert sum(row["leave_s"] is None for row in trace.visits) == inside


def test_closing_a_run_without_a_trace_does_nothing():
    run = play(5, station("a", 1)).run
    untraced = Run(run.program, 1, 0)
    untraced.play(5 * H)
    untraced.close()
    assert untraced.read().lines[0].outputs[next(iter(untraced.read().lines[0].outputs))].good == 5
