"""Solves a problem given as plain numbers, telling how far the search is."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from optimize.column_generation import Progress
    from optimize.plan import Plan
    from optimize.problem import RenewalProblem

SILENT_S = 2.0
"""Searches shorter than this need no progress."""
EXACT = 1e-9
"""Gap of the best plan there is."""
TIME_LIMIT_S = 120.0
LARGE, LARGE_GAP, VERY_LARGE = 500, 2e-3, 2_000
"""Machines from which a wider gap, and a longer time, are what a reader is served with."""


def solved(problem: RenewalProblem, gap: float | None, time_limit_s: float | None, quiet: bool) -> Plan:
    """Return the plan of a renewal problem; stopped by Ctrl-C, the best plan so far."""
    from optimize.solve import solve

    machines = sum(asset.count for asset in problem.assets)
    with _stopping() as stops:
        return solve(
            problem,
            gap=(LARGE_GAP if machines >= LARGE else EXACT) if gap is None else gap,
            time_limit_s=(600.0 if machines >= VERY_LARGE else TIME_LIMIT_S) if time_limit_s is None else time_limit_s,
            threads=min(2, os.cpu_count() or 1),
            tell=(lambda _: None) if quiet else _tell,
            stops=stops,
        )


def _tell(progress: Progress) -> None:
    """Write one line of progress to stderr."""
    if progress.seconds < SILENT_S:
        return
    plan = "no plan yet" if progress.gain is None else f"plan {progress.gain:,.0f}"
    gap = "" if progress.gap is None or progress.gap > 1e3 else f", gap {progress.gap:.2%}"
    text = f"round {progress.round}: {plan}, bound {progress.bound:,.0f}{gap}, {progress.seconds:.0f} s"
    click.echo(text, err=True)


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C was pressed; pressed a second time, it ends the program as usual."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # signals belong to the main thread
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)
        click.echo("Stopping with the best plan so far; Ctrl-C again to end at once.", err=True)

    signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
