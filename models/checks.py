"""Cross-checks of a plant: what no field can know by itself.

Each check is a small generator over the plant as written; :data:`CHECKS` lists them all. They bear with
wrong types, which the fields' own checks report, so that everything wrong is told at once.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from models.distribution import FAMILIES
from models.errors import DataError, Path, Problem
from models.heat_checks import heat_complete
from models.line import EXIT, SCRAP
from models.plan_checks import PLAN_CHECKS
from models.plant import Plant
from models.view import Finding, View, mapping, names, nearest, number, place, rows, texts, unknown

Check = Callable[[View], Iterator[Finding]]

_OF_KIND = {
    "machine": ("cycle_time_s", "setup_time_s", "heads"),
    "batch": ("cycle_time_s", "setup_time_s", "capacity", "min_load", "max_wait_s", "heat"),
    "furnace": ("places", "pace_s", "charge_every", "gaps", "hold_off_shift", "heat_up_h", "heat"),
}
"""Fields that only some kinds of station know."""
_NEEDED = {"machine": ("cycle_time_s",), "batch": ("cycle_time_s", "capacity"), "furnace": ("places", "pace_s")}


def findings(tree: Any) -> list[Finding]:  # noqa: ANN401 - whatever the file holds
    """Return everything that the cross-checks find in a plant as written, catalogue values filled in."""
    view = View(mapping(tree))
    return [finding for check in CHECKS for finding in check(view)]


def check_plant(plant: Plant) -> None:
    """Cross-check a plant that was built in Python.

    Raises:
        DataError: Something does not fit; all of it is listed.
    """
    tree = plant.model_dump(exclude_unset=True, by_alias=True)
    found = findings(tree)
    if found:
        raise DataError([Problem(place(tree, f.path), f.found, f.allowed, f.hint) for f in found])


# names


def _duplicate_names(view: View) -> Iterator[Finding]:
    yield from _twice(view.tree, (), "products", "product")
    yield from _twice(view.tree, (), "lines", "line")
    for path, line in view.lines:
        yield from _twice(line, path, "stations", "station")
    for at in view.stations:
        yield from _twice(at.node, at.path, "machines", "machine")
        yield from _twice(at.node, at.path, "options", "option")
    for layer in view.layers():
        yield from _twice(layer.node, layer.path, "failures", "failure")
        yield from _twice(layer.node, layer.path, "maintenance", "maintenance")


def _twice(node: dict[Any, Any], path: Path, key: str, what: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, row in rows(node, key):
        name = row.get("name")
        if isinstance(name, str) and name in seen:
            yield Finding((*path, key, at, "name"), f"a second {what} named {name!r}", "each name may stand once here")
        elif isinstance(name, str) and name:
            seen.add(name)


def _reserved_names(view: View) -> Iterator[Finding]:
    for at, row in rows(view.tree, "products"):
        if row.get("name") in list(FAMILIES):  # a list compares, where a name of a wrong type cannot be looked up
            allowed = f"a product may not be named like a distribution ({', '.join(FAMILIES)})"
            yield Finding(("products", at, "name"), f"a product named {row['name']!r}", allowed)
    for station in view.stations:
        if station.node.get("name") in (EXIT, SCRAP):
            allowed = f"{EXIT!r} and {SCRAP!r} are where parts leave the line"
            yield Finding((*station.path, "name"), f"a station named {station.node['name']!r}", allowed)
    named = [*view.lines, *((station.path, station.node) for station in view.stations)]
    named += [(layer.path, layer.node) for layer in view.layers() if "options" in layer.path]
    for path, node in named:
        if "/" in str(node.get("name", "")):
            yield Finding(
                (*path, "name"), f"'/' in the name {node['name']!r}", "'/' stands between names in references"
            )


# references


def _products_known(view: View) -> Iterator[Finding]:
    for path, line in view.lines:
        for key in ("sequence", "shares"):
            listed = mapping(line.get("mix")).get(key)
            for at, name in enumerate(texts(listed)):
                step = name if isinstance(listed, dict) else at
                yield from unknown("product", name, view.products, (*path, "mix", key, step))
        source = mapping(line.get("source"))
        yield from unknown("product", source.get("product"), view.products, (*path, "source", "product"))
    for station in view.stations:
        made, first = view.made_on(station.line), station.node.get("setup_initial")
        yield from unknown("product of this line", first, made, (*station.path, "setup_initial"))


def _tables_by_product(view: View) -> Iterator[Finding]:
    """Cycle times and setup times by product: known products only, and all that the line makes."""
    for layer in view.layers():
        made = view.made_on(layer.at.line)
        cycle, path = mapping(layer.node.get("cycle_time_s")), (*layer.path, "cycle_time_s")
        if cycle and not _is_family(cycle):
            yield from _table(cycle, made, view.products, path)
        matrix, path = mapping(layer.node.get("setup_time_s")), (*layer.path, "setup_time_s")
        if matrix and all(isinstance(row, dict) for row in matrix.values()) and not _is_family(matrix):
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


def _is_family(node: dict[Any, Any]) -> bool:
    return any(key in FAMILIES for key in node)


def _crews_known(view: View) -> Iterator[Finding]:
    nobody = [name for name, crew in view.crews.items() if (mapping(crew).get("size") if mapping(crew) else crew) == 0]
    for layer in view.layers():
        asked = [((*layer.path, "crew", key), mapping(layer.node.get("crew")).get(key)) for key in ("setup", "repair")]
        asked += [
            ((*layer.path, key, at, "crew"), row.get("crew"))
            for key in ("failures", "maintenance")
            for at, row in rows(layer.node, key)
        ]
        for path, crew in asked:
            yield from unknown("crew", crew, texts(view.crews), path)
            if crew in nobody:
                yield Finding(path, f"crew {crew!r} has nobody", "at least 1 person, or no crew at all")


def _routes_known(view: View) -> Iterator[Finding]:
    for at in view.stations:
        route, path = at.node.get("next"), (*at.path, "next")
        targets = view.targets(at.line)
        by_product = isinstance(route, dict) and bool(set(texts(route)) & set(view.products) - set(targets))
        if not by_product:
            yield from _route(route, targets, path)
            continue
        for product, single in mapping(route).items():
            yield from unknown("product", product, view.products, (*path, product))
            yield from _route(single, targets, (*path, product))
        made = view.made_on(at.line)
        missing = [p for p in made if p not in mapping(route)]
        if missing:
            yield Finding(path, f"no way on for {', '.join(missing)}", f"each of {', '.join(made)} needs one here")


def _route(route: Any, targets: list[str], path: Path) -> Iterator[Finding]:  # noqa: ANN401
    if isinstance(route, str):
        yield from unknown("station", route, targets, path)
    for name in texts(mapping(route)):
        yield from unknown("station", name, targets, (*path, name))
    shares = [number(share) for share in mapping(route).values()]
    given = [share for share in shares if share is not None]
    if shares and len(given) == len(shares):
        if min(given) < 0:
            yield Finding(path, f"a share of {min(given):g}", "shares are 0 to 1")
        elif abs(sum(given) - 1) > 1e-6:
            yield Finding(path, f"shares that add up to {sum(given):g}", "shares add up to 1")


# what a station needs


def _needed_by_kind(view: View) -> Iterator[Finding]:
    for at in view.stations:
        for key in _NEEDED.get(str(at.kind), ()):
            for layer in at.base_layers():
                if layer.get(key) is None:
                    yield Finding(layer.path, f"key {key!r} is missing", f"a station of kind {at.kind!r} needs it")


def _belongs_to_kind(view: View) -> Iterator[Finding]:
    for layer in view.layers():
        kind = str(layer.at.kind)
        if kind not in _OF_KIND:
            continue
        others = {key for k, keys in _OF_KIND.items() if k != kind for key in keys} - set(_OF_KIND[kind])
        for key in layer.node:
            if key in others:
                homes = " or ".join(k for k, keys in _OF_KIND.items() if key in keys)
                found = f"{key!r} at a station of kind {kind!r}"
                yield Finding((*layer.path, key), found, f"it belongs to kind {homes}")


def _batch_sizes(view: View) -> Iterator[Finding]:
    for at in view.stations:
        buffer = number(at.node.get("buffer"))
        for layer in at.layers():
            least, most = number(layer.get("min_load")) or 1, number(layer.get("capacity"))
            key = "min_load" if "min_load" in layer.node else "capacity"
            if at.kind != "batch" or not {"min_load", "capacity"} & set(layer.node):
                continue
            if most is not None and least > most:
                yield Finding((*layer.path, key), f"min_load {least:g} above capacity {most:g}", "at most the capacity")
            if buffer is not None and least > buffer and not at.saturated:
                found = f"min_load {least:g} above the {buffer:g} places in front"
                yield Finding((*layer.path, key), found, "at most the buffer, or no charge ever fills")


def _stops(view: View) -> Iterator[Finding]:
    for layer in view.layers():
        for at, row in rows(layer.node, "failures"):
            path = (*layer.path, "failures", at)
            if row.get("scope") == "head" and layer.get("heads") is None:
                yield Finding((*path, "scope"), "scope 'head' without heads", "give 'heads' at this station")
            if layer.at.kind == "furnace" and row.get("part") in ("restart", "scrap"):
                yield Finding((*path, "part"), f"{row['part']} in a furnace", "resume: parts inside stay")
            if row.get("ttf_h") == 0:
                yield Finding((*path, "ttf_h"), "0 h to failure", "greater than 0")
        for at, row in rows(layer.node, "maintenance"):
            if "every_units" in row and "clock" in row:
                path = (*layer.path, "maintenance", at, "clock")
                yield Finding(path, "a clock for maintenance by units", "clock goes with every_h")


def _endless(view: View) -> Iterator[Finding]:
    """Parts without end at one instant."""
    for path, line in view.lines:
        source = mapping(line.get("source"))
        if source.get("interarrival_s") == 0 and "count" not in source:
            yield Finding(
                (*path, "source", "interarrival_s"), "0 s between arrivals", "greater than 0, or give a count"
            )
        stations = [at for at in view.stations if at.line is line]
        if stations and stations[0].saturated and all(at.node.get("cycle_time_s") == 0 for at in stations):
            yield Finding((*path, "source"), "a saturated source before stations that take no time",
                          "at least one station with a cycle time above 0")  # fmt: skip


# time and energy


def _calendars(view: View) -> Iterator[Finding]:
    owners: list[tuple[Path, dict[Any, Any]]] = [((), view.tree), *view.lines]
    for path, owner in owners:
        days = number(mapping(owner.get("calendar")).get("holidays_d_per_y"))
        if days is not None and days >= 365:
            where = (*path, "calendar", "holidays_d_per_y")
            yield Finding(where, f"{days:g} days off a year", "fewer than 365, or the line never works")


def _tariff_bands(view: View) -> Iterator[Finding]:
    tariff = mapping(mapping(mapping(view.tree.get("energy")).get("electricity")).get("tariff"))
    bands = texts(tariff.get("bands"))
    for at, row in rows(tariff, "hours") if bands else []:
        yield from unknown("band", row.get("band"), bands, ("energy", "electricity", "tariff", "hours", at, "band"))


def _commissioned(view: View) -> Iterator[Finding]:
    start = _moment(mapping(view.tree.get("run")).get("start")) or Plant.model_fields["run"].default.start
    for at in view.stations:
        since = number(at.node.get("in_service_since"))
        if since is not None and 1900 <= since <= 2200 and since > start.year:
            path = (*at.path, "in_service_since")
            yield Finding(path, f"in service since {since:g}", f"not after the run's start in {start.year}")


def _scheduled(view: View) -> Iterator[Finding]:
    run = mapping(view.tree.get("run"))
    start = _moment(run.get("start")) or Plant.model_fields["run"].default.start
    horizon_h = number(run.get("horizon_h")) or Plant.model_fields["run"].default.horizon_h
    taken: dict[tuple[str, str], int] = {}
    named: set[tuple[object, object, str]] = set()
    for n, row in rows(view.tree, "schedule"):
        path: Path = ("schedule", n)
        yield from unknown("line", row.get("line"), names(view.tree, "lines"), (*path, "line"))
        line = next((node for _, node in view.lines if node.get("name") == row.get("line")), None)
        if line is None:
            continue
        yield from unknown("station", row.get("station"), names(line, "stations"), (*path, "station"))
        for at in (a for a in view.stations if a.line is line and a.node.get("name") == row.get("station")):
            yield from unknown("option", row.get("option"), names(at.node, "options"), (*path, "option"))
            wanted = row.get("machines", 1)
            for name in texts(wanted):
                if (line.get("name"), row.get("station"), name) in named:
                    yield Finding((*path, "machines"), f"machine {name!r} is renewed twice", "one renewal a machine")
                named.add((line.get("name"), row.get("station"), name))
                known = names(at.node, "machines") or [str(m) for m in range(1, (at.count or 0) + 1)]
                yield from unknown("machine", name, known, (*path, "machines"))
            key = str(row.get("line")), str(row.get("station"))
            taken[key] = taken.get(key, 0) + (wanted if isinstance(wanted, int) else len(texts(wanted)))
            if at.count is not None and taken[key] > at.count:
                found = f"{taken[key]} machines of {row.get('station')!r} renewed so far"
                yield Finding((*path, "machines"), found, f"the station has {at.count}, each renewed at most once")
        yield from _moment_in_run(row.get("at"), start, horizon_h, (*path, "at"))


def _moment_in_run(at: Any, start: datetime, horizon_h: float, path: Path) -> Iterator[Finding]:  # noqa: ANN401
    hours, day = number(at), _moment(at)
    if hours is None and day is not None:
        hours = (day - start) / timedelta(hours=1)
    if hours is not None and hours >= horizon_h:
        yield Finding(path, f"a renewal {hours:g} h after the start", f"before the run ends after {horizon_h:g} h")
    elif day is not None and hours is not None and hours < 0:
        yield Finding(path, f"a renewal on {day.date()}", f"not before the run's start on {start.date()}")


def _moment(value: Any) -> datetime | None:  # noqa: ANN401 - whatever the file holds
    """Return a date or time as written; None if it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None


CHECKS: Iterable[Check] = (
    _duplicate_names, _reserved_names, _products_known, _tables_by_product, _crews_known, _routes_known,
    _needed_by_kind, _belongs_to_kind, _batch_sizes, _stops, _endless, _calendars, _tariff_bands, _commissioned,
    _scheduled, heat_complete, *PLAN_CHECKS,
)  # fmt: skip
"""Every cross-check."""
