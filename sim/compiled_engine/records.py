"""What a running plant is made of: the records of the compiled engine.

A field that names another record, or a row of numbers, holds its ref. Times are in seconds since the start of the run;
``NOT_YET`` (-1) is a moment that has not come. Yes and no are 1 and 0.
"""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref, size


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


class Machine(Record):
    """One machine."""

    # what every part meets comes first: it shares lines of the processor's cache
    line: Ref
    station: Ref
    rig: Ref
    part: Ref
    phase: int
    held: int  # whether anything but its work holds it up
    tick: int
    ends_order: int
    needs: Ref
    request: Ref
    out_first: Ref
    is_ready: int
    ready_next: Ref
    ready_before: Ref
    is_touched: int
    touched_next: Ref
    state: int
    since_s: float
    era: Ref
    rates: Ref  # by carrier and state, as in force
    setup_for: int
    kind: int
    units: int
    planned_s: float
    left_s: float
    whole_s: float
    began_s: float
    takes_s: float
    speed: float
    operated_s: float
    due: int
    decided: int
    # the rest
    index: int  # among the machines of the line
    number: int  # among those of the station
    place: int  # among all machines of the plant
    stops_order: int
    bad: int
    scrapped: int
    reworked: int
    repeats: int
    first_flawed: int
    first_failure_s: float
    off: int
    overtime: int
    shift: Ref
    turn: float
    stops_due_s: float
    # what stands, and what stands in line
    stop: Ref
    due_first: Ref
    due_last: Ref
    refuses: int
    holds: int
    # renewal
    pending: Ref
    installing: int
    follow: Ref
    # age
    at_start_y: int
    in_service_y: int
    now_y: int
    commissioned_s: float
    made: int
    age_failure_rate: float
    age_repair_time: float
    age_cycle_time: float
    age_scrap: float
    age_energy: float
    # standby
    down: int  # STANDBY or OFF; -1: awake
    starting: int
    idle: int
    starts: int
    # the way out
    out_last: Ref
    out_n: int
    keeps: int
    found_bad: int
    bad_draws: Ref
    found_draws: Ref
    # several parts
    charge_first: Ref
    charge_last: Ref
    charge_n: int
    charges: int
    charged: int
    owes_return: int
    # furnace
    stroke: int
    last_charge: int
    heating: int
    owed_s: float
    load_per_h: float
    heat_up_per_h: float
    # lists it is in
    is_sleeper: int
    sleeper_next: Ref
    sleeper_before: Ref
    is_active: int
    active_since: float
    active_next: Ref
    active_before: Ref
    # time and energy
    seconds: Ref
    amounts: Ref
    per_unit: Ref
    rated: int  # carriers that have rates: bits
    booked: int  # carriers that have amounts: bits
    used: int  # carriers used by the part: bits
    cost_per_h: float
    cost_cny: float


class Rig(Record):
    """Equipment of one machine: what it does."""

    number: int  # among all rigs, for Python
    cycles: Ref  # streams by product
    planned: Ref
    cycle_factor: float
    setups: Ref  # streams by product before and after; 0: none
    load: Ref
    unload: Ref
    loads: int
    unloads: int
    needs_load: Ref
    needs_setup: Ref
    needs_work: Ref
    needs_unload: Ref
    keeps_place: int
    plain: int
    drawn_work: Ref
    drawn_setup: Ref
    drawn_any: int
    scrap: float
    inspects: int
    detects: float
    bad_to: int
    transfer: Ref
    plain_out: int
    shift_end: int
    no_start_within_s: float
    chooses: int
    standby: int
    idle_after: Ref
    start_up: Ref
    wake_at_parts: int
    none: int
    causes: Ref
    causes_n: int
    at_once: Ref
    at_once_n: int
    at_end: Ref
    at_end_n: int
    heads: Ref
    heads_n: int
    heads_count: int
    capacity: int
    min_load: int
    max_wait_s: float
    returns: int
    returning: Ref
    pieces: int
    output: int
    strokes: int
    pace_s: float
    charge_every: int
    gaps: int
    hold_off_shift: int
    heat_up_from_hold_s: float
    heat_up_cold_s: float
    ramp_up: int
    ramp: Ref
    ramp_n: int
    ramp_ends: Ref
    ages: int
    rates: Ref  # by carrier and state, as written
    rated: int
    heat: int
    heat_carrier: int
    heat_walls: Ref
    heat_per_part: Ref
    heat_per_charge: float
    heat_up_from_hold_per_h: float
    heat_up_cold_per_h: float
    per_good: Ref
    uses_per_good: int
    cost_per_h: float


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


class Heads(Record):
    """Positions of a machine that stop singly."""

    cause: Ref
    machine: Ref
    count: int
    down: int
    due: Ref
    due_n: int
    stops_first: Ref
    stops_last: Ref


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


class Roster(Record):
    """Working windows of some people of a crew."""

    number: int
    crew: Ref
    by: int
    opens_order: int
    closes_order: int
    windows: Ref
    windows_n: int
    next: int
    opens_s: float
    closes_s: float


class Needs(Record):
    """People needed together."""

    first: Ref
    n: int
    able: Ref
    able_n: int
    patrol: Ref


class Need(Record):
    """So many of one name: crews who may come, in file order."""

    crews: Ref
    crews_n: int
    number: int


class Request(Record):
    """One request for people."""

    asked_s: float
    needs: Ref
    purpose: int
    who: Ref
    open: int  # not yet granted
    queued: int
    turn: int
    taken: Ref  # crew, number, crew, number ..
    taken_n: int
    walker: Ref
    where: int
    list: Ref
    next: Ref


class Crew(Record):
    """So many people of one kind; those of a patrol walk round."""

    number: int
    patrols: int
    size: int
    always: int
    on_duty: Ref
    busy: Ref
    waiting: Ref
    waits_n: int
    waits_h: float
    queue_first: Ref
    queue_last: Ref
    walk_s: float
    walks: int
    round: Ref
    round_n: int
    position: Ref  # of each machine of the plant in the round
    walkers: Ref
    walkers_n: int
    stops: Ref  # requests that wait, by place in the round
    taken: int  # while a request is looked at


class Walker(Record):
    """One person on the round."""

    crew: Ref
    order: int
    at: int
    found: Ref
    resting: int


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


MACHINE, STATION, LINE = size(Machine), size(Station), size(Line)
EVENT, QUEUE, WAY, FEED = size(Event), size(Queue), size(Way), size(Feed)
OUTPUT, PERIOD, NEED, WALKER = size(Output), size(Period), size(Need), size(Walker)
SHIFT, ROSTER, SWAP, CREW = size(Shift), size(Roster), size(Swap), size(Crew)
"""Sizes of records that lie in rows."""
