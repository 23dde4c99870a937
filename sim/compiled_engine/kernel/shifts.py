"""Working windows: machines pause at their end, or finish what they have begun, and go on with the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ANY_PRODUCT, FIT, MORE_WINDOWS, NEVER, NOBODY, SHIFT_CLOSES, SHIFT_OPENS
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule, whole
from sim.compiled_engine.records import Machine, Rig, Shift, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.kinds import shift_begins
    from sim.compiled_engine.kernel.machine import shift_ends
    from sim.compiled_engine.kernel.station import next_product
    from sim.compiled_engine.kernel.times import beforehand_s

machine, shift_at, rig_at = pointer(Machine), pointer(Shift), pointer(Rig)


@rule
def next_window(w: World, who: Ref) -> None:
    """Read the next window of a shift."""
    shift = shift_at(w, who)
    if shift.next == shift.windows_n:
        ask(w, MORE_WINDOWS, who, 0.0)
    shift.opens_s = real(w, shift.windows, 2 * shift.next)
    shift.closes_s = real(w, shift.windows, 2 * shift.next + 1)
    shift.next += 1


@rule
def begin_shift(w: World, who: Ref) -> None:
    """Start with the run."""
    shift = shift_at(w, who)
    for n in range(shift.machines_n):
        machine(w, whole(w, shift.machines, n)).shift = who
    next_window(w, who)
    if shift.opens_s > 0.0:
        for n in range(shift.machines_n):
            shift_ends(w, whole(w, shift.machines, n), 0.0)
        at(w, shift.opens_s, shift.opens_order, SHIFT_OPENS, who)
    else:
        at(w, shift.closes_s, shift.closes_order, SHIFT_CLOSES, who)


@rule
def may_start(w: World, m: Machine, now: float) -> int:
    """Return whether the shift allows that the next part is started: not too late; ``fit``: only what ends in time."""
    rig = rig_at(w, m.rig)
    if rig.chooses == 0 or m.shift == NOBODY:
        return 1
    closes_s = shift_at(w, m.shift).closes_s
    if rig.no_start_within_s > 0.0 and closes_s - now < rig.no_start_within_s:
        return 0
    product = next_product(w, m.station)
    if rig.shift_end != FIT or product == ANY_PRODUCT:
        return 1
    return 1 if now + beforehand_s(w, m, product, now) <= closes_s else 0


@rule
def shift_opens(w: World, who: Ref, now: float) -> None:
    """A window opens: people go on in the order of asking."""
    shift = shift_at(w, who)
    turn = -1.0
    left = shift.machines_n
    while left > 0:  # those with the same turn in file order
        following = NEVER
        for n in range(shift.machines_n):
            m = machine(w, whole(w, shift.machines, n))
            if turn < m.turn < following:
                following = m.turn
        for n in range(shift.machines_n):
            if machine(w, whole(w, shift.machines, n)).turn == following:
                shift_begins(w, whole(w, shift.machines, n), now)
                left -= 1
        turn = following
    at(w, shift.closes_s, shift.closes_order, SHIFT_CLOSES, who)


@rule
def shift_closes(w: World, who: Ref, now: float) -> None:
    """A window closes."""
    shift = shift_at(w, who)
    for n in range(shift.machines_n):
        shift_ends(w, whole(w, shift.machines, n), now)
    next_window(w, who)
    if shift.opens_s < NEVER:
        at(w, shift.opens_s, shift.opens_order, SHIFT_OPENS, who)
