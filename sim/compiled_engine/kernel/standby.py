"""Standby: a machine without work switches down after a while, and starts up when enough parts wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import BATCH, IDLE_ENOUGH, NOBODY, STANDBY, START_UP, STARTED_UP, STARVED, TRANSPORT
from sim.compiled_engine.memory import Ref, pointer, rule
from sim.compiled_engine.records import Machine, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.batch import enough, parts_there
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.kinds import see_held
    from sim.compiled_engine.kernel.lists import add_sleeper, drop_sleeper, stir_at, touch, withdraw
    from sim.compiled_engine.kernel.machine import offer
    from sim.compiled_engine.kernel.shifts import may_start
    from sim.compiled_engine.kernel.station import enough_wait

machine, station, rig_at = pointer(Machine), pointer(Station), pointer(Rig)


@rule
def sleep_state(m: Machine) -> int:
    """Return the state of a machine without a part."""
    if m.down < 0:
        return STARVED
    return START_UP if m.starting != 0 else m.down


@rule
def idle(w: World, who: Ref, now: float) -> None:
    """The machine is ready and has no part: count the time."""
    m = machine(w, who)
    if m.idle == 0:
        m.idle = at(w, now + draw(w, rig_at(w, m.rig).idle_after), m.stops_order, IDLE_ENOUGH, who)


@rule
def busy(m: Machine) -> None:
    """The machine is ready without a part no longer."""
    m.idle = 0


@rule
def idle_enough(w: World, who: Ref, tick: int) -> None:
    """The time without a part is over: switch down."""
    m = machine(w, who)
    if tick == m.idle:
        m.idle = 0
        go_down(w, who, STANDBY)


@rule
def go_down(w: World, who: Ref, state: int) -> None:
    """Switch down; wake at once if enough parts wait already."""
    m = machine(w, who)
    m.down = state
    see_held(m)
    withdraw(w, who)
    add_sleeper(w, station(w, m.station), who)
    stir_at(w, m.station)


@rule
def wake_sleepers(w: World, where: Ref, now: float) -> None:
    """Have machines start up from standby, one for every so many parts that wait."""
    s = station(w, where)
    starting = 0
    who = s.sleeper_first
    while who != 0:
        starting += 1 if machine(w, who).starting != 0 else 0
        who = machine(w, who).sleeper_next
    who = s.sleeper_first
    while who != 0:
        m = machine(w, who)
        if may_wake(w, m, now) == 1:
            if enough_wait(w, where, (starting + 1) * rig_at(w, m.rig).wake_at_parts) == 0:
                return
            starting += 1
            touch(w, who)
            m.starting = at(w, now + draw(w, rig_at(w, m.rig).start_up), m.ends_order, STARTED_UP, who)
        who = m.sleeper_next


@rule
def started_up(w: World, who: Ref, tick: int) -> None:
    """The start-up is over."""
    m = machine(w, who)
    if tick != m.starting:
        return
    m.starting = 0
    m.down = -1
    see_held(m)
    m.starts += 1
    drop_sleeper(w, station(w, m.station), m)
    touch(w, who)
    offer(w, who)


@rule
def may_wake(w: World, m: Machine, now: float) -> int:
    """Return whether nothing but sleep holds the machine up: awake, it would take what waits."""
    if m.starting != 0 or m.off == 1 or m.stop != NOBODY or m.pending != NOBODY or m.installing == 1:
        return 0
    return would_begin(w, m, now)


@rule
def would_begin(w: World, m: Machine, now: float) -> int:
    """Return whether its rules would let it take the next part, were it ready."""
    if (m.kind == BATCH or m.kind == TRANSPORT) and enough(w, m, parts_there(w, m), now) == 0:
        return 0
    return may_start(w, m, now)
