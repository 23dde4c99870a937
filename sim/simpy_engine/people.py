"""People who come when they are called: crews, what is asked of them, and who is served first.

Served is the first request, by priority and then in order of asking, whose people are all free. Who goes off duty
finishes the service in hand.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from models.calendar import Calendar
from models.people import People
from sim.arrivals import FAR_S
from sim.simpy_engine.clock import ENDS, STOPS, Clock
from sim.tally import Level, Levels, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.patrol import Patrol

H = 3600.0


class Request:
    """One request for people, kept to be withdrawn or released."""

    __slots__ = ("asked_s", "grant", "needs", "queued", "taken", "turn")

    def __init__(self, asked_s: float, needs: dict[str, int], grant: Callable[[float], None]) -> None:
        self.asked_s = asked_s
        self.needs = needs
        self.grant: Callable[[float], None] | None = grant
        self.queued = False
        self.turn = 0  # in the order of asking
        self.taken: dict[Crew | Patrol, int] = {}


class Crew:
    """So many people of one kind."""

    def __init__(self, board: Board, name: str, people: People, number: int) -> None:
        self.board = board
        self.name = name
        self.number = number
        self.size = people.most
        self.on_duty = Level()
        self.busy = Levels()
        self.waits = Sample()
        self.waiting = Level()
        self.queue: list[tuple[float, int, Request]] = []

    def free(self) -> int:
        """Return how many are on duty and have nothing to do."""
        return self.on_duty.value - self.busy.value

    def come(self, now: float) -> None:
        """More of them are there."""
        self.board.serve(self, now)

    def over(self, request: Request, now: float) -> None:
        """A service is over."""
        self.board.serve(self, now)

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.on_duty.reset(now)
        self.busy.reset(now)
        self.waiting.reset(now)
        self.waits.reset()


class Board:
    """Where people are asked for, by the name of a crew or of a skill."""

    def __init__(self, people: dict[str, People], clock: Clock, start: datetime) -> None:
        from sim.simpy_engine.patrol import Patrol

        self.clock = clock
        self._names = list(people)
        self.patrols = {name: Patrol(name, p, clock) for name, p in people.items() if p.rule == "patrol"}
        self.crews = {name: Crew(self, name, p, n) for n, (name, p) in enumerate(people.items()) if p.rule == "call"}
        self._who: dict[str, list[Crew]] = {}
        for name, crew in self.crews.items():
            for skill in dict.fromkeys((name, *people[name].skills)):
                self._who.setdefault(skill, []).append(crew)
        for name, crew in self.crews.items():  # a crew's own name stands for nobody else
            self._who[name] = [crew]
        self._order = count()
        for name, duty in people.items():
            self._roster(self.crews.get(name) or self.patrols[name], duty, start)

    def all(self) -> list[Crew | Patrol]:
        """Return crews and patrols in file order."""
        return [self.crews.get(name) or self.patrols[name] for name in self._names]

    # who is there when

    def _roster(self, crew: Crew | Patrol, duty: People, start: datetime) -> None:
        shifts = [(Calendar(shifts=(row.shift,)), row.size) for row in duty.on_duty]
        if duty.calendar is not None:
            shifts = [(duty.calendar, duty.most)]
        if not shifts:
            self._duty(crew, duty.most)
        for calendar, size in shifts:
            self._next_shift(crew, size, calendar.windows(start, FAR_S))

    def _next_shift(self, crew: Crew | Patrol, size: int, windows: Iterator[tuple[float, float]]) -> None:
        opens, closes = next(windows, (None, None))
        if opens is None or closes is None:
            return

        def end() -> None:
            self._duty(crew, -size)
            self._next_shift(crew, size, windows)

        def begin() -> None:
            self._duty(crew, size)
            self.clock.at(closes, STOPS + crew.number, lambda _: end())

        if opens <= self.clock.now:
            begin()
        else:
            self.clock.at(opens, ENDS + crew.number, lambda _: begin())

    def _duty(self, crew: Crew | Patrol, by: int) -> None:
        now = self.clock.now
        crew.on_duty.change(now, by)
        if by > 0:
            crew.come(now)

    # asking

    def ask(
        self, now: float, needs: dict[str, int], priority: float, grant: Callable[[float], None], machine: Machine
    ) -> Request:
        """Call ``grant(now)`` as soon as all the people asked for are free, perhaps at once."""
        request = Request(now, needs, grant)
        request.turn = next(self._order)
        patrol = next((self.patrols[name] for name in needs if name in self.patrols), None)
        if patrol is not None:
            patrol.ask(request, machine)
            return request
        if not self._grant(request, now):
            request.queued = True
            entry = (priority, request.turn, request)
            for crew in self._able(request):
                insort(crew.queue, entry)
                crew.waiting.change(now, 1)
        return request

    def release(self, now: float, request: Request) -> None:
        """Give the people back, or withdraw a request not yet granted."""
        if request.grant is not None:
            request.grant = None
            self._take_off(request, now)
            for patrol in self.patrols.values():
                patrol.forget(request)
            return
        taken, request.taken = request.taken, {}
        for crew, number in taken.items():
            crew.busy.change(now, -number)
        for crew in taken:
            crew.over(request, now)

    def _able(self, request: Request) -> list[Crew]:
        return list(dict.fromkeys(crew for name in request.needs for crew in self._who.get(name, ())))

    def _take_off(self, request: Request, now: float) -> None:
        if not request.queued:
            return
        request.queued = False
        for crew in self._able(request):
            crew.queue = [entry for entry in crew.queue if entry[2] is not request]
            crew.waiting.change(now, -1)

    def serve(self, crew: Crew, now: float) -> None:
        """Serve who waits for a crew, as long as somebody is free."""
        while crew.queue and crew.free() > 0:
            if not any(self._grant(request, now) for _, _, request in list(crew.queue)):
                return

    def _grant(self, request: Request, now: float) -> bool:
        if request.grant is None:
            return False
        taken = self._free_for(request.needs)
        if taken is None:
            return False
        self._take_off(request, now)
        grant, request.grant = request.grant, None
        for crew, number in taken.items():
            crew.busy.change(now, number)
            crew.waits.add((now - request.asked_s) / H)
            request.taken[crew] = number
        grant(now)
        return True

    def _free_for(self, needs: dict[str, int]) -> dict[Crew, int] | None:
        """Return who would come, crews in file order; None if not all are free."""
        taken: dict[Crew, int] = {}
        for name, number in needs.items():
            left = number
            for crew in self._who[name]:
                here = min(left, crew.free() - taken.get(crew, 0))
                if here > 0:
                    taken[crew] = taken.get(crew, 0) + here
                    left -= here
            if left:
                return None
        return taken

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        for crew in self.all():
            crew.reset(now)
