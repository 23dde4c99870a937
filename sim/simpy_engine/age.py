"""A machine's years in service: as written, by further years of wear, from its commissioning during the run."""

from __future__ import annotations

from models.equipment import Ageing
from sim.ageing import Factors, aged
from sim.program import D, MachineProgram


class Age:
    """The age of one machine."""

    def __init__(self, program: MachineProgram) -> None:
        self._at_start_y = program.age_y
        self._in_service_y = self._now_y = program.age_y + program.years_since
        self.commissioned_s: float | None = None
        """When it came during the run; None: it was there before."""

    def factors(self, ageing: Ageing | None) -> Factors:
        """Return what age makes of the values in the file."""
        return aged(ageing, self._at_start_y, self._now_y)

    def begin_anew(self, now: float) -> None:
        """A new machine is commissioned."""
        self._at_start_y = self._now_y = 0
        self.commissioned_s = now

    def grow(self, now: float, years: int) -> None:
        """So many full years of the run are over."""
        if self.commissioned_s is None:
            self._now_y = self._in_service_y + years
        else:
            self._now_y = int((now - self.commissioned_s) // (365 * D))
