"""What a line earns in one renewal state, simulated over the whole plan in one run.

A state is held from before the first day: its new machines have no wear of their own and no ramp-up, so that a line
that gets there later is never better off in any period. The old machines go on ageing. What a period's installations
cost is simulated likewise: the machines of a move are installed again in every period (or in every second, third ..
one, where installation and ramp-up take longer than a period), from the same days on as a plan would do it.

The line has the crews for itself: more people never make less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from math import ceil

import numpy as np

from experiments.beliefs import Asset, Progress
from experiments.ledger import ledger, table
from experiments.paths import Paths, with_growing_orders
from experiments.playback import Array, Stage, installation_days
from models.equipment import Option, RampUp
from optimize.states import LineStates, State
from sim.engine import choose_for
from sim.parallel import map_jobs
from sim.program import Program, Rig, Swap, lower, rig, targets_of
from sim.simulate import Job, Outcome, replicate
from sim.variants import changed, only_line

DAY_S = 86_400.0
RAMPED_UP = 3.0
"""Time constants after which a ramp-up has ended but for 5 %."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A state of a line, and what is installed on it in every period (nothing: the state is held)."""

    line: int
    """Number of the line in the plant."""
    state: State
    installs: State

    @property
    def held(self) -> bool:
        """Return whether nothing is installed."""
        return not any(map(any, self.installs))


@dataclass(frozen=True, slots=True)
class Seen:
    """What a scene earned: CNY before tax by replication and period."""

    operating_cny: Array
    """Margin less energy and running cost."""
    margin_cny: Array
    good: Array


@dataclass
class Lab:
    """Simulates scenes, each once."""

    stage: Stage
    assets: Sequence[Asset]
    lines: dict[int, LineStates]
    """By number of the line in the plant; lines without options have none."""
    seen: dict[Scene, Seen] = field(default_factory=dict)

    def base(self, line: int) -> Scene:
        """Return a line as it is."""
        nothing = tuple((0,) * len(row) for row in self.lines[line].full)
        return Scene(line, nothing, nothing)

    def look(self, scenes: Iterable[Scene], progress: Progress | None = None) -> int:
        """Simulate the scenes not yet seen; return how many those were."""
        new = [scene for scene in dict.fromkeys(scenes) if scene not in self.seen]
        if not new:
            return 0
        programs = [(scene, phase, program) for scene in new for phase, program in enumerate(self._programs(scene))]
        bounds, n = self._bounds_s, self.stage.replications
        engine = choose_for([program for _, _, program in programs], self.stage.engine, bounds[-1], n)
        jobs = [
            Job(program, self.stage.seed, self.stage.first_replication + r, bounds[-1], 0.0, bounds, engine)
            for _, _, program in programs
            for r in range(n)
        ]
        outcomes = map_jobs(replicate, jobs, self.stage.workers, progress)
        of_scene: dict[Scene, list[Seen]] = {}
        for k, (scene, _, _) in enumerate(programs):
            of_scene.setdefault(scene, []).append(self._read(outcomes[k * n : (k + 1) * n]))
        for scene, parts in of_scene.items():
            self.seen[scene] = _interleaved(parts)
        return len(new)

    @cached_property
    def _bounds_s(self) -> tuple[float, ...]:
        renewal = self.stage.renewal
        return tuple((moment - renewal.begins).total_seconds() for moment in renewal.bounds())[1:]

    @cached_property
    def _program(self) -> Program:
        renewal = self.stage.renewal
        return lower(with_growing_orders(self.stage.plant, renewal), renewal.begins)

    def _assets_of(self, line: int) -> list[Asset]:
        by_name = {asset.name: asset for asset in self.assets}
        states = self.lines[line]
        return [by_name[states.problem.assets[n].name] for n in states.assets]

    def _rig(self, asset: Asset, option: Option, ramp_up: bool) -> Rig:
        line = self.stage.plant.lines[asset.line]
        station = line.stations[asset.station]
        own = station.listed[asset.machines[0] : asset.machines[0] + 1]
        new = rig(station, *own, option, targets=targets_of(line))
        return replace(new, ageing=None, ramp_up=new.ramp_up if ramp_up else None)

    def _programs(self, scene: Scene) -> Iterator[Program]:
        """Yield the programs of a scene; that of phase k installs in the periods k, k + phases, .."""
        program, swapped = self._program, []
        for asset, row, more in zip(self._assets_of(scene.line), scene.state, scene.installs, strict=True):
            options = self.stage.plant.lines[asset.line].stations[asset.station].options
            first = 0
            for option, machines, again in zip(options, row, more, strict=True):
                chosen = asset.machines[first : first + machines]
                if chosen:
                    rig_ = self._rig(asset, option, ramp_up=False)
                    program = changed(program, asset.line, asset.station, chosen, rig_)
                swapped += [(asset, option, machine) for machine in chosen[:again]]
                first += machines
        alone = only_line(program, scene.line)
        phases = self._phases([option for _, option, _ in swapped])
        for phase in range(phases):
            yield replace(alone, swaps=tuple(self._swaps(swapped, range(phase, self.stage.renewal.periods, phases))))

    def _phases(self, options: Sequence[Option]) -> int:
        """Return every how many periods machines can be installed anew without meeting the installation before."""
        bounds = self.stage.renewal.bounds()
        shortest_d = min((b - a).days for a, b in pairwise(bounds))
        last_d = sum(option.install_d for option in options)
        if last_d > shortest_d:  # they are spread over the period: the last may begin late
            last_d = shortest_d + max(option.install_d for option in options)
        lasts_d = last_d + max((_ramp_up_d(option.ramp_up) for option in options), default=0.0)
        return max(1, ceil(lasts_d / shortest_d))

    def _swaps(self, swapped: Sequence[tuple[Asset, Option, int]], periods: range) -> Iterator[Swap]:
        renewal, bounds = self.stage.renewal, self.stage.renewal.bounds()
        lengths = [option.install_d for _, option, _ in swapped]
        line = self.stage.plant.lines[swapped[0][0].line].name if swapped else ""
        for t in periods if swapped else ():
            window = renewal.window_in(line, t)
            begins_s = ((window[0] if window else bounds[t]) - renewal.begins).total_seconds()
            days = installation_days(lengths, (bounds[t + 1] - bounds[t]).days)
            for (asset, option, machine), day in zip(swapped, days, strict=True):
                new = self._rig(asset, option, ramp_up=True)
                yield Swap(
                    begins_s + day * DAY_S, 0, asset.station, machine, new, option.install_d * DAY_S, option.name
                )

    def _read(self, outcomes: Sequence[Outcome]) -> Seen:
        book = ledger(Paths(self.stage.plant, self.stage.renewal), outcomes)
        good = table(outcomes, lambda row: sum(row["good"].values()))
        return Seen(book.operating_cny[:, :, 0], book.margin_cny[:, :, 0], good[:, :, 0])


def _ramp_up_d(ramp_up: RampUp | None) -> float:
    """Return after how many days a ramp-up is as good as over."""
    if ramp_up is None:
        return 0.0
    if ramp_up.stages is not None:
        return sum(stage.for_d for stage in ramp_up.stages)
    return RAMPED_UP * (ramp_up.time_constant_d or 0.0)


def _interleaved(parts: Sequence[Seen]) -> Seen:
    """Return one record whose period t comes from the run that installs in period t."""
    if len(parts) == 1:
        return parts[0]
    periods = parts[0].margin_cny.shape[1]
    turn = [t % len(parts) for t in range(periods)]

    def pick(name: str) -> Array:
        return np.stack([getattr(parts[k], name)[:, t] for t, k in enumerate(turn)], axis=1)

    return Seen(pick("operating_cny"), pick("margin_cny"), pick("good"))
