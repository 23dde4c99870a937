"""Complete documents of every kind, made up: the shapes that reports and tables must be able to render."""

import random

from sim.bottleneck import SEVERAL_TURNS
from sim.iso22400 import KPIS

LINES = {
    "shaft line": {"turning": 6, "milling": 4, "heat treatment": 2, "grinding": 3},
    "flange line": {"boring": 3, "drilling": 4, "washing": 1},
}
ZH = {
    "shaft line": "轴类生产线", "turning": "车削", "milling": "铣削", "heat treatment": "热处理", "grinding": "磨削",
    "flange line": "法兰生产线", "boring": "镗削", "drilling": "钻削", "washing": "清洗",
    "cnc turning centre": "数控车削中心", "machining centre": "加工中心", "engine lathe": "普通车床",
    "old machine": "旧设备", "Jinan shaft works": "济南轴业机械厂",
}  # fmt: skip
YEARS = range(2026, 2031)
PERIODS = [f"{year}-Q{quarter}" for year in YEARS for quarter in (1, 2, 3, 4)]


def translated(value, words=ZH):
    """Return a document in which names are replaced, also where they are keys."""
    if isinstance(value, dict):
        return {words.get(key, key): translated(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [translated(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def ci(mean, relative=0.012):
    return {"mean": mean, "half_width": abs(mean) * relative}


def shares(rng, furnace):
    names = ["processing", "setup", "blocked", "starved", "failed", "maintenance", "waiting_crew", "installing"]
    weights = {name: rng.uniform(0.2, 1) for name in names} | {"processing": 4 + rng.random()}
    if furnace:
        weights |= {"holding": 0.8, "heat_up": 0.4}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def iso(oee):
    shares = {kpi.key: ci(oee) for kpi in KPIS if kpi.scope == "station" and kpi.unit == "-"}
    return {**shares, "mtbf_h": ci(61.0, 0.08), "mttr_h": ci(3.1, 0.1), "first_pass_yield": None}


def bottlenecks(stations, better):
    first, second = list(stations)[better % len(stations)], list(stations)[(better + 1) % len(stations)]
    sole = {s: ci({first: 0.52, second: 0.21}.get(s, 0.0), 0.07) for s in stations}
    named = {first: {"share": 0.9, "low": 0.6, "high": 0.98}, second: {"share": 0.1, "low": 0.02, "high": 0.4}}
    return {
        "active_period": {"name": first, "share_named": named, "sole": sole, "shifting": sole},
        "turning_point": {"name": second, "reason": SEVERAL_TURNS, "share_named": named},
        "agree": False, "leaders": [first, second], "separated": False, "warning": "They disagree.",
    }  # fmt: skip


def station(rng, name, machines):
    states = shares(rng, name == "heat treatment")
    return {
        "name": name, "machines": machines, "states": states, "hours": {s: 8000 * v for s, v in states.items()},
        "oee": ci(states["processing"] * 0.95), "availability": 0.9, "performance": 0.95, "quality": 0.98,
        "visits_per_h": ci(13.2), "queue_length": ci(2.5, 0.1), "number": ci(5.0), "waiting_time_h": ci(0.19, 0.1),
        "mean_power_kw": ci(11.0 * machines), "iso22400": iso(0.8),
        "stops": [{"name": "drive", "per_h": ci(0.01), "mean_wait_h": 0.4, "mean_h": 3.1, "cost_cny_per_h": 4.5}],
        "machine": [{"name": f"{name} 1", "states": states, "hours": {}, "units": 900}],
    }  # fmt: skip


def line(rng, name, stations, better):
    kwh, gas = 2.1e6 * (1 - 0.12 * better), 3.2e5 * (1 - 0.2 * better)
    states = {"processing": 0.7 * kwh, "starved": 0.18 * kwh, "blocked": 0.12 * kwh}
    gas_states = {"processing": 0.6 * gas, "holding": 0.25 * gas, "heat_up": 0.05 * gas, "per_unit": 0.1 * gas}
    return {
        "name": name, "throughput_per_h": ci(13.4 + 3 * better), "good_per_h": ci(13.1 + 3 * better),
        "wip": ci(41.0), "lead_time_h": {**ci(3.2 - better), "p50": 2.9, "p90": 5.2, "p95": 6.0, "p99": 8.1,
                                        "quantile_half_width": {"p50": 0.1, "p90": 0.2, "p95": 0.3, "p99": 0.6}},
        "bottlenecks": bottlenecks(stations, better), "bottleneck": list(stations)[better % len(stations)],
        "products": [{"name": "shaft", "throughput_per_h": ci(9.0), "lead_time_h": ci(3.1)}],
        "sources": [{"offered_per_h": 14.0, "lost_share": 0.02}],
        "energy": {
            "mean_power_kw": ci(240.0), "kwh_per_unit": ci(18.3 - 3 * better), "kgce_per_unit": ci(5.4 - better),
            "tce": ci(646.0 - 90 * better), "co2_t": ci(2037.0 - 260 * better), "cost_cny": ci(2.5e6 - 4e5 * better),
            "peak_kw": ci(402.0), "by_carrier": {"electricity_kwh": ci(kwh), "natural_gas_m3": ci(gas)},
            "by_state": {"electricity_kwh": states, "natural_gas_m3": gas_states},
            "by_band_kwh": {"peak": 0.4 * kwh, "flat": 0.35 * kwh, "valley": 0.25 * kwh},
        },
        "stations": [station(rng, s, n) for s, n in stations.items()],
    }  # fmt: skip


def simulate_document(better=0, lines=LINES, horizon_h=43_824.0):
    rng = random.Random(better)
    return {
        "kind": "simulate", "renewline": "1.2.3", "plant": "Jinan shaft works", "engine": "simpy", "seed": 1,
        "replications": 10, "horizon_h": horizon_h, "warm_up_h": 0.0,
        "lines": [line(rng, name, stations, better) for name, stations in lines.items()],
        "crews": [{"name": "repair", "size": 2, "utilisation": ci(0.41)}], "by_replication": {},
    }  # fmt: skip


def difference(scale):
    per_y = {
        "output_per_y": 26_000.0, "good_per_y": 25_400.0, "kwh_per_y": -251_000.0, "natural_gas_m3_per_y": -64_000.0,
        "energy_tce_per_y": -108.6, "co2_t_per_y": -299.2, "energy_cost_cny_per_y": -393_000.0,
        "value_cny_per_y": 2.55e6,
    }  # fmt: skip
    return {key: {**ci(scale * value), "variance_ratio": 0.21} for key, value in per_y.items()}


def compare_document():
    return {
        "kind": "compare", "before": simulate_document(0), "after": simulate_document(1),
        "options": [
            {"line": "shaft line", "station": "turning", "machines": 6, "option": "cnc turning centre",
             "capex_cny": 3.72e6},
        ],
        "difference": difference(1.0),
        "by_line": [{"name": name, **difference(0.5)} for name in LINES],
    }  # fmt: skip


def renewal(line_name, station_name, machines, option, period, start, end, capex, payback):
    return {
        "line": line_name, "station": station_name, "machines": machines, "from": "old machine", "option": option,
        "period": period, "start": start, "end": end, "capex_cny": capex, "payback_y": payback,
    }  # fmt: skip


RENEWALS = [
    renewal("shaft line", "turning", 4, "cnc turning centre", "2026-Q2", "2026-04-01", "2026-04-25", 2.48e6, 2.4),
    renewal("flange line", "boring", 2, "machining centre", "2026-Q4", "2026-10-01", "2026-10-19", 1.9e6, 3.1),
    renewal("shaft line", "turning", 2, "cnc turning centre", "2027-Q1", "2027-01-01", "2027-01-13", 1.24e6, 2.6),
    renewal("shaft line", "milling", 3, "machining centre", "2027-Q3", "2027-07-01", "2027-07-28", 2.1e6, 3.9),
    renewal("flange line", "drilling", 2, "machining centre", "2028-Q1", "2028-01-01", "2028-01-19", 1.4e6, 4.4),
    renewal(
        "shaft line", "heat treatment", 1, "regenerative furnace", "2029-Q4", "2029-10-01", "2029-11-20", 1.1e6, 5.2
    ),
]


def assumption(what, where, value, unit, grade, source, note=""):
    return {
        "what": what, "where": where, "value": value, "unit": unit, "low": 0.8 * value, "high": 1.2 * value,
        "grade": grade, "source": source, "note": note,
    }  # fmt: skip


ASSUMPTIONS = [
    assumption("cycle time factor", "shaft line / turning", 0.55, "", "C", "Engineering estimate", "old to new pairs"),
    assumption("electricity.kgce_per_kwh", "plant", 0.1229, "kgce/kWh", "A", "GB/T 2589-2020, equivalent value 当量值"),
    assumption("electricity.co2_kg_per_kwh", "plant", 0.641, "kg/kWh", "A", "MEE/NBS announcement, Shandong 2022"),
    assumption(
        "time to failure", "shaft line / milling", 60.0, "h", "B", "Recalled from handbooks; own records are better"
    ),
]


def money_of(year):
    return sum(r["capex_cny"] for r in RENEWALS if r["period"].startswith(str(year)))


def by_year(year):
    n = year - 2026
    return {
        "year": year, "capex_cny": money_of(year), "budget_cny": 5e6 if year < 2028 else 2e6, "available_cny": 5e6,
        "downtime_h": 120.0, "output": ci(118_000.0 + 9_000 * n), "output_baseline": ci(115_000.0 - 1_500 * n),
        "energy_tce": ci(640.0 - 20 * n), "energy_tce_baseline": ci(646.0 + 4 * n),
        "co2_t": ci(2_030.0 - 60 * n), "co2_t_baseline": ci(2_037.0 + 12 * n),
    }  # fmt: skip


def cash_flows():
    flows, total = [], 0.0
    for n, year in enumerate(YEARS):
        parts = {
            "capex_cny": -money_of(year), "margin_cny": 1.1e6 * (n + 0.5), "energy_cny": 2.2e5 * n,
            "resale_cny": 4e4, "running_cny": 9e4 * n, "tax_cny": -1.5e5 * n,
            "residual_cny": 1.3e6 if year == 2030 else 0.0,
        }  # fmt: skip
        net = sum(parts.values())
        total += net * 1.1**-n
        flows.append({"year": year, **parts, "net_cny": net, "discounted_cumulative_cny": total})
    return flows


def plan_document():
    down = {(r["line"], r["period"]): 24.0 * 5 for r in RENEWALS}
    return {
        "kind": "plan", "renewline": "1.2.3", "plant": "Jinan shaft works", "status": "optimal",
        "npv_gain_cny": {"simulated": {"mean": 4_321_000.0, "half_width": 152_000.0}, "predicted": 4.5e6,
                         "bound": 4.525e6},
        "gap": 0.0055, "periods": PERIODS, "renewals": RENEWALS,
        "by_year": [by_year(year) for year in YEARS],
        "by_period": [
            {"period": p, "line": name, "downtime_h": down.get((name, p), 0.0), "limit_h": limit}
            for p in PERIODS
            for name, limit in (("shaft line", 160.0), ("flange line", None))
        ],
        "cash_flow": cash_flows(),
        "explained": [
            {"what": "output margin", "predicted_cny": 6.1e6, "simulated_cny": 5.8e6},
            {"what": "energy", "predicted_cny": 1.4e6, "simulated_cny": 1.45e6},
            {"what": "running cost", "predicted_cny": 3e5, "simulated_cny": 3.2e5},
            {"what": "tax", "predicted_cny": -9e5, "simulated_cny": -8.5e5},
        ],
        "explained_notes": [
            "shaft line: in the last year the simulated output differs from the prediction by -2.1%.",
            "A note that no catalogue knows.",
        ],
        "by_line": [
            {
                "name": name, "predicted_output_per_y": 61_000.0, "simulated_output_per_y": ci(59_800.0),
                "bottleneck_before": min(stations), "bottleneck_after": max(stations), "gain_output_share": 0.182,
            }
            for name, stations in LINES.items()
        ],
        "against": {
            "baseline": {"npv_cny": ci(31e6)},
            "payback_ranking": {
                "npv_gain_cny": {"simulated": ci(3.61e6, 0.04), "predicted": 3.9e6},
                "capex_cny": 9.6e6, "renewals": RENEWALS[:5],
            },
        },
        "baseline": simulate_document(0), "planned": simulate_document(1), "assumptions": ASSUMPTIONS,
        "discount_rate": 0.10, "tax_rate": 0.25, "years": 5, "seed": 1, "replications": 10, "engine": "simpy",
    }  # fmt: skip


def documents():
    return {"plan": plan_document(), "compare": compare_document(), "simulate": simulate_document()}
