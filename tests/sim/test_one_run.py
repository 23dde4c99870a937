"""One long run with batch means: the whole run's means, half-widths from the batches, and a warning when too short."""

import math

import pytest

from models.plant import Plant
from sim.one_run import lag_1, section
from sim.output_analysis import interval
from sim.simulate import Settings, simulate

H = 3600.0


def queue(load=0.5, **fields):
    line = {
        "name": "l",
        "source": {"interarrival_s": {"exponential": H / load}},
        "stations": [
            {"name": "a", "buffer": None, "cycle_time_s": {"exponential": H}, "power_kw": {"processing": 10, "idle": 2}}
        ],
    }
    return Plant.model_validate({"lines": [line]} | fields)


SETTINGS = Settings(seed=3, horizon_h=2100, warm_up_h=100, batches=20, workers=1)


@pytest.fixture(scope="module")
def long_run():
    return simulate(queue(), SETTINGS)


def test_means_are_those_of_the_whole_run(long_run):
    one = simulate(queue(), Settings(seed=3, replications=1, horizon_h=2100, warm_up_h=100, workers=1))
    assert long_run["method"] == "batch_means"
    assert long_run["replications"] == 1
    for key in ("throughput_per_h", "wip", "lead_time_h"):
        assert long_run["lines"][0][key]["mean"] == one["lines"][0][key]["mean"]
    assert long_run["lines"][0]["lead_time_h"]["p90"] == one["lines"][0]["lead_time_h"]["p90"]
    assert one["lines"][0]["wip"]["half_width"] == math.inf


def test_half_widths_are_those_of_the_batches(long_run):
    batches = long_run["by_batch"]
    assert long_run["batch_means"]["batches"] == 20
    assert long_run["batch_means"]["batch_h"] == 100
    assert len(batches["l/wip"]) == 20
    line = long_run["lines"][0]
    for key in ("throughput_per_h", "wip", "lead_time_h"):
        assert line[key]["half_width"] == pytest.approx(interval(batches[f"l/{key}"]).half_width)
        assert line[key]["half_width"] > 0
    # equal pieces of time: the mean of a time average is the mean of its batches
    assert sum(batches["l/wip"]) / 20 == pytest.approx(line["wip"]["mean"])


def test_quantiles_states_and_indicators_have_half_widths_too(long_run):
    line = long_run["lines"][0]
    saw = line["stations"][0]
    found = [line["lead_time_h"]["quantile_half_width"]["p90"], saw["states_half_width"]["processing"],
             saw["iso22400"]["allocation_efficiency"]["half_width"]]  # fmt: skip
    assert all(0 < half < 10 for half in found)


def test_an_amount_is_the_sum_over_the_batches(long_run):
    kwh = long_run["lines"][0]["energy"]["by_carrier"]["electricity_kwh"]
    kw = long_run["lines"][0]["energy"]["mean_power_kw"]
    assert kwh["mean"] == pytest.approx(2000 * kw["mean"])
    assert kwh["half_width"] == pytest.approx(2000 * kw["half_width"])
    assert kw["half_width"] > 0


def test_a_peak_has_no_interval(long_run):
    assert long_run["lines"][0]["energy"]["peak_kw"]["half_width"] == math.inf


def test_batches_shorter_than_the_memory_of_the_line_are_told():
    short = simulate(queue(0.9), Settings(seed=1, horizon_h=800, batches=40, workers=1))
    assert not short["batch_means"]["independent"]
    assert short["batch_means"]["lag_1"]["l/wip"] > short["batch_means"]["lag_1_limit"]
    long = simulate(queue(0.3), Settings(seed=1, horizon_h=8000, warm_up_h=50, batches=20, workers=1))
    assert long["batch_means"]["independent"]


def test_lag_1_by_hand():
    assert lag_1([1.0, 2, 3]) == pytest.approx((1 * 0 + 0 * -1) / 2)
    assert lag_1([1.0, 1, 3, 3]) == pytest.approx(0.25)
    assert lag_1([5.0] * 4) == 0
    told = section({"l/wip": [1.0, 1, 1, 1, 3, 3, 3, 3]}, ["l/wip"], 8, 10.0)
    assert told["lag_1"]["l/wip"] == pytest.approx(5 / 8)
    assert told["lag_1_limit"] == pytest.approx(1.6449 / math.sqrt(8), abs=1e-4)
    assert not told["independent"]


def test_workers_change_nothing_and_the_file_can_ask(long_run):
    assert simulate(queue(), Settings(seed=3, horizon_h=2100, warm_up_h=100, batches=20, workers=2)) == long_run
    asked = queue(run={"seed": 3, "horizon_h": 2100, "warm_up_h": 100, "batches": 20})
    assert Settings.of(asked, workers=1) == Settings(**{**_fields(SETTINGS), "replications": 10})
    assert Settings.of(asked, replications=3).batches is None


def test_the_warm_up_can_be_found_first():
    found = simulate(queue(), Settings(horizon_h=2000, auto_warm_up=True, batches=10, workers=1))
    assert found["batch_means"]["batch_h"] == pytest.approx((2000 - found["warm_up_h"]) / 10)


def _fields(settings):
    return {name: getattr(settings, name) for name in settings.__slots__}
