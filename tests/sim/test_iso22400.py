"""ISO 22400-2 indicators: each of the table against a hand example, what is undefined, means over replications."""

import dataclasses
import math

import pytest

from models.equipment import STATES
from sim import iso22400
from sim.iso22400 import (
    KPIS,
    TIMES,
    CrewCounts,
    LineCounts,
    StationCounts,
    figures,
    kpis_of,
    over_replications,
    together,
)

# Two machines, 100 h by the clock, 24 h of them outside shifts, 4 h overtime: per machine 76 h + 2 h.
HOURS = {
    "processing": 80.0, "setup": 10.0, "blocked": 6.0, "starved": 20.0, "standby": 4.0, "start_up": 1.0, "failed": 9.0,
    "maintenance": 8.0, "waiting_crew": 3.0, "installing": 7.0, "holding": 0.0, "heat_up": 2.0, "off": 2.0,
    "overtime": 4.0, "off_shift": 48.0,
}  # fmt: skip
STATION = StationCounts(
    counted_h=100.0, machines=2, hours=HOURS, planned_h=63.0, made=210, bad=21, scrapped=6, reworked=15, first_made=195,
    first_good=176, failures=3, wait_h=1.5, repairs=2, repair_h=5.0, first_failures=2, first_failure_h=70.0,
    maintenance_h=7.5, energy_kwh=1050.0, energy_kgce=129.0,
)  # fmt: skip
LINE = LineCounts(left=200, good=190, production_h=300.0, present_h=1200.0)
CREW = CrewCounts(work_h=30.0, attendance_h=120.0)

# machine hours: APT 80 + 4 = 84; AUPT 84 + 10 = 94; ADET 6 + 9 + 3 + 1 + 2 = 21; AUBT 94 + 21 = 115;
# PBT 115 + 20 + 4 + 2 = 141
BY_HAND = {
    "actual_production_time_h": 42.0,
    "actual_unit_setup_time_h": 5.0,
    "actual_unit_processing_time_h": 47.0,
    "actual_unit_delay_time_h": 10.5,
    "actual_unit_busy_time_h": 57.5,
    "planned_busy_time_h": 70.5,
    "availability": 84 / 141,
    "effectiveness": 63 / 84,
    "quality": 189 / 210,
    "oee": 63 * 0.9 / 141,
    "nee": 94 / 141 * 0.75 * 0.9,
    "utilisation_efficiency": 84 / 115,
    "allocation_efficiency": 115 / 141,
    "technical_efficiency": 84 / 93,
    "setup_rate": 10 / 94,
    "scrap_ratio": 6 / 210,
    "rework_ratio": 15 / 210,
    "first_pass_yield": 176 / 195,
    "throughput_rate_per_h": 2.1,
    "mtbf_h": 28.0,
    "mttf_h": 35.0,
    "mttr_h": 2.5,
    "mttr_with_waiting_h": 3.0,
    "corrective_maintenance_ratio": 0.4,
    "energy_kwh_per_part": 5.0,
    "comprehensive_energy_kgce": 129.0,
    "production_process_ratio": 0.25,
    "production_loss_ratio": 0.05,
    "worker_efficiency": 0.25,
}


def test_every_indicator_has_its_hand_example():
    assert [kpi.key for kpi in KPIS] == list(BY_HAND)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.key)
def test_by_hand(kpi):
    counts = {"station": STATION, "line": LINE, "crew": CREW}[kpi.scope]
    assert kpi.of(counts) == pytest.approx(BY_HAND[kpi.key], rel=1e-12)
    assert figures(counts)[kpi.key] == kpi.of(counts)


def test_every_count_matters():
    """Changing any raw count changes an indicator: none is dead."""
    for counts in (STATION, LINE, CREW):
        for field in dataclasses.fields(counts):
            if field.name != "hours":
                other = dataclasses.replace(counts, **{field.name: getattr(counts, field.name) + 1})
                assert figures(other) != figures(counts), field.name


def test_every_state_is_in_a_time_element_or_planned_to_be_in_none():
    planned_out = {"maintenance", "installing", "holding", "off_shift"}
    assert set(STATES) <= set(TIMES["PBT"].states) | planned_out
    assert planned_out.isdisjoint(TIMES["PBT"].states)
    for state in HOURS:
        other = dataclasses.replace(STATION, hours=HOURS | {state: HOURS[state] + 5.0})
        assert (figures(other) == figures(STATION)) is (state in planned_out), state


def test_elements_nest_as_the_standard_says():
    of = STATION.time_h
    assert of("AUPT") == of("APT") + of("AUST")
    assert of("ADET") == of("AUBT") - of("AUPT")
    assert of("APT") <= of("AUPT") <= of("AUBT") <= of("PBT")
    found = figures(STATION)
    assert found["availability"] == pytest.approx(found["utilisation_efficiency"] * found["allocation_efficiency"])
    assert found["oee"] == pytest.approx(found["availability"] * found["effectiveness"] * found["quality"])


def test_what_has_no_value_is_none():
    nothing = StationCounts(counted_h=100.0, machines=1, hours={"off_shift": 100.0})
    defined = {key for key, value in figures(nothing).items() if value is not None}
    assert defined == {t.key for t in TIMES.values()} | {"throughput_rate_per_h"}
    assert set(figures(LineCounts(0, 0, None, 0.0)).values()) == {None}
    assert figures(CrewCounts(0.0, 0.0)) == {"worker_efficiency": None}


def test_a_machine_that_only_waits_has_an_oee_of_nothing():
    waits = StationCounts(counted_h=10.0, machines=1, hours={"starved": 10.0})
    found = figures(waits)
    assert (found["availability"], found["oee"], found["nee"]) == (0.0, 0.0, 0.0)
    assert (found["effectiveness"], found["quality"], found["mtbf_h"]) == (None, None, None)


def counts(failures, repair_h, hours=100.0, made=10):
    return StationCounts(
        counted_h=hours, machines=1, hours={"processing": hours, "starved": 0.0}, planned_h=hours, made=made,
        failures=failures, repairs=failures, repair_h=repair_h,
    )  # fmt: skip


def test_figures_per_event_count_replications_as_one_run():
    runs = [counts(0, 0.0), counts(1, 2.0), counts(3, 10.0)]
    found = over_replications(runs)
    assert found["mtbf_h"]["mean"] == pytest.approx(300 / 4)  # the mean of 100 and 33.3 would be 66.7
    assert found["mttr_h"]["mean"] == pytest.approx(3.0)
    # without each: 200/4, 200/3, 200/1; pseudo-values 3 * 75 - 2 * those; t(2) = 4.303
    pseudo = [225 - 2 * v for v in (50, 200 / 3, 200)]
    mean = sum(pseudo) / 3
    sd = math.sqrt(sum((p - mean) ** 2 for p in pseudo) / 2)
    assert found["mtbf_h"]["half_width"] == pytest.approx(4.303 * sd / math.sqrt(3), rel=1e-3)


def test_shares_are_means_over_replications():
    runs = [counts(0, 0.0, made=10), counts(0, 0.0, made=20), counts(0, 0.0, made=0)]
    found = over_replications(runs)
    assert found["throughput_rate_per_h"] == {
        "mean": pytest.approx(0.1),
        "half_width": pytest.approx(4.303 * 0.1 / math.sqrt(3), rel=1e-3),
    }
    assert found["quality"] == {"mean": 1.0, "half_width": 0.0}  # of the two replications that made something
    assert (found["mtbf_h"], found["scrap_ratio"]["mean"]) == (None, 0.0)


def test_a_rare_event_or_a_single_replication_has_no_interval():
    assert over_replications([counts(0, 0.0), counts(1, 2.0)])["mttr_h"] == {"mean": 2.0, "half_width": math.inf}
    assert over_replications([counts(4, 2.0)])["mtbf_h"] == {"mean": 25.0, "half_width": math.inf}


def test_counts_add_up_and_the_unknown_stays_unknown():
    both = together([STATION, STATION])
    assert (both.made, both.hours["failed"], both.machines, both.counted_h) == (420, 18.0, 2, 200.0)
    assert together([STATION, dataclasses.replace(STATION, first_made=None)]).first_made is None


@pytest.mark.parametrize("made", [STATION, LINE, CREW])
def test_kinds_of_counts_have_indicators_of_their_own(made):
    assert kpis_of(made)
    assert all(iso22400.SCOPES[type(made)] == kpi.scope for kpi in kpis_of(made))
