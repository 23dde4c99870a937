"""Before and after: the plant as it is, and with options in place, on the same random streams."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from models.equipment import Option
from models.errors import DataError, Problem
from models.plant import Plant
from scenarios.catalogue import names
from sim.kpis import Record
from sim.output_analysis import paired_interval
from sim.program import Program, lower, rig, targets_of
from sim.simulate import Progress, Settings, document, play
from sim.variants import changed

HOURS_PER_Y = 8760.0
ELECTRICITY = "electricity_kwh"


@dataclass(frozen=True, slots=True)
class Change:
    """So many machines of a station with an option in place."""

    line: str
    station: str
    machines: int
    option: Option


def parse_changes(plant: Plant, texts: tuple[str, ...], source: str = "--option") -> list[Change]:
    """Return the changes written as ``line/station=option`` or ``line/station=option:machines``.

    Without any, every station that has options takes its first on all machines. The line may be left out where the
    station's name is enough.

    Args:
        plant: The plant.
        texts: The changes.
        source: Where they were written, for messages.

    Raises:
        DataError: A text names no station or option of the plant; all such are listed.
    """
    if not texts:
        return [
            Change(line.name, s.name, s.count, s.options[0]) for line in plant.lines for s in line.stations if s.options
        ]
    problems: list[Problem] = []
    changes = []
    taken: dict[tuple[str, str], int] = {}
    for text in texts:
        found = _change(plant, text, source)
        if isinstance(found, Problem):
            problems.append(found)
            continue
        place, there = (found.line, found.station), plant.line(found.line).station(found.station).count
        taken[place] = taken.get(place, 0) + found.machines
        if taken[place] > there:
            problems.append(_too_many(f"{source} {text}", found, taken[place], there))
        changes.append(found)
    if problems:
        raise DataError(problems)
    return changes


def _change(plant: Plant, text: str, source: str) -> Change | Problem:
    place, _, wanted = text.partition("=")
    name, _, count = wanted.partition(":")
    stations = [(line, s) for line in plant.lines for s in line.stations if place in (s.name, f"{line.name}/{s.name}")]
    if len(stations) != 1:
        known = ", ".join(f"{line.name}/{s.name}" for line in plant.lines for s in line.stations if s.options)
        found = "several stations of that name" if stations else "no such station"
        return Problem(f"{source} {text}", f"{found}: {place!r}", f"write line/station=option; with options: {known}")
    line, station = stations[0]
    option = next((o for o in station.options if o.name == name), None)
    if option is None:
        known = ", ".join(o.name for o in station.options) or "none"
        return Problem(f"{source} {text}", f"no option {name!r} at {station.name}", f"options there: {known}")
    if count and not (count.isdigit() and 1 <= int(count) <= station.count):
        return Problem(f"{source} {text}", f"{count!r} machines", f"1 to {station.count}")
    return Change(line.name, station.name, int(count) if count else station.count, option)


def _too_many(where: str, change: Change, machines: int, there: int) -> Problem:
    found = f"{machines} machines of {change.station} renewed so far"
    return Problem(where, found, f"the station has {there}", "say how many: line/station=option:machines")


def renewed(plant: Plant, changes: list[Change]) -> Program:
    """Return the plant's program with the changes in place: new machines, run in, at age 0."""
    program = lower(plant)
    taken: dict[tuple[int, int], int] = {}
    for change in changes:
        line = next(n for n, item in enumerate(plant.lines) if item.name == change.line)
        station = plant.lines[line].station(change.station)
        at = plant.lines[line].stations.index(station)
        first = taken.get((line, at), 0)
        taken[line, at] = first + change.machines
        for m in range(first, first + change.machines):
            new = rig(station, *station.listed[m : m + 1], change.option, targets=targets_of(plant.lines[line]))
            program = changed(program, line, at, [m], new)
    return program


def compare(
    plant: Plant, changes: list[Change], settings: Settings, progress: Progress | None = None
) -> dict[str, Any]:
    """Return the comparison document (docs/results.md): before, after, and the paired interval of each difference."""
    programs = {"before": lower(plant), "after": renewed(plant, changes)}
    played = play(plant, programs, settings, progress)
    settings, before, after = played.settings, played.records["before"], played.records["after"]
    counted_h = settings.horizon_h - settings.warm_up_h
    margins = {product.name: product.margin_cny for product in plant.products}
    lines = range(len(plant.lines))
    return {
        "kind": "compare",
        "renewline": version("renewline"),
        "plant": plant.plant.name,
        "engine": settings.engine,
        "options": [
            {
                "line": c.line,
                "station": c.station,
                "machines": c.machines,
                "option": c.option.name,
                "capex_cny": c.option.capex_cny * c.machines,
            }
            for c in changes
        ],
        "names": names((c.option.name for c in changes), plant.catalogue),
        "before": document(plant, settings, before),
        "after": document(plant, settings, after),
        "difference": _differences(before, after, list(lines), counted_h, margins, settings.first),
        "by_line": [
            {"name": plant.lines[n].name, **_differences(before, after, [n], counted_h, margins, settings.first)}
            for n in lines
        ],
        "seed": settings.seed,
        "replications": settings.replications,
        **played.chosen,
    }


def _differences(
    before: list[Record],
    after: list[Record],
    lines: list[int],
    counted_h: float,
    margins: dict[str, float],
    first: int | None,
) -> dict[str, Any]:
    """Return the paired interval of after - before of every yearly figure of some lines."""
    rows = [[per_year(r, lines, counted_h, margins) for r in side] for side in (before, after)]
    keys = list(dict.fromkeys(key for side in rows for row in side for key in row))
    out: dict[str, Any] = {}
    for key in keys:
        a, b = ([row.get(key, 0.0) for row in side] for side in rows)
        pair = paired_interval(a, b, first=first)
        out[key] = {"mean": pair.mean, "half_width": pair.half_width, "variance_ratio": pair.variance_ratio}
    return out


def per_year(record: Record, lines: list[int], counted_h: float, margins: dict[str, float]) -> dict[str, float]:
    """Return output, energy and money of some lines in one replication, for a year of 8,760 h."""
    year = HOURS_PER_Y / counted_h
    mine = [record["lines"][n] for n in lines]
    used: dict[str, float] = {}
    for line in mine:
        for carrier, amount in line["energy"]["by_carrier"].items():
            used[carrier] = used.get(carrier, 0.0) + amount * year
    margin = sum(p["throughput_per_h"] * margins.get(p["name"], 0.0) for line in mine for p in line["products"])
    energy = sum(line["energy"]["cost_cny"] for line in mine) * year
    running = sum(line["running_cost_cny_per_h"] for line in mine) * HOURS_PER_Y
    return {
        "output_per_y": sum(line["good_per_h"] for line in mine) * HOURS_PER_Y,
        "scrap_per_y": sum(line["throughput_per_h"] - line["good_per_h"] for line in mine) * HOURS_PER_Y,
        "kwh_per_y": used.pop(ELECTRICITY),
        **{f"{carrier}_per_y": amount for carrier, amount in used.items()},
        "energy_tce_per_y": sum(line["energy"]["tce"] for line in mine) * year,
        "co2_t_per_y": sum(line["energy"]["co2_t"] for line in mine) * year,
        "energy_cost_cny_per_y": energy,
        "running_cost_cny_per_y": running,
        "value_cny_per_y": margin * HOURS_PER_Y - energy - running,
    }
