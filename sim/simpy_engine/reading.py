"""What the SimPy engine has counted, as a reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.reading import (
    CauseReading,
    CrewReading,
    FeedReading,
    LineReading,
    MachineReading,
    Occupancy,
    OutputReading,
    Reading,
    StationReading,
    StopReading,
    Tally,
)
from sim.simpy_engine.batch import BatchMachine
from sim.simpy_engine.patrol import Patrol
from sim.tally import Levels, Sample, merged

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.people import Crew
    from sim.simpy_engine.run import Run
    from sim.simpy_engine.station import Station
    from sim.simpy_engine.stops import Cause


def read(run: Run) -> Reading:
    """Return what was counted since the last reset."""
    now = run.now
    for line in run.lines:
        line.flush(now)
    left = {(machine, id(swap)): at for machine, swap, at in run.renewed}
    return Reading(
        program=run.program,
        now=now,
        lines=[_line(line, now) for line in run.lines],
        crews=[_crew(crew, now) for crew in run.board.all()],
        renewals=[
            left.get((run.lines[swap.line].stations[swap.station].machines[swap.machine], id(swap)))
            for swap in run.program.swaps
        ],
    )


def progress(run: Run) -> list[tuple[float, int]]:
    """Return for each line the integral of its WIP, and how many parts left."""
    now = run.now
    return [(line.wip.area(now), sum(o.good + o.bad + o.scrapped for o in line.outputs.values())) for line in run.lines]


def _line(line: LineRun, now: float) -> LineReading:
    sole, shifting = line.active.shares(now)
    return LineReading(
        name=line.name,
        program=line.program,
        wip=line.wip.value,
        wip_area=line.wip.area(now),
        outputs={
            name: OutputReading(o.good, o.bad, o.scrapped, o.lead.copy()) for name, o in line.outputs.items()
        },
        feeds=[FeedReading(feed.rules, feed.offered, feed.lost, feed.waiting()) for feed in line.feeds],
        sole=sole,
        shifting=shifting,
        meter=line.meter.read(),
        stations=[_station(station, now) for station in line.stations],
    )  # fmt: skip


def _station(station: Station, now: float) -> StationReading:
    causes = station.causes()
    return StationReading(
        name=station.name,
        kind=station.kind,
        machines=[_machine(machine) for machine in station.machines],
        causes=[CauseReading(c.rule, _tally(c.waits), _tally(c.lengths)) for c in causes],
        stops=_stops(causes),
        queued_area=station.queued.area([part.entered_s for part in station.queue], now),
        number=_occupancy(station.number, now),
        working=_occupancy(station.working, now),
        waits=station.waits.copy(),
    )


def _machine(machine: Machine) -> MachineReading:
    stays, batches = machine.stays, machine if isinstance(machine, BatchMachine) else None
    return MachineReading(
        name=machine.name,
        state=stays.state,
        seconds=stays.seconds.copy(),
        amounts={carrier: by_state.copy() for carrier, by_state in stays.amounts.items()},
        per_unit=stays.per_unit.copy(),
        cost_cny=stays.cost_cny,
        units=machine.units,
        bad=machine.bad,
        scrapped=machine.scrapped,
        reworked=machine.reworked,
        repeats=machine.repeats,
        first_flawed=machine.first_flawed,
        planned_s=machine.planned_s,
        operated_s=machine.operated_s,
        first_failure_s=machine.first_failure_s,
        commissioned=machine.age.commissioned_s is not None,
        had_age=any(failure.age_h > 0 for failure in machine.rig.failures),
        starts=machine.sleep.starts if machine.sleep is not None else None,
        charges=batches.charges if batches else 0,
        charged=batches.charged if batches else 0,
    )


def _stops(causes: list[Cause]) -> list[StopReading]:
    """Return causes by name; their values are added up together, so that no sum depends on the machines' order."""
    named: dict[str, list[Cause]] = {}
    for cause in causes:
        named.setdefault(cause.name, []).append(cause)
    return [
        StopReading(
            name=name,
            waits=_tally(merged(cause.waits for cause in mine)),
            lengths=_tally(merged(cause.lengths for cause in mine)),
            cost_cny=sum(cause.waits.count * cause.rule.cost_cny for cause in mine),
        )
        for name, mine in named.items()
    ]


def _tally(sample: Sample) -> Tally:
    return Tally(sample.count, sample.total)


def _occupancy(level: Levels, now: float) -> Occupancy:
    return Occupancy(level.area(now), level.seconds(now))


def _crew(crew: Crew | Patrol, now: float) -> CrewReading:
    return CrewReading(
        name=crew.name,
        size=crew.size,
        on_duty_area=crew.on_duty.area(now),
        busy=_occupancy(crew.busy, now),
        waits=_tally(crew.waits),
        waiting_area=crew.waiting.area(now),
        walks=crew.walks if isinstance(crew, Patrol) else None,
        round_length=len(crew.round) if isinstance(crew, Patrol) else 0,
    )
