"""Published problems with known optima, and generated ones whose optimum another method finds."""

import csv
import random
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from optimize.problem import parse_problem, read_problem
from optimize.solve import solve

FOLDER = Path(__file__).parent / "outside"
with (FOLDER / "cases.csv").open(encoding="utf-8") as table:
    CASES = list(csv.DictReader(table))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_plan_has_the_published_optimum(case):
    plan = solve(read_problem(FOLDER / case["file"]))
    optimum = float(case["optimum"])
    assert plan.status == "optimal"
    assert getattr(plan, case["figure"]) == pytest.approx(optimum, rel=1e-9)
    assert plan.bound == pytest.approx(plan.gain, rel=1e-8)
    assert plan.bound >= plan.gain
    assert plan.gap <= 1e-8


def test_every_file_is_a_case_with_its_source():
    assert sorted(path.name for path in FOLDER.glob("*.json")) == sorted(case["file"] for case in CASES)
    assert all(case["source"] and case["how"] for case in CASES)


def problem(count, **more):
    return parse_problem({"renewal_problem": 1, "periods": {"count": count}} | more)


def once(name, **option):
    return {"name": name, "options": [{"name": "do", "starts_after": 0} | option]}


def best_knapsack(weights, profits, capacity):
    """Nemhauser and Ullmann (1969): the list of weights and profits that no other beats; exact for whole numbers."""
    front = [(0, 0)]
    for weight, profit in zip(weights, profits, strict=True):
        longer = [(w + weight, p + profit) for w, p in front if w + weight <= capacity]
        best, kept = -1, []
        for w, p in sorted(front + longer, key=lambda pair: (pair[0], -pair[1])):
            if p > best:
                kept.append((w, p))
                best = p
        front = kept
    return front[-1][1]


@pytest.mark.parametrize(
    ("items", "largest", "unit"),
    [(250, 1000, 1.0), (100, 10**9, 1.0), (100, 1000, 1e-9), (24, 10**12, 1.0)],
    ids=["250 items", "numbers of 1e9", "numbers of 1e-9", "numbers of 1e12"],
)
@pytest.mark.parametrize("by", ["budget", "resource"])
def test_knapsacks_of_any_size_of_number(items, largest, unit, by):
    rng = random.Random(items)
    weights, profits = ([rng.randint(1, largest) for _ in range(items)] for _ in range(2))
    capacity = sum(weights) // 2
    pairs = [(w * unit, p * unit) for w, p in zip(weights, profits, strict=True)]
    if by == "budget":
        assets = [once(f"i{n}", cost=w, saving=w + p) for n, (w, p) in enumerate(pairs)]
        asked = problem(1, budget={"amounts": capacity * unit}, assets=assets)
    else:
        assets = [once(f"i{n}", cost=0, saving=p, uses={"room": w}) for n, (w, p) in enumerate(pairs)]
        asked = problem(1, resources={"room": {"max": capacity * unit}}, assets=assets)
    plan = solve(asked)
    assert plan.status == "optimal"
    assert plan.gain == pytest.approx(best_knapsack(weights, profits, capacity) * unit, rel=1e-9)


def replacement_data(rng, count, machines):
    """Machines of several ages whose upkeep climbs and whose price on the market falls."""
    upkeep = [rng.randint(5, 15)]
    market = [rng.randint(50, 70)]
    for _ in range(count + 4):
        upkeep.append(upkeep[-1] + rng.randint(0, 9))
        market.append(int(market[-1] * 0.7))
    ages = [rng.randint(0, 4) for _ in range(machines)]
    prices = [rng.randint(70, 110) for _ in range(count)]
    budget = [rng.choice([0, 100, 120, 220]) for _ in range(count)]
    return upkeep, market, ages, prices, budget


def as_replacement_problem(count, upkeep, market, ages, prices, more):
    new = {"name": "new", "starts_after": 0, "cost_by_period": prices, "running_cost": upkeep}
    new |= {"resale": market, "residual": market[1:]}
    old = {"running_cost": upkeep, "resale": market, "max_renewals": count, "options": [new]}
    assets = [old | {"name": f"M{number}", "age": age} for number, age in enumerate(ages)]
    return problem(count, discount={"rate_per_year": 0.1}, assets=assets, **more)


def best_replacement(count, upkeep, market, ages, prices, budget, carry_over):
    """Dynamic programme over the ages of all machines and the money left; -1 - age marks a machine not yet renewed."""
    factor, paid = [1.1 ** -(t + 1) for t in range(count)], [1.1**-t for t in range(count)]

    @cache
    def best(t, states, left):
        if t == count:
            return sum(1.1**-count * market[age] for age in states if age >= 0)
        found = float("-inf")
        there = budget[t] + left
        for choice in product((False, True), repeat=len(states)):
            spent = prices[t] * sum(choice)
            if spent > there:
                continue
            value, after = 0.0, []
            for renewed, state in zip(choice, states, strict=True):
                served = state if state >= 0 else -1 - state
                if renewed:
                    value += paid[t] * (market[served] - prices[t]) - factor[t] * upkeep[0]
                    after.append(1)
                else:
                    value -= factor[t] * upkeep[served]
                    after.append(state + 1 if state >= 0 else state - 1)
            found = max(found, value + best(t + 1, tuple(after), there - spent if carry_over else 0))
        return found

    return best(0, tuple(-1 - age for age in ages), 0)


@pytest.mark.parametrize("seed", range(6))
def test_parallel_replacement_under_a_budget_equals_dynamic_programming(seed):
    rng = random.Random(seed)
    count, machines, carry_over = rng.randint(4, 6), rng.randint(2, 3), bool(seed % 2)
    upkeep, market, ages, prices, budget = replacement_data(rng, count, machines)
    more = {"budget": {"amounts": budget, "carry_over": carry_over}}
    plan = solve(as_replacement_problem(count, upkeep, market, ages, prices, more))
    assert plan.status == "optimal"
    assert plan.value == pytest.approx(best_replacement(count, upkeep, market, ages, prices, budget, carry_over))


def projects(rng, count):
    outlay = [[rng.randint(5, 30) for _ in range(rng.randint(1, 2))] for _ in range(6)]
    back = [[rng.randint(4, 16) for _ in range(count)] for _ in range(6)]
    amounts = [rng.randint(10, 45) for _ in range(count)]
    before = [(first, then, rng.randint(0, 2)) for first, then in ((0, 3), (1, 4))]
    return outlay, back, amounts, before


def best_projects(count, outlay, back, amounts, before, carry_over):
    """Every start of every project (or none), each list of starts looked at by itself."""
    found = 0.0
    for starts in product((None, *range(count)), repeat=len(outlay)):
        late = [starts[b] is not None and (starts[a] is None or starts[a] + gap > starts[b]) for a, b, gap in before]
        if any(late) or (starts[2] is not None and starts[5] is not None):
            continue
        left, value = 0, 0.0
        for t in range(count):
            running = [(t - p, n) for n, p in enumerate(starts) if p is not None and p <= t]
            spent = sum(outlay[n][k] for k, n in running if k < len(outlay[n]))
            left = amounts[t] - spent + (left if carry_over else 0)
            if left < 0:
                break
            earned = sum(back[n][k] for k, n in running)
            value += 1.05 ** -(t + 1) * earned - 1.05**-t * spent
        else:
            found = max(found, value)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_capital_budgeting_with_carry_over_and_interdependent_projects(seed):
    rng = random.Random(seed)
    count, carry_over = 3, bool(seed % 2)
    outlay, back, amounts, before = projects(rng, count)
    assets = [
        {"name": f"P{n}", "options": [{"name": "do", "starts_after": 0, "cost": cost, "saving": [*flow, 0]}]}
        for n, (cost, flow) in enumerate(zip(outlay, back, strict=True))
    ]
    rules = [{"after": {"first": f"P{a}", "then": f"P{b}", "gap": gap}} for a, b, gap in before]
    rules.append({"exclude": ["P2", "P5"]})
    asked = problem(
        count,
        discount={"rate_per_year": 0.05},
        budget={"amounts": amounts, "carry_over": carry_over},
        assets=assets,
        rules=rules,
    )
    plan = solve(asked)
    assert plan.status == "optimal"
    assert plan.gain == pytest.approx(best_projects(count, outlay, back, amounts, before, carry_over))


def best_life(count, options, start):
    """Dynamic programme for one machine: options by name, which may follow which, ages at most ``max_age``."""
    entry = lambda values, age: values[min(age, len(values)) - 1]  # noqa: E731 - short table look-up
    rate = 1.08

    @cache
    def best(t, name, age, left):  # age: periods served before t
        unit = options.get(name, start)
        if age > unit["max_age"]:
            return float("-inf")
        if t == count:
            return rate**-count * entry(unit["residual"], age) if name in options else 0.0
        keep = -(rate ** -(t + 1)) * entry(unit["running_cost"], age + 1) + best(t + 1, name, age + 1, left)
        sold = rate**-t * entry(unit["resale"], age + 1)
        new = [
            sold
            - rate**-t * option["cost"]
            - rate ** -(t + 1) * entry(option["running_cost"], 1)
            + best(t + 1, other, 1, left - 1)
            for other, option in options.items()
            if left and name in option["from"]
        ]
        return max([keep, *new])

    return best(0, "M", start["age"], start["max_renewals"])


@pytest.mark.parametrize("seed", range(6))
def test_retrofit_then_replace_equals_dynamic_programming(seed):
    rng = random.Random(seed)
    count = rng.randint(5, 9)

    def unit(low, high):
        climb = sorted(rng.randint(low, high) for _ in range(4))
        fall = sorted((rng.randint(0, 40) for _ in range(4)), reverse=True)
        return {"running_cost": climb, "resale": fall, "max_age": rng.randint(3, 6)}

    options = {
        "retrofit": unit(5, 30) | {"cost": rng.randint(15, 30), "from": ["M", "new"]},
        "new": unit(2, 22) | {"cost": rng.randint(50, 80), "from": ["retrofit", "M"] if seed % 2 else ["retrofit"]},
    }
    for option in options.values():
        option["residual"] = [rng.randint(10, 30), rng.randint(0, 10)]
    start = unit(10, 40) | {"age": rng.randint(0, 2), "max_renewals": rng.choice([2, 3, count])}
    asset = start | {"name": "M", "options": [{"name": n, "starts_after": 0} | o for n, o in options.items()]}
    plan = solve(problem(count, discount={"rate_per_year": 0.08}, assets=[asset]))
    optimum = best_life(count, options, start)
    if optimum == float("-inf"):
        assert plan.status == "infeasible"
    else:
        assert plan.status == "optimal"
        assert plan.value == pytest.approx(optimum)
