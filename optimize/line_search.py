"""The best plan of one line at prices of what it shares with others: bound and plans, exactly if given the width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from optimize.line_graph import NEVER, Ints, LineGraph, Whole
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
        arrays, marks, offsets, high, value = self._prepared(duals)
        split, price = self._shares()
        target = known + graph.at_start
        if np.isinf(known):  # no plan in hand: aim a fifth below what can be hoped for, and take any plan found
            hope = tighten(0, 0.0, *arrays, offsets, graph.worth, high, split, price, value)
            target = hope - 0.2 * max(abs(hope), float(np.abs(graph.step_worth).max(initial=1.0)))
        bound = tighten(effort.steps, target, *arrays, offsets, graph.worth, high, split, price, value)
        if bound < -NEVER / 2:
            return Priced(-np.inf, ())
        self.split, self.standstill_price = split, price
        allow = NEVER / 8 if np.isinf(known) else bound - target - room
        if allow <= 0.0:
            return Priced(bound - graph.at_start, ())
        slack, arcs, dropped = search(
            allow, effort.width, *arrays, np.zeros_like(marks), offsets, high, split, price, value, PLANS_WANTED
        )
        gains = bound - graph.at_start - slack
        steps = self._steps(arcs, arrays[2])
        plans = tuple(
            self.plan_of(list(own), gain + float(duals @ self.amounts_of(own)))
            for own, gain in zip(steps, gains, strict=True)
        )
        # what was not looked at has more slack than was asked for, or than the labels let go
        top = max(known, gains.max(initial=-np.inf), bound - graph.at_start - min(allow, dropped))
        return Priced(min(top, bound - graph.at_start), plans)

    def near(self, duals: Array, least: float, most: int) -> tuple[LinePlan, ...] | None:
        """Return a plan for each way to use the linking rows that gains at least ``least`` at these prices.

        None if there are more than ``most`` labels on the way.
        """
        graph = self.graph
        arrays, marks, offsets, high, value = self._prepared(duals)
        split, price = self._shares()
        target = least + graph.at_start
        bound = tighten(150, target, *arrays, offsets, graph.worth, high, split, price, value)
        if bound < target:
            return ()
        slack, arcs, dropped = search(bound - target, most, *arrays, marks, offsets, high, split, price, value, most)
        if dropped <= bound - target:
            return None
        gains = bound - graph.at_start - slack
        steps = self._steps(arcs, arrays[2])
        return tuple(
            self.plan_of(list(own), gain + float(duals @ self.amounts_of(own)))
            for own, gain in zip(steps, gains, strict=True)
        )

    def _shares(self) -> tuple[Array, Array]:
        """Return the split of the worth of output and the prices of standstill to start from."""
        graph = self.graph
        if self.split is None or self.standstill_price is None:
            stations = len(graph.station_ptr) - 1
            split = np.repeat(graph.worth[None] / stations, stations, axis=0)
            return split, np.zeros((MEASURES, len(graph.worth)))
        return self.split.copy(), self.standstill_price.copy()

    def _compose(self, duals: Array) -> tuple[Whole, Ints, Ints, Array, Whole, Whole]:
        """Return the graphs of the stations at prices of the linking rows."""
        graph = self.graph
        return compose(  # type: ignore[no-any-return]
            len(graph.worth),
            graph.station_ptr,
            graph.nodes,
            graph.arc_ptr,
            graph.arc_from,
            graph.arc_to,
            graph.arc_cap,
            graph.arc_steady,
            graph.arc_down,
            graph.arc_values(duals),
            graph.arc_mark,
            graph.limit,
        )

    def _prepared(self, duals: Array) -> tuple[Any, ...]:
        """Return what the kernels take: sizes and graph, marks, places of the values, most output, room for values."""
        ptr, tail, head, numbers, marks, offsets = self._compose(duals)
        sizes = (len(self.graph.worth), len(self.graph.station_ptr) - 1)
        return (*sizes, ptr, tail, head, numbers), marks, offsets, self._high(ptr, numbers), np.zeros(offsets[-1])

    def _high(self, ptr: Whole, numbers: Array) -> Array:
        """Return the most that the line can make, by period."""
        count = len(self.graph.worth)
        tops = np.maximum.reduceat(numbers[0], ptr[:-1]).reshape(-1, count)
        high: Array = np.minimum(tops.min(axis=0), self.graph.demand)
        return high

    def _steps(self, arcs: Ints, ptr: Whole) -> list[tuple[int, ...]]:
        """Return the renewals of each path; paths are arcs by station and period."""
        graph, count = self.graph, len(self.graph.worth)
        rest = arcs - ptr[:-1].reshape(arcs.shape[1:])
        taken = []
        for s in range(arcs.shape[1]):
            within = rest[:, s]
            for m in range(graph.station_ptr[s], graph.station_ptr[s + 1]):
                first = graph.arc_ptr[m * count : (m + 1) * count]
                number = graph.arc_ptr[m * count + 1 : (m + 1) * count + 1] - first
                taken.append(graph.arc_step[first + within % number])
                within = within // number
        by_path = np.concatenate(taken, axis=1)
        return [tuple(sorted(row[row >= 0].tolist())) for row in by_path]

    def amounts_of(self, steps: Sequence[int]) -> Array:
        """Return what some renewals add to the linking rows."""
        amounts = np.zeros(self.row_count)
        amounts[self.graph.rows] = self.graph.amounts[list(steps)].sum(axis=0)
        return amounts

    def plan_of(self, steps: list[int], gain: float) -> LinePlan:
        """Return some renewals as a plan."""
        return LinePlan(gain, self.amounts_of(steps), tuple(sorted(steps)))

    def steps_of(self, renewals: Sequence[Renewal]) -> list[int] | None:
        """Return the numbers of some renewals; None if one of them is not allowed."""
        graph, assets = self.graph, self.problem.assets
        numbers = {
            (assets[asset].name, assets[asset].options[option].name, int(period)): step
            for step, (asset, option, period) in enumerate(
                zip(graph.step_asset, graph.step_option, graph.step_period, strict=True)
            )
        }
        steps = []
        for renewal in renewals:
            step = numbers.get((renewal.asset, renewal.option, renewal.period))
            if step is None:
                return None
            steps += [step] * renewal.machines
        return steps

    def allows_nothing(self) -> bool:
        """Return whether the line may stay as it is."""
        graph, count = self.graph, len(self.graph.worth)
        last = [
            (graph.arc_ptr[m * count + count - 1], graph.arc_ptr[m * count + count]) for m in range(len(graph.nodes))
        ]
        stays = [((graph.arc_from[a:b] == 0) & (graph.arc_step[a:b] < 0)).any() for a, b in last]
        return all(stays)

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
