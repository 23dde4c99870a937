"""What is put on top of means: indicators, bottlenecks, half-widths of quantiles and shares of states."""

import math

import pytest

from sim.simulate import combine
from sim.summary import summed_up


def record(p90, blocked, made, busy_h):
    states = {"processing": 0.5, "blocked": blocked, "starved": 0.5 - blocked}
    counts = {"counted_h": 10.0, "machines": 1, "hours": {s: 10 * v for s, v in states.items()}, "planned_h": 5.0,
              "made": made, "first_made": None}  # fmt: skip
    station = {"states": states, "counts": counts, "waiting_time_h": {"mean": 1.0, "p90": 2.0, "p99": 3.0}}
    line = {
        "name": "l", "bottleneck": "a", "serial": True, "active_period": {"a": [0.7, 0.2], "b": [0.1, 0.2]},
        "lead_time_h": {"mean": 2.0, "p50": 1.5, "p90": p90},
        "counts": {"left": 10, "good": 9, "production_h": 10.0, "present_h": 40.0},
        "stations": [{"name": "a", **station}, {"name": "b", **station}],
    }  # fmt: skip
    crews = [{"name": "c", "size": 2, "counts": {"work_h": busy_h, "attendance_h": 20.0}}]
    return {"lines": [line], "crews": crews}


RECORDS = [record(4.0, 0.1, 20, 5.0), record(6.0, 0.3, 10, 7.0)]
T = 12.706  # t(1, 0.975)


def test_indicators_stand_where_they_are_counted():
    found = summed_up(combine(RECORDS), RECORDS)
    line = found["lines"][0]
    assert line["iso22400"]["production_process_ratio"] == {"mean": 0.25, "half_width": 0.0}
    assert line["stations"][1]["iso22400"]["throughput_rate_per_h"]["mean"] == pytest.approx(1.5)
    assert line["stations"][1]["iso22400"]["first_pass_yield"] is None
    worker = found["crews"][0]["iso22400"]["worker_efficiency"]
    assert worker == {"mean": pytest.approx(0.3), "half_width": pytest.approx(T * 0.05, rel=1e-4)}


def test_the_bottleneck_is_named_and_raw_counts_are_left_out():
    line = summed_up(combine(RECORDS), RECORDS)["lines"][0]
    assert line["bottleneck"] == "a" == line["bottlenecks"]["active_period"]["name"]
    for part in (line, line["stations"][0]):
        assert not {"counts", "active_period", "serial"} & set(part)


def test_quantiles_and_states_have_half_widths():
    line = summed_up(combine(RECORDS), RECORDS)["lines"][0]
    assert line["lead_time_h"]["p90"] == 5.0  # a plain number, as before
    halves = line["lead_time_h"]["quantile_half_width"]
    assert halves == {"p50": 0.0, "p90": pytest.approx(T * math.sqrt(2) / math.sqrt(2), rel=1e-4)}
    assert line["stations"][0]["waiting_time_h"]["quantile_half_width"] == {"p90": 0.0, "p99": 0.0}
    assert line["stations"][0]["states"]["blocked"] == pytest.approx(0.2)
    assert line["stations"][0]["states_half_width"]["blocked"] == pytest.approx(T * 0.1, rel=1e-4)


def test_the_counted_means_are_as_they_were():
    means, found = combine(RECORDS), summed_up(combine(RECORDS), RECORDS)
    assert found["lines"][0]["lead_time_h"]["mean"] == means["lines"][0]["lead_time_h"]["mean"]
    assert found["lines"][0]["stations"][0]["states"] == means["lines"][0]["stations"][0]["states"]
