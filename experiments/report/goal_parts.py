"""What a front and a schedule for all scenarios say: answers and tables."""

from collections.abc import Sequence
from typing import Any

from experiments.lang import mark
from experiments.report.parts import MISSING, Column, Document, Table, Writer, joined
from experiments.words import Quantity

FIGURES = {
    "gain_cny": Quantity(mark("gain in net present value"), mark("CNY")),
    "more_output": Quantity(mark("more output"), mark("parts")),
    "saved_tce": Quantity(mark("energy saved"), "tce"),
    "saved_co2_t": Quantity(mark("CO2 saved"), "t"),
}
"""What the points of a plant's front say: differences to renewing nothing over the whole horizon."""
GOALS = {"money": mark("money"), "output": mark("output"), "energy": mark("energy"), "co2": mark("CO2")}
MODES = {
    "expected": mark("the greatest mean gain over the scenarios"),
    "worst": mark("the greatest gain in the worst scenario"),
    "regret": mark("the least of the greatest regret"),
}
SCHEDULES = {
    "robust": mark("for all scenarios"),
    "as written": mark("for the plant file as written"),
    "payback ranking": mark("ranking by simple payback"),
    "nothing": mark("renew nothing"),
}


def columns_of(front: Document) -> list[str]:
    """Return the keys of a front's figures in the order of its goals."""
    return list(front["columns"].values())


# --- front ---


def front_answer(front: Document, w: Writer) -> list[str]:
    """Return what was found: how many schedules, between which ends, whether that is all."""
    goals = joined([w.t(GOALS[goal]) for goal in front["goals"]], w.t)
    text = w.t(
        "{n} schedules are efficient in {goals}: each is best in one of these or gives up some of it for another."
    )
    if len(front["points"]) == 1:
        text = w.t("The search found one schedule that is best in {goals} at once.")
    said = [text.format(n=len(front["points"]), goals=goals)]
    if front["status"] == "complete":
        text = w.t(
            "The front of the planning model is complete: every schedule within the limits is matched by a point in "
            "each goal but for {within} of its range."
        )
    else:
        text = w.t(
            "The time was up before the front was complete: a schedule within the limits may pass every point in each "
            "goal by up to {within} of its range, not by more. Allow more time, or a larger --step."
        )
    said.append(text.format(within=w.percent(front["within"])))
    text = w.t(
        "{played} points were played back over {years} years with {replications} replications (seed {seed}); ± are 95 "
        "% intervals. Energy and CO2 saved are at the same output."
    )
    played = sum(point["simulated"] is not None for point in front["points"])
    said.append(
        text.format(played=played, years=w.num(front["years"]), replications=front["replications"], seed=front["seed"])
    )
    beaten = beaten_in_simulation(front)
    if beaten:
        text = w.t("By the simulated means, another played point is better in every goal than: {points}.")
        said.append(text.format(points=joined(map(str, beaten), w.t)))
    if front["preferred"] is not None:
        text = w.t("By the weights in the plant file, point {number} is the best.")
        said.append(text.format(number=front["points"][front["preferred"]]["number"]))
    return said


def beaten_in_simulation(front: Document) -> list[int]:
    """Return the numbers of the played points that another one passes in every goal, by simulated means.

    >>> point = lambda n, a, b: {"number": n, "simulated": {"gain_cny": {"mean": a}, "saved_tce": {"mean": b}}}
    >>> front = {"columns": {"money": "gain_cny", "energy": "saved_tce"}}
    >>> beaten_in_simulation(front | {"points": [point(1, 5, 1), point(2, 4, 3), point(3, 2, 2)]})
    [3]
    """
    keys = columns_of(front)
    played = [point for point in front["points"] if point["simulated"] is not None]
    means = {point["number"]: [point["simulated"][key]["mean"] for key in keys] for point in played}
    return [
        number
        for number, mine in means.items()
        if any(all(a > b for a, b in zip(other, mine, strict=True)) for other in means.values())
    ]


def front_table(front: Document, w: Writer) -> Table:
    """Return every point as the planning model sees it."""
    keys = columns_of(front)
    figures = tuple(Column(w.name(FIGURES[key])) for key in keys)
    capex = Column(f"{w.t('Capex')} ({w.money_unit})")
    columns = (*w.words("Point"), *figures, *w.numbers("Machines"), capex)
    rows = [
        [
            str(point["number"]), *(w.quantity(point["predicted"][key], FIGURES[key]) for key in keys),
            str(point["machines"]), w.cash(point["capex_cny"]),
        ]
        for point in front["points"]
    ]  # fmt: skip
    strong = frozenset() if front["preferred"] is None else frozenset({front["preferred"]})
    return Table(w.t("Points of the front, predicted"), columns, rows, strong=strong)


def played_table(front: Document, w: Writer) -> Table:
    """Return the points that were played back, with intervals, and how much more output and energy that is in all."""
    keys = columns_of(front)
    in_all = [f"more_{name}_in_all" for name in front["quantities"].values()]
    units = {"more_tce_in_all": mark("more energy in all (tce)"), "more_co2_t_in_all": mark("more CO2 in all (t)")}
    columns = [*w.words("Point"), *(Column(w.name(FIGURES[key])) for key in keys)]
    more = [] if "more_output" in keys else ["more_output"]
    columns += [Column(w.name(FIGURES[key])) for key in more]
    columns += [Column(w.t(units[key])) for key in in_all]
    rows = [
        [
            str(point["number"]),
            *(w.quantity(point["simulated"][key], FIGURES[key]) for key in (*keys, *more)),
            *(w.ci(point["simulated"][key]) for key in in_all),
        ]
        for point in front["points"]
        if point["simulated"] is not None
    ]
    note = w.t(
        "Over the whole horizon, as difference to renewing nothing. Saved: without the energy of processing what is "
        "made more (that it also cuts idling counts as saved); in all: what the plant then uses more or less."
    )
    return Table(w.t("Points of the front, simulated"), tuple(columns), rows, note)


def front_renewals(front: Document, w: Writer) -> Table:
    """Return the schedules of the points that were played back."""
    columns = (
        *w.words("Point"),
        *w.dates("Period"),
        *w.words("Line", "Station", "To"),
        *w.numbers("Machines", "Capex"),
    )
    rows = [
        [str(point["number"]), *_renewal(renewal, w)]
        for point in front["points"]
        if point["simulated"] is not None
        for renewal in point["renewals"]
    ]
    note = w.t("The schedules of all points stand in renewals.csv and results.json of the run folder.")
    return Table(w.t("Schedules of the points (capex in {unit})").format(unit=w.money_unit), columns, rows, note)


def _renewal(renewal: Document, w: Writer) -> list[str]:
    return [
        renewal["period"], renewal["line"], renewal["station"], renewal["option"], str(renewal["machines"]),
        w.cash(renewal["capex_cny"]),
    ]  # fmt: skip


# --- schedule for all scenarios ---


def robust_answer(document: Document, w: Writer) -> list[str]:
    """Return what the schedule was chosen for, what it reaches, and what that costs where all goes as written."""
    found = document["schedules"][0]
    text = w.t(
        "This schedule of {machines} machines for {capex} has {mode}: {value} as the planning model sees it; {bound}."
    )
    machines, asked = sum(renewal["machines"] for renewal in document["renewals"]), MODES[document["mode"]]
    limit = (
        w.t("none can have less than {bound}")
        if document["mode"] == "regret"
        else w.t("none can have more than {bound}")
    )
    said = [
        text.format(
            machines=machines,
            capex=w.money(found["capex_cny"]),
            mode=w.t(asked),
            value=w.money(document["value_cny"]),
            bound=limit.format(bound=w.money(document["bound_cny"], digits=4)),
        )
    ]
    written = next((row for row in document["schedules"] if row["name"] == "as written"), None)
    if written is not None and "simulated" in written:
        text = w.t(
            "Simulated over the scenarios it brings {mean} in the mean and {worst} in the worst; the schedule for the "
            "plant file as written brings {mean_0} and {worst_0}."
        )
        mine, other = found["simulated"], written["simulated"]
        said.append(
            text.format(
                mean=w.money(mine["expected"]),
                worst=w.money(mine["worst"]),
                mean_0=w.money(other["expected"]),
                worst_0=w.money(other["worst"]),
            )
        )
    again = document.get("rolling")
    if again:
        text = w.t(
            "Planned again each year by what has happened, the mean gain is {rolling} instead of {once} for a plan "
            "made once; knowing everything beforehand it would be {foresight}."
        )
        said.append(text.format(**{key: w.money(again[key]) for key in ("rolling", "once", "foresight")}))
    text = w.t(
        "Gains are over renewing nothing in the same scenario; ± are 95 % intervals from {replications} replications."
    )
    return [*said, text.format(replications=document["replications"])]


def schedule_name(name: str, w: Writer) -> str:
    """Return what a table calls a schedule."""
    if name.startswith("knowing "):
        return w.t("knowing {scenario} beforehand").format(scenario=name.removeprefix("knowing "))
    return w.t(SCHEDULES.get(name, name))


def schedules_table(document: Document, w: Writer) -> Table:
    """Return every schedule in every scenario, predicted."""
    scenarios = [Column(row["name"]) for row in document["scenarios"]]
    columns = (*w.words("Schedule"), *scenarios, *w.numbers("Mean", "Worst", "Greatest regret"))
    rows = []
    for row in document["schedules"]:
        name = schedule_name(row["name"], w)
        if not row["allowed"]:
            name += w.t(" (breaks limits)")
        figures = [*row["gains"], row["expected"], row["worst"], row["greatest_regret"]]
        rows.append([name, *map(w.cash, figures)])
    note = w.t("Regret: what the best schedule of a scenario gains more there. The first row was asked for.")
    title = w.t("Gain of each schedule in each scenario, predicted, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, note, strong=frozenset({0}))


def simulated_table(document: Document, w: Writer) -> Table:
    """Return the schedules that were played back in every scenario, with intervals."""
    scenarios = [Column(row["name"]) for row in document["scenarios"]]
    columns = (*w.words("Schedule"), *scenarios, *w.numbers("Mean", "Worst"))
    rows = [
        [schedule_name(row["name"], w), *map(w.cash, [*shown["gains"], shown["expected"], shown["worst"]])]
        for row in document["schedules"]
        if (shown := row.get("simulated")) is not None
    ]
    title = w.t("Gain of each schedule in each scenario, simulated, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, strong=frozenset({0}))


def scenarios_table(document: Document, w: Writer) -> Table:
    """Return what the scenarios are."""
    columns = (
        *w.words("Scenario"),
        *w.numbers("Prob.", "Demand", "Margin", "Prices"),
        *w.words("New machines"),
        *w.numbers("Speed of new machines", "Best gain", "Bound"),
    )
    rows = [
        [
            row["name"], w.percent(row["probability"], 0), _factor(row["demand_factor"], w),
            _factor(row["margin_factor"], w), _factors(row["price_factor"], w), w.t(performance),
            _factor(row["speed_factor"], w), w.cash(row["best_cny"]), w.cash(row["bound_cny"]),
        ]
        for row in document["scenarios"]
        for performance in [PERFORMANCE[row["new_machines"]]]
    ]  # fmt: skip
    title = w.t("Scenarios: factors on the plant file, and the gain of the best schedule in each, in {unit}")
    return Table(title.format(unit=w.money_unit), columns, rows)


PERFORMANCE = {"low": mark("low"), "typical": mark("typical"), "high": mark("high")}


def _factor(factor: float, w: Writer) -> str:
    return MISSING if factor == 1.0 else f"× {w.num(factor, 3)}"


def _factors(factors: Document, w: Writer) -> str:
    shown = [f"{w.t(name.replace('_', ' '))} × {w.num(factor, 3)}" for name, factor in factors.items()]
    return joined(shown, w.t) if shown else MISSING


def robust_renewals(document: Document, w: Writer) -> Table:
    """Return the schedule found."""
    columns = (*w.dates("Period"), *w.words("Line", "Station", "To"), *w.numbers("Machines", "Capex"))
    rows = [_renewal(renewal, w) for renewal in document["renewals"]]
    return Table(w.t("Renewals (capex in {unit})").format(unit=w.money_unit), columns, rows)


def rolling_table(document: Document, w: Writer) -> Table:
    """Return what planning again each year brings in each scenario."""
    again = document.get("rolling")
    columns = (
        *w.words("Scenario that comes true"),
        *w.numbers("Prob.", "Plan made once", "Made again each year", "Simulated", "Knowing it beforehand", "Bound"),
    )
    rows: list[list[str]] = []
    for path in again["paths"] if again else ():
        figures: Sequence[Any] = [path[key] for key in ("once", "rolling", "simulated", "foresight", "bound")]
        rows.append([path["name"], w.percent(path["probability"], 0), *map(w.cash, figures)])
    if again:
        means = [w.cash(again[key]) for key in ("once", "rolling")]
        rows.append([w.t("mean"), "", *means, MISSING, w.cash(again["foresight"]), w.cash(again["bound"])])
    title = w.t("Planning again each year: gain, in {unit}").format(unit=w.money_unit)
    note = w.t(
        "The plan made once has the greatest mean gain. At the start of each year, scenarios that would have shown "
        "something else are left out, renewals done stay, and the best plan for the rest is made."
    )
    return Table(title, columns, rows, note, strong=frozenset({len(rows) - 1}) if rows else frozenset())
