"""What a newcomer meets: the README's commands, the setup script, pinned versions, the wheel."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("models", "scenarios", "sim", "optimize", "experiments")
SHELL_SCRIPTS = ("scripts/setup", "scripts/run", "scripts/test", "scripts/check", ".ci/run")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


# --- README ---


def shell_lines(markdown):
    """Return the command lines of all fenced blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", markdown, flags=re.M | re.S)
    return [line.strip() for block in blocks for line in block.splitlines()]


def test_the_readme_offers_its_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = shell_lines(readme)
    assert "sh scripts/run plan machining" in lines
    marked = re.search(r"<!-- test command -->\s*```\w*\n(.*?)```", readme, flags=re.S)
    assert marked is not None
    assert marked[1].strip() == "sh scripts/test"


def test_scripts_that_the_readme_names_exist():
    lines = shell_lines((ROOT / "README.md").read_text(encoding="utf-8"))
    named = {match[1] for line in lines if (match := re.match(r"(?:sh|bash) (\S+)", line))}
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_scripts_are_executable_and_parse(script):
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = path.read_text(encoding="utf-8").splitlines()[0].rsplit("/", 1)[-1].split()[-1]
    assert subprocess.run([shell, "-n", path], check=False).returncode == 0


# --- versions ---


def test_the_version_stands_in_pyproject_only():
    literal = re.compile(rf"""["']{re.escape(PROJECT["version"])}["']|__version__\s*=""")
    elsewhere = [
        name
        for name in tracked("*.py", "scripts/*", ".ci/*")
        if (ROOT / name).is_file() and literal.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert elsewhere == []


def test_constraints_are_names_and_versions_that_satisfy_the_project():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.+!]+)", line)
        assert match is not None, line
        pinned[canonicalize_name(match[1])] = match[2]
    extras = [need for needs in PROJECT["optional-dependencies"].values() for need in needs]
    for need in map(Requirement, PROJECT["dependencies"] + extras):
        assert need.specifier.contains(pinned[canonicalize_name(need.name)]), need


# --- setup script, with stand-ins for python and apt-get that write down how they are called ---

FAKE_PYTHON = """#!/bin/sh
echo "python $*" >>"$LOG"
case "$1 $2" in
    "-c import ensurepip, venv") [ -e "$HAS_VENV" ] ;;
    "-c import sys; print"*) echo python3.12-venv ;;
    "-c import sys; sys.exit"*) [ -z "${TOO_OLD:-}" ] ;;
    "-m venv") mkdir -p "$4/bin" && cp "$0" "$4/bin/python" && touch "$4/pyvenv.cfg" ;;
    "-m pip") [ "$3" = --version ] || [ -z "${PIP_FAILS:-}" ] ;;
esac
"""
FAKE_APT = """#!/bin/sh
echo "apt-get $*" >>"$LOG"
[ "$1" = update ] || touch "$HAS_VENV"
"""


class Machine:
    """A computer with a fresh checkout, stand-in programs and a log of what was called."""

    def __init__(self, folder):
        self.checkout = folder / "checkout"
        self.log = folder / "log"
        self.bin = folder / "bin"
        self.has_venv = folder / "has_venv"
        for path in (self.checkout / "scripts", self.bin):
            path.mkdir(parents=True)
        for name in ("pyproject.toml", "constraints.txt", "scripts/setup"):
            (self.checkout / name).write_bytes((ROOT / name).read_bytes())
        for tool in ("dirname", "cat", "cksum", "mkdir", "cp", "touch", "ls", "env", "sh"):
            found = next(Path(path) / tool for path in os.defpath.split(":") if path and (Path(path) / tool).exists())
            (self.bin / tool).symlink_to(found)
        self.program("id", "#!/bin/sh\necho 1000\n")
        self.program("sudo", '#!/bin/sh\necho "sudo $1" >>"$LOG"\nexec "$@"\n')
        self.has_venv.touch()

    def program(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def setup(self, *arguments, **environment):
        self.log.write_text("")
        known = {"PATH": str(self.bin), "LOG": str(self.log), "HAS_VENV": str(self.has_venv)}
        command = ["/bin/sh", str(self.checkout / "scripts/setup"), *arguments]
        return subprocess.run(command, env=known | environment, capture_output=True, text=True, check=False)

    def installs(self):
        return [line for line in self.log.read_text().splitlines() if "pip install" in line]


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.program("python3", FAKE_PYTHON)
    return made


def test_setup_installs_once_and_stays_in_the_checkout(machine):
    first = machine.setup()
    assert (first.returncode, first.stdout) == (0, "")
    (install,) = machine.installs()
    assert f"--constraint {machine.checkout}/constraints.txt" in install
    assert install.endswith(f"--editable {machine.checkout}")
    assert "--upgrade" not in install
    assert machine.setup().returncode == 0
    assert machine.log.read_text() == ""  # nothing at all was started
    assert {path.name for path in machine.checkout.iterdir()} == {
        ".venv", "pyproject.toml", "constraints.txt", "scripts"
    }  # fmt: skip


def test_setup_dev_serves_plain_runs_too(machine):
    machine.setup("dev")
    (install,) = machine.installs()
    assert install.endswith(f"--editable {machine.checkout}[dev]")
    machine.setup()
    assert machine.log.read_text() == ""


def test_setup_installs_again_when_a_pin_changes(machine):
    machine.setup()
    with (machine.checkout / "constraints.txt").open("a") as pins:
        pins.write("extra==1\n")
    machine.setup()
    assert len(machine.installs()) == 1


def test_setup_tries_again_after_a_failed_install(machine):
    assert machine.setup(PIP_FAILS="yes").returncode != 0
    assert machine.setup().returncode == 0
    assert len(machine.installs()) == 1


def test_setup_uses_another_folder(machine, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "venv"
    assert machine.setup(RENEWLINE_VENV=str(elsewhere)).returncode == 0
    assert (elsewhere / "bin" / "python").exists()
    assert not (machine.checkout / ".venv").exists()


def test_setup_does_not_empty_a_folder_it_did_not_make(machine, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    done = machine.setup(RENEWLINE_VENV=str(tmp_path / "mine"))
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_setup_gets_the_venv_module_and_says_so(machine):
    machine.has_venv.unlink()
    machine.program("apt-get", FAKE_APT)
    done = machine.setup()
    assert done.returncode == 0
    assert "installing the system package python3.12-venv" in done.stderr
    calls = machine.log.read_text().splitlines()
    assert "sudo apt-get" in calls  # the stand-in user is no administrator
    assert calls.index("apt-get update -q") < calls.index(
        "apt-get install -q -y --no-install-recommends python3.12-venv"
    )


def test_setup_says_what_is_missing(machine):
    machine.has_venv.unlink()
    no_apt = machine.setup()
    assert no_apt.returncode == 1
    assert "install its venv module" in no_apt.stderr
    too_old = machine.setup(TOO_OLD="yes")
    assert too_old.returncode == 1
    assert "no Python 3.11 or newer found" in too_old.stderr
    assert machine.setup("devel").returncode == 1


def test_setup_takes_the_first_python_that_is_new_enough(machine):
    machine.program("python3.12", FAKE_PYTHON)
    machine.program("python3", "#!/bin/sh\nexit 1\n")
    assert machine.setup().returncode == 0


# --- wheel ---


@pytest.mark.slow
def test_the_wheel_holds_the_five_packages_and_their_data(tmp_path):
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    shipped = {name for name in tracked(*PACKAGES) if (ROOT / name).is_file()}
    assert shipped - inside == set()
    assert {name.split("/")[0] for name in inside} == set(PACKAGES)
