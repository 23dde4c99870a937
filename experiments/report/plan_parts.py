"""What a plan document says: the answer in three sentences, and its tables."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from experiments.lang import mark
from experiments.report import loop_parts
from experiments.report.parts import MISSING, Column, Document, Table, Writer, joined, known, pair
from experiments.words import CHOICES, NOTES, STATUS

ESTIMATE_GRADES = ("C", "D")
"""Grades of evidence that are our estimates; a report marks them."""


# --- the answer ---


def answer(plan: Document, w: Writer) -> list[str]:
    """Return the answer: what to renew and its cost, what it brings, how certain that is."""
    return [_what(plan, w), _brings(plan, w), _certain(plan, w)]


def _what(plan: Document, w: Writer) -> str:
    renewals = plan["renewals"]
    if not renewals:
        return w.t("Renew nothing: no renewal on offer pays within these limits.")
    text = w.t(
        "Renew {machines} machines at {stations} stations from {first} to {last} ({what}), for {capex} in total."
    )
    return text.format(
        machines=sum(r["machines"] for r in renewals),
        stations=len({(r["line"], r["station"]) for r in renewals}),
        first=min(r["period"] for r in renewals),
        last=max(r["period"] for r in renewals),
        what=options_of(renewals, w),
        capex=w.money(sum(r["capex_cny"] for r in renewals)),
    )


def options_of(renewals: Iterable[Document], w: Writer, most: int = 6) -> str:
    """Return the options with their number of machines, the most frequent first."""
    counts: Counter[str] = Counter()
    for renewal in renewals:
        counts[renewal["option"]] += renewal["machines"]
    shown = [f"{count} × {option}" for option, count in counts.most_common(most)]
    if len(counts) > most:
        shown.append(w.t("and {n} more types").format(n=len(counts) - most))
    return joined(shown, w.t)


def _brings(plan: Document, w: Writer) -> str:
    gain = plan["npv_gain_cny"]
    text = w.t("Over {years} years this brings a net present value of {simulated} after tax over renewing nothing")
    text = text.format(years=w.num(plan["years"]), simulated=w.money(gain["simulated"]))
    rival = plan.get("against", {}).get("payback_ranking")
    if rival is None:
        return text + w.t(".")
    other = w.t("; ranking by simple payback under the same limits brings {payback}.")
    return text + other.format(payback=w.money(rival["npv_gain_cny"]["simulated"]))


def _certain(plan: Document, w: Writer) -> str:
    if "loop" in plan:
        return loop_parts.certain(plan, w)
    text = w.t(
        "As the planning model sees it, this schedule brings {predicted} and none can bring more than {bound} "
        "(gap {gap}, {status}); the ± are 95 % intervals from {replications} replications with seed {seed}, and "
        "{estimates} of {assumptions} assumptions are estimates."
    )
    assumptions = plan.get("assumptions", [])
    return text.format(
        predicted=w.money(plan["npv_gain_cny"]["predicted"], digits=4),
        bound=w.money(plan["npv_gain_cny"]["bound"], digits=4),
        gap=w.percent(plan["gap"], 2),
        status=w.t(str(STATUS.get(plan["status"], plan["status"]))),
        replications=plan["replications"],
        seed=plan["seed"],
        estimates=sum(map(is_estimate, assumptions)),
        assumptions=len(assumptions),
    )


def is_estimate(assumption: Document) -> bool:
    """Whether an assumption is an estimate and not a measured or published value."""
    return str(assumption.get("grade", "")).strip()[:1].upper() in ESTIMATE_GRADES


# --- schedule, money, limits ---


def renewals(plan: Document, w: Writer) -> Table:
    """Return the schedule: one row per renewal, in order of time."""
    columns = (
        *w.dates("Period"),
        *w.words("Line", "Station"),
        *w.numbers("Machines"),
        *w.words("From", "To"),
        *w.dates("Installed"),
        *w.numbers("Capex", "Payback (y)"),
    )
    rows = [
        [
            r["period"], r["line"], r["station"], str(r["machines"]), r.get("from") or MISSING, r["option"],
            f"{r['start'][:10]} – {r['end'][:10]}", w.cash(r["capex_cny"]), w.num(r.get("payback_y"), 2),
        ]
        for r in in_time(plan["renewals"])
    ]  # fmt: skip
    return Table(w.t("Renewals (capex in {unit})").format(unit=w.money_unit), columns, rows)


def short_renewals(plan: Document, w: Writer) -> Table:
    """Return the schedule without what a terminal has no room for."""
    table = renewals(plan, w)
    kept = [0, 1, 2, 3, 5, 7, 8]  # without old equipment and dates
    return Table(table.title, tuple(table.columns[i] for i in kept), [[row[i] for i in kept] for row in table.rows])


def in_time(items: Iterable[Document]) -> list[Document]:
    """Return renewals in order of their start."""
    return sorted(items, key=lambda r: (r["start"], r["line"], r["station"], r["option"]))


def spending(plan: Document, w: Writer) -> Table:
    """Return capex by year against what may be spent."""
    borrowed = any(year.get("from_budget_cny", year["capex_cny"]) != year["capex_cny"] for year in plan["by_year"])
    own = (mark("Of it from the budget"),) if borrowed else ()  # the rest is borrowed
    columns = (
        *w.dates("Year"),
        *w.numbers("Capex", *own, "Budget", "Available with carry-over", "Left", "Downtime (h)"),
    )
    rows = []
    for year in plan["by_year"]:
        available = year.get("available_cny")
        paid = year.get("from_budget_cny", year["capex_cny"])
        left = available - paid if known(available) else None
        money = [
            w.cash(year["capex_cny"]),
            *([w.cash(paid)] if borrowed else []),
            _limit(year["budget_cny"], w),
            _limit(available, w),
            w.cash(left),
        ]
        rows.append([str(year["year"]), *money, w.num(year["downtime_h"])])
    title = w.t("Capex against budget by year, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows)


def _limit(cny: float | None, w: Writer) -> str:
    return w.cash(cny) if known(cny) else w.t("no limit")


def downtime(plan: Document, w: Writer) -> Table:
    """Return the downtime of lines by period where there is any."""
    columns = (*w.dates("Period"), *w.words("Line"), *w.numbers("Downtime (h)", "Limit (h)", "Used"))
    rows = []
    for p in plan["by_period"]:
        if p["downtime_h"] > 0:
            limit = p.get("limit_h")
            used = w.percent(p["downtime_h"] / limit, 0) if limit else MISSING
            shown = w.num(limit) if known(limit) else w.t("no limit")
            rows.append([p["period"], p["line"], w.num(p["downtime_h"]), shown, used])
    note = w.t("In all other periods no line stands still for installation.")
    return Table(w.t("Downtime for installation against its limit"), columns, rows, note)


EFFECTS = {"output": mark("Output (parts)"), "energy_tce": mark("Energy (tce)"), "co2_t": mark("CO2 (t)")}
"""What is followed by year, with and without the schedule."""


def effects(plan: Document, w: Writer) -> Table:
    """Return output, energy and CO2 by year, with and without the schedule."""
    sides = (w.t("without"), w.t("with"))
    columns = (*w.dates("Year"), *(Column(f"{w.t(label)}: {side}") for label in EFFECTS.values() for side in sides))
    rows = [
        [str(y["year"]), *(w.ci(y.get(key + side)) for key in EFFECTS for side in ("_baseline", ""))]
        for y in plan["by_year"]
    ]
    return Table(w.t("Output, energy and CO2 by year, without and with the schedule"), columns, rows)


CASH = {
    "capex_cny": mark("Capex"),
    "resale_cny": mark("Resale"),
    "loan_drawn_cny": mark("Loan drawn"),
    "grant_cny": mark("Grant"),
    "credit_cny": mark("Tax credit"),
    "margin_cny": mark("Margin"),
    "energy_cny": mark("Energy"),
    "running_cny": mark("Running cost"),
    "tax_cny": mark("Tax"),
    "interest_cny": mark("Interest"),
    "subsidy_cny": mark("Interest subsidy"),
    "repayment_cny": mark("Repayment"),
    "debt_left_cny": mark("Debt at the end"),
    "residual_cny": mark("Residual value"),
}
"""Parts of the yearly cash flow, in the order of tables and charts."""
FINANCED = (
    "loan_drawn_cny", "grant_cny", "credit_cny", "interest_cny", "subsidy_cny", "repayment_cny", "debt_left_cny",
)  # fmt: skip
"""Parts that are left out of the table where a plan has none of them."""
SUMS = {"net_cny": mark("Net"), "discounted_cumulative_cny": mark("Discounted, cumulative")}


def cash_flow(plan: Document, w: Writer) -> Table:
    """Return the cash flow by year, as difference to renewing nothing."""
    named = {**CASH, **SUMS}
    keys = [key for key in named if key not in FINANCED or any(flow.get(key) for flow in plan["cash_flow"])]
    columns = (*w.dates("Year"), *w.numbers(*(named[key] for key in keys)))
    rows = [[str(f["year"]), *(w.cash(f.get(key)) for key in keys)] for f in plan["cash_flow"]]
    note = w.t(
        "As difference to renewing nothing, each with the interval of the paired difference. Costs are negative."
    )
    return Table(w.t("Cash flow by year, in {unit}").format(unit=w.money_unit), columns, rows, note)


# --- predicted and simulated ---


def explained(plan: Document, w: Writer) -> Table:
    """Return the parts of the gain as predicted and as simulated, and the gain itself."""
    columns = (*w.words("Part of the gain"), *w.numbers("Predicted", "Simulated", "Difference"))
    rows = []
    gain = plan["npv_gain_cny"]
    whole = {
        "what": "Gain in net present value",
        "predicted_cny": gain["predicted"],
        "simulated_cny": gain["simulated"],
    }
    for part in [*plan.get("explained", []), whole]:
        predicted, simulated = part["predicted_cny"], part["simulated_cny"]
        mean, half = pair(simulated)
        rest = None if mean is None or not known(predicted) else mean - predicted
        difference: Any = {"mean": rest, "half_width": half} if isinstance(simulated, dict) else rest
        what = part["what"]
        rows.append([w.t(what), w.cash(predicted), w.cash(simulated), w.cash(difference)])
    title = w.t("Predicted and simulated gain, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, strong=frozenset({len(rows) - 1}))


def why_different(plan: Document, w: Writer) -> list[str]:
    """Return why prediction and simulation differ: the largest part in words, then the plan's own notes."""
    parts = [
        p for p in plan.get("explained", []) if known(p["predicted_cny"]) and pair(p["simulated_cny"])[0] is not None
    ]
    notes = []
    if parts:
        gap = {p["what"]: (pair(p["simulated_cny"])[0] or 0.0) - p["predicted_cny"] for p in parts}
        largest = max(gap, key=lambda what: abs(gap[what]))
        text = w.t("The largest difference is in {what}: the simulation finds {difference} {direction} than predicted.")
        direction = w.t("more") if gap[largest] >= 0 else w.t("less")
        shown = w.money(abs(gap[largest]))
        notes.append(text.format(what=w.t(largest), difference=shown, direction=direction))
    return notes + [sentence(note, w) for note in plan.get("explained_notes", [])]


def sentence(text: str, w: Writer) -> str:
    """Return a sentence of a document in the writer's language, its names and numbers kept.

    >>> sentence("A: in the last year the simulated output differs from the prediction by +2.0%.", Writer("en"))
    'A: in the last year the simulated output differs from the prediction by +2.0%.'
    """
    for template in NOTES:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(template))
        if match := re.fullmatch(pattern, text):
            return w.t(template).format(**match.groupdict())
    return w.t(text)


def lines(plan: Document, w: Writer) -> Table:
    """Return each line's output as predicted and simulated, and where its bottleneck goes."""
    columns = (
        *w.words("Line"),
        *w.numbers("Predicted output (parts/y)", "Simulated output (parts/y)", "Gain in output"),
        *w.words("Bottleneck before", "Bottleneck after"),
    )
    rows = [
        [
            line["name"], w.num(line["predicted_output_per_y"]), w.ci(line["simulated_output_per_y"]),
            w.percent(line.get("gain_output_share")), line["bottleneck_before"], line["bottleneck_after"],
        ]
        for line in plan.get("by_line", [])
    ]  # fmt: skip
    return Table(w.t("Output and bottleneck by line"), columns, rows)


def against(plan: Document, w: Writer) -> Table:
    """Return this schedule beside the others: renewing nothing, ranking by payback, and any more."""
    columns = (
        *w.words("Choice"),
        *w.numbers("Machines", "Capex", "Gain, simulated", "Gain, predicted"),
    )
    own = {
        "npv_gain_cny": plan["npv_gain_cny"],
        "renewals": plan["renewals"],
        "capex_cny": sum(r["capex_cny"] for r in plan["renewals"]),
    }
    rows = [_choice("plan", own, w)]
    note = ""
    for key, other in plan.get("against", {}).items():
        if key == "baseline":
            rows.append([w.t(CHOICES[key]), "0", w.cash(0.0), w.cash(0.0), w.cash(0.0)])
            text = w.t("Net present value of operation when nothing is renewed: {npv}.")
            note = text.format(npv=w.money(other["npv_cny"]))
        else:
            rows.append(_choice(key, other, w))
    title = w.t("Against other choices, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, note, strong=frozenset({0}))


def _choice(key: str, choice: Document, w: Writer) -> list[str]:
    gain = choice["npv_gain_cny"]
    machines = sum(r["machines"] for r in choice["renewals"]) if "renewals" in choice else None
    return [
        w.t(CHOICES.get(key, key)),
        MISSING if machines is None else str(machines),
        w.cash(choice.get("capex_cny")),
        w.cash(gain["simulated"]),
        w.cash(gain.get("predicted")),
    ]


def only_in(ours: Iterable[Document], theirs: Iterable[Document]) -> list[str]:
    """Return the renewals of the first schedule that the second does not make at all."""
    made = {(r["line"], r["station"], r["option"]) for r in theirs}
    left: Counter[tuple[str, str, str]] = Counter()
    for r in ours:
        left[r["line"], r["station"], r["option"]] += r["machines"]
    return [
        f"{line} / {station}: {n} × {option}"
        for (line, station, option), n in left.items()
        if (line, station, option) not in made
    ]


# --- what it stands on ---


def assumptions(plan: Document, w: Writer) -> list[Table]:
    """Return the assumptions with range, grade and source, equal ones in one row, and the sources by number."""
    places: dict[tuple[str, ...], list[str]] = {}
    sources: dict[str, int] = {}
    estimate = w.t("(estimate)")
    for a in plan.get("assumptions", []):
        number = sources.setdefault(a.get("source") or MISSING, len(sources) + 1)
        grade = " ".join(filter(None, (a.get("grade") or MISSING, estimate if is_estimate(a) else "")))
        source = " ".join(filter(None, (f"[{number}]", a.get("note"))))
        places.setdefault((*_what_and_value(a, w), grade, source), []).append(a["where"])
    columns = (
        *w.words("What", "Where"),
        *w.numbers("Typical", "Low – high"),
        *w.dates("Grade"),
        *w.words("Source and note"),
    )
    rows = [[what, _places(where, w), *rest] for (what, *rest), where in places.items()]
    note = w.t("Grades: A measured or published in a standard, B recalled from literature, C our estimate.")
    listed = [[f"[{number}]", source] for source, number in sources.items()]
    return [
        Table(w.t("Assumptions with range, grade and source"), columns, rows, note),
        Table(w.t("Sources"), (*w.dates("Number"), *w.words("Source")), listed),
    ]


def _places(where: list[str], w: Writer, most: int = 3) -> str:
    """Return the places an assumption holds for; many of them are counted."""
    different = list(dict.fromkeys(where))
    shown = "; ".join(different[:most])
    if len(different) <= most:
        return shown
    return w.t("{places}; and {n} more").format(places=shown, n=len(different) - most)


def _what_and_value(assumption: Document, w: Writer) -> tuple[str, str, str]:
    """Return name, value with unit, and range; a value in words stands with the name, where there is room."""
    what, value, unit = assumption["what"], assumption.get("value"), assumption.get("unit") or ""
    if isinstance(value, str):
        return f"{what}: {value}", MISSING, MISSING
    low, high = (w.num(assumption.get(key)) for key in ("low", "high"))
    shown = " ".join(filter(None, (w.num(value), unit if unit != "-" else "")))
    return what, shown, MISSING if low == high == MISSING else f"{low} – {high}"


def inputs(plan: Document, w: Writer) -> list[tuple[str, str]]:
    """Return what the plan was computed with, as pairs of name and value."""
    return [
        (w.t("Plant"), plan["plant"]),
        (w.t("Periods"), f"{plan['periods'][0]} – {plan['periods'][-1]} ({len(plan['periods'])})"),
        (w.t("Discount rate"), w.percent(plan["discount_rate"])),
        (w.t("Tax rate"), w.percent(plan["tax_rate"])),
        (w.t("Status"), w.t(str(STATUS.get(plan["status"], plan["status"])))),
    ]
