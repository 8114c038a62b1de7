"""Items asked under one stem, and what their percentages count: what a reader must see above a chart or a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .comparison import ComparisonRow

NOT_STATED = "answers counted not stated"


@dataclass(frozen=True)
class Group:
    """Rows that were asked under one stem and count the same answers.

    Attributes
    ----------
    battery : str
        Name of the battery, e.g. ``"punishment"``; empty for single items.
    stem : str
        The question up to the item; empty where each item is a question of its own.
    counted : str
        The answers that the figures count, e.g. ``"support: Somewhat support or Strongly support"``.
    rows : tuple of ComparisonRow
        In the order given.
    """

    battery: str
    stem: str
    counted: str
    rows: tuple[ComparisonRow, ...]

    @property
    def statistic(self) -> str:
        """``"share"`` or ``"mean"``."""
        return self.rows[0].statistic

    @property
    def heading(self) -> list[str]:
        """The lines above the group: its battery and stem where it has one, and the answers counted."""
        asked = f"{self.battery}: " if self.battery else ""
        counts = "Each figure is the" if self.statistic == "mean" else "Each percentage is the share answering"
        lines = [f"{counts} {self.counted}."]
        return [f"{asked[:1].upper()}{asked[1:]}“{self.stem}”", *lines] if self.stem else lines


def grouped(rows: Sequence[ComparisonRow]) -> tuple[Group, ...]:
    """Put rows under one stem together; groups stand in the order of their first rows.

    Examples
    --------
    >>> stem = "Do you support it?"
    >>> rows = [ComparisonRow(name, label=name, wording={"en": f"{stem} {name}"}) for name in ("travel", "loans")]
    >>> [(group.stem, len(group.rows)) for group in grouped(rows)]
    [('Do you support it?', 2)]
    """
    found: dict[tuple[str, ...], list[ComparisonRow]] = {}
    for row in rows:
        stem = stem_of(row)
        found.setdefault((row.battery if stem else "", stem, counted(row), row.statistic), []).append(row)
    return tuple(Group(key[0], key[1], key[2], tuple(some)) for key, some in found.items())


def stem_of(row: ComparisonRow) -> str:
    """Give the question up to the item, in the language of the item's label; empty for a question of its own.

    Where no wording ends in the label, the published preamble says what the item belongs to.

    Examples
    --------
    >>> stem_of(ComparisonRow("a", label="Travel", wording={"zh": "支持吗？ 旅行", "en": "Do you agree? Travel"}))
    'Do you agree?'
    >>> stem_of(ComparisonRow("a", label="Do you approve?", wording={"en": "Do you approve?"}))
    ''
    """
    ending = [text for text in row.wording.values() if row.label and text.endswith(row.label)]
    if ending:
        return ending[0].removesuffix(row.label).strip()
    return row.published_preamble if row.battery else ""


def counted(row: ComparisonRow) -> str:
    """Say which answers the new figure counts.

    Examples
    --------
    >>> counted(ComparisonRow("a", category="support", answers="Somewhat support, Strongly support"))
    'support: Somewhat support or Strongly support'
    >>> counted(ComparisonRow("a", statistic="mean"))
    'mean of the answers'
    """
    if row.statistic != "share":
        return "mean of the answers"
    return named_answers(row.category, row.answers)


def published_counted(row: ComparisonRow) -> str:
    """Say which answers the published figure counts.

    Examples
    --------
    >>> published_counted(ComparisonRow("a", published_category="welcome", published_answers="welcome"))
    'welcome'
    """
    if row.published_statistic not in ("share", "mean"):
        return row.published_statistic.replace("_", " ")
    return named_answers(row.published_category, row.published_answers)


def named_answers(category: str, answers: str) -> str:
    """Join the name of a group of answers and their labels, each said once."""
    labels = answers.replace(", ", " or ") if answers != category else ""
    return ": ".join(part for part in (category, labels) if part) or NOT_STATED


def counted_by_both(row: ComparisonRow) -> str:
    """Say which answers both figures count, once where they are the same.

    Examples
    --------
    >>> counted_by_both(ComparisonRow("a", category="support", published_category="support"))
    'support'
    >>> counted_by_both(ComparisonRow("a", category="support", published_category="approve"))
    'support; published: approve'
    """
    new, published = counted(row), published_counted(row)
    same = published in (new, row.category, NOT_STATED) or (row.answers and row.answers == row.published_answers)
    return new if same else f"{new}; published: {published}"
