"""Which published figure belongs beside which new estimate: found through the question bank, or named by the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...data.codebook import Variable
from ...data.errors import ComparisonError
from ...data.registry.figures import Chosen, Figure, Registry, Relation, relation
from ..gating.people import country_of, nation, subgroup_of
from .terms import in_order, own_rows, statistic_of

if TYPE_CHECKING:
    from ...data.description import StudyDescription
    from ..estimation.estimates import Estimates

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
    """

    estimates: Estimates
    item: str
    figure: Figure
    relation: Relation | None
    chosen: bool


def pairs(parts: Sequence[Estimates], figures: Figures, about: StudyDescription) -> list[Pair]:
    """Pair each item with its published figures.

    From a registry, an item gets the figures of every published item that its question replicates or that somebody
    has held beside it, one for each: of a study in several countries the one of the new survey's country, then the one
    for the same answers, then the first. Figures named one by one are taken as they are; beside an estimate of a single
    item they need no link.

    Raises
    ------
    ComparisonError
        When no figure belongs to any item.
    """
    items = list(dict.fromkeys(item for part in parts for item in items_of(part)))
    listed = tuple(figures.values()) if isinstance(figures, Mapping) else as_tuple(figures)
    chosen = not isinstance(figures, Mapping) and len(items) == 1
    known = figures.relation if isinstance(figures, Registry | Chosen) else relation
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
    """Take one figure or several; refuse ids, which have to be looked up first."""
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

    A published item with figures of subgroups alone has no headline.
    """
    kept: dict[tuple[int, str, str], Pair] = {}
    for pair in found:
        if subgroup_of(pair.figure):
            continue
        place = (id(pair.estimates), pair.item, pair.figure.item.item_id)
        if place not in kept or nearness(pair, about) > nearness(kept[place], about):
            kept[place] = pair
    return list(kept.values())


def nearness(pair: Pair, about: StudyDescription) -> tuple[int, bool, bool]:
    """Say how near a figure is to an estimate: in country, in kind, in answers.

    A figure of the new survey's own region or country comes before one of the country that it is a part of, that before
    one of several countries together, and another country's last.
    """
    return (
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
