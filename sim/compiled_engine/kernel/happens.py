"""What happens next: from the kind of an event to its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    ARRIVAL,
    CALENDAR_DUE,
    CALLED,
    COMMISSION,
    DUTY_BEGINS,
    DUTY_ENDS,
    HEAD_RUNS,
    HOT,
    IDLE_ENOUGH,
    LOOK_AGAIN,
    OPERATING_DUE,
    PART_ARRIVES,
    SHIFT_CLOSES,
    SHIFT_OPENS,
    STARTED_UP,
    STOP_ENDS,
    STRETCH_ENDS,
    SWAP_DUE,
    WALKER_ARRIVES,
    YEAR,
)
from sim.compiled_engine.memory import Ref, rule
from sim.compiled_engine.records import World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.downtime import stop_ends
    from sim.compiled_engine.kernel.furnace import hot
    from sim.compiled_engine.kernel.heads import head_runs
    from sim.compiled_engine.kernel.lists import stir_at
    from sim.compiled_engine.kernel.machine import operating_due, stretch_ends
    from sim.compiled_engine.kernel.outlet import part_arrives
    from sim.compiled_engine.kernel.patrol import walker_arrives
    from sim.compiled_engine.kernel.people import duty_begins, duty_ends
    from sim.compiled_engine.kernel.renewal import commission, renewal_due
    from sim.compiled_engine.kernel.run import year_over
    from sim.compiled_engine.kernel.shifts import shift_closes, shift_opens
    from sim.compiled_engine.kernel.source import arrival
    from sim.compiled_engine.kernel.standby import idle_enough, started_up
    from sim.compiled_engine.kernel.stops import calendar_due, called


@rule
def happens(w: World, kind: int, who: Ref, tick: int, now: float) -> None:
    """Have an event happen."""
    if kind == STRETCH_ENDS:
        stretch_ends(w, who, tick, now)
    elif kind == OPERATING_DUE:
        operating_due(w, who, tick, now)
    elif kind == STOP_ENDS:
        stop_ends(w, who, tick, now)
    elif kind == PART_ARRIVES:
        part_arrives(w, who, now)
    elif kind == ARRIVAL:
        arrival(w, who, now)
    elif kind == WALKER_ARRIVES:
        walker_arrives(w, who, now)
    elif kind == HEAD_RUNS:
        head_runs(w, who, tick, now)
    elif kind == CALENDAR_DUE:
        calendar_due(w, who, tick, now)
    elif kind == CALLED:
        called(w, who, tick, now)
    else:
        happens_seldom(w, kind, who, tick, now)


@rule
def happens_seldom(w: World, kind: int, who: Ref, tick: int, now: float) -> None:
    """The same, for what is not on the way of every part."""
    if kind == SHIFT_OPENS:
        shift_opens(w, who, now)
    elif kind == SHIFT_CLOSES:
        shift_closes(w, who, now)
    elif kind == DUTY_BEGINS:
        duty_begins(w, who, now)
    elif kind == DUTY_ENDS:
        duty_ends(w, who, now)
    elif kind == IDLE_ENOUGH:
        idle_enough(w, who, tick)
    elif kind == STARTED_UP:
        started_up(w, who, tick)
    elif kind == HOT:
        hot(w, who, tick, now)
    elif kind == LOOK_AGAIN:
        stir_at(w, who)
    elif kind == SWAP_DUE:
        renewal_due(w, who, now)
    elif kind == COMMISSION:
        commission(w, who, now)
    elif kind == YEAR:
        year_over(w, now)
