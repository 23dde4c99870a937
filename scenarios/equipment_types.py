"""Equipment types from the rules and formulas in ``equipment.yaml`` and the evidence behind them.

A type is one side of a pair. Its numbers follow, in this order, from the rules that fit the rows of the pair on that
side, from its kind, and from its own formulas; a later formula of the same number replaces the earlier one.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from models.errors import Path
from models.view import Finding, Tree, nearest
from scenarios.quantities import Side, known, named, on_side, pairs, worth
from scenarios.sizes import Described
from scenarios.yaml_text import parse

_FILE = "equipment.yaml"
Formulas = dict[str, str]


@cache
def _written() -> Tree:
    text = (resources.files("scenarios") / "data" / _FILE).read_text(encoding="utf-8")
    return dict(parse(text, _FILE).tree)


class Types(Mapping[str, Tree]):
    """The shipped equipment types by id; each is worked out when it is first asked for."""

    def __getitem__(self, name: str) -> Tree:
        return _entry(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_written()["types"])

    def __len__(self) -> int:
        return len(_written()["types"])

    def __contains__(self, name: object) -> bool:
        return name in _written()["types"]


@cache
def by_pair() -> Mapping[tuple[str, str], str]:
    """Return the type of each pair and side. Where two pairs start from one machine it is the same type.

    >>> by_pair()["T1-LATHE", "new"], by_pair()["T1-RHF", "old"] == by_pair()["T1-WBF", "old"]
    ('cnc_lathe', True)
    """
    out = {(t["pair"], t["side"]): name for name, t in _written()["types"].items()}
    return out | {(row, t["side"]): name for name, t in _written()["types"].items() for row in t.get("also", ())}


@cache
def _entry(name: str) -> Tree:
    """Return a type as a plant file would have it, with names, pair, side, size, and the formula of each number."""
    written = _written()["types"][name]
    pair, side = pairs()[written["pair"]], written["side"]
    basis = formulas(written)
    typical = {n: q["typical"] for n, q in known(pair.id, side).items()}
    entry: Tree = {"name_en": pair.name(side, "en"), "name_zh": pair.name(side, "zh"), "pair": pair.id, "side": side}
    entry["described"] = Described(pair.size_unit, pair.is_rate, pair.price_exponent["typical"], typical["size"])
    if "nc" in written:
        entry["nc"] = written["nc"]
    for path, formula in basis.items():
        put(entry, path, rounded(worth(formula, {n: typical[n] for n in named(formula)})))
    for number, stop in enumerate(written.get("stops", ["breakdown"])):
        if len(entry.get("failures", ())) > number:
            entry["failures"][number] |= {"name": stop} if isinstance(stop, str) else stop
    return {**entry, "basis": basis}


def formulas(written: Tree) -> Formulas:
    """Return the formula of each number of a type as written in the file."""
    file, side = _written(), written["side"]
    kind = file["kinds"][written["kind"]]
    out = _by_rules(file["rules"], written["pair"], side) | kind.get("both", {})
    if side == "new":
        quantities = known(written["pair"], side)
        ratios = _by_rules(file["new_rules"], written["pair"], side)
        out |= {path: f for path, f in ratios.items() if all(name in quantities for name in named(f))}
        out |= _by_rules(file["money"], written["pair"], side) | kind.get("new", {})
    out |= kind.get("instead", {})
    out |= written.get("formulas", {})
    return _spread({path: str(f) for path, f in out.items() if f is not None}, written.get("cv", _cv(kind, side)))


def _by_rules(rules: Tree, pair: str, side: Side) -> dict[str, Any]:
    return {
        path: formula
        for name, unit in on_side(pair, side)
        for path, formula in rules.get(name, {}).get(unit, {}).items()
    }


def _cv(kind: Tree, side: Side) -> str | None:
    cv = kind.get("cv")
    return None if cv is None else cv[side]


def _spread(basis: Formulas, cv: str | None) -> Formulas:
    """Return the formulas with a cycle time that varies, where its spread is known by the name of an estimate."""
    if cv is None or "cycle_time_s" not in basis:
        return basis
    out: Formulas = {}
    for path, formula in basis.items():
        if path == "cycle_time_s":
            out |= {"cycle_time_s.lognormal.mean": formula, "cycle_time_s.lognormal.cv": cv}
        else:
            out[path] = formula
    return out


def unknown_type(name: object, types: Mapping[str, Tree], path: Path) -> Iterator[Finding]:
    """Yield a finding if a name is none of the types, of which there are too many to list."""
    if isinstance(name, str) and name not in types:
        allowed = "a type of the catalogue (list them with  renewline catalogue list), or of your own under `catalogue`"
        yield Finding(path, f"unknown equipment {name!r}", allowed, nearest(name, types))


def put(tree: Tree, path: str, value: Any) -> None:  # noqa: ANN401 - a number, or what the user wrote
    """Write a value at a path like ``failures.0.ttf_h.exponential``; numbers in it count in a list.

    >>> tree = {}; put(tree, "a.0.b", 1); tree
    {'a': [{'b': 1}]}
    """
    node: Any = tree
    steps = path.split(".")
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        key: Any = int(step) if isinstance(node, list) else step
        if following is None:
            node[key] = value
            return
        if isinstance(node, list):
            while len(node) <= key:
                node.append({})
        else:
            node.setdefault(key, [] if following.isdigit() else {})
        node = node[key]


def rounded(value: float) -> float:
    """Return a number to four significant digits, as evidence of this kind deserves; whole numbers as such.

    >>> rounded(220 / 600), rounded(12.0), rounded(1280000.0)
    (0.3667, 12, 1280000)
    """
    short = float(f"{value:.4g}")
    return int(short) if short == int(short) else short
