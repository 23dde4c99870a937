"""How a price develops over the calendar years of a plan."""

from collections.abc import Sequence
from typing import Annotated, Any

from annotated_types import Gt, MinLen
from pydantic import Field, model_validator

from models.base import Model, NonNegative, Number

Factors = Annotated[dict[Annotated[int, Field(ge=1980, le=2200)], NonNegative], MinLen(1)]


class PricePath(Model):
    """A price by year, relative to the price in the file: a growth rate alone (``0.03``), or factors by year."""

    growth_per_y: Annotated[Number, Gt(-1)] | None = None
    """Growth from one plan year to the next; the first plan year has the price of the file."""
    factors: Factors | None = None
    """By calendar year: times the price of the file; a year left out takes the latest earlier one, else 1."""

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, written: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(written, int | float) and not isinstance(written, bool):
            return {"growth_per_y": written}
        if isinstance(written, dict) and written and all(str(key).isdecimal() for key in written):
            return {"factors": written}
        return written

    @model_validator(mode="after")
    def _one_way(self) -> "PricePath":
        if (self.growth_per_y is None) == (self.factors is None):
            raise ValueError("give a growth rate per year, or factors by year")
        return self

    def by_year(self, years: Sequence[int]) -> list[float]:
        """Return the factor in each of the years, the first of which is the first plan year.

        >>> PricePath.model_validate(0.10).by_year([2026, 2027])
        [1.0, 1.1]
        >>> PricePath.model_validate({2027: 1.2}).by_year([2026, 2027, 2028])
        [1.0, 1.2, 1.2]
        """
        if self.growth_per_y is not None:
            return [(1 + self.growth_per_y) ** (year - years[0]) for year in years]
        assert self.factors is not None
        out = []
        for year in years:
            known = [y for y in self.factors if y <= year]
            out.append(self.factors[max(known)] if known else 1.0)
        return out
