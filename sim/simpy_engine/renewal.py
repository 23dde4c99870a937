"""A machine is renewed: it takes no more parts, leaves when it is empty, is installed, starts as new equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.program import Swap
from sim.simpy_engine.clock import ENDS

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine


class Renewal:
    """The renewals of one machine."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.pending: Swap | None = None
        self.installing = False
        self._after: list[tuple[Machine, Swap]] = []

    def due(self, swap: Swap, now: float) -> None:
        """The planned moment: take no more parts, leave when empty."""
        machine = self.machine
        self.pending = swap
        machine.withdraw()
        if machine.is_empty() and not self.installing:
            self.leave(now)
        else:
            machine.offer()  # a furnace between two strokes goes on until it is empty

    def follow(self, machine: Machine, swap: Swap) -> None:
        """Another machine's renewal waits until this one works again."""
        self._after.append((machine, swap))

    def leave(self, now: float) -> None:
        """The old machine goes; installation begins."""
        swap, machine = self.pending, self.machine
        assert swap is not None
        self.pending = None
        self.installing = True
        machine.withdraw()
        machine.station.sleepers.pop(machine, None)
        machine.stops.silence()
        if machine.sleep is not None:
            machine.sleep.silence()
        machine.downtime.clear(now)
        machine.station.retired += machine.stops.causes
        machine.line.run.renewed.append((machine, swap, now))
        machine.clock.at(now + swap.install_s, ENDS + machine.order, lambda _: self._commission(swap))

    def _commission(self, swap: Swap) -> None:
        machine = self.machine
        now = machine.clock.now
        self.installing = False
        machine.commission(swap.rig, now)
        machine.free_again(now)  # leaves again at once if the next renewal came due meanwhile
        waiting, self._after = self._after, []
        for other, its_swap in waiting:
            other.renewal.due(its_swap, now)
