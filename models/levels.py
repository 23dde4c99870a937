"""Energy levels of products: what policy and standards call good, allowed, and below entry.

Benchmark level 标杆水平 and entry level 基准水平 come from the national list of levels; grades 1 to 3 from the energy
limit standard (GB). They are told apart: a benchmark is not always grade 1. Electricity counts here with the
equivalent value (当量值) always, as the limits do.
"""

from typing import Literal

from pydantic import model_validator

from models.base import Model, Number

UNITS = ("kgce/t", "kgce/ADt", "kgce/weight case (50 kg)", "kgce/m2", "kWh/t")
"""Units of levels: standard coal or electricity per tonne (air-dry tonne of pulp), 50 kg of glass, or square metre."""

BETTER, BETWEEN, BELOW, UNKNOWN = "better than benchmark", "between", "below entry", "unknown"


class EnergyLevel(Model):
    """Benchmark and entry level of a product, with the grades of its energy limit standard."""

    id: str = ""
    """Name of the level in the catalogue."""
    name_en: str = ""
    """What it is about, in English."""
    name_zh: str = ""
    """The same in Chinese."""
    unit: Literal["kgce/t", "kgce/ADt", "kgce/weight case (50 kg)", "kgce/m2", "kWh/t"]
    """Of all its numbers."""
    counts: Literal["all", "electricity", "coal"] = "all"
    """Carriers that count: all, electricity alone, or coal alone."""
    benchmark_level: Number | None = None
    """标杆水平, in ``unit``; using at most this much is good. Negative where the process gives energy back."""
    entry_level: Number | None = None
    """基准水平, in ``unit``; using more is below entry."""
    edition: str = ""
    """Edition of the list that the two come from."""
    grade: str = ""
    """A, B or C: how sure the two are."""
    standard: str = ""
    """Energy limit standard with its year."""
    grades: tuple[Number | None, Number | None, Number | None] = (None, None, None)
    """Limits of grade 1, 2 and 3 of the standard, in ``unit``; grade 3 is the most it allows."""
    standard_grade: str = ""
    """A, B or C: how sure the grades are."""
    source: str = ""
    """Where the numbers were read."""
    note: str = ""
    """Doubts and conditions."""

    @model_validator(mode="after")
    def _ordered(self) -> "EnergyLevel":
        good, entry = self.benchmark_level, self.entry_level
        if good is not None and entry is not None and good > entry:
            raise ValueError("benchmark_level is above entry_level")
        known = [g for g in self.grades if g is not None]
        if known != sorted(known):
            raise ValueError("grades 1 to 3 are not in rising order")
        if good is None and entry is None and not known:
            raise ValueError("give benchmark_level, entry_level or grades")
        return self

    def standing(self, value: float) -> str:
        """Return where a specific use stands: better than benchmark, between, below entry, or unknown.

        >>> level = EnergyLevel(unit="kgce/t", benchmark_level=100, entry_level=117)
        >>> [level.standing(use) for use in (100.0, 110.0, 117.1)]
        ['better than benchmark', 'between', 'below entry']
        """
        good, entry = self.benchmark_level, self.entry_level
        if entry is not None and value > entry:
            return BELOW
        if good is not None and value <= good:
            return BETTER
        return UNKNOWN if good is None or entry is None else BETWEEN

    def reached(self, value: float) -> int | None:
        """Return the grade of the standard that a use reaches: 1, 2, 3; 0 = none; None = not known.

        >>> EnergyLevel(unit="kgce/t", grades=(100, 107, 117)).reached(108.0)
        3
        """
        if self.grades[2] is None:
            return None
        return next((n for n, most in enumerate(self.grades, 1) if most is not None and value <= most), 0)
