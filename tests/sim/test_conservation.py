"""What must hold on every line: parts, hours, energy and people are conserved; luck is the same where it should be.

The plants are random but the same in every run (derandomized).
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_plants import plants

from models.errors import DataError
from models.plant import Plant
from sim.program import lower
from sim.simpy_engine.furnace import Furnace
from sim.simpy_engine.run import Run, Trace
from sim.simulate import Job, Settings, replicate, simulate

H = 3600.0
UNTIL_H, WARM_UP_H = 150.2, 33.3
QUICK = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(QUICK, max_examples=300)


def played(plant, warm_up_h=0.0, trace=None, until_h=UNTIL_H):
    """The run, and what each line held when counting began: initial parts, or those inside after the warm-up."""
    run = Run(lower(plant), 7, 0, trace)
    before = [line.initial for line in run.lines]
    if warm_up_h:
        play(run, warm_up_h)
        run.reset()
        before = [line.wip.value for line in run.lines]
    play(run, until_h)
    for line in run.lines:
        line.flush(run.clock.now)
    return run, before


def play(run, until_h):
    """Play on; a line that is stuck for good (rework without a place to come back to) says so and stands."""
    while run.clock.now < until_h * H:
        try:
            run.play(until_h * H)
        except DataError as error:
            assert "deadlock" in str(error)


def on_machine(machine):
    held = [part for part, _ in machine.out]
    if isinstance(machine, Furnace):
        return len(held) + len(machine._inside)
    charge = getattr(machine, "_charge", None)
    return len(held) + (len(charge) if charge is not None else int(machine.part is not None))


def check_parts(plant, warm_up_h):
    """In = out + inside + scrapped; what assembly and joining merge, or splitting makes, counted in between."""
    run, before = played(plant, warm_up_h)
    for line, inside_before in zip(run.lines, before, strict=True):
        offered, lost = (sum(getattr(feed, k) for feed in line.feeds) for k in ("offered", "lost"))
        left = sum(o.good + o.bad + o.scrapped for o in line.outputs.values())
        assert inside_before + offered - lost == left + line.merged + line.wip.value
        inside = [len(s.queue) + sum(map(on_machine, s.machines)) for s in line.stations]
        assert [len(s.present()) for s in line.stations] == inside
        assert [s.number.value for s in line.stations] == inside
        assert line.wip.value == sum(inside) + line.on_the_way + sum(feed.waiting() for feed in line.feeds)


def check_hours(plant, warm_up_h):
    run, _ = played(plant, warm_up_h)
    for machine in run.machines():
        assert sum(machine.stays.seconds) == pytest.approx((UNTIL_H - warm_up_h) * H, rel=1e-9)
        assert min(machine.stays.seconds) >= 0


def check_energy(plant, warm_up_h):
    job = Job(lower(plant), 7, 0, UNTIL_H * H, warm_up_h * H)
    for line in replicate(job).record["lines"]:
        energy = line["energy"]
        by_band = sum(energy["by_band_kwh"].values())
        assert by_band == pytest.approx(energy["by_carrier"]["electricity_kwh"], rel=1e-9, abs=1e-9)
        assert energy["peak_kw"] >= 0
        shares = [sum(s["states"].values()) for s in line["stations"]]
        assert all(total == pytest.approx(1, abs=1e-9) or total == 0 for total in shares)


def check_rows(plant):
    """Stays follow each other without gap or overlap, and add up to what was counted."""
    trace = Trace()
    run, _ = played(plant, trace=trace)
    for machine in run.machines():
        station = machine.station
        key = (station.line.name, station.name, machine.name)
        rows = [r for r in trace.states if (r["line"], r["station"], r["machine"]) == key]
        ends = [0.0, *(r["end_s"] for r in rows)]
        assert [r["start_s"] for r in rows] == ends[:-1]
        assert all(r["end_s"] >= r["start_s"] for r in rows)
        assert sum(r["end_s"] - r["start_s"] for r in rows) + run.clock.now - ends[-1] == pytest.approx(UNTIL_H * H)
    for row in trace.visits:
        moments = [row[k] for k in ("enter_s", "setup_start_s", "setup_end_s", "start_s", "finish_s", "leave_s")]
        given_ones = [m for m in moments if m is not None]
        assert given_ones == sorted(given_ones)


def check_capacity(plant):
    """No buffer ever holds more than its places; no machine more than it takes; nobody serves twice at once."""
    run = Run(lower(plant), 7, 0)
    for hour in range(1, 100):
        play(run, hour / 2)
        for line in run.lines:
            for station in line.stations:
                assert len(station.queue) <= station.buffer
                for machine in station.machines:
                    most = {"machine": 1, "batch": machine.rig.capacity, "furnace": machine.rig.places + 1}[
                        station.kind
                    ]
                    assert on_machine(machine) <= most
        assert all(0 <= crew.busy.value <= crew.size for crew in run.crews.values())


CHECKS = {
    "parts": lambda plant: [check_parts(plant, w) for w in (0.0, WARM_UP_H)],
    "hours": lambda plant: [check_hours(plant, w) for w in (0.0, WARM_UP_H)],
    "energy": lambda plant: [check_energy(plant, w) for w in (0.0, WARM_UP_H)],
    "rows": check_rows,
    "capacity": check_capacity,
}


@given(plant=plants())
@QUICK
def test_parts_hours_energy_and_people_are_conserved(plant):
    for check in CHECKS.values():
        check(plant)


@pytest.mark.slow
@pytest.mark.parametrize("what", CHECKS)
@given(plant=plants())
@SLOW
def test_conservation_on_many_plants(what, plant):
    CHECKS[what](plant)


def service_hours(run, name):
    """Hours that people of a crew have spent on repairs and upkeep so far."""
    done = going = 0.0
    now = run.clock.now
    for machine in run.machines():
        for cause in machine.stops.causes:
            if cause.rule.crew == name:
                done += cause.lengths.total
        stops = [machine.downtime.stop] if machine.downtime.stop else []
        stops += [stop for heads in machine.stops.heads for stop in heads.services()]
        going += sum((now - s.served_s) / H for s in stops if s.cause.rule.crew == name and s.served_s is not None)
    return done + going


@given(plant=plants(renewals=False))
@QUICK
def test_busy_people_are_the_services_under_way(plant):
    run, _ = played(plant)
    assert run.crews["fitters"].busy.area(run.clock.now) / H == pytest.approx(service_hours(run, "fitters"), abs=1e-6)


@given(plant=plants())
@settings(QUICK, max_examples=15)
def test_the_same_seed_gives_the_same_run(plant):
    records = [json.dumps(replicate(Job(lower(plant), 3, 1, 80 * H, 10 * H)).record) for _ in range(2)]
    assert records[0] == records[1]


def two_lines():
    work = {"cycle_time_s": {"lognormal": {"mean": 1800, "cv": 0.5}}, "scrap": 0.1, "power_kw": {"processing": 5}}
    mode = {"clock": "calendar", "ttf_h": {"exponential": 10}, "ttr_h": {"exponential": 1}}
    stations = [
        {"name": "a", "buffer": None, "machines": 2, "failures": [mode]} | work,
        {"name": "b", "buffer": 2, "failures": [mode | {"clock": "operating"}]} | work,
    ]
    return {"lines": [{"name": n, "source": "saturated", "stations": [dict(s) for s in stations]} for n in ("x", "y")]}


def line_record(tree, name="x"):
    record = replicate(Job(lower(Plant.model_validate(tree)), 1, 0, 300 * H)).record
    return next(line for line in record["lines"] if line["name"] == name)


@pytest.mark.parametrize("change", ["machine", "station", "line before", "line behind", "parameter"])
def test_a_change_elsewhere_changes_nothing_here(change):
    tree, before = two_lines(), line_record(two_lines())
    other = tree["lines"][1]
    if change == "machine":
        other["stations"][0]["machines"] = 5
    elif change == "station":
        other["stations"].insert(1, {"name": "c", "buffer": 1, "cycle_time_s": {"exponential": 60}})
    elif change == "parameter":
        other["stations"][0]["cycle_time_s"] = 60
    else:
        more = {"name": "w", "source": "saturated", "stations": [{"name": "a", "buffer": 0, "cycle_time_s": 900}]}
        tree["lines"].insert(0 if change == "line before" else 2, more)
    assert line_record(tree) == before


def failed_stays(tree, station="a", machine="1"):
    trace = Trace()
    Run(lower(Plant.model_validate(tree)), 1, 0, trace).play(300 * H)
    rows = [r for r in trace.states if (r["line"], r["station"], r["machine"]) == ("x", station, machine)]
    return [(r["start_s"], r["end_s"]) for r in rows if r["state"] == "failed"]


@pytest.mark.parametrize("change", ["other station", "own times", "more machines"])
def test_failures_keep_their_luck_when_something_else_changes(change):
    """A calendar clock knows nothing of the work: the same failures before and after."""
    tree, before = two_lines(), failed_stays(two_lines())
    stations = tree["lines"][0]["stations"]
    if change == "other station":
        stations[1] |= {"cycle_time_s": 300, "scrap": 0.5, "machines": 3}
    elif change == "own times":
        stations[0] |= {"cycle_time_s": {"exponential": 400}, "scrap": 0.0}
    else:
        stations[0]["machines"] = 4
    assert len(before) > 10
    assert failed_stays(tree) == before


def test_a_longer_mean_stretches_the_same_luck():
    """Twice the mean time to failure: each gap between repairs doubles, each repair stays."""
    tree = two_lines()
    mode = tree["lines"][0]["stations"][0]["failures"][0]
    tree["lines"][0]["stations"][0]["failures"] = [mode | {"ttf_h": {"exponential": 20}}]
    (s1, e1), (s2, e2) = failed_stays(two_lines())[:2]
    (t1, f1), (t2, f2) = failed_stays(tree)[:2]
    assert (t1, f1 - t1) == (pytest.approx(2 * s1), pytest.approx(e1 - s1))
    assert (t2 - f1, f2 - t2) == (pytest.approx(2 * (s2 - e1)), pytest.approx(e2 - s2))


def test_the_number_of_workers_changes_nothing():
    plant = Plant.model_validate(two_lines())
    documents = [simulate(plant, Settings(replications=3, horizon_h=100, workers=w)) for w in (1, 2)]
    assert json.dumps(documents[0]) == json.dumps(documents[1])


@given(cut=st.floats(0.1, 149.0))
@settings(QUICK, max_examples=10)
def test_playing_in_two_steps_changes_nothing(cut):
    plant = Plant.model_validate(two_lines())
    once, twice = Run(lower(plant), 1, 0), Run(lower(plant), 1, 0)
    once.play(150 * H)
    twice.play(cut * H)
    twice.play(150 * H)
    for one, two in zip(once.machines(), twice.machines(), strict=True):
        assert (one.units, one.scrapped, one.operated_s, one.stays.state) == (
            two.units,
            two.scrapped,
            two.operated_s,
            two.stays.state,
        )
