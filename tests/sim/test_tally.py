"""Levels over time and samples: areas and shares by hand, quantiles against the sorted values."""

import math
import random

import pytest

from sim.tally import BATCH, MOST_LEVELS, Level, Levels, Sample


def filled(values):
    sample = Sample()
    for value in values:
        sample.add(value)
    return sample


def exact(values, p):
    return sorted(values)[math.ceil(p * len(values)) - 1]


LAWS = {
    "exponential": lambda rng: rng.expovariate(0.7),
    "lognormal over ten decades": lambda rng: rng.lognormvariate(-3.0, 4.0),
    "seconds in hours": lambda rng: rng.uniform(1e-5, 3e-3),
    "half of them nothing": lambda rng: rng.gammavariate(2.0, 3.0) if rng.random() < 0.5 else 0.0,
    "two peaks at the edge of an octave": lambda rng: rng.gauss(2.0 if rng.random() < 0.5 else 64.0, 1e-3),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("p", [0.5, 0.9, 0.95, 0.99])
def test_quantiles_are_right_to_half_a_per_cent(law, p):
    rng = random.Random(law)
    values = [LAWS[law](rng) for _ in range(20_000)]
    sample = filled(values)
    assert sample.quantile(p) == pytest.approx(exact(values, p), rel=5e-3)
    assert sample.mean() == pytest.approx(sum(values) / len(values), rel=1e-12)
    assert (sample.count, sample.positive) == (len(values), sum(v > 0 for v in values))


@pytest.mark.parametrize("n", [1, 2, 10, BATCH - 1])
def test_quantiles_of_few_values_are_exact(n):
    rng = random.Random(n)
    values = [rng.expovariate(1.0) for _ in range(n)]
    for p in (0.01, 0.07, 0.5, 0.9, 0.99, 1.0):
        assert filled(values).quantile(p) == exact(values, p)


@pytest.mark.parametrize("n", [BATCH, 3 * BATCH + 5])
def test_equal_values_answer_with_themselves(n):
    assert filled([0.7] * n).quantile(0.9) == pytest.approx(0.7, rel=1e-12)
    assert filled([0.0] * n).quantile(0.99) == 0.0


def test_a_sample_without_values_says_nothing():
    sample = Sample()
    assert (sample.count, sample.mean(), sample.quantile(0.9), sample.positive, sample.total) == (0, 0.0, 0.0, 0, 0.0)


@pytest.mark.parametrize("sizes", [(3, 4), (BATCH + 7, 10), (10, 2 * BATCH), (BATCH + 1, 3 * BATCH), (0, 5)])
def test_merged_samples_are_one(sizes):
    rng = random.Random(str(sizes))
    parts = [[rng.lognormvariate(3.0 * k, 1.0) * (rng.random() < 0.8) for _ in range(n)] for k, n in enumerate(sizes)]
    total = Sample()
    for part in parts:
        total.merge(filled(part))
    values = [value for part in parts for value in part]
    assert (total.count, total.positive) == (len(values), sum(v > 0 for v in values))
    assert total.total == pytest.approx(sum(values))
    for p in (0.3, 0.5, 0.9, 0.99):
        assert total.quantile(p) == pytest.approx(exact(values, p), rel=5e-3)


def test_reading_a_sample_changes_nothing():
    rng = random.Random(3)
    values = [rng.expovariate(1.0) for _ in range(3 * BATCH)]
    read, unread = Sample(), Sample()
    for value in values:
        read.add(value)
        unread.add(value)
        if value > 3.0:
            read.quantile(0.5)
            read.mean()
    for p in (0.1, 0.5, 0.99):
        assert read.quantile(p) == pytest.approx(unread.quantile(p), rel=1e-12)
    assert (read.count, read.positive) == (unread.count, unread.positive)


def test_a_reset_sample_starts_anew():
    sample = filled([5.0] * (BATCH + 5))
    sample.reset()
    sample.add(2.0)
    assert (sample.count, sample.mean(), sample.quantile(0.5), sample.positive) == (1, 2.0, 2.0, 1)


def test_memory_of_a_sample_does_not_grow_with_its_values():
    rng = random.Random(5)
    sample = filled([rng.expovariate(1.0) for _ in range(4 * BATCH)])
    before = len(sample._counts)
    for _ in range(40 * BATCH):
        sample.add(rng.expovariate(1.0))
    assert len(sample._counts) < 2 * before + 2000  # a few more octaves at the thin ends at most


# --- levels ---


def test_shares_of_time_by_hand():
    level = Levels()
    level.change(2.0, 1)  # 0 for 2
    level.change(5.0, 2)  # 1 for 3
    level.change(5.0, -1)  # 3 for nothing
    level.change(9.0, -2)  # 2 for 4, then 0
    assert level.shares(10.0) == pytest.approx([0.3, 0.3, 0.4])
    assert level.area(10.0) == pytest.approx(3 + 8)
    assert level.shares(20.0) == pytest.approx([13 / 20, 3 / 20, 4 / 20])  # reading changed nothing


def test_after_a_reset_only_what_follows_counts():
    level = Levels()
    level.change(1.0, 3)
    level.reset(4.0)
    level.change(6.0, -1)
    assert level.shares(8.0) == pytest.approx([0.0, 0.0, 0.5, 0.5])
    assert level.area(8.0) == pytest.approx(10.0)
    level.reset(8.0)
    assert level.shares(8.0) == []  # no time has passed


def test_levels_agree_with_level_and_add_up_to_one():
    rng = random.Random(11)
    level, levels, now = Level(), Levels(), 0.0
    for _ in range(3000):
        now += rng.choice([0.0, rng.expovariate(1.0)])
        by = rng.choice([-2, -1, 1, 2, 3])
        by = max(by, -level.value)
        level.change(now, by)
        levels.change(now, by)
    shares = levels.shares(now + 1.0)
    assert sum(shares) == pytest.approx(1.0)
    assert levels.area(now + 1.0) == pytest.approx(level.area(now + 1.0))
    assert sum(n * share for n, share in enumerate(shares)) == pytest.approx(level.area(now + 1.0) / (now + 1.0))


def test_a_huge_level_takes_no_huge_memory():
    level = Levels()
    level.change(1.0, 10**9)
    level.change(3.0, -5)
    level.change(4.0, 5 - 10**9)
    shares = level.shares(4.0)
    assert len(shares) == MOST_LEVELS + 1
    assert (shares[0], shares[-1]) == (0.25, 0.75)
    assert level.area(4.0) == 2 * 10**9 + 10**9 - 5
