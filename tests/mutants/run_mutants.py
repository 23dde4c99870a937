"""Break the simulator on purpose, rule by rule, and see whether the tests notice.

``mutants.toml`` lists small changes to the source, each against a numbered rule of how a line behaves. Each is made in
a copy of the project; the tests named beside it run first and, if they pass, all quick tests of ``tests/sim`` and
``tests/theory``. A change that no test notices has survived: the tests have a hole, or the change changes nothing.

    python tests/mutants/run_mutants.py [--rule N] [--only NAME] [--workers 2] [--named] [--table FILE]

Needs an operating system that can fork: libraries are loaded once, and each change is tested in a child.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from dataclasses import dataclass
from multiprocessing import Process
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLE = HERE / "mutants.toml"
COPIED = ("models", "scenarios", "sim", "optimize", "experiments", "tests", "docs", "pyproject.toml")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "_build", "mutants")
QUICK = ("tests/sim", "tests/theory")
LIBRARIES = ("numpy", "pydantic", "pytest", "scipy.integrate", "scipy.optimize", "scipy.stats", "simpy")
RULES = {
    1: "blocking, hand-over",
    2: "failure clocks, part in a failure",
    3: "people",
    4: "maintenance",
    5: "calendar",
    6: "setup, lots, mix",
    7: "scrap, inspection, rework",
    8: "kinds of station",
    9: "energy, standby",
    10: "ageing, renewal, ramp-up",
    11: "random streams",
    12: "order at one instant",
}
OF_THE_OPTIMISER = {
    21: "reading a problem",
    22: "money and timing",
    23: "lines",
    24: "limits in the model",
    25: "rules in the model",
    26: "limits in the judge",
    27: "rules in the judge",
    28: "lives of machines",
}
"""Rules of ``optimize_mutants.toml``."""
EVERY_RULE = {**RULES, **OF_THE_OPTIMISER}
TESTED = 100  # plus pytest's own code: a child that dies before its tests are through ends with another one
PASSED, FAILED, TIMED_OUT = TESTED, TESTED + 1, -1  # a run that never ends is noticed too
ENDINGS = {PASSED: "SURVIVED", FAILED: "killed", TIMED_OUT: "killed (never ends)"}
FEWEST_PER_RULE, FEWEST = 4, 80
NAMED_S, ALL_S = 120.0, 3600.0


@dataclass(frozen=True)
class Mutant:
    """One change: ``find`` occurs once in ``file``, and becomes ``replace``."""

    rule: int
    name: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def mutated(self, text):
        """Return the changed source."""
        return text.replace(self.find, self.replace)


def read_table(path=TABLE):
    """Return the mutants of the table, in its order."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def faults(mutants, root=ROOT):
    """Return what is wrong with the table, a line each."""
    found = []
    for m in mutants:
        where = f"rule {m.rule}, {m.name!r}"
        text = (root / m.file).read_text(encoding="utf-8")
        if (times := text.count(m.find)) != 1:
            found.append(f"{where}: found {times} times, not once, in {m.file}: {m.find!r}")
            continue
        try:
            compile(m.mutated(text), m.file, "exec")
        except SyntaxError as error:
            found.append(f"{where}: no Python any more: {error}")
        if m.find == m.replace or not m.tests:
            found.append(f"{where}: changes nothing, or names no test")
        for test in m.tests:
            file, _, name = test.partition("::")
            if (f"def {name.partition('[')[0]}(" if name else "def test_") not in _text(root / file):
                found.append(f"{where}: no such test: {test}")
    names = Counter(m.name for m in mutants)
    return found + [f"two mutants of one name: {name!r}" for name, number in names.items() if number > 1]


def gaps(mutants):
    """Return which rules have too few mutants, or none that theory notices, a line each."""
    found = [] if len(mutants) >= FEWEST else [f"{len(mutants)} mutants, at least {FEWEST} are asked for"]
    by_rule = Counter(m.rule for m in mutants)
    few = [rule for rule in RULES if by_rule[rule] < FEWEST_PER_RULE]
    found += [f"rule {rule}: {by_rule[rule]} mutants, at least {FEWEST_PER_RULE} are asked for" for rule in few]
    proven = {m.rule for m in mutants if any(test.startswith("tests/theory/") for test in m.tests)}
    return found + [f"rule {rule}: no mutant that a test of theory notices" for rule in RULES if rule not in proven]


def _text(path):
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def copy_to(folder, root=ROOT):
    """Copy what the tests need."""
    folder.mkdir(exist_ok=True)
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=LEFT_BEHIND)
        else:
            shutil.copy2(root / name, folder / name)


def pytest_in(folder, tests, timeout_s, compiled=False):
    """Run tests in a child that has the libraries loaded; return how it ended and what it printed.

    ``compiled`` leaves compiled files behind for later runs; unwanted of a change, for they go by size and second.
    """
    log = folder / "log.txt"
    child = Process(target=_run_tests, args=(folder, tests, log, compiled))
    child.start()
    child.join(timeout_s)
    if child.is_alive():
        os.killpg(child.pid, signal.SIGKILL)  # its own group, see _run_tests
        child.join()
        return TIMED_OUT, _text(log)
    return child.exitcode, _text(log)


def _run_tests(folder, tests, log, compiled):
    import pytest

    os.setpgid(0, 0)
    with log.open("w", encoding="utf-8") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = not compiled
    os.environ["PYTHONDONTWRITEBYTECODE"] = "" if compiled else "1"
    os.environ["PYTHONPATH"] = str(folder)  # for tests that start processes
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *tests])
    sys.stdout.flush()
    os._exit(TESTED + code)


def try_out(mutant, folder, named_only=False):
    """Make one change in a copy and test it; return how that ended, and what pytest printed last."""
    path = folder / mutant.file
    before = path.read_text(encoding="utf-8")
    path.write_text(mutant.mutated(before), encoding="utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()
    try:
        code, printed = pytest_in(folder, mutant.tests, NAMED_S)
        if code == PASSED and not named_only:
            print(f"note: the tests named for {mutant.name!r} pass; trying all", flush=True)
            code, printed = pytest_in(folder, QUICK, ALL_S)
    finally:
        path.write_text(before, encoding="utf-8")
    return ENDINGS.get(code, f"BROKEN ({code})"), printed


def work(mutants, clean, folder, named_only):
    """Try out mutants one after the other in a copy of one's own; note how each ended."""
    shutil.copytree(clean, folder)
    for mutant in mutants:
        began = time.monotonic()
        ended, printed = try_out(mutant, folder, named_only)
        took_s = time.monotonic() - began
        print(f"{ended:9} {took_s:5.1f} s  rule {mutant.rule:2}  {mutant.name}", flush=True)
        if ended.startswith("BROKEN"):
            print(printed, flush=True)
        with (folder / "ended.txt").open("a", encoding="utf-8") as out:
            out.write(f"{mutant.name}\t{ended}\n")


def run(mutants, workers, named_only):
    """Return how each mutant ended, by name; None if the tests do not even pass before anything is changed."""
    with tempfile.TemporaryDirectory() as name:
        clean, folders = Path(name) / "clean", [Path(name) / f"worker{n}" for n in range(workers)]
        copy_to(clean)
        tests = sorted({test for m in mutants for test in m.tests}) if named_only else QUICK
        code, printed = pytest_in(clean, tests, ALL_S, compiled=True)
        if code != PASSED:
            print(printed)
            return None
        shares = [mutants[n::workers] for n in range(workers)]
        processes = [
            Process(target=work, args=(share, clean, folder, named_only))
            for share, folder in zip(shares, folders, strict=True)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        return dict(line.split("\t") for folder in folders for line in _text(folder / "ended.txt").splitlines())


def table(mutants, ended):
    """Return the result by rule as text."""
    lines = [f"{'rule':38} {'mutants':>7} {'killed':>7} {'survived':>9}"]
    for rule, title in EVERY_RULE.items():
        names = [m.name for m in mutants if m.rule == rule]
        killed = sum(ended.get(name, "").startswith("killed") for name in names)
        if names:
            lines.append(f"{rule:2} {title:35} {len(names):7} {killed:7} {len(names) - killed:9}")
    killed = sum(ended.get(m.name, "").startswith("killed") for m in mutants)
    return "\n".join([*lines, f"{'all':38} {len(mutants):7} {killed:7} {len(mutants) - killed:9}"])


def main(arguments=None):
    """Run the list; return 0 if every mutant was killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", type=int, choices=EVERY_RULE, help="only the mutants of one rule")
    parser.add_argument("--only", metavar="NAME", help="only mutants whose name contains this")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes at a time (default 1)")
    parser.add_argument("--named", action="store_true", help="run only the tests named for each mutant")
    parser.add_argument("--table", type=Path, default=TABLE, metavar="FILE", help="another list of mutants")
    asked = parser.parse_args(arguments)
    mutants = read_table(asked.table)
    if wrong := faults(mutants):
        print("\n".join(wrong))
        return 1
    mutants = [m for m in mutants if asked.rule in (None, m.rule) and (asked.only or "") in m.name]
    for library in LIBRARIES:
        __import__(library)
    ended = run(mutants, asked.workers, asked.named) if mutants else None
    if ended is None:
        print("no such mutant, or the tests do not pass before anything is changed")
        return 1
    print(table(mutants, ended))
    left = [m.name for m in mutants if not ended.get(m.name, "").startswith("killed")]
    print("\n".join(f"survived: {name}" for name in left))
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
