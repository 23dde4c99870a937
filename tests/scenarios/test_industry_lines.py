"""A line for each industry: every pair is used, and specific energy before and after lies where the data say."""

from dataclasses import replace
from functools import cache

import pytest

from scenarios.catalogue import equipment_types
from scenarios.files import read_plant, shipped
from scenarios.quantities import pairs, table
from sim.simulate import Settings

INDUSTRIES = {
    "农机": "farm-machinery", "机械": "sheet-metal", "纺织": "spinning", "钢管": "steel-pipe",
    "新能源汽车": "new-energy-vehicles", "生物医药": "biopharmaceuticals", "光纤光缆": "optical-fibre",
    "建材": "building-materials", "轴承": "bearings", "电线电缆": "wire-and-cable", "汽车零部件": "auto-parts",
    "服装加工": "garments", "电解铝": "electrolytic-aluminium", "电解铜": "copper", "水泥": "cement",
    "玻璃纤维": "glass-fibre", "造纸等轻工": "paper", "化肥和煤化工": "ammonia", "氯碱": "chlor-alkali",
    "轮胎": "tyres", "精细化工": "fine-chemicals", "再生资源": "recycling",
}  # fmt: skip
SPECIFIC = {
    # line: the row that says what the product of the line takes, old and new
    ("ammonia", "ammonia"): ("T10-GASIF", "specific_energy_ammonia"),
    ("cement", "kiln"): ("T7-CEMKILN", "clinker_energy"),
    ("cement", "grinding"): ("T7-CEMMILL", "grinding_electricity"),
    ("chlor-alkali", "caustic"): ("T10-CELL", "specific_energy_30"),
    ("copper", "copper"): ("T7-CUSMELT", "specific_energy"),
    ("electrolytic-aluminium", "potline"): ("T7-ALCELL", "specific_electricity_ac"),
    ("glass-fibre", "fibre"): ("T7-GF", "specific_energy_coarse"),
    ("paper", "paper"): ("T7-PAPER", "specific_energy_corrugating"),
    ("tyres", "tyres"): ("T10-CURE", "specific_energy_semi_steel"),
}
OUTSIDE = {("tyres", "new"): "building and the rest of the works stay as they are; the row is of a whole new works"}


@cache
def used(name):
    stations = [station for line in read_plant(name).lines for station in line.stations]
    types = [one.equipment for s in stations for one in (s, *s.options) if one.equipment]
    return {equipment_types()[name]["pair"] for name in types} | (
        {"T1-RHF"} if "rotary_hearth_furnace" in types else set()
    )


def test_every_pair_is_used_by_a_line():
    assert set(pairs()) - {pair for name in shipped() for pair in used(name)} == set()


def test_every_industry_of_the_policy_has_a_line():
    named = {row["industry_zh"] for row in table("seed_map") if int(row["task"]) in (1, 2, 4, 7, 9, 10)}
    assert set(INDUSTRIES) <= {part for name in named for part in (name, name.split("/")[0])}
    assert set(INDUSTRIES.values()) <= set(shipped())


def test_every_row_of_tasks_1_to_11_leads_to_a_line():
    by_pair = {pair for name in shipped() for pair in used(name)}
    for row in table("seed_map"):
        if int(row["task"]) <= 11:
            assert by_pair & set(row["pairs"].split()), row


@pytest.mark.parametrize("name", shipped())
def test_every_plant_has_a_frame_and_says_what_is_assumed(name):
    plant = read_plant(name)
    assert plant.renewal is not None
    assert plant.assumptions
    assert all(assumption.source for assumption in plant.assumptions)
    assert any(station.options for line in plant.lines for station in line.stations)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line"), SPECIFIC)
def test_specific_energy_lies_where_the_data_say(name, line):
    from experiments.compare import compare, parse_changes

    plant = read_plant(name)
    settings = replace(Settings.of(plant, replications=1, horizon_h=1500.0), engine="simpy", workers=1)
    document = compare(plant, parse_changes(plant, ()), settings)
    pair, quantity = SPECIFIC[name, line]
    row = next(row for row in table("equipment") if (row["pair_id"], row["parameter"]) == (pair, quantity))
    for side, run in (("old", document["before"]), ("new", document["after"])):
        level = next(one for one in run["lines"] if one["name"] == line)["energy"]["levels"][0]
        value = level["value"]["mean"] if isinstance(level["value"], dict) else level["value"]
        inside = float(row[f"{side}_low"]) <= value <= float(row[f"{side}_high"])
        assert inside == ((name, side) not in OUTSIDE), (side, value)
