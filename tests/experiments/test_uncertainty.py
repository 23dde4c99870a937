"""A plant in scenarios: what a scenario changes, and one schedule for all against all schedules in all of them."""

import io
import itertools

import pytest
from pydantic import ValidationError
from rich.console import Console
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Reader, Study
from experiments.plant_scenarios import plant_in
from experiments.problem_of import renewal_problem
from experiments.report import write_report
from experiments.run_folder import tables
from experiments.tables import show
from experiments.uncertainty import find_robust
from models.errors import DataError
from models.plant import PlantScenario, Renewal
from optimize.evaluate import evaluate
from optimize.plan import Renewal as Chosen
from scenarios.files import read_plant
from scenarios.performance import at_end

H = 3600.0
SCENARIOS = [
    {"name": "as hoped", "probability": 0.5},
    {"name": "few orders", "probability": 0.25, "demand_factor": 0.5, "margin_factor": 0.8},
    {"name": "slow, dear", "probability": 0.25, "speed_factor": 0.7, "price_factor": {"electricity": 3}},
]


def small(**more):
    saw = station("saw", 4 * H, option("quick", 120_000, cycle_time_factor=0.5),
                  option("thrifty", 40_000, power_kw={"processing": 3, "idle": 1}),
                  power_kw={"processing": 15, "idle": 8})  # fmt: skip
    kiln = station("kiln", 3 * H, option("new", 60_000, cycle_time_factor=0.6))
    return plant(
        line(saw, kiln, source={"demand_per_h": 0.4, "when_full": "lost"}),
        renewal=renewal(uncertainty={"scenarios": SCENARIOS}, **more),
    )


def gains_of_all(one):
    """Return the predicted gains in every scenario of every schedule of the two machines."""
    problems = []
    for scenario in one.renewal.uncertainty.scenarios:
        there = plant_in(one, scenario)
        beliefs = Reader(there, one.renewal, Study(seed=one.run.seed, workers=1)).read()
        problems.append(renewal_problem(there, one.renewal, beliefs))
    choices = [
        [None, *((asset.name, o.name, t) for o in asset.options for t in range(one.renewal.periods))]
        for asset in problems[0].assets
    ]
    rows = []
    for picked in itertools.product(*choices):
        chosen = [Chosen(asset=a, option=o, period=t) for entry in picked if entry for a, o, t in [entry]]
        rows.append([evaluate(problem, chosen).gain for problem in problems])
    return rows


@pytest.fixture(scope="module")
def everything():
    return gains_of_all(small())


@pytest.fixture(scope="module")
def by_mean():
    return find_robust(small(), "expected", workers=1, gap=0.0, rolling=True)


def wanted(everything, mode):
    """Return the best of all schedules, and the best gain in each scenario."""
    p = [0.5, 0.25, 0.25]
    best = [max(row[n] for row in everything) for n in range(3)]
    means = [sum(q * gain for q, gain in zip(p, row, strict=True)) for row in everything]
    regrets = [max(b - gain for b, gain in zip(best, row, strict=True)) for row in everything]
    return {"expected": max(means), "worst": max(map(min, everything)), "regret": min(regrets)}[mode], best


def check(found, everything):
    value, best = wanted(everything, found["mode"])
    assert found["value_cny"] == pytest.approx(value, rel=1e-6, abs=0.5)
    assert [one["best_cny"] for one in found["scenarios"]] == pytest.approx(best, abs=0.5)
    first = found["schedules"][0]["gains"]
    assert any(row == pytest.approx(first, abs=0.5) for row in everything)
    for row in found["schedules"]:
        assert ("simulated" in row) == (row["name"] in {"robust", "as written"})


def test_schedule_with_the_greatest_mean_is_the_best_of_all(by_mean, everything):
    check(by_mean, everything)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["worst", "regret"])
def test_robust_schedule_is_the_best_of_all(mode, everything):
    check(find_robust(small(), mode, workers=1, gap=0.0), everything)


def test_planning_again_each_year(by_mean):
    again = by_mean["rolling"]
    assert again["once"] <= again["rolling"] + 1e-6 <= again["foresight"] + 1e-5
    for path in again["paths"]:
        assert path["rolling"] <= path["foresight"] + 1e-6
        assert path["years"][1]["possible"] == [path["name"]]  # prices and orders are seen in the first year


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_and_tables(by_mean, lang, tmp_path):
    out = io.StringIO()
    show(by_mean, Console(file=out, width=90), lang)
    assert "few orders" in out.getvalue()
    assert set(tables(by_mean)) == {"scenarios", "gains", "renewals"}
    text = write_report(by_mean, tmp_path / "report.html", lang).read_text(encoding="utf-8")
    assert text.count("<svg") == 1
    assert "slow, dear" in text


def scenario(**more):
    return PlantScenario(name="s", probability=1, **more)


def test_what_a_scenario_changes():
    one = small()
    there = plant_in(one, scenario(demand_factor=0.5, margin_factor=2, price_factor={"electricity": 3, "co2": 2}))
    assert there.lines[0].source.demand_per_h == pytest.approx(0.2)
    assert there.products[0].margin_cny == 100
    assert there.energy.electricity.price_cny_per_kwh == pytest.approx(3 * one.energy.electricity.price_cny_per_kwh)
    assert there.lines[0].stations == one.lines[0].stations
    slow = plant_in(one, scenario(speed_factor=0.5)).lines[0].stations[0]
    assert [o.cycle_time_factor for o in slow.options] == [1.0, 2.0]
    assert slow.cycle_time_s == 4 * H  # old machines are as they are


def test_arrivals_take_a_factor_where_their_mean_is_given():
    def arriving(source):
        return plant_in(plant(line(station("s", 60), source=source)), scenario(demand_factor=2)).lines[0].source

    assert arriving({"interarrival_s": 100}).interarrival_s == 50
    assert arriving({"interarrival_s": {"exponential": 100}}).interarrival_s.exponential == 50
    assert arriving({"interarrival_s": {"lognormal": {"mean": 100, "cv": 0.5}}}).interarrival_s.lognormal.mean == 50
    assert arriving({"profile": [{"hours": "08:00-12:00", "per_h": 3}]}).profile[0].per_h == 6
    assert arriving("saturated") == "saturated"
    with pytest.raises(DataError, match="demand_factor"):
        arriving({"interarrival_s": {"uniform": {"low": 1, "high": 2}}})


def test_tariffs_take_the_price_factor_too():
    there = plant_in(read_plant("machining"), scenario(price_factor={"electricity": 1.5}))
    before = read_plant("machining").energy.electricity.tariff
    assert there.energy.electricity.tariff.bands == {k: pytest.approx(1.5 * v) for k, v in before.bands.items()}
    with pytest.raises(DataError, match="unknown 'electric'"):
        plant_in(small(), scenario(price_factor={"electric": 2}))


def test_new_machines_at_both_ends_of_the_catalogue():
    offers = [o for ln in read_plant("machining").lines for s in ln.stations for o in s.options if o.equipment]
    assert offers
    for offer in offers:
        low, high = at_end(offer, "low"), at_end(offer, "high")
        assert low.cycle_time_factor >= offer.cycle_time_factor >= high.cycle_time_factor
        assert (low.scrap or 0) >= (offer.scrap or 0) >= (high.scrap or 0)
        assert (low.capex_cny, low.service_life_y, low.ageing) == (offer.capex_cny, offer.service_life_y, offer.ageing)
        for worse, mode, better in zip(low.failures or (), offer.failures or (), high.failures or (), strict=True):
            assert worse.ttf_h.exponential <= mode.ttf_h.exponential <= better.ttf_h.exponential
            assert worse.ttr_h.lognormal.mean >= mode.ttr_h.lognormal.mean >= better.ttr_h.lognormal.mean
        assert at_end(offer, "typical") == offer
    own = option("own", 1, cycle_time_factor=0.4)
    one = plant(line(station("s", 60, own)), renewal=renewal())
    assert at_end(one.lines[0].stations[0].options[0], "low").cycle_time_factor == 0.4


def test_wrong_scenarios_are_refused():
    with pytest.raises(ValidationError, match=r"add up to 0\.5"):
        Renewal(uncertainty={"scenarios": [{"name": "a", "probability": 0.5}]})
    with pytest.raises(ValidationError, match="same name"):
        Renewal(uncertainty={"scenarios": [{"name": "a", "probability": 0.5}, {"name": "a", "probability": 0.5}]})
    without = plant(line(station("s", 60)), renewal=renewal())
    with pytest.raises(DataError, match=r"renewal\.uncertainty: missing"):
        find_robust(without, "worst")
