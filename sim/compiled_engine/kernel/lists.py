"""Lists of machines and parts in which whoever is in them knows the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import MORE_NODES, MORE_PARTS, NOT_YET
from sim.compiled_engine.memory import Ref, ask, pointer, put_whole, rule
from sim.compiled_engine.records import Line, Machine, Node, Part, Queue, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.line import stir

machine, part, station, node = pointer(Machine), pointer(Part), pointer(Station), pointer(Node)
line_at = pointer(Line)


# ready machines of a station, in the order in which they became idle


@rule
def add_ready(w: World, s: Station, who: Ref) -> None:
    """A machine stands ready."""
    m = machine(w, who)
    m.is_ready = 1
    m.ready_next = 0
    m.ready_before = s.ready_last
    if s.ready_last != 0:
        machine(w, s.ready_last).ready_next = who
    else:
        s.ready_first = who
    s.ready_last = who
    s.ready_n += 1


@rule
def drop_ready(w: World, s: Station, m: Machine) -> None:
    """A machine stands ready no more."""
    if m.is_ready == 0:
        return
    m.is_ready = 0
    if m.ready_before != 0:
        machine(w, m.ready_before).ready_next = m.ready_next
    else:
        s.ready_first = m.ready_next
    if m.ready_next != 0:
        machine(w, m.ready_next).ready_before = m.ready_before
    else:
        s.ready_last = m.ready_before
    s.ready_n -= 1


# machines of a station in standby


@rule
def add_sleeper(w: World, s: Station, who: Ref) -> None:
    """A machine is in standby."""
    m = machine(w, who)
    if m.is_sleeper == 1:
        return
    m.is_sleeper = 1
    m.sleeper_next = 0
    m.sleeper_before = s.sleeper_last
    if s.sleeper_last != 0:
        machine(w, s.sleeper_last).sleeper_next = who
    else:
        s.sleeper_first = who
    s.sleeper_last = who


@rule
def drop_sleeper(w: World, s: Station, m: Machine) -> None:
    """A machine is in standby no more."""
    if m.is_sleeper == 0:
        return
    m.is_sleeper = 0
    if m.sleeper_before != 0:
        machine(w, m.sleeper_before).sleeper_next = m.sleeper_next
    else:
        s.sleeper_first = m.sleeper_next
    if m.sleeper_next != 0:
        machine(w, m.sleeper_next).sleeper_before = m.sleeper_before
    else:
        s.sleeper_last = m.sleeper_before


# parts in a buffer


@rule
def append(w: World, q: Queue, who: Ref) -> None:
    """Add a part at the end."""
    p = part(w, who)
    p.next = 0
    p.before = q.last
    if q.last != 0:
        part(w, q.last).next = who
    else:
        q.first = who
    q.last = who
    q.n += 1


@rule
def take_out(w: World, q: Queue, who: Ref) -> None:
    """Take a part out, wherever it stands."""
    p = part(w, who)
    if p.before != 0:
        part(w, p.before).next = p.next
    else:
        q.first = p.next
    if p.next != 0:
        part(w, p.next).before = p.before
    else:
        q.last = p.before
    q.n -= 1


# parts for which a place is kept


@rule
def add_kept(w: World, s: Station, where: Ref, who: Ref) -> None:
    """Keep a place for a part."""
    p = part(w, who)
    p.kept_at = where
    p.kept_next = 0
    p.kept_before = s.kept_last
    if s.kept_last != 0:
        part(w, s.kept_last).kept_next = who
    else:
        s.kept_first = who
    s.kept_last = who
    s.coming += 1


@rule
def drop_kept(w: World, s: Station, who: Ref) -> None:
    """Keep it no more."""
    p = part(w, who)
    p.kept_at = 0
    if p.kept_before != 0:
        part(w, p.kept_before).kept_next = p.kept_next
    else:
        s.kept_first = p.kept_next
    if p.kept_next != 0:
        part(w, p.kept_next).kept_before = p.kept_before
    else:
        s.kept_last = p.kept_before
    s.coming -= 1


# nodes


@rule
def new_node(w: World, item: Ref) -> Ref:
    """Return a node for an item."""
    if w.free_node == 0:
        ask(w, MORE_NODES, 0, 0.0)
    who = w.free_node
    n = node(w, who)
    w.free_node = n.next
    n.item = item
    n.next = 0
    n.before = 0
    n.feed = 0
    return who


@rule
def free_node(w: World, who: Ref) -> None:
    """A node is not needed any longer."""
    node(w, who).next = w.free_node
    w.free_node = who


@rule
def wait_at(w: World, s: Station, giver: Ref, feed: int) -> None:
    """A machine or a source waits for a place at a station."""
    who = new_node(w, giver)
    n = node(w, who)
    n.feed = feed
    n.before = s.waiting_last
    if s.waiting_last != 0:
        node(w, s.waiting_last).next = who
    else:
        s.waiting_first = who
    s.waiting_last = who
    s.waiting_n += 1


@rule
def wait_no_more(w: World, s: Station, who: Ref) -> None:
    """It does no longer: take its node out."""
    n = node(w, who)
    if n.before != 0:
        node(w, n.before).next = n.next
    else:
        s.waiting_first = n.next
    if n.next != 0:
        node(w, n.next).before = n.before
    else:
        s.waiting_last = n.before
    s.waiting_n -= 1
    free_node(w, who)


# parts


@rule
def new_part(w: World, line: Line, product: int, lot: int, of_lot: int, now: float) -> Ref:
    """Return a new part; the parts of a line are numbered in the order in which they come."""
    if w.free_part == 0:
        ask(w, MORE_PARTS, 0, 0.0)
    who = w.free_part
    p = part(w, who)
    w.free_part = p.next
    line.parts += 1
    p.number = line.parts
    p.product = product
    p.lot = lot
    p.of_lot = of_lot
    p.born_s = now
    p.entered_s = now
    p.fresh = 1
    clear_times(w, p)
    p.finished_s = NOT_YET
    p.bad = 0
    p.home = 0
    p.parent = 0
    p.refs = 0
    p.gone = 0
    p.kept_at = 0
    forget_visits(w, line, p)
    return who


@rule
def clear_times(w: World, p: Part) -> None:
    """Work on a part at the next machine has not begun; only a trace shows the rest."""
    p.started_s = NOT_YET
    if w.traced == 0:
        return
    p.finished_s = NOT_YET
    p.setup_began_s = NOT_YET
    p.setup_ended_s = NOT_YET
    p.batch = 0


@rule
def forget_visits(w: World, line: Line, p: Part) -> None:
    """A part has been nowhere yet."""
    if line.loops == 1:
        for n in range(line.stations_n):
            put_whole(w, p.visits, n, 0)


@rule
def free_part(w: World, who: Ref) -> None:
    """A part is no more; the part it was split from neither, if it was the last piece."""
    while who != 0:
        p = part(w, who)
        p.gone = 1
        if p.refs > 0:
            return
        parent = p.parent
        p.next = w.free_part
        w.free_part = who
        who = 0
        if parent != 0:
            part(w, parent).refs -= 1
            if part(w, parent).gone == 1:
                who = parent


# machines whose state is looked at when the instant is over


@rule
def touch(w: World, who: Ref) -> None:
    """Have the state looked at when the instant is over."""
    m = machine(w, who)
    if m.is_touched == 1:
        return
    m.is_touched = 1
    m.touched_next = 0
    line = line_at(w, m.line)
    if line.touched_last != 0:
        machine(w, line.touched_last).touched_next = who
    else:
        line.touched_first = who
    line.touched_last = who


@rule
def withdraw(w: World, who: Ref) -> None:
    """Stand ready no more; what is not free any longer has its state looked at."""
    m = machine(w, who)
    drop_ready(w, station(w, m.station), m)
    touch(w, who)


@rule
def stir_at(w: World, where: Ref) -> None:
    """Something may move at a station."""
    s = station(w, where)
    stir(w, s)
