"""Every limit and rule of the plant model: name, sentence, formula, unit and rows, in one table.

The documentation page is made from this table, so text and model cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from optimize import rule_rows
from optimize.formulation import Formulation, Row, Terms
from optimize.goals import goal_terms
from optimize.lives import State, too_old_at_end
from optimize.numbers import Array, by_period, period_name, window_name, windows
from optimize.problem import Line


@dataclass(frozen=True, slots=True)
class Constraint:
    """One kind of limit. A ``natural`` one holds whatever the plant wants and is never a reason for a clash.

    ``fields`` says where in a problem it comes from, ``example`` is a part of a problem with it.
    """

    name: str
    sentence: str
    formula: str
    unit: str
    rows: Callable[[Formulation], Iterator[Row]]
    natural: bool = False
    fields: str = ""
    example: str = ""


def _one_life(form: Formulation) -> Iterator[Row]:
    for number, unit in enumerate(form.units):
        first = form.machines(lambda step: step.before is None, [number])
        yield Row(form.problem.assets[unit.asset].name, first, upper=float(unit.machines))


def _next_step(form: Formulation) -> Iterator[Row]:
    for number, unit in enumerate(form.units):
        for state in _left_states(form, number):
            yield Row(form.problem.assets[unit.asset].name, _staying(form, number, state), lower=0.0)


def _left_states(form: Formulation, unit: int) -> list[State]:
    """Return the states from which a further renewal is possible, in a fixed order."""
    found = {form.steps[number].before: None for number in form.of_unit[unit]}
    return [state for state in found if state is not None]


def _staying(form: Formulation, unit: int, state: State | None) -> Terms:
    """Return how many machines reach a renewed state and stay in it to the end."""
    reached = form.machines(lambda step: step.after == state, [unit])
    left = form.machines(lambda step: step.before == state, [unit])
    return [*reached, *((-value, variable) for value, variable in left)]


def _max_age(form: Formulation) -> Iterator[Row]:
    for number, unit in enumerate(form.units):
        name = form.problem.assets[unit.asset].name
        if too_old_at_end(form.evaluator, unit.asset, None):
            first = form.machines(lambda step: step.before is None, [number])
            yield Row(name, first, lower=float(unit.machines))
        states = {form.steps[step].after: None for step in form.of_unit[number]}
        for state in states:
            if too_old_at_end(form.evaluator, unit.asset, state):
                yield Row(name, _staying(form, number, state), upper=0.0)
    yield from _no_breaking_steps(form, "max_age")


def _allowed_periods(form: Formulation) -> Iterator[Row]:
    yield from _no_breaking_steps(form, "allowed_periods")


def _from(form: Formulation) -> Iterator[Row]:
    yield from _no_breaking_steps(form, "from")


def _no_breaking_steps(form: Formulation, limit: str) -> Iterator[Row]:
    """Forbid steps that break a limit (the model normally leaves them out from the start)."""
    for number, unit in enumerate(form.units):
        terms = form.machines(lambda step: limit in step.breaks, [number])
        if terms:
            yield Row(form.problem.assets[unit.asset].name, terms, upper=0.0)


def _station_capacity(form: Formulation) -> Iterator[Row]:
    for line in form.problem.lines:
        for station in line.stations:
            units = _units_at(form, line.name, station)
            start = form.start.station_per_h[line.name, station]
            for period in range(form.count):
                made = _loads(form, line, station, period)
                if made:
                    gains = form.total(
                        [-step.capacity_per_h[period] if step.unit in units else 0.0 for step in form.steps]
                    )
                    where = f"{line.name}, {station}, {period_name(form.problem, period)}"
                    yield Row(where, made + gains, upper=float(start[period]))


def _loads(form: Formulation, line: Line, station: str, period: int) -> Terms:
    """Return the capacity that the output of a line takes at a station."""
    loads = [(product.name, product.load.get(station, 1.0)) for product in line.products] or [(line.name, 1.0)]
    return [
        (load, form.model.output[line.name, name, period])
        for name, load in loads
        if load > 0 and (line.name, name, period) in form.worth_per_h
    ]


def _units_at(form: Formulation, line: str, station: str | None = None) -> set[int]:
    """Return the units of a line, or of one of its stations."""
    assets = [form.problem.assets[unit.asset] for unit in form.units]
    return {
        number
        for number, asset in enumerate(assets)
        if asset.line == line and (station is None or asset.station == station)
    }


def _demand(form: Formulation) -> Iterator[Row]:
    for line in form.problem.lines:
        for product in line.products or (line,):
            if product.demand_per_h is None:
                continue
            for period, demand in enumerate(by_period(product.demand_per_h, form.count)):
                if (line.name, product.name, period) in form.worth_per_h:
                    variable = form.model.output[line.name, product.name, period]
                    where = f"{line.name}, {period_name(form.problem, period)}"
                    yield Row(where, [(1.0, variable)], upper=float(demand))


def _budget(form: Formulation) -> Iterator[Row]:
    budget = form.problem.budget
    if budget is None:
        return
    parts = windows(form.problem, budget.every)
    amounts = by_period(budget.amounts, len(parts))
    for number, window in enumerate(parts):
        since = 0 if budget.carry_over else window.start
        there = float(amounts[: number + 1].sum() if budget.carry_over else amounts[number])
        spent = form.total([_part(step.cost, range(since, window.stop)) for step in form.steps])
        yield Row(window_name(form.problem, budget.every, window), spent, upper=there)


def _resource_rows(form: Formulation, which: str) -> Iterator[Row]:
    for name, resource in form.problem.resources.items():
        limit = resource.max if which == "max" else resource.min
        if limit is None:
            continue
        parts = windows(form.problem, resource.every)
        for window, amount in zip(parts, by_period(limit, len(parts)), strict=True):
            used = form.total([_part(step.uses.get(name), window) for step in form.steps])
            where = f"{name}, {window_name(form.problem, resource.every, window)}"
            lower, upper = (None, float(amount)) if which == "max" else (float(amount), None)
            yield Row(where, used, lower, upper)


def _part(values: Array | None, window: range) -> float:
    return 0.0 if values is None else float(values[window.start : window.stop].sum())


def _downtime(form: Formulation) -> Iterator[Row]:
    for line in form.problem.lines:
        if line.downtime_limit_h is None:
            continue
        units = _units_at(form, line.name)
        for period, limit in enumerate(by_period(line.downtime_limit_h, form.count)):
            hours = form.total([step.downtime_h[period] if step.unit in units else 0.0 for step in form.steps])
            yield Row(f"{line.name}, {period_name(form.problem, period)}", hours, upper=float(limit))


def _max_lines_down(form: Formulation) -> Iterator[Row]:
    most = form.problem.max_lines_down
    if most is None:
        return
    for period in range(form.count):
        down: Terms = []
        for line in form.problem.lines:
            flag = form.flag()
            down.append((1.0, flag))
            for number in sorted(_units_at(form, line.name)):
                renewed = _renewed_in(form, number, period)
                if renewed:  # one row per group is tighter than one for the line
                    terms = [*renewed, (-float(form.units[number].machines), flag)]
                    yield Row(line.name, terms, upper=0.0, fixed=True)
        yield Row(period_name(form.problem, period), down, upper=float(most))


def _pool_claims(form: Formulation) -> Iterator[Row]:
    for name in form.problem.pools:
        for period in range(form.count):
            now = range(period, period + 1)
            claimed = form.total([-_part(step.claims.get(name), now) for step in form.steps])
            paid = [(1.0, form.model.paid[name, period])]
            yield Row(f"{name}, {period_name(form.problem, period)}", paid + claimed, upper=0.0)


def _pool_max(form: Formulation) -> Iterator[Row]:
    for name, pool in form.problem.pools.items():
        yield Row(name, [(1.0, form.model.paid[name, period]) for period in range(form.count)], upper=pool.max)


def _target_rows(form: Formulation, which: str) -> Iterator[Row]:
    for target in form.problem.targets:
        limit = target.max if which == "max" else target.min
        if limit is None:
            continue
        for period in range(target.start, form.count):
            start = form.start.quantities.get(target.quantity)
            base = 0.0 if start is None else float(start[period])
            change = form.total(
                [_part(step.quantities.get(target.quantity), range(period, period + 1)) for step in form.steps]
            )
            where = f"{target.quantity}, {period_name(form.problem, period)}"
            lower, upper = (None, limit - base) if which == "max" else (limit - base, None)
            yield Row(where, change, lower, upper, base=base)


def _goal_rows(form: Formulation, sign: float) -> Iterator[Row]:
    for goal in form.problem.goals:
        if goal.limit is not None and goal.sign == sign:
            terms, base = goal_terms(form, goal)
            limit = goal.limit - base
            lower, upper = (limit, None) if sign > 0 else (None, limit)
            yield Row(goal.name, terms, lower, upper, base=base)


def _renewed_in(form: Formulation, unit: int, period: int) -> Terms:
    return form.machines(lambda step: step.period == period, [unit])


CONSTRAINTS: tuple[Constraint, ...] = (
    Constraint(
        "one_life",
        "Each machine is renewed for the first time at most once.",
        "sum over first steps of x[step] <= machines of the group",
        "machines",
        _one_life,
        natural=True,
        fields="assets[].count",
        example='"assets": [{"name": "loom", "count": 24}]',
    ),
    Constraint(
        "next_step",
        "A renewed machine is renewed again only if it is there, in service, and the number of renewals allows it.",
        "sum of x[step] out of a state <= sum of x[step] into it",
        "machines",
        _next_step,
        natural=True,
        fields="assets[].max_renewals, options[].starts_after",
        example='"assets": [{"name": "press", "max_renewals": 2}]',
    ),
    Constraint(
        "station_capacity",
        "A line makes no more than the machines of each of its stations can.",
        "sum over products of load[station] * q[product, t] <= capacity[station, t]",
        "units per hour",
        _station_capacity,
        natural=True,
        fields="capacity_per_h, capacity_gain_per_h and downtime_h of what is in service; lines[].products[].load",
        example='"lines": [{"name": "shafts", "stations": ["turning", "milling"], "hours": 1000, "margin": 0.02}]',
    ),
    Constraint(
        "demand",
        "A line makes no more than is wanted.",
        "q[product, t] <= demand[product, t]",
        "units per hour",
        _demand,
        natural=True,
        fields="lines[].demand_per_h, lines[].products[].demand_per_h",
        example='"lines": [{"name": "shafts", "stations": ["saw"], "hours": 1000, "margin": 0.02, "demand_per_h": 60}]',
    ),
    Constraint(
        "pool_claims",
        "A pool of money (a grant with a cap per project) pays no more than the renewals of the period claim.",
        "paid[pool, t] <= sum of claims[pool, t]",
        "money",
        _pool_claims,
        natural=True,
        fields="options[].claims",
        example='"options": [{"name": "electric", "cost": 300, "claims": {"grant": 60}}]',
    ),
    Constraint(
        "pool_max",
        "A pool of money pays no more than it holds.",
        "sum over t of paid[pool, t] <= max",
        "money",
        _pool_max,
        natural=True,
        fields="pools.max, worth",
        example='"pools": {"grant": {"max": 500}}',
    ),
    Constraint(
        "max_age",
        "No machine stays in service for more periods than its greatest age.",
        "x[life] = 0 if a machine of that life serves longer than max_age",
        "machines",
        _max_age,
        fields="assets[].max_age, options[].max_age",
        example='"assets": [{"name": "boiler", "age": 12, "max_age": 15}]',
    ),
    Constraint(
        "allowed_periods",
        "Renewals happen only in periods that the line and the option allow.",
        "x[step in p] = 0 if p is not allowed",
        "machines",
        _allowed_periods,
        fields="lines[].allowed_periods, options[].allowed_periods",
        example='"options": [{"name": "new", "cost": 90, "allowed_periods": [0, 4]}]',
    ),
    Constraint(
        "from",
        "An option replaces only what it may follow.",
        "x[step to option] = 0 if the machine before is not in from",
        "machines",
        _from,
        fields="options[].from",
        example='"options": [{"name": "retrofit", "cost": 30}, {"name": "new", "cost": 90, "from": ["retrofit"]}]',
    ),
    Constraint(
        "budget",
        "Renewals cost no more than the budget of the period or year and, with carry-over, what earlier ones left.",
        "spent[t] <= amount[t] + carried[t]",
        "money",
        _budget,
        fields="budget",
        example='"budget": {"amounts": [150, 150, 0, 0], "carry_over": true}',
    ),
    Constraint(
        "resource_max",
        "Renewals use no more of a resource than there is in the period, year or horizon.",
        "sum of uses[resource, t] <= max",
        "unit of the resource",
        lambda form: _resource_rows(form, "max"),
        fields="resources.NAME.max, every; options[].uses",
        example='"resources": {"crew_d": {"max": 10, "every": "period"}}',
    ),
    Constraint(
        "resource_min",
        "Renewals use at least so much of a resource in the period, year or horizon.",
        "sum of uses[resource, t] >= min",
        "unit of the resource",
        lambda form: _resource_rows(form, "min"),
        fields="resources.NAME.min, every; options[].uses",
        example='"resources": {"local_content": {"min": 400, "every": "horizon"}}',
    ),
    Constraint(
        "downtime_limit",
        "The machines of a line stand still for installation no longer than the line can spare.",
        "sum of downtime_h[line, t] <= downtime_limit_h[line, t]",
        "hours",
        _downtime,
        fields="lines[].downtime_limit_h; options[].downtime_h",
        example='"lines": [{"name": "shafts", "stations": ["saw"], "hours": 1000, "margin": 1, "downtime_limit_h": 9}]',
    ),
    Constraint(
        "max_lines_down",
        "Only so many lines have a renewal in the same period.",
        "sum over lines of (1 if any x[step in t] > 0) <= max_lines_down",
        "lines",
        _max_lines_down,
        fields="max_lines_down",
        example='"max_lines_down": 1',
    ),
    Constraint(
        "target_min",
        "What is in service adds up to at least the target.",
        "sum of quantities[t] >= min for t >= from",
        "unit of the quantity",
        lambda form: _target_rows(form, "min"),
        fields="targets[].min, from; quantities of assets and options",
        example='"targets": [{"quantity": "nc_machines", "min": 12, "from": 8}]',
    ),
    Constraint(
        "target_max",
        "What is in service adds up to at most the target.",
        "sum of quantities[t] <= max for t >= from",
        "unit of the quantity",
        lambda form: _target_rows(form, "max"),
        fields="targets[].max, from; quantities of assets and options",
        example='"targets": [{"quantity": "co2_t", "max": 900, "from": 3}]',
    ),
    Constraint(
        "goal_min",
        "A goal that is better the more, summed over the horizon or in the last period, reaches at least its limit.",
        "sum over t of goal[t] >= limit, or goal[T-1] >= limit",
        "unit of the goal",
        lambda form: _goal_rows(form, 1.0),
        fields="goals[].limit, better: more",
        example='"goals": [{"name": "money", "of": "gain", "limit": 500}]',
    ),
    Constraint(
        "goal_max",
        "A goal that is better the less, summed over the horizon or in the last period, keeps to its limit.",
        "sum over t of goal[t] <= limit, or goal[T-1] <= limit",
        "unit of the goal",
        lambda form: _goal_rows(form, -1.0),
        fields="goals[].limit, better: less",
        example='"goals": [{"name": "spent", "of": "cost", "limit": 4000}]',
    ),
    Constraint(
        "together",
        "These are renewed in the same period, or none of them is.",
        "any[a, t] = any[b, t]",
        "yes or no",
        rule_rows.together_rows,
        fields="rules[].together",
        example='"rules": [{"together": ["furnace", "charger"]}]',
    ),
    Constraint(
        "after",
        "One is renewed only when the other was, gap periods before.",
        "any[then, t] <= all[first, by t - gap]",
        "yes or no",
        rule_rows.after_rows,
        fields="rules[].after",
        example='"rules": [{"after": {"first": "turning", "then": "milling", "gap": 1}}]',
    ),
    Constraint(
        "exclude",
        "At most one of these is renewed.",
        "sum of any[reference] <= 1",
        "references",
        rule_rows.exclude_rows,
        fields="rules[].exclude",
        example='"rules": [{"exclude": ["press/retrofit", "press/new"]}]',
    ),
    Constraint(
        "requires",
        "If one is renewed, so is the other.",
        "any[if] <= all[then]",
        "yes or no",
        rule_rows.requires_rows,
        fields="rules[].requires",
        example='"rules": [{"requires": {"if": "robot", "then": "lathe/cnc"}}]',
    ),
    Constraint(
        "choose",
        "At least min and at most max of these are renewed.",
        "min <= sum of any[reference] <= max",
        "references",
        rule_rows.choose_rows,
        fields="rules[].choose, min, max",
        example='"rules": [{"choose": ["lathe 1", "lathe 2", "lathe 3"], "min": 1, "max": 1}]',
    ),
    Constraint(
        "must",
        "This is renewed by the period given.",
        "renewed[reference, by t] = machines of the reference",
        "machines",
        rule_rows.must_rows,
        fields="rules[].must, by",
        example='"rules": [{"must": "boiler", "by": 3}]',
    ),
)


def constraints_doc() -> str:
    """Return the table of limits and rules as Markdown.

    >>> print(constraints_doc().splitlines()[0])
    # Limits and rules of the renewal model
    """
    parts = [
        "# Limits and rules of the renewal model",
        "",
        "Every limit and rule there is, made from the table that the optimiser is built from. What is listed first "
        "(*always*) holds by itself; the others hold where a [problem](problem_file.md) has their fields. Each has a "
        "name, which a plan that clashes and `without` speak of.",
        "",
        "`t` is a period. `x[step]` is the number of machines of a group that take a step of their lives: a renewal "
        "with an option in a period, of the machine as it was or of an earlier renewal. `q` is output per hour. "
        "`any[reference]` is 1 if any machine of it is renewed, `all[reference]` is 1 if every machine of it is; a "
        "reference is an `asset` or an `asset/option`.",
        "",
        "| name | unit | fields |",
        "|---|---|---|",
        *(f"| [{c.name}](#{c.name}){' (always)' if c.natural else ''} | {c.unit} | {c.fields} |" for c in CONSTRAINTS),
        "",
    ]
    for constraint in CONSTRAINTS:
        parts += [f"## {constraint.name}", "", constraint.sentence, ""]
        parts += [f"    {constraint.formula}", "", f"Unit: {constraint.unit}."]
        if constraint.fields:
            parts[-1] += f" From: {constraint.fields}."
        if constraint.example:
            parts += ["", "```json", f"{{{constraint.example}}}", "```"]
        parts.append("")
    return "\n".join(parts)
