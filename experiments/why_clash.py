"""No schedule is possible: the limits that clash, in plant words, and how little each would have to give way."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.lang import mark
from experiments.report.parts import Writer, joined
from experiments.report.why_parts import rule
from experiments.why import rule_words
from models.errors import PlanImpossible
from models.plant import Renewal
from optimize.plan import Clash, Relaxation
from optimize.problem import RenewalProblem
from optimize.relaxations import Place, place_of, with_relaxations

HEADING = mark("No schedule keeps all limits. These clash; each line says how little this one would have to give way:")


class NoSchedule(PlanImpossible):
    """No schedule keeps all limits; keeps the problem, so that it can be told in the reader's language."""

    def __init__(self, problem: RenewalProblem, clash: Sequence[Clash]) -> None:
        self.problem, self.found = problem, tuple(clash)
        super().__init__([entry.message for entry in clash])


def told(error: NoSchedule, renewal: Renewal, lang: str, time_limit_s: float = 20.0) -> PlanImpossible:
    """Return the error with its clash in plant words and the least relaxation of each limit."""
    w = Writer(lang)
    clash = with_relaxations(error.problem, error.found, time_limit_s=time_limit_s)
    return PlanImpossible([sentence(error.problem, entry, renewal, w) for entry in clash], heading=w.t(HEADING))


LIMITS = {
    "budget": mark("Budget up to and including {year}: {limit} in all"),
    "resource_max": mark("{name} in {period}: at most {limit}"),
    "resource_min": mark("{name} in {period}: at least {limit}"),
    "downtime_limit": mark("{line} in {period}: at most {limit} h of downtime for installation"),
    "max_lines_down": mark("{period}: at most {limit} lines down at once"),
    "target_min": mark("Target: {name} at least {limit} from {period} on"),
    "target_max": mark("Target: {name} at most {limit} from {period} on"),
    "max_age": mark("{name} has reached its greatest age"),
    "allowed_periods": mark("{name} may be renewed in some periods only"),
    "from": mark("{name}: its option may only follow another one"),
}
"""A limit in words, by constraint."""
YEARLY = mark("Budget of {year}: {limit}")
WAYS = {
    "more": mark("{amount} more would do"),
    "less": mark("{to} would do"),
    "later": mark("by {to} would do"),
    "gap": mark("a gap of {to} periods would do"),
    "longer": mark("{amount} periods longer would do"),
    "drop": mark("without it there is a schedule"),
}
THEN = mark("{limit}; {way}, all else kept: the best schedule then brings {gain}.")
NOT_ALONE = mark("{limit}; giving way alone would not help.")


def sentence(problem: RenewalProblem, clash: Clash, renewal: Renewal, w: Writer) -> str:
    """Return one clashing limit in words, with its least relaxation."""
    place = place_of(problem, clash)
    named = _limit(problem, clash, place, renewal, w)
    if clash.relaxation is None:
        return w.t(NOT_ALONE).format(limit=named)
    way = _way(clash, clash.relaxation, renewal, w)
    return w.t(THEN).format(limit=named, way=way, gain=w.money(clash.relaxation.gain))


def _limit(problem: RenewalProblem, clash: Clash, place: Place, renewal: Renewal, w: Writer) -> str:
    if place.rule is not None and clash.constraint not in LIMITS:
        found = rule_words(problem, place.rule)
        return w.t("Rule {number}: {rule}").format(number=found["number"], rule=rule(found, w))
    text, period = LIMITS[clash.constraint], ""
    if place.period is not None:
        period = renewal.labels()[place.period]
    budget = clash.constraint == "budget"
    if budget and not renewal.carry_over:
        text = YEARLY
    limit = "" if clash.limit is None else w.money(clash.limit, digits=6) if budget else w.num(clash.limit)
    return w.t(text).format(
        year=_year(place, renewal), limit=limit, name=place.name, line=place.line, period=period
    )  # fmt: skip


def _year(place: Place, renewal: Renewal) -> int | None:
    return None if place.window is None else renewal.calendar_years()[min(place.window, renewal.years - 1)]


def _way(clash: Clash, found: Relaxation, renewal: Renewal, w: Writer) -> str:
    amount = to = ""
    if found.amount is not None:
        amount = w.money(found.amount, digits=6) if clash.constraint == "budget" else w.num(found.amount)
    if found.to is not None:
        to = renewal.labels()[int(found.to)] if found.how == "later" else w.num(found.to)
    return w.t(WAYS[found.how]).format(amount=amount, to=to)


def relaxed_messages(clash: Sequence[Clash]) -> list[str]:
    """Return the clash of a problem of plain numbers, each limit with its least relaxation."""
    return [_plain(entry) for entry in clash]


def _plain(clash: Clash) -> str:
    found = clash.relaxation
    if found is None:
        return clash.message
    w = Writer("en")
    to = f"period {found.to:g}" if found.how == "later" and found.to is not None else w.num(found.to)
    way = WAYS[found.how].format(amount=w.num(found.amount, 6), to=to)
    return joined([f"{clash.message}; {way}", f"the best gain is then {w.num(found.gain, 6)}"], w.t)
