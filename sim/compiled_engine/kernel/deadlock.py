"""Deadlock: stations that wait for each other for ever; found at once as a circle, or when a line stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ASSEMBLY, BATCH, DEADLOCK, NEVER, NOBODY, TRANSPORT
from sim.compiled_engine.memory import Ref, pointer, put_whole, real, rule, whole
from sim.compiled_engine.records import (
    FEED,
    MACHINE,
    QUEUE,
    STATION,
    SWAP,
    Feed,
    Line,
    Machine,
    Queue,
    Rig,
    Station,
    Swap,
    World,
)

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.givers import offered_by
    from sim.compiled_engine.kernel.kinds import is_empty, under_way
    from sim.compiled_engine.kernel.line import is_idle
    from sim.compiled_engine.kernel.lots import kept_of, kit_parts
    from sim.compiled_engine.kernel.outlet import waits_for
    from sim.compiled_engine.kernel.station import has_part, keepers_at_all, oldest_s, room_for

line_at, station, machine, feed_at, swap_at, rig_at, queue = (
    pointer(Line), pointer(Station), pointer(Machine), pointer(Feed), pointer(Swap), pointer(Rig), pointer(Queue),
)  # fmt: skip


@rule
def look_for_deadlock(w: World, ref: Ref, now: float) -> None:
    """Look for a circle from the machine just blocked on, then for a line that stands."""
    line = line_at(w, ref)
    blocked = line.blocked
    line.blocked = NOBODY
    line.found_n = 0
    if blocked != NOBODY:
        circle(w, line, blocked)
    if line.found_n == 0 and is_idle(line) == 1:
        stands(w, ref, now)
    if line.found_n > 0:
        w.fault = DEADLOCK
        w.fault_line = ref


@rule
def holds_for(w: World, who: Ref) -> int:
    """Return the station that the machine's part waits for; -1 if it is not blocked, or could leave now."""
    m = machine(w, who)
    target = waits_for(w, m)
    if target < 0:
        return -1
    to = line_at(w, m.line).stations + target * STATION
    return -1 if room_for(w, to, offered_by(m)) == 1 else target


@rule
def all_hold(w: World, s: Station) -> int:
    """Return whether all machines of a station hold a part for a station that has no place."""
    for n in range(s.machines_n):
        if holds_for(w, s.machines + n * MACHINE) < 0:
            return 0
    return 1 if s.machines_n > 0 else 0


@rule
def mark_shut(w: World, line: Line) -> None:
    """Mark the stations all of whose machines hold a part for a station so marked."""
    for n in range(line.stations_n):
        put_whole(w, line.shut, n, all_hold(w, station(w, line.stations + n * STATION)))
    changed = 1
    while changed == 1:
        changed = 0
        for n in range(line.stations_n):
            if whole(w, line.shut, n) == 0:
                continue
            s = station(w, line.stations + n * STATION)
            for k in range(s.machines_n):
                if whole(w, line.shut, holds_for(w, s.machines + k * MACHINE)) == 0:
                    put_whole(w, line.shut, n, 0)
                    changed = 1


@rule
def circle(w: World, line: Line, who: Ref) -> None:
    """Note the stations that wait for each other, from the machine that has just been blocked on."""
    start = station(w, machine(w, who).station)
    if all_hold(w, start) == 0:
        return
    mark_shut(w, line)
    if whole(w, line.shut, start.index) == 1:  # each of them waits for one of them: a circle
        first_on_circle(w, line, start.index)


@rule
def first_on_circle(w: World, line: Line, start: int) -> None:
    """Walk from a station until one comes a second time; note the stations from there on."""
    path = 0
    index = start
    while True:
        for n in range(path):
            if whole(w, line.found, n) == index:
                for k in range(n, path):
                    put_whole(w, line.found, k - n, whole(w, line.found, k))
                line.found_n = path - n
                return
        put_whole(w, line.found, path, index)
        path += 1
        index = holds_for(w, station(w, line.stations + index * STATION).machines)


@rule
def stands(w: World, ref: Ref, now: float) -> None:
    """Note the stations that hold parts of a line in which nothing will ever move again."""
    line = line_at(w, ref)
    blocked = 0
    for n in range(line.machines_n):
        blocked += 1 if holds_for(w, line.machines + n * MACHINE) >= 0 else 0
    if line.on_the_way > 0 or blocked == 0:
        return
    for n in range(line.machines_n):
        if goes_on(w, machine(w, line.machines + n * MACHINE), now) == 1:
            return
    for n in range(line.feeds_n):
        f = feed_at(w, line.feeds + n * FEED)
        if all_hold(w, station(w, f.to)) == 0 and may_help(w, f) == 1:
            return
    for n in range(w.swaps_n):
        swap = swap_at(w, w.swaps + n * SWAP)
        if machine(w, swap.machine).line == ref and swap.at_s > now:
            return  # new equipment may have other rules
    note_standing(w, line)


@rule
def goes_on(w: World, m: Machine, now: float) -> int:
    """Return whether a machine will move something by itself."""
    s = station(w, m.station)
    may_take = has_part(w, m.station) == 1 or keepers_at_all(w, s) == 1
    if m.off == 1 and m.out_first == 0 and may_take:
        return 1
    if m.stop != NOBODY or m.installing == 1 or under_way(w, m) == 1:
        return 1
    rig = rig_at(w, m.rig)
    if rig.chooses == 1 and m.shift != NOBODY and is_empty(w, m) == 1 and has_part(w, m.station) == 1:
        return 1
    if (m.kind == BATCH or m.kind == TRANSPORT) and s.queue_n > 0 and is_empty(w, m) == 1:
        starts_s = oldest_s(w, s) + rig.max_wait_s
        return 1 if now < starts_s and starts_s < NEVER else 0
    return 0


@rule
def note_standing(w: World, line: Line) -> None:
    """Note the stations that hold parts, or that are waited for."""
    for n in range(line.stations_n):
        put_whole(w, line.shut, n, 0)
    for n in range(line.machines_n):
        target = holds_for(w, line.machines + n * MACHINE)
        if target >= 0:
            put_whole(w, line.shut, target, 1)
            put_whole(w, line.shut, station(w, machine(w, line.machines + n * MACHINE).station).index, 1)
    for n in range(line.stations_n):
        if whole(w, line.shut, n) == 1:
            put_whole(w, line.found, line.found_n, n)
            line.found_n += 1


@rule
def may_help(w: World, f: Feed) -> int:
    """Return whether a further arrival may set the station going in which nothing moves."""
    if f.armed == 0:
        return 0
    for product in range(line_at(w, f.line).products_n):
        if whole(w, f.products, product) == 1 and helped_by(w, f.to, product, f.lots_come) == 1:
            return 1
    return 0


@rule
def helped_by(w: World, where: Ref, product: int, lots: int) -> int:
    """Return whether an arrival may change anything; ``lots``: it may be of a lot that is here."""
    s = station(w, where)
    if s.kind == ASSEMBLY:
        here = queue(w, s.queues + whole(w, s.rank, product) * QUEUE).n + kept_of(w, s, product)
        if here < real(w, s.places, product):
            return 1
        return 1 if kit_parts(w, where, product) < whole(w, s.needed, product) else 0
    if s.one_lot == 1 and (s.queue_n > 0 or s.kept_first != 0 or any_parts_on(w, s) == 1):
        return lots
    if s.queue_n + s.coming < s.buffer:
        return 1
    return 1 if s.ready_n > 0 and s.waiting_n == 0 else 0


@rule
def any_parts_on(w: World, s: Station) -> int:
    """Return whether any machine of a station holds a part."""
    for n in range(s.machines_n):
        m = machine(w, s.machines + n * MACHINE)
        if m.part != 0 or m.charge_n > 0 or m.out_first != 0:
            return 1
    return 0
