"""Money of a renewal: value over the years, depreciation, loans, incentives, price paths, tax by year."""

from models.finance.depreciation import (
    TaxRules,
    after_tax,
    declining_balance,
    one_off,
    residual_value,
    straight_line,
    sum_of_years,
    tax_depreciation,
)
from models.finance.incentives import (
    Grant,
    Incentive,
    InterestSubsidy,
    LoanRate,
    RetrofitCredit,
    TaxCredit,
)
from models.finance.loan import Loan, LoanRow, repayment_plan
from models.finance.prices import PricePath
from models.finance.purchase import Grid, Purchase, PurchaseFlows, Terms, purchase_flows
from models.finance.tax_years import TaxYear, settle
from models.finance.value import (
    Flows,
    abatement_cost,
    annuity,
    discounted_payback_y,
    economic_life,
    equivalent_annual_cost,
    irr,
    marginal_annual_cost,
    npv,
    simple_payback_y,
)

__all__ = [
    "Flows",
    "Grant",
    "Grid",
    "Incentive",
    "InterestSubsidy",
    "Loan",
    "LoanRate",
    "LoanRow",
    "PricePath",
    "Purchase",
    "PurchaseFlows",
    "RetrofitCredit",
    "TaxCredit",
    "TaxRules",
    "TaxYear",
    "Terms",
    "abatement_cost",
    "after_tax",
    "annuity",
    "declining_balance",
    "discounted_payback_y",
    "economic_life",
    "equivalent_annual_cost",
    "irr",
    "marginal_annual_cost",
    "npv",
    "one_off",
    "purchase_flows",
    "repayment_plan",
    "residual_value",
    "settle",
    "simple_payback_y",
    "straight_line",
    "sum_of_years",
    "tax_depreciation",
]
