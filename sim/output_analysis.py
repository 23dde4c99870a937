"""What simulated numbers prove: intervals, warm-up, how many replications, and which system is best.

Every function takes plain arrays and returns a frozen result. Larger is better, systems and runs count from
0. A quantity that too little data leaves unknown is `math.inf`, never NaN, so it can be compared and sorted.
Choosing among systems (Bechhofer, Rinott, KN, OCBA) lives in `sim.selection` and is offered here as well.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from sim.selection import (
    CorrectSelection,
    KnConstants,
    Selection,
    bechhofer_h,
    kn_constants,
    kn_select,
    ocba_allocation,
    probability_correct_selection,
    rinott_h,
)

__all__ = [
    "BatchMeans",
    "CorrectSelection",
    "Interval",
    "KnConstants",
    "PairedInterval",
    "Selection",
    "Truncation",
    "batch_means",
    "bechhofer_h",
    "interval",
    "kn_constants",
    "kn_select",
    "mser",
    "ocba_allocation",
    "paired_interval",
    "probability_correct_selection",
    "replications_needed",
    "rinott_h",
]


@dataclass(frozen=True, slots=True)
class Interval:
    """Confidence interval `mean` +- `half_width` from `n` values, and their sample variance."""

    mean: float
    half_width: float
    variance: float
    n: int


@dataclass(frozen=True, slots=True)
class PairedInterval:
    """Confidence interval of after - before, and how much the pairing saved.

    `variance_ratio` is Var(after - before) / (Var before + Var after): 1 for independent runs, below 1 where
    common random numbers helped, above 1 where they harmed.
    """

    mean: float
    half_width: float
    variance: float
    n: int
    covariance: float
    variance_ratio: float


@dataclass(frozen=True, slots=True)
class BatchMeans:
    """Confidence interval of a steady-state mean from the means of `batch_size` successive observations."""

    mean: float
    half_width: float
    variance_of_batch_means: float
    batch_size: int


@dataclass(frozen=True, slots=True)
class Truncation:
    """How many observations to `delete` as warm-up, the least statistic, and the mean of the rest."""

    delete: int
    statistic: float
    mean: float


def interval(values: ArrayLike, level: float = 0.95, *, first: int | None = None) -> Interval:
    """Return the Student t confidence interval (n - 1 degrees of freedom) of the mean.

    One value shows nothing of the spread: variance and half-width are then `math.inf`.

    Args:
        values: One number per replication, independent of each other.
        level: Confidence, between 0 and 1.
        first: The variance is that of so many first values (`first` - 1 degrees of freedom). If n was chosen from
            that variance, only this interval keeps its level (Stein 1945); the variance of all n would be too small.

    Raises:
        ValueError: No value, a value that is no finite number, or a level outside (0, 1).

    >>> round(interval([1.0, 2.0, 3.0]).half_width, 3)
    2.484
    """
    data = _series(values, "values")
    n = len(data)
    seen = data if first is None else data[:first]
    if len(seen) < 2:
        _check_level(level)
        return Interval(float(data.mean()), math.inf, math.inf, n)
    variance = float(seen.var(ddof=1))
    return Interval(float(data.mean()), _half_width(variance, n, level, len(seen) - 1), variance, n)


def paired_interval(
    before: ArrayLike, after: ArrayLike, level: float = 0.95, *, first: int | None = None
) -> PairedInterval:
    """Return the confidence interval of the mean of after - before, pair by pair.

    A single pair leaves the interval unbounded, its covariance 0 and its ratio 1 (no saving shown); two
    constant series have ratio 1 too.

    Args:
        before: One number per replication.
        after: As many, the n-th from the same random streams as the n-th of `before`.
        level: Confidence, between 0 and 1.
        first: As in :func:`interval`.

    Raises:
        ValueError: Different lengths, no pair, a number that is not finite, or a level outside (0, 1).

    >>> paired_interval([1, 2, 3], [2, 4, 6]).variance_ratio
    0.2
    """
    old, new = _series(before, "before"), _series(after, "after")
    if len(old) != len(new):
        raise ValueError(f"before has {len(old)} values, after {len(new)}; pairs need as many of each")
    difference = interval(new - old, level, first=first)
    covariance, ratio = 0.0, 1.0
    if difference.n > 1:
        matrix = np.cov(old[:first], new[:first])
        covariance = float(matrix[0, 1])
        apart = float(matrix[0, 0] + matrix[1, 1])
        ratio = difference.variance / apart if apart > 0 else 1.0
    return PairedInterval(difference.mean, difference.half_width, difference.variance, difference.n, covariance, ratio)


def batch_means(series: ArrayLike, batches: int = 20, level: float = 0.95) -> BatchMeans:
    """Return the confidence interval of the mean of one long, correlated series.

    The series is cut into equal batches from its end; what is left over at the start is dropped. The batch
    means are taken as independent, which holds once a batch is much longer than the correlation.

    Args:
        series: Observations in order of time, warm-up already removed.
        batches: Number of batches, at least 2.
        level: Confidence, between 0 and 1.

    Raises:
        ValueError: Fewer observations than batches, fewer than 2 batches, or a number that is not finite.

    >>> result = batch_means([9, 1, 3, 2, 6], batches=2)
    >>> result.mean, result.variance_of_batch_means, result.batch_size
    (3.0, 2.0, 2)
    """
    data = _series(series, "series")
    if batches < 2:
        raise ValueError(f"batches is {batches}; must be at least 2")
    size = len(data) // batches
    if size == 0:
        raise ValueError(f"series has {len(data)} observations; {batches} batches need at least {batches}")
    means = data[len(data) - size * batches :].reshape(batches, size).mean(axis=1)
    of_means = interval(means, level)
    return BatchMeans(of_means.mean, of_means.half_width, of_means.variance, size)


def mser(series: ArrayLike, batch: int = 5, max_fraction: float = 0.5) -> Truncation:
    """Return the warm-up that the marginal standard error rule (MSER; MSER-5 by default) deletes.

    With Z the means of successive batches from the start (an incomplete last batch is left out), the rule
    deletes the first batches so that sum (Z - mean)^2 / k^2 over the k remaining ones is least; the shortest
    of equals. A result at `max_fraction` means that the series is too short to tell.

    Args:
        series: Observations in order of time, from the start of the run.
        batch: Observations per batch, at least 1.
        max_fraction: Largest share of the batches that may be deleted, 0 to 1.

    Raises:
        ValueError: The series is shorter than one batch, or an argument is out of range.

    >>> mser([100, 1, 2, 1, 2, 1, 2, 1], batch=1).delete
    1
    """
    data = _series(series, "series")
    if batch < 1 or not 0 <= max_fraction <= 1:
        raise ValueError(f"batch is {batch}, max_fraction {max_fraction}; must be >= 1 and from 0 to 1")
    count = len(data) // batch
    if count == 0:
        raise ValueError(f"series has {len(data)} observations; one batch needs {batch}")
    means = data[: count * batch].reshape(count, batch).mean(axis=1)
    most = min(math.floor(max_fraction * count + 1e-9), count - 1)
    least = Truncation(0, math.inf, 0.0)
    # Welford's update from the last batch to the first: one pass, and exactly 0 for a constant tail.
    mean, squares = 0.0, 0.0
    for kept, value in enumerate(means[::-1].tolist(), start=1):
        step = value - mean
        mean += step / kept
        squares += step * (value - mean)
        statistic = squares / kept**2
        if count - kept <= most and statistic <= least.statistic:
            least = Truncation((count - kept) * batch, statistic, mean)
    return least


def replications_needed(values: ArrayLike, relative: float, level: float = 0.95) -> int:
    """Return the least number of replications whose half-width is at most `relative` times the mean.

    Mean and variance of the pilot `values` are taken as they are; the Student quantile follows the number
    sought. The answer may be smaller than the pilot; it is at least 2.

    Args:
        values: Results of the pilot replications, at least 2.
        relative: Half-width wanted, as a share of abs(mean), above 0.
        level: Confidence, between 0 and 1.

    Raises:
        ValueError: Fewer than 2 values, `relative` not above 0, or a mean of 0.

    >>> replications_needed([9.0, 10.0, 11.0], relative=0.05)
    18
    """
    pilot = interval(values, level)
    if pilot.n < 2:
        raise ValueError("values has 1 entry; a variance needs at least 2")
    if not relative > 0:
        raise ValueError(f"relative is {relative}; must be above 0")
    if pilot.mean == 0 and pilot.variance > 0:
        raise ValueError("values have mean 0; no number of replications gives a relative half-width")
    wanted = relative * abs(pilot.mean)

    def enough(n: int) -> bool:
        return _half_width(pilot.variance, n, level) <= wanted

    high = 2
    while not enough(high):
        high *= 2
    low = high // 2  # not enough, or below the least allowed
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _half_width(variance: float, n: int, level: float, freedom: int | None = None) -> float:
    _check_level(level)
    return float(special.stdtrit(freedom or n - 1, (1 + level) / 2)) * math.sqrt(variance / n)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; must lie between 0 and 1")


def _series(values: ArrayLike, name: str) -> NDArray[np.float64]:
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or len(data) == 0:
        raise ValueError(f"{name} has shape {data.shape}; must be a list of at least one number")
    if not np.isfinite(data).all():
        raise ValueError(f"{name} holds {data[~np.isfinite(data)][0]}; every entry must be a finite number")
    return data
