"""The registry of published figures: what earlier studies reported, with all that is known of how they asked.

A figure is a number with its question, its answer options, the answers counted, the people asked, and every place the
number was seen in. What is not known is said to be unknown; what was only quoted or remembered carries a badge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import RegistryError, UnknownNameError
from .figure import GRADES, Claim, Figure, Item, Option, Provenance, PublishedStudy, Relation, Scale, Source
from .rules import breaches
from .tables import PUBLISHED, Row, Tables, grouped, read_tables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
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
        """Give all figures of a published item, its headline figure first."""
        return tuple(figure for figure in self.figures.values() if figure.item.item_id == item_id)

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
        import pandas as pd

        frame = pd.DataFrame([_flat(figure) for figure in self.figures.values()], columns=COLUMNS)
        return frame.astype({"n": "Int64"})


COLUMNS = [
    "figure_id", "value", "as_printed", "statistic", "category", "subgroup", "wording", "base", "n", "population",
    "country", "sample_type", "modes", "field_start", "field_end", "provenance", "badge", "study", "citation", "url",
]  # fmt: skip
"""Columns of ``Registry.to_frame``."""


def _flat(figure: Figure) -> dict[str, object]:
    study = figure.study
    return {
        **{name: getattr(figure, name) for name in ("figure_id", "value", "as_printed", "statistic", "category")},
        **{name: getattr(figure, name) for name in ("subgroup", "base", "n", "country", "provenance", "badge")},
        **{name: getattr(study, name) for name in ("population", "sample_type", "field_start", "field_end")},
        **{name: getattr(study, name) for name in ("citation", "url")},
        "wording": figure.item.wording,
        "modes": ";".join(study.modes),
        "study": study.title,
    }


def published(
    topic: str | None = None, *, country: str | None = None, study: str | None = None, item: str | None = None
) -> Registry:
    """Give the published figures that ship with topline.

    Parameters
    ----------
    topic : str, optional
        e.g. ``"social_credit"``.
    country : str, optional
        ISO 3166 code, e.g. ``"CN"``.
    study : str, optional
        e.g. ``"liu2022"``.
    item : str, optional
        e.g. ``"liu2022.travel"``.

    Returns
    -------
    Registry
        Figures that meet every condition, in file order.

    Raises
    ------
    UnknownNameError
        When the registry has no such topic, country, study or item.

    Examples
    --------
    >>> figure = published(topic="social_credit")["liu2022.travel"]
    >>> figure.value, figure.as_printed, figure.study.n_interviews, figure.study.modes
    (0.77, '77%', 1173, ('web',))
    >>> figure.item.wording_english
    'Restrict the travel of people with poor records'
    """
    registry = _shipped()
    asked = {"topic": topic, "country": country, "study": study, "item": item}
    kept = registry.figures
    for kind, name in asked.items():
        if name is not None:
            known = {_property(figure, kind) for figure in registry.figures.values()}
            if name not in known:
                raise UnknownNameError(f"published {kind}", name, known)
            kept = {key: figure for key, figure in kept.items() if _property(figure, kind) == name}
    return replace(registry, figures=kept)


def _property(figure: Figure, kind: str) -> str:
    return {
        "topic": figure.item.topic,
        "country": figure.country,
        "study": figure.study.study_id,
        "item": figure.item.item_id,
    }[kind]


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


def read_registry(folder: Path | str) -> Registry:
    """Read a team's own registry: the same six tables, held against the same rules.

    Parameters
    ----------
    folder : path
        Holds study.csv, item.csv, scale.csv, estimate.csv, source.csv and comparison.csv.

    Raises
    ------
    FileError
        When there is no such folder.
    RegistryError
        With everything that is wrong, each with table, line, rule, value and remedy.

    Examples
    --------
    >>> read_registry(PUBLISHED)["essay.support"].as_printed
    'about 70%'
    """
    tables, findings = read_tables(Path(folder))
    findings += breaches(tables)
    if findings:
        raise RegistryError("\n".join(map(str, findings)))
    return _registry(tables, str(folder))


@cache
def _shipped() -> Registry:
    return read_registry(PUBLISHED)


def _registry(tables: Tables, source: str) -> Registry:
    scales = {name: Scale(name, tuple(map(_option, rows))) for name, rows in tables.scales.items()}
    studies = {name: _study(row) for name, row in tables.studies.items()}
    items = {name: _item(row, scales) for name, row in tables.items.items()}
    seen = grouped(tables["source"], "figure_id")
    figures = [
        _figure(row, items[row.text("item_id")], studies, seen[row.text("figure_id")]) for row in tables["estimate"]
    ]
    relations = tuple(
        Relation(**_texts(row, ("other_id", "item_id", "relation", "reason", "reviewed_on", "reviewer")))
        for row in tables["comparison"]
    )
    return Registry(
        {figure.figure_id: figure for figure in figures},
        items,
        studies,
        scales,
        relations,
        tuple(map(_claim, tables["claim"])),
        source,
    )


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
        "sample_type", "frame", "field_start", "field_end", "published_on", "dates_provenance", "n_provenance",
        "response_rate", "weighting", "moe_basis",
        "citation", "url", "licence", "note",
    )  # fmt: skip
    return PublishedStudy(
        **_texts(row, written),
        modes=row.parts("modes"),
        languages=row.parts("languages"),
        n_interviews=None if n is None else int(n),
        deff=row.number("deff"),
        moe=None if margin is None else _per_one(margin, 100),
    )


def _item(row: Row, scales: Mapping[str, Scale]) -> Item:
    written = (
        "item_id", "study_id", "construct", "topic", "wording_english", "wording_original", "original_language",
        "translation_status", "preamble", "answers", "base_rule", "order", "battery", "note",
    )  # fmt: skip
    return Item(**_texts(row, written), scale=scales.get(row.text("scale_id")))


PER_HUNDRED = ("percent", "percentage_points", "percent_change")


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
