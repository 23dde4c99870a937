"""Where an engine's time goes on a case of ``renewline bench``: functions by their own time.

    python benchmarks/hot_spots.py W4
    python benchmarks/hot_spots.py W1 --engine compiled --runs 1000 --horizon-s 10000   # what is around the kernel

How fast the engines are is told by ``renewline bench``: under a profiler calls cost more than they do.
"""

import argparse
import cProfile
import pstats
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from experiments.bench.cases import CASES
from experiments.bench.rates import engines, opened, visits, warm_up


def main(arguments: list[str] | None = None) -> None:
    """Play a case under a profiler, and print the table."""
    parser = argparse.ArgumentParser(description="Functions of an engine by their own time.")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--engine", choices=engines(), default="simpy")
    parser.add_argument("--horizon-s", type=float, help="simulated seconds of a run [the case's, for this engine]")
    parser.add_argument("--runs", type=int, default=1, help="replications, their set-up included [1]")
    parser.add_argument("--rows", type=int, default=25, help="functions to show [25]")
    asked = parser.parse_args(arguments)
    case = CASES[asked.case]
    horizon_s = asked.horizon_s or case.spans[asked.engine].horizon_s
    warm_up(case, [asked.engine])
    made = 0
    with cProfile.Profile() as profile:
        for n in range(asked.runs):
            run = opened(asked.engine, case.program(), n)
            run.play(horizon_s)
            made += visits(run)
    print(f"{case.name}, {asked.engine} engine: {asked.runs} x {horizon_s:,.0f} s, {made:,} visits")
    pstats.Stats(profile, stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(asked.rows)


if __name__ == "__main__":
    main()
