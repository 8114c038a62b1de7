"""Results as one web page that needs nothing else: no address is asked, labels are text, it reads aloud and prints.

Tables have a caption and headers with a scope (WCAG 2.2, 1.3.1); colours reach a contrast of 4.5 to 1 in the light and
in the dark scheme, which follows the reader's system.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ...data.atomic import replacing
from .result_text import Section, Table, parted

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d4d9e0; --band: #f3f5f8; --page: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #a9b1bb; --line: #3a424e; --band: #1f242c; --page: #13161b; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.35rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.about { color: var(--soft); margin: 0 0 1.25rem; max-width: 70rem; }
.about p { margin: .15rem 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 2rem; position: relative; }
.scroll:focus-visible { outline: 2px solid #2c7fd4; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
/* as wide as its words, not as narrow as the table */
caption span { display: block; width: max-content; max-width: min(60rem, calc(100vw - 3.2rem));
  position: sticky; left: 0; }
.lead { margin: 0 0 .75rem; padding: .4rem .7rem; border: 1px solid var(--line); border-left: 4px solid var(--ink);
  background: var(--band); font-weight: 600; max-width: 70rem; }
th, td { padding: .28rem .6rem; text-align: right; vertical-align: baseline; white-space: nowrap; }
th { font-weight: 600; }
thead th { border-bottom: 1px solid var(--line); vertical-align: bottom; }
.word { text-align: left; }
tbody th { text-align: left; font-weight: 400; white-space: normal; min-width: 6rem; max-width: 24rem; }
tbody tr { border-bottom: 1px solid var(--line); }
tbody tr:last-child { border-bottom: 2px solid var(--line); }
.notes { color: var(--soft); font-size: .87rem; max-width: 60rem; padding-left: 1.1rem; overflow-wrap: anywhere; }
.notes li { margin: .2rem 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print {
  :root { --ink: #000; --soft: #333; --line: #999; --band: #eee; --page: #fff; }
  @page { size: A4 landscape; margin: 12mm; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  .scroll { overflow: visible; }
  thead { display: table-header-group; }
  tr, caption { break-inside: avoid; }
}
"""


def result_page(sections: Sequence[Section], notes: Sequence[str]) -> str:
    """Lay out a result: what was estimated as heading, for whom and how, then tables and footnotes.

    The first line of all is the heading; of later sections the first line is the caption of the table. That answers
    are simulated stands before everything.

    Parameters
    ----------
    sections : sequence of (lines, table)
        As ``to_markdown`` of every result has them, e.g. ``[(["Mean: trust"], (["item", "n"], [["trust", "4"]], 1))]``.
    notes : sequence of str
        Footnotes.

    Examples
    --------
    >>> page = result_page([(["Mean: <trust>"], (["item", "n"], [["trust", "4"]], 1))], ["A note."])
    >>> "<h1>Mean: &lt;trust&gt;</h1>" in page, "http:" in page
    (True, False)
    """
    first, under = parted(notes)
    listed = [(list(lines), table) for lines, table in sections]
    title = next((lines.pop(0) for lines, _ in listed if lines), "Result")
    parts = [*(f'<p class="lead">{text(note)}</p>' for note in first), f"<h1>{text(title)}</h1>"]
    for place, (lines, table) in enumerate(listed):
        # over the first table stand lines for whom and how, over every other its caption
        caption = lines.pop(0) if place and lines and table is not None else title
        parts.append(paragraphs(lines))
        if table is not None:
            parts.append(table_html(table, caption=caption, seen=caption != title))
    return page(title, "\n".join(filter(None, parts)) + footnotes(under))


def page(title: str, body: str, style: str = "", *, language: str = "en") -> str:
    """Give a whole document; ``body`` is HTML, ``title`` is text.

    Examples
    --------
    >>> page("A & B", "<p>x</p>").splitlines()[0]
    '<!DOCTYPE html>'
    """
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # a page that asks nobody for anything, whatever a label holds
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{text(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def table_html(table: Table, *, caption: str, seen: bool = True) -> str:
    """Give a table whose words are row headers and whose figures stand to the right.

    Parameters
    ----------
    table : Table
        Header, rows and how many leading columns are words.
    caption : str
        What it is.
    seen : bool
        Whether the caption is shown, or only read aloud because the heading says the same.

    Examples
    --------
    >>> print(table_html((["view", "n"], [["for", "12"]], 1), caption="Views").splitlines()[1])
    <table><caption><span>Views</span></caption>
    """
    header, rows, words = table
    hidden = "" if seen else ' class="unseen"'
    heads = [f'<th scope="col"{_word(at, words)}>{text(name)}</th>' for at, name in enumerate(header)]
    return "\n".join(
        [
            scrolled(caption),
            f"<table><caption><span{hidden}>{text(caption)}</span></caption>",
            f"<thead><tr>{''.join(heads)}</tr></thead>",
            "<tbody>",
            *(f"<tr>{''.join(_cell(cell, at, words) for at, cell in enumerate(row))}</tr>" for row in rows),
            "</tbody></table></div>",
        ]
    )


def scrolled(name: str) -> str:
    """Open a box that scrolls sideways, for the keyboard as well."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{text(name)}">'


def _word(at: int, words: int) -> str:
    return ' class="word"' if at < words else ""


def _cell(cell: str, at: int, words: int) -> str:
    # an empty cell is no header
    return f'<th scope="row">{text(cell)}</th>' if at < words and cell else f"<td>{text(cell)}</td>"


def paragraphs(lines: Sequence[str]) -> str:
    """Give lines of words under the heading."""
    return f'<div class="about">{"".join(f"<p>{text(line)}</p>" for line in lines)}</div>' if lines else ""


def footnotes(notes: Sequence[str]) -> str:
    """Give footnotes as a list; nothing where there are none."""
    if not notes:
        return ""
    listed = "".join(f"<li>{text(note)}</li>" for note in notes)
    return f'\n<ul class="notes" aria-label="Notes">{listed}</ul>'


def text(words: str) -> str:
    """Give a text as HTML shows it, whatever signs it holds; control characters are left out.

    Examples
    --------
    >>> text("<b>'a' & b")
    '&lt;b&gt;&#x27;a&#x27; &amp; b'
    """
    return escape("".join(sign for sign in words if sign >= " " or sign in "\n\t"))


def written(document: str, path: str | os.PathLike[str] | None) -> str:
    """Give the document, and write it whole or not at all where a path is given.

    Raises
    ------
    FileError
        When the file cannot be written.

    Examples
    --------
    >>> written("<p>x</p>", None)
    '<p>x</p>'
    """
    if path is not None:
        with replacing(Path(path)) as temporary:
            temporary.write_text(document, encoding="utf-8")
    return document
