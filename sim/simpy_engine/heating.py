"""Heat of one furnace or batch machine as it runs: walls by state, the load while it is inside, heat-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.equipment import STATES
from models.heat import Heat
from sim.account import STATE
from sim.heat import heat_use
from sim.simpy_engine.part import Part

if TYPE_CHECKING:
    from sim.simpy_engine.machine import Machine

N = len(STATES)
WORKING, HEAT_UP = (STATE["processing"], STATE["overtime"]), STATE["heat_up"]


class Heating:
    """What a machine's heat adds to its rates."""

    def __init__(self, machine: Machine, heat: Heat) -> None:
        self._machine = machine
        rig, program = machine.rig, machine.line.run.program
        made = machine.line.program.products
        masses = {p.name: p.mass_kg for p in program.products if p.name in made}
        self.use = heat_use(heat, masses, rig.heat_up_from_hold_s, rig.heat_up_cold_s)
        self._load_per_h = self._heat_up_per_h = 0.0

    def rates(self, rates_per_h: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        """Return the rates by carrier and state with the heat in them."""
        carrier = self.use.carrier
        before = rates_per_h.get(carrier, (0.0,) * N)
        rows = [a + b for a, b in zip(before, self.use.wall_per_h, strict=True)]
        for state in WORKING:
            rows[state] += self._load_per_h
        rows[HEAT_UP] += self._heat_up_per_h
        return {**rates_per_h, carrier: tuple(rows)}

    def inside(self, parts: list[Part], inside_s: float, now: float) -> None:
        """These parts are inside: each draws its heat evenly over its working time there."""
        load = sum(self.use.part_per_h(part.product, inside_s) for part in parts) if inside_s > 0 else 0.0
        if load != self._load_per_h:
            self._load_per_h = load
            self._machine.rerate(now)

    def charged(self, now: float) -> None:
        """The door was open."""
        if self.use.per_charge:
            self._machine.stays.used(self.use.carrier, self.use.per_charge, now)

    def heats_up(self, cold: bool, now: float) -> None:
        """A heat-up begins."""
        use = self.use
        self._heat_up_per_h = use.heat_up_cold_per_h if cold else use.heat_up_from_hold_per_h
        self._machine.rerate(now)
