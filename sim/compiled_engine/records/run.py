"""What a replication holds as a whole: the clock with its events, and the random numbers."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


class World(Record):
    """One replication: the clock, and where everything lies."""

    helper: int  # address of the function that Python answers with
    now: float
    until_s: float
    before_s: float  # the last instant, for the standstill check
    at_once: int  # events at this instant
    budget: int  # instants until Python has a look
    fault: int
    fault_line: Ref  # where a deadlock was found
    answer: float  # what Python answered
    asked: int  # events asked for so far
    heap: Ref
    heap_n: int
    heap_room: int
    hole: int  # whether the first place of the heap is free
    lines: Ref
    lines_n: int
    crews: Ref
    crews_n: int
    rosters: Ref
    rosters_n: int
    swaps: Ref
    swaps_n: int
    swaps_left: int  # renewals so far
    turns: int  # requests for people so far
    years: int
    year_order: int
    start_order: int
    free_part: Ref
    free_node: Ref
    free_request: Ref
    free_stop: Ref
    days: Ref  # by day of the run: month, year since the start, days of the month
    days_n: int
    traced: int
    trace_part: Ref


class Event(Record):
    """Something in the future."""

    time_s: float
    key: int  # order at one instant, then number in the order of asking
    what: int
    who: Ref


class Stream(Record):
    """Random numbers, or a constant, or a sequence."""

    values: Ref
    mask: int  # -1; of a constant 0, so that its one value serves for ever
    next: int
    size: int
    kind: int  # what follows the last value
    number: int  # among all streams, for Python
