"""The memory of a replication under way, as Python reads and writes it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled_engine import records
from sim.compiled_engine.block import Words, places, stride
from sim.compiled_engine.memory import WORD, Record, Ref

FIELDS: dict[type[Record], dict[str, tuple[int, bool]]] = {
    kind: {name: (n, what == "f8") for n, (name, what) in enumerate(kind.fields().items())}
    for kind in vars(records).values()
    if isinstance(kind, type) and issubclass(kind, Record) and kind is not Record
}
"""Word of each field, and whether it is a double."""
Reals = NDArray[np.float64]


class Live:
    """A copy of a program's block, and what has been added to it elsewhere in memory."""

    def __init__(self, words: Words) -> None:
        self.words = words.copy()
        self.reals: Reals = self.words.view(np.float64)
        self.base: int = self.words.ctypes.data
        self._more: list[NDArray[Any]] = []
        self._fields: dict[tuple[Ref, str], NDArray[Any]] = {}

    def get(self, kind: type[Record], ref: Ref, name: str) -> Any:  # noqa: ANN401 - a whole number or a double
        """Return a field of a record."""
        word, real = FIELDS[kind][name]
        at = ref // WORD + word
        if 0 <= at < len(self.words):
            return self.reals[at].item() if real else self.words[at].item()
        address = self.base + ref + word * WORD
        return (ctypes.c_double if real else ctypes.c_int64).from_address(address).value

    def set(self, kind: type[Record], ref: Ref, name: str, value: float) -> None:
        """Write a field of a record of the block."""
        word, real = FIELDS[kind][name]
        (self.reals if real else self.words)[ref // WORD + word] = value

    def record(self, kind: type[Record], ref: Ref) -> dict[str, Any]:
        """Return all fields of a record."""
        return {name: self.get(kind, ref, name) for name in FIELDS[kind]}

    def real_row(self, ref: Ref, n: int) -> Reals:
        """Return a row of doubles as it is now, wherever it lies."""
        return np.ctypeslib.as_array((ctypes.c_double * n).from_address(self.base + ref)).copy() if n else np.zeros(0)

    def whole_row(self, ref: Ref, n: int) -> Words:
        """Return a row of whole numbers as it is now, wherever it lies."""
        if not n:
            return np.zeros(0, np.int64)
        return np.ctypeslib.as_array((ctypes.c_int64 * n).from_address(self.base + ref)).copy()

    def add(self, numbers: NDArray[Any]) -> Ref:
        """Keep numbers for the engine; return their ref."""
        self._more.append(numbers)
        return int(numbers.ctypes.data) - self.base

    def put(self, what: tuple[Ref, str], numbers: NDArray[Any]) -> Ref:
        """Keep numbers in place of those kept before for the same field; return their ref."""
        self._fields[what] = numbers
        return int(numbers.ctypes.data) - self.base

    def ref_of(self, numbers: NDArray[Any]) -> Ref:
        """Return the ref of numbers that somebody else keeps."""
        return int(numbers.ctypes.data) - self.base

    def chunk(self, kind: type[Record], n: int) -> tuple[Words, Ref]:
        """Add n records, each knowing the next; return them, shape (n, words), and the first one's ref."""
        words = np.zeros((n, stride(kind)), np.int64)
        first = self.add(words)
        words[:-1, places(kind)["next"]] = first + np.arange(1, n) * (stride(kind) * WORD)
        return words, first
