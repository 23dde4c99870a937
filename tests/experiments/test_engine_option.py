"""``--engine`` on every command that simulates: who is asked to play, and what the documents and reports say."""

import csv
import json
import os
import sys
from types import SimpleNamespace

import pytest

from experiments import watch
from experiments.cli import app, run
from sim import engine
from sim.compiled_engine import kept
from sim.simpy_engine.run import Run

PLANT = """\
plant: {name: Own works}
run: {horizon_h: 60, replications: 2, seed: 3}
products: [{name: plate, margin_cny: 400}]
lines:
  - name: plates
    source: saturated
    stations:
      - name: saw
        buffer: 3
        cycle_time_s: {exponential: 14400}
        options: [{name: band saw, capex_cny: 60000, cycle_time_factor: 0.6, install_d: 4}]
renewal: {start: 2026-01, years: 1, period: quarter, replications: 2, budget_cny: {2026: 60000}}
"""
OWN_STATION = """
from sim.own import OwnMachine

class Own(OwnMachine):
    def work(self):
        while True:
            part = yield self.take()
            yield self.spend(self.cycle_s(part))
            yield self.give(part)
"""
PLAYS = {
    "simulate": ["--trace", "trace"],
    "compare": [],
    "rank": ["--delta", "1e9"],
    "plan": [],
}
"""Commands that simulate, with what they need to be short."""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(PLANT, encoding="utf-8")
    return "own.yaml"


class Noted(Run):
    """Stands in for the compiled engine: the SimPy engine, which counts how often it was opened."""

    opened = 0

    def __init__(self, program, seed, replication, trace=None):
        type(self).opened += 1
        super().__init__(program, seed, replication, trace)


@pytest.fixture
def only_compiled(monkeypatch):
    """From here on only the stand-in may be opened (a window of the report is watched in the SimPy engine)."""

    def refuse(*_):
        raise AssertionError("the SimPy engine was opened")

    assert watch.Run is Run
    monkeypatch.setattr("sim.simpy_engine.run.Run", refuse)
    monkeypatch.setitem(sys.modules, "sim.compiled_engine.run", SimpleNamespace(Run=Noted))
    Noted.opened = 0


def ran(capsys, command, own, *arguments):
    assert run([command, own, "--json", "--no-save", "--workers", "1", *PLAYS[command], *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def without_engine(value):
    """Return a document without any name of an engine."""
    if isinstance(value, dict):
        return {key: without_engine(v) for key, v in value.items() if key != "engine"}
    return [without_engine(v) for v in value] if isinstance(value, list) else value


def named(value):
    """Yield every name of an engine in a document."""
    if isinstance(value, dict):
        yield from [value["engine"]] if "engine" in value else []
        for item in value.values():
            yield from named(item)


def test_every_command_that_simulates_offers_the_engines():
    offering = {}
    for name, command in app.commands.items():
        for option in command.params:
            if option.name == "engine":
                offering[name] = (tuple(option.type.choices), option.default)
    assert offering == dict.fromkeys(PLAYS, (engine.ENGINES, engine.DEFAULT))


@pytest.mark.parametrize("command", PLAYS)
def test_all_that_a_command_plays_is_played_by_the_engine_asked_for(own, capsys, command, only_compiled):
    document = ran(capsys, command, own, "--engine", "compiled")
    assert document["engine"] == "compiled"
    assert set(named(document)) == {"compiled"}
    assert Noted.opened >= 4  # replications and trace; both sides; two variants; stations, options and schedules


@pytest.mark.parametrize("command", PLAYS)
def test_the_engine_of_a_short_run_is_simpy_and_each_document_says_so(own, capsys, command):
    left, asked = ran(capsys, command, own), ran(capsys, command, own, "--engine", "simpy")
    assert set(named(left)) == set(named(asked)) == {"simpy"}
    assert left["engine"] == "simpy"
    assert without_engine(left) == without_engine(asked)


def test_the_trace_is_of_the_engine_asked_for(own, tmp_path, capsys, only_compiled):
    ran(capsys, "simulate", own, "--engine", "compiled")
    assert Noted.opened == 4  # two replications, and again for the trace
    with (tmp_path / "trace" / "visits.csv").open(encoding="utf-8") as file:
        assert {row["replication"] for row in csv.DictReader(file)} == {"0", "1"}


def test_the_report_names_the_engine(own, tmp_path, only_compiled):
    assert run(["simulate", own, "--out", "out", "--workers", "1", "--lang", "en", "--engine", "compiled", "-q"]) == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Engine" in page
    assert "compiled" in page


def test_a_station_of_ones_own_is_told_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN_STATION, encoding="utf-8")
    text = PLANT.replace("name: saw\n", "name: saw\n        kind: own.py:Own\n")
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    for command, arguments in PLAYS.items():
        assert run([command, "own.yaml", "--no-save", "-q", *arguments, "--engine", "compiled"]) == 3, command
        told = capsys.readouterr().err
        assert "plates/saw: kind " in told
        assert "is a SimPy process of your own" in told
        assert "--engine simpy" in told
    assert ran(capsys, "simulate", "own.yaml")["engine"] == "simpy"


def test_an_engine_that_there_is_not(own, capsys):
    assert run(["simulate", own, "--engine", "fast"]) == 2
    assert "'auto', 'compiled', 'simpy'" in capsys.readouterr().err


# --- what is said of compiling ---


@pytest.mark.parametrize(
    ("options", "note"),
    [
        (["--lang", "en"], kept.FIRST_CALL),
        (["--lang", "zh"], "正在编译仿真引擎；仅首次需要，约 15 秒……"),
        (["--lang", "zh", "-q"], ""),
    ],
)
def test_the_first_call_is_told_in_the_readers_language_unless_quiet(own, monkeypatch, options, note):
    monkeypatch.setenv(kept.NOTE, "of a process before")
    run(["simulate", own, "--no-save", "--engine", "simpy", *options])
    assert os.environ[kept.NOTE] == note
