"""The money of a plan in its document: cash flow by year line by line, money of each renewal, and the plan's figures.

Every line of operation says from which simulated quantity it comes, with the interval over the replications.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from experiments.answer import Answer
from experiments.cash_flow import AT_END, AT_START, TAXES, Array, Bought, CashFlow
from experiments.figures import ci
from experiments.paths import Paths

Row = dict[str, Any]
CAPITAL = ("loan_drawn", "grant", "credit", "subsidy", "interest", "repayment", "debt_left")
"""Lines that a cash flow shows beside price, resale, tax and residual value."""


def flow_of(answer: Answer) -> CashFlow:
    """Return the cash flow of the plan as it was played back."""
    return CashFlow(answer.planned, answer.baseline, answer.schedule, answer.money)


def by_plan_year(values: Array, per_year: int) -> Array:
    """Return the sums over each plan year; periods are the last axis."""
    out: Array = values.reshape(*values.shape[:-1], -1, per_year).sum(axis=-1)
    return out


def cash_flow_rows(answer: Answer) -> list[Row]:
    """Return the yearly cash flow over the baseline, its lines with what they are made of, and the sum so far."""
    flow, n = flow_of(answer), answer.money.per_year

    def years(values: Array) -> Array:
        return by_plan_year(values, n)

    capital = {name: years(values) for name, values in flow.capital.items()}
    margin, energy, running, tax = (years(v) for v in (flow.margin, flow.energy, flow.running, flow.tax))
    present = years(flow.present_by_period())
    so_far = present.cumsum(axis=-1)
    rows = []
    for y, year in enumerate(answer.renewal.calendar_years()):
        lines = {name: float(capital[name][y]) for name in (*AT_START, *AT_END)}
        fixed = sum(amount for name, amount in lines.items() if name not in TAXES)
        rows.append({
            "year": year,
            "capex_cny": lines["price"],
            "resale_cny": lines["resale"],
            "margin_cny": ci(margin[:, y]),
            "energy_cny": ci(energy[:, y]),
            "running_cny": ci(running[:, y]),
            "tax_cny": ci(tax[:, y]),
            "residual_cny": lines["residual"],
            **{f"{name}_cny": lines[name] for name in CAPITAL},
            "net_cny": ci(margin[:, y] + energy[:, y] + running[:, y] + tax[:, y] + fixed),
            "present_cny": ci(present[:, y]),
            "discounted_cumulative_cny": ci(so_far[:, y]),
            "from": _sources(answer, flow, y),
        })  # fmt: skip
    return rows


def _sources(answer: Answer, flow: CashFlow, year: int) -> Row:
    """Return the simulated quantities that a year's lines are made of; they add up to the lines."""
    n = answer.money.per_year
    planned, base = answer.planned, answer.baseline
    span = slice(year * n, (year + 1) * n)

    def change(name: str, kind: str) -> Array:
        zero = np.zeros_like(planned.margin_cny)
        new, old = (getattr(p, kind).get(name, zero) for p in (planned, base))
        out: Array = (new - old)[:, span].sum(axis=1)
        return out

    margins = {p.name: p.margin_cny for p in answer.plant.products}
    paths = Paths(answer.plant, answer.renewal)
    carriers = dict.fromkeys([*planned.amounts, *base.amounts])
    rules = answer.renewal.tax
    operating = flow.operating[:, span].sum(axis=1)
    return {
        "margin_cny": [
            {"product": p, "units": ci(change(p, "units")), "cny_per_unit": margin * paths.margin[year * n]}
            for p, margin in margins.items()
            if change(p, "units").any()
        ],
        "energy_cny": [
            {"carrier": c, "saved": ci(-change(c, "amounts")), "cny": ci(_energy_part(answer, c, span))}
            for c in carriers
        ]
        + _co2_part(answer, span),
        "tax_cny": {
            "rate": rules.rate,
            "on_operation_cny": ci(-rules.rate * operating),
            **{f"{name}_cny": float(flow.capital[name][span].sum()) for name in TAXES},
            "later_cny": ci(flow.settlement[:, span].sum(axis=1)),
        },
    }


def _energy_part(answer: Answer, carrier: str, span: slice) -> Array:
    """Return what is saved on a carrier, without CO2; electricity is what the others leave of the energy line."""
    energy, paths = answer.plant.energy, Paths(answer.plant, answer.renewal)

    def cost(amounts: dict[str, Array], key: str) -> Array:
        price = energy.carrier(key).per_unit("price_cny") * np.array(paths.carrier(key))
        out: Array = amounts.get(key, np.zeros_like(answer.planned.co2_t)) * price
        return out

    sides = []
    for played in (answer.baseline, answer.planned):
        if carrier == "electricity_kwh":
            others = sum((cost(played.amounts, c) for c in played.amounts if c != carrier), np.zeros(1))
            sides.append(played.energy_cny - others - played.co2_t * np.array(paths.co2_cny_per_t))
        else:
            sides.append(cost(played.amounts, carrier))
    out: Array = (sides[0] - sides[1])[:, span].sum(axis=1)
    return out


def _co2_part(answer: Answer, span: slice) -> list[Row]:
    price = np.array(Paths(answer.plant, answer.renewal).co2_cny_per_t)
    if not price[span].any():
        return []
    saved = (answer.baseline.co2_t - answer.planned.co2_t)[:, span]
    return [{"carrier": "co2_t", "saved": ci(saved.sum(axis=1)), "cny": ci((saved * price[span]).sum(axis=1))}]


def renewal_money(answer: Answer) -> list[Row]:
    """Return the money of each renewal over the plan: sums of its lines, and the present value of all of them.

    Taxes here meet the firm's other income at once; the plan's ``later`` tax is in the plan's figures.
    """
    flow, money, labels = flow_of(answer), answer.money, answer.renewal.labels()

    def together(b: Bought) -> tuple[int, str, str, str]:
        return b.item.period, b.item.line, b.item.station, b.item.option.name

    rows = []
    for _, group in groupby(sorted(flow.bought, key=together), together):
        items = list(group)
        first = items[0].item
        rows.append({
            "line": first.line,
            "station": first.station,
            "option": first.option.name,
            "period": labels[first.period],
            "machines": len(items),
            **{f"{name}_cny": _total(items, name) for name in (*AT_START, *AT_END)},
            "npv_cny": sum(money.present(b.flows) for b in items),
        })  # fmt: skip
    return rows


def _total(items: Sequence[Bought], name: str) -> float:
    return sum(sum(b.flows.at_start.get(name) or b.flows.at_end.get(name) or [0.0]) for b in items)


def figures(answer: Answer) -> Row:
    """Return the plan's figures: value, return, payback, abatement cost; credit and loan accounts."""
    flow = flow_of(answer)
    earned, used, lapsed = (
        np.array([sum(getattr(y, key) for y in row) for row in flow.tax_years])
        for key in ("credit_earned", "credit_used", "credit_lapsed")
    )
    carried = np.array([row[-1].credit_carried for row in flow.tax_years])
    drawn, repaid, left = (float(flow.capital[name].sum()) for name in ("loan_drawn", "repayment", "debt_left"))
    granted: dict[str, float] = {}
    for one in flow.bought:
        for name, amount in one.granted.items():
            granted[name] = granted.get(name, 0.0) + amount
    return {
        "npv_cny": ci(flow.npv()),
        "capital_npv_cny": flow.capital_present(),
        "tax_later_npv_cny": ci(flow.settlement @ flow.ends),
        "irr": _some(flow.irr()),
        "discounted_payback_y": _some([y if np.isfinite(y) else None for y in flow.payback_y()]),
        "abatement_cny_per_t": {
            "discounted": _some(flow.abatement(discounted=True)),
            "simple": _some(flow.abatement(discounted=False)),
            "co2_saved_t": ci(flow.co2_saved_t().sum(axis=1)),
        },
        "credit_cny": {"earned": ci(earned), "used": ci(used), "lapsed": ci(lapsed), "carried": ci(carried)},
        "loan_cny": {"drawn": drawn, "repaid": -repaid, "left": -left},
        "granted_cny": granted,
    }


def _some(values: Sequence[float | None]) -> Row | None:
    """Return mean and half-width where every replication has a value; None where one has none."""
    known = [v for v in values if v is not None]
    return ci(np.array(known)) if known and len(known) == len(values) else None
