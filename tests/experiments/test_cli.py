"""Every command on a plant file of one's own: documents, exit codes, messages with file and line, folders."""

import csv
import json

import pytest

from experiments.cli import app, run

PLANT = """\
plant: {name: Own works}
run: {horizon_h: 200, replications: 2}
products:
  - {name: plate, margin_cny: 400}
lines:
  - name: plates
    source: saturated
    stations:
      - name: saw
        buffer: 3
        cycle_time_s: 14400
        power_kw: {processing: 9, idle: 2}
        failures: [{ttf_h: {exponential: 60}, ttr_h: {exponential: 4}}]
        options:
          - name: band saw
            capex_cny: 60000
            cycle_time_factor: 0.6
            install_d: 4
      - name: oven
        buffer: 3
        cycle_time_s: 10800
        use_per_h: {natural_gas_m3: {processing: 5}}
        options:
          - name: new oven
            capex_cny: 50000
            install_d: 6
            use_per_h: {natural_gas_m3: {processing: 3}}
renewal:
  start: 2026-01
  years: 2
  period: quarter
  replications: 2
  budget_cny: {2026: 60000, 2027: 60000}
  downtime_h_per_period: {plates: 200}
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return the name of a plant file in an empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    (tmp_path / "own.yaml").write_text(PLANT, encoding="utf-8")
    return "own.yaml"


def strictly(text):
    """Return a JSON document; NaN and Infinity, which JSON does not know, are refused."""

    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def numbers(value):
    """Yield every interval in a document."""
    if isinstance(value, dict):
        if "half_width" in value:
            yield value
        for item in value.values():
            yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)


SIMULATE = {"engine", "seed", "replications", "horizon_h", "warm_up_h", "lines", "crews", "by_replication", "plant"}
LINE = {"name", "throughput_per_h", "good_per_h", "wip", "lead_time_h", "products", "sources", "energy", "stations",
        "bottleneck"}  # fmt: skip
STATION = {"name", "machines", "states", "hours", "oee", "visits_per_h", "queue_length", "number", "waiting_time_h",
           "mean_power_kw", "stops", "machine"}  # fmt: skip
ENERGY = {"mean_power_kw", "kwh_per_unit", "kgce_per_unit", "tce", "co2_t", "cost_cny", "peak_kw", "by_carrier",
          "by_state", "by_band_kwh"}  # fmt: skip
DIFFERENCE = {"output_per_y", "kwh_per_y", "natural_gas_m3_per_y", "energy_tce_per_y", "co2_t_per_y",
              "energy_cost_cny_per_y", "value_cny_per_y"}  # fmt: skip
PLAN = {"status", "npv_gain_cny", "gap", "periods", "renewals", "by_year", "by_period", "cash_flow", "explained",
        "explained_notes", "by_line", "against", "baseline", "planned", "assumptions", "discount_rate", "tax_rate",
        "years", "seed", "replications", "engine", "plant"}  # fmt: skip
RENEWAL = {"line", "station", "machines", "from", "option", "period", "start", "end", "capex_cny", "payback_y"}
YEAR = {"year", "capex_cny", "budget_cny", "available_cny", "downtime_h", "output", "output_baseline", "energy_tce",
        "energy_tce_baseline", "co2_t", "co2_t_baseline"}  # fmt: skip
CASH = {"year", "capex_cny", "margin_cny", "energy_cny", "running_cny", "tax_cny", "residual_cny", "net_cny",
        "discounted_cumulative_cny"}  # fmt: skip


def is_a_simulation(document):
    assert document.keys() >= SIMULATE
    for line in document["lines"]:
        assert line.keys() >= LINE
        assert line["energy"].keys() >= ENERGY
        for station in line["stations"]:
            assert station.keys() >= STATION
            assert sum(station["states"].values()) == pytest.approx(1)


# documents


def test_simulate_prints_one_document_and_nothing_else(own, capsys):
    assert run(["simulate", own, "--json", "--no-save", "--workers", "1"]) == 0
    told = capsys.readouterr()
    document = strictly(told.out)
    assert document["kind"] == "simulate"
    is_a_simulation(document)
    assert (document["replications"], document["horizon_h"], document["seed"]) == (2, 200, 1)
    assert document["plant"] == "Own works"
    assert "Simulating" in told.err


def test_options_override_the_file(own, capsys):
    arguments = ["--horizon-h", "100", "--warm-up-h", "20", "--seed", "9", "--replications", "3", "--workers", "1"]
    assert run(["simulate", own, "--json", "--no-save", *arguments]) == 0
    document = strictly(capsys.readouterr().out)
    assert (document["horizon_h"], document["warm_up_h"]) == (100, 20)
    assert (document["seed"], document["replications"]) == (9, 3)
    assert len(document["by_replication"]["plates/good_per_h"]) == 3


def test_compare_prints_one_document(own, capsys):
    assert run(["compare", own, "--option", "plates/oven=new oven:1", "--json", "--no-save", "--workers", "1"]) == 0
    document = strictly(capsys.readouterr().out)
    assert document["kind"] == "compare"
    is_a_simulation(document["before"])
    is_a_simulation(document["after"])
    assert document["difference"].keys() >= DIFFERENCE
    assert document["by_line"][0].keys() >= DIFFERENCE
    assert document["options"] == [
        {"line": "plates", "station": "oven", "machines": 1, "option": "new oven", "capex_cny": 50_000}
    ]
    assert document["difference"]["natural_gas_m3_per_y"]["mean"] < 0


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return a plan's run folder, with what went to stdout and stderr; the plan is made once for several tests."""
    import contextlib
    import io

    folder = tmp_path_factory.mktemp("plan")
    (folder / "own.yaml").write_text(PLANT, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["plan", str(folder / "own.yaml"), "--json", "--out", str(folder / "run"), "--workers", "1",
                    "--lang", "en"])  # fmt: skip
    assert code == 0, err.getvalue()
    return folder / "run", out.getvalue(), err.getvalue()


def test_plan_prints_one_document(saved):
    document = strictly(saved[1])
    assert document["kind"] == "plan"
    assert document.keys() >= PLAN
    assert set(document["npv_gain_cny"]) == {"simulated", "predicted", "bound"}
    assert len(document["renewals"]) == 2
    assert all(row.keys() >= RENEWAL for row in document["renewals"])
    assert all(row.keys() >= YEAR for row in document["by_year"])
    assert all(row.keys() >= CASH for row in document["cash_flow"])
    assert [y["budget_cny"] for y in document["by_year"]] == [60_000, 60_000]
    assert all(row.keys() >= {"period", "line", "downtime_h", "limit_h"} for row in document["by_period"])
    assert {"baseline", "payback_ranking"} <= set(document["against"])
    is_a_simulation(document["baseline"])
    is_a_simulation(document["planned"])


def test_progress_goes_to_stderr(saved):
    for stage in ("Simulating", "Solving", "Playing back"):
        assert stage in saved[2]
    assert "Traceback" not in saved[2]


def test_the_run_folder_of_a_plan(saved):
    folder, out, err = saved
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "inputs/own.yaml", "results.json", "manifest.json", "report.html",
        "renewals.csv", "by_year.csv", "by_period.csv", "cash_flow.csv", "explained.csv",
    }  # fmt: skip
    assert (folder / "inputs/own.yaml").read_text(encoding="utf-8") == PLANT
    document = strictly((folder / "results.json").read_text(encoding="utf-8"))
    assert document == strictly(out)
    assert str(folder / "report.html") in err
    with (folder / "renewals.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(r["station"], r["option"], float(r["capex_cny"])) for r in rows] == [
        (r["station"], r["option"], r["capex_cny"]) for r in document["renewals"]
    ]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Own works" in page
    assert "band saw" in page


def test_report_writes_the_page_of_a_run_again(saved, capsys):
    page = saved[0] / "report.html"
    first = page.read_text(encoding="utf-8")
    page.unlink()
    assert run(["report", str(saved[0]), "--lang", "en"]) == 0
    assert str(page) in capsys.readouterr().out
    assert page.read_text(encoding="utf-8") == first
    assert run(["report", str(saved[0]), "--lang", "zh"]) == 0
    assert 'lang="zh' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["simulate", "compare", "plan"])
def test_one_replication_leaves_the_interval_open(own, capsys, command):
    one = ["--replications", "1", "--workers", "1"]
    assert run([command, own, *one, "--json", "--out", "run", "--quiet"]) == 0
    found = list(numbers(strictly(capsys.readouterr().out)))
    assert found
    assert all(item["half_width"] is None for item in found)
    assert run(["report", "run", "--lang", "en"]) == 0


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_tables_on_the_terminal(own, capsys, command):
    assert run([command, own, "--no-save", "--workers", "1", "--lang", "en"]) == 0
    told = capsys.readouterr()
    assert "saw" in told.out
    assert "\x1b" not in told.out


def test_nothing_is_written_where_nothing_is_to_be(own, tmp_path):
    for command in ("simulate", "compare"):
        assert run([command, own, "--no-save", "--json", "--workers", "1"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [own]


def test_a_run_is_saved_in_a_folder_of_its_own(own, tmp_path, capsys):
    for _ in range(2):
        assert run(["simulate", own, "--workers", "1", "--lang", "zh", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    folders = list((tmp_path / "runs").iterdir())
    assert len(folders) == 2
    for folder in folders:
        assert {path.name for path in folder.iterdir()} == {
            "inputs", "results.json", "manifest.json", "report.html", "lines.csv", "stations.csv", "load_profile.csv",
            "electricity_by_year.csv", "bottlenecks.csv", "seeing.json",
        }  # fmt: skip
        manifest = strictly((folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["seed"] == 1
        assert "own.yaml" in manifest["inputs"]


def test_quiet_is_quiet(own, capsys):
    assert run(["simulate", own, "--no-save", "--json", "--quiet", "--workers", "1"]) == 0
    assert capsys.readouterr().err == ""


def test_check_of_a_plant_that_is_fine(own, capsys):
    assert run(["check", own]) == 0
    assert capsys.readouterr().out == "own.yaml: fine; 1 lines, 2 machines, 2 options\n"
    assert run(["check", own, "--json"]) == 0
    assert strictly(capsys.readouterr().out) == {"problems": []}


def test_new_writes_an_example_that_is_fine_as_it_is(own, tmp_path, capsys):
    assert run(["new", "spinning"]) == 0
    assert run(["new", "machining", "mine.yaml"]) == 0
    assert run(["check", "spinning.yaml", "mine.yaml"]) == 0
    (tmp_path / "mine.yaml").write_text("mine", encoding="utf-8")
    assert run(["new", "machining", "mine.yaml"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "mine"
    assert run(["new", "machining", "mine.yaml", "--force"]) == 0
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") != "mine"


def test_schema_is_json_schema(capsys):
    assert run(["schema"]) == 0
    schema = strictly(capsys.readouterr().out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"lines", "renewal", "products"} <= set(schema["properties"])


def test_schema_of_a_renewal_problem_names_every_field_with_its_meaning(capsys):
    assert run(["schema", "--problem"]) == 0
    schema = strictly(capsys.readouterr().out)
    assert {"renewal_problem", "periods", "assets", "rules", "targets"} <= set(schema["properties"])
    option = schema["$defs"]["Option"]["properties"]
    assert {kind["type"] for kind in option["saving"]["anyOf"]} == {"number", "array"}
    assert "start" in option["saving"]["description"]


# optimize

LATHE = {
    "renewal_problem": 1, "periods": {"count": 3}, "budget": {"amounts": 100},
    "assets": [{"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}],
}  # fmt: skip


def problem(tmp_path, **changes):
    (tmp_path / "problem.json").write_text(json.dumps({**LATHE, **changes}), encoding="utf-8")
    return "problem.json"


def test_optimize_solves_plain_numbers(own, tmp_path, capsys):
    assert run(["optimize", problem(tmp_path)]) == 0
    found = strictly(capsys.readouterr().out)
    assert found["status"] == "optimal"
    assert (found["gain"], found["bound"], found["gap"]) == (20, pytest.approx(20), pytest.approx(0))
    assert [(r["asset"], r["option"], r["period"]) for r in found["renewals"]] == [("lathe", "cnc", 0)]


def test_optimize_says_what_clashes(own, tmp_path, capsys):
    name = problem(tmp_path, budget={"amounts": 90}, rules=[{"must": "lathe"}])
    assert run(["optimize", name]) == 4
    told = capsys.readouterr()
    assert strictly(told.out)["status"] == "infeasible"
    assert "90" in told.err
    assert "lathe" in told.err
    assert "Traceback" not in told.err


def test_optimize_lists_what_is_wrong(own, tmp_path, capsys):
    name = problem(tmp_path, periods={"count": 0}, budget={"amounts": "much"})
    assert run(["optimize", name]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "periods.count" in told.err
    assert "budget.amounts" in told.err
    assert "2 problems found." in told.err


def test_optimize_asks_for_the_best_plan_there_is(own, tmp_path, capsys):
    items = [(41, 442), (50, 525), (49, 511), (59, 593), (55, 546), (57, 564), (60, 617)]
    assets = [
        {"name": f"i{n}", "options": [{"name": "do", "starts_after": 0, "cost": w, "saving": w + p}]}
        for n, (w, p) in enumerate(items)
    ]
    name = problem(tmp_path, periods={"count": 1}, budget={"amounts": 170}, assets=assets)
    assert run(["optimize", name]) == 0
    assert strictly(capsys.readouterr().out)["gain"] == pytest.approx(1735, abs=1e-6)
    assert run(["optimize", name, "--gap", "-1"]) == 2


def test_optimize_reads_only_json(own, capsys):
    assert run(["optimize", own]) == 3
    assert "own.yaml line 1" in capsys.readouterr().err


# mistakes: all located, exit code 3, no traceback


def broken(tmp_path, *changes):
    text = PLANT
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    return "broken.yaml"


def line_of(text, words):
    """Return the number of the line of a text in which some words stand."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if words in line)


MISTAKES = {
    "negative time": ("cycle_time_s: 14400", "cycle_time_s: -14400", "cycle_time_s: -14400", ["-14400"]),
    "unknown key": ("source: saturated", "sorce: saturated", "sorce", ["unknown key 'sorce'", "did you mean 'source'"]),
    "unknown key at a station": ("power_kw: {pro", "pover_kw: {pro", "pover_kw", ["'pover_kw'", "'power_kw'"]),
    "missing buffer": ("        buffer: 3\n        cycle_time_s: 10800", "        cycle_time_s: 10800", "name: oven",
                       ["'buffer' is missing", "oven"]),
    "option without price": ("            capex_cny: 50000\n", "", "name: new oven", ["'capex_cny' is missing"]),
    "budget outside the horizon": ("2027: 60000", "2031: 60000", "2031", ["a budget for 2031", "2026 to 2027"]),
    "text for a number": ("years: 2", "years: two", "years: two", ["the text 'two'", "a whole number"]),
    "text for a price": ("capex_cny: 60000", "capex_cny: 60 000 CNY", "60 000 CNY", ["'60 000 CNY'", "a number"]),
    "negative price": ("capex_cny: 60000", "capex_cny: -1", "capex_cny: -1", ["-1", "at least 0"]),
    "no such line": ("{plates: 200}", "{plate: 200}", "{plate: 200}", ["'plate'", "did you mean 'plates'"]),
}  # fmt: skip


@pytest.mark.parametrize("command", ["check", "plan"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_line(own, tmp_path, capsys, command, mistake):
    before, after, where, words = MISTAKES[mistake]
    name = broken(tmp_path, (before, after))
    at = line_of((tmp_path / name).read_text(encoding="utf-8"), where)
    assert run([command, name]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    mine = [line for line in told.err.splitlines() if line.startswith(f"broken.yaml:{at}:")]
    assert mine, told.err
    assert all(word in " ".join(mine) for word in words), told.err
    assert "Traceback" not in told.err
    assert "our fault" not in told.err


def test_all_mistakes_are_told_at_once(own, tmp_path, capsys):
    chosen = [n for n in MISTAKES if n not in ("unknown key", "negative price")]
    name = broken(tmp_path, *(MISTAKES[n][:2] for n in chosen))
    text = (tmp_path / name).read_text(encoding="utf-8")
    for command in ("simulate", "compare", "plan", "check"):
        assert run([command, name]) == 3
        told = capsys.readouterr()
        assert told.out == ""
        # What the wrong number of years makes of the budget cannot be told before it is right.
        for mistake in chosen:
            if mistake != "budget outside the horizon":
                at = line_of(text, MISTAKES[mistake][2])
                assert f"broken.yaml:{at}:" in told.err, (mistake, told.err)
    assert not (tmp_path / "runs").exists()


def test_problems_as_json(own, tmp_path, capsys):
    name = broken(tmp_path, MISTAKES["negative time"][:2], MISTAKES["no such line"][:2])
    assert run(["check", name, "--json"]) == 3
    problems = strictly(capsys.readouterr().out)["problems"]
    assert [set(p) for p in problems] == [{"where", "found", "allowed", "hint"}] * 2
    assert problems[0]["where"].startswith("broken.yaml:11: ")


def test_several_files_are_checked_in_one_go(own, tmp_path, capsys):
    assert run(["check", own, broken(tmp_path, MISTAKES["negative time"][:2]), "nowhere.yaml"]) == 3
    told = capsys.readouterr()
    assert "own.yaml: fine" in told.out
    assert "broken.yaml:11" in told.err
    assert "nowhere.yaml: no such file" in told.err


def test_text_that_is_no_yaml(own, tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text("lines:\n  - {name: [}\n", encoding="utf-8")
    assert run(["simulate", "bad.yaml"]) == 3
    assert capsys.readouterr().err.startswith("bad.yaml:2")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("machinning", ["machinning", "did you mean 'machining'"]),
        ("steelpipe", ["did you mean 'steel-pipe'"]),
        ("spining.yaml", ["spining.yaml: no such file", "did you mean 'spinning'"]),
        ("nothing-like-it", ["no such file or example", "machining, ", "spinning, steel-pipe"]),
    ],
)
def test_an_unknown_name_gets_a_suggestion(own, capsys, name, words):
    for command in ("simulate", "plan", "check"):
        assert run([command, name]) == 3
        told = capsys.readouterr().err
        assert all(word in told for word in words), told
    assert run(["new", name.removesuffix(".yaml")]) == 3


def test_a_wrong_option_of_compare(own, capsys):
    assert run(["compare", own, "--option", "oven=old oven", "--option", "press=x"]) == 3
    told = capsys.readouterr().err
    assert "no option 'old oven' at oven" in told
    assert "new oven" in told
    assert "no such station: 'press'" in told
    assert "2 problems found." in told


def test_a_warm_up_as_long_as_the_run(own, capsys):
    assert run(["simulate", own, "--warm-up-h", "200"]) == 3
    assert "--warm-up-h" in capsys.readouterr().err


def test_a_plan_without_a_renewal_section(own, tmp_path, capsys):
    (tmp_path / "short.yaml").write_text(PLANT.split("renewal:")[0], encoding="utf-8")
    assert run(["plan", "short.yaml"]) == 3
    assert "renewal: missing" in capsys.readouterr().err


# other exit codes


@pytest.mark.parametrize(
    "arguments",
    [
        ["plann"],
        ["plan"],
        ["simulate", "own.yaml", "--replications", "0"],
        ["simulate", "own.yaml", "--replications", "many"],
        ["simulate", "own.yaml", "--lang", "fr"],
        ["simulate", "own.yaml", "--horizon-h", "0"],
        ["simulate", "own.yaml", "--colour"],
        ["optimize", "nowhere.json"],
        ["report", "nowhere"],
        ["check"],
    ],
)
def test_wrong_use(own, capsys, arguments):
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert "Error" in told.err or "Usage" in told.err


def test_a_folder_that_cannot_be_made_is_no_fault_of_ours(own, capsys):
    assert run(["simulate", own, "--out", f"{own}/inside", "--quiet", "--json", "--workers", "1"]) == 2
    told = capsys.readouterr().err
    assert "own.yaml" in told
    assert "our fault" not in told


def test_a_folder_without_results_has_no_report(own, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(["report", "empty"]) == 3
    assert "results.json: missing" in capsys.readouterr().err
    (tmp_path / "empty" / "results.json").write_text("{", encoding="utf-8")
    assert run(["report", "empty"]) == 3
    assert "no JSON" in capsys.readouterr().err


def test_an_impossible_plan_names_what_clashes(own, tmp_path, capsys):
    rules = "renewal:\n  rules: [{must: plates/saw, by: 2026-06}, {must: plates/oven, by: 2026-12}]\n"
    name = broken(tmp_path, ("renewal:\n", rules))
    assert run(["plan", name, "--json", "--workers", "1"]) == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert "clash" in told.err
    assert "60,000" in told.err or "60000" in told.err
    assert "plates/saw" in told.err
    assert "plates/oven" in told.err
    assert "downtime" not in told.err
    assert "Traceback" not in told.err
    assert not (tmp_path / "runs").exists()


def test_no_time_for_the_solver_ends_with_what_there_is(own, capsys):
    code = run(["plan", own, "--json", "--no-save", "--rounds", "0", "--time-limit-s", "0", "--workers", "1"])
    told = capsys.readouterr()
    assert code == 5, told.err
    document = strictly(told.out)
    assert document["status"] == "feasible"
    assert "allow it more time" in told.err
    assert "Traceback" not in told.err


def test_our_own_faults_say_so(own, monkeypatch, capsys):
    def fails(*_, **__):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("sim.simulate.simulate", fails)
    assert run(["simulate", own]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError: by nothing" in told
    assert "our fault" in told
    assert "Traceback" not in told
    assert run(["simulate", own, "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupted_run_says_so(own, monkeypatch, capsys):
    def interrupts(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.simulate.simulate", interrupts)
    assert run(["simulate", own]) == 130
    assert "Traceback" not in capsys.readouterr().err


# help


@pytest.mark.parametrize("command", [None, *sorted(app.commands)])
def test_every_command_has_help(command, capsys):
    for flag in ("--help", "-h"):
        assert run([*([command] if command else []), flag]) == 0
        told = capsys.readouterr()
        assert told.out.startswith("Usage: renewline")
        assert told.err == ""
    if command:
        assert f"renewline {command} " in told.out or command == "schema"  # an example to copy


def test_the_commands_of_the_first_release_are_there():
    assert set(app.commands) >= {"new", "check", "schema", "simulate", "compare", "plan", "optimize", "report"}


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("renewline 0.")


def test_optimize_explains_and_holds_against_a_list(own, tmp_path, capsys):
    lathe = {"name": "lathe", "line": "L", "station": "s", "capacity_per_h": 1,
             "options": [{"name": "cnc", "cost": 100, "saving": 60}]}  # fmt: skip
    line = {"name": "L", "stations": ["s"], "hours": 1, "margin": 1}
    problem = {"renewal_problem": 1, "periods": {"count": 3}, "lines": [line], "assets": [lathe]}
    (tmp_path / "p.json").write_text(json.dumps(problem), encoding="utf-8")
    (tmp_path / "own.csv").write_text("line,station,option,period\nL,s,cnc,1\n", encoding="utf-8")
    assert run(["optimize", "p.json", "--why", "--against", "own.csv"]) == 0
    told = capsys.readouterr()
    found = strictly(told.out)
    assert found["why"]["measures"][0]["adds_replanned"] == {"at_least": 20.0, "at_most": 20.0}
    assert {name: row["gain"] for name, row in found["against"].items()} == {
        "nothing": 0, "payback_ranking": 20, "own_capacity_ranking": 20, "own_list": -40
    }  # fmt: skip
    (tmp_path / "own.csv").write_text("line,station,option,period\nL,s,cn,9\n", encoding="utf-8")
    assert run(["optimize", "p.json", "--against", "own.csv"]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "own.csv row 2: option 'cn'" in told.err and "2 problems found" in told.err
