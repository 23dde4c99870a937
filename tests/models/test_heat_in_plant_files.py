"""What a furnace's heat may say in a plant file."""

import pytest
from pydantic import ValidationError

from models.heat import Heat


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"load_kj_per_kg": 1, "load_kwh_per_part": 1},
        {"load_kj_per_kg_k": 1},
        {"temperature_rise_k": 1, "load_kwh_per_part": 1},
        {"load_kwh_per_part": 1, "efficiency": 0},
        {"load_kwh_per_part": 1, "efficiency": 1.1},
        {"load_kwh_per_part": 1, "holding_share": 1.1},
        {"load_kwh_per_part": 1, "wall_loss_kw": -1},
        {"load_kwh_per_part": {"a": -1}},
        {"load_kwh_per_part": 1, "carrier": "compressed_air_m3"},
    ],
)
def test_heat_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ValidationError):
        Heat.model_validate({"carrier": "natural_gas_m3"} | fields)


def test_a_heating_value_of_ones_own_counts():
    assert Heat(carrier="coal_kg", heating_value_mj_per_unit=18, load_kwh_per_part=0).kwh_per_unit == 5
