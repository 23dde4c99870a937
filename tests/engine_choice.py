"""Which engine a test plays with: ``ENGINES`` are those that are ready, ``chosen`` is the one of the test under way."""

READY = True
"""Whether the compiled engine is there; from then on the tests in ``BOTH`` run with both engines."""
ENGINES = ("simpy", "compiled") if READY else ("simpy",)
OTHER = ENGINES[-1]
"""The engine that is held against SimPy; SimPy against itself until the compiled one is there."""
BOTH = ("theory/", "sim/test_tables_", "sim/test_hard_cases", "sim/test_docs_snippets")
"""Tests that give the same verdict with either engine: theory, tables made by hand, published cases."""

_chosen = ["simpy"]


def chosen():
    """Return the engine of the test under way."""
    return _chosen[0]


def choose(engine):
    """Play with this engine from now on; return the one before."""
    before, _chosen[0] = _chosen[0], engine
    return before
