"""What a plan document says of the loop with the simulator: how bound and simulated value closed."""

from experiments.lang import mark
from experiments.report.parts import MISSING, Document, Table, Writer

ENDED = {
    "gap": mark("the gap asked for was reached"),
    "rounds": mark("all rounds asked for were made"),
    "time": mark("the time allowed was used up"),
    "nothing_left": mark("nothing that could lower the bound was left to simulate"),
    "not_possible": mark("there were no rounds"),
}


def certain(plan: Document, w: Writer) -> str:
    """Return how certain the answer is, in one sentence."""
    loop, gain = plan["loop"], plan["npv_gain_cny"]
    if not loop["rounds"]:
        text = w.t(
            "With every line as quick as its slowest station by itself, no schedule can bring more than {bound} (gap "
            "{gap}); its states were not simulated: {reason}."
        )
        return text.format(bound=w.money(gain["bound"], digits=4), gap=w.percent(plan["gap"], 2), reason=loop["reason"])
    ended = ENDED[loop["ended"]]
    text = w.t(
        "With {confidence} confidence no schedule brings more than {bound}: the gap to the simulated value is {gap}, "
        "after {rounds} rounds in which {states} states and installations were simulated; {ended}."
    )
    return text.format(
        confidence=w.percent(loop["confidence"], 0),
        bound=w.money(gain["bound"], digits=4),
        gap=w.percent(plan["gap"], 2),
        rounds=len(loop["rounds"]),
        states=loop["states_simulated"],
        ended=w.t(ended),
    )


def certainty(plan: Document, w: Writer) -> Table:
    """Return value, prediction, bound and gap."""
    gain = plan["npv_gain_cny"]
    rows = [
        [w.t("Gain in net present value, simulated"), w.money(gain["simulated"])],
        [w.t("Gain in net present value, predicted"), w.money(gain["predicted"], digits=4)],
        [w.t("Bound: no schedule gains more"), w.money(gain["bound"], digits=4)],
        [w.t("Gap between bound and simulated gain"), w.percent(plan["gap"], 2)],
    ]
    return Table(w.t("How good, how certain"), (*w.words("Quantity"), *w.numbers("Value")), rows)


def notes(plan: Document, w: Writer) -> list[str]:
    """Return what the bound rests on, and what simulation says of it."""
    loop = plan.get("loop")
    if not loop or not loop["rounds"]:
        return []
    order = loop["monotone"]
    said = [
        w.t(
            "Every simulated state of a line is a ceiling for all states with no more renewals. The plan and all that "
            "the bound rests on were simulated again at the end, in {n} fresh replications."
        ).format(n=loop["replications"]["final"])
    ]
    if not order["refuted"]:
        said.append(
            w.t("That more renewal never makes less held in all {pairs} pairs of simulated states.").format(
                pairs=order["checked"]
            )
        )
        return said
    worst = max(order["refuted"], key=lambda row: row["lost_share"])
    said.append(
        w.t(
            "That more renewal never makes less does not hold here: {count} of {pairs} pairs of simulated states of "
            "{lines} contradict it; the output fell by up to {share}. The ceilings were loosened by what these pairs "
            "show."
        ).format(
            count=len(order["refuted"]),
            pairs=order["checked"],
            lines=", ".join(dict.fromkeys(row["line"] for row in order["refuted"])),
            share=w.percent(worst["lost_share"], 1),
        )
    )
    if order["bound_by_capacity_cny"] is not None:
        said.append(
            w.t("A bound that needs nothing of the kind, from station capacities alone, is {bound}.").format(
                bound=w.money(order["bound_by_capacity_cny"], digits=4)
            )
        )
    return said


def rounds(plan: Document, w: Writer) -> list[Table]:
    """Return bound and value by round."""
    found = plan.get("loop", {}).get("rounds")
    if not found:
        return []
    columns = w.numbers("Round", "Bound", "Plan of the round, simulated", "Best so far", "States simulated")
    rows = [
        [
            str(n), w.cash(row["bound"]), MISSING if row["simulated"] is None else w.cash(row["simulated"]),
            w.cash(row["best"]), str(row["states"]),
        ]
        for n, row in enumerate(found, 1)
    ]  # fmt: skip
    note = w.t("Means of the search; the result is simulated afresh and its bound has an allowance for chance.")
    return [Table(w.t("Bound and value by round (in {unit})").format(unit=w.money_unit), columns, rows, note)]
