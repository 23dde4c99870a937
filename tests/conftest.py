"""Tests of what every engine must do run once with each."""

from pathlib import Path

import pytest
from engine_choice import BOTH, ENGINES, choose

HERE = Path(__file__).parent


@pytest.fixture(autouse=True, scope="module")
def engine(request):
    """The engine of the test under way."""
    name = getattr(request, "param", "simpy")
    before = choose(name)
    yield name
    choose(before)


def pytest_generate_tests(metafunc):
    place = metafunc.definition.path.relative_to(HERE).as_posix()
    if place.startswith(BOTH):
        metafunc.parametrize("engine", ENGINES, indirect=True, scope="module")
