"""Machines that hold several parts: batch machines (heat treatment, washing, painting) and vehicles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ANY_PRODUCT, AWAY, EMPTY, NOBODY, TRANSPORT
from sim.compiled_engine.memory import Ref, pointer, rule
from sim.compiled_engine.records import Line, Machine, Node, Part, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.givers import keeps, may_give
    from sim.compiled_engine.kernel.heating import charged, inside_charge
    from sim.compiled_engine.kernel.kinds import see_held
    from sim.compiled_engine.kernel.lists import clear_times, drop_ready, touch
    from sim.compiled_engine.kernel.machine import after_units, begin_phase, finish_part, place, started
    from sim.compiled_engine.kernel.outlet import pass_on, scrap
    from sim.compiled_engine.kernel.shifts import may_start
    from sim.compiled_engine.kernel.station import next_part, next_product, oldest_s

machine, part, station, node, line_at, rig_at = (
    pointer(Machine), pointer(Part), pointer(Station), pointer(Node), pointer(Line), pointer(Rig),
)  # fmt: skip


@rule
def add_to_charge(w: World, m: Machine, p: Ref) -> None:
    """Put a part into the charge, or into the furnace."""
    part(w, p).next = 0
    if m.charge_last != 0:
        part(w, m.charge_last).next = p
    else:
        m.charge_first = p
    m.charge_last = p
    m.charge_n += 1


@rule
def load_charge(w: World, who: Ref, now: float) -> int:
    """Start a charge if enough parts wait; return whether the next machine may try too."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    if may_start(w, m, now) == 0:
        return 1
    there = parts_there(w, m)
    if enough(w, m, there, now) == 0:
        return 1  # for the next it may be enough
    while m.charge_n < min(there, rig.capacity):
        p = next_part(w, m.station, now)
        if p == 0:
            break
        add_to_charge(w, m, p)  # one by one: each is seen by line clearance
    if m.charge_n == 0:
        return 0
    line = line_at(w, m.line)
    line.batches += 1
    number = line.batches
    p = part(w, m.charge_first).next
    while p != 0:
        clear_times(w, part(w, p))
        part(w, p).batch = number
        p = part(w, p).next
    drop_ready(w, station(w, m.station), m)
    touch(w, who)
    first = m.charge_first
    place(w, who, first, now)
    part(w, first).batch = number
    if rig.heat == 1:
        charged(w, m, now)
    return 1


@rule
def enough(w: World, m: Machine, there: int, now: float) -> int:
    """Return whether a charge may start with what is there."""
    s, rig = station(w, m.station), rig_at(w, m.rig)
    if there >= rig.min_load:
        return 1
    return 1 if s.queue_n > 0 and now >= oldest_s(w, s) + rig.max_wait_s else 0


@rule
def parts_there(w: World, m: Machine) -> int:
    """Return how many parts a charge finds: in front, or where there are no places, blocked before it."""
    s = station(w, m.station)
    if s.feed_first != 0 and next_product(w, m.station) != ANY_PRODUCT:
        return rig_at(w, m.rig).capacity
    there = s.queue_n
    if s.buffer == 0.0:
        who = s.waiting_first
        while who != 0:
            if may_give(w, who) == 1 and keeps(w, who) == 0:
                there += 1
            who = node(w, who).next
    return there


@rule
def started_charge(w: World, m: Machine, now: float) -> None:
    """Work begins on all parts of the charge."""
    p = m.charge_first
    while p != 0:
        started(w, m, part(w, p), now)
        p = part(w, p).next
    if rig_at(w, m.rig).heat == 1:
        inside_charge(w, m, m.whole_s, now)


@rule
def finish_charge(w: World, who: Ref, now: float) -> None:
    """The work is done, or the vehicle is back."""
    m = machine(w, who)
    if m.phase == AWAY:
        m.phase = EMPTY
        after_units(w, who, 0, now)
        return
    p = m.charge_first
    while p != 0:
        part(w, p).finished_s = now
        p = part(w, p).next
    finish_part(w, who, now)


@rule
def empty_charge(w: World, m: Machine, now: float) -> Ref:
    """Return the first part of the charge, each knowing the next; the machine is empty."""
    first = m.charge_first
    m.charge_first = 0
    m.charge_last = 0
    m.charge_n = 0
    m.part = 0
    m.phase = EMPTY
    if rig_at(w, m.rig).heat == 1:
        inside_charge(w, m, 0.0, now)
    m.owes_return = 1 if m.kind == TRANSPORT and rig_at(w, m.rig).returns == 1 else 0
    see_held(m)
    return first


@rule
def charge_over(w: World, who: Ref, now: float) -> None:
    """The last phase is over: the charge goes on."""
    m = machine(w, who)
    many = m.charge_n
    p = empty_charge(w, m, now)
    m.charges += 1
    m.charged += many
    while p != 0:
        after = part(w, p).next
        pass_on(w, who, p, now)
        p = after
    after_units(w, who, many, now)


@rule
def scrap_charge(w: World, who: Ref, now: float) -> None:
    """A failure spoils the whole charge; a vehicle drives back."""
    p = empty_charge(w, machine(w, who), now)
    while p != 0:
        after = part(w, p).next
        scrap(w, who, p, now)
        p = after


@rule
def drive_back(w: World, who: Ref, now: float) -> None:
    """Drive back once the last part has been handed over."""
    m = machine(w, who)
    m.owes_return = 0
    see_held(m)
    begin_phase(w, who, AWAY, draw(w, rig_at(w, m.rig).returning), NOBODY, now)
