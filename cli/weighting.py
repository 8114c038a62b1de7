"""The verb that weights: what the recipe of a study folder does, what it costs, and a report on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .designing import warn_when_stale
from .terminal import FOLDER, as_json, counted, example, names_option, progress, show

if TYPE_CHECKING:
    from ..analysis.diagnosing.diagnostics import WeightDiagnostics
    from ..analysis.sampling.design import Design

FEW = 5
"""Questions whose estimates a report follows when none are named."""


@click.command(
    epilog=example(
        "topline weight my-study\n"
        "topline weight my-study --report weights.html\n"
        "topline weight my-study --report weights.html --outcomes approval,trust_local --by sex,sex*age4\n"
        "topline weight my-study --population 1100000000 --rho 0.0001,0.0005 --json"
    )
)
@click.argument("folder", type=FOLDER)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write a web page on the weights, for the team."
)
@names_option(
    "--outcomes", "Questions whose estimates are followed through the steps, and printed. Default, in a report: some."
)
@names_option(
    "--by", "Groups to print the effective n of; sex*age4 crosses two. Default, in a report: those with targets."
)
@click.option(
    "--population", type=click.FloatRange(1, min_open=True), help="People in the population; prints a what-if."
)
@click.option("--rho", metavar="RHO[,RHO...]", help="Data defect correlations that the what-if assumes.")
@as_json
def weight(
    folder: Path,
    report: Path | None,
    outcomes: tuple[str, ...],
    by: tuple[str, ...],
    population: float | None,
    rho: str | None,
    as_json: bool,
) -> None:
    """Weight a study, and show what each step did and what it cost.

    The recipe stands in study.yaml of the FOLDER; the weighted data go to weighted.sav, with the column weight, and,
    where the recipe asks for replicates, with replicate weights repw1, repw2 and so on: other verbs take them with
    --weight weight --replicates repw. The report counts people in small categories: keep it inside the team.
    """
    from ..analysis.recipe import save_weighted, weighted_design
    from ..data.study_folder import read_folder

    if rho and population is None:
        raise click.UsageError("--rho: a data defect correlation needs the size of the population: --population N.")
    study = read_folder(folder)
    design = weighted_design(study)
    warn_when_stale(study, design)
    chosen = outcomes or (usual_outcomes(design) if report else ())
    found = diagnosed(design, chosen, by, population, correlations(rho))
    written = [save_weighted(study, design)]
    if report:
        found.to_html(report)
        written.append(report)
    show(found, as_json)
    if not as_json:
        asked = {"subgroups": by, "influence": outcomes, "defect": population}
        show_parts(found, [name for name, given in asked.items() if given])
        click.echo(f"\nWrote {' and '.join(map(str, written))}{with_replicates(design)}.")


def show_parts(found: WeightDiagnostics, names: Sequence[str]) -> None:
    """Print the parts that options asked for, without the notes that are printed already."""
    from ..analysis.printing.result_text import printed_sections

    for part in found.parts:
        if part.name in names:
            told = {*found.notes, *found.log.notes, *found.warnings.notes}
            click.echo(f"\n{printed_sections([part.section()], [note for note in part.notes if note not in told])}")


def with_replicates(design: Design) -> str:
    """Say which replicate weights were written with the weights; nothing where there are none."""
    if design.replication is None:
        return ""
    last = len(design.replication)
    return f"; the data with {counted(last, 'replicate weight')}, repw1 to repw{last}: name them with --replicates repw"


def diagnosed(
    design: Design,
    outcomes: Sequence[str],
    by: Sequence[str],
    population: float | None,
    rho: Sequence[float],
) -> WeightDiagnostics:
    """Look at the weights, with a bar where somebody is watching a terminal."""
    from ..analysis.diagnosing.data_defect import DEFECTS
    from ..analysis.diagnosing.diagnostics import weight_diagnostics

    groups = [name if "*" not in name else tuple(name.split("*")) for name in by]
    with progress("looking at weights", 1) as moved:
        return weight_diagnostics(
            design,
            list(outcomes) or None,
            by=groups or None,
            population=population,
            defect=rho or DEFECTS,
            progress=moved,
        )


def usual_outcomes(design: Design) -> tuple[str, ...]:
    """Name the first closed questions that repeat a published item, or where none does the first, without targets."""
    from ..analysis.recipe import closed_questions
    from ..analysis.targets.target_tables import target_tables

    targeted = {str(name) for table in target_tables(design) for name in table.frame["variable"]}
    codebook = design.study.codebook
    asked = [name for name in closed_questions(design.study) if name not in targeted]
    linked = [name for name in asked if codebook[name].bank or codebook[name].replicates]
    return tuple((linked or asked)[:FEW])


def correlations(text: str | None) -> list[float]:
    """Read correlations parted by commas.

    Examples
    --------
    >>> correlations("0.001,0.005"), correlations(None)
    ([0.001, 0.005], [])
    """
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise click.UsageError(f"--rho {text}: correlations are numbers, e.g. 0.005 or 0.001,0.005") from error
