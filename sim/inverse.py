"""Distribution functions inverted: a value for every row of uniform numbers."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models import distribution as d

Array = NDArray[np.float64]


def width(dist: d.Dist) -> int:
    """Return how many uniforms one draw takes."""
    if isinstance(dist, int | float):
        return 0
    if isinstance(dist, d.Sum):
        return sum(width(part) for part in dist.sum)
    if isinstance(dist, d.Mixture):
        return 1 + sum(width(part.dist) for part in dist.mixture)
    return 1


def invert(dist: d.Dist, u: Array) -> Array:
    """Return one value per row of uniforms, by inversion of the distribution function.

    Args:
        dist: Any distribution but a sequence.
        u: Uniforms in [0, 1), shape (draws, ``width(dist)``).
    """
    if isinstance(dist, int | float):
        return np.full(len(u), float(dist))
    if isinstance(dist, d.Sum):
        return _sum(dist, u)
    if isinstance(dist, d.Mixture):
        return _mixture(dist, u)
    return _INVERSES[type(dist)](dist, u[:, 0])


def _sum(dist: d.Sum, u: Array) -> Array:
    total, at = np.zeros(len(u)), 0
    for part in dist.sum:
        w = width(part)
        total += invert(part, u[:, at : at + w])
        at += w
    return total


def _mixture(dist: d.Mixture, u: Array) -> Array:
    weights = np.cumsum([w.weight for w in dist.mixture])
    chosen = np.searchsorted(weights / weights[-1], u[:, 0], side="right")
    out, at = np.zeros(len(u)), 1
    for number, part in enumerate(dist.mixture):
        w = width(part.dist)
        rows = chosen == number
        out[rows] = invert(part.dist, u[rows, at : at + w])
        at += w
    return out


def _exponential(dist: d.Exponential, u: Array) -> Array:
    out: Array = -dist.exponential * np.log1p(-u)
    return out


def _erlang(dist: d.Erlang, u: Array) -> Array:
    from scipy.special import gammaincinv

    k = dist.erlang.stages
    out: Array = np.asarray(gammaincinv(k, u), dtype=np.float64) * (dist.erlang.mean / k)
    return out


def _gamma(dist: d.Gamma, u: Array) -> Array:
    from scipy.special import gammaincinv

    mean, cv = dist.gamma.mean, dist.gamma.cv
    if cv == 0:
        return np.full(len(u), mean)
    shape = 1 / cv**2
    out: Array = np.asarray(gammaincinv(shape, u), dtype=np.float64) * (mean / shape)
    return out


def _weibull(dist: d.Weibull, u: Array) -> Array:
    out: Array = dist.weibull.scale * (-np.log1p(-u)) ** (1 / dist.weibull.shape)
    return out


def _lognormal(dist: d.Lognormal, u: Array) -> Array:
    from scipy.special import ndtri

    if dist.lognormal.cv == 0:
        return np.full(len(u), dist.lognormal.mean)
    s2 = np.log1p(dist.lognormal.cv**2)
    out: Array = np.exp(np.log(dist.lognormal.mean) - s2 / 2 + np.sqrt(s2) * np.asarray(ndtri(u)))
    return out


def _normal(dist: d.Normal, u: Array) -> Array:
    from scipy.special import ndtri

    if dist.normal.sd == 0:
        return np.full(len(u), max(0.0, dist.normal.mean))
    out: Array = np.maximum(0.0, dist.normal.mean + dist.normal.sd * np.asarray(ndtri(u)))
    return out


def _uniform(dist: d.Uniform, u: Array) -> Array:
    return dist.uniform.low + (dist.uniform.high - dist.uniform.low) * u


def _triangular(dist: d.Triangular, u: Array) -> Array:
    low, mode, high = dist.triangular.low, dist.triangular.mode, dist.triangular.high
    if high == low:
        return np.full(len(u), low)
    cut = (mode - low) / (high - low)
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
    return np.where(u < cut, rising, falling)


def _empirical(dist: d.Empirical, u: Array) -> Array:
    values = np.asarray(dist.empirical.values, dtype=float)
    weights = np.cumsum(dist.empirical.weights or np.ones(len(values)))
    return values[np.searchsorted(weights / weights[-1], u, side="right")]


_INVERSES: dict[type, Callable[..., Array]] = {
    d.Exponential: _exponential, d.Erlang: _erlang, d.Gamma: _gamma, d.Weibull: _weibull,
    d.Lognormal: _lognormal, d.Normal: _normal, d.Uniform: _uniform, d.Triangular: _triangular,
    d.Empirical: _empirical,
}  # fmt: skip
