"""Both engines make the same events at the same times: on random plants over all that a line can do, and on ready ones.

The blocks of random plants are the same in every run. Each counts which features of the plant file it reached, and
what happened in its runs, and goes on until all was there: a feature that no plant has any more is a failure.
"""

import re
from pathlib import Path

import pytest
from census import every
from engine_choice import OTHER
from engines import differences, played
from hypothesis import strategies as st
from random_agreement import HAPPENINGS, agree
from random_plants import trees
from random_years import years

from models.plant import Plant
from scenarios.files import read_plant, read_text, shipped


@st.composite
def short_runs(draw):
    """A plant, simple or rich, with a horizon behind its renewals and a seed."""
    tree = draw(st.one_of(trees(), trees(rich=True)))
    dated = any(isinstance(entry["at"], str) for entry in tree["schedule"])
    horizon_h = 170 if dated else draw(st.sampled_from([40, 60, 90]))
    return tree | {"run": tree["run"] | {"horizon_h": horizon_h, "seed": draw(st.integers(1, 9))}}


EVERYTHING = every() | HAPPENINGS
AGED = {
    "Behaviour.ageing",
    "Ageing.onset_y",
    "Ageing.repair_time_per_y",
    "Band.months",
    "state failed",
    "a renewal over",
}
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    f"{page.stem} {number}": text
    for page in sorted(DOCS.glob("*.md"))
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), 1)
    if re.search(r"^lines:", text, re.MULTILINE) and ".py:" not in text
}
"""Plants on the pages, but those with a station of the reader's own."""


def reached(seen, wanted, plants):
    assert seen["plants"] >= plants
    assert sorted(wanted - set(seen)) == []


def test_both_engines_agree_on_random_plants():
    reached(agree(short_runs(), 60, 1, EVERYTHING), EVERYTHING, 55)


def test_both_engines_agree_on_plants_that_age():
    reached(agree(years(), 10, 2, AGED), AGED, 8)


@pytest.mark.slow
@pytest.mark.parametrize("block", [11, 13])
def test_both_engines_agree_on_many_random_plants(block):
    reached(agree(short_runs(), 300, block, EVERYTHING), EVERYTHING, 250)


@pytest.mark.slow
def test_both_engines_agree_on_many_plants_that_age():
    reached(agree(years(), 80, 3, AGED), AGED, 60)


def same_story(plant, hours, seed=1):
    assert differences(*(played(engine, plant, hours, seed) for engine in ("simpy", OTHER))) == []


def renewed(name):
    """A shipped plant in which every option is chosen at one station, some machines one by one."""
    tree = read_plant(name).model_dump(exclude_unset=True, by_alias=True)
    tree["schedule"] = [
        {"line": line["name"], "station": station["name"], "machines": 1, "option": option["name"],
         "at": 40.0 + 30 * n, "one_by_one": n % 2 == 1}
        for line in tree["lines"]
        for n, station in enumerate(line["stations"])
        for option in station.get("options", ())[:1]
    ]  # fmt: skip
    return Plant.model_validate(tree)


@pytest.mark.parametrize("name", shipped())
def test_both_engines_agree_on_the_shipped_plants_and_their_renewal(name):
    plant = renewed(name)
    assert plant.schedule
    same_story(plant, 3 * 168.0, seed=3)


@pytest.mark.parametrize("name", PAGES)
def test_both_engines_agree_on_the_plants_of_the_pages(name):
    plant = read_text(PAGES[name])
    same_story(plant, min(plant.run.horizon_h, 100.0))


def test_the_pages_hold_plants():
    assert len(PAGES) >= 20
