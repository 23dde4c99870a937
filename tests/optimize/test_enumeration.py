"""The model against exhaustive enumeration, and the evaluation against a second one written from the format alone."""

from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from optimize.evaluate import Evaluator
from optimize.plan import Renewal, Replaced
from optimize.problem import parse_problem
from optimize.solve import solve


def some(rng, chance):
    return bool(rng.random() < chance)


def money(rng, low, high):
    return float(rng.integers(low, high + 1))


def by_age(rng, low, high):
    """A number, or a list that ends before or after the horizon."""
    if some(rng, 0.5):
        return money(rng, low, high)
    return [money(rng, low, high) for _ in range(rng.integers(1, 6))]


def random_option(rng, name, periods, resources, others):
    option = {"name": name, "starts_after": int(rng.integers(0, 3) if some(rng, 0.2) else rng.integers(0, 2))}
    if some(rng, 0.2):
        option["cost_by_period"] = [money(rng, 10, 90) for _ in range(periods)]
    else:
        option["cost"] = (
            money(rng, 10, 90) if some(rng, 0.6) else [money(rng, 5, 60) for _ in range(rng.integers(1, 4))]
        )
    if some(rng, 0.4):
        option["capacity_per_h"] = by_age(rng, 10, 30)
    elif some(rng, 0.7):
        option["capacity_gain_per_h"] = by_age(rng, 0, 15)
    option["saving"] = by_age(rng, 0, 30)
    option["running_cost"] = by_age(rng, 0, 5)
    option["resale"], option["residual"] = by_age(rng, 0, 15), by_age(rng, 0, 30)
    option["quantities"] = {"kwh": by_age(rng, 0, 9)}
    if some(rng, 0.3):
        option["cash"] = [money(rng, -5, 15) for _ in range(rng.integers(1, 4))]
    if some(rng, 0.3):
        option["carrier_saving"] = {"gas": by_age(rng, 0, 6)}
    if some(rng, 0.6):
        option["downtime_h"] = [money(rng, 0, 40) for _ in range(rng.integers(1, 4))]
    if some(rng, 0.7):
        option["uses"] = {name: [money(rng, -1, 5) for _ in range(rng.integers(1, 3))] for name in resources}
    if some(rng, 0.2):
        option["max_age"] = int(rng.integers(1, 4))
    if some(rng, 0.15):
        option["allowed_periods"] = sorted({int(t) for t in rng.integers(0, periods, 3)})
    if others and some(rng, 0.2):
        option["from"] = [str(rng.choice(others))]
    return option


def random_rules(rng, assets, periods):
    names = [a["name"] for a in assets] + [f"{a['name']}/{o['name']}" for a in assets for o in a["options"]]
    rules = []
    for _ in range(rng.integers(0, 3)):
        picked = [str(n) for n in rng.choice(names, size=min(len(names), int(rng.integers(2, 4))), replace=False)]
        kind = str(rng.choice(["together", "after", "exclude", "requires", "choose", "must"]))
        if kind in {"together", "exclude"}:
            rules.append({kind: picked})
        elif kind == "after":
            rules.append({"after": {"first": picked[0], "then": picked[1], "gap": int(rng.integers(0, 3))}})
        elif kind == "requires":
            rules.append({"requires": {"if": picked[0], "then": picked[1]}})
        elif kind == "choose":
            low = int(rng.integers(0, 2))
            rules.append({"choose": picked, "min": low, "max": low + int(rng.integers(0, 2))})
        else:
            rules.append({"must": picked[0], "by": int(rng.integers(0, periods))})
    return rules


def random_problem(rng, second=False):
    periods = int(rng.integers(2, 5 if not second else 4))
    years = float(rng.choice([1.0, 0.5]))
    resources = {}
    if some(rng, 0.5):
        every = str(rng.choice(["period", "year", "horizon"]))
        resources["crew"] = {"max": money(rng, 3, 8), "every": every}
        if some(rng, 0.2):
            resources["crew"]["min"] = money(rng, -3, 1)
    lines, stations = [], []
    for number in range(int(rng.integers(1, 3))):
        line = {"name": f"L{number}", "stations": [], "hours": money(rng, 50, 100), "margin": 0.05}
        if some(rng, 0.5):
            line["demand_per_h"] = [money(rng, 10, 50) for _ in range(periods)]
        if some(rng, 0.3):
            line["downtime_limit_h"] = money(rng, 20, 60)
        if some(rng, 0.15):
            line["allowed_periods"] = sorted({int(t) for t in rng.integers(0, periods, 3)})
        lines.append(line)
    assets = []
    for number in range(int(rng.integers(1, 4 if not second else 3))):
        asset = {"name": f"A{number}", "count": int(rng.choice([1, 1, 2])), "age": int(rng.integers(0, 3))}
        if some(rng, 0.85):
            line = lines[int(rng.integers(0, len(lines)))]
            station = f"S{int(rng.integers(0, 2))}"
            if station not in line["stations"]:
                line["stations"].append(station)
            asset |= {"line": line["name"], "station": station, "capacity_per_h": by_age(rng, 5, 20)}
        asset |= {
            "running_cost": by_age(rng, 0, 12),
            "resale": by_age(rng, 0, 10),
            "quantities": {"kwh": by_age(rng, 5, 12)},
        }
        if some(rng, 0.15):
            asset["max_age"] = asset["age"] + int(rng.integers(1, periods + 1))
        if second:
            asset["max_renewals"] = int(rng.integers(1, 4))
        options = int(rng.choice([1, 2])) if asset["count"] == 1 else 1
        asset["options"] = []
        for o in range(options):
            others = [f"O{k}" for k in range(options) if second] + [asset["name"]]
            asset["options"].append(random_option(rng, f"O{o}", periods, resources, others))
        assets.append(asset)
    lines = [line for line in lines if line["stations"]]
    stations = [line for line in lines if some(rng, 0.3)]
    for line in stations:  # some lines make two products
        products = [
            {"name": "p", "margin": line.pop("margin"), "demand_per_h": 12, "load": {line["stations"][0]: 0.5}},
            {"name": "q", "margin": 0.08, "demand_per_h": line.pop("demand_per_h", 30)},
        ]
        line["products"] = products
    problem = {
        "renewal_problem": 1,
        "periods": {"count": periods, "years_each": years},
        "discount": {"rate_per_year": 0.1} if some(rng, 0.7) else {"factors": [0.9**t for t in range(periods)]},
        "resources": resources,
        "prices": {"gas": [money(rng, 0, 3) for _ in range(periods)]},
        "lines": lines,
        "assets": assets,
        "rules": random_rules(rng, assets, periods),
    }
    if some(rng, 0.7):
        every = str(rng.choice(["period", "year"]))
        number = periods if every == "period" else int(np.ceil(periods * years))
        amounts = [money(rng, 0, 120) for _ in range(number)]
        problem["budget"] = {"amounts": amounts, "every": every, "carry_over": some(rng, 0.5)}
    if some(rng, 0.3) and len(lines) > 1:
        problem["max_lines_down"] = 1
    if some(rng, 0.3):
        start = int(rng.integers(0, periods))
        problem["targets"] = [{"quantity": "kwh", "max": money(rng, 5, 30), "from": start}]
        if some(rng, 0.3):
            problem["targets"].append({"quantity": "kwh", "min": money(rng, 1, 8), "from": start})
    return problem


def machine_histories(problem, asset):
    """All lives of one machine as lists of (option, period), at most ``max_renewals`` long."""
    histories, last = [()], [()]
    for _ in range(asset.max_renewals):
        last = [
            (*life, (o, p))
            for life in last
            for o, option in enumerate(asset.options)
            for p in range(problem.periods.count)
            if not life or p >= life[-1][1] + max(1, asset.options[life[-1][0]].starts_after)
        ]
        histories += last
    return histories


def all_plans(problem):
    """Every way to give each machine a history; machines of a group are alike."""
    choices = [list(combinations_with_replacement(machine_histories(problem, a), a.count)) for a in problem.assets]
    return product(*choices)


def as_renewals(problem, plan):
    renewals = []
    for asset, histories in zip(problem.assets, plan, strict=True):
        for life in histories:
            before = None
            for o, p in life:
                name = asset.options[o].name
                renewals.append(Renewal(asset=asset.name, option=name, period=p, replaces=before))
                before = Replaced(option=name, period=p)
    return renewals


def best_by_enumeration(problem, most=4000):
    """The greatest gain over all plans, None if none is allowed; skips problems with too many plans."""
    size = 1
    for asset in problem.assets:
        n = len(machine_histories(problem, asset))
        size *= n if asset.count == 1 else n * (n + 1) // 2
    if size > most:
        return "too many"
    evaluator = Evaluator(problem)
    gains = [evaluator.gain_if_allowed(as_renewals(problem, plan)) for plan in all_plans(problem)]
    return max((gain for gain in gains if gain is not None), default=None)


def check(seed, second):
    problem = parse_problem(random_problem(np.random.default_rng([seed, second]), second))
    best = best_by_enumeration(problem)
    if best == "too many":
        return None
    plan = solve(problem, gap=0.0)
    if best is None:
        assert plan.status == "infeasible"
        return False
    assert plan.status == "optimal"
    assert plan.gain == pytest.approx(best, rel=1e-7, abs=1e-6)
    assert plan.bound >= best - 1e-6
    return True


if __name__ == "__main__":
    import sys, collections, time

    t = time.time()
    c = collections.Counter()
    for second in (0, 1):
        for seed in range(int(sys.argv[1]), int(sys.argv[2])):
            try:
                c[second, check(seed, second)] += 1
            except BaseException as e:
                c[second, "bad"] += 1
                print(seed, second, type(e).__name__, str(e)[:300])
    print(c, time.time() - t)
