"""Cross-checks of a plant: what no field can know by itself.

Each check is a small generator over the plant as written; :data:`CHECKS` lists them all. They bear with
wrong types, which the fields' own checks report, so that everything wrong is told at once.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from models.distribution import FAMILIES, family
from models.errors import DataError, Path, Problem
from models.flow_checks import FLOW_CHECKS
from models.heat_checks import heat_complete
from models.line import EXIT, SCRAP
from models.people_checks import PEOPLE_CHECKS
from models.plan_checks import PLAN_CHECKS
from models.plant import Plant
from models.view import At, Finding, Layer, View, mapping, names, number, place, rows, sources_of, texts, unknown

Check = Callable[[View], Iterator[Finding]]

_WORK = ("cycle_time_s", "setup_time_s", "load_s", "unload_s")
_STROKES = ("places", "pace_s", "charge_every", "gaps")
_OF_KIND = {
    "machine": (*_WORK, "heads"),
    "batch": (*_WORK, "capacity", "min_load", "max_wait_s", "heat"),
    "furnace": (*_STROKES, "hold_off_shift", "heat_up_h", "heat"),
    "conveyor": _STROKES,
    "assembly": (*_WORK, "inputs", "output", "heads"),
    "split": (*_WORK, "pieces", "output", "heads"),
    "join": (*_WORK, "pieces", "output", "heads"),
    "transport": ("capacity", "travel_s", "return_s", "vehicles", "load_s", "unload_s"),
}
"""Fields that only some kinds of station know."""
_NEEDED = {
    "machine": ("cycle_time_s",), "batch": ("cycle_time_s", "capacity"), "furnace": ("places", "pace_s"),
    "conveyor": ("places", "pace_s"), "assembly": ("cycle_time_s", "inputs"), "split": ("cycle_time_s", "pieces"),
    "join": ("cycle_time_s", "pieces"), "transport": ("travel_s",),
}  # fmt: skip
_STROKE_KINDS = ("furnace", "conveyor")


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


def _sizes(view: View) -> Iterator[Finding]:
    """Charges and lots must fit into the places in front."""
    for at in view.stations:
        buffer = number(at.node.get("buffer"))
        for layer in at.layers():
            least, most = number(layer.get("min_load")) or 1, number(layer.get("capacity"))
            key = "min_load" if "min_load" in layer.node else "capacity"
            if at.kind == "batch" and {"min_load", "capacity"} & set(layer.node):
                if most is not None and least > most:
                    path, allowed = (*layer.path, key), "at most the capacity"
                    yield Finding(path, f"min_load {least:g} above capacity {most:g}", allowed)
                yield from _too_many(layer, key, least, buffer, "no charge ever fills")
            if at.kind == "join" and "pieces" in layer.node:
                pieces = number(layer.node["pieces"]) or 1
                yield from _too_many(layer, "pieces", pieces, buffer, "no lot is ever complete")


def _too_many(layer: Layer, key: str, needed: float, buffer: float | None, why: str) -> Iterator[Finding]:
    if buffer is not None and needed > buffer and not layer.at.saturated:
        found = f"{key} {needed:g} above the {buffer:g} places in front"
        yield Finding((*layer.path, key), found, f"at most the buffer, or {why}")


def _buffers(view: View) -> Iterator[Finding]:
    for at in view.stations:
        buffer, path = at.node.get("buffer"), (*at.path, "buffer")
        if isinstance(buffer, dict) and at.kind != "assembly":
            yield Finding(path, f"places by product at a station of kind {at.kind!r}", "one number of places, or null")
        elif isinstance(buffer, dict):
            for name in texts(buffer):
                yield from unknown("input", name, texts(at.node.get("inputs")), (*path, name))
        if at.kind == "assembly" and at.node.get("queue", "fifo") != "fifo":
            yield Finding((*at.path, "queue"), f"queue {at.node['queue']!r} at an assembly", "fifo, for each product")
        if at.kind == "assembly" and at.node.get("one_lot_at_a_time") is True:
            allowed = "kind join for the pieces of one lot; a kit is of several lots"
            yield Finding((*at.path, "one_lot_at_a_time"), "one lot at a time at an assembly", allowed)


def _shift_rules(view: View) -> Iterator[Finding]:
    for layer in view.layers():
        for key in ("shift_end", "no_start_within_s"):
            if layer.at.kind in _STROKE_KINDS and layer.node.get(key) not in (None, "resume"):
                yield Finding((*layer.path, key), f"{key} at a {layer.at.kind}", "its strokes pause and go on")
        for phase in ("setup", "load", "processing", "unload") if layer.at.kind in _STROKE_KINDS else ():
            if phase in mapping(layer.node.get("crew")):
                found = f"people for {phase} at a {layer.at.kind}"
                yield Finding((*layer.path, "crew", phase), found, "crew.repair; a machine in front that loads it")


def _pushers(view: View) -> Iterator[Finding]:
    """What moves only when a part is charged cannot wait for strokes before it charges one."""
    for layer in view.layers():
        if layer.get("gaps") is False and (number(layer.get("charge_every")) or 1) > 1:
            key = "charge_every" if "charge_every" in layer.node else "gaps"
            if key in layer.node:
                allowed = "charge_every 1 with gaps false, or gaps true"
                yield Finding((*layer.path, key), "a pusher that waits for strokes before it charges", allowed)


def _initial(view: View) -> Iterator[Finding]:
    for path, line in view.lines:
        in_work: dict[str, int] = {}
        for n, row in rows(line, "initial"):
            where: Path = (*path, "initial", n)
            yield from unknown("station", row.get("station"), names(line, "stations"), (*where, "station"))
            yield from unknown("product", row.get("product"), view.products, (*where, "product"))
            at = next((a for a in view.stations if a.line is line and a.node.get("name") == row.get("station")), None)
            if at is None:
                continue
            on_machine = "remaining_s" in row
            if on_machine and at.kind != "machine":
                yield Finding((*where, "remaining_s"), f"a part in work at a {at.kind}", "only at a machine")
            elif on_machine:
                in_work[str(row.get("station"))] = number_ = in_work.get(str(row.get("station")), 0) + 1
                yield from _in_work(at, number_, (*where, "remaining_s"))
            buffer, parts = number(at.node.get("buffer")), number(row.get("parts")) or 1
            if buffer is not None and parts - on_machine > buffer and not at.saturated:
                yield Finding(
                    (*where, "parts"), f"{parts:g} parts for {buffer:g} places in front", "at most the places"
                )


def _in_work(at: At, parts: int, path: Path) -> Iterator[Finding]:
    if at.count is not None and parts > at.count:
        yield Finding(path, f"{parts} parts in work on {at.count} machines", "one part on a machine")
    if at.node.get("initial_state", "idle") != "idle":
        yield Finding(path, f"a part in work on a machine in {at.node['initial_state']}", "initial_state idle")


def _stops(view: View) -> Iterator[Finding]:
    for layer in view.layers():
        for at, row in rows(layer.node, "failures"):
            path = (*layer.path, "failures", at)
            if row.get("scope") == "head" and layer.get("heads") is None:
                yield Finding((*path, "scope"), "scope 'head' without heads", "give 'heads' at this station")
            yield from _ages(row, path)
            if layer.at.kind in _STROKE_KINDS and row.get("part") in ("restart", "scrap"):
                yield Finding((*path, "part"), f"{row['part']} in a furnace", "resume: parts inside stay")
            if row.get("ttf_h") == 0:
                yield Finding((*path, "ttf_h"), "0 h to failure", "greater than 0")
        modes = [str(row.get("name") or f"failure {n + 1}") for n, row in enumerate(_failures(layer))]
        for at, row in rows(layer.node, "maintenance"):
            if ("every_units" in row or "at" in row) and "clock" in row:
                path = (*layer.path, "maintenance", at, "clock")
                yield Finding(path, "a clock for maintenance by units or weekday", "clock goes with every_h")
            renews = row.get("renews")
            for name in texts(renews) if isinstance(renews, list | tuple) else []:
                yield from unknown("failure", name, modes, (*layer.path, "maintenance", at, "renews"))


def _failures(layer: Layer) -> list[dict[Any, Any]]:
    listed = layer.get("failures")
    return [mapping(row) for row in listed] if isinstance(listed, list | tuple) else []


def _ages(row: dict[Any, Any], path: Path) -> Iterator[Finding]:
    """Times drawn given an age need a distribution function that goes on beyond it."""
    kind = family(row.get("ttf_h"))
    if row.get("restores") == "minimal" and kind in ("constant", "empirical", "sequence", "sum"):
        allowed = "another distribution, like weibull, with 'minimal'"
        yield Finding((*path, "restores"), f"minimal repair with a {kind} time to failure", allowed)
    if number(row.get("age_h")) and kind == "sum":
        yield Finding((*path, "age_h"), "an age with a sum as time to failure", "another distribution, or no age")


def _endless(view: View) -> Iterator[Finding]:
    """Parts without end at one instant."""
    for path, line in view.lines:
        for where, source in sources_of(line, path):
            if source.get("interarrival_s") == 0 and "count" not in source:
                yield Finding((*where, "interarrival_s"), "0 s between arrivals", "greater than 0, or give a count")
        stations = [at for at in view.stations if at.line is line]
        if any(at.saturated for at in stations) and all(at.node.get("cycle_time_s") == 0 for at in stations):
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
    _duplicate_names, _reserved_names, *FLOW_CHECKS, *PEOPLE_CHECKS, _needed_by_kind, _belongs_to_kind, _sizes,
    _buffers, _shift_rules, _pushers, _initial, _stops, _endless, _calendars, _tariff_bands, _commissioned, _scheduled,
    heat_complete, *PLAN_CHECKS,
)  # fmt: skip
"""Every cross-check."""
