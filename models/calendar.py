"""When a line works: weekly shifts by clock time, and holidays.

A calendar is turned into working windows, in seconds since the start of the run. Shifts that
meet or overlap become one window, so that midnight stops nothing.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pydantic import field_validator

from models.base import Model, Places

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHIFT = re.compile(
    r"^(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*)\s+"
    r"(?P<h1>\d{1,2}):(?P<m1>\d{2})\s*-\s*(?P<h2>\d{1,2}):(?P<m2>\d{2})$"
)


def parse_shift(text: str) -> tuple[tuple[int, ...], int, int]:
    """Return weekdays (0 = Monday), start and length in seconds of one shift.

    A shift that ends before it starts runs into the next day.

    >>> parse_shift("fri-sat 22:00-06:00")
    ((4, 5), 79200, 28800)
    """
    match = _SHIFT.match(text.strip().lower())
    if match is None:
        raise ValueError(f"shift {text!r} is not written like 'mon-sat 08:00-16:00'")
    days: list[int] = []
    for span in match["days"].split(","):
        first, _, last = span.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"shift {text!r} names a day that is none of {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days += [d % 7 for d in range(begin, end + 1 if end >= begin else end + 8)]
    start, end = (int(match[f"h{i}"]) * 3600 + int(match[f"m{i}"]) * 60 for i in (1, 2))
    if start >= 86_400 or end > 86_400 or int(match["m1"]) > 59 or int(match["m2"]) > 59:
        raise ValueError(f"shift {text!r} has a time that is none of the day")
    length = end - start if end > start else end + 86_400 - start
    return tuple(sorted(set(days))), start, length


class Calendar(Model):
    """Weekly shifts and days off."""

    shifts: tuple[str, ...]
    """Working windows, ``mon-sat 08:00-16:00``; several days ``mon,wed,fri``."""
    holidays: tuple[date, ...] = ()
    """Days on which no shift starts."""
    holidays_d_per_y: Places = 0
    """Further days off a year, spread evenly over it (dates of public holidays move from year to year)."""

    @field_validator("shifts")
    @classmethod
    def _readable(cls, shifts: tuple[str, ...]) -> tuple[str, ...]:
        if not shifts:
            raise ValueError("no shift given; leave the calendar out for round-the-clock work")
        for text in shifts:
            parse_shift(text)
        return shifts

    def is_holiday(self, day: date) -> bool:
        """Return whether no shift starts on ``day``."""
        if day in self.holidays:
            return True
        n = self.holidays_d_per_y
        if n == 0:
            return False
        # The k-th day off is day floor((k + 1/2) * 365 / n) of the year, k = 0 .. n-1.
        of_year = day.timetuple().tm_yday - 1
        k = int((of_year + 1) * n / 365 - 0.5)
        return any(0 <= j < n and int((j + 0.5) * 365 / n) == of_year for j in (k - 1, k, k + 1))

    def windows(self, start: datetime, horizon_s: float) -> Iterator[tuple[float, float]]:
        """Yield the working windows (open_s, close_s) within the run, in order and apart.

        A calendar that never closes is one window; give it a finite horizon.
        """
        pending: tuple[float, float] | None = None
        for opens, closes in self._raw(start, horizon_s):
            if pending is not None and opens <= pending[1]:
                pending = pending[0], max(pending[1], closes)
                continue
            if pending is not None:
                yield pending
            pending = opens, closes
        if pending is not None:
            yield pending

    def _raw(self, start: datetime, horizon_s: float) -> Iterator[tuple[float, float]]:
        """Yield each shift by itself, cut to the run, in order of its start."""
        shifts = [parse_shift(text) for text in self.shifts]
        midnight = datetime.combine(start.date(), time()) - timedelta(days=1)  # last night's shift may run on
        offset_s = (midnight - start).total_seconds()
        while offset_s < horizon_s:
            if not self.is_holiday(midnight.date()):
                today = sorted((s, s + n) for days, s, n in shifts if midnight.weekday() in days)
                for opens, closes in today:
                    begin, end = max(0.0, offset_s + opens), min(horizon_s, offset_s + closes)
                    if begin < end:
                        yield begin, end
            midnight += timedelta(days=1)
            offset_s += 86_400.0

    def open_s(self, start: datetime, from_s: float, to_s: float) -> float:
        """Return the scheduled seconds between two moments of the run."""
        return sum(max(0.0, min(closes, to_s) - max(opens, from_s)) for opens, closes in self.windows(start, to_s))


def scheduled_s(calendar: Calendar | None, start: datetime, from_s: float, to_s: float) -> float:
    """Return the scheduled seconds between two moments; without a calendar all of them."""
    return to_s - from_s if calendar is None else calendar.open_s(start, from_s, to_s)
