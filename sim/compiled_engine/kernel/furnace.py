"""A furnace or conveyor: K places that move on together by one stroke; a furnace has heat to hold and to win back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import EMPTY, HOT, NOBODY, WORK
from sim.compiled_engine.memory import Ref, pointer, rule
from sim.compiled_engine.records import Machine, Part, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.batch import add_to_charge
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import next_stop
    from sim.compiled_engine.kernel.heating import charged, heats_up, inside_charge
    from sim.compiled_engine.kernel.kinds import free_again, see_held
    from sim.compiled_engine.kernel.lists import clear_times, drop_ready, touch, withdraw
    from sim.compiled_engine.kernel.machine import after_units, begin_phase, carry_on, started
    from sim.compiled_engine.kernel.outlet import pass_on
    from sim.compiled_engine.kernel.station import next_part
    from sim.compiled_engine.kernel.times import ramp_up

machine, part, rig_at, station = pointer(Machine), pointer(Part), pointer(Rig), pointer(Station)
LONG_AGO = -(10**9)


# strokes


@rule
def furnace_is_free(m: Machine) -> int:
    """Return whether the furnace stands between two strokes."""
    if m.phase != EMPTY or m.out_first != 0 or m.off == 1 or m.refuses == 1:
        return 0
    return 0 if m.installing == 1 or m.heating != 0 or m.down >= 0 else 1


@rule
def may_charge(w: World, m: Machine) -> int:
    """Return whether a part may be charged now."""
    if m.pending != NOBODY or m.stop != NOBODY:
        return 0
    return 1 if m.charge_n == 0 or m.stroke - m.last_charge >= rig_at(w, m.rig).charge_every else 0


@rule
def load_furnace(w: World, who: Ref, now: float) -> int:
    """Charge a part if there is one, and start the next stroke; every furnace gets its turn."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    p = 0
    if may_charge(w, m) == 1:
        p = next_part(w, m.station, now)
    if p != 0:
        clear_times(w, part(w, p))
        started(w, m, part(w, p), now)
        part(w, p).leaves = m.stroke + rig.strokes
        add_to_charge(w, m, p)
        m.last_charge = m.stroke
        touch(w, who)
        if rig.heat == 1:
            charged(w, m, now)
    if m.charge_n > 0 and (p != 0 or rig.gaps == 1 or m.pending != NOBODY):
        drop_ready(w, station(w, m.station), m)
        touch(w, who)
        stroke_s = rig.pace_s * rig.cycle_factor * m.age_cycle_time * ramp_up(w, m, rig, now)
        if rig.heat == 1:  # each part inside takes up its heat evenly over its strokes
            inside_charge(w, m, rig.strokes * stroke_s, now)
        begin_phase(w, who, WORK, stroke_s, NOBODY, now)
    return 1


@rule
def finish_stroke(w: World, who: Ref, now: float) -> None:
    """All places have moved on: what has reached the end leaves."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    m.phase = EMPTY
    m.stroke += 1
    p = m.charge_first
    if p != 0 and part(w, p).leaves <= m.stroke:
        m.charge_first = part(w, p).next
        if m.charge_first == 0:
            m.charge_last = 0
        m.charge_n -= 1
        part(w, p).finished_s = now
        m.planned_s += rig.pace_s * rig.cycle_factor * rig.charge_every
        pass_on(w, who, p, now)
        after_units(w, who, 1, now)
    else:
        next_stop(w, who, now)
        free_again(w, who, now)


# heat


@rule
def heat(w: World, who: Ref, seconds: float, now: float) -> None:
    """Heat up before anything moves again; at least as long as the heat-up broken off."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    m.owed_s = max(m.owed_s, seconds)
    if rig.heat == 1:
        cold = m.owed_s >= rig.heat_up_cold_s and rig.heat_up_cold_s > rig.heat_up_from_hold_s
        heats_up(w, m, 1 if cold else 0, now)
    if m.owed_s > 0.0 and m.off == 0 and m.stop == NOBODY and m.installing == 0:
        m.heating = at(w, now + m.owed_s, m.ends_order, HOT, who)
        see_held(m)
        withdraw(w, who)


@rule
def hot(w: World, who: Ref, tick: int, now: float) -> None:
    """The furnace has its temperature: go on."""
    m = machine(w, who)
    if tick != m.heating:
        return
    m.heating = 0
    see_held(m)
    m.owed_s = 0.0
    touch(w, who)
    carry_on(w, who, now)
    free_again(w, who, now)
