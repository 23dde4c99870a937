"""A second judge of plans, written from the sentences of the format alone: plain dicts and loops, nothing of optimize.

A plan is, for each asset in the order of the file, a list of lives; a life is a list of (option number, period).
"""

from scipy.optimize import linprog

INF = float("inf")
ROUNDING = 1e-6


def age_value(values, age):
    """Value for the ``age``-th period in service; the last one repeats."""
    return values[min(max(age, 1), len(values)) - 1] if isinstance(values, list) else values


def from_p(values, k):
    """Entry ``k`` of a list from p on; a number stands in p alone."""
    values = values if isinstance(values, list) else [values]
    return values[k] if 0 <= k < len(values) else 0.0


def period_value(values, t):
    return values[t] if isinstance(values, list) else values


def factors(data):
    """Present value of capex and of operation by period, and at the end."""
    count, years, discount = data["periods"]["count"], data["periods"].get("years_each", 1), data.get("discount", {})
    if "factors" in discount:
        return discount["factors"], discount["factors"], discount["factors"][-1]
    base, shift = 1 + discount.get("rate_per_year", 0), {"start": 0, "middle": 0.5, "end": 1}
    c = [base ** -(years * (t + shift[discount.get("capex", "start")])) for t in range(count)]
    o = [base ** -(years * (t + shift[discount.get("operation", "end")])) for t in range(count)]
    return c, o, base ** -(years * count)


def in_service(asset, life, t):
    """The option in service in t (None: the machine as it was) and its age."""
    found = (None, asset.get("age", 0) + t + 1)
    for number, p in life:
        start = p + asset["options"][number].get("starts_after", 1)
        if start <= t:
            found = (asset["options"][number], t - start + 1)
    return found


def each_machine(data, plan):
    for asset, lives in zip(data["assets"], plan, strict=True):
        for life in lives:
            yield asset, life


def capacity(asset, life, t, hours):
    option, age = in_service(asset, life, t)
    own, start = asset.get("capacity_per_h", 0), asset.get("age", 0) + 1
    if option is None:
        found = age_value(own, age)
    elif "capacity_per_h" in option:
        found = age_value(option["capacity_per_h"], age)
    else:
        found = age_value(own, start) + age_value(option.get("capacity_gain_per_h", 0), age)
    down = sum(from_p(asset["options"][o].get("downtime_h", 0), t - p) for o, p in life)
    return found if not down else 0.0 if down >= hours else found * (1 - down / hours)


def operation(data, asset, life, t):
    """Money of the unit in service in t."""
    option, age = in_service(asset, life, t)
    unit = asset if option is None else option
    money = -age_value(unit.get("running_cost", 0), age)
    if option is not None:
        money += age_value(option.get("saving", 0), age)
        for carrier, amount in option.get("carrier_saving", {}).items():
            money += age_value(amount, age) * period_value(data["prices"][carrier], t)
    return money


def price(option, p, t):
    if "cost_by_period" in option:
        return option["cost_by_period"][p] if t == p else 0.0
    return from_p(option["cost"], t - p)


def value(data, plan):
    count = data["periods"]["count"]
    c, o, end = factors(data)
    total = 0.0
    for asset, life in each_machine(data, plan):
        total += sum(o[t] * operation(data, asset, life, t) for t in range(count))
        for number, (which, p) in enumerate(life):
            option = asset["options"][which]
            total += sum(o[t] * from_p(option.get("cash", 0), t - p) - c[t] * price(option, p, t) for t in range(count))
            if number == 0:
                total += c[p] * age_value(asset.get("resale", 0), asset.get("age", 0) + p + 1)
            else:
                before, bought = asset["options"][life[number - 1][0]], life[number - 1][1]
                total += c[p] * age_value(before.get("resale", 0), p - bought - before.get("starts_after", 1) + 1)
        if life:
            last, p = asset["options"][life[-1][0]], life[-1][1]
            total += end * age_value(last.get("residual", 0), count - p - last.get("starts_after", 1))
    for line in data.get("lines", []):
        total += sum(o[t] * period_value(line["hours"], t) * margin_per_h(data, plan, line, t) for t in range(count))
    return total


def margin_per_h(data, plan, line, t):
    """The most that the output of a line brings in an hour."""
    hours = period_value(line["hours"], t)
    limits = [
        sum(
            capacity(asset, life, t, hours)
            for asset, life in each_machine(data, plan)
            if asset.get("line") == line["name"] and asset["station"] == station
        )
        for station in line["stations"]
    ]
    if "products" not in line:
        demand = line.get("demand_per_h")
        return period_value(line["margin"], t) * min([*limits, INF if demand is None else period_value(demand, t)])
    products = line["products"]
    answer = linprog(
        [-period_value(product["margin"], t) for product in products],
        A_ub=[[product.get("load", {}).get(station, 1) for product in products] for station in line["stations"]],
        b_ub=limits,
        bounds=[(0, period_value(product["demand_per_h"], t)) for product in products],
    )
    return -answer.fun


def broken(data, plan):
    """Names of the limits and rules that a plan breaks."""
    count = data["periods"]["count"]
    found = {name for asset, life in each_machine(data, plan) for name in broken_by_life(data, asset, life)}
    bought = [(asset, asset["options"][o], p) for asset, life in each_machine(data, plan) for o, p in life]
    if "budget" in data and overspent(data, [sum(price(o, p, t) for _, o, p in bought) for t in range(count)]):
        found.add("budget")
    for name, resource in data.get("resources", {}).items():
        used = [sum(from_p(o.get("uses", {}).get(name, 0), t - p) for _, o, p in bought) for t in range(count)]
        for number, window in enumerate(windows(data, resource.get("every", "period"))):
            total = sum(used[t] for t in window)
            if total > period_value(resource.get("max", INF), number) + ROUNDING:
                found.add("resource_max")
            if total < period_value(resource.get("min", -INF), number) - ROUNDING:
                found.add("resource_min")
    for line in data.get("lines", []):
        for t in range(count):
            there = [(o, p) for asset, o, p in bought if asset.get("line") == line["name"]]
            down = sum(from_p(o.get("downtime_h", 0), t - p) for o, p in there)
            if down > period_value(line.get("downtime_limit_h", INF), t) + ROUNDING:
                found.add("downtime_limit")
    for t in range(count):
        lines = {asset["line"] for asset, _, p in bought if p == t and "line" in asset}
        if len(lines) > data.get("max_lines_down", INF):
            found.add("max_lines_down")
    for target in data.get("targets", []):
        for t in range(target.get("from", 0), count):
            units = [
                (option or asset, age)
                for asset, life in each_machine(data, plan)
                for option, age in [in_service(asset, life, t)]
            ]
            total = sum(age_value(unit.get("quantities", {}).get(target["quantity"], 0), age) for unit, age in units)
            if total > target.get("max", INF) + ROUNDING:
                found.add("target_max")
            if total < target.get("min", -INF) - ROUNDING:
                found.add("target_min")
    return found | {next(iter(rule)) for rule in data.get("rules", []) if breaks_rule(data, plan, rule)}


def windows(data, every):
    count, years = data["periods"]["count"], data["periods"].get("years_each", 1)
    step = {"period": 1, "year": round(1 / years), "horizon": count}[every]
    return [range(t, min(t + step, count)) for t in range(0, count, step)]


def overspent(data, spent):
    budget, left = data["budget"], 0.0
    for number, window in enumerate(windows(data, budget.get("every", "period"))):
        left = (left if budget.get("carry_over") else 0.0) + period_value(budget["amounts"], number)
        left -= sum(spent[t] for t in window)
        if left < -ROUNDING:
            return True
    return False


def broken_by_life(data, asset, life):
    count = data["periods"]["count"]
    line = next((line for line in data.get("lines", []) if line["name"] == asset.get("line")), {})
    before, since, most = asset["name"], -asset.get("age", 0), asset.get("max_age", INF)
    for o, p in life:
        option = asset["options"][o]
        if p not in option.get("allowed_periods", range(count)) or p not in line.get("allowed_periods", range(count)):
            yield "allowed_periods"
        if before not in option.get("from", [before]):
            yield "from"
        start = min(count, p + option.get("starts_after", 1))
        if start - since > most:
            yield "max_age"
        before, since, most = option["name"], start, option.get("max_age", INF)
    if count - since > most:
        yield "max_age"


def breaks_rule(data, plan, rule):
    def renewed(name):
        """Periods in which each machine of a reference is renewed so."""
        asset, _, option = name.partition("/")
        number = [a["name"] for a in data["assets"]].index(asset)
        names = [o["name"] for o in data["assets"][number]["options"]]
        return [[p for o, p in life if option in ("", names[o])] for life in plan[number]]

    def times(name):
        return {p for periods in renewed(name) for p in periods}

    def all_by(name, t):
        return all(any(p <= t for p in periods) for periods in renewed(name))

    last = data["periods"]["count"] - 1
    kind, said = next(iter(rule.items()))
    if kind == "together":
        return len({frozenset(times(name)) for name in said}) > 1
    if kind == "after":
        return any(not all_by(said["first"], t - said.get("gap", 1)) for t in times(said["then"]))
    if kind == "exclude":
        return sum(bool(times(name)) for name in said) > 1
    if kind == "requires":
        return bool(times(said["if"])) and not all_by(said["then"], last)
    if kind == "choose":
        return not rule.get("min", 0) <= sum(bool(times(name)) for name in said) <= rule.get("max", INF)
    return not all_by(said, rule.get("by", last))
