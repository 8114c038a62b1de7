"""A comparison on paper: the table, then each pair in words, what was asked together, and why some stand apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from ...data.printing import aligned, folded, line_width, markdown, shortened, width
from ..batteries.battery_text import title
from ..printing.result_text import escaped, table_text
from . import legend
from .badge import badge_in_short
from .battery_findings import READING, TIERS, conditions, findings
from .comparison import Comparison, ComparisonRow
from .facts import WORDING_STATUS, simulated
from .reasons import lettered, letters_of, with_repair
from .sentences import grade_in_words, in_language, phrases_of, published_in_words, study_in_words
from .value_text import differenced, new_value, published_bracket

HEADINGS = ("Item", "New", "Published", "Difference", "Sampling error", "Total error", "Source [note]")
LEAST = 24
"""Columns that an item's name has in the table at least; more where the other columns leave room."""

PARTS = re.compile(r"\s*[\u2e80-\uffef][，。；：、）”]*|\s*[^\s\u2e80-\uffef]+")
"""Where a line may be folded: at blanks, and between the signs of Chinese, which has none, but before no stop."""

NAMES = {"en": "English", "de": "German", "zh": "Chinese"}


def as_text(comparison: Comparison, language: str = "en") -> str:
    """Print the comparison for a terminal."""
    parts = [
        "\n".join(map(folded, reading(comparison, language))),
        *(battery_text(comparison, place) for place in range(len(comparison.batteries))),
        *("\n".join(lines) for lines in sections(comparison, language, hanging)),
    ]
    return "\n\n".join([as_summary(comparison), *(part for part in parts if part)])


def sections(comparison: Comparison, language: str, fold: Callable[[str], str]) -> list[list[str]]:
    """Give the parts under the table: notes, shared reservations, what is not compared, and the method."""
    named = [
        ("In words:", notes(comparison, language)),
        ("Reservations that several pairs share:", reasons(comparison)),
        ("Not differenced:", apart(comparison)),
        ("How this was made:", method_lines(comparison)),
    ]
    return [[name, *("\n".join(map(fold, line.split("\n"))) for line in lines)] for name, lines in named if lines]


def hanging(line: str) -> str:
    """Fold a line; those of a numbered note hang under its number, those under it as deep.

    Examples
    --------
    >>> [each[:6] for each in hanging("[1] " + "word " * 40).splitlines()]
    ['[1] wo', '    wo']
    """
    indent = "      " if line.startswith("    - ") else "    " if line.startswith(("[", "    ")) else "  "
    lines = [""]
    for part in PARTS.findall(line):
        if width(lines[-1] + part) > line_width() and lines[-1].strip():
            lines.append(indent)
        lines[-1] += part if lines[-1].strip() or lines == [""] else part.lstrip()
    return "\n".join(lines)


def as_summary(comparison: Comparison) -> str:
    """Print the heading and the table alone; estimates stand over their intervals."""
    rows: list[list[str]] = []
    placed = list(enumerate(compared(comparison), start=1))
    longest = room_for_names([cells(row, number) for number, row in placed])
    for number, row in placed:
        columns = [names(row, longest), *(split_cell(cell) for cell in cells(row, number)[1:])]
        rows += [list(line) for line in zip_longest(*columns, fillvalue="")]
        rows.append([""] * len(HEADINGS))
    head = "\n".join(map(folded, [*warning(comparison), heading(comparison), *answers_counted(comparison)]))
    note = legend.again_note([row for _, row in placed])
    under = f"\n\n{folded(note)}" if note else ""
    return f"{head}\n\n{aligned(HEADINGS, rows[:-1], len(HEADINGS))}{under}" if rows else head


def room_for_names(rows: Sequence[Sequence[str]]) -> int:
    """Give the columns that the others leave to the items' names."""
    others = list(zip(HEADINGS, *rows, strict=True))[1:]
    widest = [max(width(line) for cell in column for line in split_cell(cell)) for column in others]
    return max(LEAST, line_width() - sum(widest) - 2 * len(widest))


def warning(comparison: Comparison) -> list[str]:
    """Give the note of the new survey, which stands before everything: that nobody was asked, for one."""
    note = comparison.about.note.strip().rstrip(".")
    return [f"{note[0].upper()}{note[1:]}."] if note else []


def reading(comparison: Comparison, language: str) -> list[str]:
    """Say how the table is read; refuse a language that there are no sentences in."""
    phrases_of(language)
    rows = compared(comparison)
    if not rows:
        return []
    lines = [legend.verdicts(comparison), legend.stability(rows), legend.badges(rows)]
    if language != "en":
        lines.append(f"The sentences are in {NAMES[language]}; everything else is in English.")
    return [line for line in lines if line]


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


def as_markdown(comparison: Comparison, language: str = "en") -> str:
    """Print the comparison as Markdown; labels are text, whatever signs they hold."""
    rows = [[escaped(cell) for cell in cells(row, at)] for at, row in enumerate(compared(comparison), start=1)]
    parts = [
        *(f"**{escaped(line)}**" for line in warning(comparison)),
        f"**{escaped(heading(comparison))}**",
        *map(escaped, answers_counted(comparison)),
        markdown(HEADINGS, rows, len(HEADINGS)) if rows else "",
        escaped(legend.again_note(compared(comparison))),
        *map(escaped, reading(comparison, language)),
        *(battery_markdown(comparison, place) for place in range(len(comparison.batteries))),
        *(in_a_list(lines) for lines in sections(comparison, language, escaped)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def in_a_list(lines: Sequence[str]) -> str:
    """Write the lines under a heading as a list; further lines of an entry stand under its first."""
    head, *entries = lines
    listed = ["- " + "  \n  ".join(map(unmarked, entry.split("\n"))) for entry in entries]
    return "\n".join([f"**{head}**", "", *listed])


def unmarked(line: str) -> str:
    """Take off what marks a line on paper: blanks before it and a dash.

    Examples
    --------
    >>> unmarked("    - Mode differs.")
    'Mode differs.'
    """
    return line.strip().removeprefix("- ")


def battery_text(comparison: Comparison, place: int) -> str:
    """Print what was found of a battery as a whole: a table, and on what it rests."""
    battery = comparison.batteries[place]
    table = table_text(TIERS, findings(battery), len(TIERS))
    said = [*([READING] if place == 0 else []), *conditions(battery)]
    return "\n\n".join([folded(f"{title(battery)}:"), table, "\n".join(map(folded, said))])


def battery_markdown(comparison: Comparison, place: int) -> str:
    """Print what was found of a battery as Markdown."""
    battery = comparison.batteries[place]
    table = markdown(TIERS, [[escaped(cell) for cell in line] for line in findings(battery)], len(TIERS))
    said = [*([READING] if place == 0 else []), *conditions(battery)]
    return "\n\n".join([f"**{escaped(title(battery))}:**", table, *map(escaped, said)])


def compared(comparison: Comparison) -> list[ComparisonRow]:
    """Give the rows that the gate let through."""
    return [row for row in comparison.rows if row.grade != "not_comparable"]


def apart(comparison: Comparison) -> list[str]:
    """Print the pairs that are not comparable: those with one reason together, those with one figure named once."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in comparison.rows:
        if row.grade == "not_comparable":
            why = with_repair(row)[0] if row.reasons else "no reason recorded."
            figure = f"{published_in_words(row)} ({row.published_id}; {badge_in_short(row)})"
            found.setdefault(why, {}).setdefault(figure, []).append(row.item)
    return [f"- {'; '.join(beside(figures))}: {why}" for why, figures in found.items()]


def beside(figures: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the items that stand beside each figure."""
    return [f"{', '.join(items)} beside {figure}" for figure, items in figures.items()]


def heading(comparison: Comparison) -> str:
    """Say what is compared, and for whom."""
    differenced = [row for row in comparison.rows if row.difference is not None]
    tested = sum(row.verdict_sampling is not None for row in differenced)
    untested = len(differenced) - tested
    about = comparison.about
    title = f"{about.title}: " if about.title else ""
    pairs = f"{len(comparison)} {'pair' if len(comparison) == 1 else 'pairs'} of new and published results"
    whom = (
        f"{about.population or 'population not stated'}; {', '.join(about.modes) or 'mode not stated'}; {about.dates}"
    )
    counts = f"{tested} differenced" + (f", {untested} more without a test" if untested else "")
    asked = "would be asked: " if simulated(about) else ""
    return f"{title}{pairs}, {counts} ({asked}{whom})"


def cells(row: ComparisonRow, number: int) -> tuple[str, ...]:
    """Give the printed cells of a row."""
    return (
        named(row),
        "base too small" if row.suppressed else new_value(row),
        f"{study_in_words(row)} {published_in_words(row)}{published_bracket(row)}".lstrip(),
        differenced(row),
        in_two(row.verdict_sampling),
        in_two(row.verdict_total),
        f"{badge_in_short(row).replace('; ', ', ')} [{number}]; {grade_in_words(row)}",
    )


def named(row: ComparisonRow) -> str:
    """Name a row by its label, with the variable and the part behind it."""
    part = f"; {row.part}" if row.groups else ""
    return row.item + part if row.label in ("", row.item) else f"{row.label} ({row.item}{part})"


def names(row: ComparisonRow, longest: int) -> list[str]:
    """Give the lines of a row's name: its label, of three lines at most, and under it the variable and the part.

    Examples
    --------
    >>> names(ComparisonRow("school", label="Restrict their children's entry into private schools"), 24)
    ['Restrict their', "children's entry into", 'private schools', 'school']
    """
    under = row.item + (f"; {row.part}" if row.groups else "")
    if row.label in ("", row.item):
        return list(split_cell(under))
    return [*within(shortened(row.label, 3 * longest - longest // 2), longest), under]


def within(text: str, columns: int) -> list[str]:
    """Give the lines of a text that is no wider than so many columns, signs of Chinese counted as two.

    Examples
    --------
    >>> within("Restrict their job promotions", 15), within("限制其工作晋升", 8)
    (['Restrict their', 'job promotions'], ['限制其工', '作晋升'])
    """
    lines = [""]
    for part in PARTS.findall(text):
        if width(lines[-1] + part) > columns and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip()
    return lines


def in_two(verdict: str | None) -> str:
    """Print a verdict so that its long form folds into two lines."""
    return verdict.replace(" but ", "; but ") if verdict else "-"


def notes(comparison: Comparison, language: str = "en") -> list[str]:
    """Print a numbered note for each row: its sentence, and under it the question, who gave no answer, reservations."""
    letters = lettered(compared(comparison))
    found: list[str] = []
    for place, row in enumerate(compared(comparison), start=1):
        own = [reason for reason in with_repair(row) if reason not in letters]
        under = [
            wording_note(row),
            f"No answer: {row.unanswered}" if row.unanswered else "",
            *reservations(own, letters_of(row, letters)),
        ]
        lines = [f"[{place}] {row.label or row.item}: {in_language(row, language)}", *under]
        found.append("\n".join(line if at == 0 else f"    {line}" for at, line in enumerate(lines) if line))
    return found


def reservations(own: Sequence[str], shared: str) -> list[str]:
    """Print the reasons of a row, several each on a line, and the letters of those that it shares.

    Examples
    --------
    >>> reservations(["Mode differs."], "a to c"), reservations(["One.", "Two."], "")
    (['Reservations: Mode differs. Also a to c below.'], ['Reservations:', '- One.', '- Two.'])
    """
    if len(own) > 1:
        return [f"Reservations: {shared} below, and" if shared else "Reservations:", *(f"- {reason}" for reason in own)]
    said = [*own, f"{'Also ' if own else ''}{shared} below." if shared else ""]
    return [f"Reservations: {' '.join(part for part in said if part)}"] if own or shared else []


def reasons(comparison: Comparison) -> list[str]:
    """Print every shared reason once, under its letter."""
    return [f"{letter}. {reason}" for reason, letter in lettered(compared(comparison)).items()]


def wording_note(row: ComparisonRow) -> str:
    """Give the published question and how well its wording is known."""
    if not row.published_wording:
        return ""
    status = WORDING_STATUS.get(row.published_wording_status, row.published_wording_status)
    return f"Published question ({status}): {row.published_wording.rstrip('.')}."


def method_lines(comparison: Comparison) -> list[str]:
    """Print how the comparison was made."""
    words = [(name, text) for name, text in comparison.method.items() if isinstance(text, str)]
    return [f"{name[0].upper()}{name[1:]}: {text.rstrip('.')}." for name, text in words]
