"""Which of several simulated systems is best, and how sure that is.

Larger is better; systems and runs count from 0. `delta` is the smallest difference worth finding
(indifference zone). The constants are solved from their integrals, for any k and p:

- Bechhofer (1954), known equal variance: integral of Phi(z + h)^(k-1) phi(z) dz = p.
- Rinott (1978), unknown variances from n0 first runs, v = n0 - 1, f the chi-square(v) density:
  integral of [integral of Phi(h / sqrt(v (1/x + 1/y))) f(x) dx]^(k-1) f(y) dy = p.
- KN (Kim and Nelson 2001), fully sequential, first runs of any correlation between systems.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Vector = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(256)
_TAIL = 1e-15  # probability left out at each end of an integral over a density


@dataclass(frozen=True, slots=True)
class KnConstants:
    """Constants of the KN procedure: sampling two systems goes on at most until r = `h2` S^2 / delta^2."""

    eta: float
    h2: float


@dataclass(frozen=True, slots=True)
class Selection:
    """The system chosen as `best`, and the others as (runs made by then, system) in the order they went."""

    best: int
    eliminations: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class CorrectSelection:
    """Probability that the best mean is seen as best, and the Bonferroni bound below it."""

    pcs: float
    lower_bound: float


def bechhofer_h(k: int, p: float) -> float:
    """Return h such that n = ceil((h sd / delta)^2) runs of each system find the best with probability p.

    Holds for normal results of known, equal standard deviation `sd` and a best mean ahead by `delta` or more.

    Args:
        k: Number of systems, at least 2.
        p: Probability of correct selection wanted, between 1/k (a blind guess) and 1.

    >>> round(bechhofer_h(4, 0.95), 4)
    2.9162
    """
    _check_probability(k, p)
    z, weight = _grid(-9.0, 9.0)
    weight = weight * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return _solve(lambda h: float(weight @ special.ndtr(z + h) ** (k - 1)), p)


def rinott_h(k: int, p: float, n0: int) -> float:
    """Return h such that n = max(n0, ceil((h S / delta)^2)) runs of each find the best with probability p.

    S is each system's own standard deviation over its `n0` first runs; results are normal and independent.

    Args:
        k: Number of systems, at least 2.
        p: Probability of correct selection wanted, between 1/k and 1.
        n0: First runs of each system, at least 2.

    >>> round(rinott_h(2, 0.90, 20), 3)
    1.896
    """
    _check_probability(k, p)
    freedom = _freedom(n0)
    # In root chi-square, c = sqrt(x), the density stays finite at 0 and 1/x + 1/y never divides by 0.
    low, high = math.sqrt(special.chdtri(freedom, 1 - _TAIL)), math.sqrt(special.chdtri(freedom, _TAIL))
    # Quadratic spacing puts more nodes at small c, where few first runs make the integrand steep.
    u, weight = _grid(0.0, 1.0)
    c, weight = low + (high - low) * u**2, weight * 2 * u * (high - low)
    log_density = (freedom - 1) * np.log(c) - c**2 / 2 - (freedom / 2 - 1) * math.log(2)
    weight = weight * np.exp(log_density - special.gammaln(freedom / 2))
    scale = np.outer(c, c) / np.sqrt(freedom * np.add.outer(c**2, c**2))
    return _solve(lambda h: float(weight @ (special.ndtr(h * scale) @ weight) ** (k - 1)), p)


def kn_constants(k: int, alpha: float, n0: int) -> KnConstants:
    """Return eta = ((2 alpha / (k-1))^(-2/(n0-1)) - 1) / 2 and h2 = 2 eta (n0-1).

    Args:
        k: Number of systems, at least 2.
        alpha: Allowed probability of a wrong selection, above 0 and below (k-1)/2.
        n0: First runs of each system, at least 2.

    >>> round(kn_constants(2, 0.05, 2).h2, 6)
    99.0
    """
    freedom = _freedom(n0)
    if k < 2:
        raise ValueError(f"k is {k}; a choice needs at least 2 systems")
    if not 0 < alpha < min(1.0, (k - 1) / 2):
        raise ValueError(f"alpha is {alpha}; must lie between 0 and {min(1.0, (k - 1) / 2)}")
    eta = ((2 * alpha / (k - 1)) ** (-2 / freedom) - 1) / 2
    return KnConstants(eta, 2 * eta * freedom)


def kn_select(
    data: ArrayLike | Callable[[int, int], float],
    delta: float,
    alpha: float = 0.05,
    n0: int = 10,
    *,
    systems: int | None = None,
) -> Selection:
    """Return the best system by the fully sequential KN procedure.

    All systems make `n0` runs; S^2[i, l] is the sample variance of their differences. At r = n0, n0+1, ..
    runs, system i goes when its sum is below that of another one still in by more than
    max(0, delta/2 * (h2 S^2/delta^2 - r)). The best is chosen with probability 1 - alpha if it leads by
    `delta`.
    Once every allowance is 0, sums that are exactly equal go to the system named first.

    Args:
        data: Results, one row per system, one column per run; or `sample(system, run)`, which is asked only
            for the runs the procedure needs. Equal runs of several systems may share random streams.
        delta: Smallest difference worth finding, above 0, in the unit of the results.
        alpha: Allowed probability of a wrong selection.
        n0: First runs of each system, at least 2.
        systems: Number of systems; needed with `sample`, read from the rows otherwise.

    Raises:
        ValueError: An argument is out of range, or the rows end before one system is left.

    >>> kn_select([[1.0, 1.2, 0.8], [3.0, 3.1, 3.2]], delta=1.0, n0=3)
    Selection(best=1, eliminations=[(3, 0)])
    """
    sample, count, available = _as_sample(data, systems)
    if not delta > 0:
        raise ValueError(f"delta is {delta}; must be above 0")
    h2 = kn_constants(count, alpha, n0).h2
    if available < n0:
        raise ValueError(f"data has {available} runs of each system; n0 = {n0} are needed to begin")
    first = np.array([[sample(system, run) for run in range(n0)] for system in range(count)])
    variance = np.array([[np.var(a - b, ddof=1) for b in first] for a in first])
    corner = h2 * variance / delta**2
    sums, alive, runs = first.sum(axis=1), list(range(count)), n0
    eliminations: list[tuple[int, int]] = []
    while True:
        allowance = np.maximum(0.0, delta / 2 * (corner - runs))
        gone = _losers(sums, allowance, alive)
        eliminations += [(runs, system) for system in gone]
        alive = [system for system in alive if system not in gone]
        if len(alive) == 1:
            return Selection(alive[0], eliminations)
        if runs >= available:
            raise ValueError(f"data ends after {runs} runs, systems {alive} left; give more runs or a larger delta")
        for system in alive:
            sums[system] += sample(system, runs)
        runs += 1


def _losers(sums: Vector, allowance: Vector, alive: list[int]) -> list[int]:
    """Return the systems that go now, each compared with all that were still in."""
    here = np.array(alive)
    behind = sums[here][None, :] - sums[here][:, None]  # [i, l]: by how much i lies behind l
    room = allowance[np.ix_(here, here)]
    gone = [system for system, goes in zip(alive, (behind > room).any(axis=1), strict=True) if goes]
    if not gone and not room.any() and not behind.any():
        gone = alive[1:]  # exact ties for good, as equal deterministic systems give
    return gone


def _as_sample(
    data: ArrayLike | Callable[[int, int], float], systems: int | None
) -> tuple[Callable[[int, int], float], int, float]:
    """Return the results as a function, the number of systems, and how many runs there are of each."""
    if callable(data):
        if systems is None:
            raise ValueError("systems is missing; a sample function does not tell how many systems there are")
        return data, systems, math.inf
    table = np.asarray(data, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"data has shape {table.shape}; must be one row per system, one column per run")
    if systems not in (None, len(table)):
        raise ValueError(f"systems is {systems}, but data has {len(table)} rows")
    if not np.isfinite(table).all():
        raise ValueError("data holds a value that is no finite number")
    return lambda system, run: float(table[system, run]), table.shape[0], table.shape[1]


def ocba_allocation(means: ArrayLike, variances: ArrayLike, total: float) -> Vector:
    """Return how many of `total` runs each system should get, as real numbers that add up to `total`.

    Optimal computing budget allocation (Chen and others 2000), d[i] the distance of system i from the best b:
    N[i] is in proportion to variance[i] / d[i]^2, N[b] = sd[b] * sqrt(sum of N[i]^2 / variance[i]).
    Systems that tie with the best share everything with it, the limit of the rule.

    Args:
        means: Mean of each system, at least 2.
        variances: Variance of one run of each, >= 0.
        total: Runs to share out, above 0.

    Raises:
        ValueError: Lengths differ, a number is out of range, or no system but the best has any variance.

    >>> ocba_allocation([3.0, 2.0, 1.0], [4.0, 4.0, 4.0], 90.0).round(2)
    array([40.67, 39.46,  9.87])
    """
    mean, variance = _vectors(means=means, variances=variances)
    if (variance < 0).any() or not total > 0:
        raise ValueError(f"variances {variance.tolist()} must be >= 0 and total {total} above 0")
    best = int(mean.argmax())
    others = np.arange(len(mean)) != best
    distance = mean[best] - mean
    tied = others & (distance == 0)
    inverse = tied.astype(np.float64)  # 1 / d^2, up to a factor
    if not tied.any():
        inverse[others] = (distance[others].min() / distance[others]) ** 2
    share = variance * inverse
    share[best] = math.sqrt(variance[best] * float(variance @ inverse**2))
    if not share.sum() > 0:
        raise ValueError("no system but the best has any variance; there is nothing to allocate runs by")
    return np.asarray(total * share / share.sum())


def probability_correct_selection(means: ArrayLike, sds: ArrayLike, n: ArrayLike) -> CorrectSelection:
    """Return the probability that the system with the largest true mean has the largest mean of n runs.

    The run means are independent and normal with standard deviation sd / sqrt(n). The best is the first of
    the largest `means`; `lower_bound` = 1 - sum over the others of the probability that each passes it.

    Args:
        means: True mean of each system, at least 2.
        sds: Standard deviation of one run of each, >= 0.
        n: Runs of each system, or one number for all, above 0.

    >>> round(probability_correct_selection([1.0, 0.0], [1.0, 1.0], 2).pcs, 4)
    0.8413
    """
    runs_each = np.asarray(n, dtype=np.float64)
    if runs_each.ndim == 0:
        runs_each = np.full(np.shape(means), float(runs_each))
    mean, sd, runs = _vectors(means=means, sds=sds, n=runs_each)
    if (sd < 0).any() or (runs <= 0).any():
        raise ValueError(f"sds {sd.tolist()} must be >= 0 and n {runs.tolist()} above 0")
    error = sd / np.sqrt(runs)
    best = int(mean.argmax())
    rest = np.arange(len(mean)) != best
    distance, spread = mean[best] - mean[rest], error[rest]
    passed = 1 - _ahead(distance, np.hypot(spread, error[best]))
    return CorrectSelection(_all_behind(distance, spread, float(error[best])), float(1 - passed.sum()))


def _all_behind(distance: Vector, spread: Vector, best: float) -> float:
    """Return E[product over i of Phi((distance[i] + best Z) / spread[i])], Z standard normal."""
    from scipy import integrate  # here, since the other functions start faster without it

    if best == 0:
        return float(_ahead(distance, spread).prod())

    def integrand(z: float) -> float:
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return density * float(_ahead(distance + best * z, spread).prod())

    # Where a rival hardly varies its factor is nearly a step: cut the range just there.
    cuts = sorted({-9.0, 9.0, *np.clip(-distance / best, -9.0, 9.0).tolist()})
    pieces = itertools.pairwise(cuts)
    return min(1.0, sum(integrate.quad(integrand, low, high, epsabs=1e-12)[0] for low, high in pieces))


def _ahead(distance: Vector, spread: Vector) -> Vector:
    """Return Phi(distance / spread); without spread a step that is 1 from distance 0 on."""
    moving = spread > 0
    step = np.where(distance >= 0, np.inf, -np.inf)
    return np.asarray(special.ndtr(np.divide(distance, spread, out=step, where=moving)))


def _solve(probability: Callable[[float], float], p: float) -> float:
    """Return h >= 0 with probability(h) = p, for a probability that grows with h."""
    from scipy import optimize  # here, since the other functions start faster without it

    high = 1.0
    while probability(high) < p:
        high *= 2
    return float(optimize.brentq(lambda h: probability(h) - p, 0.0, high, xtol=1e-12))


def _grid(low: float, high: float) -> tuple[Vector, Vector]:
    """Return nodes and weights of Gauss-Legendre integration from low to high."""
    half = (high - low) / 2
    return low + half * (_NODES + 1), half * _WEIGHTS


def _check_probability(k: int, p: float) -> None:
    if k < 2:
        raise ValueError(f"k is {k}; a choice needs at least 2 systems")
    if not 1 / k < p < 1:
        raise ValueError(f"p is {p}; must lie between 1/k = {1 / k:g} (a blind guess) and 1")


def _freedom(n0: int) -> int:
    if n0 < 2:
        raise ValueError(f"n0 is {n0}; a variance needs at least 2 runs")
    return n0 - 1


def _vectors(**named: ArrayLike) -> list[Vector]:
    """Return the arguments as vectors of one length of at least 2."""
    vectors = [np.asarray(values, dtype=np.float64) for values in named.values()]
    shapes = {vector.shape for vector in vectors}
    if len(shapes) > 1 or vectors[0].ndim != 1 or len(vectors[0]) < 2:
        sizes = ", ".join(f"{name} {vector.shape}" for name, vector in zip(named, vectors, strict=True))
        raise ValueError(f"shapes are {sizes}; each must hold one number per system, at least 2")
    if not all(np.isfinite(vector).all() for vector in vectors):
        raise ValueError(f"{', '.join(named)} must hold finite numbers only")
    return vectors
