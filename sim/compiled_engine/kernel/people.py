"""People who come when they are called: crews, what is asked of them, and who is served first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    DUTY_BEGINS,
    DUTY_ENDS,
    FOR_HEAD,
    FOR_PHASE,
    FOR_STOP,
    MORE_REQUESTS,
    MORE_WINDOWS,
    NEVER,
    NOBODY,
    NOWHERE,
)
from sim.compiled_engine.memory import Ref, ask, pointer, put_whole, real, rule, whole
from sim.compiled_engine.records import CREW, NEED, Crew, Levels, Machine, Need, Needs, Node, Request, Roster, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import attend
    from sim.compiled_engine.kernel.heads import attend_head
    from sim.compiled_engine.kernel.lists import free_node, new_node, touch
    from sim.compiled_engine.kernel.machine import stretch
    from sim.compiled_engine.kernel.patrol import ask_patrol, come, forget, walk_on
    from sim.compiled_engine.kernel.tally import change, change_plain

crew_at, request, needs_at, need_at, node, machine, roster_at, levels = (
    pointer(Crew), pointer(Request), pointer(Needs), pointer(Need), pointer(Node), pointer(Machine), pointer(Roster),
    pointer(Levels),
)  # fmt: skip
H = 3600.0

# who is there when


@rule
def next_duty(w: World, who: Ref, now: float) -> None:
    """Read the next window of a roster, and begin it or wait for it."""
    r = roster_at(w, who)
    if r.next == r.windows_n:
        ask(w, MORE_WINDOWS, who, 1.0)
    r.opens_s = real(w, r.windows, 2 * r.next)
    r.closes_s = real(w, r.windows, 2 * r.next + 1)
    r.next += 1
    if r.opens_s == NEVER:
        return
    if r.opens_s <= now:
        duty_begins(w, who, now)
    else:
        at(w, r.opens_s, r.opens_order, DUTY_BEGINS, who)


@rule
def duty_begins(w: World, who: Ref, now: float) -> None:
    """People come on duty."""
    r = roster_at(w, who)
    on_duty(w, r.crew, r.by, now)
    at(w, r.closes_s, r.closes_order, DUTY_ENDS, who)


@rule
def duty_ends(w: World, who: Ref, now: float) -> None:
    """People go off duty."""
    r = roster_at(w, who)
    on_duty(w, r.crew, -r.by, now)
    next_duty(w, who, now)


@rule
def on_duty(w: World, which: Ref, by: int, now: float) -> None:
    """So many more of a crew are there."""
    c = crew_at(w, which)
    change_plain(w, c.on_duty, by, now)
    if by > 0:
        if c.patrols == 1:
            come(w, which, now)
        else:
            serve(w, which, now)


@rule
def free_people(w: World, c: Crew) -> int:
    """Return how many are on duty and have nothing to do."""
    return levels(w, c.on_duty).value - levels(w, c.busy).value


# asking


@rule
def ask_for(w: World, needs: Ref, priority: float, purpose: int, who: Ref, asks: Ref, now: float) -> Ref:
    """Have people come to a machine as soon as all are free, perhaps at once; return the request."""
    if w.free_request == 0:
        ask(w, MORE_REQUESTS, 0, 0.0)
    which = w.free_request
    r = request(w, which)
    w.free_request = r.next
    r.asked_s = now
    r.needs = needs
    r.purpose = purpose
    r.who = who
    r.open = 1
    r.queued = 0
    r.turn = w.turns
    r.taken_n = 0
    r.walker = NOBODY
    r.where = NOWHERE
    r.next = 0
    w.turns += 1
    if purpose == FOR_PHASE:
        machine(w, who).request = which
    n = needs_at(w, needs)
    if n.patrol != NOBODY:
        ask_patrol(w, n.patrol, which, asks, now)
    elif grant(w, which, now) == 0:
        r.queued = 1
        for k in range(n.able_n):
            queue_up(w, whole(w, n.able, k), which, priority, now)
    return which


@rule
def queue_up(w: World, which: Ref, asking: Ref, priority: float, now: float) -> None:
    """Stand in a crew's queue, by priority, then in order of asking."""
    c = crew_at(w, which)
    mine = new_node(w, asking)
    n = node(w, mine)
    n.priority = priority
    n.turn = request(w, asking).turn
    before = c.queue_last
    while before != 0:
        b = node(w, before)
        if b.priority < priority or (b.priority == priority and b.turn < n.turn):
            break
        before = b.before
    n.before = before
    if before != 0:
        n.next = node(w, before).next
        node(w, before).next = mine
    else:
        n.next = c.queue_first
        c.queue_first = mine
    if n.next != 0:
        node(w, n.next).before = mine
    else:
        c.queue_last = mine
    change_plain(w, c.waiting, 1, now)


@rule
def take_off(w: World, which: Ref, now: float) -> None:
    """A request no longer waits."""
    r = request(w, which)
    if r.queued == 0:
        return
    r.queued = 0
    needs = needs_at(w, r.needs)
    for k in range(needs.able_n):
        c = crew_at(w, whole(w, needs.able, k))
        mine = c.queue_first
        while node(w, mine).item != which:
            mine = node(w, mine).next
        n = node(w, mine)
        if n.before != 0:
            node(w, n.before).next = n.next
        else:
            c.queue_first = n.next
        if n.next != 0:
            node(w, n.next).before = n.before
        else:
            c.queue_last = n.before
        free_node(w, mine)
        change_plain(w, c.waiting, -1, now)


@rule
def release(w: World, which: Ref, now: float) -> None:
    """Give the people back, or withdraw a request not yet granted."""
    r = request(w, which)
    if r.open == 1:
        r.open = 0
        take_off(w, which, now)
        forget(w, which, now)
    else:
        for k in range(r.taken_n):
            change(w, crew_at(w, whole(w, r.taken, 2 * k)).busy, -whole(w, r.taken, 2 * k + 1), now)
        for k in range(r.taken_n):
            who = whole(w, r.taken, 2 * k)
            if crew_at(w, who).patrols == 1:
                walk_on(w, r.walker, now)
            else:
                serve(w, who, now)
    r.next = w.free_request
    w.free_request = which


@rule
def serve(w: World, which: Ref, now: float) -> None:
    """Serve who waits for a crew, as long as somebody is free."""
    c = crew_at(w, which)
    mine = c.queue_first
    while mine != 0 and free_people(w, c) > 0:
        if grant(w, node(w, mine).item, now) == 1:
            mine = c.queue_first
        else:
            mine = node(w, mine).next


@rule
def grant(w: World, which: Ref, now: float) -> int:
    """Grant a request if all its people are free."""
    r = request(w, which)
    if r.open == 0 or find_people(w, r) == 0:
        return 0
    take_off(w, which, now)
    r.open = 0
    for k in range(r.taken_n):
        c = crew_at(w, whole(w, r.taken, 2 * k))
        change(w, c.busy, whole(w, r.taken, 2 * k + 1), now)
        c.waits_n += 1
        c.waits_h += (now - r.asked_s) / H
    come_to(w, r, now)
    return 1


@rule
def come_to(w: World, r: Request, now: float) -> None:
    """People have come."""
    if r.purpose == FOR_PHASE:
        touch(w, r.who)
        stretch(w, r.who, now)
    elif r.purpose == FOR_STOP:
        attend(w, r.who, now)
    elif r.purpose == FOR_HEAD:
        attend_head(w, r.who, now)


@rule
def find_people(w: World, r: Request) -> int:
    """Note who would come, crews in file order; return whether all needed are free."""
    needs = needs_at(w, r.needs)
    r.taken_n = 0
    for n in range(w.crews_n):
        crew_at(w, w.crews + n * CREW).taken = 0
    for n in range(needs.n):
        need = need_at(w, needs.first + n * NEED)
        left = need.number
        for k in range(need.crews_n):
            who = whole(w, need.crews, k)
            c = crew_at(w, who)
            here = min(left, free_people(w, c) - c.taken)
            if here > 0:
                left -= here
                note_taken(w, r, who, here)
        if left > 0:
            r.taken_n = 0
            return 0
    return 1


@rule
def note_taken(w: World, r: Request, who: Ref, here: int) -> None:
    """So many of a crew would come."""
    c = crew_at(w, who)
    if c.taken > 0:
        for k in range(r.taken_n):
            if whole(w, r.taken, 2 * k) == who:
                put_whole(w, r.taken, 2 * k + 1, c.taken + here)
    else:
        put_whole(w, r.taken, 2 * r.taken_n, who)
        put_whole(w, r.taken, 2 * r.taken_n + 1, here)
        r.taken_n += 1
    c.taken += here
