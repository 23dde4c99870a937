"""Where parts come from: always one (saturated), arrivals, or a closed loop of pallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    ANY_PRODUCT,
    ARRIVAL,
    ARRIVALS,
    IN_TURN,
    MORE_ARRIVALS,
    NEVER,
    OWN_PRODUCT,
    SATURATED,
    TRACE_LOST,
)
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule, whole
from sim.compiled_engine.records import Feed, Line, Machine, Part, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.lists import forget_visits, free_part, new_part
    from sim.compiled_engine.kernel.station import accept, accepts_arrival
    from sim.compiled_engine.kernel.tally import change_plain

feed_at, line_at, station, part, machine = (
    pointer(Feed), pointer(Line), pointer(Station), pointer(Part), pointer(Machine),
)  # fmt: skip


@rule
def start_feed(w: World, who: Ref) -> None:
    """Arm the first arrival, mark the station as saturated, or put the pallets there."""
    f = feed_at(w, who)
    line = line_at(w, f.line)
    if f.way == SATURATED:
        s = station(w, f.to)
        if s.feed_first == 0:
            s.feed_first = who
        else:
            last = s.feed_first
            while feed_at(w, last).next_feed != 0:
                last = feed_at(w, last).next_feed
            feed_at(w, last).next_feed = who
    elif f.way == ARRIVALS:
        arm(w, who)
    else:
        for _n in range(f.pallets):
            p = new_of_mix(w, f, 0.0)
            part(w, p).home = who
            f.offered += 1
            come_to_line(w, who, line, p, 0.0)


# which product


@rule
def upcoming(w: World, who: Ref) -> int:
    """Return the product that a source gives next; ANY_PRODUCT when its count is used up."""
    f = feed_at(w, who)
    if f.limit >= 0 and f.made >= f.limit:
        return ANY_PRODUCT
    peek(w, f)
    return f.up_product


@rule
def upcoming_lot(w: World, who: Ref) -> int:
    """Return the lot of the part that a source gives next."""
    f = feed_at(w, who)
    peek(w, f)
    return f.up_lot


@rule
def peek(w: World, f: Feed) -> None:
    """Know the next part: its product, its lot, whether the lot has several parts."""
    if f.up_product != ANY_PRODUCT:
        return
    line = line_at(w, f.line)
    if f.mix_left == 0:
        f.mix_product = mixed(w, f, line)
        f.mix_left = f.quantity if f.mixes == OWN_PRODUCT else line.lot
        line.lots += 1
        f.mix_lot = line.lots
    f.mix_left -= 1
    f.up_product = f.mix_product
    f.up_lot = f.mix_lot
    size = f.quantity if f.mixes == OWN_PRODUCT else line.lot
    f.up_several = 1 if size > 1 else 0


@rule
def mixed(w: World, f: Feed, line: Line) -> int:
    """Return the product of the next lot."""
    if f.mixes == OWN_PRODUCT:
        return f.product
    if f.mixes == IN_TURN:
        product = whole(w, line.sequence, f.mix_at)
        f.mix_at = f.mix_at + 1 if f.mix_at + 1 < line.sequence_n else 0
        return product
    u = draw(w, f.mix)
    n = 0
    while n < line.shares_n - 1 and real(w, line.shares, n) <= u:
        n += 1
    return whole(w, line.sequence, n)


@rule
def new_of_mix(w: World, f: Feed, now: float) -> Ref:
    """Return the next part of a source."""
    peek(w, f)
    product = f.up_product
    f.up_product = ANY_PRODUCT
    return new_part(w, line_at(w, f.line), product, f.up_lot, f.up_several, now)


# when


@rule
def arm(w: World, who: Ref) -> None:
    """Wait for the next arrival, if there is one."""
    f = feed_at(w, who)
    f.armed = 0
    if f.limit >= 0 and f.made >= f.limit:
        return
    if f.next == f.arrivals_n:
        ask(w, MORE_ARRIVALS, who, 0.0)
    moment = real(w, f.times, f.next)
    if moment == NEVER:
        return
    f.arrives_product = whole(w, f.whats, f.next)
    f.arrives_many = whole(w, f.many, f.next)
    f.next += 1
    f.made += 1
    f.armed = 1
    at(w, moment, f.order, ARRIVAL, who)


@rule
def arrival(w: World, who: Ref, now: float) -> None:
    """Parts arrive."""
    f = feed_at(w, who)
    line = line_at(w, f.line)
    product = f.arrives_product
    many = f.arrives_many
    lot = 0
    if product != ANY_PRODUCT:
        line.lots += 1
        lot = line.lots
    for _n in range(many):
        if product == ANY_PRODUCT:
            p = new_of_mix(w, f, now)
        else:
            p = new_part(w, line, product, lot, 1 if many > 1 else 0, now)
        f.offered += 1
        if f.lose == 1 and accepts_arrival(w, f.to, p) == 0:
            f.lost += 1
            if w.traced == 1:
                w.trace_part = p
                ask(w, TRACE_LOST, f.to, now)
            free_part(w, p)
        else:
            come_to_line(w, who, line, p, now)
    arm(w, who)


@rule
def come_to_line(w: World, who: Ref, line: Line, p: Ref, now: float) -> None:
    """A part comes to the line: into the buffer, or it waits outside."""
    f = feed_at(w, who)
    change_plain(w, line.wip, 1, now)
    if accept(w, f.to, p, who, 1, now) == 0:
        part(w, p).next = 0
        if f.outside_last != 0:
            part(w, f.outside_last).next = p
        else:
            f.outside_first = p
        f.outside_last = p
        f.outside_n += 1


@rule
def take_from_outside(w: World, who: Ref) -> Ref:
    """Return the part that has waited outside longest; it comes in."""
    f = feed_at(w, who)
    p = f.outside_first
    f.outside_first = part(w, p).next
    if f.outside_first == 0:
        f.outside_last = 0
    f.outside_n -= 1
    return p


@rule
def take(w: World, who: Ref, now: float) -> Ref:
    """Return the next part of a saturated source."""
    f = feed_at(w, who)
    f.made += 1
    f.offered += 1
    change_plain(w, line_at(w, f.line).wip, 1, now)
    return new_of_mix(w, f, now)


@rule
def come_back(w: World, who: Ref, p: Ref, now: float) -> None:
    """A pallet has left the line: it comes in again at once, with a new life and perhaps another product."""
    f = feed_at(w, who)
    line = line_at(w, f.line)
    peek(w, f)
    pallet = part(w, p)
    pallet.product = f.up_product
    pallet.lot = f.up_lot
    pallet.of_lot = f.up_several
    f.up_product = ANY_PRODUCT
    pallet.born_s = now
    pallet.bad = 0
    pallet.fresh = 1
    forget_visits(w, line, pallet)
    if pallet.parent != 0:
        part(w, pallet.parent).refs -= 1
        if part(w, pallet.parent).refs == 0 and part(w, pallet.parent).gone == 1:
            free_part(w, pallet.parent)
        pallet.parent = 0
    f.offered += 1
    come_to_line(w, who, line, p, now)
