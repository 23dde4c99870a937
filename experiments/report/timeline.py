"""Where dates lie on an axis that counts periods."""

import re
from collections.abc import Sequence
from datetime import date

_LABEL = re.compile(r"(\d{4})(?:-(?:Q([1-4])|H([12])|(\d{2})))?")


def first_day(label: str) -> date | None:
    """Return the first day of a period, or None if its label says no date.

    >>> first_day("2026-Q2"), first_day("2026-H2").month, first_day("2026-11").month, first_day("first")
    (datetime.date(2026, 4, 1), 7, 11, None)
    """
    match = _LABEL.fullmatch(label)
    if match is None:
        return None
    year, quarter, half, month = (int(part) if part else None for part in match.groups())
    first = 3 * quarter - 2 if quarter else 6 * half - 5 if half else month or 1
    return date(year or 1, first, 1) if 1 <= first <= 12 else None


class Timeline:
    """An axis on which period number p covers p to p + 1."""

    def __init__(self, periods: Sequence[str]) -> None:
        self._periods = list(periods)
        starts = [first_day(label) for label in periods]
        self._starts = [day.toordinal() for day in starts if day is not None] if None not in starts else []

    def span(self, period: str, start: str, end: str) -> tuple[float, float]:
        """Return where an installation begins and ends; the whole period if labels or dates say no more.

        >>> Timeline(["2026-Q1", "2026-Q2"]).span("2026-Q2", "2026-04-01", "2026-05-16")
        (1.0, 1.5)
        """
        column = self._periods.index(period)
        try:
            days = [date.fromisoformat(text[:10]).toordinal() for text in (start, end)]
        except ValueError:
            days = []
        if not days or len(self._starts) < 2:
            return float(column), column + 1.0
        first, last = (self._place(day) for day in days)
        return first, last

    def _place(self, day: int) -> float:
        starts = [
            *self._starts,
            2 * self._starts[-1] - self._starts[-2],
        ]  # the last period is as long as the one before
        number = max((i for i, start in enumerate(starts[:-1]) if start <= day), default=0)
        share = (day - starts[number]) / (starts[number + 1] - starts[number])
        return min(max(number + share, 0.0), float(len(self._periods)))
