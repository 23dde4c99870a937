"""All visits and stays of one replication, as rows: what an engine fills, for tests and for looking at runs.

docs/results.md says what each column holds; times are seconds since the start of the run. A row of a visit comes when
the part leaves, a row of a stay when it ends; what has not ended comes when the run is closed: visits without an end,
stays up to then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sim.program import EXIT_AT, SCRAP_AT

Row = dict[str, Any]
VISITS = (
    "line", "station", "machine", "part", "product", "lot", "visit", "batch", "enter_s", "setup_start_s", "setup_end_s",
    "start_s", "finish_s", "leave_s", "to",
)  # fmt: skip
"""Columns of a visit."""
STATES = ("line", "station", "machine", "state", "start_s", "end_s", "part", "cause", "served_s", "power_kw")
"""Columns of a stay."""
NAMES = {EXIT_AT: "exit", SCRAP_AT: "scrap"}
"""What stands in ``to`` where a part leaves the line."""
LOST = "lost"
"""What stands in ``to`` where an arrival finds no place."""


class Sink(Protocol):
    """Where the rows go."""

    def visit(self, row: Row) -> None:
        """Take the row of a visit."""

    def state(self, row: Row) -> None:
        """Take the row of a stay."""


class Trace:
    """Hands rows to ``sink`` as they come; without one it keeps them in ``visits`` and ``states``.

    >>> kept = Trace(); kept.visit({"part": 1, "to": "exit"}); kept.visits, kept.states
    ([{'part': 1, 'to': 'exit'}], [])
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.visits: list[Row] = []
        self.states: list[Row] = []
        self.visit: Callable[[Row], None] = sink.visit if sink is not None else self.visits.append
        """Takes a row with the columns :data:`VISITS`."""
        self.state: Callable[[Row], None] = sink.state if sink is not None else self.states.append
        """Takes a row with the columns :data:`STATES`."""
