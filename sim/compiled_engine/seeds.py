"""The first states of many generators at once: those that :func:`sim.streams.generator` makes, one by one.

NumPy spreads a seed over a generator's state by a published recipe (O'Neill's seed_seq, ``numpy.random.SeedSequence``,
then SFC64's own start), a fixed chain of 32-bit and 64-bit steps. Done for a table of names and replications together,
a stream costs a twentieth of what it does alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

U32 = NDArray[np.uint32]
U64 = NDArray[np.uint64]
POOL = 4
INIT_A, MULT_A, INIT_B, MULT_B = 0x43B0D7E5, 0x931E8875, 0x8B51F9DD, 0x58F38DED
MIX_LEFT, MIX_RIGHT = np.uint32(0xCA01F9DD), np.uint32(0x4973F715)
HALF = np.uint32(16)
ROUNDS = 12
LEAST, MOST = 4, 256
"""Replications that are seeded together: few at first, then more."""
FAR = 1 << 32
"""Replications from here on are two words of a seed, and not for this module."""


def states(seed: int, replications: range, names: Sequence[str]) -> U64:
    """Return the states of SFC64, shape (replications, names, 4), all replications below :data:`FAR`."""
    rows = [np.frombuffer(hashlib.blake2b(name.encode(), digest_size=16).digest(), "<u4") for name in names]
    shape = len(replications), len(names)
    entropy = [np.full(shape, word, np.uint32) for word in _words(seed)]
    entropy.append(np.broadcast_to(np.array(replications, np.uint32)[:, None], shape))
    entropy += [np.broadcast_to(word, shape) for word in np.array(rows, np.uint32).reshape(len(names), POOL).T]
    words = _generated(_mixed(entropy), 6)
    return _started(*(low.astype(np.uint64) | high.astype(np.uint64) << np.uint64(32)
                      for low, high in zip(words[::2], words[1::2], strict=True)))  # fmt: skip


def _words(number: int) -> list[int]:
    """Return a whole number as 32-bit words, the lowest first."""
    words = [number & 0xFFFFFFFF]
    while number := number >> 32:
        words.append(number & 0xFFFFFFFF)
    return words


class _Hash:
    """Hashes words, each with the next constant."""

    def __init__(self, first: int, times: int) -> None:
        self._constant, self._times = first, times

    def __call__(self, words: U32) -> U32:
        out = words ^ np.uint32(self._constant)
        self._constant = self._constant * self._times & 0xFFFFFFFF
        out *= np.uint32(self._constant)
        out ^= out >> HALF
        return out


def _mixed(entropy: Sequence[U32]) -> list[U32]:
    """Return the pool of entropy."""
    hashed = _Hash(INIT_A, MULT_A)
    pool = [hashed(words) for words in entropy[:POOL]]

    def mix_in(place: int, words: U32) -> None:
        out = MIX_LEFT * pool[place] - MIX_RIGHT * hashed(words)
        out ^= out >> HALF
        pool[place] = out

    for source in range(POOL):
        for place in range(POOL):
            if source != place:
                mix_in(place, pool[source])
    for words in entropy[POOL:]:
        for place in range(POOL):
            mix_in(place, words)
    return pool


def _generated(pool: Sequence[U32], count: int) -> list[U32]:
    hashed = _Hash(INIT_B, MULT_B)
    return [hashed(pool[n % POOL]) for n in range(count)]


def _started(a: U64, b: U64, c: U64) -> U64:
    """Return the state after the first rounds, whose numbers are thrown away."""
    for counter in range(1, ROUNDS + 1):
        total = a + b + np.uint64(counter)
        a, b, c = b ^ b >> np.uint64(11), c + (c << np.uint64(3)), (c << np.uint64(24) | c >> np.uint64(40)) + total
    return np.stack([a, b, c, np.full(a.shape, ROUNDS + 1, np.uint64)], axis=-1)


class Seeds:
    """First states of the streams that a program uses, for one replication after the other."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._seed = -1
        self._replications = range(0)
        self._table: U64 = np.empty((0, 0, 4), np.uint64)
        self.numbers: list[int] = []
        """The streams whose states are there."""

    def of(self, seed: int, replication: int, used: Sequence[int]) -> U64:
        """Return the states of the streams in :attr:`numbers`, shape (streams, 4).

        Args:
            seed: Of all streams.
            replication: Below :data:`FAR`.
            used: Numbers of the streams used so far; those that are new here are in the next table.
        """
        if seed != self._seed or replication not in self._replications:
            many = min(MOST, max(LEAST, 4 * len(self._replications)))
            self._seed, self._replications = seed, range(replication, min(replication + many, FAR))
            self.numbers = list(used)
            self._table = states(seed, self._replications, [self._names[n] for n in used])
        row: U64 = self._table[replication - self._replications.start]
        return row
