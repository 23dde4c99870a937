"""Indicators and bottlenecks of whole runs: plants small enough to count by hand, and traces."""

import pytest
from test_bottleneck import literal

from models.equipment import STATES
from models.plant import Plant
from sim.bottleneck import ACTIVE_STATES, NOT_SERIAL
from sim.program import lower
from sim.simpy_engine.run import Run, Trace
from sim.simulate import Settings, simulate

ACTIVE = {n for n, state in enumerate(STATES) if state in ACTIVE_STATES}


def plant(stations, source="saturated", **more):
    line = {"name": "l", "source": source, "stations": stations, **more.pop("line", {})}
    return Plant.model_validate({"lines": [line], **more})


def line_of(given, horizon_h, warm_up_h=0.0, replications=1):
    return simulate(given, Settings(replications=replications, horizon_h=horizon_h, warm_up_h=warm_up_h))["lines"][0]


def means(figures):
    return {key: value and value["mean"] for key, value in figures.items()}


FAILS = {"clock": "operating", "ttf_h": 3.98, "ttr_h": 1.02, "part": "resume"}


def test_a_machine_by_hand():
    # 3.98 h of work and 1.02 h of repair in turn: 20 h hold 15.92 h of work, 4 failures and 159 parts of 0.1 h
    at = line_of(plant([{"name": "a", "buffer": None, "cycle_time_s": 360, "failures": [FAILS]}]), 20.0)
    found = means(at["stations"][0]["iso22400"])
    assert found["planned_busy_time_h"] == pytest.approx(20.0)
    assert found["actual_production_time_h"] == pytest.approx(15.92)
    for key in ("availability", "technical_efficiency", "utilisation_efficiency"):
        assert found[key] == pytest.approx(0.796)
    assert found["effectiveness"] == pytest.approx(15.9 / 15.92)
    assert (found["mtbf_h"], found["mttf_h"], found["mttr_h"]) == pytest.approx((3.98, 3.98, 1.02))
    assert found["corrective_maintenance_ratio"] == pytest.approx(1.0)
    assert found["throughput_rate_per_h"] == pytest.approx(7.95)
    assert at["stations"][0]["oee"]["mean"] == pytest.approx(found["oee"]) == pytest.approx(15.9 / 20)
    assert at["iso22400"]["production_process_ratio"]["mean"] == pytest.approx(0.796)  # a part is always there


def test_shifts_and_warm_up_leave_the_shares_alone():
    stations = [{"name": "a", "buffer": None, "cycle_time_s": 360, "setup_time_s": 0}]
    shifts = {"calendar": {"shifts": ["mon-sun 06:00-14:00"]}}
    with_shifts = line_of(plant(stations, {"interarrival_s": 720}, **shifts), 240.0, 24.0)["stations"][0]
    found = means(with_shifts["iso22400"])
    assert found["planned_busy_time_h"] == pytest.approx(9 * 8.0)
    assert found["availability"] == pytest.approx(1.0)  # what comes in 24 h takes 12 h of work: the shift is full
    assert found["mttf_h"] is None  # not from new


INSPECTED = [
    {"name": "a", "buffer": 5, "cycle_time_s": 36, "scrap": 0.25},
    {"name": "b", "buffer": 5, "cycle_time_s": 36, "inspect": {"detects": 1.0, "bad_to": "a"}},
]


def test_quality_is_the_maker_s_and_rework_the_finder_s():
    at = line_of(plant(INSPECTED, {"interarrival_s": 120}), 2000.0)
    a, b = (means(s["iso22400"]) for s in at["stations"])
    assert (a["quality"], b["quality"]) == (pytest.approx(0.75, abs=0.01), 1.0)
    assert (a["rework_ratio"], b["rework_ratio"]) == (0.0, pytest.approx(0.25, abs=0.01))
    assert b["first_pass_yield"] == pytest.approx(0.75, abs=0.01)
    assert at["bottlenecks"]["turning_point"]["reason"] == NOT_SERIAL  # parts come back


def test_a_route_back_is_rework_and_a_route_to_scrap_is_scrap():
    route = {"sequence": ["exit", "exit", "exit", "exit", "a"]}
    given = plant([{"name": "a", "buffer": 5, "cycle_time_s": 36},
                   {"name": "b", "buffer": 5, "cycle_time_s": 36, "next": route}],
                  {"interarrival_s": 120})  # fmt: skip
    a, b = (means(s["iso22400"]) for s in line_of(given, 1000.0)["stations"])
    assert (a["rework_ratio"], b["rework_ratio"]) == (0.0, pytest.approx(0.2, abs=1e-3))
    # b's visits in fives: four parts that come first, the last of them sent back, and that one again
    assert (a["first_pass_yield"], b["first_pass_yield"]) == (1.0, pytest.approx(0.75, abs=1e-3))
    thrown = plant([{"name": "a", "buffer": 5, "cycle_time_s": 36, "next": {"sequence": ["exit", "scrap"]}}])
    assert means(line_of(thrown, 100.0)["stations"][0]["iso22400"])["scrap_ratio"] == pytest.approx(0.5)


LINE = [
    {"name": "a", "machines": 2, "buffer": None, "cycle_time_s": {"exponential": 560},
     "failures": [{"ttf_h": {"exponential": 5}, "ttr_h": {"exponential": 0.6}}]},
    {"name": "b", "buffer": 3, "cycle_time_s": {"exponential": 270}},
    {"name": "c", "buffer": 3, "cycle_time_s": {"exponential": 280}},
]  # fmt: skip


@pytest.mark.parametrize("source", ["saturated", {"interarrival_s": {"exponential": 330}}])
@pytest.mark.parametrize("shifts", [{}, {"calendar": {"shifts": ["mon-sun 06:00-14:00", "mon-sun 14:00-22:00"]}}])
def test_active_period_shares_are_those_of_the_trace(source, shifts):
    trace = Trace()
    run = Run(lower(plant(LINE, source, **shifts)), 7, 0, trace)
    run.play(24 * 3600.0)
    run.reset()
    run.play(96 * 3600.0)
    line, end = run.lines[0], 96 * 3600.0
    stays = [(r["machine"], r["state"], r["start_s"], r["end_s"]) for r in trace.states]
    places = [(m.station.name, m.name) for m in line.machines]
    periods = []
    for number, (station, name) in enumerate(places):
        own = [r for r in trace.states if (r["station"], r["machine"]) == (station, name)]
        own.append({"state": None, "start_s": own[-1]["end_s"], "end_s": end})
        began = None
        for row in own:
            active = row["state"] in ACTIVE_STATES or (
                row["state"] is None and line.machines[number].stays.state in ACTIVE
            )
            if active and began is None and row["end_s"] > row["start_s"]:
                began = row["start_s"]
            elif not active and began is not None and row["end_s"] > row["start_s"]:
                periods.append((number, began, row["start_s"]))
                began = None
        if began is not None:
            periods.append((number, began, float("inf")))
    assert stays
    groups = [m.station.index for m in line.machines]
    expected = literal(sorted(periods, key=lambda p: p[1]), groups, 24 * 3600.0, end)
    for mine, theirs in zip(line.active.shares(end), expected, strict=True):
        assert mine == pytest.approx(theirs)


@pytest.mark.parametrize(("slow", "name"), [(0, "a"), (1, "b"), (2, "c"), (3, "d")])
def test_both_methods_name_the_slow_station(slow, name):
    stations = [
        {"name": n, "buffer": 3, "cycle_time_s": {"gamma": {"mean": 150 if k == slow else 100, "cv": 0.5}}}
        for k, n in enumerate("abcd")
    ]
    found = line_of(plant(stations), 300.0, 10.0, replications=4)
    assert found["bottleneck"] == found["bottlenecks"]["turning_point"]["name"] == name
    assert found["bottlenecks"]["agree"]
    assert found["bottlenecks"]["warning"] is None
    shares = found["bottlenecks"]["active_period"]["sole"]
    assert max(shares, key=lambda s: shares[s]["mean"]) == name
