"""Hold two engines against each other: all that a replication shows of itself, and where two of them differ."""

from dataclasses import dataclass, field
from numbers import Integral, Real

from engine_choice import opened

from models.errors import DataError
from sim import kpis
from sim.program import lower
from sim.simpy_engine.run import Trace

H = 3600.0
REL = 1e-9
"""How far sums may lie apart, relative to the larger."""
FLOOR = 1e-9
"""Sums this close are equal: 0 that one engine finds as the difference of two rounded numbers; h, kWh, CNY, parts."""
CUTS = (0.13, 0.4, 0.71, 1.0)
"""Shares of the horizon up to which one plays in turn; after the second, counting starts anew."""
SHOWN = 8
"""Most differences of one kind that are told."""


@dataclass
class Story:
    """One replication as it looks from outside."""

    visits: list = field(default_factory=list)
    """Rows of the trace, those under way at the end too."""
    states: list = field(default_factory=list)
    counted: dict = field(default_factory=dict)
    """What was read off at some moments: KPIs and ledgers."""
    ended: str = "at the horizon"
    """How it ended: there, or with which error."""


def played(engine, plant, hours, seed=1):
    """Return the story of a plant as an engine tells it, played in steps, counted anew after a warm-up.

    Args:
        engine: ``simpy`` or ``compiled``.
        plant: The plant.
        hours: The horizon.
        seed: Of the run's luck.
    """
    story, trace, counted_from = Story(), Trace(), 0.0
    try:
        run = opened(engine, lower(plant), seed, 0, trace)
        for n, cut in enumerate(CUTS, 1):
            run.play(cut * hours * H)
            counted_s = cut * hours * H - counted_from
            story.counted[f"step {n}"] = {"ledger": kpis.ledger(run), "record": kpis.record(run, counted_s)}
            if n == 2:
                run.reset()
                counted_from = cut * hours * H
        trace.close(run)
    except DataError as error:
        story.ended = str(error)
    story.visits, story.states = trace.visits, trace.states
    return story


def differences(a, b, time_rel=0.0):
    """Return what two stories tell differently, each as some lines of text; none if they are the same.

    Args:
        a: A story.
        b: Another.
        time_rel: How far moments may lie apart, relative to the larger; 0: the same to the last bit.
    """
    out = [] if a.ended == b.ended else [f"ended: {a.ended}\n   and: {b.ended}"]
    out += _rows("visits", a.visits, b.visits, time_rel)
    out += _rows("states", a.states, b.states, time_rel)
    return out + _counts(a.counted, b.counted)


# rows


def _rows(what, a, b, time_rel):
    """Return where two tables part, with the rows around."""
    last = max(len(a), len(b))
    at = next(
        (n for n in range(last) if max(n + 1 - len(a), n + 1 - len(b)) > 0 or _unlike(a[n], b[n], time_rel)), None
    )
    if at is None:
        return []
    lines = [f"{what}: row {at + 1} of {len(a)} and of {len(b)} is the first that differs"]
    if at < min(len(a), len(b)):
        lines[0] += f", in {', '.join(_unlike(a[at], b[at], time_rel))}"
    if sorted(map(repr, a)) == sorted(map(repr, b)):
        lines[0] += "; all rows are the same, only their order is not"
    lines += [f"      {_row(row)}" for row in a[max(0, at - 2) : at]]
    for mark, rows in ("-", a), ("+", b):
        lines += [f"    {mark} {_row(row)}" for row in rows[at : at + 2]] or [f"    {mark} (no more rows)"]
    return ["\n".join(lines)]


def _unlike(a, b, time_rel):
    """Return the columns in which two rows differ."""
    names = dict.fromkeys([*a, *b])
    return [
        name for name in names if name not in a or name not in b or not _same_cell(name, a[name], b[name], time_rel)
    ]


def _same_cell(name, a, b, time_rel):
    if name == "power_kw":
        return close(a, b)
    if time_rel and name.endswith("_s") and a is not None and b is not None:
        return abs(a - b) <= time_rel * max(abs(a), abs(b))
    return a == b


def _row(row):
    place = "/".join(str(row[key]) for key in ("line", "station", "machine"))
    rest = (f"{k}={v}" for k, v in row.items() if k not in ("line", "station", "machine") and v is not None)
    return f"{place} {' '.join(rest)}"


# numbers


def _counts(a, b):
    """Return the figures that differ."""
    one, two = (dict(_leaves(counted)) for counted in (a, b))
    places = dict.fromkeys([*one, *two])
    out = []
    for place in places:
        x, y = one.get(place, "(nothing)"), two.get(place, "(nothing)")
        if not (close(x, y) or (place.endswith("peak_at") and _same_peak(one, two, place))):
            out.append(f"{place}: {x!r} and {y!r}")
    return out if len(out) <= SHOWN else [*out[:SHOWN], f".. and {len(out) - SHOWN} further figures"]


def close(a, b):
    """Return whether two figures are the same: whole numbers and names exactly, others to ``REL``.

    >>> close(3, 3), close(3, 4), close(0.3, 0.1 + 0.2), close(1.0, 1.0 + 1e-8), close("a", "b")
    (True, False, True, False, False)
    """
    if a == b:
        return True
    if not isinstance(a, Real) or not isinstance(b, Real) or (isinstance(a, Integral) and isinstance(b, Integral)):
        return False
    return (a != a and b != b) or abs(a - b) <= max(REL * max(abs(a), abs(b)), FLOOR)


def _same_peak(one, two, place):
    """Return whether two quarter hours, one the peak here and one there, are equally high but for rounding."""
    energy = place.removesuffix("peak_at")
    peak = one[f"{energy}peak_kw"]
    for moment in (one[place], two[place]):
        if not moment:
            return False
        hour, minute = moment[-5:].split(":")
        slot = int(hour) * 4 + int(minute) // 15
        if not all(close(figures[f"{energy}load_profile_highest_kw/{slot}"], peak) for figures in (one, two)):
            return False
    return True


def _leaves(node, place=""):
    """Yield each figure with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{place}/{key}" if place else str(key))
    elif isinstance(node, list | tuple):
        yield f"{place} entries", len(node)
        for n, value in enumerate(node):
            name = value.get("name", n) if isinstance(value, dict) else n
            yield from _leaves(value, f"{place}/{name}")
    else:
        yield place, node
