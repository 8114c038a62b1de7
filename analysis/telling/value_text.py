"""Values, intervals and differences as they are printed."""

from __future__ import annotations

from .comparison import ComparisonRow
from .sentences import points, value_in_words


def between(value: float | None, low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Print a value and its interval."""
    return f"{value_in_words(value, row)}{bracket(low, high, row.statistic)}"


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
    shown = f"{'+' if row.difference > 0 else '-' if row.difference < 0 else ''}{points(row.difference, row)}"
    if row.difference_low is None or row.difference_high is None:
        return f"{shown} (no interval)"
    low, high = (f"{'-' if end < 0 else '+'}{points(end, row)}" for end in (row.difference_low, row.difference_high))
    return f"{shown} ({low} to {high})"
