"""Standard coal, CO2 by year, load profile and energy levels, each against an example worked out by hand."""

import math
from datetime import datetime

import pytest

from models.energy import Electricity
from models.plant import Plant
from sim.account import Meter
from sim.energy_kpis import settle
from sim.program import lower
from sim.simulate import Job, Settings, document, replicate, simulate

H = 3600.0
COAL = {"coal_kg": {"processing": 20}}


def works(energy=None, products=({"name": "p", "mass_kg": 500},), start="2026-01-01", **line):
    """One machine, a part every hour at 100 kW and 20 kg of coal an hour."""
    station = {"name": "kiln", "buffer": None, "cycle_time_s": 3600, "power_kw": {"processing": 100}, "use_per_h": COAL}
    tree = {
        "run": {"start": start},
        "energy": energy or {},
        "products": list(products),
        "lines": [{"name": "l", "source": "saturated", "stations": [station]} | line],
    }
    return Plant.model_validate(tree)


def energy_of(plant, hours=10, warm_up_h=0.0):
    return replicate(Job(lower(plant), 1, 0, hours * H, warm_up_h * H)).record["lines"][0]["energy"]


# standard coal


@pytest.mark.parametrize(("convention", "kgce_per_kwh"), [("equivalent", 0.1229), ("equal", 0.302)])
def test_standard_coal_by_either_convention(convention, kgce_per_kwh):
    """Ten hours: 1,000 kWh and 200 kg of coal."""
    found = energy_of(works({"electricity": {"convention": convention}}))
    assert found["tce"] == pytest.approx((1000 * kgce_per_kwh + 200 * 0.7143) / 1000)
    assert found["tce_convention"] == convention
    assert found["kgce_per_unit"] == pytest.approx(100 * kgce_per_kwh + 20 * 0.7143)
    assert found["tce_equivalent"] == pytest.approx(1.0 * 0.1229 + 0.2 * 0.7143)
    assert found["tce_equal"] == pytest.approx(1.0 * 0.302 + 0.2 * 0.7143)


def test_the_equal_value_may_be_dated():
    """4 h of 2025 at 0.31, 6 h of 2026 at 0.30."""
    electricity = {"convention": "equal", "equal_kgce_per_kwh": {2025: 0.31, 2026: 0.30}}
    found = energy_of(works({"electricity": electricity}, start="2025-12-31T20:00"))
    assert found["tce"] == pytest.approx((400 * 0.31 + 600 * 0.30 + 200 * 0.7143) / 1000)


# CO2 by year


def test_each_year_takes_its_own_grid_factor():
    """From 20:00 on New Year's Eve: 4 h of 2025 at 0.6, a year and 2 h on: 2026 at 0.5, 2027 at 0.4."""
    factors = {2025: 0.6, 2026: 0.5, 2027: 0.4}
    found = energy_of(works({"electricity": {"grid_factor": factors}}, start="2025-12-31T20:00"), 4 + 8760 + 2)
    assert [(y["year"], round(y["kwh"], 6), y["factor_year"]) for y in found["by_year"]] == [
        (2025, 400, 2025), (2026, 876_000, 2026), (2027, 200, 2027),
    ]  # fmt: skip
    fuel_kg = 8766 * 20 * 1.9003
    assert found["co2_t"] == pytest.approx((400 * 0.6 + 876_000 * 0.5 + 200 * 0.4 + fuel_kg) / 1000, rel=1e-12)


@pytest.mark.parametrize(("year", "of"), [(2020, 2021), (2021, 2021), (2023, 2022), (2026, 2026), (2030, 2026)])
def test_a_year_without_a_factor_takes_the_latest_earlier_one(year, of):
    electricity = Electricity(grid_factor={2021: 0.7, 2022: 0.65, 2026: 0.5})
    assert electricity.co2_year(year) == of
    assert electricity.per_unit("co2_kg", year) == {2021: 0.7, 2022: 0.65, 2026: 0.5}[of]


def test_one_number_holds_in_all_years():
    found = energy_of(works({"electricity": {"co2_kg_per_kwh": 0.58}}, start="2025-12-31T20:00"))
    assert [y["factor_year"] for y in found["by_year"]] == [None, None]
    assert found["co2_t"] == pytest.approx(1.0 * 0.58 + 0.2 * 1.9003)


def test_warm_up_does_not_count_in_a_year():
    found = energy_of(works(start="2025-12-31T20:00"), hours=10, warm_up_h=3)
    assert {y["year"]: round(y["kwh"], 9) for y in found["by_year"]} == {2025: 100, 2026: 600}


def test_periods_of_a_run_see_the_years_they_lie_in():
    """The ledger of two periods, one in each year: 4 h and 6 h."""
    plant = works({"electricity": {"grid_factor": {2025: 0.6, 2026: 0.5}}}, start="2025-12-31T20:00")
    outcome = replicate(Job(lower(plant), 1, 0, 10 * H, 0.0, (4 * H, 10 * H)))
    fuel_t_per_h = 20 * 1.9003 / 1000
    assert [period[0]["co2_t"] for period in outcome.periods] == pytest.approx(
        [0.4 * 0.6 + 4 * fuel_t_per_h, 0.6 * 0.5 + 6 * fuel_t_per_h]
    )


# load profile


def meter(start="2026-01-30T23:30"):
    """Four quarter hours of a day: 10, 20, then of the next day 30, 0 kW; then 4 kW for a day, up to 00:30."""
    m = Meter(Electricity(), datetime.fromisoformat(start))
    for now, by in ((0, 10), (900, 10), (1800, 10), (2700, -30), (3600, 4)):
        m.shift(now, by)
    return m


def test_the_load_profile_is_the_mean_of_the_days_counted():
    m = meter()
    m.flush(3600 + 86_400, 4.0)
    profile = m.read().profile_kw()
    assert profile[94:] == pytest.approx([(10 + 4) / 2, (20 + 4) / 2])
    assert profile[:3] == pytest.approx([(30 + 4) / 2, (0 + 4) / 2, 4])
    assert m.highest_kw_by_slot[94:] == pytest.approx([10, 20])
    assert m.highest_kw_by_slot[:3] == pytest.approx([30, 4, 4])


def test_a_quarter_hour_counted_in_part_weighs_its_part():
    """Counting begins at 00:05: ten minutes at 6 kW, and a day later a whole quarter hour at 3 kW."""
    m = Meter(Electricity(), datetime(2026, 1, 1))
    m.shift(0, 100)
    m.flush(300, 100.0)
    m.reset()
    m.shift(300, -94)
    m.shift(900, -3)
    m.flush(86_400 + 900, 3.0)
    assert m.read().profile_kw()[0] == pytest.approx((10 * 6 + 15 * 3) / 25)
    assert m.s_by_slot[:2] == [600 + 900, 900]


def test_the_peak_has_a_date_and_each_month_its_own():
    m = meter()
    m.flush(3600 + 86_400, 4.0)  # 2026-02-01 00:30
    assert (m.peak_kw, m.peak_at) == (30, datetime(2026, 1, 31, 0, 0))
    assert m.read().peaks_kw == [30, 4, *[0] * 10]


def test_reading_the_meter_changes_nothing():
    tariff = {"bands": {"flat": 1}, "demand_cny_per_kw_month": 30}

    def counted(reads):
        m = Meter(Electricity.model_validate({"tariff": tariff}), datetime(2026, 1, 31, 22, 7))
        for now, by in ((100, 20), (700, -13), (4000, 40), (9100, -44)):
            for read in [r for r in reads if r <= now]:
                m.flush(read, m.kw)
            reads = [r for r in reads if r > now]
            m.shift(now, by)
        m.flush(20_000, m.kw)
        r = m.read()
        return r.peak_kw, r.peak_at, r.demand_cny, r.peaks_kw, r.highest_kw_by_slot

    read, unread = counted([50, 650, 3000, 3999, 8000, 8123]), counted([])
    assert read[1] == unread[1]
    assert [read[0], read[2], *read[3], *read[4]] == pytest.approx([unread[0], unread[2], *unread[3], *unread[4]])


def test_the_band_shown_is_the_one_most_often_in_force():
    """Peak at noon only in February; 31 days of January against 28: flat. With a longer February side: peak."""
    tariff = {"bands": {"flat": 1, "peak": 2}, "hours": [{"band": "peak", "hours": ["12:00-12:15"], "months": [2]}]}
    electricity = Electricity.model_validate({"tariff": tariff})
    for start, band in (("2026-01-01", "flat"), ("2026-01-10", "peak")):
        m = Meter(electricity, datetime.fromisoformat(start))
        m.flush((datetime(2026, 3, 1) - datetime.fromisoformat(start)).total_seconds(), 0.0)
        assert m.read().usual_bands()[48] == band
        assert {*m.read().usual_bands()[:48], *m.read().usual_bands()[49:]} == {"flat"}


def test_a_document_tells_the_highest_peak_of_all_replications():
    jobs = [{"lines": [{"energy": {"peak_kw": kw, "peak_at": at, "levels": []}}]} for kw, at in ((3, "x"), (5, "y"))]
    lines = [{"energy": {"peak_kw": 4, "peak_at": "x", "levels": []}}]
    settle(lines, jobs)
    assert (lines[0]["energy"]["peak_highest_kw"], lines[0]["energy"]["peak_at"]) == (5, "y")


def test_the_document_carries_a_day_of_quarter_hours():
    stations = [{"name": "a", "buffer": None, "cycle_time_s": {"exponential": 900}, "power_kw": {"processing": 8}}]
    plant = works(calendar={"shifts": ["mon-sun 08:00-16:00"]}, stations=stations)
    found = simulate(plant, Settings(replications=2, horizon_h=48, workers=1))["lines"][0]["energy"]
    assert found["load_profile_kw"] == pytest.approx([0] * 32 + [8] * 32 + [0] * 32)
    assert found["load_profile_band"] == ["flat"] * 96
    assert found["peak_at"] == "2026-01-01 08:00"
    assert found["peak_kw_by_month"]["1"] == pytest.approx(8)


# levels


LEVEL = {"id": "x", "unit": "kgce/t", "benchmark_level": 50, "entry_level": 60, "grade": "B", "edition": "2023",
         "standard": "GB 1-2020", "grades": [45, 52, 60], "standard_grade": "A"}  # fmt: skip
KGCE_PER_H = 100 * 0.1229 + 20 * 0.7143


def level_of(level, *more, product=None, replications=2, energy=None, **line):
    first = {"name": "p", "mass_kg": 500, "energy_level": LEVEL | level} | (product or {})
    plant = works(energy, products=(first, *more), **line)
    found = simulate(plant, Settings(replications=replications, horizon_h=20, workers=1))
    return found["lines"][0]["energy"]["levels"][0]


def test_specific_energy_is_per_good_tonne():
    """26.576 kgce an hour for half a tonne: 53.15 kgce/t, at equivalent value whatever the convention."""
    found = level_of({}, energy={"electricity": {"convention": "equal"}})
    assert found["value"] == {"mean": pytest.approx(KGCE_PER_H / 0.5), "half_width": pytest.approx(0)}
    assert (found["standing"], found["standing_certain"], found["grade_reached"]) == ("between", True, 3)
    assert (found["benchmark_level"], found["entry_level"], found["edition"]) == (50, 60, "2023")
    assert (found["grade"], found["standard"], found["standard_grade"]) == ("B", "GB 1-2020", "A")


@pytest.mark.parametrize(
    ("level", "value"),
    [
        ({"unit": "kWh/t", "counts": "electricity"}, 200),
        ({"counts": "electricity"}, 200 * 0.1229),
        ({"counts": "coal"}, 40 * 0.7143),
        ({"unit": "kgce/weight case (50 kg)"}, KGCE_PER_H / 10),
        ({"unit": "kgce/ADt"}, KGCE_PER_H / 0.5),
    ],
)
def test_units_and_carriers_of_a_level(level, value):
    assert level_of(level)["value"]["mean"] == pytest.approx(value)


def test_a_level_by_area():
    found = level_of({"unit": "kgce/m2"}, product={"area_m2": 4})
    assert found["value"]["mean"] == pytest.approx(KGCE_PER_H / 4)


@pytest.mark.parametrize(
    ("benchmark", "entry", "standing"),
    [(54, 60, "better than benchmark"), (50, 60, "between"), (40, 53, "below entry"), (None, 60, "unknown")],
)
def test_where_it_stands(benchmark, entry, standing):
    assert level_of({"benchmark_level": benchmark, "entry_level": entry})["standing"] == standing


def test_a_line_of_several_products_shares_its_energy_by_tonne():
    """One of 500 kg, one of 300 kg in turn, an hour each."""
    found = level_of({}, {"name": "q", "mass_kg": 300}, mix={"sequence": ["p", "q"]})
    assert found["value"]["mean"] == pytest.approx(2 * KGCE_PER_H / 0.8)
    assert found["shared_by"] == 2


@pytest.mark.parametrize("replications", [1, 3])
def test_without_a_mass_nothing_is_said(replications):
    found = level_of({}, {"name": "q"}, mix={"sequence": ["p", "q"]}, replications=replications)
    assert (found["value"], found["standing"], found["grade_reached"]) == (None, "unknown", None)
    assert found["unknown_because"] == "no mass_kg for q"


def test_a_line_that_makes_nothing_good_has_no_specific_energy():
    found = level_of({}, stations=[{"name": "a", "buffer": None, "cycle_time_s": 1e6}])
    assert (found["value"], found["unknown_because"]) == (None, "no good part was made")


def test_a_standing_within_the_interval_is_not_certain():
    plant = works(products=({"name": "p", "mass_kg": 500, "energy_level": LEVEL | {"entry_level": 53.15}},))
    records = [replicate(Job(lower(plant), 1, 0, 20 * H)).record for _ in range(2)]
    for record, value in zip(records, (52.0, 54.0), strict=True):
        record["lines"][0]["energy"]["levels"][0]["value"] = value
    found = document(plant, Settings(replications=2), records)["lines"][0]["energy"]["levels"][0]
    assert (found["standing"], found["standing_certain"]) == ("between", False)
    assert math.isfinite(found["value"]["half_width"])
