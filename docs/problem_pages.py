"""Pages on PROBLEM.json made from the code: its fields, and the published problems that the tests solve."""

import csv
import json
from pathlib import Path
from typing import Any

from optimize.problem import RenewalProblem

CASES = Path(__file__).resolve().parents[1] / "tests" / "optimize" / "outside"
LISTS = """\
Three kinds of lists occur; each may be written as one number:

- *by period*: one value for each period; a number holds always;
- *by age*: one value for each period in service, the first period in service first; the last value repeats;
- *from p on*: one value for the period p of the renewal and each one after it, nothing after the last; a number stands
  in p alone.

A machine renewed in p with an option that `starts_after` s periods is the old one until p + s - 1; in period t from
p + s on the new one is in its (t - p - s + 1)-th period in service. Money is in one unit of your choice; units of the
other fields are part of their names. Unknown keys are refused; whole numbers may be written 4 or 4.0.

    renewline optimize problem.json            # the best plan, as JSON
    renewline schema --problem                 # this format as JSON Schema, for editors

What each limit and rule means: [the table](constraints.md)."""
NO_FAMILIES = {"distribution"}
"""Nothing in a problem is random."""


def problem_file() -> str:
    """Return the reference of PROBLEM.json: every section, field, type, default and meaning."""
    from pages import sections_from

    whole: dict[str, Any] = RenewalProblem.model_json_schema(by_alias=True)
    sections = {"Problem": whole, **whole["$defs"]}
    out = ["# Renewal problem (PROBLEM.json)", "", "Every field, made from the code that checks it.", "", LISTS]
    return "\n".join([*out, *sections_from("Problem", sections, NO_FAMILIES)]) + "\n"


def outside_cases() -> str:
    """Return the table of published problems with known optima."""
    out = [
        "# Problems with known optima",
        "",
        "Published capital-budgeting, knapsack, assignment, covering and replacement problems, written as PROBLEM.json "
        "(`tests/optimize/outside`). The quick tests solve each with the default gap and ask for the known optimum to "
        "nine digits. Generated problems stand beside them in `tests/optimize/test_outside.py`, their optimum found "
        "by dynamic programming or by looking at every plan.",
        "",
        "| file | assets | options | periods | known optimum | how it is written | source |",
        "|---|---|---|---|---|---|---|",
    ]
    with (CASES / "cases.csv").open(encoding="utf-8") as table:
        for case in csv.DictReader(table):
            data = json.loads((CASES / case["file"]).read_text(encoding="utf-8"))
            options = sum(len(asset["options"]) for asset in data["assets"])
            size = f"{len(data['assets'])} | {options} | {data['periods']['count']}"
            optimum = f"{case['figure']} {float(case['optimum']):,.10g}"
            out.append(f"| `{case['file']}` | {size} | {optimum} | {case['how']} | {case['source']} |")
    return "\n".join(out) + "\n"
