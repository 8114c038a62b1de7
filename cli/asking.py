"""The verbs of the field team: new, check, field, simulate, export."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .terminal import FOLDER, as_json, counted, example, progress, show_json


@click.command(epilog=example("topline new my-study"))
@click.argument("folder", type=FOLDER)
def new(folder: Path) -> None:
    """Make a study FOLDER to start from.

    It holds study.yaml and a questionnaire on social credit in English, Chinese and German.
    """
    from ..data.study_folder import new_folder

    made = new_folder(folder)
    click.echo(f"Made {made.path}: study.yaml, questionnaire.yaml.")
    click.echo(f"Next: edit them, then   topline check {folder}")


@click.command(epilog=example("topline check my-study\ntopline check questionnaire.yaml --json"))
@click.argument("path", type=FOLDER)
@as_json
def check(path: Path, as_json: bool) -> None:
    """List everything to mend before fielding.

    PATH is a study folder (or its study.yaml), or a questionnaire file. Exit code 1 when there are errors.
    """
    from dataclasses import asdict

    from ..instrument.check import check_file
    from ..instrument.check_folder import check_folder

    document = path.parent if path.name == "study.yaml" else path
    findings = check_folder(document) if document.is_dir() else check_file(document)
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


@click.command(epilog=example("topline field my-study --port 8000"))
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
    from ..data.study_folder import read_folder
    from ..instrument.fieldwork.server import serve
    from ..instrument.folder import collected
    from ..instrument.reading import read_questionnaire

    study = read_folder(folder)
    questionnaire = read_questionnaire(study.questionnaire)
    if study.simulated:
        raise click.ClickException(f"{folder} holds simulated answers; field in a folder of its own: topline new NAME")
    serve(
        questionnaire,
        study.answers,
        host,
        port,
        accept_changes=accept_changes,
        resume_days=resume_days,
        announce=click.echo,
    )
    click.echo(f"Stopped; every acknowledged page is kept. {study.answers} now holds {collected(study)}.")
    click.echo(f"Next:   topline export {folder}")


@click.command(epilog=example("topline simulate my-study --n 1000 --seed 7"))
@click.argument("folder", type=FOLDER)
@click.option("--n", default=1000, show_default=True, type=click.IntRange(1, 1_000_000), help="Interviews to make.")
@click.option("--seed", default=1, show_default=True, type=int, help="Seed; the same seed makes the same answers.")
@click.option("--truth", type=FOLDER, help="What the invented population thinks (YAML); a shipped one by default.")
def simulate(folder: Path, n: int, seed: int, truth: Path | None) -> None:
    """Fill a study with invented respondents, to rehearse.

    The folder is marked as simulated, and every result made from it says so. An earlier simulation in it is replaced,
    with what was exported and estimated from it; a folder that holds answers of real people is refused.
    """
    from ..data.study_folder import read_folder
    from ..instrument.folder import simulate_folder

    with progress("Simulating", n) as advance:
        made = simulate_folder(read_folder(folder), n, seed=seed, truth=truth, progress=advance)
    click.echo(f"Wrote {made:,} invented interviews to {folder}; what is true of them stands in simulation.json.")


@click.command(epilog=example("topline export my-study\ntopline export my-study --to wave1.dta --language zh"))
@click.argument("folder", type=FOLDER)
@click.option("--to", type=FOLDER, help="File to write (.sav .zsav .dta .csv .parquet); answers.sav by default.")
@click.option("--language", help="Language of the labels; the questionnaire's first by default.")
def export(folder: Path, to: Path | None, language: str | None) -> None:
    """Write the answers to a labelled data file."""
    from ..data.files import write_study
    from ..data.study_folder import read_folder
    from ..instrument.folder import export_folder

    study = read_folder(folder)
    exported = export_folder(study, language=language)
    if not len(exported.frame):
        click.echo(f"Note: {study.answers} holds no interviews yet.", err=True)
    target = write_study(exported, to or study.data)
    click.echo(f"Wrote {len(exported.frame):,} interviews, {len(exported.codebook)} variables to {target}.")
