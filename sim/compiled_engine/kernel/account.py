"""Where time and energy are counted, see sim.account: a machine's stays, a line's meter."""

from __future__ import annotations

from sim.compiled_engine.codes import HEAT_UP, MORE_DAYS, N_CARRIERS, N_STATES, OVERTIME, PROCESSING, YEARS
from sim.compiled_engine.memory import Ref, add_real, ask, pointer, put_real, put_whole, real, rule, whole
from sim.compiled_engine.records import Line, Machine, Meter, Rig, World

SLOTS, WINDOW_S = 96, 900.0
machine, line_at, meter, rig_at = pointer(Machine), pointer(Line), pointer(Meter), pointer(Rig)


@rule
def enter(w: World, m: Machine, state: int, now: float) -> None:
    """The machine goes over to a state."""
    old = m.state
    add_real(w, m.era, old, now - m.since_s)
    m.since_s = now
    m.state = state
    by_kw = real(w, m.rates, state) - real(w, m.rates, old)
    if by_kw != 0.0:
        shift_power(w, line_at(w, m.line).meter, by_kw, now)


@rule
def rerate(w: World, m: Machine, now: float) -> None:
    """Put the rates of energy in force, as equipment, age and heat have them."""
    flush_stays(w, m, now)
    before = real(w, m.rates, m.state)
    rig = rig_at(w, m.rig)
    m.rated = rig.rated
    for n in range(N_CARRIERS * N_STATES):
        put_real(w, m.rates, n, real(w, rig.rates, n))
    if rig.heat == 1:
        add_heat(w, m, rig)
    for n in range(N_CARRIERS * N_STATES):
        put_real(w, m.rates, n, real(w, m.rates, n) * m.age_energy)
    shift_power(w, line_at(w, m.line).meter, real(w, m.rates, m.state) - before, now)


@rule
def add_heat(w: World, m: Machine, rig: Rig) -> None:
    """Add the heat of walls, load and heat-up to the rates of its carrier."""
    row = rig.heat_carrier * N_STATES
    for state in range(N_STATES):
        add_real(w, m.rates, row + state, real(w, rig.heat_walls, state))
    add_real(w, m.rates, row + PROCESSING, m.load_per_h)
    add_real(w, m.rates, row + OVERTIME, m.load_per_h)
    add_real(w, m.rates, row + HEAT_UP, m.heat_up_per_h)


@rule
def flush_stays(w: World, m: Machine, now: float) -> None:
    """Book the time since the last flush: hours, and energy at the rates in force."""
    add_real(w, m.era, m.state, now - m.since_s)
    m.since_s = now
    total = 0.0
    for state in range(N_STATES):
        total += real(w, m.era, state)
    m.cost_cny += total / 3600.0 * m.cost_per_h
    for carrier in range(N_CARRIERS):
        if m.rated & (1 << carrier):
            for state in range(N_STATES):
                lasted = real(w, m.era, state)
                if lasted != 0.0:
                    n = carrier * N_STATES + state
                    add_real(w, m.amounts, n, lasted / 3600.0 * real(w, m.rates, n))
    m.booked |= m.rated
    for state in range(N_STATES):
        add_real(w, m.seconds, state, real(w, m.era, state))
        put_real(w, m.era, state, 0.0)


@rule
def use(w: World, m: Machine, carrier: int, amount: float, now: float) -> None:
    """A part used so much of a carrier."""
    add_real(w, m.per_unit, carrier, amount)
    m.used |= 1 << carrier
    if carrier == 0:
        e = meter(w, line_at(w, m.line).meter)
        if now >= e.window_end_s:
            roll(w, e, now)
        e.kws += amount * 3600.0


@rule
def reset_stays(w: World, m: Machine, now: float) -> None:
    """Count from ``now`` on."""
    flush_stays(w, m, now)
    for state in range(N_STATES):
        put_real(w, m.seconds, state, 0.0)
    for n in range(N_CARRIERS * N_STATES):
        put_real(w, m.amounts, n, 0.0)
    for n in range(N_CARRIERS):
        put_real(w, m.per_unit, n, 0.0)
    m.booked = 0
    m.used = 0
    m.cost_cny = 0.0


# the meter


@rule
def shift_power(w: World, ref: Ref, by_kw: float, now: float) -> None:
    """The line's power changes at ``now``."""
    e = meter(w, ref)
    if now >= e.window_end_s:
        roll(w, e, now)
    e.kws += e.kw * (now - e.since_s)
    e.since_s = now
    e.kw += by_kw


@rule
def roll(w: World, e: Meter, now: float) -> None:
    """Close the windows that ended up to ``now``."""
    while e.window_end_s <= now:
        e.kws += e.kw * (e.window_end_s - e.since_s)
        e.since_s = e.window_end_s
        close_window(w, e)
        e.window_end_s += WINDOW_S
        e.slot += 1
        if e.slot == SLOTS:
            next_day(w, e)


@rule
def book(w: World, e: Meter) -> None:
    """Count what the window under way has drawn since the last booking."""
    kwh = (e.kws - e.booked_kws) / 3600.0
    month = whole(w, w.days, e.day * 3)
    add_real(w, e.kwh_by_band, whole(w, e.bands, month * SLOTS + e.slot), kwh)
    add_real(w, e.kwh_by_slot, e.slot, kwh)
    add_real(w, e.s_by_slot, e.slot, e.since_s - e.booked_until_s)
    e.booked_kws = e.kws
    e.booked_until_s = e.since_s


@rule
def close_window(w: World, e: Meter) -> None:
    """A quarter hour is over."""
    book(w, e)
    mean_kw = e.kws / WINDOW_S
    e.kws = 0.0
    e.booked_kws = 0.0
    e.month_windows += 1
    if mean_kw > real(w, e.highest_kw_by_slot, e.slot):
        put_real(w, e.highest_kw_by_slot, e.slot, mean_kw)
    if mean_kw > e.month_peak_kw:
        e.month_peak_kw = mean_kw
        if mean_kw > e.peak_kw:
            e.peak_kw = mean_kw
            e.peak_at = e.day * SLOTS + e.slot


@rule
def next_day(w: World, e: Meter) -> None:
    """A day is over; perhaps a month, perhaps a year."""
    e.slot = 0
    before = e.day
    e.day += 1
    if e.day == w.days_n:
        ask(w, MORE_DAYS, 0, 0.0)
    if whole(w, w.days, e.day * 3) != whole(w, w.days, before * 3):
        end_month(w, e, before)
        if whole(w, w.days, e.day * 3 + 1) != whole(w, w.days, before * 3 + 1):
            book_year(w, e, whole(w, w.days, before * 3 + 1))


@rule
def end_month(w: World, e: Meter, last_day: int) -> None:
    """Count the month that ends with a day."""
    month = whole(w, w.days, last_day * 3)
    put_real(w, e.peaks_before, month, max(real(w, e.peaks_before, month), e.month_peak_kw))
    add_real(w, e.s_before, month, e.since_s - e.month_since_s)
    windows = whole(w, w.days, last_day * 3 + 2) * SLOTS
    e.demand_before_cny += e.demand_price * e.month_peak_kw * e.month_windows / windows
    e.month_since_s = e.since_s
    e.month_peak_kw = 0.0
    e.month_windows = 0


@rule
def book_year(w: World, e: Meter, year: int) -> None:
    """Count a calendar year up to now."""
    total = 0.0
    for band in range(e.bands_n):
        total += real(w, e.kwh_by_band, band)
    add_real(w, e.kwh_by_year, year, total - e.kwh_before_year)
    put_whole(w, e.year_counted, year, 1)
    e.kwh_before_year = total


@rule
def flush_meter(w: World, ref: Ref, kw: float, now: float) -> None:
    """Bring the count up to ``now``; ``kw`` is the power then, free of rounding."""
    e = meter(w, ref)
    roll(w, e, now)
    e.kws += e.kw * (now - e.since_s)
    e.since_s = now
    e.kw = kw
    book(w, e)
    book_year(w, e, whole(w, w.days, e.day * 3 + 1))


@rule
def reset_meter(w: World, ref: Ref) -> None:
    """Count from here on."""
    e = meter(w, ref)
    for band in range(e.bands_n):
        put_real(w, e.kwh_by_band, band, 0.0)
    for slot in range(SLOTS):
        put_real(w, e.kwh_by_slot, slot, 0.0)
        put_real(w, e.s_by_slot, slot, 0.0)
        put_real(w, e.highest_kw_by_slot, slot, 0.0)
    for year in range(YEARS):
        put_real(w, e.kwh_by_year, year, 0.0)
        put_whole(w, e.year_counted, year, 0)
    e.peak_kw = 0.0
    e.peak_at = -1
    e.kws = 0.0
    e.booked_kws = 0.0
    e.booked_until_s = e.since_s
    e.month_since_s = e.since_s
    e.kwh_before_year = 0.0
    for month in range(12):
        put_real(w, e.peaks_before, month, 0.0)
        put_real(w, e.s_before, month, 0.0)
    e.demand_before_cny = 0.0
    e.month_peak_kw = 0.0
    e.month_windows = 0
