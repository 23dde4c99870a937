"""What is left of a random time, given that so much of it has passed: by inversion, one uniform a draw."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, special

from models import distribution as d
from sim.inverse import invert


def residual(dist: d.Dist, age: float, u: float) -> float:
    """Return F^-1(F(age) + u (1 - F(age))) - age; 0 where nothing lies beyond ``age``.

    >>> round(residual(d.Exponential(exponential=10.0), 7.0, 0.5), 6) == round(10 * math.log(2), 6)
    True
    """
    if isinstance(dist, d.Weibull):  # closed, so that it holds far out in the tail (shape 1: exponential)
        scale, shape = dist.weibull.scale, dist.weibull.shape
        return float(scale * ((age / scale) ** shape - math.log1p(-u)) ** (1 / shape) - age)
    if isinstance(dist, d.Exponential):
        return float(-dist.exponential * math.log1p(-u))
    below = cdf(dist, age)
    if below >= 1.0:
        return 0.0
    return max(0.0, quantile(dist, below + u * (1.0 - below)) - age)


def quantile(dist: d.Dist, p: float) -> float:
    """Return the value below which a share ``p`` lies."""
    if not isinstance(dist, d.Mixture):
        return float(invert(dist, np.array([[p]]))[0])
    high = 1.0
    while cdf(dist, high) < p:
        high *= 2.0
    return float(optimize.brentq(lambda x: cdf(dist, x) - p, 0.0, high, xtol=1e-12, rtol=1e-14))


def cdf(dist: d.Dist, x: float) -> float:
    """Return the distribution function at ``x`` >= 0, of any family but a sum or a sequence."""
    if isinstance(dist, int | float):
        return float(x >= dist)
    if isinstance(dist, d.Mixture):
        total = sum(part.weight for part in dist.mixture)
        return math.fsum(part.weight * cdf(part.dist, x) for part in dist.mixture) / total
    return float(_CDF[type(dist)](dist, x))


def _triangular(dist: d.Triangular, x: float) -> float:
    low, mode, high = dist.triangular.low, dist.triangular.mode, dist.triangular.high
    if x <= low or x >= high:
        return float(x >= high)
    if x < mode:
        return (x - low) ** 2 / ((high - low) * (mode - low))
    return 1.0 - (high - x) ** 2 / ((high - low) * (high - mode))


def _uniform(dist: d.Uniform, x: float) -> float:
    low, high = dist.uniform.low, dist.uniform.high
    return float(x >= high) if high == low else min(1.0, max(0.0, (x - low) / (high - low)))


def _lognormal(dist: d.Lognormal, x: float) -> float:
    if dist.lognormal.cv == 0 or x <= 0:
        return float(x >= dist.lognormal.mean) if x > 0 else 0.0
    s2 = math.log1p(dist.lognormal.cv**2)
    return float(special.ndtr((math.log(x / dist.lognormal.mean) + s2 / 2) / math.sqrt(s2)))


def _normal(dist: d.Normal, x: float) -> float:
    mean, sd = dist.normal.mean, dist.normal.sd
    return float(x >= mean) if sd == 0 else float(special.ndtr((x - mean) / sd))


def _gamma(dist: d.Gamma, x: float) -> float:
    mean, cv = dist.gamma.mean, dist.gamma.cv
    return float(x >= mean) if cv == 0 else float(special.gammainc(1 / cv**2, x / (mean * cv**2)))


def _empirical(dist: d.Empirical, x: float) -> float:
    values = dist.empirical.values
    weights = dist.empirical.weights or (1.0,) * len(values)
    return sum(w for v, w in zip(values, weights, strict=True) if v <= x) / sum(weights)


_CDF: dict[type, Callable[[Any, float], float]] = {
    d.Exponential: lambda e, x: -math.expm1(-x / e.exponential),
    d.Erlang: lambda e, x: special.gammainc(e.erlang.stages, x * e.erlang.stages / e.erlang.mean),
    d.Gamma: _gamma,
    d.Weibull: lambda w, x: -math.expm1(-((x / w.weibull.scale) ** w.weibull.shape)),
    d.Lognormal: _lognormal,
    d.Normal: _normal,
    d.Uniform: _uniform,
    d.Triangular: _triangular,
    d.Empirical: _empirical,
}  # fmt: skip
