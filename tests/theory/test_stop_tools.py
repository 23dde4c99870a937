"""The solvers of stop_tools against closed forms; nothing is simulated here."""

import math

import numpy as np
import pytest
from scipy import stats
from stop_tools import (
    busy,
    crew_chain,
    family,
    finite_source,
    generator,
    periodic,
    renewals,
    renewals_of_values,
    running,
    services_per_h,
)
from theory_tools import chain, mean


def test_renewals_of_exponential_and_erlang_times():
    assert renewals(stats.expon(scale=40).cdf, 300) == pytest.approx(7.5, rel=1e-5)
    erlang = stats.gamma(2, scale=10)  # m(t) = t / 20 - 1/4 + exp(-t / 5) / 4
    assert renewals(erlang.cdf, 60) == pytest.approx(3 - 0.25 + math.exp(-12) / 4, rel=1e-5)


def test_renewals_from_an_age_on_are_the_first_and_then_new_ones():
    assert renewals(stats.expon(scale=40).cdf, 300, age=25) == pytest.approx(7.5, rel=1e-5)
    even = stats.uniform(0, 1)  # new: m(t) = exp(t) - 1 up to 1; from age 1/2: first even on (0, 1/2)
    exact = 1 + 2 * sum((math.exp(0.75) - math.exp(0.25), -0.5))
    assert renewals(even.cdf, 0.75, age=0.5) == pytest.approx(exact, rel=1e-4)


def test_renewals_of_whole_numbers():
    assert renewals_of_values([1, 2], [1, 1], 3.5) == pytest.approx(0.5 * (1 + 1.25) + 0.5 * (1 + 0.5))


@pytest.mark.parametrize("name", ["weibull", "gamma", "lognormal", "uniform", "triangular"])
def test_families_have_the_mean_of_the_file(name):
    args = {
        "weibull": {"scale": 20, "shape": 2},
        "gamma": {"mean": 20, "cv": 0.6},
        "lognormal": {"mean": 20, "cv": 0.6},
        "uniform": {"low": 5, "high": 35},
        "triangular": {"low": 5, "mode": 10, "high": 45},
    }[name]
    expected = 20 * math.gamma(1.5) if name == "weibull" else 20
    assert family(name, **args)[1].mean() == pytest.approx(expected)


def test_machine_repair_chain_is_the_finite_source_queue():
    n, people, fail, repair = 5, 2, 0.1, 0.5
    p = crew_chain({"c": people}, [(n, fail, 0)], [{"rate": repair, "needs": {"c": 1}}])
    exact = finite_source(n, people, fail, repair)
    assert running(p, 0) == pytest.approx(exact @ (n - np.arange(n + 1)))
    assert busy(p, "c") == pytest.approx(exact @ np.minimum(np.arange(n + 1), people))


@pytest.mark.parametrize(("n", "load"), [(1, 0.3), (4, 0.2), (10, 0.1)])
def test_palm_and_ashcroft_by_an_embedded_chain(n, load):
    """Machines down when a constant service ends: those left, and those that stopped during it."""
    step = np.zeros((n, n))
    for left in range(n):
        down = max(left, 1)
        for fresh in range(n - down + 1):
            p = stats.binom.pmf(fresh, n - down, -math.expm1(-load))
            step[left, down + fresh - 1] += p
    values, vectors = np.linalg.eig(step.T)
    p = np.real(vectors[:, np.argmin(abs(values - 1))])
    p /= p.sum()
    assert services_per_h(n, load, 1.0) == pytest.approx(1 / (1 + p[0] / (n * load)), rel=1e-9)


def test_a_machine_alone_meets_no_interference():
    assert services_per_h(1, 0.1, 1.0) == pytest.approx(0.1 / 1.1)
    assert services_per_h(6, 0.1, 1.0) < 6 * 0.1 / 1.1


def test_periodic_chain_of_two_states_is_its_exponential_curve():
    fail, repair, day, night = 0.3, 0.2, 8.0, 16.0
    working = generator([0, 1], lambda s: [(1, fail)] if s == 0 else [(0, repair)])
    resting = generator([0, 1], lambda s: [] if s == 0 else [(0, repair)])
    steady, decay = fail / (fail + repair), math.exp(-(fail + repair) * day)
    down = steady * (1 - decay) / (1 / math.exp(-repair * night) - decay)  # at the opening
    area = steady * day + (down - steady) * (1 - decay) / (fail + repair)
    end = steady + (down - steady) * decay
    area += end * (1 - math.exp(-repair * night)) / repair
    phases = [(day, working, None), (night, resting, None)]
    assert periodic(phases, np.array([0.0, 1.0])) == pytest.approx(area / 24)


def test_crew_chain_lets_a_small_request_pass_a_big_one():
    """Crew of 2; kind 0 needs both, kind 1 needs one: by hand for one machine of each kind."""
    kinds = [{"rate": 1.0, "needs": {"c": 2}}, {"rate": 1.0, "needs": {"c": 1}}]
    p = crew_chain({"c": 2}, [(1, 1.0, 0), (1, 1.0, 1)], kinds)
    # states: none, 0 served, 1 served, 0 served and 1 waits, 1 served and 0 waits: one server for both
    both = chain(
        "",
        lambda s: {
            "": [("0", 1), ("1", 1)],
            "0": [("", 1), ("01", 1)],
            "1": [("", 1), ("10", 1)],
            "01": [("1", 1)],
            "10": [("0", 1)],
        }[s],
    )
    assert running(p, 0) == pytest.approx(mean(both, lambda s: "0" not in s))
