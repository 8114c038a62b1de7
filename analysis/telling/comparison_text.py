"""A comparison on paper: the table, the sentences and the footnotes, for the terminal and for Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...data.printing import aligned, folded, shortened
from ..batteries.battery_text import title
from .comparison import Comparison, ComparisonRow
from .sentences import points, published_in_words, sentence, study_in_words, value_in_words

HEADINGS = ("Item", "New", "Published", "Difference", "Sampling error", "Total error", "Source [note]")
LONGEST = 24
"""Columns of an item's name in the table."""

SHORT = {
    "verified": "verified",
    "secondary": "second hand",
    "recalled": "from memory",
    "as_quoted": "as quoted",
}
"""The badge of a published value, in a word or two."""


def as_text(comparison: Comparison) -> str:
    """Print the comparison for a terminal."""
    parts = [battery_lines(comparison), *(part(comparison) for part in (notes, reasons, apart, method_lines))]
    return "\n\n".join([as_summary(comparison), *("\n".join(map(folded, part)) for part in parts if part)])


def as_summary(comparison: Comparison) -> str:
    """Print the heading and the table alone; estimates stand over their intervals."""
    rows: list[list[str]] = []
    for number, row in enumerate(compared(comparison), start=1):
        columns = [split_cell(cell) for cell in cells(row, number)]
        rows += [[lines[0] for lines in columns], [lines[1] for lines in columns], [""] * len(HEADINGS)]
    head = "\n".join(map(folded, [heading(comparison), *answers_counted(comparison)]))
    return f"{head}\n\n{aligned(HEADINGS, rows[:-1], len(HEADINGS))}" if rows else head


def answers_counted(comparison: Comparison) -> list[str]:
    """Say what the percentages are shares of: without the answers counted, a share of an item says nothing."""
    items: dict[str, list[str]] = {}
    for row in compared(comparison):
        if row.statistic == "share" and row.category:
            items.setdefault(row.category, []).append(row.item)
    if not items:
        return []
    most = max(items, key=lambda answer: len(items[answer]))
    rest = [f"'{answer}' ({', '.join(dict.fromkeys(named))})" for answer, named in items.items() if answer != most]
    return [
        f"Percentages are shares of those answering {'; '.join([*rest, repr(most)])}{' (all others)' * bool(rest)}."
    ]


def split_cell(cell: str) -> tuple[str, str]:
    """Set what stands in brackets, or behind a semicolon, on a second line.

    Examples
    --------
    >>> split_cell("72.3% (70.0 to 74.5)"), split_cell("as quoted [6]; with reservations"), split_cell("different")
    (('72.3%', '70.0 to 74.5'), ('as quoted [6]', 'with reservations'), ('different', ''))
    """
    if cell.endswith(")") and " (" in cell:
        value, _, under = cell[:-1].rpartition(" (")
        return value, under
    value, _, under = cell.partition("; ")
    return value, under


def as_markdown(comparison: Comparison) -> str:
    """Print the comparison as Markdown."""
    table = [f"| {' | '.join(HEADINGS)} |", "|" + " --- |" * len(HEADINGS)]
    for number, row in enumerate(compared(comparison), start=1):
        table.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells(row, number))} |")
    listed = [
        "\n".join(f"- {line.removeprefix('- ')}" for line in part(comparison))
        for part in (battery_lines, notes, reasons, apart, method_lines)
    ]
    return "\n\n".join(part for part in (f"**{heading(comparison)}**", "\n".join(table), *listed) if part) + "\n"


def battery_lines(comparison: Comparison) -> list[str]:
    """Print what was found of each battery as a whole."""
    said = [f"- {title(battery)}. {' '.join(battery.sentences)}" for battery in comparison.batteries]
    return ["Batteries:", *said] if said else []


def compared(comparison: Comparison) -> list[ComparisonRow]:
    """Give the rows that the gate let through."""
    return [row for row in comparison.rows if row.grade != "not_comparable"]


def apart(comparison: Comparison) -> list[str]:
    """Print the pairs that are not comparable, those with one reason together."""
    pairs: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.grade == "not_comparable":
            beside = (
                f"{row.item} beside {published_in_words(row)} ({row.published_id}; {SHORT.get(row.provenance, '')})"
            )
            pairs.setdefault(next(iter(footnotes(row)), ""), []).append(beside)
    return ["Not differenced:"] * bool(pairs) + [f"- {', '.join(some)}: {why}" for why, some in pairs.items()]


def heading(comparison: Comparison) -> str:
    """Say what is compared, and for whom."""
    count = sum(row.difference is not None for row in comparison.rows)
    about = comparison.about
    title = f"{about.title}: " if about.title else ""
    pairs = f"{len(comparison)} {'pair' if len(comparison) == 1 else 'pairs'} of new and published results"
    whom = (
        f"{about.population or 'population not stated'}; {', '.join(about.modes) or 'mode not stated'}; {about.dates}"
    )
    note = f". {about.note[0].upper()}{about.note[1:]}" if about.note else ""
    return f"{title}{pairs}, {count} differenced ({whom}){note}"


def cells(row: ComparisonRow, number: int) -> tuple[str, ...]:
    """Give the printed cells of a row."""
    part = f"; {row.part}" if row.groups else ""
    return (
        f"{shortened(row.label, LONGEST)} ({row.item}{part})" if row.label not in ("", row.item) else row.item + part,
        "base too small" if row.suppressed else between(row.estimate, row.low, row.high, row),
        f"{study_in_words(row)} {published_in_words(row)}{published_bracket(row)}".lstrip(),
        differenced(row),
        in_two(row.verdict_sampling),
        in_two(row.verdict_total),
        f"{SHORT.get(row.provenance, 'provenance not stated')} [{number}]; {row.grade}",
    )


def in_two(verdict: str | None) -> str:
    """Print a verdict so that its long form folds into two lines."""
    return verdict.replace(" but ", "; but ") if verdict else "-"


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


def notes(comparison: Comparison) -> list[str]:
    """Print a numbered note for each row: its sentence, the published question, and the letters of its reasons."""
    letters = lettered(comparison)
    found: list[str] = []
    for number, row in enumerate(compared(comparison), start=1):
        marks = ", ".join(letters[reason] for reason in footnotes(row) if reason in letters)
        own = [reason for reason in footnotes(row) if reason not in letters]
        said = [
            row.sentence or sentence(row),
            row.unanswered,
            wording_note(row),
            *own,
            f"See {marks}." if marks else "",
        ]
        found.append(f"[{number}] {' '.join(part for part in said if part)}")
    return found


def footnotes(row: ComparisonRow) -> list[str]:
    """Give each reason with what would repair it.

    Examples
    --------
    >>> footnotes(ComparisonRow("q", reasons=("Mode differs.", "Base unknown."), repairs=("", 'base="all"')))
    ['Mode differs.', 'Base unknown. (repair: base="all")']
    """
    repairs = (*row.repairs, *("",) * len(row.reasons))
    told = zip(row.reasons, repairs, strict=False)
    return [f"{reason} (repair: {repair})" if repair else reason for reason, repair in told]


def lettered(comparison: Comparison) -> dict[str, str]:
    """Letter the reasons that several rows share."""
    shared = Counter(reason for row in compared(comparison) for reason in footnotes(row))
    several = [reason for reason, count in shared.items() if count > 1]
    return {reason: letters_for(place) for place, reason in enumerate(several)}


def letters_for(place: int) -> str:
    """Give a, b, ..., z, aa, ab, ... for 0, 1, ...

    Examples
    --------
    >>> letters_for(0), letters_for(25), letters_for(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(place, 26)
    return (letters_for(first - 1) if first else "") + chr(ord("a") + last)


def reasons(comparison: Comparison) -> list[str]:
    """Print every reason once, under its letter."""
    return [f"{letter}. {reason}" for reason, letter in lettered(comparison).items()]


def wording_note(row: ComparisonRow) -> str:
    """Give the published question and how well its wording is known."""
    status = row.published_wording_status.replace("_", " ") or "status not stated"
    return f"Published question ({status}): {row.published_wording.rstrip('.')}." if row.published_wording else ""


def method_lines(comparison: Comparison) -> Sequence[str]:
    """Print how the comparison was made."""
    words = [(name, text) for name, text in comparison.method.items() if isinstance(text, str)]
    return [f"{name[0].upper()}{name[1:]}: {text.rstrip('.')}." for name, text in words]
