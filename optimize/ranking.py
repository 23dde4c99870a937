"""What plants do without an optimiser: renew in the order of simple payback."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimize.evaluate import Evaluator, Totals, capacity_per_h
from optimize.limits import violations
from optimize.numbers import at_age, by_period, reference_table
from optimize.plan import Renewal
from optimize.problem import Asset, Line, Option, RenewalProblem, Together


@dataclass(frozen=True, slots=True)
class Payback:
    """One machine of an asset renewed with one option: its price and the years until it has paid for itself."""

    asset: str
    option: str
    cost: float
    benefit_per_year: float

    @property
    def years(self) -> float:
        """Return cost / yearly benefit; infinite where nothing is gained."""
        if self.benefit_per_year <= 0:
            return float("inf")
        return max(self.cost, 0.0) / self.benefit_per_year


@dataclass(frozen=True, slots=True)
class Package:
    """Renewals that a rule ties together, one machine each, looked at as one investment (often just one)."""

    members: tuple[Payback, ...]

    @property
    def years(self) -> float:
        """Return price of all / yearly benefit of all; infinite where nothing is gained."""
        cost, benefit = (sum(max(m.cost, 0.0) for m in self.members), sum(m.benefit_per_year for m in self.members))
        return cost / benefit if benefit > 0 else float("inf")


def payback_ranking(problem: RenewalProblem, own_capacity: bool = False) -> list[Renewal]:
    """Return the renewals that a ranking by simple payback leads to.

    Each machine is looked at by itself, with its best option: yearly benefit is saving, less what it costs to run
    more, plus the margin on what its line then makes more if nothing else is changed. Machines that must be renewed
    ``together`` are looked at as one investment. They are taken in the order of payback, each in the earliest period in
    which all limits and rules still hold; a machine that fits nowhere is left out. While the plan breaks a rule that
    only further renewals can heal (a ``must``, say), renewals that break nothing new are taken.

    Args:
        problem: What may be renewed.
        own_capacity: Credit every machine with all its own additional capacity, whether the line can use it or not:
            what plants do that look at machines and not at lines.

    >>> from optimize.problem import parse_problem
    >>> slow = {"name": "saw", "options": [{"name": "new", "cost": 90, "saving": 30}]}
    >>> fast = {"name": "mill", "options": [{"name": "new", "cost": 80, "saving": 40}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 9}, "budget": {"amounts": 100},
    ...                          "assets": [slow, fast]})
    >>> [(r.asset, r.period) for r in payback_ranking(problem)]
    [('mill', 0), ('saw', 1)]
    """
    evaluator = Evaluator(problem)
    chosen: list[Renewal] = []
    broken = _broken(evaluator, chosen)
    for package in _packages(evaluator, own_capacity):
        most = max(problem.assets[evaluator.assets[member.asset]].count for member in package.members)
        for _ in range(most):
            placed = _earliest(evaluator, chosen, package, broken)
            if placed is None:
                break
            chosen, broken = placed
    return _joined(chosen)


def paybacks(problem: RenewalProblem, own_capacity: bool = False) -> list[Payback]:
    """Return the best option of each asset that pays for itself, shortest payback first."""
    entries = _best_options(Evaluator(problem), own_capacity).values()
    return sorted((entry for entry in entries if entry.years < float("inf")), key=lambda entry: entry.years)


def _best_options(evaluator: Evaluator, own_capacity: bool) -> dict[str, Payback]:
    start = evaluator.totals([])
    best = {}
    for asset in evaluator.problem.assets:
        if asset.max_renewals and asset.options:
            entries = [_payback(evaluator, start, asset, option, own_capacity) for option in asset.options]
            best[asset.name] = min(entries, key=lambda entry: entry.years)
    return best


def _packages(evaluator: Evaluator, own_capacity: bool) -> list[Package]:
    """Return each asset's best option with all that must come in the same period, shortest payback first."""
    best = _best_options(evaluator, own_capacity)
    table, _ = reference_table(evaluator.problem)
    start = evaluator.totals([])
    found: dict[frozenset[tuple[str, str]], Package] = {}
    for first in best.values():
        members = {first.asset: first}
        waiting = [first]
        while waiting:
            entry = waiting.pop()
            for name in _tied(evaluator.problem, entry):
                index, number = table[name]
                asset = evaluator.problem.assets[index]
                if asset.name in members or asset.name not in best:
                    continue
                option = asset.options[number] if number is not None else None
                mate = best[asset.name]
                if option is not None:
                    mate = _payback(evaluator, start, asset, option, own_capacity)
                members[asset.name] = mate
                waiting.append(mate)
        key = frozenset((m.asset, m.option) for m in members.values())
        found.setdefault(key, Package(tuple(members.values())))
    return sorted((p for p in found.values() if p.years < float("inf")), key=lambda package: package.years)


def _tied(problem: RenewalProblem, entry: Payback) -> list[str]:
    """Return the references that rules tie to the renewal of an asset with an option."""
    names = {entry.asset, f"{entry.asset}/{entry.option}"}
    rules = (rule.together for rule in problem.rules if isinstance(rule, Together))
    return [name for together in rules if names & set(together) for name in together if name not in names]


def _payback(evaluator: Evaluator, start: Totals, asset: Asset, option: Option, own_capacity: bool) -> Payback:
    """Return the payback of one machine, all figures those of the first period."""
    problem = evaluator.problem
    per_period = at_age(option.saving, 1) + at_age(asset.running_cost, asset.age + 1)
    per_period -= at_age(option.running_cost, 1)
    for carrier, amount in option.carrier_saving.items():
        per_period += at_age(amount, 1) * float(evaluator.prices[carrier][0])
    if asset.line is not None and asset.station is not None:
        line = evaluator.lines[asset.line]
        more = capacity_per_h(asset, option, 1) - capacity_per_h(asset, None, asset.age + 1)
        stations = {name: float(start.station_per_h[line.name, name][0]) for name in line.stations}
        if own_capacity:
            per_period += more * _worth_of_capacity(evaluator, line, asset.station)
        else:
            before = _margin(evaluator, line, stations)
            stations[asset.station] += more
            per_period += _margin(evaluator, line, stations) - before
    cost = option.cost if option.cost_by_period is None else option.cost_by_period[:1]
    return Payback(asset.name, option.name, float(sum(cost or ())), per_period / problem.periods.years_each)


def _margin(evaluator: Evaluator, line: Line, stations: dict[str, float]) -> float:
    """Return the margin of a line in the first period, with so much capacity at its stations."""
    made = evaluator.output_per_h(line, {name: np.full(evaluator.count, cap) for name, cap in stations.items()})
    return sum(
        float(by_period(product.margin or 0.0, evaluator.count)[0])
        * float(evaluator.hours[line.name][0])
        * float(made[product.name][0])
        for product in line.products or (line,)
    )


def _worth_of_capacity(evaluator: Evaluator, line: Line, station: str) -> float:
    """Return the margin, in the first period, of what one more unit of capacity per hour could make by itself."""
    hours = float(evaluator.hours[line.name][0])
    if not line.products:
        return hours * float(by_period(line.margin or 0.0, evaluator.count)[0])
    loads = [(p, p.load.get(station, 1.0)) for p in line.products]
    return hours * max((float(by_period(p.margin, evaluator.count)[0]) / load for p, load in loads if load > 0),
                       default=0.0)  # fmt: skip


def _earliest(
    evaluator: Evaluator, chosen: list[Renewal], package: Package, broken: set[tuple[str, str]]
) -> tuple[list[Renewal], set[tuple[str, str]]] | None:
    """Return the plan with one machine more of each member, as early as breaks nothing new, and what it still breaks.

    Where some members are all renewed already, the others are taken if they may follow.
    """
    taken = {name: sum(r.machines for r in chosen if r.asset == name) for name in (m.asset for m in package.members)}
    left = [m for m in package.members if taken[m.asset] < evaluator.problem.assets[evaluator.assets[m.asset]].count]
    for period in range(evaluator.count) if left else ():
        longer = [*chosen, *(Renewal(asset=m.asset, option=m.option, period=period) for m in left)]
        now = _broken(evaluator, longer)
        if now <= broken:
            return longer, now
    return None


def _broken(evaluator: Evaluator, renewals: list[Renewal]) -> set[tuple[str, str]]:
    totals = evaluator.totals(sorted(renewals, key=lambda renewal: renewal.period))
    broken = (*totals.unplaced, *violations(evaluator.problem, totals))
    return {(violation.constraint, violation.where) for violation in broken}


def _joined(renewals: list[Renewal]) -> list[Renewal]:
    """Return one renewal for the machines of an asset that are renewed in the same period."""
    machines: dict[tuple[int, str, str], int] = {}
    for renewal in renewals:
        key = (renewal.period, renewal.asset, renewal.option)
        machines[key] = machines.get(key, 0) + renewal.machines
    return [Renewal(asset=a, option=o, period=p, machines=n) for (p, a, o), n in sorted(machines.items())]
