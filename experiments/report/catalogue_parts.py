"""The catalogue in tables: what a search found, and a pair with old beside new."""

from collections.abc import Mapping
from typing import Any

from experiments.lang import mark
from experiments.report.energy_parts import GRADES
from experiments.report.parts import MISSING, Column, Document, Table, Writer, joined

SIDES = {"old": mark("old"), "new": mark("new")}
CHANNELS = {
    "C": mark("throughput"), "A": mark("availability"), "S": mark("setup"), "Q": mark("quality"),
    "L": mark("labour"), "E": mark("energy"), "W": mark("water"), "M": mark("emissions"), "H": mark("safety"),
    "D": mark("information delay"),
}  # fmt: skip
"""What a renewal acts on, by the letters of the policy's map."""


def tables(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    """Return sentences and tables of a search."""
    found = document["pairs"]
    said = w.t("{count} of {of} pairs of old and new equipment.").format(count=len(found), of=document["of"])
    hint = w.t("All about one of them:  renewline catalogue show ID") if found or document["own"] else w.t(
        "Nothing is called so. Try fewer or shorter words, Chinese or English.")  # fmt: skip
    return [said, hint, *([w.t(ESTIMATES)] if found else [])], [_pairs(found, w), _own(document["own"], w)]


ESTIMATES = mark("(C): engineering estimate, to be replaced by a quotation or the plant's own records.")


def _pairs(found: list[Document], w: Writer) -> Table:
    columns = (*w.words("ID", "Tasks", "Industry", "Old", "New"), _price_column(w))
    rows = [
        [
            pair["id"], " ".join(map(str, pair["tasks"])), pair["industry"][w.lang],
            *(pair[side][w.lang] for side in SIDES), _price(pair["price_cny"], w),
        ]
        for pair in found
    ]  # fmt: skip
    return Table(w.t("Pairs"), columns, rows)


def _own(found: list[Document], w: Writer) -> Table:
    columns = (*w.words("ID", "Name", "Side", "Pair", "Like"), _price_column(w))
    rows = [
        [one["id"], one[w.lang], w.t(SIDES[one["side"]]), one["pair"] or MISSING, one["like"] or MISSING,
         _price(one["price_cny"], w)]
        for one in found
    ]  # fmt: skip
    return Table(w.t("Types of your own"), columns, rows)


def _price_column(w: Writer) -> Column:
    name = w.t("Price")
    return Column(f"{name} ({w.money_unit})")


def _price(price: Document | None, w: Writer) -> str:
    return MISSING if price is None else f"{w.cash(price['typical'])} ({price['grade']})"


# --- one pair ---


def entry(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    """Return sentences and tables of one pair, or of a type that belongs to none."""
    return _sentences(document, w), [
        _quantities(document, w),
        _graded(document["grades"], w),
        *_fields(document["types"], w),
        _policy(document["policy"], w),
        _notes(document, w),
        _sources(document, w),
    ]


def _sentences(document: Document, w: Writer) -> list[str]:
    pair, size = document["pair"], document["size"]
    if pair is None:
        one = document["types"][0]
        return [f"{one['id']}: {one[w.lang]}", w.t(ESTIMATES)]
    return [
        f"{pair['id']}: {pair['old'][w.lang]} → {pair['new'][w.lang]}",
        w.t("{industry}; tasks {tasks}; {estimates} of {all} quantities are estimates.").format(
            industry=pair["industry"][w.lang], tasks=joined(map(str, pair["tasks"]), w.t),
            estimates=pair["estimates"], all=pair["quantities"]),
        w.t(ESTIMATES),
        _size(size, w),
    ]  # fmt: skip


def _size(size: Document, w: Writer) -> str:
    exponent = size["price_exponent"]
    name = size[w.lang] or w.t("size relative to the one described")
    unit = "" if size["unit"] == "-" else f" {size['unit']}"
    old, new = (f"{w.num(size[side])}{unit}" for side in SIDES)
    text = w.t("Size: {name}, old {old}, new {new}. Price grows with its power {typical} ({low} to {high}) (C).")
    return text.format(name=name, old=old, new=new, **{key: w.num(exponent[key]) for key in ("low", "typical", "high")})


def _quantities(document: Document, w: Writer) -> Table:
    columns = (*w.words("Quantity", "Unit"), *w.numbers("Old", "New"), *w.words("Grade", "In the types"))
    worse = w.t("(worse)")
    rows = [
        [
            q[w.lang],
            _unit(q, w),
            _range(q["old"], w),
            _range(q["new"], w) + (f" {worse}" if q["new_is_worse"] else ""),
            _grade(q["grade"], w),
            w.t("used") if q["feeds"] else w.t("shown only"),
        ]
        for q in document["quantities"]
    ]
    return Table(w.t("Old beside new: typical (low to high)"), columns, rows)


def _graded(found: list[Document], w: Writer) -> Table:
    columns = (
        *w.words("Device", "Standard"),
        *w.numbers("Grades 1 / 2 / 3"),
        *w.words("Old reaches", "New reaches", "Grade"),
    )
    rows = [
        [
            f"{one[w.lang]} ({one['unit']})",
            one["standard"],
            " / ".join(w.num(limit) for limit in one["grades"]),
            *(_reached(one["reached"][side], w) for side in SIDES),
            _grade(one["grade"], w),
        ]
        for one in found
    ]
    return Table(w.t("Efficiency grades (the policy asks for 2 or better)"), columns, rows)


def _reached(grade: int | None, w: Writer) -> str:
    return MISSING if grade is None else w.t(GRADES[grade])


def _unit(quantity: Document, w: Writer) -> str:
    return str(quantity["unit_zh"] if w.lang == "zh" else quantity["unit"])


def _grade(grade: str, w: Writer) -> str:
    estimate = w.t("(estimate)")
    return f"{grade} {estimate}" if grade == "C" else grade


def _range(values: Mapping[str, float] | None, w: Writer) -> str:
    if values is None:
        return MISSING
    low, typical, high = (w.num(values[key]) for key in ("low", "typical", "high"))
    return typical if low == high else f"{typical} ({low}–{high})"


def _fields(types: list[Document], w: Writer) -> list[Table]:
    """Return one table of the fields of the shipped types side by side, and one of each type of the user."""
    shipped = {one["side"]: one for one in types if one["shipped"]}
    tables = [_table({w.t(SIDES[side]): one for side, one in shipped.items()}, w)] if shipped else []
    return tables + [_table({w.t("Value"): one}, w) for one in types if not one["shipped"]]


def _table(types: Mapping[str, Document], w: Writer) -> Table:
    fields = {label: {field["field"]: field for field in one["fields"]} for label, one in types.items()}
    paths = dict.fromkeys(path for one in fields.values() for path in one)
    rows = []
    for path in paths:
        found = [one[path] for one in fields.values() if path in one]
        values = [_range(one.get(path), w) for one in fields.values()]
        rows.append([path, found[0]["unit"], *values, _grade(max(field["grade"] for field in found), w)])
    names = joined((f"{one['id']} ({one[w.lang]})" for one in types.values()), w.t)
    columns = (*w.words("Field of the plant file", "Unit"), *map(Column, fields), *w.words("Grade"))
    return Table(w.t("In a plant file: {names}").format(names=names), columns, rows)


def _policy(found: list[dict[str, Any]], w: Writer) -> Table:
    columns = w.words("Task", "Industry", "Old", "New", "Acts on")
    rows = [
        [row["task"], row[f"industry_{w.lang}"], row["old"], row["new"],
         joined((w.t(CHANNELS[c]) for c in row["channels"].split()), w.t) or MISSING]
        for row in found
    ]  # fmt: skip
    return Table(w.t("What it serves in the policy"), columns, rows)


def _facts(document: Document, w: Writer) -> list[tuple[str, Document]]:
    """Return every quantity, and every number that a user gave, by its name."""
    given = [
        (f"{one['id']}: {field['field']}", field)
        for one in document["types"]
        for field in one["fields"]
        if not field["formula"]
    ]
    return [(q[w.lang], q) for q in document["quantities"]] + given


def _notes(document: Document, w: Writer) -> Table:
    rows = [[name, fact["note"]] for name, fact in _facts(document, w) if fact["note"]]
    return Table(w.t("Notes"), w.words("Quantity", "Note"), rows)


def _sources(document: Document, w: Writer) -> Table:
    by_source: dict[str, list[str]] = {}
    for name, fact in _facts(document, w):
        by_source.setdefault(f"{fact['source']} ({fact['grade']})", []).append(name)
    rows = [[source, joined(names, w.t)] for source, names in by_source.items()]
    return Table(w.t("Sources"), w.words("Source", "Quantities"), rows)
