"""The evidence: what is known of old and new equipment, pair by pair, with low, typical, high, grade and source."""

import ast
import csv
import keyword
import operator
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import product
from typing import Literal, NamedTuple, TypedDict

Side = Literal["old", "new"]
SIDES: tuple[Side, ...] = ("old", "new")
SHARES = ("scrap", "inspect.detects")
"""Numbers of a type that stay between 0 and 1, whatever corner of the ranges is taken."""

_DATA = resources.files("scenarios") / "data"
_STEPS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_NAMES = ("industry_en", "industry_zh", "old_en", "old_zh", "new_en", "new_zh")
_MODELLED = "Modelling choice: size that the pair is described for"


class Known(TypedDict):
    """What is known of one quantity."""

    low: float
    typical: float
    high: float
    grade: str
    source: str
    note: str


class Pair(NamedTuple):
    """Old equipment and what may replace it."""

    id: str
    tasks: tuple[int, ...]
    """Tasks of the policy that name it."""
    industry_en: str
    industry_zh: str
    old_en: str
    old_zh: str
    new_en: str
    new_zh: str
    per: str
    """What one part is to its types, e.g. t: ``amount_per_part`` tells how many of it a part of the plant is."""
    size_en: str
    """What ``size`` measures; empty: relative to the equipment described."""
    size_zh: str
    size_unit: str
    size: tuple[str, str]
    """Size described, old and new: a number, or a formula of quantities."""
    is_rate: bool
    """Whether the size is the output per time: then cycle times shrink as it grows."""
    price_exponent: Known
    """Price grows with the size to this power."""

    def name(self, side: Side, lang: str) -> str:
        """Return the name of the old or the new equipment in ``en`` or ``zh``."""
        return str(getattr(self, f"{side}_{lang}"))


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a data table: ``equipment``, ``pairs``, ``estimates``, ``parameters`` or ``seed_map``."""
    text = (_DATA / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def _rows_by_pair() -> Mapping[str, list[dict[str, str]]]:
    out: dict[str, list[dict[str, str]]] = {}
    for row in table("equipment"):
        out.setdefault(row["pair_id"], []).append(row)
    return out


def rows(pair: str) -> list[dict[str, str]]:
    """Return the rows of a pair in the table of evidence.

    >>> rows("T1-LATHE")[0]["parameter"]
    'cycle_time'
    """
    return _rows_by_pair()[pair]


@cache
def pairs() -> Mapping[str, Pair]:
    """Return every pair by its id.

    >>> pairs()["T8-MOTOR"].size_unit, pairs()["T8-MOTOR"].size
    ('kW', ('75', '75'))
    """
    out = {}
    for row in table("pairs"):
        first = rows(row["pair_id"])[0]
        exponent = {key: float(row[f"exponent_{key}"]) for key in ("low", "typical", "high")}
        told = {key: row[key] for key in ("grade", "source", "note")}
        out[row["pair_id"]] = Pair(
            row["pair_id"],
            tuple(int(task) for task in first["task"].split(";")),
            **{key: first[key] for key in _NAMES},
            **{key: row[key] for key in ("per", "size_en", "size_zh", "size_unit")},
            size=(row["old_size"], row["new_size"]),
            is_rate=row["size_is_rate"] == "yes",
            price_exponent={**exponent, **told},  # type: ignore[typeddict-item]
        )
    return out


@cache
def known(pair: str, side: str) -> Mapping[str, Known]:
    """Return the quantities a formula of this side may name: rows of the pair, estimates, and ``size``.

    ``old_`` and ``new_`` before a name choose a side; without them it is this side, or the new one where the row
    has no old values (prices, service lives). A name that formulas cannot have ends in a bar: ``yield_``.
    """
    out = {row["name"]: _known(row, "") for row in table("estimates")}
    for row in rows(pair):
        filled = [s for s in SIDES if row[f"{s}_typical"]]
        out |= {f"{s}_{row['parameter']}": _known(row, f"{s}_") for s in filled}
        plain = f"{row['parameter']}_" if keyword.iskeyword(row["parameter"]) else row["parameter"]
        out[plain] = _known(row, f"{side if side in filled else 'new'}_")
    out["size"] = _size(pairs()[pair].size[side == "new"], out)
    return out


def _known(row: Mapping[str, str], prefix: str) -> Known:
    low, typical, high = (float(row[prefix + key]) for key in ("low", "typical", "high"))
    return {"low": low, "typical": typical, "high": high, **{k: row[k] for k in ("grade", "source", "note")}}  # type: ignore[typeddict-item]


def _size(formula: str, quantities: Mapping[str, Known]) -> Known:
    """Return the size described: it is that of the typical row, no quantity with a range of its own."""
    value = worth(formula, {n: quantities[n]["typical"] for n in named(formula)})
    return {"low": value, "typical": value, "high": value, "grade": "C", "source": _MODELLED, "note": ""}


def on_side(pair: str, side: Side) -> Iterator[tuple[str, str]]:
    """Yield name and unit of the quantities that have values on a side.

    >>> dict(on_side("T1-LATHE", "old"))["setup"], "capex" in dict(on_side("T1-LATHE", "old"))
    ('h', False)
    """
    return ((row["parameter"], row["unit"]) for row in rows(pair) if row[f"{side}_typical"])


def worth(formula: str, values: Mapping[str, float]) -> float:
    """Return the value of a formula of names, numbers, ``+ - * /`` and brackets.

    >>> worth("setup * 3600", {"setup": 0.5})
    1800.0
    """
    return _worth(_parsed(formula), values)


@cache
def _parsed(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def _worth(node: ast.expr, values: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp):
        return float(_STEPS[type(node.op)](_worth(node.left, values), _worth(node.right, values)))
    if isinstance(node, ast.Name):
        return values[node.id]
    assert isinstance(node, ast.Constant)
    return float(node.value)  # type: ignore[arg-type]


@cache
def named(formula: str) -> tuple[str, ...]:
    """Return the names in a formula, each once.

    >>> named("a / (a + 2 * b)")
    ('a', 'b')
    """
    found = [node.id for node in ast.walk(_parsed(formula)) if isinstance(node, ast.Name)]
    return tuple(sorted(set(found)))


def behind(path: str, formula: str, pair: str, side: str) -> Known:
    """Return what stands behind one number of a type; its range takes every name at both ends."""
    quantities = known(pair, side)
    used = {n: quantities[n] for n in named(formula)}
    ends = [
        worth(formula, dict(zip(used, corner, strict=True)))
        for corner in product(*((q["low"], q["high"]) for q in used.values()))
    ]
    if path in SHARES:
        ends = [min(max(end, 0.0), 1.0) for end in ends]
    return {
        "low": min(ends), "typical": worth(formula, {n: q["typical"] for n, q in used.items()}), "high": max(ends),
        "grade": max((q["grade"] for q in used.values()), default="C"),
        "source": "; ".join(dict.fromkeys(q["source"] for q in used.values())) or "Modelling choice",
        "note": "; ".join(dict.fromkeys(q["note"] for q in used.values() if q["note"])),
    }  # fmt: skip
