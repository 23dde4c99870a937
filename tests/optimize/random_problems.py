"""Random renewal problems, small enough to look at every plan, over every field, limit and rule of the format."""

import numpy as np

RULES = ("together", "after", "after", "exclude", "requires", "requires", "choose", "must")


def some(rng, chance):
    return bool(rng.random() < chance)


def money(rng, low, high):
    return float(rng.integers(low, high + 1))


def listed(rng, low, high, longest=5):
    """A number, or a list that ends before or after the horizon."""
    if some(rng, 0.5):
        return money(rng, low, high)
    return [money(rng, low, high) for _ in range(rng.integers(1, longest + 1))]


def by_period(rng, low, high, count):
    return money(rng, low, high) if some(rng, 0.5) else [money(rng, low, high) for _ in range(count)]


def some_periods(rng, count):
    return sorted({int(t) for t in rng.integers(0, count, 3)})


def random_price(rng, periods, again):
    if again:
        return {"cost": money(rng, 2, 25)}
    if some(rng, 0.2):
        return {"cost_by_period": [money(rng, -5, 70) for _ in range(periods)]}
    if some(rng, 0.6):
        return {"cost": money(rng, -10 if some(rng, 0.1) else 5, 70)}
    return {"cost": [money(rng, 0, 45) for _ in range(rng.integers(1, 4))]}


def random_option(rng, name, periods, resources, followed, again):
    option = {"name": name, "starts_after": int(rng.choice([0, 1, 1, 1, 2])), **random_price(rng, periods, again)}
    if some(rng, 0.4):
        option["capacity_per_h"] = listed(rng, 10, 30)
    elif some(rng, 0.7):
        option["capacity_gain_per_h"] = listed(rng, 0, 15)
    if some(rng, 0.9):
        option["saving"] = listed(rng, -2, 30)
    if some(rng, 0.5):
        option["running_cost"] = listed(rng, 0, 5)
    option["resale"], option["residual"] = listed(rng, 0, 15), listed(rng, 0, 30)
    option["quantities"] = {"kwh": listed(rng, 0, 9)} | ({"cnc": 1} if some(rng, 0.3) else {})
    if some(rng, 0.3):
        option["cash"] = listed(rng, -5, 15, 3)
    if some(rng, 0.3):
        option["carrier_saving"] = {"gas": listed(rng, -1, 6)}
    if some(rng, 0.6):
        option["downtime_h"] = listed(rng, 0, 40, 3)
    if some(rng, 0.8):
        option["uses"] = {name: listed(rng, -1, 5, 2) for name in resources}
    if some(rng, 0.2):
        option["max_age"] = int(rng.integers(1, 4))
    if some(rng, 0.15):
        option["allowed_periods"] = some_periods(rng, periods)
    if some(rng, 0.2):
        option["from"] = [str(name) for name in followed if some(rng, 0.6)]
    return option


def random_rules(rng, assets, periods):
    names = [a["name"] for a in assets] + [f"{a['name']}/{o['name']}" for a in assets for o in a["options"]]
    rules = []
    for _ in range(rng.integers(0, 3)):
        picked = [str(n) for n in rng.choice(names, size=min(len(names), int(rng.integers(2, 4))), replace=False)]
        kind = str(rng.choice(RULES))
        if kind in {"together", "exclude"}:
            rules.append({kind: picked})
        elif kind == "after":
            order = {"first": picked[0], "then": picked[1]}
            rules.append({"after": order | ({"gap": int(rng.integers(0, 3))} if some(rng, 0.8) else {})})
        elif kind == "requires":
            rules.append({"requires": {"if": picked[0], "then": picked[1]}})
        elif kind == "choose":
            low = int(rng.choice([0, 0, 1, 2]))
            rules.append(
                {"choose": picked, "min": low} | ({} if some(rng, 0.3) else {"max": low + int(some(rng, 0.5))})
            )
        else:
            rules.append({"must": picked[0]} | ({} if some(rng, 0.3) else {"by": int(rng.integers(0, periods))}))
    return rules


def random_lines(rng, periods):
    lines = []
    for number in range(int(rng.integers(1, 3))):
        line = {"name": f"L{number}", "stations": [], "hours": by_period(rng, 50, 100, periods)}
        line["margin"] = [0.05] * periods if some(rng, 0.3) else 0.05
        if some(rng, 0.1) and isinstance(line["hours"], list):
            line["hours"][0] = 0.0
        if some(rng, 0.5):
            line["demand_per_h"] = by_period(rng, 0 if some(rng, 0.1) else 10, 50, periods)
        if some(rng, 0.4):
            line["downtime_limit_h"] = by_period(rng, 10, 50, periods)
        if some(rng, 0.15):
            line["allowed_periods"] = some_periods(rng, periods)
        lines.append(line)
    return lines


def random_products(rng, line, periods):
    """Let a line make two products, of which one may stop at stations that the other passes."""
    demand = line.pop("demand_per_h", 30)
    first = {"name": "p", "margin": line.pop("margin"), "demand_per_h": by_period(rng, 5, 20, periods)}
    first["load"] = {name: float(rng.choice([0, 0.5, 1, 2])) for name in line["stations"] if some(rng, 0.7)}
    line["products"] = [first, {"name": "q", "margin": 0.08, "demand_per_h": demand}]


def random_resources(rng, periods, years):
    resources = {}
    for name in ("crew", "floor")[: int(rng.integers(0, 3))]:
        every = str(rng.choice(["period", "year", "horizon"]))
        count = {"period": periods, "year": int(np.ceil(periods * years)), "horizon": 1}[every]
        resources[name] = {"every": every}
        if some(rng, 0.8):
            resources[name]["max"] = by_period(rng, 2, 7, count)
        if some(rng, 0.25):
            resources[name]["min"] = by_period(rng, -2, 0 if some(rng, 0.7) else 2, count)
    return resources


def random_assets(rng, lines, resources, periods, second):
    assets = []
    for number in range(int(rng.integers(1, 4 if not second else 3))):
        asset = {"name": f"A{number}", "count": int(rng.choice([1, 1, 2])), "age": int(rng.integers(0, 3))}
        if some(rng, 0.85):
            line = lines[number % len(lines)]
            station = f"S{int(rng.integers(0, 2))}"
            if station not in line["stations"]:
                line["stations"].append(station)
            asset |= {"line": line["name"], "station": station, "capacity_per_h": listed(rng, 5, 20)}
        asset |= {"running_cost": listed(rng, 0, 12), "resale": listed(rng, 0, 10)}
        asset["quantities"] = {"kwh": listed(rng, 5, 12)}
        if some(rng, 0.12):
            asset["max_age"] = asset["age"] + int(rng.integers(1, periods + 1))
        if second:
            asset["max_renewals"] = int(rng.choice([0, 1, 2, 2, 3, 3]))
        options = int(rng.choice([1, 2])) if asset["count"] == 1 else int(rng.choice([1, 1, 1, 2]))
        followed = [f"O{k}" for k in range(options) if second] + [asset["name"]]
        asset["options"] = [
            random_option(rng, f"O{k}", periods, resources, followed, second and some(rng, 0.6)) for k in range(options)
        ]
        assets.append(asset)
    return assets


def random_discount(rng, periods):
    if some(rng, 0.3):
        return {"factors": [0.9**t for t in range(periods)]}
    timing = ["start", "middle", "end"]
    discount = {"rate_per_year": 0.1} if some(rng, 0.9) else {}
    if some(rng, 0.5):
        discount |= {"capex": str(rng.choice(timing)), "operation": str(rng.choice(timing))}
    return discount


def random_budget(rng, periods, years):
    every = str(rng.choice(["period", "year"]))
    count = periods if every == "period" else int(np.ceil(periods * years))
    amounts = by_period(rng, -9 if some(rng, 0.07) else 0, 110, count)
    return {"amounts": amounts, "every": every, "carry_over": some(rng, 0.5)}


def random_targets(rng, periods):
    targets = []
    if some(rng, 0.3):
        targets.append({"quantity": "kwh", "max": money(rng, 8, 34)})
    if some(rng, 0.15):
        targets.append({"quantity": "kwh", "min": money(rng, 1, 9)})
    if some(rng, 0.1):
        targets.append({"quantity": "cnc", "min": 1.0})
    return [target | ({"from": int(rng.integers(0, periods))} if some(rng, 0.8) else {}) for target in targets]


def random_problem(seed, second=False):
    """A problem as a JSON file holds it; with ``second``, machines may be renewed several times. Seeds may be lists."""
    rng = np.random.default_rng([*np.ravel(seed).tolist(), int(second)])
    periods = int(rng.integers(2, 5))
    years = float(rng.choice([1.0, 0.5, 0.25]))
    resources = random_resources(rng, periods, years)
    lines = random_lines(rng, periods)
    assets = random_assets(rng, lines, resources, periods, second)
    lines = [line for line in lines if line["stations"]]
    for line in lines:
        if some(rng, 0.3):
            random_products(rng, line, periods)
    grid = {"count": periods, "years_each": years}
    problem = {
        "renewal_problem": 1,
        "periods": grid | ({"labels": [f"P{t}" for t in range(periods)]} if some(rng, 0.2) else {}),
        "discount": random_discount(rng, periods),
        "resources": resources,
        "prices": {"gas": by_period(rng, -1, 3, periods)},
        "lines": lines,
        "assets": assets,
        "rules": random_rules(rng, assets, periods),
    }
    if some(rng, 0.7):
        problem["budget"] = random_budget(rng, periods, years)
    if some(rng, 0.8) and len(lines) > 1:
        problem["max_lines_down"] = int(rng.choice([0, 1, 1, 1]))
    known = {name for asset in assets for unit in (asset, *asset["options"]) for name in unit["quantities"]}
    problem["targets"] = [target for target in random_targets(rng, periods) if target["quantity"] in known]
    return problem
