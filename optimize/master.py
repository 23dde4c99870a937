"""The master of the lines: which plan each line follows, so that together they keep the limits they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
import numpy.typing as npt

from optimize.highs import use_threads
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

    def choose(self, prices: MasterPrices, gap: float, time_limit_s: float, start: Sequence[int] | None, most: int) -> list[int] | None:
        """Return the best choice of one plan for each line; None if none was found.

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
            return None
        values = np.array(solver.getSolution().col_value)
        return columns[values > 0.5].tolist()

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
        cost, low, high = gains, np.concatenate([np.ones(lines), lower / scale]), np.concatenate([np.ones(lines), upper / scale])
        if elastic:
            penalty = 1e4 * max(1e-6, float(np.abs(gains).max(initial=0.0)))
            slack = [(r, sign) for r in range(rows) for sign in (1.0, -1.0)] + [(r - lines, 1.0) for r in range(lines)]
            i = np.concatenate([i, [lines + r for r, _ in slack]])
            j = np.concatenate([j, n + np.arange(len(slack))])
            v = np.concatenate([v, [sign for _, sign in slack]])
            cost = np.concatenate([cost, np.full(len(slack), -penalty)])
        return _highs(cost, (i.astype(np.int64), j, v), low, high, integer=not elastic, threads=self.threads), scale


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
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    if integer:
        solver.setOptionValue("mip_feasibility_tolerance", 1e-9)
        solver.setOptionValue("primal_feasibility_tolerance", 1e-9)
    solver.passModel(lp)
    return solver
