"""What one replication says: KPIs by ISO 22400-2, energy, costs; plain numbers, one mapping a replication.

Formulas: availability = processing time / planned busy time (scheduled less maintenance and installation);
effectiveness = planned run time of the parts made / processing time; quality = good / made; OEE their product.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from models.equipment import STATES
from sim.counts import crew_counts, line_counts, serial, station_counts
from sim.energy_kpis import energy, of_each_part, use
from sim.program import ELECTRICITY, Program, Swap
from sim.reading import CrewReading, FeedReading, LineReading, MachineReading, Reading, StationReading
from sim.tally import Sample, merged

H = 3600.0
UNSCHEDULED = ("off_shift", "overtime", "holding")
"""States outside the scheduled time; a furnace holds its temperature there."""
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
Record = dict[str, Any]
FLOW = frozenset({"throughput_per_h", "good_per_h", "scrap_per_h", "undetected_per_h", "wip"})
"""What :func:`flow` tells of a line."""
SPENT = frozenset({
    "mean_power_kw", "kwh_per_unit", "kgce_per_unit", "tce", "tce_equivalent", "tce_equal", "co2_t", "cost_cny",
    "peak_kw", "running_cost_cny_per_h",
})  # fmt: skip
"""What :func:`spent` tells of a line."""


def record(reading: Reading, counted_s: float) -> Record:
    """Return the KPIs of one replication over the last ``counted_s`` seconds."""
    return {
        "lines": [_line(line, reading, counted_s) for line in reading.lines],
        "crews": [_crew(crew, counted_s) for crew in reading.crews],
        "renewals": [
            _renewal(reading, swap, left_s)
            for swap, left_s in zip(reading.program.swaps, reading.renewals, strict=True)
        ],
    }


def _renewal(reading: Reading, swap: Swap, left_s: float | None) -> Record:
    """Return what became of a renewal: when the old machine left and the new one started (null: not yet)."""
    line = reading.program.lines[swap.line]
    station = line.stations[swap.station]
    back_s = None if left_s is None else left_s + swap.install_s
    return {
        "line": line.name,
        "station": station.name,
        "machine": station.machines[swap.machine].name,
        "option": swap.option,
        "planned_h": swap.at_s / H,
        "out_h": None if left_s is None else left_s / H,
        "back_h": None if back_s is None or back_s > reading.now else back_s / H,
        "capex_cny": swap.capex_cny,
        "resale_cny": swap.resale_cny,
    }


def _line(line: LineReading, reading: Reading, counted_s: float) -> Record:
    hours = counted_s / H
    outputs = line.outputs.values()
    good, bad, scrapped = (sum(getattr(o, k) for o in outputs) for k in ("good", "bad", "scrapped"))
    stations = [_station(station, reading, counted_s) for station in line.stations]
    return {
        "name": line.name,
        **flow(good, bad, scrapped, line.wip_area, counted_s),
        "lead_time_h": _sample(merged(o.lead for o in outputs)),
        "products": [
            {
                "name": name,
                "throughput_per_h": (o.good + o.bad + o.scrapped) / hours,
                "good_per_h": o.good / hours,
                "lead_time_h": _sample(o.lead),
            }
            for name, o in line.outputs.items()
        ],
        "sources": [_source(feed, good, hours) for feed in line.feeds],
        "energy": energy(line, reading.program, counted_s),
        "running_cost_cny_per_h": running_cny(line) / hours,
        "active_period": {s.name: [line.sole[n], line.shifting[n]] for n, s in enumerate(line.stations)},
        "serial": serial(line.program),
        "counts": line_counts(line),
        "stations": stations,
    }


def spent(line: LineReading, program: Program, counted_s: float) -> dict[str, float]:
    """Return the main figures of energy and cost: of :data:`SPENT`."""
    good = sum(output.good for output in line.outputs.values())
    used = use(line, program)
    found = {**used, **of_each_part(used, good, counted_s), "peak_kw": line.meter.peak_kw}
    found["running_cost_cny_per_h"] = running_cny(line) / (counted_s / H)
    return {key: found[key] for key in SPENT}


def flow(good: int, bad: int, scrapped: int, wip_area: float, counted_s: float) -> dict[str, float]:
    """Return what leaves a line in an hour, and how much is in it."""
    hours = counted_s / H
    return {
        "throughput_per_h": (good + bad + scrapped) / hours,
        "good_per_h": good / hours,
        "scrap_per_h": scrapped / hours,
        "undetected_per_h": bad / hours,
        "wip": wip_area / counted_s,
    }


def _source(feed: FeedReading, good: int, hours: float) -> Record:
    offered = feed.offered
    shortage = {}
    if feed.rules.demand_per_h is not None:
        shortage = {"shortage_share": max(0.0, 1 - good / offered) if offered else 0.0}
    return {
        "offered_per_h": offered / hours,
        "lost_share": feed.lost / offered if offered else 0.0,
        "outside": feed.outside,
        **shortage,
    }


def _sample(sample: Sample) -> Record:
    return {"mean": sample.mean(), **{name: sample.quantile(p) for name, p in QUANTILES.items()}}


def _station(station: StationReading, reading: Reading, counted_s: float) -> Record:
    hours = counted_s / H
    machines = [_machine(m) for m in station.machines]
    n = len(machines)
    by_state = {s: sum(m["hours"][s] for m in machines) / n for s in STATES}
    scheduled = sum(h for s, h in by_state.items() if s not in UNSCHEDULED)
    units, bad = (sum(getattr(m, k) for m in station.machines) for k in ("units", "bad"))
    planned_h = sum(m.planned_s for m in station.machines) / H / n
    busy = scheduled - by_state["maintenance"] - by_state["installing"]
    availability = by_state["processing"] / busy if busy > 0 else 0.0
    performance = planned_h / by_state["processing"] if by_state["processing"] else 0.0
    quality = (units - bad) / units if units else 1.0
    kwh = sum(sum(m.amounts.get(ELECTRICITY, ())) + m.per_unit.get(ELECTRICITY, 0.0) for m in station.machines)
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
        "queue_length": station.queued_area / counted_s,
        "number": station.number.area / counted_s,
        "number_share": station.number.shares(),
        "waiting_time_h": {
            "mean": station.waits.mean(),
            "positive_share": station.waits.positive / station.waits.count if station.waits.count else 0.0,
            "p90": station.waits.quantile(0.9),
            "p99": station.waits.quantile(0.99),
        },
        "machines_processing": station.working.shares(),
        **_starts(station, hours),
        "mean_power_kw": kwh / hours,
        "by_carrier": _station_use(station),
        **_charges(station, hours),
        "stops": _stops(station, hours),
        "counts": station_counts(station, reading, counted_s),
        "machine": machines,
    }


def _station_use(station: StationReading) -> dict[str, float]:
    used: dict[str, float] = defaultdict(float)
    for machine in station.machines:
        for carrier, by_state in machine.amounts.items():
            used[carrier] += sum(by_state)
        for carrier, amount in machine.per_unit.items():
            used[carrier] += amount
    return dict(used)


def _charges(station: StationReading, hours: float) -> Record:
    if station.kind not in ("batch", "transport"):
        return {}
    charges, parts = (sum(getattr(m, k) for m in station.machines) for k in ("charges", "charged"))
    return {"charges_per_h": charges / hours, "mean_load": parts / charges if charges else 0.0}


def _machine(machine: MachineReading) -> Record:
    hours = {state: s / H for state, s in zip(STATES, machine.seconds, strict=True)}
    hours["off_shift"] += hours["overtime"]  # work after the shift is outside scheduled time, and told apart
    return {"name": machine.name, "states": _shares(hours), "hours": hours, "units": machine.units}


def _shares(hours: dict[str, float]) -> dict[str, float]:
    scheduled = {s: h for s, h in hours.items() if s not in UNSCHEDULED}
    total = sum(scheduled.values())
    return {s: h / total if total else 0.0 for s, h in scheduled.items()}


def _stops(station: StationReading, hours: float) -> list[Record]:
    return [
        {
            "name": stop.name,
            "per_h": stop.waits.count / hours,
            "mean_wait_h": stop.waits.mean(),
            "mean_h": stop.lengths.mean(),
            "cost_cny_per_h": stop.cost_cny / hours,
        }
        for stop in station.stops
    ]


def _crew(crew: CrewReading, counted_s: float) -> Record:
    hours = counted_s / H
    there = crew.on_duty_area
    walked = {}
    if crew.walks is not None:
        walked = {"rounds_per_h": crew.walks / crew.round_length / hours if crew.round_length else 0.0}
    return {
        "name": crew.name,
        "size": crew.size,
        "utilisation": crew.busy.area / there if there else 0.0,
        "in_use": crew.busy.shares(),
        "requests_per_h": crew.waits.count / hours,
        "waiting_time_h": crew.waits.mean(),
        "queue_length": crew.waiting_area / counted_s,
        "counts": crew_counts(crew),
        **walked,
    }


def _starts(station: StationReading, hours: float) -> Record:
    """Return how often machines came back from standby."""
    starts = [m.starts for m in station.machines if m.starts is not None]
    return {"start_ups_per_h": sum(starts) / hours} if starts else {}


def running_cny(line: LineReading) -> float:
    """Return running cost and what stops cost, since the last reset."""
    running = sum(m.cost_cny for s in line.stations for m in s.machines)
    return running + sum(c.waits.count * c.rule.cost_cny for s in line.stations for c in s.causes)


def ledger(reading: Reading) -> list[Record]:
    """Return, line by line, what the money needs, counted since the last reset: output, energy, costs."""
    out = []
    for line in reading.lines:
        used = use(line, reading.program)
        out.append({
            "good": {name: o.good for name, o in line.outputs.items()},
            "scrapped": sum(o.scrapped for o in line.outputs.values()),
            "energy_tce": used["tce"],
            "co2_t": used["co2_t"],
            "energy_cny": used["cost_cny"],
            "amounts": used["by_carrier"],
            "running_cny": running_cny(line),
        })  # fmt: skip
    return out
