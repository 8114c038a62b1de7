"""Published figures as a reader sees them: a list of many, a sheet for one. Each number stands with what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ..printing import aligned, shortened
from .figure import Figure
from .figures import Registry


@dataclass(frozen=True)
class FigureList:
    """Several published figures, one on a line.

    Attributes
    ----------
    registry : Registry
        The figures.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> print(FigureList(published(study="essay")))
    figure         printed    answer   question                                        country  n  grade
    essay.support  about 70%  support  Support for the social credit system  CN       -  as quoted
    1 figure. One in full: topline figures show essay.support
    """

    registry: Registry

    def document(self) -> dict[str, Any]:
        """Give the figures as a document for machines, one row each, shares 0-1."""
        rows = json.loads(self.registry.to_frame().to_json(orient="records", double_precision=15))
        return {
            "method": {"source": self.registry.source or "shipped with topline", "figures": len(rows)},
            "rows": rows,
        }

    def __str__(self) -> str:
        """Give one line for each figure, and how to see one in full."""
        figures = list(self.registry.values())
        if not figures:
            return "No published figure matches. topline figures list shows them all."
        header = ["figure", "printed", "answer", "question", "country", "n", "grade"]
        return f"{aligned(header, [_line(figure) for figure in figures], 5)}\n{_counted(figures)}"


def _counted(figures: list[Figure]) -> str:
    noun = "figure" if len(figures) == 1 else "figures"
    return f"{len(figures)} {noun}. One in full: topline figures show {figures[0].figure_id}"


def _line(figure: Figure) -> list[str]:
    part = "" if figure.subgroup in ("", "all") else f" ({figure.subgroup})"
    n = f"{figure.n:,}" if figure.n is not None else "-"
    question = shortened(figure.item.wording_english + part, 60)
    grade = figure.provenance.replace("_", " ")
    return [figure.figure_id, figure.as_printed, figure.category, question, figure.study.country, n, grade]


@dataclass(frozen=True)
class FigureSheet:
    """One published figure with everything known of it.

    Attributes
    ----------
    figure : Figure
        The figure.

    Examples
    --------
    >>> from topline.data.registry.figures import published
    >>> print(FigureSheet(published()["liu2022.travel"]).document()["rows"][0]["n"])
    1173
    """

    figure: Figure

    def document(self) -> dict[str, Any]:
        """Give everything as one row for machines."""
        figure = self.figure
        return {"method": {"badge": figure.badge, "doubts": list(figure.doubts)}, "rows": [asdict(figure)]}

    def __str__(self) -> str:
        """Give the sheet as labelled lines."""
        facts = [(name, text) for name, text in self._facts() if text]
        widest = max(len(name) for name, _ in facts)
        return "\n".join(f"{name:<{widest}}  {text}" for name, text in facts)

    def _facts(self) -> Iterator[tuple[str, str]]:
        figure, item, study = self.figure, self.figure.item, self.figure.study
        yield "figure", figure.figure_id
        yield "printed", f"{figure.as_printed} ({figure.category})"
        yield "badge", figure.badge
        yield "question", f"{item.wording_english} [{item.translation_status.replace('_', ' ')}]"
        yield "original", f"{item.wording_original} [{item.original_language}]" if item.wording_original else ""
        yield "introduction", item.preamble
        yield "answers", self._answers()
        yield "base", figure.base.replace("_", " ")
        yield "subgroup", figure.subgroup
        yield "n", f"{figure.n:,}" if figure.n is not None else "not known"
        yield "study", f"{study.title} ({study.sponsor})"
        yield "population", f"{study.population}, {study.country}"
        yield "sample", f"{study.sample_type}; {study.frame}" if study.frame else study.sample_type
        yield "mode", ", ".join(study.modes).replace("_", " ")
        yield "dates", " to ".join(dict.fromkeys(date for date in (study.field_start, study.field_end) if date))
        for source in figure.sources:
            yield "source", f"{source.citation}: '{source.quoted}' ({source.provenance.replace('_', ' ')})"
        for doubt in figure.doubts:
            yield "doubt", doubt
        yield "note", figure.note

    def _answers(self) -> str:
        scale, counted = self.figure.item.scale, self.figure.category_set
        if scale is None:
            return "not known"
        offered = [option for option in scale.options if option.kind == "substantive"]
        marked = [f"[{option.label}]" if option.code in counted else option.label for option in offered]
        assumed = ["the labels are partly assumed"] if any(option.assumed for option in offered) else []
        notes = [*(["counted in brackets"] if counted else []), *assumed]
        return " · ".join(marked) + (f"   ({'; '.join(notes)})" if notes else "")
