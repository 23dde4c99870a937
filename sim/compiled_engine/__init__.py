"""The compiled engine: the same events as the readable engine, a hundred times faster.

Read in this order: :mod:`~sim.compiled_engine.memory` (records in one block of memory),
:mod:`~sim.compiled_engine.records` (what a line is made of), :mod:`~sim.compiled_engine.lower` (a program becomes
records), :mod:`~sim.compiled_engine.kernel` (the rules, in modules named as in the readable engine),
:mod:`~sim.compiled_engine.build` (the rules become machine code; :mod:`~sim.compiled_engine.kept`: on disk),
:mod:`~sim.compiled_engine.features` (made for one program), :mod:`~sim.compiled_engine.run` (one replication).
"""
