"""Equipment types of the user: read, checked with file and line, merged, scaled, and told in the assumptions."""

import math

import pytest

from models.errors import DataError
from models.own_type import OwnType
from scenarios.catalogue import equipment, names
from scenarios.evidence import assumptions, origin_in
from scenarios.files import read_plant, read_text, write_plant
from scenarios.own_types import entry_of, read_types

LATHE = """
our_lathe:
  name_en: lathe of the quotation
  name_zh: 报价车床
  side: new
  like: cnc_lathe
  numbers:
    power_kw.processing: {low: 4.8, typical: 5.2, high: 6, unit: kW, grade: A, source: meter 2026}
    capex_cny: {typical: 23.8, unit: 万元, grade: B, source: quotation}
    setup_time_s.lognormal.mean: {low: 20, typical: 25, high: 30, unit: min, grade: A, source: time study}
blaster:
  name_en: bead blaster
  name_zh: 喷砂机
  side: old
  stops: [nozzle, door]
  numbers:
    cycle_time_s: {low: 80, typical: 90, high: 120, unit: s, grade: C, source: estimate}
    failures.0.ttf_h.exponential: {typical: 300, unit: h, grade: C, source: estimate}
    failures.0.ttr_h: {typical: 120, unit: min, grade: C, source: estimate}
    failures.1.ttf_h.exponential: {typical: 30, unit: d, grade: C, source: estimate}
    failures.1.ttr_h: {typical: 1, unit: h, grade: C, source: estimate}
"""
PLANT = """
catalogue: %s
lines:
  - name: shop
    source: saturated
    stations:
      - {name: turning, equipment: engine_lathe, buffer: 0, in_service_since: 2012, options: [{equipment: our_lathe}]}
      - {name: blasting, equipment: blaster, buffer: 5}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "types.yaml").write_text(LATHE, encoding="utf-8")
    return tmp_path


def said(text, folder=None, tmp_path=None):
    with pytest.raises(DataError) as error:
        read_text(text, "plant.yaml", folder or tmp_path)
    return [str(problem) for problem in error.value.problems]


def wrong(tmp_path, text):
    (tmp_path / "types.yaml").write_text(text, encoding="utf-8")
    return [str(problem) for problem in read_types(tmp_path / "types.yaml")[1]]


def test_a_file_of_types_gives_what_stations_and_options_do_not_write(folder):
    plant = read_text(PLANT % "types.yaml", "plant.yaml", folder)
    turning, blasting = plant.lines[0].stations
    option = turning.options[0]
    assert (option.power_kw.processing, option.capex_cny) == (5.2, 238_000)
    assert option.power_kw.idle == equipment("cnc_lathe")["power_kw"]["idle"]  # from `like`
    assert option.cycle_time_factor == equipment("cnc_lathe")["cycle_time_factor"]
    assert option.cycle_time_s is None  # the ratio counts, not the reference part
    assert option.setup_time_s.mean() == 1500
    assert [f.name for f in blasting.failures] == ["nozzle", "door"]
    assert [f.ttf_h.mean() for f in blasting.failures] == [300, 720]
    assert [f.ttr_h for f in blasting.failures] == [2, 1]


def test_a_plant_with_types_is_written_whole_and_reads_back(folder):
    plant = read_text(PLANT % "[types.yaml]", "plant.yaml", folder)
    assert read_text(write_plant(plant)) == plant


def test_types_may_stand_in_the_plant_file_itself():
    inline = LATHE.replace("\n", "\n  ")
    plant = read_text(PLANT.replace(" %s", inline))
    assert plant.catalogue["blaster"].name_zh == "喷砂机"


def test_assumptions_tell_range_grade_and_source_of_own_numbers(folder):
    plant = read_text(PLANT % "types.yaml", "plant.yaml", folder)
    by_what = {(row["where"], row["what"]): row for row in assumptions(plant)}
    setup = by_what["shop/turning/our_lathe", "setup_time_s.lognormal.mean"]
    assert (setup["low"], setup["value"], setup["high"]) == (1200, 1500, 1800)
    assert (setup["grade"], setup["source"], setup["unit"]) == ("A", "time study", "s")
    assert by_what["shop/turning/our_lathe", "scrap"]["grade"] == "C"  # from `like`
    assert by_what["shop/blasting", "failures.1.ttf_h.exponential"]["value"] == 720
    assert names(["our_lathe", "blaster"], plant.catalogue)["blaster"] == {"en": "bead blaster", "zh": "喷砂机"}


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("grade: A, source: meter 2026", "types.yaml:8: our_lathe.numbers.power_kw.processing", "'source' is missing"),
        ("unit: kW", "types.yaml:8: our_lathe.numbers.power_kw.processing.unit", "unit 'kWh'"),
        ("low: 4.8", "types.yaml:8: our_lathe.numbers.power_kw.processing", "not in rising order"),
        ("grade: A, source: time", "types.yaml:10: our_lathe.numbers.setup_time_s.lognormal.mean.grade", "'A', 'B'"),
        ("like: cnc_lathe", "types.yaml:6: our_lathe.like", "did you mean 'cnc_lathe'"),
        ("name_zh: 报价车床", "types.yaml:2: our_lathe", "'name_zh' is missing"),
        ("power_kw.processing", "types.yaml:8: our_lathe.numbers.power_kv.processing", "did you mean 'power_kw'"),
        ("    capex_cny: {typical: 23.8", "types.yaml:9: our_lathe.numbers.capex_cny", "at least 0"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_line(tmp_path, text, place, what):
    changed = {
        "grade: A, source: meter 2026": "grade: A", "unit: kW": "unit: kWh", "low: 4.8": "low: 9",
        "grade: A, source: time": "grade: D, source: time", "like: cnc_lathe": "like: cnc_lathes",
        "name_zh: 报价车床": "", "power_kw.processing": "power_kv.processing",
        "    capex_cny: {typical: 23.8": "    capex_cny: {typical: -1",
    }  # fmt: skip
    assert text in LATHE
    problems = wrong(tmp_path, LATHE.replace(text, changed[text], 1))
    assert any(place in problem and what in problem for problem in problems), problems


def test_all_mistakes_come_at_once_and_before_those_of_the_plant(tmp_path):
    (tmp_path / "types.yaml").write_text(
        LATHE.replace("unit: kW", "unit: V").replace("grade: B", "grade: X").replace("side: old", "side: new"), "utf-8"
    )
    problems = said(PLANT % "types.yaml", tmp_path)
    assert len(problems) == 3
    assert any("blaster.numbers: key 'capex_cny' is missing" in problem for problem in problems)
    assert not any("plant.yaml" in problem for problem in problems)


def test_a_name_of_the_catalogue_is_not_taken_twice(tmp_path):
    problems = wrong(tmp_path, LATHE.replace("our_lathe:", "cnc_lathe:"))
    assert "like: cnc_lathe" in problems[0]
    (tmp_path / "types.yaml").write_text(LATHE, encoding="utf-8")
    (tmp_path / "more.yaml").write_text(LATHE, encoding="utf-8")
    assert any("again, in more.yaml" in p for p in said(PLANT % "[types.yaml, more.yaml]", tmp_path))


def test_files_that_are_none_are_told(tmp_path):
    assert "not readable" in said(PLANT % "none.yaml", tmp_path)[0]
    assert "not YAML" in wrong(tmp_path, "a: [b")[0]
    (tmp_path / "types.yaml").write_bytes(b"a: \xff")
    assert "UTF-8" in str(read_types(tmp_path / "types.yaml")[1][0])
    assert any("a.name_en" in p or "name_en" in p for p in wrong(tmp_path, "a: {side: old}"))
    assert wrong(tmp_path, "a: 3")
    assert any("catalogue" in p for p in said("catalogue: 3\nlines: []", tmp_path))


def test_a_number_of_another_family_takes_the_place_of_the_whole(tmp_path):
    fixed = LATHE.replace("setup_time_s.lognormal.mean", "setup_time_s")
    (tmp_path / "types.yaml").write_text(fixed, encoding="utf-8")
    plant = read_text(PLANT % "types.yaml", "plant.yaml", tmp_path)
    assert plant.lines[0].stations[0].options[0].setup_time_s == 1500


# sizes and amounts


def station(text):
    start = "lines: [{name: l, source: saturated, stations: [{name: s, buffer: 0, in_service_since: 2010, "
    return read_text(f"{start}{text}}}]}}]").lines[0].stations[0]


def test_a_size_scales_power_price_and_pace():
    motor = station("equipment: ie2_motor, size: 150, cycle_time_s: 60, options: [{equipment: ie4_motor, size: 150}]")
    old, new = equipment("ie2_motor"), equipment("ie4_motor")
    assert motor.power_kw.processing == 2 * old["power_kw"]["processing"]
    assert motor.options[0].capex_cny == pytest.approx(new["capex_cny"] * 2**0.65)
    assert motor.options[0].cycle_time_factor == 1
    mill = station("equipment: ball_mill, size: 55, amount_per_part: 10, options: [{equipment: vertical_roller_mill}]")
    assert math.isclose(mill.cycle_time_s, 10 * 3600 / 55, rel_tol=1e-3)
    assert mill.use_per_unit["electricity_kwh"] == 360
    assert mill.options[0].use_per_unit["electricity_kwh"] == 260  # the amount is the station's
    assert math.isclose(mill.options[0].cycle_time_factor, 55 / 170, rel_tol=1e-3)


def test_what_is_written_goes_before_what_is_scaled():
    motor = station("equipment: ie2_motor, size: 150, cycle_time_s: 60, power_kw: {processing: 7}")
    assert motor.power_kw.processing == 7


def test_assumptions_tell_the_scaled_numbers():
    plant = read_text(
        "lines: [{name: l, source: saturated, stations: [{name: s, buffer: 0, in_service_since: 2010, "
        "equipment: ie2_motor, size: 150, cycle_time_s: 60}]}]"
    )
    power = next(row for row in assumptions(plant) if row["what"] == "power_kw.processing")
    assert power["value"] == plant.lines[0].stations[0].power_kw.processing
    assert power["low"] < power["value"] < power["high"]
    assert "x 2 for its size" in power["note"]


def test_a_size_without_equipment_is_refused():
    problems = said("lines: [{name: l, source: saturated, stations: [{name: s, buffer: 0, cycle_time_s: 1, size: 3}]}]")
    assert "size without equipment" in problems[0]


def test_an_own_type_of_another_size_scales_what_it_takes_over():
    own = OwnType.model_validate({
        "name_en": "big motor", "name_zh": "大电机", "side": "new", "like": "ie4_motor",
        "size": {"value": 300, "unit": "kW"},
        "numbers": {"install_d": {"typical": 2, "unit": "d", "grade": "A", "source": "contract"}},
    })  # fmt: skip
    entry = entry_of(own)
    assert entry["power_kw"]["processing"] == 4 * equipment("ie4_motor")["power_kw"]["processing"]
    power = origin_in(entry, "power_kw.processing")
    assert power["low"] < entry["power_kw"]["processing"] < power["high"]
    assert origin_in(entry, "install_d")["grade"] == "A"


def test_the_shipped_plants_are_as_before():
    assert all(not read_plant(name).catalogue for name in ("machining", "spinning", "steel-pipe"))
