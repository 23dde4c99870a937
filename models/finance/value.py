"""What money is worth over the years: present value, annuities, payback, the best age to replace, abatement cost.

Amounts are in one currency of the user's choice, rates are shares per year (0.10 = 10 %), flows stand at year
ends with flow 0 now. Nothing is rounded.
"""

import itertools
import math
from collections.abc import Sequence

Flows = Sequence[float]


def npv(rate: float, flows: Flows) -> float:
    """Return the value now of flows[0] now, flows[1] in one year, and so on.

    Args:
        rate: Discount rate per year, above -1.
        flows: Money by year, starting now; negative = paid.

    >>> round(npv(0.10, [-100, 60, 60]), 2)
    4.13
    """
    if not rate > -1:
        raise ValueError(f"rate is {rate}; must be above -1")
    return math.fsum(flow / (1 + rate) ** year for year, flow in enumerate(flows))


def annuity(rate: float, years: int) -> float:
    """Return the equal payment at the end of each of `years` years that is worth 1 now.

    Also called the capital recovery factor. Its inverse is the value now of 1 a year.

    Args:
        rate: Discount rate per year, above -1; 0 gives 1/years.
        years: Number of payments, at least 1.

    >>> round(annuity(0.10, 10), 5)
    0.16275
    """
    if years < 1:
        raise ValueError(f"years is {years}; must be at least 1")
    return 1 / npv(rate, [0.0] + [1.0] * years)


def irr(flows: Flows) -> float | None:
    """Return the rate per year at which the flows are worth 0, or None where no rate above -99 % does that.

    Flows that change sign more than once can have several such rates; the one nearest 0 is returned.

    Args:
        flows: Money by year, starting now.

    >>> round(irr([-100, 60, 60]), 4)
    0.1307
    """
    if min(flows, default=0) >= 0 or max(flows, default=0) <= 0:
        return None
    from scipy.optimize import brentq  # here, so that reading a plant file needs no solver

    def worth(rate: float) -> float:
        # Now or at the end, whichever keeps the powers from overflowing; the sign is the same.
        if rate >= 0:
            return math.fsum(flow * (1 / (1 + rate)) ** year for year, flow in enumerate(flows))
        return math.fsum(flow * (1 + rate) ** year for year, flow in enumerate(reversed(flows)))

    # 1 + rate from 0.01 to 10,000 in steps of 2 %, searched outwards from 0.
    steps = itertools.pairwise(1.02**n - 1 for n in range(-232, 466))
    for low, high in sorted(steps, key=lambda step: min(abs(step[0]), abs(step[1]))):
        ends = worth(low), worth(high)
        if min(ends) <= 0 <= max(ends):
            return float(brentq(worth, low, high, xtol=1e-13))
    return None


def simple_payback_y(capex: float, saving_per_y: float) -> float:
    """Return the years in which an equal yearly saving repays `capex`; infinite if nothing is saved.

    >>> simple_payback_y(100.0, 40.0)
    2.5
    """
    if capex <= 0:
        return 0.0
    return capex / saving_per_y if saving_per_y > 0 else math.inf


def discounted_payback_y(rate: float, flows: Flows) -> float:
    """Return the years until the discounted flows add up to 0 for the first time; infinite if they never do.

    Within a year the discounted flow is taken to come in evenly.

    Args:
        rate: Discount rate per year, above -1.
        flows: Money by year, starting now.

    >>> discounted_payback_y(0.0, [-100, 40, 40, 40])
    2.5
    """
    total = 0.0
    for year, flow in enumerate(flows):
        present = npv(rate, [0.0] * year + [flow])
        if total + present >= 0:
            return year - 1 + -total / present if year and present > 0 else float(year)
        total += present
    return math.inf


def abatement_cost(npv_cny: float, saved_t: Flows, rate: float | None = None) -> float | None:
    """Return what a tonne of CO2 saved costs, in CNY per tonne; negative = it pays. None where nothing is saved.

    Marginal abatement cost = (present value of costs - present value of savings) / tonnes saved over the life.

    Args:
        npv_cny: Net present value of the measure (savings less costs).
        saved_t: Tonnes saved in year 1, 2, .. (at year ends).
        rate: Discounts the tonnes like money (*discounted*); None adds them up as they are (*simple*).

    >>> round(abatement_cost(-100.0, [10.0, 10.0]), 2), round(abatement_cost(-100.0, [10.0, 10.0], 0.10), 2)
    (5.0, 5.76)
    """
    tonnes = math.fsum(saved_t) if rate is None else npv(rate, [0.0, *saved_t])
    return -npv_cny / tonnes if tonnes > 0 else None


def equivalent_annual_cost(price: float, resale: Flows, operating: Flows, rate: float) -> list[float]:
    """Return the cost per year, spread evenly, of keeping a machine 1, 2, .. years.

    The price is paid now; operating costs and the resale value come at year ends.

    Args:
        price: Price of the machine.
        resale: Resale value after 1, 2, .. years.
        operating: Cost of running it in year 1, 2, ..; as many.
        rate: Discount rate per year, above -1.

    >>> [round(cost, 2) for cost in equivalent_annual_cost(100, [60, 40], [10, 20], 0.10)]
    [60.0, 53.33]
    """
    _check_lengths(resale, operating)
    costs = []
    for years in range(1, len(resale) + 1):
        flows = [price, *operating[:years]]
        flows[years] -= resale[years - 1]
        costs.append(npv(rate, flows) * annuity(rate, years))
    return costs


def marginal_annual_cost(price: float, resale: Flows, operating: Flows, rate: float) -> list[float]:
    """Return what keeping the machine for year 1, 2, .. costs at the end of that year.

    Year n costs the resale value given up a year ago with interest, less that of now, plus running it.
    While this is below the equivalent annual cost of a successor, keeping is cheaper. Arguments as in
    `equivalent_annual_cost`.

    >>> [round(cost, 2) for cost in marginal_annual_cost(100, [60, 40], [10, 20], 0.10)]
    [60.0, 46.0]
    """
    _check_lengths(resale, operating)
    held = itertools.pairwise([price, *resale])
    return [old * (1 + rate) - new + run for (old, new), run in zip(held, operating, strict=True)]


def economic_life(price: float, resale: Flows, operating: Flows, rate: float) -> tuple[int, float]:
    """Return (years, cost): the age at which to replace so that the equivalent annual cost is least.

    The first of equals; arguments as in `equivalent_annual_cost`.

    >>> economic_life(100, [60, 40, 30], [10, 20, 90], 0.0)
    (2, 45.0)
    """
    costs = equivalent_annual_cost(price, resale, operating, rate)
    if not costs:
        raise ValueError("resale and operating are empty; give at least one year")
    least = min(costs)
    return costs.index(least) + 1, least


def _check_lengths(resale: Flows, operating: Flows) -> None:
    if len(resale) != len(operating):
        raise ValueError(f"resale has {len(resale)} years, operating {len(operating)}; must be as many")
