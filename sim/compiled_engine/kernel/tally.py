"""Statistics that need no memory of the past, see sim.tally."""

from __future__ import annotations

from sim.compiled_engine.codes import MORE_BINS, MORE_LEVELS
from sim.compiled_engine.memory import Ref, add_real, ask, bits, pointer, put_real, put_whole, real, rule, whole
from sim.compiled_engine.records import Levels, Sample, World
from sim.tally import BATCH, MOST_LEVELS

levels = pointer(Levels)
sample = pointer(Sample)


@rule
def change(w: World, ref: Ref, by: int, now: float) -> None:
    """Change a count that knows for how long it had each value; its integral follows from that."""
    level = levels(w, ref)
    value = level.value
    lasted = now - level.since_s
    if lasted > 0.0:  # several changes of one instant are one
        level.since_s = now
        add_real(w, level.times, min(value, MOST_LEVELS), lasted)
        if value > MOST_LEVELS:
            level.area += (value - MOST_LEVELS) * lasted
    value += by
    level.value = value
    if value >= level.room and level.room <= MOST_LEVELS:
        ask(w, MORE_LEVELS, ref, 0.0)


@rule
def change_plain(w: World, ref: Ref, by: int, now: float) -> None:
    """Change a count of which only the integral is kept."""
    level = levels(w, ref)
    level.area += level.value * (now - level.since_s)
    level.since_s = now
    level.value += by


@rule
def reset_levels(w: World, ref: Ref, now: float) -> None:
    """Count from ``now`` on."""
    level = levels(w, ref)
    level.area = 0.0
    level.since_s = now
    if level.times != 0:
        for n in range(level.room):
            put_real(w, level.times, n, 0.0)


@rule
def add(w: World, ref: Ref, value: float) -> None:
    """Count one value of a sample."""
    s = sample(w, ref)
    n = s.kept_n
    put_real(w, s.kept, n, value)
    s.kept_n = n + 1
    if n + 1 == BATCH:
        bin_kept(w, ref)


@rule
def bin_kept(w: World, ref: Ref) -> None:
    """Put what was kept into the histogram: 256 equal steps in each octave."""
    s = sample(w, ref)
    for n in range(s.kept_n):
        value = real(w, s.kept, n)
        s.total += value
        if value <= 0.0:
            s.zeros += 1
            continue
        word = bits(value)
        key = ((word >> 52) - 1021) * 256 + ((word >> 44) & 255)
        at = key - s.low
        if at < 0 or at >= s.room:
            ask(w, MORE_BINS, ref, float(key))
            at = key - s.low
        put_whole(w, s.counts, at, whole(w, s.counts, at) + 1)
        add_real(w, s.sums, at, value)
    s.binned += s.kept_n
    s.kept_n = 0


@rule
def reset_sample(w: World, ref: Ref) -> None:
    """Forget all values."""
    s = sample(w, ref)
    s.kept_n = 0
    s.binned = 0
    s.zeros = 0
    s.total = 0.0
    for n in range(s.room):
        put_whole(w, s.counts, n, 0)
        put_real(w, s.sums, n, 0.0)
