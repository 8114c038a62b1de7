"""What those without an answer could do to a difference, in a sentence."""

from __future__ import annotations

from .comparison import ComparisonRow
from .english import ENGLISH
from .sentences import Told


def unanswered_in_words(row: ComparisonRow) -> str:
    """Say what a difference could be if those without an answer had answered; nothing where that is not known.

    Examples
    --------
    >>> unanswered_in_words(ComparisonRow("travel", dont_know=0.09, refused=0.0, bounds_low=0.545, bounds_high=0.635,
    ...     bounds_interval_low=0.52, bounds_interval_high=0.66))
    '9.0% of everyone asked did not know. Had they answered, the new value would lie between 54.5% and 63.5% (52.0% to \
66.0% with sampling error); how many gave no answer to the published question is not on record.'
    """
    if row.bounds_low is None or row.bounds_high is None:
        return ""
    nobody, other = row.bounds_low == row.bounds_high, row.published_bounds_low is not None
    if nobody and not other:
        return ""
    here = "Everyone asked here gave an answer" if nobody else f"{who(row)}. {had_they_answered(row)}"
    if not other:
        return f"{here}; how many gave no answer to the published question is not on record."
    return f"{here}; {both_sides(row)}."


def who(row: ComparisonRow) -> str:
    """Say how many did not know and how many refused."""
    parts = [(row.dont_know, "did not know"), (row.refused, "refused")]
    said = [
        f"{100 * share:.1f}%{' of everyone asked' * (not at)} {did}" for at, (share, did) in enumerate(shown(parts))
    ]
    return " and ".join(said)


def shown(parts: list[tuple[float | None, str]]) -> list[tuple[float, str]]:
    """Keep the shares above 0."""
    return [(share, did) for share, did in parts if share]


def had_they_answered(row: ComparisonRow) -> str:
    """Give the new bounds, with their interval."""
    told = Told(row, ENGLISH)
    low, high = told.value(row.bounds_low), told.value(row.bounds_high)
    said = f"Had they answered, the new value would lie between {low} and {high}"
    if row.bounds_interval_low is None or row.bounds_interval_high is None:
        return said
    ends = [told.value(end) for end in (row.bounds_interval_low, row.bounds_interval_high)]
    return f"{said} ({ends[0]} to {ends[1]} with sampling error)"


def both_sides(row: ComparisonRow) -> str:
    """Give the published bounds, the difference they leave, and whether the two ranges overlap."""
    ends = [
        end or 0.0 for end in (row.bounds_low, row.bounds_high, row.published_bounds_low, row.published_bounds_high)
    ]
    low, high, other_low, other_high = ends
    told = Told(row, ENGLISH)
    overlap = low <= other_high and other_low <= high
    said = (
        f"the published one would lie between {told.value(other_low)} and {told.value(other_high)}, "
        f"and the difference {told.spread(low - other_high, high - other_low)}: the two ranges "
    )
    if overlap:
        return f"{said}overlap, so those without an answer could make or undo a difference by themselves"
    return (
        f"{said}do not overlap, so those on record without an answer do not account for the whole difference by "
        "themselves; this leaves out sampling error, and refusals that were not recorded"
    )
