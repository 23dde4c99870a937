"""Every family of distribution against scipy: Kolmogorov-Smirnov and the mean.

Error rate: each test refuses below a p-value of 1e-4, or outside 4 standard errors (6e-5); the streams are fixed.
"""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from models.distribution import Dist, mean
from sim.inverse import width
from sim.streams import Stream, Streams, generator

READ = TypeAdapter(Dist).validate_python
N = 20_000


def lognormal(m, cv):
    s2 = math.log(1 + cv**2)
    return stats.lognorm(math.sqrt(s2), scale=m / math.sqrt(1 + cv**2))


CONTINUOUS = [
    ({"exponential": 3.0}, stats.expon(scale=3.0)),
    ({"erlang": {"mean": 6.0, "stages": 3}}, stats.gamma(3, scale=2.0)),
    ({"gamma": {"mean": 5.0, "cv": 0.7}}, stats.gamma(1 / 0.49, scale=5 * 0.49)),
    ({"weibull": {"scale": 4.0, "shape": 1.6}}, stats.weibull_min(1.6, scale=4.0)),
    ({"lognormal": {"mean": 3.0, "cv": 1.2}}, lognormal(3.0, 1.2)),
    ({"normal": {"mean": 50.0, "sd": 5.0}}, stats.norm(50, 5)),
    ({"uniform": {"low": 2.0, "high": 7.0}}, stats.uniform(2, 5)),
    ({"triangular": {"low": 1.0, "mode": 2.0, "high": 6.0}}, stats.triang(0.2, 1, 5)),
]


def draws(written, n=N, name="s"):
    stream = Stream(READ(written), generator(11, 0, name))
    return np.array([stream.draw() for _ in range(n)])


@pytest.mark.parametrize(("written", "exact"), CONTINUOUS, ids=lambda v: next(iter(v)) if isinstance(v, dict) else "")
def test_family_has_its_distribution_and_moments(written, exact):
    values = draws(written)
    assert stats.kstest(values, exact.cdf).pvalue > 1e-4
    assert mean(READ(written)) == pytest.approx(exact.mean(), rel=1e-12)
    assert abs(values.mean() - exact.mean()) < 4 * exact.std() / math.sqrt(N)
    assert values.std() == pytest.approx(exact.std(), rel=0.1)


def test_negative_normal_draws_become_zero():
    values = draws({"normal": {"mean": 1.0, "sd": 1.0}})
    below = stats.norm.cdf(-1)
    assert abs((values == 0).mean() - below) < 4 * math.sqrt(below * (1 - below) / N)
    assert mean(READ({"normal": {"mean": 1.0, "sd": 1.0}})) == pytest.approx(stats.norm.cdf(1) + stats.norm.pdf(1))


def test_empirical_values_come_by_weight():
    values = draws({"empirical": {"values": [2, 5, 9], "weights": [1, 3, 6]}})
    found = [(values == v).sum() for v in (2, 5, 9)]
    assert sum(found) == N
    assert stats.chisquare(found, [0.1 * N, 0.3 * N, 0.6 * N]).pvalue > 1e-4


def test_mixture_of_two_exponentials():
    written = {"mixture": [{"weight": 1, "dist": {"exponential": 1.0}}, {"weight": 3, "dist": {"exponential": 5.0}}]}
    values = draws(written)
    cdf = lambda x: 1 - 0.25 * np.exp(-x) - 0.75 * np.exp(-x / 5)  # noqa: E731
    assert stats.kstest(values, cdf).pvalue > 1e-4
    assert mean(READ(written)) == 4.0


def test_sum_of_a_constant_and_two_exponentials():
    written = {"sum": [10, {"exponential": 2.0}, {"exponential": 2.0}]}
    values = draws(written)
    assert stats.kstest(values, stats.gamma(2, loc=10, scale=2).cdf).pvalue > 1e-4
    assert mean(READ(written)) == 14.0


def test_successive_draws_are_independent():
    """Correlation of neighbours within 4 / sqrt(n)."""
    values = draws({"uniform": {"low": 0.0, "high": 1.0}})
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4 / math.sqrt(N)


def test_streams_of_different_names_and_replications_are_independent():
    one, two = draws({"exponential": 1.0}, name="a"), draws({"exponential": 1.0}, name="b")
    assert abs(np.corrcoef(one, two)[0, 1]) < 4 / math.sqrt(N)
    streams = [Streams(1, r).open(READ({"exponential": 1.0}), "p", "c") for r in (0, 1)]
    assert streams[0].draw() != streams[1].draw()


def test_degenerate_spread_gives_the_mean():
    for written in (
        {"gamma": {"mean": 3, "cv": 0}},
        {"lognormal": {"mean": 3, "cv": 0}},
        {"normal": {"mean": 3, "sd": 0}},
    ):
        assert set(draws(written, 50)) == {3.0}
    assert set(draws({"triangular": {"low": 2, "mode": 2, "high": 2}}, 50)) == {2.0}


def test_width_counts_the_uniforms_of_one_draw():
    assert width(READ(5)) == 0
    assert width(READ({"sum": [1, {"exponential": 1}, {"uniform": {"low": 0, "high": 1}}]})) == 2
    assert width(READ({"mixture": [{"weight": 1, "dist": 3}, {"weight": 1, "dist": {"exponential": 1}}]})) == 2
