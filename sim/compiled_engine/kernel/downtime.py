"""A machine that stands: stops fall due, wait their turn and for people, last, and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import FOR_STOP, MORE_STOPS, NOBODY, NOT_YET, RESTART, RESUME, STOP_ENDS, TRACE_SERVED
from sim.compiled_engine.memory import Ref, ask, pointer, rule
from sim.compiled_engine.records import Cause, Line, Machine, Station, Stop, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.kinds import after_stop, is_active, is_working, scrap_in_work, see_held
    from sim.compiled_engine.kernel.lists import drop_ready, stir_at, touch, withdraw
    from sim.compiled_engine.kernel.machine import hold_up, offer
    from sim.compiled_engine.kernel.outlet import station_no, waits_for
    from sim.compiled_engine.kernel.people import ask_for, release
    from sim.compiled_engine.kernel.stops import clocks_as_stop_begins, clocks_as_stop_ends

machine, stop_at, cause_at, line_at, station = (
    pointer(Machine), pointer(Stop), pointer(Cause), pointer(Line), pointer(Station),
)  # fmt: skip
H = 3600.0


@rule
def new_stop(w: World, cause: Ref, now: float) -> Ref:
    """Return a stop that is due now."""
    if w.free_stop == 0:
        ask(w, MORE_STOPS, 0, 0.0)
    who = w.free_stop
    s = stop_at(w, who)
    w.free_stop = s.next
    s.cause = cause
    s.heads = 0
    s.due_s = now
    s.began_s = now
    s.served_s = NOT_YET
    s.request = NOBODY
    s.tick = 0
    s.listed = 0
    s.next = 0
    s.before = 0
    return who


@rule
def free_stop(w: World, who: Ref) -> None:
    """A stop is over."""
    s = stop_at(w, who)
    s.tick = 0
    s.next = w.free_stop
    w.free_stop = who


@rule
def downtime_changed(w: World, m: Machine) -> None:
    """What stands, or stands in line, is another: does it refuse parts, does it hold a finished one?"""
    accepts = 1
    m.holds = 0
    if m.stop != NOBODY:
        c = cause_at(w, stop_at(w, m.stop).cause)
        accepts = 1 if c.failure == 1 and c.accepts == 1 else 0
        m.holds = 0 if c.failure == 1 and c.releases == 1 else 1
    m.refuses = 1 if m.due_first != 0 or accepts == 0 else 0
    see_held(m)


@rule
def is_pending(w: World, m: Machine, cause: Ref) -> int:
    """Return whether a stop of this cause is under way or waits."""
    if m.stop != NOBODY and stop_at(w, m.stop).cause == cause:
        return 1
    s = m.due_first
    while s != 0:
        if stop_at(w, s).cause == cause:
            return 1
        s = stop_at(w, s).next
    return 0


@rule
def falls_due(w: World, cause: Ref, now: float) -> None:
    """A stop falls due; maintenance may wait for the part in progress."""
    who = cause_at(w, cause).machine
    m = machine(w, who)
    if m.installing == 1:
        return
    s = new_stop(w, cause, now)
    stop_at(w, s).before = m.due_last
    if m.due_last != 0:
        stop_at(w, m.due_last).next = s
    else:
        m.due_first = s
    m.due_last = s
    downtime_changed(w, m)
    withdraw(w, who)
    next_stop(w, who, now)


@rule
def drop_due(w: World, m: Machine, which: Ref) -> None:
    """A stop no longer waits."""
    s = stop_at(w, which)
    if s.before != 0:
        stop_at(w, s.before).next = s.next
    else:
        m.due_first = s.next
    if s.next != 0:
        stop_at(w, s.next).before = s.before
    else:
        m.due_last = s.before


@rule
def next_stop(w: World, who: Ref, now: float) -> None:
    """Begin the next stop that may begin."""
    m = machine(w, who)
    if m.stop != NOBODY:
        return
    which = m.due_first
    while which != 0:
        if cause_at(w, stop_at(w, which).cause).interrupts == 1 or is_active(m) == 0:
            drop_due(w, m, which)
            begin_stop(w, who, which, now)
            return
        which = stop_at(w, which).next


@rule
def begin_stop(w: World, who: Ref, which: Ref, now: float) -> None:
    """A stop begins."""
    m = machine(w, who)
    s = stop_at(w, which)
    hold_up(w, who, now)
    m.stop = which
    downtime_changed(w, m)
    s.began_s = now
    withdraw(w, who)
    clocks_as_stop_begins(w, s.cause, now)
    c = cause_at(w, s.cause)
    if c.failure == 1:
        if m.first_failure_s < 0.0:
            m.first_failure_s = m.operated_s
        spoil(w, who, c, now)
        if c.accepts == 1:
            offer(w, who)
    if c.crew == NOBODY:
        attend(w, which, now)
    else:
        s.request = ask_for(w, c.crew, c.priority, FOR_STOP, which, who, now)


@rule
def spoil(w: World, who: Ref, c: Cause, now: float) -> None:
    """What becomes of the part in work."""
    m = machine(w, who)
    if c.part == RESUME or is_working(m) == 0:
        return
    if c.part == RESTART:
        m.left_s = m.whole_s
    else:
        scrap_in_work(w, who, now)


@rule
def attend(w: World, which: Ref, now: float) -> None:
    """People are there: the stop lasts from now on."""
    s = stop_at(w, which)
    c = cause_at(w, s.cause)
    m = machine(w, c.machine)
    if m.stop != which:
        return
    s.served_s = now
    c.waits_n += 1
    c.waits_h += (now - s.began_s) / H
    if w.traced == 1:
        ask(w, TRACE_SERVED, c.machine, now)
    s.tick = at(w, now + length_s(w, m, c), m.ends_order, STOP_ENDS, c.machine)


@rule
def length_s(w: World, m: Machine, c: Cause) -> float:
    """Return how long a stop lasts once people are there."""
    return draw(w, c.lasts) * H * (m.age_repair_time if c.failure == 1 else 1.0)


@rule
def stop_ends(w: World, who: Ref, tick: int, now: float) -> None:
    """A stop is over."""
    m = machine(w, who)
    which = m.stop
    if which == NOBODY or stop_at(w, which).tick != tick:
        return
    m.stop = NOBODY
    downtime_changed(w, m)
    touch(w, who)
    s = stop_at(w, which)
    cause, asked, served_s = s.cause, s.request, s.served_s
    c = cause_at(w, cause)
    c.lengths_n += 1
    c.lengths_h += (now - served_s) / H
    free_stop(w, which)
    if asked != NOBODY:
        release(w, asked, now)
    clocks_as_stop_ends(w, cause, now)
    drop_ready(w, station(w, m.station), m)
    target = waits_for(w, m)
    if target >= 0:
        stir_at(w, station_no(w, m, target))
    next_stop(w, who, now)
    if m.stop == NOBODY:
        after_stop(w, who, now)


@rule
def clear_stops(w: World, who: Ref, now: float) -> None:
    """The machine is taken out: nothing stops it any more."""
    m = machine(w, who)
    which = m.stop
    if which != NOBODY:
        if stop_at(w, which).request != NOBODY:
            release(w, stop_at(w, which).request, now)
        m.stop = NOBODY
        free_stop(w, which)
    while m.due_first != 0:
        which = m.due_first
        drop_due(w, m, which)
        free_stop(w, which)
    downtime_changed(w, m)
