"""Pairs that are not compared: a list of published figures and why each stands alone, with no axis in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .badge import NOT_STATED, disagreement
from .comparison import ComparisonRow
from .facts import WORDING_STATUS, minus, short_label
from .groups import counted, published_counted
from .reasons import with_repair
from .sentences import published_in_words, study_in_words
from .value_text import between, published_bracket

NO_FIGURE = "no figure worked out"


def apart_rows(rows: Sequence[ComparisonRow], minimum: int) -> list[Mapping[str, str]]:
    """Give one line for each published figure and reason, with every question of ours that it stands beside.

    Examples
    --------
    >>> pair = {"published_id": "sinus2019.punish", "published": 0.18, "published_wording": "Punish low scores"}
    >>> lines = apart_rows([ComparisonRow("travel", **pair), ComparisonRow("loans", **pair)], minimum=30)
    >>> [(line["Published question"], line["Our nearest question"]) for line in lines]
    [('Punish low scores', '“travel”: no figure worked out; “loans”: no figure worked out')]
    """
    found: dict[tuple[str, tuple[str, ...]], list[ComparisonRow]] = {}
    for row in rows:
        found.setdefault((row.published_id, row.reasons[:1]), []).append(row)
    return [line(some, minimum) for some in found.values()]


def line(rows: Sequence[ComparisonRow], minimum: int) -> Mapping[str, str]:
    """Give the cells of one published figure."""
    first = rows[0]
    return {
        "Published question": question(first),
        "Published": figure(first),
        "Source": source(first),
        "Why it is not compared": with_repair(first)[0] if first.reasons else "No reason recorded.",
        "Our nearest question": "; ".join(ours(row, minimum) for row in rows),
    }


def question(row: ComparisonRow) -> str:
    """Give the published question, with how well its wording is known."""
    asked = " ".join(text for text in (row.published_preamble, row.published_wording) if text) or row.published_item
    status = WORDING_STATUS.get(row.published_wording_status, row.published_wording_status)
    return f"{asked} ({status})" if row.published_wording_status else asked


def figure(row: ComparisonRow) -> str:
    """Give the published figure with the answers it counts and its base."""
    size = f"n {row.published_n:,.0f}" if row.published_n is not None else "n not stated"
    return f"{minus(published_in_words(row) + published_bracket(row))}: {published_counted(row)}; {size}"


def source(row: ComparisonRow) -> str:
    """Name the study, whom it asked and when, and how far the value may be trusted."""
    printed = row.published_sources if disagreement(row) else ()
    parts = (study_in_words(row), row.published_population, row.published_dates, row.badge or NOT_STATED, *printed)
    return "; ".join(part for part in parts if part)


def ours(row: ComparisonRow, minimum: int) -> str:
    """Give our question, and our figure where one was worked out."""
    if row.suppressed:
        return f"“{short_label(row)}”: base under {minimum}"
    if row.estimate is None:
        return f"“{short_label(row)}”: {NO_FIGURE}"
    size = f", n {row.n:,.0f}" if row.n is not None else ""
    return f"“{short_label(row)}”: {minus(between(row.estimate, row.low, row.high, row))}, {counted(row)}{size}"
