"""Which classes make the stations of each kind."""

from __future__ import annotations

from sim.own import load_kind
from sim.simpy_engine.batch import BatchMachine, Vehicle
from sim.simpy_engine.furnace import Furnace
from sim.simpy_engine.lots import AssemblyMachine, AssemblyStation, JoinMachine, JoinStation, SplitMachine
from sim.simpy_engine.machine import Machine
from sim.simpy_engine.station import Station

KINDS: dict[str, tuple[type[Station], type[Machine]]] = {
    "machine": (Station, Machine),
    "batch": (Station, BatchMachine),
    "furnace": (Station, Furnace),
    "conveyor": (Station, Furnace),
    "transport": (Station, Vehicle),
    "assembly": (AssemblyStation, AssemblyMachine),
    "split": (Station, SplitMachine),
    "join": (JoinStation, JoinMachine),
}


def kind_of(kind: str) -> tuple[type[Station], type[Machine]]:
    """Return the station and machine classes of a kind of the plant file, the user's own included."""
    return KINDS.get(kind) or (Station, load_kind(kind))
