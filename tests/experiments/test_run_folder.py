"""What a run leaves behind: JSON that any reader takes, tidy tables, a manifest that fits them."""

import csv
import hashlib
import json
import math
from pathlib import Path

import pytest
from made_documents import simulate_document

from experiments.run_folder import as_json, flat, folder_for, plain, tables, write_csv


def test_what_is_not_known_is_null_and_all_else_stays():
    document = {"a": [1, 2.5, math.inf, {"b": math.nan}], "c": "inf", "d": None, "e": True, "f": (-math.inf, 0)}
    read = json.loads(as_json(document))
    assert read == {"a": [1, 2.5, None, {"b": None}], "c": "inf", "d": None, "e": True, "f": [None, 0]}
    assert plain(document) == read


def test_numbers_are_written_unrounded():
    assert json.loads(as_json({"x": 0.1 + 0.2}))["x"] == 0.1 + 0.2


def test_chinese_stays_readable():
    assert "车削" in as_json({"name": "车削"})


def test_a_nested_row_becomes_one_level():
    row = {"name": "x", "output": {"mean": 2, "of": {"a": 1, "b": 0}}, "machines": 3}
    assert flat(row) == {"name": "x", "output.mean": 2, "output.of.a": 1, "output.of.b": 0, "machines": 3}


def test_a_table_holds_every_column_of_every_row(tmp_path):
    path = tmp_path / "t.csv"
    write_csv(path, [{"a": 1, "b": "x, y"}, {"a": None, "c": "车削"}])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 by this mark
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert rows == [{"a": "1", "b": "x, y", "c": ""}, {"a": "", "b": "", "c": "车削"}]


def interval(mean):
    return {"mean": mean, "half_width": 0.0, "variance_ratio": 0.5}


def test_tables_of_a_comparison_are_tidy():
    line = {"name": "l", "good_per_h": {"mean": 1, "half_width": 0}, "products": [], "sources": [],
            "stations": [{"name": "s", "states": {"processing": 1.0}, "machine": [], "stops": []}]}  # fmt: skip
    side = {"kind": "simulate", "lines": [line]}
    document = {
        "kind": "compare", "before": side, "after": side, "difference": {"kwh_per_y": interval(7)},
        "by_line": [{"name": "l", "kwh_per_y": interval(7)}],
    }  # fmt: skip
    found = tables(document)
    assert set(found) == {"difference", "before_lines", "before_stations", "after_lines", "after_stations"}
    assert [(row["line"], row["figure"], row["mean"]) for row in found["difference"]] == [
        ("all", "kwh_per_y", 7), ("l", "kwh_per_y", 7),
    ]  # fmt: skip
    assert found["after_stations"] == [{"line": "l", "name": "s", "states.processing": 1.0}]


def test_a_folder_that_is_there_is_not_used_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = folder_for("plan", "车间 1/..")
    assert first.parent == Path("runs")
    assert set("/. ") & set(first.name) == set()
    first.mkdir(parents=True)
    second = folder_for("plan", "车间 1/..")
    assert not second.exists()
    assert second != first


@pytest.mark.parametrize("name", ["", "..", "///"])
def test_a_folder_always_has_a_name(name):
    assert folder_for("simulate", name).name.endswith("simulate-plant")


def test_the_manifest_fits_the_folder(tmp_path):
    from experiments.run_folder import write_run
    from models.plant import Plant
    from sim.simulate import Settings, simulate

    one = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [
        {"name": "s", "buffer": None, "cycle_time_s": 3600}]}]})  # fmt: skip
    document = simulate(one, Settings(seed=4, replications=1, horizon_h=20, workers=1))
    report = write_run(tmp_path / "a" / "b", document, "lines: 机", "works.yml", ["renewline", "x"], "en")
    folder = tmp_path / "a" / "b"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 4
    assert manifest["replications"] == 1
    assert manifest["command"] == ["renewline", "x"]
    copy = folder / "inputs" / "works.yaml"
    assert copy.read_text(encoding="utf-8") == "lines: 机"
    assert manifest["inputs"] == {"works.yaml": hashlib.sha256(copy.read_bytes()).hexdigest()}
    assert {"renewline", "python", "simpy", "highspy"} <= set(manifest["versions"])
    assert json.loads((folder / "results.json").read_text(encoding="utf-8")) == plain(document)
    assert report == folder / "report.html"
    with (folder / "lines.csv").open(encoding="utf-8-sig", newline="") as handle:
        assert not {"inf", "nan"} & {cell for row in csv.reader(handle) for cell in row}
    with (folder / "stations.csv").open(encoding="utf-8-sig", newline="") as handle:
        [row] = csv.DictReader(handle)
    assert (row["line"], row["name"], float(row["states.processing"])) == ("l", "s", 1.0)


def test_bottlenecks_are_a_table_by_station():
    rows = tables(simulate_document())["bottlenecks"]
    assert [(row["line"], row["station"]) for row in rows][:2] == [("shaft line", "turning"), ("shaft line", "milling")]
    assert (rows[0]["sole.mean"], rows[0]["named_by_active_period"], rows[0]["named_by_turning_point"]) == (
        0.52,
        0.9,
        0.9,
    )
    assert rows[2]["named_by_active_period"] == 0.0
    assert len(rows) == 7
