"""Lines of single machines against their recursion, part by part: both kinds of blocking, and a way between stations.

With B places before station i, part n may come there (or, before service, be begun for it) once part n - B - 1 has
left station i: B places and the machine's own.
"""

import numpy as np
import pytest
from hand_tables import H, play, station

PARTS = 120


def recursion(work_h, places, way_h, before):
    """Return when each part enters, is begun and leaves, by station and part.

    Args:
        work_h: Hours of work, shape (stations, parts).
        places: Before each station; the first is not used.
        way_h: Hours on the way to the next station.
        before: Blocking before service.
    """
    stations, parts = work_h.shape
    comes, enters, begun, leaves = (np.zeros((stations, parts)) for _ in range(4))

    def left(i, n):
        return leaves[i, n] if n >= 0 else 0.0

    for n in range(parts):
        for i in range(stations):
            comes[i, n] = left(i, n - 1) if i == 0 else leaves[i - 1, n] + way_h
            on_machine = max(comes[i, n], left(i, n - 1))
            place = left(i + 1, n - places[i + 1] - 1) if i + 1 < stations else 0.0
            begun[i, n] = max(on_machine, place) if before else on_machine
            leaves[i, n] = max(begun[i, n] + work_h[i, n], place)
            enters[i, n] = comes[i, n]
    return enters, begun, leaves


@pytest.mark.parametrize("way_h", [0, 0.375])
@pytest.mark.parametrize("blocking", ["after_service", "before_service"])
@pytest.mark.parametrize("places", [(0, 0, 0, 0), (0, 1, 0, 2), (0, 3, 1, 0)])
def test_line_follows_its_recursion(places, blocking, way_h):
    """Four stations, times of an eighth of an hour to three hours, the first always with a part."""
    work_h = np.random.default_rng(sum(places)).integers(1, 25, (4, PARTS)) / 8
    enters, begun, leaves = recursion(work_h, places, way_h, blocking == "before_service")
    stations = [
        station(f"s{i}", cycle_time_s={"sequence": (work_h[i] * H).tolist()}, buffer=places[i])
        | ({"transfer_s": way_h * H} if way_h else {})
        for i in range(4)
    ]
    until_h = leaves[-1, -1]
    t = play(until_h, *stations, line_fields={"blocking": blocking})
    for i in range(4):
        rows = [row for row in t.visits(f"s{i}", "part enter start leave") if row[0] <= PARTS]
        assert rows == [(n + 1, enters[i, n], begun[i, n], leaves[i, n]) for n in range(PARTS)]
