"""What a run leaves behind: inputs as read, results as JSON and CSV, the report, and a manifest."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import platform
import sys
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.energy_tables import LISTS, energy_tables

Row = dict[str, Any]
LIBRARIES = ("simpy", "numpy", "scipy", "pyomo", "highspy", "pydantic")


def plain(value: Any) -> Any:  # noqa: ANN401 - nested results
    """Return results as JSON can hold them: an unknown (infinite) half-width becomes null.

    >>> plain({"mean": 1.0, "half_width": float("inf")})
    {'mean': 1.0, 'half_width': None}
    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_json(document: Row) -> str:
    """Return a document as JSON text."""
    return json.dumps(plain(document), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_run(
    folder: Path, document: Row, text: str, name: str, command: list[str], lang: str, seen: Row | None = None
) -> Path:
    """Write a run folder and return the path of its report.

    Args:
        folder: Made if missing; files of an earlier run in it are replaced.
        document: A result document.
        text: The plant file as it was read.
        name: What it was called.
        command: The command line.
        lang: Language of the report.
        seen: What there is to see of the run (:mod:`experiments.seen`), for the report.
    """
    from experiments.report import write_report

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inputs").mkdir(exist_ok=True)
    source = folder / "inputs" / (Path(name).stem + ".yaml")
    source.write_text(text, encoding="utf-8")
    (folder / "results.json").write_text(as_json(document), encoding="utf-8")
    for table, rows in tables(plain(document)).items():
        write_csv(folder / f"{table}.csv", rows)
    if seen is not None:
        (folder / "seeing.json").write_text(json.dumps(seen, ensure_ascii=False) + "\n", encoding="utf-8")
    report = folder / "report.html"
    write_report(plain(document), report, lang, seen)
    manifest = {
        "command": command,
        "written": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seed": document.get("seed"),
        "replications": document.get("replications"),
        "inputs": {source.name: hashlib.sha256(text.encode()).hexdigest()},
        "versions": {
            "renewline": version("renewline"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "platform": sys.platform,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return report


def folder_for(command: str, plant: str) -> Path:
    """Return a folder that does not exist yet, named by day, command and plant."""
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in plant).strip("-") or "plant"
    base = Path("runs") / f"{datetime.now():%Y-%m-%d-%H%M%S}-{command}-{stem}"
    folder, n = base, 1
    while folder.exists():
        n += 1
        folder = base.with_name(f"{base.name}-{n}")
    return folder


def tables(document: Row) -> dict[str, list[Row]]:
    """Return the tidy tables of a document by name."""
    return {**_tables(document), **_certainty_tables(document)}


def _certainty_tables(document: Row) -> dict[str, list[Row]]:
    """Return the series of the warm-up and the precision reached, where they were chosen."""
    found = {}
    if warm_up := document.get("warm_up"):
        found["warm_up"] = [
            {"run": s.get("run", ""), "line": s["line"], "figure": s["figure"], "end_h": (n + 1) * warm_up["point_h"],
             "mean": mean}
            for s in warm_up["series"]
            for n, mean in enumerate(s["mean"])
        ]  # fmt: skip
    if precision := document.get("precision"):
        found["precision"] = precision["figures"]
    return found


def _tables(document: Row) -> dict[str, list[Row]]:
    if document["kind"] == "simulate":
        return _simulation_tables(document)
    if document["kind"] == "rank":
        return {"variants": [flat({k: v for k, v in row.items() if k != "options"}) for row in document["variants"]]}
    if document["kind"] in {"front", "robust"}:
        return _goal_tables(document)
    if document["kind"] == "compare":
        rows = [{"line": "all", **document["difference"]}, *document["by_line"]]
        difference = [
            {"line": row.get("line") or row["name"], "figure": key, **value}
            for row in rows
            for key, value in row.items()
            if isinstance(value, dict)
        ]
        sides = {
            f"{side}_{k}": v for side in ("before", "after") for k, v in _simulation_tables(document[side]).items()
        }
        return {"difference": difference, **sides}
    listed = {name: document[name] for name in ("renewals", "by_year", "by_period", "cash_flow", "explained")}
    made_of = {"from"}  # where the lines of a cash flow come from is a list of its own, in results.json
    return {
        name: [flat({k: v for k, v in row.items() if name != "cash_flow" or k not in made_of}) for row in rows]
        for name, rows in listed.items()
    }


def _goal_tables(document: Row) -> dict[str, list[Row]]:
    """Return the points of a front with their schedules, or the schedules over scenarios."""
    if document["kind"] == "front":
        points = [flat({k: v for k, v in point.items() if k != "renewals"}) for point in document["points"]]
        renewals = [{"point": p["number"], **row} for p in document["points"] for row in p["renewals"]]
        return {"points": points, "renewals": renewals}
    names = [scenario["name"] for scenario in document["scenarios"]]
    gains = [
        {"schedule": row["name"], "scenario": name, "predicted_cny": gain, "regret_cny": regret,
         **({} if simulated is None else flat({"simulated_cny": simulated["gains"][n]}))}
        for row in document["schedules"]
        for simulated in [row.get("simulated")]
        for n, (name, gain, regret) in enumerate(zip(names, row["gains"], row["regrets"], strict=True))
    ]  # fmt: skip
    return {"scenarios": [flat(row) for row in document["scenarios"]], "gains": gains, "renewals": document["renewals"]}


def _simulation_tables(document: Row) -> dict[str, list[Row]]:
    lines, stations, bottlenecks = [], [], []
    for line in document["lines"]:
        energy = {k: v for k, v in line.get("energy", {}).items() if k not in LISTS}
        own = {k: v for k, v in line.items() if k not in {"stations", "products", "sources", "bottlenecks"}}
        lines.append(flat(own | {"energy": energy}))
        bottlenecks += _bottleneck_rows(line)
        for station in line["stations"]:
            own = {k: v for k, v in station.items() if k not in {"machine", "stops"}}
            stations.append({"line": line["name"], **flat(own)})
    named = {"bottlenecks": bottlenecks} if bottlenecks else {}
    return {"lines": lines, "stations": stations, **named, **energy_tables(document)}


def _bottleneck_rows(line: Row) -> list[Row]:
    """Return one row for each station: its shares as bottleneck, and how often each method names it."""
    found = line.get("bottlenecks")
    if found is None:
        return []
    active, turn = found["active_period"], found["turning_point"]
    return [
        {
            "line": line["name"],
            "station": name,
            **flat({key: active[key][name] for key in ("sole", "shifting")}),
            "named_by_active_period": active["share_named"].get(name, {}).get("share", 0.0),
            "named_by_turning_point": turn["share_named"].get(name, {}).get("share", 0.0),
        }
        for name in active["sole"]
    ]


def flat(row: Row, under: str = "") -> Row:
    """Return a nested row as one level, names joined by a dot.

    >>> flat({"output": {"mean": 2, "half_width": 1}})
    {'output.mean': 2, 'output.half_width': 1}
    """
    out: Row = {}
    for key, value in row.items():
        name = f"{under}.{key}" if under else key
        if isinstance(value, dict):
            out.update(flat(value, name))
        else:
            out[name] = value
    return out


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as CSV (UTF-8 with a mark, so that Excel reads Chinese right)."""
    listed = list(rows)
    columns = list(dict.fromkeys(key for row in listed for key in row))
    with path.open("w", newline="", encoding="utf-8-sig") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(listed)
