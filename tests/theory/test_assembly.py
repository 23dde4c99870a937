"""Assembly of several streams, one for one and in quantities, with finite buffers, against Markov chains.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import pytest
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station

NAMES = ("p", "q", "r")
PRODUCTS = [{"name": n} for n in (*NAMES, "set")]


def taken(stock, quantities):
    """Stock after a set has been taken; None if it is not there."""
    left = tuple(s - q for s, q in zip(stock, quantities, strict=True))
    return left if min(left) >= 0 else None


def lossy_chain(arrivals, quantities, places, rate):
    """Poisson streams, each lost when its buffer is full; state: (stock, assembling?)."""

    def moves(state):
        stock, busy = state
        for i, arriving in enumerate(arrivals):
            if stock[i] < places[i]:
                grown = tuple(s + (i == j) for j, s in enumerate(stock))
                left = None if busy else taken(grown, quantities)
                yield ((grown, busy) if left is None else (left, True)), arriving
        if busy:
            left = taken(stock, quantities)
            yield ((stock, False) if left is None else (left, True)), rate

    return chain(((0,) * len(arrivals), False), moves)


def fed_chain(feeds, quantities, places, rate):
    """Saturated exponential machines feed the buffers, blocked when full; state: (stock, blocked feeders, busy)."""

    def settle(stock, blocked, busy):
        stock, blocked, moved = list(stock), list(blocked), True
        while moved:
            moved = False
            left = None if busy else taken(stock, quantities)
            if left is not None:
                stock, busy, moved = list(left), True, True
            for i, waits in enumerate(blocked):
                if waits and stock[i] < places[i]:
                    stock[i], blocked[i], moved = stock[i] + 1, False, True
        return tuple(stock), tuple(blocked), busy

    def moves(state):
        stock, blocked, busy = state
        for i, feed in enumerate(feeds):
            if not blocked[i]:
                yield settle(stock, tuple(b or i == j for j, b in enumerate(blocked)), busy), feed
        if busy:
            yield settle(stock, blocked, False), rate

    n = len(feeds)
    return chain(((0,) * n, (False,) * n, False), moves)


def assembly(quantities, places, rate):
    names = NAMES[: len(quantities)]
    buffer = places[0] if len(set(places)) == 1 else dict(zip(names, places, strict=True))
    inputs = dict(zip(names, quantities, strict=True))
    return station("set up", 1 / rate, kind="assembly", buffer=buffer, inputs=inputs, output="set")


LOSSY = {
    "one for one": ([1.0, 0.8], [1, 1], [3, 3], 1.2),
    "two of p, one of q": ([1.7, 0.9], [2, 1], [5, 2], 1.1),
    "three streams": ([1.0, 0.9, 1.1], [1, 1, 1], [2, 3, 1], 1.5),
    "three of p, two of q": ([2.0, 1.5], [3, 2], [4, 4], 1.0),
}


@pytest.mark.parametrize("name", LOSSY)
def test_assembly_of_poisson_streams_with_losses(name):
    arrivals, quantities, places, rate = LOSSY[name]
    p = lossy_chain(arrivals, quantities, places, rate)
    sources = [poisson(a, product=n, to="set up", when_full="lost") for a, n in zip(arrivals, NAMES, strict=False)]
    model = plant(assembly(quantities, places, rate), source=sources, products=PRODUCTS)
    runs = records(model, 1600, 50, seed=2)
    busy = mean(p, lambda s: s[1])
    assert holds(figures(runs, lambda r: r["good_per_h"]), busy * rate, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), busy, 0.04)
    for i in range(len(arrivals)):
        lost = mean(p, lambda s, i=i: s[0][i] == places[i])
        assert holds(figures(runs, lambda r, i=i: r["sources"][i]["lost_share"]), lost, 0.2)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), mean(p, lambda s: sum(s[0])), 0.1)


FED = {
    "one for one": ([1.0, 1.0], [1, 1], [1, 1], 1.5),
    "uneven": ([0.8, 1.3], [1, 1], [2, 4], 1.0),
    "two of p, one of q": ([2.2, 0.9], [2, 1], [3, 1], 1.2),
    "three feeders": ([1.0, 1.1, 1.2], [1, 1, 1], [1, 1, 1], 1.3),
}


@pytest.mark.parametrize("name", FED)
def test_assembly_fed_by_saturated_machines(name):
    feeds, quantities, places, rate = FED[name]
    p = fed_chain(feeds, quantities, places, rate)
    makers = [station(f"make {n}", 1 / f, next="set up") for f, n in zip(feeds, NAMES, strict=False)]
    sources = [{"saturated": True, "product": n, "to": f"make {n}"} for n in NAMES[: len(feeds)]]
    model = plant(*makers, assembly(quantities, places, rate), source=sources, products=PRODUCTS)
    runs = records(model, 1400, 50)
    output = mean(p, lambda s: s[2]) * rate
    assert holds(figures(runs, lambda r: r["good_per_h"]), output, 0.04)
    for i, quantity in enumerate(quantities):
        assert holds(figures(runs, lambda r, i=i: r["stations"][i]["visits_per_h"]), quantity * output, 0.04)
        blocked = mean(p, lambda s, i=i: s[1][i])
        assert holds(figures(runs, lambda r, i=i: r["stations"][i]["states"]["blocked"]), blocked, 0.2)


def test_constant_kitting():
    """p every 0.5 h, q every 1.5 h, work of 1 h on 2 p and 1 q: q is scarce, p is lost; a set each 1.5 h."""
    sources = [
        {"interarrival_s": 0.5 * H, "product": "p", "to": "set up", "when_full": "lost"},
        {"interarrival_s": 1.5 * H, "product": "q", "to": "set up", "when_full": "lost"},
    ]
    work = station("set up", kind="assembly", buffer=2, inputs={"p": 2, "q": 1}, output="set", cycle_time_s=H)
    (run,) = records(plant(work, source=sources, products=PRODUCTS), 150, 15, replications=1)
    line = run["lines"][0]
    assert line["good_per_h"] == pytest.approx(1 / 1.5)
    assert line["sources"][0]["lost_share"] == pytest.approx(1 / 3)
    assert line["sources"][1]["lost_share"] == 0
    assert line["stations"][0]["states"]["processing"] == pytest.approx(2 / 3)
