"""What keeps a machine from work: causes and stops, renewals, shifts."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


class Cause(Record):
    """One failure mode or maintenance rule of one rig."""

    machine: Ref
    failure: int
    state: int
    operating: int
    interrupts: int
    by_units: int
    weekly: int
    block: int
    start_to_start: int
    every_h: float
    weekly_first_s: float
    lasts: Ref
    time_to: Ref
    crew: Ref  # people needed
    priority: float
    part: int
    releases: int
    accepts: int
    as_new: int  # a repair makes it new
    age_at_start_h: float
    others: Ref  # clocks that start anew with it
    others_n: int
    heads: Ref  # heads that it restores
    heads_n: int
    tick: int
    due_s: float
    units: int
    age_h: float
    drawn_h: float
    grid: int
    waits_n: int
    waits_h: float
    lengths_n: int
    lengths_h: float


class Stop(Record):
    """One stop of a machine or head, waited for or under way."""

    cause: Ref
    heads: Ref
    due_s: float
    began_s: float
    served_s: float
    request: Ref
    tick: int
    listed: int
    next: Ref
    before: Ref


class Swap(Record):
    """A planned renewal."""

    number: int
    machine: Ref
    rig: Ref
    at_s: float
    install_s: float
    after: Ref  # the machine whose renewal comes first
    next: Ref
    left_s: float
    left_turn: int


class Shift(Record):
    """The working windows of one calendar, for the machines that keep them."""

    number: int
    opens_order: int
    closes_order: int
    machines: Ref
    machines_n: int
    windows: Ref
    windows_n: int
    next: int
    opens_s: float
    closes_s: float
