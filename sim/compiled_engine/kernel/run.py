"""One replication from its first instant on: what is there at the start, the years, counting anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.compiled_engine.codes import GROW_OLDER, NOBODY, NOTHING, OFF, STANDBY, SWAP_DUE, WORK, YEAR
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule, whole
from sim.compiled_engine.records import (
    CREW,
    FEED,
    LINE,
    MACHINE,
    OUTPUT,
    ROSTER,
    SHIFT,
    STATION,
    SWAP,
    WALKER,
    Cause,
    Crew,
    Feed,
    Levels,
    Line,
    Machine,
    Output,
    Part,
    Rig,
    Station,
    Swap,
    Walker,
    World,
)

if TYPE_CHECKING:
    from sim.compiled_engine.kernel.account import rerate, reset_meter, reset_stays
    from sim.compiled_engine.kernel.active import reset_active
    from sim.compiled_engine.kernel.clock import at, empty_heap
    from sim.compiled_engine.kernel.line import flush_line, stir
    from sim.compiled_engine.kernel.lists import add_ready, drop_ready, new_part, touch
    from sim.compiled_engine.kernel.machine import carry_on
    from sim.compiled_engine.kernel.patrol import come
    from sim.compiled_engine.kernel.people import next_duty, on_duty
    from sim.compiled_engine.kernel.renewal import fit_out
    from sim.compiled_engine.kernel.shifts import begin_shift
    from sim.compiled_engine.kernel.source import start_feed
    from sim.compiled_engine.kernel.standby import go_down
    from sim.compiled_engine.kernel.station import come_in, take_in
    from sim.compiled_engine.kernel.tally import change_plain, reset_levels, reset_sample

line_at, station, machine, part, rig_at, cause_at, crew_at, feed_at, swap_at, output, walker_at, levels = (
    pointer(Line), pointer(Station), pointer(Machine), pointer(Part), pointer(Rig), pointer(Cause), pointer(Crew),
    pointer(Feed), pointer(Swap), pointer(Output), pointer(Walker),
    pointer(Levels),
)  # fmt: skip
YEAR_S = 365 * 86_400.0


@rule
def begin(w: World) -> None:
    """Set up the first instant."""
    empty_heap(w)
    for n in range(w.crews_n):
        c = crew_at(w, w.crews + n * CREW)
        if c.always > 0:
            on_duty(w, w.crews + n * CREW, c.always, 0.0)
    for n in range(w.rosters_n):
        next_duty(w, w.rosters + n * ROSTER, 0.0)
    for n in range(w.lines_n):
        begin_line(w, w.lines + n * LINE)
    for n in range(w.crews_n):
        begin_round(w, w.crews + n * CREW)
    for n in range(w.swaps_n):
        plan(w, w.swaps + n * SWAP)
    at(w, YEAR_S, w.year_order, YEAR, NOBODY)
    at(w, 0.0, w.start_order, NOTHING, NOBODY)  # the first instant settles like any other


@rule
def begin_line(w: World, ref: Ref) -> None:
    """Machines, parts that are there, sources, shifts."""
    line = line_at(w, ref)
    for n in range(line.stations_n):
        s = station(w, line.stations + n * STATION)
        for k in range(s.machines_n):
            fit_out(w, s.machines + k * MACHINE, 0.0)
        for k in range(s.machines_n):
            begin_machine(w, s, s.machines + k * MACHINE)
        stir(w, s)
    line.idle_n = line.machines_n
    for n in range(line.present_n):
        put_present(w, line, n)
    for n in range(line.feeds_n):
        start_feed(w, line.feeds + n * FEED)
    for n in range(line.shifts_n):
        begin_shift(w, line.shifts + n * SHIFT)


@rule
def begin_machine(w: World, s: Station, who: Ref) -> None:
    """Stand ready at the start of the run, or be switched down."""
    m = machine(w, who)
    m.setup_for = s.setup_initial
    if (s.initial_state == STANDBY or s.initial_state == OFF) and rig_at(w, m.rig).standby == 1:
        go_down(w, who, s.initial_state)
    else:
        add_ready(w, s, who)
        touch(w, who)


@rule
def put_present(w: World, line: Line, n: int) -> None:
    """Put parts there that are in the line at the start."""
    where = line.stations + whole(w, line.present, 3 * n) * STATION
    s = station(w, where)
    left_s = real(w, line.present_left, n)
    for k in range(whole(w, line.present, 3 * n + 1)):
        line.lots += 1
        p = new_part(w, line, whole(w, line.present, 3 * n + 2), line.lots, 0, 0.0)
        change_plain(w, line.wip, 1, 0.0)
        line.initial += 1
        if k == 0 and left_s >= 0.0:
            who = s.machines
            while machine(w, who).is_ready == 0:
                who += MACHINE
            drop_ready(w, s, machine(w, who))
            take_in(w, s, p, 0.0)
            begin_with(w, who, p, left_s)
        else:
            come_in(w, where, p, 0.0)


@rule
def begin_with(w: World, who: Ref, p: Ref, left_s: float) -> None:
    """Begin the run with a part on the machine."""
    m = machine(w, who)
    m.part = p
    m.phase = WORK
    m.setup_for = part(w, p).product
    m.left_s = left_s
    m.whole_s = left_s
    m.needs = rig_at(w, m.rig).needs_work
    touch(w, who)
    carry_on(w, who, 0.0)


@rule
def begin_round(w: World, which: Ref) -> None:
    """A patrol sets off: the people spread evenly over the machines of the round."""
    c = crew_at(w, which)
    for n in range(c.walkers_n):
        walker = walker_at(w, c.walkers + n * WALKER)
        walker.at = n * c.round_n // c.walkers_n
        walker.resting = 1
    if c.patrols == 1 and levels(w, c.on_duty).value > 0:
        come(w, which, 0.0)


@rule
def plan(w: World, which: Ref) -> None:
    """Plan a renewal, or have it follow another one."""
    swap = swap_at(w, which)
    if swap.after == NOBODY:
        at(w, swap.at_s, machine(w, swap.machine).stops_order, SWAP_DUE, which)
        return
    first = machine(w, swap.after)
    if first.follow == NOBODY:
        first.follow = which
        return
    last = first.follow
    while swap_at(w, last).next != NOBODY:
        last = swap_at(w, last).next
    swap_at(w, last).next = which


@rule
def year_over(w: World, now: float) -> None:
    """All machines grow a year older."""
    w.years += 1
    for n in range(w.lines_n):
        line = line_at(w, w.lines + n * LINE)
        for k in range(line.machines_n):
            who = line.machines + k * MACHINE
            ask(w, GROW_OLDER, who, now)
            if rig_at(w, machine(w, who).rig).ages == 1:
                rerate(w, machine(w, who), now)
    at(w, (w.years + 1) * YEAR_S, w.year_order, YEAR, NOBODY)


# counting anew


@rule
def flush(w: World) -> None:
    """Book time and energy up to now."""
    for n in range(w.lines_n):
        flush_line(w, w.lines + n * LINE, w.now)


@rule
def reset(w: World) -> None:
    """Count from now on: the warm-up is over."""
    for n in range(w.lines_n):
        reset_line(w, w.lines + n * LINE, w.now)
    for n in range(w.crews_n):
        c = crew_at(w, w.crews + n * CREW)
        reset_levels(w, c.on_duty, w.now)
        reset_levels(w, c.busy, w.now)
        reset_levels(w, c.waiting, w.now)
        c.waits_n = 0
        c.waits_h = 0.0
        c.walks = 0


@rule
def reset_line(w: World, ref: Ref, now: float) -> None:
    """Count from ``now`` on."""
    line = line_at(w, ref)
    flush_line(w, ref, now)
    reset_meter(w, line.meter)
    reset_levels(w, line.wip, now)
    line.merged = 0
    reset_active(w, line.active, line.stations_n, now)
    for n in range(line.feeds_n):
        f = feed_at(w, line.feeds + n * FEED)
        f.offered = 0
        f.lost = 0
    for n in range(line.products_n):
        o = output(w, line.outputs + n * OUTPUT)
        o.good = 0
        o.bad = 0
        o.scrapped = 0
        reset_sample(w, o.lead)
    for n in range(line.stations_n):
        reset_station(w, station(w, line.stations + n * STATION), now)


@rule
def reset_station(w: World, s: Station, now: float) -> None:
    """Count from ``now`` on."""
    s.queued_stayed_s = 0.0
    s.queued_from_s = now
    reset_levels(w, s.number, now)
    reset_levels(w, s.working, now)
    reset_sample(w, s.waits)
    for n in range(s.machines_n):
        m = machine(w, s.machines + n * MACHINE)
        reset_stays(w, m, now)
        m.starts = 0
        m.units = 0
        m.bad = 0
        m.scrapped = 0
        m.reworked = 0
        m.repeats = 0
        m.first_flawed = 0
        m.planned_s = 0.0
        m.charges = 0
        m.charged = 0
    for n in range(s.causes_n):
        c = cause_at(w, whole(w, s.causes, n))
        c.waits_n = 0
        c.waits_h = 0.0
        c.lengths_n = 0
        c.lengths_h = 0.0
