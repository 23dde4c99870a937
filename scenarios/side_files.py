"""Files that a plant file names: observed values, lists of arrivals (CSV), a user's own station (Python).

Paths are relative to the plant file. What they hold takes the place of the name before anything is checked.
"""

import csv
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from models.errors import Path
from models.view import Finding, Tree, mapping

_TIMES = {"time_s": 1.0, "time_min": 60.0, "time_h": 3600.0, "time_d": 86_400.0}
_MOMENT = "time"


def brought_in(tree: Tree, folder: FilePath) -> tuple[Tree, list[Finding]]:
    """Return a plant as written with what its side files hold, and what is wrong with them."""
    found: list[Finding] = []
    start = _start(tree)

    def walk(node: Any, path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(node, list):
            return [walk(item, (*path, n)) for n, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        out = {key: walk(value, (*path, key)) for key, value in node.items()}
        if isinstance(node.get("empirical"), str):
            out["empirical"] = _observed(folder / node["empirical"], (*path, "empirical"), found)
        if isinstance(node.get("arrivals_s"), str):
            out["arrivals_s"] = _arrivals(folder / node["arrivals_s"], start, (*path, "arrivals_s"), found)
        kind = node.get("kind")
        if isinstance(kind, str) and ".py:" in kind:
            out["kind"] = _own(folder, kind, (*path, "kind"), found)
        return out

    return mapping(walk(tree, ())), found


def _start(tree: Tree) -> datetime:
    written = mapping(tree.get("run")).get("start")
    try:
        return datetime.fromisoformat(str(written)).replace(tzinfo=None)
    except ValueError:
        return datetime(2026, 1, 1)


def _rows(file: FilePath, path: Path, found: list[Finding]) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV file with their lines; names of columns in small letters."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        found.append(Finding(path, f"file {file}: {why}", "a CSV file, relative to the plant file"))
        return []
    reader = csv.DictReader(text.splitlines())
    return [
        (reader.line_num, {str(k).strip().lower(): (v or "").strip() for k, v in row.items() if k is not None})
        for row in reader
    ]


def _number(text: str, file: FilePath, line: int, column: str, path: Path, found: list[Finding]) -> float | None:
    try:
        value = float(text)
        if 0 <= value < float("inf"):
            return value
    except ValueError:
        pass
    found.append(Finding(path, f"{file}:{line}: {column} is {text!r}", "a number that is at least 0"))
    return None


def _observed(file: FilePath, path: Path, found: list[Finding]) -> Tree:
    """Return the values of a file, with their weights if it has such a column; one column needs no name."""
    rows = _rows(file, path, found)
    if not rows:
        return {"values": [0.0]} if found else {"values": []}
    columns = list(rows[0][1])
    name = "value" if "value" in columns else columns[0]
    weighted = "weight" in columns
    numbers = [] if name == "value" else [_number(name, file, 1, "value", path, found)]
    numbers += [_number(row.get(name, ""), file, line, name, path, found) for line, row in rows]
    values = [0.0 if n is None else n for n in numbers]
    if not weighted:
        return {"values": values}
    weights = [_number(row.get("weight", ""), file, line, "weight", path, found) for line, row in rows]
    return {"values": values, "weights": [0.0 if w is None else w for w in weights]}


def _arrivals(file: FilePath, start: datetime, path: Path, found: list[Finding]) -> list[Tree]:
    """Return the arrivals of a file: ``time_s`` (also ``_min``, ``_h``, ``_d``, or ``time``), product, quantity."""
    rows = _rows(file, path, found)
    columns = list(rows[0][1]) if rows else []
    column = next((c for c in columns if c in _TIMES or c == _MOMENT), None)
    if rows and column is None:
        allowed = f"one of {', '.join([*_TIMES, _MOMENT])}, and product, quantity"
        found.append(Finding(path, f"{file}: no column of times among {', '.join(columns)}", allowed))
        return []
    out: list[Tree] = []
    for line, row in rows:
        assert column is not None
        time_s = _moment(row[column], start, file, line, path, found) if column == _MOMENT else _number(
            row[column], file, line, column, path, found)  # fmt: skip
        if time_s is None:
            continue
        arrival: Tree = {"time_s": time_s * _TIMES.get(column, 1.0)}
        if row.get("product"):
            arrival["product"] = row["product"]
        if row.get("quantity"):
            quantity = _number(row["quantity"], file, line, "quantity", path, found)
            arrival["quantity"] = int(quantity) if quantity == int(quantity or 0) else quantity
        out.append(arrival)
    return out


def _moment(text: str, start: datetime, file: FilePath, line: int, path: Path, found: list[Finding]) -> float | None:
    try:
        seconds = (datetime.fromisoformat(text).replace(tzinfo=None) - start).total_seconds()
        if seconds >= 0:
            return seconds
        allowed = f"not before the run's start, {start}"
    except ValueError:
        allowed = "a moment like 2026-01-31 06:00"
    found.append(Finding(path, f"{file}:{line}: time is {text!r}", allowed))
    return None


def _own(folder: FilePath, kind: str, path: Path, found: list[Finding]) -> str:
    file, _, name = kind.rpartition(":")
    where = (folder / file).resolve()
    if not where.is_file():
        found.append(Finding(path, f"no file {where}", "a Python file, relative to the plant file"))
    return f"{where}:{name}"
