"""Cross-checks of how parts flow: sources, routes, what becomes of products, and tables by product."""

from collections.abc import Callable, Iterator
from typing import Any

from models.distribution import FAMILIES, family
from models.errors import Path
from models.source import span_s
from models.view import At, Finding, Tree, View, mapping, names, nearest, number, rows, sources_of, texts, unknown

Coming = dict[int, list[str]]
"""Products that come to each station of a line, by its number."""


def coming(view: View, line: Tree) -> Coming:
    """Return the products that come to each station of a line, as far as the file can be understood."""
    stations = [at for at in view.stations if at.line is line]
    found: Coming = {at.number: [] for at in stations}
    ahead: list[tuple[int, str]] = []
    for _, source in sources_of(line, ()):
        to = next((at.number for at in stations if at.is_fed_by(source)), None)
        ahead += [(to, p) for p in view.from_source(line, source)] if to is not None else []
    for _, row in rows(line, "initial"):
        at = next((a.number for a in stations if a.node.get("name") == row.get("station")), None)
        product = row.get("product") or next(iter(view.made_on(line)), None)
        ahead += [(at, product)] if at is not None and isinstance(product, str) else []
    while ahead:
        number_, product = ahead.pop(0)
        if product in found[number_]:
            continue
        found[number_].append(product)
        here = next(at for at in stations if at.number == number_)
        for out in _leaving(here, product):
            ahead += [(n, out) for n in _targets(here, out, stations)]
    return found


def _leaving(at: At, product: str) -> list[str]:
    """Return as which products a part may leave a station."""
    outputs = [layer.node["output"] for layer in at.layers() if isinstance(layer.node.get("output"), str)]
    if at.kind in ("assembly", "split", "join") and outputs:
        return list(dict.fromkeys(outputs))
    if at.kind == "assembly":
        return texts(at.node.get("inputs"))[:1]
    return [product]


def worked(at: At, products: list[str]) -> list[str]:
    """Return under which names a station works on what comes to it: assembly and joining by what comes out."""
    if at.kind in ("assembly", "join"):
        return list(dict.fromkeys(out for p in products for out in _leaving(at, p)))
    return products


def _targets(at: At, product: str, stations: list[At]) -> list[int]:
    by_name = {str(a.node.get("name")): a.number for a in stations}
    onward = at.node.get("next")
    if onward is None:
        reached = [a.number for a in stations if a.number > at.number][:1]
    else:
        reached = [by_name[name] for name in _named(_of_product(onward, product, by_name)) if name in by_name]
    for layer in at.layers():
        bad_to = mapping(layer.node.get("inspect")).get("bad_to")
        reached += [by_name[bad_to]] if isinstance(bad_to, str) and bad_to in by_name else []
    return reached


def _of_product(route: Any, product: str, by_name: dict[str, int]) -> Any:  # noqa: ANN401 - whatever the file holds
    by_product = isinstance(route, dict) and not set(route) <= {*by_name, "exit", "scrap", "sequence"}
    return route.get(product) if by_product else route


def _named(route: Any) -> list[str]:  # noqa: ANN401 - whatever the file holds
    """Return the stations that one route names."""
    if isinstance(route, str):
        return [route]
    turns = mapping(route).get("sequence")
    return texts(turns) if isinstance(turns, list | tuple) else texts(mapping(route))


# the checks


def _sources(view: View) -> Iterator[Finding]:
    for path, line in view.lines:
        for where, source in sources_of(line, path):
            yield from unknown("station", source.get("to"), names(line, "stations"), (*where, "to"))
            yield from unknown("product", source.get("product"), view.products, (*where, "product"))
            for n, row in rows(source, "arrivals_s"):
                yield from unknown("product", row.get("product"), view.products, (*where, "arrivals_s", n, "product"))
            yield from _profile(source, where)


def _profile(source: Tree, path: Path) -> Iterator[Finding]:
    before = 0
    spans = []
    for n, row in rows(source, "profile"):
        try:
            spans.append((*span_s(str(row.get("hours"))), n))
        except ValueError:
            continue  # the field's own check tells
    for first, last, n in sorted(spans):
        if first < before:
            found = f"hours {source['profile'][n].get('hours')} overlap with others"
            yield Finding((*path, "profile", n, "hours"), found, "each hour of the day once")
        before = max(before, last)


def _products_known(view: View) -> Iterator[Finding]:
    for path, line in view.lines:
        for key in ("sequence", "shares"):
            listed = mapping(line.get("mix")).get(key)
            for at, name in enumerate(texts(listed)):
                step = name if isinstance(listed, dict) else at
                yield from unknown("product", name, view.products, (*path, "mix", key, step))
    for station in view.stations:
        made, first = view.made_on(station.line), station.node.get("setup_initial")
        yield from unknown("product of this line", first, made, (*station.path, "setup_initial"))
        for layer in station.layers():
            yield from unknown("product", layer.node.get("output"), view.products, (*layer.path, "output"))
            for name in texts(mapping(layer.node.get("inputs"))):
                yield from unknown("product", name, view.products, (*layer.path, "inputs", name))


def _assemblies(view: View) -> Iterator[Finding]:
    """All inputs of an assembly come to it, and nothing else does."""
    for _, line in view.lines:
        arrive = coming(view, line)
        for at in (a for a in view.stations if a.line is line and a.kind == "assembly"):
            inputs, here = texts(mapping(at.node.get("inputs"))), arrive[at.number]
            if not inputs and isinstance(at.node.get("inputs"), dict):
                yield Finding((*at.path, "inputs"), "an assembly of nothing", "at least one product")
            if not inputs:
                continue
            for name in (p for p in inputs if p in view.products and p not in here):
                yield Finding((*at.path, "inputs", name), f"no {name!r} ever comes here", "a way that brings it")
            for name in (p for p in here if p not in inputs):
                allowed = f"inputs: {', '.join(inputs)}; send the rest another way with 'next'"
                yield Finding((*at.path, "inputs"), f"{name!r} comes here too", allowed)


def _tables_by_product(view: View) -> Iterator[Finding]:
    """Cycle times and setup times by product: known products only, and all that come to the station."""
    by_line = {id(line): coming(view, line) for _, line in view.lines}
    for layer in view.layers():
        made = worked(layer.at, by_line[id(layer.at.line)].get(layer.at.number, []))
        made = [p for p in made if p in view.products]
        for key in ("cycle_time_s", "travel_s"):
            cycle, path = mapping(layer.node.get(key)), (*layer.path, key)
            if cycle and family(cycle) is None:
                yield from _table(cycle, made, view.products, path)
        matrix, path = mapping(layer.node.get("setup_time_s")), (*layer.path, "setup_time_s")
        if matrix and all(isinstance(row, dict) for row in matrix.values()) and family(matrix) is None:
            yield from _table(matrix, made if len(made) > 1 else [], view.products, path)
            for first in texts(matrix):
                others = [p for p in made if p != first] if first in made else []
                yield from _table(mapping(matrix[first]), others, view.products, (*path, first))


def _table(table: dict[Any, Any], made: list[str], products: list[str], path: Path) -> Iterator[Finding]:
    for name in texts(table):
        if name not in products:
            known = f"known products: {', '.join(products)}; or one distribution for all: {', '.join(FAMILIES)}"
            hint = nearest(name, [*products, *FAMILIES])
            yield Finding((*path, name), f"unknown product or distribution {name!r}", known, hint)
    missing = [p for p in made if p not in table]
    if missing and set(texts(table)) & set(products):
        yield Finding(path, f"no value for {', '.join(missing)}", f"each of {', '.join(made)} needs one here")


def _routes_known(view: View) -> Iterator[Finding]:
    by_line = {id(line): coming(view, line) for _, line in view.lines}
    for at in view.stations:
        route, path = at.node.get("next"), (*at.path, "next")
        targets = view.targets(at.line)
        for layer in at.layers():
            bad_to = mapping(layer.node.get("inspect")).get("bad_to")
            yield from unknown("station", bad_to, targets, (*layer.path, "inspect", "bad_to"))
        by_product = isinstance(route, dict) and bool(set(texts(route)) & set(view.products) - set(targets))
        if not by_product:
            yield from _route(route, targets, path)
            continue
        for product, single in mapping(route).items():
            yield from unknown("product", product, view.products, (*path, product))
            yield from _route(single, targets, (*path, product))
        made = [out for p in by_line[id(at.line)].get(at.number, []) for out in _leaving(at, p)]
        missing = [p for p in dict.fromkeys(made) if p not in mapping(route)]
        if missing:
            allowed = f"each of {', '.join(dict.fromkeys(made))} needs one here"
            yield Finding(path, f"no way on for {', '.join(missing)}", allowed)


def _route(route: Any, targets: list[str], path: Path) -> Iterator[Finding]:  # noqa: ANN401
    if isinstance(route, str):
        yield from unknown("station", route, targets, path)
    turns = mapping(route).get("sequence")
    if isinstance(turns, list | tuple):
        for n, name in enumerate(turns):
            yield from unknown("station", name, targets, (*path, "sequence", n))
        return
    for name in texts(mapping(route)):
        yield from unknown("station", name, targets, (*path, name))
    shares = [number(share) for share in mapping(route).values()]
    given = [share for share in shares if share is not None]
    if shares and len(given) == len(shares):
        if min(given) < 0:
            yield Finding(path, f"a share of {min(given):g}", "shares are 0 to 1")
        elif abs(sum(given) - 1) > 1e-6:
            yield Finding(path, f"shares that add up to {sum(given):g}", "shares add up to 1")


FLOW_CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _sources, _products_known, _assemblies, _tables_by_product, _routes_known,
)  # fmt: skip
"""Every check of the flow."""
