"""A plant's front: its points are schedules that the simulation plays as told, and both languages say so."""

import io

import numpy as np
import pytest
from rich.console import Console
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Reader, Study
from experiments.front import find_front, spread
from experiments.money import Money
from experiments.plant_goals import goals_asked, with_energy, with_goals
from experiments.playback import Stage, dated, gains
from experiments.problem_of import renewal_problem
from experiments.report import write_report
from experiments.run_folder import as_json, tables
from experiments.tables import show
from models.errors import DataError
from optimize.evaluate import evaluate
from optimize.pareto import Front, FrontGoal, FrontPoint

H = 3600.0


def small():
    """Return a line whose saw is quick or thrifty, and whose kiln saves coal at a loss."""
    saw = station(
        "saw", 4 * H,
        option("quick", 60_000, cycle_time_factor=0.5, power_kw={"processing": 30, "idle": 10}),
        option("thrifty", 60_000, power_kw={"processing": 4, "idle": 1}),
        machines=2, power_kw={"processing": 12, "idle": 5},
    )  # fmt: skip
    kiln = station(
        "kiln", 1 * H, option("new", 90_000, use_per_h={"coal_kg": {"processing": 6, "idle": 3}}),
        use_per_h={"coal_kg": {"processing": 9, "idle": 9}},
    )  # fmt: skip
    return plant(line(saw, kiln), renewal=renewal(weights={"money": 1, "energy": 500}))


@pytest.fixture(scope="module")
def document():
    return find_front(small(), ("money", "output", "energy"), workers=1, step=1e-4, gap=0.0, played=4)


@pytest.fixture(scope="module")
def parts():
    one = small()
    reader = Reader(one, one.renewal, Study(seed=one.run.seed, workers=1))
    beliefs = reader.read()
    return one, reader, beliefs


def test_the_front_is_complete_and_no_point_is_beaten(document):
    assert document["status"] == "complete"
    points = [tuple(point["predicted"].values()) for point in document["points"]]
    assert len(points) >= 4
    for point in points:
        assert not any(all(a >= b for a, b in zip(other, point, strict=True)) and other != point for other in points)
    preferred = document["points"][document["preferred"]]["predicted"]
    worth = [p["predicted"]["gain_cny"] + 500 * p["predicted"]["saved_tce"] for p in document["points"]]
    assert preferred["gain_cny"] + 500 * preferred["saved_tce"] == pytest.approx(max(worth))


def test_points_say_what_problem_and_play_back_say(document, parts):
    one, reader, beliefs = parts
    problem = with_goals(renewal_problem(one, one.renewal, beliefs), reader, beliefs, ("money", "output", "energy"))
    from optimize.plan import Renewal as Chosen

    played = [point for point in document["points"] if point["simulated"] is not None]
    assert len(played) == 4
    base = evaluate(problem, ()).goals
    for point in played[:2]:
        labels = document["periods"]
        chosen = [
            Chosen(asset=r["asset"], option=r["option"], period=labels.index(r["period"]), machines=r["machines"])
            for r in point["renewals"]
        ]
        found = evaluate(problem, chosen)
        assert found.violations == ()
        assert point["predicted"]["gain_cny"] == pytest.approx(found.gain)
        assert point["predicted"]["more_output"] == pytest.approx(found.goals["output"] - base["output"])
        assert point["predicted"]["saved_tce"] == pytest.approx(base["energy"] - found.goals["energy"])
        schedule = dated(one, one.renewal, beliefs.assets, chosen)
        baseline, run = Stage(one, one.renewal, one.run.seed, 1, 1).play([[], schedule])
        simulated = point["simulated"]
        assert simulated["gain_cny"]["mean"] == pytest.approx(
            float(gains(run, baseline, schedule, Money(one.renewal)).mean())
        )
        assert simulated["more_output"]["mean"] == pytest.approx(float((run.good - baseline.good).sum()))
        in_all = float((run.tce - baseline.tce).sum())
        assert simulated["more_tce_in_all"]["mean"] == pytest.approx(in_all)
        if simulated["more_output"]["mean"] > 0:  # what was made more took energy
            assert simulated["saved_tce"]["mean"] > -in_all


def test_energy_of_machines_by_hand(parts):
    """The kiln burns 9 kg of coal every hour, the new one 6 at work and 3 while it waits."""
    one, reader, beliefs = parts
    problem = with_energy(renewal_problem(one, one.renewal, beliefs), reader, beliefs)
    kiln = next(asset for asset in problem.assets if asset.station == "kiln")
    old, new = kiln.quantities["tce"][0], kiln.options[0].quantities["tce"][0]
    assert old == pytest.approx(9 * 8760 * 0.7143 / 1000, rel=0.01)
    # two saws of 4 h each give the kiln of 1 h work half of the time
    assert new == pytest.approx((6 + 3) / 2 * 8760 * 0.7143 / 1000, rel=0.02)
    again = with_energy(problem, reader, beliefs)
    assert again == problem  # who brings the quantities keeps them


def test_goals_asked_for():
    assert goals_asked("energy") == ("money", "energy")
    assert goals_asked("co2,output,energy") == ("output", "energy", "co2")
    with pytest.raises(DataError, match="unknown goal 'enery'"):
        goals_asked("enery")
    with pytest.raises(DataError, match="only money"):
        goals_asked("money")
    with pytest.raises(DataError, match="named twice"):
        goals_asked("energy,energy")


def test_points_to_play_are_the_ends_and_lie_apart():
    goals = tuple(FrontGoal(name=n, better="more", best=10, worst=0, step=0) for n in ("a", "b"))
    at = [(10, 0), (9.9, 0.1), (9.8, 0.2), (5, 5), (4.9, 5.1), (0, 10)]
    points = tuple(FrontPoint(goals={"a": a, "b": b}, gain=a, renewals=()) for a, b in at)
    front = Front(status="complete", goals=goals, points=points)
    assert spread(front, 3) == [0, 3, 5]
    assert spread(front, 9) == [0, 1, 2, 3, 4, 5]
    assert 1 in spread(front.model_copy(update={"preferred": 1}), 4)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_and_tables(document, lang, tmp_path):
    text = write_report(document, tmp_path / "report.html", lang).read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    out = io.StringIO()
    show(document, Console(file=out, width=80), lang)
    assert ("Points of the front" if lang == "en" else "帕累托前沿各点") in out.getvalue()
    listed = tables(document)
    assert len(listed["points"]) == len(document["points"])
    assert len(listed["renewals"]) == sum(len(point["renewals"]) for point in document["points"])
    assert np.isfinite(len(as_json(document)))
