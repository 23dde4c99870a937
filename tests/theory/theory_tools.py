"""Tools of the theory tests: build a line, run it, compare with an exact value; solve Markov chains.

Error rate: `holds` builds a 99.9 % interval (Student t) over independent replications. A right simulator would fail
one comparison in a thousand at a random seed; the seeds are fixed, so that a comparison that passed stays passed.
"""

import math

import numpy as np
from engine_choice import chosen
from scipy import stats

from models.plant import Plant
from sim.program import lower
from sim.simulate import Job, replicate

H = 3600.0


def station(name, cycle_h=1.0, **fields):
    """One station; ``cycle_h`` is the mean of an exponential cycle time in hours unless ``cycle_time_s`` is given."""
    return {"name": name, "buffer": None, "cycle_time_s": {"exponential": cycle_h * H}} | fields


def plant(*stations, source="saturated", mix=None, **fields):
    line = {"name": "l", "source": source, "stations": list(stations)} | ({"mix": mix} if mix else {})
    return Plant.model_validate({"lines": [line]} | fields)


def poisson(per_h, **fields):
    return {"interarrival_s": {"exponential": H / per_h}} | fields


def records(model, hours, warm_up_h=0.0, replications=20, seed=1):
    """The whole record of each replication."""
    program = lower(model)
    jobs = [Job(program, seed, r, hours * H, warm_up_h * H, engine=chosen()) for r in range(replications)]
    return [replicate(job).record for job in jobs]


def figures(runs, read, line=0):
    return [read(run["lines"][line]) for run in runs]


def holds(values, exact, within=0.05):
    """Does the 99.9 % interval over replications hold ``exact``, and is it narrow enough to say something?"""
    values = np.asarray(values, dtype=float)
    half = stats.t.ppf(0.9995, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    assert half <= within * abs(exact), f"too wide: +-{half:g} around {values.mean():g}"
    assert abs(values.mean() - exact) <= half + 1e-9 * abs(exact), f"{values.mean():g} +- {half:g}, exact {exact:g}"
    return True


def chain(start, moves):
    """Stationary probabilities of the Markov chain reached from ``start``; ``moves(state)`` yields (next, rate)."""
    index, todo, rates = {start: 0}, [start], {}
    while todo:
        state = todo.pop()
        for onward, rate in moves(state):
            if onward not in index:
                index[onward] = len(index)
                todo.append(onward)
            rates[index[state], index[onward]] = rates.get((index[state], index[onward]), 0.0) + rate
    n = len(index)
    generator = np.zeros((n, n))
    for (i, j), rate in rates.items():
        generator[i, j] += rate
        generator[i, i] -= rate
    balance = np.vstack([generator.T[:-1], np.ones(n)])
    p = np.linalg.solve(balance, np.eye(n)[-1])
    assert p.min() > -1e-9
    return {state: p[i] for state, i in index.items()}


def mean(probabilities, value):
    return sum(p * value(state) for state, p in probabilities.items())


def settled(line, buffers, machines):
    """Move parts until nothing moves; a station is [waiting, working, blocked, failed, up]; source saturated."""
    line = [list(s) for s in line]
    last, moved = len(line) - 1, True
    while moved:
        moved = False
        for i in range(last, -1, -1):
            waiting, working, blocked, failed, up = line[i]
            if not up:
                continue  # keeps a blocked part, takes no new one
            if blocked and i == last:
                line[i][2] -= 1
                moved = True
                continue
            if blocked:
                free = machines[i + 1] - sum(line[i + 1][1:4])
                if line[i + 1][0] < buffers[i + 1]:
                    line[i][2], line[i + 1][0], moved = blocked - 1, line[i + 1][0] + 1, True
                    continue
                if buffers[i + 1] == 0 and free and line[i + 1][4]:
                    line[i][2], line[i + 1][1], moved = blocked - 1, line[i + 1][1] + 1, True
                    continue
            if working + blocked + failed < machines[i] and (i == 0 or waiting):
                line[i][0], line[i][1], moved = waiting - (i > 0), working + 1, True
    return tuple(map(tuple, line))


def line_chain(rates, buffers, machines=None, fail=None, repair=None, calendar=False):
    """Chain of a saturated line with exponential times and blocking after service.

    Failures: ``operating`` = a working machine fails and keeps its part; ``calendar`` (one machine a station) = the
    machine goes down and up whatever it does.
    """
    n = len(rates)
    machines = machines or [1] * n
    fail, repair = fail or [0.0] * n, repair or [0.0] * n
    buffers = [0, *buffers]

    def moves(line):
        for i in range(n):
            waiting, working, blocked, failed, up = line[i]

            def to(*new, i=i):
                return settled([*line[:i], new, *line[i + 1 :]], buffers, machines)

            if working and up:
                yield to(waiting, working - 1, blocked + 1, failed, up), working * rates[i]
            if calendar and fail[i]:
                yield to(waiting, working, blocked, failed, 1 - up), fail[i] if up else repair[i]
            elif fail[i]:
                if working:
                    yield to(waiting, working - 1, blocked, failed + 1, up), working * fail[i]
                if failed:
                    yield to(waiting, working + 1, blocked, failed - 1, up), failed * repair[i]

    return chain(settled([(0, 0, 0, 0, 1)] * n, buffers, machines), moves)


def line_output(probabilities, last_rate):
    return mean(probabilities, lambda line: line[-1][1] * line[-1][4] * last_rate)


def line_content(probabilities):
    return mean(probabilities, lambda line: sum(sum(s[:4]) for s in line))
