"""The replay's list of events: what changes when, as short as it can be said, and bounded.

``changes`` of a line is one flat list of integers, three for each change: ticks since the change before, number of
the signal, and by how much it changes (a machine's ``state``: the new state). Within one tick only what is left at
its end is told. A tick is a tenth of a second, and longer only where the line is so quick that two hours would not
fit otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.watch import Record, Signal
from sim.program import H

TICKS_S = (0.1, 1.0, 10.0, 60.0)
LEAST_S = 2 * H
MOST_BYTES = 450_000


def encode(found: Record, shown: Sequence[int], length_s: float, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Return the replay of the signals ``shown`` from the record's start on.

    It is ``length_s`` long if that fits into ``most_bytes`` with a tick of at most a second; else as long as fits, with
    a tick that lets it be two hours if any does.
    """
    wanted_s = min(found.start_s + length_s, found.end_s)
    coder = _Coder(found, shown, TICKS_S[0])
    for tick_s in TICKS_S:
        coder = _Coder(found, shown, tick_s)
        end_s = coder.code(wanted_s, most_bytes)
        if end_s >= wanted_s or (tick_s >= 1.0 and end_s >= found.start_s + LEAST_S):
            break
    by_line: dict[int, list[int]] = {line: [] for line in coder.changes}
    for n in shown:
        by_line[found.signals[n].line].append(n)
    return {
        "start_s": found.start_s,
        "end_s": end_s,
        "wanted_s": wanted_s,
        "tick_s": tick_s,
        "lines": [
            {
                "signals": [[s.what, s.station, s.machine] for s in (found.signals[n] for n in own)],
                "initial": [found.initial[n] for n in own],
                "changes": coder.changes[line],
            }
            for line, own in by_line.items()
        ],
    }


class _Coder:
    """Changes with one length of tick, line by line."""

    def __init__(self, found: Record, shown: Sequence[int], tick_s: float) -> None:
        self.found = found
        self.tick_s = tick_s
        self.changes: dict[int, list[int]] = {signal.line: [] for signal in found.signals}
        self._place: dict[int, tuple[Signal, int]] = {}  # the signal and its number in its line
        counts = dict.fromkeys(self.changes, 0)
        for n in shown:
            signal = found.signals[n]
            self._place[n] = (signal, counts[signal.line])
            counts[signal.line] += 1
        self._last = dict.fromkeys(self.changes, 0)
        self._told = list(found.initial)
        self._pending: dict[int, int] = {}

    def code(self, until_s: float, most_bytes: int) -> float:
        """Tell all changes up to ``until_s``, or as many as fit; return how far it came."""
        tick, size = 0, 0
        for time_s, n, value in self.found.changes():
            if time_s > until_s:
                break
            # told when the tick is over, never before it happens; rounding keeps 1.1 s at tick 11
            now = math.ceil(round((time_s - self.found.start_s) / self.tick_s, 6))
            if now != tick:
                size += self._tell(tick)
                if size > most_bytes:
                    return self.found.start_s + tick * self.tick_s
                tick = now
            if n in self._place:
                self._pending[n] = value
        self._tell(tick)
        return until_s

    def _tell(self, tick: int) -> int:
        """Write what is left of the changes within one tick; return how many characters that takes."""
        size = 0
        for n, value in self._pending.items():
            if value != self._told[n]:
                signal, place = self._place[n]
                by = value if signal.what == "state" else value - self._told[n]
                change = (tick - self._last[signal.line], place, by)
                self.changes[signal.line].extend(change)
                size += sum(len(str(number)) + 1 for number in change)
                self._last[signal.line], self._told[n] = tick, value
        self._pending.clear()
        return size
