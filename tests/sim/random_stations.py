"""Random stations of every kind, with what each of them knows, as hypothesis strategies."""

from functools import cache

from hypothesis import strategies as st
from random_stops import H, dists, eighths, failures, maintenance, needs, seldom, some

PRODUCTS = ("p", "q", "r")
KINDS = ("machine", "batch", "furnace", "conveyor", "assembly", "split", "join", "transport")
STROKES = ("furnace", "conveyor")
POWER = {"processing": 9.5, "idle": 3.2, "setup": 2.1, "standby": 0.7, "off": 0.1, "heat_up": 11.0, "holding": 4.0,
         "start_up": 5.0, "blocked": 1.5}  # fmt: skip
MORE_POWER = {"processing": 7.0, "starved": 2.9, "maintenance": 0.4, "failed": 0.9, "idle": 3.0}
USES = st.sampled_from([
    {"natural_gas_m3": {"processing": 5, "idle": 1, "off": 0.5, "failed": 2}},
    {"coal_kg": {"processing": 40, "holding": 15}, "compressed_air_m3": {"processing": 3, "starved": 1}},
    {"steam_t": {"processing": 0.2, "setup": 0.1}, "electricity_kwh": {"processing": 1.5, "blocked": 0.5}},
])  # fmt: skip
USES_PER_UNIT = st.sampled_from([
    {"electricity_kwh": 0.3, "steam_t": 0.01},
    {"natural_gas_m3": 1.5, "coal_kg": 2, "compressed_air_m3": 0.25},
])  # fmt: skip
AGEING = st.sampled_from([
    {"failure_rate_per_y": 0.3, "cycle_time_per_y": 0.1, "energy_per_y": 0.05, "scrap_per_y": 0.1},
    {"onset_y": 6.5, "failure_rate_per_y": 0.2, "repair_time_per_y": 0.15, "cycle_time_per_y": 0.05},
])  # fmt: skip
CALENDARS = st.sampled_from([
    {"shifts": ["mon-fri 06:00-14:00", "mon-fri 14:00-22:00"]},
    {"shifts": ["mon-sun 20:00-04:00"]},
    {"shifts": ["mon-fri 07:30-11:30", "mon-fri 12:00-16:00"], "holidays": ["2026-01-07"]},
    {"shifts": ["mon-sun 08:00-11:00"], "holidays_d_per_y": 100},
])  # fmt: skip


@cache
def by_product(scale, least=1):
    """One duration for all products, or one for each."""
    one = dists(scale, least)
    return st.one_of(one, one, st.fixed_dictionaries(dict.fromkeys(PRODUCTS, one)))


@cache
def matrix():
    """Setup from every product to every other."""
    times = dists(0.25 * H, least=0)
    return st.fixed_dictionaries({a: st.fixed_dictionaries({b: times for b in PRODUCTS if b != a}) for a in PRODUCTS})


HEAT = st.one_of(
    st.fixed_dictionaries({"load_kwh_per_part": st.sampled_from([3, {"p": 2, "q": 4, "r": 8}])}),
    st.just({"load_kj_per_kg": 700}),
    st.just({"load_kj_per_kg_k": 0.6, "temperature_rise_k": 900}),
).flatmap(
    lambda load: st.fixed_dictionaries(
        {"carrier": st.sampled_from(["natural_gas_m3", "electricity_kwh", "coal_kg", "steam_t"])},
        optional={"heating_value_mj_per_unit": st.just(30.5),
                  "efficiency": st.just(0.5), "wall_loss_kw": st.just(20), "holding_share": st.just(0.6),
                  "opening_loss_kwh": st.just(1.5)},
    ).map(lambda more: load | more)
)  # fmt: skip
STANDBY = st.fixed_dictionaries(
    {"after_s": dists(0.5 * H, least=0)},
    optional={"wake_at_parts": st.integers(1, 2), "start_up_s": dists(0.25 * H, least=0)},
)


@cache
def shared_fields(kind, targets):
    """What every kind knows; ``targets`` are where a bad part may be sent to be mended."""
    mends = st.sampled_from([*targets, "scrap"])
    return {
        "failures": failures(kind),
        "maintenance": maintenance(()),
        "scrap": st.sampled_from([0.05, 0.3]),
        "inspect": st.fixed_dictionaries({"detects": st.sampled_from([0.5, 1.0])}, optional={"bad_to": mends}),
        "transfer_s": dists(0.2 * H),
        "power_kw": st.sampled_from([POWER, POWER, MORE_POWER]),
        "use_per_h": USES,
        "use_per_unit": USES_PER_UNIT,
        "ageing": AGEING,
        "running_cost_cny_per_y": st.just(8760),
        "standby": STANDBY,
    }


@cache
def fields_of(kind, targets):
    """What this kind of station may say of its behaviour."""
    fields = shared_fields(kind, targets)
    if kind in STROKES:
        return fields | {"charge_every": st.integers(1, 3), "gaps": st.just(True)}
    fields = fields | {
        "load_s": dists(0.2 * H, least=0),
        "unload_s": dists(0.2 * H, least=0),
        "crew": some(dict.fromkeys(("setup", "load", "unload", "processing", "repair"), needs)),
        "shift_end": st.sampled_from(["finish", "fit", "resume"]),
        "no_start_within_s": eighths.map(lambda h: h * H / 2),
    }
    if kind != "transport":
        fields["setup_time_s"] = st.one_of(dists(0.25 * H, least=0), matrix())
    return fields


@cache
@st.composite
def core(draw, kind):
    """What a station of this kind cannot do without."""
    if kind in STROKES:
        return {"places": draw(st.integers(1, 5)), "pace_s": draw(eighths) * H / 2}
    if kind == "transport":
        out = {"travel_s": draw(dists(0.5 * H)), "capacity": draw(st.integers(1, 3))}
        return out | draw(some({"return_s": dists(0.5 * H, least=0)}, 1))
    out = {"cycle_time_s": draw(by_product(H))}
    if kind == "batch":
        out |= {"capacity": draw(st.integers(2, 4)), "min_load": draw(st.integers(1, 2))}
        out |= draw(some({"max_wait_s": st.integers(0, 16).map(lambda n: n / 8 * H)}, 1))
    if kind in ("split", "join"):
        out["pieces"] = draw(st.integers(1, 3))
    return out


@st.composite
def behaviour(draw, kind, targets, rich):
    """The whole of what a machine of this kind does."""
    fields = fields_of(kind, targets)
    out = draw(core(kind)) | draw(some(fields, *((10, 5) if rich else (5, 0))))
    if kind in ("furnace", "batch") and (rich or draw(seldom)):
        out["heat"] = draw(HEAT)
    if kind in STROKES and draw(seldom):
        out |= {"gaps": False, "charge_every": 1}
    if kind == "furnace":
        out |= draw(
            some({"hold_off_shift": st.booleans(), "heat_up_h": st.just({"from_hold": 0.5, "cold": 2})}, 2, 2 * rich)
        )
        if "heat" in out and "heat_up_h" in out:
            out["heat"] = out["heat"] | {"heat_up_kwh": {"from_hold": 40, "cold": 300}}
    if any(mode.get("scope") == "head" for mode in out.get("failures", ())):
        out["heads"] = 4
    elif kind == "machine" and draw(seldom):
        out["heads"] = 2
    if "failures" in out and "maintenance" in out:
        out["maintenance"] = draw(maintenance(out["failures"]))
    return out


def without_heads(kind):
    """Failures of the whole machine."""
    return failures(kind if kind in STROKES else "transport")


@st.composite
def machines(draw, kind, targets):
    """A count of equal machines, or a list of different ones."""
    number = draw(st.integers(1, 3))
    if not draw(seldom):
        return number
    fields = {k: v for k, v in shared_fields(kind, targets).items() if k != "inspect"} | {
        "failures": without_heads(kind)
    }
    return [{"name": f"m{n}"} | draw(some(fields | changed(kind), most=2)) for n in range(number)]


@cache
def changed(kind):
    """What equipment of this kind may have otherwise than the station."""
    if kind in STROKES:
        return {"places": st.integers(1, 4), "pace_s": eighths.map(lambda h: h * H / 4)}
    if kind == "transport":
        return {"travel_s": dists(0.25 * H), "load_s": dists(0.1 * H), "return_s": dists(0.25 * H)}
    own = {"split": {"pieces": st.integers(1, 3)}, "batch": {"max_wait_s": eighths.map(lambda h: h * H)}}
    return {"cycle_time_s": by_product(0.5 * H), "unload_s": dists(0.1 * H)} | own.get(kind, {})


RAMPS = st.sampled_from([
    {"cycle_factor_by_unit": [1.5, 1.25]},
    {"initial": 0.5, "time_constant_d": 1},
    {"stages": [{"for_d": 0.5, "speed": 0.5}, {"for_d": 1, "speed": 0.8}]},
])  # fmt: skip


@st.composite
def options(draw, kind, targets):
    """What the machines may be renewed with."""
    new = {k: v for k, v in shared_fields(kind, targets).items() if k not in ("inspect", "maintenance")}
    more = {
        "cycle_time_factor": st.sampled_from([0.5, 0.8]),
        "ramp_up": RAMPS,
        "install_d": eighths.map(lambda h: h / 3),
        "resale_cny": st.just(2),
    }
    more |= {"failures": without_heads(kind)}
    return {"name": "new", "capex_cny": 1} | draw(some(new | changed(kind) | more, most=4))


@st.composite
def stations(draw, name, targets, rich=False):
    """One station, a rich one with many fields at once; where its parts go is the line's affair."""
    kind = draw(st.sampled_from(["machine", "machine", *KINDS]))
    out = {"name": name, "kind": kind, "machines": draw(machines(kind, targets))} | draw(behaviour(kind, targets, rich))
    if kind == "transport" and isinstance(out["machines"], int) and draw(st.booleans()):
        out["vehicles"] = out.pop("machines")
    out["buffer"] = draw(st.sampled_from([None, None, 0, 1, 2, 4]))
    least = out["min_load"] if kind == "batch" else out["pieces"] if kind == "join" else 0
    if out["buffer"] is not None:
        out["buffer"] += least
    if "ageing" in out and draw(st.booleans()):
        out["in_service_since"] = 2020
    fields = {"choose_machine": st.sampled_from(["first_listed", "random"]), "calendar": CALENDARS}
    if kind != "assembly":
        fields["one_lot_at_a_time"] = st.just(True)
        fields["queue"] = st.sampled_from(["lifo", "priority", "returns_first"])
    if "standby" in out:
        fields["initial_state"] = st.sampled_from(["standby", "off"])
    out |= draw(some(fields, most=2, least=rich))
    if rich or draw(st.booleans()):
        out["options"] = [draw(options(kind, targets))]
    return out
