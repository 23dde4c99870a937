"""Where finished parts leave a machine: are they good, which way do they go, and do they find a place there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import KEEP, N_CARRIERS, NOBODY, PART_ARRIVES, SCRAP_AT, TRACE_VISIT, UNDECIDED
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule, whole
from sim.compiled_engine.records import STATION, Line, Machine, Part, Rig, Station, World

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.account import use
    from sim.compiled_engine.kernel.clock import at
    from sim.compiled_engine.kernel.draws import draw
    from sim.compiled_engine.kernel.line import leave, stir
    from sim.compiled_engine.kernel.station import accept, arrive, keep_no_more, keep_place, onward, takes_kept
    from sim.compiled_engine.kernel.tally import change

machine, part, station, line_at, rig_at = (
    pointer(Machine), pointer(Part), pointer(Station), pointer(Line), pointer(Rig),
)  # fmt: skip


@rule
def station_no(w: World, m: Machine, target: int) -> Ref:
    """Return the ref of a station of the machine's line by its index."""
    return line_at(w, m.line).stations + target * STATION


# parts that are finished and wait for a place


@rule
def put_out(w: World, m: Machine, who: Ref, target: int) -> None:
    """A finished part waits on the machine."""
    p = part(w, who)
    p.target = target
    p.next = 0
    if m.out_last != 0:
        part(w, m.out_last).next = who
    else:
        m.out_first = who
    m.out_last = who
    m.out_n += 1


@rule
def take_first_out(w: World, m: Machine) -> Ref:
    """Return the first of them, which waits no longer."""
    who = m.out_first
    m.out_first = part(w, who).next
    if m.out_first == 0:
        m.out_last = 0
    m.out_n -= 1
    return who


# before service


@rule
def keep_place_behind(w: World, who: Ref, p: Ref) -> int:
    """Decide where the part will go, and have a place kept there; return whether there is one."""
    m = machine(w, who)
    m.decided = decide(w, m, p)
    if m.decided < 0 or keep_place(w, station_no(w, m, m.decided), p, who) == 1:
        return 1
    m.keeps = 1
    noticed_blocked(w, who)
    return 0


@rule
def noticed_blocked(w: World, who: Ref) -> None:
    """A part could not leave a machine."""
    line = line_at(w, machine(w, who).line)
    if line.loops == 1:
        line.blocked = who


@rule
def forget_place(w: World, m: Machine, p: Ref) -> None:
    """The part will not come where a place was kept for it."""
    if m.decided >= 0:
        keep_no_more(w, station_no(w, m, m.decided), p)
    m.decided = UNDECIDED


@rule
def waits_for(w: World, m: Machine) -> int:
    """Return the target of the part that waits for a place; UNDECIDED if none does."""
    if m.out_first != 0:
        return part(w, m.out_first).target
    return m.decided if m.phase == KEEP else UNDECIDED


# after work


@rule
def decide(w: World, m: Machine, who: Ref) -> int:
    """Return where a part goes: is it bad, is that found here, which way is next."""
    rig = rig_at(w, m.rig)
    p = part(w, who)
    spoilt = 0
    if rig.scrap > 0.0 and draw(w, m.bad_draws) < rig.scrap * m.age_scrap:
        spoilt = 1
        m.bad += 1
        p.bad = 1
    if p.bad == 1 and rig.inspects == 1:
        m.found_bad = 1 if draw(w, m.found_draws) < rig.detects else 0
        if m.found_bad == 1:
            return rig.bad_to
    elif spoilt == 1 and whole(w, station(w, m.station).inspected, p.product) == 0:
        return SCRAP_AT  # what came in bad goes on: nobody sees it here
    return onward(w, m.station, p.product)


@rule
def pass_on(w: World, who: Ref, p: Ref, now: float) -> None:
    """Count a finished part, and let it go if there is a place."""
    m = machine(w, who)
    kept = m.decided
    m.units += 1
    if rig_at(w, m.rig).plain_out == 1 and kept == UNDECIDED and part(w, p).bad == 0:
        target = whole(w, station(w, m.station).only, part(w, p).product)
        if target == UNDECIDED:
            target = onward(w, m.station, part(w, p).product)
    else:
        target = kept
        if kept == UNDECIDED:
            target = decide(w, m, p)
        m.decided = UNDECIDED
        count_part(w, m, p, target, now)
    if kept >= 0:
        if takes_kept(w, station_no(w, m, kept)) == 1:
            part(w, p).target = target
            leave_for(w, who, p, now)
            return
        keep_no_more(w, station_no(w, m, kept), p)
    if m.out_first != 0 or leaves(w, who, p, target, now) == 0:
        put_out(w, m, p, target)


@rule
def is_repeat(w: World, m: Machine, p: Part) -> int:
    """Return whether a part is here for another time."""
    return 1 if line_at(w, m.line).loops == 1 and whole(w, p.visits, station(w, m.station).index) > 1 else 0


@rule
def count_part(w: World, m: Machine, who: Ref, target: int, now: float) -> None:
    """Count what is wrong with a part, and what a good one uses."""
    p = part(w, who)
    mended = 1 if m.found_bad == 1 and target != SCRAP_AT else 0
    m.found_bad = 0
    sent_back = 1 if target >= 0 and target <= station(w, m.station).index else 0
    if is_repeat(w, m, p) == 1:
        m.repeats += 1
    elif p.bad == 1 or sent_back == 1 or target == SCRAP_AT:
        m.first_flawed += 1
    if mended == 1 or sent_back == 1:
        m.reworked += 1
    if target == SCRAP_AT:
        m.scrapped += 1
    elif mended == 1:
        p.bad = 0  # mended where it goes
    elif p.bad == 0:
        rig = rig_at(w, m.rig)
        if rig.uses_per_good != 0:
            for carrier in range(N_CARRIERS):
                if rig.uses_per_good & (1 << carrier):
                    use(w, m, carrier, real(w, rig.per_good, carrier), now)


@rule
def scrap(w: World, who: Ref, p: Ref, now: float) -> None:
    """A failure has spoilt the part."""
    m = machine(w, who)
    m.units += 1
    m.bad += 1
    m.scrapped += 1
    if is_repeat(w, m, part(w, p)) == 1:
        m.repeats += 1
    else:
        m.first_flawed += 1
    part(w, p).finished_s = now
    part(w, p).bad = 1
    forget_place(w, m, p)
    if m.out_first != 0 or leaves(w, who, p, SCRAP_AT, now) == 0:
        put_out(w, m, p, SCRAP_AT)


@rule
def hand_over(w: World, who: Ref, now: float) -> None:
    """Send finished parts on until one must wait."""
    m = machine(w, who)
    while m.out_first != 0:
        p = m.out_first
        after = part(w, p).next
        if leaves(w, who, p, part(w, p).target, now) == 0:
            return
        m.out_first = after
        if after == 0:
            m.out_last = 0
        m.out_n -= 1


@rule
def leaves(w: World, who: Ref, p: Ref, target: int, now: float) -> int:
    """Let a part go if there is a place for it; return whether it has left."""
    m = machine(w, who)
    entered_s = part(w, p).entered_s  # before the next station overwrites it
    part(w, p).target = target
    if target < 0:
        gone(w, who, p, entered_s, now)
        leave(w, p, m.station, target, now)
        return 1
    to = station_no(w, m, target)
    if m.keeps == 1:
        if keep_place(w, to, p, who) == 1:
            leave_for(w, who, p, now)
            return 1
    elif accept(w, to, p, who, 0, now) == 1:
        gone(w, who, p, entered_s, now)
        return 1
    noticed_blocked(w, who)
    return 0


@rule
def leave_for(w: World, who: Ref, p: Ref, now: float) -> None:
    """The part sets out for a place that is kept for it."""
    m = machine(w, who)
    gone(w, who, p, part(w, p).entered_s, now)
    to = station_no(w, m, part(w, p).target)
    rig = rig_at(w, m.rig)
    travel_s = 0.0
    if rig.transfer != NOBODY:
        travel_s = draw(w, rig.transfer)
    if travel_s == 0.0:
        arrive(w, to, p, now)
        return
    line_at(w, m.line).on_the_way += 1
    part(w, p).going = to
    at(w, now + travel_s, m.ends_order, PART_ARRIVES, p)


@rule
def part_arrives(w: World, p: Ref, now: float) -> None:
    """A part has come to the station it was on the way to."""
    to = part(w, p).going
    line_at(w, station(w, to).line).on_the_way -= 1
    arrive(w, to, p, now)


@rule
def gone(w: World, who: Ref, p: Ref, entered_s: float, now: float) -> None:
    """A part that came at ``entered_s`` leaves the machine's station."""
    m = machine(w, who)
    s = station(w, m.station)
    change(w, s.number, -1, now)
    if s.one_lot == 1:
        stir(w, s)
    if w.traced == 1:
        w.trace_part = p
        ask(w, TRACE_VISIT, who, entered_s)
