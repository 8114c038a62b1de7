"""Results of tests as people read them: heading, table, footnotes; and as plain values for JSON."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.description import SIMULATED
from ...data.printing import aligned, folded, line_width, markdown, number, width

if TYPE_CHECKING:
    import pandas as pd

FilePath = str | PathLike[str] | None
"""Where to write a file, if anywhere."""

Table = tuple[Sequence[str], Sequence[Sequence[str]], int]
"""Header, rows, and how many leading columns are words."""

Section = tuple[Sequence[str], Table | None]
"""Lines of words, and the table under them, if any."""

MARKS = re.compile(r"[\\`*\[\]<>]|(?<![^\W_])_|_(?![^\W_])")
"""Signs that Markdown or HTML would read; an underscore where it stands at the edge of a word."""

LABEL, HEAD = 28, 14
"""Columns of the terminal that a label has at least, and that a heading over figures takes at most."""


def printed(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay out a result for the terminal: what was estimated, for whom, how; tables; footnotes.

    That answers are simulated stands before everything.

    Examples
    --------
    >>> print(printed(["t test: trust"], [(["item", "p"], [["trust", "0.04"]], 1)], ["A note."]))
    t test: trust
    <BLANKLINE>
    item      p
    trust  0.04
    <BLANKLINE>
    * A note.
    """
    return printed_sections(in_sections(lines, tables), notes)


def printed_sections(sections: Sequence[Section], notes: Sequence[str]) -> str:
    """Lay out sections for the terminal, as :func:`printed` does one."""
    first, under = parted(notes)
    parts = ["\n".join(map(folded, first))]
    for lines, table in sections:
        parts += ["\n".join(map(folded, lines)), "" if table is None else table_text(*table)]
    parts.append("\n".join(folded(f"* {note}") for note in under))
    return "\n\n".join(part for part in parts if part)


def in_markdown(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str]) -> str:
    """Lay out a result in Markdown; labels are text, whatever signs they hold."""
    return markdown_sections(in_sections(lines, tables), notes)


def markdown_sections(sections: Sequence[Section], notes: Sequence[str]) -> str:
    """Lay out sections in Markdown, as :func:`in_markdown` does one."""
    first, under = parted(notes)
    parts = [f"**{escaped(note)}**" for note in first]
    for lines, table in sections:
        parts.append("\n".join(f"{escaped(line)}  " for line in lines).rstrip())
        if table is not None:
            header, rows, words = table
            parts.append(markdown(*_flat([header, *rows]), words))
    parts.append("\n".join(f"- {escaped(note)}" for note in under))
    return "\n\n".join(part for part in parts if part)


def _flat(table: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    header, *rows = [[" ".join(escaped(cell).split()) for cell in row] for row in table]
    return header, rows


def in_html(lines: Sequence[str], tables: Sequence[Table], notes: Sequence[str], path: FilePath) -> str:
    """Lay out a result as one web page, and write it where a path is given."""
    from .result_html import result_page, written

    return written(result_page(in_sections(lines, tables), notes), path)


def in_sections(lines: Sequence[str], tables: Sequence[Table]) -> list[Section]:
    """Put the lines over the first table."""
    return [(lines, tables[0] if tables else None), *(([], each) for each in tables[1:])]


def parted(notes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part the note that answers are simulated, which stands before everything, from those under the tables.

    Examples
    --------
    >>> parted(["A note.", "Simulated respondents; no person was asked."])
    (['Simulated respondents; no person was asked.'], ['A note.'])
    """
    first = [note for note in notes if note.casefold().startswith(SIMULATED)]
    return first, [note for note in notes if note not in first]


def footnotes_of(method: Mapping[str, Any]) -> list[str]:
    """Give a result's footnotes as printed: each source of margins once and short; JSON holds them in full."""
    steps = method.get("weighting") or []
    told = {note for step in steps for note in step["notes"]}
    brief = [note for step in steps for note in step.get("brief", step["notes"])]
    return list(dict.fromkeys([*(note for note in method["footnotes"] if note not in told), *brief]))


def escaped(text: str) -> str:
    r"""Keep a label from being read as Markdown or HTML; an underscore within a word does no harm.

    Examples
    --------
    >>> escaped("<b>*trust_local*</b>"), escaped("_so_")
    ('\\<b\\>\\*trust_local\\*\\</b\\>', '\\_so\\_')
    """
    return MARKS.sub(r"\\\g<0>", text)


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]], words: int) -> str:
    """Lay out a table for the terminal: long labels are folded, and columns that do not fit stand in further blocks.

    Examples
    --------
    >>> wide = table_text(["view", "n"], [["Every word of a long answer " * 8, "12"]], 1)
    >>> max(map(len, wide.splitlines())) <= 118, len(wide.splitlines()) > 2
    (True, True)
    """
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    if sum(widths) + 2 * (len(widths) - 1) <= line_width():
        return aligned(header, rows, words)
    widths = _narrowed(columns, words)
    names, room = list(range(words)), line_width() - sum(width + 2 for width in widths[:words])
    blocks: list[list[int]] = [[]]
    for at in range(words, len(widths)):
        if blocks[-1] and sum(widths[each] + 2 for each in [*blocks[-1], at]) > room + 2:
            blocks.append([])
        blocks[-1].append(at)
    return "\n\n".join(_block([header, *rows], [*names, *block], widths, words) for block in blocks)


def _narrowed(columns: Sequence[Sequence[str]], words: int) -> list[int]:
    """Give the width of each column: of labels what figures leave them, of figures that of their longest word."""
    figures = [
        max([*map(width, column[1:]), *map(width, _wrapped(column[0], HEAD, whole=True))]) for column in columns[words:]
    ]
    needed = [max(map(width, column)) for column in columns[:words]]
    least = [min(need, LABEL) for need in needed]
    taken = sum(least) + 2 * (words - 1)
    spare = line_width() - taken - sum(figure + 2 for figure in figures)
    if spare < 0:
        # figures stand in blocks in any case, and labels may take half of the width
        spare = max(0, line_width() // 2 - taken)
    total = sum(need - low for need, low in zip(needed, least, strict=True)) or 1
    labels = [low + min(need - low, spare * (need - low) // total) for need, low in zip(needed, least, strict=True)]
    return labels + figures


def _block(lines: Sequence[Sequence[str]], places: Sequence[int], widths: Sequence[int], words: int) -> str:
    own, texts = [widths[at] for at in places], sum(at < words for at in places)
    printed_lines = []
    for line in lines:
        cells = [_wrapped(line[at], wide) for at, wide in zip(places, own, strict=True)]
        height = max(map(len, cells))
        for row in range(height):
            # figures stand beside the first line of a label, headings over the figures
            shown = [cell[row] if row < len(cell) else "" for cell in cells]
            printed_lines.append(_across(shown, own, texts))
    return "\n".join(printed_lines)


def _across(cells: Sequence[str], widths: Sequence[int], words: int) -> str:
    padded = [
        cell + " " * (wide - width(cell)) if at < words else " " * (wide - width(cell)) + cell
        for at, (cell, wide) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def _wrapped(text: str, wide: int, *, whole: bool = False) -> list[str]:
    """Fold a text at a width, words that are longer than it as well; Chinese, which has no blanks, anywhere."""
    if width(text) <= wide:
        return [text]
    letters = max(2, wide * len(text) // width(text))
    broken = not whole or width(text) > len(text)
    return textwrap.wrap(text, letters, break_on_hyphens=False, break_long_words=broken) or [""]


def population(method: Mapping[str, Any]) -> str:
    """Say whom a result is about."""
    where = f", where {method['subpopulation']}" if method["subpopulation"] else ""
    return f"For: {method['base_text']}{where}{_titled(method)}. {sample_text(method)}"


def grouped_population(method: Mapping[str, Any]) -> str:
    """Say whom estimates are about, and by what; their base holds the subpopulation already."""
    groups = f", by {', '.join(method['by'])}" if method["by"] else ""
    return f"For: {method['base_text']}{groups}{_titled(method)}. {sample_text(method)}"


def _titled(method: Mapping[str, Any]) -> str:
    title = method["title"] or method["source"]
    return f"; {title}" if title else ""


def sample_text(method: Mapping[str, Any]) -> str:
    """Give the size of the sample, and how many of it are in the base where that is one number and another.

    The sample is everybody with a weight above zero, of the subpopulation where there is one; the base is those of
    them whom the figures are about.

    Examples
    --------
    >>> sample_text({"n": 1200, "weighted_n": 900.0, "n_used": 1100})
    'Sample: n 1,200, weighted 900; base: n 1,100.'
    >>> sample_text({"n": 1200, "weighted_n": 900.0, "items": [{"n": 1200}]})
    'Sample: n 1,200, weighted 900.'
    """
    items = [item["n"] for item in method.get("items") or [] if isinstance(item, Mapping)]
    used = {method["n_used"]} if "n_used" in method else set(items)
    one = next(iter(used)) if len(used) == 1 else method["n"]
    base = f"; base: n {one:,}" if one != method["n"] else ""
    return f"Sample: n {method['n']:,}, weighted {method['weighted_n']:,.0f}{base}."


def sampling(method: Mapping[str, Any]) -> str:
    """Say how the variance was had."""
    parts = [method["weight_source"], *(step["summary"] for step in method["weighting"] or [])]
    parts += [f"{role} {', '.join(method[role])}" for role in ("strata", "psu", "fpc") if method[role]]
    return f"Method: {method['variance']}; {'; '.join(parts)}."


def document(method: Mapping[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    """Give ``{"method": ..., "rows": [...]}`` as plain values for JSON; what is not defined is None."""
    rows = [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    return {"method": dict(method), "rows": rows}


def plain(value: object) -> object:
    """Turn a numpy scalar into Python's own, and what is not a finite number into None.

    Examples
    --------
    >>> plain(np.float64(2.0)), plain(float("nan")), plain("a")
    (2.0, None, 'a')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def p_text(p: float) -> str:
    """Write a p-value, never as 0.

    Examples
    --------
    >>> p_text(0.04321), p_text(0.00003), p_text(float("nan"))
    ('0.0432', '<0.0001', '-')
    """
    return "<0.0001" if p < 0.0001 else number(p, 4)


def df_text(df: float) -> str:
    """Write degrees of freedom: whole numbers without decimals.

    Examples
    --------
    >>> df_text(14.0), df_text(1.6635), df_text(float("inf")), df_text(float("nan"))
    ('14', '1.66', 'inf', '-')
    """
    if math.isinf(df):
        return "inf"
    return number(df, 0 if math.isnan(df) or float(df).is_integer() else 2)
