"""New equipment at the ends of its range: what an option takes from the catalogue, at its worse or better values."""

from copy import deepcopy
from typing import Any, Literal

from models.equipment import Option
from scenarios.catalogue import equipment_types
from scenarios.evidence import origin

WORSE_HIGH = ("cycle_time_factor", "cycle_time_s", "setup_time_s", "scrap", "power_kw", "use_per_h", "use_per_unit")
"""Fields that are worse the more. Of failures, repair times (``ttr_h``) are, times to failure are worse the less."""


def at_end(option: Option, end: Literal["low", "typical", "high"]) -> Option:
    """Return an option with every number of performance that it takes from the catalogue at one end of its range.

    ``low``: slower, failing more often and longer, more scrap, more energy; ``high``: the reverse. Prices, lives,
    ageing and what the plant file writes itself stay. An option without catalogue equipment comes back as it is.

    >>> lathe = Option(name="cnc", equipment="cnc_lathe", capex_cny=1, cycle_time_factor=0.3667)
    >>> at_end(lathe, "low").cycle_time_factor > 0.3667 > at_end(lathe, "high").cycle_time_factor
    True
    """
    entry = equipment_types().get(option.equipment or "")
    if entry is None or end == "typical":
        return option
    changed: dict[str, Any] = {}
    for path in entry["basis"]:
        key = path.split(".")[0]
        worse = _worse(path)
        if worse is None or not _from_catalogue(option, key, entry[key]):
            continue
        known = origin(str(option.equipment), path)
        value = (
            max(known["low"], known["high"])
            if (worse == "high") == (end == "low")
            else min(known["low"], known["high"])
        )
        tree = changed.setdefault(key, deepcopy(entry[key]))
        if "." in path:
            _put(tree, path.split(".")[1:], value)
        else:
            changed[key] = value
    if not changed:
        return option
    read = Option.model_validate({"name": "any", "capex_cny": 0, **changed})
    return option.model_copy(update={key: getattr(read, key) for key in changed})


def _worse(path: str) -> Literal["low", "high"] | None:
    """Return which end of a number is the worse; None for what is no performance."""
    if path.endswith(".cv"):
        return None
    if ".ttf_h." in path:
        return "low"
    return "high" if path.split(".")[0] in WORSE_HIGH or ".ttr_h." in path else None


def _from_catalogue(option: Option, key: str, value: Any) -> bool:  # noqa: ANN401 - any field
    """Return whether a field has the catalogue's value."""
    read = Option.model_validate({"name": "any", "capex_cny": 0, key: value})
    return bool(getattr(option, key) == getattr(read, key))


def _put(tree: Any, steps: list[str], value: float) -> None:  # noqa: ANN401 - nested lists and mappings
    for step in steps[:-1]:
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    last = steps[-1]
    tree[int(last) if isinstance(tree, list) else last] = value
