"""What is to mend in a study folder: in study.yaml, in the questionnaire, and between the two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..data.errors import DocumentError, Finding, ToplineError, UnknownNameError
from ..data.study_folder import StudyFolder, read_folder
from .check import check_file
from .export import export
from .reading import read_questionnaire

SHIPPED_TITLE, SHIPPED_NAME = "Attitudes to the social credit system", "social-credit"
"""What ``topline new`` writes, until a team makes it its own."""


def check_folder(path: Path | str) -> tuple[Finding, ...]:
    """Give everything to mend in a study folder.

    Parameters
    ----------
    path : Path or str
        The study folder.

    Raises
    ------
    FileError
        When there is no study.yaml, or no questionnaire where it says.
    """
    try:
        folder = read_folder(path)
    except DocumentError as error:
        questionnaire = Path(path) / "questionnaire.yaml"
        return (*error.findings, *(check_file(questionnaire) if questionnaire.exists() else ()))
    findings = check_file(folder.questionnaire)
    broken = any(finding.severity == "error" for finding in findings)
    return (*_check_weighting(folder), *(() if broken else _check_columns(folder)), *findings)


def _check_weighting(folder: StudyFolder) -> Iterator[Finding]:
    """Find margins that cannot be read, and dimensions they do not have."""
    try:
        margins = folder.margins()
    except DocumentError as error:
        yield from error.findings
        return
    except ToplineError as error:
        yield Finding("study.yaml", "weighting, margins", str(error))
        return
    if margins is None:
        return
    for name in folder.plan.weighting.on:
        if name not in margins:
            yield Finding("study.yaml", "weighting, on", str(UnknownNameError("dimension", name, margins)))


def _check_columns(folder: StudyFolder) -> Iterator[Finding]:
    """Find columns that the export will not have, and a study.yaml that still describes the shipped study."""
    questionnaire, plan = read_questionnaire(folder.questionnaire), folder.plan
    columns = export(questionnaire, []).codebook.names
    named = {
        "design, weight": (plan.design.weight,),
        "design, strata": plan.design.strata,
        "design, psu": plan.design.psu,
        "design, fpc": plan.design.fpc,
        "weighting, on": plan.weighting.on,
    }
    for place, names in named.items():
        for name in names:
            if name and name not in columns:
                problem = str(UnknownNameError("question", name, columns, folder.questionnaire.name))
                yield Finding("study.yaml", place, f"{problem} The export has a column for each question.")
    if plan.title == SHIPPED_TITLE and questionnaire.name != SHIPPED_NAME:
        problem = f"still says '{plan.title}', but the questionnaire is '{questionnaire.name}'; describe your study."
        yield Finding("study.yaml", "title", problem, severity="warning")
