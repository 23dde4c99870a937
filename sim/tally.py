"""Statistics that need no memory of the past: levels over time, and samples with quantiles."""

import math


class Level:
    """A count over time and its integral.

    >>> level = Level(); level.change(10.0, 2); level.area(15.0)
    10.0
    """

    __slots__ = ("_area", "_since", "value")

    def __init__(self) -> None:
        self.value = 0
        self._area = 0.0
        self._since = 0.0

    def change(self, now: float, by: int) -> None:
        """Change the level at ``now``."""
        self._area += self.value * (now - self._since)
        self._since = now
        self.value += by

    def area(self, now: float) -> float:
        """Return the integral up to ``now`` since the last reset."""
        return self._area + self.value * (now - self._since)

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self._area, self._since = 0.0, now


MOST_LEVELS = 1000
"""Values beyond this share one entry."""


class Levels:
    """A count over time, and how long it had each value.

    >>> level = Levels(); level.change(10.0, 2); level.seconds(15.0)
    [10.0, 0.0, 5.0]
    """

    __slots__ = ("_s", "_since", "value")

    def __init__(self) -> None:
        self.value = 0
        self._s = [0.0]
        self._since = 0.0

    def change(self, now: float, by: int) -> None:
        """Change the count at ``now``."""
        value = self.value
        self._s[value if value < MOST_LEVELS else -1] += now - self._since
        self._since = now
        self.value = value = value + by
        while value >= len(self._s) <= MOST_LEVELS:
            self._s.append(0.0)

    def seconds(self, now: float) -> list[float]:
        """Return the time at 0, 1, 2, .. up to ``now`` since the last reset."""
        self.change(now, 0)
        return self._s[: max((n for n, s in enumerate(self._s) if s > 0), default=0) + 1]

    def area(self, now: float) -> float:
        """Return the integral of the count since the last reset (values beyond the most count as that)."""
        return math.fsum(n * s for n, s in enumerate(self.seconds(now)))

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self._s = [0.0] * len(self._s)
        self._since = now


class Presence:
    """How many are there over time, counted when they leave: by how long each has been there.

    >>> there = Presence(); there.left(2.0, 5.0); there.area([4.0], 10.0)
    9.0
    """

    __slots__ = ("_from_s", "_stayed_s")

    def __init__(self) -> None:
        self._stayed_s = self._from_s = 0.0

    def left(self, entered_s: float, now: float) -> None:
        """One leaves that came in at ``entered_s``."""
        self._stayed_s += now - (entered_s if entered_s > self._from_s else self._from_s)

    def area(self, entered_s: list[float], now: float) -> float:
        """Return the integral of the number since the last reset; ``entered_s`` of those who are there now."""
        return self._stayed_s + sum(now - max(e, self._from_s) for e in entered_s)

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        self._stayed_s, self._from_s = 0.0, now


BINS_PER_E = 200
"""Bins of the histogram per factor e: a quantile is right to 0.5 %."""


class Sample:
    """Count, sum and (by a logarithmic histogram) quantiles of non-negative values."""

    __slots__ = ("_bins", "count", "positive", "total")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all values."""
        self.count = 0
        self.positive = 0
        self.total = 0.0
        self._bins: dict[int, int] = {}

    def add(self, value: float) -> None:
        """Count one value."""
        self.count += 1
        if value > 0.0:
            self.positive += 1
            self.total += value
            key = math.floor(math.log(value) * BINS_PER_E)
            self._bins[key] = self._bins.get(key, 0) + 1

    def merge(self, other: "Sample") -> None:
        """Count all values of another sample too."""
        self.count += other.count
        self.positive += other.positive
        self.total += other.total
        for key, n in other._bins.items():
            self._bins[key] = self._bins.get(key, 0) + n

    def mean(self) -> float:
        """Return the mean; 0 without values."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, p: float) -> float:
        """Return the value below which a share ``p`` lies, right to 0.5 %; 0 without values."""
        rank = p * self.count - (self.count - self.positive)
        if rank <= 0:
            return 0.0
        seen = 0
        for key in sorted(self._bins):
            seen += self._bins[key]
            if seen >= rank:
                return math.exp((key + 0.5) / BINS_PER_E)
        return 0.0
