"""The cash flow of a played-back plan: its lines add up, each comes from a simulated quantity, nothing is lost."""

import numpy as np
import pytest
from small_plants import line, option, plant, renewal, station

from experiments.beliefs import Beliefs, Fitted, LineBelief, Reader, Study, assets_of
from experiments.cash_flow import CashFlow
from experiments.energy_use import Use
from experiments.money import Money
from experiments.plan import document_of, find_plan
from experiments.playback import Stage, capital_cny, dated, gains
from experiments.problem_of import renewal_problem
from optimize.evaluate import evaluate
from optimize.plan import Renewal as Chosen
from optimize.solve import solve

INCENTIVES = [
    {"kind": "grant", "name": "local", "share": 0.2, "cap_per_project_cny": 30_000, "valid_until": "2026-12-31"},
    {"kind": "tax_credit", "name": "credit"},
    {"kind": "interest_subsidy", "name": "subsidy", "points": 0.015, "valid_until": "2026-06-30"},
]
LOAN = {"share": 0.6, "rate": 0.05, "years": 2}


def works(**more):
    """Return two stations whose renewals save energy and make the line quicker; a price path, a loan, incentives."""
    stops = [{"ttf_h": {"exponential": 200}, "ttr_h": {"exponential": 20}}]
    offer = option(
        cycle_time_factor=0.6,
        power_kw={"processing": 8, "idle": 1},
        special_equipment=True,
        resale_cny=5000,
        resale_book_cny=9000,
        resale_book_left_y=2,
        install_d=5,
        capex=90_000,
    )
    stations = [
        station(name, 3 * 3600, offer, machines=2, power_kw={"processing": 20, "idle": 4}, failures=stops,
                running_cost_cny_per_y=8000, use_per_h={"natural_gas_m3": {"processing": 1}})
        for name in ("lathe", "mill")
    ]  # fmt: skip
    frame = {
        "years": 3, "period": "quarter", "start": "2025-01", "loan": LOAN, "incentives": INCENTIVES,
        "prices": {"electricity": 0.05, "natural_gas": {2026: 1.2}, "margin": -0.01, "equipment": 0.02},
        "co2_price_cny_per_t": {2025: 0, 2026: 90}, "tax": {"other_income_cny_per_y": 40_000},
        "replications": 3,
    }  # fmt: skip
    return plant(line(*stations), products=({"name": "part", "margin_cny": 60},), renewal=frame | more)


@pytest.fixture(scope="module")
def answer():
    return find_plan(works(), workers=1)


@pytest.fixture(scope="module")
def document(answer):
    return document_of(answer)


def mean(value):
    return value["mean"] if isinstance(value, dict) else value


def test_the_lines_add_up_to_the_simulated_gain(answer, document):
    flow = CashFlow(answer.planned, answer.baseline, answer.schedule, answer.money)
    assert answer.schedule
    assert flow.npv().mean() == pytest.approx(document["npv_gain_cny"]["simulated"]["mean"])
    rows = document["cash_flow"]
    lines = [
        key
        for key in rows[0]
        if key.endswith("_cny") and key not in ("net_cny", "present_cny", "discounted_cumulative_cny")
    ]
    for row in rows:
        assert sum(mean(row[key]) for key in lines) == pytest.approx(mean(row["net_cny"]))
    assert sum(mean(row["present_cny"]) for row in rows) == pytest.approx(flow.npv().mean())
    assert mean(rows[-1]["discounted_cumulative_cny"]) == pytest.approx(flow.npv().mean())
    worth = flow.moments() @ np.array([*flow.starts, flow.ends[-1]])
    assert worth == pytest.approx(flow.npv())


def test_each_line_of_operation_is_its_simulated_quantities_times_prices(document):
    for row in document["cash_flow"]:
        made_of = row["from"]
        units = sum(mean(p["units"]) * p["cny_per_unit"] for p in made_of["margin_cny"])
        assert units == pytest.approx(mean(row["margin_cny"]))
        assert sum(mean(p["cny"]) for p in made_of["energy_cny"]) == pytest.approx(mean(row["energy_cny"]))
        tax = made_of["tax_cny"]
        parts = sum(mean(v) for k, v in tax.items() if k != "rate")
        assert parts == pytest.approx(mean(row["tax_cny"]))
    last = document["cash_flow"][-1]["from"]["energy_cny"]
    kwh = next(p for p in last if p["carrier"] == "electricity_kwh")
    assert mean(kwh["cny"]) / mean(kwh["saved"]) == pytest.approx(0.65 * 1.05**2)
    gas = next(p for p in last if p["carrier"] == "natural_gas_m3")
    assert mean(gas["cny"]) / mean(gas["saved"]) == pytest.approx(3.6 * 1.2)
    co2 = next(p for p in last if p["carrier"] == "co2_t")
    assert mean(co2["cny"]) / mean(co2["saved"]) == pytest.approx(90)


def test_the_renewals_add_up_to_the_capital_of_the_plan(answer, document):
    total = sum(row["npv_cny"] for row in document["renewal_money"])
    assert total == pytest.approx(document["money"]["capital_npv_cny"])
    assert total == pytest.approx(capital_cny(answer.schedule, answer.money))
    for key, name in (("price_cny", "capex_cny"), ("grant_cny", "grant_cny"), ("residual_cny", "residual_cny")):
        assert sum(r[key] for r in document["renewal_money"]) == pytest.approx(
            sum(r[name] for r in document["cash_flow"])
        )


def test_accounts_of_loan_credit_and_grant_close(document):
    money = document["money"]
    assert money["loan_cny"]["drawn"] > 0
    assert money["loan_cny"]["repaid"] + money["loan_cny"]["left"] == pytest.approx(money["loan_cny"]["drawn"])
    credit = {key: value["mean"] for key, value in money["credit_cny"].items()}
    assert credit["used"] + credit["lapsed"] + credit["carried"] == pytest.approx(credit["earned"])
    assert money["granted_cny"]["local"] == pytest.approx(30_000)  # 4 x 18,000 claimed: the cap holds
    assert money["abatement_cny_per_t"]["simple"]["mean"] * mean(money["abatement_cny_per_t"]["co2_saved_t"]) == (
        pytest.approx(-document["npv_gain_cny"]["simulated"]["mean"], rel=0.05)
    )


def test_what_a_whole_plan_loses_makes_it_worth_less_than_predicted_capital(answer):
    flow = CashFlow(answer.planned, answer.baseline, answer.schedule, answer.money)
    assert (flow.settlement @ flow.ends <= 1e-6).all()
    renewals = answer.plan.renewals
    assert renewals
    still = renewal_problem(answer.plant, answer.renewal, without_operation(answer.plant))
    chosen = [Chosen(**r.model_dump(include={"asset", "option", "period", "machines"})) for r in renewals]
    assert evaluate(still, chosen).gain >= capital_cny(answer.schedule, answer.money) - 1e-6


def without_operation(one):
    """Return beliefs in which renewals change nothing but capital."""
    periods = one.renewal.years
    still = Fitted((1.0,) * periods, 0.0, (1.0,) * periods)
    assets = assets_of(one)
    return Beliefs(
        assets, [LineBelief(3.0, {}, 0.0, 1.0, 1.0) for _ in one.lines],
        {a.name: still for a in assets},
        {(a.name, o.name): still for a in assets for o in one.lines[a.line].stations[a.station].options},
        {(a.name, o.name): 0.0 for a in assets for o in one.lines[a.line].stations[a.station].options},
        {(a.name, o.name): Use() for a in assets for o in one.lines[a.line].stations[a.station].options},
    )  # fmt: skip


@pytest.mark.parametrize("cap", [None, 10_000, 1e9])
@pytest.mark.parametrize("taxed", [True, False])
@pytest.mark.parametrize("depreciation", ["one_off", "declining_balance"])
def test_the_optimiser_never_counts_less_than_the_plan_gets(cap, taxed, depreciation):
    """Equal without a cap that binds; with it, the order of payment and rounding by option make it a bound."""
    local = {"kind": "grant", "name": "local", "share": 0.2, "taxed": taxed, "valid_until": "2026-09-30"}
    one = works(
        incentives=[local | ({} if cap is None else {"cap_per_project_cny": cap}), *INCENTIVES[1:]],
        tax={"depreciation": depreciation, "one_off_until": "2025-12-31"}, prices={"equipment": 0.05},
        co2_price_cny_per_t=None,
    )  # fmt: skip
    problem = renewal_problem(one, one.renewal, without_operation(one))
    money, assets = Money(one.renewal), assets_of(one)
    for periods in ((0, 0), (3, 5), (7, 8), (11, 2)):
        chosen = [
            Chosen(asset=a.name, option="new", period=t, machines=m)
            for a, t, m in zip(assets, periods, (2, 1), strict=True)
        ]
        predicted = evaluate(problem, chosen).gain
        exact = capital_cny(dated(one, one.renewal, assets, chosen), money)
        assert predicted >= exact - 1e-6
        assert predicted == pytest.approx(exact, rel=0.02, abs=1.0 if cap != 10_000 else 800)
        if cap != 10_000:
            assert predicted == pytest.approx(exact, abs=1e-6)


def test_a_loan_ceiling_holds_what_is_owed():
    one = works(loan=LOAN | {"ceiling_cny": 60_000}, incentives=[])
    problem = renewal_problem(one, one.renewal, without_operation(one))
    assert problem.resources["debt"].max == 60_000

    def broken(*at):
        chosen = [Chosen(asset="line/lathe", option="new", period=t) for t in at]
        return [v.constraint for v in evaluate(problem, chosen).violations]

    assert broken(0) == []  # 54,000 owed
    assert "resource_max" in broken(0, 0)
    assert "resource_max" in broken(0, 6)
    assert broken(0, 8) == []  # repaid after 8 quarters; the machine costs 2 % more a year


def test_money_without_incentives_is_what_it_was():
    """No field of the optimiser beyond the plain ones where nothing depends on the day of purchase."""
    one = plant(line(station("lathe", 3600, option(resale_cny=50))), renewal=renewal())
    problem = renewal_problem(one, one.renewal, without_operation(one))
    offer = problem.assets[0].options[0]
    assert offer.cash_by_period is None
    assert offer.cost_by_period is None
    assert not offer.claims
    assert not problem.pools
    assert not problem.prices


def test_prices_count_by_year_in_prediction_and_playback():
    """One machine runs all year on 20 kW; the new one on 5: electricity 10 % dearer each year."""
    offer = option(capex=0, power_kw={"processing": 5, "idle": 5})
    one = plant(
        line(station("lathe", 3 * 3600, offer, power_kw={"processing": 20, "idle": 20}), source="saturated"),
        products=({"name": "part", "margin_cny": 0},),
        renewal=renewal(prices={"electricity": 0.10}, co2_price_cny_per_t={2027: 100}, tax={"rate": 0.0}),
    )
    beliefs = Reader(one, one.renewal, Study(1, 2200, 200, workers=1)).read()
    chosen = [Chosen(asset="line/lathe", option="new", period=0)]
    predicted = evaluate(renewal_problem(one, one.renewal, beliefs), chosen)
    kwh, factor = 15 * 8760, one.energy.electricity.co2_kg_per_kwh
    by_hand = [kwh * 0.65, kwh * 0.65 * 1.1, kwh * (0.65 * 1.21 + factor / 10)]
    # a year without price before the first one of the table has its price: 100 CNY/t in every year
    by_hand = [cny + (kwh * factor / 10 if n < 2 else 0) for n, cny in enumerate(by_hand)]
    worth = sum(cny / 1.1 ** (n + 1) for n, cny in enumerate(by_hand))
    assert predicted.gain == pytest.approx(worth, rel=1e-3)
    stage = Stage(one, one.renewal, 1, 1, workers=1)
    schedule = dated(one, one.renewal, assets_of(one), chosen)
    base, played = stage.play([[], schedule])
    assert (base.energy_cny - played.energy_cny)[0] == pytest.approx(by_hand, rel=1e-3)
    assert gains(played, base, schedule, Money(one.renewal))[0] == pytest.approx(worth, rel=1e-3)


@pytest.mark.parametrize(("share", "period", "gain"), [(0.5, 0, 22_916), (0.0, 2, 150)])
def test_an_option_is_bought_in_time_for_the_grant(share, period, gain):
    """Equipment gets 30 % cheaper each year: without the grant of the first year it pays to wait.

    Saving 10,000 a year: -100,000 + 50,000 / 1.1 + 10,000 x 2.48685 + 70,000 / 1.331; in the third year for 49,000,
    of which 90 % are left at the end.
    """
    local = {"kind": "grant", "name": "local", "share": share, "valid_until": "2025-12-31"}
    one = plant(
        line(station("lathe", 3 * 3600, option())),
        renewal=renewal(incentives=[local], tax={"rate": 0.0}, prices={"equipment": -0.3}),
    )
    beliefs = without_operation(one)
    beliefs.saving_cny_per_y["line/lathe", "new"] = 10_000.0
    plan = solve(renewal_problem(one, one.renewal, beliefs))
    assert [r.period for r in plan.renewals] == [period]
    assert plan.gain == pytest.approx(gain, abs=1)
