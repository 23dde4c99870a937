"""The plant files on the pages run; those of published models give the exact values that stand below them.

Error rate: an interval of 99.9 % over eight replications, as in the theory tests; the seed is fixed.
"""

import re
from pathlib import Path

import pytest
from engine_choice import chosen
from scipy import stats

from scenarios.files import read_text
from sim.simulate import Settings, simulate

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "conventions.md").read_text(encoding="utf-8")
START = (DOCS / "getting_started.md").read_text(encoding="utf-8")
CASES = re.findall(
    r"^### ([^\n]+)\n(?:(?!^### ).)*?```yaml\n(.*?)```\n\n(Exact: [^\n]*(?:\n[^\n]+)*)", PAGE, re.MULTILINE | re.DOTALL
)
VALUES = re.compile(r"`([^`]+)`\s=\s(\d+(?:\.\d+)?)")
WIDER = stats.t.ppf(0.9995, 7) / stats.t.ppf(0.975, 7)
"""An interval of 99.9 % against one of 95 %."""


def found(document, path):
    for key, number in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        document = document[key]
        if number:
            document = document[int(number)]
    return document


@pytest.mark.parametrize(("text", "exact"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_textbook_case_as_a_plant_file(text, exact):
    plant = read_text(text)
    document = simulate(plant, Settings.of(plant, workers=1, engine=chosen()))
    assert document["engine"] == chosen()
    for path, value in VALUES.findall(exact):
        figure, value = found(document, path), float(value)
        if isinstance(figure, dict):
            mean, half = figure["mean"], figure["half_width"] * WIDER
        else:  # a share of states, whose half-width stands beside
            parent, key = path.rsplit(".", 1)
            beside = found(document, f"{parent}_half_width") if parent.endswith("states") else None
            mean, half = figure, beside[key] * WIDER if beside else 0.03 * value
        assert half <= 0.2 * value, f"{path}: too wide, {mean:g} +- {half:g}"
        assert abs(mean - value) <= half + 1e-3 * value, f"{path}: {mean:g} +- {half:g}, exact {value:g}"


def test_every_case_of_the_page_is_tested():
    assert len(CASES) == PAGE.count("\n### ") == PAGE.count("```yaml")
    assert len(CASES) >= 18
    assert all(VALUES.search(case[2]) for case in CASES)
    assert sum(len(VALUES.findall(case[2])) for case in CASES) == len(VALUES.findall(PAGE))


def test_the_plants_to_start_from_run():
    plants = [read_text(text) for text in re.findall(r"```yaml\n(.*?)```", START, re.DOTALL)]
    assert len(plants) == 2
    for plant in plants:
        settings = Settings.of(plant, workers=1, engine=chosen(), replications=2, horizon_h=200.0, warm_up_h=20.0)
        assert simulate(plant, settings)["lines"][0]["good_per_h"]["mean"] > 10
