"""People: crews of a plant, who is on duty when, and what asks for them."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from models.base import Count, Model, NonNegative, Places
from models.calendar import Calendar, parse_shift

Needs = str | dict[str, Count]
"""A crew (or skill) by name, or several with numbers, ``{fitters: 2, crane: 1}``: taken together when all are free."""


class OnDuty(Model):
    """How many are there in one shift."""

    shift: str
    """Working window, like ``mon-fri 22:00-06:00``."""
    size: Places
    """How many are on duty in it."""

    @field_validator("shift")
    @classmethod
    def _readable(cls, shift: str) -> str:
        parse_shift(shift)
        return shift


class People(Model):
    """A crew: how many, how they are called, when they are there, what else they can do.

    Served is the first request, by priority and then in order of asking, whose people are all free. Who goes off
    duty finishes the service in hand.
    """

    size: Places | None = None
    """How many are on duty; left out where ``on_duty`` says it shift by shift."""
    rule: Literal["call", "patrol"] = "call"
    """``call``: they come when asked. ``patrol``: they walk round the machines that name the crew, and serve what
    they find stopped."""
    walk_s: NonNegative = 0.0
    """``patrol``: time from one machine to the next, and from the last to the first."""
    calendar: Calendar | None = None
    """When they are on duty; none = always."""
    on_duty: tuple[OnDuty, ...] = ()
    """Other numbers in other shifts; outside all of them nobody."""
    skills: tuple[str, ...] = Field(default=())
    """What they can do besides; several crews may have one skill. ``crew`` may name a skill in place of a crew."""

    @model_validator(mode="after")
    def _one_way(self) -> "People":
        if (self.size is None) == (not self.on_duty):
            raise ValueError("give either size or on_duty")
        if self.on_duty and self.calendar is not None:
            raise ValueError("on_duty says when people are there; leave calendar out")
        if self.rule == "patrol" and self.walk_s == 0:
            raise ValueError("a patrol needs walk_s above 0")
        if self.rule == "patrol" and (self.on_duty or self.skills):
            raise ValueError("a patrol has one size and no skills")
        return self

    @property
    def most(self) -> int:
        """Return the largest number on duty at any time."""
        return self.size if self.size is not None else sum(row.size for row in self.on_duty)


class CrewNeeds(Model):
    """Who is needed for what at a station."""

    setup: Needs | None = None
    """To set up."""
    load: Needs | None = None
    """To put a part on the machine (``load_s``)."""
    unload: Needs | None = None
    """To take it off (``unload_s``)."""
    processing: Needs | None = None
    """All the time the machine works."""
    repair: Needs | None = None
    """For repairs whose failure names no crew of its own."""


def needed(needs: Needs | None) -> dict[str, int]:
    """Return the crews needed with their numbers.

    >>> needed("fitters"), needed(None)
    ({'fitters': 1}, {})
    """
    if needs is None:
        return {}
    return {needs: 1} if isinstance(needs, str) else dict(needs)
