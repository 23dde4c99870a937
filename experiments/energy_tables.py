"""Tidy tables of a run's energy for the run folder: load profile, electricity by year, levels."""

from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
LISTS = ("load_profile_kw", "load_profile_highest_kw", "load_profile_band", "by_year", "levels")
"""Parts of ``energy`` that are tables of their own."""


def energy_tables(document: Row) -> dict[str, list[Row]]:
    """Return the tables of a simulation document that have rows, by name."""
    made = {
        "load_profile": [row for line in document["lines"] for row in load_profile(line)],
        "electricity_by_year": _listed(document, "by_year"),
        "energy_levels": _listed(document, "levels"),
    }
    return {name: rows for name, rows in made.items() if rows}


def load_profile(line: Row) -> Iterator[Row]:
    """Yield the load of a line by quarter hour of the day.

    >>> energy = {"load_profile_kw": [2.0] * 96, "load_profile_highest_kw": [3.0] * 96}
    >>> energy["load_profile_band"] = ["flat"] * 96
    >>> list(load_profile({"name": "l", "energy": energy}))[95]
    {'line': 'l', 'from': '23:45', 'mean_kw': 2.0, 'highest_kw': 3.0, 'band': 'flat'}
    """
    energy = line.get("energy", {})
    columns = [energy.get(key, ()) for key in LISTS[:3]]
    for slot, (mean_kw, highest_kw, band) in enumerate(zip(*columns, strict=True)):
        hour, quarter = divmod(slot, 4)
        yield {
            "line": line["name"],
            "from": f"{hour:02d}:{15 * quarter:02d}",
            "mean_kw": mean_kw,
            "highest_kw": highest_kw,
            "band": band,
        }


def _listed(document: Row, key: str) -> list[Row]:
    rows = [(line["name"], row) for line in document["lines"] for row in line.get("energy", {}).get(key, ())]
    return [{"line": name, **_flat(row)} for name, row in rows]


def _flat(row: Row) -> Row:
    """Return a row with mean and half-width, and the grades of a standard, in columns of their own."""
    out: Row = {}
    for key, value in row.items():
        if isinstance(value, dict):
            out |= {f"{key}.{part}": number for part, number in value.items()}
        elif isinstance(value, list):
            out |= {f"{key}.{number}": item for number, item in enumerate(value, 1)}
        else:
            out[key] = value
    return out
