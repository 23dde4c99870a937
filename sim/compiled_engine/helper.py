"""What the compiled rules ask of Python: more random numbers, more memory, the next working windows, the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sim.ageing import aged
from sim.arrivals import Arrived, moments
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.block import Words, places
from sim.compiled_engine.live import FIELDS, Live
from sim.compiled_engine.memory import WORD, Ref, size
from sim.compiled_engine.streams import Stream
from sim.compiled_engine.windows import Windows
from sim.program import D
from sim.streams import Streams
from sim.tally import MOST_LEVELS

if TYPE_CHECKING:
    from sim.compiled_engine.lower import Lowered

YEAR_D = 365
DAYS_AT_ONCE = 4000
_FIRST_CHUNK, _LARGEST_CHUNK = 32, 1 << 16
BINS_BESIDE = 128
AGES = ("failure_rate", "repair_time", "cycle_time", "scrap", "energy")
S = FIELDS[r.Stream]
VALUES, NEXT, SIZE, NUMBER = (S[name][0] for name in ("values", "next", "size", "number"))


class Helper:
    """Answers the rules of one replication."""

    def __init__(self, lowered: Lowered, live: Live, seed: int, replication: int) -> None:
        self._lowered = lowered
        self._live = live
        self._seed, self._replication = seed, replication
        self._streams: list[Stream | None] = [None] * len(lowered.luck.names)
        self._dists = list(lowered.luck.dists)
        self._arrivals: dict[Ref, tuple[Iterator[Arrived], int]] = {}
        self._source_streams = Streams(seed, replication)
        self._windows: dict[Ref, int] = {}
        self._chunks: dict[int, int] = {}
        self.answers: dict[int, Callable[[Ref, float], None]] = {
            c.MORE_NUMBERS: self._numbers, c.NUMBER_BEYOND: self._beyond, c.MORE_EVENTS: self._events,
            c.MORE_PARTS: self._parts, c.MORE_NODES: self._nodes, c.MORE_REQUESTS: self._requests,
            c.MORE_STOPS: self._stops, c.MORE_LEVELS: self._levels, c.MORE_BINS: self._bins,
            c.MORE_ARRIVALS: self._more_arrivals, c.MORE_WINDOWS: self._more_windows, c.MORE_DAYS: self._days,
            c.FIT_OUT: self._fit_out, c.GROW_OLDER: self._grow_older,
        }  # fmt: skip
        """By what is asked."""

    # random numbers

    def _numbers(self, ref: Ref, _: float) -> None:
        words, at = self._live.words, ref // WORD
        number = int(words[at + NUMBER])
        stream = self._streams[number]
        if stream is None:
            name = self._lowered.luck.names[number]
            stream = self._streams[number] = Stream(self._dists[number], self._seed, self._replication, name)
        values = stream.refill()
        words[at + VALUES] = self._live.ref_of(values)
        words[at + NEXT], words[at + SIZE] = 0, len(values)

    def _beyond(self, ref: Ref, age: float) -> None:
        words, at = self._live.words, ref // WORD
        stream = self._streams[int(words[at + NUMBER])]
        assert stream is not None
        self._live.set(r.World, 0, "answer", stream.beyond(age, int(words[at + NEXT])))

    def _fit_out(self, ref: Ref, _: float) -> None:
        """New equipment: its distributions, on the streams as they stand; as young as can be."""
        live = self._live
        words = live.words
        for number, dist in self._lowered.takes[live.get(r.Rig, live.get(r.Machine, ref, "rig"), "number")]:
            stream, at = self._streams[number], self._lowered.luck.refs[number] // WORD
            if stream is not None:
                stream.change(dist, int(words[at + NEXT]))
                words[at + NEXT] = words[at + SIZE] = 0
            self._dists[number] = dist
        for name in AGES:
            live.set(r.Machine, ref, f"age_{name}", 1.0)

    def _grow_older(self, ref: Ref, now: float) -> None:
        """A full year of the run is over."""
        live = self._live
        commissioned_s = live.get(r.Machine, ref, "commissioned_s")
        if commissioned_s < 0.0:
            years = live.get(r.Machine, ref, "in_service_y") + live.get(r.World, 0, "years")
        else:
            years = int((now - commissioned_s) // (YEAR_D * D))
        live.set(r.Machine, ref, "now_y", years)
        rig = self._lowered.rigs[live.get(r.Rig, live.get(r.Machine, ref, "rig"), "number")]
        ages = aged(rig.ageing, live.get(r.Machine, ref, "at_start_y"), years)
        for name in AGES:
            live.set(r.Machine, ref, f"age_{name}", getattr(ages, name))

    # memory

    def _more(self, what: int) -> int:
        """Return how many records to add: ever more."""
        n = self._chunks.get(what, _FIRST_CHUNK)
        self._chunks[what] = min(2 * n, _LARGEST_CHUNK)
        return n

    def _events(self, _ref: Ref, _: float) -> None:
        live = self._live
        used, room = live.get(r.World, 0, "heap_n"), live.get(r.World, 0, "heap_room")
        words = size(r.Event) // WORD
        heap = np.zeros(max(64, 2 * room) * words, np.int64)
        heap[: used * words] = live.whole_row(live.get(r.World, 0, "heap"), used * words)
        live.set(r.World, 0, "heap", live.put((0, "heap"), heap))
        live.set(r.World, 0, "heap_room", len(heap) // words)

    def _parts(self, _ref: Ref, _: float) -> None:
        live, stations = self._live, self._lowered.most_stations
        n = self._more(c.MORE_PARTS)
        words, first = live.chunk(r.Part, n)
        if stations:
            visits = live.add(np.zeros((n, stations), np.int64))
            words[:, places(r.Part)["visits"]] = visits + np.arange(n) * (stations * WORD)
        live.set(r.World, 0, "free_part", first)

    def _nodes(self, _ref: Ref, _: float) -> None:
        self._live.set(r.World, 0, "free_node", self._live.chunk(r.Node, self._more(c.MORE_NODES))[1])

    def _stops(self, _ref: Ref, _: float) -> None:
        self._live.set(r.World, 0, "free_stop", self._live.chunk(r.Stop, self._more(c.MORE_STOPS))[1])

    def _requests(self, _ref: Ref, _: float) -> None:
        live = self._live
        n, most = self._more(c.MORE_REQUESTS), 2 * max(1, len(self._lowered.program.crews))
        words, first = live.chunk(r.Request, n)
        taken = live.add(np.zeros((n, most), np.int64))
        words[:, places(r.Request)["taken"]] = taken + np.arange(n) * (most * WORD)
        live.set(r.World, 0, "free_request", first)

    def _levels(self, ref: Ref, _: float) -> None:
        live = self._live
        room, value = live.get(r.Levels, ref, "room"), live.get(r.Levels, ref, "value")
        times = np.zeros(min(max(value + 1, 2 * room), MOST_LEVELS + 1))
        times[:room] = live.real_row(live.get(r.Levels, ref, "times"), room)
        live.set(r.Levels, ref, "times", live.put((ref, "times"), times))
        live.set(r.Levels, ref, "room", len(times))

    def _bins(self, ref: Ref, key: float) -> None:
        live = self._live
        room, low = live.get(r.Sample, ref, "room"), live.get(r.Sample, ref, "low")
        first = min(low, int(key) - BINS_BESIDE) if room else int(key) - BINS_BESIDE
        end = max(low + room, int(key) + BINS_BESIDE) if room else int(key) + BINS_BESIDE
        counts, sums = np.zeros(end - first, np.int64), np.zeros(end - first)
        if room:
            here = slice(low - first, low - first + room)
            counts[here] = live.whole_row(live.get(r.Sample, ref, "counts"), room)
            sums[here] = live.real_row(live.get(r.Sample, ref, "sums"), room)
        for name, value in (
            ("counts", live.put((ref, "counts"), counts)), ("sums", live.put((ref, "sums"), sums)), ("low", first),
            ("room", len(sums)),
        ):
            live.set(r.Sample, ref, name, value)

    # the outside world

    def _more_arrivals(self, ref: Ref, _: float) -> None:
        live, lowered = self._live, self._lowered
        program = lowered.program
        line = program.lines[live.get(r.Line, live.get(r.Feed, ref, "line"), "number")]
        if ref not in self._arrivals:
            number = live.get(r.Feed, ref, "number")
            rules = line.sources[number].rules
            self._arrivals[ref] = moments(rules, number, line, program.start, self._source_streams), _FIRST_CHUNK
        arrivals, n = self._arrivals[ref]
        self._arrivals[ref] = arrivals, min(4 * n, 2048)
        rows = list(islice(arrivals, n))
        rows += [(c.NEVER, None, 0)] * (len(rows) < n)
        times, products, many = zip(*rows, strict=True)
        index = {name: n for n, name in enumerate(line.products)}
        whats = [index.get(p, c.ANY_PRODUCT) for p in products]
        for name, row in (
            ("times", np.array(times, np.float64)), ("whats", np.array(whats, np.int64)), ("many", np.array(many, np.int64)),
        ):
            live.set(r.Feed, ref, name, live.put((ref, name), row))
        live.set(r.Feed, ref, "next", 0)
        live.set(r.Feed, ref, "arrivals_n", len(rows))

    def _more_windows(self, ref: Ref, roster: float) -> None:
        live = self._live
        kind, tables = (r.Roster, self._lowered.rosters) if roster else (r.Shift, self._lowered.shifts)
        windows: Windows = tables[live.get(kind, ref, "number")]
        block = self._windows.get(ref, 0)
        self._windows[ref] = block + 1
        rows = windows.rows(block)
        live.set(kind, ref, "windows", live.ref_of(rows))
        live.set(kind, ref, "windows_n", len(rows))
        live.set(kind, ref, "next", 0)

    def _days(self, _ref: Ref, _: float) -> None:
        live = self._live
        table = days_of(self._lowered.program.start, live.get(r.World, 0, "days_n") + DAYS_AT_ONCE)
        live.set(r.World, 0, "days", live.put((0, "days"), table))
        live.set(r.World, 0, "days_n", len(table))


@lru_cache(maxsize=8)
def days_of(start: datetime, days: int) -> Words:
    """Return for each day of a run: month (January 0), years since the start, days of the month."""
    first = start.date()
    rows = []
    for n in range(days):
        day = first + timedelta(days=n)
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        rows.append((day.month - 1, day.year - first.year, (following - timedelta(days=1)).day))
    return np.array(rows, np.int64)
