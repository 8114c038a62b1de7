"""What the dashboard says in Streamlit's Markdown: badges and verdicts."""

from __future__ import annotations

from ..analysis.telling.badge import NOT_STATED, disagreement
from ..analysis.telling.comparison import ComparisonRow
from ..analysis.telling.facts import interval_of
from ..analysis.telling.sentences import grade_in_words
from .markup import escaped

GRADE_COLOURS = {"comparable": "green", "qualified": "blue", "not_comparable": "gray"}
PROVENANCE_COLOURS = {"verified": "green", "secondary": "blue", "recalled": "orange", "as_quoted": "orange"}


def badges(row: ComparisonRow) -> str:
    """Give the row's badges as Streamlit Markdown."""
    grade = f":{GRADE_COLOURS[row.grade]}-badge[{grade_in_words(row)}]"
    colour = "orange" if disagreement(row) else PROVENANCE_COLOURS.get(row.provenance, "gray")
    return f"{grade} :{colour}-badge[published value {escaped(row.badge or NOT_STATED)}]"


def verdicts(row: ComparisonRow) -> list[tuple[str, str]]:
    """Give both verdicts with their intervals in Markdown, under the name of the tier."""
    if row.verdict_sampling is None:
        return []
    found = [
        (
            "Sampling error only",
            f"**{escaped(row.verdict_sampling)}** ({interval_of(row.difference_low, row.difference_high, row)})",
        )
    ]
    if row.verdict_total is not None:
        interval = interval_of(row.total_low, row.total_high, row)
        found.append(("With other survey error", f"**{escaped(row.verdict_total)}** ({interval})"))
    return found
