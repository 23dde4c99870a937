"""What works: machines, the equipment in service on them, heads that stop singly."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


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
