"""Where time and energy are counted: a machine's stays in its states, a line's electricity meter.

Energy is counted twice, independently: by state (hours times rate, per machine and carrier) and, for electricity,
by the quarter-hour meter of the line (power over time), which knows tariff bands and peaks. The two must agree.
"""

from datetime import datetime, timedelta

from models.energy import SLOTS_PER_DAY, Electricity
from models.equipment import STATES
from sim.reading import MeterReading

N_STATES = len(STATES)
STATE = {name: number for number, name in enumerate(STATES)}
WINDOW_S = 900.0
ELECTRICITY = "electricity_kwh"


class Meter:
    """Electricity of one line by quarter hours of the clock: bands, years, load profile, peak, demand charge.

    Reading (:meth:`flush`) changes nothing that is counted. Memory does not grow with the run, but for one number
    a calendar year.
    """

    def __init__(self, electricity: Electricity, start: datetime) -> None:
        tariff = electricity.tariff
        self.bands = list(tariff.bands) if tariff else ["flat"]
        self.prices = list(tariff.bands.values()) if tariff else [electricity.price_cny_per_kwh]
        self.demand_price = tariff.demand_cny_per_kw_month if tariff else 0.0
        self._table = tariff.table() if tariff else [[0] * SLOTS_PER_DAY for _ in range(12)]
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        self._day = midnight
        into_day = (start - midnight).total_seconds()
        self._slot = int(into_day // WINDOW_S)
        self._window_end = (self._slot + 1) * WINDOW_S - into_day
        self._row = self._table[self._day.month - 1]
        self.kw = 0.0
        self._since = 0.0
        self.reset()

    def reset(self) -> None:
        """Count from here on."""
        self.kwh_by_band = [0.0] * len(self.bands)
        self.kwh_by_slot = [0.0] * SLOTS_PER_DAY
        self.s_by_slot = [0.0] * SLOTS_PER_DAY
        self.highest_kw_by_slot = [0.0] * SLOTS_PER_DAY
        self.kwh_by_year: dict[int, float] = {}
        self.peak_kw = 0.0
        self.peak_at: datetime | None = None
        self._kws = self._booked_kws = 0.0  # of the window under way, and what of it is booked
        self._booked_until = self._month_since = self._since
        self._kwh_before_year = 0.0
        self._peaks_before = [0.0] * 12
        self._s_before = [0.0] * 12
        self._demand_before_cny = 0.0
        self._month_peak_kw = 0.0
        self._month_windows = 0

    # the hot path

    def shift(self, now: float, by_kw: float) -> None:
        """The line's power changes at ``now``."""
        if now >= self._window_end:
            self.roll(now)
        self._kws += self.kw * (now - self._since)
        self._since = now
        self.kw += by_kw

    def pulse(self, now: float, kwh: float) -> None:
        """Energy used at one moment (per part)."""
        if now >= self._window_end:
            self.roll(now)
        self._kws += kwh * 3600.0

    def roll(self, now: float) -> None:
        """Close the windows that ended up to ``now``."""
        while self._window_end <= now:
            self._kws += self.kw * (self._window_end - self._since)
            self._since = self._window_end
            self._close()
            self._window_end += WINDOW_S
            self._slot += 1
            if self._slot == SLOTS_PER_DAY:
                self._next_day()

    def flush(self, now: float, kw: float) -> None:
        """Bring the count up to ``now``; ``kw`` is the power then, free of rounding.

        A window under way is counted in its band, but makes no peak before it ends.
        """
        self.roll(now)
        self._kws += self.kw * (now - self._since)
        self._since = now
        self.kw = kw
        self._book()
        self._book_year(self._day.year)

    # windows, months, years

    def _book(self) -> None:
        """Count what the window under way has drawn since the last booking."""
        slot, kwh = self._slot, (self._kws - self._booked_kws) / 3600.0
        self.kwh_by_band[self._row[slot]] += kwh
        self.kwh_by_slot[slot] += kwh
        self.s_by_slot[slot] += self._since - self._booked_until
        self._booked_kws, self._booked_until = self._kws, self._since

    def _close(self) -> None:
        self._book()
        mean_kw = self._kws / WINDOW_S
        self._kws = self._booked_kws = 0.0
        self._month_windows += 1
        if mean_kw > self.highest_kw_by_slot[self._slot]:
            self.highest_kw_by_slot[self._slot] = mean_kw
        if mean_kw > self._month_peak_kw:
            self._month_peak_kw = mean_kw
            if mean_kw > self.peak_kw:
                self.peak_kw = mean_kw
                self.peak_at = self._day + timedelta(seconds=self._slot * WINDOW_S)

    def _next_day(self) -> None:
        self._slot = 0
        before = self._day
        self._day += timedelta(days=1)
        if self._day.month != before.month:
            self._end_month(before)
            self._row = self._table[self._day.month - 1]
            if self._day.year != before.year:
                self._book_year(before.year)

    def _end_month(self, last_day: datetime) -> None:
        month = last_day.month - 1
        self._peaks_before[month] = max(self._peaks_before[month], self._month_peak_kw)
        self._s_before[month] += self._since - self._month_since
        self._demand_before_cny += self._demand_of_month_cny(last_day)
        self._month_since = self._since
        self._month_peak_kw, self._month_windows = 0.0, 0

    def _demand_of_month_cny(self, day: datetime) -> float:
        """Return the charge for the month's peak so far; a part of a month pays its part."""
        days = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return self.demand_price * self._month_peak_kw * self._month_windows / (days.day * SLOTS_PER_DAY)

    def _book_year(self, year: int) -> None:
        total = sum(self.kwh_by_band)
        self.kwh_by_year[year] = self.kwh_by_year.get(year, 0.0) + total - self._kwh_before_year
        self._kwh_before_year = total

    # what was counted up to the last flush

    def read(self) -> MeterReading:
        """Return what was counted."""
        month = self._day.month - 1
        s_by_month = self._s_before.copy()
        s_by_month[month] += self._since - self._month_since
        peaks_kw = self._peaks_before.copy()
        peaks_kw[month] = max(peaks_kw[month], self._month_peak_kw)
        return MeterReading(
            bands=self.bands,
            prices=self.prices,
            table=self._table,
            kwh_by_band=self.kwh_by_band.copy(),
            kwh_by_slot=self.kwh_by_slot.copy(),
            s_by_slot=self.s_by_slot.copy(),
            highest_kw_by_slot=self.highest_kw_by_slot.copy(),
            kwh_by_year=self.kwh_by_year.copy(),
            s_by_month=s_by_month,
            peaks_kw=peaks_kw,
            peak_kw=self.peak_kw,
            peak_at=self.peak_at,
            demand_cny=self._demand_before_cny + self._demand_of_month_cny(self._day),
        )


class Stays:
    """One machine's time by state, and what each state used."""

    __slots__ = (
        "_era_s",
        "_kw",
        "_meter",
        "_rates",
        "amounts",
        "cost_cny",
        "cost_cny_per_h",
        "per_unit",
        "seconds",
        "since",
        "state",
    )

    def __init__(self, state: int, meter: Meter) -> None:
        self.state = state
        self.since = 0.0
        self.seconds = [0.0] * N_STATES
        self.amounts: dict[str, list[float]] = {}
        self.per_unit: dict[str, float] = {}
        self._era_s = [0.0] * N_STATES
        self._kw: tuple[float, ...] = (0.0,) * N_STATES
        self._rates: dict[str, tuple[float, ...]] = {}
        self._meter = meter
        self.cost_cny_per_h = 0.0
        self.cost_cny = 0.0

    def enter(self, state: int, now: float) -> None:
        """The machine goes over to ``state``."""
        old = self.state
        self._era_s[old] += now - self.since
        self.since = now
        self.state = state
        by_kw = self._kw[state] - self._kw[old]
        if by_kw:
            self._meter.shift(now, by_kw)

    def rerate(self, rates_per_h: dict[str, tuple[float, ...]], factor: float, now: float) -> None:
        """Other rates hold from ``now`` on (equipment renewed, or aged)."""
        self.flush(now)
        before = self.kw()
        self._rates = {c: tuple(r * factor for r in by_state) for c, by_state in rates_per_h.items()}
        self._kw = self._rates[ELECTRICITY]
        self._meter.shift(now, self.kw() - before)

    def kw(self) -> float:
        """Return the power drawn now."""
        return self._kw[self.state]

    def used(self, carrier: str, amount: float, now: float) -> None:
        """A part used so much of a carrier."""
        self.per_unit[carrier] = self.per_unit.get(carrier, 0.0) + amount
        if carrier == ELECTRICITY:
            self._meter.pulse(now, amount)

    def flush(self, now: float) -> None:
        """Book the time since the last flush: hours, and energy at the rates in force."""
        self._era_s[self.state] += now - self.since
        self.since = now
        era = self._era_s
        self.cost_cny += sum(era) / 3600.0 * self.cost_cny_per_h
        for carrier, rates in self._rates.items():
            amounts = self.amounts.setdefault(carrier, [0.0] * N_STATES)
            for state in range(N_STATES):
                if era[state]:
                    amounts[state] += era[state] / 3600.0 * rates[state]
        for state in range(N_STATES):
            self.seconds[state] += era[state]
            era[state] = 0.0

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self.flush(now)
        self.seconds = [0.0] * N_STATES
        self.amounts, self.per_unit = {}, {}
        self.cost_cny = 0.0
