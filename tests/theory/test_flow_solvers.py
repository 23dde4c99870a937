"""The solvers of flow_solvers.py and the line chain against closed forms and published values; no simulation here."""

import math

import pytest
from flow_solvers import (
    before_service_chain,
    closed_network,
    erlang_c,
    found_busy,
    mmck,
    ring_chain,
    until_empty,
)
from theory_tools import chain, line_chain, line_output, mean

HILLIER_BOLING = {
    (2, 0): 0.6667,
    (3, 0): 0.5641,
    (4, 0): 0.5148,
    (5, 0): 0.4858,
    (6, 0): 0.4667,
    (2, 1): 0.75,
    (3, 1): 0.6705,
    (4, 1): 0.6312,
}
"""Output of balanced exponential lines by stations and places in each buffer.

F. S. Hillier, R. W. Boling: The effect of some design factors on the efficiency of production lines with variable
operation times, J. Industrial Engineering 17 (1966) 651-658; Finite queues in series with exponential or Erlang service
times - a numerical approach, Operations Research 15 (1967) 286-303.
"""


@pytest.mark.parametrize(("stations", "places"), HILLIER_BOLING)
def test_line_chain_gives_the_published_outputs(stations, places):
    p = line_chain([1] * stations, [places] * (stations - 1))
    assert line_output(p, 1) == pytest.approx(HILLIER_BOLING[stations, places], abs=6e-5)


def test_blocking_before_service_of_two_stations_is_a_birth_and_death_process():
    for places in (0, 1, 4):
        assert before_service_chain([1, 1], [places]) == pytest.approx((places + 1) / (places + 2))


def test_blocking_before_service_of_three_stations_without_buffers():
    """Parts at (b, c): 00 -> 10 -> 01 -> 00 or 11, 11 -> 10, all at rate 1; so p = 1, 2, 1, 1 fifths, output 2/5."""
    assert before_service_chain([1, 1, 1], [0, 0]) == pytest.approx(2 / 5)


def test_blocking_before_service_gives_less():
    for places in (0, 1, 3):
        after = line_output(line_chain([1, 1.2, 0.9], [places, places]), 0.9)
        assert before_service_chain([1, 1.2, 0.9], [places, places]) < 0.97 * after


def test_closed_network_of_two_equal_stations():
    rate, numbers = closed_network([1, 1], [1, 1], [1, 1], 4)
    assert rate == pytest.approx(4 / 5)
    assert numbers == pytest.approx([2, 2])


def test_closed_network_against_its_chain():
    """Three stations, two of them with two servers."""
    rates, servers, parts = [1.0, 0.7, 1.6], [2, 2, 1], 5

    def moves(state):
        for i in range(3):
            if state[i]:
                onward = list(state)
                onward[i], onward[(i + 1) % 3] = onward[i] - 1, onward[(i + 1) % 3] + 1
                yield tuple(onward), min(state[i], servers[i]) * rates[i]

    p = chain((parts, 0, 0), moves)
    rate, numbers = closed_network([1, 1, 1], [1 / r for r in rates], servers, parts)
    assert rate == pytest.approx(mean(p, lambda s: min(s[0], 2) * rates[0]))
    assert numbers == pytest.approx([mean(p, lambda s, i=i: s[i]) for i in range(3)])


def test_ring_with_ample_buffers_is_the_closed_network():
    rates = [1.0, 0.8, 1.3]
    output, _ = ring_chain(rates, [5, 5], 5)
    assert output == pytest.approx(closed_network([1, 1, 1], [1 / r for r in rates], [1, 1, 1], 5)[0])


def test_ring_with_many_pallets_is_a_saturated_line():
    output, _ = ring_chain([1, 1, 1], [0, 0], 12)
    assert output == pytest.approx(22 / 39)


def test_waiting_formulas_agree_where_they_meet():
    assert erlang_c(1, 0.6) == pytest.approx(0.6)
    assert found_busy(lambda s: 0.6 / (0.6 + s), 1.0) == pytest.approx(0.6)  # Poisson arrivals: M/M/1
    assert sum(mmck(2, 400, 1.2)[2:]) == pytest.approx(erlang_c(2, 1.2))


def test_expected_time_until_empty_of_one_machine():
    parts = 5
    area = until_empty(parts, lambda n: [(n - 1, 2.0)] if n else [], lambda n: n)
    assert area == pytest.approx(math.fsum(range(parts + 1)) / 2)
