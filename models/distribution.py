"""Random durations as data: one mapping key names the family, a bare number is a constant.

``{exponential: 240}``, ``{lognormal: {mean: 3, cv: 1}}``, ``12``. How a draw is made from a
stream is in :mod:`sim.streams`; here are only the families, their parameters and their means.
"""

import math
from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, Tag, model_validator

from models.base import Count, Model, NonNegative, Number, Positive


class MeanCv(Model):
    """Mean and coefficient of variation of the variable itself."""

    mean: Positive
    """Mean."""
    cv: NonNegative
    """Standard deviation over mean."""


class Exponential(Model):
    """Memoryless; the value is the mean."""

    exponential: Positive
    """The mean."""

    def mean(self) -> float:
        """Return the mean."""
        return self.exponential


class ErlangArgs(Model):
    """Mean of the sum and its number of equal exponential stages."""

    mean: Positive
    """Mean of the sum."""
    stages: Count
    """Number of stages."""


class Erlang(Model):
    """Sum of equal exponential stages."""

    erlang: ErlangArgs
    """Mean and stages."""

    def mean(self) -> float:
        """Return the mean."""
        return self.erlang.mean


class Gamma(Model):
    """Gamma by mean and coefficient of variation."""

    gamma: MeanCv
    """Mean and cv."""

    def mean(self) -> float:
        """Return the mean."""
        return self.gamma.mean


class WeibullArgs(Model):
    """Scale (63.2 % fail before it) and shape (1 = exponential)."""

    scale: Positive
    """63.2 % lie below."""
    shape: Positive
    """Below 1: early failures; above 1: wear."""


class Weibull(Model):
    """Weibull by scale and shape."""

    weibull: WeibullArgs
    """Scale and shape."""

    def mean(self) -> float:
        """Return the mean, scale * Gamma(1 + 1/shape)."""
        return self.weibull.scale * math.gamma(1 + 1 / self.weibull.shape)


class Lognormal(Model):
    """Lognormal by the moments of the variable itself, not of its logarithm."""

    lognormal: MeanCv
    """Mean and cv."""

    def mean(self) -> float:
        """Return the mean."""
        return self.lognormal.mean


class NormalArgs(Model):
    """Mean and standard deviation before negative draws are set to 0."""

    mean: Number
    """Mean before the cut at 0."""
    sd: NonNegative
    """Standard deviation before the cut."""


class Normal(Model):
    """Normal; negative draws become 0."""

    normal: NormalArgs
    """Mean and sd."""

    def mean(self) -> float:
        """Return the mean after negative draws are set to 0."""
        m, s = self.normal.mean, self.normal.sd
        if s == 0:
            return max(0.0, m)
        z = m / s
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return m * 0.5 * (1 + math.erf(z / math.sqrt(2))) + s * density


class UniformArgs(Model):
    """Both ends."""

    low: NonNegative
    """Least value."""
    high: NonNegative
    """Greatest value."""

    @model_validator(mode="after")
    def _ordered(self) -> "UniformArgs":
        if self.low > self.high:
            raise ValueError("low is greater than high")
        return self


class Uniform(Model):
    """Uniform between two ends."""

    uniform: UniformArgs
    """Low and high."""

    def mean(self) -> float:
        """Return the mean."""
        return (self.uniform.low + self.uniform.high) / 2


class TriangularArgs(Model):
    """Least, most likely and greatest value."""

    low: NonNegative
    """Least value."""
    mode: NonNegative
    """Most likely value."""
    high: NonNegative
    """Greatest value."""

    @model_validator(mode="after")
    def _ordered(self) -> "TriangularArgs":
        if not self.low <= self.mode <= self.high:
            raise ValueError("low <= mode <= high does not hold")
        return self


class Triangular(Model):
    """Triangular by least, most likely and greatest value."""

    triangular: TriangularArgs
    """Low, mode, high."""

    def mean(self) -> float:
        """Return the mean."""
        t = self.triangular
        return (t.low + t.mode + t.high) / 3


class EmpiricalArgs(Model):
    """Observed values with weights (equal when left out)."""

    values: tuple[NonNegative, ...]
    """What was observed."""
    weights: tuple[NonNegative, ...] | None = None
    """How often; default equal."""

    @model_validator(mode="after")
    def _matched(self) -> "EmpiricalArgs":
        if not self.values:
            raise ValueError("values is empty")
        if self.weights is not None and len(self.weights) != len(self.values):
            raise ValueError(f"{len(self.weights)} weights for {len(self.values)} values")
        if self.weights is not None and sum(self.weights) <= 0:
            raise ValueError("the weights add up to 0")
        return self


class Empirical(Model):
    """Drawn from observed values."""

    empirical: EmpiricalArgs
    """Values and weights."""

    def mean(self) -> float:
        """Return the weighted mean."""
        values = self.empirical.values
        weights = self.empirical.weights or (1.0,) * len(values)
        return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)


class Sequence(Model):
    """Values in the order in which the station draws them; then repeat, hold the last, or never again."""

    sequence: tuple[NonNegative, ...]
    """The values."""
    then: Literal["repeat", "last", "never"] = "repeat"
    """What follows the last value."""

    @model_validator(mode="after")
    def _filled(self) -> "Sequence":
        if not self.sequence:
            raise ValueError("sequence is empty")
        return self

    def mean(self) -> float:
        """Return the mean of one pass."""
        return sum(self.sequence) / len(self.sequence)


class Sum(Model):
    """Sum of independent parts."""

    sum: tuple["Dist", ...]
    """The parts."""

    def mean(self) -> float:
        """Return the sum of the means."""
        return math.fsum(mean(d) for d in self.sum)


class Weighted(Model):
    """One component of a mixture."""

    weight: NonNegative
    """Relative weight."""
    dist: "Dist"
    """The component."""


class Mixture(Model):
    """One of several, by weight."""

    mixture: tuple[Weighted, ...]
    """Components with weights."""

    @model_validator(mode="after")
    def _weighted(self) -> "Mixture":
        if sum(w.weight for w in self.mixture) <= 0:
            raise ValueError("the weights add up to 0")
        return self

    def mean(self) -> float:
        """Return the weighted mean."""
        total = sum(w.weight for w in self.mixture)
        return sum(w.weight * mean(w.dist) for w in self.mixture) / total


FAMILIES: dict[str, type[Model]] = {
    "exponential": Exponential, "erlang": Erlang, "gamma": Gamma, "weibull": Weibull, "lognormal": Lognormal,
    "normal": Normal, "uniform": Uniform, "triangular": Triangular, "empirical": Empirical,
    "sequence": Sequence, "sum": Sum, "mixture": Mixture,
}  # fmt: skip


def family(value: Any) -> str | None:  # noqa: ANN401 - whatever the file holds
    """Return the name of the family that ``value`` is written as; None if it is none.

    >>> family(12), family({"exponential": 3}), family({"shaft": 3})
    ('constant', 'exponential', None)
    """
    if isinstance(value, Model):
        return next((name for name, cls in FAMILIES.items() if isinstance(value, cls)), None)
    if isinstance(value, dict):
        named = [key for key in value if key in FAMILIES]
        return named[0] if len(named) == 1 else None
    return "constant"


Dist = Annotated[
    Union[  # noqa: UP007 - built from tagged members
        Annotated[NonNegative, Tag("constant")],
        Annotated[Exponential, Tag("exponential")],
        Annotated[Erlang, Tag("erlang")],
        Annotated[Gamma, Tag("gamma")],
        Annotated[Weibull, Tag("weibull")],
        Annotated[Lognormal, Tag("lognormal")],
        Annotated[Normal, Tag("normal")],
        Annotated[Uniform, Tag("uniform")],
        Annotated[Triangular, Tag("triangular")],
        Annotated[Empirical, Tag("empirical")],
        Annotated[Sequence, Tag("sequence")],
        Annotated[Sum, Tag("sum")],
        Annotated[Mixture, Tag("mixture")],
    ],
    Discriminator(
        family,
        custom_error_type="distribution",
        custom_error_message="not a distribution; a number or one of " + ", ".join(FAMILIES),
    ),
]
"""A random or constant duration."""


def mean(dist: Any) -> float:  # noqa: ANN401 - any member of Dist
    """Return the mean of a distribution in its own unit.

    >>> mean(12), mean(Exponential(exponential=3.0))
    (12.0, 3.0)
    """
    return float(dist) if isinstance(dist, int | float) else float(dist.mean())


def _by_product_tag(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    if isinstance(value, dict) and family(value) is None:
        return "by product"
    return "one for all"


ByProduct = Annotated[
    Union[Annotated[Dist, Tag("one for all")], Annotated[dict[str, Dist], Tag("by product")]],  # noqa: UP007
    Discriminator(_by_product_tag),
]
"""One distribution, or one for each product."""


def _from_to_tag(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    if isinstance(value, dict) and family(value) is None and all(isinstance(row, dict) for row in value.values()):
        return "from to"
    return "one for all"


FromTo = Annotated[
    Union[  # noqa: UP007 - built from tagged members
        Annotated[Dist, Tag("one for all")],
        Annotated[dict[str, dict[str, Dist]], Tag("from to")],
    ],
    Discriminator(_from_to_tag),
]
"""One distribution, or one for each change, ``{from: {to: ..}}``; never a distribution mistaken for such a table."""

Sum.model_rebuild()
Weighted.model_rebuild()
Mixture.model_rebuild()
