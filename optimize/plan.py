"""A plan: which renewals, what they bring period by period, and how good a plan can be at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["optimal", "feasible", "infeasible", "no_plan_yet"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Replaced(_Frozen):
    """The earlier renewal that a second renewal takes out of service."""

    option: str
    period: int


class Renewal(_Frozen):
    """So many machines of one asset renewed with one option in one period.

    ``replaces`` says which machines of a group leave: None the machines as they were at the start (when
    none of those is left, the longest renewed).
    """

    asset: str
    option: str
    period: Annotated[int, Field(ge=0)]
    machines: Annotated[int, Field(ge=1)] = 1
    replaces: Replaced | None = None


class PlannedRenewal(Renewal):
    """A renewal with its place and its price (all machines, within the horizon, not discounted)."""

    line: str | None = None
    station: str | None = None
    cost: float


class PeriodRow(_Frozen):
    """What happens in one period.

    ``cost``, ``budget`` and ``carried`` are money of that period; ``value`` is its part of the present value (the
    residual value counts in the last period). ``output_per_h`` holds a number by line, or by product where a
    line has several. With a budget by year, the amount stands in the first period of its year.
    """

    period: int
    label: str | None
    cost: float
    budget: float | None
    carried: float | None
    resources: Mapping[str, float]
    downtime_h: Mapping[str, float]
    output_per_h: Mapping[str, float | Mapping[str, float]]
    quantities: Mapping[str, float]
    value: float


class Relaxation(_Frozen):
    """The least by which one limit or rule must give way, all else kept, and the best gain then.

    ``how``: ``more`` or ``less`` of the limit (``amount``, and the limit is then ``to``); ``later`` (a ``must``, in
    period ``to``), ``gap`` (an ``after``, of ``to`` periods), ``longer`` (``amount`` more periods of service), ``drop``
    (the rule or limit must go).
    """

    how: Literal["more", "less", "later", "gap", "longer", "drop"]
    amount: float | None
    to: float | None
    gain: float
    bound: float | None


class Clash(_Frozen):
    """One of the limits that contradict each other; ``needed`` is the least change that lets the others stand.

    ``relaxation`` is None where giving way alone does not help, or where it was not looked for.
    """

    constraint: str
    where: str
    limit: float | None
    needed: float | None
    message: str
    relaxation: Relaxation | None = None


class Objective(_Frozen):
    """What was maximised in place of the gain: the sum of the goals, each times its weight (negative: less is better).

    ``bound`` and ``gap`` are for this sum: no plan reaches more than ``bound``.
    """

    weights: Mapping[str, float]
    value: float
    bound: float | None
    gap: float | None


class Plan(_Frozen):
    """The answer. Money is present value; ``gain`` is over renewing nothing and ``bound`` is for ``gain``.

    Where goals have weights, ``objective`` says what was maximised; ``bound`` is then None, since the greatest gain was
    not asked for, and ``gap`` is that of the objective.
    """

    status: Status
    gain: float | None
    bound: float | None
    gap: float | None
    value: float | None
    baseline_value: float
    renewals: tuple[PlannedRenewal, ...] = ()
    by_period: tuple[PeriodRow, ...] = ()
    clash: tuple[Clash, ...] = ()
    goals: Mapping[str, float] | None = None
    objective: Objective | None = None
