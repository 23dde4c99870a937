"""Programs made from a program: one station by itself, one line, other machines."""

from collections.abc import Sequence
from dataclasses import replace

from models.source import Source
from sim.program import (
    EXIT_AT,
    INFINITE,
    LineProgram,
    MachineProgram,
    Program,
    Rig,
    SourceProgram,
    Way,
    cumulative,
    reach,
)


def alone(program: Program, line: int, station: int, machines: Sequence[int]) -> Program:
    """Return a program of some machines of one station by themselves: parts always there, always room behind.

    The line's source gives way to a saturated one; the mix keeps the products that come to the station, calendar and
    crews stay.
    """
    whole = program.lines[line]
    part = whole.stations[station]
    inputs = part.machines[0].rig.inputs
    coming = set(inputs) or _coming(whole, station)
    drawn = [p for p in coming if p in (whole.sequence or ()) or p in dict(whole.shares)]
    sources = [Source(saturated=True, product=p) for p in inputs]
    if not inputs:
        sources = [Source(saturated=True, product=None if drawn else next(p for p in whole.products if p in coming))]
    mixed = {p: s for p, s in _single(whole.shares).items() if p in coming} if drawn else {}
    only = replace(
        part,
        machines=tuple(part.machines[m] for m in machines),
        buffer=INFINITE,
        buffers=dict.fromkeys(part.buffers, INFINITE),
        routes=dict.fromkeys(part.routes, Way((EXIT_AT,))),
    )
    own = replace(
        whole,
        sources=tuple(SourceProgram(source, 0) for source in sources),
        stations=(only,),
        sequence=tuple(p for p in whole.sequence if p in coming) if whole.sequence else None,
        shares=cumulative(mixed) if mixed else (),
        before_service=False,
        initial=(),
    )  # fmt: skip
    return replace(program, lines=(own,), swaps=())


def _coming(line: LineProgram, station: int) -> set[str]:
    """Return the products that can come to a station."""
    coming = set()
    for source in line.sources:
        rules = source.rules
        own = {rules.product, *(getattr(a, "product", None) for a in rules.arrivals_s or ())} - {None}
        made = own or set(line.sequence or dict(line.shares))
        for product in made - {None}:
            coming |= {name for at, name in reach(line.stations, source.to, str(product)) if at == station}
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
