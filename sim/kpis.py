"""What one replication says: KPIs by ISO 22400-2, energy, costs; plain numbers, one mapping a replication.

Formulas: availability = processing time / planned busy time (scheduled less maintenance and installation);
effectiveness = planned run time of the parts made / processing time; quality = good / made; OEE their product.
The bottleneck named here is the station whose machines are least often blocked or starved.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from models.equipment import STATES
from sim.account import ELECTRICITY
from sim.energy_kpis import energy, use
from sim.simpy_engine.batch import BatchMachine

if TYPE_CHECKING:
    from sim.simpy_engine.line import LineRun
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.people import Crew
    from sim.simpy_engine.run import Run
    from sim.simpy_engine.station import Station
    from sim.tally import Sample

H = 3600.0
UNSCHEDULED = ("off_shift", "holding")
"""States outside the scheduled time; a furnace holds its temperature there."""
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
Record = dict[str, Any]


def record(run: Run, counted_s: float) -> Record:
    """Return the KPIs of one replication over the last ``counted_s`` seconds."""
    now = run.clock.now
    for line in run.lines:
        line.flush(now)
    return {
        "lines": [_line(line, now, counted_s) for line in run.lines],
        "crews": [_crew(crew, now, counted_s) for crew in run.crews.values()],
    }


def _line(line: LineRun, now: float, counted_s: float) -> Record:
    hours = counted_s / H
    good = sum(o.good for o in line.outputs.values())
    stations = [_station(station, now, counted_s) for station in line.stations]
    idle = [s["states"]["blocked"] + s["states"]["starved"] for s in stations]
    offered = line.source.offered
    lead = merged([o.lead for o in line.outputs.values()])
    return {
        "name": line.name,
        "throughput_per_h": (good + line.scrapped) / hours,
        "good_per_h": good / hours,
        "wip": line.wip.area(now) / counted_s,
        "lead_time_h": _sample(lead),
        "products": [
            {"name": name, "throughput_per_h": o.good / hours, "lead_time_h": _sample(o.lead)}
            for name, o in line.outputs.items()
        ],
        "sources": [{"offered_per_h": offered / hours, "lost_share": line.source.lost / offered if offered else 0.0}],
        "energy": energy(line, {name: o.good for name, o in line.outputs.items()}, counted_s),
        "running_cost_cny_per_h": running_cny(line) / hours,
        "bottleneck": line.stations[idle.index(min(idle))].name,
        "stations": stations,
    }


def merged(samples: list[Sample]) -> Sample:
    """Return one sample that holds all values of several."""
    from sim.tally import Sample

    total = Sample()
    for sample in samples:
        total.merge(sample)
    return total


def _sample(sample: Sample) -> Record:
    return {"mean": sample.mean(), **{name: sample.quantile(p) for name, p in QUANTILES.items()}}


def _station(station: Station, now: float, counted_s: float) -> Record:
    hours = counted_s / H
    machines = [_machine(m) for m in station.machines]
    n = len(machines)
    by_state = {s: sum(m["hours"][s] for m in machines) / n for s in STATES}
    scheduled = sum(h for s, h in by_state.items() if s not in UNSCHEDULED)
    units, scrapped = (sum(getattr(m, k) for m in station.machines) for k in ("units", "scrapped"))
    planned_h = sum(m.planned_s for m in station.machines) / H / n
    busy = scheduled - by_state["maintenance"] - by_state["installing"]
    availability = by_state["processing"] / busy if busy > 0 else 0.0
    performance = planned_h / by_state["processing"] if by_state["processing"] else 0.0
    quality = (units - scrapped) / units if units else 1.0
    kwh = sum(
        sum(m.stays.amounts.get(ELECTRICITY, ())) + m.stays.per_unit.get(ELECTRICITY, 0.0) for m in station.machines
    )
    return {
        "name": station.name,
        "machines": n,
        "states": _shares(by_state),
        "hours": by_state,
        "oee": availability * performance * quality,
        "availability": availability,
        "performance": performance,
        "quality": quality,
        "visits_per_h": units / hours,
        "queue_length": station.queued.area([p.entered_s for p in station.queue], now) / counted_s,
        "number": station.number.area([p.entered_s for p in station.present()], now) / counted_s,
        "waiting_time_h": {
            "mean": station.waits.mean(),
            "positive_share": station.waits.positive / station.waits.count if station.waits.count else 0.0,
            "p90": station.waits.quantile(0.9),
            "p99": station.waits.quantile(0.99),
        },
        "mean_power_kw": kwh / hours,
        "by_carrier": _station_use(station),
        **_charges(station, hours),
        "stops": _stops(station, hours),
        "machine": machines,
    }


def _station_use(station: Station) -> dict[str, float]:
    used: dict[str, float] = defaultdict(float)
    for machine in station.machines:
        for carrier, by_state in machine.stays.amounts.items():
            used[carrier] += sum(by_state)
        for carrier, amount in machine.stays.per_unit.items():
            used[carrier] += amount
    return dict(used)


def _charges(station: Station, hours: float) -> Record:
    if station.kind != "batch":
        return {}
    batches = [m for m in station.machines if isinstance(m, BatchMachine)]
    charges, parts = sum(m.charges for m in batches), sum(m.charged for m in batches)
    return {"charges_per_h": charges / hours, "mean_load": parts / charges if charges else 0.0}


def _machine(machine: Machine) -> Record:
    hours = {state: s / H for state, s in zip(STATES, machine.stays.seconds, strict=True)}
    return {"name": machine.name, "states": _shares(hours), "hours": hours, "units": machine.units}


def _shares(hours: dict[str, float]) -> dict[str, float]:
    scheduled = {s: h for s, h in hours.items() if s not in UNSCHEDULED}
    total = sum(scheduled.values())
    return {s: h / total if total else 0.0 for s, h in scheduled.items()}


def _stops(station: Station, hours: float) -> list[Record]:
    rows: dict[str, Record] = {}
    for cause in station.causes():
        row = rows.setdefault(cause.name, {"name": cause.name, "waits": [], "lengths": [], "cost": 0.0})
        row["waits"].append(cause.waits)
        row["lengths"].append(cause.lengths)
        row["cost"] += cause.waits.count * cause.rule.cost_cny
    return [
        {
            "name": row["name"],
            "per_h": sum(w.count for w in row["waits"]) / hours,
            "mean_wait_h": merged(row["waits"]).mean(),
            "mean_h": merged(row["lengths"]).mean(),
            "cost_cny_per_h": row["cost"] / hours,
        }
        for row in rows.values()
    ]


def _crew(crew: Crew, now: float, counted_s: float) -> Record:
    hours = counted_s / H
    return {
        "name": crew.name,
        "size": crew.size,
        "utilisation": crew.busy.area(now) / counted_s / crew.size if crew.size else 0.0,
        "requests_per_h": crew.waits.count / hours,
        "waiting_time_h": crew.waits.mean(),
    }


def running_cny(line: LineRun) -> float:
    """Return running cost and what stops cost, since the last reset."""
    running = sum(m.stays.cost_cny for s in line.stations for m in s.machines)
    return running + sum(c.waits.count * c.rule.cost_cny for s in line.stations for c in s.causes())


def ledger(run: Run) -> list[Record]:
    """Return, line by line, what the money needs, counted since the last reset: output, energy, costs."""
    now = run.clock.now
    out = []
    for line in run.lines:
        line.flush(now)
        used = use(line)
        out.append({
            "good": {name: o.good for name, o in line.outputs.items()},
            "scrapped": line.scrapped,
            "energy_tce": used["tce"],
            "co2_t": used["co2_t"],
            "energy_cny": used["cost_cny"],
            "amounts": used["by_carrier"],
            "running_cny": running_cny(line),
        })  # fmt: skip
    return out
