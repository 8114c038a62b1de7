"""How far a published value may be trusted, in a word or two: what stands beside it wherever it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from ...data.registry.figure import SHORT_BADGES
from .comparison import ComparisonRow

SHORT: Mapping[str, str] = {str(grade): words for grade, words in SHORT_BADGES.items()}
"""The grades of provenance, in a word or two."""

NOT_STATED = "provenance not stated"

DISAGREE = "sources disagree"
"""What stands behind the badge of a figure that several sources print otherwise."""


def badge_in_short(row: ComparisonRow) -> str:
    """Give the badge for a table: the grade, and whether sources disagree.

    Examples
    --------
    >>> badge_in_short(ComparisonRow("travel", provenance="as_quoted"))
    'as quoted'
    >>> badge_in_short(ComparisonRow("travel", provenance="verified", badge="seen in print; sources disagree"))
    'verified; sources disagree'
    """
    return "; ".join(part for part in (SHORT.get(row.provenance, NOT_STATED), disagreement(row)) if part)


def warning_badge(row: ComparisonRow) -> str:
    """Give the badge for a chart, where a value that was seen in print, and is not in conflict, needs none.

    Examples
    --------
    >>> warning_badge(ComparisonRow("travel", provenance="recalled"))
    'from memory'
    >>> warning_badge(ComparisonRow("travel", provenance="verified"))
    ''
    """
    return disagreement(row) if row.provenance == "verified" else badge_in_short(row)


def disagreement(row: ComparisonRow) -> str:
    """Say that sources print the figure otherwise; nothing where they do not."""
    return DISAGREE if DISAGREE in row.badge else ""
