"""The user's own list of renewals (``--against schedule.csv``), as CSV or XLSX.

Columns: ``line``, ``station``, ``machines`` (how many; default 1), ``option``, and ``period`` (its label, or its number
from 0) or ``date``; instead of line and station also ``asset``. Everything wrong is told at once, with file and row.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from xml.etree import ElementTree

from models.errors import DataError, Problem
from optimize.plan import Renewal
from optimize.problem import Asset, RenewalProblem

Row = dict[str, str]
COLUMNS = ("asset", "line", "station", "machines", "option", "period", "date")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_EXCEL_DAY_0 = date(1899, 12, 30)


def read_own_list(path: str | Path, problem: RenewalProblem) -> list[Renewal]:
    """Return the renewals of a user's list.

    Args:
        path: A CSV file (UTF-8) or an XLSX file, whose first sheet counts.
        problem: What the list is for: its lines, stations, options and periods are those of the file.

    Raises:
        DataError: With all that is wrong, each with file and row.
    """
    path = Path(path)
    rows = _rows(path)
    unknown = [name for name in (rows[0][1] if rows else {}) if name not in COLUMNS]
    problems = [
        Problem(f"{path.name} row 1", f"column {name!r}", f"columns are {', '.join(COLUMNS)}", _close(name, COLUMNS))
        for name in unknown
    ]
    reader = _Reader(problem, path.name, problems)
    renewals = [renewal for number, row in rows for renewal in reader.renewals(number, row)]
    if not rows:
        problems.append(Problem(path.name, "no rows", f"a heading ({', '.join(COLUMNS[1:])}) and a row per renewal"))
    if problems:
        raise DataError(problems)
    return renewals


class _Reader:
    """Turns rows into renewals and notes what is wrong."""

    def __init__(self, problem: RenewalProblem, file: str, problems: list[Problem]) -> None:
        self.problem, self.file, self.problems = problem, file, problems
        self.taken: dict[str, int] = {}

    def _wrong(self, row: int, found: str, allowed: str, hint: str = "") -> None:
        self.problems.append(Problem(f"{self.file} row {row}", found, allowed, hint))

    def renewals(self, number: int, row: Row) -> list[Renewal]:
        """Return the renewals that a row means; several where the machines of a station differ."""
        assets = self._assets(number, row)
        option = self._option(number, row, assets)
        period = self._period(number, row)
        machines = self._machines(number, row, assets)
        if option is None or period is None:
            return []
        return [Renewal(asset=name, option=option, period=period, machines=count) for name, count in machines.items()]

    def _assets(self, number: int, row: Row) -> list[Asset]:
        if row.get("asset"):
            found = [asset for asset in self.problem.assets if asset.name == row["asset"]]
            if not found:
                self._unknown(number, "asset", row["asset"], (asset.name for asset in self.problem.assets))
            return found
        line, station = row.get("line", ""), row.get("station", "")
        at_line = [asset for asset in self.problem.assets if asset.line == line]
        found = [asset for asset in at_line if asset.station == station]
        if not at_line:
            self._unknown(number, "line", line, (asset.line for asset in self.problem.assets if asset.line))
        elif not found:
            self._unknown(number, "station", station, (asset.station for asset in at_line if asset.station))
        return found

    def _option(self, number: int, row: Row, assets: Sequence[Asset]) -> str | None:
        named, known = row.get("option", ""), [o.name for asset in assets for o in asset.options]
        if named in known:
            return named
        if assets:
            self._unknown(number, "option", named, known)
        return None

    def _unknown(self, number: int, what: str, found: str, known: Iterable[str]) -> None:
        names = list(dict.fromkeys(known))
        shown = f"{what} {found!r}" if found else f"no {what}"
        self._wrong(number, shown, f"must be one of: {', '.join(names) or 'none there are'}", _close(found, names))

    def _machines(self, number: int, row: Row, assets: Sequence[Asset]) -> dict[str, int]:
        """Return how many machines of which asset a row takes, or those it names, and keep count."""
        text = row.get("machines", "") or "1"
        names = [name.strip() for name in text.split(";")]
        own = {asset.name.rpartition("#")[2]: asset.name for asset in assets if "#" in asset.name}
        if all(name in own for name in names):
            return {own[name]: 1 for name in names}
        count = _whole(text)
        if count is None or count < 1:
            what = f", or names from {', '.join(own)} with ; between" if own else ""
            self._wrong(number, f"machines {text!r}", f"a whole number from 1{what}")
            return {}
        out: dict[str, int] = {}
        for asset in assets:
            free = asset.count * max(1, asset.max_renewals) - self.taken.get(asset.name, 0)
            if (part := min(free, count)) > 0:
                out[asset.name] = part
                self.taken[asset.name] = self.taken.get(asset.name, 0) + part
                count -= part
        if count and assets:
            there = sum(asset.count for asset in assets)
            self._wrong(number, f"machines {text}", f"the station has {there}, and earlier rows take some of them")
        return out

    def _period(self, number: int, row: Row) -> int | None:
        text, day = row.get("period", ""), row.get("date", "")
        labels = list(self.problem.periods.labels or ())
        if text in labels:
            return labels.index(text)
        if day and not text:
            found = _of_day(day, labels)
            if found is None:
                allowed = f"a day or month of the plan ({labels[0]} to {labels[-1]})" if labels else "use period"
                self._wrong(number, f"date {day!r}", allowed)
            return found
        found = _whole(text)
        if found is None or not 0 <= found < self.problem.periods.count:
            allowed = f"0 to {self.problem.periods.count - 1}" + (f", or {labels[0]} to {labels[-1]}" if labels else "")
            self._wrong(number, f"period {text!r}" if text else "neither period nor date", allowed)
            return None
        return found


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else None


def _close(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _of_day(text: str, labels: Sequence[str]) -> int | None:
    """Return the period that a day lies in; labels are written 2026, 2026-Q2 or 2026-04.

    >>> _of_day("2026-08-15", ["2026-Q1", "2026-Q2", "2026-Q3"]), _of_day("2025-12", ["2026"])
    (2, None)
    """
    match = re.match(r"^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?", text)
    starts = [_first_month(label) for label in labels]
    if match is None or None in starts or not 1 <= int(match[2]) <= 12:
        return None
    month = int(match[1]) * 12 + int(match[2]) - 1
    begun = [n for n, start in enumerate(starts) if start is not None and start <= month]
    known = [start for start in starts if start is not None]
    length = known[1] - known[0] if len(known) > 1 else 12
    return begun[-1] if begun and month < known[-1] + length else None


def _first_month(label: str) -> int | None:
    match = re.match(r"^(\d{4})(?:-Q([1-4])|-(\d{2}))?$", label)
    if match is None:
        return None
    month = 3 * (int(match[2]) - 1) if match[2] else int(match[3]) - 1 if match[3] else 0
    return int(match[1]) * 12 + month


# --- files ---


def _rows(path: Path) -> list[tuple[int, Row]]:
    """Return the rows of a file with their numbers, as a spreadsheet counts them; columns in small letters."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError([Problem(path.name, error.strerror or "cannot be read", "a CSV or XLSX file")]) from None
    if path.suffix.lower() == ".xlsx" or data[:2] == b"PK":
        table = _sheet(path.name, data)
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError([Problem(path.name, "not UTF-8 text", "a CSV file in UTF-8, or XLSX")]) from None
        table = list(csv.reader(io.StringIO(text)))
    if not table:
        return []
    heading = [cell.strip().lower() for cell in table[0]]
    rows = [
        (number, {name: cell.strip() for name, cell in zip(heading, cells, strict=False) if name})
        for number, cells in enumerate(table[1:], 2)
    ]
    return [(number, row) for number, row in rows if any(row.values())]


def _sheet(name: str, data: bytes) -> list[list[str]]:
    """Return the cells of the first sheet of an XLSX file; days as 2026-04-30."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            strings = _strings(book)
            days = _day_styles(book)
            sheets = sorted(
                (n for n in book.namelist() if re.match(r"xl/worksheets/sheet\d+\.xml$", n)),
                key=lambda n: int(re.sub(r"\D", "", n)),
            )
            root = ElementTree.fromstring(book.read(sheets[0]))
    except (zipfile.BadZipFile, KeyError, IndexError, ElementTree.ParseError):
        raise DataError([Problem(name, "no XLSX workbook", "a CSV or XLSX file")]) from None
    table: list[list[str]] = []
    for row in root.iter(f"{_SHEET}row"):
        number = int(row.get("r", len(table) + 1))
        table += [[] for _ in range(number - len(table))]
        for cell in row.iter(f"{_SHEET}c"):
            column = _column(cell.get("r", "")) if cell.get("r") else len(table[number - 1])
            table[number - 1] += [""] * (column + 1 - len(table[number - 1]))
            table[number - 1][column] = _text(cell, strings, days)
    return table


def _strings(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    return ["".join(t.text or "" for t in item.iter(f"{_SHEET}t")) for item in root.iter(f"{_SHEET}si")]


def _day_styles(book: zipfile.ZipFile) -> set[int]:
    """Return the numbers of the cell styles that show a number as a day."""
    if "xl/styles.xml" not in book.namelist():
        return set()
    root = ElementTree.fromstring(book.read("xl/styles.xml"))
    own = {int(f.get("numFmtId", 0)): f.get("formatCode", "") for f in root.iter(f"{_SHEET}numFmt")}
    formats = root.find(f"{_SHEET}cellXfs")
    found = [int(x.get("numFmtId", 0)) for x in formats] if formats is not None else []
    return {n for n, f in enumerate(found) if 14 <= f <= 17 or f == 22 or re.search(r"[yd]", own.get(f, "").lower())}


def _text(cell: ElementTree.Element, strings: Sequence[str], days: set[int]) -> str:
    kind, value = cell.get("t", "n"), cell.findtext(f"{_SHEET}v") or ""
    if kind == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_SHEET}t"))
    if kind == "s":
        return strings[int(value)]
    if value and kind == "n":
        if int(cell.get("s", 0)) in days:
            return (_EXCEL_DAY_0 + timedelta(days=int(float(value)))).isoformat()
        whole = _whole(value)
        return value if whole is None else str(whole)
    return value


def _column(reference: str) -> int:
    """Return the number, from 0, of a cell's column.

    >>> _column("A1"), _column("AB12")
    (0, 27)
    """
    number = 0
    for letter in re.sub(r"[^A-Z]", "", reference.upper()):
        number = number * 26 + ord(letter) - 64
    return number - 1
