"""A part on its way, and who may hold it while it waits for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sim.simpy_engine.source import Feed


class Part:
    """One part."""

    __slots__ = (
        "bad", "batch", "born_s", "entered_s", "finished_s", "fresh", "home", "lot", "number", "of_lot", "parent",
        "product", "setup_began_s", "setup_ended_s", "started_s", "visits",
    )  # fmt: skip

    def __init__(self, number: int, product: str, born_s: float, lot: int, of_lot: bool = False) -> None:
        self.number = number
        self.product = product
        self.born_s = born_s
        self.lot = lot
        self.of_lot = of_lot  # whether the lot has more parts than this one
        self.entered_s = born_s
        self.fresh = True  # not yet worked on since it came to the line: waiting outside counts as waiting
        self.started_s: float | None = None
        self.finished_s: float | None = None
        self.setup_began_s: float | None = None
        self.setup_ended_s: float | None = None
        self.bad = False
        self.batch: int | None = None
        self.visits: dict[int, int] | None = None  # by station, where a part can come again
        self.home: Feed | None = None  # where a pallet comes back to
        self.parent: tuple[Part, int] | None = None  # the part it was split from, and into how many


class Giver(Protocol):
    """Who holds a part that waits for a place: a machine, or a source."""

    keeps: bool
    """Whether it wants a place kept, to bring the part later; else it hands the part over at once."""

    def may_give(self) -> bool:
        """Return whether the part may leave now."""

    def offered_part(self) -> Part:
        """Return the part that waits."""

    def give(self, now: float) -> Part:
        """Hand over the part that waits; :meth:`gave` must follow."""

    def gave(self, now: float) -> None:
        """The part handed over has arrived."""

    def place_kept(self, now: float) -> None:
        """A place is kept for the part from now on."""
