"""May a new estimate and a published figure be compared at all? A grade, with every reason in plain words.

The gate comes before any arithmetic: a pair it calls not comparable is never differenced, anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...data.codebook import Variable
from ...data.description import StudyDescription, dates_in_words
from ...data.registry.figure import BADGES

if TYPE_CHECKING:
    from ...data.registry.figure import Figure, Relation

Grade = Literal["comparable", "qualified", "not_comparable"]
Effect = Literal["forbids", "qualifies", "repaired"]

YEARS_APART = 1.0
"""Fieldwork further apart than this is a reason of its own: opinion may have moved."""

MODE_WORDS = {
    "web": "web",
    "face_to_face": "face to face",
    "telephone": "telephone",
    "paper": "paper",
    "mixed": "mixed modes",
}

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

UNLIKE = {
    "different_object": "The two questions ask about different things",
    "not_comparable": "The two questions are recorded as not comparable",
}


@dataclass(frozen=True)
class Reason:
    """One thing that differs between the two sides, and what would repair it.

    Attributes
    ----------
    topic : str
        ``"kind"``, ``"wording"``, ``"answers"``, ``"base"``, ``"people"``, ``"sample"``, ``"mode"``, ``"dates"``,
        ``"doubt"``, ``"provenance"`` or ``"unchecked"``: taken on the user's word alone.
    effect : str
        ``"forbids"`` a comparison, ``"qualifies"`` it, or was ``"repaired"``.
    text : str
        A plain sentence.
    """

    topic: str
    effect: Effect
    text: str


def grade_of(reasons: Iterable[Reason]) -> Grade:
    """Give the grade that the reasons amount to.

    Examples
    --------
    >>> grade_of([])
    'comparable'
    >>> grade_of([Reason("mode", "qualifies", "..."), Reason("people", "forbids", "...")])
    'not_comparable'
    """
    effects = {reason.effect for reason in reasons}
    if "forbids" in effects:
        return "not_comparable"
    return "qualified" if "qualifies" in effects else "comparable"


def gate(
    variable: Variable, figure: Figure, about: StudyDescription, relation: Relation | None, *, chosen: bool
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

    Notes
    -----
    Which answers count and who is in the base are settled while the new data are put on the figure's terms
    (:mod:`topline.analysis.comparing.terms`); those reasons are added there.
    """
    found = [
        kind(figure),
        *wording(variable, figure, relation, chosen=chosen),
        *people(figure, about),
        sample(figure),
        own_sample(about),
        mode(figure, about),
        language(figure, about),
        dates(figure, about),
        *doubts(figure),
    ]
    return [reason for reason in found if reason is not None]


def kind(figure: Figure) -> Reason | None:
    """Refuse what is not a share or mean of answers."""
    words = NOT_OPINION.get(figure.study.sample_type)
    return Reason("kind", "forbids", words) if words else None


def wording(variable: Variable, figure: Figure, relation: Relation | None, *, chosen: bool) -> list[Reason]:
    """Say whether the two questions ask the same thing, and how well the published wording is known."""
    found = [related(variable, figure, relation, chosen=chosen)]
    if figure.item.translation_status in WORDING:
        found.append(Reason("wording", "qualifies", WORDING[figure.item.translation_status]))
    return [reason for reason in found if reason is not None]


def related(variable: Variable, figure: Figure, relation: Relation | None, *, chosen: bool) -> Reason | None:
    """Say what is on record about the two questions."""
    if relation is not None:
        why = f": {relation.reason.rstrip('.')}." if relation.reason else "."
        if relation.relation in UNLIKE:
            return Reason("wording", "forbids", UNLIKE[relation.relation] + why)
        if relation.relation == "same_construct":
            return Reason("wording", "qualifies", f"The questions ask about the same thing in different words{why}")
        return None
    if figure.item.item_id in variable.replicates:
        return Reason(
            "wording",
            "qualifies",
            f"The questionnaire says that '{variable.name}' replicates {figure.item.item_id}; "
            "the registry holds no review of the two wordings.",
        )
    if known := known_question(variable):
        words = f"{known}, and nothing on record says that {figure.item.item_id} asks the same."
        return Reason("wording", "forbids", words)
    if chosen:
        words = (
            f"Nobody has checked that the two questions ask the same: you put '{variable.name}' beside "
            f"{figure.item.item_id}, and nothing else joins them."
        )
        return Reason("unchecked", "qualifies", words)
    return Reason(
        "wording", "forbids", f"Nothing on record says that '{variable.name}' and {figure.item.item_id} ask the same."
    )


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


def people(figure: Figure, about: StudyDescription) -> list[Reason]:
    """Compare country, population and frame."""
    study = figure.study
    if about.country and study.country and about.country != study.country:
        return [
            Reason(
                "people",
                "forbids",
                f"Different countries: new {about.country}, published {study.country}. "
                "A contrast of countries is another question than whether a result was reproduced.",
            )
        ]
    found = []
    if subgroup_of(figure):
        found.append(
            Reason(
                "people",
                "forbids",
                f"The published figure describes only a part of its sample ({figure.subgroup}), the new one everybody; "
                "estimate that part of the new sample by itself.",
            )
        )
    pairs = (
        ("country", about.country, study.country, ""),
        (
            "population",
            about.population,
            study.population,
            "; restrict the new data to the published population to repair it",
        ),
        ("frame", about.frame, study.frame, ""),
    )
    for name, new, published, repair in pairs:
        if words := unlike(name, new, published, repair):
            found.append(Reason("people", "qualifies", words))
    return found


def subgroup_of(figure: Figure) -> bool:
    """Say whether the figure describes only a part of its study's sample."""
    return figure.subgroup.strip().lower() not in ("", "all", "total", "everyone")


def unlike(name: str, new: str, published: str, repair: str = "") -> str:
    """Say in a sentence how two statements differ, or nothing when they agree."""
    if new and published:
        same = new.strip().casefold() == published.strip().casefold()
        return "" if same else f"{name.capitalize()} differs: new '{new}', published '{published}'{repair}."
    missing = [side for side, given in (("new", new), ("published", published)) if not given]
    return f"{name.capitalize()} not stated for the {' and the '.join(missing)} survey."


def sample(figure: Figure) -> Reason | None:
    """Say when the published sample was not drawn at random."""
    words = {
        "nonprobability": "The published sample was not drawn at random (an opt-in panel or quotas): "
        "its interval shows only what chance alone would do.",
        "convenience": "The published sample is one of convenience: "
        "its interval shows only what chance alone would do.",
        "unknown": "How the published sample was drawn is not stated.",
        "": "How the published sample was drawn is not stated.",
    }.get(figure.study.sample_type)
    return Reason("sample", "qualifies", words) if words else None


def own_sample(about: StudyDescription) -> Reason | None:
    """Say when the new sample was not drawn at random."""
    words = {
        "nonprobability": "The new sample was not drawn at random: its interval shows only what chance alone would do.",
        "convenience": "The new sample is one of convenience: its interval shows only what chance alone would do.",
        "": "How the new sample was drawn is not stated.",
    }.get(about.sample_type)
    return Reason("sample", "qualifies", words) if words else None


def language(figure: Figure, about: StudyDescription) -> Reason | None:
    """Say when the two surveys share no language."""
    new, published = set(about.languages), set(figure.study.languages)
    if not new or not published or new & published:
        return None
    words = f"Asked in other languages: new {', '.join(sorted(new))}, published {', '.join(sorted(published))}."
    return Reason("wording", "qualifies", words)


def mode(figure: Figure, about: StudyDescription) -> Reason | None:
    """Compare modes of interview."""
    new, published = in_words(about.modes), in_words(figure.study.modes)
    words = unlike("mode", new, published)
    return Reason("mode", "qualifies", words) if words else None


def in_words(modes: Iterable[str]) -> str:
    """Name modes in words; empty when unknown.

    Examples
    --------
    >>> in_words(("web", "face_to_face")), in_words(("unknown",))
    ('face to face and web', '')
    """
    return " and ".join(sorted(MODE_WORDS.get(one, one) for one in modes if one not in ("unknown", "")))


def dates(figure: Figure, about: StudyDescription) -> Reason | None:
    """Say when the fieldwork of the two surveys lies far apart."""
    study = figure.study
    new, published = (about.field_start, about.field_end), (study.field_start, study.field_end)
    missing = [side for side, given in (("new", new), ("published", published)) if not any(given)]
    if missing:
        return Reason("dates", "qualifies", f"Field dates not stated for the {' and the '.join(missing)} survey.")
    gap = years_between(new, published)
    if gap <= YEARS_APART:
        return None
    words = f"Fieldwork lies {gap:.1f} years apart (new {dates_in_words(*new)}, published {dates_in_words(*published)})"
    return Reason("dates", "qualifies", f"{words}: a difference may be change over time.")


def years_between(one: tuple[str, str], other: tuple[str, str]) -> float:
    """Give the years between two spans of partial ISO dates; 0 when they overlap.

    Examples
    --------
    >>> years_between(("2020-01", "2020-04"), ("2026-01-15", ""))
    5.75
    >>> years_between(("2020-01", "2020-04"), ("2020", "2020"))
    0.0
    """
    (start, end), (other_start, other_end) = ((as_months(*span)) for span in (one, other))
    return max(0, other_start - end, start - other_end) / 12


def as_months(start: str, end: str) -> tuple[int, int]:
    """Count the months of a span: a partial date stands for its first month at the start and its last at the end."""
    first, last = start or end, end or start
    return month_number(first, "01"), month_number(last, "12")


def month_number(date: str, default: str) -> int:
    """Count months up to a partial ISO date."""
    year, month, *_ = [*date.split("-"), default]
    return 12 * int(year) + int(month)


def doubts(figure: Figure) -> list[Reason]:
    """Say how far the published value may be trusted, and what else is uncertain about it."""
    found = [Reason("doubt", "qualifies", doubt) for doubt in figure.doubts]
    if figure.provenance == "verified":
        return found
    words = f"The published value is {BADGES[figure.provenance].replace('; ', ' and ')}."
    return [Reason("provenance", "qualifies", words), *found]
