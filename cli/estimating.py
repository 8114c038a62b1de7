"""The verbs that estimate: weight, estimate, compare."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .terminal import FOLDER, Command, as_json, counted, example, names_option, show

if TYPE_CHECKING:
    from ..analysis.comparison import Comparison
    from ..analysis.design import Design
    from ..analysis.estimates import Estimates
    from ..data.codebook import Study
    from ..data.study_folder import StudyFolder


@click.command(epilog=example("topline weight my-study"))
@click.argument("folder", type=FOLDER)
@as_json
def weight(folder: Path, as_json: bool) -> None:
    """Weight a study and show what that cost.

    The recipe stands in study.yaml of the FOLDER; the weighted data go to weighted.sav, with the column weight.
    """
    from ..analysis.recipe import save_weighted, weighted_design
    from ..analysis.weights import weight_summary
    from ..data.study_folder import read_folder

    study = read_folder(folder)
    design = weighted_design(study)
    warn_when_stale(study, design)
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
        click.option(
            "--category",
            help="With --proportion: this category only: a code, a label, a named group such as support, or codes "
            "taken together, 4+5.",
        ),
        names_option("--by", "One result for each group of these variables."),
        click.option(
            "--base",
            type=click.Choice(["substantive", "all"]),
            help="With --proportion: leave don't know and refused out of the base, or keep them in. "
            "Default: substantive.",
        ),
        click.option(
            "--interval",
            type=click.Choice(["logit", "beta", "mean"]),
            help="With --proportion: how intervals are made. Default: logit.",
        ),
        click.option("--complete", is_flag=True, help="Only the complete interviews of a topline export."),
        click.option("--level", type=click.FloatRange(50, 99.99), help="Confidence level in percent. Default: 95."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
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
    come from study.yaml; every closed question is estimated and kept in results/estimates.json, or, when some are
    named, those alone are estimated and nothing is kept.
    """
    if is_study(source):
        show(folder_estimates(source, options), as_json)
    else:
        show(estimated(file_design(source, options), options), as_json)


@click.command(
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
    --proportion or --mean and --published. What is found for a whole folder is kept in results/comparison.json for the
    dashboard; a look at some figures, or with another margin, is not.
    """
    from ..analysis.compare import compare as compare_with
    from ..data.figures import published as registry

    if is_study(source):
        refuse_in_folder(source, options, [*DESIGN, *ESTIMAND])
        show(folder_comparison(source, published, margin, nonsampling), as_json)
        return
    if not published:
        raise click.UsageError("Name the figures to compare with: --published ID. topline figures lists them.")
    chosen = [registry()[name] for name in published]
    estimates = estimated(file_design(source, options), options)
    margin = 5.0 if margin is None else margin
    nonsampling = 3.0 if nonsampling is None else nonsampling
    level = level_of(options)
    found = compare_with(estimates, chosen, margin=margin / 100, nonsampling=nonsampling / 100, level=level)
    show(found, as_json)


DESIGN = ("weight", "strata", "psu", "fpc", "lone_psu", "complete")
ESTIMAND = ("mean", "proportion", "total", "category", "by", "base", "interval", "level")


def is_study(source: Path) -> bool:
    """Say whether a source is a study folder rather than a data file."""
    return source.is_dir() and (source / "study.yaml").exists()


def refuse_in_folder(source: Path, options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuse options that a study folder's study.yaml decides."""
    given = [f"--{name.replace('_', '-')}" for name in names if options[name]]
    if given:
        raise click.UsageError(f"{', '.join(given)}: for a study folder this stands in {source / 'study.yaml'}.")


def file_design(path: Path, options: Mapping[str, Any]) -> Design:
    """Make the design that the options describe, from a data file."""
    from ..analysis.design import Design
    from ..analysis.recipe import respondents
    from ..data.files import read_study

    names = {key: options[key] for key in ("weight", "strata", "psu", "fpc")}
    study, complete = read_study(path), options["complete"]
    if not complete:
        note_incomplete(study)
    return Design(respondents(study) if complete else study, **names, lone_psu=options["lone_psu"] or "fail")


def note_incomplete(study: Study) -> None:
    """Say on standard error when break-offs and people who declined are among the rows."""
    from ..instrument.folder import pages_exported

    if pages_exported(study.codebook) is None or "disposition" not in study.codebook:
        return
    incomplete = int((study.frame["disposition"] != 1).sum())
    if incomplete:
        among = f"{counted(incomplete, 'incomplete interview')} among the {len(study.frame):,} (disposition)"
        click.echo(f"Note: {among}. To leave them out: --complete", err=True)


def estimated(design: Design, options: Mapping[str, Any]) -> Estimates:
    """Estimate what the options name: exactly one of --mean, --proportion, --total."""
    from ..analysis.estimate import mean, proportion, total

    kinds = [kind for kind in ("mean", "proportion", "total") if options[kind]]
    if not kinds:
        raise click.UsageError("Name what to estimate with one of --mean, --proportion, --total, e.g. --mean age")
    if len(kinds) > 1:
        raise click.UsageError(f"{' and '.join(f'--{kind}' for kind in kinds)}: only one of these at a time.")
    kind, level, by = kinds[0], level_of(options), options["by"]
    choices = {name: options[name] for name in ("category", "base", "interval") if options[name]}
    if kind == "proportion":
        choices["category"] = together(options["category"])
        return proportion(design, options["proportion"], by=by, level=level, **choices)
    if choices:
        raise click.UsageError(
            f"{', '.join(f'--{name}' for name in choices)}: belongs to --proportion, not to --{kind}."
        )
    estimator = mean if kind == "mean" else total
    return estimator(design, options[kind], by=by, level=level)


def level_of(options: Mapping[str, Any]) -> float:
    """Give the confidence level as a share."""
    return (options["level"] or 95.0) / 100


def together(category: str | None) -> str | dict[str, list[float]] | None:
    """Read codes joined by a plus as one category: ``4+5``; anything else stays a code, label or name.

    Examples
    --------
    >>> together("4+5"), together("support")
    ({'4+5': [4.0, 5.0]}, 'support')
    """
    if category is None or not re.fullmatch(r"-?[\d.]+(\+-?[\d.]+)+", category):
        return category
    return {category: [float(code) for code in category.split("+")]}


def folder_estimates(source: Path, options: Mapping[str, Any]) -> Estimates:
    """Estimate in a study folder; all closed questions, when none are named, are kept for the dashboard."""
    from ..analysis.recipe import closed_questions, save_estimates, weighted_design
    from ..data.study_folder import read_folder

    refuse_in_folder(source, options, DESIGN)
    study = read_folder(source)
    design = weighted_design(study)
    warn_when_stale(study, design)
    if any(options[name] for name in ESTIMAND):
        return estimated(design, options)
    estimates = estimated(design, {**options, "proportion": closed_questions(design.study)})
    save_estimates(study, estimates)
    return estimates


def folder_comparison(
    source: Path, figures: Sequence[str], margin: float | None, nonsampling: float | None
) -> Comparison:
    """Compare in a study folder; the whole comparison, as study.yaml declares it, is kept for the dashboard."""
    from ..analysis.recipe import compared, save_comparison, weighted_design
    from ..data.study_folder import read_folder

    study = read_folder(source)
    design = weighted_design(study)
    warn_when_stale(study, design)
    comparison = compared(study, design, margin=margin, nonsampling=nonsampling, figures=figures)
    if not figures and margin is None and nonsampling is None:
        save_comparison(study, comparison)
    return comparison


def warn_when_stale(study: StudyFolder, design: Design) -> None:
    """Say on standard error when answers have come in since the last export."""
    from ..instrument.folder import pages_not_exported

    newer = pages_not_exported(study, design.study.codebook)
    if newer:
        behind = f"{study.answers.name} holds {counted(newer, 'answered page')} that {study.data.name} lacks"
        click.echo(f"Note: {behind}. To count them: topline export {study.path}", err=True)
