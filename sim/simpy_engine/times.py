"""How long a machine's phases take: draws by cause and product, age, learning after commissioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.distribution import Dist, mean
from sim.ageing import learning
from sim.program import SHARED, D

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine
    from sim.streams import Draws


class Times:
    """The times of one machine as it is equipped now."""

    # Slots for speed, as in a machine (renewline bench).
    __slots__ = (
        "_cycle", "_cycle_of_all", "_drawn_s", "_factor", "_machine", "_made", "_setup", "load",
        "planned_of_all_s", "planned_s", "unload",
    )  # fmt: skip

    def __init__(self, machine: Machine) -> None:
        rig = machine.rig
        self._machine = machine
        self._cycle = {p: self._open(dist, f"cycle {p}".strip()) for p, dist in rig.cycle_s.items()}
        self._cycle_of_all = self._cycle.get(SHARED)
        setups = rig.setup_s if isinstance(rig.setup_s, dict) else {("", ""): rig.setup_s}
        self._setup = {(a, b): self._open(dist, f"setup {a} > {b}" if a or b else "setup")
                       for (a, b), dist in setups.items()}  # fmt: skip
        self.load = self._open(rig.load_s, "load").draw
        self.unload = self._open(rig.unload_s, "unload").draw
        self.planned_s = {p: mean(dist) * rig.cycle_factor for p, dist in rig.cycle_s.items()}
        """Ideal time of one cycle, by product."""
        self.planned_of_all_s = self.planned_s.get(SHARED)
        self._drawn_s: dict[str, float] = {}  # drawn before the part was taken
        self._made = 0  # cycles begun since commissioning
        self.grow_older()

    def _open(self, dist: Dist, cause: str) -> Draws:
        machine = self._machine
        return machine.line.run.streams.open(dist, machine.station.place, cause, machine.name)

    def grow_older(self) -> None:
        """Age changed what a cycle takes."""
        self._factor = self._machine.rig.cycle_factor * self._machine.ages.cycle_time

    # work

    def work_s(self, product: str, now: float) -> float:
        """Return the time of one cycle as things stand: product, age, ramp-up."""
        if self._drawn_s and product in self._drawn_s:
            return self._drawn_s.pop(product)
        work_s = (self._cycle_of_all or self._cycle[product]).draw() * self._factor
        return work_s if self._machine.rig.ramp_up is None else work_s * self.ramp_up(now)

    def ramp_up(self, now: float) -> float:
        """Return what learning makes of the next cycle time."""
        machine = self._machine
        if machine.rig.ramp_up is None or machine.age.commissioned_s is None:
            return 1.0
        self._made += 1
        return learning(machine.rig.ramp_up, self._made, (now - machine.age.commissioned_s) / D)

    # setup

    def setup_s(self, before: str | None, product: str) -> float:
        """Return the time of the setup from one product to another; none for the first."""
        if before in (None, product):
            return 0.0
        change = f"{before} > {product}"
        return self._drawn_s.pop(change) if change in self._drawn_s else self._draw_setup(str(before), product)

    def _draw_setup(self, before: str, product: str) -> float:
        draws = self._setup.get((before, product)) or self._setup.get(("", ""))
        return draws.draw() if draws else 0.0

    def beforehand_s(self, before: str | None, product: str, now: float) -> float:
        """Return what setup and work on a part will take if it is taken; drawn once, and kept for it."""
        if product not in self._drawn_s:
            self._drawn_s[product] = self.work_s(product, now)
        change = f"{before} > {product}"
        if before not in (None, product) and change not in self._drawn_s:
            self._drawn_s[change] = self._draw_setup(str(before), product)
        return self._drawn_s[product] + self._drawn_s.get(change, 0.0)
