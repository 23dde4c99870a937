"""Random numbers: one stream per replication and named cause, sampled by inversion.

A stream's name is ``line/station/machine/cause``. Its numbers depend on the seed, the replication and
that name alone, so that adding a machine changes nobody else's luck, and the same plant with another
parameter meets the same luck: each draw takes a fixed count of uniforms and inverts the distribution
function. Draws are made in blocks; the block's size changes no value.
"""

import hashlib
from collections.abc import Callable, Iterator
from operator import length_hint

import numpy as np

from models import distribution as d
from sim.inverse import Array, invert, width

NEVER = float("inf")
_FIRST_BLOCK, _LARGEST_BLOCK = 16, 1024


def generator(seed: int, replication: int, name: str) -> np.random.Generator:
    """Return the generator of one named stream."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, replication, *words])))


class Stream:
    """Draws of one distribution from one named stream.

    >>> Stream(5.0, generator(1, 0, "a")).draw()
    5.0
    """

    __slots__ = ("_dist", "_draws", "_left", "_rng", "_size", "_uniforms", "draw")

    def __init__(self, dist: d.Dist, rng: np.random.Generator) -> None:
        self._dist = dist
        self._rng = rng
        self._size = _FIRST_BLOCK
        self._uniforms: Array = np.empty(0)
        self._draws: list[float] = []
        self._left = iter(self._draws)
        self.draw: Callable[[], float] = self._values().__next__
        """Return the next value (a generator's own call: half the time of a method)."""

    def _values(self) -> Iterator[float]:
        while True:
            self._refill()
            yield from self._left

    def _used(self) -> int:
        """Return how many draws of the block are taken."""
        return len(self._draws) - length_hint(self._left)

    def draw_beyond(self, age: float) -> float:
        """Return the time beyond ``age`` of a value known to be greater, from one uniform.

        With F the distribution function: F^-1(F(age) + u (1 - F(age))) - age.
        """
        from sim.conditional import residual  # brings much of scipy along, and is seldom needed

        self.draw()
        row = (self._used() - 1) * width(self._dist)
        return residual(self._dist, age, float(self._uniforms[row]))

    def change(self, dist: d.Dist) -> None:
        """Go on with another distribution from the next unused uniform."""
        self._uniforms = self._uniforms[self._used() * width(self._dist) :]
        self._dist = dist
        self._draws = []
        self._left = iter(self._draws)
        self.draw = self._values().__next__

    def _refill(self) -> None:
        w = width(self._dist)
        # What a change of distribution left over comes first; it seldom fills a whole row.
        used = len(self._draws) * w
        rest = self._uniforms[used:]
        need = max(0, self._size * w - len(rest))
        self._uniforms = np.concatenate([rest, self._rng.random(need)]) if len(rest) else self._rng.random(need)
        rows = len(self._uniforms) // w if w else self._size
        table = self._uniforms[: rows * w].reshape(rows, w)
        self._draws = invert(self._dist, table).tolist()
        self._left = iter(self._draws)
        self._size = min(_LARGEST_BLOCK, self._size * 2)


class Sequence:
    """Values in order, shared by the machines of a station."""

    __slots__ = ("_dist", "_next")

    def __init__(self, dist: d.Sequence) -> None:
        self._dist = dist
        self._next = 0

    def draw_beyond(self, age: float) -> float:
        """Return what the next value leaves beyond ``age``."""
        return max(0.0, self.draw() - age)

    def draw(self) -> float:
        """Return the next value; infinity where the sequence ends for good."""
        values, n = self._dist.sequence, self._next
        self._next = n + 1
        if n < len(values):
            return values[n]
        if self._dist.then == "repeat":
            return values[n % len(values)]
        return values[-1] if self._dist.then == "last" else NEVER


class Constant:
    """A number that needs no stream."""

    __slots__ = ("_value",)

    def __init__(self, value: float) -> None:
        self._value = float(value)

    def draw(self) -> float:
        """Return the number."""
        return self._value

    def draw_beyond(self, age: float) -> float:
        """Return what the number leaves beyond ``age``."""
        return max(0.0, self._value - age)


Draws = Stream | Sequence | Constant
"""What a cause draws from."""


class Streams:
    """The named streams of one replication."""

    def __init__(self, seed: int, replication: int) -> None:
        self._seed = seed
        self._replication = replication
        self._open: dict[str, Stream] = {}
        self._sequences: dict[tuple[str, str, d.Sequence], Sequence] = {}

    def open(self, dist: d.Dist, place: str, cause: str, owner: str = "") -> Draws:
        """Return the draws of ``cause`` at ``place`` (line/station) for one machine ``owner``.

        A stream opened before goes on where it stands, with the new distribution. A sequence is taken in order
        by all machines of the place together.
        """
        if isinstance(dist, int | float):
            return Constant(dist)
        if isinstance(dist, d.Sequence):
            return self._sequences.setdefault((place, cause, dist), Sequence(dist))
        name = f"{place}/{owner}/{cause}"
        stream = self._open.get(name)
        if stream is None:
            stream = self._open[name] = Stream(dist, generator(self._seed, self._replication, name))
        else:
            stream.change(dist)
        return stream

    def exponential(self, place: str, cause: str) -> Stream:
        """Return exponential draws of mean 1."""
        return Stream(d.Exponential(exponential=1.0), generator(self._seed, self._replication, f"{place}//{cause}"))

    def uniform(self, place: str, cause: str, owner: str = "") -> Stream:
        """Return plain uniforms in [0, 1), for choices."""
        unit = d.Uniform(uniform=d.UniformArgs(low=0.0, high=1.0))
        return Stream(unit, generator(self._seed, self._replication, f"{place}/{owner}/{cause}"))
