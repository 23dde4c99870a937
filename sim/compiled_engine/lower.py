"""A program becomes records: what a line is made of, as rows in one block of memory.

Nothing is decided here that depends on chance or time; the block is copied for each replication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.calendar import Calendar
from models.energy import SLOTS_PER_DAY
from sim.account import WINDOW_S
from sim.ageing import aged
from sim.arrivals import cause_of, made_of
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.block import Block, Order, Words
from sim.compiled_engine.features import Constants, constants
from sim.compiled_engine.lower_rig import Cause, Rigs
from sim.compiled_engine.memory import Ref
from sim.compiled_engine.streams import Luck, Takes
from sim.compiled_engine.windows import Windows
from sim.order import ARRIVALS, ENDS, MACHINES, STOPS, WALKS, line_rank
from sim.program import (
    INFINITE,
    LineProgram,
    MachineProgram,
    Present,
    Program,
    Rig,
    SourceProgram,
    StationProgram,
)
from sim.tally import BATCH

YEARS = 256
"""More than any run lasts."""


@dataclass(slots=True)
class Lowered:
    """A program as the compiled engine takes it."""

    program: Program
    words: Words
    luck: Luck
    """The streams by number."""
    takes: list[list[Takes]]
    """By number of the rig: what is drawn from which stream when it is put in force."""
    rigs: list[Rig]
    """Equipment by number."""
    causes: dict[tuple[int, int], list[Cause]]
    """By line and station: all causes of its machines, also of those to come."""
    shifts: list[Windows]
    rosters: list[Windows]
    most_stations: int
    """Stations of the longest line with loops: visits are counted for each of them."""
    places: dict[Ref, tuple[int, int, int]]
    """Line, station and number of each machine."""
    known: Constants
    """Settings that are the same all over the program."""
    played_s: float = 0.0
    """Seconds that the rules for any program have played this one."""


class Lowering:
    """Puts a program together."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.block = Block()
        self.luck = Luck()
        self.world = self.block.put(r.World)
        self.crews: dict[str, Ref] = {}
        self.shifts: list[Windows] = []
        self.rosters: list[Windows] = []
        self.places: dict[tuple[int, int, int], Ref] = {}
        """Machines by line, station, number."""
        self.plant_place = 0
        self.stations: list[Ref] = []
        """First station of each line."""

    def lowered(self) -> Lowered:
        """Return the whole program."""
        program, block = self.program, self.block
        crews = self._crews()
        rosters = self._rosters()
        self.rigs = Rigs(program, block, self.luck, self.crews)
        lines = block.many(r.Line, [{}] * len(program.lines))
        for n, line in enumerate(program.lines):
            block.set(r.Line, lines + n * r.LINE, **self._line(n, line, lines + n * r.LINE))
        swaps = self._swaps()
        self._rounds()
        causes = self._causes()
        block.set(
            r.World, self.world, lines=lines, lines_n=len(program.lines), crews=crews, crews_n=len(program.crews),
            rosters=rosters, rosters_n=len(self.rosters), swaps=swaps, swaps_n=len(program.swaps),
            year_order=Order(STOPS), start_order=Order(ENDS), before_s=-1.0,
        )  # fmt: skip
        loops = [len(line.stations) for line in program.lines if line.has_loops()]
        return Lowered(
            program, block.words(), self.luck, self.rigs.streams, self.rigs.rigs, causes, self.shifts, self.rosters,
            max(loops, default=0), {machine: place for place, machine in self.places.items()},
            constants(block.settings()),
        )  # fmt: skip

    # people

    def _crews(self) -> Ref:
        block, people = self.block, self.program.crews
        crews = block.many(r.Crew, [{}] * len(people))
        for n, (name, crew) in enumerate(people.items()):
            self.crews[name] = crews + n * r.CREW
            patrols = crew.rule == "patrol"
            always = crew.calendar is None and not crew.on_duty
            block.set(
                r.Crew, crews + n * r.CREW, number=0 if patrols else n, patrols=patrols, size=crew.most,
                always=crew.most if always else 0, on_duty=self.level(), busy=self.levels(crew.most),
                waiting=self.level(), walk_s=crew.walk_s,
            )  # fmt: skip
        return crews

    def _rosters(self) -> Ref:
        rows: list[dict[str, Any]] = []
        for n, (name, crew) in enumerate(self.program.crews.items()):
            number = 0 if crew.rule == "patrol" else n
            shifts = [(Calendar(shifts=(row.shift,)), row.size) for row in crew.on_duty]
            if crew.calendar is not None:
                shifts = [(crew.calendar, crew.most)]
            for calendar, by in shifts:
                rows.append({
                    "number": len(self.rosters), "crew": self.crews[name], "by": by,
                    "opens_order": Order(ENDS + number), "closes_order": Order(STOPS + number),
                })  # fmt: skip
                self.rosters.append(Windows(calendar, self.program.start))
        return self.block.many(r.Roster, rows)

    def _rounds(self) -> None:
        """Lay out the rounds of patrols: the machines that name them, now or when they are renewed."""
        block = self.block
        for name, crew in self.program.crews.items():
            if crew.rule != "patrol":
                continue
            round_ = [m for place, m in self.places.items() if self._names(place, name)]
            position = [-1] * len(self.places)
            for n, machine in enumerate(round_):
                position[list(self.places.values()).index(machine)] = n
            size = crew.most if round_ else 0
            walkers = block.many(r.Walker, [{"crew": self.crews[name], "order": Order(WALKS + k)} for k in range(size)])
            block.set(
                r.Crew, self.crews[name], round=block.wholes(round_), round_n=len(round_),
                position=block.wholes(position), walkers=walkers, walkers_n=size,
                stops=block.wholes([0] * len(round_)),
            )  # fmt: skip

    def _causes(self) -> dict[tuple[int, int], list[Cause]]:
        """Give each station the refs of all its causes."""
        for (line, station), causes in self.rigs.causes.items():
            at = self.stations[line] + station * r.STATION
            self.block.set(
                r.Station, at, causes=self.block.wholes([cause.ref for cause in causes]), causes_n=len(causes)
            )
        return self.rigs.causes

    def _names(self, place: tuple[int, int, int], crew: str) -> bool:
        line, station, number = place
        rigs = [self.program.lines[line].stations[station].machines[number].rig]
        rigs += [s.rig for s in self.program.swaps if (s.line, s.station, s.machine) == place]
        return any(crew in named for rig in rigs for named in rig.named())

    # statistics

    def level(self) -> Ref:
        """Add a count over time."""
        return self.block.put(r.Levels)

    def levels(self, likely: float) -> Ref:
        """Add a count over time that knows for how long it had each value."""
        room = int(min(likely, 62)) + 2
        return self.block.put(r.Levels, times=self.block.reals([0.0] * room), room=room)

    def sample(self) -> Ref:
        """Add a sample."""
        return self.block.put(r.Sample, kept=self.block.reals([0.0] * BATCH))

    # lines

    def _line(self, number: int, line: LineProgram, ref: Ref) -> dict[str, Any]:
        block, products = self.block, {name: n for n, name in enumerate(line.products)}
        stations = block.many(r.Station, [{}] * len(line.stations))
        self.stations.append(stations)
        count = sum(len(s.machines) for s in line.stations)
        machines = block.many(r.Machine, [{}] * count)
        at = machines
        for n, station in enumerate(line.stations):
            self._station(number, n, line, ref, stations + n * r.STATION, at)
            at += len(station.machines) * r.MACHINE
        feeds = block.many(r.Feed, [{}] * len(line.sources))
        for n, source in enumerate(line.sources):
            where = stations + source.to * r.STATION
            block.set(r.Feed, feeds + n * r.FEED, **self._feed(number, n, line, ref, source, where))
        shifts, shifts_n = self._shifts(number, line)
        sequence = line.sequence or tuple(name for name, _ in line.shares)
        return {
            "number": number, "stations": stations, "stations_n": len(line.stations), "machines": machines,
            "machines_n": count, "feeds": feeds, "feeds_n": len(line.sources), "shifts": shifts, "shifts_n": shifts_n,
            **self._present(line.initial, products),
            "products_n": len(products), "outputs": self._outputs(len(products)),
            "loops": line.has_loops(), "may_stand": any(map(may_stand, line.stations)),
            "before_service": line.before_service, "sequence": block.wholes([products.get(p, c.ANY_PRODUCT) for p in sequence]),
            "sequence_n": len(sequence), "shares": block.reals([end for _, end in line.shares]),
            "shares_n": len(line.shares), "lot": line.lot, "wip": self.level(), "meter": self._meter(), "active": self._active(line, count),
            "shut": block.wholes([0] * len(line.stations)), "found": block.wholes([0] * len(line.stations)),
        }  # fmt: skip

    def _outputs(self, products: int) -> Ref:
        leads = [self.sample() for _ in range(products)]
        return self.block.many(r.Output, [{"lead": lead} for lead in leads])

    def _present(self, initial: tuple[Present, ...], products: dict[str, int]) -> dict[str, Any]:
        rows = [n for p in initial for n in (p.station, p.parts, products[p.product])]
        left = [c.NOT_YET if p.remaining_s is None else p.remaining_s for p in initial]
        return {"present": self.block.wholes(rows), "present_left": self.block.reals(left), "present_n": len(initial)}

    def _active(self, line: LineProgram, machines: int) -> Ref:
        block, n = self.block, len(line.stations)
        waiting = block.many(r.Period, [{}] * (machines + 2))
        return block.put(
            r.Active, waiting=waiting, before=-INFINITE, counted_to=block.reals([-INFINITE] * n),
            sole=block.reals([0.0] * n), shifting=block.reals([0.0] * n),
        )  # fmt: skip

    def _meter(self) -> Ref:
        block, tariff = self.block, self.program.energy.electricity.tariff
        table = tariff.table() if tariff else [[0] * SLOTS_PER_DAY for _ in range(12)]
        start = self.program.start
        into_day_s = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
        slot = int(into_day_s // WINDOW_S)
        bands = len(tariff.bands) if tariff else 1

        def row(n: int) -> Ref:
            return block.reals([0.0] * n)

        return block.put(
            r.Meter, window_end_s=(slot + 1) * WINDOW_S - into_day_s, slot=slot, peak_at=-1,
            demand_price=tariff.demand_cny_per_kw_month if tariff else 0.0,
            bands=block.wholes([band for month in table for band in month]), bands_n=bands, kwh_by_band=row(bands),
            kwh_by_slot=row(SLOTS_PER_DAY), s_by_slot=row(SLOTS_PER_DAY), highest_kw_by_slot=row(SLOTS_PER_DAY),
            kwh_by_year=row(YEARS), year_counted=block.wholes([0] * YEARS), peaks_before=row(12), s_before=row(12),
        )  # fmt: skip

    # stations

    def _station(self, line_no: int, number: int, line: LineProgram, ref: Ref, at: Ref, machines: Ref) -> None:
        block, station = self.block, line.stations[number]
        place = f"{line.name}/{station.name}"
        kind = c.KINDS.index(station.kind)
        for n, machine in enumerate(station.machines):
            where = machines + n * r.MACHINE
            self.places[line_no, number, n] = where
            block.set(r.Machine, where, **self._machine(line_no, number, n, line, ref, at, machine, place, where))
        ranks, discipline = self._queues(line, station)
        queues = (max(ranks) + 1) * (2 if discipline == c.RETURNS_FIRST else 1)
        inputs = station.machines[0].rig.inputs
        products = {name: n for n, name in enumerate(line.products)}
        plain = station.kind not in ("assembly", "join") and not station.one_lot
        block.set(
            r.Station, at, line=ref, index=number, kind=kind, plain=plain, machines=machines,
            machines_n=len(station.machines), buffer=station.buffer,
            places=block.reals([station.buffers.get(p, 0.0) for p in line.products]),
            needed=block.wholes([inputs.get(p, -1) for p in line.products]),
            inputs=block.wholes([products[p] for p in inputs]), inputs_n=len(inputs),
            pieces=station.machines[0].rig.pieces, queue=discipline, rank=block.wholes(ranks),
            queues=block.many(r.Queue, [{}] * queues), queues_n=queues,
            choose={"longest_idle": c.LONGEST_IDLE, "random": c.AT_RANDOM}.get(station.choose, c.IN_ORDER),
            chance=self.luck.uniform(block, place, "machine"), one_lot=station.one_lot,
            inspected=block.wholes([p in station.inspected_ahead for p in line.products]),
            only=block.wholes([self._only(station, p) for p in line.products]), ways=self._ways(line, station),
            route=self.luck.uniform(block, place, "route"),
            setup_initial=products.get(station.setup_initial or "", c.ANY_PRODUCT),
            initial_state={"standby": c.STANDBY, "off": c.OFF}.get(station.initial_state, -1),
            batches=station.kind == "batch", snapshot=block.wholes([0] * len(station.machines)),
            number=self.levels(station.buffer + len(station.machines)), working=self.levels(len(station.machines)),
            waits=self.sample(),
        )  # fmt: skip

    def _queues(self, line: LineProgram, station: StationProgram) -> tuple[list[int], int]:
        """Return the queue number of each product, and the discipline."""
        if station.kind == "assembly":
            inputs = list(station.machines[0].rig.inputs)
            return [inputs.index(p) if p in inputs else 0 for p in line.products], c.BY_PRODUCT
        values = [line.priority.get(p, 0.0) for p in line.products]
        ranks = [sorted(set(values)).index(value) for value in values]
        if station.queue == "priority":
            return ranks, c.BY_PRIORITY
        if station.queue == "returns_first":
            return ranks, c.RETURNS_FIRST
        return [0] * len(ranks), c.LIFO if station.queue == "lifo" else c.FIFO

    @staticmethod
    def _only(station: StationProgram, product: str) -> int:
        way = station.routes[product]
        return way.targets[0] if len(way.targets) == 1 else c.UNDECIDED

    def _ways(self, line: LineProgram, station: StationProgram) -> Ref:
        block = self.block
        ways = [station.routes[p] for p in line.products]
        rows = [(block.wholes(w.targets), len(w.targets), block.reals(w.ends) if w.ends else 0) for w in ways]
        return block.many(r.Way, [{"targets": t, "n": n, "ends": e} for t, n, e in rows])

    def _machine(
        self, line_no: int, station_no: int, number: int, line: LineProgram, ref: Ref, station: Ref,
        machine: MachineProgram, place: str, where: Ref,
    ) -> dict[str, Any]:  # fmt: skip
        block, rig = self.block, machine.rig
        order = line_rank(line_no) + station_no * MACHINES + number + 1
        ages = aged(rig.ageing, machine.age_y, machine.age_y + machine.years_since)
        row = {
            "line": ref, "station": station, "number": number, "place": self.plant_place,
            "index": sum(len(s.machines) for s in line.stations[:station_no]) + number,
            "kind": c.KINDS.index(line.stations[station_no].kind), "ends_order": Order(ENDS + order),
            "stops_order": Order(STOPS + order),
            "rig": self.rigs.add(line_no, station_no, machine.name, rig, where), "setup_for": c.ANY_PRODUCT,
            "first_failure_s": c.NOT_YET, "turn": INFINITE, "stops_due_s": INFINITE, "at_start_y": machine.age_y,
            "in_service_y": machine.age_y + machine.years_since, "now_y": machine.age_y + machine.years_since,
            "commissioned_s": c.NOT_YET, "age_failure_rate": ages.failure_rate, "age_repair_time": ages.repair_time,
            "age_cycle_time": ages.cycle_time, "age_scrap": ages.scrap, "age_energy": ages.energy, "down": -1,
            "decided": c.UNDECIDED, "bad_draws": self.luck.uniform(block, place, "scrap", machine.name),
            "found_draws": self.luck.uniform(block, place, "inspect", machine.name), "last_charge": -(10**9),
            "state": c.STARVED,
            **{name: block.reals([0.0] * c.N_STATES) for name in ("era", "seconds")},
            **{name: block.reals([0.0] * c.N_STATES * 5) for name in ("rates", "amounts")},
            "per_unit": block.reals([0.0] * 5),
        }  # fmt: skip
        self.plant_place += 1
        return row

    # sources, shifts, renewals

    def _feed(
        self, line_no: int, number: int, line: LineProgram, ref: Ref, source: SourceProgram, to: Ref
    ) -> dict[str, Any]:
        rules, products = source.rules, {name: n for n, name in enumerate(line.products)}
        may_come = set(made_of(rules, line))
        way = c.SATURATED if rules.saturated else c.PALLETS if rules.pallets is not None else c.ARRIVALS
        mixes = c.OWN_PRODUCT if rules.product is not None else c.IN_TURN if line.sequence else c.BY_SHARE
        return {
            "line": ref, "number": number, "way": way, "to": to, "order": Order(ARRIVALS + line_rank(line_no) + number),
            "limit": -1 if rules.count is None else rules.count, "lose": rules.when_full == "lost",
            "pallets": rules.pallets or 0, "quantity": rules.quantity,
            "product": products.get(rules.product or "", c.ANY_PRODUCT), "mixes": mixes,
            "mix": self.luck.uniform(self.block, line.name, cause_of("mix", number)),
            "products": self.block.wholes([p in may_come for p in line.products]), "products_n": len(may_come),
            "lot_size": line.lot if rules.product is None else rules.quantity,
            "lots_come": line.lot > 1 or rules.quantity > 1 or bool(rules.arrivals_s), "up_product": c.ANY_PRODUCT,
        }  # fmt: skip

    def _shifts(self, line_no: int, line: LineProgram) -> tuple[Ref, int]:
        rows: list[dict[str, Any]] = []
        own = [s.calendar for s in line.stations]
        shared = [n for n, calendar in enumerate(own) if calendar == line.calendar]
        groups: list[tuple[Calendar, list[int], int]] = []
        if line.calendar is not None and shared:
            groups.append((line.calendar, shared, line_rank(line_no)))
        for n, calendar in enumerate(own):
            if calendar is not None and calendar != line.calendar:
                groups.append((calendar, [n], line_rank(line_no) + n * MACHINES))
        for calendar, stations, rank in groups:
            machines = [self.places[line_no, n, m] for n in stations for m in range(len(line.stations[n].machines))]
            rows.append({
                "number": len(self.shifts), "opens_order": Order(ENDS + rank), "closes_order": Order(STOPS + rank),
                "machines": self.block.wholes(machines), "machines_n": len(machines), "closes_s": INFINITE,
            })  # fmt: skip
            self.shifts.append(Windows(calendar, self.program.start))
        return self.block.many(r.Shift, rows), len(rows)

    def _swaps(self) -> Ref:
        rows = []
        for n, swap in enumerate(self.program.swaps):
            machine = self.places[swap.line, swap.station, swap.machine]
            name = self.program.lines[swap.line].stations[swap.station].machines[swap.machine].name
            after = 0 if swap.after is None else self.places[swap.line, swap.station, swap.after]
            rows.append({
                "number": n, "machine": machine, "at_s": swap.at_s, "install_s": swap.install_s, "after": after,
                "left_s": c.NOT_YET, "rig": self.rigs.add(swap.line, swap.station, name, swap.rig, machine),
            })  # fmt: skip
        return self.block.many(r.Swap, rows)


def may_stand(station: StationProgram) -> bool:
    """Return whether parts may wait at a station, though its machines are free, for parts that never come."""
    wakes = [m.rig.standby.wake_at_parts for m in station.machines if m.rig.standby]
    return station.kind in ("assembly", "join") or station.one_lot or max(wakes, default=1) > 1


def lower(program: Program) -> Lowered:
    """Return a program as the compiled engine takes it."""
    return Lowering(program).lowered()
