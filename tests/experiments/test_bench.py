"""The benchmark: its cases, its textbook programs, ratios and marks from given rates, what it writes. Nothing is timed.

Textbook programs and our SimPy engine draw different luck: their mean outputs are compared by Welch's 99.9 % interval
over independent replications. Right programs fail one such comparison in a thousand; the seeds are fixed.
"""

import importlib.util
import io
import json
import math
import re
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from scipy import stats

from experiments.bench import chart, document, rates, scale
from experiments.bench.cases import CASES, FIVE_YEARS_S, Span
from experiments.bench.document import NAMES, bench, machine, parse_names
from experiments.bench.marks import MARKS, Mark, marks
from experiments.bench.textbook import Textbook
from experiments.cli import run
from experiments.tables import show
from models.plant import Plant
from sim.compiled_engine import kept
from sim.program import H, lower

ROOT = Path(__file__).resolve().parents[2]


# cases


@pytest.mark.parametrize("name", CASES)
def test_a_case_builds_and_plays(name):
    case = CASES[name]
    for program in rates.programs_of(case, ["simpy"]):
        play, visits = rates.prepared(case, program, 0)
        play(36 * H if name in ("W4", "W5") else 60.0)
        assert visits() > 40
    assert set(case.spans) == {*(["plain"] if case.textbook else []), "simpy", "compiled"}


def test_all_accounting_is_on():
    for case in CASES.values():
        for line in case.program().lines:
            for station in line.stations:
                assert all(any(m.rig.rates_per_h["electricity_kwh"]) for m in station.machines), (
                    case.name,
                    station.name,
                )


def test_w4_renews_a_good_number_of_machines_within_its_five_years():
    swaps = CASES["W4"].program().swaps
    assert len(swaps) == 16
    assert all(swap.at_s >= 0 and swap.at_s + swap.install_s < FIVE_YEARS_S for swap in swaps)
    assert max(swap.at_s for swap in swaps) > 3 * 365 * 24 * H
    assert FIVE_YEARS_S == 1826 * 24 * H


def test_people_attend_to_stops_in_w5():
    crews = CASES["W5"].program().crews
    assert {"piecers", "weavers", "repair"} <= set(crews)


# textbook programs


@pytest.mark.parametrize(
    ("ttf_s", "ttr_s", "until_s", "visits"),
    [
        (None, None, 10.5, 10 + 9 + 8),
        # Each machine stands for 2 s after 5.5 s of work: the first ends its part 6 at 8.0, part 9 at 11.0.
        (5.5, 2.0, 8.25, 6 + 5 + 5),
    ],
)
def test_a_textbook_line_with_constant_times_makes_what_ours_makes(ttf_s, ttr_s, until_s, visits):
    textbook = Textbook(3, 1, 2, lambda: 1.0, ttf_s and (lambda: ttf_s), ttr_s and (lambda: ttr_s))
    textbook.play(until_s)
    fails = {"failures": [{"ttf_h": ttf_s / H, "ttr_h": ttr_s / H}]} if ttf_s else {}
    row = [{"name": str(n), "buffer": 2, "cycle_time_s": 1, **fails} for n in range(3)]
    plant = Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": row}]})
    ours = rates.opened("simpy", lower(plant), 0)
    ours.play(until_s)
    assert rates.visits(ours) == textbook.visits
    assert textbook.visits == visits


def made(name, program, replications, horizon_s):
    out = []
    for r in range(replications):
        play, visits = rates.prepared(CASES[name], program, r)
        play(horizon_s)
        out.append(visits())
    return out


def agree(name, replications, horizon_s, narrow):
    plain, ours = (made(name, program, replications, horizon_s) for program in ("plain", "simpy"))
    between = stats.ttest_ind(plain, ours, equal_var=False).confidence_interval(0.999)
    mean = sum(ours) / len(ours)
    assert between.low <= 0 <= between.high, (name, between, mean)
    assert (between.high - between.low) / 2 < narrow * mean


@pytest.mark.parametrize(
    ("name", "replications", "horizon_s", "narrow"),
    [("W1", 12, 4_000.0, 0.025), ("W2", 20, 4_000.0, 0.045), ("W3", 10, 400.0, 0.015)],
)
def test_textbook_and_our_engine_make_as_much(name, replications, horizon_s, narrow):
    agree(name, replications, horizon_s, narrow)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "replications", "horizon_s", "narrow"),
    [("W1", 20, 20_000.0, 0.008), ("W2", 20, 20_000.0, 0.018), ("W3", 12, 2_500.0, 0.007)],
)
def test_textbook_and_our_engine_make_as_much_on_long_runs(name, replications, horizon_s, narrow):
    agree(name, replications, horizon_s, narrow)


# ratios and marks, from rates that are given

RATES = {
    "W1": {"plain": [100, 200, 100], "simpy": [90, 240, 110], "compiled": [10_000, 30_000, 12_000]},
    "W2": {"plain": [100, 100, 100], "simpy": [80, 80, 80], "compiled": [30_000, 20_000, 10_000]},
    "W3": {"plain": [100, 100, 100], "simpy": [95, 95, 95], "compiled": [9_990, 9_000, 11_000]},
    "W4": {"simpy": [50, 50, 50], "compiled": [3_000, 3_100, 2_900]},
    "W5": {"simpy": [10, 20, 10], "compiled": [590, 1_200, 580]},
}


def given(case, program, turn):
    return float(RATES[case.name][program][turn])


def measured(name, engines=("simpy", "compiled")):
    case = CASES[name]
    return rates.measure_case(case, rates.programs_of(case, engines), 3, rate=given)


EXTRAS = {
    "cores": {"times_one": rates.spread([1.7, 1.9, 1.85])},
    "replications": {"times_kernel": 1.11},
    "start": {"first_call_s": 20.0, "warm_start_s": rates.spread([0.4, 0.8, 0.6])},
}


def a_document(engines=("simpy", "compiled"), extras=EXTRAS):
    cases = [measured(name, engines) for name in CASES]
    return {
        "kind": "bench", "renewline": "0", "machine": machine(), "seed": 1, "repeats": 3, "engines": list(engines),
        "cases": cases, **extras, "marks": marks(cases, extras),
    }  # fmt: skip


def test_ratios_are_taken_within_a_round_and_their_median_counts():
    found = measured("W1")
    assert found["ratios"]["compiled_to_plain"] == {
        "median": 120.0, "low": 100.0, "high": 150.0, "all": [100.0, 150.0, 120.0]
    }  # fmt: skip
    assert found["ratios"]["simpy_to_plain"]["all"] == pytest.approx([0.9, 1.2, 1.1])
    # Of 111, 125 and 109; the ratio of the medians would be 109.
    assert found["ratios"]["compiled_to_simpy"]["median"] == pytest.approx(10_000 / 90)
    assert found["visits_per_s"]["plain"]["median"] == 100
    assert found["visits_per_s"]["simpy"]["median"] == 110


def test_programs_take_turns():
    order, told = [], []

    def note(case, program, turn):
        order.append((turn, program))
        return 1.0

    rates.measure_case(CASES["W1"], ["plain", "simpy"], 2, lambda done, of: told.append((done, of)), note)
    assert order == [(0, "plain"), (0, "simpy"), (1, "plain"), (1, "simpy")]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_takes_no_part_has_no_rate_and_no_ratio():
    found = measured("W4", ["simpy"])
    assert found["visits_per_s"]["simpy"]["median"] == 50
    assert found["visits_per_s"]["plain"] is None
    assert found["visits_per_s"]["compiled"] is None
    assert set(found["ratios"].values()) == {None}


def test_marks_say_what_was_measured_and_whether_it_is_met():
    rows = {row["name"]: row for row in a_document()["marks"]}
    assert list(rows) == [mark.name for mark in MARKS]
    assert {name: row["met"] for name, row in rows.items()} == {
        "W1": True, "W2": True, "W3": False, "W1-W3": False, "W4": True, "W5": False, "cores": True,
        "replications": False, "first_call": True, "warm_start": True,
    }  # fmt: skip
    assert rows["W3"]["measured"] == pytest.approx(99.9)
    assert (rows["W4"]["measured"], rows["W4"]["mark"]) == (60.0, 60.0)
    assert rows["W1-W3"]["measured"] == pytest.approx((120 * 200 * 99.9) ** (1 / 3))
    assert (rows["cores"]["low"], rows["cores"]["measured"], rows["cores"]["high"]) == (1.7, 1.85, 1.9)


def test_the_mean_of_three_needs_all_three():
    two = marks([measured("W1"), measured("W2")], {})
    assert [row["name"] for row in two] == ["W1", "W2"]


def test_marks_of_what_could_not_be_measured_stay_open():
    nothing = dict.fromkeys(EXTRAS)
    rows = a_document(["simpy"], nothing)["marks"]
    assert [row["name"] for row in rows] == [mark.name for mark in MARKS]
    assert {(row["measured"], row["met"]) for row in rows} == {(None, None)}


@pytest.mark.parametrize(
    ("mark", "measured", "met"),
    [
        (Mark("W1", (), 100.0), 100.0, True),
        (Mark("W1", (), 100.0), 99.9, False),
        (Mark("W1", (), 1.1, "less"), 1.1, True),
        (Mark("W1", (), 1.1, "less"), 1.2, False),
        (Mark("W1", (), 1.1, "less"), None, None),
    ],
)
def test_a_mark_is_met_at_its_value(mark, measured, met):
    assert mark.met(measured) is met


# tables and chart


def shown(found, lang):
    out = io.StringIO()
    show(found, Console(file=out, width=80), lang)
    return out.getvalue()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("engines", [("simpy", "compiled"), ("simpy",)])
def test_tables_fit_80_columns(lang, engines):
    text = shown(a_document(engines, EXTRAS if "compiled" in engines else dict.fromkeys(EXTRAS)), lang)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert "…" not in text


def test_tables_show_rates_ratios_and_marks():
    text = re.sub(r"[ ]+", " ", shown(a_document(), "en"))
    assert "W1 exponential 0.10 0.11 12.0 1.10 120 111" in text
    assert "W5 spinning – 0.01 0.59 – – 59.0" in text
    assert "W1: compiled / plain 120 100 150 ≥ 100 met" in text
    assert "W5: compiled / ours 59.0 58.0 60.0 ≥ 60 not met" in text
    assert "Short runs of W1: time / kernel 1.11 – – ≤ 1.1 not met" in text
    assert f"cores to use: {machine()['cores']}" in text
    assert "not installed" not in text


def test_without_the_compiled_engine_its_columns_are_empty():
    text = re.sub(r"[ ]+", " ", shown(a_document(["simpy"], dict.fromkeys(EXTRAS)), "en"))
    assert "The compiled engine is not installed" in text
    assert "W1 exponential 0.10 0.11 – 1.10 – –" in text
    assert "W1: compiled / plain – – – ≥ 100 –" in text


def size_of(path):
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("engines", [("simpy", "compiled"), ("simpy",)])
def test_the_chart_is_a_picture(tmp_path, lang, engines):
    path = chart.write_chart(a_document(engines), tmp_path / "bench.png", lang)
    width, height = size_of(path)
    assert 1_000 < width < 2_000
    assert 500 < height < 1_000


def test_without_a_chinese_font_the_words_are_english(tmp_path, monkeypatch):
    monkeypatch.setattr(chart, "chinese_fonts", list)
    files = [chart.write_chart(a_document(), tmp_path / f"{lang}.png", lang) for lang in ("en", "zh")]
    assert files[0].read_bytes() == files[1].read_bytes()


def bars(found):
    """Return the heights of all bars drawn, the texts, and the levels of the marks."""
    figure = chart.draw(found, chart.Writer("en"))
    (axes,) = figure.axes
    return (
        [round(bar.get_height(), 6) for bar in axes.patches],
        [text.get_text() for text in axes.texts],
        [round(line.get_ydata()[0], 6) for line in axes.lines],
    )


def test_the_chart_draws_the_medians_and_the_marks():
    heights, texts, levels = bars(a_document())
    assert heights == [0.1, 0.11, 12.0, 0.1, 0.08, 20.0, 0.1, 0.095, 9.99, 0.05, 3.0, 0.01, 0.59]
    assert levels == [10.0, 10.0, 10.0, 3.0, 0.6]  # 100 times plain, 60 times ours
    assert {"W1", "120 × plain SimPy", "59.0 × our SimPy", "12.0"} <= set(texts)
    heights, texts, levels = bars(a_document(["simpy"]))
    assert (len(heights), levels) == (8, [])
    assert "1.10 × plain SimPy" in texts


def test_lines_of_chinese_do_not_begin_with_a_comma_nor_break_a_number():
    assert chart.wrapped("节拍为一秒，缓冲 100", 0.62, 9.0) == ["节拍为一", "秒，缓冲", "100"]


# cores, replications, starts

SMALL = scale.Sizes(rounds=2, plants=3, lines=4, line_s=50.0)


def test_one_process_and_two_play_the_same():
    told = []
    found = scale.measure_cores("simpy", "W1", 50.0, SMALL, lambda done, of: told.append((done, of)))
    assert (found["case"], found["replications"]) == ("W1", 3)
    one, two = found["one_s"]["all"], found["two_s"]["all"]
    assert found["times_one"]["all"] == [a / b for a, b in zip(one, two, strict=True)]
    assert len(one) == 2
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_short_replications_against_the_time_inside_the_engine():
    parts = []
    for n in range(4):
        run = rates.opened("simpy", CASES["W1"].program(), n)
        run.play(50.0)
        parts += [output.good for output in run.read().lines[0].outputs.values()]
    told = []
    sizes = replace(SMALL, lines=200)
    found = scale.measure_replications("compiled", "W1", sizes, lambda done, of: told.append((done, of)))
    assert scale.measure_replications("compiled", "W1", SMALL)["parts"] == sum(parts)
    assert 0 < found["kernel_s"] < found["wall_s"]
    assert found["times_kernel"] == pytest.approx(found["wall_s"] / found["kernel_s"])
    assert told == [(100, 200), (200, 200)]


def test_a_start_keeps_its_code_where_the_engine_looks_for_it():
    assert scale.CACHE == kept.CACHE


def test_a_start_is_a_process_of_its_own(tmp_path):
    assert scale.start_s("simpy", tmp_path) > 0
    with pytest.raises(RuntimeError, match="no_such_engine"):
        scale.start_s("no_such", tmp_path)


def test_starts_are_compared_round_by_round(monkeypatch):
    seconds = iter([12.0, 1.5, 1.0, 1.9, 1.1])
    caches = []

    def start_s(engine, cache):
        caches.append((engine, cache))
        return next(seconds)

    monkeypatch.setattr(scale, "start_s", start_s)
    found = scale.measure_start("compiled", 2)
    assert found["first_call_s"] == 12.0
    assert found["warm_start_s"]["all"] == pytest.approx([0.5, 0.8])
    assert [engine for engine, _ in caches] == ["compiled", "compiled", "simpy", "compiled", "simpy"]
    assert len({cache for _, cache in caches}) == 1  # the first call fills it, the later ones find it full


def test_w1_makes_ten_thousand_parts_in_a_short_replication():
    sizes = scale.Sizes()
    parts = [n / 5 for n in made("W1", "simpy", 3, sizes.line_s)]
    assert sum(parts) / 3 == pytest.approx(10_000, rel=0.02)
    assert (sizes.lines, sizes.plants) == (10_000, 100)


# the document and the command


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Make every case short, in an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setattr(document, "engines", lambda: ("simpy",))
    for name, case in CASES.items():
        short = Span(12 * H if name in ("W4", "W5") else 30.0)
        monkeypatch.setitem(CASES, name, replace(case, spans=dict.fromkeys(case.spans, short)))
    return tmp_path


def test_the_document_of_a_benchmark(quick):
    stages = []
    found = bench(NAMES, 2, stages.append)
    assert found["kind"] == "bench"
    assert [case["name"] for case in found["cases"]] == ["W1", "W2", "W3", "W4", "W5"]
    assert stages == [f"Measuring {name}" for name in CASES]
    for case in found["cases"]:
        assert len(case["visits_per_s"]["simpy"]["all"]) == 2
        assert case["visits_per_s"]["simpy"]["low"] > 0
        assert (case["visits_per_s"]["plain"] is None) == (case["name"] in ("W4", "W5"))
        assert case["visits_per_s"]["compiled"] is None
    assert {name: found[name] for name in EXTRAS} == dict.fromkeys(EXTRAS)
    assert [row["name"] for row in found["marks"]] == [mark.name for mark in MARKS]


def test_the_machine_is_told_by_class_not_by_name():
    assert machine().keys() == {"cores", "architecture", "system", "python", "versions"}
    assert machine()["versions"].keys() == {"renewline", "simpy", "numpy", "numba", "llvmlite"}


def strictly(text):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_the_command_prints_tables_and_writes_json_and_chart(quick, capsys):
    assert run(["bench", "--only", "w1,W4", "--repeats", "1", "--out", "here", "--lang", "en"]) == 0
    told = capsys.readouterr()
    assert "exponential" in told.out
    assert "machining" in told.out
    assert "spinning" not in told.out
    assert "Measuring W4" in told.err
    assert str(Path("here") / "bench.png") in told.err
    assert {path.name for path in (quick / "here").iterdir()} == {"bench.json", "bench.png"}
    found = strictly((quick / "here/bench.json").read_text(encoding="utf-8"))
    assert [case["name"] for case in found["cases"]] == ["W1", "W4"]
    assert found["repeats"] == 1
    size_of(quick / "here/bench.png")


def test_the_command_names_a_folder_of_its_own(quick, capsys):
    assert run(["bench", "--only", "W1", "--repeats", "1", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    (folder,) = (quick / "runs").iterdir()
    assert folder.name.endswith("-bench-W1")


def test_one_json_document_and_nothing_else(quick, capsys):
    assert run(["bench", "--only", "W2", "--repeats", "1", "--json", "--no-save"]) == 0
    found = strictly(capsys.readouterr().out)
    assert [case["name"] for case in found["cases"]] == ["W2"]
    assert list(quick.iterdir()) == []


def test_no_case_no_chart(quick, capsys):
    assert run(["bench", "--only", "start", "--out", "here"]) == 0
    assert "bench.png" not in capsys.readouterr().err
    assert [path.name for path in (quick / "here").iterdir()] == ["bench.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "W9"], ["'W9' is not known", "W1, W2, W3, W4, W5, cores, replications, start"]),
        (["--only", "W1,strat,W8"], ["'strat'", "did you mean 'start'", "'W8'"]),
        (["--only", ""], ["''", "known: W1"]),
        (["--repeats", "0"], ["--repeats", "0"]),
        (["--repeats", "many"], ["--repeats", "many"]),
        (["--out", "a file"], ["a file"]),
        (["W1"], ["W1"]),
    ],
)
def test_wrong_use_is_told_before_anything_is_measured(quick, capsys, monkeypatch, arguments, words):
    (quick / "a file").write_text("mine", encoding="utf-8")
    assert run(["bench", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert all(word in told.err for word in words), told.err
    assert "Traceback" not in told.err
    assert "Measuring" not in told.err
    assert not (quick / "runs").exists()


def test_names_are_read_in_any_case_and_each_once():
    assert parse_names("w1,W1, Cores") == ("W1", "cores")
    assert parse_names(",".join(NAMES)) == NAMES


def test_the_developers_profile_of_a_case(capsys):
    path = ROOT / "benchmarks" / "hot_spots.py"
    spec = importlib.util.spec_from_file_location("hot_spots", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(["W2", "--horizon-s", "100", "--runs", "2", "--rows", "5"])
    told = capsys.readouterr().out
    assert "W2, simpy engine: 2 x 100 s" in told
    assert "tottime" in told


def test_the_geometric_mean_of_the_first_three_is_of_their_medians():
    (row,) = [row for row in a_document()["marks"] if row["name"] == "W1-W3"]
    assert math.log(row["measured"]) == pytest.approx((math.log(120) + math.log(200) + math.log(99.9)) / 3)
