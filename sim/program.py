"""A plant lowered to what an engine reads: seconds, indices, one resolved behaviour per machine.

Nothing is decided here that depends on chance or time; both engines start from the same program.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from models import distribution as d
from models.calendar import Calendar
from models.energy import CARRIERS, Energy
from models.equipment import STATES, Ageing, Behaviour, ByState, Failure, Maintenance, Option, RampUp, layered
from models.line import EXIT, SCRAP, Line, Product, Source, Station
from models.plant import Plant

H, D, Y = 3600.0, 86_400.0, 8760 * 3600.0
INFINITE = float("inf")
ELECTRICITY = "electricity_kwh"
SHARED = ""  # key of a cycle time that is the same for all products


@dataclass(frozen=True, slots=True)
class Rig:
    """What one machine does, in seconds: behaviour with all its layers resolved."""

    cycle_s: dict[str, d.Dist]
    cycle_factor: float
    setup_s: dict[tuple[str, str], d.Dist] | d.Dist
    setup_crew: str | None
    scrap: float
    failures: tuple[Failure, ...]
    maintenance: tuple[Maintenance, ...]
    heads: int
    capacity: int
    min_load: int
    max_wait_s: float
    places: int
    pace_s: float
    charge_every: int
    gaps: bool
    hold_off_shift: bool
    heat_up_from_hold_s: float
    heat_up_cold_s: float
    rates_per_h: dict[str, tuple[float, ...]]
    """By carrier: amount per hour in each state, in the order of STATES."""
    per_good_unit: dict[str, float]
    ageing: Ageing | None
    ramp_up: RampUp | None
    running_cost_cny_per_y: float


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
    machines: tuple[MachineProgram, ...]
    buffer: float
    """Places in front; infinite if unlimited."""
    routes: dict[str, tuple[tuple[int, float], ...]]
    """By product: (station index, or EXIT_AT / SCRAP_AT; cumulative share)."""
    setup_initial: str | None


EXIT_AT, SCRAP_AT = -1, -2


@dataclass(frozen=True, slots=True)
class LineProgram:
    """One line."""

    name: str
    source: Source
    products: tuple[str, ...]
    """What the mix makes, each product once."""
    sequence: tuple[str, ...] | None
    lot: int
    shares: tuple[tuple[str, float], ...]
    calendar: Calendar | None
    stations: tuple[StationProgram, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """A renewal during the run: from ``at_s`` on the machine is out for installation, then works as ``rig``."""

    at_s: float
    line: int
    station: int
    machine: int
    rig: Rig
    install_s: float


@dataclass(frozen=True, slots=True)
class Program:
    """One plant, ready to run."""

    plant: str
    start: datetime
    energy: Energy
    crews: dict[str, int]
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
        crews=plant.crew_sizes(),
        lines=tuple(_line(plant, line, begin) for line in plant.lines),
        swaps=_swaps(plant, begin),
        products=plant.products,
    )


def _line(plant: Plant, line: Line, start: datetime) -> LineProgram:
    mix = line.mix
    products = plant.mix_of(line)
    if line.arrivals.product and line.arrivals.product not in products:
        products = (*products, line.arrivals.product)
    return LineProgram(
        name=line.name,
        source=line.arrivals,
        products=products,
        sequence=(mix.sequence if mix else None) or (None if mix and mix.shares else (products[0],)),
        lot=mix.lot if mix else 1,
        shares=_cumulative(mix.shares) if mix and mix.shares else (),
        calendar=_with_gaps(plant.calendar_of(line)),
        stations=tuple(_station(line, n, products, start) for n in range(len(line.stations))),
    )


def _with_gaps(calendar: Calendar | None) -> Calendar | None:
    """Return None for a calendar that never closes."""
    if calendar is None or calendar.holidays or calendar.holidays_d_per_y:
        return calendar
    monday, week_s = datetime(2024, 1, 1), 7 * D
    return None if calendar.open_s(monday, 0.0, 3 * week_s) == 3 * week_s else calendar


def _cumulative(shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
    total, out = 0.0, []
    for name, share in shares.items():
        total += share
        out.append((name, total))
    return tuple((name, s / total) for name, s in out)


def _station(line: Line, number: int, products: tuple[str, ...], start: datetime) -> StationProgram:
    station = line.stations[number]
    age_y = max(0, start.year - station.in_service_since) if station.in_service_since else 0
    if isinstance(station.machines, int):
        rigs = [rig(station)] * station.machines
    else:
        rigs = [rig(station, machine) for machine in station.machines]
    return StationProgram(
        name=station.name,
        kind=station.kind,
        machines=tuple(MachineProgram(n, r, age_y) for n, r in zip(station.names, rigs, strict=True)),
        buffer=INFINITE if station.buffer is None else station.buffer,
        routes={product: _route(line, number, product) for product in products},
        setup_initial=station.setup_initial,
    )


def _route(line: Line, number: int, product: str) -> tuple[tuple[int, float], ...]:
    index = {s.name: n for n, s in enumerate(line.stations)} | {EXIT: EXIT_AT, SCRAP: SCRAP_AT}
    onward = line.stations[number].next
    if onward is None:
        return ((number + 1 if number + 1 < len(line.stations) else EXIT_AT, 1.0),)
    route: object = onward
    if isinstance(onward, dict) and not set(onward) <= set(index):
        route = onward[product]  # written by product
    if isinstance(route, str):
        return ((index[route], 1.0),)
    assert isinstance(route, dict)
    return tuple((index[name], share) for name, share in _cumulative(route))


def rig(station: Station, *layers: Behaviour) -> Rig:
    """Return the resolved behaviour of a machine of ``station`` under further layers (machine, option)."""
    b = layered(station, *layers)
    option = layers[-1] if layers and isinstance(layers[-1], Option) else None
    crew = b.crew
    hold = station.kind == "furnace" and b.hold_off_shift is not False
    heat = b.heat_up_h
    return Rig(
        cycle_s=_by_product(b.cycle_time_s),
        cycle_factor=option.cycle_time_factor if option else 1.0,
        setup_s=_setup(b.setup_time_s),
        setup_crew=crew.setup if crew else None,
        scrap=b.scrap or 0.0,
        failures=tuple(_mode(f, n, crew.repair if crew else None) for n, f in enumerate(b.failures or (), 1)),
        maintenance=tuple(m.model_copy(update={"name": m.name or f"maintenance {n}"})
                          for n, m in enumerate(b.maintenance or (), 1)),
        heads=b.heads or 1,
        capacity=b.capacity or 1,
        min_load=b.min_load or 1,
        max_wait_s=INFINITE if b.max_wait_s is None else b.max_wait_s,
        places=b.places or 1,
        pace_s=b.pace_s or 0.0,
        charge_every=b.charge_every or 1,
        gaps=b.gaps is not False,
        hold_off_shift=hold,
        heat_up_from_hold_s=heat.from_hold * H if heat else 0.0,
        heat_up_cold_s=heat.cold * H if heat else 0.0,
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


def _mode(failure: Failure, number: int, crew: str | None) -> Failure:
    return failure.model_copy(update={"name": failure.name or f"failure {number}", "crew": failure.crew or crew})


def _rates(b: Behaviour) -> dict[str, tuple[float, ...]]:
    by_carrier = {ELECTRICITY: b.power_kw or ByState(), **(b.use_per_h or {})}
    assert set(by_carrier) <= set(CARRIERS)
    return {carrier: tuple(rates[s] for s in STATES) for carrier, by in by_carrier.items() if (rates := by.rates())}


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
        for m in chosen:
            taken.add((at, s, m))
            own = () if isinstance(station.machines, int) else (station.machines[m],)
            swaps.append(Swap(_moment_s(entry.at, start), at, s, m, rig(station, *own, option), option.install_d * D))
    return tuple(sorted(swaps, key=lambda w: (w.at_s, w.line, w.station, w.machine)))


def alone(program: Program, line: int, station: int, machines: Sequence[int]) -> Program:
    """Return a program of some machines of one station by themselves: parts always there, always room behind.

    The line's source gives way to a saturated one; the mix keeps the products that come to the station, calendar and
    crews stay.
    """
    whole = program.lines[line]
    part = whole.stations[station]
    only = replace(
        part,
        machines=tuple(part.machines[m] for m in machines),
        buffer=INFINITE,
        routes=dict.fromkeys(part.routes, ((EXIT_AT, 1.0),)),
    )
    source = Source(saturated=True, product=whole.source.product)
    coming = _coming(whole, station)
    own = replace(
        whole,
        source=source,
        stations=(only,),
        sequence=tuple(p for p in whole.sequence if p in coming) if whole.sequence else None,
        shares=_cumulative({p: s for p, s in _single(whole.shares).items() if p in coming}) if whole.shares else (),
    )
    return replace(program, lines=(own,), swaps=())


def _coming(line: LineProgram, station: int) -> set[str]:
    """Return the products whose route can lead to a station."""
    coming = set()
    for product in line.products:
        seen, ahead = {0}, [0]
        while ahead:
            for target, _ in line.stations[ahead.pop()].routes[product]:
                if target >= 0 and target not in seen:
                    seen.add(target)
                    ahead.append(target)
        if station in seen:
            coming.add(product)
    return coming or set(line.products)


def _single(cumulative: tuple[tuple[str, float], ...]) -> dict[str, float]:
    """Return shares from cumulative shares."""
    ends = [0.0, *(end for _, end in cumulative)]
    return {name: end - before for (name, end), before in zip(cumulative, ends, strict=False)}


def only_line(program: Program, line: int) -> Program:
    """Return a program of one line by itself, renewing nothing."""
    return replace(program, lines=(program.lines[line],), swaps=())


def changed(
    program: Program, line: int, station: int, machines: Sequence[int], rig: Rig | None = None, years: int = 0
) -> Program:
    """Return the program with some machines as new equipment (``rig``), or ``years`` of wear on."""
    lines = list(program.lines)
    stations = list(lines[line].stations)
    row = list(stations[station].machines)
    for m in machines:
        row[m] = replace(row[m], years_since=years) if rig is None else MachineProgram(row[m].name, rig, 0, years)
    stations[station] = replace(stations[station], machines=tuple(row))
    lines[line] = replace(lines[line], stations=tuple(stations))
    return replace(program, lines=tuple(lines))


def _moment_s(at: float | date, start: datetime) -> float:
    if isinstance(at, int | float):
        return float(at) * H
    return (datetime(at.year, at.month, at.day) - start).total_seconds()
