"""Finding figures by words: every word must occur, and where it occurs decides what comes first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import did_you_mean
from .figure import Figure
from .selection import words

if TYPE_CHECKING:
    from .registry import Registry

IN_THE_QUESTION, IN_THE_ANSWERS, AROUND_IT = 4, 2, 1
"""What a word is worth in the wording, in topic, construct or answers, and in the study's title or the battery."""


def found(registry: Registry, text: str) -> list[Figure]:
    """Give the figures that have every word, best first; whole samples before parts of them, then in file order.

    Parameters
    ----------
    registry : Registry
        Searched.
    text : str
        Words, of which the beginning is enough: ``"face recog police"``.
    """
    asked = words(text)
    scored = [(figure, _score(figure, asked)) for figure in registry.figures.values()]
    kept = [(figure, score) for figure, score in scored if score]
    return [figure for figure, _ in sorted(kept, key=lambda pair: (-pair[1], pair[0].subgroup != "all"))]


def unfound(registry: Registry, text: str) -> str:
    """Say of each word by itself in how many figures it occurs, and what is near one that occurs in none.

    Examples
    --------
    >>> from .figures import published
    >>> unfound(published(study="liu2022"), "travel qqqq")
    "'travel' occurs in 1 figure; 'qqqq' in none."
    """
    said = [_occurrence(registry, word) for word in words(text)]
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
    """Count a whole word double; the beginning of one once, or, in a script without spaces, any part of a text."""
    if word in there:
        return 2 * worth
    return worth if any(each.startswith(word) or (not word.isascii() and word in each) for each in there) else 0


def _texts(figure: Figure) -> Iterator[tuple[int, str]]:
    item = figure.item
    yield IN_THE_QUESTION, f"{item.wording_english} {item.wording_original}"
    yield IN_THE_ANSWERS, f"{item.preamble} {item.topic} {item.construct} {figure.category}"
    yield IN_THE_ANSWERS, " ".join(option.label for option in item.scale.options) if item.scale else ""
    yield AROUND_IT, f"{figure.study.title} {item.battery} {item.item_id}"
