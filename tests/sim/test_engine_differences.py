"""The comparison of two engines sees what it should: one moment, one state, one kWh, one wait; and nothing else.

Each test changes a plant, or a story that was told, in one thing.
"""

import copy

import pytest
from engines import FLOOR, REL, close, differences, played
from random_agreement import parted, told
from shrink import smaller

from models.plant import Plant
from scenarios.files import read_text


def line(**fields):
    """A saw that fails and is mended by a fitter, a batch oven behind, a drill with people; inspected at the end."""
    fails = [{"name": "blade", "clock": "calendar", "ttf_h": {"sequence": [7, 11, 50]}, "ttr_h": 1.5, "crew": "fitter"}]
    stations = [
        {"name": "saw", "buffer": None, "cycle_time_s": 1800, "failures": fails,
         "power_kw": {"processing": 5, "idle": 1}},
        {"name": "oven", "kind": "batch", "capacity": 2, "buffer": 3, "cycle_time_s": 3000,
         "power_kw": {"processing": 20, "blocked": 4}},
        {"name": "drill", "buffer": 1, "cycle_time_s": {"exponential": 1500}, "crew": {"processing": "fitter"},
         "scrap": 0.1, "inspect": {}, "use_per_unit": {"electricity_kwh": 0.25}},
    ]  # fmt: skip
    stations[0] |= fields
    return {"crews": {"fitter": 1}, "lines": [{"name": "l", "source": "saturated", "stations": stations}],
            "run": {"horizon_h": 60, "seed": 3}}  # fmt: skip


def story(tree=None, seed=1):
    return played("simpy", Plant.model_validate(tree or line()), 60, seed)


@pytest.fixture(scope="module")
def one():
    return story()


def test_the_same_run_twice_is_the_same_story(one):
    assert differences(one, story()) == []
    assert len(one.visits) > 100
    assert {row["state"] for row in one.states} >= {"processing", "failed", "blocked", "waiting_crew"}
    assert len(one.counted) == 4


def test_another_seed_is_another_story(one):
    told = differences(one, story(seed=2))
    assert told[0].startswith("visits: row ")


def changed(one, table, column, by, number=40):
    other = copy.deepcopy(one)
    row = [r for r in getattr(other, table) if r[column] is not None][number]
    row[column] = row[column] + by if not isinstance(row[column], str) else by
    return differences(one, other)


@pytest.mark.parametrize("column", ["enter_s", "start_s", "finish_s", "leave_s"])
def test_one_moment_of_a_part_a_hair_later_is_seen(one, column):
    (text,) = changed(one, "visits", column, 1e-9)
    assert f"is the first that differs, in {column}" in text
    assert text.count("\n      l/") == 2  # the rows before, which are the same
    assert "\n    - l/" in text
    assert "\n    + l/" in text


@pytest.mark.parametrize(("column", "by"), [("state", "off"), ("end_s", 1e-9), ("part", 1), ("power_kw", 1e-6)])
def test_one_stay_that_is_not_the_same_is_seen(one, column, by):
    (text,) = changed(one, "states", column, by, 5)
    assert f"differs, in {column}" in text


@pytest.mark.parametrize("column", ["part", "visit", "batch", "lot"])
def test_one_number_of_a_visit_is_seen(one, column):
    (text,) = changed(one, "visits", column, 1, 10)
    assert f"differs, in {column}" in text


def test_where_a_part_goes_is_seen(one):
    (text,) = changed(one, "visits", "to", "scrap", 0)
    assert "differs, in to" in text


def test_a_row_that_is_missing_is_seen(one):
    other = copy.deepcopy(one)
    del other.visits[-1]
    (text,) = differences(one, other)
    assert "(no more rows)" in text


def test_the_order_at_one_instant_is_seen_and_told_as_such(one):
    other = copy.deepcopy(one)
    other.states[10], other.states[11] = other.states[11], other.states[10]
    (text,) = differences(one, other)
    assert "only their order is not" in text


def test_times_may_be_compared_less_strictly(one):
    other = copy.deepcopy(one)
    for row in other.visits:
        row["enter_s"] *= 1 + 1e-12
    assert differences(one, other, time_rel=1e-9) == []
    other.visits[30]["enter_s"] += 1
    assert len(differences(one, other, time_rel=1e-9)) == 1


@pytest.mark.parametrize(
    ("place", "part"),
    [
        (("lines", 0, "meter", "kwh_by_slot", 33), "a kWh of one quarter hour"),
        (("lines", 0, "stations", 1, "machines", 0, "amounts", "electricity_kwh", 0), "a kWh of one state"),
        (("lines", 0, "stations", 2, "machines", 0, "per_unit", "electricity_kwh"), "a kWh of the parts"),
        (("crews", 0, "waits", "total"), "one wait for people"),
        (("crews", 0, "waits", "count"), "one request"),
        (("lines", 0, "stations", 0, "number", "seconds", 1), "the time with one part"),
        (("lines", 0, "wip_area"), "parts in the line"),
        (("lines", 0, "feeds", 0, "offered"), "one part offered"),
    ],
)  # fmt: skip
def test_one_figure_that_is_not_the_same_is_seen(one, place, part):
    """A thousandth of one, of one machine, at the last of four moments."""
    told = differences(one, with_figure(one, place))
    assert len(told) == 1, part
    assert told[0].startswith(f"step 4/reading/{place[0]}/0 ")


def with_figure(one, place):
    """The story with another figure at a place of its last reading."""
    other = copy.deepcopy(one)
    figures = other.counted["step 4"]["reading"]
    words = [str(step) for step in place]
    (key,) = [k for k in figures if [w.split(" ")[0] for w in k.split("/")] == words and not k.endswith(" entries")]
    figures[key] += 1 if isinstance(figures[key], int) else 0.001
    return other


def test_a_figure_that_is_missing_is_seen(one):
    other = copy.deepcopy(one)
    del other.counted["step 4"]["record"]["lines"][0]["wip"]
    assert differences(one, other) == [
        f"step 4/record/lines/0 l/wip: {one.counted['step 4']['record']['lines'][0]['wip']!r} and '(nothing)'"
    ]


def test_figures_are_the_same_but_for_rounding():
    assert close(1e6, 1e6 * (1 + 0.5 * REL))
    assert not close(1e6, 1e6 * (1 + 2 * REL))
    assert close(0.0, 0.5 * FLOOR)
    assert not close(0.0, 2 * FLOOR)
    assert not close(1_000_000_000_000, 1_000_000_000_001)
    assert not close(None, 0.0)
    assert close(float("nan"), float("nan"))
    assert not close(float("nan"), 1.0)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"cycle_time_s": 1800.001}, "visits: row 1 "),
        ({"power_kw": {"processing": 5, "idle": 1, "failed": 0.001}}, "states: row "),
        ({"use_per_unit": {"steam_t": 1e-6}}, "step "),
        ({"running_cost_cny_per_y": 1}, "step "),
        ({"use_per_h": {"coal_kg": {"blocked": 0.01}}}, "step "),
        ({"buffer": 5}, ""),
    ],
)
def test_a_plant_changed_in_one_thing_tells_another_story(one, fields, seen):
    """Places before a saturated station change nothing: there the story is the same."""
    told = differences(one, story(line(**fields)))
    assert told[0].startswith(seen) if seen else told == []


def test_one_wait_for_people_is_seen():
    """The saw fails at 7:00; the fitter comes at 7:30, or a quarter of an hour later."""
    fails = [{"name": "blade", "clock": "calendar", "ttf_h": {"sequence": [7], "then": "never"}, "ttr_h": 1,
              "crew": "fitter"}]  # fmt: skip
    tree = line(failures=fails)
    tree["lines"][0]["stations"] = tree["lines"][0]["stations"][:1]
    late = copy.deepcopy(tree)
    tree["crews"] = {"fitter": {"size": 1, "calendar": {"shifts": ["mon-sun 07:30-12:00"]}}}
    late["crews"] = {"fitter": {"size": 1, "calendar": {"shifts": ["mon-sun 07:45-12:00"]}}}
    told = "\n".join(differences(story(tree), story(late)))
    assert "states: row " in told
    assert "served_s=27000.0" in told
    assert "served_s=27900.0" in told


def test_peaks_of_equal_height_may_be_at_either_quarter_hour(one):
    other = copy.deepcopy(one)
    energy = [s.counted["step 4"]["record"]["lines"][0]["energy"] for s in (one, other)]
    peak, at = energy[0]["peak_kw"], energy[0]["peak_at"]
    highest = energy[0]["load_profile_highest_kw"]
    equal = [n for n, kw in enumerate(highest) if close(kw, peak)]
    lower = next(n for n, kw in enumerate(highest) if not close(kw, peak))
    energy[1]["peak_at"] = f"{at[:10]} {equal[-1] // 4:02}:{equal[-1] % 4 * 15:02}"
    assert differences(one, other) == []
    energy[1]["peak_at"] = f"{at[:10]} {lower // 4:02}:{lower % 4 * 15:02}"
    assert len(differences(one, other)) == 1


# how a run ends


def ring(**fields):
    stations = [{"name": n, "buffer": 0, "cycle_time_s": 3600, "next": m} for n, m in ("ab", "ba")]
    stations[0] |= fields
    return {"lines": [{"name": "l", "source": "saturated", "stations": stations}]}


def test_a_line_that_stands_is_the_same_story_only_if_it_is_told_alike():
    ended = story(ring()).ended
    assert "deadlock 2 h after the start" in ended
    assert differences(story(ring()), story(ring())) == []
    assert differences(story(ring()), story(ring(cycle_time_s=3599)))[0].startswith(f"ended: {ended}")


# counterexamples


class BrokenError(Exception):
    """What an engine raises that is broken."""


@pytest.fixture
def saw_is_slow(monkeypatch):
    """A second engine that takes a thousandth of a second longer for each part that is inspected."""
    import random_agreement

    def otherwise(engine, plant, hours, seed=1):
        if engine == "slow":
            tree = plant.model_dump(exclude_unset=True, by_alias=True)
            for station in tree["lines"][0]["stations"]:
                if "inspect" in station and isinstance(station["cycle_time_s"], int | float):
                    station["cycle_time_s"] += 0.001
            plant = Plant.model_validate(tree)
        if engine == "broken":
            raise BrokenError("no index 7")
        return played("simpy", plant, hours, seed)

    monkeypatch.setattr(random_agreement, "played", otherwise)


def test_a_counterexample_is_a_small_plant_file(saw_is_slow):
    tree = line()
    tree["lines"][0]["stations"][2]["cycle_time_s"] = 1500
    assert parted(tree, ("simpy", "slow"))[0]
    text = told(tree, ("simpy", "slow"), seconds=20)
    plant = read_text(text)  # with the differences as comments
    assert [s.name for s in plant.lines[0].stations] == ["drill"]
    assert parted(plant.model_dump(exclude_unset=True, by_alias=True), ("simpy", "slow"))[0]
    assert "# visits: row 1 of" in text
    assert len(text.splitlines()) < 40


def test_an_engine_that_breaks_is_shown_with_its_plant(saw_is_slow):
    (text,), _ = parted(line(), ("simpy", "broken"))
    assert "broken breaks" in text
    assert "no index 7" in text


def test_making_smaller_ends_in_time():
    tree = line()
    assert smaller(tree, lambda _: True, seconds=0) == tree
