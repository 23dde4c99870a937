"""Money by hand: every expected number below was worked out on paper or follows from an identity."""

import doctest
import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models import finance
from models.finance import (
    TaxRules,
    after_tax,
    annuity,
    discounted_payback_y,
    economic_life,
    equivalent_annual_cost,
    irr,
    marginal_annual_cost,
    npv,
    one_off,
    residual_value,
    simple_payback_y,
    straight_line,
    tax_depreciation,
)

RATES = st.floats(-0.5, 1.0)
MONEY = st.floats(0.0, 1e6)
FIXED = settings(derandomize=True, deadline=None)
LIVES = st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=15)


def test_examples_in_the_docstrings():
    assert doctest.testmod(finance).failed == 0


def test_npv_leaves_the_first_flow_undiscounted():
    # -1000 + 600 / 1.25 + 600 / 1.5625 = -1000 + 480 + 384
    assert npv(0.25, [-1000, 600, 600]) == pytest.approx(-136.0)
    assert npv(0.0, [1, 2, 3]) == 6
    assert npv(0.1, []) == 0
    with pytest.raises(ValueError, match="rate is -1"):
        npv(-1, [1])


def test_annuity_is_the_capital_recovery_factor():
    # 8 %, 10 years: 0.08 * 2.158925 / 1.158925, as engineering-economy tables print it
    assert annuity(0.08, 10) == pytest.approx(0.149029, abs=5e-7)
    assert annuity(0.25, 1) == pytest.approx(1.25)
    assert annuity(0.0, 8) == pytest.approx(1 / 8)
    with pytest.raises(ValueError, match="years is 0"):
        annuity(0.1, 0)


@FIXED
@given(RATES, st.integers(1, 40))
def test_payments_of_the_annuity_repay_one(rate, years):
    debt = 1.0
    for _ in range(years):
        debt = debt * (1 + rate) - annuity(rate, years)
    assert debt == pytest.approx(0, abs=1e-9 * max(1, (1 + rate) ** years))


def test_irr_by_hand():
    assert irr([-100, 110]) == pytest.approx(0.10)
    assert irr([-100, 0, 144]) == pytest.approx(0.20)
    # 100 = 20 d + 20 d^2 with d = 1 / (1 + rate)
    assert irr([-100, 20, 20]) == pytest.approx(40 / (math.sqrt(8400) - 20) - 1)
    assert irr([-100, 50]) == pytest.approx(-0.5)
    assert irr([-100, 50, 50]) == pytest.approx(0.0, abs=1e-12)


def test_irr_where_there_is_none():
    assert irr([100, 10]) is None
    assert irr([-100, -10]) is None
    assert irr([]) is None
    # 100 - 200 d + 101 d^2 has no real root
    assert irr([100, -200, 101]) is None


def test_irr_of_two_is_the_one_nearest_zero():
    # roots of -100 + 230 d - 132 d^2: d = 1/1.1 and 1/1.2
    assert irr([-100, 230, -132]) == pytest.approx(0.10)


@FIXED
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=300))
def test_irr_makes_the_flows_worthless(flows):
    rate = irr(flows)
    assume(rate is not None and rate >= 0)
    assert npv(rate, flows) == pytest.approx(0, abs=1e-6 * max(1.0, sum(map(abs, flows))))


def test_payback_by_hand():
    assert simple_payback_y(300, 120) == 2.5
    assert simple_payback_y(300, 0) == math.inf
    assert simple_payback_y(-5, 10) == 0
    # 1100 in year 1 is worth 1000, 605 in year 2 is worth 500: half of year 2 pays the last 250
    assert discounted_payback_y(0.10, [-1250, 1100, 605]) == pytest.approx(1.5)
    assert discounted_payback_y(0.25, [-1500, 1250, 781.25]) == 2.0
    assert discounted_payback_y(0.25, [-1501, 1250, 781.25]) == math.inf
    assert discounted_payback_y(0.10, [0, -10]) == 0


# One machine for 1000 at 10 %: after 1, 2, 3 years it is worth 600, 400, 300; it costs 100, 200, 500 to run.
PRICE, RESALE, OPERATING, RATE = 1000.0, [600.0, 400.0, 300.0], [100.0, 200.0, 500.0], 0.10


def test_equivalent_annual_cost_by_hand():
    costs = equivalent_annual_cost(PRICE, RESALE, OPERATING, RATE)
    # 1 year: 1100 + 100 - 600. 2 years: (1000 * 1.21 + 100 * 1.1 + 200 - 400) / 2.1.
    # 3 years: (1000 * 1.331 + 100 * 1.21 + 200 * 1.1 + 500 - 300) / 3.31
    assert costs == pytest.approx([600.0, 1120 / 2.1, 1872 / 3.31])


def test_marginal_annual_cost_by_hand():
    # 1000 * 1.1 - 600 + 100; 600 * 1.1 - 400 + 200; 400 * 1.1 - 300 + 500
    assert marginal_annual_cost(PRICE, RESALE, OPERATING, RATE) == pytest.approx([600.0, 460.0, 640.0])


def test_economic_life_by_hand():
    assert economic_life(PRICE, RESALE, OPERATING, RATE) == (2, pytest.approx(1120 / 2.1))
    assert economic_life(100, [100, 100], [5, 5], 0.0) == (1, 5)  # the first of equals
    with pytest.raises(ValueError, match="at least one year"):
        economic_life(100, [], [], 0.1)
    with pytest.raises(ValueError, match="resale has 1 years, operating 2"):
        economic_life(100, [1], [1, 2], 0.1)


@FIXED
@given(MONEY, LIVES, st.floats(0.0, 0.5))
def test_marginal_costs_are_worth_as_much_as_the_equivalent_cost(price, life, rate):
    resale, operating = [sold for sold, _ in life], [run for _, run in life]
    marginal = marginal_annual_cost(price, resale, operating, rate)
    for years, equivalent in enumerate(equivalent_annual_cost(price, resale, operating, rate), start=1):
        together = npv(rate, [0.0, *marginal[:years]])
        assert equivalent / annuity(rate, years) == pytest.approx(together, rel=1e-9, abs=1e-3)


def test_depreciation_by_hand():
    # finance note: price x (1 - salvage) / life
    assert straight_line(620_000, 10, 0.05) == [pytest.approx(58_900)] * 10
    assert one_off(5_000_000, 5_000_000, 3) == [5_000_000, 0, 0]
    assert one_off(5_000_001, 5_000_000, 3, 0.1) == straight_line(5_000_001, 3, 0.1)
    with pytest.raises(ValueError, match="life_y is 0"):
        straight_line(1, 0)
    with pytest.raises(ValueError, match=r"salvage_share 1\.5"):
        one_off(1, 2, 3, 1.5)


def test_tax_rules_choose_the_schedule():
    fast = TaxRules(depreciation="one_off")
    assert tax_depreciation(620_000, TaxRules()) == [pytest.approx(58_900)] * 10
    assert tax_depreciation(620_000, fast) == [620_000] + [0] * 9
    assert tax_depreciation(8_000_000, fast) == [pytest.approx(760_000)] * 10


def test_after_tax_by_hand():
    # 200 - 25 % of (200 - 80) = 170; a loss of 30 saves 7.5 of tax elsewhere; beyond the schedule 75 % stays
    assert after_tax([200, 50, 100], [80, 80], 0.25) == [170, 57.5, 75]
    assert after_tax([], [80], 0.25) == [20]


def test_one_off_deduction_is_worth_timing_only():
    """The faster schedule is worth rate x (its present value - the normal one's); 0 at no interest."""
    slow, fast = straight_line(1000, 5), one_off(1000, 1000, 5)
    benefit = [300.0] * 5
    gain = [f - s for f, s in zip(after_tax(benefit, fast, 0.25), after_tax(benefit, slow, 0.25), strict=True)]
    assert sum(gain) == pytest.approx(0)
    # 0.25 * (1000 / 1.1 - 200 * 3.7907868) = 37.733
    assert npv(0.10, [0, *gain]) == pytest.approx(37.733, abs=5e-4)


def test_residual_value_by_hand():
    assert [residual_value(100, y, 4, 0.2) for y in (0, 1, 2.5, 4, 9)] == pytest.approx([100, 80, 50, 20, 20])
    with pytest.raises(ValueError, match="age_y is -1"):
        residual_value(100, -1, 4)


@FIXED
@given(MONEY, st.integers(1, 30), st.floats(0, 1))
def test_book_value_is_price_less_depreciation(price, life_y, salvage):
    written_off = itertools.accumulate(straight_line(price, life_y, salvage))
    for age, total in enumerate(written_off, start=1):
        assert residual_value(price, age, life_y, salvage) == pytest.approx(price - total, abs=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 25},
        {"rate": "25 %"},
        {"life_y": 0},
        {"life_y": 2.5},
        {"depreciation": "fast"},
        {"salvage": 0.1},
    ],
)
def test_tax_rules_refuse(wrong):
    with pytest.raises(ValidationError):
        TaxRules(**wrong)


def test_tax_rules_are_frozen():
    with pytest.raises(ValidationError):
        TaxRules().rate = 0.15
