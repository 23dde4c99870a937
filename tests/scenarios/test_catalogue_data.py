"""The evidence keeps its rules: nothing lost, units known, ranges in order, sources there, trade-offs kept."""

import ast

import pytest

from scenarios.catalogue import equipment_types, levels_left_out
from scenarios.device_levels import device_levels
from scenarios.equipment_types import Types, by_pair
from scenarios.quantities import known, named, pairs, rows, table
from scenarios.units import in_chinese

POLICY = range(1, 12)
"""Tasks of the policy that renew equipment; 12 to 15 are about those who make and sell."""
TRADE_OFFS = [
    ("T1-LATHE", "power_standby"), ("T1-LATHE", "mttr"), ("T1-CUT", "power_standby"), ("T1-CUT", "mttr"),
    ("T1-WELD", "setup"), ("T1-WELD", "mttr"), ("T1-PAINT", "specific_electricity"), ("T4-AGV", "mtbf"),
    ("T4-AGV", "speed"), ("T4-ASRS", "mtbf"), ("T4-CUT", "mtbf"), ("T4-CUT", "power_busy"), ("T4-AIV", "false_reject"),
    ("T7-CEMMILL", "mttr"), ("T8-MAGLEV", "mttr"), ("T9-SCRAP", "specific_electricity"),
    ("T9-REUSE", "specific_electricity"), ("T9-BATT", "specific_electricity"), ("T9-DYE", "electricity"),
    ("T10-GASIF", "mttr"), ("T11-AUTO", "mttr"), ("T1-LOOM-AJ", "compressed_air"), ("T1-WBF", "power_idle"),
]  # fmt: skip


def ranges(row):
    for side in ("old", "new"):
        yield side, [row[f"{side}_{key}"] for key in ("low", "typical", "high")]


def test_no_pair_and_no_row_is_lost():
    assert len(table("equipment")) == 957
    assert len({(row["pair_id"], row["parameter"]) for row in table("equipment")}) == 957
    assert len(pairs()) == 89
    assert list(pairs()) == sorted(pairs(), key=list(dict.fromkeys(r["pair_id"] for r in table("equipment"))).index)


@pytest.mark.parametrize("pair", pairs())
def test_every_pair_has_an_old_and_a_new_type(pair):
    for side in ("old", "new"):
        entry = equipment_types()[by_pair()[pair, side]]
        assert entry["side"] == side
        assert (pair, side) in {(entry["pair"], side), ("T1-RHF", "old")}
        assert entry["described"].size > 0
    assert equipment_types()[by_pair()[pair, "new"]]["capex_cny"] > 0


def test_the_rows_keep_their_rules():
    for row in table("equipment"):
        place = row["pair_id"], row["parameter"]
        assert row["unit"] in in_chinese(), place
        assert row["grade"] in "ABC", place
        assert row["source"].strip(), place
        for _, texts in ranges(row):
            values = [float(text) for text in texts if text]
            assert len(values) in (0, 3), place
            assert values == sorted(values), place
        for key in ("industry", "old", "new"):
            assert row[f"{key}_en"].isascii(), place
            assert row[f"{key}_zh"].strip(), place


def test_estimates_and_sizes_keep_their_rules():
    for row in table("estimates"):
        assert row["unit"] in in_chinese(), row["name"]
        assert float(row["low"]) <= float(row["typical"]) <= float(row["high"])
        assert row["grade"] in "ABC"
        assert row["source"].strip()
    for row in table("pairs"):
        exponents = [float(row[f"exponent_{key}"]) for key in ("low", "typical", "high")]
        assert exponents == sorted(exponents)
        assert exponents[0] >= 0.5
        assert exponents[-1] <= 1
        assert row["size_unit"] in {*in_chinese(), "t/a"}
        assert bool(row["size_en"]) == bool(row["size_zh"])
        assert row["source"].strip()


def test_every_quantity_has_both_names():
    names = {row["name"]: row for row in table("parameters")}
    assert names.keys() == {row["parameter"] for row in table("equipment")}
    for row in names.values():
        assert row["name_en"].isascii()
        assert row["name_zh"].strip()
        assert row["better"] in ("lower", "higher", "")


@pytest.mark.parametrize(("pair", "parameter"), TRADE_OFFS)
def test_trade_offs_of_new_units_are_kept(pair, parameter):
    better = next(row["better"] for row in table("parameters") if row["name"] == parameter)
    old, new = (known(pair, "new")[f"{side}_{parameter}"]["typical"] for side in ("old", "new"))
    assert (new > old) if better == "lower" else (new < old)


def test_every_estimate_and_every_rule_is_used():
    used = {name for entry in Types().values() for f in entry["basis"].values() for name in named(f)}
    idle = {row["name"] for row in table("estimates")} - used
    assert idle == {"labour_cost"}  # plants lean on it


def test_formulas_are_plain_arithmetic():
    allowed = (ast.Expression, ast.BinOp, ast.Name, ast.Load, ast.Constant, ast.Add, ast.Sub, ast.Mult, ast.Div)
    for name, entry in Types().items():
        for path, formula in entry["basis"].items():
            nodes = list(ast.walk(ast.parse(formula, mode="eval")))
            assert all(isinstance(node, allowed) for node in nodes), (name, path)


# the seed map


@pytest.mark.parametrize("number", range(len(table("seed_map"))))
def test_every_row_of_the_seed_map_leads_to_a_pair_or_a_reason(number):
    row = table("seed_map")[number]
    named_pairs = row["pairs"].split()
    assert set(named_pairs) <= set(pairs())
    assert named_pairs or row["reason"]
    if int(row["task"]) in POLICY:
        assert named_pairs
    assert row["industry_en"].isascii()
    assert row["industry_zh"]


def test_every_pair_is_named_in_the_seed_map_under_one_of_its_tasks():
    for pair in pairs().values():
        tasks = {int(row["task"]) for row in table("seed_map") if pair.id in row["pairs"].split()}
        assert tasks & set(pair.tasks), pair.id
    assert {int(row["task"]) for row in table("seed_map")} == set(range(1, 16))


def test_most_values_are_estimates_and_say_so():
    grades = [row["grade"] for row in table("equipment")]
    assert (grades.count("B"), grades.count("C")) == (121, 836)
    assert all("stimate" in row["source"] or row["basis"] for row in table("equipment") if row["grade"] == "C")
    assert rows("T1-RING")


# grades of devices


def test_grades_of_devices_keep_their_rules():
    for level in device_levels():
        limits = [limit for limit in level.grades if limit is not None]
        assert limits == sorted(limits, reverse=level.higher_is_better)
        assert limits
        assert level.grade in "ABC"
        assert level.source
        assert level.standard.startswith("GB ")
        for pair, quantity in level.quantities:
            assert quantity in {row["parameter"] for row in rows(pair)}
    assert len(device_levels()) == sum("level of a device" in item["reason"] for item in levels_left_out())


def test_new_devices_reach_grade_2_as_the_policy_asks_but_for_what_is_named():
    short = set()
    for level in device_levels():
        for pair, quantity in level.quantities:
            old, new = (level.reached(known(pair, "new")[f"{side}_{quantity}"]["typical"]) for side in ("old", "new"))
            if new is not None:
                assert old in (0, 3), (pair, quantity)
                short |= {(pair, quantity)} if new not in (1, 2) else set()
    # Two estimates that do not meet: 73 % for the new blower, and grades guessed for centrifugal blowers of all kinds.
    assert short == {("T8-MAGLEV", "overall_efficiency")}
