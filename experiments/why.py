"""Why this plan, in plant words: line, station, month and CNY instead of assets, periods and plain numbers.

What is asked and how stands in :mod:`optimize.explain`; here its answers are put into the plan document (``why``),
and other choices (ranking by own capacity, the user's own list) are played back beside the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from experiments.answer import Answer
from experiments.beliefs import Beliefs, Progress
from experiments.figures import ci
from experiments.playback import Dated, Played, Stage, dated, gains
from experiments.problem_of import renewal_problem
from models.plant import Plant
from optimize.evaluate import Evaluator
from optimize.explain import explain
from optimize.explain_document import Between, Blocker, BudgetPrice, Explanation, Measure, Missing, MoreOf, Move
from optimize.plan import Renewal
from optimize.problem import RenewalProblem
from sim.engine import DEFAULT, Asked

Row = dict[str, Any]
STEP_CNY = 100_000.0
"""What "a little more money" is, in CNY."""
PRICE_STEP_CNY = 1000.0
"""Change of a price by which is found what a yuan of price costs after tax, residual value and grants."""


def explain_plan(
    answer: Answer, *, time_limit_s: float = 20.0, workers: int | None = None, progress: Progress | None = None
) -> Row:
    """Return the ``why`` part of a plan's document.

    Args:
        answer: The plan, played back.
        time_limit_s: For all questions; what is not answered by then is said to be unknown.
        workers: Questions asked side by side; default two.
        progress: Called with questions answered and known so far.
    """
    found = explain(
        answer.problem,
        answer.plan.renewals,
        step=STEP_CNY,
        saved=co2_saved_t(answer.beliefs, answer.money.per_year),
        time_limit_s=time_limit_s,
        each_s=max(1.0, time_limit_s / 8),
        workers=workers or 2,
        progress=progress,
    )
    return Teller(answer, found).told()


def co2_saved_t(beliefs: Beliefs, per_year: int) -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the tonnes of CO2 that one machine saves in a period, by asset and option, at the same output."""
    return {pair: (use.co2_t / per_year,) for pair, use in beliefs.saved_per_y.items()}


class Teller:
    """Puts an explanation into plant words."""

    def __init__(self, answer: Answer, found: Explanation) -> None:
        self.answer, self.found = answer, found
        self.labels = answer.renewal.labels()
        self.assets = {asset.name: asset for asset in answer.problem.assets}

    def told(self) -> Row:
        """Return the ``why`` part of the document."""
        found = self.found
        return {
            "gain_cny": found.gain,
            "best_gain_cny": found.best_gain,
            "bound_cny": found.bound,
            "measures": [self._measure(m) for m in found.measures],
            "missing": [self._missing(m) for m in found.missing],
            "budgets": [self._budget(b) for b in found.budgets],
            "next_year": None if found.next_window is None else self._year(found.budgets[found.next_window].period),
            "more": [self._more(m) for m in found.more],
            "curve": [
                {"factor": p.factor, "budget_cny": p.budget, "capex_cny": p.spent, "gain_cny": p.gain,
                 "bound_cny": p.bound, "moves": self._moves(p.moves)}
                for p in found.curve
            ],
            "abatement": self._abatement(),
            "questions": {"asked": found.asked, "unfinished": found.unfinished},
        }  # fmt: skip

    def _place(self, asset: str, option: str) -> Row:
        entry = self.assets[asset]
        machine = asset.partition("#")[2]
        return {"line": entry.line, "station": entry.station, **({"machine": machine} if machine else {}),
                "option": option}  # fmt: skip

    def _moves(self, moves: Sequence[Move]) -> list[Row]:
        return [
            {**self._place(m.asset, m.option), "machines": m.machines, "before": self._dated(m.before),
             "after": self._dated(m.after)}
            for m in moves
        ]  # fmt: skip

    def _dated(self, machines: Mapping[int, int]) -> Row:
        return {self.labels[period]: count for period, count in machines.items()}

    def _year(self, period: int) -> int:
        return self.answer.renewal.calendar_years()[period // self.answer.money.per_year]

    def _measure(self, m: Measure) -> Row:
        price, factor = self._price_cny(m)
        break_even = None if m.break_even_price is None or not factor else (m.break_even_price - m.price) * factor
        return {
            **self._place(m.asset, m.option),
            "machines": m.machines,
            "of": m.of,
            "by_period": self._dated(m.by_period),
            "capex_cny": price * m.machines,
            "adds_rest_fixed_cny": m.adds_rest_fixed,
            "adds_replanned_cny": _ends(m.adds_replanned),
            "parts_cny": m.parts.model_dump(),
            "required": m.required,
            "rest_breaks": list(m.rest_breaks),
            "price_cny": price,
            "break_even_price_cny": None if break_even is None else price + break_even,
            "break_even_exact": m.break_even_exact,
            "without": self._moves(m.without),
        }

    def _price_cny(self, m: Measure) -> tuple[float, float]:
        """Return the price of one machine, and how many yuan of price cost as much as one paid outright.

        Part of a price comes back as tax saved, residual value and grants: the plan is valued again at a price a
        little higher, and what it loses is held against the same sum paid outright.
        """
        entry = self.assets[m.asset]
        plant = _dearer(self.answer.plant, str(entry.line), str(entry.station), m.option)
        option = next(
            o for o in self.answer.plant.line(str(entry.line)).station(str(entry.station)).options if o.name == m.option
        )
        mine = [r for r in self.answer.plan.renewals if (r.asset, r.option) == (m.asset, m.option)]
        dearer = renewal_problem(plant, self.answer.renewal, self.answer.beliefs)
        lost = _value(self.answer.problem, mine) - _value(dearer, mine)
        factors = Evaluator(self.answer.problem).capex_factor
        outright = PRICE_STEP_CNY * sum(n * float(factors[period]) for period, n in m.by_period.items())
        return option.capex_cny, outright / lost if lost > 0 else 0.0

    def _missing(self, m: Missing) -> Row:
        return {
            **self._place(m.asset, m.option),
            "machines": m.machines,
            "reason": m.reason,
            "rival": None if m.rival is None else {"option": m.rival},
            "blockers": [self._blocker(b) for b in m.blockers],
            "forced_cny": _ends(m.forced),
            "forced_impossible": m.forced_impossible,
            "forced": self._moves(m.forced_moves),
            "alone_cny": None if m.alone is None else m.alone.model_dump(),
        }

    def _blocker(self, b: Blocker) -> Row:
        periods = [self._year(p) for p in b.periods] if b.kind == "budget" else [self.labels[p] for p in b.periods]
        return {
            "kind": b.kind,
            "line": b.line,
            "station": b.station,
            "name": b.name,
            "rule": None if b.rule is None or b.kind != "rule" else rule_words(self.answer.problem, b.rule),
            "periods": periods,
            "machines": b.machines,
            "adds_cny": _ends(b.adds),
        }

    def _budget(self, b: BudgetPrice) -> Row:
        return {
            "year": self._year(b.period),
            "budget_cny": b.amount,
            "unused_cny": b.unused,
            "step_cny": b.step,
            "more_cny": _ends(b.more),
            "less_cny": _ends(b.less),
            "less_step_cny": b.less_step,
            "price_more": b.price_more,
            "price_less": b.price_less,
            "holds_from_cny": b.amount - b.less_step,
            "holds_to_cny": b.amount + b.step,
            "plan_kept_from_cny": b.amount - b.unused,
            "next_plan_from_cny": b.plan_until,
            "lifted_cny": _ends(b.lifted),
            "useless": b.useless,
            "moves": self._moves(b.moves),
        }

    def _more(self, m: MoreOf) -> Row:
        return {
            "kind": m.kind, "line": m.line, "name": m.name, "unit": m.unit, "gain_cny": _ends(m.gain),
            "enough": m.enough, "lifted_cny": _ends(m.lifted), "moves": self._moves(m.moves),
        }  # fmt: skip

    def _abatement(self) -> Row | None:
        curve = self.found.abatement
        if curve is None:
            return None
        measures = [
            {**self._place(m.asset, m.option), "machines": m.machines, "abated_t": m.abated, "net_cost_cny": m.net_cost,
             "cost_cny_per_t": m.cost_per_unit, "front": m.front}
            for m in curve.measures
        ]  # fmt: skip
        no_effect = [self._place(*name.rsplit("/", 1)) for name in curve.no_effect]
        own = sum(m.net_cost for m in curve.measures)
        return {"measures": measures, "no_effect": no_effect, "net_cost_cny": own, "alone_sum_cny": curve.alone_sum}


def _ends(between: Between | None) -> Row | None:
    return None if between is None else between.model_dump()


def _value(problem: RenewalProblem, renewals: Sequence[Renewal]) -> float:
    return Evaluator(problem).evaluate(renewals).value


def _dearer(plant: Plant, line: str, station: str, option: str) -> Plant:
    """Return the plant with one option at a price a little higher."""
    lines = []
    for own in plant.lines:
        stations = tuple(
            s.model_copy(update={"options": tuple(
                o.model_copy(update={"capex_cny": o.capex_cny + PRICE_STEP_CNY}) if o.name == option else o
                for o in s.options
            )}) if (own.name, s.name) == (line, station) else s
            for s in own.stations
        )  # fmt: skip
        lines.append(own.model_copy(update={"stations": stations}))
    return plant.model_copy(update={"lines": tuple(lines)})


def rule_words(problem: RenewalProblem, number: int) -> Row:
    """Return a rule as its kind and what it names, for a sentence in either language."""
    rule = problem.rules[number]
    kind = type(rule).__name__.lower()
    body = rule.model_dump(by_alias=True)[kind]
    labels = problem.periods.labels
    if isinstance(body, Mapping):
        return {"number": number + 1, "rule": kind, **body}
    names = [body] if isinstance(body, str) else list(body)
    more = {key: value for key, value in rule.model_dump().items() if key not in {kind, "choose"}}
    if more.get("by") is not None and labels:
        more["by"] = labels[more["by"]]
    return {"number": number + 1, "rule": kind, "names": names, **more}


# --- other choices, played back ---


def play_against(
    answer: Answer,
    choices: Mapping[str, Sequence[Renewal]],
    *,
    workers: int | None = None,
    engine: Asked = DEFAULT,
    announce: Callable[[str], Progress | None] = lambda stage: None,
) -> Row:
    """Return other choices as the plan document holds them, each simulated on the streams of the plan.

    Each has its gain over renewing nothing, and what the plan gains more (``less_plan_cny``: choice less plan), both
    with the interval of the paired difference, and the limits that it breaks.
    """
    if not choices:
        return {}
    stage = Stage(
        answer.plant, answer.renewal, answer.seed, answer.replications, workers, engine, answer.first_replication
    )
    schedules = {
        name: dated(answer.plant, answer.renewal, answer.beliefs.assets, renewals) for name, renewals in choices.items()
    }
    played = stage.play(list(schedules.values()), announce("Playing back other choices"))
    return {
        name: _choice(answer, choices[name], schedules[name], one) for name, one in zip(schedules, played, strict=True)
    }


def _choice(answer: Answer, renewals: Sequence[Renewal], schedule: Sequence[Dated], played: Played) -> Row:
    mine = gains(played, answer.baseline, schedule, answer.money)
    plan = gains(answer.planned, answer.baseline, answer.schedule, answer.money)
    evaluated = Evaluator(answer.problem).evaluate(renewals)
    return {
        "npv_gain_cny": {"simulated": ci(mine), "predicted": evaluated.gain},
        "less_plan_cny": ci(mine - plan),
        "capex_cny": sum(d.option.capex_cny for d in schedule),
        "renewals": _rows(answer, schedule),
        "breaks": [violation.message for violation in evaluated.violations],
    }


def _rows(answer: Answer, schedule: Sequence[Dated]) -> list[Row]:
    labels = answer.renewal.labels()

    def together(d: Dated) -> tuple[int, str, str, str]:
        return d.period, d.line, d.station, d.option.name

    rows = []
    for (period, line, station, option), group in groupby(sorted(schedule, key=together), together):
        items = list(group)
        rows.append({
            "line": line, "station": station, "machines": len(items), "option": option, "period": labels[period],
            "start": min(d.start for d in items).date().isoformat(),
            "end": max(d.end for d in items).date().isoformat(),
            "capex_cny": sum(d.option.capex_cny for d in items),
        })  # fmt: skip
    return rows
