"""Where parts come from: sources, the mix of products, parts that are there at the start."""

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from models.base import Count, Model, NonNegative, Places, Positive
from models.distribution import Dist

_SPAN = re.compile(r"^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$")
DAY_S = 86_400
WAYS = ("saturated", "interarrival_s", "arrivals_s", "profile", "demand_per_h", "pallets")
"""Ways in which parts come; a source has exactly one."""


class Arrival(Model):
    """One arrival of a list."""

    time_s: NonNegative
    """Seconds since the start of the run."""
    product: str | None = None
    """Default: the source's product, or from the mix."""
    quantity: Count = 1
    """Parts that arrive together."""


class Rate(Model):
    """Arrivals at random (Poisson) in some hours of every day."""

    hours: str
    """Clock hours, like ``08:00-12:00``."""
    per_h: NonNegative
    """Mean arrivals per hour; outside all hours given none come."""

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: str) -> str:
        span_s(hours)
        return hours


def span_s(hours: str) -> tuple[int, int]:
    """Return the seconds of the day between which ``hours`` lies.

    >>> span_s("08:00-12:00")
    (28800, 43200)
    """
    match = _SPAN.match(hours.strip())
    first, last = (int(match[n]) * 3600 + int(match[n + 1]) * 60 for n in (1, 3)) if match else (0, 0)
    if not 0 <= first < last <= DAY_S:
        raise ValueError(f"{hours!r} is not a span of one day like '08:00-12:00'")
    return first, last


class Source(Model):
    """How parts come to a line; exactly one of the ways is given."""

    saturated: Literal[True] | None = None
    """The station always finds a part."""
    interarrival_s: Dist | None = None
    """Time between arrivals, by the clock."""
    arrivals_s: tuple[NonNegative | Arrival, ...] | None = None
    """Moments of arrival, seconds since the start of the run; also a CSV file with the columns ``time_s``, ``product``,
    ``quantity``."""
    profile: tuple[Rate, ...] | None = Field(None, min_length=1)
    """Arrivals at random by the hour of the day."""
    demand_per_h: Positive | None = None
    """One order every 1/demand hours of the line's scheduled time."""
    pallets: Count | None = None
    """A closed loop: so many parts, each of which comes back when it leaves."""
    to: str | None = None
    """Station at which the parts come in; default the first."""
    product: str | None = None
    """Default: from the line's mix."""
    quantity: Count = 1
    """Parts per arrival."""
    first_s: Dist | None = None
    """Moment of the first arrival; default one interarrival time."""
    count: Places | None = None
    """Most arrivals; default no limit."""
    when_full: Literal["wait", "lost"] = "wait"
    """A part that finds no place waits outside, or is lost."""

    @model_validator(mode="after")
    def _one_way(self) -> "Source":
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError(f"give exactly one of {', '.join(WAYS)}")
        if self.first_s is not None and self.interarrival_s is None:
            raise ValueError("first_s goes with interarrival_s")
        return self


class Mix(Model):
    """Order in which products are made: a repeating sequence, or at random by share."""

    sequence: tuple[str, ...] | None = None
    """Products in repeating order."""
    lot: Count = 1
    """Parts of one product in a row, for each entry of the sequence or draw."""
    shares: dict[str, NonNegative] | None = None
    """Shares of products, drawn at random."""

    @model_validator(mode="after")
    def _one_way(self) -> "Mix":
        if (self.sequence is None) == (self.shares is None):
            raise ValueError("give either sequence or shares")
        if self.sequence == () or (self.shares is not None and sum(self.shares.values()) <= 0):
            raise ValueError("no product in the mix")
        return self

    def products(self) -> tuple[str, ...]:
        """Return the products of the mix, each once."""
        return tuple(dict.fromkeys(self.sequence or self.shares or ()))


class Initial(Model):
    """Parts that are in the line at the start."""

    station: str
    """Where they are."""
    parts: Count = 1
    """How many."""
    product: str | None = None
    """Default: the line's first product."""
    remaining_s: NonNegative | None = None
    """One of them is on a machine with so much work left; without it all wait in front."""


SATURATED = Source(saturated=True)
