"""The steps of the model add up to the lives that the judge of plans knows."""

import numpy as np
import pytest
from random_problems import random_problem
from test_enumeration import machine_histories

from optimize.evaluate import Evaluator
from optimize.lives import make_steps
from optimize.problem import parse_problem

ALL = frozenset({"allowed_periods", "from", "max_age"})


def added_up(steps, life):
    """Worth, capacity, cost and standstill of the steps that lead through a life."""
    state, total = None, 0.0
    for number, period in life:
        (step,) = [s for s in steps if s.before == state and (s.option, s.period) == (number, period)]
        total += np.concatenate([[step.worth], step.capacity_per_h, step.cost, step.downtime_h])
        state = step.after
    return total


@pytest.mark.parametrize("start", range(0, 240, 80))
def test_steps_of_a_path_add_up_to_the_life(start):
    again = 0
    for seed in range(start, start + 80):
        problem = parse_problem(random_problem(seed, second=True))
        evaluator = Evaluator(problem)
        for index, asset in enumerate(problem.assets):
            steps = make_steps(evaluator, 0, index, ALL)
            bare = evaluator.figures(index, ())
            for life in machine_histories(problem, asset):
                if not life:
                    continue
                figures = evaluator.figures(index, life)
                expected = [
                    [np.sum(figures.worth - bare.worth)],
                    figures.capacity_per_h - bare.capacity_per_h,
                    figures.cost,
                    figures.downtime_h,
                ]
                assert added_up(steps, life) == pytest.approx(np.concatenate(expected), abs=1e-8)
                again += len(life) > 2
    assert again > 100
