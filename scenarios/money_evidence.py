"""Where the money of a plan comes from: defaults of tax and loan in force, and every incentive that it names."""

from collections.abc import Iterator

from models.finance import Incentive
from models.finance.defaults import DEFAULTS
from models.plant import Plant, Renewal
from scenarios.energy_evidence import Row

_OWN = {"kind", "name", "name_zh", "source", "grade", "note", "valid_from", "valid_until", "options", "not_with"}


def money_rows(plant: Plant) -> Iterator[Row]:
    """Yield the defaults of money in force and the incentives of a plan; nothing for a plant without one."""
    if plant.renewal is None:
        return
    for default in DEFAULTS:
        if _in_force(plant.renewal, default.field):
            yield Row(what=default.field, where="renewal", value=default.value, unit=default.unit, low=None, high=None,
                      grade=default.grade, source=default.source, note="")  # fmt: skip
    for incentive in plant.renewal.incentives:
        yield Row(what=incentive.name, where="renewal/incentives", value=_said(incentive), unit="", low=None, high=None,
                  grade=incentive.grade or "C", source=incentive.source or "written in the plant file",
                  note=incentive.note)  # fmt: skip


def _in_force(renewal: Renewal, field: str) -> bool:
    """Return whether a default counts in this plan: nobody wrote the field, and something asks for it."""
    *section, name = field.split(".")
    node = getattr(renewal, section[0]) if section else renewal
    if node is None or name in node.model_fields_set:
        return False
    method = renewal.tax.depreciation
    return {"shortest_life_share": method == "shortened", "one_off_limit_cny": method == "one_off"}.get(
        name, name != "loss_carry_forward_y" or renewal.tax.other_income_cny_per_y is not None
    )


def _said(incentive: Incentive) -> str:
    """Return the numbers of an incentive and its dates, in a line."""
    numbers = {k: v for k, v in incentive.model_dump(exclude_none=True).items() if k not in _OWN}
    words = [f"{key} {value:g}" if not isinstance(value, bool) else f"{key} {value}" for key, value in numbers.items()]
    if incentive.valid_from or incentive.valid_until:
        words.append(f"{incentive.valid_from or '..'} to {incentive.valid_until or '..'}")
    return ", ".join(words)
