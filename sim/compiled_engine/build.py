"""The rules become machine code: Numba reads each one, LLVM links and optimises all of them as one program.

Rule by rule, Numba would link and optimise everything below a rule again for each caller: minutes instead of seconds.
The machine code is kept on disk, by a hash of all that it depends on; loading it takes LLVM alone, not Numba.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import os
import pkgutil
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from sim.compiled_engine import kernel
from sim.compiled_engine.memory import RULES

ENTRIES = ("begin", "play", "reset", "flush")
"""Rules that are called from Python, with the address of a world."""
LIBRARY = ("exp", "fmod")
"""Functions of the C library that rules may call."""
CACHE = "RENEWLINE_CACHE"
"""Environment variable: folder for the machine code."""
Entry = Callable[[int], None]


def modules() -> list[str]:
    """Return the modules of the rules."""
    return [f"{kernel.__name__}.{m.name}" for m in pkgutil.iter_modules(kernel.__path__)]


@cache
def entries(say: Callable[[str], None] | None = None) -> dict[str, Entry]:
    """Return the rules of :data:`ENTRIES`, compiled now or some time before.

    Args:
        say: Told what takes so long, if nothing is kept from before.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    code = _kept(say or _to_stderr)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_int64)
    _ENGINES.append(engine)
    return {name: kind(engine.get_function_address(name)) for name in ENTRIES}


_ENGINES: list[Any] = []
"""What owns the machine code in use."""


def _to_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def target_machine() -> Any:  # noqa: ANN401 - llvmlite has no types
    """Return this machine as LLVM describes it."""
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


# kept on disk


def key() -> str:
    """Return a name for the machine code: another rule, version or processor makes another one."""
    digest = hashlib.blake2b(digest_size=16)
    parts = [platform.python_version(), version("llvmlite"), version("numba"), llvm.get_host_cpu_name()]
    for text in (*parts, llvm.get_host_cpu_features().flatten()):
        digest.update(text.encode())
    folder = Path(__file__).parent
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def folders() -> Iterator[Path]:
    """Yield where machine code may be kept, best first; an installation is never written to."""
    if os.environ.get(CACHE):
        yield Path(os.environ[CACHE])
        return
    base = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME")
    with contextlib.suppress(RuntimeError):  # nobody's home
        yield (Path(base) if base else Path.home() / ".cache") / "renewline"
    user = os.getuid() if hasattr(os, "getuid") else 0
    yield Path(tempfile.gettempdir()) / f"renewline-{user}"


def _kept(say: Callable[[str], None]) -> bytes:
    """Return the machine code: kept from before, or made and kept."""
    name = f"kernel-{key()}.o"
    for folder in folders():
        with contextlib.suppress(OSError):
            return (folder / name).read_bytes()
    for folder in folders():
        with contextlib.suppress(OSError), _alone(folder):
            file = folder / name
            if not file.exists():  # somebody else may have made it meanwhile
                _keep(file, compile_all(say))
            return file.read_bytes()
    say("No folder can be written to: the compiled engine is made anew for every run. "
        f"Name one in the environment variable {CACHE}.")  # fmt: skip
    return compile_all(say)


def _keep(file: Path, code: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as out:
        out.write(code)
    Path(out.name).replace(file)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: of several processes that start at once, one compiles."""
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid not in (0, os.getuid()) if hasattr(os, "getuid") else False:
        raise PermissionError(f"{folder} belongs to somebody else")
    with (folder / "lock").open("a") as file:
        with contextlib.suppress(ImportError):
            import fcntl  # elsewhere several may compile at once, which costs time only

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# compiling


def compile_all(say: Callable[[str], None]) -> bytes:
    """Return all rules as one object file."""
    say("Compiling the simulation engine; this happens once and takes about 15 seconds ...")
    for module in modules():
        importlib.import_module(module)
    from sim.compiled_engine import lowering

    program = None
    for name, function in RULES.items():
        text = lowering.llvm_of(name, function)
        try:
            module = llvm.parse_assembly(text)
        except RuntimeError as error:
            raise RuntimeError(f"{name}: {error}") from error
        if program is None:
            program = module
        else:
            program.link_in(module)
    return _optimised(program)


def _optimised(program: Any) -> bytes:  # noqa: ANN401 - llvmlite has no types
    for function in program.functions:
        if not function.is_declaration and function.name not in ENTRIES:
            function.linkage = "internal"
    unknown = [f.name for f in program.functions if f.is_declaration and f.name not in LIBRARY and "llvm." not in f.name]
    assert not unknown, f"rules call what is no rule: {unknown}"
    machine = target_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(program, builder)
    return bytes(machine.emit_object(program))
