"""The compiled part of the line search: bound, and search for the best plan of one line at given prices.

Each station is a *layered graph*: its nodes are what its machines may have become by the start of a period, its arcs
what happens in the period, each with capacity, standstill and money. ``docs/schedule.md`` tells why the bound is one
and why the search misses nothing. The code is plain loops on purpose: array expressions take long to compile.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: ANN001, ANN201, N803, N806

import numpy as np
from numba import njit

NEVER = 1e18
ROOM = 1e-9
"""Share of a downtime limit that counts as kept."""
MEASURES = 5
"""Ways to measure standstill; see :func:`measure`."""
CAPACITY, STEADY, MONEY, STANDSTILL = 0, 1, 2, 3
"""Rows of the numbers of a station's arcs: capacity, the same without standstill, money, then the measures."""

FIRST_SHARE, PATIENCE, SHRINK, MEMORY, PRICE_SCALE = 0.3, 10, 0.7, 0.7, 0.2
"""Of the subgradient method: first stride as a share of the way to the known plan, steps without success before it is
shortened and by how much, weight of earlier directions, prices against shares; found by trial: 200 steps come within
0.2 % of the linear program's value, with a scale of 1 within 10 %."""

LOOKS = 3_000
"""Most arcs looked at in a period, for each label of the width."""


@njit(cache=True, nogil=True)
def measure(which, share):
    """Return standstill, as a share of the limit, in measure ``which``: 0 is the share itself.

    Each is a *dual feasible function*: shares that add up to at most 1 still do when measured. The further ones tell
    that two installations of more than half the limit, or three of more than a third, do not fit into one period,
    which the sum of the hours does not see as long as renewals are split.
    """
    if which == 0 or share <= 0.0:
        return share
    if which < 4:
        whole = np.floor((which + 1) * share + ROOM)
        if abs((which + 1) * share - whole) <= 2 * ROOM:
            return min(share, 1.0)
        return whole / which
    if share < 0.3:
        return 0.0
    return 1.0 if share > 0.7 + ROOM else share


@njit(cache=True, nogil=True)
def compose(
    T, station_ptr, nodes, arc_ptr, arc_from, arc_to, arc_cap, arc_steady, arc_down, arc_value, arc_mark, limit
):
    """Return the stations' graphs, products of those of their machines: ``(ptr, tail, head, numbers, marks, offsets)``.

    Arcs of station s in period t are ``ptr[s*T+t] .. ptr[s*T+t+1]``, nodes at its start are those from
    ``offsets[s*(T+1)+t]`` on. An arc with more standstill than the limit gets a capacity that nobody can use.
    """
    S = len(station_ptr) - 1
    offsets = np.zeros(S * (T + 1) + 1, np.int64)
    ptr = np.zeros(S * T + 1, np.int64)
    for s in range(S):
        for t in range(T + 1):
            count, arcs = 1, 1
            for m in range(station_ptr[s], station_ptr[s + 1]):
                count *= nodes[m, t]
                if t < T:
                    arcs *= arc_ptr[m * T + t + 1] - arc_ptr[m * T + t]
            offsets[s * (T + 1) + t + 1] = offsets[s * (T + 1) + t] + count
            if t < T:
                ptr[s * T + t + 1] = ptr[s * T + t] + arcs
    tail = np.zeros(ptr[S * T], np.int32)
    head = np.zeros(ptr[S * T], np.int32)
    numbers = np.zeros((STANDSTILL + MEASURES, ptr[S * T]))
    marks = np.zeros(ptr[S * T], np.int64)
    for s in range(S):
        for t in range(T):
            first = ptr[s * T + t]
            size = 1
            for m in range(station_ptr[s], station_ptr[s + 1]):
                a0 = arc_ptr[m * T + t]
                n = arc_ptr[m * T + t + 1] - a0
                for j in range(n - 1, -1, -1):
                    a = a0 + j
                    for i in range(size):
                        new, old = first + j * size + i, first + i
                        tail[new] = tail[old] * nodes[m, t] + arc_from[a]
                        head[new] = head[old] * nodes[m, t + 1] + arc_to[a]
                        numbers[0, new] = numbers[0, old] + arc_cap[a]
                        numbers[1, new] = numbers[1, old] + arc_steady[a]
                        numbers[2, new] = numbers[2, old] + arc_value[a]
                        numbers[3, new] = numbers[3, old] + arc_down[a]
                        marks[new] = marks[old] + arc_mark[a]
                size *= n
            for a in range(first, ptr[s * T + t + 1]):
                down = numbers[3, a]
                numbers[3, a] = 0.0
                if limit[t] >= NEVER or down <= 0.0:
                    continue
                if down > limit[t] + ROOM * max(1.0, limit[t]):
                    numbers[1, a] = -2 * NEVER
                    continue
                for j in range(MEASURES):
                    numbers[3 + j, a] = measure(j, down / max(limit[t], ROOM))
    return ptr, tail, head, numbers, marks, offsets


@njit(cache=True, nogil=True)
def tighten(steps, known, T, S, ptr, tail, head, numbers, offsets, worth, high, split, price, value):
    """Return the least bound found by a subgradient method; ``split``, ``price`` and ``value`` (to go) are left there.

    Stops early when the bound falls to ``known``.
    """
    J = MEASURES
    lead, at_split, on_path = np.zeros((S, T)), np.empty((S, T)), np.zeros((S, T))
    lead_price, at_price, used = np.zeros((J, T)), np.empty((J, T)), np.zeros((J, T))
    best = np.zeros(offsets[S * (T + 1)], np.int64)
    for t in range(T):
        for s in range(S):
            at_split[s, t] = split[s, t]
        for j in range(J):
            at_price[j, t] = price[j, t]
    least, since, share = NEVER, 0, FIRST_SHARE
    for step in range(steps + 1):
        last = step == steps or since < 0
        if last:  # once more at the best point, to leave its values to go
            for t in range(T):
                for s in range(S):
                    at_split[s, t] = split[s, t]
                for j in range(J):
                    at_price[j, t] = price[j, t]
        bound = 0.0
        for t in range(T):
            for j in range(J):
                used[j, t] = 0.0
                bound += at_price[j, t]
        for s in range(S):
            off = offsets[s * (T + 1) + T]
            for node in range(off, offsets[s * (T + 1) + T + 1]):
                value[node] = 0.0
            for t in range(T - 1, -1, -1):
                off, after = offsets[s * (T + 1) + t], offsets[s * (T + 1) + t + 1]
                for node in range(off, after):
                    value[node] = -NEVER
                    best[node] = -1
                part, top = at_split[s, t], high[t]
                p0, p1, p2, p3, p4 = at_price[0, t], at_price[1, t], at_price[2, t], at_price[3, t], at_price[4, t]
                for a in range(ptr[s * T + t], ptr[s * T + t + 1]):
                    if numbers[1, a] > -NEVER:
                        money = numbers[2, a] + value[after + head[a]] + part * min(numbers[0, a], top)
                        if numbers[3, a] > 0.0:
                            money -= p0 * numbers[3, a] + p1 * numbers[4, a] + p2 * numbers[5, a]
                            money -= p3 * numbers[6, a] + p4 * numbers[7, a]
                        if money > value[off + tail[a]]:
                            value[off + tail[a]] = money
                            best[off + tail[a]] = a
            bound += value[offsets[s * (T + 1)]]
            if bound < -NEVER / 2:
                return -NEVER
            node = 0
            for t in range(T):
                a = best[offsets[s * (T + 1) + t] + node]
                on_path[s, t] = min(numbers[0, a], high[t])
                for j in range(J):
                    used[j, t] += numbers[3 + j, a]
                node = head[a]
        if last:
            break
        since += 1
        if bound < least:
            if bound < least - 1e-3 * (least - known):
                since = 0
            least = bound
            for t in range(T):
                for s in range(S):
                    split[s, t] = at_split[s, t]
                for j in range(J):
                    price[j, t] = at_price[j, t]
        if least <= known:
            since = -1
            continue
        if since > PATIENCE:
            share *= SHRINK
            since = 0
            for t in range(T):
                for s in range(S):
                    at_split[s, t] = split[s, t]
                for j in range(J):
                    at_price[j, t] = price[j, t]
            if share < 1e-3:
                since = -1
                continue
        norm = 0.0
        for t in range(T):
            mean = 0.0
            for s in range(S):
                mean += on_path[s, t] / S
            for s in range(S):
                pull = (on_path[s, t] - mean) / max(high[t], ROOM) if worth[t] > 0 else 0.0
                lead[s, t] = MEMORY * lead[s, t] + pull
                norm += lead[s, t] * lead[s, t]
            for j in range(J):
                pull = PRICE_SCALE * (1.0 - used[j, t])
                if at_price[j, t] <= 0.0 and pull > 0:
                    pull = 0.0
                lead_price[j, t] = MEMORY * lead_price[j, t] + pull
                norm += lead_price[j, t] * lead_price[j, t]
        if norm < 1e-14:
            since = -1
            continue
        stride = share * max(bound - known, 1e-9 * abs(bound)) / norm
        for t in range(T):
            for j in range(J):
                at_price[j, t] = max(0.0, at_price[j, t] - stride * PRICE_SCALE * lead_price[j, t])
            if worth[t] <= 0:
                continue
            for s in range(S):
                at_split[s, t] -= stride * lead[s, t] / max(high[t], ROOM)
            # to the nearest shares that are not negative and add up to the worth: drop what falls below, level the rest
            level, there = -NEVER, -1
            for _ in range(S + 1):
                total, count = 0.0, 0
                for s in range(S):
                    if at_split[s, t] > level:
                        total += at_split[s, t]
                        count += 1
                if count == there or count == 0:
                    break
                there = count
                level = (total - worth[t]) / count
            for s in range(S):
                at_split[s, t] = max(0.0, at_split[s, t] - level)
    return bound


@njit(cache=True, nogil=True)
def threshold(values, count, keep):
    """Return the ``keep``-th least of the first ``count`` values (by halving between least and greatest)."""
    low, high = values[0], values[0]
    for i in range(count):
        low, high = min(low, values[i]), max(high, values[i])
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = 0
        for i in range(count):
            below += values[i] <= middle
        if below <= keep:
            low = middle
        else:
            high = middle
        if below == keep or high - low <= 1e-12 * abs(high):
            break
    return low


@njit(cache=True, nogil=True)
def search(allow, width, T, S, ptr, tail, head, numbers, marks, offsets, high, split, price, value, wanted):
    """Search forward for plans with slack up to ``allow``; returns ``(slack[found], arcs[found, S, T], dropped)``.

    ``allow`` is the greatest slack of interest; of at most ``width`` labels kept at the start of a period, ``dropped``
    is the least slack of those let go. ``value`` holds the values to go at ``split`` and ``price``. ``marks`` tell
    labels of the same state apart; all nil: the better one is kept. At most ``wanted`` plans are returned, least slack
    first (as many as ``width``: all, in any order).
    """
    begin = np.zeros(offsets[S * (T + 1)] + 1, np.int64)
    cost = np.empty(ptr[S * T])
    toll = np.empty(ptr[S * T])
    for s in range(S):
        for t in range(T):
            off, after = offsets[s * (T + 1) + t], offsets[s * (T + 1) + t + 1]
            for a in range(ptr[s * T + t], ptr[s * T + t + 1]):
                cost[a], toll[a] = NEVER, 0.0
                if numbers[1, a] > -NEVER and value[after + head[a]] > -NEVER / 2:
                    if numbers[3, a] > 0.0:
                        for j in range(MEASURES):
                            toll[a] += price[j, t] * numbers[3 + j, a]
                    money = numbers[2, a] + value[after + head[a]] + split[s, t] * min(numbers[0, a], high[t]) - toll[a]
                    cost[a] = max(0.0, value[off + tail[a]] - money)
                if cost[a] <= allow:
                    begin[off + tail[a] + 1] += 1
    for node in range(len(begin) - 1):
        begin[node + 1] += begin[node]
    order = np.empty(begin[len(begin) - 1], np.int64)
    filled = begin.copy()
    for s in range(S):
        for t in range(T):
            for a in range(ptr[s * T + t], ptr[s * T + t + 1]):
                if cost[a] <= allow:
                    row = offsets[s * (T + 1) + t] + tail[a]
                    at = filled[row]
                    while at > begin[row] and cost[order[at - 1]] > cost[a]:
                        order[at] = order[at - 1]
                        at -= 1
                    order[at] = a
                    filled[row] += 1

    room = 4 * width
    slots = 1
    while slots < 3 * room:
        slots *= 2
    table = np.empty(slots, np.int64)
    state = np.zeros((width, S), np.int64)
    slack, mark = np.zeros(width), np.zeros(width, np.int64)
    came, went = np.zeros((T, width), np.int32), np.zeros((T, width, S), np.int32)
    new_key, new_slack = np.empty(room, np.int64), np.empty(room)
    new_mark, sign = np.zeros(room, np.int64), np.zeros(S + 1, np.int64)
    new_from, new_arcs = np.empty(room, np.int32), np.empty((room, S), np.int32)
    pos, end, keys = np.zeros(S, np.int64), np.zeros(S, np.int64), np.zeros(S + 1, np.int64)
    chosen = np.zeros(S, np.int32)
    sums = np.zeros((S + 1, 6))  # slack, standstill, tolls, split worth, sum of split, least capacity
    count, dropped = 1, NEVER
    for t in range(T):
        for i in range(slots):
            table[i] = -1
        new_count = 0
        cut = allow  # falls while this period's labels are too many
        looks = 0
        tolls = 0.0
        for j in range(MEASURES):
            tolls += price[j, t]
        for lab in range(count):
            if slack[lab] > cut:
                continue
            if looks > LOOKS * width:
                dropped = min(dropped, slack[lab])
                continue
            sums[0, 0] = slack[lab]
            sums[0, 5] = high[t]
            sign[0] = mark[lab]
            pos[0] = begin[offsets[t] + state[lab, 0]]
            end[0] = begin[offsets[t] + state[lab, 0] + 1]
            d = 0
            while d >= 0:
                if pos[d] >= end[d]:
                    d -= 1
                    continue
                a = order[pos[d]]
                pos[d] += 1
                looks += 1
                if looks > LOOKS * width:
                    dropped = min(dropped, slack[lab])
                    break
                total = sums[d, 0] + cost[a]
                if total > cut:
                    pos[d] = end[d]
                    continue
                stop = sums[d, 1] + numbers[3, a]
                if stop > 1.0 + ROOM:
                    continue
                made = min(numbers[0, a], high[t])
                paid = sums[d, 3] + split[d, t] * made
                part = sums[d, 4] + split[d, t]
                least = min(sums[d, 5], made)
                if total + paid - part * least > cut:
                    continue
                chosen[d] = a
                after = offsets[d * (T + 1) + t + 2] - offsets[d * (T + 1) + t + 1]
                key = keys[d] * after + head[a]
                if d + 1 < S:
                    d += 1
                    keys[d] = key
                    sign[d] = sign[d - 1] + marks[a]
                    sums[d, 0], sums[d, 1], sums[d, 2] = total, stop, sums[d - 1, 2] + toll[a]
                    sums[d, 3], sums[d, 4], sums[d, 5] = paid, part, least
                    row = offsets[d * (T + 1) + t] + state[lab, d]
                    pos[d], end[d] = begin[row], begin[row + 1]
                    continue
                signed = sign[d] + marks[a]
                key ^= signed * 0x5851F42D4C957F2D
                total += max(0.0, paid - part * least) + max(0.0, tolls - sums[d, 2] - toll[a])
                if total > cut:
                    continue
                if new_count == room:
                    cut = min(cut, threshold(new_slack, new_count, width))
                    kept = 0
                    for i in range(slots):
                        table[i] = -1
                    for i in range(room):
                        if new_slack[i] > cut:
                            dropped = min(dropped, new_slack[i])
                            continue
                        new_key[kept], new_slack[kept], new_from[kept] = new_key[i], new_slack[i], new_from[i]
                        new_mark[kept] = new_mark[i]
                        for s in range(S):
                            new_arcs[kept, s] = new_arcs[i, s]
                        spot = (new_key[kept] * 0x9E3779B97F4A7C1 ^ (new_key[kept] >> 17)) & (slots - 1)
                        while table[spot] >= 0:
                            spot = (spot + 1) & (slots - 1)
                        table[spot] = kept
                        kept += 1
                    new_count = kept
                    dropped = min(dropped, cut) if kept == room else dropped
                    if kept == room or total > cut:
                        dropped = min(dropped, total)
                        continue
                spot = (key * 0x9E3779B97F4A7C1 ^ (key >> 17)) & (slots - 1)
                while table[spot] >= 0 and new_key[table[spot]] != key:
                    spot = (spot + 1) & (slots - 1)
                i = table[spot]
                if i < 0:
                    i = new_count
                    table[spot] = i
                    new_key[i], new_slack[i], new_mark[i] = key, NEVER, signed
                    new_count += 1
                if total < new_slack[i]:
                    new_slack[i], new_from[i] = total, lab
                    for s in range(S):
                        new_arcs[i, s] = chosen[s]
        if cut < allow:
            dropped = min(dropped, cut)
        level = cut
        if new_count > width:
            level = threshold(new_slack, new_count, width)
        count = 0
        for i in range(new_count):
            if new_slack[i] > level or count == width:
                dropped = min(dropped, new_slack[i])
                continue
            slack[count], came[t, count], mark[count] = new_slack[i], new_from[i], new_mark[i]
            for s in range(S):
                went[t, count, s] = new_arcs[i, s]
                state[count, s] = head[new_arcs[i, s]]
            count += 1
    found = min(count, wanted)
    arcs, best = np.zeros((found, S, T), np.int32), np.zeros(found)
    for f in range(found):
        lab = f  # all are wanted: in any order
        if found < count:
            for i in range(count):
                if slack[i] < slack[lab]:
                    lab = i
        best[f] = slack[lab]
        if found < count:
            slack[lab] = NEVER
        for t in range(T - 1, -1, -1):
            for s in range(S):
                arcs[f, s, t] = went[t, lab, s]
            lab = came[t, lab]
    return best, arcs, dropped
