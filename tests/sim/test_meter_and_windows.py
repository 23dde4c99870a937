"""The electricity meter, working windows and time-of-use tariffs against examples worked out by hand."""

from datetime import date, datetime

import pytest
from hand_tables import play, station

from models.calendar import Calendar, parse_shift
from models.energy import Electricity, Tariff
from sim.account import STATE, Meter, Stays

TARIFF = Tariff.model_validate(
    {
        "bands": {"flat": 0.6, "peak": 1.0},
        "hours": [{"band": "peak", "hours": ["08:00-12:00"], "months": [1]}],
        "demand_cny_per_kw_month": 30,
    }
)


def meter(start, tariff=TARIFF):
    return Meter(Electricity(tariff=tariff), datetime.fromisoformat(start))


def test_two_bands_and_the_peak_window():
    """From 07:45: 10 kW, 30 kW from 07:52:30, 6 kW from 08:10, nothing from 08:30.

    Windows: 07:45 mean 20 kW = 5 kWh flat; 08:00 (30 x 10 min + 6 x 5 min) = 5.5 kWh, mean 22 kW; 08:15 6 kW = 1.5 kWh.
    """
    m = meter("2026-01-05T07:45")
    for now, by in ((0, 10), (450, 20), (1500, -24), (2700, -6)):
        m.shift(now, by)
    m.flush(3600, 0.0)
    assert m.kwh_by_band == pytest.approx([5.0, 7.0])
    assert m.peak_kw == pytest.approx(22)
    assert m.read().cost_cny() == pytest.approx(5 * 0.6 + 7 * 1.0 + 30 * 22 * 4 / (31 * 96))


def test_demand_is_charged_month_by_month():
    """Half an hour of January at 10 kW, an hour of February at 12 kW; a part of a month pays its part."""
    m = meter("2026-01-31T23:30")
    m.shift(0, 10)
    m.shift(1800, 2)
    m.flush(5400, 12.0)
    assert m.read().demand_cny == pytest.approx(30 * (10 * 2 / (31 * 96) + 12 * 4 / (28 * 96)))
    assert m.peak_kw == pytest.approx(12)


def test_a_full_month_pays_its_peak_once():
    m = meter("2026-02-01T00:00")
    m.shift(0, 5)
    m.shift(86_400, 15)
    m.shift(86_400 + 900, -15)
    m.flush(28 * 86_400, 5.0)
    assert m.read().demand_cny == pytest.approx(30 * 20)


def test_peak_hours_hold_only_in_their_months():
    m = meter("2026-02-02T08:00")
    m.shift(0, 8)
    m.flush(3600, 8.0)
    assert m.kwh_by_band == pytest.approx([8, 0])


def test_energy_per_part_counts_in_the_window_of_its_moment():
    m = meter("2026-01-05T07:59")
    m.pulse(30, 2.0)
    m.pulse(60, 3.0)  # at 08:00 sharp: the next window
    m.flush(960, 0.0)
    assert m.kwh_by_band == pytest.approx([2, 3])
    assert m.peak_kw == pytest.approx(12)  # 3 kWh in a quarter of an hour


def test_a_window_under_way_at_the_end_counts_energy_but_no_peak():
    m = meter("2026-01-05T00:00")
    m.shift(0, 4)
    m.shift(900, 96)
    m.flush(1000, 100.0)
    assert m.kwh_by_band[0] == pytest.approx(1 + 100 * 100 / 3600)
    assert m.peak_kw == pytest.approx(4)


def test_reset_forgets_what_was_counted_but_not_the_power():
    m = meter("2026-01-05T00:00")
    m.shift(0, 4)
    m.flush(1800, 4.0)
    m.reset()
    m.flush(5400, 4.0)
    assert m.kwh_by_band[0] == pytest.approx(4)
    assert m.peak_kw == pytest.approx(4)


def test_one_price_without_a_tariff():
    m = Meter(Electricity(price_cny_per_kwh=0.5), datetime(2026, 1, 1))
    m.shift(0, 10)
    m.flush(7200, 10.0)
    assert m.read().cost_cny() == pytest.approx(10)


def test_later_tariff_entries_override_earlier_ones():
    tariff = Tariff.model_validate(
        {
            "bands": {"flat": 1, "peak": 2, "tip": 3},
            "hours": [
                {"band": "peak", "hours": ["08:00-12:00"]},
                {"band": "tip", "hours": ["10:00-11:00"], "months": [7, 8]},
            ],
        }
    )
    table = tariff.table()
    assert [table[6][hour * 4] for hour in (7, 8, 10, 11, 12)] == [0, 1, 2, 1, 0]
    assert [table[0][hour * 4] for hour in (7, 8, 10, 11, 12)] == [0, 1, 1, 1, 0]


def test_rates_that_change_within_a_stay_count_from_then_on():
    """1 h at 6 kW, then 2 h at 1.5 times the rate: 6 + 18 kWh, on both counts."""
    m = meter("2026-02-02T00:00", None)
    stays = Stays(STATE["processing"], m)
    rates = {"electricity_kwh": tuple(6.0 if n == STATE["processing"] else 1.0 for n in range(len(STATE)))}
    stays.rerate(rates, 1.0, 0.0)
    stays.rerate(rates, 1.5, 3600.0)
    stays.flush(10_800)
    m.flush(10_800, stays.kw())
    assert stays.amounts["electricity_kwh"][STATE["processing"]] == pytest.approx(24)
    assert m.kwh_by_band == pytest.approx([24])


def test_a_line_draws_its_power_by_state():
    """9 kW for 1 h of work, 3 kW for half an hour of waiting, twice: 21 kWh; peak 9 kW."""
    work = station("a", 1, power_kw={"processing": 9, "idle": 3})
    t = play(3, work, source={"interarrival_s": 5400, "first_s": 0})
    line = t.run.lines[0]
    line.flush(3 * 3600)
    assert sum(line.meter.kwh_by_band) == pytest.approx(21)
    assert line.meter.peak_kw == pytest.approx(9)


# working windows


def windows(shifts, start, hours, **fields):
    calendar = Calendar.model_validate({"shifts": shifts} | fields)
    found = calendar.windows(datetime.fromisoformat(start), hours * 3600.0)
    return [(opens / 3600, closes / 3600) for opens, closes in found]


def test_shifts_that_meet_are_one_window():
    assert windows(["mon-fri 08:00-16:00", "mon-fri 16:00-24:00"], "2026-01-05", 48) == [(8, 24), (32, 48)]


def test_midnight_stops_nothing():
    assert windows(["mon-sun 00:00-24:00"], "2026-01-05", 72) == [(0, 72)]


def test_overlapping_shifts_count_once():
    assert windows(["mon 06:00-14:00", "mon 12:00-20:00"], "2026-01-05", 24) == [(6, 20)]


def test_the_night_shift_of_the_day_before_runs_on():
    """Monday morning still belongs to Sunday's night shift."""
    assert windows(["mon-sun 22:00-06:00"], "2026-01-05", 24) == [(0, 6), (22, 24)]
    assert windows(["fri 22:00-06:00"], "2026-01-05", 168) == [(118, 126)]


def test_days_wrap_around_the_week():
    assert parse_shift("sat-mon 08:00-10:00")[0] == (0, 5, 6)
    assert windows(["sat-mon 08:00-10:00"], "2026-01-10T09:00", 60) == [(0, 1), (23, 25), (47, 49)]


def test_no_shift_starts_on_a_holiday_but_one_may_end_there():
    night = ["mon-sun 22:00-06:00"]
    assert windows(night, "2026-01-05", 72, holidays=[date(2026, 1, 6)]) == [(0, 6), (22, 30), (70, 72)]


@pytest.mark.parametrize("days", [1, 11, 52, 115])
def test_days_off_a_year_are_that_many(days):
    calendar = Calendar(shifts=("mon-sun 08:00-16:00",), holidays_d_per_y=days)
    assert calendar.open_s(datetime(2026, 1, 1), 0, 365 * 86_400) == (365 - days) * 8 * 3600


def test_round_the_clock_after_a_holiday_has_no_next_stop():
    """A line that never stops again must not search its calendar for ever."""
    always = {"calendar": {"shifts": ["mon-sun 00:00-24:00"], "holidays": ["2026-01-06"]}}
    t = play(60, station("a", 1), run={"start": "2026-01-05T00:00"}, **always)
    assert t.states("a") == [("processing", 0, 24), ("off_shift", 24, 48)]


def test_a_window_that_ends_with_the_run():
    assert windows(["mon-sun 08:00-16:00"], "2026-01-05T15:30", 1.25) == [(0, 0.5)]
