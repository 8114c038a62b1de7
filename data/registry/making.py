"""From rows to figures: what the sound tables of a registry say, put together by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .figure import GRADES, Claim, Figure, Item, Option, PublishedStudy, Relation, Scale, Source
from .rows import Row, Tables

PER_HUNDRED = ("percent", "percentage_points", "percent_change")
"""Units that are printed in hundredths."""


def scales_in(tables: Tables) -> dict[str, Scale]:
    """Give the scales by id."""
    return {name: Scale(name, tuple(map(_option, rows))) for name, rows in tables.scales.items()}


def studies_in(tables: Tables) -> dict[str, PublishedStudy]:
    """Give the studies by id."""
    return {name: _study(row) for name, row in tables.studies.items()}


def items_in(tables: Tables, scales: Mapping[str, Scale]) -> dict[str, Item]:
    """Give the items by id, each with its scale.

    That labels were not seen is a doubt of the studies whose items stand in one registry with the scale. A team that
    uses a shipped scale for a study of its own has said what its labels are.
    """
    unseen = {
        (row.text("scale_id"), row.text("study_id"))
        for row in tables["item"]
        if _shipped(row) == any(map(_shipped, tables.scale_of(row)))
    }
    seen = {name: _seen(scale) for name, scale in scales.items()}
    return {
        name: _item(row, scales if (row.text("scale_id"), row.text("study_id")) in unseen else seen)
        for name, row in tables.items.items()
    }


def _shipped(row: Row) -> bool:
    return row.file == f"{row.table}.csv"


def _seen(scale: Scale) -> Scale:
    """Give a scale of which every label is known."""
    options = (replace(option, note="") if option.assumed else option for option in scale.options)
    return replace(scale, options=tuple(options))


def figures_in(tables: Tables, items: Mapping[str, Item], studies: Mapping[str, PublishedStudy]) -> dict[str, Figure]:
    """Give the figures by id, each with its item, its study and its sources."""
    sources = tables.sources
    return {
        name: _figure(row, items[row.text("item_id")], studies, sources[name]) for name, row in tables.figures.items()
    }


def relations_in(tables: Tables) -> tuple[Relation, ...]:
    """Give the pairs that somebody has held side by side."""
    written = ("other_id", "item_id", "relation", "reason", "reviewed_on", "reviewer")
    return tuple(Relation(**_texts(row, written)) for row in tables["comparison"])


def claims_in(tables: Tables) -> dict[str, Claim]:
    """Give the statements that were traced, by id."""
    return {row.text("claim_id"): _claim(row) for row in tables["claim"]}


def _claim(row: Row) -> Claim:
    written = (
        "claim_id", "study_id", "statement", "as_printed", "unit", "verdict", "finding", "provenance", "note",
    )  # fmt: skip
    return Claim(**_texts(row, written), value=row.number("value"), figures=row.parts("figures"))


def _option(row: Row) -> Option:
    valence = row.number("valence")
    code = row.number("code") or 0.0
    return Option(
        code, row.text("label"), None if valence is None else int(valence), row.text("kind"), row.text("note")
    )


def _study(row: Row) -> PublishedStudy:
    n, margin = row.number("n_interviews"), row.number("moe_pp")
    written = (
        "study_id", "title", "programme", "sponsor", "fieldwork_firm", "population", "country", "region",
        "sample_type", "frame", "field_start", "field_end", "ended", "published_on", "dates_provenance", "n_provenance",
        "response_rate", "weighting", "moe_basis", "moe_provenance",
        "citation", "url", "licence", "note",
    )  # fmt: skip
    return PublishedStudy(
        **_texts(row, written),
        modes=row.parts("modes"),
        languages=row.parts("languages"),
        n_interviews=None if n is None else int(n),
        deff=row.number("deff"),
        moe=None if margin is None else _per_one(margin, 100),
        moe_level=_per_one(row.number("moe_level") or 95.0, 100),
    )


def _item(row: Row, scales: Mapping[str, Scale]) -> Item:
    written = (
        "item_id", "study_id", "construct", "topic", "wording_english", "wording_original", "original_language",
        "translation_status", "preamble", "answers", "base_rule", "order", "battery", "note",
    )  # fmt: skip
    return Item(**_texts(row, written), scale=scales.get(row.text("scale_id")))


def _figure(row: Row, item: Item, studies: Mapping[str, PublishedStudy], seen: tuple[Row, ...]) -> Figure:
    study = studies[item.study_id]
    everyone = row.text("subgroup") == "all" and row.text("country") in ("", study.country)
    unit = 100 if row.text("unit") in PER_HUNDRED else 1
    value = _per_one(row.number("value") or 0.0, unit)
    sources = tuple(_source(one, unit) for one in seen)
    own = row.number("n_unweighted")
    written = ("figure_id", "subgroup", "statistic", "category", "as_printed", "base", "collapse_status", "qualifier")
    return Figure(
        **_texts(row, (*written, "direction", "erratum", "note")),
        **_numbers(row, ("rounding", "lower", "upper"), unit),
        item=item,
        study=study,
        country=row.text("country") or study.country,
        category_set=row.codes("category_set"),
        value=value,
        sources=sources,
        provenance=min((source.provenance for source in sources if source.value == value), key=GRADES.index),
        n=int(own) if own is not None else study.n_interviews if everyone and not item.base_rule else None,
        deff=study.deff if everyone else None,
        moe=study.moe if everyone else None,
        moe_level=study.moe_level,
        moe_basis=study.moe_basis,
        sd=row.number("sd"),
    )


def _source(row: Row, unit: int) -> Source:
    written = ("source_id", "kind", "citation", "locator", "url", "quoted", "provenance", "disputes", "note")
    return Source(
        **_texts(row, (*written, "checked_by", "checked_on")), value=_per_one(row.number("quoted_value") or 0.0, unit)
    )


def _texts(row: Row, columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: row.text(name) for name in columns}


def _numbers(row: Row, columns: tuple[str, ...], unit: int) -> dict[str, Any]:
    given = {name: row.number(name) for name in columns}
    return {name: None if number is None else _per_one(number, unit) for name, number in given.items()}


def _per_one(number: float, unit: int) -> float:
    """Divide without the dust of binary fractions: 82.2 percent is 0.822."""
    return round(number / unit, 12)
