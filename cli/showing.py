"""The verbs that show: dashboard, demo, doctor."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .terminal import FOLDER, as_json, example, progress, show

if TYPE_CHECKING:
    from ..analysis.telling.comparison import Comparison
    from ..data.study_folder import StudyFolder

DEMO_SIZE, DEMO_SEED = 2_400, 20_261_123


@click.command(epilog=example("topline dashboard my-study\ntopline dashboard my-study --port 8600 --no-browser"))
@click.argument("folder", type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--browser/--no-browser", default=True, help="Open a browser window.")
def dashboard(folder: Path, host: str, port: int, browser: bool) -> None:
    """Show results beside published figures.

    Reads only the results of the study FOLDER, never anybody's answers. Ctrl-C ends it.
    """
    served(folder, host=host, port=port, open_browser=browser)


def served(folder: Path, **options: Any) -> None:
    """Serve the dashboard until Ctrl-C, which is how it is meant to end."""
    from ..dashboard.launch import launch

    with contextlib.suppress(KeyboardInterrupt):
        launch(folder, **options)
    click.echo("Stopped.", err=True)


@click.command(epilog=example("topline demo\ntopline demo tryout --no-dashboard"))
@click.argument("folder", type=FOLDER, default=Path("topline-demo"))
@click.option("--dashboard/--no-dashboard", default=None, help="Open the dashboard at the end; on a terminal it does.")
@as_json
def demo(folder: Path, dashboard: bool | None, as_json: bool) -> None:
    """Walk the whole road with invented respondents."""
    study = made_up(folder)
    comparison = carried_out(study)
    if as_json:
        show(comparison, as_json)
        return
    click.echo(f"4. Compared with published figures\n\n{comparison.summary()}\n")
    for line in also(comparison):
        click.echo(line)
    click.echo(f"Every pair in words, and those that may not be compared:   topline compare {folder}")
    if dashboard or (dashboard is None and sys.stdout.isatty()):
        served(study.path)
    else:
        click.echo(f"See it in a browser:   topline dashboard {folder}")


def also(comparison: Comparison) -> list[str]:
    """Say how many verdicts are stable, and what was tested together; nothing where there is neither."""
    known = [row.stable for row in comparison.rows if row.stable is not None]
    lines = []
    if known:
        rest = "" if all(known) else "; the others hang on what is not known for certain"
        lines.append(f"Stable: {sum(known)} of {len(known)} {'pair' if len(known) == 1 else 'pairs'}{rest}.")
    names = [f"'{one.battery}'" if one.battery else "questions in no battery" for one in comparison.batteries]
    if names:
        noun = "battery" if len(names) == 1 else "batteries"
        lines.append(f"{len(names)} {noun}: {', '.join(names)}; topline compare shows them.")
    return lines


def made_up(folder: Path) -> StudyFolder:
    """Make the demo's study, with invented respondents and their exported answers."""
    from ..data.files import write_study
    from ..data.study_folder import demo_folder
    from ..instrument.folder import export_folder, simulate_folder

    study = demo_folder(folder)
    click.echo(f"1. A study folder with a questionnaire on social credit: {folder}", err=True)
    with progress("2. Inventing respondents", DEMO_SIZE) as advance:
        made = simulate_folder(study, DEMO_SIZE, seed=DEMO_SEED, progress=advance)
    write_study(export_folder(study), study.data)
    click.echo(f"2. {made:,} interviews with invented respondents; labelled data in {study.data}", err=True)
    return study


def carried_out(study: StudyFolder) -> Comparison:
    """Weight, estimate and compare as the demo's study.yaml says, and keep the results."""
    from ..analysis.diagnosing.weights import weight_summary
    from ..analysis.estimation.estimate import proportion
    from ..analysis.recipe import (
        closed_questions,
        compared,
        save_comparison,
        save_estimates,
        save_weighted,
        weighted_design,
    )

    design = weighted_design(study)
    save_weighted(study, design)
    click.echo(f"3. Weighted to {study.plan.weighting.margins}\n\n{weight_summary(design)}\n", err=True)
    save_estimates(study, proportion(design, closed_questions(design.study)))
    comparison = compared(study, design)
    save_comparison(study, comparison)
    return comparison


@click.command(epilog=example("topline doctor\ntopline doctor my-study --json"))
@click.argument("folder", type=FOLDER, required=False)
@as_json
def doctor(folder: Path | None, as_json: bool) -> None:
    """Say what is here and what is missing.

    Looks at this machine and, where one is named, at how far a study FOLDER has come.
    """
    from ..data.doctor import examine

    report = examine(folder)
    show(report, as_json)
    if not report.healthy:
        sys.exit(1)
