"""What the options on goals and uncertainty do, of ``renewline optimize`` and ``renewline plan``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import BaseModel

from models.errors import DataError, PlanImpossible, Problem

Mode = Literal["expected", "worst", "regret"]


def optimize_goals(path: str, time_limit_s: float, step: float, chart: str | None, lang: str) -> None:
    """Print the Pareto front of a renewal problem as JSON, and draw it if asked to."""
    from optimize.pareto import pareto_front
    from optimize.problem import read_problem

    problem = read_problem(path)
    if len(problem.goals) < 2:
        found = f"{len(problem.goals)} goals" if problem.goals else "no goals"
        raise DataError([Problem("goals", found, "at least two to weigh against each other")])
    front = pareto_front(problem, step=step, time_limit_s=time_limit_s)
    click.echo(front.model_dump_json(indent=1))
    if chart is not None and front.points:
        from experiments.report.goal_charts import write_front

        write_front(front.model_dump(), Path(chart), lang)
        click.echo(f"Written: {chart}", err=True)
    _end(front.status, {"complete"}, front)


def optimize_robust(path: str, mode: Mode | None, rolling: bool, gap: float, time_limit_s: float) -> None:
    """Print the schedule for all scenarios, or what planning again each year brings, as JSON."""
    from optimize.problem import read_problem
    from optimize.robust import robust
    from optimize.rolling import rolling as planned_again

    problem = read_problem(path)
    if rolling:
        again = planned_again(problem, gap=gap, time_limit_s=time_limit_s)
        click.echo(again.model_dump_json(indent=1))
        _end(again.status, {"optimal"}, again)
    else:
        found = robust(problem, mode or "expected", gap=gap, time_limit_s=time_limit_s)
        click.echo(found.model_dump_json(indent=1))
        _end(found.status, {"optimal"}, found)


def _end(status: str, done: set[str], found: BaseModel) -> None:
    if status == "infeasible":
        raise PlanImpossible([clash.message for clash in getattr(found, "clash", ())])
    if status not in done:
        raise click.exceptions.Exit(5)


def plan_goals(
    request: Any,  # noqa: ANN401 - experiments.commands.Request
    asked: dict[str, Any],
    gap: float,
    time_limit_s: float,
    stages: AbstractContextManager[Callable[[str], Any]],
) -> dict[str, Any]:
    """Return the document of a plant's front, or of its schedule for all scenarios."""
    from scenarios.files import read_plant

    plant = read_plant(request.plant)
    run: dict[str, Any] = {
        "seed": request.seed,
        "replications": None if request.replications == "auto" else request.replications,
        "workers": request.workers,
        "gap": gap,
        "time_limit_s": time_limit_s,
        "engine": request.engine,
    }
    if asked["pareto"] is not None:
        from experiments.front import find_front
        from experiments.plant_goals import goals_asked

        goals = goals_asked(asked["pareto"])
        with stages as announce:
            return find_front(plant, goals, step=asked["step"], played=asked["points"], announce=announce, **run)
    from experiments.uncertainty import find_robust

    with stages as announce:
        return find_robust(plant, asked["robust"] or "expected", rolling=asked["rolling"], announce=announce, **run)


def check_options(asked: dict[str, Any]) -> None:
    """Refuse options that do not go together."""
    if asked.get("pareto") and (asked.get("robust") or asked.get("rolling")):
        raise click.UsageError("--pareto weighs goals, --robust and --rolling scenarios; ask for one of the two")
    chart = asked.get("chart")
    if chart is not None:
        if not asked.get("pareto"):
            raise click.UsageError("--chart draws what --pareto finds; give both")
        if Path(chart).suffix not in {".svg", ".png", ".pdf"}:
            raise click.UsageError(f"--chart {chart}: the name ends in .svg, .png or .pdf")
