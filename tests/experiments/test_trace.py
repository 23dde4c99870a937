"""The trace on disk: a line worked out by hand, the same bytes for any number of workers, disks that fail."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from small_plants import line, plant, station

from experiments import trace
from experiments.cli import run
from sim.program import lower
from sim.simpy_engine.run import Run, Trace

H = 3600.0
VISITS = (
    "replication,line,station,machine,part,product,lot,visit,batch,enter_s,setup_start_s,setup_end_s,start_s,finish_s,"
    "leave_s,to"
)
STATES = "replication,line,station,machine,state,start_s,end_s,part,cause,served_s,power_kw"
TWO = ({"name": "p"}, {"name": "q"})


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def picked(table, columns):
    return [" ".join(row[c] or "-" for c in columns.split()) for row in table]


@pytest.fixture
def by_hand():
    """Saw: 1 h each, 15 min to set up from p to q and back. Press: 2 h 30 min, one place in front."""
    saw = station("saw", H, buffer=0, setup_time_s=900, power_kw={"processing": 7.3, "idle": 0.1})
    made = line(saw, station("press", 2.5 * H, buffer=1), mix={"sequence": ["p", "q"]})
    return plant(made, products=TWO)


def test_visits_of_a_line_worked_out_by_hand(by_hand, tmp_path):
    trace.write(by_hand, tmp_path, 1, 1, 7.0, workers=1)
    assert (tmp_path / "visits.csv").read_text().splitlines()[0] == VISITS
    columns = "station part product enter_s setup_start_s setup_end_s start_s finish_s leave_s to"
    found = sorted(picked(rows(tmp_path / "visits.csv"), columns))
    assert found == sorted([
        "saw 1 p 0.0 - - 0.0 3600.0 3600.0 press",
        "saw 2 q 3600.0 3600.0 4500.0 4500.0 8100.0 8100.0 press",
        "saw 3 p 8100.0 8100.0 9000.0 9000.0 12600.0 12600.0 press",
        "saw 4 q 12600.0 12600.0 13500.0 13500.0 17100.0 21600.0 press",
        "saw 5 p 21600.0 21600.0 22500.0 22500.0 - - -",  # the run ends at 25200
        "press 1 p 3600.0 - - 3600.0 12600.0 12600.0 exit",
        "press 2 q 8100.0 - - 12600.0 21600.0 21600.0 exit",
        "press 3 p 12600.0 - - 21600.0 - - -",
        "press 4 q 21600.0 - - - - - -",
    ])  # fmt: skip


def test_states_of_a_line_worked_out_by_hand(by_hand, tmp_path):
    trace.write(by_hand, tmp_path, 1, 1, 7.0, workers=1)
    assert (tmp_path / "states.csv").read_text().splitlines()[0] == STATES
    table = [row for row in rows(tmp_path / "states.csv") if row["start_s"] != row["end_s"]]
    saw = picked([row for row in table if row["station"] == "saw"], "state start_s end_s power_kw")
    assert saw == [
        "processing 0.0 3600.0 7.3",
        "setup 3600.0 4500.0 0.1",
        "processing 4500.0 8100.0 7.3",
        "setup 8100.0 9000.0 0.1",
        "processing 9000.0 12600.0 7.3",
        "setup 12600.0 13500.0 0.1",
        "processing 13500.0 17100.0 7.3",
        "blocked 17100.0 21600.0 0.1",
        "setup 21600.0 22500.0 0.1",
        "processing 22500.0 25200.0 7.3",  # open stays end at the horizon
    ]
    press = picked([row for row in table if row["station"] == "press"], "state start_s end_s part")
    assert press == [
        "starved 0.0 3600.0 -",
        "processing 3600.0 12600.0 1",  # one row per part
        "processing 12600.0 21600.0 2",
        "processing 21600.0 25200.0 3",
    ]


def random_line():
    return plant(line(station("a", {"exponential": 900}), station("b", {"exponential": 800})))


def test_any_number_of_workers_leaves_the_same_bytes(tmp_path):
    sizes = [trace.write(random_line(), tmp_path / f"{n}", 3, 5, 20.0, workers=n) for n in (1, 2)]
    for name in ("visits.csv", "states.csv"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in "12")
        assert one == two
        replications = [int(row["replication"]) for row in rows(tmp_path / "1" / name)]
        assert sorted(set(replications)) == [0, 1, 2, 3, 4]
        assert replications == sorted(replications)
    assert sizes[0] == sizes[1]
    assert sizes[0].bytes == sum(path.stat().st_size for path in (tmp_path / "1").iterdir())


def test_numbers_are_not_rounded(tmp_path):
    trace.write(random_line(), tmp_path, 3, 1, 20.0, workers=1)
    for row in rows(tmp_path / "visits.csv"):
        for key in ("enter_s", "start_s", "finish_s"):
            assert not row[key] or repr(float(row[key])) == row[key]
    assert any(len(row["finish_s"]) > 12 for row in rows(tmp_path / "visits.csv"))


def test_rows_are_not_kept():
    taken = []

    class Sink:
        visit = state = staticmethod(taken.append)

    made = Trace(Sink())
    Run(lower(random_line()), 1, 0, made).play(5 * H)
    assert len(taken) > 20
    assert made.visits == made.states == []


@pytest.mark.parametrize(
    ("size", "said"), [(999, "999 bytes"), (12_345, "12.3 kB"), (5_000_000, "5 MB"), (7.25e9, "7.25 GB")]
)
def test_sizes_are_said_in_units(size, said):
    assert str(trace.Size(int(size))) == said


# the command

PLANT = """\
plant: {name: Own works}
run: {horizon_h: 60, replications: 2}
products: [{name: plate}]
lines:
  - name: plates
    source: saturated
    stations: [{name: saw, buffer: 3, cycle_time_s: 40}, {name: oven, buffer: 3, cycle_time_s: {exponential: 39}}]
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(PLANT, encoding="utf-8")
    return "own.yaml"


def test_the_command_writes_tables_and_pictures_and_says_how_large(own, tmp_path, capsys):
    arguments = ["simulate", own, "--no-save", "--workers", "1", "--trace", "trace", "--window", "1-3", "--lang", "en"]
    assert run(arguments) == 0
    assert {p.name for p in (tmp_path / "trace").iterdir()} == {"visits.csv", "states.csv", "gantt.svg", "wip.svg"}
    size = trace.Size(sum((tmp_path / "trace" / f"{name}.csv").stat().st_size for name in ("visits", "states")))
    assert f"Trace: trace (visits.csv and states.csv {size}; gantt.svg, wip.svg)" in capsys.readouterr().err
    gantt = (tmp_path / "trace" / "gantt.svg").read_text(encoding="utf-8")
    assert "01:00" in gantt
    assert "Machine states over time at plates" in gantt


def test_a_folder_that_cannot_be_made_is_said_before_anything_runs(own, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run(["simulate", own, "--no-save", "--trace", "file/trace"]) == 2
    told = capsys.readouterr()
    assert told.err == "Error: file/trace: Not a directory\n"


def test_a_table_that_cannot_be_written_is_said_before_anything_runs(own, tmp_path, capsys):
    (tmp_path / "trace" / "states.csv").mkdir(parents=True)
    assert run(["simulate", own, "--no-save", "--trace", "trace"]) == 2
    assert capsys.readouterr().err == "Error: trace/states.csv: Is a directory\n"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_full_disk_is_said_without_a_traceback_and_leaves_no_half_table(own, tmp_path, workers):
    """A limit on the size of files stands for the full disk: both fail while a row is written."""
    code = "import sys; from experiments.cli import run; sys.exit(run(sys.argv[1:]))"
    command = ["simulate", own, "--no-save", "--quiet", "--trace", "trace", "--workers", workers]
    limited = ["bash", "-c", 'ulimit -f 64; exec "$@"', "-", sys.executable, "-c", code, *command]
    root = Path(__file__).parents[2]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(root)})
    assert done.returncode == 2, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("Error: trace/")
    assert lines[0].endswith(": File too large")
    assert list((tmp_path / "trace").iterdir()) == []


@pytest.mark.parametrize("window", ["5", "5-3", "3-3", "-1-4", "x-y", "nan-3", "1-inf"])
def test_a_window_must_be_two_hours_in_order(own, window, capsys):
    assert run(["simulate", own, "--no-save", "--window", window]) == 2
    assert "--window" in capsys.readouterr().err


def test_a_window_after_the_run_is_refused(own, capsys):
    assert run(["simulate", own, "--no-save", "--window", "60-70"]) == 3
    assert "a begin before the horizon of 60 h" in capsys.readouterr().err
