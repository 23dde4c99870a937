"""Machine code on disk: in a folder that nobody else can write to, checked when read, made by one process at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

CACHE = "RENEWLINE_CACHE"
"""Environment variable: the folder for machine code."""
NOTE = "RENEWLINE_COMPILING"
"""Environment variable: what is said before compiling; empty: nothing.

The command line puts it into the reader's language here, or silences it; its worker processes inherit it.
"""
FIRST_CALL = "Compiling the simulation engine; this happens once and takes about 15 seconds ..."
KEPT = 3
"""So many files of a kind stay: of the installed version, and of some before or beside it."""
CHECKSUM = 32
"""Bytes in front of the machine code."""


def say(text: str) -> None:
    """Print a message where it disturbs no output, unless messages are not wanted."""
    if os.environ.get(NOTE, text):
        print(text, file=sys.stderr, flush=True)


def folders() -> Iterator[Path]:
    """Yield where machine code may be kept, best first; an installation is never written to."""
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    if os.environ.get(CACHE):
        yield Path(os.environ[CACHE])
    else:
        with contextlib.suppress(RuntimeError):  # nobody's home
            yield (Path(base) if base else Path.home() / ".cache") / "renewline"
    user = os.getuid() if hasattr(os, "getuid") else 0
    yield Path(tempfile.gettempdir()) / f"renewline-{user}"


def kept(name: str, make: Callable[[], bytes], most: int = KEPT, first: bool = False) -> bytes:
    """Return the machine code of a name: kept from before, or made and kept.

    Args:
        name: Name of its file; says all that the machine code depends on.
        make: Makes it; called once, also when several processes want it.
        most: So many files of this kind stay.
        first: Whether to say that this takes long.
    """
    for folder in folders():
        with contextlib.suppress(OSError):
            if trusted(folder) and (code := _read(folder / name)) is not None:
                return code
    code = None
    for folder in folders():
        try:
            with _alone(folder, Path(name).suffix[1:]):
                code = code or _read(folder / name)  # somebody else may have made it meanwhile
                if code is None:
                    if first:
                        say(os.environ.get(NOTE, FIRST_CALL))
                    code = make()
                _write(folder / name, code, most)
                return code
        except OSError:
            continue
    tried = ", ".join(map(str, folders()))
    say(f"The compiled engine cannot be kept, and is made anew for every run: {tried} cannot be written to, or can be "
        f"by others. Name a folder of your own in the environment variable {CACHE}.")  # fmt: skip
    return code or make()


def trusted(folder: Path) -> bool:
    """Return whether only this user, or the administrator, can put files there: machine code is run as it is."""
    about = folder.stat()
    if not hasattr(os, "getuid") or about.st_uid == os.getuid():
        return True
    return about.st_uid == 0 and not about.st_mode & 0o022


def _read(file: Path) -> bytes | None:
    """Return machine code as it was written; None if there is none, or it is damaged."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return None
    code = content[CHECKSUM:]
    if content[:CHECKSUM] != _checksum(code):
        return None
    with contextlib.suppress(OSError):
        os.utime(file)  # in use: stays when others go
    return code


def _write(file: Path, code: bytes, most: int) -> None:
    """Write a file as a whole, or not at all; remove what is oldest."""
    if _read(file) == code:
        return
    for part in file.parent.glob(f"*{file.suffix}.part"):  # of a process that was killed; nobody else writes now
        part.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=f"{file.suffix}.part", delete=False) as out:
        try:
            out.write(_checksum(code) + code)
            out.close()
            Path(out.name).chmod(0o644)  # who may come into the folder may read; an administrator's is for all
            Path(out.name).replace(file)
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise
    by_age = sorted(file.parent.glob(f"*{file.suffix}"), key=lambda f: (f != file, -f.stat().st_mtime))
    for old in by_age[most:]:
        old.unlink(missing_ok=True)


def _checksum(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=CHECKSUM).digest()


@contextlib.contextmanager
def _alone(folder: Path, kind: str) -> Iterator[None]:
    """Hold the folder's lock for a kind of file: of several processes that start at once, one compiles."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not trusted(folder):
        raise PermissionError(f"{folder} can be written to by others")
    with (folder / f"{kind}.lock").open("a") as file:
        with contextlib.suppress(ImportError, OSError):  # without locks several may compile at once: time only
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
