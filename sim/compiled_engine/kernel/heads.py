"""Positions of a machine that stop singly (spindles): each has its own clock of running time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import FOR_HEAD, HEAD_RUNS, NOBODY
from sim.compiled_engine.memory import Ref, pointer, put_real, real, rule
from sim.compiled_engine.records import Cause, Heads, Machine, Stop, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import free_stop, length_s, new_stop
    from sim.compiled_engine.kernel.machine import carry_on, pause
    from sim.compiled_engine.kernel.people import ask_for, release
    from sim.compiled_engine.kernel.stops import look, next_after

machine, cause_at, heads_at, stop_at = pointer(Machine), pointer(Cause), pointer(Heads), pointer(Stop)
H = 3600.0


@rule
def push_due(w: World, h: Heads, due_s: float) -> None:
    """Add the running time at which a head stops: a heap, the first one at the top."""
    n = h.due_n
    h.due_n += 1
    while n > 0:
        up = (n - 1) >> 1
        above = real(w, h.due, up)
        if above <= due_s:
            break
        put_real(w, h.due, n, above)
        n = up
    put_real(w, h.due, n, due_s)


@rule
def pop_due(w: World, h: Heads) -> None:
    """Take the first one away."""
    h.due_n -= 1
    last = real(w, h.due, h.due_n)
    n = 0
    while True:
        below = 2 * n + 1
        if below >= h.due_n:
            break
        if below + 1 < h.due_n and real(w, h.due, below + 1) < real(w, h.due, below):
            below += 1
        if last <= real(w, h.due, below):
            break
        put_real(w, h.due, n, real(w, h.due, below))
        n = below
    put_real(w, h.due, n, last)


@rule
def wind_heads(w: World, which: Ref) -> None:
    """Start the clocks of all heads."""
    h = heads_at(w, which)
    h.down = 0
    h.due_n = 0
    for _n in range(h.count):
        push_due(w, h, next_after(w, h.cause, 0.0))


@rule
def heads_fall_due(w: World, which: Ref, operated_s: float, now: float) -> None:
    """The running time has reached the next stops of heads."""
    h = heads_at(w, which)
    while h.due_n > 0 and real(w, h.due, 0) <= operated_s:
        stop_head(w, which, now)


@rule
def stop_head(w: World, which: Ref, now: float) -> None:
    """The head whose clock ran out stops and asks for someone to set it going."""
    h = heads_at(w, which)
    pop_due(w, h)
    h.down += 1
    who = new_stop(w, h.cause, now)
    s = stop_at(w, who)
    s.heads = which
    s.listed = 1
    s.before = h.stops_last
    if h.stops_last != 0:
        stop_at(w, h.stops_last).next = who
    else:
        h.stops_first = who
    h.stops_last = who
    c = cause_at(w, h.cause)
    if c.crew == NOBODY:
        attend_head(w, who, now)
    else:
        s.request = ask_for(w, c.crew, c.priority, FOR_HEAD, who, h.machine, now)


@rule
def attend_head(w: World, who: Ref, now: float) -> None:
    """Someone is there to set the head going."""
    s = stop_at(w, who)
    h = heads_at(w, s.heads)
    c = cause_at(w, h.cause)
    m = machine(w, h.machine)
    s.served_s = now
    c.waits_n += 1
    c.waits_h += (now - s.due_s) / H
    s.tick = at(w, now + length_s(w, m, c), m.ends_order, HEAD_RUNS, who)


@rule
def drop_stop(w: World, h: Heads, who: Ref) -> None:
    """The stop of a head is no more."""
    s = stop_at(w, who)
    if s.before != 0:
        stop_at(w, s.before).next = s.next
    else:
        h.stops_first = s.next
    if s.next != 0:
        stop_at(w, s.next).before = s.before
    else:
        h.stops_last = s.before
    free_stop(w, who)


@rule
def head_runs(w: World, which: Ref, tick: int, now: float) -> None:
    """A head runs again."""
    s = stop_at(w, which)
    if s.tick != tick:
        return
    h = heads_at(w, s.heads)
    c = cause_at(w, h.cause)
    m = machine(w, h.machine)
    c.lengths_n += 1
    c.lengths_h += (now - s.served_s) / H
    asked = s.request
    drop_stop(w, h, which)
    pause(m, now)
    h.down -= 1
    push_due(w, h, next_after(w, h.cause, m.operated_s))
    look(w, m)
    carry_on(w, h.machine, now)
    if asked != NOBODY:
        release(w, asked, now)


@rule
def heads_as_new(w: World, which: Ref) -> None:
    """Maintenance restored the heads that run: their clocks start anew."""
    h = heads_at(w, which)
    m = machine(w, h.machine)
    running = h.due_n
    h.due_n = 0
    for _n in range(running):
        push_due(w, h, next_after(w, h.cause, m.operated_s))
    look(w, m)


@rule
def silence_heads(w: World, which: Ref, now: float) -> None:
    """Forget all heads: people go back."""
    h = heads_at(w, which)
    while h.stops_first != 0:
        asked = stop_at(w, h.stops_first).request
        drop_stop(w, h, h.stops_first)
        if asked != NOBODY:
            release(w, asked, now)
    h.due_n = 0
