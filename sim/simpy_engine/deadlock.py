"""Deadlock: stations that wait for each other for ever.

Two ways to find it. At once: a circle of stations that are full and whose machines all hold a part for a station of
the circle. And when a line stands: parts are blocked, and nothing is under way that could ever set one free (this
finds what assembly, line clearance and machines in standby make of it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import DataError
from sim import order

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.station import Station


def circle(line: LineRun, machine: Machine) -> list[Station]:
    """Return the stations that wait for each other, from the machine that has just been blocked on; else none."""
    shut = {s.index for s in line.stations if s.machines and all(_holds(m) is not None for m in s.machines)}
    changed = True
    while changed:
        changed = False
        for index in list(shut):
            if any(_holds(m) not in shut for m in line.stations[index].machines):
                shut.discard(index)
                changed = True
    at = machine.station.index
    path: list[int] = []
    while at in shut and at not in path:
        path.append(at)
        target = _holds(line.stations[at].machines[0])
        assert target is not None
        at = target
    return [line.stations[n] for n in path[path.index(at) :]] if at in path else []


def _holds(machine: Machine) -> int | None:
    """Return the station that the machine's part waits for; None if it is not blocked, or could leave now."""
    target = machine.outlet.waits_for()
    if target is None or target < 0:
        return None
    return None if machine.line.stations[target].room_for(machine.outlet.offered_part()) else target


def stands(line: LineRun) -> list[Station]:
    """Return the stations that hold parts of a line in which nothing will ever move again; else none."""
    machines = [m for s in line.stations for m in s.machines]
    if line.on_the_way or not any(_holds(m) is not None for m in machines):
        return []
    for machine in machines:
        station = machine.station
        may_take = station.has_part() or any(giver.keeps for giver in station.waiting)
        will_begin = machine.off and not machine.out and may_take
        held = will_begin or machine.downtime.stop or machine.renewal.installing
        if held or machine.under_way() or machine.may_begin_later():
            return []
    shut = [all(_holds(m) is not None for m in s.machines) for s in line.stations]
    if any(not shut[feed.to] and feed.may_help(line.stations[feed.to]) for feed in line.feeds):
        return []
    place = line.rank >> 24
    if any(swap.line == place and swap.at_s > line.clock.now for swap in line.run.program.swaps):
        return []  # new equipment may have other rules
    wanted = {_holds(m) for m in machines}
    return [s for s in line.stations if s.index in wanted or any(_holds(m) is not None for m in s.machines)]


def told(line: LineRun, stations: list[Station], now: float) -> DataError:
    """Return the error that names the stations."""
    return order.deadlock(line.name, [s.name for s in stations], now)
