"""A document as an HTML page: which sections each kind has, and the template that writes them."""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import jinja2

from experiments.report import (
    charts,
    energy_parts,
    gantt,
    goal_charts,
    goal_parts,
    kpi_parts,
    loop_parts,
    money_parts,
    plan_parts,
    rank_parts,
    run_parts,
    statistics_charts,
    statistics_parts,
    why_charts,
    why_parts,
)
from experiments.report.parts import Document, Table, Writer, joined, with_names
from experiments.report.replay import Replay, replays, window_text
from experiments.report.svg import FONTS, Chart

TEMPLATES = Path(__file__).parent / "templates"
LONG_WORD = 18
"""Longer words may be broken in print, where a table cannot scroll; shorter ones never are."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under its own heading, its blocks in order."""

    key: str
    title: str
    text: Sequence[str] = ()
    blocks: Sequence[Chart | Table | Replay] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """All that the template writes."""

    title: str
    subtitle: str
    answer: Sequence[str]
    sections: Sequence[Section]
    inputs: Sequence[tuple[str, str]]
    figures: Sequence[tuple[str, str, str]] = field(default=())
    """Key figures: name, value, and what to hold it against."""


def html(document: Document, lang: str, seen: Document | None = None) -> str:
    """Return the page of a document; ``seen`` is what there is to see of a simulation."""
    writer = Writer(lang)
    kind = document.get("kind")
    if kind not in _PAGES:
        raise ValueError(f"a document of kind {kind!r} has no report; kinds with one: {', '.join(_PAGES)}")
    page = _PAGES[str(kind)](with_names(document, lang), writer)
    if kind == "simulate" and seen is not None:
        page = replace(page, sections=_after_states(page.sections, _seeing(seen, writer)))
    script = player() if seen is not None else None
    return (
        _environment()
        .get_template("page.html.j2")
        .render(page=page, t=writer.t, lang=lang, fonts=FONTS, script=script, script_hash=script and hash_of(script))
    )


def player() -> str:
    """Return the script that plays replays."""
    return (TEMPLATES / "replay.js").read_text(encoding="utf-8")


def hash_of(script: str) -> str:
    """Return how the page's policy names the one script that it allows."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _after_states(sections: Sequence[Section], seeing: Section) -> list[Section]:
    """Return the sections with what there is to see behind what the machines do."""
    at = next((n for n, section in enumerate(sections, 1) if section.key == "states"), len(sections))
    return [*sections[:at], seeing, *sections[at:]]


def _seeing(seen: Document, w: Writer) -> Section:
    blocks: list[Chart | Table | Replay] = [*replays(seen, w), *gantt.gantt(seen, w), *gantt.wip(seen, w)]
    return Section("seeing", w.t("Seeing the line"), window_text(seen, w), blocks)


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    made = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["unbroken"] = unbroken
    made.tests["long"] = lambda cell: any(len(word) > LONG_WORD for word in cell.split())
    made.tests["chart"] = lambda block: isinstance(block, Chart)
    made.tests["replay"] = lambda block: isinstance(block, Replay)
    return made


def unbroken(text: str) -> str:
    """Return a text in which a line never ends between a number and what belongs to it.

    >>> unbroken("4.3 ± 0.2 CNY, 5 %, 7 × lathe").count("\\u00a0")
    4
    """
    return re.sub(r" (?=[±%×])|(?<=±) ", "\u00a0", text)


# --- plan ---


def _plan(plan: Document, w: Writer) -> Page:
    return Page(
        title=w.t("Renewal schedule: {plant}").format(plant=plan["plant"]),
        subtitle=f"{plan['periods'][0]} – {plan['periods'][-1]}",
        answer=plan_parts.answer(plan, w),
        figures=_plan_figures(plan, w),
        sections=[section for section in _plan_sections(plan, w) if section.blocks or section.text],
        inputs=[*plan_parts.inputs(plan, w), *_run_inputs(plan, w)],
    )


def _plan_figures(plan: Document, w: Writer) -> list[tuple[str, str, str]]:
    figures = [
        (
            w.t("Gain in net present value"),
            w.money(plan["npv_gain_cny"]["simulated"]),
            w.t("over renewing nothing, after tax"),
        ),
        (w.t("Capex"), w.money(sum(r["capex_cny"] for r in plan["renewals"])), w.t("before tax, not discounted")),
    ]
    if plan["by_year"]:
        last = plan["by_year"][-1]
        for key, name in plan_parts.EFFECTS.items():
            label = w.t("{name} in {year}").format(name=w.t(name), year=last["year"])
            versus = w.t("without the schedule: {value}").format(value=w.ci(last.get(f"{key}_baseline")))
            figures.append((label, w.ci(last.get(key)), versus))
    return figures


def _plan_sections(plan: Document, w: Writer) -> list[Section]:
    runs = [(w.t("without"), plan["baseline"]), (w.t("with"), plan["planned"])]
    hours = w.num(run_parts.counted_h(plan["planned"]))
    note = w.t(
        "Before: nothing renewed, ageing included. After: the schedule played through, installation and ramp-up "
        "included. Both over {hours} h. The interval of a change is that of the paired difference: both runs meet the "
        "same luck."
    ).format(hours=hours)
    why, conventions = plan_parts.why_different(plan, w), energy_parts.conventions(plan["planned"], w)
    return [
        *_why(plan, w),
        Section("schedule", w.t("Schedule"), [], [*charts.gantt(plan, w), *_filled([plan_parts.renewals(plan, w)])]),
        Section("limits", w.t("Budget and downtime"), [], _limits(plan, w)),
        Section("effect", w.t("What it brings by year"), [], [charts.effects(plan, w), plan_parts.effects(plan, w)]),
        Section(
            "before-after", w.t("Before and after"), [note],
            [*run_parts.before_after(plan["baseline"], plan["planned"], w), *_filled([plan_parts.lines(plan, w)])],
        ),
        Section("states", w.t("What the machines do"), [], _states(runs, w)),
        Section("energy", w.t("Energy by carrier"), conventions, _energy_pair(runs, w)),
        Section("cash", w.t("Cash flow"), [], [charts.cash_flow(plan, w), plan_parts.cash_flow(plan, w)]),
        Section("money", w.t("Money of the plan"), [], _money(plan, w)),
        Section("explained", w.t("Predicted and simulated"), why, [plan_parts.explained(plan, w)]),
        Section("loop", w.t("How the bound was found"), loop_parts.notes(plan, w),
                [*charts.loop(plan, w), *_filled(loop_parts.rounds(plan, w))]),
        Section("against", w.t("Against other choices"), _against_text(plan, w), [plan_parts.against(plan, w)]),
        Section("assumptions", w.t("Assumptions"), [], _filled(plan_parts.assumptions(plan, w))),
    ]  # fmt: skip


def _money(plan: Document, w: Writer) -> list[Chart | Table]:
    return list(_filled([money_parts.figures(plan, w), money_parts.renewals(plan, w), money_parts.sources(plan, w)]))


def _why(plan: Document, w: Writer) -> list[Section]:
    """Return why this plan: the short answer first, the tables behind it after the pictures."""
    if not why_parts.has_why(plan):
        return []
    pictures = [*why_charts.adds(plan, w), *why_charts.curve(plan, w), *why_charts.abatement(plan, w)]
    first = _filled([why_parts.measures(plan, w), why_parts.missing(plan, w)])
    behind = (why_parts.budgets, why_parts.more, why_parts.curve, why_parts.parts, why_parts.abatement)
    blocks: list[Chart | Table | Replay] = [*first, *pictures, *_filled([table(plan, w) for table in behind])]
    return [Section("why", w.t("Why this plan"), why_parts.sentences(plan, w), blocks)]


def _limits(plan: Document, w: Writer) -> list[Chart | Table]:
    stopped = _filled([plan_parts.downtime(plan, w)])
    return [charts.spending(plan, w), plan_parts.spending(plan, w), *charts.downtime(plan, w), *stopped]


def _against_text(plan: Document, w: Writer) -> list[str]:
    rival = plan.get("against", {}).get("payback_ranking", {}).get("renewals")
    if rival is None:
        return []
    pairs = (
        (w.t("Only in this schedule: {renewals}."), plan_parts.only_in(plan["renewals"], rival)),
        (w.t("Only in the ranking by simple payback: {renewals}."), plan_parts.only_in(rival, plan["renewals"])),
    )
    said = [text.format(renewals=joined(found, w.t)) for text, found in pairs if found]
    return said or [w.t("Both renew the same machines with the same options; they differ in time or number at most.")]


# --- compare and simulate ---


def _compare(document: Document, w: Writer) -> Page:
    before, after = document["before"], document["after"]
    runs = [(w.t("before"), before), (w.t("after"), after)]
    paired = w.t(
        "Both runs meet the same luck, replication by replication; the interval is that of the paired difference. "
        "Variance saved: 1 less the variance of the difference over that of two independent runs; with few "
        "replications this is a rough figure."
    )
    note = w.t("The interval of a change is that of the paired difference: both runs meet the same luck.")
    sections = [
        Section("options", w.t("What was swapped"), [], [run_parts.options(document, w)]),
        Section(
            "difference", w.t("Difference per year"), [paired],
            [run_parts.difference(document, w), *run_parts.difference_by_line(document, w)],
        ),
        Section("before-after", w.t("Before and after"), [note], run_parts.before_after(before, after, w)),
        Section("states", w.t("What the machines do"), [], _states(runs, w)),
        Section("energy", w.t("Energy by carrier"), energy_parts.conventions(after, w), _energy_pair(runs, w)),
        *_certainty(document, w),
    ]  # fmt: skip
    title = w.t("Before and after: {plant}").format(plant=after["plant"])
    return Page(title, _counted(after, w), run_parts.compare_answer(document, w), sections, _run_inputs(after, w))


def _simulate(run: Document, w: Writer) -> Page:
    runs = [("", run)]
    sections = [
        Section(
            "output", w.t("Output and lead time"), [],
            _filled([run_parts.output(run, w), kpi_parts.quantiles(run, w), run_parts.products(run, w)]),
        ),
        *_bottlenecks(run, w),
        Section("states", w.t("What the machines do"), [], _states(runs, w)),
        *_indicators(run, w),
        Section("queues", w.t("Queues and stops"), [], _queues(run, w)),
        Section("energy", w.t("Energy by carrier"), energy_parts.conventions(run, w), _energy(run, w)),
        Section("load", w.t("Load profile and peak"), [], _load(run, w)),
        Section("levels", w.t("Energy levels"), [], _filled([energy_parts.levels(run, w)])),
        *_certainty(run, w),
        Section("assumptions", w.t("Assumptions"), [], _filled(plan_parts.assumptions(run, w))),
    ]  # fmt: skip
    title = w.t("Simulation: {plant}").format(plant=run["plant"])
    shown = [section for section in sections if section.blocks or section.text]
    return Page(title, _counted(run, w), run_parts.simulate_answer(run, w), shown, _run_inputs(run, w))


def _certainty(run: Document, w: Writer) -> list[Section]:
    """Return the section on warm-up, precision and batches, if the run chose any of them."""
    blocks: list[Chart | Table] = [*statistics_charts.warm_up(run, w), *statistics_parts.tables(run, w)]
    return [Section("certainty", w.t("Warm-up and precision"), statistics_parts.text(run, w), blocks)] if blocks else []


def _rank(document: Document, w: Writer) -> Page:
    blocks: list[Chart | Table] = [statistics_charts.ranking(document, w), rank_parts.table(document, w)]
    sections = [
        Section("variants", w.t("Variants"), [], [*blocks, *_filled([rank_parts.changes(document, w)])]),
        *_certainty(document, w),
    ]
    title = w.t("Ranking of variants: {plant}").format(plant=document["plant"])
    said = [*rank_parts.answer(document, w), *statistics_parts.notes(document, w)]
    return Page(title, _counted(document, w), said, sections, _run_inputs(document, w))


def _bottlenecks(run: Document, w: Writer) -> list[Section]:
    tables = _filled([kpi_parts.bottlenecks(line, w) for line in run["lines"]])
    said = kpi_parts.warnings(run["lines"], w)
    return [Section("bottlenecks", w.t("Bottlenecks"), said, tables)] if tables else []


def _indicators(run: Document, w: Writer) -> list[Section]:
    made = [table(line, w) for line in run["lines"] for table in (kpi_parts.iso, kpi_parts.efficiencies)]
    tables = _filled(made)
    return [Section("indicators", w.t("Key performance indicators"), [], tables)] if tables else []


def _counted(run: Document, w: Writer) -> str:
    return w.t("{hours} h counted per replication").format(hours=w.num(run_parts.counted_h(run)))


def _energy(run: Document, w: Writer) -> list[Chart | Table]:
    return [
        *charts.energy([("", run)], w),
        *_filled([*run_parts.energy(run, w), run_parts.bands(run, w), energy_parts.years(run, w)]),
    ]


def _load(run: Document, w: Writer) -> list[Chart | Table]:
    return [*energy_parts.profiles(run, w), *_filled([energy_parts.peaks(run, w)])]


def _queues(run: Document, w: Writer) -> list[Table]:
    tables = [run_parts.queues(line, w) for line in run["lines"]]
    return _filled([*tables, run_parts.stops(run, w), run_parts.crews(run, w)])


def _front(front: Document, w: Writer) -> Page:
    blocks: list[Chart | Table] = [goal_charts.front(front, w), goal_parts.front_table(front, w)]
    sections = [
        Section("front", w.t("The choice between goals"), [], [*blocks, *_filled([goal_parts.played_table(front, w)])]),
        Section("schedules", w.t("Schedules of the points"), [], _filled([goal_parts.front_renewals(front, w)])),
        Section("assumptions", w.t("Assumptions"), [], _filled(plan_parts.assumptions(front, w))),
    ]
    title = w.t("The choice between goals: {plant}").format(plant=front["plant"])
    shown = [section for section in sections if section.blocks]
    return Page(title, _span(front), goal_parts.front_answer(front, w), shown, _run_inputs(front, w))


def _robust(document: Document, w: Writer) -> Page:
    tables = [goal_parts.simulated_table(document, w), goal_parts.schedules_table(document, w)]
    sections = [
        Section("scenarios", w.t("Scenarios"), [], _filled([goal_parts.scenarios_table(document, w)])),
        Section("gains", w.t("Schedules in each scenario"), [], [goal_charts.scenarios(document, w), *_filled(tables)]),
        Section("schedule", w.t("Schedule"), [], _filled([goal_parts.robust_renewals(document, w)])),
        Section("rolling", w.t("Planning again each year"), [], _filled([goal_parts.rolling_table(document, w)])),
        Section("assumptions", w.t("Assumptions"), [], _filled(plan_parts.assumptions(document, w))),
    ]
    title = w.t("One schedule for all scenarios: {plant}").format(plant=document["plant"])
    shown = [section for section in sections if section.blocks]
    return Page(title, _span(document), goal_parts.robust_answer(document, w), shown, _run_inputs(document, w))


def _span(document: Document) -> str:
    return f"{document['periods'][0]} – {document['periods'][-1]}"


# --- shared ---


def _states(runs: run_parts.Runs, w: Writer) -> list[Chart | Table]:
    """Return charts of all lines, then a table of each."""
    tables = [run_parts.stations(runs, number, w) for number in range(len(runs[0][1]["lines"]))]
    return [*charts.states(runs, w), *tables]


def _energy_pair(runs: run_parts.Runs, w: Writer) -> list[Chart | Table]:
    """Return charts, and tables of carriers and of energy levels before and after."""
    before, after = runs[0][1], runs[1][1]
    levels = _filled([energy_parts.levels_before_after(before, after, w)])
    return [*charts.energy(runs, w), run_parts.carriers_before_after(before, after, w), *levels]


def _filled(tables: Sequence[Table]) -> list[Table]:
    return [table for table in tables if table.rows]


def _run_inputs(run: Document, w: Writer) -> list[tuple[str, str]]:
    pairs = (
        ("renewline", run.get("renewline")),
        (w.t("Engine"), run.get("engine")),
        (w.t("Seed"), run.get("seed")),
        (w.t("Replications"), run.get("replications")),
        (w.t("Simulated time (h)"), run.get("horizon_h")),
        (w.t("Of it warm-up, not counted (h)"), run.get("warm_up_h")),
    )
    return [(name, w.num(v) if isinstance(v, float) else str(v)) for name, v in pairs if v is not None]


_PAGES: dict[str, Callable[[Document, Writer], Page]] = {
    "plan": _plan, "compare": _compare, "simulate": _simulate, "rank": _rank, "front": _front, "robust": _robust,
}  # fmt: skip
