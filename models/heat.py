"""Heat of a furnace: what the load takes up, what walls and openings lose, what the burner makes of its fuel.

Heat is counted where it arrives, in the furnace; the fuel is heat / efficiency / heating value. Balance, over any
time: fuel x heating value x efficiency = heat to the load + wall loss + openings + heat-up.
"""

from typing import Annotated, Literal, NamedTuple

from annotated_types import Gt, Le
from pydantic import model_validator

from models.base import Model, NonNegative, Number, Positive, Share

MJ_PER_KWH = 3.6


class HeatingValue(NamedTuple):
    """Net heating value of one unit of a carrier, with its origin."""

    mj_per_unit: float
    grade: str
    source: str


_ANNEX = "GB/T 2589-2020 reference value (recalled)"
HEATING_VALUES = {
    "electricity_kwh": HeatingValue(3.6, "A", "definition"),
    "natural_gas_m3": HeatingValue(35.588, "B", f"{_ANNEX}, 1.2143 kgce/m3; range 32.238-38.979 MJ/m3"),
    "coal_kg": HeatingValue(20.934, "B", f"{_ANNEX}, 0.7143 kgce/kg"),
    "steam_t": HeatingValue(3763.0, "B", f"{_ANNEX}, 0.1286 kgce/kg; heat above feedwater is about 2,763 MJ/t"),
}
"""Heating value where ``heating_value_mj_per_unit`` says nothing; compressed air heats nothing."""

WALL_SHARE = {
    **dict.fromkeys(
        ("processing", "overtime", "setup", "blocked", "starved", "waiting_crew", "start_up", "heat_up"), 1.0
    ),
    **dict.fromkeys(("failed", "maintenance", "standby", "holding"), None),  # at holding temperature
    **dict.fromkeys(("off", "off_shift", "installing"), 0.0),
}
"""Share of the wall loss by machine state: all of it at working temperature, ``holding_share``, none when cold."""


class HeatUpEnergy(Model):
    """Heat that brings a furnace back to its working temperature, in kWh, besides the wall loss meanwhile."""

    from_hold: NonNegative = 0.0
    """kWh after a stop in which it held its temperature."""
    cold: NonNegative = 0.0
    """kWh after it was off, and when it is commissioned."""


class Heat(Model):
    """How a furnace or a batch station uses heat; adds to what ``power_kw`` and ``use_per_h`` say."""

    carrier: Literal["electricity_kwh", "natural_gas_m3", "coal_kg", "steam_t"]
    """What it is heated with."""
    heating_value_mj_per_unit: Positive | None = None
    """Net, MJ per kWh, m3, kg or t of the carrier; default by carrier, see the page on energy."""
    efficiency: Annotated[Number, Gt(0), Le(1)] = 1.0
    """Share of the carrier's heat that arrives in the furnace (burner and flue gas; heating elements near 1)."""
    load_kj_per_kg: NonNegative | None = None
    """Heat that the load takes up, per kg; needs ``mass_kg`` of the products."""
    load_kj_per_kg_k: Positive | None = None
    """Or its mean specific heat,"""
    temperature_rise_k: NonNegative | None = None
    """with its rise of temperature."""
    load_kwh_per_part: NonNegative | dict[str, NonNegative] | None = None
    """Or the heat that one part takes up, the same for all or by product."""
    wall_loss_kw: NonNegative = 0.0
    """Through walls, cooling and conveyor at working temperature, load or not."""
    holding_share: Share = 1.0
    """Wall loss while holding, failed or in maintenance, as a share of ``wall_loss_kw``."""
    opening_loss_kwh: NonNegative = 0.0
    """Through the open door, at each charging (furnace: each part charged)."""
    heat_up_kwh: HeatUpEnergy = HeatUpEnergy()
    """Heat-up after stops, drawn evenly over ``heat_up_h``; the wall loss goes on beside it."""

    @model_validator(mode="after")
    def _one_load(self) -> "Heat":
        if (self.load_kj_per_kg_k is None) != (self.temperature_rise_k is None):
            raise ValueError("load_kj_per_kg_k and temperature_rise_k belong together")
        ways = (self.load_kj_per_kg, self.load_kj_per_kg_k, self.load_kwh_per_part)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "give exactly one of load_kj_per_kg, load_kj_per_kg_k with temperature_rise_k, load_kwh_per_part"
            )
        return self

    @property
    def by_mass(self) -> bool:
        """Return whether the load's heat follows from its mass."""
        return self.load_kwh_per_part is None

    @property
    def kwh_per_unit(self) -> float:
        """Return the heat that arrives in the furnace from one unit of the carrier, in kWh.

        >>> round(Heat(carrier="natural_gas_m3", efficiency=0.5, load_kj_per_kg=600).kwh_per_unit, 3)
        4.943
        """
        value = self.heating_value_mj_per_unit or HEATING_VALUES[self.carrier].mj_per_unit
        return value / MJ_PER_KWH * self.efficiency

    def load_kwh(self, product: str, mass_kg: float | None) -> float:
        """Return the heat that one part of a product takes up, in kWh.

        Raises:
            ValueError: It follows from the mass, and there is none.

        >>> Heat(carrier="coal_kg", load_kj_per_kg_k=0.6, temperature_rise_k=1200).load_kwh("billet", 500)
        100.0
        """
        if self.load_kwh_per_part is not None:
            given = self.load_kwh_per_part
            return given[product] if isinstance(given, dict) else given
        if mass_kg is None:
            raise ValueError(f"product {product!r} has no mass_kg, which its heat follows from")
        if self.load_kj_per_kg is not None:
            return mass_kg * self.load_kj_per_kg / 3600.0
        assert self.load_kj_per_kg_k is not None and self.temperature_rise_k is not None
        return mass_kg * self.load_kj_per_kg_k * self.temperature_rise_k / 3600.0
