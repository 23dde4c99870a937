"""Random times, failures and maintenance, as hypothesis strategies.

Times in hours are multiples of an eighth more often than not, so that much happens at one instant.
"""

from functools import cache

from hypothesis import strategies as st

H = 3600.0
eighths = st.integers(1, 24).map(lambda n: n / 8)
often = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, True])


@st.composite
def some(draw, fields, most=3, least=0):
    """A dict with at most so many of the fields: few together show more than all at once."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, min_size=min(least, most), max_size=most))
    return {name: draw(fields[name]) for name in names}


@cache
def dists(scale=1.0, least=1):
    """A duration around ``scale``: one of a few constants half of the time, else of any family."""
    number = st.integers(least, 16).map(lambda n: n / 8 * scale)
    return st.one_of(number, number, number, number, random_ones(scale))


@cache
def random_ones(scale=1.0):
    """A random duration that is never 0 for ever."""
    mean = eighths.map(lambda n: n * scale)
    made = {
        "exponential": lambda m: m,
        "erlang": lambda m: {"mean": m, "stages": 3},
        "gamma": lambda m: {"mean": m, "cv": 0.7},
        "weibull": lambda m: {"scale": m, "shape": 1.5},
        "lognormal": lambda m: {"mean": m, "cv": 0.8},
        "normal": lambda m: {"mean": m, "sd": 0.5 * m},
        "uniform": lambda m: {"low": 0.5 * m, "high": 1.5 * m},
        "triangular": lambda m: {"low": 0.0, "mode": m, "high": 2 * m},
        "empirical": lambda m: {"values": [0.5 * m, m, 2 * m], "weights": [1, 2, 1]},
        "sequence": lambda m: [m, 0.0, 2 * m],
        "until the last": lambda m: [0.5 * m, 1.5 * m, m],
        "sum": lambda m: [0.25 * m, {"exponential": 0.75 * m}],
        "mixture": lambda m: [{"weight": 1, "dist": 0.5 * m}, {"weight": 2, "dist": {"exponential": m}}],
    }

    def written(pair):
        name, mean = pair
        if name == "until the last":
            return {"sequence": made[name](mean), "then": "last"}
        return {name: made[name](mean)}

    return st.tuples(st.sampled_from(sorted(made)), mean).map(written)


ENDING = st.lists(eighths.map(lambda h: 4 * h), min_size=1, max_size=4).map(
    lambda hours: {"sequence": hours, "then": "never"}
)
WITH_AN_AGE = eighths.map(lambda h: {"weibull": {"scale": 8 * h, "shape": 2.0}})
"""What a clock that has an age is drawn from."""

# people

CREWS = ("fitters", "helpers", "bench", "night", "walkers")
"""Three crews by call (``bench`` is a skill of two of them, ``night`` comes at night), and a patrol."""
alone = st.sampled_from(CREWS)
together = st.sampled_from([{"fitters": 1, "helpers": 1}, {"bench": 2}, {"helpers": 1, "bench": 1}])
needs = st.one_of(alone, alone, alone, together)


# failures


@st.composite
def failures(draw, kind):
    """Up to two failure modes that this kind of station knows."""
    strokes = kind in ("furnace", "conveyor")
    modes = [draw(failure(strokes)) for _ in range(draw(st.integers(1, 2)))]
    if kind in ("machine", "assembly", "split", "join") and draw(st.booleans()):
        modes.append(draw(HEADS))
    return [mode | {"name": f"mode {n}"} for n, mode in enumerate(modes, 1)]


@st.composite
def failure(draw, strokes):
    fields = {
        "crew": needs,
        "priority": st.integers(-1, 1),
        "part": st.just("resume") if strokes else st.sampled_from(["restart", "scrap"]),
        "releases_blocked_part": st.just(True),
        "accepts_part": st.just(True),
        "cost_cny": st.just(5),
    }
    mode = draw(some(fields)) | {"clock": draw(st.sampled_from(["operating", "calendar", "start_to_start"]))}
    mode |= {"ttf_h": draw(st.one_of(dists(8), dists(8), ENDING)), "ttr_h": draw(dists(0.5, least=0))}
    if draw(seldom):
        mode |= {"ttf_h": draw(WITH_AN_AGE), "age_h": draw(eighths)}
        if mode["clock"] != "start_to_start" and draw(st.booleans()):
            mode["restores"] = "minimal"
    return mode


HEADS = st.fixed_dictionaries(
    {"scope": st.just("head"), "ttf_h": dists(4), "ttr_h": dists(0.25)},
    optional={"crew": alone, "priority": st.integers(-1, 1)},
)


# maintenance

WHEN = st.one_of(
    st.fixed_dictionaries(
        {
            "every_h": eighths.map(lambda h: 4 * h),
            "clock": st.sampled_from(["operating", "calendar"]),
            "policy": st.sampled_from(["age", "block"]),
        }
    ),
    st.fixed_dictionaries({"every_units": st.integers(1, 6)}),
    st.fixed_dictionaries({"at": st.sampled_from(["mon 10:00", "tue 22:30", "thu 07:00", "sun 00:00"])}),
)


@st.composite
def maintenance(draw, modes):
    """One or two rules of planned upkeep; ``modes`` are the failures that it may renew."""
    fields = {
        "crew": needs,
        "priority": st.integers(-1, 1),
        "interrupts_part": st.just(True),
        "renews": st.just("all") if not modes else st.sampled_from(["all", [modes[0]["name"]]]),
        "cost_cny": st.just(7),
    }
    rules = [draw(WHEN) | {"duration_h": draw(dists(0.3))} | draw(some(fields)) for _ in range(draw(st.integers(1, 2)))]
    return [rule | {"name": f"upkeep {n}"} for n, rule in enumerate(rules, 1)]
