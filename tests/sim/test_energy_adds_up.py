"""On random plants: energy adds up over states, stations, bands, the load profile and the years, to 1e-9."""

import pytest
from conserved import Played, record_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_plants import plants

H = 3600.0
QUICK = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
EXACT = {"rel": 1e-9, "abs": 1e-9}
FACTORS = {2025: 0.7, 2027: 0.5}


def dated(plant, convention="equivalent"):
    """Return the plant with a grid factor by year."""
    more = {"grid_factor": FACTORS, "convention": convention}
    electricity = plant.energy.electricity.model_copy(
        update={**more, "grid_factor": type(plant.energy.electricity).model_validate(more).grid_factor}
    )
    return plant.model_copy(update={"energy": plant.energy.model_copy(update={"electricity": electricity})})


def check(plant, warm_up_h, until_h=190.3):
    """Whatever way the energy of a line is cut, the parts add up to the whole."""
    played = Played(plant, trace=False).play(warm_up_h)
    played.reset()
    for line in record_of(played.play(until_h))["lines"]:
        energy = line["energy"]
        total = energy["by_carrier"]
        kwh = total["electricity_kwh"]
        for carrier, by_state in energy["by_state"].items():
            assert sum(by_state.values()) == pytest.approx(total[carrier], **EXACT)
            by_station = sum(s["by_carrier"].get(carrier, 0.0) for s in line["stations"])
            assert by_station == pytest.approx(total[carrier], **EXACT)
        assert sum(energy["by_band_kwh"].values()) == pytest.approx(kwh, **EXACT)
        assert sum(y["kwh"] for y in energy["by_year"]) == pytest.approx(kwh, **EXACT)
        assert energy["mean_power_kw"] * (until_h - warm_up_h) == pytest.approx(kwh, **EXACT)
        check_sums(energy, plant.energy, total)
        assert max(energy["load_profile_highest_kw"]) == pytest.approx(energy["peak_kw"], **EXACT)
        assert max(energy["peak_kw_by_month"].values()) == pytest.approx(energy["peak_kw"], **EXACT)


def check_sums(energy, carriers, total):
    """Standard coal and CO2 are the sums over carriers, CO2 of electricity over years."""
    fuels = {c: a for c, a in total.items() if c != "electricity_kwh"}
    kwh = total["electricity_kwh"]
    kgce = sum(a * carriers.carrier(c).per_unit("kgce") for c, a in fuels.items())
    assert energy["tce_equivalent"] * 1000 == pytest.approx(kgce + 0.1229 * kwh, **EXACT)
    assert energy["tce_equal"] * 1000 == pytest.approx(kgce + 0.302 * kwh, **EXACT)
    co2 = sum(a * carriers.carrier(c).per_unit("co2_kg") for c, a in fuels.items())
    co2 += sum(y["kwh"] * FACTORS[2025 if y["year"] < 2027 else 2027] for y in energy["by_year"])
    assert energy["co2_t"] * 1000 == pytest.approx(co2, **EXACT)


@given(plant=plants(), warm_up_h=st.sampled_from([0.0, 33.3]))
@QUICK
def test_energy_adds_up_whatever_way_it_is_cut(plant, warm_up_h):
    check(dated(plant), warm_up_h)


@given(plant=plants(), moments=st.lists(st.floats(0.1, 99.0), max_size=6))
@QUICK
def test_the_load_profile_holds_the_same_energy_however_often_it_is_read(plant, moments):
    read, unread = (Played(plant, trace=False) for _ in range(2))
    for hours in (*sorted(moments), 100.0):
        read.play(hours).flushed()
    unread.play(100).flushed()
    for line, other in zip(read.run.lines, unread.run.lines, strict=True):
        for meter in (line.meter.read(), other.meter.read()):
            kwh = sum(meter.kwh_by_band)
            assert sum(meter.s_by_slot) == pytest.approx(100 * H, rel=1e-12)
            profile = zip(meter.profile_kw(), meter.s_by_slot, strict=True)
            assert sum(kw * s / H for kw, s in profile) == pytest.approx(kwh, **EXACT)
            assert sum(meter.kwh_by_year.values()) == pytest.approx(kwh, **EXACT)
        assert line.meter.peak_kw == pytest.approx(other.meter.peak_kw, **EXACT)
        assert line.meter.read().demand_cny == pytest.approx(other.meter.read().demand_cny, **EXACT)
