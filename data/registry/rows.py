"""Rows of a registry's tables, each with the file and line it was written on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

Cell = str | float | int | None
"""Text as it stands ("" where empty); a number, or None where empty."""


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    table : str
        e.g. ``"estimate"``.
    line : int
        Line of the file it starts on, 1-based.
    values : mapping of str to Cell
        By column.
    file : str
        What messages call the file, e.g. ``"estimate.csv"``.
    """

    table: str
    line: int
    values: Mapping[str, Cell]
    file: str = ""

    def text(self, column: str) -> str:
        """Give a cell as text, "" where empty."""
        value = self.values.get(column)
        return "" if value is None else str(value).removesuffix(".0") if isinstance(value, float) else str(value)

    def plain(self, column: str) -> str:
        """Give a cell as it is written to a file; a number without an exponent.

        Examples
        --------
        >>> Row("estimate", 2, {"rounding": 0.00001, "value": 60.0}).plain("rounding")
        '0.00001'
        """
        value = self.values.get(column)
        return format(Decimal(repr(value)), "f").removesuffix(".0") if isinstance(value, float) else self.text(column)

    def number(self, column: str) -> float | None:
        """Give a number, None where empty."""
        value = self.values.get(column)
        return float(value) if isinstance(value, int | float) else None

    def parts(self, column: str) -> tuple[str, ...]:
        """Give the parts of a cell separated by ';'."""
        return tuple(part.strip() for part in self.text(column).split(";") if part.strip())

    def codes(self, column: str) -> tuple[float, ...]:
        """Give the numbers of a cell separated by ';'."""
        return tuple(float(part) for part in self.parts(column))


Breach = tuple[Row, str]
"""A row, and what is wrong with it and would be right."""


@dataclass(frozen=True)
class Tables:
    """The tables of one registry.

    Attributes
    ----------
    rows : mapping of str to tuple of Row
        By table, in file order.
    """

    rows: Mapping[str, tuple[Row, ...]]

    def __getitem__(self, table: str) -> tuple[Row, ...]:
        """Give the rows of a table."""
        return self.rows.get(table, ())

    def and_also(self, other: Tables) -> Tables:
        """Give these rows with others behind them, table by table."""
        return Tables({name: (*self[name], *other[name]) for name in {**self.rows, **other.rows}})

    @cached_property
    def studies(self) -> Mapping[str, Row]:
        """Studies by id."""
        return {row.text("study_id"): row for row in self["study"]}

    @cached_property
    def items(self) -> Mapping[str, Row]:
        """Items by id."""
        return {row.text("item_id"): row for row in self["item"]}

    @cached_property
    def figures(self) -> Mapping[str, Row]:
        """Figures by id."""
        return {row.text("figure_id"): row for row in self["estimate"]}

    @cached_property
    def scales(self) -> Mapping[str, tuple[Row, ...]]:
        """Options by scale, in file order."""
        return grouped(self["scale"], "scale_id")

    @cached_property
    def sources(self) -> Mapping[str, tuple[Row, ...]]:
        """Sources by figure, in file order."""
        return grouped(self["source"], "figure_id")

    def study_of(self, row: Row) -> Row | None:
        """Give the study of an item or figure; None where the tables do not hold it."""
        item = self.items.get(row.text("item_id"))
        return self.studies.get(item.text("study_id")) if item else None

    def scale_of(self, row: Row) -> tuple[Row, ...]:
        """Give the answer options of a figure's item; none where they are not known."""
        item = self.items.get(row.text("item_id"))
        return self.scales.get(item.text("scale_id"), ()) if item else ()


def grouped(rows: tuple[Row, ...], column: str) -> dict[str, tuple[Row, ...]]:
    """Put rows together by a column, in file order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.text(column), []).append(row)
    return {key: tuple(group) for key, group in groups.items()}
