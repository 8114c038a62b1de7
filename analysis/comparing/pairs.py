"""Which published figure belongs beside which new estimate: found through the question bank, or named by the user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from ...data.codebook import Variable
from ...data.errors import ComparisonError
from ...data.registry.figure import Figure, Relation
from ...data.registry.figures import record_of
from ..gating.people import country_of, nation, subgroup_of
from .terms import in_order, own_rows, statistic_of

if TYPE_CHECKING:
    from ...data.description import StudyDescription
    from ..estimation.estimates import Estimates

NAMED = 5
"""So many of the figures left out are named in print; the document names all."""

Figures = Figure | Mapping[str, Figure] | Iterable[Figure]
"""One figure, several, or a registry of them."""


@dataclass(frozen=True)
class Pair:
    """One item of the estimates and one published figure.

    Attributes
    ----------
    estimates : Estimates
        The estimates the item is one of.
    item : str
        The new variable.
    figure : Figure
        The published figure.
    relation : Relation or None
        What the registry says of the two questions.
    chosen : bool
        Whether the user named this figure for this item.
    named : bool
        Whether the user named this figure at all, rather than a registry that it was found in.
    others : tuple of Figure
        Other figures of the same published item, which were left out; the nearest to the estimate first.
    """

    estimates: Estimates
    item: str
    figure: Figure
    relation: Relation | None
    chosen: bool
    named: bool = True
    others: tuple[Figure, ...] = ()


def pairs(parts: Sequence[Estimates], figures: Figures, about: StudyDescription) -> list[Pair]:
    """Pair each item with its published figures.

    From a registry, an item gets the figures of every published item that its question replicates or that somebody
    has held beside it, one for each: one of the whole sample before one of a part, of a study in several countries the
    one of the new survey's country, then the one for the same answers, then the first. What may not be compared is
    paired all the same, so that the reader sees that it was found. Figures named one by one are taken as they are;
    beside an estimate of a single item they need no link.

    Raises
    ------
    ComparisonError
        When no figure belongs to any item.
    """
    items = list(dict.fromkeys(item for part in parts for item in items_of(part)))
    listed = as_tuple(figures.values() if isinstance(figures, Mapping) else figures)
    chosen = not isinstance(figures, Mapping) and len(items) == 1
    known = record_of(figures)
    found = []
    for part in parts:
        for item in items_of(part):
            variable = part.design.study.codebook[item]
            for figure in listed:
                related = known(variable.bank, figure.item.item_id)
                if chosen or linked(variable, figure, related):
                    found.append(Pair(part, item, figure, related, chosen))
    if not found:
        raise ComparisonError(nothing_found(items, listed))
    return headlines(found, about) if isinstance(figures, Mapping) else found


def items_of(estimates: Estimates) -> list[str]:
    """Name the items estimated, in order."""
    return list(dict.fromkeys(str(item) for item in estimates.to_frame()["item"]))


def as_tuple(figures: Figure | Iterable[Figure]) -> tuple[Figure, ...]:
    """Take one figure or several; refuse ids, which have to be looked up first, and what holds no figures."""
    if not isinstance(figures, Figure | Iterable):
        raise ComparisonError(
            f"figures is {figures!r}, which holds no figures; give some, e.g. published(topic='social_credit')."
        )
    found = (figures,) if isinstance(figures, Figure | str) else tuple(figures)
    named = next((one for one in found if not isinstance(one, Figure)), None)
    if named is not None:
        raise ComparisonError(f"{named!r} is no figure; look it up first, e.g. published()['liu2022.travel'].")
    return found


def linked(variable: Variable, figure: Figure, known: Relation | None) -> bool:
    """Say whether anything on record joins a question to a published item."""
    return figure.item.item_id in variable.replicates or known is not None


def nothing_found(items: list[str], figures: tuple[Figure, ...]) -> str:
    """Say why there is nothing to compare, and the ways out."""
    if not figures:
        return "no published figure is given; choose some, e.g. published(topic='social_credit')."
    shown = ", ".join(figure.figure_id for figure in figures[:5]) + (" ..." if len(figures) > 5 else "")
    return (
        f"none of {', '.join(items)} is linked to a published item ({shown}). Name the item in the questionnaire under "
        "'replicates' or 'bank', or give one figure beside an estimate of one item."
    )


def headlines(found: list[Pair], about: StudyDescription) -> list[Pair]:
    """Keep one figure for each item and published item: the nearest to the new estimate, of several alike the first.

    A published item with figures of parts or of other countries alone keeps the nearest of them, for the gate to say
    why it is not compared. The others of the item go with it.
    """
    kept: dict[tuple[int, str, str], list[Pair]] = {}
    for pair in found:
        kept.setdefault((id(pair.estimates), pair.item, pair.figure.item.item_id), []).append(pair)
    ranked = [sorted(pairs, key=lambda pair: nearness(pair, about), reverse=True) for pairs in kept.values()]
    return [replace(first, named=False, others=tuple(pair.figure for pair in rest)) for first, *rest in ranked]


def nearness(pair: Pair, about: StudyDescription) -> tuple[bool, int, bool, bool]:
    """Say how near a figure is to an estimate: of the whole sample, in country, in kind, in answers.

    A figure of the new survey's own region or country comes before one of the country that it is a part of, that before
    one of several countries together, and another country's last.
    """
    return (
        not subgroup_of(pair.figure),
        near_in_country(about, pair.figure),
        pair.figure.statistic == statistic_of(pair.estimates),
        same_answers(pair),
    )


def near_in_country(about: StudyDescription, figure: Figure) -> int:
    """Rank a figure by its country, from 3 for the new survey's own to 0 for another.

    Examples
    --------
    >>> from topline.data.description import StudyDescription
    >>> from topline.data.registry.figures import published
    >>> chinese, german = published()["liu2022.travel"], published()["sinus2019.system"]
    >>> survey = StudyDescription(country="CN")
    >>> near_in_country(survey, chinese), near_in_country(survey, german)
    (3, 0)
    """
    country = country_of(figure)
    if about.country == country:
        return 3
    if about.country and nation(about.country) == nation(country):
        return 2
    return 0 if country else 1


def same_answers(pair: Pair) -> bool:
    """Say whether an estimate of chosen answers counts those of a figure already; one of every answer chooses none."""
    estimated = {row["codes"] for row in own_rows(pair.estimates, pair.item)}
    return estimated == {in_order(pair.figure.category_set)}


def others_of(paired: Sequence[Pair]) -> dict[str, list[str]]:
    """Name for each published item its figures that no estimate stands beside, the nearest first."""
    shown = {pair.figure.figure_id for pair in paired}
    found: dict[str, dict[str, None]] = {}
    for pair in paired:
        others = dict.fromkeys(one.figure_id for one in pair.others if one.figure_id not in shown)
        found.setdefault(pair.figure.item.item_id, {}).update(others)
    return {item: list(others) for item, others in found.items() if others}


def others_in_words(others: Mapping[str, Sequence[str]], differenced: Collection[str] = ()) -> dict[str, str]:
    """Say which figures of the same published items were left out, those of items differenced first, and how to ask.

    Examples
    --------
    >>> others_in_words({"town2024.travel": ["town2024.travel_oppose"]})["other figures"]  # doctest: +ELLIPSIS
    'one figure of each published item is taken; left out: town2024.travel_oppose; --published town2024.travel_oppose...
    >>> others_in_words({})
    {}
    """
    listed_first = [figures for item, figures in others.items() if item in differenced]
    then = [figures for item, figures in others.items() if item not in differenced]
    turns = chain(zip_longest(*listed_first), zip_longest(*then))
    named = [one for figures in turns for one in figures if one is not None]
    if not named:
        return {}
    listed = ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")
    ask = f'--published {named[0]}, or published().chosen(["{named[0]}"]), compares one of them'
    return {"other figures": f"one figure of each published item is taken; left out: {listed}; {ask}"}
