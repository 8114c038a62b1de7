"""One figure, question, study or claim with everything that is known of it, as labelled lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import UnknownNameError
from .facts import (
    Facts,
    base_in_words,
    counted,
    error_as_published,
    held,
    in_short,
    laid_out,
    margin,
    number_of_interviews,
    of_item,
    of_study,
    related,
    relations_of,
    side_by_side,
    sighting,
)
from .figure import BADGES, Claim, Figure, Item, PublishedStudy, in_conflict
from .listing import VERDICTS, FigureList
from .registry import Registry


def sheet(registry: Registry, name: str) -> FigureSheet | ItemSheet | StudySheet | ClaimSheet:
    """Give the sheet of a figure, an item, a study or a claim.

    Parameters
    ----------
    registry : Registry
        Where it is looked up.
    name : str
        Its id. A figure comes before the item whose name it has.

    Raises
    ------
    UnknownNameError
        When nothing is called so; the nearest names are given.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> type(sheet(published(), "liu2022")).__name__, type(sheet(published(), "liu2022.travel")).__name__
    ('StudySheet', 'FigureSheet')
    """
    if name in registry.figures:
        return FigureSheet(registry.figures[name], registry)
    if name in registry.questions:
        return ItemSheet(registry.questions[name], registry)
    if name in registry.studies:
        return StudySheet(registry.studies[name], registry)
    if name in registry.claims:
        return ClaimSheet(registry.claims[name], registry)
    known = [*registry.figures, *registry.questions, *registry.studies, *registry.claims]
    raise UnknownNameError("published figure, item, study or claim", name, known)


@dataclass(frozen=True)
class FigureSheet:
    """One published figure with everything known of it.

    Attributes
    ----------
    figure : Figure
        The figure.
    registry : Registry
        What it is one of: other figures of its question, related questions and claims come from there.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> print(FigureSheet(published()["liu2022.travel"], published()).document()["rows"][0]["n"])
    1173
    """

    figure: Figure
    registry: Registry

    def document(self) -> dict[str, Any]:
        """Give everything as one row for machines."""
        figure = self.figure
        method = {
            "badge": figure.badge,
            "doubts": list(figure.doubts),
            "conflicts": [source.source_id for source in figure.conflicts],
            "relations": relations_of(figure.item, self.registry),
            "claims": [claim.claim_id for claim in self._claims()],
        }
        return {"method": method, "rows": [asdict(figure)]}

    def __str__(self) -> str:
        """Give the sheet as labelled lines."""
        return laid_out(self._facts())

    def _claims(self) -> list[Claim]:
        return [claim for claim in self.registry.claims.values() if self.figure.figure_id in claim.figures]

    def _facts(self) -> Facts:
        figure, study = self.figure, self.figure.study
        yield "figure", figure.figure_id
        yield "printed", f"{figure.as_printed} ({figure.category})"
        yield "badge", figure.badge
        yield from of_item(figure.item, figure.category_set)
        yield "counted", counted(figure)
        yield "base", base_in_words(figure)
        yield "part", figure.subgroup if figure.subgroup != "all" else ""
        yield "country", figure.country
        yield "n", number_of_interviews(figure)
        yield from error_as_published(figure)
        yield from of_study(study)
        for source in figure.sources:
            yield "source", sighting(source)
        yield from side_by_side(figure)
        yield "erratum", figure.erratum
        conflicts = {in_conflict(source) for source in figure.conflicts}
        for doubt in figure.doubts:
            yield "doubt", doubt if doubt not in conflicts and not doubt.startswith("Corrected") else ""
        yield "note", figure.note
        yield from related(figure.item, self.registry)
        for other in self.registry.of_item(figure.item.item_id):
            yield "same question", in_short(other) if other is not figure else ""
        for claim in self._claims():
            yield "claim", f"{claim.claim_id}: {claim.statement} ({VERDICTS.get(claim.verdict, claim.verdict)})"


@dataclass(frozen=True)
class ItemSheet:
    """One published question, also one that no figure is known for.

    Attributes
    ----------
    item : Item
        The question.
    registry : Registry
        What it is one of.
    """

    item: Item
    registry: Registry

    def document(self) -> dict[str, Any]:
        """Give everything as one row for machines."""
        figures = [figure.figure_id for figure in self.registry.of_item(self.item.item_id)]
        return {
            "method": {"figures": figures, "relations": relations_of(self.item, self.registry)},
            "rows": [asdict(self.item)],
        }

    def __str__(self) -> str:
        """Give the sheet as labelled lines."""
        return laid_out(self._facts())

    def _facts(self) -> Facts:
        yield "item", self.item.item_id
        yield from of_item(self.item)
        yield from of_study(self.registry.studies[self.item.study_id])
        yield from related(self.item, self.registry)
        known = self.registry.of_item(self.item.item_id)
        for figure in known:
            yield "figure", in_short(figure)
        yield "figure", "none is known" if not known else ""


@dataclass(frozen=True)
class StudySheet:
    """One study with its figures.

    Attributes
    ----------
    study : PublishedStudy
        The study.
    registry : Registry
        What it is one of.
    """

    study: PublishedStudy
    registry: Registry

    def document(self) -> dict[str, Any]:
        """Give the study, and its figures as rows for machines."""
        return {
            "method": {"study": asdict(self.study), "claims": [claim.claim_id for claim in self._claims()]},
            "rows": self._figures().document()["rows"],
        }

    def __str__(self) -> str:
        """Give the study as labelled lines, and its figures as a list."""
        return f"{laid_out(self._facts())}\n\n{self._figures()}"

    def _figures(self) -> FigureList:
        own = self.registry.select(study=self.study.study_id)
        return FigureList(own)

    def _claims(self) -> list[Claim]:
        return [claim for claim in self.registry.claims.values() if claim.study_id == self.study.study_id]

    def _facts(self) -> Facts:
        study = self.study
        yield "id", study.study_id
        yield from of_study(study)
        yield "programme", study.programme
        yield "interviews", f"{study.n_interviews:,}{held(study.n_provenance)}" if study.n_interviews else "not known"
        yield "margin", margin(study)
        yield "response", study.response_rate
        yield "weighting", study.weighting
        yield "citation", f"{study.citation} {study.url}".strip()
        yield "licence", study.licence
        yield "note", study.note
        for claim in self._claims():
            yield "claim", f"{claim.claim_id}: {claim.statement} ({VERDICTS.get(claim.verdict, claim.verdict)})"


@dataclass(frozen=True)
class ClaimSheet:
    """One statement that stood among poll figures, and what tracing it found.

    Attributes
    ----------
    claim : Claim
        The statement.
    registry : Registry
        Where the figures are that it should have been.
    """

    claim: Claim
    registry: Registry

    def document(self) -> dict[str, Any]:
        """Give everything as one row for machines."""
        return {"method": {"badge": BADGES[self.claim.provenance]}, "rows": [asdict(self.claim)]}

    def __str__(self) -> str:
        """Give the sheet as labelled lines."""
        return laid_out(self._facts())

    def _facts(self) -> Facts:
        claim = self.claim
        yield "claim", claim.claim_id
        yield "statement", claim.statement
        yield "printed", f"{claim.as_printed} ({claim.unit})" if claim.unit else claim.as_printed
        study = self.registry.studies.get(claim.study_id)
        yield "claimed in", study.title if study else claim.study_id
        yield "verdict", VERDICTS.get(claim.verdict, claim.verdict)
        yield "finding", f"{claim.finding} [{BADGES[claim.provenance]}]"
        for name in claim.figures:
            yield "figure", in_short(self.registry[name]) if name in self.registry else name
        yield "note", claim.note
