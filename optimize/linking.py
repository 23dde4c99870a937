"""The limits and rules that tie lines together, as rows over renewal steps: what the master of the lines is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from optimize.evaluate import Evaluator
from optimize.numbers import Array, by_period, windows
from optimize.problem import After, Choose, Exclude, Must, RenewalProblem, Requires, Rule, Together

Whole = npt.NDArray[np.int64]
Reference = tuple[int, int | None]
"""Asset and option (None: any of them)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A reference's share in a row: ``factor`` for each renewal in periods ``first`` to ``last``."""

    row: int
    asset: int
    option: int | None
    first: int
    last: int
    factor: float


@dataclass
class Linking:
    """Rows ``lower <= sum of amounts <= upper``; an amount is found from a step's money, uses and quantities by period.

    ``down`` holds the rows of ``max_lines_down`` by period: a line adds 1 if it has a renewal then.
    """

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    cost: list[tuple[int, range]] = field(default_factory=list)
    uses: dict[str, list[tuple[int, range]]] = field(default_factory=dict)
    quantities: dict[str, list[tuple[int, range]]] = field(default_factory=dict)
    down: dict[int, int] = field(default_factory=dict)
    parts: dict[int, list[Part]] = field(default_factory=dict)

    def row(self, lower: float = -np.inf, upper: float = np.inf) -> int:
        """Add a row; return its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    @property
    def count(self) -> int:
        """Return the number of rows."""
        return len(self.lower)

    def amounts(
        self,
        cost: Array,
        uses: Mapping[str, Array],
        quantities: Mapping[str, Array],
        whose: tuple[int, Whole, Whole],
    ) -> Array:
        """Return what steps add to each row, ``[step, row]``.

        Args:
            cost: By step and period; likewise the next two.
            uses: By resource.
            quantities: By quantity.
            whose: The asset, and the option and the period of each step.
        """
        out = np.zeros((len(cost), self.count))
        for values, rows in [
            (cost, self.cost),
            *((uses[name], self.uses[name]) for name in uses if name in self.uses),
            *((quantities[name], self.quantities[name]) for name in quantities if name in self.quantities),
        ]:
            so_far = np.zeros((len(values), values.shape[1] + 1))
            np.cumsum(values, axis=1, out=so_far[:, 1:])
            for row, window in rows:
                out[:, row] += so_far[:, window.stop] - so_far[:, window.start]
        asset, options, periods = whose
        for part in self.parts.get(asset, ()):
            meant = (part.first <= periods) & (periods <= part.last)
            if part.option is not None:
                meant &= options == part.option
            out[meant, part.row] += part.factor
        return out


def link(evaluator: Evaluator, rules: Iterable[Rule], without: Collection[str]) -> Linking:
    """Return the rows that tie lines together; ``rules`` are those of them that cross lines."""
    problem, links = evaluator.problem, Linking()
    _budget(problem, links, without)
    for name, resource in problem.resources.items():
        rows = links.uses.setdefault(name, [])
        parts = windows(problem, resource.every)
        for limit, low, kind in ((resource.max, False, "resource_max"), (resource.min, True, "resource_min")):
            if limit is not None and kind not in without:
                for window, amount in zip(parts, by_period(limit, len(parts)), strict=True):
                    rows.append((links.row(lower=float(amount)) if low else links.row(upper=float(amount)), window))
    _targets(evaluator, links, without)
    if problem.max_lines_down is not None and "max_lines_down" not in without:
        for period in range(evaluator.count):
            links.down[period] = links.row(upper=float(problem.max_lines_down))
    for rule in rules:
        for lower, upper, parts_of in rule_rows(evaluator, rule):
            row = links.row(lower, upper)
            for (asset, option), first, last, factor in parts_of:
                links.parts.setdefault(asset, []).append(Part(row, asset, option, first, last, factor))
    return links


def _budget(problem: RenewalProblem, links: Linking, without: Collection[str]) -> None:
    budget = problem.budget
    if budget is None or "budget" in without:
        return
    parts = windows(problem, budget.every)
    amounts = by_period(budget.amounts, len(parts))
    for number, window in enumerate(parts):
        if budget.carry_over:
            row = links.row(upper=float(amounts[: number + 1].sum()))
            links.cost.append((row, range(0, window.stop)))
        else:
            links.cost.append((links.row(upper=float(amounts[number])), window))


def _targets(evaluator: Evaluator, links: Linking, without: Collection[str]) -> None:
    targets = evaluator.problem.targets
    start = evaluator.start_totals.quantities if targets else {}
    for target in targets:
        base = start.get(target.quantity, np.zeros(evaluator.count))
        rows = links.quantities.setdefault(target.quantity, [])
        for period in range(target.start, evaluator.count):
            window = range(period, period + 1)
            if target.max is not None and "target_max" not in without:
                rows.append((links.row(upper=float(target.max - base[period])), window))
            if target.min is not None and "target_min" not in without:
                rows.append((links.row(lower=float(target.min - base[period])), window))


RowParts = list[tuple[Reference, int, int, float]]


def rule_rows(evaluator: Evaluator, rule: Rule) -> Iterator[tuple[float, float, RowParts]]:
    """Return a rule between single machines, renewed at most once, as rows: lower, upper, and whose renewals count."""
    last, table = evaluator.count - 1, evaluator.references
    match rule:
        case Together():
            first, *others = (table[name] for name in rule.together)
            for other in others:
                for t in range(last + 1):
                    yield 0.0, 0.0, [(first, t, t, 1.0), (other, t, t, -1.0)]
        case After():
            for t in range(last + 1):
                done = (table[rule.after.first], 0, t - rule.after.gap, -1.0)
                yield -np.inf, 0.0, [(table[rule.after.then], 0, t, 1.0), done]
        case Exclude():
            yield -np.inf, 1.0, [(table[name], 0, last, 1.0) for name in rule.exclude]
        case Requires():
            needs = rule.requires
            yield -np.inf, 0.0, [(table[needs.when], 0, last, 1.0), (table[needs.then], 0, last, -1.0)]
        case Choose():
            most = float(len(rule.choose) if rule.max is None else rule.max)
            yield float(rule.min), most, [(table[name], 0, last, 1.0) for name in rule.choose]
        case Must():
            yield 1.0, np.inf, [(table[rule.must], 0, last if rule.by is None else rule.by, 1.0)]
