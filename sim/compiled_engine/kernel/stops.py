"""Why a machine stops, and when: failures and maintenance on their clocks; heads that stop singly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import CALENDAR_DUE, CALLED, NEVER
from sim.compiled_engine.memory import Ref, pointer, real, rule, whole
from sim.compiled_engine.records import Cause, Heads, Machine, Rig, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import falls_due, is_pending
    from sim.compiled_engine.kernel.draws import draw, draw_beyond
    from sim.compiled_engine.kernel.heads import heads_as_new, heads_fall_due, silence_heads, wind_heads

machine, cause_at, heads_at, rig_at = pointer(Machine), pointer(Cause), pointer(Heads), pointer(Rig)
H, WEEK_S = 3600.0, 7 * 86_400.0


# one clock


@rule
def wind(w: World, cause: Ref, now: float) -> None:
    """Start the clock: draw the time to the next event, given the age reached."""
    c = cause_at(w, cause)
    c.tick = 0
    if c.by_units > 0:
        c.units = 0
        return
    m = machine(w, c.machine)
    if c.operating == 1:
        c.due_s = next_after(w, cause, m.operated_s)
        look(w, m)
    else:
        due_s = next_after(w, cause, now)
        if due_s < NEVER:
            c.tick = at(w, due_s, m.stops_order, CALENDAR_DUE, cause)


@rule
def next_after(w: World, cause: Ref, reading_s: float) -> float:
    """Return the clock reading at which the next event is due."""
    c = cause_at(w, cause)
    if c.failure == 1:
        rate = machine(w, c.machine).age_failure_rate
        if c.age_h > 0.0:
            c.drawn_h = draw_beyond(w, c.time_to, c.age_h * rate) / rate
        else:
            c.drawn_h = draw(w, c.time_to) / rate
        return reading_s + c.drawn_h * H
    if c.weekly == 1:
        return weekly_s(c, reading_s)
    if c.block == 0:
        return reading_s + c.every_h * H
    grid = int(reading_s / (c.every_h * H) + 1e-9) + (1 if reading_s > 0.0 else 0)
    c.grid = max(1, max(c.grid + 1, grid))
    return c.grid * c.every_h * H


@rule
def weekly_s(c: Cause, now: float) -> float:
    """Return the next moment of the week."""
    first = c.weekly_first_s
    grid = 0
    if now > first:
        grid = int((now - first) // WEEK_S) + 1
    c.grid = max(c.grid + 1, grid)
    while first + c.grid * WEEK_S < now or first + c.grid * WEEK_S < 0.0:
        c.grid += 1
    return first + c.grid * WEEK_S


@rule
def calendar_due(w: World, cause: Ref, tick: int, now: float) -> None:
    """A clock that always runs has run out."""
    c = cause_at(w, cause)
    if tick != c.tick:
        return
    c.tick = 0
    again = is_pending(w, machine(w, c.machine), cause)
    if c.weekly == 1 or c.block == 1:
        wind(w, cause, now)  # the grid goes on whatever happens
        if again == 1:
            return
    falls_due(w, cause, now)


@rule
def stand(w: World, cause: Ref) -> None:
    """The clock stands until it is wound up again."""
    c = cause_at(w, cause)
    c.tick = 0
    c.due_s = NEVER
    look(w, machine(w, c.machine))


# the clocks of one machine


@rule
def start_clocks(w: World, who: Ref, now: float) -> None:
    """Start all clocks."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    m.stops_due_s = NEVER
    for n in range(rig.causes_n):
        c = cause_at(w, whole(w, rig.causes, n))
        c.due_s = NEVER
        c.tick = 0
        c.grid = -1
        c.age_h = c.age_at_start_h if m.commissioned_s < 0.0 else 0.0
    for n in range(rig.heads_n):
        wind_heads(w, whole(w, rig.heads, n))
    for n in range(rig.causes_n):
        if is_of_heads(w, rig, whole(w, rig.causes, n)) == 0:
            wind(w, whole(w, rig.causes, n), now)
    look(w, m)


@rule
def is_of_heads(w: World, rig: Rig, cause: Ref) -> int:
    """Return whether a cause stops heads singly."""
    for n in range(rig.heads_n):
        if heads_at(w, whole(w, rig.heads, n)).cause == cause:
            return 1
    return 0


@rule
def look(w: World, m: Machine) -> None:
    """Find the stop that is due next by the operating clock."""
    rig = rig_at(w, m.rig)
    due_s = NEVER
    for n in range(rig.at_once_n):
        due_s = min(due_s, cause_at(w, whole(w, rig.at_once, n)).due_s)
    for n in range(rig.heads_n):
        heads = heads_at(w, whole(w, rig.heads, n))
        if heads.due_n > 0:
            due_s = min(due_s, real(w, heads.due, 0))
    m.stops_due_s = due_s


@rule
def operating_stops_due(w: World, who: Ref, operated_s: float, now: float) -> None:
    """The operating clock reached the next stop: of the machine, or of one of its heads."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    for n in range(rig.at_once_n):
        cause = whole(w, rig.at_once, n)
        if cause_at(w, cause).due_s <= operated_s:
            due(w, cause, now)
    for n in range(rig.heads_n):
        heads_fall_due(w, whole(w, rig.heads, n), operated_s, now)
    look(w, m)


@rule
def due(w: World, cause: Ref, now: float) -> None:
    """A stop is due."""
    c = cause_at(w, cause)
    c.due_s = NEVER  # wound up again when it is over
    if c.block == 1:
        wind(w, cause, now)
    falls_due(w, cause, now)


@rule
def units_done(w: World, who: Ref, units: int, now: float) -> None:
    """Parts are finished: maintenance that waited for them is due now."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    for n in range(rig.at_end_n):
        cause = whole(w, rig.at_end, n)
        c = cause_at(w, cause)
        c.units += units
        if c.due_s <= m.operated_s or (c.by_units > 0 and c.units >= c.by_units):
            c.units = 0
            c.due_s = NEVER
            c.tick = at(w, now, m.stops_order, CALLED, cause)


@rule
def called(w: World, cause: Ref, tick: int, now: float) -> None:
    """Maintenance that waited for the end of a part is due."""
    c = cause_at(w, cause)
    if tick == c.tick:
        c.tick = 0
        due(w, cause, now)


# what a stop does to the clocks


@rule
def clocks_as_stop_begins(w: World, cause: Ref, now: float) -> None:
    """A stop begins: clocks that will start anew when it is over stand."""
    c = cause_at(w, cause)
    c.age_h += c.drawn_h
    if c.start_to_start == 1:
        c.age_h = 0.0
        wind(w, cause, now)
    for n in range(c.others_n):
        stand(w, whole(w, c.others, n))


@rule
def clocks_as_stop_ends(w: World, cause: Ref, now: float) -> None:
    """A stop is over: clocks that stood start again."""
    c = cause_at(w, cause)
    m = machine(w, c.machine)
    if c.weekly == 0 and c.block == 0 and c.start_to_start == 0:
        if c.as_new == 1:
            c.age_h = 0.0
        if c.by_units == 0:
            wind(w, cause, now)
    for n in range(c.others_n):
        other = whole(w, c.others, n)
        if is_pending(w, m, other) == 0:
            cause_at(w, other).age_h = 0.0
            wind(w, other, now)
    for n in range(c.heads_n):
        heads_as_new(w, whole(w, c.heads, n))


@rule
def silence(w: World, who: Ref, now: float) -> None:
    """Forget all clocks: the machine is taken out."""
    rig = rig_at(w, machine(w, who).rig)
    for n in range(rig.causes_n):
        stand(w, whole(w, rig.causes, n))
    for n in range(rig.heads_n):
        silence_heads(w, whole(w, rig.heads, n), now)
