"""Who holds a part that waits for a place: a machine, or a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.memory import Ref, pointer, rule
from sim.compiled_engine.records import Feed, Machine, Node, Part, Rig, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.kinds import free_again
    from sim.compiled_engine.kernel.lists import touch
    from sim.compiled_engine.kernel.machine import place_is_kept
    from sim.compiled_engine.kernel.outlet import gone, hand_over, leave_for, take_first_out
    from sim.compiled_engine.kernel.source import take_from_outside

machine, feed_at, node, part, rig_at = (
    pointer(Machine), pointer(Feed), pointer(Node), pointer(Part), pointer(Rig),
)  # fmt: skip


@rule
def keeps(w: World, who: Ref) -> int:
    """Return whether a giver wants a place kept, to bring the part later; else it hands the part over at once."""
    n = node(w, who)
    return 0 if n.feed == 1 else machine(w, n.item).keeps


@rule
def may_give(w: World, who: Ref) -> int:
    """A failed machine keeps its blocked part, unless its failure says otherwise."""
    n = node(w, who)
    return 1 if n.feed == 1 else 1 - machine(w, n.item).holds


@rule
def offered_part(w: World, who: Ref) -> Ref:
    """Return the part that waits for a place."""
    n = node(w, who)
    return feed_at(w, n.item).outside_first if n.feed == 1 else offered_by(machine(w, n.item))


@rule
def offered_by(m: Machine) -> Ref:
    """Return the part of a machine that waits for a place."""
    return m.out_first if m.out_first != 0 else m.part


@rule
def give(w: World, item: Ref, feed: int, now: float) -> Ref:
    """Hand over the part that waits; :func:`gave` must follow."""
    if feed == 1:
        return take_from_outside(w, item)
    m = machine(w, item)
    who = take_first_out(w, m)
    gone(w, item, who, part(w, who).entered_s, now)
    return who


@rule
def gave(w: World, item: Ref, feed: int, now: float) -> None:
    """The part has arrived: a machine sends the next one, or is free. Each part outside asks by itself."""
    if feed == 0:
        touch(w, item)
        hand_over(w, item, now)
        free_again(w, item, now)


@rule
def place_kept(w: World, item: Ref, now: float) -> None:
    """A place is kept for the part that waited for one."""
    m = machine(w, item)
    if m.out_first == 0:
        m.keeps = 1 if rig_at(w, m.rig).transfer != 0 else 0
        place_is_kept(w, item, now)
        return
    who = take_first_out(w, m)
    leave_for(w, item, who, now)
    gave(w, item, 0, now)
