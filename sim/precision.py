"""How many replications: as many as several figures at once need for a stated relative half-width.

The rule is Stein's (1945), with :data:`FIRST` replications to begin with. Their variance alone decides: n is the
least number for which t(FIRST - 1) * S / sqrt(n) is at most the share asked for of the mean, for every figure.
The mean is that of all replications so far, so n is looked at again after each round. The interval reported has the
same S and the same degrees of freedom. Since the mean of normal results tells nothing about their variance, it holds
its 95 % whatever n came out. Taking S from all n would not: a run stops early when S happens to be small.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import DataError, Problem
from sim.output_analysis import interval

FIRST = 20
"""Replications that tell the variance."""
Figures = Mapping[str, Sequence[float]]
"""Results by replication, by name: ``line/key`` or ``line/station/key``."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What is asked for: a relative half-width, the figures it must hold for, and the most replications."""

    relative: float = 0.02
    of: tuple[str, ...] = ("throughput_per_h", "wip", "lead_time_h")
    most: int = 200


@dataclass(frozen=True, slots=True)
class Reached:
    """What was reached: relative half-width by figure, and the replications there were after each round."""

    asked: Precision
    figures: dict[str, float]
    rounds: tuple[int, ...]

    @property
    def enough(self) -> bool:
        """Whether every figure is as precise as asked for."""
        return all(value <= self.asked.relative * (1 + 1e-12) for value in self.figures.values())

    def section(self) -> dict[str, Any]:
        """Return the ``precision`` section of a document."""
        asked = self.asked
        return {
            "method": "two-stage (Stein)",
            "relative": asked.relative,
            "reached": self.enough,
            "replications": self.rounds[-1],
            "first_replications": FIRST,
            "max_replications": asked.most,
            "rounds": list(self.rounds),
            "figures": [
                {"name": name, "relative_half_width": value, "reached": value <= asked.relative * (1 + 1e-12)}
                for name, value in self.figures.items()
            ],
        }


def replications(figures: Figures, asked: Precision, rounds: tuple[int, ...] = ()) -> tuple[int, Reached]:
    """Return how many replications there should be, at most ``asked.most``, and what those made have reached.

    Args:
        figures: The figures that count, by replication; at least :data:`FIRST` of each.
        asked: What they must reach.
        rounds: Numbers of replications before this round.

    >>> wanted, now = replications({"line/wip": [9.0, 10.0, 11.0, 10.0] * 5}, Precision(0.02))
    >>> wanted, round(now.figures["line/wip"], 4), now.enough
    (58, 0.034, False)
    """
    made = len(next(iter(figures.values())))
    reached = {name: _relative(values) for name, values in figures.items()}
    # half-widths go with 1 / sqrt(n) here, variance and degrees of freedom being held
    needed = max(made * (value / asked.relative) ** 2 for value in reached.values())
    wanted = asked.most if needed > asked.most else max(made, math.ceil(needed - 1e-9))
    return min(wanted, asked.most), Reached(asked, reached, (*rounds, made))


def _relative(values: Sequence[float]) -> float:
    found = interval(values, first=FIRST)
    if found.half_width <= 1e-12 * abs(found.mean):
        return 0.0
    return found.half_width / abs(found.mean) if found.mean else math.inf


def wanted_figures(figures: Figures, lines: Sequence[str], of: Sequence[str]) -> list[str]:
    """Return the names of the figures asked for: a key stands for that figure of every line.

    Raises:
        DataError: Something asked for is no figure of these runs.

    >>> wanted_figures({"a/wip": [1.0], "b/wip": [2.0], "a/saw/oee": [0.5]}, ["a", "b"], ["wip", "a/saw/oee"])
    ['a/wip', 'b/wip', 'a/saw/oee']
    """
    found, problems = [], []
    for name in of:
        places = [name] if name in figures else [f"{line}/{name}" for line in lines]
        if all(place in figures for place in places):
            found += places
            continue
        keys = dict.fromkeys(key.removeprefix(f"{line}/") for line in lines for key in figures)
        known = ", ".join(key for key in keys if "/" not in key)
        allowed = f"of every line: {known}; of one place: line/key or line/station/key"
        problems.append(Problem("precision_of", f"no figure {name!r}", allowed))
    if problems:
        raise DataError(problems)
    return list(dict.fromkeys(found))
