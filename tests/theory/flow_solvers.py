"""Exact solvers for the tests of flow: queues by formula, closed networks by mean value analysis, lines by chain.

Nothing here knows the simulator; test_flow_solvers.py checks each against a closed form.
"""

import math

import numpy as np
from scipy.optimize import brentq
from theory_tools import chain


def erlang_c(servers, offered):
    """Probability that an arrival at M/M/c waits; ``offered`` = arrival rate * mean service time < servers."""
    tail = offered**servers / math.factorial(servers) / (1 - offered / servers)
    return tail / (sum(offered**k / math.factorial(k) for k in range(servers)) + tail)


def mmck(servers, places, offered):
    """Distribution of the number at M/M/c with so many waiting places."""
    p = [1.0]
    for n in range(1, servers + places + 1):
        p.append(p[-1] * offered / min(n, servers))
    return [q / sum(p) for q in p]


def mg1_wait(arrivals, first_moment, second_moment):
    """Mean wait at M/G/1 (Pollaczek and Khinchine)."""
    return arrivals * second_moment / 2 / (1 - arrivals * first_moment)


def found_busy(transform, rate):
    """The root s of s = A*(rate (1 - s)) at G/M/1: share of arrivals that wait; they wait 1 / rate / (1 - s)."""
    return brentq(lambda s: transform(rate * (1 - s)) - s, 0.0, 1 - 1e-6)


def closed_network(visits, service, servers, parts):
    """Mean value analysis with several servers: rate of the cycle, mean number at each station."""
    stations = range(len(visits))
    at = [[1.0] + [0.0] * parts for _ in stations]  # at[i][j]: probability of j parts at station i
    for n in range(1, parts + 1):
        time = [service[i] * sum((j + 1) / min(j + 1, servers[i]) * at[i][j] for j in range(n)) for i in stations]
        rate = n / sum(v * t for v, t in zip(visits, time, strict=True))
        for i in stations:
            demand = rate * visits[i] * service[i]
            after = [0.0] + [demand / min(j, servers[i]) * at[i][j - 1] for j in range(1, n + 1)]
            after[0] = 1 - sum(after)
            at[i] = after + [0.0] * (parts - n)
    return rate, [rate * v * t for v, t in zip(visits, time, strict=True)]


def before_service_chain(rates, buffers, machines=None):
    """Saturated exponential line, blocking before service; state: parts at the stations behind the first.

    A station behind has its buffer places and one for each machine, whether the part waits or is worked on. As many
    machines work as have a part and a place behind; the place is kept, so that work once begun goes on.
    """
    n = len(rates)
    machines = machines or [1] * n
    room = [b + m for b, m in zip(buffers, machines[1:], strict=True)]

    def working(parts, i):
        have = machines[0] if i == 0 else min(machines[i], parts[i - 1])
        return have if i == n - 1 else min(have, room[i] - parts[i])

    def moves(parts):
        for i in range(n):
            at_work = working(parts, i)
            if at_work:
                onward = list(parts)
                if i:
                    onward[i - 1] -= 1
                if i < n - 1:
                    onward[i] += 1
                yield tuple(onward), at_work * rates[i]

    p = chain((0,) * (n - 1), moves)
    return sum(q * working(parts, n - 1) * rates[-1] for parts, q in p.items())


def ring_chain(rates, buffers, pallets):
    """Closed loop of single machines, blocking after service; no limit in front of the first; output per hour.

    State of a station: (waiting, working, blocked).
    """
    n = len(rates)
    places = [math.inf, *buffers]

    def settle(line):
        line = [list(s) for s in line]
        moved = True
        while moved:
            moved = False
            for i in range(n - 1, -1, -1):
                ahead = (i + 1) % n
                if line[i][2] and line[ahead][0] < places[ahead]:
                    line[i][2], line[ahead][0], moved = 0, line[ahead][0] + 1, True
                elif line[i][2] and not places[ahead] and not sum(line[ahead]):
                    line[i][2], line[ahead][1], moved = 0, 1, True
                if line[i][0] and not line[i][1] and not line[i][2]:
                    line[i][0], line[i][1], moved = line[i][0] - 1, 1, True
        return tuple(map(tuple, line))

    def moves(line):
        for i in range(n):
            waiting, working, _ = line[i]
            if working:
                yield settle([*line[:i], (waiting, 0, 1), *line[i + 1 :]]), rates[i]

    p = chain(settle([(pallets, 0, 0)] + [(0, 0, 0)] * (n - 1)), moves)
    return sum(q * line[-1][1] * rates[-1] for line, q in p.items()), p


def until_empty(start, moves, value):
    """Expected integral of ``value(state)`` from ``start`` until a state without moves is reached."""
    index, todo, rows = {start: 0}, [start], []
    while todo:
        state = todo.pop()
        onward = list(moves(state))
        for target, rate in onward:
            if target not in index:
                index[target] = len(index)
                todo.append(target)
            rows.append((index[state], index[target], rate))
    n = len(index)
    matrix, right = np.eye(n), np.zeros(n)
    total = np.zeros(n)
    for i, _, rate in rows:
        total[i] += rate
    for i, j, rate in rows:
        matrix[i, j] -= rate / total[i]
    for state, i in index.items():
        if total[i]:
            right[i] = value(state) / total[i]
    return np.linalg.solve(matrix, right)[0]
