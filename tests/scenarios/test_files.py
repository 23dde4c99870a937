import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import DataError
from scenarios.files import read_plant, read_text, shipped, template_text, write_plant

STATION = "{name: cut, buffer: 3, cycle_time_s: 60}"


def problems(text):
    with pytest.raises(DataError) as caught:
        read_text(text, "p.yaml")
    return [str(p) for p in caught.value.problems]


MISTAKES = """\
renewline: 1
plant: {name: works, regoin: shandong}
products: [{name: shaft}, {name: flange}]
crews: {repair: 1}
lines:
  - name: shop
    source: saturated
    mix: {sequence: [shaft, flange]}
    stations:
      - name: turning
        buffer: 4
        cycle_time_s: {shaft: -240, flange: 300}
      - name: milling
        cycle_time_s: 90
        machines: two
        options:
          - {name: centre, install_d: 4}
      - name: grinding
        buffer: 5
        cycle_time_s: {shaft: 30, flnge: 40}
        scrap: 3 %
        failures: [{ttf_h: {exponentail: 4}, ttr_h: 1, crew: repiar}]
renewal:
  start: 2026-01
  years: 2
  budget_cny: {2026: 100, 2028: 100}
  downtime_h_per_period: {shp: 4}
"""


def test_every_mistake_is_listed_at_once_with_line_and_place():
    found = problems(MISTAKES)
    expected = [
        (2, "plant.regoin", "unknown key 'regoin'", "did you mean 'region'?"),
        (12, "lines[0].stations[0] (turning).cycle_time_s.shaft", "found -240", "at least 0"),
        (13, "lines[0].stations[1] (milling)", "key 'buffer' is missing", "it is required"),
        (15, "lines[0].stations[1] (milling).machines", "found the text 'two'", "a whole number or a list"),
        (17, "lines[0].stations[1] (milling).options[0] (centre)", "key 'capex_cny' is missing", "required: Price"),
        (20, "lines[0].stations[2] (grinding).cycle_time_s.flnge", "unknown product", "did you mean 'flange'?"),
        (20, "lines[0].stations[2] (grinding).cycle_time_s", "no value for flange", "each of shaft, flange"),
        (21, "lines[0].stations[2] (grinding).scrap", "found the text '3 %'", "a number is allowed"),
        (22, "lines[0].stations[2] (grinding).failures[0].ttf_h", "exponentail", "did you mean 'exponential'?"),
        (22, "lines[0].stations[2] (grinding).failures[0].crew", "unknown crew 'repiar'", "did you mean 'repair'?"),
        (26, "renewal.budget_cny.2028", "a budget for 2028", "2026 to 2027"),
        (27, "renewal.downtime_h_per_period.shp", "unknown line 'shp'", "did you mean 'shop'?"),
    ]
    for line, place, what, allowed in expected:
        matching = [f for f in found if f.startswith(f"p.yaml:{line}: {place}: ") and what in f and allowed in f]
        assert len(matching) == 1, (line, place, found)
    assert len(found) == len(expected), found
    lines = [int(f.split(":")[1]) for f in found]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "not YAML"),
        ("", 1, "the file is empty"),
        ("- 1\n", 1, "holds no mapping"),
        ("a: 1\nlines: &x [*x]\n", 2, "refers to what it is in"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "not readable"),
    ],
)
def test_what_is_no_plant_file_is_told_with_its_line(text, line, what):
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(f"p.yaml:{line}: ")
    assert what in found[0]


def test_keys_written_twice_are_all_found():
    lines = f"lines:\n  - name: l\n    source: saturated\n    name: m\n    stations: [{STATION}]\n"
    text = lines + "run: {seed: 1, seed: 2}\n"
    found = problems(text)
    assert [f.split(":")[1] for f in found] == ["4", "6"]
    assert "key 'name' again, first in line 2" in found[0]
    assert "run.seed: key 'seed' again" in found[1]


def test_unreadable_files_are_data_errors(tmp_path):
    bad = tmp_path / "gbk.yaml"
    bad.write_bytes(b"plant:\n  name: \xb3\xb5\xbc\xe4\n")
    with pytest.raises(DataError, match=rf"{re.escape(str(bad))}:2: byte 0xb3 is not UTF-8"):
        read_plant(bad)
    with pytest.raises(DataError, match="no such file"):
        read_plant(tmp_path / "none.yaml")
    with pytest.raises(DataError, match="not readable"):
        read_plant(tmp_path)
    with pytest.raises(DataError, match=r"did you mean 'machining'\?"):
        read_plant("machning")


def test_a_byte_order_mark_and_a_windows_file_are_read(tmp_path):
    file = tmp_path / "plant.yaml"
    text = f"lines: [{{name: l, source: saturated, stations: [{STATION}]}}]\n".replace("\n", "\r\n")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_plant(file).lines[0].name == "l"


def test_equipment_holds_where_the_station_says_nothing():
    plant = read_text("""
lines:
  - name: l
    source: saturated
    stations:
      - name: turning
        equipment: engine_lathe
        buffer: null
        scrap: 0.5
        options: [{equipment: cnc_lathe, capex_cny: 7}]
""")
    station = plant.lines[0].stations[0]
    assert station.scrap == 0.5  # written
    assert station.power_kw.processing == 3.5  # catalogue
    option = station.options[0]
    assert (option.name, option.capex_cny, option.install_d) == ("cnc_lathe", 7, 5)


def test_unknown_equipment_and_tariff_are_located():
    found = problems("""\
energy: {electricity: {tariff: shandong}}
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: 1, cycle_time_s: 3, equipment: engine_late}
""")
    assert found[0].startswith("p.yaml:1: energy.electricity.tariff: unknown tariff 'shandong'")
    assert found[1].startswith("p.yaml:6: lines[0].stations[0] (a).equipment: unknown equipment 'engine_late'")
    assert "did you mean 'engine_lathe'?" in found[1]
    assert len(found) == 2


def test_a_mistake_in_a_merged_mapping_is_shown_where_it_is_written():
    found = problems("""\
lines:
  - name: l
    source: saturated
    stations:
      - &first
        name: a
        buffer: -2
        cycle_time_s: 3
      - <<: *first
        name: b
""")
    assert [f.split(": ")[0] for f in found] == ["p.yaml:7", "p.yaml:7"]


def test_a_setup_time_is_a_distribution_however_its_numbers_are_written():
    for mean in ("600", "600.0"):
        station = STATION.replace("}", f", setup_time_s: {{lognormal: {{mean: {mean}, cv: 0.3}}}}}}")
        plant = read_text(f"lines: [{{name: l, source: saturated, stations: [{station}]}}]")
        assert type(plant.lines[0].stations[0].setup_time_s).__name__ == "Lognormal"


@pytest.mark.parametrize("name", ["machining", "spinning", "steel-pipe"])
def test_the_examples_are_valid_and_come_back_equal(name):
    plant = read_plant(name)
    assert read_text(write_plant(plant)) == plant
    assert template_text(name).startswith("# ")
    assert 15 <= sum(s.count for line in plant.lines for s in line.stations) <= 60
    assert plant.renewal is not None
    wishes = sum(
        s.count * max(o.capex_cny for o in s.options) for line in plant.lines for s in line.stations if s.options
    )
    assert sum(plant.renewal.budget_cny.values()) < wishes  # there is something to choose
    assert sorted(plant.renewal.budget_cny) == plant.renewal.calendar_years()
    assert set(plant.renewal.downtime_h_per_period) == {line.name for line in plant.lines}


def test_the_examples_are_what_is_shipped():
    assert {"machining", "spinning", "steel-pipe", "cement", "bearings"} < set(shipped())
    folder = Path(__file__).parents[2] / "scenarios" / "data" / "plants"
    assert sorted(p.stem for p in folder.iterdir()) == list(shipped())


numbers = st.floats(min_value=1e-9, max_value=1e12, allow_nan=False)
names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda t: "/" not in t and t not in ("exit", "scrap")
)
dists = st.one_of(
    numbers,
    st.fixed_dictionaries({"exponential": numbers}),
    st.fixed_dictionaries({"lognormal": st.fixed_dictionaries({"mean": numbers, "cv": numbers})}),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None, derandomize=True)
@given(
    name=names,
    stations=st.lists(
        st.fixed_dictionaries(
            {"name": names, "buffer": st.none() | st.integers(0, 99), "cycle_time_s": dists, "setup_time_s": dists},
            optional={"machines": st.integers(1, 9), "scrap": st.floats(0, 1), "power_kw": st.just({"off": 0.0})},
        ),
        min_size=1, max_size=3, unique_by=lambda s: s["name"],
    ),
)  # fmt: skip
def test_any_plant_comes_back_equal(name, stations):
    from models.plant import Plant

    plant = Plant.model_validate({"lines": [{"name": name, "source": "saturated", "stations": stations}]})
    again = read_text(write_plant(plant))
    assert again == plant
    assert again.model_fields_set == plant.model_fields_set


@pytest.mark.parametrize(
    ("line", "where", "before", "after"),
    [
        (1, "products", "products: [{name: part}]", "products: []"),
        (4, "lines[0].source", "source: saturated", "source: []"),
        (4, "lines[0].source[0].profile", "source: saturated", "source: [{profile: []}]"),
        (6, "lines[0].stations[0] (cut).machines", "buffer: 3", "buffer: 3, machines: []"),
    ],
)
def test_a_list_without_which_nothing_is_made_may_not_be_empty(line, where, before, after):
    text = f"products: [{{name: part}}]\nlines:\n  - name: l\n    source: saturated\n    stations:\n      - {STATION}\n"
    read_text(text)
    assert problems(text.replace(before, after)) == [
        f"p.yaml:{line}: {where}: found a list of 0; at least 1 of them is allowed"
    ]
