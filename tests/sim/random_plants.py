"""Random plants over all that a line can do, as hypothesis strategies: flow, people, calendars, renewals.

Stations are in :mod:`random_stations`, times and stops in :mod:`random_stops`.
"""

from hypothesis import assume
from hypothesis import strategies as st
from random_stations import CALENDARS, PRODUCTS, stations
from random_stops import H, dists, eighths, often, seldom, some

from models.checks import check_plant
from models.flow_checks import coming
from models.plant import Plant
from models.view import View

# where parts come from

MOMENTS = st.lists(st.integers(0, 200).map(lambda n: n * H / 4), min_size=1, max_size=20)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"time_s": st.integers(0, 200).map(lambda n: n * H / 4)},
        optional={"product": st.sampled_from(PRODUCTS), "quantity": st.integers(1, 3)},
    ),
    min_size=1,
    max_size=12,
)
RANDOM = {
    "quantity": st.integers(1, 3),
    "when_full": st.just("lost"),
    "count": st.integers(0, 40),
    "product": st.sampled_from(PRODUCTS),
}
WAYS = {
    "saturated": st.just({"saturated": True}),
    "interarrival": st.fixed_dictionaries({"interarrival_s": dists(H)}, optional={"first_s": dists(H, least=0)}),
    "ending": st.just({"interarrival_s": {"sequence": [0.0, H, 2 * H], "then": "never"}}),
    "demand": st.sampled_from([0.5, 1.0, 3.0]).map(lambda per_h: {"demand_per_h": per_h}),
    "moments": MOMENTS.map(lambda moments: {"arrivals_s": moments}),
    "rows": ROWS.map(lambda rows: {"arrivals_s": rows}),
    "profile": st.just({"profile": [{"hours": "06:00-09:00", "per_h": 3}, {"hours": "12:00-24:00", "per_h": 0.5}]}),
    "pallets": st.integers(1, 6).map(lambda n: {"pallets": n}),
}


@st.composite
def sources(draw, names):
    """One source at the first station, or several anywhere."""
    if draw(seldom):
        return "saturated"
    several = draw(st.integers(1, 3))
    out = []
    for n in range(several):
        way = draw(st.sampled_from(sorted(WAYS)))
        source = draw(WAYS[way]) | draw(some(RANDOM, most=2))
        if n or draw(seldom):
            source["to"] = draw(st.sampled_from(names))
        out.append(source)
    return out if several > 1 or draw(st.booleans()) else out[0]


MIXES = st.one_of(
    st.none(),
    st.fixed_dictionaries({"sequence": st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=3)},
                          optional={"lot": st.integers(1, 4)}),
    st.fixed_dictionaries({"shares": st.just({"p": 1, "q": 2})}, optional={"lot": st.integers(1, 3)}),
)  # fmt: skip

# where they go


@st.composite
def routes(draw, number, names):
    """The way on from a station: the next one, or something less plain."""
    onward = names[number + 1] if number + 1 < len(names) else "exit"
    back, ahead = names[: number + 1], [*names[number + 1 :], "exit"]
    single = st.one_of(
        st.just(onward),
        st.sampled_from(ahead),
        st.sampled_from(ahead).map(lambda other: {onward: 0.5, other: 0.5} if other != onward else onward),
        st.sampled_from(back).map(lambda earlier: {onward: 0.75, earlier: 0.25}),
        st.just({onward: 0.9, "scrap": 0.1}),
        st.tuples(st.sampled_from(ahead), st.sampled_from(back)).map(
            lambda pair: {"sequence": [onward, pair[0], pair[1]]}
        ),
    )
    return draw(st.one_of(single, st.fixed_dictionaries(dict.fromkeys(PRODUCTS, single))))


@st.composite
def lines(draw, name="l", rich=False):
    """A line of up to four stations, of a rich one all with many fields at once."""
    names = ("a", "b", "c", "d")[: draw(st.integers(1, 4))]
    row = [draw(stations(at, names, rich)) for at in names]
    line = {"name": name, "source": draw(sources(names)), "stations": row}
    for number, station in enumerate(row):
        if draw(st.booleans() if rich else seldom):
            station["next"] = draw(routes(number, names))
        if station["kind"] in ("assembly", "split", "join") and draw(seldom):
            station["output"] = draw(st.sampled_from(PRODUCTS))
    line |= {"mix": mix} if (mix := draw(MIXES)) else {}
    line |= draw(some({"calendar": CALENDARS, "blocking": st.just("before_service")}, most=1))
    if draw(often if rich else seldom):
        line["initial"] = draw(present(row))
    with_kits(line, draw)
    with_ways_back(line, draw)
    for station in row:
        if "setup_time_s" in station and draw(seldom):
            station["setup_initial"] = draw(st.sampled_from(view_of(line).made_on(line)))
    return line


def names_of(station):
    """Names of a station's machines."""
    listed = station.get("vehicles", station.get("machines"))
    return [m["name"] for m in listed] if isinstance(listed, list) else [str(n) for n in range(1, listed + 1)]


@st.composite
def present(draw, row):
    """Parts that are there at the start, as many as there are places."""
    chosen = draw(st.lists(st.sampled_from(row), unique_by=lambda s: s["name"], min_size=1, max_size=2))
    out = []
    for station in chosen:
        places = 3 if station["buffer"] is None else station["buffer"]
        entry = {"station": station["name"], "parts": draw(st.integers(1, max(1, min(3, places))))}
        entry |= draw(some({"product": st.sampled_from(PRODUCTS)}, 1))
        on_machine = station["kind"] == "machine" and "initial_state" not in station and draw(st.booleans())
        if on_machine:
            entry["remaining_s"] = draw(st.integers(0, 16)) * H / 8
        if places or on_machine:
            out.append(entry)
    return out


def with_kits(line, draw):
    """Give each assembly what comes to it; one to which nothing comes becomes a machine."""
    for number, station in enumerate(line["stations"]):
        if station["kind"] != "assembly":
            continue
        station["inputs"] = {}
        here = arriving(line, number)
        if not here:
            station["kind"] = "machine"
            del station["inputs"]
            station.pop("output", None)
            continue
        station["inputs"] = {p: draw(st.integers(1, 2)) for p in here}
        if set(arriving(line, number)) != set(here):  # what goes out comes back under another name
            station.pop("next", None)
            station["inputs"] = dict.fromkeys(arriving(line, number), 1)
        if station["buffer"] is not None:
            most = max(station["inputs"].values())
            station["buffer"] = max(station["buffer"], most)
            if draw(st.booleans()):
                station["buffer"] = {p: most + n for n, p in enumerate(station["inputs"])}
    # What an assembly sends on may have changed after one before it had its kit.
    kits = [(n, s["inputs"]) for n, s in enumerate(line["stations"]) if s["kind"] == "assembly"]
    assume(all(set(arriving(line, number)) == set(kit) for number, kit in kits))


def arriving(line, number):
    """Products that come to a station, as the plant file's own checks see it."""
    return coming(view_of(line), line)[number]


def view_of(line):
    return View({"products": [{"name": p} for p in PRODUCTS], "lines": [line]})


def with_ways_back(line, draw):
    """More often than not let parts that come back find a place: a full ring of stations stands for ever."""
    places = {s["name"]: n for n, s in enumerate(line["stations"])}
    for number, station in enumerate(line["stations"]):
        for target in named(station.get("next")) | {station.get("inspect", {}).get("bad_to")}:
            if places.get(target, number + 1) <= number and draw(often):
                line["stations"][places[target]]["buffer"] = None


def named(route):
    """Stations that a route names."""
    if isinstance(route, dict):
        return set().union(*(named(r) for r in [*route, *route.values()]))
    if isinstance(route, list):
        return set(route)
    return {route} if isinstance(route, str) else set()


# people, renewals, the plant

CREW_KINDS = st.fixed_dictionaries({
    "fitters": st.one_of(st.integers(1, 2), st.just({"size": 2, "calendar": {"shifts": ["mon-sun 06:00-18:00"]}})),
    "helpers": st.integers(1, 2).map(lambda n: {"size": n, "skills": ["bench"]}),
    "night": st.just({"on_duty": [{"shift": "mon-sun 22:00-06:00", "size": 2},
                                  {"shift": "mon-fri 06:00-22:00", "size": 1}], "skills": ["bench"]}),
    "walkers": st.tuples(st.integers(1, 2), eighths).map(
        lambda pair: {"size": pair[0], "rule": "patrol", "walk_s": pair[1] * H / 16}
        | ({"calendar": {"shifts": ["mon-sat 05:00-21:00"]}} if pair[1] > 2 else {})),
})  # fmt: skip


def asks_for(tree, crew):
    """Whether a name stands anywhere in a tree."""
    if isinstance(tree, dict):
        return any(asks_for(v, crew) for v in [*tree, *tree.values()])
    return any(asks_for(v, crew) for v in tree) if isinstance(tree, list) else tree == crew


@st.composite
def renewals(draw, made):
    """Renewals of what has options, each machine at most once."""
    out = []
    for line in made:
        for station in line["stations"]:
            names = names_of(station)
            if "options" not in station or draw(seldom):
                continue
            entry = {"line": line["name"], "station": station["name"], "option": "new"}
            entry["machines"] = draw(st.one_of(st.integers(1, len(names)), st.just(names[-1:])))
            entry["at"] = draw(st.one_of(eighths.map(lambda h: 12 * h), st.just(0), st.just("2026-01-06")))
            out.append(entry | draw(some({"one_by_one": st.just(True)}, 1)))
    return out


TARIFF = {"bands": {"flat": 1, "peak": 2}, "demand_cny_per_kw_month": 30,
          "hours": [{"band": "peak", "hours": ["08:00-12:00"]}]}  # fmt: skip
BY_SEASON = {"bands": {"flat": 1, "peak": 2, "valley": 0.4},
             "hours": [{"band": "peak", "hours": ["08:00-11:15", "18:00-21:00"]},
                       {"band": "valley", "hours": ["00:00-24:00"], "months": [12, 2]}]}  # fmt: skip
ENERGY = st.sampled_from([{"tariff": TARIFF}, {"tariff": TARIFF}, {"tariff": BY_SEASON}, {"price_cny_per_kwh": 0.7}])


@st.composite
def trees(draw, schedule=True, rich=False):
    """A plant as it would stand in a file: one or two lines that share the crews."""
    made = [draw(lines("l", rich))] + ([draw(lines("k", rich))] if draw(seldom) else [])
    crews = draw(CREW_KINDS)
    if not asks_for(made, "walkers"):
        del crews["walkers"]
    products = [{"name": p, "mass_kg": 100.0 * (n + 1), "priority": n % 2} for n, p in enumerate(PRODUCTS)]
    tree = {"products": products, "crews": crews, "lines": made}
    tree["energy"] = {"electricity": draw(ENERGY)}
    tree["run"] = {"start": draw(st.sampled_from(["2026-01-05T00:00", "2025-12-30T21:10"])), "horizon_h": 400}
    tree |= draw(some({"calendar": CALENDARS}, 1))
    if schedule:
        tree["schedule"] = draw(renewals(made))
    return tree


@st.composite
def plants(draw, renewals=True):
    """A valid plant."""
    plant = Plant.model_validate(draw(trees(renewals)))
    check_plant(plant)
    return plant
