"""Every field of the plant file is explained, and every number says its unit in its name."""

from scenarios.files import schema

# Numbers that have no unit: counts, ratios, ordinals, and the parameters of a distribution (their unit is that of the
# field they stand in).
UNITLESS = {
    "renewline", "years", "replications", "seed", "machines", "buffer", "quantity", "count", "lot", "heads", "capacity",
    "min_load", "places", "charge_every", "scrap", "priority", "size", "gap", "max_lines_down", "discount_rate", "rate",
    "salvage_share", "every_units", "cycle_time_factor", "initial", "cycle_factor_by_unit", "months", "limits", "uses",
    "shares", "bands", "in_service_since", "use_per_unit", "precision", "max_replications", "batches",
    "exponential", "mean", "cv", "stages", "scale", "shape", "sd", "low", "mode", "high", "values", "weights", "weight",
    "sequence", "sum", "mixture", "dist",
    "pallets", "vehicles", "pieces", "inputs", "parts", "wake_at_parts", "detects", "speed",
    "from_hold", "cold",  # in heat_up_h and heat_up_kwh
    "benchmark_level", "entry_level",  # in the level's own unit
    "typical", "value", "price_exponent",  # of a type of the user: in the unit beside them, and a power
    "efficiency", "holding_share",
    "min", "max", "share", "basis_share", "award_probability", "points", "nc_rate", "benchmark_share",
    "shortest_life_share", "max_renewals", "quantities",
    "probability", "demand_factor", "margin_factor", "price_factor", "speed_factor",  # scenarios of a plan
}  # fmt: skip
STATES = {
    "processing", "setup", "idle", "blocked", "starved", "standby", "failed", "maintenance", "holding", "heat_up",
    "off", "start_up",
}  # fmt: skip
UNITS = (
    "_s", "_h", "_d", "_y", "_kw", "_kg", "_cny", "_m2", "_m3", "_t", "_k", "_kwh", "_month", "_per_h", "_per_y",
    "_per_period", "_per_kg", "_per_part", "_per_unit",
)  # fmt: skip


def _sections():
    whole = schema()
    return {"Plant": whole, **whole["$defs"]}


def _is_number(spec):
    kinds = [spec, *spec.get("anyOf", [])]
    return any(kind.get("type") in ("number", "integer") for kind in kinds)


def test_every_field_is_explained():
    missing = [
        f"{section}.{field}"
        for section, node in _sections().items()
        for field, spec in node.get("properties", {}).items()
        if not spec.get("description")
    ]
    assert missing == []


def test_every_number_says_its_unit():
    nameless = [
        f"{section}.{field}"
        for section, node in _sections().items()
        for field, spec in node.get("properties", {}).items()
        if _is_number(spec) and field not in UNITLESS | STATES | {"at", "crews"} and not field.endswith(UNITS)
    ]
    assert nameless == []
