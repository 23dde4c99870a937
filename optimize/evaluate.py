"""What a given list of renewals is worth and which limits it breaks, by plain arithmetic.

Knows nothing of the optimiser: it is what checks the optimiser's answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.optimize import linprog

from optimize.goals import reached
from optimize.numbers import Array, at_age, by_period, discount_factors, reference_table
from optimize.plan import PeriodRow, PlannedRenewal, Renewal
from optimize.problem import Asset, ByAge, Line, Option, RenewalProblem

Life = tuple[tuple[int, int], ...]
"""The renewals of one machine in order: (option index, period)."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit or rule that the renewals break: its name, the place, what was found, what is allowed."""

    constraint: str
    where: str
    found: float | None
    limit: float | None
    message: str


@dataclass(frozen=True, slots=True)
class LifeFigures:
    """What one machine brings, each array over the periods; ``worth`` is present value without output."""

    capacity_per_h: Array
    worth: Array
    cost: Array
    downtime_h: Array
    uses: Mapping[str, Array]
    quantities: Mapping[str, Array]
    claims: Mapping[str, Array] = field(default_factory=dict)
    """By pool: what is claimed in each period."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all machines, each array over the periods."""

    lives: Sequence[tuple[Life, ...]]
    cost: Array
    worth: Array
    downtime_h: Mapping[str, Array]
    station_per_h: Mapping[tuple[str, str], Array]
    resources: Mapping[str, Array]
    quantities: Mapping[str, Array]
    unplaced: tuple[Violation, ...]
    claims: Mapping[str, Array] = field(default_factory=dict)
    goals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Value and gain of the renewals, a row for each period, and every limit or rule that they break."""

    value: float
    baseline_value: float
    by_period: tuple[PeriodRow, ...]
    renewals: tuple[PlannedRenewal, ...]
    violations: tuple[Violation, ...]
    goals: Mapping[str, float] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        """Return the value over renewing nothing."""
        return self.value - self.baseline_value


def evaluate(problem: RenewalProblem, renewals: Iterable[Renewal]) -> Evaluation:
    """Return what the renewals are worth and which limits they break.

    >>> from optimize.problem import parse_problem
    >>> problem = parse_problem({
    ...     "renewal_problem": 1, "periods": {"count": 3}, "budget": {"amounts": 90},
    ...     "assets": [{"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}]})
    >>> result = evaluate(problem, [Renewal(asset="lathe", option="cnc", period=0)])
    >>> result.gain, [v.message for v in result.violations]
    (20.0, ['budget, period 0: 100 spent, 90 there'])
    """
    return Evaluator(problem).evaluate(renewals)


@dataclass
class Evaluator:
    """Evaluates many lists of renewals of one problem; remembers the figures of single machines."""

    problem: RenewalProblem
    _lives: dict[tuple[int, Life], LifeFigures] = field(default_factory=dict)
    _mixes: dict[tuple[str, int, tuple[float, ...]], tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.count = self.problem.periods.count
        self.capex_factor, self.operation_factor, self.end_factor = discount_factors(self.problem)
        self.prices = {name: by_period(price, self.count) for name, price in self.problem.prices.items()}
        self.lines = {line.name: line for line in self.problem.lines}
        self.hours = {line.name: by_period(line.hours, self.count) for line in self.problem.lines}
        self.assets = {asset.name: index for index, asset in enumerate(self.problem.assets)}

    @cached_property
    def baseline_value(self) -> float:
        """Return the value of renewing nothing."""
        return float(sum(self._values(self.start_totals)[0]))

    @cached_property
    def start_totals(self) -> Totals:
        """Return the sums over all machines as they are."""
        return self._sums([])

    @cached_property
    def references(self) -> dict[str, tuple[int, int | None]]:
        """Return asset and option (None: any) by reference."""
        return reference_table(self.problem)[0]

    def evaluate(self, renewals: Iterable[Renewal]) -> Evaluation:
        """Return what the renewals are worth and which limits they break."""
        from optimize.limits import violations  # it needs the classes above

        chosen = sorted(renewals, key=lambda r: (r.period, self.assets[r.asset]))
        totals = self.totals(chosen)
        values, output = self._values(totals)
        return Evaluation(
            value=float(sum(values)),
            baseline_value=self.baseline_value,
            by_period=self._rows(totals, values, output),
            renewals=tuple(self._planned(renewal) for renewal in chosen),
            violations=(*totals.unplaced, *violations(self.problem, totals)),
            goals=totals.goals,
        )

    def gain_if_allowed(self, renewals: Sequence[Renewal]) -> float | None:
        """Return the gain, or None if a limit or rule is broken (quicker than :meth:`evaluate`)."""
        from optimize.limits import violations

        totals = self.totals(sorted(renewals, key=lambda r: r.period))
        if totals.unplaced or next(violations(self.problem, totals), None) is not None:
            return None
        return float(sum(self._values(totals)[0])) - self.baseline_value

    def totals(self, renewals: Sequence[Renewal]) -> Totals:
        """Return the sums over all machines for renewals in the order of their periods, and what goals they reach."""
        totals = self._sums(renewals)
        if not self.problem.goals:
            return totals
        values, output = self._values(totals)
        gain = float(sum(values)) - self.baseline_value
        return replace(totals, goals=reached(self.problem, totals, gain, output))

    def _sums(self, renewals: Sequence[Renewal]) -> Totals:
        problem, zero = self.problem, np.zeros(self.count)
        by_asset: dict[int, list[Renewal]] = {}
        for renewal in renewals:
            by_asset.setdefault(self.assets[renewal.asset], []).append(renewal)
        cost, worth = zero.copy(), zero.copy()
        downtime = {line.name: zero.copy() for line in problem.lines}
        station = {(line.name, name): zero.copy() for line in problem.lines for name in line.stations}
        resources = {name: zero.copy() for name in problem.resources}
        quantities: dict[str, Array] = {}
        claims = {name: zero.copy() for name in problem.pools}
        lives: list[tuple[Life, ...]] = []
        unplaced: list[Violation] = []
        for index, asset in enumerate(problem.assets):
            lives.append(machine_lives(asset, by_asset.get(index, []), unplaced))
            for life in set(lives[-1]):
                machines, figures = lives[-1].count(life), self.figures(index, life)
                cost += machines * figures.cost
                worth += machines * figures.worth
                for name, use in figures.uses.items():
                    resources[name] += machines * use
                for name, amount in figures.claims.items():
                    claims[name] += machines * amount
                for name, amount in figures.quantities.items():
                    quantities[name] = quantities.get(name, zero) + machines * amount
                if asset.line is not None and asset.station is not None:
                    downtime[asset.line] += machines * figures.downtime_h
                    station[asset.line, asset.station] += machines * figures.capacity_per_h
        return Totals(lives, cost, worth, downtime, station, resources, quantities, tuple(unplaced), claims)

    def figures(self, index: int, life: Life) -> LifeFigures:
        """Return what one machine with this life brings."""
        key = (index, life)
        if key not in self._lives:
            self._lives[key] = self._figures(self.problem.assets[index], life)
        return self._lives[key]

    def _figures(self, asset: Asset, life: Life) -> LifeFigures:
        capacity, worth, quantities = self._in_service(asset, life)
        cost, downtime = np.zeros(self.count), np.zeros(self.count)
        uses: dict[str, Array] = {}
        claims: dict[str, Array] = {}
        before: tuple[int, int] | None = None
        for number, period in life:
            option = asset.options[number]
            price = option.cost if option.cost_by_period is None else (option.cost_by_period[period],)
            paid = self._from(period, price or ())
            cost += paid
            worth += self.operation_factor * self._from(period, option.cash) - self.capex_factor * paid
            worth[period] += self.capex_factor[period] * _resale(asset, before, period)
            downtime += self._from(period, option.downtime_h)
            if option.cash_by_period is not None:
                worth[period] += self.operation_factor[period] * option.cash_by_period[period]
            for name, use in option.uses.items():
                uses[name] = uses.get(name, np.zeros(self.count)) + self._from(period, use)
            for name, amount in option.claims.items():
                claims.setdefault(name, np.zeros(self.count))[period] += by_period(amount, self.count)[period]
            before = (number, period)
        if before is not None:
            option = asset.options[before[0]]
            served = max(0, self.count - before[1] - option.starts_after)
            worth[-1] += self.end_factor * at_age(option.residual, served)
        if asset.line is not None:
            capacity *= share_running(downtime, self.hours[asset.line])
        return LifeFigures(capacity, worth, cost, downtime, uses, quantities, claims)

    def _in_service(self, asset: Asset, life: Life) -> tuple[Array, Array, dict[str, Array]]:
        """Return capacity (stops not yet counted), present value of operation, and quantities by period."""
        capacity, worth = np.zeros(self.count), np.zeros(self.count)
        quantities: dict[str, Array] = {}
        for period in range(self.count):
            option, age = machine_in_service(asset, life, period)
            unit = asset if option is None else option
            money = -at_age(unit.running_cost, age)
            if option is not None:
                money += at_age(option.saving, age)
                for carrier, amount in option.carrier_saving.items():
                    money += at_age(amount, age) * self.prices[carrier][period]
            worth[period] = self.operation_factor[period] * money
            capacity[period] = capacity_per_h(asset, option, age)
            for name, values in unit.quantities.items():
                quantities.setdefault(name, np.zeros(self.count))[period] = at_age(values, age)
        return capacity, worth, quantities

    def _from(self, period: int, entries: Sequence[float]) -> Array:
        """Return a list from period p on as an array over all periods; entries after the last count nowhere."""
        out = np.zeros(self.count)
        entries = entries[: self.count - period]
        out[period : period + len(entries)] = entries
        return out

    def _values(self, totals: Totals) -> tuple[Array, dict[str, dict[str, Array]]]:
        """Return the present value by period, and the output by line and product."""
        values, output = totals.worth.copy(), {}
        for line in self.problem.lines:
            stations = {name: totals.station_per_h[line.name, name] for name in line.stations}
            output[line.name] = self.output_per_h(line, stations)
            for product in line.products or (line,):
                margin = by_period(product.margin if product.margin is not None else 0.0, self.count)
                made = output[line.name][product.name]
                values += self.operation_factor * margin * self.hours[line.name] * made
        for name in self.problem.pools:
            values += self.pool_worth(name) * self.paid(name, totals.claims[name])
        return values, output

    def pool_worth(self, name: str) -> Array:
        """Return the present value of one unit that a pool pays, by period."""
        return np.asarray(self.operation_factor * by_period(self.problem.pools[name].worth, self.count))

    def paid(self, name: str, claimed: Array) -> Array:
        """Return what a pool pays of the claims of each period: no more than it holds, where it is worth most first."""
        left, paid, worth = self.problem.pools[name].max, np.zeros(self.count), self.pool_worth(name)
        for period in sorted(range(self.count), key=lambda t: (-worth[t], t)):
            paid[period] = min(float(claimed[period]), left)
            left -= paid[period]
        return paid

    def output_per_h(self, line: Line, stations: Mapping[str, Array]) -> dict[str, Array]:
        """Return what a line makes of each product, given the capacity of its stations.

        A line without a list of products makes one, named like the line.
        """
        if not line.products:
            demand = by_period(np.inf if line.demand_per_h is None else line.demand_per_h, self.count)
            return {line.name: np.minimum.reduce([demand, *stations.values()])}
        made = np.array(
            [self._mix(line, t, tuple(float(stations[name][t]) for name in line.stations)) for t in range(self.count)]
        )
        return {product.name: made[:, number] for number, product in enumerate(line.products)}

    def _mix(self, line: Line, period: int, capacities: tuple[float, ...]) -> tuple[float, ...]:
        """Return the most valuable output of each product that the stations can make."""
        key = (line.name, period, capacities)
        if key not in self._mixes:
            margin = [by_period(product.margin, self.count)[period] for product in line.products]
            demand = [
                None if product.demand_per_h is None else by_period(product.demand_per_h, self.count)[period]
                for product in line.products
            ]
            load = np.array([[product.load.get(name, 1.0) for product in line.products] for name in line.stations])
            size = load.max(axis=1, initial=0.0) if len(load) else np.array([])
            size[size == 0.0] = 1.0
            answer = linprog(  # in units of the greatest margin and load: its tolerances are absolute
                -np.array(margin) / (max(margin) or 1.0),
                A_ub=load / size[:, None] if len(load) else None,
                b_ub=np.array(capacities) / size if len(load) else None,
                bounds=[(0, most) for most in demand],
            )
            self._mixes[key] = tuple(float(made) for made in np.asarray(answer.x))
        return self._mixes[key]

    def _rows(self, totals: Totals, values: Array, output: Mapping[str, Mapping[str, Array]]) -> tuple[PeriodRow, ...]:
        from optimize.limits import budget_by_period

        budget, carried = budget_by_period(self.problem, totals.cost)
        labels = self.problem.periods.labels
        return tuple(
            PeriodRow(
                period=t,
                label=labels[t] if labels else None,
                cost=float(totals.cost[t]),
                budget=None if budget is None else float(budget[t]),
                carried=None if carried is None else float(carried[t]),
                resources={name: float(use[t]) for name, use in totals.resources.items()},
                downtime_h={name: float(hours[t]) for name, hours in totals.downtime_h.items()},
                output_per_h={
                    name: {product: float(q[t]) for product, q in made.items()}
                    if self.lines[name].products
                    else float(made[name][t])
                    for name, made in output.items()
                },
                quantities={name: float(amount[t]) for name, amount in totals.quantities.items()},
                value=float(values[t]),
            )
            for t in range(self.count)
        )

    def _planned(self, renewal: Renewal) -> PlannedRenewal:
        asset = self.problem.assets[self.assets[renewal.asset]]
        number = _option_index(asset, renewal.option)
        option, period = asset.options[number], renewal.period
        price = option.cost if option.cost_by_period is None else option.cost_by_period[period : period + 1]
        cost = renewal.machines * float(sum((price or ())[: self.count - period]))
        return PlannedRenewal(
            **renewal.model_dump(include={"asset", "option", "period", "machines", "replaces"}),
            line=asset.line,
            station=asset.station,
            cost=cost,
        )


def machine_lives(asset: Asset, renewals: Sequence[Renewal], unplaced: list[Violation]) -> tuple[Life, ...]:
    """Return the life of each machine of a group; what finds no machine to renew is added to ``unplaced``."""
    lives: list[Life] = [()] * asset.count
    for renewal in renewals:
        number = _option_index(asset, renewal.option)
        free = [m for m, life in enumerate(lives) if renewal.period >= ready_again(asset, life)]
        if renewal.replaces is not None:
            old = (_option_index(asset, renewal.replaces.option), renewal.replaces.period)
            free = [m for m in free if lives[m] and lives[m][-1] == old]
        free.sort(key=lambda m: (lives[m][-1][1] if lives[m] else -1, len(lives[m])))
        for machine in free[: renewal.machines]:
            lives[machine] = (*lives[machine], (number, renewal.period))
        if len(free) < renewal.machines:
            unplaced.append(
                Violation(
                    "one_life",
                    asset.name,
                    renewal.machines,
                    len(free),
                    f"{asset.name}, period {renewal.period}: {renewal.machines} to be renewed with"
                    f" {renewal.option}, {len(free)} there to be renewed",
                )
            )
    return tuple(lives)


def machine_in_service(asset: Asset, life: Life, period: int) -> tuple[Option | None, int]:
    """Return the option in service in a period (None: the machine as it was) and its age, the first period 1."""
    for number, bought in reversed(life):
        option = asset.options[number]
        if bought + option.starts_after <= period:
            return option, period - bought - option.starts_after + 1
    return None, asset.age + period + 1


def capacity_per_h(asset: Asset, option: Option | None, age: int) -> float:
    """Return the capacity of one machine that does not stand still; a gain counts from the start's capacity."""
    own: ByAge = asset.capacity_per_h or (0.0,)
    if option is None:
        return at_age(own, age)
    if option.capacity_per_h is not None:
        return at_age(option.capacity_per_h, age)
    gain = 0.0 if option.capacity_gain_per_h is None else at_age(option.capacity_gain_per_h, age)
    return at_age(own, asset.age + 1) + gain


def _resale(asset: Asset, before: tuple[int, int] | None, period: int) -> float:
    """Return what the machine in place brings when it is replaced in ``period``."""
    if before is None:
        return at_age(asset.resale, asset.age + period + 1)
    option = asset.options[before[0]]
    return at_age(option.resale, period - before[1] - option.starts_after + 1)


def ready_again(asset: Asset, life: Life) -> int:
    """Return the first period in which a machine may be renewed: any at first, then when it is in service."""
    if not life:
        return 0
    number, period = life[-1]
    return period + max(1, asset.options[number].starts_after)


def share_running(downtime_h: Array, hours: Array) -> Array:
    """Return the share of the hours in which a machine does not stand still, by period (the last axis)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(downtime_h > 0, 1 - downtime_h / hours, 1.0)
    return np.clip(share, 0.0, 1.0)


def _option_index(asset: Asset, name: str) -> int:
    for number, option in enumerate(asset.options):
        if option.name == name:
            return number
    raise ValueError(f"{asset.name} has no option {name!r}; known: {[option.name for option in asset.options]}")
