import math

import pytest

from models.energy import Tariff
from models.equipment import Behaviour, Option
from scenarios.catalogue import equipment, equipment_types, tariffs
from scenarios.evidence import assumptions, origin
from scenarios.files import read_plant, read_text
from scenarios.quantities import known, named, table, worth
from scenarios.sizes import META


def leaves(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from leaves(value, (*path, str(n)))
    else:
        yield ".".join(path), node


@pytest.mark.parametrize("name", equipment_types())
def test_every_number_follows_from_the_tables(name):
    entry = equipment(name)
    numbers = {
        path: v
        for path, v in leaves({k: v for k, v in entry.items() if k not in META})
        if not isinstance(v, str | bool)
    }
    assert numbers.keys() == entry["basis"].keys()
    for path, value in numbers.items():
        assert math.isclose(value, origin(name, path)["typical"], rel_tol=5e-4), path


@pytest.mark.parametrize("name", equipment_types())
def test_every_type_is_a_behaviour_and_new_ones_can_be_bought(name):
    entry = equipment(name)
    fields = {key: value for key, value in entry.items() if key not in META}
    if entry["side"] == "new":
        assert Option.model_validate({"name": name, **fields}).capex_cny > 0
    else:
        Behaviour.model_validate(fields)
    assert entry["name_en"].isascii()
    assert any("\u4e00" <= c <= "\u9fff" for c in entry["name_zh"])


def test_the_furnaces_of_two_pairs_start_from_one():
    # Both furnace pairs start from one and the same inclined-hearth furnace.
    old = known("T1-RHF", "old"), known("T1-WBF", "old")
    for row in ("throughput", "specific_fuel", "idle_fuel", "power_busy", "power_idle", "mtbf", "mttr", "heat_up"):
        assert old[0][row]["typical"] == old[1][row]["typical"]


def test_the_repair_cv_belongs_to_the_shape_parameters_of_its_note():
    row = next(r for r in table("estimates") if r["name"] == "repair_cv")
    for key, s in (("low", 0.8), ("typical", 1.0), ("high", 1.2)):
        assert math.isclose(float(row[key]), math.sqrt(math.exp(s * s) - 1), rel_tol=1e-3)


def test_the_old_furnace_burns_2_7_gj_per_tonne_at_full_load():
    gas = equipment("inclined_hearth_furnace")["use_per_h"]["natural_gas_m3"]
    assert math.isclose(gas["processing"] * 0.035588 / 15, 2.7, rel_tol=1e-3)
    heating = read_plant("steel-pipe").lines[0].station("heating")
    tonnes_per_h = 5 * 3600 / heating.pace_s
    use = heating.use_per_h["natural_gas_m3"]
    assert math.isclose(use.processing * 0.035588 / tonnes_per_h, 2.7, rel_tol=1e-3)
    assert math.isclose(use.holding / use.processing, 0.35, rel_tol=1e-3)


def test_new_furnaces_are_paced_to_the_mill_and_burn_between_holding_and_full_fire():
    station = read_plant("steel-pipe").lines[0].station("heating")
    for name, tonnes_per_h, full in (("walking_beam_furnace", 35, 1.3), ("rotary_hearth_furnace", 45, 1.4)):
        option = next(o for o in station.options if o.name == name)
        use = option.use_per_h["natural_gas_m3"]
        at_full = tonnes_per_h * full / 0.035588
        assert option.pace_s == 900  # 5 t at the mill's 20 t/h
        assert math.isclose(use.processing, use.holding + (at_full - use.holding) * 20 / tonnes_per_h, rel_tol=2e-3)


def test_the_tariff_follows_from_flat_price_and_band_factors():
    tariff = Tariff.model_validate(tariffs()["shandong_industrial"])
    factors = {"flat": 1.0, "critical": 2.0, "peak": 1.7, "valley": 0.3, "deep valley": 0.1}
    for band, factor in factors.items():
        assert math.isclose(tariff.bands[band], 0.59 * (0.3 + 0.7 * factor), abs_tol=1e-9)
    hours = tariff.table()
    names = list(tariff.bands)
    assert [names[hours[0][h * 4]] for h in (1, 3, 11, 17, 20, 23)] == [
        "flat", "valley", "deep valley", "critical", "peak", "flat",
    ]  # fmt: skip
    assert [names[hours[6][h * 4]] for h in (0, 3, 12, 17, 19, 22)] == [
        "flat", "valley", "flat", "peak", "critical", "peak",
    ]  # fmt: skip
    assert [names[hours[3][h * 4]] for h in (10, 12, 14, 17, 18, 21)] == [
        "valley", "deep valley", "valley", "peak", "critical", "peak",
    ]  # fmt: skip
    assert tariff.demand_cny_per_kw_month == 38.4
    assert tariff.grade == "C"


def test_a_formula_takes_every_name_at_both_ends():
    assert worth("(a + b * 2) / 4 - 1", {"a": 2, "b": 5}) == 2
    assert named("old_x / (new_x + 3)") == ("new_x", "old_x")
    factor = origin("cnc_lathe", "cycle_time_factor")
    assert (factor["low"], factor["high"]) == (150 / 900, 320 / 420)
    assert math.isclose(factor["typical"], 220 / 600)


def test_assumptions_tell_what_is_in_force_and_nothing_else():
    plant = read_text("""
energy: {natural_gas: {price_cny_per_m3: 3}}
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: null, equipment: engine_lathe, scrap: 0.01, use_per_h: {natural_gas_m3: {processing: 1}}}
assumptions: [{what: margin, value: none, grade: C, source: estimate}]
""")
    rows = assumptions(plant)
    by_what = {(row["where"], row["what"]): row for row in rows}
    power = by_what["l/a", "power_kw.processing"]
    assert (power["value"], power["low"], power["high"], power["unit"], power["grade"]) == (3.5, 2.5, 5, "kW", "C")
    assert ("l/a", "scrap") not in by_what  # the plant's own
    assert ("energy/natural_gas", "price_cny_per_m3") not in by_what  # given
    assert ("energy/natural_gas", "co2_kg_per_m3") in by_what
    assert ("energy/electricity", "price_cny_per_kwh") in by_what
    assert not any(where == "energy/steam" for where, _ in by_what)  # not used
    assert rows[-1]["what"] == "margin"
    keys = {"what", "where", "value", "unit", "low", "high", "grade", "source", "note"}
    assert all(row.keys() == keys and row["source"] and row["grade"] in "ABC" for row in rows)


@pytest.mark.parametrize("name", ["machining", "spinning", "steel-pipe"])
def test_every_example_lists_its_assumptions(name):
    plant = read_plant(name)
    rows = assumptions(plant)
    assert any(row["what"] == "tariff shandong_industrial" for row in rows)
    assert len(plant.assumptions) >= 8
    assert all(a.source for a in plant.assumptions)


def test_the_spinning_stops_keep_the_catalogues_numbers():
    # These are written out in the plant, for the crews; they must not drift from the catalogue.
    line = read_plant("spinning").line("spinning line")
    ring = line.station("ring spinning")
    for behaviour, name in ((ring, "ring_frame"), (ring.options[0], "long_compact_ring_frame")):
        for failure, own in zip(behaviour.failures, equipment(name)["failures"], strict=True):
            assert failure.name == own["name"]
            assert math.isclose(failure.ttf_h.mean(), own["ttf_h"]["exponential"], rel_tol=1e-3)
            assert math.isclose(failure.ttr_h.mean(), own["ttr_h"]["lognormal"]["mean"], rel_tol=1e-3)
    looms = read_plant("spinning").line("weaving line").station("weaving")
    for behaviour in (looms, *looms.options):
        for failure, own in zip(behaviour.failures, equipment(behaviour.equipment)["failures"], strict=True):
            assert math.isclose(failure.ttf_h.mean(), own["ttf_h"]["exponential"], rel_tol=1e-3)
            assert math.isclose(failure.ttr_h.mean(), own["ttr_h"]["lognormal"]["mean"], rel_tol=1e-3)


def test_grouping_spindles_keeps_the_piecers_load():
    frame, rows = equipment("ring_frame"), known("T1-RING", "old")
    breaks = frame["failures"][1]
    visits_per_h = frame["heads"] / breaks["ttf_h"]["exponential"]
    grouped_h = visits_per_h * breaks["ttr_h"]["lognormal"]["mean"]
    single_per_h = rows["spindles_per_frame"]["typical"] * rows["end_breaks"]["typical"] / 1000
    piecing_min = rows["piecing_time"]["typical"] + rows["walking_time"]["typical"]
    assert math.isclose(grouped_h, single_per_h * piecing_min / 60, rel_tol=1e-3)
