"""Why a machine stops: failures on their clocks, and planned maintenance."""

import re
from datetime import datetime, timedelta
from typing import Literal

from pydantic import field_validator, model_validator

from models.base import Count, Model, NonNegative, Number, Positive
from models.calendar import DAYS
from models.distribution import Dist
from models.people import Needs

_WEEKLY = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)\s+([01]?\d|2[0-3]):([0-5]\d)$")


class Failure(Model):
    """One way in which a machine stops by itself."""

    name: str = ""
    """Default: its number in the list, from 1."""
    scope: Literal["machine", "head"] = "machine"
    """``head``: stops one of the machine's heads (spindles), the rest run on."""
    clock: Literal["operating", "calendar", "start_to_start"] = "operating"
    """``operating`` runs while processing; ``calendar`` always, from the end of this mode's last repair;
    ``start_to_start`` always, from the start of its last failure."""
    ttf_h: Dist
    """Time to failure on that clock."""
    ttr_h: Dist
    """Repair time once people are there."""
    age_h: NonNegative = 0.0
    """The clock at the start of the run; the first time to failure is drawn given that age."""
    crew: Needs | None = None
    """Who repairs; default the station's ``crew.repair``; without any, repair begins at once."""
    priority: Number = 0.0
    """Smaller is served first."""
    part: Literal["resume", "restart", "scrap"] = "resume"
    """What becomes of the part in work."""
    releases_blocked_part: bool = False
    """Whether a finished part may leave the failed machine."""
    accepts_part: bool = False
    """Whether a part may be placed on the failed machine."""
    restores: Literal["new", "minimal"] = "new"
    """``minimal``: after the repair the clock goes on from the age reached."""
    cost_cny: NonNegative = 0.0
    """Per event."""

    @model_validator(mode="after")
    def _head_clock(self) -> "Failure":
        plain = (self.clock, self.part, self.restores, self.age_h) == ("operating", "resume", "new", 0.0)
        if self.scope == "head" and not plain:
            raise ValueError("a failure of scope 'head' has clock 'operating', part 'resume', restores 'new', age_h 0")
        if self.restores == "minimal" and self.clock == "start_to_start":
            raise ValueError("restores 'minimal' goes with clock 'operating' or 'calendar'")
        return self


class Maintenance(Model):
    """One planned stop; exactly one of ``every_h``, ``every_units``, ``at`` says when."""

    name: str = ""
    """Default: its number in the list, from 1."""
    every_h: Positive | None = None
    """Due after so many hours on ``clock``."""
    every_units: Count | None = None
    """Or due after so many parts."""
    at: str | None = None
    """Or every week at this clock time, like ``sun 08:00``."""
    clock: Literal["operating", "calendar"] = "operating"
    """Clock of ``every_h``."""
    policy: Literal["age", "block"] = "age"
    """``age``: counted since the last one, or since a repair of a mode in ``renews``; ``block``: a fixed grid."""
    renews: Literal["all"] | tuple[str, ...] = ()
    """Failures whose clocks start anew with it."""
    duration_h: Dist
    """Length once people are there."""
    interrupts_part: bool = False
    """Whether it stops the part in progress; else it waits until that is finished."""
    crew: Needs | None = None
    """Who does it; none = begins at once."""
    priority: Number = 0.0
    """Smaller is served first."""
    cost_cny: NonNegative = 0.0
    """Per event."""

    @field_validator("at")
    @classmethod
    def _readable(cls, at: str | None) -> str | None:
        if at is not None:
            weekly(at)
        return at

    @model_validator(mode="after")
    def _one_rule(self) -> "Maintenance":
        if sum(rule is not None for rule in (self.every_h, self.every_units, self.at)) != 1:
            raise ValueError("give exactly one of every_h, every_units, at")
        if self.policy == "block" and self.every_h is None:
            raise ValueError("policy 'block' goes with every_h")
        return self


def weekly(text: str) -> tuple[int, int]:
    """Return the weekday (0 = Monday) and the seconds into the day of a weekly moment.

    >>> weekly("sun 08:00")
    (6, 28800)
    """
    match = _WEEKLY.match(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not written like 'sun 08:00'")
    return DAYS.index(match[1]), int(match[2]) * 3600 + int(match[3]) * 60


def first_of_week_s(at: str, start: datetime) -> float:
    """Return a weekly moment in the week of ``start`` (from Monday on), in seconds from there; it may lie before.

    >>> first_of_week_s("tue 06:00", datetime(2026, 1, 7)) / 3600
    -18.0
    """
    day, second = weekly(at)
    monday = (start - timedelta(days=start.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return (monday - start) / timedelta(seconds=1) + day * 86_400.0 + second
