"""Statistics that need no memory of the past: levels over time, and samples with quantiles."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


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


MOST_LEVELS = 4096
"""From here on values share one entry, so that memory stays bounded."""


class Levels(Level):
    """A count over time that also knows for how long it had each value.

    >>> level = Levels(); level.change(10.0, 2); level.shares(40.0)
    [0.25, 0.0, 0.75]
    """

    __slots__ = ("_times_s",)

    def __init__(self) -> None:
        super().__init__()
        self._times_s = [0.0]

    def change(self, now: float, by: int) -> None:
        """Change the level at ``now``."""
        lasted = now - self._since
        value = self.value
        if lasted > 0.0:  # several changes of one instant are one
            self._area += value * lasted
            self._since = now
            self._times_s[value if value < MOST_LEVELS else MOST_LEVELS] += lasted
        value += by
        self.value = value
        if value >= len(self._times_s):
            self._grow(value)

    def _grow(self, value: int) -> None:
        self._times_s += [0.0] * (min(value, MOST_LEVELS) + 1 - len(self._times_s))

    def seconds(self, now: float) -> list[float]:
        """Return the time at 0, 1, .. up to the highest value that lasted; empty before any time has passed."""
        times_s = self._times_s.copy()
        times_s[min(self.value, MOST_LEVELS)] += now - self._since
        while times_s and times_s[-1] == 0.0:
            times_s.pop()
        return times_s

    def shares(self, now: float) -> list[float]:
        """Return the same as shares of the time counted."""
        times_s = self.seconds(now)
        total_s = sum(times_s)
        return [time_s / total_s for time_s in times_s]

    def reset(self, now: float) -> None:
        """Count from ``now`` on."""
        super().reset(now)
        self._times_s = [0.0]
        self._grow(self.value)


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


BINS = 256
"""Bins of the histogram per doubling of the value: none is wider than 0.4 % of what it holds."""
BATCH = 1024
"""Values kept as they are before they are binned together, which takes a third of the time of one by one."""


class Sample:
    """Count, mean and quantiles of non-negative values; bounded memory.

    Quantiles are exact up to :data:`BATCH` values, then right to 0.4 %: each bin answers with the mean of its values.

    >>> sample = Sample(); sample.add(0.0); sample.add(3.0); sample.count, sample.mean(), sample.quantile(0.9)
    (2, 1.5, 3.0)
    """

    __slots__ = ("_binned", "_counts", "_kept", "_low", "_sums", "_total", "_zeros")

    def __init__(self) -> None:
        self._kept: list[float] = []
        self.reset()

    @classmethod
    def of(
        cls, kept: list[float], binned: int, zeros: int, total: float, low: int, counts: Counts, sums: Floats
    ) -> "Sample":
        """Return a sample as another engine has kept it.

        Args:
            kept: Values not binned yet, fewer than :data:`BATCH`.
            binned: How many are binned.
            zeros: How many of these are 0.
            total: Their sum.
            low: Key of the first bin.
            counts: Values by bin.
            sums: Sums by bin.
        """
        sample = cls()
        sample._kept, sample._binned, sample._zeros, sample._total = kept, binned, zeros, total
        sample._low, sample._counts, sample._sums = low, counts, sums
        return sample

    def reset(self) -> None:
        """Forget all values."""
        self._kept.clear()
        self._binned = self._zeros = 0
        self._total = 0.0
        self._low = 0  # key of the first bin
        self._counts = np.zeros(0, np.int64)
        self._sums = np.zeros(0)

    def add(self, value: float) -> None:
        """Count one value."""
        kept = self._kept
        kept.append(value)
        if len(kept) == BATCH:
            self._bin()

    def _bin(self) -> None:
        values = np.array(self._kept)
        self._kept.clear()
        self._binned += len(values)
        self._total += float(values.sum())
        values = values[values > 0.0]
        self._zeros = self._binned - int(self._counts.sum()) - len(values)
        if len(values):
            mantissa, exponent = np.frexp(values)
            keys = np.floor((exponent + 2.0 * mantissa) * BINS).astype(np.int64)  # 256 equal steps in each octave
            low, n = int(keys.min()), int(keys.max() - keys.min()) + 1
            self._put(low, np.bincount(keys - low, minlength=n), np.bincount(keys - low, values, n).astype(np.float64))

    def _put(self, low: int, counts: Counts, sums: Floats) -> None:
        """Count bins from key ``low`` on."""
        if not len(self._counts):
            self._low = low
        first = min(low, self._low)
        end = max(low + len(counts), self._low + len(self._counts))
        if end - first > len(self._counts):
            before, after = self._low - first, end - self._low - len(self._counts)
            self._low, self._counts = first, np.pad(self._counts, (before, after))
            self._sums = np.pad(self._sums, (before, after))
        here = slice(low - first, low - first + len(counts))
        self._counts[here] += counts
        self._sums[here] += sums

    def merge(self, other: "Sample") -> None:
        """Count all values of another sample too."""
        if len(self._kept) + len(other._kept) < BATCH:
            self._kept += other._kept
        else:
            for value in other._kept:
                self.add(value)
        self._binned += other._binned
        self._zeros += other._zeros
        self._total += other._total
        if len(other._counts):
            self._put(other._low, other._counts, other._sums)

    def copy(self) -> "Sample":
        """Return a sample of its own with the same values."""
        other = Sample.__new__(Sample)
        other._kept = self._kept.copy()
        other._binned, other._zeros, other._total, other._low = self._binned, self._zeros, self._total, self._low
        other._counts, other._sums = self._counts.copy(), self._sums.copy()
        return other

    @property
    def count(self) -> int:
        """How many values."""
        return self._binned + len(self._kept)

    @property
    def total(self) -> float:
        """Their sum."""
        return self._total + math.fsum(self._kept)

    @property
    def positive(self) -> int:
        """How many are above 0."""
        return self._binned - self._zeros + sum(value > 0.0 for value in self._kept)

    def mean(self) -> float:
        """Return the mean; 0 without values."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, p: float) -> float:
        """Return the least value that a share ``p`` does not exceed, right to 0.4 %; 0 without values."""
        rank = max(1, math.ceil(p * self.count - 1e-9))  # the hair: 0.07 * 100 is 7 and a hair
        if not self._binned:
            return sorted(self._kept)[rank - 1] if self._kept else 0.0
        self._bin()
        rank -= self._zeros
        if rank <= 0:
            return 0.0
        bin_ = int(np.searchsorted(np.cumsum(self._counts), rank))
        return float(self._sums[bin_] / self._counts[bin_])


def merged(samples: Iterable[Sample]) -> Sample:
    """Return one sample that holds all values of several."""
    total = Sample()
    for sample in samples:
        total.merge(sample)
    return total
