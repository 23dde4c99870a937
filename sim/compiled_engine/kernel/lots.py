"""Stations where parts become other parts: assembly, splitting a part into pieces, joining the pieces of a lot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import ANY_PRODUCT, EMPTY, NOBODY
from sim.compiled_engine.memory import Ref, pointer, put_whole, real, rule, whole
from sim.compiled_engine.records import QUEUE, Feed, Line, Machine, Node, Part, Queue, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.givers import keeps, may_give, offered_part
    from sim.compiled_engine.kernel.line import split
    from sim.compiled_engine.kernel.lists import drop_ready, free_part, touch
    from sim.compiled_engine.kernel.machine import after_units, place
    from sim.compiled_engine.kernel.outlet import pass_on
    from sim.compiled_engine.kernel.shifts import may_start
    from sim.compiled_engine.kernel.source import take, upcoming
    from sim.compiled_engine.kernel.station import (
        come_in,
        from_hand,
        out_of_buffer,
        refill_behind,
        saturated,
        take_in,
    )
    from sim.compiled_engine.kernel.tally import change, change_plain

station, machine, part, queue, node, rig_at, line_at, feed_at = (
    pointer(Station), pointer(Machine), pointer(Part), pointer(Queue), pointer(Node), pointer(Rig), pointer(Line),
    pointer(Feed),
)  # fmt: skip
PLENTY = 1 << 40

# assembly


@rule
def kit_queue(w: World, s: Station, product: int) -> Queue:
    """Return the queue of a product in front of an assembly."""
    return queue(w, s.queues + whole(w, s.rank, product) * QUEUE)


@rule
def assembly_has_room(w: World, where: Ref, product: int) -> int:
    """Return whether a product has a place in front."""
    s = station(w, where)
    return 1 if kit_queue(w, s, product).n + kept_of(w, s, product) < real(w, s.places, product) else 0


@rule
def kept_of(w: World, s: Station, product: int) -> int:
    """Return for how many parts of a product a place is kept."""
    many = 0
    who = s.kept_first
    while who != 0:
        many += 1 if part(w, who).product == product else 0
        who = part(w, who).kept_next
    return many


@rule
def hands_over(w: World, giver: Ref, product: int) -> int:
    """Return whether somebody who waits has a part of a product to hand over."""
    if keeps(w, giver) == 1 or may_give(w, giver) == 0:
        return 0
    return 1 if part(w, offered_part(w, giver)).product == product else 0


@rule
def feed_left(w: World, who: Ref) -> int:
    """Return how many parts a saturated source will give yet."""
    f = feed_at(w, who)
    return PLENTY if f.limit < 0 else f.limit - f.made


@rule
def gives_only(w: World, who: Ref, product: int) -> int:
    """Return whether a source gives this product and no other."""
    f = feed_at(w, who)
    return 1 if f.products_n == 1 and whole(w, f.products, product) == 1 else 0


@rule
def kit_parts(w: World, where: Ref, product: int) -> int:
    """Return how many parts of a product an assembly finds."""
    s = station(w, where)
    there = kit_queue(w, s, product).n
    giver = s.waiting_first
    while giver != 0:
        there += hands_over(w, giver, product)
        giver = node(w, giver).next
    feed = s.feed_first
    while feed != 0:
        if gives_only(w, feed, product) == 1:
            there += feed_left(w, feed)
        feed = feed_at(w, feed).next_feed
    return there


@rule
def enough_kits(w: World, where: Ref, kits: int) -> int:
    """Return whether so many kits wait."""
    s = station(w, where)
    for n in range(s.inputs_n):
        product = whole(w, s.inputs, n)
        if kit_parts(w, where, product) < kits * whole(w, s.needed, product):
            return 0
    return 1


@rule
def has_kit(w: World, where: Ref) -> int:
    """Return whether all that is needed is there."""
    return enough_kits(w, where, 1)


@rule
def lacks_of(w: World, where: Ref, who: Ref) -> int:
    """Return whether a product that a source may give is missing for a kit."""
    s = station(w, where)
    f = feed_at(w, who)
    for n in range(s.inputs_n):
        product = whole(w, s.inputs, n)
        if whole(w, f.products, product) == 1 and kit_parts(w, where, product) < whole(w, s.needed, product):
            return 1
    return 0


@rule
def feed_kits(w: World, where: Ref, now: float) -> None:
    """Let saturated sources of several products give, in their order, until their share of a kit is there."""
    s = station(w, where)
    who = s.feed_first
    while who != 0:
        while feed_at(w, who).products_n > 1 and lacks_of(w, where, who) == 1:
            product = upcoming(w, who)
            if product == ANY_PRODUCT:
                break
            if kit_queue(w, s, product).n >= max(real(w, s.places, product), float(whole(w, s.needed, product))):
                break
            come_in(w, where, take(w, who, now), now)
        who = feed_at(w, who).next_feed


@rule
def take_for_kit(w: World, where: Ref, product: int, now: float) -> Ref:
    """Return a part of a product: from the buffer, from who waits, or from a source."""
    s = station(w, where)
    p = kit_queue(w, s, product).first
    if p != 0:
        out_of_buffer(w, where, p, now)
        if s.waiting_n > 0:
            refill_behind(w, where, p, now)
        return p
    giver = s.waiting_first
    while giver != 0:
        if hands_over(w, giver, product) == 1:
            return from_hand(w, where, giver, now)
        giver = node(w, giver).next
    feed = s.feed_first
    while gives_only(w, feed, product) == 0 or feed_left(w, feed) == 0:
        feed = feed_at(w, feed).next_feed
    p = take(w, feed, now)
    take_in(w, s, p, now)
    return p


@rule
def load_kit(w: World, who: Ref, now: float) -> int:
    """Take a kit and begin."""
    m = machine(w, who)
    where = m.station
    s = station(w, where)
    if s.feed_first != 0:
        feed_kits(w, where, now)
    if has_kit(w, where) == 0:
        return 0
    if may_start(w, m, now) == 0:
        return 1
    first = 0
    bad = 0
    home = 0
    many = 0
    gone = 0
    for n in range(s.inputs_n):
        product = whole(w, s.inputs, n)
        for _k in range(whole(w, s.needed, product)):
            p = take_for_kit(w, where, product, now)
            bad = max(bad, part(w, p).bad)
            if home == 0:
                home = part(w, p).home
            many += 1
            if first == 0:
                first = p
            else:
                part(w, p).next = gone
                gone = p
    merge(w, s, many, now)
    while gone != 0:
        after = part(w, gone).next
        free_part(w, gone)
        gone = after
    p = first
    part(w, p).bad = bad
    part(w, p).home = home
    output = rig_at(w, m.rig).output
    if output != ANY_PRODUCT:
        part(w, p).product = output
    drop_ready(w, s, m)
    touch(w, who)
    place(w, who, p, now)
    return 1


@rule
def merge(w: World, s: Station, many: int, now: float) -> None:
    """So many parts at a station are one from now on."""
    line = line_at(w, s.line)
    change(w, s.number, 1 - many, now)
    change_plain(w, line.wip, 1 - many, now)
    line.merged += many - 1


# joining


@rule
def same_lot(w: World, p: Ref, q: Ref) -> int:
    """Return whether two parts may be joined: of one lot, or of one product where each is a lot of its own."""
    a, b = part(w, p), part(w, q)
    if a.of_lot == 1 or b.of_lot == 1:
        return 1 if a.of_lot == b.of_lot and a.lot == b.lot else 0
    return 1 if a.product == b.product else 0


@rule
def complete(w: World, where: Ref, pieces: int) -> Ref:
    """Return the last piece of the first lot that is complete; 0 if there is none."""
    s = station(w, where)
    for n in range(s.queues_n):
        p = queue(w, s.queues + n * QUEUE).first
        while p != 0:
            if pieces_up_to(w, s, n, p) == pieces:
                return p
            p = part(w, p).next
    return 0


@rule
def pieces_up_to(w: World, s: Station, last_queue: int, p: Ref) -> int:
    """Return how many pieces of a part's lot stand in front, up to the part."""
    many = 1
    for n in range(last_queue + 1):
        q = queue(w, s.queues + n * QUEUE).first
        while q != 0 and q != p:
            many += same_lot(w, q, p)
            q = part(w, q).next
    return many


@rule
def has_lot(w: World, where: Ref) -> int:
    """Return whether a lot is complete."""
    s = station(w, where)
    feed = saturated(w, where)
    if feed != 0 and not 1 < feed_at(w, feed).lot_size < s.pieces:
        return 1
    return 1 if complete(w, where, s.pieces) != 0 else 0


@rule
def feed_lot(w: World, where: Ref, pieces: int, now: float) -> None:
    """Let a saturated source give until a lot is complete."""
    feed = saturated(w, where)
    while feed != 0 and complete(w, where, pieces) == 0:
        if 1 < feed_at(w, feed).lot_size < pieces:
            return  # none of its lots would ever be complete
        come_in(w, where, take(w, feed, now), now)
        feed = saturated(w, where)


@rule
def pick(w: World, where: Ref, last: Ref, pieces: int, now: float) -> Ref:
    """Take the pieces of a lot out of the buffer; return the first one, each knowing the next."""
    s = station(w, where)
    first = 0
    tail = 0
    left = pieces
    for n in range(s.queues_n):
        p = queue(w, s.queues + n * QUEUE).first
        while p != 0 and left > 0:
            after = part(w, p).next
            if p == last or same_lot(w, p, last) == 1:
                out_of_buffer(w, where, p, now)
                part(w, p).next = 0
                if first == 0:
                    first = p
                else:
                    part(w, tail).next = p
                tail = p
                left -= 1
            p = after
    return first


@rule
def load_join(w: World, who: Ref, now: float) -> int:
    """Take the pieces of a complete lot and begin."""
    m = machine(w, who)
    where = m.station
    s = station(w, where)
    pieces = rig_at(w, m.rig).pieces
    if s.feed_first != 0:
        feed_lot(w, where, pieces, now)
    last = complete(w, where, pieces)
    if last == 0:
        return 0
    if may_start(w, m, now) == 0:
        return 1
    first = pick(w, where, last, pieces, now)
    if s.waiting_n > 0:
        refill_behind(w, where, first, now)
    p = joined(w, m, first, pieces, now)
    drop_ready(w, s, m)
    touch(w, who)
    place(w, who, p, now)
    return 1


@rule
def joined(w: World, m: Machine, first: Ref, pieces: int, now: float) -> Ref:
    """Return what the pieces become: the part they were split from if all are there, else the first of them."""
    s = station(w, m.station)
    line = line_at(w, m.line)
    bad = 0
    home = NOBODY
    p = first
    while p != 0:
        bad = max(bad, part(w, p).bad)
        if home == NOBODY:
            home = part(w, p).home
        p = part(w, p).next
    merge(w, s, pieces, now)
    whole_part = part(w, first).parent
    made = first
    rest = part(w, first).next
    if whole_part != 0 and part(w, first).pieces == pieces:
        made = whole_part
        of, piece = part(w, whole_part), part(w, first)
        of.entered_s = piece.entered_s
        of.gone = 0
        if line.loops == 1:
            for n in range(line.stations_n):
                put_whole(w, of.visits, n, whole(w, piece.visits, n))
        rest = first
    elif whole_part != 0:
        become_of(w, first, whole_part)
    while rest != 0:
        after = part(w, rest).next
        free_part(w, rest)
        rest = after
    part(w, made).bad = bad
    part(w, made).home = home
    output = rig_at(w, m.rig).output
    if output != ANY_PRODUCT:
        part(w, made).product = output
    return made


@rule
def become_of(w: World, first: Ref, whole_part: Ref) -> None:
    """A piece takes the lot and the origin of the part it was split from."""
    piece, of = part(w, first), part(w, whole_part)
    piece.lot = of.lot
    piece.of_lot = of.of_lot
    piece.parent = of.parent
    piece.pieces = of.pieces
    if of.parent != 0:
        part(w, of.parent).refs += 1
    of.refs -= 1
    if of.refs == 0 and of.gone == 1:
        free_part(w, whole_part)


# splitting


@rule
def over_split(w: World, who: Ref, now: float) -> None:
    """A part has become several: they go on."""
    m = machine(w, who)
    p = m.part
    m.part = 0
    m.phase = EMPTY
    rig = rig_at(w, m.rig)
    product = part(w, p).product
    if rig.output != ANY_PRODUCT:
        product = rig.output
    piece = split(w, line_at(w, m.line), p, rig.pieces, product, now)
    change(w, station(w, m.station).number, rig.pieces - 1, now)
    while piece != 0:
        after = part(w, piece).next
        pass_on(w, who, piece, now)
        piece = after
    after_units(w, who, 1, now)
