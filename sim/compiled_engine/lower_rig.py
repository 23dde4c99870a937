"""Equipment becomes records: one machine's behaviour, its clocks, its streams."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

from models import distribution as d
from models.energy import CARRIERS
from models.people import needed
from models.stops import Failure, Maintenance, first_of_week_s
from sim.account import STATE
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.block import Block
from sim.compiled_engine.memory import Ref
from sim.compiled_engine.streams import Luck, Takes
from sim.heat import heat_use
from sim.program import HOURS_PER_Y, SCRAP_AT, SHARED, Needs, Program, Rig

CARRIER = {name: n for n, name in enumerate(CARRIERS)}
PART = {"resume": c.RESUME, "restart": c.RESTART, "scrap": c.SCRAP_IT}
SHIFT_END = {"resume": c.GO_ON, "finish": c.FINISH, "fit": c.FIT}
KEEP_PLACES = ("machine", "assembly", "join")
"""Kinds that block before service where the line says so."""


class Cause(NamedTuple):
    """A cause of stops: its record, and what the plant file says of it."""

    ref: Ref
    rule: Failure | Maintenance
    rig: int
    """Number of its rig."""


class Rigs:
    """Puts the rigs of a program into a block."""

    def __init__(self, program: Program, block: Block, luck: Luck, crews: dict[str, Ref]) -> None:
        self.program = program
        self.block = block
        self.luck = luck
        self.crews = crews
        self.streams: list[list[Takes]] = []
        """By number of the rig: which stream draws from which distribution while it is in force."""
        self.rigs: list[Rig] = []
        self.causes: dict[tuple[int, int], list[Cause]] = {}
        """By line and station: all causes, in the order of the rigs."""
        self._needs: dict[tuple[tuple[str, int], ...], Ref] = {}

    def add(self, line: int, station: int, name: str, rig: Rig, machine: Ref) -> Ref:
        """Add a rig of a machine of that name; return its ref."""
        return _OneRig(self, line, station, name, rig, machine).put()

    def needs(self, needs: Needs) -> Ref:
        """Add what asks for people, once; NOBODY if it asks for none."""
        if not needs:
            return c.NOBODY
        key = tuple(needs.items())
        if key not in self._needs:
            self._needs[key] = self._put_needs(needs)
        return self._needs[key]

    def _put_needs(self, needs: Needs) -> Ref:
        block, people = self.block, self.program.crews
        patrol = next((name for name in needs if name in people and people[name].rule == "patrol"), None)
        rows: list[dict[str, int]] = []
        able: dict[Ref, None] = {}
        for name, number in needs.items():
            who = self._who(name)
            able |= dict.fromkeys(who)
            rows.append({"crews": block.wholes(who), "crews_n": len(who), "number": number})
        return block.put(
            r.Needs, first=block.many(r.Need, rows), n=len(rows), able=block.wholes(list(able)), able_n=len(able),
            patrol=self.crews[patrol] if patrol else c.NOBODY,
        )  # fmt: skip

    def _who(self, name: str) -> list[Ref]:
        """Return who may come when a crew or a skill is asked for, in file order."""
        people = self.program.crews
        if name in people:
            return [self.crews[name]] if people[name].rule == "call" else []
        return [self.crews[crew] for crew, p in people.items() if p.rule == "call" and name in p.skills]


class _OneRig:
    """One rig on its way into the block."""

    def __init__(self, rigs: Rigs, line: int, station: int, name: str, rig: Rig, machine: Ref) -> None:
        self.rigs, self.block, self.luck, self.rig = rigs, rigs.block, rigs.luck, rig
        self.line = rigs.program.lines[line]
        self.station = self.line.stations[station]
        self.key = (line, station)
        self.place = f"{self.line.name}/{self.station.name}"
        self.name = name
        self.machine = machine
        self.products = {product: n for n, product in enumerate(self.line.products)}
        self.takes: list[Takes] = []
        self.number = len(rigs.streams)
        rigs.streams.append(self.takes)
        rigs.rigs.append(rig)

    def stream(self, dist: d.Dist, cause: str) -> Ref:
        """Return the ref of the stream of a cause."""
        ref, takes = self.luck.open(self.block, dist, self.place, cause, self.name)
        if takes is not None:
            self.takes.append(takes)
        return ref

    def put(self) -> Ref:
        """Put the rig into the block."""
        return self.block.put(
            r.Rig, number=self.number, **self._times(), **self._needs(), **self._quality(), **self._shifts(),
            **self._standby(), **self._several(), **self._strokes(), **self._ramp_up(), **self._energy(),
            **self._stops(),
        )  # fmt: skip

    def _times(self) -> dict[str, Any]:
        rig, block, n = self.rig, self.block, len(self.products)
        cycles = {p: self.stream(dist, f"cycle {p}".strip()) for p, dist in rig.cycle_s.items()}
        planned = {p: d.mean(dist) * rig.cycle_factor for p, dist in rig.cycle_s.items()}
        setups = [0] * (n * n)
        table = rig.setup_s if isinstance(rig.setup_s, dict) else {("", ""): rig.setup_s}
        for (before, after), dist in table.items():
            stream = self.stream(dist, f"setup {before} > {after}" if before or after else "setup")
            if not before and not after:
                setups = [stream] * (n * n)
            elif before in self.products and after in self.products:
                setups[self.products[before] * n + self.products[after]] = stream
        return {
            "cycles": block.wholes([cycles.get(SHARED, cycles.get(p, 0)) for p in self.products]),
            "planned": block.reals([planned.get(SHARED, planned.get(p, 0.0)) for p in self.products]),
            "cycle_factor": rig.cycle_factor,
            "setups": block.wholes(setups),
            "load": self.stream(rig.load_s, "load"),
            "unload": self.stream(rig.unload_s, "unload"),
            "drawn_work": block.reals([c.NOT_YET] * n),
            "drawn_setup": block.reals([c.NOT_YET] * (n * n)),
            "transfer": self.stream(rig.transfer_s, "transfer") if rig.transfer_s else 0,
        }

    def _needs(self) -> dict[str, Any]:
        rig = self.rig
        needs = {
            phase: self.rigs.needs(rig.needs.get(phase, {})) for phase in ("load", "setup", "processing", "unload")
        }
        loads, unloads = bool(rig.load_s) or needs["load"] != 0, bool(rig.unload_s) or needs["unload"] != 0
        keeps = self.line.before_service and self.station.kind in KEEP_PLACES
        return {
            "loads": loads, "unloads": unloads, "needs_load": needs["load"], "needs_setup": needs["setup"],
            "needs_work": needs["processing"], "needs_unload": needs["unload"], "keeps_place": keeps,
            "plain": not (loads or unloads or needs["processing"] or keeps),
        }  # fmt: skip

    def _quality(self) -> dict[str, Any]:
        rig = self.rig
        throws_away = any(SCRAP_AT in way.targets for way in self.station.routes.values())
        per_good = [rig.per_good_unit.get(name, 0.0) for name in CARRIERS]
        decides = rig.scrap or rig.inspect or rig.per_good_unit or rig.transfer_s or self.line.has_loops()
        return {
            "scrap": rig.scrap,
            "inspects": rig.inspect is not None,
            "detects": rig.inspect.detects if rig.inspect else 0.0,
            "bad_to": rig.bad_to,
            "plain_out": not (decides or throws_away),
            "per_good": self.block.reals(per_good),
            "uses_per_good": sum(1 << CARRIER[name] for name in rig.per_good_unit),
        }

    def _shifts(self) -> dict[str, Any]:
        rig = self.rig
        return {
            "shift_end": SHIFT_END[rig.shift_end], "no_start_within_s": rig.no_start_within_s,
            "chooses": bool(rig.no_start_within_s or rig.shift_end == "fit"),
        }  # fmt: skip

    def _standby(self) -> dict[str, Any]:
        rule = self.rig.standby
        if rule is None:
            return {}
        return {
            "standby": 1, "idle_after": self.stream(rule.after_s, "standby after"),
            "start_up": self.stream(rule.start_up_s, "start-up"), "wake_at_parts": rule.wake_at_parts,
        }  # fmt: skip

    def _several(self) -> dict[str, Any]:
        rig = self.rig
        return {
            "capacity": rig.capacity, "min_load": rig.min_load, "max_wait_s": rig.max_wait_s,
            "returns": bool(rig.return_s), "pieces": rig.pieces,
            "returning": self.stream(rig.return_s, "return") if self.station.kind == "transport" else 0,
            "output": self.products[rig.output] if rig.output else c.ANY_PRODUCT,
        }  # fmt: skip

    def _strokes(self) -> dict[str, Any]:
        rig = self.rig
        return {
            "strokes": rig.places, "pace_s": rig.pace_s, "charge_every": rig.charge_every, "gaps": rig.gaps,
            "hold_off_shift": rig.hold_off_shift, "heat_up_from_hold_s": rig.heat_up_from_hold_s,
            "heat_up_cold_s": rig.heat_up_cold_s,
        }  # fmt: skip

    def _ramp_up(self) -> dict[str, Any]:
        ramp = self.rig.ramp_up
        if ramp is None:
            return {"ramp_up": c.NO_RAMP_UP}
        ends: list[float] = []
        if ramp.cycle_factor_by_unit is not None:
            kind, values = c.BY_UNIT, list(ramp.cycle_factor_by_unit)
        elif ramp.stages is not None:
            kind, values = c.BY_STAGE, [stage.speed for stage in ramp.stages]
            ends = list(accumulate(stage.for_d for stage in ramp.stages))
        else:
            assert ramp.initial is not None
            assert ramp.time_constant_d is not None
            kind, values = c.BY_TIME, [ramp.initial, ramp.time_constant_d]
        return {
            "ramp_up": kind, "ramp": self.block.reals(values), "ramp_n": len(values),
            "ramp_ends": self.block.reals(ends),
        }  # fmt: skip

    def _energy(self) -> dict[str, Any]:
        rig, block = self.rig, self.block
        rates = [0.0] * (c.N_CARRIERS * c.N_STATES)
        for carrier, by_state in rig.rates_per_h.items():
            at = CARRIER[carrier] * c.N_STATES
            rates[at : at + c.N_STATES] = by_state
        rated = sum(1 << CARRIER[carrier] for carrier in rig.rates_per_h)
        row = {
            "ages": rig.ageing is not None, "rates": block.reals(rates), "rated": rated,
            "cost_per_h": rig.running_cost_cny_per_y / HOURS_PER_Y,
        }  # fmt: skip
        if rig.heat is None:
            return row
        masses = {p.name: p.mass_kg for p in self.rigs.program.products if p.name in self.products}
        use = heat_use(rig.heat, masses, rig.heat_up_from_hold_s, rig.heat_up_cold_s)
        return row | {
            "heat": 1, "heat_carrier": CARRIER[use.carrier], "rated": rated | 1 << CARRIER[use.carrier],
            "heat_walls": block.reals(use.wall_per_h),
            "heat_per_part": block.reals([use.per_part.get(p, 0.0) for p in self.products]),
            "heat_per_charge": use.per_charge, "heat_up_from_hold_per_h": use.heat_up_from_hold_per_h,
            "heat_up_cold_per_h": use.heat_up_cold_per_h,
        }  # fmt: skip

    # stops

    def _stops(self) -> dict[str, Any]:
        rig, block = self.rig, self.block
        modes = [f for f in rig.failures if f.scope == "machine"]
        single = [f for f in rig.failures if f.scope == "head"]
        rules: list[Failure | Maintenance] = [*modes, *single, *rig.maintenance]
        refs = {id(rule): block.put(r.Cause, **self._cause(rule)) for rule in rules}
        self.rigs.causes.setdefault(self.key, []).extend(Cause(refs[id(rule)], rule, self.number) for rule in rules)
        heads = {id(f): self._heads(refs[id(f)]) for f in single}
        for rule in rules:
            others: list[Ref] = []
            mended: list[Ref] = []
            if isinstance(rule, Maintenance):
                others = [refs[id(f)] for f in modes if _renews(rule, f)]
                mended = [heads[id(f)] for f in single if _renews(rule, f)]
            elif rule.scope == "machine":
                others = [refs[id(m)] for m in rig.maintenance if _by_age(m) and _renews(m, rule)]
            block.set(
                r.Cause, refs[id(rule)], **self._row("others", others), **self._row("heads", mended)
            )  # fmt: skip
        at_once = [rule for rule in rules if id(rule) not in heads and _operating(rule) and _interrupts(rule)]
        at_end = [m for m in rig.maintenance if m.every_units or (_operating(m) and not _interrupts(m))]
        return {
            "none": not rules, "heads_count": rig.heads, **self._row("causes", list(refs.values())),
            **self._row("at_once", [refs[id(rule)] for rule in at_once]),
            **self._row("at_end", [refs[id(rule)] for rule in at_end]), **self._row("heads", list(heads.values())),
        }  # fmt: skip

    def _heads(self, cause: Ref) -> Ref:
        """Add the positions that stop singly for one cause."""
        due = self.block.reals([0.0] * (self.rig.heads + 1))
        return self.block.put(r.Heads, cause=cause, machine=self.machine, count=self.rig.heads, due=due)

    def _row(self, name: str, refs: list[Ref]) -> dict[str, int]:
        """Return the two fields that say where a row of refs lies, and how long it is."""
        return {name: self.block.wholes(refs), f"{name}_n": len(refs)}

    def _cause(self, rule: Failure | Maintenance) -> dict[str, Any]:
        failure = isinstance(rule, Failure)
        what = "ttr" if failure else "upkeep"
        row = {
            "machine": self.machine, "failure": failure, "state": STATE["failed" if failure else "maintenance"],
            "operating": _operating(rule), "interrupts": _interrupts(rule),
            "start_to_start": rule.clock == "start_to_start", "crew": self.rigs.needs(needed(rule.crew)),
            "priority": rule.priority, "due_s": c.NEVER, "grid": -1,
            "lasts": self.stream(rule.duration_h if isinstance(rule, Maintenance) else rule.ttr_h,
                                 f"{what} {rule.name}"),
        }  # fmt: skip
        if isinstance(rule, Failure):
            return row | {
                "time_to": self.stream(rule.ttf_h, f"ttf {rule.name}"), "part": PART[rule.part],
                "releases": rule.releases_blocked_part, "accepts": rule.accepts_part,
                "as_new": rule.restores == "new", "age_at_start_h": rule.age_h,
            }  # fmt: skip
        return row | {
            "by_units": rule.every_units or 0, "weekly": rule.at is not None, "block": rule.policy == "block",
            "every_h": rule.every_h or 0.0,
            "weekly_first_s": first_of_week_s(rule.at, self.rigs.program.start) if rule.at else 0.0,
        }  # fmt: skip


def _renews(maintenance: Maintenance, failure: Failure) -> bool:
    return maintenance.renews == "all" or failure.name in maintenance.renews


def _by_age(maintenance: Maintenance) -> bool:
    return maintenance.policy == "age" and not maintenance.at


def _operating(rule: Failure | Maintenance) -> bool:
    """Return whether its clock runs only while the machine processes."""
    if isinstance(rule, Maintenance) and (rule.at is not None or rule.every_units):
        return False
    return rule.clock == "operating"


def _interrupts(rule: Failure | Maintenance) -> bool:
    return isinstance(rule, Failure) or rule.interrupts_part
