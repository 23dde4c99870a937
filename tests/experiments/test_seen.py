"""What is to be seen of a run agrees with its trace at any time, is bounded, and is drawn without markup from names."""

import copy
import json
import random
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_plants import line, plant, station

sys.path.insert(0, str(Path(__file__).parents[1] / "sim"))  # random_plants also serves these tests

from random_plants import plants

from experiments import replay_code, seen, watch
from experiments.cli import run
from experiments.report import write_report
from experiments.report.gantt import gantt, gantt_file, wip, wip_file
from experiments.report.page import hash_of, player
from experiments.report.parts import Writer
from experiments.report.replay import ranks
from experiments.seen import bounded, links, see, shared, stepped
from models.equipment import STATES
from models.errors import DataError
from models.plant import Plant
from sim.program import lower
from sim.simpy_engine.run import Run, Trace

H = 3600.0
QUICK = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


class Rows:
    """A sink that keeps all rows."""

    def __init__(self):
        self.visits, self.states = [], []
        self.visit, self.state = self.visits.append, self.states.append


def traced(plant, seed, until_h):
    rows = Rows()
    made = Trace(rows)
    played = Run(lower(plant), seed, 0, made)
    played.play(until_h * H)
    played.close()
    return rows


def decoded(events, tick_s, after_s):
    """Return the values of all signals so long after the window's start, as the page's script finds them."""
    values, tick = list(events["initial"]), 0
    flat = events["changes"]
    for later, which, by in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        tick += later
        if tick * tick_s > after_s + 1e-6:
            break
        values[which] = by if events["signals"][which][0] == "state" else values[which] + by
    return {tuple(signal): value for signal, value in zip(events["signals"], values, strict=True)}


def is_at(row, t):
    return row["enter_s"] <= t and (row.get("leave_s") is None or t < row["leave_s"])


def taken_s(row):
    begun = [row[key] for key in ("setup_start_s", "start_s") if row.get(key) is not None]
    return min(begun, default=float("inf"))


def told_by_visits(line, at):
    """Whether visits say when parts are in front: not where parts become others, nor if a part taken begins later."""
    behaviours = [at, *at.listed, *at.options]
    later = any(
        b.load_s or b.unload_s or (b.crew and (b.crew.load or b.crew.unload or b.crew.processing))
        or any(f.accepts_part for f in b.failures or ()) for b in behaviours
    )  # fmt: skip
    return at.kind in ("machine", "batch", "furnace", "conveyor") and not later and line.blocking == "after_service"


def check_parts(at, s, values, here, t):
    """Parts in front, and those on machines where there may be several."""
    if ("held", s, 0) in values:
        held = sum(values["held", s, m] for m in range(at.count))
        assert values["front", s, None] + held == len(here)
    else:
        assert values["front", s, None] == sum(taken_s(row) > t for row in here)


def last(parts, t):
    """Return the number at ``t``; None where only cells are kept."""
    return [value for at_s, value in parts["steps"] if at_s <= t][-1] if "steps" in parts else None


def check_against_the_trace(plant, found, rows, after_s, parts=True):
    t = found["start_s"] + after_s
    for n, one in enumerate(plant.lines):
        values = decoded(found["replay"]["lines"][n], found["replay"]["tick_s"], after_s)
        for s, at in enumerate(one.stations):
            here = [r for r in rows.visits if (r["line"], r["station"]) == (one.name, at.name) and is_at(r, t)]
            if parts and told_by_visits(one, at):
                check_parts(at, s, values, here, t)
                assert last(found["lines"][n]["at_station"][s], t) in (None, len(here))
            for m, name in enumerate(at.names):
                key = (one.name, at.name, name)
                of_it = [r for r in rows.states if (r["line"], r["station"], r["machine"]) == key]
                assert [STATES[values["state", s, m]]] == [r["state"] for r in of_it if r["start_s"] <= t < r["end_s"]]


@QUICK
@given(plants(), st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_replay_agrees_with_the_trace_at_any_time(plant, start_h, luck):
    until_h = start_h + 12.0
    try:
        rows = traced(plant, 7, until_h)
    except DataError as error:  # a line that locks itself is told, and there is nothing to see
        assert "deadlock" in str(error)
        return
    found = see(plant, 7, 0.0, until_h, (start_h, until_h))
    tick_s = found["replay"]["tick_s"]
    ticks = int((found["replay"]["end_s"] - found["start_s"]) / tick_s) - 1
    for after_s in (0.0, *(luck.randint(0, ticks) * tick_s for _ in range(5))):
        check_against_the_trace(plant, found, rows, round(after_s, 6))


EVERY_KIND = {
    "products": [{"name": "p"}, {"name": "q"}, {"name": "set"}, {"name": "piece"}],
    "crews": {"loaders": 1},
    "lines": [
        {
            "name": "kinds", "blocking": "before_service",
            "source": [{"interarrival_s": {"exponential": 600}, "product": "p"},
                       {"saturated": True, "product": "q", "to": "mill"}],
            "initial": [{"station": "saw", "parts": 2, "product": "p"}],
            "stations": [
                {"name": "saw", "buffer": None, "cycle_time_s": 500, "next": "mount", "load_s": 30, "unload_s": 20,
                 "crew": {"load": "loaders"}, "standby": {"after_s": 200, "start_up_s": 60}},
                {"name": "mill", "buffer": 2, "cycle_time_s": {"exponential": 300}, "next": "mount"},
                {"name": "mount", "kind": "assembly", "inputs": {"p": 1, "q": 2}, "output": "set", "buffer": 4,
                 "cycle_time_s": 300, "scrap": 0.2},
                {"name": "test", "buffer": 3, "cycle_time_s": 100, "inspect": {"detects": 0.9, "bad_to": "mend"},
                 "next": {"sequence": ["cut", "carry"]}},
                {"name": "mend", "buffer": None, "cycle_time_s": 200, "next": "test"},
                {"name": "cut", "kind": "split", "pieces": 4, "output": "piece", "buffer": 2, "cycle_time_s": 50,
                 "next": "bind"},
                {"name": "bind", "kind": "join", "pieces": 4, "output": "set", "buffer": 9, "cycle_time_s": 50},
                {"name": "carry", "kind": "transport", "machines": 2, "capacity": 3, "buffer": 9, "travel_s": 400,
                 "return_s": 300},
                {"name": "belt", "kind": "conveyor", "buffer": 3, "places": 5, "pace_s": 30},
            ],
        },
        {"name": "loop", "source": {"pallets": 3}, "mix": {"sequence": ["p"]},
         "stations": [{"name": "one", "buffer": None, "cycle_time_s": 100}, {"name": "two", "buffer": None,
                                                                             "cycle_time_s": {"exponential": 90}}]},
    ],
}  # fmt: skip


def test_every_kind_of_station_is_seen_as_in_the_trace(tmp_path, document):
    made = Plant.model_validate(EVERY_KIND)
    found = see(made, 3, 0.0, 30.0, (5.0, 30.0))
    rows = traced(made, 3, 30.0)
    luck = random.Random(4)
    for after_s in (round(luck.randint(0, 249_000) * 0.36, 1) for _ in range(60)):
        check_against_the_trace(made, found, rows, after_s, parts=False)
    stations = [station["name"] for station in found["lines"][0]["stations"]]
    named = {(stations[a], stations[b] if b >= 0 else b) for a, b, _ in found["lines"][0]["links"]}
    assert named == {
        ("saw", "mount"), ("mill", "mount"), ("mount", "test"), ("test", "cut"), ("test", "carry"), ("test", "mend"),
        ("mend", "test"), ("cut", "bind"), ("bind", "carry"), ("carry", "belt"), ("belt", -1),
    }  # fmt: skip
    assert found["lines"][0]["enters_at"] == [0, 1]
    assert [s["saturated"] for s in found["lines"][0]["stations"]] == [False, True] + [False] * 7
    assert [s["holds"][0] for s in found["lines"][0]["stations"]] == [1, 1, 1, 1, 1, 4, 1, 3, 5]
    assert found["lines"][0]["stations"][2]["places"] == 8
    times = [decoded(found["replay"]["lines"][0], 0.1, later_s) for later_s in range(0, 90_000, 1100)]
    assert max(values["held", 7, 0] for values in times) in (2, 3)
    assert max(values["held", 8, 0] for values in times) > 1
    assert write_report(document, tmp_path / "r.html", "zh", found).stat().st_size < 1_500_000


def busy(cycle_s, stations=3, machines=1):
    made = [station(f"s{n}", {"exponential": cycle_s}, machines=machines, buffer=4) for n in range(stations)]
    return plant(line(*made), run={"horizon_h": 100})


@pytest.mark.parametrize(
    ("most_bytes", "tick_s", "hours"),
    [
        (10**9, 0.1, 8),
        (300_000, 1.0, 8),
        (100_000, 1.0, None),
        (40_000, 10.0, None),
        (6_000, 60.0, None),
        (2_000, 60.0, 0),
    ],
)
def test_a_replay_is_bounded(most_bytes, tick_s, hours):
    record = watch.record(lower(busy(3.0)), 1, 0, 0.0, 8 * H)
    shown = [n for n, signal in enumerate(record.signals) if signal.what != "number"]
    coded = replay_code.encode(record, shown, 8 * H, most_bytes)
    assert len(json.dumps(coded["lines"][0]["changes"], separators=(",", ":"))) < most_bytes + 100
    assert coded["tick_s"] == tick_s
    if hours is None:
        assert 2 * H <= coded["end_s"] < 8 * H
    elif hours:
        assert coded["end_s"] == hours * H
    else:
        assert 0 < coded["end_s"] < 2 * H  # what fits
    values = decoded(coded["lines"][0], tick_s, coded["end_s"] - tick_s)
    told = record.at(coded["end_s"] - tick_s)
    assert list(values.values()) == [told[n] for n in shown]


def test_a_replay_that_is_cut_says_so():
    found = see(busy(1.0), 1, 0.0, 100.0)
    assert found["replay"]["end_s"] - found["replay"]["start_s"] >= 2 * H
    assert len(json.dumps(found)) < 1_400_000
    text = " ".join(
        block.note for block in __import__("experiments.report.replay", fromlist=["x"]).replays(found, Writer("en"))
    )
    assert ("was cut to" in text) == (found["replay"]["end_s"] < found["replay"]["wanted_s"])
    assert ("are not shown" in text) == (found["replay"]["tick_s"] >= 1)


def test_a_window_in_which_too_much_happens_ends_early():
    found = see(busy(1.0), 1, 0.0, 100.0, most=1000)
    assert found["cut"]
    assert found["end_s"] < 0.2 * H
    assert found["replay"]["end_s"] == found["end_s"]


def test_the_window_begins_with_the_first_work_after_the_warm_up():
    shifts = {"calendar": {"shifts": ["mon-fri 08:00-16:00"]}, "run": {"start": "2026-01-03T00:00"}}  # a Saturday
    found = see(plant(line(station("a", 600)), **shifts), 1, 1.0, 500.0)
    assert (found["start_s"], found["end_s"]) == (56 * H, 80 * H)
    assert found["replay"]["end_s"] == 64 * H


def test_where_nothing_works_the_window_begins_after_the_warm_up():
    late = line(station("a", 600), source={"arrivals_s": [90 * H]})
    found = see(plant(late), 1, 5.0, 40.0)
    assert (found["start_s"], found["end_s"]) == (5 * H, 29 * H)


def test_the_window_is_part_of_the_run_that_is_reported():
    """The counts at its end are those of a run of that length."""
    from sim.simulate import Settings, simulate

    made = busy(700.0)
    found = see(made, 3, 0.0, 20.0, (0.0, 20.0))
    events = found["replay"]["lines"][0]
    values = decoded(events, found["replay"]["tick_s"], 20 * H)
    document = simulate(made, Settings(seed=3, replications=1, horizon_h=20.0, workers=1))
    assert values["left", None, None] == round(document["lines"][0]["good_per_h"]["mean"] * 20)
    assert found["lines"][0]["wip"]["mean"] == pytest.approx(document["lines"][0]["wip"]["mean"])
    states = document["lines"][0]["stations"][1]["states"]
    stays = found["lines"][0]["rows"][1]["stays"]
    for name in ("processing", "blocked", "starved"):
        spent = sum(b - a for state, a, b in stays if STATES[state] == name)
        assert spent / (20 * H) == pytest.approx(states[name])


# what is drawn


def test_links_come_from_the_routes_of_the_file():
    made = plant(
        line(
            station("a", 60, next={"b": 0.75, "c": 0.25}),
            station("b", 60, next="d"),
            station("c", 60, next={"p": "d", "q": "scrap"}),
            station("d", 60, buffer=None, next={"a": 0.1, "exit": 0.9}),
            mix={"sequence": ["p", "q"]},
        ),
        products=({"name": "p"}, {"name": "q"}),
    )
    found = links(made.lines[0], lower(made).lines[0])
    assert found == [
        (0, 1, 0.75), (0, 2, 0.25), (1, 3, None), (2, 3, None), (2, -2, None), (3, 0, 0.1), (3, -1, 0.9)
    ]  # fmt: skip
    assert ranks(4, found) == [0, 1, 1, 2]


def test_rows_with_few_stays_are_drawn_singly():
    few = [(0, 0.0, 50.0), (3, 50.0, 100.0)]
    many = [(n % 2, n / 50, (n + 1) / 50) for n in range(5000)]
    rows = bounded([many, few], 0.0, 100.0)
    assert rows[1] == {"stays": few}
    cells = rows[0]["cells"]
    assert len(cells) <= 240
    assert all(sum(share for _, share in cell) == pytest.approx(1, abs=2e-3) for cell in cells)


def test_shares_in_cells_add_up_to_the_stays():
    luck = random.Random(5)
    ends = sorted(luck.uniform(0, 10) for _ in range(60))
    row = [(n % 4, a, b) for n, (a, b) in enumerate(zip([0.0, *ends], [*ends, 10.0], strict=True))]
    cells = shared(row, 0.0, 10.0, 7)
    for state in range(4):
        told = sum(share for cell in cells for s, share in cell if s == state) * 10 / 7
        assert told == pytest.approx(sum(b - a for s, a, b in row if s == state), abs=1e-3)


def test_parts_over_time_keep_least_mean_and_most():
    few = stepped([(0.0, 2), (4.0, 5), (4.5, 5), (8.0, 0)], 0.0, 10.0)
    assert few == {"mean": 2.8, "least": 0, "most": 5, "steps": [(0.0, 2), (4.0, 5), (8.0, 0)]}
    many = stepped([(n / 10, n % 3) for n in range(1000)], 0.0, 100.0)
    assert (many["least"], many["most"]) == (0, 2)
    assert sum(m for _, m, _ in many["cells"]) / len(many["cells"]) == pytest.approx(many["mean"], abs=1e-3)
    assert all(a <= m + 1e-3 and m <= b + 1e-3 for a, m, b in many["cells"])


class Marks(HTMLParser):
    """Elements of a page that stand open, and those met."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in {"meta", "input", "br", "rect", "path"} or tag == "path":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_charts_tell_stays_on_hover(lang):
    found = see(busy(700.0, machines=2), 1, 0.0, 30.0)
    (states,), (parts,) = gantt(found, Writer(lang)), wip(found, Writer(lang))
    assert Marks(states.svg).open == []
    assert Marks(parts.svg).open == []
    hovers = re.findall(r"<title>(s1 2: .*)\n(.*)</title>", states.svg)
    row = next(r for r in found["lines"][0]["rows"] if (r["station"], r["machine"]) == (1, "2"))
    assert len(hovers) == len(row["stays"])
    assert ("s1 2: starved" if lang == "en" else "s1 2: 待料") in {name for name, _ in hovers}
    assert all(re.fullmatch(r"2026-01-0\d \d\d:\d\d:\d\d – .* \(.*\)", span) for _, span in hovers)


def test_files_stand_by_themselves():
    found = see(busy(700.0), 1, 0.0, 30.0)
    for draw in (gantt_file, wip_file):
        text = draw(found, Writer("en"))
        assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')
        assert "s1" in text
        import xml.etree.ElementTree as ET

        ET.fromstring(text.encode())


def test_a_plant_with_very_many_machines_is_bounded(tmp_path, document):
    made = plant(line(station("looms", {"exponential": 7200}, machines=600), station("check", 5, machines=3)))
    found = see(made, 1, 0.0, 100.0)
    assert sum(len(one["rows"]) for one in found["lines"]) <= seen.MOST_ROWS
    assert found["lines"][0]["hidden"] == 603 - len(found["lines"][0]["rows"])
    path = write_report(document, tmp_path / "report.html", "en", found)
    assert path.stat().st_size < 1_500_000
    assert f"{found['lines'][0]['hidden']} further machines are not drawn." in path.read_text(encoding="utf-8")


# the page


@pytest.fixture(scope="module")
def document():
    sys.path.insert(0, str(Path(__file__).parent))
    from made_documents import documents

    return documents()["simulate"]


def test_the_page_allows_its_own_script_alone(tmp_path, document):
    text = write_report(document, tmp_path / "r.html", "en", see(busy(700.0), 1, 0.0, 30.0)).read_text(encoding="utf-8")
    assert f"script-src 'sha256-{hash_of(player())}'" in text
    assert f"<script>{player()}</script>" in text
    assert "unsafe-inline" not in text.split("script-src")[1].split('"')[0]
    assert re.search(r"https?:|@import|<link|<iframe|<img|\beval\(|fetch\(|XMLHttp", text) is None
    assert "script-src" not in write_report(document, tmp_path / "n.html", "en").read_text(encoding="utf-8")


@pytest.mark.parametrize("hostile", ["<script>alert(1)<!-- ", "<!-- <b> & 'q' {n} {0.__class__}", "]]>"])
def test_names_are_never_markup(hostile, tmp_path, document):
    made = plant(line(station(hostile, 700), station("b", 600), name=f"l {hostile}"))
    found = see(made, 1, 0.0, 30.0)
    text = write_report(document, tmp_path / "r.html", "en", found).read_text(encoding="utf-8")
    marks = Marks(text)
    assert marks.tags.count("script") == 2  # the data and the player
    assert "b" not in marks.tags
    data = json.loads(re.search(r'class="replay-data">(.*?)</script>', text, re.S)[1])
    assert data["stations"][0]["name"] == hostile
    import xml.etree.ElementTree as ET

    ET.fromstring(gantt_file(found, Writer("en")).encode())


def test_drawing_leaves_what_is_seen_alone_and_gives_the_same_bytes(tmp_path, document):
    found = see(busy(700.0), 1, 0.0, 30.0)
    before = copy.deepcopy(found)
    one = write_report(document, tmp_path / "1.html", "zh", found).read_bytes()
    kept = json.loads(json.dumps(found))  # as a run folder keeps it
    assert write_report(document, tmp_path / "2.html", "zh", kept).read_bytes() == one
    assert found == before


PLANT = """\
plant: {name: Own works}
run: {horizon_h: 60, replications: 2}
products: [{name: plate}]
lines:
  - name: plates
    source: saturated
    stations: [{name: saw, buffer: 3, cycle_time_s: 400}, {name: oven, buffer: 3, cycle_time_s: {exponential: 390}}]
"""


def test_a_report_written_again_shows_the_same_in_the_other_language(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("own.yaml").write_text(PLANT, encoding="utf-8")
    assert run(["simulate", "own.yaml", "--out", "zh", "--workers", "1", "--lang", "zh", "--window", "2-12"]) == 0
    assert run(["simulate", "own.yaml", "--out", "en", "--workers", "1", "--lang", "en", "--window", "2-12"]) == 0
    zh, en = (Path(name, "report.html").read_bytes() for name in ("zh", "en"))
    assert "运行回放" in zh.decode()
    assert "hours 2 to 12 of the run" in en.decode()
    assert run(["report", "zh", "--lang", "en"]) == 0
    assert Path("zh", "report.html").read_bytes() == en


def test_every_word_of_the_player_is_given(tmp_path):
    """The script asks for words by name; all are in the data."""
    from experiments.report.replay import replays

    data = json.loads(replays(see(busy(700.0), 1, 0.0, 30.0), Writer("en"))[0].data)
    asked = set(re.findall(r"words\.(\w+)", player()))
    assert asked == set(data["words"])
