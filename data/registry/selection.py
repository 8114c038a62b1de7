"""Which figures of a registry are wanted: by topic, country, study, item, population, mode, grade and date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import RegistryError, UnknownNameError
from .countries import code_of
from .figure import GRADES, Figure, PublishedStudy
from .rules_of_studies import earlier, is_date
from .table_schema import allowed

if TYPE_CHECKING:
    from .registry import Registry

Wanted = str | Sequence[str] | None
"""One name, several of which any will do, or no condition."""


def selected(
    registry: Registry, conditions: Mapping[str, Wanted], since: str | int | None, disputed: bool | None = None
) -> dict[str, Figure]:
    """Give the figures that meet every condition, in the registry's order.

    Parameters
    ----------
    registry : Registry
        All that is known.
    conditions : mapping of str to str or sequence of str
        By ``"topic"``, ``"country"``, ``"study"``, ``"item"``, ``"category"``, ``"population"``, ``"mode"`` and
        ``"provenance"``.
    since : str, int or None
        ISO date, which may be partial; a year may be a number.
    disputed : bool or None
        Whether the sources of a figure disagree.

    Raises
    ------
    UnknownNameError
        When a name is not known here; the nearest are given.
    RegistryError
        When ``since`` is no date, or a condition names nothing or something that is no name.
    """
    kept = dict(registry.figures)
    for kind, wanted in conditions.items():
        if wanted is not None:
            names = _names(kind, wanted)
            meets = _population(names, registry) if kind == "population" else _named(kind, names, registry)
            kept = {key: figure for key, figure in kept.items() if meets(figure)}
    if since is not None:
        day = str(since)
        if not is_date(day):
            raise RegistryError(f"since is '{since}'; write a year, a month or a day: 2020, 2020-03 or 2020-03-14.")
        kept = {key: figure for key, figure in kept.items() if _not_before(figure.study, day)}
    if disputed is not None:
        kept = {key: figure for key, figure in kept.items() if bool(figure.conflicts) == disputed}
    return kept


def _names(kind: str, wanted: Wanted) -> list[str]:
    """Give the names of a condition, which must be names, and at least one."""
    example = EXAMPLES[kind]
    if isinstance(wanted, str):
        return [wanted]
    if not isinstance(wanted, Iterable):
        raise RegistryError(f"{kind} is {wanted!r}; give a name, e.g. {example}, or a list of names.")
    names: list[object] = list(wanted)
    if not names:
        raise RegistryError(f"{kind} names nothing; give a name, e.g. {example}, or leave {kind} away.")
    strange = [name for name in names if not isinstance(name, str)]
    if strange:
        raise RegistryError(f"{kind} holds {strange[0]!r}, which is no name; names are text, e.g. {example}.")
    return [str(name) for name in names]


EXAMPLES: Mapping[str, str] = {
    "topic": '"social_credit"', "country": '"CN"', "study": '"liu2022"', "item": '"liu2022.travel"',
    "category": '"support"', "population": '"urban adult"', "mode": '"web"', "provenance": '"verified"',
}  # fmt: skip
"""A name of each condition, for messages."""


def _named(kind: str, names: Iterable[str], registry: Registry) -> Callable[[Figure], bool]:
    """Give the condition that a figure has one of the names, all of which must be known."""
    known, wanted = _known(kind, registry), set(names)
    for name in wanted:
        if name not in known:
            meant = code_of(name, known) if kind == "country" else ""
            raise UnknownNameError(f"published {kind}", name, known, meant=meant)
    return lambda figure: not wanted.isdisjoint(PROPERTIES[kind](figure))


def _known(kind: str, registry: Registry) -> set[str]:
    """Name what there is, also where no figure stands yet."""
    if kind == "country":
        studies = {study.country for study in registry.studies.values()}
        return {*studies, *(figure.country for figure in registry.figures.values())} - {""}
    return {
        "topic": lambda: {*allowed("item", "topic")},
        "study": lambda: {*registry.studies},
        "item": lambda: {*registry.questions},
        "category": lambda: {figure.category for figure in registry.figures.values()},
        "mode": lambda: {*allowed("study", "modes")},
        "provenance": lambda: {*map(str, GRADES)},
    }[kind]()


PROPERTIES: Mapping[str, Callable[[Figure], tuple[str, ...]]] = {
    "topic": lambda figure: (figure.item.topic,),
    "country": lambda figure: (figure.country,),
    "study": lambda figure: (figure.study.study_id,),
    "item": lambda figure: (figure.item.item_id,),
    "category": lambda figure: (figure.category,),
    "mode": lambda figure: figure.study.modes,
    "provenance": lambda figure: (figure.provenance,),
}


def _population(phrases: Iterable[str], registry: Registry) -> Callable[[Figure], bool]:
    """Give the condition that all words of one of the phrases stand in what is said of the people asked."""
    said = {study.study_id: _people(study) for study in registry.studies.values()}
    wanted = [words(phrase) for phrase in phrases]
    for phrase, asked in zip(phrases, wanted, strict=True):
        if not asked or not any(_all_in(asked, text) for text in said.values()):
            near = {study.population for study in registry.studies.values() if _any_in(asked, study.population)}
            known = near or {study.population for study in registry.studies.values()}
            raise UnknownNameError("published population", phrase, known - {""})
    return lambda figure: any(_all_in(asked, said[figure.study.study_id]) for asked in wanted)


def _people(study: PublishedStudy) -> str:
    return f"{study.population} {study.frame} {study.region}".casefold()


def words(text: str) -> list[str]:
    """Give the words of a text, without regard to case.

    Examples
    --------
    >>> words("Urban, online: 18-65")
    ['urban', 'online', '18', '65']
    """
    return re.findall(r"[^\W_]+", text.casefold())


def _all_in(asked: Iterable[str], text: str) -> bool:
    there = words(text)
    return all(any(word.startswith(each) for word in there) for each in asked)


def _any_in(asked: Iterable[str], text: str) -> bool:
    there = words(text)
    return any(word.startswith(each) for each in asked for word in there)


def _not_before(study: PublishedStudy, since: str) -> bool:
    """Say whether fieldwork ended, or else publication came, on a day or later, as far as the date is known."""
    day = study.field_end or study.field_start or study.published_on
    return bool(day) and not earlier(day, since)
