"""The base of every noun: frozen, unknown keys refused, numbers must be numbers."""

from typing import Annotated, Any

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict


class Model(BaseModel):
    """Frozen and validated; an unknown key, NaN or infinity is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


def _plain_number(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Refuse text and truth values where a number belongs (pydantic would convert them)."""
    if isinstance(value, bool | str):
        raise ValueError("not a number")
    return value


Number = Annotated[float, BeforeValidator(_plain_number)]
NonNegative = Annotated[Number, Ge(0)]
Positive = Annotated[Number, Gt(0)]
Share = Annotated[Number, Ge(0), Le(1)]
Count = Annotated[int, Strict(), Ge(1)]
Places = Annotated[int, Strict(), Ge(0)]
