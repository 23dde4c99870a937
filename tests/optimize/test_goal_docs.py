"""The example on the page about goals gives what stands below it."""

import json
import re
from pathlib import Path

import pytest

from optimize.pareto import pareto_front
from optimize.problem import parse_problem

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "goals.md").read_text(encoding="utf-8")


def test_the_front_on_the_page():
    problem = parse_problem(json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0]))
    front = pareto_front(problem)
    told = re.findall(r"^\| (-?\d+\.\d\d) \| (\d+) \| (\d+) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert len(told) == len(front.points) == 5
    for row, point in zip(told, front.points, strict=True):
        assert [float(value) for value in row[:3]] == pytest.approx(list(point.goals.values()), abs=0.005)
        assert row[3] == ", ".join(f"{r.asset}/{r.option} in {r.period}" for r in point.renewals)
