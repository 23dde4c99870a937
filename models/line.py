"""A line: where parts come from, in which mix, and the stations they pass."""

from typing import Literal

from pydantic import Field, model_validator

from models.base import Count, Model, NonNegative, Number, Places, Positive
from models.calendar import Calendar
from models.distribution import Dist
from models.equipment import Behaviour, Option
from models.levels import EnergyLevel

EXIT, SCRAP = "exit", "scrap"


class Source(Model):
    """How parts come to the line; exactly one of the ways is given."""

    saturated: Literal[True] | None = None
    """The first station always finds a part."""
    interarrival_s: Dist | None = None
    """Time between arrivals, by the clock."""
    arrivals_s: tuple[NonNegative, ...] | None = None
    """Moments of arrival, seconds since the start of the run."""
    demand_per_h: Positive | None = None
    """One order every 1/demand hours of the line's scheduled time."""
    product: str | None = None
    """Default: from the line's mix."""
    quantity: Count = 1
    """Parts per arrival."""
    first_s: Dist | None = None
    """Moment of the first arrival; default one interarrival time."""
    count: Places | None = None
    """Most arrivals; default no limit."""
    when_full: Literal["wait", "lost"] = "wait"
    """A part that finds the first buffer full waits outside, or is lost."""

    @model_validator(mode="after")
    def _one_way(self) -> "Source":
        ways = ("saturated", "interarrival_s", "arrivals_s", "demand_per_h")
        if sum(getattr(self, way) is not None for way in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")
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


class Machine(Behaviour):
    """One machine of a station by name; its fields override the station's."""

    name: str
    """Name of the machine."""


Route = str | dict[str, Number]
"""Where a part goes: a station, ``exit``, ``scrap``, or shares ``{station: share}``."""


class Station(Behaviour):
    """Identical or similar machines in parallel behind one buffer."""

    name: str = Field(min_length=1)
    """Name of the station, once in its line."""
    kind: Literal["machine", "batch", "furnace"] = "machine"
    """``machine``: one part at a time; ``batch``: charges; ``furnace``: places that move on by strokes."""
    equipment: str | None = None
    """Catalogue type; gives all behaviour that is not written here."""
    in_service_since: int | None = Field(default=None, ge=1900, le=2200)
    """Year of commissioning; only ageing asks for it."""
    machines: Count | tuple[Machine, ...] = 1
    """A count of equal machines, or a list of ``{name, ..}`` whose fields override the station's."""
    buffer: Places | None
    """Places in front, machine places not counted; null = unlimited."""
    next: Route | dict[str, Route] | None = None
    """Default: the next station in the file. Also ``{product: route}``."""
    setup_initial: str | None = None
    """Product for which the machines are set up at the start; default: whatever comes first."""
    options: tuple[Option, ...] = ()
    """What its machines may be renewed with."""

    @property
    def count(self) -> int:
        """Return the number of machines."""
        return self.machines if isinstance(self.machines, int) else len(self.machines)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the machines' names: given, or numbers from 1."""
        if isinstance(self.machines, int):
            return tuple(str(n) for n in range(1, self.machines + 1))
        return tuple(m.name for m in self.machines)


class Line(Model):
    """Stations in file order, a source, a mix of products."""

    name: str = Field(min_length=1)
    """Name of the line, once in the plant."""
    source: Literal["saturated"] | Source
    """Where parts come from: ``saturated``, or a mapping."""
    mix: Mix | None = None
    """Default: the plant's first product."""
    calendar: Calendar | None = None
    """Default: the plant's calendar."""
    stations: tuple[Station, ...] = Field(min_length=1)
    """In the order of the flow; a part goes to the next in the file unless ``next`` says otherwise."""

    @property
    def arrivals(self) -> Source:
        """Return the source written out."""
        return Source(saturated=True) if self.source == "saturated" else self.source

    def station(self, name: str) -> Station:
        """Return a station by name; KeyError if there is none."""
        for station in self.stations:
            if station.name == name:
                return station
        raise KeyError(name)


class Product(Model):
    """What the lines make."""

    name: str = Field(min_length=1)
    """Name of the product."""
    margin_cny: Number = 0.0
    """Price less material and other costs that grow with output, before energy."""
    mass_kg: Positive | None = None
    """Mass of one unit, for figures per tonne."""
    area_m2: Positive | None = None
    """Area of one unit, for figures per square metre."""
    energy_level: EnergyLevel | None = None
    """Benchmark and entry level to hold its specific energy against: a name of the catalogue, or written out."""
