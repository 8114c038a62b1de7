"""What a row of a comparison says of the published figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...data.description import modes_in_words
from ...data.registry.figure import SHORT_BADGES
from ..gating.people import country_of
from ..telling.comparison import ComparisonRow

if TYPE_CHECKING:
    from ...data.registry.figure import Figure, Source


def beside(figure: Figure, judged: Mapping[str, Any]) -> ComparisonRow:
    """Give a row that holds what is known of the published figure, and the grade."""
    item, study = figure.item, figure.study
    return ComparisonRow(
        item="",
        battery=item.battery,
        published_id=figure.figure_id,
        published=figure.value,
        published_statistic=figure.statistic,
        published_as_printed=figure.as_printed,
        published_qualifier=figure.qualifier,
        published_n=figure.n,
        provenance=figure.provenance,
        badge=figure.badge,
        published_item=item.item_id,
        published_category=figure.category,
        published_wording=item.wording_english or item.wording_original,
        published_wording_original=item.wording_original,
        published_language=item.original_language,
        published_wording_status=item.translation_status,
        published_preamble=item.preamble,
        published_answers=published_answers(figure),
        published_base=figure.base,
        published_mode=modes_in_words(study.modes),
        published_population=study.population,
        published_subgroup=figure.subgroup,
        published_country=country_of(figure),
        published_frame=study.frame,
        published_sample_type=study.sample_type,
        published_start=study.field_start,
        published_end=study.field_end,
        published_study=study.study_id,
        published_title=study.title,
        published_sponsor=study.sponsor,
        published_citation=study.citation,
        published_url=study.url,
        published_note=" ".join(note for note in (figure.note, item.note) if note),
        published_sources=tuple(source_in_words(source) for source in figure.sources),
        **judged,
    )


def published_answers(figure: Figure) -> str:
    """Name the answers the figure counts by their labels."""
    if figure.item.scale is None or not figure.category_set:
        return figure.category
    return ", ".join(option.label for option in figure.item.scale.options if option.code in figure.category_set)


def source_in_words(source: Source) -> str:
    """Name a source with its locator, what it prints, and how far it was traced."""
    place = f", {source.locator}" if source.locator else ""
    return f"{source.citation.rstrip('.')}{place}: “{source.quoted}” ({SHORT_BADGES[source.provenance]})"
