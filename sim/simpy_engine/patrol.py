"""People who walk round: from machine to machine in file order, serving what they find stopped.

On arrival a person serves, one after the other, what is stopped at that machine at that moment and nobody else
serves; then walks on. What stops behind their back waits for the next round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.people import People
from sim.simpy_engine.clock import WALKS, Clock
from sim.tally import Level, Levels, Sample

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.simpy_engine.people import Request


class Walker:
    """One person on the round."""

    def __init__(self, number: int, at: int) -> None:
        self.number = number
        self.at = at  # the machine stood at, by its place in the round
        self.found: list[Request] = []  # still to be served here
        self.resting = True


class Patrol:
    """A crew that walks."""

    def __init__(self, name: str, people: People, clock: Clock) -> None:
        self.name = name
        self.number = 0
        self.size = people.most
        self.walk_s = people.walk_s
        self.clock = clock
        self.on_duty = Level()
        self.busy = Levels()
        self.waits = Sample()
        self.waiting = Level()
        self.walks = 0
        self.round: list[Machine] = []
        self._pending: dict[Machine, list[Request]] = {}
        self._serving: dict[Request, Walker] = {}
        self._walkers: list[Walker] = []

    def begin(self, machines: list[Machine]) -> None:
        """Set off: the people spread evenly over the machines of the round."""
        self.round = machines
        self._walkers = [Walker(k, k * len(machines) // self.size) for k in range(self.size)] if machines else []
        if self.on_duty.value:
            self.come(self.clock.now)

    def come(self, now: float) -> None:
        """On duty (again): everybody looks where they stand."""
        for walker in self._walkers:
            if walker.resting:
                walker.resting = False
                self._walk(walker, now)

    def _walk(self, walker: Walker, arrives_s: float) -> None:
        self.clock.at(arrives_s, WALKS + walker.number, lambda _: self._arrive(walker))

    def _arrive(self, walker: Walker) -> None:
        if not self.on_duty.value:
            walker.resting = True
            return
        walker.found = self._pending.pop(self.round[walker.at], [])
        self._next(walker, self.clock.now)

    def _next(self, walker: Walker, now: float) -> None:
        """Serve what is left to do here, then walk on."""
        while walker.found:
            request = walker.found.pop(0)
            grant, request.grant = request.grant, None
            assert grant is not None  # what is withdrawn is not found
            self.waiting.change(now, -1)
            self.busy.change(now, 1)
            self.waits.add((now - request.asked_s) / 3600.0)
            request.taken[self] = 1
            self._serving[request] = walker
            grant(now)
            return
        walker.at = (walker.at + 1) % len(self.round)
        self.walks += 1
        self._walk(walker, now + self.walk_s)

    def ask(self, request: Request, machine: Machine) -> None:
        """Wait at a machine for somebody to come by."""
        self._pending.setdefault(machine, []).append(request)
        self.waiting.change(self.clock.now, 1)

    def forget(self, request: Request) -> None:
        """A request not yet granted is withdrawn: who comes by passes."""
        for waiting in (*self._pending.values(), *(walker.found for walker in self._walkers)):
            if request in waiting:
                waiting.remove(request)
                self.waiting.change(self.clock.now, -1)

    def over(self, request: Request, now: float) -> None:
        """A service is over: whoever gave it goes on."""
        self._next(self._serving.pop(request), now)

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.on_duty.reset(now)
        self.busy.reset(now)
        self.waiting.reset(now)
        self.waits.reset()
        self.walks = 0
