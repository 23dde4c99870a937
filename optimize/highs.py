"""How Pyomo calls HiGHS here."""

from __future__ import annotations

import os
import sys
from typing import Any

import highspy
import pyomo.environ as pyo
from pyomo.contrib.solver.common.factory import SolverFactory

FEASIBILITY = 1e-9
"""Greatest breach of a scaled row or of integrality; far below :data:`optimize.limits.TOLERANCE`."""

_threads: int | None = None


def use_threads(threads: int) -> None:
    """Let the next run of HiGHS use so many threads.

    HiGHS keeps one pool of threads per process, and a run that asks for another number reports no solution.
    """
    global _threads
    if _threads not in (None, threads):
        highspy.Highs.resetGlobalScheduler(True)
    _threads = threads


def quiet_highs() -> highspy.Highs:
    """Return a solver that prints nothing; on its making it would greet on standard output."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
    return solver


def run_highs(
    model: pyo.ConcreteModel,
    *,
    gap: float,
    time_limit_s: float,
    threads: int,
    seed: int,
    presolve: bool = True,
    abs_gap: float = 1e-9,
) -> Any:  # noqa: ANN401 - Pyomo ships without types
    """Return Pyomo's results of one run of HiGHS; "infeasible" is an answer, not an exception."""
    use_threads(threads)
    solver = SolverFactory("highs")
    return solver.solve(
        model,
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
        threads=threads,
        time_limit=time_limit_s,
        rel_gap=gap,
        abs_gap=abs_gap,
        solver_options={
            "random_seed": seed,
            "presolve": "choose" if presolve else "off",
            "mip_feasibility_tolerance": FEASIBILITY,
            "primal_feasibility_tolerance": FEASIBILITY,
        },
    )
