"""Hold two engines against each other: all that a replication shows of itself, and where two of them differ."""

from dataclasses import dataclass, field, fields, is_dataclass
from numbers import Integral, Real

from models.errors import DataError
from sim import kpis
from sim.engine import open_run
from sim.program import lower
from sim.tally import Sample
from sim.trace import Trace

H = 3600.0
REL = 1e-9
"""How far sums may lie apart, relative to the larger."""
FLOOR = 1e-9
"""Sums this close are equal: 0 that one engine finds as the difference of two rounded numbers; h, kWh, CNY, parts."""
CUTS = (0.13, 0.4, 0.71, 1.0)
"""Shares of the horizon up to which one plays in turn; after the second, counting starts anew."""
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
GIVEN = ("program", "rule", "rules")
"""Parts of a reading that come from the plant file, not from the run."""
SHOWN = 8
"""Most differences of one kind that are told."""


@dataclass
class Story:
    """One replication as it looks from outside."""

    visits: list = field(default_factory=list)
    """Rows of the trace, those under way at the end too."""
    states: list = field(default_factory=list)
    counted: dict = field(default_factory=dict)
    """What was read off at some moments: all counts, the ledger, the KPIs."""
    ended: str = "at the horizon"
    """How it ended: there, or with which error."""


def played(engine, plant, hours, seed=1, traced=True):
    """Return the story of a plant as an engine tells it, played in steps, counted anew after a warm-up.

    Args:
        engine: ``simpy`` or ``compiled``.
        plant: The plant.
        hours: The horizon.
        seed: Of the run's luck.
        traced: Whether visits and stays are told too.
    """
    story, trace, counted_from = Story(), Trace(), 0.0
    try:
        run = open_run(engine, lower(plant), seed, 0, trace if traced else None)
        for n, cut in enumerate(CUTS, 1):
            run.play(cut * hours * H)
            reading, counted_s = run.read(), cut * hours * H - counted_from
            story.counted[f"step {n}"] = {
                "now": run.now,
                "reading": dict(_leaves(reading)),
                "ledger": kpis.ledger(reading),
                "record": kpis.record(reading, counted_s),
            }
            if n == 2:
                run.reset()
                counted_from = cut * hours * H
        run.close()
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
    if f"{energy}peak_kw" not in one:
        return False
    peak = one[f"{energy}peak_kw"]
    highest = "load_profile_highest_kw" if f"{energy}load_profile_highest_kw entries" in one else "highest_kw_by_slot"
    for moment in (one[place], two[place]):
        if not moment:
            return False
        hour, minute = str(moment)[11:16].split(":")
        slot = int(hour) * 4 + int(minute) // 15
        if not all(close(figures[f"{energy}{highest}/{slot}"], peak) for figures in (one, two)):
            return False
    return True


def _leaves(node, place=""):
    """Yield each figure with its place; of a sample its count, sum and quantiles, of the program nothing."""
    if isinstance(node, Sample):
        yield from ((f"{place}/{name}", getattr(node, name)) for name in ("count", "total", "positive"))
        yield from ((f"{place}/{p:.0%}", node.quantile(p)) for p in QUANTILES)
    elif is_dataclass(node):
        named = {f.name: getattr(node, f.name) for f in fields(node) if f.name not in GIVEN}
        yield from _leaves(named, place)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{place}/{key}" if place else str(key))
    elif isinstance(node, list | tuple):
        yield f"{place} entries", len(node)
        for n, value in enumerate(node):
            name = value.get("name") if isinstance(value, dict) else getattr(value, "name", None)
            yield from _leaves(value, f"{place}/{n if name is None else f'{n} {name}'}")
    else:
        yield place, node
