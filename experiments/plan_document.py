"""The plan document: what the report, the terminal and ``--json`` show of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from experiments.answer import Answer
from experiments.beliefs import running_cost_cny_per_y
from experiments.figures import ci
from experiments.money_document import cash_flow_rows, figures, flow_of, renewal_money
from experiments.playback import Array, Dated, Played, capital_cny

Row = dict[str, Any]


def plan_document(answer: Answer) -> Row:
    """Return what the answer itself says; version, names and assumptions are added by the caller."""
    plan, renewal = answer.plan, answer.renewal
    gain = answer.gain(answer.planned, answer.schedule)
    looped = answer.looped
    bound = plan.bound if looped is None else looped.bound_cny
    gap = plan.gap if looped is None else (looped.bound_cny - gain["mean"]) / max(abs(gain["mean"]), 1e-9)
    return {
        "kind": "plan",
        "plant": answer.plant.plant.name,
        "status": plan.status,
        "npv_gain_cny": {"simulated": gain, "predicted": plan.gain, "bound": bound},
        "gap": gap,
        **({} if looped is None else {"loop": looped.document(answer.renewal.labels())}),
        "periods": renewal.labels(),
        "renewals": _renewals(answer, answer.schedule),
        "by_year": _by_year(answer),
        "by_period": _by_period(answer),
        "cash_flow": cash_flow_rows(answer),
        "renewal_money": renewal_money(answer),
        "money": figures(answer),
        "explained": _explained(answer),
        "explained_notes": _notes(answer),
        "by_line": _by_line(answer),
        "against": _against(answer),
        "baseline": answer.baseline.document,
        "planned": answer.planned.document,
        "discount_rate": renewal.discount_rate,
        "tax_rate": renewal.tax.rate,
        "years": renewal.years,
        "seed": answer.seed,
        "replications": answer.replications,
        "engine": answer.planned.document["engine"],
    }


def _renewals(answer: Answer, schedule: Sequence[Dated]) -> list[Row]:
    """Return one row for the machines of a station that get the same option in the same period."""
    labels = answer.renewal.labels()
    rows = []

    def together(d: Dated) -> tuple[int, str, str, str]:
        return d.period, d.line, d.station, d.option.name

    for _, group in groupby(sorted(schedule, key=together), together):
        items = list(group)
        first, option = items[0], items[0].option
        station = answer.plant.line(first.line).station(first.station)
        capex = answer.money.price(option, first.period) * len(items)
        rows.append({
            "line": first.line,
            "station": first.station,
            "machines": len(items),
            "from": station.equipment or station.name,
            "option": option.name,
            "period": labels[first.period],
            "start": min(d.start for d in items).date().isoformat(),
            "end": max(d.end for d in items).date().isoformat(),
            "capex_cny": capex,
            "payback_y": _payback_y(answer, items, capex),
        })  # fmt: skip
    return rows


def _payback_y(answer: Answer, items: Sequence[Dated], capex_cny: float) -> float | None:
    """Return price over what the renewals save a year by themselves in energy, stops and running; None if nothing.

    What they add to the output depends on the other stations and stands in the plan's gain, not here.
    """
    saved = 0.0
    for item in items:
        station = answer.plant.line(item.line).station(item.station)
        place, savings = f"{item.line}/{item.station}", answer.beliefs.saving_cny_per_y
        written_out = f"{place}#{item.machine}", item.option.name
        saved += savings[written_out] if written_out in savings else savings[place, item.option.name]
        if item.option.running_cost_cny_per_y is not None:
            now = running_cost_cny_per_y(station, station.names.index(item.machine))
            saved += now - item.option.running_cost_cny_per_y
    return capex_cny / saved if saved > 0 else None


def _by_year(answer: Answer) -> list[Row]:
    """Return money, downtime, output and energy of each plan year."""
    renewal, per_year = answer.renewal, answer.money.per_year
    rows, carried = [], 0.0
    for n, year in enumerate(renewal.calendar_years()):
        mine = [d for d in answer.schedule if d.period // per_year == n]
        capex = sum(answer.money.price(d.option, d.period) for d in mine)
        spent = capex * answer.money.own_share()  # what is borrowed is not of the budget
        budget = None if renewal.budget_cny is None else renewal.budget_cny.get(year, 0.0)
        available = None if budget is None else budget + carried
        span = slice(n * per_year, (n + 1) * per_year)
        rows.append({
            "year": year,
            "capex_cny": capex,
            "from_budget_cny": spent,
            "budget_cny": budget,
            "available_cny": available,
            "downtime_h": sum(sum(row.downtime_h.values()) for row in answer.plan.by_period[span]),
            "output": ci(answer.planned.good[:, span].sum(axis=(1, 2))),
            "output_baseline": ci(answer.baseline.good[:, span].sum(axis=(1, 2))),
            **_pair("energy_tce", answer.planned.tce, answer.baseline.tce, span),
            **_pair("co2_t", answer.planned.co2_t, answer.baseline.co2_t, span),
        })  # fmt: skip
        carried = available - spent if available is not None and renewal.carry_over else 0.0
    return rows


def _pair(name: str, planned: Array, baseline: Array, span: slice) -> Row:
    return {
        name: ci(planned[:, span].sum(axis=1)),
        f"{name}_baseline": ci(baseline[:, span].sum(axis=1)),
    }


def _by_period(answer: Answer) -> list[Row]:
    limits = answer.renewal.downtime_h_per_period
    labels = answer.renewal.labels()
    return [
        {
            "period": labels[row.period],
            "line": line,
            "downtime_h": hours,
            "limit_h": limits.get(line),
        }
        for row in answer.plan.by_period
        for line, hours in row.downtime_h.items()
    ]


def _explained(answer: Answer) -> list[Row]:
    """Return where prediction and simulation of the gain differ, part by part (present values after tax)."""
    money, last = answer.money, answer.renewal.periods
    ends = np.array([money.at_end(t) for t in range(last)])

    def worth(per_period: Array) -> Array:
        out: Array = per_period @ ends * money.kept
        return out

    p, b = answer.planned, answer.baseline
    # Energy that the additional output takes in processing: the prediction books it with the output.
    per_unit = np.array([line.marginal_energy_cny for line in answer.beliefs.lines])
    processing = (p.good - b.good) @ per_unit
    capital = capital_cny(answer.schedule, money)
    later = flow_of(answer).settlement @ ends
    output = _predicted_output_cny(answer)
    assert answer.plan.gain is not None
    rest = answer.plan.gain - output - capital
    return [
        {
            "what": "output margin less energy of processing",
            "predicted_cny": output,
            "simulated_cny": ci(worth(p.margin_cny - b.margin_cny) - worth(processing)),
        },
        {
            "what": "energy at the same output, stops and running cost",
            "predicted_cny": rest,
            "simulated_cny": ci(worth(b.energy_cny + b.running_cny - p.energy_cny - p.running_cny) + worth(processing)),
        },
        {
            "what": "price, resale, tax saved and residual value",
            "predicted_cny": capital,
            "simulated_cny": ci(capital + later) if later.any() else capital,
        },
    ]


def _predicted_output_cny(answer: Answer) -> float:
    """Return the predicted worth of additional output over renewing nothing."""
    from optimize.evaluate import evaluate

    base = evaluate(answer.problem, ()).by_period
    total = 0.0
    for line in answer.problem.lines:
        hours, margin = line.hours, line.margin
        assert isinstance(hours, tuple)  # as experiments.problem_of writes them
        margins = margin if isinstance(margin, tuple) else (margin or 0.0,) * len(hours)
        for t, (row, without) in enumerate(zip(answer.plan.by_period, base, strict=True)):
            more = _per_h(row.output_per_h[line.name]) - _per_h(without.output_per_h[line.name])
            total += answer.money.at_end(t) * margins[t] * hours[t] * more
    return total


def _per_h(output: Any) -> float:  # noqa: ANN401 - a number, or by product
    return float(sum(output.values()) if hasattr(output, "values") else output)


def _by_line(answer: Answer) -> list[Row]:
    """Return each line's output in the last plan year, predicted and simulated, and its bottlenecks."""
    per_year = answer.money.per_year
    rows = []
    for n, line in enumerate(answer.plant.lines):
        hours = answer.problem.lines[n].hours
        assert isinstance(hours, tuple)
        predicted = sum(
            _per_h(row.output_per_h[line.name]) * hours[row.period] for row in answer.plan.by_period[-per_year:]
        )
        planned, base = (p.good[:, -per_year:, n].sum(axis=1) for p in (answer.planned, answer.baseline))
        before = float(base.mean())
        rows.append({
            "name": line.name,
            "predicted_output_per_y": predicted,
            "simulated_output_per_y": ci(planned),
            "baseline_output_per_y": ci(base),
            "bottleneck_before": answer.baseline.document["lines"][n]["bottleneck"],
            "bottleneck_after": answer.planned.document["lines"][n]["bottleneck"],
            "gain_output_share": ci(planned / before - 1) if before else None,
        })  # fmt: skip
    return rows


def _against(answer: Answer) -> Row:
    ranked = answer.by_ranking
    return {
        "baseline": {"npv_cny": ci(_value(answer, answer.baseline))},
        "payback_ranking": {
            "npv_gain_cny": {"simulated": answer.gain(ranked, answer.ranked), "predicted": answer.ranking.gain},
            "capex_cny": sum(answer.money.price(d.option, d.period) for d in answer.ranked),
            "renewals": _renewals(answer, answer.ranked),
        },
    }


def _value(answer: Answer, played: Played) -> Array:
    """Return the present value after tax of all operation, by replication."""
    ends = np.array([answer.money.at_end(t) for t in range(answer.renewal.periods)])
    out: Array = played.operating_cny @ ends * answer.money.kept
    return out


def _notes(answer: Answer) -> list[str]:
    """Return in words why prediction and simulation differ."""
    notes = [
        "The prediction takes each station by itself and the line as quick as its slowest station, less what blocking "
        "and starving take today; the simulation lets stations wait for one another.",
        "The prediction counts a new machine from the first day of its period, less its installation; the simulation "
        "from the day on which it is ready, with its ramp-up.",
    ]
    for row in _by_line(answer):
        predicted, simulated = row["predicted_output_per_y"], row["simulated_output_per_y"]["mean"]
        if predicted:
            off = simulated / predicted - 1
            notes.append(
                f"{row['name']}: in the last year the simulated output differs from the prediction by {off:+.1%}."
            )
    return notes
