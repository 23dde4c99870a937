"""Which features of a plant file a plant uses, and all that there are: read off the models, so none is forgotten."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from models.base import Model
from models.energy import CARRIERS
from models.plant import Plant

COUNTED = {"nc", "energy_standing", "quantities"}
"""What targets of a plan add up."""
NOT_PLAYED = {
    "Plant": {"renewline", "plant", "renewal", "assumptions", "catalogue"},
    "Run": {"horizon_h", "warm_up_h", "replications", "precision", "precision_of", "max_replications", "seed",
            "batches"},
    "Station": {"equipment", "size", "amount_per_part", "parameters", "max_renewals", *COUNTED},
    "Machine": COUNTED,
    # `removes`: an engine sees an installation that never ends
    "Option": {"equipment", "size", "amount_per_part", "service_life_y", "uses",
               "resale_book_cny", "resale_book_left_y", "special_equipment",
               "retrofit_basis_cny", "from_", "removes", *COUNTED},
    "Product": {"margin_cny", "area_m2", "energy_level"},
    "Tariff": {"source", "grade"},
    "Energy": {"co2_price_cny_per_t", "natural_gas", "coal", "steam", "compressed_air"},
    "Electricity": {"kgce_per_kwh", "equal_kgce_per_kwh", "convention", "co2_kg_per_kwh", "grid_factor"},
}  # fmt: skip
"""Fields that no engine sees: what is asked of a run, the plan, names of the catalogue, what is made of kWh later."""

USES = ("Behaviour.use_per_h", "Behaviour.use_per_unit")
WAYS = (
    "Behaviour.cycle_time_s as mapping", "Behaviour.setup_time_s as mapping", "Behaviour.crew as CrewNeeds",
    "CrewNeeds.setup as mapping", "CrewNeeds.processing as mapping", "CrewNeeds.repair as mapping",
    "Failure.crew as mapping", "Maintenance.crew as mapping", "Maintenance.renews as list",
    "Station.machines as list", "Station.machines as plain", "Station.buffer as plain", "Station.buffer as mapping",
    "Station.buffer=none", "Station.next as plain", "Station.next as mapping", "Station.next as InTurn",
    "Line.source as Source", "Line.source as list", "ScheduledRenewal.machines as list",
    "ScheduledRenewal.machines as plain", "Heat.load_kwh_per_part as plain", "Heat.load_kwh_per_part as mapping",
    *(f"{place}={carrier}" for place in USES for carrier in CARRIERS if "unit" not in place),
)  # fmt: skip
"""Ways of writing a field that mean another thing to an engine."""


def used(node: object) -> set[str]:
    """Return the features that a plant, or a part of one, sets."""
    out: set[str] = set()
    if isinstance(node, dict):
        out = out.union(*(used(value) for value in node.values()))
    elif isinstance(node, list | tuple):
        out = out.union(*(used(value) for value in node))
    elif isinstance(node, Model):
        cls = type(node)
        for name in cls.model_fields:
            value, place = getattr(node, name), _place(cls, name)
            if _counts(cls, name):
                out |= {place} if name in node.model_fields_set and value is not None else set()
                out |= set(_of_value(place, value, _choices(cls.model_fields[name].annotation)))
                out |= used(value)
    return out


def _of_value(place: str, value: object, choices: set[object]) -> Iterator[str]:
    """Yield what is special in a value: the choice made, the family, the way in which it is written."""
    if isinstance(value, str | bool | type(None)) and value in choices:
        yield f"{place}={value}"
    if place == "Station.buffer" and value is None:
        yield f"{place}=none"
    if place in USES and isinstance(value, dict):
        yield from (f"{place}={carrier}" for carrier in value)
    if value is not None:
        yield f"{place} as {_shape(value)}"


def _shape(value: object) -> str:
    if isinstance(value, Model):
        return type(value).__name__
    if isinstance(value, dict):
        return "mapping"
    return "list" if isinstance(value, list | tuple) else "plain"


def every() -> set[str]:
    """Return all features that an engine may see."""
    out = set(WAYS)
    todo: list[type[Model]] = [Plant]
    known = {Plant}
    while todo:
        cls = todo.pop()
        for name, field in cls.model_fields.items():
            if not _counts(cls, name):
                continue
            out.add(_place(cls, name))
            out |= {f"{_place(cls, name)}={choice}" for choice in _choices(field.annotation)}
            for inner in _models(field.annotation):
                if inner not in known:
                    known.add(inner)
                    todo.append(inner)
    return out


def _counts(cls: type[Model], name: str) -> bool:
    return name not in NOT_PLAYED.get(cls.__name__, ())


def _place(cls: type[Model], name: str) -> str:
    """Return the field with the class that brings it in."""
    home = next(c for c in reversed(cls.__mro__) if name in getattr(c, "model_fields", ()))
    return f"{home.__name__}.{name}"


def _choices(annotation: object) -> set[object]:
    """Return the values that a field may choose from."""
    origin = get_origin(annotation)
    if origin is Literal:
        return set(get_args(annotation))
    if annotation is bool:
        return {True, False}
    if origin is Annotated:
        return _choices(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return set().union(*map(_choices, get_args(annotation)))
    return set()


def _models(annotation: object) -> Iterator[type[Model]]:
    """Yield the nouns that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for inner in get_args(annotation):
        if not isinstance(inner, str | int | float | bool | type(None)):
            yield from _models(inner)
