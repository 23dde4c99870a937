"""What simulated runs say: tables of one run, of two runs side by side, and of their paired difference."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from experiments.report import kpi_parts
from experiments.report.parts import MISSING, Column, Document, Pairs, Table, Writer, carrier, change, pair, relative
from experiments.report.plan_parts import options_of
from experiments.report.statistics_parts import notes
from experiments.words import DIFFERENCES, ENERGY, LINE, STATES, Quantity

Runs = Sequence[tuple[str, Document]]
"""Simulate documents side by side, each with its name ("" if it is the only one); equal lines and stations."""

# --- one run ---


def simulate_answer(run: Document, w: Writer) -> list[str]:
    """Return the run in sentences: what each line makes, what holds it back, how certain that is."""
    text = w.t("{line} makes {good} good parts per hour; {bottleneck} holds it back.")
    said = [
        text.format(line=x["name"], good=w.ci(x["good_per_h"]), bottleneck=kpi_parts.bottleneck_name(x))
        for x in run["lines"][:3]
    ]
    return [*said, *kpi_parts.warnings(run["lines"][:3], w), _how_certain(run, w), *notes(run, w)]


def _how_certain(run: Document, w: Writer) -> str:
    if batches := run.get("batch_means"):
        text = w.t("The ± are 95 % intervals from {n} batches of {hours} h, cut from one run with seed {seed}.")
        return text.format(n=batches["batches"], hours=w.num(batches["batch_h"]), seed=run["seed"])
    text = w.t("The ± are 95 % intervals from {replications} replications of {hours} h each with seed {seed}.")
    return text.format(replications=run["replications"], hours=w.num(counted_h(run)), seed=run["seed"])


def counted_h(run: Document) -> float:
    """Return the simulated time that counts, in hours."""
    return float(run["horizon_h"] - run["warm_up_h"])


def output(run: Document, w: Writer) -> Table:
    """Return output, WIP and lead time by line."""
    columns = (
        *w.words("Line"),
        *w.numbers("Good output (parts/h)", "Output (parts/h)", "Work in progress", "Lead time (h)", "90 % below (h)"),
        *w.words("Bottleneck"),
    )
    rows = [
        [
            x["name"], *(w.ci(x.get(key)) for key in ("good_per_h", "throughput_per_h", "wip", "lead_time_h")),
            w.ci(kpi_parts.quantile(x["lead_time_h"], "p90")), kpi_parts.bottleneck_name(x),
        ]
        for x in run["lines"]
    ]  # fmt: skip
    return Table(w.t("Output and lead time by line"), columns, rows)


def products(run: Document, w: Writer) -> Table:
    """Return output and lead time by product."""
    columns = (*w.words("Product", "Line"), *w.numbers("Output (parts/h)", "Lead time (h)"))
    rows = [
        [p["name"], x["name"], w.ci(p["throughput_per_h"]), w.ci(p["lead_time_h"])]
        for x in run["lines"]
        for p in x.get("products", [])
    ]
    return Table(w.t("Products"), columns, rows)


def stations(runs: Runs, number: int, w: Writer) -> Table:
    """Return the stations of a line in each run: OEE with its interval and the shares of time by state.

    Args:
        runs: Name and document of each run.
        number: Which line, counted from 0, of the first run.
        w: The language.
    """
    line = runs[0][1]["lines"][number]
    found = [
        (name, station)
        for first in line["stations"]
        for name, run in runs
        for at in run["lines"]
        for station in at["stations"]
        if at["name"] == line["name"] and station["name"] == first["name"]
    ]
    used = [s for s in STATES if any(station["states"].get(s) for _, station in found)]
    columns = (
        *w.words("Station"),
        *(w.words("Run") if len(runs) > 1 else ()),
        *w.numbers("Machines", "OEE"),
        *(Column(w.state(s)) for s in used),
    )
    rows = [
        [
            station["name"], *([name] if name else []), str(station["machines"]), w.in_percent(station.get("oee")),
            *(w.in_percent(station["states"].get(s, 0.0)) for s in used),
        ]
        for name, station in found
    ]  # fmt: skip
    note = w.t("In %. States: share of scheduled time, mean over the replications; the interval is that of OEE.")
    return Table(w.t("Stations of {line}").format(line=line["name"]), columns, rows, note)


def queues(line: Document, w: Writer) -> Table:
    """Return what waits in front of the stations of a line."""
    columns = (
        *w.words("Station"),
        *w.numbers("Parts per hour", "Waiting in front", "Waiting time (h)", "Mean power (kW)"),
    )
    keys = ("visits_per_h", "queue_length", "waiting_time_h", "mean_power_kw")
    rows = [[s["name"], *(w.ci(s.get(key)) for key in keys)] for s in line["stations"]]
    return Table(w.t("Queues and power at {line}").format(line=line["name"]), columns, rows)


def stops(run: Document, w: Writer) -> Table:
    """Return failures and maintenance by station."""
    columns = (
        *w.words("Line", "Station", "Stop"),
        *w.numbers("Per hour", "Mean wait for people (h)", "Mean duration (h)", "Cost (CNY/h)"),
    )
    rows = [
        [
            x["name"], s["name"], stop["name"], w.ci(stop["per_h"]), w.num(stop.get("mean_wait_h"), 3),
            w.num(stop.get("mean_h"), 3), w.num(stop.get("cost_cny_per_h"), 3),
        ]
        for x in run["lines"]
        for s in x["stations"]
        for stop in s.get("stops", [])
    ]  # fmt: skip
    return Table(w.t("Failures and maintenance"), columns, rows)


def crews(run: Document, w: Writer) -> Table:
    """Return the utilisation of crews."""
    columns = (*w.words("Crew"), *w.numbers("People", "Utilisation"))
    rows = [[c["name"], str(c["size"]), w.percent(c["utilisation"])] for c in run.get("crews", [])]
    return Table(w.t("Crews"), columns, rows)


LINES_ABREAST = 3
"""Lines that stand side by side in one table; more would not fit on a page."""


def energy(run: Document, w: Writer) -> list[Table]:
    """Return the energy of the lines over the counted time, a few lines to a table."""
    groups = (run["lines"][i : i + LINES_ABREAST] for i in range(0, len(run["lines"]), LINES_ABREAST))
    return [_energy(group, run, w) for group in groups]


def _energy(lines: Sequence[Document], run: Document, w: Writer) -> Table:
    columns = (*w.words("Quantity"), *(Column(x["name"]) for x in lines))
    rows = [
        [w.name(quantity), *(w.quantity(x["energy"].get(key), quantity) for x in lines)]
        for key, quantity in ENERGY.items()
    ]
    for key in carriers_of(run):
        cells = [w.ci(x["energy"].get("by_carrier", {}).get(key)) for x in lines]
        rows.append([w.name(carrier(key)), *cells])
    note = w.t("Amounts over the counted {hours} h.").format(hours=w.num(counted_h(run)))
    return Table(w.t("Energy by line"), columns, rows, note)


def bands(run: Document, w: Writer) -> Table:
    """Return electricity by tariff band."""
    names = list(dict.fromkeys(b for x in run["lines"] for b in x["energy"].get("by_band_kwh", {})))
    columns = (*w.words("Line"), *(Column(f"{w.t(name)} (kWh)") for name in names))
    rows = [[x["name"], *(w.num(x["energy"].get("by_band_kwh", {}).get(b)) for b in names)] for x in run["lines"]]
    note = w.t("Means over the replications; the interval of their sum stands under electricity.")
    return Table(w.t("Electricity by tariff band"), columns, rows if names else [], note)


def carriers_of(*runs: Document) -> list[str]:
    """Return the carriers that any line uses, in the order they come."""
    found = (c for run in runs for line in run["lines"] for c in line["energy"].get("by_carrier", {}))
    return list(dict.fromkeys(found))


# --- two runs side by side ---


def before_after(before: Document, after: Document, w: Writer) -> list[Table]:
    """Return one table for each line that both runs have: each quantity before, after, and its change."""
    return [_line_table(old, new, _pairs(before, after, old["name"]), w) for old, new in _both(before, after)]


def _pairs(before: Document, after: Document, line: str) -> dict[str, Pairs]:
    """Return the figures of a line by replication, before and after, by key."""
    old, new, start = before.get("by_replication", {}), after.get("by_replication", {}), f"{line}/"
    first = before.get("first_replications")
    return {
        key.removeprefix(start): Pairs(old[key], new[key], first) for key in old if key.startswith(start) and key in new
    }


def _both(before: Document, after: Document) -> list[tuple[Document, Document]]:
    later = {line["name"]: line for line in after["lines"]}
    return [(line, later[line["name"]]) for line in before["lines"] if line["name"] in later]


def _line_table(before: Document, after: Document, runs: Mapping[str, Pairs], w: Writer) -> Table:
    columns = (*w.words("Quantity"), *w.numbers("Before", "After", "Change", "Relative"))
    rows = [
        *(_change_row(before.get(key), after.get(key), q, w, runs.get(key)) for key, q in LINE.items()),
        *(
            _change_row(before["energy"].get(key), after["energy"].get(key), q, w, runs.get(key))
            for key, q in ENERGY.items()
        ),
    ]
    rows.append([w.t("Bottleneck"), *map(kpi_parts.bottleneck_name, (before, after)), "", ""])
    return Table(before["name"], columns, [row for row in rows if row[1] != MISSING])


def _change_row(old: Any, new: Any, quantity: Quantity, w: Writer, runs: Pairs | None = None) -> list[str]:  # noqa: ANN401
    values = [w.quantity(value, quantity) for value in (old, new, change(old, new, runs))]
    return [w.name(quantity), *values, w.percent(relative(old, new, runs))]


def carriers_before_after(before: Document, after: Document, w: Writer) -> Table:
    """Return the use of each carrier by line before, after, and its change."""
    columns = (*w.words("Line", "Carrier"), *w.numbers("Before", "After", "Change", "Relative"))
    rows = []
    for old, new in _both(before, after):
        for key in carriers_of(before, after):
            amounts = [x["energy"].get("by_carrier", {}).get(key) for x in (old, new)]
            rows.append([old["name"], *_change_row(amounts[0], amounts[1], carrier(key), w)])
    return Table(w.t("Energy by carrier and line"), columns, [row for row in rows if {row[2], row[3]} != {MISSING}])


# --- the paired difference ---


def compare_answer(document: Document, w: Writer) -> list[str]:
    """Return the comparison in sentences: what was swapped, what it brings in a year, how certain that is."""
    capex = sum(o.get("capex_cny") or 0.0 for o in document["options"])
    text = w.t("Compared: {machines} machines renewed ({what}), for {capex}.")
    machines = sum(o["machines"] for o in document["options"])
    swapped = text.format(machines=machines, what=options_of(document["options"], w), capex=w.money(capex))
    d = document["difference"]
    text = w.t("Per year that changes good output by {good} parts, energy by {tce} tce and CO2 by {co2} t")
    brings = text.format(
        good=signed(d.get("good_per_y", d.get("output_per_y")), w.ci),
        tce=signed(d.get("energy_tce_per_y"), w.ci),
        co2=signed(d.get("co2_t_per_y"), w.ci),
    )
    if "value_cny_per_y" in d:
        more = w.t("; margin less energy and running cost changes by {value}.")
        brings += more.format(value=signed(d["value_cny_per_y"], w.money))
    else:
        brings += w.t(".")
    return [swapped, brings, _how_certain(document["after"], w), *notes(document, w)]


def signed(value: Any, write: Callable[[Any], str]) -> str:  # noqa: ANN401
    """Return a change with its sign, also when it is a plus.

    >>> signed(3.0, str), signed(-3.0, str)
    ('+3.0', '-3.0')
    """
    return ("+" if (pair(value)[0] or 0.0) > 0 else "") + write(value)


def options(document: Document, w: Writer) -> Table:
    """Return what was swapped."""
    columns = (
        *w.words("Line", "Station"),
        *w.numbers("Machines"),
        *w.words("Option"),
        Column(f"{w.t('Capex')} ({w.money_unit})"),
    )
    rows = [
        [o["line"], o["station"], str(o["machines"]), o["option"], w.cash(o.get("capex_cny"))]
        for o in document["options"]
    ]
    return Table(w.t("Machines and options"), columns, rows)


def difference(document: Document, w: Writer) -> Table:
    """Return the paired difference of the plant, and how much variance the pairing saved."""
    return _differences(w.t("Difference per year, whole plant"), document["difference"], w)


def difference_by_line(document: Document, w: Writer) -> list[Table]:
    """Return the paired difference of each line."""
    lines: Iterable[Document] = document.get("by_line", [])
    return [_differences(w.t("Difference per year: {line}").format(line=x["name"]), x, w) for x in lines]


def _differences(title: str, values: Document, w: Writer) -> Table:
    columns = (*w.words("Quantity"), *w.numbers("After less before", "Variance saved by pairing"))
    rows = []
    for key, value in values.items():
        if key != "name":
            quantity = DIFFERENCES.get(key, Quantity(key, ""))
            ratio = value.get("variance_ratio") if isinstance(value, dict) else None
            saved = MISSING if ratio is None else w.percent(1 - ratio, 0)
            rows.append([w.name(quantity), w.quantity(value, quantity), saved])
    return Table(title, columns, rows)
