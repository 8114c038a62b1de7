"""What is to mend in a study folder: in study.yaml, in the questionnaire, and between the two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data.errors import DocumentError, Finding, ToplineError, UnknownNameError
from ..data.margins import margins_named
from ..data.study_folder import StudyFolder, read_folder
from ..data.weighting_plan import REFERENCE
from .check import check_file
from .export import export
from .reading import read_questionnaire

SHIPPED_TITLE, SHIPPED_NAME = "Attitudes to the social credit system", "social-credit"
"""What ``topline new`` writes, until a team makes it its own."""

MARGINS = "weighting, margins"
"""Where the margins for all steps stand."""


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
    weighting = (*_check_country(folder), *_check_figures(folder), *_check_weighting(folder))
    if not folder.questionnaire.exists() and folder.data.exists():
        problem = f"is not there, so study.yaml is held against {folder.data.name}; nothing can be fielded."
        missing = Finding(folder.questionnaire.name, "", problem, severity="warning")
        return (*weighting, *_check_columns(folder, folder.study().codebook.names, folder.data.name), missing)
    findings = check_file(folder.questionnaire)
    if any(finding.severity == "error" for finding in findings):
        return (*weighting, *findings)
    asked = read_questionnaire(folder.questionnaire)
    columns = export(asked, []).codebook.names
    found = _check_columns(folder, columns, folder.questionnaire.name)
    return (*weighting, *found, *_check_title(folder, asked.name), *findings)


def _check_country(folder: StudyFolder) -> Iterator[Finding]:
    """Find a code that is no country's: published figures are found and refused by it."""
    from ..data.registry.countries import no_country

    country = folder.plan.country
    if country and (problem := no_country(country)):
        yield Finding("study.yaml", "country", f"is '{country}', {problem}")


def _check_figures(folder: StudyFolder) -> Iterator[Finding]:
    """Find what is wrong in the tables of published figures that the folder has of its own."""
    from ..data.own_figures import findings_in

    yield from findings_in(folder.path)


def _check_weighting(folder: StudyFolder) -> Iterator[Finding]:
    """Find margins that cannot be read, and dimensions they do not have."""
    weighting = folder.plan.weighting
    asked = [(MARGINS, weighting.margins, weighting.on)] if weighting.margins else []
    for place, options in _steps(folder):
        asked.append((place, options.get("margins") or weighting.margins, options.get("on") or ()))
    for place, given, on in asked:
        if not isinstance(given, str) or given in ("", REFERENCE):
            continue
        try:
            margins = margins_named(given, folder.path)
        except DocumentError as error:
            yield from error.findings
            return
        except ToplineError as error:
            yield Finding("study.yaml", place if place == MARGINS else f"{place}, margins", str(error))
            return
        if margins.country and folder.plan.country and margins.country != folder.plan.country.split("-")[0]:
            problem = (
                f"'{given}' counts people in {margins.country}, but the country of the study is {folder.plan.country}; "
                "correct one of the two, and the population beside it."
            )
            yield Finding("study.yaml", place if place == MARGINS else f"{place}, margins", problem, severity="warning")
        for name in (on,) if isinstance(on, str) else on:
            if name not in margins:
                at = "weighting, on" if place == MARGINS else f"{place}, on"
                yield Finding("study.yaml", at, str(UnknownNameError("dimension", name, margins)))


def _steps(folder: StudyFolder) -> list[tuple[str, dict[str, Any]]]:
    """Give the options of each step of the weighting, with their place."""
    steps = folder.plan.weighting.steps
    return [(f"weighting, steps, entry {at}, {step.name}", step.options) for at, step in enumerate(steps, 1)]


def _columns_of(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the columns that a step's options name."""
    for key in ("probability", "factor", "divisor", "status", "within", "potter", "cost", "means", "totals"):
        given = options.get(key) or ()
        yield from ((key, name) for name in ((given,) if isinstance(given, str) else given))
    on = options.get("on") or ()
    named = on.values() if isinstance(on, Mapping) else (on,) if isinstance(on, str) else on
    yield from (("on", part) for name in named for part in name.split("*") if part.isidentifier())


def _check_columns(folder: StudyFolder, columns: Sequence[str], source: str) -> Iterator[Finding]:
    """Find columns that the data will not have."""
    plan = folder.plan
    named: dict[str, list[str]] = {
        "design, weight": [plan.design.weight],
        "design, strata": [*plan.design.strata],
        "design, psu": [*plan.design.psu],
        "design, fpc": [*plan.design.fpc],
        "weighting, on": [*plan.weighting.on],
    }
    for place, options in _steps(folder):
        for key, name in _columns_of(options):
            named.setdefault(f"{place}, {key}", []).append(name)
    for place, names in named.items():
        for name in names:
            if name and name not in columns:
                problem = str(UnknownNameError("question", name, columns, source))
                told = " The export has a column for each question." if source != folder.data.name else ""
                yield Finding("study.yaml", place, f"{problem}{told}")


def _check_title(folder: StudyFolder, name: str) -> Iterator[Finding]:
    """Find a study.yaml that still describes the shipped study."""
    if folder.plan.title == SHIPPED_TITLE and name != SHIPPED_NAME:
        problem = f"still says '{folder.plan.title}', but the questionnaire is '{name}'; describe your study."
        yield Finding("study.yaml", "title", problem, severity="warning")
