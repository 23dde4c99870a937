"""Scenarios: schedules for all of them against all schedules in all scenarios; rolling horizon by hand."""

import numpy as np
import pytest
from small_problems import as_renewals, data_of, plans_of

from models.errors import DataError
from optimize.evaluate import Evaluator
from optimize.problem import parse_problem
from optimize.robust import robust
from optimize.rolling import rolling
from optimize.scenarios import problem_in
from optimize.solve import solve

KILN = {
    "renewal_problem": 1,
    "periods": {"count": 3},
    "prices": {"gas": 1},
    "assets": [
        {
            "name": "kiln",
            "options": [{"name": "new", "cost": 100, "starts_after": 0, "carrier_saving": {"gas": 60}}],
        }
    ],
}


def two(dear, factor=2, other=0.25):
    """Gas is dear or cheap for good."""
    return [
        {"name": "dear", "probability": dear, "price_factor": {"gas": factor}},
        {"name": "cheap", "probability": 1 - dear, "price_factor": {"gas": other}},
    ]


def random_scenarios(rng, data):
    """Return two or three scenarios that touch all that a scenario can change."""
    count, number = data["periods"]["count"], int(rng.integers(2, 4))
    weights = rng.integers(1, 5, number)
    scenarios = []
    for n in range(number):
        one = {"name": f"s{n}", "probability": float(weights[n]) / float(weights.sum())}
        if rng.random() < 0.7:
            one["demand_factor"] = [float(f) for f in rng.uniform(0.4, 1.6, count)]
        if rng.random() < 0.5 and data["lines"]:
            one["margin_factor"] = {data["lines"][0]["name"]: float(rng.uniform(0.2, 2))}
        if rng.random() < 0.7:
            one["price_factor"] = {"gas": float(rng.uniform(0, 3))}
        if rng.random() < 0.7:
            one["saving_factor"] = float(rng.uniform(0, 2))
        if rng.random() < 0.7:
            one["capacity_factor"] = {"A0": float(rng.uniform(0.5, 1.5)), "*": float(rng.uniform(0.5, 1.5))}
        scenarios.append(one)
    return scenarios


def all_gains(problem):
    """Return the gains of every allowed schedule in every scenario; None if there are too many schedules."""
    plans = plans_of(problem, most=400)
    if plans is None:
        return None
    base = Evaluator(problem)
    views = [Evaluator(problem_in(problem, scenario)) for scenario in problem.scenarios]
    rows = []
    for plan in plans:
        renewals = as_renewals(problem, plan)
        if base.gain_if_allowed(renewals) is not None:
            rows.append([view.evaluate(renewals).gain for view in views])
    return np.array(rows).reshape(len(rows), len(views))


def random_case(seed):
    rng = np.random.default_rng([seed, 17])
    data = data_of([seed, 18], seed % 3 == 0)
    return parse_problem(data | {"scenarios": random_scenarios(rng, data)})


def check(seed, mode):
    problem = random_case(seed)
    gains = all_gains(problem)
    if gains is None:
        return None
    found = robust(problem, mode, gap=0.0)
    if not len(gains):
        assert found.status == "infeasible"
        return False
    p = np.array([scenario.probability for scenario in problem.scenarios])
    best = gains.max(axis=0)
    wanted = {
        "expected": (gains @ p).max(),
        "worst": gains.min(axis=1).max(),
        "regret": (best - gains).max(axis=1).min(),
    }[mode]
    assert found.status == "optimal"
    assert found.value == pytest.approx(wanted, rel=1e-6, abs=1e-5)
    if mode == "regret":
        assert found.bound <= wanted + 1e-5
    else:
        assert found.bound >= wanted - 1e-5
    assert [one.best for one in found.scenarios] == pytest.approx(best, abs=1e-5)
    for row in found.schedules:
        if row.allowed:
            assert any(np.allclose(row.gains, one, atol=1e-6) for one in gains)
        assert row.expected == pytest.approx(float(np.array(row.gains) @ p))
        assert row.worst == min(row.gains)
    return True


@pytest.mark.parametrize("mode", ["expected", "worst", "regret"])
def test_schedule_is_the_best_of_all_over_all_scenarios(mode):
    done = [check(seed, mode) for seed in range(14)]
    assert done.count(True) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["expected", "worst", "regret"])
def test_schedule_is_the_best_of_all_over_all_scenarios_on_many_problems(mode):
    done = [check(seed, mode) for seed in range(100, 150)]
    assert done.count(True) >= 10


def test_modes_by_hand():
    """In dear times the kiln gains 3 * 120 - 100 = 260, in cheap ones 3 * 15 - 100 = -55."""
    problem = parse_problem(KILN | {"scenarios": two(0.5)})
    by_mean = robust(problem, "expected")
    assert (by_mean.value, len(by_mean.renewals)) == (pytest.approx((260 - 55) / 2), 1)
    by_worst = robust(problem, "worst")
    assert (by_worst.value, by_worst.renewals) == (0.0, ())
    by_regret = robust(problem, "regret")
    assert by_regret.value == pytest.approx(55)
    rows = {row.name: row for row in by_regret.schedules}
    assert rows["nothing"].regrets == pytest.approx((260, 0))
    assert rows["robust"].gains == pytest.approx((260, -55))
    assert rows["knowing cheap"].gains == (0, 0)


def test_what_a_scenario_changes_is_what_the_problem_would_be_if_written_so():
    data = data_of([3])
    scenario = {"name": "s", "probability": 1, "saving_factor": 0.5, "capacity_factor": {"A0/O0": 1.2}}
    problem = parse_problem(data | {"scenarios": [scenario]})
    changed = problem_in(problem, problem.scenarios[0])
    for asset, before in zip(changed.assets, problem.assets, strict=True):
        for option, old in zip(asset.options, before.options, strict=True):
            assert option.saving == tuple(0.5 * value for value in old.saving)
            factor = 1.2 if (asset.name, option.name) == ("A0", "O0") else 1.0
            if old.capacity_per_h is not None:
                assert option.capacity_per_h == tuple(factor * value for value in old.capacity_per_h)
            assert (option.cost, option.downtime_h) == (old.cost, old.downtime_h)


@pytest.mark.parametrize(
    ("scenarios", "place"),
    [
        ([{"name": "a", "probability": 0.5}, {"name": "b", "probability": 0.4}], "scenarios"),
        ([{"name": "a", "probability": 0.5}, {"name": "a", "probability": 0.5}], "scenarios[1].name"),
        ([{"name": "a", "probability": 1, "price_factor": {"oil": 2}}], "scenarios[0].price_factor.oil"),
        ([{"name": "a", "probability": 1, "demand_factor": [1, 2]}], "scenarios[0].demand_factor.*"),
        (
            [{"name": "a", "probability": 1, "capacity_factor": {"kiln/old": 2}}],
            "scenarios[0].capacity_factor.kiln/old",
        ),
    ],
)
def test_wrong_scenarios_are_refused_with_their_place(scenarios, place):
    with pytest.raises(DataError) as error:
        parse_problem(KILN | {"scenarios": scenarios})
    assert [problem.where for problem in error.value.problems] == [place]


def test_no_scenarios_no_robust_schedule():
    with pytest.raises(DataError, match="scenarios: missing"):
        robust(parse_problem(KILN))


def test_rolling_waits_for_what_one_plan_cannot_know():
    """By hand: one plan buys nothing (0.15 * 260 - 0.85 * 55 < 0); in a year who finds gas dear buys for two years."""
    found = rolling(parse_problem(KILN | {"scenarios": two(0.15)}))
    dear, cheap = found.paths
    assert (dear.once, dear.rolling, dear.foresight) == pytest.approx((0, 2 * 120 - 100, 260))
    assert (cheap.once, cheap.rolling, cheap.foresight) == (0, 0, 0)
    assert [year.possible for year in dear.years] == [("dear", "cheap"), ("dear",), ("dear",)]
    assert [len(year.renewals) for year in dear.years] == [0, 1, 0]


def test_what_an_option_is_worth_is_seen_only_where_one_was_in_service():
    poor = [
        {"name": "good", "probability": 0.5, "saving_factor": 1.5},
        {"name": "poor", "probability": 0.5, "saving_factor": 0.1},
    ]
    kilns = [KILN["assets"][0] | {"name": name} for name in ("one", "two")]
    # a budget for one a year; the mean of 3 * 90 - 100 = 170 and 3 * 6 - 100 = -82 is worth it, one year later of
    # 2 * 90 - 100 = 80 and 2 * 6 - 100 = -88 not; who has seen a good one buys the second
    found = rolling(parse_problem(KILN | {"assets": kilns, "budget": {"amounts": 100}, "scenarios": poor}))
    good, bad = found.paths
    assert (good.once, good.rolling) == pytest.approx((170, 250))
    assert (bad.once, bad.rolling) == pytest.approx((-82, -82))
    nothing = rolling(parse_problem(KILN | {"assets": kilns, "budget": {"amounts": 0}, "scenarios": poor}))
    assert nothing.paths[0].years[-1].possible == ("good", "poor")


def test_money_left_is_carried_over_and_what_was_bought_stays():
    """Two kilns, 100 a year carried over; the plan made again keeps within the money of all years."""
    kilns = [KILN["assets"][0] | {"name": name} for name in ("one", "two")]
    data = KILN | {"assets": kilns, "budget": {"amounts": [100, 0, 100], "carry_over": True}, "scenarios": two(0.9)}
    found = rolling(parse_problem(data))
    dear = found.paths[0]
    bought = [r for year in dear.years for r in year.renewals]
    assert [r.period for r in bought] == [0, 2]


@pytest.mark.parametrize("seed", range(10))
def test_foresight_is_no_worse_than_rolling_and_rolling_no_worse_than_one_plan(seed):
    problem = random_case(seed)
    if plans_of(problem, most=400) is None:
        return
    found = rolling(problem, gap=0.0)
    if found.status == "infeasible":
        assert solve(problem).status == "infeasible"
        return
    assert found.rolling >= found.once - 1e-6
    gains = all_gains(problem)
    for n, path in enumerate(found.paths):
        assert path.rolling <= path.foresight + 1e-6
        assert path.foresight == pytest.approx(gains[:, n].max(), abs=1e-5)
        assert path.bound >= path.foresight
        assert np.isclose(gains[:, n], path.rolling, atol=1e-6).any()  # an allowed schedule


def test_a_machine_not_yet_in_service_has_shown_nothing():
    poor = [
        {"name": "good", "probability": 0.5, "saving_factor": 3},
        {"name": "poor", "probability": 0.5, "saving_factor": 0.1},
    ]
    kiln = KILN["assets"][0] | {"options": [KILN["assets"][0]["options"][0] | {"starts_after": 1}]}
    found = rolling(parse_problem(KILN | {"assets": [kiln], "scenarios": poor}))
    assert [len(year.renewals) for year in found.paths[0].years] == [1, 0, 0]
    assert [year.possible for year in found.paths[0].years] == [("good", "poor"), ("good", "poor"), ("good",)]


def test_factors_on_lines_and_prices_are_as_if_written():
    line = {"name": "L", "stations": ["s"], "hours": 10, "margin": 2, "demand_per_h": 6}
    mixed = {
        "name": "M",
        "stations": [],
        "hours": 10,
        "products": [
            {"name": "p", "margin": 3, "demand_per_h": [4, 5, 6]},
            {"name": "q", "margin": 1, "demand_per_h": 7},
        ],
    }
    lathe = {"name": "lathe", "line": "L", "station": "s", "capacity_per_h": 9}
    scenario = {
        "name": "s",
        "probability": 1,
        "demand_factor": {"L": [1, 0.5, 2], "*": 0.5},
        "margin_factor": {"M": 2},
        "price_factor": {"gas": [1, 2, 3]},
    }
    data = KILN | {"assets": [*KILN["assets"], lathe], "lines": [line, mixed], "scenarios": [scenario]}
    problem = parse_problem(data)
    there = problem_in(problem, problem.scenarios[0])
    products = [
        {"name": "p", "margin": 6, "demand_per_h": [2, 2.5, 3]},
        {"name": "q", "margin": 2, "demand_per_h": 3.5},
    ]
    as_if = data | {
        "lines": [line | {"demand_per_h": [6, 3, 12]}, mixed | {"products": products}],
        "prices": {"gas": [1, 2, 3]},
        "scenarios": [],
    }
    assert there == parse_problem(as_if)
