"""A program becomes records: what a line is made of, as rows in one block of memory.

Nothing is decided here that depends on chance or time; the block is copied for each replication.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from models.calendar import Calendar
from models.energy import SLOTS_PER_DAY
from sim.account import WINDOW_S
from sim.ageing import AGES, aged
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
    Program,
    Rig,
    StationProgram,
    Way,
)
from sim.tally import BATCH

CHOICES = {"longest_idle": c.LONGEST_IDLE, "first_listed": c.IN_ORDER, "random": c.AT_RANDOM}
ASLEEP = {"standby": c.STANDBY, "off": c.OFF}
AWAKE = -1
NO_CHARGE = -(10**9)
"""The stroke of the last charge, before the first."""
Row = dict[str, Any]
"""Fields of a record by name."""


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


class LineAt(NamedTuple):
    """A line of the program, and where it lies in the block."""

    number: int
    program: LineProgram
    ref: Ref
    stations: Ref
    """The first one."""
    machines: Ref
    """The first one; they follow each other through all stations."""
    products: dict[str, int]
    """Numbers by name."""

    def station(self, number: int) -> Ref:
        """Return where a station lies."""
        return self.stations + number * r.STATION

    def first_machine(self, station: int) -> int:
        """Return the number within the line of a station's first machine."""
        return sum(len(s.machines) for s in self.program.stations[:station])

    def place(self, station: int) -> str:
        """Return what a station is called in the names of streams."""
        return f"{self.program.name}/{self.program.stations[station].name}"

    def rank(self, station: int) -> int:
        """Return the rank of a station among what happens at one instant; those of its machines follow."""
        return line_rank(self.number) + station * MACHINES


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
        self.lines: list[LineAt] = []

    def lowered(self) -> Lowered:
        """Return the whole program."""
        program, block = self.program, self.block
        crews = self._crews()
        rosters = self._rosters()
        self.rigs = Rigs(program, block, self.luck, self.crews)
        lines = block.many(r.Line, [{}] * len(program.lines))
        for n, line in enumerate(program.lines):
            self._line(n, line, lines + n * r.LINE)
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
            refs = self.block.wholes([cause.ref for cause in causes])
            self.block.set(r.Station, self.lines[line].station(station), causes=refs, causes_n=len(causes))
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

    def _line(self, number: int, program: LineProgram, ref: Ref) -> None:
        block = self.block
        stations = block.many(r.Station, [{}] * len(program.stations))
        machines = block.many(r.Machine, [{}] * sum(len(s.machines) for s in program.stations))
        products = {name: n for n, name in enumerate(program.products)}
        line = LineAt(number, program, ref, stations, machines, products)
        self.lines.append(line)
        for n in range(len(program.stations)):
            self._station(line, n)
        block.set(
            r.Line, ref, number=number, **self._parts_of(line), **self._mix(line), **self._present(line),
            products_n=len(products), outputs=self._outputs(len(products)), loops=program.has_loops(),
            may_stand=any(map(may_stand, program.stations)), before_service=program.before_service, wip=self.level(),
            meter=self._meter(), active=self._active(line), **self._marks(len(program.stations)),
        )  # fmt: skip

    def _parts_of(self, line: LineAt) -> Row:
        program = line.program
        feeds = self.block.many(r.Feed, [self._feed(line, n) for n in range(len(program.sources))])
        shifts = self._shifts(line)
        return {
            "stations": line.stations, "stations_n": len(program.stations), "machines": line.machines,
            "machines_n": line.first_machine(len(program.stations)), "feeds": feeds, "feeds_n": len(program.sources),
            "shifts": self.block.many(r.Shift, shifts), "shifts_n": len(shifts),
        }  # fmt: skip

    def _mix(self, line: LineAt) -> Row:
        """Return which products sources without one of their own give, and in which lots."""
        program, block = line.program, self.block
        sequence = program.sequence or tuple(name for name, _ in program.shares)
        return {
            "sequence": block.wholes([line.products.get(p, c.ANY_PRODUCT) for p in sequence]),
            "sequence_n": len(sequence), "shares": block.reals([end for _, end in program.shares]),
            "shares_n": len(program.shares), "lot": program.lot,
        }  # fmt: skip

    def _marks(self, stations: int) -> Row:
        """Return room for notes on stations in the search for a deadlock."""
        return {name: self.block.wholes([0] * stations) for name in ("shut", "found")}

    def _outputs(self, products: int) -> Ref:
        leads = [self.sample() for _ in range(products)]
        return self.block.many(r.Output, [{"lead": lead} for lead in leads])

    def _present(self, line: LineAt) -> Row:
        initial = line.program.initial
        rows = [n for p in initial for n in (p.station, p.parts, line.products[p.product])]
        left = [c.NOT_YET if p.remaining_s is None else p.remaining_s for p in initial]
        return {"present": self.block.wholes(rows), "present_left": self.block.reals(left), "present_n": len(initial)}

    def _active(self, line: LineAt) -> Ref:
        block, n = self.block, len(line.program.stations)
        waiting = block.many(r.Period, [{}] * (line.first_machine(n) + 2))
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
            kwh_by_year=row(c.YEARS), year_counted=block.wholes([0] * c.YEARS), peaks_before=row(12), s_before=row(12),
        )  # fmt: skip

    # stations

    def _station(self, line: LineAt, number: int) -> None:
        block, station, machines = self.block, line.program.stations[number], self._machines(line, number)
        place, rig = line.place(number), station.machines[0].rig
        products = line.program.products
        block.set(
            r.Station, line.station(number), line=line.ref, index=number, kind=c.KINDS.index(station.kind),
            plain=station.kind not in ("assembly", "join") and not station.one_lot, machines=machines,
            machines_n=len(station.machines), buffer=station.buffer,
            places=block.reals([station.buffers.get(p, 0.0) for p in products]),
            needed=block.wholes([rig.inputs.get(p, -1) for p in products]),
            inputs=block.wholes([line.products[p] for p in rig.inputs]), inputs_n=len(rig.inputs), pieces=rig.pieces,
            **self._queues(line, station), **self._ways(line, station), choose=CHOICES[station.choose],
            chance=self.luck.uniform(block, place, "machine"), route=self.luck.uniform(block, place, "route"),
            one_lot=station.one_lot, inspected=block.wholes([p in station.inspected_ahead for p in products]),
            setup_initial=line.products.get(station.setup_initial or "", c.ANY_PRODUCT),
            initial_state=ASLEEP.get(station.initial_state, AWAKE), starts_late=station.kind == "batch",
            snapshot=block.wholes([0] * len(station.machines)),
            number=self.levels(station.buffer + len(station.machines)), working=self.levels(len(station.machines)),
            waits=self.sample(),
        )  # fmt: skip

    def _queues(self, line: LineAt, station: StationProgram) -> Row:
        """Return the queues of a station: the number of each product's queue, and who is taken first."""
        products = line.program.products
        ranks, discipline = [0] * len(products), c.LIFO if station.queue == "lifo" else c.FIFO
        if station.kind == "assembly":
            inputs = list(station.machines[0].rig.inputs)
            ranks, discipline = [inputs.index(p) if p in inputs else 0 for p in products], c.BY_PRODUCT
        elif station.queue in ("priority", "returns_first"):
            values = [line.program.priority.get(p, 0.0) for p in products]
            ranks = [sorted(set(values)).index(value) for value in values]
            discipline = c.BY_PRIORITY if station.queue == "priority" else c.RETURNS_FIRST
        queues = (max(ranks) + 1) * (2 if discipline == c.RETURNS_FIRST else 1)
        return {
            "queue": discipline, "rank": self.block.wholes(ranks), "queues": self.block.many(r.Queue, [{}] * queues),
            "queues_n": queues,
        }  # fmt: skip

    def _ways(self, line: LineAt, station: StationProgram) -> Row:
        """Return where parts go from a station, by product."""
        block, ways = self.block, [station.routes[p] for p in line.program.products]
        only = [way.targets[0] if len(way.targets) == 1 else c.UNDECIDED for way in ways]
        rows = [{"targets": block.wholes(way.targets), "n": len(way.targets), "ends": self._ends(way)} for way in ways]
        return {"only": block.wholes(only), "ways": block.many(r.Way, rows)}

    def _ends(self, way: Way) -> Ref:
        return self.block.reals(way.ends) if way.ends else c.NOBODY

    # machines

    def _machines(self, line: LineAt, station: int) -> Ref:
        """Fill the machines of a station; return the first one."""
        first = line.machines + line.first_machine(station) * r.MACHINE
        for n, machine in enumerate(line.program.stations[station].machines):
            at = first + n * r.MACHINE
            row = self._machine(line, station, n) | self._age(machine)
            row["rig"] = self.rigs.add(line.number, station, machine.name, machine.rig, at)
            self.block.set(r.Machine, at, **row, **self._draws(line.place(station), machine.name), **self._accounts())
            self.places[line.number, station, n] = at
        return first

    def _machine(self, line: LineAt, station: int, number: int) -> Row:
        order = line.rank(station) + number + 1
        return {
            "line": line.ref, "station": line.station(station), "number": number, "place": len(self.places),
            "index": line.first_machine(station) + number,
            "kind": c.KINDS.index(line.program.stations[station].kind), "ends_order": Order(ENDS + order),
            "stops_order": Order(STOPS + order), "setup_for": c.ANY_PRODUCT, "first_failure_s": c.NOT_YET,
            "turn": INFINITE, "stops_due_s": INFINITE, "down": AWAKE, "decided": c.UNDECIDED,
            "last_charge": NO_CHARGE, "state": c.STARVED,
        }  # fmt: skip

    @staticmethod
    def _age(machine: MachineProgram) -> Row:
        in_service_y = machine.age_y + machine.years_since
        factors = aged(machine.rig.ageing, machine.age_y, in_service_y)
        years = {"at_start_y": machine.age_y, "in_service_y": in_service_y, "now_y": in_service_y}
        return years | {"commissioned_s": c.NOT_YET} | {f"age_{name}": getattr(factors, name) for name in AGES}

    def _draws(self, place: str, machine: str) -> Row:
        """Return the streams by which a machine's parts are bad, and found."""
        return {
            "bad_draws": self.luck.uniform(self.block, place, "scrap", machine),
            "found_draws": self.luck.uniform(self.block, place, "inspect", machine),
        }

    def _accounts(self) -> Row:
        """Return room for what is counted by state, and by carrier and state."""
        sizes = {
            "era": c.N_STATES, "seconds": c.N_STATES, "rates": c.N_CARRIERS * c.N_STATES,
            "amounts": c.N_CARRIERS * c.N_STATES, "per_unit": c.N_CARRIERS,
        }  # fmt: skip
        return {name: self.block.reals([0.0] * size) for name, size in sizes.items()}

    # sources, shifts, renewals

    def _feed(self, line: LineAt, number: int) -> Row:
        program, source = line.program, line.program.sources[number]
        rules, may_come = source.rules, set(made_of(source.rules, program))
        way = c.SATURATED if rules.saturated else c.PALLETS if rules.pallets is not None else c.ARRIVALS
        mixes = c.OWN_PRODUCT if rules.product is not None else c.IN_TURN if program.sequence else c.BY_SHARE
        return {
            "line": line.ref, "number": number, "way": way, "to": line.station(source.to),
            "order": Order(ARRIVALS + line_rank(line.number) + number),
            "limit": -1 if rules.count is None else rules.count, "lose": rules.when_full == "lost",
            "pallets": rules.pallets or 0, "quantity": rules.quantity,
            "product": line.products.get(rules.product or "", c.ANY_PRODUCT), "mixes": mixes,
            "mix": self.luck.uniform(self.block, program.name, cause_of("mix", number)),
            "products": self.block.wholes([p in may_come for p in program.products]), "products_n": len(may_come),
            "lot_size": program.lot if rules.product is None else rules.quantity,
            "lots_come": program.lot > 1 or rules.quantity > 1 or bool(rules.arrivals_s),
            "up_product": c.ANY_PRODUCT,
        }  # fmt: skip

    def _shifts(self, line: LineAt) -> list[Row]:
        """Return a row for the line's calendar, and one for each station that has another."""
        program, rows = line.program, []
        own = [s.calendar for s in program.stations]
        shared = [n for n, calendar in enumerate(own) if calendar == program.calendar]
        groups = [(program.calendar, shared, line_rank(line.number))] if shared else []
        groups += [(calendar, [n], line.rank(n)) for n, calendar in enumerate(own) if calendar != program.calendar]
        for calendar, stations, rank in groups:
            if calendar is None:
                continue
            machines = [
                self.places[line.number, n, m] for n in stations for m in range(len(program.stations[n].machines))
            ]
            rows.append({
                "number": len(self.shifts), "opens_order": Order(ENDS + rank), "closes_order": Order(STOPS + rank),
                "machines": self.block.wholes(machines), "machines_n": len(machines), "closes_s": INFINITE,
            })  # fmt: skip
            self.shifts.append(Windows(calendar, self.program.start))
        return rows

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
