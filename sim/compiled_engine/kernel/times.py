"""How long a machine's phases take: draws by cause and product, age, learning after commissioning."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ANY_PRODUCT, BY_STAGE, BY_UNIT, NO_RAMP_UP, NOT_YET
from sim.compiled_engine.memory import pointer, put_real, real, rule, whole
from sim.compiled_engine.records import Line, Machine, Rig, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.draws import draw

line_at, rig_at = pointer(Line), pointer(Rig)
D = 86_400.0


@rule
def work_s(w: World, m: Machine, product: int, now: float) -> float:
    """Return the time of one cycle as things stand: product, age, ramp-up."""
    rig = rig_at(w, m.rig)
    if rig.drawn_any == 1:
        drawn = real(w, rig.drawn_work, product)
        if drawn >= 0.0:
            put_real(w, rig.drawn_work, product, NOT_YET)
            return drawn
    return draw_work_s(w, m, rig, product, now)


@rule
def draw_work_s(w: World, m: Machine, rig: Rig, product: int, now: float) -> float:
    """Draw the time of one cycle."""
    takes_s = draw(w, whole(w, rig.cycles, product)) * (rig.cycle_factor * m.age_cycle_time)
    if rig.ramp_up != NO_RAMP_UP:
        takes_s *= ramp_up(w, m, rig, now)
    return takes_s


@rule
def ramp_up(w: World, m: Machine, rig: Rig, now: float) -> float:
    """Return what learning makes of the next cycle time, see sim.ageing.learning."""
    if rig.ramp_up == NO_RAMP_UP or m.commissioned_s < 0.0:
        return 1.0
    m.made += 1
    if rig.ramp_up == BY_UNIT:
        return real(w, rig.ramp, m.made - 1) if m.made <= rig.ramp_n else 1.0
    days = (now - m.commissioned_s) / D
    if rig.ramp_up == BY_STAGE:
        for n in range(rig.ramp_n):
            if days < real(w, rig.ramp_ends, n):
                return 1.0 / real(w, rig.ramp, n)
        return 1.0
    return 1.0 / (1.0 - (1.0 - real(w, rig.ramp, 0)) * math.exp(-days / real(w, rig.ramp, 1)))


@rule
def setup_s(w: World, m: Machine, product: int) -> float:
    """Return the time of the setup to a product; none for the first."""
    before = m.setup_for
    if before == ANY_PRODUCT or before == product:
        return 0.0
    rig = rig_at(w, m.rig)
    change = before * line_at(w, m.line).products_n + product
    if rig.drawn_any == 1:
        drawn = real(w, rig.drawn_setup, change)
        if drawn >= 0.0:
            put_real(w, rig.drawn_setup, change, NOT_YET)
            return drawn
    return draw_setup_s(w, rig, change)


@rule
def draw_setup_s(w: World, rig: Rig, change: int) -> float:
    """Draw the time of a setup."""
    stream = whole(w, rig.setups, change)
    return draw(w, stream) if stream != 0 else 0.0


@rule
def beforehand_s(w: World, m: Machine, product: int, now: float) -> float:
    """Return what setup and work on a part will take if it is taken; drawn once, and kept for it."""
    rig = rig_at(w, m.rig)
    rig.drawn_any = 1
    if real(w, rig.drawn_work, product) < 0.0:
        put_real(w, rig.drawn_work, product, draw_work_s(w, m, rig, product, now))
    takes_s = real(w, rig.drawn_work, product)
    before = m.setup_for
    if before == ANY_PRODUCT or before == product:
        return takes_s + 0.0
    change = before * line_at(w, m.line).products_n + product
    if real(w, rig.drawn_setup, change) < 0.0:
        put_real(w, rig.drawn_setup, change, draw_setup_s(w, rig, change))
    return takes_s + real(w, rig.drawn_setup, change)
