"""Which polls asked the same, so that their values may stand on one line: by what is on record, never by guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...data.registry.figure import Figure, Relation

Likeness = Literal["same", "reworded", "apart", "unknown"]
"""The same question; the same thing in words that differ or were not seen; something else; nothing on record."""

Known = Callable[[str, str], Relation | None]
"""What the registry says of two questions."""

OF_RELATION: Mapping[str, Likeness] = {
    "same_wording": "same",
    "same_construct": "reworded",
    "different_object": "apart",
    "not_comparable": "apart",
}


@dataclass(frozen=True)
class Likened:
    """What two polls have in common.

    Attributes
    ----------
    likeness : str
        ``"same"``, ``"reworded"``, ``"apart"`` or ``"unknown"``.
    reason : str
        Why, as a sentence without its full stop.
    """

    likeness: Likeness
    reason: str


def likened(one: Figure, other: Figure, known: Known) -> Likened:
    """Say whether two published figures measure the same.

    Parameters
    ----------
    one, other : Figure
        Two published figures.
    known : callable
        Gives what is on record of two questions, e.g. ``published().relation``.

    Notes
    -----
    Another country, another part of the sample, another statistic or other answers counted are apart whatever was
    asked. Questions are the same when they are one item, when the registry says so, or when both are known word for
    word and are identical, with the same answers offered.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> figures = published()
    >>> likened(figures["su2018.video"], figures["su2018.email"], figures.relation).likeness
    'unknown'
    """
    if words := differently_counted(one, other):
        return Likened("apart", words)
    if one.item.item_id == other.item.item_id:
        return Likened("same", "one published question")
    if (relation := known(one.item.item_id, other.item.item_id)) is not None:
        return Likened(OF_RELATION[relation.relation], relation.reason.rstrip("."))
    if same_words(one, other):
        return Likened("same", "the same words and answers, as printed")
    return Likened("unknown", f"nothing on record says that {one.item.item_id} and {other.item.item_id} ask the same")


def differently_counted(one: Figure, other: Figure) -> str:
    """Say what makes two values ones of different things, whatever was asked; nothing when nothing does."""
    pairs = (
        ("countries", one.country, other.country),
        ("parts of the sample", one.subgroup, other.subgroup),
        ("statistics", one.statistic, other.statistic),
        ("answers counted", one.category, other.category),
    )
    for name, first, second in pairs:
        if first != second:
            return f"different {name}: {first or 'not stated'} and {second or 'not stated'}"
    if not one.country and one.study.region != other.study.region:
        return (
            f"other countries put together: {one.study.region or 'not stated'} and {other.study.region or 'not stated'}"
        )
    if "unknown" not in (one.base, other.base) and one.base != other.base:
        return f"different bases: {one.base.replace('_', ' ')} and {other.base.replace('_', ' ')}"
    return ""


def same_words(one: Figure, other: Figure) -> bool:
    """Say whether two questions are known word for word and are identical, answers included."""
    items = (one.item, other.item)
    if any(item.translation_status != "verbatim" for item in items):
        return False
    words = [(item.preamble, item.wording_original or item.wording_english, item.original_language) for item in items]
    scales = [item.scale.options if item.scale is not None else None for item in items]
    return words[0] == words[1] and scales[0] == scales[1] and one.category_set == other.category_set


def series(
    names: Sequence[str],
    figures: Mapping[str, Figure],
    items: Mapping[str, str],
    known: Known,
    joined: Sequence[Likeness] = ("same",),
) -> tuple[list[int], list[Likened]]:
    """Part polls, in their order, into series of the same question.

    Parameters
    ----------
    names : sequence of str
        Of the polls, in the order of their dates.
    figures : mapping of str to Figure
        The published ones among them.
    items : mapping of str to str
        What each poll asked; own polls belong together when they asked one item, or replicate a published one.
    known : callable
        What is on record of two questions.
    joined : sequence of str
        The likenesses that make one series.

    Returns
    -------
    numbers : list of int
        Series of each poll, counted from 0 in order of first appearance.
    why : list of Likened
        For each series but the first, what it has in common with the one before it.
    """
    numbers: list[int] = []
    why: list[Likened] = []
    for place, name in enumerate(names):
        likenesses = [compared(names[earlier], name, figures, items, known) for earlier in range(place)]
        alike = [at for at, found in enumerate(likenesses) if found.likeness in joined]
        if alike:
            numbers.append(numbers[alike[-1]])
        else:
            if place:
                why.append(likenesses[-1])
            numbers.append(max(numbers, default=-1) + 1)
    return numbers, why


def compared(one: str, other: str, figures: Mapping[str, Figure], items: Mapping[str, str], known: Known) -> Likened:
    """Say what two polls have in common, published ones and own ones."""
    if one in figures and other in figures:
        return likened(figures[one], figures[other], known)
    if items[one] and items[one] == items[other]:
        return Likened("same", "the same question")
    relation = known(items[one], items[other]) if items[one] and items[other] else None
    if relation is not None:
        return Likened(OF_RELATION[relation.relation], relation.reason.rstrip("."))
    return Likened("unknown", f"nothing on record says that {one} and {other} ask the same")
