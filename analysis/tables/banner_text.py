"""Banner tables for the terminal and in Markdown; a wide banner is folded into blocks of columns."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

from ...data.printing import decimals_for, folded, line_width, markdown, number, percent, shortened, width
from ..printing.result_text import escaped, footnotes_of
from .banner_notes import DASH, LOW_MARK, column_blocks, group_sizes, how_lines, letters_shown, line_label
from .banner_table import Banner, BannerBase, BannerColumn, BannerLine, BannerTable
from .column_letters import LOW_BASE, NO_BASE, SUPPRESSED

LABEL = 30
"""Columns of the terminal for the names of rows, at most."""

HEAD = 12
"""Columns of the terminal for the name of a group, more only where a word is longer."""

Cell = tuple[str, str]
"""A figure, and the letters or the mark behind it."""


def banner_text(banner: Banner) -> str:
    """Lay out all tables for the terminal."""
    parts = ["\n".join(map(folded, how_lines(banner.method)))]
    laid = []
    for table in banner.tables:
        labels, cells = table_cells(banner, table)
        columns = [_printed(column, [row[at] for row in cells]) for at, column in enumerate(banner.columns)]
        laid.append(([shortened(label, LABEL) for label in labels], columns))
    long = {name for labels, columns in laid for name in _too_long(labels, columns)}
    for table, (labels, columns) in zip(banner.tables, laid, strict=True):
        parts += [folded(table.caption), *_folded_columns(labels, columns, long)]
    parts.append("\n".join(folded(f"* {note}") for note in footnotes_of(banner.method)))
    return "\n\n".join(part for part in parts if part)


def banner_markdown(banner: Banner) -> str:
    """Lay out all tables in Markdown: one for each item, letters behind the figures."""
    header = ["", *(_head(column) for column in banner.columns)]
    parts = ["  \n".join(map(escaped, how_lines(banner.method)))]
    for table in banner.tables:
        labels, cells = table_cells(banner, table)
        rows = [
            [label, *(" ".join(filter(None, cell)) for cell in row)] for label, row in zip(labels, cells, strict=True)
        ]
        flat = [[_flat(escaped(text)) for text in row] for row in (header, *rows)]
        parts += [f"**{_flat(escaped(table.caption))}**", markdown(flat[0], flat[1:], 1)]
    parts.append("\n".join(f"- {escaped(note)}" for note in footnotes_of(banner.method)))
    return "\n\n".join(parts)


def table_cells(banner: Banner, table: BannerTable) -> tuple[list[str], list[list[Cell]]]:
    """Give the names of a table's rows, bases first, and what stands in them."""
    bases = [
        (f"{name}{of}", base_cells(base, name))
        for of, base in table.bases
        for name in ("n", "weighted n", *(["effective n"] if banner.method["effective"] else []))
    ]
    sizes = group_sizes(banner.columns)
    rows = [*bases, *((line_label(line), line_cells(line, sizes)) for line in table.lines)]
    return [label for label, _ in rows], [cells for _, cells in rows]


def base_cells(base: BannerBase, name: str) -> list[Cell]:
    """Give a row of bases, low ones marked: ``"n"``, ``"weighted n"`` or ``"effective n"``."""
    values = {"n": base.n, "weighted n": base.weighted_n, "effective n": base.effective_n}[name]
    return [
        (number(float(value), 0), LOW_MARK if flag == LOW_BASE else "")
        for value, flag in zip(values, base.flags, strict=True)
    ]


def line_cells(line: BannerLine, sizes: Sequence[int]) -> list[Cell]:
    """Give the figures of a row with their letters; a dash where a column is not shown."""
    decimals = decimals_for(line.se.tolist(), line.estimate.tolist()) if line.kind == "mean" else 1
    cells: list[Cell] = []
    for at, value in enumerate(line.estimate):
        if line.base.flags[at] in (SUPPRESSED, NO_BASE):
            cells.append((DASH, ""))
        else:
            figure = number(float(value), decimals) if line.kind == "mean" else percent(float(value))
            cells.append((figure, letters_shown(line.higher_than[at], sizes[at])))
    return cells


@dataclass(frozen=True)
class Printed:
    """A column as printed.

    Attributes
    ----------
    banner, heading : str
        The banner variable, and what stands over it.
    head : list of str
        The lines of its heading, the letter last.
    cells : list of str
        Its cells, all of one width.
    wide : int
        That width, or that of the heading.
    """

    banner: str
    heading: str
    head: list[str]
    cells: list[str]
    wide: int


def _printed(column: BannerColumn, cells: Sequence[Cell]) -> Printed:
    figures, letters = (max(width(cell[part]) for cell in cells) for part in (0, 1))
    laid = [_right(figure, figures) + (f" {_left(after, letters)}" if letters else "") for figure, after in cells]
    head = [line for value in column.values for line in textwrap.wrap(value, HEAD, break_long_words=False) or [""]]
    if column.letter:
        head.append(f"({column.letter})")
    # the heading stands over the figures, not over the letters behind them
    behind = letters + 1 if letters else 0
    wide = max([*map(width, laid), *(width(line) + behind for line in head)])
    return Printed(
        column.banner,
        column.heading,
        [_right(line, wide - behind) + " " * behind for line in head],
        [_right(cell, wide) for cell in laid],
        wide,
    )


def _folded_columns(names: Sequence[str], columns: Sequence[Printed], long: Collection[str]) -> list[str]:
    """Put columns side by side, as many as fit."""
    side = max(map(width, names))
    return [_block(names, side, block, long) for block in _blocks(side, columns)]


def _blocks(side: int, columns: Sequence[Printed]) -> list[list[Printed]]:
    room = line_width() - side
    blocks = column_blocks([column.banner for column in columns], [column.wide + 2 for column in columns], room)
    return [[columns[at] for at in block] for block in blocks]


def _too_long(names: Sequence[str], columns: Sequence[Printed]) -> set[str]:
    """Give the banners whose label does not fit over their columns; their name stands there in every table."""
    side, found = max(map(width, names)), set()
    for block in _blocks(side, columns):
        for banner, group in groupby(block, key=lambda column: column.banner):
            members = list(group)
            if width(members[0].heading) > _taken(members) - 2:
                found.add(banner)
    return found


def _taken(columns: Sequence[Printed]) -> int:
    return sum(column.wide + 2 for column in columns)


def _block(names: Sequence[str], side: int, columns: Sequence[Printed], long: Collection[str]) -> str:
    height = max(len(column.head) for column in columns)
    lines = [_headings(side, columns, long)]
    for row in range(height):
        cells = [([""] * (height - len(column.head)) + column.head)[row] for column in columns]
        lines.append(_line("", side, cells, columns))
    lines += [_line(name, side, [column.cells[row] for column in columns], columns) for row, name in enumerate(names)]
    return "\n".join(line for line in lines if line)


def _headings(side: int, columns: Sequence[Printed], long: Collection[str]) -> str:
    """Give the line of banner headings, each over its columns: its label where that fits everywhere, else its name."""
    line = " " * side
    for banner, group in groupby(columns, key=lambda column: column.banner):
        members = list(group)
        wide = _taken(members)
        heading = banner if banner in long else members[0].heading
        line += _left("  " + shortened(heading, max(wide - 2, 8)), wide)
    return line.rstrip()


def _line(name: str, side: int, cells: Sequence[str], columns: Sequence[Printed]) -> str:
    laid = [f"  {_right(cell, column.wide)}" for cell, column in zip(cells, columns, strict=True)]
    return (_left(name, side) + "".join(laid)).rstrip()


def _left(text: str, wide: int) -> str:
    return text + " " * (wide - width(text))


def _right(text: str, wide: int) -> str:
    return " " * (wide - width(text)) + text


def _head(column: BannerColumn) -> str:
    """Name a column in one text, with its banner and letter."""
    name = f"{column.heading}: {column.name}" if column.banner else column.name
    return f"{name} ({column.letter})" if column.letter else name


def _flat(text: str) -> str:
    return " ".join(text.split())
