"""From a plant and what is believed of it to the renewal problem that the optimiser solves.

An asset is named ``line/station``, or ``line/station#machine`` where machines of a station differ. Money is CNY
after tax.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from experiments.beliefs import Asset, Beliefs, Fitted, demand_per_h, running_cost_cny_per_y
from experiments.energy_use import Use
from experiments.money import Money
from experiments.option_money import DEBT, OptionMoney
from experiments.paths import CO2, Paths
from experiments.plan_targets import quantities_of, target_rows
from models.calendar import scheduled_s
from models.energy import CARRIERS
from models.equipment import Option, layered
from models.line import Station
from models.plant import Plant, Renewal, Rule
from models.renewal_terms import Limit, in_year
from optimize.problem import RenewalProblem, parse_problem

H = 3600.0


def renewal_problem(plant: Plant, renewal: Renewal, beliefs: Beliefs) -> RenewalProblem:
    """Return the renewal problem of a plant."""
    return parse_problem(_Writer(plant, renewal, beliefs).problem())


def scheduled_h(plant: Plant, renewal: Renewal, line: int) -> list[float]:
    """Return the scheduled hours of a line in each period."""
    moments = [(moment - renewal.begins).total_seconds() for moment in renewal.bounds()]
    calendar = plant.calendar_of(plant.lines[line])
    return [scheduled_s(calendar, renewal.begins, a, b) / H for a, b in pairwise(moments)]


def margin_cny(plant: Plant, shares: dict[str, float]) -> float:
    """Return the margin of the mean good unit of a line, before energy."""
    margins = {product.name: product.margin_cny for product in plant.products}
    return sum(margins.get(name, 0.0) * share for name, share in shares.items())


class _Writer:
    """Writes the problem part by part; what all machines share is worked out once."""

    def __init__(self, plant: Plant, renewal: Renewal, beliefs: Beliefs) -> None:
        self.plant, self.renewal, self.beliefs = plant, renewal, beliefs
        self.money, self.paths = Money(renewal), Paths(plant, renewal)
        self.hours = [scheduled_h(plant, renewal, n) for n in range(len(plant.lines))]
        self.quantities = quantities_of(plant, renewal, beliefs)
        self.capital = OptionMoney(self.money)
        self.offers = [(o, len(a.machines)) for a in beliefs.assets for o in self._station(a).options]
        self.capital.look_at(self.offers)

    def _station(self, asset: Asset) -> Station:
        return self.plant.lines[asset.line].stations[asset.station]

    def problem(self) -> dict[str, Any]:
        """Return the problem as the JSON file holds it."""
        renewal, beliefs = self.renewal, self.beliefs
        data: dict[str, Any] = {
            "renewal_problem": 1,
            "periods": {"count": renewal.periods, "years_each": 1 / self.money.per_year, "labels": renewal.labels()},
            "discount": {"rate_per_year": renewal.discount_rate},
            "lines": [self._line(n) for n in range(len(self.plant.lines))],
            "assets": [self._asset(asset) for asset in beliefs.assets],
            "rules": [row for rule in renewal.rules for row in rule_rows(rule, self.plant, beliefs, renewal)],
            "resources": self._resources(),
            "targets": target_rows(renewal, self.quantities),
        }
        if self.capital.pooled:
            data["pools"] = self.capital.pools(option for option, _ in self.offers)
        if self.paths.energy_changes:
            data["prices"] = {key: self.paths.carrier(key) for key in CARRIERS} | {CO2: self.paths.co2_cny_per_t}
        if renewal.budget_cny is not None:
            data["budget"] = {
                "amounts": [renewal.budget_cny.get(year, 0.0) for year in renewal.calendar_years()],
                "every": "year",
                "carry_over": renewal.carry_over,
            }
        if renewal.max_lines_down is not None:
            data["max_lines_down"] = renewal.max_lines_down
        return data

    def _resources(self) -> dict[str, Any]:
        out = {name: self._resource(limit) for name, limit in self.renewal.limits.items()}
        loan = self.renewal.loan
        if loan is not None and loan.ceiling_cny is not None:
            out[DEBT] = {"max": loan.ceiling_cny, "every": "period"}
        return out

    def _resource(self, limit: float | Limit) -> dict[str, Any]:
        if not isinstance(limit, Limit):
            return {"max": limit, "every": "period"}
        n = self.money.per_year
        out: dict[str, Any] = {"every": limit.every}
        for key, given in (("max", limit.max), ("min", limit.min)):
            if isinstance(given, dict):
                by_year = in_year(given, self.renewal.calendar_years())
                out[key] = by_year if limit.every == "year" else [x for x in by_year for _ in range(n)]
            elif given is not None:
                out[key] = given
        return out

    def _line(self, n: int) -> dict[str, Any]:
        line, belief = self.plant.lines[n], self.beliefs.lines[n]
        orders = demand_per_h(self.plant, line, self.renewal)
        demand: float | list[float] | None = None if orders is None else orders * belief.good_share
        if orders is not None and line.name in self.renewal.demand:
            demand = [orders * belief.good_share * factor for factor in self.paths.demand(line.name)]
        out: dict[str, Any] = {
            "name": line.name,
            "stations": [station.name for station in line.stations],
            "hours": self.hours[n],
            "margin": self._margin(n),
            "demand_per_h": demand,
            "downtime_limit_h": self.renewal.downtime_h_per_period.get(line.name),
        }
        if line.name in self.renewal.windows:
            out["allowed_periods"] = self.renewal.allowed_periods(line.name)
        return out

    def _margin(self, n: int) -> float | list[float]:
        """Return what a unit is worth after tax, less the energy of processing; by period where prices change."""
        belief = self.beliefs.lines[n]
        before = margin_cny(self.plant, belief.shares)
        if self.renewal.prices.margin is None and not self.paths.energy_changes:
            return max(0.0, before - belief.marginal_energy_cny) * self.money.kept
        return [
            max(0.0, before * factor - self._at_prices(belief.unit_use, t)) * self.money.kept
            for t, factor in enumerate(self.paths.margin)
        ]

    def _at_prices(self, use: Use, period: int) -> float:
        """Return what a use of energy costs at the prices of a period."""
        cost = sum(cny * self.paths.carrier(key)[period] for key, cny in use.cny.items() if cny)
        return cost + use.co2_t * self.paths.co2_cny_per_t[period]

    def _asset(self, asset: Asset) -> dict[str, Any]:
        line, station = self.plant.lines[asset.line], self._station(asset)
        old = self.beliefs.old[asset.name]
        efficiency = self.beliefs.lines[asset.line].efficiency
        running = running_cost_cny_per_y(station, asset.machines[0])
        return {
            "name": asset.name,
            "line": line.name,
            "station": station.name,
            "count": len(asset.machines),
            "capacity_per_h": _capacity(old, efficiency, self.money),
            "running_cost": self._old_running(old, running),
            "max_renewals": station.max_renewals,
            "quantities": self.quantities.old(asset),
            "options": [self._option(asset, option, efficiency, running) for option in station.options],
        }

    def _old_running(self, old: Fitted, running: float) -> list[float]:
        """Return running cost by period, which is by age for a machine that is there from the start."""
        if not self.paths.energy_changes:
            return _running(old, running, self.money)
        n, kept = self.money.per_year, self.money.kept
        return [
            (running + self._at_prices(old.energy, t) * (old.energy_growth[t // n] - 1)) / n * kept
            for t in range(self.renewal.periods)
        ]

    def _option(self, asset: Asset, option: Option, efficiency: float, running: float) -> dict[str, Any]:
        key = asset.name, option.name
        new, money, station = self.beliefs.new[key], self.money, self._station(asset)
        own = running if option.running_cost_cny_per_y is None else option.running_cost_cny_per_y
        if option.removes:
            own = 0.0
        scale = money.kept / money.per_year
        out = {
            "name": option.name,
            "capacity_per_h": _capacity(new, efficiency, money),
            "saving": self.beliefs.saving_cny_per_y[key] / money.per_year * money.kept,
            "running_cost": _running(new, own, money),
            "starts_after": 0,  # new from the period of the renewal on, less its installation
            "downtime_h": [0.0 if option.removes else option.install_d * 24.0 * self._open_share(asset.line)],
            "uses": dict(option.uses),
            "quantities": self.quantities.new(asset, option),
            **self.capital.fields(option, station.max_renewals > 1),
        }
        if self.paths.energy_changes:
            saved = self.beliefs.saved_per_y.get(key, Use())
            rest = self.beliefs.saving_cny_per_y[key] - saved.cost(self.plant.energy.co2_price_cny_per_t)
            out |= {
                "saving": rest * scale,
                "running_cost": own * scale,
                "carrier_saving": self._by_carrier(saved, new, scale),
            }
        if option.from_ is not None:
            out["from"] = [asset.name if name == "existing" else name for name in option.from_]
        if self.renewal.loan is not None and self.renewal.loan.ceiling_cny is not None:
            out["uses"] = {**option.uses, DEBT: self.capital.debt(option)}
        return out

    def _by_carrier(self, saved: Use, new: Fitted, scale: float) -> dict[str, list[float]]:
        """Return what is saved of each carrier by period in service, at the file's prices; ageing takes of it."""
        out = {}
        for key in {**saved.cny, **new.energy.cny}:
            less = [saved.cny.get(key, 0.0) - new.energy.cny.get(key, 0.0) * (g - 1) for g in new.energy_growth]
            out[key] = [x * scale for x in less for _ in range(self.money.per_year)]
        co2 = [saved.co2_t - new.energy.co2_t * (g - 1) for g in new.energy_growth]
        out[CO2] = [x * scale for x in co2 for _ in range(self.money.per_year)]
        return {key: amounts for key, amounts in out.items() if any(amounts)}

    def _open_share(self, line: int) -> float:
        bounds = self.renewal.bounds()
        return sum(self.hours[line]) / ((bounds[-1] - bounds[0]).total_seconds() / H)


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


def rule_rows(rule: Rule, plant: Plant, beliefs: Beliefs, renewal: Renewal) -> list[dict[str, Any]]:
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
    if rule.choose is not None or rule.exactly_one is not None:
        names = [name for ref in rule.choose or rule.exactly_one or () for name in _named(ref, beliefs)]
        least, most = (rule.min, rule.max) if rule.choose is not None else (1, 1)
        return [{"choose": names, "min": least, "max": most}]
    if rule.must_by is not None:
        by = period_of(renewal, rule.must_by)
        return [{"must": asset.name, "by": by} for asset in beliefs.assets if _below_entry(plant, asset)]
    assert rule.must is not None
    assert rule.by is not None
    return [{"must": name, "by": period_of(renewal, rule.by)} for name in _named(rule.must, beliefs)]


def _below_entry(plant: Plant, asset: Asset) -> bool:
    station = plant.lines[asset.line].stations[asset.station]
    first = asset.machines[0]
    return layered(station, *station.listed[first : first + 1]).energy_standing == "below_entry"
