"""Which polls asked the same, so that their values may stand on one line: by what is on record, never by guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from ...data.registry.figure import Figure, Relation
from .poll import Poll

Likeness = Literal["same", "reworded", "apart", "counted_apart", "unknown"]
"""The same question; the same thing in words that differ or were not seen; something else asked; something else
counted (other people, answers or base); nothing on record."""

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
        ``"same"``, ``"reworded"``, ``"apart"``, ``"counted_apart"`` or ``"unknown"``.
    reason : str
        Why, as a sentence without its full stop.
    """

    likeness: Likeness
    reason: str


def likened(one: Poll, other: Poll, figures: Mapping[str, Figure], known: Known) -> Likened:
    """Say whether two polls measure the same.

    Parameters
    ----------
    one, other : Poll
        Two polls.
    figures : mapping of str to Figure
        The published figures behind polls, by their names.
    known : callable
        Gives what is on record of two questions, e.g. ``published().relation``.

    Notes
    -----
    Another country, another part of the sample, another statistic, other answers counted or another base are apart
    whatever was asked. Questions are the same when they are one item, when the registry says so, or when both are known
    word for word and are identical, with the same answers offered. A poll of one's own that does not say which answers
    it counts is alike to no published one.

    Examples
    --------
    >>> from topline.analysis.polls.poll import Poll
    >>> one, other = (Poll(name, 0.6, 0.01, item="own.cameras", country=name) for name in ("DE", "FR"))
    >>> likened(one, other, {}, lambda first, second: None)
    Likened(likeness='counted_apart', reason='different countries: DE and FR')
    """
    published = [figures[poll.name] for poll in (one, other) if poll.name in figures]
    if words := differently_counted(one, other):
        return Likened("counted_apart", words)
    if words := other_regions(published):
        return Likened("apart", words)
    if len(published) == 1 and "" in (one.category, other.category) and one.statistic == "share":
        unsaid = one if not one.category else other
        return Likened("unknown", f"nothing says which answers {unsaid.name} counts: give it a category")
    if not (one.item and other.item):
        return Likened("unknown", f"nothing on record says that {one.name} and {other.name} ask the same")
    if one.item == other.item:
        return Likened("same", "one question")
    if (relation := known(one.item, other.item)) is not None:
        return Likened(OF_RELATION[relation.relation], relation.reason.rstrip("."))
    if len(published) == 2 and same_words(*published):
        return Likened("same", "the same words and answers, as printed")
    return Likened("unknown", f"nothing on record says that {one.item} and {other.item} ask the same")


def differently_counted(one: Poll, other: Poll) -> str:
    """Say what makes two values ones of different things, whatever was asked; nothing when nothing does."""
    if one.statistic != other.statistic:
        return f"different statistics: {one.statistic} and {other.statistic}"
    pairs = (
        ("countries", one.country, other.country),
        ("parts of the sample", one.subgroup, other.subgroup),
        ("answers counted", one.category, other.category),
        ("bases", one.base.replace("_", " "), other.base.replace("_", " ")),
    )
    told = [(name, first, second) for name, first, second in pairs if first and second and first != second]
    return next((f"different {name}: {first} and {second}" for name, first, second in told), "")


def other_regions(published: Sequence[Figure]) -> str:
    """Say when two figures of several countries put other countries together."""
    regions = [figure.study.region or "not stated" for figure in published if not figure.country]
    if len(regions) == 2 and regions[0] != regions[1]:
        return f"other countries put together: {regions[0]} and {regions[1]}"
    return ""


def same_words(one: Figure, other: Figure) -> bool:
    """Say whether two questions are known word for word and are identical, answers included."""
    items = (one.item, other.item)
    if any(item.translation_status != "verbatim" for item in items):
        return False
    words = [(item.preamble, item.wording_original or item.wording_english, item.original_language) for item in items]
    scales = [item.scale.options if item.scale is not None else None for item in items]
    return words[0] == words[1] and scales[0] == scales[1] and one.category_set == other.category_set


def all_likened(polls: Sequence[Poll], figures: Mapping[str, Figure], known: Known) -> dict[tuple[str, str], Likened]:
    """Say of every two polls, in their order, what they have in common."""
    return {(one.name, other.name): likened(one, other, figures, known) for one, other in combinations(polls, 2)}


def series(
    polls: Sequence[Poll], found: Mapping[tuple[str, str], Likened], joined: Sequence[Likeness] = ("same",)
) -> tuple[list[list[Poll]], list[Likened]]:
    """Part polls, in their order, into series in which no two are of different things.

    Parameters
    ----------
    polls : sequence of Poll
        In the order of their dates.
    found : mapping of two names to Likened
        What every two have in common.
    joined : sequence of str
        The likenesses that make one series.

    Returns
    -------
    series : list of list of Poll
        A poll joins the latest series in which it is alike to a member and apart from none; else it begins another.
    why : list of Likened
        For each series but the first, why its first poll joined none: of the last poll before it that was in the way.
    """
    groups: list[list[Poll]] = []
    why: list[Likened] = []
    for poll in polls:
        against = {id(group): [found[other.name, poll.name] for other in group] for group in groups}
        fits = [group for group in groups if _fits(against[id(group)], joined)]
        if fits:
            fits[-1].append(poll)
            continue
        if groups:
            why.append(next(one for one in reversed(against[id(groups[-1])]) if one.likeness not in joined))
        groups.append([poll])
    return groups, why


def _fits(against: Sequence[Likened], joined: Sequence[Likeness]) -> bool:
    """Say whether a poll is alike to a member of a series and of another thing than none."""
    likenesses = {one.likeness for one in against}
    return not likenesses.isdisjoint(joined) and ("apart" not in likenesses or "apart" in joined)
