"""Output analysis against hand calculation, printed tables, exact distributions and simulated error rates."""

import dataclasses
import doctest
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from sim import output_analysis, selection
from sim.output_analysis import (
    batch_means,
    bechhofer_h,
    interval,
    kn_constants,
    kn_select,
    mser,
    ocba_allocation,
    paired_interval,
    probability_correct_selection,
    replications_needed,
    rinott_h,
)


def accepted(hits, trials, rate, at_least=False):
    """Are so many hits what a true rate gives with probability 1 - 1e-6 (the stated error rate)?"""
    low, high = stats.binom.ppf([5e-7, 1 - 5e-7], trials, rate)
    return hits >= low and (at_least or hits <= high)


def test_examples_in_the_docstrings():
    assert doctest.testmod(output_analysis).failed == 0
    assert doctest.testmod(selection).failed == 0


def test_results_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        interval([1, 2]).mean = 3


# --- interval ---

# Two-sided 95 % points of Student's t as every printed table has them.
T_975 = {1: 12.706, 2: 4.303, 4: 2.776, 9: 2.262, 19: 2.093, 29: 2.045, 120: 1.980}


@pytest.mark.parametrize(("freedom", "quantile"), T_975.items())
def test_half_width_uses_the_printed_t_table(freedom, quantile):
    n = freedom + 1
    values = np.zeros(n)
    values[0] = math.sqrt(n)  # sample variance exactly 1
    result = interval(values)
    assert result.variance == pytest.approx(1)
    assert result.half_width * math.sqrt(n) == pytest.approx(quantile, abs=5.1e-4)


def test_interval_by_hand():
    result = interval([4, 8, 6, 2], level=0.90)  # deviations -1, 3, 1, -3; t(3, 0.95) = 2.353
    assert (result.mean, result.n) == (5, 4)
    assert result.variance == pytest.approx(20 / 3)
    assert result.half_width == pytest.approx(2.353 * math.sqrt(20 / 3 / 4), rel=3e-4)


def test_interval_of_one_value_is_unbounded_and_no_nan():
    result = interval([7.0])
    assert (result.mean, result.half_width, result.variance, result.n) == (7.0, math.inf, math.inf, 1)


@pytest.mark.parametrize("values", [[], [1, math.nan], [math.inf, 1], [[1, 2]]])
def test_interval_refuses(values):
    with pytest.raises(ValueError, match="values"):
        interval(values)


@pytest.mark.parametrize("level", [0, 1, 95])
@pytest.mark.parametrize("values", [[1], [1, 2]])
def test_a_level_is_a_share(level, values):
    with pytest.raises(ValueError, match="level"):
        interval(values, level)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_interval_covers_as_often_as_it_says(level):
    """Four normal values; exact coverage, so the share of hits must be binomial. Error rate 1e-6."""
    rng = np.random.default_rng(20260101)
    hits = sum(
        abs(result.mean - 3.0) <= result.half_width
        for result in (interval(row, level) for row in rng.normal(3.0, 2.0, (4000, 4)))
    )
    assert accepted(hits, 4000, level)


# --- paired interval ---


def test_paired_interval_by_hand():
    result = paired_interval([1, 2, 3, 6], [4, 4, 7, 9])
    # differences 3, 2, 4, 3: mean 3, variance 2/3; before: mean 3, variance 14/3; after: 6 and 18/3;
    # cross products (-2)(-2) + (-1)(-2) + 0 + 3 * 3 = 15
    assert (result.mean, result.n) == (3, 4)
    assert result.variance == pytest.approx(2 / 3)
    assert result.covariance == pytest.approx(15 / 3)
    assert result.variance_ratio == pytest.approx((2 / 3) / (14 / 3 + 18 / 3))
    assert result.half_width == pytest.approx(3.182 * math.sqrt(2 / 3 / 4), rel=3e-4)


def test_pairing_saves_twice_the_covariance():
    rng = np.random.default_rng(5)
    before, after = rng.normal(size=(2, 30))
    result = paired_interval(before, after + before)
    apart = interval(before).variance + interval(after + before).variance
    assert result.variance == pytest.approx(apart - 2 * result.covariance)
    assert result.variance_ratio == pytest.approx(1 - 2 * result.covariance / apart)


def test_pairs_without_spread():
    one = paired_interval([1], [3])
    assert (one.mean, one.half_width, one.covariance, one.variance_ratio) == (2, math.inf, 0, 1)
    constant = paired_interval([1, 1], [3, 3])
    assert (constant.half_width, constant.variance_ratio) == (0, 1)
    with pytest.raises(ValueError, match="before has 1 values, after 2"):
        paired_interval([1], [1, 2])


# --- batch means ---


def test_batch_means_by_hand():
    result = batch_means([100, 100, 1, 2, 3, 4, 5, 9], batches=3)  # 8 = 3 * 2 + 2: the first two go
    assert result.batch_size == 2
    assert result.mean == pytest.approx(4)  # batches 1.5, 3.5, 7
    assert result.variance_of_batch_means == pytest.approx((2.5**2 + 0.5**2 + 3**2) / 2)
    assert result.half_width == pytest.approx(4.303 * math.sqrt(result.variance_of_batch_means / 3), rel=2e-4)


def test_batch_means_refuses_short_series():
    with pytest.raises(ValueError, match="3 observations"):
        batch_means([1, 2, 3], batches=4)
    with pytest.raises(ValueError, match="at least 2"):
        batch_means([1, 2, 3], batches=1)


def test_batch_means_cover_where_single_values_do_not():
    """AR(1) with correlation 0.8, 400 runs: long batches keep the level, observations taken singly do not."""
    rng = np.random.default_rng(7)
    shocks = rng.normal(size=(400, 4000))
    series = np.empty_like(shocks)
    series[:, 0] = shocks[:, 0] / 0.6  # stationary from the first value: 1 / sqrt(1 - 0.8^2)
    for t in range(1, shocks.shape[1]):
        series[:, t] = 0.8 * series[:, t - 1] + shocks[:, t]
    batched = sum(abs(batch_means(row).mean) <= batch_means(row).half_width for row in series)
    singly = sum(abs(interval(row).mean) <= interval(row).half_width for row in series)
    assert accepted(batched, 400, 0.95)
    assert not accepted(singly, 400, 0.95)


# --- warm-up ---


def by_definition(series, batch, max_fraction):
    """MSER as the formula reads, each statistic worked out from scratch."""
    count = len(series) // batch
    z = [float(np.mean(series[i * batch : (i + 1) * batch])) for i in range(count)]
    statistics = []
    for cut in range(count):
        if cut <= max_fraction * count:
            rest = z[cut:]
            mean = sum(rest) / len(rest)
            statistics.append(sum((value - mean) ** 2 for value in rest) / len(rest) ** 2)
    least = min(statistics)
    cut = statistics.index(least)
    return cut * batch, least, float(np.mean(z[cut:]))


def test_mser_by_hand():
    # Z = 10, 2, 4, 2, 4. d = 0: mean 4.4, squares 43.2 / 25 = 1.728; d = 1: mean 3, squares 4 / 16 = 0.25;
    # d = 2: mean 10/3, squares 8/3 / 9 = 0.296. The last observation fills no batch.
    result = mser([11, 9, 2, 2, 4, 4, 2, 2, 4, 4, 99], batch=2)
    assert (result.delete, result.statistic, result.mean) == (2, pytest.approx(0.25), pytest.approx(3))


@pytest.mark.parametrize("seed", range(20))
def test_mser_follows_its_definition(seed):
    rng = np.random.default_rng(seed)
    n, batch = int(rng.integers(10, 120)), int(rng.integers(1, 7))
    series = rng.normal(size=n) + 5 * np.exp(-np.arange(n) / rng.uniform(1, 30))
    fraction = float(rng.choice([0.0, 0.3, 0.5, 1.0]))
    result = mser(series, batch, fraction)
    delete, statistic, mean = by_definition(series, batch, min(fraction, 1 - 1e-9))
    assert result.delete == delete
    assert result.statistic == pytest.approx(statistic, abs=1e-15)
    assert result.mean == pytest.approx(mean)


def test_mser_takes_the_first_minimum_and_keeps_within_its_share():
    assert mser([0.1] * 40).delete == 0  # all statistics are 0
    assert mser([5, 1, 1, 1, 1, 1], batch=1).delete == 1
    assert mser([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], batch=1, max_fraction=0.3).delete == 3
    assert mser([9, 1], batch=1, max_fraction=1.0).delete == 1  # the last batch always stays


@pytest.mark.parametrize("arguments", [{"batch": 0}, {"max_fraction": 1.1}, {"batch": 4}])
def test_mser_refuses(arguments):
    with pytest.raises(ValueError, match="batch"):
        mser([1, 2, 3], **arguments)


# --- number of replications ---


@pytest.mark.parametrize("relative", [0.5, 0.2, 0.1, 0.03, 0.01])
def test_replications_needed_is_the_least(relative):
    pilot = [8.0, 9.0, 10.0, 11.0, 12.0]
    sd, wanted = math.sqrt(2.5), 10 * relative
    least = next(n for n in range(2, 100_000) if stats.t.ppf(0.975, n - 1) * sd / math.sqrt(n) <= wanted)
    assert replications_needed(pilot, relative) == least


def test_replications_needed_at_the_edges():
    assert replications_needed([3, 3], 0.01) == 2
    assert replications_needed([-9, -11], 0.5) == replications_needed([9, 11], 0.5)
    for values, relative in (([1], 0.1), ([1, 2], 0), ([-1, 1], 0.1)):
        with pytest.raises(ValueError, match=r"values|relative"):
            replications_needed(values, relative)


# --- ranking and selection ---

# Bechhofer (1954), table I, as reprinted in Bechhofer, Santner and Goldsman (1995): k, P*, h.
BECHHOFER = [
    (2, 0.90, 1.8124), (2, 0.95, 2.3262), (2, 0.99, 3.2900), (3, 0.90, 2.2302), (3, 0.95, 2.7101),
    (3, 0.99, 3.6173), (4, 0.95, 2.9162), (5, 0.95, 3.0552), (10, 0.90, 2.9829), (10, 0.95, 3.4182),
]  # fmt: skip


@pytest.mark.parametrize(("k", "p", "h"), BECHHOFER)
def test_bechhofer_h_as_printed(k, p, h):
    assert bechhofer_h(k, p) == pytest.approx(h, abs=6e-5)


@pytest.mark.parametrize("p", [0.51, 0.9, 0.9999])
def test_bechhofer_h_of_two_systems_is_a_normal_quantile(p):
    assert bechhofer_h(2, p) == pytest.approx(math.sqrt(2) * stats.norm.ppf(p))


# Dudewicz and Dalal (1975) for two systems, where their constant and Rinott's agree; and values with which a
# port (KSL) of the program that comes with Bechhofer, Santner and Goldsman (1995) checks itself.
RINOTT = [(2, 0.90, 20, 1.896), (2, 0.95, 20, 2.453), (10, 0.975, 51, 4.045), (1000, 0.975, 51, 6.057)]


@pytest.mark.parametrize(("k", "p", "n0", "h"), RINOTT)
def test_rinott_h_as_printed(k, p, n0, h):
    assert rinott_h(k, p, n0) == pytest.approx(h, abs=1.1e-3)


@pytest.mark.parametrize("p", [0.6, 0.95, 0.999])
def test_rinott_h_from_two_runs_is_a_cauchy_quantile(p):
    # with one degree of freedom two t variables differ by twice a Cauchy variable
    assert rinott_h(2, p, 2) == pytest.approx(2 * math.tan(math.pi * (p - 0.5)), rel=1e-9)


def test_rinott_h_from_many_runs_has_the_known_variance_limit():
    limit = bechhofer_h(2, 0.95)
    assert rinott_h(2, 0.95, 100_000) == pytest.approx(limit, rel=1e-4)
    constants = [rinott_h(4, 0.95, n0) for n0 in (2, 3, 5, 10, 50)]
    assert constants == sorted(constants, reverse=True)


def test_rinott_h_solves_its_integral():
    k, p, n0 = 4, 0.95, 6
    h = rinott_h(k, p, n0)

    def density(x):  # chi-square with 5 degrees of freedom
        return x**1.5 * math.exp(-x / 2) / (3 * math.sqrt(2 * math.pi))

    def inner(y):
        def integrand(x):
            return special.ndtr(h / math.sqrt((n0 - 1) * (1 / x + 1 / y))) * density(x)

        return integrate.quad(integrand, 0, 80, epsabs=1e-8)[0]

    total = integrate.quad(lambda y: inner(y) ** (k - 1) * density(y), 0, 80, epsabs=1e-8)[0]
    assert total == pytest.approx(p, abs=1e-7)


@pytest.mark.parametrize(("k", "p"), [(1, 0.9), (4, 0.25), (2, 1.0)])
def test_constants_refuse(k, p):
    with pytest.raises(ValueError, match=r"must|needs"):
        bechhofer_h(k, p)
    with pytest.raises(ValueError, match=r"must|needs"):
        rinott_h(k, p, 10)
    with pytest.raises(ValueError, match="n0 is 1"):
        rinott_h(2, 0.9, 1)


def test_bechhofer_procedure_is_right_as_often_as_it_says():
    """Slippage configuration, where the probability is exactly p. Error rate 1e-6."""
    k, p, sd, delta = 4, 0.90, 2.0, 0.5
    n = math.ceil((bechhofer_h(k, p) * sd / delta) ** 2)
    exact = probability_correct_selection([delta, 0, 0, 0], [sd] * k, n).pcs
    assert p <= exact < p + 0.01
    rng = np.random.default_rng(11)
    means = rng.normal([delta, 0, 0, 0], sd / math.sqrt(n), (20_000, k))
    assert accepted(int((means.argmax(axis=1) == 0).sum()), 20_000, exact)


def test_rinott_procedure_is_right_at_least_as_often_as_it_says():
    """Unequal, unknown variances. Error rate 1e-6."""
    n0, delta, sd = 8, 1.0, np.array([1.0, 2.0, 3.0])
    h = rinott_h(3, 0.90, n0)
    rng = np.random.default_rng(12)
    hits = 0
    for _ in range(2000):
        first = rng.normal([delta, 0, 0], sd, (n0, 3))
        total = np.maximum(n0, np.ceil((h * first.std(axis=0, ddof=1) / delta) ** 2))
        later = rng.normal([delta, 0, 0], sd / np.sqrt(np.maximum(1, total - n0)))
        hits += ((first.sum(axis=0) + (total - n0) * later) / total).argmax() == 0
    assert accepted(hits, 2000, 0.90, at_least=True)


def test_kn_constants_by_hand():
    # k = 5, alpha = 0.05, n0 = 10: (2 * 0.05 / 4) ^ (-2 / 9) = 0.025 ^ (-0.2222) = 2.26994
    constants = kn_constants(5, 0.05, 10)
    assert constants.eta == pytest.approx(0.63497, abs=1e-5)
    assert constants.h2 == pytest.approx(18 * constants.eta)
    with pytest.raises(ValueError, match="alpha is 0"):
        kn_constants(2, 0.0, 10)
    with pytest.raises(ValueError, match="k is 1"):
        kn_constants(1, 0.05, 10)


def kn_by_definition(data, delta, alpha, n0):
    """The rule, read aloud: plain loops over lists."""
    k = len(data)
    h2 = ((2 * alpha / (k - 1)) ** (-2 / (n0 - 1)) - 1) * (n0 - 1)
    alive, gone = list(range(k)), []
    for r in range(n0, len(data[0]) + 1):
        leaving = []
        for i in alive:
            for other in alive:
                difference = [a - b for a, b in zip(data[i][:n0], data[other][:n0], strict=True)]
                s2 = np.var(difference, ddof=1)
                room = max(0.0, delta / 2 * (h2 * s2 / delta**2 - r))
                if i != other and sum(data[other][:r]) - sum(data[i][:r]) > room:
                    leaving.append(i)
                    break
        gone += [(r, i) for i in leaving]
        alive = [i for i in alive if i not in leaving]
        if len(alive) == 1:
            return alive[0], gone
    raise AssertionError("more runs needed")


@pytest.mark.parametrize("seed", range(12))
def test_kn_select_follows_its_rule(seed):
    rng = np.random.default_rng(seed)
    k, n0 = int(rng.integers(2, 6)), int(rng.integers(3, 12))
    data = rng.normal(rng.uniform(0, 1, k)[:, None], 1.0, (k, 1500))
    result = kn_select(data, delta=0.3, alpha=0.1, n0=n0)
    assert (result.best, result.eliminations) == kn_by_definition(data.tolist(), 0.3, 0.1, n0)


def test_kn_select_asks_only_for_the_runs_it_needs():
    rng = np.random.default_rng(3)
    data = rng.normal([[0.0], [0.2], [1.0]], 1.0, (3, 2000))
    asked = []

    def sample(system, run):
        asked.append((system, run))
        return float(data[system, run])

    result = kn_select(sample, 0.3, n0=10, systems=3)
    assert result == kn_select(data, 0.3, n0=10)
    last = {system: runs for runs, system in result.eliminations}
    last[result.best] = result.eliminations[-1][0]
    assert len(asked) == len(set(asked)) == sum(last.values())


def test_kn_select_by_hand():
    # n0 = 2, alpha = 0.25, k = 2: h2 = (0.5^-2 - 1) = 3. First differences 1 and 3: S^2 = 2.
    # Room at r runs with delta = 1: (6 - r) / 2 = 2, 1.5, 1; sums differ by 4 at once.
    assert kn_select([[0, 0], [1, 3]], 1.0, alpha=0.25, n0=2).eliminations == [(2, 0)]
    # Differences 1, -1 (S^2 = 2), then 1, 0.5: sums differ by 0, 1, 1.5 against 2, 1.5, 1.
    data = [[1, -1, 1, 0.5], [0, 0, 0, 0]]
    assert kn_select(data, 1.0, alpha=0.25, n0=2).eliminations == [(4, 1)]
    with pytest.raises(ValueError, match="data ends after 3 runs"):
        kn_select([row[:3] for row in data], 1.0, alpha=0.25, n0=2)


def test_kn_select_ends_on_equal_systems():
    result = kn_select(lambda system, run: float(run), 1.0, n0=3, systems=3)
    assert (result.best, result.eliminations) == (0, [(3, 1), (3, 2)])


def test_kn_select_refuses():
    table = np.ones((2, 5))
    for data, arguments in (
        (table, {"delta": 0}), (table, {"delta": 1, "n0": 6}), (table[0], {"delta": 1}),
        (table, {"delta": 1, "n0": 1}), (table, {"delta": 1, "n0": 5, "systems": 3}),
        (lambda system, run: 1.0, {"delta": 1}), (table * math.nan, {"delta": 1, "n0": 5}),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"delta|n0|data|systems"):
            kn_select(data, **arguments)


def test_kn_select_is_right_at_least_as_often_as_it_says():
    """Slippage configuration with common random numbers, 90 %. Error rate 1e-6."""
    rng = np.random.default_rng(13)
    hits = 0
    for _ in range(300):
        common = rng.normal(size=400)
        data = common + rng.normal([[0.0], [0.0], [0.5]], 1.0, (3, 400))
        hits += kn_select(data, 0.5, alpha=0.10).best == 2
    assert accepted(hits, 300, 0.90, at_least=True)


def test_ocba_allocation_by_hand():
    # distances 1 and 2, variances 1 and 4: N1 : N2 = 1 / 1 : 4 / 4; N0 = 3 sqrt(1 / 1 + 1 / 4) = 3.3541
    shares = ocba_allocation([5, 4, 3], [9, 1, 4], 535.41)
    assert shares == pytest.approx([335.41, 100, 100], rel=1e-4)
    assert shares.sum() == pytest.approx(535.41)


def test_ocba_allocation_of_ties_is_the_limit_of_small_distances():
    near = ocba_allocation([1, 1 - 1e-7, 1 - 1e-7, 0], [4, 1, 9, 1], 10)
    assert ocba_allocation([1, 1, 1, 0], [4, 1, 9, 1], 10) == pytest.approx(near, abs=1e-6)


def test_ocba_allocation_refuses():
    for means, variances, total in (
        ([1, 2], [1, -1], 9),
        ([1, 2], [1, 1], 0),
        ([1, 2], [0, 1], 9),
        ([1], [1], 9),
    ):
        with pytest.raises(ValueError, match=r"variance|means"):
            ocba_allocation(means, variances, total)


def test_ocba_beats_equal_allocation():
    means, sds = np.array([1.0, 0.8, 0.4, 0.0, -0.5]), np.array([1.0, 1.0, 1.5, 2.0, 1.0])
    shared = ocba_allocation(means, sds**2, 500)
    equal = probability_correct_selection(means, sds, 100).pcs
    assert probability_correct_selection(means, sds, shared).pcs > equal + 0.01


def test_probability_of_two_systems_is_exact():
    result = probability_correct_selection([0.0, 1.0], [3.0, 4.0], [9, 4])
    exact = stats.norm.cdf(1 / math.sqrt(1 + 4))
    assert result.pcs == pytest.approx(exact, abs=1e-10)
    assert result.lower_bound == pytest.approx(exact)


def test_probability_of_equal_systems_is_one_over_k():
    for k in (2, 3, 10):
        assert probability_correct_selection([1.0] * k, [2.0] * k, 5).pcs == pytest.approx(1 / k)


def test_probability_against_draws_and_bound():
    """Error rate 1e-6."""
    means, sds, n = [1.0, 0.7, 0.5, -1.0], np.array([1.0, 2.0, 0.01, 5.0]), np.array([10, 20, 5, 30])
    result = probability_correct_selection(means, sds, n)
    draws = np.random.default_rng(17).normal(means, sds / np.sqrt(n), (200_000, 4))
    assert accepted(int((draws.argmax(axis=1) == 0).sum()), 200_000, result.pcs)
    assert result.lower_bound < result.pcs


def test_probability_without_spread():
    assert probability_correct_selection([2, 1], [0, 0], 1).pcs == 1
    assert probability_correct_selection([2, 1], [0, 1], 1).pcs == pytest.approx(stats.norm.cdf(1))
    assert probability_correct_selection([2, 1], [1, 0], 1).pcs == pytest.approx(stats.norm.cdf(1))
    for sds, n in (([-1, 1], 1), ([1, 1], 0), ([1, 1], [1, 2, 3])):
        with pytest.raises(ValueError, match=r"sds|shapes"):
            probability_correct_selection([2, 1], sds, n)
