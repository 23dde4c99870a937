"""A plant's goals beside money: output, energy and CO2, as goals of its renewal problem.

Energy and CO2 are those of the machines in service at today's output: what more output takes is no fault of a schedule
that makes it possible. The simulated figures are brought to the same output before they are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.beliefs import Asset, Beliefs, Reader
from experiments.money import Money
from experiments.playback import Array, Played
from models.equipment import Option
from models.errors import DataError, Problem
from optimize.problem import RenewalProblem, parse_problem

GOALS: dict[str, dict[str, Any]] = {
    "money": {"of": "gain"},
    "output": {"of": "output"},
    "energy": {"of": "quantity", "quantity": "tce"},
    "co2": {"of": "quantity", "quantity": "co2_t"},
}
"""What a plan can be judged by, and how the renewal problem writes it; the order is that of tables."""
QUANTITIES = {"tce": "kgce", "co2_t": "co2_kg"}
"""Quantities of machines in service, named as in :class:`experiments.energy_use.Use`, and the factor of a carrier that
each comes from (1,000 of it make one)."""


def goals_asked(text: str) -> tuple[str, ...]:
    """Return the goals that a list names; money is among them where output is not.

    Raises:
        DataError: A name is no goal, or stands twice, or nothing is left to weigh.

    >>> goals_asked("energy,co2"), goals_asked("energy, output")
    (('money', 'energy', 'co2'), ('output', 'energy'))
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    allowed = f"some of {', '.join(GOALS)}, joined by commas"
    problems = [Problem("--pareto", f"unknown goal {name!r}", allowed) for name in names if name not in GOALS]
    problems += [Problem("--pareto", f"{name} is named twice", allowed) for name in set(names) if names.count(name) > 1]
    if not {"money", "output"} & set(names):
        names.append("money")
    if not problems and len(names) < 2:
        problems = [Problem("--pareto", f"only {names[0]}", "at least two goals")]
    if problems:
        raise DataError(problems)
    return tuple(name for name in GOALS if name in names)


def with_goals(problem: RenewalProblem, reader: Reader, beliefs: Beliefs, names: Sequence[str]) -> RenewalProblem:
    """Return the problem with these goals, each with its weight if the plant file gives one."""
    full = with_energy(problem, reader, beliefs)
    goals = [{"name": name, **GOALS[name]} for name in names]
    weights: dict[str, float] = {str(name): weight for name, weight in reader.renewal.weights.items() if weight}
    if set(weights) & set(names):
        goals = [goal | {"weight": weights.get(str(goal["name"]), 0.0)} for goal in goals]
    return _again(full, goals=goals)


def with_energy(problem: RenewalProblem, reader: Reader, beliefs: Beliefs) -> RenewalProblem:
    """Return the problem with the quantities ``tce`` and ``co2_t`` of every machine and option by period in service."""
    data = problem.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    per_year = Money(reader.renewal).per_year
    for asset, row in zip(reader.assets, data["assets"], strict=True):
        station = reader.plant.lines[asset.line].stations[asset.station]
        for name in QUANTITIES:
            row.setdefault("quantities", {})[name] = _by_period(beliefs, asset, None, name, per_year)
            for option, offer in zip(station.options, row.get("options", ()), strict=True):
                offer.setdefault("quantities", {})[name] = _by_period(beliefs, asset, option, name, per_year)
    return parse_problem(data)


def _again(problem: RenewalProblem, **changes: Any) -> RenewalProblem:  # noqa: ANN401 - fields of the file
    return parse_problem(problem.model_dump(by_alias=True, exclude_defaults=True, mode="json") | changes)


def _by_period(beliefs: Beliefs, asset: Asset, option: Option | None, name: str, per_year: int) -> list[float]:
    """Return what one machine adds to a quantity in each period in service, at today's output, ageing included.

    A machine that is not renewed takes what it takes today; a new one as much less as the line takes less by its swap
    alone, output made equal; one that is sold takes nothing.
    """
    fitted = old = beliefs.old[asset.name]
    amount: float = getattr(old.energy, name)
    if option is not None:
        if option.removes:
            return [0.0]
        fitted = beliefs.new[asset.name, option.name]
        amount -= getattr(beliefs.saved_per_y[asset.name, option.name], name)
    own: float = getattr(fitted.energy, name)
    return [(amount + own * (growth - 1)) / per_year for growth in fitted.energy_growth for _ in range(per_year)]


def _counted(reader: Reader, by_carrier: dict[str, float], name: str) -> float:
    energy, year = reader.plant.energy, reader.renewal.begins.year
    factors = {key: energy.carrier(key).per_unit(QUANTITIES[name], year) / 1000.0 for key in by_carrier}
    return float(sum(amount * factors[key] for key, amount in by_carrier.items()))


def same_output(reader: Reader, saved: Array, more_good: Array, run: Played, name: str) -> Array:
    """Return what is saved of a quantity had no more been made: what processing more took is added back.

    Args:
        reader: Of the plant.
        saved: By replication.
        more_good: Good units more than without the schedule; shape (replications, lines).
        run: The schedule played back, whose machines made them.
        name: Of the quantity.
    """
    made = run.good.sum(axis=1).mean(axis=0)
    units = []
    for line, good in zip(run.document["lines"], made, strict=True):
        states = line["energy"]["by_state"].items()
        used = {carrier: float(by.get("processing", 0.0) + by.get("per_unit", 0.0)) for carrier, by in states}
        units.append(_counted(reader, used, name) / good if good else 0.0)
    out: Array = saved + more_good @ np.array(units)
    return out
