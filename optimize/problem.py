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
    WithJsonSchema,
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


def _number_or_list(fewest: int, least: float | None = None) -> WithJsonSchema:
    """Return the JSON Schema of a list that may be written as one number."""
    number = {"type": "number"} | ({} if least is None else {"minimum": least})
    return WithJsonSchema({"anyOf": [number, {"type": "array", "items": number, "minItems": fewest}]})


ByAge = Annotated[tuple[Number, ...], BeforeValidator(_as_list), Field(min_length=1), _number_or_list(1)]
NotNegativeByAge = Annotated[
    tuple[NotNegative, ...], BeforeValidator(_as_list), Field(min_length=1), _number_or_list(1, 0)
]
FromP = Annotated[tuple[Number, ...], BeforeValidator(_as_list), _number_or_list(0)]
NotNegativeFromP = Annotated[tuple[NotNegative, ...], BeforeValidator(_as_list), _number_or_list(0, 0)]
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
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


class PeriodGrid(_Frozen):
    """How many periods, how long each, what they are called."""

    count: AtLeastOne
    """Number T of periods t = 0 .. T-1."""
    years_each: Annotated[Number, Field(gt=0)] = 1.0
    """Length of a period in years: 1, 0.5, 0.25 (a quarter), 0.0833 (a month), .."""
    labels: tuple[Annotated[str, BeforeValidator(_as_text)], ...] | None = None
    """What to call the periods, T of them."""


When = Literal["start", "middle", "end"]


class Discount(_Frozen):
    """Present value of money by period: from a yearly rate, or the factors themselves."""

    rate_per_year: Annotated[Number, Field(gt=-1)] | None = None
    """Share a year, e.g. 0.08; 0 where neither this nor ``factors`` is given."""
    capex: When = "start"
    """When in its period the price is paid, and resale got."""
    operation: When = "end"
    """When in its period all other money comes and goes."""
    factors: tuple[NotNegative, ...] | None = None
    """Instead of a rate: the present value of one unit of money, T of them, for price and operation alike; the last one
    also for ``residual``."""


class Budget(_Frozen):
    """Money for renewals by period or year."""

    amounts: ByPeriod
    """Money, any sign, by period or year: one number or one for each."""
    every: Literal["period", "year"] = "period"
    """Whether an amount is there for a period or for a year."""
    carry_over: bool = False
    """Whether what is left goes on to the next period or year."""


class Resource(_Frozen):
    """A further limit on what the renewals use, e.g. crew days."""

    max: ByPeriod | None = None
    """The most that may be used, any sign: one number or one for each period or year."""
    min: ByPeriod | None = None
    """The least that must be used, any sign."""
    every: Literal["period", "year", "horizon"] = "period"
    """Whether the limits hold for each period, each year or the whole horizon."""


class Pool(_Frozen):
    """Money that renewals draw on together, e.g. a grant with a cap per project; outside the budget, after tax.

    Of what the options claim, at most ``max`` is paid over all periods, first where it is worth most; one unit paid in
    a period is worth ``worth`` at the value of operation in that period.
    """

    max: NotNegative
    """The most that is paid over all periods."""
    worth: NotNegativeByPeriod = 1.0
    """What one unit paid in a period is worth then; by period."""


class Product(_Frozen):
    """One of several products of a line; ``load`` is the capacity one unit takes at a station (1 where not given)."""

    name: Name
    """Unlike all others of its kind."""
    margin: NotNegativeByPeriod
    """Money per unit; by period."""
    demand_per_h: NotNegativeByPeriod | None = None
    """The most that is wanted, units per hour; by period. Without it stations alone limit the output."""
    load: Mapping[str, NotNegative] = Field(default_factory=dict)
    """Capacity that one unit takes, by station; 1 where not given, 0 where it passes by."""


class Line(_Frozen):
    """A line: its stations in a row, hours per period, and what a unit of output is worth."""

    name: Name
    """Unlike all others of its kind."""
    stations: tuple[Name, ...]
    """Names of the stations in a row; the weakest limits the output. Their machines are the assets that name them."""
    hours: NotNegativeByPeriod
    """Working hours of a period; by period."""
    margin: NotNegativeByPeriod | None = None
    """Money per unit of output; by period. Required unless there are ``products``."""
    demand_per_h: NotNegativeByPeriod | None = None
    """The most that is wanted, units per hour; by period."""
    products: tuple[Product, ...] = ()
    """Instead of ``margin`` and ``demand_per_h``: several products that share the stations, mixed to bring most."""
    downtime_limit_h: ByPeriod | None = None
    """The most hours that the machines of the line may stand still for installation, added up; by period."""
    allowed_periods: Periods | None = None
    """Periods in which machines of the line may be renewed."""


class Option(_Frozen):
    """What a machine may be renewed with; all amounts are for one machine."""

    name: Name
    """Unlike all others of its kind."""
    cost: FromP | None = None
    """Price: a number, paid in the period p of the renewal, or a list from p on; may be negative (a sale)."""
    cost_by_period: tuple[Number, ...] | None = None
    """Instead of ``cost``: the price if bought in that period, T of them."""
    capacity_per_h: NotNegativeByAge | None = None
    """Units per hour of one machine; by age."""
    capacity_gain_per_h: ByAge | None = None
    """Instead of ``capacity_per_h``: units per hour more than the machine as it was at the start; by age."""
    saving: ByAge = ZERO
    """Money per period, against the machine as it was at the start; by age."""
    running_cost: ByAge = ZERO
    """Money per period; by age. That of the machine before counts no more."""
    carrier_saving: Mapping[str, ByAge] = Field(default_factory=dict)
    """Amount per period by carrier, valued by ``prices``; by age."""
    cash: FromP = ()
    """Further money, after tax, not from the budget (grant, tax credit): a number in p, or a list from p on."""
    cash_by_period: tuple[Number, ...] | None = None
    """Such money in p alone, by the period of the renewal, T of them (a grant that ends on a date); beside ``cash``."""
    claims: Mapping[str, NotNegativeByPeriod] = Field(default_factory=dict)
    """Amount claimed of each pool in the period of the renewal; by period of the renewal."""
    downtime_h: NotNegativeFromP = ()
    """Hours that the machine stands still: a number in p, or a list from p on."""
    uses: Mapping[str, FromP] = Field(default_factory=dict)
    """Amount of each resource, any sign: a number in p, or a list from p on."""
    quantities: Mapping[str, ByAge] = Field(default_factory=dict)
    """Amounts that count for ``targets`` while this is in service; by age."""
    resale: ByAge = ZERO
    """Money got when this is replaced in turn; by age."""
    residual: ByAge = ZERO
    """Money that it is worth at the end of the horizon; by periods in service then."""
    max_age: Whole | None = None
    """Most periods in service."""
    starts_after: Whole = 1
    """Periods from the renewal until it is in service; the old machine works until then. It can be renewed again once
    it is in service."""
    follows: tuple[str, ...] | None = Field(default=None, alias="from")
    """What it may replace: names of options, and the asset's own name for the machine as it was. Anything, where not
    given."""
    allowed_periods: Periods | None = None
    """Periods in which it may be bought."""


class Asset(_Frozen):
    """A machine, or ``count`` identical ones, as they are at the start."""

    name: Name
    """Unlike all others of its kind."""
    line: str | None = None
    """Line and station that it works at; neither for one that makes nothing."""
    station: str | None = None
    """See ``line``."""
    count: AtLeastOne = 1
    """Number of identical machines; all amounts are for one."""
    capacity_per_h: NotNegativeByAge | None = None
    """Units per hour; by age. Required at a station."""
    running_cost: ByAge = ZERO
    """Money per period; by age."""
    resale: ByAge = ZERO
    """Money got when it is replaced; by age."""
    age: Whole = 0
    """Periods in service before period 0: in period t it is in its (age + t + 1)-th."""
    max_age: Whole | None = None
    """Most periods in service, those before period 0 counted."""
    quantities: Mapping[str, ByAge] = Field(default_factory=dict)
    """Amounts that count for ``targets`` while the machine is as it was; by age."""
    max_renewals: Whole = 1
    """How often one machine may be renewed; 0: never."""
    options: tuple[Option, ...] = ()
    """What it may be renewed with."""


References = Annotated[tuple[str, ...], Field(min_length=1)]


class Together(_Frozen):
    """All in the same period, or none."""

    together: References
    """References: ``asset`` or ``asset/option``. Of a group, one machine is enough."""


class Order(_Frozen):
    """``then`` at the earliest ``gap`` periods after ``first``."""

    first: str
    """Every machine of it must have been renewed."""
    then: str
    gap: Whole = 1
    """Periods in between; 0: the same period will do."""


class After(_Frozen):
    """One renewal waits for another."""

    after: Order


class Exclude(_Frozen):
    """At most one of these is renewed."""

    exclude: References
    """References."""


class Implication(_Frozen):
    """``then`` is renewed if ``when`` is (written ``if``)."""

    when: str = Field(alias="if")
    """Any machine of it."""
    then: str
    """Every machine of it."""


class Requires(_Frozen):
    """One renewal needs another."""

    requires: Implication


class Choose(_Frozen):
    """At least ``min`` and at most ``max`` of these are renewed."""

    choose: References
    """References; a group counts once."""
    min: Whole = 0
    """The least number of them."""
    max: Whole | None = None
    """The greatest number of them; all, where not given."""


class Must(_Frozen):
    """Renewed in period ``by`` at the latest (without ``by``: within the horizon)."""

    must: str
    """Reference; every machine of it."""
    by: Period | None = None
    """The last period in which it may happen; the horizon, where not given."""


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
    """A name among the ``quantities`` of assets and options."""
    min: Number | None = None
    """The least sum, any sign."""
    max: Number | None = None
    """The greatest sum, any sign."""
    start: Period = Field(default=0, alias="from")
    """First period in which it holds."""


GoalKind = Literal["gain", "output", "margin", "quantity", "cost"]


class Goal(_Frozen):
    """What a plan is judged by: the gain, what lines make, a quantity of what is in service, or money spent.

    ``over`` sums over the horizon, or looks at the last period (``end``). ``limit`` is the least (of a goal that is
    better the more) or the most (the less) that a plan may reach. Goals with a ``weight`` are added up and maximised
    in place of the gain; those that are better the less count negative.
    """

    name: Name
    """Unlike all others of its kind."""
    of: GoalKind
    """The gain, units made, their margin, a quantity of what is in service, or money spent on renewals."""
    quantity: str | None = None
    """Which quantity, for ``of: quantity``."""
    line: str | None = None
    """Which line, for output and margin; all, where not given."""
    better: Literal["more", "less"] | None = None
    """By itself less of a quantity or cost, more of all else."""
    over: Literal["horizon", "end"] = "horizon"
    """The sum over all periods, or the last period alone."""
    limit: Number | None = None
    """The least that a plan must reach where more is better, else the most."""
    weight: NotNegative | None = None
    """What one unit counts in the sum that is maximised in place of the gain."""

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
    """Unlike all others of its kind."""
    probability: NotNegative
    """All add up to 1."""
    demand_factor: FactorsByPeriod = Field(default_factory=dict)
    """On the demand, by line; by period."""
    margin_factor: FactorsByPeriod = Field(default_factory=dict)
    """On the margin, by line; by period."""
    price_factor: FactorsByPeriod = Field(default_factory=dict)
    """On the prices, by carrier; by period."""
    capacity_factor: Factors = Field(default_factory=dict)
    """On the capacity of options, or on their gain."""
    saving_factor: Factors = Field(default_factory=dict)
    """On what options save, in money or by carrier."""


class RenewalProblem(_Frozen):
    """The whole problem; every reference in it names something that exists."""

    renewal_problem: Annotated[Literal[1], BeforeValidator(_as_whole)]
    """Version of the format."""
    periods: PeriodGrid
    discount: Discount = Discount()
    budget: Budget | None = None
    """Limit on the prices paid; none, where not given."""
    resources: Mapping[str, Resource] = Field(default_factory=dict)
    """Further limits by name: crew days, floor, kW of the grid, .."""
    prices: Mapping[str, ByPeriod] = Field(default_factory=dict)
    """Money per unit of each carrier; by period."""
    pools: Mapping[str, Pool] = Field(default_factory=dict)
    """Money that renewals claim together, by name."""
    lines: tuple[Line, ...] = ()
    max_lines_down: Whole | None = None
    """The most lines with a renewal in the same period."""
    assets: tuple[Asset, ...] = ()
    rules: tuple[Rule, ...] = ()
    targets: tuple[Target, ...] = ()
    """Limits on sums of ``quantities``."""
    goals: tuple[Goal, ...] = ()
    """What a plan is judged by beside the gain."""
    scenarios: tuple[Scenario, ...] = ()
    """Ways the world may go; their probabilities add up to 1."""

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


def problem_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a renewal problem, with the meaning of every field.

    >>> sorted(problem_schema()["required"])
    ['periods', 'renewal_problem']
    """
    schema = RenewalProblem.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "renewline renewal problem"}


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
