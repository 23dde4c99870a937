"""The heat of furnaces: rates and amounts by hand, and the balance they must keep."""

import pytest

from models.equipment import STATES
from models.heat import HEATING_VALUES, WALL_SHARE, Heat
from sim.heat import heat_use, wall_kw

GAS = {"carrier": "natural_gas_m3", "heating_value_mj_per_unit": 36.0, "efficiency": 0.5}
"""36 MJ/m3 = 10 kWh/m3, half of which arrives: 5 kWh a cubic metre."""


def test_the_load_takes_up_heat_by_mass():
    """600 kJ/kg x 3,000 kg = 500 kWh = 100 m3; spread over two hours inside: 50 m3/h."""
    use = heat_use(Heat(**GAS, load_kj_per_kg=600), {"billet": 3000.0})
    assert use.per_part == {"billet": pytest.approx(100)}
    assert use.part_per_h("billet", 7200) == pytest.approx(50)


def test_the_load_takes_up_heat_by_temperature():
    use = heat_use(Heat(**GAS, load_kj_per_kg_k=0.6, temperature_rise_k=1200), {"a": 100.0, "b": 50.0})
    assert use.per_part == {"a": pytest.approx(4), "b": pytest.approx(2)}  # 0.6 x 1200 x 100 / 3600 = 20 kWh


def test_heat_may_be_written_by_part_or_by_product():
    assert heat_use(Heat(**GAS, load_kwh_per_part=30), {"a": None, "b": None}).per_part == {"a": 6, "b": 6}
    assert heat_use(Heat(**GAS, load_kwh_per_part={"a": 30, "b": 10}), {"a": None, "b": None}).per_part["b"] == 2


def test_walls_by_state():
    heat = Heat(**GAS, load_kwh_per_part=0, wall_loss_kw=50, holding_share=0.6)
    rates = dict(zip(STATES, heat_use(heat, {}).wall_per_h, strict=True))
    hot = {"processing", "setup", "blocked", "starved", "waiting_crew", "heat_up"}
    assert all(rates[s] == pytest.approx(10) for s in hot)
    assert all(rates[s] == pytest.approx(6) for s in ("failed", "maintenance", "holding"))
    assert rates["off_shift"] == rates["installing"] == 0


def test_every_state_has_its_wall_loss():
    assert set(STATES) <= set(WALL_SHARE)


def test_openings_and_heat_up():
    heat = Heat(
        **GAS, load_kwh_per_part=0, opening_loss_kwh=10, heat_up_kwh={"from_hold": 100, "cold": 4800}
    )  # 20 m3 in 2 h, 960 m3 in 48 h
    use = heat_use(heat, {}, from_hold_s=7200, cold_s=48 * 3600)
    assert use.per_charge == pytest.approx(2)
    assert use.heat_up_from_hold_per_h == pytest.approx(10)
    assert use.heat_up_cold_per_h == pytest.approx(20)


def test_heat_up_energy_needs_time():
    heat = Heat(**GAS, load_kwh_per_part=0, heat_up_kwh={"cold": 1})
    with pytest.raises(ValueError, match="cold has no time"):
        heat_use(heat, {}, from_hold_s=7200)


def test_a_mass_that_is_missing_is_named():
    with pytest.raises(ValueError, match="'billet' has no mass_kg"):
        heat_use(Heat(**GAS, load_kj_per_kg=600), {"billet": None})


@pytest.mark.parametrize(("carrier", "kwh"), [("electricity_kwh", 1.0), ("natural_gas_m3", 35.588 / 3.6)])
def test_heating_values_where_none_is_written(carrier, kwh):
    assert Heat(carrier=carrier, load_kwh_per_part=0).kwh_per_unit == pytest.approx(kwh)


@pytest.mark.parametrize(("carrier", "kgce"), [("natural_gas_m3", 1.2143), ("coal_kg", 0.7143), ("steam_t", 128.6)])
def test_heating_values_agree_with_standard_coal(carrier, kgce):
    assert HEATING_VALUES[carrier].mj_per_unit == pytest.approx(kgce * 29.3076, rel=2e-3)


def test_the_balance_of_a_day():
    """A day of a furnace by hand: fuel x heating value x efficiency = load + walls + openings + heat-up.

    8 places, strokes of 15 min (2 h inside); 2 h of heat-up from hold, 12 h of work in which 40 parts of two
    masses are charged and leave, 1 h blocked, 1 h failed, 8 h of holding.
    """
    heat = Heat(**GAS, load_kj_per_kg=720, wall_loss_kw=60, holding_share=0.5, opening_loss_kwh=1.5,
                heat_up_kwh={"from_hold": 90})  # fmt: skip
    use = heat_use(heat, {"light": 100.0, "heavy": 250.0}, from_hold_s=7200)
    hours = {"heat_up": 2.0, "processing": 12.0, "blocked": 1.0, "failed": 1.0, "holding": 8.0}
    parts = {"light": 25, "heavy": 15}
    inside_h = 8 * 0.25
    fuel = sum(h * use.wall_per_h[STATES.index(s)] for s, h in hours.items())
    fuel += sum(n * use.part_per_h(product, inside_h * 3600) * inside_h for product, n in parts.items())
    fuel += 40 * use.per_charge + 2.0 * use.heat_up_from_hold_per_h
    load_kwh = (25 * 100 + 15 * 250) * 720 / 3600
    walls_kwh = 60 * (2 + 12 + 1) + 30 * (1 + 8)
    assert walls_kwh == sum(h * wall_kw(heat, s) for s, h in hours.items())
    assert fuel * 10.0 * 0.5 == pytest.approx(load_kwh + walls_kwh + 40 * 1.5 + 90, rel=1e-12)
