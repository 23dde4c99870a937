"""The variables of the plant model and the sums that its limits and rules are written with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyomo.environ as pyo

from optimize.evaluate import Evaluator
from optimize.goals import counted_lines
from optimize.lives import Step, Unit, make_steps, make_units
from optimize.numbers import by_period, reference_table
from optimize.problem import Line, Product, RenewalProblem

Terms = list[tuple[float, pyo.Var]]
"""A linear sum: coefficients and variables."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the model: ``lower <= terms <= upper``; ``where`` names the place in words of the plant.

    A ``fixed`` row says what a variable means; only the others can give way when limits clash. ``base`` is what
    there is whatever is renewed: it is added to the limits when a reader is told about them.
    """

    where: str
    terms: Terms
    lower: float | None = None
    upper: float | None = None
    fixed: bool = False
    base: float = 0.0


class Formulation:
    """Variables: machines per step, output per product and period, and yes/no flags."""

    def __init__(self, problem: RenewalProblem, kept: frozenset[str] = frozenset()) -> None:
        self.problem = problem
        self.evaluator = Evaluator(problem)
        self.count = problem.periods.count
        self.units: list[Unit] = make_units(problem)
        self.steps: list[Step] = [
            step
            for number, unit in enumerate(self.units)
            for step in make_steps(self.evaluator, number, unit.asset, kept)
        ]
        self.table, _ = reference_table(problem)
        self.start = self.evaluator.totals([])
        self.model = pyo.ConcreteModel()
        self._define_variables()
        self.of_unit: list[list[int]] = [[] for _ in self.units]
        for number, step in enumerate(self.steps):
            self.of_unit[step.unit].append(number)
        self.meanings: list[Row] = []

    def _define_variables(self) -> None:
        model, counted = self.model, counted_lines(self.problem)
        model.step = pyo.Var(range(len(self.steps)), domain=pyo.NonNegativeIntegers)
        for number, step in enumerate(self.steps):
            model.step[number].setub(self.units[step.unit].machines)
        worth = {
            (line.name, product.name, period): value
            for line in self.problem.lines
            for product in line.products or (line,)
            for period, value in enumerate(self.output_worth(line, product))
            if value > 0 or line.name in counted  # what is worth nothing needs no variable
        }
        self.worth_per_h: dict[tuple[str, str, int], float] = worth
        model.output = pyo.Var(list(worth), domain=pyo.NonNegativeReals)
        model.paid = pyo.Var(list(self.problem.pools), range(self.count), domain=pyo.NonNegativeReals)
        model.flag = pyo.VarList(domain=pyo.Binary)
        model.done = pyo.VarList(domain=pyo.NonNegativeReals, bounds=(0, 1))

    def output_worth(self, line: Line, product: Line | Product) -> list[float]:
        """Return the present value of one unit per hour of a product, by period."""
        margin = by_period(product.margin if product.margin is not None else 0.0, self.count)
        worth = self.evaluator.operation_factor * margin * self.evaluator.hours[line.name]
        return [float(value) for value in worth]

    def machines(self, chosen: Callable[[Step], bool], units: list[int] | None = None) -> Terms:
        """Return the number of machines that take one of the chosen steps."""
        numbers = range(len(self.units)) if units is None else units
        return [
            (1.0, self.model.step[number])
            for unit in numbers
            for number in self.of_unit[unit]
            if chosen(self.steps[number])
        ]

    def total(self, amounts: Iterable[float]) -> Terms:
        """Return the sum over all machines and steps of an amount given for each step; nil amounts are left out."""
        return [(float(value), self.model.step[number]) for number, value in enumerate(amounts) if value]

    def flag(self) -> pyo.Var:
        """Return a new yes/no variable."""
        return self.model.flag.add()

    # --- references: an asset, or an asset with one option ---

    def reference_units(self, name: str) -> list[int]:
        """Return the units of a reference."""
        asset, _ = self.table[name]
        return [number for number, unit in enumerate(self.units) if unit.asset == asset]

    def size(self, name: str) -> int:
        """Return the number of machines of a reference."""
        return self.problem.assets[self.table[name][0]].count

    def once(self, name: str) -> bool:
        """Return whether a machine of a reference is renewed at most once."""
        return self.problem.assets[self.table[name][0]].max_renewals <= 1

    def renewed(self, name: str, first: int, last: int, units: list[int] | None = None) -> Terms:
        """Return how many renewals a reference sees in periods ``first`` to ``last``."""
        _, option = self.table[name]

        def chosen(step: Step) -> bool:
            return first <= step.period <= last and (option is None or step.option == option)

        return self.machines(chosen, self.reference_units(name) if units is None else units)

    def any_in(self, name: str, period: int) -> Terms:
        """Return a sum that is 1 if any machine is renewed in a period, else 0."""
        renewed = self.renewed(name, period, period)
        if self.size(name) == 1 or not renewed:
            return renewed
        return [(1.0, self._flag_of(name, [renewed], self.size(name)))]

    def any_ever(self, name: str) -> Terms:
        """Return a sum that is 1 if any machine is ever renewed, else 0."""
        asset_alone = self.table[name][1] is None
        if self.size(name) == 1 and (self.once(name) or asset_alone):
            unit = self.reference_units(name)
            if asset_alone:  # the first renewal of a machine happens once
                return self.machines(lambda step: step.before is None, unit)
            return self.renewed(name, 0, self.count - 1)
        if self.once(name):
            parts = [self.renewed(name, 0, self.count - 1)]
        else:
            parts = [self.renewed(name, period, period) for period in range(self.count)]
        parts = [part for part in parts if part]
        return [(1.0, self._flag_of(name, parts, self.size(name)))] if parts else []

    def _flag_of(self, name: str, parts: list[Terms], most: int) -> pyo.Var:
        """Return a flag that is 1 if and only if one of the sums, each at most ``most``, is above 0."""
        flag = self.flag()
        for part in parts:
            self.meanings.append(Row(name, [*part, (-float(most), flag)], upper=0.0, fixed=True))
        everything = [term for part in parts for term in part]
        self.meanings.append(Row(name, [*everything, (-1.0, flag)], lower=0.0, fixed=True))
        return flag

    def done_by(self, name: str, period: int) -> Iterator[tuple[Terms, int]]:
        """Return, unit by unit, how many machines have been renewed by a period, and how many there are."""
        _, option = self.table[name]
        for unit in self.reference_units(name):
            if option is None:
                done = self.machines(lambda step: step.before is None and step.period <= period, [unit])
            else:
                done = self.renewed(name, 0, period, [unit])
                if not self.once(name):  # one machine, but it may have had the option more than once
                    part = self.model.done.add()
                    self.meanings.append(Row(name, [*done, (-1.0, part)], lower=0.0, fixed=True))
                    done = [(1.0, part)]
            yield done, self.units[unit].machines
