"""What an explanation of a plan says, as data: the keys of ``why`` in the JSON of ``renewline optimize --why``.

Money is present value in the problem's unit unless a name says price or budget. A :class:`Between` is certain: the
true figure lies between its two ends, which are equal (within the solver's tolerance) where the search came to its end.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from optimize.relaxed import LimitKind

Reason = Literal["in_plan", "blocked", "several_limits", "rival", "not_worth_it", "required", "unknown"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Between(_Frozen):
    """A figure known to lie between two numbers; None where that side is not known."""

    at_least: float | None
    at_most: float | None


class Parts(_Frozen):
    """Present value taken apart; the four add up to the whole."""

    output: float
    saving: float
    running_cost: float
    capital: float

    @property
    def total(self) -> float:
        """Return the sum of the parts."""
        return self.output + self.saving + self.running_cost + self.capital


class Move(_Frozen):
    """What another plan does otherwise with one asset and option: machines by period, before and after."""

    asset: str
    option: str
    before: dict[int, int]
    after: dict[int, int]

    @property
    def machines(self) -> int:
        """Return how many machines more (less, if negative) are renewed so."""
        return sum(self.after.values()) - sum(self.before.values())


class Measure(_Frozen):
    """An option of an asset that the plan takes: what it adds, and when it would no longer be worth it."""

    asset: str
    option: str
    line: str | None
    station: str | None
    machines: int
    of: int
    by_period: dict[int, int]
    cost: float
    adds_rest_fixed: float
    parts: Parts
    rest_breaks: tuple[str, ...]
    """Limits and rules that the rest of the plan breaks without it."""
    adds_replanned: Between | None
    """Gain of the plan less that of the best plan without it; None: no plan is possible without it, or not asked."""
    without: tuple[Move, ...]
    """What the best plan without it does otherwise."""
    required: bool
    """No plan keeps all limits and rules without it."""
    price: float
    """Of one machine, mean over the renewals of the plan."""
    break_even_price: float | None
    """Price of one machine up to which a plan with it is the better one, the extra money not taken from the budget."""
    break_even_exact: bool
    """Above that price no plan with it is better; false: the price may be higher still."""


class Blocker(_Frozen):
    """A limit that keeps machines out of the plan: lifted alone, the best plan takes ``machines`` more of them."""

    kind: LimitKind
    line: str | None
    station: str | None
    name: str | None
    rule: int | None
    periods: tuple[int, ...]
    """Where the limit of these periods (of a budget: first period of its window) alone is enough; empty: of all."""
    machines: int
    adds: Between
    """What they add to the best plan without that limit."""


class Missing(_Frozen):
    """Machines of an asset that the plan does not renew with an option, and why not."""

    asset: str
    option: str
    line: str | None
    station: str | None
    machines: int
    reason: Reason
    blockers: tuple[Blocker, ...]
    rival: str | None
    """Option of the same asset that the plan prefers; without it this one would be taken."""
    forced: Between | None
    """Change of the gain if one machine (more) had to be renewed so, all else planned anew; None: impossible."""
    forced_impossible: bool
    forced_moves: tuple[Move, ...]
    alone: Parts | None
    """What one machine in the plan's place brings by itself, renewed when that is worth most, limits disregarded."""


class BudgetPrice(_Frozen):
    """What a little more or less budget of one period or year is worth, by planning anew."""

    window: int
    period: int
    amount: float
    unused: float
    """The plan stays as it is, and best, down to ``amount - unused``."""
    step: float
    more: Between | None
    """Gain of ``step`` more."""
    less: Between | None
    """Loss of gain with ``less_step`` less."""
    less_step: float
    price_more: float | None
    """Gain per unit of money added (present value per unit of that period's money)."""
    price_less: float | None
    plan_until: float
    """The changed plan is possible, and ``more`` holds, from this amount on to ``amount + step``."""
    less_from: float
    """The plan with less budget is possible, and ``less`` holds, from this amount to ``amount - less_step``."""
    lifted: Between | None
    """Gain if this budget had no limit at all; 0: it is useless to add money here."""
    useless: bool
    moves: tuple[Move, ...]
    """What ``step`` more changes in the plan."""


class MoreOf(_Frozen):
    """What one unit more of a limit brings: an hour of downtime in each period, a unit of a resource, a line down."""

    kind: LimitKind
    line: str | None
    name: str | None
    unit: float
    gain: Between
    enough: float | None
    """The least whole amount that the best plan without the limit needs beyond it; None: unlimited brings nothing."""
    lifted: Between
    moves: tuple[Move, ...]


class CurvePoint(_Frozen):
    """Best gain with all budgets multiplied by ``factor`` (None: no budget limit at all)."""

    factor: float | None
    budget: float | None
    spent: float
    gain: float
    bound: float | None
    moves: tuple[Move, ...]
    """What changes from the point before."""


class Abatement(_Frozen):
    """One measure on the abatement curve: effect and net cost in the order in which the measures are taken."""

    asset: str
    option: str
    machines: int
    abated: float
    """Amount of the quantity avoided over the horizon."""
    net_cost: float
    """Present value; negative: the measure pays for itself."""
    cost_per_unit: float | None
    """Only where the net cost is positive: for negative ones the ratio ranks wrongly."""
    front: int | None
    """For negative net cost: 1 = no other measure has both more benefit and more abatement; 2 = next front; .."""


class AbatementCurve(_Frozen):
    """Measures that pay for themselves (by fronts), then those with a cost per unit, rising."""

    quantity: str
    measures: tuple[Abatement, ...]
    no_effect: tuple[str, ...]
    """Measures of the plan that avoid none of it, as ``asset/option``."""
    alone_sum: float
    """What the measures' net costs would add up to, each looked at by itself: what this differs by is interaction."""


class Explanation(_Frozen):
    """Why this plan: see the classes above."""

    gain: float
    best_gain: float
    """Of the plan that all questions start from; above ``gain`` by no more than the plan's own gap."""
    bound: float | None
    measures: tuple[Measure, ...]
    missing: tuple[Missing, ...]
    budgets: tuple[BudgetPrice, ...]
    next_window: int | None
    """Where ``step`` more budget brings most."""
    more: tuple[MoreOf, ...]
    curve: tuple[CurvePoint, ...]
    abatement: AbatementCurve | None
    asked: int
    unfinished: int
    """Questions whose answer is an interval, or none, because time was over."""
    seconds: float
