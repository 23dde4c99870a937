"""Which engine plays: the rules of the choice, what is expected to be played, and that every job is asked for it."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from random_plants import plants

from models.errors import DataError
from models.plant import Plant
from scenarios.files import read_plant
from sim import engine
from sim.order import LONGEST_S
from sim.program import lower
from sim.simpy_engine.run import Run
from sim.simulate import Settings, jobs_of, replicate, simulate, warmed_up

ROOT = Path(__file__).resolve().parents[2]
H = 3600.0
OWN = {"name": "polishing", "kind": "polish.py:Polisher", "buffer": None}


def plant(*stations, source="saturated", **fields):
    line = {"name": "l", "source": source, "stations": list(stations)}
    return Plant.model_validate({"lines": [line | fields.pop("line", {})], **fields})


def lathe(name="lathe", cycle_s=360, **fields):
    return {"name": name, "buffer": None, "cycle_time_s": cycle_s} | fields


@pytest.fixture
def ready(monkeypatch):
    monkeypatch.setattr(engine, "COMPILED_READY", True, raising=False)


@pytest.fixture
def counted(monkeypatch, ready):
    """A stand-in of the compiled engine: the SimPy engine, which notes what it was opened for."""
    opened = []

    class Noted(Run):
        def __init__(self, program, seed, replication, trace=None):
            opened.append(replication)
            super().__init__(program, seed, replication, trace)

    monkeypatch.setitem(sys.modules, "sim.compiled_engine.run", SimpleNamespace(Run=Noted))
    return opened


# the choice


@pytest.mark.parametrize(
    ("asked", "stations", "visits", "chosen"),
    [
        ("auto", [lathe()], engine.FEW_VISITS - 1, "simpy"),
        ("auto", [lathe()], engine.FEW_VISITS, "compiled"),
        ("auto", [lathe(), OWN], 1e9, "simpy"),
        ("auto", [lathe()], float("inf"), "compiled"),
        ("simpy", [lathe()], 1e9, "simpy"),
        ("simpy", [OWN], 1e9, "simpy"),
        ("compiled", [lathe()], 0.0, "compiled"),
    ],
)
def test_the_rules_of_the_choice(ready, asked, stations, visits, chosen):
    assert engine.choose(lower(plant(*stations)), asked, visits) == chosen


def test_the_compiled_engine_refuses_stations_of_ones_own_and_says_which():
    with pytest.raises(DataError) as told:
        engine.choose(lower(plant(lathe(), OWN, OWN | {"name": "drying"})), "compiled", 1e9)
    assert [str(p) for p in told.value.problems] == [
        f"l/{name}: kind 'polish.py:Polisher' is a SimPy process of your own; the compiled engine plays the kinds that "
        "come with renewline (leave --engine out, or write --engine simpy)"
        for name in ("polishing", "drying")
    ]


def test_the_visits_of_all_programs_and_replications_count_together(ready):
    program = lower(plant(lathe()))  # 10 visits an hour
    hours = engine.FEW_VISITS / 10 / 20  # in ten replications of two programs
    assert engine.choose_for([program, program], "auto", hours * H, 10) == "compiled"
    assert engine.choose_for([program, program], "auto", hours * H * 0.99, 10) == "simpy"
    assert engine.choose_for([program], "auto", hours * H, 10) == "simpy"


def test_one_station_of_ones_own_decides_for_all_programs(ready):
    programs = [lower(plant(lathe())), lower(plant(OWN))]
    assert engine.choose_for(programs, "auto", 1e6 * H, 10) == "simpy"
    assert engine.choose_for(programs[:1], "auto", 1e6 * H, 10) == "compiled"


# what is expected

DAY_SHIFT = {"shifts": ["mon-sun 08:00-16:00"]}
HALVES = {"next": {"b": 0.5, "c": 0.5}}


@pytest.mark.parametrize(
    ("model", "visits"),
    [
        (plant(lathe(), lathe("b", 180)), 2 * 1000),  # the slower one decides
        (plant(lathe("a", 90), lathe("b", {"exponential": 360}, machines=2)), 2 * 2000),
        (plant(lathe(), source={"interarrival_s": {"exponential": 720}}), 500),
        (plant(lathe(), source={"interarrival_s": 720, "quantity": 3}), 1000),  # three each time are too many
        (plant(lathe(), source={"interarrival_s": 720, "count": 7}), 7),
        (plant(lathe(), lathe("b"), source={"arrivals_s": [0, 10, {"time_s": 20, "quantity": 4}]}), 2 * 6),
        (plant(lathe(), source={"profile": [{"hours": "08:00-20:00", "per_h": 4}]}), 200),
        (plant(lathe(), source={"demand_per_h": 3}, calendar=DAY_SHIFT), 3 * 32),
        (plant(lathe(), calendar=DAY_SHIFT), 10 * 32),  # of four days and four hours of night
        (plant(lathe(), lathe("b"), source={"pallets": 4}), 2 * 1000),
        (plant(lathe("a", 180, **HALVES), lathe("b", next="exit"), lathe("c")), 2000 + 2 * 1000),
        (plant(lathe(load_s=30, unload_s=10)), 900),
        (plant({"name": "oven", "kind": "furnace", "buffer": 1, "places": 5, "pace_s": 60, "charge_every": 3}), 2000),
        (plant(lathe(kind="batch", capacity=4, min_load=1)), 4000),
        (plant(lathe(kind="split", pieces=3), lathe("b", 60)), 1000 + 3000),
        (plant(lathe("a", {"p": 360, "q": 180}), products=[{"name": "p"}, {"name": "q"}],
               line={"mix": {"sequence": ["p", "q"]}}), 2000),  # as if all were of the quicker kind
    ],
)  # fmt: skip
def test_visits_expected_in_100_hours(model, visits):
    assert engine.expected_visits(lower(model), 100 * H) == pytest.approx(visits)


@pytest.mark.parametrize("name", ["machining", "spinning", "steel-pipe"])
def test_the_shipped_plants_make_about_as_many_visits_as_expected(name):
    program = lower(read_plant(name))
    run = engine.open_run("simpy", program, 1, 0)
    run.play(300 * H)
    made = sum(m.units for line in run.read().lines for s in line.stations for m in s.machines)
    assert 1 <= engine.expected_visits(program, 300 * H) / made < 1.6


@given(plant=plants())
@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_estimate_never_fails_and_grows_with_the_horizon(plant):
    program = lower(plant)
    short, long = (engine.expected_visits(program, hours * H) for hours in (672, 1344))
    assert 0 <= short <= long
    assert engine.expected_visits(program, 0.0) == 0


def test_a_line_that_never_opens_or_has_no_times_has_an_estimate():
    never = plant(OWN, calendar={"shifts": ["sun 08:00-09:00"]}, run={"start": "2026-01-05T00:00"})
    assert engine.expected_visits(lower(never), 24 * H) == 0
    assert engine.expected_visits(lower(plant(lathe(cycle_s=0))), 24 * H) == float("inf")
    seldom = {"interarrival_s": {"weibull": {"scale": 1, "shape": 0.001}}}  # a mean of more than 1e300 s
    assert engine.expected_visits(lower(plant(lathe(), source=seldom)), 24 * H) == 0


# every job asks for it


def test_settings_carry_what_was_asked_for():
    one = plant(lathe())
    assert Settings.of(one).engine == "auto" == engine.DEFAULT
    assert Settings.of(one, engine="compiled", horizon_h=5).engine == "compiled"


def test_a_few_visits_are_played_by_simpy_and_many_by_the_compiled_engine(counted):
    assert simulate(plant(lathe()), Settings(replications=2, horizon_h=50, workers=1))["engine"] == "simpy"
    assert counted == []
    quick = plant(lathe(cycle_s=1), source={"interarrival_s": 0.5, "count": 20})
    many = plant(lathe(cycle_s=1), source={"interarrival_s": {"sequence": [0.5] * 20, "then": "never"}})
    assert simulate(quick, Settings(replications=2, horizon_h=50, workers=1))["engine"] == "simpy"
    document = simulate(many, Settings(replications=2, horizon_h=50, workers=1))
    assert document["engine"] == "compiled"
    assert counted == [0, 1]
    assert "auto" not in {job.engine for job in jobs_of(many, Settings(horizon_h=50))}


@pytest.mark.parametrize(
    "asked",
    [{"replications": 2}, {"batches": 3}, {"replications": 2, "auto_warm_up": True}],
    ids=["replications", "batches", "pilots"],
)
def test_the_document_is_the_same_but_for_the_name_of_the_engine(counted, asked, monkeypatch):
    monkeypatch.setattr("sim.warm_up.PILOTS", 2)
    model = plant(lathe(cycle_s={"exponential": 300}), lathe("b"), source={"interarrival_s": {"exponential": 400}})
    by_simpy, by_other = (
        simulate(model, Settings(horizon_h=100, workers=1, engine=name, **asked)) for name in ("simpy", "compiled")
    )
    assert len(counted) == (4 if "auto_warm_up" in asked else 2)
    assert (by_simpy.pop("engine"), by_other.pop("engine")) == ("simpy", "compiled")
    assert by_simpy == by_other


def test_a_warm_up_does_not_change_the_engine_once_it_is_chosen(ready):
    many = plant(lathe(cycle_s=1))
    found, _ = warmed_up(many, {"": lower(many)}, Settings(horizon_h=100))
    assert found.engine == "compiled"
    assert found.played_by([lower(plant(lathe()))]) == "compiled"


# what is imported

FREE_OF_ENGINES = sorted(p for p in (ROOT / "sim").glob("*.py") if p.name != "own.py")


@pytest.mark.parametrize("path", FREE_OF_ENGINES, ids=lambda path: path.name)
def test_nothing_beside_the_engines_imports_one(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
    named |= {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    assert not [name for name in named if re.match(r"simpy\b|sim\.(simpy_engine|compiled_engine|own)\b", name)]


def loaded_by(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in done.stdout.split()} | set(done.stdout.split())


def test_a_simpy_run_loads_no_compiler():
    loaded = loaded_by(
        "from scenarios.files import read_plant\n"
        "from sim.simulate import Settings, simulate\n"
        "simulate(read_plant('machining'), Settings(replications=1, horizon_h=20, engine='simpy'))"
    )
    assert "sim.simpy_engine.run" in loaded
    assert loaded & {"numba", "llvmlite", "sim.compiled_engine"} == set()


def test_what_reads_a_run_loads_no_engine():
    loaded = loaded_by("import sim.simulate, sim.trace, experiments.trace, experiments.rank")
    assert "sim.kpis" in loaded
    assert loaded & {"simpy", "numba", "llvmlite", "sim.simpy_engine", "sim.own"} == set()


def test_a_job_by_itself_is_played_by_simpy(counted):
    assert replicate(jobs_of(plant(lathe()), Settings(horizon_h=10))[0]).record["lines"]
    assert counted == []


def test_a_run_of_centuries_is_for_the_simpy_engine():
    program = lower(read_plant("machining"))
    assert engine.choose_for([program], "auto", LONGEST_S + 1.0, 1) == "simpy"
    with pytest.raises(DataError, match="at most 2,190,000 h"):
        engine.open_run("compiled", program, 1, 0).play(LONGEST_S + 1.0)
