"""Banner tables as one web page: contents, a table for each item, and what the letters and bases mean."""

from __future__ import annotations

from collections.abc import Sequence

from ..printing.result_html import footnotes, page, paragraphs, scrolled, text
from ..printing.result_text import footnotes_of
from .banner_notes import column_blocks, how_lines
from .banner_table import Banner, BannerColumn, BannerTable, HeaderCell, header_rows
from .banner_text import Cell, table_cells

FOLD = 12
"""Columns that stand side by side, so that a sheet of paper holds them; more are folded into further tables."""

STYLE = """
nav ol { padding-left: 1.6rem; margin: .3rem 0 1.8rem; }
nav a { color: inherit; }
.banner { margin-bottom: 2.2rem; }
.banner .scroll { margin-bottom: 1rem; }
.banner thead th { text-align: center; vertical-align: bottom; white-space: normal; min-width: 3.5rem; }
.banner thead tr:last-child th { color: var(--soft); font-weight: 400; padding-top: 0; }
.banner thead td { border-bottom: 1px solid var(--line); }
.banner tbody th { min-width: 11rem; position: sticky; left: 0; background: var(--page); }
.banner td { padding-right: 0; }
.banner .letters { text-align: left; padding-left: .3rem; padding-right: .7rem; font-size: .85em; color: var(--soft); }
.banner .first { border-left: 1px solid var(--line); }
.banner .base, .banner .base th { color: var(--soft); background: var(--band); }
.banner .base th, .banner .base td { border-bottom: 0; padding-top: .12rem; padding-bottom: .12rem; }
.banner .net th, .banner .net td, .banner .mean th, .banner .mean td { font-weight: 600; }
.banner .net .letters, .banner .mean .letters { font-weight: 400; }
.banner .again { font-weight: 400; color: var(--soft); }
@media print {
  .banner table { font-size: 7.5pt; break-inside: avoid; }
  .banner th, .banner td { padding-top: .1rem; padding-bottom: .1rem; }
  .banner tbody th { position: static; min-width: 7rem; }
}
"""


def banner_html(banner: Banner) -> str:
    """Lay out all tables as one document."""
    title = str(banner.method["title"] or "Banner tables")
    parts = [f"<h1>{text(title)}</h1>", paragraphs(how_lines(banner.method)), _contents(banner.tables)]
    parts += [_tables(banner, table, at) for at, table in enumerate(banner.tables, start=1)]
    return page(title, "\n".join(part for part in parts if part) + footnotes(footnotes_of(banner.method)), STYLE)


def _contents(tables: Sequence[BannerTable]) -> str:
    if len(tables) < 2:
        return ""
    items = "".join(f'<li><a href="#table-{at}">{text(table.caption)}</a></li>' for at, table in enumerate(tables, 1))
    return f'<nav aria-label="Tables"><ol>{items}</ol></nav>'


def _tables(banner: Banner, table: BannerTable, number: int) -> str:
    """Give the table of an item, folded where its columns are many."""
    labels, cells = table_cells(banner, table)
    kinds = ["base"] * (len(labels) - len(table.lines)) + [line.kind for line in table.lines]
    blocks = column_blocks([column.banner for column in banner.columns], [1] * len(banner.columns), FOLD)
    parts = []
    for place, block in enumerate(blocks):
        columns = [banner.columns[at] for at in block]
        starts = [at == 0 or columns[at - 1].banner != column.banner for at, column in enumerate(columns)]
        again = ' class="again"' if place else ""
        caption = f"<span{again}>{text(table.caption)}{' (continued)' if place else ''}</span>"
        rows = [
            _row(kind, label, [row[at] for at in block], starts)
            for kind, label, row in zip(kinds, labels, cells, strict=True)
        ]
        parts += [
            scrolled(f"{table.caption}{f', part {place + 1}' if place else ''}"),
            f"<table><caption>{caption}</caption>",
            _heading(columns, starts),
            "<tbody>",
            *rows,
            "</tbody></table></div>",
        ]
    return f'<section class="banner" id="table-{number}">\n' + "\n".join(parts) + "\n</section>"


def _heading(columns: Sequence[BannerColumn], starts: Sequence[bool]) -> str:
    rows = header_rows(columns)
    corner = f'<td rowspan="{len(rows)}"></td>'
    lines = ["".join(_head(cell, starts, letter=at == len(rows) - 1) for cell in row) for at, row in enumerate(rows)]
    return f"<thead><tr>{corner}{'</tr><tr>'.join(lines)}</tr></thead>"


def _head(cell: HeaderCell, starts: Sequence[bool], *, letter: bool) -> str:
    """Give a cell of the heading; each column of the banner is two: the figure and its letters."""
    down = f' rowspan="{cell.down}"' if cell.down > 1 else ""
    edge = ' class="first"' if starts[cell.at] else ""
    place = f'colspan="{2 * cell.across}"{down}{edge}'
    if not cell.text:
        return f"<td {place}></td>"
    before = '<span class="unseen">column </span>' if letter else ""
    return f'<th scope="{"colgroup" if cell.across > 1 else "col"}" {place}>{before}{text(cell.text)}</th>'


def _row(kind: str, label: str, cells: Sequence[Cell], starts: Sequence[bool]) -> str:
    shown = "".join(_cell(cell, edge=start) for cell, start in zip(cells, starts, strict=True))
    return f'<tr class="{kind}"><th scope="row">{text(label)}</th>{shown}</tr>'


def _cell(cell: Cell, *, edge: bool) -> str:
    figure, after = cell
    before = '<span class="unseen">higher than </span>' if after[:1].isalpha() else ""
    first = ' class="first"' if edge else ""
    return f'<td{first}>{text(figure)}</td><td class="letters">{before}{text(after)}</td>'
