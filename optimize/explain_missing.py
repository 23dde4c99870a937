"""Why machines are not renewed: each limit is lifted alone, and the best plan looked at again.

A limit blocks machines if the best plan without that limit takes more of them than the plan does, and would gain less
without these. Where no limit alone does it: another option of the same machine may be better; several limits may act
together; or the machine is simply not worth it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from optimize.evaluate import Evaluator
from optimize.explain_document import Between, Blocker, Missing, Parts, Reason
from optimize.explain_parts import Pair, difference, gained, middle, moves, not_positive, parts_of_value
from optimize.numbers import period_name
from optimize.plan import PlannedRenewal, Renewal
from optimize.problem import Asset, RenewalProblem
from optimize.relaxed import Limit, alone_on_offer, counted, limits_of, parts_of, without_limits
from optimize.resolve import NOT_ASKED, Asker, Found

LimitKey = tuple[object, ...]


@dataclass
class MissingStudy:
    """Looks for what keeps machines out of a plan."""

    problem: RenewalProblem
    asker: Asker
    renewals: Sequence[PlannedRenewal]
    tolerance: float
    _lifted: dict[LimitKey, Found] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evaluator = Evaluator(self.problem)
        self.limits = limits_of(self.problem)
        self.taken: dict[Pair, int] = {}
        for r in self.renewals:
            self.taken[r.asset, r.option] = self.taken.get((r.asset, r.option), 0) + r.machines

    def missing(self) -> tuple[Missing, ...]:
        """Return what is not renewed and why, the nearest to being worth it first."""
        pairs = list(self._pairs())
        forced = self.asker.ask_all({p: counted(self.problem, *p, least=self._now(p) + 1) for p in pairs})
        self._lift(self.limits)
        blockers = self._blockers(pairs)
        free = [pair for pair in pairs if not blockers[pair]]
        offered = {p: alone_on_offer(self.problem, *p) for p in free if self._rivals(p)}
        alone = self.asker.ask_all(offered)
        unlimited = self.asker.ask(without_limits(self.problem)) if free else NOT_ASKED
        found = [
            self._missing(pair, forced[pair], blockers[pair], alone.get(pair, NOT_ASKED), unlimited) for pair in pairs
        ]
        return tuple(sorted(found, key=_nearest))

    def _pairs(self) -> Iterator[Pair]:
        for asset in self.problem.assets:
            for option in asset.options if asset.max_renewals else ():
                if option.allowed_periods != () and self._now((asset.name, option.name)) < asset.count:
                    yield asset.name, option.name

    def _now(self, pair: Pair) -> int:
        return self.taken.get(pair, 0)

    def _asset(self, pair: Pair) -> Asset:
        return self.problem.assets[self.evaluator.assets[pair[0]]]

    def _rivals(self, pair: Pair) -> list[str]:
        """Return the other options of the asset that the plan takes."""
        return [option for asset, option in self.taken if asset == pair[0] and option != pair[1]]

    # --- limits ---

    def _lift(self, limits: Sequence[Limit]) -> None:
        self._lifted |= self.asker.lift(limits)

    def _blockers(self, pairs: Sequence[Pair]) -> dict[Pair, tuple[Blocker, ...]]:
        """Return the limits that keep each out, the one that costs most first."""
        candidates = [(p, limit) for p in pairs for limit in self.limits if self._more(p, limit) > 0]
        worth = self._worth(candidates)
        kept = [(p, limit) for p, limit in candidates if self._counts(worth[p, limit.key])]
        parts = self._parts({limit.key: limit for _, limit in kept}.values())
        out: dict[Pair, tuple[Blocker, ...]] = {}
        for pair in pairs:
            mine = [limit for p, limit in kept if p == pair]
            found = [self._blocker(pair, limit, worth[pair, limit.key], parts[limit.key]) for limit in mine]
            out[pair] = tuple(sorted(found, key=lambda b: middle(b.adds), reverse=True))
        return out

    def _more(self, pair: Pair, limit: Limit) -> int:
        """Return how many machines more the best plan takes without a limit."""
        found, asset = self._lifted.get(limit.key, NOT_ASKED), self._asset(pair)
        # another line only matters by the money it leaves, which is the budget's doing; a station is not its own limit
        other = limit.line is not None and (limit.line != asset.line or limit.station == asset.station)
        return 0 if found.gain is None or other else found.machines(*pair) - self._now(pair)

    def _worth(self, candidates: Sequence[tuple[Pair, Limit]]) -> dict[tuple[Pair, LimitKey], Between]:
        """Return what the additional machines add where a limit is lifted: another plan may gain as much without."""
        fewer = self.asker.ask_all(
            {(p, limit.key): counted(limit.lifted, *p, most=self._now(p)) for p, limit in candidates}
        )
        unknown = Between(at_least=None, at_most=None)
        return {key: gained(self._lifted[key[1]], found) or unknown for key, found in fewer.items()}

    def _counts(self, adds: Between) -> bool:
        return adds.at_least is not None and adds.at_least > self.tolerance

    def _parts(self, limits: Iterable[Limit]) -> dict[LimitKey, list[Limit]]:
        """Lift the parts of budgets and downtime limits alone: each year, each period in which more is wanted."""
        out: dict[LimitKey, list[Limit]] = {}
        for limit in limits:
            parts = parts_of(self.problem, limit)
            if limit.kind == "downtime":
                parts = [part for part in parts if self._exceeds(limit, part)]
            out[limit.key] = parts
        self._lift([part for parts in out.values() for part in parts])
        return out

    def _exceeds(self, limit: Limit, part: Limit) -> bool:
        """Return whether the best plan without a downtime limit breaks it in a period."""
        broken = self.evaluator.evaluate(self._lifted[limit.key].renewals).violations
        named = {v.where for v in broken if v.constraint == "downtime_limit"}
        return f"{limit.line}, {period_name(self.problem, part.period or 0)}" in named

    def _blocker(self, pair: Pair, limit: Limit, adds: Between, parts: Sequence[Limit]) -> Blocker:
        return Blocker(
            kind=limit.kind,
            line=limit.line,
            station=limit.station,
            name=limit.name,
            rule=limit.rule,
            periods=tuple(p.period for p in parts if p.period is not None and self._more(pair, p) > 0),
            machines=self._more(pair, limit),
            adds=adds,
        )

    # --- the whole answer for one option ---

    def _missing(
        self, pair: Pair, forced: Found, blockers: tuple[Blocker, ...], alone: Found, unlimited: Found
    ) -> Missing:
        asset = self._asset(pair)
        base = self.asker.base
        rivals = self._rivals(pair)
        prefers = bool(rivals) and alone.machines(*pair) > self._now(pair)
        reason: Reason = "blocked"
        if not blockers:
            reason = "unknown"
            if prefers:
                reason = "rival"
            elif unlimited.gain is not None:
                reason = "several_limits" if unlimited.machines(*pair) > self._now(pair) else "not_worth_it"
            if reason == "not_worth_it" and self._not_all_lifted(pair):
                reason = "unknown"
        cost = not_positive(gained(forced, base))
        return Missing(
            asset=asset.name,
            option=pair[1],
            line=asset.line,
            station=asset.station,
            machines=asset.count - self._now(pair),
            reason=reason,
            blockers=blockers,
            rival=rivals[0] if prefers and reason == "rival" else None,
            forced=cost,
            forced_impossible=forced.outcome == "impossible",
            forced_moves=moves(self.renewals, forced.renewals) if forced.gain is not None else (),
            alone=self._alone(pair),
        )

    def _not_all_lifted(self, pair: Pair) -> bool:
        """Return whether a limit could not be looked at, so that nothing can be said."""
        return any(self._lifted.get(limit.key, NOT_ASKED).outcome == "not_asked" for limit in self.limits)

    def _alone(self, pair: Pair) -> Parts | None:
        """Return what one machine more brings beside the plan, in the period that is best for it."""
        before = parts_of_value(self.evaluator, self.renewals)
        best: Parts | None = None
        for period in range(self.evaluator.count):
            renewals: list[Renewal] = [*self.renewals, Renewal(asset=pair[0], option=pair[1], period=period)]
            if self.evaluator.totals(sorted(renewals, key=lambda r: r.period)).unplaced:
                continue  # all machines are renewed already
            found = difference(parts_of_value(self.evaluator, renewals), before)
            best = found if best is None or found.total > best.total else best
        return best


def _nearest(missing: Missing) -> tuple[bool, float]:
    worth = max((middle(b.adds) for b in missing.blockers), default=None)
    if worth is not None:
        return False, -worth
    return True, -(middle(missing.forced) if missing.forced is not None else float("-inf"))
