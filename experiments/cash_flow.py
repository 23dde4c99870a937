"""The cash flow of a played-back plan over renewing nothing: every line by period, from the quantity it is made of.

Additive by machine as the optimiser has it, except where the whole plan decides: caps of grants over all machines, in
the order of purchase; losses and tax credits against the income there is, year by year. The lines add up to the net
present value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from experiments.money import Money
from models.finance import PurchaseFlows, TaxYear, abatement_cost, discounted_payback_y, irr, settle

if TYPE_CHECKING:
    from experiments.playback import Dated, Played

Array = NDArray[np.float64]

AT_START = ("price", "loan_drawn", "resale")
AT_END = (
    "grant", "credit", "interest", "subsidy", "repayment", "grant_tax", "interest_tax", "depreciation_tax",
    "old_book_tax", "residual", "debt_left",
)  # fmt: skip
TAXES = ("grant_tax", "interest_tax", "depreciation_tax", "old_book_tax")


@dataclass(frozen=True, slots=True)
class Bought:
    """One machine's renewal with its flows."""

    item: Dated
    flows: PurchaseFlows
    granted: Mapping[str, float]


def bought(schedule: Sequence[Dated], money: Money) -> list[Bought]:
    """Return every renewal of a plan with its flows, in the order of purchase, in which caps of grants are kept."""
    left = dict(money.capped)
    out = []
    ordered = sorted(schedule, key=lambda d: (d.period, d.start, d.line, d.station, d.machine))
    for n, item in enumerate(ordered):
        granted = {}
        for name, claim in money.claims(item.option, item.period).items():
            granted[name] = min(claim, left.get(name, claim))
            if name in left:
                left[name] -= granted[name]
        place = (item.line, item.station, item.machine)
        until = next((d.period for d in ordered[n + 1 :] if (d.line, d.station, d.machine) == place), None)
        out.append(Bought(item, money.flows(item.option, item.period, granted, until), granted))
    return out


class CashFlow:
    """The lines of a plan's cash flow; arrays by replication and period, paid is negative."""

    def __init__(self, planned: Played, baseline: Played, schedule: Sequence[Dated], money: Money) -> None:
        self.planned, self.baseline, self.money = planned, baseline, money
        self.bought = bought(schedule, money)
        self.periods = money.renewal.periods
        self.starts = np.array([money.at_start(t) for t in range(self.periods)])
        self.ends = np.array([money.at_end(t) for t in range(self.periods)])

    # operation, before tax

    @property
    def margin(self) -> Array:
        """Return the margin of the units made more."""
        return self.planned.margin_cny - self.baseline.margin_cny

    @property
    def energy(self) -> Array:
        """Return the energy cost saved."""
        return self.baseline.energy_cny - self.planned.energy_cny

    @property
    def running(self) -> Array:
        """Return the running and repair cost saved."""
        return self.baseline.running_cny - self.planned.running_cny

    @property
    def operating(self) -> Array:
        """Return the operating gain before tax."""
        return self.planned.operating_cny - self.baseline.operating_cny

    # capital

    @cached_property
    def capital(self) -> dict[str, Array]:
        """Return the lines of capital by period, the same in every replication."""
        out = {name: np.zeros(self.periods) for name in (*AT_START, *AT_END)}
        for one in self.bought:
            for name, amounts in (*one.flows.at_start.items(), *one.flows.at_end.items()):
                out[name] += amounts
        return out

    def capital_present(self) -> float:
        """Return the present value of all renewals without their operation, losses and credits used at once."""
        return float(sum(self.present_of(name) for name in (*AT_START, *AT_END)))

    def present_of(self, name: str) -> float:
        """Return the present value of one line of capital."""
        return float(self.capital[name] @ (self.starts if name in AT_START else self.ends))

    # tax

    @cached_property
    def tax_years(self) -> list[list[TaxYear]]:
        """Return the tax years of each replication."""
        rules, incentives = self.money.renewal.tax, self.money.renewal.incentives
        lasts = [y for x in incentives if (y := getattr(x, "carry_forward_y", None)) is not None]
        income = self._by_year(self.operating + sum((np.array(b.flows.income) for b in self.bought), np.zeros(1)))
        credits = [float(c) for c in self._by_year(self.capital["credit"])]
        return [
            settle([float(x) for x in row], credits, rules.rate, rules.other_income_cny_per_y,
                   rules.loss_carry_forward_y, min(lasts, default=5))
            for row in income
        ]  # fmt: skip

    @cached_property
    def settlement(self) -> Array:
        """Return what tax comes later, or never, than if losses and credits met income at once; at year ends."""
        out = np.zeros_like(self.operating)
        rules = self.money.renewal.tax
        if rules.other_income_cny_per_y is None:
            return out
        income = self._by_year(self.operating + sum((np.array(b.flows.income) for b in self.bought), np.zeros(1)))
        at_once = rules.rate * income - self._by_year(self.capital["credit"])
        extra = np.array([[year.extra_tax for year in row] for row in self.tax_years])
        n = self.money.per_year
        later = at_once - extra
        later[np.abs(later) <= 1e-9 * (np.abs(at_once) + np.abs(extra) + 1.0)] = 0.0  # rounding is no tax
        out[:, n - 1 :: n] = later
        return out

    def _by_year(self, values: Array) -> Array:
        n = self.money.per_year
        out: Array = values.reshape(*values.shape[:-1], -1, n).sum(axis=-1)
        return out

    @property
    def tax(self) -> Array:
        """Return the tax line: paid on operation, saved by depreciation and interest, and what comes later."""
        saved = sum((self.capital[name] for name in TAXES), np.zeros(self.periods))
        out: Array = saved - self.money.renewal.tax.rate * self.operating + self.settlement
        return out

    # the whole

    def present_by_period(self) -> Array:
        """Return the present value of each period's cash flow; they add up to the net present value."""
        start = sum((self.capital[name] for name in AT_START), np.zeros(self.periods))
        end = self._end()
        out: Array = self.starts * start + self.ends * end
        return out

    def _end(self) -> Array:
        capital = sum((self.capital[name] for name in AT_END if name not in TAXES), np.zeros(self.periods))
        out: Array = self.operating + self.tax + capital
        return out

    def npv(self) -> Array:
        """Return the net present value over renewing nothing, by replication."""
        out: Array = self.present_by_period().sum(axis=1)
        return out

    def moments(self) -> Array:
        """Return the cash flow at the starts of periods and at the end of the plan: one column more than periods."""
        start = sum((self.capital[name] for name in AT_START), np.zeros(self.periods))
        out = np.zeros((len(self.operating), self.periods + 1))
        out[:, :-1] += start
        out[:, 1:] += self._end()
        return out

    def irr(self) -> list[float | None]:
        """Return the internal rate of return per year by replication; of the own money where there is a loan."""
        n = self.money.per_year
        rates = [irr([float(x) for x in row]) for row in self.moments()]
        return [None if rate is None else (1 + rate) ** n - 1 for rate in rates]

    def payback_y(self) -> list[float]:
        """Return the discounted payback in years by replication; infinite where the plan does not repay itself."""
        n = self.money.per_year
        rate = (1 + self.money.renewal.discount_rate) ** (1 / n) - 1
        return [discounted_payback_y(rate, [float(x) for x in row]) / n for row in self.moments()]

    def co2_saved_t(self) -> Array:
        """Return the CO2 saved, by replication and period."""
        return self.baseline.co2_t - self.planned.co2_t

    def abatement(self, discounted: bool) -> list[float | None]:
        """Return the abatement cost in CNY per tonne by replication; tonnes of the plan's years only."""
        saved = self.co2_saved_t()
        tonnes = saved @ self.ends if discounted else saved.sum(axis=1)
        return [abatement_cost(float(v), [float(t)]) for v, t in zip(self.npv(), tonnes, strict=True)]
