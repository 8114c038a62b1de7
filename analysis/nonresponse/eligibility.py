"""Eligibility: spread the weight of cases whose eligibility is not known, and take out those who are not eligible.

American Association for Public Opinion Research (2023), Standard Definitions: Final Dispositions of Case Codes and
Outcome Rates for Surveys, 10th edition; Valliant, Dever and Kreuter (2018), Practical Tools for Designing and Weighting
Survey Samples, section 13.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from ...data.codebook import Code, MissingKind
from ...data.errors import EstimationError, UnknownNameError, WeightingError
from ..estimation.method import counted
from ..replication.carry_out import carried_out
from ..sampling.categories import Bools, Categories, Floats, Ints, categories, code_text, names_of
from ..sampling.design import Design, check_design
from ..sampling.step import Replicate, WeightingStep
from .adjustment_classes import Classes, Rule, check_missing, crossed_classes, held, joined_where_thin
from .class_ratio import ClassRatio

Statuses = Code | Sequence[Code]
"""One code or label of the status column, or several."""

ROLES = ("eligible", "ineligible", "unknown")

NAMED = 5
"""Joined classes that a footnote names."""


def eligibility(
    design: Design,
    status: str,
    *,
    eligible: Statuses,
    ineligible: Statuses = (),
    unknown: Statuses = (),
    within: str | Sequence[str] | None = None,
    minimum: int | None = None,
    largest: float | None = None,
    collapse: bool = True,
    missing: Literal["error", "own_class"] = "error",
) -> Design:
    """Take cases of unknown and of no eligibility out of the weights; their rows stay in the sample.

    Within classes the weight of the unknown passes to all cases of known eligibility, the ineligible among them: the
    unknown count as eligible in the share in which the others are. Then the ineligible get weight zero.

    Parameters
    ----------
    design : Design
        All cases of the sample with their base weights. Where it has replicates, each is adjusted by its own shares.
    status : str
        Column of final dispositions, e.g. ``"disposition"``.
    eligible : code, label, or sequence of these
        Which dispositions are eligible, respondents and nonrespondents alike, e.g. ``["complete", "refusal"]``.
    ineligible : code, label, or sequence of these
        Which are not, e.g. ``["business number", "not in service"]``.
    unknown : code, label, or sequence of these
        Of which it is not known, e.g. ``["no answer"]``.
    within : str or sequence of str, optional
        Columns known of everybody whose crossing makes classes, e.g. ``["region"]``; without it there is one class.
    minimum, largest, collapse
        When a class is thin, by its cases of known eligibility and its factor, and whether it is then joined with the
        class after it; as for :func:`nonresponse`.
    missing : {"error", "own_class"}
        Rows without a value of a column of ``within``: stop, or let them be a category of their own.

    Returns
    -------
    Design
        The same rows; the step's ``table`` has class, n, eligible, ineligible, unknown and factor.

    Raises
    ------
    EstimationError
        When given something else than a Design.
    WeightingError
        When a disposition in the data is not named, or named twice, a row has none, nobody is eligible, or a class
        has unknown cases alone.
    UnknownNameError
        When a column does not exist.

    Notes
    -----
    Not for nonrespondents who are known to be eligible: they are :func:`nonresponse`, which comes after this step. The
    share e of eligible cases among the unknown is that of AAPOR's response rates 3 and 4, weighted and by class, with
    the proportional allocation (CASRO) as its estimate; nobody knows whether it holds.

    The variance knows of the shares, by the chain rule or because every replicate has its own.

    References
    ----------
    AAPOR (2023), Standard Definitions. Valliant, Dever and Kreuter (2018), section 13.4. Smith (2009), A Revised
    Review of Methods to Estimate the Status of Cases with Unknown Eligibility, AAPOR.

    Examples
    --------
    >>> calls = pd.DataFrame({"status": ["complete", "refusal", "business", "no answer", "no answer"]})
    >>> known = eligibility(
    ...     Design(calls),
    ...     "status",
    ...     eligible=["complete", "refusal"],
    ...     ineligible="business",
    ...     unknown="no answer",
    ... )
    >>> known.weights.round(4).tolist()
    [1.6667, 1.6667, 0.0, 0.0, 0.0]
    """
    check_design(design, "eligibility")
    rule = Rule(minimum, largest, collapse, "known cases")
    rule.check()
    check_missing(missing)
    part = design.weights > 0
    given = {"eligible": eligible, "ineligible": ineligible, "unknown": unknown}
    named = {each: _listed(statuses, each) for each, statuses in given.items()}
    role = _roles(design, status, named, part)
    if not role["eligible"].any():
        raise WeightingError(
            f"{status}: nobody of a weight above zero has an eligible status ({_texts(named['eligible'])})."
        )
    columns = names_of(within)
    classes = crossed_classes(design, columns, part, missing=missing, purpose="be in a class")
    known = role["eligible"] | role["ineligible"]
    classes, joined = joined_where_thin(classes, held(classes, design.weights, part, known), rule)
    task = ClassRatio(classes.code, classes.names, part, known, role["eligible"], True, rule.carriers)
    ones = np.ones(len(part))
    change = task.replayed(design.weights, ones, Replicate(0, 1, 1.0))
    after, factor = change.applied(design.weights, slice(None)), change.factor[:-1]
    notes = tuple(_notes(design.weights, status, role, columns, joined, rule))
    step = WeightingStep(
        kind="eligibility",
        words=_words(status, columns, role),
        before=design.weights,
        after=after,
        task=task,
        options={
            "status": status,
            **{each: [_plain(code) for code in codes] for each, codes in named.items()},
            "within": list(columns),
            "minimum": minimum,
            "largest": largest,
            "collapse": bool(collapse),
            "missing": missing,
            "joined": list(joined),
        },
        linearisation=task.linearisation(design.weights, after, factor) if role["unknown"].any() else None,
        table=_table(classes, part, role, factor),
        notes=notes,
        brief=notes,
    )
    return carried_out(design, step)


def _listed(given: Statuses, role: str) -> list[Code]:
    if isinstance(given, str | int | float | np.integer | np.floating):
        return [given]
    if not isinstance(given, Iterable):
        raise WeightingError(f"{role} is {given!r}; it names one status, or several in a list.")
    return list(given)


def _roles(design: Design, status: str, named: Mapping[str, Sequence[Code]], part: Bools) -> dict[str, Bools]:
    """Give for each role the rows that have it."""
    coded = categories(design.study, status, keep=tuple(MissingKind), unused=True)
    absent = int((part & (coded.positions < 0)).sum())
    if absent:
        raise WeightingError(
            f"{status} is missing in {absent:,} of {counted(int(part.sum()), 'row', 'rows')} of a weight above zero; "
            "every case needs a status. Fill it in, e.g. with a code that unknown= names."
        )
    place, unfound = _places(coded, named)
    present = np.flatnonzero(np.bincount(coded.positions[part], minlength=len(coded.values)))
    forgotten = [at for at in present.tolist() if at not in place]
    if forgotten:
        raise WeightingError(_forgotten(coded, forgotten, unfound))
    roles = np.array([ROLES.index(place.get(at, "unknown")) for at in range(len(coded.values))], dtype=np.int64)
    found: Ints = roles[coded.positions]
    return {each: part & (found == at) for at, each in enumerate(ROLES)}


def _places(coded: Categories, named: Mapping[str, Sequence[Code]]) -> tuple[dict[int, str], list[str]]:
    """Give the role of each category that is named, and the names that no category has."""
    place: dict[int, str] = {}
    unfound: list[str] = []
    for role, codes in named.items():
        for code in codes:
            try:
                at = coded.find(code)
            except UnknownNameError:
                unfound.append(code_text(code))
                continue
            except EstimationError as error:
                raise WeightingError(str(error)) from error
            if place.setdefault(at, role) != role:
                raise WeightingError(
                    f"{coded.name} {coded.shown[at]} is named as {place[at]} and as {role}; choose one."
                )
    return place, unfound


def _forgotten(coded: Categories, forgotten: Sequence[int], unfound: Sequence[str]) -> str:
    shown = ", ".join(_with_code(coded, at) for at in forgotten)
    several = len(forgotten) > 1
    unknown = f" Nobody has: {', '.join(unfound)}." if unfound else ""
    return (
        f"{coded.name}: {shown} {'are' if several else 'is'} in the data and named by none of eligible, ineligible and "
        f"unknown; say what {'they are' if several else 'it is'}.{unknown}"
    )


def _with_code(coded: Categories, at: int) -> str:
    code, shown = code_text(coded.values[at]), str(coded.shown[at])
    return code if code == shown else f"{code} ({shown})"


def _texts(codes: Sequence[Code]) -> str:
    return ", ".join(map(code_text, codes)) or "none is named"


def _plain(code: Code) -> Code:
    return code.item() if isinstance(code, np.generic) else code


def _words(status: str, within: Sequence[str], role: Mapping[str, Bools]) -> str:
    """Say what was done, e.g. ``"adjusted for unknown eligibility (disposition) within region"``."""
    if not role["unknown"].any():
        return f"ineligible cases taken out ({status})"
    return f"adjusted for unknown eligibility ({status})" + (f" within {', '.join(within)}" if within else "")


def _notes(
    before: Floats,
    status: str,
    role: Mapping[str, Bools],
    within: Sequence[str],
    joined: Sequence[str],
    rule: Rule,
) -> list[str]:
    count = {each: int(rows.sum()) for each, rows in role.items()}
    total = before.sum()
    shares = {each: 100 * before[rows].sum() / total for each, rows in role.items()}
    listed = ", ".join(
        f"{count[each]:,} {words} ({shares[each]:.1f}% of the weight)"
        for each, words in zip(ROLES, ("eligible", "ineligible", "of unknown eligibility"), strict=True)
        if count[each] or each == "eligible"
    )
    spread = f" The weight of the unknown is spread over the known{_within(within)}." if count["unknown"] else ""
    gone = count["ineligible"] + count["unknown"]
    stay = " Those not eligible or not known stay in the sample with weight zero." if gone else ""
    notes = [f"Eligibility by {status}: {listed}.{spread}{stay}"]
    if joined:
        more = f"; and {len(joined) - NAMED} more" if len(joined) > NAMED else ""
        notes.append(
            f"Classes of eligibility joined with their neighbours, as they had {rule.words}: "
            f"{'; '.join(joined[:NAMED])}{more}."
        )
    return notes


def _within(columns: Sequence[str]) -> str:
    return f" within {', '.join(columns)}" if columns else ""


def _table(classes: Classes, part: Bools, role: Mapping[str, Bools], factor: Floats) -> pd.DataFrame:
    """List the classes with their cases by role, and the factor of the known ones."""
    size = len(classes)
    return pd.DataFrame(
        {
            "class": list(classes.names),
            "n": np.bincount(classes.code[part], minlength=size),
            **{each: np.bincount(classes.code[rows], minlength=size) for each, rows in role.items()},
            "factor": factor,
        }
    )
