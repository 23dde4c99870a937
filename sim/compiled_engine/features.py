"""What a program does not use costs nothing: settings that are the same all over a program become constants.

Rules read a setting like any field. Before LLVM optimises them, a setting may be put in as the number it is
everywhere in a program, and whatever then cannot happen falls away. Nothing in the rules themselves is written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.compiled_engine import records as r
from sim.compiled_engine.memory import Record

SETTINGS: dict[type[Record], tuple[str, ...]] = {
    r.World: ("traced",),
    r.Line: ("loops", "may_stand"),
    r.Station: ("kind", "plain", "queues_n", "queue", "choose", "one_lot", "starts_late"),
    r.Machine: ("kind",),
    r.Rig: (
        "loads", "unloads", "needs_load", "needs_setup", "needs_work", "needs_unload", "keeps_place", "plain",
        "inspects", "transfer", "plain_out", "shift_end", "chooses", "standby", "none", "at_once_n", "at_end_n",
        "heads_n", "ramp_up", "heat", "uses_per_good", "output", "returns", "gaps", "hold_off_shift",
    ),
    r.Feed: ("way", "lose", "mixes"),
    r.Cause: ("by_units", "weekly", "block", "start_to_start", "crew", "heads_n", "others_n"),
}  # fmt: skip
"""Fields that no rule writes, and whose value decides what may happen."""
NAMES = {f"{record.__name__}.{field}" for record, fields in SETTINGS.items() for field in fields}
LARGEST = 64
"""A larger number is a ref: which one it is decides nothing."""
Constants = tuple[tuple[str, int], ...]


def constants(values: Mapping[str, Iterable[int]]) -> Constants:
    """Return the settings that are the same in all records of a program.

    >>> constants({"Line.loops": [0, 0], "Rig.heat": [0, 1], "Rig.transfer": [8000]})
    (('Line.loops', 0),)

    Args:
        values: The numbers of each setting.
    """
    out = []
    for name, found in sorted(values.items()):
        different = set(found) or {0}  # of what there is nothing, anything is true
        if len(different) == 1 and (value := different.pop()) < LARGEST:
            out.append((name, int(value)))
    return tuple(out)


def readers(known: Constants) -> str:
    """Return LLVM functions that read the settings, or know them."""
    numbers = dict(known)
    return "!0 = !{}\n" + "".join(
        _reader(f"{record.__name__}.{field}", list(record.fields()).index(field), numbers)
        for record, fields in SETTINGS.items()
        for field in fields
    )


def _reader(name: str, word: int, numbers: Mapping[str, int]) -> str:
    if name in numbers:
        return f"define i64 @{name}(ptr %record) alwaysinline {{\n  ret i64 {numbers[name]}\n}}\n"
    return f"""define i64 @{name}(ptr %record) alwaysinline {{
  %at = getelementptr inbounds i64, ptr %record, i64 {word}
  %value = load i64, ptr %at, align 8, !invariant.load !0
  ret i64 %value
}}
"""
