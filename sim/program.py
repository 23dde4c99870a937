"""A plant lowered to what an engine reads: seconds, indices, one resolved behaviour per machine.

Nothing is decided here that depends on chance or time; both engines start from the same program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from models import distribution as d
from models.calendar import Calendar
from models.energy import CARRIERS, Energy
from models.equipment import (
    STATES,
    Ageing,
    Behaviour,
    ByState,
    Inspect,
    Option,
    RampUp,
    Standby,
    layered,
)  # fmt: skip
from models.heat import Heat
from models.line import EXIT, SCRAP, InTurn, Line, Product, Station
from models.people import People, needed
from models.plant import Plant
from models.source import Source
from models.stops import Failure, Maintenance

H, D = 3600.0, 86_400.0
HOURS_PER_Y = 8760
Y = HOURS_PER_Y * H
INFINITE = float("inf")
ELECTRICITY = "electricity_kwh"
SHARED = ""  # key of a cycle time that is the same for all products
EXIT_AT, SCRAP_AT = -1, -2
FURNACES = ("furnace", "conveyor")

PHASES = ("load", "setup", "processing", "unload")
Needs = dict[str, int]
"""People needed together: crew (or skill) and how many; empty = nobody."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where parts of one product go from a station."""

    targets: tuple[int, ...]
    """Station indices, EXIT_AT or SCRAP_AT."""
    ends: tuple[float, ...] = ()
    """Cumulative shares; none = one after the other."""


@dataclass(frozen=True, slots=True)
class Rig:
    """What one machine does, in seconds: behaviour with all its layers resolved."""

    cycle_s: dict[str, d.Dist]
    cycle_factor: float
    setup_s: dict[tuple[str, str], d.Dist] | d.Dist
    load_s: d.Dist
    unload_s: d.Dist
    needs: dict[str, Needs]
    """By phase: load, setup, processing, unload."""
    scrap: float
    inspect: Inspect | None
    bad_to: int
    """Where a part found bad goes."""
    transfer_s: d.Dist
    shift_end: str
    no_start_within_s: float
    standby: Standby | None
    failures: tuple[Failure, ...]
    maintenance: tuple[Maintenance, ...]
    heads: int
    capacity: int
    min_load: int
    max_wait_s: float
    return_s: d.Dist
    pieces: int
    inputs: dict[str, int]
    output: str | None
    places: int
    pace_s: float
    charge_every: int
    gaps: bool
    hold_off_shift: bool
    heat_up_from_hold_s: float
    heat_up_cold_s: float
    heat: Heat | None
    rates_per_h: dict[str, tuple[float, ...]]
    """By carrier: amount per hour in each state, in the order of STATES."""
    per_good_unit: dict[str, float]
    ageing: Ageing | None
    ramp_up: RampUp | None
    running_cost_cny_per_y: float

    def named(self) -> list[Needs]:
        """Return all that asks for people."""
        crews = [*(f.crew for f in self.failures), *(m.crew for m in self.maintenance)]
        return [*self.needs.values(), *map(needed, crews)]


@dataclass(frozen=True, slots=True)
class MachineProgram:
    """One machine as it stands at the start of the run."""

    name: str
    rig: Rig
    age_y: int
    """Full years in service when the values in the file held."""
    years_since: int = 0
    """Further years of wear at the start of the run."""


@dataclass(frozen=True, slots=True)
class StationProgram:
    """One station."""

    name: str
    kind: str
    parameters: dict[str, Any]
    machines: tuple[MachineProgram, ...]
    buffer: float
    """Places in front; infinite if unlimited."""
    buffers: dict[str, float]
    """Assembly: places in front by product."""
    queue: str
    choose: str
    one_lot: bool
    calendar: Calendar | None
    routes: dict[str, Way]
    """By product."""
    setup_initial: str | None
    initial_state: str
    inspected_ahead: frozenset[str] = frozenset()
    """Products of which a bad part goes on, since an inspection may still find it."""


@dataclass(frozen=True, slots=True)
class SourceProgram:
    """One source of parts."""

    rules: Source
    to: int


@dataclass(frozen=True, slots=True)
class Present:
    """Parts that are at a station at the start."""

    station: int
    parts: int
    product: str
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class LineProgram:
    """One line."""

    name: str
    sources: tuple[SourceProgram, ...]
    products: tuple[str, ...]
    """What is found on the line, each product once."""
    priority: dict[str, float]
    sequence: tuple[str, ...] | None
    lot: int
    shares: tuple[tuple[str, float], ...]
    calendar: Calendar | None
    stations: tuple[StationProgram, ...]
    before_service: bool = False
    initial: tuple[Present, ...] = ()

    def has_loops(self) -> bool:
        """Return whether a part may come to a station again, so that stations may wait for each other in a circle."""
        onward = [{t for way in s.routes.values() for t in way.targets if t >= 0} for s in self.stations]
        onward = [o | {m.rig.bad_to for m in s.machines if m.rig.inspect and m.rig.bad_to >= 0}
                  for o, s in zip(onward, self.stations, strict=True)]  # fmt: skip
        clear: set[int] = set()
        while True:
            more = {n for n, to in enumerate(onward) if n not in clear and to <= clear}
            if not more:
                return len(clear) < len(onward)
            clear |= more


@dataclass(frozen=True, slots=True)
class Swap:
    """A renewal during the run: from ``at_s`` on the machine is out for installation, then works as ``rig``."""

    at_s: float
    line: int
    station: int
    machine: int
    rig: Rig
    install_s: float
    option: str = ""
    capex_cny: float = 0.0
    resale_cny: float = 0.0
    after: int | None = None
    """The machine whose renewal, in the same order, comes first."""


@dataclass(frozen=True, slots=True)
class Program:
    """One plant, ready to run."""

    plant: str
    start: datetime
    energy: Energy
    crews: dict[str, People]
    lines: tuple[LineProgram, ...]
    swaps: tuple[Swap, ...] = field(default=())
    products: tuple[Product, ...] = ()
    """With mass, area and energy level, for specific figures."""


def lower(plant: Plant, start: datetime | None = None) -> Program:
    """Return the program of a plant; ``start`` overrides the run's first moment."""
    begin = start or plant.run.start
    return Program(
        plant=plant.plant.name,
        start=begin,
        energy=plant.energy,
        crews=plant.people(),
        lines=tuple(_line(plant, line, begin) for line in plant.lines),
        swaps=_swaps(plant, begin),
        products=plant.products,
    )


def _line(plant: Plant, line: Line, start: datetime) -> LineProgram:
    mix = line.mix
    products = plant.made_on(line)
    calendar = _with_gaps(plant.calendar_of(line))
    stations = tuple(_station(line, n, products, calendar, start) for n in range(len(line.stations)))
    index = {s.name: n for n, s in enumerate(line.stations)}
    return LineProgram(
        name=line.name,
        sources=tuple(SourceProgram(s, index[s.to] if s.to else 0) for s in line.sources),
        products=products,
        priority={p.name: p.priority for p in plant.products},
        sequence=(mix.sequence if mix else None) or (None if mix and mix.shares else (plant.mix_of(line)[0],)),
        lot=mix.lot if mix else 1,
        shares=cumulative(mix.shares) if mix and mix.shares else (),
        calendar=calendar,
        stations=_inspected(stations, products),
        before_service=line.blocking == "before_service",
        initial=tuple(
            Present(index[i.station], i.parts, i.product or products[0], i.remaining_s) for i in line.initial
        ),
    )  # fmt: skip


def _inspected(stations: tuple[StationProgram, ...], products: tuple[str, ...]) -> tuple[StationProgram, ...]:
    """Return the stations, each with the products for which an inspection lies here or ahead."""
    inspects = {n for n, s in enumerate(stations) if any(m.rig.inspect for m in s.machines)}
    if not inspects:
        return stations
    return tuple(
        replace(station, inspected_ahead=frozenset(p for p in products if _ahead(stations, n, p) & inspects))
        for n, station in enumerate(stations)
    )


def reach(stations: Sequence[StationProgram], start: int, product: str) -> set[tuple[int, str]]:
    """Return where a part may come to from ``start`` on, that included, and as which product it comes there."""
    seen, ahead = {(start, product)}, [(start, product)]
    while ahead:
        at, name = ahead.pop()
        name = next((m.rig.output for m in stations[at].machines if m.rig.output), None) or name
        way = stations[at].routes.get(name)
        for target in way.targets if way else ():
            if target >= 0 and (target, name) not in seen:
                seen.add((target, name))
                ahead.append((target, name))
    return seen


def _ahead(stations: Sequence[StationProgram], start: int, product: str) -> set[int]:
    return {at for at, _ in reach(stations, start, product)}


def _with_gaps(calendar: Calendar | None) -> Calendar | None:
    """Return None for a calendar that never closes."""
    if calendar is None or calendar.holidays or calendar.holidays_d_per_y:
        return calendar
    monday, week_s = datetime(2024, 1, 1), 7 * D
    return None if calendar.open_s(monday, 0.0, 3 * week_s) == 3 * week_s else calendar


def cumulative(shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Return shares as names with the cumulative share up to each, the last 1."""
    total, out = 0.0, []
    for name, share in shares.items():
        total += share
        out.append((name, total))
    return tuple((name, s / total) for name, s in out)


def _station(
    line: Line, number: int, products: tuple[str, ...], calendar: Calendar | None, start: datetime
) -> StationProgram:
    station = line.stations[number]
    age_y = max(0, start.year - station.in_service_since) if station.in_service_since else 0
    index = targets_of(line)
    layers: list[tuple[Behaviour, ...]] = [(m,) for m in station.listed] or [()] * station.count
    rigs = [rig(station, *layer, targets=index) for layer in layers]
    buffer = station.buffer
    return StationProgram(
        name=station.name,
        kind=station.kind,
        parameters=station.parameters,
        machines=tuple(MachineProgram(n, r, age_y) for n, r in zip(station.names, rigs, strict=True)),
        buffer=_places(buffer) if not isinstance(buffer, dict) else INFINITE,
        buffers={p: _places(buffer.get(p) if isinstance(buffer, dict) else buffer) for p in rigs[0].inputs},
        queue=station.queue,
        choose=station.choose_machine,
        one_lot=station.one_lot_at_a_time,
        calendar=calendar if station.calendar is None else _with_gaps(station.calendar),
        routes={product: _route(line, number, product) for product in products},
        setup_initial=station.setup_initial,
        initial_state=station.initial_state,
    )


def _places(buffer: int | None) -> float:
    return INFINITE if buffer is None else buffer


def targets_of(line: Line) -> dict[str, int]:
    """Return where parts may go, by name: indices of the line's stations, EXIT_AT, SCRAP_AT."""
    return {s.name: n for n, s in enumerate(line.stations)} | {EXIT: EXIT_AT, SCRAP: SCRAP_AT}


def _route(line: Line, number: int, product: str) -> Way:
    index = targets_of(line)
    onward = line.stations[number].next
    if onward is None:
        return Way((number + 1 if number + 1 < len(line.stations) else EXIT_AT,))
    route: object = onward
    if isinstance(onward, dict) and not set(onward) <= set(index):
        route = onward.get(product, EXIT)  # written by product; those that never come here have none
    if isinstance(route, str):
        return Way((index[route],))
    if isinstance(route, InTurn):
        return Way(tuple(index[name] for name in route.sequence))
    assert isinstance(route, dict)
    shares = cumulative(route)
    return Way(tuple(index[name] for name, _ in shares), tuple(end for _, end in shares))


def rig(station: Station, *layers: Behaviour, targets: dict[str, int] | None = None) -> Rig:
    """Return the resolved behaviour of a machine of ``station`` under further layers (machine, option).

    ``targets`` gives the indices of the line's stations, for what goes to one of them by name.
    """
    b = layered(station, *layers)
    option = layers[-1] if layers and isinstance(layers[-1], Option) else None
    crew = b.crew
    heat = b.heat_up_h
    cycle = b.travel_s if station.kind == "transport" else b.cycle_time_s
    return Rig(
        cycle_s=_by_product(cycle),
        cycle_factor=option.cycle_time_factor if option else 1.0,
        setup_s=_setup(b.setup_time_s),
        load_s=b.load_s or 0.0,
        unload_s=b.unload_s or 0.0,
        needs={phase: needed(getattr(crew, phase)) for phase in PHASES} if crew else {},
        scrap=b.scrap or 0.0,
        inspect=b.inspect,
        bad_to=SCRAP_AT if b.inspect is None or b.inspect.bad_to == SCRAP else (targets or {})[b.inspect.bad_to],
        transfer_s=b.transfer_s or 0.0,
        shift_end=b.shift_end or "resume",
        no_start_within_s=b.no_start_within_s or 0.0,
        standby=b.standby,
        failures=tuple(_mode(f, n, b) for n, f in enumerate(b.failures or (), 1)),
        maintenance=tuple(m.model_copy(update={"name": m.name or f"maintenance {n}"})
                          for n, m in enumerate(b.maintenance or (), 1)),
        heads=b.heads or 1,
        capacity=b.capacity or 1,
        min_load=b.min_load or 1,
        max_wait_s=INFINITE if b.max_wait_s is None else b.max_wait_s,
        return_s=b.return_s or 0.0,
        pieces=b.pieces or 1,
        inputs=dict(b.inputs or {}),
        output=b.output,
        places=b.places or 1,
        pace_s=b.pace_s or 0.0,
        charge_every=b.charge_every or 1,
        gaps=b.gaps is not False,
        hold_off_shift=station.kind == "furnace" and b.hold_off_shift is not False,
        heat_up_from_hold_s=heat.from_hold * H if heat else 0.0,
        heat_up_cold_s=heat.cold * H if heat else 0.0,
        heat=b.heat,
        rates_per_h=_rates(b),
        per_good_unit=dict(b.use_per_unit or {}),
        ageing=b.ageing,
        ramp_up=option.ramp_up if option else None,
        running_cost_cny_per_y=b.running_cost_cny_per_y or 0.0,
    )  # fmt: skip


def _by_product(cycle: object) -> dict[str, d.Dist]:
    if cycle is None:
        return {SHARED: 0.0}
    return cycle if isinstance(cycle, dict) else {SHARED: cycle}  # type: ignore[dict-item]


def _setup(setup: object) -> dict[tuple[str, str], d.Dist] | d.Dist:
    if isinstance(setup, dict):
        return {(a, b): time for a, row in setup.items() for b, time in row.items()}
    return 0.0 if setup is None else setup  # type: ignore[return-value]


def _mode(failure: Failure, number: int, b: Behaviour) -> Failure:
    crew = failure.crew or (b.crew.repair if b.crew else None)
    return failure.model_copy(update={"name": failure.name or f"failure {number}", "crew": crew})


def _rates(b: Behaviour) -> dict[str, tuple[float, ...]]:
    by_carrier = {ELECTRICITY: b.power_kw or ByState(), **(b.use_per_h or {})}
    assert set(by_carrier) <= set(CARRIERS)
    return {carrier: tuple(rates[s] for s in STATES) for carrier, by in by_carrier.items() if (rates := by.rates())}


GONE_S = 1e5 * D
"""Installation that no run sees the end of: the machine was sold."""


def _swaps(plant: Plant, start: datetime) -> tuple[Swap, ...]:
    line_of = {line.name: n for n, line in enumerate(plant.lines)}
    taken: set[tuple[int, int, int]] = set()
    swaps = []
    for entry in plant.schedule:
        line = plant.line(entry.line)
        station = line.station(entry.station)
        option = next(o for o in station.options if o.name == entry.option)
        at, s = line_of[line.name], line.stations.index(station)
        if isinstance(entry.machines, int):
            free = [m for m in range(station.count) if (at, s, m) not in taken]
            chosen = free[: entry.machines]
        else:
            chosen = [station.names.index(name) for name in entry.machines]
        before: int | None = None
        for m in chosen:
            taken.add((at, s, m))
            own = station.listed[m : m + 1]
            new = rig(station, *own, option, targets=targets_of(line))
            after = before if entry.one_by_one else None
            out_s = GONE_S if option.removes else option.install_d * D
            swaps.append(Swap(_moment_s(entry.at, start), at, s, m, new, out_s,
                              option.name, option.capex_cny, option.resale_cny, after))  # fmt: skip
            before = m
    return tuple(sorted(swaps, key=lambda w: (w.at_s, w.line, w.station, w.machine)))


def _moment_s(at: float | date, start: datetime) -> float:
    if isinstance(at, int | float):
        return float(at) * H
    return (datetime(at.year, at.month, at.day) - start).total_seconds()
