"""The loops of the search over states, compiled: millions of moves a second instead of thousands."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"
# ruff: noqa: ANN001, ANN201, ANN202, D103 - Numba finds the types; optimize.state_search says what each array is

import numpy as np
from numba import njit


@njit(cache=True, inline="always")
def _worth(scene, values, of_state, kind, t, move, state):
    found = scene[move, state]
    return values[found] + of_state[kind[found], t, state]


@njit(cache=True)
def backward(to, scene, values, of_state, kind, price, allowed, reachable):
    moves, states = to.shape
    count = price.shape[0]
    table = np.zeros((count + 1, states))
    for t in range(count - 1, -1, -1):
        for s in range(states):
            best = -np.inf
            for m in range(moves):
                j = to[m, s]
                if j >= 0 and allowed[t, m] and reachable[t, j]:
                    value = price[t, m] + _worth(scene, values[t], of_state, kind, t, m, j) + table[t + 1, j]
                    best = max(best, value)
            table[t, s] = best
    return table


@njit(cache=True)
def forward(to, scene, values, of_state, kind, price, allowed, reachable, start):
    moves, states = to.shape
    count = price.shape[0]
    table = np.full((count, states), -np.inf)
    before = np.full(states, -np.inf)
    before[start] = 0.0
    for t in range(count):
        for m in range(moves):
            if not allowed[t, m]:
                continue
            for s in range(states):
                j = to[m, s]
                if j >= 0 and reachable[t, j] and before[s] > -np.inf:
                    value = price[t, m] + _worth(scene, values[t], of_state, kind, t, m, j) + before[s]
                    if value > table[t, j]:
                        table[t, j] = value
        before = table[t]
    return table


@njit(cache=True)
def joint_step(to, scene, values, of_state, kind, t, price, allowed, reachable, after):
    """One line's moves in one period, whatever state the other lines are in (second axis)."""
    moves, states = to.shape
    others = after.shape[1]
    out = np.full((states, others), -np.inf)
    chosen = np.zeros((states, others), dtype=np.int16)
    for s in range(states):
        for m in range(moves):
            j = to[m, s]
            if j >= 0 and allowed[m] and reachable[j]:
                more = price[m] + _worth(scene, values, of_state, kind, t, m, j)
                for r in range(others):
                    value = after[j, r] + more
                    if value > out[s, r]:
                        out[s, r] = value
                        chosen[s, r] = m
    return out, chosen
