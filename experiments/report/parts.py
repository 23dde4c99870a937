"""What pages and terminal share: tables as plain text, and the writer of numbers in one language."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeGuard

from experiments import lang as language
from experiments.words import CARRIERS, OTHER, STATES, Quantity

Document = Mapping[str, Any]
"""A document or a part of one, as written to JSON."""

MISSING = "–"


def with_names(document: Document, lang: str) -> Document:
    """Return the document with equipment called by its name in one language, not by its id.

    >>> names = {"cnc": {"en": "CNC lathe", "zh": "数控车床"}}
    >>> with_names({"names": names, "renewals": [{"option": "cnc"}]}, "zh")["renewals"]
    [{'option': '数控车床'}]
    """
    names: Mapping[str, Mapping[str, str]] = document.get("names", {})

    def called(part: Any) -> Any:  # noqa: ANN401 - any part of a document
        if isinstance(part, Mapping):
            return {
                key: names.get(value, {}).get(lang, value)
                if key in {"option", "from"} and isinstance(value, str)
                else called(value)
                for key, value in part.items()
            }
        return [called(item) for item in part] if isinstance(part, list) else part

    places = ("renewals", "renewal_money", "against", "options", "variants", "points", "rolling", "why")
    return {key: called(value) if key in places else value for key, value in document.items()}


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; numbers are set to the right, dates and numbers are never broken."""

    label: str
    number: bool = True
    date: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table of finished texts; the first cell of a row names the row."""

    title: str
    columns: tuple[Column, ...]
    rows: list[list[str]]
    note: str = ""
    strong: frozenset[int] = frozenset()
    """Rows to set off, by number: sums, and the row the table is about."""


@dataclass(frozen=True)
class Writer:
    """Texts and numbers in one language."""

    lang: str
    t: Callable[[str], str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "t", language.translator(self.lang))

    def words(self, *labels: str) -> tuple[Column, ...]:
        """Return columns of text, their headings translated."""
        return tuple(Column(self.t(label), number=False) for label in labels)

    def dates(self, *labels: str) -> tuple[Column, ...]:
        """Return columns of dates and periods, their headings translated."""
        return tuple(Column(self.t(label), number=False, date=True) for label in labels)

    def numbers(self, *labels: str) -> tuple[Column, ...]:
        """Return columns of numbers, their headings translated."""
        return tuple(Column(self.t(label)) for label in labels)

    def ci(self, value: Any) -> str:  # noqa: ANN401 - a number, {mean, half_width} or None
        """Return a simulated value with its interval."""
        mean, half = pair(value)
        if mean is None:
            return MISSING
        return language.with_interval(mean, half, self.lang) if is_interval(value) else self.num(mean)

    def num(self, value: float | None, digits: int = 4) -> str:
        """Return a plain number."""
        return language.amount(value, "", self.lang, digits) if known(value) else MISSING

    def money(self, value: Any, digits: int = 3) -> str:  # noqa: ANN401
        """Return money in words, with its interval if it has one, else to so many digits."""
        mean, half = pair(value)
        if mean is None:
            return MISSING
        if is_interval(value):
            return language.money_with_interval(mean, half, self.lang)
        return language.money(mean, self.lang, digits)

    @property
    def money_unit(self) -> str:
        """The unit of money in tables and charts."""
        return "万元" if self.lang == "zh" else "thousand CNY"

    @property
    def money_unit_cny(self) -> float:
        """How many CNY one unit of money in tables and charts is."""
        return 1e4 if self.lang == "zh" else 1e3

    def cash(self, value: Any) -> str:  # noqa: ANN401
        """Return money in the unit of tables, to 1,000 CNY, or with its interval."""
        mean, half = pair(value)
        if mean is None:
            return MISSING
        scale = self.money_unit_cny
        if is_interval(value):
            return language.with_interval(mean / scale, None if half is None else half / scale, self.lang)
        return language.fixed(mean / scale, 1 if self.lang == "zh" else 0)

    def percent(self, share: Any, decimals: int = 1) -> str:  # noqa: ANN401
        """Return a share in per cent, with its interval if it has one."""
        mean, half = pair(share)
        if mean is None:
            return MISSING
        if not is_interval(share):
            return language.percent(mean, self.lang, decimals)
        text = language.with_interval(100 * mean, None if half is None else 100 * half, self.lang)
        return f"{text} %" if self.lang == "en" else f"{text}%"

    def in_percent(self, share: Any) -> str:  # noqa: ANN401
        """Return a share in per cent where the table says so, without the sign."""
        return self.percent(share).removesuffix("%").rstrip()

    def quantity(self, value: Any, quantity: Quantity) -> str:  # noqa: ANN401
        """Return a value of a quantity in the unit that stands beside its name."""
        return self.cash(value) if quantity.is_money else self.ci(value)

    def name(self, quantity: Quantity) -> str:
        """Return a quantity's name with its unit; money in the unit of tables."""
        unit = self.t(quantity.unit)
        if quantity.is_money:
            unit = unit.replace(self.t("CNY"), self.money_unit)
        return f"{self.t(quantity.name)} ({unit})" if unit else self.t(quantity.name)

    def state(self, key: str) -> str:
        """Return a machine state's name."""
        return self.t(STATES[key].name if key in STATES else OTHER.name)


def carrier(key: str) -> Quantity:
    """Return the carrier that documents call ``key``.

    >>> carrier("natural_gas_m3")
    Quantity(name='natural gas', unit='m³')
    """
    return CARRIERS.get(key, Quantity(key, ""))


def known(value: float | None) -> TypeGuard[float]:
    """Whether there is a number at all."""
    return value is not None and math.isfinite(value)


def is_interval(value: Any) -> bool:  # noqa: ANN401
    """Whether a value carries an interval."""
    return isinstance(value, Mapping)


def pair(value: Any) -> tuple[float | None, float | None]:  # noqa: ANN401
    """Return mean and half-width; None for what is not there.

    >>> pair({"mean": 2.0, "half_width": 0.5}), pair(3.0), pair(None)
    ((2.0, 0.5), (3.0, None), (None, None))
    """
    mean = value.get("mean") if isinstance(value, Mapping) else value
    half = value.get("half_width") if isinstance(value, Mapping) else None
    return (float(mean) if known(mean) else None), (float(half) if known(half) else None)


class Pairs(NamedTuple):
    """A figure before and after, replication by replication, both on the same streams."""

    before: Sequence[float]
    after: Sequence[float]
    first: int | None = None
    """How many first pairs tell the variance, if their number was chosen by it."""


def change(before: Any, after: Any, runs: Pairs | None = None) -> dict[str, float | None] | None:  # noqa: ANN401
    """Return after - before with the interval of the paired difference.

    Without the replications the two runs count as independent, which makes the interval wider than it is.
    """
    (mean_0, half_0), (mean_1, half_1) = pair(before), pair(after)
    if mean_0 is None or mean_1 is None:
        return None
    mean = mean_1 - mean_0
    half = None if half_0 is None or half_1 is None else math.hypot(half_0, half_1)
    if runs is not None and len(runs.before) == len(runs.after) > 1:
        from sim.output_analysis import paired_interval

        half = paired_interval(runs.before, runs.after, first=runs.first).half_width
    rounding = 1e-9 * max(abs(mean_0), abs(mean_1))  # two equal runs differ in the last bits at most
    if abs(mean) <= rounding and (half or 0.0) <= rounding:
        mean, half = 0.0, None if half is None else 0.0
    return {"mean": mean, "half_width": half}


def relative(before: Any, after: Any, runs: Pairs | None = None) -> dict[str, float | None] | None:  # noqa: ANN401
    """Return the change as a share of the mean before."""
    mean, (difference, half) = pair(before)[0], pair(change(before, after, runs))
    if not mean or difference is None:
        return None
    return {"mean": difference / mean, "half_width": None if half is None else half / abs(mean)}


def joined(items: Iterable[str], t: Callable[[str], str]) -> str:
    """Return items as an enumeration.

    >>> joined(["a", "b"], str)
    'a, b'
    """
    return t(", ").join(items)
