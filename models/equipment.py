"""What a machine does: times, stops, scrap, energy by state, ageing; and the option to renew it.

A machine's behaviour is layered: catalogue equipment, then the station, then the machine in a list,
then the option it was renewed with. A layer replaces a field as a whole; what it leaves out stays.
"""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from models.base import Count, Model, NonNegative, Number, Positive, Share
from models.distribution import ByProduct, Dist, FromTo
from models.energy import CARRIERS
from models.heat import Heat

STATES = (
    "processing", "setup", "blocked", "starved", "failed", "maintenance", "waiting_crew",
    "installing", "holding", "heat_up", "off_shift",
)  # fmt: skip
"""States of a machine. ``off_shift`` is not scheduled time; the others add up to it."""


class ByState(Model):
    """A rate by machine state: kW, or units of a carrier per hour (ISO 14955-1 states).

    ``blocked``, ``starved`` and ``setup`` default to ``idle``; ``failed`` and ``maintenance`` to
    ``standby``; a furnace's ``idle`` to ``holding``; the rest to 0.
    """

    processing: NonNegative | None = None
    """While working on a part."""
    setup: NonNegative | None = None
    """While setting up."""
    idle: NonNegative | None = None
    """Ready and waiting."""
    blocked: NonNegative | None = None
    """Holding a finished part."""
    starved: NonNegative | None = None
    """Ready, no part."""
    standby: NonNegative | None = None
    """Switched down."""
    failed: NonNegative | None = None
    """Failed, until repaired."""
    maintenance: NonNegative | None = None
    """During planned maintenance."""
    holding: NonNegative | None = None
    """Furnace: hot, outside shifts."""
    heat_up: NonNegative | None = None
    """Furnace: winning back its temperature."""
    off: NonNegative | None = None
    """Outside shifts, and during installation."""

    def rates(self) -> dict[str, float]:
        """Return the rate in every state.

        >>> ByState(processing=9, idle=3).rates()["blocked"]
        3.0
        """
        holding = self.holding or 0.0
        idle = holding if self.idle is None else self.idle
        standby = self.standby or 0.0
        fallback = {
            "setup": idle, "blocked": idle, "starved": idle, "waiting_crew": idle,
            "failed": standby, "maintenance": standby,
        }  # fmt: skip
        own = {
            state: getattr(self, {"off_shift": "off", "installing": "off"}.get(state, state), None) for state in STATES
        }
        return {state: fallback.get(state, 0.0) if rate is None else rate for state, rate in own.items()}


class Failure(Model):
    """One way in which a machine stops by itself."""

    name: str = ""
    """Default: its number in the list, from 1."""
    scope: Literal["machine", "head"] = "machine"
    """``head``: stops one of the machine's heads (spindles), the rest run on."""
    clock: Literal["operating", "calendar"] = "operating"
    """``operating`` runs while processing; ``calendar`` always, from the end of this mode's last repair."""
    ttf_h: Dist
    """Time to failure on that clock."""
    ttr_h: Dist
    """Repair time once people are there."""
    crew: str | None = None
    """Crew that repairs; default the station's ``crew.repair``; without any, repair begins at once."""
    priority: Number = 0.0
    """Smaller is served first."""
    part: Literal["resume", "restart", "scrap"] = "resume"
    """What becomes of the part in work."""
    cost_cny: NonNegative = 0.0
    """Per event."""

    @model_validator(mode="after")
    def _head_clock(self) -> "Failure":
        if self.scope == "head" and (self.clock != "operating" or self.part != "resume"):
            raise ValueError("a failure of scope 'head' has clock 'operating' and part 'resume'")
        return self


class Maintenance(Model):
    """One planned stop; waits for the part in progress."""

    name: str = ""
    """Default: its number in the list, from 1."""
    every_h: Positive | None = None
    """Due after so many hours on ``clock`` since the last one ended."""
    every_units: Count | None = None
    """Or due after so many parts."""
    clock: Literal["operating", "calendar"] = "operating"
    """Clock of ``every_h``."""
    duration_h: Dist
    """Length once people are there."""
    crew: str | None = None
    """Crew that does it; none = begins at once."""
    priority: Number = 0.0
    """Smaller is served first."""
    cost_cny: NonNegative = 0.0
    """Per event."""

    @model_validator(mode="after")
    def _one_rule(self) -> "Maintenance":
        if (self.every_h is None) == (self.every_units is None):
            raise ValueError("give either every_h or every_units")
        return self


class Ageing(Model):
    """How a machine wears with its years in service, as growth on top of the values in the file.

    The file's values hold at the start of the run (for a new machine: when commissioned). With
    a = full years in service, o = ``onset_y`` and w = max(0, a - o): failure rate x exp(k w); repair time,
    cycle time and scrap x (1 + k w); energy x (1 + k a); each relative to its value at the start.
    """

    onset_y: NonNegative = 0.0
    """Years in service from which wear shows (half the design life)."""
    failure_rate_per_y: NonNegative = 0.0
    """k of the failure rate (exponential growth)."""
    repair_time_per_y: NonNegative = 0.0
    """k of the repair time."""
    cycle_time_per_y: NonNegative = 0.0
    """k of the cycle time."""
    scrap_per_y: NonNegative = 0.0
    """k of the scrap share."""
    energy_per_y: NonNegative = 0.0
    """k of the energy in every state."""


class RampUp(Model):
    """Learning after commissioning: by units made, or by days."""

    cycle_factor_by_unit: tuple[Positive, ...] | None = None
    """Cycle time of the n-th unit is multiplied by the n-th value; afterwards by 1."""
    initial: Positive | None = None
    """Speed right after commissioning as a share of the full speed."""
    time_constant_d: Positive | None = None
    """Speed is 1 - (1 - initial) * exp(-t / time_constant_d), t in days since commissioning."""

    @model_validator(mode="after")
    def _one_rule(self) -> "RampUp":
        by_time = self.initial is not None and self.time_constant_d is not None
        partly = (self.initial is None) != (self.time_constant_d is None)
        if partly or by_time == (self.cycle_factor_by_unit is not None):
            raise ValueError("give either cycle_factor_by_unit, or initial and time_constant_d")
        return self


class HeatUp(Model):
    """Hours of heat-up before a furnace works again."""

    from_hold: NonNegative = 0.0
    """After a stop in which it held its temperature."""
    cold: NonNegative = 0.0
    """After it was off, and when it is commissioned."""


class Crew(Model):
    """Who is needed for what; names of plant-level crews."""

    setup: str | None = None
    """Crew that sets up."""
    repair: str | None = None
    """Crew that repairs."""


class Behaviour(Model):
    """What a machine does; every field may be left to a lower layer."""

    cycle_time_s: ByProduct | None = None
    """Per part; per charge for ``batch``."""
    setup_time_s: FromTo | None = None
    """When the product changes: one time, or ``{from: {to: time}}``."""
    scrap: Share | None = None
    """Share of bad parts, found and removed at this station."""
    failures: tuple[Failure, ...] | None = None
    """Ways in which the machine stops by itself."""
    maintenance: tuple[Maintenance, ...] | None = None
    """Planned stops."""
    crew: Crew | None = None
    """Crews that setup and repair need."""
    heads: Count | None = None
    """Positions that stop singly; the machine works at the share of heads running."""
    capacity: Count | None = None
    """``batch``: most parts in a charge."""
    min_load: Count | None = None
    """``batch``: fewest parts with which a charge starts."""
    max_wait_s: NonNegative | None = None
    """``batch``: after this wait of the oldest part a smaller charge starts."""
    places: Count | None = None
    """``furnace``: places inside."""
    pace_s: Positive | None = None
    """``furnace``: time of one stroke, by which all parts move one place."""
    charge_every: Count | None = None
    """``furnace``: fewest strokes between two charged parts."""
    gaps: bool | None = None
    """``furnace``: false = pusher, which moves only when a part is charged."""
    hold_off_shift: bool | None = None
    """``furnace``: keeps its temperature outside shifts."""
    heat_up_h: HeatUp | None = None
    """``furnace``: hours of heat-up after stops."""
    heat: Heat | None = None
    """``furnace`` and ``batch``: heat of load, walls, openings, heat-up; adds to ``power_kw`` and ``use_per_h``."""
    power_kw: ByState | None = None
    """Electric power by state."""
    use_per_h: dict[str, ByState] | None = None
    """Other carriers by state, e.g. ``{natural_gas_m3: {processing: 31, holding: 12}}``."""
    use_per_unit: dict[str, NonNegative] | None = None
    """Per good part, by carrier."""
    ageing: Ageing | None = None
    """Growth of failures, times, scrap and energy with the years."""
    running_cost_cny_per_y: NonNegative | None = None
    """Per machine: attendance, tools, upkeep; without energy and repairs counted elsewhere."""

    @field_validator("use_per_h", "use_per_unit")
    @classmethod
    def _known_carriers(cls, uses: dict[str, object] | None) -> dict[str, object] | None:
        unknown = [key for key in uses or {} if key not in CARRIERS]
        if unknown:
            raise ValueError(f"unknown carrier {', '.join(unknown)}; known: {', '.join(CARRIERS)}")
        return uses


def layered(*layers: Behaviour) -> Behaviour:
    """Return one behaviour: each field from the last layer that gives it.

    >>> layered(Behaviour(scrap=0.02, heads=4), Option(name="new", capex_cny=1, scrap=0.01)).scrap
    0.01
    """
    given = {
        name: value
        for layer in layers
        for name in Behaviour.model_fields
        if (value := getattr(layer, name)) is not None
    }
    return Behaviour.model_construct(**given)


class Option(Behaviour):
    """Equipment a machine may be renewed with: what changes, its price and its installation."""

    name: str = Field(min_length=1)
    """Default: the name of the equipment."""
    equipment: str | None = None
    """Catalogue type; gives all behaviour that is not written here."""
    cycle_time_factor: Positive = 1.0
    """Multiplies the cycle time of the machine it replaces."""
    capex_cny: NonNegative
    """Price with installation, without VAT, per machine."""
    install_d: NonNegative = 0.0
    """Days of 24 h without production, from the planned moment or when the part in progress has left."""
    ramp_up: RampUp | None = None
    """Learning after commissioning."""
    service_life_y: Count = 10
    """For the residual value at the end of the plan (straight line)."""
    resale_cny: NonNegative = 0.0
    """What the replaced machine brings."""
    uses: dict[str, Number] = {}
    """Further resources, per machine, in the period of installation."""
