"""A line as flat arrays for the line search: each machine a graph of what it may become, period by period.

A node of a machine is all that matters of its past: not yet renewed, or renewed with the same capacity and standstill
still to come. Renewals that differ in money alone share their nodes, for money is counted on the arc of the renewal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from optimize.evaluate import Evaluator
from optimize.linking import Linking
from optimize.numbers import Array, by_period
from optimize.option_table import Renewals, at_ages, first_renewals
from optimize.problem import Asset, Line, Must

Whole = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
NEVER = 1e18
LARGEST_GRAPH = 60_000
"""Arcs of all stations of a line that the search is given; beyond, the line's own model is quicker."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Graph of one machine; arcs by their periods: ``(tail, head, capacity, steady, standstill, step)``."""

    nodes: list[int]
    arcs: list[list[tuple[int, int, float, float, float, int]]]


@dataclass(slots=True)
class LineGraph:
    """All that the search needs of one line. ``step_*`` are its renewals; ``amounts`` what they add to linking rows."""

    name: str | None
    station_ptr: Whole
    nodes: Whole
    arc_ptr: Whole
    arc_from: Ints
    arc_to: Ints
    arc_cap: Array
    arc_steady: Array
    arc_down: Array
    arc_step: Ints
    arc_mark: Whole
    worth: Array
    demand: Array
    limit: Array
    step_asset: Whole
    step_option: Whole
    step_period: Whole
    step_worth: Array
    rows: Whole
    amounts: Array
    at_start: float

    def arc_values(self, duals: Array) -> Array:
        """Return the money of each arc at prices of the linking rows."""
        priced = np.append(self.step_worth - self.amounts @ duals[self.rows], 0.0)
        return np.asarray(priced[self.arc_step])


def line_graph(
    evaluator: Evaluator, line: Line | None, assets: Sequence[int], musts: Iterable[Must], links: Linking, limited: bool
) -> LineGraph | None:
    """Return the arrays of a line, or of one machine without line; None if its graph is too large.

    Args:
        evaluator: Holds the problem.
        line: The line; None for a machine without.
        assets: Its machines, each renewed at most once.
        musts: The rules that such a machine must be renewed.
        links: The rows that tie lines together.
        limited: Whether the downtime limit counts.
    """
    count, problem = evaluator.count, evaluator.problem
    stations = line.stations if line else ("",)
    placed = sorted(assets, key=lambda i: stations.index(problem.assets[i].station or "") if line else 0)
    machines: list[Machine] = []
    station_ptr, steps = [0] * (len(stations) + 1), []
    step_asset: list[int] = []
    for index in placed:
        asset = problem.assets[index]
        renewals = first_renewals(evaluator, index, _allowed(evaluator, asset, line, musts))
        old = at_ages(asset.capacity_per_h or (0.0,), asset.age + np.arange(count) + 1) if line else np.zeros(count)
        machine = _machine(old, renewals, len(step_asset), _must_by(evaluator, asset, musts))
        machines += [machine] * asset.count
        station_ptr[(stations.index(asset.station or "") if line else 0) + 1] += asset.count
        steps.append(renewals)
        step_asset += [index] * len(renewals.period)
    ptr = np.cumsum(station_ptr)
    if _too_large(machines, ptr, count):
        return None
    amounts = np.concatenate(
        [np.zeros((0, links.count))]
        + [
            links.amounts(r.cost, r.uses, r.quantities, (index, r.option, r.period))
            for index, r in zip(placed, steps, strict=True)
        ]
    )
    rows = np.flatnonzero(amounts.any(axis=0))
    worth = np.zeros(count)
    if line is not None and all(ptr[1:] > ptr[:-1]):
        worth = evaluator.operation_factor * by_period(line.margin or 0.0, count) * evaluator.hours[line.name]
    demand = by_period(NEVER if line is None or line.demand_per_h is None else line.demand_per_h, count)
    limit = by_period(
        NEVER if line is None or line.downtime_limit_h is None or not limited else line.downtime_limit_h, count
    )
    flat = [arc for machine in machines for arcs in machine.arcs for arc in arcs]
    columns = list(zip(*flat, strict=True)) if flat else [()] * 6
    steps_of_arcs = np.array(columns[5], dtype=np.int32)
    return LineGraph(
        name=line.name if line else None,
        station_ptr=ptr.astype(np.int64),
        nodes=np.array([machine.nodes for machine in machines], dtype=np.int64),
        arc_ptr=np.cumsum([0, *(len(arcs) for machine in machines for arcs in machine.arcs)]).astype(np.int64),
        arc_from=np.array(columns[0], dtype=np.int32),
        arc_to=np.array(columns[1], dtype=np.int32),
        arc_cap=np.array(columns[2], dtype=float),
        arc_steady=np.array(columns[3], dtype=float),
        arc_down=np.array(columns[4], dtype=float),
        arc_step=steps_of_arcs,
        arc_mark=np.append(_marks(amounts), 0)[steps_of_arcs],
        worth=worth,
        demand=demand,
        limit=limit,
        step_asset=np.array(step_asset, dtype=np.int64),
        step_option=np.concatenate([np.zeros(0, np.int64)] + [r.option for r in steps]),
        step_period=np.concatenate([np.zeros(0, np.int64)] + [r.period for r in steps]),
        step_worth=np.concatenate([np.zeros(0)] + [r.worth for r in steps]),
        rows=rows,
        amounts=np.ascontiguousarray(amounts[:, rows]),
        at_start=_output_at_start(evaluator, line, placed, worth, demand),
    )


def _marks(amounts: Array) -> Whole:
    """Return one whole number for each step; those of steps that add up to the same amounts add up to the same."""
    scale = np.abs(amounts).max(axis=0, initial=0.0)
    whole = np.rint(amounts / np.where(scale > 0, scale, 1.0) * 2.0**30).astype(np.int64)
    factors = np.random.default_rng(0).integers(1, 2**62, amounts.shape[1], dtype=np.int64) | 1
    return np.asarray((whole * factors).sum(axis=1, dtype=np.int64))  # wraps round, which is as good


def _output_at_start(
    evaluator: Evaluator, line: Line | None, placed: Sequence[int], worth: Array, demand: Array
) -> float:
    """Return what the output is worth if nothing is renewed."""
    if line is None or not worth.any():
        return 0.0
    stations = {name: np.zeros(evaluator.count) for name in line.stations}
    for index in placed:
        asset = evaluator.problem.assets[index]
        own = at_ages(asset.capacity_per_h or (0.0,), asset.age + np.arange(evaluator.count) + 1)
        stations[asset.station or ""] += asset.count * own
    return float(worth @ np.minimum.reduce([demand, *stations.values()]))


def _allowed(evaluator: Evaluator, asset: Asset, line: Line | None, musts: Iterable[Must]) -> list[tuple[int, int]]:
    """Return the first renewals (option, period) that the limits of the machine itself allow."""
    count, last = evaluator.count, evaluator.count - 1
    if asset.max_renewals < 1:
        return []
    allowed = []
    for number, option in enumerate(asset.options):
        if option.follows is not None and asset.name not in option.follows:
            continue
        for period in range(count):
            windows = (option.allowed_periods, line.allowed_periods if line else None)
            end = min(period + option.starts_after, count)
            if any(window is not None and period not in window for window in windows):
                continue
            if asset.max_age is not None and asset.age + end > asset.max_age:
                continue
            if option.max_age is not None and count - end > option.max_age:
                continue
            if all(_keeps(must, asset, option.name, period, last) for must in musts):
                allowed.append((number, period))
    return allowed


def _keeps(must: Must, asset: Asset, option: str, period: int, last: int) -> bool:
    """Return whether a renewal keeps a rule that its machine must be renewed (a rule of another machine is kept)."""
    if must.must not in {asset.name, *(f"{asset.name}/{o.name}" for o in asset.options)}:
        return True
    by = last if must.by is None else must.by
    return period <= by and must.must in {asset.name, f"{asset.name}/{option}"}


def _must_by(evaluator: Evaluator, asset: Asset, musts: Iterable[Must]) -> bool:
    """Return whether the machine has to be renewed."""
    names = {asset.name, *(f"{asset.name}/{option.name}" for option in asset.options)}
    too_old = asset.max_age is not None and asset.age + evaluator.count > asset.max_age
    return too_old or any(must.must in names for must in musts)


def _machine(old: Array, renewals: Renewals, first_step: int, must: bool) -> Machine:
    """Return the graph of a machine; node 0 is the machine not yet renewed."""
    count = len(old)
    capacity, steady, downtime = (
        values.tolist() for values in (renewals.capacity_per_h, renewals.steady_per_h, renewals.downtime_h)
    )
    periods = renewals.period.tolist()
    after: list[int] = [int(option) + 1 for option in renewals.option]
    nodes = [1] * (count + 1)
    nodes[count] = 1 + max(after, default=0)
    arcs: list[list[tuple[int, int, float, float, float, int]]] = [[] for _ in range(count)]
    for t in range(count - 1, -1, -1):
        known: dict[tuple[float, float, float, int], int] = {}
        here = arcs[t]
        if t < count - 1 or not must:
            here.append((0, 0, old[t], old[t], 0.0, -1))
        for step, period in enumerate(periods):
            if period > t:
                continue
            figures = (capacity[step][t], steady[step][t], downtime[step][t], after[step])
            if period == t:
                here.append((0, after[step], *figures[:3], first_step + step))
            elif figures not in known:
                known[figures] = len(known) + 1
                here.append((len(known), after[step], *figures[:3], -1))
                after[step] = len(known)
            else:
                after[step] = known[figures]
        nodes[t] = 1 + len(known)
    return Machine(nodes, arcs)


def _too_large(machines: Sequence[Machine], ptr: Whole, count: int) -> bool:
    total, states = 0, [1] * (count + 1)
    for first, last in pairwise(ptr):
        for t in range(count):
            arcs = 1
            for machine in machines[first:last]:
                arcs *= len(machine.arcs[t])
                states[t + 1] *= machine.nodes[t + 1]
            total += arcs
    return total > LARGEST_GRAPH or max(states) > 2**62
