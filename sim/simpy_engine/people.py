"""Crews: people asked for by priority, then in order of asking."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from sim.tally import Level, Sample


class Request:
    """One request for one person, kept to be withdrawn or released."""

    __slots__ = ("asked_s", "grant", "granted")

    def __init__(self, asked_s: float, grant: Callable[[float], None]) -> None:
        self.asked_s = asked_s
        self.grant: Callable[[float], None] | None = grant
        self.granted = False


class Crew:
    """So many people of one kind."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.busy = Level()
        self.waits = Sample()
        self._queue: list[tuple[float, int, Request]] = []
        self._order = count()

    def ask(self, now: float, priority: float, grant: Callable[[float], None]) -> Request:
        """Call ``grant(now)`` as soon as a person is free, perhaps at once."""
        request = Request(now, grant)
        heappush(self._queue, (priority, next(self._order), request))
        self._serve(now)
        return request

    def release(self, now: float, request: Request) -> None:
        """Give the person back, or withdraw a request not yet granted."""
        request.grant = None
        if request.granted:
            self.busy.change(now, -1)
            self._serve(now)

    def _serve(self, now: float) -> None:
        while self._queue and self.busy.value < self.size:
            _, _, request = heappop(self._queue)
            if request.grant is None:
                continue  # withdrawn
            request.granted = True
            self.busy.change(now, 1)
            self.waits.add((now - request.asked_s) / 3600.0)
            request.grant(now)

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.busy.reset(now)
        self.waits.reset()
