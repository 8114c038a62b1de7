"""The verbs that estimate: estimate, compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from .designing import DESIGN, design_options, file_design, is_study, refuse_in_folder, refuse_missing, warn_when_stale
from .estimands import ESTIMAND, compared_options, estimand_options, estimated, level_of
from .publishing import known_in
from .terminal import FOLDER, as_json, example, names_option, show

if TYPE_CHECKING:
    from ..analysis.estimation.estimates import Estimates
    from ..analysis.gating.published_base import PublishedBase
    from ..analysis.telling.comparison import Comparison


@click.command(
    epilog=example(
        "topline estimate wave1.sav --weight w --strata province --psu community --proportion approval --by sex\n"
        "topline estimate apiclus2.csv --psu dnum,snum --fpc fpc1,fpc2 --mean api00 --json\n"
        "topline estimate wave1.sav --weight w --quantile income --share 0.25,0.5,0.75 --where 'age >= 18'\n"
        "topline estimate my-study"
    )
)
@click.argument("source", type=FOLDER)
@design_options
@estimand_options
@as_json
def estimate(source: Path, as_json: bool, **options: Any) -> None:
    """Estimate shares, means, totals, ratios, quantiles or variances with design-based errors.

    SOURCE is a data file (.sav .zsav .dta .csv .parquet) or a study folder. For a folder the design and the weighting
    come from study.yaml; every closed question is estimated and kept in results/estimates.json, or, when some are
    named, those alone are estimated and nothing is kept.
    """
    refuse_missing(source)
    if is_study(source):
        show(folder_estimates(source, options), as_json)
    else:
        show(estimated(file_design(source, options), options), as_json)


@click.command(
    epilog=example(
        "topline compare my-study\n"
        'topline compare my-study --base excluding_dont_know --bridge-to "urban 18-59"\n'
        "topline compare my-study --language de\n"
        "topline compare wave1.sav --weight w --proportion travel --category support --published liu2022.travel"
    )
)
@click.argument("source", type=FOLDER)
@design_options
@compared_options
@names_option("--published", "Ids of published figures; topline figures lists them.")
@click.option("--margin", type=click.FloatRange(0, 50, min_open=True), help="Points that still count as equivalent.")
@click.option("--nonsampling", type=click.FloatRange(0, 50), help="Points of non-sampling error per survey.")
@click.option("--bridge-to", help='People of the figures: a frame of study.yaml, or words such as "urban 18-59".')
@click.option(
    "--adjust",
    type=click.Choice(["holm", "bh", "none"]),
    help="By which p-value, adjusted for a battery, sentences warn. Default: holm.",
)
@click.option(
    "--in",
    "own",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Study folder whose own figures --published may name too, beside a data file.",
)
@click.option("--language", type=click.Choice(["en", "de", "zh"]), default="en", help="Language of the sentences.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a web page as well.")
@as_json
def compare(
    source: Path,
    published: tuple[str, ...],
    margin: float | None,
    nonsampling: float | None,
    base: PublishedBase | None,
    bridge_to: str | None,
    adjust: Literal["holm", "bh", "none"] | None,
    own: Path | None,
    language: str,
    html: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare new results with published figures.

    SOURCE is a study folder, whose questions find their published figures by themselves, or a data file together with
    --proportion or --mean and --published. What is found for a whole folder is kept in results/comparison.json for the
    dashboard; a look at some figures, or with another margin, base or frame, is not. --json holds the sentences in
    English, German and Chinese.
    """
    from ..analysis.comparing.compare import compare as compare_with

    refuse_missing(source)
    options["base"] = None  # the new estimate's own base, which gives way to the published one
    if is_study(source):
        refuse_in_folder(source, options, DESIGN)
        refuse_estimand(options)
        found = folder_comparison(source, published, margin, nonsampling, base, bridge_to, adjust)
        tell(found, language, html, as_json)
        return
    if not published:
        raise click.UsageError("Name the figures to compare with: --published ID. topline figures lists them.")
    chosen = known_in(own).chosen(published)
    estimates = estimated(file_design(source, options), options)
    margin = 5.0 if margin is None else margin
    nonsampling = 3.0 if nonsampling is None else nonsampling
    level = level_of(options)
    found = compare_with(
        estimates,
        chosen,
        margin=margin / 100,
        nonsampling=nonsampling / 100,
        level=level,
        base=base,
        bridge_to=bridge_to,
        adjust=adjust or "holm",
    )
    tell(found, language, html, as_json)


def refuse_estimand(options: Mapping[str, Any]) -> None:
    """Refuse options that say what is estimated beside a study folder, whose questions are compared as they are."""
    given = [f"--{name}" for name in ESTIMAND if options[name]]
    if given:
        raise click.UsageError(
            f"{', '.join(given)}: the questions of a study folder find their published figures by themselves; choose "
            "figures with --published ID, the level in study.yaml, or compare a data file."
        )


def tell(comparison: Comparison, language: str, html: Path | None, as_json: bool) -> None:
    """Print a comparison with its sentences in a language, or its document, which holds them in all."""
    if html is not None:
        comparison.to_html(html, language)
    if as_json:
        show(comparison, as_json)
    else:
        click.echo(comparison.to_text(language))


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
    source: Path,
    figures: Sequence[str],
    margin: float | None,
    nonsampling: float | None,
    base: str | None,
    bridge_to: str | None,
    adjust: str | None,
) -> Comparison:
    """Compare in a study folder; the whole comparison, as study.yaml declares it, is kept for the dashboard."""
    from ..analysis.recipe import compared, save_comparison, weighted_design
    from ..data.study_folder import read_folder

    study = read_folder(source)
    design = weighted_design(study)
    warn_when_stale(study, design)
    told: dict[str, Any] = {
        "margin": margin,
        "nonsampling": nonsampling,
        "base": base,
        "bridge_to": bridge_to,
        "adjust": adjust,
    }
    comparison = compared(study, design, figures=figures, **told)
    if not figures and all(option is None for option in told.values()):
        save_comparison(study, comparison)
    return comparison
