"""Who repairs, sets up, loads: crews by call against finite-source queues and chains of requests in order.

Machines always have a part. Error rate of each comparison: see theory_tools.holds.
"""

import numpy as np
import pytest
from stop_tools import (
    busy,
    crew,
    crew_chain,
    failing,
    finite_source,
    generator,
    periodic,
    running,
    services_per_h,
    state,
    stops_per_h,
    wait_in_queue,
)
from theory_tools import H, figures, holds, plant, poisson, records, station

from models.plant import Plant

LONG = 100 * H  # work that seldom ends, where only stops matter


@pytest.mark.parametrize(("machines", "people"), [(6, 1), (6, 2), (8, 3)])
def test_people_at_work_are_distributed_as_in_the_finite_source_queue(machines, people):
    p = finite_source(machines, people, 0.2, 0.5)
    model = plant(
        station("a", cycle_time_s=LONG, machines=machines, failures=[failing(0.2, 0.5, crew="c")]), crews={"c": people}
    )
    runs = records(model, 2500, 100, 12)
    exact = [*p[:people], p[people:].sum()]
    for k, share in enumerate(exact):
        assert holds([row[k] for row in crew(runs, "in_use")], share, 0.2 if share > 0.2 else 0.5)
    waiting = p @ np.maximum(np.arange(machines + 1) - people, 0)
    assert holds(crew(runs, "queue_length"), waiting, 0.25)
    assert holds(crew(runs, "requests_per_h"), 0.2 * (p @ (machines - np.arange(machines + 1))), 0.04)


@pytest.mark.parametrize(("machines", "load"), [(3, 0.5), (6, 0.15), (12, 0.06)])
def test_one_person_for_n_machines_with_constant_service(machines, load):
    """Palm's and Ashcroft's machine interference."""
    service_h = 0.5
    fail = load / service_h
    per_h = services_per_h(machines, fail, service_h)
    mode = {"ttf_h": {"exponential": 1 / fail}, "ttr_h": service_h, "crew": "c"}
    model = plant(station("a", cycle_time_s=LONG, machines=machines, failures=[mode]), crews={"c": 1})
    runs = records(model, 1200, 50, 10)
    assert holds(figures(runs, stops_per_h()), per_h, 0.05)
    assert holds(figures(runs, state("processing")), per_h / fail / machines, 0.04)
    assert holds(crew(runs, "utilisation"), per_h * service_h, 0.05)
    exponential = finite_source(machines, 1, fail, 1 / service_h)
    assert 1.01 * (1 - exponential[0]) / service_h < per_h  # service of another form would be seen


def test_a_person_called_to_the_heads_of_two_machines():
    """Two frames of five heads: ten sources for one piecer, constant piecing time."""
    fail, service_h = 1.5, 0.06
    per_h = services_per_h(10, fail, service_h)
    mode = {"scope": "head", "ttf_h": {"exponential": 1 / fail}, "ttr_h": service_h, "crew": "c"}
    model = plant(station("a", cycle_time_s=H, machines=2, heads=5, failures=[mode]), crews={"c": 1})
    runs = records(model, 150, 10, 10)
    assert holds(figures(runs, stops_per_h()), per_h, 0.03)
    assert holds(figures(runs, lambda r: r["good_per_h"]), 2 * per_h / fail / 10, 0.03)


def sharing(sources, kinds, crews):
    """A line of one always busy station for each source, all sharing the crews of the file."""
    lines = []
    for i, (n, rate, k) in enumerate(sources):
        needs, priority = kinds[k]["needs"], kinds[k].get("priority", 0)
        mode = failing(rate, kinds[k]["rate"], crew=needs, priority=priority)
        work = station("s", cycle_time_s=LONG, machines=n, failures=[mode])
        lines.append({"name": f"l{i}", "source": "saturated", "stations": [work]})
    return Plant.model_validate({"lines": lines, "crews": crews})


def compare(model, p, sources, names, hours=3000):
    runs = records(model, hours, 100, 12, seed=2)
    for i, (n, rate, _) in enumerate(sources):
        up = running(p, i)
        assert holds(figures(runs, stops_per_h(), i), rate * up, 0.08)
        assert holds(figures(runs, state("failed"), i), 1 - up / n, 0.08)
    for number, (name, size) in enumerate(names.items()):
        assert holds(crew(runs, "utilisation", number), busy(p, name) / size, 0.06)


@pytest.mark.parametrize("urgent", [None, 0, 1])
def test_lines_share_a_crew(urgent):
    """Three and two machines with services of other lengths: in order of asking, or one line first."""
    sources = [(3, 0.15, 0), (2, 0.25, 1)]
    kinds = [
        {"rate": rate, "needs": {"c": 1}, "priority": 0 if urgent in (None, k) else 1}
        for k, rate in enumerate((0.8, 0.35))
    ]
    p = crew_chain({"c": 1}, sources, kinds)
    compare(sharing(sources, kinds, {"c": 1}), p, sources, {"c": 1})


def test_priorities_of_three_lines():
    sources = [(2, 0.12, 0), (2, 0.12, 1), (2, 0.12, 2)]
    kinds = [{"rate": 0.4, "needs": {"c": 1}, "priority": k - 1} for k in range(3)]
    p = crew_chain({"c": 1}, sources, kinds)
    assert running(p, 0) > 1.1 * running(p, 2)
    compare(sharing(sources, kinds, {"c": 1}), p, sources, {"c": 1})


def test_a_repair_that_needs_two_people_of_a_crew():
    """Two of three people at once, or one: a small job may pass a big one that waits for its second person."""
    sources = [(3, 0.1, 0), (3, 0.2, 1)]
    kinds = [{"rate": 0.3, "needs": {"c": 2}}, {"rate": 0.4, "needs": {"c": 1}}]
    p = crew_chain({"c": 3}, sources, kinds)
    compare(sharing(sources, kinds, {"c": 3}), p, sources, {"c": 3})


def test_a_repair_that_needs_two_crews():
    """Fitter and crane together, when both are free; others need one of them alone."""
    sources = [(2, 0.15, 0), (2, 0.2, 1), (2, 0.1, 2)]
    kinds = [
        {"rate": 0.5, "needs": {"fitter": 1, "crane": 1}},
        {"rate": 0.6, "needs": {"fitter": 1}},
        {"rate": 0.3, "needs": {"crane": 1}},
    ]
    crews = {"fitter": 1, "crane": 1}
    p = crew_chain(crews, sources, kinds)
    compare(sharing(sources, kinds, crews), p, sources, crews)


def test_skills_let_one_crew_help_another():
    """A mechanic, and an all-rounder who can do both; mechanics go first (file order) to mechanical work."""
    sources = [(3, 0.25, 0), (2, 0.2, 1)]
    kinds = [{"rate": 0.5, "needs": ["mechanic", "all-rounder"]}, {"rate": 0.4, "needs": ["all-rounder"]}]
    p = crew_chain({"mechanic": 1, "all-rounder": 1}, sources, kinds)
    crews = {
        "mechanic": {"size": 1, "skills": ["mechanical"]},
        "all-rounder": {"size": 1, "skills": ["mechanical", "electrical"]},
    }
    in_file = [kinds[0] | {"needs": "mechanical"}, kinds[1] | {"needs": "electrical"}]
    compare(sharing(sources, in_file, crews), p, sources, {"mechanic": 1, "all-rounder": 1})


def on_and_off(machines, fail, repair, day, night):
    """Repair by ``day`` people for 8 h and ``night`` for 16 h; who goes off duty finishes the service in hand."""
    states = [(down, served) for down in range(machines + 1) for served in range(min(down, max(day, night)) + 1)]

    def at_work(size):
        def start(down, served):
            return down, max(served, min(down, size))

        def moves(s):
            down, served = s
            if down < machines:
                yield start(down + 1, served), (machines - down) * fail
            if served:
                yield start(down - 1, served - 1), served * repair

        return 1.0, generator(states, moves), [states.index(start(*s)) for s in states]

    (_, q_day, in_day), (_, q_night, in_night) = at_work(day), at_work(night)
    return states, [(8, q_day, in_day), (16, q_night, in_night)]


@pytest.mark.parametrize(("day", "night"), [(2, 0), (1, 0), (3, 1)])
def test_repair_crew_that_is_on_duty_by_day(day, night):
    machines, fail, repair = 4, 0.04, 0.5
    states, phases = on_and_off(machines, fail, repair, day, night)
    down = periodic(phases, np.array([float(d) for d, _ in states]))
    served = periodic(phases, np.array([float(s) for _, s in states]))
    if night:
        people = {
            "on_duty": [{"shift": "mon-sun 08:00-16:00", "size": day}, {"shift": "mon-sun 16:00-08:00", "size": night}]
        }
    else:
        people = {"size": day, "calendar": {"shifts": ["mon-sun 08:00-16:00"]}}
    model = plant(
        station("a", cycle_time_s=LONG, machines=machines, failures=[failing(fail, repair, crew="c")]),
        crews={"c": people},
        run={"start": "2026-01-05T08:00:00"},
    )
    runs = records(model, 24 * 300, 240, 12)
    assert holds(figures(runs, state("failed")), down / machines, 0.08)
    assert holds(figures(runs, stops_per_h()), fail * (machines - down), 0.08)
    assert served == pytest.approx(fail * (machines - down) / repair)  # as many begin as end


def test_an_operator_loads_many_machines_in_constant_time():
    """Machine interference: work exponential, loading constant, one operator."""
    n, work, load_h = 5, 0.8, 0.2
    per_h = services_per_h(n, work, load_h)
    model = plant(
        station("a", 1 / work, machines=n, load_s=load_h * H, crew={"load": "operator"}), crews={"operator": 1}
    )
    runs = records(model, 1500, 50, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), per_h, 0.02)
    assert holds(figures(runs, state("setup")), per_h * load_h / n, 0.02)
    assert holds(figures(runs, state("processing")), per_h / work / n, 0.02)
    assert holds(figures(runs, state("waiting_crew")), 1 - per_h * (load_h + 1 / work) / n, 0.08)


@pytest.mark.parametrize("operators", [1, 2])
def test_operators_unload_and_load(operators):
    """After the work a request to unload, then one to load, each at the end of the queue."""
    n, work, unload, load = 4, 0.6, 2.5, 1.5
    kinds = [{"rate": unload, "needs": {"o": 1}, "then": 1}, {"rate": load, "needs": {"o": 1}}]
    p = crew_chain({"o": operators}, [(n, work, 0)], kinds)
    model = plant(
        station(
            "a",
            1 / work,
            machines=n,
            load_s={"exponential": H / load},
            unload_s={"exponential": H / unload},
            crew={"load": "o", "unload": "o"},
        ),
        crews={"o": operators},
    )
    runs = records(model, 1500, 50, 10)
    per_h = work * running(p, 0)
    assert holds(figures(runs, lambda r: r["good_per_h"]), per_h, 0.03)
    assert holds(figures(runs, state("setup")), per_h * (1 / load + 1 / unload) / n, 0.03)
    assert holds(crew(runs, "utilisation"), busy(p, "o") / operators, 0.03)
    assert holds(crew(runs, "requests_per_h"), 2 * per_h, 0.03)


def test_a_machine_that_is_loaded_and_unloaded_by_itself_is_a_queue_with_a_longer_service():
    """M/G/1: the wait to the start of the work holds the loading; the next part waits for the unloading too."""
    rate, load_h, unload_h = 0.4, 0.5, 0.3
    service, second = 1 + 0.8, 2 + 2 * 0.8 + 0.8**2
    wait = wait_in_queue(rate, service, second)
    model = plant(station("a", load_s=load_h * H, unload_s=unload_h * H), source=poisson(rate))
    runs = records(model, 4000, 200, 15)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), wait + load_h, 0.25)
    assert holds(figures(runs, lambda r: r["lead_time_h"]["mean"]), wait + service, 0.2)


def test_three_machines_with_two_people_work_as_two():
    """Someone is needed all the time: M/M/2, whatever the number of machines."""
    rate, people = 1.3, 2
    rho = rate / people
    wait = rho**2 / (1 - rho**2)
    model = plant(station("a", machines=3, crew={"processing": "c"}), source=poisson(rate), crews={"c": people})
    runs = records(model, 2000, 200, 15)
    assert holds(figures(runs, lambda r: r["wip"]), rate * (wait + 1), 0.15)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), wait, 0.25)
    assert holds(crew(runs, "utilisation"), rho, 0.05)


@pytest.mark.parametrize("people", [1, 2])
def test_setters_for_machines_that_change_at_random(people):
    """Two products at random: every second part of a machine needs a setup, whatever came before."""
    n, work, setup = 5, 1.0, 0.9
    p = finite_source(n, people, work / 2, setup)
    down = p @ np.arange(n + 1)
    model = plant(
        station("a", 1 / work, machines=n, setup_time_s={"exponential": H / setup}, crew={"setup": "c"}),
        mix={"shares": {"p": 1, "q": 1}},
        products=[{"name": "p"}, {"name": "q"}],
        crews={"c": people},
    )
    runs = records(model, 1500, 50, 10)
    assert holds(figures(runs, lambda r: r["good_per_h"]), work * (n - down), 0.05)
    at_work = p @ np.minimum(np.arange(n + 1), people)
    assert holds(figures(runs, state("setup")), at_work / n, 0.06)
    assert holds(figures(runs, state("waiting_crew")), (down - at_work) / n, 0.1)


def test_setups_at_random_make_the_queue_longer():
    """M/G/1 whose service holds a setup every second time; the wait to the start of the work holds it too."""
    rate, setup_h = 0.5, 1.2
    service, second = 1 + setup_h / 2, 2 + setup_h + setup_h**2 / 2
    wait = wait_in_queue(rate, service, second)
    model = plant(
        station("a", setup_time_s=setup_h * H),
        source=poisson(rate),
        mix={"shares": {"p": 1, "q": 1}},
        products=[{"name": "p"}, {"name": "q"}],
    )
    runs = records(model, 5000, 300, 15)
    assert holds(figures(runs, lambda r: r["stations"][0]["waiting_time_h"]["mean"]), wait + setup_h / 2, 0.25)
    assert holds(figures(runs, state("setup")), rate * setup_h / 2, 0.06)
