"""Equipment of another size than the catalogue describes, and parts that are more than one unit of it."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any, NamedTuple

from models.view import Tree

META = frozenset({"name_en", "name_zh", "pair", "side", "described", "basis", "own", "like"})
"""Keys of a type that are no fields of a plant file."""
_PROPORTIONAL = ("power_kw", "use_per_h", "running_cost_cny_per_y")
_NO_AMOUNT = ("cv", "shape")
"""Parameters of a distribution that do not grow with its mean."""


class Described(NamedTuple):
    """The size that the numbers of a type hold for."""

    unit: str
    is_rate: bool
    """Whether it is the output per time."""
    price_exponent: float
    size: float


class Wanted(NamedTuple):
    """What a station or option says about the equipment it takes from the catalogue."""

    size: float | None = None
    """In the unit of the type; None: the size described."""
    amount_per_part: float = 1.0
    """Units of the type (t, m2, ..) in one part."""
    replaced: float = 1.0
    """Size of the machine that is replaced, as a ratio to the size it is described for."""


def scaled(entry: Tree, wanted: Wanted) -> Tree:
    """Return a type of another size, and for parts of another amount.

    Power, use per hour and running cost grow with the size; the price with its power ``price_exponent``; use per part
    with the amount. Where the size is a rate, the cycle time is the amount over the rate.

    >>> motor = {"power_kw": {"processing": 60}, "capex_cny": 1000, "described": Described("kW", False, 0.5, 75)}
    >>> scaled({**motor, "basis": {"power_kw.processing": "", "capex_cny": ""}}, Wanted(size=300))["capex_cny"]
    2000.0
    """
    out = deepcopy({key: value for key, value in entry.items() if key not in META})
    for path in numbers(entry):
        factor = factor_of(path, entry["described"], wanted)
        if factor != 1.0:
            _multiply(out, path.split("."), factor)
    return out


def numbers(entry: Tree) -> Iterable[str]:
    """Return the paths of all numbers of a type."""
    return dict.fromkeys([*entry.get("basis", ()), *entry.get("own", ())])


def factor_of(path: str, described: Described, wanted: Wanted) -> float:
    """Return by what one number of a type is multiplied.

    >>> kiln = Described("t/d", True, 0.65, 5000)
    >>> factor_of("cycle_time_s", kiln, Wanted(size=2500, amount_per_part=10))
    20.0
    """
    ratio = 1.0 if wanted.size is None else wanted.size / described.size
    field, last = path.split(".")[0], path.split(".")[-1]
    if field in _PROPORTIONAL:
        return ratio
    if field == "capex_cny":
        return float(ratio**described.price_exponent)
    if field == "use_per_unit":
        return wanted.amount_per_part
    if field == "cycle_time_s" and described.is_rate and last not in _NO_AMOUNT:
        return wanted.amount_per_part / ratio
    if field == "cycle_time_factor" and described.is_rate:
        return wanted.replaced / ratio
    return 1.0


def _multiply(node: Any, steps: list[str], factor: float) -> None:  # noqa: ANN401 - any part of a type
    *around, last = [int(step) if step.isdigit() else step for step in steps]
    for step in around:
        node = node[step]
    node[last] *= factor
