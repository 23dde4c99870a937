"""The memory of a replication under way, as Python reads and writes it."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sim.compiled_engine import records
from sim.compiled_engine.block import Words, places, stride
from sim.compiled_engine.memory import WORD, Record, Ref

KINDS = [k for k in vars(records).values() if isinstance(k, type) and issubclass(k, Record) and k is not Record]
FIELDS: dict[type[Record], dict[str, tuple[int, bool]]] = {
    kind: {name: (n, what == "f8") for n, (name, what) in enumerate(kind.fields().items())} for kind in KINDS
}
"""Word of each field, and whether it is a double."""
Reals = NDArray[np.float64]
FIRST_CHUNK, LARGEST_CHUNK = 32, 1 << 16
CHUNKS_KEPT = 6
"""So many chunks of a kind of record, some two thousand records, are there from the start of a next replication."""


class Pick:
    """Reads some fields of a kind of record at once; all, if none are named."""

    def __init__(self, kind: type[Record], *names: str) -> None:
        fields = [(name, *FIELDS[kind][name]) for name in names or FIELDS[kind]]
        self.kind = kind
        self.wholes = [(name, word) for name, word, real in fields if not real]
        self.reals = [(name, word) for name, word, real in fields if real]

    def of(self, live: Live, ref: Ref) -> dict[str, Any]:
        """Return the fields of one record."""
        at = ref // WORD
        if not 0 <= at < len(live.wholes):
            return {name: live.get(self.kind, ref, name) for name, _ in self.wholes + self.reals}
        wholes, doubles = live.wholes, live.doubles
        found: dict[str, Any] = {name: wholes[at + word] for name, word in self.wholes}
        for name, word in self.reals:
            found[name] = doubles[at + word]
        return found


_ALL = {kind: Pick(kind) for kind in KINDS}


@dataclass(slots=True)
class _Chunk:
    """Records that were added, and what they looked like then."""

    words: Words
    first: Ref
    fresh: Words | None
    beside: list[Words] = field(default_factory=list)
    """Rows that belong to them."""


def address(numbers: NDArray[Any]) -> int:
    """Return where numbers lie."""
    where: int = numbers.__array_interface__["data"][0]
    return where


class Live:
    """A copy of a program's block, and what has been added to it elsewhere in memory."""

    def __init__(self, words: Words) -> None:
        self._start = words
        self.words = words.copy()
        self.reals: Reals = self.words.view(np.float64)
        self.base: int = address(self.words)
        self.wholes: memoryview[int] = self.words.data
        """The words as Python's own numbers."""
        self.doubles: memoryview[float] = cast("memoryview[float]", self.reals.data)
        self._chunks: dict[str, list[_Chunk]] = {}
        self._rows: dict[tuple[Ref, str], NDArray[Any]] = {}
        self._grown: dict[tuple[Ref, str], tuple[list[NDArray[Any]], list[tuple[int, int]]]] = {}

    def again(self) -> None:
        """Begin anew in the same memory: what has grown is empty, and there from the start."""
        self.words[:] = self._start
        wholes = self.wholes
        for rows, words in self._grown.values():
            for row in rows:
                row.fill(0)
            for word, value in words:
                wholes[word] = value
        for free, chunks in self._chunks.items():
            del chunks[CHUNKS_KEPT:]
            following = 0
            for chunk in reversed(chunks):
                assert chunk.fresh is not None
                chunk.words[:] = chunk.fresh
                chunk.words[-1, _NEXT[free]] = following
                following = chunk.first
                for row in chunk.beside:
                    row.fill(0)
            self.set(records.World, 0, free, following)

    # fields and rows

    def get(self, kind: type[Record], ref: Ref, name: str) -> Any:  # noqa: ANN401 - a whole number or a double
        """Return a field of a record."""
        word, real = FIELDS[kind][name]
        at = ref // WORD + word
        if 0 <= at < len(self.wholes):
            return self.doubles[at] if real else self.wholes[at]
        where = self.base + ref + word * WORD
        return (ctypes.c_double if real else ctypes.c_int64).from_address(where).value

    def set(self, kind: type[Record], ref: Ref, name: str, value: float) -> None:
        """Write a field of a record of the block."""
        word, real = FIELDS[kind][name]
        if real:
            self.doubles[ref // WORD + word] = value
        else:
            self.wholes[ref // WORD + word] = int(value)

    def record(self, kind: type[Record], ref: Ref) -> dict[str, Any]:
        """Return all fields of a record."""
        return _ALL[kind].of(self, ref)

    def real_row(self, ref: Ref, n: int) -> Reals:
        """Return a row of doubles as it is now, wherever it lies."""
        at = ref // WORD
        if 0 <= at <= at + n <= len(self.wholes):
            return self.reals[at : at + n].copy()
        return np.ctypeslib.as_array((ctypes.c_double * n).from_address(self.base + ref)).copy() if n else np.zeros(0)

    def whole_row(self, ref: Ref, n: int) -> Words:
        """Return a row of whole numbers as it is now, wherever it lies."""
        at = ref // WORD
        if 0 <= at <= at + n <= len(self.wholes):
            return self.words[at : at + n].copy()
        if not n:
            return np.zeros(0, np.int64)
        return np.ctypeslib.as_array((ctypes.c_int64 * n).from_address(self.base + ref)).copy()

    # more memory

    def put(self, kind: type[Record], ref: Ref, rows: Mapping[str, NDArray[Any]]) -> None:
        """Keep rows of numbers in place of those kept before for the same fields of a record."""
        for name, row in rows.items():
            self._rows[ref, name] = row
            self.set(kind, ref, name, self.ref_of(row))

    def grow(
        self, kind: type[Record], ref: Ref, rows: Mapping[str, NDArray[Any]], clear: bool = True, **sizes: int
    ) -> None:
        """Keep rows of numbers that a record needs, and fields with their sizes, for later replications too.

        Args:
            kind: What the record is.
            ref: The record.
            rows: By the field that knows them.
            clear: Whether they are full of 0 at the start of a replication.
            sizes: Whole numbers that say how long the rows are.
        """
        self.put(kind, ref, rows)
        words = [(ref // WORD + FIELDS[kind][name][0], value) for name, value in sizes.items()]
        words += [(ref // WORD + FIELDS[kind][name][0], self.ref_of(row)) for name, row in rows.items()]
        for word, value in words:
            self.wholes[word] = value
        self._grown[ref, next(iter(rows))] = list(rows.values()) if clear else [], words

    def ref_of(self, numbers: NDArray[Any]) -> Ref:
        """Return the ref of numbers that somebody else keeps."""
        return address(numbers) - self.base

    def more(self, kind: type[Record], free: str, beside: Sequence[tuple[str, int]] = ()) -> None:
        """Add records, each knowing the next; the world's field ``free`` knows the first one.

        Args:
            kind: What is added.
            free: The field.
            beside: Fields that each record has a row of its own for, and its length.
        """
        chunks = self._chunks.setdefault(free, [])
        n = min(FIRST_CHUNK << len(chunks), LARGEST_CHUNK) if len(chunks) < 16 else LARGEST_CHUNK
        words = np.zeros((n, stride(kind)), np.int64)
        first = self.ref_of(words)
        words[:-1, places(kind)["next"]] = first + np.arange(1, n) * (stride(kind) * WORD)
        chunk = _Chunk(words, first, None)
        for name, length in beside:
            rows = np.zeros((n, length), np.int64)
            chunk.beside.append(rows)
            words[:, places(kind)[name]] = self.ref_of(rows) + np.arange(n) * (length * WORD)
        if len(chunks) < CHUNKS_KEPT:
            chunk.fresh = words.copy()
        chunks.append(chunk)
        self.set(records.World, 0, free, first)


_NEXT = {
    free: FIELDS[kind]["next"][0]
    for free, kind in {
        "free_part": records.Part, "free_node": records.Node, "free_stop": records.Stop,
        "free_request": records.Request,
    }.items()
}  # fmt: skip
"""Word of the field that knows the next free record."""
