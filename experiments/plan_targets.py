"""Targets of a plan as the optimiser adds them up: what every machine and option brings of each quantity, by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.beliefs import Asset, Beliefs
from models.equipment import Behaviour, Option, layered
from models.plant import PERIODS_PER_YEAR, Plant, Renewal

ENERGY, CO2_SAVED, CO2, NC, BENCHMARK = (
    "energy_saving_tce_per_y", "co2_saving_t_per_y", "co2_t_per_y", "nc_rate", "benchmark_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quantities:
    """What machines as they are and options count for; only the quantities that a target asks for."""

    plant: Plant
    beliefs: Beliefs
    asked: frozenset[str]
    counted: Mapping[str, int]
    """Machines that count for the NC rate and the benchmark share."""

    def old(self, asset: Asset) -> dict[str, float]:
        """Return the quantities of one machine as it is."""
        out = self._marked(self._layers(asset))
        if CO2 in self.asked:
            out[CO2] = self._co2_t_per_y(asset)
        return out

    def new(self, asset: Asset, option: Option) -> dict[str, float]:
        """Return the quantities of one machine renewed with an option; one that is gone counts for nothing."""
        saved = self.beliefs.saved_per_y.get((asset.name, option.name))
        out = {} if option.removes else self._marked((*self._layers(asset), option))
        if saved is not None:
            energy = {ENERGY: saved.tce, CO2_SAVED: saved.co2_t, CO2: self._co2_t_per_y(asset) - saved.co2_t}
            out |= {name: amount for name, amount in energy.items() if name in self.asked}
        return out

    def _layers(self, asset: Asset) -> tuple[Behaviour, ...]:
        station = self.plant.lines[asset.line].stations[asset.station]
        return (station, *station.listed[asset.machines[0] : asset.machines[0] + 1])

    def _marked(self, layers: tuple[Behaviour, ...]) -> dict[str, float]:
        in_force = layered(*layers)
        out = {name: amount for name, amount in (in_force.quantities or {}).items() if name in self.asked}
        base = layered(*layers[:2])  # the machine as it was decides whether it counts at all
        if NC in self.asked and base.nc is not None:
            out[NC] = float(bool(in_force.nc)) / self.counted[NC]
        if BENCHMARK in self.asked and base.energy_standing is not None:
            out[BENCHMARK] = float(in_force.energy_standing == "benchmark") / self.counted[BENCHMARK]
        return out

    def _co2_t_per_y(self, asset: Asset) -> float:
        """Return a machine's part of what its line emits: all machines alike, since only the sum matters."""
        machines = sum(len(a.machines) for a in self.beliefs.assets if a.line == asset.line)
        return self.beliefs.lines[asset.line].use_per_y.co2_t / machines


def quantities_of(plant: Plant, renewal: Renewal, beliefs: Beliefs) -> Quantities:
    """Return what machines and options count for under a plan's targets."""
    targets = renewal.targets
    asked = {name for name in (ENERGY, CO2_SAVED, CO2, NC, BENCHMARK) if getattr(targets, name) is not None}
    counted = {NC: 0, BENCHMARK: 0}
    for asset in beliefs.assets:
        station = plant.lines[asset.line].stations[asset.station]
        base = layered(station, *station.listed[asset.machines[0] : asset.machines[0] + 1])
        counted[NC] += len(asset.machines) * (base.nc is not None)
        counted[BENCHMARK] += len(asset.machines) * (base.energy_standing is not None)
    return Quantities(plant, beliefs, frozenset(asked | set(targets.quantities)), counted)


def target_rows(renewal: Renewal, quantities: Quantities) -> list[dict[str, Any]]:
    """Return the optimiser's targets, each from the last period of its year on."""
    targets, rows = renewal.targets, []
    sides: list[tuple[str, str, Any]] = [
        (ENERGY, "min", targets.energy_saving_tce_per_y), (CO2_SAVED, "min", targets.co2_saving_t_per_y),
        (CO2, "max", targets.co2_t_per_y), (NC, "min", targets.nc_rate), (BENCHMARK, "min", targets.benchmark_share),
    ]  # fmt: skip
    for name, bounds in targets.quantities.items():
        sides += [(name, "min", bounds.min), (name, "max", bounds.max)]
    for name, side, given in sides:
        if given is not None:
            rows += [{"quantity": name, side: value, "from": t} for t, value in _dated(given, renewal)]
    return rows


def _dated(given: float | Mapping[int, float], renewal: Renewal) -> list[tuple[int, float]]:
    """Return period and value: a number alone holds for the last period, a year for its last period on."""
    n = PERIODS_PER_YEAR[renewal.period]
    if not isinstance(given, Mapping):
        return [(renewal.periods - 1, float(given))]
    years = renewal.calendar_years()
    return [((years.index(year) + 1) * n - 1, float(value)) for year, value in sorted(given.items())]
