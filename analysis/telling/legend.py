"""How a comparison is read: what verdicts, badges, stability and marks mean, each said where it occurs."""

from __future__ import annotations

from collections.abc import Sequence

from ...data.registry.figure import BADGES
from .badge import SHORT
from .comparison import Comparison, ComparisonRow
from .facts import float_of, points_counted
from .value_text import REPAIRED

USUAL = (("nonsampling", 0.03), ("margin", 0.05))
"""Names in the method, and what stands there unless something else was declared."""

QUOTED = "known only from a web essay that names no source, and seen in no study"

STABILITY = (
    "'stable' and 'depends': the verdicts rest on things that are not known for certain: the published design effect "
    "and number of interviews, rounding, and other survey error. Each is moved alone. A verdict that changes within "
    "what is plausible, which stands in brackets, depends on it; one that changes only beyond, or never, is stable."
)


def verdicts(comparison: Comparison) -> str:
    """Say what the two verdicts know, and when two results count as the same."""
    error, margin = (float_of(comparison.method, *usual) for usual in USUAL)
    return (
        "Verdicts: the first knows only the chance of sampling, the second also allows for "
        f"{points_counted(error)} of other survey error on each side. 'equivalent': the two differ by less than "
        f"{points_counted(margin)}; 'inconclusive': neither a difference nor that is shown."
    )


def badges(rows: Sequence[ComparisonRow]) -> str:
    """Say what the badges among these rows mean; nothing where every value was seen in print.

    Examples
    --------
    >>> badges([ComparisonRow("q", provenance="recalled"), ComparisonRow("r", provenance="verified")])
    "Badges: 'from memory': not seen in print."
    """
    found = [provenance for provenance in SHORT if any(row.provenance == provenance for row in rows)]
    told = [f"'{SHORT[name]}': {meaning(name)}" for name in found if name != "verified"]
    return f"Badges: {'. '.join(told)}." if told else ""


def meaning(provenance: str) -> str:
    """Say what a badge means, without the badge's own words."""
    if provenance == "as_quoted":
        return QUOTED
    known = {str(name): words for name, words in BADGES.items()}[provenance]
    return known.removeprefix(f"{SHORT[provenance]}; ")


def stability(rows: Sequence[ComparisonRow]) -> str:
    """Say what it means that a verdict is stable or depends; nothing where nothing was tested."""
    return STABILITY if any(row.stable is not None for row in rows) else ""


def again_note(rows: Sequence[ComparisonRow]) -> str:
    """Say what the mark behind a new value means; nothing where none has it.

    Examples
    --------
    >>> again_note([ComparisonRow("q", reasons=("repaired: recomputed over everyone asked, as published.",))])
    '* recomputed over everyone asked, as published.'
    """
    told = dict.fromkeys(
        reason.removeprefix(REPAIRED).rstrip(".")
        for row in rows
        for reason in row.reasons
        if reason.startswith(REPAIRED)
    )
    if len(told) > 2:
        return "* worked out again on the published terms; what differs of each pair says how."
    return f"* {'; '.join(told)}." if told else ""
