"""A machine's life: it takes a part, sets up, works, hands over; it pauses, is renewed, ages.

This is the plain kind, one part at a time; :mod:`batch` and :mod:`furnace` change what it holds.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from models.distribution import mean
from sim.account import STATE, Stays
from sim.ageing import aged, learning
from sim.program import SCRAP_AT, SHARED, D, MachineProgram, Rig, Swap
from sim.simpy_engine.clock import ENDS, STOPS, Tick
from sim.simpy_engine.people import Crew, Request
from sim.simpy_engine.station import Part, Station
from sim.simpy_engine.stops import NEVER, Stop, Stops

if TYPE_CHECKING:
    from sim.streams import Draws

PROCESSING, SETUP, BLOCKED, STARVED = (STATE[s] for s in ("processing", "setup", "blocked", "starved"))
HOURS_PER_Y = 8760
WAITING_CREW, INSTALLING = STATE["waiting_crew"], STATE["installing"]
HOLDING, HEAT_UP, OFF_SHIFT = STATE["holding"], STATE["heat_up"], STATE["off_shift"]


class Machine:
    """One machine of a running line."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        self.station: Station = station
        self.clock = station.line.clock
        self.order = station.line.rank + station.index * 4096 + number + 1
        self.name: str = program.name
        self.rig: Rig = program.rig
        self.stays = Stays(STARVED, station.line.meter)
        self.out: deque[tuple[Part, int]] = deque()  # finished, waits for a place: part and target
        self.part: Part | None = None
        self.setup_for: str | None = None
        self.operated_s = 0.0
        self.units = self.scrapped = 0
        self.planned_s = 0.0
        self.off = self.installing = False
        self.down: Stop | None = None
        self._stops_due: deque[Stop] = deque()
        self._setting_up = False
        self._request: Request | None = None
        self._awaits_crew = False
        self._tick: Tick | None = None  # the end of the stretch of work under way
        self._due: Tick | None = None  # the failure that comes first
        self._left_s = self._whole_s = 0.0  # work left at full speed; all of it
        self._began_s = self._takes_s = 0.0
        self._speed = 1.0
        self._swap: Swap | None = None
        self._age_at_start_y = program.age_y
        self._age_y = self._in_service_y = program.age_y + program.years_since
        self._commissioned_s: float | None = None
        self._made_since = 0
        self._cycle: dict[str, Draws] = {}
        self._setup: dict[tuple[str, str], Draws] = {}
        self._bad = station.line.run.streams.uniform(station.place, "scrap", self.name)
        self._fit_out(0.0)

    # equipment

    def _fit_out(self, now: float) -> None:
        """Put the rig in force: clocks, draws, rates."""
        streams, station, rig = self.station.line.run.streams, self.station, self.rig
        self.ages = aged(rig.ageing, self._age_at_start_y, self._age_y)
        self._cycle = {
            product: streams.open(dist, station.place, f"cycle {product}".strip(), self.name)
            for product, dist in rig.cycle_s.items()
        }
        setups = rig.setup_s if isinstance(rig.setup_s, dict) else {("", ""): rig.setup_s}
        self._setup = {
            (a, b): streams.open(dist, station.place, f"setup {a} > {b}" if a or b else "setup", self.name)
            for (a, b), dist in setups.items()
        }
        self._planned_s = {p: mean(dist) * rig.cycle_factor for p, dist in rig.cycle_s.items()}
        self.stops = Stops(self, now)
        self.stays.rerate(rig.rates_per_h, self.ages.energy, now)
        self.stays.cost_cny_per_h = rig.running_cost_cny_per_y / HOURS_PER_Y

    def grow_older(self, now: float, years: int) -> None:
        """A full year of the run is over."""
        if self._commissioned_s is None:
            self._age_y = self._in_service_y + years
        else:
            self._age_y = int((now - self._commissioned_s) // (365 * D))
        if self.rig.ageing is not None:
            self.ages = aged(self.rig.ageing, self._age_at_start_y, self._age_y)
            self.stays.rerate(self.rig.rates_per_h, self.ages.energy, now)

    # taking a part

    def is_free(self) -> bool:
        """Return whether the machine may take a part."""
        return not (self.part or self.out or self.off or self.down or self._stops_due or self._swap or self.installing)

    def takes_at_once(self) -> bool:
        """Return whether a part that arrives now would be taken at this instant."""
        return True

    def offer(self) -> None:
        """Stand ready if free."""
        if self not in self.station.ready and self.is_free():
            self.station.ready[self] = None
            self.station.line.stir(self.station.index)

    def load(self, now: float) -> bool:
        """Take the next part and begin; return whether the next machine may try too."""
        part = self.station.next_part(now)
        if part is None:
            return False
        del self.station.ready[self]
        self.station.line.touched[self] = None
        self._take(part, now)
        return True

    def _take(self, part: Part, now: float) -> None:
        """Begin with a part: set up if the product changes, else work."""
        self.part = part
        part.setup_began_s = part.setup_ended_s = None
        if self.setup_for not in (None, part.product):
            self._begin_setup(part.product, now)
        else:
            self.setup_for = part.product
            self._begin_work(now)

    def _begin_setup(self, product: str, now: float) -> None:
        assert self.setup_for is not None
        draws = self._setup.get((self.setup_for, product)) or self._setup.get(("", ""))
        self._left_s = self._whole_s = draws.draw() if draws else 0.0
        self.setup_for = product
        if self._left_s == 0.0:
            self._begin_work(now)
            return
        assert self.part is not None
        self.part.setup_began_s = now
        self._setting_up = True
        self._ask_setup_crew(now)

    def _ask_setup_crew(self, now: float) -> None:
        crew = self.crew(self.rig.setup_crew)
        if crew is None:
            self.carry_on(now)
        else:
            self._awaits_crew = True
            self._request = crew.ask(now, 0.0, self._crew_came)

    def _crew_came(self, now: float) -> None:
        self._awaits_crew = False
        self.station.line.touched[self] = None
        self.carry_on(now)

    def _begin_work(self, now: float) -> None:
        part = self.part
        assert part is not None
        self._setting_up = False
        self.station.started(part, now)
        self._left_s = self._whole_s = self._work_s(part.product, now)
        self._stretch(now)

    def _work_s(self, product: str, now: float) -> float:
        """Return the time of one cycle as things stand: product, age, ramp-up."""
        draws = self._cycle.get(product) or self._cycle[SHARED]
        work_s = draws.draw() * self.rig.cycle_factor * self.ages.cycle_time
        return work_s if self.rig.ramp_up is None else work_s * self._ramp_up(now)

    def _ramp_up(self, now: float) -> float:
        ramp = self.rig.ramp_up
        if ramp is None or self._commissioned_s is None:
            return 1.0
        self._made_since += 1
        return learning(ramp, self._made_since, (now - self._commissioned_s) / D)

    # stretches of work, between pauses

    def _may_run(self) -> bool:
        return not (self.off or self.down or self.installing or self._awaits_crew)

    def _is_active(self) -> bool:
        """Return whether there is work to go on with."""
        return self.part is not None

    def carry_on(self, now: float) -> None:
        """Begin or resume the stretch of work or setup."""
        if self._tick is None and self._is_active() and self._may_run():
            self._stretch(now)

    def _stretch(self, now: float) -> None:
        """Work on until the work is done, or a failure comes first."""
        self._began_s = now
        self._speed = self._share_of_heads() if self.stops.heads and not self._setting_up else 1.0
        self._takes_s = self._left_s / self._speed if self._speed > 0 else NEVER
        if self._takes_s < NEVER:
            self._tick = self.clock.at(now + self._takes_s, ENDS + self.order, self._stretch_ends)
        else:
            self._tick = Tick(self._stretch_ends)  # never comes; marks the stretch as under way
        if not (self._setting_up or self.stops.none):
            due = self.stops.next_due_s() - self.operated_s
            if due <= self._takes_s and due < NEVER:
                self._due = self.clock.at(now + max(0.0, due), STOPS + self.order, self._failure_due)

    def _share_of_heads(self) -> float:
        down = sum(h.down for h in self.stops.heads)
        return (self.rig.heads - down) / self.rig.heads if down else 1.0

    def pause(self, now: float) -> None:
        """Stop the stretch under way and keep what is left of it."""
        if self._tick is None:
            return
        elapsed = now - self._began_s
        self._left_s = max(0.0, self._left_s - elapsed * self._speed)
        if not self._setting_up:
            self.operated_s += elapsed
        self._tick = self._due = None

    def _failure_due(self, tick: Tick) -> None:
        if tick is not self._due:
            return
        now = self.clock.now
        self._due = None
        due_s = self.stops.next_due_s()
        if self._tick is None:  # fell due at the very end of a part
            self.stops.fall_due(max(self.operated_s, due_s), now)
            return
        self.pause(now)
        self.operated_s = max(self.operated_s, due_s)  # free of rounding: the clock is exactly there
        self.stops.fall_due(due_s, now)
        self.station.line.touched[self] = None
        self.carry_on(now)

    def _stretch_ends(self, tick: Tick) -> None:
        if tick is not self._tick:
            return
        now = self.clock.now
        self._tick = None
        self.station.line.touched[self] = None
        if self._setting_up:
            assert self.part is not None
            self.part.setup_ended_s = now
            self._release_setup(now)
            self._begin_work(now)
            return
        self.operated_s += self._takes_s
        if self._due is not None and self.stops.next_due_s() > self.operated_s:
            self._due = None
        self._finish(now)

    def _release_setup(self, now: float) -> None:
        if self._request is not None:
            self.release(self.rig.setup_crew, self._request, now)
            self._request = None
        self._awaits_crew = False

    # handing over

    def _finish(self, now: float) -> None:
        """The work is done: what was made goes on."""
        part, self.part = self.part, None
        assert part is not None
        self.planned_s += self._planned_s.get(part.product, self._planned_s.get(SHARED, 0.0))
        self._pass_on(part, now)
        self._units_done(1, now)

    def _units_done(self, units: int, now: float) -> None:
        """What waited for the end of a part comes now: maintenance, renewal, the next part."""
        if not self.stops.none:
            self.stops.units_done(units, self.operated_s, now)
            self._next_stop(now)
        self._free_again(now)

    def _pass_on(self, part: Part, now: float) -> None:
        """Count a finished part, find its way, and let it go if there is a place."""
        self.units += 1
        part.finished_s = now
        scrap = self.rig.scrap
        if scrap and self._bad.draw() < scrap * self.ages.scrap:
            self.scrapped += 1
            target = SCRAP_AT
        else:
            target = self.station.onward(part)
            if self.rig.per_good_unit:
                for carrier, amount in self.rig.per_good_unit.items():
                    self.stays.used(carrier, amount, now)
        self.out.append((part, target))
        if len(self.out) == 1:
            self._hand_over(now)

    def _hand_over(self, now: float) -> None:
        """Send finished parts on until one must wait."""
        while self.out:
            part, target = self.out[0]
            entered_s = part.entered_s  # before the next station overwrites it
            if not self.station.send(part, target, self, now):
                return
            self._gone(part, target, entered_s, now)

    def _gone(self, part: Part, target: int, entered_s: float, now: float) -> None:
        self.out.popleft()
        self.station.number.left(entered_s, now)
        trace = self.station.line.run.trace
        if trace is not None:
            trace.visit(self, part, target, entered_s, now)

    def may_give(self) -> bool:
        """A failed machine keeps its blocked part."""
        return self.down is None

    def give(self, now: float) -> Part:
        """Hand the part that waited to who has a place now; :meth:`gave` must follow."""
        part, target = self.out[0]
        self._gone(part, target, part.entered_s, now)
        return part

    def gave(self, now: float) -> None:
        """The part has arrived: send the next one, or be free."""
        self.station.line.touched[self] = None
        self._hand_over(now)
        self._free_again(now)

    def _free_again(self, now: float) -> None:
        """Stand ready, or leave for a renewal that waited for the part."""
        if self._swap is not None and self._is_empty():
            self._take_out(now)
        self.offer()

    def _is_empty(self) -> bool:
        return self.part is None and not self.out

    # stops

    def crew(self, name: str | None) -> Crew | None:
        """Return a crew by name."""
        return None if name is None else self.station.line.run.crews[name]

    def release(self, name: str | None, request: Request, now: float) -> None:
        """Give a person back, or withdraw the request."""
        crew = self.crew(name)
        assert crew is not None
        crew.release(now, request)

    def stop(self, stop: Stop) -> None:
        """A stop falls due; it follows one under way, and maintenance waits for the part in progress."""
        if self.installing:
            return
        self._stops_due.append(stop)
        self._next_stop(self.clock.now)

    def _next_stop(self, now: float) -> None:
        if self.down is not None or not self._stops_due:
            return
        stop = self._stops_due[0]
        if not stop.cause.failure and self._is_active():
            later = [s for s in self._stops_due if s.cause.failure]
            if not later:
                return  # looked at again when the part is finished
            stop = later[0]
        self._stops_due.remove(stop)
        self._begin_stop(stop, now)

    def _begin_stop(self, stop: Stop, now: float) -> None:
        self.pause(now)
        self.down = stop
        self.station.ready.pop(self, None)
        self.station.line.touched[self] = None
        self._release_setup(now)  # who sets up must not be kept from the repair; asked for again afterwards
        if stop.cause.failure:
            self._part_in_failure(stop, now)
        crew = self.crew(stop.cause.rule.crew)
        if crew is None:
            self._attend(stop, now)
        else:
            stop.request = crew.ask(now, stop.cause.rule.priority, lambda at: self._attend(stop, at))

    def _part_in_failure(self, stop: Stop, now: float) -> None:
        fate = getattr(stop.cause.rule, "part", "resume")
        if self.part is None or fate == "resume" or self._setting_up:
            return
        if fate == "restart":
            self._left_s = self._whole_s
            return
        self._scrap_in_work(now)

    def _scrap_in_work(self, now: float) -> None:
        part, self.part = self.part, None
        assert part is not None
        self._scrap(part, now)

    def _scrap(self, part: Part, now: float) -> None:
        self.units += 1
        self.scrapped += 1
        part.finished_s = now
        self.out.append((part, SCRAP_AT))
        if len(self.out) == 1:
            self._hand_over(now)

    def _attend(self, stop: Stop, now: float) -> None:
        if self.down is not stop:
            return
        stop.began_s = now
        stop.cause.waits.add((now - stop.due_s) / 3600.0)
        ends = now + stop.cause.length_s()
        stop.tick = self.clock.at(ends, ENDS + self.order, self._stop_ends)

    def _stop_ends(self, tick: Tick) -> None:
        stop = self.down
        if stop is None or tick is not stop.tick:
            return
        now = self.clock.now
        self.down = None
        self.station.line.touched[self] = None
        stop.cause.lengths.add((now - stop.began_s) / 3600.0)
        if stop.request is not None:
            self.release(stop.cause.rule.crew, stop.request, now)
        self.stops.done(stop.cause, now)
        if self.out:
            self.station.line.stir_target(self.out[0][1])
        self._next_stop(now)
        if self.down is None:
            self._after_stop(now)

    def _after_stop(self, now: float) -> None:
        if self._setting_up:
            self._ask_setup_crew(now)
        else:
            self.carry_on(now)
        self._free_again(now)

    # shifts

    def shift_ends(self, now: float) -> None:
        """Pause until the next shift."""
        self.pause(now)
        self.off = True
        self.station.ready.pop(self, None)
        self.station.line.touched[self] = None

    def shift_begins(self, now: float) -> None:
        """Go on where the last shift stopped."""
        self.off = False
        self.station.line.touched[self] = None
        self.carry_on(now)
        self.offer()

    # renewal

    def renew(self, swap: Swap, now: float) -> None:
        """The planned moment: take no more parts, leave when empty."""
        self._swap = swap
        self.station.ready.pop(self, None)
        if self._is_empty() and not self.installing:
            self._take_out(now)
        else:
            self.offer()  # a furnace between two strokes goes on until it is empty

    def _take_out(self, now: float) -> None:
        """The old machine goes; installation begins."""
        swap = self._swap
        assert swap is not None
        self._swap = None
        self.installing = True
        self.station.ready.pop(self, None)
        self.station.line.touched[self] = None
        self.stops.silence()
        if self.down is not None and self.down.request is not None:
            self.release(self.down.cause.rule.crew, self.down.request, now)
        self.down = None
        self._stops_due.clear()
        self._due = None
        self.station.retired += self.stops.causes
        order = ENDS + self.order
        self.clock.at(now + swap.install_s, order, lambda _: self._commission(swap.rig))

    def _commission(self, rig: Rig) -> None:
        """The new equipment starts: its clocks at zero, its ramp-up before it."""
        now = self.clock.now
        self.installing = False
        self.rig = rig
        self.operated_s = 0.0
        self.setup_for = None
        self._age_at_start_y = self._age_y = 0
        self._commissioned_s, self._made_since = now, 0
        self.station.line.touched[self] = None
        self._fit_out(now)
        self._free_again(now)  # leaves again at once if the next renewal came due meanwhile

    # what is seen

    def parts(self) -> list[Part]:
        """Return the parts on the machine, in work or finished."""
        return [*([self.part] if self.part is not None else []), *(part for part, _ in self.out)]

    def state(self) -> int:
        """Return the state the machine is in, by what holds it up most."""
        if self.off:
            return HOLDING if self.rig.hold_off_shift else OFF_SHIFT
        if self.installing:
            return INSTALLING
        if self.down is not None:
            return self.down.cause.state
        if self.out:
            return BLOCKED
        if self.part is None:
            return STARVED
        if self._awaits_crew:
            return WAITING_CREW
        return SETUP if self._setting_up else PROCESSING

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.stays.reset(now)
        self.units = self.scrapped = 0
        self.planned_s = 0.0
