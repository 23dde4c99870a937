"""A running line: the last step of every instant, and what leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    BLOCKED,
    EXIT_AT,
    FINE,
    HOLDING,
    N_STATES,
    OFF,
    OFF_SHIFT,
    PROCESSING,
    STANDBY,
    STARVED,
    TRACE_STATE,
)
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule
from sim.compiled_engine.records import LINE, MACHINE, OUTPUT, STATION, Line, Machine, Output, Part, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.account import enter, flush_meter, flush_stays
    from sim.compiled_engine.kernel.active import active_changes
    from sim.compiled_engine.kernel.deadlock import look_for_deadlock
    from sim.compiled_engine.kernel.kinds import state_of
    from sim.compiled_engine.kernel.lists import free_part, new_part
    from sim.compiled_engine.kernel.source import come_back
    from sim.compiled_engine.kernel.standby import busy, idle
    from sim.compiled_engine.kernel.station import pull
    from sim.compiled_engine.kernel.tally import add, change, change_plain

line_at, station, machine, output, part, rig_at = (
    pointer(Line), pointer(Station), pointer(Machine), pointer(Output), pointer(Part), pointer(Rig),
)  # fmt: skip
H = 3600.0
IDLE_BITS = sum(1 << state for state in (STARVED, BLOCKED, STANDBY, OFF, OFF_SHIFT, HOLDING))
"""States in which a machine does nothing; if all do, a line may stand for ever."""
ACTIVE_BITS = (1 << N_STATES) - 1 - IDLE_BITS


@rule
def stir(w: World, s: Station) -> None:
    """Something may move at a station: look at it when the events of this instant are through."""
    if s.stirred == 0:
        s.stirred = 1
        line = line_at(w, s.line)
        line.stirred_n += 1
        line.stirred_last = max(line.stirred_last, s.index)


@rule
def settle_all(w: World, now: float) -> None:
    """The last step of an instant, line by line."""
    for n in range(w.lines_n):
        line = line_at(w, w.lines + n * LINE)
        if line.stirred_n > 0 or line.touched_first != 0 or is_idle(line) == 1:
            settle(w, w.lines + n * LINE, now)
            if w.fault != FINE:
                return


@rule
def settle(w: World, ref: Ref, now: float) -> None:
    """Move parts from the last station to the first, again until nothing moves; then note the states."""
    line = line_at(w, ref)
    index = line.stirred_last
    while line.stirred_n > 0:
        where = line.stations + index * STATION
        s = station(w, where)
        if s.stirred == 1:
            s.stirred = 0
            line.stirred_n -= 1
            pull(w, where, now)
        index -= 1
        if index < 0:
            index = line.stirred_last
    line.stirred_last = 0
    note_states(w, line, now)
    if line.blocked != 0 or is_idle(line) == 1:
        look_for_deadlock(w, ref, now)


@rule
def is_idle(line: Line) -> int:
    """Return whether no machine does anything in a line that may stand for ever."""
    return 1 if line.may_stand == 1 and line.idle_n == line.machines_n else 0


@rule
def note_states(w: World, line: Line, now: float) -> None:
    """Note the states of all machines that were touched."""
    who = line.touched_first
    while who != 0:
        m = machine(w, who)
        m.is_touched = 0
        note_state(w, line, who, now)
        who = m.touched_next
    line.touched_first = 0
    line.touched_last = 0


@rule
def note_state(w: World, line: Line, who: Ref, now: float) -> None:
    """Note the state of a machine: time, energy, what works, who is active."""
    m = machine(w, who)
    before = m.state
    state = state_of(w, m)
    if w.traced == 1:
        ask(w, TRACE_STATE, who, float(state))
    if rig_at(w, m.rig).standby == 1:  # from the first instant on, and for new equipment
        if state == STARVED:
            idle(w, who, now)
        else:
            busy(m)
    if state == before:
        return
    enter(w, m, state, now)
    if state == PROCESSING:
        change(w, station(w, m.station).working, 1, now)
    elif before == PROCESSING:
        change(w, station(w, m.station).working, -1, now)
    active = (ACTIVE_BITS >> state) & 1
    if active != (ACTIVE_BITS >> before) & 1:
        active_changes(w, who, active, now)
    line.idle_n += ((IDLE_BITS >> state) & 1) - ((IDLE_BITS >> before) & 1)


# parts


@rule
def leave(w: World, who: Ref, at: Ref, target: int, now: float) -> None:
    """A part leaves the line from a machine of station ``at``, good, bad without being found so, or as scrap."""
    p = part(w, who)
    line = line_at(w, station(w, at).line)
    change_plain(w, line.wip, -1, now)
    o = output(w, line.outputs + p.product * OUTPUT)
    if target != EXIT_AT:
        o.scrapped += 1
    elif p.bad == 1:
        o.bad += 1
    else:
        o.good += 1
        add(w, o.lead, (now - p.born_s) / H)
    if p.home != 0:
        come_back(w, p.home, who, now)
    else:
        free_part(w, who)


@rule
def split(w: World, line: Line, whole_part: Ref, pieces: int, product: int, now: float) -> Ref:
    """Return the first of the parts that one part becomes, each knowing the next; they are a lot."""
    line.lots += 1
    lot = line.lots
    first = 0
    last = 0
    for _n in range(pieces):
        who = new_part(w, line, product, lot, 1 if pieces > 1 else 0, part(w, whole_part).born_s)
        piece, of = part(w, who), part(w, whole_part)
        piece.entered_s = of.entered_s
        piece.started_s = of.started_s
        piece.finished_s = now
        piece.bad = of.bad
        piece.fresh = 0
        piece.parent = whole_part
        piece.pieces = pieces
        piece.next = 0
        of.refs += 1
        if first == 0:
            piece.home = of.home  # a pallet goes on with the first piece
            first = who
        else:
            part(w, last).next = who
        last = who
    part(w, whole_part).gone = 1
    change_plain(w, line.wip, pieces - 1, now)
    line.merged -= pieces - 1
    return first


@rule
def flush_line(w: World, ref: Ref, now: float) -> None:
    """Book time and energy up to ``now``."""
    line = line_at(w, ref)
    kw = 0.0
    for n in range(line.machines_n):
        m = machine(w, line.machines + n * MACHINE)
        flush_stays(w, m, now)
        kw += real(w, m.rates, m.state)
    flush_meter(w, line.meter, kw, now)
