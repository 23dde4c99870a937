"""One replication on the compiled engine."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Sequence
from threading import current_thread, local, main_thread
from time import perf_counter
from types import FrameType

from models.errors import DataError
from sim import order
from sim.compiled_engine import codes as c
from sim.compiled_engine import records as r
from sim.compiled_engine.build import Entry, entries, is_made
from sim.compiled_engine.features import Constants
from sim.compiled_engine.headline import Headline
from sim.compiled_engine.helper import Helper
from sim.compiled_engine.live import FIELDS, Live
from sim.compiled_engine.lower import Lowered, lower
from sim.compiled_engine.reading import energy_of, read
from sim.compiled_engine.trace import Recorder
from sim.program import Program
from sim.reading import Reading
from sim.trace import Trace

FIRST_LOOK = 100_000
ENOUGH_S = 1.0
"""When a program has been played so long, rules are made for it alone, which takes about a second."""
LOOK_EVERY_S = 0.2
"""So long the rules play before Python has a look whether somebody pressed Ctrl-C; at first, so many instants."""
W = {name: word for name, (word, _) in FIELDS[r.World].items()}
HELPER, TRACED, UNTIL_S, BEFORE_S, BUDGET, FAULT, NOW = (
    W[name] for name in ("helper", "traced", "until_s", "before_s", "budget", "fault", "now")
)
HELPS = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_double)


class Run:
    """A plant in motion."""

    def __init__(self, program: Program, seed: int, replication: int, trace: Trace | None = None) -> None:
        self._lowered = lowered(program)
        known = self._known(trace)
        self._rules, self._special = entries(known), bool(known)
        self._live = live = Live(self._lowered.words)
        self._helper = Helper(self._lowered, live, seed, replication)
        self._recorder = Recorder(trace, self._lowered, live) if trace is not None else None
        if self._recorder is not None:
            self._helper.recorder = self._recorder.answers
        self._helps = HELPS(self._helper.help)
        self._helps_at = ctypes.c_void_p.from_buffer(self._helps).value or 0  # a cast would be a circle of references
        self._budget = FIRST_LOOK
        self._pressed: tuple[int, FrameType | None] | None = None
        self._headline: tuple[Sequence[tuple[str, str]], Headline] | None = None
        self._begin()

    def _known(self, trace: Trace | None) -> Constants:
        """Return the settings for which the rules are made: those of this program, once it is worth a second."""
        known = self._lowered.known
        return known if trace is None and (self._lowered.played_s >= ENOUGH_S or is_made(known)) else ()

    def again(self, seed: int, replication: int) -> None:
        """Begin another replication of the same program in the same memory; for a run without a trace.

        Its figures are those of a run of its own.
        """
        assert self._recorder is None
        if not self._special and self._lowered.played_s >= ENOUGH_S:
            self._made_for_this()
        self._helper.again(seed, replication)
        self._live.again()
        self._begin()

    def _begin(self) -> None:
        wholes = self._live.wholes
        wholes[HELPER], wholes[TRACED] = self._helps_at, self._recorder is not None
        self._kernel_s = self._helper.spent_s = 0.0
        self._call(self._rules["begin"])

    @property
    def kernel_s(self) -> float:
        """Seconds that the replication has spent in the rules, the drawing of numbers included."""
        return self._kernel_s - self._helper.spent_s

    @property
    def program(self) -> Program:
        """What is played."""
        return self._lowered.program

    @property
    def now(self) -> float:
        """The time reached."""
        now: float = self._live.doubles[NOW]
        return now

    def play(self, until_s: float) -> None:
        """Run to ``until_s`` inclusive.

        Raises:
            DataError: Stations wait for each other for ever, time stands still, or the run would be too long.
        """
        if until_s > order.LONGEST_S:
            raise order.too_long(until_s)
        live = self._live
        wholes, doubles, play = live.wholes, live.doubles, self._rules["play"]
        doubles[UNTIL_S], doubles[BEFORE_S] = until_s, -1.0
        while True:
            wholes[BUDGET] = self._budget
            took_s = self._call(play)
            self._lowered.played_s += took_s
            if wholes[FAULT] != c.FINE:
                raise self._told(wholes[FAULT])
            if wholes[BUDGET] > 0:
                return
            if self._recorder is None and not self._special and self._lowered.played_s >= ENOUGH_S:
                play = self._made_for_this()
            self._budget = max(1, int(self._budget * min(2.0, LOOK_EVERY_S / max(took_s, 1e-6))))

    def _made_for_this(self) -> Entry:
        """Return how to play on, by rules made for this program: all that is known of the run lies in its memory."""
        self._rules, self._special = entries(self._lowered.known), True
        return self._rules["play"]

    def _told(self, fault: int) -> DataError:
        live = self._live
        if fault == c.STANDSTILL:
            return order.standstill(self.now)
        ref = live.get(r.World, 0, "fault_line")
        line = self.program.lines[live.get(r.Line, ref, "number")]
        found = live.whole_row(live.get(r.Line, ref, "found"), live.get(r.Line, ref, "found_n"))
        return order.deadlock(line.name, [line.stations[n].name for n in found], self.now)

    def reset(self) -> None:
        """Count from now on: the warm-up is over."""
        self._call(self._rules["reset"])

    def read(self) -> Reading:
        """Return what was counted since the last reset."""
        self._call(self._rules["flush"])
        return read(self._lowered, self._live)

    def read_money(self) -> Reading:
        """Return what the money is made of, since the last reset; the rest of the reading is empty."""
        self._call(self._rules["flush"])
        lines = range(len(self.program.lines))
        return Reading(self.program, self.now, [energy_of(self._lowered, self._live, n) for n in lines], [], [])

    def progress(self) -> list[tuple[float, int]]:
        """Return for each line the integral of its WIP, and how many parts left, since the last reset."""
        live, now, out = self._live, self.now, []
        for n, line in enumerate(self.program.lines):
            ref = live.get(r.World, 0, "lines") + n * r.LINE
            wip = live.record(r.Levels, live.get(r.Line, ref, "wip"))
            outputs = live.get(r.Line, ref, "outputs")
            left = sum(
                live.get(r.Output, outputs + k * r.OUTPUT, name)
                for k in range(len(line.products))
                for name in ("good", "bad", "scrapped")
            )
            out.append((wip["area"] + wip["value"] * (now - wip["since_s"]), left))
        return out

    def figures(self, names: Sequence[tuple[str, str]], counted_s: float) -> list[float]:
        """Return main figures of lines over the last ``counted_s`` seconds, see :mod:`sim.replications`.

        Args:
            names: Line, and a key of :data:`sim.replications.HEADLINES`.
            counted_s: Time since the last reset.
        """
        if self._headline is None or self._headline[0] != names:
            self._headline = names, Headline(self._lowered, self._live, names)
        headline = self._headline[1]
        if headline.flushes:
            self._call(self._rules["flush"])
        return headline.read(counted_s)

    def close(self) -> None:
        """The run is over: hand to the trace what has not ended."""
        if self._recorder is not None:
            self._recorder.close()

    # the rules and Python

    def _call(self, entry: Entry) -> float:
        """Call an entry of the rules; return how long it took.

        Ctrl-C waits until they return, which they do at the end of the instant: an exception inside an answer would
        be lost on its way through them.
        """
        handler = signal.getsignal(signal.SIGINT) if current_thread() is main_thread() else None
        if callable(handler):
            signal.signal(signal.SIGINT, self._press)
        try:
            began = perf_counter()
            entry(self._live.base)
            took_s = perf_counter() - began
        finally:
            if callable(handler):
                signal.signal(signal.SIGINT, handler)
        self._kernel_s += took_s
        if self._helper.broken is not None:
            raise self._helper.broken
        if self._pressed is not None and callable(handler):
            pressed, self._pressed = self._pressed, None
            handler(*pressed)
        return took_s

    def _press(self, number: int, frame: FrameType | None) -> None:
        self._pressed = number, frame
        self._live.wholes[BUDGET] = 0


_LAST = local()
"""What this thread has lowered last."""


def lowered(program: Program) -> Lowered:
    """Return a program as records; kept for the next replication of the same program."""
    last: Lowered | None = getattr(_LAST, "lowered", None)
    if last is None or last.program is not program:
        last = _LAST.lowered = lower(program)
    return last
