"""The readable engine: a line as events on a SimPy environment.

Read in this order: :mod:`~sim.simpy_engine.clock` (what happens first at one instant),
:mod:`~sim.simpy_engine.station` (how parts move), :mod:`~sim.simpy_engine.machine` (a machine's life:
work, setup, shifts, renewal), :mod:`~sim.simpy_engine.stops` (when it fails, who repairs it),
:mod:`~sim.simpy_engine.batch` and :mod:`~sim.simpy_engine.furnace` (the other kinds),
:mod:`~sim.simpy_engine.line` and :mod:`~sim.simpy_engine.run` (the whole).
"""
