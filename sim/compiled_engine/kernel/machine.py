"""A machine's life: it takes a part, loads, sets up, works, unloads, hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    AWAY,
    BLOCKED,
    EMPTY,
    FINISH,
    FOR_PHASE,
    HOLDING,
    INSTALLING,
    KEEP,
    KEPT,
    LOAD,
    NEVER,
    NO_TICK,
    NOBODY,
    OFF_SHIFT,
    OPERATING_DUE,
    OVERTIME,
    PLACED,
    PROCESSING,
    SET_UP,
    SETUP,
    STRETCH_ENDS,
    UNLOAD,
    WAITING_CREW,
    WORK,
)
from sim.compiled_engine.memory import Ref, pointer, real, rule, whole
from sim.compiled_engine.records import Cause, Heads, Line, Machine, Part, Request, Rig, Station, Stop, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import next_stop
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.kinds import (
        finish,
        free_again,
        is_empty,
        is_free,
        may_run,
        over,
        see_held,
        started_all,
    )
    from sim.compiled_engine.kernel.line import stir
    from sim.compiled_engine.kernel.lists import add_ready, clear_times, touch, withdraw
    from sim.compiled_engine.kernel.outlet import keep_place_behind, pass_on
    from sim.compiled_engine.kernel.people import ask_for, release
    from sim.compiled_engine.kernel.renewal import leave_for_good
    from sim.compiled_engine.kernel.standby import sleep_state
    from sim.compiled_engine.kernel.stops import operating_stops_due, units_done
    from sim.compiled_engine.kernel.tally import add
    from sim.compiled_engine.kernel.times import setup_s, work_s

machine, station, line_at, part, rig_at, request, stop_at, cause_at, heads_at = (
    pointer(Machine), pointer(Station), pointer(Line), pointer(Part), pointer(Rig), pointer(Request), pointer(Stop),
    pointer(Cause), pointer(Heads),
)  # fmt: skip
H = 3600.0

# taking a part


@rule
def offer(w: World, who: Ref) -> None:
    """Stand ready if free."""
    m = machine(w, who)
    if m.is_ready == 0 and is_free(w, m) == 1:
        s = station(w, m.station)
        add_ready(w, s, who)
        stir(w, s)


@rule
def place(w: World, who: Ref, p: Ref, now: float) -> None:
    """Put a part on the machine and begin with it, if nothing is in the way."""
    m = machine(w, who)
    m.part = p
    clear_times(w, part(w, p))
    if m.held == 1 and m.stop != NOBODY:
        m.phase = PLACED
    elif rig_at(w, m.rig).plain == 1 and m.setup_for == part(w, p).product:
        work(w, who, now)
    else:
        load_part(w, who, now)


# phases


@rule
def load_part(w: World, who: Ref, now: float) -> None:
    """Put the part on, which may take time and people."""
    rig = rig_at(w, machine(w, who).rig)
    if rig.loads == 1:
        begin_phase(w, who, LOAD, draw(w, rig.load), rig.needs_load, now)
    else:
        set_up(w, who, now)


@rule
def set_up(w: World, who: Ref, now: float) -> None:
    """Set up, if the product is another one."""
    m = machine(w, who)
    product = part(w, m.part).product
    takes_s = setup_s(w, m, product)
    m.setup_for = product
    if takes_s == 0.0:
        keep(w, who, now)
        return
    part(w, m.part).setup_began_s = now
    begin_phase(w, who, SET_UP, takes_s, rig_at(w, m.rig).needs_setup, now)


@rule
def keep(w: World, who: Ref, now: float) -> None:
    """Blocking before service: have a place kept first."""
    m = machine(w, who)
    if rig_at(w, m.rig).keeps_place == 1:
        m.phase = KEEP
        if keep_place_behind(w, who, m.part) == 0:
            m.overtime = 0
            touch(w, who)
            return
    work(w, who, now)


@rule
def work(w: World, who: Ref, now: float) -> None:
    """Work on the part."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    takes_s = work_s(w, m, part(w, m.part).product, now)
    if rig.needs_work != NOBODY:
        begin_phase(w, who, WORK, takes_s, rig.needs_work, now)
        return
    m.phase = WORK
    m.needs = NOBODY
    m.left_s = takes_s
    m.whole_s = takes_s
    stretch(w, who, now)


@rule
def begin_phase(w: World, who: Ref, phase: int, takes_s: float, needs: Ref, now: float) -> None:
    """Begin a phase: people first, if it needs any."""
    m = machine(w, who)
    m.phase = phase
    m.needs = needs
    m.left_s = takes_s
    m.whole_s = takes_s
    touch(w, who)
    carry_on(w, who, now)


@rule
def carry_on(w: World, who: Ref, now: float) -> None:
    """Begin or go on with the phase under way, once its people are there."""
    m = machine(w, who)
    if m.tick != 0 or m.phase == EMPTY or m.phase == KEEP or may_run(w, m) == 0:
        return
    if m.phase == PLACED:
        load_part(w, who, now)
    elif m.phase == KEPT:
        work(w, who, now)
    elif m.needs != NOBODY and m.request == NOBODY:
        ask_for(w, m.needs, 0.0, FOR_PHASE, who, who, now)
    elif awaits(w, m) == 0:
        stretch(w, who, now)


@rule
def awaits(w: World, m: Machine) -> int:
    """Return whether the phase waits for people."""
    return 1 if m.needs != NOBODY and (m.request == NOBODY or request(w, m.request).open == 1) else 0


@rule
def let_people_go(w: World, who: Ref, now: float) -> None:
    """Nobody stays on a phase that is held up or over; they are asked for again."""
    m = machine(w, who)
    r = m.request
    m.request = NOBODY
    if r != NOBODY:
        release(w, r, now)


# stretches of work, between pauses


@rule
def stretch(w: World, who: Ref, now: float) -> None:
    """Go on until the phase is over, or a stop by the operating clock comes first."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    working = m.phase == WORK or m.phase == AWAY
    m.speed = 1.0
    if working:
        if m.part != 0 and part(w, m.part).started_s < 0.0:
            started_all(w, m, now)
        if rig.heads_n > 0:
            m.speed = share_of_heads(w, rig)
    m.began_s = now
    takes_s = NEVER
    if m.speed == 1.0:
        takes_s = m.left_s
    elif m.speed > 0.0:
        takes_s = m.left_s / m.speed
    m.takes_s = takes_s
    m.tick = NO_TICK  # the end may never come; the stretch is under way
    if takes_s < NEVER:
        m.tick = at(w, now + takes_s, m.ends_order, STRETCH_ENDS, who)
    if working and rig.none == 0:
        due = m.stops_due_s - m.operated_s
        if due <= takes_s and due < NEVER:
            m.due = at(w, now + max(0.0, due), m.stops_order, OPERATING_DUE, who)


@rule
def started(w: World, m: Machine, p: Part, now: float) -> None:
    """Work on a part begins."""
    p.started_s = now
    since_s = p.entered_s
    if p.fresh == 1:  # has it waited outside?
        p.fresh = 0
        since_s = p.born_s
    add(w, station(w, m.station).waits, (now - since_s) / H)


@rule
def share_of_heads(w: World, rig: Rig) -> float:
    """Return the share of heads that run."""
    down = 0
    for n in range(rig.heads_n):
        down += heads_at(w, whole(w, rig.heads, n)).down
    return (rig.heads_count - down) / rig.heads_count if down > 0 else 1.0


@rule
def pause(m: Machine, now: float) -> None:
    """Stop the stretch under way and keep what is left of it."""
    if m.tick == 0:
        return
    elapsed = now - m.began_s
    m.left_s = max(0.0, m.left_s - elapsed * m.speed)
    if m.phase == WORK or m.phase == AWAY:
        m.operated_s += elapsed
    m.tick = 0
    m.due = 0


@rule
def hold_up(w: World, who: Ref, now: float) -> None:
    """Pause, and let the people go; a start-up or heat-up is broken off."""
    m = machine(w, who)
    m.heating = 0
    see_held(m)
    pause(m, now)
    let_people_go(w, who, now)
    m.starting = 0
    touch(w, who)


@rule
def operating_due(w: World, who: Ref, tick: int, now: float) -> None:
    """The operating clock has reached the next stop."""
    m = machine(w, who)
    if tick != m.due:
        return
    m.due = 0
    due_s = m.stops_due_s
    if m.tick == 0:  # fell due at the very end of a part
        operating_stops_due(w, who, max(m.operated_s, due_s), now)
        return
    pause(m, now)
    m.operated_s = max(m.operated_s, due_s)  # free of rounding: the clock is exactly there
    operating_stops_due(w, who, due_s, now)
    touch(w, who)
    carry_on(w, who, now)


@rule
def stretch_ends(w: World, who: Ref, tick: int, now: float) -> None:
    """A phase is over."""
    m = machine(w, who)
    if tick != m.tick:
        return
    m.tick = 0
    touch(w, who)
    if m.request != NOBODY:
        let_people_go(w, who, now)
    if m.phase == WORK or m.phase == AWAY:
        m.operated_s += m.takes_s
        if m.due != 0 and m.stops_due_s > m.operated_s:
            m.due = 0
        finish(w, who, now)
    elif m.phase == LOAD:
        set_up(w, who, now)
    elif m.phase == SET_UP:
        part(w, m.part).setup_ended_s = now
        keep(w, who, now)
    else:
        over(w, who, now)


# handing over


@rule
def finish_part(w: World, who: Ref, now: float) -> None:
    """The work is done."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    p = part(w, m.part)
    p.finished_s = now
    m.planned_s += real(w, rig.planned, p.product)
    if rig.unloads == 1:
        begin_phase(w, who, UNLOAD, draw(w, rig.unload), rig.needs_unload, now)
    else:
        over(w, who, now)


@rule
def over_part(w: World, who: Ref, now: float) -> None:
    """The last phase is over: what was made goes on."""
    m = machine(w, who)
    p = m.part
    m.part = 0
    m.phase = EMPTY
    pass_on(w, who, p, now)
    after_units(w, who, 1, now)


@rule
def after_units(w: World, who: Ref, units: int, now: float) -> None:
    """What waited for the end of a part comes now: maintenance, renewal, the next part."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    if rig.at_end_n > 0:
        units_done(w, who, units, now)
    if m.due_first != 0:
        next_stop(w, who, now)
    free_again(w, who, now)


@rule
def place_is_kept(w: World, who: Ref, now: float) -> None:
    """Blocking before service: there is a place behind, work may begin."""
    touch(w, who)
    if may_run(w, machine(w, who)) == 1:
        work(w, who, now)
    else:
        machine(w, who).phase = KEPT


@rule
def free_again_plain(w: World, who: Ref, now: float) -> None:
    """Stand ready, or leave for a renewal that waited for the part."""
    m = machine(w, who)
    if m.phase == EMPTY:
        m.overtime = 0
    if m.pending != 0 and is_empty(w, m) == 1:
        leave_for_good(w, who, now)
    if m.down >= 0:
        stir(w, station(w, m.station))
    if m.out_first == 0:
        offer(w, who)


# shifts


@rule
def shift_ends(w: World, who: Ref, now: float) -> None:
    """Pause until the next shift, or finish the part in progress."""
    m = machine(w, who)
    m.off = 1
    see_held(m)
    withdraw(w, who)
    m.turn = NEVER
    if m.request != NOBODY:
        m.turn = request(w, m.request).turn
    if rig_at(w, m.rig).shift_end == FINISH and is_begun(w, m) == 1:
        m.overtime = 1
    else:
        hold_up(w, who, now)


@rule
def is_begun(w: World, m: Machine) -> int:
    """Return whether something was begun with the part: one that waits for people or a place was not."""
    return 1 if m.tick != 0 or (m.part != 0 and part(w, m.part).started_s >= 0.0) else 0


# what is seen


@rule
def state_of_plain(w: World, m: Machine) -> int:
    """Return the state the machine is in, by what holds it up most."""
    if m.off == 1:
        if m.overtime == 1 and m.stop == NOBODY and awaits(w, m) == 0:
            return OVERTIME
        return HOLDING if rig_at(w, m.rig).hold_off_shift == 1 else OFF_SHIFT
    if m.installing == 1:
        return INSTALLING
    if m.stop != NOBODY:
        return cause_at(w, stop_at(w, m.stop).cause).state
    if m.out_first != 0:
        return BLOCKED
    if m.phase == WORK and m.needs == NOBODY:
        return PROCESSING
    if m.phase == EMPTY:
        return sleep_state(m)
    if m.phase == KEEP:
        return BLOCKED
    if awaits(w, m) == 1:
        return WAITING_CREW
    return PROCESSING if m.phase == WORK or m.phase == AWAY else SETUP
