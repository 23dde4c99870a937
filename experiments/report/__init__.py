"""The report: one self-contained HTML page from a plan, compare, rank or simulate document.

:func:`write_report` is all a caller needs. Inside: ``parts`` (tables and how numbers are written),
``plan_parts`` and ``run_parts`` (what each kind of document says), ``charts`` (drawn by matplotlib), ``gantt`` and
``replay`` (a window of the run), ``page`` (HTML).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_report(
    document: Mapping[str, Any], path: Path | str, lang: str = "en", seen: Mapping[str, Any] | None = None
) -> Path:
    """Write the report of a document as one HTML file that needs nothing else, and return its path.

    The same document gives the same bytes.

    Args:
        document: What ``simulate``, ``compare``, ``rank`` or ``plan`` print with ``--json``.
        path: The file to write; its folder exists.
        lang: ``en`` or ``zh``.
        seen: What there is to see of a simulation (:mod:`experiments.seen`): states, parts over time, the replay.

    Raises:
        ValueError: The document is of no kind that has a report.
    """
    from experiments.report.page import html  # drawing and templates are slow to load

    path = Path(path)
    path.write_text(html(document, lang, seen), encoding="utf-8", newline="\n")
    return path
