"""The compiled engine from outside: another replication in the same memory, bounded memory, a light start, Ctrl-C."""

import gc
import os
import signal
import subprocess
import sys
import time
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from random_plants import plants
from test_memory import EVERYTHING

from models.errors import DataError
from models.plant import Plant
from sim import kpis
from sim.compiled_engine import records as r
from sim.compiled_engine.run import Run
from sim.compiled_engine.seeds import FAR, Seeds, states
from sim.engine import reopen_run
from sim.program import lower
from sim.streams import generator

H = 3600.0
QUICK = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def counted(run, hours):
    """What a replication says, with a warm-up; or why it ended early."""
    try:
        run.play(hours * H / 4)
        run.reset()
        run.play(hours * H)
    except DataError as error:
        return str(error)
    return repr(kpis.record(run.read(), hours * H * 0.75))


# another replication in the same memory


@QUICK
@given(plants())
def test_another_replication_in_the_same_memory_is_one_of_its_own(plant):
    program = lower(plant)
    run = Run(program, 3, 0)
    for replication, hours in ((0, 60), (1, 90), (2, 60), (9, 40), (FAR + 1, 40), (3, 60)):
        if replication:
            run.again(3, replication)
        assert counted(run, hours) == counted(Run(program, 3, replication), hours)


def test_another_replication_after_one_that_was_broken_off():
    program = lower(Plant.model_validate(EVERYTHING))
    run = Run(program, 1, 0)
    run.play(500 * H)
    run.again(2, 1)
    assert counted(run, 300) == counted(Run(program, 2, 1), 300)


def test_runs_opened_again_share_memory_only_with_the_same_program():
    one, two = (lower(Plant.model_validate(EVERYTHING)) for _ in range(2))
    first = reopen_run("compiled", one, 1, 0)
    assert counted(first, 60) == counted(Run(one, 1, 0), 60)
    assert reopen_run("compiled", one, 1, 1) is first
    assert counted(first, 60) == counted(Run(one, 1, 1), 60)
    assert reopen_run("simpy", one, 1, 0) is not reopen_run("simpy", one, 1, 0)
    other = reopen_run("compiled", two, 1, 0)
    assert other is not first
    assert counted(other, 60) == counted(Run(one, 1, 0), 60)


def test_threads_share_no_memory():
    program = lower(Plant.model_validate(EVERYTHING))
    alone = [counted(Run(program, 1, n), 200) for n in range(12)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda n: counted(reopen_run("compiled", program, 1, n), 200), range(12)))
    assert found == alone


# seeds


NAMES = ["l/a/m/cycle", "线/车//ttf 主轴", *(f"l/{n}//scrap" for n in range(7))]


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**40 + 5, 2**70 + 3])
@pytest.mark.parametrize("first", [0, 1_000_000, FAR - 3])
def test_generators_seeded_together_are_those_seeded_alone(seed, first):
    replications = range(first, first + 3)
    found = states(seed, replications, NAMES)
    alone = [[generator(seed, n, name).bit_generator.state for name in NAMES] for n in replications]
    assert found.tolist() == [[one["state"]["state"].tolist() for one in row] for row in alone]


def test_seeds_of_one_replication_after_the_other():
    seeds = Seeds(NAMES)
    for seed, replication, used in ((1, 0, [2, 0]), (1, 1, [2, 0, 1]), (1, 400, [1]), (2, 400, [1]), (1, FAR - 1, [3])):
        row = seeds.of(seed, replication, used)
        assert set(seeds.numbers) <= {0, 1, 2, 3}
        for number, state in zip(seeds.numbers, row, strict=True):
            alone = generator(seed, replication, NAMES[number]).bit_generator.state["state"]["state"]
            assert np.array_equal(state, alone)


# memory


@pytest.fixture
def held():
    """Say how many bytes are held that were asked for since the test began."""

    def now():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    gc.collect()
    tracemalloc.start()
    yield now
    tracemalloc.stop()


def test_a_run_keeps_nothing_of_its_visits(held):
    """24,000 hours more, some 150,000 visits, widen a histogram or two, and no more."""
    run = Run(lower(Plant.model_validate(EVERYTHING)), 1, 0)
    run.play(36_000 * H)
    before, room = held(), run._live.get(r.World, 0, "heap_room")
    run.play(60_000 * H)
    assert held() < before + 300_000
    assert run._live.get(r.World, 0, "heap_room") == room <= 128  # forgotten events go by and are gone


def test_many_replications_need_the_memory_of_one(held):
    run = Run(lower(Plant.model_validate(EVERYTHING)), 1, 0)

    def play(replications):
        for n in replications:
            run.again(1, n)
            run.play(300 * H)

    play(range(1, 300))
    before = held()
    play(range(300, 600))
    assert held() < before + 50_000


def test_a_run_is_gone_when_nobody_has_it():
    """No circle of references: memory is free at once, and not when the collector comes round."""
    run = Run(lower(Plant.model_validate(EVERYTHING)), 1, 0)
    run.play(100 * H)
    run.figures([("l", "cost_cny"), ("l", "lead_time_h"), ("l", "wip")], 100 * H)
    gone = weakref.ref(run), weakref.ref(run._live), weakref.ref(run._helper)
    gc.disable()
    try:
        del run
        assert [one() for one in gone] == [None, None, None]
    finally:
        gc.enable()


# start and Ctrl-C

PLAY = """
import sys
from models.plant import Plant
from sim.engine import open_run
from sim.program import lower
station = {"name": "a", "buffer": None, "cycle_time_s": {"lognormal": {"mean": 1, "cv": 1}}}
line = {"name": "l", "source": "saturated", "stations": [station]}
run = open_run(sys.argv[1], lower(Plant.model_validate({"lines": [line]})), 1, 0)
run.play(100.0)
"""
LOADED = "print(sorted({name.split('.')[0] for name in sys.modules} & {'numba', 'llvmlite', 'simpy'}))"


@pytest.mark.parametrize(("engine", "loaded"), [("simpy", "['simpy']"), ("compiled", "['llvmlite']")])
def test_a_start_brings_along_what_its_engine_needs(engine, loaded):
    """The compiled engine's code is kept from before, so that the compiler is not loaded."""
    Run(lower(Plant.model_validate(EVERYTHING)), 1, 0)
    done = subprocess.run([sys.executable, "-c", PLAY + LOADED, engine], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (loaded, "")


COMMAND = "from experiments.cli import main; main()"
LONG = ["simulate", "machining", "--engine", "compiled", "--no-save", "--horizon-h", "2000000"]


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_ends_a_long_run_at_once(workers):
    how = ["--replications", "50", "--workers", str(max(workers, 1))]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *LONG, *how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        began = time.monotonic()
        while time.monotonic() - began < 60 and process.poll() is None:
            time.sleep(0.5)
            if cpu_s(process.pid) > 4 or len(children(process.pid)) == workers > 0:
                break
        time.sleep(1)
        there = children(process.pid)
        assert len(there) == workers
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130
        assert time.monotonic() - pressed < 2
        assert "Traceback" not in said
        time.sleep(0.2)
        assert not any(map(alive, there))
    finally:
        process.kill()
        process.communicate()


def cpu_s(pid):
    """Processor time of a process: loading takes less than four seconds, then it plays."""
    found = subprocess.run(["ps", "-o", "cputimes=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(found.stdout or 0)
