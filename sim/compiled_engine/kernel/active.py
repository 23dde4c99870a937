"""Active periods: who is sole, who a shifting bottleneck; see sim.bottleneck.ActivePeriods."""

from __future__ import annotations

from sim.compiled_engine.codes import NEVER
from sim.compiled_engine.memory import Ref, pointer, put_real, real, rule
from sim.compiled_engine.records import PERIOD, Active, Line, Machine, Period, Station, World

machine, active_at, period, line_at, station_at = (
    pointer(Machine), pointer(Active), pointer(Period), pointer(Line), pointer(Station),
)  # fmt: skip


@rule
def active_changes(w: World, who: Ref, active: int, now: float) -> None:
    """A machine begins or ceases to be active."""
    m = machine(w, who)
    a = active_at(w, line_at(w, m.line).active)
    if active == 1:
        if m.is_active == 0:
            m.is_active = 1
            m.active_since = now
            m.active_next = 0
            m.active_before = a.last
            if a.last != 0:
                machine(w, a.last).active_next = who
            else:
                a.first = who
            a.last = who
    elif m.is_active == 1:
        oldest = a.first == who
        m.is_active = 0
        if m.active_before != 0:
            machine(w, m.active_before).active_next = m.active_next
        else:
            a.first = m.active_next
        if m.active_next != 0:
            machine(w, m.active_next).active_before = m.active_before
        else:
            a.last = m.active_before
        if oldest:
            active_ended(w, a, who, m.active_since, now)


@rule
def active_ended(w: World, a: Active, who: Ref, start: float, end: float) -> None:
    """The oldest period ended."""
    while a.waiting_n > 0:
        top = period(w, a.waiting + (a.waiting_n - 1) * PERIOD)
        if not top.end - top.start < end - start:
            break
        if max(top.start, top.after) < min(top.end, start):  # then those under it end before
            confirm(w, a, a.waiting_n)
            a.waiting_n = 0
        else:
            a.waiting_n -= 1
    after = -NEVER
    over = 0
    if a.waiting_n > 0:
        after = period(w, a.waiting + (a.waiting_n - 1) * PERIOD).end
        if after >= end:
            return
    if start == end:
        return
    for n in range(a.waiting_n):
        if period(w, a.waiting + n * PERIOD).end <= start:
            over += 1
    if over > 0:
        confirm(w, a, over)
        for n in range(a.waiting_n - over):
            here, there = period(w, a.waiting + n * PERIOD), period(w, a.waiting + (n + over) * PERIOD)
            here.machine = there.machine
            here.start = there.start
            here.end = there.end
            here.after = there.after
        a.waiting_n -= over
    new = period(w, a.waiting + a.waiting_n * PERIOD)
    new.machine = who
    new.start = start
    new.end = end
    new.after = after
    a.waiting_n += 1


@rule
def confirm(w: World, a: Active, count: int) -> None:
    """The first of the periods that wait are bottleneck periods."""
    for n in range(count):
        p = period(w, a.waiting + n * PERIOD)
        group = station_at(w, machine(w, p.machine).station).index
        if a.has_last == 1:
            if group == a.last_group and p.start <= a.last_end:
                a.last_end = p.end
                continue
            close_share(w, a, p.start)
            a.before = a.last_end
        a.has_last = 1
        a.last_group = group
        a.last_start = p.start
        a.last_end = p.end


@rule
def close_share(w: World, a: Active, next_start: float) -> None:
    """Count the last period, now that it is known when the next one starts."""
    group = a.last_group
    alone_from = max(a.last_start, max(a.before, a.from_s))
    sole = max(0.0, min(a.last_end, next_start) - alone_from)
    since = max(a.last_start, max(real(w, a.counted_to, group), a.from_s))
    put_real(w, a.sole, group, real(w, a.sole, group) + sole)
    put_real(w, a.shifting, group, real(w, a.shifting, group) + (max(0.0, a.last_end - since) - sole))
    a.held += max(0.0, a.last_end - alone_from)
    put_real(w, a.counted_to, group, a.last_end)


@rule
def reset_active(w: World, ref: Ref, groups: int, now: float) -> None:
    """Count from ``now`` on; periods that began before keep their length."""
    a = active_at(w, ref)
    a.from_s = now
    a.held = 0.0
    for n in range(groups):
        put_real(w, a.sole, n, 0.0)
        put_real(w, a.shifting, n, 0.0)
