"""Random small problems and all their schedules, for fronts and scenarios."""

from random_problems import random_problem
from test_enumeration import all_plans, as_renewals, best_by_what_is_broken, plan_count

__all__ = ["as_renewals", "best_by_enumeration", "data_of", "plans_of"]


def data_of(key, second=False):
    """Return a random problem as data; the key is a list of integers."""
    return random_problem(key, second)


def plans_of(problem, most=1500):
    """Return every schedule of a problem, None if there are more than ``most``."""
    return None if plan_count(problem) > most else all_plans(problem)


def best_by_enumeration(problem, most=4000):
    """Return the greatest gain of all allowed plans, None if there is none; "too many" for more than ``most``."""
    if plan_count(problem) > most:
        return "too many"
    return best_by_what_is_broken(problem).get(frozenset())
