"""`renewline catalogue`: every pair is reachable by search and by id, in both languages, with estimates marked."""

import json
import textwrap

import pytest

from experiments.catalogue_document import Asked, listing, own_types, plant_lines, shown
from experiments.cli import run
from experiments.tables import show
from scenarios.catalogue import equipment_types
from scenarios.equipment_types import by_pair
from scenarios.files import read_text
from scenarios.quantities import SIDES, pairs, table

OWN = """
our_lathe:
  name_en: lathe of the quotation
  name_zh: 报价车床
  side: new
  like: cnc_lathe
  numbers: {capex_cny: {typical: 23.8, unit: 万元, grade: B, source: quotation}}
saw:
  name_en: band saw
  name_zh: 带锯床
  side: old
  tasks: [1]
  industry_zh: 农机
  numbers: {cycle_time_s: {typical: 80, unit: s, grade: C, source: estimate}}
"""


def ids(**asked):
    return [pair["id"] for pair in listing(Asked(**asked), {})["pairs"]]


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "types.yaml"
    file.write_text(OWN, encoding="utf-8")
    return str(file)


def test_all_pairs_are_listed():
    assert ids() == list(pairs())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"task": 7, "industry": "水泥", "words": "风机"}, ["T7-CEMFAN"]),
        ({"task": 7, "industry": "cement", "words": "fan"}, ["T7-CEMFAN"]),
        ({"words": "engine LATHE"}, ["T1-LATHE"]),
        ({"words": "ie4_motor"}, ["T8-MOTOR"]),
        ({"words": "轮胎"}, []),  # an industry, no name
        ({"industry": "轮胎"}, ["T10-MIX", "T10-CURE"]),
        ({"task": 10, "industry": "chlor"}, ["T10-CELL"]),
        ({"words": "斜体加热炉"}, ["T1-WBF", "T1-RHF"]),  # the word of the policy
        ({"task": 5}, ["T4-MES", "T6-NET"]),
        ({"task": 12}, []),
    ],
)
def test_a_search_narrows_by_all_that_is_asked(asked, found):
    assert ids(**asked) == found


def test_every_industry_of_the_seed_map_finds_its_pairs():
    for row in table("seed_map"):
        for lang in ("en", "zh"):
            assert set(row["pairs"].split()) <= set(ids(task=int(row["task"]), industry=row[f"industry_{lang}"]))


@pytest.mark.parametrize("pair", pairs())
def test_a_pair_is_shown_by_its_id_and_by_its_types(pair):
    entry = shown(pair, {})
    assert [entry == {**shown(by_pair()[pair, side], {}), "asked": pair} for side in ("new",)] == [True]
    assert len(entry["quantities"]) == entry["pair"]["quantities"]
    assert entry["policy"]
    assert {one["side"] for one in entry["types"]} == set(SIDES)
    for fact in (*entry["quantities"], *(field for one in entry["types"] for field in one["fields"])):
        assert fact["source"]
        assert fact["estimate"] == (fact["grade"] == "C")


@pytest.mark.parametrize("pair", pairs())
def test_the_lines_shown_make_a_plant(pair):
    lines = textwrap.indent(shown(pair, {})["lines"], "      ")
    feed = "      - {name: feed, cycle_time_s: 60, buffer: 0}\n"
    plant = read_text(f"lines:\n  - name: line\n    source: saturated\n    stations:\n{feed}{lines}\n")
    station = plant.lines[0].stations[1]
    assert station.equipment == by_pair()[pair, "old"]
    assert station.options[0].capex_cny == pytest.approx(
        equipment_types()[by_pair()[pair, "new"]]["capex_cny"], rel=1e-6
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("pair", ["T1-CUT", "T7-CUWHR", "T4-PAL", "T8-TRAFO"])
def test_tables_fit_a_terminal_and_mark_estimates(pair, lang, capsys):
    from rich.console import Console

    show(shown(pair, {}), Console(width=80), lang)
    text = capsys.readouterr().out
    assert ("(estimate)" if lang == "en" else "（估计值）") in text
    assert max(map(len, text.splitlines())) <= 80


def test_worse_values_of_the_new_unit_are_marked():
    worse = {q["name"] for q in shown("T1-CUT", {})["quantities"] if q["new_is_worse"]}
    assert worse == {"power_busy", "power_standby", "mttr"}


def test_own_types_stand_beside_the_shipped_ones(own):
    types = own_types([own])
    found = listing(Asked(words="lathe quotation"), types)
    assert [one["id"] for one in found["own"]] == ["our_lathe"]
    assert found["own"][0]["price_cny"] == {"low": 238_000, "typical": 238_000, "high": 238_000, "grade": "B"}
    entry = shown("our_lathe", types)
    assert entry["pair"]["id"] == "T1-LATHE"
    assert [one["id"] for one in entry["types"]] == ["engine_lathe", "cnc_lathe", "our_lathe"]
    assert "equipment: our_lathe" in entry["lines"]
    alone = shown("saw", types)
    assert (alone["pair"], [one["id"] for one in alone["types"]]) == (None, ["saw"])
    assert [one["id"] for one in listing(Asked(task=1, industry="农机"), types)["own"]] == ["saw"]


def test_a_new_type_alone_stands_as_a_station():
    assert plant_lines({"agv": equipment_types()["agv"]}).splitlines()[1:2] == ["  equipment: agv"]


# the command


def test_commands_print_tables_or_json(own, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "C.UTF-8")
    assert run(["catalogue"]) == 0
    assert "89 of 89 pairs" in capsys.readouterr().out
    assert run(["catalogue", "list", "--task", "7", "--industry", "水泥", "--search", "风机", "--lang", "zh"]) == 0
    assert "高效节能风机" in capsys.readouterr().out
    assert run(["catalogue", "show", "saw", "--catalogue", own, "--lang", "zh"]) == 0
    assert "带锯床" in capsys.readouterr().out
    assert run(["catalogue", "show", "T8-PUMP", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pair"]["new"]["id"] == "variable_speed_pump"
    assert run(["catalogue", "list", "--search", "no such thing"]) == 0
    assert "Nothing is called so" in capsys.readouterr().out


def test_mistakes_are_told(tmp_path, capsys):
    assert run(["catalogue", "show", "T1-LATH"]) == 3
    assert "did you mean 'T1-LATHE'?" in capsys.readouterr().err
    assert run(["catalogue", "list", "--task", "16"]) == 2
    assert run(["catalogue", "list", "--catalogue", "none.yaml"]) == 2
    capsys.readouterr()
    file = tmp_path / "types.yaml"
    file.write_text(OWN.replace("unit: s", "unit: kW").replace("grade: B", "grade: D"), encoding="utf-8")
    assert run(["catalogue", "list", "--catalogue", str(file)]) == 3
    told = capsys.readouterr().err
    assert "types.yaml:7" in told
    assert "types.yaml:14" in told
