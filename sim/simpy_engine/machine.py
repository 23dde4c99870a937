"""A machine's life: it takes a part, loads, sets up, works, unloads, hands over.

A part goes through phases; each may take time and need people, and may be stopped from outside: by failures
(:mod:`downtime`), the end of a shift, a renewal (:mod:`renewal`). This is the plain kind, one part at a time;
:mod:`batch`, :mod:`lots` and :mod:`furnace` change what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.account import STATE, Stays
from sim.ageing import Factors
from sim.order import MACHINES
from sim.program import HOURS_PER_Y, H, MachineProgram, Rig
from sim.simpy_engine.age import Age
from sim.simpy_engine.clock import ENDS, NO_TICK, STOPS, Tick
from sim.simpy_engine.downtime import Downtime
from sim.simpy_engine.heating import Heating
from sim.simpy_engine.outlet import Outlet
from sim.simpy_engine.part import Part
from sim.simpy_engine.people import Request
from sim.simpy_engine.renewal import Renewal
from sim.simpy_engine.standby import Sleep
from sim.simpy_engine.station import Station
from sim.simpy_engine.stops import NEVER, Stops
from sim.simpy_engine.times import Times

if TYPE_CHECKING:
    from sim.simpy_engine.shifts import Shift
    from sim.streams import Draws

PROCESSING, SETUP, BLOCKED, STARVED = (STATE[s] for s in ("processing", "setup", "blocked", "starved"))
WAITING_CREW, INSTALLING, OVERTIME = STATE["waiting_crew"], STATE["installing"], STATE["overtime"]
HOLDING, HEAT_UP, OFF_SHIFT = STATE["holding"], STATE["heat_up"], STATE["off_shift"]
EMPTY, PLACED, LOAD, SET_UP, KEEP, KEPT, WORK, UNLOAD, AWAY = range(9)
"""Phases: no part; a part placed on a machine that is down; loading; setup; waiting for a place to be kept (blocking
before service), and with one kept while the machine is down; work; unloading; a vehicle on its way back."""


class Machine:
    """One machine of a running line."""

    # Slots: with so many attributes an instance dict is a tenth slower (renewline bench).
    __slots__ = (
        "_began_s", "_chooses", "_due", "_keeps_place", "_left_s", "_loads", "_needs", "_plain", "_request",
        "_speed", "_takes_s", "_tick", "_unloads", "_whole_s", "_work_needs", "age", "ages", "bad", "board",
        "clock", "downtime", "first_failure_s", "first_flawed", "heating", "index", "line", "name", "off",
        "operated_s", "order", "out", "outlet", "overtime", "part", "phase", "planned_s", "renewal", "repeats",
        "reworked", "rig", "scrapped", "setup_for", "shift", "sleep", "station", "stays", "stops", "times",
        "turn", "units",
    )  # fmt: skip

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        self.station: Station = station
        self.line = station.line
        self.clock = station.line.clock
        self.board = station.line.run.board
        self.order = station.line.rank + station.index * MACHINES + number + 1
        self.index = 0  # among all machines of the line
        self.name: str = program.name
        self.rig: Rig = program.rig
        self.stays = Stays(STARVED, station.line.meter)
        self.outlet = Outlet(self)
        self.out = self.outlet.out  # finished, waits for a place
        self.part: Part | None = None
        self.phase = EMPTY
        self.setup_for: str | None = None
        self.operated_s = 0.0
        self.units = self.bad = self.scrapped = self.reworked = 0
        self.first_failure_s: float | None = None  # on the operating clock
        self.repeats = self.first_flawed = 0  # parts not here for the first time; of the others, those not right
        self.planned_s = 0.0
        self.off = self.overtime = False
        self.shift: Shift | None = None
        self.downtime = Downtime(self)
        self.renewal = Renewal(self)
        self.age: Age = Age(program)
        self.ages: Factors = Factors()
        self.sleep: Sleep | None = None
        self._needs: dict[str, int] = {}
        self._request: Request | None = None
        self.turn = NEVER  # of its people in the order of asking, when the shift ended
        self._tick: Tick | None = None  # the end of the stretch under way
        self._due: Tick | None = None  # the stop by the operating clock that comes first
        self._left_s = self._whole_s = 0.0  # work left at full speed; all of it
        self._began_s = self._takes_s = 0.0
        self._speed = 1.0
        self.fit_out(0.0)

    def begin(self, initial_state: int | None) -> None:
        """Stand ready at the start of the run, or be switched down."""
        if initial_state is not None and self.sleep is not None:
            self.sleep.go_down(initial_state)
        else:
            self.station.ready[self] = None
            self.touch()

    def begin_with(self, part: Part, remaining_s: float) -> None:
        """Begin the run with a part on the machine."""
        self.part, self.phase = part, WORK
        self.setup_for = part.product
        self._left_s = self._whole_s = remaining_s
        self._needs = self._work_needs
        self.touch()
        self.carry_on(self.clock.now)

    # equipment

    def fit_out(self, now: float) -> None:
        """Put the rig in force: clocks, draws, rates."""
        rig = self.rig
        self.ages = self.age.factors(rig.ageing)
        self.times: Times = Times(self)
        self.outlet.fit_out(self._open(rig.transfer_s, "transfer") if rig.transfer_s else None)
        self._loads, self._unloads = (bool(t or rig.needs.get(p)) for t, p in (
            (rig.load_s, "load"), (rig.unload_s, "unload")))  # fmt: skip
        self._work_needs, self._keeps_place = rig.needs.get("processing", {}), self._blocks_before_service()
        self._plain = not (self._loads or self._unloads or self._work_needs or self._keeps_place)
        self.stops = Stops(self)
        self.stops.start(now)
        self.sleep = Sleep(self, rig.standby) if rig.standby else None
        self.heating = Heating(self, rig.heat) if rig.heat else None
        self.rerate(now)
        self.stays.cost_cny_per_h = rig.running_cost_cny_per_y / HOURS_PER_Y
        self._chooses = bool(rig.no_start_within_s or rig.shift_end == "fit")

    def _blocks_before_service(self) -> bool:
        return self.line.program.before_service

    def _open(self, dist: object, cause: str) -> Draws:
        return self.line.run.streams.open(dist, self.station.place, cause, self.name)  # type: ignore[arg-type]

    def commission(self, rig: Rig, now: float) -> None:
        """New equipment starts: its clocks at zero, its ramp-up before it."""
        self.rig = rig
        self.operated_s = 0.0
        self.setup_for = None
        self.age.begin_anew(now)
        self.touch()
        self.fit_out(now)

    def grow_older(self, now: float, years: int) -> None:
        """A full year of the run is over."""
        self.age.grow(now, years)
        if self.rig.ageing is not None:
            self.ages = self.age.factors(self.rig.ageing)
            self.times.grow_older()
            self.rerate(now)

    def rerate(self, now: float) -> None:
        """Put the rates of energy in force, as equipment, age and heat have them."""
        rates = self.rig.rates_per_h
        self.stays.rerate(self.heating.rates(rates) if self.heating else rates, self.ages.energy, now)

    # taking a part

    def touch(self) -> None:
        """Have the state looked at when the instant is over."""
        self.line.touched[self] = None

    def is_free(self) -> bool:
        """Return whether the machine may take a part."""
        if self.part or self.out or self.off or self.downtime.refuses:
            return False
        return not (self.renewal.pending or self.renewal.installing or (self.sleep and self.sleep.asleep))

    def takes_at_once(self) -> bool:
        """Return whether a part that arrives now would be taken at this instant."""
        return True

    def offer(self) -> None:
        """Stand ready if free."""
        station = self.station
        if self.is_free() and self not in station.ready:
            station.ready[self] = None
            self.line.stirred |= station.bit

    def withdraw(self) -> None:
        """Stand ready no more; what is not free any longer has its state looked at."""
        self.station.ready.pop(self, None)
        self.line.touched[self] = None

    def load(self, now: float) -> bool:
        """Take the next part and begin; return whether the next machine may try too."""
        if self._chooses and not self.may_start(now):
            return True
        part = self.station.next_part(now)
        if part is None:
            return False
        del self.station.ready[self]
        self.line.touched[self] = None
        self.place(part, now)
        return True

    def may_start(self, now: float) -> bool:
        """Return whether the shift allows that the next part is started now."""
        return not self._chooses or self.shift is None or self.shift.allows(self, now)

    def place(self, part: Part, now: float) -> None:
        """Put a part on the machine and begin with it, if nothing is in the way."""
        self.part = part
        part.started_s = part.finished_s = part.setup_began_s = part.setup_ended_s = part.batch = None
        if self.downtime.stop is not None:
            self.phase = PLACED
        elif self._plain and self.setup_for == part.product:
            self._work(now)
        else:
            self._load(now)

    # phases

    def _load(self, now: float) -> None:
        if self._loads:
            self._begin(LOAD, self.times.load(), self.rig.needs.get("load", {}), now)
        else:
            self._set_up(now)

    def _set_up(self, now: float) -> None:
        part = self.part
        assert part is not None
        takes_s = self.times.setup_s(self.setup_for, part.product)
        self.setup_for = part.product
        if takes_s == 0.0:
            self._keep(now)
            return
        part.setup_began_s = now
        self._begin(SET_UP, takes_s, self.rig.needs.get("setup", {}), now)

    def _keep(self, now: float) -> None:
        """Blocking before service: have a place kept first."""
        part = self.part
        assert part is not None
        if self._keeps_place:
            self.phase = KEEP
            if not self.outlet.keep_place(part, now):
                self.overtime = False
                self.line.touched[self] = None
                return
        self._work(now)

    def _work(self, now: float) -> None:
        part = self.part
        assert part is not None
        takes_s = self.times.work_s(part.product, now)
        if self._work_needs:
            self._begin(WORK, takes_s, self._work_needs, now)
            return
        self.phase = WORK
        self._needs = self._work_needs
        self._left_s = self._whole_s = takes_s
        if self.stops.none:  # nothing to watch for on the way
            if part.started_s is None:
                self._started(part, now)
            self._began_s, self._takes_s, self._speed = now, takes_s, 1.0
            self._tick = self.clock.at(now + takes_s, ENDS + self.order, self._stretch_ends)
        else:
            self._stretch(now)

    def _begin(self, phase: int, takes_s: float, needs: dict[str, int], now: float) -> None:
        """Begin a phase: people first, if it needs any."""
        self.phase = phase
        self._needs = needs
        self._left_s = self._whole_s = takes_s
        self.line.touched[self] = None
        self.carry_on(now)

    def may_run(self) -> bool:
        """Return whether nothing holds up the phase under way."""
        return not ((self.off and not self.overtime) or self.downtime.stop or self.renewal.installing)

    def carry_on(self, now: float) -> None:
        """Begin or go on with the phase under way, once its people are there."""
        if self._tick is not None or self.phase in (EMPTY, KEEP) or not self.may_run():
            return
        if self.phase == PLACED:
            self._load(now)
        elif self.phase == KEPT:
            self._work(now)
        elif self._needs and self._request is None:
            self._request = self.board.ask(now, self._needs, 0.0, self._crew_came, self)
        elif not self._awaits():
            self._stretch(now)

    def _crew_came(self, now: float) -> None:
        self.line.touched[self] = None
        self._stretch(now)

    def _awaits(self) -> bool:
        """Return whether the phase waits for people."""
        return bool(self._needs) and (self._request is None or self._request.grant is not None)

    def _let_people_go(self, now: float) -> None:
        """Nobody stays on a phase that is held up or over; they are asked for again."""
        request, self._request = self._request, None
        if request is not None:
            self.board.release(now, request)

    # stretches of work, between pauses

    def _stretch(self, now: float) -> None:
        """Go on until the phase is over, or a stop by the operating clock comes first."""
        working = self.phase == WORK or self.phase == AWAY
        if working:
            part = self.part
            if part is not None and part.started_s is None:
                self._started(part, now)
            self._speed = self._share_of_heads() if self.stops.heads else 1.0
        else:
            self._speed = 1.0
        self._began_s = now
        self._takes_s = takes_s = self._left_s / self._speed if self._speed > 0 else NEVER
        if takes_s < NEVER:
            self._tick = self.clock.at(now + takes_s, ENDS + self.order, self._stretch_ends)
        else:
            self._tick = NO_TICK  # the end never comes; the stretch is under way
        if working and not self.stops.none:
            due = self.stops.due_s - self.operated_s
            if due <= takes_s and due < NEVER:
                self._due = self.clock.at(now + max(0.0, due), STOPS + self.order, self._operating_due)

    def _started(self, part: Part, now: float) -> None:
        """Work on a part begins."""
        part.started_s = now
        if part.fresh:  # has it waited outside?
            part.fresh = False
            self.station.waits.add((now - part.born_s) / H)
        else:
            self.station.waits.add((now - part.entered_s) / H)

    def _share_of_heads(self) -> float:
        down = sum(h.down for h in self.stops.heads)
        return (self.rig.heads - down) / self.rig.heads if down else 1.0

    def pause(self, now: float) -> None:
        """Stop the stretch under way and keep what is left of it."""
        if self._tick is None:
            return
        elapsed = now - self._began_s
        self._left_s = max(0.0, self._left_s - elapsed * self._speed)
        if self.phase == WORK or self.phase == AWAY:
            self.operated_s += elapsed
        self._tick = self._due = None

    def hold_up(self, now: float) -> None:
        """Pause, and let the people go."""
        self.pause(now)
        self._let_people_go(now)
        if self.sleep:
            self.sleep.broken_off()
        self.line.touched[self] = None

    def restart_work(self) -> None:
        """Have the same work done again from its beginning."""
        self._left_s = self._whole_s

    def _operating_due(self, tick: Tick) -> None:
        if tick != self._due:
            return
        now = self.clock.now
        self._due = None
        due_s = self.stops.due_s
        if self._tick is None:  # fell due at the very end of a part
            self.stops.fall_due(max(self.operated_s, due_s), now)
            return
        self.pause(now)
        self.operated_s = max(self.operated_s, due_s)  # free of rounding: the clock is exactly there
        self.stops.fall_due(due_s, now)
        self.line.touched[self] = None
        self.carry_on(now)

    def _stretch_ends(self, tick: Tick) -> None:
        if tick != self._tick:
            return
        now = self.clock.now
        self._tick = None
        self.line.touched[self] = None
        if self._request is not None:
            self._let_people_go(now)
        if self.phase == WORK or self.phase == AWAY:
            self.operated_s += self._takes_s
            if self._due is not None and self.stops.due_s > self.operated_s:
                self._due = None
            self._finish(now)
        elif self.phase == LOAD:
            self._set_up(now)
        elif self.phase == SET_UP:
            assert self.part is not None
            self.part.setup_ended_s = now
            self._keep(now)
        else:
            self._over(now)

    # handing over

    def _finish(self, now: float) -> None:
        """The work is done."""
        part = self.part
        assert part is not None
        part.finished_s = now
        planned_s = self.times.planned_of_all_s
        self.planned_s += self.times.planned_s[part.product] if planned_s is None else planned_s
        if self._unloads:
            self._begin(UNLOAD, self.times.unload(), self.rig.needs.get("unload", {}), now)
        else:
            self._over(now)

    def _over(self, now: float) -> None:
        """The last phase is over: what was made goes on."""
        part, self.part = self.part, None
        self.phase = EMPTY
        assert part is not None
        self.outlet.pass_on(part, now)
        if self.stops.none:
            self.free_again(now)
        else:
            self._units_done(1, now)

    def _units_done(self, units: int, now: float) -> None:
        """What waited for the end of a part comes now: maintenance, renewal, the next part."""
        if self.stops.at_the_end:
            self.stops.units_done(units, self.operated_s, now)
        if self.downtime.due:
            self.downtime.next(now)
        self.free_again(now)

    def place_is_kept(self, now: float) -> None:
        """Blocking before service: there is a place behind, work may begin."""
        self.line.touched[self] = None
        if self.may_run():
            self._work(now)
        else:
            self.phase = KEPT

    def waits_before_service(self) -> bool:
        """Return whether a part waits for a place to be kept before work begins."""
        return self.phase == KEEP

    def free_again(self, now: float) -> None:
        """Stand ready, or leave for a renewal that waited for the part."""
        if self.overtime and self.phase == EMPTY:
            self.overtime = False
        if self.renewal.pending and self.is_empty():
            self.renewal.leave(now)
        if self.sleep and self.sleep.asleep:
            self.line.stir(self.station.index)
        if not self.out:
            self.offer()

    def is_empty(self) -> bool:
        """Return whether nothing is on the machine."""
        return self.phase == EMPTY and not self.out

    def under_way(self) -> bool:
        """Return whether anything goes on by itself: work, setup, waiting for people, a start-up."""
        starting = self.sleep is not None and self.sleep.starting
        return starting or self.phase not in (EMPTY, KEEP)

    def is_active(self) -> bool:
        """Return whether a part is in progress."""
        return self.phase != EMPTY

    def may_begin_later(self) -> bool:
        """Return whether a part that waits for this ready machine will be taken when time has passed."""
        return self._chooses and self.shift is not None and self.is_empty() and self.station.has_part()

    def would_begin(self, now: float) -> bool:
        """Return whether the rules of its shift would let it take the next part, were it ready."""
        return self.may_start(now)

    def is_working(self) -> bool:
        """Return whether a part is in work (not in setup, loading or unloading)."""
        return self.phase == WORK

    def scrap_in_work(self, now: float) -> None:
        """A failure spoils what is in work."""
        part, self.part = self.part, None
        self.phase = EMPTY
        assert part is not None
        self.outlet.scrap(part, now)

    def after_stop(self, now: float) -> None:
        """A stop is over: go on."""
        self.carry_on(now)
        self.free_again(now)

    # shifts

    def shift_ends(self, now: float) -> None:
        """Pause until the next shift, or finish the part in progress."""
        self.off = True
        self.withdraw()
        self.turn = self._request.turn if self._request is not None else NEVER
        if self.rig.shift_end == "finish" and self._is_begun():
            self.overtime = True
        else:
            self.hold_up(now)

    def _is_begun(self) -> bool:
        """Return whether something was begun with the part: one that waits for people or a place was not."""
        return self._tick is not None or (self.part is not None and self.part.started_s is not None)

    def shift_begins(self, now: float) -> None:
        """Go on where the last shift stopped."""
        self.off = self.overtime = False
        self.line.touched[self] = None
        self.carry_on(now)
        self.free_again(now)

    # what is seen

    def parts(self) -> list[Part]:
        """Return the parts on the machine, in work or finished."""
        return [*([self.part] if self.part is not None else []), *(part for part, _ in self.out)]

    def state(self) -> int:
        """Return the state the machine is in, by what holds it up most."""
        if self.off:
            if self.overtime and self.downtime.stop is None and not self._awaits():
                return OVERTIME
            return HOLDING if self.rig.hold_off_shift else OFF_SHIFT
        if self.renewal.installing:
            return INSTALLING
        if self.downtime.stop is not None:
            return self.downtime.stop.cause.state
        if self.out:
            return BLOCKED
        if self.phase == WORK and not self._needs:
            return PROCESSING
        if self.phase == EMPTY:
            return self.sleep.state() if self.sleep else STARVED
        if self.phase == KEEP:
            return BLOCKED
        if self._awaits():
            return WAITING_CREW
        return PROCESSING if self.phase in (WORK, AWAY) else SETUP

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.stays.reset(now)
        if self.sleep is not None:
            self.sleep.starts = 0
        self.units = self.bad = self.scrapped = self.reworked = self.repeats = self.first_flawed = 0
        self.planned_s = 0.0
