"""What a reader is told of warm-up, precision and batches: in sentences, tables and charts, in both languages."""

import re

import pytest
from small_plants import line, option, plant, station

from experiments.cli import run
from experiments.compare import compare, parse_changes
from experiments.report.page import html
from experiments.report.parts import Writer
from experiments.report.statistics_parts import notes, tables, warnings
from experiments.run_folder import tables as csv_tables
from sim.precision import Precision
from sim.simulate import Settings, simulate

H = 3600.0
EN, ZH = Writer("en"), Writer("zh")


def queue(mean_h=2.0, work_h=1.0):
    saw = station("saw", {"exponential": work_h * H}, option(cycle_time_factor=0.8), buffer=None)
    return plant(line(saw, source={"interarrival_s": {"exponential": mean_h * H}}))


@pytest.fixture(scope="module")
def chosen():
    asked = Precision(0.2, ("wip",))
    return simulate(queue(), Settings(replications=20, horizon_h=400, auto_warm_up=True, precision=asked, workers=1))


@pytest.fixture(scope="module")
def too_short():
    asked = Precision(0.001, most=20)
    return simulate(
        queue(1.0, 2.0), Settings(replications=20, horizon_h=200, auto_warm_up=True, precision=asked, workers=1)
    )


def test_what_was_chosen_is_said(chosen):
    hours = EN.num(chosen["warm_up_h"])
    said = notes(chosen, EN)
    assert f"The warm-up of {hours} h was found by MSER-5 on 10 pilot runs." in said
    assert f"{chosen['replications']} replications were made" in said[1]
    assert warnings(chosen, EN) == []
    assert f"预热期 {hours} h 由 MSER-5" in notes(chosen, ZH)[0]


def test_what_was_not_reached_is_a_warning(too_short):
    warm_up, precision = warnings(too_short, EN)
    assert "too short to tell its warm-up. Not settled in the first half: line, work in progress" in warm_up
    assert "0.10 % was not reached within the 20 replications allowed" in precision
    assert "line/wip" in precision
    assert all(sentence.startswith("警告") for sentence in warnings(too_short, ZH))


def test_plain_runs_say_nothing():
    plain = simulate(queue(), Settings(replications=2, horizon_h=100, workers=1))
    assert notes(plain, EN) == []
    assert tables(plain, EN) == []
    assert 'id="certainty"' not in html(plain, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_shows_the_warm_up(chosen, lang):
    page = html(chosen, lang)
    section = page[page.index('<section id="certainty">') :]
    assert 'aria-labelledby="warm-up-0-title' in section
    found = tables(chosen, Writer(lang))
    assert len(found) == 2
    assert [row[2] for row in found[0].rows] == [Writer(lang).num(s["delete_h"]) for s in chosen["warm_up"]["series"]]


def test_the_chart_draws_every_point_the_cut_and_the_mean(chosen):
    page = html(chosen, "en")
    drawing = page[page.index("warm-up-0-title") :]
    paths = [p.count(" L ") + p.count("\nL ") for p in re.findall(r' d="(M [^"]*)"', drawing)]
    assert max(paths) > 50  # the series; matplotlib leaves out points on a straight line


def test_batches_are_said_in_place_of_replications():
    batched = simulate(queue(), Settings(horizon_h=2100, warm_up_h=100, batches=20, workers=1))
    page = html(batched, "en")
    assert "95\u00a0% intervals from 20 batches of 100 h, cut from one run" in page
    assert "Batches of one long run" in page
    short = simulate(queue(1.1), Settings(horizon_h=800, batches=40, workers=1))
    assert "resembles the one before (lag-1 correlation: line/" in warnings(short, EN)[0]


def test_compare_takes_the_longer_warm_up_and_the_precision_of_both_sides():
    one = queue(1.4)
    settings = Settings(replications=20, horizon_h=400, auto_warm_up=True, precision=Precision(0.3), workers=1)
    found = compare(one, parse_changes(one, ()), settings)
    assert {s["run"] for s in found["warm_up"]["series"]} == {"before", "after"}
    assert found["warm_up"]["warm_up_h"] == found["before"]["warm_up_h"] == found["after"]["warm_up_h"]
    names = [f["name"] for f in found["precision"]["figures"]]
    assert {"before: line/wip", "after: line/wip"} <= set(names)
    assert found["replications"] == len(found["after"]["by_replication"]["line/wip"])
    assert 'id="certainty"' in html(found, "en")


def test_the_run_folder_holds_series_and_precision(chosen):
    rows = csv_tables(chosen)
    assert len(rows["warm_up"]) == 800
    assert rows["warm_up"][0].keys() == {"run", "line", "figure", "end_h", "mean"}
    assert rows["precision"][0]["name"] == "line/wip"


# the command line

PLANT = """\
run: {horizon_h: 200, replications: 2}
lines:
  - {name: l, source: {interarrival_s: {exponential: 7200}}, stations: [
      {name: saw, buffer: null, cycle_time_s: {exponential: 3600}}]}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(PLANT, encoding="utf-8")
    return "own.yaml"


def test_auto_on_the_command_line_and_warnings_beside_json(own, capsys):
    code = run(["simulate", own, "--warm-up-h", "auto", "--precision", "0.001", "--max-replications", "21", "--json",
                "--no-save", "--workers", "1", "--lang", "en"])  # fmt: skip
    told = capsys.readouterr()
    assert code == 0
    assert '"warm_up": {' in told.out
    assert "0.10 % was not reached within the 21 replications allowed" in told.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--precision", "0.1", "--replications", "5"], "leave --replications out"),
        (["--batches", "10", "--replications", "5"], "--batches is one run"),
        (["--batches", "10", "--precision", "0.1"], "--batches is one run"),
        (["--warm-up-h", "soon"], "'soon' is not a valid float"),
        (["--replications", "0"], "0 is not in the range"),
    ],
)
def test_wrong_use(own, capsys, options, message):
    assert run(["simulate", own, "--no-save", *options]) == 2
    assert message in capsys.readouterr().err


def test_an_unknown_figure_is_wrong_data(own, capsys):
    assert run(["simulate", own, "--no-save", "--precision-of", "speed", "--workers", "1"]) == 3
    assert "no figure 'speed'" in capsys.readouterr().err


def test_batches_on_the_command_line(own, capsys):
    assert run(["simulate", own, "--batches", "5", "--no-save", "--workers", "1", "--lang", "en", "-q"]) == 0
    assert "intervals from 5 batches of 40 h" in " ".join(capsys.readouterr().out.split())
