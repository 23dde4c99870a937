"""How soon schedules of many machines are certified: time to a gap on the gain, each case in a process of its own.

    python benchmarks/schedule.py              # 50 to 5,000 machines
    python benchmarks/schedule.py --all        # and 20,000 machines of 8 quarters and 2 options

Prints a Markdown table; memory is the largest resident size of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from renewal_lines import Size, renewal_lines


@dataclass(frozen=True, slots=True)
class Case:
    """A size, the gap asked for and the seconds in which it is to be proven."""

    size: Size
    gap: float
    within_s: float


CASES = (
    Case(Size(50), 1e-3, 10),
    Case(Size(500), 2e-3, 30),
    Case(Size(5_000), 5e-3, 100),
    Case(Size(5_000), 2e-3, 240),
)
LARGEST = Case(Size(20_000, periods=8, options=2), 1e-2, 600)


def measured(case: Case, seed: int) -> str:
    """Return one row of the table: what ``renewline optimize`` reaches in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.json"
        path.write_text(json.dumps(renewal_lines(case.size, seed)), encoding="utf-8")
        command = [
            sys.executable, "-c", "import sys; from experiments.cli import run; sys.exit(run(sys.argv[1:]))",
            "optimize", str(path), "--gap", str(case.gap), "--time-limit-s", str(case.within_s), "--quiet",
        ]  # fmt: skip
        began = perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        took_s = perf_counter() - began
    plan = json.loads(done.stdout)
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return (
        f"| {case.size.machines:,} | {seed} | {case.gap:.1%} in {case.within_s:.0f} s | {took_s:.1f} | "
        f"{plan['gain']:,.0f} | {plan['bound']:,.0f} | {plan['gap']:.3%} | {peak_mb:,.0f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time to certified schedules.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--all", action="store_true", help="the largest case too")
    asked = parser.parse_args()
    print("| machines | seed | mark | seconds | gain | bound | gap | most MB so far |", flush=True)
    print("|---:|---:|---|---:|---:|---:|---:|---:|", flush=True)
    for case in (*CASES, *((LARGEST,) if asked.all else ())):
        for seed in asked.seeds:
            print(measured(case, seed), flush=True)


if __name__ == "__main__":
    main()
