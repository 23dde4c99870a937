"""How certain a run is: the warm-up found, the precision reached, the batches; and what to beware of."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.report.parts import Document, Table, Writer, known
from experiments.words import LINE, Quantity

FIGURES = {"wip": LINE["wip"], "output_per_h": LINE["throughput_per_h"]}
"""What the warm-up is looked for in."""
SOME = 3
"""Names said in a sentence; the rest stands in the table."""


def notes(run: Document, w: Writer) -> list[str]:
    """Return in sentences how warm-up and replications were chosen, and what to beware of."""
    said = []
    if warm_up := run.get("warm_up"):
        text = w.t("The warm-up of {hours} h was found by {method} on {pilots} pilot runs.")
        said.append(
            text.format(
                hours=w.num(warm_up["warm_up_h"]), method=warm_up["method"], pilots=warm_up["pilot_replications"]
            )
        )
    precision = run.get("precision")
    if precision and precision["reached"]:
        text = w.t("{n} replications were made, so that the half-width of {figures} figures is at most {share}.")
        said.append(
            text.format(
                n=precision["replications"],
                figures=len(precision["figures"]),
                share=w.percent(precision["relative"], 2),
            )
        )
    return [*said, *warnings(run, w)]


def warnings(run: Document, w: Writer) -> list[str]:
    """Return what a reader must not overlook: a warm-up, a precision or batches that are not what was asked for."""
    return [*_warm_up_warnings(run, w), *_precision_warnings(run, w), *_batch_warnings(run, w)]


def _warm_up_warnings(run: Document, w: Writer) -> list[str]:
    warm_up = run.get("warm_up", {})
    said = []
    if not warm_up.get("enough", True):
        late = [_named(s, w) for s in warm_up["series"] if not s["enough"]]
        text = w.t(
            "Warning: the run is too short to tell its warm-up. Not settled in the first half: {figures}. Simulate "
            "longer; if that does not help, more arrives than the line can make."
        )
        said.append(text.format(figures=_some(late, w)))
    if warm_up.get("renewals"):
        said.append(w.t("Warning: machines are renewed during the run, so there is no one steady state to warm up to."))
    return said


def _precision_warnings(run: Document, w: Writer) -> list[str]:
    precision = run.get("precision", {})
    if precision.get("reached", True):
        return []
    short = [f"{f['name']} {w.percent(f['relative_half_width'], 2)}" for f in precision["figures"] if not f["reached"]]
    text = w.t(
        "Warning: a half-width of {share} was not reached within the {n} replications allowed: {figures}. Allow more, "
        "or simulate longer."
    )
    said = text.format(share=w.percent(precision["relative"], 2), n=precision["replications"], figures=_some(short, w))
    return [said]


def _batch_warnings(run: Document, w: Writer) -> list[str]:
    batches = run.get("batch_means", {})
    if batches.get("independent", True):
        return []
    alike = [f"{name} {w.num(lag, 2)}" for name, lag in batches["lag_1"].items() if lag > batches["lag_1_limit"]]
    text = w.t(
        "Warning: a batch resembles the one before (lag-1 correlation: {figures}), so the intervals are too narrow. "
        "Take fewer batches, or simulate longer."
    )
    return [text.format(figures=_some(alike, w))]


def _some(names: Sequence[str], w: Writer) -> str:
    text = w.t(", ").join(names[:SOME])
    return text if len(names) <= SOME else w.t("{places}; and {n} more").format(places=text, n=len(names) - SOME)


def _named(series: Document, w: Writer) -> str:
    run = f"{w.t(series['run'])}: " if series.get("run") else ""
    return f"{run}{series['line']}, {w.t(figure(series).name)}"


def figure(series: Document) -> Quantity:
    """Return what a warm-up series shows."""
    return FIGURES.get(series["figure"], Quantity(series["figure"], ""))


def text(run: Document, w: Writer) -> list[str]:
    """Return how to read the charts and tables of :func:`tables`."""
    said = []
    if warm_up := run.get("warm_up"):
        said.append(
            w.t(
                "Each point is the mean of {hours} h over {pilots} pilot runs. {method} cuts each series where the "
                "mean of the rest is told best; the latest cut of all is the warm-up."
            ).format(hours=w.num(warm_up["point_h"]), pilots=warm_up["pilot_replications"], method=warm_up["method"])
        )
    if precision := run.get("precision"):
        said.append(
            w.t(
                "The first {first} replications tell the spread; it decides how many are needed, and the intervals "
                "hold their 95 % whatever that number is (Stein)."
            ).format(first=precision["first_replications"])
        )
    return said


def tables(run: Document, w: Writer) -> list[Table]:
    """Return the cuts of the warm-up, the precision reached, and the correlation of batches; those there are."""
    found = []
    if warm_up := run.get("warm_up"):
        columns = (*w.words("Line", "Quantity"), *w.numbers("Cut at (h)", "Mean after it"), *w.words("Settled"))
        rows = [
            [
                f"{w.t(s['run'])}: {s['line']}" if s.get("run") else s["line"], w.name(figure(s)),
                w.num(s["delete_h"]), w.num(s["mean_after"]), w.t("yes") if s["enough"] else w.t("no"),
            ]
            for s in warm_up["series"]
        ]  # fmt: skip
        found.append(Table(w.t("Where the warm-up ends"), columns, rows))
    if precision := run.get("precision"):
        columns = (*w.words("Figure"), *w.numbers("Half-width, of the mean"), *w.words("Reached"))
        rows = [
            [
                f["name"], w.percent(f["relative_half_width"], 2) if known(f["relative_half_width"]) else "∞",
                w.t("yes") if f["reached"] else w.t("no"),
            ]
            for f in precision["figures"]
        ]  # fmt: skip
        title = w.t("Precision reached; asked for: {share}").format(share=w.percent(precision["relative"], 2))
        found.append(Table(title, columns, rows))
    if batches := run.get("batch_means"):
        columns = (*w.words("Figure"), *w.numbers("Correlation with the batch before"))
        rows = [[name, w.num(lag, 2)] for name, lag in batches["lag_1"].items()]
        note = w.t("Above {limit} batches would be too short.").format(limit=w.num(batches["lag_1_limit"], 2))
        found.append(Table(w.t("Batches of one long run"), columns, rows, note))
    return found
