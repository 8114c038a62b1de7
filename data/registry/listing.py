"""Published figures and traced claims as lists: one on a line, each with its grade."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..printing import aligned, folded, shortened
from .figure import BADGES, Claim, Figure, PublishedStudy
from .registry import Registry, counted
from .search import claims_found, unfound

TEXT_COLUMNS = 7


@dataclass(frozen=True)
class FigureList:
    """Several published figures, one on a line.

    Attributes
    ----------
    registry : Registry
        The figures.
    words : str
        What was searched for; empty when nothing was.
    searched : Registry or None
        What it was searched in.
    most : int or None
        How many are printed; all where it is None.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> print(FigureList(published(study="essay")))
    figure         printed    answer   question                              country  year  grade      n
    essay.support  about 70%  support  Support for the social credit system  CN       -     as quoted  -
    as quoted: as quoted in an essay; not seen in the source.
    1 figure. One in full: topline figures show essay.support
    """

    registry: Registry
    words: str = ""
    searched: Registry | None = None
    most: int | None = None

    def document(self) -> dict[str, Any]:
        """Give the figures as a document for machines, one row each, shares 0-1."""
        rows = json.loads(self.registry.to_frame().to_json(orient="records", double_precision=15))
        method = {"source": self.registry.source or "shipped with topline", "figures": len(rows)}
        if self.words and self.searched is not None:
            claims = [claim.claim_id for claim in claims_found(self.searched, self.words)]
            method |= {"words": self.words, "claims": claims}
        return {"method": method, "rows": rows}

    def __str__(self) -> str:
        """Give one line for each figure, what their grades mean, and how to see one in full."""
        everything = list(self.registry.values())
        if not everything:
            return self._nothing()
        figures = everything[: self.most]
        claims = self._claims()
        header = ["figure", "printed", "answer", "question", "country", "year", "grade", "n"]
        table = aligned(header, [_line(figure) for figure in figures], TEXT_COLUMNS)
        grades = dict.fromkeys(figure.provenance for figure in figures if figure.provenance != "verified")
        meanings = [f"{grade.replace('_', ' ')}: {BADGES[grade]}." for grade in grades]
        meanings += [REMEMBERED] if any(_remembered(figure) for figure in figures) else []
        return "\n".join([table, *map(folded, meanings), *_cut(figures, everything), *claims])

    def _claims(self) -> list[str]:
        """Give the claims that have the words too, one on a line."""
        found = claims_found(self.searched, self.words) if self.searched is not None else ()
        lines = [f"{one.claim_id}: {one.statement} ({VERDICTS.get(one.verdict, one.verdict)})" for one in found]
        return [CLAIMS, *map(folded, lines)] if lines else []

    def _nothing(self) -> str:
        if not self.words or self.searched is None:
            return "No published figure matches. topline figures list shows them all."
        if not len(self.searched):
            return "No published figure meets the conditions, whatever its words. topline figures list shows them all."
        nothing = "No published figure has all of these words."
        return "\n".join([nothing, unfound(self.searched, self.words), *self._claims()])


def _cut(shown: list[Figure], everything: list[Figure]) -> list[str]:
    """Count the figures, and say how the rest is seen where some were left out."""
    rest = [f"The first {len(shown)}; fewer: select(...), all: to_frame()."] if len(shown) < len(everything) else []
    return [*rest, f"{counted(everything, 'figure')}. One in full: topline figures show {shown[0].figure_id}"]


CLAIMS = "Claims that have these words; they are no polls (topline figures show NAME):"

REMEMBERED = "~ the number of interviews is from memory, or as quoted in an essay."


def _remembered(figure: Figure) -> bool:
    """Say whether the number of interviews is the study's, and nobody saw it in print."""
    study = figure.study
    own = figure.n is None or figure.n != study.n_interviews
    return not own and study.n_provenance in ("recalled", "as_quoted", "unknown")


def _line(figure: Figure) -> list[str]:
    # A figure of one country of several, or of a part, may have its question's bare name.
    country = figure.country if figure.country != figure.study.country else ""
    parts = [part for part in (country, figure.subgroup) if part not in ("", "all")]
    part = f" ({', '.join(parts)})" if parts else ""
    n = f"{'~' if _remembered(figure) else ''}{figure.n:,}" if figure.n is not None else "-"
    question = shortened(figure.item.wording_english or figure.item.wording_original, 60 - min(len(part), 40)) + part
    place = figure.country or shortened(figure.study.region, 16) or "-"
    printed, answer = shortened(figure.as_printed, 20), shortened(figure.category, 28)
    return [figure.figure_id, printed, answer, question, place, year(figure.study), graded(figure), n]


def year(study: PublishedStudy) -> str:
    """Give the year of fieldwork, or else of publication; a dash where neither is known.

    Examples
    --------
    >>> year(PublishedStudy("a", "A", field_end="2020-04")), year(PublishedStudy("a", "A"))
    ('2020', '-')
    """
    return (study.field_end or study.field_start or study.published_on)[:4] or "-"


def graded(figure: Figure) -> str:
    """Say how far a figure was traced, in one or two words, and whether its sources disagree.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> graded(published()["liu2022.travel"])
    'as quoted'
    """
    return figure.provenance.replace("_", " ") + (", disputed" if figure.conflicts else "")


@dataclass(frozen=True)
class ClaimList:
    """Statements that stood among poll figures, with what tracing them found.

    Attributes
    ----------
    claims : tuple of Claim
        In file order.
    """

    claims: tuple[Claim, ...]

    def document(self) -> dict[str, Any]:
        """Give the claims as a document for machines, one row each."""
        return {"method": {"claims": len(self.claims)}, "rows": [asdict(claim) for claim in self.claims]}

    def __str__(self) -> str:
        """Give one line for each claim, and how to see one in full."""
        if not self.claims:
            return "No claim is on record here."
        lines = [_claim_line(claim) for claim in self.claims]
        table = aligned(["claim", "printed", "statement", "verdict", "grade of the finding"], lines, 5)
        return f"{table}\n{counted(lines, 'claim')}. One in full: topline figures show {self.claims[0].claim_id}"


VERDICTS: Mapping[str, str] = {
    "confirmed": "confirmed",
    "not_this_value": "another value",
    "documents_read_as_people": "a share of policy documents, not of firms or people",
    "index_called_poll": "an index, not a poll",
    "series_had_ended": "its series had ended",
    "inverted_scale": "scale read upside down",
    "mixed_batteries": "two batteries mixed",
    "not_located": "not located",
    "not_traced": "not traced",
}
"""What tracing found, in a few words."""


def _claim_line(claim: Claim) -> list[str]:
    grade = claim.provenance.replace("_", " ")
    printed = shortened(claim.as_printed, 24)
    return [claim.claim_id, printed, shortened(claim.statement, 60), VERDICTS.get(claim.verdict, claim.verdict), grade]
