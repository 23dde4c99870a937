"""Seeing a run: the window shown in its report, and its trace with the same pictures as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments import seen, trace
from models.errors import DataError, Problem
from models.plant import Plant

Document = dict[str, Any]
Progress = Callable[[int, int], None]


def check(folder: str | None, window_h: tuple[float, float] | None, horizon_h: float) -> None:
    """Refuse a window after the run, and a folder that cannot be written, before anything is simulated.

    Raises:
        DataError: The window begins at the horizon or later.
        OSError: The folder cannot be made or written.
    """
    if window_h is not None and window_h[0] >= horizon_h:
        found = f"begins at {window_h[0]:g} h"
        raise DataError([Problem("--window", found, f"a begin before the horizon of {horizon_h:g} h")])
    if folder is not None:
        trace.prepare(Path(folder))


def see(plant: Plant, document: Document, window_h: tuple[float, float] | None = None) -> seen.Seen:
    """Return what there is to see of the run that a document is about; its first replication is played again."""
    return seen.see(plant, document["seed"], document["warm_up_h"], document["horizon_h"], window_h)


def write_trace(
    plant: Plant,
    document: Document,
    shown: seen.Seen,
    folder: Path,
    workers: int | None,
    lang: str,
    announce: Callable[[str], Progress | None],
) -> str:
    """Write the tables of all replications and the pictures of the window; return a sentence on how large it got."""
    from experiments.report.gantt import gantt_file, wip_file
    from experiments.report.parts import Writer

    size = trace.write(
        plant,
        folder,
        document["seed"],
        document["replications"],
        document["horizon_h"],
        workers,
        announce("Writing the trace"),
        document["engine"],
    )
    writer = Writer(lang)
    for name, draw in (("gantt", gantt_file), ("wip", wip_file)):
        (folder / f"{name}.svg").write_text(draw(shown, writer), encoding="utf-8", newline="\n")
    return f"Trace: {folder} (visits.csv and states.csv {size}; gantt.svg, wip.svg)"
