"""Replications until a stated precision: Stein's rule by hand, rounds, the most allowed, figures by name."""

import math

import pytest
from scipy import stats

from models.errors import DataError
from models.plant import Plant
from sim.output_analysis import interval, paired_interval
from sim.precision import FIRST, Precision, replications, wanted_figures
from sim.simulate import Settings, combine, simulate

H = 3600.0
QUEUE = Plant.model_validate(
    {
        "lines": [
            {
                "name": "l",
                "source": {"interarrival_s": {"exponential": 2 * H}},
                "stations": [{"name": "a", "buffer": None, "cycle_time_s": {"exponential": H}}],
            }
        ]
    }
)
SETTINGS = Settings(replications=FIRST, horizon_h=400, warm_up_h=50, workers=1)


def test_the_number_by_hand():
    values = [9.0, 11.0] * 10  # mean 10, sample variance 20/19
    half = stats.t.ppf(0.975, 19) * math.sqrt(20 / 19 / 20)
    wanted, now = replications({"l/wip": values}, Precision(0.025))
    assert now.figures["l/wip"] == pytest.approx(half / 10)
    assert wanted == math.ceil(20 * (half / 0.25) ** 2) == 74
    assert not now.enough


def test_the_neediest_figure_decides_and_the_most_allowed_holds():
    figures = {"a": [9.0, 11.0] * 10, "b": [10.0] * 20, "c": [9.9, 10.1] * 10}
    assert replications(figures, Precision(0.025))[0] == 74
    assert replications(figures, Precision(0.025, most=50))[0] == 50
    assert replications({"b": [10.0] * 20}, Precision(0.01))[0] == 20
    assert replications({"z": [-1.0, 1.0] * 10}, Precision(0.01))[0] == 200  # a mean of 0 is never precise enough


def test_later_rounds_keep_the_variance_of_the_first():
    values = [9.0, 11.0] * 10 + [10.0] * 20
    _, now = replications({"l/wip": values}, Precision(0.01), rounds=(20,))
    assert now.rounds == (20, 40)
    assert now.figures["l/wip"] == pytest.approx(stats.t.ppf(0.975, 19) * math.sqrt(20 / 19 / 40) / 10)


def test_the_interval_of_the_first():
    values = [1.0, 2, 3, 7, 8, 9]
    found = interval(values, first=3)
    assert (found.mean, found.variance, found.n) == (5, 1, 6)
    assert found.half_width == pytest.approx(stats.t.ppf(0.975, 2) * math.sqrt(1 / 6))
    pair = paired_interval([0.0] * 6, values, first=3)
    assert (pair.mean, pair.half_width) == (found.mean, found.half_width)
    assert interval(values, first=1).half_width == math.inf


def test_simulate_goes_on_until_it_is_precise_enough():
    asked = Precision(0.1, ("wip", "l/a/oee"), 500)
    result = simulate(QUEUE, Settings(**{**_fields(SETTINGS), "precision": asked}))
    told = result["precision"]
    assert told["reached"]
    assert told["replications"] == result["replications"] == len(result["by_replication"]["l/wip"]) > FIRST
    assert told["rounds"][0] == FIRST
    assert told["rounds"] == sorted(set(told["rounds"]))
    assert [f["name"] for f in told["figures"]] == ["l/wip", "l/a/oee"]
    wip = result["lines"][0]["wip"]
    assert told["figures"][0]["relative_half_width"] == pytest.approx(wip["half_width"] / wip["mean"])
    assert wip["half_width"] <= 0.1 * wip["mean"]
    assert wip["half_width"] == interval(result["by_replication"]["l/wip"], first=FIRST).half_width


def test_too_few_replications_allowed_are_told():
    result = simulate(QUEUE, Settings(**{**_fields(SETTINGS), "precision": Precision(0.001, most=25)}))
    assert result["replications"] == 25
    assert not result["precision"]["reached"]
    assert any(not f["reached"] for f in result["precision"]["figures"])


def test_workers_change_nothing():
    one, two = (
        simulate(QUEUE, Settings(**{**_fields(SETTINGS), "precision": Precision(0.1), "workers": n})) for n in (1, 2)
    )
    assert one == two


def test_unknown_figures_are_all_listed():
    with pytest.raises(DataError) as found:
        wanted_figures({"l/wip": [1.0], "l/a/oee": [1.0]}, ["l"], ["wip", "speed", "l/a/speed"])
    assert [p.found for p in found.value.problems] == ["no figure 'speed'", "no figure 'l/a/speed'"]
    assert "of every line: wip;" in found.value.problems[0].allowed


def test_the_plant_file_asks_for_it():
    run = {"warm_up_h": "auto", "replications": "auto", "precision": 0.05, "precision_of": ["wip"]}
    settings = Settings.of(Plant.model_validate(QUEUE.model_dump(exclude_unset=True) | {"run": run}))
    assert settings.auto_warm_up
    assert settings.precision == Precision(0.05, ("wip",), 200)
    assert settings.replications == FIRST
    plain = Settings.of(Plant.model_validate(QUEUE.model_dump(exclude_unset=True) | {"run": run}), replications=4)
    assert (plain.precision, plain.replications) == (None, 4)


@pytest.mark.parametrize(
    "run",
    [{"warm_up_h": "soon"}, {"replications": 0}, {"precision": 0}, {"batches": 1}, {"max_replications": 19},
     {"replications": "auto", "batches": 20}, {"precision_of": []}],
)  # fmt: skip
def test_a_wrong_run_is_refused(run):
    with pytest.raises(ValueError, match="validation error"):
        Plant.model_validate(QUEUE.model_dump(exclude_unset=True) | {"run": run})


def test_lists_of_different_lengths_are_combined_place_by_place():
    """Shares of time by number present: one run never saw two; renewals: one run ended before the second."""
    found = combine([{"number_share": [0.5, 0.5]}, {"number_share": [0.5, 0.25, 0.25]}])
    assert found == {"number_share": [0.5, 0.375, 0.125]}
    assert combine([{"renewals": [{"out_h": 4.0}]}, {"renewals": []}]) == {"renewals": [{"out_h": 4.0}]}


def _fields(settings):
    return {name: getattr(settings, name) for name in settings.__slots__}
