"""Records in one block of memory, and what the compiled rules may do with them.

A replication is one block of memory: the world, and behind it all that is known of lines, stations, machines. What
one record knows of another is a *ref*: how many bytes it lies away from the world; 0 is nobody. So a block may be
copied as it is, and what must grow during a run is added elsewhere in memory, with refs like the rest.

Rules (:func:`rule`) are plain functions of numbers and records. They are compiled all together by
:mod:`sim.compiled_engine.build`; a rule may call any other, whatever the module. Modules import each other's rules for
the type checker only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

import numpy as np

if TYPE_CHECKING:
    from sim.compiled_engine.records import World

P = ParamSpec("P")
R = TypeVar("R")
Kind = TypeVar("Kind", bound="Record")

Ref = int
"""Where a record, or a row of numbers, lies: bytes away from the world; 0: nobody."""
WORD = 8
"""Bytes of one number; every field has this size."""


class Record:
    """Fields by annotation: ``float`` is a double, everything else a 64-bit whole number."""

    @classmethod
    def fields(cls) -> dict[str, str]:
        """Return the fields with their types in memory, in order."""
        return {name: "f8" if kind == "float" else "i8" for name, kind in inspect.get_annotations(cls).items()}

    @classmethod
    def layout(cls) -> np.dtype[Any]:
        """Return the layout as NumPy sees it."""
        return np.dtype(list(cls.fields().items()))


def size(record: type[Record]) -> int:
    """Return the size of a record in bytes."""
    return WORD * len(record.fields())


class Primitive(Generic[P, R]):
    """What compiled rules can do beyond arithmetic; :mod:`sim.compiled_engine.build` says how."""

    def __init__(self, name: str, record: type[Record] | None = None) -> None:
        self.name = name
        self.record = record

    def __call__(self, *_args: P.args, **_kwargs: P.kwargs) -> R:
        """Say that this is for compiled rules."""
        raise TypeError(f"{self.name} works in compiled rules only")


def pointer(record: type[Kind]) -> Primitive[[World, Ref], Kind]:
    """Return what finds a record of this kind by its ref."""
    return Primitive("pointer", record)


real: Primitive[[World, Ref, int], float] = Primitive("real")
"""The n-th number of a row of doubles."""
put_real: Primitive[[World, Ref, int, float], None] = Primitive("put_real")
"""Write it."""
add_real: Primitive[[World, Ref, int, float], None] = Primitive("add_real")
"""Add to it."""
whole: Primitive[[World, Ref, int], int] = Primitive("whole")
"""The n-th number of a row of whole numbers."""
put_whole: Primitive[[World, Ref, int, int], None] = Primitive("put_whole")
"""Write it."""
bits: Primitive[[float], int] = Primitive("bits")
"""The 64 bits of a double."""
ask: Primitive[[World, int, int, float], None] = Primitive("ask")
"""Have Python do something: what, for whom (a ref), with which number (see :mod:`sim.compiled_engine.helper`)."""

RULES: dict[str, Callable[..., Any]] = {}
"""All rules by name."""


def rule(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function compiled with the others; its annotations say what goes in and comes out."""
    assert function.__name__ not in RULES, f"two rules are called {function.__name__}"
    RULES[function.__name__] = function
    return function
