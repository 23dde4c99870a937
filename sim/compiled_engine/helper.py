"""What the compiled rules ask of Python: more random numbers, more memory, the next working windows, the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from sim.ageing import aged
from sim.arrivals import Arrived, moments
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.block import Words
from sim.compiled_engine.live import FIELDS, Live
from sim.compiled_engine.memory import WORD, Ref, size
from sim.compiled_engine.seeds import FAR, Seeds
from sim.compiled_engine.streams import Stream
from sim.compiled_engine.windows import Windows
from sim.program import D
from sim.streams import Streams
from sim.tally import MOST_LEVELS

if TYPE_CHECKING:
    from sim.compiled_engine.lower import Lowered

YEAR_D = 365
DAYS_AT_ONCE = 4000
FIRST_ARRIVALS = 32
BINS_BESIDE = 1024
"""Bins to each side of a value that is counted first: four octaves."""
AGES = ("failure_rate", "repair_time", "cycle_time", "scrap", "energy")
S = FIELDS[r.Stream]
VALUES, NEXT, SIZE, NUMBER = (S[name][0] for name in ("values", "next", "size", "number"))
FAULT = FIELDS[r.World]["fault"][0]
DRAWS = (c.MORE_NUMBERS, c.NUMBER_BEYOND)
Answer = Callable[[Ref, float], None]


class Helper:
    """Answers the rules, one replication after the other."""

    def __init__(self, lowered: Lowered, live: Live, seed: int, replication: int) -> None:
        self._lowered = lowered
        self._live = live
        self._seed, self._replication = seed, replication
        self._streams: list[Stream | None] = [None] * len(lowered.luck.names)
        self._seeds = Seeds(lowered.luck.names)
        self._dists = list(lowered.luck.dists)
        self._arrivals: dict[Ref, tuple[Iterator[Arrived], int]] = {}
        self._windows: dict[Ref, int] = {}
        self.recorder: Mapping[int, Answer] = {}
        """What answers for a trace, by what is asked."""
        self.broken: BaseException | None = None
        """What went wrong in an answer."""
        self.spent_s = 0.0
        """Time that answers took, all but those that draw numbers."""
        self._days(0, 0.0)

    def again(self, seed: int, replication: int) -> None:
        """Answer for another replication from here on; the live memory is still as the last one left it."""
        self._seed, self._replication = seed, replication
        self._dists = dists = list(self._lowered.luck.dists)
        self._arrivals.clear()
        self._windows.clear()
        self.broken = None
        wholes, refs, before = self._live.wholes, self._lowered.luck.refs, self._streams
        self._streams = [None] * len(before)
        if replication >= FAR:
            return
        states = self._seeds.of(seed, replication, [n for n, stream in enumerate(before) if stream is not None])
        for n, state in zip(self._seeds.numbers, states, strict=True):
            stream = before[n]
            if stream is not None:
                at = refs[n] // WORD
                stream.again(dists[n], state, wholes[at + SIZE] - wholes[at + NEXT])
                self._streams[n] = stream

    def help(self, what: int, ref: int, number: float) -> None:
        """Answer what the rules ask; an exception waits until they return, which they do at the end of the instant."""
        try:
            self._answer(what, ref, number)
        except KeyboardInterrupt as pressed:
            self._stop(pressed)
            self._answer(what, ref, number)  # the rules go on for an instant, and need it
        except BaseException as error:
            self._stop(error)

    def _answer(self, what: int, ref: int, number: float) -> None:
        if what in DRAWS:
            ANSWERS[what](self, ref, number)
            return
        began = perf_counter()
        if what in ANSWERS:
            ANSWERS[what](self, ref, number)
        else:
            self.recorder[what](ref, number)
        self.spent_s += perf_counter() - began

    def _stop(self, error: BaseException) -> None:
        self.broken = error
        self._live.wholes[FAULT] = c.PYTHON

    # random numbers

    def _numbers(self, ref: Ref, _: float) -> None:
        wholes, at = self._live.wholes, ref // WORD
        number = wholes[at + NUMBER]
        stream = self._streams[number]
        if stream is None:
            name = self._lowered.luck.names[number]
            stream = self._streams[number] = Stream(self._dists[number], self._seed, self._replication, name)
        values = stream.refill()
        wholes[at + VALUES] = self._live.ref_of(values)
        wholes[at + NEXT], wholes[at + SIZE] = 0, len(values)

    def _beyond(self, ref: Ref, age: float) -> None:
        wholes, at = self._live.wholes, ref // WORD
        stream = self._streams[wholes[at + NUMBER]]
        assert stream is not None
        self._live.set(r.World, 0, "answer", stream.beyond(age, wholes[at + NEXT]))

    def _fit_out(self, ref: Ref, _: float) -> None:
        """New equipment: its distributions, on the streams as they stand; as young as can be."""
        live = self._live
        wholes = live.wholes
        for number, dist in self._lowered.takes[live.get(r.Rig, live.get(r.Machine, ref, "rig"), "number")]:
            stream, at = self._streams[number], self._lowered.luck.refs[number] // WORD
            if stream is not None:
                stream.change(dist, wholes[at + NEXT])
                wholes[at + NEXT] = wholes[at + SIZE] = 0
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

    def _events(self, _ref: Ref, _: float) -> None:
        live = self._live
        used, room = live.get(r.World, 0, "heap_n"), live.get(r.World, 0, "heap_room")
        words = size(r.Event) // WORD
        heap = np.zeros(max(64, 2 * room) * words, np.int64)
        heap.view(np.float64)[FIELDS[r.Event]["time_s"][0] :: words] = c.NEVER  # what is not there comes last
        heap[: used * words] = live.whole_row(live.get(r.World, 0, "heap"), used * words)
        live.grow(r.World, 0, {"heap": heap}, clear=False, heap_room=len(heap) // words)

    def _parts(self, _ref: Ref, _: float) -> None:
        stations = self._lowered.most_stations
        self._live.more(r.Part, "free_part", [("visits", stations)] if stations else [])

    def _nodes(self, _ref: Ref, _: float) -> None:
        self._live.more(r.Node, "free_node")

    def _stops(self, _ref: Ref, _: float) -> None:
        self._live.more(r.Stop, "free_stop")

    def _requests(self, _ref: Ref, _: float) -> None:
        most = 2 * max(1, len(self._lowered.program.crews))
        self._live.more(r.Request, "free_request", [("taken", most)])

    def _levels(self, ref: Ref, _: float) -> None:
        live = self._live
        room, value = live.get(r.Levels, ref, "room"), live.get(r.Levels, ref, "value")
        times = np.zeros(min(max(value + 1, 2 * room), MOST_LEVELS + 1))
        times[:room] = live.real_row(live.get(r.Levels, ref, "times"), room)
        live.grow(r.Levels, ref, {"times": times}, room=len(times))

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
        live.grow(r.Sample, ref, {"counts": counts, "sums": sums}, low=first, room=len(sums))

    # the outside world

    def _more_arrivals(self, ref: Ref, _: float) -> None:
        live, lowered = self._live, self._lowered
        program = lowered.program
        line = program.lines[live.get(r.Line, live.get(r.Feed, ref, "line"), "number")]
        if ref not in self._arrivals:
            number = live.get(r.Feed, ref, "number")
            rules, streams = line.sources[number].rules, Streams(self._seed, self._replication)
            self._arrivals[ref] = moments(rules, number, line, program.start, streams), FIRST_ARRIVALS
        arrivals, n = self._arrivals[ref]
        self._arrivals[ref] = arrivals, min(4 * n, 2048)
        rows = list(islice(arrivals, n))
        rows += [(c.NEVER, None, 0)] * (len(rows) < n)
        times, products, many = zip(*rows, strict=True)
        index = {name: n for n, name in enumerate(line.products)}
        whats = [index.get(p, c.ANY_PRODUCT) for p in products]
        live.put(r.Feed, ref, {
            "times": np.array(times, np.float64), "whats": np.array(whats, np.int64), "many": np.array(many, np.int64),
        })  # fmt: skip
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
        live.grow(r.World, 0, {"days": table}, clear=False, days_n=len(table))


ANSWERS: dict[int, Callable[[Helper, Ref, float], None]] = {
    c.MORE_NUMBERS: Helper._numbers, c.NUMBER_BEYOND: Helper._beyond, c.MORE_EVENTS: Helper._events,
    c.MORE_PARTS: Helper._parts, c.MORE_NODES: Helper._nodes, c.MORE_REQUESTS: Helper._requests,
    c.MORE_STOPS: Helper._stops, c.MORE_LEVELS: Helper._levels, c.MORE_BINS: Helper._bins,
    c.MORE_ARRIVALS: Helper._more_arrivals, c.MORE_WINDOWS: Helper._more_windows, c.MORE_DAYS: Helper._days,
    c.FIT_OUT: Helper._fit_out, c.GROW_OLDER: Helper._grow_older,
}  # fmt: skip
"""By what is asked."""


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
