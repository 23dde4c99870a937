"""The best plan of one line at prices of what it shares with others: bound and plans, exactly if given the width."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from optimize.line_graph import NEVER, LineGraph
from optimize.line_kernel import MEASURES, compose, search, tighten
from optimize.numbers import Array
from optimize.plan import Renewal
from optimize.problem import RenewalProblem

PLANS_WANTED = 6
"""Plans returned by one search: the best, and others that may fit better with the other lines."""


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A plan of one line: gain over renewing nothing, what it adds to the linking rows, and how to write it down."""

    gain: float
    amounts: Array
    renewals: tuple[Renewal, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """No plan of the line gains more than ``bound`` at the prices asked; the plans found, best first."""

    bound: float
    plans: tuple[LinePlan, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look: steps towards the bound, and most labels kept at the start of a period."""

    steps: int
    width: int


class Pricer(Protocol):
    """A line that can be asked for its best plan."""

    def price(self, duals: Array, known: float, room: float, effort: Effort) -> Priced:
        """Return bound and plans; ``known`` is the gain of a plan in hand, ``room`` how close the bound need be."""

    def renewals(self, plan: LinePlan) -> list[Renewal]:
        """Return the renewals of one of its plans."""


@dataclass
class LineSearch:
    """The search for one line; starts each time from the shares and prices it last ended with."""

    problem: RenewalProblem
    graph: LineGraph
    row_count: int
    split: Array | None = field(default=None)
    standstill_price: Array | None = field(default=None)

    def price(self, duals: Array, known: float, room: float, effort: Effort) -> Priced:
        """Return bound and plans of the line at prices of the linking rows."""
        graph = self.graph
        count, stations = len(graph.worth), len(graph.station_ptr) - 1
        ptr, tail, head, numbers, offsets = compose(
            count,
            graph.station_ptr,
            graph.nodes,
            graph.arc_ptr,
            graph.arc_from,
            graph.arc_to,
            graph.arc_cap,
            graph.arc_steady,
            graph.arc_down,
            graph.arc_values(duals),
            graph.limit,
        )
        high = self._high(ptr, numbers)
        if self.split is None or self.standstill_price is None:
            split = np.repeat(graph.worth[None] / stations, stations, axis=0)
            price = np.zeros((MEASURES, count))
        else:
            split, price = self.split.copy(), self.standstill_price.copy()
        value = np.zeros(offsets[-1])
        arrays = (ptr, tail, head, numbers, offsets)
        target = known + graph.at_start
        if np.isinf(known):  # no plan in hand: aim a fifth below what can be hoped for, and take any plan found
            hope = tighten(0, 0.0, count, stations, *arrays, graph.worth, high, split, price, value)
            target = hope - 0.2 * max(abs(hope), float(np.abs(graph.step_worth).max(initial=1.0)))
        bound = tighten(effort.steps, target, count, stations, *arrays, graph.worth, high, split, price, value)
        if bound < -NEVER / 2:
            return Priced(-np.inf, ())
        self.split, self.standstill_price = split, price
        allow = NEVER / 8 if np.isinf(known) else bound - target - room
        if allow <= 0.0:
            return Priced(bound - graph.at_start, ())
        slack, arcs, dropped = search(
            allow,
            effort.width,
            count,
            stations,
            *arrays,
            high,
            split,
            price,
            value,
            PLANS_WANTED,
        )
        plans = tuple(
            self._plan(duals, bound - graph.at_start - lost, path, ptr) for lost, path in zip(slack, arcs, strict=True)
        )
        best = max([known, *(bound - graph.at_start - slack)])
        # what was not looked at has more slack than was asked for, or than the labels let go
        top = max(best, bound - graph.at_start - min(allow, dropped))
        return Priced(min(top, bound - graph.at_start), plans)

    def _high(self, ptr: Array, numbers: Array) -> Array:
        """Return the most that the line can make, by period."""
        count = len(self.graph.worth)
        tops = np.maximum.reduceat(numbers[0], ptr[:-1]).reshape(-1, count)
        return np.minimum(tops.min(axis=0), self.graph.demand)

    def _plan(self, duals: Array, priced_gain: float, path: Array, ptr: Array) -> LinePlan:
        """Return the plan of a path: arcs by station and period."""
        graph, count = self.graph, len(self.graph.worth)
        steps: list[int] = []
        within = path - ptr[:-1].reshape(path.shape)
        for s in range(len(path)):
            rest = within[s].copy()
            for m in range(graph.station_ptr[s], graph.station_ptr[s + 1]):
                first = graph.arc_ptr[m * count : (m + 1) * count]
                arcs = graph.arc_ptr[m * count + 1 : (m + 1) * count + 1] - first
                taken = graph.arc_step[first + rest % arcs]
                steps += taken[taken >= 0].tolist()
                rest //= arcs
        amounts = np.zeros(self.row_count)
        amounts[graph.rows] = graph.amounts[steps].sum(axis=0)
        return LinePlan(priced_gain + float(duals @ amounts), amounts, tuple(sorted(steps)))

    def renewals(self, plan: LinePlan) -> list[Renewal]:
        """Return the renewals of a plan."""
        graph, machines = self.graph, Counter(plan.renewals)
        out = []
        for step, number in machines.items():
            assert isinstance(step, int)
            asset = self.problem.assets[graph.step_asset[step]]
            option = asset.options[graph.step_option[step]]
            out.append(
                Renewal(asset=asset.name, option=option.name, period=int(graph.step_period[step]), machines=number)
            )
        return out
