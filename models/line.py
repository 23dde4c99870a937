"""A line: where parts come from, in which mix, and the stations they pass."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from models.base import Count, Model, Number, Places, Positive
from models.calendar import Calendar
from models.equipment import Behaviour, Option
from models.levels import EnergyLevel
from models.source import SATURATED, Initial, Mix, Source

EXIT, SCRAP = "exit", "scrap"
KINDS = ("machine", "batch", "furnace", "conveyor", "assembly", "split", "join", "transport")
Kind = Literal["machine", "batch", "furnace", "conveyor", "assembly", "split", "join", "transport"]


class Machine(Behaviour):
    """One machine of a station by name; its fields override the station's."""

    name: str
    """Name of the machine."""


class InTurn(Model):
    """Where parts go one after the other."""

    sequence: tuple[str, ...] = Field(min_length=1)
    """Stations, ``exit`` or ``scrap``, in repeating order."""


Route = str | InTurn | dict[str, Number]
"""Where a part goes: a station, ``exit``, ``scrap``; several in turn; or shares ``{station: share}``."""
OwnKind = Annotated[str, Field(pattern=r"^.+\.py:[A-Za-z_]\w*$")]
"""A user's own station: a Python file and the class in it, ``polish.py:Polisher``."""


class Station(Behaviour):
    """Identical or similar machines in parallel behind one buffer."""

    name: str = Field(min_length=1)
    """Name of the station, once in its line."""
    kind: Kind | OwnKind = "machine"
    """``machine``: one part at a time; ``batch``: charges; ``furnace``, ``conveyor``: places that move on by strokes;
    ``assembly``: several parts into one; ``split``, ``join``: lots; ``transport``: vehicles; or a class of your own in
    a Python file, ``polish.py:Polisher``."""
    parameters: dict[str, Any] = {}
    """What a station of your own kind wants to know."""
    equipment: str | None = None
    """Catalogue type; gives all behaviour that is not written here."""
    size: Positive | None = None
    """Of the catalogue equipment, in the unit that its type states: scales its price, power and use per hour, and its
    output where the size is a rate; default the size described."""
    amount_per_part: Positive | None = None
    """Units of the catalogue type (t, m2, ..) in one part: multiplies its use per part, and its cycle time where the
    size is a rate; default 1."""
    in_service_since: int | None = Field(default=None, ge=1900, le=2200)
    """Year of commissioning; only ageing asks for it."""
    machines: Count | Annotated[tuple[Machine, ...], Field(min_length=1)] = 1
    """A count of equal machines, or a list of ``{name, ..}`` whose fields override the station's."""
    vehicles: Count | None = None
    """``transport``: how many there are; another word for ``machines``."""
    buffer: Places | dict[str, Places | None] | None
    """Places in front, machine places not counted; null = unlimited. ``assembly``: for each product, also
    ``{product: places}``."""
    queue: Literal["fifo", "lifo", "priority", "returns_first"] = "fifo"
    """Who is taken first: ``priority`` by product, smaller first, then first in; ``returns_first``: parts that are here
    again, then by priority."""
    choose_machine: Literal["longest_idle", "first_listed", "random"] = "longest_idle"
    """Which of several free machines takes the part."""
    one_lot_at_a_time: bool = False
    """Line clearance: buffer and machines hold parts of one lot only."""
    calendar: Calendar | None = None
    """Default: the line's calendar."""
    initial_state: Literal["idle", "standby", "off"] = "idle"
    """Of its machines at the start; ``standby`` and ``off`` go with ``standby``."""
    next: Route | dict[str, Route] | None = None
    """Default: the next station in the file. Also ``{product: route}``."""
    setup_initial: str | None = None
    """Product for which the machines are set up at the start; default: whatever comes first."""
    options: tuple[Option, ...] = ()
    """What its machines may be renewed with."""
    max_renewals: Places = 1
    """How often a machine may be renewed within a plan (2: retrofit, then replace)."""

    @model_validator(mode="after")
    def _words(self) -> "Station":
        if self.vehicles is not None and self.machines != 1:
            raise ValueError("give either vehicles or machines")
        if self.initial_state != "idle" and self.standby is None:
            raise ValueError(f"initial_state {self.initial_state!r} goes with standby")
        return self

    @property
    def count(self) -> int:
        """Return the number of machines."""
        return len(self.names)

    @property
    def listed(self) -> tuple[Machine, ...]:
        """Return the machines that are listed by name; none where they are only counted."""
        return () if isinstance(self.machines, int) else self.machines

    @property
    def names(self) -> tuple[str, ...]:
        """Return the machines' names: given, or numbers from 1."""
        if isinstance(self.machines, int):
            return tuple(str(n) for n in range(1, (self.vehicles or self.machines) + 1))
        return tuple(m.name for m in self.machines)


class Line(Model):
    """Stations in file order, a source, a mix of products."""

    name: str = Field(min_length=1)
    """Name of the line, once in the plant."""
    source: Literal["saturated"] | Source | Annotated[tuple[Source, ...], Field(min_length=1)]
    """Where parts come from: ``saturated``, a mapping, or a list of such."""
    mix: Mix | None = None
    """Default: the plant's first product."""
    blocking: Literal["after_service", "before_service"] = "after_service"
    """``before_service``: work begins only when a place behind is free, which is then kept for the part."""
    initial: tuple[Initial, ...] = ()
    """Parts that are there at the start; default an empty line."""
    calendar: Calendar | None = None
    """Default: the plant's calendar."""
    stations: tuple[Station, ...] = Field(min_length=1)
    """In the order of the flow; a part goes to the next in the file unless ``next`` says otherwise."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the sources written out."""
        if self.source == "saturated":
            return (SATURATED,)
        return self.source if isinstance(self.source, tuple) else (self.source,)

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
    priority: Number = 0.0
    """Smaller goes first where a station says ``queue: priority``."""
    margin_cny: Number = 0.0
    """Price less material and other costs that grow with output, before energy."""
    mass_kg: Positive | None = None
    """Mass of one unit, for figures per tonne."""
    area_m2: Positive | None = None
    """Area of one unit, for figures per square metre."""
    energy_level: EnergyLevel | None = None
    """Benchmark and entry level to hold its specific energy against: a name of the catalogue, or written out."""
