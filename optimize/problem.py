"""The renewal problem as plain numbers: which machines may be renewed, what that brings, what limits it.

Everything is counted in periods ``t = 0 .. T-1`` and in one unit of money of the user's choice. Three kinds of lists
occur:

- *by period*: one value for each period; a number holds always;
- *by age*: one value for each period in service, the first period in service first; the last value repeats;
- *from p on*: one value for the period ``p`` of the renewal and each one after it; nothing after the last.

>>> problem = parse_problem({
...     "renewal_problem": 1, "periods": {"count": 3},
...     "assets": [{"name": "lathe", "options": [{"name": "cnc", "cost": 100, "saving": 60}]}]})
>>> problem.assets[0].options[0].saving
(60.0,)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from models.errors import DataError, Problem


def _as_list(value: object) -> object:
    """Return a number as a list of one; leave all else to the type that follows."""
    return (value,) if isinstance(value, int | float) else value


def _as_whole(value: object) -> object:
    """Return a whole number written as 4.0 as 4 (JSON makes no difference); leave all else to the type that follows."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_text(value: object) -> object:
    """Return a label that is a number, e.g. the year 2026, as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _list_or_number(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "number"


Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0)]
Whole = Annotated[int, Field(strict=True, ge=0), BeforeValidator(_as_whole)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_as_whole)]
Period = Whole
Name = Annotated[str, Field(min_length=1)]

ByAge = Annotated[tuple[Number, ...], BeforeValidator(_as_list), Field(min_length=1)]
NotNegativeByAge = Annotated[tuple[NotNegative, ...], BeforeValidator(_as_list), Field(min_length=1)]
FromP = Annotated[tuple[Number, ...], BeforeValidator(_as_list)]
NotNegativeFromP = Annotated[tuple[NotNegative, ...], BeforeValidator(_as_list)]
ByPeriod = Annotated[
    Annotated[Number, Tag("number")] | Annotated[tuple[Number, ...], Tag("list")],
    Discriminator(_list_or_number),
]
NotNegativeByPeriod = Annotated[
    Annotated[NotNegative, Tag("number")] | Annotated[tuple[NotNegative, ...], Tag("list")],
    Discriminator(_list_or_number),
]
Periods = tuple[Period, ...]
ZERO: tuple[float, ...] = (0.0,)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PeriodGrid(_Frozen):
    """How many periods, how long each, what they are called."""

    count: AtLeastOne
    years_each: Annotated[Number, Field(gt=0)] = 1.0
    labels: tuple[Annotated[str, BeforeValidator(_as_text)], ...] | None = None


When = Literal["start", "middle", "end"]


class Discount(_Frozen):
    """Present value of money by period: from a yearly rate, or the factors themselves."""

    rate_per_year: Annotated[Number, Field(gt=-1)] | None = None
    capex: When = "start"
    operation: When = "end"
    factors: tuple[NotNegative, ...] | None = None


class Budget(_Frozen):
    """Money for renewals by period or year."""

    amounts: ByPeriod
    every: Literal["period", "year"] = "period"
    carry_over: bool = False


class Resource(_Frozen):
    """A further limit on what the renewals use, e.g. crew days."""

    max: ByPeriod | None = None
    min: ByPeriod | None = None
    every: Literal["period", "year", "horizon"] = "period"


class Pool(_Frozen):
    """Money that renewals draw on together, e.g. a grant with a cap per project; outside the budget, after tax.

    Of what the options claim, at most ``max`` is paid over all periods, first where it is worth most; one unit paid in
    a period is worth ``worth`` at the value of operation in that period.
    """

    max: NotNegative
    worth: NotNegativeByPeriod = 1.0


class Product(_Frozen):
    """One of several products of a line; ``load`` is the capacity one unit takes at a station (1 where not given)."""

    name: Name
    margin: NotNegativeByPeriod
    demand_per_h: NotNegativeByPeriod | None = None
    load: Mapping[str, NotNegative] = Field(default_factory=dict)


class Line(_Frozen):
    """A line: its stations in a row, hours per period, and what a unit of output is worth."""

    name: Name
    stations: tuple[Name, ...]
    hours: NotNegativeByPeriod
    margin: NotNegativeByPeriod | None = None
    demand_per_h: NotNegativeByPeriod | None = None
    products: tuple[Product, ...] = ()
    downtime_limit_h: ByPeriod | None = None
    allowed_periods: Periods | None = None


class Option(_Frozen):
    """What a machine may be renewed with; all amounts are for one machine."""

    name: Name
    cost: FromP | None = None
    cost_by_period: tuple[Number, ...] | None = None
    capacity_per_h: NotNegativeByAge | None = None
    capacity_gain_per_h: ByAge | None = None
    saving: ByAge = ZERO
    running_cost: ByAge = ZERO
    carrier_saving: Mapping[str, ByAge] = Field(default_factory=dict)
    cash: FromP = ()
    cash_by_period: tuple[Number, ...] | None = None
    claims: Mapping[str, NotNegativeByPeriod] = Field(default_factory=dict)
    downtime_h: NotNegativeFromP = ()
    uses: Mapping[str, FromP] = Field(default_factory=dict)
    quantities: Mapping[str, ByAge] = Field(default_factory=dict)
    resale: ByAge = ZERO
    residual: ByAge = ZERO
    max_age: Whole | None = None
    starts_after: Whole = 1
    follows: tuple[str, ...] | None = Field(default=None, alias="from")
    allowed_periods: Periods | None = None


class Asset(_Frozen):
    """A machine, or ``count`` identical ones, as they are at the start."""

    name: Name
    line: str | None = None
    station: str | None = None
    count: AtLeastOne = 1
    capacity_per_h: NotNegativeByAge | None = None
    running_cost: ByAge = ZERO
    resale: ByAge = ZERO
    age: Whole = 0
    max_age: Whole | None = None
    quantities: Mapping[str, ByAge] = Field(default_factory=dict)
    max_renewals: Whole = 1
    options: tuple[Option, ...] = ()


References = Annotated[tuple[str, ...], Field(min_length=1)]


class Together(_Frozen):
    """All in the same period, or none."""

    together: References


class Order(_Frozen):
    """``then`` at the earliest ``gap`` periods after ``first``."""

    first: str
    then: str
    gap: Whole = 1


class After(_Frozen):
    """One renewal waits for another."""

    after: Order


class Exclude(_Frozen):
    """At most one of these is renewed."""

    exclude: References


class Implication(_Frozen):
    """``then`` is renewed if ``when`` is (written ``if``)."""

    when: str = Field(alias="if")
    then: str


class Requires(_Frozen):
    """One renewal needs another."""

    requires: Implication


class Choose(_Frozen):
    """At least ``min`` and at most ``max`` of these are renewed."""

    choose: References
    min: Whole = 0
    max: Whole | None = None


class Must(_Frozen):
    """Renewed in period ``by`` at the latest (without ``by``: within the horizon)."""

    must: str
    by: Period | None = None


RULE_KINDS = ("together", "after", "exclude", "requires", "choose", "must")


def _rule_kind(value: object) -> str | None:
    keys = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, _Frozen) else ()
    return next((kind for kind in RULE_KINDS if kind in keys), None)


Rule = Annotated[
    Annotated[Together, Tag("together")]
    | Annotated[After, Tag("after")]
    | Annotated[Exclude, Tag("exclude")]
    | Annotated[Requires, Tag("requires")]
    | Annotated[Choose, Tag("choose")]
    | Annotated[Must, Tag("must")],
    Discriminator(
        _rule_kind,
        custom_error_type="rule_kind",
        custom_error_message="a rule is one of together, after, exclude, requires, choose, must",
    ),
]


class Target(_Frozen):
    """A limit on the sum of a quantity over all machines in service, in each period from ``start`` (``from``) on."""

    quantity: str
    min: Number | None = None
    max: Number | None = None
    start: Period = Field(default=0, alias="from")


GoalKind = Literal["gain", "output", "margin", "quantity", "cost"]


class Goal(_Frozen):
    """What a plan is judged by: the gain, what lines make, a quantity of what is in service, or money spent.

    ``over`` sums over the horizon, or looks at the last period (``end``). ``limit`` is the least (of a goal that is
    better the more) or the most (the less) that a plan may reach. Goals with a ``weight`` are added up and maximised
    in place of the gain; those that are better the less count negative.
    """

    name: Name
    of: GoalKind
    quantity: str | None = None
    line: str | None = None
    better: Literal["more", "less"] | None = None
    over: Literal["horizon", "end"] = "horizon"
    limit: Number | None = None
    weight: NotNegative | None = None

    @property
    def sign(self) -> float:
        """Return 1 where more is better, -1 where less is; by itself a quantity or cost is better the less."""
        usual = "less" if self.of in {"quantity", "cost"} else "more"
        return 1.0 if (self.better or usual) == "more" else -1.0


def _for_all(value: object) -> object:
    """Return a number or list as what holds for all names."""
    return {"*": value} if isinstance(value, int | float | list | tuple) else value


FactorsByPeriod = Annotated[Mapping[str, NotNegativeByPeriod], BeforeValidator(_for_all)]
Factors = Annotated[Mapping[str, NotNegative], BeforeValidator(_for_all)]


class Scenario(_Frozen):
    """One way the world may go, as factors on the problem as it is written.

    Factors on demand and margin are by line, on prices by carrier, on options by ``asset/option`` or ``asset``; ``*``
    stands for all others, and so does a number or list in place of names. ``capacity_factor`` is on the capacity of
    an option (on its gain where it has one), ``saving_factor`` on what it saves, by carrier or in money.
    """

    name: Name
    probability: NotNegative
    demand_factor: FactorsByPeriod = Field(default_factory=dict)
    margin_factor: FactorsByPeriod = Field(default_factory=dict)
    price_factor: FactorsByPeriod = Field(default_factory=dict)
    capacity_factor: Factors = Field(default_factory=dict)
    saving_factor: Factors = Field(default_factory=dict)


class RenewalProblem(_Frozen):
    """The whole problem; every reference in it names something that exists."""

    renewal_problem: Annotated[Literal[1], BeforeValidator(_as_whole)]
    periods: PeriodGrid
    discount: Discount = Discount()
    budget: Budget | None = None
    resources: Mapping[str, Resource] = Field(default_factory=dict)
    prices: Mapping[str, ByPeriod] = Field(default_factory=dict)
    pools: Mapping[str, Pool] = Field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    max_lines_down: Whole | None = None
    assets: tuple[Asset, ...] = ()
    rules: tuple[Rule, ...] = ()
    targets: tuple[Target, ...] = ()
    goals: tuple[Goal, ...] = ()
    scenarios: tuple[Scenario, ...] = ()

    @model_validator(mode="after")
    def _references_exist(self) -> RenewalProblem:
        from optimize.references import reference_errors  # needs the classes above

        problems = reference_errors(self)
        if problems:
            raise DataError(problems)
        return self


def parse_problem(data: object) -> RenewalProblem:
    """Return the problem held in ``data`` (what a JSON file holds).

    Raises:
        DataError: With all that is wrong.

    >>> parse_problem({"renewal_problem": 1, "periods": {"count": 0}})
    Traceback (most recent call last):
    models.errors.DataError: periods.count: 0; must be greater than or equal to 1
    """
    try:
        return RenewalProblem.model_validate(data)
    except ValidationError as error:
        from optimize.misreadings import problems_of  # needed only here

        raise DataError(problems_of(RenewalProblem, data, error)) from None


def read_problem(path: str | Path) -> RenewalProblem:
    """Return the problem of a JSON file.

    Raises:
        DataError: The file is no JSON, or the problem in it is wrong.
    """
    name = Path(path).name
    twice: list[Problem] = []
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        data = json.loads(text, object_pairs_hook=lambda pairs: _mapping(pairs, twice, name))
    except UnicodeDecodeError:
        raise DataError([Problem(name, "not UTF-8 text", "must be a JSON document")]) from None
    except json.JSONDecodeError as error:
        where = f"{name} line {error.lineno} column {error.colno}"
        raise DataError([Problem(where, f"no JSON: {error.msg}", "must be a JSON document")]) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, thousands of brackets
        raise DataError([Problem(name, f"cannot be read: {error}", "must be a JSON document of usual size")]) from None
    if twice:
        raise DataError(twice)
    return parse_problem(data)


def write_problem(problem: RenewalProblem, path: str | Path) -> None:
    """Write the problem as JSON that :func:`read_problem` reads back as the same problem."""
    text = problem.model_dump_json(by_alias=True, exclude_defaults=True, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _mapping(pairs: list[tuple[str, Any]], twice: list[Problem], name: str) -> dict[str, Any]:
    """Return a JSON mapping; a key that stands there twice is added to ``twice``."""
    for number, (key, _) in enumerate(pairs):
        if any(key == other for other, _ in pairs[:number]):
            twice.append(Problem(name, f"key {key!r} twice in one mapping", "each key may stand once"))
    return dict(pairs)
