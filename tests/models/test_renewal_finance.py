"""Loans, grants, credits, depreciation and price paths by hand tables: every number was worked out on paper."""

import doctest
import importlib
import itertools
import pkgutil
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models import finance
from models.finance import (
    Grant,
    Grid,
    InterestSubsidy,
    Loan,
    LoanRate,
    PricePath,
    Purchase,
    RetrofitCredit,
    TaxCredit,
    TaxRules,
    Terms,
    abatement_cost,
    declining_balance,
    purchase_flows,
    repayment_plan,
    settle,
    sum_of_years,
    tax_depreciation,
)

FIXED = settings(derandomize=True, deadline=None)
DAY = date(2026, 1, 1)
NO_TAX = TaxRules(rate=0.0)
QUARTER = TaxRules(rate=0.25, salvage_share=0.0)


def grant(share=0.1, **more):
    return Grant(kind="grant", name="grant", share=share, **more)


def flows(price=1000.0, period=0, years=3, rules=NO_TAX, loan=None, incentives=(), granted=None, bought=DAY, per_year=1,
          **more):  # fmt: skip
    item = Purchase(price, period, bought, ("new", "cnc_lathe"), **more)
    return purchase_flows(item, Terms(rules, Grid(years * per_year, per_year), loan, incentives), granted)


def test_examples_in_the_docstrings():
    for module in pkgutil.iter_modules(finance.__path__):
        tried = doctest.testmod(importlib.import_module(f"models.finance.{module.name}"))
        assert tried.failed == 0


# depreciation


def test_double_declining_balance_by_hand():
    # 1000, 5 years, 5 %: 40 % of 1000, 600, 360; what is left, 216 - 50, in two equal parts
    assert declining_balance(1000, 5, 0.05) == pytest.approx([400, 240, 144, 83, 83])
    assert declining_balance(1000, 1, 0.1) == [900]
    assert declining_balance(1000, 2, 0.0) == [500, 500]


def test_sum_of_years_by_hand():
    # 950 x 5/15, 4/15, ..
    assert sum_of_years(1000, 5, 0.05) == pytest.approx([950 * k / 15 for k in (5, 4, 3, 2, 1)])


def test_a_shortened_life_is_rounded_up():
    assert tax_depreciation(1000, TaxRules(depreciation="shortened", salvage_share=0)) == pytest.approx([1000 / 6] * 6)
    of_eight = TaxRules(depreciation="shortened", life_y=8, salvage_share=0)
    assert len(tax_depreciation(1000, of_eight)) == 5  # 4.8 is below what the law allows


def test_one_off_ends_with_its_date():
    rules = TaxRules(depreciation="one_off", salvage_share=0)
    assert tax_depreciation(1000, rules, date(2027, 12, 31))[:2] == [1000, 0]
    assert tax_depreciation(1000, rules, date(2028, 1, 1)) == pytest.approx([100] * 10)
    assert tax_depreciation(1000, TaxRules(depreciation="one_off", one_off_until=None), date(2040, 1, 1))[0] == 1000


@FIXED
@given(st.floats(0, 1e7), st.integers(1, 30), st.floats(0, 0.9))
def test_every_method_writes_off_the_price_less_salvage(price, life, salvage):
    for method in (declining_balance, sum_of_years):
        parts = method(price, life, salvage)
        assert len(parts) == life
        assert sum(parts) == pytest.approx(price * (1 - salvage), abs=1e-6)
        assert min(parts) >= -1e-9


# loans


def test_a_loan_with_subsidy_by_hand():
    """600 of 1000 at 4 %, 3 equal parts; 1.5 points for 2 years.

    owed 600, 400, 200: interest 24, 16, 8; subsidy 9, 6, 0.
    """
    loan = Loan(share=0.6, rate=0.04, years=3)
    subsidy = InterestSubsidy(kind="interest_subsidy", name="s", points=0.015, years=2)
    found = flows(loan=loan, incentives=(subsidy,))
    assert found.at_start["loan_drawn"] == [600, 0, 0]
    assert found.at_end["interest"] == pytest.approx([-24, -16, -8])
    assert found.at_end["subsidy"] == pytest.approx([9, 6, 0])
    assert found.at_end["repayment"] == pytest.approx([-200, -200, -200])
    assert found.owed == pytest.approx([600, 400, 200])
    taxed = flows(loan=loan, incentives=(subsidy,), rules=QUARTER)
    assert taxed.at_end["interest_tax"] == pytest.approx([0.25 * 15, 0.25 * 10, 0.25 * 8])


def test_an_annuity_by_hand():
    # 1000 at 10 %, 2 years: 1000 x 0.1 x 1.21 / 0.21 = 576.19 a year
    rows = repayment_plan(1000, Loan(share=1, rate=0.10, years=2, repayment="annuity"))
    assert [r.interest for r in rows] == pytest.approx([100, 52.381], abs=1e-3)
    assert [r.principal for r in rows] == pytest.approx([476.190, 523.810], abs=1e-3)


def test_the_subsidy_ends_with_the_date_of_the_loan_and_never_passes_the_rate():
    subsidy = InterestSubsidy(kind="interest_subsidy", name="s", points=0.05, years=9, valid_until=date(2026, 12, 31))
    loan = Loan(share=1, rate=0.04, years=2)
    assert flows(loan=loan, incentives=(subsidy,), bought=date(2026, 12, 31)).at_end["subsidy"] == pytest.approx(
        [40, 20, 0]
    )
    assert flows(loan=loan, incentives=(subsidy,), bought=date(2027, 1, 1)).at_end["subsidy"] == [0, 0, 0]


def test_relending_lowers_the_rate_where_it_is_lower():
    cheap = LoanRate(kind="loan_rate", name="r", rate=0.028)
    assert flows(loan=Loan(share=1, rate=0.04, years=5), incentives=(cheap,)).at_end["interest"][0] == pytest.approx(
        -28
    )
    assert flows(loan=Loan(share=1, rate=0.02, years=5), incentives=(cheap,)).at_end["interest"][0] == pytest.approx(
        -20
    )


@FIXED
@given(
    st.floats(0, 1e6),
    st.floats(0, 0.3),
    st.integers(1, 8),
    st.integers(0, 11),
    st.booleans(),
    st.sampled_from([1, 4, 12]),
)
def test_what_is_drawn_is_repaid_or_still_owed(price, rate, years, period, equal, per_year):
    way = "annuity" if equal else "equal_principal"
    found = flows(price, period, 12, loan=Loan(share=0.7, rate=rate, years=years, repayment=way), per_year=per_year)
    drawn = sum(found.at_start.get("loan_drawn", [0]))
    back = sum(found.at_end.get("repayment", [0])) + sum(found.at_end.get("debt_left", [0]))
    assert drawn == pytest.approx(0.7 * price)
    assert back == pytest.approx(-drawn, abs=1e-6)


def test_a_loan_at_the_discount_rate_is_worth_nothing():
    """Whatever is borrowed and whenever the plan ends: interest at the rate of discount takes back what it gives."""
    factors = [1.1**-t for t in range(5)]
    for years, way, period in itertools.product((2, 5, 9), ("annuity", "equal_principal"), (0, 2)):
        found = flows(1000, period, 4, loan=Loan(share=1, rate=0.10, years=years, repayment=way))
        without = flows(1000, period, 4)
        worth = found.present(factors[:4], factors[1:]) - without.present(factors[:4], factors[1:])
        assert worth == pytest.approx(0, abs=1e-9)


# grants and credits


def test_a_grant_is_paid_at_the_end_of_the_acceptance_year():
    found = flows(period=1, years=2, per_year=4, incentives=(grant(cap_per_machine_cny=80, award_probability=0.5),))
    assert found.at_end["grant"] == [0, 0, 0, 40, 0, 0, 0, 0]
    late = flows(period=1, years=2, per_year=4, incentives=(grant(paid_after_y=1),))
    assert late.at_end["grant"] == [0, 0, 0, 0, 0, 0, 0, 100]


def test_a_taxed_grant_pays_tax_and_an_untaxed_one_is_not_written_off():
    taxed = flows(rules=QUARTER, years=10, incentives=(grant(),))
    assert taxed.at_end["grant_tax"][0] == pytest.approx(-25)
    assert taxed.at_end["depreciation_tax"] == pytest.approx([25] * 10)
    free = flows(rules=QUARTER, years=10, incentives=(grant(taxed=False),))
    assert "grant_tax" not in free.at_end
    assert free.at_end["depreciation_tax"] == pytest.approx([22.5] * 10)  # 900 over 10 years


def test_the_credit_of_special_equipment_has_no_grant_in_its_base():
    credit = TaxCredit(kind="tax_credit", name="credit")
    assert flows(special_equipment=True, incentives=(credit,)).at_end["credit"][0] == pytest.approx(100)
    assert flows(special_equipment=True, incentives=(credit, grant())).at_end["credit"][0] == pytest.approx(90)
    assert sum(flows(incentives=(credit,)).at_end["credit"]) == 0


def test_the_retrofit_credit_counts_half_of_the_basis():
    # spending 1000; half of 1500 = 750 counts; of 5000 all 1000
    credit = RetrofitCredit(kind="retrofit_credit", name="credit")
    assert flows(retrofit_basis=1500, incentives=(credit,)).at_end["credit"][0] == pytest.approx(75)
    assert flows(retrofit_basis=5000, incentives=(credit,)).at_end["credit"][0] == pytest.approx(100)


@pytest.mark.parametrize(
    ("bought", "given"),
    [(date(2025, 12, 31), 0), (date(2026, 1, 1), 100), (date(2026, 6, 30), 100), (date(2026, 7, 1), 0)],
)
def test_a_dated_incentive_begins_and_ends_on_its_days(bought, given):
    dated = grant(valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 30))
    assert sum(flows(bought=bought, incentives=(dated,)).at_end.get("grant", [0])) == pytest.approx(given)


def test_an_incentive_for_named_options_goes_by_option_or_equipment():
    assert sum(flows(incentives=(grant(options=("cnc_lathe",)),)).at_end["grant"]) == 100
    assert "grant" not in flows(incentives=(grant(options=("drill",)),)).at_end


# what is replaced, what is left


def test_the_old_machine_is_sold_with_its_book_value():
    """Book 90 written off over 3 years. Sold for 100 after 1 year: book 60, tax on 40; the two further years of 30
    that would have been deducted are lost."""
    found = flows(period=1, rules=QUARTER, resale=100, old_book=90, old_book_left_y=3)
    assert found.at_start["resale"][1] == pytest.approx(100 - 0.25 * (100 - 60))
    assert found.at_end["old_book_tax"] == pytest.approx([0, -7.5, -7.5])


def test_no_value_is_lost_at_the_end_of_the_plan():
    """Without interest and tax a machine of 10 years costs a tenth of its price per year, wherever the plan ends."""
    for years, period in ((1, 0), (4, 1), (10, 0)):
        found = flows(1000, period, years)
        total = found.present([1.0] * years, [1.0] * years)
        assert total == pytest.approx(-100 * (years - period))


def test_a_machine_replaced_in_turn_is_worth_nothing_at_the_end_but_its_books():
    found = flows(rules=QUARTER, until=2)
    # 1000 less 3 x 100 is still in the books and deducted then
    assert found.at_end["residual"][-1] == pytest.approx(0.25 * 700)


# tax by year


def test_credit_is_carried_forward_and_lapses():
    """Tax payable 25 a year, credit 200 in year 1: used 25 a year for 6 years, the rest lapses then."""
    rows = settle([0.0] * 8, [200.0] + [0.0] * 7, 0.25, 100.0)
    assert [r.credit_used for r in rows] == pytest.approx([25] * 6 + [0, 0])
    assert [r.credit_carried for r in rows] == pytest.approx([175, 150, 125, 100, 75, 0, 0, 0])
    assert [r.credit_lapsed for r in rows] == pytest.approx([0] * 5 + [50, 0, 0])


def test_losses_are_set_off_against_later_income_the_oldest_first():
    # income of 100 a year besides; -300 in year 1: a loss of 200, set off over the next two years
    rows = settle([-300.0, 0, 0, 0], [0.0] * 4, 0.25, 100.0)
    assert [r.extra_tax for r in rows] == pytest.approx([-25, -25, -25, 0])
    assert [r.loss_carried for r in rows] == pytest.approx([200, 100, 0, 0])


def test_with_income_enough_all_is_used_at_once():
    for income in (None, 1e9):
        rows = settle([100.0, -50.0], [30.0, 0.0], 0.25, income)
        assert [r.extra_tax for r in rows] == pytest.approx([25 - 30, -12.5])


@FIXED
@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 1e5)), min_size=1, max_size=12), st.floats(0, 1e5))
def test_credit_earned_is_used_carried_or_lapsed_and_tax_never_comes_early(years, other):
    extra, credits = [x for x, _ in years], [c for _, c in years]
    rows = settle(extra, credits, 0.25, other)
    accounts = sum(r.credit_used + r.credit_lapsed for r in rows) + rows[-1].credit_carried
    assert accounts == pytest.approx(sum(credits), abs=1e-5)
    at_once = itertools.accumulate(0.25 * x - c for x, c in years)
    paid = itertools.accumulate(r.extra_tax for r in rows)
    assert all(p >= a - 1e-5 for p, a in zip(paid, at_once, strict=True))  # so a prediction at once is a bound


# prices and figures


def test_price_paths():
    years = [2026, 2027, 2028]
    assert PricePath.model_validate(0.1).by_year(years) == pytest.approx([1, 1.1, 1.21])
    assert PricePath.model_validate({"factors": {2025: 0.9, 2028: 2}}).by_year(years) == [0.9, 0.9, 2]
    for wrong in ({}, -1, {"growth_per_y": 0.1, "factors": {2026: 1}}, "3 %"):
        with pytest.raises(ValidationError):
            PricePath.model_validate(wrong)


def test_abatement_cost_discounted_and_simple():
    # a plan that costs 100 now and saves 10 t at the end of each of two years
    assert abatement_cost(-100, [10, 10]) == pytest.approx(5)
    assert abatement_cost(-100, [10, 10], 0.25) == pytest.approx(100 / (8 + 6.4))
    assert abatement_cost(50, [10]) == -5  # it pays
    assert abatement_cost(-100, [0, -1]) is None


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Loan, {"share": 1.2}),
        (Loan, {"share": 0.5, "repayment": "bullet"}),
        (Grant, {"kind": "grant", "name": "g", "share": 10}),
        (Grant, {"kind": "grant", "name": "g", "share": 0.1, "valid_from": "2027-01-01", "valid_until": "2026-01-01"}),
        (TaxRules, {"depreciation": "declining"}),
        (TaxRules, {"other_income_cny_per_y": -1}),
    ],
)
def test_wrong_terms_are_refused(model, wrong):
    with pytest.raises(ValidationError):
        model(**wrong)
