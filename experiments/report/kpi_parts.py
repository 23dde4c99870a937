"""Indicators and bottlenecks of a simulation: ISO 22400-2 figures, quantiles of lead time, two methods side by side."""

from collections.abc import Sequence
from typing import Any

from experiments.lang import fixed, mark
from experiments.report.parts import MISSING, Column, Document, Table, Writer
from sim.iso22400 import KPIS

NAMES = {kpi.key: kpi for kpi in KPIS}
SHORT = {"availability": "A (%)", "effectiveness": "E (%)", "quality": "Q (%)", "oee": "OEE (%)", "nee": "NEE (%)"}
EVENTS = {"mtbf_h": "MTBF (h)", "mttr_h": "MTTR (h)"}
EFFICIENCIES = (
    "utilisation_efficiency", "allocation_efficiency", "technical_efficiency", "setup_rate", "scrap_ratio",
    "rework_ratio", "first_pass_yield", "corrective_maintenance_ratio",
)  # fmt: skip
REASONS = (
    mark("the line is not serial"),
    mark("no station turns from more blocked to more starved and waits less than its neighbours"),
    mark("several turning points; of these the station that waits least"),
)
"""Why documents name no turning point, or with what reserve."""
QUANTILES = {"p50": "50 %", "p90": "90 %", "p95": "95 %", "p99": "99 %"}


def iso(line: Document, w: Writer) -> Table:
    """Return OEE with its factors, NEE, MTBF and MTTR by station: what fits a terminal."""
    columns = (*w.words("Station"), *map(Column, (*SHORT.values(), *EVENTS.values())))
    rows = []
    for station in _counted(line):
        figures = station["iso22400"]
        shares = [w.in_percent(figures[key] if key == "oee" else _mean(figures[key])) for key in SHORT]
        rows.append([station["name"], *shares, *(w.ci(figures[key]) for key in EVENTS)])
    title = w.t("ISO 22400-2 at {line}: availability A, effectiveness E, quality rate Q").format(line=line["name"])
    return Table(title, columns, rows, w.t("MTTR without waiting for people. Formulas: docs/reference/kpis.md."))


def efficiencies(line: Document, w: Writer) -> Table:
    """Return the other shares of ISO 22400-2 by station, in per cent."""
    names = (NAMES[key].zh if w.lang == "zh" else NAMES[key].name for key in EFFICIENCIES)
    columns = (*w.words("Station"), *map(Column, names))
    rows = [
        [station["name"], *(w.in_percent(station["iso22400"][key]) for key in EFFICIENCIES)]
        for station in _counted(line)
    ]
    note = w.t("In %. Where nothing was made or nothing failed there is no figure.")
    return Table(w.t("Efficiencies at {line}").format(line=line["name"]), columns, rows, note)


def _counted(line: Document) -> list[Document]:
    """Return the stations that have indicators; documents of early versions have none."""
    return [station for station in line["stations"] if "iso22400" in station]


def _mean(figure: Any) -> float | None:  # noqa: ANN401
    return None if figure is None else figure["mean"]


def quantiles(run: Document, w: Writer) -> Table:
    """Return the times below which so many parts pass each line, with intervals over replications."""
    columns = (*w.words("Line"), *w.numbers("Mean"), *map(Column, QUANTILES.values()))
    rows = [
        [x["name"], w.ci(x["lead_time_h"]), *(w.ci(quantile(x["lead_time_h"], q)) for q in QUANTILES)]
        for x in run["lines"]
        if "quantile_half_width" in x["lead_time_h"]
    ]
    return Table(w.t("Lead time (h): so many parts take no longer"), columns, rows)


def quantile(sample: Document, q: str) -> Any:  # noqa: ANN401 - a number or {mean, half_width}
    """Return a quantile of a sample with its interval if it has one.

    >>> quantile({"mean": 2.0, "p90": 4.0, "quantile_half_width": {"p90": 0.5}}, "p90")
    {'mean': 4.0, 'half_width': 0.5}
    """
    halves = sample.get("quantile_half_width", {})
    return {"mean": sample[q], "half_width": halves[q]} if q in halves else sample.get(q)


def bottlenecks(line: Document, w: Writer) -> Table:
    """Return by station the shares of time as bottleneck, and how often each method names it."""
    columns = (
        *w.words("Station"),
        *w.numbers("Sole bottleneck (%)", "Shifting (%)", "Named so (%)", "Turning point (%)"),
    )
    rows: list[list[str]] = []
    strong: set[int] = set()
    note = w.t("Named so: share of replications in which the method names the station, with a 95 % interval.")
    if found := line.get("bottlenecks"):
        active, turn = found["active_period"], found["turning_point"]
        for station in line["stations"]:
            name = station["name"]
            if name == active["name"]:
                strong.add(len(rows))
            shares = [w.in_percent(active[kind].get(name)) for kind in ("sole", "shifting")]
            by_turn = _named(turn, name) if turn["share_named"] else MISSING
            rows.append([name, *shares, _named(active, name), by_turn])
        reason = turn["reason"]
        if reason:
            note += " " + w.t("Turning point: {reason}.").format(reason=w.t(reason))
    title = w.t("Bottleneck of {line} by active period and by turning point").format(line=line["name"])
    return Table(title, columns, rows, note, frozenset(strong))


def _named(method: Document, name: str) -> str:
    share = method["share_named"].get(name)
    if share is None:
        return "0"
    value, low, high = (fixed(100 * share[key], 0) for key in ("share", "low", "high"))
    return f"{value} ({low}–{high})"


def warnings(lines: Sequence[Document], w: Writer) -> list[str]:
    """Return a sentence for each line whose methods disagree or whose leading stations are not separated."""
    said = []
    for line in lines:
        found = line.get("bottlenecks") or {}
        if found.get("agree") is False:
            text = w.t("{line}: the active period names {a} as bottleneck, the turning point {b}.")
            a, b = (found[method]["name"] for method in ("active_period", "turning_point"))
            said.append(text.format(line=line["name"], a=a, b=b))
        if found.get("separated") is False:
            text = w.t("{line}: {a} and {b} are bottleneck about as often; more replications may tell them apart.")
            said.append(text.format(line=line["name"], a=found["leaders"][0], b=found["leaders"][1]))
    return said


def bottleneck_name(line: Document) -> str:
    """Return the name of the bottleneck, or the sign for none (a line at rest)."""
    name: str | None = line["bottleneck"]
    return name or MISSING
