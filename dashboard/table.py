"""A table that is read across on a wide screen and item by item on a phone, and stays a table to a screen reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

STYLE = """
<style>
.results { width: 100%; border-collapse: collapse; font-size: 0.875rem; line-height: 1.45; }
.results caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.results th, .results td { text-align: left; vertical-align: top; padding: 0.45rem 0.75rem 0.45rem 0;
  border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); overflow-wrap: anywhere; }
.results th { font-weight: 600; }
.results .group th { padding-top: 1.4rem; font-weight: 400; }
.results td { font-variant-numeric: tabular-nums; }
@media (max-width: 700px) {
  .results, .results tbody, .results tr, .results th, .results td { display: block; }
  .results thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .results tr { padding: 0.75rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 35%, transparent); }
  .results th, .results td { border: 0; padding: 0.1rem 0; }
  .results th { font-size: 1rem; }
  .results td::before { content: attr(data-column) ": "; opacity: 0.8; }
}
</style>
"""


def html_table(caption: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Write rows as an HTML table with its style; the first column names the row.

    Parameters
    ----------
    caption : str
        What the table holds, for a screen reader.
    rows : sequence of mapping
        Column to text, the same columns in each.

    Examples
    --------
    >>> html = html_table("All", [{"Item": "a", "New": "68.4% & more"}])
    >>> "68.4% &amp; more</td>" in html
    True
    """
    return html_table_in_groups(caption, [("", rows)])


def html_table_in_groups(caption: str, groups: Sequence[tuple[str, Sequence[Mapping[str, str]]]]) -> str:
    """Write rows as an HTML table in groups, each under a line of words of its own.

    The roles are those the elements have by nature, written out because a table laid out in blocks loses them.

    Parameters
    ----------
    caption : str
        What the table holds, for a screen reader.
    groups : sequence of (str, sequence of mapping)
        The line over each group, which may be empty, and its rows: column to text, the same columns in each.

    Examples
    --------
    >>> html = html_table_in_groups("All", [("Do you support it?", [{"Item": "a", "New": "68.4%"}])])
    >>> '<th role="rowheader" scope="rowgroup" colspan="2">Do you support it?</th>' in html
    True
    """
    columns = list(groups[0][1][0])
    heads = "".join(f'<th role="columnheader" scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(group_of(columns, words, rows) for words, rows in groups)
    return (
        f'{STYLE}<table class="results" role="table"><caption>{escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>{body}</table>'
    )


def group_of(columns: Sequence[str], words: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Write the rows of a group under their line of words."""
    over = f'<th role="rowheader" scope="rowgroup" colspan="{len(columns)}">{escape(words)}</th>'
    head = f'<tr class="group" role="row">{over}</tr>' if words else ""
    return f'<tbody role="rowgroup">{head}{"".join(row_of(columns, row) for row in rows)}</tbody>'


def row_of(columns: Sequence[str], row: Mapping[str, str]) -> str:
    """Write one row."""
    first, *others = columns
    cells = "".join(f'<td role="cell" data-column="{escape(column)}">{escape(row[column])}</td>' for column in others)
    return f'<tr role="row"><th role="rowheader" scope="row">{escape(row[first])}</th>{cells}</tr>'
