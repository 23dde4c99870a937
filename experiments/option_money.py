"""What the optimiser is told of an option's money: additive parts by machine, and the pools of capped grants.

The optimiser adds up machines. What depends on the period of purchase (dated incentives, loans, price paths, the end
of the plan) is one amount by period, ``cash_by_period``: the difference between the capital of the renewal as
:mod:`models.finance` has it and what price, tax saved and residual value alone come to. Grants with a cap over all
machines become pools; all that a whole plan may lose on top (credits and losses that find no tax to save) makes a plan
worth less, never more, so that the prediction stays an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from experiments.money import Money
from models.equipment import Option
from models.finance import repayment_plan
from models.finance.purchase import loan_of

DEBT = "debt"
"""Resource that a loan ceiling limits: what is owed in each period."""
NIL = 1e-9


@dataclass
class OptionMoney:
    """Writes the money fields of options; remembers which pools are needed."""

    money: Money
    pooled: set[str] = field(default_factory=set)
    """Grants whose cap may bind."""

    def look_at(self, offers: Iterable[tuple[Option, int]]) -> None:
        """Find the grants that could pass their cap if every machine were renewed with its dearest claim.

        Args:
            offers: Options with the number of machines they are for.
        """
        asked: dict[str, float] = {}
        for option, machines in offers:
            claims = [self.money.claims(option, t) for t in range(self.money.renewal.periods)]
            for name in self.money.capped:
                asked[name] = asked.get(name, 0.0) + machines * max(c.get(name, 0.0) for c in claims)
        self.pooled = {name for name, cap in self.money.capped.items() if asked.get(name, 0.0) > cap}

    def fields(self, option: Option, often: bool) -> dict[str, Any]:
        """Return cost, cash, residual, claims and debt of an option.

        Args:
            option: What is bought.
            often: Whether a machine may be renewed more than once in a plan.
        """
        money, last = self.money, self.money.renewal.periods
        own = [money.own_share() * money.price(option, t) for t in range(last)]
        # A second renewal ends a machine's service, not its depreciation: its book value goes with the purchase.
        residual = [w * money.kept for w in money.worth_left(option)] if often else money.residual(option)
        growth = money.at_start(0) / money.at_end(0)  # the old machine's resale comes at the start, like the price
        cash = [s + (money.resale(option) * growth if k == 0 else 0.0)
                for k, s in enumerate(money.shield(option) or [0.0])]  # fmt: skip
        further = [
            (self._capital(option, t) - self._plain(own[t], cash, residual, t)) / money.at_end(t) for t in range(last)
        ]
        out: dict[str, Any] = {"cash": cash, "residual": residual}
        out |= {"cost": own[0]} if max(own) - min(own) <= NIL * max(own) else {"cost_by_period": own}
        if max(abs(amount) for amount in further) > NIL * max(1.0, option.capex_cny):
            out["cash_by_period"] = further
        claims = {name: [money.claims(option, t).get(name, 0.0) for t in range(last)] for name in sorted(self.pooled)}
        claims = {name: amounts for name, amounts in claims.items() if any(amounts)}
        return {**out, **({"claims": claims} if claims else {})}

    def debt(self, option: Option) -> list[float]:
        """Return what is owed for one machine, by period from the purchase on: the most over the days of purchase."""
        money, last = self.money, self.money.renewal.periods
        owed = [0.0] * last
        for t in range(last):
            loan = loan_of(money.purchase(option, t), money.terms)
            if loan is not None:
                rows = repayment_plan(loan.share * money.price(option, t), loan, money.per_year)
                owed = [max(a, b) for a, b in zip(owed, [r.owed for r in rows[:last]] + [0.0] * last, strict=False)]
        return owed

    def pools(self, options: Iterable[Option]) -> dict[str, Any]:
        """Return the pools of the problem: the cap, and what one yuan of it is worth in each period."""
        money, last = self.money, self.money.renewal.periods
        listed = list(options)
        return {
            name: {"max": money.capped[name], "worth": [self._worth(name, listed, t) for t in range(last)]}
            for name in sorted(self.pooled)
        }

    def _capital(self, option: Option, period: int) -> float:
        return self.money.present(self.money.flows(option, period, self._unpooled(option, period)))

    def _unpooled(self, option: Option, period: int) -> dict[str, float]:
        return {n: a for n, a in self.money.claims(option, period).items() if n not in self.pooled}

    def _plain(self, own: float, cash: list[float], residual: list[float], period: int) -> float:
        """Return what the optimiser makes of cost, cash and residual value alone."""
        money, last = self.money, self.money.renewal.periods
        paid = sum(money.at_end(period + k) * c for k, c in enumerate(cash) if period + k < last)
        left = residual[min(last - period, len(residual)) - 1]
        return paid - money.at_start(period) * own + money.at_end(last - 1) * left

    def _worth(self, name: str, options: list[Option], period: int) -> float:
        """Return the most that a yuan of a grant adds in a period: what it costs in tax and credit differs by option.

        The first part of a claim may be worth more than the whole, where a retrofit's credit does not shrink at once.
        """
        best = 0.0
        for option in options:
            claim = self.money.claims(option, period).get(name, 0.0)
            for granted in (claim, claim / 100):
                if granted:
                    with_it = {**self._unpooled(option, period), name: granted}
                    more = self.money.present(self.money.flows(option, period, with_it))
                    best = max(best, (more - self._capital(option, period)) / granted / self.money.at_end(period))
        return best
