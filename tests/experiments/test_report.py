"""The report page: everything there, in both languages, numbers as in the document, nothing from outside."""

import copy
import json
import re
from html.parser import HTMLParser
from itertools import combinations

import numpy as np
import pytest
from made_documents import ZH, documents, plan_document, simulate_document, translated

from experiments import lang as language
from experiments.report import write_report
from experiments.report.parts import Writer, change, relative
from experiments.report.plan_parts import sentence
from experiments.words import OTHER, STATES
from models import equipment

SECTIONS = {
    "plan": {
        "answer", "schedule", "limits", "effect", "before-after", "states", "energy", "cash", "explained", "against",
        "assumptions", "inputs",
    },
    "compare": {"answer", "options", "difference", "before-after", "states", "energy", "inputs"},
    "simulate": {"answer", "output", "bottlenecks", "states", "indicators", "queues", "energy", "inputs"},
}  # fmt: skip
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """A page taken apart: elements, ids, texts, tables; notes elements that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.ids, self.headings, self.tables, self.svg_texts = [], [], [], {}, []
        self.texts, self.open, self.wrong, self.caption = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for key, value in attrs if key == "id"]
        if tag not in VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if tag == "figcaption":
            self.caption = ""
        if tag == "tr":
            self.tables.setdefault(self.caption, []).append([])
        if tag in {"td", "th"}:
            self.tables[self.caption][-1].append("")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.texts.append(data)
        if "figcaption" in self.open:
            self.caption += data
        if self.open and self.open[-1] in {"td", "th"}:
            self.tables[self.caption][-1][-1] += data
        if "text" in self.open:
            self.svg_texts.append(data)

    @property
    def text(self):
        return "".join(self.texts).replace("\u00a0", " ")


def render(document, lang, folder):
    return write_report(document, folder / "report.html", lang).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for kind, document in documents().items():
        found[kind, "en"] = render(document, "en", folder)
        found[kind, "zh"] = render(translated(document), "zh", folder)
    return found


BOTH = [(kind, lang) for kind in SECTIONS for lang in ("en", "zh")]


@pytest.mark.parametrize("which", BOTH)
def test_all_sections_are_there(texts, which):
    page = Page(texts[which])
    assert page.wrong == []
    assert page.open == []
    assert SECTIONS[which[0]] <= set(page.ids)
    assert page.headings[0] == "h1"
    assert page.headings.count("h1") == 1
    assert page.headings.count("h2") == len(SECTIONS[which[0]])


@pytest.mark.parametrize("which", BOTH)
def test_nothing_comes_from_outside(texts, which):
    text = texts[which]
    assert re.search(r"https?:|//[a-z]|@import|<script|<link|<iframe|<img", text) is None
    targets = [value for _, attrs in Page(text).elements for key, value in attrs.items() if key in {"src", "href"}]
    assert targets
    assert [value for value in targets if not value.startswith("#")] == []
    assert {target[1:] for target in targets} <= set(Page(text).ids)
    assert len(text.encode()) < 1_500_000


@pytest.mark.parametrize("which", BOTH)
def test_ids_are_unique_and_charts_are_described(texts, which):
    page = Page(texts[which])
    assert len(page.ids) == len(set(page.ids))
    drawings = [attrs for tag, attrs in page.elements if tag == "svg"]
    assert drawings
    for attrs in drawings:
        assert attrs["role"] == "img"
        assert set(attrs["aria-labelledby"].split()) <= set(page.ids)


@pytest.mark.parametrize("which", BOTH)
def test_the_page_says_its_language_and_its_text_is_text(texts, which):
    page = Page(texts[which])
    assert dict(page.elements)["html"]["lang"] == {"en": "en", "zh": "zh-CN"}[which[1]]
    name = "turning" if which[1] == "en" else "车削"
    assert any(name in text for text in page.svg_texts)
    assert "viewport" in texts[which]
    assert "@page" in texts[which]


def test_the_chinese_page_has_no_english_of_ours(monkeypatch, tmp_path):
    asked = set()

    class Seen(dict):
        def get(self, key, default=None):
            if key not in self:
                asked.add(key)
            return super().get(key, default)

    seen = Seen(language._catalogue("zh"))
    monkeypatch.setattr(language, "_catalogue", lambda _: seen)
    for document in documents().values():
        given = translated(document)
        asked.clear()
        render(given, "zh", tmp_path)
        own = json.dumps(given, ensure_ascii=False)
        units = {"kWh", "m³", "kW", "h", "tce", "t", "kg", ""}
        assert [text for text in asked - units if text not in own] == []


def test_the_same_document_gives_the_same_bytes(texts, tmp_path):
    assert render(plan_document(), "en", tmp_path) == texts["plan", "en"]


# --- numbers ---


def numbers(cell):
    return [float(text.replace(",", "")) for text in re.findall(r"-?[\d,]*\.?\d+", cell)]


def close(shown, value):
    """Whether a shown number is the value to within its last shown digit."""
    step = 10.0 ** -len(shown.partition(".")[2]) if "." in shown else 10.0 ** (len(shown) - len(shown.rstrip("0")))
    return abs(float(shown.replace(",", "")) - value) <= step


def test_the_answer_holds_the_documents_numbers(texts):
    plan, text = plan_document(), Page(texts["plan", "en"]).text
    assert "Renew 14 machines at 5 stations from 2026-Q2 to 2029-Q4" in text
    assert sum(r["machines"] for r in plan["renewals"]) == 14
    assert "for 10.2 million CNY in total" in text
    assert "net present value of 4.32 ± 0.15 million CNY" in text
    assert "ranking by simple payback under the same limits brings 3.61 ± 0.14 million CNY" in text
    assert "this schedule brings 4.5 million CNY and none can bring more than 4.525 million CNY (gap 0.55 %" in text
    assert "10 replications with seed 1, and 1 of 4 assumptions are estimates" in text
    assert "432 ± 15 万元" in Page(texts["plan", "zh"]).text


@pytest.mark.parametrize(("lang", "scale"), [("en", 1e3), ("zh", 1e4)])
def test_money_tables_hold_the_documents_numbers(texts, lang, scale):
    tables, t = Page(texts["plan", lang]).tables, Writer(lang)
    plan = plan_document()
    title = t.t("Capex against budget by year, in {unit}").format(unit=t.money_unit)
    for row, year in zip(tables[title][1:], plan["by_year"], strict=True):
        expected = [year["capex_cny"], year["budget_cny"], year["available_cny"]]
        expected.append(year["available_cny"] - year["capex_cny"])
        shown = [numbers(cell)[0] for cell in row[1:5]]
        assert shown == pytest.approx([value / scale for value in expected], abs=0.5)
    title = t.t("Cash flow by year, in {unit}").format(unit=t.money_unit)
    for row, flow in zip(tables[title][1:], plan["cash_flow"], strict=True):
        expected = [value / scale for key, value in flow.items() if key != "year"]
        assert sorted(numbers(cell)[0] for cell in row[1:]) == pytest.approx(sorted(expected), abs=0.5)


def test_simulated_values_stand_with_their_intervals(texts):
    plan, tables = plan_document(), Page(texts["plan", "en"]).tables
    rows = tables["Output, energy and CO2 by year, without and with the schedule"][1:]
    keys = ["output_baseline", "output", "energy_tce_baseline", "energy_tce", "co2_t_baseline", "co2_t"]
    for row, year in zip(rows, plan["by_year"], strict=True):
        for cell, key in zip(row[1:], keys, strict=True):
            mean, half = cell.split(" ± ")
            assert close(mean, year[key]["mean"])
            assert close(half, year[key]["half_width"])


def test_before_and_after_hold_both_runs_and_the_change(texts):
    before, after = (simulate_document(n)["lines"][0] for n in (0, 1))
    rows = {row[0]: row for row in Page(texts["plan", "en"]).tables["shaft line"]}
    row = rows["lead time (h)"]
    assert numbers(row[1])[0] == pytest.approx(before["lead_time_h"]["mean"], abs=0.01)
    assert numbers(row[2])[0] == pytest.approx(after["lead_time_h"]["mean"], abs=0.01)
    assert row[3] == "-1.00 ± 0.05"  # sqrt(0.0384^2 + 0.0264^2) = 0.047
    assert row[4] == "-31.2 ± 1.5 %"
    assert all("±" in cell for name, r in rows.items() if name not in {"Quantity", "Bottleneck"} for cell in r[1:])


def test_a_change_adds_the_variances():
    found = change({"mean": 10.0, "half_width": 3.0}, {"mean": 14.0, "half_width": 4.0})
    assert found == {"mean": 4.0, "half_width": 5.0}
    assert relative({"mean": 10.0, "half_width": 3.0}, {"mean": 14.0, "half_width": 4.0})["half_width"] == 0.5
    noise = change({"mean": 48.0, "half_width": 0.0}, {"mean": 48.0 + 7e-15, "half_width": 3e-15})
    assert noise == {"mean": 0.0, "half_width": 0.0}
    assert change(None, {"mean": 1.0, "half_width": 0.0}) is None


def test_states_of_every_station_are_shown_in_per_cent(texts):
    rows = Page(texts["simulate", "en"]).tables["Stations of shaft line"]
    head, first = rows[0], rows[1]
    states = simulate_document()["lines"][0]["stations"][0]["states"]
    for state, share in states.items():
        assert numbers(first[head.index(STATES[state].name)])[0] == pytest.approx(100 * share, abs=0.051)
    assert sum(numbers(cell)[0] for cell in first[3:]) == pytest.approx(100, abs=0.5)


def test_paired_differences_stand_with_the_variance_saved(texts):
    page = Page(texts["compare", "en"])
    rows = {row[0]: row for row in page.tables["Difference per year, whole plant"]}
    assert rows["energy in standard coal (tce/y)"][1:] == ["-108.6 ± 1.3", "79 %"]
    assert rows["energy cost (thousand CNY/y)"][1:] == ["-393 ± 5", "79 %"]


def test_estimates_are_marked(texts):
    tables = Page(texts["plan", "en"]).tables
    rows = tables["Assumptions with range, grade and source"][1:]
    assert [row[4] for row in rows] == ["C (estimate)", "A", "A", "B"]
    assert rows[0][2:4] == ["0.55", "0.44 – 0.66"]
    assert rows[3][2:4] == ["60 h", "48 – 72"]
    sources = dict(tables["Sources"][1:])
    assert [sources[row[5].split()[0]] for row in rows] == [a["source"] for a in plan_document()["assumptions"]]


def test_equal_assumptions_share_a_row_and_values_may_be_words(tmp_path):
    plan = plan_document()
    first = plan["assumptions"][0]
    words = {"what": "buffers", "where": "plant file", "value": "as written", "grade": "C", "source": "estimate"}
    more = [first | {"where": f"{n}"} for n in range(4)]
    plan["assumptions"] = [first, first | {"where": "elsewhere"}, words, *(m | {"what": "power"} for m in more)]
    rows = Page(render(plan, "en", tmp_path)).tables["Assumptions with range, grade and source"][1:]
    assert [row[:2] for row in rows] == [
        ["cycle time factor", "shaft line / turning; elsewhere"],
        ["buffers: as written", "plant file"],
        ["power", "0; 1; 2; and 1 more"],
    ]


# --- input that is odd or hostile ---


def strings(value):
    if isinstance(value, dict):
        return {text for key, item in value.items() if key not in {"kind", "period"} for text in strings(item)}
    if isinstance(value, list):
        return {text for item in value for text in strings(item)}
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("kind", SECTIONS)
@pytest.mark.parametrize("hostile", ['<script>alert("{}")</script>', "$x^{2}$ & 'q' <b>", "]]><!-- {{ 7 * 7 }} -->"])
def test_names_are_never_markup(kind, hostile, tmp_path):
    names = {name: f"{hostile} {name}" for name in ZH}
    text = render(translated(documents()[kind], names), "en", tmp_path)
    page = Page(text)
    assert not {tag for tag, _ in page.elements} & {"script", "b"}
    assert "<!--" not in text
    assert page.wrong == []
    assert f"{hostile} turning" in page.text
    assert any(hostile[:6] in drawn for drawn in page.svg_texts)


def test_a_name_from_the_document_is_no_format(tmp_path):
    names = {name: f"{{0.__class__}} {{x}} {name}" for name in ZH}
    assert "{0.__class__} {x} Jinan" in Page(render(translated(plan_document(), names), "en", tmp_path)).text


def without_intervals(value):
    if isinstance(value, dict):
        return {key: None if key == "half_width" else without_intervals(item) for key, item in value.items()}
    return [without_intervals(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", SECTIONS)
def test_one_replication_has_no_intervals_and_says_so(kind, tmp_path):
    text = Page(render(without_intervals(documents()[kind]), "en", tmp_path)).text
    assert "(no interval)" in text
    assert re.search(r"± (nan|None|inf|–)", text) is None


def test_a_plan_that_renews_nothing(tmp_path):
    plan = plan_document() | {"renewals": [], "explained": [], "explained_notes": [], "assumptions": []}
    for row in plan["by_period"]:
        row["downtime_h"] = 0.0
    for row in plan["by_year"]:
        row.update(capex_cny=0.0, budget_cny=None, available_cny=None)
    page = Page(render(plan, "en", tmp_path))
    assert "Renew nothing: no renewal on offer pays within these limits." in page.text
    assert "no limit" in page.text
    assert "assumptions" not in page.ids


def test_a_long_schedule_is_cut_into_charts_that_fit_a_page(tmp_path):
    plan = plan_document()
    plan["renewals"] = [r | {"station": f"station {n}"} for n in range(15) for r in plan["renewals"]]
    page = Page(render(plan, "en", tmp_path))
    heights = [float(a["viewbox"].split()[3]) / float(a["viewbox"].split()[2]) for t, a in page.elements if t == "svg"]
    assert max(heights) < 1.2  # a printed page is 1.47 times as high as wide
    drawn = " ".join(page.svg_texts)
    assert all(f"station {n}" in drawn for n in range(15))


def test_a_document_without_a_report_is_refused(tmp_path):
    with pytest.raises(ValueError, match="kind 'sweep' has no report; kinds with one: plan, compare, simulate"):
        write_report({"kind": "sweep"}, tmp_path / "report.html")


def test_rendering_leaves_the_document_alone(tmp_path):
    plan = plan_document()
    before = copy.deepcopy(plan)
    render(plan, "en", tmp_path)
    assert plan == before


def test_sentences_of_documents_are_translated_with_their_numbers():
    note = "轴类生产线: in the last year the simulated output differs from the prediction by -2.1%."
    assert sentence(note, Writer("zh")) == "轴类生产线：最后一年仿真产量相对预测值的偏差为 -2.1%。"
    assert sentence("anything else", Writer("zh")) == "anything else"


# --- colours ---


def linear_rgb(colour):
    c = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    xyz = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB
SIGHT = {
    "usual": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_states_can_be_told_apart(sight):
    seen = {name: lab(np.array(SIGHT[sight]) @ linear_rgb(state.colour)) for name, state in STATES.items()}
    near = [(a, b) for (a, x), (b, y) in combinations(seen.items(), 2) if np.linalg.norm(x - y) < 12]
    assert near == []


def test_every_state_of_a_machine_has_a_name_and_a_colour():
    assert set(STATES) == set(equipment.STATES)
    assert len({state.colour for state in [*STATES.values(), OTHER]}) == len(STATES) + 1


def test_text_has_contrast(texts):
    css = texts["plan", "en"]

    def luminance(colour):
        return float(linear_rgb(colour) @ [0.2126, 0.7152, 0.0722])

    tint = re.search(r"--tint: (#\w{6})", css)[1]
    for name in ("ink", "soft", "accent"):
        dark = luminance(re.search(rf"--{name}: (#\w{{6}})", css)[1])
        assert (luminance(tint) + 0.05) / (dark + 0.05) > 4.5  # WCAG 2.1, AA
