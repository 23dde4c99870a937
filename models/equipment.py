"""What a machine does: times, stops, scrap, energy by state, ageing; and the option to renew it.

A machine's behaviour is layered: catalogue equipment, then the station, then the machine in a list,
then the option it was renewed with. A layer replaces a field as a whole; what it leaves out stays.
"""

from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from models.base import Count, Model, NonNegative, Number, Positive, Share
from models.distribution import ByProduct, Dist, FromTo
from models.energy import CARRIERS
from models.heat import Heat
from models.people import CrewNeeds
from models.stops import Failure, Maintenance

STATES = (
    "processing", "setup", "blocked", "starved", "standby", "start_up", "failed", "maintenance", "waiting_crew",
    "installing", "holding", "heat_up", "off", "overtime", "off_shift",
)  # fmt: skip
"""States of a machine. Outside scheduled time are ``off_shift``, ``overtime`` (a part is finished after the shift) and
a furnace's ``holding``; the others add up to it. ``off``: not yet switched on, see ``initial_state``."""
_RATE_OF = {"off_shift": "off", "installing": "off", "overtime": "processing"}
"""States that draw another state's power."""


class ByState(Model):
    """A rate by machine state: kW, or units of a carrier per hour (ISO 14955-1 states).

    ``blocked``, ``starved`` and ``setup`` (loading and waiting for people count as such) default to ``idle``;
    ``failed`` and ``maintenance`` to ``standby``; a furnace's ``idle`` to ``holding``; the rest to 0. What finishes
    after the shift draws ``processing``.
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
    start_up: NonNegative | None = None
    """Coming back from standby."""
    failed: NonNegative | None = None
    """Failed, until repaired."""
    maintenance: NonNegative | None = None
    """During planned maintenance."""
    holding: NonNegative | None = None
    """Furnace: hot, outside shifts."""
    heat_up: NonNegative | None = None
    """Furnace: winning back its temperature."""
    off: NonNegative | None = None
    """Outside shifts, during installation, and before it is first switched on."""

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
        own = {state: getattr(self, _RATE_OF.get(state, state), None) for state in STATES}
        return {state: fallback.get(state, 0.0) if rate is None else rate for state, rate in own.items()}


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


class Stage(Model):
    """One stage of commissioning."""

    for_d: Positive
    """Days of 24 h it lasts."""
    speed: Positive
    """Speed in it as a share of the full speed."""


class RampUp(Model):
    """Learning after commissioning: by units made, by days, or in stages."""

    stages: tuple[Stage, ...] | None = None
    """Stages that follow each other from commissioning on; then full speed."""
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
        if partly or by_time + (self.cycle_factor_by_unit is not None) + bool(self.stages) != 1:
            raise ValueError("give one of cycle_factor_by_unit, initial with time_constant_d, or stages")
        return self


class HeatUp(Model):
    """Hours of heat-up before a furnace works again."""

    from_hold: NonNegative = 0.0
    """After a stop in which it held its temperature."""
    cold: NonNegative = 0.0
    """After it was off, and when it is commissioned."""


class Inspect(Model):
    """Inspection of every part, when its work is done."""

    detects: Share = 1.0
    """Share of bad parts that is found."""
    bad_to: str = "scrap"
    """Where a part found bad goes: ``scrap``, or a station that mends it."""


class Standby(Model):
    """When a machine without work switches down, and how it comes back."""

    after_s: Dist
    """Time without a part after which it goes to standby."""
    wake_at_parts: Count = 1
    """It starts up when so many parts wait."""
    start_up_s: Dist = 0.0
    """Time to start up."""


class Behaviour(Model):
    """What a machine does; every field may be left to a lower layer."""

    cycle_time_s: ByProduct | None = None
    """Per part; per charge for ``batch``."""
    setup_time_s: FromTo | None = None
    """When the product changes: one time, or ``{from: {to: time}}``."""
    load_s: Dist | None = None
    """To put a part on the machine, before setup and work."""
    unload_s: Dist | None = None
    """To take it off, after the work."""
    scrap: Share | None = None
    """Share of bad parts; they leave here, or go on to the next inspection if there is one."""
    inspect: Inspect | None = None
    """Inspection when the work is done: of what was made here, and of what came in bad."""
    transfer_s: Dist | None = None
    """Time on the way to the next station, where the part already holds its place."""
    shift_end: Literal["resume", "finish", "fit"] | None = None
    """``resume`` (default): pause and go on with the next shift; ``finish``: a started part is finished, counted as
    overtime; ``fit``: only what ends within the shift is started."""
    no_start_within_s: NonNegative | None = None
    """No part is started so shortly before the end of a shift."""
    standby: Standby | None = None
    """Switching down without work; default never."""
    failures: tuple[Failure, ...] | None = None
    """Ways in which the machine stops by itself."""
    maintenance: tuple[Maintenance, ...] | None = None
    """Planned stops."""
    crew: CrewNeeds | None = None
    """People that setup, loading, work and repair need."""
    heads: Count | None = None
    """Positions that stop singly; the machine works at the share of heads running."""
    capacity: Count | None = None
    """``batch``: most parts in a charge; ``transport``: parts on a vehicle (default 1)."""
    min_load: Count | None = None
    """``batch``: fewest parts with which a charge starts."""
    max_wait_s: NonNegative | None = None
    """``batch``: after this wait of the oldest part a smaller charge starts."""
    travel_s: Dist | None = None
    """``transport``: time to the next station."""
    return_s: Dist | None = None
    """``transport``: time back, before the vehicle takes parts again."""
    pieces: Count | None = None
    """``split``: parts that one becomes; ``join``: parts of one lot that become one."""
    inputs: dict[str, Count] | None = None
    """``assembly``: parts taken together, ``{product: quantity}``; the first named gives the part number."""
    output: str | None = None
    """``assembly``, ``split``, ``join``: the product that comes out; default that of the (first) part."""
    places: Count | None = None
    """``furnace``, ``conveyor``: places inside."""
    pace_s: Positive | None = None
    """``furnace``, ``conveyor``: time of one stroke, by which all parts move one place."""
    charge_every: Count | None = None
    """``furnace``, ``conveyor``: fewest strokes between two charged parts."""
    gaps: bool | None = None
    """``furnace``, ``conveyor``: false = pusher, which moves only when a part is charged."""
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
    nc: bool | None = None
    """Under numerical control; none = does not count for the NC rate."""
    energy_standing: Literal["benchmark", "between", "below_entry"] | None = None
    """Where its energy use stands: at benchmark level 标杆水平, between, or below entry level 基准水平; none = does not
    count."""
    quantities: dict[str, Number] | None = None
    """Per machine in service: own quantities that targets add up."""

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

    model_config = ConfigDict(populate_by_name=True)
    name: str = Field(min_length=1)
    """Default: the name of the equipment."""
    equipment: str | None = None
    """Catalogue type; gives all behaviour that is not written here."""
    size: Positive | None = None
    """Of the catalogue equipment, in the unit that its type states: scales its price, power and use per hour, and its
    output where the size is a rate; default the size described."""
    amount_per_part: Positive | None = None
    """Units of the catalogue type (t, m2, ..) in one part: multiplies its use per part, and its cycle time where the
    size is a rate; default that of the station."""
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
    resale_book_cny: NonNegative = 0.0
    """Book value of the replaced machine at the start of the plan; what is left of it when sold lowers the tax."""
    resale_book_left_y: NonNegative = 0.0
    """Years from the start of the plan in which that is written off evenly."""
    special_equipment: bool = False
    """On the list of energy- and water-saving, environment or safety equipment: earns a ``tax_credit``."""
    retrofit_basis_cny: NonNegative | None = None
    """The option retrofits special equipment of this original tax basis: earns a ``retrofit_credit``."""
    from_: tuple[str, ...] | None = Field(default=None, alias="from")
    """What it may replace: options, or ``existing`` for the machine as it is; none = anything."""
    removes: bool = False
    """The machine is sold or scrapped and nothing takes its place; ``resale_cny`` is what it brings."""
    uses: dict[str, Number] = {}
    """Further resources, per machine, in the period of installation."""

    @model_validator(mode="after")
    def _one_credit(self) -> "Option":
        if self.special_equipment and self.retrofit_basis_cny is not None:
            raise ValueError("special_equipment or retrofit_basis_cny: one spending earns one credit")
        if self.resale_book_cny and not self.resale_book_left_y:
            raise ValueError("resale_book_cny asks for resale_book_left_y")
        if self.removes and self.capex_cny:
            raise ValueError("an option that removes the machine buys nothing; capex_cny is 0")
        return self
