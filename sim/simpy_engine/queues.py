"""The order in which a station takes the parts that wait in its buffer."""

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from sim.simpy_engine.part import Part


class Queue(Protocol):
    """Parts that wait."""

    def append(self, part: Part, /) -> None:
        """Add a part."""

    def popleft(self) -> Part:
        """Return the part that goes first."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Part]: ...


class Lifo(deque[Part]):
    """Last in, first out."""

    def popleft(self) -> Part:
        """Return the part that came last."""
        return self.pop()


class Ranked:
    """Smallest rank first, then first in; as much of a deque as a station needs."""

    def __init__(self, rank: Callable[[Part], tuple[float, ...]]) -> None:
        self._rank = rank
        self._order = count()
        self._heap: list[tuple[tuple[float, ...], int, Part]] = []

    def append(self, part: Part) -> None:
        """Add a part."""
        heappush(self._heap, (self._rank(part), next(self._order), part))

    def popleft(self) -> Part:
        """Return the part that goes first."""
        return heappop(self._heap)[2]

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Part]:
        return (part for _, _, part in sorted(self._heap, key=lambda entry: entry[:2]))


def first_of(queue: Queue) -> Part:
    """Return the part that goes first, and leave it there; there is one."""
    return queue[-1] if isinstance(queue, Lifo) else next(iter(queue))


def queue_of(discipline: str, priority: dict[str, float], station: int) -> Queue:
    """Return an empty queue of a discipline of the plant file."""
    if discipline == "priority":
        return Ranked(lambda part: (priority.get(part.product, 0.0),))
    if discipline == "returns_first":
        return Ranked(lambda part: ((part.visits or {}).get(station, 1) < 2, priority.get(part.product, 0.0)))
    return Lifo() if discipline == "lifo" else deque()
