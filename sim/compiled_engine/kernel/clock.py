"""The clock: what happens next, in the documented order of one instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import FINE, MORE_EVENTS, NOTHING, STANDSTILL
from sim.compiled_engine.memory import Ref, ask, pointer, rule
from sim.compiled_engine.records import EVENT, Event, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.happens import happens
    from sim.compiled_engine.kernel.line import settle_all

event = pointer(Event)
SHIFT = 44
"""Bits of an event's key below its order: room for 10^13 events."""
MOST_EVENTS_AT_ONCE = 100_000
"""As in the readable engine."""


@rule
def at(w: World, time_s: float, order: int, kind: int, who: Ref) -> int:
    """Have something happen at a time; return its tick. To cancel, forget the tick."""
    w.asked += 1
    key = (order << SHIFT) + w.asked
    if w.hole == 1:  # the event under way was the first one: its place is free
        w.hole = 0
        sink(w, time_s, key, kind, who)
        return key
    if w.heap_n == w.heap_room:
        ask(w, MORE_EVENTS, 0, 0.0)
    n = w.heap_n
    w.heap_n = n + 1
    while n > 0:
        up = (n - 1) >> 1
        above = event(w, w.heap + up * EVENT)
        if above.time_s < time_s or (above.time_s == time_s and above.key < key):
            break
        write_event(w, n, above.time_s, above.key, above.kind, above.who)
        n = up
    write_event(w, n, time_s, key, kind, who)
    return key


@rule
def write_event(w: World, n: int, time_s: float, key: int, kind: int, who: Ref) -> None:
    """Write an event at the n-th place of the heap."""
    here = event(w, w.heap + n * EVENT)
    here.time_s = time_s
    here.key = key
    here.kind = kind
    here.who = who


@rule
def sink(w: World, time_s: float, key: int, kind: int, who: Ref) -> None:
    """Put an event at the top of the heap, and let it sink to its place."""
    n = 0
    last = w.heap_n - 1
    while True:
        below = 2 * n + 1
        if below > last:
            break
        child = event(w, w.heap + below * EVENT)
        if below < last:
            other = event(w, w.heap + (below + 1) * EVENT)
            if other.time_s < child.time_s or (other.time_s == child.time_s and other.key < child.key):
                child = other
                below += 1
        if time_s < child.time_s or (time_s == child.time_s and key < child.key):
            break
        write_event(w, n, child.time_s, child.key, child.kind, child.who)
        n = below
    write_event(w, n, time_s, key, kind, who)


@rule
def close_hole(w: World) -> None:
    """Fill the first place of the heap if it is free."""
    if w.hole == 1:
        w.hole = 0
        w.heap_n -= 1
        if w.heap_n > 0:
            last = event(w, w.heap + w.heap_n * EVENT)
            sink(w, last.time_s, last.key, last.kind, last.who)


@rule
def play(w: World) -> None:
    """Run to ``until_s`` inclusive, or until the budget of instants is used up."""
    while w.fault == FINE:
        close_hole(w)
        if w.heap_n == 0:
            break
        now = event(w, w.heap).time_s
        if now > w.until_s:
            break
        if w.budget == 0:
            return
        w.budget -= 1
        if now > w.before_s:
            w.before_s = now
            w.at_once = 0
        w.now = now
        while w.heap_n > 0:
            first = event(w, w.heap)
            if first.time_s != now:
                break
            key, kind, who = first.key, first.kind, first.who
            w.hole = 1
            if kind != NOTHING:
                happens(w, kind, who, key, now)
            close_hole(w)
            w.at_once += 1
            if w.at_once > MOST_EVENTS_AT_ONCE:
                w.fault = STANDSTILL
                return
        settle_all(w, now)
    w.now = max(w.now, w.until_s)
