"""The verbs of published figures: figures list, search, show, claims, template, add, remove, check."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .terminal import FOLDER, Command, Verbs, as_json, counted, example, names_option, show

if TYPE_CHECKING:
    from ..data.registry.figures import Registry

in_folder = click.option("--in", "folder", type=FOLDER, help="Study folder whose own figures are wanted too.")


def conditions(command: Command) -> Command:
    """Add the options that say which figures are wanted; several names, separated by commas, mean any of them."""
    options: Sequence[Callable[[Command], Command]] = (
        names_option("--topic", "e.g. social_credit or face_recognition."),
        names_option("--country", "ISO code, e.g. CN or DE,GB."),
        names_option("--study", "e.g. liu2022."),
        names_option("--item", "e.g. liu2022.travel."),
        click.option("--population", help="Words that all occur in what is said of the people asked: 'urban adult'."),
        names_option("--mode", "web, face_to_face, telephone, paper, mixed or unknown."),
        names_option("--provenance", "How far it was traced: verified, secondary, recalled or as_quoted."),
        names_option("--category", "Answers counted, e.g. support or support,approve."),
        click.option("--since", metavar="DATE", help="Fieldwork ended then or later: 2020, 2020-03 or 2020-03-14."),
        click.option("--disputed", is_flag=True, help="Figures whose sources disagree."),
        in_folder,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    epilog=example(
        'topline figures\ntopline figures search "face recognition police" --country GB\n'
        "topline figures show liu2022.travel"
    ),
)
@as_json
@click.pass_context
def figures(ctx: click.Context, as_json: bool) -> None:
    """List, find, show, add and remove published figures."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(figures_list, as_json=as_json)


@figures.command("list", epilog=example("topline figures list --topic social_credit --country CN,DE --since 2019"))
@conditions
@as_json
def figures_list(as_json: bool, folder: Path | None = None, **wanted: Any) -> None:
    """List published figures, one on a line, with how far each was traced."""
    from ..data.registry.listing import FigureList

    show(FigureList(chosen(folder, wanted)), as_json)


@figures.command(
    "search",
    epilog=example(
        'topline figures search "face recognition police" --country GB\ntopline figures search "world bank"'
    ),
)
@click.argument("words", nargs=-1, required=True)
@conditions
@as_json
def figures_search(words: tuple[str, ...], as_json: bool, folder: Path | None, **wanted: Any) -> None:
    """Find published figures by WORDS.

    Every word must occur in the question (English or original), its introduction, topic, construct, battery or
    answers, in the part of the sample, the country, or the study's title, programme, sponsor, fieldwork firm,
    population or years; the beginning of a word is enough. A number is found as it is printed; signs and words like
    "of" are passed over. What fits best comes first, a number without a survey behind it last. Claims that have the
    words stand under the figures.
    """
    from ..data.registry.listing import FigureList

    searched, text = chosen(folder, wanted), " ".join(words)
    show(FigureList(searched.search(text), text, searched), as_json)


@figures.command("show", epilog=example("topline figures show liu2022.travel\ntopline figures show liu2022"))
@click.argument("name")
@in_folder
@as_json
def figures_show(name: str, folder: Path | None, as_json: bool) -> None:
    """Show everything known of a figure, an item, a study or a claim.

    Wording, scale, answers counted, base, people, sample, mode, dates, n, sources with their words and grade,
    conflicts, errata, doubts, and what it was held beside.
    """
    from ..data.registry.sheet import sheet

    show(sheet(known_in(folder), name), as_json)


@figures.command("claims", epilog=example("topline figures claims\ntopline figures show essay.businesses"))
@in_folder
@as_json
def figures_claims(folder: Path | None, as_json: bool) -> None:
    """List statements that stood among poll figures, with what tracing them found."""
    from ..data.registry.listing import ClaimList

    show(ClaimList(tuple(known_in(folder).claims.values())), as_json)


@figures.command(
    "template", epilog=example("topline figures template > mine.csv\ntopline figures template --to mine.csv")
)
@click.option("--to", type=FOLDER, help="File to write, which must not exist yet; printed where none is named.")
def figures_template(to: Path | None) -> None:
    """Give an empty worksheet for figures of your own.

    Its first row names the columns; the two that begin with # say what each means, and show an example.
    """
    from ..data.atomic import replacing
    from ..data.registry.worksheet import template

    if to is None:
        click.echo(template(), nl=False)
        return
    if to.exists():
        raise click.ClickException(f"{to} exists already; nothing was written. Name another file.")
    with replacing(to) as temporary:
        temporary.write_text(template(), encoding="utf-8", newline="")
    click.echo(f"Wrote {to}. Fill it in, then   topline figures add {to} FOLDER")


@figures.command("add", epilog=example("topline figures template > mine.csv\ntopline figures add mine.csv my-study"))
@click.argument("file", type=FOLDER)
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--replace", is_flag=True, help="Let figures of the same names in FOLDER make way.")
@as_json
def figures_add(file: Path, folder: Path, replace: bool, as_json: bool) -> None:
    """Check figures of your own and add them to a study.

    FILE is a worksheet, or a folder with the tables of a registry; FOLDER is the study, the current folder by default.
    When anything is wrong everything is listed and nothing is written. What is added goes to figures/ in FOLDER.
    """
    from ..data.own_figures import add_figures
    from ..data.registry.listing import FigureList

    added = add_figures(file, folder, replace=replace)
    show(FigureList(added), as_json)
    if not as_json:
        click.echo(
            f"Added {counted(len(added), 'figure')} to {folder / 'figures'}. All:   topline figures list --in {folder}"
        )


@figures.command("remove", epilog=example("topline figures remove town2024.cameras my-study"))
@click.argument("name")
@click.argument("folder", type=FOLDER, default=Path())
@as_json
def figures_remove(name: str, folder: Path, as_json: bool) -> None:
    """Take a figure of your own out of a study.

    NAME is its id; FOLDER is the study, the current folder by default. The question, the study and the scale that
    nothing else rests on go with it. To correct a figure, mend the worksheet and use   topline figures add --replace
    """
    from ..data.own_figures import remove_figures
    from ..data.registry.listing import FigureList

    removed = remove_figures(name, folder)
    if as_json:
        show(FigureList(removed), as_json)
    else:
        click.echo(f"Removed {name} from {folder / 'figures'}.")


@figures.command("check", epilog=example("topline figures check\ntopline figures check my-study"))
@click.argument("folder", type=FOLDER, required=False)
@as_json
def figures_check(folder: Path | None, as_json: bool) -> None:
    """Hold a registry's tables against every rule, and count what they hold.

    FOLDER is a folder of tables, or a study with figures of its own; the shipped tables by default. Exit code 1 when
    there are findings.
    """
    from ..data.registry.report import examined

    report = examined(folder)
    show(report, as_json)
    if report.findings:
        sys.exit(1)


def known_in(folder: Path | None) -> Registry:
    """Give the shipped figures, and those of a study folder where one is named."""
    from ..data.registry.figures import published
    from ..data.study_folder import read_folder

    return published() if folder is None else read_folder(folder).figures


def chosen(folder: Path | None, wanted: dict[str, Any]) -> Registry:
    """Give the figures that meet the conditions of the command line."""
    return known_in(folder).select(**{name: value or None for name, value in wanted.items()})
