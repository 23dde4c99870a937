"""Memory does not grow with simulated time: what a run holds after some hours it holds after many times as many."""

import gc
import tracemalloc

from models.plant import Plant
from sim.program import lower
from sim.simpy_engine.run import Run

H = 3600.0
EVERYTHING = {
    "crews": {"fitters": 1, "piecers": {"size": 1, "rule": "patrol", "walk_s": 300}},
    "products": [{"name": "p", "mass_kg": 1}, {"name": "q", "mass_kg": 1}],
    "calendar": {"shifts": ["mon-fri 06:00-22:00"]},
    "lines": [{
        "name": "l", "source": {"interarrival_s": {"exponential": 900}, "when_full": "lost"},
        "mix": {"shares": {"p": 1, "q": 1}, "lot": 2},
        "stations": [
            {"name": "a", "machines": 2, "buffer": 5, "cycle_time_s": {"lognormal": {"mean": 1200, "cv": 0.5}},
             "setup_time_s": 300, "crew": {"setup": "fitters"}, "scrap": 0.05, "standby": {"after_s": 900},
             "failures": [{"ttf_h": {"weibull": {"scale": 30, "shape": 1.5}}, "ttr_h": {"exponential": 1},
                           "crew": "fitters"},
                          {"name": "stop", "ttf_h": {"exponential": 5}, "ttr_h": 0.02, "crew": "piecers"}],
             "maintenance": [{"every_h": 100, "duration_h": 1},
                             {"name": "week", "at": "mon 06:00", "duration_h": 0.5}]},
            {"name": "b", "kind": "batch", "buffer": 8, "capacity": 4, "min_load": 2, "max_wait_s": 1800,
             "cycle_time_s": 1800, "power_kw": {"processing": 9}},
            {"name": "c", "buffer": 6, "cycle_time_s": 600, "inspect": {"detects": 0.9, "bad_to": "scrap"},
             "transfer_s": 30, "next": {"exit": 0.95, "a": 0.05}},
        ],
    }],
}  # fmt: skip


def test_a_run_keeps_nothing_of_its_visits():
    """What 8,000 hours leave behind is less than 30 bytes a visit: samples that fill their bins, and no more later."""
    run = Run(lower(Plant.model_validate(EVERYTHING)), 1, 0)
    run.play(4_000 * H)
    before = sum(m.units for m in run.machines())
    tracemalloc.start()
    run.play(12_000 * H)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    visits = sum(m.units for m in run.machines()) - before
    assert visits > 40_000
    assert kept < 30 * visits
    assert len(run.clock._queue) < 50  # forgotten ticks go by and are gone
