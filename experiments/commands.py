"""What each command does: read, run, show, save."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from experiments.loop_settings import LoopSettings
from models.errors import DataError, Problem

SOLVER_GAP = 1e-3
"""Gap at which the solver ends where more than its answer counts."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for."""

    command: str
    plant: str
    seed: int | None = None
    replications: int | Literal["auto"] | None = None
    workers: int | None = None
    lang: str | None = None
    as_json: bool = False
    out: str | None = None
    no_save: bool = False
    quiet: bool = False
    verbose: bool = False
    horizon_h: float | None = None
    warm_up_h: float | Literal["auto"] | None = None
    precision: float | None = None
    precision_of: tuple[str, ...] = ()
    max_replications: int | None = None
    batches: int | None = None
    engine: Literal["auto", "compiled", "simpy"] = "auto"

    @property
    def language(self) -> str:
        """Return the language of report and tables."""
        from experiments.lang import choose_language

        return choose_language(self.lang, os.environ)


def new(template: str, file: str | None, force: bool) -> None:
    """Write a plant file to start from."""
    from scenarios.files import template_text

    text = template_text(template)
    path = Path(file or f"{template}.yaml")
    if path.exists() and not force:
        raise click.UsageError(f"{path} exists; name another file, or overwrite it with --force")
    path.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {path}. Next: edit it, then  renewline check {path}")


def check(plants: tuple[str, ...], as_json: bool) -> None:
    """Read plant files and list every problem."""
    from scenarios.files import read_plant

    problems: list[Problem] = []
    for name in plants:
        try:
            plant = read_plant(name)
        except DataError as error:
            problems += error.problems
            continue
        if not as_json:
            machines = sum(s.count for line in plant.lines for s in line.stations)
            options = sum(len(s.options) for line in plant.lines for s in line.stations)
            click.echo(f"{name}: fine; {len(plant.lines)} lines, {machines} machines, {options} options")
    if as_json:
        rows = [{"where": p.where, "found": p.found, "allowed": p.allowed, "hint": p.hint} for p in problems]
        click.echo(json.dumps({"problems": rows}, ensure_ascii=False, indent=1))
    if problems:
        raise DataError(problems)


def schema(problem: bool = False) -> None:
    """Print the JSON Schema of the plant file, or of a renewal problem."""
    if problem:
        from optimize.problem import problem_schema

        click.echo(json.dumps(problem_schema(), ensure_ascii=False, indent=1))
        return
    from scenarios.files import schema as plant_schema

    click.echo(json.dumps(plant_schema(), ensure_ascii=False, indent=1))


def simulate(request: Request, trace: str | None = None, window_h: tuple[float, float] | None = None) -> None:
    """Simulate a plant as it is; show a window of it, and write its trace, if asked for."""
    from experiments import seeing
    from scenarios.evidence import assumptions
    from scenarios.files import read_plant
    from sim.simulate import Settings
    from sim.simulate import simulate as simulated

    plant = read_plant(request.plant)
    settings = _settings(Settings.of, plant, request)
    seeing.check(trace, window_h, settings.horizon_h)
    told = None
    with _stages(request) as announce:
        document = simulated(plant, settings, announce("Simulating"))
        seen = None if request.no_save and trace is None else seeing.see(plant, document, window_h)
        if trace is not None:
            assert seen is not None
            told = seeing.write_trace(plant, document, seen, Path(trace), settings.workers, request.language, announce)
    document["assumptions"] = assumptions(plant, settings.horizon_h)
    _deliver(request, document, seen)
    if told is not None and not request.quiet:
        click.echo(told, err=True)


def compare(request: Request, options: tuple[str, ...]) -> None:
    """Compare before and after."""
    from experiments.compare import compare as compared
    from experiments.compare import parse_changes
    from scenarios.files import read_plant
    from sim.simulate import Settings

    plant = read_plant(request.plant)
    changes = parse_changes(plant, options)
    settings = _settings(Settings.of, plant, request)
    with _stages(request) as announce:
        document = compared(plant, changes, settings, announce("Simulating before and after"))
    _deliver(request, document)


def rank(request: Request, variants: tuple[str, ...], asked: dict[str, Any]) -> None:
    """Find the best of several variants."""
    from experiments.rank import Question, parse_variants
    from experiments.rank import rank as ranked
    from scenarios.files import read_plant
    from sim.simulate import Settings

    if asked["method"] == "kn" and asked["delta"] is None:
        raise click.UsageError("--delta is missing: the smallest difference of --metric worth finding, in its unit")
    plant = read_plant(request.plant)
    found = parse_variants(plant, variants)
    settings = _settings(Settings.of, plant, request)
    with _stages(request) as announce:
        document = ranked(plant, found, Question(**asked), settings, announce("Simulating the variants"))
    _deliver(request, document)
    if not document["decided"]:
        click.echo(f"Not decided within {asked['most']} runs; allow more by --max-runs.", err=True)
        raise click.exceptions.Exit(5)


def plan(request: Request, loop: LoopSettings, asked: dict[str, Any]) -> None:
    """Find the schedule, play it back, explain it, report it; or what the options on goals and scenarios ask for."""
    if asked["pareto"] or asked["robust"] or asked["rolling"]:
        from experiments.goal_commands import check_options, plan_goals

        check_options(asked)
        answered = plan_goals(request, asked, min(loop.gap, SOLVER_GAP), loop.time_limit_s, _stages(request))
        _deliver(request, answered)
        if answered["status"] not in {"complete", "optimal"}:
            click.echo("The time was up before the search was complete; allow it more.", err=True)
            raise click.exceptions.Exit(5)
        return
    from experiments.plan import document_of, find_plan
    from experiments.why_clash import NoSchedule, told
    from experiments.why_plan import choices, explained
    from scenarios.files import read_plant

    plant = read_plant(request.plant)
    own = choices(plant, asked["against"])
    with _stages(request) as announce:
        try:
            answer = find_plan(
                plant,
                seed=request.seed,
                replications=None if request.replications == "auto" else request.replications,
                workers=request.workers,
                gap=SOLVER_GAP if loop.rounds else loop.gap,
                time_limit_s=min(120.0, loop.time_limit_s),
                engine=request.engine,
                loop=loop,
                announce=announce,
            )
        except NoSchedule as error:
            assert plant.renewal is not None
            raise told(error, plant.renewal, request.language) from None
        document = explained(
            answer, document_of(answer), own, asked["why_time_s"] if asked["why"] else None, request, announce
        )
    _deliver(request, document)
    if document["status"] != "optimal":
        reached = "before it had a bound" if document["gap"] is None else f"at a gap of {document['gap']:.2%}"
        click.echo(f"The search stopped {reached}; allow it more time or rounds.", err=True)
        raise click.exceptions.Exit(5)


def optimize(problem: str, gap: float | None, time_limit_s: float | None, quiet: bool, asked: dict[str, Any]) -> None:
    """Solve a renewal problem given as plain numbers, or answer what the options on goals and scenarios ask."""
    from experiments import goal_commands, why_problem
    from experiments.optimizing import EXACT, TIME_LIMIT_S, solved

    goal_commands.check_options(asked)
    limit_s = TIME_LIMIT_S if time_limit_s is None else time_limit_s
    if asked["pareto"]:
        from experiments.lang import choose_language

        lang = choose_language(None, os.environ)
        goal_commands.optimize_goals(problem, limit_s, asked["step"], asked["chart"], lang)
        return
    if asked["robust"] or asked["rolling"]:
        goal_commands.optimize_robust(problem, asked["robust"], asked["rolling"], gap or EXACT, limit_s)
        return
    from optimize.problem import read_problem

    data = read_problem(problem)
    why = why_problem.asked_for(asked)
    own = why_problem.own_renewals(data, why)
    found = solved(data, gap, time_limit_s, quiet)
    if found.status == "infeasible":
        found, error = why_problem.impossible(data, found, min(limit_s, why.time_limit_s))
        click.echo(found.model_dump_json(indent=1))
        raise error
    click.echo(why_problem.plan_with_more(data, found, why, own))
    if found.status != "optimal":
        raise click.exceptions.Exit(5)


def bench(request: Request, only: tuple[str, ...] | None, repeats: int) -> None:
    """Measure how fast the engines are."""
    from experiments.bench.chart import write_chart
    from experiments.bench.document import NAMES
    from experiments.bench.document import bench as measured
    from experiments.run_folder import as_json, folder_for

    folder = None
    if not request.no_save:
        folder = Path(request.out) if request.out else folder_for(request.command, request.plant)
        folder.mkdir(parents=True, exist_ok=True)  # before minutes are spent on what then has no place
    with _stages(request) as announce:
        document = measured(only or NAMES, repeats, announce)
    if folder is not None:
        (folder / "bench.json").write_text(as_json(document), encoding="utf-8")
        drawn = write_chart(document, folder / "bench.png", request.language)
    _show(request, document)
    if folder is not None and not request.quiet:
        click.echo(f"Written: {folder / 'bench.json'}{f', {drawn}' if drawn else ''}", err=True)


def report(run_folder: str, lang: str | None) -> None:
    """Write the report of an earlier run again."""
    from experiments.lang import choose_language
    from experiments.report import write_report

    results = Path(run_folder) / "results.json"
    if not results.is_file():
        raise DataError([Problem(str(results), "missing", "a folder written by simulate, compare or plan")])
    path = Path(run_folder) / "report.html"
    try:
        document = json.loads(results.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError([Problem(str(results), f"no JSON: {error}", "results as a run wrote them")]) from None
    seen = Path(run_folder) / "seeing.json"
    shown = json.loads(seen.read_text(encoding="utf-8")) if seen.is_file() else None
    write_report(document, path, choose_language(lang, os.environ), shown)
    click.echo(f"Report: {path}")


def _settings(of: Callable[..., Any], plant: Any, request: Request) -> Any:  # noqa: ANN401 - sim.simulate.Settings
    asks_precision = any((request.precision, request.precision_of, request.max_replications))
    if asks_precision and request.replications not in (None, "auto"):
        raise click.UsageError("--precision chooses the replications; leave --replications out, or give it as auto")
    if request.batches and (asks_precision or request.replications):
        raise click.UsageError("--batches is one run; it does not go with --replications or --precision")
    settings = of(
        plant,
        seed=request.seed,
        replications="auto" if asks_precision else request.replications,
        horizon_h=request.horizon_h,
        warm_up_h=request.warm_up_h,
        workers=request.workers,
        precision=request.precision,
        precision_of=request.precision_of or None,
        max_replications=request.max_replications,
        batches=request.batches,
        engine=request.engine,
    )
    if settings.warm_up_h >= settings.horizon_h:
        found = f"warm-up of {settings.warm_up_h:g} h, horizon of {settings.horizon_h:g} h"
        raise DataError(
            [Problem("run", found, "the warm-up ends before the horizon", "set --warm-up-h or --horizon-h")]
        )
    return settings


def _deliver(request: Request, document: dict[str, Any], seen: dict[str, Any] | None = None) -> None:
    """Write the run folder, then show the document: who reads only the first lines of it loses nothing."""
    from experiments.run_folder import folder_for, write_run

    path = None
    if not request.no_save:
        folder = Path(request.out) if request.out else folder_for(request.command, Path(request.plant).stem)
        text, name = _text_of(request.plant)
        path = write_run(folder, document, text, name, ["renewline", *sys.argv[1:]], request.language, seen)
    _show(request, document)
    if path is not None and not request.quiet:
        click.echo(f"Report: {path}", err=True)


def _show(request: Request, document: dict[str, Any]) -> None:
    if request.as_json:
        from experiments.run_folder import as_json

        click.echo(as_json(document), nl=False)
        if not request.quiet:
            _warn(request, document)
        return
    from rich.console import Console

    from experiments.tables import show

    show(document, Console(), request.language)


def _warn(request: Request, document: dict[str, Any]) -> None:
    """Say on stderr what a reader of the document should not overlook; the tables say it themselves."""
    if {"warm_up", "precision", "batch_means"} & document.keys():
        from experiments.report.parts import Writer
        from experiments.report.statistics_parts import warnings

        for sentence in warnings(document, Writer(request.language)):
            click.echo(sentence, err=True)


def _text_of(plant: str) -> tuple[str, str]:
    """Return the plant file as it was read, and its name."""
    from scenarios.files import template_text

    path = Path(plant)
    return (path.read_text(encoding="utf-8"), path.name) if path.is_file() else (template_text(plant), plant)


def _tell_of_compiling(request: Request) -> None:
    """Have the compiled engine announce its first call as the reader wants it, in worker processes too."""
    from experiments.lang import translator
    from sim.compiled_engine.kept import NOTE

    t = translator(request.language)
    note = t("Compiling the simulation engine; this happens once and takes about 15 seconds ...")
    os.environ[NOTE] = "" if request.quiet else note


@contextmanager
def _stages(request: Request) -> Iterator[Callable[[str], Callable[[int, int], None] | None]]:
    """Give a function that announces a stage and returns where its progress goes (stderr, on a terminal only)."""
    _tell_of_compiling(request)
    if request.quiet or not sys.stderr.isatty():

        def say(title: str) -> None:
            if not request.quiet:
                click.echo(f"{title} ...", err=True)

        yield say
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def announce(title: str) -> Callable[[int, int], None]:
            task = bars.add_task(title, total=None)
            return lambda done, of: bars.update(task, completed=done, total=of)

        yield announce
