"""The main figures of lines straight off the counters: no reading, no record, a few words of memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import fsum

from sim.compiled_engine import records as r
from sim.compiled_engine.live import FIELDS, Live
from sim.compiled_engine.lower import Lowered
from sim.compiled_engine.memory import WORD, Record, Ref
from sim.compiled_engine.reading import energy_of, lead_time_h
from sim.kpis import FLOW, flow, spent

LEAD = "lead_time_h"
Figures = dict[str, float]
ReadOff = Callable[[float], Figures]


def word(kind: type[Record], ref: Ref, name: str) -> int:
    """Return at which word of the block a field lies."""
    return ref // WORD + FIELDS[kind][name][0]


class Headline:
    """Reads figures of lines off one memory, replication after replication."""

    def __init__(self, lowered: Lowered, live: Live, names: Sequence[tuple[str, str]]) -> None:
        self._lowered, self._live = lowered, live
        self._names = names
        self._now = word(r.World, 0, "now")
        lines = {line.name: n for n, line in enumerate(lowered.program.lines)}
        wanted: dict[str, set[str]] = {}
        for line, key in names:
            wanted.setdefault(line, set()).add(key)
        self._read: dict[str, list[ReadOff]] = {}
        self.flushes = False
        """Whether time and energy have to be booked up to now before."""
        for line, keys in wanted.items():
            reads = self._read[line] = []
            if keys & FLOW:
                reads.append(self._flow(lines[line]))
            if LEAD in keys:
                reads.append(self._lead(lines[line]))
            if keys - FLOW - {LEAD}:
                self.flushes = True
                reads.append(self._energy(lines[line]))

    def read(self, counted_s: float) -> list[float]:
        """Return the figures, counted over the last ``counted_s`` seconds."""
        found = {}
        for line, reads in self._read.items():
            row = found[line] = reads[0](counted_s)
            for more in reads[1:]:
                row |= more(counted_s)
        return [found[line][key] for line, key in self._names]

    def _line(self, number: int) -> Ref:
        return int(self._live.get(r.World, 0, "lines")) + number * r.LINE

    def _outputs(self, number: int) -> list[Ref]:
        first = self._live.get(r.Line, self._line(number), "outputs")
        return [first + n * r.OUTPUT for n in range(len(self._lowered.program.lines[number].products))]

    def _flow(self, number: int) -> ReadOff:
        wholes, doubles, now = self._live.wholes, self._live.doubles, self._now
        wip = self._live.get(r.Line, self._line(number), "wip")
        area, value, since = (word(r.Levels, wip, name) for name in ("area", "value", "since_s"))
        good, bad, scrapped = (
            [word(r.Output, output, name) for output in self._outputs(number)] for name in ("good", "bad", "scrapped")
        )

        def read(counted_s: float) -> Figures:
            wip_area = doubles[area] + wholes[value] * (doubles[now] - doubles[since])
            ok, flawed, lost = (sum([wholes[w] for w in words]) for words in (good, bad, scrapped))
            return flow(ok, flawed, lost, wip_area, counted_s)

        return read

    def _lead(self, number: int) -> ReadOff:
        lowered, live, outputs = self._lowered, self._live, self._outputs(number)
        if len(outputs) > 1:
            return lambda _: {LEAD: lead_time_h(lowered, live, number)}
        sample = live.get(r.Output, outputs[0], "lead")
        total, binned, kept_n = (word(r.Sample, sample, name) for name in ("total", "binned", "kept_n"))
        kept = live.get(r.Sample, sample, "kept") // WORD

        def read(_: float) -> Figures:
            n = live.wholes[kept_n]
            count = live.wholes[binned] + n
            sum_h = live.doubles[total] + fsum(live.doubles[kept : kept + n])
            return {LEAD: sum_h / count if count else 0.0}

        return read

    def _energy(self, number: int) -> ReadOff:
        lowered, live = self._lowered, self._live
        return lambda counted_s: spent(energy_of(lowered, live, number), lowered.program, counted_s)
