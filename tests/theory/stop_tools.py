"""Solvers for the theory tests of stops and people: renewal counts, finite-source queues, crews as Markov chains.

Each solver is itself checked against a closed form in test_stop_tools.py.
"""

import math

import numpy as np
from scipy import linalg, stats
from theory_tools import chain, mean


def state(name, station=0):
    """Reads the share of a state off a line's record."""
    return lambda line: line["stations"][station]["states"][name]


def stops_per_h(number=0, station=0):
    return lambda line: line["stations"][station]["stops"][number]["per_h"]


def crew(runs, key, number=0):
    return [run["crews"][number][key] for run in runs]


def failing(fail, repair, **fields):
    """A failure mode with exponential times, by its rates per hour."""
    return {"ttf_h": {"exponential": 1 / fail}, "ttr_h": {"exponential": 1 / repair}} | fields


# renewal theory


def family(name, **args):
    """A distribution of hours as the plant file has it, and as scipy has it."""
    if name == "weibull":
        return {name: args}, stats.weibull_min(args["shape"], scale=args["scale"])
    if name == "gamma":
        shape = args["cv"] ** -2
        return {name: args}, stats.gamma(shape, scale=args["mean"] / shape)
    if name == "lognormal":
        sigma = math.sqrt(math.log(1 + args["cv"] ** 2))
        return {name: args}, stats.lognorm(sigma, scale=args["mean"] / math.sqrt(1 + args["cv"] ** 2))
    if name == "uniform":
        return {name: args}, stats.uniform(args["low"], args["high"] - args["low"])
    assert name == "triangular"
    low, mode, high = args["low"], args["mode"], args["high"]
    return {name: args}, stats.triang((mode - low) / (high - low), low, high - low)


def renewal_curve(cdf, until, steps=2000):
    """Grid of times and the mean number of renewals up to each, when the first counts like the others."""
    t = np.linspace(0, until, steps + 1)
    f = cdf(t)
    df = np.diff(f)
    m = np.zeros(steps + 1)
    for k in range(1, steps + 1):  # m(t) = F(t) + integral of m(t - x) dF(x); m linear between grid points
        middle = (m[k - 1 :: -1] + m[k:0:-1]) / 2
        middle[0] = m[k - 1] / 2  # m[k] itself is not known yet
        m[k] = (f[k] + middle @ df[:k]) / (1 - df[0] / 2)
    return t, m


def renewals(cdf, until, age=0.0, steps=2000):
    """Mean number of renewals in (0, until] when the one in service at 0 has reached ``age``."""
    t, m = renewal_curve(cdf, until, steps)
    if not age:
        return m[-1]
    first = (cdf(age + t) - cdf(age)) / (1 - cdf(age))
    middle = (m[1:] + m[:-1]) / 2
    return first[-1] + middle[::-1] @ np.diff(first)


def renewals_of_values(values, weights, until):
    """The same for values that are whole numbers; ``until`` lies between two of them."""
    p = np.asarray(weights, dtype=float) / sum(weights)
    m = np.zeros(int(until) + 1)
    for t in range(1, len(m)):
        m[t] = sum(w * (1 + m[t - v]) for v, w in zip(values, p, strict=True) if v <= t)
    return m[-1]


def wait_in_queue(rate, service, second_moment):
    """Mean wait in an M/G/1 queue (Pollaczek-Khinchine)."""
    return rate * second_moment / 2 / (1 - rate * service)


# finite sources


def finite_source(n, people, fail, repair):
    """P(k of n are down), exponential times (M/M/r//N)."""
    p = [1.0]
    for k in range(n):
        p.append(p[-1] * (n - k) * fail / (min(k + 1, people) * repair))
    return np.array(p) / sum(p)


def services_per_h(n, fail, service_h):
    """One person for n machines: exponential running, constant service (Palm 1943, Ashcroft 1950).

    A busy period that starts with one machine down has sum over r of C(n-1, r) prod (exp(i fail service) - 1)
    services in the mean; between two of them the first of n machines is waited for.
    """
    services, product = 0.0, 1.0
    for r in range(n):
        services += math.comb(n - 1, r) * product
        product *= math.expm1((r + 1) * fail * service_h)
    return services / (services * service_h + 1 / (n * fail))


# crews: who asks for whom, in which order


def crew_chain(sizes, sources, kinds):
    """Chain of machines that ask for people, all times exponential.

    ``sizes``: people by crew. ``sources[i] = (machines, rate, kind)``: each running machine asks at this rate.
    ``kinds[k] = dict(rate, needs, priority, then)``: served at ``rate`` by ``needs``, ``{crew: people}`` or a list of
    crews of which any will do, in this order; afterwards it runs, or asks anew as kind ``then``. Served is the first,
    by priority and then by order of asking, whose people are all free. Returns probabilities of states
    (running by source, requests in order, services under way as (kind, source, people taken)).
    """

    def taken(kind, free):
        needs = kinds[kind]["needs"]
        if isinstance(needs, list):
            return next((((name, 1),) for name in needs if free[name] > 0), None)
        return tuple(needs.items()) if all(free[name] >= k for name, k in needs.items()) else None

    def served(running, queue, services):
        free = dict(sizes)
        for _, _, people in services:
            for name, k in people:
                free[name] -= k
        left, services = [], list(services)
        for kind, source in sorted(queue, key=lambda request: kinds[request[0]].get("priority", 0)):
            people = taken(kind, free)
            if people is None:
                left.append((kind, source))
                continue
            for name, k in people:
                free[name] -= k
            services.append((kind, source, people))
        return running, tuple(left), tuple(sorted(services))

    def moves(now):
        running, queue, services = now
        for i, (_, rate, kind) in enumerate(sources):
            if running[i]:
                fewer = (*running[:i], running[i] - 1, *running[i + 1 :])
                yield served(fewer, (*queue, (kind, i)), services), running[i] * rate
        for n, (kind, source, _) in enumerate(services):
            rest = (*services[:n], *services[n + 1 :])
            if (then := kinds[kind].get("then")) is not None:
                yield served(running, (*queue, (then, source)), rest), kinds[kind]["rate"]
            else:
                more = (*running[:source], running[source] + 1, *running[source + 1 :])
                yield served(more, queue, rest), kinds[kind]["rate"]

    return chain((tuple(n for n, _, _ in sources), (), ()), moves)


def running(p, source):
    return mean(p, lambda s: s[0][source])


def busy(p, name):
    return mean(p, lambda s: sum(k for _, _, people in s[2] for crew, k in people if crew == name))


def periodic(phases, value):
    """Mean of ``value(state)`` over a cycle of phases ``(hours, generator, entry)``; ``entry[i]`` is the state that
    state i becomes when the phase begins (None: itself)."""
    size = len(value)
    maps, areas = [], []
    for hours, generator, entry in phases:
        jump = np.eye(size) if entry is None else np.eye(size)[entry]
        big = np.zeros((2 * size, 2 * size))  # exp of [[Q, I], [0, 0]] holds exp(Qt) and its integral
        big[:size, :size], big[:size, size:] = generator * hours, np.eye(size) * hours
        both = linalg.expm(big)
        maps.append(jump @ both[:size, :size])
        areas.append(jump @ both[:size, size:])
    cycle = np.linalg.multi_dot([np.eye(size), *maps])
    balance = np.vstack([(cycle.T - np.eye(size))[:-1], np.ones(size)])
    p = np.linalg.solve(balance, np.eye(size)[-1])
    area = 0.0
    for step, by_phase in zip(maps, areas, strict=True):
        area += p @ by_phase @ value
        p = p @ step
    return area / sum(hours for hours, _, _ in phases)


def generator(states, moves):
    """Matrix of rates over the listed states."""
    index = {s: i for i, s in enumerate(states)}
    q = np.zeros((len(states), len(states)))
    for now in states:
        for onward, rate in moves(now):
            q[index[now], index[onward]] += rate
            q[index[now], index[now]] -= rate
    return q
