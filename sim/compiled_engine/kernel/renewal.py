"""A machine is renewed: it takes no more parts, leaves when it is empty, is installed, starts as new equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ANY_PRODUCT, COMMISSION, FIT_OUT, NOBODY
from sim.compiled_engine.memory import Ref, ask, pointer, rule
from sim.compiled_engine.records import Machine, Rig, Station, Swap, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.account import rerate
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.downtime import clear_stops
    from sim.compiled_engine.kernel.furnace import heat
    from sim.compiled_engine.kernel.kinds import free_again, has_strokes, is_empty, see_held
    from sim.compiled_engine.kernel.lists import drop_sleeper, touch, withdraw
    from sim.compiled_engine.kernel.machine import offer
    from sim.compiled_engine.kernel.stops import silence, start_clocks

machine, swap_at, rig_at, station = pointer(Machine), pointer(Swap), pointer(Rig), pointer(Station)
LONG_AGO = -(10**9)


@rule
def renewal_due(w: World, which: Ref, now: float) -> None:
    """The planned moment: take no more parts, leave when empty."""
    who = swap_at(w, which).machine
    m = machine(w, who)
    m.pending = which
    see_held(m)
    withdraw(w, who)
    if is_empty(w, m) == 1 and m.installing == 0:
        leave_for_good(w, who, now)
    else:
        offer(w, who)  # a furnace between two strokes goes on until it is empty


@rule
def leave_for_good(w: World, who: Ref, now: float) -> None:
    """The old machine goes; installation begins."""
    m = machine(w, who)
    which = m.pending
    swap = swap_at(w, which)
    m.pending = NOBODY
    m.installing = 1
    see_held(m)
    withdraw(w, who)
    drop_sleeper(w, station(w, m.station), m)
    silence(w, who, now)
    clear_stops(w, who, now)
    w.swaps_left += 1
    swap.left_s = now
    swap.left_turn = w.swaps_left
    at(w, now + swap.install_s, m.ends_order, COMMISSION, which)


@rule
def commission(w: World, which: Ref, now: float) -> None:
    """New equipment starts: its clocks at zero, its ramp-up before it."""
    swap = swap_at(w, which)
    who = swap.machine
    m = machine(w, who)
    m.installing = 0
    m.heating = 0
    see_held(m)
    m.owed_s = 0.0
    m.rig = swap.rig
    m.operated_s = 0.0
    m.setup_for = ANY_PRODUCT
    m.at_start_y = 0
    m.now_y = 0
    m.commissioned_s = now
    touch(w, who)
    ask(w, FIT_OUT, who, now)
    fit_out(w, who, now)
    m.owes_return = 0
    see_held(m)
    if has_strokes(m) == 1:
        m.stroke = 0
        m.last_charge = LONG_AGO
        heat(w, who, rig_at(w, m.rig).heat_up_cold_s, now)
    free_again(w, who, now)  # leaves again at once if the next renewal came due meanwhile
    following = m.follow
    m.follow = NOBODY
    while following != NOBODY:
        after = swap_at(w, following).next
        renewal_due(w, following, now)
        following = after


@rule
def fit_out(w: World, who: Ref, now: float) -> None:
    """Put the rig in force: clocks, draws, rates."""
    m = machine(w, who)
    rig = rig_at(w, m.rig)
    m.made = 0
    m.keeps = 1 if rig.transfer != NOBODY else 0
    start_clocks(w, who, now)
    m.down = -1
    see_held(m)
    m.starting = 0
    m.idle = 0
    m.starts = 0
    m.load_per_h = 0.0
    m.heat_up_per_h = 0.0
    rerate(w, m, now)
    m.cost_per_h = rig.cost_per_h
