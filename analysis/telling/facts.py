"""The facts that stand beside every figure, in words: whom it describes, what was asked, how it is known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...data.description import SIMULATED, StudyDescription, modes_in_words
from .comparison import Comparison, ComparisonRow
from .groups import counted, counted_by_both, published_counted
from .sentences import points, published_in_words
from .value_text import between, differenced, published_bracket, signed

LANGUAGES = {"en": "English", "zh": "Chinese", "de": "German", "fr": "French", "es": "Spanish"}

WORDING_STATUS = {
    "verbatim": "word for word",
    "own_translation": "our own translation",
    "paraphrase": "a paraphrase; the exact wording is not known",
    "label_only": "a short label only; the wording is not known",
    "partly_verbatim": "word for word only in part",
    "": "how well it is known is not stated",
}

BASES = {
    "all": "everyone asked, don't know and refused included",
    "substantive": "those who gave an answer; don't know and refused left out",
    "excluding_dont_know": "those who gave an answer; don't know left out",
    "excluding_neutral": "those who took a side; don't know and the middle answer left out",
    "unknown": "not stated",
    "": "not stated",
}

SAMPLES = {
    "probability": "drawn at random",
    "nonprobability": "opt-in or quota, not drawn at random",
    "convenience": "of convenience, not drawn at random",
    "expert_index": "an expert index, not a survey",
    "administrative": "administrative records, not a survey",
    "census": "everybody was asked",
    "unknown": "not stated",
}


ESSAY = (
    "The essay is an undated web essay that gives no references: a value known from it alone has not been seen in "
    "any study."
)
"""What a reader must know of where a badge says "an essay"."""

LEAD = (
    "Each result of the new survey stands beside what an earlier poll published, and is differenced from it only when "
    "question, answers and people asked allow it."
)


def verdicts_in_words(comparison: Comparison) -> str:
    """Say what the two verdicts know, and when two results count as the same."""
    level = percent(float_of(comparison.method, "level", 0.95))
    margin = points_counted(float_of(comparison.method, "margin", 0.05))
    error = points_counted(float_of(comparison.method, "nonsampling", 0.03))
    return (
        f"Two verdicts are given on each difference: one that knows only the chance of sampling, and one that also "
        f"allows for {error} of other survey error on each side, which is nearer to how far surveys really "
        f"miss. Intervals are at {level}; two results count as the same only when the data rule out a difference of "
        f"{margin} or more."
    )


def quoted(rows: Sequence[ComparisonRow]) -> bool:
    """Say whether a badge among these rows mentions the essay."""
    return any(row.provenance == "as_quoted" for row in rows)


def minus(text: str) -> str:
    """Print every minus sign of a number as one; a hyphen within a date or a word stays.

    Examples
    --------
    >>> minus("-11.7 (-16.0 to -7.5), 2026-10-01")
    '−11.7 (−16.0 to −7.5), 2026-10-01'
    """
    return re.sub(r"(?<![\w-])-(?=\d)", "\N{MINUS SIGN}", text)


def percent(share: float) -> str:
    """Print a share as a whole percentage where it is one.

    Examples
    --------
    >>> percent(0.95), percent(0.684)
    ('95%', '68.4%')
    """
    return f"{round(100 * share, 1):g}%"


def points_in_words(share: float) -> str:
    """Print a share as points.

    Examples
    --------
    >>> points_in_words(0.03)
    '3'
    """
    return f"{round(100 * share, 2):g}"


def points_counted(share: float) -> str:
    """Print a share as points, with the word.

    Examples
    --------
    >>> points_counted(0.03), points_counted(0.01)
    ('3 points', '1 point')
    """
    said = points_in_words(share)
    return f"{said} point" if said == "1" else f"{said} points"


def float_of(method: Mapping[str, object], name: str, default: float) -> float:
    """Read a number from a method statement."""
    value = method.get(name, default)
    return float(value) if isinstance(value, int | float) else default


def key_facts(comparison: Comparison) -> list[tuple[str, str]]:
    """Give what a reader must know of the new survey, one fact a line."""
    about, method = comparison.about, comparison.method
    asked, fieldwork = ("Would be asked", "Imagined fieldwork") if simulated(about) else ("Asked", "Fieldwork")
    n = method.get("n")
    effective = method.get("effective_n")
    facts = [
        (asked, about.population or "population not stated"),
        ("Country", about.country or "not stated"),
        ("Sample", sample_in_words(about)),
        ("Mode", modes_in_words(about.modes) or "not stated"),
        (fieldwork, about.dates),
        ("Interviews", f"{n:,.0f}" if isinstance(n, int | float) else "not stated"),
        ("Effective number", f"{effective:,.0f}, after weighting" if isinstance(effective, int | float) else ""),
        ("Weighting", str(method.get("weighting") or "not stated")),
        ("Population margins", str(method.get("population margins") or "")),
        ("Sponsor", about.sponsor),
    ]
    return [(name, words) for name, words in facts if words]


def simulated(about: StudyDescription) -> bool:
    """Say whether the answers were made up by this program."""
    return SIMULATED in about.note


def sample_in_words(about: StudyDescription) -> str:
    """Say how the new sample was drawn."""
    drawn = SAMPLES.get(about.sample_type, "how it was drawn is not stated")
    return f"{about.frame}; {drawn}" if about.frame else drawn


def short_label(row: ComparisonRow) -> str:
    """Name a row as a heading does: its label, and the part of the sample."""
    label = row.label or row.item
    return f"{label} ({row.part})" if row.groups else label


def source_label(row: ComparisonRow) -> str:
    """Name the published study with its year."""
    year = (row.published_end or row.published_start)[:4]
    title = row.published_title or row.published_study
    return f"{title}, {year}" if year and year not in title else title


def new_wording(row: ComparisonRow) -> list[tuple[str, str]]:
    """Give the new question in each language, under the language's name."""
    return [(LANGUAGES.get(code, code), text) for code, text in row.wording.items() if text]


def new_facts(row: ComparisonRow, about: StudyDescription, minimum: int) -> list[tuple[str, str]]:
    """Give what stands beside the new figure."""
    facts = [
        (
            "Result",
            f"base under {minimum}, not shown"
            if row.suppressed
            else minus(between(row.estimate, row.low, row.high, row)),
        ),
        ("Answers counted", counted(row)),
        ("Base", BASES.get(row.base, row.base)),
        ("Answers in the base", f"{row.n:,.0f}" if row.n is not None else ""),
        (
            "Imagined mode and dates" if simulated(about) else "Mode and dates",
            f"{modes_in_words(about.modes) or 'mode not stated'}; {about.dates}",
        ),
    ]
    return [(name, words) for name, words in facts if words]


def published_facts(row: ComparisonRow) -> list[tuple[str, str]]:
    """Give what stands beside the published figure."""
    interval = published_bracket(row)
    facts = [
        (
            "Result",
            minus(f"{published_in_words(row)}{interval}")
            + (f"; printed as “{row.published_as_printed}”" if row.published_as_printed else ""),
        ),
        ("Answers counted", published_counted(row)),
        ("Base", BASES.get(row.published_base, row.published_base)),
        ("Interviews", f"{row.published_n:,.0f}" if row.published_n is not None else "not stated"),
        ("Interval from", row.published_error_basis),
        ("Asked", row.published_population or "not stated"),
        ("Sample", SAMPLES.get(row.published_sample_type, "not stated")),
        ("Mode and dates", f"{row.published_mode or 'mode not stated'}; {row.published_dates}"),
        ("Study", source_label(row)),
        ("Sponsor", row.published_sponsor),
        ("Value seen in", "; ".join(row.published_sources)),
        ("Citation", row.published_citation),
        ("Note", row.published_note),
    ]
    return [(name, words) for name, words in facts if words]


def alt_text(rows: Sequence[ComparisonRow]) -> str:
    """Say in words what the chart shows, item by item."""
    parts = [
        f"{short_label(row)} ({counted_by_both(row)}): new {cell(row)}, published {minus(published_in_words(row))}, "
        f"{in_a_word(row)}"
        for row in rows
    ]
    return "Dot and whisker chart of new results against published figures. " + "; ".join(parts) + "."


def cell(row: ComparisonRow) -> str:
    """Print the new value, or say that it is not shown."""
    return "not shown" if row.suppressed else minus(between(row.estimate, row.low, row.high, row))


def in_a_word(row: ComparisonRow) -> str:
    """Give the difference and the verdict of the total tier, or why there is none."""
    if row.difference is None:
        return "not differenced"
    verdict = row.verdict_total or row.verdict_sampling
    return f"difference {minus(differenced(row))}" + (f", {verdict}" if verdict else ", not tested")


def interval_of(low: float | None, high: float | None, row: ComparisonRow) -> str:
    """Print the interval of a difference with its signs."""
    if low is None or high is None:
        return "no interval"
    unit = "points" if row.statistic == "share" else "scale points"
    return minus(f"{signed(low, row)} to {signed(high, row)} {unit}")


def firmness(row: ComparisonRow) -> list[str]:
    """Say what a verdict hangs on, and what those without an answer could do.

    Examples
    --------
    >>> firmness(ComparisonRow("q", stable=False, stability="depends: below 1.2 it would be 'different'"))
    ["This depends: below 1.2 it would be 'different'."]
    """
    held = f"This {'is ' if row.stable else ''}{row.stability.rstrip('.')}." if row.stability else ""
    return [words for words in (held, row.unanswered, detectable(row)) if words]


def detectable(row: ComparisonRow) -> str:
    """Say how small a true difference this pair would have shown."""
    if row.minimum_detectable is None or row.verdict_sampling != "inconclusive":
        return ""
    found = points(row.minimum_detectable, row)
    return f"A true difference of {found} points would have been found in four cases of five."
