"""Column generation against the one model of the plant, on small random problems with what can tie lines together."""

from typing import Any

import numpy as np
import pytest

from optimize import decompose
from optimize.decompose import parts_of
from optimize.evaluate import Evaluator
from optimize.line_graph import line_graph
from optimize.line_search import Effort, LineSearch
from optimize.linking import link
from optimize.many_lines import solve_lines
from optimize.numbers import Array
from optimize.option_table import first_renewals
from optimize.plan import Renewal
from optimize.problem import RenewalProblem, parse_problem
from optimize.solve import _solve_whole, solve

FOREVER = 1e9


def by_age(rng: np.random.Generator, low: float, high: float) -> Any:
    values = rng.uniform(low, high, rng.integers(1, 4)).round(2).tolist()
    return values if rng.random() < 0.3 else values[0]


def random_option(rng: np.random.Generator, number: int, periods: int) -> dict[str, Any]:
    option: dict[str, Any] = {
        "name": f"o{number}",
        "saving": by_age(rng, 0, 8),
        "downtime_h": rng.uniform(0, 60, rng.integers(1, 3)).round().tolist(),
        "residual": by_age(rng, 0, 15),
        "starts_after": int(rng.integers(0, 3)),
        "uses": {"crew_d": by_age(rng, 0, 5)},
        "quantities": {"co2": by_age(rng, 0, 5)},
    }
    gains = "capacity_per_h" if rng.random() < 0.4 else "capacity_gain_per_h"
    option[gains] = by_age(rng, 25, 45) if gains == "capacity_per_h" else by_age(rng, -2, 15)
    if rng.random() < 0.3:
        option["cost_by_period"] = rng.uniform(15, 50, periods).round(1).tolist()
    else:
        option["cost"] = rng.uniform(5, 30, rng.integers(1, 3)).round(1).tolist()
    if rng.random() < 0.2:
        option["allowed_periods"] = sorted(rng.choice(periods, periods - 1, replace=False).tolist())
    if rng.random() < 0.2:
        option["cash"] = [0.0, round(float(rng.uniform(0, 10)), 1)]
    if rng.random() < 0.2:
        option["carrier_saving"] = {"power": by_age(rng, 0, 20)}
    return option


def random_problem(seed: int, rules: bool = True) -> RenewalProblem:
    """Return some short lines of single machines, and machines without line, with limits of all kinds."""
    rng = np.random.default_rng(seed)
    periods = int(rng.integers(3, 6))
    lines, assets = [], []
    for k in range(int(rng.integers(2, 5))):
        stations = [f"s{s}" for s in range(rng.integers(1, 4))]
        line = {
            "name": f"L{k}",
            "stations": stations,
            "hours": 200,
            "margin": round(float(rng.uniform(0.001, 0.02)), 4),
            "demand_per_h": rng.uniform(60, 90, periods).round(1).tolist(),
        }
        if rng.random() < 0.7:
            line["downtime_limit_h"] = float(round(rng.uniform(30, 120)))
        lines.append(line)
        for s in stations:
            names = [f"L{k}-{s}-{m}" for m in range(int(rng.integers(1, 3)))]
            assets += [random_machine(rng, name, periods, line=f"L{k}", station=s) for name in names]
    assets += [random_machine(rng, f"alone{n}", periods) for n in range(rng.integers(0, 3))]
    data: dict[str, Any] = {
        "renewal_problem": 1,
        "periods": {"count": periods, "years_each": 0.5},
        "discount": {"rate_per_year": 0.1},
        "prices": {"power": rng.uniform(0.2, 0.6, periods).tolist()},
        "budget": {"amounts": 60, "every": "year" if rng.random() < 0.5 else "period", "carry_over": bool(seed % 2)},
        "resources": {"crew_d": {"max": 12, "every": "period"}},
        "lines": lines,
        "assets": assets,
    }
    if rng.random() < 0.4:
        amount = sum(np.atleast_1d(asset["quantities"]["co2"])[-1] * asset.get("count", 1) for asset in assets)
        data["targets"] = [{"quantity": "co2", "max": 0.97 * amount, "from": periods - 1}]
    if rules:
        data["rules"] = random_rules(rng, assets, periods)
    return parse_problem(data)


def random_machine(rng: np.random.Generator, name: str, periods: int, **place: str) -> dict[str, Any]:
    machine: dict[str, Any] = {
        "name": name,
        **place,
        "capacity_per_h": by_age(rng, 20, 60),
        "running_cost": by_age(rng, 0, 4),
        "resale": by_age(rng, 0, 4),
        "quantities": {"co2": by_age(rng, 5, 10)},
        "options": [random_option(rng, number, periods) for number in range(rng.integers(0, 3))],
    }
    if rng.random() < 0.15:
        machine["count"] = 2
    return machine


def random_rules(rng: np.random.Generator, assets: list[dict[str, Any]], periods: int) -> list[dict[str, Any]]:
    names = [asset["name"] for asset in assets if asset["options"]]
    if len(names) < 4:
        return []
    rules: list[dict[str, Any]] = []
    for _ in range(int(rng.integers(0, 3))):
        a, b = rng.choice(names, 2, replace=False).tolist()
        kinds = [
            {"together": [a, b]},
            {"after": {"first": a, "then": b, "gap": 1}},
            {"exclude": [a, b]},
            {"requires": {"if": a, "then": b}},
            {"choose": [a, b], "min": 1},
            {"must": a, "by": periods - 1},
        ]
        rules.append(kinds[rng.integers(len(kinds))])
    return rules


@pytest.fixture(autouse=True)
def _small_problems_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompose, "FEW_STEPS", 1)
    monkeypatch.setattr(decompose, "FEW_LINES", 2)


def generated(
    problem: RenewalProblem, gap: float = 1e-6, seconds: float = 60.0, start: tuple[Renewal, ...] = ()
) -> Any:
    import time

    evaluator, deadline = Evaluator(problem), time.monotonic() + seconds
    parts = parts_of(evaluator, (), lambda: deadline - time.monotonic())
    if parts is None:
        return None, None
    found = solve_lines(evaluator, parts, gap, deadline, 2, start, lambda _: None, lambda: False)
    return found, None if found.renewals is None else evaluator.evaluate(found.renewals)


def agrees(problem: RenewalProblem) -> bool:
    """Return whether there was anything to compare; fails if bound or plan of the lines is wrong."""
    whole = _solve_whole(problem, 1e-9, 60.0, 1, 0, ())
    found, checked = generated(problem)
    if found is None:
        return False
    if whole.status == "infeasible":
        assert found.renewals is None
        return True
    assert whole.gain is not None
    room = 1e-6 * max(1.0, abs(whole.gain), abs(whole.value or 0.0))
    assert found.bound >= whole.gain - room
    if checked is not None:
        assert not checked.violations
        assert checked.gain <= whole.gain + room
        if found.bound - checked.gain <= 1e-6 * abs(checked.gain):
            assert checked.gain == pytest.approx(whole.gain, abs=2 * room)
    return True


def test_bound_and_plan_of_lines_agree_with_the_one_model() -> None:
    compared = [agrees(random_problem(seed)) for seed in range(12)]
    assert sum(compared) >= 8


@pytest.mark.slow
def test_bound_and_plan_of_lines_agree_with_the_one_model_on_many() -> None:
    compared = [agrees(random_problem(seed)) for seed in range(100, 180)]
    assert sum(compared) >= 60


def test_few_lines_without_rules_are_solved_to_the_end() -> None:
    proven = 0
    for seed in range(200, 210):
        problem = random_problem(seed, rules=False)
        found, checked = generated(problem)
        if checked is not None:
            proven += found.bound - checked.gain <= 1e-5 * max(1.0, abs(checked.gain))
    assert proven >= 8


def test_renewals_are_read_as_the_evaluator_reads_them() -> None:
    for seed in range(6):
        problem = random_problem(seed)
        evaluator = Evaluator(problem)
        for index, asset in enumerate(problem.assets):
            pairs = [(o, p) for o in range(len(asset.options)) for p in range(evaluator.count)]
            table = first_renewals(evaluator, index, pairs)
            none = evaluator.figures(index, ())
            for step, (option, period) in enumerate(zip(table.option, table.period, strict=True)):
                one = evaluator.figures(index, ((int(option), int(period)),))
                assert table.worth[step] == pytest.approx(float((one.worth - none.worth).sum()))
                np.testing.assert_allclose(table.cost[step], one.cost)
                np.testing.assert_allclose(table.downtime_h[step], one.downtime_h)
                if asset.line is not None:
                    np.testing.assert_allclose(table.capacity_per_h[step], one.capacity_per_h)
                for name, use in one.uses.items():
                    np.testing.assert_allclose(table.uses[name][step], use)
                for name, amount in one.quantities.items():
                    np.testing.assert_allclose(table.quantities[name][step], amount - none.quantities[name])


def searched(problem: RenewalProblem, duals: Array) -> tuple[LineSearch, Any]:
    evaluator = Evaluator(problem)
    links = link(evaluator, (), ())
    assets = [index for index, asset in enumerate(problem.assets) if asset.line == "L0"]
    graph = line_graph(evaluator, evaluator.lines["L0"], assets, (), links, limited=True)
    assert graph is not None
    line = LineSearch(problem, graph, links.count)
    return line, line.price(duals[: links.count], 0.0, 0.0, Effort(200, 5000))


@pytest.mark.parametrize("seed", range(12))
def test_one_line_at_prices_is_searched_to_the_optimum(seed: int) -> None:
    from optimize.line_model import LineModel

    problem = random_problem(seed, rules=False)
    evaluator = Evaluator(problem)
    links = link(evaluator, (), ())
    duals = np.random.default_rng(seed).uniform(0, 0.3, links.count)
    duals[np.isinf(links.upper)] = 0.0
    line, priced = searched(problem, duals)
    assets = [index for index, asset in enumerate(problem.assets) if asset.line == "L0"]
    model = LineModel(problem, assets, (), links, (), lambda: FOREVER).price(duals, 0.0, 0.0, Effort(1, 10_000))
    assert priced.bound == pytest.approx(max(0.0, model.bound), abs=2e-4)
    for plan in priced.plans:
        alone = evaluator.evaluate(line.renewals(plan))
        assert alone.gain == pytest.approx(plan.gain)
        assert not [broken for broken in alone.violations if broken.constraint in {"downtime_limit", "one_life"}]


def test_narrow_search_still_bounds_the_line() -> None:
    for seed in range(8):
        problem = random_problem(seed, rules=False)
        line, exact = searched(problem, np.zeros(100))
        narrow = line.price(np.zeros(line.row_count), 0.0, 0.0, Effort(3, 1))
        assert narrow.bound >= exact.bound - 1e-9


def test_same_problem_same_plan_whatever_the_threads() -> None:
    problem = random_problem(3)
    plans = [solve(problem, threads=threads) for threads in (1, 2, 2)]
    assert plans[0] == plans[1] == plans[2]


def test_time_limit_gives_a_plan_and_a_bound_or_says_there_is_none() -> None:
    plan = solve(random_problem(5, rules=False), gap=0.0, time_limit_s=0.0)
    assert plan.status in {"feasible", "no_plan_yet"}


def test_search_begins_with_the_plan_it_is_given() -> None:
    problem = random_problem(200, rules=False)
    best = solve(problem, gap=1e-6)
    start = tuple(Renewal(**r.model_dump(include=set(Renewal.model_fields))) for r in best.renewals)
    found, checked = generated(problem, gap=10.0, start=start)
    assert checked is not None
    assert best.gain is not None
    assert checked.gain >= best.gain - 1e-6 or found.bound >= best.gain


def test_limits_that_a_line_does_not_know_of_make_it_a_model_or_the_whole() -> None:
    problem = random_problem(0, rules=False)
    renewed_twice = problem.assets[0].model_copy(update={"max_renewals": 2})
    evaluator = Evaluator(problem.model_copy(update={"assets": (renewed_twice, *problem.assets[1:])}))
    parts = parts_of(evaluator, (), lambda: FOREVER)
    assert parts is None or not isinstance(parts.lines[0], LineSearch)
    few_down = Evaluator(problem.model_copy(update={"max_lines_down": 1}))
    assert parts_of(few_down, (), lambda: FOREVER) is None
