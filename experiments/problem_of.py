"""From a plant and what is believed of it to the renewal problem that the optimiser solves.

An asset is named ``line/station``, or ``line/station#machine`` where machines of a station differ. Money is CNY
after tax.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from experiments.beliefs import Asset, Beliefs, Fitted, demand_per_h, running_cost_cny_per_y
from experiments.money import Money
from models.calendar import scheduled_s
from models.equipment import Option
from models.plant import Plant, Renewal, Rule
from optimize.problem import RenewalProblem, parse_problem

H = 3600.0


def renewal_problem(plant: Plant, renewal: Renewal, beliefs: Beliefs) -> RenewalProblem:
    """Return the renewal problem of a plant."""
    money = Money(renewal)
    data: dict[str, Any] = {
        "renewal_problem": 1,
        "periods": {"count": renewal.periods, "years_each": 1 / money.per_year, "labels": renewal.labels()},
        "discount": {"rate_per_year": renewal.discount_rate},
        "lines": [_line(plant, renewal, beliefs, money, n) for n in range(len(plant.lines))],
        "assets": [_asset(plant, renewal, beliefs, money, asset) for asset in beliefs.assets],
        "rules": [row for rule in renewal.rules for row in _rule(rule, beliefs, renewal)],
        "resources": {name: {"max": limit, "every": "period"} for name, limit in renewal.limits.items()},
    }
    if renewal.budget_cny is not None:
        data["budget"] = {
            "amounts": [renewal.budget_cny.get(year, 0.0) for year in renewal.calendar_years()],
            "every": "year",
            "carry_over": renewal.carry_over,
        }
    if renewal.max_lines_down is not None:
        data["max_lines_down"] = renewal.max_lines_down
    return parse_problem(data)


def scheduled_h(plant: Plant, renewal: Renewal, line: int) -> list[float]:
    """Return the scheduled hours of a line in each period."""
    moments = [(moment - renewal.begins).total_seconds() for moment in renewal.bounds()]
    calendar = plant.calendar_of(plant.lines[line])
    return [scheduled_s(calendar, renewal.begins, a, b) / H for a, b in pairwise(moments)]


def margin_cny(plant: Plant, shares: dict[str, float]) -> float:
    """Return the margin of the mean good unit of a line, before energy."""
    margins = {product.name: product.margin_cny for product in plant.products}
    return sum(margins.get(name, 0.0) * share for name, share in shares.items())


def _line(plant: Plant, renewal: Renewal, beliefs: Beliefs, money: Money, n: int) -> dict[str, Any]:
    line, belief = plant.lines[n], beliefs.lines[n]
    margin = margin_cny(plant, belief.shares) - belief.marginal_energy_cny
    orders = demand_per_h(plant, line, renewal)
    return {
        "name": line.name,
        "stations": [station.name for station in line.stations],
        "hours": scheduled_h(plant, renewal, n),
        "margin": max(0.0, margin) * money.kept,
        "demand_per_h": None if orders is None else orders * belief.good_share,
        "downtime_limit_h": renewal.downtime_h_per_period.get(line.name),
    }


def _asset(plant: Plant, renewal: Renewal, beliefs: Beliefs, money: Money, asset: Asset) -> dict[str, Any]:
    line = plant.lines[asset.line]
    station = line.stations[asset.station]
    efficiency = beliefs.lines[asset.line].efficiency
    old = beliefs.old[asset.name]
    running = running_cost_cny_per_y(station, asset.machines[0])
    return {
        "name": asset.name,
        "line": line.name,
        "station": station.name,
        "count": len(asset.machines),
        "capacity_per_h": _capacity(old, efficiency, money),
        "running_cost": _running(old, running, money),
        "options": [
            _option(option, beliefs.new[asset.name, option.name], beliefs.saving_cny_per_y[asset.name, option.name],
                    efficiency, running, money, _open_share(plant, renewal, asset.line))
            for option in station.options
        ],
    }  # fmt: skip


def _open_share(plant: Plant, renewal: Renewal, line: int) -> float:
    bounds = renewal.bounds()
    return sum(scheduled_h(plant, renewal, line)) / ((bounds[-1] - bounds[0]).total_seconds() / H)


def _option(
    option: Option, new: Fitted, saving: float, efficiency: float, running: float, money: Money, open_share: float
) -> dict[str, Any]:
    own = running if option.running_cost_cny_per_y is None else option.running_cost_cny_per_y
    return {
        "name": option.name,
        "cost": option.capex_cny,
        "capacity_per_h": _capacity(new, efficiency, money),
        "saving": saving / money.per_year * money.kept,
        "running_cost": _running(new, own, money),
        # The old machine's resale is an income at the start of the period, like the price; it feeds no budget.
        "cash": [s + (money.resale(option) * _growth(money) if k == 0 else 0.0)
                 for k, s in enumerate(money.shield(option) or [0.0])],
        "residual": money.residual(option),
        "starts_after": 0,  # new from the period of the renewal on, less its installation
        "downtime_h": [option.install_d * 24.0 * open_share],
        "uses": dict(option.uses),
    }  # fmt: skip


def _growth(money: Money) -> float:
    """Return what turns money at the start of a period into money at its end."""
    return money.at_start(0) / money.at_end(0)


def _capacity(fitted: Fitted, efficiency: float, money: Money) -> list[float]:
    return [c * efficiency for c in fitted.capacity_per_h for _ in range(money.per_year)]


def _running(fitted: Fitted, running_cny_per_y: float, money: Money) -> list[float]:
    """Return running cost after tax by period in service: what is written, and what ageing adds to the energy."""
    return [
        (running_cny_per_y + fitted.energy_cny_per_y * (growth - 1)) / money.per_year * money.kept
        for growth in fitted.energy_growth
        for _ in range(money.per_year)
    ]


def period_of(renewal: Renewal, month: str) -> int:
    """Return the period that a month YYYY-MM lies in."""
    year, number = (int(x) for x in month.split("-"))
    moment = datetime(year, number, 1)
    return sum(1 for start in renewal.bounds()[1:-1] if start <= moment)


def _named(reference: str, beliefs: Beliefs) -> list[str]:
    """Return the assets (with the option, if named) that a reference ``line/station[/option]`` means."""
    line, station, *option = reference.split("/", 2)
    place = f"{line}/{station}"
    names = [a.name for a in beliefs.assets if a.name == place or a.name.startswith(place + "#")]
    return ["/".join([name, *option]) for name in names]


def _rule(rule: Rule, beliefs: Beliefs, renewal: Renewal) -> list[dict[str, Any]]:
    """Return the optimiser's rules; where machines of a station differ, the rule holds for each."""
    if rule.together is not None:
        return [{"together": [name for ref in rule.together for name in _named(ref, beliefs)]}]
    if rule.exclude is not None:
        first, *others = [_named(ref, beliefs) for ref in rule.exclude]
        pairs = [(a, b) for group in [first, *others] for later in [first, *others] if group is not later
                 for a in group for b in later]  # fmt: skip
        return [{"exclude": [a, b]} for a, b in dict.fromkeys(tuple(sorted(p)) for p in pairs)]
    if rule.after is not None:
        return [
            {"after": {"first": a, "then": b, "gap": rule.after.gap}}
            for a in _named(rule.after.first, beliefs)
            for b in _named(rule.after.then, beliefs)
        ]
    if rule.requires is not None:
        return [
            {"requires": {"if": a, "then": b}}
            for a in _named(rule.requires.if_, beliefs)
            for b in _named(rule.requires.then, beliefs)
        ]
    assert rule.must is not None
    assert rule.by is not None
    return [{"must": name, "by": period_of(renewal, rule.by)} for name in _named(rule.must, beliefs)]
