"""The block of memory of a replication, as it is put together once for a program and copied for each run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled_engine.features import SETTINGS
from sim.compiled_engine.memory import WORD, Record, Ref, size

Words = NDArray[np.int64]


class Order(int):
    """The order of an event at one instant, as the readable engine has it; made dense when the block is done."""


class Block:
    """Records and rows of numbers, one behind the other; the world comes first."""

    def __init__(self) -> None:
        self._words: list[Any] = []
        self._records: dict[type[Record], list[Ref]] = {}

    def put(self, record: type[Record], **values: Any) -> Ref:  # noqa: ANN401 - numbers
        """Add a record; fields not given are 0."""
        return self.many(record, [values])

    def many(self, record: type[Record], rows: Iterable[dict[str, Any]]) -> Ref:
        """Add records that lie in a row; return the ref of the first."""
        at = len(self._words) * WORD
        fields = record.fields()
        for row in rows:
            self._records.setdefault(record, []).append(len(self._words) * WORD)
            assert row.keys() <= fields.keys(), (record, row.keys() - fields.keys())
            self._words += [
                float(row.get(name, 0)) if kind == "f8" else row.get(name, 0) for name, kind in fields.items()
            ]
        return at

    def reals(self, values: Sequence[float]) -> Ref:
        """Add a row of doubles."""
        at = len(self._words) * WORD
        self._words += map(float, values)
        return at

    def wholes(self, values: Sequence[int]) -> Ref:
        """Add a row of whole numbers."""
        at = len(self._words) * WORD
        self._words += values
        return at

    def set(self, record: type[Record], ref: Ref, **values: Any) -> None:  # noqa: ANN401 - numbers
        """Fill fields of a record that is there."""
        fields = record.fields()
        places = {name: n for n, name in enumerate(fields)}
        for name, value in values.items():
            self._words[ref // WORD + places[name]] = float(value) if fields[name] == "f8" else value

    def settings(self) -> dict[str, list[int]]:
        """Return the numbers of each setting in all records, see :mod:`sim.compiled_engine.features`."""
        return {
            f"{record.__name__}.{name}": [
                self._words[ref // WORD + list(record.fields()).index(name)] for ref in self._records.get(record, ())
            ]
            for record, names in SETTINGS.items()
            for name in names
        }

    def words(self) -> Words:
        """Return the memory."""
        dense = {order: n for n, order in enumerate(sorted({w for w in self._words if isinstance(w, Order)}))}
        out = np.zeros(len(self._words), np.int64)
        doubles = out.view(np.float64)
        for n, word in enumerate(self._words):
            if isinstance(word, float):
                doubles[n] = word
            else:
                out[n] = dense[word] if isinstance(word, Order) else word
        return out


def places(record: type[Record]) -> dict[str, int]:
    """Return at which word of a record each field stands."""
    return {name: n for n, name in enumerate(record.fields())}


def stride(record: type[Record]) -> int:
    """Return the words of a record."""
    return size(record) // WORD
