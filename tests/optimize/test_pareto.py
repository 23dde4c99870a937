"""The Pareto front against all schedules, enumerated."""

import pytest
from small_problems import as_renewals, data_of, plans_of

from optimize.evaluate import Evaluator
from optimize.pareto import pareto_front
from optimize.problem import parse_problem

QUANTITY = {"name": "energy", "of": "quantity", "quantity": "kwh"}
GOALS = (
    [{"name": "gain", "of": "gain"}, QUANTITY],
    [{"name": "margin", "of": "margin"}, {"name": "cost", "of": "cost"}],
    [{"name": "gain", "of": "gain"}, QUANTITY, {"name": "margin", "of": "margin", "over": "end"}],
    [{"name": "gain", "of": "gain"}, QUANTITY | {"over": "end"}, {"name": "cost", "of": "cost"}],
)


def turned(problem, goals):
    return tuple(goal.sign * goals[goal.name] for goal in problem.goals)


def efficient(points):
    """Those that no other is as good as in all goals; what differs by rounding alone is the same."""
    different = sorted({tuple(round(value, 6) for value in point) for point in points}, reverse=True)
    kept = []
    for point in different:  # who beats a point stands before it
        if not any(all(a >= b for a, b in zip(other, point, strict=True)) for other in kept):
            kept.append(point)
    return kept


def all_points(problem):
    plans = plans_of(problem)
    if plans is None:
        return None
    evaluator, points = Evaluator(problem), []
    for plan in plans:
        found = evaluator.evaluate(as_renewals(problem, plan))
        if not found.violations:
            points.append(turned(problem, found.goals))
    return points


def random_goals(seed, kind, second):
    data = data_of([seed, second, 11], second)
    if kind % 4 == 2 and not data["lines"]:
        kind = 0
    if kind % 4 == 1 and not data["lines"]:
        kind = 3
    return data | {"goals": GOALS[kind % 4]}


def check(seed, kind, second):
    """Compare one front; return how many points it has, None where there are too many schedules."""
    problem = parse_problem(random_goals(seed, kind, second))
    points = all_points(problem)
    if points is None:
        return None
    front = pareto_front(problem)
    if not points:
        assert front.status == "infeasible"
        assert front.points == ()
        return 0
    assert front.status == "complete"
    found = [turned(problem, point.goals) for point in front.points]
    wanted = efficient(points)
    assert len(found) == len(wanted), (found, wanted)
    rounded = sorted(found, key=lambda at: [round(value, 6) for value in at], reverse=True)
    for mine, theirs in zip(rounded, wanted, strict=True):
        assert mine == pytest.approx(theirs, abs=2e-6)
    for goal, k in zip(front.goals, range(len(problem.goals)), strict=True):
        assert problem.goals[k].sign * goal.best == pytest.approx(max(p[k] for p in points), abs=1e-5)
    for point in front.points:  # every point is a schedule that keeps all limits
        again = Evaluator(problem).evaluate(point.renewals)
        assert again.violations == ()
        assert turned(problem, again.goals) == turned(problem, point.goals)
    return len(wanted)


@pytest.mark.parametrize("kind", range(4), ids=["gain-energy", "margin-cost", "gain-energy-margin", "gain-energy-cost"])
def test_front_is_that_of_all_schedules(kind):
    sizes = [check(seed, kind, seed % 2 == 1) for seed in range(30)]
    assert sum(size is not None and size > 1 for size in sizes) >= 3  # the check must not run empty
    assert max(size or 0 for size in sizes) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", range(4))
def test_front_is_that_of_all_schedules_on_many_problems(kind):
    sizes = [check(seed, kind, seed % 3 == 0) for seed in range(100, 150)]
    assert sum(size is not None and size > 1 for size in sizes) >= 10
