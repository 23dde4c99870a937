"""The warm-up: how time is cut, what pilots read, where a known transient ends, when the run is too short to tell."""

import numpy as np
import pytest

from models.plant import Plant
from sim.program import lower
from sim.simulate import Settings, simulate
from sim.warm_up import Buckets, Pilot, cut, find_warm_up, judged, pilot

H = 3600.0
SHIFTS = {"shifts": ["mon-fri 08:00-16:00"]}


def plant(*stations, source="saturated", **fields):
    return Plant.model_validate({"lines": [{"name": "l", "source": source, "stations": list(stations)}]} | fields)


def station(name="a", **fields):
    return {"name": name, "buffer": None, "cycle_time_s": H} | fields


def filling():
    """Return a line that fills for 120 h: a part an hour, three stations of 40 h each with room for all."""
    return plant(
        *(station(name, machines=40, cycle_time_s=40 * H) for name in "abc"), source={"interarrival_s": H, "first_s": 0}
    )


@pytest.mark.parametrize(
    ("fields", "horizon_h", "expected"),
    [
        ({}, 4000, Buckets(2000, 2 * H, 5)),
        ({"calendar": SHIFTS}, 8760, Buckets(52, 168 * H, 1)),  # whole weeks
        ({"calendar": SHIFTS}, 168 * 401, Buckets(401, 168 * H, 5)),
        ({"calendar": SHIFTS}, 168 * 4001, Buckets(1333, 3 * 168 * H, 5)),
        ({"calendar": SHIFTS}, 1000, Buckets(41, 24 * H, 1)),  # less than 20 weeks: days
        ({"calendar": SHIFTS}, 100, Buckets(2000, 180, 5)),  # less than 20 days: no cycle to keep
    ],
)
def test_time_is_cut_into_cycles_of_the_calendar(fields, horizon_h, expected):
    assert cut(plant(station(), **fields), horizon_h * H) == expected


def test_a_calendar_of_one_line_counts_too():
    line = {"name": "l", "source": "saturated", "stations": [station()], "calendar": SHIFTS}
    assert cut(Plant.model_validate({"lines": [line]}), 8760 * H).bucket_s == 168 * H


def test_a_pilot_reads_wip_and_output_bucket_by_bucket():
    table = pilot(Pilot(lower(filling()), 1, 0, Buckets(4, 80 * H, 1)))
    assert table.shape == (1, 2, 4)
    # a part stays 120 h: 1, 2, .. 80 of them in the first 80 h, then 81 .. 120, then always 120
    first, second = (1 + 80) / 2, (sum(range(81, 121)) + 40 * 120) / 80
    assert table[0, 0].tolist() == pytest.approx([first, second, 120, 120])
    assert table[0, 1].tolist() == pytest.approx([0, 41 / 80, 1, 1])  # the first leaves at 120 h, the 41st at 160 h


def test_the_cut_is_where_the_line_is_full():
    result = simulate(filling(), Settings(replications=2, horizon_h=2000, auto_warm_up=True, workers=1))
    found = result["warm_up"]
    assert found["warm_up_h"] == result["warm_up_h"] == 120
    assert (found["method"], found["bucket_h"], found["point_h"], found["enough"]) == ("MSER-5", 1, 5, True)
    wip, output = found["series"]
    assert (wip["figure"], wip["delete_h"], wip["mean_after"]) == ("wip", 120, pytest.approx(120))
    assert (output["figure"], output["delete_h"], output["mean_after"]) == ("output_per_h", 120, pytest.approx(1))
    assert len(wip["mean"]) == 400
    assert result["lines"][0]["wip"]["mean"] == pytest.approx(120)


def test_a_run_too_short_to_tell_is_told():
    growing = plant(station(cycle_time_s=2 * H), source={"interarrival_s": H})
    found = simulate(growing, Settings(replications=2, horizon_h=500, auto_warm_up=True, workers=1))["warm_up"]
    assert not found["enough"]
    assert found["warm_up_h"] == 250  # half of it, and no more
    assert [s["enough"] for s in found["series"]] == [False, True]


def test_the_latest_cut_of_all_lines_and_programs_holds():
    slow, quick = filling(), plant(station())
    found = find_warm_up({"slow": lower(slow), "quick": lower(quick)}, Buckets(2000, H, 5), 1, 1)
    assert found.warm_up_h == 120
    assert [(s.run, s.delete_h) for s in found.series] == [("slow", 120), ("slow", 120), ("quick", 0), ("quick", 0)]


def test_pilots_do_not_share_the_luck_of_what_counts_and_workers_change_nothing():
    queue = plant(station(cycle_time_s={"exponential": H}), source={"interarrival_s": {"exponential": 1.5 * H}})
    one, two = (simulate(queue, Settings(replications=2, horizon_h=2000, auto_warm_up=True, workers=n)) for n in (1, 2))
    assert one == two
    again = simulate(queue, Settings(replications=2, horizon_h=2000, warm_up_h=one["warm_up_h"], workers=1))
    assert again["lines"] == one["lines"]  # finding the warm-up draws nothing from the replications' streams


def test_renewals_during_the_run_are_told():
    option = {"name": "new", "capex_cny": 1, "cycle_time_factor": 0.5}
    schedule = [{"line": "l", "station": "a", "option": "new", "at": 100}]
    model = plant(station(options=[option]), schedule=schedule)
    assert simulate(model, Settings(replications=1, horizon_h=400, auto_warm_up=True, workers=1))["warm_up"]["renewals"]


def test_points_are_the_batch_means_that_mser_sees():
    values = np.array([9.0, 7, 1, 2, 1, 2, 1, 2, 1, 2])
    series = judged(values, Buckets(10, H, 2), "", "l", "wip")
    assert series.means == (8, 1.5, 1.5, 1.5, 1.5)
    assert (series.delete_h, series.mean_after, series.enough) == (2, 1.5, True)
