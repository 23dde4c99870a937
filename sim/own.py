"""A station of the user's own: a SimPy process in a file of theirs (docs/own_station.md).

A plant file names it as ``kind: polish.py:Polisher``; the file holds a class with a method ``work``::

    from sim.own import OwnMachine

    class Polisher(OwnMachine):
        def work(self):
            while True:
                part = yield self.take()
                yield self.spend(self.setup_s(part), "setup")
                yield self.spend(self.cycle_s(part))
                yield self.give(part)

Times are seconds. Buffers, routes, scrap, people, stops, shifts, energy by state are the line's, as for any other
station; the process decides what happens to a part that it has taken, and when.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Generator
from functools import cache
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Any

import simpy
from pydantic import TypeAdapter

from models.distribution import Dist
from models.equipment import STATES
from models.errors import DataError, Problem
from sim.account import STATE
from sim.program import MachineProgram, Rig
from sim.simpy_engine.clock import OWN
from sim.simpy_engine.machine import (
    BLOCKED,
    EMPTY,
    HOLDING,
    INSTALLING,
    OFF_SHIFT,
    OVERTIME,
    PROCESSING,
    SETUP,
    STARVED,
    UNLOAD,
    WAITING_CREW,
    WORK,
    Machine,
)
from sim.simpy_engine.part import Part
from sim.simpy_engine.station import Station
from sim.streams import Draws

_AS_WRITTEN: TypeAdapter[Any] = TypeAdapter(Dist)
NOT_SAID = ("failed", "maintenance", "installing", "holding", "off", "off_shift", "overtime")
"""States that come from outside: a process does not say them."""


class OwnMachine(Machine):
    """One machine of a station of the user's own; write :meth:`work`."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        super().__init__(station, number, program)
        self.env: simpy.Environment = self.clock
        self.parameters: dict[str, Any] = station.parameters
        self._state = STARVED
        self._wish: simpy.Event | None = None
        self._spending: simpy.Event | None = None
        self._giving: dict[Part, simpy.Event] = {}
        self._held: list[Part] = []
        self._spoilt: list[Part] = []  # by a failure, while the process still has them in hand
        self._own_draws: dict[str, Draws] = {}

    # what the user writes, and may call

    def work(self) -> Generator[simpy.Event, Any, None]:
        """Yield SimPy events for ever: take parts, work on them, give them on."""
        raise TypeError(f"{type(self).__name__} has no method 'work'")  # load_kind tells it first

    def take(self) -> simpy.Event:
        """Return an event that brings the next part of the buffer.

        None comes outside shifts, during a stop, or while a part given before waits for its place.
        """
        if self._wish is not None:
            raise RuntimeError("take() again before the first one has brought its part")
        self._wish = self.env.event()
        if not self._held:
            self._state = STARVED
        self._spoilt.clear()
        self.touch()
        self.offer()
        return self._wish

    def spend(self, seconds: float, state: str = "processing", people: dict[str, int] | None = None) -> simpy.Event:
        """Return an event that comes after so many seconds in which the machine could run.

        They stand still outside shifts (unless ``shift_end: finish``), while the machine is down, and until people
        are there. ``yield`` gives True; False if a failure has scrapped the parts in the machine.

        Args:
            seconds: At least 0.
            state: What the machine does meanwhile; only ``processing`` moves the operating clocks.
            people: Crews and how many; default: those whom the plant file names under ``crew`` for this state.
        """
        if self._spending is not None:
            raise RuntimeError("spend() again before the first one is over")
        if not seconds >= 0:
            raise ValueError(f"spend({seconds!r}): a time is at least 0")
        spoilt = bool(self._spoilt) and not self._held
        if spoilt or (seconds == 0 and state != "processing"):
            return self.env.timeout(0, not spoilt)
        now = self.clock.now
        self._say(state)
        if state == "setup":
            for part in self._held:
                part.setup_began_s = now if part.setup_began_s is None else part.setup_began_s
        event = self._spending = self.env.event()
        needs = self.rig.needs.get(state, {}) if people is None else people
        self._begin(WORK if state == "processing" else UNLOAD, seconds, needs, now)
        return event

    def give(self, part: Part) -> simpy.Event:
        """Return an event that comes when the part has left, for where the file's scrap, inspection and route send it.

        Work may go on meanwhile. A part that a failure has scrapped has left already.
        """
        return self._let_go(part, scrap=False)

    def scrap(self, part: Part) -> simpy.Event:
        """Return an event that comes when the part has left as scrap."""
        return self._let_go(part, scrap=True)

    def say(self, state: str) -> None:
        """Put the machine in a state of the results while the process waits for events of its own."""
        self._say(state)
        if state == "processing":
            self._starts(self.clock.now)

    def cycle_s(self, part: Part) -> float:
        """Return a draw of the station's ``cycle_time_s`` for a part, with ageing and ramp-up."""
        return self.times.work_s(part.product, self.clock.now)

    def setup_s(self, part: Part) -> float:
        """Return a draw of the station's ``setup_time_s`` if the part is of another product than the last; else 0."""
        takes_s = self.times.setup_s(self.setup_for, part.product)
        self.setup_for = part.product
        return takes_s

    def draw(self, dist: object, cause: str) -> float:
        """Return a draw of a distribution, as written in a plant file, from a stream of this machine and cause."""
        if cause not in self._own_draws:
            self._own_draws[cause] = self._open(_AS_WRITTEN.validate_python(dist), f"own {cause}")
        return self._own_draws[cause].draw()

    # the process

    def begin(self, initial_state: int | None) -> None:
        """Set the process going."""
        if initial_state is not None and self.sleep is not None:
            self.sleep.go_down(initial_state)
        self.touch()
        self.env.process(self._life())

    def _life(self) -> Generator[simpy.Event, Any, None]:
        code = type(self).work.__code__
        problem = "method 'work' without 'yield'"
        if isgeneratorfunction(type(self).work):
            yield from self.work()
            problem = "method 'work' is over"
        where = f"{code.co_filename}:{code.co_firstlineno}"
        raise DataError([Problem(where, problem, "a process that yields events for ever: while True")])

    def _say(self, state: str) -> None:
        if state not in STATES or state in NOT_SAID:
            raise ValueError(f"state {state!r}; one of {', '.join(s for s in STATES if s not in NOT_SAID)}")
        self._state = STATE[state]
        self.touch()

    def _let_go(self, part: Part, scrap: bool) -> simpy.Event:
        if part in self._spoilt:
            self._spoilt.remove(part)
            return self.env.timeout(0)
        if part not in self._held:
            raise ValueError(f"part {part.number} is not in this machine")
        now = self.clock.now
        self._starts(now)
        self._drop(part)
        self.touch()
        event = self._giving[part] = self.env.event()
        if scrap:
            self.outlet.scrap(part, now)
        else:
            part.finished_s = now
            self.planned_s += self.times.planned_s.get(part.product, self.times.planned_of_all_s or 0.0)
            self.outlet.pass_on(part, now)
        self._units_done(1, now)
        return event

    def _drop(self, part: Part) -> None:
        self._held.remove(part)
        self.part = self._held[0] if self._held else None
        if not self._held:
            self._state = STARVED

    def _starts(self, now: float) -> None:
        """Work on the parts in the machine begins, if it has not yet."""
        for part in self._held:
            if part.started_s is None:
                self._started(part, now)

    def _spent(self, done: bool) -> None:
        """The time asked for is over, or the parts are spoilt."""
        event, self._spending = self._spending, None
        self.phase, self._needs = EMPTY, {}
        if self._state == SETUP:
            for part in self._held:
                part.setup_ended_s = self.clock.now
        assert event is not None
        event.succeed(done)

    # how it fits into the line

    def _blocks_before_service(self) -> bool:
        return False

    def is_free(self) -> bool:
        """Return whether the process asks for a part and may have one."""
        held_up = self.off or self.downtime.refuses or self.renewal.pending or self.renewal.installing
        return not (self._wish is None or self.out or held_up or (self.sleep and self.sleep.asleep))

    def load(self, now: float) -> bool:
        """Bring the process its next part."""
        if not self.may_start(now):
            return True
        part = self.station.next_part(now)
        if part is None:
            return False
        del self.station.ready[self]
        self.touch()
        part.started_s = part.finished_s = part.setup_began_s = part.setup_ended_s = part.batch = None
        self._held.append(part)
        self.part = self._held[0]
        wish, self._wish = self._wish, None
        assert wish is not None
        wish.succeed(part)
        return True

    def _stretch(self, now: float) -> None:
        if self.phase == WORK:
            self._starts(now)
        super()._stretch(now)

    def _finish(self, now: float) -> None:
        self._spent(done=True)
        self._after_spending(now)

    def _over(self, now: float) -> None:
        self._spent(done=True)
        self._after_spending(now)

    def _after_spending(self, now: float) -> None:
        if not self._held:  # nothing was in the machine: what waits for its end comes now
            self.downtime.next(now)
            self.free_again(now)

    def scrap_in_work(self, now: float) -> None:
        """A failure spoils what is in the machine."""
        spoilt, self._held = self._held, []
        self.part = None
        self._spoilt += spoilt
        self._spent(done=False)
        for part in spoilt:
            self.outlet.scrap(part, now)

    def free_again(self, now: float) -> None:
        """Tell the process which of its parts have left, and stand ready if it asks for one."""
        waiting = [part for part, _ in self.out]
        for part in [p for p in self._giving if p not in waiting]:
            self._giving.pop(part).succeed()
        if not self._held:
            self.overtime = False
        if self.renewal.pending and self.is_empty():
            self.renewal.leave(now)
        if self.sleep and self.sleep.asleep:
            self.line.stir(self.station.index)
        self.offer()

    def commission(self, rig: Rig, now: float) -> None:
        """The process goes on with new equipment."""
        super().commission(rig, now)
        self.carry_on(now)

    def is_active(self) -> bool:
        """Return whether anything is in the machine, or under way."""
        return bool(self._held) or self._spending is not None

    def is_empty(self) -> bool:
        """Return whether nothing is in the machine, or under way."""
        return not (self.out or self.is_active())

    def under_way(self) -> bool:
        """Return whether anything may still happen without new parts; a process may always."""
        return True

    def parts(self) -> list[Part]:
        """Return the parts that the process holds, and those that wait for a place."""
        return [*self._held, *(part for part, _ in self.out)]

    def state(self) -> int:
        """Return the state the machine is in: by what holds it up most, else what the process has said."""
        if self.off:
            if self.overtime and self.downtime.stop is None and not self._awaits():
                return OVERTIME
            return HOLDING if self.rig.hold_off_shift else OFF_SHIFT
        if self.renewal.installing:
            return INSTALLING
        if self.downtime.stop is not None:
            return self.downtime.stop.cause.state
        if self._spending is not None:
            return WAITING_CREW if self._awaits() else self._state
        if self.out:
            return BLOCKED
        if self._state != STARVED:
            return self._state
        if self._held and self._wish is None:
            return PROCESSING  # it has a part in hand and says nothing
        return self.sleep.state() if self.sleep else STARVED


def load_kind(kind: str) -> type[OwnMachine]:
    """Return the class that ``file.py:Name`` names.

    Raises:
        DataError: No such file or class, or the file fails.
    """
    path, _, name = kind.rpartition(":")
    where = f"kind {kind!r}"
    file = Path(path)
    if not file.is_file():
        raise DataError([Problem(where, f"no file {path}", "a Python file, relative to the plant file")])
    found = _classes(file, file.stat().st_mtime_ns).get(name)
    if not (isinstance(found, type) and issubclass(found, OwnMachine)):
        raise DataError([Problem(where, f"no class {name!r} made from sim.own.OwnMachine", "see docs/own_station.md")])
    if found.work is OwnMachine.work:
        raise DataError([Problem(where, f"{name!r} has no method 'work'", "see docs/own_station.md")])
    return found


@cache
def _classes(file: Path, _changed_ns: int) -> dict[str, Any]:
    """Return what a file defines; read once, and again when it has changed."""
    name = OWN + file.stem + "_" + hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DataError([Problem(str(file), f"{type(error).__name__}: {error}", "a Python file that runs")]) from error
    return vars(module)
