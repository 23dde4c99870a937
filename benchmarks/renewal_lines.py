"""Renewal problems of many lines, as large as asked for: what the schedule's speed is measured on.

    python benchmarks/renewal_lines.py --machines 500 --seed 1 > problem.json

Each line is a row of stations with one to three machines each. Machines differ by capacity, some stations are weak,
and the better option of a machine costs more, brings more and stops the line for longer. Only the budget ties lines
together: a quarter of what it would cost to renew every machine once, spread over the years.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

TAIL_YEARS = 7
"""Years after the horizon for which an option goes on to bring what it saves."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a problem is: machines, periods (quarters) and options of each machine."""

    machines: int
    periods: int = 12
    options: int = 3
    stations: int = 6
    machines_per_line: int = 10


def renewal_lines(size: Size, seed: int) -> dict[str, Any]:
    """Return a renewal problem as the data of its JSON file; money in thousand CNY.

    >>> data = renewal_lines(Size(machines=20), seed=1)
    >>> len(data["lines"]), len(data["assets"]), len(data["assets"][0]["options"]), data["periods"]["count"]
    (2, 20, 3, 12)
    """
    rng = np.random.default_rng(seed)
    lines: list[dict[str, Any]] = []
    assets: list[dict[str, Any]] = []
    for number in range(max(1, size.machines // size.machines_per_line)):
        line, machines = _line(rng, f"L{number}", size)
        lines.append(line)
        assets += machines
    everything = sum(np.mean([option["cost"] for option in asset["options"]]) for asset in assets)
    years = -(-size.periods // 4)
    amounts = (0.25 * everything / years * rng.uniform(0.8, 1.2, years)).round(1)
    return {
        "renewal_problem": 1,
        "periods": {"count": size.periods, "years_each": 0.25},
        "discount": {"rate_per_year": 0.08},
        "budget": {"amounts": amounts.tolist(), "every": "year", "carry_over": True},
        "lines": lines,
        "assets": assets,
    }


def _line(rng: np.random.Generator, name: str, size: Size) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a line and its machines."""
    machines = 1 + rng.multinomial(size.machines_per_line - size.stations, np.full(size.stations, 1 / size.stations))
    while machines.max() > 3:
        machines = 1 + rng.multinomial(
            size.machines_per_line - size.stations, np.full(size.stations, 1 / size.stations)
        )
    pace = rng.uniform(60, 140)  # units per hour that the line was once laid out for
    station_pace = pace * rng.uniform(0.8, 1.25, size.stations)
    line = {
        "name": name,
        "stations": [f"S{s}" for s in range(size.stations)],
        "hours": 1200,
        "margin": round(rng.uniform(0.004, 0.015), 5),
        "demand_per_h": (pace * rng.uniform(1.2, 1.5) * 1.01 ** np.arange(size.periods)).round(2).tolist(),
        "downtime_limit_h": float(rng.integers(120, 260)),
    }
    assets = []
    for s, there in enumerate(machines):
        shares = rng.dirichlet(np.full(there, 8.0))
        for m, share in enumerate(shares):
            assets.append(_machine(rng, name, f"S{s}", f"{name}-S{s}-{m}", station_pace[s] * share, size))
    return line, assets


def _machine(
    rng: np.random.Generator, line: str, station: str, name: str, capacity_per_h: float, size: Size
) -> dict[str, Any]:
    price = rng.uniform(60, 300)
    options = []
    for level in range(size.options):
        better = 1 + 0.5 * level
        saving = price * better * rng.uniform(0.02, 0.06)
        options.append(
            {
                "name": f"option {level}",
                "cost": round(price * better**0.8 * rng.uniform(0.85, 1.15), 1),
                "capacity_gain_per_h": round(capacity_per_h * rng.uniform(0.1, 0.25) * better, 2),
                "saving": round(saving, 3),
                "downtime_h": float(round(rng.uniform(40, 90) * better)),
                "residual": round(saving * 4 * _annuity(0.08, TAIL_YEARS), 2),
            }
        )
    return {
        "name": name,
        "line": line,
        "station": station,
        "capacity_per_h": round(float(capacity_per_h), 2),
        "options": options,
    }


def _annuity(rate: float, years: int) -> float:
    """Return the present value of one unit at the end of each year."""
    return (1 - (1 + rate) ** -years) / rate


def main(arguments: list[str] | None = None) -> None:
    """Write a problem to standard output."""
    parser = argparse.ArgumentParser(description="A renewal problem of many lines.")
    parser.add_argument("--machines", type=int, default=500)
    parser.add_argument("--periods", type=int, default=12)
    parser.add_argument("--options", type=int, default=3)
    parser.add_argument("--stations", type=int, default=6)
    parser.add_argument("--machines-per-line", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = vars(parser.parse_args(arguments))
    seed = asked.pop("seed")
    json.dump(renewal_lines(Size(**asked), seed), sys.stdout)


if __name__ == "__main__":
    main()
