"""What the years, and the first days, make of a machine: wear, and learning after commissioning."""

import math
from dataclasses import dataclass, fields
from itertools import accumulate

from models.equipment import Ageing, RampUp


@dataclass(slots=True)
class Factors:
    """What age makes of the values in the file (1 = as written)."""

    failure_rate: float = 1.0
    repair_time: float = 1.0
    cycle_time: float = 1.0
    scrap: float = 1.0
    energy: float = 1.0


AGES = tuple(field.name for field in fields(Factors))
"""What age changes."""


def aged(ageing: Ageing | None, age_at_start_y: int, age_y: int) -> Factors:
    """Return the factors at ``age_y`` years in service, relative to those at the start.

    >>> aged(Ageing(energy_per_y=0.01), 10, 20).energy == 1.2 / 1.1
    True
    """
    if ageing is None:
        return Factors()
    wear, worn = (max(0.0, y - ageing.onset_y) for y in (age_y, age_at_start_y))

    def linear(per_y: float) -> float:
        return (1 + per_y * wear) / (1 + per_y * worn)

    return Factors(
        failure_rate=math.exp(ageing.failure_rate_per_y * (wear - worn)),
        repair_time=linear(ageing.repair_time_per_y),
        cycle_time=linear(ageing.cycle_time_per_y),
        scrap=linear(ageing.scrap_per_y),
        energy=(1 + ageing.energy_per_y * age_y) / (1 + ageing.energy_per_y * age_at_start_y),
    )


def learning(ramp_up: RampUp, units: int, days: float) -> float:
    """Return what a cycle takes, relative to the full speed, for the n-th unit so many days after commissioning.

    >>> learning(RampUp(cycle_factor_by_unit=(1.5, 1.2)), 2, 0.0)
    1.2
    >>> learning(RampUp(stages=[{"for_d": 2, "speed": 0.5}, {"for_d": 3, "speed": 0.8}]), 7, 4.0)
    1.25
    """
    if ramp_up.cycle_factor_by_unit is not None:
        factors = ramp_up.cycle_factor_by_unit
        return factors[units - 1] if units <= len(factors) else 1.0
    if ramp_up.stages is not None:
        ends_d = accumulate(stage.for_d for stage in ramp_up.stages)
        speeds = (stage.speed for stage, end_d in zip(ramp_up.stages, ends_d, strict=True) if days < end_d)
        return 1.0 / next(speeds, 1.0)
    assert ramp_up.initial is not None
    assert ramp_up.time_constant_d is not None
    return 1.0 / (1 - (1 - ramp_up.initial) * math.exp(-days / ramp_up.time_constant_d))
