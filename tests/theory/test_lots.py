"""Lots: split and join, groups before a machine, line clearance, setups by matrix.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import numpy as np
import pytest
from flow_solvers import found_busy, mg1_wait
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station


@pytest.mark.parametrize("pieces", [2, 4])
def test_join_of_poisson_parts_is_an_erlang_stream_of_sets(pieces):
    """E[k]/M/1 for the sets; a piece waits for its set (k - 1) / 2 gaps longer, as the first to come waits longest."""
    arrivals = 0.6 * pieces
    s = found_busy(lambda x: (arrivals / (arrivals + x)) ** pieces, 1.0)
    work = station("join", kind="join", pieces=pieces)
    runs = records(plant(work, source=poisson(arrivals)), 2400, 200)
    assert holds(figures(runs, lambda r: r["good_per_h"]), arrivals / pieces, 0.04)
    gathers = (pieces - 1) / 2 / arrivals
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), arrivals * (gathers + s / (1 - s)), 0.15)


@pytest.mark.parametrize("pieces", [2, 5])
def test_split_makes_groups(pieces):
    """What leaves an M/M/1 is Poisson; the pieces of a part enter the next queue together: M[b]/M/1."""
    load = 0.5
    arrivals = load / pieces
    model = plant(station("cut", 1.0, kind="split", pieces=pieces), station("work", 1.0), source=poisson(arrivals))
    runs = records(model, 3000, 200)
    assert holds(figures(runs, lambda r: r["good_per_h"]), load, 0.1)
    number = load * (1 + pieces) / 2 / (1 - load)
    assert holds(figures(runs, lambda r: r["stations"][1]["number"]), number, 0.25)
    assert holds(figures(runs, lambda r: r["stations"][0]["number"]), arrivals / (1 - arrivals), 0.2)


@pytest.mark.parametrize(("pieces", "places"), [(3, 2), (4, 0), (2, 5)])
def test_pieces_are_handed_over_one_by_one(pieces, places):
    """Saturated split, then few places: the machine is blocked until its last piece has gone."""
    cut, work = 0.5, 1.0

    def settle(held, parts):
        while held and parts < places + 1:
            held, parts = held - 1, parts + 1
        return held, parts

    def moves(state):
        held, parts = state
        if not held:
            yield settle(pieces, parts), cut
        if parts:
            yield settle(held, parts - 1), work

    p = chain((0, 0), moves)
    model = plant(station("cut", 1 / cut, kind="split", pieces=pieces), station("work", 1 / work, buffer=places))
    runs = records(model, 1600, 50)
    output = mean(p, lambda s: s[1] > 0) * work
    assert holds(figures(runs, lambda r: r["good_per_h"]), output, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), output / pieces / cut, 0.06)
    blocked = mean(p, lambda s: s[0] > 0)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["blocked"]), blocked, 0.12)


def test_join_behind_a_small_buffer():
    """Saturated maker, buffer of four, three pieces make one: chain with blocking."""
    make, join, pieces, places = 2.5, 1.0, 3, 4

    def settle(stock, blocked, busy):
        while True:
            if not busy and stock >= pieces:
                stock, busy = stock - pieces, True
            elif blocked and stock < places:
                stock, blocked = stock + 1, False
            else:
                return stock, blocked, busy

    def moves(state):
        stock, blocked, busy = state
        if not blocked:
            yield settle(stock, True, busy), make
        if busy:
            yield settle(stock, blocked, False), join

    p = chain((0, False, False), moves)
    model = plant(station("make", 1 / make), station("join", 1 / join, kind="join", pieces=pieces, buffer=places))
    runs = records(model, 1400, 50)
    output = mean(p, lambda s: s[2]) * join
    assert holds(figures(runs, lambda r: r["good_per_h"]), output, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["visits_per_h"]), pieces * output, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["blocked"]), mean(p, lambda s: s[1]), 0.1)


@pytest.mark.parametrize("pieces", [4, 100])
def test_split_work_join_keeps_every_part(pieces):
    """One in, many through, one out: constant times 1 h to cut, 0.01 h a piece, 0.5 h to join."""
    model = plant(
        station("cut", kind="split", pieces=pieces, cycle_time_s=H),
        station("work", cycle_time_s=0.01 * H),
        station("join", kind="join", pieces=pieces, cycle_time_s=0.5 * H),
        source={"interarrival_s": 4 * H},
    )
    (run,) = records(model, 84, 4, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] == pytest.approx(1 / 4)
    assert line["stations"][1]["visits_per_h"] == pytest.approx(pieces / 4)
    assert line["lead_time_h"]["mean"] == pytest.approx(1 + 0.01 * pieces + 0.5)
    at_work = [1 / 4, 0.01 * pieces / 4, 0.5 / 4]
    for own, share in zip(line["stations"], at_work, strict=True):
        assert own["states"]["processing"] == pytest.approx(share)


def test_four_parts_of_a_lot_become_one():
    """Lots of four of p and q in turn, 0.5 h a part: a set each 2 h, its own time 1 h; products keep apart."""
    model = plant(
        station("make", cycle_time_s=0.5 * H),
        station("join", kind="join", pieces=4, cycle_time_s=H),
        mix={"sequence": ["p", "q"], "lot": 4},
        products=[{"name": "p"}, {"name": "q"}],
    )
    (run,) = records(model, 204, 4, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] == pytest.approx(0.5)
    assert line["products"][0]["throughput_per_h"] == pytest.approx(0.25)
    assert line["stations"][1]["queue_length"] == pytest.approx((0.5 * 1 + 0.5 * 2 + 0.5 * 3) / 2)
    assert line["stations"][1]["states"]["processing"] == pytest.approx(0.5)


@pytest.mark.parametrize(("clear", "per_h"), [(False, 0.8), (True, 0.6)])
def test_line_clearance_between_lots(clear, per_h):
    """a: 1 h a part; b: two machines, 2.5 h a part, buffer 5, lots of three.

    Cleared: parts of a lot enter b at 0, 1, 2 and end at 2.5, 3.5, 5; then the next lot comes in: 3 parts each 5 h.
    """
    model = plant(
        station("a", cycle_time_s=H),
        station("b", machines=2, buffer=5, cycle_time_s=2.5 * H, one_lot_at_a_time=clear),
        mix={"sequence": ["p", "q"], "lot": 3},
        products=[{"name": "p"}, {"name": "q"}],
    )
    (run,) = records(model, 300, 50, replications=1)
    assert run["lines"][0]["good_per_h"] == pytest.approx(per_h)


MATRIX = np.array([[0.0, 0.2, 1.0], [0.5, 0.0, 0.3], [0.8, 0.1, 0.0]])
WORK, SHARES = np.array([0.4, 0.6, 1.0]), np.array([0.5, 0.3, 0.2])
THREE = [{"name": n} for n in "pqr"]
SETUPS = {"pqr"[i]: {"pqr"[j]: MATRIX[i, j] * H for j in range(3) if i != j} for i in range(3)}


@pytest.mark.parametrize("lot", [1, 3])
def test_setup_matrix_with_a_random_mix(lot):
    """Products of lots are independent: a change from i to j has probability p(i) p(j) at each lot."""
    model = plant(
        station("a", cycle_time_s={n: w * H for n, w in zip("pqr", WORK, strict=True)}, setup_time_s=SETUPS),
        mix={"shares": dict(zip("pqr", SHARES.tolist(), strict=True)), "lot": lot},
        products=THREE,
    )
    setup, work = SHARES @ MATRIX @ SHARES, lot * (SHARES @ WORK)
    runs = records(model, 1600, 20)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["setup"]), setup / (setup + work), 0.08)
    assert holds(figures(runs, lambda r: r["good_per_h"]), lot / (setup + work), 0.04)


def test_setup_matrix_with_a_sequence():
    """p q p r: setups 0.2, 0.5, 1.0, 0.8 and work 0.4, 0.6, 0.4, 1.0 a round."""
    model = plant(
        station("a", cycle_time_s={n: w * H for n, w in zip("pqr", WORK, strict=True)}, setup_time_s=SETUPS),
        mix={"sequence": ["p", "q", "p", "r"]},
        products=THREE,
    )
    round_h = 2.5 + 2.4
    (run,) = records(model, 20 * round_h, 2 * round_h, replications=1)
    assert run["lines"][0]["stations"][0]["states"]["setup"] == pytest.approx(2.5 / round_h)
    assert run["lines"][0]["good_per_h"] == pytest.approx(4 / round_h)


def test_setups_of_an_alternating_queue_are_part_of_the_work():
    """Poisson arrivals, p and q in turn: every part needs its setup, so M/G/1 with setup + work (both random)."""
    model = plant(
        station("a", 0.5, setup_time_s={"uniform": {"low": 0.1 * H, "high": 0.5 * H}}, setup_initial="q"),
        source=poisson(0.7),
        mix={"sequence": ["p", "q"]},
        products=THREE[:2],
    )
    first, variance = 0.8, 0.25 + 0.4**2 / 12
    wait = mg1_wait(0.7, first, first**2 + variance)
    runs = records(model, 2400, 200)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), wait + first, 0.15)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["setup"]), 0.7 * 0.3, 0.04)
