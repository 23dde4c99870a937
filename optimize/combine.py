"""The best choice of one plan for each of a few lines: all that could be better than the one in hand are looked at."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: ANN001, ANN201

import numpy as np
from numba import njit

MOST_LOOKS = 400_000_000
"""Looks at a plan before giving up: a few seconds."""


@njit(cache=True, nogil=True)
def combine(first, loss, use, limit, price, short, most_looks):
    """Return ``(choice, shortfall, complete)``: the choice with the least shortfall, among those below ``short``.

    A choice falls short of the Lagrangian bound by the losses of its plans and the price of what is left of the limits.
    ``choice[0]`` is -1 if there is none.

    Args:
        first: Where the plans of each line begin, and the end; the plans of a line by growing loss.
        loss: How much less than the line's bound each plan gains at the prices.
        use: Of each plan, by limit.
        limit: By limit; what the plans of all lines use must not be above.
        price: By limit.
        short: Only choices that fall short by less are of interest.
        most_looks: Give up after so many.
    """
    lines, rows = len(first) - 1, len(limit)
    spare = np.zeros((lines + 1, rows))  # least use of the lines from here on
    least = np.zeros(lines + 1)  # and their least loss
    for k in range(lines - 1, -1, -1):
        least[k] = least[k + 1] + loss[first[k]]
        for r in range(rows):
            lowest = use[first[k], r]
            for n in range(first[k], first[k + 1]):
                lowest = min(lowest, use[n, r])
            spare[k, r] = spare[k + 1, r] + lowest
    best, at = np.full(lines, -1, np.int64), first[:-1].copy()
    lost, used = np.zeros(lines + 1), np.zeros((lines + 1, rows))
    k, looks = 0, 0
    while k >= 0:
        n = at[k]
        if n >= first[k + 1] or lost[k] + loss[n] + least[k + 1] >= short:
            k -= 1
            continue
        at[k] += 1
        looks += 1
        if looks > most_looks:
            return best, short, False
        fits = True
        for r in range(rows):
            used[k + 1, r] = used[k, r] + use[n, r]
            if used[k + 1, r] + spare[k + 1, r] > limit[r] + 1e-9 * max(1.0, abs(limit[r])):
                fits = False
                break
        if not fits:
            continue
        lost[k + 1] = lost[k] + loss[n]
        if k + 1 < lines:
            k += 1
            at[k] = first[k]
            continue
        total = lost[lines]
        for r in range(rows):
            total += price[r] * max(0.0, limit[r] - used[lines, r])
        if total < short:
            short = total
            for i in range(lines):
                best[i] = at[i] - 1
    return best, short, True
