"""What must hold on every line: parts, hours, energy and people are conserved; luck is the same where it should be.

The plants are random, over all that a line can do, but the same in every run (derandomized).
"""

import json

import pytest
from conserved import (
    Played,
    counts_are_the_visits,
    figures_add_up,
    heat_balances,
    hours_add_up,
    kits_are_whole,
    parts_are_all_there,
    people_are_where_they_serve,
    places_are_enough,
    record_of,
    rows_are_the_hours,
    times_are_the_visits,
    visits_follow,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_plants import plants, trees

from models.checks import check_plant
from models.errors import DataError
from models.plant import Plant
from scenarios.files import read_text, write_plant
from sim.parallel import map_jobs
from sim.program import lower
from sim.simpy_engine.run import Run, Trace
from sim.simulate import Job, Settings, replicate, simulate

H = 3600.0
UNTIL_H, WARM_UP_H = 150.2, 33.3
QUICK = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
"""Without shrinking, which takes minutes here: a failing plant is printed whole."""
# Shrinking a whole plant takes minutes: a failure is shown as it was found.
SLOW = settings(QUICK, max_examples=400, phases=[Phase.generate])


def check_on_the_way(plant):
    """At any moment parts are where they are told to be, places are enough, people are where they serve."""
    played = Played(plant)
    for hour in range(5, 151, 5):
        played.play(hour + 0.2)
        parts_are_all_there(played)
        places_are_enough(played)
        people_are_where_they_serve(played)
    for check in (hours_add_up, rows_are_the_hours, visits_follow, kits_are_whole, times_are_the_visits,
                  counts_are_the_visits, heat_balances, figures_add_up):  # fmt: skip
        check(played)


def check_after_warm_up(plant):
    """The same of what is counted after a warm-up."""
    played = Played(plant).play(WARM_UP_H)
    played.reset()
    played.play(UNTIL_H)
    for check in (parts_are_all_there, people_are_where_they_serve, hours_add_up, rows_are_the_hours, figures_add_up):
        check(played)


def check_repetition(plant):
    """Same seed, same bytes: in one go or in steps, with a trace or without."""
    once = Played(plant).play(100)
    again = Played(plant, trace=False).play(10.1).play(33.3).play(100)
    assert json.dumps(record_of(once)) == json.dumps(record_of(again))


CHECKS = {"on the way": check_on_the_way, "after warm-up": check_after_warm_up, "repetition": check_repetition}


@given(plant=plants())
@QUICK
def test_parts_hours_energy_and_people_are_conserved(plant):
    check_on_the_way(plant)
    check_after_warm_up(plant)


@given(plant=plants())
@settings(QUICK, max_examples=8)
def test_busy_people_are_the_services_under_way(plant):
    played = Played(plant, trace=False)
    for hour in range(1, 81):
        people_are_where_they_serve(played.play(hour))


@given(plant=plants())
@settings(QUICK, max_examples=12)
def test_the_same_seed_gives_the_same_run(plant):
    check_repetition(plant)


@pytest.mark.slow
@pytest.mark.parametrize("what", CHECKS)
@given(plant=plants())
@SLOW
def test_conservation_on_many_plants(what, plant):
    CHECKS[what](plant)


@given(tree=trees())
@settings(QUICK, max_examples=12)
def test_random_plants_are_valid_and_read_back(tree):
    plant = Plant.model_validate(tree)
    check_plant(plant)
    assert read_text(write_plant(plant)) == plant


def outcome(job):
    """The figures of a replication as text, or how it ended."""
    try:
        return json.dumps(replicate(job).record)
    except DataError as error:
        return str(error)


@given(made=st.lists(plants(), min_size=4, max_size=4))
@settings(QUICK, max_examples=1)
def test_another_process_finds_the_same(made):
    jobs = [Job(lower(plant), 3, 1, 60 * H, 10 * H) for plant in made]
    assert map_jobs(outcome, jobs, 2) == [outcome(job) for job in jobs]


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
