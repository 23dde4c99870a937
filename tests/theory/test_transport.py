"""Vehicles, charges, conveyors: queues with service in bulk and with a way back, against formulas and chains.

Error rate of each comparison: see theory_tools.holds (99.9 % interval).
"""

import math

import pytest
from flow_solvers import mg1_wait
from scipy import integrate, stats
from theory_tools import H, chain, figures, holds, mean, plant, poisson, records, station


def vehicles(name, travel_s, return_s, **fields):
    return {"name": name, "kind": "transport", "buffer": None, "travel_s": travel_s, "return_s": return_s} | fields


def wait(line):
    return line["stations"][0]["waiting_time_h"]["mean"]


@pytest.mark.parametrize(
    ("travel", "back", "first", "variance"),
    [
        (0.5 * H, 0.3 * H, 0.8, 0.0),
        ({"exponential": 0.5 * H}, {"uniform": {"low": 0.1 * H, "high": 0.5 * H}}, 0.8, 0.25 + 0.4**2 / 12),
    ],
)
def test_one_vehicle_is_busy_on_the_way_back_too(travel, back, first, variance):
    """M/G/1 with travel + return; the part itself rides one way only."""
    arrivals = 0.8
    runs = records(plant(vehicles("cart", travel, back), source=poisson(arrivals)), 2400, 200)
    expected = mg1_wait(arrivals, first, first**2 + variance)
    assert holds(figures(runs, wait), expected, 0.2)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), expected + 0.5, 0.15)
    assert holds(figures(runs, lambda r: r["wip"]), arrivals * (expected + 0.5), 0.15)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), arrivals * first, 0.04)


def pool_chain(arrivals, out, back, count, capacity, cut=150):
    """State: parts waiting, vehicles on the way out by load (fewer loads matter not: only waiting), on the way back."""

    def moves(state):
        waiting, going, coming = state
        free = count - going - coming
        if free:
            yield (0, going + 1, coming), arrivals
        elif waiting < cut:
            yield (waiting + 1, going, coming), arrivals
        if going:
            yield (waiting, going - 1, coming + 1), going * out
        if coming:
            if waiting:
                yield (waiting - min(waiting, capacity), going + 1, coming - 1), coming * back
            else:
                yield (0, going, coming - 1), coming * back

    return chain((0, 0, 0), moves)


@pytest.mark.parametrize(("count", "capacity", "arrivals"), [(2, 1, 1.4), (3, 1, 2.2), (1, 3, 1.6), (2, 4, 4.0)])
def test_pool_of_vehicles(count, capacity, arrivals):
    """Exponential travel and return: several servers of two stages, each taking up to `capacity` parts at once."""
    out, back = 1.6, 2.4
    p = pool_chain(arrivals, out, back, count, capacity)
    cart = vehicles("cart", {"exponential": H / out}, {"exponential": H / back}, vehicles=count, capacity=capacity)
    runs = records(plant(cart, source=poisson(arrivals)), 2400 / arrivals, 100)
    queue = mean(p, lambda s: s[0])
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), queue, 0.25)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), queue / arrivals + 1 / out, 0.15)
    busy = mean(p, lambda s: s[1] + s[2]) / count
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), busy, 0.04)


def test_a_vehicle_waits_until_it_can_hand_over():
    """Saturated maker, one vehicle for one part, user with few places; blocking at either hand-over. Chain."""
    make, out, back, use, front, places = 1.0, 2.0, 3.0, 0.9, 1, 0

    def settle(made_blocked, waiting, cart, behind):
        """cart: free, out, full (may not unload), back; behind: parts at the user."""
        while True:
            if cart == "full" and behind < places + 1:
                cart, behind = "back", behind + 1
            elif cart == "free" and waiting:
                cart, waiting = "out", waiting - 1
            elif made_blocked and waiting < front:
                made_blocked, waiting = False, waiting + 1
            else:
                return made_blocked, waiting, cart, behind

    def moves(state):
        blocked, waiting, cart, behind = state
        if not blocked:
            yield settle(True, waiting, cart, behind), make
        if cart == "out":
            yield settle(blocked, waiting, "full", behind), out
        if cart == "back":
            yield settle(blocked, waiting, "free", behind), back
        if behind:
            yield settle(blocked, waiting, cart, behind - 1), use

    p = chain((False, 0, "free", 0), moves)
    model = plant(
        station("make", 1 / make),
        vehicles("cart", {"exponential": H / out}, {"exponential": H / back}, buffer=front),
        station("use", 1 / use, buffer=places),
    )
    runs = records(model, 1600, 50)
    assert holds(figures(runs, lambda r: r["good_per_h"]), mean(p, lambda s: s[3] > 0) * use, 0.04)
    for n, there in ((0, lambda s: s[0]), (1, lambda s: s[2] == "full")):
        blocked = mean(p, there)
        assert holds(figures(runs, lambda r, n=n: r["stations"][n]["states"]["blocked"]), blocked, 0.1)


def test_constant_times_of_a_vehicle_between_two_machines():
    """Travel 0.5 h, return 0.5 h, parts each 0.4 h: one part a trip gives 1 an hour, two parts a trip 2."""
    for capacity, per_h in ((1, 1.0), (2, 2.0)):
        model = plant(
            station("a", cycle_time_s=0.4 * H),
            vehicles("cart", 0.5 * H, 0.5 * H, buffer=4, capacity=capacity),
            station("b", cycle_time_s=0.1 * H),
        )
        (run,) = records(model, 120, 20, replications=1)
        assert run["lines"][0]["good_per_h"] == pytest.approx(per_h)


def charges_chain(arrivals, hours, least, most, cut=200):
    """Constant charges: parts waiting just after a charge has begun; mean number waiting over time, busy share."""
    law = [math.exp(-arrivals * hours)]
    for k in range(1, cut):
        law.append(law[-1] * arrivals * hours / k)

    def onward(waiting):
        """After a charge, and after the wait for a full load: how many are left as the next begins."""
        return max(0, waiting - most)

    def moves(left):
        for k, q in enumerate(law):
            if q > 1e-14:
                yield min(onward(left + k), cut), q

    p = chain(0, moves)
    length = area = 0.0
    for left, q in p.items():
        length += q * hours
        area += q * (left * hours + arrivals * hours**2 / 2)
        for k, r in enumerate(law):
            for waiting in range(left + k, least):  # gathers until there are enough
                length += q * r / arrivals
                area += q * r * waiting / arrivals
    return area / length, hours / length


@pytest.mark.parametrize(("least", "most"), [(1, 3), (2, 4), (4, 4), (3, 6)])
def test_charges_of_constant_length(least, most):
    """Bulk service M/D[a,b]/1: embedded chain at the beginnings of charges, time averages by renewal."""
    arrivals, hours = 2.0, 1.0
    queue, busy = charges_chain(arrivals, hours, least, most)
    work = station("oven", kind="batch", capacity=most, min_load=least, cycle_time_s=hours * H)
    runs = records(plant(work, source=poisson(arrivals)), 1600, 100)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), queue, 0.1)
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), busy, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["charges_per_h"]), busy / hours, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["mean_load"]), arrivals * hours / busy, 0.04)


@pytest.mark.parametrize(("least", "longest"), [(3, 1.0), (4, 0.5)])
def test_charges_wait_no_longer_than_told(least, longest):
    """Ovens enough: a charge begins with part `least`, or when the first has waited `longest` hours.

    Parts in a charge 1 + min(N, least - 1), N Poisson; a round: a gap, then the shorter of both waits.
    """
    arrivals = 1.5
    law = stats.poisson(arrivals * longest)
    load = 1 + sum(law.sf(k) for k in range(least - 1))  # 1 + E min(N, least - 1)
    gathers = sum(law.sf(k) for k in range(least - 1)) / arrivals  # E min(longest, time of least - 1 arrivals)
    # parts waiting t hours after the first, if the charge has not begun: 1 + n, n < least - 1
    area = sum(
        integrate.quad(lambda t, n=n: (1 + n) * stats.poisson.pmf(n, arrivals * t), 0, longest)[0]
        for n in range(least - 1)
    )
    work = station("oven", kind="batch", capacity=9, min_load=least, max_wait_s=longest * H, machines=12)
    runs = records(plant(work | {"cycle_time_s": H}, source=poisson(arrivals)), 1600, 50)
    assert holds(figures(runs, lambda r: r["stations"][0]["mean_load"]), load, 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["charges_per_h"]), 1 / (1 / arrivals + gathers), 0.04)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), area / (1 / arrivals + gathers), 0.05)


def test_two_ovens_with_a_least_load():
    """Exponential charges on two machines, at least two parts, at most five. Chain."""
    arrivals, rate, least, most, cut = 3.0, 0.7, 2, 5, 150

    def moves(state):
        waiting, busy = state
        if waiting < cut:
            full = busy < 2 and waiting + 1 >= least
            yield ((0, busy + 1) if full else (waiting + 1, busy)), arrivals
        if busy:
            load = min(waiting, most)
            yield ((waiting - load, busy) if waiting >= least else (waiting, busy - 1)), busy * rate

    p = chain((0, 0), moves)
    work = station("oven", 1 / rate, kind="batch", capacity=most, min_load=least, machines=2)
    runs = records(plant(work, source=poisson(arrivals)), 1400, 100)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), mean(p, lambda s: s[0]), 0.2)
    busy = mean(p, lambda s: s[1]) / 2
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["processing"]), busy, 0.04)


def conveyor_chain(arrivals, pace_h, places, every, cut=40):
    """Parts waiting and moving, in the mean, at a conveyor that goes on by strokes while anything is on it.

    State at the beginning of a stroke, after charging: (parts waiting, places from the entry on).
    """
    law = [math.exp(-arrivals * pace_h)]
    for k in range(1, cut):
        law.append(law[-1] * arrivals * pace_h / k)

    def next_of(waiting, on):
        moved = (False, *on[:-1])
        if waiting and not any(moved[:every]):
            return waiting - 1, (True, *moved[1:])
        return waiting, moved

    first = (0, (True,) + (False,) * (places - 1))

    def moves(state):
        waiting, on = state
        for k, q in enumerate(law):
            then, there = next_of(min(waiting + k, cut), on)
            yield (first if not any(there) else (then, there)), q

    p = chain(first, moves)
    length = queue = moving = 0.0
    for (waiting, on), q in p.items():
        length += q * pace_h
        queue += q * (waiting * pace_h + arrivals * pace_h**2 / 2)
        moving += q * sum(on) * pace_h
        if not any((False, *on[:-1])) and not waiting:
            length += q * law[0] / arrivals  # empty until the next arrival
    return queue / length, moving / length


@pytest.mark.parametrize(("places", "every", "arrivals"), [(3, 1, 0.7), (4, 2, 0.4), (1, 1, 0.6)])
@pytest.mark.parametrize("kind", ["conveyor", "furnace"])
def test_conveyor_with_poisson_arrivals(kind, places, every, arrivals):
    """A part waits for the end of a stroke, or goes at once onto an empty conveyor; then `places` strokes of 1 h."""
    queue, moving = conveyor_chain(arrivals, 1.0, places, every)
    assert moving == pytest.approx(arrivals * places, rel=1e-3)  # Little's law: the chain is right
    belt = {
        "name": "belt", "kind": kind, "buffer": None, "places": places, "pace_s": H, "charge_every": every,
    }  # fmt: skip
    runs = records(plant(belt, source=poisson(arrivals)), 2000, 100)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), queue, 0.3)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), queue / arrivals + places, 0.15)
    assert holds(figures(runs, lambda r: r["wip"]), queue + moving, 0.2)


@pytest.mark.parametrize(("wake", "start_up"), [(1, 0.0), (3, 0.0), (4, 1.5)])
def test_machine_that_sleeps_until_enough_wait(wake, start_up):
    """N-policy with start-up: the queue of M/G/1 plus what the sleep leaves (decomposition); work in two stages.

    Asleep at once when empty, woken at `wake` parts, then D hours; a round lasts (N / a + D) / (1 - a).
    """
    arrivals = 0.6
    service = 1 + 1 / 2
    asleep = wake / arrivals + start_up
    gathered = (wake * (wake - 1) / 2 / arrivals + wake * start_up + arrivals * start_up**2 / 2) / asleep
    queue = arrivals * mg1_wait(arrivals, 1.0, service) + gathered
    work = station(
        "a",
        cycle_time_s={"erlang": {"mean": H, "stages": 2}},
        standby={"after_s": 0, "wake_at_parts": wake, "start_up_s": start_up * H},
    )
    runs = records(plant(work, source=poisson(arrivals)), 2400, 200)
    assert holds(figures(runs, lambda r: r["stations"][0]["queue_length"]), queue, 0.15)
    rounds = (1 - arrivals) / asleep
    if start_up:
        assert holds(figures(runs, lambda r: r["stations"][0]["start_ups_per_h"]), rounds, 0.06)
        assert holds(figures(runs, lambda r: r["stations"][0]["states"]["start_up"]), rounds * start_up, 0.08)
    standby = rounds * wake / arrivals
    assert holds(figures(runs, lambda r: r["stations"][0]["states"]["standby"]), standby, 0.06)
