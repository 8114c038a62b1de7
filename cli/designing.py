"""The options that describe a design, and the design that they make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..data.errors import FileError
from .terminal import Command, counted, names_option

if TYPE_CHECKING:
    from ..analysis.sampling.design import Design
    from ..data.codebook import Study
    from ..data.study_folder import StudyFolder

LONE_PSU = ["fail", "centre", "certainty", "average", "collapse"]
REPLICATES = ["JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "successive difference", "other"]
OF_REPLICATES = ("replicates", "replicate_method", "fay", "scale", "rscales", "mse")
DESIGN = ("weight", "strata", "psu", "fpc", "pps", "lone_psu", *OF_REPLICATES, "complete")
"""The options that describe a design; for a study folder they stand in study.yaml."""


def design_options(command: Command) -> Command:
    """Add the options that describe a design."""
    options = (
        click.option("--weight", help="Weight column. Without it weights follow from --fpc, else are equal."),
        names_option("--strata", "Strata column, one for each stage."),
        names_option("--psu", "PSU column, one for each stage."),
        names_option("--fpc", "Population counts or fractions, one column for each stage."),
        click.option(
            "--pps",
            type=click.Choice(["brewer"]),
            help="Units were drawn with unequal probabilities, which --fpc holds: Brewer's approximation.",
        ),
        click.option(
            "--lone-psu", type=click.Choice(LONE_PSU), help="What to do with a stratum of one PSU. Default: fail."
        ),
        click.option(
            "--replicates",
            metavar="PREFIX",
            help="Columns of replicate weights: what their names begin with, or a regular expression.",
        ),
        click.option("--replicate-method", type=click.Choice(REPLICATES), help="How the replicates were made."),
        click.option("--fay", type=click.FloatRange(0, 1, max_open=True), help="Fay's coefficient, with Fay."),
        click.option("--scale", type=click.FloatRange(0, min_open=True), help="Factor of the replicates' squares."),
        click.option("--rscales", metavar="FACTOR[,FACTOR...]", help="Factor of each replicate, or one for all."),
        click.option("--mse", is_flag=True, help="Deviations of replicates from the estimate, not from their mean."),
        click.option("--complete", is_flag=True, help="Only the complete interviews of a topline export."),
        click.option(
            "--where",
            metavar="CONDITION",
            callback=lambda ctx, parameter, value: condition(value),
            help="Only this part of the population: 'age >= 18', or by label, 'sex = female'.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def condition(text: str | None) -> str | dict[str, list[str]] | None:
    """Read a condition; with a single equals sign it names a column's label, or several parted by bars.

    Examples
    --------
    >>> condition("sex = Female | Other"), condition("age >= 18 and sex == 1")
    ({'sex': ['Female', 'Other']}, 'age >= 18 and sex == 1')
    """
    named = re.fullmatch(r"\s*`?([^=<>!`]+?)`?\s*=\s*([^=].*)", text or "")
    if not named:
        return text
    return {named.group(1): [label.strip() for label in named.group(2).split("|")]}


def is_study(source: Path) -> bool:
    """Say whether a source is a study folder rather than a data file."""
    return source.is_dir() and (source / "study.yaml").exists()


def refuse_missing(source: Path) -> None:
    """Refuse a source that does not exist, or a folder without study.yaml, before its options are looked at."""
    if not source.exists():
        raise FileError(f"{source} does not exist; name a data file or a study folder.")
    if source.is_dir() and not is_study(source):
        raise FileError(f"{source} holds no study.yaml, so it is no study folder; name one, or a data file.")


def refuse_in_folder(source: Path, options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse options that a study folder's study.yaml decides."""
    given = [f"--{name.replace('_', '-')}" for name in names if options[name]]
    if given:
        raise click.UsageError(f"{', '.join(given)}: for a study folder this stands in {source / 'study.yaml'}.")


def design_of(source: Path, options: Mapping[str, Any]) -> Design:
    """Make the design of a study folder, as its study.yaml says, or of a data file, as the options say."""
    if not is_study(source):
        return file_design(source, options)
    from ..analysis.recipe import weighted_design
    from ..data.study_folder import read_folder

    refuse_in_folder(source, options, DESIGN)
    study = read_folder(source)
    design = weighted_design(study)
    warn_when_stale(study, design)
    return design


def file_design(path: Path, options: Mapping[str, Any]) -> Design:
    """Make the design that the options describe, from a data file."""
    from ..analysis.recipe import respondents
    from ..analysis.sampling.design import Design
    from ..data.files import read_study

    study = read_study(path)
    if options["complete"]:
        study = respondents(study)
    else:
        note_incomplete(study)
    if any(options[name] not in (None, False) for name in OF_REPLICATES):
        return _replicated(study, options)
    names = {key: options[key] for key in ("weight", "strata", "psu", "fpc", "pps")}
    return Design(study, **names, lone_psu=options["lone_psu"] or "fail")


def _replicated(study: Study, options: Mapping[str, Any]) -> Design:
    """Make a design of replicate weights, which say all that a design says."""
    from ..analysis.replication.replicate_weights import replicate_design

    besides = [name for name in ("strata", "psu", "fpc", "pps", "lone_psu") if options[name]]
    if besides:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in besides)
        raise click.UsageError(
            f"{given}: replicate weights stand in the place of strata and PSUs; give one or the other."
        )
    if not options["replicates"] or not options["replicate_method"]:
        raise click.UsageError(
            "Replicate weights need both --replicates and --replicate-method, e.g. --replicates repwt "
            "--replicate-method BRR"
        )
    return replicate_design(
        study,
        weight=options["weight"],
        replicates=options["replicates"],
        method=options["replicate_method"],
        fay=options["fay"],
        scale=options["scale"],
        rscales=factors(options["rscales"]),
        mse=options["mse"],
    )


def factors(text: str | None) -> float | list[float] | None:
    """Read one factor, or one for each replicate.

    Examples
    --------
    >>> factors("0.5"), factors("0.5,0.75"), factors(None)
    (0.5, [0.5, 0.75], None)
    """
    if text is None:
        return None
    try:
        read = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise click.UsageError(f"--rscales {text}: factors are numbers, e.g. 0.5 or 0.5,0.75") from error
    return read[0] if len(read) == 1 else read


def note_incomplete(study: Study) -> None:
    """Say on standard error when break-offs and people who declined are among the rows."""
    from ..instrument.folder import pages_exported

    if pages_exported(study.codebook) is None or "disposition" not in study.codebook:
        return
    incomplete = int((study.frame["disposition"] != 1).sum())
    if incomplete:
        among = f"{counted(incomplete, 'incomplete interview')} among the {len(study.frame):,} (disposition)"
        click.echo(f"Note: {among}. To leave them out: --complete", err=True)


def warn_when_stale(study: StudyFolder, design: Design) -> None:
    """Say on standard error when answers have come in since the last export."""
    from ..instrument.folder import pages_not_exported

    newer = pages_not_exported(study, design.study.codebook)
    if newer:
        behind = f"{study.answers.name} holds {counted(newer, 'answered page')} that {study.data.name} lacks"
        click.echo(f"Note: {behind}. To count them: topline export {study.path}", err=True)
