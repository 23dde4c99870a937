"""Equipment types of a user: names, and numbers each with range, unit, grade and source."""

from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field, model_validator

from models.base import Model, Number, Places, Positive


class Quantity(Model):
    """What is known of one number."""

    typical: Number
    """The value in force."""
    low: Number | None = None
    """Low end of its range; default the typical value."""
    high: Number | None = None
    """High end of its range; default the typical value."""
    unit: str
    """Unit of the three: that of the field, or one that it can be converted from (min, h for s; d for h; % for a
    share)."""
    grade: Literal["A", "B", "C"]
    """A measured or official, B secondary text or a quotation, C estimate."""
    source: str = Field(min_length=1)
    """Where it comes from: document and table, quotation, meter and year."""
    note: str = ""
    """Doubts and conditions."""

    @model_validator(mode="after")
    def _ordered(self) -> "Quantity":
        low, high = self.ends
        if not low <= self.typical <= high:
            raise ValueError(f"low, typical, high are not in rising order: {low:g}, {self.typical:g}, {high:g}")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Return low and high.

        >>> Quantity(typical=3, high=5, unit="kW", grade="C", source="estimate").ends
        (3.0, 5.0)
        """
        low = self.typical if self.low is None else self.low
        return low, self.typical if self.high is None else self.high


class Size(Model):
    """For which size the numbers hold, and how the price grows with it."""

    value: Positive
    """Size that the numbers hold for."""
    unit: str
    """Its unit."""
    name_en: str = ""
    """What it measures, in English."""
    name_zh: str = ""
    """The same in Chinese."""
    is_rate: bool = False
    """Whether it is the output per time: then cycle times shrink as it grows."""
    price_exponent: Annotated[Number, Ge(0)] = 0.65
    """Price grows with the size to this power; 1: proportional."""


class OwnType(Model):
    """One equipment type of a user."""

    name_en: str = Field(min_length=1)
    """Name in English."""
    name_zh: str = Field(min_length=1)
    """Name in Chinese."""
    side: Literal["old", "new"]
    """Old equipment, or new equipment that can be bought: then it needs ``capex_cny``, of its own or by ``like``."""
    pair: str = ""
    """Pair of the catalogue that it belongs to, e.g. T1-LATHE; default that of ``like``."""
    like: str = ""
    """Type of the catalogue that gives every number not written here."""
    tasks: tuple[Places, ...] = ()
    """Tasks of the policy that it serves, for the search; default those of its pair."""
    industry_en: str = ""
    """Industry in English, for the search; default that of its pair."""
    industry_zh: str = ""
    """The same in Chinese."""
    size: Size | None = None
    """Size that its numbers hold for, and those of ``like`` are scaled to; default that of ``like``."""
    stops: tuple[str, ...] = ()
    """Names of ``failures.0``, ``failures.1``, in turn; default those of ``like``, or ``breakdown``."""
    numbers: dict[str, Quantity] = Field(min_length=1)
    """Numbers by the field they give, with dots where a field has parts: ``scrap``, ``power_kw.processing``,
    ``failures.0.ttf_h.exponential``, ``capex_cny``, ``cycle_time_factor``."""
