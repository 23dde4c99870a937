"""Streams: what a draw is must not depend on blocks, on other streams, or on what was drawn under another name."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from models.distribution import Dist
from sim import streams
from sim.streams import Stream, Streams, generator

READ = TypeAdapter(Dist).validate_python
EXPONENTIAL = READ({"exponential": 2.0})
UNIFORM = READ({"uniform": {"low": 10.0, "high": 20.0}})
MIXTURE = READ({"mixture": [{"weight": 1, "dist": 5}, {"weight": 1, "dist": {"uniform": {"low": 0, "high": 1}}}]})


def uniforms(n=2000, name="x"):
    return generator(1, 0, name).random(n)


@pytest.mark.parametrize("first", [1, 3, 16, 100])
def test_block_size_changes_no_value(monkeypatch, first):
    monkeypatch.setattr(streams, "_FIRST_BLOCK", first)
    monkeypatch.setattr(streams, "_LARGEST_BLOCK", max(64, first))
    stream = Stream(EXPONENTIAL, generator(1, 0, "x"))
    assert [stream.draw() for _ in range(1000)] == (-2.0 * np.log1p(-uniforms()[:1000])).tolist()


@pytest.mark.parametrize("used", [0, 1, 15, 16, 17, 100])
def test_a_changed_distribution_goes_on_with_the_next_uniform(used):
    stream, u = Stream(EXPONENTIAL, generator(1, 0, "x")), uniforms()
    assert [stream.draw() for _ in range(used)] == (-2.0 * np.log1p(-u[:used])).tolist()
    stream.change(UNIFORM)
    assert [stream.draw() for _ in range(50)] == (10 + 10 * u[used : used + 50]).tolist()
    stream.change(MIXTURE)  # two uniforms a draw: which part, and its value
    at = used + 50
    expected = [5.0 if u[at + 2 * n] < 0.5 else u[at + 2 * n + 1] for n in range(50)]
    assert [stream.draw() for _ in range(50)] == expected
    stream.change(EXPONENTIAL)
    assert stream.draw() == -2.0 * np.log1p(-u[at + 100])


def test_a_change_after_an_odd_left_over():
    """From two uniforms a draw to one and back: none is skipped, none is used twice."""
    stream, u, at = Stream(MIXTURE, generator(1, 0, "x")), uniforms(), 0
    for n in range(1, 60):
        stream.change(UNIFORM)
        for _ in range(n % 3):
            assert stream.draw() == 10 + 10 * u[at]
            at += 1
        stream.change(MIXTURE)
        assert stream.draw() == (5.0 if u[at] < 0.5 else u[at + 1])
        at += 2


def test_a_constant_takes_no_uniform():
    opened = Streams(1, 0)
    one = opened.open(EXPONENTIAL, "l/a", "c")
    before = [one.draw() for _ in range(3)]
    assert opened.open(READ(7), "l/a", "c").draw() == 7.0
    again = opened.open(EXPONENTIAL, "l/a", "c")
    u = generator(1, 0, "l/a//c").random(4)
    assert [*before, again.draw()] == (-2.0 * np.log1p(-u)).tolist()


def test_a_stream_depends_on_seed_replication_and_name_alone():
    def draw(seed, replication, owner, others):
        opened = Streams(seed, replication)
        for other in others:
            opened.open(EXPONENTIAL, "l/a", "c", other).draw()
        return opened.open(EXPONENTIAL, "l/a", "c", owner).draw()

    assert draw(1, 0, "m", []) == draw(1, 0, "m", ["n", "o"])
    assert len({draw(1, 0, "m", []), draw(2, 0, "m", []), draw(1, 1, "m", []), draw(1, 0, "n", [])}) == 4


def test_a_sequence_is_shared_by_the_machines_of_a_station():
    opened, values = Streams(1, 0), READ({"sequence": [1, 2, 3]})
    one, two = (opened.open(values, "l/a", "c", owner) for owner in "mn")
    assert [one.draw(), two.draw(), two.draw(), one.draw()] == [1, 2, 3, 1]
    assert opened.open(values, "l/b", "c").draw() == 1


@pytest.mark.parametrize(("then", "fourth"), [("repeat", 1), ("last", 3), ("never", float("inf"))])
def test_how_a_sequence_ends(then, fourth):
    stream = Streams(1, 0).open(READ({"sequence": [1, 2, 3], "then": then}), "l/a", "c")
    assert [stream.draw() for _ in range(4)] == [1, 2, 3, fourth]
