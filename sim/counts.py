"""Raw counts of one replication, for the indicators of :mod:`sim.iso22400`."""

from __future__ import annotations

from typing import Any

from models.equipment import STATES
from models.stops import Failure
from sim.bottleneck import is_serial
from sim.program import LineProgram, Program
from sim.reading import CrewReading, LineReading, Reading, StationReading

H = 3600.0
KWH_PER_KGCE = 29.3076 / 3.6
Counts = dict[str, Any]


def station_counts(station: StationReading, reading: Reading, counted_s: float) -> Counts:
    """Return the fields of :class:`sim.iso22400.StationCounts`, all machines together."""
    machines = station.machines
    failures = [c for c in station.causes if isinstance(c.rule, Failure) and c.rule.scope == "machine"]
    upkeep = [c for c in station.causes if not isinstance(c.rule, Failure)]
    kgce = _kgce(station, reading.program)

    def total(name: str) -> Any:  # noqa: ANN401 - whole numbers and seconds
        return sum(getattr(machine, name) for machine in machines)

    first = total("units") - total("repeats")
    first_failures, first_failure_h = _first_failures(station, reading.now, counted_s)
    return {
        "counted_h": counted_s / H,
        "machines": len(machines),
        "hours": {s: sum(m.seconds[n] for m in machines) / H for n, s in enumerate(STATES)},
        "planned_h": total("planned_s") / H,
        "made": total("units"),
        "bad": total("bad"),
        "scrapped": total("scrapped"),
        "reworked": total("reworked"),
        "first_made": first,
        "first_good": first - total("first_flawed"),
        "failures": sum(c.waits.count for c in failures),
        "wait_h": sum(c.waits.total for c in failures),
        "repairs": sum(c.lengths.count for c in failures),
        "repair_h": sum(c.lengths.total for c in failures),
        "first_failures": first_failures,
        "first_failure_h": first_failure_h,
        "maintenance_h": sum(c.lengths.total for c in upkeep),
        "energy_kwh": kgce * KWH_PER_KGCE,
        "energy_kgce": kgce,
    }


def _first_failures(station: StationReading, now: float, counted_s: float) -> tuple[int | None, float]:
    """Return how many machines failed at all and the work of all up to then; None unless counted from new."""
    machines = station.machines
    if now > counted_s or any(m.had_age or m.commissioned for m in machines):
        return None, 0.0
    failed_s = [m.first_failure_s for m in machines if m.first_failure_s is not None]
    unfailed_s = sum(m.operated_s for m in machines if m.first_failure_s is None)
    return len(failed_s), (sum(failed_s) + unfailed_s) / H


def _kgce(station: StationReading, program: Program) -> float:
    carriers = program.energy
    used: dict[str, float] = {}
    for machine in station.machines:
        for carrier, by_state in machine.amounts.items():
            used[carrier] = used.get(carrier, 0.0) + sum(by_state)
        for carrier, amount in machine.per_unit.items():
            used[carrier] = used.get(carrier, 0.0) + amount
    return sum(amount * carriers.carrier(c).per_unit("kgce") for c, amount in used.items())


def line_counts(line: LineReading) -> Counts:
    """Return the fields of :class:`sim.iso22400.LineCounts`."""
    outputs = line.outputs.values()
    good = sum(o.good for o in outputs)
    single = all(station.kind == "machine" for station in line.stations)
    processing = STATES.index("processing"), STATES.index("overtime")
    worked_s = sum(m.seconds[n] for s in line.stations for m in s.machines for n in processing)
    return {
        "left": good + sum(o.bad + o.scrapped for o in outputs),
        "good": good,
        "production_h": worked_s / H if single else None,
        "present_h": line.wip_area / H,
    }


def crew_counts(crew: CrewReading) -> Counts:
    """Return the fields of :class:`sim.iso22400.CrewCounts`."""
    return {"work_h": crew.busy.area / H, "attendance_h": crew.on_duty_area / H}


def serial(program: LineProgram) -> bool:
    """Return whether all parts pass all stations in their order."""
    targets = [
        {t for way in s.routes.values() for t in way.targets} | {m.rig.bad_to for m in s.machines if m.rig.inspect}
        for s in program.stations
    ]
    return is_serial(targets) and all(source.to == 0 for source in program.sources)
