"""Saturated lines with exponential times and blocking after service, against exact values and Markov chains.

Error rate of each comparison: see theory_tools.holds.
"""

import pytest
from theory_tools import figures, holds, line_chain, line_content, line_output, plant, records, station


def line_of(rates, buffers, machines=None, failures=()):
    return plant(
        *(
            station(
                f"s{i}",
                1 / rate,
                buffer=b,
                machines=(machines or [1] * len(rates))[i],
                **({"failures": [failures[i]]} if failures and failures[i] else {}),
            )
            for i, (rate, b) in enumerate(zip(rates, [None, *buffers], strict=True))
        )
    )


def output(run):
    return run["good_per_h"]


def test_three_equal_stations_without_buffers():
    runs = records(line_of([1, 1, 1], [0, 0]), 1500, 200)
    assert holds(figures(runs, output), 22 / 39, 0.05)
    assert line_output(line_chain([1, 1, 1], [0, 0]), 1) == pytest.approx(22 / 39, abs=1e-12)


@pytest.mark.parametrize("places", [0, 1, 4])
def test_two_equal_stations(places):
    runs = records(line_of([1, 1], [places]), 1500, 150)
    assert holds(figures(runs, output), (places + 2) / (places + 3), 0.05)


@pytest.mark.parametrize(
    ("rates", "buffers"),
    [([1.0, 1.3, 0.9], [1, 2]), ([1.2, 0.8, 1.1], [0, 3]), ([1.0, 1.1, 0.9, 1.2], [1, 0, 2])],
)
def test_unequal_stations_with_buffers(rates, buffers):
    p = line_chain(rates, buffers)
    runs = records(line_of(rates, buffers), 1500, 200)
    assert holds(figures(runs, output), line_output(p, rates[-1]), 0.05)
    assert holds(figures(runs, lambda r: r["wip"]), line_content(p), 0.08)
    blocked = sum(q * line[0][2] for line, q in p.items())
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["blocked"]), blocked, 0.15)


@pytest.mark.parametrize(("machines", "buffers"), [([2, 1, 2], [0, 1]), ([3, 2, 1], [1, 0])])
def test_parallel_machines_with_blocking(machines, buffers):
    rates = [1.2 / m for m in machines]
    p = line_chain(rates, buffers, machines)
    runs = records(line_of(rates, buffers, machines), 1500, 200)
    assert holds(figures(runs, output), line_output(p, rates[-1]), 0.05)
    assert holds(figures(runs, lambda r: r["wip"]), line_content(p), 0.08)


def failure(per_h, repair_per_h, clock):
    return {"clock": clock, "ttf_h": {"exponential": 1 / per_h}, "ttr_h": {"exponential": 1 / repair_per_h}}


@pytest.mark.parametrize("clock", ["operating", "calendar"])
@pytest.mark.parametrize("places", [0, 3])
def test_two_machines_that_fail(clock, places):
    rates, fail, repair = [1.0, 1.2], [0.1, 0.15], [0.4, 0.5]
    modes = [failure(f, r, clock) for f, r in zip(fail, repair, strict=True)]
    p = line_chain(rates, [places], fail=fail, repair=repair, calendar=clock == "calendar")
    runs = records(line_of(rates, [places], failures=modes), 2500, 200, seed=4)
    assert holds(figures(runs, output), line_output(p, rates[-1]), 0.05)
    assert holds(figures(runs, lambda r: r["wip"]), line_content(p), 0.08)
    down = sum(q * (line[0][3] or not line[0][4]) for line, q in p.items())
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["failed"]), down, 0.12)


def test_the_two_clocks_differ():
    """A calendar clock also runs while a machine waits: less output, by both chains."""
    rates, fail, repair = [1.0, 1.2], [0.1, 0.15], [0.4, 0.5]
    operating, calendar = (line_output(line_chain(rates, [0], None, fail, repair, c), 1.2) for c in (False, True))
    assert calendar < operating * 0.97


@pytest.mark.slow
def test_four_unequal_stations_with_failures_long():
    """One comparison with a tight interval; the chain has about two thousand states."""
    rates, fail, repair = [1.0, 1.3, 1.1], [0.05, 0.1, 0.08], [0.5, 0.4, 0.6]
    modes = [failure(f, r, "operating") for f, r in zip(fail, repair, strict=True)]
    p = line_chain(rates, [2, 2], fail=fail, repair=repair)
    runs = records(line_of(rates, [2, 2], failures=modes), 20_000, 500, 10, seed=5)
    assert holds(figures(runs, output), line_output(p, rates[-1]), 0.01)
