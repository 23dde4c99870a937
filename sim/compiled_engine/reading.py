"""What the compiled engine has counted, as a reading."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from models.energy import CARRIERS, SLOTS_PER_DAY
from models.people import People
from sim.account import WINDOW_S
from sim.bottleneck import ActivePeriods
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.live import Live, Pick
from sim.compiled_engine.memory import Ref
from sim.compiled_engine.trace import waiting
from sim.program import LineProgram, Program
from sim.reading import (
    CauseReading,
    CrewReading,
    FeedReading,
    LineReading,
    MachineReading,
    MeterReading,
    Occupancy,
    OutputReading,
    Reading,
    StationReading,
    Tally,
    stops_of,
)
from sim.tally import MOST_LEVELS, Sample, merged

if TYPE_CHECKING:
    from sim.compiled_engine.lower import Lowered

NAMES = list(CARRIERS)
MACHINE = Pick(
    r.Machine, "rig", "amounts", "per_unit", "state", "seconds", "booked", "used", "cost_cny", "units", "bad",
    "scrapped", "reworked", "repeats", "first_flawed", "planned_s", "operated_s", "first_failure_s", "commissioned_s",
    "starts", "charges", "charged",
)  # fmt: skip
METER = Pick(
    r.Meter, "day", "since_s", "month_since_s", "month_peak_kw", "month_windows", "peak_kw", "peak_at", "demand_price",
    "demand_before_cny", "bands", "bands_n", "kwh_by_band", "kwh_by_slot", "s_by_slot", "highest_kw_by_slot",
    "kwh_by_year", "year_counted", "peaks_before", "s_before",
)  # fmt: skip
CAUSE = Pick(r.Cause, "machine", "waits_n", "waits_h", "lengths_n", "lengths_h")
STATION = Pick(r.Station, "machines", "queued_stayed_s", "queued_from_s", "number", "working", "waits")


def read(lowered: Lowered, live: Live) -> Reading:
    """Return what was counted since the last reset; the live memory is flushed."""
    return _Reader(lowered, live).reading()


def energy_of(lowered: Lowered, live: Live, line: int) -> LineReading:
    """Return of a line what energy and costs are made of, and the parts made; the rest is empty."""
    return _Reader(lowered, live).energy(line)


def lead_time_h(lowered: Lowered, live: Live, line: int) -> float:
    """Return the mean lead time of all products of a line."""
    reader, products = _Reader(lowered, live), lowered.program.lines[line].products
    outputs = live.get(r.Line, live.get(r.World, 0, "lines") + line * r.LINE, "outputs")
    return merged(reader.output(outputs + n * r.OUTPUT).lead for n in range(len(products))).mean()


class _Reader:
    """Reads one replication."""

    def __init__(self, lowered: Lowered, live: Live) -> None:
        self.lowered = lowered
        self.live = live
        self.program: Program = lowered.program
        self.now: float = live.get(r.World, 0, "now")
        swaps = live.get(r.World, 0, "swaps")
        self.swaps = [live.record(r.Swap, swaps + n * r.SWAP) for n in range(len(self.program.swaps))]
        turns = {live.get(r.Rig, s["rig"], "number"): s for s in self.swaps}
        self.comes_with = turns
        """The renewal that each rig comes with, by number of the rig."""

    def reading(self) -> Reading:
        world = self.live.record(r.World, 0)
        return Reading(
            program=self.program,
            now=self.now,
            lines=[self._line(n, world["lines"] + n * r.LINE) for n in range(len(self.program.lines))],
            crews=[self._crew(name, crew, world["crews"] + n * r.CREW)
                   for n, (name, crew) in enumerate(self.program.crews.items())],
            renewals=[None if s["left_s"] < 0.0 else s["left_s"] for s in self.swaps],
        )  # fmt: skip

    # statistics

    def _level(self, ref: Ref) -> dict[str, Any]:
        level = self.live.record(r.Levels, ref)
        return level | {"area": level["area"] + level["value"] * (self.now - level["since_s"])}

    def _occupancy(self, ref: Ref) -> Occupancy:
        level = self.live.record(r.Levels, ref)
        times_s = self.live.real_row(level["times"], level["room"]).tolist()
        times_s[min(level["value"], MOST_LEVELS)] += self.now - level["since_s"]
        while times_s and times_s[-1] == 0.0:
            times_s.pop()
        beyond = level["area"] + max(0, level["value"] - MOST_LEVELS) * (self.now - level["since_s"])
        return Occupancy(beyond + sum(n * time_s for n, time_s in enumerate(times_s)), times_s)

    def _sample(self, ref: Ref) -> Sample:
        s = self.live.record(r.Sample, ref)
        counts = self.live.whole_row(s["counts"], s["room"])
        sums = self.live.real_row(s["sums"], s["room"])
        filled = np.flatnonzero(counts)
        first, end = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, 0)
        return Sample.of(
            self.live.real_row(s["kept"], s["kept_n"]).tolist(), s["binned"], s["zeros"], s["total"], s["low"] + first,
            counts[first:end], sums[first:end],
        )  # fmt: skip

    # lines

    def _line(self, number: int, ref: Ref) -> LineReading:
        program, line = self.program.lines[number], self.live.record(r.Line, ref)
        wip = self._level(line["wip"])
        sole, shifting = self._active(program, line)
        return LineReading(
            name=program.name,
            program=program,
            wip=wip["value"],
            wip_area=wip["area"],
            outputs={name: self.output(line["outputs"] + n * r.OUTPUT) for n, name in enumerate(program.products)},
            feeds=[self._feed(program, n, line["feeds"] + n * r.FEED) for n in range(len(program.sources))],
            sole=sole,
            shifting=shifting,
            meter=self._meter(line["meter"]),
            stations=[self._station(number, n, line["stations"] + n * r.STATION) for n in range(line["stations_n"])],
        )

    def energy(self, number: int) -> LineReading:
        """Return a line with its machines, causes and meter alone."""
        program = self.program.lines[number]
        line = self.live.record(r.Line, self.live.get(r.World, 0, "lines") + number * r.LINE)
        counts = [self.live.record(r.Output, line["outputs"] + n * r.OUTPUT) for n in range(len(program.products))]
        stations = []
        for n, station in enumerate(program.stations):
            first = self.live.get(r.Station, line["stations"] + n * r.STATION, "machines")
            nothing = Occupancy(0.0, [])
            stations.append(StationReading(
                name=station.name, kind=station.kind,
                machines=[self._machine(m.name, first + k * r.MACHINE) for k, m in enumerate(station.machines)],
                causes=self._causes(number, n), stops=[], queued_area=0.0, number=nothing, working=nothing,
                waits=Sample(),
            ))  # fmt: skip
        return LineReading(
            name=program.name, program=program, wip=0, wip_area=0.0, feeds=[], sole=[], shifting=[],
            outputs={name: OutputReading(o["good"], o["bad"], o["scrapped"], Sample())
                     for name, o in zip(program.products, counts, strict=True)},
            meter=self._bill(METER.of(self.live, line["meter"])), stations=stations,
        )  # fmt: skip

    def output(self, ref: Ref) -> OutputReading:
        o = self.live.record(r.Output, ref)
        return OutputReading(o["good"], o["bad"], o["scrapped"], self._sample(o["lead"]))

    def _feed(self, program: LineProgram, number: int, ref: Ref) -> FeedReading:
        f = self.live.record(r.Feed, ref)
        return FeedReading(program.sources[number].rules, f["offered"], f["lost"], f["outside_n"])

    def _active(self, program: LineProgram, line: dict[str, Any]) -> tuple[list[float], list[float]]:
        """Return sole and shifting shares, by way of the readable engine's own class."""
        live = self.live
        a = live.record(r.Active, line["active"])
        index = {line["machines"] + n * r.MACHINE: n for n in range(line["machines_n"])}
        groups = [n for n, station in enumerate(program.stations) for _ in station.machines]
        since, at = {}, a["first"]
        while at:
            since[index[at]] = live.get(r.Machine, at, "active_since")
            at = live.get(r.Machine, at, "active_next")
        waiting_ = [live.record(r.Period, a["waiting"] + n * r.PERIOD) for n in range(a["waiting_n"])]
        last = (a["last_group"], a["last_start"], a["last_end"]) if a["has_last"] else None
        n = len(program.stations)
        counted_to, sole, shifting = (live.real_row(a[k], n).tolist() for k in ("counted_to", "sole", "shifting"))
        found = ActivePeriods.restored(
            groups, since, [(index[p["machine"]], p["start"], p["end"], p["after"]) for p in waiting_],
            from_s=a["from_s"], last=last, before=a["before"], held=a["held"], counted_to=counted_to, sole=sole,
            shifting=shifting,
        )  # fmt: skip
        return found.shares(self.now)

    def _meter(self, ref: Ref) -> MeterReading:
        live, e = self.live, METER.of(self.live, ref)
        month = self._month(e)[0]
        s_by_month = live.real_row(e["s_before"], 12).tolist()
        s_by_month[month] += e["since_s"] - e["month_since_s"]
        found = self._bill(e)
        found.table = live.whole_row(e["bands"], 12 * SLOTS_PER_DAY).reshape(12, SLOTS_PER_DAY).tolist()
        found.kwh_by_slot = live.real_row(e["kwh_by_slot"], SLOTS_PER_DAY).tolist()
        found.s_by_slot = live.real_row(e["s_by_slot"], SLOTS_PER_DAY).tolist()
        found.highest_kw_by_slot = live.real_row(e["highest_kw_by_slot"], SLOTS_PER_DAY).tolist()
        found.s_by_month = s_by_month
        return found

    def _month(self, e: dict[str, Any]) -> list[int]:
        """Return the month under way (January 0), its year since the start, its days."""
        days = self.live.get(r.World, 0, "days")
        found: list[int] = self.live.whole_row(days + e["day"] * 24, 3).tolist()
        return found

    def _bill(self, e: dict[str, Any]) -> MeterReading:
        """Return what a meter tells of amounts, costs and peaks; its profile is empty."""
        live, electricity = self.live, self.program.energy.electricity
        tariff, start = electricity.tariff, self.program.start
        month, year, length_d = self._month(e)
        peaks = live.real_row(e["peaks_before"], 12).tolist()
        peaks[month] = max(peaks[month], e["month_peak_kw"])
        demand = e["demand_price"] * e["month_peak_kw"] * e["month_windows"] / (length_d * SLOTS_PER_DAY)
        counted = live.whole_row(e["year_counted"], year + 1).tolist()
        kwh_by_year = live.real_row(e["kwh_by_year"], year + 1).tolist()
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        return MeterReading(
            bands=list(tariff.bands) if tariff else ["flat"],
            prices=list(tariff.bands.values()) if tariff else [electricity.price_cny_per_kwh],
            table=[],
            kwh_by_band=live.real_row(e["kwh_by_band"], e["bands_n"]).tolist(),
            kwh_by_slot=[],
            s_by_slot=[],
            highest_kw_by_slot=[],
            kwh_by_year={start.year + n: kwh_by_year[n] for n, known in enumerate(counted) if known},
            s_by_month=[],
            peaks_kw=peaks,
            peak_kw=e["peak_kw"],
            peak_at=None if e["peak_at"] < 0 else midnight + timedelta(seconds=e["peak_at"] * WINDOW_S),
            demand_cny=e["demand_before_cny"] + demand,
        )

    # stations

    def _station(self, line: int, number: int, ref: Ref) -> StationReading:
        program, s = self.program.lines[line].stations[number], STATION.of(self.live, ref)
        causes = self._causes(line, number)
        entered = [self.live.get(r.Part, part, "entered_s") for part in waiting(self.live, ref)]
        return StationReading(
            name=program.name,
            kind=program.kind,
            machines=[self._machine(m.name, s["machines"] + n * r.MACHINE) for n, m in enumerate(program.machines)],
            causes=causes,
            stops=stops_of(causes),
            queued_area=s["queued_stayed_s"] + sum(self.now - max(e, s["queued_from_s"]) for e in entered),
            number=self._occupancy(s["number"]),
            working=self._occupancy(s["working"]),
            waits=self._sample(s["waits"]),
        )

    def _causes(self, line: int, station: int) -> list[CauseReading]:
        """Return the causes of equipment that has left, in the order of leaving, then of what is there now."""
        live = self.live
        out: list[tuple[int, int, CauseReading]] = []
        for cause in self.lowered.causes.get((line, station), []):
            came = self.comes_with.get(cause.rig)
            row = CAUSE.of(live, cause.ref)
            reading = CauseReading(
                cause.rule, Tally(row["waits_n"], row["waits_h"]), Tally(row["lengths_n"], row["lengths_h"])
            )
            machine = row["machine"]
            there = live.get(r.Rig, live.get(r.Machine, machine, "rig"), "number") == cause.rig
            gone = self._left_turn(machine, came)
            if gone is None and not there:
                continue  # of equipment that has not come yet
            place = self.lowered.places[machine][2]
            out.append((1 << 40 if gone is None else gone, place, reading))
        out.sort(key=lambda row: row[:2])
        return [reading for _, _, reading in out]

    def _left_turn(self, machine: Ref, came: dict[str, Any] | None) -> int | None:
        """Return the turn, among all renewals, in which equipment left its machine; None: it is there, or to come."""
        mine = [s for s in self.swaps if s["machine"] == machine and s["left_s"] >= 0.0]
        mine.sort(key=lambda s: s["left_turn"])
        following = mine if came is None else [s for s in mine if came["left_s"] >= 0.0 and
                                               s["left_turn"] > came["left_turn"]]  # fmt: skip
        return following[0]["left_turn"] if following else None

    def _machine(self, name: str, ref: Ref) -> MachineReading:
        live, m = self.live, MACHINE.of(self.live, ref)
        rig = self.lowered.rigs[live.get(r.Rig, m["rig"], "number")]
        amounts = live.real_row(m["amounts"], len(NAMES) * c.N_STATES).reshape(len(NAMES), c.N_STATES).tolist()
        per_unit = live.real_row(m["per_unit"], len(NAMES)).tolist()
        return MachineReading(
            name=name,
            state=m["state"],
            seconds=live.real_row(m["seconds"], c.N_STATES).tolist(),
            amounts={carrier: amounts[n] for n, carrier in enumerate(NAMES) if m["booked"] >> n & 1},
            per_unit={carrier: per_unit[n] for n, carrier in enumerate(NAMES) if m["used"] >> n & 1},
            cost_cny=m["cost_cny"],
            units=m["units"],
            bad=m["bad"],
            scrapped=m["scrapped"],
            reworked=m["reworked"],
            repeats=m["repeats"],
            first_flawed=m["first_flawed"],
            planned_s=m["planned_s"],
            operated_s=m["operated_s"],
            first_failure_s=None if m["first_failure_s"] < 0.0 else m["first_failure_s"],
            commissioned=m["commissioned_s"] >= 0.0,
            had_age=any(failure.age_h > 0 for failure in rig.failures),
            starts=m["starts"] if rig.standby else None,
            charges=m["charges"],
            charged=m["charged"],
        )

    # people

    def _crew(self, name: str, crew: People, ref: Ref) -> CrewReading:
        row = self.live.record(r.Crew, ref)
        patrols = crew.rule == "patrol"
        return CrewReading(
            name=name,
            size=crew.most,
            on_duty_area=self._level(row["on_duty"])["area"],
            busy=self._occupancy(row["busy"]),
            waits=Tally(row["waits_n"], row["waits_h"]),
            waiting_area=self._level(row["waiting"])["area"],
            walks=row["walks"] if patrols else None,
            round_length=row["round_n"] if patrols else 0,
        )
