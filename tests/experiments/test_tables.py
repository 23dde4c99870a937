"""Tables on the terminal: 80 columns, no colour needed, numbers as in the document, both languages."""

import io
import re

import pytest
from made_documents import ZH, documents, plan_document, translated
from rich.cells import cell_len
from rich.console import Console

from experiments.report import kpi_parts
from experiments.report.parts import Writer
from experiments.tables import show
from sim.bottleneck import NOT_SERIAL

BOTH = [(kind, lang) for kind in ("plan", "compare", "simulate") for lang in ("en", "zh")]


def shown(document, lang="en", **console):
    out = io.StringIO()
    show(document, Console(file=out, **({"width": 80} | console)), lang)
    return out.getvalue()


def squeezed(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(("kind", "lang"), BOTH)
def test_tables_fit_80_columns(kind, lang):
    document = documents()[kind]
    text = shown(translated(document) if lang == "zh" else document, lang)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert len(text.splitlines()) > 10
    assert "…" not in text  # nothing is cut off


@pytest.mark.parametrize(("kind", "lang"), BOTH)
def test_colour_is_never_needed(kind, lang, monkeypatch):
    document = documents()[kind]
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    on_terminal = shown(document, lang, force_terminal=True)
    assert re.search(r"\x1b\[[\d;]*3[0-7]", on_terminal) is None
    assert re.sub(r"\x1b\[[\d;]*m", "", on_terminal) == shown(document, lang)


def test_a_plan_shows_what_was_asked_for():
    text = squeezed(shown(plan_document()))
    assert "2026-Q2 shaft line turning 4 cnc" in text
    assert "2026 4,380 5,000 5,000 620 120" in text  # capex, budget, available, left, downtime
    assert "2026-Q2 shaft line 120 160 75 %" in text
    assert "2026-Q4 flange line 120 no limit" in text
    assert "Gain in net present value, simulated 4.32 ± 0.15 million CNY" in text
    assert "Gain in net present value, predicted 4.5 million CNY" in text
    assert "Bound: by the planning model no schedule gains more 4.525 million CNY" in text
    assert "Gap between bound and predicted gain 0.55 %" in text
    assert "this schedule 14 10,220 4,320 ± 150 4,500" in text
    assert "renew nothing 0 0 0 0" in text
    assert "13 9,600 3,610 ± 140 3,900" in text


def test_a_comparison_shows_differences_and_the_variance_saved():
    text = squeezed(shown(documents()["compare"]))
    assert "electricity (kWh/y) -251,000 ± 3,000 79 %" in text
    assert "CO2 emissions (t/y) -299 ± 4 79 %" in text


def test_a_simulation_shows_lines_stations_and_energy():
    document = documents()["simulate"]
    text = squeezed(shown(document))
    assert "Good output (parts/h) 13.10 ± 0.16 13.10 ± 0.16" in text
    assert f"OEE {100 * document['lines'][0]['stations'][0]['oee']['mean']:.1f} ± 0." in text
    assert "waiting for a crew" in text
    assert "natural gas (m³) 320,000 ± 4,000" in text


def test_a_simulation_shows_indicators_bottlenecks_and_quantiles():
    text = squeezed(shown(documents()["simulate"]))
    assert "shaft line: the active period names turning as bottleneck, the turning point milling." in text
    assert "shaft line: turning and milling are bottleneck about as often" in text
    assert "milling 80.0 80.0 80.0 80.0 ± 1.0 80.0 61 ± 5 3.1 ± 0.3" in text  # A, E, Q, OEE, NEE, MTBF, MTTR
    assert "turning 52 ± 4 52 ± 4 90 (60–98) 90 (60–98)" in text  # sole, shifting, named by either method
    assert "heat treatment 0 ± 0 0 ± 0 0 0" in text
    assert "shaft line 3.20 ± 0.04 2.90 ± 0.10 5.2 ± 0.2 6.0 ± 0.3 8.1 ± 0.6" in text


def test_a_line_that_is_not_serial_says_so_and_shows_no_turning_point():
    document = documents()["simulate"]
    found = document["lines"][0]["bottlenecks"]
    found["turning_point"] = {"name": None, "reason": NOT_SERIAL, "share_named": {}}
    found.update(agree=None, separated=True)
    table = kpi_parts.bottlenecks(document["lines"][0], Writer("zh"))
    assert [row[-1] for row in table.rows] == ["–"] * 4
    assert table.note.endswith("转折点：产线不是串行的。")
    assert kpi_parts.warnings(document["lines"][:1], Writer("en")) == []


def test_documents_of_before_still_open():
    document = documents()["simulate"]
    for line in document["lines"]:
        del line["bottlenecks"], line["lead_time_h"]["quantile_half_width"]
        for station in line["stations"]:
            del station["iso22400"]
    text = squeezed(shown(document))
    assert "90 % below (h) 5.2 5.2" in text
    assert "ISO" not in text


def test_many_stations_still_fit():
    document = documents()["simulate"]
    line = document["lines"][0]
    line["stations"] = [s | {"name": f"{s['name']} {n}"} for n in range(4) for s in line["stations"]]
    text = shown(document)
    assert max(cell_len(row) for row in text.splitlines()) <= 80
    assert "61 ± 5" in text
    assert "grinding 3" in text


def test_chinese_tables_are_chinese():
    text = squeezed(shown(translated(plan_document()), "zh"))
    assert "净现值增益（仿真） 432 ± 15 万元" in text
    assert "2026-Q2 轴类生产线 车削 4 数控车削中心 248.0 2.4" in text


def test_names_are_no_orders_to_the_terminal():
    names = {name: f"[red]{name}[/nonsense]" for name in ZH}
    text = shown(translated(documents()["simulate"], names), width=300)
    assert "[red]shaft line[/nonsense]" in text


def test_many_lines_still_fit():
    document = documents()["simulate"]
    document["lines"] = [line | {"name": f"line {n}"} for n in range(4) for line in document["lines"]]
    text = shown(document)
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert all(f"line {n}" in text for n in range(4))


def test_other_documents_are_refused():
    with pytest.raises(ValueError, match="kind 'sweep' has no tables"):
        show({"kind": "sweep"}, Console())
