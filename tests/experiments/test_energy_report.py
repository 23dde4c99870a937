"""Load profile, conventions and energy levels on the terminal, on the page and in the run folder."""

import csv
import io
from dataclasses import replace

import pytest
from made_documents import compare_document, plan_document
from rich.console import Console

from experiments.compare import compare, parse_changes
from experiments.report import energy_parts
from experiments.report.page import html
from experiments.report.parts import Writer
from experiments.run_folder import plain, tables, write_csv
from experiments.tables import show
from models.plant import Plant
from scenarios.catalogue import energy_levels, tariffs
from scenarios.files import read_text
from sim.simulate import Settings, simulate

LEVEL = energy_levels()["clinker"]


@pytest.fixture(scope="module")
def document():
    """Two lines by day shift: 40 and 8 kW; 106.7 and 24.6 kgce a tonne."""

    def station(kw):
        return {"name": "mill", "buffer": None, "cycle_time_s": 3600, "power_kw": {"processing": kw}}

    def line(name, product, kw, **more):
        return {"name": name, "source": "saturated", "mix": {"sequence": [product]}, "stations": [station(kw) | more]}

    tree = {
        "run": {"start": "2026-01-05"},
        "calendar": {"shifts": ["mon-sun 08:00-16:00"]},
        "energy": {"electricity": {"tariff": tariffs()["shandong_industrial"], "grid_factor": {2025: 0.6}}},
        "products": [
            {"name": "a", "mass_kg": 1000, "energy_level": LEVEL},
            {"name": "b", "mass_kg": 40, "energy_level": energy_levels()["newsprint"]},
        ],
        "lines": [line("kiln", "a", 40, use_per_unit={"coal_kg": 142.5}), line("paper", "b", 8)],
    }
    return plain(simulate(Plant.model_validate(tree), Settings(replications=2, horizon_h=96, workers=1)))


def terminal(document, lang):
    out = io.StringIO()
    show(document, Console(file=out, width=200), lang)
    return out.getvalue()


def test_the_terminal_says_how_coal_counts_and_where_products_stand(document):
    text = terminal(document, "en")
    assert "Standard coal counts electricity at its equivalent value" in text
    assert "Years without a grid factor of their own: 2026 as 2025." in text
    assert "106.7 ± 0 kgce/t" in text
    assert "between" in text
    assert "GB 16780-2021 [A]: 100 / 107 / 117; grade 2" in text
    assert "2023 edition" in text
    assert "[B]" in text


def test_the_same_in_chinese(document):
    text = terminal(document, "zh")
    assert "当量值" in text
    assert "标杆水平" in text
    assert "介于基准水平与标杆水平之间" in text
    assert "未列入能效水平目录" in text


def test_comparisons_and_plans_say_how_coal_counts(document):
    energy = {"tce_convention": "equal"}

    def told(run):
        return run | {"lines": [line | {"energy": line["energy"] | energy} for line in run["lines"]]}

    compared = compare_document()
    compared["after"] = told(compared["after"])
    planned = plan_document()
    planned["planned"] = told(planned["planned"])
    said = "Standard coal counts electricity at its equal value"
    assert said in html(compared, "en")
    assert said in html(planned, "en")
    assert said in terminal(compared, "en")


@pytest.mark.parametrize(("lang", "title"), [("en", "Load profile"), ("zh", "负荷曲线")])
def test_the_page_has_the_load_profile_and_the_levels(document, lang, title):
    page = html(document, lang)
    assert f"<h2>{title}" in page.replace("\n", "") or title in page
    assert 'id="load-0-title"' in page
    assert {"en": "deep valley", "zh": "深谷"}[lang] in page
    assert "GB 31825-2024" in page
    assert html(document, lang) == page


def test_profiles_of_many_lines_are_cut_into_charts(document):
    lines = [document["lines"][0] | {"name": f"l{n}"} for n in range(9)]
    charts = energy_parts.profiles({"lines": lines}, Writer("en"))
    assert [chart.svg.count("(kW)") for chart in charts] == [4, 4, 1]


def test_a_line_without_power_or_an_older_document_has_no_profile(document):
    energy = document["lines"][0]["energy"]
    old = {"lines": [{"name": "l", "energy": {k: v for k, v in energy.items() if k in ("tce", "peak_kw")}}]}
    off = {"lines": [{"name": "l", "energy": energy | {"load_profile_kw": [0.0] * 96}}]}
    w = Writer("en")
    assert energy_parts.profiles(old, w) == energy_parts.profiles(off, w) == []
    assert energy_parts.conventions(old, w) == []
    assert [t(old, w).rows for t in (energy_parts.levels, energy_parts.peaks, energy_parts.years)] == [[], [], []]


def test_a_standing_that_is_not_certain_says_so(document):
    line = document["lines"][0]
    level = line["energy"]["levels"][0] | {"standing_certain": False}
    table = energy_parts.levels({"lines": [line | {"energy": {"levels": [level]}}]}, Writer("en"))
    assert table.rows[0][5] == "between (not certain: the interval crosses a level)"
    missing = level | {"value": None, "standing": "unknown", "unknown_because": "no mass_kg for q", "shared_by": 2}
    table = energy_parts.levels({"lines": [line | {"energy": {"levels": [missing]}}]}, Writer("en"))
    assert table.rows[0][2:6] == ["no mass_kg for q", "100", "117", "unknown"]
    assert "shares its energy evenly" in table.note


def test_the_run_folder_holds_the_load_profile(document, tmp_path):
    made = tables(document)
    assert len(made["load_profile"]) == 2 * 96
    noon = next(row for row in made["load_profile"] if row["line"] == "kiln" and row["from"] == "12:00")
    assert noon == {"line": "kiln", "from": "12:00", "mean_kw": 40, "highest_kw": 40, "band": "deep valley"}
    (year, _) = made["electricity_by_year"]
    assert (year["year"], year["kwh"], year["factor_year"]) == (2026, pytest.approx(40 * 32), 2025)
    levels = made["energy_levels"]
    assert [(row["product"], row["level"], row["standing"]) for row in levels] == [
        ("a", "clinker", "between"), ("b", "newsprint", "unknown"),
    ]  # fmt: skip
    assert levels[0]["value.mean"] == pytest.approx(40 * 0.1229 + 142.5 * 0.7143)
    assert not any(isinstance(value, list | dict) for row in made["lines"] for value in row.values())
    write_csv(tmp_path / "load_profile.csv", made["load_profile"])
    with (tmp_path / "load_profile.csv").open(encoding="utf-8-sig") as file:
        assert sum(float(row["mean_kw"]) for row in csv.DictReader(file)) / 96 == pytest.approx(48 / 3)


MILL = """
run: {horizon_h: 50, replications: 2}
products: [{name: cement, mass_kg: 10000, energy_level: cement_grinding_electricity}]
lines:
  - name: grinding
    source: saturated
    stations:
      - {name: mill, equipment: ball_mill, amount_per_part: 10, in_service_since: 2010, buffer: 0,
         options: [{equipment: vertical_roller_mill, size: 110}]}
"""


def test_a_comparison_tells_where_before_and_after_stand():
    plant = read_text(MILL)
    settings = replace(Settings.of(plant), engine="simpy", workers=1)
    document = compare(plant, parse_changes(plant, ()), settings)
    table = energy_parts.levels_before_after(document["before"], document["after"], Writer("en"))
    row = dict(zip((column.label for column in table.columns), table.rows[0], strict=True))
    assert (row["Before"], row["After"]) == ("36 ± 0 kWh/t", "26 ± 0 kWh/t")
    assert row["Limit standard"] == "GB 16780-2021 [A]: 26 / 29 / 34; grade 3 missed → grade 1"
    assert "26 ± 0 kWh/t" in html(document, "zh")
