"""Values, intervals and differences as they are printed."""

from __future__ import annotations

from .comparison import ComparisonRow
from .sentences import points, value_in_words

REPAIRED = "repaired: "
"""How a reason begins that says what was worked out again on the published terms."""


def between(value: float | None, low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Print a value and its interval."""
    return f"{value_in_words(value, row)}{bracket(low, high, row.statistic)}"


def new_value(row: ComparisonRow) -> str:
    """Print the new value and its interval, with a mark where it was worked out again for this pair.

    Examples
    --------
    >>> row = ComparisonRow("q", estimate=0.689, low=0.66, high=0.71, reasons=("repaired: recomputed over all.",))
    >>> new_value(row)
    '68.9%* (66.0 to 71.0)'
    """
    mark = "*" if any(reason.startswith(REPAIRED) for reason in row.reasons) and row.estimate is not None else ""
    return f"{value_in_words(row.estimate, row)}{mark}{bracket(row.low, row.high, row.statistic)}"


def published_bracket(row: ComparisonRow) -> str:
    """Print the published interval in brackets, or nothing."""
    return bracket(row.published_low, row.published_high, row.published_statistic)


def bracket(low: float | None, high: float | None, statistic: str) -> str:
    """Print an interval in brackets, or nothing.

    Examples
    --------
    >>> bracket(0.654, 0.713, "share"), bracket(3.5, 3.7, "mean"), bracket(None, None, "share")
    (' (65.4 to 71.3)', ' (3.50 to 3.70)', '')
    """
    if low is None or high is None:
        return ""
    return f" ({100 * low:.1f} to {100 * high:.1f})" if statistic == "share" else f" ({low:.2f} to {high:.2f})"


def differenced(row: ComparisonRow) -> str:
    """Print the difference and its interval, or say that there is none."""
    if row.difference is None:
        return "not differenced"
    shown = signed(row.difference, row)
    if row.difference_low is None or row.difference_high is None:
        return f"{shown} (no interval)"
    return f"{shown} ({signed(row.difference_low, row)} to {signed(row.difference_high, row)})"


def signed(value: float, row: ComparisonRow) -> str:
    """Print a difference with its sign, and with more digits where the usual ones would look like 0.

    Examples
    --------
    >>> row = ComparisonRow("q")
    >>> signed(-0.086, row), signed(0.0004, row), signed(0.0, row)
    ('-8.6', '+0.04', '0.0')
    """
    return f"{'-' if value < 0 else '+' if value > 0 else ''}{points(value, row)}"
