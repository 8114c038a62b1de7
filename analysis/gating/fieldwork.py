"""How and when two surveys were made: how the samples were drawn, mode, languages and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data.description import StudyDescription, dates_in_words, modes_in_words
from .reason import SEEN, Reason, stated

if TYPE_CHECKING:
    from ...data.registry.figure import Figure

YEARS_APART = 1.0
"""Fieldwork further apart than this is a reason of its own: opinion may have moved."""

CHANCE_ALONE = "its interval shows only what chance alone would do."

NOT_AT_RANDOM = "none: look for a published survey that was drawn at random"
DRAW_AT_RANDOM = "none: no weighting makes a sample random; draw the next wave at random"
OTHER_MODE = "none: no weighting repairs a mode; ask a part of the next wave in the other one"
OTHER_DATES = "none: dates cannot be changed; look at polls in between (topline trend)"


def fieldwork(figure: Figure, about: StudyDescription) -> list[Reason]:
    """Give the reasons in samples, mode, languages and dates.

    Parameters
    ----------
    figure : Figure
        The published figure.
    about : StudyDescription
        The new survey.
    """
    found = [sample(figure), own_sample(about), mode(figure, about), language(figure, about), dates(figure, about)]
    return [reason for reason in found if reason is not None]


def sample(figure: Figure) -> Reason | None:
    """Say when the published sample was not drawn at random."""
    words = {
        "nonprobability": f"The published sample was not drawn at random (an opt-in panel or quotas): {CHANCE_ALONE}",
        "convenience": f"The published sample is one of convenience: {CHANCE_ALONE}",
        "unknown": "How the published sample was drawn is not stated.",
        "": "How the published sample was drawn is not stated.",
    }.get(figure.study.sample_type)
    known = figure.study.sample_type in ("nonprobability", "convenience")
    repair = NOT_AT_RANDOM if known else SEEN.format("sample_type")
    return Reason("sample", "qualifies", words, repair) if words else None


def own_sample(about: StudyDescription) -> Reason | None:
    """Say when the new sample was not drawn at random."""
    words, repair = {
        "nonprobability": (f"The new sample was not drawn at random: {CHANCE_ALONE}", DRAW_AT_RANDOM),
        "convenience": (f"The new sample is one of convenience: {CHANCE_ALONE}", DRAW_AT_RANDOM),
        "": ("How the new sample was drawn is not stated.", 'about=StudyDescription(sample_type="...")'),
    }.get(about.sample_type, ("", ""))
    return Reason("sample", "qualifies", words, repair) if words else None


def mode(figure: Figure, about: StudyDescription) -> Reason | None:
    """Compare modes of interview."""
    new, published = modes_in_words(about.modes), modes_in_words(figure.study.modes)
    words, repair = stated("mode", new, published, key='modes=("web",)', differ=OTHER_MODE)
    return Reason("mode", "qualifies", words, repair) if words else None


def language(figure: Figure, about: StudyDescription) -> Reason | None:
    """Say when the two surveys share no language."""
    new, published = set(about.languages), set(figure.study.languages)
    if not new or not published or new & published:
        return None
    words = f"Asked in other languages: new {', '.join(sorted(new))}, published {', '.join(sorted(published))}."
    return Reason("language", "qualifies", words, "none: ask a part of the next wave in the published language")


def dates(figure: Figure, about: StudyDescription) -> Reason | None:
    """Say when the fieldwork of the two surveys lies far apart."""
    study = figure.study
    new, published = (about.field_start, about.field_end), (study.field_start, study.field_end)
    missing = [side for side, given in (("new", new), ("published", published)) if not any(given)]
    if missing:
        repair = 'about=StudyDescription(field_end="...")' if "new" in missing else SEEN.format("field dates")
        return Reason(
            "dates", "qualifies", f"Field dates not stated for the {' and the '.join(missing)} survey.", repair
        )
    gap = years_between(new, published)
    if gap <= YEARS_APART:
        return None
    words = f"Fieldwork lies {gap:.1f} years apart (new {dates_in_words(*new)}, published {dates_in_words(*published)})"
    return Reason("dates", "qualifies", f"{words}: a difference may be change over time.", OTHER_DATES)


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
