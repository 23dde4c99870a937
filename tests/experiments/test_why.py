"""Why a plant's plan is as it is: in plant words, against other choices, and where no schedule is possible."""

import json
from contextlib import nullcontext

import pytest
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Beliefs
from experiments.commands import Request
from experiments.lang import translator
from experiments.plan import document_of, find_plan
from experiments.problem_of import renewal_problem
from experiments.report import write_report
from experiments.report.parts import Writer
from experiments.report.why_charts import abatement as abatement_chart
from experiments.report.why_parts import abatement as abatement_table
from experiments.report.why_parts import limit, measures, missing, moves, sentences, why_not
from experiments.run_folder import as_json
from experiments.why import co2_saved_t
from experiments.why_clash import NoSchedule, told
from experiments.why_plan import choices, explained
from models.errors import DataError
from models.plant import Plant
from optimize.evaluate import Evaluator
from optimize.solve import solve


def savers(*rules, **frame):
    """Two lines; a and b save energy for 100,000 each, the press of line two is cheaper and saves less."""

    def saver(name, capex=100_000, kw=5):
        return station(name, 28_800, option(capex=capex, power_kw={"processing": kw}, install_d=1),
                       power_kw={"processing": 30})  # fmt: skip

    frame = {"years": 2, "period": "quarter", "discount_rate": 0.15, "budget_cny": {2025: 120_000, 2026: 0}, **frame}
    lines = line(saver("a"), saver("b"), name="one"), line(saver("press", 60_000, 20), name="two")
    energy = {"electricity": {"price_cny_per_kwh": 1.0}}
    return plant(*lines, energy=energy, renewal=renewal(rules=rules, **frame))


OWN = "line,station,machines,option,date\none,b,1,new,2025-03-15\ntwo,press,1,new,2025-04-01\n"


@pytest.fixture(scope="module")
def answer():
    return find_plan(savers(), workers=1, replications=2)


@pytest.fixture(scope="module")
def document(answer, tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "schedule.csv"
    path.write_text(OWN, encoding="utf-8")
    own = choices(answer.plant, str(path))
    request = Request("plan", "savers", workers=1)
    return json.loads(as_json(explained(answer, document_of(answer), own, 60.0, request, lambda stage: None)))


def test_what_each_renewal_adds_is_told_in_plant_words(answer, document):
    why = document["why"]
    assert why["questions"]["unfinished"] == 0
    (first,) = why["measures"]  # one of two alike
    assert (first["line"], first["option"], first["price_cny"]) == ("one", "new", 100_000)
    assert first["by_period"] == {"2025-Q1": 1}
    assert first["adds_rest_fixed_cny"] == pytest.approx(answer.plan.gain)
    assert sum(first["parts_cny"].values()) == pytest.approx(first["adds_rest_fixed_cny"])


def test_at_the_break_even_price_the_best_plan_turns(answer, document):
    """The other one of the two is as good, so a dearer one is left out at once; without it, the price may double."""
    (first,) = document["why"]["measures"]
    assert first["break_even_price_cny"] == pytest.approx(100_000, rel=1e-4)
    alone = savers(budget_cny=None)
    found = find_plan(alone, workers=1, replications=1)
    row = explained(found, document_of(found), {}, 60.0, Request("plan", "savers", workers=1), lambda stage: None)
    press = next(m for m in row["why"]["measures"] if m["station"] == "press")
    assert press["break_even_exact"]
    for factor, taken in ((0.99, True), (1.01, False)):
        price = factor * press["break_even_price_cny"]
        tree = alone.model_dump(by_alias=True, exclude_unset=True)
        tree["lines"][1]["stations"][0]["options"][0]["capex_cny"] = price
        dear = Plant.model_validate(tree)
        plan = solve(renewal_problem(dear, dear.renewal, found.beliefs), gap=1e-7)
        assert any(r.station == "press" for r in plan.renewals) == taken


def test_what_is_left_out_is_kept_out_by_the_budget_of_a_year(document):
    rows = {(m["line"], m["station"]): m for m in document["why"]["missing"]}
    press = rows["two", "press"]
    assert press["reason"] == "blocked"
    assert press["blockers"][0]["kind"] == "budget"
    assert press["blockers"][0]["periods"][0] == 2025


def test_the_next_100_000_buys_the_other_machine(document):
    why = document["why"]
    assert why["next_year"] == 2025
    first = why["budgets"][0]
    assert (first["step_cny"], first["unused_cny"]) == (100_000, 20_000)
    assert [m["machines"] for m in first["moves"]] == [1]
    assert first["more_cny"]["at_least"] == pytest.approx(document["npv_gain_cny"]["predicted"], rel=1e-4)
    assert [p["factor"] for p in why["curve"]][-2:] == [3.0, None]


def test_the_own_list_is_played_beside_the_plan(answer, document):
    own = document["against"]["own_list"]
    assert [(r["line"], r["station"], r["period"]) for r in own["renewals"]] == [
        ("one", "b", "2025-Q1"), ("two", "press", "2025-Q2")
    ]  # fmt: skip
    assert any("budget" in text for text in own["breaks"])  # 160,000 of 120,000
    assert own["less_plan_cny"]["half_width"] is not None
    gains = own["npv_gain_cny"]["simulated"]["mean"], document["npv_gain_cny"]["simulated"]["mean"]
    assert own["less_plan_cny"]["mean"] == pytest.approx(gains[0] - gains[1])
    assert own["less_plan_cny"]["mean"] > 0  # it spends more than it may
    assert document["against"]["own_capacity_ranking"]["breaks"] == []


def test_a_list_that_names_nothing_of_the_plant(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("line,station,option,period\none,c,new,2025-Q1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"own.csv row 2: station 'c'; must be one of: a, b"):
        choices(savers(), str(path))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_and_tables_say_why(document, tmp_path, lang):
    w = Writer(lang)
    said = sentences(document, w)
    assert any("100,000" in text or "10 万元" in text for text in said)
    assert len(measures(document, w).rows) == 1 and len(missing(document, w).rows) == 2
    page = write_report(document, tmp_path / "r.html", lang).read_text(encoding="utf-8")
    assert page.index(w.t("Why this plan")) < page.index('id="schedule"')
    assert page.count("why-") > 2


def test_no_explanation_no_section(answer, tmp_path):
    page = write_report(json.loads(as_json(document_of(answer))), tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Why this plan" not in page


# --- words ---


def test_limits_and_moves_in_words():
    en, zh = Writer("en"), Writer("zh")
    blocker = {"kind": "rule", "line": None, "station": None, "name": None, "periods": [],
               "rule": {"number": 2, "rule": "after", "first": "a", "then": "b", "gap": 1}}  # fmt: skip
    assert limit(blocker, en) == "rule 2 (b at least 1 periods after a)"
    assert limit({**blocker, "kind": "budget", "rule": None, "periods": [2025, 2026]}, zh) == "预算（2025、2026）"
    assert (
        why_not({"blockers": [], "reason": "rival", "rival": {"option": "cnc"}}, en)
        == "cnc is better for the same machine"
    )
    rows = [
        {"station": "s", "option": "x", "machines": 0, "before": {"2025-Q1": 1}, "after": {"2025-Q3": 1}},
        {"station": "t", "option": "y", "machines": -2, "before": {"2025-Q1": 2}, "after": {}},
    ]
    assert moves(rows, en) == "s: x from 2025-Q1 to 2025-Q3, -2 × t: y"


def test_abatement_is_drawn_and_told():
    def row(name, abated, cost, front):
        return {"line": "L", "station": name, "option": name, "machines": 1, "abated_t": abated, "net_cost_cny": cost,
                "cost_cny_per_t": cost / abated if cost > 0 else None, "front": front}  # fmt: skip

    found = {"measures": [row("large", 100, -50_000, 1), row("small", 10, -9_000, 2), row("dear", 20, 4_000, None)],
             "no_effect": [], "net_cost_cny": -55_000, "alone_sum_cny": -60_000}  # fmt: skip
    document = {"why": {"abatement": found}}
    table = abatement_table(document, Writer("en"))
    assert [r[-1] for r in table.rows] == ["–", "–", "200"]
    assert [r[1] for r in table.rows] == ["pays for itself, front 1", "pays for itself, front 2", "by cost"]
    (chart,) = abatement_chart(document, Writer("zh"))
    assert "<svg" in chart.svg and "减排成本曲线" in chart.title
    assert abatement_chart({"why": {"abatement": None}}, Writer("en")) == []


# --- no schedule ---


def test_clashing_limits_in_plant_words_and_how_little_they_must_give_way():
    one = savers({"must": "one/a", "by": "2025-06"}, {"must": "one/b", "by": "2025-09"})
    with pytest.raises(NoSchedule) as error, nullcontext():
        find_plan(one, workers=1)
    english, chinese = (told(error.value, one.renewal, lang) for lang in ("en", "zh"))
    budget = next(text for text in english.clash if text.startswith("Budget"))
    assert "2025: 120,000 CNY in all" in budget
    assert "80,000 CNY more would do" in budget
    assert any(text.startswith("Rule 2: one/b must be renewed by 2025-Q3; ") for text in english.clash)
    assert any("without it there is a schedule" in text for text in english.clash)  # no later money: never
    assert chinese.heading == translator("zh")(english.heading) != english.heading
    assert any("再增加" in text for text in chinese.clash)
    assert len(english.clash) == len(chinese.clash) == 3


def test_a_date_that_could_be_later():
    one = savers(
        {"must": "one/a", "by": "2025-06"}, {"must": "one/b", "by": "2025-09"}, budget_cny={2025: 120_000, 2026: 90_000}
    )
    with pytest.raises(NoSchedule) as error:
        find_plan(one, workers=1)
    text = "\n".join(told(error.value, one.renewal, "en").clash)
    assert "by 2026-Q1 would do" in text
    later = savers(
        {"must": "one/a", "by": "2025-06"}, {"must": "one/b", "by": "2026-01"}, budget_cny={2025: 120_000, 2026: 90_000}
    )
    plan = find_plan(later, workers=1)
    assert Evaluator(plan.problem).evaluate(plan.plan.renewals).violations == ()


def test_tonnes_saved_come_from_the_beliefs():
    use = type("Use", (), {"co2_t": 8.0})()
    assert co2_saved_t(type("B", (), {"saved_per_y": {("L/s", "x"): use}})(), 4) == {("L/s", "x"): (2.0,)}
    assert co2_saved_t(Beliefs([], []), 4) == {}
