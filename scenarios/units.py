"""Units: of the numbers in a plant file by their names, and the closed list of those in the evidence."""

import csv
from functools import cache
from importlib import resources

_ENDINGS = (
    ("_cny_per_y", "CNY/a"), ("_cny", "CNY"), ("_kwh", "kWh"), ("_kw", "kW"), ("_s", "s"), ("_h", "h"), ("_d", "d"),
    ("_per_y", "1/a"), ("_y", "a"),
)  # fmt: skip
_CARRIERS = (("_kwh", "kWh"), ("_m3", "m3"), ("_kg", "kg"), ("_t", "t"))
_BARE = ("cv", "shape")


@cache
def in_chinese() -> dict[str, str]:
    """Return the closed list of units in the evidence, each as a Chinese reader writes it.

    >>> in_chinese()["person/shift"], in_chinese()["kW"]
    ('人/班', 'kW')
    """
    text = (resources.files("scenarios") / "data" / "units.csv").read_text(encoding="utf-8")
    return {row["unit"]: row["unit_zh"] or row["unit"] for row in csv.DictReader(text.splitlines())}


def unit_of(path: str) -> str:
    """Return the unit of a number of a type, told by the innermost name that has one; ``-`` for shares and ratios.

    >>> unit_of("failures.0.ttr_h.lognormal.mean"), unit_of("use_per_unit.coal_kg"), unit_of("scrap")
    ('h', 'kg', '-')
    """
    steps = path.split(".")
    if steps[-1] in _BARE:
        return "-"
    if steps[0] in ("use_per_h", "use_per_unit"):
        carrier = next((unit for ending, unit in _CARRIERS if len(steps) > 1 and steps[1].endswith(ending)), "-")
        return f"{carrier}/h" if steps[0] == "use_per_h" else carrier
    for step in reversed(steps):
        for ending, unit in _ENDINGS:
            if step.endswith(ending):
                return unit
    return "-"
