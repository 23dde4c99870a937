"""The command line. Only click is imported here; each command fetches what it needs when it is called.

Exit codes: 0 done, 1 our fault, 2 wrong use, 3 data wrong, 4 no schedule possible, 5 stopped early with a usable
answer, 130 interrupted.
"""

import sys
from collections.abc import Callable
from typing import Any

import click

from experiments.catalogue_cli import catalogue

EXIT_CODES = """

\b
Exit codes:
  0  done                      4  no schedule keeps all limits
  1  our fault                 5  stopped early with a usable answer
  2  wrong use                 130  interrupted
  3  the data are wrong
"""
PLANTS = "A plant file (YAML), or a shipped example by its name: machining, spinning, steel-pipe, cement, bearings, .."


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with:  renewline plan machining" + EXIT_CODES,
)
@click.version_option(package_name="renewline", message="%(prog)s %(version)s")
def app() -> None:
    """Which machines of a plant to renew, when, and what it brings.

    renewline simulates production lines before and after a renewal, finds the schedule of renewals worth most under
    budget and downtime limits, and plays it back through the simulator to prove it.
    """


app.add_command(catalogue)


def _or_auto(convert: Callable[..., Any]) -> dict[str, Any]:
    """Return the arguments of an option that takes a number or the word ``auto``."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:  # noqa: ANN401
        return value if value in (None, "auto") else convert(value, param, ctx)

    return {"metavar": "N|auto", "callback": read}


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every run has."""
    command = _told(command)
    for option in reversed(
        (
            click.option("--seed", type=click.IntRange(min=0), help="Seed of all random streams [the plant file's]."),
            click.option(
                "--engine",
                type=click.Choice(["auto", "compiled", "simpy"]),
                default="auto",
                show_default=True,
                help="What plays the lines; both make the same events. simpy: starts at once, also plays stations of "
                "your own; compiled: faster, once it is loaded; auto: compiled where that pays.",
            ),
            click.option("--workers", type=click.IntRange(min=1), help="Processes to use [one per core]."),
        )
    ):
        command = option(command)
    return command


def _told(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options on what a command tells and writes."""
    for option in reversed(
        (
            click.option(
                "--lang", type=click.Choice(["zh", "en"]), help="Language of report and tables [the locale's]."
            ),
            click.option(
                "--json", "as_json", is_flag=True, help="Print one JSON document to stdout instead of tables."
            ),
            click.option(
                "--out", type=click.Path(file_okay=False), help="Folder for this run [runs/DATE-COMMAND-PLANT]."
            ),
            click.option("--no-save", is_flag=True, help="Write no run folder."),
            click.option("-q", "--quiet", is_flag=True, help="No progress, no notes."),
            click.option("-v", "--verbose", is_flag=True, help="Show a traceback if something goes wrong."),
        )
    ):
        command = option(command)
    return command


_horizon = click.option("--horizon-h", type=click.FloatRange(min=0, min_open=True), help="Hours to simulate.")
_warm_up = click.option(
    "--warm-up-h",
    **_or_auto(click.FloatRange(min=0).convert),
    help="Hours at the start that do not count; auto: found by MSER-5 on pilot runs.",
)
_fixed_replications = click.option(
    "--replications", type=click.IntRange(min=1), help="Independent runs; more narrow the intervals."
)


def _replications(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add how many replications: a number, or as many as a precision needs."""
    for option in reversed(
        (
            click.option(
                "--replications",
                **_or_auto(click.IntRange(min=1).convert),
                help="Independent runs; auto: as many as --precision needs.",
            ),
            click.option(
                "--precision",
                type=click.FloatRange(min=0, min_open=True),
                help="Relative half-width wanted, e.g. 0.01 [0.02]; means --replications auto.",
            ),
            click.option(
                "--precision-of",
                multiple=True,
                metavar="FIGURE",
                help="For which figure: a key of every line, or LINE/KEY or LINE/STATION/KEY; repeat for several "
                "[throughput_per_h, wip, lead_time_h].",
            ),
            click.option(
                "--max-replications", type=click.IntRange(min=20), help="Most replications that auto makes [200]."
            ),
        )
    ):
        command = option(command)
    return command


_plant = click.argument("plant")


def _hours(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Return both hours of ``FROM-TO``, hours since the start of the run."""
    if value is None:
        return None
    first, _, last = value.partition("-")
    try:
        window = float(first), float(last)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not written like 0-24 (hours since the start of the run)") from None
    if not 0 <= window[0] < window[1] < float("inf"):
        raise click.BadParameter(f"{value!r}: the window begins at 0 or later and ends after its begin")
    return window


@app.command(short_help="Write a plant file to start from.")
@click.argument("template")
@click.argument("file", required=False)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(template: str, file: str | None, force: bool) -> None:
    """Write a plant file to start from: a copy of the shipped example TEMPLATE.

    \b
    renewline new machining            writes machining.yaml
    renewline new spinning mill.yaml   writes mill.yaml
    """
    from experiments import commands

    commands.new(template, file, force)


@app.command(epilog=PLANTS, short_help="List every problem of a plant file.")
@click.argument("plants", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(plants: tuple[str, ...], as_json: bool) -> None:
    """Read plant files and list every problem: where, what was found, what is allowed.

    \b
    renewline check plant.yaml
    """
    from experiments import commands

    commands.check(plants, as_json)


@app.command(short_help="Print the JSON Schema of the plant file.")
@click.option("--problem", is_flag=True, help="That of PROBLEM.json, which renewline optimize reads.")
def schema(problem: bool) -> None:
    """Print the JSON Schema of the plant file, for editors that complete and check as you type.

    \b
    renewline schema > plant.schema.json
    renewline schema --problem > problem.schema.json
    """
    from experiments import commands

    commands.schema(problem)


@app.command(epilog=PLANTS, short_help="Simulate a plant as it is.")
@_plant
@click.option(
    "--trace",
    type=click.Path(file_okay=False),
    metavar="FOLDER",
    help="Write every visit and every stay of a machine, of all replications, to visits.csv and states.csv there.",
)
@click.option(
    "--window",
    metavar="FROM-TO",
    callback=_hours,
    help="Hours of the run to show as Gantt, parts over time and replay [24 h from the first work after the warm-up].",
)
@_horizon
@_warm_up
@_replications
@click.option(
    "--batches",
    type=click.IntRange(min=2),
    help="One long run instead of replications, cut into so many batches for the intervals.",
)
@_shared
def simulate(trace: str | None, window: tuple[float, float] | None, **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Simulate a plant as it is: output, waiting, machine states, OEE, energy, each with its 95 % interval.

    \b
    renewline simulate machining --horizon-h 2000 --replications 5
    renewline simulate machining --warm-up-h auto --precision 0.01
    renewline simulate plant.yaml --json --no-save > result.json
    renewline simulate plant.yaml --trace trace --window 0-24
    """
    from experiments import commands

    commands.simulate(commands.Request(**given, command="simulate"), trace, window)


@app.command(epilog=PLANTS, short_help="Compare before and after a renewal.")
@_plant
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="LINE/STATION=OPTION[:MACHINES]",
    help="What to renew; repeat for several. Without it: the first option of every station.",
)
@_horizon
@_warm_up
@_replications
@_shared
def compare(options: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Compare before and after, on the same random streams: what the renewal changes a year.

    \b
    renewline compare machining --option "shaft line/turning=cnc_lathe:2"
    """  # fmt: skip
    from experiments import commands

    commands.compare(commands.Request(**given, command="compare"), options)


@app.command(epilog=PLANTS, short_help="Find the best of several variants.")
@_plant
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME=CHANGE+CHANGE",
    help="A variant: changes as compare's --option takes them, joined by +; none: the plant as it is. Repeat for each. "
    "Without it: the plant as it is, and each option of each station.",
)
@click.option(
    "--metric",
    default="value_cny_per_y",
    show_default=True,
    help="What is compared: good_per_h, throughput_per_h, wip, lead_time_h, or a yearly figure of compare, e.g. "
    "energy_tce_per_y.",
)
@click.option(
    "--delta", type=click.FloatRange(min=0, min_open=True), help="Smallest difference worth finding, in its unit (kn)."
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 0.5, True, True),
    default=0.05,
    show_default=True,
    help="Allowed probability of a wrong choice.",
)
@click.option(
    "--method",
    type=click.Choice(["kn", "ocba"]),
    default="kn",
    show_default=True,
    help="kn: guarantee by elimination; ocba: a budget of runs where they tell most.",
)
@click.option(
    "--first-runs",
    "first",
    type=click.IntRange(min=2),
    default=10,
    show_default=True,
    help="Runs that every variant makes.",
)
@click.option(
    "--max-runs", "most", type=click.IntRange(min=2), default=2000, show_default=True, help="Most runs in all."
)
@_horizon
@_warm_up
@_shared
def rank(variants: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Find the best of several variants with a stated probability of being right.

    \b
    renewline rank machining --delta 100000
    renewline rank machining --delta 100000 --variant "today=" --variant "new=shaft line/rough turning=cnc_lathe:2"
    """
    from experiments import commands

    asked = {name: given.pop(name) for name in ("metric", "delta", "alpha", "method", "first", "most")}
    commands.rank(commands.Request(**given, command="rank"), variants, asked)


_robust = click.option(
    "--robust",
    type=click.Choice(["expected", "worst", "regret"]),
    help="One schedule for all scenarios of the file: with the greatest mean gain, the greatest gain in the worst "
    "scenario, or the least of the greatest regret.",
)
_against = click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Your own list of renewals to hold the schedule against, CSV or XLSX: line, station, machines, option, period "
    "or date.",
)


@app.command(epilog=PLANTS, short_help="Find the best schedule of renewals and report it.")
@_plant
@click.option("--gap", default=0.03, show_default=True, help="Stop at this gap between bound and simulated gain.")
@click.option(
    "--rounds",
    default=10,
    show_default=True,
    type=click.IntRange(0),
    help="Most rounds with the simulator; 0: none, the plan by station capacities.",
)
@click.option(
    "--confidence", default=0.95, show_default=True, type=click.FloatRange(0.5, 1, max_open=True), help="Of the bound."
)
@click.option("--time-limit-s", default=300.0, show_default=True, help="Begin no further round after so many seconds.")
@click.option(
    "--pareto",
    metavar="GOAL,GOAL",
    help="The choice between goals (money, output, energy, co2) instead of one schedule: all that no other beats in "
    "one without losing in another. money is among them unless output is named.",
)
@click.option(
    "--step",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.02,
    show_default=True,
    help="With --pareto: differences that do not count, as a share of a goal's range.",
)
@click.option(
    "--points",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="With --pareto: how many points are played back.",
)
@_robust
@click.option(
    "--rolling", is_flag=True, help="Also make the plan again each year in each scenario, by what has happened."
)
@click.option("--why/--no-why", default=True, show_default=True, help="Explain the schedule.")
@click.option(
    "--why-time-s", type=click.FloatRange(min=0), default=20.0, show_default=True, help="Most seconds for that."
)
@_against
@_fixed_replications
@_shared
def plan(gap: float, rounds: int, confidence: float, time_limit_s: float, **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Find the schedule of renewals worth most, play it back over the whole horizon, and report it.

    \b
    renewline plan machining
    renewline plan machining --against schedule.csv
    renewline plan plant.yaml --lang zh --out report_for_the_owner
    renewline plan machining --pareto energy
    renewline plan plant.yaml --robust regret
    """
    from experiments import commands
    from experiments.loop_settings import LoopSettings

    named = ("pareto", "step", "points", "robust", "rolling", "why", "why_time_s", "against")
    asked = {name: given.pop(name) for name in named}
    loop = LoopSettings(rounds=rounds, gap=gap, confidence=confidence, time_limit_s=time_limit_s)
    commands.plan(commands.Request(**given, command="plan"), loop, asked)


@app.command(short_help="Solve a renewal problem written as JSON.")
@click.argument("problem", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--gap",
    type=click.FloatRange(min=0),
    help="Stop at this gap to the bound, as a share of the gain [none: the best plan there is; 0.002 from 500 machines "
    "on].",
)
@click.option("--time-limit-s", type=float, help="Stop after so many seconds [120; 600 from 2,000 machines on].")
@click.option("--pareto", is_flag=True, help="The efficient schedules between the goals of the file, all of them.")
@click.option(
    "--step",
    type=click.FloatRange(0, 1, min_open=True),
    default=1e-6,
    show_default=True,
    help="With --pareto: differences that do not count, as a share of a goal's range.",
)
@click.option("--chart", type=click.Path(dir_okay=False), help="With --pareto: draw the front (.svg, .png or .pdf).")
@_robust
@click.option("--rolling", is_flag=True, help="What planning again each year brings, beside one plan and foresight.")
@click.option("--why", is_flag=True, help="Explain the plan: what each renewal adds, what blocks more, budget prices.")
@click.option(
    "--why-time-s", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Most seconds for that."
)
@click.option(
    "--why-step",
    type=click.FloatRange(min=0, min_open=True),
    help="How much more and less budget is tried [a twentieth of all budgets].",
)
@click.option("--why-quantity", metavar="NAME", help="Quantity of the abatement curve [co2_t, if it is counted].")
@_against
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@click.option("-v", "--verbose", is_flag=True, help="Show a traceback if something goes wrong.")
def optimize(
    problem: str,
    gap: float | None,
    time_limit_s: float | None,
    quiet: bool,
    verbose: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Solve a renewal problem given as plain numbers (PROBLEM.json) and print the plan as JSON.

    \b
    renewline optimize problem.json
    renewline optimize problem.json --pareto --chart front.svg
    renewline optimize problem.json --robust regret
    renewline optimize problem.json --why --against schedule.csv

    Progress goes to stderr: round, best plan, bound, gap, seconds. Ctrl-C stops with the best plan so far.
    """
    from experiments import commands

    commands.optimize(problem, gap, time_limit_s, quiet, asked)


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Return what ``--only`` names."""
    if value is None:
        return None
    from experiments.bench.document import parse_names

    try:
        return parse_names(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@app.command(short_help="Measure how fast the engines are on this machine.")
@click.option(
    "--only",
    metavar="NAME,NAME",
    callback=_names,
    help="What to measure: W1 to W5 (rates), cores, replications, start [all].",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Rounds; in each all programs take their turn.",
)
@_told
def bench(only: tuple[str, ...] | None, repeats: int, **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Measure how fast the engines are on this machine: station visits a second, beside plain SimPy. Some minutes.

    \b
    renewline bench
    renewline bench --only W1,W2 --repeats 3 --no-save
    """
    from experiments import commands

    commands.bench(commands.Request(**given, command="bench", plant="-".join(only or ("all",))), only, repeats)


@app.command(short_help="Write the report of an earlier run again.")
@click.argument("run_folder", type=click.Path(exists=True, file_okay=False))
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the report [the locale's].")
def report(run_folder: str, lang: str | None) -> None:
    """Write the report of an earlier run again, e.g. in the other language.

    \b
    renewline report runs/2026-01-31-plan-machining --lang zh
    """
    from experiments import commands

    commands.report(run_folder, lang)


def main() -> None:
    """Run the command line and end with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line on ``arguments`` and return its exit code; messages go to stderr."""
    try:
        code = app.main(arguments, prog_name="renewline", standalone_mode=False)
    except click.exceptions.Abort:
        return _interrupted()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        return 0  # the reader of a pipe has seen enough
    except Exception as error:  # the last place where anything can be told
        return _failed(error, verbose="-v" in arguments or "--verbose" in arguments)
    return code if isinstance(code, int) else 0


def _interrupted() -> int:
    click.echo("Interrupted. Nothing written so far is lost.", err=True)
    return 130


def _failed(error: Exception, verbose: bool) -> int:
    """Tell what went wrong and return the exit code of its kind."""
    from models.errors import DataError, PlanImpossible

    if isinstance(error, DataError):
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''} found.", err=True)
        return 3
    if isinstance(error, PlanImpossible):
        click.echo(error.heading, err=True)
        for line in error.clash:
            click.echo(f"- {line}", err=True)
        return 4
    if isinstance(error, OSError) and error.filename is not None:
        click.echo(f"Error: {error.filename}: {error.strerror}", err=True)
        return 2
    if verbose:
        import traceback

        traceback.print_exception(error)
    click.echo(f"renewline failed: {type(error).__name__}: {error}", err=True)
    if not verbose:
        click.echo("This is our fault, not yours. Run again with -v and send what it prints.", err=True)
    return 1
