"""A comparison on paper: the table, the sentences and the footnotes, for the terminal and for Markdown."""

from __future__ import annotations

import io

from .comparison import Comparison, ComparisonRow
from .sentences import GRADES, points, published_in_words, sentence, value_in_words

HEADINGS = ("Item", "New", "Published", "Difference", "Sampling error only", "With other survey error", "Notes")
WIDTH = 118


def as_text(comparison: Comparison) -> str:
    """Print the comparison for a terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for column in HEADINGS:
        table.add_column(column, overflow="fold")
    for number, row in enumerate(comparison.rows, start=1):
        table.add_row(*cells(row, number))
    paper = io.StringIO()
    Console(file=paper, width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False).print(table)
    lines = [heading(comparison), "", *(line.rstrip() for line in paper.getvalue().rstrip().splitlines()), ""]
    return "\n".join([*lines, *method_lines(comparison), "", *notes(comparison)])


def as_markdown(comparison: Comparison) -> str:
    """Print the comparison as Markdown."""
    table = [f"| {' | '.join(HEADINGS)} |", "|" + " --- |" * len(HEADINGS)]
    for number, row in enumerate(comparison.rows, start=1):
        table.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells(row, number))} |")
    method = " ".join(method_lines(comparison))
    listed = [line if line.startswith("[") else f"- {line.strip()}" for line in notes(comparison)]
    return "\n".join([f"**{heading(comparison)}**", "", *table, "", method, "", *spaced(listed), ""])


def spaced(lines: list[str]) -> list[str]:
    """Put a blank line before each numbered note, and between it and its list."""
    found: list[str] = []
    for line in lines:
        found += ["", line, ""] if line.startswith("[") else [line]
    return found


def heading(comparison: Comparison) -> str:
    """Say what is compared, and for whom."""
    differenced = sum(row.difference is not None for row in comparison.rows)
    about = comparison.about
    whom = about.population or "population not stated"
    mode = ", ".join(about.modes) or "mode not stated"
    title = f"{about.title}: " if about.title else ""
    return (
        f"{title}{len(comparison)} new {'result' if len(comparison) == 1 else 'results'} beside published figures, "
        f"{differenced} differenced ({whom}; {mode}; {about.dates})"
    )


def cells(row: ComparisonRow, number: int) -> tuple[str, ...]:
    """Give the printed cells of a row."""
    name = row.item + (f" [{row.part}]" if row.groups else "")
    return (
        name,
        "base too small" if row.suppressed else between(row.estimate, row.low, row.high, row),
        published_cell(row),
        differenced(row),
        row.verdict_sampling or "-",
        row.verdict_total or "-",
        f"{GRADES[row.grade]}; {row.badge} [{number}]",
    )


def published_cell(row: ComparisonRow) -> str:
    """Print the published value, its interval and its study."""
    value = published_in_words(row) + bracket(row.published_low, row.published_high, row)
    return f"{value} {row.published_study}".rstrip()


def between(value: float | None, low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Print a value and its interval."""
    return f"{value_in_words(value, row)}{bracket(low, high, row)}"


def bracket(low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Print an interval in brackets, or nothing."""
    if low is None or high is None:
        return ""
    share = row.statistic == "share"
    return f" ({100 * low:.1f} to {100 * high:.1f})" if share else f" ({low:.2f} to {high:.2f})"


def differenced(row: ComparisonRow) -> str:
    """Print the difference and its interval, or say that there is none."""
    if row.difference is None:
        return "not differenced"
    shown = f"{'+' if row.difference > 0 else '-' if row.difference < 0 else ''}{points(row.difference, row)}"
    if row.difference_low is None or row.difference_high is None:
        return f"{shown} (no interval)"
    low, high = (f"{'-' if end < 0 else '+'}{points(end, row)}" for end in (row.difference_low, row.difference_high))
    return f"{shown} ({low} to {high})"


def method_lines(comparison: Comparison) -> list[str]:
    """Print how the comparison was made."""
    return [
        f"{name[0].upper()}{name[1:]}: {words}." for name, words in comparison.method.items() if isinstance(words, str)
    ]


def notes(comparison: Comparison) -> list[str]:
    """Print a numbered note for each row: its sentence, then every reason."""
    found: list[str] = []
    for number, row in enumerate(comparison.rows, start=1):
        found.append(f"[{number}] {row.sentence or sentence(row)}")
        found += [f"    {line}" for line in (*row.reasons, wording_note(row)) if line]
    return found


def wording_note(row: ComparisonRow) -> str:
    """Give the published question and how well its wording is known."""
    status = row.published_wording_status.replace("_", " ") or "wording status not stated"
    return f"Published question ({status}): {row.published_wording}" if row.published_wording else ""
