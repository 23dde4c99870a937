"""Machine code on disk: made once, checked when read, never taken from a folder that others can write to."""

import os
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest

from sim.compiled_engine import kept as k

ROOT = Path(__file__).resolve().parents[2]
CODE = b"machine code"


class Maker:
    """Makes code, and counts how often."""

    def __init__(self, code=CODE):
        self.code, self.times = code, 0

    def __call__(self):
        self.times += 1
        return self.code


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that the user named; the one for want of a better is empty too."""
    monkeypatch.setenv(k.CACHE, str(tmp_path / "named"))
    monkeypatch.delenv(k.NOTE, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return tmp_path / "named"


def unusable(folder):
    """Put a file where the folder should be: nobody can write there, not even an administrator."""
    folder.write_text("")


def test_code_is_made_once_and_said_so_once(folder, capsys):
    make = Maker()
    assert [k.kept("a.o", make, first=True) for _ in range(3)] == [CODE] * 3
    assert make.times == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", k.FIRST_CALL + "\n")


@pytest.mark.parametrize(("note", "told"), [("", ""), ("正在编译 ...", "正在编译 ...\n")])
def test_what_is_said_may_be_in_another_language_or_nothing(folder, monkeypatch, capsys, note, told):
    monkeypatch.setenv(k.NOTE, note)
    k.kept("a.o", Maker(), first=True)
    assert capsys.readouterr().err == told


def test_what_is_soon_made_is_made_in_silence(folder, capsys):
    k.kept("a.o", Maker())
    assert capsys.readouterr().err == ""


def test_only_the_user_can_read_and_write_a_folder_made_for_it(folder):
    k.kept("a.o", Maker())
    assert folder.stat().st_mode & 0o777 == 0o700


def test_who_may_come_into_a_folder_may_read_its_code(folder):
    folder.mkdir(mode=0o755)  # an administrator's, for all
    k.kept("a.o", Maker())
    assert (folder / "a.o").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("harm", [lambda c: c[:-1], lambda c: c[: k.CHECKSUM], lambda c: b"", lambda c: c + b"x",
                                  lambda c: c.replace(b"machine", b"mischief")])  # fmt: skip
def test_a_damaged_file_is_noticed_and_made_anew(folder, harm):
    k.kept("a.o", Maker())
    whole = (folder / "a.o").read_bytes()
    (folder / "a.o").write_bytes(harm(whole))
    make = Maker()
    assert k.kept("a.o", make) == CODE
    assert make.times == 1
    assert (folder / "a.o").read_bytes() == whole


def test_a_file_is_there_as_a_whole_or_not_at_all(folder, monkeypatch):
    def full(self, target):
        assert not Path(target).exists()
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    make = Maker()
    assert k.kept("a.o", make) == CODE
    assert make.times == 1
    assert [f.name for f in folder.iterdir()] == ["o.lock"]


def test_what_a_killed_process_left_half_written_goes(folder):
    folder.mkdir()
    (folder / "tmpx1.o.part").write_bytes(b"half")
    (folder / "tmpx2.bc.part").write_bytes(b"half")  # somebody may be at it: the other kind has a lock of its own
    k.kept("a.o", Maker())
    assert sorted(f.name for f in folder.iterdir()) == ["a.o", "o.lock", "tmpx2.bc.part"]


def test_the_last_used_files_stay(folder):
    for n, name in enumerate("abcd"):
        k.kept(f"{name}.o", Maker())
        os.utime(folder / f"{name}.o", (n, n))
        if name == "c":
            k.kept("a.o", Maker())  # is in use again
    assert {f.name for f in folder.glob("*.o")} == {"a.o", "c.o", "d.o"}


def test_of_either_kind_as_many_files_stay_as_its_owner_says(folder):
    for name in "abcde":
        k.kept(f"{name}.o", Maker(), most=4)
        k.kept(f"{name}.bc", Maker(), most=1)
    assert sorted(f.name for f in folder.iterdir()) == ["b.o", "bc.lock", "c.o", "d.o", "e.bc", "e.o", "o.lock"]


def test_without_a_home_to_write_to_another_folder_serves(folder, tmp_path, capsys):
    unusable(folder)
    make = Maker()
    assert [k.kept("a.o", make) for _ in range(2)] == [CODE] * 2
    assert make.times == 1
    assert [f.name for f in (tmp_path / "temporary").glob("renewline-*/*.o")] == ["a.o"]


def test_a_folder_that_may_only_be_read_is_read(folder, monkeypatch):
    k.kept("a.o", Maker())

    def refused(*_):
        raise PermissionError("read-only file system")

    monkeypatch.setattr(os, "utime", refused)
    monkeypatch.setattr(k, "_alone", refused)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refused)
    make = Maker()
    assert k.kept("a.o", make) == CODE
    assert make.times == 0


def test_without_any_folder_the_code_stays_in_memory_and_the_user_is_told(folder, tmp_path, capsys):
    unusable(folder)
    (tmp_path / "temporary").rmdir()
    unusable(tmp_path / "temporary")
    make = Maker()
    assert [k.kept("a.o", make) for _ in range(2)] == [CODE] * 2
    assert make.times == 2
    told = capsys.readouterr().err
    assert str(folder) in told
    assert k.CACHE in told


def test_a_named_folder_comes_first_then_the_users_then_a_temporary_one(tmp_path, monkeypatch):
    for name in (k.CACHE, "LOCALAPPDATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    assert [f.parent for f in k.folders()] == [tmp_path / ".cache", tmp_path / "t"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert next(k.folders()) == tmp_path / "x" / "renewline"
    monkeypatch.setenv(k.CACHE, str(tmp_path / "mine"))
    assert next(k.folders()) == tmp_path / "mine"


@pytest.mark.parametrize(
    ("owner", "mode", "fine"),
    [(0, 0o755, True), (0, 0o775, False), (0, 0o777, False), (77, 0o700, False), (77, 0o777, False), (55, 0o775, True)],
)
def test_only_ones_own_folder_or_the_administrators_is_trusted(folder, monkeypatch, owner, mode, fine):
    monkeypatch.setattr(os, "getuid", lambda: 55, raising=False)
    monkeypatch.setattr(Path, "stat", lambda self: os.stat_result((mode, 0, 0, 0, owner, 0, 0, 0, 0, 0)))
    assert k.trusted(folder) is fine


def test_code_that_somebody_else_put_there_is_not_run(folder, tmp_path, monkeypatch):
    k.kept("a.o", Maker(b"evil"))
    monkeypatch.setattr(k, "trusted", lambda path: path != folder)
    assert k.kept("a.o", Maker()) == CODE
    assert (folder / "a.o").read_bytes().endswith(b"evil")


def _one_of_several(gate, log):
    def make():
        with log.open("a") as out:
            out.write("made\n")
        return CODE

    gate.wait()
    assert k.kept("a.o", make) == CODE


def test_of_several_processes_that_start_at_once_one_makes_it(folder, tmp_path):
    context = get_context("fork")
    gate, log = context.Barrier(4), tmp_path / "log"
    starters = [context.Process(target=_one_of_several, args=(gate, log)) for _ in range(4)]
    for process in starters:
        process.start()
    for process in starters:
        process.join(30)
    assert [process.exitcode for process in starters] == [0] * 4
    assert log.read_text() == "made\n"


START = """
import sys
from models.plant import Plant
from sim.engine import open_run
from sim.program import lower
run = open_run("compiled", lower(Plant.model_validate({"lines": [{"name": "l", "source": "saturated", "stations": [
    {"name": "lathe", "buffer": None, "cycle_time_s": 360}]}]})), 1, 0)
run.play(36000.0)
print(run.progress()[0][1], "numba" in sys.modules, "simpy" in sys.modules)
"""


@pytest.mark.slow
def test_the_first_start_compiles_and_the_second_loads_no_compiler(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != k.NOTE}
    environment |= {k.CACHE: str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    for compiles in (True, False):
        done = subprocess.run(
            [sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        assert done.stdout.split() == ["100", str(compiles), "False"]
        assert done.stderr == (k.FIRST_CALL + "\n" if compiles else "")
