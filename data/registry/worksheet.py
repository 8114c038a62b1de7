"""A worksheet of published figures: one flat table, one row a figure, as a team keeps it beside its reading.

The columns are those of the registry's tables, some under a friendlier name; what is said once of a study or a question
need not be said again on the next row.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from .table_schema import allowed, schema


@dataclass(frozen=True)
class Column:
    """One column of the worksheet.

    Attributes
    ----------
    name : str
        As it stands in the header.
    table, column : str
        Where it goes in the registry; the table is empty for what becomes several cells.
    example : str
        A cell of the example row.
    said : str
        What it means, where the schema's own words do not say it.
    required : bool
        Whether the column must be there.
    """

    name: str
    table: str = ""
    column: str = ""
    example: str = ""
    said: str = ""
    required: bool = False

    @property
    def meaning(self) -> str:
        """What a cell holds, with the words it may hold."""
        if self.said or not self.table:
            text = self.said
        else:
            text = next(one["description"] for one in schema()[self.table]["fields"] if one["name"] == self.column)
        words = allowed(self.table, self.column) if self.table else ()
        return f"{text} One of: {', '.join(words)}." if words and "kind" not in self.column else text


def _of(table: str, **cells: str) -> tuple[Column, ...]:
    """Make columns that have their table's own names."""
    return tuple(Column(name, table, name, example) for name, example in cells.items())


COLUMNS: tuple[Column, ...] = (
    Column(
        "study", "study", "study_id", "town2024", required=True,
        said="Short name of the study, e.g. town2024. A study that topline or the folder knows needs no more of the "
        "study's columns; they are filled in on its first row.",
    ),
    Column(
        "item", "item", "item_id", "cameras", required=True,
        said="Short name of the question, e.g. cameras. A question known already needs no more of its columns.",
    ),
    Column(
        "figure", "estimate", "figure_id", "",
        said="Name of the figure, e.g. cameras_men. Left empty, it is named after its item, its answer and its part.",
    ),
    Column("value", "estimate", "value", "60", required=True),
    Column("category", "estimate", "category", "support", required=True),
    Column("base", "estimate", "base", "all", required=True),
    Column("provenance", "source", "provenance", "verified", said="How far you traced the number.", required=True),
    Column(
        "counted", "estimate", "category_set", "1;2",
        said="Codes of the scale that were put together, separated by ';'.",
    ),
    *_of("estimate", collapse_status="stated", as_printed="60%"),
    Column("subgroup", "estimate", "subgroup", "", said="Part of the sample it describes; empty for everyone."),
    Column("n", "estimate", "n_unweighted", "1000"),
    *_of("estimate", statistic="", unit="", rounding="1", qualifier="", lower="", upper="", sd="", direction=""),
    *_of("estimate", erratum=""),
    Column("wording", "item", "wording_english", "Do you support or oppose cameras in public squares?"),
    *_of("item", wording_original=""),
    Column("language", "item", "original_language", "en"),
    Column("wording_status", "item", "translation_status", "verbatim"),
    *_of("item", preamble="", topic="data_surveillance", construct="support_cameras", battery=""),
    Column(
        "scale", "item", "scale_id", "1 Support (+) | 2 Rather support (+) | 3 Oppose (-) | 98 Don't know (dk)",
        said="Name of a scale that is known, e.g. support5, or the options with their codes, separated by '|', each "
        "with its direction: (+), (0) or (-); (dk) don't know, (refused), (not asked).",
    ),
    *_of("item", answers="one", base_rule="", order=""),
    *_of("study", title="Town survey 2024", sponsor="Town council", fieldwork_firm="", programme=""),
    *_of("study", population="adults in the town"),
    Column(
        "country", "", "", "DE",
        said="ISO 3166 code, e.g. DE: the study's, or, of a study with a region, the figure's.",
    ),
    *_of("study", region="", sample_type="probability", frame="register of residents", modes="telephone"),
    *_of("study", field_start="2024-02", field_end="2024-03", published_on="", ended="", n_interviews="1000", deff=""),
    *_of("study", moe_pp="3.1", moe_level="", moe_basis="pollster_stated"),
    Column(
        "moe_provenance", "study", "moe_provenance", "",
        said="How the margin of error is known; empty means as the figure itself (provenance).",
    ),
    *_of("study", response_rate="", weighting="", languages="de"),
    *_of("study", citation="Town council (2024). Town survey. Table 4.", url="", licence=""),
    Column(
        "source", "source", "citation", "", said="What you saw the number in; empty when in the study's own citation."
    ),
    Column("source_kind", "source", "kind", "primary", said="primary (empty means that), release or secondary."),
    *_of("source", locator="table 4", quoted="60 percent support cameras"),
    Column("source_url", "source", "url", ""),
    *_of("source", checked_by="", checked_on=""),
    Column(
        "bank", "comparison", "other_id", "",
        said="Question of the bank that it was held beside, e.g. social_credit.approval: comparisons then find it.",
    ),
    Column("same_as", "", "", "", said="The same, for another published item, e.g. kostka2019.approval."),
    *_of("comparison", relation="", reason="", reviewer="", reviewed_on=""),
    Column("note", "estimate", "note", ""),
)  # fmt: skip

TABLE_OF = {each.name: each for each in COLUMNS}

MARK = "#"
"""Rows that begin with it are for the eye only."""


def template() -> str:
    """Give an empty worksheet: its columns, what each means, and an example, both in rows that are left out.

    Examples
    --------
    >>> template().splitlines()[0][:43]
    'study,item,figure,value,category,base,prove'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([each.name for each in COLUMNS])
    writer.writerow(_marked([each.meaning for each in COLUMNS]))
    writer.writerow(_marked([each.example for each in COLUMNS]))
    return text.getvalue()


def _marked(cells: list[str]) -> list[str]:
    return [f"{MARK} {cells[0]}", *cells[1:]]
