"""The clock: what happens next, in the documented order of one instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import FINE, MORE_EVENTS, NEVER, NOTHING, STANDSTILL
from sim.compiled_engine.memory import Ref, ask, bits, pointer, rule
from sim.compiled_engine.records import EVENT, Event, World
from sim.order import MOST_EVENTS_AT_ONCE

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.happens import happens
    from sim.compiled_engine.kernel.line import settle_all

event = pointer(Event)
SHIFT = 44
"""Bits of an event's key below its order: room for 10^13 events."""
BESIDE = 5
"""So many places behind the last event are there, and empty."""


@rule
def at(w: World, time_s: float, order: int, kind: int, who: Ref) -> int:
    """Have something happen at a time; return its tick. To cancel, forget the tick."""
    w.asked += 1
    key = (order << SHIFT) + w.asked
    if w.hole == 1:  # the event under way was the first one: its place is free
        w.hole = 0
        sink(w, time_s, key, kind, who)
        return key
    if w.heap_n + BESIDE > w.heap_room:
        ask(w, MORE_EVENTS, 0, 0.0)
    n = w.heap_n
    w.heap_n = n + 1
    while n > 0:
        up = (n - 1) >> 2
        above = event(w, w.heap + up * EVENT)
        if above.time_s < time_s or (above.time_s == time_s and above.key < key):
            break
        write_event(w, n, above.time_s, above.key, above.what, above.who)
        n = up
    write_event(w, n, time_s, key, kind, who)
    return key


@rule
def write_event(w: World, n: int, time_s: float, key: int, kind: int, who: Ref) -> None:
    """Write an event at the n-th place of the heap."""
    here = event(w, w.heap + n * EVENT)
    here.time_s = time_s
    here.key = key
    here.what = kind
    here.who = who


@rule
def first_of(w: World, m: int, n: int) -> int:
    """Return which of two places of the heap has the earlier event; without a jump, for nobody can foresee it."""
    a, b = event(w, w.heap + m * EVENT), event(w, w.heap + n * EVENT)
    first, second = bits(a.time_s), bits(b.time_s)  # doubles that are 0 or more stand in the order of their bits
    later = (second < first) | ((second == first) & (b.key < a.key))
    return n if later else m


@rule
def sink(w: World, time_s: float, key: int, what: int, who: Ref) -> None:
    """Put an event at the top of the heap, and let it sink to its place; four lie below each."""
    n = 0
    while True:
        below = 4 * n + 1
        if below >= w.heap_n:
            break
        below = first_of(w, first_of(w, below, below + 1), first_of(w, below + 2, below + 3))
        child = event(w, w.heap + below * EVENT)
        if (time_s < child.time_s) | ((time_s == child.time_s) & (key < child.key)):
            break
        write_event(w, n, child.time_s, child.key, child.what, child.who)
        n = below
    write_event(w, n, time_s, key, what, who)


@rule
def empty_heap(w: World) -> None:
    """No event lies anywhere: what is not there comes after everything else."""
    for n in range(w.heap_room):
        event(w, w.heap + n * EVENT).time_s = NEVER


@rule
def close_hole(w: World) -> None:
    """Fill the first place of the heap if it is free."""
    if w.hole == 1:
        w.hole = 0
        w.heap_n -= 1
        last = event(w, w.heap + w.heap_n * EVENT)
        time_s, key, what, who = last.time_s, last.key, last.what, last.who
        last.time_s = NEVER
        if w.heap_n > 0:
            sink(w, time_s, key, what, who)


@rule
def next_time_s(w: World) -> float:
    """Return when the next event happens; infinity if there is none."""
    if w.hole == 0:
        return event(w, w.heap).time_s if w.heap_n > 0 else NEVER
    first, second = event(w, w.heap + EVENT), event(w, w.heap + 2 * EVENT)
    third, fourth = event(w, w.heap + 3 * EVENT), event(w, w.heap + 4 * EVENT)
    return min(min(first.time_s, second.time_s), min(third.time_s, fourth.time_s))


@rule
def play(w: World) -> None:
    """Run to ``until_s`` inclusive, or until the budget of instants is used up."""
    while w.fault == FINE:
        now = next_time_s(w)
        if now > w.until_s:
            break
        if w.budget == 0:
            return
        w.budget -= 1
        if now > w.before_s:
            w.before_s = now
            w.at_once = 0
        w.now = now
        while True:
            close_hole(w)
            first = event(w, w.heap)
            key, kind, who = first.key, first.what, first.who
            w.hole = 1  # until an event takes its place, or another one is needed
            if kind != NOTHING:
                happens(w, kind, who, key, now)
            w.at_once += 1
            if w.at_once > MOST_EVENTS_AT_ONCE:
                w.fault = STANDSTILL
                return
            if next_time_s(w) != now:
                break
        settle_all(w, now)
    if w.fault == FINE:
        w.now = max(w.now, w.until_s)
