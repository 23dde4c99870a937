"""Working windows of a calendar, worked out as far as any replication has needed them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from models.calendar import Calendar
from sim.arrivals import FAR_S

AT_ONCE = 512
"""So many are handed to the engine together."""
INFINITE = float("inf")


class Windows:
    """The windows of one calendar from the start of the run on.

    >>> Windows(Calendar(shifts=("mon-sun 08:00-12:00",)), datetime(2026, 1, 5, 8)).rows(0)[:2].tolist()
    [[0.0, 14400.0], [86400.0, 100800.0]]
    """

    def __init__(self, calendar: Calendar, start: datetime) -> None:
        self._windows = calendar.windows(start, FAR_S)
        self._blocks: list[NDArray[np.float64]] = []

    def rows(self, block: int) -> NDArray[np.float64]:
        """Return the n-th block of windows, shape (windows, 2); behind the last one stands infinity."""
        while len(self._blocks) <= block:
            found = [next(self._windows, (INFINITE, INFINITE)) for _ in range(AT_ONCE)]
            self._blocks.append(np.array(found))
        return self._blocks[block]
