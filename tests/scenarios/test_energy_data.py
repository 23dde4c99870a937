"""Grid factors and energy levels: the tables keep their rules, and plant files may name their entries."""

import re
from pathlib import Path

import pytest

from models.errors import DataError
from models.levels import EnergyLevel
from scenarios.catalogue import energy_levels, grid_factors, grid_rows, levels_left_out
from scenarios.evidence import assumptions
from scenarios.files import read_text, schema, write_plant

PLANT = """
products: [{name: rod, mass_kg: 100, energy_level: %s}]
run: {start: 2022-12-31, horizon_h: 48}
energy: {electricity: {grid_factor: %s}}
lines:
  - {name: l, source: saturated, stations: [{name: a, buffer: null, cycle_time_s: 60}]}
"""


def problems(level="clinker", factor="shandong"):
    with pytest.raises(DataError) as error:
        read_text(PLANT % (level, factor))
    return [str(problem) for problem in error.value.problems]


# levels


@pytest.mark.parametrize("name", energy_levels())
def test_every_level_is_one_and_says_where_it_comes_from(name):
    level = EnergyLevel.model_validate(energy_levels()[name])
    assert level.id == name
    assert level.name_en.isascii()
    assert any("\u4e00" <= c <= "\u9fff" for c in level.name_zh)
    assert level.source.strip()
    assert "baseline" not in f"{level.note} {level.source} {level.name_en}"  # that word means renewing nothing
    on_list = level.benchmark_level is not None
    assert on_list == (level.entry_level is not None) == bool(level.edition) == bool(level.grade)
    assert not on_list or (level.grade in "ABC" and "2023" in level.edition)
    by_standard = any(grade is not None for grade in level.grades)
    assert by_standard == bool(level.standard) == bool(level.standard_grade)
    assert not by_standard or (level.standard_grade in "ABC" and level.standard.startswith("GB "))
    assert (level.unit == "kWh/t") == (level.counts == "electricity")


@pytest.mark.parametrize(
    ("name", "benchmark", "entry", "grades"),
    [
        ("clinker", 100, 117, (100, 107, 117)),
        ("oxygen_converter", -30, -10, (-30, -28, -12)),
        ("liquid_aluminium_ac", 13000, 13350, (12950, 13000, 13350)),
        ("ferrosilicon", 1770, 1850, (None, None, None)),
        ("corrugating_medium", None, None, (200, 230, 260)),
        ("tyre_bias", None, None, (None, None, 515)),
        ("electric_arc_furnace_30_to_50_t", 67, 86, (61, None, 86)),
    ],
)
def test_levels_as_the_evidence_has_them(name, benchmark, entry, grades):
    level = EnergyLevel.model_validate(energy_levels()[name])
    assert (level.benchmark_level, level.entry_level, level.grades) == (benchmark, entry, grades)


def test_what_is_left_out_is_named_with_a_reason():
    left = levels_left_out()
    assert len(energy_levels()) + len(left) == 118  # rows of the evidence table
    assert all(item.keys() == {"name_en", "name_zh", "reason"} and item["reason"] for item in left)
    assert {
        item["reason"].split(":")[0] for item in left if "textile" in item["reason"] or "2023" in item["reason"]
    } == {"no numbers"}


# grid factors


def test_grid_factors_keep_year_source_and_grade():
    rows = grid_rows()
    assert len({(row["region"], row["year"]) for row in rows}) == len(rows)
    for row in rows:
        assert 0.3 < float(row["co2_kg_per_kwh"]) < 1.0
        assert row["grade"] in "ABC"
        assert row["source"].strip()
    assert grid_factors()["china"]["co2_kg_per_kwh"] == {2021: 0.5568, 2022: 0.5366, 2023: 0.5306}
    assert grid_factors()["shandong"]["co2_kg_per_kwh"] == {2021: 0.6838, 2022: 0.641}
    assert grid_factors()["china"]["grade"] == "B"  # of the year least sure


# in plant files


def test_names_become_what_the_catalogue_has():
    plant = read_text(PLANT % ("clinker", "shandong"))
    assert plant.products[0].energy_level.entry_level == 117
    assert plant.energy.electricity.grid_factor.co2_kg_per_kwh[2022] == 0.641
    assert read_text(write_plant(plant)) == plant


def test_both_may_be_written_out():
    level = "{unit: kWh/t, counts: electricity, benchmark_level: 5, entry_level: 9}"
    plant = read_text(PLANT % (level, "{2022: 0.6, 2023: 0.58}"))
    assert plant.products[0].energy_level.standing(10.0) == "below entry"
    assert plant.energy.electricity.per_unit("co2_kg", 2030) == 0.58
    assert read_text(write_plant(plant)) == plant


def test_an_unknown_name_is_told_with_the_nearest_one():
    assert "did you mean 'silicomanganese'?" in problems(level="silicomangan")[0]
    assert "did you mean 'shandong'?" in problems(factor="shandon")[0]


@pytest.mark.parametrize(
    ("level", "factor", "said"),
    [
        ("{unit: kgce/t, benchmark_level: 9, entry_level: 5}", "china", "benchmark_level is above entry_level"),
        ("{unit: kgce/t, grades: [3, 2, 1]}", "china", "not in rising order"),
        ("{unit: kgce/t}", "china", "give benchmark_level, entry_level or grades"),
        ("{unit: kgce/kg, entry_level: 3}", "china", "kgce/kg"),
        ("clinker", "{2022: -0.5}", "at least 0"),
        ("clinker", "{}", "co2_kg_per_kwh"),
        ("clinker", "china, co2_kg_per_kwh: 0.5", "give either co2_kg_per_kwh or grid_factor"),
        ("clinker", "china, convention: primary", "'equivalent' or 'equal'"),
    ],
)
def test_mistakes_are_told(level, factor, said):
    assert any(said in problem for problem in problems(level, factor)), problems(level, factor)


def test_assumptions_tell_which_years_borrow_a_factor():
    rows = {row["what"]: row for row in assumptions(read_text(PLANT % ("clinker", "shandong")))}
    own, borrowed = rows["grid factor 2022 shandong"], rows["grid factor 2023 shandong"]
    assert (own["value"], borrowed["value"]) == (0.641, 0.641)
    assert "no factor for 2023, that of 2022 is used" in borrowed["note"]
    assert "no factor" not in own["note"]
    assert own["grade"] == "A"
    assert "co2_kg_per_kwh" not in rows
    assert rows["energy level clinker"]["value"] == "benchmark 100, entry 117"
    assert rows["grades 1 to 3"]["value"] == "100, 107, 117"


def test_a_longer_run_needs_more_years():
    plant = read_text(PLANT % ("clinker", "{2022: 0.6}"))
    years = [row["what"] for row in assumptions(plant, horizon_h=24 + 8760 + 1) if row["what"].startswith("grid")]
    assert years == ["grid factor 2022", "grid factor 2023", "grid factor 2024"]


def test_the_examples_of_the_energy_page_can_be_read():
    text = (Path(__file__).parents[2] / "docs" / "energy.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    keys = [block.split(":")[0] for block in blocks]
    assert keys == ["energy", "energy", "products", "stations"]
    convention, grid, products, stations = blocks
    for energy in (convention, grid):
        lines = "lines:\n  - name: l\n    source: saturated\n    " + stations.replace("\n", "\n    ")
        plant = read_text(f"{energy}{products}{lines}")
        assert plant.lines[0].stations[0].heat.heat_up_kwh.cold == 60000
        assert plant.products[0].energy_level.id == "clinker"


def test_the_schema_allows_names_and_tables():
    definitions = schema()["$defs"]
    forms = definitions["Electricity"]["properties"]["grid_factor"]["anyOf"]
    assert [form.get("type") for form in forms[:2]] == ["string", "object"]
    assert definitions["Product"]["properties"]["energy_level"]["anyOf"][0]["type"] == "string"
