"""Banner tables as an Excel workbook: contents and notes, all tables on one sheet, every number on another.

Figures are numbers with a format, so that they can be computed with; letters stand in a narrow column to the right of
each figure. Nothing is written as a formula or as a link to elsewhere: text that begins with ``=`` stays text.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ...data.atomic import replacing
from ...data.errors import FileError
from ...data.printing import decimals_for, width
from ..printing.result_text import footnotes_of
from .banner_notes import column_blocks, group_sizes, how_lines, line_label
from .banner_table import Banner, BannerBase, BannerLine, BannerTable, HeaderCell, header_rows
from .banner_text import Cell, base_cells, line_cells

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}

LONGEST = 32_000
"""Characters that a cell takes, less some (Excel: 32,767)."""

LABEL, FIGURE = 34, 11
"""Widths of the column of names and of those of figures, in characters."""

SHEET, SCALE = 165, 60
"""Characters across a printed page in landscape at this scale in percent; wider banners take several pages."""

LINE = 15
"""Height of a line, in points."""

SOFT, BAND, EDGE = "#57606A", "#F3F5F8", "#B8C0CA"


def write_banner(banner: Banner, path: str | os.PathLike[str]) -> None:
    """Write the workbook, whole or not at all."""
    from xlsxwriter import Workbook

    if Path(path).suffix.lower() != ".xlsx":
        raise FileError(
            f"{path} does not end in .xlsx, and a workbook under another name would not open. Write to_xlsx("
            f"'{Path(path).with_suffix('.xlsx').name}'), or the rows as they are: to_frame().to_csv(...)."
        )
    with replacing(Path(path)) as temporary, Workbook(str(temporary), OPTIONS) as workbook:
        workbook.set_properties({"title": _title(banner)})
        contents, tables, data = (workbook.add_worksheet(name) for name in ("Contents", "Tables", "Data"))
        places = TableSheet(workbook, tables, banner).write()
        _write_contents(workbook, contents, banner, places)
        _write_data(workbook, data, banner)


def _title(banner: Banner) -> str:
    return str(banner.method["title"] or "Banner tables")


class TableSheet:
    """The sheet of all tables under one heading.

    Parameters
    ----------
    workbook : xlsxwriter.Workbook
        The book.
    sheet : xlsxwriter.worksheet.Worksheet
        An empty sheet of it.
    banner : Banner
        What to write.
    """

    def __init__(self, workbook: Workbook, sheet: Worksheet, banner: Banner) -> None:
        """Take an empty sheet."""
        self.workbook, self.sheet, self.banner = workbook, sheet, banner
        self.made: dict[tuple[tuple[str, object], ...], Format] = {}

    def write(self) -> list[int]:
        """Write heading, tables and footnotes; give the row of each table."""
        depth = self._heading()
        self._set_up(depth)
        row, places = depth + 1, []
        for table in self.banner.tables:
            places.append(row)
            row = self._table(row, table) + 1
        for note in footnotes_of(self.banner.method):
            # over several pages the column of names is printed on each, and would repeat a part of every note
            first = 0 if len(self._blocks) == 1 else 1
            row = self._words(row, note, self._format(font_color=SOFT, text_wrap=True, valign="top"), first=first)
        return places

    def _set_up(self, depth: int) -> None:
        sheet, letters = self.sheet, self._letter_widths
        sheet.freeze_panes(depth, 1)
        sheet.set_column(0, 0, LABEL)
        for at, wide in enumerate(letters):
            sheet.set_column(1 + 2 * at, 1 + 2 * at, FIGURE)
            sheet.set_column(2 + 2 * at, 2 + 2 * at, wide)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.repeat_rows(0, depth - 1)
        sheet.repeat_columns(0)
        pages = self._blocks
        if len(pages) == 1:
            sheet.fit_to_pages(1, 0)
        else:
            sheet.set_print_scale(SCALE)
            sheet.set_v_pagebreaks([1 + 2 * block[0] for block in pages[1:]])
        sheet.set_footer("&L&A&RPage &P of &N")

    @cached_property
    def _letter_widths(self) -> list[float]:
        """Give the width of each column of letters: as narrow as what stands in it."""
        cells = [line_cells(line, self._sizes) for table in self.banner.tables for line in table.lines]
        return [max([2.0, *(1.3 * len(row[at][1]) + 1 for row in cells)]) for at in range(len(self.banner.columns))]

    @cached_property
    def _blocks(self) -> list[list[int]]:
        """Give the columns of each page across, so that no page ends between a figure and its letters."""
        widths = [math.ceil(FIGURE + wide) for wide in self._letter_widths]
        return column_blocks([column.banner for column in self.banner.columns], widths, SHEET - LABEL)

    @cached_property
    def _sizes(self) -> list[int]:
        return group_sizes(self.banner.columns)

    def _heading(self) -> int:
        """Write the heading, anew on each page; give the number of its rows."""
        columns = self.banner.columns
        levels = max(len(column.values) for column in columns)
        for block in self._blocks:
            for at, row in enumerate(header_rows([columns[place] for place in block], levels)):
                for cell in row:
                    self._head(at, replace(cell, at=block[0] + cell.at), letters=at > levels)
        self.sheet.set_row(0, LINE * max(self._lines(cell) for cell in header_rows(columns, levels)[0]))
        self.sheet.set_row(
            levels, LINE * max(self._lines(HeaderCell(c.values[-1], at)) for at, c in enumerate(columns))
        )
        return levels + 2

    def _head(self, at: int, cell: HeaderCell, *, letters: bool) -> None:
        look = {"font_color": SOFT} if letters else {"bold": True}
        form = self._format(align="center", valign="bottom", text_wrap=True, bottom=1, bottom_color=EDGE, **look)
        first, last = 1 + 2 * cell.at, 2 * (cell.at + cell.across)
        self.sheet.merge_range(at, first, at + cell.down - 1, last, "", form)
        if cell.text:
            self.sheet.write_string(at, first, cell.text[:LONGEST], form)

    def _lines(self, cell: HeaderCell) -> int:
        room = sum(FIGURE + wide for wide in self._letter_widths[cell.at : cell.at + cell.across])
        return max(1, math.ceil(1.15 * width(cell.text) / room))

    def _table(self, row: int, table: BannerTable) -> int:
        """Write a table; give the row under it."""
        row = self._words(row, table.caption, self._format(bold=True, text_wrap=True, valign="top"))
        for of, base in table.bases:
            for name, values in _bases(base, effective=bool(self.banner.method["effective"])):
                self._row(row, f"{name}{of}", values, base_cells(base, name), "#,##0", font_color=SOFT, bg_color=BAND)
                row += 1
        for line in table.lines:
            strong = {"bold": True} if line.kind != "category" else {}
            self._row(
                row,
                line_label(line),
                line.estimate.tolist(),
                line_cells(line, self._sizes),
                _figure_format(line),
                **strong,
            )
            row += 1
        return row

    def _row(
        self,
        row: int,
        label: str,
        values: Sequence[float],
        cells: Sequence[Cell],
        figure: str,
        **look: object,
    ) -> None:
        """Write a row: its name, then each figure with the letters or the mark right of it."""
        sheet = self.sheet
        sheet.write_string(row, 0, label[:LONGEST], self._format(text_wrap=True, valign="top", **look))
        if width(label) > LABEL:
            sheet.set_row(row, LINE * math.ceil(1.1 * width(label) / LABEL))
        number = self._format(num_format=figure, valign="top", **look)
        dash = self._format(align="right", valign="top", **look)
        letters = self._format(**{**look, "bold": False, "font_color": SOFT, "font_size": 9, "valign": "top"})
        for at, (value, (shown, after)) in enumerate(zip(values, cells, strict=True)):
            if math.isfinite(value):
                sheet.write_number(row, 1 + 2 * at, float(value), number)
            else:
                sheet.write_string(row, 1 + 2 * at, shown, dash)
            if after:
                sheet.write_string(row, 2 + 2 * at, after, letters)
            else:
                sheet.write_blank(row, 2 + 2 * at, None, letters)

    def _words(self, row: int, words: str, form: Format, first: int = 0) -> int:
        """Write a text over the columns of the first page; give the row under it."""
        last = 2 + 2 * self._blocks[0][-1]
        room = sum([FIGURE + self._letter_widths[at] for at in self._blocks[0]]) + (0 if first else LABEL)
        self.sheet.merge_range(row, first, row, last, "", form)
        self.sheet.write_string(row, first, words[:LONGEST], form)
        self.sheet.set_row(row, LINE * math.ceil(width(words) / room))
        return row + 1

    def _format(self, **look: object) -> Format:
        """Give a format, made once for each look."""
        key = tuple(sorted(look.items()))
        if key not in self.made:
            self.made[key] = self.workbook.add_format(look)
        return self.made[key]


def _bases(base: BannerBase, *, effective: bool) -> list[tuple[str, Sequence[float]]]:
    rows = [("n", base.n), ("weighted n", base.weighted_n), ("effective n", base.effective_n)]
    return [(name, values.tolist()) for name, values in rows[: 3 if effective else 2]]


def _figure_format(line: BannerLine) -> str:
    """Give the number format of a row: percent, or as many decimals as a mean's errors allow."""
    if line.kind != "mean":
        return "0.0%"
    decimals = decimals_for(line.se.tolist(), line.estimate.tolist())
    return "#,##0." + "0" * decimals if decimals else "#,##0"


def _write_contents(workbook: Workbook, sheet: Worksheet, banner: Banner, places: Sequence[int]) -> None:
    """Write what the tables are, a link to each, and the notes."""
    heading, words = workbook.add_format({"bold": True, "font_size": 14}), workbook.add_format({"text_wrap": True})
    link = workbook.add_format({"font_color": "#1A5599", "underline": 1, "text_wrap": True, "valign": "top"})
    soft = workbook.add_format({"text_wrap": True, "font_color": SOFT, "valign": "top"})
    bold = workbook.add_format({"bold": True, "valign": "top"})
    sheet.set_column(0, 0, 7)
    sheet.set_column(1, 1, 110)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, _title(banner)[:LONGEST], heading)
    row = 1
    for line in how_lines(banner.method):
        row = _line_of_words(sheet, row, line, words)
    row += 1
    sheet.write_string(row, 0, "Table", bold)
    sheet.write_string(row, 1, "Item", bold)
    for number, (table, place) in enumerate(zip(banner.tables, places, strict=True), start=1):
        row += 1
        sheet.write_number(row, 0, number, workbook.add_format({"align": "left", "valign": "top"}))
        _line_of_words(sheet, row, table.caption, link)
        sheet.write_url(row, 1, f"internal:'Tables'!A{place + 1}", link, table.caption[:LONGEST])
    row += 2
    sheet.write_string(row, 0, "Notes", bold)
    for note in footnotes_of(banner.method):
        row = _line_of_words(sheet, row, note, soft)


def _line_of_words(sheet: Worksheet, row: int, words: str, form: Format) -> int:
    sheet.write_string(row, 1, words[:LONGEST], form)
    sheet.set_row(row, LINE * math.ceil(0.95 * width(words) / 110))
    return row + 1


def _write_data(workbook: Workbook, sheet: Worksheet, banner: Banner) -> None:
    """Write the tidy frame at full precision, ready for a filter or a pivot table."""
    frame = banner.to_frame()
    head = workbook.add_format({"bold": True, "bottom": 1})
    for at, name in enumerate(frame.columns):
        sheet.write_string(0, at, str(name), head)
        for row, value in enumerate(frame[name].tolist(), start=1):
            if isinstance(value, str):
                sheet.write_string(row, at, value[:LONGEST])
            elif math.isfinite(value):
                sheet.write_number(row, at, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    sheet.set_column(0, len(frame.columns) - 1, 14)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
