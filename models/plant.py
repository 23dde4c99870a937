"""A plant: lines, people, products, energy; how to run it; and what may be renewed."""

from datetime import date, datetime
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import ConfigDict, Field, Strict, field_validator, model_validator

from models.base import Count, Model, NonNegative, Number, Places, Positive, Share
from models.calendar import Calendar
from models.energy import Energy
from models.finance import Incentive, Loan, PricePath, TaxRules
from models.line import Line, Product
from models.own_type import OwnType
from models.people import People
from models.renewal_terms import CO2Price, Limit, Prices, Targets, Window

PERIODS_PER_YEAR = {"month": 12, "quarter": 4, "year": 1}


class PlantInfo(Model):
    """Who this is."""

    name: str = "plant"
    """What the reports call the plant."""
    industry: str | None = None
    """Key of the industry, e.g. machinery, textiles, steel_pipe."""
    region: str | None = None
    """Where it stands; for the reader."""
    note: str = ""
    """Anything worth telling the reader."""


class Run(Model):
    """How to run a simulation; the command line overrides it."""

    start: datetime = datetime(2026, 1, 1)
    """First moment of the run; fixes weekdays, tariff months and holidays."""
    horizon_h: Positive = 8760.0
    """Hours simulated; counted is warm-up < time <= horizon."""
    warm_up_h: NonNegative | Literal["auto"] = 0.0
    """Hours at the start that do not count; ``auto``: chosen by MSER-5 from pilot runs."""
    replications: Count | Literal["auto"] = 10
    """Independent runs, each with streams of its own; ``auto``: as many as ``precision`` needs."""
    precision: Positive = 0.02
    """With ``replications: auto``: half-width of the 95 % interval wanted, as a share of the mean."""
    precision_of: tuple[str, ...] = Field(("throughput_per_h", "wip", "lead_time_h"), min_length=1)
    """Figures it must hold for: a key of every line, or one place, ``line/key`` or ``line/station/key``."""
    max_replications: Annotated[int, Strict(), Ge(20)] = 200
    """Most that ``auto`` may make; a result that needs more says so."""
    batches: Annotated[int, Strict(), Ge(2)] | None = None
    """Instead of replications: one long run, its counted time cut into so many equal batches."""
    seed: Places = 1
    """Of all random streams; same seed, same results."""

    @model_validator(mode="after")
    def _ordered(self) -> "Run":
        if self.warm_up_h != "auto" and self.warm_up_h >= self.horizon_h:
            raise ValueError("warm_up_h is not before horizon_h")
        if self.batches is not None and self.replications == "auto":
            raise ValueError("batches are cut from one long run; they do not go with replications: auto")
        return self


class ScheduledRenewal(Model):
    """A renewal during the run."""

    line: str
    """Name of the line."""
    station: str
    """Name of the station."""
    machines: Count | tuple[str, ...] = 1
    """How many (from the first not yet renewed), or which."""
    option: str
    """Name of the option."""
    at: NonNegative | date
    """Hours since the start of the run, or a date."""
    one_by_one: bool = False
    """Each machine leaves only when the one before works again; default all at once."""


class After(Model):
    """An order of two renewals."""

    first: str
    """What comes first."""
    then: str
    """What waits for it."""
    gap: Places = 1
    """Fewest periods between the two."""


class Requires(Model):
    """If one is renewed, so is the other."""

    model_config = ConfigDict(populate_by_name=True)
    if_: str = Field(alias="if")
    """If this is renewed,"""
    then: str
    """so is this."""


class Rule(Model):
    """One rule on renewals; exactly one kind is given.

    References are written ``line/station`` or ``line/station/option``.
    """

    together: tuple[str, ...] | None = None
    """In the same period or not at all."""
    after: After | None = None
    """One renewal waits for another."""
    exclude: tuple[str, ...] | None = None
    """At most one of them."""
    requires: Requires | None = None
    """One renewal needs another."""
    choose: tuple[str, ...] | None = None
    """Of these at least ``min`` and at most ``max`` are renewed."""
    exactly_one: tuple[str, ...] | None = None
    """One of these is renewed, no more."""
    must: str | None = None
    """All machines of this station are renewed,"""
    by: str | None = None
    """at the latest in the period of this month (YYYY-MM)."""
    must_by: str | None = None
    """At the latest in the period of this month (YYYY-MM) all machines are renewed for which ``when`` is true."""
    when: Literal["below_entry_level"] | None = None
    """``below_entry_level``: equipment whose ``energy_standing`` is ``below_entry``."""
    min: Places = 0
    """Of ``choose``."""
    max: Places | None = None
    """Of ``choose``; none = all."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Rule":
        kinds = ("together", "after", "exclude", "requires", "choose", "exactly_one", "must", "must_by")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"give exactly one of {', '.join(kinds)}")
        if (self.must is None) != (self.by is None):
            raise ValueError("must and by belong together")
        if (self.must_by is None) != (self.when is None):
            raise ValueError("must_by and when belong together")
        if self.choose is None and self.model_fields_set & {"min", "max"}:
            raise ValueError("min and max go with choose")
        if self.max is not None and self.max < self.min:
            raise ValueError("max is below min")
        return self


class PlantScenario(Model):
    """One way in which the coming years may go; factors on what the file says, all years alike."""

    name: str = Field(min_length=1)
    """What tables call it."""
    probability: Share
    """All scenarios together: 1."""
    demand_factor: Positive = 1.0
    """On the orders of every line whose source is not saturated."""
    margin_factor: NonNegative = 1.0
    """On the margin of every product."""
    price_factor: dict[str, NonNegative] = {}
    """On the price of a carrier, e.g. ``{electricity: 1.3}``; ``co2`` for the price of CO2."""
    new_machines: Literal["low", "typical", "high"] = "typical"
    """Performance of new equipment: ``low``, ``high``: what it takes from the catalogue at the worse or better end of
    its range."""
    speed_factor: Positive = 1.0
    """On the speed of every option; for equipment that is not from the catalogue."""


class Uncertainty(Model):
    """What is not known of the coming years, as scenarios."""

    scenarios: tuple[PlantScenario, ...] = Field(min_length=1)
    """Together they are all that may happen."""

    @model_validator(mode="after")
    def _adds_up(self) -> "Uncertainty":
        total = sum(scenario.probability for scenario in self.scenarios)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"probabilities add up to {total:.6g}, not to 1")
        names = [scenario.name for scenario in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError("two scenarios have the same name")
        return self


class Renewal(Model):
    """The renewal plan's frame: horizon, money, limits, rules."""

    start: str = Field(default="2026-01", pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    """First month of the plan, YYYY-MM."""
    years: Count = 5
    """Length of the plan."""
    period: Literal["month", "quarter", "year"] = "quarter"
    """Step of the plan."""
    discount_rate: NonNegative = 0.10
    """Per year, e.g. 0.10 for a firm's hurdle rate."""
    budget_cny: dict[int, NonNegative] | None = None
    """Money for equipment by plan year (named by the calendar year in which it begins); a year left out has none.
    No entry at all: no limit."""
    carry_over: bool = True
    """What a year leaves is added to the next."""
    downtime_h_per_period: dict[str, NonNegative] = {}
    """By line: most scheduled machine hours lost to installation in a period."""
    limits: dict[str, Number | Limit] = {}
    """Further resources: most per period, or ``{max, min, every}``; options say what they use."""
    windows: dict[str, Window] = {}
    """By line: when it may stand still for installation, e.g. in the holiday shutdown."""
    targets: Targets = Targets()
    """What the plan must reach by when: energy, CO2, NC rate, benchmark share."""
    max_lines_down: Count | None = None
    """Most lines with an installation in one period."""
    rules: tuple[Rule, ...] = ()
    """Which renewals belong together, wait for each other, exclude each other, must come by a date."""
    tax: TaxRules = TaxRules()
    """Income tax and depreciation."""
    loan: Loan | None = None
    """How purchases are financed; none = from the budget alone."""
    incentives: tuple[Incentive, ...] = ()
    """Grants, tax credits, interest subsidies: names of the catalogue, ``{like: name, ..}``, or written out; none that
    is not named here."""
    prices: Prices = Prices()
    """How prices of energy, equipment and products develop; default: as they are."""
    co2_price_cny_per_t: CO2Price | None = None
    """Price of CO2 by calendar year, in place of the one in ``energy``."""
    demand: dict[str, PricePath] = {}
    """By line: how its orders grow, a rate per year or factors by year; only where the source is ``demand_per_h``."""
    replications: Count = 4
    """Replications of the play-back over the whole horizon."""
    weights: dict[Literal["money", "output", "energy", "co2"], NonNegative] = {}
    """What a CNY of gain, a part more, a tce and a tonne of CO2 less are worth: marks a point of ``plan --pareto``."""
    uncertainty: Uncertainty | None = None
    """Scenarios for ``plan --robust``."""

    @field_validator("budget_cny")
    @classmethod
    def _some_year(cls, budget: dict[int, float] | None) -> dict[int, float] | None:
        if budget == {}:
            raise ValueError("no year given; leave budget_cny out for no limit")
        return budget

    @property
    def begins(self) -> datetime:
        """Return the first moment of the plan."""
        year, month = self.start.split("-")
        return datetime(int(year), int(month), 1)

    @property
    def periods(self) -> int:
        """Return the number of periods."""
        return self.years * PERIODS_PER_YEAR[self.period]

    def bounds(self) -> list[datetime]:
        """Return the first moment of each period, and the end of the last."""
        months = 12 // PERIODS_PER_YEAR[self.period]
        first = self.begins
        starts = []
        for n in range(self.periods + 1):
            month0 = first.month - 1 + n * months
            starts.append(datetime(first.year + month0 // 12, month0 % 12 + 1, 1))
        return starts

    def allowed_periods(self, line: str) -> list[int]:
        """Return the periods in which a line may have a renewal."""
        window = self.windows.get(line)
        if window is None:
            return list(range(self.periods))
        if window.periods is not None:
            return [n for n, label in enumerate(self.labels()) if label in window.periods]
        return [n for n in range(self.periods) if self.window_in(line, n) is not None]

    def window_in(self, line: str, period: int) -> tuple[datetime, datetime] | None:
        """Return the first stretch of a period in which a line may stand still; None if there is none."""
        first, last = self.bounds()[period : period + 2]
        window = self.windows.get(line)
        if window is None or window.months is None:
            return (first, last) if window is None or self.labels()[period] in (window.periods or ()) else None
        months = [first]
        while months[-1] < last:
            year, month = divmod(months[-1].year * 12 + months[-1].month, 12)
            months.append(datetime(year, month + 1, 1))
        open_ = [month.month in window.months for month in months[:-1]]
        if not any(open_):
            return None
        begin = open_.index(True)
        end = next((n for n in range(begin, len(open_)) if not open_[n]), len(open_))
        return months[begin], months[end]

    def calendar_years(self) -> list[int]:
        """Return the names of the plan's years: the calendar year in which each begins."""
        return [self.begins.year + n for n in range(self.years)]

    def labels(self) -> list[str]:
        """Return the names of the periods: ``2026-Q2``, ``2026-04`` or ``2026``."""
        starts = self.bounds()[:-1]
        if self.period == "year":
            return [str(s.year) for s in starts]
        if self.period == "quarter" and self.begins.month % 3 == 1:
            return [f"{s.year}-Q{(s.month + 2) // 3}" for s in starts]
        return [f"{s.year}-{s.month:02}" for s in starts]


class Assumption(Model):
    """A number in the file that is nobody's measurement, with its origin."""

    what: str
    """The number, in plain words."""
    value: str
    """The value in force."""
    grade: Literal["A", "B", "C"]
    """A official text, B secondary text or a well-known figure, C estimate."""
    source: str
    """Where it comes from."""
    note: str = ""
    """Range, doubts, what to replace it by."""


class Plant(Model):
    """One plant file."""

    renewline: Literal[1] = 1
    """Format version."""
    plant: PlantInfo = PlantInfo()
    """Name, industry, region."""
    run: Run = Run()
    """Start, horizon, warm-up, replications, seed."""
    calendar: Calendar | None = None
    """Working windows; none = round the clock."""
    energy: Energy = Energy()
    """Carriers with price, standard coal and CO2 per unit."""
    products: tuple[Product, ...] = Field((Product(name="part"),), min_length=1)
    """What the lines make; default one product named part."""
    crews: dict[str, Places | People] = {}
    """People by crew: a size, or a mapping."""
    catalogue: dict[str, OwnType] = {}
    """Equipment types of your own, which stations and options may name: a YAML file, several, or written out here."""
    lines: tuple[Line, ...] = Field(min_length=1)
    """The production lines."""
    schedule: tuple[ScheduledRenewal, ...] = ()
    """Renewals during the run (a plan writes its own)."""
    renewal: Renewal | None = None
    """Frame of a renewal plan: budget, limits, rules."""
    assumptions: tuple[Assumption, ...] = ()
    """Numbers in this file that nobody measured, for the report."""

    def line(self, name: str) -> Line:
        """Return a line by name; KeyError if there is none."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(name)

    def calendar_of(self, line: Line) -> Calendar | None:
        """Return the working windows of a line."""
        return line.calendar or self.calendar

    def mix_of(self, line: Line) -> tuple[str, ...]:
        """Return the products that a line makes."""
        return line.mix.products() if line.mix else (self.products[0].name,)

    def made_on(self, line: Line) -> tuple[str, ...]:
        """Return the products found on a line: of its sources, in their order, and what assembly makes of them."""
        made: list[str] = []
        for source in line.sources:
            listed = [getattr(a, "product", None) or source.product for a in source.arrivals_s or ()]
            given = listed if source.arrivals_s is not None else [source.product]
            made += [*(self.mix_of(line) if None in given else ()), *(p for p in given if p is not None)]
        made += [i.product for i in line.initial if i.product is not None]
        made += [b.output for s in line.stations for b in (s, *s.listed, *s.options) if b.output is not None]
        return tuple(dict.fromkeys(made or self.mix_of(line)))

    def people(self) -> dict[str, People]:
        """Return the crews written out."""
        return {name: People(size=c) if isinstance(c, int) else c for name, c in self.crews.items()}
