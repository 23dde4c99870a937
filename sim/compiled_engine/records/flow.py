"""Where parts are and go: lines, stations, buffers, ways, parts, and where parts come from."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


class Line(Record):
    """One line."""

    number: int
    stations: Ref
    stations_n: int
    machines: Ref
    machines_n: int
    feeds: Ref
    feeds_n: int
    shifts: Ref
    shifts_n: int
    present: Ref  # rows of what is there at the start: station, parts, product; and how much work is left
    present_left: Ref
    present_n: int
    products_n: int
    outputs: Ref
    loops: int
    may_stand: int
    before_service: int
    sequence: Ref
    sequence_n: int
    shares: Ref
    shares_n: int
    lot: int
    stirred_n: int  # stations where something may move
    stirred_last: int  # none of them comes after this one
    touched_first: Ref
    touched_last: Ref
    blocked: Ref  # the machine just blocked, in a line with loops
    idle_n: int
    wip: Ref
    initial: int
    merged: int
    on_the_way: int
    lots: int
    parts: int
    batches: int
    meter: Ref
    active: Ref
    shut: Ref  # for the search for deadlock: a word for each station
    found: Ref  # the stations of a deadlock
    found_n: int


class Station(Record):
    """One station."""

    # what every part meets comes first: it shares lines of the processor's cache
    line: Ref
    index: int
    stirred: int
    ready_n: int
    ready_first: Ref
    ready_last: Ref
    waiting_n: int
    waiting_first: Ref
    queues: Ref
    queue_n: int
    buffer: float
    coming: int
    number: Ref
    waits: Ref
    queued_stayed_s: float
    queued_from_s: float
    only: Ref  # by product: the one target, or UNDECIDED
    sleeper_first: Ref
    feed_first: Ref
    working: Ref
    # the rest
    kind: int
    plain: int  # whether only the number in front counts
    machines: Ref
    machines_n: int
    places: Ref  # assembly: places by product
    needed: Ref  # assembly: parts of each product for a kit, -1: none of the inputs
    inputs: Ref  # assembly: products of a kit in order
    inputs_n: int
    pieces: int  # join
    queue: int
    rank: Ref  # queue number by product
    queues_n: int
    choose: int
    chance: Ref
    one_lot: int
    inspected: Ref  # by product: whether an inspection is ahead
    ways: Ref  # by product
    route: Ref
    setup_initial: int
    initial_state: int
    starts_late: int  # whether parts entering may start a charge when they have waited
    kept_first: Ref
    kept_last: Ref
    taking: Ref
    waiting_last: Ref
    sleeper_last: Ref
    snapshot: Ref
    causes: Ref  # of all equipment its machines have and will have
    causes_n: int


class Queue(Record):
    """Parts of one rank in front of a station."""

    first: Ref
    last: Ref
    n: int


class Way(Record):
    """Where parts of one product go from a station."""

    targets: Ref
    n: int
    ends: Ref  # cumulative shares; 0: one after the other
    turn: int


class Part(Record):
    """One part."""

    # what every part meets comes first: it shares lines of the processor's cache
    product: int
    bad: int
    fresh: int
    started_s: float
    entered_s: float
    born_s: float
    next: Ref  # in a buffer, a charge, a furnace, an outlet, or outside
    before: Ref
    target: int
    # the rest
    number: int
    lot: int
    of_lot: int
    finished_s: float
    setup_began_s: float
    setup_ended_s: float
    batch: int
    home: Ref
    parent: Ref
    pieces: int
    refs: int  # pieces that came of it and are still there
    gone: int
    visits: Ref
    going: Ref  # the station it is on its way to
    leaves: int  # the stroke at whose end it leaves a furnace
    kept_at: Ref
    kept_next: Ref
    kept_before: Ref


class Node(Record):
    """A place in a list: who waits for a place, or a request in a crew's queue."""

    item: Ref
    feed: int  # whether the item is a source
    priority: float
    turn: int
    next: Ref
    before: Ref


class Feed(Record):
    """One source."""

    line: Ref
    number: int
    way: int
    to: Ref
    order: int
    limit: int  # most arrivals; -1: no limit
    lose: int
    pallets: int
    quantity: int
    product: int
    mixes: int
    mix: Ref
    products: Ref  # by product: whether it may come
    products_n: int
    lot_size: int
    lots_come: int
    up_product: int
    up_lot: int
    up_several: int
    mix_left: int
    mix_product: int
    mix_lot: int
    mix_at: int
    times: Ref
    whats: Ref
    many: Ref
    arrivals_n: int
    next: int
    made: int
    armed: int
    arrives_product: int
    arrives_many: int
    offered: int
    lost: int
    outside_first: Ref
    outside_last: Ref
    outside_n: int
    next_feed: Ref  # of the saturated sources of a station
