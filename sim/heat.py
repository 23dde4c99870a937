"""What a furnace's heat asks of its carrier: rates by state, amounts by part, by charge, and for heat-up.

All amounts are in units of the carrier (kWh, m3, kg, t). Over any time the balance holds:
amounts x ``kwh_per_unit`` = heat to the load + wall loss + openings + heat-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.equipment import STATES
from models.heat import WALL_SHARE, Heat

H = 3600.0


@dataclass(frozen=True, slots=True)
class HeatUse:
    """The heat of one furnace as amounts of its carrier."""

    carrier: str
    kwh_per_unit: float
    """Heat that arrives in the furnace from one unit of the carrier."""
    wall_per_h: tuple[float, ...]
    """Amount per hour in each state, in the order of STATES; adds to the machine's rates."""
    per_part: dict[str, float]
    """Amount for one part, by product, drawn evenly while it is inside and the furnace works."""
    per_charge: float
    """Amount at each charging."""
    heat_up_from_hold_per_h: float
    """Amount per hour of heat-up after holding, besides the walls."""
    heat_up_cold_per_h: float
    """Amount per hour of heat-up from cold, besides the walls."""

    def part_per_h(self, product: str, inside_s: float) -> float:
        """Return the amount per hour of processing that one part inside draws.

        Args:
            product: Its product.
            inside_s: Working time from charge to discharge: places x pace of a furnace, cycle time of a batch; > 0.

        >>> use = heat_use(Heat(carrier="electricity_kwh", load_kwh_per_part=3), {"shaft": None})
        >>> use.part_per_h("shaft", 1800)
        6.0
        """
        return self.per_part[product] * H / inside_s


def heat_use(heat: Heat, mass_kg: Mapping[str, float | None], from_hold_s: float = 0.0, cold_s: float = 0.0) -> HeatUse:
    """Return the heat of one furnace as amounts of its carrier.

    Args:
        heat: As written in the plant file.
        mass_kg: Mass of one part by product, for all products that the line makes.
        from_hold_s: Length of a heat-up after holding.
        cold_s: Length of a heat-up from cold.

    Raises:
        ValueError: A mass is missing, or heat-up energy has no time in which to flow.
    """
    unit_kwh = heat.kwh_per_unit
    return HeatUse(
        carrier=heat.carrier,
        kwh_per_unit=unit_kwh,
        wall_per_h=tuple(wall_kw(heat, state) / unit_kwh for state in STATES),
        per_part={product: heat.load_kwh(product, mass) / unit_kwh for product, mass in mass_kg.items()},
        per_charge=heat.opening_loss_kwh / unit_kwh,
        heat_up_from_hold_per_h=_spread(heat.heat_up_kwh.from_hold / unit_kwh, from_hold_s, "from_hold"),
        heat_up_cold_per_h=_spread(heat.heat_up_kwh.cold / unit_kwh, cold_s, "cold"),
    )


def wall_kw(heat: Heat, state: str) -> float:
    """Return the wall loss in a state.

    >>> heat = Heat(carrier="electricity_kwh", load_kwh_per_part=0, wall_loss_kw=40, holding_share=0.75)
    >>> [wall_kw(heat, state) for state in ("processing", "holding", "off_shift")]
    [40.0, 30.0, 0.0]
    """
    share = WALL_SHARE[state]
    return heat.wall_loss_kw * (heat.holding_share if share is None else share)


def _spread(amount: float, seconds: float, which: str) -> float:
    """Return an amount as a rate per hour over the time in which it flows."""
    if not amount:
        return 0.0
    if seconds <= 0:
        raise ValueError(f"heat_up_kwh.{which} has no time to flow in: give heat_up_h.{which}")
    return amount / seconds * H
