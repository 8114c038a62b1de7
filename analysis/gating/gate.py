"""May a new estimate and a published figure be compared at all? A grade, with every reason in plain words.

The gate comes before any arithmetic: a pair it calls not comparable is never differenced, anywhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...data.codebook import Codebook, Variable
from ...data.description import StudyDescription, modes_in_words
from ...data.registry.figure import BADGES
from .fieldwork import fieldwork
from .offered import offered
from .order import order
from .people import people
from .published_base import REPAIR
from .reason import Effect as Effect
from .reason import Grade as Grade
from .reason import Reason as Reason
from .reason import grade_of as grade_of

if TYPE_CHECKING:
    from ...data.registry.figure import Figure, Relation

WORDING = {
    "own_translation": "The published question is known in our own translation only.",
    "paraphrase": "The published question is known only as a paraphrase, so its exact wording cannot be matched.",
    "label_only": "Of the published question only a short label is known, so its wording cannot be matched.",
    "partly_verbatim": "The published question is known word for word only in part.",
}

NOT_OPINION = {
    "expert_index": "The published value is an expert index, not a poll: it says nothing about how many people agree.",
    "administrative": "The published value comes from administrative records, not from asking people.",
}

CLEARED = "see the source, and correct the registry's tables by it"
"""What clears a doubt about a published value."""

UNLIKE = {
    "different_object": "The two questions ask about different things",
    "not_comparable": "The two questions are recorded as not comparable",
}


def gate(
    variable: Variable,
    figure: Figure,
    about: StudyDescription,
    relation: Relation | None,
    *,
    chosen: bool,
    bridged: Reason | None = None,
    codebook: Codebook | None = None,
) -> list[Reason]:
    """Give every reason that the two surveys' documents hold, in the order a reader would ask.

    Parameters
    ----------
    variable : Variable
        The new question.
    figure : Figure
        The published figure.
    about : StudyDescription
        The new survey.
    relation : Relation or None
        What the registry says of the two questions; None when nobody has put them side by side.
    chosen : bool
        Whether the user named this figure for this question, rather than the questionnaire or the registry.
    bridged : Reason or None
        What was done to make the new sample's people those of the published figure.
    codebook : Codebook, optional
        Of the new data: a repair in its terms is offered only where it would be understood.

    Notes
    -----
    Which answers count and who is in the base are settled while the new data are put on the figure's terms
    (:mod:`topline.analysis.comparing.terms`); those reasons are added there.
    """
    if figure.study.sample_type in NOT_OPINION:
        words = NOT_OPINION[figure.study.sample_type]
        return [Reason("kind", "forbids", words, "none: nobody was asked; look for a poll")]
    if why := no_survey(figure):
        repair = "enter the survey that the value comes from, in study.csv"
        return [Reason("kind", "forbids", f"No survey is known to stand behind the published value: {why}.", repair)]
    return [
        *wording(variable, figure, relation, chosen=chosen),
        *people(figure, about, bridged, codebook),
        *fieldwork(figure, about),
        *offered(variable, figure),
        *order(variable, figure),
        *doubts(figure),
    ]


def no_survey(figure: Figure) -> str:
    """Say why nothing on record shows that anybody was asked; nothing where something does.

    Either the study states neither population nor interviews, neither sample nor mode, and no source is its own
    (``primary``); or the value is known from quotations alone, without a number of interviews or a day of fieldwork.
    """
    study = figure.study
    if figure.n is not None or study.n_interviews is not None or figure.moe is not None:
        return ""
    unstated = study.sample_type in ("", "unknown") and not study.population and not modes_in_words(study.modes)
    if unstated and not any(source.kind == "primary" for source in figure.sources):
        return "whom it describes, how many were asked and how is not on record"
    quoted = bool(figure.sources) and all(each.provenance == "as_quoted" for each in figure.sources)
    if quoted and not study.field_start and not study.field_end:
        return "it is only quoted, and neither how many were asked nor when is on record"
    return ""


def wording(variable: Variable, figure: Figure, relation: Relation | None, *, chosen: bool) -> list[Reason]:
    """Say whether the two questions ask the same thing, and how well the published wording is known."""
    found = [related(variable, figure, relation, chosen=chosen)]
    if figure.item.translation_status in WORDING:
        seen = "enter the published wording in item.csv, once it has been seen"
        found.append(Reason("wording", "qualifies", WORDING[figure.item.translation_status], seen))
    return [reason for reason in found if reason is not None]


def related(variable: Variable, figure: Figure, relation: Relation | None, *, chosen: bool) -> Reason | None:
    """Say what is on record about the two questions."""
    if relation is not None:
        why = f": {relation.reason.rstrip('.')}." if relation.reason else "."
        if relation.relation in UNLIKE:
            words = UNLIKE[relation.relation] + why
            return Reason("wording", "forbids", words, "none for this wave: ask the published question in the next one")
        if relation.relation == "same_construct":
            words = f"The questions ask about the same thing in different words{why}"
            return Reason("wording", "qualifies", words, "ask it in the published words, in the next wave")
        return None
    if figure.item.item_id in variable.replicates:
        return Reason(
            "wording",
            "qualifies",
            f"The questionnaire says that '{variable.name}' replicates {figure.item.item_id}; "
            "the registry holds no review of the two wordings.",
            "review the two wordings, and enter the finding in comparison.csv",
        )
    if known := known_question(variable):
        words = f"{known}, and nothing on record says that {figure.item.item_id} asks the same."
        return Reason("wording", "forbids", words, "replicates: in the questionnaire, if it asks the same")
    name_it = f"replicates: [{figure.item.item_id}] in the questionnaire, if it asks the same"
    if chosen:
        words = (
            f"Nobody has checked that the two questions ask the same: you put '{variable.name}' beside "
            f"{figure.item.item_id}, and nothing else joins them."
        )
        return Reason("unchecked", "qualifies", words, name_it)
    words = f"Nothing on record says that '{variable.name}' and {figure.item.item_id} ask the same."
    return Reason("wording", "forbids", words, name_it)


def known_question(variable: Variable) -> str:
    """Say which question a variable is on record as; empty where nothing is, as for a column of a plain CSV file.

    Examples
    --------
    >>> known_question(Variable("sex", bank="social_credit.sex")), known_question(Variable("q1"))
    ("'sex' is the question social_credit.sex", '')
    """
    known = [f"is the question {variable.bank}"] if variable.bank else []
    known += [f"replicates {', '.join(variable.replicates)}"] if variable.replicates else []
    return f"'{variable.name}' {' and '.join(known)}" if known else ""


def doubts(figure: Figure) -> list[Reason]:
    """Say how far the published value may be trusted, and what else is uncertain about it."""
    certain = replace(figure, base="all").doubts if figure.base == "unknown" else figure.doubts
    found = [
        Reason("doubt", "qualifies", doubt, CLEARED) if doubt in certain else Reason("base", "qualifies", doubt, REPAIR)
        for doubt in figure.doubts
    ]
    if figure.provenance == "verified":
        return found
    words = f"The published value is {BADGES[figure.provenance].replace('; ', ' and ')}."
    return [Reason("provenance", "qualifies", words, "see it in its source, and enter that in source.csv"), *found]
