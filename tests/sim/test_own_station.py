"""Stations of a user's own, from a plant file: the documented example, and how they fit into the line."""

import re
from pathlib import Path

import pytest
from hand_tables import H, Played

from models.errors import DataError
from scenarios.files import read_plant, read_text
from sim.simulate import Settings, simulate

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own_station.md").read_text(encoding="utf-8")
POLISH, DRYER = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
[PLANT] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SIMPLE = """
from sim.own import OwnMachine

class Own(OwnMachine):
    def work(self):
        while True:
            part = yield self.take()
            yield self.spend(self.setup_s(part), "setup")
            yield self.spend(self.cycle_s(part))
            yield self.give(part)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "polish.py").write_text(POLISH)
    (tmp_path / "dry.py").write_text(DRYER)
    (tmp_path / "own.py").write_text(SIMPLE)
    (tmp_path / "plant.yaml").write_text(PLANT)
    return tmp_path


def played(folder, text, until_h):
    return Played(read_text(text, folder=folder).model_dump(exclude_unset=True, by_alias=True), until_h)


def own(folder, fields, until_h, code=SIMPLE, source="saturated", rest="", top=""):
    """Play one own station, times in hours; ``rest`` are further stations, ``top`` further keys of the plant."""
    (folder / "own.py").write_text(code)
    text = f"{top}\nlines:\n- {{name: l, source: {source}, stations: [{{name: a, kind: own.py:Own, {fields}}}{rest}]}}"
    return played(folder, text, until_h)


def process(body):
    """A class with this body of its endless loop."""
    lines = "".join(f"            {line}\n" for line in body.strip().splitlines())
    return SIMPLE.split("            part")[0] + lines


def times(*hours):
    return f"{{arrivals_s: [{', '.join(str(h * H) for h in hours)}]}}"


# the page


def test_the_documented_example_has_the_times_that_the_page_says(folder):
    p = played(folder, PLANT, 1.25)
    assert [(part, start * 3600, finish * 3600) for part, _, start, finish, _, _ in p.visits("polishing")] == [
        (1, 0, 600), (2, 600, 1200), (3, 1500, 2100), (4, 2100, 2700), (5, 3000, 3600), (6, 3600, 4200)]  # fmt: skip
    assert [(s, a * 3600, b * 3600) for s, a, b in p.states("polishing")[:3]] == [
        ("processing", 0, 1200), ("setup", 1200, 1500), ("processing", 1500, 2700)]  # fmt: skip
    assert p.visits("packing")[0] == (1, 1 / 6, 1 / 6, 850 / 3600, 850 / 3600, "exit")


def test_the_documented_example_in_figures(folder):
    document = simulate(read_plant(folder / "plant.yaml"), Settings(replications=2, horizon_h=100, workers=1))
    polishing = document["lines"][0]["stations"][0]
    assert document["lines"][0]["good_per_h"]["mean"] == pytest.approx(4.8, rel=0.005)
    assert polishing["states"]["processing"] == pytest.approx(0.8, rel=0.001)
    assert polishing["states"]["setup"] == pytest.approx(0.2, rel=0.005)
    assert polishing["mean_power_kw"]["mean"] == pytest.approx(0.8 * 5 + 0.2 * 1, rel=0.005)
    assert polishing["oee"]["mean"] == pytest.approx(0.8, rel=0.005)


def test_parts_on_hooks_dry_side_by_side_and_at_night(folder):
    text = """
run: {start: "2026-01-05T08:00"}
calendar: {shifts: ["mon-sun 08:00-12:00"]}
lines: [{name: l, source: {arrivals_s: [0, 3600, 10800, 12600]}, stations: [
  {name: a, kind: "dry.py:Dryer", buffer: null, cycle_time_s: 7200, parameters: {hooks: 2}}]}]"""
    p = played(folder, text, 30)
    # the fourth hangs from 3.5, when two hooks are free again, and is dry at 5.5, at night
    assert p.visits("a") == [(1, 0, 0, 2, 2, "exit"), (2, 1, 1, 3, 3, "exit"), (3, 3, 3, 5, 5, "exit"),
                             (4, 3.5, 3.5, 5.5, 5.5, "exit")]  # fmt: skip
    assert p.states("a") == [("processing", 0, 4), ("off_shift", 4, 24), ("starved", 24, 28)]


def test_a_third_part_waits_for_a_hook(folder):
    text = """
lines: [{name: l, source: {arrivals_s: [0, 0, 0]}, stations: [
  {name: a, kind: "dry.py:Dryer", buffer: null, cycle_time_s: 7200, parameters: {hooks: 2}}]}]"""
    assert [v[2] for v in played(folder, text, 30).visits("a")] == [0, 0, 2]


# parts


def test_a_part_waits_for_its_place_and_none_comes_meanwhile(folder):
    p = own(folder, "buffer: null, cycle_time_s: 3600", 8, rest=", {name: b, buffer: 0, cycle_time_s: 7200}")
    assert p.visits("a")[:3] == [(1, 0, 0, 1, 1, "b"), (2, 1, 1, 2, 3, "b"), (3, 3, 3, 4, 5, "b")]
    assert p.states("a")[:3] == [("processing", 0, 2), ("blocked", 2, 3), ("processing", 3, 4)]


def test_work_that_goes_on_while_a_part_waits_for_its_place(folder):
    code = process("""
part = yield self.take()
yield self.spend(self.cycle_s(part))
self.give(part)
yield self.spend(1800, "setup")""")
    p = own(folder, "buffer: null, cycle_time_s: 3600", 4.5, code, rest=", {name: b, buffer: 0, cycle_time_s: 7200}")
    assert p.states("a") == [("processing", 0, 1), ("setup", 1, 1.5), ("processing", 1.5, 2.5), ("setup", 2.5, 3),
                             ("processing", 3, 4), ("setup", 4, 4.5)]  # fmt: skip


def test_the_process_may_scrap_a_part(folder):
    code = process("""
part = yield self.take()
yield self.spend(self.cycle_s(part))
yield self.scrap(part) if part.number == 2 else self.give(part)""")
    p = own(folder, "buffer: null, cycle_time_s: 3600", 3.5, code)
    assert [v[-1] for v in p.visits("a")] == ["exit", "scrap", "exit"]
    output = p.run.lines[0].outputs["part"]
    assert (output.good, output.scrapped) == (2, 1)
    assert (p.run.machines()[0].units, p.run.machines()[0].bad) == (3, 1)


def test_setup_by_product_and_two_parts_in_hand(folder):
    top = "products: [{name: p}, {name: q}]"
    source = "{arrivals_s: [{time_s: 0, product: p}, {time_s: 0, product: q}, {time_s: 0, product: p}]}"
    p = own(folder, "buffer: null, cycle_time_s: 3600, setup_time_s: 1800", 9, source=source, top=top)
    assert [(v[2], v[3]) for v in p.visits("a")] == [(0, 1), (1.5, 2.5), (3, 4)]
    assert p.visits("a", "part setup_start setup_end") == [(1, None, None), (2, 1, 1.5), (3, 2.5, 3)]
    pair = process("""
parts = [(yield self.take()), (yield self.take())]
yield self.spend(7200)
for part in parts:
    yield self.give(part)""")
    p = own(folder, "buffer: null", 9, pair, source=times(0, 1, 2))
    assert p.visits("a") == [(1, 0, 1, 3, 3, "exit"), (2, 1, 1, 3, 3, "exit")]
    assert p.states("a")[:2] == [("starved", 0, 1), ("processing", 1, 3)]


# shifts, stops, people

DAY = 'run: {start: "2026-01-05T08:00"}\ncalendar: {shifts: ["mon-sun 08:00-12:00"]}'


@pytest.mark.parametrize(("rule", "finish", "nights"), [
    ("resume", 26, [("off_shift", 4, 24)]),
    ("finish", 6, [("overtime", 4, 6), ("off_shift", 6, 24)]),
])  # fmt: skip
def test_time_spent_stands_still_at_night_or_is_finished(folder, rule, finish, nights):
    fields = f"buffer: null, cycle_time_s: 10800, shift_end: {rule}"
    p = own(folder, fields, 30, source=times(0, 0, 0), top=DAY)
    assert [v[3] for v in p.visits("a")][:2] == [3, finish]
    assert [s for s in p.states("a") if s[1] < 24][1:] == nights


def test_only_what_fits_is_brought(folder):
    p = own(folder, "buffer: null, cycle_time_s: 10800, shift_end: fit", 54, top=DAY)
    assert [v[2] for v in p.visits("a")] == [0, 24, 48]


@pytest.mark.parametrize(("part", "finish"), [("resume", [2, 5]), ("restart", [2, 6]), ("scrap", [2, 3])])
def test_a_failure_by_the_operating_clock(folder, part, finish):
    fields = f"""buffer: null, cycle_time_s: 7200, failures: [
        {{ttf_h: {{sequence: [3], then: never}}, ttr_h: 1, part: {part}}}]"""
    p = own(folder, fields, 7.5, source=times(0, 0, 0))
    assert [v[3] for v in p.visits("a")][:2] == finish
    assert ("failed", 3, 4) in p.states("a")
    if part == "scrap":
        assert p.visits("a")[1:] == [(2, 0, 2, 3, 3, "scrap"), (3, 0, 4, 6, 6, "exit")]


def test_the_clock_of_work_stands_while_something_else_is_spent(folder):
    fields = """buffer: null, cycle_time_s: 3600, setup_time_s: 3600, failures: [
        {ttf_h: {sequence: [1.5], then: never}, ttr_h: 1}]"""
    source = "{arrivals_s: [{time_s: 0, product: p}, {time_s: 0, product: q}]}"
    p = own(folder, fields, 9, source=source, top="products: [{name: p}, {name: q}]")
    assert ("failed", 2.5, 3.5) in p.states("a")


def test_time_by_the_clock_goes_on_in_a_failure(folder):
    code = process("""
part = yield self.take()
yield self.env.timeout(7200)
yield self.give(part)""")
    fields = "buffer: null, failures: [{clock: calendar, ttf_h: {sequence: [1], then: never}, ttr_h: 3}]"
    p = own(folder, fields, 9, code, source=times(0, 0))
    assert [v[3:5] for v in p.visits("a")] == [(2, 2), (6, 6)]
    assert p.states("a")[:3] == [("processing", 0, 1), ("failed", 1, 4), ("processing", 4, 6)]


def test_maintenance_waits_until_nothing_is_in_the_machine(folder):
    fields = "buffer: null, cycle_time_s: 3600, maintenance: [{every_units: 2, duration_h: 1}]"
    p = own(folder, fields, 6.5)
    assert [v[2] for v in p.visits("a")] == [0, 1, 3, 4]
    assert p.states("a") == [("processing", 0, 2), ("maintenance", 2, 3), ("processing", 3, 5), ("maintenance", 5, 6)]


def test_people_of_the_file_and_others(folder):
    code = process("""
part = yield self.take()
yield self.spend(1800, "setup", {"loaders": 1})
yield self.spend(self.cycle_s(part))
yield self.give(part)""")
    fields = "buffer: null, machines: 2, cycle_time_s: 3600, crew: {processing: workers}"
    p = own(folder, fields, 4, code, source=times(0, 0), top="crews: {loaders: 1, workers: 1}")
    assert [v[2:4] for v in p.visits("a")] == [(0.5, 1.5), (1.5, 2.5)]
    assert p.states("a", "2")[:3] == [("waiting_crew", 0, 0.5), ("setup", 0.5, 1), ("waiting_crew", 1, 1.5)]
    busy = {name: crew.busy.area(4 * H) / H for name, crew in p.run.crews.items()}
    assert busy == {"loaders": 1, "workers": 2}


def test_renewal_waits_for_the_parts_and_standby_for_work(folder):
    fields = """buffer: null, cycle_time_s: 7200, options: [
        {name: new, capex_cny: 1, install_d: 0.125, cycle_time_factor: 0.5}]"""
    top = "schedule: [{line: l, station: a, option: new, at: 1}]"
    p = own(folder, fields, 7.5, top=top)
    assert [v[2:4] for v in p.visits("a")] == [(0, 2), (5, 6), (6, 7)]
    assert ("installing", 2, 5) in p.states("a")
    asleep = "buffer: null, cycle_time_s: 3600, standby: {after_s: 3600, start_up_s: 1800}"
    p = own(folder, asleep, 9, source=times(0, 4))
    assert p.states("a")[:5] == [("processing", 0, 1), ("starved", 1, 2), ("standby", 2, 4), ("start_up", 4, 4.5),
                                 ("processing", 4.5, 5.5)]  # fmt: skip


# books


def test_parts_hours_and_energy_add_up(folder):
    text = """
run: {horizon_h: 400, start: "2026-01-05T06:00"}
calendar: {shifts: ["mon-fri 06:00-22:00"]}
crews: {setters: 1}
products: [{name: p}, {name: q}]
lines: [{name: l, source: {interarrival_s: {exponential: 500}}, mix: {shares: {p: 0.5, q: 0.5}}, stations: [
  {name: a, buffer: null, cycle_time_s: {exponential: 300}, scrap: 0.05},
  {name: b, kind: "own.py:Own", machines: 2, buffer: 2, cycle_time_s: {gamma: {mean: 700, cv: 0.5}}, scrap: 0.1,
   setup_time_s: 120, crew: {setup: setters}, power_kw: {processing: 7, idle: 2, off: 0.5},
   failures: [{ttf_h: {exponential: 5}, ttr_h: 0.5, part: scrap, crew: setters}], next: {a: 0.1, c: 0.9}},
  {name: c, buffer: 1, cycle_time_s: {exponential: 400}}]}]"""
    for rule in ("resume", "finish"):
        p = played(folder, text.replace("scrap: 0.1,", f"scrap: 0.1, shift_end: {rule},"), 400)
        line = p.run.lines[0]
        line.flush(p.run.clock.now)
        gone = sum(o.good + o.bad + o.scrapped for o in line.outputs.values())
        inside = sum(len(s.present()) for s in line.stations) + sum(f.waiting() for f in line.feeds)
        assert sum(f.offered for f in line.feeds) == gone + inside
        assert gone > 500
        kwh = 0.0
        for machine in line.stations[1].machines:
            assert sum(machine.stays.seconds) == pytest.approx(400 * H)
            kwh += sum(machine.stays.amounts["electricity_kwh"])
        assert sum(line.meter.kwh_by_band) == pytest.approx(kwh, rel=1e-9)
        rows = [s for s in p.trace.states if s["station"] == "b"]
        assert {s["state"] for s in rows} >= {"processing", "setup", "failed", "blocked", "starved", "off_shift"}


def test_the_number_of_processes_changes_nothing(folder):
    text = PLANT.replace("cycle_time_s: 600", "cycle_time_s: {exponential: 600}")
    text = text.replace("dress_s: 300", "dress_s: {uniform: {low: 100, high: 500}}")
    plant = read_text(text, folder=folder)
    one, two = (simulate(plant, Settings(replications=4, horizon_h=50, workers=n)) for n in (1, 2))
    assert one == two
    assert one["lines"][0]["good_per_h"]["half_width"] > 0


def test_a_draw_of_its_own_changes_no_other(folder):
    text = PLANT.replace("cycle_time_s: 600", "cycle_time_s: {exponential: 600}")
    p = played(folder, text, 20)
    q = played(folder, text.replace("dress_s: 300", "dress_s: {exponential: 300}"), 20)
    work = [[v["finish_s"] - v["start_s"] for v in x.trace.visits if v["station"] == "polishing"] for x in (p, q)]
    n = min(map(len, work))
    assert n > 50
    assert work[0][:n] == pytest.approx(work[1][:n])


# what goes wrong


def told(folder, code, fields="buffer: null, cycle_time_s: 60"):
    with pytest.raises(DataError) as error:
        own(folder, fields, 5, code)
    return str(error.value)


@pytest.mark.parametrize(("body", "line", "words"), [
    ("part = yield self.take()\nyield self.spend(self.parameters['speed'])", 8, "KeyError: 'speed'"),
    ("yield self.take()\nself.take()\nyield self.take()", 9, "take() again"),
    ("self.spend(5)\nyield self.spend(5)", 8, "spend() again"),
    ("yield self.spend(-1)", 7, "a time is at least 0"),
    ("yield self.spend(1, 'polishing')", 7, "state 'polishing'"),
    ("self.say('failed')\nyield self.take()", 7, "state 'failed'"),
    ("part = yield self.take()\nyield self.give(part)\nyield self.give(part)", 9, "part 1 is not in this machine"),
    ("yield self.spend(5, people={'nobody': 1})", 7, "KeyError: 'nobody'"),
    ("yield self.env.process(self.other())", 7, "no attribute 'other'"),
    ("yield 5", None, "Invalid yield value"),
    ("break\nyield", 5, "method 'work' is over"),
])  # fmt: skip
def test_an_error_is_told_with_file_and_line(folder, body, line, words):
    text = told(folder, process(body))
    assert words in text
    if line is not None:
        assert text.startswith(f"{folder / 'own.py'}:{line}: ")


def test_an_error_in_a_process_beside_work_is_told(folder):
    code = (
        process("self.env.process(self.beside())\nyield self.env.timeout(60)")
        + """
    def beside(self):
        yield self.env.timeout(5)
        raise ValueError("too hot")
"""
    )
    assert told(folder, code) == f"{folder / 'own.py'}:12: ValueError: too hot; a process that runs"


def test_an_error_comes_back_from_another_process(folder):
    (folder / "own.py").write_text(process("yield self.take()\nraise ValueError('too hot')"))
    plant = read_text("lines: [{name: l, source: saturated, stations: [{name: a, kind: own.py:Own, buffer: null}]}]",
                      folder=folder)  # fmt: skip
    with pytest.raises(DataError, match=r"own\.py:8: ValueError: too hot"):
        simulate(plant, Settings(replications=2, horizon_h=5, workers=2))


def test_work_that_is_no_process_is_told(folder):
    assert "without 'yield'" in told(folder, SIMPLE.split("        while")[0] + "        return None\n")


def test_a_file_that_fails_or_lacks_the_class_is_told(folder):
    assert "no class 'Own'" in told(folder, "class Other: pass")
    assert "'Own' has no method 'work'" in told(folder, "from sim.own import OwnMachine\nclass Own(OwnMachine): pass")
    assert "SyntaxError" in told(folder, "class Own(:")
    assert "ZeroDivisionError" in told(folder, "1 / 0")


def test_a_file_that_is_not_there_is_told_with_its_line_in_the_plant_file(folder):
    (folder / "plant.yaml").write_text(PLANT.replace("polish.py", "police.py"))
    with pytest.raises(DataError, match=r"plant\.yaml:7: .*no file .*police\.py"):
        read_plant(folder / "plant.yaml")
