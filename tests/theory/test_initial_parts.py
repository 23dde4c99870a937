"""Lines that start with parts in them: expected emptying by absorbing chains, transient means, constant times.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import numpy as np
import pytest
from flow_solvers import until_empty
from scipy.linalg import expm
from theory_tools import H, figures, holds, poisson, records, station

from models.plant import Plant

NONE = {"arrivals_s": []}


def line_with(initial, *stations, source=None, products=(), **fields):
    line = {"name": "l", "source": source or NONE, "initial": initial, "stations": list(stations)} | fields
    return Plant.model_validate({"lines": [line]} | ({"products": list(products)} if products else {}))


@pytest.mark.parametrize("machines", [1, 3])
def test_expected_lead_time_of_parts_that_wait_at_the_start(machines):
    """n parts, no arrivals: their hours in the line are the area under a pure death process."""
    parts = 12
    area = until_empty(parts, lambda n: [(n - 1, min(n, machines))] if n else [], lambda n: n)
    model = line_with([{"station": "a", "parts": parts}], station("a", machines=machines))
    runs = records(model, 200, replications=300)
    assert holds(figures(runs, lambda r: r["wip"] * 200), area, 0.08)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), area / parts, 0.08)
    assert figures(runs, lambda r: round(r["good_per_h"] * 200)) == [parts] * len(runs)


def test_emptying_a_line_with_blocking():
    """Six parts in front of a, two in front of b (places for two), all exponential; area by absorbing chain.

    State: in front of a, at a (0 none, 1 works, 2 blocked), in front of and on b.
    """
    rates, places = (1.2, 0.8), 2

    def settle(waiting, a, b):
        while True:
            if a == 2 and b < places + 1:
                a, b = 0, b + 1
            elif a == 0 and waiting:
                waiting, a = waiting - 1, 1
            else:
                return waiting, a, b

    def moves(state):
        waiting, a, b = state
        onward = []
        if a == 1:
            onward.append((settle(waiting, 2, b), rates[0]))
        if b:
            onward.append((settle(waiting, a, b - 1), rates[1]))
        return onward

    area = until_empty(settle(6, 0, 2), moves, lambda s: s[0] + (s[1] > 0) + s[2])
    blocked = until_empty(settle(6, 0, 2), moves, lambda s: s[1] == 2)
    initial = [{"station": "a", "parts": 6}, {"station": "b", "parts": 2}]
    stations = [station("a", 1 / rates[0]), station("b", 1 / rates[1], buffer=places)]
    runs = records(line_with(initial, *stations), 200, replications=300)
    assert holds(figures(runs, lambda r: r["wip"] * 200), area, 0.08)
    assert holds(figures(runs, lambda r: r["stations"][0]["hours"]["blocked"]), blocked, 0.2)


@pytest.mark.parametrize(("parts", "hours"), [(6, 8), (2, 15)])
def test_mm1_on_its_way_from_a_full_start(parts, hours):
    """Mean number in the first hours of M/M/1 from n parts, by the matrix exponential of its chain."""
    load, cut = 0.7, 120
    generator = np.diag([load] * (cut - 1), 1) + np.diag([1.0] * (cut - 1), -1)
    generator -= np.diag(generator.sum(axis=1))
    grown = np.zeros((2 * cut, 2 * cut))  # the block form gives exp(Q t) and its integral in one go
    grown[:cut, :cut], grown[:cut, cut:] = generator, np.eye(cut)
    area = expm(grown * hours)[parts, cut:] @ np.arange(cut)
    model = line_with([{"station": "a", "parts": parts}], station("a"), source=poisson(load))
    runs = records(model, hours, replications=600)
    assert holds(figures(runs, lambda r: r["wip"]), area / hours, 0.13)


def test_work_left_on_the_machine_at_the_start():
    """a works 1 h a part, the first has 0.25 h left; b works 2 h, its first has 1.5 h left; parts leave at:

    b: 1.5, 3.5 (waited in front), then those of a, there at 0.25 and 1.25: 5.5, 7.5.
    """
    initial = [
        {"station": "a", "parts": 2, "remaining_s": 0.25 * H},
        {"station": "b", "parts": 2, "remaining_s": 1.5 * H},
    ]
    model = line_with(initial, station("a", cycle_time_s=H), station("b", cycle_time_s=2 * H))
    (run,) = records(model, 10, replications=1)
    line = run["lines"][0]
    assert line["lead_time_h"]["mean"] == pytest.approx((1.5 + 3.5 + 5.5 + 7.5) / 4)
    assert line["wip"] * 10 == pytest.approx(1.5 + 3.5 + 5.5 + 7.5)
    assert line["stations"][0]["hours"]["processing"] == pytest.approx(1.25)
    assert line["stations"][1]["hours"]["processing"] == pytest.approx(7.5)


def test_initial_parts_of_two_products_and_their_setup():
    """Two of p, then one of q on one machine: 1 h each, one setup of 0.5 h; q leaves at 3.5."""
    initial = [{"station": "a", "parts": 2, "product": "p"}, {"station": "a", "parts": 1, "product": "q"}]
    work = station("a", cycle_time_s=H, setup_time_s=0.5 * H)
    (run,) = records(line_with(initial, work, products=[{"name": "p"}, {"name": "q"}]), 5, replications=1)
    leads = {p["name"]: p["lead_time_h"]["mean"] for p in run["lines"][0]["products"]}
    assert leads["p"] == pytest.approx(1.5)
    assert leads["q"] == pytest.approx(3.5)
    assert run["lines"][0]["stations"][0]["hours"]["setup"] == pytest.approx(0.5)
