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
    if re.search(r"^lines:", text, re.MULTILINE) and ".py:" not in text and "catalogue: " not in text
}
"""Plants on the pages, but those with a file of the reader's own."""


FEW = {
    "priority of crews": """
crews: {fitter: 1}
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: 2, cycle_time_s: 600, machines: 3,
         failures: [{ttf_h: {exponential: 2}, ttr_h: {exponential: 1}, crew: fitter, priority: 1}]}
      - {name: b, buffer: 2, cycle_time_s: 500, machines: 3,
         failures: [{ttf_h: {exponential: 2}, ttr_h: {exponential: 1}, crew: fitter, priority: 0}]}
""",
    "maintenance of the week": """
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: 2, cycle_time_s: 600, maintenance: [{at: fri 05:00, duration_h: 2}]}
""",
    "good and bad parts": """
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: 2, cycle_time_s: 600, scrap: 0.3, use_per_unit: {electricity_kwh: 2, natural_gas_m3: 1}}
      - {name: b, buffer: 2, cycle_time_s: 700, inspect: {detects: 0.5}}
""",
    "places kept": """
lines:
  - name: l
    source: saturated
    blocking: before_service
    stations:
      - {name: a, buffer: 2, cycle_time_s: {exponential: 600}, machines: 2}
      - {name: b, buffer: 1, cycle_time_s: {exponential: 600}, machines: 2}
""",
    "sleepers": """
lines:
  - name: l
    source: {interarrival_s: {exponential: 1500}}
    stations:
      - {name: a, buffer: null, cycle_time_s: {exponential: 2000}, machines: 3,
         standby: {after_s: 300, start_up_s: 400, wake_at_parts: 2}}
""",
    "age": """
run: {start: 2026-01-01}
lines:
  - name: l
    source: saturated
    stations:
      - {name: a, buffer: 2, cycle_time_s: 90000, in_service_since: 2016,
         ageing: {failure_rate_per_y: 0.4, energy_per_y: 0.02}, power_kw: {processing: 4},
         failures: [{ttf_h: {exponential: 200}, ttr_h: 10}]}
""",
}  # fmt: skip
"""Small plants by what they are about, for changes to compiled rules to show in a second."""


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


FIRST = ("machining", "spinning", "steel-pipe")


@pytest.mark.parametrize("name", [n if n in FIRST else pytest.param(n, marks=pytest.mark.slow) for n in shipped()])
def test_both_engines_agree_on_the_shipped_plants_and_their_renewal(name):
    plant = renewed(name)
    assert plant.schedule
    same_story(plant, 3 * 168.0 if name in FIRST else 168.0, seed=3)


@pytest.mark.parametrize("name", PAGES)
def test_both_engines_agree_on_the_plants_of_the_pages(name):
    plant = read_text(PAGES[name])
    same_story(plant, min(plant.run.horizon_h, 100.0))


@pytest.mark.parametrize("about", FEW)
def test_both_engines_agree_on_a_few_small_plants(about):
    same_story(read_text(FEW[about]), 2.5 * 8760.0 if about == "age" else 15 * 24.0)


def test_the_pages_hold_plants():
    assert len(PAGES) >= 20
