"""Random plants over all that a line can do, as hypothesis strategies. Times in hours are multiples of an eighth."""

from hypothesis import strategies as st

from models.checks import check_plant
from models.plant import Plant

H = 3600.0
POWER = {"processing": 9.5, "idle": 3.2, "setup": 2.1, "standby": 0.7, "off": 0.1, "heat_up": 11.0, "holding": 4.0}
eighths = st.integers(1, 24).map(lambda n: n / 8)


def dists(scale=1.0, least=1):
    """A constant, or a random duration, around ``scale``."""
    number = st.integers(least, 24).map(lambda n: n / 8 * scale)
    positive = st.integers(1, 24).map(lambda n: n / 8 * scale)
    return st.one_of(
        number,
        positive.map(lambda m: {"exponential": m}),
        positive.map(lambda m: {"lognormal": {"mean": m, "cv": 0.8}}),
        positive.map(lambda m: {"uniform": {"low": 0.5 * m, "high": 1.5 * m}}),
        positive.map(lambda m: {"sum": [0.25 * m, {"exponential": 0.75 * m}]}),
    )


def options_of(**fields):
    """A dict in which each field is there or not."""
    return st.fixed_dictionaries({}, optional=fields)


CREWS = st.sampled_from([None, "fitters", "helpers"])


def failures(kind):
    machine = st.fixed_dictionaries(
        {"ttf_h": dists(8), "ttr_h": dists(0.5, least=0), "clock": st.sampled_from(["operating", "calendar"])},
        optional={
            "crew": CREWS,
            "priority": st.integers(-1, 1),
            "part": st.just("resume") if kind == "furnace" else st.sampled_from(["resume", "restart", "scrap"]),
        },
    )
    head = st.fixed_dictionaries({"scope": st.just("head"), "ttf_h": dists(3), "ttr_h": dists(0.2), "crew": CREWS})
    return st.lists(st.one_of(machine, head) if kind == "machine" else machine, max_size=2)


BY_HOURS = {"every_h": eighths.map(lambda h: 4 * h), "duration_h": dists(0.3), "crew": CREWS}
UPKEEP = st.one_of(
    st.fixed_dictionaries(BY_HOURS, optional={"clock": st.sampled_from(["operating", "calendar"])}),
    st.fixed_dictionaries({"every_units": st.integers(1, 5), "duration_h": dists(0.2)}),
)
RATES = st.just(POWER)
GAS = st.just({"natural_gas_m3": {"processing": 5, "idle": 1, "off": 0.5}})


def behaviour(kind):
    """What all kinds know, and what this kind knows."""
    shared = {
        "failures": failures(kind),
        "maintenance": st.lists(UPKEEP, max_size=1),
        "scrap": st.sampled_from([0.05, 0.3]),
        "power_kw": RATES,
        "use_per_h": GAS,
        "use_per_unit": st.just({"electricity_kwh": 0.3, "steam_t": 0.01}),
        "ageing": st.just({"failure_rate_per_y": 0.3, "cycle_time_per_y": 0.1, "energy_per_y": 0.05}),
        "crew": st.just({"setup": "helpers", "repair": "fitters"}),
    }
    if kind == "furnace":
        return options_of(
            **shared,
            charge_every=st.integers(1, 3),
            gaps=st.booleans(),
            hold_off_shift=st.booleans(),
            heat_up_h=st.just({"from_hold": 0.5, "cold": 2}),
        )
    return options_of(**shared, setup_time_s=dists(0.25 * H, least=0))


@st.composite
def stations(draw, number, names):
    """One station; a few parts go back to an earlier one where no finite buffer can make a ring of waiting."""
    kind = draw(st.sampled_from(["machine", "machine", "machine", "batch", "furnace"]))
    out = {"name": names[number], "kind": kind, "machines": draw(st.integers(1, 3))} | draw(behaviour(kind))
    out["buffer"] = draw(st.sampled_from([None, 0, 1, 3]))
    if kind == "furnace":
        out |= {"places": draw(st.integers(1, 5)), "pace_s": draw(eighths) * H / 2}
    else:
        out["cycle_time_s"] = draw(
            st.one_of(dists(H), st.fixed_dictionaries({"p": dists(H), "q": dists(H)})),
        )
    if kind == "batch":
        out |= {"capacity": draw(st.integers(2, 4)), "min_load": draw(st.integers(1, 2))}
        out["buffer"] = out["buffer"] if out["buffer"] is None else out["buffer"] + 2
        if draw(st.booleans()):
            out["max_wait_s"] = draw(eighths) * H
    if kind == "machine":
        out["heads"] = 4
    if number and draw(st.integers(0, 3)) == 0:
        onward = names[number + 1] if number + 1 < len(names) else "exit"
        out["next"] = {onward: 0.75, draw(st.sampled_from(names[: number + 1])): 0.25}
    if draw(st.booleans()):
        faster = {} if kind == "furnace" else {"cycle_time_s": draw(dists(H / 2))}
        out["options"] = [{"name": "new", "capex_cny": 1, "install_d": draw(eighths) / 3} | faster]
    return out


MOMENTS = st.lists(st.integers(0, 200).map(lambda n: n * H / 4), min_size=1, max_size=30)
LOST = {"quantity": st.integers(1, 4), "when_full": st.just("lost")}
SOURCES = st.one_of(
    st.just("saturated"),
    st.fixed_dictionaries({"interarrival_s": dists(H)}, optional=LOST),
    st.fixed_dictionaries({"demand_per_h": st.sampled_from([0.5, 1.0, 3.0])}, optional=LOST),
    st.fixed_dictionaries({"arrivals_s": MOMENTS}),
)
MIXES = st.sampled_from([None, {"sequence": ["p", "q"], "lot": 2}, {"shares": {"p": 1, "q": 2}}])
CALENDARS = st.sampled_from([None, None, ["mon-fri 06:00-14:00", "mon-fri 14:00-22:00"], ["mon-sun 20:00-04:00"]])


@st.composite
def lines(draw, name="l"):
    names = ["a", "b", "c"][: draw(st.integers(1, 3))]
    line = {"name": name, "source": draw(SOURCES), "stations": [draw(stations(n, names)) for n in range(len(names))]}
    back = {target for s in line["stations"] for target in s.get("next", {})} & set(names)
    for s in line["stations"]:
        if s["name"] in back:
            s["buffer"] = None  # parts that come back always find a place
    mix, shifts = draw(MIXES), draw(CALENDARS)
    return line | ({"mix": mix} if mix else {}) | ({"calendar": {"shifts": shifts}} if shifts else {})


@st.composite
def plants(draw, renewals=True):
    """A valid plant with one or two lines that share two crews."""
    made = [draw(lines("l"))] + ([draw(lines("k"))] if draw(st.booleans()) else [])
    tree = {
        "products": [{"name": "p"}, {"name": "q"}],
        "crews": {"fitters": draw(st.integers(1, 2)), "helpers": 1},
        "lines": made,
        "run": {"start": draw(st.sampled_from(["2026-01-05T00:00", "2026-12-30T21:10"])), "horizon_h": 400},
        "energy": {"electricity": {"tariff": {"bands": {"flat": 1, "peak": 2}, "demand_cny_per_kw_month": 30,
                                              "hours": [{"band": "peak", "hours": ["08:00-12:00"]}]}}},
    }  # fmt: skip
    if renewals:
        renewable = [(line["name"], s) for line in made for s in line["stations"] if "options" in s]
        tree["schedule"] = [
            {"line": line, "station": s["name"], "option": "new", "at": draw(eighths) * 10}
            | {"machines": draw(st.integers(1, s["machines"]))}
            for line, s in renewable
        ]
    plant = Plant.model_validate(tree)
    check_plant(plant)
    return plant
