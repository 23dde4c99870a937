"""Drawing from streams: blocks of numbers that Python has made ahead, constants, sequences."""

from __future__ import annotations

from sim.compiled_engine.codes import MORE, MORE_NUMBERS, NUMBER_BEYOND, REPEAT
from sim.compiled_engine.memory import Ref, ask, pointer, real, rule
from sim.compiled_engine.records import Stream, World

stream = pointer(Stream)


@rule
def draw(w: World, ref: Ref) -> float:
    """Return the next number of a stream."""
    s = stream(w, ref)
    if s.next == s.size:
        go_on(w, ref)
    n = s.next
    s.next = n + 1
    return real(w, s.values, n & s.mask)


@rule
def go_on(w: World, ref: Ref) -> None:
    """The numbers of a stream are used up."""
    s = stream(w, ref)
    if s.kind == MORE:
        ask(w, MORE_NUMBERS, ref, 0.0)
    elif s.kind == REPEAT:
        s.next = 0
    else:
        s.next = s.size - 1


@rule
def draw_beyond(w: World, ref: Ref, age: float) -> float:
    """Return the time beyond ``age`` of a value known to be greater."""
    s = stream(w, ref)
    value = draw(w, ref)
    if s.kind == MORE:
        ask(w, NUMBER_BEYOND, ref, age)
        return w.answer
    return max(0.0, value - age)
