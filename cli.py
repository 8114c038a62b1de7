"""The command line: one verb for each step of the road, each calling one public function."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import __version__
from .data.errors import ToplineError

if TYPE_CHECKING:
    from .analysis.design import Design
    from .analysis.estimates import Estimates

Command = TypeVar("Command", bound=Callable[..., Any])


class Verbs(click.Group):
    """The verbs, in the order of the road; refusals become one message and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Keep the order in which the verbs are defined."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; turn topline's own errors into a message without a traceback."""
        try:
            return super().invoke(ctx)
        except ToplineError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("\nStopped. What was finished before is kept; nothing is half written.", err=True)
            ctx.exit(130)


DEMO_SIZE, DEMO_SEED = 2_400, 20_261_123
FOLDER = click.Path(path_type=Path)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document with full precision.")


def names_option(name: str, help: str) -> Callable[[Command], Command]:
    """Make an option that takes names separated by commas: ``--by sex,age4``."""
    return click.option(name, metavar="NAME[,NAME...]", callback=split_names, help=help)


def split_names(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Split at commas; refuse an empty name."""
    if value is None:
        return ()
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise click.BadParameter(f"'{value}' holds an empty name; write for example: sex,age4", ctx, parameter)
    return names


def example(text: str) -> str:
    """Set an example off from the help text, line by line."""
    return "Example:\n\n\b\n" + "\n".join(f"  {line}" for line in text.strip().splitlines())


GUIDE = """Field attitude surveys, estimate with their design, compare honestly with published figures.

\b
Field team:    new, check, field, simulate, export
Statistician:  weight, estimate
Reader:        compare, figures, dashboard
First time?    topline demo
"""


@click.group(cls=Verbs, help=GUIDE, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="topline")
def main() -> None:
    """Run a verb."""


@main.command(epilog=example("topline new my-study"))
@click.argument("folder", type=FOLDER)
def new(folder: Path) -> None:
    """Make a study FOLDER to start from.

    It holds study.yaml and a questionnaire on social credit in English, Chinese and German.
    """
    from .data.study_folder import new_folder

    made = new_folder(folder)
    click.echo(f"Made {made.path}: study.yaml, questionnaire.yaml.")
    click.echo(f"Next: edit them, then   topline check {folder}")


@main.command(epilog=example("topline check my-study\ntopline check questionnaire.yaml --json"))
@click.argument("path", type=FOLDER)
@as_json
def check(path: Path, as_json: bool) -> None:
    """List everything to mend before fielding.

    PATH is a study folder or a questionnaire file. Exit code 1 when there are errors.
    """
    from dataclasses import asdict

    from .data.study_folder import read_folder
    from .instrument.check import check_file

    document = read_folder(path).questionnaire if path.is_dir() else path
    findings = check_file(document)
    errors = sum(finding.severity == "error" for finding in findings)
    if as_json:
        show_json({"method": {"file": str(document), "errors": errors}, "rows": [asdict(each) for each in findings]})
    else:
        for finding in findings:
            click.echo(f"{finding.severity}: {finding}")
        ready = "Ready to field." if not errors else "Mend the errors before fielding."
        click.echo(f"{document}: {counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}. {ready}")
    if errors:
        sys.exit(1)


@main.command(epilog=example("topline field my-study --port 8000"))
@click.argument("folder", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--accept-changes", is_flag=True, help="Go on although answers to another version are in the store.")
@click.option(
    "--resume-days",
    default=7,
    show_default=True,
    type=click.IntRange(0, 365),
    help="Days a browser can take up an unfinished interview; 0 for devices that respondents share.",
)
def field(folder: Path, host: str, port: int, accept_changes: bool, resume_days: int) -> None:
    """Put the questionnaire of a study on the web.

    The form works without JavaScript; answers go to answers.db in the study FOLDER. Ctrl-C ends it and loses nothing.
    """
    from .data.study_folder import read_folder
    from .instrument.fieldwork.server import serve
    from .instrument.reading import read_questionnaire

    study = read_folder(folder)
    if study.truth.exists():
        raise click.ClickException(f"{folder} holds simulated answers; field in a folder of its own: topline new NAME")
    serve(
        read_questionnaire(study.questionnaire),
        study.answers,
        host,
        port,
        accept_changes=accept_changes,
        resume_days=resume_days,
        announce=click.echo,
    )


@main.command(epilog=example("topline simulate my-study --n 1000 --seed 7"))
@click.argument("folder", type=FOLDER)
@click.option("--n", default=1000, show_default=True, type=click.IntRange(1, 1_000_000), help="Interviews to make.")
@click.option("--seed", default=1, show_default=True, type=int, help="Seed; the same seed makes the same answers.")
@click.option("--truth", type=FOLDER, help="What the invented population thinks (YAML); a shipped one by default.")
def simulate(folder: Path, n: int, seed: int, truth: Path | None) -> None:
    """Fill a study with invented respondents, to rehearse.

    The folder is marked as simulated, and every result made from it says so. A folder that holds answers is refused.
    """
    from .data.study_folder import read_folder
    from .instrument.folder import simulate_folder

    with progress("Simulating", n) as advance:
        made = simulate_folder(read_folder(folder), n, seed=seed, truth=truth, progress=advance)
    click.echo(f"Wrote {made:,} invented interviews to {folder}; what is true of them stands in truth.json.")


@main.command(epilog=example("topline export my-study\ntopline export my-study --to wave1.dta --language zh"))
@click.argument("folder", type=FOLDER)
@click.option("--to", type=FOLDER, help="File to write (.sav .zsav .dta .csv .parquet); answers.sav by default.")
@click.option("--language", help="Language of the labels; the questionnaire's first by default.")
def export(folder: Path, to: Path | None, language: str | None) -> None:
    """Write the answers to a labelled data file."""
    from .data.files import write_study
    from .data.study_folder import read_folder
    from .instrument.folder import export_folder

    study = read_folder(folder)
    exported = export_folder(study, language=language)
    target = write_study(exported, to or study.data)
    click.echo(f"Wrote {len(exported.frame):,} interviews, {len(exported.codebook)} variables to {target}.")


@main.command(epilog=example("topline weight my-study"))
@click.argument("folder", type=FOLDER)
@as_json
def weight(folder: Path, as_json: bool) -> None:
    """Weight a study and show what that cost.

    The recipe stands in study.yaml of the FOLDER; the weighted data go to weighted.sav, with the column weight.
    """
    from .analysis.recipe import save_weighted, weighted_design
    from .analysis.weights import weight_summary
    from .data.study_folder import read_folder

    study = read_folder(folder)
    design = weighted_design(study)
    summary = weight_summary(design)
    target = save_weighted(study, design)
    show(summary, as_json)
    if not as_json:
        click.echo(f"\nWrote {target}.")


def design_options(command: Command) -> Command:
    """Add the options that describe a design and choose what is estimated."""
    options = (
        click.option("--weight", help="Weight column. Without it weights follow from --fpc, else are equal."),
        names_option("--strata", "Strata column, one for each stage."),
        names_option("--psu", "PSU column, one for each stage."),
        names_option("--fpc", "Population counts or fractions, one column for each stage."),
        click.option(
            "--lone-psu",
            type=click.Choice(["fail", "centre", "certainty", "average"]),
            default=None,
            help="What to do with a stratum of one PSU. Default: fail.",
        ),
        names_option("--mean", "Means of these variables."),
        names_option("--proportion", "Shares of the categories of these variables."),
        names_option("--total", "Totals of these variables."),
        click.option("--category", help="With --proportion: this category only (a code, label or named group)."),
        names_option("--by", "One result for each group of these variables."),
        click.option(
            "--base",
            type=click.Choice(["substantive", "all"]),
            default="substantive",
            show_default=True,
            help="With --proportion: leave don't know and refused out of the base, or keep them in.",
        ),
        click.option(
            "--interval",
            type=click.Choice(["logit", "beta", "mean"]),
            default="logit",
            show_default=True,
            help="With --proportion: how intervals are made.",
        ),
        click.option("--level", type=click.FloatRange(50, 99.99), default=95.0, show_default=True, help="In percent."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@main.command(
    epilog=example(
        "topline estimate wave1.sav --weight w --strata province --psu community --proportion approval --by sex\n"
        "topline estimate apiclus2.csv --psu dnum,snum --fpc fpc1,fpc2 --mean api00 --json\n"
        "topline estimate my-study"
    )
)
@click.argument("source", type=FOLDER)
@design_options
@as_json
def estimate(source: Path, as_json: bool, **options: Any) -> None:
    """Estimate means, shares or totals with design-based errors.

    SOURCE is a data file (.sav .zsav .dta .csv .parquet) or a study folder. For a folder the design and the weighting
    come from study.yaml, every closed question is estimated unless some are named, and the result is kept in
    results/estimates.json for the dashboard.
    """
    if source.is_dir() and (source / "study.yaml").exists():
        show(folder_estimates(source, options), as_json)
    else:
        show(estimated(file_design(source, options), options), as_json)


@main.command(
    epilog=example(
        "topline compare my-study\n"
        "topline compare wave1.sav --weight w --proportion travel --category support --published liu2022.travel"
    )
)
@click.argument("source", type=FOLDER)
@design_options
@names_option("--published", "Ids of published figures; topline figures lists them.")
@click.option("--margin", type=click.FloatRange(0, 50, min_open=True), help="Points that still count as equivalent.")
@click.option("--nonsampling", type=click.FloatRange(0, 50), help="Points of non-sampling error per survey.")
@as_json
def compare(
    source: Path,
    published: tuple[str, ...],
    margin: float | None,
    nonsampling: float | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare new results with published figures.

    SOURCE is a study folder, whose questions find their published figures by themselves, or a data file together with
    --proportion or --mean and --published.
    """
    from .analysis.compare import compare as compare_with
    from .analysis.recipe import compared, save_comparison
    from .data.figures import published as registry
    from .data.study_folder import read_folder

    if source.is_dir() and (source / "study.yaml").exists():
        study = read_folder(source)
        comparison = compared(study, margin=margin, nonsampling=nonsampling, figures=published)
        save_comparison(study, comparison)
        show(comparison, as_json)
        return
    if not published:
        raise click.UsageError("Name the figures to compare with: --published ID. topline figures lists them.")
    chosen = [registry()[name] for name in published]
    estimates = estimated(file_design(source, options), options)
    margin = 5.0 if margin is None else margin
    nonsampling = 3.0 if nonsampling is None else nonsampling
    show(
        compare_with(
            estimates, chosen, margin=margin / 100, nonsampling=nonsampling / 100, level=options["level"] / 100
        ),
        as_json,
    )


def file_design(path: Path, options: Mapping[str, Any]) -> Design:
    """Make the design that the options describe, from a data file."""
    from .analysis.design import Design
    from .data.files import read_study

    names = {key: options[key] for key in ("weight", "strata", "psu", "fpc")}
    return Design(read_study(path), **names, lone_psu=options["lone_psu"] or "fail")


def estimated(design: Design, options: Mapping[str, Any]) -> Estimates:
    """Estimate what the options name: exactly one of --mean, --proportion, --total."""
    from .analysis.estimate import mean, proportion, total

    kinds = [kind for kind in ("mean", "proportion", "total") if options[kind]]
    if len(kinds) != 1:
        raise click.UsageError("Name what to estimate with one of --mean, --proportion, --total, e.g. --mean age")
    kind, level, by = kinds[0], options["level"] / 100, options["by"]
    if kind != "proportion" and options["category"]:
        raise click.UsageError("--category belongs to --proportion.")
    if kind == "mean":
        return mean(design, options["mean"], by=by, level=level)
    if kind == "total":
        return total(design, options["total"], by=by, level=level)
    choices = {key: options[key] for key in ("category", "base", "interval")}
    return proportion(design, options["proportion"], by=by, level=level, **choices)


def folder_estimates(source: Path, options: Mapping[str, Any]) -> Estimates:
    """Estimate in a study folder, and keep the result for the dashboard."""
    from .analysis.recipe import closed_questions, save_estimates, weighted_design
    from .data.study_folder import read_folder

    given = [f"--{key.replace('_', '-')}" for key in ("weight", "strata", "psu", "fpc", "lone_psu") if options[key]]
    if given:
        raise click.UsageError(f"{', '.join(given)}: the design of a study folder stands in {source / 'study.yaml'}.")
    study = read_folder(source)
    design = weighted_design(study)
    if not any(options[kind] for kind in ("mean", "proportion", "total")):
        options = {**options, "proportion": closed_questions(design.study)}
    estimates = estimated(design, options)
    save_estimates(study, estimates)
    return estimates


@main.group(
    cls=Verbs,
    invoke_without_command=True,
    epilog=example(
        "topline figures\ntopline figures list --topic social_credit --country CN\ntopline figures show liu2022.travel"
    ),
)
@as_json
@click.pass_context
def figures(ctx: click.Context, as_json: bool) -> None:
    """List and show published figures."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(figures_list, as_json=as_json)


@figures.command("list", epilog=example("topline figures list --topic social_credit --country CN"))
@click.option("--topic", help="e.g. social_credit, surveillance")
@click.option("--country", help="ISO code, e.g. CN, DE")
@click.option("--study", help="e.g. liu2022")
@as_json
def figures_list(as_json: bool, topic: str | None = None, country: str | None = None, study: str | None = None) -> None:
    """List published figures, one on a line."""
    from .data.figure_listing import FigureList
    from .data.figures import published

    show(FigureList(published(topic, country=country, study=study)), as_json)


@figures.command("show", epilog=example("topline figures show liu2022.travel"))
@click.argument("figure")
@as_json
def figures_show(figure: str, as_json: bool) -> None:
    """Show one figure: wording, scale, base, population, dates, n, sources and grade."""
    from .data.figure_listing import FigureSheet
    from .data.figures import published

    show(FigureSheet(published()[figure]), as_json)


@main.command(epilog=example("topline dashboard my-study\ntopline dashboard my-study --port 8600 --no-browser"))
@click.argument("folder", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
def dashboard(folder: Path, host: str, port: int, browser: bool) -> None:
    """Show results beside published figures.

    Reads only the results of the study FOLDER, never anybody's answers. Ctrl-C ends it.
    """
    from .dashboard.launch import launch

    launch(folder, host=host, port=port, open_browser=browser)


@main.command(epilog=example("topline demo\ntopline demo tryout --no-dashboard"))
@click.argument("folder", type=FOLDER, default=Path("topline-demo"))
@click.option("--dashboard/--no-dashboard", default=None, help="Open the dashboard at the end; asked of a terminal.")
def demo(folder: Path, dashboard: bool | None) -> None:
    """Walk the whole road with invented respondents."""
    from .analysis.estimate import proportion
    from .analysis.recipe import (
        closed_questions,
        compared,
        save_comparison,
        save_estimates,
        save_weighted,
        weighted_design,
    )
    from .analysis.weights import weight_summary
    from .data.files import write_study
    from .data.study_folder import demo_folder
    from .instrument.folder import export_folder, simulate_folder

    study = demo_folder(folder)
    click.echo(f"1. A study folder with a questionnaire on social credit: {folder}")
    with progress("2. Inventing respondents", DEMO_SIZE) as advance:
        made = simulate_folder(study, DEMO_SIZE, seed=DEMO_SEED, progress=advance)
    write_study(export_folder(study), study.data)
    click.echo(f"2. {made:,} interviews with invented respondents; labelled data in {study.data}")
    design = weighted_design(study)
    click.echo(f"3. Weighted to {study.plan.weighting.margins}\n\n{weight_summary(design)}\n")
    save_weighted(study, design)
    save_estimates(study, proportion(design, closed_questions(design.study)))
    comparison = compared(study)
    save_comparison(study, comparison)
    click.echo(f"4. Compared with published figures\n\n{comparison.summary()}\n")
    click.echo(f"Every pair in words, and those that may not be compared:   topline compare {folder}")
    if dashboard or (dashboard is None and sys.stdout.isatty()):
        from .dashboard.launch import launch

        launch(study.path)
    else:
        click.echo(f"See it in a browser:   topline dashboard {folder}")


@main.command(epilog=example("topline doctor\ntopline doctor my-study --json"))
@click.argument("folder", type=FOLDER, required=False)
@as_json
def doctor(folder: Path | None, as_json: bool) -> None:
    """Say what is here and what is missing.

    Looks at this machine and, where one is named, at how far a study FOLDER has come.
    """
    from .data.doctor import examine

    report = examine(folder)
    show(report, as_json)
    if not report.healthy:
        sys.exit(1)


def show(result: Any, as_json: bool) -> None:
    """Print a result for a reader, or its document for a machine."""
    if as_json:
        show_json(result.document())
    else:
        click.echo(str(result))


def show_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document; numbers keep every digit."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))


def counted(number: int, noun: str) -> str:
    """Say a count: 1 error, 2 errors."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextlib.contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Draw a progress bar on a terminal, and nothing elsewhere; give the callback that moves it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
