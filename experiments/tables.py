"""A document on the terminal: the few tables that answer the question, in 80 columns, readable without colour."""

from collections.abc import Callable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from experiments.bench import tables as bench_tables
from experiments.report import (
    catalogue_parts,
    energy_parts,
    goal_parts,
    kpi_parts,
    loop_parts,
    money_parts,
    plan_parts,
    rank_parts,
    run_parts,
    statistics_parts,
    why_parts,
)
from experiments.report.parts import Column, Document, Table, Writer, with_names


def show(document: Document, console: Console, lang: str = "en") -> None:
    """Print the answer and its tables.

    Args:
        document: What ``simulate``, ``compare``, ``rank``, ``plan`` or ``bench`` print with ``--json``.
        console: Where to; its width is kept, rich honours ``NO_COLOR``.
        lang: ``en`` or ``zh``.

    Raises:
        ValueError: The document is of no kind that has tables.
    """
    kind = document.get("kind")
    if kind not in _KINDS:
        raise ValueError(f"a document of kind {kind!r} has no tables; kinds with some: {', '.join(_KINDS)}")
    answer, tables = _KINDS[str(kind)](with_names(document, lang), Writer(lang))
    for sentence in answer:
        console.print(Text(sentence))
    for table in tables:
        if table.rows:
            _print(table, console)


def _print(table: Table, console: Console) -> None:
    # Text objects: a name like "[red]" is a name, not an order to the terminal
    shown = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in table.columns:
        shown.add_column(
            Text(column.label),
            justify="right" if column.number else "left",
            no_wrap=column.date,
            overflow="fold",
            vertical="top",
        )
    for number, row in enumerate(table.rows):
        shown.add_row(*map(Text, row), style="bold" if number in table.strong else None)
    console.print()
    console.print(Text(table.title, style="bold"))
    console.print(shown)


def _plan(plan: Document, w: Writer) -> tuple[list[str], list[Table]]:
    tables = [
        plan_parts.short_renewals(plan, w),
        plan_parts.spending(plan, w),
        plan_parts.downtime(plan, w),
        money_parts.figures(plan, w),
        plan_parts.against(plan, w),
        _certainty(plan, w),
    ]
    if why_parts.has_why(plan):
        why = [table(plan, w) for table in (why_parts.measures, why_parts.missing, why_parts.budgets)]
        return [*plan_parts.answer(plan, w), *why_parts.sentences(plan, w)], [tables[0], *why, *tables[1:]]
    return plan_parts.answer(plan, w), tables


def _certainty(plan: Document, w: Writer) -> Table:
    gain = plan["npv_gain_cny"]
    if "loop" in plan:
        return loop_parts.certainty(plan, w)
    rows = [
        [w.t("Gain in net present value, simulated"), w.money(gain["simulated"])],
        [w.t("Gain in net present value, predicted"), w.money(gain["predicted"], digits=4)],
        [w.t("Bound: by the planning model no schedule gains more"), w.money(gain["bound"], digits=4)],
        [w.t("Gap between bound and predicted gain"), w.percent(plan["gap"], 2)],
    ]
    return Table(w.t("How good, how certain"), (*w.words("Quantity"), *w.numbers("Value")), rows)


def _compare(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    by_line = run_parts.difference_by_line(document, w)
    levels = _upright(energy_parts.levels_before_after(document["before"], document["after"], w))
    tables = [run_parts.difference(document, w), *(by_line if len(by_line) > 1 else []), levels]
    return [*run_parts.compare_answer(document, w), *energy_parts.conventions(document["after"], w)], tables


def _simulate(run: Document, w: Writer) -> tuple[list[str], list[Table]]:
    tables = [_upright(run_parts.output(run, w)), kpi_parts.quantiles(run, w)]
    for n, line in enumerate(run["lines"]):
        tables += [
            _upright(run_parts.stations([("", run)], n, w)),
            kpi_parts.iso(line, w),
            kpi_parts.bottlenecks(line, w),
        ]
    said = [*run_parts.simulate_answer(run, w), *energy_parts.conventions(run, w)]
    return said, [*tables, *run_parts.energy(run, w), _upright(energy_parts.levels(run, w))]


def _rank(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    said = [*rank_parts.answer(document, w), *statistics_parts.notes(document, w)]
    return said, [rank_parts.table(document, w)]


def _front(front: Document, w: Writer) -> tuple[list[str], list[Table]]:
    return goal_parts.front_answer(front, w), [goal_parts.front_table(front, w), goal_parts.played_table(front, w)]


def _robust(document: Document, w: Writer) -> tuple[list[str], list[Table]]:
    makers = (
        goal_parts.schedules_table,
        goal_parts.simulated_table,
        goal_parts.robust_renewals,
        goal_parts.rolling_table,
    )
    return goal_parts.robust_answer(document, w), [make(document, w) for make in makers]


def _upright(table: Table, most: int = 4) -> Table:
    """Return a table with rows and columns exchanged if it has few rows, so that many columns fit."""
    if not 0 < len(table.rows) <= most:
        return table
    columns = (Column(table.columns[0].label, number=False), *(Column(row[0]) for row in table.rows))
    rows = [[column.label, *(row[i] for row in table.rows)] for i, column in enumerate(table.columns) if i]
    return Table(table.title, columns, rows, table.note)


_KINDS: dict[str, Callable[[Document, Writer], tuple[list[str], list[Table]]]] = {
    "plan": _plan,
    "compare": _compare,
    "simulate": _simulate,
    "rank": _rank,
    "bench": bench_tables.tables,
    "front": _front,
    "robust": _robust,
    "catalogue": catalogue_parts.tables,
    "catalogue_entry": catalogue_parts.entry,
}
