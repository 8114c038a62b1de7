"""Finding figures and claims by words: every word must occur, and where it occurs decides what comes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import did_you_mean
from .countries import countries
from .figure import GRADES, Claim, Figure
from .selection import words

if TYPE_CHECKING:
    from .registry import Registry

IN_THE_QUESTION, IN_THE_ANSWERS, AROUND_IT = 4, 2, 1
"""What a word is worth in the wording, in topic, construct, answers or part, and in the battery or around the study."""


def found(registry: Registry, text: str) -> list[Figure]:
    """Give the figures that have every word, best first.

    What no survey is behind (an index, a record, a number quoted without one) stands last. Of figures that fit alike,
    the better traced come first, then whole samples before parts of them, then in file order.

    Parameters
    ----------
    registry : Registry
        Searched.
    text : str
        Words, of which the beginning is enough: ``"face recog police"``.
    """
    asked = wanted_words(text)
    scored = [(figure, _score(figure, asked)) for figure in registry.figures.values()]
    kept = [(figure, score) for figure, score in scored if score]
    return [figure for figure, _ in sorted(kept, key=lambda pair: _place(*pair))]


def wanted_words(text: str) -> list[str]:
    """Give the words that are searched for: signs and words that stand in every sentence are passed over.

    Examples
    --------
    >>> wanted_words("75% of the businesses"), wanted_words("of the")
    (['75', 'businesses'], ['of', 'the'])
    """
    asked = words(text)
    return [word for word in asked if word not in PASSED_OVER] or asked


PASSED_OVER = frozenset(
    ("a", "an", "and", "are", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
)
"""Words that tell no figure from another."""


def _place(figure: Figure, score: int) -> tuple[bool, int, int, bool]:
    return not figure.study.surveyed, -score, GRADES.index(figure.provenance), figure.subgroup != "all"


def claims_found(registry: Registry, text: str) -> tuple[Claim, ...]:
    """Give the claims in whose statement or finding every word occurs, in file order.

    Examples
    --------
    >>> from .figures import published
    >>> [claim.claim_id for claim in claims_found(published(), "75% of the businesses")]
    ['essay.businesses']
    """
    asked, claims = wanted_words(text), registry.claims.values()
    said = [(claim, words(f"{claim.statement} {claim.as_printed} {claim.finding} {claim.unit}")) for claim in claims]
    return tuple(claim for claim, there in said if asked and all(_worth(word, 1, there) for word in asked))


def unfound(registry: Registry, text: str) -> str:
    """Say of each word by itself in how many figures it occurs, and what is near one that occurs in none.

    Examples
    --------
    >>> from .figures import published
    >>> unfound(published(study="liu2022"), "travel qqqq")
    "'travel' occurs in 1 figure; 'qqqq' in none."
    """
    said = [_occurrence(registry, word) for word in wanted_words(text)]
    return "; ".join([*said[:1], *(one.replace("occurs in", "in") for one in said[1:])]) + "." if said else ""


def _occurrence(registry: Registry, word: str) -> str:
    count = sum(bool(_score(figure, [word])) for figure in registry.figures.values())
    if count:
        return f"'{word}' occurs in {count} figure{'' if count == 1 else 's'}"
    known = {each for figure in registry.figures.values() for _, text in _texts(figure) for each in words(text)}
    near = did_you_mean(word, known)
    suggestion = f" (did{near.removeprefix(' Did')})" if near.startswith(" Did") else ""
    return f"'{word}' occurs in none{suggestion}"


def _score(figure: Figure, asked: list[str]) -> int:
    """Add up what each word is worth where it counts most; 0 when one does not occur at all."""
    places = [(worth, words(text)) for worth, text in _texts(figure)]
    worths = [max((_worth(word, worth, there) for worth, there in places), default=0) for word in asked]
    return sum(worths) if worths and all(worths) else 0


def _worth(word: str, worth: int, there: list[str]) -> int:
    """Count a whole word double; the beginning of one once, or, in a script without spaces, any part of a text.

    A number is itself or another: 75 is not the beginning of 750.
    """
    if word in there:
        return 2 * worth
    if word.isdecimal():
        return 0
    return worth if any(each.startswith(word) or (not word.isascii() and word in each) for each in there) else 0


def _texts(figure: Figure) -> Iterator[tuple[int, str]]:
    item = figure.item
    yield IN_THE_QUESTION, f"{item.wording_english} {item.wording_original}"
    yield IN_THE_ANSWERS, f"{item.preamble} {item.topic} {item.construct} {figure.category} {figure.subgroup}"
    yield IN_THE_ANSWERS, " ".join(option.label for option in item.scale.options) if item.scale else ""
    yield IN_THE_ANSWERS, figure.as_printed
    study = figure.study
    yield AROUND_IT, f"{study.title} {item.battery} {item.item_id} {study.programme}"
    yield AROUND_IT, f"{study.sponsor} {study.fieldwork_firm} {study.population} {study.region}"
    # Years only: that a survey was in the field on a 13th is nothing to find it by.
    yield AROUND_IT, " ".join(day[:4] for day in (study.field_start, study.field_end, study.published_on))
    yield AROUND_IT, f"{figure.country} {countries().get(figure.country[:2], '')}"
