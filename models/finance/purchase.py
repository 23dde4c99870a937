"""After-tax cash flow of buying one machine: price, loan, grants, credit, tax saved, what is left at the end.

Operation is no part of it. Flows stand at the start or at the end of plan periods. Interest is deducted net of its
subsidy; depreciation, interest and book values lower the tax at once, since the firm is taken to have other income
(:func:`models.finance.settle` corrects that year by year for a whole plan).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from models.finance.depreciation import TaxRules, residual_value, tax_depreciation
from models.finance.incentives import Grant, Incentive, InterestSubsidy, LoanRate, RetrofitCredit, TaxCredit
from models.finance.loan import Loan, LoanRow, repayment_plan


@dataclass(frozen=True, slots=True)
class Grid:
    """The plan's periods: how many, and how many to a year."""

    periods: int
    per_year: int

    def year_end(self, period: int, years_later: int = 0) -> int:
        """Return the last period of the plan year of a period, or of a later year; never past the plan's end.

        >>> Grid(8, 4).year_end(1), Grid(8, 4).year_end(1, 1), Grid(8, 4).year_end(1, 5)
        (3, 7, 7)
        """
        return min((period // self.per_year + 1 + years_later) * self.per_year, self.periods) - 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every purchase of a plan."""

    rules: TaxRules
    grid: Grid
    loan: Loan | None = None
    incentives: tuple[Incentive, ...] = ()


@dataclass(frozen=True, slots=True)
class Purchase:
    """One machine bought; money in CNY."""

    price: float
    period: int
    bought: date
    """First day of its period; incentives go by it."""
    names: tuple[str, ...] = ()
    """Name of the option and of its equipment."""
    service_life_y: int = 10
    resale: float = 0.0
    """What the machine it replaces brings."""
    old_book: float = 0.0
    """Book value of that machine at the start of the plan,"""
    old_book_left_y: float = 0.0
    """written off evenly over so many years from then on."""
    special_equipment: bool = False
    retrofit_basis: float | None = None
    """Original tax basis of the equipment it retrofits."""
    until: int | None = None
    """Period in which it is replaced in turn; None = in service at the end of the plan."""


@dataclass(frozen=True, slots=True)
class PurchaseFlows:
    """Money by line and period, at the start and at the end of periods; paid is negative.

    At starts: ``price``, ``loan_drawn``, ``resale`` (after tax). At ends: ``grant``, ``credit``, ``interest``,
    ``subsidy``, ``repayment``, ``grant_tax``, ``interest_tax``, ``depreciation_tax``, ``old_book_tax``, ``residual``
    (after tax), ``debt_left``. ``income`` is what it adds to taxable income by period, without the residual value.
    """

    at_start: Mapping[str, list[float]]
    at_end: Mapping[str, list[float]]
    owed: list[float]
    income: list[float]

    def present(self, start: list[float], end: list[float]) -> float:
        """Return the present value, given the factors at the starts and at the ends of the periods."""
        return sum(
            factor * amount
            for factors, lines in ((start, self.at_start), (end, self.at_end))
            for flows in lines.values()
            for factor, amount in zip(factors, flows, strict=True)
        )


@dataclass
class _Lines:
    """Lines being filled; what falls after the plan's end counts nowhere."""

    periods: int
    lines: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, period: int, amount: float) -> None:
        row = self.lines.setdefault(name, [0.0] * self.periods)
        if 0 <= period < self.periods:
            row[period] += amount


def grant_claims(item: Purchase, terms: Terms) -> dict[str, float]:
    """Return what one machine may get of each grant if it is awarded, before any cap over the project.

    >>> grant = Grant(kind="grant", name="local", share=0.10, cap_per_machine_cny=8.0)
    >>> terms = Terms(TaxRules(), Grid(4, 1), incentives=(grant,))
    >>> grant_claims(Purchase(100.0, 0, date(2026, 1, 1)), terms)
    {'local': 8.0}
    """
    claims = {}
    for grant in terms.incentives:
        if isinstance(grant, Grant) and grant.holds(item.bought, item.names):
            most = grant.cap_per_machine_cny
            claims[grant.name] = min(item.price * grant.share, item.price if most is None else most)
    return {name: amount for name, amount in claims.items() if amount}


def credit_earned(item: Purchase, terms: Terms, granted: float) -> float:
    """Return the tax credit that one machine earns; what grants paid for is not in its base.

    >>> terms = Terms(TaxRules(), Grid(4, 1), incentives=(RetrofitCredit(kind="retrofit_credit", name="retrofit"),))
    >>> credit_earned(Purchase(80.0, 0, date(2026, 1, 1), retrofit_basis=100.0), terms, 0.0)
    5.0
    """
    total, paid = 0.0, max(0.0, item.price - granted)
    for credit in terms.incentives:
        if not credit.holds(item.bought, item.names):
            continue
        if isinstance(credit, TaxCredit) and item.special_equipment:
            total += credit.share * paid
        elif isinstance(credit, RetrofitCredit) and item.retrofit_basis is not None:
            total += credit.share * min(paid, credit.basis_share * item.retrofit_basis)
    return total


def loan_of(item: Purchase, terms: Terms) -> Loan | None:
    """Return the loan of a purchase, at the lowest rate on offer that day."""
    if terms.loan is None:
        return None
    offers = [x.rate for x in terms.incentives if isinstance(x, LoanRate) and x.holds(item.bought, item.names)]
    return terms.loan.model_copy(update={"rate": min([terms.loan.rate, *offers])})


def purchase_flows(item: Purchase, terms: Terms, granted: Mapping[str, float] | None = None) -> PurchaseFlows:
    """Return the flows of one machine bought.

    Args:
        item: What is bought, and when.
        terms: Tax, loan, incentives.
        granted: What it gets of each grant if awarded; default its whole claim.

    >>> terms = Terms(TaxRules(rate=0.0), Grid(2, 1), Loan(share=0.5, rate=0.10, years=2))
    >>> flows = purchase_flows(Purchase(100.0, 0, date(2026, 1, 1), service_life_y=2), terms)
    >>> flows.at_start["loan_drawn"], flows.at_end["interest"], flows.at_end["repayment"]
    ([50.0, 0.0], [-5.0, -2.5], [-25.0, -25.0])
    """
    grid, rate = terms.grid, terms.rules.rate
    start, end = _Lines(grid.periods), _Lines(grid.periods)
    income = [0.0] * grid.periods
    expected = _grants(item, terms, granted, end, income)
    start.add("price", item.period, -item.price)
    end.add("credit", grid.year_end(item.period), credit_earned(item, terms, sum(expected.values())))
    untaxed = sum(
        amount
        for grant in terms.incentives
        if isinstance(grant, Grant) and not grant.taxed and (amount := expected.get(grant.name, 0.0))
    )
    booked = _depreciation(item, terms, item.price - untaxed, end, income)
    _replaced(item, terms, start, end, income)
    worth = 0.0
    if item.until is None:
        worth = residual_value(item.price, (grid.periods - item.period) / grid.per_year, item.service_life_y)
    end.add("residual", grid.periods - 1, worth * (1 - rate) + rate * booked)
    owed = _loan(item, terms, start, end, income)
    return PurchaseFlows(start.lines, end.lines, owed, income)


def _grants(item: Purchase, terms: Terms, granted: Mapping[str, float] | None, end: _Lines, income: list[float]
            ) -> dict[str, float]:  # fmt: skip
    """Add the grants; return the expected amount of each."""
    amounts = grant_claims(item, terms) if granted is None else granted
    expected = {}
    for grant in terms.incentives:
        if isinstance(grant, Grant) and amounts.get(grant.name):
            money = expected[grant.name] = grant.award_probability * amounts[grant.name]
            paid = terms.grid.year_end(item.period, grant.paid_after_y)
            end.add("grant", paid, money)
            if grant.taxed:
                end.add("grant_tax", paid, -terms.rules.rate * money)
                income[paid] += money
    return expected


def _depreciation(item: Purchase, terms: Terms, basis: float, end: _Lines, income: list[float]) -> float:
    """Add the tax saved by depreciation; return what is left in the books at the end of the plan."""
    n, left = terms.grid.per_year, basis
    yearly = tax_depreciation(basis, terms.rules, item.bought, item.price) if basis > 0 else []
    for k, amount in enumerate(amount / n for amount in yearly for _ in range(n)):
        period = item.period + k
        if period < terms.grid.periods:
            end.add("depreciation_tax", period, terms.rules.rate * amount)
            income[period] -= amount
            left -= amount
    return left


def _replaced(item: Purchase, terms: Terms, start: _Lines, end: _Lines, income: list[float]) -> None:
    """Add the sale of the machine replaced: its book value is deducted now, and its depreciation ends."""
    n, rate = terms.grid.per_year, terms.rules.rate
    lasts = item.old_book_left_y * n
    book = item.old_book * max(0.0, 1 - item.period / lasts) if lasts else 0.0
    start.add("resale", item.period, item.resale - rate * (item.resale - book))
    income[item.period] += item.resale - book
    left, per_period = book, item.old_book / lasts if lasts else 0.0
    for period in range(item.period, terms.grid.periods):
        part = min(left, per_period)
        if part <= 0:
            break
        end.add("old_book_tax", period, -rate * part)
        income[period] += part
        left -= part


def _loan(item: Purchase, terms: Terms, start: _Lines, end: _Lines, income: list[float]) -> list[float]:
    """Add loan, interest, subsidy; return what is owed in each period."""
    grid, owed = terms.grid, [0.0] * terms.grid.periods
    loan = loan_of(item, terms)
    if loan is None or not loan.share * item.price:
        return owed
    rows = repayment_plan(loan.share * item.price, loan, grid.per_year)
    start.add("loan_drawn", item.period, loan.share * item.price)
    for k, row in enumerate(rows[: grid.periods - item.period]):
        period, subsidy = item.period + k, _subsidy(item, terms, loan, row, k)
        owed[period] = row.owed
        end.add("interest", period, -row.interest)
        end.add("subsidy", period, subsidy)
        end.add("repayment", period, -row.principal)
        end.add("interest_tax", period, terms.rules.rate * (row.interest - subsidy))
        income[period] -= row.interest - subsidy
    repaid = sum(row.principal for row in rows[: grid.periods - item.period])
    end.add("debt_left", grid.periods - 1, -(loan.share * item.price - repaid))
    return owed


def _subsidy(item: Purchase, terms: Terms, loan: Loan, row: LoanRow, k: int) -> float:
    """Return the interest that public bodies pay in the k-th period of a loan."""
    points = sum(
        x.points
        for x in terms.incentives
        if isinstance(x, InterestSubsidy)
        and x.holds(item.bought, item.names)
        and k < x.years * terms.grid.per_year - 1e-9
    )
    return min(points, loan.rate) * row.owed / terms.grid.per_year
