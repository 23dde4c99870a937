"""Energy carriers: what a unit costs, holds in standard coal, and emits; the electricity tariff.

Factors are per unit of the carrier: kgce = kilogram of standard coal equivalent (29.3076 MJ, GB/T 2589-2020),
CO2 as kilogram. Electricity counts with the equivalent value (当量值) unless the plant file says otherwise.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Le, MinLen
from pydantic import Field, field_validator, model_validator

from models.base import Count, Model, NonNegative, Number

SLOTS_PER_DAY = 96  # demand is metered, and tariffs change, by the quarter of an hour


class Default(NamedTuple):
    """A default value with its origin, listed in every report that leans on it."""

    field: str
    value: float
    unit: str
    grade: str
    source: str


_GUIDE = "Provincial GHG inventory guide and NDRC/MEE accounting guides (recalled)"
_COAL = "GB/T 2589-2020 reference coefficient (recalled)"
_EQUAL = "National coal rate of power supply 2023-2024, equal value 等价值 (recalled); range 0.295-0.310"
_PRICE = "Engineering estimate; replace by the contract price"
DEFAULTS: tuple[Default, ...] = (
    Default("electricity.price_cny_per_kwh", 0.65, "CNY/kWh", "C", "Shandong 10 kV flat agent price, estimate"),
    Default("electricity.kgce_per_kwh", 0.1229, "kgce/kWh", "A", "GB/T 2589-2020, equivalent value 当量值"),
    Default("electricity.equal_kgce_per_kwh", 0.302, "kgce/kWh", "B", _EQUAL),
    Default("electricity.co2_kg_per_kwh", 0.641, "kg/kWh", "A", "MEE/NBS announcement, Shandong 2022"),
    Default("natural_gas.price_cny_per_m3", 3.6, "CNY/m3", "C", _PRICE),
    Default("natural_gas.kgce_per_m3", 1.2143, "kgce/m3", "B", _COAL),
    Default("natural_gas.co2_kg_per_m3", 2.1622, "kg/m3", "B", _GUIDE),
    Default("coal.price_cny_per_kg", 0.65, "CNY/kg", "C", _PRICE),
    Default("coal.kgce_per_kg", 0.7143, "kgce/kg", "B", _COAL),
    Default("coal.co2_kg_per_kg", 1.9003, "kg/kg", "B", _GUIDE),
    Default("steam.price_cny_per_t", 240.0, "CNY/t", "C", _PRICE),
    Default("steam.kgce_per_t", 128.6, "kgce/t", "B", _COAL),
    Default("steam.co2_kg_per_t", 413.9, "kg/t", "B", "3,763 MJ/t x 0.11 tCO2/GJ, " + _GUIDE),
    Default("compressed_air.price_cny_per_m3", 0.1, "CNY/m3", "C", "0.12 kWh/m3 plus capital, estimate"),
    Default("compressed_air.kgce_per_m3", 0.04, "kgce/m3", "B", _COAL),
    Default("compressed_air.co2_kg_per_m3", 0.0769, "kg/m3", "C", "0.12 kWh/m3 x Shandong 2022 grid factor"),
)
_DEFAULT = {d.field: d.value for d in DEFAULTS}


def _default(field: str) -> float:
    return Field(default=_DEFAULT[field])


class Band(Model):
    """When a price holds: months and clock hours."""

    band: str
    """Name of the band, one of the tariff's ``bands``."""
    hours: tuple[str, ...]
    """Clock hours, like ``08:00-12:00``, on the quarter of an hour."""
    months: tuple[Count, ...] = tuple(range(1, 13))
    """Months 1 to 12 in which it holds."""

    @field_validator("hours")
    @classmethod
    def _readable(cls, hours: tuple[str, ...]) -> tuple[str, ...]:
        for text in hours:
            slots(text)
        return hours

    @field_validator("months")
    @classmethod
    def _of_the_year(cls, months: tuple[int, ...]) -> tuple[int, ...]:
        if not months or max(months) > 12:
            raise ValueError("months are 1 to 12")
        return months


def slots(hours: str) -> range:
    """Return the quarter hours of the day that ``hours`` covers.

    >>> slots("23:30-24:00")
    range(94, 96)
    """
    try:
        (h1, m1), (h2, m2) = ([int(x) for x in t.split(":")] for t in hours.split("-"))
    except ValueError as error:
        raise ValueError(f"{hours!r} is not written like '08:00-12:00'") from error
    first, last = h1 * 60 + m1, h2 * 60 + m2
    if not 0 <= first < last <= 1440 or first % 15 or last % 15:
        raise ValueError(f"{hours!r} is not a span of one day on the quarter of an hour")
    return range(first // 15, last // 15)


class Tariff(Model):
    """A time-of-use tariff: price by band, bands by month and clock hour, and a demand charge."""

    bands: dict[str, NonNegative]
    """CNY per kWh by band; the first named band holds where ``hours`` says nothing."""
    hours: tuple[Band, ...] = ()
    """Later entries override earlier ones."""
    demand_cny_per_kw_month: NonNegative = 0.0
    """Charge for the highest quarter-hour mean of each month."""
    source: str = ""
    """Where the tariff comes from."""
    grade: str = ""
    """A, B or C."""

    @field_validator("bands")
    @classmethod
    def _not_empty(cls, bands: dict[str, float]) -> dict[str, float]:
        if not bands:
            raise ValueError("a tariff needs at least one band")
        return bands

    def table(self) -> list[list[int]]:
        """Return the number of the band in force: [month - 1][quarter hour of the day]."""
        names = list(self.bands)
        table = [[0] * SLOTS_PER_DAY for _ in range(12)]
        for entry in self.hours:
            for month in entry.months:
                for text in entry.hours:
                    for slot in slots(text):
                        table[month - 1][slot] = names.index(entry.band)
        return table


class Carrier(Model):
    """What one unit of a carrier costs, holds and emits."""

    unit: ClassVar[str]

    def per_unit(self, what: str, year: int | None = None) -> float:
        """Return ``price_cny``, ``kgce`` or ``co2_kg`` per unit of this carrier.

        Args:
            what: Which of the three.
            year: Calendar year, where the factor is dated; default the latest year known.
        """
        return float(getattr(self, f"{what}_per_{self.unit}"))


Year = Annotated[int, Ge(1980), Le(2200)]
ByYear = Annotated[dict[Year, NonNegative], MinLen(1)]


def factor_year(table: Mapping[int, float], year: int | None = None) -> int:
    """Return the year whose factor holds in ``year``: itself, else the latest earlier one, else the first known.

    Args:
        table: Factor by year.
        year: Calendar year; None = the latest known.

    >>> [factor_year({2021: 0.6838, 2022: 0.641}, year) for year in (2020, 2021, 2026, None)]
    [2021, 2021, 2022, 2022]
    """
    earlier = [known for known in table if year is None or known <= year]
    return max(earlier) if earlier else min(table)


class GridFactor(Model):
    """CO2 of grid electricity by calendar year; may be written as the table ``{2024: 0.6, 2025: 0.58}`` alone."""

    co2_kg_per_kwh: ByYear
    """By calendar year. A year left out takes the latest earlier one, a year before all of them the first."""
    region: str = ""
    """Name of the region in the catalogue, if it comes from there."""
    source: str = ""
    """Where the factors come from."""
    grade: str = ""
    """A, B or C; the worst of the years."""

    @model_validator(mode="before")
    @classmethod
    def _table_alone(cls, written: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(written, dict) and written and all(str(key).isdecimal() for key in written):
            return {"co2_kg_per_kwh": written}
        return written


class Electricity(Carrier):
    """Electricity at one price, or by a time-of-use tariff; CO2 by one number, or by year."""

    unit: ClassVar[str] = "kwh"
    price_cny_per_kwh: NonNegative = _default("electricity.price_cny_per_kwh")
    """One price at all hours, where no tariff is given."""
    tariff: Tariff | None = None
    """Takes the place of the single price."""
    kgce_per_kwh: NonNegative = _default("electricity.kgce_per_kwh")
    """Standard coal per kWh, equivalent value 当量值."""
    equal_kgce_per_kwh: NonNegative | ByYear = _default("electricity.equal_kgce_per_kwh")
    """Standard coal per kWh, equal value 等价值 (fuel burnt to supply it): one number, or by calendar year."""
    convention: Literal["equivalent", "equal"] = "equivalent"
    """Value by which results count electricity in standard coal; energy levels always use the equivalent value."""
    co2_kg_per_kwh: NonNegative = _default("electricity.co2_kg_per_kwh")
    """Grid factor, the same in every year."""
    grid_factor: GridFactor | None = None
    """Grid factor by year, takes the place of the single one: a name of the catalogue, or written out."""

    @model_validator(mode="after")
    def _one_grid_factor(self) -> "Electricity":
        if self.grid_factor is not None and "co2_kg_per_kwh" in self.model_fields_set:
            raise ValueError("give either co2_kg_per_kwh or grid_factor")
        return self

    def per_unit(self, what: str, year: int | None = None) -> float:
        """Return price, standard coal by the convention chosen, or CO2 of a kWh in a year.

        >>> Electricity(convention="equal").per_unit("kgce"), Electricity(grid_factor={2021: 0.7}).per_unit("co2_kg")
        (0.302, 0.7)
        """
        if what == "kgce" and self.convention == "equal":
            return self.equal_kgce(year)
        if what == "co2_kg" and self.grid_factor is not None:
            table = self.grid_factor.co2_kg_per_kwh
            return table[factor_year(table, year)]
        return super().per_unit(what, year)

    def equal_kgce(self, year: int | None = None) -> float:
        """Return the standard coal of a kWh by equal value in a year."""
        table = self.equal_kgce_per_kwh
        return table[factor_year(table, year)] if isinstance(table, dict) else table

    def co2_year(self, year: int) -> int | None:
        """Return the year whose grid factor holds in ``year``; None if one number holds in all."""
        return factor_year(self.grid_factor.co2_kg_per_kwh, year) if self.grid_factor else None


class NaturalGas(Carrier):
    """Pipeline gas, cubic metres at standard conditions."""

    unit: ClassVar[str] = "m3"
    price_cny_per_m3: NonNegative = _default("natural_gas.price_cny_per_m3")
    """Price."""
    kgce_per_m3: NonNegative = _default("natural_gas.kgce_per_m3")
    """Standard coal."""
    co2_kg_per_m3: NonNegative = _default("natural_gas.co2_kg_per_m3")
    """CO2."""


class Coal(Carrier):
    """Raw coal."""

    unit: ClassVar[str] = "kg"
    price_cny_per_kg: NonNegative = _default("coal.price_cny_per_kg")
    """Price."""
    kgce_per_kg: NonNegative = _default("coal.kgce_per_kg")
    """Standard coal."""
    co2_kg_per_kg: NonNegative = _default("coal.co2_kg_per_kg")
    """CO2."""


class Steam(Carrier):
    """Low-pressure steam."""

    unit: ClassVar[str] = "t"
    price_cny_per_t: NonNegative = _default("steam.price_cny_per_t")
    """Price."""
    kgce_per_t: NonNegative = _default("steam.kgce_per_t")
    """Standard coal."""
    co2_kg_per_t: NonNegative = _default("steam.co2_kg_per_t")
    """CO2."""


class CompressedAir(Carrier):
    """Free air; do not also count the compressor's electricity."""

    unit: ClassVar[str] = "m3"
    price_cny_per_m3: NonNegative = _default("compressed_air.price_cny_per_m3")
    """Price."""
    kgce_per_m3: NonNegative = _default("compressed_air.kgce_per_m3")
    """Standard coal."""
    co2_kg_per_m3: NonNegative = _default("compressed_air.co2_kg_per_m3")
    """CO2."""


class Energy(Model):
    """The carriers of a plant."""

    electricity: Electricity = Electricity()
    """Price or tariff, standard coal, CO2."""
    natural_gas: NaturalGas = NaturalGas()
    """Per cubic metre."""
    coal: Coal = Coal()
    """Per kilogram."""
    steam: Steam = Steam()
    """Per tonne."""
    compressed_air: CompressedAir = CompressedAir()
    """Per cubic metre of free air."""
    co2_price_cny_per_t: Number = 0.0
    """Shadow price of CO2, counted in energy cost; 0 = none."""

    def carrier(self, key: str) -> Carrier:
        """Return the carrier that ``use_per_h`` calls ``key``, e.g. ``natural_gas_m3``."""
        found = getattr(self, CARRIERS[key])
        assert isinstance(found, Carrier)
        return found


CARRIERS = {
    "electricity_kwh": "electricity",
    "natural_gas_m3": "natural_gas",
    "coal_kg": "coal",
    "steam_t": "steam",
    "compressed_air_m3": "compressed_air",
}
"""Names of consumption in files and results, with their place in :class:`Energy`."""
