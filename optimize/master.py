"""The master of the lines: which plan each line follows, so that together they keep the limits they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
import numpy.typing as npt

from optimize.highs import quiet_highs, use_threads
from optimize.line_search import LinePlan
from optimize.linking import Linking
from optimize.numbers import Array

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MasterPrices:
    """Prices of the linking rows from the master's linear program, its value, and how far rows are broken."""

    duals: Array
    value: float
    broken: float
    shares: Array


@dataclass(frozen=True, slots=True)
class Choice:
    """One plan of the pool for each line (None: none found), and its gain."""

    choice: list[int] | None
    gain: float | None


@dataclass
class Master:
    """The pool of plans. ``share`` scales the limits for a sample of the lines."""

    links: Linking
    lines: int
    share: float = 1.0
    threads: int = 1
    plans: list[LinePlan] = field(default_factory=list)
    line_of: list[int] = field(default_factory=list)
    of_line: list[list[int]] = field(default_factory=list)
    _known: list[set[tuple[object, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.of_line = [[] for _ in range(self.lines)]
        self._known = [set() for _ in range(self.lines)]

    def add(self, line: int, plans: Sequence[LinePlan]) -> int:
        """Add plans of a line that are not in the pool yet; return how many."""
        added = 0
        for plan in plans:
            if plan.renewals not in self._known[line]:
                self._known[line].add(plan.renewals)
                self.of_line[line].append(len(self.plans))
                self.plans.append(plan)
                self.line_of.append(line)
                added += 1
        return added

    def best_known(self, duals: Array) -> Array:
        """Return the most that a plan of the pool gains at these prices, by line (-inf without a plan)."""
        best = np.full(self.lines, -np.inf)
        if self.plans:
            np.maximum.at(best, np.array(self.line_of), self._gains() - self._amounts() @ duals)
        return best

    def _gains(self) -> Array:
        return np.array([plan.gain for plan in self.plans])

    def _amounts(self) -> Array:
        return np.array([plan.amounts for plan in self.plans]).reshape(len(self.plans), self.links.count)

    def limits(self) -> tuple[Array, Array]:
        """Return lower and upper limits of the linking rows."""
        return np.array(self.links.lower) * self.share, np.array(self.links.upper) * self.share

    def prices(self) -> MasterPrices:
        """Return the prices of the linking rows; rows that the pool cannot keep may be broken at a high price."""
        solver, scale = self._model(np.arange(len(self.plans)), elastic=True)
        solver.run()
        solution = solver.getSolution()
        n, rows = len(self.plans), self.links.count
        duals = np.array(solution.row_dual[self.lines :]) / scale if rows else np.zeros(0)
        lower, upper = self.limits()
        duals = np.where(np.isinf(upper), np.minimum(duals, 0.0), duals)
        duals = np.where(np.isinf(lower), np.maximum(duals, 0.0), duals)
        columns = np.array(solution.col_value)
        return MasterPrices(duals, solver.getObjectiveValue(), float(columns[n:].sum()), columns[:n])

    def choose(
        self,
        prices: MasterPrices,
        gap: float,
        time_limit_s: float,
        start: Sequence[int] | None,
        most: int,
    ) -> Choice:
        """Return the best choice of one plan for each line that was found.

        Args:
            prices: From the linear program; only the ``most`` plans of each line that it prices best take part.
            gap: Stop when the choice is so close to the best.
            time_limit_s: Stop after so many seconds.
            start: A choice to begin with.
            most: Most plans of a line.
        """
        reduced = self._gains() - self._amounts() @ prices.duals
        chosen: set[int] = set(start or ())
        for numbers in self.of_line:
            ranked = sorted(numbers, key=lambda n: (-prices.shares[n], -reduced[n], n))
            chosen.update(ranked[:most])
        columns = np.array(sorted(chosen), dtype=np.int64)
        solver, _ = self._model(columns, elastic=False)
        solver.setOptionValue("mip_rel_gap", gap)
        solver.setOptionValue("time_limit", max(0.1, time_limit_s))
        solver.setOptionValue("mip_max_nodes", 20_000)
        if start is not None:
            held = highspy.HighsSolution()
            held.col_value = np.isin(columns, start).astype(float).tolist()
            solver.setSolution(held)
        solver.run()
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Choice(None, None)
        values = np.array(solver.getSolution().col_value)
        choice: list[int] = columns[values > 0.5].tolist()
        return Choice(choice, sum(self.plans[n].gain for n in choice))

    def use_of(self, plans: Sequence[LinePlan]) -> Array:
        """Return what plans use of each limit; a lower limit is one on the amount with its sign turned."""
        lower, upper = self.limits()
        amounts = np.array([plan.amounts for plan in plans]).reshape(len(plans), self.links.count)
        return np.concatenate([amounts[:, np.isfinite(upper)], -amounts[:, np.isfinite(lower)]], axis=1)

    def use_limits(self) -> Array:
        """Return the limits in the order of :meth:`use_of`."""
        lower, upper = self.limits()
        return np.concatenate([upper[np.isfinite(upper)], -lower[np.isfinite(lower)]])

    def use_prices(self, duals: Array) -> Array:
        """Return the prices of the limits in the order of :meth:`use_of`."""
        lower, upper = self.limits()
        return np.concatenate([np.maximum(duals, 0)[np.isfinite(upper)], np.maximum(-duals, 0)[np.isfinite(lower)]])

    def number(self, line: int, plan: LinePlan) -> int:
        """Return the number of a plan in the pool, after adding it if need be."""
        self.add(line, [plan])
        return next(n for n in self.of_line[line] if self.plans[n].renewals == plan.renewals)

    def _model(self, columns: Whole, elastic: bool) -> tuple[highspy.Highs, Array]:
        """Return the model over some plans of the pool, and what its linking rows were divided by."""
        n, rows, lines = len(columns), self.links.count, self.lines
        amounts, gains = self._amounts()[columns], self._gains()[columns]
        scale = np.abs(amounts).max(axis=0, initial=0.0)
        scale[scale == 0] = 1.0
        lower, upper = self.limits()
        scaled = amounts / scale
        line, row = np.array(self.line_of, dtype=np.int64)[columns], np.nonzero(scaled)
        i = np.concatenate([line, lines + row[1]])
        j = np.concatenate([np.arange(n), row[0]])
        v = np.concatenate([np.ones(n), scaled[row]])
        cost, low, high = (
            gains,
            np.concatenate([np.ones(lines), lower / scale]),
            np.concatenate([np.ones(lines), upper / scale]),
        )
        if elastic:
            penalty = 1e4 * max(1e-6, float(np.abs(gains).max(initial=0.0)))
            slack = [(r, sign) for r in range(rows) for sign in (1.0, -1.0)] + [(r - lines, 1.0) for r in range(lines)]
            i = np.concatenate([i, [lines + r for r, _ in slack]])
            j = np.concatenate([j, n + np.arange(len(slack))])
            v = np.concatenate([v, [sign for _, sign in slack]])
            cost = np.concatenate([cost, np.full(len(slack), -penalty)])
        return _highs(cost, (i.astype(np.int64), j, v), low, high, integer=not elastic, threads=self.threads), scale


def undominated(plans: Sequence[LinePlan], use_of: Callable[[Sequence[LinePlan]], Array]) -> list[LinePlan]:
    """Return the plans of a line without those that another one beats: more gain, and no limit used more."""
    ordered = sorted(plans, key=lambda plan: -plan.gain)
    use = use_of(ordered)
    kept: list[int] = []
    front = np.empty_like(use)
    for n, own in enumerate(use):
        if not (front[: len(kept)] <= own + 1e-9).all(axis=1).any():
            front[len(kept)] = own
            kept.append(n)
    return [ordered[n] for n in kept]


def _highs(
    cost: Array, entries: tuple[Whole, Whole, Array], low: Array, high: Array, integer: bool, threads: int
) -> highspy.Highs:
    """Return HiGHS with a model to maximise; columns are not negative, and at most 1 if they are to be whole."""
    i, j, v = entries
    order = np.lexsort((i, j))
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(low)
    money = max(float(np.abs(cost).max(initial=0.0)), 1e-9) if integer else 1.0
    lp.col_cost_ = cost / money
    lp.col_lower_, lp.col_upper_ = np.zeros(len(cost)), np.full(len(cost), 1.0 if integer else highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = low, high
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(j[order], np.arange(len(cost) + 1)).astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = i[order].astype(np.int32), v[order]
    if integer:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    use_threads(threads)
    solver = quiet_highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    if integer:
        solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
        solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.passModel(lp)
    return solver
