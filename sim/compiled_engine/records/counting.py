"""What is counted: levels over time, samples, output, the meter of a line, active periods."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


class Levels(Record):
    """A count over time, and for how long it had each value.

    ``times`` is 0 where only the integral is kept, ``area``; else that is of what exceeds the most values told apart.
    """

    value: int
    area: float
    since_s: float
    times: Ref
    room: int


class Sample(Record):
    """Values with their histogram, see sim.tally.Sample."""

    kept: Ref
    kept_n: int
    binned: int
    zeros: int
    total: float
    counts: Ref
    sums: Ref
    low: int
    room: int


class Output(Record):
    """Parts of one product that left the line."""

    good: int
    bad: int
    scrapped: int
    lead: Ref


class Meter(Record):
    """Electricity of one line by quarter hours, see sim.account.Meter."""

    window_end_s: float
    slot: int
    day: int
    kw: float
    since_s: float
    kws: float
    booked_kws: float
    booked_until_s: float
    month_since_s: float
    month_peak_kw: float
    month_windows: int
    peak_kw: float
    peak_at: int  # window since the first midnight; -1: none
    demand_price: float
    demand_before_cny: float
    kwh_before_year: float
    bands: Ref  # band by month and slot
    bands_n: int
    kwh_by_band: Ref
    kwh_by_slot: Ref
    s_by_slot: Ref
    highest_kw_by_slot: Ref
    kwh_by_year: Ref
    year_counted: Ref
    peaks_before: Ref
    s_before: Ref


class Active(Record):
    """Active periods of a line's machines, see sim.bottleneck."""

    first: Ref  # active machines in order of their starts
    last: Ref
    waiting: Ref
    waiting_n: int
    from_s: float
    has_last: int
    last_group: int
    last_start: float
    last_end: float
    before: float
    held: float
    counted_to: Ref
    sole: Ref
    shifting: Ref


class Period(Record):
    """An active period that may be a bottleneck period."""

    machine: Ref
    start: float
    end: float
    after: float
