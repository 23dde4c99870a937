"""People who walk round: from machine to machine in file order, serving what they find stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import AT_MACHINE, NOWHERE, WALKER_ARRIVES, WITH_WALKER
from sim.compiled_engine.memory import WORD, Ref, pointer, put_whole, rule, whole
from sim.compiled_engine.records import WALKER, Crew, Levels, Machine, Needs, Request, Walker, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.people import come_to
    from sim.compiled_engine.kernel.tally import change, change_plain

crew_at, request, walker_at, machine, levels, needs_at = (
    pointer(Crew), pointer(Request), pointer(Walker), pointer(Machine), pointer(Levels), pointer(Needs),
)  # fmt: skip
H = 3600.0


@rule
def come(w: World, which: Ref, now: float) -> None:
    """On duty (again): everybody looks where they stand."""
    c = crew_at(w, which)
    for n in range(c.walkers_n):
        walker = walker_at(w, c.walkers + n * WALKER)
        if walker.resting == 1:
            walker.resting = 0
            at(w, now, walker.order, WALKER_ARRIVES, c.walkers + n * WALKER)


@rule
def walker_arrives(w: World, who: Ref, now: float) -> None:
    """A person arrives at a machine, and finds what is stopped there."""
    walker = walker_at(w, who)
    c = crew_at(w, walker.crew)
    if levels(w, c.on_duty).value == 0:
        walker.resting = 1
        return
    walker.found = whole(w, c.stops, walker.at)
    put_whole(w, c.stops, walker.at, 0)
    r = walker.found
    while r != 0:
        request(w, r).where = WITH_WALKER
        request(w, r).list = who
        r = request(w, r).next
    walk_on(w, who, now)


@rule
def walk_on(w: World, who: Ref, now: float) -> None:
    """Serve what is left to do here, then walk on."""
    walker = walker_at(w, who)
    c = crew_at(w, walker.crew)
    which = walker.found
    if which != 0:
        r = request(w, which)
        walker.found = r.next
        r.where = NOWHERE
        r.open = 0
        change_plain(w, c.waiting, -1, now)
        change(w, c.busy, 1, now)
        c.waits_n += 1
        c.waits_h += (now - r.asked_s) / H
        put_whole(w, r.taken, 0, walker.crew)
        put_whole(w, r.taken, 1, 1)
        r.taken_n = 1
        r.walker = who
        come_to(w, r, now)
        return
    walker.at = (walker.at + 1) % c.round_n
    c.walks += 1
    at(w, now + c.walk_s, walker.order, WALKER_ARRIVES, who)


@rule
def ask_patrol(w: World, which: Ref, asking: Ref, who: Ref, now: float) -> None:
    """Wait at a machine for somebody to come by."""
    c = crew_at(w, which)
    place = whole(w, c.position, machine(w, who).place)
    r = request(w, asking)
    r.where = AT_MACHINE
    r.list = c.stops + place * WORD
    r.next = 0
    last = whole(w, r.list, 0)
    if last == 0:
        put_whole(w, r.list, 0, asking)
    else:
        while request(w, last).next != 0:
            last = request(w, last).next
        request(w, last).next = asking
    change_plain(w, c.waiting, 1, now)


@rule
def forget(w: World, which: Ref, now: float) -> None:
    """A request not yet granted is withdrawn: who comes by passes."""
    r = request(w, which)
    if r.where == NOWHERE:
        return
    first = walker_at(w, r.list).found if r.where == WITH_WALKER else whole(w, r.list, 0)
    if first == which:
        if r.where == WITH_WALKER:
            walker_at(w, r.list).found = r.next
        else:
            put_whole(w, r.list, 0, r.next)
    else:
        while request(w, first).next != which:
            first = request(w, first).next
        request(w, first).next = r.next
    r.where = NOWHERE
    change_plain(w, crew_at(w, needs_at(w, r.needs).patrol).waiting, -1, now)
