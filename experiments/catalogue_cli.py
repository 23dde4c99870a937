"""The command ``renewline catalogue``: list, search, show."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from experiments.catalogue_document import Asked


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option(
                "--catalogue",
                "files",
                multiple=True,
                metavar="FILE",
                type=click.Path(exists=True, dir_okay=False),
                help="A YAML file with equipment types of your own, to see them too; repeat for several.",
            ),
            click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the tables [the locale's]."),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables."),
            click.option("-v", "--verbose", is_flag=True, help="Show a traceback if something goes wrong."),
        )
    ):
        command = option(command)
    return command


@click.group(short_help="Search old and new equipment, with sources.", invoke_without_command=True)
@click.pass_context
def catalogue(context: click.Context) -> None:
    """Search the catalogue of old and new equipment: what is known of it, how sure, and from where.

    \b
    renewline catalogue list --task 7 --industry 水泥
    renewline catalogue show T8-MOTOR
    """
    if context.invoked_subcommand is None:
        context.invoke(listed)


@catalogue.command("list", short_help="List pairs of old and new equipment.")
@click.option("--task", type=click.IntRange(1, 15), help="Task of the policy that names them.")
@click.option("--industry", default="", help="Industry, or a part of its name, Chinese or English.")
@click.option("--search", "words", default="", help="Words of a name or an id, Chinese or English; all must occur.")
@_shared
def listed(task: int | None, industry: str, words: str, **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """List pairs of old and new equipment, all or those looked for.

    \b
    renewline catalogue list --search 风机
    renewline catalogue list --task 7 --industry cement --lang en
    """
    from experiments.catalogue_document import Asked

    _tell(Asked(task, industry, words), **given)


@catalogue.command(short_help="Show one pair with all that is known of it.")
@click.argument("name", metavar="ID")
@_shared
def show(name: str, **given: Any) -> None:  # noqa: ANN401 - click's options by name
    """Show a pair by its ID, or that of one of its types: old beside new, sources, and the lines for a plant file.

    \b
    renewline catalogue show T1-LATHE
    renewline catalogue show ie4_motor --lang zh
    """
    _tell(name, **given)


def _tell(
    asked: "Asked | str",
    files: tuple[str, ...] = (),
    lang: str | None = None,
    as_json: bool = False,
    verbose: bool = False,
) -> None:
    """Print the document asked for; ``verbose`` is read where errors are told."""
    import os

    from experiments.catalogue_document import maker, own_types

    document = maker(asked)(own_types(files))
    if as_json:
        from experiments.run_folder import as_json as text_of

        click.echo(text_of(document), nl=False)
        return
    from rich.console import Console

    from experiments.lang import choose_language, translator
    from experiments.tables import show as tables

    language = choose_language(lang, os.environ)
    tables(document, Console(), language)
    if "lines" in document:
        t = translator(language)
        click.echo(t("Lines for a plant file, below the stations of a line:"))
        click.echo()
        click.echo(document["lines"])
