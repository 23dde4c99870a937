"""What differs from kind to kind of machine: which rule holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    ASSEMBLY,
    BATCH,
    BLOCKED,
    EMPTY,
    FURNACE,
    HEAT_UP,
    JOIN,
    KEEP,
    NOBODY,
    PROCESSING,
    SPLIT,
    STARVED,
    TRANSPORT,
    WORK,
)
from sim.compiled_engine.memory import Ref, pointer, rule
from sim.compiled_engine.records import Machine, Part, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.batch import (
        charge_over,
        drive_back,
        finish_charge,
        load_charge,
        scrap_charge,
        started_charge,
    )
    from sim.compiled_engine.kernel.furnace import (
        finish_stroke,
        furnace_is_free,
        heat,
        load_furnace,
        may_charge,
    )
    from sim.compiled_engine.kernel.lists import drop_ready, touch
    from sim.compiled_engine.kernel.lots import load_join, load_kit, over_split
    from sim.compiled_engine.kernel.machine import (
        carry_on,
        finish_part,
        free_again_plain,
        offer,
        over_part,
        place,
        started,
        state_of_plain,
    )
    from sim.compiled_engine.kernel.outlet import scrap
    from sim.compiled_engine.kernel.shifts import may_start
    from sim.compiled_engine.kernel.station import next_part

machine, part, rig_at, station = pointer(Machine), pointer(Part), pointer(Rig), pointer(Station)


@rule
def has_strokes(m: Machine) -> int:
    """Return whether places move on together: a furnace or conveyor."""
    return 1 if m.kind >= FURNACE else 0


@rule
def has_charges(m: Machine) -> int:
    """Return whether several parts are worked on at once: a batch machine or vehicle."""
    return 1 if m.kind == BATCH or m.kind == TRANSPORT else 0


# taking a part


@rule
def load(w: World, who: Ref, now: float) -> int:
    """Take the next part and begin; return whether the next machine may try too."""
    m = machine(w, who)
    if m.kind <= SPLIT:
        return load_one(w, who, now)
    if has_charges(m) == 1:
        return load_charge(w, who, now)
    if has_strokes(m) == 1:
        return load_furnace(w, who, now)
    if m.kind == ASSEMBLY:
        return load_kit(w, who, now)
    return load_join(w, who, now)


@rule
def load_one(w: World, who: Ref, now: float) -> int:
    """Take a part; the plain kind."""
    m = machine(w, who)
    if rig_at(w, m.rig).chooses == 1 and may_start(w, m, now) == 0:
        return 1
    p = next_part(w, m.station, now)
    if p == 0:
        return 0
    drop_ready(w, station(w, m.station), m)
    touch(w, who)
    place(w, who, p, now)
    return 1


@rule
def takes_at_once(w: World, m: Machine) -> int:
    """Return whether a part that arrives now would be taken at this instant."""
    if m.kind == BATCH or m.kind == TRANSPORT:
        return 1 if rig_at(w, m.rig).min_load == 1 else 0
    if has_strokes(m) == 1:
        return may_charge(w, m)
    if m.kind == ASSEMBLY:
        return 0
    if m.kind == JOIN:
        return 1 if rig_at(w, m.rig).pieces == 1 else 0
    return 1


@rule
def is_free(w: World, m: Machine) -> int:
    """Return whether the machine may take a part."""
    if m.held == 0:
        return 1 if m.phase == EMPTY and m.out_first == 0 else 0
    if has_strokes(m) == 1:
        return furnace_is_free(m)
    if m.part != 0 or m.out_first != 0 or m.off == 1 or m.refuses == 1:
        return 0
    if m.kind == TRANSPORT and (m.phase != EMPTY or m.owes_return == 1):
        return 0
    return 0 if m.pending != 0 or m.installing == 1 or m.down >= 0 else 1


@rule
def is_empty(w: World, m: Machine) -> int:
    """Return whether nothing is on the machine."""
    return 1 if m.phase == EMPTY and m.out_first == 0 and (has_strokes(m) == 0 or m.charge_n == 0) else 0


@rule
def may_run(w: World, m: Machine) -> int:
    """Return whether nothing holds up the phase under way."""
    if m.held == 0:
        return 1
    if (m.off == 1 and m.overtime == 0) or m.stop != NOBODY or m.installing == 1:
        return 0
    return 1 if m.heating == 0 else 0


# phases


@rule
def started_all(w: World, m: Machine, now: float) -> None:
    """Work begins on the part, or on all parts of a charge."""
    if has_charges(m) == 1:
        started_charge(w, m, now)
    else:
        started(w, m, part(w, m.part), now)


@rule
def finish(w: World, who: Ref, now: float) -> None:
    """The work is done."""
    m = machine(w, who)
    if m.kind < BATCH:
        finish_part(w, who, now)
    elif m.kind < FURNACE:
        finish_charge(w, who, now)
    else:
        finish_stroke(w, who, now)


@rule
def over(w: World, who: Ref, now: float) -> None:
    """The last phase is over."""
    m = machine(w, who)
    if m.kind >= BATCH:
        charge_over(w, who, now)
    elif m.kind == SPLIT:
        over_split(w, who, now)
    else:
        over_part(w, who, now)


@rule
def free_again(w: World, who: Ref, now: float) -> None:
    """Stand ready; a vehicle drives back first."""
    m = machine(w, who)
    if m.held == 0:
        offer(w, who)
    elif m.owes_return == 1 and m.phase == EMPTY and m.out_first == 0:
        drive_back(w, who, now)
    else:
        free_again_plain(w, who, now)


@rule
def scrap_in_work(w: World, who: Ref, now: float) -> None:
    """A failure spoils what is in work."""
    m = machine(w, who)
    if has_charges(m) == 1:
        scrap_charge(w, who, now)
        return
    p = m.part
    m.part = 0
    m.phase = EMPTY
    scrap(w, who, p, now)


@rule
def after_stop(w: World, who: Ref, now: float) -> None:
    """A stop is over: go on; a furnace heats up first."""
    m = machine(w, who)
    if has_strokes(m) == 1:
        heat(w, who, rig_at(w, m.rig).heat_up_from_hold_s, now)
    carry_on(w, who, now)
    free_again(w, who, now)


@rule
def shift_begins(w: World, who: Ref, now: float) -> None:
    """Go on where the last shift stopped; a furnace heats up first."""
    m = machine(w, who)
    m.off = 0
    see_held(m)
    if has_strokes(m) == 1:
        rig = rig_at(w, m.rig)
        heat(w, who, rig.heat_up_from_hold_s if rig.hold_off_shift == 1 else rig.heat_up_cold_s, now)
    m.overtime = 0
    touch(w, who)
    carry_on(w, who, now)
    free_again(w, who, now)


# what is seen


@rule
def see_held(m: Machine) -> None:
    """Note whether anything but its work holds the machine up: shift, stop, renewal, standby, heat, the way back."""
    held = m.off == 1 or m.stop != NOBODY or m.refuses == 1 or m.installing == 1 or m.pending != NOBODY
    m.held = 1 if held or m.down >= 0 or m.heating != 0 or m.owes_return == 1 else 0


@rule
def is_active(m: Machine) -> int:
    """Return whether a part, or a stroke, is in progress."""
    return 1 if m.phase != EMPTY else 0


@rule
def is_working(m: Machine) -> int:
    """Return whether a part is in work (not in setup, loading or unloading)."""
    return 1 if m.phase == WORK else 0


@rule
def under_way(w: World, m: Machine) -> int:
    """Return whether anything goes on by itself: work, setup, waiting for people, a start-up, a stroke."""
    if m.starting != 0 or (m.phase != EMPTY and m.phase != KEEP):
        return 1
    if has_strokes(m) == 0 or m.charge_n == 0 or m.out_first != 0:
        return 0
    return 1 if rig_at(w, m.rig).gaps == 1 or m.pending != 0 else 0


@rule
def state_of(w: World, m: Machine) -> int:
    """Return the state the machine is in, by what holds it up most."""
    if m.held == 0 and m.out_first == 0:
        if m.phase == WORK and m.needs == NOBODY:
            return PROCESSING
        if m.phase == EMPTY:
            return STARVED
    state = state_of_plain(w, m)
    if m.heating != 0 and (state == BLOCKED or state == STARVED or state == PROCESSING):
        return HEAT_UP
    return state
