"""Ranking of variants: how they are written, which is best, how sure, and what happens when runs do not suffice."""

import json

import numpy as np
import pytest
from small_plants import line, option, plant, station

from experiments.cli import run
from experiments.rank import LESS, MORE, Question, figure, parse_variants, rank
from models.errors import DataError
from sim.output_analysis import interval, paired_interval
from sim.simulate import Job, Settings, replicate

H = 3600.0
SETTINGS = Settings(seed=1, horizon_h=200, workers=1)


def saws(**random):
    """Return a saw of a part an hour and two that may replace it: a third and two thirds quicker."""
    better = option("better", capex=30_000, cycle_time_factor=2 / 3)
    best = option("best", capex=90_000, cycle_time_factor=1 / 3)
    cycle = {"exponential": H} if random else H
    return plant(line(station("saw", cycle, better, best, machines=2, **random.get("fields", {}))))


def lucky():
    return saws(fields={"failures": [{"ttf_h": {"exponential": 9}, "ttr_h": {"exponential": 1}}]})


def asked(**fields):
    return Question(**{"metric": "good_per_h", "delta": 0.2, **fields})


def test_variants_as_they_are_written():
    one = saws()
    now, some, all_of_it = parse_variants(one, ["today=", "some=saw=better:1+saw=best:1", "all = line/saw=best"])
    assert (now.name, now.changes, now.capex_cny) == ("today", [], 0)
    assert [(c.option.name, c.machines) for c in some.changes] == [("better", 1), ("best", 1)]
    assert some.capex_cny == 120_000
    assert (all_of_it.name, all_of_it.changes[0].machines) == ("all", 2)


def test_without_any_each_option_is_a_variant():
    assert [v.name for v in parse_variants(saws(), [])] == ["as it is", "saw: better", "saw: best"]
    two = plant(line(station("saw", H, option()), name="a"), line(station("saw", H, option()), name="b"))
    assert [v.name for v in parse_variants(two, [])] == ["as it is", "a/saw: new", "b/saw: new"]


def test_every_wrong_variant_is_listed():
    with pytest.raises(DataError) as found:
        parse_variants(saws(), ["saw", "a=", "a=saw=worse", "b=saw=best:3"])
    assert [p.found for p in found.value.problems] == [
        "no name", "'a' for the second time", "no option 'worse' at saw", "'3' machines",
    ]  # fmt: skip
    assert all(p.where.startswith("--variant ") for p in found.value.problems)
    with pytest.raises(DataError, match="at least two"):
        parse_variants(saws(), ["today="])


@pytest.mark.parametrize("method", ["kn", "ocba"])
def test_without_chance_the_best_is_found_at_once(method):
    found = rank(saws(), parse_variants(saws(), []), asked(method=method, first=2), SETTINGS)
    assert found["best"] == "saw: best"
    assert found["decided"]
    assert [v["value"]["mean"] for v in found["variants"]] == pytest.approx([2, 3, 6])
    assert [v["runs"] for v in found["variants"]] == [2, 2, 2]
    assert found["variants"][2]["less_best"] is None
    assert found["variants"][0]["less_best"]["mean"] == pytest.approx(-4)
    assert [v["capex_cny"] for v in found["variants"]] == [0, 60_000, 180_000]
    assert found["probability"] == (None if method == "kn" else 1)


def test_less_is_better_where_it_costs():
    found = rank(saws(), parse_variants(saws(), []), asked(metric="lead_time_h", delta=0.1), SETTINGS)
    assert (found["best"], found["better"]) == ("saw: best", "less")
    assert [v["value"]["mean"] for v in found["variants"]] == pytest.approx([1, 2 / 3, 1 / 3])


def test_kn_uses_common_luck_and_says_when_each_went():
    one = lucky()
    found = rank(one, parse_variants(one, []), asked(delta=0.05, first=5), SETTINGS)
    assert found["best"] == "saw: best"
    rows = found["variants"]
    assert all(row["eliminated_after"] == row["runs"] >= 5 for row in rows[:2])
    assert rows[2]["eliminated_after"] is None
    assert rows[2]["runs"] == max(row["runs"] for row in rows) == found["replications"]
    assert found["runs"] == sum(row["runs"] for row in rows)

    from experiments.compare import renewed

    jobs = {
        v.name: [Job(renewed(one, v.changes), 1, r, 200 * H) for r in range(rows[0]["runs"])]
        for v in parse_variants(one, [])
    }
    first, last = (
        [figure(replicate(job).record, "good_per_h", 200, {}) for job in jobs[name]]
        for name in ("as it is", "saw: best")
    )
    assert rows[0]["value"] == {"mean": interval(first).mean, "half_width": interval(first).half_width}
    assert rows[0]["less_best"]["half_width"] == paired_interval(last, first).half_width


def near():
    """Return two options that hardly differ, on a saw that fails."""
    options = [option("best", cycle_time_factor=1 / 3), option("near", cycle_time_factor=0.334)]
    fails = [{"ttf_h": {"exponential": 9}, "ttr_h": {"exponential": 1}}]
    one = plant(line(station("saw", H, *options, failures=fails)))
    return one, parse_variants(one, ["a=saw=best", "b=saw=near", "today="])


def test_when_runs_do_not_suffice_nothing_is_claimed():
    one, variants = near()
    found = rank(one, variants, asked(delta=1e-5, first=3, most=20), SETTINGS)
    assert not found["decided"]
    assert 20 <= found["runs"] < 23  # a round begun is ended
    left = [v["name"] for v in found["variants"] if v["eliminated_after"] is None]
    assert {"a", "b"} <= set(left)
    assert found["best"] in left


def test_ocba_gives_runs_to_those_that_are_hard_to_tell_apart():
    one, variants = near()
    found = rank(one, variants, asked(delta=None, method="ocba", first=5, most=100), SETTINGS)
    assert not found["decided"]
    assert found["runs"] == 100
    assert found["probability"] < 0.95
    a, b, today = (v["runs"] for v in found["variants"])
    assert today == 5
    assert min(a, b) > 30
    sure = rank(one, variants, asked(delta=0.5, method="ocba", first=5, most=100), SETTINGS)
    assert sure["decided"]  # neither is better than the other by half a part an hour
    assert sure["probability"] >= 0.95
    assert sure["best"] != "today"


@pytest.mark.parametrize("method", ["kn", "ocba"])
def test_workers_change_nothing(method):
    one = lucky()
    question = asked(delta=0.02, method=method, first=4, most=40)
    first, second = (
        rank(one, parse_variants(one, []), question, Settings(seed=1, horizon_h=50, workers=n)) for n in (1, 3)
    )
    assert first == second


def test_an_unknown_metric_is_refused_with_what_there_is():
    with pytest.raises(DataError) as found:
        rank(saws(), parse_variants(saws(), []), asked(metric="speed"), SETTINGS)
    assert "value_cny_per_y" in found.value.problems[0].allowed


@pytest.mark.parametrize("metric", MORE + LESS)
def test_every_metric_can_be_read(metric):
    record = replicate(Job(_program(lucky()), 1, 0, 100 * H)).record
    assert np.isfinite(figure(record, metric, 100, {"part": 50.0}))


def test_metrics_of_several_lines():
    two = plant(line(station("saw", H), name="a"), line(station("saw", 2 * H), name="b"))
    record = replicate(Job(_program(two), 1, 0, 100 * H)).record
    assert figure(record, "good_per_h", 100, {}) == pytest.approx(1.5)
    assert figure(record, "wip", 100, {}) == pytest.approx(2)
    assert figure(record, "lead_time_h", 100, {}) == pytest.approx((1 * 1 + 2 * 0.5) / 1.5)


def _program(one):
    from sim.program import lower

    return lower(one)


# the command

PLANT = """\
run: {horizon_h: 100}
lines:
  - name: l
    source: saturated
    stations:
      - name: saw
        buffer: null
        cycle_time_s: {exponential: 3600}
        options:
          - {name: band saw, capex_cny: 60000, cycle_time_factor: 0.5}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(PLANT, encoding="utf-8")
    return "own.yaml"


def test_the_command_prints_one_document_and_writes_a_folder(own, capsys, tmp_path):
    arguments = ["rank", own, "--metric", "good_per_h", "--delta", "0.1", "--workers", "1", "--lang", "en"]
    assert run([*arguments, "--json", "--out", "found"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["best"], document["decided"]) == ("rank", "saw: band saw", True)
    assert {p.name for p in (tmp_path / "found").iterdir()} == {
        "inputs", "results.json", "manifest.json", "report.html", "variants.csv",
    }  # fmt: skip
    page = (tmp_path / "found/report.html").read_text(encoding="utf-8")
    assert "The choice is right with probability 95.0\u00a0% at least" in page
    assert 'id="variants"' in page
    assert run([*arguments, "--no-save", "-q"]) == 0
    assert "saw: band saw is best: good output 1.95 ± 0.11 parts/h." in capsys.readouterr().out


def test_kn_needs_a_difference_worth_finding(own, capsys):
    assert run(["rank", own]) == 2
    assert "--delta is missing" in capsys.readouterr().err


def test_not_decided_is_exit_code_5(own, capsys):
    twins = ["--variant", "a=saw=band saw", "--variant", "b=l/saw=band saw:1", "--metric", "good_per_h"]
    code = run(["rank", own, *twins, "--method", "ocba", "--max-runs", "30", "--no-save", "--workers", "1",
                "--lang", "en"])  # fmt: skip
    told = capsys.readouterr()
    assert code == 5
    assert "Not decided within 30 runs" in told.err
    assert "leads so far" in told.out
