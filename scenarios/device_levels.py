"""Efficiency grades of energy-using devices: motors, transformers, compressors, chillers, boilers, fans, pumps.

The policy asks for grade 2 or better. These are grades of a device (% efficiency, W of loss, COP); those of a product
(kgce or kWh per tonne) are energy levels, see :mod:`models.levels`.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from scenarios.quantities import table


class DeviceLevel(NamedTuple):
    """The grades of one device in its standard."""

    name_en: str
    name_zh: str
    unit: str
    higher_is_better: bool
    grades: tuple[float | None, float | None, float | None]
    """Limits of grade 1 (best), 2 and 3 in ``unit``; None where the value was not found."""
    standard: str
    grade: str
    """A, B or C: how sure the limits are."""
    source: str
    note: str
    quantities: tuple[tuple[str, str], ...]
    """Pair and quantity of the catalogue that can be held against it."""

    def reached(self, value: float) -> int | None:
        """Return the grade that a value reaches: 1, 2, 3; 0 = none of them; None = not known.

        >>> motor = next(d for d in device_levels() if d.name_en == "three-phase motor 75 kW, 4-pole")
        >>> [motor.reached(percent) for percent in (96.7, 96.0, 95.5, 93.4)]
        [1, 2, 3, 0]
        """
        if self.grades[2] is None:
            return None
        meets = (limit is not None and self._meets(value, limit) for limit in self.grades)
        number = next((n for n, met in enumerate(meets, 1) if met), 0)
        # Meeting grade 3 says nothing of better grades whose limits are not known.
        return None if number == 3 and None in self.grades else number

    def _meets(self, value: float, limit: float) -> bool:
        return value >= limit if self.higher_is_better else value <= limit


@cache
def device_levels() -> tuple[DeviceLevel, ...]:
    """Return the grades of all devices."""
    return tuple(
        DeviceLevel(
            row["name_en"],
            row["name_zh"],
            row["unit"],
            row["better"] == "higher",
            (_limit(row["grade_1"]), _limit(row["grade_2"]), _limit(row["grade_3"])),
            row["standard"],
            row["grade"],
            row["source"],
            row["note"],
            tuple(
                (pair, quantity)
                for pair, quantity in (each.split(" ") for each in row["quantities"].split(";") if each)
            ),
        )
        for row in table("device_levels")
    )


def _limit(text: str) -> float | None:
    return float(text) if text else None


def of_pair(pair: str) -> Sequence[tuple[DeviceLevel, str]]:
    """Return the grades that quantities of a pair can be held against, each with the quantity's name.

    >>> [quantity for _, quantity in of_pair("T8-COMP")]
    ['specific_power_0p8MPa']
    """
    return [(level, quantity) for level in device_levels() for p, quantity in level.quantities if p == pair]
