"""What must stand under results of the margins they were weighted to: sources, populations, missing values, joins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...data.description import SIMULATED
from ...data.margins import CROSSED, MARGINS_OF, TRACED, Margins
from ..estimation.method import counted


def source_notes(margins: Margins, dimensions: Sequence[str]) -> tuple[list[str], list[str]]:
    """Name the source of each margin, with whom it counts and how far it was traced; then the same in short.

    Both say so where targets were estimated from a sample and are not known.

    Examples
    --------
    >>> from ...data.margins import margins
    >>> source_notes(margins("cn-netizens-2023"), ["sex", "urban"])[1][1][:54]
    'Margins of sex, urban count internet users aged 6 and '
    """
    facts = [margins.facts[name] for name in dimensions]
    found: dict[tuple[str, str], list[str]] = {}
    for fact in facts:
        found.setdefault((fact.source.rstrip("."), TRACED[fact.grade]), []).append(fact.name)
    brief = [
        f"{MARGINS_OF} {', '.join(names)}: {source} ({traced}). Dates and doubts: weight_summary, topline weight."
        for (source, traced), names in found.items()
    ]
    always = [*_estimated(margins, dimensions), *margins.unequal_populations(dimensions)]
    return [*(fact.footnote for fact in facts), *always], [*brief, *always]


def _estimated(margins: Margins, dimensions: Sequence[str]) -> list[str]:
    """Say that targets were estimated from a sample, of how many, and which errors know of it."""
    if margins.covariance is None:
        return []
    # true of weights that were written to a file too, whose errors know of no step
    people = "" if margins.n is None else f" of {counted(margins.n, 'respondent', 'respondents')}"
    invented = f" That sample: {SIMULATED}." if SIMULATED in margins.note.casefold() else ""
    return [
        f"{MARGINS_OF} {', '.join(dimensions)} were estimated from a sample{people} and have a sampling error of their "
        f"own; errors that follow the steps of the weighting carry it.{invented}"
    ]


def joined_note(dimension: str, name: str, members: Iterable[tuple[str, ...]]) -> str:
    """Say which categories count as one.

    Examples
    --------
    >>> joined_note("age4", "over 44", [("3",), ("4",)])
    'age4: categories 3, 4 count as one, over 44.'
    """
    return f"{dimension}: categories {', '.join(map(CROSSED.join, members))} count as one, {name}."


def missing_note(column: str, rows: int, kept: float, *, proportional: bool) -> str:
    """Say what becomes of rows without a value.

    Examples
    --------
    >>> missing_note("sex", 3, 0.012, proportional=False)
    'sex: 3 rows without a value keep their 1.2% of the weight; the margin holds among the others.'
    """
    one = rows == 1
    begun = f"{own_class_note(column, rows)} {'keeps its' if one else 'keep their'} {100 * kept:.1f}% of the weight"
    if proportional:
        return f"{begun} and {'counts' if one else 'count'} as spread over the categories as the others were."
    return f"{begun}; the margin holds among the others."


def own_class_note(column: str, rows: int) -> str:
    """Give the beginning of the note on rows that are a class of their own.

    Examples
    --------
    >>> own_class_note("sex", 3)
    'sex: 3 rows without a value'
    """
    return f"{column}: {counted(rows, 'row', 'rows')} without a value"
