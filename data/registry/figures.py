"""The registry of published figures: what earlier studies reported, with all that is known of how they asked.

A figure is a number with its question, its answer options, the answers counted, the people asked, and every place the
number was seen in. What is not known is said to be unknown; what was only quoted or remembered carries a badge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Finding, RegistryError, UnknownNameError
from .figure import Claim, Figure, Item, Option, Provenance, PublishedStudy, Relation, Scale, Source
from .making import claims_in, figures_in, items_in, relations_in, scales_in, studies_in
from .rows import Tables
from .rules import breaches
from .search import found
from .selection import Wanted, selected
from .table_schema import PUBLISHED
from .tables import NOTHING, read_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "PUBLISHED",
    "Claim",
    "Figure",
    "Item",
    "Option",
    "Provenance",
    "PublishedStudy",
    "Registry",
    "Relation",
    "Scale",
    "Source",
    "published",
    "read_registry",
    "relation",
]


@dataclass(frozen=True)
class Registry(Mapping[str, Figure]):
    """Published figures by id, in file order.

    Attributes
    ----------
    figures : mapping of str to Figure
        By figure id.
    questions : mapping of str to Item
        All published items, also those no figure is known for.
    studies : mapping of str to PublishedStudy
        All studies.
    scales : mapping of str to Scale
        All scales.
    relations : tuple of Relation
        Pairs of a bank question, or published item, and a published item that somebody has held side by side.
    claims : tuple of Claim
        Statements about the system itself that stood among poll figures, with what tracing them found.
    source : str
        Folder it was read from.
    """

    figures: Mapping[str, Figure]
    questions: Mapping[str, Item] = field(repr=False)
    studies: Mapping[str, PublishedStudy] = field(repr=False)
    scales: Mapping[str, Scale] = field(repr=False)
    relations: tuple[Relation, ...] = field(repr=False)
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    source: str = ""

    def __getitem__(self, figure_id: str) -> Figure:
        """Give a figure, or raise UnknownNameError with the nearest ids."""
        if figure_id not in self.figures:
            raise UnknownNameError("published figure", figure_id, self.figures)
        return self.figures[figure_id]

    def __contains__(self, figure_id: object) -> bool:
        """Say whether a figure is here."""
        return figure_id in self.figures

    def __iter__(self) -> Iterator[str]:
        """Go through the ids in file order."""
        return iter(self.figures)

    def __len__(self) -> int:
        """Count the figures."""
        return len(self.figures)

    def of_item(self, item_id: str) -> tuple[Figure, ...]:
        """Give all figures of a published item, its headline figure first.

        Parameters
        ----------
        item_id : str
            e.g. ``"kostka2019.approval"``. An item no figure is known for has none.
        """
        return self._by_item.get(item_id, ())

    @cached_property
    def _by_item(self) -> Mapping[str, tuple[Figure, ...]]:
        grouped: dict[str, list[Figure]] = {}
        for figure in self.figures.values():
            grouped.setdefault(figure.item.item_id, []).append(figure)
        return {name: tuple(sorted(own, key=lambda one: one.figure_id != name)) for name, own in grouped.items()}

    def select(
        self,
        topic: Wanted = None,
        *,
        country: Wanted = None,
        study: Wanted = None,
        item: Wanted = None,
        population: Wanted = None,
        mode: Wanted = None,
        provenance: Wanted = None,
        since: str | None = None,
    ) -> Registry:
        """Give the figures that meet every condition; see :func:`published`, which takes the same ones."""
        conditions = {
            "topic": topic, "country": country, "study": study, "item": item, "population": population,
            "mode": mode, "provenance": provenance,
        }  # fmt: skip
        return replace(self, figures=selected(self, conditions, since))

    def search(self, words: str) -> Registry:
        """Give the figures in which every word occurs, the most fitting first.

        A word is found by its beginning, in any case, in the question (English and original), its introduction, topic,
        construct, battery and answers, and in the study's title. Words are not bent: "policing" does not find
        "police", "polic" finds both.

        Parameters
        ----------
        words : str
            e.g. ``"face recognition police"``.

        Examples
        --------
        >>> list(published().search("restrict travel"))
        ['liu2022.travel']
        """
        return replace(self, figures={figure.figure_id: figure for figure in found(self, words)})

    def joined(self, other: Registry) -> Registry:
        """Give the figures of two registries as one.

        Parameters
        ----------
        other : Registry
            e.g. ``read_registry("my-study/figures")``.

        Raises
        ------
        RegistryError
            When both have a figure, an item, a study, a scale or a claim of the same name that is not the same.
        """
        parts = ("figures", "questions", "studies", "scales")
        for name in parts:
            mine, theirs = getattr(self, name), getattr(other, name)
            taken = [key for key in theirs if key in mine and theirs[key] != mine[key]]
            if taken:
                what = f"{', '.join(taken[:5])}{' ...' if len(taken) > 5 else ''}"
                raise RegistryError(
                    f"both registries have {what} among their {name}; give one of the two another name."
                )
        relations = dict.fromkeys((*self.relations, *other.relations))
        return Registry(
            **{name: {**getattr(self, name), **getattr(other, name)} for name in parts},
            relations=tuple(relations),
            claims=tuple(dict.fromkeys((*self.claims, *other.claims))),
            source=f"{self.source} and {other.source}",
        )

    def relation(self, one: str, other: str) -> Relation | None:
        """Say what two questions have in common; None when nobody has held them together.

        Either may be a question of the bank or a published item, in either order.
        """
        return self._related.get(frozenset((one, other)))

    @cached_property
    def _related(self) -> Mapping[frozenset[str], Relation]:
        return {frozenset((relation.other_id, relation.item_id)): relation for relation in self.relations}

    def to_frame(self) -> pd.DataFrame:
        """Give the figures as a table, one row each, shares 0-1."""
        from .figure_frame import figure_frame

        return figure_frame(self.figures.values())


def published(
    topic: Wanted = None,
    *,
    country: Wanted = None,
    study: Wanted = None,
    item: Wanted = None,
    population: Wanted = None,
    mode: Wanted = None,
    provenance: Wanted = None,
    since: str | None = None,
) -> Registry:
    """Give the published figures that ship with topline, or those of them that meet some conditions.

    Where a condition is given several values, any of them will do: ``country=["DE", "GB"]``.

    Parameters
    ----------
    topic : str or sequence of str, optional
        e.g. ``"social_credit"``.
    country : str or sequence of str, optional
        ISO 3166 code, e.g. ``"CN"``: the country a figure is of, also where its study asked in several.
    study : str or sequence of str, optional
        e.g. ``"liu2022"``.
    item : str or sequence of str, optional
        e.g. ``"liu2022.travel"``.
    population : str or sequence of str, optional
        Words that must all occur in what is said of the people asked (population, frame, region), in any case and
        by their beginning, e.g. ``"urban adults"`` or ``"students"``.
    mode : str or sequence of str, optional
        ``"web"``, ``"face_to_face"``, ``"telephone"``, ``"paper"``, ``"mixed"`` or ``"unknown"``.
    provenance : str or sequence of str, optional
        How far the number was traced: ``"verified"``, ``"secondary"``, ``"recalled"`` or ``"as_quoted"``.
    since : str, optional
        ISO date, which may be partial, e.g. ``"2020"`` or ``"2020-03"``: fieldwork ended then or later. A date known
        less exactly is compared as far as it is known. A study without field dates counts by when it was published;
        one without either is left out.

    Returns
    -------
    Registry
        Figures that meet every condition, in file order. Its studies, items, scales, relations and claims are all
        there are.

    Raises
    ------
    UnknownNameError
        When the registry has no such topic, country, study, item, population, mode or grade.
    RegistryError
        When ``since`` is no date.

    Notes
    -----
    A figure that nobody has seen in print (``recalled``, ``as_quoted``) is among them, with its ``badge``. Choose
    ``provenance="verified"`` where only figures seen at their publisher's will do.

    Examples
    --------
    >>> figure = published(topic="social_credit")["liu2022.travel"]
    >>> figure.value, figure.as_printed, figure.study.n_interviews, figure.study.modes
    (0.77, '77%', 1173, ('web',))
    >>> figure.item.wording_english
    'Restrict the travel of people with poor records'
    >>> sorted({figure.country for figure in published(study=["merics2020", "sinus2019"], since="2019").values()})
    ['CN', 'DE']
    """
    return _shipped().select(
        topic,
        country=country,
        study=study,
        item=item,
        population=population,
        mode=mode,
        provenance=provenance,
        since=since,
    )


def relation(one: str, other: str) -> Relation | None:
    """Say what two questions have in common: one of the bank and a published item, or two published items.

    Parameters
    ----------
    one, other : str
        e.g. ``"social_credit.restrict_travel"`` and ``"liu2022.travel"``, in either order.

    Returns
    -------
    Relation or None
        None when nobody has held the two side by side; nothing is then known of their comparability.

    Examples
    --------
    >>> relation("social_credit.restrict_travel", "liu2022.travel").relation
    'same_construct'
    >>> relation("social_credit.approval", "essay.support").relation
    'not_comparable'
    """
    return _shipped().relation(one, other)


def read_registry(folder: Path | str, *, with_shipped: bool = False) -> Registry:
    """Read a team's own registry: the same tables, held against the same rules.

    Parameters
    ----------
    folder : path
        Holds study.csv, item.csv, scale.csv, estimate.csv, source.csv and comparison.csv, and claim.csv where there
        are claims, e.g. ``"my-study/figures"``.
    with_shipped : bool
        Whether the figures that ship with topline are wanted too. The tables may then name shipped studies, items and
        scales, may not take their names, and one without rows may be left away.

    Returns
    -------
    Registry
        The folder's figures; behind the shipped ones where those are wanted.

    Raises
    ------
    FileError
        When there is no such folder, or it holds none of the tables.
    RegistryError
        With everything that is wrong, each with table, line, rule, value and remedy.

    Examples
    --------
    >>> read_registry(PUBLISHED)["essay.support"].as_printed
    'about 70%'
    """
    beside = shipped_tables() if with_shipped else NOTHING
    tables, findings = checked_tables(Path(folder), beside)
    if findings:
        raise RegistryError("\n".join(map(str, findings)))
    return registry_of(beside.and_also(tables), f"shipped with topline and {folder}" if with_shipped else str(folder))


def checked_tables(folder: Path, beside: Tables = NOTHING) -> tuple[Tables, list[Finding]]:
    """Read the tables of a folder and hold them against every rule.

    Parameters
    ----------
    folder : Path
        Holds the tables.
    beside : Tables
        Rows they may refer to, which are sound.

    Returns
    -------
    tables : Tables
        The folder's rows that fit the schema.
    findings : list of Finding
        Everything that is wrong.
    """
    tables, findings = read_tables(folder, beside, called=f"{folder.name}/" if beside.rows else "")
    return tables, findings + breaches(beside.and_also(tables), whole=not findings)


@cache
def shipped_tables() -> Tables:
    """Give the tables that ship with topline.

    Raises
    ------
    RegistryError
        With everything that is wrong in them.
    """
    tables, findings = checked_tables(PUBLISHED)
    if findings:
        raise RegistryError("\n".join(map(str, findings)))
    return tables


@cache
def _shipped() -> Registry:
    return registry_of(shipped_tables(), str(PUBLISHED))


def registry_of(tables: Tables, source: str) -> Registry:
    """Put sound tables together to a registry."""
    scales, studies = scales_in(tables), studies_in(tables)
    items = items_in(tables, scales)
    return Registry(
        figures_in(tables, items, studies), items, studies, scales, relations_in(tables), claims_in(tables), source
    )
