"""Slotted time, where everything happens on the hour: what comes first at one instant decides how many are lost.

Parts arrive 1 or 3 h after each other, work takes 1 or 2 h, each with chance 1/2. Error rate: see theory_tools.
"""

from itertools import product

import numpy as np
import pytest
from theory_tools import H, figures, holds, plant, records, station

GAPS, WORKS = (1, 3), (1, 2)


def drawn_from(hours):
    return {"empirical": {"values": [h * H for h in hours], "weights": [1, 1]}}


def lost_share(places, ends_first, gaps=GAPS):
    """Share of arrivals lost, from the chain of (parts, work left, time to the next arrival) just after each hour.

    Work that ends makes room for the arrival of the same instant, or the arrival comes before it.
    """
    states = [(n, left, gap) for n in range(places + 2) for left in (WORKS if n else (0,)) for gap in range(1, 4)]
    index = {state: i for i, state in enumerate(states)}
    moves, comes, lost = np.zeros((len(states), len(states))), np.zeros(len(states)), np.zeros(len(states))
    for state in states:
        n, left, gap = state
        ends, arrives = left == 1, gap == 1
        enters = arrives and (n - ends if ends_first else n) < places + 1
        comes[index[state]], lost[index[state]] = arrives, arrives and not enters
        after = n - ends + enters
        begins = after > 0 and (ends or n == 0)
        lefts = WORKS if begins else (max(0, left - 1),)
        next_gaps = gaps if arrives else (gap - 1,)
        for onward in product([after], lefts, next_gaps):
            moves[index[state], index[onward]] += 1 / len(lefts) / len(next_gaps)
    share = np.linalg.matrix_power(moves, 4096)[0]
    return float(share @ lost / (share @ comes))


@pytest.mark.parametrize(("ends_first", "exact"), [(True, 0.5 / 1.5), (False, 1.5 / 2.5)])
def test_an_arrival_every_hour_is_a_renewal_process(ends_first, exact):
    """Without places one part is taken in every E[S] hours or, arrivals first, in every E[S] + 1."""
    assert lost_share(0, ends_first, gaps=(1, 1)) == pytest.approx(exact)


@pytest.mark.parametrize("places", [0, 1])
def test_ends_make_room_for_arrivals_of_the_same_hour(places):
    source = {"interarrival_s": drawn_from(GAPS), "when_full": "lost"}
    exact = lost_share(places, ends_first=True)
    assert lost_share(places, ends_first=False) > 1.3 * exact
    runs = records(plant(station("a", buffer=places, cycle_time_s=drawn_from(WORKS)), source=source), 5000, 100.5)
    assert holds(figures(runs, lambda line: line["sources"][0]["lost_share"]), exact, within=0.15)
