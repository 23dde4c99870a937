"""One long run instead of replications: intervals from the means of batches, its counted time cut in equal pieces.

The means are those of the whole run. The half-widths are Student's over the batches (as many less one degrees of
freedom), which takes batch means as independent: a batch must be much longer than the line remembers. Whether they
look independent is tested on their lag-1 correlation.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from sim import kpis
from sim.engine import EngineName, open_run
from sim.program import Program

ERROR = 0.05
"""Probability that independent batch means are taken for dependent ones."""


@dataclass(frozen=True, slots=True)
class LongRun:
    """One run whose counted time is read off in so many equal pieces."""

    program: Program
    seed: int
    horizon_s: float
    warm_up_s: float
    pieces: int
    engine: EngineName = "simpy"


def read_off(job: LongRun) -> list[kpis.Record]:
    """Return what was counted in each piece."""
    run = open_run(job.engine, job.program, job.seed, 0)
    if job.warm_up_s:
        run.play(job.warm_up_s)
        run.reset()
    length_s = (job.horizon_s - job.warm_up_s) / job.pieces
    records = []
    for n in range(1, job.pieces + 1):
        run.play(job.horizon_s if n == job.pieces else job.warm_up_s + n * length_s)
        records.append(kpis.record(run.read(), length_s))
        if n < job.pieces:
            run.reset()
    return records


def alike(values: list[Any]) -> list[Any]:
    """Return records without the lists that are longer in one than in another: what happened in one batch only.

    >>> alike([{"wip": 1.0, "years": [2026]}, {"wip": 2.0, "years": [2026, 2027]}])
    [{'wip': 1.0}, {'wip': 2.0}]
    """
    if isinstance(values[0], list):
        columns = [alike(list(column)) for column in zip(*values, strict=True)]
        return [list(row) for row in zip(*columns, strict=True)] if columns else values
    if not isinstance(values[0], dict):
        return values
    kept = {}
    for key in values[0]:
        column = [v[key] for v in values if key in v]
        lists = {len(v) for v in column if isinstance(v, list)}
        if len(column) == len(values) and len(lists) <= 1:
            kept[key] = alike(column)
    return [{key: column[n] for key, column in kept.items()} for n in range(len(values))]


def with_half_widths(whole: Any, batches: Any, count: int, key: str = "") -> Any:  # noqa: ANN401 - nested records
    """Return the figures of the whole run with half-widths from its batches.

    Args:
        whole: Figures of the whole run.
        batches: The same, each with mean and half-width over the batches.
        count: Number of batches.
        key: What the figures are called.

    >>> over = {"tce": {"mean": 5.0, "half_width": 0.1}, "wip": {"mean": 3.1, "half_width": 0.2}}
    >>> with_half_widths({"tce": {"mean": 50.0}, "wip": {"mean": 3.0}}, over, 10)
    {'tce': {'mean': 50.0, 'half_width': 1.0}, 'wip': {'mean': 3.0, 'half_width': 0.2}}
    """
    if isinstance(whole, list):
        if len(whole) != len(batches):
            return whole  # what happened over the whole run, e.g. renewals, year by year
        return [with_half_widths(w, b, count, key) for w, b in zip(whole, batches, strict=True)]
    if key.endswith("_half_width"):
        return batches  # of states and quantiles
    if not isinstance(whole, dict) or not isinstance(batches, dict):
        return whole
    out = {k: with_half_widths(v, batches[k], count, k) if k in batches else v for k, v in whole.items()}
    if "mean" in whole and "half_width" in batches:
        out["half_width"] = _half_width(whole["mean"], batches, count, key)
    return out


def _half_width(mean: float, batches: Mapping[str, float], count: int, key: str) -> float:
    if key.startswith("peak"):
        return math.inf  # a maximum is no mean of the maxima of batches
    adds_up = abs(mean) > math.sqrt(count) * abs(batches["mean"])  # an amount, e.g. kWh: the sum over the batches
    return batches["half_width"] * (count if adds_up else 1)


def section(
    figures: Mapping[str, Sequence[float]], names: Sequence[str], batches: int, batch_h: float
) -> dict[str, Any]:
    """Return the ``batch_means`` section of a document.

    Args:
        figures: Means by batch, by name.
        names: Those whose correlation is looked at.
        batches: Number of batches.
        batch_h: Length of one.
    """
    lags = {name: lag_1(figures[name]) for name in names}
    limit = float(special.ndtri(1 - ERROR / max(len(lags), 1))) / math.sqrt(batches)
    return {
        "batches": batches,
        "batch_h": batch_h,
        "lag_1": lags,
        "lag_1_limit": limit,
        "independent": all(value <= limit for value in lags.values()),
    }


def lag_1(values: Sequence[float]) -> float:
    """Return the lag-1 correlation; 0 for constant values.

    >>> lag_1([1.0, 2.0, 1.0, 2.0])
    -0.75
    """
    away = np.asarray(values) - np.mean(values)
    square = float(away @ away)
    return float(away[1:] @ away[:-1]) / square if square > 1e-18 * len(values) * np.mean(values) ** 2 else 0.0
