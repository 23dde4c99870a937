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
    lines = []
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
    for line in [line for line in lines if some(rng, 0.3)]:  # some lines make two products
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


QUICK = 100


@pytest.mark.parametrize("start", range(0, QUICK, 20))
@pytest.mark.parametrize("second", [False, True], ids=["renewed once", "renewed again"])
def test_plan_is_the_best_of_all_plans(start, second):
    done = [check(seed, second) for seed in range(start, start + 20)]
    assert done.count(True) >= 5  # the rest is infeasible or too large to enumerate: the check must not run empty


@pytest.mark.slow
@pytest.mark.parametrize("start", range(QUICK, 1000, 100))
@pytest.mark.parametrize("second", [False, True], ids=["renewed once", "renewed again"])
def test_plan_is_the_best_of_all_plans_on_many_problems(start, second):
    for seed in range(start, start + 100):
        check(seed, second)


def at(values, age):
    return values[min(age, len(values)) - 1]


def list_value(values, age):
    return at(values, age) if isinstance(values, list) else values


def entry(values, k):
    """Entry k of a list from p on; a number stands in p alone."""
    values = values if isinstance(values, list) else [values]
    return values[k] if 0 <= k < len(values) else 0.0


def by_the_format(data, chosen):
    """Value of one renewal at most per machine, straight from the sentences of the format (single-product lines)."""
    count, years = data["periods"]["count"], data["periods"]["years_each"]
    if "factors" in data["discount"]:
        c = o = data["discount"]["factors"]
        end = o[-1]
    else:
        base = 1 + data["discount"]["rate_per_year"]
        c = [base ** -(years * t) for t in range(count)]
        o = [base ** -(years * (t + 1)) for t in range(count)]
        end = base ** -(years * count)
    value = 0.0
    station = {}
    for asset in data["assets"]:
        renewals = [chosen[asset["name"]][m] for m in range(asset["count"])]
        for renewal in renewals:
            for t in range(count):
                capacity = 0.0
                option, p = (asset["options"][renewal[0]], renewal[1]) if renewal else (None, count)
                if option is None or t < p + option["starts_after"]:
                    age = asset["age"] + t + 1
                    money = -list_value(asset["running_cost"], age)
                    capacity = list_value(asset.get("capacity_per_h", 0), age)
                else:
                    age = t - p - option["starts_after"] + 1
                    money = list_value(option["saving"], age) - list_value(option["running_cost"], age)
                    gas = list_value(option.get("carrier_saving", {}).get("gas", 0), age)
                    money += gas * data["prices"]["gas"][t]
                    capacity = list_value(asset.get("capacity_per_h", 0), asset["age"] + 1)
                    capacity += list_value(option.get("capacity_gain_per_h", 0), age)
                    if "capacity_per_h" in option:
                        capacity = list_value(option["capacity_per_h"], age)
                if option is not None:
                    money += entry(option.get("cash", []), t - p)
                    paid = entry(option.get("cost", []), t - p)
                    if "cost_by_period" in option and t == p:
                        paid = option["cost_by_period"][p]
                    value -= c[t] * paid
                    if t == p:
                        value += c[t] * list_value(asset["resale"], asset["age"] + t + 1)
                value += o[t] * money
                if "line" in asset:
                    hours = next(line["hours"] for line in data["lines"] if line["name"] == asset["line"])
                    if option is not None:
                        capacity *= 1 - entry(option.get("downtime_h", []), t - p) / hours
                    key = (asset["line"], asset["station"], t)
                    station[key] = station.get(key, 0.0) + capacity
            if renewal:
                served = max(1, count - renewal[1] - asset["options"][renewal[0]]["starts_after"])
                value += end * list_value(asset["options"][renewal[0]]["residual"], served)
    for line in data["lines"]:
        for t in range(count):
            output = min(station[line["name"], s, t] for s in line["stations"])
            if "demand_per_h" in line:
                output = min(output, line["demand_per_h"][t])
            value += o[t] * line["margin"] * line["hours"] * output
    return value


def test_evaluation_agrees_with_the_sentences_of_the_format():
    compared = 0
    for seed in range(300):
        rng = np.random.default_rng([seed, 7])
        data = random_problem(rng)
        if any("products" in line for line in data["lines"]):
            continue
        problem = parse_problem(data)
        evaluator = Evaluator(problem)
        for _ in range(5):
            chosen = {
                asset["name"]: [
                    (int(rng.integers(len(asset["options"]))), int(rng.integers(problem.periods.count)))
                    if some(rng, 0.7)
                    else None
                    for _ in range(asset["count"])
                ]
                for asset in data["assets"]
            }
            plan = [[(life,) if life else () for life in chosen[asset.name]] for asset in problem.assets]
            value = evaluator.evaluate(as_renewals(problem, plan)).value
            assert value == pytest.approx(by_the_format(data, chosen), rel=1e-9, abs=1e-9)
            compared += 1
    assert compared > 500
