"""The rules become machine code: Numba reads each one, LLVM links and optimises all of them as one program.

Rule by rule, Numba would link and optimise everything below a rule again for each caller: minutes instead of seconds.
The machine code is kept on disk, by a hash of all that it depends on; loading it takes LLVM alone, not Numba.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import pkgutil
import platform
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

from sim.compiled_engine import codes, kernel
from sim.compiled_engine.features import Constants, readers
from sim.compiled_engine.kept import folders, kept
from sim.compiled_engine.memory import RULES
from sim.order import MOST_EVENTS_AT_ONCE
from sim.tally import BATCH, MOST_LEVELS

ENTRIES = ("begin", "play", "reset", "flush")
"""Rules that are called from Python, with the address of a world."""
ONE_PIECE = frozenset({
    "accept", "add", "add_ready", "after_units", "append", "at", "by_idleness", "change", "close_hole",
    "come_in", "draw", "draw_work_s", "drop_ready", "enter", "finish", "finish_part", "first_of", "first_queue",
    "free_again", "gone", "happens", "leaves", "load", "load_one", "next_in_queue", "next_part", "next_time_s",
    "note_state", "note_states", "offer", "out_of_buffer", "over", "over_part", "pass_on", "place", "pull",
    "queue_number", "room_for", "settle", "sink", "started", "state_of", "stir", "stretch", "stretch_ends",
    "take_in", "take_out", "touch", "withdraw", "work", "work_s",
})  # fmt: skip
"""Rules that every part meets at every station: they become one piece of code, which is a tenth faster."""
LIBRARY = ("exp", "fmod")
"""Functions of the C library that rules may call."""
READ = ("build.py", "codes.py", "features.py", "lowering.py", "memory.py", "records/*.py", "kernel/*.py")
"""Files of this folder that the machine code depends on."""
MOST_KERNELS = 40
"""So many kinds of program keep machine code of their own."""
Entry = Callable[[int], None]


def modules() -> list[str]:
    """Return the modules of the rules."""
    return [f"{kernel.__name__}.{m.name}" for m in pkgutil.iter_modules(kernel.__path__)]


@cache
def entries(known: Constants = ()) -> dict[str, Entry]:
    """Return the rules of :data:`ENTRIES`, compiled now or some time before.

    Args:
        known: Settings that are the same all over a program: the rules are made for such programs alone.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    code = kept(_name(known), lambda: optimised(known), most=MOST_KERNELS)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_int64)
    _ENGINES.append(engine)
    _MADE.add(known)
    return {name: kind(engine.get_function_address(name)) for name in ENTRIES}


def _name(known: Constants) -> str:
    which = hashlib.blake2b(repr(known).encode(), digest_size=8).hexdigest() if known else "all"
    return f"kernel-{key()}-{which}.o"


def is_made(known: Constants) -> bool:
    """Return whether rules for such programs are there: made by this process, or kept on disk."""
    return known in _MADE or (next(folders()) / _name(known)).exists()


_ENGINES: list[Any] = []
"""What owns the machine code in use."""
_MADE: set[Constants] = set()
"""For which programs."""


def target_machine() -> Any:  # noqa: ANN401 - llvmlite has no types
    """Return this machine as LLVM describes it."""
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )


@cache
def key() -> str:
    """Return a name for the machine code: another rule, version or processor makes another one."""
    digest = hashlib.blake2b(digest_size=16)
    numbers = {name: value for name, value in vars(codes).items() if isinstance(value, int | float)}
    versions = (platform.python_version(), version("llvmlite"), version("numba"))
    processor = (platform.system(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    digest.update(repr((versions, processor, numbers, BATCH, MOST_LEVELS, MOST_EVENTS_AT_ONCE)).encode())
    folder = Path(__file__).parent
    for file in sorted(file for pattern in READ for file in folder.glob(pattern)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def linked() -> bytes:
    """Return all rules as one LLVM module, with settings still to be put in: Numba's part, which takes long."""
    for module in modules():
        importlib.import_module(module)
    from sim.compiled_engine import lowering

    with lowering.remembering():
        texts = {name: lowering.llvm_of(name, function) for name, function in RULES.items()}
    program = None
    for name, text in texts.items():
        try:
            module = llvm.parse_assembly(text)
        except RuntimeError as error:
            raise RuntimeError(f"{name}: {error}") from error
        if program is None:
            program = module
        else:
            program.link_in(module)
    assert program is not None
    return bytes(program.as_bitcode())


def optimised(known: Constants) -> bytes:
    """Return the machine code of all rules, with the settings that are known put in: LLVM's part, about a second."""
    program = llvm.parse_bitcode(kept(f"rules-{key()}.bc", linked, first=True))
    program.link_in(llvm.parse_assembly(readers(known)))
    for function in program.functions:
        if not function.is_declaration and function.name not in ENTRIES:
            function.linkage = "internal"
        if function.name in ONE_PIECE:
            function.add_function_attribute("alwaysinline")
    unknown = [
        f.name for f in program.functions if f.is_declaration and f.name not in LIBRARY and "llvm." not in f.name
    ]
    assert not unknown, f"rules call what is no rule: {unknown}"
    machine = target_machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(program, builder)
    return bytes(machine.emit_object(program))
