"""The table of mutants fits today's source, and today's tests notice every one of them."""

import subprocess
import sys

import pytest
from run_mutants import HERE, OF_THE_OPTIMISER, faults, gaps, read_table

RUNNER = str(HERE / "run_mutants.py")
HARMLESS = """
[[mutant]]
rule = 1
name = "a comment says something else"
file = "sim/simpy_engine/station.py"
find = "# in the order in which they became idle"
replace = "# in the order in which they became ready"
tests = ["tests/sim/test_tables_of_flow.py::test_serial_line_blocks_after_service"]
"""


KERNEL = HERE / "kernel_mutants.toml"
OPTIMISER = HERE / "optimize_mutants.toml"


def run(*arguments):
    command = [sys.executable, RUNNER, "--named", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)


def test_the_table_fits_the_source():
    assert "\n".join(faults(read_table())) == ""


def test_the_table_of_compiled_rules_fits_the_source():
    mutants = read_table(KERNEL)
    assert "\n".join(faults(mutants)) == ""
    assert len(mutants) >= 5
    assert {m.file.rsplit("/", 1)[0] for m in mutants} == {"sim/compiled_engine/kernel"}


def test_the_table_of_the_optimiser_fits_the_source():
    mutants = read_table(OPTIMISER)
    assert "\n".join(faults(mutants)) == ""
    assert len(mutants) >= 40
    assert {m.rule for m in mutants} == set(OF_THE_OPTIMISER)


def test_every_rule_has_its_mutants():
    assert "\n".join(gaps(read_table())) == ""


def test_a_text_that_is_gone_is_named(tmp_path):
    (tmp_path / "t.toml").write_text(HARMLESS.replace("in the order in which they became idle", "in no order"))
    (message,) = faults(read_table(tmp_path / "t.toml"))
    assert message.startswith("rule 1, 'a comment says something else': found 0 times, not once, in sim/")


@pytest.mark.slow
def test_a_change_that_changes_nothing_survives(tmp_path):
    (tmp_path / "t.toml").write_text(HARMLESS)
    ended = run("--table", str(tmp_path / "t.toml"))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "survived: a comment says something else" in ended.stdout


@pytest.mark.slow
def test_no_mutant_survives():
    ended = run("--workers", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_no_mutant_of_compiled_rules_survives(tmp_path, monkeypatch):
    monkeypatch.setenv("RENEWLINE_CACHE", str(tmp_path))
    ended = run("--table", str(KERNEL), "--workers", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.slow
def test_no_mutant_of_the_optimiser_survives():
    ended = run("--table", str(OPTIMISER), "--workers", "2")
    assert ended.returncode == 0, ended.stdout + ended.stderr
