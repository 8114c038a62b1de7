"""Whom two results describe: country, population, the list they were drawn from, and parts of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...data.codebook import Codebook
from ...data.description import StudyDescription
from .frame_words import suggested
from .reason import Reason, stated

if TYPE_CHECKING:
    from ...data.registry.figure import Figure
    from ..sampling.design import Design

ANOTHER_QUESTION = "A contrast of countries is another question than whether a result was reproduced."

OTHER_FRAME = "none: no weighting replaces what a sample was drawn from; draw the next wave from the same"

DRAWN_AT_RANDOM = "drawn at random"
"""What a base rule says of a part of the sample that stands for all of it, as in a split ballot."""

NAME_THE_PART = "name this figure alone, and estimate that part alone, where=..., or give bridge_to=Frame(...)"


def people(
    figure: Figure, about: StudyDescription, bridged: Reason | None = None, codebook: Codebook | None = None
) -> list[Reason]:
    """Compare country, population and frame.

    Parameters
    ----------
    figure : Figure
        The published figure.
    about : StudyDescription
        The new survey.
    bridged : Reason or None
        What was done to make the populations one; it stands in the place of how they differ.
    codebook : Codebook, optional
        Of the new data: only a frame that it makes clear is suggested.
    """
    found = [country(figure, about)]
    found += [bridged] if bridged is not None else [region(figure, about), population(figure, about, codebook)]
    return [reason for reason in (*found, frame(figure, about)) if reason is not None]


def country(figure: Figure, about: StudyDescription) -> Reason | None:
    """Refuse two countries, and several countries beside one."""
    new, published, pooled = about.country, country_of(figure), figure.study.region
    if published and pooled and not new and not about.region:
        words = (
            f"The new survey states no country, and the published figure is of one ({published}) of several ({pooled})."
        )
        return Reason("people", "forbids", words, 'about=StudyDescription(country="...")')
    if not published and pooled:
        if about.region.strip().casefold() == pooled.strip().casefold():
            return None
        words = f"The published figure pools several countries ({pooled}), and is never compared with one"
        whose = f" ({new})" if new else ""
        return Reason(
            "people", "forbids", f"{words}{whose}.", f"the figure of {new or 'one country'} alone, where there is one"
        )
    if about.region and not new:
        words = f"The new survey covers several countries ({about.region}), the published figure {published or 'one'}."
        return Reason("people", "forbids", words, 'estimate that country alone, about=StudyDescription(country="...")')
    if new and published:
        if nation(new) == nation(published):
            return None
        words = f"Different countries: new {new}, published {published}. {ANOTHER_QUESTION}"
        return Reason("people", "forbids", words, f"none: look for a figure of {nation(new)}")
    words, repair = stated("country", new, published, key='country="..."')
    return Reason("people", "qualifies", words, repair)


def country_of(figure: Figure) -> str:
    """Give the country a figure is of; empty for one of several countries together."""
    return figure.country or figure.study.country


def nation(code: str) -> str:
    """Give the country of a code that may name a part of it.

    Examples
    --------
    >>> nation("GB-ENG"), nation("CN")
    ('GB', 'CN')
    """
    return code.partition("-")[0]


def region(figure: Figure, about: StudyDescription) -> Reason | None:
    """Say when one survey covers a part of the other's country."""
    new, published = about.country, country_of(figure)
    if not new or not published or new == published or nation(new) != nation(published):
        return None
    words = f"Region differs: new {new}, published {published}."
    whole = f"none: ask people in the rest of {published} too, in the next wave"
    return Reason("people", "qualifies", words, suggested("") if "-" in published else whole)


def population(figure: Figure, about: StudyDescription, codebook: Codebook | None = None) -> Reason | None:
    """Compare the populations as the two surveys state them."""
    words, repair = stated("population", about.population, figure.study.population, key='population="..."')
    if not words:
        return None
    return Reason("people", "qualifies", words, repair or suggested(figure.study.population, codebook, about))


def frame(figure: Figure, about: StudyDescription) -> Reason | None:
    """Compare what the samples were drawn from; no restriction turns an open link into a panel."""
    words, repair = stated("frame", about.frame, figure.study.frame, key='frame="..."', differ=OTHER_FRAME)
    return Reason("people", "qualifies", words, repair) if words else None


def bridgeable(figure: Figure, about: StudyDescription) -> bool:
    """Say whether the two describe other people of one country: what restricting the new sample may repair."""
    apart = country(figure, about)
    if apart is not None and apart.effect == "forbids":
        return False
    return bool(part_of(figure) or region(figure, about) or population(figure, about))


def subgroup_of(figure: Figure) -> bool:
    """Say whether the figure describes only a part of those who were asked."""
    return figure.subgroup.strip().lower() not in ("", "all", "total", "everyone")


def asked_of(figure: Figure) -> str:
    """Name the part of its sample that a published question was put to; empty for all of it.

    A part drawn at random stands for the whole: a ``base_rule`` that says "drawn at random" names no other people. Any
    other does, however it is worded.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> asked_of(published()["kostka2019.aware_pilot"]), asked_of(published()["govai2018.manage_un"])
    ('respondents living where a local government ran a pilot', '')
    """
    rule = figure.item.base_rule.strip()
    return "" if DRAWN_AT_RANDOM in rule.casefold() else rule


def part_of(figure: Figure) -> str:
    """Name the part of its study's sample that a figure describes; empty for all of it."""
    return "; ".join(part for part in (figure.subgroup if subgroup_of(figure) else "", asked_of(figure)) if part)


def parts_of_samples(
    figure: Figure, groups: Mapping[str, object], design: Design, *, chosen: bool, bridged: bool
) -> list[Reason]:
    """Refuse a part of one sample beside the whole of the other, unless the user put them side by side.

    Parameters
    ----------
    figure : Figure
        The published figure.
    groups : mapping of str to object
        The part of the new sample, by key; empty for everybody.
    design : Design
        The new sample, which may be cut to a subpopulation.
    chosen : bool
        Whether the user named this figure for this question.
    bridged : bool
        Whether the user has said that the new sample's people are those of the figure.
    """
    parts = [f"{key} = {value}" for key, value in groups.items()]
    parts += [f"those where {design.subpopulation.text}"] if design.subpopulation else []
    part, whole = ", ".join(parts), "the whole of its sample"
    published = whole if bridged else part_of(figure) or whole
    if not parts:
        if published == whole:
            return []
        whom = published.rstrip(".")
        words = f"The published figure describes only a part of its sample ({whom}), the new one everybody."
        return [Reason("people", "forbids", words, NAME_THE_PART)]
    if chosen:
        words = f"The new result describes only {part}; make sure that the published one describes the same people"
        words = f"{words}." if published == whole else f"{words} ({published})."
        return [Reason("people", "qualifies", words, "none: that they are the same people is for you to see to")]
    words = f"The new result describes only {part}, the published figure {published}."
    return [Reason("people", "forbids", words, "put that figure beside this one question if it is what you mean")]
