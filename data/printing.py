"""Numbers and tables as people read them; nothing here is ever computed with again."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

WIDTH = 118
"""Columns that text is folded at, unless the terminal is narrower."""


def folded(line: str) -> str:
    """Fold a long line at the terminal's width; what follows its mark is indented.

    Examples
    --------
    >>> {len(line) <= WIDTH for line in folded("* " + "word " * 100).splitlines()}
    {True}
    """
    return textwrap.fill(line, line_width(), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def line_width() -> int:
    """Give the width to fold at: the same in every file and pipe, on a screen what fits.

    Examples
    --------
    >>> 40 <= line_width() <= WIDTH
    True
    """
    if not sys.stdout.isatty():
        return WIDTH
    return min(WIDTH, max(40, shutil.get_terminal_size((WIDTH, 24)).columns))


def percent(value: float, decimals: int = 1) -> str:
    """Write a share in percent.

    Examples
    --------
    >>> percent(0.4567), percent(float("nan"))
    ('45.7%', '-')
    """
    return "-" if math.isnan(value) else f"{100 * value:.{decimals}f}%"


def number(value: float, decimals: int) -> str:
    """Write a number with thousands separated, or a dash where it is missing.

    Examples
    --------
    >>> number(12345.678, 1), number(float("nan"), 1)
    ('12,345.7', '-')
    """
    return "-" if math.isnan(value) else f"{value:,.{decimals}f}"


NOTHING = 1e-9
"""Part of an estimate below which a standard error is rounding: it would set decimals that nobody knows."""


def decimals_for(errors: Sequence[float], estimates: Sequence[float] = ()) -> int:
    """Give the decimals that show two digits of the smallest standard error that is more than rounding.

    Parameters
    ----------
    errors : sequence of float
        Standard errors, e.g. ``[0.0123, 0.5]``.
    estimates : sequence of float
        What they are the errors of; an error that is nothing beside its estimate counts as 0.

    Examples
    --------
    >>> decimals_for([9e-8, 250.0], [42_000.0, 9_000.0]), decimals_for([9e-8], [42_000.0])
    (0, 2)
    >>> decimals_for([0.0123, 0.5]), decimals_for([250.0]), decimals_for([0.0])
    (3, 0, 2)
    """
    beside = estimates or [0.0] * len(errors)
    positive = [
        error
        for error, estimate in zip(errors, beside, strict=True)
        if error > 0 and math.isfinite(error) and not error < NOTHING * abs(estimate)
    ]
    if not positive:
        return 2
    return min(8, max(0, 1 - math.floor(math.log10(min(positive)))))


def decimals_seen(value: float, usual: int) -> int:
    """Give the decimals at which a number that is not 0 does not look like 0: the usual, or up to three more.

    Examples
    --------
    >>> decimals_seen(4.2, 1), decimals_seen(0.04, 1), decimals_seen(0.0, 1), decimals_seen(1e-12, 1)
    (1, 2, 1, 1)
    """
    return next((more for more in range(usual, usual + 4) if round(abs(value), more) > 0), usual)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> str:
    """Lay out a table for the terminal: text to the left, numbers to the right, Chinese counted as two wide.

    Examples
    --------
    >>> print(aligned(["view", "n"], [["for", "12"], ["against", "7"]], 1))
    view      n
    for      12
    against   7
    """
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(width, column)) for column in columns]
    return "\n".join("  ".join(_cells(row, widths, text_columns)).rstrip() for row in [header, *rows])


def _cells(row: Sequence[str], widths: Sequence[int], text_columns: int) -> Iterator[str]:
    for at, (cell, wide) in enumerate(zip(row, widths, strict=True)):
        space = " " * (wide - width(cell))
        yield cell + space if at < text_columns else space + cell


def width(text: str) -> int:
    """Count the columns a text takes on a terminal.

    Examples
    --------
    >>> width("support"), width("支持")
    (7, 4)
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> str:
    r"""Lay out a table in Markdown.

    Examples
    --------
    >>> print(markdown(["view", "n"], [["for | with", "12"]], 1))
    | view | n |
    | :--- | ---: |
    | for \| with | 12 |
    """
    rule = [":---" if at < text_columns else "---:" for at in range(len(header))]
    names, *escaped = [[cell.replace("|", "\\|") for cell in row] for row in (header, *rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [names, rule, *escaped])


def shortened(text: str, longest: int) -> str:
    """Cut a text at a word, and say so with an ellipsis.

    Examples
    --------
    >>> shortened("Restrict the travel of people", 20), shortened("Travel", 20)
    ('Restrict the…', 'Travel')
    """
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
