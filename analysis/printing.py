"""Numbers and tables as people read them; nothing here is ever computed with again."""

from __future__ import annotations

import math
from collections.abc import Sequence


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


def decimals_for(errors: Sequence[float]) -> int:
    """Give the decimals that show two digits of the smallest standard error.

    Examples
    --------
    >>> decimals_for([0.0123, 0.5]), decimals_for([250.0]), decimals_for([0.0])
    (3, 0, 2)
    """
    positive = [error for error in errors if error > 0 and math.isfinite(error)]
    if not positive:
        return 2
    return min(8, max(0, 1 - math.floor(math.log10(min(positive)))))


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> str:
    """Lay out a table for the terminal: text to the left, numbers to the right.

    Examples
    --------
    >>> print(aligned(["view", "n"], [["for", "12"], ["against", "7"]], 1))
    view      n
    for      12
    against   7
    """
    widths = [max(len(row[at]) for row in [header, *rows]) for at in range(len(header))]
    lines = []
    for row in [header, *rows]:
        cells = [
            cell.ljust(width) if at < text_columns else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> str:
    """Lay out a table in Markdown.

    Examples
    --------
    >>> print(markdown(["view", "n"], [["for | with", "12"]], 1))
    | view | n |
    | :--- | ---: |
    | for \\| with | 12 |
    """
    rule = [":---" if at < text_columns else "---:" for at in range(len(header))]
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(header), rule, *escaped])
