"""Who helps: crews and their working times, what needs them, requests, rounds."""

from __future__ import annotations

from sim.compiled_engine.memory import Record, Ref


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
