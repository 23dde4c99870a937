"""The clock: SimPy's event queue, with the order of :mod:`sim.order` at one instant."""

import traceback
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import simpy

from models.errors import DataError, Problem
from sim.order import ARRIVALS, ENDS, MOST_EVENTS_AT_ONCE, STOPS, WALKS, standstill

__all__ = ["ARRIVALS", "ENDS", "NO_TICK", "OWN", "STOPS", "WALKS", "Clock", "Tick"]

Tick = int
"""One call in the future, by its number in SimPy's queue; :meth:`Clock.play` makes it without an event's ceremony."""
NO_TICK: Tick = -1
OWN = "own_station_"
"""What the modules of users' own stations are called, before their file's name."""


class Clock(simpy.Environment):
    """A SimPy environment whose simultaneous events keep the documented order."""

    now: float = 0.0  # SimPy's own is a property, which costs a call each time

    def at(self, time_s: float, order: int, call: Callable[[Tick], None]) -> Tick:
        """Call ``call(tick)`` at ``time_s``; earlier ``order`` first, then in order of asking.

        To cancel, forget the tick: the callee compares the tick it gets with the one it waits for.
        """
        # SimPy's own schedule() takes a delay; an absolute time keeps sums of times exact.
        tick: Tick = next(self._eid)
        heappush(self._queue, (time_s, order, tick, call))  # type: ignore[misc]
        return tick

    def play(self, until_s: float, settle: Callable[[float], None]) -> None:
        """Run to ``until_s`` inclusive; ``settle`` moves parts when all events of an instant are through."""
        queue: list[Any] = self._queue
        before, events = -1.0, 0
        while queue and queue[0][0] <= until_s:
            now = queue[0][0]
            if now > before:
                before, events = now, 0
            self._now = self.now = now
            while queue and queue[0][0] == now:
                if queue[0][1] >= ENDS:
                    _, _, tick, call = heappop(queue)
                    call(tick)
                else:
                    self._step_of_own()
                events += 1
                if events > MOST_EVENTS_AT_ONCE:
                    raise standstill(now)
            settle(now)
        self._now = self.now = max(self._now, until_s)

    def _step_of_own(self) -> None:
        """Make an event of a user's own SimPy process; what goes wrong there is told with file and line."""
        try:
            self.step()
        except DataError:
            raise
        except Exception as error:
            raise DataError([_told(error.__cause__ or error)]) from error


def _told(error: BaseException) -> Problem:
    frames = list(traceback.walk_tb(error.__traceback__))
    own = [(frame, line) for frame, line in frames if str(frame.f_globals.get("__name__")).startswith(OWN)]
    where = f"{own[-1][0].f_code.co_filename}:{own[-1][1]}" if own else "a station of your own"
    return Problem(where, " ".join(f"{type(error).__name__}: {error}".split()), "a process that runs")
