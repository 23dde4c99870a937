"""Figures of many replications: exactly those of the full records, in order, whoever plays, on any number of cores."""

import gc
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from random_plants import plants
from test_memory import EVERYTHING

from models.errors import DataError
from models.plant import Plant
from scenarios.files import read_plant
from sim import kpis
from sim.engine import open_run
from sim.parallel import map_jobs, turns
from sim.program import lower
from sim.replications import HEADLINES, figures
from sim.simulate import INTERVALS, Settings, by_replication, simulate

H = 3600.0
QUICK = settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def headlines(program):
    return [f"{line.name}/{key}" for line in program.lines for key in sorted(HEADLINES)]


def by_record(program, names, replications, hours, engine="compiled"):
    """The figures by way of the full records."""
    records = []
    for n in range(replications):
        run = open_run(engine, program, 1, n)
        run.play(hours * H / 4)
        run.reset()
        run.play(hours * H)
        records.append(kpis.record(run.read(), hours * H - hours * H / 4))
    found = by_replication(records)
    return np.array([found[name] for name in names]).T


def asked(program, names, replications, hours, **more):
    return figures(program, names, replications=replications, horizon_s=hours * H, warm_up_s=hours * H / 4, **more)


@QUICK
@given(plants())
def test_figures_are_those_of_the_records(plant):
    program = lower(plant)
    names = headlines(program)
    try:
        expected = by_record(program, names, 3, 60)
    except DataError:
        assume(False)
    assert asked(program, names, 3, 60, engine="compiled", workers=1).tolist() == expected.tolist()


@pytest.mark.parametrize("name", ["machining", "spinning", "steel-pipe"])
def test_figures_of_the_examples(name):
    program = lower(read_plant(name))
    names = headlines(program)
    for engine in ("compiled", "simpy"):
        found = asked(program, names, 2, 40, engine=engine, workers=1)
        assert found.tolist() == by_record(program, names, 2, 40, engine).tolist()


def test_headlines_are_figures_of_the_document():
    assert HEADLINES <= INTERVALS


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_any_figure_on_any_number_of_processes(engine):
    plant = Plant.model_validate(EVERYTHING)
    names = ["l/a/oee", "l/good_per_h", "crews/fitters/utilisation", "l/products/q/good_per_h"]
    one, two = (asked(lower(plant), names, 11, 100, engine=engine, workers=n) for n in (1, 2))
    assert one.shape == (11, 4)
    assert one.tolist() == two.tolist()
    document = simulate(plant, Settings(replications=11, horizon_h=100, warm_up_h=25, engine=engine, workers=1))
    assert one.T.tolist() == [document["by_replication"][name] for name in names]
    some = figures(
        lower(plant), names[1:2], replications=range(4, 9), horizon_s=100 * H, warm_up_s=25 * H, engine=engine
    )
    assert some.tolist() == one[4:9, 1:2].tolist()


def test_wrong_names_are_told():
    program = lower(Plant.model_validate(EVERYTHING))
    with pytest.raises(DataError, match=r"no figure is called 'l/good_per_hour'.*did you mean 'l/good_per_h'"):
        asked(program, ["l/wip", "l/good_per_hour"], 2, 10, workers=1)


def test_no_replications_are_no_rows():
    program = lower(Plant.model_validate(EVERYTHING))
    assert asked(program, ["l/wip"], 0, 10).shape == (0, 1)


def test_memory_does_not_grow_with_the_replications():
    stations = [
        {"name": n, "buffer": 10, "cycle_time_s": {"exponential": 10}, "power_kw": {"processing": 5}} for n in "abc"
    ]
    program = lower(Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": stations}]}))

    def most(replications):
        gc.collect()
        tracemalloc.start()
        asked(program, ["l/wip", "l/cost_cny"], replications, 5, engine="compiled", workers=1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    least = most(1100)  # enough that seeds are made for 256 together
    assert (
        most(2400) < least + 300 * 1300
    )  # the table of figures and a wider histogram; a reading is a hundred times it


# jobs over processes


@pytest.mark.parametrize(("jobs", "workers"), [(1, 1), (3, 2), (100, 2), (10_000, 7), (0, 2)])
def test_every_job_has_its_turn_once_and_in_order(jobs, workers):
    done = list(turns(jobs, workers))
    assert [n for turn in done for n in turn] == list(range(jobs))
    assert all(len(a) >= len(b) for a, b in pairwise(done))
    assert all(len(turn) == 1 for turn in done[-workers:])


def square(n):
    return n * n


def fail_from(n):
    if n >= 5:
        raise DataError([])
    return n


def test_results_come_in_order_and_progress_is_told():
    told = []
    assert map_jobs(square, range(100), 2, lambda done, of: told.append((done, of))) == [n * n for n in range(100)]
    assert told[-1] == (100, 100)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) > 20


def test_an_error_of_a_job_is_raised():
    with pytest.raises(DataError):
        map_jobs(fail_from, range(40), 2)
