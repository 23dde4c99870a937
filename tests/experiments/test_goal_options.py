"""The options on goals and scenarios of ``renewline optimize``: what they print, draw, refuse, and end with."""

import json

import pytest

from experiments.cli import run

MACHINES = [
    {"name": name, "quantities": {"coal": 9}, "options": [{"name": "new", "cost": cost, "quantities": {"coal": coal},
     "saving": saving, "starts_after": 0}]}
    for name, cost, coal, saving in (("kiln", 50, 4, 10), ("oven", 30, 6, 35), ("dryer", 40, 8, 5))
]  # fmt: skip
GOALS = [{"name": "gain", "of": "gain"}, {"name": "coal", "of": "quantity", "quantity": "coal"}]
SCENARIOS = [
    {"name": "good", "probability": 0.5, "saving_factor": 2},
    {"name": "bad", "probability": 0.5, "saving_factor": 0.5},
]


def written(tmp_path, **more):
    path = tmp_path / "problem.json"
    data = {"renewal_problem": 1, "periods": {"count": 2}, "assets": MACHINES} | more
    path.write_text(json.dumps(data), encoding="utf-8")
    return str(path)


def test_front_is_printed_and_drawn(tmp_path, capsys):
    chart = tmp_path / "front.svg"
    assert run(["optimize", written(tmp_path, goals=GOALS), "--pareto", "--chart", str(chart)]) == 0
    front = json.loads(capsys.readouterr().out)
    assert front["status"] == "complete"
    ends = [point["goals"] for point in front["points"]]
    assert (ends[0], ends[-1]) == ({"gain": 40.0, "coal": 48.0}, {"gain": -20.0, "coal": 36.0})
    assert "coal (less is better)" in chart.read_text(encoding="utf-8")
    assert run(["optimize", written(tmp_path, goals=GOALS), "--pareto", "--chart", str(tmp_path / "front.png")]) == 0
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")


def test_schedules_for_scenarios_are_printed(tmp_path, capsys):
    path = written(tmp_path, scenarios=SCENARIOS)
    assert run(["optimize", path, "--robust", "regret"]) == 0
    assert json.loads(capsys.readouterr().out)["mode"] == "regret"
    assert run(["optimize", path, "--rolling"]) == 0
    assert json.loads(capsys.readouterr().out)["rolling"] >= 0


@pytest.mark.parametrize(
    ("more", "options", "code", "said"),
    [
        ({}, ["--pareto"], 3, "at least two"),
        ({}, ["--robust", "worst"], 3, "scenarios: missing"),
        ({"goals": GOALS}, ["--pareto", "--rolling"], 2, "one of the two"),
        ({"goals": GOALS}, ["--chart", "front.svg"], 2, "give both"),
        ({"goals": GOALS}, ["--pareto", "--chart", "front.gif"], 2, "ends in .svg"),
        ({"goals": [GOALS[0], GOALS[1] | {"limit": 30}]}, ["--pareto"], 4, "goal, coal: at most 30"),
        ({"scenarios": SCENARIOS, "budget": {"amounts": -1}}, ["--robust", "worst"], 4, "budget"),
        ({"scenarios": SCENARIOS, "budget": {"amounts": -1}}, ["--rolling"], 4, "budget"),
    ],
)
def test_what_cannot_be_done_is_said(more, options, code, said, tmp_path, capsys):
    assert run(["optimize", written(tmp_path, **more), *options]) == code
    assert said in capsys.readouterr().err


def test_no_time_gives_code_5(tmp_path, capsys):
    assert run(["optimize", written(tmp_path, goals=GOALS), "--pareto", "--time-limit-s", "0"]) == 5
    assert json.loads(capsys.readouterr().out)["status"] == "no_plan_yet"
    assert run(["optimize", written(tmp_path, scenarios=SCENARIOS), "--robust", "worst", "--time-limit-s", "0"]) == 5
