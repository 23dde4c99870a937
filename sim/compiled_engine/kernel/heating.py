"""Heat of one furnace or batch machine as it runs: walls by state, the load while it is inside, heat-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.memory import pointer, real, rule
from sim.compiled_engine.records import Machine, Part, Rig, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.account import rerate, use

part, rig_at = pointer(Part), pointer(Rig)
H = 3600.0


@rule
def inside_charge(w: World, m: Machine, inside_s: float, now: float) -> None:
    """The parts of the charge are inside: each draws its heat evenly over its working time there."""
    rig = rig_at(w, m.rig)
    load_per_h = 0.0
    if inside_s > 0.0:
        p = m.charge_first
        while p != 0:
            load_per_h += real(w, rig.heat_per_part, part(w, p).product) * H / inside_s
            p = part(w, p).next
    if load_per_h != m.load_per_h:
        m.load_per_h = load_per_h
        rerate(w, m, now)


@rule
def charged(w: World, m: Machine, now: float) -> None:
    """The door was open."""
    rig = rig_at(w, m.rig)
    if rig.heat_per_charge != 0.0:
        use(w, m, rig.heat_carrier, rig.heat_per_charge, now)


@rule
def heats_up(w: World, m: Machine, cold: int, now: float) -> None:
    """A heat-up begins."""
    rig = rig_at(w, m.rig)
    m.heat_up_per_h = rig.heat_up_cold_per_h if cold == 1 else rig.heat_up_from_hold_per_h
    rerate(w, m, now)
