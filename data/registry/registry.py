"""A registry: published figures by id, with their questions, studies, scales, relations and claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, overload

from ..errors import RegistryError, UnknownNameError
from .figure import Claim, Figure, Item, PublishedStudy, Relation, Scale
from .search import found
from .selection import Wanted, selected

if TYPE_CHECKING:
    import pandas as pd


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
    claims : mapping of str to Claim
        By claim id: statements about the system itself that stood among poll figures, with what tracing them found.
    source : str
        Folder it was read from.
    """

    figures: Mapping[str, Figure]
    questions: Mapping[str, Item] = field(repr=False)
    studies: Mapping[str, PublishedStudy] = field(repr=False)
    scales: Mapping[str, Scale] = field(repr=False)
    relations: tuple[Relation, ...] = field(repr=False)
    claims: Mapping[str, Claim] = field(default_factory=dict, repr=False)
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

    def __repr__(self) -> str:
        """Count what is here."""
        return f"<Registry: {counted(self.figures, 'figure')} of {counted(self._houses, 'study', 'studies')}>"

    def __str__(self) -> str:
        """Give the figures one on a line as the command line does, the first of them where there are many."""
        from .listing import FigureList

        return FigureList(self, most=30).__str__()

    @property
    def _houses(self) -> set[str]:
        return {figure.study.study_id for figure in self.figures.values()}

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
        category: Wanted = None,
        since: str | int | None = None,
        disputed: bool | None = None,
    ) -> Registry:
        """Give the figures that meet every condition; see :func:`published`, which takes the same ones."""
        conditions = {
            "topic": topic, "country": country, "study": study, "item": item, "population": population,
            "mode": mode, "provenance": provenance, "category": category,
        }  # fmt: skip
        return replace(self, figures=selected(self, conditions, since, disputed))

    def chosen(self, names: Iterable[str]) -> Chosen:
        """Give some figures one by one, with what is on record of their questions.

        Parameters
        ----------
        names : iterable of str
            e.g. ``["liu2022.travel"]``.

        Raises
        ------
        UnknownNameError
            When there is no such figure; the nearest ids are given.
        """
        return Chosen(tuple(self[name] for name in names), self)

    def chosen_alone(self, names: Iterable[str]) -> Registry:
        """Give a registry of some figures, with all that is on record besides."""
        return replace(self, figures={name: self[name] for name in names})

    def search(self, words: str) -> Registry:
        """Give the figures in which every word occurs, the most fitting first.

        Signs and words like "of" and "the" are passed over. A word is found by its beginning, in any case, in the
        question (English and original), its introduction, topic, construct, battery and answers, in the part of the
        sample ("women"), in the country, and in the study's title, programme, sponsor, fieldwork firm, population and
        years; a number is found whole, also as it is printed ("77%"). Words are not bent: "policing" does not find
        "police", "polic" finds both. Of figures that fit alike the better traced come first; a number without a survey
        behind it comes last.

        Parameters
        ----------
        words : str
            e.g. ``"face recognition police"``.

        Examples
        --------
        >>> from .figures import published
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
        parts = ("figures", "questions", "studies", "scales", "claims")
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


def counted(things: Sized, one: str, several: str = "") -> str:
    """Say how many there are: "1 figure", "2 figures"."""
    return f"{len(things):,} {one if len(things) == 1 else several or f'{one}s'}"


@dataclass(frozen=True)
class Chosen(Sequence[Figure]):
    """Figures named one by one, which are taken as they are.

    Attributes
    ----------
    figures : tuple of Figure
        In the order named.
    registry : Registry
        What they were chosen from.
    """

    figures: tuple[Figure, ...]
    registry: Registry = field(repr=False)

    @overload
    def __getitem__(self, at: int) -> Figure: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Figure, ...]: ...

    def __getitem__(self, at: int | slice) -> Figure | tuple[Figure, ...]:
        """Give a figure by its place."""
        return self.figures[at]

    def __len__(self) -> int:
        """Count the figures."""
        return len(self.figures)

    def relation(self, one: str, other: str) -> Relation | None:
        """Say what two questions have in common, as the registry has it."""
        return self.registry.relation(one, other)
