"""What study.yaml asks for, carried out: the weighted design, the estimates and the comparison of a study folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ..data.codebook import Study
from ..data.errors import ComparisonError, EstimationError, ToplineError
from ..data.margins import margins_named
from .comparing.compare import compare
from .estimation.estimate import proportion
from .gating.frame import Frame
from .gating.frame_words import understood
from .results import write_results
from .sampling.design import Design
from .sampling.step import TAKES_OUT
from .telling.comparison import Comparison

if TYPE_CHECKING:
    from ..data.registry.figure import Figure
    from ..data.registry.figures import Registry
    from ..data.study_folder import ComparisonPlan, StudyFolder
    from .estimation.estimates import Estimates
    from .gating.published_base import PublishedBase
    from .sampling.subpopulation import Where

COMPLETE = 1
"""Code of a complete interview in the variable ``disposition``."""


def respondents(study: Study) -> Study:
    """Keep the complete interviews of an export; data without the variable ``disposition`` are kept whole.

    Break-offs and people who declined are not respondents: what they would have said is made up for by weighting.

    Parameters
    ----------
    study : Study
        As exported, e.g. ``read_study("answers.sav")``.

    Raises
    ------
    EstimationError
        When there is no complete interview.

    Examples
    --------
    >>> import pandas as pd
    >>> from ..data.codebook import study_of
    >>> len(respondents(study_of(pd.DataFrame({"disposition": [1, 2, 1], "trust": [4, None, 2]}))).frame)
    2
    """
    if "disposition" not in study.codebook:
        return study
    complete = study.frame["disposition"] == COMPLETE
    if not complete.any():
        raise EstimationError(
            f"{study.source or 'the data'}: none of {len(complete):,} interviews is complete (disposition {COMPLETE}), "
            "so there is nobody to estimate from."
        )
    return replace(study, frame=study.frame[complete].reset_index(drop=True))


def weighted_design(folder: StudyFolder) -> Design:
    """Give the design of a study folder, weighted as its study.yaml says.

    Only complete interviews count, unless a step of the weighting adjusts for the others.

    Parameters
    ----------
    folder : StudyFolder
        With exported data.

    Raises
    ------
    WeightingError
        When a step cannot be carried out.
    """
    from .weight import weight

    plan = folder.plan
    study = folder.study()
    drawn = any(step.name in TAKES_OUT for step in plan.weighting.wanted)
    design = Design(
        study if drawn else respondents(study),
        weight=plan.design.weight or None,
        strata=plan.design.strata,
        psu=plan.design.psu,
        fpc=plan.design.fpc,
        lone_psu=plan.design.lone_psu,
    )
    try:
        return weight(design, plan.weighting, folder=folder.path)
    except ToplineError as error:
        error.args = (f"{folder.path / 'study.yaml'}, weighting: {error}",)
        raise


def save_weighted(folder: StudyFolder, design: Design) -> Path:
    """Write the respondents with their weights beside the exported data, as ``weighted.sav``.

    Replicate weights go with them, ``repw1`` and so on, where the recipe asks for replicates.
    """
    from ..data.files import write_study

    study = design.study_with_weights("weight", replicates="repw" if design.replication else "")
    if design.taken_out.any():
        study = replace(study, frame=study.frame[~design.taken_out].reset_index(drop=True))
    return write_study(study, folder.data.with_stem("weighted"))


def closed_questions(study: Study) -> tuple[str, ...]:
    """Name the variables that were asked with labelled answers, in the order asked.

    Parameters
    ----------
    study : Study
        As exported: a variable that was asked carries its wording.
    """
    return tuple(
        variable.name
        for variable in study.codebook
        if variable.wording and any(variable.missing_kind(code) is None for code in variable.labels)
    )


def save_estimates(folder: StudyFolder, estimates: Estimates) -> None:
    """Keep estimates in the folder's results, small bases taken out."""
    write_results(folder.path, estimates=estimates, minimum=folder.plan.disclosure.minimum_base)


def compared(
    folder: StudyFolder,
    design: Design,
    *,
    margin: float | None = None,
    nonsampling: float | None = None,
    figures: Sequence[str] = (),
    base: str | None = None,
    bridge_to: str | None = None,
    adjust: Literal["holm", "bh", "none"] | None = None,
) -> Comparison:
    """Compare every question of a study folder that has published figures with them.

    Parameters
    ----------
    folder : StudyFolder
        What its study.yaml declares.
    design : Design
        Of its data, as :func:`weighted_design` gives it.
    margin, nonsampling : float, optional
        Percentage points; as in study.yaml when left out.
    figures : sequence of str
        Ids of the only figures wanted, e.g. ``["liu2022.travel"]``; all when empty.
    base : str, optional
        Base of published figures whose base the registry does not know, e.g. ``"excluding_dont_know"``; as in
        study.yaml when left out.
    bridge_to : str, optional
        A frame of study.yaml, or one in plain words; as in study.yaml when left out.
    adjust : str, optional
        ``"holm"``, ``"bh"`` or ``"none"``; as in study.yaml when left out.

    Raises
    ------
    ComparisonError
        When no question has a published figure, the base contradicts the registry, or the frame is not understood.
    """
    plan, registry = folder.plan.compare, folder.figures
    wanted = registry.chosen(figures) if figures else registry
    codebook = design.study.codebook
    linked = [name for name in closed_questions(design.study) if codebook[name].bank or codebook[name].replicates]
    if not linked:
        raise ComparisonError(
            f"{folder.questionnaire}: no question names a published item. Give a question 'bank: social_credit.travel' "
            "or 'replicates: [liu2022.travel]', and export again."
        )
    return compare(
        proportion(design, linked),
        wanted,
        about=folder.description,
        margin=(plan.margin if margin is None else margin) / 100,
        nonsampling=(plan.nonsampling if nonsampling is None else nonsampling) / 100,
        level=plan.level / 100,
        base=base_declared(plan, base, wanted),
        bridge_to=frame_named(folder, plan.bridge_to if bridge_to is None else bridge_to, design),
        adjust=adjust or plan.adjust,
    )


def base_declared(plan: ComparisonPlan, base: str | None, wanted: Registry | Sequence[Figure]) -> PublishedBase | None:
    """Give the base that is declared; that of study.yaml speaks only where the registry does not know one."""
    figures = wanted.values() if isinstance(wanted, Mapping) else wanted
    if base is None and not any(figure.base == "unknown" for figure in figures):
        return None
    return cast("PublishedBase | None", (base if base is not None else plan.base) or None)


def frame_named(folder: StudyFolder, name: str, design: Design) -> Frame | None:
    """Give the frame that study.yaml declares under a name, or the one that plain words mean; None where none is."""
    plan = folder.plan.compare
    if not name:
        return None
    if name not in plan.frames:
        return understood(name, design.study.codebook, folder.description, tuple(plan.frames))
    wanted = plan.frames[name]
    return Frame(
        name,
        where=cast("Where", wanted.where),
        margins=margins_named(wanted.margins, folder.path) if wanted.margins else None,
        on=wanted.on or None,
        missing=wanted.missing,
        studies=wanted.studies,
    )


def save_comparison(folder: StudyFolder, comparison: Comparison) -> None:
    """Keep a comparison in the folder's results, small bases taken out."""
    write_results(folder.path, comparison=comparison, minimum=folder.plan.disclosure.minimum_base)
