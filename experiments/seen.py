"""What a reader gets to see of one run, as plain data in any language: machine states, parts over time, the replay.

A run folder keeps it as ``seeing.json``; :mod:`experiments.report.gantt` and :mod:`experiments.report.replay` draw it.
Everything is bounded, whatever the line: what changes too often to be drawn singly is drawn in shares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from experiments import replay_code, watch
from experiments.watch import Record
from models.equipment import STATES
from models.line import EXIT, InTurn, Line, Station
from models.plant import Plant
from sim.program import INFINITE, SCRAP_AT, H, LineProgram, MachineProgram, Program, StationProgram, lower, targets_of

Seen = dict[str, Any]

WINDOW_S = 24 * H
REPLAY_S = 8 * H
REPLICATION = 0
MOST_ROWS = 160
"""Machine rows drawn; a plant with more shows the first machines of each station."""
MOST_STAYS = 1_200
"""Stays drawn singly, over all machines."""
MOST_CELLS = 4_000
"""Equal cells of time in which the other machines are drawn, over all of them."""
MOST_STEPS = 5_000
"""Steps of parts over time, over all lines and stations; 0.6 of it as cells where there are more."""
FEWEST, FINEST = 24, 240
"""Cells of one row: at least, at most."""


def see(
    plant: Plant,
    seed: int,
    warm_up_h: float,
    horizon_h: float,
    window_h: tuple[float, float] | None = None,
    most: int = watch.MOST_CHANGES,
) -> Seen:
    """Return what is to be seen of the first replication.

    Args:
        plant: The plant.
        seed: Of the run whose report this belongs to.
        warm_up_h: Its warm-up; the window begins with the first work after it.
        horizon_h: Its end; the window does not go beyond it.
        window_h: Hours since the start of the run, if the user chose; default 24 h.
        most: Most changes looked at.
    """
    program = lower(plant)
    if window_h is None:
        found = watch.record_work(program, seed, REPLICATION, warm_up_h * H, horizon_h * H, WINDOW_S, most)
        replay_s = REPLAY_S
    else:
        found = watch.record(program, seed, REPLICATION, window_h[0] * H, min(window_h[1], horizon_h) * H, most)
        replay_s = found.end_s - found.start_s
    return {
        "replication": REPLICATION,
        "seed": seed,
        "run_start": program.start.isoformat(),
        "start_s": found.start_s,
        "end_s": found.end_s,
        "chosen": window_h is not None,
        "cut": found.cut,
        "states": list(STATES),
        "lines": _lines(plant, program, found),
        "replay": replay_code.encode(found, _replayed(found), replay_s),
    }


def _replayed(found: Record) -> list[int]:
    """Return the signals that the replay shows."""
    return [n for n, signal in enumerate(found.signals) if signal.what != "number"]


def _lines(plant: Plant, program: Program, found: Record) -> list[Seen]:
    shown = machines_shown(program)
    stays = _by_machine(found, shown)
    rows = dict(zip(stays, bounded(list(stays.values()), found.start_s, found.end_s), strict=True))
    series = parts_over_time(found)
    drawn = {key: stepped(steps, found.start_s, found.end_s, len(series)) for key, steps in series.items()}
    out = []
    for n, (line, lowered) in enumerate(zip(plant.lines, program.lines, strict=True)):
        saturated = {source.to for source in lowered.sources if source.rules.saturated}
        out.append({
            "name": line.name,
            "stations": [_station(s, k in saturated) for k, s in enumerate(lowered.stations)],
            "links": links(line, lowered),
            "enters_at": sorted({source.to for source in lowered.sources}),
            "rows": [
                {"station": s, "machine": lowered.stations[s].machines[m].name, **row}
                for (at, s, m), row in rows.items()
                if at == n
            ],
            "hidden": sum(len(s.machines) for s in lowered.stations) - sum(at == n for at, _, _ in rows),
            "wip": drawn[n, None],
            "at_station": [drawn[n, s] for s in range(len(lowered.stations))],
        })  # fmt: skip
    return out


def _station(station: StationProgram, saturated: bool) -> Seen:
    places = sum(station.buffers.values()) if station.buffers else station.buffer
    return {
        "name": station.name,
        "kind": station.kind,
        "saturated": saturated,
        "places": None if places == INFINITE else int(places),
        "machines": [m.name for m in station.machines],
        "holds": [holds(station, m) for m in station.machines],
    }


def holds(station: StationProgram, machine: MachineProgram) -> int:
    """Return how many parts a machine holds at most while it works; of a user's own kind, several."""
    rig = machine.rig
    many = {"batch": rig.capacity, "transport": rig.capacity, "furnace": rig.places, "conveyor": rig.places,
            "split": rig.pieces}  # fmt: skip
    return many.get(station.kind, 2) if watch.hold_many(station) else 1


# --- routes ---


def links(line: Line, lowered: LineProgram) -> list[tuple[int, int, float | None]]:
    """Return where parts go: (station, station or EXIT_AT or SCRAP_AT, share or None where products or luck differ)."""
    index = targets_of(line)
    out = []
    for n, (station, program) in enumerate(zip(line.stations, lowered.stations, strict=True)):
        targets = {index[name]: share for name, share in _targets(station, n, line, index).items()}
        mended_at = {m.rig.bad_to for m in program.machines if m.rig.inspect is not None}
        out += [(n, to, share) for to, share in (dict.fromkeys(mended_at - {SCRAP_AT}) | targets).items()]
    return out


def _targets(station: Station, number: int, line: Line, index: dict[str, int]) -> dict[str, float | None]:
    onward = station.next
    if onward is None:
        following = line.stations[number + 1].name if number + 1 < len(line.stations) else EXIT
        return {following: None}
    if isinstance(onward, dict) and set(onward) <= set(index):
        total = sum(share for share in onward.values() if isinstance(share, int | float))
        shares = {k: v / total for k, v in onward.items() if isinstance(v, int | float) and v > 0}
        return {k: v if len(shares) > 1 else None for k, v in shares.items()}
    return dict.fromkeys(_named(onward, index))


def _named(route: object, index: dict[str, int]) -> Iterator[str]:
    """Yield the targets that a route names, however it is written (by product, in turn)."""
    if isinstance(route, str):
        yield from [route] if route in index else []
    elif isinstance(route, dict):
        for key, value in route.items():
            if key in index:
                yield key
            else:
                yield from _named(value, index)
    elif isinstance(route, InTurn):
        yield from route.sequence


# --- machine states ---

Stay = tuple[int, float, float]
"""State, start and end in seconds."""
Place = tuple[int, int, int]
"""Line, station, machine."""


def machines_shown(program: Program) -> set[Place]:
    """Return the machines that have a row: all, or of each station as many as fit."""
    counts = [len(s.machines) for line in program.lines for s in line.stations]
    most = max(counts)
    while most > 1 and sum(min(n, most) for n in counts) > MOST_ROWS:
        most -= 1
    return {
        (n, s, m)
        for n, line in enumerate(program.lines)
        for s, station in enumerate(line.stations)
        for m in range(min(len(station.machines), most))
    }


def _by_machine(found: Record, shown: set[Place]) -> dict[Place, list[Stay]]:
    """Return the stays of each machine in the window."""
    at: dict[int, Place] = {}
    for k, signal in enumerate(found.signals):
        if signal.station is not None and signal.machine is not None and signal.what == "state":
            key = (signal.line, signal.station, signal.machine)
            if key in shown:
                at[k] = key
    since = {k: (found.initial[k], found.start_s) for k in at}
    stays: dict[Place, list[Stay]] = {key: [] for key in at.values()}
    for time_s, k, value in found.changes():
        if k in at:
            state, began_s = since[k]
            stays[at[k]].append((state, began_s, time_s))
            since[k] = (value, time_s)
    for k, key in at.items():
        state, began_s = since[k]
        stays[key].append((state, began_s, found.end_s))
    return {key: [stay for stay in row if stay[2] > stay[1]] for key, row in stays.items()}


def bounded(rows: list[list[Stay]], start_s: float, end_s: float) -> list[Seen]:
    """Return each row as ``stays``, or, where there are too many to draw, as shares of time in equal ``cells``.

    Rows with few stays come first in drawing them singly.
    """
    left, single = MOST_STAYS, set()
    for n in sorted(range(len(rows)), key=lambda n: len(rows[n])):
        left -= len(rows[n])
        if left < 0:
            break
        single.add(n)
    crowded = len(rows) - len(single)
    cells = _fair(MOST_CELLS, crowded)
    return [
        {"stays": row} if n in single else {"cells": shared(row, start_s, end_s, cells)} for n, row in enumerate(rows)
    ]


def _fair(whole: float, rows: int) -> int:
    """Return how many cells each row gets."""
    return int(max(FEWEST, min(FINEST, whole // max(rows, 1))))


def shared(row: list[Stay], start_s: float, end_s: float, cells: int) -> list[list[tuple[int, float]]]:
    """Return the share of each state in equal cells of the window.

    >>> shared([(0, 0.0, 3.0), (3, 3.0, 4.0)], 0.0, 4.0, 2)
    [[(0, 1.0)], [(0, 0.5), (3, 0.5)]]
    """
    width = (end_s - start_s) / cells
    sums: list[dict[int, float]] = [{} for _ in range(cells)]
    for state, a, b in row:
        for cell in range(int((a - start_s) / width), cells):
            low, high = start_s + cell * width, start_s + (cell + 1) * width
            if low >= b:
                break
            part = min(b, high) - max(a, low)
            if part > 0:
                sums[cell][state] = sums[cell].get(state, 0.0) + part
    return [[(state, round(t / width, 4)) for state, t in sorted(cell.items())] for cell in sums]


# --- parts over time ---

Series = list[tuple[float, int]]
"""(time in s, number from then on)"""


def parts_over_time(found: Record) -> dict[tuple[int, int | None], Series]:
    """Return the number of parts in each line (station None) and at each station, in front and on machines."""
    at = {k: (s.line, s.station) for k, s in enumerate(found.signals) if s.what in ("wip", "number")}
    out = {key: [(found.start_s, found.initial[k])] for k, key in at.items()}
    for time_s, k, value in found.changes():
        if k in at:
            out[at[k]].append((time_s, value))
    return out


def stepped(series: Iterable[tuple[float, int]], start_s: float, end_s: float, among: int = 1) -> Seen:
    """Return a series with its mean as ``steps``, or, with too many to draw, as (least, mean, most) in equal cells.

    ``among`` series share what can be drawn.
    """
    rows = list(series)
    steps = [step for n, step in enumerate(rows) if n == 0 or step[1] != rows[n - 1][1]]
    ends = [*(t for t, _ in steps[1:]), end_s]
    span = max(end_s - start_s, 1e-9)
    mean = sum(v * (b - t) for (t, v), b in zip(steps, ends, strict=True)) / span
    found = {"mean": mean, "least": min(v for _, v in steps), "most": max(v for _, v in steps)}
    count = _fair(0.6 * MOST_STEPS, among)
    if len(steps) <= max(count, min(MOST_STEPS // among, 300)):
        return {**found, "steps": steps}
    width = span / count
    cells: list[list[float]] = [[float("inf"), 0.0, 0.0] for _ in range(count)]
    for (t, value), b in zip(steps, ends, strict=True):
        for cell in range(int((t - start_s) / width), count):
            low = start_s + cell * width
            if low >= b:
                break
            at = cells[cell]
            at[0], at[2] = min(at[0], value), max(at[2], value)
            at[1] += value * max(0.0, min(b, low + width) - max(t, low)) / width
    return {**found, "cells": [[int(a), round(m, 3), int(b)] for a, m, b in cells]}
