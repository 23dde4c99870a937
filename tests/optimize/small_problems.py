"""Random small problems and all their schedules, for fronts and scenarios."""

import numpy as np
from test_enumeration import all_plans, as_renewals, machine_histories, random_problem

__all__ = ["as_renewals", "data_of", "plans_of"]


def data_of(key, second=False):
    """Return a random problem as data; the key is a list of integers."""
    return random_problem(np.random.default_rng(key), second)


def plans_of(problem, most=1500):
    """Return every schedule of a problem, None if there are more than ``most``."""
    size = 1
    for asset in problem.assets:
        n = len(machine_histories(problem, asset))
        size *= n if asset.count == 1 else n * (n + 1) // 2
    return None if size > most else all_plans(problem)
