"""Why this plan: what each renewal adds, what keeps others out, what more money would buy, in sentences and tables."""

from collections.abc import Mapping, Sequence

from experiments.lang import mark
from experiments.report.parts import MISSING, Document, Table, Writer, joined

LIMITS = {
    "budget": mark("the budget"),
    "downtime": mark("the downtime allowed on {line}"),
    "resource": mark("the limit on {name}"),
    "lines_down": mark("the number of lines down at once"),
    "bottleneck": mark("the bottleneck {line} / {station}"),
    "demand": mark("the orders of {line}"),
    "rule": mark("rule {number}"),
    "target": mark("the target for {name}"),
    "allowed_periods": mark("the periods allowed for {place}"),
}
"""What keeps a machine out, by kind."""
REASONS = {
    "several_limits": mark("no limit alone: several keep it out together"),
    "rival": mark("{option} is better for the same machine"),
    "not_worth_it": mark("not worth it, even without limits"),
    "required": mark("required"),
    "unknown": mark("not found out in the time allowed"),
}


def has_why(plan: Document) -> bool:
    """Whether a document says why."""
    return bool(plan.get("why"))


def sentences(plan: Document, w: Writer) -> list[str]:
    """Return the answer in words: what carries the plan, what stands in the way of more, what money would buy."""
    why = plan["why"]
    return [
        s for s in (_carries(why, w), _in_the_way(why, w), _next_money(why, w), _useless(why, w), _rest(why, w)) if s
    ]


def _carries(why: Document, w: Writer) -> str:
    ranked = [m for m in why["measures"] if not m["required"] and least(m["adds_replanned_cny"]) is not None]
    if not ranked:
        return ""
    first = max(ranked, key=lambda m: least(m["adds_replanned_cny"]) or 0.0)
    text = w.t(
        "Most depends on {what}: without it the best other plan brings {adds} less. It would stay worth it up to a "
        "price of {price} each (now {now})."
    )
    return text.format(
        what=place(first, w), adds=_money(first["adds_replanned_cny"], w),
        price=w.money(first["break_even_price_cny"]), now=w.money(first["price_cny"]),
    )  # fmt: skip


def _in_the_way(why: Document, w: Writer) -> str:
    blocked = [m for m in why["missing"] if m["blockers"]]
    if not blocked:
        return ""
    first = blocked[0]
    blocker = first["blockers"][0]
    text = w.t("Of what is left out, {what} would bring most; it is kept out by {limit}, without which it adds {adds}.")
    return text.format(what=place(first, w), limit=limit(blocker, w), adds=_money(blocker["adds_cny"], w))


def _next_money(why: Document, w: Writer) -> str:
    if not why["budgets"]:
        return ""
    step = w.money(why["budgets"][0]["step_cny"])
    if why["next_year"] is None:
        if any(b["more_cny"] is None for b in why["budgets"]):
            return ""
        return w.t("{step} more in any year would bring nothing.").format(step=step)
    best = next(b for b in why["budgets"] if b["year"] == why["next_year"])
    text = w.t("The next {step} would bring most in {year}: {gain} ({moves}).")
    changed = moves(best["moves"], w) or w.t("the plan stays the same")
    return text.format(step=step, year=best["year"], gain=_money(best["more_cny"], w), moves=changed)


def _useless(why: Document, w: Writer) -> str:
    years = [str(b["year"]) for b in why["budgets"] if b["useless"]]
    if not years:
        return ""
    return w.t("More budget in {years} brings nothing, however much.").format(years=joined(years, w.t))


def _rest(why: Document, w: Writer) -> str:
    asked = why["questions"]
    if not asked["unfinished"]:
        return ""
    text = w.t(
        "{open} of {all} questions were not answered exactly in the time allowed; their figures are ranges, or left "
        "out."
    )
    return text.format(open=asked["unfinished"], all=asked["asked"])


# --- tables ---


def measures(plan: Document, w: Writer) -> Table:
    """Return what each renewal adds, and up to which price it stays worth it."""
    columns = (
        *w.words("Renewal"),
        *w.numbers("Adds, rest as planned", "Adds, rest planned anew", "Price each", "Worth it up to"),
    )
    rows = [
        [
            f"{m['machines']} × {place(m, w)}",
            w.cash(m["adds_rest_fixed_cny"]),
            w.t("required") if m["required"] else _cash(m["adds_replanned_cny"], w),
            w.cash(m["price_cny"]),
            _up_to(m, w),
        ]
        for m in plan["why"]["measures"]
    ]
    title = w.t("What each renewal adds, in {unit} of net present value").format(unit=w.money_unit)
    note = w.t(
        "As the planning model predicts it. Rest as planned: all else stays. Rest planned anew: the money and time it "
        "leaves are used as well as can be. The columns do not add up where renewals need each other. Worth it up to: "
        "at a higher price the best plan without it is better; ≥ where the price may be higher still."
    )
    return Table(title, columns, rows, note)


def _up_to(measure: Document, w: Writer) -> str:
    if measure["break_even_price_cny"] is None:
        return MISSING
    shown = w.cash(measure["break_even_price_cny"])
    return shown if measure["break_even_exact"] else f"≥ {shown}"


def parts(plan: Document, w: Writer) -> Table:
    """Return what each renewal adds, taken apart."""
    names = {
        "output": mark("Output"), "saving": mark("Saving"), "running_cost": mark("Running cost"),
        "capital": mark("Capital"),
    }  # fmt: skip
    columns = (*w.words("Renewal"), *w.numbers(*names.values(), "Together"))
    rows = [
        [place(m, w), *(w.cash(m["parts_cny"][key]) for key in names), w.cash(sum(m["parts_cny"].values()))]
        for m in plan["why"]["measures"]
    ]
    title = w.t("Where it comes from (rest as planned), in {unit}").format(unit=w.money_unit)
    note = w.t(
        "Capital: price, tax saved, grants, resale and residual value. Running cost: less of it counts positive."
    )
    return Table(title, columns, rows, note)


def missing(plan: Document, w: Writer) -> Table:
    """Return what is not renewed, and why not."""
    columns = (*w.words("Not renewed", "Why not"), *w.numbers("It would add", "If it had to be"))
    rows = []
    for m in plan["why"]["missing"]:
        first = m["blockers"][0] if m["blockers"] else None
        rows.append([
            f"{m['machines']} × {place(m, w)}",
            why_not(m, w),
            MISSING if first is None else f"{_cash(first['adds_cny'], w)} ({first['machines']} ×)",
            w.t("impossible") if m["forced_impossible"] else _cash(m["forced_cny"], w),
        ])  # fmt: skip
    title = w.t("What is left out, and why, in {unit}").format(unit=w.money_unit)
    note = w.t(
        "Each limit was lifted alone and the plan made anew. It would add: to the best plan without the first limit "
        "named, for so many machines. If it had to be: change of the gain if one machine more must be renewed so."
    )
    return Table(title, columns, rows, note)


def why_not(missing_row: Document, w: Writer) -> str:
    """Return in words what keeps a machine out."""
    if missing_row["blockers"]:
        return joined([limit(b, w) for b in missing_row["blockers"]], w.t)
    reason = REASONS[missing_row["reason"]]
    return w.t(reason).format(option=(missing_row.get("rival") or {}).get("option", MISSING))


def limit(blocker: Document, w: Writer) -> str:
    """Return a limit in words, with the years or periods in which it is the limit."""
    text = LIMITS[blocker["kind"]]
    named = w.t(text).format(
        line=blocker["line"], station=blocker["station"], name=blocker["name"],
        number=(blocker["rule"] or {}).get("number"), place=blocker["name"] or blocker["line"],
    )  # fmt: skip
    if blocker["rule"]:
        named = f"{named} ({rule(blocker['rule'], w)})"
    if not blocker["periods"]:
        return named
    return w.t("{limit} of {periods}").format(limit=named, periods=joined(map(str, blocker["periods"]), w.t))


RULES = {
    "together": mark("{names} together"),
    "after": mark("{then} at least {gap} periods after {first}"),
    "exclude": mark("only one of {names}"),
    "requires": mark("{when} only with {then}"),
    "choose": mark("{min} to {max} of {names}"),
    "must": mark("{names} must be renewed by {by}"),
}
"""A rule in words, by kind."""


def rule(found: Document, w: Writer) -> str:
    """Return a rule in words."""
    words = {key: value for key, value in found.items() if key not in {"names", "if", "number", "rule"}}
    if words.get("by") is None:
        words["by"] = w.t("the end of the plan")
    names = joined(found.get("names", ()), w.t)
    text = RULES[found["rule"]]
    return w.t(text).format(names=names, when=found.get("if"), **words)


def budgets(plan: Document, w: Writer) -> Table:
    """Return what more and less budget of each year is worth."""
    columns = (
        *w.dates("Year"),
        *w.numbers("Budget", "Can be spared", "{step} more brings", "{step} less costs", "No limit brings"),
    )
    found = plan["why"]["budgets"]
    step = w.cash(found[0]["step_cny"]) if found else ""
    columns = tuple(type(c)(c.label.format(step=step), c.number, c.date) for c in columns)
    rows = [
        [
            str(b["year"]), w.cash(b["budget_cny"]), w.cash(b["unused_cny"]), _cash(b["more_cny"], w),
            _cash(b["less_cny"], w), w.t("nothing") if b["useless"] else _cash(b["lifted_cny"], w),
        ]
        for b in found
    ]  # fmt: skip
    title = w.t("What each year's budget is worth, in {unit}").format(unit=w.money_unit)
    note = w.t(
        "By planning anew with so much more or less in that year alone. Can be spared: with so much less the plan "
        "stays the best. Money that one year leaves is there in the next."
    )
    return Table(title, columns, rows, note)


def more(plan: Document, w: Writer) -> Table:
    """Return what one hour of downtime or one unit of a resource more would bring."""
    columns = (*w.words("One more of"), *w.numbers("Brings", "No limit brings", "Enough from"))
    rows = [
        [
            w.t(text).format(line=m["line"], name=m["name"]),
            _cash(m["gain_cny"], w),
            _cash(m["lifted_cny"], w),
            MISSING if m["enough"] is None else f"+ {w.num(m['enough'])}",
        ]
        for m in plan["why"]["more"]
        for text in (LIMITS[m["kind"]],)
    ]
    title = w.t("What one hour or one unit more would bring, in {unit}").format(unit=w.money_unit)
    note = w.t("An hour in each period; a unit in each period, or over the plan. Enough from: what no limit would use.")
    return Table(title, columns, rows, note)


def curve(plan: Document, w: Writer) -> Table:
    """Return the best gain over the total budget, and what changes."""
    columns = (*w.numbers("Total budget", "Spent", "Best gain"), *w.words("What changes"))
    rows = [
        [
            w.t("no limit") if p["budget_cny"] is None else w.cash(p["budget_cny"]),
            w.cash(p["capex_cny"]), w.cash(p["gain_cny"]), moves(p["moves"], w) or MISSING,
        ]
        for p in plan["why"]["curve"]
    ]  # fmt: skip
    strong = frozenset(n for n, p in enumerate(plan["why"]["curve"]) if p["factor"] == 1.0)
    title = w.t("Best gain over the total budget, in {unit}").format(unit=w.money_unit)
    note = w.t("All years' budgets multiplied alike; each row is a plan of its own, changes are against the row above.")
    return Table(title, columns, rows, note, strong)


def abatement(plan: Document, w: Writer) -> Table:
    """Return the abatement curve as a table."""
    columns = (
        *w.words("Measure", "Order"),
        *w.numbers("CO2 avoided (t)", "Net cost", "CNY per t CO2"),
    )
    found = plan["why"].get("abatement") or {"measures": ()}
    rows = [
        [
            f"{m['machines']} × {place(m, w)}",
            w.t("pays for itself, front {n}").format(n=m["front"]) if m["front"] else w.t("by cost"),
            w.num(m["abated_t"]),
            w.cash(m["net_cost_cny"]),
            MISSING if m["cost_cny_per_t"] is None else w.num(m["cost_cny_per_t"], 3),
        ]
        for m in found["measures"]
    ]
    title = w.t("Abatement curve: what avoiding CO2 costs, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, _abatement_note(found, w))


def _abatement_note(found: Document, w: Writer) -> str:
    if not found["measures"]:
        return ""
    note = w.t(
        "Over the plan, at the same output, each measure added to those begun before it. Measures that pay for "
        "themselves are not ranked by cost per tonne, which would favour those that avoid little (Taylor, 2012): in "
        "front 1 no other measure has both more benefit and more abatement. The net costs each by itself would add up "
        "to {alone}; together the plan's measures come to {together}."
    )
    return note.format(
        alone=w.money(found["alone_sum_cny"]), together=w.money(sum(m["net_cost_cny"] for m in found["measures"]))
    )


# --- words ---


def place(row: Document, w: Writer) -> str:
    """Return station and option of a row."""
    machine = f" {row['machine']}" if row.get("machine") else ""
    return f"{row['line']} / {row['station']}{machine}: {row['option']}"


def moves(changes: Sequence[Document], w: Writer, most: int = 4) -> str:
    """Return what changes in a plan: machines that come, go, or are renewed at another time."""
    shown = [_move(m, w) for m in changes[:most]]
    if len(changes) > most:
        shown.append(w.t("and {n} more").format(n=len(changes) - most))
    return joined(shown, w.t)


def _move(change: Document, w: Writer) -> str:
    named = f"{change['station']}: {change['option']}"
    if change["machines"]:
        return f"{change['machines']:+d} × {named}"
    first = min(change["before"], default=MISSING), min(change["after"], default=MISSING)
    if first[0] == first[1]:
        return w.t("{what} at other times").format(what=named)
    return w.t("{what} from {before} to {after}").format(what=named, before=first[0], after=first[1])


def least(between: Mapping[str, float | None] | None) -> float | None:
    """Return the lower end of an interval, if there is one."""
    return None if between is None else between["at_least"]


def _cash(between: Mapping[str, float | None] | None, w: Writer) -> str:
    """Return an interval in the unit of tables; one number where its ends are equal there."""
    return _shown(between, w.cash, w)


def _money(between: Mapping[str, float | None] | None, w: Writer) -> str:
    return _shown(between, w.money, w)


def _shown(between: Mapping[str, float | None] | None, write: object, w: Writer) -> str:
    if between is None or (between["at_least"] is None and between["at_most"] is None):
        return MISSING
    assert callable(write)
    low, high = (None if end is None else write(0.0 if abs(end) < 0.5 else end) for end in
                 (between["at_least"], between["at_most"]))  # fmt: skip
    if low is None:
        return f"≤ {high}"
    if high is None:
        return f"≥ {low}"
    return str(low) if low == high else w.t("{low} to {high}").format(low=low, high=high)
