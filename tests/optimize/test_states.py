"""States of a line and the search through them, against every schedule."""

from itertools import product

import numpy as np
import pytest

from optimize.evaluate import Evaluator
from optimize.plan import Renewal
from optimize.problem import parse_problem
from optimize.solve import solve
from optimize.state_search import Search, Worth
from optimize.states import LineStates, capital_by_kind, listable


def problem(**more):
    def asset(name, line, count, options):
        return {
            "name": name,
            "line": line,
            "station": name,
            "count": count,
            "capacity_per_h": 1.0,
            "options": [{"starts_after": 0, "downtime_h": 10, "residual": [5, 4, 3], **o} for o in options],
        }

    return parse_problem({
        "renewal_problem": 1,
        "periods": {"count": 3},
        "discount": {"rate_per_year": 0.1},
        "budget": {"amounts": [120, 60, 60], "carry_over": True},
        "lines": [
            {"name": "one", "stations": ["saw", "mill"], "hours": 100, "margin": 1.0, "downtime_limit_h": 20},
            {"name": "two", "stations": ["press"], "hours": 100, "margin": 1.0},
        ],
        "assets": [
            asset("saw", "one", 2, [{"name": "quick", "cost": 40, "capacity_per_h": 2}]),
            asset("mill", "one", 1, [{"name": "cheap", "cost": 20, "capacity_per_h": 1.5},
                                     {"name": "good", "cost": 70, "capacity_per_h": 3}]),
            asset("press", "two", 1, [{"name": "new", "cost": 50, "capacity_per_h": 2}]),
        ],
        **more,
    })  # fmt: skip


def any_worth(states, periods, seed):
    """Return worth of every state and move by chance: nothing like a least capacity."""
    rng = np.random.default_rng(seed)
    moves, size = len(states.moves), states.size
    scene = np.arange(moves * size, dtype=np.int16).reshape(moves, size)
    values = rng.uniform(0, 60, (periods, moves * size))
    kind = rng.integers(0, 2, moves * size).astype(np.int8)
    return Worth(values, rng.uniform(-5, 5, (2, periods, size)), kind, scene)


def every_schedule(found):
    lives = []
    for asset in found.assets:
        choices = [None, *((o.name, t) for o in asset.options for t in range(found.periods.count))]
        rows = {tuple(sorted(filter(None, row))) for row in product(choices, repeat=asset.count)}
        lives.append([(asset.name, row) for row in sorted(rows)])
    for combo in product(*lives):
        machines = {}
        for name, row in combo:
            for option, t in row:
                machines[t, name, option] = machines.get((t, name, option), 0) + 1
        yield [Renewal(asset=a, option=o, period=t, machines=n) for (t, a, o), n in machines.items()]


def worth_of(search, worths, renewals):
    """Return what a schedule is worth by the tables, added up one by one."""
    capital = capital_by_kind(search.problem)
    index = {a.name: n for n, a in enumerate(search.problem.assets)}
    total = 0.0
    for r in renewals:
        options = [o.name for o in search.problem.assets[index[r.asset]].options]
        total += r.machines * capital[index[r.asset], options.index(r.option)][r.period]
    for line, worth, rows in zip(search.lines, worths, search.follow(renewals), strict=True):
        numbers = {move.installs: n for n, move in enumerate(line.moves)}
        for t, (state, installs) in enumerate(rows):
            total += float(worth.of(t, numbers[installs], line.number(state)))
    return total


CASES = {
    "budget": {},
    "exclude": {"rules": [{"exclude": ["saw", "mill/good"]}]},
    "must": {"rules": [{"must": "saw", "by": 1}]},
    "together": {"rules": [{"together": ["saw", "mill"]}]},
    "after": {"rules": [{"after": {"first": "mill", "then": "saw"}}]},
    "requires": {"rules": [{"requires": {"if": "mill", "then": "saw"}}]},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(3))
def test_the_best_way_is_the_best_of_all_schedules(case, seed):
    found = problem(**CASES[case])
    lines = [LineStates(found, "one"), LineStates(found, "two")]
    search = Search(found, lines)
    worths = [any_worth(line, 3, seed + 10 * n) for n, line in enumerate(lines)]
    evaluator = Evaluator(found)
    allowed = [s for s in every_schedule(found) if not evaluator.evaluate(s).violations]
    best = max(worth_of(search, worths, s) for s in allowed)
    path = search.best(worths)
    renewals = search.renewals(path)
    assert path.value == pytest.approx(worth_of(search, worths, renewals))
    assert path.value >= best - 1e-9
    if not evaluator.evaluate(renewals).violations:  # what the search leaves out only makes the bound higher
        assert path.value == pytest.approx(best)
    assert case in ("together", "after") or not evaluator.evaluate(renewals).violations
    priced = search.priced_bound(worths, 30, best)
    assert priced >= best - 1e-9
    search.drop(worths, best - 1e-6)
    assert search.best(worths).value == pytest.approx(path.value)


def test_capital_is_what_the_problem_says_without_operation():
    found = problem()
    evaluator = Evaluator(found)
    capital = capital_by_kind(found)
    one = evaluator.evaluate([Renewal(asset="press", option="new", period=1)])
    margin = sum(evaluator.operation_factor * 100 * np.array([0.0, 0.8, 1.0]))
    assert one.gain - margin == pytest.approx(capital[2, 0][1])


def test_what_cannot_be_listed_says_why():
    twice = problem().model_dump(by_alias=True)
    twice["assets"][0]["max_renewals"] = 2
    assert "more than once" in listable(parse_problem(twice))
    assert listable(problem()) is None


def test_the_order_of_states_is_that_of_their_machines():
    states = LineStates(problem(), "one")
    cheap, good = ((0,), (1, 0)), ((0,), (0, 1))
    assert states.not_more(cheap, good)
    assert not states.not_more(good, cheap)
    assert states.below(good)[states.number(cheap)]
    assert not states.below(good)[states.number(((1,), (0, 0)))]


def test_without_further_worth_the_search_agrees_with_the_solver():
    found = problem()
    lines = [LineStates(found, "one"), LineStates(found, "two")]
    evaluator = Evaluator(found)
    worths = []
    for line in lines:
        values = np.zeros((3, len(line.moves) * line.size))
        scene = np.arange(values.shape[1], dtype=np.int16).reshape(len(line.moves), line.size)
        for m, move in enumerate(line.moves):
            for s in range(line.size):
                for t in range(3):
                    values[t, scene[m, s]] = evaluator.operation_factor[t] * 100 * _gain(line, move, s)
        worths.append(Worth(values, np.zeros((1, 3, line.size)), np.zeros(values.shape[1], dtype=np.int8), scene))
    path = Search(found, lines).best(worths)
    assert path.value == pytest.approx(solve(found, gap=1e-9).gain, rel=1e-6)


def _gain(line, move, number):
    """Return least capacity less that at the start; a machine stands still for a tenth of the period it is put in."""
    capacity, at_start = [], []
    for n, row, installs in zip(line.assets, line.state(number), move.installs, strict=True):
        asset = line.problem.assets[n]
        new = sum(k * o.capacity_per_h[0] for k, o in zip(row, asset.options, strict=True))
        lost = sum(0.1 * k * o.capacity_per_h[0] for k, o in zip(installs, asset.options, strict=True))
        capacity.append(new - lost + asset.count - sum(row))
        at_start.append(asset.count)
    return min(capacity) - min(at_start)
