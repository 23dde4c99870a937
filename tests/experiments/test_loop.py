"""The loop with the simulator, against every schedule of a small plant played back."""

from itertools import product

import numpy as np
import pytest

from experiments.beliefs import Reader, Study
from experiments.loop import Loop, play, value_of
from experiments.loop_runs import Scene
from experiments.loop_settings import LoopSettings
from experiments.looped import capacity_bound
from experiments.money import Money
from experiments.playback import Stage
from experiments.problem_of import renewal_problem
from models.plant import Plant
from optimize.evaluate import Evaluator
from optimize.plan import Renewal


def station(name, mean_s, machines=1, options=(), **more):
    return {
        "name": name, "machines": machines, "buffer": 2, "cycle_time_s": {"exponential": mean_s},
        "power_kw": {"processing": 10, "idle": 3}, "options": list(options), **more,
    }  # fmt: skip


def option(name, factor, price, days=6, **more):
    return {"name": name, "cycle_time_factor": factor, "capex_cny": price, "install_d": days, **more}


def small_plant(stations, budget=None, **more):
    renewal = {"years": 1, "period": "quarter", "replications": 4, "tax": {"rate": 0.25}, **more}
    if budget is not None:
        renewal["budget_cny"] = {2026: budget}
    return Plant.model_validate({
        "renewline": 1,
        "run": {"seed": 3},
        "products": [{"name": "part", "margin_cny": 320}],
        "lines": [{"name": "line", "source": "saturated", "stations": stations}],
        "renewal": renewal,
    })  # fmt: skip


def two_stations():
    ramp = {"initial": 0.6, "time_constant_d": 10}
    return small_plant(
        [
            station("saw", 7200, 2, [option("new saw", 0.5, 150_000, ramp_up=ramp)]),
            station("mill", 4000, 1, [option("new mill", 0.6, 250_000, days=10, running_cost_cny_per_y=1000)],
                    running_cost_cny_per_y=20_000),
        ],
        budget=560_000,
    )  # fmt: skip


def line_that_loses_by_renewal():
    """A new saw that makes more by itself, but fails for days: the press behind it, which limits, starves."""
    fails = [{"ttf_h": {"exponential": 120}, "ttr_h": {"exponential": 60}}]
    return small_plant([
        station("saw", 6000, 1, [option("new saw", 0.5, 20_000, failures=fails)], cycle_time_s=6000),
        station("press", 7000, 1, [option("new press", 0.6, 60_000)], cycle_time_s=7000),
    ])  # fmt: skip


def prepared(plant, replications=4):
    renewal = plant.renewal
    beliefs = Reader(plant, renewal, Study(seed=plant.run.seed, workers=1)).read()
    problem = renewal_problem(plant, renewal, beliefs)
    return beliefs, problem, Stage(plant, renewal, plant.run.seed, replications, 1)


def every_schedule(problem):
    """Return every schedule that keeps all limits; machines of an asset in any periods."""
    evaluator = Evaluator(problem)
    periods = range(problem.periods.count)
    lives = []
    for asset in problem.assets:
        choices = [()]
        for one in asset.options:
            choices += [(Renewal(asset=asset.name, option=one.name, period=t),) for t in periods]
        rows = {tuple(sorted((r for c in combo for r in c), key=lambda r: (r.period, r.option)))
                for combo in product(choices, repeat=asset.count)}  # fmt: skip
        lives.append(sorted(rows, key=str))
    for combo in product(*lives):
        schedule = tuple(_joined([r for life in combo for r in life]))
        if not evaluator.evaluate(schedule).violations:
            yield schedule


def _joined(renewals):
    machines = {}
    for r in renewals:
        key = (r.period, r.asset, r.option)
        machines[key] = machines.get(key, 0) + 1
    return [Renewal(asset=a, option=o, period=t, machines=n) for (t, a, o), n in sorted(machines.items())]


def simulated_best(stage, beliefs, problem):
    schedules = list(dict.fromkeys([(), *every_schedule(problem)]))
    played = play(stage, beliefs, schedules)
    values = {alike(s): value_of(played, s, Money(stage.renewal)) for s in schedules}
    return values, max(values, key=lambda s: values[s].mean())


def alike(schedule):
    return frozenset((r.asset, r.option, r.period, r.machines) for r in schedule)


def test_every_schedule_of_a_small_plant_played_back_confirms_plan_and_bound():
    beliefs, problem, stage = prepared(two_stations())
    found = Loop(stage, problem, beliefs, LoopSettings(gap=0.03)).run([()])
    fresh = Stage(stage.plant, stage.renewal, stage.seed, len(found.simulated_cny), 1, first_replication=4)
    values, best = simulated_best(fresh, beliefs, problem)
    assert len(values) > 50
    assert found.bound_cny >= values[best].mean()
    assert values[alike(found.schedule)].mean() >= values[best].mean() - 0.03 * abs(values[best].mean())
    assert found.simulated_cny == pytest.approx(values[alike(found.schedule)])
    assert found.gap <= 0.05
    assert not found.refuted


def test_where_renewal_loses_output_the_loop_says_so_and_its_bounds_hold():
    beliefs, problem, stage = prepared(line_that_loses_by_renewal())
    found = Loop(stage, problem, beliefs, LoopSettings()).run([()])
    fresh = Stage(stage.plant, stage.renewal, stage.seed, len(found.simulated_cny), 1, first_replication=4)
    values, best = simulated_best(fresh, beliefs, problem)
    assert found.refuted
    worst = max(found.refuted, key=lambda row: row.lost_share)
    assert worst.fewer == ((0,), (0,))
    assert worst.more == ((1,), (0,))
    assert worst.lost_share > 0.1
    assert found.loosened_cny > 0
    assert found.bound_cny >= values[best].mean()
    assert capacity_bound(problem, beliefs) >= values[best].mean()
    assert values[alike(found.schedule)].mean() >= values[best].mean() - 0.02 * abs(values[best].mean())


def test_rounds_tell_how_bound_and_value_close():
    beliefs, problem, stage = prepared(two_stations())
    found = Loop(stage, problem, beliefs, LoopSettings(gap=0.0, rounds=3)).run([()])
    bounds = [row.bound_cny for row in found.rounds]
    assert bounds == sorted(bounds, reverse=True)
    best = [row.best_cny for row in found.rounds]
    assert best == sorted(best)
    states = [row.states for row in found.rounds]
    assert states == sorted(states)


def test_the_bound_by_capacities_needs_no_simulated_state():
    beliefs, problem, stage = prepared(two_stations())
    values, best = simulated_best(stage, beliefs, problem)
    assert capacity_bound(problem, beliefs) >= values[best].mean()


@pytest.mark.slow
def test_bounds_at_a_stated_confidence_are_wrong_no_more_often_than_that():
    plant = small_plant([
        station("saw", 14_000, 1, [option("new saw", 0.5, 30_000)]),
        station("mill", 13_000, 1, [option("new mill", 0.5, 30_000)]),
    ])  # fmt: skip
    beliefs, problem, _ = prepared(plant)
    truth, best = simulated_best(Stage(plant, plant.renewal, 99, 300, 1), beliefs, problem)
    value = truth[best].mean()
    wrong = {0.95: 0, 0.6: 0}
    for confidence in wrong:
        for seed in range(20):
            stage = Stage(plant, plant.renewal, 1000 + seed, 4, 1)
            found = Loop(stage, problem, beliefs, LoopSettings(gap=0.05, rounds=3, confidence=confidence)).run([()])
            wrong[confidence] += found.bound_cny < value
    assert wrong[0.95] <= 3  # of 20 at 5 %: more than 3 by chance once in 60
    assert wrong[0.6] <= 13  # at 40 %: more than 13 by chance once in 500


def test_the_same_asked_twice_is_answered_alike():
    beliefs, problem, stage = prepared(two_stations())
    one, two = (Loop(stage, problem, beliefs, LoopSettings(rounds=2)).run([()]) for _ in range(2))
    assert one.schedule == two.schedule
    assert one.bound_cny == two.bound_cny
    assert np.array_equal(one.simulated_cny, two.simulated_cny)


@pytest.mark.parametrize("plant", [two_stations, line_that_loses_by_renewal])
def test_ceilings_from_few_states_are_above_all_others(plant):
    beliefs, problem, stage = prepared(plant())
    loop = Loop(stage, problem, beliefs, LoopSettings(gap=9.0, rounds=1))
    loop.run([()])  # simulates no more than the first states
    (ceiling,) = loop.ceilings
    few = set(ceiling.seen)
    every = [Scene(0, ceiling.states.state(n), ceiling.base.state) for n in range(ceiling.states.size)]
    promised = [ceiling.over_the_plan(0, n) for n in range(len(every))]
    loop.lab.look(every)
    for scene, most in zip(every, promised, strict=True):
        found = ceiling.gain(scene).sum(axis=1)
        chance = 3 * found.std(ddof=1) / len(found) ** 0.5
        assert most >= found.mean() - chance
        if scene in few:
            assert most == pytest.approx(found.mean(), abs=1e-6)


def test_a_lucky_plan_does_not_take_its_own_bound_away():
    """A plan that came out better than its ceilings in the search: the bound still rests on them, simulated afresh."""
    beliefs, problem, stage = prepared(two_stations())
    loop = Loop(stage, problem, beliefs, LoopSettings(rounds=4))
    plain, lucky = loop._value, 1.5
    loop._value = lambda plan: plain(plan) * (lucky if plan else 1.0)
    found = loop.run([()])
    simulated = found.simulated_cny
    assert found.bound_mean_cny > 0.9 * simulated.mean() > 0
    spread = simulated.std(ddof=1) / len(simulated) ** 0.5
    assert found.bound_cny >= simulated.mean() + 1.9 * spread
