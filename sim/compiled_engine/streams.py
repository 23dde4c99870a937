"""Random numbers for the compiled rules: the streams of :mod:`sim.streams`, drawn in blocks into memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import distribution as d
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.block import Block
from sim.compiled_engine.memory import Ref
from sim.inverse import Array, invert, width
from sim.streams import generator

UNIT = d.Uniform(uniform=d.UniformArgs(low=0.0, high=1.0))
_FIRST_BLOCK, _LARGEST_BLOCK, _GROWS = 32, 4096, 8
NO_LIMIT = 1 << 62


class Takes(NamedTuple):
    """Equipment that draws from a stream: which one, and from which distribution."""

    stream: int
    dist: d.Dist


@dataclass(slots=True)
class Luck:
    """The streams of a program by number: what they are called, and their distributions at the start."""

    names: list[str] = field(default_factory=list)
    dists: list[d.Dist] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)
    _by_name: dict[str, int] = field(default_factory=dict)
    _sequences: dict[tuple[str, str, d.Sequence], Ref] = field(default_factory=dict)

    def open(self, block: Block, dist: d.Dist, place: str, cause: str, owner: str = "") -> tuple[Ref, Takes | None]:
        """Return the stream of a cause, as :meth:`sim.streams.Streams.open`; and what it takes, if it is random."""
        if isinstance(dist, int | float):
            return self._constant(block, float(dist)), None
        if isinstance(dist, d.Sequence):
            return self._sequence(block, dist, place, cause), None
        name = f"{place}/{owner}/{cause}"
        number = self._by_name.get(name)
        if number is None:
            number = self._by_name[name] = len(self.names)
            self.names.append(name)
            self.dists.append(dist)
            self.refs.append(block.put(r.Stream, mask=-1, kind=c.MORE, number=number))
        return self.refs[number], Takes(number, dist)

    def uniform(self, block: Block, place: str, cause: str, owner: str = "") -> Ref:
        """Return a stream of plain uniforms in [0, 1), for choices."""
        return self.open(block, UNIT, place, cause, owner)[0]

    @staticmethod
    def _constant(block: Block, value: float) -> Ref:
        return block.put(r.Stream, values=block.reals([value]), size=NO_LIMIT, kind=c.CONSTANT, number=-1)

    def _sequence(self, block: Block, dist: d.Sequence, place: str, cause: str) -> Ref:
        key = (place, cause, dist)
        if key not in self._sequences:
            values = [*dist.sequence, float("inf")] if dist.then == "never" else list(dist.sequence)
            kind = c.REPEAT if dist.then == "repeat" else c.LAST
            self._sequences[key] = block.put(
                r.Stream, values=block.reals(values), mask=-1, size=len(values), kind=kind, number=-1
            )
        return self._sequences[key]


class Stream:
    """One random stream in blocks; how many numbers of a block are used, the engine knows.

    As :class:`sim.streams.Stream`: the numbers depend on seed, replication and name alone, not on the blocks.
    """

    __slots__ = ("_bits", "_dist", "_drawn", "_expected", "_rng", "_size", "_uniforms", "_width", "values")

    def __init__(self, dist: d.Dist, seed: int, replication: int, name: str) -> None:
        self._dist = dist
        self._width = width(dist)
        self._rng = generator(seed, replication, name)
        self._bits = self._rng.bit_generator
        self._size = _FIRST_BLOCK
        self._drawn = self._expected = 0
        self._uniforms: Array = np.empty(0)
        self.values: Array = np.empty(0)
        """The block under way."""

    def again(self, dist: d.Dist, state: NDArray[np.uint64], left: int) -> None:
        """Begin another replication from the generator's first state.

        As many numbers are drawn ahead as the replication before has taken, and a few more.

        Args:
            dist: The distribution.
            state: Of the generator.
            left: How many numbers of the block under way nobody has taken.
        """
        self._bits.state = {
            "bit_generator": "SFC64", "state": {"state": state}, "has_uint32": 0, "uinteger": 0,
        }  # fmt: skip
        used = self._drawn - left
        self._drawn, self._expected = 0, used + used // 64 + _FIRST_BLOCK
        self._uniforms = self.values = np.empty(0)
        self._dist = dist
        self._width = width(dist)

    def refill(self) -> Array:
        """Return the next block; the one before is used up."""
        w, size = self._width, self._next_size()
        rest = self._uniforms[len(self.values) * w :]  # what a change of distribution left over comes first
        need = max(0, size * w - len(rest))
        self._uniforms = np.concatenate([rest, self._rng.random(need)]) if len(rest) else self._rng.random(need)
        rows = len(self._uniforms) // w if w else size
        self.values = np.ascontiguousarray(invert(self._dist, self._uniforms[: rows * w].reshape(rows, w)))
        self._drawn += rows
        return self.values

    def _next_size(self) -> int:
        """Return how many numbers to draw: what is still expected, else more each time."""
        expected = self._expected - self._drawn
        if expected > 0:
            return min(_LARGEST_BLOCK, expected)
        size = self._size
        self._size = min(_LARGEST_BLOCK, size * _GROWS)
        return size

    def change(self, dist: d.Dist, used: int) -> None:
        """Go on with another distribution from the next unused uniform."""
        self._uniforms = self._uniforms[used * self._width :]
        self._drawn -= len(self.values) - used
        self._dist = dist
        self._width = width(dist)
        self.values = np.empty(0)

    def beyond(self, age: float, used: int) -> float:
        """Return the time beyond ``age`` of the value just drawn, known to be greater, from its uniform."""
        from sim.conditional import residual  # brings much of scipy along, and is seldom needed

        return residual(self._dist, age, float(self._uniforms[(used - 1) * self._width]))
