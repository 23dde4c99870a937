"""A simulated figure as documents hold it: its mean and the half-width of its 95 % interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.output_analysis import interval


def ci(values: NDArray[np.float64] | Sequence[float]) -> dict[str, float]:
    """Return mean and half-width over the replications.

    >>> ci([1.0, 1.0])
    {'mean': 1.0, 'half_width': 0.0}
    """
    found = interval(values)
    return {"mean": found.mean, "half_width": found.half_width}
