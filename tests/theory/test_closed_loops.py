"""Closed loops with a fixed number of pallets: mean value analysis, chains with finite buffers, constant times.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import pytest
from flow_solvers import closed_network, ring_chain
from theory_tools import H, figures, holds, mean, plant, records, station

LOOPS = {
    "two stations": ([1.0, 0.8], [1, 1], 3),
    "three stations, two servers": ([1.0, 1.9, 0.7], [1, 2, 1], 5),
    "four stations": ([2.2, 1.0, 2.4, 0.9], [2, 1, 3, 1], 7),
    "few pallets": ([1.0, 1.9, 0.7], [1, 2, 1], 2),
}


@pytest.mark.parametrize("name", LOOPS)
def test_pallets_in_a_loop_against_mean_value_analysis(name):
    service, servers, pallets = LOOPS[name]
    rate, numbers = closed_network([1] * len(service), service, servers, pallets)
    stations = [station(f"s{i}", s, machines=m) for i, (s, m) in enumerate(zip(service, servers, strict=True))]
    runs = records(plant(*stations, source={"pallets": pallets}), 1600, 100)
    assert holds(figures(runs, lambda r: r["good_per_h"]), rate, 0.04)
    assert figures(runs, lambda r: r["wip"]) == pytest.approx([pallets] * len(runs))
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), pallets / rate, 0.04)
    for n, number in enumerate(numbers):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["number"]), number, 0.2)


def test_pallets_with_branches_and_rework():
    """Load station, then milling or drilling, one part in ten back to the load station from either."""
    pallets, service = 4, [0.4, 1.0, 1.3]
    visits = [1 / 0.9, 0.6 / 0.9, 0.4 / 0.9]
    rate, numbers = closed_network(visits, service, [1, 1, 1], pallets)
    model = plant(
        station("load", service[0], next={"mill": 0.6, "drill": 0.4}),
        station("mill", service[1], next={"load": 0.1, "exit": 0.9}),
        station("drill", service[2], next={"load": 0.1, "exit": 0.9}),
        source={"pallets": pallets},
    )
    runs = records(model, 1600, 100)
    assert holds(figures(runs, lambda r: r["good_per_h"]), rate, 0.04)
    for n, number in enumerate(numbers):
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["number"]), number, 0.15)


def test_a_scrapped_part_comes_back_too():
    """Scrap leaves the line and re-enters it: the loop turns as fast, the good parts are fewer."""
    rate, _ = closed_network([1, 0.8], [1.0, 1.0], [1, 1], 3)
    runs = records(plant(station("a", scrap=0.2), station("b"), source={"pallets": 3}), 1600, 100)
    assert holds(figures(runs, lambda r: r["throughput_per_h"]), rate, 0.04)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 0.8 * rate, 0.04)


RINGS = {
    "no buffers": ([1.0, 1.0, 1.0], [0, 0], 3),
    "small buffers": ([1.0, 0.8, 1.2], [1, 1], 5),
    "four stations": ([1.0, 1.2, 0.9, 1.1], [0, 2, 0], 4),
}


@pytest.mark.parametrize("name", RINGS)
def test_pallets_with_finite_buffers_against_the_chain(name):
    """After-service blocking within the loop; in front of the first station there is room for all."""
    rates, buffers, pallets = RINGS[name]
    output, p = ring_chain(rates, buffers, pallets)
    free = closed_network([1] * len(rates), [1 / r for r in rates], [1] * len(rates), pallets)[0]
    assert output < 0.97 * free  # blocking matters here
    places = [None, *buffers]
    stations = [station(f"s{i}", 1 / r, buffer=b) for i, (r, b) in enumerate(zip(rates, places, strict=True))]
    runs = records(plant(*stations, source={"pallets": pallets}), 1600, 100)
    assert holds(figures(runs, lambda r: r["good_per_h"]), output, 0.04)
    blocked = mean(p, lambda line: line[0][2])
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["blocked"]), blocked, 0.2)


@pytest.mark.parametrize(("pallets", "per_h"), [(1, 1 / 4.5), (2, 2 / 4.5), (3, 1 / 2), (6, 1 / 2)])
def test_constant_times_in_a_loop(pallets, per_h):
    """Work of 1, 2, 1.5 h: rate min(n / 4.5, 1 / 2); counted over whole rounds, in steady state."""
    stations = [station(n, cycle_time_s=h * H) for n, h in (("a", 1), ("b", 2), ("c", 1.5))]
    (run,) = records(plant(*stations, source={"pallets": pallets}), 200, 20, replications=1)
    assert run["lines"][0]["good_per_h"] == pytest.approx(per_h, abs=1e-9)
    assert run["lines"][0]["wip"] == pytest.approx(pallets)
