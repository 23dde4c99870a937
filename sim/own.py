"""A station of the user's own: a SimPy process in a file of theirs.

A plant file names it as ``kind: polish.py:Polisher``; the file holds a class with a method ``work``::

    from sim.own import OwnMachine

    class Polisher(OwnMachine):
        def work(self):
            while True:
                part = yield self.take()
                self.say("setup")
                yield self.env.timeout(self.parameters["warm_up_s"])
                self.say("processing")
                yield self.env.timeout(self.cycle_s(part))
                yield self.give(part)

Times are seconds. Buffers, routes, scrap, energy by state and shifts (no part is taken outside them) are the line's,
as for any other station; the process decides what happens to a part it has taken.
"""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import simpy

from models.distribution import Dist
from models.equipment import STATES
from models.errors import DataError, Problem
from sim.account import STATE
from sim.program import MachineProgram
from sim.simpy_engine.machine import BLOCKED, HOLDING, OFF_SHIFT, STARVED, Machine
from sim.simpy_engine.part import Part
from sim.simpy_engine.station import Station


class OwnMachine(Machine):
    """One machine of a station of the user's own; write :meth:`work`."""

    def __init__(self, station: Station, number: int, program: MachineProgram) -> None:
        super().__init__(station, number, program)
        self.env: simpy.Environment = self.clock
        self.parameters: dict[str, Any] = station.parameters
        self._state = STARVED
        self._wish: simpy.Event | None = None
        self._held: list[Part] = []
        self._giving: simpy.Event | None = None

    # what the user writes, and may call

    def work(self) -> Generator[simpy.Event, Any, None]:
        """Yield SimPy events for ever: take parts, work on them, give them on."""
        raise TypeError(f"{type(self).__name__} has no method 'work'")

    def take(self) -> simpy.Event:
        """Return an event that brings the next part of the buffer."""
        self._wish = self.env.event()
        self._state = STARVED
        self.touch()
        self.offer()
        return self._wish

    def give(self, part: Part) -> simpy.Event:
        """Return an event that comes when the part has left for where the file's route, or scrap, sends it."""
        now = self.clock.now
        self._held.remove(part)
        part.finished_s = now
        self._giving = self.env.event()
        self.touch()
        self.outlet.pass_on(part, now)
        self.free_again(now)
        return self._giving_or_done()

    def _giving_or_done(self) -> simpy.Event:
        return self._giving if self._giving is not None else self.env.timeout(0)

    def say(self, state: str) -> None:
        """Put the machine in a state of the results, like ``processing`` or ``setup``."""
        if state not in STATES:
            raise ValueError(f"{state!r} is no state; states: {', '.join(STATES)}")
        self._state = STATE[state]
        self.touch()

    def cycle_s(self, part: Part) -> float:
        """Return a draw of the station's ``cycle_time_s`` for a part."""
        return self.times.work_s(part.product, self.clock.now)

    def draw(self, dist: Dist, cause: str) -> float:
        """Return a draw of any distribution, from a stream of this machine's own by the name of the cause."""
        return self._open(dist, cause).draw()

    # how it fits into the line

    def begin(self, initial_state: int | None) -> None:
        """Set the process going."""
        self.env.process(self._life())

    def _life(self) -> Generator[simpy.Event, Any, None]:
        try:
            yield from self.work()
        except Exception as error:
            raise DataError([self._told(error)]) from error

    def _told(self, error: Exception) -> Problem:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Problem(
            f"{where.filename}:{where.lineno}",
            f"{type(error).__name__}: {error}",
            f"a process that runs (station {self.station.name!r})",
        )

    def _blocks_before_service(self) -> bool:
        return False

    def is_free(self) -> bool:
        """Return whether the process asks for a part."""
        wishes = self._wish is not None and not self._wish.triggered
        return wishes and not self.off and not self.out

    def load(self, now: float) -> bool:
        """Bring the process its next part."""
        part = self.station.next_part(now)
        if part is None:
            return False
        del self.station.ready[self]
        part.finished_s = part.setup_began_s = part.setup_ended_s = part.batch = None
        self._started(part, now)
        self._held.append(part)
        assert self._wish is not None
        self._wish.succeed(part)
        return True

    def free_again(self, now: float) -> None:
        """Tell the process that its part has left."""
        if not self.out and self._giving is not None:
            self._giving.succeed()
            self._giving = None
        self.offer()

    def under_way(self) -> bool:
        """Return whether anything may still happen without new parts; a process may always."""
        return True

    def parts(self) -> list[Part]:
        """Return the parts that the process holds, and those that wait for a place."""
        return [*self._held, *(part for part, _ in self.out)]

    def state(self) -> int:
        """Return the state that the process has said."""
        if self.off and not self._held:
            return HOLDING if self.rig.hold_off_shift else OFF_SHIFT
        return BLOCKED if self.out else self._state


def load_kind(kind: str) -> type[OwnMachine]:
    """Return the class that ``file.py:Name`` names.

    Raises:
        DataError: No such file or class, or the file fails.
    """
    path, _, name = kind.rpartition(":")
    where = f"kind {kind!r}"
    spec = importlib.util.spec_from_file_location(f"own_station_{Path(path).stem}", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise DataError([Problem(where, f"no file {path}", "a Python file, relative to the plant file")])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise DataError([Problem(where, f"{type(error).__name__}: {error}", "a Python file that runs")]) from error
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, OwnMachine)):
        raise DataError([Problem(where, f"no class {name!r} made from sim.own.OwnMachine", "see docs/own_station.md")])
    return found
