import copy

import pytest

from models.checks import CHECKS, check_plant, findings
from models.errors import DataError
from models.plant import Plant

GOOD = {
    "products": [{"name": "shaft"}, {"name": "flange"}],
    "crews": {"repair": 1, "setters": {"size": 2}},
    "lines": [
        {
            "name": "shop",
            "source": "saturated",
            "mix": {"sequence": ["shaft", "flange"]},
            "stations": [
                {
                    "name": "turning",
                    "buffer": None,
                    "machines": 2,
                    "cycle_time_s": {"shaft": 9, "flange": 8},
                    "setup_time_s": {"shaft": {"flange": 5}, "flange": {"shaft": 6}},
                    "crew": {"repair": "repair", "setup": "setters"},
                    "failures": [{"name": "drive", "ttf_h": 9, "ttr_h": 1}],
                    "options": [{"name": "cnc", "capex_cny": 9, "uses": {"cranes": 1}}],
                },
                {"name": "heat", "kind": "batch", "buffer": 40, "cycle_time_s": 9, "capacity": 20, "min_load": 10},
                {
                    "name": "bake",
                    "kind": "furnace",
                    "buffer": 4,
                    "places": 5,
                    "pace_s": 9,
                    "heat_up_h": {"cold": 2},
                    "heat": {
                        "carrier": "coal_kg",
                        "load_kwh_per_part": {"shaft": 1, "flange": 2},
                        "heat_up_kwh": {"cold": 9},
                    },
                },
                {
                    "name": "spin",
                    "buffer": 1,
                    "heads": 4,
                    "cycle_time_s": 3,
                    "failures": [{"scope": "head", "ttf_h": 3, "ttr_h": 1}],
                    "next": {"shaft": "exit", "flange": {"turning": 0.1, "exit": 0.9}},
                },
            ],
        },
    ],
    "schedule": [{"line": "shop", "station": "turning", "option": "cnc", "at": 24}],
    "renewal": {
        "years": 2,
        "budget_cny": {2026: 1, 2027: 2},
        "downtime_h_per_period": {"shop": 9},
        "limits": {"cranes": 1},
        "rules": [{"must": "shop/turning", "by": "2027-06"}],
    },
}

LINE, TURNING, HEAT, BAKE, SPIN = ("lines", 0), 0, 1, 2, 3
STATIONS = ("lines", 0, "stations")


def at(number, *rest):
    return (*STATIONS, number, *rest)


def changed(path, value):
    tree = copy.deepcopy(GOOD)
    node = tree
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    elif isinstance(node, list) and path[-1] == len(node):
        node.append(value)
    else:
        node[path[-1]] = value
    return tree


GRANT = {"kind": "grant", "name": "grant", "share": 0.6}
SUBSIDY = {"kind": "interest_subsidy", "name": "subsidy", "points": 0.01}

CASES = [
    # changed there, to that: found there
    (("products", 1, "name"), "shaft", ("products", 1, "name"), "second product"),
    (("products", 1, "name"), "weibull", ("products", 1, "name"), "a product named 'weibull'"),
    (("lines", 1), {"name": "shop", "source": "saturated", "stations": []}, ("lines", 1, "name"), "second line"),
    (at(HEAT, "name"), "turning", at(HEAT, "name"), "second station"),
    (at(HEAT, "name"), "scrap", at(HEAT, "name"), "a station named 'scrap'"),
    (at(HEAT, "name"), "a/b", at(HEAT, "name"), "'/' in the name"),
    (at(TURNING, "machines"), [{"name": "m"}, {"name": "m"}], at(TURNING, "machines", 1, "name"), "second machine"),
    (at(TURNING, "options", 1), {"name": "cnc", "capex_cny": 1}, at(TURNING, "options", 1, "name"), "second option"),
    (at(TURNING, "failures", 1), {"name": "drive"}, at(TURNING, "failures", 1, "name"), "second failure"),
    (("lines", 0, "mix"), {"sequence": ["shaft", "rod"]}, ("lines", 0, "mix", "sequence", 1), "unknown product 'rod'"),
    (("lines", 0, "mix"), {"shares": {"shaft": 1, "rod": 1}}, ("lines", 0, "mix", "shares", "rod"), "unknown"),
    (("lines", 0, "source"), {"demand_per_h": 1, "product": "rod"}, ("lines", 0, "source", "product"), "unknown"),
    (at(TURNING, "cycle_time_s", "rod"), 3, at(TURNING, "cycle_time_s", "rod"), "unknown product"),
    (at(TURNING, "cycle_time_s", "flange"), ..., at(TURNING, "cycle_time_s"), "no value for flange"),
    (at(TURNING, "setup_time_s", "flange"), ..., at(TURNING, "setup_time_s"), "no value for flange"),
    (at(TURNING, "setup_time_s", "flange"), {"rod": 3, "shaft": 3},
     at(TURNING, "setup_time_s", "flange", "rod"), "unknown"),
    (at(TURNING, "setup_initial"), "rod", at(TURNING, "setup_initial"), "unknown product of this line"),
    (at(TURNING, "crew", "repair"), "men", at(TURNING, "crew", "repair"), "unknown crew"),
    (at(TURNING, "failures", 0, "crew"), "men", at(TURNING, "failures", 0, "crew"), "unknown crew"),
    (("crews", "repair"), 0, at(TURNING, "crew", "repair"), "has nobody"),
    (("crews", "setters"), {"size": 0}, at(TURNING, "crew", "setup"), "has nobody"),
    (at(HEAT, "next"), "bakee", at(HEAT, "next"), "unknown station"),
    (at(HEAT, "next"), {"bake": 0.5, "exit": 0.4}, at(HEAT, "next"), "add up to 0.9"),
    (at(HEAT, "next"), {"bake": 1.5, "exit": -0.5}, at(HEAT, "next"), "a share of -0.5"),
    (at(SPIN, "next"), {"shaft": "exit"}, at(SPIN, "next"), "no way on for flange"),
    (at(SPIN, "next", "flange"), {"exit": 0.4}, at(SPIN, "next", "flange"), "add up to 0.4"),
    (at(SPIN, "next", "rod"), "exit", at(SPIN, "next", "rod"), "unknown product"),
    (at(TURNING, "cycle_time_s"), ..., at(TURNING), "'cycle_time_s' is missing"),
    (at(HEAT, "capacity"), ..., at(HEAT), "'capacity' is missing"),
    (at(BAKE, "pace_s"), ..., at(BAKE), "'pace_s' is missing"),
    (at(BAKE, "places"), ..., at(BAKE), "'places' is missing"),
    (at(BAKE, "cycle_time_s"), 4, at(BAKE, "cycle_time_s"), "at a station of kind 'furnace'"),
    (at(TURNING, "options", 0, "pace_s"), 4, at(TURNING, "options", 0, "pace_s"), "at a station of kind 'machine'"),
    (at(HEAT, "min_load"), 30, at(HEAT, "min_load"), "above capacity 20"),
    (at(HEAT, "buffer"), 9, at(HEAT, "min_load"), "above the 9 places"),
    (at(SPIN, "heads"), ..., at(SPIN, "failures", 0, "scope"), "without heads"),
    (at(TURNING, "failures", 0, "ttf_h"), 0, at(TURNING, "failures", 0, "ttf_h"), "0 h to failure"),
    (at(TURNING, "maintenance"), [{"every_units": 3, "clock": "calendar", "duration_h": 1}],
     at(TURNING, "maintenance", 0, "clock"), "maintenance by units"),
    (at(TURNING, "maintenance"), [{"every_h": 3, "renews": ["gear"], "duration_h": 1}],
     at(TURNING, "maintenance", 0, "renews"), "unknown failure 'gear'"),
    (at(TURNING, "failures", 0, "restores"), "minimal", at(TURNING, "failures", 0, "restores"), "minimal repair with"),
    (at(TURNING, "failures", 0), {"ttf_h": {"sum": [1, 2]}, "ttr_h": 1, "age_h": 2},
     at(TURNING, "failures", 0, "age_h"), "an age with a sum"),
    (("lines", 0, "source"), [{"saturated": True}, {"demand_per_h": 1, "to": "mill"}],
     ("lines", 0, "source", 1, "to"), "unknown station 'mill'"),
    (("lines", 0, "source"), {"arrivals_s": [{"time_s": 1, "product": "rod"}]},
     ("lines", 0, "source", "arrivals_s", 0, "product"), "unknown product 'rod'"),
    (("lines", 0, "source"), {"profile": [{"hours": "08:00-12:00"}, {"hours": "11:00-13:00"}]},
     ("lines", 0, "source", "profile", 1, "hours"), "overlap"),
    (at(HEAT), {"name": "kit", "kind": "assembly", "buffer": 4, "cycle_time_s": 9, "inputs": {"shaft": 1}},
     at(HEAT, "inputs"), "'flange' comes here too"),
    (at(HEAT), {"name": "kit", "kind": "assembly", "buffer": 4, "cycle_time_s": 9, "inputs": {"rod": 1}},
     at(HEAT, "inputs", "rod"), "unknown product 'rod'"),
    (at(HEAT), {"name": "kit", "kind": "assembly", "buffer": 4, "cycle_time_s": 9, "inputs": {}},
     at(HEAT, "inputs"), "of nothing"),
    (at(HEAT), {"name": "kit", "kind": "assembly", "buffer": 4, "cycle_time_s": 9, "inputs": {"shaft": 1, "flange": 1},
                "one_lot_at_a_time": True}, at(HEAT, "one_lot_at_a_time"), "one lot at a time at an assembly"),
    (at(HEAT), {"name": "box", "kind": "join", "buffer": 4, "cycle_time_s": 9, "pieces": 6},
     at(HEAT, "pieces"), "pieces 6 above the 4 places"),
    (at(HEAT, "buffer"), {"shaft": 3}, at(HEAT, "buffer"), "places by product"),
    (at(HEAT, "next"), {"sequence": ["bake", "oven"]}, at(HEAT, "next", "sequence", 1), "unknown station 'oven'"),
    (at(SPIN, "inspect"), {"bad_to": "mend"}, at(SPIN, "inspect", "bad_to"), "unknown station 'mend'"),
    (at(BAKE, "shift_end"), "finish", at(BAKE, "shift_end"), "shift_end at a furnace"),
    (at(BAKE), {"name": "oven", "kind": "conveyor", "buffer": 4, "places": 3, "pace_s": 9, "gaps": False,
                "charge_every": 2},
     at(BAKE, "charge_every"), "a pusher that waits"),
    (at(BAKE, "crew"), {"load": "setters"}, at(BAKE, "crew", "load"), "people for load at a furnace"),
    (at(BAKE, "load_s"), 5, at(BAKE, "load_s"), "'load_s' at a station of kind 'furnace'"),
    (("lines", 0, "initial"), [{"station": "heat", "parts": 50}],
     ("lines", 0, "initial", 0, "parts"), "50 parts for 40"),
    (("lines", 0, "initial"), [{"station": "heat", "remaining_s": 5}],
     ("lines", 0, "initial", 0, "remaining_s"), "a part in work at a batch"),
    (("lines", 0, "initial"), [{"station": "spin", "remaining_s": 5}, {"station": "spin", "remaining_s": 6}],
     ("lines", 0, "initial", 1, "remaining_s"), "2 parts in work on 1 machines"),
    (("lines", 0), {"name": "l", "source": "saturated", "initial": [{"station": "a", "remaining_s": 5}],
                    "stations": [{"name": "a", "buffer": None, "cycle_time_s": 1, "standby": {"after_s": 9},
                                  "initial_state": "off"}]},
     ("lines", 0, "initial", 0, "remaining_s"), "on a machine in off"),
    (("crews", "walkers"), {"size": 1, "rule": "patrol", "walk_s": 5}, ("crews", "walkers"), "that no machine names"),
    (at(TURNING, "crew", "setup"), {"setters": 3}, at(TURNING, "crew", "setup", "setters"), "3 of crew 'setters'"),
    (("lines", 0, "source"), {"interarrival_s": 0}, ("lines", 0, "source", "interarrival_s"), "0 s between"),
    (("calendar",), {"shifts": [], "holidays_d_per_y": 365}, ("calendar", "holidays_d_per_y"), "365 days off"),
    (("energy",), {"electricity": {"tariff": {"bands": {"flat": 1}, "hours": [{"band": "peek"}]}}},
     ("energy", "electricity", "tariff", "hours", 0, "band"), "unknown band"),
    (at(TURNING, "in_service_since"), 2031, at(TURNING, "in_service_since"), "since 2031"),
    (("schedule", 0, "line"), "hall", ("schedule", 0, "line"), "unknown line"),
    (("schedule", 0, "station"), "boring", ("schedule", 0, "station"), "unknown station"),
    (("schedule", 0, "option"), "new", ("schedule", 0, "option"), "unknown option"),
    (("schedule", 0, "machines"), 3, ("schedule", 0, "machines"), "3 machines"),
    (("schedule", 0, "machines"), ["x"], ("schedule", 0, "machines"), "unknown machine"),
    (("schedule", 0, "machines"), ["1", "1"], ("schedule", 0, "machines"), "'1' is renewed twice"),
    (at(BAKE, "failures"), [{"ttf_h": 3, "ttr_h": 1, "part": "scrap"}],
     at(BAKE, "failures", 0, "part"), "scrap in a furnace"),
    (at(BAKE, "heat"), {"carrier": "coal_kg", "load_kj_per_kg": 5}, at(BAKE, "heat"), "no mass_kg for shaft, flange"),
    (at(BAKE, "heat", "load_kwh_per_part", "flange"), ..., at(BAKE, "heat", "load_kwh_per_part"), "no value for"),
    (at(BAKE, "heat", "load_kwh_per_part", "rod"), 3, at(BAKE, "heat", "load_kwh_per_part", "rod"), "unknown product"),
    (at(BAKE, "heat_up_h"), ..., at(BAKE, "heat", "heat_up_kwh", "cold"), "without hours of heat-up cold"),
    (at(HEAT, "heat"), {"load_kwh_per_part": 1, "heat_up_kwh": {"from_hold": 1}},
     at(HEAT, "heat", "heat_up_kwh", "from_hold"), "without hours of heat-up from_hold"),
    (at(TURNING, "heat"), {"load_kwh_per_part": 1}, at(TURNING, "heat"), "at a station of kind 'machine'"),
    (("schedule", 0, "at"), 9000, ("schedule", 0, "at"), "9000 h after the start"),
    (("schedule", 0, "at"), "2025-12-31", ("schedule", 0, "at"), "2025-12-31"),
    (("renewal", "budget_cny", 2028), 5, ("renewal", "budget_cny", 2028), "a budget for 2028"),
    (("renewal", "downtime_h_per_period", "hall"), 5, ("renewal", "downtime_h_per_period", "hall"), "unknown line"),
    (("renewal", "limits"), {}, at(TURNING, "options", 0, "uses", "cranes"), "unknown resource"),
    (("renewal", "rules", 0, "must"), "shop/boring", ("renewal", "rules", 0, "must"), "unknown station or option"),
    (("renewal", "rules", 0, "by"), "2028-01", ("renewal", "rules", 0, "by"), "2028-01"),
    (("renewal", "rules", 0, "by"), "soon", ("renewal", "rules", 0, "by"), "soon"),
    (("renewal", "rules", 1), {"exclude": ["shop/turning"]}, ("renewal", "rules", 1, "exclude"), "only one thing"),
    (("renewal", "rules", 1), {"after": {"first": "shop/turning", "then": "shop/turning"}},
     ("renewal", "rules", 1, "after"), "after itself"),
    (("renewal", "rules", 1), {"choose": ["shop/lathe"], "max": 1}, ("renewal", "rules", 1, "choose", 0), "unknown"),
    (("renewal", "rules", 1), {"exactly_one": ["shop/turning"]}, ("renewal", "rules", 1, "exactly_one"), "only one"),
    (("renewal", "rules", 1), {"must_by": "2029-01", "when": "below_entry_level"},
     ("renewal", "rules", 1, "must_by"), "2029-01"),
    (("renewal", "rules", 1), {"must_by": "2027-01", "when": "below_entry_level"},
     ("renewal", "rules", 1, "when"), "no machine is below entry"),
    (("renewal", "incentives"), [SUBSIDY], ("renewal", "incentives", 0), "without a loan"),
    (("renewal", "incentives"), [GRANT, GRANT], ("renewal", "incentives", 1), "a second incentive"),
    (("renewal", "incentives"), [GRANT, {**GRANT, "name": "other", "not_with": ["grant"]}],
     ("renewal", "incentives", 1), "other beside grant"),
    (("renewal", "incentives"), [GRANT, {**GRANT, "name": "other"}], ("renewal", "incentives"), "120%"),
    (("renewal", "incentives"), [{**GRANT, "options": ["drill"]}],
     ("renewal", "incentives", 0, "options", 0), "unknown option"),
    (("renewal", "targets"), {"nc_rate": 0.5}, ("renewal", "targets", "nc_rate"), "no machine says nc"),
    (("renewal", "targets"), {"benchmark_share": 0.5}, ("renewal", "targets", "benchmark_share"), "energy_standing"),
    (("renewal", "targets"), {"co2_t_per_y": {2030: 5}}, ("renewal", "targets", "co2_t_per_y", 2030), "for 2030"),
    (("renewal", "targets"), {"quantities": {"robots": {"min": 1}}},
     ("renewal", "targets", "quantities", "robots"), "unknown quantity"),
    (("renewal", "limits"), {"cranes": {"max": {2030: 1}}}, ("renewal", "limits", "cranes", "max", 2030), "for 2030"),
    (("renewal", "windows"), {"hall": {"months": [2]}}, ("renewal", "windows", "hall"), "unknown line"),
    (("renewal", "windows"), {"shop": {"periods": ["2031-Q1"]}},
     ("renewal", "windows", "shop", "periods", 0), "unknown period"),
    (("renewal", "demand"), {"shop": 0.1}, ("renewal", "demand", "shop"), "of another kind"),
    (at(TURNING, "options", 0, "from"), ["drill"], at(TURNING, "options", 0, "from", 0), "unknown option"),
    (at(TURNING, "options", 0, "from"), ["cnc"], at(TURNING, "options", 0, "from"), "follows another renewal"),
    (at(TURNING, "options", 0), {"name": "cnc", "capex_cny": 0, "removes": True, "install_d": 3},
     at(TURNING, "options", 0, "install_d"), "of a machine that is gone"),
]  # fmt: skip


def test_the_good_plant_is_good():
    assert findings(GOOD) == []
    check_plant(Plant.model_validate(GOOD))


@pytest.mark.parametrize(
    ("path", "value", "where", "what"), CASES, ids=lambda v: None if isinstance(v, dict) else str(v)
)
def test_each_mistake_is_found_where_it_is(path, value, where, what):
    found = findings(changed(path, value))
    assert [f for f in found if f.path == where and what in f.found], found


def test_each_check_finds_something_in_these_cases():
    from models.view import View

    # A saturated line that takes no time is the one case that needs several changes.
    timeless = {"lines": [{"name": "l", "source": "saturated", "stations": [{"name": "a", "cycle_time_s": 0}]}]}
    trees = [changed(path, value) for path, value, _, _ in CASES] + [timeless]
    silent = [check.__name__ for check in CHECKS if not any(list(check(View(tree))) for tree in trees)]
    assert silent == []


JUNK = (None, 7, "text", [], {}, [None, 3, "x", {}], {"name": 3}, {1: {2: 3}}, True, float("nan"))


@pytest.mark.parametrize("junk", JUNK, ids=str)
def test_checks_bear_with_anything_anywhere(junk):
    def paths(node, path=()):
        yield path
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in items:
            yield from paths(value, (*path, key))

    for path in list(paths(GOOD)):
        findings(changed(path, junk) if path else junk)


def test_a_plant_from_python_is_checked_with_names_in_the_message():
    plant = Plant.model_validate(changed(at(HEAT, "min_load"), 30))
    with pytest.raises(DataError, match=r"lines\[0\].stations\[1\] \(heat\).min_load: min_load 30 above capacity 20"):
        check_plant(plant)


def test_machines_that_give_a_value_themselves_need_none_from_the_station():
    tree = changed(at(TURNING, "cycle_time_s"), ...)
    tree["lines"][0]["stations"][0]["machines"] = [{"name": "a", "cycle_time_s": 3}, {"name": "b"}]
    assert [f.path for f in findings(tree)] == [at(TURNING, "machines", 1)]
