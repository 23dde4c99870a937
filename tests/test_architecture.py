"""What a reader relies on: arrows run one way, the command starts light, nothing private is shipped."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "models": {"models"},
    "scenarios": {"scenarios", "models"},
    "sim": {"sim", "models"},
    "optimize": {"optimize", "models"},
    "experiments": {"experiments", "models", "scenarios", "sim", "optimize"},
}
NEVER = {"tests", "benchmarks", "docs"}  # importable in a checkout, but no part of what is installed
HEAVY = {"pyomo", "highspy", "numba", "matplotlib", "scipy", "numpy"}
MODULES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))

# Written so that no pattern matches this file itself.
PRIVATE = re.compile(r"/wor[k]/|/roo[t]/|/hom[e]/|pypi[.]org|python[h]osted|index[-]url|registry[ ]*=")


def imported(source):
    """Return the top-level packages a module imports: at the top, in a function, or by import_module."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {
            "import_module",
            "__import__",
        }:
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return {name.split(".")[0] for name in found}


def against_the_arrows(package, source):
    return imported(source) & (set(MAY_IMPORT) - MAY_IMPORT[package] | NEVER)


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True)
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    assert against_the_arrows(package, path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("models", "import sim"),
        ("sim", "from optimize.problem import Problem"),
        ("optimize", "def solve():\n    import sim.streams as streams"),
        ("scenarios", "import importlib\nimportlib.import_module('experiments.cli')"),
        ("experiments", "from tests import helpers"),
    ],
)
def test_a_wrong_arrow_is_seen(package, source):
    assert against_the_arrows(package, source) != set()


def test_the_command_line_starts_without_heavy_libraries():
    code = "import sys, experiments.cli; experiments.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "experiments" in loaded
    assert loaded & HEAVY == set()


def test_no_file_names_a_machine_path_or_a_package_host():
    lines = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), start=1)
        if PRIVATE.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize("line", ["cd /wor" + "k/main", "--index" + "-url x", "https://pypi" + ".org/simple"])
def test_a_private_line_is_seen(line):
    assert PRIVATE.search(line)
