"""A station: a buffer, the machines behind it, and how parts move in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import (
    ANY_PRODUCT,
    ASSEMBLY,
    IN_ORDER,
    JOIN,
    LIFO,
    LONGEST_IDLE,
    LOOK_AGAIN,
    NEVER,
    RETURNS_FIRST,
)
from sim.compiled_engine.memory import Ref, pointer, put_whole, real, rule, whole
from sim.compiled_engine.records import (
    MACHINE,
    QUEUE,
    WAY,
    Feed,
    Line,
    Machine,
    Node,
    Part,
    Queue,
    Rig,
    Station,
    Way,
    World,
)

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.givers import gave, give, keeps, may_give, offered_part, place_kept
    from sim.compiled_engine.kernel.kinds import load, takes_at_once
    from sim.compiled_engine.kernel.line import stir
    from sim.compiled_engine.kernel.lists import add_kept, append, drop_kept, take_out, wait_at, wait_no_more
    from sim.compiled_engine.kernel.lots import assembly_has_room, enough_kits, has_kit, has_lot
    from sim.compiled_engine.kernel.source import take, upcoming, upcoming_lot
    from sim.compiled_engine.kernel.standby import wake_sleepers
    from sim.compiled_engine.kernel.tally import change

station, machine, part, queue, node, line_at, rig_at, way_at, feed_at = (
    pointer(Station), pointer(Machine), pointer(Part), pointer(Queue), pointer(Node), pointer(Line), pointer(Rig),
    pointer(Way), pointer(Feed),
)  # fmt: skip

# parts come in


@rule
def accept(w: World, where: Ref, who: Ref, giver: Ref, feed: int, now: float) -> int:
    """Take the part into the buffer, or note who waits for a place; return whether it went in."""
    s = station(w, where)
    if s.ready_n > 0 or s.sleeper_first != 0:
        stir(w, s)
    if room_for(w, where, who) == 1:
        come_in(w, where, who, now)
        return 1
    wait_at(w, s, giver, feed)
    return 0


@rule
def room_for(w: World, where: Ref, who: Ref) -> int:
    """Return whether the buffer has a place for the part."""
    s = station(w, where)
    if s.plain == 1:
        return 1 if s.queue_n + s.coming < s.buffer else 0
    if s.one_lot == 1 and clear_for(w, s, part(w, who).lot) == 0:
        return 0
    if s.kind == ASSEMBLY:
        return assembly_has_room(w, where, part(w, who).product)
    return 1 if s.queue_n + s.coming < s.buffer else 0


@rule
def keep_place(w: World, where: Ref, who: Ref, giver: Ref) -> int:
    """Keep a place, or a ready machine, for a part that comes later; else note who waits for one."""
    s = station(w, where)
    if place_to_keep(w, where, who) == 1 and keepers_wait(w, s) == 0:
        add_kept(w, s, where, who)
        return 1
    wait_at(w, s, giver, 0)
    stir(w, s)
    return 0


@rule
def keepers_wait(w: World, s: Station) -> int:
    """Return whether anybody who may give waits for a place to be kept."""
    who = s.waiting_first
    while who != 0:
        if keeps(w, who) == 1 and may_give(w, who) == 1:
            return 1
        who = node(w, who).next
    return 0


@rule
def keepers_at_all(w: World, s: Station) -> int:
    """Return whether anybody waits for a place to be kept."""
    who = s.waiting_first
    while who != 0:
        if keeps(w, who) == 1:
            return 1
        who = node(w, who).next
    return 0


@rule
def place_to_keep(w: World, where: Ref, who: Ref) -> int:
    """Return whether a place can be kept for the part."""
    s = station(w, where)
    if s.kind == ASSEMBLY:
        return room_for(w, where, who)
    if s.one_lot == 1 and clear_for(w, s, part(w, who).lot) == 0:
        return 0
    taking = 1 if s.taking != 0 else 0
    return 1 if s.queue_n + s.coming < s.buffer + s.ready_n - taking else 0


@rule
def takes_kept(w: World, where: Ref) -> int:
    """Return whether a part finds the place that was kept for it: a machine may have failed meanwhile."""
    s = station(w, where)
    return 1 if s.queue_n < s.buffer + s.ready_n else 0


@rule
def arrive(w: World, where: Ref, who: Ref, now: float) -> None:
    """A part comes for which a place was kept."""
    keep_no_more(w, where, who)
    come_in(w, where, who, now)


@rule
def keep_no_more(w: World, where: Ref, who: Ref) -> None:
    """No place is kept for a part any longer."""
    s = station(w, where)
    drop_kept(w, s, who)
    stir(w, s)


@rule
def come_in(w: World, where: Ref, who: Ref, now: float) -> None:
    """A part enters the buffer."""
    s = station(w, where)
    take_in(w, s, who, now)
    append(w, queue(w, s.queues + queue_number(w, s, who) * QUEUE), who)
    s.queue_n += 1
    if s.starts_late == 1:
        look_again(w, where, now)


@rule
def queue_number(w: World, s: Station, who: Ref) -> int:
    """Return in which of the queues of a station a part stands: by rank, or by product."""
    if s.queues_n == 1:
        return 0
    p = part(w, who)
    n = whole(w, s.rank, p.product)
    if s.queue == RETURNS_FIRST and (line_at(w, s.line).loops == 0 or whole(w, p.visits, s.index) < 2):
        return n + s.queues_n // 2
    return n


@rule
def first_queue(w: World, s: Station) -> int:
    """Return the first queue in which a part stands; there is one."""
    n = 0
    while queue(w, s.queues + n * QUEUE).n == 0:
        n += 1
    return n


@rule
def next_in_queue(w: World, s: Station) -> Ref:
    """Return the part in the buffer that goes first; there is one."""
    q = queue(w, s.queues + first_queue(w, s) * QUEUE)
    return q.last if s.queue == LIFO else q.first


@rule
def take_in(w: World, s: Station, who: Ref, now: float) -> None:
    """A part is here from now on, in the buffer or on a machine."""
    p = part(w, who)
    p.entered_s = now
    if line_at(w, s.line).loops == 1:
        put_whole(w, p.visits, s.index, whole(w, p.visits, s.index) + 1)
    change(w, s.number, 1, now)


@rule
def look_again(w: World, where: Ref, now: float) -> None:
    """Have a charge started when the part that entered now has waited longest."""
    s = station(w, where)
    first = machine(w, s.machines)
    for n in range(s.machines_n):
        wait_s = rig_at(w, machine(w, s.machines + n * MACHINE).rig).max_wait_s
        seen = 0
        for k in range(n):
            if rig_at(w, machine(w, s.machines + k * MACHINE).rig).max_wait_s == wait_s:
                seen = 1
        if seen == 0 and wait_s < NEVER:
            at(w, now + wait_s, first.stops_order, LOOK_AGAIN, where)


@rule
def accepts_arrival(w: World, where: Ref, who: Ref) -> int:
    """Return whether an arriving part finds a place in the buffer or a machine that takes it at once."""
    s = station(w, where)
    p = part(w, who)
    if s.kind == ASSEMBLY:
        ahead = 0
        n = s.waiting_first
        while n != 0:
            if may_give(w, n) == 1 and part(w, offered_part(w, n)).product == p.product:
                ahead += 1
            n = node(w, n).next
        here = queue(w, s.queues + whole(w, s.rank, p.product) * QUEUE).n
        return 1 if here + ahead < real(w, s.places, p.product) else 0
    if s.one_lot == 1 and clear_for(w, s, p.lot) == 0:
        return 0
    at_once = 0
    m = s.ready_first
    while m != 0:
        at_once += takes_at_once(w, machine(w, m))
        m = machine(w, m).ready_next
    before_it = s.queue_n + s.coming
    n = s.waiting_first
    while n != 0:
        before_it += may_give(w, n)
        n = node(w, n).next
    return 1 if before_it < s.buffer + at_once else 0


@rule
def clear_for(w: World, s: Station, lot: int) -> int:
    """Line clearance: return whether only parts of this lot are here."""
    for n in range(s.queues_n):
        who = queue(w, s.queues + n * QUEUE).first
        while who != 0:
            if part(w, who).lot != lot:
                return 0
            who = part(w, who).next
    for n in range(s.machines_n):
        if others_on(w, machine(w, s.machines + n * MACHINE), lot) == 1:
            return 0
    who = s.kept_first
    while who != 0:
        if part(w, who).lot != lot:
            return 0
        who = part(w, who).kept_next
    return 0 if s.taking != 0 and part(w, s.taking).lot != lot else 1


@rule
def others_on(w: World, m: Machine, lot: int) -> int:
    """Return whether a machine holds a part of another lot."""
    if m.part != 0 and part(w, m.part).lot != lot:
        return 1
    who = m.charge_first
    while who != 0:
        if part(w, who).lot != lot:
            return 1
        who = part(w, who).next
    who = m.out_first
    while who != 0:
        if part(w, who).lot != lot:
            return 1
        who = part(w, who).next
    return 0


# machines take parts


@rule
def pull(w: World, where: Ref, now: float) -> None:
    """Step 4 of an instant: ready machines take parts, then places are filled from behind."""
    s = station(w, where)
    if s.ready_n > 0:
        if s.choose == LONGEST_IDLE or (s.ready_n == 1 and s.choose == IN_ORDER):
            by_idleness(w, where, now)
        else:
            by_choice(w, where, now)
    if s.waiting_n > 0:
        waited = s.waiting_n
        refill(w, where, now)
        if s.ready_n > 0 and s.waiting_n < waited:
            stir(w, s)  # what came in may make a charge, or a lot, complete
    if s.sleeper_first != 0:
        wake_sleepers(w, where, now)


@rule
def by_idleness(w: World, where: Ref, now: float) -> None:
    """Let those that are ready now take parts, longest idle first."""
    s = station(w, where)
    if s.ready_n == 1:
        load(w, s.ready_first, now)
        return
    many = s.ready_n
    who = s.ready_first
    for n in range(many):
        put_whole(w, s.snapshot, n, who)
        who = machine(w, who).ready_next
    let_load(w, where, many, 0, now)


@rule
def let_load(w: World, where: Ref, many: int, passed: int, now: float) -> None:
    """Let the machines of the snapshot take parts, until one finds none; see :func:`let_one_load`."""
    s = station(w, where)
    for n in range(many):
        passed = let_one_load(w, where, whole(w, s.snapshot, n), passed, now)
        if passed < 0:
            return


@rule
def let_one_load(w: World, where: Ref, who: Ref, passed: int, now: float) -> int:
    """Let a machine take a part; return whether one has left the first part to others by now, -1 if none finds one.

    ``passed`` is the same before. After a machine has left the first part, another one may take what comes next.
    """
    if load(w, who, now) == 0:
        return -1
    if machine(w, who).is_ready == 1:
        return 1
    if passed == 1:
        stir(w, station(w, where))
    return passed


@rule
def by_choice(w: World, where: Ref, now: float) -> None:
    """Let those that are ready now take parts: in file order, or at random as long as there are parts."""
    s = station(w, where)
    many = 0
    for n in range(s.machines_n):
        if machine(w, s.machines + n * MACHINE).is_ready == 1:
            put_whole(w, s.snapshot, many, s.machines + n * MACHINE)
            many += 1
    if s.choose == IN_ORDER:
        let_load(w, where, many, 0, now)
        return
    passed = 0
    while many > 0:
        chosen = 0
        if has_part(w, where) == 1:
            if many > 1:
                chosen = int(draw(w, s.chance) * many)
            who = whole(w, s.snapshot, chosen)
            many -= 1
            for n in range(chosen, many):
                put_whole(w, s.snapshot, n, whole(w, s.snapshot, n + 1))
        else:  # what moves by strokes goes on without a part
            let_load(w, where, many, passed, now)
            return
        passed = let_one_load(w, where, who, passed, now)
        if passed < 0:
            return


@rule
def has_part(w: World, where: Ref) -> int:
    """Return whether a machine would find a part."""
    s = station(w, where)
    if s.kind == ASSEMBLY:
        return has_kit(w, where)
    if s.kind == JOIN:
        return has_lot(w, where)
    return 1 if s.queue_n > 0 or waiter(w, where) != 0 or saturated(w, where) != 0 else 0


@rule
def next_product(w: World, where: Ref) -> int:
    """Return the product of the part that a machine would take; ANY_PRODUCT if there is none."""
    s = station(w, where)
    if s.kind == ASSEMBLY:
        return whole(w, s.inputs, 0) if has_kit(w, where) == 1 else ANY_PRODUCT
    if s.queue_n > 0:
        return part(w, next_in_queue(w, s)).product
    giver = waiter(w, where)
    if giver != 0:
        return part(w, offered_part(w, giver)).product
    feed = saturated(w, where)
    return upcoming(w, feed) if feed != 0 else ANY_PRODUCT


@rule
def next_part(w: World, where: Ref, now: float) -> Ref:
    """Return the part that a free machine takes: from the buffer, from who waits, or from a saturated source."""
    s = station(w, where)
    if s.queue_n > 0:
        who = next_in_queue(w, s)
        out_of_buffer(w, where, who, now)
        if s.waiting_n > 0:
            refill_behind(w, where, who, now)
        return who
    if s.waiting_n > 0:
        giver = waiter(w, where)
        if giver != 0:
            return from_hand(w, where, giver, now)
    if s.feed_first != 0:
        feed = saturated(w, where)
        if feed != 0:
            who = take(w, feed, now)
            take_in(w, s, who, now)  # to a machine, without having been in the buffer
            return who
    return 0


@rule
def out_of_buffer(w: World, where: Ref, who: Ref, now: float) -> None:
    """A part leaves the buffer."""
    s = station(w, where)
    take_out(w, queue(w, s.queues + queue_number(w, s, who) * QUEUE), who)
    s.queue_n -= 1
    s.queued_stayed_s += now - max(part(w, who).entered_s, s.queued_from_s)


@rule
def from_hand(w: World, where: Ref, giver: Ref, now: float) -> Ref:
    """Take the part of somebody who waits."""
    s = station(w, where)
    n = node(w, giver)
    item, feed = n.item, n.feed
    wait_no_more(w, s, giver)
    who = give(w, item, feed, now)
    take_in(w, s, who, now)  # to a machine, without having been in the buffer
    s.taking = who
    gave(w, item, feed, now)
    s.taking = 0
    return who


@rule
def refill_behind(w: World, where: Ref, who: Ref, now: float) -> None:
    """Fill places while a part that has just been taken goes to its machine."""
    s = station(w, where)
    s.taking = who
    refill(w, where, now)
    s.taking = 0


@rule
def waiter(w: World, where: Ref) -> Ref:
    """Return the first of those who wait that may hand a part straight to a ready machine."""
    s = station(w, where)
    if s.coming > 0 and s.ready_n - 1 < s.coming - (s.buffer - s.queue_n):
        return 0  # the ready machines are kept for parts on their way
    who = s.waiting_first
    while who != 0:
        if may_give(w, who) == 1 and keeps(w, who) == 0:
            if s.one_lot == 0 or clear_for(w, s, part(w, offered_part(w, who)).lot) == 1:
                return who
        who = node(w, who).next
    return 0


@rule
def saturated(w: World, where: Ref) -> Ref:
    """Return the saturated source that gives next."""
    s = station(w, where)
    who = s.feed_first
    while who != 0:
        if upcoming(w, who) != ANY_PRODUCT:
            if s.one_lot == 0 or clear_for(w, s, upcoming_lot(w, who)) == 1:
                return who
        who = feed_at(w, who).next_feed
    return 0


@rule
def refill(w: World, where: Ref, now: float) -> None:
    """Move parts that wait into the places that came free, and keep places for those that come later."""
    s = station(w, where)
    who = s.waiting_first
    while who != 0:
        n = node(w, who)
        if may_give(w, who) == 1:
            p = offered_part(w, who)
            item, feed = n.item, n.feed
            if keeps(w, who) == 1:
                if place_to_keep(w, where, p) == 1:
                    wait_no_more(w, s, who)
                    add_kept(w, s, where, p)
                    place_kept(w, item, now)
                    who = s.waiting_first
                    continue
            elif room_for(w, where, p) == 1:
                wait_no_more(w, s, who)
                come_in(w, where, give(w, item, feed, now), now)
                gave(w, item, feed, now)
                who = s.waiting_first
                continue
        who = n.next


@rule
def enough_wait(w: World, where: Ref, parts: int) -> int:
    """Return whether so many parts wait, in the buffer or blocked before it."""
    s = station(w, where)
    if s.kind == ASSEMBLY:
        return enough_kits(w, where, parts)
    if s.kind == JOIN:
        return has_lot(w, where)
    places = s.buffer + s.ready_n + 1 - s.queue_n - s.coming  # with one machine more awake
    blocked = 0
    who = s.waiting_first
    while who != 0:
        if may_give(w, who) == 1 and (places > 0 or not (keeps(w, who) == 1 or s.coming > 0)):
            if s.one_lot == 0 or clear_for(w, s, part(w, offered_part(w, who)).lot) == 1:
                blocked += 1
        who = node(w, who).next
    return 1 if s.queue_n + blocked >= parts or saturated(w, where) != 0 else 0


# parts move on


@rule
def onward(w: World, where: Ref, product: int) -> int:
    """Return where a good part goes: a station's index, or EXIT_AT, SCRAP_AT."""
    s = station(w, where)
    way = way_at(w, s.ways + product * WAY)
    if way.n == 1:
        return whole(w, way.targets, 0)
    if way.ends == 0:
        turn = way.turn
        way.turn += 1
        return whole(w, way.targets, turn % way.n)
    u = draw(w, s.route)
    for n in range(way.n):
        if u < real(w, way.ends, n):
            return whole(w, way.targets, n)
    return whole(w, way.targets, way.n - 1)


@rule
def oldest_s(w: World, s: Station) -> float:
    """Return when the part came that has waited longest in the buffer; there is one."""
    oldest = NEVER
    for n in range(s.queues_n):
        who = queue(w, s.queues + n * QUEUE).first
        while who != 0:
            oldest = min(oldest, part(w, who).entered_s)
            who = part(w, who).next
    return oldest
