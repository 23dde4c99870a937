"""What lines earned, by replication, period and line: simulated units and energy at the prices of their period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.paths import Paths
from models.energy import CARRIERS
from sim.simulate import Outcome

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Money before tax, each array of shape (replications, periods, lines)."""

    margin_cny: Array
    energy_cny: Array
    running_cny: Array

    @property
    def operating_cny(self) -> Array:
        """Return margin less energy and running cost."""
        return self.margin_cny - self.energy_cny - self.running_cny


def table(outcomes: Sequence[Outcome], read: Callable[[dict[str, Any]], float]) -> Array:
    """Return a figure of every replication, period and line."""
    return np.array([[[read(line) for line in period] for period in o.periods] for o in outcomes], dtype=float)


def ledger(paths: Paths, outcomes: Sequence[Outcome]) -> Ledger:
    """Return what simulated lines earned at the prices of each period."""
    margins = {product.name: product.margin_cny for product in paths.plant.products}
    margin = table(outcomes, lambda row: sum(n * margins.get(p, 0.0) for p, n in row["good"].items()))
    energy = table(outcomes, lambda row: row["energy_cny"])
    if paths.energy_changes:
        amounts = {c: table(outcomes, lambda row, c=c: row["amounts"].get(c, 0.0)) for c in CARRIERS}  # type: ignore[misc]
        co2 = table(outcomes, lambda row: row["co2_t"])
        for place in np.ndindex(energy.shape):
            used = {c: float(values[place]) for c, values in amounts.items()}
            energy[place] += paths.extra_energy_cny(float(energy[place]), used, float(co2[place]), place[1])
    return Ledger(
        margin_cny=margin * np.array(paths.margin)[None, :, None],
        energy_cny=energy,
        running_cny=table(outcomes, lambda row: row["running_cny"]),
    )
