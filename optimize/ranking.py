"""What plants do without an optimiser: renew in the order of simple payback."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimize.evaluate import Evaluator, Totals, capacity_per_h
from optimize.limits import violations
from optimize.numbers import at_age, by_period
from optimize.plan import Renewal
from optimize.problem import Asset, Line, Option, RenewalProblem


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


def payback_ranking(problem: RenewalProblem) -> list[Renewal]:
    """Return the renewals that a ranking by simple payback leads to.

    Each machine is looked at by itself, with its best option: yearly benefit is saving, less what it costs to run
    more, plus the margin on what its line then makes more if nothing else is changed. The machines are taken in the
    order of payback, each in the earliest period in which all limits and rules still hold; a machine that fits nowhere
    is left out. While the plan breaks a rule that only further renewals can heal (a ``must``, say), renewals that
    break nothing new are taken.

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
    for entry in paybacks(problem):
        asset = problem.assets[evaluator.assets[entry.asset]]
        for _ in range(asset.count):
            placed = _earliest(evaluator, chosen, entry, broken)
            if placed is None:
                break
            chosen, broken = placed
    return _joined(chosen)


def paybacks(problem: RenewalProblem) -> list[Payback]:
    """Return the best option of each asset that pays for itself, shortest payback first."""
    evaluator = Evaluator(problem)
    start = evaluator.totals([])
    best = []
    for asset in problem.assets:
        if asset.max_renewals and asset.options:
            entries = [_payback(evaluator, start, asset, option) for option in asset.options]
            best.append(min(entries, key=lambda entry: entry.years))
    return sorted((entry for entry in best if entry.years < float("inf")), key=lambda entry: entry.years)


def _payback(evaluator: Evaluator, start: Totals, asset: Asset, option: Option) -> Payback:
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


def _earliest(
    evaluator: Evaluator, chosen: list[Renewal], entry: Payback, broken: set[tuple[str, str]]
) -> tuple[list[Renewal], set[tuple[str, str]]] | None:
    """Return the plan with one machine more, as early as breaks nothing new, and what it still breaks."""
    for period in range(evaluator.count):
        longer = [*chosen, Renewal(asset=entry.asset, option=entry.option, period=period)]
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
