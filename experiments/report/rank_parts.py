"""What a ranking says: the best in words with what is guaranteed, and a table of the variants."""

from collections.abc import Sequence

from experiments.report.parts import MISSING, Column, Document, Table, Writer, joined
from experiments.words import DIFFERENCES, ENERGY, LINE, Quantity


def quantity_of(document: Document) -> Quantity:
    """Return what the variants are compared by."""
    key = document["metric"]
    return {**DIFFERENCES, **ENERGY, **LINE}.get(key, Quantity(key, ""))


def ordered(document: Document) -> Sequence[Document]:
    """Return the variants, the best first, then by their means."""
    sign = -1.0 if document["better"] == "more" else 1.0
    return sorted(document["variants"], key=lambda row: (row["name"] != document["best"], sign * row["value"]["mean"]))


def answer(document: Document, w: Writer) -> list[str]:
    """Return the choice in sentences, and how sure it is."""
    quantity = quantity_of(document)
    best = ordered(document)[0]
    found = (
        w.t("{name} is best: {metric} {value}.")
        if document["decided"]
        else w.t("{name} leads so far: {metric} {value}.")
    )
    said = [found.format(name=best["name"], metric=w.t(quantity.name), value=_in_words(best["value"], quantity, w))]
    return [*said, _kn(document, w) if document["method"] == "kn" else _ocba(document, w)]


def _in_words(value: object, quantity: Quantity, w: Writer) -> str:
    """Return a value with its unit, money in words of money."""
    if not quantity.is_money:
        return f"{w.ci(value)} {w.t(quantity.unit)}".strip()
    return w.t("{money} per year").format(money=w.money(value))


def _kn(document: Document, w: Writer) -> str:
    delta = _in_words(document["delta"], quantity_of(document), w)
    if document["decided"]:
        text = w.t(
            "The choice is right with probability {p} at least, if the best is ahead of every other by {delta} or more "
            "(Kim and Nelson's elimination, {runs} runs on the same luck for all)."
        )
        return text.format(p=w.percent(1 - document["alpha"]), delta=delta, runs=document["runs"])
    left = [row["name"] for row in document["variants"] if row["eliminated_after"] is None]
    text = w.t(
        "Warning: {runs} runs, the most allowed, do not decide it. Still in: {names}. Nothing is guaranteed; allow "
        "more runs, or take a larger difference than {delta} as worth finding."
    )
    return text.format(runs=document["runs"], names=joined(left, w.t), delta=delta)


def _ocba(document: Document, w: Writer) -> str:
    if document["decided"]:
        text = w.t(
            "The probability that no other is better by more than {delta} is estimated at {p} ({runs} runs by OCBA, "
            "each variant on luck of its own). An estimate, not a guarantee."
        )
    else:
        text = w.t(
            "Warning: {runs} runs, the most allowed, do not decide it: the probability that no other is better by more "
            "than {delta} is estimated at {p} only."
        )
    delta = _in_words(document["delta"] or 0.0, quantity_of(document), w)
    return text.format(p=w.percent(document["probability"]), delta=delta, runs=document["runs"])


def table(document: Document, w: Writer) -> Table:
    """Return the variants with means, intervals, distance to the best, and runs."""
    quantity = quantity_of(document)
    columns = (
        *w.words("Variant"),
        Column(w.name(quantity)),
        *w.numbers("Less the best", "Runs", "Gone after"),
        Column(f"{w.t('Capex')} ({w.money_unit})"),
    )
    rows = [
        [
            row["name"], w.quantity(row["value"], quantity),
            MISSING if row["less_best"] is None else w.quantity(row["less_best"], quantity), str(row["runs"]),
            MISSING if row["eliminated_after"] is None else str(row["eliminated_after"]), w.cash(row["capex_cny"]),
        ]
        for row in ordered(document)
    ]  # fmt: skip
    note = w.t(
        "± are 95 % intervals of each variant for itself, over the runs it made. Capex is not part of the comparison."
    )
    return Table(w.t("Variants, the best first"), columns, rows, note, strong=frozenset({0}))


def changes(document: Document, w: Writer) -> Table:
    """Return what each variant changes."""
    columns = (*w.words("Variant", "Line", "Station"), *w.numbers("Machines"), *w.words("Option"))
    rows = [
        [row["name"], o["line"], o["station"], str(o["machines"]), o["option"]]
        for row in document["variants"]
        for o in row["options"]
    ]
    return Table(w.t("What the variants change"), columns, rows)
