"""Money against sums worked out by hand, and against the optimiser's evaluation of the same renewal."""

import itertools

import pytest
from small_plants import line, option, plant, station

from experiments.beliefs import Beliefs, Fitted, LineBelief, assets_of
from experiments.money import Money
from experiments.problem_of import renewal_problem
from models.equipment import Option
from models.plant import Renewal
from optimize.evaluate import evaluate
from optimize.plan import Renewal as Chosen

THOUSAND = Option(name="new", capex_cny=1000, resale_cny=80)


def money(period="year", years=3, rate=0.1, start="2025-01", **tax):
    return Money(
        Renewal(start=start, years=years, period=period, discount_rate=rate, tax={"rate": 0.25, "life_y": 10, **tax})
    )


def test_a_yuan_loses_value_by_the_year_whatever_the_period():
    by_quarter = money("quarter", rate=0.21)
    assert by_quarter.at_start(0) == 1
    assert by_quarter.at_start(2) == pytest.approx(1 / 1.1)  # half a year at 21 % a year
    assert by_quarter.at_start(4) == pytest.approx(1 / 1.21)
    assert by_quarter.at_end(3) == pytest.approx(1 / 1.21)
    assert money("month", rate=0.21).at_end(11) == pytest.approx(money("year", rate=0.21).at_end(0))
    assert money(rate=0.0).at_end(2) == 1


def test_depreciation_saves_tax_from_the_period_of_the_renewal_on():
    # 1000 CNY, 5 % salvage, 5 years: 190 a year, of which 25 % is saved.
    assert money(years=6, life_y=5).shield(THOUSAND) == pytest.approx([47.5] * 5)
    assert money(years=2, life_y=5).shield(THOUSAND) == pytest.approx([47.5] * 2)
    assert money("quarter", years=2, life_y=5).shield(THOUSAND) == pytest.approx([11.875] * 8)
    assert money("quarter", years=3, life_y=2).shield(THOUSAND) == pytest.approx([0.25 * 950 / 8] * 8)


def test_one_off_depreciation_saves_all_the_tax_in_the_first_year():
    at_once = {"depreciation": "one_off"}
    assert money(**at_once).shield(THOUSAND)[:2] == [250, 0]
    assert money("quarter", **at_once).shield(THOUSAND)[:6] == [62.5, 62.5, 62.5, 62.5, 0, 0]
    assert money(**at_once, one_off_limit_cny=999).shield(THOUSAND) == pytest.approx([23.75] * 3)


def test_the_residual_value_is_taxed_as_if_sold():
    # Served 1 of 10 years: worth 900, and 95 written off: booked 905. The loss of 5 lowers the tax by 25 % of it.
    # Then 800 - 25 % of (800 - 810), and so on.
    assert money().residual(THOUSAND)[:2] == pytest.approx([900 + 0.25 * 5, 800 + 0.25 * 10])
    # All written off at once: every yuan is taxed.
    assert money(depreciation="one_off").residual(THOUSAND)[:2] == pytest.approx([675, 600])
    # Service life over: worth nothing, but what is not yet written off (1000 - 3 x 95) still lowers the tax.
    short = Option(name="new", capex_cny=1000, service_life_y=2)
    assert money(years=5).residual(short)[2] == pytest.approx(0.25 * 715)


def test_capital_of_one_renewal_by_hand():
    # Year 1: price 1000, 80 for the old machine less 25 % tax. Ends of years 1, 2, 3: 25 % of 95.
    # End of year 3: 3 years in service, worth 700, booked 715.
    by_hand = -1000 + 60 + 23.75 / 1.1 + 23.75 / 1.21 + 23.75 / 1.331 + 703.75 / 1.331
    assert money().capital(THOUSAND, 0) == pytest.approx(by_hand)
    later = -940 / 1.1 + 23.75 / 1.21 + 23.75 / 1.331 + 802.5 / 1.331
    assert money().capital(THOUSAND, 1) == pytest.approx(later)


def test_without_tax_and_interest_capital_is_price_less_what_is_left():
    free = money(rate=0.0, years=5)
    free = Money(free.renewal.model_copy(update={"tax": free.renewal.tax.model_copy(update={"rate": 0.0})}))
    assert free.capital(THOUSAND, 0) == pytest.approx(-1000 + 80 + 1000 * (1 - 5 / 10))


def test_a_gift_costs_nothing_but_the_old_machine_still_sells():
    gift = Option(name="new", capex_cny=0, resale_cny=100)
    assert money().capital(gift, 2) == pytest.approx(75 / 1.21)
    assert money().residual(gift) == [0.0]


def capital_alone(period, years, start, tax, offer):
    """Return a problem in which the option changes nothing but capital."""
    one = plant(
        line(station("lathe", 3600, offer, machines=3)),
        renewal={"period": period, "years": years, "start": start, "discount_rate": 0.08, "tax": tax},
    )
    still = Fitted(capacity_per_h=(1.0,) * years, energy_cny_per_y=0.0, energy_growth=(1.0,) * years)
    beliefs = Beliefs(
        assets_of(one), [LineBelief(3.0, {"part": 1.0}, 0.0, 1.0, 1.0)],
        {"line/lathe": still}, {("line/lathe", "new"): still}, {("line/lathe", "new"): 0.0},
    )  # fmt: skip
    return one, renewal_problem(one, one.renewal, beliefs)


@pytest.mark.parametrize(
    ("period", "years", "depreciation", "limit", "life", "start"),
    [
        ("year", 3, "straight_line", 5e6, 10, "2026-01"),
        ("year", 5, "one_off", 5e6, 10, "2026-07"),
        ("quarter", 3, "straight_line", 5e6, 2, "2026-01"),
        ("quarter", 5, "one_off", 1.0, 6, "2026-04"),
        ("quarter", 2, "one_off", 5e6, 6, "2026-10"),
        ("month", 2, "straight_line", 5e6, 1, "2026-02"),
        ("month", 2, "one_off", 5e6, 10, "2026-12"),
    ],
)
@pytest.mark.parametrize("capex", [0, 123_456.78])
def test_the_optimiser_counts_capital_the_same_way(period, years, depreciation, limit, life, start, capex):
    """Capital of the play-back against the optimiser's evaluation, for a renewal in any period."""
    tax = {"rate": 0.25, "depreciation": depreciation, "one_off_limit_cny": limit, "life_y": life}
    offer = option(capex=capex, resale_cny=7000, service_life_y=8)
    one, problem = capital_alone(period, years, start, tax, offer)
    counted = Money(one.renewal)
    for at, machines in itertools.product(range(one.renewal.periods), (1, 3)):
        chosen = Chosen(asset="line/lathe", option="new", period=at, machines=machines)
        expected = machines * counted.capital(one.lines[0].stations[0].options[0], at)
        assert evaluate(problem, [chosen]).gain == pytest.approx(expected, abs=1e-6), at


@pytest.mark.parametrize("period", ["year", "quarter", "month"])
@pytest.mark.parametrize("depreciation", ["straight_line", "one_off"])
@pytest.mark.parametrize("life", [1, 3, 10])
def test_every_yuan_is_written_off_once(period, depreciation, life):
    """Without interest all that counts is the loss in worth, after tax, wherever the depreciation falls."""
    counted = money(period, years=4, rate=0.0, depreciation=depreciation, life_y=life)
    for at in range(counted.renewal.periods):
        worth = 1000 * (1 - (counted.renewal.periods - at) / counted.per_year / 10)
        assert counted.capital(THOUSAND, at) == pytest.approx(0.75 * (worth - 1000 + 80))
