"""The marginal abatement curve of a plan, with measures that pay for themselves not ranked by cost per tonne.

Dividing a negative cost by the tonnes avoided ranks wrongly: of two measures that earn the same, the one that avoids
less looks better (Taylor, 2012, Energy Policy 48, 430-438; Levihn, 2016, Energy 114, 1155-1163). Measures of negative
net cost are therefore put into fronts by dominance (more benefit and more abatement), as Taylor proposes; only
measures that cost something are ranked by cost per tonne.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optimize.evaluate import Evaluator, machine_in_service
from optimize.explain_document import Abatement, AbatementCurve
from optimize.explain_parts import Pair, by_period
from optimize.numbers import at_age
from optimize.plan import Renewal
from optimize.problem import RenewalProblem

ROUNDING = 1e-9


Saved = Mapping[Pair, Sequence[float]]
"""What one machine of an asset with an option saves of a quantity, by period in service; the last value repeats."""


def abatement_curve(
    problem: RenewalProblem, renewals: Sequence[Renewal], quantity: str, saved: Saved | None = None
) -> AbatementCurve:
    """Return the abatement curve of a plan, measure by measure in the order in which they are taken.

    A measure is an option of an asset with all its renewals; its effect is what it adds to the measures that begin
    before it (of those that begin together, in the order of the problem), so effects add up to those of the plan.

    Args:
        problem: With the quantity, per period, among the ``carrier_saving`` of its options, or among the ``quantities``
            of assets and options.
        renewals: The plan.
        quantity: Its name; less of it is better.
        saved: What machines save of it, where the problem itself does not say.

    >>> from optimize.problem import parse_problem
    >>> oven = {"name": "oven", "quantities": {"co2_t": 9}, "options": [
    ...     {"name": "gas", "cost": 30, "saving": 9, "quantities": {"co2_t": 4}, "starts_after": 0}]}
    >>> problem = parse_problem({"renewal_problem": 1, "periods": {"count": 3}, "assets": [oven]})
    >>> curve = abatement_curve(problem, [Renewal(asset="oven", option="gas", period=0)], "co2_t")
    >>> [(m.abated, m.net_cost, m.cost_per_unit) for m in curve.measures]
    [(15.0, 3.0, 0.2)]
    """
    evaluator = Evaluator(problem)
    pairs = by_period(renewals)
    order = sorted(pairs, key=lambda pair: (min(pairs[pair]), evaluator.assets[pair[0]]))
    effects: dict[Pair, tuple[float, float]] = {}
    alone, taken = 0.0, list[Renewal]()
    known = _saved(problem, quantity) if saved is None else saved
    before = _gain_and_amount(evaluator, taken, quantity, known)
    nothing = before
    for pair in order:
        mine = [r for r in renewals if (r.asset, r.option) == pair]
        taken = [*taken, *mine]
        after = _gain_and_amount(evaluator, taken, quantity, known)
        effects[pair] = (before[0] - after[0], before[1] - after[1])
        alone += nothing[0] - _gain_and_amount(evaluator, mine, quantity, known)[0]
        before = after
    machines = {pair: sum(pairs[pair].values()) for pair in order}
    return AbatementCurve(
        quantity=quantity,
        measures=tuple(ordered([_measure(pair, machines[pair], *effects[pair]) for pair in order
                                if effects[pair][1] > ROUNDING])),
        no_effect=tuple("/".join(pair) for pair in order if effects[pair][1] <= ROUNDING),
        alone_sum=alone,
    )  # fmt: skip


def _gain_and_amount(
    evaluator: Evaluator, renewals: Sequence[Renewal], quantity: str, known: Saved
) -> tuple[float, float]:
    """Return the gain, and the amount over the horizon (less what is saved, where that is what is known)."""
    found = evaluator.evaluate(renewals)
    if not known:
        return found.gain, sum(row.quantities.get(quantity, 0.0) for row in found.by_period)
    saved, lives = 0.0, evaluator.totals(sorted(renewals, key=lambda r: r.period)).lives
    for asset, own in zip(evaluator.problem.assets, lives, strict=True):
        for life in own:
            for period in range(evaluator.count):
                option, age = machine_in_service(asset, life, period)
                if option is not None and (asset.name, option.name) in known:
                    saved += at_age(known[asset.name, option.name], age)
    return found.gain, -saved


def _saved(problem: RenewalProblem, quantity: str) -> Saved:
    """Return what machines save of a carrier of energy, as the problem says it."""
    return {
        (asset.name, option.name): option.carrier_saving[quantity]
        for asset in problem.assets
        for option in asset.options
        if quantity in option.carrier_saving
    }


def is_counted(problem: RenewalProblem, quantity: str) -> bool:
    """Return whether a problem says anything about a quantity."""
    kept = any(quantity in asset.quantities for asset in problem.assets)
    new = any(quantity in option.quantities for asset in problem.assets for option in asset.options)
    return kept or new or bool(_saved(problem, quantity))


def _measure(pair: Pair, machines: int, net_cost: float, abated: float) -> Abatement:
    return Abatement(
        asset=pair[0],
        option=pair[1],
        machines=machines,
        abated=abated,
        net_cost=net_cost,
        cost_per_unit=net_cost / abated if net_cost > 0 else None,
        front=None,
    )


def ordered(measures: Sequence[Abatement]) -> list[Abatement]:
    """Return measures as the curve shows them: fronts of those that pay, then the others by cost per unit.

    Within a front no measure is better in both; they are listed with the greatest benefit first.
    """
    paying = [m for m in measures if m.net_cost <= 0]
    front = fronts({n: (-m.net_cost, m.abated) for n, m in enumerate(paying)})
    placed = [m.model_copy(update={"front": front[n]}) for n, m in enumerate(paying)]
    placed.sort(key=lambda m: (m.front or 0, m.net_cost, -m.abated))
    dear = [m for m in measures if m.net_cost > 0]
    return placed + sorted(dear, key=lambda m: (m.cost_per_unit or 0.0, -m.abated))


def fronts(points: Mapping[int, tuple[float, float]]) -> dict[int, int]:
    """Return the number of the front of each point, both coordinates the more the better; 1 is the best front.

    >>> fronts({0: (10, 1), 1: (5, 5), 2: (4, 4)})
    {0: 1, 1: 1, 2: 2}
    """
    left, out, number = dict(points), dict[int, int](), 0
    while left:
        number += 1
        best = [k for k, p in left.items() if not any(_dominates(q, p) for q in left.values())]
        for key in best:
            out[key] = number
            del left[key]
    return dict(sorted(out.items()))


def _dominates(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] >= other[0] and one[1] >= other[1] and one != other
