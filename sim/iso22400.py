"""Key performance indicators of ISO 22400-2 from what a simulation counts; each declared once, as data.

Figures are pure functions of raw counts. What is not defined (nothing made, nothing failed) is None, never a number.
The reference page ``kpis`` is made from :data:`TIMES` and :data:`KPIS`. The standard's text was not opened for
this: names and formulas are the well-known ones, in our words.

>>> at = StationCounts(counted_h=100, machines=1, hours={"processing": 60, "setup": 4, "starved": 36},
...                    planned_h=54, made=120, bad=6)
>>> figures(at)["availability"], figures(at)["effectiveness"], figures(at)["mtbf_h"]
(0.6, 0.9, None)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import inf
from typing import Any, Literal, NamedTuple

from sim.output_analysis import interval

# --- time elements ---


class Time(NamedTuple):
    """A time element: the states and other elements that it is the sum of."""

    symbol: str
    key: str
    name: str
    zh: str
    parts: tuple[str, ...]
    note: str = ""

    @property
    def states(self) -> tuple[str, ...]:
        """The machine states it is made of."""
        return tuple(state for part in self.parts for state in (TIMES[part].states if part in TIMES else (part,)))


TIMES = {
    t.symbol: t
    for t in (
        Time("APT", "actual_production_time_h", "actual production time", "实际生产时间", ("processing", "overtime")),
        Time("AUST", "actual_unit_setup_time_h", "actual unit setup time", "实际准备时间", ("setup",),
             "with loading and unloading; waiting for who sets up is delay"),
        Time("AUPT", "actual_unit_processing_time_h", "actual unit processing time", "实际加工时间", ("APT", "AUST")),
        Time("ADET", "actual_unit_delay_time_h", "actual unit delay time", "实际延误时间",
             ("blocked", "failed", "waiting_crew", "start_up", "heat_up"),
             "a machine that fails without a part counts too"),
        Time("AUBT", "actual_unit_busy_time_h", "actual unit busy time", "实际占用时间", ("AUPT", "ADET")),
        Time("PBT", "planned_busy_time_h", "planned busy time", "计划占用时间", ("AUBT", "starved", "standby", "off"),
             "scheduled time less maintenance and installation; overtime counts as planned when it is worked"),
    )
}  # fmt: skip
"""By symbol. ``maintenance``, ``installing``, ``off_shift`` and ``holding`` belong to none."""

# --- raw counts ---


@dataclass(frozen=True, slots=True)
class StationCounts:
    """What was counted at a station, all machines together, or at one machine."""

    counted_h: float
    """Hours counted, by the clock."""
    machines: int
    hours: Mapping[str, float]
    """Machine hours by state."""
    planned_h: float = 0.0
    """Ideal run time of the parts made."""
    made: int = 0
    """Parts finished, at each visit."""
    bad: int = 0
    """Of these, made bad here, whether that is found here, later or never."""
    scrapped: int = 0
    """Parts that left here as scrap."""
    reworked: int = 0
    """Parts sent from here to an earlier station, or the same again."""
    first_made: int | None = None
    """Parts finished on their first visit; None: not known."""
    first_good: int | None = None
    """Of these, neither bad, nor scrapped or sent back."""
    failures: int = 0
    """Failures of whole machines (heads that stop singly are no machine failure) that people came to."""
    wait_h: float = 0.0
    """Their waits for people."""
    repairs: int = 0
    """Repairs ended."""
    repair_h: float = 0.0
    """Their length, people there."""
    first_failures: int | None = None
    """Machines that failed at all; None: not known."""
    first_failure_h: float = 0.0
    """Hours of work of each machine up to its first failure, or to the end, from new."""
    maintenance_h: float = 0.0
    """Planned maintenance, people there."""
    energy_kwh: float | None = None
    """All carriers at their heat value; None: not measured."""
    energy_kgce: float | None = None
    """All carriers in standard coal."""

    def time_h(self, symbol: str) -> float:
        """Return a time element in machine hours."""
        return sum(self.hours.get(state, 0.0) for state in TIMES[symbol].states)

    @property
    def good(self) -> int:
        """Parts made right."""
        return self.made - self.bad


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What was counted at a line."""

    left: int
    """Parts that left, good or as scrap."""
    good: int
    production_h: float | None
    """Hours in which a part was worked on; None where machines work on several parts, or parts change number."""
    present_h: float
    """Hours that parts spent in the line (work in progress times hours counted)."""


@dataclass(frozen=True, slots=True)
class CrewCounts:
    """What was counted of a crew, in person hours."""

    work_h: float
    """On the way to, or at, a service."""
    attendance_h: float
    """On duty."""


Counts = StationCounts | LineCounts | CrewCounts


def together(counts: Sequence[Any]) -> Any:  # noqa: ANN401 - counts of one kind
    """Return the sum of counts of one kind, as if counted in one long run; unknown if unknown in one."""
    return type(counts[0])(**{f.name: _sum(f.name, [getattr(c, f.name) for c in counts]) for f in fields(counts[0])})


def _sum(name: str, values: Sequence[Any]) -> Any:  # noqa: ANN401 - a number, a mapping of numbers or None
    if name == "machines":
        return values[0]
    if isinstance(values[0], Mapping):
        return {key: sum(v[key] for v in values) for key in values[0]}
    return None if None in values else sum(values)


# --- indicators ---

Formula = Callable[[Any], float | None]


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return a quotient; None where there is nothing to divide, or by.

    >>> ratio(1.0, 4.0), ratio(0.0, 0.0)
    (0.25, None)
    """
    return None if part is None or not whole else part / whole


class Kpi(NamedTuple):
    """One indicator."""

    key: str
    name: str
    zh: str
    formula: str
    unit: str
    of: Formula
    scope: Literal["station", "line", "crew"] = "station"
    pooled: bool = False
    """A figure per event: replications are counted as one long run, for one without an event says something too."""
    note: str = ""


def _times(above: str, below: str) -> Formula:
    return lambda c: ratio(c.time_h(above), c.time_h(below))


def _per_machine(symbol: str) -> Formula:
    return lambda c: ratio(c.time_h(symbol), c.machines)


def _effectiveness(c: StationCounts) -> float | None:
    return ratio(c.planned_h, c.time_h("APT"))


def _quality(c: StationCounts) -> float | None:
    return ratio(c.good, c.made)


def _with_quality(share: Formula) -> Formula:
    """Return share x E x Q; where one of them is 0 so is the product, whatever the others."""

    def product(c: StationCounts) -> float | None:
        factors = share(c), _effectiveness(c), _quality(c)
        if 0.0 in factors:
            return 0.0
        first, second, third = factors
        return None if first is None or second is None or third is None else first * second * third

    return product


def _mttr(c: StationCounts) -> float | None:
    return ratio(c.repair_h, c.repairs)


def _mttr_with_waiting(c: StationCounts) -> float | None:
    repair, wait = _mttr(c), ratio(c.wait_h, c.failures)
    return None if repair is None or wait is None else repair + wait


def _technical(c: StationCounts) -> float | None:
    return ratio(c.time_h("APT"), c.time_h("APT") + c.hours.get("failed", 0.0))


KPIS = (
    *(
        Kpi(t.key, t.name, t.zh, f"{t.symbol} = {' + '.join(t.parts)}", "h", _per_machine(t.symbol), note=t.note)
        for t in TIMES.values()
    ),
    Kpi("availability", "availability", "时间开动率", "A = APT / PBT", "-", _times("APT", "PBT"),
        note="editions differ in what is planned; here maintenance and installation are not"),
    Kpi("effectiveness", "effectiveness", "性能效率", "E = PRI x PQ / APT", "-", _effectiveness,
        note="PRI: mean cycle time as the file has it; ageing and ramp-up lower E"),
    Kpi("quality", "quality rate", "合格品率", "Q = GQ / PQ", "-", _quality,
        note="GQ = PQ less the parts made bad here, whether that is found here, later or never"),
    Kpi("oee", "overall equipment effectiveness OEE", "设备综合效率", "OEE = A x E x Q", "-",
        _with_quality(_times("APT", "PBT")), note="of one station; the OEE of a line is not the mean of its stations"),
    Kpi("nee", "net equipment effectiveness NEE", "净设备效率", "NEE = AUPT / PBT x E x Q", "-",
        _with_quality(_times("AUPT", "PBT"))),
    Kpi("utilisation_efficiency", "utilisation efficiency", "利用效率", "APT / AUBT", "-", _times("APT", "AUBT")),
    Kpi("allocation_efficiency", "allocation efficiency", "分配效率", "AUBT / PBT", "-", _times("AUBT", "PBT")),
    Kpi("technical_efficiency", "technical efficiency", "技术效率", "APT / (APT + failed)", "-", _technical,
        note="failed: with waiting for who repairs"),
    Kpi("setup_rate", "setup rate", "准备率", "AUST / AUPT", "-", _times("AUST", "AUPT")),
    Kpi("scrap_ratio", "scrap ratio", "废品率", "SQ / PQ", "-", lambda c: ratio(c.scrapped, c.made)),
    Kpi("rework_ratio", "rework ratio", "返工率", "RQ / PQ", "-", lambda c: ratio(c.reworked, c.made)),
    Kpi("first_pass_yield", "first-pass yield", "一次合格率",
        "good at the first visit / parts at their first visit", "-", lambda c: ratio(c.first_good, c.first_made)),
    Kpi("throughput_rate_per_h", "throughput rate", "产出率", "PQ / AOET", "parts/h",
        lambda c: ratio(c.made, c.counted_h), note="AOET, the order execution time: the hours counted, by the clock"),
    Kpi("mtbf_h", "mean time between failures MTBF", "平均故障间隔时间", "APT / failures", "h",
        lambda c: ratio(c.time_h("APT"), c.failures), pooled=True,
        note="operating time; the standard divides by failures + 1, here by failures"),
    Kpi("mttf_h", "mean time to failure MTTF", "平均失效前时间",
        "APT of new machines up to their first failure or the end / machines that failed", "h",
        lambda c: ratio(c.first_failure_h, c.first_failures), pooled=True,
        note="only where the count begins with new machines: not after a warm-up"),
    Kpi("mttr_h", "mean time to repair MTTR", "平均故障修复时间(不含等待)", "repair hours / repairs", "h", _mttr,
        pooled=True, note="without waiting for people; the standard divides by failures + 1, here by repairs"),
    Kpi("mttr_with_waiting_h", "mean time to restoration, with waiting", "平均故障恢复时间(含等待)",
        "MTTR + waits for people / failures", "h", _mttr_with_waiting, pooled=True),
    Kpi("corrective_maintenance_ratio", "corrective maintenance ratio", "故障维修比",
        "repair hours / (repair hours + maintenance hours)", "-",
        lambda c: ratio(c.repair_h, c.repair_h + c.maintenance_h), pooled=True, note="hours with people there"),
    Kpi("energy_kwh_per_part", "energy consumption per item", "单位产品能耗", "energy / PQ", "kWh/part",
        lambda c: ratio(c.energy_kwh, c.made)),
    Kpi("comprehensive_energy_kgce", "comprehensive energy consumption", "综合能耗",
        "sum of energy x standard coal coefficient", "kgce", lambda c: c.energy_kgce),
    Kpi("production_process_ratio", "production process ratio", "生产过程比",
        "hours in which a part is worked on / hours it is in the line", "-",
        lambda c: ratio(c.production_h, c.present_h), "line",
        note="for lines of machines that work on one part at a time"),
    Kpi("production_loss_ratio", "production loss ratio", "损失率", "parts scrapped / parts that left", "-",
        lambda c: ratio(c.left - c.good, c.left), "line", note="material counted in parts"),
    Kpi("worker_efficiency", "worker efficiency", "人员效率", "working time / attendance time", "-",
        lambda c: ratio(c.work_h, c.attendance_h), "crew"),
)  # fmt: skip
"""PQ produced, GQ good; SQ scrap and RQ rework quantity, where they are found. PRI: planned run time per item.
Times are means per machine."""

SCOPES = {StationCounts: "station", LineCounts: "line", CrewCounts: "crew"}


def kpis_of(counts: Counts) -> list[Kpi]:
    """Return the indicators that are made from counts of this kind."""
    return [kpi for kpi in KPIS if kpi.scope == SCOPES[type(counts)]]


def figures(counts: Counts) -> dict[str, float | None]:
    """Return all indicators of one replication, None where undefined."""
    return {kpi.key: kpi.of(counts) for kpi in kpis_of(counts)}


def over_replications(counts: Sequence[Counts]) -> dict[str, dict[str, float] | None]:
    """Return all indicators as mean and 95 % half-width over replications, None where none defines them.

    Figures per event (:attr:`Kpi.pooled`) are those of all replications together, their interval is by the
    jackknife; the others are means over the replications that define them.
    """
    found = {}
    for kpi in kpis_of(counts[0]):
        found[kpi.key] = _pooled(kpi.of, counts) if kpi.pooled else _mean([kpi.of(c) for c in counts])
    return found


def _mean(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [v for v in values if v is not None]
    if not known:
        return None
    result = interval(known)
    return {"mean": result.mean, "half_width": result.half_width}


def _pooled(of: Formula, counts: Sequence[Counts]) -> dict[str, float] | None:
    all_of_them = of(together(counts))
    if all_of_them is None:
        return None
    n, half_width = len(counts), inf
    if n > 1:
        without = [of(together([*counts[:k], *counts[k + 1 :]])) for k in range(n)]
        pseudo = [n * all_of_them - (n - 1) * value for value in without if value is not None]
        half_width = interval(pseudo).half_width if len(pseudo) == n else inf
    return {"mean": all_of_them, "half_width": half_width}
